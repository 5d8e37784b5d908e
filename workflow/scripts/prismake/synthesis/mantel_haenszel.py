"""Pooling without weighing studies by their own variance: Mantel-Haenszel and Peto.

Cells enter as they are, zeros included; `add` and `to` correct them where that is asked for. The Q statistic compares
the studies' own effects, made by `escalc` (which adds halves where a cell is 0), with the pooled one; a study without
any event, or with nothing but events, has none. Names and conventions are metafor's (`rma.mh`, `rma.peto`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from .effects import DEFAULT_ADD, add_to_counts, check_rates, check_two_by_two, escalc
from .inference import check_level, one_of, wald
from .tau2 import NAN, Array


@dataclass(frozen=True, eq=False, kw_only=True)
class CommonEffect:
    """One effect common to all studies. Figures that are not defined are NaN; OR, RR and IRR are logarithms."""

    measure: str
    k: int
    """Studies whose counts entered."""
    k_yi: int
    """Studies with an effect of their own."""
    estimate: float
    se: float
    stat: float
    pval: float
    ci_low: float
    ci_high: float
    weights: Array
    """Percent, shape (k,)."""
    Q: float
    Q_df: int
    Q_pval: float
    I2: float
    H2: float
    cmh: float = NAN
    """Cochran-Mantel-Haenszel test of no effect (OR), or Mantel-Haenszel test (IRR), on one degree of freedom."""
    cmh_pval: float = NAN
    breslow_day: float = NAN
    """Breslow-Day test of equal odds ratios."""
    breslow_day_pval: float = NAN
    tarone: float = NAN
    """The same with Tarone's correction."""
    tarone_pval: float = NAN


def mantel_haenszel(
    measure: str,
    *,
    add: float = 0.0,
    to: str = "only0",
    correct: bool = True,
    level: float = 0.95,
    **counts: ArrayLike,
) -> CommonEffect:
    """Pool counts by Mantel and Haenszel's weights.

    Parameters
    ----------
    measure : {'OR', 'RR', 'RD', 'IRR', 'IRD'}
    add, to
        What is added to the cells of which tables before pooling, as for `escalc`; by default nothing.
    correct : bool
        Whether the Cochran-Mantel-Haenszel test has a continuity correction.
    level : float
        Of the interval.
    **counts : array_like of shape (k,)
        ai, bi, ci, di for tables; x1i, t1i, x2i, t2i for rates.

    Returns
    -------
    CommonEffect
        Standard errors: Robins, Breslow & Greenland 1986 (doi 10.2307/2531052) for OR, Greenland & Robins 1985
        (doi 10.2307/2530643) for RR, IRR and IRD, Sato, Greenland & Robins 1989 (Biometrics 45:1323) for RD.
        Tests: Mantel & Haenszel 1959 (doi 10.1093/jnci/22.4.719), Breslow & Day 1980, Tarone 1985
        (doi 10.1093/biomet/72.1.91). The estimate of a ratio is NaN where one group has no events at all.

    Raises
    ------
    ValueError
        Unknown measure, columns missing or of unequal lengths, impossible counts, no studies.
    """
    one_of("measure", measure, tuple(_POOLED))
    cells, kept, used = _counts(measure, counts, add, to)
    with np.errstate(all="ignore"):
        estimate, se, weights = _POOLED[measure](*used)
        if not (np.isfinite(estimate) and np.isfinite(se)):
            estimate = se = NAN
        tests = _TESTS[measure](estimate, correct, *used) if measure in _TESTS else {}
    return _common_effect(measure, cells, kept, estimate, se, weights, level, **tests)


