"""A batch as a workbook to label in a spreadsheet, and the labelled sheet, as workbook or CSV, read back.

Text cells that a spreadsheet would run are disarmed, and armed again when they are read.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...problems import InputError, Problem
from ...search.decode import decode, unpacked
from ...search.readers import workbook
from ...tables import disarm, rearm, whole
from .labels import Label, Vocabulary

COLUMNS = {
    "record_id": 22, "decision": 12, "reason": 18, "note": 30, "title": 60, "authors": 30, "year": 7, "journal": 25,
    "abstract": 90, "doi": 22, "pmid": 11, "rank": 7,
}  # fmt: skip
"""The columns of the sheet and their widths in characters. A person fills decision, reason and note."""
NEEDED = ("record_id", "decision")
_LONGEST = 32_000  # characters; Excel takes 32,767 a cell


def write(path: Path, rows: Iterable[Mapping[str, Any]], decisions: Sequence[str], reasons: Mapping[str, str]) -> None:
    """Write a batch.

    Parameters
    ----------
    path : Path
    rows : iterable of mappings
        The columns `COLUMNS` of each report, in ranked order.
    decisions : sequence of str
        What may be decided.
    reasons : mapping
        Key of a reason -> its words.
    """
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "screening"
    sheet.append(list(COLUMNS))
    for row in rows:
        sheet.append([_cell(row.get(column)) for column in COLUMNS])
    last = sheet.max_row
    wrapped = Alignment(wrap_text=True, vertical="top")
    for letter, (column, width) in zip(map(get_column_letter, range(1, 99)), COLUMNS.items(), strict=False):
        sheet.column_dimensions[letter].width = width
        for (cell,) in sheet[f"{letter}1:{letter}{last}"]:
            cell.alignment = wrapped
        sheet[f"{letter}1"].font = Font(bold=True)
        choices = {"decision": decisions, "reason": list(reasons)}.get(column, [])
        listed = '"' + ",".join(choices) + '"'
        if choices and len(listed) <= 255:  # what Excel takes as a list of choices
            choice = DataValidation(type="list", formula1=listed, allow_blank=True)
            choice.add(f"{letter}2:{letter}{max(2, last)}")
            sheet.add_data_validation(choice)
    said = "\n".join(f"{key}: {words}" for key, words in reasons.items())
    sheet["C1"].comment = Comment(f"For exclude, one of:\n{said}", "prismake", width=360, height=240)
    sheet.freeze_panes = "E2"
    with whole(path) as part:
        book.save(part)


def _cell(value: Any) -> Any:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if isinstance(value, int | float) or value is None:
        return value
    text = "; ".join(value) if isinstance(value, list) else str(value)
    return disarm(ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)[:_LONGEST])


def read(data: bytes, name: str) -> list[tuple[int, dict[str, str]]] | None:
    """The rows of a sheet with their numbers; None where its first row does not have the columns `NEEDED`.

    Raises
    ------
    InputError
        When it is no text and no workbook that can be read, or a column stands twice.
    """
    table = _workbook(data, name) if workbook.is_workbook(data) else _text(data, name)
    if not table:
        return None
    columns = [cell.strip().casefold() for cell in table[0][1]]
    if any(column not in columns for column in NEEDED):
        return None
    twice = sorted({column for column in columns if column in COLUMNS and columns.count(column) > 1})
    if twice:
        raise InputError(Problem(f"{name}, row 1", f"the column {', '.join(twice)} twice", "each column once"))
    return [
        (number, {column: rearm(cell.strip()) for column, cell in zip(columns, cells, strict=False)})
        for number, cells in table[1:]
        if any(cell.strip() for cell in cells)
    ]


def _workbook(data: bytes, name: str) -> list[tuple[int, list[str]]]:
    lines = workbook.rows(data, name)
    return [(number, [_unquoted(cell) for cell in line.split("\t")]) for number, line in enumerate(lines, start=1)]


def _unquoted(cell: str) -> str:
    """A cell as it was before `prismake.search.readers.workbook` put it on a line."""
    is_quoted = len(cell) > 1 and cell.startswith('"') and cell.endswith('"')
    return cell[1:-1].replace('""', '"') if is_quoted else cell


def _text(data: bytes, name: str) -> list[tuple[int, list[str]]]:
    text, _ = decode(unpacked(data, name), name)
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        return list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1))
    except csv.Error:
        return []


def labels(rows: Sequence[tuple[int, dict[str, str]]], name: str, words: Vocabulary) -> list[Label]:
    """What the rows of a sheet say.

    Raises
    ------
    InputError
        With a problem for each cell that cannot be used.
    """
    found: list[Label] = []
    problems: list[Problem] = []
    for number, row in rows:
        try:
            found.append(_label(number, row, name, words))
        except ValueError as fault:
            problems.append(fault.args[0])
    if problems:
        raise InputError(*problems)
    return found


def _label(number: int, row: Mapping[str, str], name: str, words: Vocabulary) -> Label:
    where = f"{name}, row {number}"
    decision = words.decision(row["decision"], f"{where}, column decision")
    said, reason = row.get("reason", ""), ""
    if decision == "exclude":
        reason = words.reason(said, f"{where}, column reason")
    elif said:
        expected = f"nothing, as the decision is {decision or 'empty'}"
        raise ValueError(Problem(f"{where}, column reason", f"'{said}'", expected, "Put it into note."))
    year = row.get("year", "")
    return Label(
        where,
        row["record_id"],
        row.get("doi", ""),
        row.get("pmid", ""),
        row.get("title", ""),
        int(year) if year.isascii() and year.isdigit() else None,
        decision,
        reason,
        row.get("note", ""),
    )
