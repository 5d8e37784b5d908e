"""Between-study variance: the estimators of tau², its Q-profile interval, I² and H².

Names and conventions are metafor's. All tolerances are relative to the data: multiplying the effects by c and their
variances by c² multiplies tau² by c² and leaves percentages as they are.

Only `scipy.special` is used: importing `scipy.stats` or `scipy.optimize` costs more than a fit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, chdtri

Array = NDArray[np.float64]

NAN = float("nan")

_GRID_PER_DECADE = 10
_GRID_START = 1e-4
_MOST_STEPS = 500


class NotConverged(ArithmeticError):
    """An estimate was not reached; there is no number to report."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Heterogeneity:
    """How far true effects differ. Figures that are not defined are NaN; I² is in percent.

    The defaults are those of a single study.
    """

    tau2: float = 0.0
    se_tau2: float = NAN
    tau2_ci_low: float = NAN
    tau2_ci_high: float = NAN
    I2: float = 0.0
    I2_ci_low: float = NAN
    I2_ci_high: float = NAN
    H2: float = 1.0
    H2_ci_low: float = NAN
    H2_ci_high: float = NAN
    Q: float = 0.0
    Q_df: int = 0
    Q_pval: float = 1.0


class Data:
    """Checked effects `y`, variances `v` and design matrix `X`."""

    def __init__(self, yi: ArrayLike, vi: ArrayLike, X: ArrayLike | None = None):
        self.y, self.v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
        if self.y.ndim != 1 or self.y.shape != self.v.shape:
            raise ValueError(f"yi of shape {self.y.shape} and vi of shape {self.v.shape}; expected equal lengths")
        self.k = len(self.y)
        if self.k == 0:
            raise ValueError("no studies")
        for row, (y, v) in enumerate(zip(self.y, self.v, strict=True), 1):
            if not (np.isfinite(y) and np.isfinite(v) and v > 0):
                raise ValueError(
                    f"row {row}: yi is {y:g}, vi is {v:g}; expected finite numbers and a positive variance"
                )
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

    def log_det(self) -> float:
        """log |X'X|"""
        return float(self.weighted(np.ones(self.k)).log_det())

    def weighted(self, w: Array) -> "Weighted":
        """Weights of any origin, shape (k,)."""
        return Weighted(self, w)

    def at(self, tau2: float | Array) -> "Weighted":
        """Weights 1 / (v + tau²); for tau² of shape (n,) a stack of n fits."""
        return Weighted(self, 1 / (self.v + np.asarray(tau2)[..., None]))


class Weighted:
    """Weighted least squares by QR. With P = W - WX (X'WX)⁻¹ X'W, the traces need no k x k matrix."""

    def __init__(self, data: Data, w: Array):
        scale = np.sqrt(w)
        self.w, self.z = w, scale * data.y
        self.q, self.r = np.linalg.qr(scale[..., None] * data.X)
        self.projected = np.einsum("...kp,...k->...p", self.q, self.z)
        residuals = self.z - np.einsum("...kp,...p->...k", self.q, self.projected)
        self.Q = np.sum(residuals**2, axis=-1)
        """y'Py"""
        self.yPPy = np.sum(w * residuals**2, axis=-1)
        self.leverage = np.sum(self.q**2, axis=-1)
        # One coefficient: leverages add up to 1, and a study that outweighs all others costs no digits.
        self.single = data.X.shape[1] == 1
        self.slack = _sum_of_others(self.leverage) if self.single else 1 - self.leverage

    def trace(self, s: float | Array = 1.0) -> Any:
        """tr(P diag(s))"""
        return np.sum(self.w * s * self.slack, axis=-1)

    def trace_squared(self, s: float | Array = 1.0) -> Any:
        """tr(P diag(s) P diag(s))"""
        d = self.w * s
        own = np.sum((d * self.slack) ** 2, axis=-1)
        a = d * self.leverage
        if self.single:
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


def _sum_of_others(values: Array) -> Array:
    """For each entry along the last axis the sum of all others, made without subtraction."""
    before, after = np.zeros_like(values), np.zeros_like(values)
    before[..., 1:] = np.cumsum(values[..., :-1], axis=-1)
    after[..., :-1] = np.cumsum(values[..., :0:-1], axis=-1)[..., ::-1]
    return before + after


def _equal(data: Data) -> tuple[float, float]:
    """EE: one true effect, tau² = 0."""
    return 0.0, NAN


def _moment(data: Data, w: Array) -> tuple[float, float]:
    """Method of moments with any fixed weights: DerSimonian & Kacker 2007 (doi 10.1016/j.cct.2006.04.004)."""
    ls = data.weighted(w)
    tau2 = max(0.0, (ls.Q - ls.trace(data.v)) / ls.trace())
    return tau2, np.sqrt(2 * ls.trace_squared(data.v + tau2)) / ls.trace()


