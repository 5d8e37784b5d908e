"""What a second engine says of every synthesis, where it was asked."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ...synthesis.crosscheck.questions import NO_ANSWER, NOT_COMPARED, TOLERANCES
from ...wording import interval, lower_first, many, number, scientific
from ..markdown import esc, listed, table
from ..material import Material

Row = dict[str, Any]

NAMES = {"main": "main analysis", "wald": "Wald interval", "sensitivity": "sensitivity analysis"}

GROUPS = {
    "study": "effects of studies",
    "weight": "weights",
    "without": "analyses without one study",
    "until": "cumulative analyses",
    "subset": "subsets of the studies",
    "influence": "influence of studies",
}
"""Analyses that there are many of, together."""

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
    "tau2_between": "tau² between studies",
    "tau2_within": "tau² within studies",
    "I2": "I²",
    "H2": "H²",
    "Q": "Q",
    "Q_pval": "p value of Q",
    "Q_b": "Q between subgroups",
    "R2": "R²",
    "QE_pval": "p value of QE",
    "permutation_pval": "p value by permutation",
    "filled": "studies filled in",
    "fail_safe": "fail-safe number",
    "LRT_pval": "p value of the likelihood ratio",
    "cook_d": "Cook's distance",
    "cov_r": "covariance ratio",
    "tau2_del": "tau² without the study",
    "QE_del": "Q without the study",
}


def sentence(material: Material) -> str:
    """For the methods; empty where no second engine was asked."""
    if not _figures(material):
        return ""
    return (
        "Effects of studies and every analysis of them were computed a second time by "
        f"{_engine(material)}, as far as it has them ([appendix](#sec-crosscheck)).\n"
    )


def crosscheck(material: Material) -> str:
    """The section with both answers; empty where no second engine was asked."""
    figures = _figures(material)
    if not figures:
        return ""
    compared = [(key, row) for key, row in figures if row["agrees"] != NOT_COMPARED]
    differing = [(key, row) for key, row in compared if row["agrees"] != "yes"]
    left_out = [(key, row) for key, row in figures if row["agrees"] == NOT_COMPARED]
    said = (
        f"{_engine(material)} computed again, from the same extracted figures, what prismake computed: the effects of the "
        "studies, the models of @tbl-crosscheck, and every further analysis that it has. "
        f"{_agreement(len(compared), len(differing))} {' '.join(_by_kind(material, compared))}"
    )
    if left_out:
        said += f" {many(len(left_out), 'figure')} could not be compared, for the reasons in @tbl-crosscheck-left."
    parts = ["## Two engines on the same data {#sec-crosscheck}\n", said + "\n", _both(material)]
    if differing:
        parts.append(_differing(material, differing))
    if left_out:
        parts.append(_left_out(material, left_out))
    return "\n".join(parts)


def _figures(material: Material) -> list[tuple[str, Row]]:
    return [(key, row) for key, rows in material.crosschecks.items() for row in rows]


def _engine(material: Material) -> str:
    return esc(_figures(material)[0][1]["made_by"])


def _agreement(count: int, differing: int) -> str:
    if not differing:
        return f"All {many(count, 'figure')} that were compared agree."
    return (
        f"Of {many(count, 'figure')} that were compared {count - differing:,} agree; **{differing:,} "
        f"{'does' if differing == 1 else 'do'} not**, and stand in @tbl-crosscheck-differing."
    )


def _by_kind(material: Material, compared: list[tuple[str, Row]]) -> Iterator[str]:
    """For each tolerance how many figures were held to it, and how far they are apart at most."""
    for kind, tolerance in TOLERANCES.items():
        held = [(key, row) for key, row in compared if row["kind"] == kind]
        if held:
            of = f", of {tolerance.why}," if tolerance.why else ""
            were = "was" if len(held) == 1 else "were"
            within = f"{len(held):,}{of} {were} held to a relative difference of {scientific(tolerance.relative, 0)}"
            yield f"{esc(within)}{_largest(material, held)}."


def _largest(material: Material, figures: list[tuple[str, Row]]) -> str:
    measured = [(float(row["difference"]), key, row) for key, row in figures if row["difference"]]
    if not measured:
        return ""
    difference, key, row = max(measured, key=lambda one: one[0])
    if difference == 0:
        return "; no two of them differ in any digit"
    where = f"{material.config.outcomes[key].label}, {_analysis(row)}: {_quantity(row)}"
    return f"; the largest is {esc(scientific(difference, 1))} ({esc(where)})"


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
    if value.get("ci_low") is None and found.get("ci_low", {}).get("agrees") == NOT_COMPARED:
        ends = NOT_COMPARED
    else:
        ends = interval(value.get("ci_low"), value.get("ci_high"))
    return f"{number(value['estimate'], 4)} ({ends}), tau² {number(value['tau2'], 4)}"


def _worst(rows: Iterable[Row]) -> str:
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


def _left_out(material: Material, left_out: list[tuple[str, Row]]) -> str:
    """What was not compared, and why: analyses of a kind together."""
    counts = Counter(
        (material.config.outcomes[key].label, _group(row), row["note"], _quantity(row)) for key, row in left_out
    )
    together: dict[tuple[str, str, str], list[str]] = {}
    for (outcome, group, note, quantity), count in counts.items():
        whole = note.startswith(NO_ANSWER)
        words = "" if whole else f"{quantity} ({count:,})" if quantity and count > 1 else quantity
        together.setdefault((outcome, group, note), []).append(words)
    body = [
        [esc(outcome), esc(group), esc(listed([word for word in words if word]) or "all"), esc(note)]
        for (outcome, group, note), words in together.items()
    ]
    headings = ["Outcome", "Analysis", "Figures", "Why they were not compared"]
    return table(headings, body, "Figures that the second engine did not give", "crosscheck-left")


def _analysis(row: Row) -> str:
    kind = row["analysis"].partition(":")[0]
    label: str = row["label"]
    if kind in NAMES:
        return NAMES[kind]
    if kind in ("study", "adjusted"):
        return label
    words = {
        "without": f"without {label}",
        "until": f"cumulative, to {label}",
        "weight": f"weight of {label}",
        "influence": f"influence of {label}",
        "test": f"test of asymmetry, {label}",
        "regression": f"meta-regression, {lower_first(label)}",
    }
    return words.get(kind, lower_first(label))


def _group(row: Row) -> str:
    return GROUPS.get(row["analysis"].partition(":")[0]) or _analysis(row)


def _quantity(row: Row) -> str:
    return QUANTITIES.get(row["quantity"], row["quantity"])
