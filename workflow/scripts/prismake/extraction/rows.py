"""The rows of one synthesis: its results, with the subgroups and the risk of bias of each study.

A synthesis depends on these rows alone, so that a change elsewhere does not run it again.
"""

from typing import Any

from ..config import Subgroup
from ..people import Study
from ..tables import RESULTS, TEXT

DOMAINS = ("D1", "D2", "D3", "D4", "D5", "overall")


def schema(subgroups: dict[str, Subgroup]) -> dict[str, str]:
    """The columns of the rows of a synthesis."""
    return RESULTS | {f"group_{key}": TEXT for key in subgroups} | {f"bias_{domain}": TEXT for domain in DOMAINS}


def level(study: Study, subgroup: Subgroup) -> str:
    """The level of a subgroup that a study belongs to; empty where its characteristic is not known."""
    value = study.extra[subgroup.by]
    if value is None or value == "":
        return ""
    if not subgroup.bands:
        return str(value)
    return next(band.label for band in subgroup.bands if band.below is None or value < band.below)


def rows_of(
    results: list[dict[str, Any]],
    outcome: str,
    studies: dict[str, Study],
    subgroups: dict[str, Subgroup],
    judgements: dict[tuple[str, str], dict[str, str]],
) -> list[dict[str, Any]]:
    """The results that enter the synthesis of an outcome, main and sensitivity, in the order of their ids."""
    return [
        row
        | {f"group_{key}": level(studies[row["study_id"]], subgroup) for key, subgroup in subgroups.items()}
        | {f"bias_{domain}": judgements.get((row["study_id"], outcome), {}).get(domain, "") for domain in DOMAINS}
        for row in results
        if row["outcome"] == outcome and row["use"] in ("main", "sensitivity")
    ]
