"""How likely two records are the same report: what agrees, a score from 0 to 1, and the rule behind it.

Each field that agrees or disagrees adds to the log-odds of being the same report, in the manner of Fellegi and Sunter
(1969, J Am Stat Assoc 64:1183-1210); the weights are hand-set and were checked on published labelled sets. What tells
two documents apart whatever else agrees (a reply, a registry entry, another version) is an `Obstacle`: it limits the
score, either below any threshold or into the range that a person reads.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from rapidfuzz import fuzz

from .keys import Facts
from .titles import Title

SURE = 1.0
"""The score of records that carry one identifier; any other pair scores less."""

_ALMOST_SURE = 0.999999
_DOUBT = 0.85
_LOOK = 0.75
_NO = 0.30

_BIAS = -3.2
_ONE_TITLE, _NEAR_TITLE, _CLOSE_TITLE, _TITLE_AGREES, _ALIKE = 0.98, 0.93, 0.88, 0.80, 0.70
_TITLE = (
    (_ONE_TITLE, 3.6), (_NEAR_TITLE, 2.7), (_CLOSE_TITLE, 1.8), (_TITLE_AGREES, 0.9), (_ALIKE, -0.9), (0.0, -2.7),
)  # fmt: skip
_AGREEING = 100 * _TITLE_AGREES
_SAME_PEOPLE, _SOME_PEOPLE = 0.8, 0.5
_UNLIKE = 0.6
_AUTHORS = ((_SAME_PEOPLE, 1.35), (_SOME_PEOPLE, 0.45), (0.0, -2.25))
_YEARS = {0: 0.45, 1: -0.45}
_YEARS_APART = -2.25
_SHORT_TITLE = -0.9
_DOI_UNTITLED = 1.8
_AGREES = (2.7, 1.8, 1.35, 0.9, 1.8)  # of DOI, page, volume, journal, abstract
_DIFFERS = (-1.35, -1.8, -1.35, -1.35, -0.9)
_SHORT, _LONG = 25, 60
_MEETING = frozenset(("conference", "congress", "meeting", "proceedings", "symposium"))


class Obstacle(NamedTuple):
    """Why two records are not simply the same report, and the highest score that it leaves."""

    why: str
    limit: float


@dataclass(slots=True)
class Evidence:
    """How the fields of two records compare: 1 agrees, -1 differs, 0 cannot be told.

    ``page`` is 2 where both ends of a range agree.

    Attributes
    ----------
    title : similarity from 0 to 1; None where either has no title, or the two are in different scripts.
    partial : the shorter title is a part of the longer one.
    authors : share of the shorter list found in the longer one; None where either is empty.
    years : how many years lie between them; None where either has none.
    numbers : numbers in the titles do not contradict each other.
    """

    title: float | None
    partial: bool
    numbers: bool
    doi: int
    page: int
    volume: int
    journal: int
    abstract: int
    authors: float | None
    years: int | None

    @property
    def same_place(self) -> bool:
        """Authors, journal, year, volume and all pages agree: one document, whatever its title is called here."""
        placed = self.page == 2 and self.volume > 0 and self.journal > 0 and self.years == 0
        return placed and self.doi >= 0 and self.abstract >= 0 and (self.authors or 0) >= _SAME_PEOPLE

    def agreeing(self) -> list[str]:
        """The fields that agree, in the words of a rule."""
        named = [("DOI", self.doi), ("page", self.page), ("volume", self.volume), ("journal", self.journal)]
        author = [("author", 1)] if self.authors is not None and self.authors >= _SAME_PEOPLE else []
        year = [("year", 1)] if self.years == 0 else []
        return [name for name, value in [*author, *named, *year, ("abstract", self.abstract)] if value > 0]

    def differing(self) -> list[str]:
        """The fields that differ, in the words of a rule."""
        named = [("DOI", self.doi), ("page", self.page), ("volume", self.volume), ("journal", self.journal)]
        author = [("author", -1)] if self.authors is not None and self.authors < _SOME_PEOPLE else []
        year = [("year", -1)] if self.years else []
        return [name for name, value in [*author, *named, *year, ("abstract", self.abstract)] if value < 0]


@dataclass(slots=True)
class Judgement:
    """The score of a pair, and what it rests on."""

    score: float
    identifier: str = ""
    evidence: Evidence | None = None
    obstacle: Obstacle | None = None

    @property
    def rule(self) -> str:
        """The rule in words: ``same PMID``, ``same DOI and title``, ``title 0.97, author, volume, page agree``."""
        shown = f"({math.floor(self.score * 100) / 100:.2f})"
        if self.identifier:
            return f"same {self.identifier} {shown}"
        evidence = self.evidence
        if evidence is None:
            return shown
        agreeing = evidence.agreeing()
        if evidence.doi > 0 and (evidence.title or 0) >= _ONE_TITLE:
            return f"same DOI and title {shown}"
        if evidence.title is not None and evidence.title < _TITLE_AGREES:
            return f"{', '.join(agreeing)} agree, under another title {shown}"
        if evidence.title is not None:
            title = "title within title" if evidence.partial else f"title {math.floor(evidence.title * 100) / 100:.2f}"
            agreeing.insert(0, title)
        return f"{', '.join(agreeing)} agree {shown}"

    @property
    def doubt(self) -> str:
        """Why a person should look: what agrees, and what speaks against it."""
        against = self.evidence.differing() if self.evidence else []
        alike = (
            self.identifier
            or not self.evidence
            or self.evidence.agreeing()
            or (self.evidence.title or 0) >= _TITLE_AGREES
        )
        parts = [self.rule] if alike else []
        if self.obstacle:
            parts.append(self.obstacle.why)
        if against:
            parts.append(f"{', '.join(against)} {'differs' if len(against) == 1 else 'differ'}")
        return "; ".join(parts)


def judge(a: Facts, b: Facts) -> Judgement:
    """Score a pair of records. The order of the two makes no difference."""
    identifier = _identifier(a, b)
    if identifier:
        evidence = compare(a, b)
        if not _other_document(evidence) or a.registry:
            return Judgement(SURE, identifier)
        why = f"the {identifier} is the same, but titles and authors differ"
        return Judgement(_DOUBT, "", evidence, Obstacle(why, _DOUBT))
    if a.titles and b.titles and not _worth_comparing(a, b):
        return Judgement(0.0)
    evidence = compare(a, b)
    obstacle = _obstacle(a, b, evidence)
    score = 1 / (1 + math.exp(-_log_odds(a, b, evidence)))
    if evidence.title is None and evidence.abstract > 0 and not evidence.differing():
        score = max(score, _LOOK)  # no title, but the words of one and the same abstract
    if obstacle:
        score = min(score, obstacle.limit)
    elif score < _LOOK and (evidence.title or 0) >= _ONE_TITLE and _said(a, b) >= _LONG and not evidence.differing():
        score = max(score, _LOOK)  # little is known, and nothing speaks against it
    return Judgement(round(min(score, _ALMOST_SURE), 6), "", evidence, obstacle)


def _said(a: Facts, b: Facts) -> int:
    """How much the titles of both say, in letters."""
    return min(max(title.weight for title in one.titles) for one in (a, b))


def _identifier(a: Facts, b: Facts) -> str:
    if a.pmid and a.pmid == b.pmid:
        return "PMID"
    if a.registry and a.registry == b.registry:
        return f"registry number {a.registry}"
    if a.pmcid and a.pmcid == b.pmcid and not (a.pmid and b.pmid):
        return "PMC number"
    return ""


def _other_document(evidence: Evidence) -> bool:
    """Whether nothing but a number, which exports may carry in the wrong place, speaks for one document."""
    unlike = evidence.title is not None and evidence.title < _UNLIKE and not evidence.partial
    return unlike and (evidence.authors or 0) < _SOME_PEOPLE and evidence.doi <= 0


def _worth_comparing(a: Facts, b: Facts) -> bool:
    """Whether two records may score at all: most pairs that share a key end here.

    Without an agreeing DOI, or volume and page, only titles that agree can be those of one report.
    """
    if (a.doi and a.doi == b.doi) or a.titles[0].tight == b.titles[0].tight:
        return True
    if a.volume == b.volume and _page(a, b) > 0:
        return True
    if a.kind and a.kind == b.kind and a.about == b.about:
        return True
    comparable = False
    for x in a.titles:
        for y in b.titles:
            if x.latin != y.latin:
                continue
            comparable = True
            if (
                fuzz.ratio(x.tight, y.tight, score_cutoff=_AGREEING)
                or _within(x, y)
                or fuzz.token_sort_ratio(x.words, y.words, score_cutoff=_AGREEING)
            ):
                return True
    return not comparable or _page(a, b) > 0


def compare(a: Facts, b: Facts) -> Evidence:
    """Compare two records field by field."""
    page = _page(a, b)
    title, partial, numbers = _titles(a, b, page)
    abstract = 0
    if len(a.abstract) > 100 and len(b.abstract) > 100 and a.abstract.isascii() == b.abstract.isascii():
        abstract = 1 if fuzz.ratio(a.abstract, b.abstract, score_cutoff=92) else -1
    return Evidence(
        title=title,
        partial=partial,
        numbers=numbers,
        doi=_same(a.doi, b.doi),
        page=page,
        volume=_same(a.volume, b.volume),
        journal=1 if a.issn & b.issn else same_journal(a.journal, b.journal),
        abstract=abstract,
        authors=_authors(a, b),
        years=abs(a.year - b.year) if a.year and b.year else None,
    )


def differ(a: Facts, b: Facts) -> str:
    """Why two records are certainly two documents, whatever a third record has in common with both; or nothing."""
    if _identifier(a, b):
        return ""
    kinds = [obstacle for obstacle in _of_kinds(a, b, compare(a, b)) if obstacle.limit == _NO]
    return next((obstacle.why for obstacle in [*_of_identifiers(a, b), *kinds]), "")


def _same(x: str, y: str) -> int:
    return 0 if not x or not y else 1 if x == y else -1


def _page(a: Facts, b: Facts) -> int:
    """Compare pages in every reading: 2 where both ends of a range agree, 1 where the first page does.

    A first page 1 is every electronic article's, so that only the last page tells.
    """
    if a.review and a.review == b.review and a.year == b.year:
        return 1
    if not a.pages or not b.pages:
        return 0
    if len(a.pages) == len(b.pages) == 1:
        return _pages(a.pages[0], b.pages[0])
    return max(_pages(x, y) for x in a.pages for y in b.pages)


def _pages(x: tuple[str, str], y: tuple[str, str]) -> int:
    first, last = _same(x[0], y[0]), _same(x[1], y[1])
    if x[0] == "1" or y[0] == "1":
        return 2 if first > 0 and last > 0 else 0
    if first > 0:
        return 2 if last > 0 and x[0] != x[1] else 1
    return first


def _ends_differ(a: Facts, b: Facts) -> bool:
    return all(x[1] and y[1] and x[1] != y[1] for x in a.pages for y in b.pages)


def _titles(a: Facts, b: Facts, page: int) -> tuple[float | None, bool, bool]:
    """The likeness of the most alike titles, whether one holds the other, and whether their numbers agree."""
    if a.kind and a.kind == b.kind and a.about and a.about == b.about:
        return 1.0, False, True
    same_place = page > 0 and (a.volume == b.volume or not a.volume or not b.volume)
    compared = [(_title(x, y, same_place), x, y) for x in a.titles for y in b.titles if x.latin == y.latin]
    if not compared:
        return None, False, True
    found = [(likeness, not partial, partial or _numbers_agree(x, y)) for (likeness, partial), x, y in compared]
    likeness, whole, numbers = max(found)
    return likeness, not whole, numbers


def _title(x: Title, y: Title, same_place: bool) -> tuple[float, bool]:
    if x.tight == y.tight:
        return 1.0, False
    similarity = fuzz.ratio(x.tight, y.tight)
    if similarity < 95:
        similarity = max(similarity, fuzz.token_sort_ratio(x.words, y.words))
    if similarity < 93 and _within(x, y):
        return _NEAR_TITLE, True
    if similarity < 90 and same_place:
        short, long = sorted((x, y), key=lambda title: len(title.tight))
        if short.weight >= 14 and (
            x.lead == y.lead or long.tight.startswith(short.tight) or long.tight.endswith(short.tight)
        ):
            return 0.90, True
    return similarity / 100, False


def _within(x: Title, y: Title) -> bool:
    """Whether the shorter title begins or ends the longer one, which then has a subtitle more."""
    short, long = (x, y) if len(x.tight) < len(y.tight) else (y, x)
    return short.weight >= 45 and (long.tight.startswith(short.tight) or long.tight.endswith(short.tight))


def _numbers_agree(x: Title, y: Title) -> bool:
    return x.numbers == y.numbers or "".join(x.numbers) == "".join(y.numbers)


def _authors(a: Facts, b: Facts) -> float | None:
    if not a.surnames or not b.surnames or a.surnames[0].isascii() != b.surnames[0].isascii():
        return None
    if a.surnames == b.surnames:
        return 1.0
    x, y = set(a.surnames), set(b.surnames)
    share = len(x & y) / min(len(x), len(y))
    if share >= 0.6:
        return share
    swapped = max(len(x & _name_parts(b)) / len(x), len(y & _name_parts(a)) / len(y))
    joined = (
        fuzz.token_sort_ratio(" ".join(a.surnames), " ".join(b.surnames)) / 100 if max(len(x), len(y)) < 15 else 0.0
    )
    return max(share, swapped, joined)


def _name_parts(one: Facts) -> set[str]:
    """Every part of every name, initials left out."""
    return {part for part in one.names.replace(",", " ").split() if len(part) > 1}


@cache
def same_journal(x: tuple[str, ...], y: tuple[str, ...]) -> int:
    """Compare the words of two journals' names; one may abbreviate the other, by parts of words or by initials."""
    if not x or not y or x[0].isascii() != y[0].isascii():
        return 0
    if x == y:
        return 1
    short, long = (x, y) if len(x) <= len(y) else (y, x)
    if len(short) == 1 and short[0] == "".join(word[0] for word in long):
        return 1
    hits, start = 0, 0
    for word in short:
        for place in range(start, len(long)):
            if _abbreviates(word, long[place]):
                hits, start = hits + 1, place + 1
                break
    if hits == len(short):
        return 1 if len(short) == len(long) else 0
    likeness = fuzz.token_sort_ratio(" ".join(x), " ".join(y))
    if likeness < 75:
        return 0 if _MEETING & {*x, *y} else -1
    return 1 if likeness >= 90 else 0


