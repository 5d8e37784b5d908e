"""Two engines on the same data: what R is asked, what is compared, and what cannot be."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from crosscheck_cases import EVERYTHING, MODERATORS, outcome, studies_of, synthesised, written
from prismake.config import Outcome, Synthesis
from prismake.problems import InputError
from prismake.synthesis.crosscheck.further import further_questions
from prismake.synthesis.crosscheck.pooled import Synthesised, pooled
from prismake.synthesis.crosscheck.questions import TOLERANCES, compared
from prismake.synthesis.crosscheck.run import COLUMNS, crosscheck
from prismake.tables import read_csv

LACKS = "R with metafor is not on this machine: the crosscheck itself is not tested"
MISSING = ("lme4", "clubSandwich", "CompQuadForm", "numDeriv")
"""R packages that metafor needs for some models, and that need not be there."""


@cache
def has_metafor() -> bool:
    if not shutil.which("Rscript"):
        return False
    return subprocess.run(["Rscript", "-e", "library(metafor)"], capture_output=True, check=False).returncode == 0


@pytest.fixture
def metafor() -> None:
    if not has_metafor():
        pytest.skip(LACKS)


def checked(folder: Path, found: dict[str, Any], of: Outcome, settings: Synthesis) -> list[dict[str, str]]:
    out = folder / "healing.csv"
    crosscheck(written(folder, found), of, settings, MODERATORS, out)
    return read_csv(out)


def reasons(rows: list[dict[str, str]]) -> set[str]:
    """Why figures were not compared, but for what this machine lacks."""
    told = {row["note"] for row in rows if row["agrees"] == "not compared"}
    return {reason for reason in told if not any(package in reason for package in MISSING)}


NO_Z = "metafor gives no z value of the rank correlation"
REPORTED = "as the study reports it"
BY_LOT = "each engine draws its own permutations by lot"


@pytest.mark.usefixtures("metafor")
@pytest.mark.parametrize(
    ("measure", "settings", "options"),
    [
        ("OR", {"regression": EVERYTHING["regression"] | {"permutations": 70}}, {}),
        ("RR", {"interval": "Wald", "level": 0.9, "zero_cells": {"to": "all", "add": 0.25}}, {}),
        ("RD", {"method": "DL", "zero_cells": {"to": "if0all"}, "subgroup_tau2": "common"}, {}),
        ("PETO", {"tau2_interval": "PL", "subgroup_tau2": "common"}, {}),
        ("PHI", {"interval": "t"}, {}),
        ("AS", {"method": "DL", "zero_cells": {"to": "all"}, "gosh": {"up_to_k": 9, "subsets": 40}}, {}),
        ("MD", {"method": "PM", "prediction": {"df": "k-2"}, "hartung_knapp": {"q_below_df": "plain"}}, {}),
        ("MD", {"method": "EE"}, {}),
        ("SMD", {"method": "ML", "hartung_knapp": {"tau2_zero": "wald"}}, {"variance": "UB"}),
        ("SMDH", {"method": "EB"}, {}),
        ("ROM", {"method": "SJ"}, {}),
        ("IRR", {}, {}),
        ("IRD", {"method": "HSk"}, {}),
        ("HR", {}, {}),
        ("GEN", {"method": "HE"}, {}),
        ("PLO", {}, {}),
        ("PFT", {}, {}),
    ],
)
def test_metafor_agrees_on_every_figure(
    tmp_path: Path, measure: str, settings: dict[str, Any], options: dict[str, Any]
) -> None:
    few = {} if measure == "OR" else {"compare": ["EE", "DL", "MH", "PETO", "UM", "CM.EL"]}
    configured, of = Synthesis.model_validate(EVERYTHING | few | settings), outcome(measure, **options)
    rows = checked(tmp_path, synthesised(studies_of(measure), of, configured), of, configured)
    assert [row for row in rows if row["agrees"] == "no"] == []
    assert reasons(rows) <= {NO_Z, REPORTED, BY_LOT}
    kinds = {row["analysis"].partition(":")[0] for row in rows}
    assert kinds >= {
        "study", "main", "wald", "weight", "sensitivity", "without", "until", "age", "model", "influence", "test",
        "adjusted", "regression",
    }  # fmt: skip
    assert len([row for row in rows if row["agrees"] == "yes"]) > 400
    assert "regression:dose+place:Place: north" in {row["analysis"] for row in rows if row["agrees"] == "yes"}
    assert {row["made_by"][:8] for row in rows} == {"metafor "}


@pytest.mark.usefixtures("metafor")
@pytest.mark.parametrize(
    ("measure", "settings"),
    [
        ("OR", {"dependent": "robust"}),
        ("SMD", {"dependent": "multilevel", "method": "ML", "interval": "Wald"}),
        ("HR", {"dependent": "multilevel", "interval": "t"}),
    ],
)
def test_models_of_three_levels_agree(tmp_path: Path, measure: str, settings: dict[str, Any]) -> None:
    configured, of = Synthesis.model_validate(settings), outcome(measure)
    rows = checked(tmp_path, synthesised(studies_of(measure, several=True), of, configured), of, configured)
    assert [row for row in rows if row["agrees"] == "no"] == []
    assert reasons(rows) <= {REPORTED}
    main = {row["quantity"]: row for row in rows if row["analysis"] == "main"}
    assert main.keys() >= {"estimate", "se", "tau2_between", "tau2_within", "I2", "Q"}
    assert {row["kind"] for row in main.values()} <= {"three levels", ""}
    assert main["tau2"]["note"] == "the covariance of sampling errors within studies is prismake's"
    assert sum(row["analysis"].startswith("without:") for row in rows) > 8 * 10


@pytest.mark.usefixtures("metafor")
def test_models_of_three_levels_without_heterogeneity_are_compared_too(tmp_path: Path) -> None:
    """metafor's first optimiser does not come to an end here: no events at all, and variances of 0."""
    settings, of = Synthesis.model_validate({"dependent": "multilevel"}), outcome("IRD")
    one, two = studies_of("IRD", 2)
    shared = {"events_1": 0.0, "events_2": 0.0, "time_2": 20.0}
    rows = [
        one | shared | {"time_1": 19.5},
        one | shared | {"time_1": 18.0, "result_id": "r1b", "arm_1": "u"},
        two | shared | {"time_1": 19.5},
    ]
    said = checked(tmp_path, synthesised(rows, of, settings), of, settings)
    assert {row["agrees"] for row in said if row["analysis"] == "main"} == {"yes"}


