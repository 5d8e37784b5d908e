"""Recall curves: which share of the relevant records is found when so much has been read."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from ..figures import BLUE, MUTED, RULE, Scale, Sheet, fit, style
from .metrics import recall_curve

_WIDTH, _HEIGHT = 5.2, 3.9
_LEFT, _TOP, _RIGHT, _BOTTOM = 0.75, 0.7, 4.9, 3.35


@style()
def recall_figure(title: str, runs: Sequence[Sequence[bool]]) -> Figure:
    """Draw the curve of each run, thin, and their mean.

    Parameters
    ----------
    title : str
    runs : sequence of sequences of bool
        For each run, whether each record is relevant, in the order of reading; each finds at least one.
    """
    sheet = Sheet(_WIDTH, _HEIGHT)
    sheet.lines(_LEFT, 0.25, fit(title, _RIGHT - _LEFT, 10, bold=True), 10, bold=True)
    across, up = Scale(0, 1, _LEFT, _RIGHT), Scale(0, 1, _BOTTOM, _TOP)
    for tick in (0, 0.25, 0.5, 0.75, 1):
        sheet.rule((_LEFT, up.at(tick)), (_RIGHT, up.at(tick)), RULE, 0.4)
        sheet.text(_LEFT - 0.08, up.at(tick), f"{tick:.0%}", align="right")
        sheet.text(across.at(tick), _BOTTOM + 0.14, f"{tick:.0%}", align="center")
    sheet.text((_LEFT + _RIGHT) / 2, _BOTTOM + 0.38, "share of the records read", align="center")
    sheet.text(_LEFT - 0.08, _TOP - 0.2, "recall", align="right")
    sheet.rule((_LEFT, up.at(0)), (_RIGHT, up.at(1)), MUTED, 0.7, (0, (4, 3)), name="unordered")
    sheet.rule((_LEFT, up.at(0.95)), (_RIGHT, up.at(0.95)), MUTED, 1.1, (0, (1, 2.5)), name="recall-95")
    curves = [recall_curve(labels) for labels in runs]
    mean = [(column[0][0], sum(y for _, y in column) / len(curves)) for column in zip(*curves, strict=True)]
    for number, curve in enumerate(curves, start=1):
        sheet.trace([(across.at(x), up.at(y)) for x, y in curve], "#9fc4e0", 0.6, name=f"run-{number}")
    sheet.trace([(across.at(x), up.at(y)) for x, y in mean], BLUE, 1.8, name="mean")
    return sheet.figure
