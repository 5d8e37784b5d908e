"""The course of screening as a figure: relevant reports found against reports read, and the recall that may be claimed."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ..chart import Axis, Chart, Key
from ..figures import BLUE, MUTED, VERMILLION, message, save, style
from ..wording import percent

TITLE = "Course of screening on title and abstract"
FOUND, CLAIMED, ESTIMATED = "Relevant reports found", "In all, at most", "In all, as estimated"


def course_plot(rows: list[dict[str, str]], stop: dict[str, Any], out_stem: Path) -> None:
    """Write the figure as ``<out_stem>.svg`` and ``<out_stem>.png``; without any report read it says so.

    Parameters
    ----------
    rows : list of dict
        Columns `prismake.screening.course.COURSE`.
    stop : dict
        `prismake.screening.course.Stop` as plain values.
    """
    save(draw_course(rows, stop), out_stem, TITLE)


@style()
def draw_course(rows: list[dict[str, str]], stop: dict[str, Any]) -> Figure:
    """The figure that `course_plot` writes."""
    if not rows:
        return message(TITLE, "No report has been decided on yet.")
    course = [(0.0, 0.0), *((float(row["read"]), float(row["found"])) for row in rows)]
    top = 1.3 * max(stop["found"], 1)
    claimed, estimated = (_in_all(rows, column, top) for column in ("recall_at_least", "estimate"))
    across = Axis("Reports read", 0.0, float(stop["total"]))
    chart = Chart(TITLE, across, Axis("Relevant reports", 0.0, top), (5.0, 3.0))
    confidence = f"with {percent(1 - stop['alpha'])} confidence"
    legend = [Key(FOUND, "line", BLUE)]
    if len(estimated) > 1:
        legend.append(Key(ESTIMATED, "line", MUTED, dash="dotted"))
    if len(claimed) > 1:
        legend.append(Key(f"{CLAIMED}, {confidence}", "line", VERMILLION, dash="dashed"))
    sheet = chart.open(legend)
    chart.axes()
    if stop["read"] < stop["total"]:
        chart.upright(float(stop["read"]), colour=MUTED, name="now")
    chart.curve(course, colour=BLUE, width=1.4, name="found")
    if len(estimated) > 1:
        chart.curve(estimated, colour=MUTED, width=1.0, dash="dotted", name="estimated")
    if len(claimed) > 1:
        chart.curve(claimed, colour=VERMILLION, width=1.0, dash="dashed", name="claimed")
    return sheet.figure


def _in_all(rows: list[dict[str, str]], recall: str, top: float) -> list[tuple[float, float]]:
    """How many relevant reports a recall means that there are, since last there were more than the figure has room for."""
    points = [(float(row["read"]), float(row["found"]) / float(row[recall])) for row in rows if float(row[recall]) > 0]
    above = max((number for number, (_, many) in enumerate(points, 1) if many > top), default=0)
    return points[above:]
