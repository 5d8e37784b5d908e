"""Extraction: impossible figures are refused, provenance is asked for, and one result a study enters a synthesis."""

from typing import Any

import pytest
from prismake.config import Band, Moderator, Outcome, Subgroup
from prismake.extraction.estimates import check_estimates, check_pooled_estimates
from prismake.extraction.forms import by_figure, check_extracted, check_studies
from prismake.extraction.linking import included_studies, link_studies
from prismake.extraction.pairs import check_pairs
from prismake.extraction.read import Extraction
from prismake.extraction.results import derive
from prismake.extraction.rows import level, rows_of, schema, traits
from prismake.extraction.run import first_years
from prismake.people import Arm, Citation, Contrast, Estimate, Extracted, Study
from prismake.problems import InputError
from prismake.tables import RESULTS

PATH = "review/extraction/healing.csv"


def outcome(**more: Any) -> Outcome:
    values = {"label": "Healing", "file": PATH, "comparison": "cells", "measure": "OR", "better": "higher"}
    return Outcome.model_validate(values | more)


def row(arm: str = "t", line: int = 2, **more: Any) -> Extracted:
    values = {
        "study_id": "s1", "outcome": "healing", "arm": arm, "timepoint": "12 weeks", "weeks": "12",
        "unit_of_analysis": "patient", "events": "3", "n": "10", "pool": "yes", "status": "stated", "source": "a1",
        "place": "abstract",
    }  # fmt: skip
    made = Extracted.model_validate(values | more)
    made._line = line
    return made


ARMS = [Arm(study_id="s1", arm=arm, label=arm.upper()) for arm in ("t", "u", "c")]
SOURCES = [Citation(source_id=key, what="x", where="y") for key in ("a1", "t1")]
OUTCOMES = {"healing": outcome(), "pain": outcome(measure="MD", better="lower", label="Pain")}


def refused(*rows: Extracted) -> str:
    with pytest.raises(InputError) as fault:
        check_extracted(PATH, list(rows), OUTCOMES, ARMS, SOURCES)
    return str(fault.value)


def test_events_above_n_negative_sd_and_empty_groups_are_refused() -> None:
    assert f"{PATH}, line 7, column events: found 11 events of 10; expected at most n." in refused(
        row(line=7, events="11")
    )
    pain = {"outcome": "pain", "events": "", "mean": "3", "sd": "-1.5"}
    assert "column sd: found -1.5; expected a standard deviation of 0 or more" in refused(row(**pain))
    assert "column n: found 0; expected at least 1" in refused(row(events="0", n="0"))
    assert "column percent: found 120.0" in refused(row(percent="120"))


def test_pooled_rows_need_all_figures_of_their_measure() -> None:
    assert "column pool: found yes without n" in refused(row(n=""))
    assert "sensitivity without sd" in refused(row(outcome="pain", events="", mean="3", pool="sensitivity"))
    assert "a positive sd" in refused(row(outcome="pain", events="", mean="3", sd="0"))
    assert check_extracted(PATH, [row(n="", pool="no")], OUTCOMES, ARMS, SOURCES)


def measured(named: Outcome, **figures: Any) -> str:
    """What is refused of one row of an outcome; empty where nothing is."""
    empty = {"events": "", "n": ""}
    try:
        check_extracted(PATH, [row(**(empty | figures))], {"healing": named}, ARMS, SOURCES)
    except InputError as fault:
        return str(fault)
    return ""


def test_rates_need_events_and_person_time_and_allow_several_events_a_person() -> None:
    rate = outcome(measure="IRR")
    assert measured(rate, events="30", n="10", time="19.5") == ""
    assert "yes without time; expected events, time, or pool no" in measured(rate, events="30", n="10")
    assert "column time: found 0; expected a person-time above 0" in measured(rate, events="3", time="0")


def test_ratios_of_means_need_means_above_0() -> None:
    figures = {"n": "10", "mean": "-2", "sd": "1"}
    said = measured(outcome(measure="ROM"), **figures)
    assert "column mean: found -2; expected a mean above 0, as a ratio of means needs, or pool no" in said
    assert measured(outcome(measure="SMDH"), **figures) == ""


