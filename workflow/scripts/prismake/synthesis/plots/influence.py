"""What leaving each study out does to a synthesis, a panel for each measure of it.

After Viechtbauer W, Cheung MW-L. Res Synth Methods 2010;1:112-25.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from ...chart import MARGIN, Axis, Key, draw_legend, heading
from ...figures import (
    BLUE,
    MUTED,
    PAPER,
    RULE,
    TEXT_SIZE,
    VERMILLION,
    Sheet,
    fit,
    line_height,
    message,
    save,
    style,
    text_width,
)
from ...point_labels import key_of_numbers

_SMALL, _DASHED = TEXT_SIZE - 1, (0, (4, 3))
_WIDE, _TALL, _LEFT, _PITCH, _COLUMNS = 2.75, 0.85, 0.6, 1.42, 2


@dataclass(frozen=True)
class InfluencePanel:
    """One measure of influence.

    Attributes
    ----------
    name : str
        What it is (``Cook's distance``).
    values : sequence of (float or None)
        One a study; None where it cannot be computed.
    marks : sequence of float
        Where dashed lines stand: the value of a study that changes nothing, and limits beyond which one is influential.
    """

    name: str
    values: Sequence[float | None]
    marks: Sequence[float] = ()


@dataclass(frozen=True)
class InfluencePlot:
    """All that a figure of influence shows.

    Attributes
    ----------
    title : str
        Heading.
    labels : sequence of str
        Names of the studies; panels show their numbers, which a key below explains.
    panels : sequence of InfluencePanel
        In order, two side by side.
    influential : sequence of bool
        Which studies are marked in every panel.
    """

    title: str
    labels: Sequence[str]
    panels: Sequence[InfluencePanel]
    influential: Sequence[bool]

    def __post_init__(self) -> None:
        for name, series in (("marks", self.influential), *((panel.name, panel.values) for panel in self.panels)):
            if len(series) != len(self.labels):
                raise ValueError(f"{name}: {len(series)} values for {len(self.labels)} studies")
        for panel in self.panels:
            given = [value for value in panel.values if value is not None]
            if not all(map(math.isfinite, [*given, *panel.marks])):
                raise ValueError(f"{panel.name}: finite numbers are needed, and None where there is no value")


def influence_plot(plot: InfluencePlot, out_stem: str | Path) -> None:
    """Write the panels of influence as ``<out_stem>.svg`` and ``<out_stem>.png``.

    Without any study or panel the figure says that there is nothing to plot.

    Raises
    ------
    ValueError
        When a panel has not one value a study, or one is not finite; raised where an `InfluencePlot` is made.
    """
    save(draw_influence(plot), out_stem, plot.title)


@style()
def draw_influence(plot: InfluencePlot) -> Figure:
    """The figure that `influence_plot` writes."""
    if not len(plot.labels) or not len(plot.panels):
        return message(plot.title, "No study can be left out: there is nothing to plot.")
    width = MARGIN + _COLUMNS * (_LEFT + _WIDE) + MARGIN
    titles = heading(plot.title, width)
    top = MARGIN + len(titles) * line_height(10) + 0.08
    foot = top + math.ceil(len(plot.panels) / _COLUMNS) * _PITCH
    key = fit(key_of_numbers(plot.labels, range(len(plot.labels))), width - 2 * MARGIN, _SMALL, lines=80)
    sheet = Sheet(width, foot + 0.26 + len(key) * line_height(_SMALL) + MARGIN)
    sheet.lines(MARGIN, MARGIN + len(titles) * line_height(10) / 2, titles, 10, bold=True)
    for number, panel in enumerate(plot.panels):
        left = MARGIN + (number % _COLUMNS) * (_LEFT + _WIDE) + _LEFT
        _Panel(sheet, plot, panel, f"panel-{number + 1}", left, top + (number // _COLUMNS) * _PITCH + 0.2).draw()
    draw_legend(sheet, _legend(plot), foot + 0.08, width)
    sheet.lines(MARGIN, foot + 0.26 + len(key) * line_height(_SMALL) / 2, key, _SMALL, colour=MUTED)
    return sheet.figure


def _legend(plot: InfluencePlot) -> list[Key]:
    keys = [Key("Study", "dot", BLUE)]
    if any(plot.influential):
        keys.append(Key("Influential study", "dot", VERMILLION))
    return [*keys, Key("No influence, or a limit", "line", MUTED, dash=_DASHED)]


class _Panel:
    """One panel, whose field between the axes begins at (left, top)."""

    def __init__(self, sheet: Sheet, plot: InfluencePlot, panel: InfluencePanel, name: str, left: float, top: float):
        self.sheet, self.plot, self.panel, self.name = sheet, plot, panel, name
        self.left, self.top, self.bottom = left, top, top + _TALL
        given = [value for value in panel.values if value is not None]
        self.up = Axis.around(panel.name, [*given, *panel.marks] or [0.0, 1.0], pad=0.1)

    def _x(self, n: int) -> float:
        return self.left + (n + 0.5) / len(self.plot.labels) * _WIDE

    def _y(self, value: float) -> float:
        return self.bottom - self.up.at(value, _TALL)

    def draw(self) -> None:
        sheet, right = self.sheet, self.left + _WIDE
        sheet.lines(self.left - 0.4, self.top - 0.12, fit(self.panel.name, _WIDE + 0.3, bold=True), bold=True)
        for along, label in self.up.ticks(_TALL, upright=True):
            y = self.bottom - along
            sheet.rule((self.left, y), (right, y), RULE, 0.4)
            sheet.lines(self.left - 0.05, y, fit(label, _LEFT - 0.1, _SMALL), _SMALL, align="right")
        sheet.rule((self.left, self.top), (self.left, self.bottom))
        sheet.rule((self.left, self.bottom), (right, self.bottom))
        for n in _numbered(len(self.plot.labels)):
            sheet.rule((self._x(n), self.bottom), (self._x(n), self.bottom + 0.04))
            sheet.text(self._x(n), self.bottom + 0.12, str(n + 1), _SMALL, align="center")
        for value in self.panel.marks:
            sheet.rule((self.left, self._y(value)), (right, self._y(value)), MUTED, 0.8, _DASHED)
        self._draw_studies()

    def _draw_studies(self) -> None:
        given = [(n, value) for n, value in enumerate(self.panel.values) if value is not None]
        if len(given) > 1:
            self.sheet.curve([(self._x(n), self._y(value)) for n, value in given], BLUE, 0.6)
        for n, value in given:
            face, radius = (VERMILLION, 0.05) if self.plot.influential[n] else (BLUE, 0.032)
            self.sheet.dot(self._x(n), self._y(value), radius, face, PAPER, name=f"{self.name}-study-{n + 1}")


def _numbered(count: int) -> range:
    """Which studies have their numbers written: all, or every fifth, tenth, ... as far as there is room."""
    room = text_width(str(count), _SMALL) + 0.06
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if step * _WIDE / count >= room)
    return range(0 if step == 1 else step - 1, count, step)
