"""GOSH plots: the estimates of subsets of the studies against their heterogeneity, as a density.

After Olkin I, Dahabreh IJ, Trikalinos TA. Res Synth Methods 2012;3:214-23.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from ...chart import Axis, Chart, Key, check
from ...figures import MUTED, VERMILLION, message, save, style
from ...wording import many

_SHADES = ("#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c", "#08306b")
"""From few subsets to many: each shade stands for four times as many as the one before."""
_STRIPS = "#b8b8b8"
_ACROSS, _UP, _STRIP = 88, 66, 0.55


@dataclass(frozen=True)
class GoshPlot:
    """All that a GOSH plot shows.

    Attributes
    ----------
    title, measure : str
        Heading, and the name of the measure.
    ratio : bool
        Whether estimates are logarithms of ratios; the axis then shows ratios.
    estimate, I2 : sequence of float
        One a subset: the estimate on the scale of analysis, and I2 in percent.
    overall : float or None
        The estimate of all studies.
    marked : sequence of bool
        Subsets outlined, such as those with one study in them; empty: none.
    marked_as : str
        What the legend says of them.
    """

    title: str
    measure: str
    ratio: bool
    estimate: Sequence[float]
    I2: Sequence[float]
    overall: float | None = None
    marked: Sequence[bool] = ()
    marked_as: str = ""

    def __post_init__(self) -> None:
        series = {"estimates": self.estimate, "values of I²": self.I2}
        check({**series, "marks": self.marked if len(self.marked) else None})
        check({"overall estimate": [] if self.overall is None else [self.overall]})
        if any(not 0 <= value <= 100 for value in self.I2):
            raise ValueError("values of I² are percentages from 0 to 100")


def gosh_plot(plot: GoshPlot, out_stem: str | Path) -> None:
    """Write a GOSH plot as ``<out_stem>.svg`` and ``<out_stem>.png``.

    However many subsets there are, the figure holds only the cells in which they fall. Without any subset it says that
    there is nothing to plot.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite, or an I2 is not from 0 to 100; raised where a `GoshPlot` is made.
    """
    save(draw_gosh(plot), out_stem, plot.title)


@style()
def draw_gosh(plot: GoshPlot) -> Figure:
    """The figure that `gosh_plot` writes."""
    if not len(plot.estimate):
        return message(plot.title, "No subset of the studies was fitted: there is nothing to plot.")
    ends = [*plot.estimate, *([] if plot.overall is None else [plot.overall])]
    across = Axis.around(plot.measure + (" (log scale)" if plot.ratio else ""), ends, plot.ratio, pad=0.04)
    chart = Chart(plot.title, across, Axis("I² (%)", -2.0, 102.0), beside=_STRIP + 0.25, above=_STRIP)
    cells = [_cell(across, chart.up, *pair) for pair in zip(plot.estimate, plot.I2, strict=True)]
    counts = Counter(cells)
    sheet = chart.open(_legend(plot, counts), [many(len(cells), "subset") + " of the studies."])
    for n, shade in enumerate(_SHADES):
        boxes = [_box(chart, *cell) for cell, count in sorted(counts.items()) if _shade(count) == n]
        if boxes:
            sheet.boxes(boxes, shade, name=f"density-{n + 1}")
    marked = {cell for cell, is_marked in zip(cells, plot.marked, strict=False) if is_marked}
    if marked:
        sheet.boxes([_middle(_box(chart, *cell)) for cell in sorted(marked)], VERMILLION, name="marked")
    chart.axes(grid=False)
    if plot.overall is not None:
        chart.upright(plot.overall, colour=MUTED, dash=(0, (4, 3)), name="overall")
    _draw_strips(chart, counts)
    return sheet.figure


def _cell(across: Axis, up: Axis, estimate: float, I2: float) -> tuple[int, int]:
    column, row = across.at(estimate, _ACROSS), up.at(I2, _UP)
    return min(int(column), _ACROSS - 1), min(int(row), _UP - 1)


def _shade(count: int) -> int:
    return min((count.bit_length() - 1) // 2, len(_SHADES) - 1)


def _box(chart: Chart, column: int, row: int) -> tuple[float, float, float, float]:
    wide, tall = chart.wide / _ACROSS, chart.tall / _UP
    left, bottom = chart.left + column * wide, chart.bottom - row * tall
    return left, bottom - tall, left + wide, bottom


def _middle(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    x, y, half = (left + right) / 2, (top + bottom) / 2, 0.011
    return x - half, y - half, x + half, y + half


def _legend(plot: GoshPlot, counts: Counter[tuple[int, int]]) -> list[Key]:
    deepest = _shade(max(counts.values()))
    keys = [Key(_words(n), "box", _SHADES[n]) for n in range(deepest + 1)]
    keys[0] = Key(f"Subsets in a cell: {keys[0].words}", "box", _SHADES[0])
    if any(plot.marked):
        keys.append(Key(plot.marked_as or "Marked subsets", "box", VERMILLION))
    return keys if plot.overall is None else [*keys, Key("All studies", "line", MUTED, dash=(0, (4, 3)))]


def _words(n: int) -> str:
    low = 4**n
    return f"{low:,} or more" if n == len(_SHADES) - 1 else f"{low:,} to {4 * low - 1:,}"


def _draw_strips(chart: Chart, counts: Counter[tuple[int, int]]) -> None:
    """How many subsets stand in each column, above, and in each row, at the right."""
    columns, rows = Counter[int](), Counter[int]()
    for (column, row), count in counts.items():
        columns[column] += count
        rows[row] += count
    above, beside = [], []
    for column, count in sorted(columns.items()):
        left, _, right, _ = _box(chart, column, 0)
        above.append(
            (left, chart.top - 0.04 - (_STRIP - 0.08) * count / max(columns.values()), right, chart.top - 0.04)
        )
    for row, count in sorted(rows.items()):
        _, top, _, bottom = _box(chart, 0, row)
        beside.append(
            (chart.right + 0.04, top, chart.right + 0.04 + (_STRIP - 0.08) * count / max(rows.values()), bottom)
        )
    chart.sheet.boxes(above, _STRIPS, name="columns")
    chart.sheet.boxes(beside, _STRIPS, name="rows")
