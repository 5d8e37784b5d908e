"""RIS, in the dialects that databases emit: entries are found and put right here, rispy reads each one."""

import re
from collections.abc import Iterator
from typing import Any

from rispy import RisParser
from rispy.config import TAG_KEY_MAPPING

from ... import text as normal
from ..entry import Block, clean, doi_of, issns, page_range, pmcid, pmid, unique, without_content
from . import names

BEGINS = r"(?i:\s*TY(?:  -|\s{0,4}-\s?[A-Z]{3,6}\s*$))"
_STRICT = re.compile(r"^\s*([A-Za-z][A-Za-z0-9])  -(.*)$")
_LOOSE = re.compile(r"^\s*([A-Z][A-Z0-9])\s{0,4}-(?:\s(.*))?$")
_LOOSE_FRAME = re.compile(r"^\s*(?:(ER)\s{0,4}-\s*|(TY)\s{0,4}-\s?[A-Z]{3,6}\s*)$")
_SMALL = re.compile(r"^\s*[a-z][a-z0-9]\s{0,4}-(?=\s|$)")
_SMALL_TY = re.compile(r"^\s*ty\s{0,4}-\s?[A-Za-z]{3,6}\s*$")
_COUNTER = re.compile(
    r"^(?:<?\d{1,7}[.>]?|Record #?\d+ of \d+|EF|Link to the (?:Ovid Full Text|External Link).*)$", re.IGNORECASE
)
_KNOWN = frozenset(TAG_KEY_MAPPING) | {
    "BT", "CP", "CT", "J1", "JN", "L3", "LK", "M2", "PM", "U1", "U2", "U3", "U4", "U5", "UT", "YR",
}  # fmt: skip
_PUBMED_LINK = re.compile(
    r"pubmed(?:\.ncbi\.nlm\.nih\.gov)?/(\d{4,9})\b|info:pmid/(\d{4,9})\b|[?&]D=(?:med|mesx|pmnm|ppez|prem)\w*&(?:\S*&)?AN=(\d{4,9})\b",
    re.IGNORECASE,
)
_PUBMED_NOTE = re.compile(r"^PMID:? ?(\d{4,9})\b|\bPMID: NLM(\d{4,9})\b")
_PUBMED_ELSEWHERE = {**dict.fromkeys(("UR", "LK", "L2", "L3"), _PUBMED_LINK), "N1": _PUBMED_NOTE}
_BEFORE_LINK = re.compile(r"\s+(?=https?://)")
_EMBASE_ID = re.compile(r"L\d{6,}$")
_DATABASE_ID = re.compile(r"(?:[A-Za-z][A-Za-z.:_-]*|2-s2\.0-)\d{6,}\S*$|\d{7,}$")
_NAME_REGISTRATIONS = ("AB", "N2", "AN", "ID", "C1", "C3", "AU", "A1", "JF", "T2", "JO", "JA")
"""CENTRAL gives the number of a registry entry as its author and its journal."""
_IDENTITY = (
    "TI", "T1", "CT", "BT", "TT", "AU", "A1", "A2", "PY", "Y1", "JF", "T2", "JO", "JA", "J2", "VL", "IS", "SP", "EP", "DO",
    "AB", "N2",
)  # fmt: skip
_FRAME = frozenset({"TY", "ER", "DB", "DP", "ID", "L1", "L2"})


class _Reader(RisParser):
    """Rispy with every tag kept under its own name and every value kept in a list."""

    DEFAULT_MAPPING = {tag: tag for tag in sorted(_KNOWN)} | {"UK": "UK"}
    DEFAULT_LIST_TAGS = sorted(_KNOWN - {"TY"})
    DEFAULT_DELIMITER_MAPPING = {}  # noqa: RUF012


