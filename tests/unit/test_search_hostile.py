"""Exports that were damaged, changed by a spreadsheet or made to do harm: each is told, and costs nothing but itself."""

import gzip
import io
import time
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from prismake.problems import InputError
from search_cases import EXAMPLES, balanced, read, workbook

HEADER = "Title,Year,Volume,Issue,Pages,PMID,DOI\n"


@pytest.mark.parametrize(
    ("row", "field", "value", "warning"),
    [
        ("One,2001,1,2,3-9,2.12E+07,", "pmid", "", "pmid: a number that a spreadsheet rounded (2.12E+07)"),
        ("One,2001,1,2,3-9,#NAME?,", "pmid", "", "pmid: a value that a spreadsheet lost (#NAME?)"),
        (
            "One,2001,1,2,08-Jan,,",
            "pages",
            "08-Jan",
            "pages: perhaps a number that a spreadsheet took for a date (08-Jan)",
        ),
        (
            "One,2001,1,2,2025-01-08,,",
            "pages",
            "2025-01-08",
            "pages: perhaps a number that a spreadsheet took for a date",
        ),
        ("One,2001,92.0,2.0,3-9,21216483.0,", "pmid", "21216483", ""),
        (
            '=HYPERLINK("x";"One"),2001,1,2,3,,',
            "title",
            '=HYPERLINK("x";"One")',
            "title: a formula in the place of its",
        ),
        ("One,########,1,2,3,,", "year", None, "year: a value that a spreadsheet lost (########)"),
    ],
)
def test_what_a_spreadsheet_changed_is_mended_or_told(
    tmp_path: Path, row: str, field: str, value: object, warning: str
) -> None:
    entry = read(tmp_path, HEADER + row).entries[0]
    assert entry[field] == value
    assert [text.startswith(warning) for text in entry["warnings"]] == [True] * bool(warning)
    if not warning:
        assert (entry["volume"], entry["issue"]) == ("92", "2")


def test_a_rounded_accession_names_no_record(tmp_path: Path) -> None:
    table = "Title,Year,PUI\nOne thing,2001,2.01E+09\nAnother matter,2002,2.01E+09\n"
    export = read(tmp_path, table)
    assert len({row["record_id"] for row in export.entries}) == 2
    assert all(row["accession"] == "" and "rounded" in row["warnings"][0] for row in export.entries)


def test_a_cell_as_long_as_excel_allows_may_be_cut_off(tmp_path: Path) -> None:
    row = read(tmp_path, f"Title,Abstract\nOne,{'x' * 32_767}\n").entries[0]
    assert row["warnings"] == ["abstract: 32,767 characters, where Excel cuts a cell off"]


def test_a_quote_that_swallows_rows_is_told(tmp_path: Path) -> None:
    swallowed = 'One,2001,"a cell that\nTwo,2002,nobody,A\nThree,2003,closed",A\n'
    row = read(tmp_path, "Title,Year,Journal,Abstract\n" + swallowed).entries[0]
    assert row["warnings"] == ["line 3 within a cell looks like a row of its own: a quote may be missing"]
    text = 'One,2001,J,"Aims, methods, results, and\nother matters, with, some, commas"\n'
    assert read(tmp_path, "Title,Year,Journal,Abstract\n" + text).entries[0]["warnings"] == []


def test_an_unclosed_quote_in_the_last_row_is_a_reject(tmp_path: Path) -> None:
    export = read(tmp_path, 'Title,Year,Abstract\nOne,2001,A\nTwo,2002,"cut off in the', rejects=1)
    assert [row["why"] for row in export.rejects] == ["a quote that nothing closes, where the header has 3"]
    assert [row["title"] for row in export.entries] == ["One"]


def test_ten_thousand_columns_take_no_time(tmp_path: Path) -> None:
    header = ",".join(["Title", "Year", *(f"c{i % 5000}" for i in range(10_000))])
    rows = "\n".join(f"Title {n},2001" + "," * 10_000 for n in range(50))
    before = time.process_time()
    export = read(tmp_path, f"{header}\n{rows}\n")
    assert len(export.entries) == 50
    assert time.process_time() - before < 5


