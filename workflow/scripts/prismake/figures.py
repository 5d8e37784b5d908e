"""What every figure shares: fonts, palette, fitted text, axes, and saving the same bytes each time.

Lengths are inches, with y running down from the top edge; text sizes are points. Text from studies is data: it is
never read as mathematics, and characters that no font here can draw are replaced.
"""

import contextlib
import functools
import io
import itertools
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, PathPatch, Polygon
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from matplotlib.textpath import TextPath, text_to_path
from matplotlib.transforms import Affine2D

from .tables import whole
from .wording import scientific

INK, MUTED, RULE, PAPER = "#1a1a1a", "#5a5a5a", "#b5b5b5", "#ffffff"
BLUE, ORANGE, GREEN, YELLOW, VERMILLION = "#0072b2", "#e69f00", "#009e73", "#f0e442", "#d55e00"
"""Hues that colour-blind readers tell apart (Okabe M, Ito K. Color universal design, 2008)."""

JUDGEMENT_SIGNS: dict[str | None, tuple[str, str, str]] = {
    "Low": ("+", GREEN, "Low"),
    "Some concerns": ("−", YELLOW, "Some concerns"),
    "High": ("×", VERMILLION, "High"),
    None: ("?", "#d9d9d9", "Not judged"),
}
"""Judgement of risk of bias -> sign, colour, words in a legend."""

TEXT_SIZE = 8.0
RESOLUTION = 200
"""Pixels per inch of figures that a page holds in their own size."""
_PRINTED, _LEAST, _PAGE = 300, 110, (6.5, 9.0)
"""Pixels per inch that larger figures have once a page holds them, the fewest before that, and what it holds (inches)."""
_COMPRESSION = 3
"""Of PNG files; figures of text and lines are no smaller at higher levels, only slower to write."""

_DEJAVU, _CJK = "DejaVu Sans", "prismake CJK"
_UNKNOWN, _NO_BREAK = "\ufffd", "\xa0"
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Draw with matplotlib's own defaults and ours, whatever a user's matplotlibrc says. Also a decorator."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": _DEJAVU,
                "svg.fonttype": "path",
                "svg.hashsalt": "prismake",
                "text.hinting": "no_hinting",  # letters as far apart in PNG as in SVG, and as `text_width` says
                "text.parse_math": False,
                "text.usetex": False,
            }
        )
        yield


