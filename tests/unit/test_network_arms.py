"""Contrasts from arms: netmeta's for a network of trials, those of pairwise synthesis for two arms, zero counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_cases import netmeta_contrasts, smoking
from prismake.synthesis.effects import escalc
from prismake.synthesis.network.arms import contrasts
from prismake.synthesis.network.model import network

MEASURES = ("OR", "RR", "RD", "MD", "SMD", "ROM", "IRR", "IRD")


def columns(found):
    return (
        [one.study for one in found],
        [one.first["treatment"] for one in found],
        [one.second["treatment"] for one in found],
        [one.yi for one in found],
        [one.sei for one in found],
    )


def arms(*names, **more):
    """Arms with figures for every measure."""
    return [
        {"treatment": name, "events": 5 + 3 * k, "n": 40 + k, "mean": 2.0 + k, "sd": 1.5 + k / 4, "time": 100.0 + 7 * k}
        | more
        for k, name in enumerate(names)
    ]


def test_trials_by_arm_give_the_contrasts_that_netmeta_was_given():
    found, left_out = contrasts("OR", smoking())
    theirs = {
        (study, frozenset((one, two))): (one, TE, seTE)
        for study, one, two, TE, seTE in zip(*netmeta_contrasts("netmeta_dat.hasselblad1998"), strict=True)
    }
    assert (len(found), left_out) == (len(theirs), {})
    for one in found:
        first, second = one.first["treatment"], one.second["treatment"]
        base, TE, seTE = theirs[one.study, frozenset((first, second))]
        assert one.yi == pytest.approx(TE if base == first else -TE, rel=1e-12)
        assert one.sei == pytest.approx(seTE, rel=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_two_arms_are_what_a_pairwise_synthesis_makes_of_them(measure):
    one, two = arms("A", "B")
    (found,), _ = contrasts(measure, {"s": [one, two]})
    if measure in ("OR", "RR", "RD"):
        figures = {"ai": one["events"], "n1i": one["n"], "ci": two["events"], "n2i": two["n"]}
    elif measure.startswith("IR"):
        figures = {"x1i": one["events"], "t1i": one["time"], "x2i": two["events"], "t2i": two["time"]}
    else:
        figures = {
            "m1i": one["mean"],
            "sd1i": one["sd"],
            "n1i": one["n"],
            "m2i": two["mean"],
            "sd2i": two["sd"],
            "n2i": two["n"],
        }
    yi, vi = escalc(measure, **figures)
    assert (found.yi, found.sei**2) == pytest.approx((yi[0], vi[0]), rel=1e-12)


@settings(max_examples=20, derandomize=True)
@given(st.sampled_from(MEASURES), st.lists(st.integers(1, 20), min_size=4, max_size=4))
def test_contrasts_of_a_study_with_four_arms_fit_together(measure, events):
    of_study = [arm | {"events": count, "mean": float(count)} for arm, count in zip(arms(*"ABCD"), events, strict=True)]
    found, _ = contrasts(measure, {"one": of_study, "two": arms("A", "D")})
    assert len(found) == 7
    assert network(*columns(found)).k == 2  # which refuses contrasts or errors that contradict each other
    at = {(one.first["treatment"], one.second["treatment"]): one.yi for one in found if one.study == "one"}
    assert at["A", "B"] + at["B", "D"] == pytest.approx(at["A", "D"], abs=1e-9)


def test_standardised_differences_of_three_arms_by_hand():
    """Crippa & Orsini 2016, equations 4 and 5, with Hedges' factor for 27 degrees of freedom."""
    of_study = [
        {"treatment": t, "mean": m, "sd": s, "n": 10} for t, m, s in (("A", 1.0, 1.0), ("B", 2.0, 2.0), ("C", 4.0, 3.0))
    ]
    found, _ = contrasts("SMD", {"s": of_study})
    pooled = np.sqrt(14 / 3)
    correction = 0.97198  # exact gamma ratio; 1 - 3 / (4 * 27 - 1) is 0.97196
    assert [one.yi for one in found] == pytest.approx(np.array([-1, -3, -2]) * correction / pooled, rel=1e-4)
    assert [one.sei**2 for one in found] == pytest.approx([0.2 + one.yi**2 / 60 for one in found])


def test_effects_of_a_scale_that_runs_the_other_way_have_their_sign_turned():
    up, _ = contrasts("SMD", {"s": arms(*"ABC")})
    down, _ = contrasts("SMD", {"s": arms(*"ABC", reversed=True)})
    assert [one.yi for one in up] == [-one.yi for one in down]
    assert [one.sei for one in up] == [one.sei for one in down]


def test_ratios_of_means_without_their_bias_still_fit_together():
    studies = {"s": arms(*"ABC"), "t": arms("A", "B")}
    found, _ = contrasts("ROM", studies, correct=True)
    assert network(*columns(found)).k == 2
    assert found[0].yi != contrasts("ROM", studies)[0][0].yi


def test_what_is_added_to_a_zero_count_goes_to_every_arm_of_its_study_and_to_no_other():
    zero = [{"treatment": t, "events": e, "n": 20} for t, e in (("A", 0), ("B", 4), ("C", 6))]
    full = [arm | {"events": arm["events"] or 5} for arm in zero]
    found, _ = contrasts("OR", {"zero": zero, "full": full})
    at = {(one.study, one.first["treatment"], one.second["treatment"]): one.yi for one in found}
    assert at["zero", "B", "C"] == pytest.approx(np.log(4.5 / 16.5 / (6.5 / 14.5)))
    assert at["full", "B", "C"] == pytest.approx(np.log(4 / 16 / (6 / 14)))
    everywhere, _ = contrasts("OR", {"zero": zero, "full": full}, to="if0all")
    assert everywhere[-1].yi == pytest.approx(at["zero", "B", "C"])
    none, left_out = contrasts("OR", {"zero": zero, "full": full}, to="none")
    assert {one.study for one in none} == {"full"}
    assert left_out == {"zero": "no effect or standard error can be estimated"}


def test_studies_without_events_or_with_nothing_else_leave_ratios_but_not_differences():
    nothing, everything = ([arm | {"events": share * arm["n"]} for arm in arms("A", "B")] for share in (0, 1))
    studies = {"nothing": nothing, "everything": everything, "some": arms("A", "B")}
    _, left_out = contrasts("RR", studies)
    assert left_out == {"nothing": "no events in any arm", "everything": "nothing but events in every arm"}
    assert contrasts("IRR", studies)[1] == {"nothing": "no events in any arm"}
    assert contrasts("RD", studies)[1] == {}
    assert contrasts("RR", studies, drop00=False)[1] == {}


def test_measures_whose_contrasts_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="measure is 'PETO'; expected one of OR, RR"):
        contrasts("PETO", {"s": arms("A", "B")})
