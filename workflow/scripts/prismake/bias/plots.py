"""Figures of risk of bias, in the manner of robvis (McGuinness LA, Higgins JPT. Res Synth Methods 2021;12:55-61)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ..figures import (
    INK,
    JUDGEMENT_SIGNS,
    MUTED,
    RULE,
    TEXT_SIZE,
    Sheet,
    fit,
    legend_width,
    line_height,
    message,
    save,
    style,
    text_width,
)
from .rob2 import DOMAINS

COLUMNS = {**DOMAINS, "overall": "Overall"}
"""What is judged for each result: key -> name."""

_MARGIN, _GAP = 0.15, 0.2
_LABEL_MOST = 3.4
_BAND_LEAST = 0.29
_COLUMN, _OVERALL = 0.42, 0.72


def traffic_light(rows: Sequence[Mapping[str, Any]], out_stem: str | Path, title: str = "Risk of bias") -> None:
    """Write the traffic-light figure as ``<out_stem>.svg`` and ``.png``: a row a result, a column a domain.

    Parameters
    ----------
    rows : sequence of mappings
        For each result its ``label`` and its judgements ``D1`` to ``D5`` and ``overall`` (None: not judged yet), as
        `prismake.bias.rob2.judge_table` gives them. Without rows the figure says that nothing is judged yet.
    out_stem : path
        Where to write, without the ending.
    title : str
        Heading of the figure.

    Raises
    ------
    KeyError
        When a row lacks a label or a judgement, or a judgement is unknown.
    """
    save(draw_traffic_light(rows, title), out_stem, title)


def summary(rows: Sequence[Mapping[str, Any]], out_stem: str | Path, title: str = "Risk of bias, summary") -> None:
    """Write the summary as ``<out_stem>.svg`` and ``.png``: for each domain the percentage of results by judgement.

    Parameters and errors are those of `traffic_light`; every result counts the same.
    """
    save(draw_summary(rows, title), out_stem, title)


@style()
def draw_traffic_light(rows: Sequence[Mapping[str, Any]], title: str = "Risk of bias") -> Figure:
    """The figure that `traffic_light` writes."""
    if not rows:
        return message(title, "No result has been judged yet.")
    labels = [fit(row["label"], _LABEL_MOST, lines=3) for row in rows]
    widest = max(text_width(line) for label in labels for line in label or [""])
    first = _MARGIN + max(widest, text_width("Result", bold=True)) + _GAP
    at = [first + _COLUMN * (i + 0.5) for i in range(len(DOMAINS))] + [first + _COLUMN * len(DOMAINS) + _OVERALL / 2]
    right = first + _COLUMN * len(DOMAINS) + _OVERALL
    width = max(right, _MARGIN + _domain_key_width(), _MARGIN + legend_width(list(JUDGEMENT_SIGNS))) + _MARGIN
    bands = [max(_BAND_LEAST, len(label) * line_height() + 0.08) for label in labels]
    titles = fit(title, width - 2 * _MARGIN, 10, bold=True, lines=3)
    top = _MARGIN + len(titles) * line_height(10) + 0.08
    body = top + 0.3
    end = body + sum(bands)
    sheet = Sheet(width, end + 0.5 + len(DOMAINS) * line_height(7) + _MARGIN)
    sheet.lines(_MARGIN, _MARGIN + len(titles) * line_height(10) / 2, titles, 10, bold=True)
    sheet.text(_MARGIN, top + 0.14, "Result", bold=True)
    for x, column in zip(at, COLUMNS, strict=True):
        sheet.text(x, top + 0.14, "Overall" if column == "overall" else column, align="center", bold=True)
    sheet.rule((_MARGIN, body - 0.02), (right, body - 0.02))
    y = body
    for number, (row, label, band) in enumerate(zip(rows, labels, bands, strict=True), 1):
        sheet.lines(_MARGIN, y + band / 2, label)
        for x, column in zip(at, COLUMNS, strict=True):
            sheet.sign(x, y + band / 2, row[column], radius=0.105, name=f"result-{number}-{column}")
        y += band
        sheet.rule((_MARGIN, y), (right, y), RULE, 0.4)
    sheet.legend_of_signs(_MARGIN, end + 0.22, list(JUDGEMENT_SIGNS))
    for number, (key, name) in enumerate(DOMAINS.items()):
        sheet.text(_MARGIN, end + 0.48 + number * line_height(7), f"{key}: {name}", 7, colour=MUTED)
    return sheet.figure


def _domain_key_width() -> float:
    return max(text_width(f"{key}: {name}", 7) for key, name in DOMAINS.items())


@style()
def draw_summary(rows: Sequence[Mapping[str, Any]], title: str = "Risk of bias, summary") -> Figure:
    """The figure that `summary` writes."""
    if not rows:
        return message(title, "No result has been judged yet.")
    names = {c: name if c == "overall" else f"{c}: {name}" for c, name in COLUMNS.items()}
    left = _MARGIN + max(text_width(name, bold=c == "overall") for c, name in names.items()) + _GAP
    span, band, thick = 4.6, 0.34, 0.22
    width = left + span + 0.3
    titles = fit(title, width - 2 * _MARGIN, 10, bold=True, lines=3)
    top = _MARGIN + len(titles) * line_height(10) + 0.08
    end = top + band * len(COLUMNS) + 0.08
    sheet = Sheet(width, end + 0.95)
    sheet.lines(_MARGIN, _MARGIN + len(titles) * line_height(10) / 2, titles, 10, bold=True)
    for percent in (0, 25, 50, 75, 100):
        x = left + span * percent / 100
        sheet.rule((x, top), (x, end + 0.05), RULE, 0.5)
        sheet.text(x, end + 0.14, f"{percent}%", 7, align="center", colour=MUTED)
    for number, (column, name) in enumerate(names.items()):
        y = top + band * (number + 0.5) + 0.04
        sheet.text(_MARGIN, y, name, bold=column == "overall")
        _stacked_bar(sheet, [row[column] for row in rows], column, (left, y - thick / 2, left + span, y + thick / 2))
    sheet.legend_of_signs(_MARGIN, end + 0.44, list(JUDGEMENT_SIGNS))
    results = "1 result" if len(rows) == 1 else f"{len(rows)} results"
    sheet.text(_MARGIN, end + 0.72, f"Percentages of {results}; every result counts the same.", 7, colour=MUTED)
    return sheet.figure


def _stacked_bar(sheet: Sheet, judged: list[str | None], name: str, box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = box
    unknown = set(judged) - set(JUDGEMENT_SIGNS)
    if unknown:
        raise KeyError(unknown.pop())
    x = left
    for judgement, (sign, colour, words) in JUDGEMENT_SIGNS.items():
        count = judged.count(judgement)
        if not count:
            continue
        end = x + (right - left) * count / len(judged)
        part = f"bar-{name}-{words.lower().replace(' ', '-')}"
        sheet.box((x, top, end, bottom), colour, edge=INK, width=0.5, name=part)
        _inscribe(sheet, sign, f"{100 * count / len(judged):.0f}%", (x, end), (top + bottom) / 2)
        x = end


def _inscribe(sheet: Sheet, sign: str, percent: str, span: tuple[float, float], y: float) -> None:
    """Sign and percentage inside a bar, or the sign alone, or nothing, as there is room."""
    room, middle = span[1] - span[0], (span[0] + span[1]) / 2
    words = text_width(percent, TEXT_SIZE - 1)
    if room >= words + 0.32:
        sheet.glyph(middle - words / 2 - 0.06, y, sign, 0.13)
        sheet.text(middle + 0.06, y, percent, TEXT_SIZE - 1, align="center")
    elif room >= 0.16:
        sheet.glyph(middle, y, sign, 0.13)
