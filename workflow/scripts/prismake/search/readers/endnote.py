"""EndNote's XML: one ``<record>`` an entry, each read by itself, so that one that is no XML costs no other."""

import html
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ..entry import Block, issns
from .named import empty, fields, identity, translate

__all__ = ["BEGINS", "empty", "fields", "identity", "split"]

BEGINS = r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<xml>\s*(?:<records>|$)|<records>\s*(?:<record>|$)|<record>)"
_RECORD = re.compile(r"<record(?:\s[^<>]*)?>")
_END = "</record>"
_ROOT = re.compile(r"<\?xml[^>]*\?>|</?xml>|</?records>|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>|<!--.*?-->", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(?:(#?\w+);)?")
_CONTAINERS = frozenset({
    "contributors", "authors", "secondary-authors", "tertiary-authors", "titles", "periodical", "keywords", "dates",
    "pub-dates", "urls", "related-urls", "web-urls",
})  # fmt: skip
_FIELDS = {
    "accession": ("accession-num",),
    "type": ("ref-type",),
    "title": ("title",),
    "title_other": ("translated-title",),
    "authors": ("authors", "secondary-authors"),
    "year": ("year", "date"),
    "journal": ("full-title", "secondary-title", "abbr-1"),
    "volume": ("volume",),
    "issue": ("number",),
    "pages": ("pages",),
    "article": ("custom7",),
    "doi": ("electronic-resource-num",),
    "pmcid": ("custom2",),
    "pmid": ("pmid",),
    "abstract": ("abstract",),
    "keywords": ("keyword",),
    "language": ("language",),
    "issn": ("isbn",),
    "urls": ("url",),
    "notes": ("notes", "research-notes"),
}
"""Our field -> EndNote's elements, best first. Record ids depend on them: an element may be added behind the others only."""
_OF_PUBMED = re.compile(r"medline|pubmed|\bnlm\b", re.IGNORECASE)
_PUBMED_PAGE = re.compile(r"(?:pubmed/|pubmed\.ncbi\.nlm\.nih\.gov/)(\d{4,9})\b")
_ARTICLE = re.compile(r"[A-Za-z]{0,4}\d[\w.-]*")


def split(lines: list[str]) -> tuple[list[Block], list[tuple[int, str]]]:
    """Part a file into records.

    Each record is read without the head of the file: what that declares (entities, schemes) has no effect.

    Returns
    -------
    blocks : list of Block
        Tags are our fields. A record that is no XML is a fault.
    outside : list of (line, text)
        What stands outside of records and is no frame of the file.
    """
    blocks: list[Block] = []
    outside: list[tuple[int, str]] = []
    for line, text in _pieces("\n".join(lines)):
        body, end, behind = text.partition(_END) if _RECORD.match(text) else ("", "", text)
        if body:
            blocks.append(_block(line, (body + end).rstrip()))
            line += body.count("\n")
        *headless, behind = behind.split(_END)
        for part in headless:
            begin = line + part[: len(part) - len(part.lstrip())].count("\n")
            blocks.append(_at(begin, part.lstrip() + _END, f"no <record> before this {_END}"))
            line += part.count("\n")
        outside += _beside(line, behind)
    return blocks, outside


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text before the first record, and from each record on to the next, with the line on which it begins."""
    starts = [found.start() for found in _RECORD.finditer(text)]
    line = 1
    for start, end in zip([0, *starts], [*starts, len(text)], strict=True):
        yield line, text[start:end]
        line += text.count("\n", start, end)


def _beside(line: int, text: str) -> list[tuple[int, str]]:
    rest = _ROOT.sub(lambda frame: "\n" * frame.group().count("\n"), text).split("\n")
    return [(number, row.strip()) for number, row in enumerate(rest, start=line) if row.strip()]


def _block(line: int, body: str) -> Block:
    if not body.endswith(_END):
        return _at(line, body, f"no {_END}: it may be cut off")
    try:
        record = fromstring(_AMPERSAND.sub(_entity, _CONTROL.sub("", body)))
    except (ParseError, DefusedXmlException) as error:
        return _at(line, body, f"no well-formed XML ({str(error).split(':')[0]})")
    block = _at(line, body, "")
    _collect(record, block.tags)
    _identifiers(block.tags)
    return translate(block, _FIELDS)


def _at(line: int, body: str, fault: str) -> Block:
    """An entry of the body's lines, which may be shared with others: ``found`` tells it from them."""
    return Block(line, line + body.count("\n"), fault=fault, found=" ".join(body[:1000].split()))


def _entity(found: re.Match[str]) -> str:
    """A character for an entity of HTML; an ampersand that begins none is itself."""
    character = html.unescape(found.group())
    return html.escape(_CONTROL.sub("", character.replace("\r", "\n")), quote=False)


def _collect(element: Element, tags: dict[str, list[str]]) -> None:
    """The text of each element by its name; authors by whose they are."""
    for child in element:
        if child.tag in _CONTAINERS:
            _collect(child, tags)
            continue
        text = "".join(child.itertext()) if child.tag != "ref-type" else child.get("name") or child.text or ""
        name = element.tag if child.tag == "author" else child.tag
        values = issns([text]) if name == "isbn" else []
        tags.setdefault(name, []).extend(values or [" ".join(text.split())])


def _identifiers(tags: dict[str, list[str]]) -> None:
    """The PubMed id, where the record says whose its number is; and an article number, if it is one."""
    databases = " ".join([*tags.get("remote-database-name", []), *tags.get("remote-database-provider", [])])
    pages = [found.group(1) for url in tags.get("url", []) if (found := _PUBMED_PAGE.search(url))]
    tags["pmid"] = [*(tags.get("accession-num", []) if _OF_PUBMED.search(databases) else []), *pages]
    tags["custom7"] = [value for value in tags.get("custom7", []) if _ARTICLE.fullmatch(value)]