@functools.cache
def _dejavu_characters() -> frozenset[int]:
    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    faces = (FT2Font(str(folder / name)) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
    return frozenset.intersection(*(frozenset(face.get_charmap()) for face in faces))


@functools.cache
def _cjk_characters() -> frozenset[int]:
    """Register Noto Sans CJK, under a name that no font of the system has, where its package is installed."""
    try:
        import manimgx_fonts_cjk

        file = next(Path(manimgx_fonts_cjk.__file__).parent.glob("*.tt[cf]"))
        fontManager.addfont(str(file))
        faces = [entry for entry in fontManager.ttflist if Path(entry.fname) == file]
        face = next((entry for entry in faces if entry.name.endswith("SC")), faces[0])
        fontManager.ttflist += [replace(face, name=_CJK, weight=weight) for weight in (400, 700)]
        return frozenset(FT2Font(str(file)).get_charmap())
    except (ImportError, StopIteration, OSError, RuntimeError):
        return frozenset()


def printable(text: str) -> str:
    """Text as it can be drawn on one line.

    White space is run together (a no-break space stays one), control and format characters go, and what no font can
    draw becomes U+FFFD.
    """
    spaced = "".join(" " if c.isspace() and c != _NO_BREAK else c for c in text)
    kept = (c for c in " ".join(filter(None, spaced.split(" "))) if unicodedata.category(c) not in _INVISIBLE)
    return "".join(c if ord(c) in _dejavu_characters() or ord(c) in _cjk_characters() else _UNKNOWN for c in kept)


def _font(text: str, size: float, bold: bool) -> FontProperties:
    return _properties(all(ord(c) in _dejavu_characters() for c in text), size, bold)


@functools.cache
def _properties(own: bool, size: float, bold: bool) -> FontProperties:
    return FontProperties(family=[_DEJAVU] if own else [_DEJAVU, _CJK], size=size, weight="bold" if bold else "normal")


@functools.lru_cache(maxsize=8192)
def text_width(text: str, size: float = TEXT_SIZE, bold: bool = False) -> float:
    """Width of one line of text in inches."""
    text = printable(text)
    if not text:
        return 0.0
    return text_to_path.get_text_width_height_descent(text, _font(text, size, bold), ismath=False)[0] / 72


def line_height(size: float = TEXT_SIZE) -> float:
    """Distance between lines of text in inches."""
    return 1.32 * size / 72


def fit(text: str, width: float, size: float = TEXT_SIZE, bold: bool = False, lines: int = 1) -> list[str]:
    """Break text into lines no wider than `width` inches; what exceeds `lines` lines ends in an ellipsis."""
    words = list(filter(None, printable(text).split(" ")))
    fitted: list[str] = []
    while words and len(fitted) < lines:
        last = len(fitted) == lines - 1
        count = _prefix([" ".join(words[: n + 1]) for n in range(len(words))], width, size, bold)
        if count == len(words) or (count and not last):
            fitted.append(" ".join(words[:count]))
            words = words[count:]
            continue
        rest = " ".join(words)
        if last:
            cuts = [rest[:n].rstrip() + "…" for n in range(len(rest))]
            fitted.append(cuts[max(_prefix(cuts, width, size, bold) - 1, 0)])
            break
        letters = max(_prefix([rest[:n] for n in range(1, len(words[0]) + 1)], width, size, bold), 1)
        fitted.append(rest[:letters])
        words = list(filter(None, rest[letters:].split(" ")))
    return fitted


def _prefix(candidates: Sequence[str], width: float, size: float, bold: bool) -> int:
    """How many of the ever longer candidates fit, by bisection."""
    low, high = 0, len(candidates)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(candidates[middle - 1], size, bold) <= width:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(frozen=True)
class Scale:
    """An axis across the page: from `low` to `high`, drawn from `left` to `right` inches; a ratio's is logarithmic."""

    low: float
    high: float
    left: float
    right: float
    ratio: bool = False

    def at(self, value: float) -> float:
        """Where a value stands, in inches; beyond the ends for values outside (also for 0 and infinity)."""
        if math.isinf(value) or (self.ratio and value <= 0):
            return math.copysign(math.inf, value if math.isinf(value) else -1)
        low, high, value = (math.log(v) if self.ratio else v for v in (self.low, self.high, value))
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def cuts(self, low: float, high: float) -> tuple[bool, bool]:
        """Whether an interval runs beyond the left and the right end."""
        return self.at(low) < self.left - 1e-9, self.at(high) > self.right + 1e-9

    def ticks(self, size: float = TEXT_SIZE, upright: bool = False) -> list[tuple[float, str]]:
        """Values with their labels, as many as stand side by side, or one above the other, without touching."""
        fitting: list[list[tuple[float, str]]] = []
        for values in self._candidates():
            labels = [(value, _tick_label(value)) for value in values]
            distinct = len({label for _, label in labels}) == len(labels)
            if distinct and len(labels) <= 9 and self._apart(labels, size, upright):
                fitting.append(labels)
        return next((labels for labels in fitting if len(labels) >= 3), max(fitting, key=len, default=[]))

    def _apart(self, labels: list[tuple[float, str]], size: float, upright: bool) -> bool:
        ends = [(self.at(v), (line_height(size) if upright else text_width(label, size)) / 2) for v, label in labels]
        return all(b - half_b - (a + half_a) >= 0.1 for (a, half_a), (b, half_b) in itertools.pairwise(ends))

    def _candidates(self) -> Iterator[list[float]]:
        """Sets of round values within the axis, the preferred first."""
        if self.ratio and self.high / self.low > 6:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            if last - first <= 3:
                yield self._inside([m * 10.0**e for e in range(first, last + 1) for m in (1, 2, 5)])
            for step in (1, 2, 3, 4, 5, 10, 20, 50, 100):
                decades = range(step * math.ceil(first / step), last + 1, step)
                yield self._inside([10.0**e for e in decades if -308 < e < 308])
            if self.high / self.low > 12:
                return
        span = self.high - self.low
        for rough in (span / 6, span / 4, span / 3, span / 2, span):
            power = 10.0 ** math.floor(math.log10(rough))
            step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
            start = math.ceil(self.low / step - 1e-9)
            yield self._inside([round(i * step, 12 - math.floor(math.log10(step))) for i in range(start, start + 12)])

    def _inside(self, values: list[float]) -> list[float]:
        return [value for value in values if self.low <= value <= self.high]


def _tick_label(value: float) -> str:
    text = f"{value:.10g}"
    is_long = "e" in text or abs(value) >= 1e5 or len(text) > 9
    return scientific(value, 6) if is_long else text.replace("-", "−")


@functools.cache
def _centred_outline(character: str) -> Outline:
    """The outline of a bold character of size 1, its ink centred at the origin."""
    outline = TextPath((0, 0), character, size=1, prop=_font(character, 10, True))
    box = outline.get_extents()
    return outline.transformed(Affine2D().translate(-(box.x0 + box.x1) / 2, -(box.y0 + box.y1) / 2))


class _Words(Text):
    """One line of text whose width is known. Matplotlib's own drawing measures it again for every file."""

    before = 0.0
    """How much of it stands before its place, in inches."""

    def draw(self, renderer: Any) -> None:
        """Draw it with one call of the renderer."""
        x, y = self.get_transform().transform(self.get_position())
        x -= self.before * self.get_figure(root=True).dpi
        y = renderer.get_canvas_width_height()[1] - y if renderer.flipy() else y
        context = renderer.new_gc()
        context.set_foreground(self.get_color())
        renderer.open_group("text", self.get_gid())
        renderer.draw_text(context, x, y, self.get_text(), self.get_fontproperties(), 0, mtext=self)
        renderer.close_group("text")
        context.restore()


class Sheet:
    """An empty figure to draw on, in inches from its top left corner; what is drawn later lies above."""

    def __init__(self, width: float, height: float):
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height), dpi=RESOLUTION, facecolor=PAPER)
        FigureCanvasAgg(self.figure)
        self._inches = Affine2D().scale(1, -1).translate(0, height) + self.figure.dpi_scale_trans
        self._drawn = 0

    def _add(self, artist: Any, name: str = "", within: tuple[float, float, float, float] | None = None) -> None:
        self._drawn += 1
        artist.set(transform=self._inches, zorder=self._drawn, gid=name or None)
        self.figure.add_artist(artist)
        if within:
            left, top, right, bottom = within
            frame = Outline([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
            artist.set_clip_path(frame, self._inches)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = TEXT_SIZE,
        align: str = "left",
        bold: bool = False,
        colour: str = INK,
    ) -> None:
        """One line of text whose middle height is at `y`."""
        text = printable(text)
        if not text:
            return
        self._drawn += 1
        words = _Words(
            x,
            y + 0.36 * size / 72,
            text,
            fontproperties=_font(text, size, bold),
            color=colour,
            horizontalalignment=align,
            verticalalignment="baseline",
            parse_math=False,
        )
        words.before = {"left": 0.0, "center": 0.5, "right": 1.0}[align] * text_width(text, size, bold)
        words.set(transform=self._inches, zorder=self._drawn)
        self.figure.add_artist(words)

    def lines(self, x: float, y: float, lines: Sequence[str], size: float = TEXT_SIZE, **how: Any) -> None:
        """Several lines of text, the block centred at height `y`."""
        top = y - (len(lines) - 1) / 2 * line_height(size)
        for number, line in enumerate(lines):
            self.text(x, top + number * line_height(size), line, size, **how)

    def rule(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        colour: str = INK,
        width: float = 0.8,
        dash: Any = "solid",
        name: str = "",
    ) -> None:
        """A straight line, `width` points thick."""
        self.curve((start, end), colour, width, dash, name)

    def curve(
        self,
        points: Sequence[tuple[float, float]],
        colour: str = INK,
        width: float = 0.8,
        dash: Any = "solid",
        name: str = "",
        within: tuple[float, float, float, float] | None = None,
    ) -> None:
        """A line through points, `width` points thick, cut off at the frame `within` (left, top, right, bottom)."""
        line = Line2D(*zip(*points, strict=True), color=colour, linewidth=width, linestyle=dash)
        line.set_solid_capstyle("butt")
        self._add(line, name, within)

    def trace(
        self, points: Sequence[tuple[float, float]], colour: str = INK, width: float = 0.8, name: str = ""
    ) -> None:
        """A line through points, `width` points thick."""
        self._add(Line2D(*zip(*points, strict=True), color=colour, linewidth=width), name)

    def polygon(
        self,
        points: Sequence[tuple[float, float]],
        face: str = INK,
        edge: str | None = None,
        width: float = 0.9,
        name: str = "",
        within: tuple[float, float, float, float] | None = None,
    ) -> None:
        """A filled polygon, cut off at the frame `within` (left, top, right, bottom)."""
        shape = Polygon(points, closed=True, facecolor=face, edgecolor=edge or face, linewidth=width if edge else 0)
        self._add(shape, name, within)

    def box(self, corners: tuple[float, float, float, float], face: str, **how: Any) -> None:
        """A filled rectangle (left, top, right, bottom)."""
        left, top, right, bottom = corners
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], face, **how)

    def boxes(self, corners: Sequence[tuple[float, float, float, float]], face: str, name: str = "") -> None:
        """Many filled rectangles (left, top, right, bottom) of one colour as one shape, without lines between them."""
        outlines = [[(le, to), (ri, to), (ri, bo), (le, bo), (le, to)] for le, to, ri, bo in corners]
        shape = Outline.make_compound_path(*(Outline(outline, closed=True) for outline in outlines))
        self._add(PathPatch(shape, facecolor=face, linewidth=0), name)

    def dot(self, x: float, y: float, radius: float, face: str, edge: str = INK, name: str = "") -> None:
        """A filled circle."""
        self._add(Circle((x, y), radius, facecolor=face, edgecolor=edge, linewidth=0.6), name)

    def sign(self, x: float, y: float, judgement: str | None, radius: float = 0.085, name: str = "") -> None:
        """A coloured circle that carries the sign of a judgement of risk of bias.

        Raises
        ------
        KeyError
            When `judgement` is neither None nor one of `JUDGEMENT_SIGNS`.
        """
        sign, colour, _ = JUDGEMENT_SIGNS[judgement]
        self.dot(x, y, radius, colour, name=name)
        self.glyph(x, y, sign, radius * 1.5)

    def glyph(self, x: float, y: float, character: str, size: float) -> None:
        """One bold character as a shape, its ink centred at (x, y); `size` in inches."""
        placed = _centred_outline(character).transformed(Affine2D().scale(size, -size).translate(x, y))
        self._add(PathPatch(placed, facecolor=INK, linewidth=0))

    def interval(
        self, scale: Scale, low: float, high: float, y: float, name: str, colour: str = INK, width: float = 1.0
    ) -> None:
        """The part of an interval that the axis shows; an arrow, ``<name>-cut-low`` or ``-high``, where it is cut."""
        start, end = (min(max(scale.at(value), scale.left), scale.right) for value in (low, high))
        cut_low, cut_high = scale.cuts(low, high)
        if cut_low:
            end = max(end, scale.left + 0.1)
        if cut_high:
            start = min(start, scale.right - 0.1)
        self.rule((start + 0.05 * cut_low, y), (end - 0.05 * cut_high, y), colour, width, name=name)
        self._arrows(scale, (cut_low, cut_high), y, name, colour)

    def diamond(self, scale: Scale, values: tuple[float, float, float], y: float, name: str, face: str = BLUE) -> None:
        """A pooled estimate with its interval (low, estimate, high), cut and marked as `interval` does."""
        low, middle, high = (min(max(scale.at(v), scale.left - 1e3), scale.right + 1e3) for v in values)
        corners = [(low, y), (middle, y - 0.075), (high, y), (middle, y + 0.075)]
        frame = (scale.left, y - 0.1, scale.right, y + 0.1)
        self.polygon(corners, face, edge=BLUE, name=f"{name}-diamond", within=frame)
        self._arrows(scale, scale.cuts(values[0], values[2]), y, name, INK)

    def _arrows(self, scale: Scale, cut: tuple[bool, bool], y: float, name: str, colour: str) -> None:
        for is_cut, tip, back, side in zip(cut, (scale.left, scale.right), (0.07, -0.07), ("low", "high"), strict=True):
            if is_cut:
                head = [(tip, y), (tip + back, y - 0.04), (tip + back, y + 0.04)]
                self.polygon(head, colour, name=f"{name}-cut-{side}")

    def legend_of_signs(self, x: float, y: float, judgements: Sequence[str | None], size: float = TEXT_SIZE) -> float:
        """The signs of judgements with their words, side by side from `x`; returns where they end."""
        for judgement in judgements:
            words = JUDGEMENT_SIGNS[judgement][2]
            self.sign(x + 0.085, y, judgement, name="legend-" + words.lower().replace(" ", "-"))
            self.text(x + 0.24, y, words, size)
            x += 0.24 + text_width(words, size) + 0.22
        return x


