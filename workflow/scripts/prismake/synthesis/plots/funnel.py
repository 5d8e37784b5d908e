"""Funnel plots: effect against standard error.

After Sterne JAC, Egger M. J Clin Epidemiol 2001;54:1046-55.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

from matplotlib.figure import Figure

from ...figures import (
    BLUE,
    INK,
    MUTED,
    PAPER,
    RULE,
    Scale,
    Sheet,
    fit,
    line_height,
    message,
    save,
    style,
)
from ...wording import number

_MARGIN, _LEFT, _WIDE, _TALL = 0.15, 0.6, 5.2, 3.4


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
    """

    title: str
    measure: str
    ratio: bool
    yi: Sequence[float]
    sei: Sequence[float]
    estimate: float | None = None
    level: float = 0.95

    def __post_init__(self) -> None:
        if len(self.yi) != len(self.sei):
            raise ValueError(f"{len(self.yi)} effects with {len(self.sei)} standard errors")
        if not all(map(math.isfinite, (*self.yi, *self.sei, self.estimate or 0.0))):
            raise ValueError("effects and standard errors are finite numbers")
        if any(se <= 0 for se in self.sei):
            raise ValueError("standard errors are positive")


def funnel(plot: FunnelPlot, out_stem: str | Path) -> None:
    """Write a funnel plot as ``<out_stem>.svg`` and ``<out_stem>.png``.

    Without any study the figure says that there is nothing to plot.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite, or a standard error is not positive; raised where a `FunnelPlot` is
        made.
    """
    save(draw_funnel(plot), out_stem, plot.title)


@style()
def draw_funnel(plot: FunnelPlot) -> Figure:
    """The figure that `funnel` writes."""
    if not len(plot.yi):
        return message(plot.title, "No study gives an effect with a standard error: there is nothing to plot.")
    return _Page(plot).draw()


class _Page:
    """A funnel plot on its sheet."""

    def __init__(self, plot: FunnelPlot):
        self.plot = plot
        self.largest = 1.05 * max(plot.sei)
        width = _MARGIN + _LEFT + _WIDE + 0.3
        self.titles = fit(plot.title, width - 2 * _MARGIN, 10, bold=True, lines=3)
        self.top = _MARGIN + len(self.titles) * line_height(10) + 0.34
        self.left, self.bottom = _MARGIN + _LEFT, self.top + _TALL
        low, high = self._limits()
        if plot.ratio:
            low, high = math.exp(low), math.exp(high)
        self.scale = Scale(low, high, self.left, self.left + _WIDE, plot.ratio)
        self.notes = [line for note in self._notes() for line in fit(note, width - 2 * _MARGIN, lines=3)]
        self.sheet = Sheet(width, self.bottom + 0.62 + len(self.notes) * line_height() + _MARGIN)

    def _z(self) -> float:
        return NormalDist().inv_cdf(0.5 + self.plot.level / 2)

    def _limits(self) -> tuple[float, float]:
        """Ends of the axis of effects: the studies and the pseudo limits."""
        plot = self.plot
        ends = list(plot.yi)
        if plot.estimate is not None:
            ends += [plot.estimate - self._z() * self.largest, plot.estimate + self._z() * self.largest]
        pad = 0.05 * (max(ends) - min(ends)) or max(plot.sei)
        low, high = min(ends) - pad, max(ends) + pad
        return (max(low, -700.0), min(high, 700.0)) if plot.ratio else (low, high)

    def _notes(self) -> list[str]:
        plot = self.plot
        if plot.estimate is None:
            return []
        shown = number(math.exp(plot.estimate) if plot.ratio else plot.estimate)
        return [f"Line: pooled estimate, {shown}. Dashed: pseudo {100 * plot.level:g}% limits around it."]

    def _x(self, effect: float) -> float:
        if not self.plot.ratio:
            return self.scale.at(effect)
        return self.scale.at(math.exp(min(max(effect, -700.0), 700.0)))

    def _y(self, sei: float) -> float:
        return self.top + sei / self.largest * _TALL

    def draw(self) -> Figure:
        """Draw all, from the ground up."""
        plot, sheet = self.plot, self.sheet
        sheet.lines(_MARGIN, _MARGIN + len(self.titles) * line_height(10) / 2, self.titles, 10, bold=True)
        self._draw_axes()
        if plot.estimate is not None:
            apex = (self._x(plot.estimate), self.top)
            sheet.rule(apex, (apex[0], self.bottom), INK, 0.8, name="estimate")
            for side in (-1, 1):
                foot = plot.estimate + side * self._z() * self.largest
                sheet.rule(apex, (self._x(foot), self.bottom), INK, 0.8, (0, (4, 3)), name=f"limit{side:+d}")
        for n, (effect, sei) in enumerate(zip(plot.yi, plot.sei, strict=True), 1):
            sheet.dot(self._x(effect), self._y(sei), 0.045, BLUE, PAPER, name=f"study-{n}")
        foot = self.bottom + 0.62
        sheet.lines(_MARGIN, foot + len(self.notes) * line_height() / 2, self.notes, colour=MUTED)
        return sheet.figure

    def _draw_axes(self) -> None:
        sheet, right = self.sheet, self.left + _WIDE
        sheet.rule((self.left, self.top), (self.left, self.bottom))
        sheet.rule((self.left, self.bottom), (right, self.bottom))
        sheet.text(_MARGIN, self.top - 0.16, "Standard error", bold=True)
        for value, label in Scale(0.0, self.largest, 0.0, _TALL).ticks():
            y = self._y(value)
            sheet.rule((self.left - 0.05, y), (self.left, y))
            sheet.rule((self.left, y), (right, y), RULE, 0.4)
            sheet.text(self.left - 0.1, y, label, align="right")
        for value, label in self.scale.ticks():
            x = self.scale.at(value)
            sheet.rule((x, self.bottom), (x, self.bottom + 0.05))
            sheet.text(x, self.bottom + 0.15, label, align="center")
        name = fit(self.plot.measure + (" (log scale)" if self.plot.ratio else ""), _WIDE, bold=True)
        sheet.lines(self.left + _WIDE / 2, self.bottom + 0.4, name, align="center", bold=True)
