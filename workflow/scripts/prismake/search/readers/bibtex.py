"""BibTeX and BibLaTeX: entries are found here, so that a damaged one costs no other, and bibtexparser reads each."""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ... import text as normal
from ..entry import Block, clean, doi_of, page_range, pmcid, pmid, unique, without_content
from . import latex, names

BEGINS = r"[ \t]*@(?!(?i:comment|preamble|string)\b)[A-Za-z]+[ \t]*[{(]"
_BLOCK = re.compile(r"^[ \t]*(@[A-Za-z]+)[ \t]*[{(]|(?<=\})[ \t]*(@[A-Za-z]+)[ \t]*[{(][^\s,{}\"=]*,", re.MULTILINE)
_ENTRY = re.compile(BEGINS)
_ASIDE = re.compile(r"@(?:comment|preamble|string)\b", re.IGNORECASE)
_NO_KEY = re.compile(r"(@\w+\s*[{(])(\s*[A-Za-z][\w-]*\s*=)")
_FIELD = re.compile(r"([A-Za-z][\w-]*)\s*=\s*(.*)", re.DOTALL)
_FIELD_FIRST = re.compile(r"[\s,]*[A-Za-z][\w-]*\s*=")
_FIELDS = re.compile(r"(?:^|[,{])\s*[A-Za-z][\w-]*\s*=\s*[{\"]", re.MULTILINE)
_WORD = re.compile(r"[^\s#{}\",]+")
_DATABASE_KEY = re.compile(r"[A-Z]{3,}:[A-Z0-9]{9,}$|CN-\d{6,}$|rayyan-\d{6,}$|\d{7,}$")
_SCOPUS = re.compile(r"[?&]eid=(2-s2\.0-\d+)")
_NAME_PART = re.compile(r"(?:^|,)\s*\"?(family|given|prefix|suffix)\s*=\s*([^,=\"]+?)\s*\"?(?=,|$)")
_PMID_NOTE = re.compile(r"\bPMID:?\s*(\d{4,9})\b")
_IDENTITY = (
    "title", "subtitle", "booktitle", "author", "editor", "year", "date", "journal", "journaltitle", "volume", "number",
    "issue", "pages", "doi", "abstract",
)  # fmt: skip
_FRAME = frozenset({"@type", "@key", "source", "file", "owner", "timestamp", "month", "langid", "url", "urldate"})
_UNPAIRED = "braces or quotes that do not pair"

logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what it cannot read is a reject, told by its line

Outside = list[tuple[int, str]]


def split(lines: list[str]) -> tuple[list[Block], Outside]:
    """Part a file into entries.

    Returns
    -------
    blocks : list of Block
        Tags are the fields in lower case, their values without delimiters and with ``@string`` put in, LaTeX as it is;
        ``@type`` and ``@key`` are the entry's own. An entry begins at ``@word{`` and ends where the next one begins.
    outside : list of (line, text)
        What stands before and between entries; ``@comment``, ``@preamble`` and ``@string`` are left out.
    """
    pieces = list(_pieces(lines))
    macros: dict[str, str] = {}
    for _, piece in pieces:
        if piece[:7].lower() == "@string":
            macros |= _strings(piece, macros)
    blocks: list[Block] = []
    outside: Outside = []
    for line, piece in pieces:
        if not _ASIDE.match(piece):
            own, beside = _read(line, piece, macros)
            blocks += own
            outside += beside
    return blocks, outside