def legend_width(judgements: Sequence[str | None], size: float = TEXT_SIZE) -> float:
    """Width in inches of `Sheet.legend_of_signs`."""
    return sum(0.46 + text_width(JUDGEMENT_SIGNS[judgement][2], size) for judgement in judgements)


@style()
def message(title: str, text: str, width: float = 6.5) -> Figure:
    """A figure that says in words why there is nothing to draw."""
    titles = fit(title, width - 0.3, 10, bold=True, lines=3)
    words = fit(text, width - 0.7, lines=4)
    top = 0.15 + len(titles) * line_height(10)
    height = top + len(words) * line_height() + 0.6
    sheet = Sheet(width, height)
    sheet.lines(0.15, (0.15 + top) / 2, titles, 10, bold=True)
    box = (0.15, top + 0.1, width - 0.15, height - 0.15)
    sheet.box(box, "#f5f5f5", edge=RULE)
    sheet.lines(width / 2, (box[1] + box[3]) / 2, words, align="center", colour=MUTED)
    return sheet.figure


@style()
def svg(figure: Figure, title: str = "") -> bytes:
    """A figure as SVG, the same bytes for the same figure; `title` is what it carries for screen readers."""
    drawn = io.BytesIO()
    named = {"Title": printable(title)} if title else {}
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None, **named})
    return drawn.getvalue()


