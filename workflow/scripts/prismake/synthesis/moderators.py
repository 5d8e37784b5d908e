"""Meta-regressions of one outcome, each on one characteristic of its studies or on several together."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..config import Moderator, Outcome, Synthesis
from ..wording import lower_first
from .analyses import Row, plain
from .dependence import one_each
from .effects import MEASURES
from .model import asked_interval, chosen_interval, with_tau2_interval
from .predictions import predict
from .regression import Regression, permutation_test, regress
from .tau2 import Data, NotConverged

_POINTS = 41
"""Of the line over a number."""


@dataclass(frozen=True)
class Term:
    """One coefficient on the scale of analysis; ``effect`` on that of the measure: of a ratio's logarithm, a ratio."""

    name: str
    estimate: float
    se: float
    stat: float | None
    pval: float | None
    ci_low: float
    ci_high: float
    effect: float | None
    effect_low: float | None
    effect_high: float | None
    permutation_pval: float | None = None


@dataclass(frozen=True)
class Point:
    """One point of the line that a model draws over a number, with the interval of the mean, on the scale of analysis."""

    x: float
    fitted: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class Predictor:
    """A moderator as it enters a model."""

    key: str
    name: str
    levels: dict[str, int]
    """Of a category: level -> studies, the reference first; empty for a number."""

    @property
    def coefficients(self) -> int:
        """How many the model has of it."""
        return max(1, len(self.levels) - 1)


@dataclass(frozen=True)
class ModeratorAnalysis:
    """A meta-regression, run or not: then ``why_not`` says what is lacking."""

    key: str
    label: str
    predictors: tuple[Predictor, ...]
    k: int
    """Studies of which every predictor is known; `unknown` are not in the model."""
    unknown: int
    terms: tuple[Term, ...] = ()
    R2: float | None = None
    QM: float | None = None
    """F where `df2` is given, else chi²."""
    df: int | None = None
    df2: float | None = None
    pval: float | None = None
    permutation_pval: float | None = None
    permutations: int = 0
    exact: bool | None = None
    permutation_why_not: str = ""
    tau2: float | None = None
    tau2_low: float | None = None
    tau2_high: float | None = None
    I2: float | None = None
    QE: float | None = None
    QE_df: int | None = None
    QE_pval: float | None = None
    method: str = ""
    interval: str = ""
    interval_why: str = ""
    why_not: str = ""
    line: tuple[Point, ...] = ()
    """Of a number alone, from its lowest value to its highest."""

    @property
    def numeric(self) -> bool:
        """Whether it is on one number, over which it draws a line."""
        return len(self.predictors) == 1 and not self.predictors[0].levels


def meta_regressions(
    rows: list[Row], outcome: Outcome, settings: Synthesis, moderators: dict[str, Moderator]
) -> list[ModeratorAnalysis]:
    """Regress the effects of the main analysis on every moderator that the protocol names, and on those it puts together.

    Parameters
    ----------
    rows : list of dict
        The studies of the main analysis; ``moderator_<key>`` holds the values.
    outcome, settings, moderators
        From the configuration.

    Returns
    -------
    list of ModeratorAnalysis
        In the order of the protocol, those on several last. A model needs so many studies for each coefficient as the
        configuration says (10 by the Cochrane Handbook, section 10.11.5.1).
    """
    models = [[key] for key in moderators] + settings.regression.together
    return [_one({key: moderators[key] for key in keys}, rows, outcome, settings) for keys in models]


def known(keys: Iterable[str], rows: list[Row]) -> list[Row]:
    """The studies of which all these moderators are known."""
    return [row for row in rows if not any(row[f"moderator_{key}"] in (None, "") for key in keys)]


def value_of(row: Row, key: str, moderator: Moderator) -> Any:
    """The value that enters the model, known and, of a logarithm, positive."""
    value = row[f"moderator_{key}"]
    return math.log10(value) if moderator.log10 else value


def _one(moderators: dict[str, Moderator], rows: list[Row], outcome: Outcome, settings: Synthesis) -> ModeratorAnalysis:
    used = known(moderators, rows)
    predictors = tuple(_predictor(key, moderator, used) for key, moderator in moderators.items())
    first, *others = (moderator.label for moderator in moderators.values())
    label = " + ".join([first, *map(lower_first, others)])
    found = ModeratorAnalysis("+".join(moderators), label, predictors, len(used), len(rows) - len(used))
    why = _why_not(found, moderators, used, settings) or one_each(used, settings)
    if why:
        return replace(found, why_not=why)
    columns = _Columns(
        [row["yi"] for row in used],
        [row["vi"] for row in used],
        {one.name: [value_of(row, one.key, moderators[one.key]) for row in used] for one in predictors},
        {one.name: next(iter(one.levels)) for one in predictors if one.levels},
    )
    try:
        fitted, why_interval = _fitted(columns, settings)
    except (ValueError, NotConverged) as fault:
        return replace(found, why_not=str(fault))
    data = Data(columns.yi, columns.vi, fitted.X)
    if found.numeric:
        found = replace(found, line=_line(fitted, columns))
    found = replace(_described(found, fitted, outcome, settings, data), interval_why=why_interval)
    return _permuted(found, columns, settings) if settings.regression.permutations else found


