"""Mixed models of counts: against integrals by brute force, special cases, rare events, refusals."""

import math

import numpy as np
import pytest
from prismake.synthesis.glmm import fit_counts
from scipy.special import expit

TABLES = {
    "ai": [14, 18, 15, 10, 21, 3, 2],
    "bi": [40, 61, 52, 30, 80, 20, 25],
    "ci": [25, 19, 32, 12, 24, 16, 3],
    "di": [33, 60, 40, 31, 70, 9, 21],
}
RATES = {"x1i": [7, 8, 3, 6], "t1i": [1344, 1988, 1461, 502], "x2i": [11, 8, 14, 10], "t2i": [1988, 1460, 1962, 470]}
PROPORTIONS = {"xi": [1, 4, 12, 9], "ni": [10, 22, 31, 60]}


def brute_force(mean, tau, x, n):
    """Log-likelihood of binomial counts with a normal logit, on a fine grid."""
    u = np.linspace(-12, 12, 20001)
    p = expit(mean + tau * u)
    density = np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi) * (u[1] - u[0])
    return sum(
        math.log(np.sum(math.comb(n_i, x_i) * p**x_i * (1 - p) ** (n_i - x_i) * density))
        for x_i, n_i in zip(x, n, strict=True)
    )


class TestProportions:
    def test_the_likelihood_is_that_of_the_integral_and_nowhere_higher(self):
        found = fit_counts("PLO", **PROPORTIONS)
        tau = math.sqrt(found.tau2)
        assert found.log_likelihood == pytest.approx(brute_force(found.estimate, tau, **rows()), abs=1e-8)
        for mean in (found.estimate - 0.05, found.estimate + 0.05):
            assert brute_force(mean, tau, **rows()) < found.log_likelihood
        for other in (tau - 0.05, tau + 0.05):
            assert brute_force(found.estimate, other, **rows()) < found.log_likelihood

    def test_equal_proportions_have_no_heterogeneity(self):
        found = fit_counts("PLO", xi=[5, 10, 20], ni=[20, 40, 80])
        assert (found.tau2, found.I2) == (0, 0)
        assert found.estimate == pytest.approx(math.log(1 / 3))
        assert found.se == pytest.approx((1 / 35 + 1 / 105) ** 0.5, rel=1e-6)
        assert found.Q_lrt_pval == pytest.approx(1)

    def test_more_nodes_come_closer(self):
        exact = fit_counts("PLO", nodes=41, **PROPORTIONS)
        errors = [abs(fit_counts("PLO", nodes=nodes, **PROPORTIONS).estimate - exact.estimate) for nodes in (1, 5, 21)]
        assert errors[0] > errors[1] > errors[2]
        assert errors[2] < 1e-7


def rows():
    return {"x": PROPORTIONS["xi"], "n": PROPORTIONS["ni"]}


class TestComparisons:
    @pytest.mark.parametrize(
        ("measure", "model"),
        [("OR", "UM.FS"), ("OR", "UM.RS"), ("OR", "CM.AL"), ("IRR", "UM.FS"), ("IRR", "UM.RS"), ("IRR", "CM.EL")],
    )
    def test_swapping_the_groups_turns_the_sign_only(self, measure, model):
        counts = TABLES if measure == "OR" else RATES
        names = list(counts)
        other = dict(zip(names, [counts[name] for name in names[2:] + names[:2]], strict=True))
        one, turned = (fit_counts(measure, model, nodes=5, **columns) for columns in (counts, other))
        assert -turned.estimate == pytest.approx(one.estimate, rel=1e-5, abs=1e-7)
        assert (turned.tau2, turned.se) == pytest.approx((one.tau2, one.se), rel=1e-4, abs=1e-7)

    def test_rates_by_conditional_likelihood_are_binomial(self):
        found = fit_counts("IRR", "CM.EL", x1i=[10, 20], t1i=[100, 200], x2i=[20, 40], t2i=[100, 200])
        assert found.tau2 == 0
        assert found.estimate == pytest.approx(math.log(1 / 2))
        assert found.se == pytest.approx((1 / 30 + 1 / 60) ** 0.5, rel=1e-6)

    @pytest.mark.parametrize("model", ["UM.FS", "UM.RS", "CM.AL"])
    def test_zero_cells_need_no_correction_and_empty_tables_say_nothing(self, model):
        rare = {"ai": [0, 1, 0, 2], "bi": [50, 60, 40, 90], "ci": [3, 2, 1, 5], "di": [48, 60, 41, 85]}
        empty = {name: [*column, 0 if name in ("ai", "ci") else 30] for name, column in rare.items()}
        one, other = (fit_counts("OR", model, nodes=5, **columns) for columns in (rare, empty))
        assert one.k == other.k == 4
        assert (other.estimate, other.se) == pytest.approx((one.estimate, one.se))
        assert -3 < one.estimate < -0.5


class TestRefusals:
    @pytest.mark.parametrize(
        ("measure", "model", "counts", "message"),
        [
            ("RR", "", TABLES, "measure is 'RR'; expected one of OR"),
            ("OR", "CM.EL", TABLES, "model is 'CM.EL'; expected one of UM.FS"),
            ("OR", "", TABLES | {"ai": [0] * 7}, "ai: no events in any study"),
            ("OR", "", {"ai": [1, 0], "bi": [9, 9], "ci": [1, 0], "di": [9, 9]}, "1 studies with events"),
            ("OR", "", TABLES | {"nodes": 0}, "nodes is 0"),
            ("PLO", "", {"xi": [3, 2], "ni": [2, 2]}, "more events than people"),
        ],
    )
    def test_unusable_counts_are_refused(self, measure, model, counts, message):
        with pytest.raises(ValueError, match=message):
            fit_counts(measure, model, **counts)
