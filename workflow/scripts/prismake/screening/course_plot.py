"""The course of screening as a figure: relevant reports found against reports read, and the recall that may be claimed."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ..chart import Axis, Chart, Key
from ..figures import BLUE, MUTED, VERMILLION, message, save, style
from ..wording import percent

TITLE = "Course of screening on title and abstract"
FOUND, CLAIMED = "Relevant reports found", "Relevant reports there may be in all, at most"


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
    claimed = [
        (float(row["read"]), float(row["found"]) / float(row["recall_at_least"]))
        for row in rows
        if float(row["recall_at_least"]) > 0
    ]
    top = 1.3 * max(stop["found"], 1)
    within = [(read, most) for read, most in claimed if most <= top]
    across = Axis("Reports read", 0.0, float(stop["total"]))
    chart = Chart(TITLE, across, Axis("Relevant reports", 0.0, top), (5.0, 3.0))
    confidence = f"with {percent(1 - stop['alpha'])} confidence"
    legend = [Key(FOUND, "line", BLUE)]
    if len(within) > 1:
        legend.append(Key(f"{CLAIMED}, {confidence}", "line", VERMILLION, dash="dashed"))
    sheet = chart.open(legend)
    chart.axes()
    if stop["read"] < stop["total"]:
        chart.upright(float(stop["read"]), colour=MUTED, name="now")
    chart.curve(course, colour=BLUE, width=1.4, name="found")
    if len(within) > 1:
        chart.curve(within, colour=VERMILLION, width=1.0, dash="dashed", name="claimed")
    return sheet.figure
