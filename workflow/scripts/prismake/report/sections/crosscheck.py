"""What a second engine says of every synthesis, where it was asked."""

from typing import Any

from ...synthesis.crosscheck import TOLERANCE
from ...wording import interval, lower_first, number, scientific
from ..markdown import esc, many, table
from ..material import Material

Row = dict[str, Any]

NAMES = {"main": "main analysis", "wald": "Wald interval", "sensitivity": "sensitivity analysis"}

QUANTITIES = {
    "yi": "effect",
    "vi": "variance of the effect",
    "estimate": "estimate",
    "ci_low": "lower end of the interval",
    "ci_high": "upper end of the interval",
    "pi_low": "lower end of the prediction interval",
    "pi_high": "upper end of the prediction interval",
    "se": "standard error",
    "stat": "test statistic",
    "pval": "p value",
    "tau2": "tau²",
    "tau2_low": "lower end of the interval of tau²",
    "tau2_high": "upper end of the interval of tau²",
    "I2": "I²",
    "H2": "H²",
    "Q": "Q",
    "Q_pval": "p value of Q",
    "Q_b": "Q between subgroups",
}


def sentence(material: Material) -> str:
    """For the methods; empty where no second engine was asked."""
    if not _figures(material):
        return ""
    return (
        "Effects of studies, main and sensitivity analyses, those without one study and those of subgroups were computed a "
        f"second time by {_engine(material)} ([appendix](#sec-crosscheck)).\n"
    )


def crosscheck(material: Material) -> str:
    """The section with both answers; empty where no second engine was asked."""
    figures = _figures(material)
    if not figures:
        return ""
    differing = [(key, row) for key, row in figures if row["agrees"] != "yes"]
    least = scientific(TOLERANCE, 0)
    said = (
        f"{_engine(material)} computed again, from the same extracted figures, what prismake computed: the effects of the "
        "studies, the models of @tbl-crosscheck, those without one study, and those of subgroups. "
        f"{_agreement(len(figures), len(differing), least)} {_largest(material, figures)}"
    )
    parts = ["## Two engines on the same data {#sec-crosscheck}\n", said + "\n", _both(material)]
    if differing:
        parts.append(_differing(material, differing))
    return "\n".join(parts)


def _figures(material: Material) -> list[tuple[str, Row]]:
    return [(key, row) for key, rows in material.crosschecks.items() for row in rows]


def _engine(material: Material) -> str:
    return esc(_figures(material)[0][1]["made_by"])


def _agreement(count: int, differing: int, least: str) -> str:
    within = f"to within {esc(least)} of their size"
    if not differing:
        return f"All {many(count, 'figure')} agree {within}."
    return (
        f"Of {many(count, 'figure')} {count - differing} agree {within}; **{differing} "
        f"{'does' if differing == 1 else 'do'} not**, and stand in @tbl-crosscheck-differing."
    )


def _largest(material: Material, figures: list[tuple[str, Row]]) -> str:
    measured = [(float(row["difference"]), key, row) for key, row in figures if row["difference"]]
    if not measured:
        return ""
    difference, key, row = max(measured, key=lambda one: one[0])
    if difference == 0:
        return "No two figures differ in any digit."
    where = f"{material.config.outcomes[key].label}, {_analysis(row)}: {_quantity(row)}"
    return f"The largest relative difference is {esc(scientific(difference, 1))} ({esc(where)})."


def _both(material: Material) -> str:
    """Of each outcome the models of all studies by both engines, and how far any figure of it differs."""
    body = []
    for key, rows in material.crosschecks.items():
        by_analysis: dict[str, dict[str, Row]] = {}
        for row in rows:
            by_analysis.setdefault(row["analysis"], {})[row["quantity"]] = row
        for analysis in NAMES:
            if analysis in by_analysis:
                found = by_analysis[analysis]
                label = material.config.outcomes[key].label
                body.append(
                    [
                        esc(label),
                        esc(_analysis(found["estimate"])),
                        *(esc(_shown(found, engine)) for engine in ("ours", "metafor")),
                        esc(_worst(found.values())),
                    ]
                )
    headings = ["Outcome", "Analysis", "prismake", "metafor", "Largest relative difference of any figure"]
    caption = "The same models by two engines: estimate (interval), tau²"
    return table(headings, body, esc(caption), "crosscheck", (20, 22, 32, 32, 20))


def _shown(found: dict[str, Row], engine: str) -> str:
    value = {quantity: float(row[engine]) if row[engine] else None for quantity, row in found.items()}
    if value["estimate"] is None:
        return found["estimate"]["note"] or "no answer"
    ends = interval(value.get("ci_low"), value.get("ci_high"))
    return f"{number(value['estimate'], 4)} ({ends}), tau² {number(value['tau2'], 4)}"


def _worst(rows: Any) -> str:
    measured = [float(row["difference"]) for row in rows if row["difference"]]
    return "–" if not measured else "0" if max(measured) == 0 else scientific(max(measured), 1)


def _differing(material: Material, differing: list[tuple[str, Row]]) -> str:
    body = [
        [
            esc(material.config.outcomes[key].label),
            esc(_analysis(row)),
            esc(_quantity(row)),
            esc(row["ours"] or "none"),
            esc(row["metafor"] or "none"),
            esc(row["note"]),
        ]
        for key, row in differing
    ]
    headings = ["Outcome", "Analysis", "Figure", "prismake", "metafor", "Note"]
    return table(headings, body, "Figures on which the engines differ", "crosscheck-differing")


def _analysis(row: Row) -> str:
    if row["analysis"] in NAMES:
        return NAMES[row["analysis"]]
    if row["analysis"].startswith("study:"):
        return row["label"]
    if row["analysis"].startswith("without:"):
        return f"without {row['label']}"
    return lower_first(row["label"])


def _quantity(row: Row) -> str:
    return QUANTITIES.get(row["quantity"], row["quantity"])
