"""What a ranker is taught after each batch, and how large the batches are."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..config import Ranking
from .rankers import RANKERS

DIGITS = 6
"""Decimals of a score: reports that differ less are tied, and stand in the order of their ids."""


class Learner:
    """Scores reports by the decisions made so far.

    Few exclusions are known at first, and they resemble what is sought, for they were offered for it. So the ranker is also
    shown some unread reports as if they had been excluded: nearly all of them will be (Cormack and Grossman 2015, AutoTAR).
    Each that is read and excluded takes the place of one: late in a review exclusions are plenty, and what is left to find
    is unlike the rest, so that it is harmed most by being presumed irrelevant. Which ones is drawn once by the seed. With
    those excluded they are never more than a sixth of the reports: in a small review many would be what is sought.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array
        A row a report, in the order of their ids; see `prismake.screening.features.Features`.
    settings : Ranking
        The model, up to how many reports are presumed irrelevant, and the seed of their draw.
    seed : int, optional
        Replaces that of the settings.
    """

    def __init__(self, matrix: Any, settings: Ranking, seed: int | None = None):
        self._matrix = matrix
        self._presumed = min(settings.presumed_irrelevant, math.ceil(matrix.shape[0] / 6))
        self._draw = np.random.default_rng(settings.seed if seed is None else seed).permutation(matrix.shape[0])
        self._ranker = RANKERS[settings.model]()
        self.description = self._ranker.description

    def can_learn(self, read: Sequence[int], wanted: Sequence[bool]) -> bool:
        """Whether there is a relevant report to learn from, and one that is not or may be presumed not to be."""
        return any(wanted) and (not all(wanted) or (self._presumed > 0 and len(read) < self._matrix.shape[0]))

    def weights(self, read: Sequence[int], wanted: Sequence[bool]) -> Any:
        """Weights of the features, learnt from the rows that were read and whether each was relevant.

        Only where `can_learn` says so.
        """
        unread = np.ones(self._matrix.shape[0], bool)
        unread[list(read)] = False
        excluded = len(read) - int(np.sum(wanted))
        presumed = self._draw[unread[self._draw]][: max(0, self._presumed - excluded)]
        rows = np.concatenate([np.asarray(read, int), presumed])
        return self._ranker.teach(self._matrix[rows], np.concatenate([wanted, np.zeros(len(presumed))]).astype(bool))

    def scores(self, weights: Any) -> Any:
        """The score of every row."""
        return np.round((self._matrix @ weights).astype(float), DIGITS)


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
