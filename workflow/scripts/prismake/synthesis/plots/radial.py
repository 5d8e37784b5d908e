"""Radial plots: standardised effect against precision, so that every study's effect is a slope from the origin.

After Galbraith RF. Technometrics 1988;30:271-81.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from ...chart import Axis, Chart, Key, check, shown
from ...figures import BLUE, PAPER, fit, line_height, message, save, style, text_width
from ...point_labels import place
from ...wording import number

_BAND = "#e3eef6"


@dataclass(frozen=True)
class RadialPlot:
    """All that a radial plot shows.

    Attributes
    ----------
    title, measure : str
        Heading, and the name of the measure.
    ratio : bool
        Whether effects are logarithms of ratios; the axis at the right then shows ratios.
    precision : sequence of float
        One over each study's standard error (in a random-effects model, over the root of its variance plus tau²).
    standardised : sequence of float
        Its effect times that precision.
    estimate, ci_low, ci_high : float
        The pooled effect with its interval, on the scale of analysis: slopes from the origin.
    z : float
        Half the height of the band around the pooled effect, in which studies are expected (1.96: 95 of 100).
    labels : sequence of str
        Names of the studies, written where there is room; empty: no names.
    """

    title: str
    measure: str
    ratio: bool
    precision: Sequence[float]
    standardised: Sequence[float]
    estimate: float
    ci_low: float
    ci_high: float
    z: float = 1.96
    labels: Sequence[str] = ()

    def __post_init__(self) -> None:
        series = {"precisions": self.precision, "standardised effects": self.standardised}
        check(series, self.labels, positive=["precisions"])
        check({"pooled effect with its interval": [self.estimate, self.ci_low, self.ci_high]})
        check({"band": [self.z]}, positive=["band"])


def radial(plot: RadialPlot, out_stem: str | Path) -> None:
    """Write a radial (Galbraith) plot as ``<out_stem>.svg`` and ``<out_stem>.png``.

    Without any study the figure says that there is nothing to plot.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite, or a precision or the band is not positive; raised where a
        `RadialPlot` is made.
    """
    save(draw_radial(plot), out_stem, plot.title)


@style()
def draw_radial(plot: RadialPlot) -> Figure:
    """The figure that `radial` writes."""
    if not len(plot.precision):
        return message(plot.title, "No study gives an effect with a standard error: there is nothing to plot.")
    furthest = 1.06 * max(plot.precision)
    ends = [*plot.standardised, -plot.z, plot.z, *(plot.estimate * furthest + side * plot.z for side in (-1, 1))]
    up = Axis.around("Effect / standard error", [*ends, plot.ci_low * furthest, plot.ci_high * furthest])
    across = Axis("1 / standard error", 0.0, furthest)
    effects = Axis(plot.measure, up.low / furthest, up.high / furthest, plot.ratio)
    ticks = effects.ticks(3.3, upright=True)
    name = fit(plot.measure, 1.3, bold=True, lines=4)
    room = 0.12 + max(0.0, *(text_width(label) for _, label in ticks), *(text_width(line, bold=True) for line in name))
    chart = Chart(plot.title, across, up, (4.1, 3.3), beside=room + 0.15)
    points = [(*chart.at(*study), 0.045) for study in zip(plot.precision, plot.standardised, strict=True)]
    pooled = [(0.0, 0.0), (furthest, plot.estimate * furthest)]
    labels = place(points, plot.labels, chart.frame, [[chart.at(*end) for end in pooled]])
    sheet = chart.open(_legend(plot), labels.notes)
    corners = [(x, plot.estimate * x + side * plot.z) for side, x in ((1, 0), (1, furthest), (-1, furthest), (-1, 0))]
    chart.area(corners, _BAND, name="band")
    chart.axes(grid=False)
    chart.curve(pooled, width=1.2, name="estimate")
    _draw_effects(chart, plot, ticks, name)
    for n, point in enumerate(points, 1):
        sheet.dot(*point, BLUE, PAPER, name=f"study-{n}")
    labels.draw(sheet)
    return sheet.figure


def _legend(plot: RadialPlot) -> list[Key]:
    pooled = (plot.ci_low, plot.estimate, plot.ci_high)
    low, estimate, high = (number(shown(value, plot.ratio)) for value in pooled)
    return [
        Key("Study", "dot", BLUE),
        Key(f"Pooled estimate, {estimate}", "line"),
        Key(f"Its interval, {low} to {high}", "line", BLUE),
        Key(f"Estimate ± {plot.z:.2f} standard errors of a study", "box", _BAND),
    ]


def _draw_effects(chart: Chart, plot: RadialPlot, ticks: list[tuple[float, str]], name: list[str]) -> None:
    """The axis on which lines from the origin through the studies show their effects, with the pooled interval."""
    sheet, x = chart.sheet, chart.right
    sheet.rule((x, chart.top), (x, chart.bottom))
    for along, label in ticks:
        y = chart.bottom - along
        sheet.rule((x, y), (x + 0.05, y))
        sheet.text(x + 0.09, y, label)
    furthest = chart.across.high
    ends = [chart.at(furthest, effect * furthest) for effect in (plot.ci_low, plot.ci_high)]
    sheet.rule(*ends, colour=BLUE, width=4.0, name="interval")
    sheet.lines(x + 0.09, chart.bottom + 0.1 + len(name) * line_height() / 2, name, bold=True)
