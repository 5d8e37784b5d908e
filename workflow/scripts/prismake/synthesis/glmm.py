"""Mixed models of counts: events are binomial or Poisson, true effects normal. For rare events, without corrections.

Names are metafor's (`rma.glmm`, `model`): UM.FS unconditional with fixed study effects, UM.RS with random ones, CM.AL
conditional on each table's events with an approximate likelihood, CM.EL with the exact one (of rates: binomial).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, expit, gammaln, xlogy

from .effects import escalc
from .inference import check_level, one_of, wald
from .model import fit
from .tau2 import NAN, Array, Data, NotConverged, i2, typical_h2

MODELS = {
    "OR": ("UM.FS", "UM.RS", "CM.AL"),
    "IRR": ("UM.FS", "UM.RS", "CM.EL"),
    "PLO": ("UM",),
    "IRLN": ("UM",),
}
"""Measures, and the models that each has."""

DEFAULT_NODES = 21

_MOST_STEPS = 100
_STEP = 2e-3
"""For differences by a parameter, on the scale of logits and logarithms."""
_SADDLE = 1e-4
"""Upward bend of the likelihood from which a flat place is no maximum: it is flat wherever a variance is 0."""
_FARTHEST = 30.0
"""Beyond this logit a probability is 0 or 1: where a study's own effect stops that has no finite estimate."""


@dataclass(frozen=True, kw_only=True)
class CountFit:
    """One fitted model, on the scale of the logarithm or the logit. Figures that are not defined are NaN."""

    measure: str
    model: str
    nodes: int
    k: int
    """Studies that say something of the effect."""
    estimate: float
    se: float
    stat: float
    pval: float
    ci_low: float
    ci_high: float
    tau2: float
    sigma2: float
    """Variance of study effects in UM.RS."""
    I2: float
    H2: float
    log_likelihood: float
    Q_lrt: float
    """Likelihood-ratio test of equal effects."""
    Q_lrt_pval: float
    Q_wald: float
    """Wald test of equal effects, in which studies with a zero cell have no part; NaN in UM.RS."""
    Q_wald_pval: float
    Q_df: int


def fit_counts(
    measure: str, model: str = "", *, nodes: int = DEFAULT_NODES, level: float = 0.95, **counts: ArrayLike
) -> CountFit:
    """Fit a generalised linear mixed model by maximum likelihood.

    Parameters
    ----------
    measure : str
        A key of `MODELS`.
    model : str
        One of its models; by default the first.
    nodes : int
        Of adaptive Gauss-Hermite quadrature in each dimension; 1 is Laplace's approximation. metafor has 7, and 1 for
        UM.RS.
    **counts : array_like of shape (k,)
        The columns of the measure, as for `escalc`. Rows with missing counts, and tables without any event or with
        nothing but events, say nothing of the effect and are left out.

    Returns
    -------
    CountFit
        Sources: Stijnen, Hamza & Özdemir 2010 (doi 10.1002/sim.4040) and Jackson 2018 (doi 10.1002/sim.7588); half of the
        random effect goes to each group. The standard error comes from the curvature of the likelihood, that by tau
        included. I² and H² compare tau² with the typical variance of effects corrected by halves.

    Raises
    ------
    ValueError
        Unknown measure or model, impossible counts, fewer than two studies, no events in one group at all.
    NotConverged
        No maximum of the likelihood was reached.
    """
    one_of("measure", measure, tuple(MODELS))
    model = model or MODELS[measure][0]
    one_of("model", model, MODELS[measure])
    check_level(level)
    if nodes < 1:
        raise ValueError(f"nodes is {nodes}; expected at least 1")
    columns, known = _informative(measure, counts)
    studies = _studies(measure, model, columns)
    likelihood = _Likelihood(studies, model, nodes)
    typical = fit(known.y, known.v, method="DL")
    start = np.array([typical.estimate, *([studies.typical_level, 1.0] if model == "UM.RS" else []), 0.0])
    equal = _maximise(likelihood, start, fixed=1)
    theta = max(
        (_maximise(likelihood, np.r_[equal[:-1], tau]) for tau in (math.sqrt(typical.tau2) or 0.1, 0.7)), key=likelihood
    )
    if likelihood(theta) <= likelihood(equal) + 1e-9:
        theta = equal
    tau2 = float(theta[-1] ** 2)
    H2 = typical_h2(known, tau2)
    Q_lrt = max(0.0, 2 * (likelihood.saturated(equal) - likelihood(equal)))
    Q_wald = NAN if model == "UM.RS" else _wald_heterogeneity(measure, model, columns)
    variance = np.linalg.inv(-_derivatives(likelihood, theta)[1])[0, 0]
    return CountFit(
        measure=measure,
        model=model,
        nodes=nodes,
        k=known.k,
        **wald(float(theta[0]), math.sqrt(variance), math.inf, level),
        tau2=tau2,
        sigma2=float(theta[2] ** 2) if model == "UM.RS" else NAN,
        I2=i2(H2),
        H2=H2,
        log_likelihood=likelihood(theta),
        Q_lrt=Q_lrt,
        Q_lrt_pval=float(chdtrc(known.k - 1, Q_lrt)),
        Q_wald=Q_wald,
        Q_wald_pval=float(chdtrc(known.k - 1, Q_wald)),
        Q_df=known.k - 1,
    )