def test_a_line_without_end_is_no_header(tmp_path: Path) -> None:
    before = time.process_time()
    with pytest.raises(InputError, match="no entry of a known format"):
        read(tmp_path, "x," * 5_000_000)
    assert time.process_time() - before < 5


def test_a_cell_of_three_megabytes_is_read(tmp_path: Path) -> None:
    export = read(tmp_path, 'Title,Abstract\nOne,"' + "word " * 600_000 + '"\nTwo,A\n')
    assert [len(row["abstract"]) > 1_000_000 for row in export.entries] == [True, False]


def test_headers_of_several_lines(tmp_path: Path) -> None:
    row = read(tmp_path, 'Title,Year,"Abstract\n(short)",DOI\nOne,2001,A,10.1000/x\n').entries[0]
    assert (row["doi"], row["line"]) == ("10.1000/x", 3)


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe\r\x00\n\x00", b"\n \n"])
def test_files_of_marks_and_blanks_alone_are_empty(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match="an empty export"):
        read(tmp_path, data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html><body><table><tr><td>Title</td></tr></table></body></html>", "found a web page (HTML)"),
        (b"\xef\xbb\xbf<!DOCTYPE html>\n<p>Please log in</p>", "found a web page (HTML)"),
        ("<table><tr><td>x</td></tr></table>".encode("utf-16"), "found a web page (HTML)"),
        (
            b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="urn:x">',
            "found an XML spreadsheet of Excel 2003",
        ),
        (b"Title,Year,Journal\n", "no entry of the format table"),
    ],
)
def test_what_is_called_a_table_and_is_none_says_so(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(InputError) as fault:
        read(tmp_path, data, "export.xls")
    assert str(fault.value).startswith("export.xls: found ")
    assert said in str(fault.value)


def test_an_empty_sheet_is_an_empty_export(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="export: found an empty export"):
        read(tmp_path, workbook())


def test_merged_headers_and_formulas_in_a_workbook(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    for row in (["Our library", None, None], ["Title", "Year", "PMID"], ['="One"&" thing"', 2001, 21216483]):
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    book.save(tmp_path / "merged.xlsx")
    export = read(tmp_path, (tmp_path / "merged.xlsx").read_bytes())
    assert export.account["outside"] == ["line 1: Our library"]
    row = export.entries[0]
    assert (row["title"], row["pmid"], row["line"]) == ('="One"&" thing"', "21216483", 3)


def test_a_zip_of_exports_names_what_it_holds(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("records.ris", "TY  - JOUR\nER  - \n")
    with pytest.raises(InputError, match=r"an archive that is no workbook \(it holds 'records.ris'\)"):
        read(tmp_path, out.getvalue())


def test_an_export_packed_by_gzip_is_read_as_it_is(tmp_path: Path) -> None:
    plain, packed = (read(tmp_path, data) for data in (EXAMPLES["ris"], gzip.compress(EXAMPLES["ris"].encode())))
    assert packed.entries == plain.entries
    assert packed.account["encoding"] == plain.account["encoding"]


@pytest.mark.parametrize("damaged", [slice(None, -9), slice(None, 40), slice(None, 3)])
def test_a_packed_export_that_is_cut_off_is_said(tmp_path: Path, damaged: slice) -> None:
    with pytest.raises(InputError, match=r"export: found data packed by gzip that cannot be unpacked"):
        read(tmp_path, gzip.compress(EXAMPLES["ris"].encode())[damaged])


def test_a_control_character_costs_nothing(tmp_path: Path) -> None:
    row = read(tmp_path, b"Title,Year\nCells\0 for ulcers,2001\n").entries[0]
    assert row["title"] == "Cells\0 for ulcers"


def test_hostile_cells_stay_text(tmp_path: Path) -> None:
    hostile = (
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "+1",
        "<script>alert(1)</script>",
        "{{< include /etc/passwd >}}",
        "\u202etxt",
    )
    export = read(tmp_path, "\n".join(["Title\tYear", *(f"{text}\t2001" for text in hostile)]))
    assert tuple(row["title"] for row in export.entries) == hostile
    assert balanced(export)
