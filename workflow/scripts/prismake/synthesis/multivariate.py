"""Models for effects that depend on each other: three levels, crossed and nested effects, correlated outcomes.

The marginal covariance of the effects is V + sum of sigma² Z Z' + Z G Z': sampling errors, random intercepts of
groupings, and random effects of inner levels (outcomes, arms) within outer groups. Names are metafor's (`rma.mv`).
"""

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from .inference import check_level, one_of, quantile, wald
from .regression import Coefficient, Omnibus, together
from .tau2 import Array, NotConverged

STRUCTURES = ("CS", "HCS", "UN", "DIAG")

_STARTS = 4
_SCALES = (0.0, 1e-3, 1e-2, 0.1, 0.3, 1.0, 3.0)
_MOST_GRID = 400
_MOST_STEPS = 50
_FLAT = 1e-12
"""Rise of the log-likelihood that another step promises, below which there is none to take."""
_ROUNDING = 1e-13


@dataclass(frozen=True)
class Within:
    """Random effects of inner levels within outer groups, of shape (k,) each, with a structure of `STRUCTURES`.

    CS: one variance and one correlation; HCS: a variance for each inner level; UN: all free; DIAG: no correlation.
    """

    inner: Sequence[Hashable]
    outer: Sequence[Hashable]
    structure: str = "CS"


@dataclass(frozen=True, eq=False, kw_only=True)
class MultivariateFit:
    """A fitted model. Figures that are not defined are NaN."""

    k: int
    p: int
    method: str
    level: float
    beta: Array
    vcov: Array
    df: float
    coefficients: tuple[Coefficient, ...]
    sigma2: dict[str, float]
    """Variance of each grouping."""
    G: Array
    """Covariance of the inner levels, shape (levels, levels); empty without them."""
    inner_levels: tuple[Hashable, ...]
    log_likelihood: float
    QE: float
    """Residual heterogeneity, with the sampling covariance alone."""
    QE_df: int
    QE_pval: float
    moderators: Omnibus
    """Of all coefficients but the intercept; of that where it is the only one."""
    pi_low: float
    pi_high: float
    """Prediction interval of a new effect; NaN with moderators or inner levels."""
    yi: Array
    X: Array
    M: Array
    """Marginal covariance of the effects, shape (k, k)."""


def nested(groupings: Mapping[str, Sequence[Hashable]]) -> dict[str, list[Hashable]]:
    """Groupings from the outermost inwards, each within those before: schools 1, 2 of one district and of another."""
    found: dict[str, list[Hashable]] = {}
    for depth in range(1, len(groupings) + 1):
        outer = list(groupings)[:depth]
        found["/".join(outer)] = list(zip(*(groupings[name] for name in outer), strict=True))
    return found


def constant_correlation(vi: ArrayLike, cluster: Sequence[Hashable], rho: float) -> Array:
    """Sampling covariance where effects of one cluster correlate by rho, as metafor's `vcalc`; shape (k, k)."""
    if not -1 <= rho <= 1:
        raise ValueError(f"rho is {rho}; expected a correlation")
    v = np.asarray(vi, dtype=float)
    V = rho * same_label(cluster, len(v), "cluster") * np.sqrt(np.outer(v, v))
    np.fill_diagonal(V, v)
    return V