def tag_of(line: str, loose: bool = True) -> tuple[str, str] | None:
    """The tag and value of a line, or None for a continuation.

    ``loose`` takes any spacing before the dash; without it only a bare ER or TY may be so spaced, since the text of an
    abstract may begin a line with ``T2 - ``.
    """
    strict = _STRICT.match(line)
    if strict:
        return strict.group(1).upper(), strict.group(2).strip()
    match = _LOOSE.match(line) if loose or _LOOSE_FRAME.match(line) else None
    return (match.group(1), (match.group(2) or "").strip()) if match and match.group(1) in _KNOWN else None


def _capital(line: str) -> str:
    return _SMALL.sub(lambda tag: tag.group().upper(), line)


def split(lines: list[str]) -> tuple[list[Block], list[tuple[int, str]]]:
    """Part a file into entries.

    Returns
    -------
    blocks : list of Block
        An entry begins at TY, or where tags begin without one; it ends at ER, at the next TY or at the end of the file.
    outside : list of (line, text)
        What stands between entries or behind ER, such as headings of the provider; bare counters (``12.``) are left out.
    """
    entries: list[tuple[list[tuple[int, str, str]], str]] = []
    outside: list[tuple[int, str]] = []
    current: list[tuple[int, str, str]] | None = None
    loose = False  # whether the entry at hand spaces its tags in its own way
    small = False  # whether the file writes tags so spaced in small letters

    def close(reason: str = "") -> None:
        nonlocal current
        if current is not None:
            entries.append((current, reason))
        current = None

    for number, line in enumerate(lines, start=1):
        begun = current is not None and len(current) > 1  # no text goes on behind TY: what follows it is a tag
        tagged = tag_of(_capital(line) if small else line, loose=loose or not begun)
        if tagged is None and _SMALL_TY.match(line):
            small, tagged = True, tag_of(_capital(line))
        if tagged is None:
            if current is not None and line.strip():
                current.append((number, _goes_on(current, line), line.strip()))
            elif line.strip() and not _COUNTER.match(line.strip()):
                outside.append((number, line.strip()))
            continue
        tag, value = tagged
        if tag == "TY" or current is None:
            loose = not _STRICT.match(line)
        elif not begun:
            loose = loose or not _STRICT.match(line)
        if tag == "TY":
            close("no ER line before the next entry")
            current = [(number, tag, value)]
        elif tag == "ER":
            if current is not None:
                current.append((number, tag, ""))
            close()
            if value and (joined := tag_of(value)) and joined[0] == "TY":
                current = [(number, *joined)]
            elif value:
                outside.append((number, line.strip()))
        elif current is None:
            current = [(number, "TY", ""), (number, tag, value)]
        else:
            current.append((number, tag, value))
    close("no ER line at the end of the file: it may be cut off")
    return _parse(entries), outside


def _goes_on(entry: list[tuple[int, str, str]], line: str) -> str:
    """The tag of a line without one: none where it continues a value; EndNote gives each key word a line."""
    tag = next((tag for _, tag, _ in reversed(entry) if tag), "")
    return tag if tag == "KW" and not line[0].isspace() else ""


def _parse(entries: list[tuple[list[tuple[int, str, str]], str]]) -> list[Block]:
    """Read entries, each a list of (line, tag or nothing for a continuation, value) and a warning, by rispy in one go."""
    records = _Reader().parse_lines(line for numbered, _ in entries for line in _written(numbered))
    return [_block(*entry, record) for entry, record in zip(entries, records, strict=True)]


def _written(numbered: list[tuple[int, str, str]]) -> Iterator[str]:
    """The lines of an entry as the standard has them: a tag on each, TY first and ER last."""
    tag, parts = "", []
    for _, following, value in numbered:
        if following:
            if tag:
                yield f"{tag}  - {' '.join(parts)}"
            tag, parts = following, [value] if value else []
        else:
            parts.append(value)
    yield f"{tag}  - {' '.join(parts)}"
    if tag != "ER":
        yield "ER  - "


def _block(numbered: list[tuple[int, str, str]], warning: str, record: dict[str, Any]) -> Block:
    unknown = record.pop("UK", {})
    tags = {tag: value if isinstance(value, list) else [value] for tag, value in {**record, **unknown}.items()}
    warnings = [warning] if warning else []
    if not tags.get("TY", [""])[0]:
        warnings.append("no TY line")
    return Block(numbered[0][0], numbered[-1][0], tags, warnings)


