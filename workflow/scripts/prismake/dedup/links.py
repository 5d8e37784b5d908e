"""Records that belong together without being duplicates, and what one is to the other. None of them is ever removed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz

from .evidence import CLOSE_TITLE, SOME_PEOPLE, TITLE_AGREES, Evidence
from .facts import Facts
from .versions import of_one_review, series

_ABOUT_LETTERS = 25
_ABOUT_LIKENESS = 90
_PROTOCOL_LIKENESS = 80
_LEAD_LETTERS = 15


class Relation(NamedTuple):
    """What the first record is to the second.

    ``erratum``, ``retraction``, ``comment`` or ``protocol`` of it; its ``registry entry``; an earlier ``version`` of it (a
    Cochrane review before its update, a preprint before the article); the ``meeting abstract`` of the same work; an
    earlier ``part`` of one series.
    """

    relation: str
    first: str
    second: str
    why: str


def relations(a: Facts, b: Facts, evidence: Evidence) -> Iterator[Relation]:
    """What two compared records are to each other, should they turn out to be two reports."""
    for one, other in ((a, b), (b, a)):
        if one.kind and (why := _is_about(one, other)):
            yield Relation(one.kind, one.record_id, other.record_id, why)
        if one.preprint and not other.preprint and _one_work(evidence) and not (one.kind or other.kind):
            yield Relation("version", one.record_id, other.record_id, "preprint and article")
        elif one.supplement and _has_place(other) and _one_work(evidence) and one.kind == other.kind:
            yield Relation("meeting abstract", one.record_id, other.record_id, "one of the two in a supplement")
    other_version = a.version != b.version if a.review and b.review else False
    if (other_version or evidence.years) and of_one_review(a, b, evidence):
        yield _versions(a, b)
    if not evidence.numbers and (evidence.authors or 0) >= SOME_PEOPLE:
        yield from _series(a, b)


def _is_about(notice: Facts, article: Facts) -> str:
    """Why a record is a notice about the article, or an empty string."""
    if article.kind or not article.title or len(notice.about) < _ABOUT_LETTERS:
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


def _one_work(evidence: Evidence) -> bool:
    """Whether titles and authors are those of one piece of work; between abstract and paper both may change."""
    alike = (evidence.title or 0) >= (TITLE_AGREES if evidence.abstract > 0 else CLOSE_TITLE)
    return alike and evidence.numbers and not evidence.opposed and (evidence.authors or 0) >= SOME_PEOPLE


def _has_place(one: Facts) -> bool:
    """Whether a record is an article of its own: more pages than an abstract takes, or a volume or DOI beside no page."""
    if one.supplement or one.preprint:
        return False
    return any(first != last and last for first, last in one.pages) if one.pages else bool(one.volume or one.doi)


def _versions(a: Facts, b: Facts) -> Relation:
    older, newer = sorted((a, b), key=lambda one: (one.year, int(one.version or 0), one.record_id))
    named = [f"version {one.version}" if one.version else str(one.year or "no year") for one in (older, newer)]
    number = f" CD{a.review or b.review}" if a.review or b.review else ""
    why = f"{series(a)} review{number}, {named[0]} and {named[1]}"
    return Relation("version", older.record_id, newer.record_id, why)


def _series(a: Facts, b: Facts) -> Iterator[Relation]:
    if not (a.title and b.title and a.title.part and b.title.part):
        return
    (lead, number), (other_lead, other_number) = a.title.part, b.title.part
    alike = fuzz.ratio(lead, other_lead) >= _ABOUT_LIKENESS
    if number != other_number and alike and min(len(lead), len(other_lead)) >= _LEAD_LETTERS:
        (low, first), (high, second) = sorted(((number, a.record_id), (other_number, b.record_id)))
        yield Relation("part", first, second, f"parts {low} and {high} of one series")


def registered(every: Sequence[Facts]) -> Iterator[Relation]:
    """Registry entries, what cites their numbers or is named by them, and entries of one study in two registers."""
    entries, known = [one for one in every if one.registry], defaultdict(list)
    for one in entries:
        for number in sorted({one.registry, *one.cites}):
            known[number].append(one)
    for one in every:
        named = {entry.record_id: (entry, number) for number in sorted(one.cites) for entry in known.get(number, ())}
        for entry, number in named.values():
            if not one.registry:
                yield Relation("registry entry", entry.record_id, one.record_id, f"the record cites {number}")
            elif _register(entry) != _register(one) and entry.record_id < one.record_id:
                yield Relation("registry entry", entry.record_id, one.record_id, f"both entries name {number}")
    of_pmid = defaultdict(list)
    for one in every:
        if one.pmid and not one.registry:
            of_pmid[one.pmid].append(one)
    for entry in entries:
        for number in sorted(entry.publications):
            for one in of_pmid.get(number, ()):
                if not one.cites & {entry.registry, *entry.cites}:
                    why = f"the entry names PMID {number} among its results"
                    yield Relation("registry entry", entry.record_id, one.record_id, why)


def _register(entry: Facts) -> str:
    """The letters that a registry's numbers begin with; within one registry another number is another study."""
    return entry.registry.rstrip("0123456789-/").rstrip()
