"""Tables: CSV, TSV and workbooks with a row of headers, as databases, registers and screening tools export them."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..entry import Block
from . import damage, headers
from .named import empty, fields, identity

__all__ = ["BEGINS", "empty", "fields", "find_header", "identity", "split"]

BEGINS = ""  # no line of a table says by itself that it is one
_SEPARATORS = "\t,;|"
_HEADER_WITHIN = 30
_LONGEST_ROW = 300
_LONGEST_HEADER = 1_000_000
_FEWEST_CELLS = 4
_YEAR = re.compile(r"\D*(?:1[5-9]|20)\d\d\D*|")
_NAMES_A_TITLE = re.compile(
    r"(?i)(?:^|[\t,;|\"])\s*(?:(?:article |study |public |document )?titles?|ti|题名|标题|篇名)\s*(?:[\t,;|\"]|$)"
)
_UNPAIRED = "quotes that do not pair in this row"
_SWALLOWED = "line {} within a cell looks like a row of its own: a quote may be missing"

csv.field_size_limit(2**31 - 1)


Row = tuple[int, int, list[str], str]
"""First and last line, cells, and a remark: a fault where there are no cells."""


@dataclass(frozen=True)
class Header:
    """The row of headers: its lines (first, behind the last), what parts its cells, and which cell is which field.

    ``doubled`` are the headers that stand several times, with their cells.
    """

    row: int
    end: int
    separator: str
    width: int
    fields: list[tuple[int, str]]
    doubled: dict[str, list[int]]


def find_header(lines: Sequence[str], columns: Mapping[str, str]) -> Header | None:
    """The first row that names columns of records, among the first rows of a file."""
    first = range(min(_HEADER_WITHIN, len(lines)))
    return next((found for row in first if (found := _header_at(lines, row, columns))), None)


def _header_at(lines: Sequence[str], row: int, columns: Mapping[str, str]) -> Header | None:
    line = lines[row]
    for separator in _SEPARATORS:
        if separator not in line or len(line) > _LONGEST_HEADER:
            continue
        end, quoted = _row(lines, row, separator)
        cells = [cell.strip() for cell in quoted or next(csv.reader([line], delimiter=separator))]
        if headers.is_header(cells, columns):
            return _header(row, end if quoted else row + 1, separator, cells, columns)
    return None


def _header(row: int, end: int, separator: str, cells: list[str], columns: Mapping[str, str]) -> Header:
    places: dict[str, list[int]] = {}
    for index, name in enumerate(cells):
        places.setdefault(name, []).append(index)
    doubled = {name: found for name, found in places.items() if name and len(found) > 1}
    return Header(row, end, separator, len(cells), headers.fields_of(cells, columns), doubled)


def split(lines: list[str], columns: Mapping[str, str] | None = None) -> tuple[list[Block], list[tuple[int, str]]]:
    """Part a table into entries, one a row.

    Parameters
    ----------
    lines : list of str
    columns : mapping, optional
        Field -> header, where config.yaml names them.

    Returns
    -------
    blocks : list of Block
        Tags are our fields. A row with another number of cells than the header is a fault; blank rows are passed over.
        Tables that were joined have a header each.
    outside : list of (line, text)
        What stands before the header.
    """
    header = find_header(lines, columns or {})
    if header is None:
        return [], [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    outside = [
        (number, line.strip())
        for number, line in enumerate(lines[: header.row], start=1)
        if line.strip() and not line.lower().startswith("sep=")
    ]
    return [_block(lines, *row) for row in _rows(lines, header, columns or {})], outside


def _rows(lines: Sequence[str], header: Header, columns: Mapping[str, str]) -> Iterator[tuple[Header, Row]]:
    """The rows behind the header, each with the header that it stands under."""
    at = header.end
    while at < len(lines):
        if not lines[at].strip(header.separator + ' "'):
            at += 1
        elif again := _header_of_the_next(lines, at, header, columns):
            header, at = again, again.end
        else:
            row = _next(lines, at, header)
            yield header, row
            at = row[1]


def _header_of_the_next(lines: Sequence[str], at: int, header: Header, columns: Mapping[str, str]) -> Header | None:
    """The header of another table, where one was joined to the first."""
    if lines[at] != lines[header.row] and not _NAMES_A_TITLE.search(lines[at][:5000]):
        return None
    found = _header_at(lines, at, columns)
    return found if found and len(found.fields) >= min(3, len(header.fields)) else None


def _next(lines: Sequence[str], at: int, header: Header) -> Row:
    """The row that begins on a line; one out of order costs no other."""
    width = header.width
    plain = _fit(lines[at].split("\t"), width) if header.separator == "\t" else []
    if plain:  # most tables with tabs quote nothing, and a quote is part of the text
        return at + 1, at + 1, [_unquoted(cell) for cell in plain], ""
    end, cells = _row(lines, at, header.separator)
    if cells is not None and (fitted := _fit(cells, width)):
        return at + 1, end, fitted, ""
    alone = _fit(next(csv.reader([lines[at]], delimiter=header.separator)), width)
    if alone and lines[at].count('"') % 2 == 0:
        return at + 1, at + 1, alone, _UNPAIRED
    end = next((i for i in range(at + 1, end) if _is_row(lines, i, header)), end)
    number = "a quote that nothing closes" if cells is None else f"{len(cells)} cells"
    return at + 1, end, [], f"{number}, where the header has {width}"


def _row(lines: Sequence[str], at: int, separator: str) -> tuple[int, list[str] | None]:
    """The row that begins on a line: the index behind its last line, and its cells, None where quotes are out of order."""
    line = lines[at]
    if '"' not in line:
        return at + 1, line.split(separator)
    last = min(at + _LONGEST_ROW, len(lines))
    reader = csv.reader((lines[i] + "\n" for i in range(at, last)), delimiter=separator, strict=True)
    try:
        cells = next(reader)
    except (csv.Error, StopIteration):
        return at + max(reader.line_num, 1), None
    return at + reader.line_num, cells


def _fit(cells: list[str], width: int) -> list[str]:
    """The cells where they are as many as the header's, but for blank ones behind them; else none."""
    if len(cells) < width or any(cell.strip() for cell in cells[width:]):
        return []
    return cells[:width]


