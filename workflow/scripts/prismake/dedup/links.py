"""Records that belong together without being duplicates: notices about an article, and registry entries it cites."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz

from .facts import Facts

_ABOUT_LETTERS = 25
_ABOUT_LIKENESS = 90
_PROTOCOL_LIKENESS = 80


class Relation(NamedTuple):
    """What the first record is to the second: erratum, retraction, comment, protocol, registry entry or version."""

    relation: str
    first: str
    second: str
    why: str


def relations(every: Sequence[Facts], pairs: Iterable[tuple[int, int]]) -> Iterator[Relation]:
    """Find relations among pairs that share a key, and between registry entries and what cites their numbers."""
    for i, j in pairs:
        a, b = every[i], every[j]
        if a.kind or b.kind:
            for notice, article in ((a, b), (b, a)):
                if why := _is_about(notice, article):
                    yield Relation(notice.kind, notice.record_id, article.record_id, why)
        if a.review and a.review == b.review and a.version and b.version and a.version != b.version:
            older, newer = sorted((a, b), key=lambda one: (int(one.version), one.record_id))
            why = f"Cochrane review CD{a.review}, version {older.version} and version {newer.version}"
            yield Relation("version", older.record_id, newer.record_id, why)
    yield from _registered(every)


def _is_about(notice: Facts, article: Facts) -> str:
    """Why a record is a notice about the article, or an empty string."""
    if not notice.kind or article.kind or not article.title or len(notice.about) < _ABOUT_LETTERS:
        return ""
    if notice.kind == "protocol" and notice.cites & article.cites:
        return f"protocol and article name {min(notice.cites & article.cites)}"
    likeness = fuzz.ratio(notice.about.replace(" ", ""), article.title.tight)
    protocol = notice.kind == "protocol"
    if likeness < (_PROTOCOL_LIKENESS if protocol else _ABOUT_LIKENESS):
        return ""
    if protocol and not set(notice.surnames) & set(article.surnames):
        return ""
    return f"its title is about the article's ({likeness / 100:.2f})"


def _registered(every: Sequence[Facts]) -> Iterator[Relation]:
    entries: defaultdict[str, list[str]] = defaultdict(list)
    for one in every:
        if one.registry:
            entries[one.registry].append(one.record_id)
    for one in every:
        if one.registry:
            continue
        for number in sorted(one.cites):
            for entry in entries.get(number, ()):
                yield Relation("registry entry", entry, one.record_id, f"the record cites {number}")
