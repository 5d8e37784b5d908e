"""Tables of every export become records: their columns, their damages, workbooks, and headers that config names."""

import datetime
import io
import zipfile
from pathlib import Path

import pytest
from prismake.problems import InputError
from prismake.search.readers import names
from search_cases import balanced, read, workbook

SCOPUS = (
    '\ufeff"Authors","Author full names","Author(s) ID","Title","Year","Source title","Volume","Issue","Art. No.","Page start",'
    '"Page end","Page count","Cited by","DOI","Link","Abstract","Author Keywords","Index Keywords","PubMed ID",'
    '"Language of Original Document","Document Type","Source","EID"\n'
    '"Lu D.; Chen B.","Lu, Debin (55501234500); Chen, Bing (7408612345)","5550; 7408","Cells for ulcers: ""a trial""",'
    '"2011","Journal of Ulcers","92","1","","26","36","11","120","10.1016/j.ulc.2010.12.010","https://www.scopus.com/x",'
    '"Aims: to heal.\nMethods, in two lines.","cells; ulcer","human; trial","21216483","English","Article","Scopus",'
    '"2-s2.0-79952345678"\n'
)
WOS = (
    "Publication Type\tAuthors\tAuthor Full Names\tArticle Title\tSource Title\tLanguage\tAuthor Keywords\tAbstract\tISSN\teISSN"
    "\tPublication Year\tVolume\tIssue\tStart Page\tEnd Page\tArticle Number\tDOI\tUT (Unique WOS ID)\tPubmed Id\n"
    'J\tLu, DB; Chen, B\tLu, Debin; Chen, Bing\t"Cells" for ulcers\tJOURNAL OF ULCERS\tEnglish\tcells; ulcer\tAims.\t0168-8227\t'
    "1872-8227\t2011\t92\t1\t26\t36\t\t10.1016/j.ulc.2010.12.010\tWOS:000290123400011\t21216483\n"
)
WOS_TAGS = (
    "PT\tAU\tAF\tTI\tSO\tLA\tDE\tID\tAB\tSN\tPY\tVL\tIS\tBP\tEP\tAR\tDI\tUT\tPM\n"
    "J\tLu, DB; Chen, B\tLu, Debin; Chen, Bing\tCells for ulcers\tJOURNAL OF ULCERS\tEnglish\tcells\tHEALING\tAims.\t0168-8227\t"
    "2011\t92\t1\t26\t36\t\t10.1016/j.ulc.2010.12.010\tWOS:000290123400011\t21216483\n"
)
PUBMED = (
    "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI\n"
    '21216483,Cells for ulcers,"Lu D, Chen B, Liang Z.",J Ulc. 2011;92(1):26-36.,Lu D,J Ulc,2011,2011/01/11,PMC3012345,,'
    "10.1016/j.ulc.2010.12.010\n"
)
RAYYAN = (
    "key,title,year,month,day,journal,issn,volume,issue,pages,authors,url,language,publisher,location,abstract,notes,doi,"
    "keywords,pubmed_id,pmc_id\n"
    'rayyan-512345678,Cells for ulcers,2011,1,,J Ulc,0168-8227,92,1,26-36,"Lu, Debin and Chen, Bing",https://example.org,eng,,,'
    'Aims.,"RAYYAN-INCLUSION: {""A""=>""Included""}",10.1016/j.ulc.2010.12.010,"cells,ulcer",21216483,PMC3012345\n'
)
COVIDENCE = (
    "Title,Authors,Abstract,Published Year,Published Month,Journal,Volume,Issue,Pages,Accession Number,DOI,Ref,Covidence #,"
    "Study,Notes,Tags\n"
    'Cells for ulcers,"Lu, D.; Chen, B.",Aims.,2011,1,J Ulc,92,1,26-36,21216483,10.1016/j.ulc.2010.12.010,4012,#17,Lu 2011,,x\n'
)
ASREVIEW = (
    "record_id,title,abstract,authors,keywords,doi,url,year,asreview_label\n"
    '0,Cells for ulcers,Aims.,"Lu, D., Chen, B.",cells;ulcer,10.1016/j.ulc.2010.12.010,https://example.org,2011,1\n'
)
EMBASE = (
    '"Title","Original Title","Author Names","Source","Source title","Publication Year","Volume","Issue","First Page",'
    '"Last Page","Publication Type","Date","ISSN","Abstract","Author Keywords","Emtree Medical Index Terms",'
    '"Clinical Trial Numbers","Article Language","Medline PMID","PUI","DOI","Embase Link"\n'
    '"Cells for ulcers","","Lu D., Chen B.","Journal of Ulcers (2011) 92:1 (26-36)","Journal of Ulcers","2011","92","1","26",'
    '"36","Article","","0168-8227, 1872-8227","Aims.","cells, ulcer","human","ClinicalTrials.gov (NCT02834858)","English",'
    '"21216483","L361065123","10.1016/j.ulc.2010.12.010","https://www.embase.com/x"\n'
)
ZOTERO = (
    '"Key","Item Type","Publication Year","Author","Title","Publication Title","ISSN","DOI","Url","Abstract Note","Date",'
    '"Pages","Issue","Volume","Journal Abbreviation","Language","Type","Extra","Manual Tags","Number"\n'
    '"MK49RMWU","journalArticle","2011","Lu, Debin; Chen, Bing","Cells for ulcers","Journal of Ulcers","0168-8227",'
    '"10.1016/j.ulc.2010.12.010","https://example.org","Aims.","2011-01-03","26-36","1","92","J Ulc","en","",'
    '"Place: Here\nPMID: 21216483\nPMCID: PMC3012345","cells; ulcer",""\n'
)
COCHRANE = (
    "Cochrane Review ID,Author(s),Title,Source,Year,Abstract,Issue,Publisher,ISSN,Keywords,DOI,URL,Cochrane Review Group Code\n"
    '"CD010747.PUB2","Lu, D; Chen, B","Cells for ulcers",Cochrane Database of Systematic Reviews,2011,Aims.,1,Wiley,'
    "1465-1858,cells; ulcer,10.1016/j.ulc.2010.12.010,http://dx.doi.org/x,WOUNDS\n"
)
EBSCO = (
    "Article Title,Author,Journal Title,ISSN,ISBN,Publication Date,Volume,Issue,First Page,Page Count,Accession Number,DOI,"
    "Publisher,Doctype,Subjects,Keywords,Abstract,PLink\n"
    'Cells for ulcers,"Lu, Debin; Chen, Bing",Journal of Ulcers,01688227,,20110101,92,1,26,11,57512345,'
    "10.1016/j.ulc.2010.12.010,A Press,Article,,cells; ulcer,Aims.,https://example.org\n"
)
CTGOV = (
    "NCT Number,Study Title,Study URL,Acronym,Study Status,Brief Summary,Study Results,Conditions,Interventions,"
    "Primary Outcome Measures,Secondary Outcome Measures,Sponsor,Phases,Enrollment,Study Type,Study Design,Other IDs,"
    "Start Date,Completion Date,First Posted\n"
    "NCT02834858,Cells for ulcers,https://clinicaltrials.gov/study/NCT02834858,CURE,UNKNOWN,Cells or saline.,NO,"
    'Diabetic Foot|Ulcer,DRUG: Cells|DRUG: Saline,"Ulcer area, 3 months",Pain,A Hospital,PHASE1,240,INTERVENTIONAL,'
    "Allocation: RANDOMIZED,ISRCTN12345678,2016-07,2017-12,2016-07-15\n"
)


