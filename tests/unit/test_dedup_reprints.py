"""A text that stands twice in one issue is one report; what was printed in another place is for a person."""

import pytest
from dedup_cases import ABSTRACT, groups, record, run
from prismake.dedup.reprints import REPRINTED

WHOLE = (
    f"{ABSTRACT} Runners with honey were back on the trail four days sooner than those with gauze, and none of them "
    "had an infection. Two runners with gauze gave up. Honey costs little and is at hand in every hut of the mountains."
)
HERE = {"abstract": WHOLE, "pages": "S12", "issue": "Suppl 2", "doi": "10.5555/jfac.2019.s12"}
THERE = {"abstract": WHOLE, "pages": "S88", "issue": "Suppl 2", "doi": "10.5555/jfac.2019.s88"}

FIGURES = "By day 14, 21 of 40 had healed (NCT01234567)."

ONE_TEXT = {
    "in two sessions of a meeting": THERE,
    "with a publisher's words behind it": THERE
    | {"abstract": f"{WHOLE} Copyright © 2019 The Foot Society. All rights."},
    "where exports lost the volume": THERE | {"volume": ""},
    "where an export has all in the volume": THERE | {"volume": "41 Suppl. 2", "issue": ""},
}


@pytest.mark.parametrize("case", ONE_TEXT)
def test_a_text_printed_twice_in_one_issue_is_one_report(case):
    found = run(record("pubmed:1", **HERE), record("embase:2", **ONE_TEXT[case]))
    assert len(groups(found)) == 1
    assert [row["rule"] for row in found.merges] == [REPRINTED]


TWO_REPORTS = {
    "in another year": THERE | {"year": 2020, "volume": "42"},
    "in another volume": THERE | {"volume": "42"},
    "in another issue": THERE | {"issue": "4"},
    "in another supplement": THERE | {"issue": "Suppl 3"},
    "in another supplement beside the volume": THERE | {"volume": "41 Suppl 3", "issue": ""},
    "in another journal": THERE | {"journal": "Annals of Mountain Sports"},
    "of the journal's own volume": THERE | {"issue": "3", "pages": "963-967"},
    "under a title of other numbers": THERE | {"title": "Warm honey dressings for blistered heels in runners: trial 2"},
    "as an erratum": THERE | {"title": f"Erratum: {record('pubmed:1')['title']}"},
    "by other authors": THERE | {"authors": ["Ek, Bo", "Sol, Ada"]},
    "with other findings": THERE | {"abstract": f"{ABSTRACT} {'Gauze did better than honey in all of them. ' * 6}"},
    "with other figures in the same words": THERE | {"abstract": f"{WHOLE} {FIGURES.replace('21 of 40', '28 of 52')}"},
    "of another time in the same words": THERE | {"abstract": f"{WHOLE} {FIGURES.replace('day 14', 'day 90')}"},
    "of another trial in the same words": THERE | {"abstract": f"{WHOLE} {FIGURES.replace('1234567', '7654321')}"},
    "with too short an abstract": THERE | {"abstract": ABSTRACT},
}


@pytest.mark.parametrize("case", TWO_REPORTS)
def test_what_is_printed_elsewhere_or_says_something_else_stays_apart(case):
    first = HERE | {"with too short an abstract": {"abstract": ABSTRACT}, "in another issue": {"issue": "3"}}.get(
        case, {"abstract": f"{WHOLE} {FIGURES}"} if case.endswith("in the same words") else {}
    )
    found = run(record("pubmed:1", **first), record("embase:2", **TWO_REPORTS[case]))
    assert len(groups(found)) == 2


def test_versions_of_a_review_stay_apart_with_the_same_words():
    review = {
        "title": "Honey for heels",
        "journal": "Cochrane Database Syst Rev",
        "abstract": WHOLE,
        "volume": "",
        "pages": "",
    }
    first, second = ({"doi": f"10.1002/14651858.cd999999.pub{n}", "issue": str(n)} for n in (2, 3))
    found = run(record("pubmed:1", **review, **first), record("embase:2", **review, **second))
    assert len(groups(found)) == 2
    assert [row["relation"] for row in found.links] == ["version"]
