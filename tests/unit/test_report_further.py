"""What the report says of further analyses: numbers with their studies, one sentence where there are too few, no verdicts."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prismake.config import Comparison, Config, Published, Subgroup
from prismake.people import PublishedEstimate
from prismake.report.analyses import why_no_main
from prismake.report.material import Material
from prismake.report.sections.evidence import comparison
from prismake.report.sections.outcomes import outcomes
from prismake.report.sections.planned import planned
from prismake.report.sections.plots import further_figures
from prismake.synthesis import tau2
from prismake.synthesis.draw import draw
from prismake.synthesis.run import synthesise
from prismake.synthesis.tau2 import NotConverged
from trial_cases import outcome, study, trials

CELLS = Comparison(label="c", intervention="Cells", comparator="Control")


PLACE = {"place": Subgroup(label="Place", by="place")}


def reported(
    folder: Path, count: int, rows: list[dict[str, Any]] | None = None, measure: str = "OR", **asked: Any
) -> Material:
    """A review of one outcome with so many trials, or with these, as far as the sections on syntheses read it."""
    config = Config.model_validate(
        {
            "review": {"title": "T", "date": "2026-01-01"},
            "characteristics": {"dose": {"label": "D", "type": "number"}, "place": {"label": "P"}},
            "comparisons": {"c": CELLS.model_dump()},
            "outcomes": {"healing": outcome(measure=measure).model_dump()},
            "moderators": {
                "dose": {"label": "Dose", "by": "dose", "log10": True},
                **({"place": {"label": "Place", "by": "place", "reference": "south"}} if "regression" in asked else {}),
            },
            "synthesis": {"figures": []} | asked,
        }
    )
    healing = config.outcomes["healing"]
    synthesise(rows or trials(count), healing, config.synthesis, PLACE, config.moderators, folder)
    draw(folder / "synthesis.json", healing, CELLS, config.synthesis, config.moderators, folder)
    said, drawn = ({"healing": json.loads((folder / f"{name}.json").read_text())} for name in ("synthesis", "figures"))
    return cast(Material, SimpleNamespace(config=config, syntheses=said, drawn=drawn, results=[]))


def words(text: str) -> str:
    return " ".join(text.replace("\\", "").split())


def test_too_few_studies_take_one_sentence_each(tmp_path: Path) -> None:
    text = words(outcomes(reported(tmp_path, 4)))
    assert text.count("Small-study effects are looked for from 10 studies on; here there are 4.") == 1
    assert text.count("dose (known in 4 of 4; fewer than 10 studies)") == 1
    assert "asymmetry (" not in text
    assert "fill" not in text
    assert "| Equal effects, Mantel-Haenszel |" in text


def test_an_interval_that_ends_beside_no_effect_shows_that_it_does(tmp_path: Path) -> None:
    rows = [study(n, (5004, 10000, 4863, 10000)) for n in range(3)]
    text = words(outcomes(reported(tmp_path, 3, rows, "RR", interval="Wald", level=0.999)))
    assert "(99.9% CI 1.00 to " in text
    assert "wholly on the side that favours the intervention (it ends at 1.001)." in text


def test_models_of_several_moderators_say_which_each_coefficient_is_of(tmp_path: Path) -> None:
    asked = {"together": [["dose", "place"]], "studies_per_coefficient": 3}
    text = words(outcomes(reported(tmp_path, 12, regression=asked)))
    assert "| Dose (k = 12) | ten times the value |" in text
    assert "| Dose + place (k = 12) | dose: ten times the value |" in text
    assert "| | place: north against south |" in text
    drawn = json.loads((tmp_path / "figures.json").read_text())
    assert not any("+" in name for name in drawn)


def test_one_study_names_what_was_planned_and_nothing_more(tmp_path: Path) -> None:
    text = words(outcomes(reported(tmp_path, 1)))
    assert (
        "The planned subgroup analyses (place) and meta-regressions (dose) cannot be run: one study is in the main analysis."
        in text
    )
    assert "Small-study" not in text
    assert "|" not in text


def test_a_test_of_fewer_than_ten_studies_says_that_it_hardly_finds_anything(tmp_path: Path) -> None:
    few = words(outcomes(reported(tmp_path, 5, small_studies={"from_k": 5})))
    assert "Test for funnel asymmetry (Harbord, 5 studies;" in few
    assert "With fewer than ten studies such a test hardly finds anything." in few
    enough = words(outcomes(reported(tmp_path, 12)))
    assert "Test for funnel asymmetry (Harbord, 12 studies;" in enough
    assert "hardly finds" not in enough


def test_the_variance_that_equal_effects_assume_is_no_estimate(tmp_path: Path) -> None:
    text = words(outcomes(reported(tmp_path, 4)))
    row = next(part for part in text.split("| Equal effects, inverse variance |")[1:])
    assert row.split("|")[1].strip() == "–"


def fails(_: Any) -> tuple[float, float]:
    raise NotConverged("ML: no maximum")


def test_a_main_model_without_a_result_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tau2.METHODS, "ML", fails)
    text = words(outcomes(reported(tmp_path, 4, method="ML")))
    assert "The main model gave no result: ML did not converge (ML: no maximum)." in text


def test_the_studies_of_a_main_model_without_a_result_are_counted_beside_a_published_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tau2.METHODS, "ML", fails)
    said = reported(tmp_path, 4, method="ML")
    config = said.config.model_copy(update={"published": Published(review="p", label="Theirs")})
    theirs = PublishedEstimate(review_id="p", outcome="healing", measure="OR", estimate=2.0, source="p. 1")
    text = comparison(cast(Material, SimpleNamespace(**vars(said) | {"config": config, "published": [theirs]})))
    assert re.search(r"the main model gave no result\s*(\||</td>)\D*4\b", words(text))


def test_a_subgroup_analysis_that_was_not_run_says_its_own_reason(tmp_path: Path) -> None:
    said = "Subgroup analyses that were planned and not run ({}): place (known in {} of {}; "
    text = words(outcomes(reported(tmp_path, 4)))
    assert said.format("fewer than two groups with at least 2 studies", 4, 4) + "north: 2, south: 1, west: 1)." in text
    alone = {"subgroup_studies": 1, "subgroup_tau2": "common"}
    text = words(outcomes(reported(tmp_path, 3, **alone)))
    assert said.format("one study in each group, from which no common tau² can be estimated", 3, 3) in text


def test_studies_that_are_all_alike_give_numbers_without_the_rest_of_rounding_or_a_reason(tmp_path: Path) -> None:
    rows = [
        study(n, (0, 20 + n, 0, 20 + n), moderator_dose=n + 1.0, group_place="ab"[n % 2], moderator_place="ab"[n % 2])
        for n in range(12)
    ]
    asked = {"tests": ["egger"], "pet_peese": True, "fail_safe": "rosenberg"}
    text = words(
        outcomes(reported(tmp_path, 12, rows, "RD", small_studies=asked, subgroup_tau2="common", subgroup_studies=2))
    )
    assert "Leaving out one study at a time gives 0.00 each time." in text
    assert "Egger's test was not run: the effects lie exactly on one line" in text
    assert "PET-PEESE gave no result: the effects lie exactly on one line" in text
    assert "Fail-safe number (Rosenberg): 0, as the test is not significant without any" in text
    assert "Test for subgroup differences: F(1, 10) = 0.00, p = 1.00." in text
    assert "| ten times the value | 0.00 (" in text
    assert "not estimable" not in text
    assert "10⁻" not in text


def test_the_methods_name_what_config_asks_for_and_nothing_else(tmp_path: Path) -> None:
    usual = words(planned(reported(tmp_path, 2)))
    assert "equal effects, inverse variance; equal effects, Mantel-Haenszel" in usual
    assert "tested for asymmetry by the test that suits the measure: Harbord's for OR" in usual
    for absent in ("PEESE", "permutation", "cumulative", "fail-safe", "subsets"):
        assert absent not in usual
    none = {"tests": [], "trim_and_fill": "none"}
    bare = words(planned(reported(tmp_path, 2, compare=[], small_studies=none, gosh={"up_to_k": 6})))
    assert "asymmetry" not in bare
    assert "other models" not in bare
    assert "With up to 6 studies the model is fitted to their subsets." in bare


def test_further_figures_stand_under_a_heading_where_there_are_any(tmp_path: Path) -> None:
    assert further_figures(reported(tmp_path, 4)) == ""
    text = further_figures(reported(tmp_path, 4, figures=["radial", "gosh"]))
    assert text.startswith("## Further figures of the syntheses")
    assert "figures/healing_radial" in text
    assert "gosh" not in text


def test_a_cumulative_analysis_that_was_run_is_told(tmp_path: Path) -> None:
    rows = [row | {"order": float(2000 + n)} for n, row in enumerate(trials(4))]
    said = reported(tmp_path, 4, rows, cumulative="year", figures=["cumulative"])
    text = words(outcomes(said))
    assert "Adding one study at a time, in the order of the year of their first report, gives estimates from " in text
    assert "@fig-cumulative-healing shows each." in text
    assert "{#fig-cumulative-healing" in further_figures(said)
    assert "Adding one study" not in outcomes(reported(tmp_path, 4, rows))


def test_an_outcome_whose_studies_are_kept_for_sensitivity_is_not_said_to_have_none(tmp_path: Path) -> None:
    rows = [row | {"use": "sensitivity"} for row in trials(2)]
    said = reported(tmp_path, 2, rows)
    text = words(outcomes(said))
    assert "No study enters the main analysis; @fig-forest-healing shows what the sensitivity analysis alone" in text
    assert "can be pooled" not in text
    assert "Forest plot of Healing: sensitivity analysis alone, OR" in text
    assert why_no_main(said, "healing") == "no study enters the main analysis"


def test_the_text_names_every_figure_and_table_that_follows_it(tmp_path: Path) -> None:
    text = outcomes(reported(tmp_path, 4, figures=["leave_one_out", "funnel"]))
    ids = set(re.findall(r"\{#((?:fig|tbl)-[\w-]+)", text))
    assert {"fig-leave-one-out-healing", "fig-funnel-healing", "tbl-models-healing"} <= ids
    assert ids <= set(re.findall(r"@((?:fig|tbl)-[\w-]+)", text))
