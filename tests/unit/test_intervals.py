"""Intervals of tau², and predictions: what they must satisfy, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.synthesis.intervals import chi2_mixture_below, tau2_interval
from prismake.synthesis.model import fit
from prismake.synthesis.predictions import blups, fitted, predict, residuals
from prismake.synthesis.tau2 import Data, log_likelihood
from scipy.special import chdtri

quick = settings(max_examples=40, derandomize=True)

SCATTERED = ([0.1, 0.9, -0.6, 1.4], [0.04, 0.05, 0.03, 0.06])
CHI2_1_95 = 3.841458820694124

studies = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 2)), min_size=3, max_size=8).map(
    lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
)


class TestMixtureOfChi2:
    @pytest.mark.parametrize("probability", [0.025, 0.5, 0.975])
    @pytest.mark.parametrize("df", [1, 2, 10, 60, 180, 500])
    def test_equal_eigenvalues_give_the_chi2_distribution(self, df, probability):
        q = chdtri(df, 1 - probability)
        assert chi2_mixture_below(q * 0.3, np.full(df, 0.3)) == pytest.approx(probability, rel=1e-9)

    def test_pairs_of_eigenvalues_give_sums_of_exponentials(self):
        q, a, b = 3.0, 2.0, 0.5
        expected = 1 - (a * np.exp(-q / (2 * a)) - b * np.exp(-q / (2 * b))) / (a - b)
        assert chi2_mixture_below(q, np.array([a, a, b, b])) == pytest.approx(expected, rel=1e-11)

    def test_nothing_lies_far_below(self):
        assert chi2_mixture_below(0.0, np.ones(3)) == 0
        assert chi2_mixture_below(1.0, np.r_[np.ones(280), np.full(7, 10.0)]) == 0


class TestIntervals:
    @quick
    @given(studies, st.sampled_from(["REML", "ML"]))
    def test_profile_likelihood_falls_by_half_a_quantile_at_its_limits(self, data, method):
        found, best = tau2_interval(*data, kind="PL", method=method), fit(*data, method=method).tau2
        assert found.tau2_low <= best <= found.tau2_high
        for tau2 in (found.tau2_low, found.tau2_high):
            fall = 2 * (
                log_likelihood(Data(*data), best, method == "REML")
                - log_likelihood(Data(*data), tau2, method == "REML")
            )
            assert fall == pytest.approx(CHI2_1_95, rel=1e-6) or (tau2 == 0 and fall < CHI2_1_95)

    @quick
    @given(st.lists(st.floats(-3, 3), min_size=3, max_size=8), st.floats(0.01, 2))
    def test_equal_variances_leave_one_interval_of_q(self, yi, v):
        vi = np.full(len(yi), v)
        profile, generalised = (tau2_interval(yi, vi, kind=kind) for kind in ("QP", "GENQ"))
        assert (generalised.tau2_low, generalised.tau2_high) == pytest.approx(
            (profile.tau2_low, profile.tau2_high), rel=1e-6, abs=1e-6
        )

    def test_q_profile_is_that_of_the_fit(self):
        found, pooled = tau2_interval(*SCATTERED), fit(*SCATTERED)
        assert (found.tau2_low, found.I2_high, found.H2_high) == (
            pooled.tau2_ci_low,
            pooled.I2_ci_high,
            pooled.H2_ci_high,
        )

    @pytest.mark.parametrize("kind", ["QP", "GENQ", "PL"])
    def test_a_change_of_unit_changes_the_limits_with_it(self, kind):
        yi, vi = map(np.array, SCATTERED)
        one, other = tau2_interval(yi, vi, kind=kind), tau2_interval(1000 * yi, 1e6 * vi, kind=kind)
        assert (other.tau2_low, other.tau2_high) == pytest.approx((1e6 * one.tau2_low, 1e6 * one.tau2_high), rel=1e-6)
        assert (other.I2_low, other.I2_high) == pytest.approx((one.I2_low, one.I2_high), rel=1e-6)

    @pytest.mark.parametrize("kind", ["QP", "GENQ", "PL"])
    def test_identical_studies_have_an_interval_that_starts_at_0(self, kind):
        assert tau2_interval([0.1, 0.1, 0.1], [0.1, 0.1, 0.1], kind=kind).tau2_low == 0

    @pytest.mark.parametrize(
        ("choice", "message"),
        [
            ({"kind": "Wald"}, "kind is 'Wald'; expected one of QP"),
            ({"kind": "PL", "method": "DL"}, "method is 'DL'"),
            ({"level": 95}, "level is 95"),
            ({"kind": "GENQ", "weights": [1, 2, 0, 1]}, "4 finite positive numbers"),
        ],
    )
    def test_unknown_choices_are_refused(self, choice, message):
        with pytest.raises(ValueError, match=message):
            tau2_interval(*SCATTERED, **choice)

    def test_one_study_has_no_interval(self):
        with pytest.raises(ValueError, match="no degrees of freedom"):
            tau2_interval([0.1], [0.1])


class TestPredictions:
    def test_blups_lie_between_the_study_and_the_mean(self):
        found = fit(*SCATTERED, interval="HKSJ")
        shrunk = blups(found, *SCATTERED)
        own = found.tau2 / (found.tau2 + np.array(SCATTERED[1]))
        assert shrunk.pred == pytest.approx(own * SCATTERED[0] + (1 - own) * found.estimate)
        assert (shrunk.pi_low < shrunk.pred).all()

    def test_without_heterogeneity_all_blups_are_the_mean(self):
        yi, vi = [0.10, 0.12, 0.09], [0.04, 0.05, 0.03]
        found = fit(yi, vi)
        assert blups(found, yi, vi).pred == pytest.approx(np.full(3, found.estimate))

    def test_residuals_are_what_is_not_fitted(self):
        X = np.array([[1, 0], [1, 1], [1, 2], [1, 3]])
        found = fit(*SCATTERED, X=X)
        assert residuals(found, SCATTERED[0], X) + fitted(found, X) == pytest.approx(np.array(SCATTERED[0]))

    def test_the_prediction_without_moderators_is_that_of_the_fit(self):
        found = fit(*SCATTERED, interval="t")
        mean = predict(found)
        assert (mean.pred[0], mean.se[0], mean.ci_low[0], mean.pi_high[0]) == pytest.approx(
            (found.estimate, found.se, found.ci_low, found.pi_high)
        )

    def test_designs_and_data_must_belong_to_the_fit(self):
        found = fit(*SCATTERED, X=[[1, 0], [1, 1], [1, 2], [1, 3]])
        with pytest.raises(ValueError, match="expected 2 finite columns"):
            predict(found, [[1, 2, 3]])
        with pytest.raises(ValueError, match="design matrix is needed"):
            predict(found)
        with pytest.raises(ValueError, match="4 studies with 1 coefficients; the fit has 4 with 2"):
            blups(found, *SCATTERED)
