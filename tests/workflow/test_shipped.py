"""The shipped review, end to end: a stranger's first run, and every later one."""

import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, Review, environments, hashes, jobs
from prismake.config import SearchRun
from prismake.configfile import load
from prismake.search.decode import decode
from prismake.search.read import read_export

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("shipped")]


def copy(review: Review, folder: Path) -> Review:
    """A finished review in another place, with Snakemake's own notes, so that it goes on from there."""
    shutil.copytree(review.folder, folder, symlinks=True)
    return Review(folder, folder)


def ledger(review: Review) -> dict[str, dict[str, str]]:
    """What became of the report that holds a title's words."""
    rows = [row for row in review.rows("results/prisma/ledger.csv") if row["represents"] == "yes"]
    return {row["record_id"]: row for row in rows}


def of(review: Review, words: str) -> dict[str, str]:
    found = [row for row in ledger(review).values() if words in row["title"]]
    assert len(found) == 1, (words, found)
    return found[0]


def fragment(review: Review, name: str) -> str:
    return review.path(f"results/report/source/fragments/{name}.md").read_text(encoding="utf-8").replace("\\", "")


def test_the_report_stands_in_three_formats_and_a_second_run_has_nothing_to_do(shipped: Review) -> None:
    for kind in ("html", "docx", "pdf"):
        assert shipped.path(f"results/report/report.{kind}").stat().st_size > 100_000
    assert "Nothing to be done" in shipped.run().stdout
    assert "Nothing to be done" in shipped.run("-n").stdout


def test_one_core_in_another_folder_gives_the_same_bytes(
    shipped: Review, tmp_path: Path, clone: Callable[[Path], Path]
) -> None:
    folder = clone(tmp_path / "another place" / "prismake")
    other = Review(folder, folder, {"TZ": "Asia/Tokyo", "LC_ALL": "C", "COLUMNS": "40"})
    other.run("--cores", "1")
    assert other.results() == shipped.results()
    host = re.compile(rf"(?<![\w.-]){re.escape(socket.gethostname())}(?![\w.-])")
    for path in (folder / "results").rglob("*"):
        if path.is_file() and path.suffix in (".csv", ".json", ".md", ".html", ".svg", ".yml"):
            text = path.read_text(encoding="utf-8")
            assert str(tmp_path) not in text
            assert not host.search(text), path