def _unquoted(cell: str) -> str:
    within = cell[1:-1]
    return (
        within.replace('""', '"')
        if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in within.replace('""', "")
        else cell
    )


def _is_row(lines: Sequence[str], at: int, header: Header) -> bool:
    cells = _row(lines, at, header.separator)[1]
    return cells is not None and bool(_fit(cells, header.width))


def _block(lines: Sequence[str], header: Header, row: Row) -> Block:
    first, last, cells, remark = row
    if not cells:
        return Block(first, last, fault=remark)
    block = Block(first, last, warnings=[remark] if remark else [])
    for index, field in header.fields:
        value, warning = damage.mended(field, cells[index].strip())
        block.tags.setdefault(field, []).append(value)
        if warning:
            block.warnings.append(warning)
    for name, places in header.doubled.items():
        said = {cells[index].strip() for index in places} - {""}
        if len(said) > 1:
            block.warnings.append(f"{len(said)} columns {name} that differ")
    swallowed = next((at + 1 for at in range(first, last) if _looks_like_row(lines[at], header)), 0)
    if swallowed:
        block.warnings.append(_SWALLOWED.format(swallowed))
    return block


def _looks_like_row(line: str, header: Header) -> bool:
    """Whether a line within a cell has as many cells as the header, a year where years stand, and no quote out of order."""
    if header.width < _FEWEST_CELLS or line.count(header.separator) < header.width - 1 or line.count('"') % 2:
        return False
    cells = _fit(next(csv.reader([line], delimiter=header.separator)), header.width)
    return bool(cells) and all(_YEAR.fullmatch(cells[index]) for index, field in header.fields if field == "year")
