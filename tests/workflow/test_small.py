"""Small reviews, whole and broken: what is wrong is said with its place, and nothing is lost or half-written."""

import csv
import json
import os
import re
import shutil
import subprocess
from html import unescape
from xml.etree import ElementTree

import docx
import pytest
from conftest import SMALL_EXPORT, Review, decision, environments, hashes, jobs
from pypdf import PdfReader

pytestmark = pytest.mark.workflow
SCREENING, FULLTEXT = "review/decisions/screening.csv", "review/decisions/fulltext.csv"


def told(review: Review, *targets: str) -> str:
    """What a run that fails says, with the inputs left as they were and nothing half-written in results."""
    inputs = hashes(review.folder / "review")
    said = review.run(*(targets or ("report",)), ok=False).stdout
    assert hashes(review.folder / "review") == inputs
    results = review.folder / "results"
    assert not [path for path in results.rglob("*") if ".part" in path.name]
    return said


def replace(review: Review, name: str, old: str, new: str) -> None:
    path = review.path(name)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_export_that_is_missing_empty_or_no_export(small: Review) -> None:
    export = small.path("review/searches/embase.ris")
    export.write_bytes(b"")
    assert "review/searches/embase.ris: found an empty export; expected at least one entry." in told(small, "search")
    export.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)))
    assert "review/searches/embase.ris: found binary data" in told(small, "search")
    assert not small.path("results/search/records.csv").exists()
    export.unlink()
    said = told(small, "search")
    assert (
        "config.yaml, line 10, key sources.embase.searches.0.file: found 'review/searches/embase.ris', which is not"
        in said
    )


def test_advice_of_an_earlier_run_is_not_given_again(small: Review) -> None:
    config = small.path("config.yaml").read_text(encoding="utf-8")
    second = "    searches:\n      - {date: 2025-02-01, file: review/searches/empty.ris}\n"
    replace(small, "config.yaml", "    searches:\n", second)
    small.path("review/searches/empty.ris").write_text("")
    assert "review/searches/empty.ris: found an empty export" in told(small, "search")
    small.path("config.yaml").write_text(config, encoding="utf-8")
    replace(small, "review/decisions/screening.csv", ",include,", ",includ,")
    said = told(small, "screening")
    assert "found 'includ'" in said
    assert "empty.ris" not in said


def test_a_ris_cut_off_in_the_middle_keeps_its_last_record(small: Review) -> None:
    cut = SMALL_EXPORT[: SMALL_EXPORT.index("Nobody had") + 6]
    small.path("review/searches/embase.ris").write_text(cut, encoding="utf-8")
    small.run("prisma")
    rows = small.rows("results/prisma/ledger.csv")
    assert [row["record_id"] for row in rows] == ["embase:10", "embase:11", "embase:12"]
    assert rows[2]["warnings"] == "no ER line at the end of the file: it may be cut off"
    assert rows[2]["fate"] == "excluded_on_abstract"


def test_exports_of_other_formats_stand_beside_ris_and_their_rejects_in_the_ledger(small: Review) -> None:
    runs = """  library:
    name: A library
    kind: other
    method: Hand searching
    searches:
      - date: 2025-01-01
        file: review/searches/library.csv
        columns: {title: Titel, year: Jahr, authors: Autoren}
        results: 2
        rejects: 1
  ctgov:
    name: ClinicalTrials.gov
    kind: register
    searches:
      - {date: 2025-01-01, file: review/searches/ctgov.json}
screening:
"""
    replace(small, "config.yaml", "screening:\n", runs)
    small.path("review/searches/library.csv").write_text("Titel;Jahr;Autoren\nHonig;2012;Lu D\nohne;Ende\n")
    study = {
        "identificationModule": {"nctId": "NCT02834858", "briefTitle": "Honey"},
        "statusModule": {"overallStatus": "X"},
    }
    small.path("review/searches/ctgov.json").write_text(json.dumps({"studies": [{"protocolSection": study}]}))
    small.run("prisma")
    ledger = small.rows("results/prisma/ledger.csv")
    assert [row["fate"] for row in ledger if row["source"] == "library"] == ["to_screen", "rejected"]
    exports = {
        row["source"]: (row["format"], row["parsed"], row["rejected"])
        for row in small.rows("results/search/exports.csv")
    }
    assert exports == {"embase": ("ris", "3", "0"), "library": ("table", "1", "1"), "ctgov": ("ctgov", "1", "0")}
    assert "ctgov:NCT02834858" in {row["record_id"] for row in small.rows("results/search/records.csv")}


