"""Decisions: who decided what on which report, conflicts, agreement, and the order of unread reports."""

import datetime
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.config import Screening
from prismake.people import Alias, Decision
from prismake.problems import InputError
from prismake.screening.agreement import agreement, cohen_kappa, fleiss_kappa, wilson
from prismake.screening.decisions import Standing, check, stand
from sklearn.metrics import cohen_kappa_score

REASONS = ["review", "population", "no_control"]
TWO = Screening.model_validate(
    {"title_abstract": {"reviewers": 2, "adjudicators": ["judge"]}, "full_text": {"reviewers": 1}}
)
ONE = Screening()


def decision(line: int, record: str, reviewer: str, decision: str, **more: str) -> Decision:
    values = {"decision_id": f"d{line}", "record_id": record, "stage": "title_abstract", "reviewer": reviewer}
    values |= {"decision": decision, "reason": "review" if decision == "exclude" else ""}
    row = Decision.model_validate(values | {"decided_at": datetime.date(2025, 1, 1)} | more)
    row._line = line
    return row


def clusters(**reports: str) -> list[dict[str, Any]]:
    """``R1='a:1 b:2'``: the first record stands for the report."""
    return [
        {"record_id": record, "report_id": report, "represents": i == 0, "because": "", "decided_by": ""}
        for report, records in reports.items()
        for i, record in enumerate(records.split())
    ]


def standing(
    rows: list[Decision],
    groups: list[dict[str, Any]],
    rules: Screening = TWO,
    aliases: tuple[Alias, ...] = (),
    **more: Any,
) -> Standing:
    decisions = {stage: [r for r in rows if r.stage == stage] for stage in ("title_abstract", "full_text")}
    return stand(groups, decisions, list(aliases), rules, REASONS, **more)


def states(found: Standing) -> dict[tuple[str, str], str]:
    return {(row["report_id"], row["stage"]): row["state"] for row in found.rows}


def test_a_report_waits_until_enough_reviewers_decided() -> None:
    found = standing([decision(2, "a:1", "x", "include")], clusters(R1="a:1"))
    assert states(found) == {("R1", "title_abstract"): "to_do"}
    found = standing([decision(2, "a:1", "x", "include"), decision(3, "a:1", "y", "unsure")], clusters(R1="a:1"))
    assert states(found) == {("R1", "title_abstract"): "include", ("R1", "full_text"): "to_do"}


def test_disagreement_is_a_conflict_until_an_adjudicator_decides() -> None:
    rows = [decision(2, "a:1", "x", "include"), decision(3, "a:1", "y", "exclude")]
    found = standing(rows, clusters(R1="a:1"))
    assert states(found) == {("R1", "title_abstract"): "conflict"}
    assert [row["reviewer"] for row in found.conflicts] == ["x", "y"]
    settled = standing([*rows, decision(4, "a:1", "judge", "exclude", reason="no_control")], clusters(R1="a:1"))
    assert settled.rows[0]["state"] == "exclude"
    assert settled.rows[0]["reason"] == "no_control"
    assert settled.conflicts == []


def test_the_first_reason_in_the_protocols_order_counts() -> None:
    rows = [
        decision(2, "a:1", "x", "exclude", reason="no_control"),
        decision(3, "a:1", "y", "exclude", reason="population"),
    ]
    assert standing(rows, clusters(R1="a:1")).rows[0]["reason"] == "population"


def test_a_decision_counts_for_the_report_of_its_record_and_returns_when_the_merge_is_undone() -> None:
    rows = [decision(2, "a:1", "x", "exclude"), decision(3, "b:2", "y", "exclude")]
    assert states(standing(rows, clusters(R1="a:1 b:2"))) == {("R1", "title_abstract"): "exclude"}
    undone = states(standing(rows, clusters(R1="a:1", R2="b:2")))
    assert undone == {("R1", "title_abstract"): "to_do", ("R2", "title_abstract"): "to_do"}


