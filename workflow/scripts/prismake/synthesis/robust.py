"""Cluster-robust inference: tests of coefficients that hold when the working covariance within clusters is wrong."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .inference import check_level, one_of, wald
from .model import Fit
from .multivariate import MultivariateFit, same_label
from .regression import Coefficient
from .tau2 import Array, Data

KINDS = ("CR0", "CR1", "CR2")


@dataclass(frozen=True, eq=False)
class Robust:
    """Coefficients with cluster-robust tests."""

    kind: str
    clusters: int
    vcov: Array
    """Robust covariance of the coefficients, shape (p, p)."""
    df: Array
    """Degrees of freedom of each test, shape (p,)."""
    coefficients: tuple[Coefficient, ...]


def robust(
    found: MultivariateFit, cluster: Sequence[Hashable], *, kind: str = "CR2", level: float | None = None
) -> Robust:
    """Cluster-robust tests of a multivariate model.

    Parameters
    ----------
    cluster : sequence of length k
        The independent units: effects of different clusters must not depend on each other in the model.
    kind : {'CR0', 'CR1', 'CR2'}
        The sandwich estimator as it is; times clusters / (clusters - p), as metafor's `robust`; or bias-reduced
        (Bell & McCaffrey 2002; Tipton 2015, doi 10.1037/met0000011; Pustejovsky & Tipton 2018,
        doi 10.1080/07350015.2016.1247004), as clubSandwich's, which few clusters need.
    level : float, optional
        Of the intervals; by default that of the fit.

    Returns
    -------
    Robust
        Tests are t with clusters - p degrees of freedom, for CR2 with Satterthwaite's.

    Raises
    ------
    ValueError
        Unknown kind, missing labels, no more clusters than coefficients, dependence between clusters.
    """
    names = [one.name for one in found.coefficients]
    return _sandwich(found.yi, found.X, found.M, names, cluster, kind, found.level if level is None else level)


def robust_fit(
    found: Fit,
    yi: ArrayLike,
    vi: ArrayLike,
    cluster: Sequence[Hashable],
    *,
    X: ArrayLike | None = None,
    kind: str = "CR2",
) -> Robust:
    """The same for a fit of independent studies."""
    data = Data(yi, vi, X)
    if data.X.shape != (found.k, found.p):
        raise ValueError(f"{data.k} studies with {data.X.shape[1]} coefficients; the fit has {found.k} with {found.p}")
    names = [f"x{j}" for j in range(found.p)]
    return _sandwich(data.y, data.X, np.diag(data.v + found.tau2), names, cluster, kind, found.level)


def _sandwich(
    y: Array, X: Array, M: Array, names: Sequence[str], cluster: Sequence[Hashable], kind: str, level: float
) -> Robust:
    one_of("kind", kind, KINDS)
    check_level(level)
    same = same_label(cluster, len(y), "cluster")
    if np.any(M[same == 0]):
        raise ValueError("effects of different clusters depend on each other in the model")
    units = [np.flatnonzero(row) for row in np.unique(same, axis=0)]
    n, p = len(units), X.shape[1]
    if n <= p:
        raise ValueError(f"{n} clusters for {p} coefficients; expected more clusters")
    W = np.zeros_like(M)
    for rows in units:
        W[np.ix_(rows, rows)] = np.linalg.inv(M[np.ix_(rows, rows)])
    bread = np.linalg.inv(X.T @ W @ X)
    residual = y - X @ (bread @ (X.T @ W @ y))
    # One row of loadings, shape (p, size), for each cluster: what its residuals add to the coefficients.
    loads = [bread @ X[rows].T @ W[np.ix_(rows, rows)] for rows in units]
    if kind == "CR2":
        loads = [
            load @ _adjustment(M[np.ix_(rows, rows)], X[rows], bread) for load, rows in zip(loads, units, strict=True)
        ]
    scores = np.array([load @ residual[rows] for load, rows in zip(loads, units, strict=True)])
    vcov = scores.T @ scores * (n / (n - p) if kind == "CR1" else 1.0)
    df = _satterthwaite(loads, units, X, M, bread) if kind == "CR2" else np.full(p, float(n - p))
    estimates = bread @ (X.T @ W @ y)
    coefficients = tuple(
        Coefficient(name, **wald(float(estimate), math.sqrt(variance), float(d), level))
        for name, estimate, variance, d in zip(names, estimates, np.diag(vcov), df, strict=True)
    )
    return Robust(kind, n, vcov, df, coefficients)


def _adjustment(M: Array, X: Array, bread: Array) -> Array:
    """D' B^(-1/2) D with M = D'D: residuals so adjusted have the covariance M where the working model is right."""
    D = np.linalg.cholesky(M).T
    B = D @ (M - X @ bread @ X.T) @ D.T
    values, vectors = np.linalg.eigh((B + B.T) / 2)
    kept = values > values[-1] * 1e-12
    root = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    return D.T @ (vectors * root) @ vectors.T @ D


def _satterthwaite(loads: list[Array], units: list[Array], X: Array, M: Array, bread: Array) -> Array:
    """Degrees of freedom with which each variance, a sum over clusters, has its mean and its variance under M."""
    found = []
    for j in range(X.shape[1]):
        through = np.array([load[j] @ X[rows] for load, rows in zip(loads, units, strict=True)])
        own = np.array([load[j] @ M[np.ix_(rows, rows)] @ load[j] for load, rows in zip(loads, units, strict=True)])
        covariance = np.diag(own) - through @ bread @ through.T
        found.append(np.trace(covariance) ** 2 / np.sum(covariance**2))
    return np.array(found)