def _pieces(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The parts of a file that begin at ``@word{``, and what stands before the first, each with its first line."""
    text = "\n".join(lines)
    starts = [found.start(found.lastindex or 0) for found in _BLOCK.finditer(text)]
    line = place = 0
    for start, end in zip([0, *starts], [*starts, len(text)], strict=True):
        line, place = line + text.count("\n", place, start), start
        if piece := text[start:end].rstrip():
            yield line + 1, piece


def _numbered(line: int, text: str) -> Outside:
    return [(number, row.strip()) for number, row in enumerate(text.split("\n"), start=line) if row.strip()]


def _strings(piece: str, macros: Mapping[str, str]) -> dict[str, str]:
    """What an ``@string`` defines."""
    from bibtexparser.splitter import Splitter

    return {found.key.lower(): _value(found.value, macros)[0] for found in Splitter(piece).split().strings}


def _read(line: int, piece: str, macros: Mapping[str, str]) -> tuple[list[Block], Outside]:
    """The entries of one piece, as a rule one: what cannot be read whole is one reject."""
    from bibtexparser.model import Entry, ImplicitComment, ParsingFailedBlock
    from bibtexparser.splitter import Splitter

    blocks: list[Block] = []
    outside: Outside = []
    for part in Splitter(_NO_KEY.sub(r"\1,\2", piece, count=1)).split().blocks:
        at = line + (part.start_line or 0)
        part = getattr(part, "ignore_error_block", None) or part  # a field or a key twice is no damage
        if isinstance(part, Entry):
            blocks.append(_block(at, part, macros))
        elif isinstance(part, ParsingFailedBlock):
            if not blocks:
                return [_refused(line, piece, _reason(part.error.abort_reason))], []
            blocks.append(_refused(at, part.raw, _reason(part.error.abort_reason)))
        elif isinstance(part, ImplicitComment) and blocks and _FIELD_FIRST.match(part.comment):
            blocks[-1] = _refused(blocks[-1].line, part.comment if len(blocks) > 1 else piece, _UNPAIRED)
        elif isinstance(part, ImplicitComment) and _FIELDS.search(part.comment):
            blocks.append(_refused(at, part.comment, "no @ and type before the fields"))
        elif isinstance(part, ImplicitComment) and blocks and not part.comment.strip("{}(), \n"):
            blocks[-1].warnings.append(f"{_UNPAIRED}, behind the entry")
        elif isinstance(part, ImplicitComment):
            outside += _numbered(at, part.comment)
    if _ENTRY.match(piece) and not blocks:
        blocks = [_refused(line, piece, "no BibTeX")]
    return blocks, outside


def _refused(line: int, piece: str, fault: str) -> Block:
    return Block(line, line + piece.count("\n"), fault=fault, found=" ".join(piece.split()))


def _reason(said: str) -> str:
    ends_early = "end of file" in said or "Was still looking" in said
    return _UNPAIRED if ends_early else " ".join(said.split())


def _block(line: int, entry: Any, macros: Mapping[str, str]) -> Block:
    block = Block(line, line + entry.raw.count("\n"), {"@type": [entry.entry_type], "@key": [entry.key]})
    fields = [(found.key, found.value) for found in entry.fields]
    for key, raw in fields:
        value, rest = _value(raw, macros)
        if missed := _FIELD.fullmatch(rest):
            fields.append((missed.group(1), missed.group(2)))
            block.warnings.append(f"no comma before {missed.group(1)}")
        elif rest:
            value = raw.strip('{}"')
            block.warnings.append(f"{_UNPAIRED}, in {key}")
        block.tags.setdefault(key.lower(), []).append(value)
    return block


def _value(raw: str, macros: Mapping[str, str]) -> tuple[str, str]:
    """A value without delimiters, its parts joined, and what stands behind it that is none."""
    parts, rest = [], raw.strip()
    while rest:
        if rest[0] in '{"':
            end = _closing(rest)
            parts.append(rest[1:end])
            rest = rest[end + 1 :].lstrip()
        elif word := _WORD.match(rest):
            parts.append(macros.get(word.group(0).lower(), word.group(0)))
            rest = rest[word.end() :].lstrip()
        if not rest.startswith("#"):
            break
        rest = rest[1:].lstrip()
    return "".join(parts), rest


def _closing(value: str) -> int:
    """Where the brace or quote that a value begins with is closed; behind the value where it is not."""
    depth, quoted = 0, value[0] == '"'
    for place in re.finditer(r'(?<!\\)[{}"]', value):
        mark = place.group(0)
        if mark == '"' and quoted and depth == 0 and place.start() > 0:
            return place.start()
        depth += (mark == "{") - (mark == "}")
        if mark == "}" and not quoted and depth == 0:
            return place.start()
    return len(value)


def empty(block: Block) -> bool:
    """Whether an entry says nothing about any document."""
    return without_content(block, _FRAME)


def identity(block: Block) -> list[str]:
    """What an entry without an accession is known by, with its LaTeX. Frozen: record ids depend on it."""
    return [block.first(field) for field in _IDENTITY]


def fields(block: Block) -> dict[str, Any]:
    """The fields of `prismake.tables.BIBLIOGRAPHY`, and the accession where the export gives one."""

    def first(*tags: str) -> str:
        return clean(latex.text(block.first(*tags)))

    def every(*tags: str) -> list[str]:
        return [latex.text(value) for value in block.all(*tags)]

    title = ": ".join(filter(None, (first("title"), first("subtitle")))) or first("booktitle")
    journal = first("journal", "journaltitle", "booktitle", "journal-iso", "shortjournal", "abbrev_source_title")
    urls = unique([latex.text(value, tie="~") for value in block.all("url", "link", "web_url")])
    notes = every("note", "annote", "addendum")
    dates = every("year", "date", "issue_date")
    return {
        "accession": _accession(block, urls),
        "type": first("document_type", "type", "@type"),
        "title": title,
        "title_other": first("origtitle"),
        "authors": _authors(block),
        "year": next((found for value in dates if (found := normal.year(value))), None),
        "journal": "" if journal == title else journal,
        "volume": first("volume"),
        "issue": first("number", "issue"),
        "pages": page_range(first("pages").replace("--", "-"), "")
        or first("article-number", "art_number", "articleno", "eid"),
        "doi": doi_of([*every("doi"), block.first("@key")], urls),
        "pmid": _pmid(block, notes),
        "pmcid": pmcid(*every("pmcid", "pmc"), *urls),
        "registry_ids": normal.registry_ids(title, *every("abstract", "keywords"), *urls, *notes),
        "abstract": first("abstract"),
        "keywords": unique([
            word
            for value in every("author_keywords", "keywords", "keyword", "keywords-plus")
            for word in names.keywords(clean(value))
        ]),
        "language": first("language", "langid"),
        "issn": unique([number for value in every("issn", "eissn") for number in re.split(r"[;,\s]+", value)]),
        "urls": urls,
        "notes": clean(" | ".join(notes)),
    }  # fmt: skip


def _authors(block: Block) -> list[str]:
    from bibtexparser.middlewares.names import split_multiple_persons_names

    found = [
        _family_first(latex.text(name))
        for value in block.all("author") or block.all("editor")
        for name in split_multiple_persons_names(value)
        if name.lower() != "others"
    ]
    return unique([part for name in found for part in (names.authors(name) if ";" in name else [name])])


def _family_first(name: str) -> str:
    """``van der Berg, Jan`` of ``family=Berg, given=Jan, prefix=van der``, as BibLaTeX may write a name; others as they are."""
    said = dict(_NAME_PART.findall(name))
    if "family" not in said:
        return name
    family = " ".join(filter(None, (said.get("prefix"), said["family"], said.get("suffix"))))
    return ", ".join(filter(None, (family, said.get("given"))))


def _accession(block: Block, urls: list[str]) -> str:
    """The database's own number: Web of Science's field, Scopus's in its address, or a key that has the form of one.

    Other citation keys (``Smith2020``) change with the order of the export, or name two documents.
    """
    said, key = clean(latex.text(block.first("unique-id"))), clean(block.first("@key"))
    of_scopus = next((found.group(1) for url in urls if (found := _SCOPUS.search(url))), "")
    return said or of_scopus or (key if _DATABASE_KEY.match(key) else "")


def _pmid(block: Block, notes: list[str]) -> str:
    kind = block.first("eprinttype", "archiveprefix").lower()
    for value in [*block.all("pmid", "pubmed_id"), *(block.all("eprint") if kind in ("pmid", "pubmed") else [])]:
        if found := pmid(clean(value)):
            return found
    return next((found.group(1) for note in notes if (found := _PMID_NOTE.search(note))), "")
