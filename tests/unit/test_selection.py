"""The selection model: an independent likelihood, simulated selection, and refusals."""

import math

import numpy as np
import pytest
from prismake.synthesis.model import fit
from prismake.synthesis.selection import three_parameter
from prismake.synthesis.tau2 import NotConverged
from scipy.integrate import quad


def seen(k, mu, tau2, weight, seed):
    """Studies that are always seen where significant, else with probability `weight`."""
    random = np.random.default_rng(seed)
    kept = []
    while len(kept) < k:
        vi = random.uniform(0.02, 0.2)
        yi = random.normal(mu, np.sqrt(vi + tau2))
        if yi / np.sqrt(vi) > 1.96 or random.random() < weight:
            kept.append((yi, vi))
    return tuple(np.array(column) for column in zip(*kept, strict=True))


def log_likelihood(yi, vi, mu, tau2, weight):
    """By integration of the density of what is seen, with no formula in common."""
    total = 0.0
    for y, v in zip(yi, vi, strict=True):
        border, s = 1.959963984540054 * math.sqrt(v), math.sqrt(v + tau2)

        def density(x, s=s, border=border):
            return math.exp(-(((x - mu) / s) ** 2) / 2) / (s * math.sqrt(2 * math.pi)) * (1 if x >= border else weight)

        share = quad(density, mu - 12 * s, border)[0] + quad(density, border, max(border, mu + 12 * s))[0]
        total += np.log(density(y) / share)
    return total


STUDIES = seen(30, 0.3, 0.05, 0.3, seed=3)


class TestThreeParameter:
    def test_no_other_parameters_are_more_likely(self):
        found = three_parameter(*STUDIES)
        at = (found.estimate, found.tau2, found.weight)
        best = log_likelihood(*STUDIES, *at)
        assert found.log_likelihood == pytest.approx(best, abs=1e-6)
        for i in range(3):
            for factor in (0.9, 0.99, 1.01, 1.1):
                other = list(at)
                other[i] *= factor
                assert log_likelihood(*STUDIES, *other) < best

    def test_the_standard_error_is_that_of_the_curvature(self):
        found, step = three_parameter(*STUDIES), 1e-3
        at = np.array([found.estimate, found.tau2, found.weight])
        hessian = np.zeros((3, 3))
        for i in range(3):
            for j in range(3):
                corners = [(a, b, a * b) for a in (1, -1) for b in (1, -1)]
                moved = [at + step * (a * np.eye(3)[i] + b * np.eye(3)[j]) for a, b, _ in corners]
                values = [log_likelihood(*STUDIES, *theta) for theta in moved]
                hessian[i, j] = sum(c[2] * value for c, value in zip(corners, values, strict=True)) / (4 * step**2)
        assert found.se == pytest.approx(np.sqrt(np.linalg.inv(-hessian)[0, 0]), rel=1e-2)

    def test_it_undoes_the_selection_of_simulated_studies(self):
        data = seen(3000, 0.2, 0.04, 0.25, seed=1)
        found = three_parameter(*data)
        assert fit(*data, method="ML").estimate > 0.3
        assert found.estimate == pytest.approx(0.2, abs=4 * found.se)
        assert found.tau2 == pytest.approx(0.04, abs=0.015)
        assert found.weight == pytest.approx(0.25, abs=0.05)
        assert found.LRT_pval < 1e-6

    def test_without_selection_the_weight_is_about_1(self):
        found = three_parameter(*seen(3000, 0.2, 0.04, 1.0, seed=2))
        assert found.weight == pytest.approx(1, abs=0.2)
        assert found.LRT_pval > 0.01

    def test_swapped_arms_change_signs_alone(self):
        positive, negative = three_parameter(*STUDIES), three_parameter(-STUDIES[0], STUDIES[1], favoured="negative")
        assert positive.estimate == pytest.approx(-negative.estimate)
        assert (positive.weight, positive.se) == pytest.approx((negative.weight, negative.se))

    def test_order_and_units_do_not_matter(self):
        found, other = three_parameter(*STUDIES), three_parameter(100 * STUDIES[0][::-1], 1e4 * STUDIES[1][::-1])
        assert other.estimate == pytest.approx(100 * found.estimate, rel=1e-6)
        assert other.tau2 == pytest.approx(1e4 * found.tau2, rel=1e-6)
        assert (other.weight, other.LRT) == pytest.approx((found.weight, found.LRT), rel=1e-6)


class TestRefusals:
    @pytest.mark.parametrize(("effect", "which"), [(5.0, "all"), (-0.1, "none")])
    def test_studies_on_one_side_of_the_step_alone(self, effect, which):
        with pytest.raises(ValueError, match=f"{which} of 12 studies significant"):
            three_parameter([effect + i / 100 for i in range(12)], [0.1] * 12)

    def test_too_few_studies(self):
        with pytest.raises(ValueError, match="9 studies; a selection model needs 10"):
            three_parameter(STUDIES[0][:9], STUDIES[1][:9])

    def test_an_unknown_direction(self):
        with pytest.raises(ValueError, match="expected one of positive, negative"):
            three_parameter(*STUDIES, favoured="greater")

    def test_a_likelihood_that_rises_for_ever_is_no_number(self):
        # The one significant study is so precise that no weight of the others could hide it.
        with pytest.raises(NotConverged, match="no maximum"):
            three_parameter([*np.linspace(0.5, 1.5, 11), 1.0], [1.0] * 11 + [1e-4])
