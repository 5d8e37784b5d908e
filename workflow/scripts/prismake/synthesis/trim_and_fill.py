"""Trim and fill, and fail-safe numbers: how far studies that nobody sees could move an estimate.

Neither finds the studies that are missing; both say what a lopsided funnel would mean if that were its only cause.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from .model import Fit, fit, random_effects
from .small_studies import regression_test
from .tau2 import NAN, Array, Data, NotConverged

if TYPE_CHECKING:
    from ..config import Synthesis

ESTIMATORS = ("L0", "R0", "Q0")
SIDES = ("left", "right")
_MOST_STEPS = 100


@dataclass(frozen=True, eq=False)
class TrimAndFill:
    """How many studies seem to be missing on one side, and the fit with them filled in."""

    k0: int
    se_k0: float
    """NaN where the formula has none, as for identical studies."""
    pval: float
    """That none is missing; only R0 has such a test, else NaN."""
    side: str
    yi_filled: Array
    vi_filled: Array
    """Effects and variances of the filled in studies, shape (k0,)."""
    fit: Fit


@dataclass(frozen=True)
class FailSafe:
    """A fail-safe number: studies of no effect that would undo a result."""

    n: int
    mean: float
    """The mean that it is about; NaN for Rosenthal's."""
    pval: float
    """Of the studies at hand: one-sided for Rosenthal's, two-sided for Rosenberg's, NaN for Orwin's."""


def trim_and_fill(
    yi: ArrayLike, vi: ArrayLike, settings: "Synthesis", *, estimator: str = "L0", side: str | None = None
) -> TrimAndFill:
    """Trim the studies that have no counterpart across the estimate, and fill the counterparts in.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    settings : Synthesis
        The model, as for `random_effects`.
    estimator : {'L0', 'R0', 'Q0'}
        Of the number of missing studies: Duval & Tweedie 2000a (doi 10.1111/j.0006-341X.2000.00455.x) and 2000b
        (doi 10.1080/01621459.2000.10473905).
    side : {'left', 'right'}, optional
        Where studies are missing. Else it is opposite to where small studies lie: left if effects rise with their
        standard errors in a meta-regression.

    Raises
    ------
    ValueError
        An unknown choice, fewer than three studies, studies of one size without `side`; and as for `fit`.
    NotConverged
        The number of missing studies did not settle, or is not defined: nearly all studies lie on one side.
    """
    for name, value, allowed in (("estimator", estimator, ESTIMATORS), ("side", side, (*SIDES, None))):
        if value not in allowed:
            raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(str, allowed))}")
    data = Data(yi, vi)
    if data.k < 3:
        raise ValueError(f"{data.k} studies; trim and fill needs 3 or more")
    if side is None:
        slope = regression_test(data.y, data.v, method=settings.method, at_least=3).slope
        side = "right" if slope < 0 else "left"
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * data.y, kind="stable")
    y, v = sign * data.y[order], data.v[order]
    k0, se_k0, centre = _settle(y, v, settings.method, estimator)
    extreme = slice(data.k - k0, data.k)
    filled = sign * (2 * centre - y[extreme])
    return TrimAndFill(
        k0=k0,
        se_k0=se_k0,
        pval=0.5 ** (k0 + 1) if estimator == "R0" else NAN,
        side=side,
        yi_filled=filled,
        vi_filled=v[extreme],
        fit=random_effects(np.r_[data.y, filled], np.r_[data.v, v[extreme]], settings),
    )


def _settle(y: Array, v: Array, method: str, estimator: str) -> tuple[int, float, float]:
    """Missing studies on the left of sorted effects, their standard error, and the centre without the extreme ones."""
    k, k0 = len(y), 0
    for _ in range(_MOST_STEPS):
        centre = fit(y[: k - k0], v[: k - k0], method=method).estimate
        distances = y - centre
        distances[np.abs(distances) < 100 * np.finfo(float).eps * np.abs(y).max()] = 0.0
        before, (k0, se_k0) = k0, _missing(distances, estimator)
        if k0 >= k - 1:
            raise NotConverged("trim and fill: nearly all studies lie on one side")
        if k0 == before:
            return k0, se_k0, centre
    raise NotConverged(f"trim and fill: the number of missing studies did not settle in {_MOST_STEPS} steps")


