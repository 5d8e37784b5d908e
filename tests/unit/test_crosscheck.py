"""Two engines on the same data: what R is asked, what is compared, what the report says."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from prismake.config import Outcome, Subgroup, Synthesis
from prismake.problems import InputError
from prismake.report.sections.crosscheck import crosscheck as section
from prismake.report.sections.crosscheck import sentence
from prismake.synthesis.analyses import analyse, as_json
from prismake.synthesis.crosscheck import COLUMNS, _compared, crosscheck
from prismake.synthesis.study_effects import effects
from prismake.tables import read_csv

AGE = {"age": Subgroup(label="Age", by="age")}
LACKS = "R with metafor is not on this machine: the crosscheck itself is not tested"


@cache
def has_metafor() -> bool:
    if not shutil.which("Rscript"):
        return False
    return subprocess.run(["Rscript", "-e", "library(metafor)"], capture_output=True, check=False).returncode == 0


@pytest.fixture
def metafor() -> None:
    if not has_metafor():
        pytest.skip(LACKS)


def outcome(measure: str) -> Outcome:
    values = {"label": "Healing", "file": "h.csv", "comparison": "c", "measure": measure, "better": "higher"}
    return Outcome.model_validate(values)


def studies_of(measure: str) -> list[dict[str, Any]]:
    draw = np.random.default_rng(4)
    dichotomous = measure in ("OR", "RR", "RD")
    rows = []
    for number in range(1, 10):
        figures: dict[str, Any] = {f"{name}_{arm}": None for name in ("events", "mean", "sd") for arm in (1, 2)}
        for arm in (1, 2):
            figures[f"n_{arm}"] = float(draw.integers(12, 60))
            if dichotomous:
                figures[f"events_{arm}"] = float(draw.integers(0, 10 + number))
            else:
                figures |= {f"mean_{arm}": draw.normal(arm + number % 3), f"sd_{arm}": draw.uniform(1, 3)}
        if dichotomous and number == 5:
            figures |= {"events_1": 0.0, "events_2": 3.0}
        if dichotomous and number == 6:
            figures |= {"events_1": 0.0, "events_2": 0.0}
        rows.append(
            {
                "result_id": f'r{number}, "quoted"',
                "study_id": f"study_{number}",
                "label": f"Study {number}",
                "use": "sensitivity" if number == 9 else "main",
                "group_age": "old" if number % 2 else "young",
            }
            | figures
        )
    return rows


def written(folder: Path, measure: str, settings: Synthesis, rows: list[dict[str, Any]] | None = None) -> Path:
    """The analyses of an outcome, as its synthesis leaves them."""
    studies = effects(studies_of(measure) if rows is None else rows, outcome(measure), settings)
    found = {"studies": studies, **as_json(analyse(studies, outcome(measure), settings, AGE))}
    path = folder / "synthesis.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


@pytest.mark.usefixtures("metafor")
@pytest.mark.parametrize(
    ("measure", "settings"),
    [
        ("OR", {}),
        ("RR", {"interval": "Wald", "level": 0.9, "zero_cells": {"to": "all", "add": 0.25}}),
        ("RD", {"method": "DL", "zero_cells": {"to": "if0all", "drop00": True}}),
        ("MD", {"method": "PM", "prediction": {"df": "k-2"}, "hartung_knapp": {"q_below_df": "plain"}}),
        ("SMD", {"method": "ML"}),
        ("MD", {"method": "EE"}),
    ],
)
def test_metafor_agrees_on_every_figure(tmp_path: Path, measure: str, settings: dict[str, Any]) -> None:
    configured = Synthesis.model_validate(settings)
    out = tmp_path / "healing.csv"
    crosscheck(written(tmp_path, measure, configured), outcome(measure), configured, out)
    rows = read_csv(out)
    assert [row for row in rows if row["agrees"] != "yes"] == []
    kinds = {row["analysis"].partition(":")[0] for row in rows}
    assert kinds == {"study", "main", "wald", "sensitivity", "without", "age"}
    assert {row["quantity"] for row in rows} >= {
        "yi",
        "vi",
        "estimate",
        "ci_low",
        "se",
        "pval",
        "tau2",
        "I2",
        "H2",
        "Q",
        "Q_b",
    }
    assert len(rows) > 150
    assert rows[0]["made_by"].startswith("metafor ")


@pytest.mark.usefixtures("metafor")
def test_a_figure_that_is_wrong_is_found(tmp_path: Path) -> None:
    settings = Synthesis()
    path = written(tmp_path, "OR", settings)
    found = json.loads(path.read_text())
    found["main"]["tau2"] *= 1 + 1e-4
    path.write_text(json.dumps(found))
    out = tmp_path / "healing.csv"
    crosscheck(path, outcome("OR"), settings, out)
    wrong = [row for row in read_csv(out) if row["agrees"] != "yes"]
    assert [(row["analysis"], row["quantity"]) for row in wrong] == [("main", "tau2")]
    assert float(wrong[0]["difference"]) == pytest.approx(1e-4, rel=1e-3)


@pytest.mark.usefixtures("metafor")
def test_few_studies_are_compared_too(tmp_path: Path) -> None:
    for count in (1, 2):
        out = tmp_path / f"{count}.csv"
        crosscheck(written(tmp_path, "OR", Synthesis(), studies_of("OR")[:count]), outcome("OR"), Synthesis(), out)
        assert {row["agrees"] for row in read_csv(out)} == {"yes"}


def test_without_studies_there_is_nothing_to_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    out = tmp_path / "healing.csv"
    crosscheck(written(tmp_path, "OR", Synthesis(), []), outcome("OR"), Synthesis(), out)
    assert out.read_text() == ",".join(COLUMNS) + "\n"


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
    path = written(tmp_path, "OR", Synthesis())
    if r is not None:
        (tmp_path / "Rscript").write_text(f"#!/bin/sh\n{r}\n")
        (tmp_path / "Rscript").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError) as caught:
        crosscheck(path, outcome("OR"), Synthesis(), tmp_path / "healing.csv")
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
    assert _compared({"quantity": quantity, "ours": ours, "metafor": theirs}, unit)["agrees"] is agrees


def material(rows: list[dict[str, str]]) -> Any:
    config = SimpleNamespace(outcomes={"healing": outcome("OR")})
    return SimpleNamespace(config=config, crosschecks={"healing": rows} if rows else {})


def figure(quantity: str, ours: str, theirs: str, difference: str, agrees: str = "yes", **more: str) -> dict[str, str]:
    said = {"analysis": "main", "label": "Main analysis", "note": "", "made_by": "metafor 3.8.1, R 4.2.2"}
    return (
        said
        | {"quantity": quantity, "ours": ours, "metafor": theirs, "difference": difference, "agrees": agrees}
        | more
    )


AGREED = [
    figure("estimate", "5.6", "5.6", "0.0"),
    figure("ci_low", "1.05", "1.05", "2e-16"),
    figure("ci_high", "29.9", "29.9", "0.0"),
    figure("tau2", "0.1", "0.1", "3e-12"),
]


def test_the_report_says_that_all_figures_agree_and_how_far_they_differ() -> None:
    said = section(material(AGREED)).replace("\\", "")
    assert "All 4 figures agree to within 10⁻⁶ of their size." in said
    assert "The largest relative difference is 3×10⁻¹² (Healing, main analysis: tau²)." in said
    assert (
        "| Healing | main analysis | 5.6000 (1.05 to 29.90), tau² 0.1000 | 5.6000 (1.05 to 29.90), tau² 0.1000 |"
        in said
    )
    assert "crosscheck-differing" not in said
    assert "metafor 3.8.1, R 4.2.2" in sentence(material(AGREED)).replace("\\", "")


def test_the_report_lists_every_figure_that_differs() -> None:
    differing = [
        figure("se", "0.5", "0.4", "0.25", "no"),
        figure(
            "tau2_high", "", "7.5", "", "no", analysis="without:r1", label="Study 1", note="given by one engine only"
        ),
    ]
    said = section(material(AGREED + differing)).replace("\\", "")
    assert (
        "Of 6 figures 4 agree to within 10⁻⁶ of their size; **2 do not**, and stand in @tbl-crosscheck-differing."
        in said
    )
    assert "| Healing | main analysis | standard error | 0.5 | 0.4 |" in said
    assert (
        "| Healing | without Study 1 | upper end of the interval of tau² | none | 7.5 | given by one engine only |"
        in said
    )


def test_the_report_is_silent_where_no_second_engine_was_asked() -> None:
    assert (section(material([])), sentence(material([]))) == ("", "")