def test_merged_records_with_different_decisions_of_one_reviewer_are_a_conflict() -> None:
    rows = [decision(2, "a:1", "x", "include"), decision(3, "b:2", "x", "exclude")]
    assert states(standing(rows, clusters(R1="a:1 b:2"), ONE)) == {("R1", "title_abstract"): "conflict"}


def test_two_live_decisions_of_one_reviewer_contradict_and_a_superseding_one_does_not() -> None:
    rows = [decision(2, "a:1", "x", "include"), decision(3, "a:1", "x", "exclude")]
    with pytest.raises(InputError) as fault:
        check(rows, "title_abstract", REASONS, TWO.title_abstract, {})
    said = str(fault.value)
    assert "review/decisions/screening.csv, line 3" in said
    assert "a second live decision of x on a:1" in said
    assert "write d2 into its supersedes" in said
    rows[1] = decision(3, "a:1", "x", "exclude", supersedes="d2")
    assert [row.decision_id for row in check(rows, "title_abstract", REASONS, TWO.title_abstract, {})] == ["d3"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (decision(2, "a:1", "x", "exclude", reason=""), "column reason: found an empty cell"),
        (decision(2, "a:1", "x", "exclude", reason="boring"), "column reason: found 'boring'"),
        (decision(2, "a:1", "x", "include", reason="review"), "expected nothing, as the decision is include"),
        (decision(2, "a:1", "x", "awaiting"), "column decision: found 'awaiting'; expected one of include"),
        (decision(2, "a:1", "x", "include", stage="full_text"), "column stage: found 'full_text'"),
        (decision(2, "a:1", "x", "include", supersedes="d9"), "column supersedes: found 'd9'"),
    ],
)
def test_decisions_that_cannot_be_used_name_their_cell(row: Decision, said: str) -> None:
    with pytest.raises(InputError) as fault:
        check([row], "title_abstract", REASONS, TWO.title_abstract, {})
    assert said in str(fault.value)


def test_a_decision_on_an_unknown_record_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(InputError) as fault:
        standing([decision(2, "pubmed:2721988", "x", "include")], clusters(R1="pubmed:27219884"))
    assert "line 2, column record_id: found 'pubmed:2721988'" in str(fault.value)
    assert "Did you mean 'pubmed:27219884'?" in str(fault.value)


def test_an_alias_carries_decisions_to_the_new_id() -> None:
    rows = [decision(2, "a:old", "x", "include")]
    alias = Alias(old_record_id="a:old", record_id="a:new")
    assert states(standing(rows, clusters(R1="a:new"), ONE, (alias,)))["R1", "title_abstract"] == "include"
    both = standing(rows, clusters(R1="a:old a:new"), ONE, (alias,))
    assert states(both)["R1", "title_abstract"] == "include", (
        "no export is replaced, so the former id may still be read"
    )
    chain = (alias, Alias(old_record_id="a:new", record_id="a:newest"))
    assert states(standing(rows, clusters(R1="a:newest"), ONE, chain))["R1", "title_abstract"] == "include"
    replaced = [*rows, decision(3, "a:new", "x", "exclude", supersedes="d2")]
    assert states(standing(replaced, clusters(R1="a:new"), ONE, (alias,)))["R1", "title_abstract"] == "exclude"
    with pytest.raises(InputError, match="line 3: found a second live decision of x on a:new"):
        standing([*rows, decision(3, "a:new", "x", "exclude")], clusters(R1="a:new"), ONE, (alias,))
    with pytest.raises(InputError, match=r"aliases.csv, line 0, column record_id: found 'a:new'"):
        standing(rows, clusters(R1="a:else"), ONE, (alias,))


def test_a_reviewer_supersedes_only_own_decisions() -> None:
    rows = [decision(2, "a:1", "ann", "include"), decision(3, "a:1", "bob", "exclude", supersedes="d2")]
    with pytest.raises(InputError) as fault:
        standing(rows, clusters(R1="a:1"), ONE)
    said = "line 3, column supersedes: found 'd2', a decision of 'ann'; expected an earlier decision of 'bob'."
    assert said in str(fault.value)
    assert "name bob under screening.title_abstract.adjudicators" in str(fault.value)
    rows[1] = decision(3, "a:1", "judge", "exclude", supersedes="d2")
    assert states(standing(rows, clusters(R1="a:1")))["R1", "title_abstract"] == "exclude"


