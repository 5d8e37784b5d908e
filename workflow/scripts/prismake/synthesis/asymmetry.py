"""Tests of funnel asymmetry for one outcome: which suit its measure, and their answers as plain values."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..config import Outcome, Synthesis
from ..config.measures import ONE_ARM
from . import small_studies
from .analyses import Row
from .dependence import one_each
from .effects import MEASURES
from .other_models import counts_of
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
_FAMILIES = {
    "pustejovsky": ("means", "means of two groups"),
    "peters": ("two_by_two", "events in two groups"),
    "harbord": ("two_by_two", "events in two groups"),
}
"""Test -> the family of measures that it applies to, as in `Measure.family`, and its name. All others but Debray's apply
to all."""

_BY_MEASURE = {
    "OR": "harbord",
    "PETO": "harbord",
    "RR": "harbord",
    "RD": "",
    "SMD": "pustejovsky",
    "SMDH": "pustejovsky",
}
_BY_MEASURE |= dict.fromkeys(ONE_ARM, "macaskill")
NO_SCATTER = "the effects lie exactly on one line, with nothing about it to test against"
_NONE = "no test is recommended for risk differences (Sterne 2011, doi 10.1136/bmj.d4002)"


def recommended(measure: str) -> str:
    """The test that suits a measure; empty for risk differences, for which none is known to be sound.

    Egger's for differences of means and for effects whose standard error does not hang on them; Harbord's for tables of
    events (Sterne 2011, doi 10.1136/bmj.d4002; of risk ratios it tests the odds ratios); Pustejovsky and Rodgers' for
    standardised differences (doi 10.1002/jrsm.1332), of which Egger's finds asymmetry where there is none; Macaskill's, by
    numbers of people, for proportions (Hunter 2014, doi 10.1016/j.jclinepi.2014.03.003).
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
    family, of = _FAMILIES.get(test, ("", ""))
    if test == "debray" and outcome.measure != "HR":
        family, of = "hazards", "hazard ratios"
    if of and MEASURES[outcome.measure].family != family:
        return AsymmetryResult(test, label, len(rows), why_not=f"it applies to {of}; the measure is {outcome.measure}")
    if len(rows) < least:
        return AsymmetryResult(test, label, len(rows), why_not=f"fewer than {least} studies")
    if why := one_each(rows, settings):
        return AsymmetryResult(test, label, len(rows), why_not=why)
    on, run = _TESTS[test]
    try:
        found = run(_Studies(rows, outcome, settings))
    except (ValueError, NotConverged) as fault:
        return AsymmetryResult(test, label, len(rows), on, why_not=str(fault))
    if isinstance(found, RankTest):
        kind = "exact" if found.exact else "normal"
        return AsymmetryResult(
            test, label, found.k, on, found.tau, None, found.stat, None, found.pval, f"Kendall's tau, {kind}"
        )
    if not math.isfinite(found.stat):
        return AsymmetryResult(test, label, found.k, on, why_not=NO_SCATTER)
    df = None if math.isinf(found.df) else found.df
    figures = (found.slope, found.se, found.stat, df, found.pval)
    return AsymmetryResult(test, label, found.k, on, *figures, _method(test, settings))


def _method(test: str, settings: Synthesis) -> str:
    if test == "thompson_sharp":
        return f"weighted regression, additive heterogeneity ({_between(settings)}), t"
    return "weighted regression, multiplicative dispersion, t"


def _between(settings: Synthesis) -> str:
    return "REML" if settings.method == "EE" else settings.method


@dataclass(frozen=True)
class _Studies:
    """The studies as the tests take them."""

    rows: list[Row]
    outcome: Outcome
    settings: Synthesis

    @property
    def effects(self) -> tuple[list[float], list[float]]:
        return [row["yi"] for row in self.rows], [row["vi"] for row in self.rows]

    @property
    def least(self) -> int:
        return self.settings.small_studies.from_k

    def by_arm(self, figure: str) -> list[list[float]]:
        """A figure of each arm, shape (arms, k); `ValueError` where a study does not give it."""
        names = [f"{figure}_{arm}" for arm in self.outcome.arms]
        without = [row["label"] for row in self.rows if any(row[name] is None for name in names)]
        if without:
            words = {"n": "numbers of people", "events": "numbers of events"}[figure]
            raise ValueError(f"no {words} in {', '.join(without)}")
        return [[row[name] for row in self.rows] for name in names]


_TESTS: dict[str, tuple[str, Callable[[_Studies], Asymmetry | RankTest]]] = {
    "egger": (
        "effects on their standard errors",
        lambda of: small_studies.egger(*of.effects, at_least=of.least),
    ),
    "thompson_sharp": (
        "effects on their standard errors",
        lambda of: small_studies.thompson_sharp(*of.effects, method=_between(of.settings), at_least=of.least),
    ),
    "begg": (
        "ranks of effects and of their variances",
        lambda of: small_studies.begg(*of.effects, at_least=of.least),
    ),
    "macaskill": (
        "effects on numbers of people",
        lambda of: small_studies.macaskill(*of.effects, np.sum(of.by_arm("n"), axis=0), at_least=of.least),
    ),
    "pustejovsky": (
        "effects on the standard errors that their numbers of people alone give",
        lambda of: small_studies.pustejovsky(*of.effects, *of.by_arm("n"), at_least=of.least),
    ),
    "peters": (
        "log odds ratios on the inverse of numbers of people",
        lambda of: small_studies.peters(*counts_of(of.rows, of.outcome).values(), at_least=of.least),
    ),
    "harbord": (
        "scores of the log odds ratio on their standard errors",
        lambda of: small_studies.harbord(*counts_of(of.rows, of.outcome).values(), at_least=of.least),
    ),
    "debray": (
        "effects on the inverse of numbers of events",
        lambda of: small_studies.debray(*of.effects, *of.by_arm("events"), at_least=of.least),
    ),
}
