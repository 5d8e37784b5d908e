"""The analyses of an outcome: what is estimable, what is run, and the files that hold it."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from prismake.config import Comparison, Outcome, Subgroup, Synthesis
from prismake.extraction.rows import DOMAINS
from prismake.synthesis.analyses import analyse, as_json
from prismake.synthesis.draw import draw
from prismake.synthesis.read_back import analyses_in, further_in
from prismake.synthesis.run import synthesise
from prismake.synthesis.study_effects import effects
from prismake.synthesis.words import favours, subgroup_line

CELLS = Comparison(label="C", intervention="MSC", comparator="Standard care")


def outcome(**more: Any) -> Outcome:
    values = {"label": "Healing", "file": "h.csv", "comparison": "c", "measure": "OR", "better": "higher"}
    return Outcome.model_validate(values | more)


def row(number: int, table: tuple[float, float, float, float], group: str = "", use: str = "main") -> dict[str, Any]:
    figures = dict(zip(("events_1", "n_1", "events_2", "n_2"), table, strict=True))
    empty = {f"{name}_{arm}": None for name in ("mean", "sd") for arm in (1, 2)}
    said = {"result_id": f"r{number}", "study_id": f"s{number}", "label": f"Study {number}", "design": "randomised"}
    more = {"use": use, "timepoint": "12 weeks", "unit_of_analysis": "patient", "measure": "OR", "group_age": group}
    more["order"] = 2000.0 + number
    return said | more | figures | empty | {f"bias_{domain}": "" for domain in DOMAINS}


USUAL = [row(1, (8, 20, 3, 20), "old"), row(2, (9, 20, 6, 20), "old"), row(3, (7, 9, 2, 9), "young"),
         row(4, (6, 30, 1, 31), "young")]  # fmt: skip
AGE = {"age": Subgroup(label="ABI at baseline", by="age")}


def written(folder: Path, rows: list[dict[str, Any]], **settings: Any) -> dict[str, Any]:
    synthesise(rows, outcome(), Synthesis(**settings), AGE, {}, folder)
    draw(folder / "synthesis.json", outcome(), CELLS, Synthesis(**settings), {}, folder)
    found: dict[str, Any] = json.loads((folder / "synthesis.json").read_text())
    return found


@pytest.mark.parametrize(
    ("table", "why"),
    [((0, 50, 0, 49), "no events in either group"), ((50, 50, 49, 49), "events in everyone of both groups")],
)
def test_a_study_without_an_effect_says_why(table: tuple[float, float, float, float], why: str) -> None:
    one, two = effects([row(1, table), USUAL[0]], outcome(), Synthesis())
    assert (one["estimable"], one["effect"], one["why_not"]) == (False, None, why)
    assert (two["estimable"], two["why_not"]) == (True, "")


def test_studies_are_left_out_in_turn_from_three_on() -> None:
    for count, runs in ((1, 0), (2, 0), (3, 3)):
        studies = effects(USUAL[:count], outcome(), Synthesis())
        assert len(analyse(studies, outcome(), Synthesis(), {})["leave_one_out"]) == runs


def test_an_end_beyond_all_numbers_is_stored_as_none_and_drawn_as_open(tmp_path: Path) -> None:
    said = written(tmp_path, [row(1, (0, 10, 10, 10)), row(2, (10, 10, 0, 9))], zero_cells={"add": 1e-5})
    assert said["main"]["ci_low"] == 0
    assert said["main"]["ci_high"] is None
    assert math.isfinite(said["main"]["estimate"])


@pytest.mark.parametrize("rows", [[], [row(1, (0, 50, 0, 49))], USUAL[:1], USUAL[:2], USUAL], ids=len)
def test_the_files_of_an_outcome_are_the_same_whatever_the_data(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    written(tmp_path, rows)
    figures = {"forest", "funnel", "leave_one_out", "subgroup_age"}
    made = {path.name for path in tmp_path.iterdir() if path.suffix != ".csv"}
    assert made == {"synthesis.json", "figures.json"} | {f"{f}.{k}" for f in figures for k in ("svg", "png")}
    assert set(json.loads((tmp_path / "figures.json").read_text())) == {1: {"forest"}, 2: {"forest"}, 4: figures}.get(
        len(rows), set()
    )


def test_a_forest_plot_by_subgroup_ends_with_all_studies(tmp_path: Path) -> None:
    written(tmp_path, USUAL)
    text = (tmp_path / "subgroup_age.svg").read_text(encoding="utf-8")
    assert text.count("-diamond") == 3
    assert "All studies" in text


@pytest.mark.parametrize("rows", [[], USUAL[:1], USUAL], ids=len)
def test_analyses_read_back_are_those_that_were_written(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    said = written(tmp_path, rows, cumulative="year", influence_from=3, gosh={"up_to_k": 4})
    assert as_json(analyses_in(said)) | as_json(further_in(said)) == {
        part: value for part, value in said.items() if part not in ("studies", "made_by")
    }


def test_subgroups_in_words() -> None:
    studies = effects(USUAL, outcome(), Synthesis())
    (found,) = analyse(studies, outcome(), Synthesis(), AGE)["subgroups"]
    assert re.fullmatch(r"Test for subgroup differences: Q = \d+\.\d\d, df = 1, p = 0\.\d+", subgroup_line(found))
    far = type(found)(**{**vars(found), "pval": 1e-9, "Q_b": 2.2e-27})
    assert subgroup_line(far) == "Test for subgroup differences: Q = 0.00, df = 1, p < 0.001"


def test_sides_of_a_plot_keep_abbreviations() -> None:
    assert favours(outcome(), CELLS) == ("Favours standard care", "Favours MSC")
