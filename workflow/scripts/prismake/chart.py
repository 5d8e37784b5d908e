"""Two axes under a title, with a legend and notes below: the ground of every figure but the forest plots.

Values come on the scale of analysis; a ratio's are logarithms, and its axis shows ratios.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .figures import (
    BLUE,
    INK,
    MUTED,
    PAPER,
    RULE,
    TEXT_SIZE,
    Scale,
    Sheet,
    fit,
    line_height,
    text_width,
)
from .point_labels import Frame

MARGIN = 0.15
SEE_THROUGH = BLUE + "99"
"""For circles that may lie over one another."""
_LARGEST_LOG = 700.0
_PATCH, _SMALL = 0.28, TEXT_SIZE - 0.5


@dataclass(frozen=True)
class Axis:
    """An axis with its name. With `ratio` the values are logarithms and the labels say ratios."""

    name: str
    low: float
    high: float
    ratio: bool = False

    @classmethod
    def around(cls, name: str, values: Iterable[float], ratio: bool = False, pad: float = 0.05) -> "Axis":
        """An axis on which all values have room, except ratios beyond what a number can hold."""
        if ratio:
            values = [min(max(value, -_LARGEST_LOG), _LARGEST_LOG) for value in values]
        values = list(values)
        span, size = max(values) - min(values), max(map(abs, values))
        is_one = span <= 1e-6 * max(size, 1.0 if ratio else 0.0)
        room = 0.1 * max(size, 1.0) if is_one else pad * span
        return cls(name, min(values) - room, max(values) + room, ratio)

    def at(self, value: float, length: float) -> float:
        """How far along an axis of so many inches a value stands."""
        return (value - self.low) / (self.high - self.low) * length

    def ticks(self, length: float, upright: bool = False) -> list[tuple[float, str]]:
        """Places in inches along the axis, which runs across the page or upright, with their labels."""
        low, high = self.low, self.high
        if self.ratio:
            low, high = max(low, -_LARGEST_LOG), min(high, _LARGEST_LOG)
        ends, places = (shown(end, self.ratio) for end in (low, high)), (self.at(end, length) for end in (low, high))
        scale = Scale(*ends, *places, self.ratio)
        return [(scale.at(value), label) for value, label in scale.ticks(upright=upright)]


def shown(value: float, ratio: bool) -> float:
    """A value as readers see it: a ratio for a logarithm."""
    return math.exp(min(max(value, -_LARGEST_LOG), _LARGEST_LOG)) if ratio else value


@dataclass(frozen=True)
class Key:
    """An entry of a legend: what stands for what. `mark` is ``dot``, ``line`` or ``box``."""

    words: str
    mark: str
    colour: str = INK
    edge: str = ""
    dash: Any = "solid"


class Chart:
    """Where values stand on a page, then the page: `at` first, so that labels find their places, then `open`."""

    def __init__(
        self,
        title: str,
        across: Axis,
        up: Axis,
        size: tuple[float, float] = (4.4, 3.3),
        down: bool = False,
        beside: float = 0.25,
        above: float = 0.0,
    ):
        """`down` lets the second axis grow downwards; `beside` and `above` are room for more, in inches."""
        self.across, self.up, self.down = across, up, down
        self.wide, self.tall = size
        labels = [text_width(label) for _, label in up.ticks(self.tall, upright=True)]
        self.left = MARGIN + max(labels, default=0.0) + 0.14
        self.right = self.left + self.wide
        self.width = self.right + beside
        self._titles = heading(title, self.width)
        self._names = fit(up.name, self.width - 2 * MARGIN, bold=True, lines=2)
        self._head = MARGIN + len(self._titles) * line_height(10) + 0.06
        self.top = self._head + len(self._names) * line_height() + 0.09 + above
        self.bottom = self.top + self.tall

    @property
    def frame(self) -> Frame:
        """Left, top, right and bottom of the field between the axes."""
        return self.left, self.top, self.right, self.bottom

    def at(self, across: float, up: float) -> tuple[float, float]:
        """Where a pair of values stands, in inches from the page's top left corner."""
        rise = self.up.at(up, self.tall)
        return self.left + self.across.at(across, self.wide), self.top + rise if self.down else self.bottom - rise

    def open(self, legend: Sequence[Key] = (), notes: Sequence[str] = ()) -> Sheet:
        """The page with its title, the axes' names, its legend and its notes."""
        wide = self.width - 2 * MARGIN
        name = fit(self.across.name, self.wide, bold=True, lines=3)
        rows = _legend_rows(legend, wide)
        lines = [line for note in notes for line in fit(note, wide, _SMALL, lines=40)]
        below = self.bottom + 0.29 + len(name) * line_height() + 0.05
        foot = below + len(rows) * 0.19 + 0.04 * bool(rows)
        sheet = self.sheet = Sheet(self.width, foot + len(lines) * line_height(_SMALL) + MARGIN)
        sheet.lines(MARGIN, MARGIN + len(self._titles) * line_height(10) / 2, self._titles, 10, bold=True)
        sheet.lines(MARGIN, self._head + len(self._names) * line_height() / 2, self._names, bold=True)
        middle = below - 0.05 - len(name) * line_height() / 2
        sheet.lines((self.left + self.right) / 2, middle, name, align="center", bold=True)
        draw_legend(sheet, legend, below + 0.095, self.width)
        sheet.lines(MARGIN, foot + len(lines) * line_height(_SMALL) / 2, lines, _SMALL, colour=MUTED)
        return sheet

    def axes(self, grid: bool = True) -> None:
        """Draw both axes, and thin lines across from the second one."""
        sheet = self.sheet
        for along, label in self.up.ticks(self.tall, upright=True):
            y = self.top + along if self.down else self.bottom - along
            if grid:
                sheet.rule((self.left, y), (self.right, y), RULE, 0.4)
            sheet.rule((self.left - 0.05, y), (self.left, y))
            sheet.text(self.left - 0.09, y, label, align="right")
        sheet.rule((self.left, self.top), (self.left, self.bottom))
        sheet.rule((self.left, self.bottom), (self.right, self.bottom))
        for along, label in self.across.ticks(self.wide):
            x = self.left + along
            sheet.rule((x, self.bottom), (x, self.bottom + 0.05))
            sheet.text(x, self.bottom + 0.15, label, align="center")

    def curve(self, values: Iterable[tuple[float, float]], **how: Any) -> None:
        """A line through pairs of values, cut off at the frame."""
        self.sheet.curve([self.at(*pair) for pair in values], within=self.frame, **how)

    def area(self, values: Iterable[tuple[float, float]], face: str, name: str = "") -> None:
        """A filled outline through pairs of values, cut off at the frame."""
        self.sheet.polygon([self.at(*pair) for pair in values], face, within=self.frame, name=name)

    def upright(self, value: float, **how: Any) -> None:
        """A line from top to bottom at a value of the first axis."""
        self.curve([(value, self.up.low), (value, self.up.high)], **how)

    def level(self, value: float, **how: Any) -> None:
        """A line from left to right at a value of the second axis."""
        self.curve([(self.across.low, value), (self.across.high, value)], **how)


