"""Several results of one study: the covariance of their sampling errors, and the analyses that hold them."""

import math
from typing import Any

import numpy as np
import pytest
from oracle_cases import effects_used, rows_of, shipped
from prismake.config import Config, Subgroup, Synthesis
from prismake.config.synthesis import SmallStudies
from prismake.problems import InputError
from prismake.synthesis.analyses import analyse, as_json
from prismake.synthesis.dependence import ONE_EACH, pool, sampling_covariance
from prismake.synthesis.further import further
from prismake.synthesis.study_effects import effects
from prismake.synthesis.words import heterogeneity_line, method_name, overall_line
from test_measures import outcome, result

MULTILEVEL, ROBUST = (Synthesis(dependent=model) for model in ("multilevel", "robust"))
GROUPS = {"t": (13.0, 4.0, 40), "u": (11.5, 3.0, 60), "c": (10.0, 5.0, 50)}


def scores(study: str, one: str, two: str, **more: Any) -> dict[str, Any]:
    figures = {f"{name}_{arm}": value for arm, group in ((1, one), (2, two))
               for name, value in zip(("mean", "sd", "n"), GROUPS[group], strict=True)}  # fmt: skip
    names = {"study_id": study, "label": study.title(), "arm_1": one, "arm_2": two, "label_1": one, "label_2": two}
    time = more.get("timepoint", "12 weeks")
    return result(f"{study}|{one}:{two}|{time}", **figures) | names | more


def covariance(measure: str, *rows: dict[str, Any], settings: Synthesis = MULTILEVEL, **options: Any) -> Any:
    named = outcome(measure, **options)
    return sampling_covariance(effects(list(rows), named, settings), named, settings)


def test_differences_that_share_a_comparator_covary_by_its_variance() -> None:
    V = covariance("MD", scores("adams", "t", "c"), scores("adams", "u", "c"), scores("brown", "t", "c"))
    shared = 25 / 50
    expected = [[16 / 40 + shared, shared, 0], [shared, 9 / 60 + shared, 0], [0, 0, 16 / 40 + shared]]
    assert pytest.approx(np.array(expected)) == V


def test_standardised_differences_share_the_comparator_and_its_standard_deviation() -> None:
    rows = effects([scores("adams", "t", "c"), scores("adams", "u", "c")], outcome("SMD"), MULTILEVEL)
    one, two = (row["yi"] for row in rows)
    expected = 1 / 50 + one * two * 50 / (2 * 90 * 110)
    for variance in ("LS", "UB", "LS2"):
        V = covariance("SMD", *rows, variance=variance)
        large = covariance("SMD", *rows)
        assert large[0, 1] == pytest.approx(expected)
        assert V[0, 1] / math.sqrt(V[0, 0] * V[1, 1]) == pytest.approx(
            large[0, 1] / math.sqrt(large[0, 0] * large[1, 1])
        )


@pytest.mark.parametrize(
    ("measure", "shared"),
    [
        ("OR", 1 / 5 + 1 / 15),
        ("RR", 1 / 5 - 1 / 20),
        ("RD", 5 * 15 / 20**3),
        ("AS", 1 / 80),
        ("IRR", 1 / 5),
        ("IRD", 5 / 40**2),
    ],
)
def test_counts_and_rates_that_share_a_comparator_covary_by_its_variance(measure: str, shared: float) -> None:
    rows = [
        result(arm, arm_1=arm, arm_2="c", events_1=events, n_1=20, time_1=35, events_2=5, n_2=20, time_2=40)
        | {"study_id": "adams"}
        for arm, events in (("t", 8), ("u", 11))
    ]
    V = covariance(measure, *rows)
    assert V[0, 1] == pytest.approx(shared)
    assert np.linalg.eigvalsh(V)[0] > 0
    zero = [row | {"events_2": 0} for row in rows]
    assert np.linalg.eigvalsh(covariance(measure, *zero))[0] > 0


def test_an_arm_of_unknown_share_makes_half_of_the_variance() -> None:
    rows = [result(arm, estimate=0.5, se=0.2, arm_1=arm) | {"study_id": "adams"} for arm in "tu"]
    assert pytest.approx(np.array([[0.04, 0.02], [0.02, 0.04]])) == covariance("HR", *rows)


def test_time_points_of_the_same_people_covary_by_the_assumed_correlation() -> None:
    rows = [scores("adams", "t", "c"), scores("adams", "t", "c", timepoint="1 year")]
    for correlation in (0.0, 0.8):
        V = covariance("MD", *rows, settings=Synthesis(dependent="multilevel", correlation=correlation))
        assert V[0, 1] == pytest.approx(correlation * V[0, 0])


