"""Small-study effects: tests of whether the funnel of studies is lopsided.

A lopsided funnel has many causes, of which reports that never appeared are one (Sterne 2011, doi 10.1136/bmj.d4002).
Below ten studies these tests have hardly any power and are refused, unless fewer are asked for with `at_least`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr, stdtrit

from .effects import escalc
from .model import fit
from .tau2 import NAN, Array, Data

AT_LEAST = 10

PREDICTORS: dict[str, Callable[[Array, Array], Array]] = {
    "sei": lambda vi, ni: np.sqrt(vi),
    "vi": lambda vi, ni: vi,
    "ni": lambda vi, ni: ni,
    "ninv": lambda vi, ni: 1 / ni,
    "sqrtni": lambda vi, ni: np.sqrt(ni),
    "sqrtninv": lambda vi, ni: 1 / np.sqrt(ni),
}
"""What a regression test may regress effects on, by metafor's names."""

_ENDLESS = ("ni", "sqrtni")
"""Predictors that do not go to 0 as a study grows: there is no limit to read off."""

_EXACT_UP_TO = 200

_ROUNDING = 1e-13
"""Scatter about a line, and slopes, that are no more than this share of the effects are 0."""


@dataclass(frozen=True, kw_only=True)
class Asymmetry:
    """A regression test. Figures that are not defined are NaN."""

    k: int
    slope: float
    """Of the effect on the predictor; 0 in a funnel that is not lopsided."""
    se: float
    stat: float
    df: float
    """Degrees of freedom of the test of the slope; infinite for z."""
    pval: float
    limit: float
    """The effect where the predictor is 0: that of a study of endless size."""
    limit_se: float
    limit_low: float
    limit_high: float
    """Its 95% interval."""


@dataclass(frozen=True, kw_only=True)
class RankTest:
    """A rank correlation test."""

    k: int
    tau: float
    """Kendall's tau-b."""
    score: float
    """Concordant minus discordant pairs."""
    se: float
    """Of the score, under no association."""
    stat: float
    """score / se."""
    pval: float
    exact: bool
    """Whether the p-value counts permutations; else it is that of a normal z."""


@dataclass(frozen=True, kw_only=True)
class PetPeese:
    """The effect of a study of endless size, by two regressions."""

    pet: Asymmetry
    """On standard errors: `limit` is right where there is no effect."""
    peese: Asymmetry
    """On variances: `limit` is nearer where there is one."""
    chosen: str
    """'PEESE' where PET finds an effect, else 'PET'."""


def regression_test(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    predictor: str = "sei",
    ni: ArrayLike | None = None,
    method: str | None = None,
    interval: str = "z",
    at_least: int = AT_LEAST,
) -> Asymmetry:
    """Regress effects on a measure of study size (metafor's ``regtest``).

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    predictor : str
        A key of `PREDICTORS`; those with 'ni' need `ni`, the numbers of people, shape (k,).
    method, interval : str
        As for `fit`: meta-regression with additive heterogeneity. Without `method` it is the regression of Egger 1997,
        weighted by the inverse variance, with multiplicative dispersion and a t test.
    at_least : int
        The smallest number of studies to test; never below 3.

    Raises
    ------
    ValueError
        Too few studies, `ni` missing or not positive, all studies equal in the predictor, and as for `fit`.
    """
    if predictor not in PREDICTORS:
        raise ValueError(f"predictor is {predictor!r}; expected one of {', '.join(PREDICTORS)}")
    data = Data(yi, vi)
    sizes = data.v if ni is None else np.asarray(ni, dtype=float)
    if predictor.endswith(("ni", "ninv")) and ni is None:
        raise ValueError(f"predictor {predictor} needs ni, the numbers of people")
    if sizes.shape != (data.k,) or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise ValueError(f"ni is {ni}; expected {data.k} positive numbers")
    x = PREDICTORS[predictor](data.v, sizes)
    return _regress(data.y, data.v, x, at_least, method, interval, has_limit=predictor not in _ENDLESS)


def egger(yi: ArrayLike, vi: ArrayLike, *, at_least: int = AT_LEAST) -> Asymmetry:
    """Egger 1997 (doi 10.1136/bmj.315.7109.629): effects on standard errors; the slope is his intercept."""
    return regression_test(yi, vi, at_least=at_least)


def thompson_sharp(yi: ArrayLike, vi: ArrayLike, *, method: str = "REML", at_least: int = AT_LEAST) -> Asymmetry:
    """Thompson & Sharp 1999 (doi 10.1002/(SICI)1097-0258(19991030)18:20<2693::AID-SIM235>3.0.CO;2-V), method 3a.

    Egger's test with heterogeneity that is added to the variances, not multiplied with them, and a t test.
    """
    return regression_test(yi, vi, method=method, interval="t", at_least=at_least)


def macaskill(yi: ArrayLike, vi: ArrayLike, ni: ArrayLike, *, at_least: int = AT_LEAST) -> Asymmetry:
    """Macaskill 2001 (doi 10.1002/sim.698): effects on numbers of people, weighted by the inverse variance (FIV)."""
    return regression_test(yi, vi, predictor="ni", ni=ni, at_least=at_least)


