"""When to stop screening: what the decisions in the order in which they were made say of the recall reached.

Two rules rest on probability: the hypergeometric test (Callaghan and Mueller-Hansen 2020, doi
10.1186/s13643-020-01521-4) and the elusion certificate, from a random sample of what is unread. The others are habits:
they know nothing of what is unread and carry a warning.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Labels = Sequence[int] | Sequence[bool] | NDArray[np.bool_]
"""1 for relevant and 0 for irrelevant, in the order in which the reports were screened."""


def _exact(share: float) -> Fraction:
    """A share as it was written: 0.95 is 19/20, so that 57 of 60 reach it."""
    return Fraction(repr(float(share)))


def is_below(p: float, alpha: float) -> bool:
    """Whether a p value is below alpha; one that equals it but for the last digits of a sum is not, on any machine."""
    return p < alpha * (1 - 1e-9)


def fewest_if_missed(found: int, recall: float) -> int:
    """The smallest number of relevant reports in all with which `found` of them are a recall below the target."""
    return math.floor(found / _exact(recall)) + 1


def missed_p(labels: Labels, total: int, relevant: int, since: int = 0) -> float:
    """The p value of the hypothesis that `relevant` reports or more are relevant in all.

    As if the last reports screened had been drawn at random from all that was unread before them: a ranking draws better
    than chance, so the test errs on the side of reading on. Every stretch that ends now is tried and the smallest p
    value taken. Of the stretches that hold equally many relevant reports the longest has the smallest p value, so only
    those are computed that begin after a relevant report or at the start.

    Parameters
    ----------
    labels : sequence
    total : int
        All reports, read and unread.
    relevant : int
        Above the number found.
    since : int
        How many had been screened before the last reports came: a stretch that begins earlier was no draw from all of them.

    Raises
    ------
    ValueError
        More labels than reports, no more relevant reports than were found, or more screened before than at all.
    """
    said = np.asarray(labels, dtype=bool)
    found, found_before = int(said.sum()), int(said[:since].sum())
    starts = np.concatenate([[since], since + np.flatnonzero(said[since:]) + 1]).astype(np.int64)
    if len(said) > total:
        raise ValueError(f"{len(said)} labels for {total} reports")
    if not 0 <= since <= len(said):
        raise ValueError(f"{since} of {len(said)} labels before the last reports came")
    if relevant <= found:
        raise ValueError(f"{relevant} relevant reports in all; expected more than the {found} found")
    if relevant - found > total - len(said):
        return 0.0  # so many cannot have been missed: fewer are unread
    before = np.arange(found_before, found + 1)
    smallest = _hypergeometric_cdf(found - before, total - starts, relevant - before, len(said) - starts)
    return float(smallest.min())


def recall_test(labels: Labels, total: int, recall: float, since: int = 0) -> float:
    """The p value of the hypothesis that the target recall, above 0 and below 1, has been missed: see `missed_p`.

    Screening may stop where it is below the alpha that the protocol declared.
    """
    if not 0 < recall < 1:
        raise ValueError(f"a target recall of {recall}; expected above 0 and below 1")
    return missed_p(labels, total, fewest_if_missed(int(np.sum(np.asarray(labels, dtype=bool))), recall), since)


LOOKS = 100
"""How often the test is made in the course of a screening that is simulated: after each hundredth of all reports."""


def stop_by_test(labels: Labels, recall: float = 0.95, alpha: float = 0.05) -> int | None:
    """After how many of all reports, in their order, `recall_test` first lets screening stop; None where it never does.

    The test is made `LOOKS` times, as a team would that looks now and then; it is not corrected for looking often.
    """
    said = np.asarray(labels, dtype=bool)
    total = len(said)
    looks = sorted({math.ceil(total * look / LOOKS) for look in range(1, LOOKS + 1)} - {0})
    return next((read for read in looks if is_below(recall_test(said[:read], total, recall), alpha)), None)


def recall_at_least(labels: Labels, total: int, alpha: float, since: int = 0) -> float:
    """The largest recall of which `missed_p` says 'at least' with confidence 1 - alpha; 0 while nothing is found."""
    found = int(np.sum(np.asarray(labels, dtype=bool)))
    if not found:
        return 0.0
    possible, rejected = found, total - len(labels) + found + 1
    while rejected - possible > 1:
        middle = (possible + rejected) // 2
        if is_below(missed_p(labels, total, middle, since), alpha):
            rejected = middle
        else:
            possible = middle
    return found / possible


def _hypergeometric_cdf(
    x: NDArray[np.int64], population: NDArray[np.int64], relevant: NDArray[np.int64], draws: NDArray[np.int64]
) -> NDArray[np.float64]:
    """P(X <= x) for X relevant ones among the draws without replacement; arguments of shape (n,).

    The tail that does not hold the mode is summed from its largest term outwards, each term from the one before it.
    """
    least, most, others = (
        np.maximum(0, draws - population + relevant),
        np.minimum(relevant, draws),
        population - relevant,
    )
    is_lower = x < (draws + 1) * ((relevant + 1) / (population + 2))
    i = np.where(is_lower, np.minimum(x, most), np.maximum(x + 1, least))
    possible = (least <= i) & (i <= most)
    at = np.where(possible, i, least)
    logs = _log_choose(relevant, at) + _log_choose(others, draws - at) - _log_choose(population, draws)
    tail = np.where(possible, np.exp(logs), 0.0)
    on, term = np.flatnonzero(tail), tail[tail > 0]
    while on.size:
        j, k, n, left = at[on].astype(float), relevant[on], draws[on], (others - draws)[on]
        down = j * (left + j) / ((k - j + 1) * (n - j + 1))
        up = (k - j) * (n - j) / ((j + 1) * (left + j + 1))
        term = term * np.where(is_lower[on], down, up)
        tail[on] += term
        at[on] += np.where(is_lower[on], -1, 1)
        counts = term > tail[on] * _NEGLIGIBLE
        on, term = on[counts], term[counts]
    return np.clip(np.where(is_lower, tail, 1.0 - tail), 0.0, 1.0)


_NEGLIGIBLE = 1e-18
"""A term of a tail that is no larger a share of it than this changes nothing, nor do those beyond it."""


def _log_choose(n: NDArray[np.int64], k: NDArray[np.int64]) -> NDArray[np.float64]:
    return gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)


@dataclass(frozen=True)
class Certificate:
    """What a random sample of the unread says.

    Attributes
    ----------
    unread, sampled, relevant : int
        Reports unread before the sample was drawn, those sampled, and the relevant ones among these.
    missed_at_most : int
        Relevant reports that may still be unread after the sample, with the confidence asked for.
    elusion : float
        Share of relevant reports in the sample: the estimate of the share among the unread.
    recall_at_least : float
        Those found before and in the sample, over these and `missed_at_most`.
    """

    unread: int
    sampled: int
    relevant: int
    missed_at_most: int
    elusion: float
    recall_at_least: float


def certificate(found: int, unread: int, sampled: int, relevant: int, alpha: float) -> Certificate:
    """What may be claimed after a random sample of the unread: an exact bound for a finite number of reports.

    The bound is the largest number K of relevant reports among the unread with P(X <= `relevant` | K) >= alpha: the
    one-sided exact interval of the hypergeometric distribution.

    Parameters
    ----------
    found : int
        Relevant reports found before the sample.
    unread, sampled, relevant : int
        As in `Certificate`.

    Raises
    ------
    ValueError
        A sample larger than what is unread, or more relevant than sampled.
    """
    if not 0 <= relevant <= sampled <= unread:
        raise ValueError(f"{relevant} relevant of {sampled} sampled of {unread} unread")
    possible, rejected = relevant, unread - sampled + relevant + 1
    while rejected - possible > 1:
        middle = (possible + rejected) // 2
        if is_below(_at_most(relevant, unread, middle, sampled), alpha):
            rejected = middle
        else:
            possible = middle
    missed = possible - relevant
    held = found + relevant
    share = relevant / sampled if sampled else 0.0
    return Certificate(unread, sampled, relevant, missed, share, held / (held + missed) if held else 0.0)


def _at_most(x: int, population: int, relevant: int, draws: int) -> float:
    one = (np.array([value]) for value in (x, population, relevant, draws))
    return float(_hypergeometric_cdf(*one)[0])


def sample_needed(found: int, unread: int, recall: float, alpha: float) -> int | None:
    """The smallest random sample of the unread that, without a relevant report in it, certifies the recall.

    None where not even reading all would: nothing was found.
    """
    if not found:
        return None
    too_many = fewest_if_missed(found, recall) - found
    if too_many > unread:
        return 0
    enough, short = unread, -1
    while enough - short > 1:
        middle = (enough + short) // 2
        if is_below(_at_most(0, unread, too_many, middle), alpha):
            enough = middle
        else:
            short = middle
    return enough


def consecutive(labels: Labels, run: int) -> int | None:
    """How many reports were read when `run` irrelevant ones in a row had come; None while they have not.

    A habit without a claim about recall: see `HABITS`.
    """
    in_a_row = 0
    for read, relevant in enumerate(labels, start=1):
        in_a_row = 0 if relevant else in_a_row + 1
        if in_a_row >= run:
            return read
    return None


def knee(labels: Labels, slope_ratio: float = 6.0, at_least: int = 150) -> int | None:
    """How many reports were read when the curve of found against read had bent: Cormack and Grossman 2016.

    The knee is the point farthest above the line from the origin to where screening stands; screening stops when the
    slope before it is `slope_ratio` times that after it (one relevant report more is assumed there, so that the ratio
    is finite), and `at_least` reports have been read (doi 10.1145/2911451.2911510: 6 after 150 with many relevant
    reports found). A habit without a claim about recall: see `HABITS`.
    """
    curve = np.cumsum(np.asarray(labels, dtype=bool))
    for read in range(max(at_least, 2), len(curve) + 1):
        found = curve[:read]
        above = found - found[-1] * np.arange(1, read + 1) / read
        bend = int(np.argmax(above)) + 1
        if bend < read and found[bend - 1]:
            before = found[bend - 1] / bend
            after = (1 + found[-1] - found[bend - 1]) / (read - bend)
            if before / after >= slope_ratio:
                return read
    return None


HABITS = {"consecutive": consecutive, "knee": knee}
"""Rules that know nothing of what is unread."""

WARNING = (
    "This rule says nothing about recall: on labelled sets 50 irrelevant reports in a row ended screening with a recall as "
    "low as 0."
)
"""To be printed wherever a rule of `HABITS` is used."""
