"""NBIB, the tagged format of PubMed (MEDLINE display)."""

import re
from typing import Any

from ... import text as normal
from ..entry import Block, clean, doi_of, pmcid, pmid, unique, without_content

BEGINS = r" {0,4}PMID *- ?\d+\s*$"
_TAG = re.compile(r"^([A-Z][A-Z0-9]{1,3}) *- ?(.*)$")
_PMID_LINE = re.compile(r"^( {0,4})PMID *- ?(\d+)\s*$")
_ARTICLE = re.compile(r"([A-Za-z]{1,4}\d{1,7}|\d{1,6}) \[pii\]")
"""The number of an article; a publisher's own identifier (``S0140-6736(20)30251-8 [pii]``) is longer, and no page."""
_ONCE = frozenset({"TI", "BTI"})
_FIRST = frozenset({"OWN", "STAT", "DCOM", "LR", "DP", "AB", "TA", "JT"})
_FRAME = frozenset({"OWN", "STAT", "DCOM", "LR", "IS"})


def split(lines: list[str]) -> tuple[list[Block], list[tuple[int, str]]]:
    """Part a file into entries.

    Returns
    -------
    blocks : list of Block
        An entry begins at PMID, and where a field that an entry has once comes again: an entry without its PMID line.
    outside : list of (line, text)
        What stands before the first entry.

    Lines that are indented as their PMID line have tags as others do.
    """
    blocks: list[Block] = []
    outside: list[tuple[int, str]] = []
    if not any(map(_PMID_LINE.match, lines)):
        return [], [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    tag, indent, apart = "", "", False
    for number, line in enumerate(lines, start=1):
        if beginning := _PMID_LINE.match(line):
            indent = beginning.group(1)
        match = _TAG.match(line.removeprefix(indent))
        if match and (match.group(1) == "PMID" or _begins(match.group(1), blocks, apart)):
            blocks.append(Block(number, number))
            if match.group(1) != "PMID":
                blocks[-1].warnings.append("no PMID line")
        apart = not line.strip()
        if apart:
            continue
        if not blocks:
            outside.append((number, line.strip()))
            continue
        blocks[-1].line_end = number
        if match:
            tag = match.group(1)
            blocks[-1].tags.setdefault(tag, []).append(match.group(2).strip())
        else:
            values = blocks[-1].tags[tag]
            values[-1] = f"{values[-1]} {line.strip()}".strip()
    if blocks and "SO" not in blocks[-1].tags and any("SO" in block.tags for block in blocks):
        blocks[-1].warnings.append("no SO line at the end of the file: it may be cut off")
    return blocks, outside


def _begins(tag: str, blocks: list[Block], apart: bool) -> bool:
    """Whether a tag other than PMID begins an entry: ``apart`` says that a blank line stands before it."""
    if not blocks:
        return tag in _ONCE
    return tag in blocks[-1].tags and (tag in _ONCE or (apart and tag in _FIRST))


def empty(block: Block) -> bool:
    """Whether an entry has no content."""
    return without_content(block, _FRAME)


def identity(block: Block) -> list[str]:
    """What an entry without a PubMed id is known by. Frozen: record ids depend on it."""
    return [" ".join(block.all(tag)) for tag in ("TI", "AU", "DP", "TA", "VI", "IP", "PG", "AB")]


def fields(block: Block) -> dict[str, Any]:
    """The fields of `prismake.tables.BIBLIOGRAPHY`, and the accession: the PubMed id."""
    first, every = block.first, block.all
    identifiers = every("LID", "AID")
    return {
        "accession": pmid(first("PMID")) or clean(first("PMID")),
        "type": clean("; ".join(every("PT"))),
        "title": _without_stop(clean(first("TI", "BTI"))),
        "title_other": clean(first("TT")),
        "authors": unique(every("FAU")) or unique(every("AU")) or unique(every("CN")),
        "year": normal.year(first("DP")) or normal.year(first("DEP", "EDAT")),
        "journal": clean(first("JT", "TA")),
        "volume": clean(first("VI")),
        "issue": clean(first("IP")),
        "pages": clean(first("PG")) or next((found.group(1) for v in identifiers if (found := _ARTICLE.match(v))), ""),
        "doi": doi_of([value for value in identifiers if "[doi]" in value], []),
        "pmid": pmid(first("PMID")),
        "pmcid": pmcid(*every("PMC", "PMCR")),
        "registry_ids": normal.registry_ids(first("TI"), *every("AB", "SI", "OAB")),
        "abstract": clean(" ".join(every("AB")) or " ".join(every("OAB"))),
        "keywords": unique(every("OT", "MH")),
        "language": clean(first("LA")),
        "issn": unique([value.split(" ")[0] for value in every("IS")]),
        "urls": [],
        "notes": clean(" | ".join(every("GN"))),
    }


def _without_stop(title: str) -> str:
    """A title without the full stop that PubMed sets behind it."""
    return title[:-1] if title.endswith(".") and not title.endswith("..") else title
