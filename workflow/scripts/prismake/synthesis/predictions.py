"""What a fitted model says of studies: fitted values, residuals, predictions and best linear unbiased predictions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .inference import quantile
from .model import Fit
from .tau2 import Array, Data


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predicted effects, each array of shape (n,). Where there is no random effect, pi is ci."""

    pred: Array
    se: Array
    ci_low: Array
    ci_high: Array
    pi_low: Array
    pi_high: Array


@dataclass(frozen=True, eq=False)
class Blups:
    """True effects of the studies, shrunken to the model; each array of shape (k,)."""

    pred: Array
    se: Array
    pi_low: Array
    pi_high: Array


def fitted(found: Fit, X: ArrayLike | None = None) -> Array:
    """Effects that the fixed part of the model gives to the rows of its design matrix, shape (n,)."""
    return _design(found, X) @ found.beta


def residuals(found: Fit, yi: ArrayLike, X: ArrayLike | None = None) -> Array:
    """Effects of the studies less those fitted, shape (k,)."""
    return np.asarray(yi, dtype=float) - fitted(found, X)


def predict(found: Fit, X: ArrayLike | None = None) -> Predictions:
    """The mean true effect at each row of a design matrix of shape (n, p), and where a new study's would lie.

    Intervals have the quantiles of the fit's test; that of a new study adds tau² to the variance of the mean.
    """
    rows = _design(found, X)
    pred = rows @ found.beta
    variance = np.einsum("np,pq,nq->n", rows, found.vcov, rows)
    half = quantile(found.df, found.level)
    of_mean, of_study = half * np.sqrt(variance), half * np.sqrt(variance + found.tau2)
    return Predictions(pred, np.sqrt(variance), pred - of_mean, pred + of_mean, pred - of_study, pred + of_study)


def blups(found: Fit, yi: ArrayLike, vi: ArrayLike, X: ArrayLike | None = None) -> Blups:
    """Best linear unbiased predictions of the studies' true effects, as in metafor's `blup`.

    Each is the weighted mean of the study's own effect, with weight tau² / (tau² + vi), and the fitted one. Source:
    Raudenbush & Bryk 1985 (doi 10.3102/10769986010002075).

    Raises
    ------
    ValueError
        As for `fit`, and data that the fit is not of.
    """
    data = Data(yi, vi, X)
    if data.X.shape != (found.k, found.p):
        raise ValueError(f"{data.k} studies with {data.X.shape[1]} coefficients; the fit has {found.k} with {found.p}")
    own = found.tau2 / (found.tau2 + data.v)
    mean = predict(found, data.X)
    pred = own * data.y + (1 - own) * mean.pred
    se = np.sqrt(own * data.v + ((1 - own) * mean.se) ** 2)
    half = quantile(found.df, found.level) * se
    return Blups(pred, se, pred - half, pred + half)


def _design(found: Fit, X: ArrayLike | None) -> Array:
    if X is None and found.p > 1:
        raise ValueError(f"the model has {found.p} coefficients: its design matrix is needed")
    rows = np.ones((1, 1)) if X is None else np.asarray(X, dtype=float)
    if rows.ndim != 2 or rows.shape[1] != found.p or not np.isfinite(rows).all():
        raise ValueError(f"design matrix of shape {rows.shape}; expected {found.p} finite columns")
    return rows
