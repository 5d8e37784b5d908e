"""Influence, residuals, Baujat and cumulative fits: what must hold for any studies, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.config import Synthesis
from prismake.synthesis.diagnostics import baujat, cumulative, influence, standardised_residuals
from prismake.synthesis.model import random_effects

quick = settings(max_examples=40, derandomize=True)

WALD = Synthesis(method="DL", interval="Wald")
HARTUNG_KNAPP = Synthesis(method="DL")
SIGNED = ("rstudent", "dffits", "dfbs")

studies = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 2)), min_size=3, max_size=8).map(
    lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
)


def same(ours, theirs):
    return np.allclose(ours, theirs, rtol=1e-8, atol=1e-10)


class TestInfluence:
    @quick
    @given(studies, st.sampled_from([WALD, HARTUNG_KNAPP]))
    def test_the_order_of_studies_does_not_matter(self, data, model):
        forward, backward = influence(*data, model), influence(*(column[::-1] for column in data), model)
        for name, values in vars(forward).items():
            if name != "influential":  # a rule that is met to the last digit may turn
                assert same(values, getattr(backward, name)[::-1]), name

    @quick
    @given(studies)
    def test_swapped_arms_change_signs_alone(self, data):
        before, after = influence(*data, WALD), influence(-data[0], data[1], WALD)
        for name, values in vars(before).items():
            assert same(-1 * values if name in SIGNED else values, getattr(after, name)), name

    @quick
    @given(studies)
    def test_shares_add_up_to_all(self, data):
        found = influence(*data, WALD)
        assert found.hat.sum() == pytest.approx(1)
        assert found.weight.sum() == pytest.approx(100)

    def test_a_study_far_from_all_others_is_marked_and_no_other(self):
        found = influence([0.1, 0.2, 0.15, 0.12] * 5 + [1.5], [0.04] * 21, Synthesis(method="EE"))
        assert np.flatnonzero(found.influential).tolist() == [20]
        assert found.rstudent[20] > 6

    @pytest.mark.parametrize("model", [WALD, HARTUNG_KNAPP, Synthesis(hartung_knapp={"tau2_zero": "plain"})])
    @pytest.mark.filterwarnings("error")
    def test_equal_effects_have_no_residuals_and_no_influence(self, model):
        found = influence([0.3] * 4, [0.1, 0.2, 0.3, 0.4], model)
        for figure in (found.rstudent, found.dffits, found.dfbs):
            assert (figure == 0).all()
        assert not found.influential.any()

    @pytest.mark.parametrize("figure", [influence, standardised_residuals, baujat])
    def test_one_study_is_refused(self, figure):
        with pytest.raises(ValueError, match="one study"):
            figure([0.1], [0.04], WALD)


class TestResiduals:
    @quick
    @given(studies)
    def test_of_equal_effects_they_are_the_outlying_residuals(self, data):
        model = Synthesis(method="EE")
        assert same(standardised_residuals(*data, model).z, influence(*data, model).rstudent)


class TestBaujat:
    def test_coordinates_are_those_of_metafor(self):
        found = baujat([0.1, 0.9, -0.6, 1.4], [0.04, 0.05, 0.03, 0.06], WALD)
        assert found.heterogeneity == pytest.approx([0.145864469328, 0.265584226741, 1.386187933897, 1.140589768822])
        assert found.influence == pytest.approx([0.0345251819394, 0.0733570546528, 0.8329960967969, 0.5333709553431])

    @quick
    @given(studies)
    def test_shares_of_equal_effects_add_up_to_q(self, data):
        model = Synthesis(method="EE")
        assert baujat(*data, model).heterogeneity.sum() == pytest.approx(random_effects(*data, model).Q, abs=1e-10)

    @quick
    @given(studies)
    def test_influence_is_cooks_distance_over_the_change_of_variance(self, data):
        found = influence(*data, WALD)
        assert same(baujat(*data, WALD).influence, found.cook_d / found.cov_r)


class TestCumulative:
    def test_each_fit_takes_one_study_more(self):
        yi, vi = np.array([0.1, 0.9, -0.6]), np.array([0.04, 0.05, 0.03])
        fits = cumulative(yi, vi, [2, 0, 1], WALD)
        assert [fit.k for fit in fits] == [1, 2, 3]
        assert fits[0].estimate == pytest.approx(-0.6)
        assert fits[1].estimate == pytest.approx(random_effects(yi[[2, 0]], vi[[2, 0]], WALD).estimate)
        assert fits[2].estimate == pytest.approx(random_effects(yi, vi, WALD).estimate)

    @pytest.mark.parametrize("order", [[0, 1], [0, 1, 1], [1, 2, 3]])
    def test_an_order_that_does_not_name_each_study_once_is_refused(self, order):
        with pytest.raises(ValueError, match="each number from 0 to 2 once"):
            cumulative([0.1, 0.9, -0.6], [0.04, 0.05, 0.03], order, WALD)
