"""The benchmark of screening: its table, and a peer's project read back. How long it takes is never tested."""

import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

from conftest import ROOT
from test_simulation import made_set  # noqa: F401  (a fixture)

sys.path.insert(0, str(ROOT / "benchmarks"))

from screening import made_reports, read_project


def benchmark(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks/screening.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_row_for_each_set_and_a_line_for_a_large_one(made_set: Path) -> None:  # noqa: F811
    done = benchmark("--sets", str(made_set.parent), "--runs", "2", "--large", "300")
    assert done.returncode == 0, done.stderr
    assert "ASReview 3.0.8 is left out" in done.stdout
    [row] = [line.split() for line in done.stdout.splitlines() if line.startswith("made")]
    assert row[1:4] == ["60", "10", "prismake"]
    assert 9 <= float(row[5]) <= float(row[6]) < 30
    assert "ranking 300 unread records after a batch" in done.stdout


def test_no_set_is_said() -> None:
    done = benchmark("--sets", "")
    assert done.returncode == 2
    assert done.stderr.startswith("no labelled set: --sets is ''")


def test_the_order_of_a_project_is_read_without_its_prior_knowledge(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "results.db")
    database.execute("create table results (record_id integer, label integer, training_set integer)")
    rows = [(4, 1, None), (2, 0, None), (7, 0, 2), (1, 1, 3), (3, 0, 4)]
    database.executemany("insert into results values (?, ?, ?)", rows)
    database.commit()
    database.close()
    with zipfile.ZipFile(tmp_path / "x.asreview", "w") as project:
        project.write(tmp_path / "results.db", "reviews/abc/results.db")
    assert list(read_project(tmp_path / "x.asreview")) == [0, 1, 0]


def test_made_reports_are_the_same_each_time() -> None:
    assert made_reports(5) == made_reports(5)
    assert len(made_reports(2)[1]["abstract"].split()) == 200
