"""The analyses of one outcome: main, Wald, sensitivity, leave-one-out and subgroups, as plain values."""

import math
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from ..config import Outcome, Subgroup, Synthesis
from .dependence import one_each, studies_in
from .dependence import pool as fit_results
from .model import Fit, asked_interval, chosen_interval, compare
from .regression import CommonTau2, common_tau2_subgroups
from .study_effects import Row, back_of, on_scale, participants
from .tau2 import NotConverged


@dataclass(frozen=True)
class Analysis:
    """One pooled analysis, or with ``why_not`` one that gave no result. Effects are on the scale of the measure.

    None stands for what is not estimable or not known, and for an upper end beyond all numbers (`ends`, `prediction`).
    """

    key: str
    label: str
    k: int
    participants: float | None
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    pi_low: float | None = None
    pi_high: float | None = None
    stat: float | None = None
    df: float | None = None
    pval: float | None = None
    yi: float | None = None  # the estimate on the scale of analysis, and its standard error
    se: float | None = None
    tau2: float | None = None
    tau2_low: float | None = None
    tau2_high: float | None = None
    I2: float | None = None
    H2: float | None = None
    Q: float | None = None
    Q_df: int | None = None
    Q_pval: float | None = None
    method: str = ""
    interval: str = ""
    interval_why: str = ""
    measure: str = ""
    why_not: str = ""
    results: int = 0  # as many as studies, but where a study gives several: then the model has three levels
    tau2_between: float | None = None  # of that model, whose tau2 is the sum
    tau2_within: float | None = None
    weights: tuple[float, ...] = ()

    @property
    def three_levels(self) -> bool:
        """Whether results within studies were pooled."""
        return self.results > self.k

    @property
    def ends(self) -> tuple[float, float]:
        """The interval of an analysis that was run; an upper end that no number can hold is infinite."""
        assert self.ci_low is not None
        return self.ci_low, math.inf if self.ci_high is None else self.ci_high

    @property
    def prediction(self) -> tuple[float, float] | None:
        """The prediction interval, with such an upper end; None where there is none."""
        return None if self.pi_low is None else (self.pi_low, math.inf if self.pi_high is None else self.pi_high)


ANALYSIS_COLUMNS = [column for column in Analysis.__dataclass_fields__ if column != "weights"]


@dataclass(frozen=True)
class SubgroupAnalysis:
    """A subgroup analysis, run or not: then ``why_not`` says what is lacking."""

    key: str
    label: str
    known: int  # studies of which the characteristic is known
    unknown: int
    studies: dict[str, int]  # level -> studies
    levels: tuple[Analysis, ...] = ()
    Q_b: float | None = None
    df: int | None = None
    df2: float | None = None  # of an F test, whose Q_b is an F; a chi² test has none
    pval: float | None = None
    tau2: str = "separate"  # in each group, or common to all
    why_not: str = ""


def analyse(studies: list[Row], outcome: Outcome, settings: Synthesis, by: dict[str, Subgroup]) -> dict[str, Any]:
    """Run every analysis of an outcome.

    Parameters
    ----------
    studies : list of dict
        As `prismake.synthesis.study_effects.effects` gives them; ``use`` says which enter the main analysis and which
        only the sensitivity analysis.
    outcome, settings, by
        From the configuration.

    Returns
    -------
    dict
        ``main``, ``wald``, ``sensitivity``: `Analysis` or None; ``leave_one_out``: list of `Analysis`, one a study of the
        main analysis with all its results, from three studies on (one study left by itself tests nothing); ``subgroups``:
        list of `SubgroupAnalysis`, every one that the protocol names; ``not_run``: list of those `Analysis` of the others that
        gave no result, with the reason.
    """
    main = [row for row in studies if row["use"] == "main" and row["estimable"]]
    every = [row for row in studies if row["estimable"]]
    wald = settings.model_copy(update={"interval": "Wald"})
    found = {
        "main": pool("main", "Main analysis", main, outcome, settings) if main else None,
        "wald": pool("wald", "Wald interval", main, outcome, wald) if len(main) > 1 else None,
        "sensitivity": pool("sensitivity", "With studies kept for sensitivity", every, outcome, settings)
        if len(every) > len(main)
        else None,
    }
    left_out = _leave_one_out(main, outcome, settings)
    failed = [one for one in [*found.values(), *left_out] if one is not None and one.why_not]
    return {
        **{key: one if one is not None and not one.why_not else None for key, one in found.items()},
        "leave_one_out": [one for one in left_out if not one.why_not],
        "subgroups": [_subgroup(key, subgroup, main, outcome, settings) for key, subgroup in by.items()],
        "not_run": failed,
    }


