"""Duplicates among any exports, without a review."""

import csv
from pathlib import Path

import pytest
from prismake.config import SearchRun
from prismake.dedup import alone
from prismake.search.read import read_export
from prismake.tables import BIBLIOGRAPHY
from search_cases import EXAMPLES, HEADERS, ROWS, workbook

BOOK = workbook(HEADERS, *ROWS)

FIRST = """TY  - JOUR
ID  - a_1
AU  - Okafor, Ngozi
AU  - Lindqvist, Per
TI  - =Warm honey dressings for blistered heels in mountain runners
T2  - Journal of Foot and Ankle Care
PY  - 2019
VL  - 41
SP  - 963-967
DO  - 10.5555/jfac.2019.963
KW  - heel
KW  - honey
ER  -

TY  - JOUR
ID  - a_2
AU  - Ek, Bo
TI  - Cold baths for sunburnt sailors
PY  - 2011
ER  -
"""
SECOND = """PMID- 31000001
TI  - Warm honey dressings for blistered heels in mountain runners
FAU - Okafor, Ngozi
FAU - Lindqvist, Per
JT  - J Foot Ankle Care
DP  - 2019 Mar
VI  - 41
PG  - 963-7
AB  - Blisters keep runners from the finish.

PMID- 31000002
TI  - Erratum: Cold baths for sunburnt sailors of the seven seas, an audit in nine harbours
FAU - Ek, Bo
"""


@pytest.fixture
def exports(tmp_path):
    """Two exports of other formats."""
    files = {"one.ris": FIRST, "two.nbib": SECOND}
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return [str(tmp_path / name) for name in files]