@pytest.mark.parametrize(
    ("data", "record_id", "authors", "keywords"),
    [
        (SCOPUS, "db:2-s2.0-79952345678", ["Lu, Debin", "Chen, Bing"], ["cells", "ulcer", "human", "trial"]),
        (WOS, "db:WOS:000290123400011", ["Lu, Debin", "Chen, Bing"], ["cells", "ulcer"]),
        (WOS_TAGS, "db:WOS:000290123400011", ["Lu, Debin", "Chen, Bing"], ["cells", "HEALING"]),
        (PUBMED, "db:21216483", ["Lu D", "Chen B", "Liang Z"], []),
        (RAYYAN, "db:rayyan-512345678", ["Lu, Debin", "Chen, Bing"], ["cells", "ulcer"]),
        (COVIDENCE, "db:#17", ["Lu, D.", "Chen, B."], []),
        (EMBASE, "db:L361065123", ["Lu D.", "Chen B."], ["cells", "ulcer", "human"]),
        (ZOTERO, "db:MK49RMWU", ["Lu, Debin", "Chen, Bing"], ["cells", "ulcer"]),
        (COCHRANE, "db:CD010747.PUB2", ["Lu, D", "Chen, B"], ["cells", "ulcer"]),
        (EBSCO, "db:57512345", ["Lu, Debin", "Chen, Bing"], ["cells", "ulcer"]),
        (ASREVIEW, "db:3b2a47e0f5b5", ["Lu, D.", "Chen, B."], ["cells", "ulcer"]),
    ],
    ids=[
        "scopus",
        "wos",
        "wos_tags",
        "pubmed",
        "rayyan",
        "covidence",
        "embase",
        "zotero",
        "cochrane",
        "ebsco",
        "asreview",
    ],
)
def test_columns_of_known_exports_are_mapped(
    tmp_path: Path, data: str, record_id: str, authors: list[str], keywords: list[str]
) -> None:
    export = read(tmp_path, data)
    row = export.entries[0]
    assert export.account["format"] == "table"
    assert (row["record_id"], row["line"], row["warnings"]) == (record_id, 2, [])
    assert row["title"].replace('"', "").removesuffix(": a trial") == "Cells for ulcers"
    assert (row["authors"], row["keywords"], row["year"]) == (authors, keywords, 2011)
    assert row["doi"] == "10.1016/j.ulc.2010.12.010"
    if data not in (ASREVIEW, COCHRANE):
        assert row["journal"] in ("Journal of Ulcers", "JOURNAL OF ULCERS", "J Ulc")
    if data not in (PUBMED, ASREVIEW, COCHRANE, EBSCO):
        assert (row["volume"], row["issue"], row["pages"]) == ("92", "1", "26-36")
    if data not in (COVIDENCE, ASREVIEW, COCHRANE, EBSCO):
        assert row["pmid"] == "21216483"


