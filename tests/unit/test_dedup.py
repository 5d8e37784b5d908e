"""Which records become one report: rules, verdicts, and what holds for any records."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prismake.config import Dedup
from prismake.dedup import keys, score, titles
from prismake.dedup.run import LINKS, MERGES, REVIEW, Deduplication, find_duplicates
from prismake.people import Verdict
from prismake.problems import InputError
from prismake.tables import CLUSTERS, ENTRIES, REPORTS

KINDS = {"pubmed": "database", "embase": "database", "cnki": "database", "ctgov": "register", "hand": "other"}
ABSTRACT = (
    "Blisters keep runners from the finish. We compared warm honey dressings with dry gauze in ninety runners who had "
    "blistered both heels during a mountain race, and counted the days until they could run without pain."
)
ARTICLE = {
    "title": "Warm honey dressings for blistered heels in mountain runners: a randomised trial",
    "authors": ["Okafor, Ngozi", "Lindqvist, Per", "Haddad, Samir"],
    "year": 2019,
    "journal": "Journal of Foot and Ankle Care",
    "volume": "41",
    "issue": "3",
    "pages": "963-967",
    "doi": "10.5555/jfac.2019.963",
    "abstract": ABSTRACT,
}
LISTS = {name for name, kind in ENTRIES.items() if kind == "list"}


def record(record_id, **fields):
    """An entry of that id: the invented article, with other values where given."""
    source, _, accession = record_id.partition(":")
    blank = {name: [] if name in LISTS else "" for name in ENTRIES} | {"year": None, "line": 1, "line_end": 1}
    place = {"source": source, "run": "2025-01-01", "entry": 1, "record_id": record_id, "accession": accession}
    return blank | place | ARTICLE | fields


def run(*entries, verdicts=(), aliases=None, **configured):
    return find_duplicates(list(entries), Dedup(**configured), KINDS, list(verdicts), aliases or {})


def groups(result):
    """The reports, as sets of record ids."""
    return {frozenset(row["record_ids"]) for row in result.reports}


def together(result, *record_ids):
    return len({row["report_id"] for row in result.clusters if row["record_id"] in record_ids}) == 1


def verdict(decision_id, first, second, what, line=2, supersedes="", reviewer="Ana"):
    row = Verdict(
        decision_id=decision_id,
        record_id_1=first,
        record_id_2=second,
        verdict=what,
        reviewer=reviewer,
        decided_at=datetime.date(2025, 2, 1),
        supersedes=supersedes,
    )
    row._line = line
    return row


NOWHERE = dict.fromkeys(("volume", "issue", "pages", "doi", "abstract"), "")
CHINESE = {
    "title": "蜂蜜敷料治疗登山跑者足跟水疱的随机对照试验",
    "authors": ["王小飞", "高素文"],
    "journal": "足踝护理杂志",
}

SAME = {
    "nothing differs": ({}, {}),
    "case": ({}, {"title": ARTICLE["title"].upper()}),
    "British and American spelling": (
        NOWHERE | {"title": "Haemorrhage and oedema after tumour removal in anaesthetised sheep"},
        NOWHERE | {"title": "Hemorrhage and edema after tumor removal in anesthetized sheep"},
    ),
    "accents": (
        NOWHERE | {"title": "Étude des ampoules du talon chez les coureurs à Besançon", "authors": ["Müller, Zoë"]},
        NOWHERE | {"title": "Etude des ampoules du talon chez les coureurs a Besancon", "authors": ["Muller Z"]},
    ),
    "Greek letters": (
        NOWHERE | {"title": "Interferon-γ and β-catenin in the healing of blisters"},
        NOWHERE | {"title": "Interferon-gamma and beta-catenin in the healing of blisters"},
    ),
    "authors with initials behind": ({}, {"authors": ["Okafor N", "Lindqvist P", "Haddad S"], "doi": ""}),
    "authors with given names before": (NOWHERE | {"authors": ["Lu, Dong"]}, NOWHERE | {"authors": ["Dong Lu"]}),
    "authors without comma": (NOWHERE | {"authors": ["Lu D"]}, NOWHERE | {"authors": ["Lu, Dong"]}),
    "family name first, no comma": (NOWHERE | {"authors": ["Lu Dong"]}, NOWHERE | {"authors": ["Lu, Dong"]}),
    "first author alone": ({}, {"authors": ["Okafor"], "doi": "", "abstract": ""}),
    "abbreviated last page": ({"doi": ""}, {"pages": "963-7", "abstract": ""}),
    "first page alone": ({"doi": ""}, {"pages": "963", "abstract": ""}),
    "pages that Excel took for a date": ({"pages": "1-8", "doi": ""}, {"pages": "01-Aug", "abstract": ""}),
    "pages that Excel took for a date, American": ({"pages": "9-16", "doi": ""}, {"pages": "16-Sep", "abstract": ""}),
    "pages that Excel took for a date, abbreviated": (
        {"pages": "16-9", "doi": ""},
        {"pages": "16-Sep", "abstract": ""},
    ),
    "pages that Excel took for a month": ({"pages": "3-32", "doi": ""}, {"pages": "Mar-32", "abstract": ""}),
    "abbreviated journal": (
        {"journal": "Diabetes Res Clin Pract", "doi": ""},
        {"journal": "Diabetes Research and Clinical Practice", "abstract": ""},
    ),
    "journal by initials": (
        {"journal": "JFAC", "doi": ""},
        {"journal": "Journal of Foot and Ankle Care", "abstract": ""},
    ),
    "issue never counts": ({"issue": "3", "doi": ""}, {"issue": "1112", "doi": ""}),
    "print and online DOI": ({}, {"doi": "10.5555/online.77"}),
    "DOI written with escapes": (
        {"doi": "10.5555/s0008-6363(98)00064-9"},
        {"doi": "10.5555/s0008-6363%2898%2900064-9", "pages": "", "volume": ""},
    ),
    "number of references and kind behind the title": (
        NOWHERE,
        NOWHERE | {"title": f"{ARTICLE['title']} [Review] [33 refs]"},
    ),
    "note of an erratum behind the title": (
        NOWHERE,
        NOWHERE
        | {"title": f"{ARTICLE['title']}.[Erratum appears in J Foot Ankle Care. 2020 Jan;42(1):9 Note: Lindqvist, P]"},
    ),
    "language behind the title": (NOWHERE, NOWHERE | {"title": f"{ARTICLE['title']}. [Swedish]"}),
    "title in its own language behind": (
        NOWHERE | {"title": "Treatment of blistered heels in recruits"},
        NOWHERE | {"title": "Treatment of blistered heels in recruits. German Die Blase am Fuss und ihre Pflege"},
    ),
    "article that was retracted later": (NOWHERE, NOWHERE | {"title": f"RETRACTED ARTICLE: {ARTICLE['title']}"}),
    "subtitle missing": ({"doi": ""}, {"title": "Warm honey dressings", "abstract": ""}),
    "subtitle missing, long title": (
        NOWHERE | {"title": "Warm honey dressings for the blistered heels of mountain runners: a randomised trial"},
        NOWHERE | {"title": "Warm honey dressings for the blistered heels of mountain runners"},
    ),
    "translated title, one place": (
        {"doi": ""},
        {"title": "Honey as a means against sores of the foot: an experiment", "doi": ""},
    ),
    "no title, one place": ({"doi": ""}, {"title": "", "abstract": "", "doi": ""}),
    "no title, one DOI": ({}, {"title": "", "abstract": "", "volume": "", "pages": "", "journal": ""}),
    "no title, one PMID": ({"pmid": "31000001"}, {"title": "", "authors": [], "pmid": "31000001", "doi": ""}),
    "another abstract": ({"doi": ""}, {"abstract": "Own summary, in words that no publisher has printed. " * 8}),
    "online first": (
        {"doi": "", "abstract": ""},
        {"year": 2018, "volume": "", "issue": "", "pages": "", "abstract": "", "doi": ""},
    ),
    "one PMID": ({"pmid": "31000001"}, {"pmid": "31000001", "title": "Honey, heels and hope", "doi": ""}),
    "Chinese title": (NOWHERE | CHINESE, NOWHERE | CHINESE),
    "both titles against the Chinese one": (
        NOWHERE | CHINESE | {"title": f"{CHINESE['title']} ({ARTICLE['title']})"},
        NOWHERE | CHINESE,
    ),
    "both titles against the English one": (
        CHINESE | {"title": f"{CHINESE['title']} ({ARTICLE['title']})", "doi": ""},
        {"authors": ["Wang, Xiaofei"], "abstract": ""},
    ),
    "the other language in its own field": (CHINESE | {"title_other": ARTICLE["title"], "doi": ""}, {"abstract": ""}),
    "Chinese and English title of one DOI and page": (CHINESE, {"abstract": ""}),
    "Cyrillic title": (
        {"title": "Медовые повязки при волдырях у горных бегунов", "doi": "", "authors": ["Иванова А"]},
        {"title": "МЕДОВЫЕ ПОВЯЗКИ ПРИ ВОЛДЫРЯХ У ГОРНЫХ БЕГУНОВ.", "doi": "", "authors": ["Иванова, Анна"]},
    ),
    "Roman and Arabic numeral": (
        {"title": "Heel pain in runners with type II flat feet, a cohort", "doi": ""},
        {"title": "Heel pain in runners with type 2 flat feet, a cohort", "doi": ""},
    ),
}

DIFFERENT = {
    "another article": (
        {},
        {"title": "Cold water baths for sunburnt shoulders in sailors", "doi": "10.5555/x", "pages": "1-9"},
    ),
    "supplement under one DOI": (
        {"pages": "S12", "title": "Honey dressings for blistered heels", "abstract": ""},
        {"pages": "S13", "title": "Plaster casts for broken toes", "abstract": ""},
    ),
    "editorials": (
        {"title": "Editorial", "pages": "1-2", "doi": "", "abstract": ""},
        {"title": "Editorial", "pages": "101-102", "doi": "", "abstract": ""},
    ),
    "editorials without pages": (
        {"title": "Editor's comments", "pages": "", "doi": "", "abstract": ""},
        {"title": "Editor's comments", "pages": "", "doi": "", "abstract": ""},
    ),
    "erratum": (
        {},
        {"title": f"Erratum: {ARTICLE['title']}", "pages": "1201", "doi": "10.5555/e", "abstract": ""},
    ),
    "correction by volume and page": (
        {},
        {"title": f"{ARTICLE['title']} (vol 41, pg 963, 2019)", "pages": "1201", "doi": "", "abstract": ""},
    ),
    "comment": (
        {},
        {
            "title": f"Comment on: {ARTICLE['title']}",
            "authors": ["Novak, Jana"],
            "pages": "970",
            "doi": "",
            "abstract": "",
        },
    ),
    "letter that begins with Re": (
        {},
        {"title": f"Re: {ARTICLE['title']}", "authors": ["Novak J"], "pages": "970", "doi": ""},
    ),
    "reply": (
        {"title": "Honey on blistered heels", "authors": ["Novak, Jana"], "pages": "970", "doi": "", "abstract": ""},
        {"title": "Honey on blistered heels - reply", "pages": "970-971", "doi": "", "abstract": ""},
    ),
    "parts of a series": (
        {"title": "Care of the blistered heel in alpine recruits. Part I", "pages": "10-19", "doi": "", "abstract": ""},
        {
            "title": "Care of the blistered heel in alpine recruits. Part II",
            "pages": "20-29",
            "doi": "",
            "abstract": "",
        },
    ),
    "parts in words": (
        {
            "title": "Care of the blistered heel in alpine recruits, part one",
            "pages": "10-19",
            "doi": "",
            "abstract": "",
        },
        {
            "title": "Care of the blistered heel in alpine recruits, part two",
            "pages": "20-29",
            "doi": "",
            "abstract": "",
        },
    ),
    "protocol and results": (
        {},
        {
            "title": f"{ARTICLE['title'].replace('trial', 'controlled trial')}: study protocol",
            "year": 2017,
            "journal": "Trials of the Foot",
            "volume": "3",
            "pages": "44",
            "doi": "10.5555/p",
            "abstract": "",
        },
    ),
    "abstract of a meeting and paper": (
        {},
        {
            "journal": "Annals of Sports Medicine",
            "volume": "12 Suppl 1",
            "pages": "A77",
            "year": 2018,
            "doi": "",
            "abstract": "",
        },
    ),
    "abstract of a meeting in the same volume": (
        {},
        {
            "volume": "41 (Supplement 1)",
            "issue": "",
            "pages": "S80",
            "doi": "10.5555/s.1",
            "abstract": "Aim: " + "other words " * 30,
        },
    ),
    "no title and another page": ({"doi": ""}, {"title": "", "pages": "11-15", "doi": "", "abstract": ""}),
    "no title and nothing but a year": (
        {"doi": ""},
        {"title": "", "journal": "", "volume": "", "pages": "", "doi": "", "abstract": ""},
    ),
    "versions of a Cochrane review": (
        {"title": "Honey for blisters", "doi": "10.1002/14651858.cd999999.pub2", "year": 2012, "pages": "CD999999"},
        {"title": "Honey for blisters", "doi": "10.1002/14651858.cd999999.pub3", "year": 2013, "pages": "CD999999"},
    ),
    "reviews of a Cochrane series": (
        {"title": "Honey for blisters in people with no experience of running", "doi": "", "pages": "CD999998"},
        {"title": "Honey for blisters in people with some experience of running", "doi": "", "pages": "CD999997"},
    ),
    "one person, one meeting, one page": (
        {"title": "Warm honey for heels", "pages": "A12", "doi": "", "abstract": ""},
        {"title": "Wooden shoes and the gait of dancers", "pages": "A12", "doi": "", "abstract": ""},
    ),
    "two PMIDs": ({"pmid": "31000001"}, {"pmid": "31000002"}),
}


@pytest.mark.parametrize("case", SAME)
def test_one_report(case):
    first, second = SAME[case]
    result = run(record("pubmed:1", **first), record("embase:2", **second))
    assert groups(result) == {frozenset({"pubmed:1", "embase:2"})}
    assert result.merges[0]["decided_by"] == "rule"


@pytest.mark.parametrize("case", DIFFERENT)
def test_two_reports(case):
    first, second = DIFFERENT[case]
    result = run(record("pubmed:1", **first), record("embase:2", **second))
    assert groups(result) == {frozenset({"pubmed:1"}), frozenset({"embase:2"})}


@pytest.mark.parametrize("case", [*SAME, *DIFFERENT])
def test_the_order_of_two_records_makes_no_difference(case):
    first, second = {**SAME, **DIFFERENT}[case]
    a, b = keys.facts([record("pubmed:1", **first), record("embase:2", **second)], KINDS)
    assert score.judge(a, b).score == score.judge(b, a).score


def test_a_title_seen_five_times_needs_page_or_doi():
    repeated = [
        record(f"pubmed:{n}", title="Gateways to foot care", year=2010 + n, pages=f"{n}00-{n}09", volume=f"{n}", doi="")
        for n in range(1, 6)
    ]
    again = record("embase:1", title="Gateways to foot care", year=2011, pages="", volume="1", doi="", abstract="")
    assert not together(run(*repeated, again), "pubmed:1", "embase:1")
    assert together(run(repeated[0], again), "pubmed:1", "embase:1")
    assert together(run(*repeated, again | {"pages": "100"}), "pubmed:1", "embase:1")


def test_entries_of_a_register():
    entry = {"journal": "", "volume": "", "issue": "", "pages": "", "doi": "", "abstract": "", "authors": []}
    first = record("ctgov:NCT02834858", **entry, registry_ids=["NCT02834858"], title="Honey against blisters")
    again = record(
        "embase:7", **entry | {"journal": "clinicaltrials.gov"}, registry_ids=["NCT02834858"], title="Study of honey"
    )
    named = record("hand:NCT02834858", **entry, registry_ids=["NCT02834858", "NCT00000001"], title="Honey study")
    other = record("ctgov:NCT00000001", **entry, registry_ids=["NCT00000001"], title="Honey against blisters")
    article = record("pubmed:1", registry_ids=["NCT02834858"], title="Honey against blisters")
    result = run(first, again, named, other, article)
    assert groups(result) == {
        frozenset({"ctgov:NCT02834858", "embase:7", "hand:NCT02834858"}),
        frozenset({"ctgov:NCT00000001"}),
        frozenset({"pubmed:1"}),
    }
    assert result.merges[0]["rule"] == "same registry number NCT02834858 (1.00)"
    [link] = result.links
    assert list(link) == LINKS
    assert (link["relation"], link["record_id_2"], link["decided_by"]) == ("registry entry", "pubmed:1", "rule")
    assert link["record_id_1"] in {"ctgov:NCT02834858", "embase:7"}


@pytest.mark.parametrize(
    ("case", "relation", "first", "second"),
    [
        ("erratum", "erratum", "embase:2", "pubmed:1"),
        ("correction by volume and page", "erratum", "embase:2", "pubmed:1"),
        ("comment", "comment", "embase:2", "pubmed:1"),
        ("letter that begins with Re", "comment", "embase:2", "pubmed:1"),
        ("protocol and results", "protocol", "embase:2", "pubmed:1"),
        ("versions of a Cochrane review", "version", "pubmed:1", "embase:2"),
    ],
)
def test_related_records_are_linked_not_merged(case, relation, first, second):
    a, b = DIFFERENT[case]
    [link] = run(record("pubmed:1", **a), record("embase:2", **b)).links
    assert (link["relation"], link["record_id_1"], link["record_id_2"]) == (relation, first, second)


def test_a_notice_is_linked_to_its_own_article_only():
    about_another = (
        f"Erratum: {ARTICLE['title'].replace('runners: a randomised trial', 'goats: an audit of two herds')}"
    )
    assert run(record("pubmed:1"), record("embase:2", title=about_another, pages="1201", doi="")).links == []


def test_uncertain_pairs_go_to_a_person_once_for_two_reports():
    paper = record("pubmed:1")
    again = record("embase:1", abstract="")
    meeting = record("embase:2", volume="41 (Supplement 1)", issue="", pages="S80-S81", doi="")
    result = run(paper, again, meeting)
    assert groups(result) == {frozenset({"pubmed:1", "embase:1"}), frozenset({"embase:2"})}
    [pair] = result.review
    assert list(pair) == REVIEW
    assert pair["verdict"] == ""
    assert 0.70 <= pair["score"] < 0.90
    assert "supplement" in pair["why"]
    assert pair["title_1"] == ARTICLE["title"]
    assert not run(paper, again, meeting, verdicts=[verdict("D-1", "embase:1", "embase:2", "different")]).review


def test_a_bare_title_goes_to_a_person():
    bare = dict.fromkeys(("journal", "volume", "issue", "pages", "doi", "abstract"), "") | {"authors": [], "year": None}
    result = run(record("pubmed:1"), record("hand:1", **bare))
    assert len(groups(result)) == 2
    assert len(result.review) == 1


def test_thresholds_are_the_users():
    pair = record("pubmed:1"), record("embase:2", doi="10.5555/online.77", pages="11-14")
    assert len(groups(run(*pair))) == 2
    assert len(groups(run(*pair, duplicate_from=0.8))) == 1
    assert not run(*pair, review_from=0.9).review
    same_pmid = record("pubmed:1", pmid="31000001"), record("embase:2", pmid="31000001")
    assert len(groups(run(*same_pmid, duplicate_from=1.0))) == 1
    assert len(groups(run(record("pubmed:1"), record("embase:2"), duplicate_from=1.0))) == 2


def test_why_a_record_belongs_to_its_report():
    result = run(
        record("pubmed:1"),
        record("embase:2", doi="", abstract=""),
        record("hand:3", title="Something else", pages="1-2", doi=""),
    )
    rows = {row["record_id"]: row for row in result.clusters}
    assert all(list(row) == list(CLUSTERS) for row in result.clusters)
    assert rows["embase:2"]["because"] == "title 1.00, author, page, volume, journal, year agree (0.99)"
    assert rows["embase:2"]["decided_by"] == "rule"
    assert rows["hand:3"]["because"] == rows["hand:3"]["decided_by"] == ""
    assert rows["hand:3"]["represents"]
    [merge] = result.merges
    assert list(merge) == MERGES
    assert merge["title_2"] == ARTICLE["title"]
    assert run(record("pubmed:1"), record("embase:2")).merges[0]["rule"] == "same DOI and title (0.99)"


def test_the_record_that_represents_a_report():
    entries = [record("hand:1"), record("ctgov:1"), record("embase:1"), record("pubmed:1")]

    def representing(result):
        return [row["record_id"] for row in result.clusters if row["represents"]]

    assert representing(run(*entries)) == ["pubmed:1"]
    assert representing(run(*entries, prefer=["embase"])) == ["embase:1"]
    assert representing(run(*entries, prefer=["hand"])) == ["pubmed:1"]
    result = find_duplicates(entries, Dedup(), KINDS | {"hand": "previous"}, [], {})
    assert representing(result) == ["hand:1"]


def test_a_later_run_of_a_source_gives_the_record_again():
    older = record("pubmed:1", run="2024-01-01", title="Warm honey dressings for blistered heels in runners")
    newer = record("pubmed:1", run="2025-06-01")
    for entries in ([older, newer], [newer, older]):
        result = run(*entries)
        assert [row["record_id"] for row in result.clusters] == ["pubmed:1"]
        assert result.reports[0]["title"] == ARTICLE["title"]


def test_adding_a_source_behind_the_others_renames_no_report():
    entries = [record("pubmed:9"), record("embase:1")]
    before = run(*entries).reports[0]["report_id"]
    after = run(*entries, record("hand:0")).reports[0]["report_id"]
    assert before == after
    assert len(before) == len("R-") + 10


def test_nothing_found():
    assert run() == Deduplication([], [], [], [], [], [])


def test_verdict_same_merges_what_no_rule_would():
    other = record("embase:2", title="A wholly different matter", doi="", pages="1-2")
    said = verdict("D-12", "pubmed:1", "embase:2", "same")
    result = run(record("pubmed:1"), other, verdicts=[said])
    assert together(result, "pubmed:1", "embase:2")
    row = next(row for row in result.clusters if row["record_id"] == "embase:2")
    assert (row["because"], row["decided_by"]) == ("verdict D-12 by Ana", "person")
    assert result.merges[0]["score"] is None


def test_verdict_different_holds_through_third_records():
    entries = [record("pubmed:1"), record("embase:2", abstract=""), record("cnki:3"), record("hand:4", doi="")]
    result = run(*entries, verdicts=[verdict("D-1", "pubmed:1", "embase:2", "different")])
    assert not together(result, "pubmed:1", "embase:2")
    assert together(result, "pubmed:1", "cnki:3")
    assert len(groups(result)) == 2


def test_the_weakest_link_is_cut():
    """A record that two others resemble stays with the one it resembles most."""
    entries = [record("pubmed:1"), record("embase:2"), record("hand:3", doi="10.5555/online.77", abstract="")]
    result = run(*entries, verdicts=[verdict("D-1", "pubmed:1", "hand:3", "different")])
    assert groups(result) == {frozenset({"pubmed:1", "embase:2"}), frozenset({"hand:3"})}


def test_verdict_link_relates_without_merging():
    result = run(record("pubmed:1"), record("embase:2"), verdicts=[verdict("D-1", "pubmed:1", "embase:2", "link")])
    assert not together(result, "pubmed:1", "embase:2")
    [link] = result.links
    assert (link["relation"], link["decided_by"], link["why"]) == ("linked", "person", "verdict D-1 by Ana")


def test_two_pmids_are_not_joined_by_a_third_record():
    a, b, bridge = record("pubmed:1", pmid="1"), record("pubmed:2", pmid="2", abstract=""), record("embase:3", doi="")
    result = run(a, b, bridge)
    assert not together(result, "pubmed:1", "pubmed:2")
    assert len(groups(result)) == 2
    assert any("two PMIDs" in pair["why"] for pair in result.review)


def test_undoing_a_verdict_undoes_the_merge():
    entries = [record("pubmed:1"), record("embase:2", title="A wholly different matter", doi="", pages="1-2")]
    same = verdict("D-1", "pubmed:1", "embase:2", "same")
    before = run(*entries)
    assert run(*entries, verdicts=[same]) != before
    assert run(*entries, verdicts=[]) == before
    undone = run(*entries, verdicts=[same, verdict("D-2", "embase:2", "pubmed:1", "different", 3, supersedes="D-1")])
    assert (undone.clusters, undone.reports, undone.merges) == (before.clusters, before.reports, before.merges)


def test_verdicts_follow_aliases():
    entries = [record("pubmed:new"), record("embase:2", title="A wholly different matter", doi="", pages="1-2")]
    said = verdict("D-1", "pubmed:old", "embase:2", "same")
    result = run(*entries, verdicts=[said], aliases={"pubmed:old": "pubmed:older", "pubmed:older": "pubmed:new"})
    assert together(result, "pubmed:new", "embase:2")


def test_a_record_present_under_its_former_id_is_one_record():
    former = record("pubmed:old", title="Before the correction", doi="", pages="")
    result = run(former, record("pubmed:new"), aliases={"pubmed:old": "pubmed:new"})
    assert together(result, "pubmed:old", "pubmed:new")
    assert result.merges[0]["rule"] == "pubmed:old is the former id of pubmed:new"


def problems(*verdicts, aliases=None):
    with pytest.raises(InputError) as caught:
        run(record("pubmed:1"), record("embase:2"), record("hand:3"), verdicts=verdicts, aliases=aliases)
    return [str(problem) for problem in caught.value.problems]


def test_contradicting_verdicts_are_named():
    [problem] = problems(
        verdict("D-1", "pubmed:1", "embase:2", "same", 2),
        verdict("D-2", "embase:2", "pubmed:1", "different", 3, reviewer="Ben"),
    )
    assert problem.startswith(
        "review/decisions/duplicates.csv, line 3: found 'embase:2' and 'pubmed:1' different by D-2 (Ben)"
    )
    assert "the same by D-1 (line 2, Ana)" in problem
    assert "supersedes" in problem


def test_verdicts_that_contradict_through_a_third_record_are_named():
    [problem] = problems(
        verdict("D-1", "pubmed:1", "embase:2", "same", 2),
        verdict("D-2", "embase:2", "hand:3", "same", 3),
        verdict("D-3", "pubmed:1", "hand:3", "link", 4),
    )
    assert "duplicates.csv, line 4" in problem
    assert "linked but not duplicates by D-3" in problem
    assert "D-2 (line 3, Ana)" in problem
    assert "D-1 (line 2, Ana)" in problem


def test_a_superseded_verdict_contradicts_nothing():
    rows = [
        verdict("D-1", "pubmed:1", "embase:2", "different", 2),
        verdict("D-2", "pubmed:1", "embase:2", "same", 3, supersedes="D-1"),
    ]
    assert together(run(record("pubmed:1"), record("embase:2"), verdicts=rows), "pubmed:1", "embase:2")


@pytest.mark.parametrize(
    ("row", "aliases", "parts"),
    [
        (
            verdict("D-1", "pubmed:1", "embas:2", "same", 5),
            {},
            ["line 5, column record_id_2", "'embas:2'", "Did you mean 'embase:2'"],
        ),
        (verdict("D-1", "old", "embase:2", "same", 5), {"old": "pubmed:11"}, ["column record_id_1", "now 'pubmed:11'"]),
        (verdict("D-1", "pubmed:1", "pubmed:1", "same", 5), {}, ["line 5", "one record"]),
        (verdict("D-1", "old", "pubmed:1", "different", 5), {"old": "pubmed:1"}, ["line 5", "one record"]),
        (verdict("D-1", "pubmed:1", "embase:2", "same", 5, "D-0"), {}, ["column supersedes", "'D-0'", "earlier row"]),
        (verdict("D-1", "pubmed:1", "embase:2", "same", 5, "D-1"), {}, ["column supersedes", "earlier row"]),
        (verdict("D-1", "a", "embase:2", "same", 5), {"a": "b", "b": "a"}, ["aliases.csv", "a -> b -> a"]),
    ],
)
def test_faulty_verdicts_are_explained(row, aliases, parts):
    [problem] = problems(row, aliases=aliases)
    assert all(part in problem for part in parts), problem


def test_a_verdict_supersedes_only_one_on_its_own_records():
    earlier = verdict("D-1", "pubmed:1", "embase:2", "same", 2)
    others = verdict("D-2", "hand:3", "cnki:4", "different", 3, supersedes="D-1")
    with pytest.raises(InputError, match="line 3, column supersedes"):
        run(record("pubmed:1"), record("embase:2"), record("hand:3"), record("cnki:4"), verdicts=[earlier, others])


@pytest.mark.parametrize(
    ("value", "readings"),
    [
        ("963-7", {("963", "967")}),
        ("S30-S50", {("30", "50")}),
        ("376 - 383", {("376", "383")}),
        ("01-Aug", {("1", "8")}),
        ("11-Aug", {("8", "11"), ("11", "18")}),
        ("e0123456", {("123456", "")}),
        ("xiii-xv", {("xiii", "xv")}),
        ("CD010478", set()),
        ("2.33E+15", set()),
        ("no pagination", set()),
        ("", set()),
    ],
)
def test_pages(value, readings):
    assert set(keys.pages(value)) == readings


@pytest.mark.parametrize(
    ("x", "y", "same"),
    [
        ("N Engl J Med", "New England Journal of Medicine", 1),
        ("Natl Med J India", "National Medical Journal of India", 1),
        ("Pharmaceuticals (Basel)", "Pharmaceuticals", 1),
        ("J Clin Invest. Conference: 3rd Congress of Feet", "Journal of Clinical Investigation", 1),
        ("Haematologica", "Hematologica", 1),
        ("Journal of Immunology", "Journal of Clinical Immunology", 0),
        ("Neurology", "World Neurosurgery", -1),
        ("Circulation", "Foot Surgery", -1),
        ("", "Foot Surgery", 0),
        ("足踝护理杂志", "Foot Care", 0),
    ],
)
def test_names_of_journals(x, y, same):
    assert score.same_journal(keys.journal_words(x), keys.journal_words(y)) == same


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("https://doi.org/10.5555/ABC.1", "10.5555/abc.1"),
        ("10.1016/s0008-6363%2898%2900064-9", "10.1016/s0008-6363(98)00064-9"),
        ("10.1002/(SICI)1097-0142(19990101)85:1<1::AID-CNCR1>3.0.CO;2-K", ""),
        ("none", ""),
    ],
)
def test_a_doi_names_one_document(value, found):
    """text.doi cuts an old DOI at its <, and what is left names a whole issue."""
    assert keys.whole_doi(value) in {found, value.lower()}
    assert keys.whole_doi(value.partition("<")[0]) == found


@pytest.mark.parametrize(
    "value",
    [
        "RETRACTED: Honey on heels",
        "Retracted article: Honey on heels",
        "Honey on heels (review) [12 refs]",
        "Honey on heels [in Polish, English]",
        "Honey on heels [Article in Chinese]",
        "Honey on heels [see comment]",
        "Honey on heels [corrected] [published erratum appears in FOOT 2001;2(1):3]",
        "Honey on heels. RUSSIAN",
    ],
)
def test_what_databases_add_to_a_title(value):
    assert titles.bare(value) == "Honey on heels"


@pytest.mark.parametrize(
    "title", ["Editorial", "Guest editorial: feet", "Editor's comments", "Letters", "Vorwort", "社论"]
)
def test_titles_of_any_issue(title):
    assert titles.is_generic(titles.normalise(title))


@pytest.mark.parametrize("title", ["Newspapers and feet", "Honey on heels", "Correctional feet: a cohort"])
def test_titles_of_one_document(title):
    assert not titles.is_generic(titles.normalise(title))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("Oesophageal tumour centre programme", "Esophageal tumor center program"),
        ("Randomised analyses of sulphate &amp; fibre", "randomized analyzes of SULFATE & fiber"),
        ("β<sub>2</sub>-agonists versus placebo", "beta2 agonists vs. placebo"),
        ("Ångström-scale naïveté", "Angstrom scale naivete"),
    ],
)
def test_one_spelling(x, y):
    assert titles.variants(x)[0].tight == titles.variants(y)[0].tight


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Correction to: Honey on heels", "erratum"),
        ("Honey on heels (vol 3, pg 12, 2011)", "erratum"),
        ("Honey on heels: authors' response", "comment"),
        ("Response to treatment with honey", "comment"),
        ("Re-evaluation of honey on heels", ""),
        ("Honey on heels: protocol for a cohort", "protocol"),
        ("WITHDRAWN: Honey on heels", "retraction"),
        ("Honey on heels [Erratum appears in Foot 2012;3(1):4]", ""),
        ("Honey on heels", ""),
    ],
)
def test_kinds_of_notices(title, kind):
    assert titles.kind(title)[0] == kind


POOL = [
    record("pubmed:1", pmid="1"),
    record("embase:1", abstract="", doi=""),
    record("cnki:1", title=f"蜂蜜敷料治疗登山跑者足跟水疱的随机对照试验 ({ARTICLE['title']})", doi=""),
    record("hand:1", title="", abstract=""),
    record("embase:2", title=f"Erratum: {ARTICLE['title']}", pages="1201", doi="", abstract=""),
    record(
        "pubmed:2",
        pmid="2",
        volume="41 (Supplement 1)",
        pages="S80-S81",
        doi="10.5555/s",
        title=ARTICLE["title"].upper(),
    ),
    record(
        "cnki:2", title="Cold baths for sunburnt sailors", authors=["Ek, Bo"], pages="1-9", doi="10.5555/c", abstract=""
    ),
    record("embase:3", title="Cold baths for sunburnt sailors", authors=["Bo Ek"], pages="1-9", doi="", abstract=""),
    record("hand:2", title="Editorial", pages="", doi="", abstract=""),
    record("pubmed:3", title="Editorial", pages="", doi="", abstract="", pmid="3"),
]
IDS = [entry["record_id"] for entry in POOL]
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def pools(draw):
    """Some of the pool, and verdicts on them that do not contradict each other."""
    chosen = draw(st.lists(st.sampled_from(range(len(POOL))), min_size=2, unique=True))
    entries = [POOL[n] for n in chosen]
    side = {entry["record_id"]: draw(st.integers(0, 2)) for entry in entries}
    rows = []
    for n, (a, b) in enumerate(
        draw(st.lists(st.tuples(st.sampled_from(sorted(side)), st.sampled_from(sorted(side))), max_size=4))
    ):
        if a != b:
            rows.append(verdict(f"D-{n}", a, b, "same" if side[a] == side[b] else "different", n + 2))
    return entries, rows


TEXT = st.text(max_size=60) | st.sampled_from(
    ["", "1-8", "01-Aug", "Lu, Dong", "[Review]", "(vol 1", "王小飞 (", "a. German"]
)
FIELDS = st.fixed_dictionaries(
    {}, optional={name: st.lists(TEXT, max_size=3) if name in LISTS else TEXT for name in ARTICLE if name != "year"}
)


@settings(max_examples=150, deadline=None)
@given(FIELDS, FIELDS)
def test_any_text_can_be_compared(first, second):
    a, b = keys.facts([record("pubmed:1", **first), record("embase:2", **second)], KINDS)
    judged = score.judge(a, b)
    assert 0 <= judged.score <= 1
    assert judged.score == score.judge(b, a).score
    result = run(record("pubmed:1", **first), record("embase:2", **second))
    assert {row["record_id"] for row in result.clusters} == {"pubmed:1", "embase:2"}


@QUICK
@given(pools(), st.randoms(use_true_random=False))
def test_the_order_of_entries_changes_nothing(pool, shuffler):
    entries, rows = pool
    shuffled = list(entries)
    shuffler.shuffle(shuffled)
    assert run(*shuffled, verdicts=rows) == run(*entries, verdicts=rows)


@QUICK
@given(pools())
def test_every_record_is_in_one_report_and_verdicts_hold(pool):
    entries, rows = pool
    result = run(*entries, verdicts=rows)
    assert [row["record_id"] for row in result.clusters] == sorted(entry["record_id"] for entry in entries)
    placed = [record_id for row in result.reports for record_id in row["record_ids"]]
    assert sorted(placed) == sorted(entry["record_id"] for entry in entries)
    assert len({row["report_id"] for row in result.reports}) == len(result.reports)
    assert len(result.merges) == len(entries) - len(result.reports)
    assert sum(row["represents"] for row in result.clusters) == len(result.reports)
    assert all(list(row) == list(REPORTS) for row in result.reports)
    for row in rows:
        assert together(result, row.record_id_1, row.record_id_2) == (row.verdict == "same")


@QUICK
@given(pools())
def test_reports_are_not_merged_again(pool):
    """Deduplicating one record a report, the one that represents it, merges nothing that was kept apart."""
    entries, _ = pool
    result = run(*entries)
    standing = {row["record_id"] for row in result.clusters if row["represents"]}
    again = run(*[entry for entry in entries if entry["record_id"] in standing])
    assert all(len(members) == 1 for members in groups(again))
    assert run(*entries) == result


@QUICK
@given(pools(), st.data())
def test_a_superseded_verdict_leaves_no_trace(pool, data):
    entries, rows = pool
    if not rows:
        return
    wrong = data.draw(st.sampled_from(rows))
    opposite = "different" if wrong.verdict == "same" else "same"
    mistaken = [row for row in rows if {row.record_id_1, row.record_id_2} != {wrong.record_id_1, wrong.record_id_2}]
    typed = wrong.model_copy(update={"decision_id": "D-X", "verdict": opposite})
    mended = wrong.model_copy(update={"supersedes": "D-X"})
    assert run(*entries, verdicts=[*mistaken, typed, mended]) == run(*entries, verdicts=[*mistaken, wrong])


def test_many_records_of_one_key_are_compared_with_their_neighbours():
    """Keys that hundreds of records share lose no pair of equal titles."""
    crowd = [
        record(
            f"pubmed:{n}", **NOWHERE | {"title": f"Honey dressings for the heels of {n} men who ran in a mountain race"}
        )
        for n in range(150)
    ]
    twins = [one | {"record_id": f"embase:{150 - n}", "source": "embase"} for n, one in enumerate(crowd)]
    result = run(*crowd, *twins)
    expected = {frozenset({f"pubmed:{n}", f"embase:{150 - n}"}) for n in range(150)}
    assert groups(result) == expected


def test_chains_of_merges_go_out_from_the_representing_record():
    result = run(record("pubmed:1"), record("embase:2", doi=""), record("cnki:3", abstract=""), record("hand:4"))
    reached = {"pubmed:1"}
    for _ in result.merges:
        reached |= {row["record_id_2"] for row in result.merges if row["record_id_1"] in reached}
    assert reached == {"pubmed:1", "embase:2", "cnki:3", "hand:4"}
    assert "pubmed:1" not in {row["record_id_2"] for row in result.merges}