def rows(path):
    with Path(path).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_entry_has_its_file_line_and_own_id(exports, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    assert alone.main([*exports, "--out", str(out)]) == 0
    clusters = rows(out / "clusters.csv")
    assert [(Path(row["file"]).name, row["line"], row["source_id"]) for row in clusters] == [
        ("one.ris", "1", "a_1"),
        ("one.ris", "15", "a_2"),
        ("two.nbib", "1", "31000001"),
        ("two.nbib", "11", "31000002"),
    ]
    assert len({row["report_id"] for row in clusters}) == 3
    assert clusters[0]["report_id"] == clusters[2]["report_id"]
    assert [row["represents"] for row in clusters] == ["yes", "yes", "no", "yes"]
    assert sorted(path.name for path in out.iterdir()) == ["clusters.csv", "links.csv", "review.csv", "unique.ris"]
    said = capsys.readouterr().out
    assert "4 records - 1 duplicate = 3 reports" in said
    assert f"{exports[0]}: 2 entries (ris, utf-8), 0 unreadable" in said


def test_every_format_is_taken_workbooks_among_them(tmp_path, capsys):
    files = {name.replace(", ", "_"): content.encode() for name, content in EXAMPLES.items()} | {"book": BOOK}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert alone.main([*(str(tmp_path / name) for name in files), "--out", str(tmp_path / "out")]) == 0
    assert len(rows(tmp_path / "out/clusters.csv")) == 4 * len(files)
    assert ": 4 entries (table, xlsx), 0 unreadable" in capsys.readouterr().out


def test_unique_ris_holds_the_best_of_each_field_and_reads_back(exports, tmp_path):
    alone.main([*exports, "--out", str(tmp_path / "out")])
    found = read_export("x", SearchRun(date="2025-01-01", file=str(tmp_path / "out/unique.ris")), ids="content").entries
    assert [entry["title"] for entry in found] == [
        "=Warm honey dressings for blistered heels in mountain runners",
        "Cold baths for sunburnt sailors",
        "Erratum: Cold baths for sunburnt sailors of the seven seas, an audit in nine harbours",
    ]
    first = {field: found[0][field] for field in BIBLIOGRAPHY if found[0][field]}
    assert first == {
        "type": "JOUR",
        "title": "=Warm honey dressings for blistered heels in mountain runners",
        "authors": ["Okafor, Ngozi", "Lindqvist, Per"],
        "year": 2019,
        "journal": "Journal of Foot and Ankle Care",
        "volume": "41",
        "pages": "963-967",
        "doi": "10.5555/jfac.2019.963",
        "pmid": "31000001",
        "abstract": "Blisters keep runners from the finish.",
        "keywords": ["heel", "honey"],
    }


def test_the_order_of_files_says_which_record_represents_a_report(exports, tmp_path):
    alone.main([*reversed(exports), "--out", str(tmp_path)])
    standing = {row["source_id"]: row["represents"] for row in rows(tmp_path / "clusters.csv")}
    assert (standing["31000001"], standing["a_1"]) == ("yes", "no")


def test_an_entry_that_cannot_be_read_is_named_and_costs_no_other(exports, tmp_path, capsys):
    Path(exports[0]).write_text(FIRST + "\nTY  - JOUR\nER  -\n", encoding="utf-8")
    assert alone.main([*exports, "--out", str(tmp_path / "out")]) == 0
    assert "lines 22 to 23: the entry has no content" in capsys.readouterr().out
    assert len(rows(tmp_path / "out/clusters.csv")) == 4


@pytest.mark.parametrize("name", ["none.ris", "empty.ris", "words.ris"])
def test_a_faulty_file_is_said_and_nothing_is_written(exports, tmp_path, capsys, name):
    (tmp_path / "empty.ris").write_text("")
    (tmp_path / "words.ris").write_text("no entry here\n")
    assert alone.main([exports[0], str(tmp_path / name), "--out", str(tmp_path / "out")]) == 1
    assert f"{tmp_path / name}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_place_that_is_no_folder_is_said(exports, capsys):
    assert alone.main([*exports, "--out", exports[1]]) == 1
    assert "two.nbib: found a file; expected a folder for the results" in capsys.readouterr().err


def test_what_stands_outside_of_entries_is_told(tmp_path, capsys):
    """A table behind the entries of a RIS file is not read, and must not vanish."""
    export = tmp_path / "joined.ris"
    export.write_text(FIRST + "Title,Authors,Year\n" + "Cells,Lu D,2020\n" * 11, encoding="utf-8")
    assert alone.main([str(export), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert f"  outside of entries, line {len(FIRST.splitlines()) + 1}: Title,Authors,Year\n" in said
    assert "  and 2 more\n" in said


def test_entries_of_unique_ris_have_ids_of_their_own_where_exports_count_alike(tmp_path):
    for name, title in (("a", "Cold baths for sunburnt sailors"), ("b", "Wooden shoes and the gait of dancers")):
        (tmp_path / f"{name}.ris").write_text(f"TY  - JOUR\nID  - 1\nTI  - {title}\nER  -\n", encoding="utf-8")
    assert alone.main([str(tmp_path / "a.ris"), str(tmp_path / "b.ris"), "--out", str(tmp_path / "out")]) == 0
    written = (tmp_path / "out/unique.ris").read_text(encoding="utf-8").splitlines()
    ids = [line.removeprefix("ID  - ") for line in written if line.startswith("ID  - ")]
    assert ids == [row["record_id"] for row in rows(tmp_path / "out/clusters.csv")]


def test_no_export_is_replaced_by_a_result(exports, tmp_path, capsys):
    earlier = tmp_path / "unique.ris"
    earlier.write_text(FIRST, encoding="utf-8")
    assert alone.main([str(earlier), exports[1], "--out", str(tmp_path)]) == 1
    assert "an export that a result would replace" in capsys.readouterr().err
    assert earlier.read_text(encoding="utf-8") == FIRST


def test_entries_of_bibtex_go_by_their_keys(tmp_path):
    (tmp_path / "a.bib").write_text(
        "@article{ek2011,\n  title = {Cold baths for sunburnt sailors}\n}\n", encoding="utf-8"
    )
    assert alone.main([str(tmp_path / "a.bib"), "--out", str(tmp_path / "out")]) == 0
    assert [row["source_id"] for row in rows(tmp_path / "out/clusters.csv")] == ["ek2011"]


def test_registry_entries_of_central_are_as_many_as_their_numbers(tmp_path):
    """CENTRAL gives the number as the author and in the journal, and often one title to several entries."""
    entry = (
        "TY  - JOUR\nAN  - CN-0{0}\nAU  - NCT0000000{0}\nT1  - Honey for blistered heels\n"
        "JF  - https://clinicaltrials.gov/show/NCT0000000{0}\nPY  - 2017\nER  -\n"
    )
    (tmp_path / "central.ris").write_text(entry.format(1) + entry.format(2), encoding="utf-8")
    (tmp_path / "again.ris").write_text(entry.format(2), encoding="utf-8")
    alone.main([*(str(tmp_path / f"{name}.ris") for name in ("central", "again")), "--out", str(tmp_path / "out")])
    reports = [row["report_id"] for row in rows(tmp_path / "out/clusters.csv")]
    assert reports[0] != reports[1] == reports[2]


REVIEW = """TY  - JOUR
ID  - {number}
AU  - Ek, Bo
TI  - Honey for blistered heels
T2  - Cochrane Database of Systematic Reviews
PY  - {year}
DO  - 10.1002/14651858.cd999999.pub{number}
ER  -

"""


@pytest.mark.parametrize(("words", "reports"), [([], 2), (["--versions", "link"], 2), (["--versions", "merge"], 1)])
def test_versions_of_one_review_count_as_asked(words, reports, tmp_path, capsys):
    export = tmp_path / "reviews.ris"
    export.write_text("".join(REVIEW.format(number=number, year=2000 + 5 * number) for number in (2, 3)))
    assert alone.main([str(export), "--out", str(tmp_path / "out"), *words]) == 0
    assert len({row["report_id"] for row in rows(tmp_path / "out/clusters.csv")}) == reports
    assert ("related but no duplicates: 1 version" in capsys.readouterr().out) == (reports == 2)
