"""RIS of every database and tool becomes the same record: one entry each as they write it. The document is made up."""

from pathlib import Path

import pytest
from search_cases import balanced, read

DIALECTS = {
    "pubmed": """TY  - JOUR
DB  - PubMed
AU  - Lu, Debin
AU  - Chen, Bing
T1  - Comparison of bone marrow cells with saline for ulcers
LA  - eng
SN  - 1872-8227
SN  - 0168-8227
Y1  - 2011/04/
ET  - 2011/01/11
AB  - Aims: To heal.
SP  - 26
EP  - 36
VL  - 92
IS  - 1
AN  - 21216483
UR  - https://pubmed.ncbi.nlm.nih.gov/21216483
DO  - 10.1016/j.ulc.2010.12.010
U1  - 21216483[pmid]
U2  - PMC3012345[pmcid]
J2  - J Ulc
JF  - Journal of Ulcers
ER  - \n
""",
    "ovid": """1.
TY  - JOUR
DB  - Ovid MEDLINE(R)
ID  - 21216483
T1  - Comparison of bone marrow cells with saline for ulcers
A1  - Lu, Debin
A1  - Chen, Bing
Y1  - 2011//
N2  - Aims: To heal.
KW  - *Ulcer/th [Therapy]
JF  - Journal of Ulcers
JA  - J Ulc
LA  - English
VL  - 92
IS  - 1
SP  - 26
EP  - 36
CY  - Ireland
M2  - Lu, Debin. Univ, Dept, City, Country.
SN  - 1872-8227
SN  - 0168-8227
M1  - ebi, 8508335
DO  - https://dx.doi.org/10.1016/j.ulc.2010.12.010
PT  - Journal Article
UR  - https://ovidsp.ovid.com/ovidweb.cgi?T=JS&CSC=Y&NEWS=N&PAGE=fulltext&D=med8&AN=21216483
L2  - http://ovidsp.ovid.com/ovidweb.cgi?T=JS&PAGE=reference&D=med8&NEWS=N&AN=21216483
ER  -  \n
Link to the Ovid Full Text or citation: https://ovidsp.ovid.com/ovidweb.cgi?T=JS&CSC=Y&NEWS=N&PAGE=fulltext&D=med8&AN=21216483

""",
    "ovid embase": """<1>
TY  - JOUR
DB  - Embase
AN  - 361065123
ID  - 21216483 [http://www.ncbi.nlm.nih.gov/pubmed/?term=21216483]
T1  - Comparison of bone marrow cells with saline for ulcers
A1  - Lu D.
A1  - Chen B.
Y1  - 2011//
N2  - Aims: To heal.
JF  - Journal of Ulcers
JA  - J. Ulc.
LA  - English
VL  - 92
IS  - 1
SP  - 26
EP  - 36
M3  - http://dx.doi.org/10.1016/j.ulc.2010.12.010
SN  - 0168-8227
ER  -
""",
    "embase": """TY  - JOUR
A1  - Lu, D.
A1  - Chen, B.
M3  - Article
Y1  - 2011
VL  - 92
IS  - 1
SP  - 26
EP  - 36
T1  - Comparison of bone marrow cells with saline for ulcers
T2  - Journal of Ulcers
J2  - J. Ulc.
U2  - L361065123
DB  - Embase\r
    Medline
U3  - 2011-01-19
U4  - 2011-04-11
N2  - Aims: To heal.
KW  - ulcer
SN  - 1872-8227
0168-8227
AD  - D. Lu, Univ, City, Country
LA  - English
DO  - 10.1016/j.ulc.2010.12.010
UR  - https://www.embase.com/search/results?subaction=viewrecord&id=L361065123&from=export
UR  - http://dx.doi.org/10.1016/j.ulc.2010.12.010
C5  - 21216483
ER  - \n
""".replace("\r\n    Medline", " Medline"),
    "central": """TY  - JOUR
AN  - CN-00797137
A1  - Lu, D
A1  - Chen, B
T1  - Comparison of bone marrow cells with saline for ulcers
Y1  - 2011
VL  - 92
IS  - 1
SP  - 26‐36
JO  - Journal of Ulcers
M3  - Journal article
C3  - PUBMED 21216483,EMBASE 361065123
KW  - *Ulcer [therapy]
AB  - Aims: To heal.
DO  - 10.1016/j.ulc.2010.12.010
UR  - https://www.cochranelibrary.com/central/doi/10.1002/central/CN-00797137/full
ER  - \n
""",
    "wos": """\ufeffTY  - JOUR
AU  - Lu, DB
AU  - Chen, B
TI  - Comparison of bone marrow cells with saline for ulcers
T2  - JOURNAL OF ULCERS
LA  - English
KW  - HEALING
AB  - Aims: To heal.
SN  - 0168-8227
SN  - 1872-8227
DA  - APR
PY  - 2011
VL  - 92
IS  - 1
SP  - 26
EP  - 36
DO  - 10.1016/j.ulc.2010.12.010
AN  - WOS:000290123400011
ER  -
EF
""",
    "scopus": """TY  - JOUR
AU  - Lu, D.
AU  - Chen, B.
TI  - Comparison of bone marrow cells with saline for ulcers
PY  - 2011
T2  - Journal of Ulcers
VL  - 92
IS  - 1
SP  - 26
EP  - 36
DO  - 10.1016/j.ulc.2010.12.010
UR  - https://www.scopus.com/inward/record.uri?eid=2-s2.0-79952345678&doi=10.1016%2fj.ulc.2010.12.010&partnerID=40
AD  - Univ, City, Country
AB  - Aims: To heal.
KW  - ulcer
PB  - Publisher
SN  - 01688227 (ISSN)
LA  - English
J2  - J. Ulc.
M3  - Article
DB  - Scopus
N1  - Export Date: 12 March 2024; Cited By: 120; CODEN: JULCA
C2  - 21216483
ER  - \n
""",
    "ebsco": """TY  - JOUR
ID  - 103456789
T1  - Comparison of bone marrow cells with saline for ulcers.
AU  - Lu, Debin
AU  - Chen, Bing
Y1  - 2011/04//
N1  - Accession Number: 103456789. Language: English. Entry Date: 20110501. Article; research. PMID: NLM21216483.
N2  - Aims: To heal.
KW  - Ulcer -- Therapy
JF  - Journal of Ulcers
JO  - J ULC
JA  - J ULC
VL  - 92
IS  - 1
SP  - 26
EP  - 36
SN  - 0168-8227
DO  - 10.1016/j.ulc.2010.12.010
UR  - http://search.ebscohost.com/login.aspx?direct=true&db=ccm&AN=103456789&site=ehost-live
DP  - EBSCOhost
DB  - ccm
ER  - \n
""",
    "proquest": """TY  - JOUR
T1  - Comparison of bone marrow cells with saline for ulcers
AN  - 851234567
AU  - Lu, Debin
AU  - Chen, Bing
AB  - Aims: To heal.
DA  - 2011/04/01/2011- -01
PY  - 2011
Y1  - 2011 Apr
SP  - 26-36
VL  - 92
IS  - 1
JF  - Journal of Ulcers
SN  - 0168-8227, 0168-8227
DO  - 10.1016/j.ulc.2010.12.010
DB  - ProQuest Central
LA  - English
UR  - https://search.proquest.com/docview/851234567?accountid=1 http://link.example.org/?genre=article&issn=01688227&volume=92
N1  - Copyright - (c) 2011
N1  - Last updated - 2024-03-12
ER  - \n
""",
    "cnki": """TY  - JOUR
T1  - Comparison of bone marrow cells with saline for ulcers
A1  - Lu Debin;Chen Bing;
JF  - Journal of Ulcers
Y1  - 2011
IS  - 1
VL  - 92
SP  - 26-36
SN  - 0168-8227
N2  - Aims: To heal.
KW  - ulcer;cells
DO  - 10.1016/j.ulc.2010.12.010
UR  - https://link.cnki.net/doi/10.1016/j.ulc.2010.12.010
ER  -
""",
    "endnote": """TY  - JOUR
AB  - Aims: To heal.
AD  - Univ, City, Country
AN  - 21216483
AU  - Lu, Debin
AU  - Chen, Bing
C2  - PMC3012345
DA  - Apr
DB  - Medline
DO  - 10.1016/j.ulc.2010.12.010
ET  - 2011/01/11
IS  - 1
J2  - J Ulc
KW  - ulcer
cells
L1  - internal-pdf://1234/Lu-2011.pdf
LA  - eng
N1  - 1872-8227
Lu, Debin
Journal Article
PY  - 2011
SN  - 1872-8227 (Electronic)
0168-8227 (Linking)
SP  - 26-36
ST  - Comparison of bone marrow cells
T2  - Journal of Ulcers
TI  - Comparison of bone marrow cells with saline for ulcers
UR  - https://www.ncbi.nlm.nih.gov/pubmed/21216483
VL  - 92
ID  - 17
ER  - \n
""",
    "zotero": """TY  - JOUR
TI  - Comparison of bone marrow cells with saline for ulcers
AU  - Lu, Debin
AU  - Chen, Bing
T2  - Journal of Ulcers
AB  - Aims: To heal.
DA  - 2011/04//
PY  - 2011
DO  - 10.1016/j.ulc.2010.12.010
DP  - Zotero
VL  - 92
IS  - 1
SP  - 26
EP  - 36
J2  - J Ulc
LA  - en
SN  - 0168-8227
ST  - Comparison of bone marrow cells
UR  - https://example.org/a
Y2  - 2024/03/12/10:20:30
L1  - files/12/a.pdf
N1  - PMID: 21216483
KW  - ulcer
ER  - \n
""",
    "mendeley": """TY  - JOUR
T1  - Comparison of bone marrow cells with saline for ulcers
JF  - Journal of Ulcers
VL  - 92
IS  - 1
SP  - 26
EP  - 36
U1  - 10.1016/j.ulc.2010.12.010(DOI)
PY  - 2011
DA  - 2011
AU  - Lu, Debin
AU  - Chen, Bing
SN  - 01688227
DO  - 10.1016/j.ulc.2010.12.010
UR  - http://www.ncbi.nlm.nih.gov/pubmed/21216483
L1  - file:///C:/a.pdf
N2  - Aims: To heal.
KW  - ulcer
ER  -
""",
}
IDS = {
    "pubmed": "db:21216483",
    "ovid": "db:21216483",
    "ovid embase": "db:361065123",
    "embase": "db:L361065123",
    "central": "db:CN-00797137",
    "wos": "db:WOS:000290123400011",
    "ebsco": "db:103456789",
    "proquest": "db:851234567",
    "endnote": "db:21216483",
}
WITHOUT_PMID = {"wos", "proquest", "cnki"}


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_database_gives_the_same_record(tmp_path: Path, name: str, end: str) -> None:
    export = read(tmp_path, DIALECTS[name].replace("\n", end))
    (row,) = export.entries
    assert row["title"].rstrip(".") == "Comparison of bone marrow cells with saline for ulcers"
    assert [author.split(",")[0].split()[0] for author in row["authors"]] == ["Lu", "Chen"]
    assert (row["year"], row["volume"], row["issue"], row["pages"]) == (2011, "92", "1", "26-36")
    assert row["journal"].casefold() == "journal of ulcers"
    assert row["doi"] == "10.1016/j.ulc.2010.12.010"
    assert row["pmid"] == ("" if name in WITHOUT_PMID else "21216483")
    assert row["abstract"] in ("Aims: To heal.", "")
    assert {number.replace("-", "") for number in row["issn"]} <= {"01688227", "18728227"}
    assert all(" " not in url for url in row["urls"])
    assert row["record_id"] == IDS.get(name, row["record_id"])
    assert row["warnings"] == export.account["outside"] == []


