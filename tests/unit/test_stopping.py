"""Stopping rules: the hypergeometric test against buscarpy's answers and by counting, certificates by counting."""

import math
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prismake.screening.stopping import (
    LOOKS,
    certificate,
    consecutive,
    fewest_if_missed,
    is_below,
    knee,
    missed_p,
    recall_at_least,
    recall_test,
    sample_needed,
    stop_by_test,
)
from scipy.stats import hypergeom

# What calculate_h0 of buscarpy 0.0.2 gives, for labels by `_labels(seed, read)`.
BUSCARPY = [
    (0, 300, 1000, 0.95, 0.9478112978021935),
    (1, 300, 1000, 0.8, 0.8432775485214575),
    (2, 900, 1000, 0.95, 0.2044648680330871),
    (3, 1900, 2000, 0.9, 0.012963427561408348),
    (4, 500, 5000, 0.5, 0.692857186481773),
    (5, 60, 200, 0.95, 0.9974259974259975),
    (6, 2500, 2600, 0.99, 0.25510204081632654),
    (7, 1, 50, 0.95, 0.98),
    (8, 150, 180, 0.7, 0.006816123029553028),
    (9, 4000, 6000, 0.95, 0.4635164164513461),
]


def _labels(seed: int, read: int) -> list[int]:
    """Relevant reports that get rarer, by a recurrence that needs no library."""
    state, said = seed * 7919 + 12345, []
    for place in range(read):
        state = (1103515245 * state + 12345) % 2**31
        said.append(int(state / 2**31 < 0.6 / (1 + place / 10)))
    return said


@pytest.mark.parametrize(("seed", "read", "total", "recall", "theirs"), BUSCARPY)
def test_the_test_agrees_with_buscarpy(seed, read, total, recall, theirs):
    assert recall_test(_labels(seed, read), total, recall) == pytest.approx(theirs, rel=0, abs=1e-9)


def _cdf(x, population, relevant, draws):
    ways = sum(comb(relevant, i) * comb(population - relevant, draws - i) for i in range(min(x, draws) + 1))
    return ways / comb(population, draws)


screened = st.lists(st.booleans(), max_size=40)


@given(screened, st.integers(0, 40), st.integers(1, 20), st.integers(0, 40))
def test_the_p_value_is_the_smallest_over_every_stretch_that_ends_now(labels, unread, missed, came):
    total, found, since = len(labels) + unread, sum(labels), min(came, len(labels))
    counted = [1.0] if missed <= unread else [0.0]
    for start in range(since, len(labels)):
        before = sum(labels[:start])
        if missed <= unread:
            counted.append(_cdf(found - before, total - start, found + missed - before, len(labels) - start))
    assert missed_p(labels, total, found + missed, since) == pytest.approx(min(counted), abs=1e-9)


def test_the_p_value_of_a_large_review_is_scipys():
    draw = np.random.default_rng(1)
    labels = draw.random(30_000) < np.linspace(0.15, 0.01, 30_000)
    found, total = int(labels.sum()), 60_000
    starts = np.concatenate([[0], np.flatnonzero(labels) + 1])
    before = np.arange(found + 1)
    for relevant in (found + 1, found + 200, found + 450, found + 2_000, 2 * found):
        counted = hypergeom.cdf(found - before, total - starts, relevant - before, 30_000 - starts)
        assert missed_p(labels, total, relevant) == pytest.approx(counted.min(), rel=1e-6, abs=1e-9)


@given(screened, st.integers(0, 60), st.sampled_from([0.01, 0.05, 0.2]))
def test_the_recall_that_is_claimed_is_the_best_that_the_test_allows(labels, unread, alpha):
    total, found = len(labels) + unread, sum(labels)
    claimed = recall_at_least(labels, total, alpha)
    not_rejected = [k for k in range(found + 1, total + 1) if not is_below(missed_p(labels, total, k), alpha)]
    assert claimed == (found / max([found, *not_rejected]) if found else 0.0)
    assert 0 <= claimed <= 1


def test_nothing_found_claims_nothing_and_all_read_claims_all():
    assert recall_at_least([0] * 50, 100, 0.05) == 0
    assert recall_at_least([1, 0, 1], 3, 0.05) == 1
    assert recall_test([1, 0, 1], 3, 0.95) == 0
    assert recall_test([], 10, 0.95) == 1


