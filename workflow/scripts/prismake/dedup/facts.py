"""Each record as it is compared: normalised once, many records in one stroke."""

import html
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from sys import intern
from typing import Any

from .. import text
from . import titles
from .titles import Heading, Title

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip
_DAY_MONTH = re.compile(r"(\d{1,2})-([a-z]{3})")
_MONTH_DAY = re.compile(r"([a-z]{3})-(\d{1,2})")
_RANGE = re.compile(r"[a-z]*(\d+)[a-z]*\s*[-‐‑‒–—−]+\s*[a-z]*(\d+)")
_USUAL_PAGES = re.compile(r"(\d{1,7})(?:-(\d{1,7}))?", re.ASCII)
_ABSTRACT_PAGE = re.compile(r"\s*[aps]\s?\d", re.IGNORECASE)
_FURTHER = re.compile(r"[\s,;]+[a-z]*\d+[a-z]*\s*[-‐‑‒–—−]")
_ROUNDED = re.compile(r"\de\+\d|0{8}$")
_ROMAN_RANGE = re.compile(r"([ivxlc]+)(?:\s*[-‐‑‒–—−]+\s*([ivxlc]+))?")
_COCHRANE = re.compile(r"\bcd(\d{6})(?:\.pub(\d+))?\b")
_MEETING_ABSTRACT = re.compile(r"meeting ?abstract")
_AT_CONFERENCE = re.compile(r"\. ?conference\b", re.IGNORECASE)
_ISSN = re.compile(r"\b(\d{4})-?(\d{3}[\dXx])\b")
_DIGITS = re.compile(r"\d+")
_LINK_FIELD = re.compile(r"&[a-z]{2,8}=")
_PREPRINT_DOI = re.compile(  # bioRxiv and medRxiv, Research Square, Preprints.org, arXiv, SSRN, OSF, ChemRxiv, TechRxiv, Authorea
    r"10\.(?:1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,}|21203/rs|20944/preprints|48550/|2139/ssrn|3121[49]/|3122[29]/|3123[1-5]/"
    r"|31730/|26434/|36227/|22541/)"
)
_PREPRINT_NAMES = (
    "bioRxiv", "medRxiv", "arXiv", "SSRN", "SSRN Electronic Journal", "Research Square", "Preprints", "PsyArXiv",
    "ChemRxiv", "OSF Preprints", "SocArXiv", "Authorea", "medRxiv the preprint server for health sciences",
    "bioRxiv the preprint server for biology",
)  # fmt: skip
_PMID = re.compile(r"PMID (\d+)")
_REGISTRY_NAME = re.compile(
    r"clinical ?trials? gov|trial registry|trials? ?register|trialsearch|ictrp|isrctn|chictr|anzctr|\bctri\b"
)
_ABSTRACT_LABEL = re.compile(
    r"(?:(?:structured abstract|abstract|summary|backgrounds?|introduction|(?:study )?objectives?|aims?|purpose"
    r"|context|importance|rationale|question|problem)\W*(?:(?:and|of(?: the)? (?:review|study))\W+)?)+",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"[(\[（].*?[)\]）]")
_CONFERENCE = re.compile(r"\..{0,3}conference.*$|:(?!//).*$", re.IGNORECASE | re.DOTALL)
_JOURNAL_STOP = frozenset((
    "the", "of", "and", "for", "in", "de", "la", "und", "et", "a", "on", "di", "des", "der", "del", "do", "le", "les",
    "fur", "zu", "d", "l",
))  # fmt: skip
_NO_NAME = frozenset(("", "anonymous", "anon", "al", "etal", "unknown", "na", "noauthorslisted", "others"))

PARALLEL = "="

_NONE: frozenset[str] = frozenset()
_STROKE = 50_000
_KNOWN = 1 << 18  # how many names are remembered, which bounds the memory
_ABSTRACT_LETTERS = 200
_AUTHORS = 25
_REPEATED_TITLE = 5
_REPEATED_TITLE_WEIGHT = 60