@pytest.mark.parametrize(
    "data",
    [
        "Item Title,Publication Title,Book Series Title,Journal Volume,Journal Issue,Item DOI,Authors,Publication Year,URL,"
        "Content Type\n"
        'Cells for ulcers,Journal of Ulcers,,92,1,10.1016/j.ulc.2010.12.010,"Lu, D; Chen, B",2011,https://example.org,Article\n',
        '"an","title","contributors","source","publicationDate","docTypes","doi","volume","issue"\n'
        '"57512345","Cells for ulcers","Lu, D; Chen, B","Journal of Ulcers","20110101","Article","10.1016/j.ulc.2010.12.010",'
        '"92","1"\n',
        "Title,Authors,Source,Year of Publication,Publication Type,DOI,Volume,Issue\n"
        'Cells for ulcers,"Lu, D; Chen, B",Journal of Ulcers,2011,Article,10.1016/j.ulc.2010.12.010,92,1\n',
    ],
    ids=["Springer", "EBSCO's newer pages", "Ovid"],
)
def test_columns_under_other_names(tmp_path: Path, data: str) -> None:
    (row,) = read(tmp_path, data).entries
    assert (row["title"], row["authors"], row["year"]) == ("Cells for ulcers", ["Lu, D", "Chen, B"], 2011)
    assert (row["journal"], row["volume"], row["issue"]) == ("Journal of Ulcers", "92", "1")
    assert (row["doi"], row["type"]) == ("10.1016/j.ulc.2010.12.010", "Article")


EMBASE_ROWS = (
    '"TITLE","Cells for ulcers"\n"AUTHOR NAMES","Lu D.","Chen B."\n"SOURCE TITLE","Journal of Ulcers"\n'
    '"PUBLICATION YEAR","2011"\n"VOLUME","92"\n"ISSUE","1"\n"FIRST PAGE","26"\n"LAST PAGE","36"\n'
    '"ABSTRACT","Aims: to ""heal"".\nMethods, in two lines."\n"EMTREE MEDICAL INDEX TERMS","human","ulcer"\n'
    '"MEDLINE PMID","21216483","http://www.ncbi.nlm.nih.gov/pubmed/21216483"\n"PUI","L361065123"\n'
    '"DOI","10.1016/j.ulc.2010.12.010","http://dx.doi.org/x"\n\n"TITLE","Second "best\n"PUI","L361065124"\n'
)


