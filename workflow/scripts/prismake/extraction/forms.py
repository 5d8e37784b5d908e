"""Checking extraction tables: every figure is possible, and says where it comes from and how sure it is."""

import re
from collections.abc import Collection, Container, Iterable
from typing import Any

from ..config import Outcome
from ..config.measures import ESTIMATES, REVERSIBLE
from ..people import Arm, Citation, Contrast, Estimate, Extracted, Study
from ..problems import InputError, Problem, cell, nearest, show
from .converted import IN_PLACE, impossible
from .pairs import CONTRASTS

FIGURES = ("events", "n", "time", "mean", "sd", "median", "percent")
"""Figures of an arm that results hold."""
REPORTED = (*FIGURES, *IN_PLACE)
"""Figures that a row may give."""
_TESTED = "A t or P value gives the sd where both arms of its comparison have a mean and neither has an sd."
STATUSES = ("stated", "derived", "inferred")
PERSONS = ("patient", "patients", "participant", "participants", "person", "persons", "people")
"""Units of analysis of which an arm has at most as many as review/arms.csv says."""

FIGURE_COLUMNS = [
    "study_id", "outcome", "arm", "timepoint", "unit_of_analysis", "figure", "value", "status", "converted_from", "source",
    "place", "pool", "note", "table", "line",
]  # fmt: skip