def fit_multivariate(
    yi: ArrayLike,
    V: ArrayLike,
    random: Mapping[str, Sequence[Hashable]] | None = None,
    *,
    within: Within | None = None,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    method: str = "REML",
    interval: str = "z",
    level: float = 0.95,
) -> MultivariateFit:
    """Fit a multilevel or multivariate model by likelihood.

    Parameters
    ----------
    yi : array_like of shape (k,)
        Effects.
    V : array_like of shape (k,) or (k, k)
        Their sampling variances, or covariance.
    random : mapping of name to sequence of length k, optional
        Groupings with a random intercept each: `nested({"study": ..., "effect": ...})` for three levels, plain labels
        for crossed effects.
    within : Within, optional
        Inner levels within outer groups, for multivariate models.
    X : array_like of shape (k, p), optional
        Design matrix, as from `design`; without it the model is a mean.
    names : sequence of length p, optional
        Of the coefficients.
    method : {'REML', 'ML'}
    interval : {'z', 't'}
        Normal, or t with k - p degrees of freedom.

    Returns
    -------
    MultivariateFit
        The highest of the maxima found from the best points of a grid over all variances (Harville 1977,
        doi 10.1080/01621459.1977.10480998; Konstantopoulos 2011, doi 10.1002/jrsm.35).

    Raises
    ------
    ValueError
        Unequal lengths, missing labels, V not positive definite, an unknown choice, nothing random, a variance that the
        data cannot tell (a grouping of one group, or two that are the same).
    NotConverged
        No maximum of the likelihood was reached.
    """
    one_of("method", method, ("REML", "ML"))
    one_of("interval", interval, ("z", "t"))
    check_level(level)
    model = _Model(yi, V, random or {}, within, X, restricted=method == "REML")
    theta = _most_likely(model)
    M = model.covariance(theta)
    ls = model.solve(M)
    df = math.inf if interval == "z" else float(model.k - model.p)
    labels = names or [f"x{j}" for j in range(model.p)]
    coefficients = tuple(
        Coefficient(name, **wald(float(b), float(se), df, level))
        for name, b, se in zip(labels, ls.beta, np.sqrt(np.diag(ls.vcov)), strict=True)
    )
    tested = np.arange(int(model.p > 1 and np.ptp(model.X[:, 0]) == 0), model.p)
    QE = model.solve(model.V).Q
    sigma2 = dict(zip(random or {}, (float(value) for value in theta[: len(random or {})]), strict=True))
    pooled = model.p == 1 and within is None
    half = quantile(df, level) * math.sqrt(ls.vcov[0, 0] + sum(sigma2.values())) if pooled else math.nan
    return MultivariateFit(
        k=model.k,
        p=model.p,
        method=method,
        level=level,
        beta=ls.beta,
        vcov=ls.vcov,
        df=df,
        coefficients=coefficients,
        sigma2=sigma2,
        G=model.inner_covariance(theta),
        inner_levels=model.levels,
        log_likelihood=model.log_likelihood(theta),
        QE=QE,
        QE_df=model.k - model.p,
        QE_pval=float(chdtrc(model.k - model.p, QE)),
        moderators=together(ls.beta, ls.vcov, tested, df),
        pi_low=float(ls.beta[0]) - half,
        pi_high=float(ls.beta[0]) + half,
        yi=model.y,
        X=model.X,
        M=M,
    )


@dataclass(frozen=True, eq=False)
class _Solved:
    """Generalised least squares at one covariance."""

    beta: Array
    vcov: Array
    Q: float
    P: Array
    """W - WX (X'WX)⁻¹ X'W"""
    W: Array
    log_det: float
    """log |M|"""
    log_det_X: float
    """log |X'WX|"""