def _abbreviates(x: str, y: str) -> bool:
    """Whether one word is the other's beginning (``diabet``), or keeps some of its letters (``natl``)."""
    short, long = (x, y) if len(x) <= len(y) else (y, x)
    if long.startswith(short):
        return True
    letters = iter(long)
    return short[0] == long[0] and 2 < len(short) <= 0.7 * len(long) and all(letter in letters for letter in short)


def _log_odds(a: Facts, b: Facts, evidence: Evidence) -> float:
    odds = _BIAS
    if evidence.title is not None:
        weight = _weight(_TITLE, evidence.title)
        odds += max(weight, 0.0) if evidence.same_place else weight
        odds += _SHORT_TITLE if _said(a, b) < _SHORT else 0.0
    elif evidence.doi > 0:
        odds += _DOI_UNTITLED
    if evidence.authors is not None:
        odds += _weight(_AUTHORS, evidence.authors)
    if evidence.years is not None:
        odds += _YEARS.get(evidence.years, _YEARS_APART)
    places = (evidence.doi, evidence.page, evidence.volume, evidence.journal, evidence.abstract)
    for agreement, agrees, differs in zip(places, _AGREES, _DIFFERS, strict=True):
        if agreement:
            odds += agrees if agreement > 0 else differs
    return odds


