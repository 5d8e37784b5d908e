"""How likely two records are the same report: a score from 0 to 1, and the rule behind it.

Each field that agrees or disagrees adds to the log-odds of being the same report, in the manner of Fellegi and Sunter
(1969, J Am Stat Assoc 64:1183-1210); the weights are hand-set and were checked on published labelled sets. An obstacle
limits what they add up to.
"""

import math
from dataclasses import dataclass

from . import reprints, versions
from .evidence import (
    ALIKE,
    CLOSE_TITLE,
    NEAR_TITLE,
    ONE_TITLE,
    SAME_PEOPLE,
    SOME_PEOPLE,
    TITLE_AGREES,
    Evidence,
    compare,
)
from .facts import Facts
from .obstacles import DOUBT, NO, Obstacle, obstacle_of, of_identifiers, of_kinds, of_two_places

SURE = 1.0
"""The score of records that carry one identifier; any other pair scores less."""

_ALMOST_SURE = 0.999999
_ONE_PLACE = 0.95
_LOOK = 0.75

_BIAS = -3.2
_TITLE = (
    (ONE_TITLE, 3.6), (NEAR_TITLE, 2.7), (CLOSE_TITLE, 1.8), (TITLE_AGREES, 0.9), (ALIKE, -0.9), (0.0, -2.7),
)  # fmt: skip
_UNLIKE = 0.6
_AUTHORS = ((SAME_PEOPLE, 1.35), (SOME_PEOPLE, 0.45), (0.0, -2.25))
_YEARS = {0: 0.45, 1: -0.45}
_YEARS_APART = -2.25
_SHORT_TITLE = -0.9
_DOI_UNTITLED = 1.8
_DOI = (0.0, 2.7, -1.35)  # where it cannot be told, agrees, differs: the last stands at -1
_PAGE = (0.0, 1.8, 1.8, 1.8, -1.8)
_VOLUME = (0.0, 1.35, -1.35)
_JOURNAL = (0.0, 0.9, -1.35)
_ABSTRACT = (0.0, 1.8, -0.9)
_SHORT, _LONG = 25, 60


@dataclass(slots=True)
class Judgement:
    """The score of a pair, and what it rests on; `settled` says what decided it whatever else differs."""

    score: float
    identifier: str = ""
    evidence: Evidence | None = None
    obstacle: Obstacle | None = None
    settled: str = ""

    def in_words(self) -> tuple[str, str]:
        """The rule, and why a person should look.

        The rule is ``same PMID``, ``same DOI and title``, ``title 0.97, author, volume, page agree``; the other says what
        agrees, and what speaks against it.
        """
        if self.settled:
            return self.settled, self.settled
        evidence = self.evidence
        agreeing = evidence.agreeing() if evidence else []
        alike = self.identifier or not evidence or agreeing or (evidence.title or 0) >= TITLE_AGREES
        rule = self._rule(agreeing)
        against = evidence.differing() if evidence else []
        doubt = [rule] if alike else []
        if self.obstacle:
            doubt.append(self.obstacle.why)
        if against:
            doubt.append(f"{', '.join(against)} {'differs' if len(against) == 1 else 'differ'}")
        return rule, "; ".join(doubt)

    def _rule(self, agreeing: list[str]) -> str:
        shown = f"({math.floor(self.score * 100) / 100:.2f})"
        if self.identifier:
            return f"same {self.identifier} {shown}"
        evidence = self.evidence
        if evidence is None:
            return shown
        if evidence.doi > 0 and (evidence.title or 0) >= ONE_TITLE:
            return f"same DOI and title {shown}"
        if evidence.title is not None and evidence.title < TITLE_AGREES:
            return f"{', '.join(agreeing)} agree, under another title {shown}"
        title = []
        if evidence.title is not None:
            percent = math.floor(evidence.title * 100) / 100
            title.append("title within title" if evidence.partial else f"title {percent:.2f}")
        return f"{', '.join(title + agreeing)} agree {shown}"


def judge(a: Facts, b: Facts, merge_versions: bool = False) -> Judgement:
    """Score a pair of records; versions of one review are one report if so asked. The order of the two is the same."""
    found = _judge(a, b)
    if not found.evidence or found.score > DOUBT:
        return found
    if merge_versions and versions.may_merge(a, b, found.evidence):
        return Judgement(SURE, evidence=found.evidence, settled=versions.MERGED)
    if reprints.printed_twice(a, b, found.evidence):
        return Judgement(_ONE_PLACE, evidence=found.evidence, settled=reprints.REPRINTED)
    return found


def _judge(a: Facts, b: Facts) -> Judgement:
    identifier = _identifier(a, b)
    if identifier:
        evidence = compare(a, b)
        if not _other_document(evidence) or a.registry:
            return Judgement(SURE, identifier)
        why = f"the {identifier} is the same, but titles and authors differ"
        return Judgement(DOUBT, "", evidence, Obstacle(why, DOUBT))
    evidence = compare(a, b)
    obstacle = obstacle_of(a, b, evidence)
    score = 1 / (1 + math.exp(-_log_odds(a, b, evidence)))
    if evidence.title is None and evidence.abstract > 0 and not evidence.differing():
        score = max(score, _LOOK)  # no title, but the words of one and the same abstract
    if obstacle:
        score = min(score, obstacle.limit)
    elif evidence.same_pages and (evidence.title or 0) >= ONE_TITLE and _said(a, b) >= _SHORT:
        score = max(score, _ONE_PLACE)  # whatever the DOI or the names of authors, which exports garble
    elif (
        score < _LOOK and (evidence.title or 0) >= ONE_TITLE and _said(a, b) >= _LONG and _nothing_but_places(evidence)
    ):
        score = max(score, _LOOK)  # little is known, or a tool gave a meeting's abstract the DOI of the paper
    return Judgement(round(min(score, _ALMOST_SURE), 6), "", evidence, obstacle)


def _nothing_but_places(evidence: Evidence) -> bool:
    """Whether nothing speaks against one document, or nothing but the place in print while the DOI speaks for it."""
    same_text = evidence.doi > 0 and (evidence.authors or 0) >= SAME_PEOPLE and evidence.years == 0
    return same_text or not evidence.differing()


def _said(a: Facts, b: Facts) -> int:
    """How much the titles of both say, in letters."""
    return min(max([title.weight for title in a.titles]), max([title.weight for title in b.titles]))


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
    return unlike and (evidence.authors or 0) < SOME_PEOPLE and evidence.doi <= 0


def differ(a: Facts, b: Facts, merge_versions: bool = False) -> str:
    """Why two records are certainly two documents, whatever a third record has in common with both; or nothing."""
    if _identifier(a, b):
        return ""
    evidence = compare(a, b)
    if merge_versions and versions.may_merge(a, b, evidence):
        return ""
    kinds = [found for found in of_kinds(a, b, evidence) if found.limit == NO or (evidence.opposed and not a.kind)]
    found = [*of_identifiers(a, b), *kinds, *of_two_places(a, b, evidence)]
    return next((obstacle.why for obstacle in found), "")


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
    odds += _DOI[evidence.doi]
    odds += _PAGE[evidence.page]
    odds += _VOLUME[evidence.volume]
    odds += _JOURNAL[evidence.journal]
    return odds + _ABSTRACT[evidence.abstract]


def _weight(table: tuple[tuple[float, float], ...], likeness: float) -> float:
    for least, weight in table:
        if likeness >= least:
            return weight
    return table[-1][1]
