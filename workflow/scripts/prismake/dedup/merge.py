"""One report out of its records: the best value of each field, and which record gave it.

A value is taken whole from one record, never pieced together; only lists (keywords, links, numbers) are united. Among
equals the record that represents the report goes first.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from .. import text
from ..tables import BIBLIOGRAPHY
from . import facts, titles

_bibliography = itemgetter(*BIBLIOGRAPHY)
_FIELDS = sorted(BIBLIOGRAPHY)

Entry = dict[str, Any]
Choice = tuple[Any, list[str]]
Rank = Callable[[Entry], tuple[Any, ...]]

_MORE_TITLE = 8
_WORD = re.compile(r"[^\W\d_]{2,}")
_INITIALS = re.compile(r"(?:[^\W\d_]\.?-?){1,4}")
_FULL_RANGE = re.compile(r"\D*(\d+)\D*[-‐‑‒–—−]\D*(\d+)\D*")
_EXCEL_DATE = re.compile(r"\d{1,2}-[A-Za-z]{3}|[A-Za-z]{3}-\d{1,2}")


def merge(report_id: str, records: Sequence[Entry]) -> tuple[Entry, list[Entry]]:
    """Merge the records of a report.

    Parameters
    ----------
    report_id : str
        The report's id.
    records : sequence of dict
        Rows of `prismake.tables.ENTRIES`, one a record; the one that represents the report first.

    Returns
    -------
    report : dict
        A row of `prismake.tables.REPORTS`.
    provenance : list of dict
        ``report_id, field, record_id, file, line`` for each field that has a value, sorted; empty for a report of one
        record.
    """
    report: Entry = {
        "report_id": report_id,
        "record_ids": [record["record_id"] for record in records],
        "sources": list(dict.fromkeys(record["source"] for record in records)),
    }
    if len(records) == 1:
        report.update(zip(BIBLIOGRAPHY, _bibliography(records[0]), strict=True))
        return report, []
    chosen = choose(records)
    places = {record["record_id"]: {"file": record["file"], "line": record["line"]} for record in records}
    provenance = [
        {"report_id": report_id, "field": field, "record_id": record_id, **places[record_id]}
        for field in _FIELDS
        for record_id in sorted(chosen[field][1])
    ]
    return report | {field: chosen[field][0] for field in BIBLIOGRAPHY}, provenance


def choose(records: Sequence[Entry]) -> dict[str, Choice]:
    """The best value of every field of `prismake.tables.BIBLIOGRAPHY`, and the ids of the records that gave it."""
    title = _best(records, "title", _title_rank)
    place = min(records, key=lambda record: -sum(bool(record[field]) for field in ("volume", "issue", "pages", "year")))
    placed = [place, *(record for record in records if record is not place)]
    volume = _first(placed, "volume")
    return {
        "type": _first(records, "type"),
        "title": title,
        "title_other": _title_other(records, title[0]),
        "authors": _best(records, "authors", _authors_rank),
        "year": _first(placed, "year"),
        "journal": _best(records, "journal", lambda _: lambda record: _journal_rank(record["journal"])),
        "volume": volume,
        "issue": _first([place, *(record for record in placed if _in_volume(record, volume[0]))], "issue"),
        "pages": _best(placed, "pages", lambda _: _pages_rank(place)),
        "doi": _doi(records),
        "pmid": _first(records, "pmid"),
        "pmcid": _first(records, "pmcid"),
        "registry_ids": _union(records, "registry_ids", str.upper),
        "abstract": _best(records, "abstract", lambda _: lambda record: (-len(record["abstract"]),)),
        "keywords": _union(records, "keywords", text.words),
        "language": _first(records, "language"),
        "issn": _union(records, "issn", lambda value: facts.issn(value) or value),
        "urls": _union(records, "urls", str.strip),
        "notes": _first(records, "notes"),
        "registration": _first(records, "registration"),
    }


def _in_volume(record: Entry, volume: str) -> bool:
    """Whether a record does not name another volume, to which its issue would belong."""
    own, year = facts.volume(record["volume"] or "", record["year"] or 0), record["year"] or 0
    return own in ("", facts.volume(volume or "", year))


def _first(records: Sequence[Entry], field: str) -> Choice:
    for record in records:
        if record[field]:
            return (record[field], [record["record_id"]])
    return (records[0][field], [])


def _best(records: Sequence[Entry], field: str, ranking: Callable[[Sequence[Entry]], Rank]) -> Choice:
    """The value of the record with the lowest rank among those that have one; the earlier record among equals."""
    filled = [record for record in records if record[field]]
    if [record for record in filled if record[field] != filled[0][field]]:
        best = min(filled, key=ranking(records))
        return (best[field], [best["record_id"]])
    return _first(filled or records, field)


def _union(records: Sequence[Entry], field: str, key: Callable[[str], str]) -> Choice:
    """Every value once, in the order of the records; values are the same where their keys are."""
    united: dict[str, str] = {}
    gave = []
    for record in records:
        if not record[field]:
            continue
        before = len(united)
        for value in record[field]:
            united.setdefault(key(value), value)
        if len(united) > before:
            gave.append(record["record_id"])
    return (list(united.values()), gave)


def _shouts(value: str) -> bool:
    """Whether a text is in capitals throughout, where its script has both cases."""
    return len(value) > 6 and value == value.upper() and value != value.lower()


def _title_rank(records: Sequence[Entry]) -> Rank:
    """Rank titles: real ones, in ordinary letters, with their subtitle, without a database's notes."""
    bare = {record["title"]: titles.bare(record["title"]) for record in records if record["title"]}
    words = {value: titles.normalise(without_notes) for value, without_notes in bare.items()}

    def rank(record: Entry) -> tuple[Any, ...]:
        value = record["title"]
        own = words[value]
        cut = any(other.startswith(own) and len(other) >= len(own) + _MORE_TITLE for other in words.values())
        return own in titles.NO_TITLE, _shouts(value), cut, bare[value] != value.strip()

    return rank