def _weight(table: tuple[tuple[float, float], ...], likeness: float) -> float:
    for least, weight in table:
        if likeness >= least:
            return weight
    return table[-1][1]


def _obstacle(a: Facts, b: Facts, evidence: Evidence) -> Obstacle | None:
    """The strongest reason against a merge, or None."""
    found = [
        *_of_identifiers(a, b),
        *_of_kinds(a, b, evidence),
        *_of_titles(a, b, evidence),
        *_of_places(a, b, evidence),
    ]
    return min(found, key=lambda obstacle: obstacle.limit, default=None)


def _of_identifiers(a: Facts, b: Facts) -> list[Obstacle]:
    found = []
    if bool(a.registry) != bool(b.registry):
        found.append(Obstacle("a registry entry and another document", _NO))
    elif a.registry != b.registry:
        found.append(Obstacle("two registry numbers", _NO))
    if a.version and b.version and a.version != b.version:
        found.append(Obstacle("two versions of a review", _NO))
    if a.review and b.review and a.review != b.review:
        found.append(Obstacle("two Cochrane reviews", _NO))
    if a.pmid and b.pmid:
        found.append(Obstacle("two PMIDs", _DOUBT))
    return found


def _of_kinds(a: Facts, b: Facts, e: Evidence) -> list[Obstacle]:
    """A notice and an article, or two parts of a series."""
    found = []
    if a.kind != b.kind:
        one_place = (e.title or 0) >= _CLOSE_TITLE and (e.page > 0 or e.doi > 0)
        found.append(Obstacle(f"{a.kind or b.kind} and another document", _DOUBT if one_place else _NO))
    if not e.numbers and e.page <= 0:
        found.append(Obstacle("other numbers in the titles", _NO if e.page < 0 else _DOUBT))
    return found


