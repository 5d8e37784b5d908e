"""A text that stands twice in one issue of a journal: an abstract in two sessions of a meeting, a printer's fault.

Pages, DOIs and PMIDs differ then, and still it is one report. What was printed again in another volume may be as well a
second meeting, and labelled sets agree about half of it: that stays for a person.
"""

import re

from rapidfuzz import fuzz

from .. import text
from . import versions
from .evidence import ONE_TITLE, SAME_PEOPLE, Evidence
from .facts import Facts

REPRINTED = "title, authors and whole abstract agree, printed twice in one issue"

_VERBATIM = 98
_LETTERS = 300
_COPYRIGHT = re.compile(r"(?:copyright|©|\(c\) ?(?:19|20)\d\d).{0,200}$", re.IGNORECASE | re.DOTALL)


def printed_twice(a: Facts, b: Facts, evidence: Evidence) -> bool:
    """Whether two records are one text in two places of one issue or supplement.

    A preprint, another supplement or one beside a journal's own volume, and what is brought up to date under one title
    (`prismake.dedup.versions`) are other reports however much they share, and so are notices of an article.
    """
    if (evidence.title or 0) < ONE_TITLE or (evidence.authors or 0) < SAME_PEOPLE or evidence.abstract <= 0:
        return False
    if evidence.journal <= 0 or evidence.volume < 0 or evidence.issue < 0 or evidence.years != 0:
        return False
    if a.part and b.part and a.part != b.part:
        return False
    if (
        not evidence.numbers
        or evidence.opposed
        or a.kind != b.kind
        or a.preprint != b.preprint
        or a.supplement != b.supplement
        or a.registry
        or b.registry
    ):
        return False
    if a.generic or b.generic or versions.series(a) or versions.series(b):
        return False
    one, other = _said(a.whole_abstract), _said(b.whole_abstract)
    if [char for char in one if char.isdigit()] != [char for char in other if char.isdigit()]:
        return False  # other people were counted, at another time: one group, one form of words, two reports
    return min(len(one), len(other)) >= _LETTERS and fuzz.ratio(one, other, score_cutoff=_VERBATIM) > 0


def _said(abstract: str) -> str:
    """The letters and digits of an abstract."""
    return text.squash(_COPYRIGHT.sub("", abstract))
