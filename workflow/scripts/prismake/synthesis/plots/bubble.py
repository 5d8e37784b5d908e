"""Bubble plots: the effect against a moderator, with the line that meta-regression fits and its confidence band."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from ...chart import SEE_THROUGH, Axis, Chart, Key, check, radii
from ...figures import BLUE, INK, MUTED, message, save, style
from ...point_labels import place
from ...wording import percent

_BAND, _DASHED = "#dfe9f0", (0, (4, 3))


@dataclass(frozen=True)
class BubblePlot:
    """All that a bubble plot shows.

    Attributes
    ----------
    title, measure, moderator : str
        Heading, the name of the measure, and what the studies differ in (with its unit).
    ratio : bool
        Whether effects are logarithms of ratios; the axis then shows ratios.
    x, yi : sequence of float
        The moderator and the effect of each study, the effect on the scale of analysis.
    weights : sequence of float, or None
        Areas of the circles are in proportion to them.
    line_x, fitted, ci_low, ci_high : sequence of float
        The regression line with its confidence band, from left to right; empty: no line.
    prediction_low, prediction_high : sequence of float
        The prediction band at the same places; empty: none.
    level : float
        Level of the bands.
    labels : sequence of str
        Names of the studies, written where there is room; empty: no names.
    """

    title: str
    measure: str
    moderator: str
    ratio: bool
    x: Sequence[float]
    yi: Sequence[float]
    weights: Sequence[float] | None = None
    line_x: Sequence[float] = ()
    fitted: Sequence[float] = ()
    ci_low: Sequence[float] = ()
    ci_high: Sequence[float] = ()
    prediction_low: Sequence[float] = ()
    prediction_high: Sequence[float] = ()
    level: float = 0.95
    labels: Sequence[str] = ()

    def __post_init__(self) -> None:
        check({"moderators": self.x, "effects": self.yi, "weights": self.weights}, self.labels, positive=["weights"])
        line = {"places of the line": self.line_x, "fitted effects": self.fitted}
        check({**line, "lower limits": self.ci_low, "upper limits": self.ci_high})
        predicted = {"lower predictions": self.prediction_low, "upper predictions": self.prediction_high}
        check({**predicted, **(line if len(self.prediction_low) else {})})


def bubble(plot: BubblePlot, out_stem: str | Path) -> None:
    """Write a bubble plot as ``<out_stem>.svg`` and ``<out_stem>.png``.

    Without any study the figure says that there is nothing to plot.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite, or a weight is not positive; raised where a `BubblePlot` is made.
    """
    save(draw_bubble(plot), out_stem, plot.title)


@style()
def draw_bubble(plot: BubblePlot) -> Figure:
    """The figure that `bubble` writes."""
    if not len(plot.x):
        return message(plot.title, "No study gives an effect and the moderator: there is nothing to plot.")
    chart = _chart(plot)
    studies = zip(plot.x, plot.yi, radii(plot.weights, len(plot.x)), strict=True)
    points = [(*chart.at(x, y), radius) for x, y, radius in studies]
    line = list(zip(plot.line_x, plot.fitted, strict=True))
    labels = place(points, plot.labels, chart.frame, [[chart.at(*pair) for pair in line]])
    sheet = chart.open(_legend(plot), labels.notes)
    if line:
        upper, lower = (list(zip(plot.line_x, ends, strict=True)) for ends in (plot.ci_high, plot.ci_low))
        chart.area([*upper, *reversed(lower)], _BAND, name="band")
    chart.axes(grid=False)
    chart.level(0.0, colour=MUTED, dash=(0, (1, 2)), name="null")
    if line:
        chart.curve(line, width=1.2, name="line")
    for side, ends in (("low", plot.prediction_low), ("high", plot.prediction_high)):
        if len(ends):
            chart.curve(zip(plot.line_x, ends, strict=True), dash=_DASHED, name=f"prediction-{side}")
    for n in sorted(range(len(points)), key=lambda n: (-points[n][2], n)):
        sheet.dot(*points[n], SEE_THROUGH, BLUE, name=f"study-{n + 1}")
    labels.draw(sheet)
    return sheet.figure


def _chart(plot: BubblePlot) -> Chart:
    """Axes with room for studies, line, confidence band and no effect; a far wider prediction band is cut."""
    effects = [*plot.yi, *plot.fitted, *plot.ci_low, *plot.ci_high, 0.0]
    low, high = min(effects), max(effects)
    reach = (high - low) / 2
    effects += [min(max(end, low - reach), high + reach) for end in (*plot.prediction_low, *plot.prediction_high)]
    across = Axis.around(plot.moderator, [*plot.x, *plot.line_x])
    up = Axis.around(plot.measure + (" (log scale)" if plot.ratio else ""), effects, plot.ratio, pad=0.07)
    return Chart(plot.title, across, up)


def _legend(plot: BubblePlot) -> list[Key]:
    keys = [Key("Study" + (", area by weight" if plot.weights is not None else ""), "dot", SEE_THROUGH, BLUE)]
    if len(plot.line_x):
        keys += [Key("Meta-regression", "line", INK), Key(f"{percent(plot.level)} confidence band", "box", _BAND)]
    if len(plot.prediction_low):
        keys.append(Key(f"{percent(plot.level)} prediction band", "line", dash=_DASHED))
    return [*keys, Key("No effect", "line", MUTED, dash=(0, (1, 2)))]
