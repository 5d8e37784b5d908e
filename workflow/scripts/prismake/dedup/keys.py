"""The keys under which possible duplicates meet.

Two records are only compared when they share a key. Each key is short, exact and cheap, and each forgives other
faults: one survives a wrong year, another a lost author, another a title in other words.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from .facts import Facts
from .titles import Title
from .versions import series

Pairs = np.ndarray
"""Positions of two records in a row, the smaller first: n x 2 integers."""

_ABSTRACT_KEY = 60
_BLOCK = 60
_WINDOW = 8
_END = 10
_SHORT_TITLE = 12
_SHORT_WORD = 3
_FEWEST_WORDS = 3
_YEARS = 1 << 12


def candidates(every: Sequence[Facts]) -> Pairs:
    """Pairs of positions that share a key, each once, in order.

    Keys are those that lose fewest duplicates on published labelled sets: identifiers, both ends of the title, its two
    rarest words, the abstract's beginning, and mixtures of author, year, volume and page. A key that too many records
    share says little: they are compared where they share a second one too, and with their neighbours by title.
    """
    hashes, lengths = array("q"), array("q")
    for one in every:
        before = len(hashes)
        hashes.extend(map(hash, _keys(one)))
        lengths.append(len(hashes) - before)
    positions = np.repeat(np.arange(len(every)), np.array(lengths, dtype=np.int64))
    rare, holders = _rare_words(every)
    return _pairs(every, np.concatenate((np.array(hashes, dtype=np.int64), rare)), np.concatenate((positions, holders)))


def _rare_words(every: Sequence[Facts]) -> tuple[np.ndarray, np.ndarray]:
    """Keys of the two rarest words of each title, with its year and with the next, and the positions of who has them.

    Words are numbered as they come and ranked by how few titles hold them, so that a key is a number too.
    """
    numbers: dict[str, int] = {}
    words, lengths, titled, years = array("q"), array("q"), array("q"), array("q")
    for position, one in enumerate(every):
        for title in one.titles:
            own = {word for word in title.words.split() if len(word) > _SHORT_WORD}
            words.extend([numbers.setdefault(word, len(numbers)) for word in own])
            lengths.append(len(own))
            titled.append(position if title.weight >= _SHORT_TITLE else -1)
            years.append(one.year)
    counts = np.bincount(words, minlength=len(numbers)).tolist()
    names = list(numbers)
    ranks = np.empty(len(names), dtype=np.int64)
    ranks[sorted(range(len(names)), key=lambda number: (counts[number], names[number]))] = np.arange(len(names))
    sizes, holders = np.array(lengths, dtype=np.int64), np.array(titled, dtype=np.int64)
    found = ranks[np.array(words, dtype=np.int64)]
    found = found[np.lexsort((found, np.repeat(np.arange(len(sizes)), sizes)))]
    telling = np.flatnonzero((sizes >= _FEWEST_WORDS) & (holders >= 0))
    rarest = (np.cumsum(sizes) - sizes)[telling]
    keys = (found[rarest] * len(names) + found[rarest + 1]) * _YEARS + np.array(years, dtype=np.int64)[telling]
    return np.concatenate((keys, keys + 1)), np.tile(holders[telling], 2)


def _pairs(every: Sequence[Facts], hashes: np.ndarray, positions: np.ndarray) -> Pairs:
    """Pairs within each block: the places of `positions` where `hashes` are equal."""
    order = np.lexsort((positions, hashes))
    hashes, positions = hashes[order], positions[order]
    once = (np.diff(hashes, prepend=hashes[:1] - 1) != 0) | (np.diff(positions, prepend=-1) != 0)
    hashes, positions = hashes[once], positions[once]
    starts = np.flatnonzero(np.diff(hashes, prepend=hashes[:1] - 1))
    sizes = np.diff(starts, append=len(hashes))
    twos = starts[sizes == 2]
    total = len(every)
    further = array("q")  # pairs as one number each: first * total + second
    for start, size in zip(starts[sizes > 2].tolist(), sizes[sizes > 2].tolist(), strict=True):
        members = positions[start : start + size].tolist()
        pairs = combinations(members, 2) if size <= _BLOCK else _within_large(members, every)
        further.extend(first * total + second for first, second in pairs)
    found = np.unique(
        np.concatenate((positions[twos] * total + positions[twos + 1], np.array(further, dtype=np.int64)))
    )
    return np.stack((found // max(total, 1), found % max(total, 1)), axis=1)


def _within_large(members: list[int], every: Sequence[Facts]) -> Iterator[tuple[int, int]]:
    """Pairs of a block too large for all: those that share a second key, and neighbours by title."""
    yield from _neighbours(members, every)
    for second_key in (_author, _end, _place):
        blocks: defaultdict[Any, list[int]] = defaultdict(list)
        for position in members:
            if key := second_key(every[position]):
                blocks[key].append(position)
        for block in blocks.values():
            yield from combinations(block, 2) if len(block) <= _BLOCK else _neighbours(block, every)


def _author(one: Facts) -> str:
    return one.surnames[0] if one.surnames else ""


def _end(one: Facts) -> str:
    return one.titles[0].tight[-_END:] if one.titles else ""


def _place(one: Facts) -> tuple[Any, ...]:
    return (one.volume, one.pages) if one.volume and one.pages else ()


def _neighbours(members: list[int], every: Sequence[Facts]) -> Iterator[tuple[int, int]]:
    def order(position: int) -> tuple[str, str, str]:
        one = every[position]
        return (one.title.tight if one.title else "", str(one.pages), one.record_id)

    ordered = sorted(members, key=order)
    for place, position in enumerate(ordered):
        for other in ordered[place + 1 : place + _WINDOW]:
            yield (position, other) if position < other else (other, position)


def _keys(one: Facts) -> Iterator[tuple[Any, ...]]:
    for name in ("doi", "pmid", "pmcid", "registry", "review"):
        if value := getattr(one, name):
            yield name, value
    for number in one.cites:
        yield "registry", number
    if len(one.abstract) >= _ABSTRACT_KEY:
        yield "abstract", one.abstract[:_ABSTRACT_KEY]
    for title in one.titles:
        yield from _title_keys(title, one.year)
        if title.weight < _SHORT_TITLE and (collection := series(one)):
            yield "review", collection, title.tight
    if one.about:
        yield "begins", one.about.replace(" ", "")[:26]
        yield "ends", one.about.replace(" ", "")[-22:]
    author = one.surnames[0][:5] if one.surnames else ""
    for first, _ in one.pages:
        if one.volume:
            yield "page volume year", first, one.volume, one.year
        if author:
            yield "page author", first, author
    if author and one.year:
        if one.volume:
            yield "volume author year", one.volume, author, one.year
        if one.titles:
            yield "author year word", author, one.year, one.titles[0].words[:4]


def _title_keys(title: Title, year: int) -> Iterator[tuple[Any, ...]]:
    if title.weight < _SHORT_TITLE:
        yield "title", title.tight, year
    else:
        yield "begins", title.tight[:26]
        yield "ends", title.tight[-22:]
