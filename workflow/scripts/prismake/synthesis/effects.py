"""Effect sizes and their sampling variances, under the names, defaults and argument names of metafor's ``escalc``.

Every function takes one-dimensional columns of equal length k (a number stands for a column of one row) and returns
``(yi, vi)``, two float arrays of shape (k,): the effect on the scale on which it is pooled, and its sampling variance.
A row with a missing (NaN) input, or whose effect cannot be estimated, is NaN in both. A value that no study can have
(more events than people, a negative standard deviation) raises ``ValueError`` naming column and row, counted from 1.

Sources: Viechtbauer 2010 (doi 10.18637/jss.v036.i03) for names and defaults; the source of each formula stands with it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..columns import equal_columns, reject
from .formulas import (
    MEANS,
    PROPORTIONS,
    RATE_SCALES,
    SINGLE_RATES,
    TWO_BY_TWO,
    Array,
    Effects,
    bias_of_log_ratio,
    hedges_correction,
    hypergeometric,
    mean_by_size,
)

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


def inverse_double_arcsine(yi: ArrayLike, n: ArrayLike) -> Any:
    """The proportion among `n` people whose double arcsine (PFT) is `yi`: Miller 1978.

    Source: doi 10.1080/00031305.1978.10479283; metafor's `transf.ipft`. Of a pooled value, `n` is the harmonic mean of the
    studies' sizes (`transf.ipft.hm`). Values beyond those of no event and of nothing but events are 0 and 1.
    """
    yi, n = np.asarray(yi, dtype=float), np.asarray(n, dtype=float)
    none, _ = PROPORTIONS["PFT"](np.zeros_like(n), n)
    every, _ = PROPORTIONS["PFT"](n, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        sine = np.sin(2 * yi)
        root = np.sqrt(1 - (sine + (sine - 1 / sine) / n) ** 2)
        inside = (1 - np.sign(np.cos(2 * yi)) * root) / 2
    return np.where(yi < none, 0.0, np.where(yi > every, 1.0, inside))


def _squared(yi: ArrayLike) -> Any:
    return np.maximum(yi, 0) ** 2


@dataclass(frozen=True)
class Measure:
    """What an effect measure is called, which figures it is made from, and how it is shown.

    `ratio` is true for comparisons pooled as logarithms, whose line of no effect is 1. `back` takes pooled values to
    the scale that readers know. For the double arcsine measures it is the limit for large samples: `inverse_double_arcsine`
    is exact where the size is known.
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
    "UCOR": Measure("Correlation", "correlations"),
    "MC": Measure("Mean change", "paired_means"),
    "SMCC": Measure("Standardised mean change (by the SD of changes)", "paired_means"),
    "SMCR": Measure("Standardised mean change (by the SD of the first measurement)", "paired_means"),
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
        `means`, `paired_means`, `correlations`, `proportions`, `rates`, `single_rates`, `generic`; with the options of that
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
    _one_of("measure", measure, TWO_BY_TWO)
    cells = check_two_by_two(ai=ai, bi=bi, ci=ci, di=di)
    a, b, c, d = cells.values()
    uninformative = ((a == 0) & (c == 0)) | ((b == 0) & (d == 0))
    counts = _corrected(measure, list(cells.values()), uninformative, add, to, drop00)
    with np.errstate(all="ignore"):
        return _estimable(*TWO_BY_TWO[measure](*counts))


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
    _one_of("measure", measure, MEANS)
    _one_of("vtype", vtype, _VTYPES[measure])
    groups = equal_columns(m1i=m1i, sd1i=sd1i, n1i=n1i, m2i=m2i, sd2i=sd2i, n2i=n2i)
    for name in ("sd1i", "sd2i"):
        reject(groups[name] < 0, "a negative standard deviation", groups, name)
    for name in ("n1i", "n2i"):
        reject(groups[name] <= 0, "no people", groups, name)
    if correct and measure != "ROM":
        raise ValueError(f"correct belongs to ROM; measure is {measure}, which has its own correction or none")
    with np.errstate(all="ignore"):
        yi, vi = MEANS[measure](vtype, *groups.values())
        return _estimable(yi + bias_of_log_ratio(*groups.values()) if correct else yi, vi)


def paired_means(
    measure: str,
    m1i: ArrayLike,
    sd1i: ArrayLike,
    m2i: ArrayLike,
    sd2i: ArrayLike,
    ni: ArrayLike,
    ri: ArrayLike,
    *,
    vtype: str = "LS",
) -> Effects:
    """MC, SMCC or SMCR of two measurements of the same `ni` people, the first less the second; `ri` correlates them.

    SMCC divides by the standard deviation of the changes, SMCR by that of measurement 1 (so `sd2i` is not used there).
    Both have the exact correction of `hedges_correction` with ni - 1 degrees of freedom. `vtype` is 'LS', or 'LS2'
    (Borenstein 2009, equation 4.28), whose effect in the variance is the uncorrected one. Sources: Gibbons 1993
    (doi 10.3102/10769986018003271) for SMCC, Becker 1988 (doi 10.1111/j.2044-8317.1988.tb00901.x) for SMCR.
    """
    _one_of("measure", measure, ("MC", "SMCC", "SMCR"))
    _one_of("vtype", vtype, _VTYPES[measure])
    columns = equal_columns(m1i=m1i, sd1i=sd1i, m2i=m2i, sd2i=sd2i, ni=ni, ri=ri)
    for name in ("sd1i", "sd2i"):
        reject(columns[name] < 0, "a negative standard deviation", columns, name)
    reject(columns["ni"] <= 0, "no people", columns, "ni")
    reject(np.abs(columns["ri"]) > 1, "a correlation beyond -1 to 1", columns, "ri")
    m1, s1, m2, s2, n, r = columns.values()
    with np.errstate(all="ignore"):
        of_changes = s1**2 + s2**2 - 2 * r * s1 * s2
        if measure == "MC":
            return _estimable(m1 - m2, of_changes / n)
        d = (m1 - m2) / (np.sqrt(of_changes) if measure == "SMCC" else s1)
        correction = hedges_correction(n - 1)
        of_means = 1 / n if measure == "SMCC" else 2 * (1 - r) / n
        if vtype == "LS2":
            return _estimable(correction * d, correction**2 * (of_means + d**2 / (2 * n)))
        return _estimable(correction * d, of_means + (correction * d) ** 2 / (2 * n))


