"""From pairs to reports: strongest links first, and never across what keeps records apart."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Link:
    """Two records taken for one report; the smaller id stands first.

    ``score`` is None where a person decided; ``words`` is the rule and its score, or whose verdict it is.
    """

    first: str
    second: str
    words: str
    score: float | None = None

    @property
    def decided_by(self) -> str:
        """Person or rule."""
        return "rule" if self.score is not None else "person"


@dataclass(slots=True)
class Clustering:
    """Records grouped into reports.

    Attributes
    ----------
    groups : the records of each report, sorted.
    used : the links that hold the reports together: one fewer than a report has records.
    cut : links of rules that would have joined what something else keeps apart, and what that is.
    """

    groups: list[list[str]] = field(default_factory=list)
    used: list[Link] = field(default_factory=list)
    cut: list[tuple[Link, str]] = field(default_factory=list)


def cluster(
    records: Sequence[str],
    certain: Iterable[Link],
    likely: Iterable[Link],
    apart: Iterable[tuple[str, str]],
    differ: Callable[[str, str], str],
) -> Clustering:
    """Join records along links, as Kruskal (1956, Proc Am Math Soc 7:48-50) builds a forest, under constraints.

    Parameters
    ----------
    records : sequence of str
        Every record id, once.
    certain : iterable of Link
        People's links; they join whatever rules say.
    likely : iterable of Link
        Links of rules. The strongest join first; one that would bring together what is kept apart is cut.
    apart : iterable of (str, str)
        Pairs that people keep apart. They must not contradict `certain`.
    differ : callable
        Says of two records why they are certainly two documents, or gives an empty string. Rules bring no such pair
        together.
    """
    group = {record: [record] for record in records}  # a group goes by its first member, which stays the first
    foes: defaultdict[str, set[str]] = defaultdict(set)
    for first, second in apart:
        foes[first].add(second)
        foes[second].add(first)
    result = Clustering()

    def join(link: Link) -> None:
        kept, gone = sorted((group[link.first], group[link.second]), key=len, reverse=True)
        foes[kept[0]] |= foes.pop(gone[0], set())
        for record in gone:
            group[record] = kept
        kept += gone
        result.used.append(link)

    for link in certain:
        if group[link.first] is not group[link.second]:
            join(link)
    decided = _made_one(group, result.used, differ)
    for link in sorted(likely, key=lambda link: (-(link.score or 0), link.first, link.second)):
        one, other = group[link.first], group[link.second]
        if one is other:
            continue
        if not foes[one[0]].isdisjoint(other):
            result.cut.append((link, "a person keeps them apart"))
        elif why := _certainly_two(one, other, decided, differ):
            result.cut.append((link, why))
        else:
            join(link)
    result.groups = sorted(sorted(members) for members in {members[0]: members for members in group.values()}.values())
    return result


def _made_one(group: Mapping[str, Sequence[str]], used: Iterable[Link], differ: Callable[[str, str], str]) -> set[str]:
    """Records that people made one report although rules call them two documents: what parts them counts no more."""
    joined = {group[link.first][0]: group[link.first] for link in used}
    return {
        record
        for members in joined.values()
        for pair in combinations(sorted(members), 2)
        if differ(*pair)
        for record in pair
    }


def _certainly_two(
    one: Sequence[str], other: Sequence[str], decided: set[str], differ: Callable[[str, str], str]
) -> str:
    """Why two groups cannot be one report, going by every pair across them but what people decided (`_made_one`)."""
    if len(one) == len(other) == 1:
        return ""
    for x in one:
        for y in other:
            if x not in decided and y not in decided and (why := differ(x, y)):
                return f"{why}: {min(x, y)}, {max(x, y)}"
    return ""
