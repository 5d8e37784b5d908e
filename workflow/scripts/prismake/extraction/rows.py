"""The rows of one synthesis: its results, with the subgroups and the risk of bias of each study.

A synthesis depends on these rows alone, so that a change elsewhere does not run it again.
"""

from typing import Any

from ..config import Moderator, Subgroup
from ..people import Study
from ..tables import REAL, RESULTS, TEXT

DOMAINS = ("D1", "D2", "D3", "D4", "D5", "overall")


def schema(subgroups: dict[str, Subgroup], moderators: dict[str, str]) -> dict[str, str]:
    """The columns of the rows of a synthesis; moderators: key -> text or number."""
    return (
        RESULTS
        | {f"group_{key}": TEXT for key in subgroups}
        | {f"moderator_{key}": {"text": TEXT, "number": REAL}[kind] for key, kind in moderators.items()}
        | {"order": REAL}
        | {f"bias_{domain}": TEXT for domain in DOMAINS}
    )


def level(study: Study, subgroup: Subgroup) -> str:
    """The level of a subgroup that a study belongs to; empty where its characteristic is not known."""
    value = study.extra[subgroup.by]
    if value is None or value == "":
        return ""
    if not subgroup.bands:
        return str(value)
    return next(band.label for band in subgroup.bands if band.below is None or value < band.below)


def traits(
    study: Study, subgroups: dict[str, Subgroup], moderators: dict[str, Moderator], order: float | None
) -> dict[str, Any]:
    """What the rows of a synthesis say of a study: its groups, the values of moderators, and its place in time."""
    return (
        {f"group_{key}": level(study, subgroup) for key, subgroup in subgroups.items()}
        | {f"moderator_{key}": study.extra[moderator.by] for key, moderator in moderators.items()}
        | {"order": order}
    )


def rows_of(
    results: list[dict[str, Any]],
    outcome: str,
    traits_of: dict[str, dict[str, Any]],
    judgements: dict[tuple[str, str], dict[str, str]],
) -> list[dict[str, Any]]:
    """The results that enter the synthesis of an outcome, main and sensitivity, in the order of their ids."""
    return [
        row
        | traits_of[row["study_id"]]
        | {f"bias_{domain}": judgements.get((row["study_id"], outcome), {}).get(domain, "") for domain in DOMAINS}
        for row in results
        if row["outcome"] == outcome and row["use"] in ("main", "sensitivity")
    ]
