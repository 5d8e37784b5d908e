"""Several results of one study in one synthesis: how their sampling errors vary together, and pooling them.

Results of one study depend on each other: they share a comparator, or are of the same people at other time points or in
other units of analysis, and what makes studies differ moves all results of one. The three-level model holds both:
V, the covariance of sampling errors, and a variance between and within studies (Konstantopoulos 2011,
doi 10.1002/jrsm.35).
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config.measures import ADDED_TO
from ..problems import InputError, Problem
from ..tables import is_estimate
from .effects import Array, add_to_counts
from .inference import quantile, wald
from .model import Fit, random_effects
from .multivariate import MultivariateFit, fit_multivariate, nested
from .robust import robust
from .tau2 import NAN

if TYPE_CHECKING:
    from ..config import Outcome, Synthesis

Row = dict[str, Any]

_SINGULAR = 1e-9
"""Smallest eigenvalue of the correlations within a study at which its results determine each other."""

_ROBUST_FROM = 4
"""Degrees of freedom from which a cluster-robust test is used."""


ONE_EACH = "a study gives several results, of which this analysis takes one"
"""Why an analysis of one result a study is not run."""


def studies_in(rows: list[Row]) -> int:
    """The number of studies that results come from."""
    return len({row["study_id"] for row in rows})


def one_each(rows: list[Row], settings: "Synthesis") -> str:
    """Why an analysis that takes one result a study cannot take these, or an empty string."""
    modelled = settings.dependent != "error"  # else a comparator was divided, and each result counts as a study
    return ONE_EACH if modelled and studies_in(rows) < len(rows) else ""


def pool(rows: list[Row], outcome: "Outcome", settings: "Synthesis") -> Fit:
    """Pool results as a review's configuration says: by the three-level model where a study gives several of them.

    Parameters
    ----------
    rows : list of dict
        Estimable results, as `prismake.synthesis.study_effects.effects` gives them.

    Returns
    -------
    Fit
        `random_effects` where each study gives one result, or `settings.dependent` is error. Otherwise the three-level
        model: `k` is the number of studies, `weights` has one entry a result (its row of the inverse covariance,
        summed), `tau2` is the sum of `tau2_between` and `tau2_within`. Its test is t with k - 1 degrees of freedom, as
        studies are what is independent; with dependent robust, CR2 with Satterthwaite's where these are at least 4, below
        which its P values cannot be trusted (Tipton 2015, doi 10.1037/met0000011). Wald intervals, and those of a single
        study, are normal.

    Raises
    ------
    InputError
        Where results of a study determine each other, so that their covariance is singular.
    NotConverged
    """
    if settings.dependent == "error" or studies_in(rows) == len(rows):
        return random_effects([row["yi"] for row in rows], [row["vi"] for row in rows], settings)
    groups = nested({"study": [row["study_id"] for row in rows], "result": [row["result_id"] for row in rows]})
    alone = studies_in(rows) == 1
    if alone:
        del groups["study"]  # one study has no variance between studies
    V = sampling_covariance(rows, outcome, settings)
    _check_each_adds(V, rows, outcome)
    found = fit_multivariate([row["yi"] for row in rows], V, groups, method=settings.method, level=settings.level)
    return _as_fit(found, V, [row["study_id"] for row in rows], settings)


def _check_each_adds(V: Array, rows: list[Row], outcome: "Outcome") -> None:
    """No result of a study may be known from its others: two arms of which all had the event, say, and no correction."""
    for study in dict.fromkeys(row["study_id"] for row in rows):
        own = [place for place, row in enumerate(rows) if row["study_id"] == study]
        deviations = np.sqrt(np.diag(V)[own])
        if np.linalg.eigvalsh(V[np.ix_(own, own)] / np.outer(deviations, deviations))[0] < _SINGULAR:
            found = f"results of {study} that determine each other ({', '.join(rows[i]['result_id'] for i in own)})"
            expected = "results of which each has a sampling error of its own"
            mend = "Leave one with pool yes, or let synthesis.zero_cells add to zero cells."
            raise InputError(Problem(outcome.file, found, expected, mend))


def sampling_covariance(rows: list[Row], outcome: "Outcome", settings: "Synthesis") -> Array:
    """V: the covariance of the sampling errors of results, shape (k, k), their variances on the diagonal.

    Two results of one study covary by the arms that they share: by the variance that the arm adds to both (Gleser &
    Olkin 2009, in The Handbook of Research Synthesis and Meta-Analysis, 2nd edition, chapter 19; for SMD with standard
    deviations pooled pair by pair). Where an arm is measured at another time point or in another unit, that is
    multiplied by `settings.correlation`. Where the share of an arm is not known (PETO, PHI, estimates reported as such),
    it is half of the variance.
    """
    parts = _parts(rows, outcome, settings)
    V = np.zeros((len(rows), len(rows)))
    for i, one in enumerate(rows):
        for j, two in enumerate(rows):
            if one["study_id"] == two["study_id"]:
                same = all(one[name] == two[name] for name in ("timepoint", "unit_of_analysis"))
                shared = sum(float(parts[i][arm] @ parts[j][arm]) for arm in parts[i].keys() & parts[j].keys())
                V[i, j] = shared * (1.0 if same else settings.correlation)
    # Other variances than the large-sample ones (LS2, UB) keep these correlations.
    vi = np.array([row["vi"] for row in rows])
    own = np.array([sum(float(part @ part) for part in of_row.values()) for of_row in parts])
    scale = np.sqrt(vi / own)
    V = V * np.outer(scale, scale)
    np.fill_diagonal(V, vi)
    return V


def _parts(rows: list[Row], outcome: "Outcome", settings: "Synthesis") -> list[dict[str, Array]]:
    """For each result, arm -> what the arm adds to its sampling error, as coefficients of independent errors of unit size.

    The products of the coefficients of two results, summed over the arms that they share, are their covariance.
    """
    counts = _counts(rows, outcome, settings)
    found = []
    for row, of_row in zip(rows, counts, strict=True):
        direction = -1.0 if row.get("reversed") else 1.0
        signs = {1: direction, 2: -direction}
        coefficients = {arm: _coefficients(row, outcome, arm, sign, of_row[arm]) for arm, sign in signs.items()}
        found.append({row[f"arm_{arm}"]: coefficients[arm] for arm in outcome.arms})
    return found


def _counts(rows: list[Row], outcome: "Outcome", settings: "Synthesis") -> list[dict[int, tuple[float, float]]]:
    """For each result, arm -> events, and people without the event or person-time, with what zero cells ask for."""
    arms, zero = outcome.arms, settings.zero_cells
    rest = "time" if "time" in outcome.figures else "n"
    if "events" not in outcome.figures:
        return [dict.fromkeys((1, 2), (NAN, NAN)) for _ in rows]
    columns = {
        name: np.array([NAN if row.get(name) is None else row[name] for row in rows], dtype=float)
        for arm in arms
        for name in (f"events_{arm}", f"{rest}_{arm}")
    }
    events = [columns[f"events_{arm}"] for arm in arms]
    others = [columns[f"{rest}_{arm}"] for arm in arms]
    if rest == "n":
        others = [size - count for size, count in zip(others, events, strict=True)]
    if outcome.measure in ADDED_TO:
        cells = add_to_counts([*events, *(others if rest == "n" else [])], zero.add, zero.to)
        events, others = cells[: len(arms)], cells[len(arms) :] or others
    blank = dict.fromkeys((1, 2), (NAN, NAN))
    return [
        blank | {arm: (float(events[g][i]), float(others[g][i])) for g, arm in enumerate(arms)}
        for i in range(len(rows))
    ]


def _coefficients(row: Row, outcome: "Outcome", arm: int, sign: float, counts: tuple[float, float]) -> Array:
    """Two coefficients: of the arm's mean, rate or share, and of its standard deviation."""
    measure = outcome.measure
    if outcome.one_arm:
        return np.array([math.sqrt(row["vi"]), 0.0])
    if is_estimate(row) or measure in ("PETO", "PHI"):
        return np.array([sign * math.sqrt(row["vi"] / 2), 0.0])
    if "sd" in outcome.figures:
        return _of_means(row, measure, arm, sign)
    events, others = counts
    total = events + others
    variance = {
        "OR": lambda: 1 / events + 1 / others,
        "RR": lambda: 1 / events - 1 / total,
        "RD": lambda: events * others / total**3,
        "AS": lambda: 1 / (4 * total),
        "IRR": lambda: 1 / events,
        "IRD": lambda: events / others**2,
    }[measure]()
    return np.array([sign * math.sqrt(variance), 0.0])


