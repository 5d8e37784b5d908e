"""Pooling: the random-effects and equal-effects models, and their intervals.

Names and conventions are metafor's. Multiplying the effects by c and their variances by c² multiplies every estimate
by c and leaves tests and percentages as they are.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .distributions import chi2_above
from .inference import check_level, one_of, quantile, wald
from .intervals import tau2_interval
from .tau2 import METHODS, NAN, Array, Data, Heterogeneity, NotConverged, heterogeneity

if TYPE_CHECKING:
    from ..config import HartungKnapp, Synthesis

INTERVALS = ("z", "t", "HKSJ", "HKSJ-floor")
PREDICTION_DF = ("k-1", "k-2", "normal")

Choice = tuple[str, str]
"""One of `INTERVALS`, and why."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit(Heterogeneity):
    """One fitted model. Figures that are not defined are NaN.

    `estimate` to `ci_high` belong to the first coefficient: without moderators, the pooled effect.
    """

    k: int
    """Number of studies."""
    p: int
    """Number of coefficients."""
    method: str
    interval: str
    """The interval asked for, one of `INTERVALS`."""
    interval_used: str
    interval_why: str
    """Why that one, where a rule chose it; else empty."""
    level: float
    beta: Array
    """Coefficients, shape (p,)."""
    vcov: Array
    """Their covariance, shape (p, p), with the Hartung-Knapp factor where that was used."""
    estimate: float
    se: float
    stat: float
    """z or t value of the test against 0."""
    df: float
    """Degrees of freedom of that test; infinite for z."""
    pval: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float
    weights: Array
    """Percent, shape (k,)."""
    s2: float
    """Hartung and Knapp's factor: weighted residual sum of squares over its degrees of freedom."""
    tau2_between: float = NAN
    """Of three-level models, whose tau² is the sum: between studies, and within."""
    tau2_within: float = NAN
    converged: bool = True


@dataclass(frozen=True, eq=False)
class SubgroupTest:
    """Subgroups, each with its own fit, and the test of whether their effects differ."""

    fits: dict[Hashable, Fit]
    Q_b: float
    df: int
    pval: float


def fit(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    X: ArrayLike | None = None,
    method: str = "REML",
    interval: str = "z",
    level: float = 0.95,
    prediction_df: str = "k-1",
) -> Fit:
    """Pool effects, or regress them on moderators.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Effects and their sampling variances.
    X : array_like of shape (k, p), optional
        Design matrix, its column of ones included; without it the model is a mean.
    method : str
        A key of `METHODS`: 'EE' (equal effects) or an estimator of tau², each with its source at its function.
    interval : {'z', 't', 'HKSJ', 'HKSJ-floor'}
        Normal; t with k - p degrees of freedom; that with the standard error of Hartung & Knapp 2001
        (doi 10.1002/sim.1009); that with their factor at least 1 (Röver, Knapp & Friede 2015,
        doi 10.1186/s12874-015-0091-1).
    level : float
        Of all intervals, between 0 and 1.
    prediction_df : {'k-1', 'k-2', 'normal'}
        Quantile of the prediction interval, estimate ± quantile * sqrt(tau² + se²): t with k - 1 (IntHout 2016,
        doi 10.1136/bmjopen-2015-010247, and metafor beside t intervals) or k - 2 degrees of freedom (Riley 2011,
        doi 10.1136/bmj.d549), or normal (metafor beside z intervals).

    Returns
    -------
    Fit
        One study is returned as it is: tau² = 0, a normal interval and no prediction interval. Equal effects and
        models with moderators have no prediction interval either.

    Raises
    ------
    ValueError
        Arrays empty, of unequal lengths or not finite; a variance that is not positive; a design matrix that leaves no
        degrees of freedom or whose columns depend on each other; an unknown choice, or HKSJ for equal effects.
    NotConverged
        The estimate of tau² was not reached.
    """
    for name, value, allowed in (
        ("method", method, tuple(METHODS)),
        ("interval", interval, INTERVALS),
        ("prediction_df", prediction_df, PREDICTION_DF),
    ):
        one_of(name, value, allowed)
    if method == "EE" and interval.startswith("HKSJ"):
        raise ValueError("Hartung-Knapp intervals belong to random effects; method is EE")
    check_level(level)
    return _fit(Data(yi, vi, X), method, level, prediction_df, interval, lambda _: (interval, ""))


