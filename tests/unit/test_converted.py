"""Means and standard deviations from what sources give in their place: right, named, and refused where they mislead."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from prismake.config import Outcome
from prismake.extraction.converted import convert, in_words
from prismake.extraction.forms import check_extracted
from prismake.extraction.networks import arms_of_network
from prismake.extraction.read import Extraction
from prismake.extraction.results import derive
from prismake.people import Arm, Citation, Contrast, Extracted, Study
from prismake.problems import InputError
from prismake.report.reported import arm_in_words
from prismake.report.sections.outcomes import _converted
from prismake.synthesis.effects import escalc
from prismake.tables import RESULTS
from scipy import stats

PATH = "review/extraction/pain.csv"
PAIN = Outcome.model_validate(
    {"label": "Pain", "file": PATH, "comparison": "cells", "measure": "MD", "better": "lower"}
)
CONTRAST = Contrast(comparison="cells", study_id="s1", arm_1="t", arm_2="c")
ARMS = [Arm(study_id="s1", arm=arm, label=arm.upper()) for arm in ("t", "u", "c")]
SOURCES = [Citation(source_id="a1", what="x", where="y")]


def row(arm: str = "t", line: int = 2, **figures: Any) -> Extracted:
    values = {
        "study_id": "s1", "outcome": "pain", "arm": arm, "timepoint": "12 weeks", "unit_of_analysis": "patient",
        "n": "25", "pool": "yes", "status": "stated", "source": "a1", "place": "table 2",
    }  # fmt: skip
    made = Extracted.model_validate(values | {name: str(value) for name, value in figures.items()})
    made._line = line
    return made


OF_U = Contrast(comparison="cells", study_id="s1", arm_1="u", arm_2="c")


def converted(*rows: Extracted, contrasts: Sequence[Contrast] = (CONTRAST,)) -> list[Extracted]:
    return convert(PATH, list(rows), {"pain": PAIN}, list(contrasts))


def refused(*rows: Extracted, contrasts: Sequence[Contrast] = (CONTRAST,)) -> str:
    with pytest.raises(InputError) as fault:
        converted(*rows, contrasts=contrasts)
    return str(fault.value)


def test_a_standard_error_is_times_the_root_of_n() -> None:
    (made,) = converted(row(mean=10, se=2))
    assert made.sd == pytest.approx(10)
    assert in_words(made) == "SD converted from its standard error"
    assert made.line == 2


def test_an_interval_is_one_of_the_t_distribution() -> None:
    half = stats.t.ppf(0.975, 24) * 10 / 5
    (made,) = converted(row(mean=10, ci_low=10 - half, ci_high=10 + half))
    assert made.sd == pytest.approx(10)
    assert in_words(made) == "SD converted from its 95% interval"


def test_medians_become_means_and_standard_deviations() -> None:
    """As metafor's `conv.fivenum`: Luo 2018, Wan 2014; the range of 25 people is 3.93 standard deviations wide."""
    (made,) = converted(row(median=10, q1=7, q3=13))
    assert made.mean == pytest.approx(10)
    assert made.sd == pytest.approx(6 / (2 * stats.norm.ppf((0.75 * 25 - 0.125) / 25.25)))
    assert in_words(made) == "mean and SD converted from the median and quartiles"
    (made,) = converted(row(median=10, minimum=2, maximum=18))
    assert made.sd == pytest.approx(16 / (2 * stats.norm.ppf((25 - 0.375) / 25.25)))
    (made,) = converted(row(median=10, q1=7, q3=13, minimum=2, maximum=18))
    assert in_words(made) == "mean and SD converted from the median and quartiles and range"


def test_a_mean_that_is_given_stays_where_only_its_deviation_is_lacking() -> None:
    (made,) = converted(row(mean=10.5, median=10, q1=7, q3=13))
    assert made.mean == 10.5
    assert made.converted == {"sd": "the median and quartiles"}


