"""Names beside points, none over another: what finds no room is numbered, and what has no room for that is left bare."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .figures import TEXT_SIZE, Sheet, line_height, printable, text_width
from .wording import many

SMALL = TEXT_SIZE - 1.5
_WIDEST, _GAP, _STEP, _NO_BREAK = 1.5, 0.035, 0.03, "\u00a0"
Frame = tuple[float, float, float, float]
"""Left, top, right and bottom in inches."""


@dataclass(frozen=True)
class Label:
    """A text whose middle height stands at `y`, from `x` on or up to `x`."""

    text: str
    x: float
    y: float
    align: str


@dataclass(frozen=True)
class Labels:
    """Where the labels of a figure stand, and the lines below it that explain them."""

    placed: tuple[Label, ...]
    notes: tuple[str, ...]

    def draw(self, sheet: Sheet) -> None:
        """Write the labels."""
        for label in self.placed:
            sheet.text(label.x, label.y, label.text, SMALL, align=label.align)


def place(
    points: Sequence[tuple[float, float, float]],
    names: Sequence[str],
    frame: Frame,
    curves: Sequence[Sequence[tuple[float, float]]] = (),
    order: Sequence[int] | None = None,
) -> Labels:
    """Find room for the names of points.

    Parameters
    ----------
    points : sequence of (x, y, radius)
        In inches; none is covered by a label.
    names : sequence of str
        An empty name asks for no place.
    frame : tuple
        No label leaves it.
    curves : sequence of sequences of (x, y)
        Lines in inches. No name crosses one; a number does where it has no other place.
    order : sequence of int
        Who chooses first; in the order of the points without it.

    Returns
    -------
    Labels
        Names where there is room beside the point; else the point's number, counted from 1, which a note explains.
    """
    names = [printable(name) for name in names]
    lines = _along(curves)
    taken = [np.array([(x - r, y - r, x + r, y + r) for x, y, r in points]).reshape(-1, 4)]
    found: dict[int, Label] = {}
    asking = [n for n in (range(len(names)) if order is None else order) if names and names[n]]
    numbers = {n: str(n + 1) for n in asking}
    short = {n: names[n] for n in asking if text_width(names[n], SMALL) <= _WIDEST}
    for texts, may_cross in ((short, False), (numbers, False), (numbers, True)):
        for n in (n for n in asking if n in texts and n not in found):
            _settle(n, texts[n], points, frame, lines if not may_cross else lines[:0], taken, found)
    bare = [n for n in asking if n not in found]
    numbered = [n for n, name in enumerate(names) if n in found and found[n].text != name]
    notes = [key_of_numbers(names, numbered)] if numbered else []
    if bare:
        notes.append(f"Without room for a label: {many(len(bare), 'study', 'studies')}.")
    return Labels(tuple(found.values()), tuple(notes))


def key_of_numbers(names: Sequence[str], numbered: Iterable[int]) -> str:
    """``3 Huang 2005; 7 Dash 2009``: whose number, counted from 1, is whose; short names are not broken."""
    entries = ((n + 1, printable(names[n])) for n in numbered)
    return "; ".join(f"{n}\u00a0{name.replace(' ', _NO_BREAK) if len(name) < 30 else name}" for n, name in entries)


def _settle(
    n: int,
    text: str,
    points: Sequence[tuple[float, float, float]],
    frame: Frame,
    lines: NDArray[np.float64],
    taken: list[NDArray[np.float64]],
    found: dict[int, Label],
) -> None:
    """Give point `n` the first place beside it, if there is one, where the text covers no mark, label or line."""
    wide, tall = text_width(text, SMALL), 0.96 * line_height(SMALL)
    boxes, labels = zip(*_beside(*points[n], wide, tall, text), strict=True)
    places = np.array(boxes)
    free = ~_covers(places, np.concatenate([*taken, lines])) & _inside(places, frame)
    if free.any():
        first = int(free.argmax())
        taken.append(places[first : first + 1])
        found[n] = labels[first]


def _covers(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes touch any of the others."""
    apart = (boxes[:, None, :2] >= others[None, :, 2:]) | (others[None, :, :2] >= boxes[:, None, 2:])
    return (~apart.any(axis=2)).any(axis=1)


def _inside(boxes: NDArray[np.float64], frame: Frame) -> NDArray[np.bool_]:
    return (boxes[:, :2] >= frame[:2]).all(axis=1) & (boxes[:, 2:] <= frame[2:]).all(axis=1)


def _along(curves: Sequence[Sequence[tuple[float, float]]]) -> NDArray[np.float64]:
    """Small boxes along lines, less than a letter apart."""
    sides = [np.array(ends) for curve in curves for ends in itertools.pairwise(curve)]
    steps = [np.linspace(0, 1, 2 + int(min(np.hypot(*(b - a)) / _STEP, 2000)))[:, None] for a, b in sides]
    on = np.concatenate([np.empty((0, 2)), *(a + at * (b - a) for (a, b), at in zip(sides, steps, strict=True))])
    return np.hstack([on - 0.008, on + 0.008])


def _beside(
    x: float, y: float, radius: float, wide: float, tall: float, text: str
) -> list[tuple[tuple[float, float, float, float], Label]]:
    """Places around a point, the preferred first: right, left, above, below, and slantwise."""
    side, over, slant = radius + _GAP, radius + tall / 2 + 0.01, 0.7 * radius + 0.02
    places = [
        ("left", x + side, y),
        ("right", x - side, y),
        ("center", x, y - over),
        ("center", x, y + over),
        *(("left", x + slant, y + up * (slant + tall / 2)) for up in (-1, 1)),
        *(("right", x - slant, y + up * (slant + tall / 2)) for up in (-1, 1)),
    ]
    starts = {"left": 0.0, "right": -wide, "center": -wide / 2}
    lefts = [at + starts[align] for align, at, _ in places]
    return [
        ((left, height - tall / 2, left + wide, height + tall / 2), Label(text, at, height, align))
        for left, (align, at, height) in zip(lefts, places, strict=True)
    ]