@dataclass(slots=True)
class Facts:
    """What one record says, in the forms that are compared.

    Attributes
    ----------
    titles : every title it carries; empty where it has none of use.
    kind, about : the notice that the title announces, and the title that it is about (see `titles.kind`).
    generic : the title would fit many documents, so that it proves nothing by itself.
    surnames : folded family names, in order.
    authors : the names as the record gives them.
    volume : digits without letters or leading zeros.
    issue : its number within the volume (see `issue`); `part` has every digit of issue and supplement.
    pages : first and last page in the same form, in every way that they can be read (see `pages`).
    review, version : number of a Cochrane review, and the version of it that the DOI names.
    supplement : a meeting's abstract or another part of a supplement.
    abstract_page : its page is counted as meetings' abstracts are, as in ``A12`` or ``S34``; one page may hold several.
    preprint : on a server of preprints, before or beside any journal.
    registry : the number of the registry entry that this record is; `cites` holds the numbers that it names.
    publications : PMIDs of what the registry entry names as its results.
    journal : folded words of its name, without articles (see `journal_words`).
    abstract : the first letters of the abstract, behind its first heading; `whole_abstract` is all of it as it stands.
    """

    record_id: str
    titles: tuple[Title, ...]
    kind: str
    about: str
    generic: bool
    surnames: tuple[str, ...]
    authors: Sequence[str]
    year: int
    volume: str
    issue: str
    part: str
    pages: tuple[tuple[str, str], ...]
    doi: str
    review: str
    version: str
    supplement: bool
    abstract_page: bool
    preprint: bool
    pmid: str
    pmcid: str
    registry: str
    cites: frozenset[str]
    publications: frozenset[str]
    journal: tuple[str, ...]
    issn: frozenset[str]
    abstract: str
    whole_abstract: str

    @property
    def title(self) -> Title | None:
        """The first title, which is the record's own."""
        return self.titles[0] if self.titles else None


def gather(entries: Sequence[dict[str, Any]], source_kinds: Mapping[str, str]) -> list[Facts]:
    """Normalise entries, one each, in their order.

    Parameters
    ----------
    entries : sequence of dict
        Rows of `prismake.tables.ENTRIES`.
    source_kinds : mapping
        The kind of each source: entries of a register may be registry entries.
    """
    every = [
        one
        for start in range(0, len(entries), _STROKE)
        for one in _some(entries[start : start + _STROKE], source_kinds)
    ]
    repeated = _repeated(every)
    for one in every:
        if one.titles and one.titles[0].tight in repeated:
            one.generic = True
    return every


def _repeated(every: Sequence[Facts]) -> set[str]:
    """Short titles that stand at so many places that they prove nothing."""
    counts = Counter([one.titles[0].tight for one in every if one.titles])
    places: defaultdict[str, set[tuple[int, str]]] = defaultdict(set)
    for one in every:
        title = one.title
        if title and counts[title.tight] >= _REPEATED_TITLE and one.pages and title.weight < _REPEATED_TITLE_WEIGHT:
            places[title.tight].add((one.year, one.pages[0][0]))
    return {title for title, found in places.items() if len(found) >= _REPEATED_TITLE}


def _some(entries: Sequence[dict[str, Any]], source_kinds: Mapping[str, str]) -> list[Facts]:
    headings = titles.read([(entry["title"] or "", entry["title_other"] or "") for entry in entries])
    return [
        _facts(entry, source_kinds.get(entry["source"], ""), heading)
        for entry, heading in zip(entries, headings, strict=True)
    ]