def test_decisions_that_cannot_be_used_stop_the_run(small: Review) -> None:
    good = small.rows(SCREENING)
    small.write_rows(SCREENING, [*good, decision(9, "embase:13", "title_abstract", "include")])
    said = told(small, "screening")
    assert (
        f"{SCREENING}, line 5, column record_id: found 'embase:13'; expected the id of a record of this review." in said
    )
    assert "Did you mean" in said

    small.write_rows(SCREENING, [*good, decision(9, "embase:10", "title_abstract", "exclude")])
    said = told(small, "screening")
    assert f"{SCREENING}, line 5: found a second live decision of x on embase:10 (exclude; line 2: include)" in said
    assert not small.path("results/screening/standing.parquet").exists()

    small.write_rows(SCREENING, [*good, decision(9, "embase:10", "title_abstract", "exclude", supersedes="d1")])
    small.run("screening")


def test_impossible_figures_stop_the_run(small: Review) -> None:
    table = "review/extraction/healing.csv"
    good = small.rows(table)
    small.write_rows(table, [good[0] | {"events": "21"}, *good[1:]])
    assert f"{table}, line 2, column events: found 21 events of 20; expected at most n." in told(small, "extraction")
    small.write_rows(table, [row | {"mean": "1", "sd": "-2" if i == 1 else "2"} for i, row in enumerate(good)])
    assert f"{table}, line 3, column sd: found -2.0; expected a standard deviation of 0 or more." in told(
        small, "extraction"
    )
    small.write_rows(table, [good[0] | {"n": "twenty"}, *good[1:]])
    assert f"{table}, line 2, column n: found 'twenty'; expected a whole number" in told(small, "extraction")


def test_a_row_to_be_pooled_without_its_partner_stops_the_run(small: Review) -> None:
    table = "review/extraction/healing.csv"
    good = small.rows(table)
    small.write_rows(table, [good[0] | {"unit_of_analysis": "Patient"}, *good[1:]])
    said = told(small, "extraction")
    assert f"{table}, line 2, column pool: found pool yes, and no row of 'c' at '12 weeks / Patient'" in said
    assert "It stands at '12 weeks / patient' in line 3: are time point and unit spelt alike?" in said
    assert not small.path("results/extraction/figures.csv").exists()


def test_figures_without_an_effect_or_a_total_are_told_with_the_reason(small: Review) -> None:
    table = "review/extraction/healing.csv"
    rows = [
        row | ({"events": "0"} if row["study_id"] == "adams" else {"n": "", "pool": "no"}) for row in small.rows(table)
    ]
    small.write_rows(table, rows)
    small.run("report")
    fragments = small.path("results/report/source/fragments")
    text = (fragments / "outcomes.md").read_text().replace("\\", "")
    assert "No study of the main analysis gives an effect that can be estimated." in text
    assert "in no pooled estimate: Adams 2010: no events in either group." in text
    assert "T: 9 events; C: 6 events" in (fragments / "reported.md").read_text().replace("\\", "")
    assert "Brown 2010 | extracted as not to be pooled" in (fragments / "included.md").read_text().replace("\\", "")


def test_a_new_title_derives_nothing_anew_and_deleted_figures_are_drawn_again(small: Review) -> None:
    small.run("report")
    replace(small, "config.yaml", "A small review", "A new title")
    planned = jobs(small.run("report", "--dry-run").stdout)
    assert "write_report" in planned
    assert not {"derive_results", "build_ledger", "synthesise", "draw_synthesis"} & set(planned)
    deleted = [small.path(f"results/{name}") for name in
               ("synthesis/healing/forest.svg", "prisma/flow.png", "bias/summary.svg")]  # fmt: skip
    drawn = [path.read_bytes() for path in deleted]
    for path in deleted:
        path.unlink()
    made = jobs(small.run("report").stdout)
    assert {"draw_synthesis", "build_ledger", "judge_bias"} <= set(made)
    assert [path.read_bytes() for path in deleted] == drawn


