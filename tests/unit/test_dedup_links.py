"""Records that belong together without being duplicates: named for what they are, and never removed."""

from types import SimpleNamespace

import pytest
from dedup_cases import ARTICLE, NOWHERE, groups, record, run
from prismake.dedup import titles
from prismake.report.todo import to_do

ELSEWHERE = {"pages": "1201", "doi": "", "abstract": ""}
COCHRANE = {
    "title": "Honey for blisters",
    "journal": "Cochrane Database of Systematic Reviews",
    "volume": "",
    "abstract": "",
}
SERIES = "Care of the blistered heel in alpine recruits"

RELATED = {
    "erratum": ({}, {"title": f"Erratum: {ARTICLE['title']}"} | ELSEWHERE, "erratum", "embase:2"),
    "correction by volume and page": (
        {},
        {"title": f"{ARTICLE['title']} (vol 41, pg 963, 2019)"} | ELSEWHERE,
        "erratum",
        "embase:2",
    ),
    "comment": (
        {},
        {"title": f"Comment on: {ARTICLE['title']}", "authors": ["Novak, Jana"]} | ELSEWHERE,
        "comment",
        "embase:2",
    ),
    "letter that begins with Re": (
        {},
        {"title": f"Re: {ARTICLE['title']}", "authors": ["Novak J"]} | ELSEWHERE,
        "comment",
        "embase:2",
    ),
    "retraction": ({}, {"title": f"Retraction: {ARTICLE['title']}"} | ELSEWHERE, "retraction", "embase:2"),
    "protocol and results": (
        {},
        {"title": f"{ARTICLE['title']}: study protocol", "journal": "Trials of the Foot", "volume": "3"} | ELSEWHERE,
        "protocol",
        "embase:2",
    ),
    "versions of a Cochrane review": (
        COCHRANE | {"doi": "10.1002/14651858.cd999999.pub3", "year": 2013, "pages": "CD999999"},
        COCHRANE | {"doi": "10.1002/14651858.cd999999.pub2", "year": 2012, "pages": "CD999999"},
        "version",
        "embase:2",
    ),
    "versions of a Cochrane review by year": (
        COCHRANE | {"doi": "10.1002/14651858.cd999999.pub3", "year": 2013, "pages": "CD999999"},
        COCHRANE | {"doi": "", "year": 2008, "pages": "CD999999"},
        "version",
        "embase:2",
    ),
    "preprint and article": (
        {},
        {"journal": "medRxiv", "year": 2018, "doi": "10.1101/2018.03.01.18001234", "volume": "", "pages": ""},
        "version",
        "embase:2",
    ),
    "preprint by its server's name": (
        {},
        {"journal": "Research Square", "year": 2018, "doi": "", "volume": "", "pages": ""},
        "version",
        "embase:2",
    ),
    "meeting abstract": (
        {},
        {"journal": "Annals of Sports Medicine", "volume": "12 Suppl 1", "pages": "A77", "year": 2018, "doi": ""},
        "meeting abstract",
        "embase:2",
    ),
    "part of a series": (
        {"title": f"{SERIES}. Part II: dressings", "pages": "20-29", "doi": "", "abstract": ""},
        {"title": f"{SERIES}. Part I: shoes", "pages": "10-19", "doi": "", "abstract": ""},
        "part",
        "embase:2",
    ),
}


@pytest.mark.parametrize("case", RELATED)
def test_related_records_are_linked_not_merged(case):
    first, second, relation, named_first = RELATED[case]
    result = run(record("pubmed:1", **first), record("embase:2", **second))
    assert len(groups(result)) == 2
    [link] = result.links
    assert (link["relation"], link["record_id_1"], link["decided_by"]) == (relation, named_first, "rule")
    assert {link["record_id_1"], link["record_id_2"]} == {"pubmed:1", "embase:2"}


UNRELATED = {
    "a notice about another article": (
        {},
        {"title": f"Erratum: {ARTICLE['title'].replace('runners: a randomised trial', 'goats: an audit of herds')}"}
        | ELSEWHERE,
    ),
    "other authors at a meeting": (
        {"doi": ""},
        {"authors": ["Ek, Bo"], "volume": "12 Suppl 1", "pages": "A77", "year": 2018, "doi": "", "journal": "Feet"},
    ),
    "types of a disease": (
        NOWHERE | {"title": "Honey on the heels of runners with type 1 diabetes", "pages": "1-9"},
        NOWHERE | {"title": "Honey on the heels of runners with type 2 diabetes", "pages": "11-19"},
    ),
    "parts of two series": (
        {"title": f"{SERIES}. Part I", "pages": "10-19", "doi": "", "abstract": ""},
        {"title": "Cold baths for sunburnt sailors. Part II", "pages": "20-29", "doi": "", "abstract": ""},
    ),
}


@pytest.mark.parametrize("case", UNRELATED)
def test_others_are_not_linked(case):
    first, second = UNRELATED[case]
    assert run(record("pubmed:1", **first), record("embase:2", **second)).links == []


@pytest.mark.parametrize(
    ("title", "part"),
    [
        ("Care of heels. Part II: shoes", ("careofheels", 2)),
        ("Care of heels (part two)", ("careofheels", 2)),
        ("Care of heels: III. Shoes", ("careofheels", 3)),
        ("Care of heels, section B", ("careofheels", 2)),
        ("Part of the heel", None),
        ("Type II heels", None),
        ("Care of heels", None),
    ],
)
def test_parts_of_a_series(title, part):
    assert titles.variants(title)[0].part == part


def test_a_linked_report_that_nobody_decided_on_is_still_to_do():
    """An erratum of an included article must be read with it (MECIR C48): the report names it until it is settled."""
    ledger = [
        {"record_id": "pubmed:1", "report_id": "R-1", "study_id": "ek_2019", "fate": "included", "kind": "record"},
        {"record_id": "embase:2", "report_id": "R-2", "study_id": "", "fate": "to_screen", "kind": "record"},
    ]
    link = {"relation": "erratum", "record_id_1": "embase:2", "record_id_2": "pubmed:1"}

    def items(erratum, links):
        rows = [ledger[0], erratum]
        nothing = SimpleNamespace(
            to_screen=0, conflicts=0, to_assess=0, assessment_conflicts=0, awaiting=0, rationale="x", objectives="x",
            discussion="x", limitations="x",
        )  # fmt: skip
        material = SimpleNamespace(
            config=SimpleNamespace(sources={"pubmed": 1}, outcomes={"pain": 1}, review=nothing),
            uncertain_pairs=[], flow=SimpleNamespace(databases=nothing, other=None), idle=[], ledger=rows, links=links,
            reports_by_fate={row["fate"]: [row] for row in rows}, results=[], in_syntheses=[], judgements=[], readers=[],
            included=[SimpleNamespace(study_id="ek_2019", extraction="x", label="Ek")],
            label={"R-1": "Ek 2019", "R-2": "Ek 2020"}.get,
        )  # fmt: skip
        return " ".join(to_do(material))

    assert "1 report linked to an included study" in items(ledger[1], [link])
    assert "Ek 2020 \\(erratum, with Ek 2019\\)" in items(ledger[1], [link])
    assert "linked" not in items(ledger[1], [])
    assert "linked" not in items(ledger[1] | {"fate": "excluded_on_abstract"}, [link])
    assert "linked" not in items(ledger[1] | {"study_id": "ek_2019"}, [link])