def test_embase_by_row_gives_each_field_a_line(tmp_path: Path) -> None:
    export = read(tmp_path, "Embase\n" + EMBASE_ROWS)
    first, second = export.entries
    assert export.account["format"] == "embase"
    assert export.account["outside"] == ["line 1: Embase"]
    assert (first["record_id"], first["line"], first["line_end"]) == ("db:L361065123", 2, 15)
    assert (first["authors"], first["keywords"], first["pages"]) == (["Lu D.", "Chen B."], ["human", "ulcer"], "26-36")
    assert first["abstract"] == 'Aims: to "heal". Methods, in two lines.'
    assert (first["pmid"], first["doi"]) == ("21216483", "10.1016/j.ulc.2010.12.010")
    assert (second["record_id"], second["warnings"]) == ("db:L361065124", ["quotes that do not pair in line 17"])


def test_an_entry_of_embase_without_its_title_is_an_entry(tmp_path: Path) -> None:
    lost = '"TITEL","Second"\n"AUTHOR NAMES","Lu D."\n"PUI","L361065124"\n"TITLE","Third"\n'
    export = read(tmp_path, EMBASE_ROWS[: EMBASE_ROWS.index('"TITLE","Second')] + lost)
    assert [(row["title"], row["accession"], row["warnings"]) for row in export.entries] == [
        ("Cells for ulcers", "L361065123", []),
        ("", "L361065124", ["no title"]),
        ("Third", "", []),
    ]


def test_tables_that_were_joined_have_a_header_each(tmp_path: Path) -> None:
    other = "DOI,Article Title,Publication Year,Journal Title\n10.1000/x,Another,2012,J Foot\n"
    export = read(tmp_path, SCOPUS + SCOPUS.removeprefix("\ufeff").replace("79952345678", "79952345679") + other)
    assert [row["title"] for row in export.entries] == ['Cells for ulcers: "a trial"'] * 2 + ["Another"]
    assert (export.entries[2]["doi"], export.entries[2]["journal"]) == ("10.1000/x", "J Foot")
    assert export.rejects == []


def test_a_running_number_is_no_accession(tmp_path: Path) -> None:
    def ids(*titles: str) -> dict[str, str]:
        rows = [f"{number},{title},2011" for number, title in enumerate(titles, start=1)]
        export = read(tmp_path, "\n".join(["Key,Title,Year", *rows]))
        return {row["title"]: row["record_id"] for row in export.entries}

    assert ids("One", "Two") == ids("Two", "One")


def test_a_cell_of_several_lines_is_one_value_and_the_row_knows_its_lines(tmp_path: Path) -> None:
    row = read(tmp_path, SCOPUS).entries[0]
    assert row["abstract"] == "Aims: to heal. Methods, in two lines."
    assert (row["line"], row["line_end"]) == (2, 3)
    assert row["title"] == 'Cells for ulcers: "a trial"'


