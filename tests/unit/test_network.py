"""Network meta-analysis: where it must agree with pairwise synthesis and regression, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.synthesis.model import fit
from prismake.synthesis.network.model import League, network, p_scores

quick = settings(max_examples=40, derandomize=True)

PAIRS = [("A", "B"), ("A", "C"), ("B", "C"), ("A", "D"), ("B", "C"), ("A", "B"), ("C", "D")]
STUDIES = [f"study {row}" for row in range(len(PAIRS))]
effects = st.lists(st.floats(-2, 2), min_size=7, max_size=7).map(np.array)
errors = st.lists(st.floats(0.1, 1), min_size=7, max_size=7).map(np.array)


def two_arm(TE, seTE, method="DL", pairs=PAIRS):
    return network(STUDIES, *zip(*pairs, strict=True), TE, seTE, method=method)


def arms(study, means, variances):
    """All contrasts of a study from its arms: rows (study, treat1, treat2, TE, seTE)."""
    names = list(means)
    return [
        (study, one, two, means[one] - means[two], np.sqrt(variances[one] + variances[two]))
        for place, one in enumerate(names)
        for two in names[place + 1 :]
    ]


def of_rows(rows, **choices):
    return network(*zip(*rows, strict=True), **choices)


def at(found, one, two, league="random"):
    i, j = found.treatments.index(one), found.treatments.index(two)
    return getattr(found, league).estimate[i, j], getattr(found, league).se[i, j]


THREE = {"A": 0.1, "B": 0.5, "C": 0.9}
MULTI = [
    *arms("one", THREE, {"A": 0.02, "B": 0.03, "C": 0.05}),
    *arms("two", {"A": 0.0, "B": 0.9}, {"A": 0.02, "B": 0.01}),
    *arms("three", {"B": 0.2, "C": 0.1}, {"B": 0.01, "C": 0.03}),
    *arms("four", {"A": 0.3, "C": 0.4}, {"A": 0.04, "C": 0.02}),
]


class TestAgainstOtherModels:
    @quick
    @given(effects, errors, st.sampled_from(["DL", "REML"]))
    def test_two_treatments_are_a_pairwise_synthesis(self, TE, seTE, method):
        found, pooled = two_arm(TE, seTE, method, [("A", "B")] * 7), fit(TE, seTE**2, method=method)
        assert (found.tau2, found.Q) == pytest.approx((pooled.tau2, pooled.Q), rel=1e-6, abs=1e-8)
        assert at(found, "A", "B") == pytest.approx((pooled.estimate, pooled.se), rel=1e-6, abs=1e-8)
        assert (found.Q_inc, found.Q_inc_df) == (pytest.approx(0, abs=1e-8), 0)

    @quick
    @given(effects, errors, st.sampled_from(["DL", "REML"]))
    def test_studies_of_two_arms_are_a_meta_regression(self, TE, seTE, method):
        X = np.array([[(a == name) - (b == name) for name in "BCD"] for a, b in PAIRS], dtype=float)
        regression, found = fit(TE, seTE**2, X=X, method=method), two_arm(TE, seTE, method)
        assert found.tau2 == pytest.approx(regression.tau2, rel=1e-6, abs=1e-8)
        assert found.random.estimate[1:, 0] == pytest.approx(regression.beta, rel=1e-5, abs=1e-7)
        assert found.random.se[1:, 0] ** 2 == pytest.approx(np.diagonal(regression.vcov), rel=1e-5)

    def test_one_study_of_three_arms_beside_nothing_that_bears_on_it_stays_as_it_is(self):
        rows = [*arms("one", THREE, {"A": 0.02, "B": 0.03, "C": 0.05}), ("two", "A", "D", 0.3, 0.2)]
        found = of_rows(rows)
        assert (found.Q_df, found.tau2, found.Q_pval) == (0, 0, 1)
        for _, one, two, TE, seTE in rows:
            assert at(found, one, two) == pytest.approx((TE, seTE))


class TestWhateverTheStudies:
    @quick
    @given(effects, errors)
    def test_the_order_of_studies_does_not_matter(self, TE, seTE):
        forward, backward = two_arm(TE, seTE), two_arm(TE[::-1], seTE[::-1], pairs=PAIRS[::-1])
        assert np.allclose(forward.random.estimate, backward.random.estimate, atol=1e-8)
        assert (forward.tau2, forward.Q_inc) == pytest.approx((backward.tau2, backward.Q_inc), abs=1e-7)

    @quick
    @given(effects, errors, st.lists(st.booleans(), min_size=7, max_size=7))
    def test_a_contrast_says_the_same_either_way_round(self, TE, seTE, turned):
        pairs = [pair[::-1] if turn else pair for pair, turn in zip(PAIRS, turned, strict=True)]
        before, after = two_arm(TE, seTE), two_arm(np.where(turned, -TE, TE), seTE, pairs=pairs)
        assert np.allclose(before.random.estimate, after.random.estimate, atol=1e-9)
        assert np.allclose(before.random.se, after.random.se)

    @quick
    @given(effects, errors)
    def test_leagues_are_consistent(self, TE, seTE):
        league = two_arm(TE, seTE).random
        assert np.allclose(league.estimate, -league.estimate.T)
        assert np.allclose(league.estimate[:, [0]] - league.estimate[:, [0]].T, league.estimate)

    @quick
    @given(effects, errors)
    def test_q_is_shared_out_between_heterogeneity_and_inconsistency(self, TE, seTE):
        found = two_arm(TE, seTE)
        assert found.Q_het + found.Q_inc == pytest.approx(found.Q)
        assert (found.Q_het_df, found.Q_inc_df, found.Q_df) == (2, 2, 4)

    @quick
    @given(effects, errors)
    def test_direct_and_indirect_evidence_make_up_the_estimate(self, TE, seTE):
        for split in (found := two_arm(TE, seTE)).split_random:
            if 0 < split.share < 1 and np.isfinite(split.indirect):
                estimate, se = at(found, split.treat1, split.treat2)
                assert split.share * split.direct + (1 - split.share) * split.indirect == pytest.approx(
                    estimate, abs=1e-8
                )
                assert split.direct_se**-2 + split.indirect_se**-2 == pytest.approx(se**-2)

    def test_the_first_named_treatment_of_a_study_with_several_arms_is_no_matter(self):
        renamed = [(s, {"A": "Z"}.get(a, a), {"A": "Z"}.get(b, b), y, e) for s, a, b, y, e in MULTI]
        before, after = of_rows(MULTI), of_rows(renamed)
        assert at(before, "A", "B") == pytest.approx(at(after, "Z", "B"))
        assert (before.Q, before.Q_het, before.tau2) == pytest.approx((after.Q, after.Q_het, after.tau2))

    def test_a_comparison_is_direct_indirect_or_both(self):
        found = two_arm(np.arange(7) / 10, np.full(7, 0.2), pairs=[("A", "B")] * 3 + [("B", "C")] * 4)
        splits = {(split.treat1, split.treat2): split for split in found.split_random}
        assert (splits["A", "B"].share, splits["A", "B"].studies) == (pytest.approx(1), 3)
        assert np.isnan(splits["A", "B"].indirect)
        assert (splits["A", "C"].share, splits["A", "C"].studies) == (0, 0)
        assert splits["A", "C"].indirect == pytest.approx(at(found, "A", "C")[0])
        assert np.isnan(splits["A", "C"].pval)


class TestRanking:
    def test_p_scores_by_hand(self):
        league = League(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 0.0]]))
        assert p_scores(league) == pytest.approx([0.15865525393, 0.84134474607])
        assert p_scores(league, small_values="undesirable") == pytest.approx([0.84134474607, 0.15865525393])
        with pytest.raises(ValueError, match="expected one of desirable, undesirable"):
            p_scores(league, small_values="good")

    @quick
    @given(effects, errors)
    def test_p_scores_are_half_on_average(self, TE, seTE):
        assert p_scores(two_arm(TE, seTE).random).mean() == pytest.approx(0.5)

    def test_intervals_are_wider_at_a_higher_level(self):
        league = of_rows(MULTI).random
        low, high = league.interval(0.95)
        assert high[0, 1] - league.estimate[0, 1] == pytest.approx(1.959963984540054 * league.se[0, 1])
        assert (league.interval(0.99)[0] <= low).all()
        assert (low <= high).all()


class TestRefusals:
    def test_a_network_in_parts(self):
        with pytest.raises(ValueError, match="2 parts that no study connects: A, B; C, D"):
            network(["1", "2"], ["A", "C"], ["B", "D"], [0.1, 0.2], [0.1, 0.1])

    def test_one_study(self):
        with pytest.raises(ValueError, match="two studies or more; found 1"):
            of_rows(MULTI[:3])

    def test_a_study_that_lacks_a_contrast(self):
        with pytest.raises(ValueError, match="study 'one' of 3 arms does not compare 'B' with 'C'"):
            of_rows([row for row in MULTI if row[:3] != ("one", "B", "C")])

    def test_contrasts_of_a_study_that_do_not_fit_together(self):
        with pytest.raises(ValueError, match="study 'one': 'B' against 'C' is not the difference"):
            of_rows([("one", "B", "C", 0.7, 0.3) if row[:3] == ("one", "B", "C") else row for row in MULTI])
        with pytest.raises(ValueError, match="study 'one': its standard errors contradict each other"):
            of_rows([(*row[:4], 5.0) if row[:3] == ("one", "B", "C") else row for row in MULTI])

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            (("five", "A", "A", 0.1, 0.1), "row 7: 'A' is compared with itself"),
            (("four", "C", "A", 0.1, 0.1), "row 7: study 'four' compares 'C' with 'A' twice"),
            (("five", "A", "B", 0.1, 0.0), "row 7: TE is 0.1, seTE is 0"),
            (("five", "A", "B", np.nan, 0.1), "row 7: TE is nan"),
        ],
    )
    def test_a_row_that_makes_no_sense(self, row, message):
        with pytest.raises(ValueError, match=message):
            of_rows([*MULTI, row])

    def test_columns_of_unequal_lengths_and_an_unknown_method(self):
        with pytest.raises(ValueError, match="unequal lengths"):
            network(["1"], ["A"], ["B"], [0.1, 0.2], [0.1])
        with pytest.raises(ValueError, match="expected one of DL, REML"):
            of_rows(MULTI, method="PM")
