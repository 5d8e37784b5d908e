"""The net heat plot: where the designs of a network disagree.

After Krahn U, Binder H, König J. BMC Med Res Methodol 2013;13:35. Nothing is computed here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

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
    save,
    style,
    text_width,
)
from ...wording import number

_MARGIN, _LABEL = 0.15, 3.0
_SMALL = TEXT_SIZE - 1
_MOST = 8.0
"""Changes of Q beyond this have the full colour, as in netmeta."""
_GREY = "#8c8c8c"


@dataclass(frozen=True)
class HeatRow:
    """A design and one of its comparisons: the two treatments, and how many the design has."""

    first: str
    second: str
    arms: int = 2

    def fitted(self, number_: int) -> str:
        """What stands beside the row: names that are too long are cut alike."""
        end = "" if self.arms == 2 else f" ({self.arms} arms)"
        whole = f"{number_}  {self.first} : {self.second}{end}"
        if text_width(whole, _SMALL) <= _LABEL:
            return whole
        room = (_LABEL - text_width(f"{number_}   : {end}", _SMALL) - 0.1) / 2
        first, second = (" ".join(fit(name, room, _SMALL)) for name in (self.first, self.second))
        return f"{number_}  {first} : {second}{end}"


@dataclass(frozen=True)
class HeatPlot:
    """What a net heat plot shows.

    Attributes
    ----------
    title : str
        Heading.
    rows : tuple of HeatRow
        One for each design and comparison; the columns are the same.
    share : sequence of sequence of float, shape (r, r)
        How much the direct estimate of a column counts in the network's estimate of a row.
    change : sequence of sequence of float, shape (r, r)
        By how much Q of a row falls when the design of a column is free to differ.
    """

    title: str
    rows: tuple[HeatRow, ...]
    share: Sequence[Sequence[float]]
    change: Sequence[Sequence[float]]

    def __post_init__(self) -> None:
        for matrix in (self.share, self.change):
            if len(matrix) != len(self.rows) or any(len(row) != len(self.rows) for row in matrix):
                raise ValueError(f"{len(self.rows)} rows need square matrices of that size")


def heat(plot: HeatPlot, out_stem: str | Path) -> None:
    """Write a net heat plot as ``<out_stem>.svg`` and ``<out_stem>.png``."""
    save(draw_heat(plot), out_stem, plot.title)


@style()
def draw_heat(plot: HeatPlot) -> Figure:
    """The figure that `heat` writes."""
    rows = len(plot.rows)
    side = min(0.34, max(0.2, 4.6 / rows))
    labels = [row.fitted(n) for n, row in enumerate(plot.rows, 1)]
    left = _MARGIN + max(text_width(label, _SMALL) for label in labels) + 0.1
    width = max(left + rows * side + 1.1, 5.2)
    titles = fit(plot.title, width - 2 * _MARGIN, 10, bold=True, lines=3)
    notes = [part for note in _NOTES for part in fit(note, width - 2 * _MARGIN, _SMALL, lines=4)]
    top = _MARGIN + len(titles) * line_height(10) + 0.34
    foot = top + max(rows * side, 1.6) + 0.12
    sheet = Sheet(width, foot + len(notes) * line_height(_SMALL) + _MARGIN)
    sheet.lines(_MARGIN, _MARGIN + len(titles) * line_height(10) / 2, titles, 10, bold=True)
    _draw_cells(sheet, plot, left, top, side)
    for n, label in enumerate(labels):
        sheet.text(left - 0.08, top + (n + 0.5) * side, label, _SMALL, "right")
        sheet.text(left + (n + 0.5) * side, top - 0.11, str(n + 1), _SMALL, "center")
    _draw_legend(sheet, left + rows * side + 0.3, top, max(abs(value) for row in plot.change for value in row))
    sheet.lines(_MARGIN, foot + len(notes) * line_height(_SMALL) / 2, notes, _SMALL, colour=MUTED)
    return sheet.figure


_NOTES = (
    "Rows: what the network says of a design; columns: the design that is set free. Warm: the row disagrees less with the "
    "rest then; cold: more.",
    "Grey squares: how much the direct evidence of the column counts in the row.",
)


def _colour(change: float) -> str:
    strength = min(abs(change) / _MOST, 1.0)
    full = to_rgb(VERMILLION if change > 0 else BLUE)
    return to_hex([1 - strength * (1 - part) for part in full])


def _draw_cells(sheet: Sheet, plot: HeatPlot, left: float, top: float, side: float) -> None:
    largest = max(abs(value) for row in plot.share for value in row)
    for i, (changes, shares) in enumerate(zip(plot.change, plot.share, strict=True)):
        for j, (change, share) in enumerate(zip(changes, shares, strict=True)):
            x, y = left + j * side, top + i * side
            sheet.box((x, y, x + side, y + side), _colour(change), edge=PAPER, width=0.5, name=f"cell-{i + 1}-{j + 1}")
            half = 0.4 * side * math.sqrt(abs(share) / largest) if largest else 0.0
            if half > 0.01:
                middle = (x + side / 2, y + side / 2)
                square = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
                sheet.box(square, _GREY, name=f"share-{i + 1}-{j + 1}")
    end = len(plot.rows) * side
    sheet.box((left, top, left + end, top + end), "none", edge=RULE, width=0.8)


def _draw_legend(sheet: Sheet, x: float, top: float, largest: float) -> None:
    """The colours from the largest fall of Q to the largest rise that the scale holds."""
    end = min(largest, _MOST) or 1.0
    steps, height = 24, 1.3
    for n in range(steps):
        y = top + 0.1 + n * height / steps
        value = end * (1 - 2 * (n + 0.5) / steps)
        sheet.box((x, y, x + 0.14, y + height / steps), _colour(value), name="legend")
    is_cut = largest > _MOST
    for value, place, beyond in ((end, 0.0, "≥ "), (0.0, 0.5, ""), (-end, 1.0, "≤ ")):
        text = (beyond if is_cut else "") + number(value, 1)
        sheet.text(x + 0.2, top + 0.1 + place * height, text, _SMALL)
    sheet.text(x, top - 0.05, "Fall of Q", _SMALL)