def pool(key: str, label: str, rows: list[Row], outcome: Outcome, settings: Synthesis) -> Analysis:
    """Pool the effects of studies as the settings say; a fit that does not converge says so and has no number."""
    try:
        fitted = fit_results(rows, outcome, settings)
    except NotConverged as fault:
        return not_run(key, label, rows, outcome, f"did not converge ({fault})", settings.method)
    return from_fit(key, label, rows, fitted, outcome)


def not_run(key: str, label: str, rows: list[Row], outcome: Outcome, why_not: str, method: str) -> Analysis:
    """An analysis without a result, and why."""
    return Analysis(
        key,
        label,
        studies_in(rows),
        participants(rows, outcome),
        method=method,
        measure=outcome.measure,
        why_not=why_not,
    )


def plain(value: float) -> float | None:
    """A figure as JSON holds it: None where it is no number."""
    return float(value) if math.isfinite(value) else None


def in_measure(found: Any, measure: str, rows: list[Row]) -> dict[str, float | None]:
    """The estimate of a fit of these results and its interval, as the measure shows them."""
    back = back_of(measure, rows)
    return {name: on_scale(getattr(found, name), back) for name in ("estimate", "ci_low", "ci_high")}


def from_fit(key: str, label: str, rows: list[Row], fitted: Fit, outcome: Outcome) -> Analysis:
    """A fit of the effects of studies, on the scale of the measure."""
    back = back_of(outcome.measure, rows)

    def shown(value: float) -> float | None:
        return on_scale(value, back)

    return Analysis(
        key=key,
        label=label,
        k=fitted.k,
        participants=participants(rows, outcome, several=fitted.k < len(rows)),
        **in_measure(fitted, outcome.measure, rows),
        pi_low=shown(fitted.pi_low),
        pi_high=shown(fitted.pi_high),
        stat=plain(fitted.stat),
        df=plain(fitted.df),
        pval=plain(fitted.pval),
        yi=plain(fitted.estimate),
        se=plain(fitted.se),
        tau2=plain(fitted.tau2),
        tau2_low=plain(fitted.tau2_ci_low),
        tau2_high=plain(fitted.tau2_ci_high),
        I2=plain(fitted.I2),
        H2=plain(fitted.H2),
        Q=plain(fitted.Q),
        Q_df=int(fitted.Q_df),
        Q_pval=plain(fitted.Q_pval),
        method=fitted.method,
        interval=fitted.interval_used,
        interval_why=fitted.interval_why,
        measure=outcome.measure,
        results=len(rows),
        tau2_between=plain(fitted.tau2_between),
        tau2_within=plain(fitted.tau2_within),
        weights=tuple(float(weight) for weight in fitted.weights),
    )


def _leave_one_out(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Analysis]:
    if studies_in(rows) < 3:
        return []
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row["study_id"], row)
    return [
        pool(
            f"without:{row['result_id']}",
            row["label"],
            [other for other in rows if other["study_id"] != row["study_id"]],
            outcome,
            settings,
        )
        for row in first.values()
    ]


