"""The report that is made of several records: which record gives each field."""

import itertools

import pytest
from prismake.dedup.merge import merge
from prismake.tables import BIBLIOGRAPHY, ENTRIES, REPORTS

LISTS = {name for name, kind in ENTRIES.items() if kind == "list"}


def record(record_id, **fields):
    blank = {name: [] if name in LISTS else "" for name in ENTRIES} | {"year": None, "run": "2025-01-01", "entry": 1}
    return blank | {"record_id": record_id, "source": record_id.partition(":")[0]} | fields


def merged(field, *values):
    """The value that records with these values give, the first one representing the report; and who gave it."""
    report, provenance = merge("R-1", [record(f"s{n}:1", **{field: value}) for n, value in enumerate(values)])
    return report[field], [row["record_id"] for row in provenance if row["field"] == field]


BEST = {
    "the longest abstract": ("abstract", ["Short.", "Aim. Honey. Result. Better heels.", ""], 1),
    "the preferred title": ("title", ["Honey on heels", "Honey on heels."], 0),
    "a title that is there": ("title", ["", "Honey on heels"], 1),
    "no placeholder for a title": ("title", ["[No title available]", "Honey on heels"], 1),
    "a title in ordinary letters": ("title", ["HONEY ON BLISTERED HEELS", "Honey on blistered heels"], 1),
    "capitals where there is nothing else": ("title", ["HONEY ON BLISTERED HEELS", ""], 0),
    "the title with its subtitle": ("title", ["Honey on heels", "Honey on heels: a randomised trial"], 1),
    "the title without notes": ("title", ["Honey on heels [Review] [33 refs]", "Honey on heels"], 1),
    "the longest list of authors": ("authors", [["Ek, Bo", "et al"], ["Ek B", "Lu D", "Haddad S"]], 1),
    "given names in full": ("authors", [["Ek, B.", "Lu, D."], ["Ek, Bo", "Lu, Dong"]], 1),
    "given names before": ("authors", [["Ek B", "Lu D"], ["Bo Ek", "Dong Lu"]], 1),
    "the name of the journal in full": ("journal", ["J Foot Care", "Journal of Foot Care"], 1),
    "the journal without its conference": (
        "journal",
        ["Journal of Foot Care. Conference: 12th World Congress of Feet. Oslo", "Journal of Foot Care"],
        1,
    ),
    "the journal in ordinary letters": ("journal", ["JOURNAL OF FOOT CARE", "Journal of Foot Care"], 1),
    "pages as a range in full": ("pages", ["963-7", "963", "963-967"], 2),
    "pages that are no date": ("pages", ["01-Aug", "1-8"], 1),
    "a valid DOI": ("doi", ["n/a", "10.5555/jfac.1"], 1),
    "a DOI without escapes": ("doi", ["10.5555/s1%2898%29", "10.5555/s1(98)"], 1),
    "the DOI of most records": ("doi", ["10.5555/a", "10.5555/b", "10.5555/b"], 1),
    "a PMID that is there": ("pmid", ["", "31000001"], 1),
    "the preferred language": ("language", ["eng", "English"], 0),
    "the year that is there": ("year", [None, 2019], 1),
}


@pytest.mark.parametrize("case", BEST)
def test_the_best_value_is_taken_whole(case):
    field, values, best = BEST[case]
    assert merged(field, *values) == (values[best], [f"s{best}:1"])


def test_volume_issue_and_pages_come_from_one_place():
    first_online = record("a:1", year=2018, volume="", issue="", pages="1-5")
    printed = record("b:1", year=2019, volume="41", issue="3", pages="963-7")
    abbreviated = record("c:1", year=2019, volume="41", issue="", pages="963-967")
    report, _ = merge("R-1", [first_online, printed, abbreviated])
    assert (report["year"], report["volume"], report["issue"], report["pages"]) == (2019, "41", "3", "963-967")


