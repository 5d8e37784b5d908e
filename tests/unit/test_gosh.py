"""Fits of all subsets: against metafor and against the fits themselves, and refusals."""

import numpy as np
import pytest
from prismake.synthesis.gosh import ALL_UP_TO, gosh
from prismake.synthesis.model import fit

YI = np.array([0.1, 0.9, -0.6, 1.4])
VI = np.array([0.04, 0.05, 0.03, 0.06])


METAFOR = {  # estimates by DL
    1: [0.1, 0.9, -0.6, 1.4],
    2: [0.49375, -0.2571428571, 0.1433333333, 0.7423076923, 1.14, 0.3925],
    3: [0.1243740316, 0.7902143162, 0.2888867236, 0.5580103373],
    4: [0.4392882025],
}


class TestAllSubsets:
    def test_estimates_are_those_of_metafor(self):
        found = gosh(YI, VI, method="DL")
        for k, estimates in METAFOR.items():
            assert sorted(found.estimate[found.k == k]) == pytest.approx(sorted(estimates))

    def test_every_subset_is_fitted_once(self):
        found = gosh(YI, VI, method="DL")
        assert len({tuple(row) for row in found.included.tolist()}) == 15
        assert found.k.tolist() == found.included.sum(axis=1).tolist()
        for row, estimate, tau2, I2, Q in zip(
            found.included, found.estimate, found.tau2, found.I2, found.Q, strict=True
        ):
            one = fit(YI[row], VI[row], method="DL")
            assert (estimate, tau2, I2, Q) == (one.estimate, one.tau2, one.I2, one.Q)

    def test_single_studies_are_their_own_estimates(self):
        found = gosh(YI, VI)
        assert sorted(found.estimate[found.k == 1]) == pytest.approx(sorted(YI))
        assert (found.tau2[found.k == 1] == 0).all()


class TestByLot:
    def test_the_same_seed_takes_the_same_subsets(self):
        yi, vi = np.linspace(-1, 1, 20), np.full(20, 0.1)
        first, again, other = (gosh(yi, vi, method="EE", subsets=50, seed=seed) for seed in (1, 1, 2))
        assert (first.included == again.included).all()
        assert (first.included != other.included).any()
        assert len({tuple(row) for row in first.included.tolist()}) == 50
        assert first.k.min() >= 2

    def test_all_there_are_can_be_asked_for(self):
        assert len(gosh(YI, VI, method="EE", subsets=11, seed=1).estimate) == 11


class TestRefusals:
    def test_too_few_and_too_many_studies(self):
        with pytest.raises(ValueError, match="2 studies; subsets"):
            gosh(YI[:2], VI[:2])
        many = ALL_UP_TO + 1
        with pytest.raises(ValueError, match="say how many to take by lot"):
            gosh(np.zeros(many), np.ones(many))

    def test_impossible_lots(self):
        with pytest.raises(ValueError, match="need a seed"):
            gosh(YI, VI, subsets=5)
        with pytest.raises(ValueError, match="4 studies have 11 subsets"):
            gosh(YI, VI, subsets=12, seed=1)
        with pytest.raises(ValueError, match="subsets is 0"):
            gosh(YI, VI, subsets=0, seed=1)