def _dersimonian_laird(data: Data) -> tuple[float, float]:
    """DL: DerSimonian & Laird 1986 (doi 10.1016/0197-2456(86)90046-2)."""
    return _moment(data, 1 / data.v)


def _hedges(data: Data) -> tuple[float, float]:
    """HE: Hedges 1983 (doi 10.1037/0033-2909.93.2.388), moments without weights."""
    return _moment(data, np.ones(data.k))


def _hunter_schmidt(data: Data, factor: float = 1.0) -> tuple[float, float]:
    """HS: Hunter & Schmidt, as in Viechtbauer 2005 (doi 10.3102/10769986030003261)."""
    ls = data.at(0.0)
    tau2 = max(0.0, (factor * ls.Q - data.k) / ls.w.sum())
    return tau2, factor * np.sqrt(2 * ls.trace_squared(data.v + tau2)) / ls.w.sum()


def _hunter_schmidt_corrected(data: Data) -> tuple[float, float]:
    """HSk: HS with Q times k / (k - p): Brannick 2019 (doi 10.1177/1094428117741966)."""
    return _hunter_schmidt(data, data.k / data.df)


def _sidik_jonkman(data: Data) -> tuple[float, float]:
    """SJ: Sidik & Jonkman 2005 (doi 10.1111/j.1467-9876.2005.00489.x), from the variance of the effects."""
    start = np.var(data.y)
    if start == 0:
        return 0.0, NAN
    ls = data.weighted(start / (data.v + start))
    tau2 = ls.Q / data.df
    return tau2, np.sqrt(2 * ls.trace_squared(data.v + tau2)) / data.df


def _paule_mandel(data: Data) -> tuple[float, float]:
    """PM: Paule & Mandel 1982 (doi 10.6028/jres.087.022); EB, Morris 1983, is the same estimate."""
    return _generalised_q(data, data.df)


def _paule_mandel_median(data: Data) -> tuple[float, float]:
    """PMM: PM with the median of the chi² distribution in place of its mean (Viechtbauer 2021)."""
    return _generalised_q(data, chdtri(data.df, 0.5))


def _generalised_q(data: Data, target: float) -> tuple[float, float]:
    tau2 = _tau2_where_q_is(data, target)
    return tau2, data.k * np.sqrt(2 / data.df) / data.at(tau2).w.sum()


def _maximum_likelihood(data: Data) -> tuple[float, float]:
    """ML: maximum likelihood (Viechtbauer 2005, doi 10.3102/10769986030003261)."""
    tau2 = most_likely(data, restricted=False)
    return tau2, np.sqrt(2 / np.sum(data.at(tau2).w ** 2))


def _restricted_likelihood(data: Data) -> tuple[float, float]:
    """REML: restricted maximum likelihood (Viechtbauer 2005, doi 10.3102/10769986030003261)."""
    tau2 = most_likely(data, restricted=True)
    return tau2, np.sqrt(2 / data.at(tau2).trace_squared())


METHODS: dict[str, Callable[[Data], tuple[float, float]]] = {
    "EE": _equal,
    "DL": _dersimonian_laird,
    "HE": _hedges,
    "HS": _hunter_schmidt,
    "HSk": _hunter_schmidt_corrected,
    "SJ": _sidik_jonkman,
    "ML": _maximum_likelihood,
    "REML": _restricted_likelihood,
    "EB": _paule_mandel,
    "PM": _paule_mandel,
    "PMM": _paule_mandel_median,
}
"""Estimators of tau² by metafor's names: each gives tau² and its standard error."""


def most_likely(data: Data, restricted: bool) -> float:
    """The tau² >= 0 of highest likelihood, among 0 and every root of the score: there can be several maxima."""

    def score(tau2: Any) -> Any:
        ls = data.at(tau2)
        return ls.yPPy - (ls.trace() if restricted else ls.w.sum(axis=-1))

    top = max(data.weighted(np.ones(data.k)).Q, data.v.max())
    for _ in range(_MOST_STEPS):
        if score(top) < 0:
            break
        top *= 10
    else:
        raise NotConverged("the likelihood still rises at the largest tau² tried")
    low = _GRID_START * data.v.min()
    grid = np.r_[0.0, np.geomspace(low, top, 2 + int(_GRID_PER_DECADE * np.log10(top / low)))]
    slopes = score(grid)
    peaks = [0.0] if slopes[0] <= 0 else []
    peaks += [_root(score, *grid[i : i + 2]) for i in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))]
    if not peaks:
        raise NotConverged("the likelihood has no maximum")
    return max(peaks, key=lambda tau2: log_likelihood(data, tau2, restricted)) if len(peaks) > 1 else peaks[0]


