"""Effect sizes and their sampling variances, under the names, defaults and argument names of metafor's ``escalc``.

Every function takes one-dimensional columns of equal length k (a number stands for a column of one row) and returns
``(yi, vi)``, two float arrays of shape (k,): the effect on the scale on which it is pooled, and its sampling variance.
A row with a missing (NaN) input, or whose effect cannot be estimated, is NaN in both. A value that no study can have
(more events than people, a negative standard deviation) raises ``ValueError`` naming column and row, counted from 1.

Sources: Viechtbauer 2010 (doi 10.18637/jss.v036.i03) for names and defaults; the source of each formula stands with it.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Effects = tuple[Array, Array]

DEFAULT_ADD = 0.5
UNCORRECTED = ("AS", "PHI", "PAS", "PFT", "IRSD", "IRS", "IRFT")
"""Measures that a zero count leaves finite: nothing is added to them unless `add` is given."""


def _unchanged(yi: ArrayLike) -> Any:
    return np.asarray(yi, dtype=float)


def _squared_sine(yi: ArrayLike) -> Any:
    """Inverse of the arcsine square root; angles outside 0 to pi/2 stand for proportions 0 and 1."""
    return np.sin(np.clip(yi, 0, np.pi / 2)) ** 2


def _logistic(yi: ArrayLike) -> Any:
    return np.exp(-np.logaddexp(0, -np.asarray(yi, dtype=float)))


def _squared(yi: ArrayLike) -> Any:
    return np.maximum(yi, 0) ** 2


@dataclass(frozen=True)
class Measure:
    """What an effect measure is called, which figures it is made from, and how it is shown.

    `ratio` is true for comparisons pooled as logarithms, whose line of no effect is 1. `back` takes pooled values to
    the scale that readers know. For the double arcsine measures it is the limit for large samples.
    """

    name: str
    family: str
    ratio: bool = False
    back: Callable[[ArrayLike], Any] = _unchanged


MEASURES: dict[str, Measure] = {
    "OR": Measure("Odds ratio", "two_by_two", True, np.exp),
    "RR": Measure("Risk ratio", "two_by_two", True, np.exp),
    "RD": Measure("Risk difference", "two_by_two"),
    "PETO": Measure("Peto odds ratio", "two_by_two", True, np.exp),
    "AS": Measure("Arcsine difference", "two_by_two"),
    "PHI": Measure("Phi coefficient", "two_by_two"),
    "MD": Measure("Mean difference", "means"),
    "SMD": Measure("Standardised mean difference", "means"),
    "SMDH": Measure("Standardised mean difference (unequal variances)", "means"),
    "ROM": Measure("Ratio of means", "means", True, np.exp),
    "ZCOR": Measure("Correlation", "correlations", back=np.tanh),
    "COR": Measure("Correlation", "correlations"),
    "PR": Measure("Proportion", "proportions"),
    "PLN": Measure("Proportion", "proportions", back=np.exp),
    "PLO": Measure("Proportion", "proportions", back=_logistic),
    "PAS": Measure("Proportion", "proportions", back=_squared_sine),
    "PFT": Measure("Proportion", "proportions", back=_squared_sine),
    "IRR": Measure("Rate ratio", "rates", True, np.exp),
    "IRD": Measure("Rate difference", "rates"),
    "IRSD": Measure("Difference of square root rates", "rates"),
    "IR": Measure("Rate", "single_rates"),
    "IRLN": Measure("Rate", "single_rates", back=np.exp),
    "IRS": Measure("Rate", "single_rates", back=_squared),
    "IRFT": Measure("Rate", "single_rates", back=_squared),
    "HR": Measure("Hazard ratio", "generic", True, np.exp),
    "GEN": Measure("Effect", "generic"),
}


def escalc(measure: str, **columns: Any) -> Effects:
    """Effect sizes of any measure in `MEASURES`, from columns named as in metafor.

    Parameters
    ----------
    measure : str
        A key of `MEASURES`.
    **columns : array_like of shape (k,)
        The arguments of the measure's family: `two_by_two` (ai, bi, ci, di, or n1i and n2i in place of bi and di),
        `means`, `correlations`, `proportions`, `rates`, `single_rates`, `generic`; with the options of that
        family among add, to, drop00 and vtype.

    Raises
    ------
    ValueError
        The measure is unknown, columns are missing, superfluous or of unequal lengths, or a row holds an impossible
        value.
    """
    _one_of("measure", measure, MEASURES)
    family = MEASURES[measure].family
    if family == "two_by_two":
        columns = _cells_from_totals(columns)
    try:
        call = signature(_FAMILIES[family]).bind(measure, **columns)
    except TypeError as error:
        raise ValueError(f"{measure} cannot be made from {', '.join(columns) or 'nothing'}: {error}") from error
    return _FAMILIES[family](*call.args, **call.kwargs)


def two_by_two(
    measure: str,
    ai: ArrayLike,
    bi: ArrayLike,
    ci: ArrayLike,
    di: ArrayLike,
    *,
    add: float | None = None,
    to: str = "only0",
    drop00: bool = False,
) -> Effects:
    """OR, RR, RD, PETO, AS or PHI of group 1 (`ai` with the event, `bi` without) against group 2 (`ci`, `di`).

    `add` goes to every cell of the tables that `to` names: those with a zero cell ('only0'), 'all', all once any table
    has a zero cell ('if0all'), or 'none'. `drop00` makes tables NaN that have no event, or nothing but events, in
    either group. A group of nobody is an error, also where metafor would make an effect out of `add` alone.

    PHI has the variance of two groups of fixed size (metafor's 'ST') by the delta method.
    Sources: Yusuf 1985 (doi 10.1016/s0033-0620(85)80003-7) for PETO, Rücker 2009 (doi 10.1002/sim.3511) for AS.
    """
    _one_of("measure", measure, _TWO_BY_TWO)
    cells = check_two_by_two(ai=ai, bi=bi, ci=ci, di=di)
    a, b, c, d = cells.values()
    uninformative = ((a == 0) & (c == 0)) | ((b == 0) & (d == 0))
    counts = _corrected(measure, list(cells.values()), uninformative, add, to, drop00)
    with np.errstate(all="ignore"):
        return _estimable(*_TWO_BY_TWO[measure](*counts))


def check_two_by_two(**counts: ArrayLike) -> dict[str, Array]:
    """Columns ai, bi, ci, di as arrays; `ValueError` for counts that no table can have."""
    cells = equal_columns(**counts)
    _reject_negative(cells)
    for group, (events, others) in {"group 1": ("ai", "bi"), "group 2": ("ci", "di")}.items():
        reject(cells[events] + cells[others] <= 0, f"nobody in {group}", cells, events, others)
    return cells


def check_rates(**counts: ArrayLike) -> dict[str, Array]:
    """Columns x1i, t1i, x2i, t2i as arrays; `ValueError` for what no person-time can hold."""
    columns = equal_columns(**counts)
    _reject_negative(columns)
    for name in ("t1i", "t2i"):
        reject(columns[name] <= 0, "no person-time", columns, name)
    return columns


def add_to_counts(counts: list[Array], add: float, to: str) -> list[Array]:
    """Counts with `add` put to the rows that `to` names: 'only0', 'all', 'if0all' or 'none', as for `two_by_two`."""
    _one_of("to", to, ("only0", "all", "if0all", "none"))
    if not 0 <= add < np.inf:
        raise ValueError(f"add is {add}; expected a number of at least 0")
    zero = np.any([count == 0 for count in counts], axis=0)
    rows = zero if to == "only0" else to == "all" or (to == "if0all" and zero.any())
    return [count + np.where(rows, add, 0) for count in counts]


def means(
    measure: str,
    m1i: ArrayLike,
    sd1i: ArrayLike,
    n1i: ArrayLike,
    m2i: ArrayLike,
    sd2i: ArrayLike,
    n2i: ArrayLike,
    *,
    vtype: str = "LS",
    correct: bool = False,
) -> Effects:
    """MD, SMD, SMDH or ROM of group 1 against group 2, from means, standard deviations and numbers of people.

    `vtype` chooses the variance: 'LS' (large sample), 'HO' (equal standard deviations; MD and ROM), and for SMD 'LS2'
    (Borenstein 2009, equation 12.17), 'UB' (unbiased; Hedges 1983, doi 10.1037/0033-2909.93.2.388) or 'AV' (the mean
    SMD in place of each study's own). SMD is Hedges' g with the exact correction (Hedges 1981,
    doi 10.3102/10769986006002107); SMDH follows Bonett 2009 (doi 10.1037/a0016619), ROM Hedges 1999
    (doi 10.2307/177062); with `correct` its bias in small samples is taken off (Lajeunesse 2015, doi 10.1890/14-2402.1),
    as metafor does from version 5 on unless told otherwise.
    """
    _one_of("measure", measure, _MEANS)
    _one_of("vtype", vtype, _VTYPES[measure])
    groups = equal_columns(m1i=m1i, sd1i=sd1i, n1i=n1i, m2i=m2i, sd2i=sd2i, n2i=n2i)
    for name in ("sd1i", "sd2i"):
        reject(groups[name] < 0, "a negative standard deviation", groups, name)
    for name in ("n1i", "n2i"):
        reject(groups[name] <= 0, "no people", groups, name)
    if correct and measure != "ROM":
        raise ValueError(f"correct belongs to ROM; measure is {measure}, which has its own correction or none")
    with np.errstate(all="ignore"):
        yi, vi = _MEANS[measure](vtype, *groups.values())
        return _estimable(yi + _bias_of_log_ratio(*groups.values()) if correct else yi, vi)


def correlations(measure: str, ri: ArrayLike, ni: ArrayLike, *, vtype: str = "LS") -> Effects:
    """ZCOR (Fisher's z, n of at least 4) or COR, from correlations and numbers of people.

    For COR, `vtype` 'AV' puts the mean correlation, weighted by people, in place of each study's own.
    """
    _one_of("measure", measure, ("ZCOR", "COR"))
    _one_of("vtype", vtype, _VTYPES[measure])
    columns = equal_columns(ri=ri, ni=ni)
    reject(np.abs(columns["ri"]) > 1, "a correlation beyond -1 to 1", columns, "ri")
    reject(columns["ni"] <= 0, "no people", columns, "ni")
    r, n = columns.values()
    with np.errstate(all="ignore"):
        if measure == "ZCOR":
            return _estimable(np.arctanh(r), np.where(n > 3, 1 / (n - 3), np.nan))
        typical = _mean_by_size(r, n) if vtype == "AV" else r
        return _estimable(r, (1 - typical**2) ** 2 / (n - 1))


def proportions(measure: str, xi: ArrayLike, ni: ArrayLike, *, add: float | None = None, to: str = "only0") -> Effects:
    """PR (as it is), PLN (log), PLO (logit), PAS (arcsine) or PFT (double arcsine) of `xi` events among `ni` people.

    `add` goes to events and non-events, `to` as for `two_by_two`. Source of PFT: Freeman & Tukey 1950
    (doi 10.1214/aoms/1177729756).
    """
    _one_of("measure", measure, _PROPORTIONS)
    columns = equal_columns(xi=xi, ni=ni)
    _reject_negative(columns)
    reject(columns["ni"] <= 0, "no people", columns, "ni")
    reject(columns["xi"] > columns["ni"], "more events than people", columns, "xi", "ni")
    x, rest = _corrected(measure, [columns["xi"], columns["ni"] - columns["xi"]], None, add, to)
    with np.errstate(all="ignore"):
        return _estimable(*_PROPORTIONS[measure](x, x + rest))


def rates(
    measure: str,
    x1i: ArrayLike,
    t1i: ArrayLike,
    x2i: ArrayLike,
    t2i: ArrayLike,
    *,
    add: float | None = None,
    to: str = "only0",
    drop00: bool = False,
) -> Effects:
    """IRR, IRD or IRSD of group 1 against group 2, from events and person-time; `add`, `to`, `drop00` as for tables."""
    _one_of("measure", measure, _RATE_SCALES)
    columns = check_rates(x1i=x1i, t1i=t1i, x2i=x2i, t2i=t2i)
    events = [columns["x1i"], columns["x2i"]]
    x1, x2 = _corrected(measure, events, (events[0] == 0) & (events[1] == 0), add, to, drop00)
    formula = _SINGLE_RATES[_RATE_SCALES[measure]]
    with np.errstate(all="ignore"):
        (y1, v1), (y2, v2) = formula(x1, columns["t1i"]), formula(x2, columns["t2i"])
        return _estimable(y1 - y2, v1 + v2)


def single_rates(measure: str, xi: ArrayLike, ti: ArrayLike, *, add: float | None = None, to: str = "only0") -> Effects:
    """IR (as it is), IRLN (log), IRS (square root) or IRFT (Freeman-Tukey) of `xi` events in person-time `ti`."""
    _one_of("measure", measure, _SINGLE_RATES)
    columns = equal_columns(xi=xi, ti=ti)
    _reject_negative(columns)
    reject(columns["ti"] <= 0, "no person-time", columns, "ti")
    (x,) = _corrected(measure, [columns["xi"]], None, add, to)
    with np.errstate(all="ignore"):
        return _estimable(*_SINGLE_RATES[measure](x, columns["ti"]))


def generic(measure: str, yi: ArrayLike, vi: ArrayLike | None = None, sei: ArrayLike | None = None) -> Effects:
    """GEN: effects that come with their own sampling variance `vi`, or standard error `sei` (one of the two).

    HR the same, from log hazard ratios.
    """
    _one_of("measure", measure, ("HR", "GEN"))
    if vi is not None and sei is None:
        columns = equal_columns(yi=yi, vi=vi)
        reject(columns["vi"] < 0, "a negative variance", columns, "vi")
        return _estimable(columns["yi"], columns["vi"])
    if sei is not None and vi is None:
        columns = equal_columns(yi=yi, sei=sei)
        reject(columns["sei"] < 0, "a negative standard error", columns, "sei")
        return _estimable(columns["yi"], columns["sei"] ** 2)
    raise ValueError(f"{measure} needs either vi or sei")


def equal_columns(**columns: ArrayLike) -> dict[str, Array]:
    """Columns as float arrays; `ValueError` where their lengths differ or a value is infinite."""
    arrays = {name: np.atleast_1d(np.asarray(values, dtype=float)) for name, values in columns.items()}
    shapes = {name: values.shape for name, values in arrays.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) > 1 for shape in shapes.values()):
        raise ValueError("columns of unequal lengths: " + ", ".join(f"{name} {s}" for name, s in shapes.items()))
    for name, values in arrays.items():
        reject(np.isinf(values), "an infinite value", arrays, name)
    return arrays


def reject(bad: NDArray[np.bool_], what: str, columns: dict[str, Array], *names: str) -> None:
    """`ValueError` saying what is wrong in the first bad row, with its figures in these columns."""
    rows = np.flatnonzero(bad)
    if rows.size:
        row = rows[0]
        figures = ", ".join(f"{name} is {columns[name][row]:g}" for name in names)
        more = f" (and {rows.size - 1} more rows)" if rows.size > 1 else ""
        raise ValueError(f"row {row + 1}: {what}: {figures}{more}")


def _reject_negative(columns: dict[str, Array]) -> None:
    for name, values in columns.items():
        reject(values < 0, "a negative number", columns, name)


def _one_of(name: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(allowed)}")


def _cells_from_totals(columns: dict[str, Any]) -> dict[str, Any]:
    """Replace n1i and n2i by the cells bi and di."""
    columns = dict(columns)
    for total, events, others in (("n1i", "ai", "bi"), ("n2i", "ci", "di")):
        if total in columns and events in columns and others not in columns:
            group = equal_columns(**{events: columns[events], total: columns.pop(total)})
            reject(group[total] <= 0, "no people", group, total)
            reject(group[events] > group[total], "more events than people", group, events, total)
            columns[others] = group[total] - group[events]
    return columns


def _corrected(
    measure: str,
    counts: list[Array],
    uninformative: NDArray[np.bool_] | None,
    add: float | None,
    to: str,
    drop00: bool = False,
) -> list[Array]:
    """Counts with `add` put to the rows that `to` names, and uninformative rows dropped where `drop00` says so."""
    if drop00 and uninformative is not None:
        counts = [np.where(uninformative, np.nan, count) for count in counts]
    if add is None:
        add = 0.0 if measure in UNCORRECTED else DEFAULT_ADD
    return add_to_counts(counts, add, to)


def _estimable(yi: Array, vi: Array) -> Effects:
    """Both NaN where either is not a finite number."""
    usable = np.isfinite(yi) & np.isfinite(vi)
    return np.where(usable, yi, np.nan), np.where(usable, vi, np.nan)


def _mean_by_size(values: Array, sizes: Array) -> Any:
    known = np.isfinite(values) & np.isfinite(sizes)
    return np.average(values[known], weights=sizes[known]) if known.any() else np.nan


def _odds_ratio(a: Array, b: Array, c: Array, d: Array) -> Effects:
    return np.log(a) + np.log(d) - np.log(b) - np.log(c), 1 / a + 1 / b + 1 / c + 1 / d


def _risk_ratio(a: Array, b: Array, c: Array, d: Array) -> Effects:
    n1, n2 = a + b, c + d
    return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2


def _risk_difference(a: Array, b: Array, c: Array, d: Array) -> Effects:
    n1, n2 = a + b, c + d
    return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3


def _peto(a: Array, b: Array, c: Array, d: Array) -> Effects:
    n1, n2, events, others = a + b, c + d, a + c, b + d
    total = n1 + n2
    variance = n1 * n2 * events * others / (total**2 * (total - 1))
    return (a - n1 * events / total) / variance, 1 / variance


def _arcsine(a: Array, b: Array, c: Array, d: Array) -> Effects:
    n1, n2 = a + b, c + d
    return np.arcsin(np.sqrt(a / n1)) - np.arcsin(np.sqrt(c / n2)), 1 / (4 * n1) + 1 / (4 * n2)


def _phi(a: Array, b: Array, c: Array, d: Array) -> Effects:
    n1, n2, events, others = a + b, c + d, a + c, b + d
    root = np.sqrt(n1 * n2 / (events * others))
    p1, p2 = a / n1, c / n2
    # Slopes of (p1 - p2) * root by p1 and p2: the margin of events, below the root, moves with both.
    lean = (p1 - p2) * (others - events) / (2 * events * others)
    slope_1, slope_2 = root * (1 - n1 * lean), root * (-1 - n2 * lean)
    return (p1 - p2) * root, slope_1**2 * p1 * (1 - p1) / n1 + slope_2**2 * p2 * (1 - p2) / n2


def _pooled_variance(s1: Array, n1: Array, s2: Array, n2: Array) -> Array:
    return ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)


def hedges_correction(df: Array) -> Array:
    """Gamma ratio that removes the small-sample bias of a standardised mean difference; NaN below 2 df."""
    half = np.where(df > 1, df, np.nan) / 2
    return np.exp(_log_gamma(half) - np.log(half) / 2 - _log_gamma(half - 0.5))


def _log_gamma(values: Array) -> Array:
    return np.array([math.lgamma(value) for value in values], dtype=float)


def _mean_difference(vtype: str, m1: Array, s1: Array, n1: Array, m2: Array, s2: Array, n2: Array) -> Effects:
    if vtype == "HO":
        return m1 - m2, _pooled_variance(s1, n1, s2, n2) * (1 / n1 + 1 / n2)
    return m1 - m2, s1**2 / n1 + s2**2 / n2


def _standardised(vtype: str, m1: Array, s1: Array, n1: Array, m2: Array, s2: Array, n2: Array) -> Effects:
    n, df = n1 + n2, n1 + n2 - 2
    d = (m1 - m2) / np.sqrt(_pooled_variance(s1, n1, s2, n2))
    correction = hedges_correction(df)
    g = correction * d
    equal_means = 1 / n1 + 1 / n2
    if vtype == "LS2":
        return g, correction**2 * (equal_means + d**2 / (2 * n))
    if vtype == "UB":
        return g, equal_means + (1 - (df - 2) / (df * correction**2)) * g**2
    typical = _mean_by_size(g, n) if vtype == "AV" else g
    return g, equal_means + typical**2 / (2 * n)


def _standardised_unequal(_: str, m1: Array, s1: Array, n1: Array, m2: Array, s2: Array, n2: Array) -> Effects:
    variance = (s1**2 + s2**2) / 2
    correction = hedges_correction(n1 + n2 - 2)
    g = correction * (m1 - m2) / np.sqrt(variance)
    fourth = s1**4 / (n1 - 1) + s2**4 / (n2 - 1)
    second = s1**2 / (n1 - 1) + s2**2 / (n2 - 1)
    return g, correction**2 * (g**2 * fourth / (8 * variance**2) + second / variance)


def _ratio_of_means(vtype: str, m1: Array, s1: Array, n1: Array, m2: Array, s2: Array, n2: Array) -> Effects:
    if vtype == "HO":
        s1 = s2 = np.sqrt(_pooled_variance(s1, n1, s2, n2))
    return np.log(m1 / m2), s1**2 / (n1 * m1**2) + s2**2 / (n2 * m2**2)


def _bias_of_log_ratio(m1: Array, s1: Array, n1: Array, m2: Array, s2: Array, n2: Array) -> Array:
    """What the log ratio of means lacks in small samples."""
    return (s1**2 / (n1 * m1**2) - s2**2 / (n2 * m2**2)) / 2


def _double_arcsine(x: Array, n: Array) -> Effects:
    return (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2, 1 / (4 * n + 2)


_TWO_BY_TWO = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
    "PETO": _peto,
    "AS": _arcsine,
    "PHI": _phi,
}
_MEANS = {"MD": _mean_difference, "SMD": _standardised, "SMDH": _standardised_unequal, "ROM": _ratio_of_means}
_VTYPES = {
    "MD": ("LS", "HO"),
    "SMD": ("LS", "LS2", "UB", "AV"),
    "SMDH": ("LS",),
    "ROM": ("LS", "HO"),
    "ZCOR": ("LS",),
    "COR": ("LS", "AV"),
}
_PROPORTIONS = {
    "PR": lambda x, n: (x / n, x * (n - x) / n**3),
    "PLN": lambda x, n: (np.log(x / n), 1 / x - 1 / n),
    "PLO": lambda x, n: (np.log(x) - np.log(n - x), 1 / x + 1 / (n - x)),
    "PAS": lambda x, n: (np.arcsin(np.sqrt(x / n)), 1 / (4 * n)),
    "PFT": _double_arcsine,
}
_SINGLE_RATES = {
    "IR": lambda x, t: (x / t, x / t**2),
    "IRLN": lambda x, t: (np.log(x / t), 1 / x),
    "IRS": lambda x, t: (np.sqrt(x / t), 1 / (4 * t)),
    "IRFT": lambda x, t: ((np.sqrt(x / t) + np.sqrt((x + 1) / t)) / 2, 1 / (4 * t)),
}
_RATE_SCALES = {"IRR": "IRLN", "IRD": "IR", "IRSD": "IRS"}
_FAMILIES: dict[str, Callable[..., Effects]] = {
    function.__name__: function
    for function in (two_by_two, means, correlations, proportions, rates, single_rates, generic)
}