def empty(block: Block) -> bool:
    """Whether an entry has no content."""
    return without_content(block, _FRAME)


def identity(block: Block) -> list[str]:
    """What an entry without an accession is known by. Frozen: record ids depend on it."""
    return [" ".join(filter(None, block.tags.get(tag, ()))) for tag in _IDENTITY]


def fields(block: Block) -> dict[str, Any]:
    """The fields of `prismake.tables.BIBLIOGRAPHY`, and the accession where the export gives one."""
    first, every = block.first, block.all
    links = [link for value in every("UR", "LK", "L3") for link in _BEFORE_LINK.split(value)]
    notes = every("N1", "M1", "M3")
    title = clean(first("TI", "T1", "CT", "BT"))
    journal = clean(first("JF", "T2", "JO", "JN", "JA", "J1", "J2"))
    return {
        "accession": _accession(block),
        "type": first("TY").upper(),
        "title": title,
        "title_other": clean(first("TT")),
        "authors": _authors(every("AU", "A1")) or _authors(every("A2")),
        "year": next((found for value in every("PY", "Y1", "YR", "DA") if (found := normal.year(value))), None),
        "journal": "" if journal == title else journal,
        "volume": clean(first("VL")),
        "issue": clean(first("IS", "CP")),
        "pages": page_range(first("SP"), first("EP")) or clean(first("C7", "AR")),
        "doi": doi_of(every("DO"), links + notes),
        "pmid": _pmid(block),
        "pmcid": pmcid(*every("C2", "U1", "U2"), *links),
        "registry_ids": normal.registry_ids(title, *every(*_NAME_REGISTRATIONS), *links, *notes),
        "abstract": clean(" ".join(every("AB")) or " ".join(every("N2"))),
        "keywords": unique([word for value in every("KW") for word in clean(value).split(";")]),
        "language": clean(first("LA")),
        "issn": issns(every("SN")),
        "urls": unique(links),
        "notes": clean(" | ".join(notes)),
    }


def _authors(values: list[str]) -> list[str]:
    return unique([name for value in values for name in (names.parted(value) if names.may_part(value) else [value])])


def _accession(block: Block) -> str:
    """The database's own number.

    ID is taken for one only in the forms that databases give (``L361065``, ``CN-01234567``, ``WOS:000123456``): a running
    number or a citation key (``Smith2020``) changes with the order of the export, or names two documents. U2 is Embase.com's.
    """
    for tag in ("AN", "UT"):
        value = clean(block.first(tag))
        if value:
            return value
    value, of_embase = clean(block.first("ID")), clean(block.first("U2"))
    if _DATABASE_ID.match(value) and "pubmed" not in value.lower():
        return value
    return of_embase if _EMBASE_ID.match(of_embase) else ""


def _pmid(block: Block) -> str:
    """The PubMed id, where a tag says that it is one, or a link leads there."""
    databases = " ".join(block.all("DB", "DP")).lower()
    from_medline = "medline" in databases or "pubmed" in databases
    from_embase = bool(_EMBASE_ID.match(block.first("U2")))
    tags = (
        ("PM", True), ("C2", True), ("C3", False), ("ID", False), ("AN", from_medline and not from_embase), ("C5", from_embase),
        ("U1", False), ("U2", False),
    )  # fmt: skip
    for tag, is_pmid in tags:
        for value in block.tags.get(tag, ()):
            said = re.search(r"pmid|pubmed", value, re.IGNORECASE)
            if (is_pmid or said) and (found := pmid(value)) and (said or tag != "C2" or len(found) > 5):
                return found
    for tag, pattern in _PUBMED_ELSEWHERE.items():
        for value in block.tags.get(tag, ()):
            if match := pattern.search(value):
                return match.group(match.lastindex or 0)
    return ""
