"""Batches that leave as workbook or RIS and come back labelled, and what Rayyan and Covidence export."""

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from prismake.people import read_people
from prismake.problems import InputError
from prismake.screening.offline import sheet
from prismake.screening.offline.labels import Vocabulary
from prismake.screening.offline.run import Asked, export, take_in
from prismake.screening.screen import main
from prismake.screening.showings import LOG
from screening_cases import decide, desk, make_folder, report

FORMULA = '=HYPERLINK("http://evil.example","x")'
WORDS = Vocabulary("title_abstract", {"design": "Wrong design", "animals": "Animals, in vivo"}, {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    reports = [
        report(1, title=FORMULA, abstract="@cell\x0b" + "x" * 40_000, authors=["+A, B"]),
        report(2, doi="10.1000/two", pmid="22222222"),
        report(3, pmid="33333333"),
        report(4, title="Same title", year=2004),
        report(5, title="Same title", year=2004),
    ]
    return make_folder(tmp_path / "review", reports)


def decisions(folder: Path) -> list[tuple[str, str, str, str]]:
    rows = read_people("review/decisions/screening.csv", root=folder)
    return [(row.record_id, row.decision, row.reason, row.note) for row in rows]


def label(path: Path, **cells: str) -> None:
    """Fill cells of a workbook as a person does: ``B2='include'``."""
    book = load_workbook(path)
    for place, value in cells.items():
        book.active[place] = value
    book.save(path)


def test_a_batch_goes_out_in_ranked_order_and_comes_back(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "batch.xlsx"
    assert export(desk(folder), path, 3).startswith("3 reports in ")
    cells = list(load_workbook(path).active.iter_rows(values_only=True))
    assert list(cells[0]) == list(sheet.COLUMNS)
    assert [row[-1] for row in cells[1:]] == [1, 2, 3]
    records = [str(row[0]) for row in cells[1:]]
    label(path, B2="Include", B3="excluded", C3="wrong DESIGN", D3="'=1+1")
    said = take_in(desk(folder), path, Asked())
    assert "3 entries" in said
    assert "written: 2 (1 exclude, 1 include)" in said
    assert "without a decision: 1; without a report: 0" in said
    assert decisions(folder) == [(records[0], "include", "", ""), (records[1], "exclude", "design", "=1+1")]
    again = take_in(desk(folder), path, Asked())
    assert "written: 0" in again
    assert "stood so already: 2" in again
    with (folder / LOG).open(newline="") as handle:
        assert [(row["record_id"], row["how"], row["rank"]) for row in csv.DictReader(handle)] == [
            (record, "export", str(n)) for n, record in enumerate(records, start=1)
        ]


def test_a_spreadsheet_runs_nothing_that_stands_in_a_title(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "batch.xlsx"
    export(desk(folder), path, 100)
    cells = {cell.value: cell.data_type for row in load_workbook(path).active.iter_rows(min_row=2) for cell in row}
    assert cells["'" + FORMULA] == "s"
    assert "f" not in cells.values()
    assert not any(str(value).startswith(("=", "+", "@")) for value in cells)
    assert max(len(str(value)) for value in cells) <= 32_767


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30).map(
    lambda t: " ".join(t.split())
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TEXT, min_size=1, max_size=5), st.sampled_from([".xlsx", ".csv"]))
def test_what_a_sheet_holds_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, notes: list[str], form: str
) -> None:
    path = tmp_path_factory.mktemp("sheet") / "batch.xlsx"
    rows = [{"record_id": f"s:{n}", "decision": "include", "note": note} for n, note in enumerate(notes)]
    sheet.write(path, rows, ["include"], {"design": "Wrong design"})
    if form == ".csv":
        cells = [
            ["" if v is None else v for v in row] for row in load_workbook(path).active.iter_rows(values_only=True)
        ]
        path = path.with_suffix(form)
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            csv.writer(handle, delimiter=";").writerows(cells)
    read = sheet.read(path.read_bytes(), "f")
    assert read is not None
    assert [(n, row["record_id"], row["note"]) for n, row in read] == [
        (n, f"s:{n - 2}", note) for n, note in enumerate(notes, start=2)
    ]


def test_faults_of_a_sheet_name_their_cells_and_write_nothing(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "batch.xlsx"
    export(desk(folder), path, 5)
    label(
        path, B2="perhaps", B3="exclude", B4="exclude", C4="boring", B5="include", C5="design", A6="s:99", B6="include"
    )
    with pytest.raises(InputError) as fault:
        take_in(desk(folder), path, Asked())
    said = str(fault.value)
    assert f"{path}, row 2, column decision: found 'perhaps'; expected nothing, or one of include" in said
    assert "row 3, column reason: found an empty cell" in said
    assert "row 4, column reason: found 'boring'" in said
    assert "--reason 'boring=KEY'" in said
    assert "row 5, column reason: found 'design'; expected nothing" in said
    label(path, B2="", B3="", B4="", B5="include", C3="", C4="", C5="")
    with pytest.raises(InputError, match=r"row 6: found .*no record s:99 in this review"):
        take_in(desk(folder), path, Asked())
    assert decisions(folder) == []
    assert "row 6: " in take_in(desk(folder), path, Asked(partly=True))
    assert len(decisions(folder)) == 1


def test_two_decisions_on_one_report_are_an_error(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("record_id,decision,reason\ns:2,include,\ns:2,exclude,design\ns:3,include,\ns:3,include,\n")
    with pytest.raises(InputError, match=r"row 3: found exclude on a report that .*row 2 has as include"):
        take_in(desk(folder), path, Asked())
    path.write_text("record_id,decision,reason\ns:3,include,\ns:3,include,\n")
    assert "repeated in the file: 1" in take_in(desk(folder), path, Asked())


def test_a_changed_label_supersedes(folder: Path, tmp_path: Path) -> None:
    decide(desk(folder), "R2", "include", 1)
    path = tmp_path / "labels.csv"
    path.write_text("record_id,decision,reason\ns:2,exclude,animals\n")
    take_in(desk(folder), path, Asked())
    assert [row.decision for row in desk(folder).own("R2")] == ["exclude"]
    assert [row.decision for row in desk(folder, "Bob").own("R2")] == []


def test_ris_goes_out_and_comes_back(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "batch.ris"
    export(desk(folder), path, 100)
    text = path.read_text()
    assert text.count("PRISMAKE-DECISION: \n") == 5
    entries = text.split("ER  - \n")
    entries = [
        e.replace("DECISION: \n", "DECISION: exclude\n").replace("REASON: \n", "REASON: animals\n") if "s:3" in e else e
        for e in entries
    ]
    path.write_text("ER  - \n".join(entries))
    said = take_in(desk(folder), path, Asked())
    assert "written: 1 (1 exclude)" in said
    assert "without a decision: 4" in said
    assert decisions(folder) == [("s:3", "exclude", "animals", "")]


RAYYAN = """key,title,year,month,day,journal,authors,abstract,notes,doi,pubmed_id
rayyan-1,Other words,2002,,,J,"A, B",,"Kept | RAYYAN-INCLUSION: {""Kofi A.""=>""Included"", ""Ama""=>""Maybe""} | RAYYAN-LABELS: x",10.1000/two,
rayyan-2,Other words too,2003,,,J,"A, B",,"RAYYAN-INCLUSION: {""Kofi A.""=>""Excluded""} | RAYYAN-EXCLUSION-REASONS: wrong design,language",,33333333
rayyan-3,"=HYPERLINK(""http://evil.example"",""x"")",2001,,,J,"A, B",,"RAYYAN-INCLUSION: {""Ama""=>""Excluded""}",,
"""  # noqa: E501


def test_rayyans_decisions_of_one_person_are_taken(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "articles.csv"
    path.write_text(RAYYAN)
    with pytest.raises(InputError, match=r"found decisions of 'Ama' \(2\), 'Kofi A.' \(2\); .*--named NAME"):
        take_in(desk(folder), path, Asked())
    with pytest.raises(InputError, match=r"line 3: found 'wrong design,language'.*--reason 'language=KEY'"):
        take_in(desk(folder), path, Asked(named="Kofi A."))
    said = take_in(desk(folder), path, Asked(named="Kofi A.", reasons=("language=animals",)))
    assert decisions(folder) == [("s:2", "include", "", ""), ("s:3", "exclude", "design", "")]
    assert "without a decision: 1" in said
    assert "decisions of others, each for an import of its own: Ama (2)" in said
    with pytest.raises(InputError, match=r"--reason '=KEY'"):
        take_in(desk(folder, "Ama"), path, Asked())
    take_in(desk(folder, "Ama"), path, Asked(reasons=("=design",)))
    assert [row.decision for row in desk(folder, "Ama").own("R1")] == ["exclude"]


def test_rayyans_ris_says_the_same(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "articles.ris"
    path.write_text('TY  - JOUR\nTI  - T\nDO  - 10.1000/TWO\nN1  - RAYYAN-INCLUSION: {"Ann"=>"Maybe"}\nER  - \n')
    take_in(desk(folder), path, Asked())
    assert decisions(folder) == [("s:2", "unsure", "", "")]


def test_notes_come_with_the_decisions_that_they_are_on(folder: Path, tmp_path: Path) -> None:
    note = (
        """RAYYAN-INCLUSION: {"Ann"=>"Maybe"} | USER-NOTES: {"Bob"=>["no"], "Ann"=>["a | b", "is \\"in {situ}\\""]}"""
    )
    path = tmp_path / "articles.ris"
    path.write_text(f"TY  - JOUR\nTI  - T\nDO  - 10.1000/TWO\nN1  - {note}\nER  - \n")
    take_in(desk(folder), path, Asked())
    own = tmp_path / "own.ris"
    export(desk(folder, "Bob"), own, 100)
    filled = own.read_text().replace("DECISION: ", "DECISION: include").replace("NOTE: ", "NOTE: p. 3 | p. 4", 1)
    own.write_text(filled.replace("NOTE: \n", "NOTE: \nN1  - RAYYAN-LABELS: x\n"))
    take_in(desk(folder, "Bob"), own, Asked())
    notes = [row[-1] for row in decisions(folder)]
    assert notes[0] == 'a | b; is "in {situ}"'
    assert sorted(notes[1:]) == ["", "", "", "", "p. 3 | p. 4"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_sheet_is_read_in_the_encoding_that_it_was_saved_in(folder: Path, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("record_id;decision;reason;note\ns:2;include;;naïve café\n", encoding=encoding)
    take_in(desk(folder), path, Asked())
    assert decisions(folder) == [("s:2", "include", "", "naïve café")]


def test_a_decision_on_all_entries_is_one_that_there_is_and_overrides_none(folder: Path, tmp_path: Path) -> None:
    path, sheet_path = tmp_path / "own.ris", tmp_path / "sheet.csv"
    export(desk(folder), path, 100)
    path.write_text(path.read_text().replace("DECISION: ", "DECISION: include", 1))
    sheet_path.write_text("record_id,decision\ns:2,include\n")
    with pytest.raises(InputError, match="--decision: found 'perhaps'; expected nothing, or one of include"):
        take_in(desk(folder), path, Asked(decision="perhaps"))
    with pytest.raises(InputError, match="found the decision include; expected unsure, as --decision says"):
        take_in(desk(folder), path, Asked(decision="unsure"))
    with pytest.raises(InputError, match="--decision: found exclude for all rows of a sheet"):
        take_in(desk(folder), sheet_path, Asked(decision="excluded"))
    assert decisions(folder) == []
    take_in(desk(folder), path, Asked(decision="Included"))
    assert {row[1] for row in decisions(folder)} == {"include"}


COVIDENCE = """Title,Authors,Abstract,Published Year,Published Month,Journal,Volume,Issue,Pages,Accession Number,DOI,Ref,Covidence #,Study,Notes,Tags
Title 3 of an ulcer,"A, B",,2003,,J,1,2,3,,,6535,#1581,Heslop 1990,"Exclusion reason: Wrong design; ",SRH
Same title,"A, B",,2004,,J,1,2,3,,,6536,#1582,Heslop 1991,"Exclusion reason: Wrong design; ",
Unknown title,"A, B",,2004,,J,1,2,3,,,6537,#1583,Heslop 1992,"Exclusion reason: Wrong design; ",
"""  # noqa: E501


def test_a_list_of_covidence_is_one_decision_with_its_reasons(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "excluded.csv"
    path.write_text(COVIDENCE)
    with pytest.raises(InputError, match=r"found no decision; expected labelled entries. .*--decision exclude"):
        take_in(desk(folder), path, Asked())
    with pytest.raises(InputError) as fault:
        take_in(desk(folder), path, Asked(decision="exclude"))
    assert "line 3: found 'Same title' (its title and year fits 2 reports: R4, R5)" in str(fault.value)
    assert "line 4: found 'Unknown title' (no report has" in str(fault.value)
    assert "found 2 entries without a report; expected none. Leave them out: --partly" in str(fault.value)
    said = take_in(desk(folder), path, Asked(decision="exclude", partly=True))
    assert "3 entries" in said
    assert "without a report: 2" in said
    assert decisions(folder) == [("s:3", "exclude", "design", "")]


@pytest.mark.parametrize(
    ("said", "key"), [("design", "design"), ("ANIMALS,  in vivo", "animals"), ("animals; wrong design", "design")]
)
def test_reasons_are_keys_or_words_and_of_several_the_first_counts(said: str, key: str) -> None:
    assert WORDS.reason(said, "here") == key


def test_the_command_exports_and_imports(folder: Path, tmp_path: Path, capsys: Any) -> None:
    common = ["--reviewer", "Ann", "--directory", str(folder)]
    path = tmp_path / "b.xlsx"
    assert main([*common, "--export", str(path), "--batch", "2"]) == 0
    assert main([*common, "--export", str(path)]) == 1
    assert "which exists; expected a new file" in capsys.readouterr().err
    assert main([*common, "--export", str(tmp_path / "b.docx")]) == 1
    label(path, B2="include")
    assert main([*common, "--import", str(path)]) == 0
    assert "written: 1 (1 include)" in capsys.readouterr().out
    assert main([*common, "--import", str(tmp_path / "nothing.csv")]) == 1
    assert "No such file" in capsys.readouterr().err
    assert main([*common, "--import", str(path), "--reason", "x=y"]) == 1
    assert "--reason: found 'x=y'; expected WORDS=KEY" in capsys.readouterr().err
