"""Further analyses of an outcome: what is run, what is not and why, and that their numbers are those of the library."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest
from prismake.config import Moderator, Outcome, Subgroup, Synthesis
from prismake.synthesis import tau2
from prismake.synthesis.analyses import analyse
from prismake.synthesis.asymmetry import recommended
from prismake.synthesis.further import Further, further
from prismake.synthesis.mantel_haenszel import mantel_haenszel, peto
from prismake.synthesis.model import random_effects
from prismake.synthesis.regression import common_tau2_subgroups, permutation_test, regress
from prismake.synthesis.run import synthesise
from prismake.synthesis.small_studies import egger, harbord, pet_peese
from prismake.synthesis.study_effects import effects
from prismake.synthesis.tau2 import NotConverged
from prismake.synthesis.trim_and_fill import rosenberg
from prismake.synthesis.words import heterogeneity_line, subgroup_line
from trial_cases import outcome, study, trials

Row = dict[str, Any]
DOSE = {"dose": Moderator(label="Dose", by="dose", log10=True)}
PLACE = {"place": Moderator(label="Place", by="place", reference="south")}


def run(
    rows: list[Row], moderators: dict[str, Moderator] | None = None, of: Outcome | None = None, **asked: Any
) -> Further:
    settings = Synthesis.model_validate(asked)
    return further(effects(rows, of or outcome(), settings), of or outcome(), settings, moderators or {})


def numbers(rows: list[Row]) -> tuple[list[float], list[float]]:
    made = effects(rows, outcome(), Synthesis())
    return [row["yi"] for row in made], [row["vi"] for row in made]


def tables(rows: list[Row]) -> dict[str, list[float]]:
    return {
        "ai": [r["events_1"] for r in rows],
        "bi": [r["n_1"] - r["events_1"] for r in rows],
        "ci": [r["events_2"] for r in rows],
        "di": [r["n_2"] - r["events_2"] for r in rows],
    }


class TestOtherModels:
    def test_each_is_the_library_s_on_the_same_studies(self) -> None:
        rows = trials(6)
        found = {one.method: one for one in run(rows, compare=["EE", "DL", "MH", "PETO", "UM.FS"]).other_models}
        for method, theirs in (("MH", mantel_haenszel("OR", **tables(rows))), ("PETO", peto(**tables(rows)))):
            assert found[method].yi == theirs.estimate
            assert found[method].estimate == pytest.approx(math.exp(theirs.estimate))
        for method in ("EE", "DL"):
            theirs = random_effects(*numbers(rows), Synthesis(method=method))
            assert (found[method].yi, found[method].tau2) == (theirs.estimate, theirs.tau2)
        assert found["PETO"].measure == "PETO"
        assert {one.k for one in found.values()} == {6}
        assert found["UM.FS"].tau2 is not None
        assert not any(one.why_not for one in found.values())

    def test_one_that_does_not_apply_says_why(self) -> None:
        asked = ["REML", "MH", "PETO", "UM.FS", "CM.EL"]
        found = run(trials(4), of=outcome(measure="RR"), compare=asked).other_models
        assert [one.method for one in found] == asked
        assert [bool(one.why_not) for one in found] == [True, False, True, True, True]
        assert found[0].why_not == "it is the main model"
        assert found[2].why_not == "it applies to OR, PETO; the measure is RR"
        assert all(one.estimate is None for one in found if one.why_not)

    def test_counts_that_a_model_cannot_use_say_so_and_stop_no_other(self) -> None:
        rows = [study(n, (n + 1, 20, 0, 20)) for n in range(3)]
        mh, fixed, dl = run(rows, compare=["MH", "UM.FS", "DL"]).other_models
        assert "no events" in mh.why_not
        assert "no events" in fixed.why_not
        assert dl.estimate is not None

    def test_an_interval_without_width_is_no_result(self) -> None:
        rows = [study(n, (0, 20 + n, 0, 20)) for n in range(4)]
        mh, dl = run(rows, of=outcome(measure="RD"), compare=["MH", "DL"]).other_models
        assert mh.why_not == "no events, or events in everyone: no standard error"
        assert mh.estimate is None
        assert dl.estimate is not None

    def test_nothing_is_pooled_of_one_study(self) -> None:
        assert {one.why_not for one in run(trials(1)).other_models} == {"fewer than two studies: nothing is pooled"}


def fails(_: Any) -> tuple[float, float]:
    raise NotConverged("ML: no maximum")


def test_a_fit_that_does_not_converge_is_said_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(tau2.METHODS, "ML", fails)
    other = run(trials(4), compare=["ML", "DL"]).other_models
    assert (other[0].why_not, other[0].estimate) == ("did not converge (ML: no maximum)", None)
    assert other[1].estimate is not None

    settings = Synthesis(method="ML", compare=["DL"], figures=[])
    by = {"place": Subgroup(label="Place", by="place")}
    synthesise(trials(9), outcome(), settings, by, DOSE, tmp_path)
    said = json.loads((tmp_path / "synthesis.json").read_text())
    assert said["main"] is None
    assert said["influence"]["why_not"] == "did not converge (ML: no maximum)"
    rows = list(csv.DictReader((tmp_path / "models.csv").open()))
    assert {row["analysis"]: row["estimate"] for row in rows if row["why_not"]}["main"] == ""
    assert [row["analysis"] for row in rows if row["estimate"]] == ["model:DL"]


class TestSubgroupsWithCommonTau2:
    def test_they_are_one_regression(self) -> None:
        rows = trials(12)
        settings = Synthesis(subgroup_tau2="common", interval="Wald")
        by = {"place": Subgroup(label="Place", by="place")}
        (found,) = analyse(effects(rows, outcome(), settings), outcome(), settings, by)["subgroups"]
        theirs = common_tau2_subgroups(*numbers(rows), [row["group_place"] for row in rows])
        assert {level.label: level.yi for level in found.levels} == {
            name: pytest.approx(mean.estimate) for name, mean in theirs.groups.items()
        }
        assert [level.tau2 for level in found.levels] == pytest.approx([theirs.fit.tau2] * 3)
        assert (found.Q_b, found.df, found.df2) == (pytest.approx(theirs.between.QM), 2, None)
        assert sum(found.levels[0].weights) == pytest.approx(100)
        assert heterogeneity_line(found.levels[0]).endswith("common to the groups")

    def test_groups_of_one_study_each_have_none(self) -> None:
        settings = Synthesis(subgroup_tau2="common", subgroup_studies=1)
        by = {"place": Subgroup(label="Place", by="place")}
        (found,) = analyse(effects(trials(3), outcome(), settings), outcome(), settings, by)["subgroups"]
        assert found.why_not == "one study in each group, from which no common tau² can be estimated"
        assert not found.levels

    def test_hartung_knapp_makes_the_test_an_f_test_and_keeps_its_rules(self) -> None:
        settings = Synthesis(subgroup_tau2="common")
        by = {"place": Subgroup(label="Place", by="place")}
        (found,) = analyse(effects(trials(12), outcome(), settings), outcome(), settings, by)["subgroups"]
        assert subgroup_line(found).startswith("Test for subgroup differences: F(2, 9) = ")
        same = [study(n, (8 + n % 2, 20, 4, 20), group_place="ab"[n // 3]) for n in range(6)]
        (alike,) = analyse(effects(same, outcome(), settings), outcome(), settings, by)["subgroups"]
        assert {level.interval for level in alike.levels} == {"HKSJ-floor"}


class TestAsymmetry:
    @pytest.mark.parametrize(
        ("measure", "test"), [("OR", "harbord"), ("MD", "egger"), ("SMD", "pustejovsky"), ("RD", ""), ("RR", "harbord")]
    )
    def test_the_recommended_test_suits_the_measure(self, measure: str, test: str) -> None:
        assert recommended(measure) == test

    def test_proportions_are_tested_by_numbers_of_people_and_by_nothing_about_no_effect(self) -> None:
        alone = outcome(measure="PLO", comparison=None)
        found = run(trials(12), of=alone, small_studies=ALL, compare=["DL", "UM", "MH"])
        assert [(one.test, bool(one.why_not)) for one in found.asymmetry] == [("macaskill", False)]
        assert [bool(one.why_not) for one in found.adjusted] == [False, True, True, True]
        assert [bool(one.why_not) for one in found.other_models] == [False, False, True]

    def test_studies_without_counts_are_named(self) -> None:
        rows = trials(12)
        made = effects(rows, outcome(), Synthesis())
        made[4] |= {"events_1": None, "n_1": None}
        found = further(made, outcome(), Synthesis(compare=["MH", "DL"]), {})
        assert found.asymmetry[0].why_not == found.other_models[0].why_not == "no counts in Study 04"
        assert not found.other_models[1].why_not

    def test_it_is_the_library_s(self) -> None:
        rows = trials(12)
        (found,) = run(rows).asymmetry
        theirs = harbord(**tables(rows))
        assert (found.test, found.k, found.pval, found.df) == ("harbord", 12, theirs.pval, theirs.df)

    def test_too_few_studies_and_other_measures_are_refused_with_the_reason(self) -> None:
        (few,) = run(trials(9)).asymmetry
        assert (few.why_not, few.pval) == ("fewer than 10 studies", None)
        (asked,) = run(trials(9), small_studies={"from_k": 5, "tests": ["egger"]}).asymmetry
        assert asked.pval == egger(*numbers(trials(9)), at_least=5).pval
        means, hazards = run(trials(12), small_studies={"tests": ["pustejovsky", "debray"]}).asymmetry
        assert means.why_not == "it applies to means of two groups; the measure is OR"
        assert "hazard ratios" in hazards.why_not
        (none,) = run(trials(12), of=outcome(measure="RD")).asymmetry
        assert "no test is recommended for risk differences" in none.why_not

    def test_every_test_gives_its_numbers_or_a_reason(self) -> None:
        every = ["egger", "thompson_sharp", "begg", "macaskill", "pustejovsky", "peters", "harbord", "debray"]
        found = run(trials(12), small_studies={"tests": every}).asymmetry
        assert [one.test for one in found] == every
        assert all((one.pval is None) == bool(one.why_not) for one in found)
        assert sum(one.pval is not None for one in found) == 6


ALL = {"pet_peese": True, "selection": True, "fail_safe": "rosenberg"}


class TestAdjusted:
    def test_they_are_the_library_s_with_the_level_of_the_review(self) -> None:
        rows = trials(14)
        wide, narrow = (run(rows, small_studies=ALL, level=level).adjusted for level in (0.95, 0.5001))
        found = {one.analysis: one for one in wide}
        assert list(found) == ["trim_and_fill", "pet", "peese", "3psm", "fail_safe"]
        theirs = pet_peese(*numbers(rows))
        assert found["pet"].yi == theirs.pet.limit
        assert found["pet"].ci_low == pytest.approx(math.exp(theirs.pet.limit_low))
        assert [name for name in found if found[name].chosen] == [theirs.chosen.lower()]
        assert found["fail_safe"].fail_safe == rosenberg(*numbers(rows)).n
        assert len(found["trim_and_fill"].filled_yi) == found["trim_and_fill"].filled
        for one, other in zip(wide[1:4], narrow[1:4], strict=True):
            assert one.yi == other.yi
            assert (one.ci_low or 0) < (other.ci_low or 0)

    def test_selection_favours_the_side_that_is_better(self) -> None:
        rows = trials(14)
        better, worse = (
            run(rows, of=outcome(better=side), small_studies={"selection": True}).adjusted[1]
            for side in ("higher", "lower")
        )
        assert "positive" in better.method
        assert "negative" in worse.method or "significant" in worse.why_not

    def test_too_few_studies_give_a_reason_and_no_number(self) -> None:
        found = run(trials(5), small_studies=ALL).adjusted
        assert {one.why_not for one in found} == {"fewer than 10 studies"}
        assert {one.estimate for one in found} == {None}


class TestModerators:
    def test_a_number_on_the_scale_asked_for(self) -> None:
        rows = trials(12)
        rows[3]["moderator_dose"] = None
        (found,) = run(rows, DOSE, interval="Wald").regressions
        kept = [row for row in rows if row["moderator_dose"]]
        theirs = regress(*numbers(kept), {"x": [math.log10(row["moderator_dose"]) for row in kept]})
        slope = found.terms[1]
        assert (found.k, found.unknown, slope.name) == (11, 1, "log10 of Dose")
        assert slope.estimate == theirs.coefficients[1].estimate
        assert slope.effect == pytest.approx(math.exp(slope.estimate))
        assert (found.R2, found.QM, found.df, found.df2) == (theirs.R2, theirs.moderators.QM, 1, None)
        assert (found.QE, found.QE_df, found.tau2) == (theirs.fit.Q, 9, theirs.fit.tau2)

    def test_a_category_is_compared_with_its_reference_and_needs_more_studies(self) -> None:
        asked = {"studies_per_coefficient": 6}
        (found,) = run(trials(12), PLACE, regression=asked).regressions
        assert found.predictors[0].levels == {"south": 4, "north": 4, "west": 4}
        assert [term.name for term in found.terms] == ["intercept", "Place: north", "Place: west"]
        assert (found.df, found.df2) == (2, 9)
        (few,) = run(trials(11), PLACE, regression=asked).regressions
        assert (few.why_not, few.terms) == ("fewer than 12 studies", ())

    def test_several_together_are_one_model_of_the_studies_that_give_them_all(self) -> None:
        rows, asked = trials(24), {"together": [["dose", "place"]], "studies_per_coefficient": 7}
        rows[0]["moderator_dose"], rows[1]["moderator_place"] = None, ""
        *_, found = run(rows, DOSE | PLACE, regression=asked, interval="Wald").regressions
        theirs = regress(
            *numbers(rows[2:]),
            {"dose": [math.log10(row["moderator_dose"]) for row in rows[2:]],
             "place": [row["moderator_place"] for row in rows[2:]]},
            reference={"place": "south"},
        )  # fmt: skip
        assert (found.key, found.label, found.k, found.unknown) == ("dose+place", "Dose + place", 22, 2)
        assert [term.name for term in found.terms] == ["intercept", "log10 of Dose", "Place: north", "Place: west"]
        assert [term.estimate for term in found.terms] == [one.estimate for one in theirs.coefficients]
        assert (found.QM, found.df, found.R2) == (theirs.moderators.QM, 3, theirs.R2)
        *_, few = run(rows[3:], DOSE | PLACE, regression=asked | {"studies_per_coefficient": 8}).regressions
        assert few.why_not == "fewer than 24 studies"
        rows = [row | {"moderator_dose": 5.0} for row in rows]
        *_, alike = run(rows, DOSE | PLACE, regression=asked).regressions
        assert alike.why_not == "dose: all studies have the same value"

    def test_permutations_are_those_of_the_seed_and_of_the_reference(self) -> None:
        rows, asked = trials(12), {"studies_per_coefficient": 4, "permutations": 60, "seed": 3}
        (one,), (again,) = (run(rows, PLACE, regression=asked).regressions for _ in range(2))
        assert one == again
        theirs = permutation_test(
            *numbers(rows), {"Place": [row["moderator_place"] for row in rows]}, reference={"Place": "south"},
            interval="HKSJ", iterations=60, seed=3,
        )  # fmt: skip
        assert [term.permutation_pval for term in one.terms] == list(theirs.pvals)
        assert (one.permutation_pval, one.permutations, one.exact) == (theirs.omnibus_pval, 60, False)
        (other,) = run(rows, PLACE, regression=asked | {"seed": 4}).regressions
        assert [term.permutation_pval for term in other.terms] != [term.permutation_pval for term in one.terms]

    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ([1.0] * 11, "all studies have the same value"),
            ([-1.0, *map(float, range(1, 11))], "a value is not positive and has no logarithm"),
            ([None] * 11, "fewer than 10 studies"),
        ],
    )
    def test_values_that_give_no_model_say_why(self, values: list[float | None], why: str) -> None:
        rows = [row | {"moderator_dose": value} for row, value in zip(trials(11), values, strict=True)]
        (found,) = run(rows, DOSE).regressions
        assert found.why_not == why

    def test_a_reference_that_no_study_is_of_is_said(self) -> None:
        rows = [row for row in trials(30) if row["moderator_place"] != "south"]
        (found,) = run(rows, PLACE).regressions
        assert found.why_not == "no study is of the reference, south"


class TestOverTime:
    def test_studies_come_in_by_their_order_and_the_unknown_last(self) -> None:
        rows = trials(4)
        for row, order in zip(rows, (2005.0, None, 2001.0, 2005.0), strict=True):
            row["order"] = order
        found = run(rows, cumulative="year").cumulative
        assert [one.label for one in found] == ["Study 02", "Study 00", "Study 03", "Study 01"]
        assert [one.k for one in found] == [1, 2, 3, 4]
        assert found[-1].yi == pytest.approx(random_effects(*numbers(rows), Synthesis()).estimate)

    def test_it_is_run_only_where_asked_for_and_possible(self) -> None:
        assert run(trials(4)).cumulative_why_not == "not asked for"
        assert run(trials(1), cumulative="year").cumulative_why_not == "fewer than two studies"


class TestInfluence:
    def test_a_study_apart_stands_out(self) -> None:
        rows = [study(n, (8, 20 + n, 7, 20)) for n in range(8)] + [study(8, (190, 200, 20, 200))]
        found = run(rows).influence
        assert [one.label for one in found.studies if one.influential] == ["Study 08"]
        assert max(found.studies, key=lambda one: one.baujat_influence or 0).label == "Study 08"
        assert sum(one.weight or 0 for one in found.studies) == pytest.approx(100)

    def test_too_few_studies_say_so(self) -> None:
        assert run(trials(2)).influence.why_not == "fewer than 3 studies"
        assert run(trials(5), influence_from=6).influence.why_not == "fewer than 6 studies"


def test_every_subset_is_fitted_where_asked_for() -> None:
    assert run(trials(4)).subsets_why_not == "not asked for"
    assert run(trials(5), gosh={"up_to_k": 4}).subsets_why_not == "more than 4 studies"
    found = run(trials(4), gosh={"up_to_k": 4}).subsets
    assert len(found) == 15
    whole = next(one for one in found if one.k == 4)
    assert whole.yi == pytest.approx(random_effects(*numbers(trials(4)), Synthesis()).estimate)
    assert len(run(trials(13), gosh={"up_to_k": 13, "subsets": 20}).subsets) == 20


FILES = {
    "studies.csv", "models.csv", "subgroups.csv", "influence.csv", "small_studies.csv", "adjusted.csv", "regression.csv",
    "subsets.csv",
}  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 2, 12])
def test_the_tables_of_an_outcome_have_the_same_columns_whatever_the_data(tmp_path: Path, count: int) -> None:
    heads = []
    for rows, folder in ((trials(count), tmp_path / "some"), (trials(3), tmp_path / "three")):
        folder.mkdir()
        synthesise(rows, outcome(), Synthesis(), {}, DOSE | PLACE, folder)
        heads.append({path.name: path.read_text().splitlines()[0] for path in folder.glob("*.csv")})
    assert heads[0] == heads[1]
    assert heads[0].keys() == FILES
    assert all("why_not" in head for head in heads[0].values())