def test_a_register_table_keeps_what_the_register_says(tmp_path: Path) -> None:
    row = read(tmp_path, CTGOV, source="ctgov").entries[0]
    assert row["record_id"] == "ctgov:NCT02834858"
    assert row["registry_ids"] == ["ISRCTN12345678", "NCT02834858"]
    assert (row["year"], row["keywords"]) == (2016, ["Diabetic Foot", "Ulcer"])
    assert row["registration"] == (
        "Status: UNKNOWN · Phase: PHASE1 · Design: Allocation: RANDOMIZED · Enrolment: 240 · Arms: DRUG: Cells|DRUG: Saline · "
        "Primary outcomes: Ulcer area, 3 months · Secondary outcomes: Pain · Start: 2016-07 · Completion: 2017-12 · "
        "Sponsor: A Hospital"
    )


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        ("Lu D, Chen B, Liang Z.", ["Lu D", "Chen B", "Liang Z"]),
        ("Lu, D., Chen, B.", ["Lu, D.", "Chen, B."]),
        ("Smith, John", ["Smith, John"]),
        ("van der Berg, Jan", ["van der Berg, Jan"]),
        ("Garcia Marquez, Gabriel Jose", ["Garcia Marquez, Gabriel Jose"]),
        ("Debin Lu, Bing Chen, Z Liang", ["Debin Lu", "Bing Chen", "Z Liang"]),
        ("Lu, D and Chen, B", ["Lu, D", "Chen, B"]),
        ("Ørsted Å., Lu D.", ["Ørsted Å.", "Lu D."]),
        ("王小飞; 高海燕", ["王小飞", "高海燕"]),
        ("Lu D, Chen B; COVID-19 Study Group.", ["Lu D", "Chen B", "COVID-19 Study Group"]),
        ("de la Cruz, A B; Lu, D", ["de la Cruz, A B", "Lu, D"]),
        ("DE LEE, ANN KIM; LU, D", ["DE LEE, ANN KIM", "LU, D"]),
        ("DE LA CRUZ, ANA MARIA", ["DE LA CRUZ, ANA MARIA"]),
        ("D Lu, ZB Chen", ["D Lu", "ZB Chen"]),
        ("['Lu, D.', \"O'Neill, B.\"]", ["Lu, D.", "O'Neill, B."]),
        ("[Anonymous]", ["[Anonymous]"]),
        ("", []),
    ],
)
def test_authors_in_one_cell_are_parted(text: str, parted: list[str]) -> None:
    assert names.authors(text) == parted


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252"])
def test_separators_and_encodings_change_nothing(tmp_path: Path, separator: str, codec: str) -> None:
    text = "Title,Year,Journal\nZellen für Füße,2011,Ülcera\n".replace(",", separator)
    row = read(tmp_path, text.encode(codec)).entries[0]
    assert (row["title"], row["year"], row["journal"]) == ("Zellen für Füße", 2011, "Ülcera")


def test_a_chinese_table_in_gb18030(tmp_path: Path) -> None:
    row = read(
        tmp_path, "题名,作者,刊名,年\n糖尿病足溃疡的治疗,王小飞;高海燕,安徽医药,2024\n".encode("gb18030")
    ).entries[0]
    assert (row["title"], row["authors"], row["journal"], row["year"]) == (
        "糖尿病足溃疡的治疗", ["王小飞", "高海燕"], "安徽医药", 2024,
    )  # fmt: skip


def rows(*lines: str) -> str:
    return "\n".join(["Title,Year,Abstract", *lines]) + "\n"


def test_a_row_with_another_number_of_cells_is_a_reject_and_costs_no_other(tmp_path: Path) -> None:
    text = rows("One,2001,A", "Two,2002", "Three,2003,A,B", "Four,2004,A,,", ",,", "", "Five,2005,A")
    with pytest.raises(InputError) as fault:
        read(tmp_path, text)
    assert "export, lines 3 to 3: found 'Two,2002' (2 cells, where the header has 3); expected an entry" in str(
        fault.value
    )
    export = read(tmp_path, text, rejects=2)
    assert [row["title"] for row in export.entries] == ["One", "Four", "Five"]
    assert [(row["line"], row["why"]) for row in export.rejects] == [
        (3, "2 cells, where the header has 3"),
        (4, "4 cells, where the header has 3"),
    ]
    assert balanced(export)


@pytest.mark.parametrize(
    "damaged",
    [
        'Two,2002,"an abstract, that nothing closes',
        'Two,2002,an abstract, that nothing opens"',
        'Two,"2002,"an abstract"',
        'Two,2002,"an abstract, cut\noff',
    ],
)
def test_a_lost_quote_costs_its_own_row_alone(tmp_path: Path, damaged: str) -> None:
    good = ['Three,2003,"A, b\nand c"', 'Four,2004,"A"', "Five,2005,A"]
    export = read(tmp_path, rows('One,2001,"A, b"', damaged, *good), rejects=2)
    titles = [row["title"] for row in export.entries]
    assert titles == ["One", "Three", "Four", "Five"]
    assert 1 <= len(export.rejects) <= 2
    assert balanced(export)


