"""What two records have in common: each field compared, and whether it agrees, differs or cannot be told."""

import re
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz

from .facts import PARALLEL, Facts, name_parts
from .opposed import opposed, replaced
from .titles import Title

ONE_TITLE, NEAR_TITLE, CLOSE_TITLE, TITLE_AGREES, ALIKE = 0.98, 0.93, 0.88, 0.80, 0.70
"""Likeness of titles, from the same in all but spelling down to perhaps the same in other words."""

SAME_PEOPLE, SOME_PEOPLE = 0.8, 0.5
"""Share of authors that are found in both records."""

WHOLE_RANGE = 3
"""The agreement of a range of pages into which no other document fits."""

_WHOLE_PAGES = 4

_ABSTRACT_NUMBER = re.compile(r"(?:abstract)?[a-z]{0,2}\d{1,4}[a-z]?")
_MEETING = frozenset(("conference", "congress", "meeting", "proceedings", "symposium"))


@dataclass(slots=True)
class Evidence:
    """How the fields of two records compare: 1 agrees, -1 differs, 0 cannot be told.

    ``page`` is 2 where both ends of a range agree, and 3 where it is so long that no other document fits into it.

    Attributes
    ----------
    title : similarity from 0 to 1; None where either has no title, or the two are in different scripts.
    partial : the shorter title is a part of the longer one.
    authors : share of the shorter list found in the longer one; None where either is empty.
    years : how many years lie between them; None where either has none.
    numbers : numbers in the titles do not contradict each other.
    opposed : words in which the titles contradict each other, or empty.
    replaced : words of the titles that stand for each other, or empty.
    """

    title: float | None
    partial: bool
    numbers: bool
    opposed: str
    replaced: str
    doi: int
    page: int
    volume: int
    issue: int
    journal: int
    abstract: int
    authors: float | None
    years: int | None

    @property
    def same_place(self) -> bool:
        """Authors, journal, year, volume and all pages agree: one document, whatever its title is called here.

        Another issue speaks against it: journals that begin each issue with page 1 repeat their pages in a volume.
        """
        people = (self.authors or 0) >= SAME_PEOPLE or (self.authors is None and self.page == WHOLE_RANGE)
        return self.same_pages and people and self.doi >= 0 and self.abstract >= 0 and self.issue >= 0

    @property
    def page_in_volume(self) -> bool:
        """Volume and page agree."""
        return self.page > 0 and self.volume > 0

    @property
    def same_pages(self) -> bool:
        """Journal, year, volume and both ends of a range of pages agree."""
        return self.page >= 2 and self.volume > 0 and self.journal > 0 and self.years == 0

    def agreeing(self) -> list[str]:
        """The fields that agree, in the words of a rule."""
        named = [("DOI", self.doi), ("page", self.page), ("volume", self.volume), ("journal", self.journal)]
        author = [("author", 1)] if self.authors is not None and self.authors >= SAME_PEOPLE else []
        year = [("year", 1)] if self.years == 0 else []
        return [name for name, value in [*author, *named, *year, ("abstract", self.abstract)] if value > 0]

    def differing(self) -> list[str]:
        """The fields that differ, in the words of a rule."""
        named = [("DOI", self.doi), ("page", self.page), ("volume", self.volume), ("journal", self.journal)]
        author = [("author", -1)] if self.authors is not None and self.authors < SOME_PEOPLE else []
        year = [("year", -1)] if self.years else []
        return [name for name, value in [*author, *named, *year, ("abstract", self.abstract)] if value < 0]


def compare(a: Facts, b: Facts) -> Evidence:
    """Compare two records field by field."""
    page = _page(a, b)
    title, partial, numbers, against, instead = _titles(a, b, page)
    abstract = 0
    if len(a.abstract) > 100 and len(b.abstract) > 100 and a.abstract.isascii() == b.abstract.isascii():
        abstract = 1 if a.abstract == b.abstract or fuzz.ratio(a.abstract, b.abstract, score_cutoff=92) else -1
    return Evidence(
        title=title,
        partial=partial,
        numbers=numbers,
        opposed=against,
        replaced=instead,
        doi=_same_doi(a.doi, b.doi),
        page=page,
        volume=_same(a.volume, b.volume),
        issue=_same(a.issue, b.issue),
        journal=1 if a.issn & b.issn else same_journal(a.journal, b.journal),
        abstract=abstract,
        authors=_authors(a, b),
        years=abs(a.year - b.year) if a.year and b.year else None,
    )


def _same(x: str, y: str) -> int:
    return 0 if not x or not y else 1 if x == y else -1


def _same_doi(x: str, y: str) -> int:
    """Compare DOIs by their letters and digits: exports lose or add a slash or a bracket."""
    same = _same(x, y)
    return same if same >= 0 or len(x) < len("10.1234/a") else _same(_bare_doi(x), _bare_doi(y))


