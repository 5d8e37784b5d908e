"""Diagnostics: what single studies do to a pooled estimate, and how it grew as studies came in.

Names and conventions are metafor's (Viechtbauer & Cheung 2010, doi 10.1002/jrsm.11). Every model is that of
`random_effects`, so intervals and their rules are those of the review's configuration.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtr

from .model import Fit, leave_one_out, random_effects
from .tau2 import Array, Data

if TYPE_CHECKING:
    from ..config import Synthesis


@dataclass(frozen=True, eq=False)
class Residuals:
    """Residuals from the pooled estimate, their standard errors and their ratio; each of shape (k,)."""

    resid: Array
    se: Array
    z: Array


@dataclass(frozen=True, eq=False)
class Influence:
    """What each study does to the fit; every array of shape (k,). 'Without' means: without that study."""

    rstudent: Array
    """Residual from the estimate without the study, over its standard error."""
    dffits: Array
    """Change of the estimate, in standard errors of the whole fit at the tau² without the study."""
    cook_d: Array
    """Squared change of the estimate over its variance in the whole fit."""
    cov_r: Array
    """Variance of the estimate without the study over that with it; below 1 the study costs precision."""
    tau2_del: Array
    """tau² without the study."""
    QE_del: Array
    """Cochran's Q without the study."""
    hat: Array
    """Share of the study in the estimate, from 0 to 1."""
    weight: Array
    """The same in percent."""
    dfbs: Array
    """Change of the estimate, in standard errors that the estimate of all studies has at the tau² without the study."""
    influential: Array
    """True where |dffits| > 3 sqrt(1 / (k - 1)), or half of the chi² distribution lies below Cook's distance, or the
    share is above 3 / k, or |dfbs| > 1: metafor's rules, made to draw the eye, not to throw studies out."""


@dataclass(frozen=True, eq=False)
class Baujat:
    """Where studies stand in the plot of Baujat 2002 (doi 10.1002/sim.1221); both of shape (k,)."""

    heterogeneity: Array
    """Squared residual over its variance: the study's share in the generalised Q statistic."""
    influence: Array
    """Squared change of the estimate when the study is left out, over the variance without it."""


def standardised_residuals(yi: ArrayLike, vi: ArrayLike, settings: "Synthesis") -> Residuals:
    """Internally standardised residuals: each study's distance from an estimate in which it takes part.

    The variance of residual i is (1 - h) (v + tau²) with h the share of the study (Hedges & Olkin 1985, chapter 12).
    Parameters and errors are those of `random_effects`; two studies or more.
    """
    data, whole = _at_least_two(yi, vi), random_effects(yi, vi, settings)
    ls = data.at(whole.tau2)
    resid, se = _clean(data.y - whole.estimate, data.y), np.sqrt(ls.slack / ls.w)
    return Residuals(resid, se, _over(resid, se))


def influence(yi: ArrayLike, vi: ArrayLike, settings: "Synthesis") -> Influence:
    """Leave each study out and say what changes: the case diagnostics of Viechtbauer & Cheung 2010.

    Parameters and errors are those of `random_effects`; two studies or more. Ratios to a standard error of 0, as
    Hartung and Knapp's of equal effects without its floor, are not finite.
    """
    data, whole = _at_least_two(yi, vi), random_effects(yi, vi, settings)
    others = leave_one_out(yi, vi, settings)
    estimate, se, tau2, QE = (
        np.array([getattr(fit, name) for fit in others]) for name in ("estimate", "se", "tau2", "Q")
    )
    factor = np.array([_factor(fit) for fit in others])
    hat = data.at(whole.tau2).leverage
    change, residual = _clean(whole.estimate - estimate, data.y), _clean(data.y - estimate, data.y)
    rstudent = _over(residual, np.sqrt(factor * (data.v + tau2) + se**2))
    dffits = _over(change, np.sqrt(factor * hat * (tau2 + data.v)))
    cook_d = _over(change, whole.se) ** 2
    dfbs = _over(change, np.sqrt(factor / data.at(tau2).w.sum(axis=-1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        cov_r = (se / whole.se) ** 2
    influential = (
        (np.abs(dffits) > 3 * np.sqrt(1 / (data.k - 1)))
        | (chdtr(1, cook_d) > 0.5)
        | (hat > 3 / data.k)
        | (np.abs(dfbs) > 1)
    )
    return Influence(rstudent, dffits, cook_d, cov_r, tau2, QE, hat, 100 * hat, dfbs, influential)


def baujat(yi: ArrayLike, vi: ArrayLike, settings: "Synthesis") -> Baujat:
    """Coordinates of the plot that tells studies that add heterogeneity from studies that move the estimate.

    Parameters and errors are those of `random_effects`; two studies or more. As in metafor, the weights are those of
    the model; in Baujat 2002 it is the model of equal effects.
    """
    data, whole = _at_least_two(yi, vi), random_effects(yi, vi, settings)
    others = leave_one_out(yi, vi, settings)
    estimate, se = (np.array([getattr(fit, name) for fit in others]) for name in ("estimate", "se"))
    residual, change = _clean(data.y - whole.estimate, data.y), _clean(whole.estimate - estimate, data.y)
    return Baujat(residual**2 * data.at(whole.tau2).w, _over(change, se) ** 2)


def cumulative(yi: ArrayLike, vi: ArrayLike, order: Sequence[int], settings: "Synthesis") -> list[Fit]:
    """The k fits of `random_effects` with the first 1, 2, ... k studies of `order` (Lau 1992).

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    order : sequence of length k
        The numbers of the studies, from 0, in the order in which they come in, as by year.

    Raises
    ------
    ValueError
        `order` does not name each study once; and as for `fit`.
    """
    data, order = Data(yi, vi), list(order)
    if sorted(order) != list(range(data.k)):
        raise ValueError(f"order is {order}; expected each number from 0 to {data.k - 1} once")
    return [random_effects(data.y[order[:n]], data.v[order[:n]], settings) for n in range(1, data.k + 1)]


def _at_least_two(yi: ArrayLike, vi: ArrayLike) -> Data:
    data = Data(yi, vi)
    if data.k < 2:
        raise ValueError("one study: there is nothing to compare it with")
    return data


def _factor(fit: Fit) -> float:
    """What the interval multiplied variances by."""
    return {"HKSJ": fit.s2, "HKSJ-floor": max(1.0, fit.s2)}.get(fit.interval_used, 1.0)


def _clean(differences: Array, effects: Array) -> Array:
    """Differences that are only rounding are 0, lest equal effects look like outliers."""
    return np.where(np.abs(differences) < 100 * np.finfo(float).eps * np.abs(effects).max(), 0.0, differences)


def _over(differences: Array, scale: Array | float) -> Array:
    """Differences in units of their scale. No difference is none, also where equal effects leave a scale of 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(differences == 0, 0.0, differences / scale)
