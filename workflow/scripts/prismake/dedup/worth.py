"""Which of the pairs that share a key are worth comparing field by field: most are not, and many go in one stroke."""

from collections.abc import Callable, Sequence

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.process import cpdist

from .evidence import TITLE_AGREES, within
from .facts import Facts
from .keys import Pairs

_STROKE = 500_000
"""Pairs that are looked at in one stroke, which bounds the memory."""


def worth_comparing(every: Sequence[Facts], pairs: Pairs) -> Pairs:
    """Keep the pairs that may score at all.

    Without an agreeing identifier or page only titles that agree can be those of one report. Notices, records without title,
    titles in other scripts and Cochrane reviews are always compared.
    """
    shared = [
        _codes([getattr(one, identifier) for one in every]) for identifier in ("pmid", "pmcid", "registry", "doi")
    ]
    shared.append(_codes([one.pages[0][0] if one.pages else "" for one in every]))
    peculiar = np.fromiter(map(_peculiar, every), bool, len(every))
    tight = [one.titles[0].tight if one.titles else "" for one in every]
    words = [one.titles[0].words if one.titles else "" for one in every]
    kept = []
    for start in range(0, len(pairs), _STROKE):
        some = pairs[start : start + _STROKE]
        first, second = some[:, 0], some[:, 1]
        keep = peculiar[first] | peculiar[second]
        for codes in shared:
            keep |= (codes[first] == codes[second]) & (codes[first] > 0)
        for scorer, texts in ((fuzz.ratio, tight), (fuzz.token_sort_ratio, words)):
            rest = np.flatnonzero(~keep)
            keep[rest] = _alike(scorer, texts, some[rest])
        for place in np.flatnonzero(~keep).tolist():
            one, other = some[place].tolist()
            keep[place] = within(every[one].titles[0], every[other].titles[0])
        kept.append(some[keep])
    return np.concatenate(kept) if kept else pairs


def _peculiar(one: Facts) -> bool:
    return len(one.titles) != 1 or len(one.pages) > 1 or bool(one.kind or one.review) or not one.titles[0].latin


def _codes(values: Sequence[str]) -> np.ndarray:
    """A number for each value, the same for the same; 0 where there is none."""
    known: dict[str, int] = {"": 0}
    return np.fromiter((known.setdefault(value, len(known)) for value in values), np.int64, len(values))


def _alike(scorer: Callable[..., float], texts: Sequence[str], pairs: Pairs) -> np.ndarray:
    first, second = ([texts[place] for place in side.tolist()] for side in pairs.T)
    return np.asarray(cpdist(first, second, scorer=scorer, score_cutoff=100 * TITLE_AGREES) > 0)
