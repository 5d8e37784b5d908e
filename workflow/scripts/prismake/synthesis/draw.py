"""The figures of one outcome, drawn from its analyses."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..config import Comparison, Moderator, Outcome, Synthesis
from ..figures import message, save
from ..tables import is_estimate, whole
from ..wording import counted, given, lower_first, percent
from .analyses import Analysis, SubgroupAnalysis
from .draw_further import Plot, Shown, cumulative_labels, further_plots
from .effects import MEASURES
from .further import Further
from .plots.baujat import BaujatPlot, baujat
from .plots.bubble import BubblePlot, bubble
from .plots.forest import NOTHING, forest
from .plots.forest_data import MARKED, ForestArm, ForestPlot, ForestRow, ForestSubgroup, ForestSummary
from .plots.funnel import FunnelPlot, funnel
from .plots.gosh_plot import GoshPlot, gosh_plot
from .plots.influence import InfluencePlot, influence_plot
from .plots.labbe import LabbePlot, labbe
from .plots.radial import RadialPlot, radial
from .read_back import analyses_in, further_in
from .words import favours, heterogeneity_line, method_name, overall_line, subgroup_line, unit_words

Row = dict[str, Any]


def draw(
    synthesis: Path,
    outcome: Outcome,
    comparison: Comparison | None,
    settings: Synthesis,
    moderators: dict[str, Moderator],
    out: Path,
) -> None:
    """Draw the forest plot and every figure of `settings.figures` as SVG and PNG.

    Where the data do not allow a figure, its file says why, so that the files of an outcome are always the same;
    ``figures.json`` names those that show data, without endings.

    Parameters
    ----------
    synthesis : Path
        The ``synthesis.json`` of the outcome.
    outcome, comparison, settings, moderators
        From the configuration; no comparison for a measure of one group.
    out : Path
        The folder.
    """
    said = json.loads(synthesis.read_text(encoding="utf-8"))
    drawn = _draw(out, said["studies"], analyses_in(said), further_in(said), outcome, comparison, settings, moderators)
    with whole(out / "figures.json") as part:
        part.write_text(json.dumps(drawn, indent=1) + "\n", encoding="utf-8")


def _draw(
    folder: Path,
    studies: list[Row],
    analyses: dict[str, Any],
    found: Further,
    outcome: Outcome,
    comparison: Comparison | None,
    settings: Synthesis,
    moderators: dict[str, Moderator],
) -> list[str]:
    """Draw every figure; returns the names of those that show data."""
    main: Analysis | None = analyses["main"]
    pooled = [row for row in studies if row["use"] == "main" and row["estimable"]]
    drawn = []

    def place(name: str, plot: ForestPlot | FunnelPlot | Plot | None, title: str, why_not: str) -> None:
        if plot is None:
            save(message(title, why_not), folder / name, title)
            return
        _WRITERS[type(plot)](plot, folder / name)
        drawn.append(name)

    plot = _main_forest(studies, analyses, outcome, comparison, settings) if studies else None
    place("forest", plot, outcome.label, NOTHING)
    if "funnel" in settings.figures:
        is_enough = main is not None and len(pooled) >= settings.funnel_from
        place(
            "funnel",
            _funnel(pooled, main, found, outcome, settings) if is_enough else None,
            f"{outcome.label}: funnel plot",
            f"A funnel plot is drawn from {settings.funnel_from} studies on; the main analysis has {len(pooled)}.",
        )
    if "leave_one_out" in settings.figures:
        place(
            "leave_one_out",
            _leave_one_out(analyses, outcome, comparison, settings) if analyses["leave_one_out"] else None,
            f"{outcome.label}: leave one out",
            f"Studies are left out in turn from three studies on; the main analysis has {len(pooled)}.",
        )
    for subgroup in analyses["subgroups"] if "subgroups" in settings.figures else ():
        title = f"{outcome.label} by {lower_first(subgroup.label)}"
        plot = _by_subgroup(title, pooled, subgroup, main, outcome, comparison, settings) if subgroup.levels else None
        place(f"subgroup_{subgroup.key}", plot, title, f"Not run: {subgroup.why_not}.")
    if "cumulative" in settings.figures:
        plot = _cumulative(pooled, main, found, outcome, comparison, settings) if found.cumulative and main else None
        title = f"{outcome.label}: cumulative analysis"
        place("cumulative", plot, title, f"Not drawn: {found.cumulative_why_not or 'the main model gave no result'}.")
    for name, further_plot, title, why_not in further_plots(
        Shown(pooled, main, found, outcome, comparison, settings, moderators)
    ):
        place(name, further_plot, title, why_not)
    return drawn


_WRITERS: dict[type, Callable[[Any, Path], None]] = {
    ForestPlot: forest,
    FunnelPlot: funnel,
    BaujatPlot: baujat,
    BubblePlot: bubble,
    GoshPlot: gosh_plot,
    InfluencePlot: influence_plot,
    LabbePlot: labbe,
    RadialPlot: radial,
}
"""Each kind of plot, and what writes it."""


CONTOURS = (0.1, 0.05, 0.01)
"""Two-sided p-values whose regions a funnel plot shades: Peters 2008, doi 10.1016/j.jclinepi.2007.11.010."""


def _funnel(pooled: list[Row], main: Analysis, found: Further, outcome: Outcome, settings: Synthesis) -> FunnelPlot:
    measure = MEASURES[outcome.measure]
    yi, sei = ([row[name] for row in pooled] for name in ("yi", "sei"))
    name = (
        f"{measure.name} (scale of {outcome.measure})" if outcome.one_arm and outcome.measure != "PR" else measure.name
    )
    filled = next((one for one in found.adjusted if one.analysis == "trim_and_fill" and one.filled), None)
    return FunnelPlot(
        outcome.label,
        name,
        measure.ratio,
        yi,
        sei,
        main.yi,
        settings.level,
        contours=() if outcome.one_arm else CONTOURS,
        filled_yi=filled.filled_yi if filled else (),
        filled_sei=[math.sqrt(v) for v in filled.filled_vi] if filled else (),
        filled_estimate=filled.yi if filled else None,
    )


def _base(title: str, outcome: Outcome, comparison: Comparison | None, settings: Synthesis) -> dict[str, Any]:
    measure = MEASURES[outcome.measure]
    unit = unit_words(outcome.measure, outcome.unit).strip()
    return {
        "title": title,
        "measure": f"{measure.name} ({unit})" if unit else measure.name,
        "ratio": measure.ratio,
        "compares": not outcome.one_arm,
        "favours": favours(outcome, comparison),
        "level": settings.level,
    }


def _figures(outcome: Outcome) -> dict[str, str]:
    """The figures of an arm that a forest plot shows, and their headings."""
    if "sd" in outcome.figures:
        return {"mean": "Mean", "sd": "SD", "n": "Total"}
    if "time" in outcome.figures:
        return {"events": "Events", "time": "Person-time"}
    return {"events": "Events", "n": "Total"} if "events" in outcome.figures else {"n": "Total"}


def _columns(outcome: Outcome, comparison: Comparison | None) -> tuple[ForestArm, ...]:
    arms = (comparison.intervention, comparison.comparator) if comparison else ("",)
    return tuple(ForestArm(arm, tuple(_figures(outcome).values())) for arm in arms)


def _cells(row: Row, outcome: Outcome) -> tuple[str, ...]:
    """The figures of the arms; of an estimate that a study reports as such, the people of each."""
    return tuple(_cell(row, figure, arm) for arm in outcome.arms for figure in _figures(outcome))


def _cell(row: Row, figure: str, arm: int) -> str:
    value = row.get(f"{figure}_{arm}")
    if value is None or (is_estimate(row) and figure != "n"):
        return "–" if is_estimate(row) else ""
    return given(value) if figure in ("mean", "sd") else counted(value)


def _study(row: Row, outcome: Outcome, weight: float | None, sensitivity: bool) -> ForestRow:
    marks = tuple(row[f"bias_{domain}"] or None for domain in MARKED)
    return ForestRow(
        label=row["result_label"] + (" (scale reversed)" if row.get("reversed") else ""),
        cells=_cells(row, outcome),
        estimate=row["effect"],
        ci_low=row["ci_low"],
        ci_high=math.inf if row["estimable"] and row["ci_high"] is None else row["ci_high"],
        weight=weight,
        bias=marks if any(marks) else (),
        sensitivity=sensitivity,
    )


def _summary(analysis: Analysis, label: str, cells: tuple[str, ...] = (), weight: float | None = None) -> ForestSummary:
    return ForestSummary(label, *analysis.ends, analysis.estimate, cells, weight)


def _totals(rows: list[Row], outcome: Outcome, pooled: Analysis) -> tuple[str, ...]:
    """Sums over the arms; none where a study gives several results, of which people may be the same."""
    if pooled.three_levels:
        return ()
    return tuple(_total(rows, figure, arm) for arm in outcome.arms for figure in _figures(outcome))


def _total(rows: list[Row], figure: str, arm: int) -> str:
    """A sum over an arm; none of means, and none where a study does not give the figure."""
    values = [row.get(f"{figure}_{arm}") for row in rows]
    return "" if figure in ("mean", "sd") or None in values else counted(sum(values))


def _main_forest(
    studies: list[Row], analyses: dict[str, Any], outcome: Outcome, comparison: Comparison | None, settings: Synthesis
) -> ForestPlot:
    main: Analysis | None = analyses["main"]
    pooled = [row for row in studies if row["use"] == "main" and row["estimable"]]
    weights = dict(zip((row["result_id"] for row in pooled), main.weights, strict=True)) if main else {}
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
    if main is not None and main.prediction is not None:
        prediction = ForestSummary(f"{percent(settings.level)} prediction interval", *main.prediction)
    several = main is not None and main.results > 1
    return ForestPlot(
        **_base(outcome.label, outcome, comparison, settings),
        columns=_columns(outcome, comparison),
        rows=rows,
        subgroups=(ForestSubgroup("Only in the sensitivity analysis", kept),) if kept else (),
        overall=_summary(main, method_name(main), _totals(pooled, outcome, main), 100.0) if main and several else None,
        prediction=prediction,
        further=tuple(further),
        notes=_notes(main, outcome) if main and several else (),
    )


def _notes(main: Analysis, outcome: Outcome) -> tuple[str, ...]:
    """Lines below the pooled estimate. A proportion is not tested: it has no value of no effect."""
    return (heterogeneity_line(main),) if outcome.one_arm else (heterogeneity_line(main), overall_line(main))


def _leave_one_out(
    analyses: dict[str, Any], outcome: Outcome, comparison: Comparison | None, settings: Synthesis
) -> ForestPlot:
    main: Analysis = analyses["main"]
    rows = tuple(ForestRow(one.label, (), one.estimate, *one.ends) for one in analyses["leave_one_out"])
    title = f"{outcome.label}: leave one out"
    return ForestPlot(
        **_base(title, outcome, comparison, settings),
        rows=rows,
        overall=_summary(main, "All studies"),
        heading="Study left out",
    )


def _cumulative(
    rows: list[Row],
    main: Analysis,
    found: Further,
    outcome: Outcome,
    comparison: Comparison | None,
    settings: Synthesis,
) -> ForestPlot:
    labels = cumulative_labels(rows)
    lines = tuple(
        ForestRow(labels[one.key], (), one.estimate, *one.ends) for one in found.cumulative if not one.why_not
    )
    title = f"{outcome.label}: cumulative analysis"
    base = _base(title, outcome, comparison, settings)
    return ForestPlot(**base, rows=lines, overall=_summary(main, "All studies"), heading="Study added")


def _by_subgroup(
    title: str,
    studies: list[Row],
    subgroup: SubgroupAnalysis,
    main: Analysis | None,
    outcome: Outcome,
    comparison: Comparison | None,
    settings: Synthesis,
) -> ForestPlot:
    blocks = []
    for level in subgroup.levels:
        rows = [row for row in studies if row[f"group_{subgroup.key}"] == level.label]
        drawn = tuple(
            _study(row, outcome, weight, sensitivity=False) for row, weight in zip(rows, level.weights, strict=True)
        )
        summary = _summary(level, method_name(level), _totals(rows, outcome, level))
        blocks.append(ForestSubgroup(level.label, drawn, summary, (heterogeneity_line(level),)))
    return ForestPlot(
        **_base(title, outcome, comparison, settings),
        columns=_columns(outcome, comparison),
        subgroups=tuple(blocks),
        overall=_summary(main, "All studies of the main analysis", _totals(studies, outcome, main)) if main else None,
        notes=(subgroup_line(subgroup),),
    )
