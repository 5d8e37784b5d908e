"""Pooling: estimates by hand, rules of intervals, refusals, and what must hold for any studies."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.config import Synthesis
from prismake.synthesis.intervals import tau2_interval
from prismake.synthesis.model import METHODS, NotConverged, fit, leave_one_out, random_effects, subgroups

quick = settings(max_examples=60, derandomize=True)

NORMAL = 1.959963984540054
T_1 = 12.706204736432095
"""97.5% quantile of t with one degree of freedom."""
SCALED = ("beta", "estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high")
SQUARED = ("tau2", "se_tau2", "tau2_ci_low", "tau2_ci_high", "vcov")
UNITLESS = ("I2", "H2", "Q", "Q_pval", "stat", "pval", "s2", "weights", "I2_ci_high", "H2_ci_high")

# BCG vaccine against tuberculosis (Colditz 1994): log risk ratios, latitude and allocation of 13 trials.
BCG = np.array(
    [
        (-0.889311333920205, 0.325584765003961, 44, "random"),
        (-1.58538865720143, 0.194581121398144, 55, "random"),
        (-1.34807314829969, 0.415367965367965, 42, "random"),
        (-1.44155119002131, 0.0200100319022476, 52, "random"),
        (-0.217547322211296, 0.0512101721696309, 13, "alternate"),
        (-0.786115585818864, 0.00690561845590876, 44, "alternate"),
        (-1.62089822359839, 0.223017247572315, 19, "random"),
        (0.0119523335238405, 0.00396157929781773, 13, "random"),
        (-0.469417648762314, 0.0564342104632489, 27, "random"),
        (-1.37134480349513, 0.0730247936130098, 42, "systematic"),
        (-0.339358828338390, 0.0124122139715597, 18, "systematic"),
        (0.445913400571378, 0.532505845018763, 33, "systematic"),
        (-0.0173139482168795, 0.0714046596839863, 33, "systematic"),
    ],
    dtype=[("yi", float), ("vi", float), ("latitude", float), ("allocation", "U10")],
)
HOMOGENEOUS = ([0.10, 0.12, 0.09, 0.11], [0.04, 0.05, 0.03, 0.06])
SCATTERED = ([0.1, 0.9, -0.6, 1.4], [0.04, 0.05, 0.03, 0.06])

studies = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 2)), min_size=2, max_size=8).map(
    lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
)
methods = st.sampled_from(list(METHODS))


def configured(**changes):
    return Synthesis.model_validate(changes)


def same(ours, theirs, factor=1.0, rel=1e-8):
    """Compare to a relative tolerance, NaN with NaN; differences below 1e-10 of the unit do not count."""
    return np.allclose(ours, factor * np.asarray(theirs), rtol=rel, atol=1e-10 * factor, equal_nan=True)


def log_likelihood(yi, vi, tau2, method):
    """Twice the log-likelihood at each tau², but for a constant."""
    w = 1 / (vi + tau2[:, None])
    residuals = yi - (w @ yi / w.sum(axis=1))[:, None]
    full = np.log(w).sum(axis=1) - (w * residuals**2).sum(axis=1)
    return full - np.log(w.sum(axis=1)) if method == "REML" else full


class TestEstimates:
    @pytest.mark.parametrize(
        ("method", "tau2", "estimate", "se"),
        [
            ("REML", 0.313243258136, -0.714532342158, 0.180791744093),
            ("PM", 0.318068452205, -0.714968153493, 0.180892191538),
        ],
    )
    def test_published_trials_as_in_metafor(self, method, tau2, estimate, se):
        found = fit(BCG["yi"], BCG["vi"], method=method, interval="HKSJ")
        assert (found.tau2, found.estimate, found.se) == pytest.approx((tau2, estimate, se), rel=1e-9)

    def test_floor_changes_nothing_where_the_factor_exceeds_1(self):
        found = fit(BCG["yi"], BCG["vi"], interval="HKSJ-floor")
        assert found.s2 > 1
        assert (found.ci_low, found.ci_high) == pytest.approx((-1.10844371369, -0.320620970631), rel=1e-10)

    def test_equal_effects_weigh_by_the_inverse_variance(self):
        found = fit([1.0, 2.0], [0.1, 0.3], method="EE")
        assert found.estimate == pytest.approx(1.25)
        assert found.se == pytest.approx(math.sqrt(0.075))
        assert found.weights == pytest.approx([75, 25])
        assert (found.Q, found.Q_df) == pytest.approx((0.25**2 / 0.1 + 0.75**2 / 0.3, 1))

    @quick
    @given(studies)
    def test_moment_estimators_by_their_formulas(self, data):
        yi, vi = data
        k, w = len(yi), 1 / vi
        Q = w @ (yi - w @ yi / w.sum()) ** 2
        dl = max(0, (Q - (k - 1)) / (w.sum() - (w**2).sum() / w.sum()))
        he = max(0, np.var(yi, ddof=1) - vi.mean())
        assert fit(yi, vi, method="DL").tau2 == pytest.approx(dl, rel=1e-7, abs=1e-10)
        assert fit(yi, vi, method="HE").tau2 == pytest.approx(he, rel=1e-7, abs=1e-10)

    @quick
    @given(studies)
    def test_paule_mandel_brings_q_down_to_its_degrees_of_freedom(self, data):
        found = fit(*data, method="PM")
        w = 1 / (data[1] + found.tau2)
        generalised_q = w @ (data[0] - found.estimate) ** 2
        if found.tau2 > 0:
            assert generalised_q == pytest.approx(found.Q_df, rel=1e-9)
        else:
            assert generalised_q <= found.Q_df

    @quick
    @given(studies, st.sampled_from(["ML", "REML"]))
    def test_no_other_tau2_is_more_likely(self, data, method):
        found = fit(*data, method=method)
        grid = np.r_[found.tau2, 0, np.geomspace(1e-4, 100, 400)]
        likelihood = log_likelihood(*data, grid, method)
        assert likelihood[0] >= likelihood.max() - 1e-9

    @pytest.mark.parametrize(
        ("yi", "vi", "tau2"),
        [
            ([-1.4, 1.1, -1.4, -1.4, 1.5], [0.001, 1.857, 0.001, 0.002, 0.383], 1.6216),
            ([1.5, -2.0, 1.6, 0.1, 1.3], [0.064, 1.412, 2.32, 3.241, 0.002], 0.0),
        ],
    )
    def test_the_higher_of_two_maxima_of_the_likelihood_is_found(self, yi, vi, tau2):
        grid = np.r_[0, np.geomspace(1e-4, 100, 3000)]
        likelihood = log_likelihood(np.array(yi), np.array(vi), grid, "REML")
        peaks = np.flatnonzero(np.diff(np.sign(np.diff(np.r_[-np.inf, likelihood]))) < 0)
        assert len(peaks) == 2
        assert fit(yi, vi).tau2 == pytest.approx(tau2, rel=1e-4)
        assert fit(yi, vi).tau2 == pytest.approx(grid[likelihood.argmax()], rel=0.01)


class TestIntervals:
    def test_hartung_knapp_of_equal_variances_is_the_one_sample_t_interval(self):
        yi = np.array([0.2, 0.9, 1.3])
        found = fit(yi, [0.05] * 3, interval="HKSJ")
        half = 4.302652729911275 * yi.std(ddof=1) / math.sqrt(3)
        assert (found.ci_low, found.ci_high) == pytest.approx((yi.mean() - half, yi.mean() + half), rel=1e-10)
        assert found.df == 2

    def test_floor_keeps_the_standard_error_of_the_model(self):
        plain, floor, wald = (fit(*HOMOGENEOUS, interval=name) for name in ("HKSJ", "HKSJ-floor", "z"))
        assert plain.s2 < 1
        assert plain.se == pytest.approx(wald.se * math.sqrt(plain.s2))
        assert floor.se == pytest.approx(wald.se)
        assert floor.ci_high > wald.ci_high

    def test_wald_interval_and_test_are_normal(self):
        found = fit([0.3], [0.04])
        assert (found.ci_low, found.ci_high) == pytest.approx((0.3 - NORMAL * 0.2, 0.3 + NORMAL * 0.2))
        assert found.pval == pytest.approx(math.erfc(1.5 / math.sqrt(2)))

    @pytest.mark.parametrize(
        ("df", "quantile"), [("k-1", 3.182446305284263), ("k-2", 4.302652729911275), ("normal", NORMAL)]
    )
    def test_prediction_interval_has_the_asked_quantile(self, df, quantile):
        found = fit(*SCATTERED, interval="HKSJ", prediction_df=df)
        half = quantile * math.sqrt(found.tau2 + found.se**2)
        assert (found.pi_low, found.pi_high) == pytest.approx((found.estimate - half, found.estimate + half), rel=1e-9)

    def test_q_profile_interval_holds_the_quantiles_of_chi2(self):
        found = fit(*SCATTERED)
        yi, vi = map(np.array, SCATTERED)
        for tau2, quantile in ((found.tau2_ci_low, 9.348403604496148), (found.tau2_ci_high, 0.21579528262389796)):
            w = 1 / (vi + tau2)
            assert w @ (yi - w @ yi / w.sum()) ** 2 == pytest.approx(quantile, rel=1e-9)

    def test_too_little_scatter_leaves_a_q_profile_of_0(self):
        found = fit([0.1, 0.1, 0.1, 0.1001], [1.0, 1.0, 1.0, 1.0])
        assert (found.tau2_ci_low, found.tau2_ci_high) == (0, 0)

    def test_wider_level_widens_every_interval(self):
        narrow, wide = fit(*SCATTERED, level=0.9), fit(*SCATTERED, level=0.99)
        for name in ("ci", "pi", "tau2_ci"):
            assert getattr(wide, f"{name}_low") < getattr(narrow, f"{name}_low")
            assert getattr(wide, f"{name}_high") > getattr(narrow, f"{name}_high")


class TestFewStudies:
    @pytest.mark.parametrize("interval", ["z", "t", "HKSJ", "HKSJ-floor"])
    @pytest.mark.parametrize("method", ["REML", "DL", "PM"])
    def test_one_study_is_its_own_result(self, method, interval):
        found = fit([0.3], [0.04], method=method, interval=interval)
        assert (found.estimate, found.se) == pytest.approx((0.3, 0.2), rel=1e-14)
        assert (found.tau2, found.k) == (0, 1)
        assert found.interval_used == "z"
        assert found.interval_why == "one study"
        assert np.isnan([found.pi_low, found.pi_high, found.tau2_ci_high, found.s2]).all()
        assert (found.Q, found.Q_pval, found.I2, found.H2) == (0, 1, 0, 1)

    @quick
    @given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.01, 2), st.floats(0.01, 2))
    def test_two_studies_have_a_closed_form(self, y1, y2, v1, v2):
        found = fit([y1, y2], [v1, v2], interval="HKSJ")
        tau2 = max(0.0, ((y1 - y2) ** 2 - v1 - v2) / 2)
        w1, w2 = 1 / (v1 + tau2), 1 / (v2 + tau2)
        mean = (w1 * y1 + w2 * y2) / (w1 + w2)
        assert found.tau2 == pytest.approx(tau2, rel=1e-7, abs=1e-9)
        assert found.estimate == pytest.approx(mean, rel=1e-6, abs=1e-7)
        half = T_1 * math.sqrt(w1 * w2) * abs(y1 - y2) / (w1 + w2)
        assert found.ci_high - found.estimate == pytest.approx(half, rel=1e-6, abs=1e-7)

    def test_two_studies_have_no_prediction_interval_with_k_minus_2(self):
        assert math.isnan(fit([0.1, 2.0], [0.1, 0.2], prediction_df="k-2").pi_low)
        assert math.isfinite(fit([0.1, 2.0], [0.1, 0.2], prediction_df="k-1").pi_low)


class TestRules:
    @pytest.mark.parametrize(("rule", "used"), [("plain", "HKSJ"), ("floor", "HKSJ-floor"), ("wald", "z")])
    @pytest.mark.parametrize(
        ("key", "why", "data"),
        [
            ("k2", "two studies", ([0.1, 2.0], [0.1, 0.2])),
            ("tau2_zero", "tau² is 0", HOMOGENEOUS),
            # REML can find heterogeneity where Q is below its degrees of freedom.
            ("q_below_df", "Q is below its degrees of freedom", ([0.1, -0.4, -0.8], [0.03, 0.4, 0.7])),
        ],
    )
    def test_each_rule_chooses_the_interval(self, rule, used, key, why, data):
        others = dict.fromkeys(("k2", "tau2_zero", "q_below_df"), "wald" if rule == "plain" else "plain")
        found = random_effects(*data, configured(hartung_knapp=others | {key: rule}))
        assert (found.interval, found.interval_used, found.interval_why) == ("HKSJ", used, why)
        direct = fit(*data, interval=used)
        assert (found.ci_low, found.ci_high) == (direct.ci_low, direct.ci_high)

    def test_the_first_rule_that_applies_decides(self):
        rules = {"k2": "wald", "tau2_zero": "floor", "q_below_df": "plain"}
        found = random_effects([0.1, 0.1], [1.0, 1.0], configured(hartung_knapp=rules))
        assert (found.interval_used, found.interval_why) == ("z", "two studies")

    def test_no_rule_applies_to_scattered_studies(self):
        found = random_effects(*SCATTERED, configured())
        assert (found.interval_used, found.interval_why) == ("HKSJ", "")

    def test_wald_is_used_when_asked_for(self):
        found = random_effects(*HOMOGENEOUS, configured(interval="Wald"))
        assert (found.interval, found.interval_used, found.interval_why) == ("z", "z", "")

    def test_a_t_interval_has_k_minus_1_degrees_of_freedom_and_the_model_s_standard_error(self):
        found, wald = (random_effects(*SCATTERED, configured(interval=name)) for name in ("t", "Wald"))
        assert (found.interval_used, found.df, found.se) == ("t", found.k - 1, wald.se)

    @pytest.mark.parametrize("kind", ["GENQ", "PL"])
    def test_the_interval_of_tau2_is_the_one_asked_for(self, kind):
        found, usual = (random_effects(*SCATTERED, configured(tau2_interval=name)) for name in (kind, "QP"))
        limits = tau2_interval(*SCATTERED, kind=kind)
        assert (found.tau2_ci_low, found.tau2_ci_high) == pytest.approx((limits.tau2_low, limits.tau2_high), rel=1e-9)
        assert (found.I2_ci_high, found.H2_ci_high) == pytest.approx((limits.I2_high, limits.H2_high), rel=1e-9)
        assert (found.estimate, found.tau2) == (usual.estimate, usual.tau2)
        assert found.tau2_ci_high != usual.tau2_ci_high

    def test_equal_effects_have_normal_intervals_and_no_prediction(self):
        found = random_effects(*SCATTERED, configured(method="EE"))
        assert (found.interval_used, found.interval_why, found.tau2) == ("z", "equal effects", 0)
        assert np.isnan([found.pi_low, found.pi_high]).all()

    @pytest.mark.parametrize(("from_k", "shown"), [(4, True), (5, False)])
    def test_prediction_interval_needs_enough_studies(self, from_k, shown):
        found = random_effects(*SCATTERED, configured(prediction={"from_k": from_k}))
        assert math.isfinite(found.pi_low) is shown
        assert math.isfinite(found.pi_high) is shown

    def test_level_and_degrees_of_freedom_come_from_the_settings(self):
        found = random_effects(*SCATTERED, configured(level=0.9, prediction={"df": "k-2"}))
        direct = fit(*SCATTERED, interval="HKSJ", level=0.9, prediction_df="k-2")
        assert (found.ci_low, found.pi_low) == (direct.ci_low, direct.pi_low)


class TestLeaveOneOut:
    def test_each_fit_lacks_one_study(self):
        fits = leave_one_out(BCG["yi"], BCG["vi"], configured())
        assert [found.tau2 for found in fits[:3]] == pytest.approx([0.3361567018, 0.292583084, 0.3207379296], rel=1e-8)
        assert {found.k for found in fits} == {12}
        assert len(fits) == 13

    def test_two_studies_leave_each_other(self):
        fits = leave_one_out([0.1, 2.0], [0.1, 0.2], configured())
        assert [found.estimate for found in fits] == pytest.approx([2.0, 0.1])

    def test_nothing_can_be_left_out_of_one_study(self):
        with pytest.raises(ValueError, match="one study"):
            leave_one_out([0.1], [0.1], configured())


class TestSubgroups:
    def test_published_trials_as_in_metafor(self):
        rules = {"k2": "plain", "tau2_zero": "plain", "q_below_df": "plain"}
        found = subgroups(BCG["yi"], BCG["vi"], BCG["allocation"], configured(hartung_knapp=rules))
        expected = {
            "random": (7, -0.970964704263, 0.25312752607, 0.392528006901),
            "alternate": (2, -0.540792961849, 0.281601613104, 0.132577039878),
            "systematic": (4, -0.424207391511, 0.364218462099, 0.400345880175),
        }
        assert list(found.fits) == list(expected)
        for level, figures in expected.items():
            group = found.fits[level]
            assert (group.k, group.estimate, group.se, group.tau2) == pytest.approx(figures, rel=1e-9)
        assert (found.Q_b, found.df, found.pval) == pytest.approx((2.03834716617, 2, 0.360893065101), rel=1e-9)

    def test_between_groups_q_compares_the_estimates_by_their_standard_errors(self):
        found = subgroups([0.0, 0.2, 1.0, 1.4], [0.1, 0.1, 0.2, 0.2], list("aabb"), configured(method="EE"))
        a, b = found.fits["a"], found.fits["b"]
        assert (a.estimate, b.estimate) == pytest.approx((0.1, 1.2))
        assert found.Q_b == pytest.approx(1.1**2 / (a.se**2 + b.se**2))
        assert found.pval == pytest.approx(math.erfc(math.sqrt(found.Q_b / 2)))

    def test_each_group_has_its_own_tau2(self):
        found = subgroups([0.0, 3.0, -3.0, 0.1, 0.1, 0.1], [0.1] * 6, list("xxxyyy"), configured())
        assert found.fits["x"].tau2 == pytest.approx(9 - 0.1)
        assert found.fits["y"].tau2 == 0

    @pytest.mark.parametrize(
        ("groups", "message"),
        [
            (["a", "a"], "one subgroup"),
            (["a"], "1 subgroup labels for 2"),
            (["a", ""], "row 2"),
            ([None, "a"], "row 1"),
        ],
    )
    def test_unusable_groups_are_refused(self, groups, message):
        with pytest.raises(ValueError, match=message):
            subgroups([0.1, 0.2], [0.1, 0.1], groups, configured())


class TestModerators:
    @pytest.mark.parametrize(
        ("method", "beta", "se", "tau2"),
        [
            ("REML", (0.251468210007, -0.0291017250116), (0.283925283743, 0.00820141741104), 0.0763479639552),
            ("ML", (0.282107173896, -0.0295093353885), (0.242484740312, 0.00710898558883), 0.0343514424812),
            ("PM", (0.221915964507, -0.0285645258944), (0.317473696547, 0.00907018887118), 0.142131941473),
        ],
    )
    def test_published_trials_by_latitude_as_in_metafor(self, method, beta, se, tau2):
        X = np.column_stack([np.ones(13), BCG["latitude"]])
        found = fit(BCG["yi"], BCG["vi"], X=X, method=method, interval="HKSJ")
        assert found.beta == pytest.approx(beta, rel=1e-9)
        assert np.sqrt(np.diag(found.vcov)) == pytest.approx(se, rel=1e-9)
        assert found.tau2 == pytest.approx(tau2, rel=1e-9)
        assert (found.p, found.df) == (2, 11)
        assert math.isnan(found.pi_low)

    def test_group_means_are_the_pooled_effects_of_groups(self):
        X = np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
        found = fit([0.0, 0.2, 1.0, 1.4], [0.1, 0.3, 0.2, 0.4], X=X, method="EE")
        assert found.beta == pytest.approx([0.05, 17 / 15])
        assert found.vcov[1, 1] == pytest.approx(0.4 / 3)

    @pytest.mark.parametrize(
        ("X", "message"),
        [
            ([[1, 2], [1, 2], [1, 2]], "depend on each other"),
            ([[1, 2], [1, 3]], "shape"),
            ([[1, 2, 3], [1, 3, 5], [1, 4, 4]], "shape"),
            ([[1, 2], [1, np.nan], [1, 3]], "finite"),
        ],
    )
    def test_unusable_designs_are_refused(self, X, message):
        with pytest.raises(ValueError, match=message):
            fit([0.1, 0.2, 0.3], [0.1, 0.1, 0.1], X=X)


class TestRefusals:
    @pytest.mark.parametrize(
        ("yi", "vi", "message"),
        [
            ([], [], "no studies"),
            ([0.1, 0.2], [0.1], "equal lengths"),
            ([0.1, np.nan], [0.1, 0.1], "row 2: yi is nan"),
            ([0.1, 0.2], [0.1, 0.0], "row 2: yi is 0.2, vi is 0"),
            ([0.1, 0.2], [-0.1, 0.1], "row 1: yi is 0.1, vi is -0.1"),
            ([0.1, 0.2], [0.1, np.inf], "row 2"),
        ],
    )
    def test_unusable_effects_are_refused_by_row(self, yi, vi, message):
        with pytest.raises(ValueError, match=message):
            fit(yi, vi)

    @pytest.mark.parametrize(
        "choice",
        [{"method": "XX"}, {"interval": "HK"}, {"prediction_df": "k"}, {"level": 1.0}],
    )
    def test_unknown_choices_are_refused_by_name(self, choice):
        with pytest.raises(ValueError, match=next(iter(choice))):
            fit([0.1, 0.2], [0.1, 0.1], **choice)

    def test_hartung_knapp_is_refused_for_equal_effects(self):
        with pytest.raises(ValueError, match="Hartung-Knapp"):
            fit([0.1, 0.2], [0.1, 0.1], method="EE", interval="HKSJ")

    @pytest.mark.parametrize("method", METHODS)
    def test_what_floating_point_cannot_hold_is_no_number(self, method):
        with pytest.raises(NotConverged):
            fit([1e200, -1e200, 3e200], [1.0, 1.0, 1.0], method=method)


class TestAnyStudies:
    @quick
    @given(studies, st.randoms(use_true_random=False), methods)
    def test_the_order_of_studies_does_not_matter(self, data, random, method):
        order = list(range(len(data[0])))
        random.shuffle(order)
        one, other = fit(*data, method=method), fit(data[0][order], data[1][order], method=method)
        for name in (*SCALED, *SQUARED, "I2", "Q", "pval"):
            assert same(getattr(one, name), getattr(other, name), rel=1e-6), name
        assert same(one.weights[order], other.weights, rel=1e-6)

    @quick
    @given(studies, st.integers(-30, 30), methods)
    def test_a_change_of_unit_changes_every_figure_with_it(self, data, power, method):
        unit = 2.0**power
        one, other = fit(*data, method=method), fit(data[0] * unit, data[1] * unit**2, method=method)
        for names, factor in ((SCALED, unit), (SQUARED, unit**2), (UNITLESS, 1.0)):
            for name in names:
                assert same(getattr(other, name), getattr(one, name), factor), name

    @quick
    @given(studies, methods)
    def test_swapping_the_arms_turns_every_interval_around(self, data, method):
        one, other = fit(*data, method=method), fit(-data[0], data[1], method=method)
        assert same(-other.estimate, one.estimate)
        assert same((-other.ci_high, -other.pi_low), (one.ci_low, one.pi_high))
        assert same((other.tau2, other.pval, other.Q), (one.tau2, one.pval, one.Q))

    @quick
    @given(studies, st.floats(-3, 3), st.sampled_from(["ML", "REML"]))
    def test_a_study_of_huge_variance_changes_neither_estimate_nor_tau2(self, data, y, method):
        without = fit(*data, method=method)
        with_it = fit(np.r_[data[0], y], np.r_[data[1], 1e14], method=method)
        assert with_it.tau2 == pytest.approx(without.tau2, rel=1e-5, abs=1e-5)
        assert with_it.estimate == pytest.approx(without.estimate, rel=1e-4, abs=1e-4)

    @quick
    @given(st.floats(-3, 3), st.lists(st.tuples(st.floats(-0.1, 0.1), st.floats(0.5, 2)), min_size=2, max_size=8))
    def test_estimators_agree_where_all_find_no_heterogeneity(self, mean, rows):
        yi, vi = (np.array(column) for column in zip(*((mean + d, v) for d, v in rows), strict=True))
        reference = fit(yi, vi, method="EE")
        for method in set(METHODS) - {"EE", "SJ"}:  # Sidik and Jonkman's is positive whenever effects differ
            found = fit(yi, vi, method=method)
            assert found.tau2 == 0, method
            assert (found.estimate, found.se) == (reference.estimate, reference.se)

    @quick
    @given(studies)
    def test_figures_of_heterogeneity_keep_to_their_range(self, data):
        found = fit(*data, interval="HKSJ-floor")
        assert 0 <= found.I2 < 100
        assert 0 <= found.tau2_ci_low <= found.tau2_ci_high
        assert (found.I2, found.weights.sum()) == pytest.approx((100 - 100 / found.H2, 100))
        assert found.pi_low <= found.ci_low <= found.estimate <= found.ci_high <= found.pi_high