def _facts(entry: dict[str, Any], source_kind: str, heading: Heading) -> Facts:
    authors = (entry["authors"] or ())[:_AUTHORS]
    doi = whole_doi(entry["doi"] or "")
    place = f"{doi} {entry['pages'] or ''} {entry['issue'] or ''}".lower()
    review = _COCHRANE.search(place) if "cd" in place else None
    version = _COCHRANE.search(doi) if review else None
    numbers = entry["registry_ids"]
    cites = frozenset(number.upper().replace(" ", "") for number in numbers) if numbers else _NONE
    journal = journal_words(entry["journal"] or "")
    return Facts(
        record_id=entry["record_id"],
        titles=heading.titles,
        kind=heading.kind,
        about=heading.about,
        generic=bool(heading.titles) and titles.is_generic(heading.titles[0].words),
        surnames=tuple([name for name in map(_surname, authors) if name not in _NO_NAME]),
        authors=authors,
        year=entry["year"] or 0,
        volume=volume(entry["volume"] or "", entry["year"] or 0),
        issue=issue(entry["issue"] or ""),
        part="".join(_DIGITS.findall(f"{_DIGITS.sub('', entry['volume'] or '', count=1)} {entry['issue'] or ''}")),
        pages=pages(entry["pages"] or ""),
        doi=doi,
        review=review.group(1) if review else "",
        version=(version.group(2) or "1") if version else "",
        supplement=_in_supplement(f"{entry['volume']} {entry['issue']}".lower(), entry["journal"] or ""),
        abstract_page=bool(_ABSTRACT_PAGE.match(entry["pages"] or "")),
        preprint=bool(_PREPRINT_DOI.match(doi) or journal in _PREPRINT_SERVERS),
        pmid=(entry["pmid"] or "").strip(),
        pmcid=(entry["pmcid"] or "").strip().upper(),
        registry=_registry_number(entry, source_kind, journal, cites),
        cites=cites,
        publications=_publications(entry["registration"] or ""),
        journal=journal,
        issn=frozenset(filter(None, map(issn, entry["issn"]))) if entry["issn"] else _NONE,
        abstract=abstract_start(entry["abstract"] or ""),
        whole_abstract=entry["abstract"] or "",
    )


def _in_supplement(place: str, journal: str) -> bool:
    return (
        "suppl" in place
        or bool("meet" in place and _MEETING_ABSTRACT.search(place))
        or bool("." in journal and _AT_CONFERENCE.search(journal))
    )


@lru_cache(maxsize=_KNOWN)
def pages(value: str) -> tuple[tuple[str, str], ...]:
    """First and last page as digits, in every way that the value can be read.

    ``963-7`` is 963 to 967. ``01-Aug``, which Excel made of ``1-8``, is 1 to 8; ``16-Sep`` may have been ``9-16`` or
    ``16-9``, which is 16 to 19. A translation printed beside its article gives two ranges, ``331-6, 413-7``. The number
    of a Cochrane review is no page, nor is a number that Excel rounded.
    """
    usual = _USUAL_PAGES.fullmatch(value)
    if usual:
        first, last = (number.lstrip("0") for number in usual.groups(default=""))
        return ((first, _completed(first, last) if last else ""),)
    value = text.fold(value).strip()
    date = _DAY_MONTH.fullmatch(value) or _MONTH_DAY.fullmatch(value)
    if date and (month := _MONTHS.get(date.group(1)) or _MONTHS.get(date.group(2))):
        day = int(date.group(2) if date.group(1).isalpha() else date.group(1))
        readings = [(str(low), _completed(str(low), str(high))) for low, high in ((day, month), (month, day))]
        return tuple(sorted({(low, high) for low, high in readings if int(low) < int(high)})) or ((str(day), ""),)
    if value.startswith(("suppl-", "cd0", "cd1")) or _ROUNDED.search(value):
        return ()
    roman = _ROMAN_RANGE.fullmatch(value)
    if roman:
        return ((roman.group(1), roman.group(2) or ""),)
    span = _RANGE.match(value)
    if span:
        spans = _RANGE.finditer(value) if _FURTHER.search(value, span.end()) else [span]
        starts = [(found.group(1).lstrip("0"), found.group(2).lstrip("0")) for found in spans]
        return tuple((first, _completed(first, last)) for first, last in starts)
    digits = _DIGITS.search(value)
    return ((digits.group().lstrip("0"), ""),) if digits else ()


