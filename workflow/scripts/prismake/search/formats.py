"""The formats of exports: which of them a file holds, and its entries in the hands of their readers."""

import re
from collections.abc import Mapping, Sequence
from types import ModuleType

from ..config import SearchRun
from ..problems import InputError, Problem, cell, show
from .decode import decode, lines, unpacked
from .entry import Block
from .readers import bibtex, ctgov, embase, endnote, ictrp, nbib, ris, table, workbook
from .readers.tagged import Tagged
from .readers.tagged_formats import ESTUDY, NOTEEXPRESS, REFER, REFWORKS, WOS

FORMATS: dict[str, ModuleType | Tagged] = {
    "ris": ris,
    "nbib": nbib,
    "bibtex": bibtex,
    "endnote": endnote,
    "wos": WOS,
    "refer": REFER,
    "noteexpress": NOTEEXPRESS,
    "refworks": REFWORKS,
    "estudy": ESTUDY,
    "table": table,
    "embase": embase,
    "ctgov": ctgov,
    "ictrp": ictrp,
}
"""The readers. Each offers

BEGINS    a regular expression for the line on which an entry begins; formats that have one may be joined in one file
split     the lines of a file -> its entries (`Block`), and the lines outside of them
empty     whether an entry says nothing about any document: it becomes a reject
identity  what an entry without an accession is known by; record ids depend on it, so it never changes
fields    an entry -> the columns of `prismake.tables.BIBLIOGRAPHY` that it fills, and its accession
"""

_BEGINS = re.compile("|".join(f"(?P<{kind}>{reader.BEGINS})" for kind, reader in FORMATS.items() if reader.BEGINS))

Outside = list[tuple[int, str]]


def rows_of(data: bytes, run: SearchRun) -> tuple[list[str], str]:
    """The lines of an export, packed by gzip or not, and the encoding that they were in."""
    data = unpacked(data, run.file)
    if not data.strip():
        return [], ""
    if workbook.is_workbook(data):
        return workbook.rows(data, run.file), "xlsx"
    text, encoding = decode(data, run.file, run.encoding)
    workbook.refuse_pages(text, run.file)
    return lines(text), encoding


def detect(rows: Sequence[str], run: SearchRun) -> list[str]:
    """The formats of a file, in the order in which they begin: files that were joined hold several.

    Raises
    ------
    InputError
        When the file holds text and no entry of any format.
    """
    if run.format != "auto" and not run.columns:
        return [run.format]
    if not any(row.strip() for row in rows):
        return []
    header = table.find_header(rows, run.columns)
    if run.columns and not header:
        raise InputError(_no_such_columns(rows, run))
    if run.columns or (header and not any(row.strip() for row in rows[: header.row])):
        return ["table"]
    found = list(dict.fromkeys(kind for _, kind in _beginnings(rows)))
    if found or header:
        return found or ["table"]
    number, first = next((number, row) for number, row in enumerate(rows, start=1) if row.strip())
    raise InputError(
        Problem(
            cell(run.file, number),
            f"no entry of a known format (begins {show(first)})",
            f"one of {', '.join(FORMATS)}",
            "Export again, as RIS, or from PubMed as PubMed; for a table, name its headers with columns in config.yaml.",
        )
    )


def _no_such_columns(rows: Sequence[str], run: SearchRun) -> Problem:
    number, first = next((number, row) for number, row in enumerate(rows, start=1) if row.strip())
    return Problem(
        cell(run.file, number),
        show(first, 200),
        f"the headers that columns in config.yaml names ({', '.join(run.columns.values())}), a title among them",
        "Write them as the file does.",
    )


def _beginnings(rows: Sequence[str]) -> list[tuple[int, str]]:
    """Where entries of each format begin: (line, format)."""
    return [
        (number, found.lastgroup or "") for number, row in enumerate(rows, start=1) if (found := _BEGINS.match(row))
    ]


def split(rows: list[str], kinds: Sequence[str], columns: Mapping[str, str]) -> tuple[list[tuple[str, Block]], Outside]:
    """The entries with their format, and the lines outside of them, in the order of the file.

    Each reader sees the lines of the other formats as blank, so that line numbers hold.
    """
    if list(kinds) == ["table"]:
        blocks, outside = table.split(rows, columns)
        return [("table", block) for block in blocks], outside
    if len(kinds) == 1:
        blocks, outside = FORMATS[kinds[0]].split(rows)
        return [(kinds[0], block) for block in blocks], outside
    owner: list[str] = []
    marks = dict(_beginnings(rows))
    for number in range(1, len(rows) + 1):
        owner.append(marks.get(number, owner[-1] if owner else next(iter(kinds), "")))
    parted, outside = [], []
    for kind in kinds:
        own, beside = FORMATS[kind].split([row if owner[i] == kind else "" for i, row in enumerate(rows)])
        parted += [(kind, block) for block in own]
        outside += beside
    return sorted(parted, key=lambda found: found[1].line), sorted(outside)
