"""Means and standard deviations from what papers give in their place.

Every function takes columns of equal length k, of which NaN is missing and stays so. A value that no report can have
raises ``ValueError`` naming column and row, counted from 1. Source, but for medians: Cochrane Handbook, section 6.5.2.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .columns import Array, equal_columns, reject

_MIDDLE = 0.2
"""How far a mean may lie from the middle of its interval, as a share of half its width: reports round."""
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
    from scipy.special import ndtri  # 0.2 s to import, which a table without conversions need not wait for

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


def sd_from_se(n: ArrayLike, se: ArrayLike) -> Array:
    """Standard deviation of `n` people from the standard error of their mean: Handbook 6.5.2.2."""
    columns = equal_columns(n=n, se=se)
    reject(columns["se"] < 0, "a negative standard error", columns, "se")
    reject(columns["n"] < 2, "too few people", columns, "n")
    return columns["se"] * np.sqrt(columns["n"])


def sd_from_interval(n: ArrayLike, mean: ArrayLike, low: ArrayLike, high: ArrayLike, level: float = 0.95) -> Array:
    """Standard deviation of `n` people from the t interval of their mean: Handbook 6.5.2.2.

    Raises
    ------
    ValueError
        Also where the mean is not in the middle: the figures do not belong together, or the interval was made on
        another scale.
    """
    from scipy.special import stdtrit

    columns = equal_columns(n=n, mean=mean, low=low, high=high)
    reject(columns["n"] < 2, "too few people", columns, "n")
    reject(columns["low"] >= columns["high"], "no width", columns, "low", "high")
    half = (columns["high"] - columns["low"]) / 2
    aside = np.abs(columns["mean"] - columns["low"] - half)
    reject(aside > _MIDDLE * half, "the mean is not in the middle of its interval", columns, "mean", "low", "high")
    return half / stdtrit(columns["n"] - 1, (1 + level) / 2) * np.sqrt(columns["n"])


def sd_from_test(
    m1: ArrayLike,
    n1: ArrayLike,
    m2: ArrayLike,
    n2: ArrayLike,
    *,
    t: ArrayLike | None = None,
    p: ArrayLike | None = None,
) -> Array:
    """The standard deviation of both groups from a t test of their means, by its t or its two-sided P value.

    It is the pooled one of Student's test: Handbook 6.5.2.3.

    Raises
    ------
    ValueError
        Equal means or t = 0, which say nothing of their error; P not between 0 and 1; neither or both are given.
    """
    from scipy.special import stdtrit

    if (t is None) == (p is None):
        raise ValueError("either t or p is needed")
    columns = equal_columns(m1=m1, n1=n1, m2=m2, n2=n2, **({"t": t} if t is not None else {"p": p}))
    for name in ("n1", "n2"):
        reject(columns[name] < 2, "too few people", columns, name)
    m1, n1, m2, n2, told = columns.values()
    reject(m1 == m2, "equal means say nothing of their error", columns, "m1", "m2")
    if p is None:
        reject(told == 0, "a t value of 0 says nothing of the error", columns, "t")
    else:
        reject((told <= 0) | (told >= 1), "no P value between 0 and 1", columns, "p")
        told = stdtrit(n1 + n2 - 2, told / 2)  # of the lower tail, where a small P keeps its digits
    return np.abs((m1 - m2) / told) / np.sqrt(1 / n1 + 1 / n2)
