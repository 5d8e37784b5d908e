"""Tagged text of CNKI, Wanfang, VIP and EndNote becomes records. The documents are made up for these tests."""

from pathlib import Path

import pytest
from prismake.problems import InputError
from prismake.search.readers import names
from search_cases import balanced, read

REFER_CNKI = """%0 Journal Article
%A 王小飞
%A 高海燕
%+ 某某医科大学第一附属医院;
%T 脐带间充质干细胞移植治疗糖尿病足溃疡
%J 某某医药
%D 2024
%V 28
%N 05
%K 糖尿病足;干细胞;溃疡
%X 目的：观察疗效。
方法：注册号ChiCTR-IPR-15006000,
   分为两组。
%P 912-916
%@ 1009-6469
%L 34-1229/R
%U https://link.cnki.net/doi/10.99999/j.issn.1009-6469.2024.05.013
%R 10.99999/j.issn.1009-6469.2024.05.013
%W CNKI

"""
REFER_WANFANG = """%0 Journal Article
%A 王小飞
%A 高海燕
%H WANG Xiao-fei
%H GAO Hai-yan
%+ 某某医科大学,某市,230000
%T 脐带间充质干细胞移植治疗糖尿病足溃疡
%J 某某医药
%J Some Medical Journal
%@ 1009-6469
%G chi
%D 2024
%N 5
%V 28
%P 912-916
%K 糖尿病足 干细胞 溃疡
%X 目的 观察疗效.
%R 10.99999/j.issn.1009-6469.2024.05.013
%U http://d.wanfangdata.com.cn/periodical/mmyy202405013
%W 北京万方数据股份有限公司
%~ 万方数据

"""
REFER_ENDNOTE = """%0 Journal Article
%A Lu, Debin
%A Chen, Bing
%D 2011
%T Comparison of bone marrow cells with saline for ulcers
%B Journal of Ulcers
%V 92
%N 1
%P 26-36
%! Comparison of bone marrow cells
%@ 0168-8227
%2 PMC3012345
%K cells
ulcer
wound healing
%X 100 % of ulcers.
%M 21216483
%R 10.1016/j.ulc.2010.12.010
%U https://example.org/a
https://example.org/b
%G eng

"""
NOTEEXPRESS_CNKI = """{Reference Type}: Journal Article
{Title}: 脐带间充质干细胞移植治疗糖尿病足溃疡
{Author}: 王小飞;高海燕;
{Author Address}: 某某医科大学第一附属医院;
{Journal}: 某某医药
{Year}: 2024
{Volume}: 28
{Issue}: 05
{Pages}: 912-916
{Keywords}: 糖尿病足;干细胞;溃疡
{Abstract}: 目的：观察疗效。
方法：分为两组。
{ISBN/ISSN}: 1009-6469
{Notes}: 34-1229/R
{URL}: https://link.cnki.net/doi/10.99999/j.issn.1009-6469.2024.05.013
{DOI}: 10.99999/j.issn.1009-6469.2024.05.013
{Database Provider}: CNKI

"""
NOTEEXPRESS_WANFANG = """{Reference Type}: Journal Article
{Title}: 脐带间充质干细胞移植治疗糖尿病足溃疡
{Translated Title}: Transplantation of umbilical cord cells for diabetic foot ulcers
{Author}: 王小飞
{Author}: 高海燕
{Translated Author}: WANG Xiao-fei
{Translated Author}: GAO Hai-yan
{Author Address}: 某某医科大学
{Author Address}: 某某医院
{Journal}: 某某医药
{Translated Journal}: Some Medical Journal
{ISBN/ISSN}: 1009-6469
{Year}: 2024
{Volume}: 28
{Issue}: 5
{Pages}: 912-916
{Keywords}: 糖尿病足
{Keywords}:  干细胞
{Keywords}:  溃疡
{Abstract}: 目的 观察疗效.
{URL}: http://d.wanfangdata.com.cn/periodical/mmyy202405013
{DOI}: 10.99999/j.issn.1009-6469.2024.05.013
{Database Provider}: 北京万方数据股份有限公司
{Language}: chi

"""
NOTEEXPRESS_VIP = """{Reference Type}: Journal Article \n{Title}:脐带间充质干细胞移植治疗糖尿病足溃疡
{Author}: 王小飞
{Author}: 高海燕
{Journal}: 某某医药
{Year}: 2024
{Volume} : 28
{Issue}: 5
{Pages}: 912-916
{Keywords}: 糖尿病足
{Keywords}: 干细胞
{Keywords}: 溃疡
{Abstract}: 目的 观察疗效.

"""
REFWORKS_CNKI = """RT Journal Article
SR 1
A1 王小飞;高海燕
AD 某某医科大学第一附属医院;
T1 脐带间充质干细胞移植治疗糖尿病足溃疡
JF 某某医药
YR 2024
IS 05
vo 28
OP 912-916
K1 糖尿病足;干细胞;溃疡
AB 目的：观察疗效。
方法：分为两组
,随访一年。
SN 1009-6469
CN 34-1229/R
LA 中文;
DS CNKI
LK https://link.cnki.net/doi/10.99999/j.issn.1009-6469.2024.05.013
DO 10.99999/j.issn.1009-6469.2024.05.013

"""
ESTUDY = """DataType: 1
Title-题名: 脐带间充质干细胞移植治疗糖尿病足溃疡
Author-作者: 王小飞;高海燕;
Source-刊名: 某某医药
Year-年: 2024
PubTime-出版时间: 2024-05-15
Keyword-关键词: 糖尿病足;干细胞;溃疡
Summary-摘要: 目的：观察疗效。
方法：分为两组。
Period-期: 05
Roll-卷: 28
PageCount-页数: 5
Page-页码: 912-916
SrcDatabase-来源库: 期刊
Organ-机构: 某某医科大学第一附属医院;
Link-链接: https://kns.cnki.net/kcms/detail/detail.aspx?FileName=MMYY202405013&DbName=CJFD2024

"""
ESTUDY_CUSTOM = """SrcDatabase-来源库: 期刊
Title-题名: 脐带间充质干细胞移植治疗糖尿病足溃疡
Author-作者: 王小飞;高海燕
Organ-单位: 某某医科大学第一附属医院
Source-文献来源: 某某医药
Keyword-关键词: 糖尿病足;干细胞;溃疡
Summary-摘要: 目的：观察疗效。Non-RCT: 否。
PubTime-发表时间: 2024-05-15
Volume-卷: 28
Period-期: 05
Page-页码: 912-916
DOI-DOI: 10.99999/j.issn.1009-6469.2024.05.013

"""
CHINESE = {
    "refer": [REFER_CNKI, REFER_WANFANG],
    "noteexpress": [NOTEEXPRESS_CNKI, NOTEEXPRESS_WANFANG, NOTEEXPRESS_VIP],
    "refworks": [REFWORKS_CNKI],
    "estudy": [ESTUDY, ESTUDY_CUSTOM],
}
CASES = [(kind, data) for kind, several in CHINESE.items() for data in several]
TITLE = "脐带间充质干细胞移植治疗糖尿病足溃疡"
DOI = "10.99999/j.issn.1009-6469.2024.05.013"