def peto(*, level: float = 0.95, **counts: ArrayLike) -> CommonEffect:
    """Pool log odds ratios by observed minus expected events: Yusuf 1985 (doi 10.1016/s0033-0620(85)80003-7).

    Parameters
    ----------
    **counts : array_like of shape (k,)
        ai, bi, ci, di.

    Raises
    ------
    ValueError
        As for `mantel_haenszel`, and where one of the two outcomes never occurs.
    """
    cells, kept, (a, b, c, d) = _counts("PETO", counts, 0.0, "none")
    n1, n2, n = a + b, c + d, a + b + c + d
    excess = a - (a + c) * n1 / n
    variance = (a + c) * (b + d) * n1 * n2 / (n**2 * np.maximum(n - 1, 1))
    if not variance.sum() > 0:
        raise ValueError("one of the two outcomes never occurs: Peto's method has nothing to pool")
    estimate, se = float(excess.sum() / variance.sum()), float(variance.sum() ** -0.5)
    return _common_effect("PETO", cells, kept, estimate, se, variance, level)


def _counts(
    measure: str, counts: dict[str, ArrayLike], add: float, to: str
) -> tuple[dict[str, Array], np.ndarray, list[Array]]:
    """All counts as given, which rows are complete, and those rows with `add` put to them."""
    names = ("x1i", "t1i", "x2i", "t2i") if measure in ("IRR", "IRD") else ("ai", "bi", "ci", "di")
    if set(counts) != set(names):
        raise ValueError(f"{measure} is made from {', '.join(names)}; found {', '.join(counts) or 'nothing'}")
    check = check_rates if "t1i" in names else check_two_by_two
    cells = check(**{name: counts[name] for name in names})
    kept = ~np.any([np.isnan(column) for column in cells.values()], axis=0)
    if not kept.any():
        raise ValueError("no studies")
    whole = {name: column[kept] for name, column in cells.items()}
    events = [name for name in names if not name.startswith("t")]
    changed = dict(zip(events, add_to_counts([whole[name] for name in events], add, to), strict=True))
    return cells, kept, [changed.get(name, whole[name]) for name in names]


def _common_effect(
    measure: str,
    cells: dict[str, Array],
    kept: np.ndarray,
    estimate: float,
    se: float,
    weights: Array,
    level: float,
    **tests: float,
) -> CommonEffect:
    check_level(level)
    yi, vi = escalc(measure, **cells, add=0.0 if measure == "PETO" else DEFAULT_ADD, drop00=True)
    yi, vi = yi[np.isfinite(yi)], vi[np.isfinite(yi)]
    df = len(yi) - 1
    Q = float(np.sum((yi - estimate) ** 2 / vi)) if df > 0 else 0.0
    return CommonEffect(
        measure=measure,
        k=int(kept.sum()),
        k_yi=len(yi),
        **wald(estimate, se, np.inf, level),
        weights=100 * weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), NAN),
        Q=Q,
        Q_df=max(0, df),
        Q_pval=float(chdtrc(df, Q)) if df > 0 else 1.0,
        I2=max(0.0, 100 * (1 - df / Q)) if Q > 0 else 0.0,
        H2=Q / df if df > 0 else 1.0,
        **tests,
    )


Pooled = tuple[float, float, Array]


def _odds_ratio(a: Array, b: Array, c: Array, d: Array) -> Pooled:
    n = a + b + c + d
    concordant, discordant = a * d / n, b * c / n
    R, S = concordant.sum(), discordant.sum()
    P, Q = (a + d) / n, (b + c) / n
    variance = (
        np.sum(P * concordant) / R**2
        + np.sum(P * discordant + Q * concordant) / (R * S)
        + np.sum(Q * discordant) / S**2
    ) / 2
    return float(np.log(R / S)), float(np.sqrt(variance)), discordant


def _risk_ratio(a: Array, b: Array, c: Array, d: Array) -> Pooled:
    n1, n2 = a + b, c + d
    n = n1 + n2
    R, S = np.sum(a * n2 / n), np.sum(c * n1 / n)
    variance = np.sum(n1 * n2 * (a + c) / n**2 - a * c / n) / (R * S)
    return float(np.log(R / S)), float(np.sqrt(variance)), c * n1 / n


