"""Which records become one report, by the rules alone."""

import pytest
from dedup_cases import ARTICLE, KINDS, NOWHERE, groups, record, run, together, verdict
from prismake.config import Dedup
from prismake.dedup import facts, score
from prismake.dedup.run import LINKS, MERGES, REVIEW, Deduplication, find_duplicates
from prismake.tables import CLUSTERS

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
    "versus as one letter": (
        {"title": "Honey v. gauze on the heels of mountain runners", "pages": "", "doi": ""},
        {"title": "Honey versus gauze on the heels of mountain runners", "pages": "", "doi": ""},
    ),
    "a number in words": (
        {"title": "Honey in 2 groups of mountain runners with blistered heels", "pages": "", "doi": ""},
        {"title": "Honey in two groups of mountain runners with blistered heels", "pages": "", "doi": ""},
    ),
    "number of the abstract before the title": (
        {"title": "Honey in runners with blistered heels", "pages": "A12", "doi": ""},
        {"title": "P123: Honey in runners with blistered heels", "pages": "A12", "doi": ""},
    ),
    "number of the abstract behind the title": (
        NOWHERE | {"pages": "S27"},
        NOWHERE | {"pages": "S27", "title": f"{ARTICLE['title']} [abstract no: 134]"},
    ),
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
    "DOI that lost its brackets": (
        {"doi": "10.5555/s0008-6363(98)00064-9", "pages": "", "volume": ""},
        {"doi": "10.5555/s0008-63639800064-9", "abstract": "", "title": ARTICLE["title"].replace("Warm", "Hot")},
    ),
    "one word wrong, in one place": (
        {"title": "Hyperthermic honey dressings for blistered heels in mountain runners", "doi": ""},
        {"title": "Hypothermic honey dressings for blistered heels in mountain runners", "doi": ""},
    ),
    "two ranges of pages, of an article and its translation": (
        {"title": "Verbände mit warmem Honig", "pages": "331-6, 413-7", "doi": ""},
        {"pages": "413-417", "doi": ""},
    ),
    "names run together and another DOI, in one place": (
        {},
        {"authors": ["Okfor, NLindqvist PHaddad S"], "doi": "10.5555/jfac.2018.963", "abstract": ""},
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
    "men and women": (
        {"title": "Honey on the blistered heels of women", "pages": "10-19", "doi": ""},
        {"title": "Honey on the blistered heels of men", "pages": "", "doi": ""},
    ),
    "men and women in one supplement": (
        {"title": "Honey on the blistered heels of women", "pages": "S10", "abstract": ""},
        {"title": "Honey on the blistered heels of men", "pages": "S11", "abstract": ""},
    ),
    "men and women on one page of abstracts": (
        {
            "title": "Honey on the blistered heels of women",
            "pages": "A10",
            "issue": "Suppl 1",
            "doi": "",
            "abstract": "",
        },
        {"title": "Honey on the blistered heels of men", "pages": "A10", "issue": "Suppl 1", "doi": "", "abstract": ""},
    ),
    "two abstracts of one group on one page, under the DOI of the supplement": (
        {"title": "Pain of blistered heels in runners: subgroups by age", "pages": "S10", "abstract": ""},
        {"title": "Pain of blistered heels in runners: subgroups by sex", "pages": "S10", "abstract": ""},
    ),
    "two times of one trial on one page of abstracts": (
        {"title": "Healing of heels under honey at week 48", "pages": "S10", "doi": "", "abstract": ""},
        {"title": "Healing of heels under honey at week 96", "pages": "S10", "doi": "", "abstract": ""},
    ),
    "parts of a series on one page, under two DOIs": (
        {"title": "Care of the blistered heel. Part I: causes", "pages": "10", "doi": "10.5555/one", "abstract": ""},
        {"title": "Care of the blistered heel. Part II: causes", "pages": "10", "doi": "10.5555/two", "abstract": ""},
    ),
    "two drugs": (
        {"title": "Efficacy and safety of secukinumab in psoriasis: a phase 3 trial", "pages": "", "doi": ""},
        {"title": "Efficacy and safety of ixekizumab in psoriasis: a phase 3 trial", "pages": "", "doi": ""},
    ),
    "two drugs in Chinese": (
        CHINESE | {"title": "厄贝沙坦治疗糖尿病肾病的临床观察", "pages": "", "doi": "", "abstract": ""},
        CHINESE | {"title": "缬沙坦治疗糖尿病肾病的临床观察", "pages": "", "doi": "", "abstract": ""},
    ),
    "a study and its follow-up": (
        {"title": "Honey dressings for blistered heels in mountain runners", "pages": "", "doi": ""},
        {"title": "Honey dressings for blistered heels in mountain runners: a follow-up", "pages": "", "doi": ""},
    ),
    "all and women alone": (
        {"title": "Honey dressings for blistered heels in older runners", "pages": "", "doi": ""},
        {"title": "Honey dressings for blistered heels in older women runners", "pages": "", "doi": ""},
    ),
    "introductions under the DOI of their book": (
        {"title": "Introduction", "pages": "1-10", "authors": ["Ek, Bo"], "abstract": ""},
        {"title": "Introduction", "pages": "11-20", "authors": ["Novak, Jana"], "abstract": ""},
    ),
    "editorial comment": (
        {"pages": "", "doi": ""},
        {"title": f"{ARTICLE['title']}. Editorial comment", "pages": "", "doi": "", "abstract": ""},
    ),
    "two countries": (
        NOWHERE | {"title": "Prevalence of heel blisters among mountain runners in Portugal"},
        NOWHERE | {"title": "Prevalence of heel blisters among mountain runners in Poland"},
    ),
    "reports of two years": (
        {
            "title": "Annual report of the register of heel blisters",
            "volume": "",
            "pages": "",
            "doi": "",
            "abstract": "",
        },
        {
            "title": "Annual report of the register of heel blisters",
            "volume": "",
            "pages": "",
            "doi": "",
            "abstract": "",
        }
        | {"year": 2020},
    ),
    "statements of two years that begin with the same pages": (
        {"title": "Standards of care for the blistered heel", "pages": "S1-S2", "doi": "", "abstract": ""},
        {"title": "Standards of care for the blistered heel", "pages": "S1-S2", "doi": "", "abstract": ""}
        | {"volume": "42", "year": 2020},
    ),
    "two letters under one title on one page": (
        {"title": "Honey on the blistered heels of mountain runners", "pages": "1200-1", "doi": "", "abstract": ""},
        {"title": "Honey on the blistered heels of mountain runners", "pages": "1200", "doi": "", "abstract": ""}
        | {"authors": ["Novak, Jana"]},
    ),
    "a column in two issues": (
        {"title": "News in brief", "authors": [], "pages": "5", "doi": "", "abstract": ""},
        {"title": "News in brief", "authors": [], "pages": "5", "issue": "4", "doi": "", "abstract": ""},
    ),
    "updates of a Cochrane review without its number": (
        NOWHERE | {"journal": "Cochrane Database of Systematic Reviews", "issue": "2"},
        NOWHERE | {"journal": "Cochrane Database Syst Rev", "issue": "1", "year": 2020, "doi": "", "volume": "2020"},
    ),
    "type 1 and type 2": (
        {"title": "Honey on the heels of runners with type 1 diabetes", "volume": "", "doi": ""},
        {"title": "Honey on the heels of runners with type 2 diabetes", "volume": "", "doi": ""},
    ),
    "one page in two issues": (
        {"authors": ["Okafor, Ngozi"], "issue": "1", "doi": ""},
        {"authors": ["Okafor, Ngozi"], "issue": "2", "doi": "", "title": "Cold baths for sunburnt sailors"},
    ),
    "a page and a year alone": (
        {"authors": ["Azmuk, N"], "journal": "", "volume": "", "doi": ""},
        {
            "title": ARTICLE["title"].replace("honey", "hone"),
            "authors": ["Азьмук, Н"],
            "journal": "",
            "volume": "",
            "doi": "",
        },
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
    a, b = facts.gather([record("pubmed:1", **first), record("embase:2", **second)], KINDS)
    assert score.judge(a, b).score == score.judge(b, a).score


def test_one_pmid_on_two_plainly_different_documents_goes_to_a_person():
    wrong = {
        "title": "Statins and mortality in old age",
        "authors": ["Ek, Bo"],
        "doi": "",
        "pages": "1-9",
        "abstract": "",
    }
    result = run(record("pubmed:1", pmid="31000001"), record("embase:2", pmid="31000001", **wrong))
    assert len(groups(result)) == 2
    [row] = result.review
    assert "the PMID is the same, but titles and authors differ" in row["why"]
    translated = {"title": "Warme Honigverbände", "doi": "", "abstract": ""}
    assert len(groups(run(record("pubmed:1", pmid="31000001"), record("embase:2", pmid="31000001", **translated)))) == 1


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
    central = {"journal": "https://clinicaltrials.gov/show/NCT02834858", "registry_ids": ["NCT02834858"]}
    in_central = record("cnki:8", **entry | central, title="Honey against blisters")
    central = {"journal": "https://trialsearch.who.int/Trial2.aspx?TrialID=NCT00000001"}
    portal = record("cnki:9", **entry | central, registry_ids=["NCT00000001"], title="Honey against blisters")
    result = run(first, again, named, other, article, in_central, portal)
    assert groups(result) == {
        frozenset({"ctgov:NCT02834858", "embase:7", "hand:NCT02834858", "cnki:8"}),
        frozenset({"ctgov:NCT00000001", "cnki:9"}),
        frozenset({"pubmed:1"}),
    }
    assert result.merges[0]["rule"] == "same registry number NCT02834858 (1.00)"
    [link] = result.links
    assert list(link) == LINKS
    assert (link["relation"], link["record_id_2"], link["decided_by"]) == ("registry entry", "pubmed:1", "rule")
    assert link["record_id_1"] in {"ctgov:NCT02834858", "embase:7", "cnki:8"}


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


def test_a_meeting_abstract_with_the_doi_of_its_paper_goes_to_a_person():
    meeting = {"journal": "Postgraduate Dermatology", "volume": "83", "issue": "985", "pages": "705-12", "abstract": ""}
    result = run(record("pubmed:1"), record("embase:2", **meeting))
    assert len(groups(result)) == 2
    assert result.review[0]["why"].startswith("same DOI and title (0.75)")


@pytest.mark.parametrize("case", ["men and women", "type 1 and type 2"])
def test_titles_that_contradict_each_other_go_to_a_person(case):
    first, second = DIFFERENT[case]
    [row] = run(record("pubmed:1", **first), record("embase:2", **second)).review
    assert "titles differ in 'men' and 'women'" in row["why"] or "other numbers in the titles" in row["why"]


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
    assert run() == Deduplication([], [], [], [], [], [], [])
