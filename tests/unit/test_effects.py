"""Effect sizes: formulas, zero cells, refusals, and what must hold for any table."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.synthesis.effects import MEASURES, escalc, inverse_double_arcsine

quick = settings(max_examples=60, derandomize=True)

counts = st.integers(1, 500)
sizes = st.integers(2, 500)
figures = st.floats(0.1, 100)
TABLE = {"ai": [10], "bi": [90], "ci": [20], "di": [80]}
PETO_VARIANCE = 100 * 100 * 30 * 170 / (200**2 * 199)
"""Hypergeometric variance of the 10 events of group 1, of which 15 are expected."""
GROUPS = {"m1i": [12.0], "sd1i": [3.0], "n1i": [20], "m2i": [10.0], "sd2i": [4.0], "n2i": [30]}


def one(measure, **columns):
    """The effect and variance of a single row."""
    (yi,), (vi,) = escalc(measure, **columns)
    return yi, vi


@pytest.mark.parametrize(
    ("measure", "yi", "vi"),
    [
        ("OR", math.log(10 * 80 / (90 * 20)), 1 / 10 + 1 / 90 + 1 / 20 + 1 / 80),
        ("RR", math.log(0.1 / 0.2), 1 / 10 - 1 / 100 + 1 / 20 - 1 / 100),
        ("RD", -0.1, 0.1 * 0.9 / 100 + 0.2 * 0.8 / 100),
        ("PETO", (10 - 15) / PETO_VARIANCE, 1 / PETO_VARIANCE),
        ("AS", math.asin(math.sqrt(0.1)) - math.asin(math.sqrt(0.2)), 1 / 400 + 1 / 400),
    ],
)
def test_two_by_two_tables_by_hand(measure, yi, vi):
    assert one(measure, **TABLE) == pytest.approx((yi, vi), rel=1e-12)


def test_phi_is_the_correlation_in_a_table_with_groups_of_fixed_size():
    """The variance as Kendall & Stuart print it for stratified sampling, with p and q of each group."""
    n1, n2, p1, p2 = 100, 60, 0.1, 0.3
    q1, q2, m, rest = 1 - p1, 1 - p2, 10 + 18, 90 + 42
    across = p2 * q1 + p1 * q2
    terms = (
        4 * n1**3 * p1**2 * p2 * q1**2 * q2,
        4 * n2**3 * p1 * p2**2 * q1 * q2**2,
        n1 * n2**2 * p2 * q2 * across * (p2 * q1 + p1 * (4 * q1 + q2)),
        n1**2 * n2 * p1 * q1 * across * (p1 * q2 + p2 * (q1 + 4 * q2)),
    )
    phi = (10 * 42 - 90 * 18) / math.sqrt(n1 * n2 * m * rest)
    variance = (n1 + n2) ** 2 * sum(terms) / (4 * m**3 * rest**3)
    assert one("PHI", ai=[10], bi=[90], ci=[18], di=[42]) == pytest.approx((phi, variance), rel=1e-12)
    assert np.isnan(one("PHI", ai=[0], bi=[9], ci=[0], di=[8])).all()


def test_a_hazard_ratio_is_pooled_from_its_logarithm():
    assert one("HR", yi=[math.log(0.5)], sei=[0.2]) == pytest.approx((math.log(0.5), 0.04), rel=1e-12)
    assert MEASURES["HR"].ratio
    with pytest.raises(ValueError, match="HR needs either vi or sei"):
        escalc("HR", yi=[0.1])


def test_standardised_difference_has_the_exact_small_sample_correction():
    df = 48
    d = 2 / math.sqrt((19 * 9 + 29 * 16) / df)
    g = d * math.gamma(df / 2) / (math.sqrt(df / 2) * math.gamma((df - 1) / 2))
    assert one("SMD", **GROUPS) == pytest.approx((g, 1 / 20 + 1 / 30 + g**2 / 100), rel=1e-12)


def test_differences_and_ratios_of_means_by_hand():
    assert one("MD", **GROUPS) == pytest.approx((2, 9 / 20 + 16 / 30), rel=1e-12)
    assert one("ROM", **GROUPS) == pytest.approx((math.log(1.2), 9 / (20 * 144) + 16 / (30 * 100)), rel=1e-12)


def test_ratio_of_means_without_its_bias_in_small_samples():
    yi, vi = one("ROM", **GROUPS, correct=True)
    assert yi == pytest.approx(math.log(1.2) + (9 / (20 * 144) - 16 / (30 * 100)) / 2, rel=1e-12)
    assert vi == one("ROM", **GROUPS)[1]
    with pytest.raises(ValueError, match="correct belongs to ROM; measure is SMD"):
        one("SMD", **GROUPS, correct=True)
    assert one("MD", vtype="HO", **GROUPS)[1] == pytest.approx((19 * 9 + 29 * 16) / 48 * (1 / 20 + 1 / 30), rel=1e-12)


def test_rates_and_correlations_by_hand():
    rates = {"x1i": [4], "t1i": [100], "x2i": [9], "t2i": [90]}
    assert one("IRR", **rates) == pytest.approx((math.log(0.4), 1 / 4 + 1 / 9), rel=1e-12)
    assert one("IRD", **rates) == pytest.approx((0.04 - 0.1, 4 / 100**2 + 9 / 90**2), rel=1e-12)
    assert one("ZCOR", ri=[0.5], ni=[28]) == pytest.approx((0.5 * math.log(3), 1 / 25), rel=1e-12)


@pytest.mark.parametrize(
    ("to", "first", "second"),
    [
        ("only0", math.log(0.5 * 8.5 / (10.5 * 2.5)), math.log(4 * 7 / (6 * 3))),
        ("all", math.log(0.5 * 8.5 / (10.5 * 2.5)), math.log(4.5 * 7.5 / (6.5 * 3.5))),
        ("if0all", math.log(0.5 * 8.5 / (10.5 * 2.5)), math.log(4.5 * 7.5 / (6.5 * 3.5))),
        ("none", math.nan, math.log(4 * 7 / (6 * 3))),
    ],
)
def test_zero_cells_are_corrected_where_asked(to, first, second):
    yi, vi = escalc("OR", ai=[0, 4], bi=[10, 6], ci=[2, 3], di=[8, 7], to=to)
    assert yi == pytest.approx([first, second], rel=1e-12, nan_ok=True)
    assert np.isnan(vi).tolist() == np.isnan(yi).tolist()


def test_all_if_any_leaves_tables_alone_when_none_has_a_zero():
    assert one("OR", **TABLE, to="if0all") == one("OR", **TABLE, to="none")


def test_tables_without_any_event_drop_out_only_when_asked():
    table = {"ai": [0, 3, 10], "bi": [10, 7, 0], "ci": [0, 2, 10], "di": [10, 8, 0]}
    assert np.isfinite(escalc("RR", **table)[0]).tolist() == [True, True, True]
    assert np.isfinite(escalc("RR", drop00=True, **table)[0]).tolist() == [False, True, False]


def test_arcsine_difference_needs_no_correction_unless_it_is_asked_for():
    table = {"ai": [0], "bi": [10], "ci": [2], "di": [8]}
    assert one("AS", **table)[0] == pytest.approx(-math.asin(math.sqrt(0.2)))
    assert one("AS", add=0.5, **table)[0] == pytest.approx(
        math.asin(math.sqrt(0.5 / 11)) - math.asin(math.sqrt(2.5 / 11))
    )


def test_totals_may_stand_for_the_cells_without_event():
    assert one("RR", ai=[10], n1i=[100], ci=[20], n2i=[100]) == one("RR", **TABLE)


def test_a_missing_figure_costs_its_own_row_only():
    yi, vi = escalc("OR", ai=[10, np.nan], bi=[90, 5], ci=[20, 5], di=[80, 5])
    assert (yi[0], vi[0]) == one("OR", **TABLE)
    assert np.isnan([yi[1], vi[1]]).all()


@pytest.mark.parametrize(
    ("measure", "columns", "message"),
    [
        (
            "OR",
            {"ai": [1, 12], "n1i": [9, 10], "ci": [1, 1], "n2i": [9, 9]},
            "row 2: more events than people: ai is 12",
        ),
        ("OR", {"ai": [1, -1], "bi": [9, 10], "ci": [1, 1], "di": [9, 9]}, "row 2: a negative number: ai is -1"),
        ("OR", {"ai": [0], "bi": [0], "ci": [1], "di": [9]}, "row 1: nobody in group 1"),
        ("MD", GROUPS | {"sd2i": [-1]}, "row 1: a negative standard deviation: sd2i is -1"),
        ("MD", GROUPS | {"n1i": [0]}, "row 1: no people: n1i is 0"),
        ("PLO", {"xi": [3, 11], "ni": [10, 10]}, "row 2: more events than people"),
        ("ZCOR", {"ri": [1.2], "ni": [10]}, "row 1: a correlation beyond -1 to 1"),
        ("IRR", {"x1i": [1], "t1i": [0], "x2i": [1], "t2i": [9]}, "row 1: no person-time: t1i is 0"),
        ("GEN", {"yi": [1, 2], "vi": [1, -2]}, "row 2: a negative variance: vi is -2"),
        ("GEN", {"yi": [1], "sei": [-2]}, "row 1: a negative standard error"),
        ("GEN", {"yi": [np.inf], "vi": [1]}, "row 1: an infinite value: yi"),
        ("GEN", {"yi": [1], "vi": [1], "sei": [1]}, "either vi or sei"),
        ("GEN", {"yi": [1, 2], "vi": [1]}, "unequal lengths"),
        ("XX", {}, "measure is 'XX'; expected one of OR"),
        ("MD", {"m1i": [1]}, "MD cannot be made from m1i"),
        ("MD", GROUPS | {"vtype": "UB"}, "vtype is 'UB'; expected one of LS, HO"),
        ("OR", TABLE | {"to": "some"}, "to is 'some'"),
        ("OR", TABLE | {"add": -1}, "add is -1"),
    ],
)
def test_impossible_input_is_refused_by_name(measure, columns, message):
    with pytest.raises(ValueError, match=message):
        escalc(measure, **columns)


def test_refusal_counts_further_rows():
    with pytest.raises(ValueError, match=r"row 1: .* 2 more rows"):
        escalc("GEN", yi=[1, 2, 3], vi=[-1, -1, -1])


@pytest.mark.parametrize("measure", ["PR", "PLN", "PLO", "PAS"])
def test_proportions_come_back_from_their_scale(measure):
    yi, _ = escalc(measure, xi=[3, 40], ni=[10, 50])
    assert MEASURES[measure].back(yi) == pytest.approx([0.3, 0.8], rel=1e-12)


@pytest.mark.parametrize("measure", ["IR", "IRLN", "IRS"])
def test_rates_come_back_from_their_scale(measure):
    yi, _ = escalc(measure, xi=[3, 40], ti=[10, 50])
    assert MEASURES[measure].back(yi) == pytest.approx([0.3, 0.8], rel=1e-12)


def test_ratio_measures_are_those_whose_line_of_no_effect_is_1():
    assert {name for name, measure in MEASURES.items() if measure.ratio} == {"OR", "RR", "PETO", "ROM", "IRR", "HR"}
    for measure in MEASURES.values():
        if measure.ratio:
            assert measure.back(0.0) == 1


@quick
@given(a=counts, b=counts, c=counts, d=counts)
@pytest.mark.parametrize("measure", ["OR", "RR", "RD", "PETO", "AS"])
def test_swapping_the_arms_of_a_table_changes_only_the_sign(measure, a, b, c, d):
    yi, vi = one(measure, ai=[a], bi=[b], ci=[c], di=[d])
    assert one(measure, ai=[c], bi=[d], ci=[a], di=[b]) == pytest.approx((-yi, vi), rel=1e-9, abs=1e-12)


@quick
@given(a=counts, b=counts, c=counts, d=counts)
def test_counting_the_opposite_event_inverts_the_odds_ratio(a, b, c, d):
    yi, vi = one("OR", ai=[a], bi=[b], ci=[c], di=[d])
    assert one("OR", ai=[b], bi=[a], ci=[d], di=[c]) == pytest.approx((-yi, vi), rel=1e-9, abs=1e-12)


@quick
@given(m1=figures, s1=figures, n1=sizes, m2=figures, s2=figures, n2=sizes, unit=st.floats(1e-3, 1e3))
@pytest.mark.parametrize("measure", ["MD", "SMD", "SMDH", "ROM"])
def test_means_swap_and_change_units(measure, m1, s1, n1, m2, s2, n2, unit):
    yi, vi = one(measure, m1i=[m1], sd1i=[s1], n1i=[n1], m2i=[m2], sd2i=[s2], n2i=[n2])
    swapped = one(measure, m1i=[m2], sd1i=[s2], n1i=[n2], m2i=[m1], sd2i=[s1], n2i=[n1])
    assert swapped == pytest.approx((-yi, vi), rel=1e-9, abs=1e-12)
    m1, s1, m2, s2 = (unit * figure for figure in (m1, s1, m2, s2))
    factor = unit if measure == "MD" else 1
    scaled = one(measure, m1i=[m1], sd1i=[s1], n1i=[n1], m2i=[m2], sd2i=[s2], n2i=[n2])
    assert scaled == pytest.approx((factor * yi, factor**2 * vi), rel=1e-6, abs=1e-9 * factor)


@pytest.mark.parametrize(
    ("measure", "vtype", "yi", "vi"),
    [
        ("MC", "LS", [1.0, -0.5, 1.2], [0.37, 0.0383333333333333, 0.21725]),
        (
            "SMCC",
            "LS",
            [0.441339394683492, -0.454071552880704, 0.808478640421025],
            [0.0914491858874830, 0.0367696829189249, 0.1658523570010643],
        ),
        (
            "SMCC",
            "LS2",
            [0.441339394683492, -0.454071552880704, 0.808478640421025],
            [0.0801846232349985, 0.0350507657730340, 0.1394654076508555],
        ),
        (
            "SMCR",
            "LS",
            [0.464979904987889, -0.324624994865575, 1.332304361509127],
            [0.0923419296684394, 0.0217563564548579, 0.4109396819810152],
        ),
        (
            "SMCR",
            "LS2",
            [0.464979904987889, -0.324624994865575, 1.332304361509127],
            [0.0810773670159549, 0.0207250061673234, 0.3476110035405141],
        ),
    ],
)
def test_changes_of_the_same_people_as_metafor_has_them(measure, vtype, yi, vi):
    """Answers of metafor 3.8-1."""
    columns = {"m1i": [10, 5, 3.2], "sd1i": [2, 1.5, 0.8], "m2i": [9, 5.5, 2], "sd2i": [2.2, 1.1, 0.9]}
    found = escalc(measure, **columns, ni=[12, 30, 8], ri=[0.5, 0.7, -0.2], vtype=vtype)
    assert found[0] == pytest.approx(yi, rel=1e-12)
    assert found[1] == pytest.approx(vi, rel=1e-12)


@pytest.mark.parametrize(
    ("vtype", "vi"),
    [
        ("LS", [0.089193480823255178, 0.017402024060035590, 0.000232239441018412, 0.005025125628140704, 0]),
        (
            "AV",
            [0.10177403383119646, 0.22899157612019203, 0.02348631549950687, 0.00460284575115964, 0.04820875286740885],
        ),
        ("UB", [0.123713398550697712, 0.020163580139127446, 0.000231321538258666, 0.005102040816382214, 0]),
    ],
)
def test_correlations_without_their_bias_as_metafor_has_them(vtype, vi):
    """Answers of metafor 3.8-1; four people are too few for the correction."""
    found = escalc("UCOR", ri=[0.3, -0.8, 0.95, 0, 1, 0.5], ni=[10, 5, 40, 200, 20, 4], vtype=vtype)
    yi = [0.322554911513530, -0.858001478391045, 0.951225499627485, 0, 1]
    assert found[0][:5] == pytest.approx(yi, rel=1e-12)
    assert found[1][:5] == pytest.approx(vi, rel=1e-10, abs=1e-15)
    assert np.isnan(found[0][5])
    assert np.isnan(found[1][5])


def test_the_correction_of_a_correlation_vanishes_with_people():
    """Scipy's hypergeometric function has no answer for some of these; the first terms of Olkin & Pratt's series do."""
    n = np.array([100.0, 301, 333, 1000, 10_000, 1e6])
    yi, vi = escalc("UCOR", ri=np.full(6, -0.13), ni=n, vtype="UB")
    assert yi == pytest.approx(-0.13 * (1 + (1 - 0.13**2) / (2 * (n - 4))), rel=1e-3)
    assert vi == pytest.approx((1 - 0.13**2) ** 2 / (n - 1), rel=0.06)


def test_correlations_of_three_people_have_no_variance():
    assert np.isnan(escalc("COR", ri=[0.3], ni=[3])[1]).all()


def test_impossible_changes_are_named():
    good = {"m1i": [1], "sd1i": [1], "m2i": [1], "sd2i": [1], "ni": [9], "ri": [0.5]}
    with pytest.raises(ValueError, match="row 1: a correlation beyond -1 to 1: ri is 2"):
        escalc("MC", **good | {"ri": [2]})
    with pytest.raises(ValueError, match="row 1: a negative standard deviation: sd2i is -1"):
        escalc("SMCC", **good | {"sd2i": [-1]})


class TestDoubleArcsine:
    def test_its_inverse_returns_the_proportion(self):
        n = np.array([5.0, 12, 40, 300])
        for share in (0, 0.2, 0.5, 0.8, 1):
            yi, _ = escalc("PFT", xi=share * n, ni=n)
            assert inverse_double_arcsine(yi, n) == pytest.approx(np.full(4, share), abs=1e-7)

    def test_values_no_proportion_has_are_0_and_1(self):
        assert inverse_double_arcsine([-0.2, 0.01, 1.5, 2.0], 10).tolist() == [0, 0, 1, 1]

    def test_it_is_that_of_metafor(self):
        """transf.ipft.hm(c(0.3, 0.6, 1.2), targs = list(ni = c(10, 20, 60))) of metafor 3.8-1."""
        size = 3 / (1 / 10 + 1 / 20 + 1 / 60)
        expected = [0.06630266388542116, 0.30906079115402280, 0.88799678244440838]
        assert inverse_double_arcsine([0.3, 0.6, 1.2], size) == pytest.approx(expected, rel=1e-12)