def test_all_of_them_in_one_file_lose_nothing(tmp_path: Path) -> None:
    export = read(tmp_path, "".join(DIALECTS.values()))
    assert len(export.entries) == len(DIALECTS)
    assert [row["year"] for row in export.entries] == [2011] * len(DIALECTS)
    assert export.account["outside"] == []
    assert balanced(export)


@pytest.mark.parametrize(
    ("text", "titles", "outside"),
    [
        ("TY  - JOUR\nTI  - One\nER  - TY  - JOUR\nTI  - Two\nER  - \n", ["One", "Two"], []),
        ("TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\n", ["One", "Two"], []),
        ("ty - jour\nti - One\nau - Lu, D\nis - 2\ner -\nty - jour\nti - Two\ner -\n", ["One", "Two"], []),
        ("  TY  - JOUR\n  TI  - One\n  ER  - \n\n\n\n\tTY  - JOUR\n\tTI  - Two\n\tER  - \n", ["One", "Two"], []),
        ("TY\xa0\xa0-\xa0JOUR\nTI\xa0\xa0-\xa0One\nER\xa0\xa0-\xa0\n", ["One"], []),
        (
            "Search: cells\n12 hits\n\nTY  - JOUR\nTI  - One\nER  - \n",
            ["One"],
            ["line 1: Search: cells", "line 2: 12 hits"],
        ),
        ("TY  - JOUR\n\nTI  - One\n\n\nwith more\n\nER  - \n", ["One with more"], []),
        ("TY  - JOUR\nTI  - One\nAU  - \nPY  -\nDO  - \nER  - \n", ["One"], []),
        ("TY  - JOUR\nTI  - One\nER  - \n\ufeffTY  - JOUR\nTI  - Two\nER  - \n", ["One", "Two"], []),
        ("TY  - JOUR\nTI  - One\nER  - \nTI  - Two\nAU  - Lu, D\nER  - \n", ["One", "Two"], []),
    ],
    ids=["joined", "no ER", "lower", "leading", "hard spaces", "text", "blank lines", "blank tags", "marks", "no TY"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_writers_do_to_the_frame_costs_nothing(
    tmp_path: Path, text: str, titles: list[str], outside: list[str], end: str
) -> None:
    export = read(tmp_path, text.replace("\n", end))
    assert [row["title"] for row in export.entries] == titles
    assert export.account["outside"] == outside


@pytest.mark.parametrize(
    ("tags", "pages"),
    [
        ("SP  - 26\nEP  - 36", "26-36"),
        ("SP  - 26-36", "26-36"),
        ("SP  - 26–36\nEP  - 36", "26-36"),
        ("SP  - 26-36\nEP  - 36", "26-36"),
        ("SP  - 497\nEP  - 497", "497"),
        ("SP  - 963-7", "963-7"),
        ("SP  - S26\nEP  - S36", "S26-S36"),
        ("EP  - 36", "36"),
        ("C7  - e497", "e497"),
        ("SP  - ", ""),
    ],
)
def test_pages_however_they_are_given(tmp_path: Path, tags: str, pages: str) -> None:
    assert read(tmp_path, f"TY  - JOUR\nTI  - One\n{tags}\nER  - \n").entries[0]["pages"] == pages


@pytest.mark.parametrize(
    "tag",
    [
        "PY  - 2011",
        "PY  - 2011/04/01/",
        "Y1  - 2011//",
        "DA  - 2011/04//undefined",
        "YR  - 2011",
        "PY  - Apr 2011",
        "Y1  - 20110401//",
        "DA  - 20110401",
    ],
)
def test_years_however_they_are_given(tmp_path: Path, tag: str) -> None:
    assert read(tmp_path, f"TY  - JOUR\nTI  - One\n{tag}\nER  - \n").entries[0]["year"] == 2011


@pytest.mark.parametrize("written", ["20111301", "120110401", "201104", "201104011"])
def test_other_numbers_are_no_years(tmp_path: Path, written: str) -> None:
    assert read(tmp_path, f"TY  - JOUR\nTI  - One\nY1  - {written}\nER  - \n").entries[0]["year"] is None


def test_numbers_of_other_documents_are_no_pubmed_ids(tmp_path: Path) -> None:
    notes = "N1  - Comment in: Lancet. 2012;1:1. PMID: 22222222\nC5  - 22222222\nUR  - https://example.org/22222222"
    assert read(tmp_path, f"TY  - JOUR\nTI  - One\n{notes}\nER  - \n").entries[0]["pmid"] == ""


@pytest.mark.parametrize(
    ("written", "doi"),
    [
        (
            "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2",
            "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2",
        ),
        (
            "https://doi.org/10.1002/1097-0142(20001015)89:8&lt;1756::AID-CNCR15&gt;3.0.CO;2-9",
            "10.1002/1097-0142(20001015)89:8<1756::aid-cncr15>3.0.co;2-9",
        ),
        (
            "https://doi.org/10.1043%2F0003-9985%282000%29124%3C1234%3AANT%3E2.0.CO%3B2",
            "10.1043/0003-9985(2000)124<1234:ant>2.0.co;2",
        ),
        ("<a>10.1016/j.ulc.2010.12.010</a>", "10.1016/j.ulc.2010.12.010"),
        ("10.1016/j.ulc.2010.12.010<br>", "10.1016/j.ulc.2010.12.010"),
    ],
)
def test_an_old_doi_is_whole(tmp_path: Path, written: str, doi: str) -> None:
    """Up to its ``<`` such a DOI is that of every article of the issue."""
    assert read(tmp_path, f"TY  - JOUR\nTI  - One\nDO  - {written}\nER  - \n").entries[0]["doi"] == doi


def test_numbers_under_tags_spaced_oddly_do_not_join_the_title(tmp_path: Path) -> None:
    tags = "TY - JOUR\nTI - One\nU1 - 32007145[pmid]\nM2 - 12\nU2 - L2001234567\nVL - 3\nCP - 4\nER -\n"
    (row,) = read(tmp_path, tags).entries
    assert (row["title"], row["volume"], row["issue"]) == ("One", "3", "4")
    assert (row["accession"], row["pmid"]) == ("L2001234567", "32007145")


def test_key_words_on_lines_of_their_own_are_parted(tmp_path: Path) -> None:
    """EndNote writes the tag before the first alone; a line that was broken is indented."""
    tags = "TY  - JOUR\nTI  - One\nKW  - *Foot Ulcer\nHumans\nWound\n  Healing\nLA  - eng\nER  - \n"
    (row,) = read(tmp_path, tags).entries
    assert row["keywords"] == ["*Foot Ulcer", "Humans", "Wound Healing"]
    assert row["language"] == "eng"


def test_a_doi_alone_in_the_place_of_a_link_is_the_doi(tmp_path: Path) -> None:
    """EBSCO writes ``L3  - 10.1016/...`` and no DO."""
    export = read(tmp_path, "TY  - JOUR\nTI  - One\nL3  - 10.1016/j.ulc.2010.12.010\nER  - \n")
    assert export.entries[0]["doi"] == "10.1016/j.ulc.2010.12.010"


@pytest.mark.parametrize(
    ("tag", "doi"),
    [
        ("UR  - https://onlinelibrary.wiley.com/doi/10.1111/ulc.12345/full", "10.1111/ulc.12345"),
        ("UR  - https://onlinelibrary.wiley.com/doi/epdf/10.1111/ulc.12345", "10.1111/ulc.12345"),
        ("UR  - https://doi.org/10.1111/ulc.12345?utm_source=mail", "10.1111/ulc.12345"),
        ("UR  - https://doi.org/10.1111/ulc.12345;https://example.org/1", "10.1111/ulc.12345"),
        ("N1  - doi: 10.1111/ulc.12345", "10.1111/ulc.12345"),
        ("N1  - Accession Number: 1; DOI: 10.1111/ulc.12345", "10.1111/ulc.12345"),
        ("N1  - Comment on: Lancet. 2020;1:2. doi: 10.1016/s0140-6736(20)30251-8", ""),
        ("N1  - Erratum for doi: 10.1016/s0140-6736(20)30251-8", ""),
    ],
)
def test_a_doi_in_links_and_notes_is_the_documents_own(tmp_path: Path, tag: str, doi: str) -> None:
    assert read(tmp_path, f"TY  - JOUR\nTI  - One\n{tag}\nER  - \n").entries[0]["doi"] == doi


def test_tags_may_be_spaced_otherwise_than_ty(tmp_path: Path) -> None:
    first = "TY  - JOUR\nTI - One\nAU - Lu, D\nPY - 2011\nER  - \n"
    second = "TY  - JOUR\nTI  - Two\nAB  - Images,\nT2 - weighted, were read.\nER  - \n"
    export = read(tmp_path, first + second)
    one, two = export.entries
    assert (one["title"], one["authors"], one["year"]) == ("One", ["Lu, D"], 2011)
    assert (two["abstract"], two["journal"]) == ("Images, T2 - weighted, were read.", "")
