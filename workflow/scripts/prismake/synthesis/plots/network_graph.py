"""The graph of a network: treatments on a circle, lines where studies compare them directly.

After Salanti G, Higgins JPT, Ades AE, Ioannidis JPA. Stat Methods Med 2008;17:279-301. Nothing is computed here.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from matplotlib.figure import Figure

from ...figures import BLUE, INK, MUTED, PAPER, RULE, TEXT_SIZE, Sheet, fit, line_height, save, style, text_width
from ...wording import many

_MARGIN, _LABEL = 0.15, 1.9
_LEAST_DOT, _LARGEST_DOT = 0.06, 0.2
_THINNEST, _THICKEST = 0.8, 7.0
_SMALL = TEXT_SIZE - 1
_SHADE = "#e4eef5"

Point = tuple[float, float]


@dataclass(frozen=True)
class Node:
    """One treatment; its circle has an area in proportion to `size`."""

    name: str
    size: float


@dataclass(frozen=True)
class GraphPlot:
    """What the graph of a network shows.

    Attributes
    ----------
    title : str
        Heading.
    nodes : tuple of Node
        In the order in which they stand on the circle, clockwise from the top; names are distinct.
    edges : dict
        Two treatments -> number of studies that compare them directly.
    sized_by : str
        What the sizes of nodes count, ``participants`` or ``studies``.
    several : tuple of tuple of str
        Sets of three treatments or more that one study compares; their areas are shaded.
    """

    title: str
    nodes: tuple[Node, ...]
    edges: dict[tuple[str, str], int]
    sized_by: str = "participants"
    several: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        names = [node.name for node in self.nodes]
        if len(set(names)) < len(names):
            raise ValueError("two nodes of one name")
        unknown = {name for names_ in (*self.edges, *self.several) for name in names_} - set(names)
        if unknown:
            raise ValueError(f"lines to {sorted(unknown)}, which are no nodes")


def graph(plot: GraphPlot, out_stem: str | Path) -> None:
    """Write the graph of a network as ``<out_stem>.svg`` and ``<out_stem>.png``."""
    save(draw_graph(plot), out_stem, plot.title)


@style()
def draw_graph(plot: GraphPlot) -> Figure:
    """The figure that `graph` writes."""
    return _Page(plot).draw()


@dataclass
class _Label:
    """The name of a node beside the circle: its lines, its side (1 right, -1 left) and the height of its middle."""

    node: int
    lines: list[str]
    side: int
    y: float

    @property
    def half(self) -> float:
        return len(self.lines) * line_height() / 2


class _Page:
    """Places nodes and names around a centre at (0, 0), then moves all onto a sheet."""

    def __init__(self, plot: GraphPlot):
        self.plot = plot
        count = len(plot.nodes)
        self.radius = 1.25 + 0.075 * min(count, 20)
        # Half a step from the top, so that no name stands exactly above or below the circle.
        self.angles = [2 * math.pi * (n + 0.5) / count for n in range(count)]
        self.at = [(self.radius * math.sin(a), -self.radius * math.cos(a)) for a in self.angles]
        largest = max(node.size for node in plot.nodes)
        self.dots = [max(_LARGEST_DOT * math.sqrt(node.size / largest), _LEAST_DOT) for node in plot.nodes]
        self.labels = [*self._side(1), *self._side(-1)]

    def _side(self, side: int) -> list[_Label]:
        """The names right or left of the circle from top to bottom, moved apart where they would touch."""
        here = [n for n, (x, _) in enumerate(self.at) if (x >= 0) == (side == 1)]
        labels = [
            _Label(n, fit(self.plot.nodes[n].name, _LABEL, lines=4), side, 1.12 * self.at[n][1])
            for n in sorted(here, key=lambda n: self.at[n][1])
        ]
        for _ in range(200):
            moved = False
            for above, below in pairwise(labels):
                lack = above.y + above.half + below.half + 0.04 - below.y
                if lack > 1e-6:
                    above.y, below.y, moved = above.y - lack / 2, below.y + lack / 2, True
            if not moved:
                break
        return labels

    def _start(self, label: _Label) -> float:
        """Where the text of a name begins: outside the circle at every height that it covers."""
        nearest = max(0.0, abs(label.y) - label.half)
        beyond = self.radius + _LARGEST_DOT + 0.06
        return label.side * max(math.sqrt(max(beyond**2 - nearest**2, 0.0)), 0.12)

    def draw(self) -> Figure:
        reach = [abs(self._start(label)) + max(map(text_width, label.lines), default=0.0) for label in self.labels]
        half = max([*reach, self.radius + _LARGEST_DOT])
        notes = [part for note in self._notes() for part in fit(note, 2 * half, _SMALL, lines=3)]
        titles = fit(self.plot.title, 2 * half, 10, bold=True, lines=3)
        tops = [label.y - label.half for label in self.labels] + [-self.radius - _LARGEST_DOT]
        bottoms = [label.y + label.half for label in self.labels] + [self.radius + _LARGEST_DOT]
        head = _MARGIN + len(titles) * line_height(10) + 0.12
        self.centre = (_MARGIN + half, head - min(tops))
        foot = self.centre[1] + max(bottoms) + 0.15
        self.sheet = Sheet(2 * (half + _MARGIN), foot + len(notes) * line_height(_SMALL) + _MARGIN)
        middle = _MARGIN + len(titles) * line_height(10) / 2
        self.sheet.lines(_MARGIN, middle, titles, 10, bold=True)
        self._draw_graph()
        self.sheet.lines(_MARGIN, foot + len(notes) * line_height(_SMALL) / 2, notes, _SMALL, colour=MUTED)
        return self.sheet.figure

    def _notes(self) -> Iterator[str]:
        sizes = sorted({node.size for node in self.plot.nodes})
        span = f"{sizes[0]:,.0f}" if len(sizes) == 1 else f"{sizes[0]:,.0f} to {sizes[-1]:,.0f}"
        yield f"Circles: area by {self.plot.sized_by} ({span})."
        counts = sorted(set(self.plot.edges.values()))
        span = many(counts[0], "study", "studies") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} studies"
        yield f"Lines: direct comparisons, width by number of studies ({span})."
        if self.plot.several:
            yield "Shaded: treatments that one study compares with several arms."

    def _on_sheet(self, point: Point) -> Point:
        return self.centre[0] + point[0], self.centre[1] + point[1]

    def _draw_graph(self) -> None:
        place = {node.name: n for n, node in enumerate(self.plot.nodes)}
        for names in sorted(self.plot.several, key=len, reverse=True):
            corners = [self.at[n] for n in sorted(place[name] for name in names)]
            self.sheet.polygon(list(map(self._on_sheet, corners)), _SHADE, name="several-arms")
        edges = {(place[one], place[two]): count for (one, two), count in self.plot.edges.items()}
        most = max(edges.values())
        for (one, two), count in edges.items():
            width = _THINNEST if most == 1 else _THINNEST + (_THICKEST - _THINNEST) * (count - 1) / (most - 1)
            ends = self._on_sheet(self.at[one]), self._on_sheet(self.at[two])
            self.sheet.rule(*ends, MUTED, width, name=f"edge-{one + 1}-{two + 1}")
        for n, (point, dot) in enumerate(zip(self.at, self.dots, strict=True), 1):
            self.sheet.dot(*self._on_sheet(point), dot, BLUE, PAPER, name=f"node-{n}")
        if most > 1:
            self._draw_counts(edges)
        for label in self.labels:
            self._draw_label(label)

    def _draw_label(self, label: _Label) -> None:
        start = self._start(label)
        x, y = self.at[label.node]
        own = 1.12 * y
        if abs(label.y - own) > label.half:
            edge = self.dots[label.node] / self.radius
            begin = self._on_sheet((x * (1 + edge), y * (1 + edge)))
            self.sheet.rule(begin, self._on_sheet((start - 0.03 * label.side, label.y)), RULE, 0.6, name="leader")
        at = self._on_sheet((start, label.y))
        self.sheet.lines(*at, label.lines, align="left" if label.side == 1 else "right", colour=INK)

    def _draw_counts(self, edges: dict[tuple[int, int], int]) -> None:
        """The number of studies on each line that has room for it, where no other number or line is near."""
        placed: list[Point] = []
        for (one, two), count in sorted(edges.items(), key=lambda item: (-item[1], item[0])):
            others = [edge for edge in edges if edge != (one, two)]
            spots = [_between(self.at[one], self.at[two], share) for share in (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73)]
            room = 0.07 + text_width(str(count), _SMALL) / 2
            free = (s for s in spots if self._is_free(s, room, others, placed))
            if (spot := next(free, None)) is not None:
                placed.append(spot)
                x, y = self._on_sheet(spot)
                self.sheet.box((x - room + 0.02, y - 0.075, x + room - 0.02, y + 0.075), PAPER)
                self.sheet.text(x, y, str(count), _SMALL, "center")

    def _is_free(self, spot: Point, room: float, edges: list[tuple[int, int]], placed: list[Point]) -> bool:
        if any(math.dist(spot, other) < 0.2 for other in placed):
            return False
        return all(_distance(spot, self.at[one], self.at[two]) > room + 0.03 for one, two in edges)


def _between(one: Point, two: Point, share: float) -> Point:
    return one[0] + share * (two[0] - one[0]), one[1] + share * (two[1] - one[1])


def _distance(point: Point, start: Point, end: Point) -> float:
    """From a point to a line between two others."""
    length = math.dist(start, end)
    along = ((point[0] - start[0]) * (end[0] - start[0]) + (point[1] - start[1]) * (end[1] - start[1])) / length**2
    return math.dist(point, _between(start, end, min(max(along, 0.0), 1.0)))
