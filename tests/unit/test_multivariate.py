"""Models of dependent effects and cluster-robust tests: special cases, published answers, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.synthesis.model import fit
from prismake.synthesis.multivariate import Within, constant_correlation, fit_multivariate, nested
from prismake.synthesis.robust import robust, robust_fit

quick = settings(max_examples=25, derandomize=True)

# Berkey 1998: attachment level and probing depth after treatment of gums in five trials.
TRIALS = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
OUTCOMES = ["PD", "AL"] * 5
YI = [0.47, -0.32, 0.20, -0.60, 0.40, -0.12, 0.26, -0.31, 0.56, -0.39]
BLOCKS = [
    (0.0075, 0.0030, 0.0077),
    (0.0057, 0.0009, 0.0008),
    (0.0021, 0.0007, 0.0014),
    (0.0029, 0.0009, 0.0015),
    (0.0148, 0.0072, 0.0304),
]
V = np.zeros((10, 10))
for trial, (first, both, second) in enumerate(BLOCKS):
    V[2 * trial : 2 * trial + 2, 2 * trial : 2 * trial + 2] = [[first, both], [both, second]]
X = np.array([[float(outcome == "AL"), float(outcome == "PD")] for outcome in OUTCOMES])

studies = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 2)), min_size=3, max_size=8).map(
    lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
)


class TestThreeLevels:
    @quick
    @given(studies, st.sampled_from(["REML", "ML"]))
    def test_one_effect_in_each_study_is_the_random_effects_model(self, data, method):
        one = fit(*data, method=method)
        other = fit_multivariate(*data, {"study": range(len(data[0]))}, method=method)
        assert other.sigma2["study"] == pytest.approx(one.tau2, rel=1e-5, abs=1e-8)
        assert (other.beta[0], other.QE) == pytest.approx((one.estimate, one.Q), rel=1e-6, abs=1e-7)

    @pytest.mark.parametrize(
        ("yi", "vi", "tau2"),
        [
            ([-1.4, 1.1, -1.4, -1.4, 1.5], [0.001, 1.857, 0.001, 0.002, 0.383], 1.6216),
            ([1.5, -2.0, 1.6, 0.1, 1.3], [0.064, 1.412, 2.32, 3.241, 0.002], 0.0),
        ],
    )
    def test_the_higher_of_two_maxima_is_found(self, yi, vi, tau2):
        assert fit_multivariate(yi, vi, {"study": range(5)}).sigma2["study"] == pytest.approx(tau2, abs=5e-4)

    def test_inner_labels_are_within_outer_ones(self):
        found = nested({"district": ["a", "a", "b"], "school": [1, 2, 1]})
        assert list(found) == ["district", "district/school"]
        assert found["district/school"] == [("a", 1), ("a", 2), ("b", 1)]

    @quick
    @given(st.randoms(use_true_random=False))
    def test_the_order_of_effects_does_not_matter(self, random):
        order = list(range(10))
        random.shuffle(order)
        one = fit_multivariate(YI, np.diag(V), nested({"trial": TRIALS, "effect": range(10)}))
        groupings = nested({"trial": [TRIALS[i] for i in order], "effect": order})
        other = fit_multivariate([YI[i] for i in order], np.diag(V)[order], groupings)
        assert other.beta == pytest.approx(one.beta, rel=1e-6)
        assert list(other.sigma2.values()) == pytest.approx(list(one.sigma2.values()), rel=1e-5, abs=1e-9)

    def test_a_change_of_unit_changes_the_variances_with_it(self):
        groupings = nested({"trial": TRIALS, "effect": range(10)})
        one = fit_multivariate(YI, V, groupings)
        other = fit_multivariate(1e3 * np.array(YI), 1e6 * V, groupings)
        assert list(other.sigma2.values()) == pytest.approx([1e6 * s for s in one.sigma2.values()], rel=1e-5, abs=1e-3)
        assert other.coefficients[0].pval == pytest.approx(one.coefficients[0].pval, rel=1e-6)

    def test_correlated_errors_share_a_cluster_only(self):
        found = constant_correlation([1.0, 4.0, 9.0], ["a", "a", "b"], 0.5)
        assert found.tolist() == [[1, 1, 0], [1, 4, 0], [0, 0, 9]]


class TestStructures:
    """As metafor 3.8 fits them, at a relative tolerance of 1e-10."""

    @pytest.mark.parametrize(
        ("structure", "method", "tau2", "rho", "log_likelihood"),
        [
            ("UN", "REML", (0.0326513, 0.0117330), 0.608799, 3.69176769430),
            ("UN", "ML", (0.0261445, 0.00700200), 0.699230, 5.84065688477),
            ("CS", "REML", (0.0250204, 0.0250204), 0.529041, 3.31056110974),
            ("CS", "ML", (0.0197396, 0.0197396), 0.553061, 5.20555740701),
            ("HCS", "REML", (0.0326513, 0.0117330), 0.608799, 3.69176769434),
            ("DIAG", "REML", (0.0322286, 0.0115883), 0.0, 3.20124471499),
            ("DIAG", "ML", (0.0254734, 0.00714554), 0.0, 5.16541764120),
        ],
    )
    def test_two_outcomes_as_in_metafor(self, structure, method, tau2, rho, log_likelihood):
        found = fit_multivariate(YI, V, within=Within(OUTCOMES, TRIALS, structure), X=X, method=method)
        assert found.inner_levels == ("AL", "PD")
        assert np.diag(found.G) == pytest.approx(tau2, rel=2e-5)
        assert found.G[0, 1] / math.sqrt(found.G[0, 0] * found.G[1, 1]) == pytest.approx(rho, rel=2e-5)
        assert found.log_likelihood == pytest.approx(log_likelihood, abs=2e-9)

    def test_all_coefficients_are_tested_without_an_intercept(self):
        found = fit_multivariate(YI, V, within=Within(OUTCOMES, TRIALS, "CS"), X=X)
        assert (found.moderators.QM, found.moderators.df) == (pytest.approx(79.98191, rel=1e-6), 2)
        assert (found.QE, found.QE_df) == (pytest.approx(128.226716212968), 8)


class TestRobust:
    def test_single_effects_of_equal_variance_give_the_ordinary_standard_error(self):
        yi = [0.1, 0.9, -0.6, 1.4, 0.3]
        found = robust_fit(fit(yi, [0.1] * 5), yi, [0.1] * 5, range(5))
        assert found.coefficients[0].se == pytest.approx(np.std(yi, ddof=1) / math.sqrt(5))
        assert found.df == pytest.approx([4])

    def test_small_sample_factors(self):
        fitted = fit_multivariate(YI, np.diag(V), nested({"trial": TRIALS, "effect": range(10)}))
        plain, scaled, reduced = (robust(fitted, TRIALS, kind=kind) for kind in ("CR0", "CR1", "CR2"))
        assert scaled.vcov == pytest.approx(plain.vcov * 5 / 4)
        assert plain.df == scaled.df == 4
        assert plain.vcov[0, 0] < reduced.vcov[0, 0]
        assert 1 < reduced.df[0] < 4

    def test_clusters_must_be_independent_in_the_model(self):
        fitted = fit_multivariate(YI, V, {"trial": TRIALS})
        with pytest.raises(ValueError, match="depend on each other"):
            robust(fitted, range(10))

    @pytest.mark.parametrize(
        ("cluster", "options", "message"),
        [
            (TRIALS[:9], {}, "9 labels for 10 effects"),
            ([*TRIALS[:9], None], {}, "row 10: no label of cluster"),
            ([1] * 10, {}, "1 clusters for 1 coefficients"),
            (TRIALS, {"kind": "CR3"}, "kind is 'CR3'"),
        ],
    )
    def test_unusable_clusters_are_refused(self, cluster, options, message):
        with pytest.raises(ValueError, match=message):
            robust(fit_multivariate(YI, V, {"trial": TRIALS}), cluster, **options)


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"random": None}, "nothing random"),
            ({"random": {"trial": [1] * 10}}, "one group"),
            ({"random": {"trial": TRIALS, "again": TRIALS}}, "trial and again make the same groups"),
            ({"random": {"trial": TRIALS[:3]}}, "trial: 3 labels for 10 effects"),
            ({"V": -np.diag(V)}, "not positive definite"),
            ({"V": V[:9]}, "expected equal lengths"),
            ({"yi": [np.nan] * 10}, "finite"),
            ({"method": "DL"}, "method is 'DL'"),
            ({"interval": "HKSJ"}, "interval is 'HKSJ'"),
            ({"within": Within(OUTCOMES, TRIALS, "AR")}, "structure is 'AR'"),
            ({"within": Within(["PD"] * 10, TRIALS)}, "one level"),
            ({"X": np.ones((10, 2))}, "depend on each other"),
        ],
    )
    def test_unusable_models_are_refused(self, change, message):
        arguments = {"yi": YI, "V": V, "random": {"trial": TRIALS}} | change
        with pytest.raises(ValueError, match=message):
            fit_multivariate(**arguments)

    def test_a_correlation_beyond_1_is_refused(self):
        with pytest.raises(ValueError, match="rho is 2"):
            constant_correlation([1.0, 1.0], ["a", "a"], 2)