@pytest.mark.parametrize("name", ["t", "p"])
def test_a_test_of_the_difference_gives_the_deviation_of_both_arms(name: str) -> None:
    """From samples whose test and pooled deviation are known."""
    one, two = [8.0, 9.5, 11.0, 12.5, 9.0], [12.0, 13.0, 15.5, 11.0]
    found = stats.ttest_ind(one, two)
    pooled = ((4 * stats.tvar(one) + 3 * stats.tvar(two)) / 7) ** 0.5
    told = {"t": found.statistic, "p": found.pvalue}[name]
    for given in ({"t"}, {"c"}, {"t", "c"}):
        rows = [
            row("t", mean=stats.tmean(one), n=5, **({name: told} if "t" in given else {})),
            row("c", 3, mean=stats.tmean(two), n=4, **({name: told} if "c" in given else {})),
        ]
        made = converted(*rows)
        assert [one.sd for one in made] == pytest.approx([pooled, pooled])
        assert in_words(made[0]) == f"SD converted from the {'P' if name == 'p' else 't'} value of the difference"
    yi, vi = escalc("MD", m1i=[10], sd1i=[pooled], n1i=[5], m2i=[12], sd2i=[pooled], n2i=[4])
    assert (yi / vi**0.5)[0] == pytest.approx(found.statistic * (-2) / (stats.tmean(one) - stats.tmean(two)) * 1)


def test_a_very_small_p_value_keeps_its_digits() -> None:
    """Counted from 1, P values below 1e-16 are 0 and the deviation with them."""
    made = converted(row("t", mean=1, p="1e-20"), row("c", 3, mean=2))
    assert made[0].sd == pytest.approx(1 / (stats.t.isf(5e-21, 48) * (2 / 25) ** 0.5), rel=1e-9)


def test_what_is_given_is_never_replaced() -> None:
    whole = row(mean=10, sd=3, se=2, ci_low=9, ci_high=11, median=10, q1=2, q3=20, p=0.01)
    assert converted(whole, row("c", 3, mean=4, sd=1)) == [whole, row("c", 3, mean=4, sd=1)]
    assert in_words(whole) == ""


def test_rows_that_are_not_pooled_and_other_measures_stay_as_reported() -> None:
    assert converted(row(mean=10, se=2, pool="no"))[0].sd is None
    odds = Outcome.model_validate(PAIN.model_dump() | {"measure": "OR"})
    assert convert(PATH, [row(mean=10, se=2)], {"pain": odds}, [])[0].sd is None


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        ({"mean": 10, "ci_low": 9, "ci_high": 14}, "line 2: found the mean is not in the middle of its interval"),
        ({"mean": 10, "se": 2, "n": 1}, "line 2: found too few people: n is 1"),
        ({"median": 10, "q1": 8, "q3": 13, "n": 4}, "line 2: found too few people: n is 4"),
        ({"mean": 10, "se": 2, "n": ""}, "line 2: found a standard deviation to be converted, without n"),
        (
            {"median": 10, "q1": 9.9, "q3": 30, "n": 80},
            "line 2, column median: found a median with quartiles too skewed",
        ),
    ],
)
def test_figures_that_do_not_convert_are_named_by_row(figures: dict[str, Any], found: str) -> None:
    assert found in refused(row(**figures))


def test_skewed_quantiles_may_enter_a_sensitivity_analysis() -> None:
    (made,) = converted(row(median=10, q1=9.9, q3=30, n=80, pool="sensitivity"))
    assert made.mean is not None


def test_two_tests_of_one_comparison_must_agree() -> None:
    said = refused(row("t", mean=1, p=0.01), row("c", 3, mean=2, p=0.02))
    assert "line 3, column p: found different p values of one test: 0.01 in line 2 and 0.02 in line 3" in said
    assert "equal means say nothing of their error" in refused(row("t", mean=1, p=0.01), row("c", 3, mean=1))