def test_an_answer_that_its_question_does_not_allow_stops_the_run(small: Review) -> None:
    row = {"study_id": "adams", "outcome": "healing", "question": "1.1", "support": "", "source": "", "assessor": "x"}
    small.write_rows("review/bias/rob2.csv", [row | {"answer": "maybe"}])
    said = told(small, "bias")
    assert "review/bias/rob2.csv, line 2, column answer: found 'maybe'; expected one of Y, PY, PN, N, NI, NA." in said
    small.write_rows("review/bias/rob2.csv", [row | {"question": "3.2", "answer": "NI"}])
    assert "line 2, column answer: found 'NI'; expected one of Y, PY, PN, N, NA." in told(small, "bias")
    small.write_rows("review/bias/rob2.csv", [row | {"study_id": "adam", "answer": "Y"}])
    assert "column study_id: found 'adam'; expected a known study_id. Did you mean 'adams'?" in told(small, "bias")


def test_a_misspelt_key_or_profile_or_a_missing_table_stops_the_run_at_once(small: Review) -> None:
    replace(small, "config.yaml", "eligibility:", "eligability:")
    said = told(small)
    assert "config.yaml, line 4, key eligability: found an unknown key" in said
    assert "Did you mean 'eligibility'?" in said
    replace(small, "config.yaml", "eligability:", "eligibility:")
    small.path("review/arms.csv").unlink()
    assert "review/arms.csv: no such file; make it, with this first line: study_id,arm,label,n,treatment,note" in told(
        small
    )
    said = small.run("--profile", "slrum", ok=False).stdout
    assert "unknown profile 'slrum'. Known: cluster-generic default slurm" in said


def test_an_unfinished_review_renders_and_says_what_is_to_do(small: Review) -> None:
    small.write_rows(SCREENING, small.rows(SCREENING)[:1])
    small.write_rows(FULLTEXT, small.rows(FULLTEXT)[:1])
    small.write_rows("review/studies.csv", [small.rows("review/studies.csv")[0] | {"extraction": ""}])
    small.write_rows("review/arms.csv", small.rows("review/arms.csv")[:2])
    small.write_rows("review/comparisons.csv", small.rows("review/comparisons.csv")[:1])
    small.write_rows("review/extraction/healing.csv", small.rows("review/extraction/healing.csv")[:2])
    small.run("all")
    todo = small.path("results/report/source/fragments/front.md").read_text()
    assert "2 reports to be screened on title and abstract" in todo
    assert r"1 included study without extraction: Adams 2010" in todo
    assert {row["record_id"] for row in small.rows("results/screening/ranking.csv")} == {"embase:11", "embase:12"}
    flow = {row["line"].replace("\u00a0", " ") for row in small.rows("results/prisma/flow.csv")}
    assert {"Records screened (n = 1)", "Records still to be screened (n = 2)"} <= flow