@cache
def _bare_doi(value: str) -> str:
    return "".join(filter(str.isalnum, value))


def _page(a: Facts, b: Facts) -> int:
    """Compare pages in every reading: 3 or 2 where both ends of a range agree, 1 where the first page does.

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
    both = (3 if _many(x) else 2) if first > 0 and last > 0 and x[0] != x[1] else 0
    if x[0] == "1" or y[0] == "1":
        return both
    return both or first


def _many(pages: tuple[str, str]) -> bool:
    first, last = pages
    return first.isdecimal() and last.isdecimal() and int(last) - int(first) >= _WHOLE_PAGES - 1


def ends_differ(a: Facts, b: Facts) -> bool:
    """Whether the last pages differ in every reading."""
    return all(x[1] and y[1] and x[1] != y[1] for x in a.pages for y in b.pages)


def _titles(a: Facts, b: Facts, page: int) -> tuple[float | None, bool, bool, str, str]:
    """The likeness of the most alike titles, whether one holds the other, if their numbers agree, and telling words."""
    if a.kind and a.kind == b.kind and a.about and a.about == b.about:
        return 1.0, False, True, "", ""
    same_place = page > 0 and (a.volume == b.volume or not a.volume or not b.volume)
    compared = [(_title(x, y, same_place), x, y) for x in a.titles for y in b.titles if x.latin == y.latin]
    if not compared:
        return None, False, True, "", ""
    (likeness, partial), x, y = compared[0] if len(compared) == 1 else max(compared, key=_how_alike)
    numbers = partial or likeness < ALIKE or _numbers_agree(x, y)
    if likeness < TITLE_AGREES or x.tight == y.tight:
        return likeness, partial, numbers, "", ""
    return likeness, partial, numbers, opposed(x.words, y.words), replaced(x.words, y.words)


def _how_alike(compared: tuple[tuple[float, bool], Title, Title]) -> tuple[float, bool, bool, str]:
    (likeness, partial), x, y = compared
    return likeness, not partial, partial or _numbers_agree(x, y), x.tight


def _title(x: Title, y: Title, same_place: bool) -> tuple[float, bool]:
    if x.tight == y.tight:
        return 1.0, False
    similarity = fuzz.ratio(x.tight, y.tight)
    if similarity < 95:
        similarity = max(similarity, fuzz.token_sort_ratio(x.words, y.words))
    if similarity < 93 and within(x, y):
        return NEAR_TITLE, True
    if similarity < 90 and same_place and subtitled(x, y):
        return 0.90, True
    return similarity / 100, False


def within(x: Title, y: Title) -> bool:
    """Whether the shorter title begins or ends the longer one, which then has a subtitle more."""
    short, long = (x, y) if len(x.tight) < len(y.tight) else (y, x)
    return short.weight >= 45 and (long.tight.startswith(short.tight) or long.tight.endswith(short.tight))


def subtitled(x: Title, y: Title) -> bool:
    """Whether two titles have one beginning up to a subtitle, or one begins or ends the other; enough on one page."""
    short, long = sorted((x, y), key=lambda title: len(title.tight))
    within_it = long.tight.startswith(short.tight) or long.tight.endswith(short.tight)
    return short.weight >= 14 and (x.lead == y.lead or within_it)


def _numbers_agree(x: Title, y: Title) -> bool:
    if x.tight == y.tight or "".join(x.numbers) == "".join(y.numbers) or x.counted == y.counted:
        return True
    short, long = sorted((x.tight, y.tight), key=len)
    return long.endswith(short) and bool(_ABSTRACT_NUMBER.fullmatch(long.removesuffix(short)))


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
    return {part for name in one.authors for part in name_parts(name)}


@cache
def same_journal(x: tuple[str, ...], y: tuple[str, ...]) -> int:
    """Compare the words of two journals' names; one may abbreviate the other, by parts of words or by initials.

    Of journals that have several names the most alike ones count.
    """
    if PARALLEL in x or PARALLEL in y:
        return max(same_journal(one, other) for one in _names(x) for other in _names(y))
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
        meeting = long[: len(short)] == short and len(short) >= 3 and _MEETING & {*short}  # the other names its theme
        return 1 if meeting or len(short) == len(long) else 0
    likeness = fuzz.token_sort_ratio(" ".join(x), " ".join(y))
    if likeness < 75:
        return 0 if _MEETING & {*x, *y} else -1
    return 1 if likeness >= 90 else 0


def _names(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [tuple(name.split()) for name in " ".join(words).split(PARALLEL)]


def _abbreviates(x: str, y: str) -> bool:
    """Whether one word is the other's beginning (``diabet``), or keeps some of its letters (``natl``)."""
    short, long = (x, y) if len(x) <= len(y) else (y, x)
    if long.startswith(short):
        return True
    letters = iter(long)
    return short[0] == long[0] and 2 < len(short) <= 0.7 * len(long) and all(letter in letters for letter in short)
