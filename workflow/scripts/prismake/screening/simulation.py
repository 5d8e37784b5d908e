"""Screening done again on records whose labels are known: the ranking orders, the labels answer.

So a review team says what its ranking would have saved, and settings are compared on sets of other reviews.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..config import Ranking
from .features import Features
from .learning import Learner, batch_size, best

ORDER = ["position", "record_id", "included", "batch", "score"]
"""Columns of a table of one order: what was known before the first record was read is not in it."""

StoppingRule = Callable[[Sequence[bool]], int | None]
"""From the labels in the order of reading, all records to the last, to how many had been read when the rule stopped; None
where it never did. A rule looks at no label beyond the place where it stops."""


@dataclass(frozen=True)
class Run:
    """One simulated screening.

    Attributes
    ----------
    seed : int
    prior : tuple of int
        Rows that were known before the first was read; they are not in the order.
    order : tuple of int
        All other rows, in the order of reading.
    batches : tuple of int
        The batch that each belongs to, from 1.
    scores : tuple of float
        The score by which each was chosen.
    labels : tuple of bool
        Whether each was relevant.
    """

    seed: int
    prior: tuple[int, ...]
    order: tuple[int, ...]
    batches: tuple[int, ...]
    scores: tuple[float, ...]
    labels: tuple[bool, ...]


def draw_prior(labels: Sequence[bool], seed: int) -> tuple[int, int]:
    """One relevant and one irrelevant row by the draw of a seed; both kinds must be there."""
    draw = random.Random(seed)
    kinds = ([row for row, label in enumerate(labels) if label is kind] for kind in (True, False))
    relevant, irrelevant = (draw.choice(rows) for rows in kinds)
    return relevant, irrelevant


def simulate(features: Features, labels: Sequence[bool], prior: Sequence[int], settings: Ranking, seed: int) -> Run:
    """Read all records in the order in which the ranking offers them.

    The ranking is made anew after each batch until the last relevant record is found; what is left then stands as it was
    ranked last, as one batch: no label in it could be anything else.

    Parameters
    ----------
    features : Features
        A row a record, in the order of their ids.
    labels : sequence of bool
        Whether each record is relevant.
    prior : sequence of int
        Rows whose labels are known at the start, at least one relevant among them.
    settings : Ranking
    seed : int
        Of the records that are presumed irrelevant; replaces that of the settings.
    """
    relevant = np.asarray(labels, bool)
    learner = Learner(features, settings, seed)
    unread = np.ones(len(relevant), bool)
    unread[list(prior)] = False
    read, batches, reached = list(prior), [], []
    while unread.any():
        scores = learner.scores(learner.weights(read, relevant[read]))
        left = relevant[unread].any()
        batch = best(scores, unread, batch_size(len(read), settings.growth) if left else int(unread.sum()))
        unread[batch] = False
        read += batch.tolist()
        batches += [batches[-1] + 1 if batches else 1] * len(batch)
        reached += scores[batch].tolist()
    order = tuple(read[len(prior) :])
    return Run(seed, tuple(prior), order, tuple(batches), tuple(reached), tuple(relevant[list(order)].tolist()))


def order_rows(ids: Sequence[str], run: Run) -> Iterator[dict[str, Any]]:
    """Rows of a table with the columns `ORDER`; `ids` are those of the rows of the features."""
    places = zip(run.order, run.labels, run.batches, run.scores, strict=True)
    for position, (row, label, batch, score) in enumerate(places, start=1):
        yield {"position": position, "record_id": ids[row], "included": int(label), "batch": batch, "score": score}


def stops(labels: Sequence[bool], rules: Mapping[str, StoppingRule]) -> Iterator[dict[str, Any]]:
    """Where each stopping rule would have ended an order, and the recall reached there.

    Yields
    ------
    dict
        ``rule``; ``stopped``: records read, all of them where the rule never stops; ``recall``, None where there is nothing
        to find; ``saved``: share of the records left unread.
    """
    for name, rule in rules.items():
        said = rule(labels)
        stopped = len(labels) if said is None else said
        found, relevant = sum(labels[:stopped]), sum(labels)
        yield {
            "rule": name,
            "stopped": stopped,
            "recall": found / relevant if relevant else None,
            "saved": 1 - stopped / len(labels) if labels else 0.0,
        }
