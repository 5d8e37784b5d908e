"""L'Abbé plots: the risk with the intervention against the risk with the comparator, a circle a study.

After L'Abbé KA, Detsky AS, O'Rourke K. Ann Intern Med 1987;107:224-33.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from ...chart import SEE_THROUGH, Axis, Chart, Key, check, radii
from ...figures import BLUE, MUTED, VERMILLION, message, save, style
from ...point_labels import place

_DASHED = (0, (4, 3))


@dataclass(frozen=True)
class LabbePlot:
    """All that a L'Abbé plot shows.

    Attributes
    ----------
    title : str
        Heading.
    arms : tuple of two str
        Names of the intervention (upwards) and the comparator (across).
    risk_1, risk_2 : sequence of float
        Each study's risk with the intervention and with the comparator, from 0 to 1.
    weights : sequence of float, or None
        Areas of the circles are in proportion to them.
    pooled : sequence of (float, float)
        Points of the curve that the pooled effect makes, as (risk with the comparator, risk with the intervention).
    effect : str
        What the legend says of that curve (``Pooled odds ratio, 1.57``).
    labels : sequence of str
        Names of the studies, written where there is room; empty: no names.
    """

    title: str
    arms: tuple[str, str]
    risk_1: Sequence[float]
    risk_2: Sequence[float]
    weights: Sequence[float] | None = None
    pooled: Sequence[tuple[float, float]] = ()
    effect: str = "Pooled effect"
    labels: Sequence[str] = ()

    def __post_init__(self) -> None:
        series = {"risks with the intervention": self.risk_1, "risks with the comparator": self.risk_2}
        check({**series, "weights": self.weights}, self.labels, positive=["weights"])
        check({"curve": [risk for pair in self.pooled for risk in pair]})
        if any(not 0 <= risk <= 1 for risk in (*self.risk_1, *self.risk_2)):
            raise ValueError("risks are numbers from 0 to 1")


def labbe(plot: LabbePlot, out_stem: str | Path) -> None:
    """Write a L'Abbé plot as ``<out_stem>.svg`` and ``<out_stem>.png``.

    Without any study the figure says that there is nothing to plot.

    Raises
    ------
    ValueError
        When lengths differ, a risk is not from 0 to 1, or a weight is not positive; raised where a `LabbePlot` is made.
    """
    save(draw_labbe(plot), out_stem, plot.title)


@style()
def draw_labbe(plot: LabbePlot) -> Figure:
    """The figure that `labbe` writes."""
    if not len(plot.risk_1):
        return message(plot.title, "No study gives a risk in both arms: there is nothing to plot.")
    most = min(max(100 * max(*plot.risk_1, *plot.risk_2) * 1.08, 1.0), 104.0)
    least = -0.04 * most
    across, up = (Axis(f"{name}: people with the event (%)", least, most) for name in reversed(plot.arms))
    chart = Chart(plot.title, across, up, (3.7, 3.7))
    pairs = [(100 * x, 100 * y) for x, y in zip(plot.risk_2, plot.risk_1, strict=True)]
    points = [(*chart.at(*pair), radius) for pair, radius in zip(pairs, radii(plot.weights, len(pairs)), strict=True)]
    none, pooled = [(0.0, 0.0), (most, most)], [(100 * x, 100 * y) for x, y in plot.pooled]
    labels = place(points, plot.labels, chart.frame, [[chart.at(*pair) for pair in line] for line in (none, pooled)])
    sheet = chart.open(_legend(plot), labels.notes)
    chart.axes()
    chart.curve(none, colour=MUTED, name="null")
    if pooled:
        chart.curve(pooled, colour=VERMILLION, width=1.2, dash=_DASHED, name="pooled")
    for n in sorted(range(len(points)), key=lambda n: (-points[n][2], n)):
        sheet.dot(*points[n], SEE_THROUGH, BLUE, name=f"study-{n + 1}")
    labels.draw(sheet)
    return sheet.figure


def _legend(plot: LabbePlot) -> list[Key]:
    keys = [
        Key("Study" + (", area by weight" if plot.weights is not None else ""), "dot", SEE_THROUGH, BLUE),
        Key("Equal risks", "line", MUTED),
    ]
    return [*keys, Key(plot.effect, "line", VERMILLION, dash=_DASHED)] if len(plot.pooled) else keys