def test_a_new_review_renders_says_what_to_do_and_invents_nothing(
    small: Review, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("new") / "my review"
    review = Review(folder)
    made = subprocess.run(
        [str(review.clone / "prismake"), "init", str(folder)],
        env={**os.environ, "PRISMAKE_ENVS": environments()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "./prismake --directory" in made.stdout
    review.run()
    text = " ".join(p.read_text() for p in sorted(review.path("results/report/source/fragments").glob("*.md")))
    assert "No search is declared" in text
    assert "No outcome is declared" in text
    assert not review.rows("results/prisma/ledger.csv")
    assert {row["line"].split("(")[1] for row in review.rows("results/prisma/flow.csv") if "(" in row["line"]} == {
        "n\u00a0=\u00a00)"
    }
    for format_ in ("html", "docx", "pdf"):
        assert review.path(f"results/report/report.{format_}").stat().st_size > 5000
    assert "Nothing to be done" in review.run().stdout
    again = subprocess.run(
        [str(review.clone / "prismake"), "init", str(folder)],
        env={**os.environ, "PRISMAKE_ENVS": environments()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert "is not empty; init makes a new folder and overwrites nothing" in again.stderr


HOSTILE = r"=cmd()|' /C calc'!A0 <script>alert(1)</script> $\mathit{x}$ {{< include a >}} @fig-flow ![a](b)"


def test_a_finished_review_says_who_decided_and_how_far_to_trust_its_results(small: Review) -> None:
    replace(small, "config.yaml", "screening:\n", "screening:\n  reviewers: {x: an AI model}\n")
    lots = "{reviewers: 1, second_reads: 0.5, calibration: 2, screeners: [x, y]}"
    replace(small, "config.yaml", "title_abstract: {reviewers: 1}", f"title_abstract: {lots}")
    first = small.rows(SCREENING)
    second = [row | {"decision_id": f"y{row['decision_id']}", "reviewer": "y"} for row in first]
    small.write_rows(SCREENING, [*first, *second])
    replace(small, "review/extraction/healing.csv", "patient,3", "ulcer,3")
    replace(small, "review/extraction/healing.csv", "patient,8", "ulcer,8")
    small.run()
    parts = small.path("results/report/source/fragments").glob("*.md")
    text = {part.stem: part.read_text(encoding="utf-8").replace("\\", "") for part in parts}
    sampled = "1 reviewer, and by a second one in a random sample of 50% (seed 1)"
    assert f"was decided by {sampled}, each full text was decided by 1 reviewer." in text["selection"]
    assert (
        "In the calibration round on the title and abstract, x and y each read the same 2 reports" in text["selection"]
    )
    assert "two or more reviewers have read the title and abstract of 3" in text["selection"]
    assert {row["of"] for row in small.rows("results/screening/agreement.csv")} == {"all", "calibration"}
    assert "x: an AI model." in text["selection"]
    assert "Limits of the searches: not reported." in text["sources"]
    assert "Neither of the two pooled results is judged for risk of bias" in text["summary"]
    assert (
        "GRADE) was not assessed. In 1 study the unit of analysis is not the patient (ulcers in Adams"
        in text["outcomes"]
    )
    assert "Not written yet: rationale, objectives, discussion and limitations" in text["front"]
    said = " ".join(text[part] for part in ("selection", "flow", "bias_methods", "summary"))
    assert not re.search(r"\b(people|person)\b", said)
    assert {"Records excluded (n = 1)", "by reviewers (n = 1)"} <= {
        row["line"].replace("\u00a0", " ").strip() for row in small.rows("results/prisma/flow.csv")
    }


def test_what_people_read_is_made_again_when_it_is_gone(small: Review) -> None:
    small.run()
    before = small.results()
    for name in ("dedup/review.csv", "dedup/provenance.csv", "screening/ranking.csv", "screening/conflicts.csv"):
        small.path(f"results/{name}").unlink()
    small.path("results/search/records.csv").unlink()
    small.run()
    assert small.results() == before
    small.path("results/report/source/fragments/front.md").unlink()
    small.path("results/report/report.html").unlink()
    assert "found no fragments/front.md" in small.run(ok=False).stdout
    shutil.rmtree(small.path("results/report/source"))
    small.run()
    assert small.results() == before


BEGINNINGS = ("- a list", "+ a list", "1. a list", "= a heading", "/ a term: this", "# a heading", '-- a dash ... "q"')
"""Words that begin something in Typst or markdown where they begin a cell or a paragraph."""


def test_hostile_text_is_plain_text_in_every_output(small: Review) -> None:
    replace(small, "review/searches/embase.ris", "Cells heal ulcers of the diabetic foot", HOSTILE)
    replace(small, "review/searches/embase.ris", "A survey of pupils at school", f"Another {HOSTILE}")
    begun = [
        {
            "subject": f"{words} {i}a",
            "study_id": "",
            "printed": f"{words} {i}b",
            "finding": "f",
            "handling": "h",
            "source": "src",
        }
        for i, words in enumerate(BEGINNINGS)
    ]
    small.write_rows("review/discrepancies.csv", begun)
    replace(
        small, "config.yaml", "  title: A small review\n", "  title: A small review\n  notice: 1. All ... 'of' it\n"
    )
    replace(small, "review/studies.csv", "Adams 2010", r"<script>alert(2)</script> $\mathit{y}$")
    replace(small, "config.yaml", "A small review", r"'A <script>alert(3)</script> $\mathit{z}$ review'")
    small.run("all")
    html = small.path("results/report/report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    text = " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())
    assert text.count(HOSTILE) == 2
    for part in (r"<script>alert(2)</script> $\mathit{y}$", r"A <script>alert(3)</script> $\mathit{z}$ review"):
        assert part in text
    word = docx.Document(str(small.path("results/report/report.docx")))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    assert any(HOSTILE in cell for cell in cells)
    assert r"A <script>alert(3)</script> $\mathit{z}$ review" in [paragraph.text for paragraph in word.paragraphs]
    pdf = "".join(page.extract_text() for page in PdfReader(small.path("results/report/report.pdf")).pages)
    squeezed = "".join(pdf.split())
    assert squeezed.count("".join(HOSTILE.split())) == 2
    for path in small.folder.glob("results/**/*.svg"):
        ElementTree.fromstring(path.read_text(encoding="utf-8"))
    for words in ["1. All ... 'of' it", *(row[part] for row in begun for part in ("subject", "printed"))]:
        assert words in text
        assert any(words in cell for cell in cells) or words in " ".join(
            paragraph.text for paragraph in word.paragraphs
        )
        assert "".join(words.split()) in squeezed
    tables = list(small.folder.glob("results/**/*.csv"))
    assert len(tables) > 10
    for path in tables:
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.reader(handle):
                assert not [cell for cell in row if cell.startswith(("=", "+", "@")) or re.match(r"-[^0-9]", cell)]
    assert any(row["title"] == "'" + HOSTILE for row in small.rows("results/search/records.csv"))


def test_reordering_an_export_or_adding_one_loses_no_decision(small: Review) -> None:
    hashed = SMALL_EXPORT.replace("AN  - ", "C1  - ")
    export = small.path("review/searches/embase.ris")
    export.write_text(hashed, encoding="utf-8")
    small.run("search")
    named = {row["title"]: row["record_id"] for row in small.rows("results/search/records.csv")}
    for name in (SCREENING, FULLTEXT, "review/studies.csv"):
        for old, title in (("10", "Cells heal"), ("11", "Marrow"), ("12", "A survey")):
            new = next(record for text, record in named.items() if text.startswith(title))
            path = small.path(name)
            path.write_text(path.read_text().replace(f"embase:{old}", new))
    small.run("prisma")
    before = {row["record_id"]: row["fate"] for row in small.rows("results/prisma/ledger.csv")}
    assert sorted(before.values()) == ["excluded_on_abstract", "included", "included"]

    entries = hashed.strip().split("\n\n")
    export.write_text("\n\n".join(entries[::-1]) + "\n", encoding="utf-8")
    small.run("prisma")
    assert {row["record_id"]: row["fate"] for row in small.rows("results/prisma/ledger.csv")} == before

    replace(
        small,
        "config.yaml",
        "screening:",
        "  wos:\n    name: Web of Science\n    searches:\n      - {date: 2025-02-01, file: review/searches/wos.ris}\nscreening:",
    )
    extra = "TY  - JOUR\nTI  - A new report on something else\nER  - \n"
    small.path("review/searches/wos.ris").write_text(entries[0] + "\n" + extra, encoding="utf-8")
    small.run("prisma")
    after = {row["record_id"]: row["fate"] for row in small.rows("results/prisma/ledger.csv")}
    assert before.items() <= after.items()
    assert sorted(fate for record, fate in after.items() if record.startswith("wos")) == ["duplicate", "to_screen"]


def test_a_record_that_vanishes_from_a_later_search_stays_and_one_found_again_is_a_duplicate(small: Review) -> None:
    replace(small, "config.yaml", "      - {date: 2025-01-01, file: review/searches/embase.ris}\n",
            "      - {date: 2025-01-01, file: review/searches/embase.ris}\n"
            "      - {date: 2026-01-01, file: review/searches/embase2.ris}\n")  # fmt: skip
    first, _, third = SMALL_EXPORT.strip().split("\n\n")
    small.path("review/searches/embase2.ris").write_text(f"{third}\n{first}\n", encoding="utf-8")
    small.run("prisma")
    fates = [(row["run"], row["record_id"], row["fate"]) for row in small.rows("results/prisma/ledger.csv")]
    assert fates == [
        ("2025-01-01", "embase:10", "included"),
        ("2025-01-01", "embase:11", "included"),
        ("2025-01-01", "embase:12", "excluded_on_abstract"),
        ("2026-01-01", "embase:12", "duplicate"),
        ("2026-01-01", "embase:10", "duplicate"),
    ]


def test_the_comparison_can_be_shared_by_jobs_and_gives_the_same_files(small: Review) -> None:
    small.run("dedup")
    alone = hashes(small.path("results"))
    replace(small, "config.yaml", "screening:", "dedup: {parts: 3}\nscreening:")
    done = small.run("dedup")
    assert jobs(done.stdout)["compare_pairs"] == 3
    assert hashes(small.path("results")) == alone
    assert "Nothing to be done" in small.run("dedup").stdout