def _informative(measure: str, counts: dict[str, ArrayLike]) -> tuple[dict[str, Array], Data]:
    """The columns of the studies that say something, and their effects corrected by halves."""
    options = {"drop00": True} if measure in ("OR", "IRR") else {}
    yi, vi = escalc(measure, **counts, **options)
    used = np.isfinite(yi)
    if used.sum() < 2:
        raise ValueError(f"{used.sum()} studies with events; expected at least two")
    columns = {name: np.asarray(column, dtype=float)[used] for name, column in counts.items()}
    for name in {"OR": ("ai", "ci"), "IRR": ("x1i", "x2i")}.get(measure, ("xi",)):
        if not columns[name].any():
            raise ValueError(f"{name}: no events in any study; the effect cannot be estimated")
    return columns, Data(yi[used], vi[used])


Cumulant = Callable[[Array], tuple[Array, Array, Array]]
"""The cumulant function of natural parameters, shape (..., k, arms), with its first and second derivatives."""


@dataclass(frozen=True, eq=False)
class _Studies:
    """Events `x` of each study's arms, shape (k, arms), in an exponential family with offsets of the same shape."""

    x: Array
    offset: Array
    cumulant: Cumulant
    constant: Array
    """What the log-likelihood of each study has beside, shape (k,)."""
    saturated: float
    """The highest log-likelihood of all studies."""
    typical_level: float
    """Natural parameter of all arms together."""


def _studies(measure: str, model: str, columns: dict[str, Array]) -> _Studies:
    if measure == "PLO":
        return _binomial(columns["xi"][:, None], columns["ni"][:, None])
    if measure == "IRLN":
        return _poisson(columns["xi"][:, None], columns["ti"][:, None])
    events, sizes = _groups(measure, columns)
    if model.startswith("CM"):
        return _binomial(events[:, :1], events.sum(axis=1, keepdims=True), _log_size_ratio(sizes))
    return _binomial(events, sizes) if measure == "OR" else _poisson(events, sizes)


def _groups(measure: str, columns: dict[str, Array]) -> tuple[Array, Array]:
    """Events, and people or person-time, of both groups; each of shape (k, 2)."""
    if measure == "OR":
        a, b, c, d = (columns[name] for name in ("ai", "bi", "ci", "di"))
        return np.array([a, c]).T, np.array([a + b, c + d]).T
    return np.array([columns["x1i"], columns["x2i"]]).T, np.array([columns["t1i"], columns["t2i"]]).T


def _log_size_ratio(sizes: Array) -> Array:
    return np.log(sizes[:, :1] / sizes[:, 1:])


def _binomial(x: Array, n: Array, offset: Array | None = None) -> _Studies:
    def cumulant(eta: Array) -> tuple[Array, Array, Array]:
        p = expit(eta)
        return n * np.logaddexp(0, eta), n * p, n * p * (1 - p)

    constant = np.sum(gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1), axis=1)
    best = float(np.sum(constant) + np.sum(xlogy(x, x / n) + xlogy(n - x, 1 - x / n)))
    level = math.log((x.sum() + 0.5) / ((n - x).sum() + 0.5))
    return _Studies(x, np.zeros(x.shape) if offset is None else offset, cumulant, constant, best, level)


