"""Baujat plots: each study's share in heterogeneity against what it does to the pooled estimate.

After Baujat B et al. Stat Med 2002;21:2641-52.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from ...chart import Axis, Chart, check
from ...figures import BLUE, PAPER, message, save, style
from ...point_labels import place


@dataclass(frozen=True)
class BaujatPlot:
    """All that a Baujat plot shows.

    Attributes
    ----------
    title : str
        Heading.
    labels : sequence of str
        Names of the studies, written where there is room, those furthest from the origin first.
    heterogeneity : sequence of float
        Squared Pearson residuals: the studies' shares in Cochran's Q.
    influence : sequence of float
        Squared standardised changes of the pooled estimate when the study is left out.
    """

    title: str
    labels: Sequence[str]
    heterogeneity: Sequence[float]
    influence: Sequence[float]

    def __post_init__(self) -> None:
        check({"shares in heterogeneity": self.heterogeneity, "influences": self.influence}, self.labels)
        if any(value < 0 for value in (*self.heterogeneity, *self.influence)):
            raise ValueError("shares in heterogeneity and influences are not negative")


def baujat(plot: BaujatPlot, out_stem: str | Path) -> None:
    """Write a Baujat plot as ``<out_stem>.svg`` and ``<out_stem>.png``.

    Without any study the figure says that there is nothing to plot.

    Raises
    ------
    ValueError
        When lengths differ or a value is negative or not finite; raised where a `BaujatPlot` is made.
    """
    save(draw_baujat(plot), out_stem, plot.title)


@style()
def draw_baujat(plot: BaujatPlot) -> Figure:
    """The figure that `baujat` writes."""
    if not len(plot.heterogeneity):
        return message(plot.title, "No study can be left out: there is nothing to plot.")
    across = Axis.around("Contribution to heterogeneity (squared Pearson residual)", [0.0, *plot.heterogeneity])
    up = Axis.around("Influence on the pooled estimate", [0.0, *plot.influence])
    chart = Chart(plot.title, across, up)
    points = [(*chart.at(*pair), 0.045) for pair in zip(plot.heterogeneity, plot.influence, strict=True)]
    origin = chart.at(0.0, 0.0)
    order = sorted(
        range(len(points)), key=lambda n: (origin[1] - points[n][1]) + (points[n][0] - origin[0]), reverse=True
    )
    labels = place(points, plot.labels, chart.frame, order=order)
    sheet = chart.open(notes=labels.notes)
    chart.axes()
    for n, point in enumerate(points, 1):
        sheet.dot(*point, BLUE, PAPER, name=f"study-{n}")
    labels.draw(sheet)
    return sheet.figure
