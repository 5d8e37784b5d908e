"""Simulated screening: its metrics, its order, its files, and what it refuses."""

import base64
import csv
import gzip
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prismake.config import Ranking
from prismake.problems import InputError
from prismake.screening import simulate as command
from prismake.screening.features import featurise
from prismake.screening.labelled import labelled, review_set
from prismake.screening.metrics import metrics, recall_curve
from prismake.screening.simulation import draw_prior, simulate, stops
from prismake.screening.summary import summarise

TOPICS = {
    True: ("cell therapy", "diabetic foot", "ulcer healing", "stem cells", "wound closure"),
    False: ("school meals", "night noise", "harbour audit", "pupil survey", "sleep quality", "honey prices"),
}


def texts(count: int = 60, relevant_every: int = 6) -> tuple[dict[str, str], dict[str, bool]]:
    """Records of two topics; each is some words of its topic and some of both."""
    written, labels = {}, {}
    for number in range(count):
        label = number % relevant_every == 0
        words = TOPICS[label]
        chosen = [words[(number * step) % len(words)] for step in (1, 2, 3)]
        written[f"r{number:03}"] = f"a study of {' and '.join(chosen)} in {number % 7} groups"
        labels[f"r{number:03}"] = label
    return written, labels


def test_metrics_of_an_order_worked_by_hand() -> None:
    found = metrics([True, False, True, False, False, False, False, False, True, False] * 2)
    assert (found.records, found.relevant, found.n_95, found.n_100) == (20, 6, 19, 19)
    assert found.wss_95 == pytest.approx(1 / 20 - 0.05)
    assert found.rrf_10 == pytest.approx(1 / 6)  # one relevant record among the first two
    assert found.atd == pytest.approx((1 + 3 + 9 + 11 + 13 + 19) / 6 / 20)
    assert found.loss == pytest.approx((56 - 21) / (6 * 14))


def test_metrics_at_their_ends() -> None:
    best, worst = metrics([True] * 3 + [False] * 97), metrics([False] * 97 + [True] * 3)
    assert (best.loss, worst.loss) == (0, 1)
    assert (best.rrf_10, worst.rrf_10) == (1, 0)
    assert metrics([False] * 4)[1:] == (0, None, None, None, None, None, None)
    assert metrics([True] * 4).loss is None


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_recall_curves_rise_to_one_and_agree_with_the_metrics(labels: list[bool]) -> None:
    curve = recall_curve(labels)
    if not any(labels):
        assert curve == []
        return
    assert (curve[0], curve[-1]) == ((0, 0), (1, 1))
    assert all(a[1] <= b[1] for a, b in pairwise(curve))
    assert sum(labels[: metrics(labels).n_95]) >= 0.95 * sum(labels)


def test_every_record_but_the_prior_is_read_once_in_growing_batches() -> None:
    written, labels = texts()
    held = labelled("made", written, labels, "here")
    run = simulate(featurise(held.texts), held.labels, (0, 1), Ranking(growth=0.5), 3)
    assert sorted(run.order) == list(range(2, 60))
    assert run.labels == tuple(held.labels[row] for row in run.order)
    sizes = [run.batches.count(batch) for batch in range(1, run.batches[-1] + 1)]
    assert sizes[:4] == [1, 2, 3, 4]
    for batch in range(1, run.batches[-1] + 1):
        scores = [score for score, of in zip(run.scores, run.batches, strict=True) if of == batch]
        assert scores == sorted(scores, reverse=True)
    assert metrics(run.labels).n_100 < 25
    last_found = max(batch for batch, label in zip(run.batches, run.labels, strict=True) if label)
    assert run.batches[-1] <= last_found + 1


def test_stopping_rules_are_given_the_labels_in_order() -> None:
    labels = [True, False, True, False, False, False, True, False]

    def three_in_a_row(seen: Any) -> int | None:
        return next((n for n in range(3, len(seen) + 1) if not any(seen[n - 3 : n])), None)

    first, second = stops(labels, {"three": three_in_a_row, "never": lambda _: None})
    assert (first["rule"], first["stopped"], first["saved"]) == ("three", 6, 0.25)
    assert first["recall"] == pytest.approx(2 / 3)
    assert (second["stopped"], second["recall"], second["saved"]) == (8, 1, 0)


def test_a_prior_is_one_of_each_kind_by_its_seed() -> None:
    labels = [False] * 30 + [True] * 5
    drawn = [draw_prior(labels, seed) for seed in range(20)]
    assert all(labels[relevant] and not labels[irrelevant] for relevant, irrelevant in drawn)
    assert len(set(drawn)) > 10
    assert drawn == [draw_prior(labels, seed) for seed in range(20)]