@pytest.mark.parametrize(("kind", "data"), CASES)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_databases_in_every_encoding(tmp_path: Path, kind: str, data: str, codec: str) -> None:
    export = read(tmp_path, (data + data.replace("移植", "注射")).replace("\n", "\r\n").encode(codec))
    row, other = export.entries
    assert export.account["format"] == kind
    assert (row["title"], other["title"]) == (TITLE, TITLE.replace("移植", "注射"))
    assert row["authors"] == ["王小飞", "高海燕"]
    assert (row["journal"], row["year"], row["volume"]) == ("某某医药", 2024, "28")
    assert (row["issue"].lstrip("0"), row["pages"]) == ("5", "912-916")
    assert [word for cell in row["keywords"] for word in cell.split()] == ["糖尿病足", "干细胞", "溃疡"]
    assert row["doi"] == (DOI if "10.99999" in data else "")
    assert row["abstract"].startswith("目的")
    assert row["issn"] == (["1009-6469"] if "1009-6469\n" in data else [])
    assert row["warnings"] == export.account["outside"] == []


@pytest.mark.parametrize(
    ("data", "record_id"),
    [
        (REFER_CNKI, "db:817ee3b19dc9"),
        (NOTEEXPRESS_CNKI, "db:11924f3bf667"),
        (REFWORKS_CNKI, "db:7b2d540d12d1"),
        (ESTUDY, "db:0c34927bc1db"),
    ],
)
def test_ids_never_change(tmp_path: Path, data: str, record_id: str) -> None:
    assert read(tmp_path, data).entries[0]["record_id"] == record_id


