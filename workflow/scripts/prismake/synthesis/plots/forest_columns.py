"""The figures of the arms in a forest plot: columns in which decimal points stand below one another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...figures import Sheet, fit, line_height, text_width
from .forest_data import ForestArm

_COLUMN_GAP, _CELL_MOST, _HEADING_MOST = 0.13, 1.5, 1.1
_FIGURE = re.compile(r"[−-]?[\d,]+(\.\d+)?")


@dataclass(frozen=True)
class Column:
    """A column of figures: the lines of its heading, and where it ends and its decimal points stand, in inches."""

    heading: list[str]
    left: float
    right: float
    point: float

    def draw(self, sheet: Sheet, cell: str, y: float, bold: bool) -> None:
        """A figure with its decimal point where those of the others are; other text ends where the column ends."""
        if _FIGURE.fullmatch(cell):
            sheet.text(self.point + _tail(cell, bold), y, cell, align="right", bold=bold)
        else:
            sheet.lines(self.right, y, cell_lines(cell, bold), align="right", bold=bold)


@dataclass(frozen=True)
class Arm:
    """The columns of an arm under the lines of its name."""

    heading: list[str]
    columns: list[Column]
    left: float
    right: float

    def draw_heading(self, sheet: Sheet, bottom: float, deepest: int) -> None:
        """The name above, a line under it, and below the headings of the columns, `deepest` lines at most."""
        for column in self.columns:
            middle = bottom - len(column.heading) * line_height() / 2
            sheet.lines(column.right, middle, column.heading, align="right", bold=True)
        if self.heading:
            foot = bottom - deepest * line_height() - 0.05
            sheet.rule((self.left, foot + 0.015), (self.right, foot + 0.015), width=0.5)
            middle = foot - len(self.heading) * line_height() / 2
            sheet.lines((self.left + self.right) / 2, middle, self.heading, align="center", bold=True)


def cell_lines(cell: str, bold: bool = True) -> list[str]:
    """The lines of a cell that is no figure, or of a very long one."""
    return fit(cell, _CELL_MOST, bold=bold, lines=2)


def place_arms(arms: Sequence[ForestArm], cells: Sequence[Sequence[str]], left: float, gap: float) -> list[Arm]:
    """Columns as wide as their cells and headings need, from `left` on; `gap` is between arms.

    Parameters
    ----------
    arms : sequence of ForestArm
    cells : sequence of sequences of str
        The cells of each row, one for each column of the arms in turn; rows may have fewer.
    """
    placed, first = [], 0
    for arm in arms:
        columns, x = [], left
        for n, name in enumerate(arm.columns, first):
            column = _column(name, [row[n] for row in cells if len(row) > n], x)
            columns.append(column)
            x = column.right + _COLUMN_GAP
        first += len(arm.columns)
        placed.append(_under_its_name(arm, columns, left))
        left = placed[-1].right + gap
    return placed


def _column(name: str, cells: list[str], left: float) -> Column:
    figures = [cell for cell in cells if _FIGURE.fullmatch(cell)]
    tail = max((_tail(figure, True) for figure in figures), default=0.0)
    whole = max((text_width(figure, bold=True) - _tail(figure, True) for figure in figures), default=0.0)
    others = [text_width(line, bold=True) for cell in cells for line in cell_lines(cell)]
    room = min(max([whole + tail, *others]), _CELL_MOST)
    heading = fit(name, max(room, _HEADING_MOST), bold=True, lines=2)
    wide = max([room, *(text_width(line, bold=True) for line in heading)])
    return Column(heading, left, left + wide, left + wide - tail)


def _tail(figure: str, bold: bool) -> float:
    """Width of what follows a figure's whole part."""
    whole = figure.partition(".")[0]
    return text_width(figure, bold=bold) - text_width(whole, bold=bold)


def _under_its_name(arm: ForestArm, columns: list[Column], left: float) -> Arm:
    """The arm with its columns in the middle, when its name is wider than they are."""
    right = columns[-1].right if columns else left
    heading = fit(arm.heading, max(right - left, _HEADING_MOST), bold=True, lines=4)
    wide = max([right - left, *(text_width(line, bold=True) for line in heading)])
    aside = (wide - (right - left)) / 2
    moved = [Column(c.heading, c.left + aside, c.right + aside, c.point + aside) for c in columns]
    return Arm(heading, moved, left, left + wide)
