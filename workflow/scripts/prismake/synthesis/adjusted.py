"""Pooled estimates that allow for small-study effects: trim and fill, PET-PEESE, a selection model; and fail-safe numbers.

Each rests on an assumption of its own about why the funnel is lopsided. They are sensitivity analyses.
"""

import math
from dataclasses import dataclass

from ..config import Outcome, Synthesis
from .analyses import Row, in_measure, plain
from .asymmetry import NO_SCATTER
from .dependence import one_each
from .inference import wald
from .small_studies import Asymmetry, pet_peese
from .tau2 import NotConverged
from .trim_and_fill import rosenberg, rosenthal, trim_and_fill


@dataclass(frozen=True)
class Adjusted:
    """One adjusted estimate, on the scale of the measure, run or not: then ``why_not`` says what is lacking."""

    analysis: str
    label: str
    k: int
    method: str = ""
    interval: str = ""
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    pval: float | None = None
    yi: float | None = None
    se: float | None = None
    tau2: float | None = None
    filled: int | None = None
    """Studies filled in, on `side`."""
    side: str = ""
    chosen: bool | None = None
    """Of PET and PEESE, whether it is the one to read."""
    weight: float | None = None
    """How likely results that are not significant are to be seen, against significant ones."""
    LRT: float | None = None
    LRT_pval: float | None = None
    fail_safe: int | None = None
    """Studies of no effect that would undo the result."""
    why_not: str = ""
    filled_yi: tuple[float, ...] = ()
    filled_vi: tuple[float, ...] = ()


def adjusted(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Adjusted]:
    """Every adjusted estimate that the configuration asks for, of the studies of the main analysis."""
    asked, found = settings.small_studies, []
    for analysis, label, wanted, run in (
        ("trim_and_fill", "Trim and fill", asked.trim_and_fill != "none", _trim_and_fill),
        ("pet_peese", "PET-PEESE", asked.pet_peese, _pet_peese),
        ("3psm", "Selection model (3PSM)", asked.selection, _selection),
        ("fail_safe", f"Fail-safe number ({asked.fail_safe.capitalize()})", asked.fail_safe != "none", _fail_safe),
    ):
        if not wanted:
            continue
        if why := _why_not(analysis, rows, outcome, settings):
            found.append(Adjusted(analysis, label, len(rows), why_not=why))
            continue
        try:
            found += run(rows, outcome, settings)
        except NotConverged as fault:
            found.append(Adjusted(analysis, label, len(rows), why_not=f"did not converge ({fault})"))
        except ValueError as fault:  # what the studies cannot give, in the words of the method
            found.append(Adjusted(analysis, label, len(rows), why_not=str(fault)))
    return found


def _why_not(analysis: str, rows: list[Row], outcome: Outcome, settings: Synthesis) -> str:
    least = settings.small_studies.from_k
    if outcome.one_arm and analysis != "trim_and_fill":
        return "a measure of one group has no value of no effect"
    return f"fewer than {least} studies" if len(rows) < least else one_each(rows, settings)


def _effects(rows: list[Row]) -> tuple[list[float], list[float]]:
    return [row["yi"] for row in rows], [row["vi"] for row in rows]


def _trim_and_fill(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Adjusted]:
    estimator = settings.small_studies.trim_and_fill
    found = trim_and_fill(*_effects(rows), settings, estimator=estimator)
    return [
        Adjusted(
            "trim_and_fill",
            "Trim and fill",
            len(rows),
            f"trim and fill ({estimator}), {found.fit.method}",
            found.fit.interval_used,
            **in_measure(found.fit, outcome.measure, rows),
            pval=found.fit.pval,
            yi=found.fit.estimate,
            se=found.fit.se,
            tau2=found.fit.tau2,
            filled=found.k0,
            side=found.side,
            filled_yi=tuple(map(float, found.yi_filled)),
            filled_vi=tuple(map(float, found.vi_filled)),
        )
    ]


def _pet_peese(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Adjusted]:
    found = pet_peese(*_effects(rows), at_least=settings.small_studies.from_k)
    if not min(found.pet.limit_se, found.peese.limit_se) > 0:
        raise ValueError(NO_SCATTER)

    def one(name: str, on: str, line: Asymmetry) -> Adjusted:
        values = _at_level(line.limit, line.limit_se, line.df, rows, outcome, settings)
        method = f"weighted regression on {on}, at 0"
        return Adjusted(name.lower(), name, line.k, method, "t", **values, chosen=found.chosen == name)

    return [one("PET", "standard errors", found.pet), one("PEESE", "variances", found.peese)]


def _selection(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Adjusted]:
    from .selection import three_parameter  # loads scipy.optimize, which few outcomes need

    favoured = "positive" if outcome.better == "higher" else "negative"
    found = three_parameter(*_effects(rows), favoured=favoured, at_least=settings.small_studies.from_k)
    return [
        Adjusted(
            "3psm",
            "Selection model (3PSM)",
            found.k,
            f"step at p = 0.025 in favour of {favoured} effects, ML",
            "z",
            **_at_level(found.estimate, found.se, math.inf, rows, outcome, settings),
            tau2=found.tau2,
            weight=found.weight,
            LRT=found.LRT,
            LRT_pval=found.LRT_pval,
        )
    ]


def _at_level(
    estimate: float, se: float, df: float, rows: list[Row], outcome: Outcome, settings: Synthesis
) -> dict[str, float | None]:
    """An estimate with its interval at the level of the configuration."""
    found = _Interval(**wald(estimate, se, df, settings.level))
    return in_measure(found, outcome.measure, rows) | {"pval": plain(found.pval), "yi": found.estimate, "se": found.se}


@dataclass(frozen=True)
class _Interval:
    estimate: float
    se: float
    stat: float
    pval: float
    ci_low: float
    ci_high: float


def _fail_safe(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Adjusted]:
    name = settings.small_studies.fail_safe
    found = {"rosenthal": rosenthal, "rosenberg": rosenberg}[name](*_effects(rows))
    method = {"rosenthal": "summed z, one-sided 0.05", "rosenberg": "weighted mean, two-sided 0.05"}[name]
    label = f"Fail-safe number ({name.capitalize()})"
    return [Adjusted("fail_safe", label, len(rows), method, pval=plain(found.pval), fail_safe=found.n)]