def _predictor(key: str, moderator: Moderator, rows: list[Row]) -> Predictor:
    given = [row[f"moderator_{key}"] for row in rows]
    counts = Counter(value for value in given if isinstance(value, str))
    levels = sorted(counts, key=lambda level: (level != moderator.reference, level))
    name = f"log10 of {moderator.label}" if moderator.log10 else moderator.label
    return Predictor(key, name, {level: counts[level] for level in levels})


@dataclass(frozen=True)
class _Columns:
    """What a model is fitted to."""

    yi: list[float]
    vi: list[float]
    moderators: dict[str, list[Any]]
    reference: dict[str, str]


def _why_not(found: ModeratorAnalysis, moderators: dict[str, Moderator], rows: list[Row], settings: Synthesis) -> str:
    coefficients = sum(one.coefficients for one in found.predictors)
    need = max(coefficients * settings.regression.studies_per_coefficient, coefficients + 2)
    if found.k < need:
        return f"fewer than {need} studies"
    for one in found.predictors:
        if why := _unfit(one, moderators[one.key], [row[f"moderator_{one.key}"] for row in rows]):
            return why if len(moderators) == 1 else f"{lower_first(moderators[one.key].label)}: {why}"
    return ""


def _unfit(one: Predictor, moderator: Moderator, given: list[Any]) -> str:
    if len(set(given)) < 2:
        return "all studies have the same value"
    if moderator.log10 and min(given) <= 0:
        return "a value is not positive and has no logarithm"
    if moderator.reference and moderator.reference not in one.levels:
        return f"no study is of the reference, {moderator.reference}"
    return ""


def _fitted(columns: _Columns, settings: Synthesis) -> tuple[Regression, str]:
    """The model with the interval that the rules of the main analysis choose, and why that one."""

    def by(interval: str) -> Regression:
        return regress(
            columns.yi,
            columns.vi,
            columns.moderators,
            reference=columns.reference,
            method=settings.method,
            interval=interval,
            level=settings.level,
        )

    asked = "z" if settings.method == "EE" and settings.interval == "HKSJ" else asked_interval(settings)
    found = by(asked)
    used, why = chosen_interval(found.fit, settings)
    return (found if used == asked else by(used)), why


def _line(fitted: Regression, columns: _Columns) -> tuple[Point, ...]:
    (values,) = columns.moderators.values()
    x = np.linspace(min(values), max(values), _POINTS)
    found = predict(fitted.fit, np.column_stack([np.ones_like(x), x]))
    rows = zip(x, found.pred, found.ci_low, found.ci_high, strict=True)
    return tuple(Point(*map(float, row)) for row in rows)


def _described(
    found: ModeratorAnalysis, fitted: Regression, outcome: Outcome, settings: Synthesis, data: Data
) -> ModeratorAnalysis:
    fit, test = with_tau2_interval(fitted.fit, data, settings.tau2_interval), fitted.moderators
    ratio = MEASURES[outcome.measure].ratio
    terms = []
    for term in fitted.coefficients:
        ends = (term.estimate, term.ci_low, term.ci_high)
        effect, low, high = map(_ratio, ends) if ratio else ends
        terms.append(
            Term(term.name, term.estimate, term.se, plain(term.stat), plain(term.pval), *ends[1:], effect, low, high)
        )
    return replace(
        found,
        terms=tuple(terms),
        R2=plain(fitted.R2),
        QM=plain(test.QM),
        df=test.df,
        df2=plain(test.df2),
        pval=plain(test.pval),
        tau2=fit.tau2,
        tau2_low=plain(fit.tau2_ci_low),
        tau2_high=plain(fit.tau2_ci_high),
        I2=plain(fit.I2),
        QE=plain(fit.Q),
        QE_df=int(fit.Q_df),
        QE_pval=plain(fit.Q_pval),
        method=fit.method,
        interval=fit.interval_used,
    )


def _ratio(logarithm: float) -> float | None:
    return math.exp(logarithm) if logarithm < 700 else None


def _permuted(found: ModeratorAnalysis, columns: _Columns, settings: Synthesis) -> ModeratorAnalysis:
    try:
        test = permutation_test(
            columns.yi,
            columns.vi,
            columns.moderators,
            reference=columns.reference,
            method=found.method,
            interval=found.interval,
            iterations=settings.regression.permutations,
            seed=settings.regression.seed,
        )
    except NotConverged as fault:
        return replace(found, permutation_why_not=f"a permutation did not converge ({fault})")
    terms = tuple(
        replace(term, permutation_pval=float(pval)) for term, pval in zip(found.terms, test.pvals, strict=True)
    )
    return replace(
        found,
        terms=terms,
        permutation_pval=float(test.omnibus_pval),
        permutations=test.permutations,
        exact=test.exact,
    )