def _poisson(x: Array, t: Array) -> _Studies:
    def cumulant(eta: Array) -> tuple[Array, Array, Array]:
        rate = np.exp(eta)
        return rate, rate, rate

    constant = -np.sum(gammaln(x + 1), axis=1)
    best = float(np.sum(constant) + np.sum(xlogy(x, x) - x))
    return _Studies(x, np.log(t), cumulant, constant, best, math.log(x.sum() / t.sum()))


class _Likelihood:
    """Log-likelihood of (effect, tau), or of (effect, level, sigma, tau) in UM.RS; study effects are profiled out."""

    def __init__(self, studies: _Studies, model: str, nodes: int):
        self.studies, self.model = studies, model
        points, weights = np.polynomial.hermite.hermgauss(nodes)
        dimensions = 2 if model == "UM.RS" else 1
        grid = np.meshgrid(*[points] * dimensions, indexing="ij")
        self.points = np.stack([axis.ravel() for axis in grid])
        self.log_weights = np.sum(np.log(np.meshgrid(*[weights] * dimensions, indexing="ij")), axis=0).ravel()
        self.log_weights = self.log_weights + np.sum(self.points**2, axis=0)
        rows, arms = studies.x.shape
        self.own = np.full(rows, studies.typical_level)
        self.treated = np.array([1.0, 0.0])[:arms]

    def __call__(self, theta: Array) -> float:
        effect, tau = theta[0], theta[-1]
        offset = self.studies.offset + effect * self.treated
        if self.model == "UM.RS":
            return float(self._marginal(offset + theta[1], self._loadings(theta)).sum())
        if self.model == "UM.FS":
            loadings = np.array([[tau / 2], [-tau / 2]])
            self.own = _each_highest(lambda own: self._marginal(offset + own[:, None], loadings), self.own)
            return float(self._marginal(offset + self.own[:, None], loadings).sum())
        return float(self._marginal(offset, np.array([[tau]])).sum())

    @staticmethod
    def _loadings(theta: Array) -> Array:
        _, _, sigma, tau = theta
        return np.array([[sigma, tau / 2], [sigma, -tau / 2]])

    def saturated(self, theta: Array) -> float:
        """The log-likelihood with an effect of its own for each study, from the fit of equal effects on."""
        if self.model != "UM.RS":
            return self.studies.saturated
        effects = np.full(len(self.studies.x), theta[0])

        def own_effects(level_and_sigma: Array) -> float:
            nonlocal effects
            level, sigma = level_and_sigma
            loadings = self._loadings(np.array([0.0, level, sigma, 0.0]))

            def marginal(own: Array) -> Array:
                return self._marginal(self.studies.offset + level + own[:, None] * self.treated, loadings)

            effects = _each_highest(marginal, effects)
            return float(marginal(effects).sum())

        return own_effects(_maximise(own_effects, theta[1:3]))

    def _marginal(self, base: Array, loadings: Array) -> Array:
        """Of each study, shape (k,), over standard normal random effects, by adaptive Gauss-Hermite quadrature.

        Source: Pinheiro & Bates 1995 (doi 10.1080/10618600.1995.10474663).
        """
        mode, factor = self._mode(base, loadings)
        # Nodes spread by the inverse of the Cholesky factor of the curvature, shape (nodes, k, dimensions).
        spread = np.linalg.solve(np.swapaxes(factor, 1, 2)[None], np.sqrt(2) * self.points.T[:, None, :, None])[..., 0]
        logs = self._joint(base, loadings, mode + spread) + self.log_weights[:, None]
        top = logs.max(axis=0)
        log_det = np.sum(np.log(np.diagonal(factor, axis1=1, axis2=2)), axis=1)
        dimensions = loadings.shape[1]
        return (
            self.studies.constant
            + top
            + np.log(np.sum(np.exp(logs - top), axis=0))
            - log_det
            - dimensions * math.log(math.pi) / 2
        )

    def _joint(self, base: Array, loadings: Array, u: Array) -> Array:
        eta = base + u @ loadings.T
        return np.sum(self.studies.x * eta - self.studies.cumulant(eta)[0], axis=-1) - np.sum(u**2, axis=-1) / 2

    def _mode(self, base: Array, loadings: Array) -> tuple[Array, Array]:
        """Most likely random effects, shape (k, dimensions), and the Cholesky factors of the curvature there."""
        u = np.zeros((len(base), loadings.shape[1]))
        for _ in range(_MOST_STEPS):
            _, mean, variance = self.studies.cumulant(base + u @ loadings.T)
            slope = (self.studies.x - mean) @ loadings - u
            curvature = np.einsum("ja,kj,jb->kab", loadings, variance, loadings) + np.eye(loadings.shape[1])
            step = np.linalg.solve(curvature, slope[..., None])[..., 0]
            if np.abs(step).max() < 1e-10:
                return u, np.linalg.cholesky(curvature)
            u = u + np.clip(step, -1, 1)
        raise NotConverged("the most likely random effects were not reached")