def pustejovsky(yi: ArrayLike, vi: ArrayLike, n1i: ArrayLike, n2i: ArrayLike, *, at_least: int = AT_LEAST) -> Asymmetry:
    """Pustejovsky & Rodgers 2019 (doi 10.1002/jrsm.1332): effects on sqrt(1/n1 + 1/n2).

    For standardised mean differences, whose standard errors hang on the effects themselves.
    """
    data, sizes = Data(yi, vi), np.asarray([n1i, n2i], dtype=float)
    if sizes.shape != (2, data.k) or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise ValueError(f"n1i is {n1i} and n2i is {n2i}; expected {data.k} positive numbers each")
    return _regress(data.y, data.v, np.sqrt((1 / sizes).sum(axis=0)), at_least)


def peters(ai: ArrayLike, bi: ArrayLike, ci: ArrayLike, di: ArrayLike, *, at_least: int = AT_LEAST) -> Asymmetry:
    """Peters 2006 (doi 10.1001/jama.295.6.676): log odds ratios on 1 / n, for tables as in `two_by_two`.

    Weights are 1 / (1/(a + c) + 1/(b + d)). Studies without events, or with nothing else, are left out.
    """
    a, b, c, d, yi = _informative(ai, bi, ci, di)
    return _regress(yi, 1 / (a + c) + 1 / (b + d), 1 / (a + b + c + d), at_least)


def harbord(ai: ArrayLike, bi: ArrayLike, ci: ArrayLike, di: ArrayLike, *, at_least: int = AT_LEAST) -> Asymmetry:
    """Harbord 2006 (doi 10.1002/sim.2380): scores Z over their information V on 1 / sqrt(V), weighted by V.

    Z = a - (a + c) n1 / n and V = n1 n2 (a + c) (b + d) / (n² (n - 1)), for tables as in `two_by_two`. Studies
    without events, or with nothing else, are left out.
    """
    a, b, c, d, _ = _informative(ai, bi, ci, di)
    n1, n2, n = a + b, c + d, a + b + c + d
    Z = a - (a + c) * n1 / n
    V = n1 * n2 * (a + c) * (b + d) / (n**2 * (n - 1))
    return _regress(Z / V, 1 / V, 1 / np.sqrt(V), at_least)


def debray(
    yi: ArrayLike, vi: ArrayLike, x1i: ArrayLike, x2i: ArrayLike | None = None, *, at_least: int = AT_LEAST
) -> Asymmetry:
    """Debray 2018 (doi 10.1002/jrsm.1266): effects, as log hazard ratios, on the inverse of numbers of events.

    With the events `x1i` and `x2i` of both arms the predictor is 1 / x1i + 1 / x2i (D-FAV); with those of the whole
    study in `x1i` it is 1 / x1i (D-FIV). Weights are inverse variances.
    """
    data, events = Data(yi, vi), np.asarray([x1i] if x2i is None else [x1i, x2i], dtype=float)
    if events.shape[1:] != (data.k,) or not (np.isfinite(events) & (events > 0)).all():
        raise ValueError(f"events are {events.tolist()}; expected {data.k} positive numbers in each arm")
    return _regress(data.y, data.v, (1 / events).sum(axis=0), at_least)


def pet_peese(yi: ArrayLike, vi: ArrayLike, *, alpha: float = 0.1, at_least: int = AT_LEAST) -> PetPeese:
    """Stanley & Doucouliagos 2014 (doi 10.1002/jrsm.1095): what effects run to as standard errors go to 0.

    Both are weighted regressions as Egger's test. PEESE is chosen where the t test of PET's limit has a two-sided
    p-value below `alpha`.
    """
    pet = regression_test(yi, vi, predictor="sei", at_least=at_least)
    peese = regression_test(yi, vi, predictor="vi", at_least=at_least)
    with np.errstate(divide="ignore", invalid="ignore"):
        pval = 2 * stdtr(pet.df, -abs(np.divide(pet.limit, pet.limit_se)))
    return PetPeese(pet=pet, peese=peese, chosen="PEESE" if pval < alpha else "PET")


def begg(yi: ArrayLike, vi: ArrayLike, *, exact: bool = True, at_least: int = AT_LEAST) -> RankTest:
    """Begg & Mazumdar 1994 (doi 10.2307/2533446): Kendall's correlation of standardised effects and variances.

    Effects are y* = (y - mean) / sqrt(v - 1/sum(w)), with the mean of equal effects. Ties, and more than 200 studies,
    call for the normal p-value (without correction for continuity) also where `exact` is asked for.

    Raises
    ------
    ValueError
        Too few studies, all variances or all effects equal, and as for `fit`.
    """
    data = Data(yi, vi)
    _enough(data.k, at_least)
    ls = data.at(0.0)
    # Sums rounded once, so that studies with the same figures stay ties.
    slack = np.array([fsum(np.delete(ls.w, i)) for i in range(data.k)]) / fsum(ls.w)
    effects = (data.y - fsum(ls.w * data.y) / fsum(ls.w)) / np.sqrt(slack * data.v)
    x, y = (np.sign(column[:, None] - column) for column in (effects, data.v))
    pairs, ties_x, ties_y = data.k * (data.k - 1), _ties(effects), _ties(data.v)
    free = (pairs - _falling(ties_x, 2)) * (pairs - _falling(ties_y, 2))
    if not free:
        raise ValueError("all studies have the same variance or the same effect: there are no ranks to compare")
    score = float((x * y).sum() / 2)
    se = float(np.sqrt(_variance_of_score(data.k, ties_x, ties_y)))
    counted = exact and data.k <= _EXACT_UP_TO and not (_falling(ties_x, 2) or _falling(ties_y, 2))
    pval = _exact_kendall(data.k, score) if counted else float(2 * ndtr(-abs(score / se)))
    return RankTest(
        k=data.k,
        tau=float(2 * score / np.sqrt(free)),
        score=score,
        se=se,
        stat=score / se,
        pval=pval,
        exact=counted,
    )