def test_a_test_of_an_arm_with_two_comparators_is_not_guessed_at() -> None:
    """The P value in the row of a shared comparator may be of either comparison."""
    rows = (row("t", 2, mean=1), row("u", 3, mean=5, sd=2), row("c", 4, mean=2, p=0.01))
    said = refused(*rows, contrasts=(CONTRAST, OF_U))
    assert "line 4, column p: found a test of 'c', which is compared with 't' and 'u'" in said
    assert said.count("line 4") == 1
    moved = (row("t", 2, mean=1, p=0.01), row("u", 3, mean=5, sd=2), row("c", 4, mean=2))
    assert [one.sd for one in converted(*moved, contrasts=(CONTRAST, OF_U))] == pytest.approx([1.3181, 2, 1.3181], 1e-4)


def test_an_arm_has_one_deviation_whatever_the_order_of_comparisons() -> None:
    rows = (row("t", 2, mean=1, p=0.01), row("u", 3, mean=5, p=0.2), row("c", 4, mean=2))
    for contrasts in ((CONTRAST, OF_U), (OF_U, CONTRAST)):
        said = refused(*rows, contrasts=contrasts)
        assert "line 4, column sd: found two tests that the sd of 'c' would follow from" in said


@pytest.mark.parametrize(
    ("first", "found"),
    [
        ({"t": 0}, "line 2, column t: found a t value of 0 says nothing of the error"),
        ({"t": 2, "n": 1}, "line 2, column n: found 1; expected at least 2 people"),
        ({"t": 2, "n": ""}, "line 2, column n: found nothing; expected at least 2 people"),
    ],
)
def test_tests_that_do_not_convert_are_named_where_they_stand(first: dict[str, Any], found: str) -> None:
    said = refused(row("t", 2, mean=1, **first), row("c", 3, mean=2))
    assert found in said
    assert "line 3" not in said


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        ({"mean": 1, "sd": 1, "se": -1}, "column se: found -1; expected a standard error of 0 or more"),
        (
            {"mean": 1, "sd": 1, "se": 1},
            "column sd: found sd 1 and se 1 of 25 people; expected a standard error of about 0.2",
        ),
        ({"mean": 1, "sd": 1, "p": 0}, "column p: found 0; expected a P value between 0 and 1"),
        ({"mean": 1, "sd": 1, "q1": 3}, "column q3: found nothing; expected both of q1 and q3, or neither"),
        ({"mean": 1, "sd": 1, "median": 3, "q1": 4, "q3": 5}, "column median: found median 3 below q1 4"),
        ({"mean": 1, "sd": 1, "ci_low": 3, "ci_high": 2}, "column ci_high: found ci_high 2 below ci_low 3"),
        ({"mean": 1, "pool": "yes"}, "column pool: found yes without sd; expected n, mean, sd, or pool no."),
        ({"mean": 1, "se": 0}, "column sd: found sd 0.0, converted from its standard error, with n 25"),
        ({"mean": 1, "p": 0.01}, "A t or P value gives the sd where both arms of its comparison have a mean"),
    ],
)
def test_impossible_figures_are_refused(figures: dict[str, Any], found: str) -> None:
    with pytest.raises(InputError) as fault:
        check_extracted(PATH, converted(row(**figures)), {"pain": PAIN}, ARMS, SOURCES)
    assert found in str(fault.value)


def test_an_impossible_p_value_is_named_by_line_and_column() -> None:
    with pytest.raises(InputError) as fault:
        check_extracted(PATH, converted(row("t", 2, mean=1, p=0), row("c", 3, mean=2)), {"pain": PAIN}, ARMS, SOURCES)
    assert "line 2, column p: found 0; expected a P value between 0 and 1" in str(fault.value)