@pytest.mark.usefixtures("metafor")
def test_divided_comparators_are_left_out_by_study_and_diagnosed_by_result(tmp_path: Path) -> None:
    configured, of = Synthesis.model_validate(EVERYTHING | {"shared_comparator": "split"}), outcome("OR")
    rows = checked(tmp_path, synthesised(studies_of("OR", several=True), of, configured), of, configured)
    assert [row for row in rows if row["agrees"] == "no"] == []
    assert len({row["analysis"] for row in rows if row["analysis"].startswith("influence:")}) > 8


@pytest.mark.usefixtures("metafor")
def test_the_highest_of_several_maxima_is_compared(tmp_path: Path) -> None:
    """metafor alone ends at tau² = 0 here, where the likelihood is lower than at 0.006."""
    settings, of = Synthesis(), outcome("PLO")
    rows = studies_of("PLO", 4)
    tables = [(0, 114), (25, 87), (37, 116), (11, 50)]
    for row, (events, n) in zip(rows, tables, strict=True):
        row |= {"events_1": float(events), "n_1": float(n)}
    said = checked(tmp_path, synthesised(rows, of, settings), of, settings)
    told = {row["quantity"]: row for row in said if row["analysis"] == "main"}
    assert float(told["tau2"]["metafor"]) == pytest.approx(0.006073757, rel=1e-6)
    assert {row["agrees"] for row in told.values()} == {"yes"}