def test_only_scores_have_a_scale_that_can_run_the_other_way() -> None:
    figures = {"n": "10", "mean": "2", "sd": "1", "reversed": "yes"}
    assert measured(outcome(measure="SMD"), **figures) == ""
    assert "column reversed: found yes for ROM; expected nothing: only MD, SMD" in measured(
        outcome(measure="ROM"), **figures
    )
    said = unpaired(row("t", 2, reversed="yes"), row("c", 3))
    assert "line 3, column reversed: found an empty cell, and 'yes' in line 2 for the other arm" in said


def test_hazard_ratios_are_not_pooled_from_figures_by_arm() -> None:
    said = measured(outcome(measure="HR"), events="3", n="10")
    assert "found yes; expected pool no: an outcome of measure HR pools rows of review/extraction/estimates.csv" in said


def test_unknown_names_are_refused_with_their_cell() -> None:
    assert "column outcome: found 'healng'; expected an outcome of config.yaml. Did you mean 'healing'?" in refused(
        row(outcome="healng")
    )
    assert "column arm: found 's1 / z'" in refused(row("z"))
    assert "column source: found 'b9'; expected a source_id of review/citations.csv" in refused(row(source="b9"))


def test_every_figure_carries_status_source_and_place() -> None:
    figures = check_extracted(
        PATH, [row(status="events=stated; n=inferred", source="events=a1; n=a1, t1")], OUTCOMES, ARMS, SOURCES
    )
    said = {
        figure["figure"]: (figure["value"], figure["status"], figure["source"], figure["place"]) for figure in figures
    }
    assert said == {"events": (3, "stated", "a1", "abstract"), "n": (10, "inferred", "a1, t1", "abstract")}
    assert "column status: found 'guessed'" in refused(row(status="guessed"))
    assert "each figure of the row named once: events, n" in refused(row(status="events=stated"))


def test_by_figure_reads_one_value_or_one_for_each() -> None:
    assert by_figure("stated", ["events", "n"]) == {"events": "stated", "n": "stated"}
    assert by_figure("n = inferred; events=stated", ["events", "n"]) == {"n": "inferred", "events": "stated"}
    with pytest.raises(ValueError, match=r"parted by ;"):
        by_figure("events=stated; inferred", ["events", "n"])


def estimate(**more: Any) -> Estimate:
    values = {
        "study_id": "s1", "outcome": "healing", "comparison": "cells", "arm_1": "t", "arm_2": "c", "timepoint": "1 year",
        "unit_of_analysis": "patient", "measure": "HR", "estimate": 0.21, "ci_low": 0.05, "ci_high": 0.95,
        "pool": "generic", "status": "stated", "source": "a1", "place": "abstract",
    }  # fmt: skip
    return Estimate.model_validate(values | more)


LOG_RANK = {"estimate": None, "ci_low": None, "ci_high": None, "o_e": -3.0, "v": 9.0}


