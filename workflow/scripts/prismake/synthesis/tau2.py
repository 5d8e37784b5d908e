"""Between-study variance: the estimators of tau², its Q-profile interval, I² and H².

Names and conventions are metafor's. All tolerances are relative to the data: multiplying the effects by c and their
variances by c² multiplies tau² by c² and leaves percentages as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .distributions import chi2_above, chi2_quantile
from .least_squares import Array, Data
from .roots import NotConverged, root

NAN = float("nan")

_GRID_PER_DECADE = 10
_GRID_START = 1e-4
_MOST_STEPS = 500


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


def _equal(data: Data) -> tuple[float, float]:
    """EE: one true effect, tau² = 0."""
    return 0.0, NAN


def _moment(data: Data, w: Array) -> tuple[float, float]:
    """Method of moments with any fixed weights: DerSimonian & Kacker 2007 (doi 10.1016/j.cct.2006.04.004)."""
    ls = data.weighted(w)
    tau2 = max(0.0, (ls.Q - ls.trace_with(data.v)) / ls.trace())
    return tau2, np.sqrt(2 * ls.trace_squared(data.v + tau2)) / ls.trace()


def _dersimonian_laird(data: Data) -> tuple[float, float]:
    """DL: DerSimonian & Laird 1986 (doi 10.1016/0197-2456(86)90046-2)."""
    return _moment(data, 1 / data.v)


def _hedges(data: Data) -> tuple[float, float]:
    """HE: Hedges 1983 (doi 10.1037/0033-2909.93.2.388), moments without weights."""
    return _moment(data, np.ones(data.k))


def _hunter_schmidt(data: Data, factor: float = 1.0) -> tuple[float, float]:
    """HS: Hunter & Schmidt, as in Viechtbauer 2005 (doi 10.3102/10769986030003261)."""
    ls = data.fixed
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
    return _generalised_q(data, chi2_quantile(data.df, 0.5))


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

    top = max(data.unweighted.Q, data.v.max())
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
    peaks += [root(score, *grid[i : i + 2]) for i in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))]
    if not peaks:
        raise NotConverged("the likelihood has no maximum")
    return max(peaks, key=lambda tau2: log_likelihood(data, tau2, restricted)) if len(peaks) > 1 else peaks[0]


def log_likelihood(data: Data, tau2: float, restricted: bool) -> float:
    """The log-likelihood at tau², restricted or not, and the coefficients that fit best there."""
    ls = data.at(tau2)
    constant = np.log(2 * np.pi) * (data.df if restricted else data.k)
    full = np.log(ls.w).sum() - ls.Q - constant
    return float(full - ls.log_det() + data.unweighted.log_det() if restricted else full) / 2


def q_profile(data: Data, level: float) -> tuple[float, float]:
    """Q-profile interval of tau²: Viechtbauer 2007 (doi 10.1002/sim.2514)."""
    tail = (1 - level) / 2
    low, high = (_tau2_where_q_is(data, chi2_quantile(data.df, area)) for area in (tail, 1 - tail))
    return low, high


def typical_h2(data: Data, tau2: float) -> float:
    """H² at tau²: its sum with the typical variance (k - p) / tr(P), in units of that."""
    return 1 + tau2 * float(data.fixed.trace()) / data.df


def _tau2_where_q_is(data: Data, target: float) -> float:
    """The tau² at which the generalised Q statistic, which falls with tau², has come down to `target`."""

    def excess(tau2: float) -> float:
        return float(data.at(tau2).Q) - target

    if excess(0.0) <= 0:
        return 0.0
    # Q at tau² is below the unweighted residual sum of squares over tau².
    top = data.unweighted.Q / target
    return root(excess, 0.0, top)


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
    fixed = data.fixed
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
        Q_pval=chi2_above(float(fixed.Q), df),
    )


def i2(H2: float) -> float:
    """I² in percent."""
    return 100 * (1 - 1 / H2)