def test_a_share_counts_as_it_is_written():
    assert fewest_if_missed(57, 0.95) == 61, "57 of 60 are 95 %"
    assert fewest_if_missed(56, 0.95) == 59, "56 of 58 are more, 56 of 59 less"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: recall_test([1], 0, 0.95), "1 labels for 0 reports"),
        (lambda: recall_test([1], 5, 1.0), "target recall of 1.0"),
        (lambda: missed_p([1, 1], 5, 2), "expected more than the 2 found"),
        (lambda: missed_p([1, 1], 5, 3, 3), "3 of 2 labels before the last reports came"),
        (lambda: certificate(3, 10, 11, 0, 0.05), "11 sampled of 10 unread"),
        (lambda: certificate(3, 10, 5, 6, 0.05), "6 relevant of 5 sampled"),
    ],
)
def test_what_cannot_be_is_said(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("relevant_unread", [0, 1, 3])
def test_a_certificate_is_wrong_no_more_often_than_alpha(relevant_unread):
    """Over every sample of 6 from 12 unread: the true number still unread is above the bound in at most 20 %."""
    samples = list(combinations(range(12), 6))
    wrong = 0
    for sample in samples:
        hit = sum(place < relevant_unread for place in sample)
        wrong += relevant_unread - hit > certificate(5, 12, 6, hit, 0.2).missed_at_most
    assert wrong / len(samples) <= 0.2


def test_a_certificate_is_exact_wherever_whole_numbers_tell():
    """Among these are cases whose p value is alpha itself: 1 in 20 rejects nothing."""
    for unread in range(1, 13):
        for sampled in range(1, unread + 1):
            for relevant in range(sampled + 1):
                ways = {
                    every: sum(comb(every, i) * comb(unread - every, sampled - i) for i in range(relevant + 1))
                    for every in range(relevant, unread - sampled + relevant + 1)
                }
                most = max(every for every, below in ways.items() if 20 * below >= comb(unread, sampled))
                assert certificate(1, unread, sampled, relevant, 0.05).missed_at_most == most - relevant
    assert certificate(5, 6, 3, 0, 0.05).missed_at_most == 3, "P(0 of 3 | 3 of 6) is 1 in 20"


@given(st.integers(0, 30), st.integers(0, 60), st.data())
def test_certificates_hold_together(found, unread, data):
    sampled = data.draw(st.integers(0, unread))
    relevant = data.draw(st.integers(0, sampled))
    said = certificate(found, unread, sampled, relevant, 0.05)
    assert 0 <= said.missed_at_most <= unread - sampled
    assert 0 <= said.recall_at_least <= 1
    held = found + relevant
    assert said.recall_at_least == (held / (held + said.missed_at_most) if held else 0)
    if sampled == unread:
        assert said.missed_at_most == 0


@given(st.integers(1, 60), st.integers(0, 300), st.sampled_from([0.8, 0.9, 0.95]))
def test_the_sample_needed_is_the_smallest_that_certifies(found, unread, recall):
    size = sample_needed(found, unread, recall, 0.05)
    assert certificate(found, unread, size, 0, 0.05).recall_at_least >= recall
    if size:
        assert certificate(found, unread, size - 1, 0, 0.05).recall_at_least < recall


def test_no_sample_certifies_what_was_not_found():
    assert sample_needed(0, 100, 0.95, 0.05) is None


def test_the_habits_stop_where_they_say():
    assert consecutive([1, 0, 0, 1, 0, 0, 0, 1], 3) == 7
    assert consecutive([1, 0, 0], 3) is None
    early = [1] * 40 + [0] * 200
    assert knee(early, at_least=100) == 100
    assert knee([1, 0, 0, 0] * 100, at_least=100) is None, "a straight line has no knee"
    assert knee([0] * 300) is None


@given(st.lists(st.booleans(), max_size=150), st.sampled_from([0.8, 0.95]))
def test_the_test_stops_at_the_first_look_that_allows_it(labels, recall):
    stopped = stop_by_test(labels, recall)
    looks = sorted({math.ceil(len(labels) * look / LOOKS) for look in range(1, LOOKS + 1)} - {0})
    allowed = [read for read in looks if is_below(recall_test(labels[:read], len(labels), recall), 0.05)]
    assert stopped == (allowed[0] if allowed else None)
    if stopped == len(labels):
        assert labels


def test_a_million_reports_are_no_burden():
    labels = np.zeros(20_000, bool)
    labels[:600:2] = True
    assert recall_test(labels, 1_000_000, 0.95) > 0.05
