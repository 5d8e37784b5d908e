"""Conversions of reported figures: by hand, against metafor's answers, refusals."""

import gzip
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_cases import ORACLE, Tally
from prismake.moments import mean_and_sd
from prismake.synthesis.conversions import from_interval, from_log_rank, from_test, table_from_odds_ratio
from prismake.synthesis.effects import escalc

quick = settings(max_examples=60, derandomize=True)

PARTS = {"minmax": ("minimum", "maximum"), "iqr": ("q1", "q3"), "all": ("minimum", "q1", "q3", "maximum")}
NOT_COMPARED = {
    "meta_Luo_Wan": "package meta looks small samples up in a table that Wan rounded; metafor and we have the formula",
    "mln": "no answer of metafor: its R lacked a package",
}


def reported(name):
    path = ORACLE / "expected_extra" / f"conv_{name}.json.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not among these answers")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


@pytest.mark.oracle
def test_five_numbers_agree_with_metafor():
    answers, tally = reported("fivenum"), Tally("conv_fivenum")
    rows = answers["input"]
    names = {"n": "n", "median": "median", "min": "minimum", "max": "maximum", "q1": "q1", "q3": "q3"}
    column = {ours: np.array([row[theirs] for row in rows], dtype=float) for theirs, ours in names.items()}
    for part, places in PARTS.items():
        with tally.part(part):
            ours = mean_and_sd(column["n"], column["median"], **{place: column[place] for place in places})
            theirs = answers[part]["luo_wan_shi"]
            tally.compare(f"{part} mean", ours.mean, theirs["mean"])
            tally.compare(f"{part} sd", ours.sd, theirs["sd"])
    with tally.part("skewed"):
        quartiles = mean_and_sd(column["n"], column["median"], q1=column["q1"], q3=column["q3"])
        refused = np.array([mean is None for mean in answers["skewtest_iqr"]["mean"]])
        tally.compare("skewed", quartiles.skewed, refused)
    for what, reason in NOT_COMPARED.items():
        print(f"not compared: {what}: {reason}")
    tally.settle()


@pytest.mark.oracle
def test_tables_from_odds_ratios_agree_with_metafor():
    answers, tally = reported("2x2"), Tally("conv_2x2")
    given_rows = answers["input"]
    column = {name: [row[name] for row in given_rows] for name in ("ori", "ni", "n1i", "n2i")}
    ours = table_from_odds_ratio(column["ori"], column["ni"], column["n1i"], column["n2i"])
    for name, cells in zip(("ai", "bi", "ci", "di"), ours, strict=True):
        tally.compare(name, cells, [row[name] for row in answers["out"]])
    tally.settle()


@pytest.mark.oracle
def test_wald_intervals_agree_with_metafor():
    answers, tally = reported("wald"), Tally("conv_wald")
    column = {name: [row[name] for row in answers["input"]] for name in ("or", "lb", "ub")}
    yi, vi = from_interval(column["or"], column["lb"], column["ub"], ratio=True)
    tally.compare("yi", yi, answers["log_ci"]["yi"])
    tally.compare("vi", vi, answers["log_ci"]["vi"])
    tally.compare("z", from_test([0.3], zi=[2.1])[1], answers["z_p"]["vi"][0])
    tally.compare("p", from_test([-0.2], pi=[0.03])[1], answers["z_p"]["vi"][1])
    tally.settle()


