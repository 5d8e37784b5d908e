"""What tells two documents apart whatever else agrees: a reply, a registry entry, another version, another place.

An obstacle limits the score of a pair: below any threshold, or into the range that a person reads.
"""

from typing import NamedTuple

from .evidence import (
    ALIKE,
    CLOSE_TITLE,
    NEAR_TITLE,
    SAME_PEOPLE,
    SOME_PEOPLE,
    TITLE_AGREES,
    WHOLE_RANGE,
    Evidence,
    ends_differ,
)
from .facts import Facts

DOUBT = 0.85
"""The highest score of a pair that a person should see."""

NO = 0.30
"""The highest score of a pair that is plainly two documents."""


class Obstacle(NamedTuple):
    """Why two records are not simply the same report, and the highest score that it leaves."""

    why: str
    limit: float


def obstacle_of(a: Facts, b: Facts, evidence: Evidence) -> Obstacle | None:
    """The strongest reason against a merge, or None."""
    found = [
        *of_identifiers(a, b),
        *of_kinds(a, b, evidence),
        *_of_titles(a, b, evidence),
        *_of_places(a, b, evidence),
    ]
    return min(found, key=lambda obstacle: obstacle.limit, default=None)


def of_identifiers(a: Facts, b: Facts) -> list[Obstacle]:
    """What numbers say against one document."""
    found = []
    if bool(a.registry) != bool(b.registry):
        found.append(Obstacle("a registry entry and another document", NO))
    elif a.registry != b.registry:
        found.append(Obstacle("two registry numbers", NO))
    if a.version and b.version and a.version != b.version:
        found.append(Obstacle("two versions of a review", NO))
    if a.review and b.review and a.review != b.review:
        found.append(Obstacle("two Cochrane reviews", NO))
    if a.pmid and b.pmid:
        found.append(Obstacle("two PMIDs", DOUBT))
    return found


def of_kinds(a: Facts, b: Facts, e: Evidence) -> list[Obstacle]:
    """A notice and an article, or two parts of a series."""
    found = []
    if a.kind != b.kind and not (e.same_place and e.page == WHOLE_RANGE and "protocol" in (a.kind, b.kind)):
        alike = (e.title or 0) >= CLOSE_TITLE and (e.page > 0 or e.doi > 0)
        found.append(Obstacle(f"{a.kind or b.kind} and another document", DOUBT if alike else NO))
    abstracts = a.abstract_page or b.abstract_page or a.supplement or b.supplement  # one page may hold several
    one_place = e.page_in_volume and e.doi >= 0 and (e.page == WHOLE_RANGE or not abstracts)
    if e.opposed and not (one_place and e.page > 1):  # a supplement has one DOI for all that stands in it
        found.append(Obstacle(f"titles differ in {e.opposed}", DOUBT))
    elif e.replaced and (e.page <= 0 or (abstracts and e.page < WHOLE_RANGE)) and (e.doi <= 0 or abstracts):
        found.append(Obstacle(f"titles differ in {e.replaced}", DOUBT))
    if not e.numbers and not one_place:
        found.append(Obstacle("other numbers in the titles", NO if e.page < 0 else DOUBT))
    return found


def _of_titles(a: Facts, b: Facts, e: Evidence) -> list[Obstacle]:
    found = []
    if e.title is None:
        placed = e.journal > 0 and e.page > 0 and (e.volume > 0 or _article_number(a))
        if e.doi <= 0 and not (placed and (e.authors or 0) >= SAME_PEOPLE):
            doubtful = (placed and e.authors is None) or e.abstract > 0
            found.append(Obstacle("no title to compare", DOUBT if doubtful else NO))
        return found
    if a.generic or b.generic:
        others = e.authors is not None and e.authors < SOME_PEOPLE  # chapters may share the DOI of their book
        one_text = e.abstract > 0 and e.volume > 0 and e.journal > 0
        if e.page < 0 or e.volume < 0 or e.doi < 0 or (e.page == 1 and ends_differ(a, b)):
            found.append(Obstacle("a title of many documents", NO))
        elif e.page <= 0 and (e.doi <= 0 or others) and not one_text:
            found.append(Obstacle("a title of many documents", DOUBT if e.abstract > 0 else NO))
        elif e.page == 1 and e.issue < 0 and e.doi <= 0:
            found.append(Obstacle("a title of many documents, in another issue", DOUBT))
    people = (e.authors or 0) >= SAME_PEOPLE
    if e.title < TITLE_AGREES and e.same_place:
        alone = min(len(a.surnames), len(b.surnames)) < 2
        if alone and e.page < WHOLE_RANGE and e.doi <= 0 and (e.abstract <= 0 or e.title < 0.6):
            found.append(Obstacle("titles differ", DOUBT))
    elif e.title < ALIKE or (e.title < TITLE_AGREES and not (people and (e.doi > 0 or (e.page > 0 and e.volume > 0)))):
        found.append(Obstacle("titles differ", NO))
    elif (e.title < NEAR_TITLE or (e.partial and e.page <= 0)) and not people and e.doi <= 0 and e.page < 2:
        found.append(Obstacle("neither titles nor authors agree", DOUBT))
    return found


