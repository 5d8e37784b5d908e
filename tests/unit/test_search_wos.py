"""Plain text of Web of Science becomes records: its tags, joined files, damages. The documents are made up for these tests."""

from pathlib import Path

import pytest
from prismake.problems import InputError
from search_cases import balanced, read

HEAD = "FN Clarivate Analytics Web of Science\nVR 1.0\n"
FIRST = """PT J
AU Lu, DB
   Chen, B
AF Lu, Debin
   Chen, Bing
CA Cells and Ulcers Grp
TI Comparison of bone marrow cells with saline
   for ulcers
SO JOURNAL OF ULCERS
LA English
DT Article
DE cells; ulcer; wound
   healing
ID STEM
AB Aims: To heal.
   ER - positive cells (NCT01234567).
C1 [Lu, Debin; Chen, Bing] Univ, Dept, City, Country.
   [Chen, Bing] Hosp, City, Country.
RP Lu, D (corresponding author), Univ, City, Country.
CR Smith J, 2001, J ULC, V1, P1, DOI 10.1000/other.1
   Jones K, 2002, J ULC, V2, P2
NR 2
TC 120
SN 0168-8227
EI 1872-8227
J9 J ULC
JI J. Ulc.
PD APR
PY 2011
VL 92
IS 1
BP 26
EP 36
DI 10.1016/j.ulc.2010.12.010
PG 11
WC Endocrinology & Metabolism
UT WOS:000290123400011
PM 21216483
DA 2024-03-12
ER

"""
SECOND = """PT S
AU Qin, HL
BE Editor, A
TI Second title
SE Book series
SO PROCEEDINGS OF ULCERS
CT Conference on Ulcers
DT Proceedings Paper
PY 2016
AR 497
UT WOS:000390123400012
ER

"""
EXPORT = "\ufeff" + HEAD + FIRST + SECOND + "EF"


def test_the_fields_of_an_entry(tmp_path: Path) -> None:
    export = read(tmp_path, EXPORT)
    first, second = export.entries
    assert (export.account["format"], export.account["outside"]) == ("wos", [])
    assert (first["record_id"], first["pmid"], first["type"]) == ("db:WOS:000290123400011", "21216483", "Article")
    assert first["title"] == "Comparison of bone marrow cells with saline for ulcers"
    assert first["authors"] == ["Lu, Debin", "Chen, Bing"]
    assert (first["journal"], first["year"], first["volume"], first["issue"]) == ("JOURNAL OF ULCERS", 2011, "92", "1")
    assert (first["pages"], first["doi"]) == ("26-36", "10.1016/j.ulc.2010.12.010")
    assert first["abstract"] == "Aims: To heal. ER - positive cells (NCT01234567)."
    assert first["keywords"] == ["cells", "ulcer", "wound healing", "STEM"]
    assert (first["issn"], first["registry_ids"]) == (["0168-8227", "1872-8227"], ["NCT01234567"])
    assert (first["line"], first["line_end"]) == (3, 42)
    assert (second["authors"], second["pages"], second["journal"]) == (["Qin, HL"], "497", "PROCEEDINGS OF ULCERS")
    assert first["warnings"] == second["warnings"] == []


def test_an_entry_without_its_accession_has_an_id_that_never_changes(tmp_path: Path) -> None:
    row = read(tmp_path, HEAD + FIRST.replace("UT WOS:000290123400011\n", "")).entries[0]
    assert row["record_id"] == "db:048fc65e9d92"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_joined_files_are_one(tmp_path: Path, end: str) -> None:
    third = SECOND.replace("000390123400012", "000390123400013")
    export = read(tmp_path, (EXPORT + "\n\ufeff" + HEAD + third + "EF\n").replace("\n", end))
    assert [row["accession"][-2:] for row in export.entries] == ["11", "12", "13"]
    assert export.account["outside"] == []


def test_a_lost_end_or_beginning_joins_nothing(tmp_path: Path) -> None:
    cut = "PT J\nAU Ozturk, A\nTI Third\nAB It ends in the mid"
    text = HEAD + FIRST.replace("ER\n", "") + SECOND + SECOND.replace("PT S\n", "").replace("12\n", "13\n") + cut
    export = read(tmp_path, text)
    assert [(row["title"][:6], row["warnings"]) for row in export.entries] == [
        ("Compar", ["no ER line before the next entry"]),
        ("Second", []),
        ("Second", ["no PT line"]),
        ("Third", ["no ER line at the end of the file: it may be cut off"]),
    ]
    ended = read(tmp_path, HEAD + cut + "\nEF\n").entries[0]
    assert ended["warnings"] == ["no ER line before the end of its file"]


def test_entries_that_lost_both_are_told_apart_by_what_comes_again(tmp_path: Path) -> None:
    text = HEAD + "PT J\nAU Lu, D\nTI One\nPY 2011\n\nAU Chen, B\nTI Two\nPY 2012\nER\n"
    assert [(row["title"], row["authors"]) for row in read(tmp_path, text).entries] == [
        ("One", ["Lu, D"]),
        ("Two", ["Chen, B"]),
    ]


def test_text_around_entries_and_entries_without_content_are_told(tmp_path: Path) -> None:
    text = "From a colleague\n" + HEAD + FIRST + "PT J\nDA 2024-03-12\nER\n\n" + SECOND + "EF\nBest wishes\n"
    with pytest.raises(InputError, match="export, lines 45 to 47: found 'PT J / DA 2024-03-12 / ER'"):
        read(tmp_path, text)
    export = read(tmp_path, text, rejects=1)
    assert export.account["outside"] == ["line 1: From a colleague", "line 63: Best wishes"]
    assert [row["entry"] for row in export.entries] == [1, 3]
    assert balanced(export)


def test_tags_of_other_databases_on_the_platform_end_the_value_before_them(tmp_path: Path) -> None:
    row = read(tmp_path, "PT J\nTI One\nVL 700\nIS 1\nPS 221-230\nQQ 7\nPY 2013\nUT BCI:BCI201300001234\nER\n").entries[
        0
    ]
    assert (row["issue"], row["pages"], row["accession"]) == ("1", "221-230", "BCI:BCI201300001234")


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    title = r"<script>alert(1)</script> =cmd() $\mathit{x}$ {{< include /etc/passwd >}}"
    assert read(tmp_path, f"PT J\nTI {title}\nER\n").entries[0]["title"] == title
