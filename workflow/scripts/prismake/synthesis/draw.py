"""The figures of one outcome, drawn from its analyses."""

from pathlib import Path
from typing import Any

from ..config import Comparison, Outcome, Synthesis
from .analyses import Analysis, SubgroupAnalysis
from .effects import MEASURES
from .forest import MARKED, ForestPlot, ForestRow, ForestSubgroup, ForestSummary, forest
from .funnel import funnel
from .words import favours, heterogeneity_line, method_name, overall_line

Row = dict[str, Any]


def draw(
    folder: Path,
    studies: list[Row],
    analyses: dict[str, Any],
    outcome: Outcome,
    comparison: Comparison,
    settings: Synthesis,
) -> list[str]:
    """Draw what the data allow, as SVG and PNG; return the names of the figures, without endings."""
    main: Analysis | None = analyses["main"]
    drawn = []
    if studies:
        forest(_main_forest(studies, analyses, outcome, comparison, settings), folder / "forest")
        drawn.append("forest")
    pooled = [row for row in studies if row["use"] == "main" and row["estimable"]]
    if main is not None and len(pooled) >= settings.funnel_from:
        measure = MEASURES[outcome.measure]
        funnel(
            [row["yi"] for row in pooled],
            [row["sei"] for row in pooled],
            main.yi,
            folder / "funnel",
            title=outcome.label,
            measure=measure.name,
            ratio=measure.ratio,
            level=settings.level,
        )
        drawn.append("funnel")
    if analyses["leave_one_out"]:
        forest(_leave_one_out(analyses, outcome, comparison, settings), folder / "leave_one_out")
        drawn.append("leave_one_out")
    for subgroup in analyses["subgroups"]:
        if subgroup.levels:
            name = f"subgroup_{subgroup.key}"
            forest(_by_subgroup(pooled, subgroup, outcome, comparison, settings), folder / name)
            drawn.append(name)
    return drawn


def _base(title: str, outcome: Outcome, comparison: Comparison, settings: Synthesis) -> dict[str, Any]:
    measure = MEASURES[outcome.measure]
    unit = f" ({outcome.unit})" if outcome.unit and outcome.measure == "MD" else ""
    return {
        "title": title,
        "measure": measure.name + unit,
        "ratio": measure.ratio,
        "favours": favours(outcome, comparison),
        "level": settings.level,
    }


def _columns(outcome: Outcome, comparison: Comparison) -> tuple[str, ...]:
    what = "events/n" if outcome.dichotomous else "mean (SD), n"
    return (f"{comparison.intervention}\n{what}", f"{comparison.comparator}\n{what}")


def _cells(row: Row, outcome: Outcome) -> tuple[str, ...]:
    if outcome.dichotomous:
        return tuple(f"{row[f'events_{arm}']:g}/{row[f'n_{arm}']:g}" for arm in (1, 2))
    return tuple(f"{row[f'mean_{arm}']:g} ({row[f'sd_{arm}']:g}), {row[f'n_{arm}']:g}" for arm in (1, 2))


def _study(row: Row, outcome: Outcome, weight: float | None, sensitivity: bool) -> ForestRow:
    marks = tuple(row[f"bias_{domain}"] or None for domain in MARKED)
    return ForestRow(
        label=row["label"],
        cells=_cells(row, outcome),
        estimate=row["effect"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        weight=weight,
        bias=marks if any(marks) else (),
        sensitivity=sensitivity,
    )


def _summary(analysis: Analysis, label: str, cells: tuple[str, ...] = (), weight: float | None = None) -> ForestSummary:
    assert analysis.ci_low is not None
    assert analysis.ci_high is not None
    return ForestSummary(label, analysis.ci_low, analysis.ci_high, analysis.estimate, cells, weight)


def _totals(rows: list[Row], outcome: Outcome) -> tuple[str, ...]:
    if outcome.dichotomous:
        return tuple(
            f"{sum(row[f'events_{arm}'] for row in rows):g}/{sum(row[f'n_{arm}'] for row in rows):g}" for arm in (1, 2)
        )
    return tuple(f"n = {sum(row[f'n_{arm}'] for row in rows):g}" for arm in (1, 2))


def _main_forest(
    studies: list[Row], analyses: dict[str, Any], outcome: Outcome, comparison: Comparison, settings: Synthesis
) -> ForestPlot:
    main: Analysis | None = analyses["main"]
    pooled = [row for row in studies if row["use"] == "main" and row["estimable"]]
    weights = dict(zip((row["result_id"] for row in pooled), main.weights if main else (), strict=True))
    rows = tuple(
        _study(row, outcome, weights.get(row["result_id"]), sensitivity=False)
        for row in studies
        if row["use"] == "main"
    )
    kept = tuple(_study(row, outcome, None, sensitivity=True) for row in studies if row["use"] == "sensitivity")
    further = []
    if analyses["sensitivity"] is not None:
        further.append(_summary(analyses["sensitivity"], "With studies kept for sensitivity"))
    if analyses["wald"] is not None and main is not None and main.interval != "z":
        further.append(_summary(analyses["wald"], "Wald interval"))
    prediction = None
    if main is not None and main.pi_low is not None and main.pi_high is not None:
        prediction = ForestSummary(f"{settings.level:.0%} prediction interval", main.pi_low, main.pi_high)
    several = main is not None and main.k > 1
    return ForestPlot(
        **_base(outcome.label, outcome, comparison, settings),
        columns=_columns(outcome, comparison),
        rows=rows,
        subgroups=(ForestSubgroup("Only in the sensitivity analysis", kept),) if kept else (),
        overall=_summary(main, method_name(main), _totals(pooled, outcome), 100.0) if main and several else None,
        prediction=prediction,
        further=tuple(further),
        notes=(heterogeneity_line(main), overall_line(main)) if main and several else (),
    )


def _leave_one_out(
    analyses: dict[str, Any], outcome: Outcome, comparison: Comparison, settings: Synthesis
) -> ForestPlot:
    main: Analysis = analyses["main"]
    rows = tuple(
        ForestRow(f"Without {one.label}", (), one.estimate, one.ci_low, one.ci_high)
        for one in analyses["leave_one_out"]
    )
    title = f"{outcome.label}: leave one out"
    return ForestPlot(**_base(title, outcome, comparison, settings), rows=rows, overall=_summary(main, "All studies"))


def _by_subgroup(
    studies: list[Row], subgroup: SubgroupAnalysis, outcome: Outcome, comparison: Comparison, settings: Synthesis
) -> ForestPlot:
    blocks = []
    for level in subgroup.levels:
        rows = [row for row in studies if row[f"group_{subgroup.key}"] == level.label]
        drawn = tuple(
            _study(row, outcome, weight, sensitivity=False) for row, weight in zip(rows, level.weights, strict=True)
        )
        summary = _summary(level, method_name(level), _totals(rows, outcome))
        blocks.append(ForestSubgroup(level.label, drawn, summary, (heterogeneity_line(level),)))
    return ForestPlot(
        **_base(f"{outcome.label} by {subgroup.label[0].lower()}{subgroup.label[1:]}", outcome, comparison, settings),
        columns=_columns(outcome, comparison),
        subgroups=tuple(blocks),
        notes=(f"Test for subgroup differences: Q = {subgroup.Q_b:.2f}, df = {subgroup.df}, p = {subgroup.pval:.3f}",),
    )
