"""Trim and fill and fail-safe numbers: by hand, what must hold for any studies, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.config import Synthesis
from prismake.synthesis.model import fit, random_effects
from prismake.synthesis.tau2 import NotConverged
from prismake.synthesis.trim_and_fill import ESTIMATORS, orwin, rosenberg, rosenthal, trim_and_fill

quick = settings(max_examples=40, derandomize=True)

MODEL = Synthesis(method="DL", interval="Wald")
EQUAL = Synthesis(method="EE", interval="Wald")
LOPSIDED = (np.array([0.0, 0.1, 0.12, 0.3, 0.5, 0.7, 0.9]), np.array([0.01, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2]))

studies = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(0.01, 2)), min_size=4, max_size=9, unique_by=lambda study: study[0]
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))


def filled(data, estimator, side):
    """None where Q0 is not defined, or the steps go round."""
    try:
        return trim_and_fill(*data, MODEL, estimator=estimator, side=side)
    except NotConverged:
        return None


class TestTrimAndFill:
    def test_a_balanced_funnel_misses_nothing(self):
        yi, vi = np.array([-0.58, -0.29, -0.11, 0.1, 0.3, 0.6]), np.full(6, 0.1)
        for estimator in ESTIMATORS:
            found = trim_and_fill(yi, vi, MODEL, estimator=estimator, side="left")
            assert (found.k0, len(found.yi_filled)) == (0, 0)
            assert found.fit.estimate == pytest.approx(random_effects(yi, vi, MODEL).estimate)

    def test_filled_studies_mirror_the_most_extreme_ones(self):
        found = trim_and_fill(*LOPSIDED, EQUAL, estimator="L0")
        yi, vi = LOPSIDED
        assert found.side == "left"
        assert found.k0 > 0
        centre = fit(yi[: -found.k0], vi[: -found.k0], method="EE").estimate
        assert found.yi_filled == pytest.approx(2 * centre - yi[-found.k0 :])
        assert found.vi_filled == pytest.approx(vi[-found.k0 :])
        assert found.fit.k == 7 + found.k0
        assert found.fit.estimate < random_effects(*LOPSIDED, EQUAL).estimate

    @quick
    @given(studies, st.sampled_from(ESTIMATORS), st.sampled_from(["left", "right"]))
    def test_swapped_arms_swap_sides(self, data, estimator, side):
        other = "right" if side == "left" else "left"
        before, after = filled(data, estimator, side), filled((-data[0], data[1]), estimator, other)
        assert (before is None) == (after is None)
        if before is not None:
            assert (before.k0, before.se_k0) == (after.k0, pytest.approx(after.se_k0, nan_ok=True))
            assert before.fit.estimate == pytest.approx(-after.fit.estimate, abs=1e-9)

    @quick
    @given(studies, st.sampled_from(ESTIMATORS))
    def test_the_order_of_studies_does_not_matter(self, data, estimator):
        before, after = (
            filled(data, estimator, "left"),
            filled(tuple(column[::-1] for column in data), estimator, "left"),
        )
        assert (before is None) == (after is None)
        if before is not None:
            assert before.k0 == after.k0
            assert before.fit.estimate == pytest.approx(after.fit.estimate, abs=1e-9)

    def test_the_review_s_interval_is_kept(self):
        found = trim_and_fill(*LOPSIDED, Synthesis(method="DL"))
        assert found.fit.interval == "HKSJ"

    @pytest.mark.parametrize("estimator", ESTIMATORS)
    def test_identical_studies_miss_nothing(self, estimator):
        found = trim_and_fill([0.3] * 5, [0.1, 0.2, 0.3, 0.4, 0.5], MODEL, side="left", estimator=estimator)
        assert (found.k0, found.fit.k, found.fit.estimate) == (0, 5, pytest.approx(0.3))

    def test_a_funnel_of_one_side_has_no_number_of_missing_studies(self):
        with pytest.raises(NotConverged, match="nearly all studies lie on one side"):
            trim_and_fill([0, 0.5, 0.6, 0.7, 0.8, 0.9], [1e-6, 0.1, 0.2, 0.3, 0.4, 0.5], EQUAL, estimator="Q0")

    def test_refusals(self):
        with pytest.raises(ValueError, match="2 studies; trim and fill needs 3"):
            trim_and_fill([0.3, 0.4], [0.1, 0.2], MODEL)
        with pytest.raises(ValueError, match="expected one of L0, R0, Q0"):
            trim_and_fill(*LOPSIDED, MODEL, estimator="S0")
        with pytest.raises(ValueError, match="same size"):
            trim_and_fill([0.1, 0.2, 0.9], [0.1] * 3, MODEL)


class TestFailSafe:
    def test_that_many_null_results_bring_rosenthals_z_to_the_border(self):
        yi, vi = np.array([0.5, 0.4, 0.7]), np.array([0.02, 0.03, 0.04])
        z, n = (yi / np.sqrt(vi)).sum(), rosenthal(yi, vi).n
        assert z / np.sqrt(3 + n) <= 1.6448536269514722 < z / np.sqrt(3 + n - 1)

    def test_that_many_null_results_bring_the_mean_to_orwins_target(self):
        found = orwin([0.5, 0.4, 0.6], 0.2)
        assert (found.n, found.mean) == (5, pytest.approx(0.5))  # 1.5 / 0.2 = 7.5 studies
        assert orwin([0.5, 0.4, 0.6], 0.25).n == 3
        assert orwin([-0.5, -0.4, -0.6], 0.2).n == 5
        assert orwin([0.1, 0.1], 0.2).n == 0
        assert orwin([0.5, 0.1], 0.1, vi=[0.1, 0.3]).mean == pytest.approx(0.4)

    def test_that_many_null_results_bring_rosenbergs_mean_to_the_border(self):
        yi, vi = np.array([0.5, 0.4, 0.7]), np.array([0.05, 0.05, 0.05])
        n = rosenberg(yi, vi).n

        def pval(zeros):
            return fit(np.r_[yi, np.zeros(zeros)], np.full(3 + zeros, 0.05), method="EE").pval

        assert pval(n) >= 0.05 > pval(n - 1)

    def test_results_that_are_not_significant_need_no_null_results(self):
        assert rosenthal([0.1, -0.1], [1.0, 1.0]).n == rosenberg([0.1, -0.1], [1.0, 1.0]).n == 0

    @quick
    @given(studies)
    def test_signs_do_not_matter(self, data):
        yi, vi = data
        assert rosenthal(yi, vi).n == rosenthal(-yi, vi).n
        assert rosenberg(yi, vi).n == rosenberg(-yi, vi).n

    def test_refusals(self):
        with pytest.raises(ValueError, match="other than 0"):
            orwin([0.1], 0)
        with pytest.raises(ValueError, match="between 0 and"):
            rosenthal([0.1], [0.1], alpha=5)
