"""The formulas behind `prismake.synthesis.effects`: clean columns in, effects and sampling variances out.

They check nothing, and may divide by zero: `effects` does the one before and puts NaN for the other. Sources stand at
the functions there that call them.
"""

import math
from typing import Any

import numpy as np

from ..columns import Array

Effects = tuple[Array, Array]

_FAST = 20
"""The c of a hypergeometric series from which on 60 terms agree with scipy's answer to 1e-15, at x = 1 too."""


def hypergeometric(a: float, b: float, c: Array, x: Array) -> Array:
    """Gauss's 2F1(a, b; c; x) for x from 0 to 1, a and b of at most 1; NaN unless c is above a + b.

    Scipy's has no answer at some large c, where the terms of the series soon vanish.
    """
    from scipy.special import hyp2f1  # of one measure only, and 0.2 s to import

    c = np.where(c > a + b, c, np.nan)
    sums, term = np.ones_like(c), np.ones_like(c)
    for j in range(60):
        term = term * ((a + j) * (b + j) / ((c + j) * (j + 1)) * x)
        sums = sums + term
    return np.where(c < _FAST, hyp2f1(a, b, c, x), sums)


def mean_by_size(values: Array, sizes: Array) -> Any:
    """The mean of the values that are there, weighted by size; NaN of none."""
    known = np.isfinite(values) & np.isfinite(sizes)
    return np.average(values[known], weights=sizes[known]) if known.any() else np.nan


def _odds_ratio(a: Array, b: Array, c: Array, d: Array) -> Effects:
    return np.log(a) + np.log(d) - np.log(b) - np.log(c), 1 / a + 1 / b + 1 / c + 1 / d


def _risk_ratio(a: Array, b: Array, c: Array, d: Array) -> Effects:
    n1, n2 = a + b, c + d
    return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2


def _risk_difference(a: Array, b: Array, c: Array, d: Array) -> Effects:
    n1, n2 = a + b, c + d
    return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3


def _peto(a: Array, b: Array, c: Array, d: Array) -> Effects:
    n1, n2, events, others = a + b, c + d, a + c, b + d
    total = n1 + n2
    variance = n1 * n2 * events * others / (total**2 * (total - 1))
    return (a - n1 * events / total) / variance, 1 / variance


def _arcsine(a: Array, b: Array, c: Array, d: Array) -> Effects:
    n1, n2 = a + b, c + d
    return np.arcsin(np.sqrt(a / n1)) - np.arcsin(np.sqrt(c / n2)), 1 / (4 * n1) + 1 / (4 * n2)


def _phi(a: Array, b: Array, c: Array, d: Array) -> Effects:
    n1, n2, events, others = a + b, c + d, a + c, b + d
    root = np.sqrt(n1 * n2 / (events * others))
    p1, p2 = a / n1, c / n2
    # Slopes of (p1 - p2) * root by p1 and p2: the margin of events, below the root, moves with both.
    lean = (p1 - p2) * (others - events) / (2 * events * others)
    slope_1, slope_2 = root * (1 - n1 * lean), root * (-1 - n2 * lean)
    return (p1 - p2) * root, slope_1**2 * p1 * (1 - p1) / n1 + slope_2**2 * p2 * (1 - p2) / n2


def _pooled_variance(s1: Array, n1: Array, s2: Array, n2: Array) -> Array:
    return ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)


def hedges_correction(df: Array) -> Array:
    """Gamma ratio that removes the small-sample bias of a standardised mean difference; NaN below 2 df."""
    half = np.where(df > 1, df, np.nan) / 2
    return np.exp(_log_gamma(half) - np.log(half) / 2 - _log_gamma(half - 0.5))


def _log_gamma(values: Array) -> Array:
    return np.array([math.lgamma(value) for value in values], dtype=float)


def _mean_difference(vtype: str, m1: Array, s1: Array, n1: Array, m2: Array, s2: Array, n2: Array) -> Effects:
    if vtype == "HO":
        return m1 - m2, _pooled_variance(s1, n1, s2, n2) * (1 / n1 + 1 / n2)
    return m1 - m2, s1**2 / n1 + s2**2 / n2


def _standardised(vtype: str, m1: Array, s1: Array, n1: Array, m2: Array, s2: Array, n2: Array) -> Effects:
    n, df = n1 + n2, n1 + n2 - 2
    d = (m1 - m2) / np.sqrt(_pooled_variance(s1, n1, s2, n2))
    correction = hedges_correction(df)
    g = correction * d
    equal_means = 1 / n1 + 1 / n2
    if vtype == "LS2":
        return g, correction**2 * (equal_means + d**2 / (2 * n))
    if vtype == "UB":
        return g, equal_means + (1 - (df - 2) / (df * correction**2)) * g**2
    typical = mean_by_size(g, n) if vtype == "AV" else g
    return g, equal_means + typical**2 / (2 * n)


def _standardised_unequal(_: str, m1: Array, s1: Array, n1: Array, m2: Array, s2: Array, n2: Array) -> Effects:
    variance = (s1**2 + s2**2) / 2
    correction = hedges_correction(n1 + n2 - 2)
    g = correction * (m1 - m2) / np.sqrt(variance)
    fourth = s1**4 / (n1 - 1) + s2**4 / (n2 - 1)
    second = s1**2 / (n1 - 1) + s2**2 / (n2 - 1)
    return g, correction**2 * (g**2 * fourth / (8 * variance**2) + second / variance)


def _ratio_of_means(vtype: str, m1: Array, s1: Array, n1: Array, m2: Array, s2: Array, n2: Array) -> Effects:
    if vtype == "HO":
        s1 = s2 = np.sqrt(_pooled_variance(s1, n1, s2, n2))
    return np.log(m1 / m2), s1**2 / (n1 * m1**2) + s2**2 / (n2 * m2**2)


def bias_of_log_ratio(m1: Array, s1: Array, n1: Array, m2: Array, s2: Array, n2: Array) -> Array:
    """What the log ratio of means lacks in small samples."""
    return (s1**2 / (n1 * m1**2) - s2**2 / (n2 * m2**2)) / 2


def _double_arcsine(x: Array, n: Array) -> Effects:
    return (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2, 1 / (4 * n + 2)


TWO_BY_TWO = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
    "PETO": _peto,
    "AS": _arcsine,
    "PHI": _phi,
}
MEANS = {"MD": _mean_difference, "SMD": _standardised, "SMDH": _standardised_unequal, "ROM": _ratio_of_means}
PROPORTIONS = {
    "PR": lambda x, n: (x / n, x * (n - x) / n**3),
    "PLN": lambda x, n: (np.log(x / n), 1 / x - 1 / n),
    "PLO": lambda x, n: (np.log(x) - np.log(n - x), 1 / x + 1 / (n - x)),
    "PAS": lambda x, n: (np.arcsin(np.sqrt(x / n)), 1 / (4 * n)),
    "PFT": _double_arcsine,
}
SINGLE_RATES = {
    "IR": lambda x, t: (x / t, x / t**2),
    "IRLN": lambda x, t: (np.log(x / t), 1 / x),
    "IRS": lambda x, t: (np.sqrt(x / t), 1 / (4 * t)),
    "IRFT": lambda x, t: ((np.sqrt(x / t) + np.sqrt((x + 1) / t)) / 2, 1 / (4 * t)),
}
RATE_SCALES = {"IRR": "IRLN", "IRD": "IR", "IRSD": "IRS"}