def log_likelihood(data: Data, tau2: float, restricted: bool) -> float:
    """The log-likelihood at tau², restricted or not, and the coefficients that fit best there."""
    ls = data.at(tau2)
    constant = np.log(2 * np.pi) * (data.df if restricted else data.k)
    full = np.log(ls.w).sum() - ls.Q - constant
    return float(full - ls.log_det() + data.log_det() if restricted else full) / 2


def crossings(f: Callable[[float], float], grid: Array) -> list[float]:
    """Every place between the points of a grid, shape (n,), where f changes its sign."""
    values = [f(float(x)) for x in grid]
    found = []
    for i in range(len(grid) - 1):
        low, high = float(grid[i]), float(grid[i + 1])
        if values[i] > 0 >= values[i + 1]:
            found.append(_root(f, low, high))
        elif values[i] <= 0 < values[i + 1]:
            found.append(_root(lambda x: -f(x), low, high))
    return found


def q_profile(data: Data, level: float) -> tuple[float, float]:
    """Q-profile interval of tau²: Viechtbauer 2007 (doi 10.1002/sim.2514)."""
    tail = (1 - level) / 2
    low, high = (_tau2_where_q_is(data, float(chdtri(data.df, area))) for area in (tail, 1 - tail))
    return low, high


def typical_h2(data: Data, tau2: float) -> float:
    """H² at tau²: its sum with the typical variance (k - p) / tr(P), in units of that."""
    return 1 + tau2 * float(data.at(0.0).trace()) / data.df


def _tau2_where_q_is(data: Data, target: float) -> float:
    """The tau² at which the generalised Q statistic, which falls with tau², has come down to `target`."""

    def excess(tau2: float) -> float:
        return float(data.at(tau2).Q) - target

    if excess(0.0) <= 0:
        return 0.0
    # Q at tau² is below the unweighted residual sum of squares over tau².
    top = data.weighted(np.ones(data.k)).Q / target
    return _root(excess, 0.0, top)


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    """Where f, positive at `low` and not at `high`, crosses 0.

    Source: Chandrupatla 1997 (doi 10.1016/S0965-9978(96)00051-8), bisection and inverse quadratic interpolation.
    """
    a, b, fa, fb = high, low, f(high), f(low)
    c, fc, share = a, fa, 0.5
    for _ in range(_MOST_STEPS):
        x = a + share * (b - a)
        fx = f(x)
        if (fx > 0) == (fa > 0):
            c, fc = a, fa
        else:
            c, b, fc, fb = b, a, fb, fa
        a, fa = x, fx
        best = a if abs(fa) < abs(fb) else b
        nearness = 2 * np.finfo(float).eps * abs(best) / abs(b - c) if b != c else 1.0
        if nearness > 0.5 or fa == 0 or a == b:
            return float(best)
        share = 0.5
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb) if fc != fb else np.inf
        if phi**2 < xi and (1 - phi) ** 2 < 1 - xi:
            share = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        share = min(1 - nearness, max(nearness, share))
    raise NotConverged(f"no root found between {low:g} and {high:g}")


def heterogeneity(data: Data, method: str, level: float) -> Heterogeneity:
    """Estimate tau² by a method of `METHODS`, and what follows from it.

    The interval of tau² is the Q-profile (Viechtbauer 2007, doi 10.1002/sim.2514), 0 to 0 where even tau² = 0 leaves
    too little scatter. I² and H² (Higgins & Thompson 2002, doi 10.1002/sim.1186) compare tau² with the typical
    variance (k - p) / tr(P) at tau² = 0; for equal effects they come from Q. Without degrees of freedom tau² is 0.

    Raises
    ------
    NotConverged
        No finite tau² was reached.
    """
    df = data.df
    if not df:
        return Heterogeneity()
    tau2, se_tau2 = METHODS[method](data)
    fixed = data.at(0.0)
    if not (np.isfinite(tau2) and np.isfinite(fixed.Q)):
        raise NotConverged(f"{method}: tau² is {tau2}, Q is {fixed.Q}")
    low, high = NAN, NAN
    if method != "EE":
        low, high = q_profile(data, level)
    H2, H2_low, H2_high = (typical_h2(data, value) for value in (float(tau2), low, high))
    if method == "EE":
        H2 = float(fixed.Q) / df
    return Heterogeneity(
        tau2=float(tau2),
        se_tau2=float(se_tau2),
        tau2_ci_low=low,
        tau2_ci_high=high,
        I2=i2(max(1.0, H2)),
        I2_ci_low=i2(H2_low),
        I2_ci_high=i2(H2_high),
        H2=H2,
        H2_ci_low=H2_low,
        H2_ci_high=H2_high,
        Q=float(fixed.Q),
        Q_df=df,
        Q_pval=float(chdtrc(df, fixed.Q)),
    )


def i2(H2: float) -> float:
    """I² in percent."""
    return 100 * (1 - 1 / H2)