def correlations(measure: str, ri: ArrayLike, ni: ArrayLike, *, vtype: str = "LS") -> Effects:
    """ZCOR (Fisher's z), COR or UCOR (without its bias, n above 4), from correlations and at least 4 people.

    Of COR and UCOR, `vtype` 'AV' puts the mean correlation, weighted by people, in place of each study's own; 'UB' is
    the unbiased variance of UCOR. Sources: Olkin & Pratt 1958 (doi 10.1214/aoms/1177706717) for UCOR, Hedges 1989
    (doi 10.1037/0021-9010.74.3.469) for its variance.
    """
    _one_of("measure", measure, ("ZCOR", "COR", "UCOR"))
    _one_of("vtype", vtype, _VTYPES[measure])
    columns = equal_columns(ri=ri, ni=ni)
    reject(np.abs(columns["ri"]) > 1, "a correlation beyond -1 to 1", columns, "ri")
    reject(columns["ni"] <= 0, "no people", columns, "ni")
    r, n = columns["ri"], np.where(columns["ni"] > (4 if measure == "UCOR" else 3), columns["ni"], np.nan)
    with np.errstate(all="ignore"):
        if measure == "ZCOR":
            return _estimable(np.arctanh(r), 1 / (n - 3))
        y = r * hypergeometric(0.5, 0.5, (n - 2) / 2, 1 - r**2) if measure == "UCOR" else r
        if vtype == "UB":
            squared = 1 - (n - 3) / (n - 2) * (1 - r**2) * hypergeometric(
                1, 1, n / 2, 1 - r**2
            )  # of the true correlation
            return _estimable(y, y**2 - squared)
        typical = mean_by_size(y, columns["ni"]) if vtype == "AV" else y
        return _estimable(y, (1 - typical**2) ** 2 / (n - 1))


def proportions(measure: str, xi: ArrayLike, ni: ArrayLike, *, add: float | None = None, to: str = "only0") -> Effects:
    """PR (as it is), PLN (log), PLO (logit), PAS (arcsine) or PFT (double arcsine) of `xi` events among `ni` people.

    `add` goes to events and non-events, `to` as for `two_by_two`. Source of PFT: Freeman & Tukey 1950
    (doi 10.1214/aoms/1177729756).
    """
    _one_of("measure", measure, PROPORTIONS)
    columns = equal_columns(xi=xi, ni=ni)
    _reject_negative(columns)
    reject(columns["ni"] <= 0, "no people", columns, "ni")
    reject(columns["xi"] > columns["ni"], "more events than people", columns, "xi", "ni")
    x, rest = _corrected(measure, [columns["xi"], columns["ni"] - columns["xi"]], None, add, to)
    with np.errstate(all="ignore"):
        return _estimable(*PROPORTIONS[measure](x, x + rest))


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
    _one_of("measure", measure, RATE_SCALES)
    columns = check_rates(x1i=x1i, t1i=t1i, x2i=x2i, t2i=t2i)
    events = [columns["x1i"], columns["x2i"]]
    x1, x2 = _corrected(measure, events, (events[0] == 0) & (events[1] == 0), add, to, drop00)
    formula = SINGLE_RATES[RATE_SCALES[measure]]
    with np.errstate(all="ignore"):
        (y1, v1), (y2, v2) = formula(x1, columns["t1i"]), formula(x2, columns["t2i"])
        return _estimable(y1 - y2, v1 + v2)


def single_rates(measure: str, xi: ArrayLike, ti: ArrayLike, *, add: float | None = None, to: str = "only0") -> Effects:
    """IR (as it is), IRLN (log), IRS (square root) or IRFT (Freeman-Tukey) of `xi` events in person-time `ti`."""
    _one_of("measure", measure, SINGLE_RATES)
    columns = equal_columns(xi=xi, ti=ti)
    _reject_negative(columns)
    reject(columns["ti"] <= 0, "no person-time", columns, "ti")
    (x,) = _corrected(measure, [columns["xi"]], None, add, to)
    with np.errstate(all="ignore"):
        return _estimable(*SINGLE_RATES[measure](x, columns["ti"]))


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


_VTYPES = {
    "MD": ("LS", "HO"),
    "SMD": ("LS", "LS2", "UB", "AV"),
    "SMDH": ("LS",),
    "ROM": ("LS", "HO"),
    "MC": ("LS",),
    "SMCC": ("LS", "LS2"),
    "SMCR": ("LS", "LS2"),
    "ZCOR": ("LS",),
    "COR": ("LS", "AV"),
    "UCOR": ("LS", "AV", "UB"),
}
_FAMILIES: dict[str, Callable[..., Effects]] = {
    function.__name__: function
    for function in (two_by_two, means, paired_means, correlations, proportions, rates, single_rates, generic)
}
