"""Where a function crosses 0."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_EPSILON = float(np.finfo(float).eps)
_MOST_STEPS = 500


class NotConverged(ArithmeticError):
    """An estimate was not reached; there is no number to report."""


def root(f: Callable[[float], float], low: float, high: float) -> float:
    """Where f, positive at `low` and not at `high`, crosses 0.

    Source: Chandrupatla 1997 (doi 10.1016/S0965-9978(96)00051-8), bisection and inverse quadratic interpolation.
    """
    a, b, fa, fb = float(high), float(low), float(f(high)), float(f(low))
    c, fc, share = a, fa, 0.5
    for _ in range(_MOST_STEPS):
        x = a + share * (b - a)
        fx = float(f(x))
        if (fx > 0) == (fa > 0):
            c, fc = a, fa
        else:
            c, b, fc, fb = b, a, fb, fa
        a, fa = x, fx
        best = a if abs(fa) < abs(fb) else b
        nearness = 2 * _EPSILON * abs(best) / abs(b - c) if b != c else 1.0
        if nearness > 0.5 or fa == 0 or a == b:
            return best
        share = 0.5
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb) if fc != fb else np.inf
        if phi**2 < xi and (1 - phi) ** 2 < 1 - xi:
            share = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        share = min(1 - nearness, max(nearness, share))
    raise NotConverged(f"no root found between {low:g} and {high:g}")


def crossings(f: Callable[[float], float], grid: NDArray[np.float64]) -> list[float]:
    """Every place between the points of a grid, shape (n,), where f changes its sign."""
    values = [f(float(x)) for x in grid]
    found = []
    for i in range(len(grid) - 1):
        low, high = float(grid[i]), float(grid[i + 1])
        if values[i] > 0 >= values[i + 1]:
            found.append(root(f, low, high))
        elif values[i] <= 0 < values[i + 1]:
            found.append(root(lambda x: -f(x), low, high))
    return found
