"""How well an order of reading finds the relevant records.

All figures leave out what was known before the first record was read. The definitions are those of ASReview's package of
metrics (asreview-insights 1.6), where they come from elsewhere their source is named.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Metrics(NamedTuple):
    """Figures of one order. None where there was no relevant record to find, or nothing else."""

    records: int
    relevant: int
    n_95: int | None
    """Records read when 95 % of the relevant ones have been found."""
    n_100: int | None
    wss_95: float | None
    """Work saved over sampling at 95 % recall (Cohen and others 2006): the share left unread, less 5 %."""
    rrf_10: float | None
    """Share of the relevant records found in the first tenth."""
    atd: float | None
    """Average time to discovery (Ferdinands and others 2023): mean place of the relevant records, as a share of all."""
    loss: float | None
    """Normalised loss: the area between the recall curve and the best one, 0 where all relevant ones come first and 1 where
    they come last."""


def metrics(labels: Sequence[bool]) -> Metrics:
    """The figures of an order.

    Parameters
    ----------
    labels : sequence of bool
        Whether each record is relevant, in the order of reading, all records to the last.
    """
    records, found = len(labels), places(labels)
    relevant = len(found)
    if not relevant:
        return Metrics(records, 0, None, None, None, None, None, None)
    at_95 = found[math.ceil(0.95 * relevant) - 1]
    best = relevant * (relevant + 1) / 2
    worst = best + relevant * (records - relevant)
    return Metrics(
        records,
        relevant,
        at_95,
        found[-1],
        (records - at_95) / records - 0.05,
        sum(place <= records // 10 for place in found) / relevant,
        sum(found) / relevant / records,
        (sum(found) - best) / (worst - best) if records > relevant else None,
    )


def places(labels: Sequence[bool]) -> list[int]:
    """The places of the relevant records, from 1."""
    return [place for place, relevant in enumerate(labels, start=1) if relevant]


def recall_curve(labels: Sequence[bool], points: int = 201) -> list[tuple[float, float]]:
    """Share read and recall, at evenly spread shares of the records from 0 to 1; empty without a relevant record."""
    found = places(labels)
    if not found:
        return []
    curve, reached = [], 0
    for step in range(points):
        read = round(step / (points - 1) * len(labels))
        while reached < len(found) and found[reached] <= read:
            reached += 1
        curve.append((step / (points - 1), reached / len(found)))
    return curve