@style()
def save(figure: Figure, stem: str | Path, title: str = "") -> None:
    """Write ``<stem>.svg`` and ``<stem>.png``: each whole or absent, the same bytes for the same figure.

    Parameters
    ----------
    figure : Figure
        What to save.
    stem : path
        Where to, without the ending; folders are made.
    title : str
        The title that the files carry, for screen readers and image lists.
    """
    stem = Path(stem)
    named = {"Title": printable(title)} if title else {}
    with whole(stem.with_name(f"{stem.name}.svg")) as part:
        part.write_bytes(svg(figure, title))
    with whole(stem.with_name(f"{stem.name}.png")) as part:
        told = {"metadata": {"Software": None, **named}, "pil_kwargs": {"compress_level": _COMPRESSION}}
        figure.savefig(part, format="png", dpi=resolution(*figure.get_size_inches()), **told)


def resolution(width: float, height: float) -> int:
    """Pixels per inch of the PNG of a figure of so many inches.

    Large figures are made smaller to go on a page. Beyond `_PRINTED` pixels per inch of it they would only cost time and
    space: the forest plot of 80 studies has 17 million pixels at `RESOLUTION`.
    """
    share = min(1.0, _PAGE[0] / width, _PAGE[1] / height)
    return round(min(RESOLUTION, max(_LEAST, _PRINTED * share)))
