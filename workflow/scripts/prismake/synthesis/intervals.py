"""Intervals of the between-study variance: Q-profile, generalised Q, profile likelihood, with those of I² and H²."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .distributions import chi2_quantile
from .inference import check_level, one_of
from .least_squares import Array, Data
from .roots import NotConverged, crossings
from .tau2 import i2, log_likelihood, most_likely, q_profile, typical_h2

KINDS = ("QP", "GENQ", "PL")

_MOST_DOUBLINGS = 1000


@dataclass(frozen=True)
class Tau2Interval:
    """Limits of tau², and of I² (percent) and H² at those limits."""

    kind: str
    level: float
    tau2_low: float
    tau2_high: float
    I2_low: float
    I2_high: float
    H2_low: float
    H2_high: float


def tau2_interval(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    X: ArrayLike | None = None,
    kind: str = "QP",
    method: str = "REML",
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Tau2Interval:
    """An interval of tau².

    Parameters
    ----------
    yi, vi, X
        As for `fit`.
    kind : {'QP', 'GENQ', 'PL'}
        Q-profile (Viechtbauer 2007, doi 10.1002/sim.2514); generalised Q with fixed weights (Jackson 2013,
        doi 10.1002/jrsm.1081); profile likelihood (Hardy & Thompson 1996,
        doi 10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A).
    method : {'REML', 'ML'}
        The likelihood that PL profiles.
    weights : array_like of shape (k,), optional
        Those of GENQ; by default 1 / vi, which belong to the DerSimonian-Laird estimator.

    Returns
    -------
    Tau2Interval
        Exact but for rounding. 0 to 0 where even tau² = 0 leaves too little scatter (QP, GENQ). Where the likelihood has
        several maxima, PL reaches from the lowest to the highest tau² within the limit.

    Raises
    ------
    ValueError
        As for `fit`, a single study, or weights that are not positive.
    NotConverged
        A limit was not reached.
    """
    one_of("kind", kind, KINDS)
    one_of("method", method, ("REML", "ML"))
    check_level(level)
    data = Data(yi, vi, X)
    if not data.df:
        raise ValueError("no degrees of freedom: tau² has no interval")
    with np.errstate(all="ignore"):  # figures beyond floating point are caught below
        if kind == "QP":
            low, high = q_profile(data, level)
        elif kind == "GENQ":
            low, high = _generalised_q(data, _checked_weights(weights, data), level)
        else:
            low, high = _profile_likelihood(data, method == "REML", level)
        H2_low, H2_high = typical_h2(data, low), typical_h2(data, high)
    if not np.isfinite([low, high, H2_high]).all():
        raise NotConverged(f"{kind}: tau² from {low:g} to {high:g}")
    return Tau2Interval(kind, level, low, high, i2(H2_low), i2(H2_high), H2_low, H2_high)


def _checked_weights(weights: ArrayLike | None, data: Data) -> Array:
    if weights is None:
        return 1 / data.v
    checked = np.asarray(weights, dtype=float)
    if checked.shape != data.y.shape or not (np.isfinite(checked) & (checked > 0)).all():
        raise ValueError(f"weights of shape {checked.shape}; expected {data.k} finite positive numbers")
    return checked


def _generalised_q(data: Data, weights: Array, level: float) -> tuple[float, float]:
    """The tau² under which so small, or so large, a Q with these weights has probability (1 - level) / 2."""
    ls = data.weighted(weights)
    q = float(ls.Q)
    root = np.sqrt(weights)
    # Q is a form in root * y, whose residual maker is I - qq'.
    maker = np.eye(data.k) - ls.q @ ls.q.T

    def below(tau2: float) -> float:
        scale = root * np.sqrt(data.v + tau2)
        eigenvalues = np.linalg.eigvalsh(scale[:, None] * maker * scale)
        return chi2_mixture_below(q, eigenvalues[-data.df :])

    tail = (1 - level) / 2
    low, high = (_where_it_falls_to(below, area, float(data.v.mean())) for area in (1 - tail, tail))
    return low, high


def _where_it_falls_to(probability: Callable[[float], float], area: float, start: float) -> float:
    """The tau² >= 0 at which a probability that falls with tau² has come down to `area`."""
    if probability(0.0) <= area:
        return 0.0
    top = start
    for _ in range(_MOST_DOUBLINGS):
        if probability(top) < area:
            return crossings(lambda tau2: probability(tau2) - area, np.array([0.0, top]))[0]
        top *= 2
    raise NotConverged(f"the probability is above {area:g} at tau² = {top:g}")


def chi2_mixture_below(q: float, eigenvalues: Array) -> float:
    """P(sum of eigenvalue * chi² with one degree of freedom <= q), to about 1e-9, for positive eigenvalues.

    The Laplace transform of this probability, inverted by the trapezoidal rule along a parabola around its singularities,
    which all lie at 0 and below: Weideman & Trefethen 2007 (doi 10.1090/S0025-5718-07-01945-X). Where Chernoff's bound
    already says less than 1e-9, it is 0: there the rule would lose all digits.
    """
    if q <= 0:
        return 0.0
    scaled = eigenvalues / q
    real = np.geomspace(0.1, 1000, 60)
    if np.min(real - np.log1p(2 * real[:, None] * scaled).sum(axis=1) / 2) < np.log(1e-9):
        return 0.0
    nodes = 24 + len(eigenvalues) // 5
    vertex = np.pi * nodes / 12
    side = 1 + 3j * (np.arange(nodes) + 0.5) / nodes
    z = vertex * side**2
    transform = np.exp(z - np.log1p(2 * z[:, None] * scaled).sum(axis=1) / 2) / z
    probability = 6 * vertex / (nodes * np.pi) * np.sum(transform * side).real
    return float(np.clip(probability, 0, 1))


def _profile_likelihood(data: Data, restricted: bool, level: float) -> tuple[float, float]:
    best = most_likely(data, restricted)
    cut = log_likelihood(data, best, restricted) - chi2_quantile(1, 1 - level) / 2

    def excess(tau2: float) -> float:
        return log_likelihood(data, tau2, restricted) - cut

    top = max(best, float(data.v.max()))
    for _ in range(_MOST_DOUBLINGS):
        top *= 2
        if excess(top) < 0 and top > 4 * float(data.unweighted.Q):
            break
    else:
        raise NotConverged("the likelihood does not fall at the largest tau² tried")
    grid = np.unique(np.r_[0.0, best, np.geomspace(1e-4 * data.v.min(), top, 400)])
    limits = crossings(excess, grid)
    if not limits:
        raise NotConverged("the likelihood does not cross its limit")
    return (0.0 if excess(0.0) >= 0 else limits[0]), limits[-1]