def test_estimates_must_lie_inside_their_interval() -> None:
    check_estimates("e.csv", [estimate()], OUTCOMES, ["cells"], ARMS, SOURCES)
    with pytest.raises(InputError, match=r"found 0\.13 \(0\.04 to 0\.08\); expected an estimate inside its interval"):
        check_estimates(
            "e.csv", [estimate(estimate=0.13, ci_low=0.04, ci_high=0.08)], OUTCOMES, ["cells"], ARMS, SOURCES
        )
    with pytest.raises(InputError, match=r"a ratio above 0"):
        check_estimates("e.csv", [estimate(ci_low=-1)], OUTCOMES, ["cells"], ARMS, SOURCES)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            {"ci_high": None},
            "column estimate: found estimate + ci_low; expected estimate + ci_low + ci_high or estimate + se",
        ),
        ({"se": 0.2}, "found estimate + ci_low + ci_high + se; expected"),
        ({"estimate": None, "ci_low": None, "ci_high": None}, "column estimate: found no figures; expected estimate +"),
        ({"ci_low": None, "ci_high": None, "se": 0}, "column se: found 0.0; expected a number above 0"),
        ({"reversed": "yes"}, "column reversed: found yes for HR; expected nothing"),
        ({**LOG_RANK, "v": -1}, "column v: found -1.0; expected a number above 0"),
        (
            {**LOG_RANK, "measure": "OR"},
            "column o_e: found a log-rank test for OR; expected o_e and v for HR or PETO alone",
        ),
        (
            {**LOG_RANK, "o_e": None, "v": None, "estimate": -0.5, "se": 1},
            "column estimate: found -0.5; expected a ratio above",
        ),
        (
            {"outcome": "healng"},
            "column outcome: found 'healng'; expected a key of outcomes in config.yaml. Did you mean",
        ),
        (
            {"comparison": "cell"},
            "column comparison: found 'cell'; expected a key of comparisons in config.yaml. Did you",
        ),
        ({"status": "printed"}, "column status: found 'printed'; expected one of stated, derived, inferred"),
        ({"source": "a1, a9"}, "column source: found 'a9'; expected a source_id of review/citations.csv"),
        ({"arm_2": "z"}, "column arm_2: found 's1 / z'; expected an arm of that study"),
    ],
)
def test_estimates_name_what_exists(cell: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as fault:
        check_estimates("e.csv", [estimate(**cell)], OUTCOMES, ["cells"], ARMS, SOURCES)
    assert said in str(fault.value)


def not_pooled(contrast: tuple[str, str] = ("t", "c"), measure: str = "HR", accepted: bool = False, **more: Any) -> str:
    outcomes = {"healing": outcome(measure=measure, estimates=accepted, units_of_analysis=["patient"])}
    with pytest.raises(InputError) as fault:
        check_pooled_estimates("e.csv", [estimate(pool="yes", **more)], outcomes, extraction([], contrast).contrasts)
    return str(fault.value)


def test_an_estimate_to_be_pooled_has_the_measure_of_its_outcome() -> None:
    said = not_pooled(measure="OR")
    assert "column pool: found pool yes for an HR in an outcome of measure OR; expected pool generic or no" in said
    assert "or an estimate of RR." in not_pooled(measure="RR", accepted=True)


def test_an_estimate_of_the_same_measure_waits_for_the_configuration() -> None:
    outcomes = {"healing": outcome()}
    with pytest.raises(InputError, match=r"outcomes.healing.estimates: true in config.yaml"):
        check_pooled_estimates("e.csv", [estimate(pool="yes", measure="OR")], outcomes, extraction([]).contrasts)


def test_an_estimate_to_be_pooled_runs_the_way_of_its_comparison() -> None:
    said = not_pooled(("c", "t"))
    assert "column arm_1: found t against c; expected c against t, as review/comparisons.csv declares it." in said
    assert "write 1 divided by it, and swap the ends of its interval" in said
    assert "expected a row of review/comparisons.csv with these arms" in not_pooled(("u", "c"))
    assert "column unit_of_analysis: found 'foot'" in not_pooled(unit_of_analysis="foot")


def test_an_estimate_to_be_pooled_lies_in_the_middle_of_its_interval() -> None:
    said = not_pooled(estimate=0.8)
    assert "found 0.8 (0.05 to 0.95); expected an estimate in the middle of its interval on the log scale" in said
    check_pooled_estimates("e.csv", [estimate(estimate=0.8)], OUTCOMES, extraction([]).contrasts)


def test_no_group_of_patients_is_larger_than_its_arm() -> None:
    sized = [Arm(study_id="s1", arm="t", label="T", n=9)]
    with pytest.raises(InputError, match=r"column n: found 10 by patient in an arm of 9 \(review/arms.csv"):
        check_extracted(PATH, [row()], OUTCOMES, sized, SOURCES)
    assert check_extracted(PATH, [row(n="9"), row(unit_of_analysis="foot")], OUTCOMES, sized, SOURCES)


def test_contrasts_name_arms_and_comparisons_that_exist() -> None:
    contrast = Contrast(comparison="cells", study_id="s1", arm_1="t", arm_2="c")
    studies = [study()]
    check_studies(studies, ARMS, [contrast], ["cells"])
    with pytest.raises(InputError, match=r"a comparison of config.yaml"):
        check_studies(studies, ARMS, [contrast], ["drugs"])
    with pytest.raises(InputError, match=r"another arm than arm_1"):
        check_studies(studies, ARMS, [contrast.model_copy(update={"arm_2": "t"})], ["cells"])
    with pytest.raises(InputError, match=r"a study of review/studies.csv"):
        check_studies([], ARMS, [], ["cells"])


def study(study_id: str = "s1", records: str = "a:1", **extra: Any) -> Study:
    made = Study(study_id=study_id, label=study_id.upper(), design="randomised", records=records)
    made._extra = extra
    return made


def extraction(rows: list[Extracted], *contrasts: tuple[str, str], estimates: tuple[Estimate, ...] = ()) -> Extraction:
    pairs = contrasts or (("t", "c"),)
    made = [Contrast(comparison="cells", study_id="s1", arm_1=a, arm_2=b) for a, b in pairs]
    return Extraction([study()], made, rows, list(estimates), {("s1", arm.arm): arm.label for arm in ARMS})


def derived(
    rows: list[Extracted],
    *contrasts: tuple[str, str],
    rule: str = "error",
    dependent: str = "error",
    **of_outcome: Any,
) -> list[dict[str, Any]]:
    outcomes = {"healing": outcome(**of_outcome)}
    return derive(extraction(rows, *contrasts), outcomes, frozenset({"s1"}), rule, dependent)


def used(results: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(r["timepoint"], r["unit_of_analysis"], r["use"]) for r in results if r["use"] in ("main", "sensitivity")]


def test_two_arms_make_one_result_with_the_columns_of_results() -> None:
    (result,) = derived([row("t"), row("c", events="5")])
    assert result.keys() == RESULTS.keys()
    assert (result["events_1"], result["events_2"], result["use"]) == (3, 5, "main")


def test_results_of_studies_that_are_not_included_enter_nothing() -> None:
    (result,) = derive(extraction([row("t"), row("c")]), {"healing": outcome()}, frozenset(), "error")
    assert (result["use"], result["why"]) == ("not included", "no report of the study is included")


@pytest.mark.parametrize(
    ("rule", "chosen"), [("longest", "24 weeks"), ("shortest", "4 weeks"), ("closest to 10 weeks", "12 weeks")]
)
def test_one_time_point_is_chosen_by_the_rule(rule: str, chosen: str) -> None:
    rows = [row(arm, timepoint=f"{weeks} weeks", weeks=str(weeks)) for weeks in (4, 12, 24) for arm in ("t", "c")]
    results = derived(rows, timepoint=rule)
    assert used(results) == [(chosen, "patient", "main")]
    assert {r["why"] for r in results if r["use"] == "reported"} == {"another time point is used"}


def test_time_points_that_cannot_be_compared_are_an_error() -> None:
    rows = [row(arm, timepoint=time, weeks="") for time in ("early", "late") for arm in ("t", "c")]
    with pytest.raises(InputError, match=r"s1 with results at early and late, of which weeks is empty"):
        derived(rows)


def test_one_unit_of_analysis_is_chosen_by_preference() -> None:
    rows = [row(arm, unit_of_analysis=unit) for unit in ("ulcer", "patient") for arm in ("t", "c")]
    assert used(derived(rows, units_of_analysis=["patient", "ulcer"])) == [("12 weeks", "patient", "main")]
    with pytest.raises(
        InputError, match=r"outcomes.healing: found s1 with results by patient and ulcer; expected units"
    ):
        derived(rows)


def test_sensitivity_rows_enter_only_where_no_main_row_does() -> None:
    kept = [row(arm, pool="sensitivity", timepoint="24 weeks", weeks="24") for arm in ("t", "c")]
    assert used(derived(kept)) == [("24 weeks", "patient", "sensitivity")]
    assert used(derived([*kept, row("t"), row("c")])) == [("12 weeks", "patient", "main")]


def test_the_more_careful_of_two_arms_decides() -> None:
    assert used(derived([row("t"), row("c", pool="sensitivity")])) == [("12 weeks", "patient", "sensitivity")]
    (result,) = derived([row("t"), row("c", pool="no", note="no spread")])
    assert (result["use"], result["why"]) == ("reported", "no spread")


def test_a_study_enters_a_synthesis_once() -> None:
    rows = [row("t", 2), row("u", 3), row("c", 4)]
    with pytest.raises(InputError) as fault:
        derived(rows, ("t", "c"), ("u", "c"))
    assert "s1 twice in the synthesis of healing (t against c at '12 weeks', lines 2 and 4 and u against" in str(
        fault.value
    )
    assert "shared_comparator: split" in str(fault.value)


@pytest.mark.parametrize("rule", ["error", "split"])
def test_one_comparison_at_one_week_under_two_names_is_not_a_shared_comparator(rule: str) -> None:
    rows = [row(arm, line, timepoint=time) for time, line in (("12 weeks", 2), ("3 months", 4)) for arm in ("t", "c")]
    with pytest.raises(InputError) as fault:
        derived(rows, rule=rule)
    assert "t against c at '12 weeks', lines 2 and 2 and t against c at '3 months', lines 4 and 4" in str(fault.value)
    assert "leave one with pool yes" in str(fault.value)
    assert "split" not in str(fault.value)


def unpaired(*rows: Extracted, contrasts: tuple[tuple[str, str], ...] = (("t", "c"),), **of_outcome: Any) -> str:
    outcomes = {"healing": outcome(**of_outcome)}
    with pytest.raises(InputError) as fault:
        check_pairs(list(rows), outcomes, extraction([], *contrasts).contrasts)
    return str(fault.value)


def test_a_row_to_be_pooled_needs_the_arm_that_it_is_compared_with() -> None:
    said = unpaired(row("t", 5))
    assert f"{PATH}, line 5, column pool: found pool yes, and no row of 'c' at '12 weeks / patient'" in said
    said = unpaired(row("t", 5, pool="sensitivity"), row("c", 6, unit_of_analysis="Patient"))
    assert "line 5, column pool: found pool sensitivity, and no row of 'c' at '12 weeks / patient'" in said
    assert "It stands at '12 weeks / Patient' in line 6: are time point and unit spelt alike?" in said
    assert "line 6, column pool: found pool yes, and no row of 't' at '12 weeks / Patient'" in said
    said = unpaired(row("t"), row("c", timepoint="12 weks"))
    assert "'12 weks / patient' in line 2" in said


def test_a_row_to_be_pooled_needs_a_declared_contrast() -> None:
    said = unpaired(row("u", 7), row("c"), row("t"))
    assert (
        "line 7, column arm: found pool yes for the arm 'u', which no contrast of s1 names; expected a row of" in said
    )


def test_a_row_to_be_pooled_needs_a_unit_that_its_outcome_accepts() -> None:
    said = unpaired(row("t", 3, unit_of_analysis="Patient"), row("c"), units_of_analysis=["patient", "limb"])
    assert "line 3, column unit_of_analysis: found 'Patient'; expected one of the outcome's units_of_analysis" in said
    assert "Did you mean 'patient'?" in said


def test_rows_that_are_only_reported_may_stand_alone() -> None:
    contrasts = extraction([]).contrasts
    check_pairs([row("t", pool="no")], {"healing": outcome()}, contrasts)
    check_pairs([row("t")], {"healing": outcome(synthesise=False)}, contrasts)


def test_both_arms_of_a_time_point_stand_at_the_same_week() -> None:
    assert "line 8, column weeks: found 13 weeks, and 12 weeks in line 2 for the other arm" in unpaired(
        row("t"), row("c", 8, weeks="13")
    )
    assert "found no weeks, and 12 weeks in line 2" in unpaired(row("t", pool="no"), row("c", pool="no", weeks=""))


def test_a_shared_comparator_can_be_split_and_then_adds_up() -> None:
    rows = [row("t"), row("u"), row("c", events="4", n="20")]
    results = derived(rows, ("t", "c"), ("u", "c"), rule="split")
    assert [(r["events_2"], r["n_2"], r["use"]) for r in results] == [(2, 10, "main"), (2, 10, "main")]
    assert "1/2 of it" in results[0]["note"]


def test_results_of_one_study_enter_together_where_a_model_holds_them() -> None:
    rows = [row("t"), row("u"), row("c")]
    assert len(used(derived(rows, ("t", "c"), ("u", "c"), dependent="multilevel"))) == 2
    units = [row(arm, unit_of_analysis=unit) for unit in ("ulcer", "patient") for arm in ("t", "c")]
    assert len(used(derived(units, dependent="robust"))) == 2
    preferred = derived(units, dependent="robust", units_of_analysis=["ulcer", "patient"])
    assert used(preferred) == [("12 weeks", "ulcer", "main")]
    times = [row(arm, timepoint=f"{weeks} weeks", weeks=str(weeks)) for weeks in (4, 12) for arm in ("t", "c")]
    assert len(used(derived(times, dependent="multilevel"))) == 1
    assert len(used(derived(times, dependent="multilevel", timepoint="all"))) == 2


def test_results_that_follow_from_each_other_do_not_enter_together() -> None:
    rows = [row("t", 2), row("u", 3), row("c", 4)]
    with pytest.raises(
        InputError, match=r"s1 with contrasts that follow from each other \(t against c .*, lines 2 and 4"
    ):
        derived(rows, ("t", "c"), ("u", "c"), ("t", "u"), dependent="multilevel")
    twice = [row(arm, line, timepoint=time) for time, line in (("12 weeks", 2), ("3 months", 4)) for arm in ("t", "c")]
    with pytest.raises(InputError, match="s1 twice with one comparison in the synthesis of healing"):
        derived(twice, dependent="multilevel", timepoint="all")


def test_figures_of_one_arm_are_reported_not_dropped() -> None:
    (result,) = derived([row("t", pool="no", note="control not given")])
    why = "figures of one arm only; control not given"
    assert (result["use"], result["arm_2"], result["why"]) == ("reported", None, why)
    (result,) = derived([row("u", pool="no")])
    assert result["why"] == "figures of an arm that no contrast names"


def test_a_hazard_ratio_is_reported_beside_the_synthesis() -> None:
    found = derive(extraction([], estimates=(estimate(),)), {"healing": outcome()}, frozenset({"s1"}), "error")
    assert [(r["use"], r["why"], r["estimate"]) for r in found] == [("reported", "an HR is not pooled with ORs", 0.21)]
    same = derive(
        extraction([], estimates=(estimate(measure="OR"),)), {"healing": outcome()}, frozenset({"s1"}), "error"
    )
    assert same[0]["why"] == "an OR without figures by arm is not pooled"


def test_an_estimate_enters_the_synthesis_of_its_measure() -> None:
    made = extraction([], estimates=(estimate(pool="yes", n_1=10),))
    (found,) = derive(made, {"healing": outcome(measure="HR")}, frozenset({"s1"}), "error")
    assert found.keys() == RESULTS.keys()
    assert (found["use"], found["estimate"], found["n_1"], found["n_2"]) == ("main", 0.21, 10, None)
    kept = extraction([], estimates=(estimate(pool="sensitivity"),))
    assert derive(kept, {"healing": outcome(measure="HR")}, frozenset({"s1"}), "error")[0]["use"] == "sensitivity"


def test_a_comparison_by_arm_and_as_an_estimate_is_one_too_many() -> None:
    more = {"pool": "yes", "measure": "OR", "timepoint": "12 weeks", "weeks": 12}
    made = extraction([row("t", 2), row("c", 3)], estimates=(estimate(**more),))
    with pytest.raises(InputError) as fault:
        derive(made, {"healing": outcome(estimates=True)}, frozenset({"s1"}), "split")
    assert "lines 2 and 3 and t against c at '12 weeks', line 0 of review/extraction/estimates.csv" in str(fault.value)
    assert "One comparison stands here by arm and as an estimate, or as several" in str(fault.value)


def test_a_measure_of_one_group_takes_arms_without_a_comparison() -> None:
    share = outcome(measure="PLO", comparison=None)
    made = extraction([row("t", 2), row("c", 3, pool="no", note="no cells given")])
    check_pairs(made.rows, {"healing": share}, made.contrasts)
    kept, shown = sorted(derive(made, {"healing": share}, frozenset({"s1"}), "error"), key=lambda r: r["use"])
    assert (kept["use"], kept["arm_1"], kept["arm_2"], kept["events_1"]) == ("main", "t", None, 3)
    assert (shown["use"], shown["why"]) == ("reported", "no cells given")
    with pytest.raises(InputError, match=r"s1 twice .*t at '12 weeks', line 2 and c at '12 weeks', line 3"):
        derive(extraction([row("t", 2), row("c", 3)]), {"healing": share}, frozenset({"s1"}), "error")


def test_outcomes_without_synthesis_are_reported() -> None:
    assert derived([row("t"), row("c")], synthesise=False)[0]["why"] == "no synthesis is planned for this outcome"


def test_studies_are_linked_by_any_record_of_their_reports() -> None:
    clusters = [
        {"record_id": record, "report_id": report} for record, report in (("a:1", "R1"), ("b:1", "R1"), ("a:2", "R2"))
    ]
    linked = link_studies([study(records="b:1; a:2")], clusters, {})
    assert linked == {"R1": "s1", "R2": "s1"}
    included = [{"report_id": "R2", "stage": "full_text", "state": "include"}]
    assert included_studies(included, linked, frozenset()) == {"s1"}
    assert included_studies([], linked, frozenset({"R1"})) == {"s1"}
    with pytest.raises(InputError, match=r"belongs to s1 already"):
        link_studies([study(records="a:1"), study("s2", "b:1")], clusters, {})
    with pytest.raises(InputError, match=r"found 'c:9'"):
        link_studies([study(records="c:9")], clusters, {})


def test_levels_of_subgroups() -> None:
    bands = Subgroup(label="Size", by="size", bands=[Band(label="small", below=10), Band(label="large", at_least=10)])
    assert [level(study(size=size), bands) for size in (9.9, 10.0, None)] == ["small", "large", ""]
    assert level(study(kind="fat"), Subgroup(label="Kind", by="kind")) == "fat"


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        ([("a", None, 10), ("a", 10, None)], "two bands of one label"),
        ([("a", None, 10), ("b", 12, None)], "'a' ends below 10.0, 'b' begins at 12.0"),
        ([("a", None, 10), ("b", 8, None)], "'a' ends below 10.0, 'b' begins at 8.0"),
        ([("a", None, 10), ("b", 10, 20)], "bands that leave numbers out"),
        ([("a", 0, 10), ("b", 10, None)], "bands that leave numbers out"),
        ([("a", None, 10), ("b", 10, 5), ("c", 5, None)], "bands that do not ascend"),
    ],
)
def test_bands_hold_every_number_once(bands: list[tuple[str, float | None, float | None]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Subgroup(label="Size", by="size", bands=[Band(label=a, at_least=b, below=c) for a, b, c in bands])


def test_rows_of_a_synthesis_hold_what_it_needs_and_nothing_else() -> None:
    results = derived([row("t"), row("c")])
    by = {"kind": Subgroup(label="Kind", by="kind")}
    judged = {("s1", "healing"): {"D1": "Low", "overall": "High"}}
    said = {"s1": traits(study(kind="fat", size=3.0), by, {"dose": Moderator(label="Dose", by="size")}, 2010)}
    (found,) = rows_of(results, "healing", said, judged)
    assert found.keys() == schema(by, {"dose": "number"}).keys()
    assert (found["moderator_dose"], found["order"]) == (3.0, 2010)
    assert (found["group_kind"], found["bias_D1"], found["bias_D2"], found["bias_overall"]) == (
        "fat",
        "Low",
        "",
        "High",
    )
    assert rows_of(results, "pain", said, judged) == []


def test_a_study_came_in_with_its_first_report_that_has_a_year() -> None:
    reports = [{"report_id": f"R{n}", "year": year} for n, year in enumerate((2015, 2011, None, 2001, None))]
    linked = {"R0": "s1", "R1": "s1", "R2": "s1", "R4": "s2"}
    assert first_years(reports, linked) == {"s1": 2011}