def _risk_difference(a: Array, b: Array, c: Array, d: Array) -> Pooled:
    n1, n2 = a + b, c + d
    n = n1 + n2
    weights = n1 * n2 / n
    estimate = np.sum((a * n2 - c * n1) / n) / weights.sum()
    P = np.sum((c * n1**2 - a * n2**2) / n**2 + n1 * n2 * (n2 - n1) / (2 * n**2))
    Q = np.sum((a * d + c * b) / (2 * n))
    return float(estimate), float(np.sqrt(estimate * P + Q) / weights.sum()), weights


def _rate_ratio(x1: Array, t1: Array, x2: Array, t2: Array) -> Pooled:
    t = t1 + t2
    R, S = np.sum(x1 * t2 / t), np.sum(x2 * t1 / t)
    variance = np.sum(t1 * t2 * (x1 + x2) / t**2) / (R * S)
    return float(np.log(R / S)), float(np.sqrt(variance)), x2 * t1 / t


def _rate_difference(x1: Array, t1: Array, x2: Array, t2: Array) -> Pooled:
    weights = t1 * t2 / (t1 + t2)
    estimate = np.sum(weights * (x1 / t1 - x2 / t2)) / weights.sum()
    variance = np.sum(weights**2 * (x1 / t1**2 + x2 / t2**2))
    return float(estimate), float(np.sqrt(variance) / weights.sum()), weights


def _excess_test(excess: Array, variance: Array, correct: bool) -> dict[str, float]:
    """Events in group 1 above those expected without an effect, on one degree of freedom; nothing without any event."""
    if not variance.sum() > 0:
        return {}
    statistic = (abs(excess.sum()) - 0.5 * correct) ** 2 / variance.sum()
    return {"cmh": float(statistic), "cmh_pval": float(chdtrc(1, statistic))}


def _table_tests(log_odds: float, correct: bool, a: Array, b: Array, c: Array, d: Array) -> dict[str, float]:
    n1, n2, events, others = a + b, c + d, a + c, b + d
    n = n1 + n2
    excess = a - n1 * events / n
    # A table of one person has no variance.
    spread = n1 * n2 * events * others / (n**2 * np.maximum(n - 1, 1))
    tests = _excess_test(excess, spread, correct)
    if not np.isfinite(log_odds):
        return tests
    expected = events_at_odds_ratio(np.exp(log_odds), n1, n2, events)
    variance = 1 / (1 / expected + 1 / (n1 - expected) + 1 / (events - expected) + 1 / (n2 - events + expected))
    used = (expected > 0) & (events > 0) & (others > 0)
    distance, variance, df = (a - expected)[used], variance[used], int(used.sum()) - 1
    breslow_day = float(np.sum(distance**2 / variance))
    tarone = max(0.0, float(breslow_day - distance.sum() ** 2 / variance.sum()))
    return tests | {
        "breslow_day": breslow_day,
        "breslow_day_pval": float(chdtrc(df, breslow_day)) if df > 0 else NAN,
        "tarone": tarone,
        "tarone_pval": float(chdtrc(df, tarone)) if df > 0 else NAN,
    }


def events_at_odds_ratio(odds_ratio: float | Array, n1: Array, n2: Array, events: Array) -> Array:
    """Events of group 1 at which a table with these margins has this odds ratio.

    The root of (1 - OR) x² + (OR (n1 + events) + n2 - events) x - OR n1 events = 0 that lies within the margins, in the
    form that keeps its digits near OR = 1.
    """
    linear = odds_ratio * (n1 + events) + n2 - events
    constant = odds_ratio * n1 * events
    return 2 * constant / (linear + np.sqrt(linear**2 - 4 * (odds_ratio - 1) * constant))


def _rate_test(_: float, correct: bool, x1: Array, t1: Array, x2: Array, t2: Array) -> dict[str, float]:
    t, events = t1 + t2, x1 + x2
    return _excess_test(x1 - events * t1 / t, events * t1 * t2 / t**2, correct)


_POOLED: dict[str, Callable[[Array, Array, Array, Array], Pooled]] = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
    "IRR": _rate_ratio,
    "IRD": _rate_difference,
}
_TESTS = {"OR": _table_tests, "IRR": _rate_test}
