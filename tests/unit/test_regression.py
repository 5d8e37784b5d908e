"""Meta-regression: designs, what follows from them by hand, permutation tests, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.synthesis.model import fit
from prismake.synthesis.regression import common_tau2_subgroups, design, permutation_test, regress

quick = settings(max_examples=40, derandomize=True)

YI = np.array([0.1, 0.9, -0.6, 1.4, 0.3, 0.8])
VI = np.array([0.04, 0.05, 0.03, 0.06, 0.2, 0.1])
DOSE = [1.0, 2.0, 0.5, 3.0, 1.5, 2.5]
PLACE = ["home", "ward", "home", "ward", "clinic", "clinic"]


class TestDesign:
    def test_numbers_make_a_column_and_categories_one_for_each_level_but_the_first(self):
        names, X = design({"dose": DOSE, "place": PLACE})
        assert names == ("intercept", "dose", "place: home", "place: ward")
        assert X[1].tolist() == [1, 2, 0, 1]

    def test_the_reference_can_be_chosen(self):
        names, _ = design({"place": PLACE}, reference={"place": "ward"})
        assert names == ("intercept", "place: clinic", "place: home")

    def test_without_an_intercept_the_first_category_keeps_all_levels(self):
        names, X = design({"place": PLACE, "arm": list("ababab")}, intercept=False)
        assert names == ("place: clinic", "place: home", "place: ward", "arm: b")
        assert (X[:, :3].sum(axis=1) == 1).all()

    @pytest.mark.parametrize(
        ("moderators", "message"),
        [
            ({}, "at least one"),
            ({"dose": DOSE, "place": PLACE[:3]}, "equal lengths"),
            ({"dose": [1, 2, np.nan, 3, 4, 5]}, "row 3: no value of moderator dose"),
            ({"place": [*PLACE[:5], ""]}, "row 6: no value of moderator place"),
            ({"place": ["home"] * 6}, "moderator place has one level, home"),
            ({"dose": [2.0] * 6}, "depend on each other"),
        ],
    )
    def test_unusable_moderators_are_refused(self, moderators, message):
        with pytest.raises(ValueError, match=message):
            regress(YI, VI, moderators)

    def test_an_unknown_reference_is_refused(self):
        with pytest.raises(ValueError, match="expected one of clinic, home, ward"):
            design({"place": PLACE}, reference={"place": "hospice"})


class TestRegression:
    def test_the_omnibus_test_of_one_moderator_is_its_squared_statistic(self):
        for interval in ("z", "t", "HKSJ"):
            found = regress(YI, VI, {"dose": DOSE}, interval=interval)
            slope = found.coefficients[1]
            assert (found.moderators.QM, found.moderators.pval) == pytest.approx((slope.stat**2, slope.pval))
            assert found.moderators.df2 == (math.inf if interval == "z" else 4)

    def test_r2_is_the_share_by_which_tau2_falls(self):
        found = regress(YI, VI, {"dose": DOSE})
        without = fit(YI, VI).tau2
        explained = found.R2
        assert explained == pytest.approx(100 * (without - found.fit.tau2) / without)
        assert 50 < explained <= 100

    def test_r2_is_0_where_there_is_nothing_to_explain(self):
        assert regress([0.1, 0.11, 0.1, 0.12], [1.0] * 4, {"dose": [1, 2, 3, 4]}).R2 == 0

    @quick
    @given(st.randoms(use_true_random=False), st.sampled_from(["REML", "DL", "PM"]))
    def test_the_order_of_studies_does_not_matter(self, random, method):
        order = list(range(6))
        random.shuffle(order)
        one = regress(YI, VI, {"dose": DOSE, "place": PLACE}, method=method)
        moderators = {"dose": [DOSE[i] for i in order], "place": [PLACE[i] for i in order]}
        other = regress(YI[order], VI[order], moderators, method=method)
        for mine, theirs in zip(one.coefficients, other.coefficients, strict=True):
            assert theirs.estimate == pytest.approx(mine.estimate, rel=1e-6)

    @quick
    @given(st.floats(0.1, 100), st.floats(-100, 100))
    def test_scale_and_origin_of_a_moderator_change_no_test_of_it(self, scale, origin):
        one = regress(YI, VI, {"dose": DOSE})
        other = regress(YI, VI, {"dose": [scale * dose + origin for dose in DOSE]})
        assert other.coefficients[1].estimate * scale == pytest.approx(one.coefficients[1].estimate, rel=1e-6)
        assert other.moderators.pval == pytest.approx(one.moderators.pval, rel=1e-6)
        assert other.fit.tau2 == pytest.approx(one.fit.tau2, rel=1e-6, abs=1e-9)


class TestCommonTau2:
    def test_groups_share_tau2_and_differ_as_the_contrasts_say(self):
        found = common_tau2_subgroups(YI, VI, PLACE)
        assert list(found.groups) == ["clinic", "home", "ward"]
        home = np.array([place == "home" for place in PLACE])
        w = 1 / (VI[home] + found.fit.tau2)
        assert found.groups["home"].estimate == pytest.approx(w @ YI[home] / w.sum())
        assert found.groups["home"].se == pytest.approx(w.sum() ** -0.5)
        assert found.groups["home"].name == "home"
        assert found.between.df == 2

    def test_a_missing_label_is_refused(self):
        with pytest.raises(ValueError, match="row 2: no value"):
            common_tau2_subgroups(YI, VI, ["a", None, "a", "b", "b", "b"])

    def test_numbers_can_name_groups(self):
        assert list(common_tau2_subgroups(YI, VI, [1, 1, 1, 2, 2, 2]).groups) == [1, 2]


class TestPermutation:
    def test_signs_are_turned_in_every_way(self):
        found = permutation_test([1.0, 1.1, 0.9, 1.2], [0.1] * 4, method="EE")
        assert (found.permutations, found.exact) == (16, True)
        assert found.pvals == pytest.approx([2 / 16])

    def test_every_different_order_of_moderators_is_tried_once(self):
        found = permutation_test([0.0, 0.1, 1.0, 1.1], [0.1] * 4, {"arm": [0, 0, 1, 1]}, method="EE")
        assert (found.permutations, found.exact) == (6, True)
        assert found.pvals[1] == found.omnibus_pval == pytest.approx(2 / 6)

    def test_a_seed_repeats_the_answer(self):
        one, same, other = (
            permutation_test(YI, VI, {"dose": DOSE}, method="DL", iterations=60, seed=seed) for seed in (1, 1, 2)
        )
        assert not one.exact
        assert one.pvals.tolist() == same.pvals.tolist()
        assert one.pvals.tolist() != other.pvals.tolist()
        assert one.pvals.min() >= 1 / 60

    def test_no_iterations_are_refused(self):
        with pytest.raises(ValueError, match="iterations is 0"):
            permutation_test(YI, VI, iterations=0)
