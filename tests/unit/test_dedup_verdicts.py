"""People's verdicts on duplicates, and what contradicts them."""

import pytest
from dedup_cases import NOWHERE, groups, record, run, together, verdict
from prismake.problems import InputError


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


def test_confirming_a_merge_brings_no_other_document_in():
    entries = record("pubmed:1", pmid="1"), record("embase:2", doi=""), record("pubmed:3", pmid="3", abstract="")
    result = run(*entries, verdicts=[verdict("D-1", "pubmed:1", "embase:2", "same")])
    assert groups(result) == {frozenset({"pubmed:1", "embase:2"}), frozenset({"pubmed:3"})}


def test_what_people_made_one_parts_no_further_record():
    """A person says that two PMIDs are one report; a record that resembles either of them belongs to it."""
    entries = record("pubmed:1", pmid="1"), record("pubmed:2", pmid="2", abstract=""), record("embase:3", doi="")
    result = run(*entries, verdicts=[verdict("D-1", "pubmed:1", "pubmed:2", "same")])
    assert len(groups(result)) == 1


def test_abstracts_of_two_meetings_are_not_joined_by_a_third_record():
    unnumbered = {"doi": "", "abstract": ""}
    result = run(
        record("pubmed:1", **unnumbered, journal="Value in Running", volume="18", pages="A610"),
        record("embase:1", **unnumbered, journal="Dermatologia", volume="58", pages="S12"),
        record("cnki:1", **NOWHERE | {"journal": ""}),
    )
    assert not together(result, "pubmed:1", "embase:1")
    assert "not merged, since another journal, volume and page" in result.review[0]["why"]


def test_a_meeting_abstract_and_its_paper_are_not_joined_by_a_third_record():
    unnumbered = {"doi": "", "abstract": ""}
    result = run(
        record("pubmed:1", **unnumbered),
        record("embase:1", **unnumbered | {"volume": "41 (Suppl 1)", "pages": "S80"}),
        record("cnki:1", **unnumbered | {"pages": ""}),
    )
    assert not together(result, "pubmed:1", "embase:1")
    assert [link["relation"] for link in result.links] == ["meeting abstract"]


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


def test_a_record_that_a_later_run_gives_under_another_id_is_suggested_as_an_alias():
    former, now = record("pubmed:old", run="2025-01-01"), record("pubmed:new", run="2025-06-01")
    beside = record("embase:1", run="2025-06-01")
    found = run(former, now, beside)
    assert [(row["old_record_id"], row["record_id"]) for row in found.aliases] == [("pubmed:old", "pubmed:new")]
    assert run(former, now, aliases={"pubmed:old": "pubmed:new"}).aliases == []
    assert run(former, former | {"run": "2025-06-01"}, now).aliases == []


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