def test_an_arm_that_is_compared_both_ways_covaries_negatively() -> None:
    V = covariance("MD", scores("adams", "t", "c"), scores("adams", "c", "u"))
    assert V[0, 1] == pytest.approx(-25 / 50)
    turned = scores("adams", "c", "u", reversed=True)
    assert covariance("MD", scores("adams", "t", "c"), turned)[0, 1] == pytest.approx(25 / 50)


def independent(study: str, number: int, yi: float, vi: float) -> dict[str, Any]:
    """A result that shares no arm with others of its study."""
    row = result(number, estimate=yi, se=math.sqrt(vi), arm_1=f"t{number}", arm_2=f"c{number}")
    return row | {"study_id": study}


def schools() -> list[dict[str, Any]]:
    table, expected = shipped("dat.konstantopoulos2011")
    rows = rows_of(expected["primary_rows"])
    yi, vi = effects_used(expected, "GEN", rows)
    district = [table["district"][row] for row in rows]
    made = [independent(d, i, y, v) for i, (d, y, v) in enumerate(zip(district, yi, vi, strict=True))]
    return effects(made, outcome("GEN"), MULTILEVEL)


def test_three_levels_are_those_of_metafor() -> None:
    theirs = shipped("dat.konstantopoulos2011")[1]["threelevel"]
    wald = pool(schools(), outcome("GEN"), Synthesis(dependent="multilevel", interval="Wald"))
    fit = theirs["REML/z"]
    assert (wald.estimate, wald.se, wald.ci_low) == pytest.approx(
        (fit["estimate"][0], fit["se"][0], fit["ci_lb"][0]), rel=1e-6
    )
    assert (wald.tau2_between, wald.tau2_within) == pytest.approx(fit["sigma2"], rel=1e-6)
    assert (wald.Q, wald.k, len(wald.weights)) == (pytest.approx(fit["QE"]), 11, 56)
    assert sum(wald.weights) == pytest.approx(100)
    assert wald.weights @ [row["yi"] for row in schools()] / 100 == pytest.approx(wald.estimate)
    assert pool(schools(), outcome("GEN"), MULTILEVEL).df == 10


def test_robust_tests_are_those_of_clubsandwich() -> None:
    found = pool(schools(), outcome("GEN"), ROBUST)
    theirs = shipped("dat.konstantopoulos2011")[1]["threelevel"]["robust_CR2_clubSandwich"]
    ours = (found.se, found.df, found.pval, found.ci_low)
    assert ours == pytest.approx(tuple(np.ravel(theirs[key])[0] for key in ("se", "dfs", "pval", "ci_lb")), rel=1e-6)
    assert found.interval_used == "CR2"


def test_without_several_results_of_a_study_the_model_is_the_usual_one() -> None:
    rows = effects([scores(study, "t", "c", mean_1=m) for study, m in (("a", 12.0), ("b", 14.0), ("d", 19.0))],
                   outcome("MD"), MULTILEVEL)  # fmt: skip
    one, other = (pool(rows, outcome("MD"), settings) for settings in (MULTILEVEL, Synthesis()))
    assert (one.estimate, one.se, one.tau2, one.interval_used) == (other.estimate, other.se, other.tau2, "HKSJ")


TRIALS = [
    scores("adams", "t", "c"), scores("adams", "u", "c"), scores("brown", "t", "c", mean_1=18.0),
    scores("clark", "t", "c", mean_1=11.0), scores("clark", "t", "c", mean_1=12.0, timepoint="1 year"),
]  # fmt: skip


def analysed(rows: list[dict[str, Any]], settings: Synthesis, by: dict[str, Subgroup] | None = None) -> dict[str, Any]:
    return analyse(effects(rows, outcome("MD"), settings), outcome("MD"), settings, by or {})


def test_a_robust_test_of_few_degrees_of_freedom_gives_way_to_the_model() -> None:
    main, wald = (analysed(TRIALS, ROBUST)[key] for key in ("main", "wald"))
    assert (main.interval, main.df, main.se) == ("t", 2, wald.se)
    assert main.interval_why == "a robust test would have fewer than 4 degrees of freedom"


