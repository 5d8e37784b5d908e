"""What stands beside every pooled result: the risk of bias of its studies, certainty, and units that are no patients."""

from collections.abc import Sequence
from typing import Any

from .markdown import listed, many

Row = dict[str, Any]

NO_GRADE = "certainty of the evidence (GRADE) was not assessed"
PATIENTS = {"patient", "patients", "participant", "participants", "person", "people"}
"""Units of analysis that are independent of each other."""

_WORDS = {"High": "at high risk of bias", "Some concerns": "of some concerns", "Low": "at low risk of bias"}
_NOT_JUDGED = "not judged for risk of bias"


def bias_of(results: Sequence[Row]) -> str:
    """The overall risk of bias of pooled results, as a clause: ``all 4 pooled results are at high risk of bias``.

    Parameters
    ----------
    results : sequence of dict
        Rows of ``studies`` of a synthesis; ``bias_overall`` is empty where it is not judged.
    """
    counts = {words: sum(row["bias_overall"] == judgement for row in results) for judgement, words in _WORDS.items()}
    counts[_NOT_JUDGED] = len(results) - sum(counts.values())
    found = {words: count for words, count in counts.items() if count}
    if len(results) == 1:
        return f"the result is {next(iter(found))}"
    if len(found) == 1:
        (words,) = found
        if words == _NOT_JUDGED:
            none = "neither of the two" if len(results) == 2 else f"none of the {len(results)}"
            return f"{none} pooled results is judged for risk of bias"
        return f"{'both' if len(results) == 2 else f'all {len(results)}'} pooled results are {words}"
    parts = [f"{count} {'is' if count == 1 else 'are'} {words}" for words, count in found.items()]
    return f"of {len(results)} pooled results {listed(parts)}"


def bias_and_certainty(results: Sequence[Row]) -> str:
    """One sentence on the risk of bias of pooled results and on their certainty."""
    said = bias_of(results)
    return f"{said[0].upper()}{said[1:]}; {NO_GRADE}."


def dependent_units(results: Sequence[Row]) -> str:
    """A sentence that names the studies which counted something else than patients; empty where none did."""
    units: dict[str, list[str]] = {}
    for row in results:
        if row["unit_of_analysis"].casefold() not in PATIENTS:
            units.setdefault(plural(row["unit_of_analysis"]), []).append(row["label"])
    if not units:
        return ""
    named = listed([f"{unit} in {listed(labels)}" for unit, labels in sorted(units.items())])
    studies = many(sum(map(len, units.values())), "study", "studies")
    return (
        f"In {studies} the unit of analysis is not the patient ({named}): several units of one patient are not "
        "independent, so the interval may be too narrow."
    )


def plural(unit: str) -> str:
    """``ulcers``, ``feet``."""
    return {"foot": "feet"}.get(unit, unit if unit.endswith("s") else f"{unit}s")