def test_the_issue_is_one_of_the_volume():
    placed = record("a:1", year=2019, volume="41", pages="963-7")
    for volume, issue in (("40", ""), ("041", "12"), ("", "12")):
        report, _ = merge("R-1", [placed, record("b:1", volume=volume, issue="12")])
        assert (report["volume"], report["issue"]) == ("41", issue)


def test_lists_are_united_once_each():
    one = record("a:1", keywords=["Honey", "Heel"], issn=["1234-5678 (Print)"], urls=["https://a.example"])
    two = record("b:1", keywords=["honey", "Blister"], issn=["12345678", "8765-432X"], registry_ids=["NCT02834858"])
    same = record("c:1", keywords=["HEEL"])
    report, provenance = merge("R-1", [one, two, same])
    assert report["keywords"] == ["Honey", "Heel", "Blister"]
    assert report["issn"] == ["1234-5678 (Print)", "8765-432X"]
    assert report["urls"] == ["https://a.example"]
    assert report["registry_ids"] == ["NCT02834858"]
    assert [row["record_id"] for row in provenance if row["field"] == "keywords"] == ["a:1", "b:1"]


def test_a_title_in_another_script_is_kept_as_the_other_title():
    chinese = record("cnki:1", title="蜂蜜敷料治疗登山跑者足跟水疱")
    english = record("pubmed:1", title="Honey dressings for blistered heels")
    report, _ = merge("R-1", [english, chinese])
    assert (report["title"], report["title_other"]) == (english["title"], chinese["title"])
    report, _ = merge("R-1", [chinese, english])
    assert (report["title"], report["title_other"]) == (chinese["title"], english["title"])


def test_a_title_in_other_words_is_no_other_title():
    report, _ = merge("R-1", [record("a:1", title="Honey on heels"), record("b:1", title="Honey upon the heels")])
    assert report["title_other"] == ""


def test_the_other_title_that_a_record_gives():
    german = record("b:1", title="Honey on heels", title_other="Honig auf der Ferse")
    report, provenance = merge("R-1", [record("a:1", title="Honey on heels"), german])
    assert report["title_other"] == "Honig auf der Ferse"
    assert ("title_other", "b:1") in {(row["field"], row["record_id"]) for row in provenance}


def test_a_single_record_gives_itself():
    alone = record("a:1", title="HONEY ON BLISTERED HEELS [33 refs]", year=2019, keywords=["Heel"])
    report, provenance = merge("R-1", [alone])
    assert {field: report[field] for field in BIBLIOGRAPHY} == {field: alone[field] for field in BIBLIOGRAPHY}
    assert provenance == []


def test_the_row_of_a_report():
    entitled = record("b:2", title="x", file="b.ris", line=12)
    report, provenance = merge("R-1", [entitled, record("a:1"), record("b:1")])
    assert list(report) == list(REPORTS)
    assert report["record_ids"] == ["b:2", "a:1", "b:1"]
    assert report["sources"] == ["b", "a"]
    title = {"report_id": "R-1", "field": "title", "record_id": "b:2", "file": "b.ris", "line": 12}
    assert provenance == [title]


def test_every_value_stands_in_the_record_named():
    records = [
        record("a:1", title="HONEY ON HEELS", authors=["Ek B"], abstract="Short.", pages="1-8", year=2019),
        record("b:1", title="Honey on heels", authors=["Ek, Bo"], abstract="Longer than that.", pages="01-Aug"),
        record("c:1", title="Honey on heels", journal="J Foot Care", doi="10.5555/a", type="JOUR"),
    ]
    by_id = {one["record_id"]: one for one in records}
    for order in itertools.permutations(records):
        report, provenance = merge("R-1", order)
        given = {row["field"]: row["record_id"] for row in provenance}
        filled = {field for field in BIBLIOGRAPHY if report[field]}
        assert given.keys() == filled
        assert all(by_id[given[field]][field] == report[field] for field in filled)
