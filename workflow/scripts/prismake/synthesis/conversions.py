"""From what papers report to what effects are made of: tables from margins, variances from intervals and tests.

Means and standard deviations, from medians and the like, are made by `prismake.moments`.

Every function takes columns of equal length k, of which NaN is missing and stays so. A value that no report can have
raises ``ValueError`` naming column and row, counted from 1.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from ..columns import Array, equal_columns, reject
from .effects import Effects
from .inference import check_level
from .mantel_haenszel import events_at_odds_ratio


def table_from_odds_ratio(
    odds_ratio: ArrayLike, n: ArrayLike, n1: ArrayLike, events: ArrayLike
) -> tuple[Array, Array, Array, Array]:
    """Cells ai, bi, ci, di from an odds ratio and the margins, as whole numbers; as metafor's `conv.2x2`.

    Parameters
    ----------
    odds_ratio, n, n1, events : array_like of shape (k,)
        All people, those of group 1, and all events. One table with these margins has the odds ratio.

    Raises
    ------
    ValueError
        An odds ratio that is not positive, margins that no table has.
    """
    columns = equal_columns(odds_ratio=odds_ratio, n=n, n1=n1, events=events)
    reject(columns["odds_ratio"] <= 0, "an odds ratio that is not positive", columns, "odds_ratio")
    for name in ("n1", "events"):
        reject(columns[name] < 0, "a negative number", columns, name)
        reject(columns[name] > columns["n"], f"{name} above all people", columns, name, "n")
    odds, total, first, occurred = columns.values()
    a = np.round(events_at_odds_ratio(odds, first, total - first, occurred))
    return a, first - a, occurred - a, total - first - occurred + a


def from_interval(
    estimate: ArrayLike, low: ArrayLike, high: ArrayLike, *, ratio: bool, level: float = 0.95, tolerance: float = 0.2
) -> Effects:
    """Effect and variance from an estimate with its Wald interval; ratios (also of hazards) become logarithms.

    `tolerance` is how far the estimate may lie from the middle of the interval, as a share of half its width: reports
    round. Beyond it the figures do not belong together, or the interval is of another kind. Source: Cochrane Handbook,
    6.3.
    """
    check_level(level)
    columns = equal_columns(estimate=estimate, low=low, high=high)
    if ratio:
        for name in columns:
            reject(columns[name] <= 0, "a ratio that is not positive", columns, name)
    reject(columns["low"] >= columns["high"], "no width", columns, "low", "high")
    y, below, above = (np.log(column) if ratio else column for column in columns.values())
    half = (above - below) / 2
    reject(
        np.abs(y - (above + below) / 2) > tolerance * half,
        "the estimate is not in the middle of its interval",
        columns,
        "estimate",
        "low",
        "high",
    )
    return y, (half / ndtri((1 + level) / 2)) ** 2


def from_test(yi: ArrayLike, *, zi: ArrayLike | None = None, pi: ArrayLike | None = None) -> Effects:
    """Effect (a ratio as its logarithm) and variance from its z value, or from its two-sided normal P value."""
    if (zi is None) == (pi is None):
        raise ValueError("either zi or pi is needed")
    if zi is not None:
        columns = equal_columns(yi=yi, zi=zi)
        z = columns["zi"]
        reject(z * columns["yi"] <= 0, "effect and z value of different signs, or 0", columns, "yi", "zi")
    else:
        columns = equal_columns(yi=yi, pi=pi)
        reject((columns["pi"] <= 0) | (columns["pi"] >= 1), "no P value between 0 and 1", columns, "pi")
        reject(columns["yi"] == 0, "an effect of 0 has no standard error in its P value", columns, "yi")
        z = ndtri(columns["pi"] / 2)
    return columns["yi"], (columns["yi"] / z) ** 2


def from_log_rank(observed_minus_expected: ArrayLike, variance: ArrayLike) -> Effects:
    """Log hazard ratio and its variance from a log-rank test's O - E and V: Parmar 1998, Tierney 2007.

    Source: doi 10.1186/1745-6215-8-16.
    """
    columns = equal_columns(observed_minus_expected=observed_minus_expected, variance=variance)
    reject(columns["variance"] <= 0, "a variance that is not positive", columns, "variance")
    excess, v = columns.values()
    return excess / v, 1 / v