def test_abstracts_over_lines_are_whole_and_registry_numbers_found(tmp_path: Path) -> None:
    row = read(tmp_path, REFER_CNKI).entries[0]
    assert row["abstract"] == "目的：观察疗效。 方法：注册号ChiCTR-IPR-15006000, 分为两组。"
    assert row["registry_ids"] == ["ChiCTR-IPR-15006000"]
    assert read(tmp_path, REFWORKS_CNKI).entries[0]["abstract"] == "目的：观察疗效。 方法：分为两组 ,随访一年。"
    assert read(tmp_path, ESTUDY_CUSTOM).entries[0]["abstract"] == "目的：观察疗效。Non-RCT: 否。"


def test_a_translated_title_is_kept_beside_the_title(tmp_path: Path) -> None:
    row = read(tmp_path, NOTEEXPRESS_WANFANG).entries[0]
    assert row["title_other"] == "Transplantation of umbilical cord cells for diabetic foot ulcers"
    assert row["language"] == "chi"


def test_refer_as_endnote_writes_it(tmp_path: Path) -> None:
    row = read(tmp_path, REFER_ENDNOTE).entries[0]
    assert (row["record_id"], row["title"][:10], row["type"]) == ("db:21216483", "Comparison", "Journal Article")
    assert row["authors"] == ["Lu, Debin", "Chen, Bing"]
    assert (row["journal"], row["year"], row["pages"], row["pmcid"]) == (
        "Journal of Ulcers",
        2011,
        "26-36",
        "PMC3012345",
    )
    assert row["keywords"] == ["cells", "ulcer", "wound healing"]
    assert row["urls"] == ["https://example.org/a", "https://example.org/b"]
    assert row["abstract"] == "100 % of ulcers."


def test_refer_without_types(tmp_path: Path) -> None:
    export = read(tmp_path, "%T One\n%A Lu, D\n%D 2011\n\n%T Two\n%A Lu, D\n%A Chen, B\n\n%T Three\n%A Qin, H\n")
    assert [(row["title"], len(row["authors"])) for row in export.entries] == [("One", 1), ("Two", 2), ("Three", 1)]
    assert [row["warnings"] for row in export.entries] == [["no %0 line"]] * 3


def test_refer_without_types_or_blank_lines_joins_no_entries(tmp_path: Path) -> None:
    untyped = "%A Lu, D\n%A Chen, B\n%T One\n%D 2011\n%A Ek, Bo\n%T Two\n"
    assert [(row["title"], row["authors"]) for row in read(tmp_path, untyped).entries] == [
        ("One", ["Lu, D", "Chen, B"]),
        ("Two", ["Ek, Bo"]),
    ]
    titles_last_and_first = "%A Lu, D\n%T One\n\n%T Two\n%A Ek, Bo\n"
    assert [row["title"] for row in read(tmp_path, titles_last_and_first).entries] == ["One", "Two"]


