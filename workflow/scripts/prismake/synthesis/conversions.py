"""From what papers report to what effects are made of: means from medians, tables from margins, variances from intervals.

Every function takes columns of equal length k, of which NaN is missing and stays so. A value that no report can have
raises ``ValueError`` naming column and row, counted from 1.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from .effects import Array, Effects, equal_columns, reject
from .inference import check_level
from .mantel_haenszel import events_at_odds_ratio

_PLACES = ("minimum", "q1", "median", "q3", "maximum")


@dataclass(frozen=True, eq=False)
class Moments:
    """Means and standard deviations, and whether the quantiles are too skewed for them; each of shape (k,)."""

    mean: Array
    sd: Array
    skewed: NDArray[np.bool_]


def mean_and_sd(
    n: ArrayLike,
    median: ArrayLike,
    *,
    q1: ArrayLike | None = None,
    q3: ArrayLike | None = None,
    minimum: ArrayLike | None = None,
    maximum: ArrayLike | None = None,
) -> Moments:
    """Mean and standard deviation from a median with quartiles, with the range, or with both.

    Parameters
    ----------
    n : array_like of shape (k,)
        People, at least 2 (5 for quartiles).
    median, q1, q3, minimum, maximum : array_like of shape (k,)
        Quartiles and ends of the range come in pairs.

    Returns
    -------
    Moments
        Means by Luo 2018 (doi 10.1177/0962280216669183), standard deviations by Wan 2014 (doi 10.1186/1471-2288-14-135)
        and, from all five numbers, Shi 2020 (doi 10.1002/jrsm.1429), as metafor's `conv.fivenum`. All hold for normal data;
        `skewed` is the test of Shi 2023 (doi 10.1177/09622802231172043) at 5%: where it is true, do not use them.

    Raises
    ------
    ValueError
        Neither pair is given, half a pair, too few people, numbers that fall from one to the next.
    """
    if (q1 is None) != (q3 is None) or (minimum is None) != (maximum is None):
        raise ValueError("quartiles come in pairs (q1, q3), and so do the ends of the range (minimum, maximum)")
    if q1 is None and minimum is None:
        raise ValueError("a median alone has no standard deviation: quartiles or the range are needed")
    given = {"minimum": minimum, "q1": q1, "median": median, "q3": q3, "maximum": maximum}
    columns = equal_columns(n=n, **{name: values for name, values in given.items() if values is not None})
    n = columns["n"]
    places = [name for name in _PLACES if name in columns]
    for before, after in itertools.pairwise(places):
        reject(columns[before] > columns[after], f"{before} above {after}", columns, before, after)
    reject(n < (2 if q1 is None else 5), "too few people", columns, "n")
    ranges = None if minimum is None else _Pair(columns["minimum"], columns["median"], columns["maximum"])
    quartiles = None if q1 is None else _Pair(columns["q1"], columns["median"], columns["q3"])
    # Expected distances of the ends and of the quartiles from the centre, in standard deviations.
    end, quarter = ndtri((n - 0.375) / (n + 0.25)), ndtri((0.75 * n - 0.125) / (n + 0.25))
    if ranges and quartiles:
        w_range, w_quartiles = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
        mean = (
            w_range * ranges.centre + w_quartiles * quartiles.centre + (1 - w_range - w_quartiles) * columns["median"]
        )
        sd = ranges.width / ((2 + 0.14 * n**0.6) * end) + quartiles.width / ((2 + 2 / (0.07 * n**0.6)) * quarter)
        scaled = 2.65 * np.log(0.6 * n) / np.sqrt(n) * ranges.lean
        return Moments(mean, sd, np.maximum(scaled, quartiles.lean) > 2.97 / np.sqrt(n) - 39.1 / n**3)
    if ranges:
        w = 4 / (4 + n**0.75)
        limit = 1.01 / np.log(n + 9) + 2.43 / (n + 1)
        return Moments(w * ranges.centre + (1 - w) * columns["median"], ranges.width / (2 * end), ranges.lean > limit)
    assert quartiles is not None
    w = 0.7 + 0.39 / n
    limit = 2.66 / np.sqrt(n) - 5.92 / n**2
    mean = w * quartiles.centre + (1 - w) * columns["median"]
    return Moments(mean, quartiles.width / (2 * quarter), quartiles.lean > limit)


class _Pair:
    """Two numbers around a median: their centre, their distance, and how far the median leans to one of them."""

    def __init__(self, low: Array, median: Array, high: Array):
        self.centre, self.width = (low + high) / 2, high - low
        with np.errstate(invalid="ignore"):
            self.lean = np.where(self.width > 0, np.abs(low + high - 2 * median) / self.width, 0.0)


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