def test_plain_snakemake_does_the_same(shipped: Review, tmp_path: Path, clone: Callable[[Path], Path]) -> None:
    folder = clone(tmp_path / "plain")
    python = Path(environments()) / ".venv/bin/python"
    command = [str(python), "-m", "snakemake", "--cores", "all", "prisma"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    mine, theirs = hashes(folder / "results/prisma"), hashes(shipped.folder / "results/prisma")
    assert mine == theirs


def test_every_report_takes_its_right_way(shipped: Review) -> None:
    li = of(shipped, "Exosomes derived from human umbilical cord")
    assert (li["fate"], li["title_abstract_reason"]) == ("excluded_on_abstract", "intervention")
    assert "etrospective" in li["note"]
    zhang = of(shipped, "Bone marrow-derived mesenchymal stem cells combined with intramuscular injection")
    assert (zhang["fate"], zhang["full_text_reason"]) == ("excluded_on_full_text", "review")
    assert of(shipped, "Umbilical Cord Mesenchymal Stem Cells Infusion for Diabetes")["fate"] == "ongoing"
    single = of(shipped, "Human Cord Blood Mononuclear Cells in the Treatment of Refractory")
    assert (single["fate"], single["title_abstract_reason"]) == ("excluded_on_abstract", "no_control")
    qin = of(shipped, "Transplantation After Angioplasty")
    assert (qin["fate"], qin["study_id"]) == ("included", "qin2016")
    studies: dict[str, set[str]] = {}
    for row in ledger(shipped).values():
        if row["fate"] == "included":
            studies.setdefault(row["study_id"], set()).add(row["report_id"])
    assert {study: len(reports) for study, reports in studies.items() if len(reports) > 1} == {
        "lonardi2019": 3,
        "lu2011": 2,
        "smith2020": 2,
        "mrozikiewicz2023": 2,
    }


def test_all_known_duplicates_are_found_and_nothing_else_is_merged(shipped: Review) -> None:
    rows = shipped.rows("results/prisma/ledger.csv")
    merged: dict[str, set[str]] = {}
    for row in rows:
        merged.setdefault(row["report_id"], set()).add(row["record_id"])
    with (ROOT / "tests/data/shipped_clusters.csv").open(encoding="utf-8", newline="") as handle:
        known = {frozenset(row["records"].split()) for row in csv.DictReader(handle)}
    assert {frozenset(records) for records in merged.values() if len(records) > 1} == known
    assert (len(rows), len(merged)) == (129, 77)
    assert shipped.rows("results/dedup/review.csv") == []


SHIPPED = load(ROOT / "config.yaml")


def reversed_entries(text: str) -> str:
    """An export with its last entry first: entries of NBIB begin at PMID, those of RIS end at ER."""
    begins = text.startswith("PMID")
    entries = re.split(r"(?m)^(?=PMID)" if begins else r"(?m)(?<=^ER  -)[^\n]*\n", text.replace("\r\n", "\n"))
    return ("\n" if begins else "\n\n").join(entry.strip() for entry in reversed(entries) if entry.strip()) + "\n"


@pytest.mark.parametrize(
    ("source", "run"), [(key, run) for key, source in SHIPPED.sources.items() for run in source.searches]
)
def test_the_order_of_an_export_names_no_record(source: str, run: SearchRun, tmp_path: Path) -> None:
    text, encoding = decode((ROOT / run.file).read_bytes(), run.file)
    turned = tmp_path / Path(run.file).name
    turned.write_bytes(reversed_entries(text).encode(encoding))
    exports = [
        read_export(source, run, ROOT),
        read_export(source, run.model_copy(update={"file": turned.name}), tmp_path),
    ]
    titles, reverse = ([(entry["record_id"], entry["title"]) for entry in export.entries] for export in exports)
    assert len(titles) > 2
    assert reverse == titles[::-1]


def test_every_answer_and_discrepancy_says_what_it_rests_on() -> None:
    def rows(name: str) -> list[dict[str, str]]:
        return Review(ROOT).rows(f"review/{name}.csv")

    answers = [row for row in rows("bias/rob2") if row["answer"] != "NA"]
    assert [row for row in answers if not row["support"]] == []
    cited = {source for row in [*answers, *rows("discrepancies"), *rows("registrations")] for source in
             row["source"].split("; ")}  # fmt: skip
    assert cited - {row["source_id"] for row in rows("citations")} == set()


def test_the_report_shows_what_the_data_ask_for(shipped: Review) -> None:
    included = fragment(shipped, "included")
    assert "| Qin 2016 | The abstract names gains" in included
    ongoing = fragment(shipped, "ongoing")
    assert "**Enrolment:** 240" in ongoing
    assert "Infusion of umbilical cord mesenchymal stem cells; injection of saline" in ongoing
    assert "**Primary outcomes:** Area of diabetic foot ulcers (3 months)" in ongoing
    comparison = fragment(shipped, "comparison")
    assert "not a reproduction" in comparison
    for theirs in ("OR 4.64 (3.11 to 6.90)", "OR 0.29 (0.18 to 0.49)", "MD 0.14 (0.05 to 0.22)", "OR 8.33",
                   "MD 11.58 (5.36 to 17.80)", "MD −1.04", "MD −2.15", "MD −16.83"):  # fmt: skip
        assert theirs in comparison
    assert fragment(shipped, "discrepancies").count("\n| ") >= 17
    outcomes = fragment(shipped, "outcomes")
    for heading in ("Complete ulcer healing", "Amputation", "Ankle-brachial index", "Transcutaneous oxygen pressure",
                    "Rest pain", "Ulcer area", "Healing time"):  # fmt: skip
        assert f"### {heading}" in outcomes
    for name in (
        "kind of cells",
        "dose",
        "route",
        "duration of diabetes",
        "ulcer area at start",
        "time since the ulcer",
    ):
        assert outcomes.count(name) >= 7, name
    assert "illustrative, not run" in fragment(shipped, "sources")
    assert "Risk of bias of studies without randomisation is not judged" in fragment(shipped, "front")
    assert "Not reported" not in fragment(shipped, "discussion")


def models(review: Review, outcome: str) -> dict[str, dict[str, str]]:
    return {row["analysis"]: row for row in review.rows(f"results/synthesis/{outcome}/models.csv")}


@pytest.mark.parametrize(
    ("outcome", "analysis", "k", "estimate", "low", "high"),
    [
        ("healing", "wald", 4, 5.60, 2.00, 15.72),
        ("amputation", "wald", 3, 0.14, 0.03, 0.72),
        ("healing_time", "wald", 2, -12.9, -32.1, 6.2),
    ],
)
def test_the_pooled_estimates_are_those_worked_out_by_hand(
    shipped: Review, outcome: str, analysis: str, k: int, estimate: float, low: float, high: float
) -> None:
    row = models(shipped, outcome)[analysis]
    digits = 1 if outcome == "healing_time" else 2
    assert int(row["k"]) == k
    assert [round(float(row[name]), digits) for name in ("estimate", "ci_low", "ci_high")] == [estimate, low, high]


def test_sensitivity_rows_stay_out_of_the_main_analyses(shipped: Review) -> None:
    assert {key: row["k"] for key, row in models(shipped, "healing").items() if key in ("main", "sensitivity")} == {
        "main": "4",
        "sensitivity": "6",
    }
    used = [(r["study_id"], r["use"]) for r in shipped.rows("results/synthesis/amputation/studies.csv")]
    assert ("dubsky2013", "sensitivity") in used
    assert ("zhang2016", "sensitivity") in used
    assert {key for key, row in models(shipped, "pain").items() if not row["why_not"]} == {"sensitivity"}


def edit(review: Review, name: str, change: Callable[[list[dict[str, str]]], None]) -> None:
    with review.path(name).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    change(rows)
    review.write_rows(name, rows)


def test_editing_a_decision_reruns_only_what_depends_on_it(shipped: Review, tmp_path: Path) -> None:
    review = copy(shipped, tmp_path / "edited")

    def note(rows: list[dict[str, str]]) -> None:
        rows[0]["note"] = "another note"

    edit(review, "review/decisions/fulltext.csv", note)
    ran = jobs(review.run("prisma", "synthesis", "report").stdout)
    assert not {"import_export", "collect_records", "find_duplicates", "judge_bias", "check_extraction"} & set(ran)
    assert "synthesise" not in ran, "no row of any synthesis changed"
    assert {"apply_decisions", "derive_results", "build_ledger", "write_report"} <= set(ran)

    def exclude_uzun(rows: list[dict[str, str]]) -> None:
        row = next(row for row in rows if row["record_id"] == "pubmed:32826167")
        rows.append(
            row | {"decision_id": "F-new", "decision": "exclude", "reason": "review", "supersedes": row["decision_id"]}
        )

    edit(review, "review/decisions/fulltext.csv", exclude_uzun)
    ran = jobs(review.run("prisma", "synthesis", "report").stdout)
    assert ran["synthesise"] == 3, "Uzun 2021 stands in healing, amputation and healing time"
    assert models(review, "healing")["main"]["k"] == "3"
    assert "Nothing to be done" in review.run().stdout


def test_editing_figures_reruns_their_synthesis_alone(shipped: Review, tmp_path: Path) -> None:
    review = copy(shipped, tmp_path / "figures")

    def other(rows: list[dict[str, str]]) -> None:
        next(row for row in rows if row["study_id"] == "wang2024" and row["arm"] == "cells")["mean"] = "27.35"

    edit(review, "review/extraction/healing_time.csv", other)
    ran = jobs(review.run("synthesis").stdout)
    assert ran["synthesise"] == 1
    assert "apply_decisions" not in ran


def test_changed_code_reruns_the_rules_that_use_it(shipped: Review, tmp_path: Path) -> None:
    review = copy(shipped, tmp_path / "code")
    module = review.path("workflow/scripts/prismake/synthesis/tau2.py")
    module.write_text(module.read_text(encoding="utf-8") + "\n# a change\n", encoding="utf-8")
    dry = review.run("-n", "synthesis").stdout
    assert jobs(dry)["synthesise"] == 7
    assert "find_duplicates" not in jobs(dry)


def test_a_killed_run_goes_on_to_the_same_bytes(shipped: Review, tmp_path: Path, clone: Callable[[Path], Path]) -> None:
    folder = clone(tmp_path / "killed")
    review = Review(folder, folder)
    for jobs_done in (3, 12):
        process = subprocess.Popen(
            [str(folder / "prismake"), "--cores", "2"],
            cwd=folder,
            env=os.environ | {"PRISMAKE_ENVS": environments()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and len([*review.path("logs/benchmarks").rglob("*.tsv")]) < jobs_done:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    done = review.run("--cores", "2")
    assert "an earlier run was killed; its lock is removed" in done.stdout
    assert review.results() == shipped.results()


def test_a_second_run_at_the_same_time_is_refused(shipped: Review, tmp_path: Path) -> None:
    review = copy(shipped, tmp_path / "busy")
    locks = review.path(".snakemake/locks")
    locks.mkdir(exist_ok=True)
    (locks / "0.input.lock").write_text("config.yaml\n")
    with subprocess.Popen(["sleep", "60"]) as other:
        started = Path(f"/proc/{other.pid}/stat").read_text().split()[21]
        host = subprocess.run(["hostname"], capture_output=True, text=True, check=True).stdout.strip()
        review.path(".snakemake/prismake.run").write_text(f"{host}\t{other.pid}\t{started}\n")
        said = review.run(ok=False).stdout
        other.kill()
    assert f"another run (process {other.pid}) is working in" in said
    assert (locks / "0.input.lock").exists()


def test_the_readme_of_results_names_what_is_there(shipped: Review) -> None:
    text = (ROOT / "results/README.md").read_text(encoding="utf-8")
    named = re.findall(
        r"^\| (`(?!networks/|screening/simulation/|crosscheck/).*?) \|", text, re.MULTILINE
    )  # only where asked for
    files = [name.replace("<outcome>", "healing") for cell in named for name in re.findall(r"`([^`]+)`", cell)]
    assert len(files) > 20
    folder = ""
    for name in files:
        folder = name.rsplit("/", 1)[0] if "/" in name else folder
        path = f"results/{name}" if "/" in name else f"results/{folder}/{name}"
        if name.startswith("."):
            path = f"results/report/report{name}"
        if "*" in path:
            assert list(shipped.folder.glob(path)), path
        else:
            assert shipped.path(path).exists(), path
