"""Weighted least squares: the arithmetic behind every pooled effect and every regression.

With P = W - WX (X'WX)⁻¹ X'W, all traces are made from leverages: no k x k matrix is needed.
"""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class Data:
    """Checked effects `y`, variances `v` and design matrix `X`, of shape (k,), (k,) and (k, p)."""

    def __init__(self, yi: ArrayLike, vi: ArrayLike, X: ArrayLike | None = None):
        self.y, self.v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
        if self.y.ndim != 1 or self.y.shape != self.v.shape:
            raise ValueError(f"yi of shape {self.y.shape} and vi of shape {self.v.shape}; expected equal lengths")
        self.k = len(self.y)
        if self.k == 0:
            raise ValueError("no studies")
        usable = np.isfinite(self.y) & np.isfinite(self.v) & (self.v > 0)
        if not usable.all():
            row = int(np.argmin(usable))
            raise ValueError(
                f"row {row + 1}: yi is {self.y[row]:g}, vi is {self.v[row]:g}; "
                "expected finite numbers and a positive variance"
            )
        self.is_mean = X is None
        self.X = np.ones((self.k, 1)) if X is None else np.asarray(X, dtype=float)
        if X is not None:
            self._check_design()
        self.df = self.k - self.X.shape[1]

    def _check_design(self) -> None:
        shape = self.X.shape
        if len(shape) != 2 or shape[0] != self.k or not 0 < shape[1] < self.k or not np.isfinite(self.X).all():
            raise ValueError(f"design matrix of shape {shape}; expected {self.k} rows of fewer finite columns")
        if np.linalg.matrix_rank(self.X) < shape[1]:
            raise ValueError("columns of the design matrix depend on each other")

    @cached_property
    def fixed(self) -> "Weighted":
        """The fit with weights 1 / v."""
        return self.at(0.0)

    @cached_property
    def unweighted(self) -> "Weighted":
        """The fit with weights of 1."""
        return self.weighted(np.ones(self.k))

    def weighted(self, w: Array) -> "Weighted":
        """Weights of any origin, shape (k,)."""
        return WeightedMean(self, w) if self.is_mean else Weighted(self, w)

    def at(self, tau2: float | Array) -> "Weighted":
        """Weights 1 / (v + tau²); for tau² of shape (n,) a stack of n fits."""
        return self.weighted(1 / (self.v + (tau2 if np.ndim(tau2) == 0 else np.asarray(tau2)[:, None])))


class Weighted:
    """A weighted regression, by QR. `w` has shape (..., k); where it is a stack, so is every figure."""

    def __init__(self, data: Data, w: Array):
        scale = np.sqrt(w)
        z = scale * data.y
        self.w, self.p = w, data.X.shape[1]
        self.q, self.r = np.linalg.qr(scale[..., None] * data.X)
        self.projected = np.einsum("...kp,...k->...p", self.q, z)
        residuals = z - np.einsum("...kp,...p->...k", self.q, self.projected)
        self.Q = np.sum(residuals**2, axis=-1)
        """y'Py"""
        self.yPPy = np.sum(w * residuals**2, axis=-1)

    @cached_property
    def leverage(self) -> Array:
        """Diagonal of the hat matrix, shape (..., k)."""
        return np.sum(self.q**2, axis=-1)

    @cached_property
    def slack(self) -> Array:
        """1 - leverage."""
        # One coefficient: leverages add up to 1, and a study that outweighs all others costs no digits.
        return _sum_of_others(self.leverage) if self.p == 1 else 1 - self.leverage

    def trace(self) -> Any:
        """tr(P)"""
        return np.sum(self.w * self.slack, axis=-1)

    def trace_with(self, s: Array) -> Any:
        """tr(P diag(s))"""
        return np.sum(self.w * s * self.slack, axis=-1)

    def trace_squared(self, s: float | Array = 1.0) -> Any:
        """tr(P diag(s) P diag(s))"""
        d = self.w * s
        own = np.sum((d * self.slack) ** 2, axis=-1)
        a = d * self.leverage
        if self.p == 1:
            return own + np.sum(a * _sum_of_others(a), axis=-1)
        inner = np.einsum("...kp,...k,...kq->...pq", self.q, d, self.q)
        return own + np.sum(inner**2, axis=(-2, -1)) - np.sum(a**2, axis=-1)

    def log_det(self) -> Any:
        """log |X'WX|"""
        return 2 * np.sum(np.log(np.abs(np.diagonal(self.r, axis1=-2, axis2=-1))), axis=-1)

    def solve(self) -> tuple[Array, Array]:
        """Coefficients and their covariance (X'WX)⁻¹."""
        inverse = np.linalg.inv(self.r)
        return inverse @ self.projected, inverse @ inverse.T


class WeightedMean(Weighted):
    """The same without moderators, where X is a column of ones and every figure a sum over studies."""

    def __init__(self, data: Data, w: Array):
        self.w, self.p = w, 1
        self.total = np.add.reduce(w, axis=-1)
        self.mean = w @ data.y / self.total
        residuals = data.y - (self.mean if w.ndim == 1 else self.mean[:, None])
        pulled = w * residuals
        self.Q = np.add.reduce(pulled * residuals, axis=-1)
        self.yPPy = np.add.reduce(pulled * pulled, axis=-1)

    @cached_property
    def leverage(self) -> Array:
        """Share of each study in all weights, shape (..., k)."""
        return self.w / np.asarray(self.total)[..., None]

    @property
    def q(self) -> Array:
        """The unit column along which the mean lies, shape (..., k, 1)."""
        return np.sqrt(self.leverage)[..., None]

    def trace(self) -> Any:
        """tr(P)"""
        # (total² - sum of w²) / total without its subtraction: twice the products of pairs.
        before = np.add.accumulate(self.w[..., :-1], axis=-1)
        return 2 * np.add.reduce(self.w[..., 1:] * before, axis=-1) / self.total

    def log_det(self) -> Any:
        """log of the sum of weights"""
        return np.log(self.total)

    def solve(self) -> tuple[Array, Array]:
        """The mean and its variance, in the shapes of one coefficient."""
        return np.array([self.mean]), np.array([[1 / self.total]])


def _sum_of_others(values: Array) -> Array:
    """For each entry along the last axis the sum of all others, made without subtraction."""
    before, after = np.zeros_like(values), np.zeros_like(values)
    before[..., 1:] = np.cumsum(values[..., :-1], axis=-1)
    after[..., :-1] = np.cumsum(values[..., :0:-1], axis=-1)[..., ::-1]
    return before + after