@pytest.mark.usefixtures("metafor")
def test_figures_that_are_wrong_are_found_in_every_kind_of_analysis(tmp_path: Path) -> None:
    settings, of = Synthesis.model_validate(EVERYTHING), outcome("OR")
    found = synthesised(studies_of("OR"), of, settings)
    mh = next(one for one in found["other_models"] if one["method"] == "MH")
    harbord = next(one for one in found["asymmetry"] if one["test"] == "harbord")
    filled = next(one for one in found["adjusted"] if one["analysis"] == "trim_and_fill")
    dose = found["regressions"][0]
    for analysis, quantity in (
        (found["main"], "tau2"),
        (found["studies"][1], "vi"),
        (found["leave_one_out"][2], "I2"),
        (found["cumulative"][4], "se"),
        (found["subgroups"][0], "Q_b"),
        (mh, "Q"),
        (found["influence"]["studies"][1], "rstudent"),
        (harbord, "stat"),
        (filled, "yi"),
        (dose, "QE"),
        (dose["terms"][1], "pval"),
    ):
        analysis[quantity] *= 1 + 1e-4
    found["influence"]["studies"][0]["influential"] = not found["influence"]["studies"][0]["influential"]
    wrong = [row for row in checked(tmp_path, found, of, settings) if row["agrees"] == "no"]
    assert {(row["analysis"].partition(":")[0], row["quantity"]) for row in wrong} == {
        ("main", "tau2"), ("study", "vi"), ("without", "I2"), ("until", "se"), ("age", "Q_b"), ("model", "Q"),
        ("influence", "rstudent"), ("influence", "influential"), ("test", "stat"), ("adjusted", "yi"),
        ("regression", "QE"), ("regression", "pval"),
    }  # fmt: skip
    assert len(wrong) == 12
    assert float(wrong[0]["difference"]) == pytest.approx(1e-4, rel=1e-3)


@pytest.mark.usefixtures("metafor")
def test_few_studies_are_compared_too(tmp_path: Path) -> None:
    settings, of = Synthesis.model_validate(EVERYTHING | {"compare": ["EE", "MH"]}), outcome("OR")
    for count in (1, 2):
        rows = checked(tmp_path, synthesised(studies_of("OR", count), of, settings), of, settings)
        assert {row["agrees"] for row in rows} == {"yes"}


