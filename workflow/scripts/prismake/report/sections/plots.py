"""The figures of syntheses in the report: beside their text, or in the appendix."""

from ...wording import lower_first
from ..markdown import esc, figure
from ..material import Material

WIDTHS = {
    "leave_one_out": "70%", "funnel": "62%", "cumulative": "70%", "labbe": "56%", "radial": "62%", "baujat": "56%", "gosh": "56%",
    "bubble": "62%",
}  # fmt: skip
"""How much of the page a figure takes; all others take it whole."""

IN_APPENDIX = {
    "cumulative": "cumulative analysis",
    "labbe": "L'Abbé plot",
    "radial": "radial plot",
    "baujat": "Baujat plot: what each study adds to heterogeneity, and how far it moves the estimate",
    "influence": "influence of each study",
    "gosh": "the estimate of every subset of the studies, and its heterogeneity",
}
"""Figure -> its caption."""


def of_outcome(key: str, name: str, caption: str, alt: str = "") -> str:
    """One figure of an outcome; caption and alt are text."""
    width = WIDTHS.get("bubble" if name.startswith("bubble_") else name, "100%")
    return figure(f"figures/{key}_{name}", esc(caption), f"{name}-{key}".replace("_", "-"), alt or caption, width)


def further_figures(material: Material) -> str:
    """The diagnostics of every synthesis, under a heading, where config.yaml asks for them and the data allow any."""
    parts = []
    for key, outcome in material.config.outcomes.items():
        drawn = material.drawn.get(key, [])
        parts += [
            of_outcome(key, name, f"{outcome.label}: {caption}")
            for name, caption in IN_APPENDIX.items()
            if name in drawn
        ]
    return "\n".join(["## Further figures of the syntheses {#sec-further-figures}\n", *parts]) if parts else ""


def bubbles(material: Material, key: str) -> str:
    """The bubble plots of the meta-regressions of an outcome that were drawn."""
    label = material.config.outcomes[key].label
    drawn = set(material.drawn[key])
    return "\n".join(
        of_outcome(
            key, f"bubble_{name}", f"{label} by {lower_first(moderator.label)}, with the line of the meta-regression"
        )
        for name, moderator in material.config.moderators.items()
        if f"bubble_{name}" in drawn
    )