def test_an_analysis_of_dependent_results_counts_studies_and_people_once() -> None:
    found = analysed(TRIALS, MULTILEVEL)
    main = found["main"]
    assert (main.k, main.results, len(main.weights)) == (3, 5, 5)
    assert main.participants == (40 + 60 + 50) + 90 + 90
    assert main.tau2 == pytest.approx(main.tau2_between + main.tau2_within)
    assert method_name(main) == "Three-level model (REML, t)"
    assert "(between studies " in heterogeneity_line(main)
    assert overall_line(main).startswith("Test of the pooled effect: t(")
    assert [one.results for one in found["leave_one_out"]] == [3, 4, 3]
    row = as_json(main)
    assert (row["key"], row["k"], row["results"]) == ("main", 3, 5)


def test_what_takes_one_result_a_study_says_so_instead_of_taking_more() -> None:
    few = SmallStudies(from_k=3, tests=["egger"], pet_peese=True)
    settings = Synthesis(dependent="multilevel", small_studies=few, compare=["EE", "ML"], cumulative="year")
    rows = effects([row | {"order": 2000.0} for row in TRIALS], outcome("MD"), settings)
    found = further(rows, outcome("MD"), settings, {})
    equal, likelihood = found.other_models
    assert equal.why_not == found.influence.why_not == found.cumulative_why_not == ONE_EACH
    assert {one.why_not for one in [*found.asymmetry, *found.adjusted]} == {ONE_EACH}
    assert (likelihood.why_not, likelihood.k, likelihood.results) == ("", 3, 5)
    divided = settings.model_copy(update={"dependent": "error"})
    found = further(rows, outcome("MD"), divided, {})
    assert found.other_models[0].why_not == found.influence.why_not == "", "results of a divided comparator are apart"


def test_results_of_a_study_are_told_apart() -> None:
    labels = [row["result_label"] for row in effects(TRIALS, outcome("MD"), MULTILEVEL)]
    assert labels == ["Adams: t", "Adams: u", "Brown", "Clark: 12 weeks", "Clark: 1 year"]


def test_several_results_of_one_study_alone_are_pooled_within_it() -> None:
    main = analysed(TRIALS[:2], MULTILEVEL)["main"]
    assert (main.k, main.results, main.interval, main.interval_why) == (1, 2, "z", "one study")
    assert main.tau2_between is None
    assert 1.5 < main.estimate < 3.0


def test_results_that_determine_each_other_are_an_error() -> None:
    everyone = {"n_1": 20, "events_2": 5, "n_2": 20, "arm_2": "c", "study_id": "adams"}
    rows = [result(arm, events_1=20) | everyone | {"arm_1": arm} for arm in "tu"]
    usual = effects(rows, outcome("RR"), MULTILEVEL)
    assert pool(usual, outcome("RR"), MULTILEVEL).k == 1
    bare = Synthesis(dependent="multilevel", zero_cells={"to": "none"})
    with pytest.raises(InputError, match=r"h.csv: found results of adams that determine each other \(rt, ru\)"):
        pool(effects(rows, outcome("RR"), bare), outcome("RR"), bare)


def test_subgroups_count_studies() -> None:
    groups = {"adams": "old", "brown": "old", "clark": "young", "dean": "young"}
    rows = [*TRIALS, scores("dean", "t", "c", mean_1=9.0)]
    rows = [row | {"group_age": groups[row["study_id"]]} for row in rows]
    (found,) = analysed(rows, MULTILEVEL, {"age": Subgroup(label="Age", by="age")})["subgroups"]
    assert (found.studies, found.known) == ({"old": 2, "young": 2}, 4)
    assert [(level.k, level.results) for level in found.levels] == [(2, 3), (2, 3)]
    assert found.df == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"shared_comparator": "split"}, "shared_comparator split and dependent multilevel; expected one of the two"),
        ({"method": "DL"}, "dependent multilevel with method DL; expected method REML or ML"),
        ({"correlation": 1.0}, "less than 1"),
    ],
)
def test_dependence_is_modelled_in_one_way(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Synthesis(dependent="multilevel", **more)


def test_all_time_points_need_a_model_of_dependence() -> None:
    values = {
        "review": {"title": "T", "date": "2025-01-01"},
        "comparisons": {"c": {"label": "C", "intervention": "I", "comparator": "J"}},
        "outcomes": {"h": {"label": "H", "file": "h.csv", "comparison": "c", "measure": "MD", "better": "higher",
                           "timepoint": "all"}},
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"outcomes.h.timepoint: found all; expected synthesis.dependent: multilevel"):
        Config.model_validate(values)
    assert Config.model_validate(values | {"synthesis": {"dependent": "robust"}}).outcomes["h"].timepoint == "all"