class TestMoments:
    def test_symmetric_data_have_their_median_as_mean(self):
        for ends in ({"q1": [8.0], "q3": [12.0]}, {"minimum": [2.0], "maximum": [18.0]}):
            found = mean_and_sd([50], [10.0], **ends)
            assert found.mean[0] == pytest.approx(10)
            assert not found.skewed[0]

    def test_quartiles_of_a_large_normal_sample_give_its_standard_deviation(self):
        assert mean_and_sd([10**6], [0.0], q1=[-0.6744897], q3=[0.6744897]).sd[0] == pytest.approx(1, rel=1e-5)

    @quick
    @given(st.integers(5, 500), st.lists(st.floats(-50, 50), min_size=5, max_size=5), st.floats(0.1, 10))
    def test_a_change_of_unit_changes_mean_and_standard_deviation_with_it(self, n, numbers, unit):
        low, q1, median, q3, high = sorted(numbers)
        one = mean_and_sd([n], [median], q1=[q1], q3=[q3], minimum=[low], maximum=[high])
        scaled = mean_and_sd(
            [n], [unit * median], q1=[unit * q1], q3=[unit * q3], minimum=[unit * low], maximum=[unit * high]
        )
        assert scaled.mean == pytest.approx(unit * one.mean, abs=1e-9)
        assert scaled.sd == pytest.approx(unit * one.sd, abs=1e-9)

    def test_long_stays_are_skewed(self):
        assert mean_and_sd([60], [3.0], q1=[2.0], q3=[11.0]).skewed[0]

    def test_what_is_missing_stays_missing(self):
        found = mean_and_sd([50, 50], [10.0, np.nan], q1=[8.0, 8.0], q3=[12.0, 12.0])
        assert np.isnan(found.mean).tolist() == [False, True]

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({}, "a median alone"),
            ({"q1": [1.0]}, "come in pairs"),
            ({"q1": [4.0], "q3": [5.0]}, "row 1: q1 above median: q1 is 4, median is 3"),
            ({"minimum": [1.0], "maximum": [2.0]}, "median above maximum"),
            ({"q1": [1.0, 2.0], "q3": [5.0, 5.0]}, "unequal lengths"),
        ],
    )
    def test_unusable_numbers_are_refused(self, columns, message):
        with pytest.raises(ValueError, match=message):
            mean_and_sd([20], [3.0], **columns)

    def test_four_people_have_no_quartiles(self):
        with pytest.raises(ValueError, match="too few people: n is 4"):
            mean_and_sd([4], [3.0], q1=[2.0], q3=[4.0])


class TestTables:
    @quick
    @given(*[st.integers(1, 60)] * 4)
    def test_a_table_comes_back_from_its_odds_ratio_and_margins(self, a, b, c, d):
        found = table_from_odds_ratio([a * d / (b * c)], [a + b + c + d], [a + b], [a + c])
        assert [cell[0] for cell in found] == [a, b, c, d]

    def test_margins_must_fit(self):
        with pytest.raises(ValueError, match="events above all people"):
            table_from_odds_ratio([2.0], [10], [5], [11])
        with pytest.raises(ValueError, match="not positive"):
            table_from_odds_ratio([0.0], [10], [5], [4])


class TestVariances:
    def test_a_hazard_ratio_and_its_interval(self):
        yi, vi = from_interval([0.5], [0.25], [1.0], ratio=True)
        assert (yi[0], vi[0]) == pytest.approx((math.log(0.5), (math.log(4) / 2 / 1.959963984540054) ** 2))

    @quick
    @given(*[st.integers(1, 60)] * 4)
    def test_the_interval_of_an_odds_ratio_gives_its_variance(self, a, b, c, d):
        yi, vi = escalc("OR", ai=[a], bi=[b], ci=[c], di=[d])
        half = 1.959963984540054 * np.sqrt(vi)
        back = from_interval(np.exp(yi), np.exp(yi - half), np.exp(yi + half), ratio=True)
        assert np.ravel(back) == pytest.approx(np.ravel([yi, vi]), rel=1e-9, abs=1e-12)

    def test_log_rank_figures(self):
        yi, vi = from_log_rank([-5.0], [20.0])
        assert (yi[0], vi[0]) == pytest.approx((-0.25, 0.05))

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: from_interval([2.0], [1.0], [2.5], ratio=False), "not in the middle"),
            (lambda: from_interval([1.0], [2.0], [0.5], ratio=True), "no width"),
            (lambda: from_interval([1.0], [0.0], [2.0], ratio=True), "row 1: a ratio that is not positive: low is 0"),
            (lambda: from_test([0.3]), "either zi or pi"),
            (lambda: from_test([0.3], zi=[-2.0]), "different signs"),
            (lambda: from_test([0.3], pi=[0.0]), "no P value"),
            (lambda: from_test([0.0], pi=[1e-3]), "an effect of 0"),
            (lambda: from_log_rank([1.0], [0.0]), "a variance that is not positive"),
        ],
    )
    def test_unusable_figures_are_refused(self, call, message):
        with pytest.raises(ValueError, match=message):
            call()