def test_one_name_spelt_in_two_ways_is_an_error() -> None:
    rows = [decision(2, "a:1", "Ann", "include"), decision(3, "a:1", "ann", "include")]
    with pytest.raises(
        InputError, match=r"line 3, column reviewer: found 'ann'; expected one spelling .*'Ann' stands in"
    ):
        standing(rows, clusters(R1="a:1"))
    with pytest.raises(InputError, match=r"'judge' stands in config.yaml"):
        standing([decision(2, "a:1", "Judge", "include")], clusters(R1="a:1"))


def test_full_text_decisions_without_effect_are_listed_not_lost() -> None:
    rows = [decision(2, "a:1", "x", "exclude"), decision(3, "a:1", "x", "include", stage="full_text")]
    found = standing(rows, clusters(R1="a:1"), ONE)
    assert states(found) == {("R1", "title_abstract"): "exclude"}
    assert [row["decision_id"] for row in found.idle] == ["d3"]


def test_reports_of_the_previous_version_are_not_screened_again() -> None:
    assert standing([], clusters(R1="old:1 a:1", R2="a:2"), previous=frozenset({"R1"})).rows[0]["report_id"] == "R2"


CHOICES = st.sampled_from(["include", "exclude", "unsure"])


@settings(max_examples=80)
@given(
    votes=st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz"), CHOICES), unique_by=lambda v: v[:2]),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_decisions_does_not_matter(votes: list[tuple[str, str, str]], order: Any) -> None:
    groups = clusters(R1="a b", R2="c", R3="d")
    rows = [decision(i, *vote) for i, vote in enumerate(votes, start=2)]
    before = states(standing(rows, groups))
    order.shuffle(rows)
    assert states(standing(rows, groups)) == before
    assert {report for report, _ in before} == {"R1", "R2", "R3"}


STAGES = st.sampled_from(
    [
        {"reviewers": 2},
        {"reviewers": 1, "second_reads": 0.5},
        {"reviewers": 1, "second_reads": 0.5, "calibration": 2, "screeners": ["x", "y"]},
    ]
)


@settings(max_examples=200)
@given(
    votes=st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("xyz"), CHOICES), unique_by=lambda v: v[:2]),
    record=st.sampled_from("abcde"),
    reviewer=st.sampled_from(["x", "y", "z", "judge"]),
    choice=CHOICES,
    stage=STAGES,
)
def test_a_withdrawn_decision_restores_the_earlier_state(
    votes: list[tuple[str, str, str]], record: str, reviewer: str, choice: str, stage: dict[str, Any]
) -> None:
    groups = clusters(R1="a b", R2="c", R3="d", R4="e")
    rules = Screening.model_validate({"title_abstract": {**stage, "adjudicators": ["judge"]}})
    rows = [decision(i, *vote) for i, vote in enumerate(votes, start=2)]
    known = {(row.record_id, row.reviewer): row.decision_id for row in rows}
    slip = decision(50, record, reviewer, choice, supersedes=known.get((record, reviewer), ""))
    back = decision(51, record, reviewer, "withdrawn", supersedes="d50")

    def read(made: list[Decision]) -> tuple[Any, ...]:
        found = standing(made, groups, rules)
        report_of = {row["record_id"]: row["report_id"] for row in groups}
        agreed = agreement({"title_abstract": made}, report_of, {}, rules, found.calibration)
        return found.rows, found.conflicts, found.read_by, found.calibration, agreed

    assert read([*rows, slip, back]) == read(rows)


def kappa_of(table: np.ndarray) -> float:
    expected = float(table.sum(1) @ table.sum(0))
    return (float(np.trace(table)) - expected) / (1 - expected)


