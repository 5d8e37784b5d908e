"""Versions of one review: kept apart and named, or made one report where the configuration says so."""

from types import SimpleNamespace

import pytest
from dedup_cases import groups, record, run, together, verdict
from prismake.config import Dedup, Screening
from prismake.dedup.pairs import compare, compare_part, scatter
from prismake.dedup.run import latest
from prismake.dedup.versions import MERGED
from prismake.report.sections.methods import selection
from prismake.screening.course import Course, judge

COCHRANE = {"title": "Honey for blistered heels", "journal": "Cochrane Database Syst Rev", "volume": "", "abstract": ""}
FIRST = COCHRANE | {"doi": "10.1002/14651858.cd999999", "year": 2009, "pages": "CD999999"}
SECOND = COCHRANE | {"doi": "10.1002/14651858.cd999999.pub2", "year": 2013, "pages": "CD999999", "authors": ["Ek, Bo"]}
CLINICAL = {"title": "Blisters", "journal": "BMJ Clin Evid", "doi": "", "pages": "", "abstract": ""}

VERSIONS = {
    "an update by other authors": (FIRST, SECOND),
    "its protocol": (FIRST, SECOND | {"title": "Honey for blistered heels (protocol)"}),
    "its withdrawal": (FIRST, SECOND | {"title": "WITHDRAWN: Honey for blistered heels"}),
    "a title in slightly other words": (FIRST, SECOND | {"title": "Honey for the blistered heel"}),
    "a version whose export lost the number": (FIRST, SECOND | {"doi": "", "pages": ""}),
    "an update in BMJ Clinical Evidence": (
        CLINICAL | {"year": 2007, "volume": "2007"},
        CLINICAL | {"year": 2011, "volume": "2011", "journal": "BMJ Clinical Evidence", "authors": ["Ek, Bo"]},
    ),
}


@pytest.mark.parametrize("case", VERSIONS)
def test_versions_are_linked_or_merged_as_configured(case):
    records = [record(name, **fields) for name, fields in zip(("pubmed:1", "embase:2"), VERSIONS[case], strict=True)]
    apart = run(*records)
    assert len(groups(apart)) == 2
    assert ("version", "pubmed:1", "embase:2") in {
        (row["relation"], row["record_id_1"], row["record_id_2"]) for row in apart.links
    }
    merged = run(*records, versions="merge")
    assert len(groups(merged)) == 1
    assert [row["rule"] for row in merged.merges] == [MERGED]
    assert merged.links == merged.review == []


OTHERS = {
    "a review of another number": (FIRST, SECOND | {"doi": "10.1002/14651858.cd888888.pub2", "pages": "CD888888"}),
    "an update that asks another question": (FIRST, SECOND | {"title": "Dressings for wounds of mountain runners"}),
    "an erratum": (FIRST, SECOND | {"title": "Erratum: Honey for blistered heels"}),
    "a paper outside of the collection": (FIRST, {"title": FIRST["title"], "year": 2013, "pages": "7-19", "doi": ""}),
    "a review of other numbers": (
        FIRST | {"title": "Honey for type 1 diabetes", "doi": "", "pages": ""},
        SECOND | {"title": "Honey for type 2 diabetes", "doi": "", "pages": ""},
    ),
    "another topic of BMJ Clinical Evidence": (
        CLINICAL | {"year": 2007},
        CLINICAL | {"year": 2011, "title": "Bunions"},
    ),
    "a preprint and its article": (
        {},
        {"journal": "medRxiv", "year": 2018, "doi": "10.1101/2018.03.01.18001234", "volume": "", "pages": ""},
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_is_no_version_stays_apart_even_then(case):
    first, second = OTHERS[case]
    assert len(groups(run(record("pubmed:1", **first), record("embase:2", **second), versions="merge"))) == 2


def test_an_update_under_another_title_is_still_named():
    first, second = OTHERS["an update that asks another question"]
    [link] = run(record("pubmed:1", **first), record("embase:2", **second), versions="merge").links
    assert (link["relation"], link["why"]) == ("version", "Cochrane review CD999999, version 1 and version 2")


def test_every_version_joins_one_report():
    """Versions that nothing but a third one has much in common with are not told apart again."""
    withdrawn = COCHRANE | {"title": "WITHDRAWN: Honey for blistered heels", "doi": "", "pages": "", "year": 2018}
    records = [record("pubmed:1", **FIRST), record("pubmed:2", **SECOND), record("embase:3", **withdrawn)]
    records.append(record("embase:4", **SECOND | {"doi": "10.1002/14651858.cd999999.pub3", "year": 2016}))
    assert len(groups(run(*records, versions="merge"))) == 1


@pytest.mark.parametrize("what", ["different", "link"])
def test_a_person_keeps_versions_apart(what):
    records = [record("pubmed:1", **FIRST), record("embase:2", **SECOND)]
    result = run(*records, verdicts=[verdict("D-1", "pubmed:1", "embase:2", what)], versions="merge")
    assert not together(result, "pubmed:1", "embase:2")


def test_parts_merge_versions_too():
    every = latest([record("pubmed:1", **FIRST), record("embase:2", **SECOND)])
    settings = Dedup(versions="merge")
    [met] = scatter(every, {}, 1).parts
    assert compare_part(every, {}, met, settings).compared == compare(every, {}, settings).compared != []


@pytest.mark.parametrize(("versions", "said"), [("link", False), ("merge", True)])
def test_the_report_says_that_versions_count_as_one(versions, said):
    config = SimpleNamespace(dedup=Dedup(versions=versions), screening=Screening())
    flow = SimpleNamespace(databases=None, other=None)
    stop = vars(judge(Course((), (), 0), [], Screening().stopping, {}, {}))
    ranking = {"versions": {}, "reports_hash": ""}
    screened = {"agreement": [], "shown": [], "stop": stop, "ranking": ranking, "readers": []}
    text = selection(SimpleNamespace(config=config, flow=flow, ledger=[], **screened))
    assert ("Versions of one Cochrane or BMJ Clinical Evidence review" in text) == said
