"""What reports are ranked by: weighted counts of their words, pairs of neighbouring words and character four-grams.

Words say what a report is about, pairs what is meant by them, and character four-grams join inflected words, compounds
and misspellings by what they share, in any language. Weights are (1 + log2(tf) / 2) * idf, with rows of one length: a count
twice as high adds a half. The natural logarithm (Salton and Buckley 1988) adds 0.69, which ranks worse, and so does a count
that adds nothing. Features depend on the texts alone and are computed in one thread: the same for any number of cores.
"""

import hashlib
import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from .. import text
from ..tables import whole

VERSION = "3"
"""How features are made: what was stored by another version is made anew."""

PAIRS, CHARACTERS = 0.5, 1.0
"""Length of a row's pairs and of its four-grams; that of its words is 1. Pairs are many and rare: unweighted they would
outweigh the words that they consist of."""
LONGEST = 20_000
"""Characters of a report that are read. An abstract has 2,000; what is longer is a book of abstracts or a full text."""

_WORD_REPORTS, _GRAM_REPORTS = 2, 3
_COMMON = 0.95
_ROWS, _BITS = 1024, 21
_FACTORS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], dtype=np.uint32)
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts that write no spaces between words: Thai, Lao, Burmese, Khmer, kana and Han."""
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")

_fold = lru_cache(maxsize=1 << 16)(text.fold)


@dataclass(frozen=True)
class Features:
    """The features of some texts.

    Attributes
    ----------
    matrix : scipy.sparse.csr_array
        A row a text, of float32. The first columns are words, then come pairs, then four-grams.
    words : list of str
        Those that at least two texts hold.
    pairs : array, two columns
        Which words each pair consists of.
    """

    matrix: Any
    words: list[str]
    pairs: Any

    def term(self, column: int) -> str:
        """The word or pair behind a column; empty for four-grams, which mean nothing to a reader."""
        if column < len(self.words):
            return self.words[column]
        pair = column - len(self.words)
        return " ".join(self.words[word] for word in self.pairs[pair]) if pair < len(self.pairs) else ""

    def head(self, count: int) -> "Features":
        """Those of the first texts, without a copy of what their rows hold."""
        ends = self.matrix.indptr[: count + 1]
        arrays = self.matrix.data[: ends[-1]], self.matrix.indices[: ends[-1]], ends
        return replace(self, matrix=sparse.csr_array(arrays, shape=(count, self.matrix.shape[1])))

    def telling(self, row: int, weights: Any, count: int = 5) -> list[str]:
        """The words and pairs that speak most for a text by the weights of the columns, the most telling first."""
        place = slice(*self.matrix.indptr[row : row + 2])
        columns = self.matrix.indices[place]
        shares = (self.matrix.data[place] * weights[columns]).round(6)
        spoken = np.flatnonzero((shares > 0) & (columns < len(self.words) + len(self.pairs)))
        first = spoken[np.argsort(-shares[spoken], kind="stable")]
        return [self.term(column) for column in columns[first][:count]]


def text_of(report: Mapping[str, Any]) -> str:
    """What a report is ranked by: its titles, abstract and keywords, where there are any.

    Titles count twice: they hold in ten words what an abstract says in two hundred.
    """
    titles = [report["title"], report["title_other"]] * 2
    return "\n".join(filter(None, [*titles, report["abstract"], *(report["keywords"] or [])]))


def tokens(words: str) -> list[str]:
    """The words of a text, folded; each character of a script without spaces is one, so that its pairs are of two."""
    words = words[:LONGEST]
    if words.isascii():
        return _TOKEN.findall(words.lower())
    found = _TOKEN.findall(unicodedata.normalize("NFKC", words).casefold())
    return [word if word.isascii() else _fold(word) for word in found]


def featurise(texts: Sequence[str]) -> Features:
    """The features of texts. The row of a text without words is empty."""
    count = len(texts)
    known: dict[str, int] = defaultdict(itertools.count().__next__)  # each new word gets the next number
    numbers, lengths, hashed = [np.zeros(0, np.int32)], [], []
    for start in range(0, count, _ROWS):
        found = [tokens(one) for one in texts[start : start + _ROWS]]
        numbers.append(np.fromiter(map(known.__getitem__, itertools.chain.from_iterable(found)), np.int32))
        lengths += [len(one) for one in found]
        hashed.append(_hash_grams(found))
    ids = np.concatenate(numbers)
    numbers.clear()
    rows = np.repeat(np.arange(count, dtype=np.int32), lengths)
    words, kept = _count(rows, ids, len(known), count, 1.0)
    renumbered = np.full(max(len(known), 1), -1, np.int64)
    renumbered[kept] = np.arange(len(kept))
    pairs, members = _count_pairs(rows, renumbered[ids], len(kept), count)
    del rows, ids
    names = list(known)
    return Features(_join(words, pairs, hashed), [names[i] for i in kept], members)


def _count(rows: Any, columns: Any, width: int, count: int, length: float) -> tuple[Any, Any]:
    """Weighed counts by row and column, and which columns are kept: in more than one text and not in nearly all."""
    ones = np.ones(len(rows), np.float32)
    counts = sparse.csr_array((ones, (rows, columns.astype(np.int32))), shape=(count, width))
    held = np.bincount(counts.indices, minlength=width)
    kept = np.flatnonzero((held >= _WORD_REPORTS) & (held <= max(_COMMON * count, _WORD_REPORTS)))
    return _weigh(counts[:, kept], _idf(held[kept], count), length), kept


def _count_pairs(rows: Any, ids: Any, width: int, count: int) -> tuple[Any, Any]:
    """Weighed counts of neighbouring words that are both kept, and the members of each pair."""
    neighbours = (rows[1:] == rows[:-1]) & (ids[1:] >= 0) & (ids[:-1] >= 0)
    keys, columns = np.unique((ids[:-1] * width + ids[1:])[neighbours], return_inverse=True)
    counts, kept = _count(rows[1:][neighbours], columns, len(keys), count, PAIRS)
    return counts, np.stack(np.divmod(keys[kept], max(width, 1)), axis=1)


def _hash_grams(tokenised: Sequence[Sequence[str]]) -> tuple[Any, Any, Any]:
    """The four-grams of up to `_ROWS` texts: buckets and counts (to 255), row by row, and how many of them each row has.

    Code points are hashed (Weinberger and others 2009), so that every script has a place and no table of grams is kept.
    """
    spaced = [f" {' '.join(words)} " if words else "" for words in tokenised]
    codes = np.frombuffer("".join(spaced).encode("utf-32-le"), np.uint32)
    rows = np.repeat(np.arange(len(spaced), dtype=np.uint32), [len(one) for one in spaced])
    count = max(len(codes) - 3, 0)
    mixed = np.zeros(count, np.uint32)
    for offset, factor in enumerate(_FACTORS):
        mixed += codes[offset : offset + count] * factor
    within = rows[:count] == rows[3 : 3 + count]
    keys = np.sort((rows[:count] << np.uint32(_BITS) | mixed >> np.uint32(32 - _BITS))[within])
    starts = np.flatnonzero(np.diff(keys, prepend=~keys[:1]))
    lengths = np.bincount(keys[starts] >> np.uint32(_BITS), minlength=len(spaced))
    buckets = (keys[starts] & np.uint32((1 << _BITS) - 1)).astype(np.int32)
    counts = np.minimum(np.diff(starts, append=len(keys)), np.iinfo(np.uint8).max).astype(np.uint8)
    return _apart(buckets), _apart(counts), lengths


def _apart(values: Any) -> Any:
    """A copy in a mapping of its own: its memory is given back when it is dropped, and not kept for later arrays."""
    copy = np.frombuffer(mmap(-1, max(values.nbytes, 1)), values.dtype, len(values))
    copy[:] = values
    return copy


def _join(words: Any, pairs: Any, parts: list[tuple[Any, Any, Any]]) -> Any:
    """Weighed words and pairs with the four-grams beside them, of those in some texts and not in nearly all.

    The whole is laid out once and filled some rows at a time, and what `_hash_grams` counted is taken off its list
    meanwhile: four-grams are nine tenths of a matrix, so that each copy of them would be most of the memory.
    """
    count = words.shape[0]
    held = np.zeros(1 << _BITS, np.int64)
    for buckets, _, _ in parts:
        held += np.bincount(buckets, minlength=1 << _BITS)
    kept = (held >= _GRAM_REPORTS) & (held <= max(_COMMON * count, _GRAM_REPORTS))
    column, idf = np.cumsum(kept, dtype=np.int32) - 1, _idf(held[kept], count)
    size = words.nnz + pairs.nnz + int(held[kept].sum())
    integer = np.int32 if size < 1 << 31 else np.int64
    data, indices, pointers = np.empty(size, np.float32), np.empty(size, integer), np.zeros(count + 1, integer)
    row = 0
    parts.reverse()
    while parts:
        buckets, counts, lengths = parts.pop()
        below, use = row + len(lengths), kept[buckets]
        ends = np.concatenate([[0], np.cumsum(use)])[np.concatenate([[0], np.cumsum(lengths)])]
        arrays = counts[use].astype(np.float32), column[buckets[use]], ends.astype(np.int32)
        grams = _weigh(sparse.csr_array(arrays, shape=(len(lengths), len(idf))), idf, CHARACTERS)
        rows = sparse.hstack([words[row:below], pairs[row:below], grams], format="csr")
        pointers[row + 1 : below + 1] = rows.indptr[1:] + pointers[row]
        place = slice(pointers[row], pointers[below])
        data[place], indices[place] = rows.data, rows.indices
        row = below
    return sparse.csr_array((data, indices, pointers), shape=(count, words.shape[1] + pairs.shape[1] + len(idf)))


def _idf(held: Any, count: int) -> Any:
    """Inverse document frequencies, by how many of all texts hold each column; smoothed as if one more held every one."""
    return (np.log((1 + count) / (1 + held)) + 1).astype(np.float32)


def _weigh(counts: Any, idf: Any, length: float) -> Any:
    """(1 + log2(tf) / 2) * idf, with rows of a length."""
    data = np.log2(counts.data)
    data /= 2
    data += 1
    data *= idf[counts.indices]
    squares = sparse.csr_array((data * data, counts.indices, counts.indptr), shape=counts.shape)
    sizes = np.sqrt(squares @ np.ones(counts.shape[1], np.float32))
    data *= np.repeat(np.float32(length) / np.where(sizes > 0, sizes, 1), np.diff(counts.indptr))
    return sparse.csr_array((data, counts.indices, counts.indptr), shape=counts.shape)


def data_hash(texts: Sequence[str]) -> str:
    """A hash of texts in their order, and of how features are made of them."""
    digest = hashlib.sha256(f"{VERSION} {len(texts)}".encode())
    for one in texts:
        encoded = one.encode("utf-8", "surrogatepass")
        digest.update(f" {len(encoded)} ".encode() + encoded)
    return digest.hexdigest()[:16]


def stored(folder: Path, texts: Sequence[str]) -> Features:
    """The features of texts, from the folder where they were stored, or made and stored there.

    A folder holds the features of one set of texts: those of an earlier set go when others are stored.
    """
    path = folder / f"features-{data_hash(texts)}.npz"
    if path.is_file():
        with np.load(path) as held:
            words = held["words"].tobytes().decode().split("\n")
            arrays = held["data"], held["indices"], held["pointers"]
            matrix = sparse.csr_array(arrays, shape=tuple(held["shape"]))
            return Features(matrix, words if words != [""] else [], held["pairs"])
    features = featurise(texts)
    with whole(path) as part, part.open("wb") as handle:
        matrix = features.matrix
        words = np.frombuffer("\n".join(features.words).encode(), np.uint8)
        arrays = {"data": matrix.data, "indices": matrix.indices, "pointers": matrix.indptr, "shape": matrix.shape}
        np.savez(handle, words=words, pairs=features.pairs, **arrays)
    for other in folder.glob("features-*.npz"):
        if other != path:
            other.unlink(missing_ok=True)
    return features
