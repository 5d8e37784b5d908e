"""Tails and quantiles of the normal, t and chi² distributions.

They are `scipy.special`'s to 1e-12: importing that package takes longer than numpy and a hundred fits together, and these
three are all that pooling needs. A test holds the two beside each other.
"""

import math
from collections.abc import Callable
from functools import lru_cache

from .roots import NotConverged, root

_TINY = 1e-300
_EPSILON = 1e-16
_MOST_TERMS = 100_000


def normal_above(z: float) -> float:
    """P(Z > z)."""
    return math.erfc(z / math.sqrt(2)) / 2


@lru_cache(maxsize=1024)
def normal_quantile(above: float) -> float:
    """The z that has `above`, less than 1/2, above it."""
    return _where_it_falls_to(normal_above, above)


def t_above(t: float, df: float) -> float:
    """P(T > t) for t >= 0; infinite df are the normal distribution."""
    if math.isinf(df):
        return normal_above(t)
    if not math.isfinite(t):
        return math.nan if math.isnan(t) else 0.0
    scale = df + t * t
    return _incomplete_beta(df / scale, t * t / scale, df / 2, 0.5) / 2


@lru_cache(maxsize=1024)
def t_quantile(df: float, above: float) -> float:
    """The t that has `above`, less than 1/2, above it."""
    return normal_quantile(above) if math.isinf(df) else _where_it_falls_to(lambda t: t_above(t, df), above)


def chi2_above(q: float, df: float) -> float:
    """P(chi² > q)."""
    if q <= 0:
        return 1.0
    if not math.isfinite(q):
        return math.nan if math.isnan(q) else 0.0
    return _incomplete_gamma_above(df / 2, q / 2)


@lru_cache(maxsize=1024)
def chi2_quantile(df: float, above: float) -> float:
    """The q that has `above` above it."""
    return _where_it_falls_to(lambda q: chi2_above(q, df), above)


def _where_it_falls_to(tail: Callable[[float], float], area: float) -> float:
    top = 1.0
    while tail(top) > area:
        top *= 2
    return root(lambda x: tail(x) - area, 0.0, top)


def _incomplete_gamma_above(a: float, x: float) -> float:
    """Q(a, x): the series of DLMF 8.11.4 where x is small, else the continued fraction of 8.9.2."""
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for n in range(1, _MOST_TERMS):
            term *= x / (a + n)
            total += term
            if term < total * _EPSILON:
                return 1 - front * total
        raise NotConverged(f"incomplete gamma function at {a:g}, {x:g}")
    first = x + 1 - a
    return front / _lentz(first, lambda n: n * (a - n), lambda n: first + 2 * n)


def _incomplete_beta(x: float, y: float, a: float, b: float) -> float:
    """I_x(a, b) with y = 1 - x: the continued fraction of DLMF 8.17.22, on the side where it is short."""
    if x <= 0 or y <= 0:
        return float(y <= 0)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(y, x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(y)) / a

    def numerator(n: int) -> float:
        m = n // 2
        if n % 2:
            return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))

    return front / _lentz(1.0, numerator, lambda n: 1.0)


def _lentz(first: float, numerator: Callable[[int], float], denominator: Callable[[int], float]) -> float:
    """first + numerator(1) / (denominator(1) + numerator(2) / (denominator(2) + ...)).

    Source: the modified method of Lentz, Thompson & Barnett 1986 (doi 10.1016/0021-9991(86)90046-X).
    """
    value = c = first or _TINY
    d = 0.0
    for n in range(1, _MOST_TERMS):
        up, down = numerator(n), denominator(n)
        d = 1 / ((down + up * d) or _TINY)
        c = (down + up / c) or _TINY
        value *= c * d
        if abs(c * d - 1) < 4 * _EPSILON:
            return value
    raise NotConverged(f"continued fraction that begins with {first:g}")