def random_effects(yi: ArrayLike, vi: ArrayLike, settings: "Synthesis") -> Fit:
    """Pool effects as a review's configuration says.

    Where Hartung-Knapp misleads, the first rule of `settings.hartung_knapp` that applies chooses the interval, in the
    order k2, tau2_zero, q_below_df: plain, with the factor at least 1 (floor), or normal (wald). `Fit.interval_used`
    and `Fit.interval_why` say what was done. Equal effects and single studies have normal intervals. Below
    `settings.prediction.from_k` studies there is no prediction interval. The interval of tau² is that of
    `settings.tau2_interval`; the profile likelihood belongs to ML and REML, and other methods have the Q-profile in its
    place. Parameters and errors are those of `fit`.
    """
    data, asked = Data(yi, vi), asked_interval(settings)

    def choose(found: Heterogeneity) -> Choice:
        return chosen_interval(found, settings)

    result = _fit(data, settings.method, settings.level, settings.prediction.df, asked, choose)
    if data.df:
        result = with_tau2_interval(result, data, settings.tau2_interval)
    return result if result.k >= settings.prediction.from_k else replace(result, pi_low=NAN, pi_high=NAN)


def asked_interval(settings: "Synthesis") -> str:
    """The interval of the configuration by its name here, one of `INTERVALS`."""
    return {"HKSJ": "HKSJ", "Wald": "z", "t": "t"}[settings.interval]


def chosen_interval(found: Heterogeneity, settings: "Synthesis") -> Choice:
    """The interval that the configuration's rules choose for a fit, and why."""
    asked = asked_interval(settings)
    if asked != "HKSJ":
        return asked, ""
    if settings.method == "EE":
        return "z", "equal effects"
    return _hartung_knapp(found, settings.hartung_knapp)


def with_tau2_interval(result: Fit, data: Data, kind: str) -> Fit:
    """The fit with the interval of tau² of a kind of `prismake.synthesis.intervals.KINDS`, where its method has that."""
    if result.method == "EE" or kind == "QP" or (kind == "PL" and result.method not in ("ML", "REML")):
        return result
    likelihood = result.method if kind == "PL" else "REML"
    found = tau2_interval(data.y, data.v, X=data.X, kind=kind, method=likelihood, level=result.level)
    return replace(
        result,
        tau2_ci_low=found.tau2_low,
        tau2_ci_high=found.tau2_high,
        I2_ci_low=found.I2_low,
        I2_ci_high=found.I2_high,
        H2_ci_low=found.H2_low,
        H2_ci_high=found.H2_high,
    )


def leave_one_out(yi: ArrayLike, vi: ArrayLike, settings: "Synthesis") -> list[Fit]:
    """The k fits of `random_effects` without study 0, 1, ... k - 1; `ValueError` for fewer than two studies."""
    data = Data(yi, vi)
    if data.k < 2:
        raise ValueError("one study: nothing is left when it is left out")
    return [random_effects(np.delete(data.y, i), np.delete(data.v, i), settings) for i in range(data.k)]


