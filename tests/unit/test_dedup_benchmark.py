"""The benchmark of deduplication: its counts, and one run on a set. How long it takes is never tested."""

import os
import subprocess
import sys

from conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

from evaluate import Counts, evaluate, shown
from generate import records
from prismake.config import Dedup
from prismake.dedup.run import find_duplicates

RIS = """TY  - JOUR
ID  - id_{n}
AU  - Okafor, Ngozi
TI  - {title}
JO  - Foot Care
PY  - 2019
VL  - 4
SP  - {page}
ER  -

"""


def test_counts_are_those_of_one_survivor_a_group():
    gold = {"a": "1", "b": "1", "c": "1", "d": "2", "e": "3"}
    assert evaluate(gold, {}) == Counts(0, 0, 2)
    assert evaluate(gold, {"a": "x", "b": "x", "c": "x"}) == Counts(2, 0, 0)
    assert evaluate(gold, {"a": "x", "b": "x", "d": "x"}) == Counts(1, 1, 1)
    assert evaluate(gold, dict.fromkeys(gold, "x")) == Counts(2, 2, 0)
    assert Counts(9, 1, 1).f1 == 0.9
    assert Counts(1, 2, 3) + Counts(4, 5, 6) == Counts(5, 7, 9)


def test_a_missed_record_counts_as_shown_where_labels_join_the_pair():
    gold = {"a": "1", "b": "1", "c": "1", "d": "2"}
    alone = {record: record for record in gold}
    assert shown(gold, alone, [("a", "b"), ("b", "d")]) == 1
    assert shown(gold, alone, [("a", "b"), ("c", "b"), ("a", "c")]) == 2


def benchmark(sets, *words):
    command = [sys.executable, str(ROOT / "benchmarks/dedup.py"), *words]
    return subprocess.run(command, env=os.environ | {"PRISMAKE_DEDUP_SETS": sets}, capture_output=True, text=True)


def test_a_table_of_every_set(tmp_path):
    (tmp_path / "small").mkdir()
    titles = [("Honey on blistered heels of runners", 1), ("Honey on blistered heels of runners.", 1), ("Wool", 7)]
    text = "".join(RIS.format(n=n, title=title, page=page) for n, (title, page) in enumerate(titles))
    (tmp_path / "small/records.ris").write_text(text)
    (tmp_path / "small/gold.csv").write_text("record_id,cluster_id\nid_0,1\nid_1,1\nid_2,2\n")
    done = benchmark(str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "bib-dedupe 0.11.0 is left out" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("small")]
    assert [row[1:6] for row in rows] == [
        ["3", "prismake", "1.00000", "0", "0"],
        ["3", "versions", "merged", "1.00000", "0"],
    ]


def test_no_set_is_said():
    done = benchmark("")
    assert done.returncode == 2
    assert done.stderr.startswith("no labelled set: PRISMAKE_DEDUP_SETS")


def test_generated_records_are_the_same_for_a_seed_and_hold_hard_negatives():
    rows, documents = records(3000, seed=7)
    assert (rows, documents) == records(3000, seed=7)
    assert rows != records(3000, seed=8)[0]
    assert 0.5 < len(set(documents)) / len(documents) < 0.75
    titles = " | ".join(row["title"] for row in rows)
    assert all(word in titles for word in ("Erratum: ", ". Part ", " in women"))
    found = find_duplicates(rows, Dedup(), {"made": "database"}, [], {})
    predicted = {row["record_id"]: row["report_id"] for row in found.clusters}
    gold = dict(zip((row["record_id"] for row in rows), map(str, documents), strict=True))
    counts = evaluate(gold, predicted)
    assert counts.f1 > 0.99
    assert counts.fp <= 1


def test_a_generated_set_can_be_measured(tmp_path):
    command = [sys.executable, str(ROOT / "benchmarks/generate.py"), "120", str(tmp_path / "made"), "--seed", "3"]
    subprocess.run(command, check=True)
    done = benchmark(str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("made")] == ["120", "120"]


def test_growth_is_a_table_of_sizes():
    command = [sys.executable, str(ROOT / "benchmarks/scale.py"), "200", "400"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["records", "200", "400"]
