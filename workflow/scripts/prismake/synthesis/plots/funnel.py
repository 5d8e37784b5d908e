"""Funnel plots: effect against standard error, with the regions where an effect would differ from none by a test.

After Sterne JAC, Egger M. J Clin Epidemiol 2001;54:1046-55, and Peters JL et al. J Clin Epidemiol 2008;61:991-6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

from matplotlib.figure import Figure

from ...chart import Axis, Chart, Key, check, shown
from ...figures import BLUE, MUTED, PAPER, VERMILLION, message, save, style
from ...point_labels import place
from ...wording import number, percent

_SHADES = (PAPER, "#c9c9c9", "#dedede", "#efefef")
"""From where an effect is closest to none, outwards."""
_DASHED, _DOTTED = (0, (4, 3)), (0, (1, 1.5))


@dataclass(frozen=True)
class FunnelPlot:
    """All that a funnel plot shows.

    Attributes
    ----------
    title, measure : str
        Heading, and the name of the measure.
    ratio : bool
        Whether `yi` are logarithms of ratios; the axis then shows ratios.
    yi, sei : sequence of float
        Effects on the scale of analysis (a ratio's logarithm), and their standard errors.
    estimate : float or None
        The pooled effect on the same scale, around which the pseudo limits stand.
    level : float
        Level of the pseudo limits.
    contours : sequence of float
        Two-sided p values, the largest first, at most three, whose regions around no effect are shaded; empty: none.
    filled_yi, filled_sei : sequence of float
        Studies that trim and fill imputes, drawn hollow.
    filled_estimate : float or None
        The pooled effect with them.
    line : tuple of two float, or None
        A regression on the standard error (Egger's): its effect at a standard error of 0, and its change per unit.
    labels : sequence of str
        Names of the studies, written where there is room; empty: no names.
    """

    title: str
    measure: str
    ratio: bool
    yi: Sequence[float]
    sei: Sequence[float]
    estimate: float | None = None
    level: float = 0.95
    contours: Sequence[float] = ()
    filled_yi: Sequence[float] = ()
    filled_sei: Sequence[float] = ()
    filled_estimate: float | None = None
    line: tuple[float, float] | None = None
    labels: Sequence[str] = ()

    def __post_init__(self) -> None:
        studies = {"effects": self.yi, "standard errors": self.sei}
        check(studies, self.labels, positive=["standard errors"])
        imputed = {"imputed effects": self.filled_yi, "imputed standard errors": self.filled_sei}
        check(imputed, positive=["imputed standard errors"])
        lines = (self.estimate, self.filled_estimate, *(self.line or ()))
        check({"pooled estimates and the regression": [value for value in lines if value is not None]})
        inside = all(0 < p < 1 for p in self.contours) and list(self.contours) == sorted(
            set(self.contours), reverse=True
        )
        if len(self.contours) >= len(_SHADES) or not inside:
            raise ValueError(f"contours are up to {len(_SHADES) - 1} falling p values, not {self.contours}")


def funnel(plot: FunnelPlot, out_stem: str | Path) -> None:
    """Write a funnel plot as ``<out_stem>.svg`` and ``<out_stem>.png``.

    Without any study the figure says that there is nothing to plot.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite, a standard error is not positive, or contours are not up to three
        falling p values; raised where a `FunnelPlot` is made.
    """
    save(draw_funnel(plot), out_stem, plot.title)


@style()
def draw_funnel(plot: FunnelPlot) -> Figure:
    """The figure that `funnel` writes."""
    if not len(plot.yi):
        return message(plot.title, "No study gives an effect with a standard error: there is nothing to plot.")
    chart = _chart(plot)
    points = [(*chart.at(*study), 0.045) for study in zip(plot.yi, plot.sei, strict=True)]
    filled = [(*chart.at(*study), 0.045) for study in zip(plot.filled_yi, plot.filled_sei, strict=True)]
    lines = [[chart.at(*end) for end in ends] for _, ends, _ in _lines(plot, chart.up.high)]
    labels = place([*points, *filled], plot.labels, chart.frame, lines)
    sheet = chart.open(_legend(plot), labels.notes)
    _shade(chart, plot)
    chart.axes(grid=not len(plot.contours))
    for name, ends, how in _lines(plot, chart.up.high):
        chart.curve(ends, name=name, **how)
    for name, places, face, edge in (("study", points, BLUE, PAPER), ("filled", filled, PAPER, BLUE)):
        for n, (x, y, radius) in enumerate(places, 1):
            sheet.dot(x, y, radius, face, edge, name=f"{name}-{n}")
    labels.draw(sheet)
    return sheet.figure


def _chart(plot: FunnelPlot) -> Chart:
    """Axes with room for the studies and the pseudo limits; for no effect, where regions around it are shaded."""
    largest = 1.05 * max([*plot.sei, *plot.filled_sei])
    ends = [*plot.yi, *plot.filled_yi]
    if plot.estimate is not None:
        ends += [plot.estimate + side * _z(plot.level) * largest for side in (-1, 1)]
    if len(plot.contours):
        ends.append(0.0)
    across = Axis.around(plot.measure + (" (log scale)" if plot.ratio else ""), ends, plot.ratio)
    return Chart(plot.title, across, Axis("Standard error", 0.0, largest), down=True)


def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def _legend(plot: FunnelPlot) -> list[Key]:
    keys = [Key("Study", "dot", BLUE)]
    if len(plot.filled_yi):
        keys.append(Key("Imputed by trim and fill", "dot", PAPER, BLUE))
    if plot.estimate is not None:
        keys.append(Key(f"Pooled estimate, {number(shown(plot.estimate, plot.ratio))}", "line"))
        keys.append(Key(f"Pseudo {percent(plot.level)} limits", "line", dash=_DASHED))
    if plot.filled_estimate is not None:
        keys.append(
            Key(f"With imputed studies, {number(shown(plot.filled_estimate, plot.ratio))}", "line", BLUE, dash=_DOTTED)
        )
    if plot.line is not None:
        keys.append(Key("Egger's regression", "line", VERMILLION))
    bounds = ["1", *(f"{p:.2f}" if p >= 0.01 else f"{p:g}" for p in plot.contours)]
    for n, shade in enumerate(_SHADES[: len(bounds)] if len(plot.contours) else ()):
        upper, lower = bounds[n], bounds[n + 1] if n + 1 < len(bounds) else ""
        words = f"p < {upper}" if not lower else f"p ≥ {lower}" if n == 0 else f"{lower} ≤ p < {upper}"
        keys.append(Key(words, "box", shade, MUTED))
    return keys


def _shade(chart: Chart, plot: FunnelPlot) -> None:
    """Regions by the p value that an effect would have there in a two-sided z test against no effect."""
    if not len(plot.contours):
        return
    deepest = chart.up.high
    chart.sheet.box(chart.frame, _SHADES[len(plot.contours)], name="contour-outside")
    for n in reversed(range(len(plot.contours))):
        foot = _z(1 - plot.contours[n]) * deepest
        region = [(0.0, 0.0), (foot, deepest), (-foot, deepest)]
        chart.area(region, _SHADES[n], name=f"contour-{plot.contours[n]:g}")


def _lines(plot: FunnelPlot, deepest: float) -> list[tuple[str, list[tuple[float, float]], dict[str, Any]]]:
    """Name, ends and looks of each line, down to the largest standard error shown."""
    lines: list[tuple[str, list[tuple[float, float]], dict[str, Any]]] = []
    if len(plot.contours):
        lines.append(("null", [(0.0, 0.0), (0.0, deepest)], {"colour": MUTED}))
    if plot.estimate is not None:
        lines.append(("estimate", [(plot.estimate, 0.0), (plot.estimate, deepest)], {}))
        for side in (-1, 1):
            foot = (plot.estimate + side * _z(plot.level) * deepest, deepest)
            lines.append((f"limit{side:+d}", [(plot.estimate, 0.0), foot], {"dash": _DASHED}))
    if plot.filled_estimate is not None:
        ends = [(plot.filled_estimate, 0.0), (plot.filled_estimate, deepest)]
        lines.append(("filled-estimate", ends, {"colour": BLUE, "width": 1.2, "dash": _DOTTED}))
    if plot.line is not None:
        at_zero, slope = plot.line
        ends = [(at_zero, 0.0), (at_zero + slope * deepest, deepest)]
        lines.append(("line", ends, {"colour": VERMILLION, "width": 1.2}))
    return lines