def subgroups(yi: ArrayLike, vi: ArrayLike, groups: Sequence[Hashable], settings: "Synthesis") -> SubgroupTest:
    """Fit each subgroup by itself, tau² included, and compare their estimates.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    groups : sequence of length k
        The subgroup of each study; `SubgroupTest.fits` keeps the order in which subgroups first appear.

    Returns
    -------
    SubgroupTest
        Q_b is Cochran's Q of the subgroup estimates, each weighted by the inverse square of its standard error, on
        (number of subgroups - 1) degrees of freedom: Borenstein & Higgins 2013 (doi 10.1007/s11121-013-0377-7), as in
        RevMan. With Hartung-Knapp intervals their standard errors enter.

    Raises
    ------
    ValueError
        Unequal lengths, a missing label, fewer than two subgroups, and as for `fit`.
    """
    data = Data(yi, vi)
    labels = list(groups)
    if len(labels) != data.k:
        raise ValueError(f"{len(labels)} subgroup labels for {data.k} studies")
    missing = [row for row, label in enumerate(labels, 1) if label is None or label == "" or label != label]
    if missing:
        raise ValueError(f"row {missing[0]}: no subgroup")
    levels = list(dict.fromkeys(labels))
    if len(levels) < 2:
        raise ValueError("one subgroup: there is nothing to compare")
    rows = {level: np.array([label == level for label in labels]) for level in levels}
    fits = {level: random_effects(data.y[row], data.v[row], settings) for level, row in rows.items()}
    return compare(fits)


def compare(fits: dict[Hashable, Fit]) -> SubgroupTest:
    """The test for differences between subgroups that have each been fitted, as `subgroups` describes it."""
    estimates = np.array([group.estimate for group in fits.values()])
    weights = np.array([group.se for group in fits.values()]) ** -2.0
    Q_b = float(weights @ (estimates - weights @ estimates / weights.sum()) ** 2)
    return SubgroupTest(fits, Q_b, len(fits) - 1, chi2_above(Q_b, len(fits) - 1))


def _hartung_knapp(found: Heterogeneity, rules: "HartungKnapp") -> Choice:
    """The first rule that applies, in the order in which the configuration lists them."""
    cases = (
        (found.Q_df == 1, rules.k2, "two studies"),
        (found.tau2 == 0, rules.tau2_zero, "tau² is 0"),
        (found.Q - found.Q_df < 0, rules.q_below_df, "Q is below its degrees of freedom"),
    )
    intervals = {"plain": "HKSJ", "floor": "HKSJ-floor", "wald": "z"}
    return next(((intervals[rule], why) for applies, rule, why in cases if applies), ("HKSJ", ""))


def _fit(
    data: Data, method: str, level: float, prediction_df: str, asked: str, choose: Callable[[Heterogeneity], Choice]
) -> Fit:
    with np.errstate(all="ignore"):  # figures beyond floating point are caught below
        found = heterogeneity(data, method, level)
        ls = data.at(found.tau2)
        beta, vcov = ls.solve()
    if not (np.isfinite(beta).all() and np.isfinite(vcov).all()):
        raise NotConverged(f"{method}: coefficients {beta}, covariance {vcov}")
    s2 = float(ls.Q / data.df) if data.df else NAN
    used, why = choose(found) if data.df else ("z", "one study")
    vcov = vcov * {"HKSJ": s2, "HKSJ-floor": max(1.0, s2)}.get(used, 1.0)
    df = np.inf if used == "z" else float(data.df)
    first = wald(float(beta[0]), float(np.sqrt(vcov[0, 0])), df, level)
    pooled = data.df > 0 and len(beta) == 1 and method != "EE"
    pi_low, pi_high = _prediction(first, found.tau2, data.k, prediction_df, level) if pooled else (NAN, NAN)
    return Fit(
        **vars(found),
        **first,
        k=data.k,
        p=len(beta),
        method=method,
        interval=asked,
        interval_used=used,
        interval_why=why,
        level=level,
        beta=beta,
        vcov=vcov,
        df=df,
        pi_low=pi_low,
        pi_high=pi_high,
        weights=100 * ls.w / ls.w.sum(),
        s2=s2,
    )


def _prediction(mean: dict[str, float], tau2: float, k: int, prediction_df: str, level: float) -> tuple[float, float]:
    df = {"k-1": k - 1, "k-2": k - 2, "normal": np.inf}[prediction_df]
    if df == 0:
        return NAN, NAN
    half = quantile(df, level) * float(np.sqrt(tau2 + mean["se"] ** 2))
    return mean["estimate"] - half, mean["estimate"] + half