def _article_number(a: Facts) -> bool:
    """Whether what stands as the page is the number of an electronic article, which tells as much as volume and page."""
    return any(len(first) >= 5 for first, _ in a.pages)


def _of_places(a: Facts, b: Facts, e: Evidence) -> list[Obstacle]:
    """Two places of publication: a meeting's abstract and the paper, a paper and its reprint."""
    if e.doi > 0:
        other_page = e.page < 0 and (e.title or 0) < 0.90
        return [Obstacle("another page under the same DOI", DOUBT)] if other_page else []
    unplaced = e.volume <= 0 and e.journal <= 0 and (e.authors or 0) < SAME_PEOPLE
    one_issue = e.volume > 0 and e.years == 0 and e.page == 0 and e.doi == 0 and (e.authors or 0) >= SAME_PEOPLE
    unnumbered = not (a.volume or b.volume or a.pages or b.pages)
    others = e.authors is not None and e.authors < SOME_PEOPLE
    contradictions = (
        (_in_cochrane(a) and _in_cochrane(b) and e.years, "perhaps two versions of a review"),
        (e.volume < 0 and e.page < 0, "another volume and page"),
        (e.volume < 0 and e.years, "another volume and year"),
        (e.abstract <= 0 and e.years and unnumbered, "another year, and no volume or page"),
        (e.doi < 0 and e.page < 0, "another DOI and page"),
        (e.doi < 0 and e.volume < 0 and e.journal <= 0, "another DOI and volume"),
        (e.page <= 0 and e.journal < 0 and not one_issue, "another journal"),
        (e.page <= 0 and e.journal == 0 and min(e.page, e.volume) < 0, "perhaps another journal"),
        (e.page <= 0 and _supplement_and_paper(a, b, e), "one of the two in a supplement"),
        (e.page <= 0 and (e.years or 0) > 1, "years apart"),
        (a.preprint != b.preprint and not (e.page > 0 and e.journal > 0), "one of the two a preprint"),
        (e.page == 1 and others and e.abstract <= 0, "the page agrees, but the authors differ"),
        (e.page > 0 and unplaced, "the page agrees, but neither journal, volume nor authors"),
    )
    return [Obstacle(why, DOUBT) for holds, why in contradictions if holds]


def of_two_places(a: Facts, b: Facts, e: Evidence) -> list[Obstacle]:
    """What a third record, which says less of its place, cannot bring together: two meetings, a meeting and the paper."""
    if e.doi > 0 or e.page >= 0 or e.abstract > 0:
        return []
    found = []
    if e.volume < 0 and e.journal < 0:
        found.append(Obstacle("another journal, volume and page", DOUBT))
    if e.volume > 0 and _supplement_and_paper(a, b, e):
        found.append(Obstacle("one of the two in a supplement", DOUBT))
    return found


def _in_cochrane(a: Facts) -> bool:
    """Whether a record is a Cochrane review, which its updates repeat year by year, with or without its number."""
    return bool(a.review) or "cochrane" in a.journal


def _supplement_and_paper(a: Facts, b: Facts, e: Evidence) -> bool:
    """Whether one of the two stands in a supplement, and the other has a place of its own."""
    if a.supplement == b.supplement or (e.abstract > 0 and e.volume >= 0 and e.page >= 0):
        return False
    paper = b if a.supplement else a
    return e.doi < 0 or any(first != last for first, last in paper.pages)