@pytest.fixture
def made_set(tmp_path: Path) -> Path:
    """A folder with a labelled set of 60 records."""
    written, labels = texts()
    folder = tmp_path / "made"
    folder.mkdir()
    entries = [f"TY  - JOUR\nID  - {one}\nTI  - {title}\nER  - \n\n" for one, title in written.items()]
    (folder / "records.ris").write_text("".join(entries), encoding="utf-8")
    rows = "".join(f"{one},{int(label)},x\n" for one, label in labels.items())
    (folder / "labels.csv").write_text(f"record_id,included,other\n{rows}", encoding="utf-8")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def one_run(folder: Path, out: Path, prior: str = "r000,r001", *more: str) -> int:
    files = ["--records", str(folder / "records.ris"), "--labels", str(folder / "labels.csv")]
    return command.main([*files, "--prior", prior, "--seed", "7", "--out", str(out), *more])


def test_one_run_writes_its_order_and_metrics(made_set: Path, tmp_path: Path) -> None:
    assert one_run(made_set, tmp_path / "out") == 0
    order = rows(tmp_path / "out/order.csv")
    assert list(order[0]) == ["position", "record_id", "included", "batch", "score"]
    assert [int(row["position"]) for row in order] == list(range(1, 59))
    assert {row["record_id"] for row in order} == set(texts()[0]) - {"r000", "r001"}
    [found] = rows(tmp_path / "out/metrics.csv")
    assert (found["set"], found["seed"], found["records"], found["relevant"]) == ("records", "7", "58", "9")
    last = max(int(row["position"]) for row in order if row["included"] == "1")
    assert int(found["n_100"]) == last


def test_the_order_of_the_export_changes_no_order_of_reading(made_set: Path, tmp_path: Path) -> None:
    one_run(made_set, tmp_path / "one")
    entries = re.findall(r"TY  -.*?ER  - \n\n", (made_set / "records.ris").read_text(), re.DOTALL)
    (made_set / "records.ris").write_text("".join(reversed(entries)))
    one_run(made_set, tmp_path / "two")
    assert (tmp_path / "one/order.csv").read_bytes() == (tmp_path / "two/order.csv").read_bytes()
    one_run(made_set, tmp_path / "bayes", "r000,r001", "--model", "naive_bayes")
    assert (tmp_path / "one/order.csv").read_bytes() != (tmp_path / "bayes/order.csv").read_bytes()


def test_many_runs_are_the_same_for_any_number_of_cores(made_set: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.mkdir()
    (packed / "labels.csv").write_bytes((made_set / "labels.csv").read_bytes())
    (packed / "records.ris.gz").write_bytes(gzip.compress((made_set / "records.ris").read_bytes()))
    written = []
    for cores in (1, 3):
        out = tmp_path / f"cores {cores}"
        words = [str(made_set), str(packed), "--runs", "3", "--cores", str(cores), "--out", str(out)]
        assert command.main(words) == 0
        written.append({path.name: path.read_bytes() for path in sorted(out.iterdir())})
    assert written[0] == written[1]
    found = rows(out / "metrics.csv")
    assert [(row["set"], row["seed"]) for row in found] == [
        (name, str(n)) for name in ("made", "packed") for n in (1, 2, 3)
    ]
    assert [row["atd"] for row in found[:3]] == [row["atd"] for row in found[3:]]


def test_the_page_holds_its_figures_and_escapes_names(tmp_path: Path) -> None:
    orders = {"<script>alert(1)</script> & $x$": {1: [True, False, True, False], 2: [False, True, True, False]}}
    summarise(tmp_path, orders, {"after <b>two</b>": lambda _: 2}, "a <i>model</i>")
    page = (tmp_path / "simulation.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<b>two" not in page
    assert "<i>model" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; $x$" in page
    [drawn] = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    figure = base64.b64decode(drawn).decode()
    assert {"run-1", "run-2", "mean", "recall-95"} <= set(re.findall(r'id="([\w-]+)"', figure))
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert [row["recall"] for row in rows(tmp_path / "stops.csv")] == ["0.5", "0.5"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("labels.csv", "r005,0", "r005,maybe"), "labels.csv, line 7, column included: found 'maybe'; expected 1 or 0"),
        (("labels.csv", "r005,0", "r004,0"), "labels.csv, line 7, column record_id: found 'r004' again"),
        (("labels.csv", "r005,0", "r999,0"), "line 7, column record_id: found 'r999'; expected the id of a record in"),
        (("labels.csv", "r005,0,x\n", ""), "records.ris, line 26: found 'r005', which has no label"),
        (("labels.csv", "record_id,included", "id,included"), "line 1: found the columns id, included, other"),
        (("records.ris", "ID  - r005", "ID  - r004"), "records.ris, line 26: found 'r004' again"),
    ],
)
def test_faulty_sets_name_their_place_and_nothing_is_written(
    made_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str, str], said: str
) -> None:
    name, before, after = change
    text = (made_set / name).read_text()
    assert before in text
    (made_set / name).write_text(text.replace(before, after, 1))
    assert one_run(made_set, tmp_path / "out") == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--records", "a.ris"], "found one of --records and --labels; expected both"),
        ([], "found no set; expected --records and --labels, or folders"),
        (["nowhere"], "nowhere: found no labelled set"),
    ],
)
def test_words_that_name_no_set_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert command.main([*words, "--out", str(tmp_path / "out")]) == 1
    assert said in capsys.readouterr().err


