"""Forest plots in the layout that meta-analysts know: study, arms, weight, plot, estimate with interval, risk of bias.

After Lewis S, Clarke M. Forest plots: trying to see the wood and the trees. BMJ 2001;322:1479-80, and the figures of
RevMan and metafor. Nothing is computed here: estimates, intervals and weights come as they are drawn.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from matplotlib.figure import Figure

from ...bias.rob2 import DOMAINS
from ...figures import (
    BLUE,
    INK,
    JUDGEMENT_SIGNS,
    MUTED,
    PAPER,
    TEXT_SIZE,
    VERMILLION,
    Scale,
    Sheet,
    fit,
    line_height,
    message,
    save,
    style,
    text_width,
)
from ...wording import number, percent
from .forest_columns import cell_lines, place_arms
from .forest_data import MARKED, ForestPlot, ForestRow, ForestSummary

NOTHING = "No study gives figures for this analysis: there is nothing to pool."

_MARGIN, _GAP, _INDENT, _LABEL_MOST, _FIRST_LEAST = 0.15, 0.18, 0.12, 2.7, 1.6
_PLOT, _PLOT_MOST, _TALLEST = 2.6, 6.5, 1.35
"""Width of the plot; it grows when the page would be more than so many times as tall as wide."""
_SIDE_LEAST = 0.65
"""Room for what lies on a side of no effect, though the axis may have less there."""
_SMALL = TEXT_SIZE - 1


@dataclass(frozen=True)
class _Rows:
    """How close rows stand: the least height of one, what is left between two, squares and marks, in inches."""

    least: float
    gap: float
    square: float
    sign: float
    pitch: float
    overall: float


_LOOSE = _Rows(0.205, 0.055, 0.16, 0.085, 0.21, 0.5)
_DENSE = _Rows(0.15, 0.008, 0.12, 0.066, 0.185, 0.48)
_DENSE_FROM = 41
"""Studies from which on rows stand close, so that the plot of many still goes on a page."""


def forest(plot: ForestPlot, out_stem: str | Path) -> None:
    """Write a forest plot as ``<out_stem>.svg`` and ``<out_stem>.png``.

    Without any study the figure says that there is nothing to pool.

    Raises
    ------
    ValueError
        When the data of `plot` contradict themselves; raised where a `ForestPlot` is made.
    """
    save(draw_forest(plot), out_stem, plot.title)


@style()
def draw_forest(plot: ForestPlot) -> Figure:
    """The figure that `forest` writes."""
    if not plot.studies and not plot.summaries:
        return message(plot.title, NOTHING)
    return _Page(plot).draw()


def limits(plot: ForestPlot) -> tuple[float, float]:
    """Ends of the axis: no effect, the studies and the pooled intervals, but neither outliers nor the widest intervals.

    Unusual is measured against the median study: an interval counts up to two and a half times the median half width,
    an estimate up to five times the larger of that width and the median distance from the median estimate. Estimates
    that are shown stand clear of the ends, where arrows are.
    """
    to = _log if plot.ratio else float
    studies = [(to(r.estimate), to(r.ci_low), to(r.ci_high)) for r in plot.studies if r.estimate is not None]
    if not studies:
        return (0.1, 10.0) if plot.ratio else (-1.0, 1.0)
    centre = median(estimate for estimate, _, _ in studies)
    spread = median(abs(estimate - centre) for estimate, _, _ in studies)
    half = median((high - low) / 2 for _, low, high in studies)
    half = half if 0 < half < math.inf else spread or abs(centre) or 1.0
    reach = 5 * max(half, spread)
    ends = [end for e, low, high in studies for end in (max(low, e - 2.5 * half), min(high, e + 2.5 * half))]
    ends += [end for summary in plot.summaries for end in (to(summary.ci_low), to(summary.ci_high))]
    ends = [min(max(end, centre - reach), centre + reach) for end in ends]
    ends += [] if plot.null is None else [to(plot.null)]
    low, high = min(ends), max(ends)
    pad, clear = 0.04 * (high - low), 0.08 * (high - low)
    estimates = [estimate for estimate, _, _ in studies]
    low, high = _below(estimates, low - pad, clear), -_below([-e for e in estimates], -high - pad, clear)
    return (math.exp(max(low, -700)), math.exp(min(high, 700))) if plot.ratio else (low, high)


def _below(estimates: Sequence[float], low: float, clear: float) -> float:
    """The lower end of an axis, moved down until what it shows stands clear of it."""
    for estimate in sorted(estimates, reverse=True):
        if estimate >= low:
            low = min(low, estimate - clear)
    return low


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


@dataclass(frozen=True)
class _Line:
    """One line of the table: its name in the figure, what it shows, its fitted label, its height."""

    name: str
    item: ForestRow | ForestSummary | None
    label: list[str]
    height: float
    indent: float = 0.0
    bold: bool = False


class _Page:
    """Measures what a forest plot holds, then draws it from top to bottom."""

    def __init__(self, plot: ForestPlot):
        self.plot = plot
        self.rows = _DENSE if len(plot.studies) >= _DENSE_FROM else _LOOSE
        self.first = self._first_column()
        self._place_left()
        self.lines = list(self._lines())
        deep = sum(line.height for line in self.lines)
        self._place_right(deep)
        self.scale = Scale(*limits(plot), self.plot_left, self.plot_right, plot.ratio)
        self.titles = fit(plot.title, self.width - 2 * _MARGIN, 10, bold=True, lines=3)
        head = _MARGIN + len(self.titles) * line_height(10) + 0.06
        self.deepest = max([1, *(len(column.heading) for arm in self.arms for column in arm.columns)])
        above = max([0, *(len(arm.heading) for arm in self.arms)])
        lines = max(self.deepest + above, len(self.measure), len(self.interval))
        self.body = head + lines * line_height() + 0.08 + 0.05 * bool(above)
        self.axis = self.body + deep + 0.05

    def _first_column(self) -> float:
        """Width of the names of studies and of their heading; longer labels of pooled lines are broken."""
        rows = [(0.0, row) for row in self.plot.rows]
        rows += [(_INDENT, row) for subgroup in self.plot.subgroups for row in subgroup.rows]
        names = [(indent, fit(row.label, _LABEL_MOST - indent, lines=3)) for indent, row in rows]
        widths = [indent + text_width(line) for indent, lines in names for line in lines]
        return min(max([_FIRST_LEAST, text_width(self.plot.heading, bold=True), *widths]), _LABEL_MOST)

    def _lines(self) -> Iterator[_Line]:
        """All lines of the table; headings and notes may run across the columns left of the plot."""
        plot, beside = self.plot, self.beside
        for number_, row in enumerate(plot.rows, 1):
            yield self._study(f"study-{number_}", row, 0.0)
        for g, subgroup in enumerate(plot.subgroups, 1):
            heading = fit(subgroup.heading, beside, bold=True, lines=2)
            yield _Line("heading", None, heading, len(heading) * line_height() + 0.1, bold=True)
            for number_, row in enumerate(subgroup.rows, 1):
                yield self._study(f"subgroup-{g}-study-{number_}", row, _INDENT)
            if subgroup.summary:
                yield self._pooled(f"subgroup-{g}", subgroup.summary, _INDENT)
            for note in subgroup.notes:
                words = fit(_unbroken(note), beside - _INDENT, _SMALL, lines=3)
                yield _Line("note", None, words, len(words) * line_height(_SMALL) + 0.03, _INDENT)
            yield _Line("space", None, [], 0.08)
        if plot.overall:
            yield self._pooled("overall", plot.overall, 0.0)
        if plot.prediction:
            yield self._pooled("prediction", plot.prediction, 0.0)
        for number_, summary in enumerate(plot.further, 1):
            yield self._pooled(f"further-{number_}", summary, 0.0)

    def _study(self, name: str, row: ForestRow, indent: float) -> _Line:
        label = fit(row.label, self.first - indent, lines=3)
        return _Line(name, row, label, max(_deepest(label, row.cells) + self.rows.gap, self.rows.least), indent)

    def _pooled(self, name: str, summary: ForestSummary, indent: float) -> _Line:
        bold = name == "overall" or name.startswith("subgroup")
        label = fit(summary.label, self.first - indent, bold=bold, lines=4)
        height = max(_deepest(label, summary.cells) + self.rows.gap, 0.205) + 0.04
        return _Line(name, summary, label, height, indent, bold)

    def _place_left(self) -> None:
        """What stands left of the plot: names, the figures of the arms, weights."""
        items = (*self.plot.studies, *self.plot.summaries)
        x = _MARGIN + self.first + _GAP
        self.arms = place_arms(self.plot.columns, [item.cells for item in items], x, _GAP)
        if self.arms:
            x = self.arms[-1].right + _GAP
        self.weight = 0.0
        if any(item.weight is not None for item in items):
            x += max(text_width("Weight", bold=True), text_width("100.0%", bold=True))
            self.weight = x
            x += _GAP
        self.plot_left, self.beside = x, x - _GAP - _MARGIN

    def _place_right(self, deep: float) -> None:
        """The plot, estimates and risk of bias; `deep` is the height of the table, for which a plot may grow."""
        plot = self.plot
        self.interval = ["Estimate", f"[{percent(plot.level)} CI]"]
        items = (*plot.studies, *plot.summaries)
        written = [*self.interval, *(_written(item, plot.digits) for item in items)]
        wide = _GAP + max(text_width(text, bold=True) for text in written)
        is_judged = any(row.bias for row in plot.studies)
        marks = _GAP + 0.03 + self.rows.pitch * len(DOMAINS) + self.rows.overall if is_judged else 0.0
        missing = (deep + 1.7) / _TALLEST - (self.plot_left + wide + marks + _MARGIN)
        self.plot_right = self.plot_left + min(max(_PLOT, missing), _PLOT_MOST)
        self.measure = fit(plot.measure, self.plot_right - self.plot_left, bold=True, lines=3)
        self.estimate = self.plot_right + wide
        self.marks: list[float] = []
        if is_judged:
            first = self.estimate + _GAP + 0.03
            self.marks = [first + self.rows.pitch * (n + 0.5) for n in range(len(DOMAINS))]
            self.marks.append(first + self.rows.pitch * len(DOMAINS) + self.rows.overall / 2)
        self.right = self.estimate + marks
        self.width = self.right + _MARGIN

    def draw(self) -> Figure:
        """Lay out what stands below the table, then draw all."""
        wide = self.width - 2 * _MARGIN
        stands_beside = self.beside >= 3.2
        room = self.beside - _INDENT if stands_beside else wide
        notes = [part for note in self.plot.notes for part in fit(_unbroken(note), room, lines=4)]
        domains = ["; ".join(f"{key}: {name}" for key, name in DOMAINS.items())] if self.marks else []
        feet = [part for text in domains for part in fit(text, wide, _SMALL, lines=5)]
        sides = self._favours()
        below_axis = self.axis + 0.32 + max(map(len, sides)) * line_height()
        notes_top = self.axis + 0.03 if stands_beside else below_axis
        foot = max(below_axis, notes_top + len(notes) * line_height()) + 0.05
        legend = 0.26 if self.marks else 0.0
        self.sheet = Sheet(self.width, foot + legend + len(feet) * line_height(_SMALL) + _MARGIN)
        self._draw_head()
        self._draw_axis(sides)
        y = self.body
        for line in self.lines:
            self._draw_line(line, y + line.height / 2)
            y += line.height
        self._draw_block(notes, notes_top, TEXT_SIZE, INK)
        if self.marks:
            self.sheet.legend_of_signs(_MARGIN, foot + 0.12, list(JUDGEMENT_SIGNS))
        self._draw_block(feet, foot + legend, _SMALL, MUTED)
        return self.sheet.figure

    def _draw_block(self, lines: Sequence[str], top: float, size: float, colour: str) -> None:
        middle = top + len(lines) * line_height(size) / 2
        self.sheet.lines(_MARGIN, middle, lines, size, colour=colour)

    def _draw_head(self) -> None:
        sheet, bottom = self.sheet, self.body - 0.06
        middle = _MARGIN + len(self.titles) * line_height(10) / 2
        sheet.lines(_MARGIN, middle, self.titles, 10, bold=True)
        blocks = [
            (_MARGIN, fit(self.plot.heading, self.first, bold=True), "left"),
            ((self.plot_left + self.plot_right) / 2, self.measure, "center"),
            (self.estimate, self.interval, "right"),
        ]
        for arm in self.arms:
            arm.draw_heading(sheet, bottom, self.deepest)
        if self.weight:
            blocks.append((self.weight, ["Weight"], "right"))
        if self.marks:
            blocks.append(((self.marks[0] - self.rows.pitch / 2 + self.right) / 2, ["Risk of bias", ""], "center"))
            names = [*DOMAINS, "Overall"]
            blocks += [(x, [name], "center") for x, name in zip(self.marks, names, strict=True)]
        for x, lines, align in blocks:
            small = align == "center" and x in self.marks
            middle = bottom - len(lines) * line_height() / 2
            sheet.lines(x, middle, lines, _SMALL if small else TEXT_SIZE, align=align, bold=True)
        sheet.rule((_MARGIN, self.body - 0.03), (self.right, self.body - 0.03))

    def _favours(self) -> tuple[list[str], list[str]]:
        """The words left and right of no effect, parted there unless it stands near an end of the axis."""
        left, right = self.plot.favours
        near_left, near_right = self.plot_left + _SIDE_LEAST, self.plot_right - _SIDE_LEAST
        null = near_left if self.plot.null is None else self.scale.at(self.plot.null)
        self.parting = min(max(null, near_left), near_right)
        room = (self.parting - self.plot_left - 0.05, self.plot_right - self.parting - 0.05)
        return (
            fit(f"←\u00a0{left}", room[0], lines=5) if left.strip() else [],
            fit(f"{right}\u00a0→", room[1], lines=5) if right.strip() else [],
        )

    def _draw_axis(self, sides: tuple[list[str], list[str]]) -> None:
        sheet, scale, y = self.sheet, self.scale, self.axis
        top = self.body - 0.03
        overall = self.plot.overall
        if self.plot.null is not None:
            null = scale.at(self.plot.null)
            sheet.rule((null, top), (null, y), MUTED, 0.8, name="null")
        if overall and overall.estimate is not None and scale.left <= scale.at(overall.estimate) <= scale.right:
            x = scale.at(overall.estimate)
            sheet.rule((x, top), (x, y), BLUE, 0.8, (0, (1, 2)), name="overall-line")
        sheet.rule((scale.left, y), (scale.right, y))
        for value, label in scale.ticks():
            sheet.rule((scale.at(value), y), (scale.at(value), y + 0.05))
            sheet.text(scale.at(value), y + 0.14, label, align="center")
        for lines, x, align in zip(sides, (self.parting - 0.05, self.parting + 0.05), ("right", "left"), strict=True):
            sheet.lines(x, y + 0.27 + len(lines) * line_height() / 2, lines, align=align, colour=MUTED)

    def _draw_line(self, line: _Line, y: float) -> None:
        sheet, item, bold = self.sheet, line.item, line.bold
        size, colour = (_SMALL, MUTED) if line.name == "note" else (TEXT_SIZE, INK)
        sheet.lines(_MARGIN + line.indent, y, line.label, size, bold=bold, colour=colour)
        if item is None:
            return
        columns = (column for arm in self.arms for column in arm.columns)
        for column, cell in zip(columns, item.cells, strict=False):
            column.draw(sheet, cell, y, bold)
        if item.weight is not None:
            sheet.text(self.weight, y, f"{item.weight:.1f}%", align="right", bold=bold)
        sheet.text(self.estimate, y, _written(item, self.plot.digits), align="right", bold=bold)
        if isinstance(item, ForestRow):
            self._draw_study(line, item, y)
        else:
            self._draw_pooled(line.name, item, y)

    def _draw_study(self, line: _Line, row: ForestRow, y: float) -> None:
        sheet, scale = self.sheet, self.scale
        for x, judgement, mark in zip(self.marks, row.bias, MARKED, strict=False):
            sheet.sign(x, y, judgement, self.rows.sign, name=f"{line.name}-{mark}")
        if row.estimate is None:
            return
        sheet.interval(scale, row.ci_low, row.ci_high, y, line.name)
        middle = scale.at(row.estimate)
        if scale.left <= middle <= scale.right:
            half = self._side(row.weight) / 2
            face = PAPER if row.sensitivity else BLUE
            sheet.box((middle - half, y - half, middle + half, y + half), face, edge=BLUE, name=f"{line.name}-square")

    def _side(self, weight: float | None) -> float:
        """Side of a study's square in inches: its area is in proportion to the weight."""
        heaviest = max((row.weight or 0 for row in self.plot.studies), default=0)
        return max(self.rows.square * math.sqrt(max(weight, 0) / heaviest), 0.035) if weight and heaviest else 0.07

    def _draw_pooled(self, name: str, summary: ForestSummary, y: float) -> None:
        sheet, scale = self.sheet, self.scale
        if summary.estimate is not None:
            face = PAPER if name.startswith("further") else BLUE
            sheet.diamond(scale, (summary.ci_low, summary.estimate, summary.ci_high), y, name, face)
            return
        colour = VERMILLION if name == "prediction" else MUTED
        sheet.interval(scale, summary.ci_low, summary.ci_high, y, name, colour, 2.4)
        for end in (scale.at(summary.ci_low), scale.at(summary.ci_high)):
            if scale.left <= end <= scale.right:
                sheet.rule((end, y - 0.05), (end, y + 0.05), colour, 1.2)


def _deepest(label: list[str], cells: Sequence[str]) -> float:
    """Height of the label or of the cell with the most lines."""
    return max([len(label), *(len(cell_lines(cell)) for cell in cells)]) * line_height()


def _unbroken(note: str) -> str:
    """A note in which ``I² = 45%`` is not broken at the end of a line."""
    return re.sub(r" ([=<≥]) ", "\u00a0\\1\u00a0", note)


def _written(item: ForestRow | ForestSummary, digits: int) -> str:
    """Estimate and interval as text."""
    if item.ci_low is None or item.ci_high is None:
        return "Not estimable"
    interval = f"[{number(item.ci_low, digits)}, {number(item.ci_high, digits)}]"
    return interval if item.estimate is None else f"{number(item.estimate, digits)} {interval}"