def test_a_converted_figure_stands_where_its_origin_stands() -> None:
    rows = converted(
        row(mean=10, se=2, status="mean=stated; n=inferred; se=stated", place="n=text; mean=table 2; se=table 3")
    )
    figures = {one["figure"]: one for one in check_extracted(PATH, rows, {"pain": PAIN}, ARMS, SOURCES)}
    assert list(figures) == ["n", "mean", "se", "sd"]
    assert figures["sd"] | {"line": 2} == figures["sd"]
    assert (figures["sd"]["value"], figures["sd"]["status"]) == (10, "derived")
    assert figures["sd"]["converted_from"] == "its standard error"
    assert figures["sd"]["place"] == "text; table 2; table 3"
    assert figures["se"]["converted_from"] == ""


def test_results_and_reports_say_what_was_converted() -> None:
    rows = converted(row("t", mean=10, se=2), row("c", 3, mean=12, sd=4))
    study = Study(study_id="s1", label="One 2020", records="r1", design="randomised")
    labels = {("s1", arm.arm): arm.label for arm in ARMS}
    extraction = Extraction([study], [CONTRAST], rows, [], labels)
    (result,) = derive(extraction, {"pain": PAIN}, frozenset(["s1"]), "error")
    assert set(result) == set(RESULTS)
    assert (result["sd_1"], result["converted_1"], result["converted_2"]) == (
        pytest.approx(10),
        "SD converted from its standard error",
        "",
    )
    assert arm_in_words(result, 1, "") == "T: 10 (SD 10, SE 2) n = 25, SD converted from its standard error"


def test_reports_hold_what_stands_beside_a_mean_or_median_that_is_not_pooled() -> None:
    """What was extracted is told, also where nothing is made of it."""
    study = Study(study_id="s1", label="One 2020", records="r1", design="randomised")
    labels = {("s1", arm.arm): arm.label for arm in ARMS}
    rows = converted(
        row("t", median=10, q1=7.5, q3=13, minimum=-2, maximum=18, pool="no"),
        row("c", 3, mean=12, ci_low=11, ci_high=13, t=2.1, p=0.04, pool="no"),
    )
    extraction = Extraction([study], [CONTRAST], rows, [], labels)
    (result,) = derive(extraction, {"pain": PAIN}, frozenset(["s1"]), "error")
    assert arm_in_words(result, 1, "") == "T: median 10 (quartiles 7.5 to 13, range −2 to 18) n = 25"
    assert arm_in_words(result, 2, "") == "C: 12 (95% CI 11 to 13, t = 2.1, P = 0.04) n = 25"


def test_the_report_names_every_converted_arm_of_a_study_with_several_results() -> None:
    """A comparator of two comparisons is named once; time points are told apart where there are several."""

    def said(*results: tuple[str, str, str]) -> str:
        studies = [
            {"label": "One 2020", "timepoint": time, "label_1": arm, "label_2": "C", "converted_1": source}
            | {"converted_2": "SD converted from its 95% interval"}
            for arm, time, source in results
        ]
        return _converted(SimpleNamespace(syntheses={"pain": {"studies": studies}}), "pain").replace("\\", "")

    se, median = "SD converted from its standard error", "mean and SD converted from the median and range"
    assert f"One 2020 (T: {se}; C: SD converted from its 95% interval; U: {median})." in said(
        ("T", "1 week", se), ("U", "1 week", median)
    )
    assert f"T at 1 week: {se}; C at 1 week: SD converted from its 95% interval; T at 2 weeks: {median}" in said(
        ("T", "1 week", se), ("T", "2 weeks", median)
    )


def test_an_arm_of_a_network_carries_what_was_converted() -> None:
    rows = converted(row("t", mean=10, se=2), row("c", 3, mean=12, sd=4))
    study = Study(study_id="s1", label="One 2020", records="r1", design="randomised")
    labels = {("s1", arm.arm): arm.label for arm in ARMS}
    arms = [arm.model_copy(update={"treatment": arm.arm}) for arm in ARMS]
    found = arms_of_network(Extraction([study], [], rows, [], labels), arms, "pain", PAIN, frozenset(["s1"]))
    assert [(arm["treatment"], arm["sd"], arm["converted"]) for arm in found] == [
        ("c", 4, ""),
        ("t", pytest.approx(10), "SD converted from its standard error"),
    ]