def _each_highest(values: Callable[[Array], Array], start: Array) -> Array:
    """For each study by itself the argument of the highest value, shape (k,), by Newton's method on differences."""
    at = start
    for _ in range(_MOST_STEPS):
        here, ahead, behind = values(at), values(at + _STEP), values(at - _STEP)
        slope, bend = (ahead - behind) / (2 * _STEP), (ahead - 2 * here + behind) / _STEP**2
        step = slope / np.maximum(np.maximum(-bend, np.abs(slope)), 1e-300)  # at most 1
        before, at = at, np.clip(at + step, -_FARTHEST, _FARTHEST)
        if np.max(np.abs((at - before) * slope)) < 1e-11:
            return at
    raise NotConverged("the study effects were not reached")


def _derivatives(f: Callable[[Array], float], theta: Array) -> tuple[Array, Array]:
    """Gradient and second derivatives, by differences that are exact to the fourth order."""
    n = len(theta)
    steps = _STEP * np.eye(n)
    here = f(theta)
    near = np.array([[f(theta + sign * step) for sign in (-2, -1, 1, 2)] for step in steps])
    gradient = near @ (1, -8, 8, -1) / (12 * _STEP)
    second = np.diag((near @ (-1, 16, 16, -1) - 30 * here) / (12 * _STEP**2))
    for i in range(n):
        for j in range(i):
            corners = [a * b * f(theta + a * steps[i] + b * steps[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            second[i, j] = second[j, i] = sum(corners) / (4 * _STEP**2)
    return gradient, second


def _maximise(f: Callable[[Array], float], theta: Array, fixed: int = 0) -> Array:
    """The maximum above a start, by Newton's method; the last `fixed` parameters stay as they are."""
    free = len(theta) - fixed
    tail = theta[free:]

    def of_free(values: Array) -> float:
        return f(np.r_[values, tail])

    at, value = theta[:free], of_free(theta[:free])
    for _ in range(_MOST_STEPS):
        gradient, second = _derivatives(of_free, at)
        values, vectors = np.linalg.eigh(-second)
        # Where the likelihood bends upwards, a step along its slope.
        step = vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), 1e-3))
        if abs(gradient @ step) < 1e-13 * max(1.0, abs(value)):
            if values[0] > -_SADDLE:
                return np.r_[at, tail]
            step = 0.1 * vectors[:, 0]
        step = step / max(1.0, np.abs(step).max())
        for shrink in 0.5 ** np.arange(30):
            reached = of_free(at + shrink * step)
            if reached > value - 1e-13 * abs(value):
                break
        else:
            break
        at, value = at + shrink * step, reached
    raise NotConverged("no maximum of the likelihood was reached")


def _wald_heterogeneity(measure: str, model: str, columns: dict[str, Array]) -> float:
    """Cochran's Q of effects without correction; where a cell is 0 the variance is infinite, the weight 0."""
    if model.startswith("CM"):
        events, sizes = _groups(measure, columns)
        yi, vi = escalc("PLO", xi=events[:, 0], ni=events.sum(axis=1), to="none")
        yi = yi - _log_size_ratio(sizes)[:, 0]
    else:
        yi, vi = escalc(measure, **columns, to="none")
    known = np.isfinite(yi)
    return float(Data(yi[known], vi[known]).at(0.0).Q) if known.sum() > 1 else 0.0