def _of_titles(a: Facts, b: Facts, e: Evidence) -> list[Obstacle]:
    found = []
    if e.title is None:
        placed = e.journal > 0 and e.page > 0 and (e.volume > 0 or _article_number(a))
        if e.doi <= 0 and not (placed and (e.authors or 0) >= _SAME_PEOPLE):
            doubtful = (placed and e.authors is None) or e.abstract > 0
            found.append(Obstacle("no title to compare", _DOUBT if doubtful else _NO))
        return found
    if a.generic or b.generic:
        if e.page < 0 or e.volume < 0 or e.doi < 0 or (e.page == 1 and _ends_differ(a, b)):
            found.append(Obstacle("a title of many documents", _NO))
        elif e.page <= 0 and e.doi <= 0:
            found.append(Obstacle("a title of many documents", _DOUBT if e.abstract > 0 else _NO))
    people = (e.authors or 0) >= _SAME_PEOPLE
    if e.title < _TITLE_AGREES and e.same_place:
        alone = min(len(a.surnames), len(b.surnames)) < 2
        if alone and e.doi <= 0 and (e.abstract <= 0 or e.title < 0.6):
            found.append(Obstacle("titles differ", _DOUBT))
    elif e.title < _ALIKE or (
        e.title < _TITLE_AGREES and not (people and (e.doi > 0 or (e.page > 0 and e.volume > 0)))
    ):
        found.append(Obstacle("titles differ", _NO))
    elif (e.title < _NEAR_TITLE or (e.partial and e.page <= 0)) and not people and e.doi <= 0 and e.page < 2:
        found.append(Obstacle("neither titles nor authors agree", _DOUBT))
    return found


