"""What every reader gives: the fields of one entry, whichever words its database uses for them."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from .. import text as normal
from ..tables import BIBLIOGRAPHY, ENTRIES, INT, LIST

_PMID = re.compile(r"(?:^|\b(?:PMID|PUBMED)[:\s]*)(\d{4,9})(?!\d)(?:$|,| \[\S*pubmed|\[pmid)", re.IGNORECASE)
_ISSN = re.compile(r"(?<![\w-])(?:\d{4}-?\d{3}[\dXx]|97[89][- \d]{9,13}[\dXx])(?![\w-])")
_OF_ANOTHER = re.compile(
    r"\b(?:comment|corr(?:ect|ig)|errat|retract|republi|update|repl(?:y|ies)|cit(?:es|ed)|refer|preprint)"
)
_BEHIND_DOI = re.compile(r"[&?#]|/(?:abstract|e?pdf|full|fulltext|meta)\b|;https?:")
_DASH = re.compile(r"[\u2010-\u2015\u2212]")
_PMCID = re.compile(r"\b(PMC\d{4,9})\b", re.IGNORECASE)


def blank() -> dict[str, Any]:
    """The fields of an entry that says nothing: what a reader leaves out."""
    return {
        column: [] if ENTRIES[column] == LIST else None if ENTRIES[column] == INT else "" for column in BIBLIOGRAPHY
    }


@dataclass
class Block:
    """One entry as tags and values, where it stands in the file, and what was noticed on the way.

    An entry that could not be read has a ``fault``, and is a reject; ``found`` shows it where lines do not part it from others.
    """

    line: int
    line_end: int
    tags: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    fault: str = ""
    found: str = ""

    def all(self, *tags: str) -> list[str]:
        """Every value of the tags that is not blank, in the order of the tags named."""
        return [value for tag in tags for value in self.tags.get(tag, []) if value]

    def first(self, *tags: str) -> str:
        """The first value of the tags that is not blank, or an empty string."""
        for tag in tags:
            for value in self.tags.get(tag, ()):
                if value:
                    return value
        return ""


def clean(value: str) -> str:
    """One line, single spaces, entities resolved; markup stays as text."""
    if "&" in value:
        value = html.unescape(value)
    return " ".join(value.split())


def unique(values: list[str]) -> list[str]:
    """The values that are not blank, each once, in order."""
    return list(dict.fromkeys(value for value in map(clean, values) if value))


def pmid(value: str) -> str:
    """The PubMed id in ``12345678``, ``PMID: 12345678``, ``PUBMED 12345678,...`` or ``12345678 [...pubmed...]``."""
    match = _PMID.search(value.strip())
    return match.group(1) if match else ""


def issns(values: list[str]) -> list[str]:
    """The ISSNs and ISBNs in the values, without what stands beside them: ``0168-8227 (Print)``."""
    return unique([number for value in values for number in _ISSN.findall(value) or [value]])


def pmcid(*values: str) -> str:
    """The first PMC id in the values."""
    for value in values:
        match = _PMCID.search(value)
        if match:
            return match.group(1).upper()
    return ""


def page_range(start: str, end: str) -> str:
    """``SP`` and ``EP`` as one range with a plain hyphen; a range already in ``SP`` stays as it is."""
    start, end = _DASH.sub("-", clean(start)), _DASH.sub("-", clean(end))
    if not start or not end or end == start or "-" in start:
        return start or end
    return f"{start}-{end}"


def without_content(block: Block, ignored: frozenset[str]) -> bool:
    """Whether an entry says nothing about any document."""
    return not any(value.strip() for tag, values in block.tags.items() if tag not in ignored for value in values)


def doi_of(named: list[str], elsewhere: list[str]) -> str:
    """The DOI that an entry names, or else one in its links and notes, without the rest of the link.

    A link may be a DOI alone, as EBSCO gives it. A note may name the DOI of the document that it comments on or corrects.
    """
    for value in named:
        if found := normal.doi(value):
            return found
    for link in elsewhere:
        before, said, _ = link.lower().partition("doi")
        if (said or link.startswith("10.")) and not _OF_ANOTHER.search(before) and (found := normal.doi(link)):
            return _BEHIND_DOI.split(found, maxsplit=1)[0]
    return ""