def _missing(distances: Array, estimator: str) -> tuple[int, float]:
    """Estimated number of missing studies, and its standard error, from distances to the centre."""
    k = len(distances)
    if not distances.any():
        return 0, NAN
    ranks = np.argsort(np.argsort(np.abs(distances), kind="stable"), kind="stable") + 1
    S = ranks[distances > 0].sum()
    if estimator == "R0":
        k0 = float(k - ranks[distances < 0].max(initial=0) - 1)
        return max(0, round(k0)), float(np.sqrt(2 * max(0.0, k0) + 2))
    if estimator == "L0":
        k0, scale = (4 * S - k * (k + 1)) / (2 * k - 1), 4 / (2 * k - 1)
    else:
        inside = 2 * k**2 - 4 * S + 0.25
        if inside < 0:
            raise NotConverged("trim and fill: nearly all studies lie on one side, for which Q0 is not defined")
        k0 = k - 0.5 - np.sqrt(inside)
        scale = 2 / np.sqrt((k - 0.5) ** 2 - k0 * (2 * k - k0 - 1))
    variance = (k * (k + 1) * (2 * k + 1) + 10 * k0**3 + 27 * k0**2 + 17 * k0) / 24
    variance -= (18 * k * k0**2 + 18 * k * k0 - 6 * k**2 * k0) / 24
    return max(0, round(k0)), float(scale * np.sqrt(variance)) if variance >= 0 else NAN


def rosenthal(yi: ArrayLike, vi: ArrayLike, *, alpha: float = 0.05) -> FailSafe:
    """Rosenthal 1979 (doi 10.1037/0033-2909.86.3.638): null results that bring the summed z to one-sided `alpha`."""
    data = Data(yi, vi)
    z = abs(float((data.y / np.sqrt(data.v)).sum())) / np.sqrt(data.k)
    n = data.k * (z / ndtri(1 - _level(alpha))) ** 2 - data.k
    return FailSafe(_whole(n), NAN, float(ndtr(-z)))


def orwin(yi: ArrayLike, target: float, *, vi: ArrayLike | None = None) -> FailSafe:
    """Orwin 1983 (doi 10.3102/10769986008002157): studies of no effect that bring the mean down to `target`.

    Parameters
    ----------
    yi : array_like of shape (k,)
    target : float
        The smallest effect that matters; only its size counts.
    vi : array_like of shape (k,), optional
        With variances the mean is weighted by their inverse (metafor from version 4 on); the missing studies are then
        as precise as those at hand are on average. Without them it is Orwin's plain mean (metafor before).
    """
    data = Data(yi, np.ones_like(np.asarray(yi, dtype=float)) if vi is None else vi)
    if not abs(target) > 0 or not np.isfinite(target):
        raise ValueError(f"target is {target}; expected an effect other than 0")
    mean = float(data.at(0.0).solve()[0][0])
    return FailSafe(_whole(data.k * (abs(mean) / abs(target) - 1)), mean, NAN)


def rosenberg(yi: ArrayLike, vi: ArrayLike, *, alpha: float = 0.05) -> FailSafe:
    """Rosenberg 2005 (doi 10.1111/j.0014-3820.2005.tb01004.x): null results that bring the weighted mean to `alpha`.

    With equal effects and a two-sided normal test; the missing studies are as precise as those at hand on average.
    """
    data = Data(yi, vi)
    found, weight = fit(data.y, data.v, method="EE"), float((1 / data.v).sum())
    needed = (found.estimate * weight / ndtri(1 - _level(alpha) / 2)) ** 2 - weight
    return FailSafe(_whole(data.k * needed / weight), found.estimate, found.pval)


def _level(alpha: float) -> float:
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha is {alpha}; expected a number between 0 and 0.5")
    return alpha


def _whole(n: float) -> int:
    """Up to the next whole number; what is one but for rounding stays."""
    nearest = round(n)
    return max(0, nearest if abs(n - nearest) < 1e-8 * max(1.0, abs(n)) else int(np.ceil(n)))
