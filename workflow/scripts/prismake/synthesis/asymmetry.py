"""Tests of funnel asymmetry for one outcome: which suit its measure, and their answers as plain values."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..config import Outcome, Synthesis
from . import small_studies
from .analyses import Row, plain
from .dependence import one_each
from .effects import MEASURES
from .other_models import cells
from .small_studies import Asymmetry, RankTest
from .tau2 import NotConverged


@dataclass(frozen=True)
class AsymmetryResult:
    """One test, run or not: then ``why_not`` says what is lacking. None stands for what is not defined."""

    test: str
    label: str
    k: int
    on: str = ""
    """What is compared with what."""
    estimate: float | None = None
    """Slope of the regression, or Kendall's tau."""
    se: float | None = None
    stat: float | None = None
    df: float | None = None
    pval: float | None = None
    method: str = ""
    why_not: str = ""


NAMES = {
    "egger": "Egger",
    "thompson_sharp": "Thompson and Sharp",
    "begg": "Begg and Mazumdar",
    "macaskill": "Macaskill",
    "pustejovsky": "Pustejovsky and Rodgers",
    "peters": "Peters",
    "harbord": "Harbord",
    "debray": "Debray",
}
FAMILIES = {
    "pustejovsky": ("means", "means of two groups"),
    "peters": ("two_by_two", "events in two groups"),
    "harbord": ("two_by_two", "events in two groups"),
    "debray": ("", "hazard ratios with their events"),
}
"""Test -> the family of measures that it applies to, as in `Measure.family`, and its name. All others apply to all."""

_BY_MEASURE = {
    "OR": "harbord",
    "PETO": "harbord",
    "RR": "harbord",
    "RD": "",
    "SMD": "pustejovsky",
    "SMDH": "pustejovsky",
}
_NONE = "no test is recommended for risk differences (Sterne 2011, doi 10.1136/bmj.d4002)"


def recommended(measure: str) -> str:
    """The test that suits a measure; empty for risk differences, for which none is known to be sound.

    Egger's for differences of means and for effects whose standard error does not hang on them; Harbord's for tables of
    events (Sterne 2011, doi 10.1136/bmj.d4002; of risk ratios it tests the odds ratios); Pustejovsky and Rodgers' for
    standardised differences (doi 10.1002/jrsm.1332), of which Egger's finds asymmetry where there is none.
    """
    return _BY_MEASURE.get(measure, "egger")


def asymmetry(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[AsymmetryResult]:
    """Every test of funnel asymmetry that the configuration asks for.

    Parameters
    ----------
    rows : list of dict
        The studies of the main analysis.
    outcome, settings
        From the configuration.

    Returns
    -------
    list of AsymmetryResult
        One a test, in the order of the configuration.
    """
    asked = settings.small_studies.tests
    if asked == "recommended":
        test = recommended(outcome.measure)
        if not test:
            return [AsymmetryResult("recommended", "Recommended test", len(rows), why_not=_NONE)]
        asked = [test]
    return [_one(test, rows, outcome, settings) for test in dict.fromkeys(asked)]


def _one(test: str, rows: list[Row], outcome: Outcome, settings: Synthesis) -> AsymmetryResult:
    label, least = NAMES[test], settings.small_studies.from_k
    family, of = FAMILIES.get(test, ("", ""))
    if of and MEASURES[outcome.measure].family != family:
        return AsymmetryResult(test, label, len(rows), why_not=f"it applies to {of}; the measure is {outcome.measure}")
    if len(rows) < least:
        return AsymmetryResult(test, label, len(rows), why_not=f"fewer than {least} studies")
    if why := one_each(rows):
        return AsymmetryResult(test, label, len(rows), why_not=why)
    on, run = _TESTS[test]
    try:
        found = run(rows, settings)
    except (ValueError, NotConverged) as fault:
        return AsymmetryResult(test, label, len(rows), on, why_not=str(fault))
    if isinstance(found, RankTest):
        kind = "exact" if found.exact else "normal"
        return AsymmetryResult(
            test, label, found.k, on, found.tau, None, found.stat, None, found.pval, f"Kendall's tau, {kind}"
        )
    df = None if math.isinf(found.df) else found.df
    slope, se, stat, pval = map(plain, (found.slope, found.se, found.stat, found.pval))
    return AsymmetryResult(test, label, found.k, on, slope, se, stat, df, pval, _method(test, settings))


def _method(test: str, settings: Synthesis) -> str:
    if test == "thompson_sharp":
        return f"weighted regression, additive heterogeneity ({_between(settings)}), t"
    return "weighted regression, multiplicative dispersion, t"


def _between(settings: Synthesis) -> str:
    return "REML" if settings.method == "EE" else settings.method


def _effects(rows: list[Row]) -> tuple[list[float], list[float]]:
    return [row["yi"] for row in rows], [row["vi"] for row in rows]


def _sizes(rows: list[Row]) -> Any:
    """Numbers of people by arm, shape (2, k); NaN where they are not known."""
    return np.array([[row["n_1"], row["n_2"]] for row in rows], dtype=float).T


Run = Callable[[list[Row], Synthesis], Asymmetry | RankTest]


def _least(settings: Synthesis) -> int:
    return settings.small_studies.from_k


_TESTS: dict[str, tuple[str, Run]] = {
    "egger": (
        "effects on their standard errors",
        lambda rows, s: small_studies.egger(*_effects(rows), at_least=_least(s)),
    ),
    "thompson_sharp": (
        "effects on their standard errors",
        lambda rows, s: small_studies.thompson_sharp(*_effects(rows), method=_between(s), at_least=_least(s)),
    ),
    "begg": (
        "ranks of effects and of their variances",
        lambda rows, s: small_studies.begg(*_effects(rows), at_least=_least(s)),
    ),
    "macaskill": (
        "effects on numbers of people",
        lambda rows, s: small_studies.macaskill(*_effects(rows), _sizes(rows).sum(axis=0), at_least=_least(s)),
    ),
    "pustejovsky": (
        "effects on the standard errors that their numbers of people alone give",
        lambda rows, s: small_studies.pustejovsky(*_effects(rows), *_sizes(rows), at_least=_least(s)),
    ),
    "peters": (
        "log odds ratios on the inverse of numbers of people",
        lambda rows, s: small_studies.peters(*cells(rows).values(), at_least=_least(s)),
    ),
    "harbord": (
        "scores of the log odds ratio on their standard errors",
        lambda rows, s: small_studies.harbord(*cells(rows).values(), at_least=_least(s)),
    ),
}