def _article_number(a: Facts) -> bool:
    """Whether what stands as the page is the number of an electronic article, which tells as much as volume and page."""
    return any(len(first) >= 5 for first, _ in a.pages)


def _of_places(a: Facts, b: Facts, e: Evidence) -> list[Obstacle]:
    """Two places of publication: a meeting's abstract and the paper, a paper and its reprint."""
    contradictions = (
        (e.doi > 0 and e.page < 0 and (e.title or 0) < 0.90, "another page under the same DOI"),
        (e.doi <= 0 and a.review and b.review and e.years, "perhaps two versions of a review"),
        (e.doi <= 0 and e.volume < 0 and e.page < 0, "another volume and page"),
        (e.doi < 0 and e.page < 0, "another DOI and page"),
        (e.doi < 0 and e.volume < 0 and e.journal <= 0, "another DOI and volume"),
        (e.doi <= 0 and e.page <= 0 and e.journal < 0, "another journal"),
        (e.doi <= 0 and e.page <= 0 and e.journal == 0 and min(e.page, e.volume) < 0, "perhaps another journal"),
        (e.doi <= 0 and e.page <= 0 and _supplement_and_paper(a, b, e), "one of the two in a supplement"),
        (e.doi <= 0 and e.page <= 0 and (e.years or 0) > 1, "years apart"),
    )
    return [Obstacle(why, _DOUBT) for holds, why in contradictions if holds]


def _supplement_and_paper(a: Facts, b: Facts, e: Evidence) -> bool:
    """Whether one of the two stands in a supplement, and the other has a place of its own."""
    if a.supplement == b.supplement or (e.abstract > 0 and e.volume >= 0 and e.page >= 0):
        return False
    paper = b if a.supplement else a
    return e.doi < 0 or any(first != last for first, last in paper.pages)