def _completed(first: str, last: str) -> str:
    """The last page in full: ``7`` behind 963 is 967."""
    return first[: len(first) - len(last)] + last


@lru_cache(maxsize=_KNOWN)
def volume(value: str, year: int) -> str:
    """The number of a volume; a year is none, and what was cut off within its brackets (``1)``) says nothing."""
    if value.startswith("(") or (")" in value and "(" not in value):
        return ""
    digits = _DIGITS.search(value)
    number = digits.group().lstrip("0") if digits else ""
    return "" if number == str(year) else number


def issue(value: str) -> str:
    """The number of an issue within its volume, which has one or two digits; longer ones count otherwise."""
    number = value.strip().lstrip("0")
    return number if len(number) <= 2 and number.isdecimal() else ""


@cache
def issn(value: str) -> str:
    """The eight characters of an ISSN, or an empty string."""
    found = _ISSN.search(value)
    return (found.group(1) + found.group(2)).upper() if found else ""


def whole_doi(value: str) -> str:
    """A DOI that names one document: without a link's further fields; a SICI cut at its ``<`` names a whole issue."""
    found = text.doi(value)
    if "&" in found:
        found = _LINK_FIELD.split(found, maxsplit=1)[0]
    return "" if "(sici)" in found and ";" not in found else found


@lru_cache(maxsize=_KNOWN)
def _surname(value: str) -> str:
    """The folded family name of one author."""
    if "&" in value:
        value = html.unescape(value)
    family, comma, _ = value.partition(",")
    return intern(text.squash(family) if comma else text.surname(value))


@lru_cache(maxsize=_KNOWN)
def name_parts(value: str) -> tuple[str, ...]:
    """Every part of one author's name, folded, in any script; initials are left out."""
    return tuple(part for part in titles.words(html.unescape(value)).split() if len(part) > 1)


@cache
def journal_words(name: str) -> tuple[str, ...]:
    """The words of a journal's name that abbreviations keep; a conference or a translation behind it is left out.

    ``=`` stands between the names of a journal that has several, as catalogues write them.
    """
    if " = " in name:
        names = [words for part in name.split(" = ") if (words := journal_words(part))]
        return tuple(word for number, words in enumerate(names) for word in ((PARALLEL,) if number else ()) + words)
    plain = _BRACKETED.sub(" ", _CONFERENCE.sub(" ", name)) if name.isascii() else _BRACKETED.sub(" ", name)
    folded = titles.normalise(html.unescape(plain if plain.strip() else name).replace("&", " "))
    return tuple(word for word in folded.split() if word not in _JOURNAL_STOP)


_PREPRINT_SERVERS = frozenset(map(journal_words, _PREPRINT_NAMES))


def abstract_start(value: str) -> str:
    """The first letters of an abstract, without its first heading."""
    start = value[: 2 * _ABSTRACT_LETTERS].lstrip(" [(*")
    label = _ABSTRACT_LABEL.match(start)
    return text.squash(start[label.end() :] if label else start)[:_ABSTRACT_LETTERS]


def _publications(registration: str) -> frozenset[str]:
    """PMIDs among what a registry entry says of its study."""
    said = registration.partition("Publications: ")[2].partition(" · ")[0]
    return frozenset(_PMID.findall(said)) if said else _NONE


def _registry_number(entry: dict[str, Any], source_kind: str, journal: tuple[str, ...], cites: frozenset[str]) -> str:
    """The number of the registry entry that a record is, or an empty string for a document that at most cites one."""
    accession = (entry["accession"] or "").upper().replace(" ", "")
    if text.is_registry_id(accession):
        return accession
    if len(cites) != 1 or entry["volume"] or entry["doi"] or entry["pmid"]:
        return ""
    return next(iter(cites)) if source_kind == "register" or _REGISTRY_NAME.search(" ".join(journal)) else ""
