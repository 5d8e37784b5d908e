"""Tables: CSV, TSV and workbooks with a row of headers, as databases, registers and screening tools export them."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import text as normal
from . import headers, names
from .entry import Block, clean, doi_of, page_range, pmcid, pmid, registration, unique, without_content

BEGINS = ""  # no line of a table says by itself that it is one
_SEPARATORS = "\t,;|"
_HEADER_WITHIN = 30
_LONGEST_ROW = 300
_FRAME = frozenset({"accession", "type", "language", "notes", "urls"})
_IDENTITY = (
    "title", "authors", "year", "journal", "volume", "issue", "pages", "page_start", "page_end", "article", "doi",
    "abstract",
)  # fmt: skip
_UNPAIRED = "quotes that do not pair in this row"

csv.field_size_limit(2_000_000)


@dataclass(frozen=True)
class Header:
    """The row of headers: where it stands (index), what parts its cells, and which cell is which field."""

    row: int
    separator: str
    names: list[str]
    fields: list[tuple[int, str]]


def find_header(lines: Sequence[str], columns: Mapping[str, str]) -> Header | None:
    """The first row that names columns of records, among the first rows of a file."""
    for row, line in enumerate(lines[:_HEADER_WITHIN]):
        if not line.strip():
            continue
        for separator in _SEPARATORS:
            cells = next(csv.reader([line], delimiter=separator))
            if headers.is_header(cells, columns):
                return Header(row, separator, [cell.strip() for cell in cells], headers.fields_of(cells, columns))
    return None


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
    return [_block(header, *row) for row in _rows(lines, header)], outside


Row = tuple[int, int, list[str], str]
"""First and last line, cells, and a remark: a fault where there are no cells."""


def _rows(lines: Sequence[str], header: Header) -> Iterator[Row]:
    """The rows behind the header; a row out of order costs no other."""
    width, at = len(header.names), header.row + 1
    while at < len(lines):
        if not lines[at].strip(header.separator + ' "'):
            at += 1
            continue
        plain = _fit(lines[at].split("\t"), width) if header.separator == "\t" else []
        if plain:  # most tables with tabs quote nothing, and a quote is part of the text
            yield at + 1, at + 1, [_unquoted(cell) for cell in plain], ""
            at += 1
            continue
        end, cells = _row(lines, at, header.separator)
        if cells is not None and (fitted := _fit(cells, width)):
            yield at + 1, end, fitted, ""
        else:
            alone = _fit(next(csv.reader([lines[at]], delimiter=header.separator)), width)
            if alone and lines[at].count('"') % 2 == 0:
                end = at + 1
                yield at + 1, end, alone, _UNPAIRED
            else:
                end = next((i for i in range(at + 1, end) if _is_row(lines, i, header)), end)
                number = "a quote that nothing closes" if cells is None else f"{len(cells)} cells"
                yield at + 1, end, [], f"{number}, where the header has {width}"
        at = end


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
    return cells is not None and bool(_fit(cells, len(header.names)))


def _block(header: Header, first: int, last: int, cells: list[str], remark: str) -> Block:
    if not cells:
        return Block(first, last, fault=remark)
    block = Block(first, last, warnings=[remark] if remark else [])
    for index, field in header.fields:
        block.tags.setdefault(field, []).append(cells[index].strip())
    for name in dict.fromkeys(name for name in header.names if name and header.names.count(name) > 1):
        said = {cells[i].strip() for i, other in enumerate(header.names) if other == name and cells[i].strip()}
        if len(said) > 1:
            block.warnings.append(f"{len(said)} columns {name} that differ")
    return block


def empty(block: Block) -> bool:
    """Whether a row says nothing about any document."""
    return without_content(block, _FRAME)


def identity(block: Block) -> list[str]:
    """What a row without an accession is known by. Frozen: record ids depend on it."""
    return [block.first(field) for field in _IDENTITY]


def fields(block: Block) -> dict[str, Any]:
    """The fields of `prismake.tables.BIBLIOGRAPHY`, and the accession where the table gives one."""
    first, every = block.first, block.all
    title, accession = clean(first("title")), clean(first("accession"))
    urls = unique(every("urls"))
    return {
        "accession": accession,
        "type": clean(first("type")),
        "title": title,
        "title_other": clean(first("title_other")),
        "authors": names.authors(first("authors")),
        "year": normal.year(first("year")),
        "journal": clean(first("journal")),
        "volume": clean(first("volume")),
        "issue": clean(first("issue")),
        "pages": clean(first("pages")) or page_range(first("page_start"), first("page_end")) or clean(first("article")),
        "doi": doi_of(every("doi"), urls),
        "pmid": pmid(first("pmid")),
        "pmcid": pmcid(*every("pmcid")),
        "registry_ids": normal.registry_ids(title, accession, *every("registry_ids", "abstract")),
        "abstract": clean(first("abstract")),
        "keywords": unique([word for cell in every("keywords") for word in names.keywords(cell)]),
        "language": clean(first("language")),
        "issn": unique([number for cell in every("issn") for number in cell.replace(",", ";").split(";")]),
        "urls": urls,
        "notes": clean(" | ".join(every("notes"))),
        "registration": registration(
            status=first("status"),
            phase=first("phase"),
            design=first("design"),
            enrolment=first("enrolment"),
            arms=first("arms"),
            primary_outcomes=first("primary"),
            secondary_outcomes=first("secondary"),
            start=first("start"),
            completion=first("completion"),
            sponsor=first("sponsor"),
        )
        if first("status")
        else "",
    }
