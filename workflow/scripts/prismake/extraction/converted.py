"""Means and standard deviations from what a source gives in their place, each with what it was converted from.

Nothing that is given is replaced, and only rows that are to be pooled are converted. In order of preference: a standard
deviation from a standard error, from an interval, from quartiles or the range, from a t or P value of the difference
between two arms; a mean from a median with quartiles or the range. Formulas and sources: `prismake.moments`.
"""

import itertools
import math
from collections.abc import Container, Iterable
from typing import Any

from ..config import Outcome
from ..people import Contrast, Extracted
from ..problems import InputError, Problem, cell, show
from ..wording import given
from .pairs import by_place, contrasts_of

QUARTILES, RANGE = ("q1", "q3"), ("minimum", "maximum")
INTERVAL = ("ci_low", "ci_high")
IN_PLACE = ("se", *INTERVAL, *QUARTILES, *RANGE, "t", "p")
"""Figures of a row that stand in the place of a mean or a standard deviation, beside the median."""
_FAR_APART = 2
"""A standard error so many times what follows from the standard deviation, or a share of it, is no matter of rounding."""
_ENTER_SD = "Where that cannot be, enter the sd itself, with status derived."

Pair = tuple[Extracted, Extracted]
"""The rows of two arms that are compared."""


def impossible(path: str, row: Extracted) -> list[Problem]:
    """What no source can report, in the columns `IN_PLACE`."""
    problems = []

    def fault(column: str, found: str, expected: str) -> None:
        problems.append(Problem(cell(path, row.line, column), found, expected))

    if row.se is not None and row.se < 0:
        fault("se", f"{row.se:g}", "a standard error of 0 or more")
    elif row.se and row.sd and row.n:
        follows = row.sd / math.sqrt(row.n)
        if not 1 / _FAR_APART <= row.se / follows <= _FAR_APART:
            found = f"sd {row.sd:g} and se {row.se:g} of {row.n:g} people"
            fault("sd", found, f"a standard error of about {follows:.3g}; leave se empty where it is of something else")
    if row.p is not None and not 0 < row.p < 1:
        fault("p", f"{row.p:g}", "a P value between 0 and 1; leave it empty where only 'less than' is reported")
    for low, high in (INTERVAL, QUARTILES, RANGE):
        one, other = getattr(row, low), getattr(row, high)
        if (one is None) != (other is None):
            fault(high if other is None else low, "nothing", f"both of {low} and {high}, or neither")
    if row.ci_low is not None and row.ci_high is not None and row.ci_low > row.ci_high:
        fault(
            "ci_high", f"ci_high {row.ci_high:g} below ci_low {row.ci_low:g}", "the ends of an interval in rising order"
        )
    order = ("minimum", "q1", "median", "q3", "maximum")
    given = [(name, getattr(row, name)) for name in order if getattr(row, name) is not None]
    for (before, one), (name, other) in itertools.pairwise(given):
        if one > other:
            fault(name, f"{name} {other:g} below {before} {one:g}", ", ".join(order) + " in rising order")
    return problems


def convert(
    path: str, rows: list[Extracted], outcomes: dict[str, Outcome], contrasts: list[Contrast]
) -> list[Extracted]:
    """The rows of one extraction table, completed by means and standard deviations that follow from other figures.

    ``converted`` of a row names each of them with what it comes from.

    Raises
    ------
    InputError
        With one problem for each row whose figures cannot be converted or must not be: too few people, a mean that is
        not in the middle of its interval, quantiles too skewed for a main analysis, two rows with different tests.
    """
    problems: list[Problem] = []
    done: dict[int, Extracted] = {}
    for row in rows:
        outcome = outcomes.get(row.outcome)
        if outcome is not None and row.pool != "no" and _lacks(row, outcome) and not impossible(path, row):
            try:
                done[row.line] = _by_itself(row)
            except ValueError as error:
                problems.append(_cannot(path, row, str(error)))
                continue
            problems += _skewed(path, done[row.line])
    complete = [done.get(row.line, row) for row in rows]
    paired, faults = _by_tests(path, complete, outcomes, contrasts)
    if problems + faults:
        raise InputError(*problems, *faults)
    return [paired.get(row.line, row) for row in complete]


def _lacks(row: Extracted, outcome: Outcome) -> bool:
    return "sd" in outcome.figures and (row.mean is None or row.sd is None)


def _cannot(path: str, row: Extracted, why: str, column: str | None = None) -> Problem:
    """A conversion that failed; `prismake.moments` counts the one row of its columns as 'row 1'."""
    found = why.removeprefix("row 1: ")
    return Problem(cell(path, row.line, column), found, "figures that give a mean and a standard deviation, or pool no")


def _filled_in(row: Extracted, figures: dict[str, float], source: str) -> Extracted:
    made = row.model_copy(update=figures)
    made._converted = row.converted | dict.fromkeys(figures, source)
    return made


def _by_itself(row: Extracted) -> Extracted:
    """What follows from the figures of one row; the row itself where nothing does."""
    from ..moments import sd_from_interval, sd_from_se

    if row.mean is not None and row.sd is None and row.se is not None:
        return _filled_in(row, {"sd": float(sd_from_se(_people(row), row.se)[0])}, "its standard error")
    if row.mean is not None and row.sd is None and row.ci_low is not None:
        sd = sd_from_interval(_people(row), row.mean, row.ci_low, row.ci_high)
        return _filled_in(row, {"sd": float(sd[0])}, "its 95% interval")
    if row.median is None or (row.q1 is None and row.minimum is None):
        return row
    moments = _moments(row)
    lacking = {name: float(moments[name][0]) for name in ("mean", "sd") if getattr(row, name) is None}
    return _filled_in(row, lacking, f"the median and {_beside_median(row)}")