class _Model:
    """Checked data, and the covariance as a function of the parameters theta.

    First the variance of each grouping, then the parameters of G: variances or, for UN, the rows of its Cholesky
    factor, and for CS and HCS the correlation last. HCS has standard deviations in place of variances.
    """

    def __init__(
        self,
        yi: ArrayLike,
        V: ArrayLike,
        random: Mapping[str, Sequence[Hashable]],
        within: Within | None,
        X: ArrayLike | None,
        restricted: bool,
    ):
        self.y = np.asarray(yi, dtype=float)
        self.k = len(self.y)
        V = np.asarray(V, dtype=float)
        self.V = np.diag(V) if V.ndim == 1 else V
        self.X = np.ones((self.k, 1)) if X is None else np.asarray(X, dtype=float)
        self.p = self.X.shape[1] if self.X.ndim == 2 else 0
        self._check()
        self.restricted = restricted
        self.parts = [same_label(labels, self.k, name) for name, labels in random.items()]
        for name, part in zip(random, self.parts, strict=True):
            if part.all():
                raise ValueError(f"random {name}: one group, whose variance cannot be told")
        for (one, part), (other, same) in itertools.combinations(zip(random, self.parts, strict=True), 2):
            if np.array_equal(part, same):
                raise ValueError(f"random {one} and {other} make the same groups: their variances cannot be told apart")
        self.levels: tuple[Hashable, ...] = ()
        self.structure = ""
        if within is not None:
            self._add_within(within)
        if not self.parts and not self.structure:
            raise ValueError("nothing random: name groupings, or inner levels within outer groups")
        self.log_det_design = float(np.linalg.slogdet(self.X.T @ self.X)[1])

    def _check(self) -> None:
        if self.k == 0:
            raise ValueError("no effects")
        if self.V.shape != (self.k, self.k) or self.X.shape[0] != self.k or not 0 < self.p < self.k:
            raise ValueError(
                f"{self.k} effects, covariance of shape {self.V.shape}, design matrix of shape {self.X.shape}; "
                "expected equal lengths and fewer columns than effects"
            )
        if not (np.isfinite(self.y).all() and np.isfinite(self.V).all() and np.isfinite(self.X).all()):
            raise ValueError("effects, their covariance and the design matrix must be finite numbers")
        try:
            np.linalg.cholesky(self.V)
        except np.linalg.LinAlgError as error:
            raise ValueError("the sampling covariance is not positive definite") from error
        if not np.allclose(self.V, self.V.T):
            raise ValueError("the sampling covariance is not symmetric")
        if np.linalg.matrix_rank(self.X) < self.p:
            raise ValueError("columns of the design matrix depend on each other")

    def _add_within(self, within: Within) -> None:
        one_of("structure", within.structure, STRUCTURES)
        self.structure = within.structure
        same_outer = same_label(within.outer, self.k, "outer")
        same_label(within.inner, self.k, "inner")
        self.levels = tuple(sorted(set(within.inner), key=str))
        if len(self.levels) < 2:
            raise ValueError("inner has one level: a grouping says the same")
        self.inner = np.array([self.levels.index(label) for label in within.inner])
        self.same_outer = same_outer

    @property
    def bounds(self) -> list[tuple[float, float]]:
        m, free = len(self.levels), (-np.inf, np.inf)
        own = {
            "": [],
            "CS": [(0.0, np.inf), (-1 / max(1, m - 1), 1.0)],
            "HCS": [(0.0, np.inf)] * m + [(-1 / max(1, m - 1), 1.0)],
            "DIAG": [(0.0, np.inf)] * m,
            "UN": [free] * (m * (m + 1) // 2),
        }[self.structure]
        return [(0.0, np.inf)] * len(self.parts) + own

    def inner_covariance(self, theta: Array) -> Array:
        own, m = theta[len(self.parts) :], len(self.levels)
        if self.structure == "CS":
            return own[0] * (own[1] + (1 - own[1]) * np.eye(m))
        if self.structure == "HCS":
            return np.outer(own[:m], own[:m]) * (own[m] + (1 - own[m]) * np.eye(m))
        if self.structure == "UN":
            factor = np.zeros((m, m))
            factor[np.tril_indices(m)] = own
            return factor @ factor.T
        return np.diag(own)

    def _spread(self, G: Array) -> Array:
        return G[np.ix_(self.inner, self.inner)] * self.same_outer

    def covariance(self, theta: Array) -> Array:
        M = self.V + sum(value * part for value, part in zip(theta, self.parts, strict=False))
        return M + self._spread(self.inner_covariance(theta)) if self.structure else M

    def derivatives(self, theta: Array) -> list[Array]:
        """Of the covariance, by each parameter. G is at most quadratic in each: central differences are exact."""
        own = range(len(self.parts), len(theta))
        return self.parts + [self._spread(self._change(theta, j)) for j in own]

    def _change(self, theta: Array, *places: int) -> Array:
        """Derivative of G by these parameters, one after the other."""
        if not places:
            return self.inner_covariance(theta)
        step = np.zeros(len(theta))
        step[places[0]] = 0.5
        ahead, behind = (self._change(theta + sign * step, *places[1:]) for sign in (1, -1))
        return ahead - behind

    def solve(self, M: Array) -> _Solved:
        root = np.linalg.cholesky(M)
        inverse = np.linalg.inv(root)
        W = inverse.T @ inverse
        WX = W @ self.X
        information = self.X.T @ WX
        vcov = np.linalg.inv(information)
        beta = vcov @ (WX.T @ self.y)
        P = W - WX @ vcov @ WX.T
        residual = self.y - self.X @ beta
        return _Solved(
            beta,
            vcov,
            float(np.sum((inverse @ residual) ** 2)),
            P,
            W,
            2 * float(np.log(np.diag(root)).sum()),
            float(np.linalg.slogdet(information)[1]),
        )

    def log_likelihood(self, theta: Array) -> float:
        """-inf where the covariance is not positive definite."""
        try:
            ls = self.solve(self.covariance(theta))
        except np.linalg.LinAlgError:
            return -math.inf
        twice = -ls.log_det - ls.Q
        if self.restricted:
            return (twice - ls.log_det_X + self.log_det_design - (self.k - self.p) * math.log(2 * math.pi)) / 2
        return (twice - self.k * math.log(2 * math.pi)) / 2

    def slope(self, theta: Array) -> tuple[Array, Array, Array]:
        """Gradient of the log-likelihood, its observed information and its expected information."""
        ls = self.solve(self.covariance(theta))
        Py = ls.P @ self.y
        weights = ls.P if self.restricted else ls.W
        parts = self.derivatives(theta)
        moved = [weights @ part for part in parts]
        pulled = [part @ Py for part in parts]
        gradient = np.array([Py @ pull - np.trace(one) for pull, one in zip(pulled, moved, strict=True)]) / 2
        expected = np.array([[np.sum(one * other.T) for other in moved] for one in moved]) / 2
        observed = np.array([[pull @ ls.P @ other for other in pulled] for pull in pulled]) - expected
        force = np.outer(Py, Py) - weights
        for i, j in itertools.product(range(len(self.parts), len(theta)), repeat=2):
            observed[i, j] -= np.sum(force * self._spread(self._change(theta, i, j))) / 2
        return gradient, observed, expected


def same_label(labels: Sequence[Hashable], k: int, name: str) -> Array:
    """1 where two rows have the same label, else 0; shape (k, k)."""
    cells = list(labels)
    if len(cells) != k:
        raise ValueError(f"{name}: {len(cells)} labels for {k} effects")
    missing = [row for row, cell in enumerate(cells, 1) if cell is None or cell == "" or cell != cell]
    if missing:
        raise ValueError(f"row {missing[0]}: no label of {name}")
    codes = {label: code for code, label in enumerate(dict.fromkeys(cells))}
    numbers = np.array([codes[cell] for cell in cells])
    return (numbers[:, None] == numbers).astype(float)


def _most_likely(model: _Model) -> Array:
    starts = sorted(_grid(model), key=model.log_likelihood, reverse=True)[:_STARTS]
    peaks = []
    for start in starts:
        peak = _climb(model, start)
        if peak is not None:
            peaks.append(peak)
    if not peaks:
        raise NotConverged("no maximum of the likelihood was reached")
    return max(peaks, key=model.log_likelihood)


def _grid(model: _Model) -> list[Array]:
    """Points all over the parameters, in units of the effects' spread."""
    residual = model.y - model.X @ np.linalg.lstsq(model.X, model.y, rcond=None)[0]
    spread = float(np.mean(residual**2)) or float(np.mean(np.diag(model.V)))
    m = len(model.levels)
    variances = [spread * scale for scale in _SCALES]
    deviations = [math.sqrt(value) for value in variances[1:]]
    axes: list[Sequence[float]] = [variances] * len(model.parts)
    if model.structure == "UN":
        lower = [row == column for row, column in zip(*np.tril_indices(m), strict=True)]
        axes += [deviations if diagonal else [0.0, deviations[2], -deviations[2]] for diagonal in lower]
    elif model.structure == "HCS":
        axes += [deviations] * m + [[0.0, 0.5, 0.9]]
    elif model.structure == "CS":
        axes += [variances, [0.0, 0.5, 0.9]]
    elif model.structure == "DIAG":
        axes += [variances] * m
    if math.prod(len(axis) for axis in axes) <= _MOST_GRID:
        return [np.array(point) for point in itertools.product(*axes)]
    random = np.random.default_rng(0)
    return [np.array([random.choice(axis) for axis in axes]) for _ in range(_MOST_GRID)]


def _climb(model: _Model, theta: Array) -> Array | None:
    """The maximum above a start, by Newton's method within the bounds, or None where it is not reached."""
    low, high = np.array(model.bounds).T
    value = model.log_likelihood(theta)
    for _ in range(_MOST_STEPS):
        if not math.isfinite(value):
            return None
        gradient, observed, expected = model.slope(theta)
        free = ~(((theta <= low) & (gradient <= 0)) | ((theta >= high) & (gradient >= 0)))
        if not free.any():
            return theta
        curvature = observed[np.ix_(free, free)]
        if np.linalg.eigvalsh(curvature)[0] <= 0:
            curvature = expected[np.ix_(free, free)]
        step = np.zeros(len(theta))
        step[free] = np.linalg.lstsq(curvature, gradient[free], rcond=None)[0]
        if abs(gradient @ step) < _FLAT:
            return np.clip(theta + step, low, high)
        for shrink in 0.5 ** np.arange(_MOST_STEPS):
            candidate = np.clip(theta + shrink * step, low, high)
            reached = model.log_likelihood(candidate)
            if reached > value - _ROUNDING * abs(value):
                break
        else:
            return None
        theta, value = candidate, reached
    return None