def heading(title: str, width: float) -> list[str]:
    """The lines of a title on a page of that width."""
    return fit(title, width - 2 * MARGIN, 10, bold=True, lines=4)


def _legend_rows(legend: Sequence[Key], wide: float) -> list[list[tuple[float, Key, str]]]:
    """Entries with their places, side by side as far as the page goes."""
    rows: list[list[tuple[float, Key, str]]] = []
    x = math.inf
    for key in legend:
        words = " ".join(fit(key.words, wide - _PATCH, _SMALL))
        room = _PATCH + text_width(words, _SMALL)
        if x + room > MARGIN + wide:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, key, words))
        x += room + 0.2
    return rows


def draw_legend(sheet: Sheet, legend: Sequence[Key], y: float, width: float) -> None:
    """The entries of a legend in rows, the first at height `y`, on a page of that width."""
    for number, row in enumerate(_legend_rows(legend, width - 2 * MARGIN)):
        for x, key, words in row:
            _draw_key(sheet, key, x, y + 0.19 * number)
            sheet.text(x + _PATCH, y + 0.19 * number, words, _SMALL)


def _draw_key(sheet: Sheet, key: Key, x: float, y: float) -> None:
    if key.mark == "dot":
        sheet.dot(x + 0.1, y, 0.045, key.colour, key.edge or PAPER)
    elif key.mark == "line":
        sheet.rule((x, y), (x + 0.22, y), key.colour, 1.2, key.dash)
    else:
        sheet.box((x, y - 0.055, x + 0.2, y + 0.055), key.colour, edge=key.edge or None, width=0.5)


def radii(weights: Sequence[float] | None, count: int, most: float = 0.13) -> list[float]:
    """Radii in inches of circles whose areas are in proportion to the weights, the largest `most`."""
    if weights is None:
        return [0.05] * count
    return [max(most * math.sqrt(weight / max(weights)), 0.025) for weight in weights]


def check(series: dict[str, Sequence[float] | None], labels: Sequence[str] = (), positive: Sequence[str] = ()) -> None:
    """Refuse series of different lengths, numbers that are not finite, and those named `positive` that are not.

    Raises
    ------
    ValueError
    """
    given = {name: values for name, values in series.items() if values is not None}
    lengths = {name: len(values) for name, values in given.items()} | ({"labels": len(labels)} if len(labels) else {})
    if len(set(lengths.values())) > 1:
        raise ValueError("as many of each are needed: " + ", ".join(f"{n} {name}" for name, n in lengths.items()))
    for name, values in given.items():
        if not all(map(math.isfinite, values)):
            raise ValueError(f"{name}: finite numbers are needed")
        if name in positive and any(value <= 0 for value in values):
            raise ValueError(f"{name}: positive numbers are needed")
