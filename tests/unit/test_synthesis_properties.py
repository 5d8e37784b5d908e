"""What must hold from the figures of studies to their pooled effect, and what unusable studies give.

What holds of the models alone stands in test_model.py, of the effects alone in test_effects.py.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.config import Synthesis
from prismake.synthesis.diagnostics import cumulative, influence
from prismake.synthesis.effects import escalc
from prismake.synthesis.intervals import tau2_interval
from prismake.synthesis.mantel_haenszel import mantel_haenszel, peto
from prismake.synthesis.model import METHODS, fit, leave_one_out, random_effects, subgroups

quick = settings(max_examples=25, derandomize=True)

methods = st.sampled_from([method for method in METHODS if method != "EE"])
intervals = st.sampled_from(["z", "t", "HKSJ", "HKSJ-floor"])
counts, sizes = st.integers(0, 20), st.integers(4, 90)
tables = st.lists(st.tuples(counts, sizes, counts, sizes), min_size=3, max_size=8).map(
    lambda rows: np.array([(a, b + 20, c, d + 20) for a, b, c, d in rows], dtype=float).T
)
rates = st.lists(st.tuples(st.integers(1, 30), st.floats(10, 900), st.integers(1, 30), st.floats(10, 900)), min_size=3,
                 max_size=8).map(lambda rows: np.array(rows).T)  # fmt: skip
means = st.lists(
    st.tuples(st.floats(1, 20), st.floats(0.5, 5), sizes, st.floats(1, 20), st.floats(0.5, 5), sizes),
    min_size=3,
    max_size=8,
).map(lambda rows: np.array(rows, dtype=float).T)

SIZE = ("se", "pval", "tau2", "tau2_ci_low", "tau2_ci_high", "I2", "Q", "weights")
"""Figures that a swap of the arms leaves as they are."""


def of_tables(measure, a, n1, c, n2, **options):
    return escalc(measure, ai=a, n1i=n1, ci=c, n2i=n2, **options)


def of_rates(measure, x1, t1, x2, t2):
    return escalc(measure, x1i=x1, t1i=t1, x2i=x2, t2i=t2)


def of_means(measure, m1, s1, n1, m2, s2, n2):
    return escalc(measure, m1i=m1, sd1i=s1, n1i=n1, m2i=m2, sd2i=s2, n2i=n2)


def same(ours, theirs):
    """To 1e-6, which the flat top of a likelihood allows; below 1e-8 there is no difference."""
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-8, nan_ok=True)


def mirrored(one, other):
    same((other.estimate, other.stat), (-one.estimate, -one.stat))
    same((other.ci_low, other.pi_low), (-one.ci_high, -one.pi_high))
    for figure in SIZE:
        same(getattr(other, figure), getattr(one, figure))


class TestSwappingTheArmsTurnsTheSignOnly:
    @quick
    @given(
        tables,
        st.sampled_from(["OR", "RR", "RD", "AS", "PETO"]),
        st.sampled_from(["only0", "all", "if0all"]),
        intervals,
    )
    def test_of_tables_with_empty_cells(self, table, measure, to, interval):
        a, n1, c, n2 = table
        (yi, vi), (other_yi, other_vi) = (
            of_tables(measure, a, n1, c, n2, to=to),
            of_tables(measure, c, n2, a, n1, to=to),
        )
        known = np.isfinite(yi) & (vi > 0)
        assert (known == (np.isfinite(other_yi) & (other_vi > 0))).all()
        if known.any():
            mirrored(*(fit(y[known], v[known], interval=interval) for y, v in ((yi, vi), (other_yi, other_vi))))

    @quick
    @given(means, st.sampled_from(["MD", "SMD", "SMDH", "ROM"]), methods, intervals)
    def test_of_means(self, figures, measure, method, interval):
        m1, s1, n1, m2, s2, n2 = figures
        effects = of_means(measure, m1, s1, n1, m2, s2, n2), of_means(measure, m2, s2, n2, m1, s1, n1)
        mirrored(*(fit(*one, method=method, interval=interval) for one in effects))

    @quick
    @given(rates, st.sampled_from(["IRR", "IRD", "IRSD"]))
    def test_of_rates(self, figures, measure):
        x1, t1, x2, t2 = figures
        mirrored(*(fit(*one) for one in (of_rates(measure, x1, t1, x2, t2), of_rates(measure, x2, t2, x1, t1))))


class TestTheOrderOfStudiesDoesNotMatter:
    @quick
    @given(tables, st.randoms(use_true_random=False), st.sampled_from(["OR", "RR", "RD"]))
    def test_from_tables_to_the_pooled_effect_by_every_weighting(self, table, random, measure):
        order = list(range(table.shape[1]))
        random.shuffle(order)
        moved = table[:, order]
        yi, vi = of_tables(measure, *table)
        other_yi, other_vi = of_tables(measure, *moved)
        np.testing.assert_array_equal(other_yi, yi[order])
        one, other = fit(yi, vi, interval="HKSJ"), fit(other_yi, other_vi, interval="HKSJ")
        for figure in ("estimate", "ci_low", "pi_high", *SIZE[:-1]):
            same(getattr(other, figure), getattr(one, figure))
        for pool in (lambda **cells: mantel_haenszel(measure, **cells), peto):
            if table[0].any() or table[2].any():
                found = [pool(ai=a, bi=n1 - a, ci=c, di=n2 - c) for a, n1, c, n2 in (table, moved)]
                same((found[1].estimate, found[1].se), (found[0].estimate, found[0].se))

    @quick
    @given(means, st.randoms(use_true_random=False))
    def test_in_leave_one_out_and_subgroups(self, figures, random):
        yi, vi = of_means("MD", *figures)
        groups = np.array(["a" if number % 2 else "b" for number in range(len(yi))])
        order = list(range(len(yi)))
        random.shuffle(order)
        one, other = leave_one_out(yi, vi, Synthesis()), leave_one_out(yi[order], vi[order], Synthesis())
        for place, number in enumerate(order):
            same((other[place].estimate, other[place].tau2), (one[number].estimate, one[number].tau2))
        tests = subgroups(yi, vi, groups, Synthesis()), subgroups(yi[order], vi[order], groups[order], Synthesis())
        same(tests[1].Q_b, tests[0].Q_b)


@quick
@given(means, st.floats(1e-3, 1e3), methods, intervals)
def test_another_unit_of_a_mean_difference_multiplies_the_estimate_and_squares_in_tau2(figures, unit, method, interval):
    m1, s1, n1, m2, s2, n2 = figures
    one = fit(*of_means("MD", m1, s1, n1, m2, s2, n2), method=method, interval=interval)
    other = fit(*of_means("MD", unit * m1, unit * s1, n1, unit * m2, unit * s2, n2), method=method, interval=interval)
    for figure, power in {
        "estimate": 1,
        "se": 1,
        "ci_low": 1,
        "pi_high": 1,
        "tau2": 2,
        "tau2_ci_high": 2,
        "I2": 0,
        "Q": 0,
    }.items():
        same(getattr(other, figure) / unit**power, getattr(one, figure))


@quick
@given(means, st.floats(-3, 3), st.sampled_from(["ML", "REML"]), st.floats(1e4, 1e8))
def test_a_study_changes_the_less_the_less_it_knows(figures, y, method, variance):
    yi, vi = of_means("SMD", *figures)
    without = fit(yi, vi, method=method)
    with_it = fit(np.r_[yi, y], np.r_[vi, variance], method=method)
    if without.tau2 > 1e-3:  # near 0 the likelihood may have its maximum there, on either side of the change
        assert with_it.tau2 == pytest.approx(without.tau2, rel=1e3 / variance, abs=1e3 / variance)
        assert with_it.estimate == pytest.approx(without.estimate, abs=1e3 / variance)


@quick
@given(tables)
def test_the_same_study_many_times_leaves_every_method_at_equal_effects(table):
    yi, vi = (np.repeat(column[0], 6) for column in of_tables("OR", *table))
    reference = fit(yi, vi, method="EE")
    for method in METHODS:
        found = fit(yi, vi, method=method)
        assert (found.tau2, found.I2, found.Q) == pytest.approx((0, 0, 0), abs=1e-20)  # rounding of the mean
        same((found.estimate, found.se, found.ci_low), (reference.estimate, reference.se, reference.ci_low))
        assert found.estimate == pytest.approx(yi[0])
        assert found.se == pytest.approx(math.sqrt(vi[0] / 6))


class TestStudiesThatCannotBePooled:
    """A right answer or a clear error, never a number that is none."""

    @pytest.mark.parametrize(
        "run",
        [
            lambda y, v: fit(y, v),
            lambda y, v: random_effects(y, v, Synthesis()),
            lambda y, v: leave_one_out(y, v, Synthesis()),
            lambda y, v: subgroups(y, v, ["a"] * len(y), Synthesis()),
            lambda y, v: influence(y, v, Synthesis()),
            lambda y, v: cumulative(y, v, range(len(y)), Synthesis()),
            lambda y, v: tau2_interval(y, v),
        ],
    )
    @pytest.mark.parametrize(
        ("yi", "vi", "message"),
        [
            ([], [], "no studies"),
            (
                [0.1, 0.2, 0.3],
                [0.1, -0.1, 0.1],
                r"row 2: yi is 0.2, vi is -0.1; expected finite numbers and a positive",
            ),
            ([0.1, np.nan, 0.3], [0.1, 0.1, 0.1], "row 2: yi is nan"),
            ([0.1, 0.2, 0.3], [0.1, 0.1, np.nan], "row 3: yi is 0.3, vi is nan"),
            ([0.1, 0.2], [0.1], "expected equal lengths"),
        ],
    )
    def test_every_analysis_names_the_row_at_fault(self, run, yi, vi, message):
        with pytest.raises(ValueError, match=message):
            run(yi, vi)

    @pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
    def test_one_table_is_its_own_result(self, measure):
        yi, vi = of_tables(measure, [8.0], [20.0], [3.0], [20.0])
        found = random_effects(yi, vi, Synthesis())
        assert (found.estimate, found.se, found.interval_used) == (
            pytest.approx(yi[0]),
            pytest.approx(vi[0] ** 0.5),
            "z",
        )

    def test_two_tables_have_an_interval_whose_rule_is_named(self):
        yi, vi = of_tables("OR", [8, 9], [20, 20], [3, 6], [20, 20])
        found = random_effects(yi, vi, Synthesis())
        assert (found.k, found.interval_used, found.interval_why) == (2, "HKSJ-floor", "two studies")
        assert math.isnan(found.pi_low)

    @pytest.mark.parametrize("measure", ["OR", "RR", "PETO"])
    def test_tables_without_any_event_have_no_ratio(self, measure):
        yi, vi = of_tables(measure, [0, 0], [20, 30], [0, 0], [20, 30], drop00=True)
        assert np.isnan([*yi, *vi]).all()
        with pytest.raises(ValueError, match="row 1: yi is nan"):
            fit(yi, vi)
        with pytest.raises(ValueError, match="never occurs"):
            peto(ai=[0, 0], bi=[20, 30], ci=[0, 0], di=[20, 30])
        assert math.isnan(mantel_haenszel("OR", ai=[0, 0], bi=[20, 30], ci=[0, 0], di=[20, 30]).estimate)

    def test_tables_without_any_event_have_a_risk_difference_of_0(self):
        yi, vi = of_tables("RD", [0, 0], [20, 30], [0, 0], [20, 30])
        found = fit(yi, vi)
        assert (found.estimate, found.tau2) == (0, 0)
        assert found.se > 0

    def test_a_missing_arm_costs_its_study_alone(self):
        yi, vi = of_tables("OR", [8, 9, 7], [20, 20, 20], [3, np.nan, 4], [20, np.nan, 20])
        assert np.isnan([yi[1], vi[1]]).all()
        assert np.isfinite([yi[0], yi[2]]).all()

    def test_identical_studies_leave_hartung_and_knapp_nothing_unless_floored(self):
        yi, vi = [0.3, 0.3, 0.3], [0.1, 0.1, 0.1]
        plain = fit(yi, vi, interval="HKSJ")
        assert (plain.se, plain.ci_low, plain.ci_high) == (0, pytest.approx(0.3), pytest.approx(0.3))
        usual = random_effects(yi, vi, Synthesis())
        assert (usual.interval_used, usual.interval_why) == ("HKSJ-floor", "tau² is 0")
        assert usual.se == pytest.approx(math.sqrt(0.1 / 3))
        assert usual.ci_low < 0.3 < usual.ci_high
