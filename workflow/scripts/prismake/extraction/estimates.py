"""Checking the table of estimates that studies report as such, and which of them can be pooled."""

import math

from ..config import Outcome
from ..config.measures import RATIOS, REVERSIBLE
from ..people import Arm, Citation, Contrast, Estimate
from ..problems import InputError, Problem, cell, nearest, show
from .forms import check_arm, check_status, unknown, unknown_sources
from .pairs import CONTRASTS

_FORMS = (("estimate", "ci_low", "ci_high"), ("estimate", "se"), ("o_e", "v"))
_OFF_CENTRE = 0.2
"""How far an estimate may lie from the middle of its interval, as a share of half its width: reports round."""


def check_estimates(
    path: str,
    rows: list[Estimate],
    outcomes: dict[str, Outcome],
    comparisons: list[str],
    arms: list[Arm],
    citations: list[Citation],
) -> None:
    """Check the table of estimates that studies report as such.

    Raises
    ------
    InputError
        For an unknown outcome, comparison, arm, status or source, a row of none of the three forms, an interval that
        does not hold its estimate, or a ratio, standard error or variance that is not positive.
    """
    known_arms = {(arm.study_id, arm.arm) for arm in arms}
    sources = {citation.source_id for citation in citations}
    problems = []
    for row in rows:
        for column, known in (("outcome", outcomes), ("comparison", comparisons)):
            if (value := getattr(row, column)) not in known:
                expected = f"a key of {column}s in config.yaml"
                problems.append(unknown(cell(path, row.line, column), value, known, expected))
        problems += check_arm(path, row, "arm_1", known_arms) + check_arm(path, row, "arm_2", known_arms)
        problems += check_status(path, row, row.status)
        problems += unknown_sources(cell(path, row.line, "source"), row.source, sources)
        problems += _check_form(path, row)
    if problems:
        raise InputError(*problems)


def _check_form(path: str, row: Estimate) -> list[Problem]:
    columns = list(dict.fromkeys(name for form in _FORMS for name in form))
    given = tuple(name for name in columns if getattr(row, name) is not None)
    if given not in _FORMS:
        expected = " or ".join(" + ".join(form) for form in _FORMS)
        return [Problem(cell(path, row.line, "estimate"), " + ".join(given) or "no figures", expected)]
    problems = []
    if "ci_low" in given and not row.ci_low <= row.estimate <= row.ci_high:
        found = f"{row.estimate} ({row.ci_low} to {row.ci_high})"
        problems.append(Problem(cell(path, row.line, "estimate"), found, "an estimate inside its interval"))
    if row.measure in RATIOS:
        problems += [
            Problem(cell(path, row.line, name), str(getattr(row, name)), "a ratio above 0")
            for name in ("ci_low", "estimate")
            if name in given and getattr(row, name) <= 0
        ][:1]
    for name in ("se", "v"):
        if name in given and getattr(row, name) <= 0:
            problems.append(Problem(cell(path, row.line, name), str(getattr(row, name)), "a number above 0"))
    if row.reversed and row.measure not in REVERSIBLE:
        expected = f"nothing: only {', '.join(REVERSIBLE)} have a scale to reverse"
        problems.append(Problem(cell(path, row.line, "reversed"), f"yes for {row.measure}", expected))
    if "o_e" in given and row.measure not in ("HR", "PETO"):
        expected = "o_e and v for HR or PETO alone"
        problems.append(Problem(cell(path, row.line, "o_e"), f"a log-rank test for {row.measure}", expected))
    return problems


def check_pooled_estimates(
    path: str, rows: list[Estimate], outcomes: dict[str, Outcome], contrasts: list[Contrast]
) -> None:
    """Check that estimates which are to be pooled can be, and that they run the way of their comparison.

    Raises
    ------
    InputError
        For a row with pool yes or sensitivity whose outcome takes no such estimates, has another comparison or does
        not accept its unit of analysis; whose arms no contrast declares, or in the other order; or whose interval is
        not that of its estimate.
    """
    problems = []
    for row in rows:
        outcome = outcomes[row.outcome]
        if row.pool in ("yes", "sensitivity") and outcome.synthesise:
            problems += _not_accepted(path, row, outcome) or _wrong_way(path, row, contrasts) + _off_centre(path, row)
    if problems:
        raise InputError(*problems)


def _not_accepted(path: str, row: Estimate, outcome: Outcome) -> list[Problem]:
    if not outcome.pools_estimates or row.measure != outcome.measure:
        found = f"pool {row.pool} for an {row.measure} in an outcome of measure {outcome.measure}"
        expected = f"pool generic or no; or an estimate of {outcome.measure}"
        expected += "" if outcome.pools_estimates else f" and outcomes.{row.outcome}.estimates: true in config.yaml"
        return [Problem(cell(path, row.line, "pool"), found, expected)]
    if row.comparison != outcome.comparison:
        expected = f"{outcome.comparison}, the comparison of the outcome, or pool no"
        return [Problem(cell(path, row.line, "comparison"), show(row.comparison), expected)]
    units = outcome.units_of_analysis
    if units and row.unit_of_analysis not in units:
        where = cell(path, row.line, "unit_of_analysis")
        expected = f"one of the outcome's units_of_analysis in config.yaml ({', '.join(units)}), or pool no"
        return [Problem(where, show(row.unit_of_analysis), expected, nearest(row.unit_of_analysis, units))]
    return []


def _wrong_way(path: str, row: Estimate, contrasts: list[Contrast]) -> list[Problem]:
    """An estimate of arm_2 against arm_1 would enter with the wrong sign."""
    own = [(c.arm_1, c.arm_2) for c in contrasts if (c.study_id, c.comparison) == (row.study_id, row.comparison)]
    if (row.arm_1, row.arm_2) in own:
        return []
    found = f"{row.arm_1} against {row.arm_2}"
    if (row.arm_2, row.arm_1) in own:
        turned = "1 divided by it" if row.measure in RATIOS else "its negative"
        mend = (
            f"If the estimate is of {row.arm_1} against {row.arm_2}, write {turned}, and swap the ends of its interval."
        )
        expected = f"{row.arm_2} against {row.arm_1}, as {CONTRASTS} declares it"
        return [Problem(cell(path, row.line, "arm_1"), found, expected, mend)]
    expected = f"a row of {CONTRASTS} with these arms for the comparison {row.comparison}, or pool no"
    return [Problem(cell(path, row.line, "arm_1"), found, expected)]


def _off_centre(path: str, row: Estimate) -> list[Problem]:
    """An estimate that is not in the middle of its interval: its standard error cannot be had from there."""
    if row.estimate is None or row.ci_low is None or row.ci_high is None:
        return []
    ratio = row.measure in RATIOS
    y, low, high = (math.log(x) if ratio else x for x in (row.estimate, row.ci_low, row.ci_high))
    half = (high - low) / 2
    if half > 0 and abs(y - (low + high) / 2) <= _OFF_CENTRE * half:
        return []
    found = f"{row.estimate} ({row.ci_low} to {row.ci_high})"
    expected = f"an estimate in the middle of its interval{' on the log scale' if ratio else ''}, or pool no"
    mend = "Is a digit wrong, or is it no Wald interval? Then write se, if the source gives it."
    return [Problem(cell(path, row.line, "estimate"), found, expected, mend)]