def test_refworks_of_other_tools(tmp_path: Path) -> None:
    text = (
        "RT Journal Article\nID 12\nT1 Comparison of cells\nA1 Lu, Debin\nA1 Chen, Bing\nYR 2011\nJF Journal of Ulcers\n"
        "VO 92\nIS 1\nSP 26\nOP 36\nDO 10.1016/j.ulc.2010.12.010\nER \n\n"
        "RT Dissertation/Thesis\nSR 1\nA1林某众\nA3 黄某文;杨某\nPB 某某大学\nT1 学位论文\nYR 2015\nIS 06\n"
    )
    first, second = read(tmp_path, text).entries
    assert (first["authors"], first["volume"], first["pages"]) == (["Lu, Debin", "Chen, Bing"], "92", "26-36")
    assert (second["authors"], second["title"], second["year"]) == (["林某众"], "学位论文", 2015)


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        ("颜某,石某成，尹某军", ["颜某", "石某成", "尹某军"]),
        ("  施某;   杨某华；", ["施某", "杨某华"]),
        ("Lu, Debin", ["Lu, Debin"]),
        ("Cells and Ulcers Group", ["Cells and Ulcers Group"]),
    ],
)
def test_names_in_one_value_are_parted(text: str, parted: list[str]) -> None:
    assert names.parted(text) == parted


@pytest.mark.parametrize(("kind", "data"), [*CASES, ("refer", REFER_ENDNOTE)])
def test_an_entry_that_lost_its_first_line_joins_no_other(tmp_path: Path, kind: str, data: str) -> None:
    headless = data.split("\n", 1)[1].replace("移植", "注射")
    export = read(tmp_path, data + headless + data.replace("移植", "外用"))
    assert len(export.entries) == 3
    assert [row["authors"] for row in export.entries] == [export.entries[0]["authors"]] * 3
    assert export.entries[1]["warnings"][0].startswith("no ")
    assert [bool(row["warnings"]) for row in export.entries] == [False, True, False]


@pytest.mark.parametrize(("kind", "data"), CASES)
def test_blank_lines_everywhere_change_nothing(tmp_path: Path, kind: str, data: str) -> None:
    before = read(tmp_path, data + data.replace("移植", "注射")).entries
    after = read(tmp_path, (data + data.replace("移植", "注射")).replace("\n", "\n\n")).entries
    assert [row["record_id"] for row in after] == [row["record_id"] for row in before]
    assert [row["authors"] for row in after] == [row["authors"] for row in before]


@pytest.mark.parametrize(("kind", "data"), CASES)
def test_an_entry_without_content_is_a_reject_with_its_lines(tmp_path: Path, kind: str, data: str) -> None:
    empty = data.split("\n", 1)[0] + "\n\n"
    with pytest.raises(InputError, match="the entry has no content"):
        read(tmp_path, data + empty + empty + data)
    export = read(tmp_path, data + empty + data, rejects=1)
    assert [row["entry"] for row in export.entries] == [1, 3]
    assert export.rejects[0]["line"] == data.count("\n") + 1
    assert balanced(export)


def test_files_of_several_formats_joined_lose_nothing(tmp_path: Path) -> None:
    export = read(tmp_path, "".join(data for _, data in CASES) + REFER_ENDNOTE)
    assert len(export.entries) == len(CASES) + 1
    assert export.account["format"] == "refer + noteexpress + refworks + estudy"
    assert balanced(export)


@pytest.mark.parametrize(
    "written",
    [
        "%0 Journal Article\n%A Lu, D\n%T {}\n",
        "{{Reference Type}}: Journal Article\n{{Title}}: {}\n",
        "RT Journal Article\nT1 {}\n",
        "DataType: 1\nTitle-题名: {}\n",
    ],
)
def test_hostile_text_stays_text(tmp_path: Path, written: str) -> None:
    title = r"<script>alert(1)</script> =cmd() $\mathit{x}$ {{< include /etc/passwd >}} %T %0"
    assert read(tmp_path, written.format(title)).entries[0]["title"] == title
