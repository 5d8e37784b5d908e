"""Mantel-Haenszel and Peto pooling: by hand, for any tables, and where there is nothing to pool."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.synthesis.mantel_haenszel import mantel_haenszel, peto

quick = settings(max_examples=60, derandomize=True)

TABLES = {"ai": [4, 6, 0], "bi": [16, 24, 12], "ci": [8, 9, 3], "di": [12, 21, 9]}
RATES = {"x1i": [7, 8, 3], "t1i": [1344, 1988, 1461], "x2i": [11, 8, 14], "t2i": [1988, 1460, 1962]}

cells = st.integers(1, 60)
tables = st.lists(st.tuples(cells, cells, cells, cells), min_size=1, max_size=6).map(
    lambda rows: dict(zip(("ai", "bi", "ci", "di"), np.array(rows, dtype=float).T, strict=True))
)
measures = st.sampled_from(["OR", "RR", "RD"])


def pool(measure, table):
    return peto(**table) if measure == "PETO" else mantel_haenszel(measure, **table)


class TestEstimates:
    def test_odds_ratio_by_hand(self):
        found = mantel_haenszel("OR", **TABLES)
        ratio = (4 * 12 / 40 + 6 * 21 / 60 + 0) / (16 * 8 / 40 + 24 * 9 / 60 + 12 * 3 / 24)
        assert found.estimate == pytest.approx(math.log(ratio))

    def test_rates_by_hand(self):
        ratio, difference = (mantel_haenszel(measure, **RATES) for measure in ("IRR", "IRD"))
        rows = list(zip(*RATES.values(), strict=True))
        above, below = (
            sum(x1 * t2 / (t1 + t2) for x1, t1, _, t2 in rows),
            sum(x2 * t1 / (t1 + t2) for _, t1, x2, t2 in rows),
        )
        assert ratio.estimate == pytest.approx(math.log(above / below))
        assert difference.estimate == pytest.approx((above - below) / sum(t1 * t2 / (t1 + t2) for _, t1, _, t2 in rows))

    def test_peto_is_the_excess_of_events_over_its_variance(self):
        found = peto(ai=[4], bi=[16], ci=[8], di=[12])
        variance = 20 * 20 * 12 * 28 / (40**2 * 39)
        assert (found.estimate, found.se) == pytest.approx(((4 - 6) / variance, variance**-0.5))

    def test_without_correction_the_test_is_the_squared_excess(self):
        found = mantel_haenszel("OR", ai=[4], bi=[16], ci=[8], di=[12], correct=False)
        assert found.cmh == pytest.approx(4 / (20 * 20 * 12 * 28 / (40**2 * 39)))

    @quick
    @given(st.tuples(cells, cells, cells, cells))
    def test_one_study_is_its_own_ratio(self, cell):
        a, b, c, d = cell
        table = {"ai": [a], "bi": [b], "ci": [c], "di": [d]}
        assert pool("OR", table).estimate == pytest.approx(math.log(a * d / (b * c)), abs=1e-12)
        assert pool("RR", table).estimate == pytest.approx(math.log(a * (c + d) / (c * (a + b))), abs=1e-12)
        assert pool("RD", table).estimate == pytest.approx(a / (a + b) - c / (c + d), abs=1e-12)

    @quick
    @given(cells, cells, cells, cells, st.integers(2, 5))
    def test_equal_odds_ratios_leave_nothing_to_the_breslow_day_test(self, a, b, c, d, times):
        table = {name: [cell, cell * times] for name, cell in zip(("ai", "bi", "ci", "di"), (a, b, c, d), strict=True)}
        found = mantel_haenszel("OR", **table)
        assert (found.breslow_day, found.tarone) == pytest.approx((0, 0), abs=1e-9)
        assert found.breslow_day_pval == pytest.approx(1)


class TestAnyTables:
    @quick
    @given(tables, st.sampled_from(["OR", "RR", "RD", "PETO"]))
    def test_swapping_the_arms_turns_the_sign_only(self, table, measure):
        swapped = {"ai": table["ci"], "bi": table["di"], "ci": table["ai"], "di": table["bi"]}
        one, other = pool(measure, table), pool(measure, swapped)
        assert -other.estimate == pytest.approx(one.estimate, rel=1e-9, abs=1e-12)
        for name in ("se", "pval", "Q"):
            assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-7, abs=1e-9), name

    @quick
    @given(tables, measures)
    def test_a_study_without_any_event_changes_no_odds_ratio_and_no_risk_ratio(self, table, measure):
        more = {name: np.r_[column, 0 if name in ("ai", "ci") else 30] for name, column in table.items()}
        one, other = pool(measure, table), pool(measure, more)
        assert (other.k, other.k_yi) == (one.k + 1, one.k_yi)
        if measure == "RD":  # no event in either arm is a difference of 0
            assert abs(other.estimate) <= abs(one.estimate) + 1e-12
        else:
            assert (other.estimate, other.se) == pytest.approx((one.estimate, one.se))
        if measure == "OR":
            assert (other.cmh, other.breslow_day) == pytest.approx((one.cmh, one.breslow_day), nan_ok=True)

    @quick
    @given(tables)
    def test_weights_add_up_to_100_percent(self, table):
        for measure in ("OR", "RR", "RD", "PETO"):
            assert pool(measure, table).weights.sum() == pytest.approx(100)


class TestNothingToPool:
    def test_a_ratio_without_events_in_one_group_is_not_estimable(self):
        found = mantel_haenszel("RR", ai=[0, 0], bi=[10, 12], ci=[1, 2], di=[9, 8])
        assert math.isnan(found.estimate)
        assert math.isnan(found.ci_low)
        assert math.isfinite(mantel_haenszel("RD", ai=[0, 0], bi=[10, 12], ci=[1, 2], di=[9, 8]).estimate)

    def test_peto_needs_both_outcomes(self):
        with pytest.raises(ValueError, match="never occurs"):
            peto(ai=[0, 0], bi=[10, 12], ci=[0, 0], di=[9, 8])

    @pytest.mark.parametrize(
        ("measure", "counts", "message"),
        [
            ("SMD", TABLES, "measure is 'SMD'; expected one of OR"),
            ("OR", {"ai": [1]}, "OR is made from ai, bi, ci, di; found ai"),
            ("IRR", TABLES, "IRR is made from x1i"),
            ("OR", TABLES | {"ai": [4, -1, 0]}, "row 2: a negative number"),
            ("OR", TABLES | {"ai": [4, 6]}, "unequal lengths"),
            ("OR", {"ai": [0], "bi": [0], "ci": [1], "di": [1]}, "nobody in group 1"),
            ("RR", {"ai": [np.nan], "bi": [1], "ci": [1], "di": [1]}, "no studies"),
        ],
    )
    def test_unusable_counts_are_refused(self, measure, counts, message):
        with pytest.raises(ValueError, match=message):
            mantel_haenszel(measure, **counts)


def test_studies_without_any_event_have_no_test_of_no_effect():
    """The continuity correction over a variance of 0 would give a P value of 0."""
    found = mantel_haenszel("OR", ai=[0, 0], bi=[10, 20], ci=[0, 0], di=[11, 19])
    assert np.isnan([found.estimate, found.cmh, found.cmh_pval]).all()