def _of_means(row: Row, measure: str, arm: int, sign: float) -> Array:
    mean, sd, n = (row[f"{name}_{arm}"] for name in ("mean", "sd", "n"))
    if measure == "MD":
        return np.array([sign * sd / math.sqrt(n), 0.0])
    if measure == "ROM":
        return np.array([sign * sd / (mean * math.sqrt(n)), 0.0])
    if measure == "SMD":
        return np.array([sign / math.sqrt(n), row["yi"] * math.sqrt(n / 2) / (row["n_1"] + row["n_2"])])
    variance = (row["sd_1"] ** 2 + row["sd_2"] ** 2) / 2
    of_mean = sd / math.sqrt((n - 1) * variance)
    return np.array([sign * of_mean, row["yi"] * sd**2 / (variance * math.sqrt(8 * (n - 1)))])


def _as_fit(found: MultivariateFit, V: Array, studies: list[str], settings: "Synthesis") -> Fit:
    k = len(set(studies))
    asked = "z" if settings.interval == "Wald" else "t"
    used, why = ("z", "one study") if k == 1 else (asked, "")
    df = math.inf if used == "z" else k - 1.0
    estimate = float(found.beta[0])
    se = math.sqrt(found.vcov[0, 0])
    if settings.dependent == "robust" and used == "t":
        tested = robust(found, studies, kind="CR2")
        if tested.df[0] < _ROBUST_FROM:
            why = f"a robust test would have fewer than {_ROBUST_FROM} degrees of freedom"
        else:
            used, df, se = "CR2", float(tested.df[0]), math.sqrt(tested.vcov[0, 0])
    tau2 = sum(found.sigma2.values())
    W = np.linalg.inv(found.M)
    weights = W.sum(axis=1) / W.sum()
    I2 = tau2 / (tau2 + _typical_variance(V))
    low, high = _prediction(estimate, se, tau2, k, settings)
    return Fit(
        **wald(estimate, se, df, settings.level),
        k=k,
        p=1,
        method=found.method,
        interval=asked,
        interval_used=used,
        interval_why=why,
        level=settings.level,
        beta=found.beta,
        vcov=np.array([[se**2]]),
        df=df,
        pi_low=low,
        pi_high=high,
        weights=100 * weights,
        s2=NAN,
        tau2=tau2,
        tau2_between=found.sigma2.get("study", NAN),
        tau2_within=tau2 - found.sigma2.get("study", 0.0),
        I2=100 * I2,
        H2=1 / (1 - I2),
        Q=found.QE,
        Q_df=found.QE_df,
        Q_pval=found.QE_pval,
    )


def _typical_variance(V: Array) -> float:
    """The typical sampling variance beside which I² sets tau²: Higgins & Thompson's, with a covariance."""
    W = np.linalg.inv(V)
    rows = W.sum(axis=1)
    return (len(V) - 1) / float(np.trace(W) - rows @ rows / rows.sum())


def _prediction(estimate: float, se: float, tau2: float, k: int, settings: "Synthesis") -> tuple[float, float]:
    """Where the true effect of a new study's result would lie, with k, the number of studies, for its degrees of freedom."""
    if k < settings.prediction.from_k:
        return NAN, NAN
    half = quantile(k - (1 if settings.prediction.df == "k-1" else 2), settings.level) * math.sqrt(tau2 + se**2)
    return estimate - half, estimate + half
