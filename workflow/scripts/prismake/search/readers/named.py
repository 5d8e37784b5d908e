"""Entries whose tags are our own fields: tables, registers, tagged lines and EndNote's XML are read into them.

`prismake.search.readers.headers` names the fields. ``authors`` is a cell with all names in one, ``author`` one name a value,
``other`` what no field takes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ... import text as normal
from ..entry import Block, clean, doi_of, page_range, pmcid, pmid, unique, without_content
from . import headers, names

_FRAME = frozenset({"accession", "type", "language", "notes", "urls", "other"})
_IDENTITY = (
    "title", "authors", "year", "journal", "volume", "issue", "pages", "page_start", "page_end", "article", "doi",
    "abstract",
)  # fmt: skip


def translate(block: Block, fields_of: Mapping[str, Sequence[str]]) -> Block:
    """An entry with our fields as its tags, in the place of its format's own.

    Parameters
    ----------
    block : Block
    fields_of : mapping
        Our field -> the format's tags, best first.
    """
    found = {field: block.all(*tags) for field, tags in fields_of.items()}
    listed = next((values for tag in fields_of["authors"] if (values := block.all(tag))), [])
    taken = {tag for tags in fields_of.values() for tag in tags}
    block.tags = found | {
        "authors": [],
        "author": [name for value in listed for name in names.parted(value)],
        "abstract": [" ".join(found["abstract"])],
        "keywords": ["; ".join(found["keywords"])],
        "other": [f"{tag} {value}" for tag in sorted(block.tags.keys() - taken) for value in block.all(tag)],
    }
    return block


def empty(block: Block) -> bool:
    """Whether an entry says nothing about any document; the number of a registry entry says which it is."""
    return without_content(block, _FRAME) and not normal.registry_ids(block.first("accession"))


def identity(block: Block) -> list[str]:
    """What an entry without an accession is known by. Frozen: record ids depend on it."""
    authors = block.first("authors") or " ".join(block.all("author"))
    return [authors if field == "authors" else block.first(field) for field in _IDENTITY]


def fields(block: Block) -> dict[str, Any]:
    """The fields of `prismake.tables.BIBLIOGRAPHY`, and the accession where the export gives one.

    A registry entry has the numbers that are its own; what its summary names are other studies.
    """
    first, every = block.first, block.all
    title, title_other = clean(first("title", "title_other")), clean(first("title_other"))
    number = pmid(first("pmid")) or _pmid_in(every("extra"))
    urls = unique(every("urls"))
    accession = clean(first("accession"))
    if accession.isdecimal() and len(accession) < 6 and accession != number:
        accession = ""  # a running number, which another export gives to another document
    own = normal.registry_ids(accession, *every("registry_ids")) if normal.registry_ids(accession) else []
    return {
        "accession": accession,
        "type": clean(first("type")),
        "title": title,
        "title_other": "" if title_other == title else title_other,
        "authors": unique(every("author")) or names.authors(first("authors")),
        "year": next((found for value in every("year") if (found := normal.year(value))), None),
        "journal": clean(first("journal")),
        "volume": clean(first("volume")),
        "issue": clean(first("issue")),
        "pages": page_range(first("pages", "page_start"), first("page_end")) or clean(first("article")),
        "doi": doi_of(every("doi"), urls),
        "pmid": number,
        "pmcid": pmcid(*every("pmcid", "extra")),
        "registry_ids": own or normal.registry_ids(title, *every("registry_ids", "abstract")),
        "abstract": clean(first("abstract")),
        "keywords": unique([word for cell in every("keywords") for word in names.keywords(cell)]),
        "language": clean(first("language")),
        "issn": unique([number for cell in every("issn") for number in cell.replace(",", ";").split(";")]),
        "urls": urls,
        "notes": clean(" | ".join(every("notes", "extra"))),
        "registration": _registration(block),
    }


def _registration(block: Block) -> str:
    """What a trial register says of a study, as one text: ``Status: Recruiting · Enrolment: 240 · Arms: ...``."""
    parts = {field.replace("_", " ").capitalize(): clean(block.first(field)) for field in headers.REGISTER}
    return " · ".join(f"{name}: {value}" for name, value in parts.items() if value)


def _pmid_in(notes: list[str]) -> str:
    """The PubMed id that a line of notes names, as Zotero keeps it: ``PMID: 21216483``."""
    lines = [line.strip() for note in notes for line in note.splitlines()]
    return next((found for line in lines if line.upper().startswith("PMID") and (found := pmid(line))), "")