def test_priors_must_be_records_and_one_of_them_relevant(
    made_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert one_run(made_set, tmp_path / "out", "r001,r002") == 1
    assert "--prior: found r001,r002; expected one relevant record at least" in capsys.readouterr().err
    assert one_run(made_set, tmp_path / "out", "r000,r0") == 1
    assert "--prior: found 'r0'; expected a record of records." in capsys.readouterr().err
    assert one_run(made_set, tmp_path / "out", "r000,r000") == 1
    assert "--prior: found r000,r000; expected each record once" in capsys.readouterr().err
    assert one_run(made_set, tmp_path / "out", "r000", "--presumed", "0") == 1
    assert "--prior: found r000; expected an irrelevant record among them" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    for number, prior in enumerate(("r000,r001", "r000, r001")):
        assert one_run(made_set, tmp_path / f"out{number}", prior) == 0
    assert (tmp_path / "out0/order.csv").read_bytes() == (tmp_path / "out1/order.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seed", "-1"], "argument --seed: found '-1'; expected a whole number from 0"),
        (["--runs", "0"], "argument --runs: found '0'; expected a whole number from 1"),
        (["--cores", "0"], "argument --cores: found '0'; expected a whole number from 1"),
        (["--presumed", "-1"], "argument --presumed: found '-1'; expected a whole number from 0"),
        (["--growth", "2"], "argument --growth: found '2'; expected a share above 0, 1 at most"),
        (["--growth", "nan"], "argument --growth: found 'nan'"),
    ],
)
def test_numbers_out_of_range_are_refused(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main([*words, "somewhere", "--out", "out"])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_a_packed_export_that_is_damaged_is_named(made_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = gzip.compress((made_set / "records.ris").read_bytes())
    (made_set / "records.ris").unlink()
    for damaged in (packed[:60], packed[:40] + b"\xff" * 20 + packed[60:]):
        (made_set / "records.ris.gz").write_bytes(damaged)
        assert command.main([str(made_set), "--out", str(made_set / "out")]) == 1
        assert "records.ris.gz: found data packed by gzip that cannot be unpacked" in capsys.readouterr().err


def report(key: str) -> dict[str, Any]:
    return {"report_id": key, "title": f"title of {key}", "title_other": "", "abstract": "", "keywords": []}


def test_a_review_is_labelled_by_what_was_decided_and_leaves_out_what_waits() -> None:
    states = [
        ("R1", "title_abstract", "include"), ("R1", "full_text", "include"), ("R2", "title_abstract", "include"),
        ("R2", "full_text", "exclude"), ("R3", "title_abstract", "exclude"), ("R4", "title_abstract", "include"),
        ("R4", "full_text", "awaiting"), ("R5", "title_abstract", "to_do"), ("R6", "title_abstract", "include"),
        ("R6", "full_text", "include"),
    ]  # fmt: skip
    standing = [{"report_id": one, "stage": stage, "state": state} for one, stage, state in states]
    reports = [report(f"R{number}") for number in range(1, 7)]
    by_text = review_set(reports, standing, "full_text")
    assert dict(zip(by_text.ids, by_text.labels, strict=True)) == {"R1": True, "R2": False, "R3": False, "R6": True}
    by_title = review_set(reports, standing, "title_abstract")
    assert by_title.ids == ["R1", "R2", "R3", "R4", "R6"]
    assert by_title.labels == [True, True, False, True, True]
    with pytest.raises(InputError, match="review/decisions: found 0 relevant among 1 records; expected two relevant"):
        review_set(reports, standing[4:5], "full_text")