def test_kappa_agrees_with_scikit_learn_and_its_standard_error_with_the_delta_method() -> None:
    counts = np.array([[53, 5, 2], [11, 14, 5], [1, 6, 3]])
    pairs = [("abc"[i], "abc"[j]) for i in range(3) for j in range(3) for _ in range(counts[i, j])]
    found = cohen_kappa(pairs)
    assert found is not None
    assert found[0] == pytest.approx(cohen_kappa_score([a for a, _ in pairs], [b for _, b in pairs]), rel=1e-12)

    p, step = counts / counts.sum(), 1e-6
    slope = np.array([kappa_of(p + step * np.eye(9)[i].reshape(3, 3)) - kappa_of(p) for i in range(9)]) / step
    covariance = (np.diag(p.ravel()) - np.outer(p, p)) / counts.sum()
    assert found[1] == pytest.approx(float(np.sqrt(slope @ covariance @ slope)), rel=1e-4)


def test_kappa_is_not_defined_without_variation() -> None:
    assert cohen_kappa([]) is None
    assert cohen_kappa([("a", "a")] * 5) is None
    assert cohen_kappa([("a", "b"), ("b", "a")]) == (pytest.approx(-1.0), pytest.approx(0.0))


def test_wilson_interval_of_textbook_values() -> None:
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)  # Newcombe 1998, table I
    assert wilson(0, 10)[0] == 0
    assert math.isclose(wilson(10, 10)[1], 1)


def test_agreement_counts_only_what_both_decided_and_no_adjudicator() -> None:
    groups = clusters(R1="a", R2="b", R3="c")
    rows = [
        decision(2, "a", "x", "include"),
        decision(3, "a", "y", "unsure"),
        decision(4, "b", "x", "exclude"),
        decision(5, "b", "y", "exclude"),
        decision(6, "c", "x", "include"),
        decision(7, "a", "judge", "include"),
    ]
    report_of = {row["record_id"]: row["report_id"] for row in groups}
    as_decided, goes_on = agreement({"title_abstract": rows}, report_of, {}, TWO)
    assert (as_decided["reports"], as_decided["agreed"], goes_on["agreed"]) == (2, 1, 2)
    assert (as_decided["reviewers"], as_decided["statistic"]) == ("x; y", "Cohen")
    assert goes_on["kappa"] == pytest.approx(1.0)
    assert (goes_on["kappa_low"], goes_on["kappa_high"]) == (None, None), "no error can be estimated where all agree"
    assert as_decided["pabak"] == pytest.approx(0.25)
    assert as_decided["pabak_low"] < 0.25 < as_decided["pabak_high"]


def test_agreement_is_that_before_conflicts_were_settled() -> None:
    """By consensus reviewers replace decisions, and an adjudicator may replace a reviewer's: neither makes them agree."""
    report_of = {name: name.upper() for name in "abcdefg"}
    rows = [decision(n, name, "x", "include") for n, name in enumerate("abcdefg", 2)]
    rows += [
        decision(12, "b", "x", "exclude", supersedes="d3"),  # a slip, before anyone else has read it
        *(decision(n, name, "y", "exclude") for n, name in enumerate("abcde", 20)),
        decision(30, "a", "x", "exclude", supersedes="d2"),  # consensus
        decision(31, "c", "judge", "include", supersedes="d22"),  # an adjudicator in place of y
        decision(32, "d", "y", "include", supersedes="d23"),  # consensus, and thought over again
        decision(33, "d", "y", "exclude", supersedes="d32"),
        decision(34, "e", "y", "withdrawn", supersedes="d24"),  # a slip taken back
        decision(35, "e", "y", "include"),
        decision(36, "f", "y", "include"),
        decision(37, "f", "y", "unsure", supersedes="d36"),  # replaced while both agreed
    ]
    check(rows, "title_abstract", REASONS, TWO.title_abstract, {})
    as_decided, goes_on = agreement({"title_abstract": rows}, report_of, {}, TWO)
    assert (as_decided["reports"], as_decided["agreed"], goes_on["agreed"]) == (6, 2, 3)  # b and e, f by its scale
    assert {row["reviewers"] for row in (as_decided, goes_on)} == {"x; y"}


