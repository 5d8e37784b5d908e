"""The analyses of one outcome: main, Wald, sensitivity, leave-one-out and subgroups, as plain values."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from ..config import Outcome, Subgroup, Synthesis
from .effects import MEASURES
from .model import Fit, leave_one_out, random_effects, subgroups
from .study_effects import Row, on_scale, participants


@dataclass(frozen=True)
class Analysis:
    """One pooled analysis. Effects are on the scale of the measure: a ratio as a ratio.

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
    weights: tuple[float, ...] = ()

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
    pval: float | None = None
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
        main analysis, from three studies on (one study left by itself tests nothing); ``subgroups``: list of
        `SubgroupAnalysis`, every one that the protocol names.
    """
    main = [row for row in studies if row["use"] == "main" and row["estimable"]]
    every = [row for row in studies if row["estimable"]]
    wald = settings.model_copy(update={"interval": "Wald"})
    return {
        "main": _pool("main", "Main analysis", main, outcome, settings) if main else None,
        "wald": _pool("wald", "Wald interval", main, outcome, wald) if len(main) > 1 else None,
        "sensitivity": _pool("sensitivity", "With studies kept for sensitivity", every, outcome, settings)
        if len(every) > len(main)
        else None,
        "leave_one_out": _leave_one_out(main, outcome, settings),
        "subgroups": [_subgroup(key, subgroup, main, outcome, settings) for key, subgroup in by.items()],
    }


def _pool(key: str, label: str, rows: list[Row], outcome: Outcome, settings: Synthesis) -> Analysis:
    fitted = random_effects([row["yi"] for row in rows], [row["vi"] for row in rows], settings)
    return _said(key, label, rows, fitted, outcome)


def _said(key: str, label: str, rows: list[Row], fitted: Fit, outcome: Outcome) -> Analysis:
    back = MEASURES[outcome.measure].back

    def shown(value: float) -> float | None:
        return on_scale(value, back)

    def plain(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    return Analysis(
        key=key,
        label=label,
        k=fitted.k,
        participants=participants(rows, outcome),
        estimate=shown(fitted.estimate),
        ci_low=shown(fitted.ci_low),
        ci_high=shown(fitted.ci_high),
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
        weights=tuple(float(weight) for weight in fitted.weights),
    )


def _leave_one_out(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Analysis]:
    if len(rows) < 3:
        return []
    fits = leave_one_out([row["yi"] for row in rows], [row["vi"] for row in rows], settings)
    return [
        _said(f"without:{row['result_id']}", row["label"], [r for r in rows if r is not row], fitted, outcome)
        for row, fitted in zip(rows, fits, strict=True)
    ]


def _subgroup(key: str, subgroup: Subgroup, rows: list[Row], outcome: Outcome, settings: Synthesis) -> SubgroupAnalysis:
    known = [row for row in rows if row[f"group_{key}"]]
    named = sorted({row[f"group_{key}"] for row in known})
    bands = [band.label for band in subgroup.bands if band.label in named]
    by_level = {level: [row for row in known if row[f"group_{key}"] == level] for level in bands or named}
    counts = {level: len(group) for level, group in by_level.items()}
    found = SubgroupAnalysis(key, subgroup.label, len(known), len(rows) - len(known), counts)
    enough = {level: group for level, group in by_level.items() if len(group) >= settings.subgroup_studies}
    if len(enough) < 2:
        need = settings.subgroup_studies
        why = f"fewer than two groups with at least {need} {'study' if need == 1 else 'studies'}"
        return SubgroupAnalysis(**{**_shallow(found), "why_not": why})
    compared = [row for group in enough.values() for row in group]
    labels = [row[f"group_{key}"] for row in compared]
    test = subgroups([row["yi"] for row in compared], [row["vi"] for row in compared], labels, settings)
    levels = tuple(
        _said(f"{key}:{level}", str(level), enough[str(level)], fitted, outcome) for level, fitted in test.fits.items()
    )
    return SubgroupAnalysis(**{**_shallow(found), "levels": levels, "Q_b": test.Q_b, "df": test.df, "pval": test.pval})


def _shallow(found: SubgroupAnalysis) -> dict[str, Any]:
    return {name: getattr(found, name) for name in SubgroupAnalysis.__dataclass_fields__}


def as_json(value: Any) -> Any:
    """Analyses as plain values for JSON."""
    if isinstance(value, Analysis | SubgroupAnalysis):
        return asdict(value)
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value