def _regress(
    y: Array,
    v: Array,
    x: Array,
    at_least: int,
    method: str | None = None,
    interval: str = "z",
    *,
    has_limit: bool = True,
) -> Asymmetry:
    """Regress y on x with weights 1 / v, or with the heterogeneity of `method`.

    Of effects that are all the same neither test nor p-value is defined: NaN.
    """
    _enough(len(y), at_least)
    if np.ptp(x) <= 1e-12 * np.abs(x).max():
        raise ValueError("all studies have the same size by this measure: there is no slope to test")
    unit = np.abs(x).max()
    X = np.column_stack([np.ones_like(x), x / unit])
    if method is None:
        data = Data(y, v, X)
        ls = data.at(0.0)
        beta, vcov = ls.solve()
        rounding = _ROUNDING**2 * (ls.w @ data.y**2)
        vcov, df = vcov * (ls.Q if rounding < ls.Q else 0.0) / data.df, float(data.df)
        if abs(beta[1]) < _ROUNDING * np.abs(data.y).max():
            beta[1] = 0.0
    else:
        found = fit(y, v, X=X, method=method, interval=interval)
        beta, vcov, df = found.beta, found.vcov, found.df
    se = np.sqrt(np.diagonal(vcov))
    with np.errstate(divide="ignore", invalid="ignore"):
        stat = float(np.divide(beta[1], se[1]))
    limit, limit_se = (float(beta[0]), float(se[0])) if has_limit else (NAN, NAN)
    half = -float(stdtrit(df, 0.025)) * limit_se
    return Asymmetry(
        k=len(y),
        slope=float(beta[1] / unit),
        se=float(se[1] / unit),
        stat=stat,
        df=df,
        pval=float(2 * (ndtr(-abs(stat)) if np.isinf(df) else stdtr(df, -abs(stat)))),
        limit=limit,
        limit_se=limit_se,
        limit_low=limit - half,
        limit_high=limit + half,
    )


def _enough(k: int, at_least: int) -> None:
    need = max(3, at_least)
    if k < need:
        raise ValueError(
            f"{k} studies; a test for a lopsided funnel needs {need} or more (with fewer it hardly finds anything)"
        )


def _informative(
    ai: ArrayLike, bi: ArrayLike, ci: ArrayLike, di: ArrayLike
) -> tuple[Array, Array, Array, Array, Array]:
    """Cells and log odds ratios of the studies that have any."""
    yi, _ = escalc("OR", ai=ai, bi=bi, ci=ci, di=di, drop00=True)
    kept = np.isfinite(yi)
    if not kept.any():
        raise ValueError("no study has both events and people without: there is nothing to test")
    cells = [np.atleast_1d(np.asarray(cell, dtype=float))[kept] for cell in (ai, bi, ci, di)]
    return cells[0], cells[1], cells[2], cells[3], yi[kept]


def _ties(values: Array) -> Array:
    """How many studies share each value."""
    return np.unique(values, return_counts=True)[1].astype(float)


def _falling(counts: Array, n: int) -> float:
    """Sum of t (t - 1) ... over n factors."""
    return float(np.prod([counts - i for i in range(n)], axis=0).sum())


def _variance_of_score(k: int, ties_x: Array, ties_y: Array) -> float:
    """Of Kendall's score with ties: Kendall 1970, Rank correlation methods, chapter 4."""
    plain = sum(
        sign * (n * (n - 1) * (2 * n + 5)).sum() for sign, n in ((1, np.array([k])), (-1, ties_x), (-1, ties_y))
    )
    shared = _falling(ties_x, 2) * _falling(ties_y, 2) / (2 * k * (k - 1))
    triple = _falling(ties_x, 3) * _falling(ties_y, 3) / (9 * k * (k - 1) * (k - 2))
    return float(plain / 18 + shared + triple)


def _exact_kendall(k: int, score: float) -> float:
    """Two-sided p-value of a score without ties: the share of permutations of k with no more inversions, twice."""
    shares = np.ones(1)
    for n in range(2, k + 1):
        shares = np.convolve(shares, np.full(n, 1 / n))
    fewer = round((k * (k - 1) / 2 - abs(score)) / 2)
    return float(min(1.0, 2 * shares[: fewer + 1].sum()))