@pytest.mark.parametrize("replacing", ["x", "judge"])
def test_two_who_change_their_minds_about_one_report_did_not_agree(replacing: str) -> None:
    """Each convinced by the other, or the second one by whoever settled the conflict."""
    rows = [
        decision(2, "a", "x", "include"),
        decision(3, "a", "y", "exclude"),
        decision(4, "a", replacing, "exclude", supersedes="d2"),
        decision(5, "a", "y", "include", supersedes="d3"),
    ]
    check(rows, "title_abstract", REASONS, TWO.title_abstract, {})
    found = agreement({"title_abstract": rows}, {"a": "A"}, {}, TWO)
    assert [(row["reports"], row["agreed"]) for row in found] == [(1, 0), (1, 0)]


def test_a_reviewer_who_always_decides_alike_has_a_kappa_without_interval() -> None:
    rows = [decision(n, name, "x", "include") for n, name in enumerate("abcd", 2)]
    rows += [
        decision(n, name, "y", said)
        for n, (name, said) in enumerate(zip("abcd", ["include", "exclude"] * 2, strict=True), 12)
    ]
    row = agreement({"full_text": rows}, {name: name for name in "abcd"}, {}, TWO)[0]
    assert (row["kappa"], row["kappa_low"], row["kappa_high"]) == (pytest.approx(0.0), None, None)
    assert row["pabak_low"] < row["pabak"] < row["pabak_high"]
    single = fleiss_kappa([["a", "a", "a"], ["a", "a", "b"], ["a", "a", "a"]])
    assert single is not None
    assert single == (pytest.approx((7 / 9 - 65 / 81) / (1 - 65 / 81)), None), (
        "the other category is in one report alone"
    )


def test_three_reviewers_who_did_not_all_decide_on_all_have_a_fleiss_kappa() -> None:
    groups = clusters(R1="a", R2="b", R3="c", R4="d")
    said = {"x": "ieii", "y": "ie.e", "z": ".eei"}
    rows = [
        decision(10 * i + j, record, who, {"i": "include", "e": "exclude"}[letter])
        for i, (who, letters) in enumerate(said.items(), 1)
        for j, (record, letter) in enumerate(zip("abcd", letters, strict=True), 1)
        if letter != "."
    ]
    found = agreement({"full_text": rows}, {row["record_id"]: row["report_id"] for row in groups}, {}, TWO)
    assert [row["reviewers"] for row in found] == ["x; y", "x; z", "y; z", "x; y; z"]
    every = found[-1]
    assert (every["statistic"], every["reports"], every["agreed"], every["pabak"]) == ("Fleiss", 4, 2, None)
    shares = [1, 1, 0, 1 / 3]  # of pairs that agree, on each report
    expected = (5 / 10) ** 2 + (5 / 10) ** 2
    assert every["kappa"] == pytest.approx((sum(shares) / 4 - expected) / (1 - expected))
    assert every["kappa_low"] < every["kappa"] < every["kappa_high"]


def test_fleiss_kappa_of_fourteen_raters_is_the_known_one() -> None:
    counts = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1), (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    kappa, _ = fleiss_kappa([[str(c) for c, n in enumerate(row) for _ in range(n)] for row in counts])
    assert round(kappa, 3) == 0.210
    assert fleiss_kappa([["a", "a"], ["a", "a", "a"]]) is None, "one category alone"
    assert fleiss_kappa([["a", "b"], ["a"]]) is None, "one report with two decisions"


@given(st.lists(st.lists(st.sampled_from("ab"), min_size=2, max_size=2), min_size=2, max_size=12))
def test_fleiss_kappa_does_not_depend_on_the_order_of_reports_or_reviewers(ratings: list[list[str]]) -> None:
    one, other = fleiss_kappa(ratings), fleiss_kappa([row[::-1] for row in ratings][::-1])
    assert (one is None) == (other is None)
    if one:
        assert one == pytest.approx(other)