def by_figure(text: str, figures: list[str]) -> dict[str, str]:
    """Read a provenance cell: one value for all figures of its row, or ``events=stated; n=inferred``.

    Raises
    ------
    ValueError
        When a figure is named that the row does not fill, is left out, or is named twice.
    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    named = [re.fullmatch(r"([a-z_0-9]+)\s*=\s*(.+)", part) for part in parts]
    if not any(named):
        return dict.fromkeys(figures, text.strip())
    if not all(named):
        raise ValueError("one value for all figures, or figure=value parted by ;")
    given = [match.group(1) for match in named if match]
    if sorted(given) != sorted(figures):
        raise ValueError(f"each figure of the row named once: {', '.join(figures)}")
    return {match.group(1): match.group(2) for match in named if match}


def filled(row: Extracted) -> list[str]:
    """The names of the figures that a row gives; those that were converted are not among them."""
    return [name for name in REPORTED if getattr(row, name) is not None and name not in row.converted]


def check_extracted(
    path: str,
    rows: list[Extracted],
    outcomes: dict[str, Outcome],
    arms: list[Arm],
    citations: list[Citation],
) -> list[dict[str, Any]]:
    """Check one extraction table.

    Returns
    -------
    list of dict
        One row a figure, with the columns `FIGURE_COLUMNS`.

    Raises
    ------
    InputError
        With one problem for each impossible figure, unknown name or missing provenance.
    """
    known_arms = {(arm.study_id, arm.arm): arm for arm in arms}
    sources = {citation.source_id for citation in citations}
    problems: list[Problem] = []
    figures: list[dict[str, Any]] = []
    for row in rows:
        problems += _check_names(path, row, outcomes, known_arms)
        problems += _check_figures(path, row, outcomes.get(row.outcome))
        problems += _check_size(path, row, known_arms.get((row.study_id, row.arm)))
        provenance, faults = _provenance(path, row, sources)
        problems += faults
        figures += [_figure(path, row, figure, provenance) for figure in (*filled(row), *row.converted)]
    if problems:
        raise InputError(*problems)
    return figures


def _figure(path: str, row: Extracted, figure: str, provenance: dict[str, dict[str, str]]) -> dict[str, Any]:
    """One row of `FIGURE_COLUMNS`; a converted figure stands where those stand that it comes from."""
    said = {kind: values.get(figure, "") for kind, values in provenance.items()}
    if figure in row.converted:
        said = {kind: "; ".join(dict.fromkeys(values.values())) for kind, values in provenance.items()}
        said["status"] = "derived"
    return {
        **{c: getattr(row, c) for c in ("study_id", "outcome", "arm", "timepoint", "unit_of_analysis")},
        "figure": figure,
        "value": getattr(row, figure),
        "converted_from": row.converted.get(figure, ""),
        **said,
        "pool": row.pool,
        "note": row.note,
        "table": path,
        "line": row.line,
    }


def _check_names(
    path: str, row: Extracted, outcomes: dict[str, Outcome], known_arms: Container[tuple[str, str]]
) -> list[Problem]:
    problems = []
    if row.outcome not in outcomes:
        problems.append(unknown(cell(path, row.line, "outcome"), row.outcome, outcomes, "an outcome of config.yaml"))
    elif outcomes[row.outcome].file != path:
        where = outcomes[row.outcome].file
        problems.append(Problem(cell(path, row.line, "outcome"), show(row.outcome), f"its rows in {where}"))
    return problems + check_arm(path, row, "arm", known_arms)


def unknown(where: str, value: str, known: Iterable[str], expected: str) -> Problem:
    """The problem of a cell that names what does not exist, with what it may have meant."""
    return Problem(where, show(value), expected, nearest(value, list(known)))


def unknown_sources(where: str, value: str, sources: Collection[str]) -> list[Problem]:
    """The problems of a cell that names sources, parted by commas or semicolons."""
    names = [part.strip() for part in re.split("[,;]", value)]
    return [
        unknown(where, name, sources, "a source_id of review/citations.csv") for name in names if name not in sources
    ]


def check_arm(
    path: str, row: Extracted | Estimate | Contrast, column: str, known_arms: Container[tuple[str, str]]
) -> list[Problem]:
    """The problem of a cell that names no arm of its study."""
    arm = getattr(row, column)
    if (row.study_id, arm) in known_arms:
        return []
    found = show(f"{row.study_id} / {arm}")
    return [Problem(cell(path, row.line, column), found, "an arm of that study in review/arms.csv")]


def _check_size(path: str, row: Extracted, arm: Arm | None) -> list[Problem]:
    """A group of people is no larger than the arm that they were assigned to."""
    if arm is None or arm.n is None or row.n is None or row.n <= arm.n or row.unit_of_analysis.lower() not in PERSONS:
        return []
    found = f"{row.n} by {row.unit_of_analysis} in an arm of {arm.n} (review/arms.csv, line {arm.line})"
    return [Problem(cell(path, row.line, "n"), found, "at most the size of the arm", "Which of the two is right?")]


def _check_figures(path: str, row: Extracted, outcome: Outcome | None) -> list[Problem]:
    problems = impossible(path, row)

    def fault(column: str, found: str, expected: str) -> None:
        problems.append(Problem(cell(path, row.line, column), found, expected))

    counts_people = outcome is None or "time" not in outcome.figures  # of a rate, one person may have several events
    if counts_people and row.events is not None and row.n is not None and row.events > row.n:
        fault("events", f"{row.events} events of {row.n}", "at most n")
    if row.sd is not None and row.sd < 0:
        fault("sd", str(row.sd), "a standard deviation of 0 or more")
    if row.percent is not None and not 0 <= row.percent <= 100:
        fault("percent", str(row.percent), "a percentage from 0 to 100")
    if row.n == 0:
        fault("n", "0", "at least 1")
    if row.time is not None and row.time <= 0:
        fault("time", f"{row.time:g}", "a person-time above 0")
    if row.reversed and outcome is not None and outcome.measure not in REVERSIBLE:
        fault(
            "reversed", f"yes for {outcome.measure}", f"nothing: only {', '.join(REVERSIBLE)} have a scale to reverse"
        )
    if not filled(row):
        fault("pool", "a row without figures", "at least one of " + ", ".join(REPORTED))
    if outcome is not None and row.pool != "no":
        problems += _cannot_be_measured(path, row, outcome)
    return problems


def _cannot_be_measured(path: str, row: Extracted, outcome: Outcome) -> list[Problem]:
    """What keeps a row that is to be pooled from giving the measure of its outcome."""
    needed = outcome.figures
    if not needed:
        expected = f"pool no: an outcome of measure {outcome.measure} pools rows of {ESTIMATES}"
        return [Problem(cell(path, row.line, "pool"), row.pool, expected)]
    problems = []
    lacking = [name for name in needed if getattr(row, name) is None]
    if lacking:
        found = f"{row.pool} without {', '.join(lacking)}"
        tested = "sd" in lacking and (row.t is not None or row.p is not None)
        mend = _TESTED if tested else ""
        problems.append(Problem(cell(path, row.line, "pool"), found, f"{', '.join(needed)}, or pool no", mend))
    if "sd" in needed and (row.sd == 0 or row.n == 1):
        found = f"sd {row.sd}{_origin(row, 'sd')} with n {row.n}"
        expected = "a positive sd and at least 2 participants, or pool no"
        problems.append(Problem(cell(path, row.line, "sd"), found, expected))
    if outcome.measure == "ROM" and row.mean is not None and row.mean <= 0:
        expected = "a mean above 0, as a ratio of means needs, or pool no"
        found = f"{row.mean:g}{_origin(row, 'mean')}"
        problems.append(Problem(cell(path, row.line, "mean"), found, expected))
    return problems


def _origin(row: Extracted, figure: str) -> str:
    """What a figure was converted from, behind it: its cell is empty."""
    return f", converted from {row.converted[figure]}," if figure in row.converted else ""


def _provenance(path: str, row: Extracted, sources: set[str]) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    problems = []
    provenance: dict[str, dict[str, str]] = {}
    for column in ("status", "source", "place"):
        try:
            provenance[column] = by_figure(getattr(row, column), filled(row))
        except ValueError as error:
            problems.append(Problem(cell(path, row.line, column), show(getattr(row, column)), str(error)))
            provenance[column] = {}
    for value in dict.fromkeys(provenance["status"].values()):
        problems += check_status(path, row, value)
    for value in dict.fromkeys(provenance["source"].values()):
        problems += unknown_sources(cell(path, row.line, "source"), value, sources)
    return provenance, problems


def check_status(path: str, row: Extracted | Estimate, value: str) -> list[Problem]:
    """The problem of a status that is none of `STATUSES`."""
    if value in STATUSES:
        return []
    return [Problem(cell(path, row.line, "status"), show(value), "one of " + ", ".join(STATUSES))]


def check_studies(studies: list[Study], arms: list[Arm], contrasts: list[Contrast], comparisons: list[str]) -> None:
    """Check that arms and contrasts belong to studies that exist, and contrasts to comparisons of config.yaml.

    Raises
    ------
    InputError
    """
    known = {study.study_id for study in studies}
    known_arms = {(arm.study_id, arm.arm) for arm in arms}
    problems = [
        Problem(cell("review/arms.csv", arm.line, "study_id"), show(arm.study_id), "a study of review/studies.csv")
        for arm in arms
        if arm.study_id not in known
    ]
    path = CONTRASTS
    for row in contrasts:
        if row.comparison not in comparisons:
            where = cell(path, row.line, "comparison")
            problems.append(unknown(where, row.comparison, comparisons, "a comparison of config.yaml"))
        problems += check_arm(path, row, "arm_1", known_arms) + check_arm(path, row, "arm_2", known_arms)
        if row.arm_1 == row.arm_2:
            problems.append(Problem(cell(path, row.line, "arm_2"), show(row.arm_2), "another arm than arm_1"))
    if problems:
        raise InputError(*problems)
