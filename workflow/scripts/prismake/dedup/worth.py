"""Which of the pairs that share a key are worth comparing field by field: most are not, and many go in one stroke."""

from collections.abc import Callable, Sequence

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.process import cpdist

from .evidence import ALIKE, TITLE_AGREES, subtitled, within
from .facts import Facts
from .keys import Pairs

_STROKE = 500_000
"""Pairs that are looked at in one stroke, which bounds the memory."""

_END = 14
"""Letters that a title shares with one that it begins or ends, at least (see `within`)."""


def worth_comparing(every: Sequence[Facts], pairs: Pairs) -> Pairs:
    """Keep the pairs that may score at all.

    Without an agreeing identifier or page only titles that agree can be those of one report. Of the records that begin on one
    page, which grow with the square of all, those can be that share volume, year and last page, or have titles alike or
    one within the other. Notices, records without title, titles in other scripts and Cochrane reviews are always compared.
    """
    shared = [_codes([getattr(one, name) for one in every]) for name in ("pmid", "pmcid", "registry", "doi")]
    page = _codes([one.pages[0][0] if one.pages else "" for one in every])
    volume = _codes([one.volume for one in every])
    place = _codes([f"{one.pages[0]} {one.volume} {one.year}" if one.pages and one.volume else "" for one in every])
    peculiar = np.fromiter(map(_peculiar, every), bool, len(every))
    tight = [one.titles[0].tight if one.titles else "" for one in every]
    words = [one.titles[0].words if one.titles else "" for one in every]
    ends = [_codes([title[part] for title in tight]) for part in (slice(_END), slice(-_END, None))]
    kept = []
    for start in range(0, len(pairs), _STROKE):
        some = pairs[start : start + _STROKE]
        keep = peculiar[some].any(axis=1)
        for codes in (*shared, place):
            keep |= _same(codes, some)
        on_one_page = _same(page, some)
        for scorer, texts in ((fuzz.ratio, tight), (fuzz.token_sort_ratio, words)):
            for group, least in ((on_one_page, ALIKE), (~on_one_page, TITLE_AGREES)):
                rest = np.flatnonzero(group & ~keep)
                keep[rest] = _alike(scorer, texts, some[rest], least)
        on_one_page &= _same(volume, some) | (volume[some] == 0).any(axis=1)
        one_end = _same(ends[0], some) | _same(ends[1], some)
        for number in np.flatnonzero(~keep & (one_end | on_one_page)).tolist():
            x, y = (every[position].titles[0] for position in some[number].tolist())
            keep[number] = within(x, y) or (on_one_page[number] and subtitled(x, y))
        kept.append(some[keep])
    return np.concatenate(kept) if kept else pairs


def _peculiar(one: Facts) -> bool:
    return len(one.titles) != 1 or len(one.pages) > 1 or bool(one.kind or one.review) or not one.titles[0].latin


def _codes(values: Sequence[str]) -> np.ndarray:
    """A number for each value, the same for the same; 0 where there is none."""
    known: dict[str, int] = {"": 0}
    return np.fromiter((known.setdefault(value, len(known)) for value in values), np.int64, len(values))


def _same(codes: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Whether both of each pair have one code."""
    first, second = codes[pairs].T
    return (first == second) & (first > 0)


def _alike(scorer: Callable[..., float], texts: Sequence[str], pairs: Pairs, least: float) -> np.ndarray:
    first, second = ([texts[place] for place in side.tolist()] for side in pairs.T)
    return np.asarray(cpdist(first, second, scorer=scorer, score_cutoff=100 * least) > 0)