def test_quotes_within_a_cell_are_kept_with_a_warning(tmp_path: Path) -> None:
    row = read(tmp_path, rows('"The "best" cells",2001,A')).entries[0]
    assert (row["year"], row["warnings"]) == (2001, ["quotes that do not pair in this row"])


def test_headers_twice_blank_titles_and_rows_of_notes(tmp_path: Path) -> None:
    text = "Title,Year,Title,Notes\nOne,2001,One more,\n,2002,Two,\n,,,only a note\n"
    export = read(tmp_path, text, rejects=1)
    assert [(row["title"], row["warnings"]) for row in export.entries] == [
        ("One", ["2 columns Title that differ"]),
        ("Two", []),
    ]
    assert export.rejects[0]["why"] == "the entry has no content"


def test_lines_above_the_header_are_told(tmp_path: Path) -> None:
    export = read(tmp_path, "sep=,\nExport of a tool\n\nTitle,Year\nOne,2001\n")
    assert export.account["outside"] == ["line 2: Export of a tool"]
    assert export.entries[0]["line"] == 5


def test_config_names_the_columns_of_other_tables(tmp_path: Path) -> None:
    text = "Nr;Titel;Jahr;Autoren;Title\n1;Zellen;2011;Lu D;other\n"
    columns = {"title": "Titel", "year": "Jahr", "authors": "Autoren"}
    row = read(tmp_path, text, columns=columns).entries[0]
    assert (row["title"], row["year"], row["authors"]) == ("Zellen", 2011, ["Lu D"])
    with pytest.raises(InputError, match=r"export, line 1: found 'Nr;Titel.*headers that columns in config.yaml names"):
        read(tmp_path, text, columns={"title": "Titles", "year": "Jahr"})


def test_a_workbook_is_a_table_whose_lines_are_its_rows(tmp_path: Path) -> None:
    data = workbook(
        ["Title", "Year", "Volume", "Date", "Abstract"],
        ["Füße\tund\nmehr", 2011, 92.0, datetime.datetime(2011, 3, 1), 'A "quoted" word'],
        [],
        ['"Second"', 2012, "5A", None, None],
    )
    export = read(tmp_path, data)
    first, second = export.entries
    assert (first["title"], first["year"], first["volume"]) == ("Füße und mehr", 2011, "92")
    assert first["abstract"] == 'A "quoted" word'
    assert (second["title"], second["line"]) == ('"Second"', 4)
    assert export.account["encoding"] == "xlsx"


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def replaced(data: bytes, member: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == member else old.read(name))
    return out.getvalue()


BOOK = workbook(["Title", "Year"], ["One", 2001])
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (workbook(["Title", "Year"], ["One", 2001], sheets=2), "2 sheets with values (Sheet, Sheet1)"),
        (archive(word__document=b"x"), "an archive that is no workbook"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "a workbook of Excel 97 to 2003"),
        (BOOK[:-200], "a damaged archive"),
        (replaced(BOOK, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"), "a workbook that cannot be read"),
        (replaced(BOOK, "xl/worksheets/sheet1.xml", LAUGHS), "a workbook that cannot be read (EntitiesForbidden"),
    ],
)
def test_workbooks_that_cannot_be_read_say_so(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(InputError) as fault:
        read(tmp_path, data)
    assert str(fault.value).startswith("export: found ")
    assert said in str(fault.value)


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prismake.search.readers.workbook._MAX_BYTES", 10_000_000)
    bomb = replaced(BOOK, "xl/worksheets/sheet1.xml", b" " * 20_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(InputError, match="a workbook of over 10 MB when unpacked"):
        read(tmp_path, bomb)


def test_a_sheet_that_claims_endless_rows_is_refused(tmp_path: Path) -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
        b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="99999999"><c r="A99999999"><v>1</v></c></row></sheetData>'
        b"</worksheet>"
    )
    with pytest.raises(InputError, match="more than 1048576 rows"):
        read(tmp_path, replaced(BOOK, "xl/worksheets/sheet1.xml", sheet))
