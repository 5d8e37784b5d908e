"""NBIB, the tagged format of PubMed (MEDLINE display)."""

import re
from typing import Any

from .. import text as normal
from .entry import Block, clean, doi_of, pmcid, pmid, registry_ids, unique, without_content

_TAG = re.compile(r"^([A-Z][A-Z0-9]{1,3}) *- ?(.*)$")
_FRAME = frozenset({"OWN", "STAT", "DCOM", "LR", "IS"})


def split(lines: list[str]) -> tuple[list[Block], list[tuple[int, str]]]:
    """Part a file into entries: each begins at ``PMID-``. Returns the entries, and what stands before the first."""
    blocks: list[Block] = []
    outside: list[tuple[int, str]] = []
    tag = ""
    for number, line in enumerate(lines, start=1):
        match = _TAG.match(line)
        if match and match.group(1) == "PMID":
            blocks.append(Block(number, number))
        if not blocks:
            if line.strip():
                outside.append((number, line.strip()))
        elif match:
            tag = match.group(1)
            blocks[-1].tags.setdefault(tag, []).append(match.group(2).strip())
            blocks[-1].line_end = number
        elif line.strip():
            values = blocks[-1].tags[tag]
            values[-1] = f"{values[-1]} {line.strip()}".strip()
            blocks[-1].line_end = number
    return blocks, outside


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
        "pages": clean(first("PG")) or next((clean(v.split(" [")[0]) for v in identifiers if "[pii]" in v), ""),
        "doi": doi_of([value for value in identifiers if "[doi]" in value], []),
        "pmid": pmid(first("PMID")),
        "pmcid": pmcid(*every("PMC", "PMCR")),
        "registry_ids": registry_ids(first("TI"), *every("AB", "SI", "OAB")),
        "abstract": clean(first("AB", "OAB")),
        "keywords": unique(every("OT", "MH")),
        "language": clean(first("LA")),
        "issn": unique([value.split(" ")[0] for value in every("IS")]),
        "urls": [],
        "notes": clean(" | ".join(every("GN"))),
    }


def _without_stop(title: str) -> str:
    """A title without the full stop that PubMed sets behind it."""
    return title[:-1] if title.endswith(".") and not title.endswith("..") else title