def _subgroup(key: str, subgroup: Subgroup, rows: list[Row], outcome: Outcome, settings: Synthesis) -> SubgroupAnalysis:
    known = [row for row in rows if row[f"group_{key}"]]
    named = sorted({row[f"group_{key}"] for row in known})
    bands = [band.label for band in subgroup.bands if band.label in named]
    by_level = {level: [row for row in known if row[f"group_{key}"] == level] for level in bands or named}
    counts = {level: studies_in(group) for level, group in by_level.items()}
    found = SubgroupAnalysis(
        key,
        subgroup.label,
        studies_in(known),
        studies_in(rows) - studies_in(known),
        counts,
        tau2=settings.subgroup_tau2,
    )
    enough = {level: group for level, group in by_level.items() if counts[level] >= settings.subgroup_studies}
    if len(enough) < 2:
        need = settings.subgroup_studies
        why = f"fewer than two groups with at least {need} {'study' if need == 1 else 'studies'}"
        return replace(found, why_not=why)
    if settings.subgroup_tau2 == "common" and (why := _no_common_tau2(known, enough, settings)):
        return replace(found, why_not=why)
    run = _with_common_tau2 if settings.subgroup_tau2 == "common" else _with_own_tau2
    try:
        return run(found, enough, outcome, settings)
    except NotConverged as fault:
        return replace(found, why_not=f"did not converge ({fault})")


def _no_common_tau2(known: list[Row], groups: dict[str, list[Row]], settings: Synthesis) -> str:
    """Why these groups cannot share a tau²; empty where they can."""
    if sum(map(len, groups.values())) <= len(groups):
        return "one study in each group, from which no common tau² can be estimated"
    return one_each(known, settings)


def _with_own_tau2(
    found: SubgroupAnalysis, groups: dict[str, list[Row]], outcome: Outcome, settings: Synthesis
) -> SubgroupAnalysis:
    test = compare({level: fit_results(group, outcome, settings) for level, group in groups.items()})
    levels = tuple(
        from_fit(f"{found.key}:{level}", level, groups[level], test.fits[level], outcome) for level in groups
    )
    return replace(found, levels=levels, Q_b=test.Q_b, df=test.df, pval=test.pval)


def _with_common_tau2(
    found: SubgroupAnalysis, groups: dict[str, list[Row]], outcome: Outcome, settings: Synthesis
) -> SubgroupAnalysis:
    """The groups as one regression, whose interval follows the same rules as that of the main analysis."""
    yi, vi, labels = _columns_of(groups)

    def fitted(interval: str) -> CommonTau2:
        return common_tau2_subgroups(yi, vi, labels, method=settings.method, interval=interval, level=settings.level)

    asked = "z" if settings.method == "EE" else asked_interval(settings)
    test = fitted(asked)
    used, why = chosen_interval(test.fit, settings)
    test = test if used == asked else fitted(used)
    levels = []
    for level, rows in groups.items():
        mean = test.groups[level]
        shares = np.array([1 / (row["vi"] + test.fit.tau2) for row in rows])
        levels.append(
            Analysis(
                key=f"{found.key}:{level}",
                label=level,
                k=len(rows),
                participants=participants(rows, outcome),
                **in_measure(mean, outcome.measure, rows),
                stat=mean.stat,
                df=None if math.isinf(test.fit.df) else test.fit.df,
                pval=mean.pval,
                yi=mean.estimate,
                se=mean.se,
                tau2=test.fit.tau2,
                method=test.fit.method,
                interval=used,
                interval_why=why,
                measure=outcome.measure,
                weights=tuple(float(share) for share in 100 * shares / shares.sum()),
            )
        )
    between = test.between
    df2 = None if math.isinf(between.df2) else between.df2
    return replace(found, levels=tuple(levels), Q_b=between.QM, df=between.df, df2=df2, pval=between.pval)


def _columns_of(groups: dict[str, list[Row]]) -> tuple[list[float], list[float], list[str]]:
    """Effects, variances and group of every study."""
    rows = [(row["yi"], row["vi"], level) for level, group in groups.items() for row in group]
    yi, vi, labels = zip(*rows, strict=True)
    return list(yi), list(vi), list(labels)


def as_json(value: Any) -> Any:
    """Analyses as plain values for JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value
