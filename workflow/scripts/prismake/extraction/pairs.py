"""Which arms are compared: rows of one study, outcome, time point and unit of analysis, paired by declared contrasts."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from ..config import Outcome
from ..people import Contrast, Extracted
from ..problems import InputError, Problem, cell, nearest, show

CONTRASTS = "review/comparisons.csv"

Place = tuple[str, str, str, str]
"""Study, outcome, time point, unit of analysis."""


def place(row: Extracted) -> Place:
    """Where the figures of an arm belong."""
    return row.study_id, row.outcome, row.timepoint, row.unit_of_analysis


def by_place(rows: Iterable[Extracted]) -> dict[Place, dict[str, Extracted]]:
    """Place -> arm -> row."""
    found: dict[Place, dict[str, Extracted]] = defaultdict(dict)
    for row in rows:
        found[place(row)][row.arm] = row
    return found


def contrasts_of(study_id: str, outcome: Outcome, contrasts: list[Contrast]) -> list[Contrast]:
    """The contrasts of a study for the comparison that an outcome is about."""
    return [c for c in contrasts if c.study_id == study_id and c.comparison == outcome.comparison]


def partners(row: Extracted, outcome: Outcome, contrasts: list[Contrast]) -> list[str]:
    """The arms that the arm of a row is compared with."""
    found = contrasts_of(row.study_id, outcome, contrasts)
    return [c.arm_2 if c.arm_1 == row.arm else c.arm_1 for c in found if row.arm in (c.arm_1, c.arm_2)]


def check_pairs(
    rows: list[Extracted], outcomes: dict[str, Outcome], contrasts: list[Contrast], networked: Collection[str] = ()
) -> None:
    """Check that what is to be pooled can be: no row that says so may fall out of its synthesis unseen.

    An arm that no contrast names may be there for a network of its outcome, one of `networked`.

    Raises
    ------
    InputError
        For a row with pool yes or sensitivity whose unit of analysis its outcome does not accept or, but for measures of
        one group, whose arm no contrast names or that has no row of the arm it is compared with; and for two arms of one
        time point whose weeks differ, or the way that their scale runs.
    """
    places = by_place(rows)
    problems = []
    for row in rows:
        outcome = outcomes[row.outcome]
        for_network_alone = row.outcome in networked and not partners(row, outcome, contrasts)
        if row.pool != "no" and outcome.synthesise and not for_network_alone:
            problems += _cannot_be_pooled(row, outcome, contrasts, rows, places)
    for (study_id, key, _, _), arms in places.items():
        for contrast in contrasts_of(study_id, outcomes[key], contrasts):
            one, two = arms.get(contrast.arm_1), arms.get(contrast.arm_2)
            if one and two and one.weeks != two.weeks:
                found = (
                    f"{_weeks(two)}, and {_weeks(one)} in line {one.line} for the other arm at {show(one.timepoint)}"
                )
                where = cell(outcomes[key].file, two.line, "weeks")
                problems.append(Problem(where, found, "the same weeks for both arms"))
            if one and two and one.reversed != two.reversed:
                where = cell(outcomes[key].file, two.line, "reversed")
                found = f"{show(two.reversed)}, and {show(one.reversed)} in line {one.line} for the other arm"
                problems.append(Problem(where, found, "the same scale for both arms"))
    if problems:
        raise InputError(*problems)


def _weeks(row: Extracted) -> str:
    return "no weeks" if row.weeks is None else f"{row.weeks:g} weeks"


def _cannot_be_pooled(
    row: Extracted,
    outcome: Outcome,
    contrasts: list[Contrast],
    rows: list[Extracted],
    places: dict[Place, dict[str, Extracted]],
) -> list[Problem]:
    units = outcome.units_of_analysis
    if units and row.unit_of_analysis not in units:
        where = cell(outcome.file, row.line, "unit_of_analysis")
        expected = f"one of the outcome's units_of_analysis in config.yaml ({', '.join(units)}), or pool no"
        return [Problem(where, show(row.unit_of_analysis), expected, nearest(row.unit_of_analysis, units))]
    if outcome.one_arm:
        return []
    others = partners(row, outcome, contrasts)
    if not others:
        found = f"pool {row.pool} for the arm {show(row.arm)}, which no contrast of {row.study_id} names"
        expected = f"a row of {CONTRASTS} with this arm for the comparison {outcome.comparison}, or pool no"
        return [Problem(cell(outcome.file, row.line, "arm"), found, expected)]
    if any(arm in places[place(row)] for arm in others):
        return []
    here = f"{row.timepoint} / {row.unit_of_analysis}"
    found = f"pool {row.pool}, and no row of {' or '.join(map(show, others))} at {show(here)}"
    expected = "the row of the arm that it is compared with, or pool no"
    return [Problem(cell(outcome.file, row.line, "pool"), found, expected, _elsewhere(row, others, rows))]


def _elsewhere(row: Extracted, others: list[str], rows: list[Extracted]) -> str:
    """Where the other arm has rows: mostly the same time point or unit, spelt otherwise."""
    there = [
        f"{show(f'{other.timepoint} / {other.unit_of_analysis}')} in line {other.line}"
        for other in rows
        if (other.study_id, other.outcome) == (row.study_id, row.outcome) and other.arm in others
    ]
    return f"It stands at {', '.join(there)}: are time point and unit spelt alike?" if there else ""