def _title_other(records: Sequence[Entry], title: str) -> Choice:
    """A title in another language: as a record gives it, or the title of a record in another script."""
    named = [(record, record["title_other"], False) for record in records if record["title_other"]]
    foreign = [(record, record["title"], True) for record in records if not (record["title"] or "").isascii()]
    if not title.isascii():
        foreign += [(record, record["title"], True) for record in records if (record["title"] or "").isascii()]
    shown = {variant.tight: variant.latin for variant in titles.variants(title)} if named or foreign else {}
    for record, value, must_be_foreign in named + foreign:
        own = titles.variants(value)
        fits = not must_be_foreign or any(variant.latin not in shown.values() for variant in own)
        if own and fits and not any(variant.tight in shown for variant in own):
            return (value, [record["record_id"]])
    return ("", [])


def _authors_rank(records: Sequence[Entry]) -> Rank:
    """Rank lists of authors: the longest, and of those the one with most given names in full."""
    longest = max(len(record["authors"] or ()) for record in records)

    def rank(record: Entry) -> tuple[Any, ...]:
        names = record["authors"]
        return (0, -sum(map(_in_full, names))) if len(names) == longest else (longest - len(names),)

    return rank


@lru_cache(maxsize=1 << 16)
def _in_full(name: str) -> bool:
    """Whether a name says more of the given names than initials."""
    family, comma, given = name.partition(",")
    if comma:
        return any(not word.isupper() for word in _WORD.findall(given))
    if name.isascii() or name.lower() != name.upper():
        parts = family.split()
        return len(parts) > 1 and not (parts[-1].isupper() and _INITIALS.fullmatch(parts[-1]))
    return True  # a script without capitals, which has no initials


def _journal_rank(name: str) -> tuple[bool, bool, int]:
    """Rank names of journals: without a conference behind them, in ordinary letters, in full."""
    words = facts.journal_words(name)
    return "conference" in name.lower(), _shouts(name), -sum(map(len, words))


def _pages_rank(place: Entry) -> Rank:
    """Rank pages: those that begin where the report's place says, as a range, both numbers in full."""
    starts = {first for first, _ in facts.pages(place["pages"] or "")}

    def rank(record: Entry) -> tuple[Any, ...]:
        value = record["pages"]
        elsewhere = bool(starts) and not starts & {first for first, _ in facts.pages(value)}
        span = _FULL_RANGE.fullmatch(value)
        in_full = span is not None and len(span.group(2)) >= len(span.group(1))
        return elsewhere, bool(_EXCEL_DATE.fullmatch(value)), span is None, not in_full

    return rank


def _doi(records: Sequence[Entry]) -> Choice:
    """The DOI that most records give, written without escapes where one record does so."""
    return _best(records, "doi", _doi_rank)


def _doi_rank(records: Sequence[Entry]) -> Rank:
    named = {record["record_id"]: facts.whole_doi(record["doi"] or "") for record in records}
    counts = Counter(filter(None, named.values()))
    return lambda record: (-counts[named[record["record_id"]]], "%" in record["doi"])
