"""Tests for a lopsided funnel: by hand, what must hold for any studies, and refusals."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.synthesis.small_studies import (
    begg,
    debray,
    egger,
    harbord,
    macaskill,
    pet_peese,
    peters,
    pustejovsky,
    regression_test,
    thompson_sharp,
)

quick = settings(max_examples=40, derandomize=True)

YI = np.array([0.1, 0.4, 0.3, 0.8, 0.5, 1.1])
VI = np.array([0.01, 0.03, 0.05, 0.08, 0.12, 0.2])
NI = np.array([400, 133, 80, 50, 33, 20])

studies = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(0.01, 2)), min_size=4, max_size=8, unique_by=lambda s: s[1]
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))
tables = st.lists(st.tuples(*[st.integers(1, 40)] * 4), min_size=4, max_size=8, unique_by=lambda cells: sum(cells)).map(
    lambda rows: tuple(np.array(column, dtype=float) for column in zip(*rows, strict=True))
)
tests = st.sampled_from([egger, thompson_sharp])


def same(ours, theirs):
    return np.allclose(ours, theirs, rtol=1e-6, atol=1e-9, equal_nan=True)


class TestRegression:
    def test_it_is_a_weighted_line_with_its_own_dispersion(self):
        found, root = egger(YI, VI, at_least=3), 1 / np.sqrt(VI)
        X = np.column_stack([root, np.ones(6)])
        (limit, slope), (rss,), *_ = np.linalg.lstsq(X, YI * root, rcond=None)
        se = np.sqrt(np.diagonal(rss / 4 * np.linalg.inv(X.T @ X)))
        assert (found.slope, found.limit) == pytest.approx((slope, limit))
        assert (found.se, found.limit_se) == pytest.approx((se[1], se[0]))
        assert (found.k, found.df) == (6, 4)
        assert found.limit_high - found.limit == pytest.approx(2.7764451051977987 * se[0])

    @quick
    @given(studies, tests)
    def test_the_order_of_studies_does_not_matter(self, data, test):
        forward, backward = (test(*order, at_least=3) for order in (data, tuple(column[::-1] for column in data)))
        for figure in ("slope", "se", "limit", "limit_se"):
            assert same(getattr(forward, figure), getattr(backward, figure)), figure

    @quick
    @given(studies, tests)
    def test_swapped_arms_change_signs_alone(self, data, test):
        before, after = test(*data, at_least=3), test(-data[0], data[1], at_least=3)
        assert same((before.slope, before.limit), (-after.slope, -after.limit))
        assert same((before.se, before.df), (after.se, after.df))

    @quick
    @given(studies, st.floats(-2, 2), st.floats(-5, 5))
    def test_studies_on_a_line_give_that_line(self, data, limit, slope):
        found = egger(limit + slope * np.sqrt(data[1]), data[1], at_least=3)
        assert (found.limit, found.slope) == pytest.approx((limit, slope), abs=1e-7)

    @pytest.mark.filterwarnings("error")
    def test_equal_effects_have_no_slope_and_no_test(self):
        found = egger(np.full(6, 0.3), VI, at_least=3)
        assert (found.slope, found.se, found.limit) == (0, 0, pytest.approx(0.3))
        assert np.isnan(found.stat)
        assert np.isnan(found.pval)
        assert pet_peese(np.full(6, 0.3), VI, at_least=3).chosen == "PEESE"

    def test_predictors_that_do_not_end_at_0_have_no_limit(self):
        assert np.isnan(macaskill(YI, VI, NI, at_least=3).limit)
        assert np.isfinite(regression_test(YI, VI, predictor="ninv", ni=NI, at_least=3).limit)

    def test_units_of_the_predictor_scale_the_slope_and_leave_the_test(self):
        small, large = macaskill(YI, VI, NI, at_least=3), macaskill(YI, VI, NI * 1e6, at_least=3)
        assert small.slope == pytest.approx(large.slope * 1e6)
        assert small.stat == pytest.approx(large.stat)

    def test_debray_takes_events_by_arm_or_by_study(self):
        x1, x2 = np.array([40, 20, 12, 9, 6, 3]), np.array([44, 26, 14, 10, 9, 5])
        by_arm, by_study = debray(YI, VI, x1, x2, at_least=3), debray(YI, VI, x1 + x2, at_least=3)
        direct = regression_test(YI, VI, predictor="ninv", ni=x1 + x2, at_least=3)
        assert by_study == direct
        assert by_arm.slope == pytest.approx(by_study.slope / 4, rel=0.1)
        with pytest.raises(ValueError, match="expected 6 positive numbers"):
            debray(YI, VI, x1 * 0)


class TestPetPeese:
    def test_an_effect_that_stands_is_read_off_the_variances(self):
        found = pet_peese(0.5 + 2 * VI, VI, at_least=3)
        assert (found.chosen, found.peese.limit) == ("PEESE", pytest.approx(0.5))

    def test_an_effect_that_goes_with_size_is_read_off_the_standard_errors(self):
        noise = np.array([0.01, -0.03, 0.02, 0.01, -0.04, 0.02])
        found = pet_peese(2 * np.sqrt(VI) + noise, VI, at_least=3)
        assert found.chosen == "PET"
        assert found.pet.limit == pytest.approx(0, abs=0.03)
        assert found.peese.limit > 0.15

    def test_the_limit_of_pet_is_that_of_eggers_test(self):
        assert pet_peese(YI, VI, at_least=3).pet == egger(YI, VI, at_least=3)


class TestTables:
    @quick
    @given(tables, st.sampled_from([peters, harbord]))
    def test_swapped_arms_change_signs_alone(self, cells, test):
        a, b, c, d = cells
        before, after = test(a, b, c, d, at_least=3), test(c, d, a, b, at_least=3)
        assert same((before.slope, before.se), (-after.slope, after.se))

    def test_studies_without_events_are_left_out(self):
        cells = [
            np.array(cell) for cell in ([3, 5, 9, 14, 0], [30, 41, 80, 90, 20], [6, 9, 12, 20, 0], [27, 33, 77, 85, 20])
        ]
        for test in (peters, harbord):
            assert test(*cells, at_least=3) == test(*(cell[:4] for cell in cells), at_least=3)
            with pytest.raises(ValueError, match="no study has both events and people without"):
                test([0] * 12, [9] * 12, [0] * 12, [9] * 12)


class TestBegg:
    @pytest.mark.parametrize("k", [3, 4, 5, 6])
    def test_the_exact_p_value_counts_permutations(self, k):
        vi = np.arange(1, k + 1) / 10
        found = begg(YI[:k], vi, at_least=3)
        scores = [
            sum(np.sign(order[j] - order[i]) for i in range(k) for j in range(i + 1, k))
            for order in permutations(range(k))
        ]
        assert found.exact
        assert found.pval == pytest.approx(np.mean(np.abs(scores) >= abs(found.score)))

    def test_of_very_many_studies_the_p_value_is_normal(self):
        lot = np.random.default_rng(1)
        yi, vi = lot.normal(size=201), lot.uniform(0.1, 1, size=201)
        assert begg(yi, vi) == begg(yi, vi, exact=False)
        assert begg(yi[:200], vi[:200]).exact

    def test_studies_with_the_same_figures_are_ties(self):
        found = begg([0.1, 0.1, 0.4, 0.9], [0.02, 0.02, 0.05, 0.11], at_least=3)
        assert (found.score, found.tau, found.exact) == (5, 1, False)

    @quick
    @given(studies)
    def test_swapped_arms_change_the_sign_alone(self, data):
        before, after = begg(*data, at_least=3), begg(-data[0], data[1], at_least=3)
        assert (before.score, before.pval) == pytest.approx((-after.score, after.pval))

    def test_equal_variances_leave_nothing_to_rank(self):
        with pytest.raises(ValueError, match="no ranks to compare"):
            begg(YI, [0.1] * 6, at_least=3)


class TestRefusals:
    @pytest.mark.parametrize("test", [egger, thompson_sharp, begg])
    def test_fewer_than_ten_studies_are_refused_unless_asked_for(self, test):
        with pytest.raises(ValueError, match=r"6 studies; .* needs 10 or more"):
            test(YI, VI)
        assert test(YI, VI, at_least=6).k == 6

    @pytest.mark.parametrize("test", [egger, thompson_sharp, begg])
    def test_two_studies_are_always_refused(self, test):
        with pytest.raises(ValueError, match=r"2 studies; .* needs 3 or more"):
            test(YI[:2], VI[:2], at_least=1)

    def test_studies_of_one_size_have_no_slope(self):
        with pytest.raises(ValueError, match="same size by this measure"):
            egger(YI, [0.1] * 6, at_least=3)

    def test_numbers_of_people_are_asked_for_and_checked(self):
        with pytest.raises(ValueError, match="needs ni"):
            regression_test(YI, VI, predictor="ni", at_least=3)
        with pytest.raises(ValueError, match="expected 6 positive numbers"):
            macaskill(YI, VI, NI[:5], at_least=3)
        with pytest.raises(ValueError, match="expected 6 positive numbers each"):
            pustejovsky(YI, VI, NI, NI * 0, at_least=3)
        with pytest.raises(ValueError, match="expected one of sei, vi"):
            regression_test(YI, VI, predictor="year", at_least=3)
