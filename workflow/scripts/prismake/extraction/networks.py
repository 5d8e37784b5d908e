"""The arms of one network: for each study, those of one time point and unit of analysis, each with its treatment."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from ..config import Outcome
from ..people import Arm, Extracted
from ..problems import InputError, Problem, cell, show
from ..tables import FLAG, REAL, TEXT
from .converted import in_words
from .forms import FIGURES
from .read import ARMS, Extraction
from .results import best_weeks

NETWORK_ARMS: dict[str, str] = {
    "study_id": TEXT,
    "label": TEXT,
    "arm": TEXT,
    "arm_label": TEXT,
    "treatment": TEXT,
    "timepoint": TEXT,
    "weeks": REAL,
    "unit_of_analysis": TEXT,
    **dict.fromkeys(FIGURES, REAL),
    "converted": TEXT,  # what of the figures was converted, and from what
    "reversed": FLAG,  # the scale of the study runs the other way: its effects enter with their sign turned
    "use": TEXT,  # main, or sensitivity: then it is in no network, and only said to be there
}
"""One row an arm that enters a network."""

Rows = list[Extracted]


def arms_of_network(
    extraction: Extraction, arms: list[Arm], key: str, outcome: Outcome, included: Collection[str]
) -> list[dict[str, Any]]:
    """The arms that a network of an outcome is made from, by study and treatment.

    Parameters
    ----------
    extraction : Extraction
    arms : list of Arm
        Their treatments.
    key, outcome
        The outcome and how one time point and unit of analysis are chosen for each study.
    included : collection of str
        Studies with an included report.

    Returns
    -------
    list of dict
        `NETWORK_ARMS`; rows with pool yes are main; studies with no other than pool sensitivity are told apart.

    Raises
    ------
    InputError
        For an arm without treatment, a unit of analysis that the outcome does not accept, a study with one arm, two arms
        of one treatment or of opposite scales in one study, treatments that differ in case or spaces alone, and time
        points that cannot be compared.
    """
    arm_of = {(arm.study_id, arm.arm): arm for arm in arms}
    labels = {study.study_id: study.label for study in extraction.studies}
    rows = [row for row in extraction.rows if row.outcome == key and row.study_id in included and row.pool != "no"]
    by_study: dict[str, Rows] = defaultdict(list)
    for row in rows:
        by_study[row.study_id].append(row)
    problems = [*_names(arms), *_cannot_enter([row for row in rows if row.pool == "yes"], outcome, arm_of)]
    if problems:
        raise InputError(*problems)
    found: list[dict[str, Any]] = []
    for study_id, of_study in by_study.items():
        chosen, use = of_study, "sensitivity"
        if candidates := [row for row in of_study if row.pool == "yes"]:
            use = "main"
            chosen, faults = _one_place(candidates, key, outcome)
            problems += faults or [*_one_arm_a_treatment(chosen, outcome, arm_of), *_one_scale(chosen, outcome)]
        found += [_arm(row, arm_of[study_id, row.arm], labels[study_id], use) for row in chosen]
    if problems:
        raise InputError(*problems)
    return sorted(found, key=lambda row: (row["study_id"], row["treatment"], row["arm"]))


def _arm(row: Extracted, arm: Arm, label: str, use: str) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in ("study_id", "arm", "timepoint", "weeks", "unit_of_analysis", *FIGURES)}
    return own | {
        "label": label,
        "arm_label": arm.label,
        "treatment": arm.treatment,
        "converted": in_words(row),
        "reversed": bool(row.reversed),
        "use": use,
    }


def _names(arms: list[Arm]) -> Iterable[Problem]:
    """Treatments that differ in nothing but case or spaces: mostly one, spelt in two ways."""
    first: dict[str, Arm] = {}
    for arm in arms:
        same = first.setdefault(" ".join(arm.treatment.casefold().split()), arm)
        if same.treatment != arm.treatment:
            found = f"{show(arm.treatment)}, and {show(same.treatment)} in line {same.line}"
            yield Problem(cell(ARMS, arm.line, "treatment"), found, "one way to write a treatment")


def _cannot_enter(rows: Rows, outcome: Outcome, arm_of: dict[tuple[str, str], Arm]) -> Iterable[Problem]:
    units = outcome.units_of_analysis
    for named in {(row.study_id, row.arm): arm_of[row.study_id, row.arm] for row in rows}.values():
        if not named.treatment:
            found = f"no treatment for the arm {show(named.arm)} of {named.study_id}, which has figures for a network"
            expected = "the treatment that the arm is in the network, or pool no for its figures"
            yield Problem(cell(ARMS, named.line, "treatment"), found, expected)
    for row in rows:
        if units and row.unit_of_analysis not in units:
            expected = f"one of the outcome's units_of_analysis in config.yaml ({', '.join(units)}), or pool no"
            yield Problem(cell(outcome.file, row.line, "unit_of_analysis"), show(row.unit_of_analysis), expected)


def _one_place(rows: Rows, key: str, outcome: Outcome) -> tuple[Rows, list[Problem]]:
    """The rows of the unit and time point by which a study enters, among those with two arms or more."""
    places: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in rows:
        places[row.unit_of_analysis, row.timepoint].append(row)
    places = {place: arms for place, arms in places.items() if len(arms) > 1}
    study = rows[0].study_id
    if not places:
        found = f"figures of {study} for one arm only at each time point and unit of analysis"
        return [], [Problem(cell(outcome.file, rows[0].line), found, "two arms or more for the network, or pool no")]
    units = sorted({unit for unit, _ in places})
    if len(units) > 1 and not outcome.units_of_analysis:
        found = f"{study} with figures by {' and '.join(units)}"
        expected = "units_of_analysis, best first, so that one can be chosen"
        return [], [Problem(f"config.yaml, outcomes.{key}", found, expected)]
    unit = min(units, key=outcome.units_of_analysis.index) if outcome.units_of_analysis else units[0]
    of_unit = {timepoint: arms for (by, timepoint), arms in places.items() if by == unit}
    return _one_time(of_unit, study, outcome)


def _one_time(times: dict[str, Rows], study: str, outcome: Outcome) -> tuple[Rows, list[Problem]]:
    if len(times) == 1:
        return next(iter(times.values())), []
    where = cell(outcome.file, min(row.line for rows in times.values() for row in rows), "weeks")
    weeks = {timepoint: {row.weeks for row in rows} for timepoint, rows in times.items()}
    if any(len(found) > 1 or None in found for found in weeks.values()):
        found = f"{study} at {' and '.join(sorted(times))} with weeks that are empty or differ between arms"
        return [], [Problem(where, found, "the same weeks for all arms of a time point, so that one can be chosen")]
    best = best_weeks([week for found in weeks.values() for week in found if week is not None], outcome)
    chosen = [timepoint for timepoint, found in weeks.items() if found == {best}]
    if len(chosen) > 1:
        found = f"{study} at {' and '.join(sorted(chosen))}, which are of one week"
        return [], [Problem(where, found, "one time point of a week with pool yes")]
    return times[chosen[0]], []


def _one_arm_a_treatment(rows: Rows, outcome: Outcome, arm_of: dict[tuple[str, str], Arm]) -> list[Problem]:
    problems: list[Problem] = []
    first: dict[str, Extracted] = {}
    for row in rows:
        treatment = arm_of[row.study_id, row.arm].treatment
        same = first.setdefault(treatment, row)
        if same is not row:
            found = f"a second arm of {row.study_id} with {show(treatment)} ({row.arm}; {same.arm} in line {same.line})"
            mend = "Combine the arms in the extraction table."
            problems.append(Problem(cell(outcome.file, row.line, "arm"), found, "one arm for each treatment", mend))
    return problems


def _one_scale(rows: Rows, outcome: Outcome) -> Iterable[Problem]:
    """All arms of a study are scored on one scale."""
    for row in rows:
        if row.reversed != rows[0].reversed:
            found = f"{show(row.reversed)}, and {show(rows[0].reversed)} in line {rows[0].line} for another arm"
            yield Problem(cell(outcome.file, row.line, "reversed"), found, "the same scale for all arms")