def _people(row: Extracted) -> int:
    if row.n is None:
        raise ValueError("a standard deviation to be converted, without n")
    return row.n


def _moments(row: Extracted) -> dict[str, Any]:
    from ..moments import mean_and_sd

    ends: dict[str, Any] = {}
    for pair in (QUARTILES, RANGE):
        if getattr(row, pair[0]) is not None:
            ends |= {name: getattr(row, name) for name in pair}
    return vars(mean_and_sd(_people(row), row.median, **ends))


def _beside_median(row: Extracted) -> str:
    return " and ".join(
        words for words, given in (("quartiles", row.q1 is not None), ("range", row.minimum is not None)) if given
    )


def _skewed(path: str, row: Extracted) -> list[Problem]:
    """Quantiles that are too skewed for the formulas, in a row of the main analysis."""
    from_median = any(source.startswith("the median") for source in row.converted.values())
    if row.pool != "yes" or not from_median or not _moments(row)["skewed"][0]:
        return []
    found = f"a median with {_beside_median(row)} too skewed for a mean and standard deviation (test of Shi 2023, 5%)"
    mend = "The main analysis would rest on figures that the conversion does not hold for."
    return [Problem(cell(path, row.line, "median"), found, "pool sensitivity, or pool no", mend)]


def _by_tests(
    path: str, rows: list[Extracted], outcomes: dict[str, Outcome], contrasts: list[Contrast]
) -> tuple[dict[int, Extracted], list[Problem]]:
    """Line -> row with the standard deviation that follows from a test against the arm it is compared with."""
    made: dict[int, Extracted] = {}
    problems: list[Problem] = []
    known = [row for row in rows if row.outcome in outcomes and row.pool != "no"]
    for (study, key, _, _), arms in by_place(known).items():
        if "sd" not in outcomes[key].figures:
            continue
        compared = [
            (arms[contrast.arm_1], arms[contrast.arm_2])
            for contrast in contrasts_of(study, outcomes[key], contrasts)
            if contrast.arm_1 in arms and contrast.arm_2 in arms
        ]
        for pair in compared:
            if any(row.sd is not None or row.mean is None or impossible(path, row) for row in pair):
                continue
            told = {name: [row for row in pair if getattr(row, name) is not None] for name in ("t", "p")}
            name = "t" if told["t"] else "p"
            if not told[name]:
                continue
            faults = [*_unclear(path, pair, name, told[name], compared), *_twice(path, pair, made)]
            if not faults:
                try:
                    sd = _sd_of_both(pair, {name: getattr(told[name][0], name)})
                    source = f"the {'t' if name == 't' else 'P'} value of the difference"
                    made |= {row.line: _filled_in(row, {"sd": sd}, source) for row in pair}
                except ValueError as error:
                    faults = [_cannot(path, told[name][0], str(error), name)]
            problems += [fault for fault in faults if fault not in problems]
    return made, problems


def _unclear(path: str, pair: Pair, name: str, tellers: list[Extracted], compared: list[Pair]) -> Iterable[Problem]:
    """What keeps a test from being read: which arms it is of, its value, how many people they are."""
    for row in tellers:
        others = {other.arm for pair in compared if row in pair for other in pair if other is not row}
        if len(others) > 1:
            found = f"a test of {show(row.arm)}, which is compared with {' and '.join(map(show, sorted(others)))}"
            yield Problem(cell(path, row.line, name), found, "the test in the row of the other arm", _ENTER_SD)
    values = {row.line: abs(getattr(row, name)) for row in tellers}
    if len(set(values.values())) > 1:
        said = " and ".join(f"{value:g} in line {line}" for line, value in values.items())
        found = f"different {name} values of one test: {said}"
        yield Problem(cell(path, tellers[-1].line, name), found, "one value of the test of both arms")
    for row in pair:
        if row.n is None or row.n < 2:
            found = "nothing" if row.n is None else f"{row.n}"
            expected = f"at least 2 people, for a standard deviation from {name}"
            yield Problem(cell(path, row.line, "n"), found, expected)


def _twice(path: str, pair: Pair, made: Container[int]) -> Iterable[Problem]:
    """Arms that have a standard deviation from another test already: which one is taken must not hang on the order."""
    for row in pair:
        if row.line in made:
            found = f"two tests that the sd of {show(row.arm)} would follow from"
            yield Problem(cell(path, row.line, "sd"), found, "one sd of an arm", _ENTER_SD)


def _sd_of_both(pair: Pair, told: dict[str, float]) -> float:
    from ..moments import sd_from_test

    one, two = pair
    return float(sd_from_test(one.mean, one.n, two.mean, two.n, **told)[0])


def in_words(row: Extracted) -> str:
    """What of a row was converted, and from what: ``SD from its standard error``; empty for nothing."""
    names = {"mean": "mean", "sd": "SD"}
    by_source: dict[str, list[str]] = {}
    for figure, source in row.converted.items():
        by_source.setdefault(source, []).append(names[figure])
    return "; ".join(f"{' and '.join(figures)} converted from {source}" for source, figures in by_source.items())


def beside(row: Extracted) -> str:
    """What a row gives in the place of a mean or a standard deviation, as reported: ``quartiles 7 to 13``."""

    def pair(names: tuple[str, str]) -> str | None:
        low, high = (getattr(row, name) for name in names)
        return None if low is None or high is None else f"{given(low)} to {given(high)}"

    def one(value: float | None) -> str | None:
        return None if value is None else given(value)

    figures = {
        "SE ": one(row.se),
        "95% CI ": pair(INTERVAL),
        "quartiles ": pair(QUARTILES),
        "range ": pair(RANGE),
        "t = ": one(row.t),
        "P = ": one(row.p),
    }
    return ", ".join(f"{name}{said}" for name, said in figures.items() if said)