def test_what_is_not_compared_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R is played: it answers nothing but that it lacks something."""
    settings = Synthesis.model_validate(EVERYTHING | {"compare": ["UM.RS"]})
    found = synthesised(studies_of("OR"), outcome("OR"), settings)
    answers = 'question,quantity,value\n0,yi:1,NA\n1,error,Please install it\n2,absent,"no package, x"\n2,yi,0.5\n'
    (tmp_path / "Rscript").write_text(
        f"#!/bin/sh\nprintf '%s' '{answers}' > $3/answers.csv\n"
        "printf 'name,version\\nmetafor,9\\nR,8\\n' > $3/versions.csv\n"
    )
    (tmp_path / "Rscript").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    rows = checked(tmp_path, found, outcome("OR"), settings)
    told = {(row["analysis"], row["quantity"]): row for row in rows}
    assert told["main", "tau2"]["agrees"] == "not compared"
    assert told["main", "tau2"]["note"] == "metafor gave no answer: Please install it"
    assert (told["wald", "se"]["agrees"], told["wald", "se"]["note"]) == ("not compared", "no package, x")
    assert (told["wald", "yi"]["agrees"], told["wald", "yi"]["metafor"]) == ("no", "0.5")
    assert told["sensitivity", "se"]["note"] == "given by one engine only"
    assert "Laplace" in told["model:UM.RS", ""]["note"]
    assert told["test:begg", "stat"]["note"] == NO_Z


@pytest.mark.parametrize("dependent", ["error", "multilevel"])
def test_every_analysis_that_was_run_is_asked_for(dependent: str) -> None:
    asked = EVERYTHING | {"dependent": dependent, "regression": {"studies_per_coefficient": 2, "permutations": 9}}
    settings, of = Synthesis.model_validate(asked), outcome("OR")
    found = synthesised(studies_of("OR", several=dependent != "error"), of, settings)
    given = Synthesised(found, of, settings)
    questions = [*pooled(given), *further_questions(given, MODERATORS)]
    named = {figure.analysis for question in questions for figure in question.figures}
    levels = [level for subgroup in found["subgroups"] for level in subgroup["levels"]]
    run = [found["main"], found["wald"], found["sensitivity"], *found["leave_one_out"], *levels, *found["subgroups"]]
    run += [one for one in (*found["other_models"], *found["cumulative"]) if not one["why_not"]]
    keys = {one["key"] for one in run if not one.get("why_not")}
    keys |= {f"influence:{one['result_id']}" for one in found["influence"]["studies"]}
    keys |= {f"test:{one['test']}" for one in found["asymmetry"] if not one["why_not"]}
    keys |= {f"adjusted:{one['analysis']}" for one in found["adjusted"] if not one["why_not"]}
    for one in found["regressions"]:
        keys |= {f"regression:{one['key']}:{term['name']}" for term in one["terms"]}
        keys |= set() if one["why_not"] else {f"regression:{one['key']}"}
    assert {name for name in named if not name.startswith("weight:")} == keys


def test_without_studies_there_is_nothing_to_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    checked(tmp_path, synthesised([], outcome("OR"), Synthesis()), outcome("OR"), Synthesis())
    assert (tmp_path / "healing.csv").read_text() == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    ("r", "found"),
    [
        (
            None,
            "PATH: found no Rscript; expected R with the package metafor for the crosscheck. Install R with metafor",
        ),
        (
            "echo 'Error in library(metafor) : there is no package called ‘metafor’' >&2; exit 1",
            "R: found no package metafor; expected metafor for the crosscheck. Install R with metafor",
        ),
        (
            "echo 'Error in rma(): broken' >&2; echo 'Execution halted' >&2; exit 1",
            "crosscheck.R: found an error of R: in rma(): broken",
        ),
    ],
)
def test_what_is_missing_is_said_and_that_it_is_optional(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, r: str | None, found: str
) -> None:
    given = synthesised(studies_of("OR"), outcome("OR"), Synthesis())
    if r is not None:
        (tmp_path / "Rscript").write_text(f"#!/bin/sh\n{r}\n")
        (tmp_path / "Rscript").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError) as caught:
        checked(tmp_path, given, outcome("OR"), Synthesis())
    assert str(caught.value).startswith(found)
    assert ("optional" in str(caught.value)) == ("Install" in found)
    assert not (tmp_path / "healing.csv").exists()


@pytest.mark.parametrize(
    ("quantity", "ours", "theirs", "unit", "agrees"),
    [
        ("estimate", 2.0, 2.0 * (1 + 9e-7), 1.0, True),
        ("estimate", 2.0, 2.0 * (1 + 2e-6), 1.0, False),
        ("pval", 0.0, 9e-9, 1.0, True),
        ("tau2", 0.0, 2e-8, 1.0, False),
        ("tau2", 0.0, 9e-3, 1000.0, True),
        ("tau2", 0.0, 2e-14, 0.001, False),
        ("estimate", None, 2.0, 1.0, False),
        ("estimate", 2.0, None, 1.0, False),
    ],
)
def test_figures_agree_to_a_millionth_of_their_size_or_of_a_hundredth_of_their_unit(
    quantity: str, ours: float | None, theirs: float | None, unit: float, agrees: bool
) -> None:
    assert compared({"quantity": quantity, "ours": ours, "metafor": theirs}, unit)["agrees"] is agrees


def test_a_figure_may_have_a_unit_and_a_tolerance_of_its_own() -> None:
    slope = {"quantity": "estimate", "ours": 1e-9, "metafor": 2e-9}
    assert compared(slope, 1.0)["agrees"]
    assert not compared(slope | {"unit": 1e-9}, 1.0)["agrees"]
    searched = {"quantity": "estimate", "ours": 1.0, "metafor": 1.00005}
    assert not compared(searched, 1.0)["agrees"]
    assert compared(searched, 1.0, "three levels")["agrees"]
    assert [kind for kind, tolerance in TOLERANCES.items() if not tolerance.why] == ["closed"]
