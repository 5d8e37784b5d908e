"""What a ranker is taught after each batch, and how large the batches are."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..config import Ranking
from .features import Features
from .rankers import RANKERS

DIGITS = 6
"""Decimals of a score: reports that differ less are tied, and stand in the order of their ids."""
PRESUMED_SHARE = 3
"""At most one report in so many is presumed irrelevant: in a small review many would be what is sought."""
AGAINST = 0.5
"""How much the mean of what was excluded counts against the mean of what is sought, in likeness (Rocchio 1971)."""


class Learner:
    """Scores reports by the decisions made so far.

    Few exclusions are known at first, and they resemble what is sought, for they were offered for it. So the ranker is also
    shown some unread reports as if they had been excluded: nearly all of them will be (Cormack and Grossman 2015, AutoTAR).
    Twice as many are drawn, and the half that is least like what is sought is taken: a relevant report that is presumed
    irrelevant is found last. The draw is another one after each batch, so that none is presumed so all along. Each report
    that is read and excluded takes the place of a presumed one: late in a review exclusions are plenty, and what is left to
    find is unlike the rest.

    Parameters
    ----------
    features : Features
        A row a report, in the order of their ids.
    settings : Ranking
        The model, up to how many reports are presumed irrelevant, and the seed of their draw.
    seed : int, optional
        Replaces that of the settings.
    """

    def __init__(self, features: Features, settings: Ranking, seed: int | None = None):
        self._features, self._matrix = features, features.matrix
        self._presumed = min(settings.presumed_irrelevant, math.ceil(self._matrix.shape[0] / PRESUMED_SHARE))
        self._seed = settings.seed if seed is None else seed
        self._ranker = RANKERS[settings.model]()
        self.description = self._ranker.description

    def can_learn(self, read: Sequence[int], wanted: Sequence[bool]) -> bool:
        """Whether there is a relevant report to learn from, and one that is not or may be presumed not to be."""
        return any(wanted) and (not all(wanted) or (self._presumed > 0 and len(read) < self._matrix.shape[0]))

    def weights(self, read: Sequence[int], wanted: Sequence[bool], unread: Sequence[int] | None = None) -> Any:
        """Weights of the features, learnt from the rows that were read and whether each was relevant.

        Only where `can_learn` says so. `unread` are the rows that may be presumed irrelevant; by default all but the read.
        """
        known, relevant = np.asarray(read, int), np.asarray(wanted, bool)
        waits = np.full(self._matrix.shape[0], unread is None)
        if unread is not None:
            waits[list(unread)] = True
        waits[known] = False
        presumed = self._presume(known, relevant, waits)
        rows = np.concatenate([known, presumed])
        return self._ranker.teach(self._matrix[rows], np.concatenate([relevant, np.zeros(len(presumed), bool)]))

    @cached_property
    def _words(self) -> Any:
        """The columns of words alone: likeness by them is as good here as by all, at a tenth of the cost."""
        return self._matrix[:, : len(self._features.words)]

    def _presume(self, read: Any, relevant: Any, waits: Any) -> Any:
        """The waiting rows that are presumed irrelevant."""
        count = self._presumed - int((~relevant).sum())
        if count <= 0:
            return read[:0]
        drawn = np.random.default_rng([self._seed, len(read)]).permutation(len(waits))
        candidates = drawn[waits[drawn]][: 2 * count]
        share = np.where(relevant, 1 / relevant.sum(), -AGAINST / max(1, (~relevant).sum()))
        sought = self._words[read].T @ share.astype(np.float32)
        likeness = _rounded(self._words @ sought)[candidates]
        return candidates[np.argsort(likeness, kind="stable")][: math.ceil(len(candidates) / 2)]

    def scores(self, weights: Any) -> Any:
        """The score of every row."""
        return _rounded(self._matrix @ weights)


def _rounded(values: Any) -> Any:
    return np.round(values.astype(float), DIGITS)


def batch_size(read: int, growth: float) -> int:
    """How many reports are read before the rest is ranked again: a share of what has been read, and at least one.

    The later, the less a decision changes: a batch that grows saves nearly all fits and hardly costs recall (Cormack and
    Grossman 2015).
    """
    return max(1, math.ceil(growth * read))


def best(scores: Any, among: Any, count: int) -> Any:
    """The rows of the highest scores, best first; ties in the order of the rows."""
    rows = np.flatnonzero(among)
    return rows[np.argsort(-scores[rows], kind="stable")][:count]
