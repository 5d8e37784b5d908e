"""Simulation as a target of a review, and as a command on labelled sets."""

import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, Review, decision, environments

pytestmark = pytest.mark.workflow

SET = "".join(
    f"TY  - JOUR\nID  - {n}\nTI  - {'Cells heal ulcers' if n < 3 else 'Pupils at school'} {n}\nER  - \n\n"
    for n in range(9)
)


def test_a_review_simulates_its_own_screening_the_same_on_any_number_of_cores(small: Review) -> None:
    config = small.path("config.yaml")
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("screening:\n", "screening:\n  simulation: {runs: 3}\n"), encoding="utf-8")
    small.run("--cores", "2", "simulate")
    found = small.rows("results/screening/simulation/metrics.csv")
    assert [(row["set"], row["seed"], row["records"], row["relevant"]) for row in found] == [
        ("this review", str(seed), "1", "1") for seed in (1, 2, 3)
    ]
    assert "this review" in small.path("results/screening/simulation/simulation.html").read_text(encoding="utf-8")
    before = small.results()
    for path in small.path("results/screening/simulation").rglob("*.*"):
        path.unlink()
    small.run("--cores", "1", "simulate")
    assert small.results() == before


def test_a_review_without_inclusions_says_what_a_simulation_needs(small: Review) -> None:
    small.write_rows("review/decisions/fulltext.csv", [decision(4, "embase:10", "full_text", "exclude")])
    said = small.run("simulate", ok=False).stdout
    assert "review/decisions: found 0 relevant among 2 records; expected two relevant ones or more" in said
    assert "Before full texts are decided: screening.simulation.relevant: title_abstract." in said


def test_labelled_sets_need_no_review(tmp_path: Path) -> None:
    (tmp_path / "set.ris").write_text(SET, encoding="utf-8")
    labels = "".join(f"{n},{int(n < 3)}\n" for n in range(9))
    (tmp_path / "set.csv").write_text(f"record_id,included\n{labels}", encoding="utf-8")
    words = ["simulate", "--records", "set.ris", "--labels", "set.csv", "--prior", "0,8", "--seed", "2", "--out", "out"]
    done = subprocess.run(
        [str(ROOT / "prismake"), *words],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PRISMAKE_ENVS": environments()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    order = (tmp_path / "out/order.csv").read_text(encoding="utf-8").splitlines()
    assert len(order) == 8
    assert {line.split(",")[1] for line in order[1:3]} == {"1", "2"}
