"""Numbers read alike in text, tables and plots, and as reviewers write them."""

import math

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st
from prismake.wording import counted, given, interval, lower_first, number, p_value, statistic


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (4.637, "4.64"),
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (-1.04, "−1.04"),
        (-0.0046, "−0.0046"),
        (0.0038, "0.0038"),
        (5.8e-7, "5.8×10⁻⁷"),
        (-5.8e-7, "−5.8×10⁻⁷"),
        (1e-5, "10⁻⁵"),
        (137.28, "137.3"),
        (62306.4, "62306"),
        (1.1e14, "1.1×10¹⁴"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "NaN"),
        (None, "not estimable"),
    ],
)
def test_estimates_read_as_in_reports(value: float | None, said: str) -> None:
    assert number(value) == said


@examples(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_is_printed_in_the_manner_of_programs_or_at_length(value: float) -> None:
    assert not {"e", "-"} & set(number(value))
    assert len(number(value)) <= 11


def test_statistics_intervals_and_p_values() -> None:
    assert (statistic(2.2e-27), statistic(-0.001), statistic(7.319), statistic(None)) == (
        "0.00",
        "0.00",
        "7.32",
        "not estimable",
    )
    assert interval(1.05, 29.92) == "1.05 to 29.92"
    assert interval(5.8e-7, None) == "5.8×10⁻⁷ to ∞"
    assert interval(None, None) == "not estimable"
    assert (p_value(0.0001), p_value(0.034), p_value(0.56)) == ("p < 0.001", "p = 0.034", "p = 0.56")


def test_figures_stand_as_they_were_extracted() -> None:
    assert [counted(value) for value in (14, 1000010, 1 / 3)] == ["14", "1,000,010", "0.33"]
    assert [given(value) for value in (4.447804655, 16122.757364155546, -0.00012345678912)] == [
        "4.4478",
        "16123",
        "−0.00012346",
    ]
    assert [given(value) for value in (27.34, 54.0, -0.46, 1000010.0, 68.4251, 2e-7)] == [
        "27.34",
        "54",
        "−0.46",
        "1000010",
        "68.4251",
        "2×10⁻⁷",
    ]


def test_labels_within_a_sentence_keep_their_abbreviations() -> None:
    assert [lower_first(text) for text in ("Kind of cells", "ABI at baseline", "A score", "", "X")] == [
        "kind of cells",
        "ABI at baseline",
        "a score",
        "",
        "X",
    ]
