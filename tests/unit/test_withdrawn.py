"""Decisions taken back: what stood before them stands again, whatever others did meanwhile."""

import datetime
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.config import Screening, Stage
from prismake.people import PEOPLE, Decision, read_people
from prismake.problems import InputError
from prismake.screening.decisions import check
from test_screening import ONE, clusters, decision, standing, states

REASONS = ["review"]


def live(rows: list[Decision], rules: Stage = ONE.title_abstract) -> list[str]:
    return [row.decision_id for row in check(rows, "title_abstract", REASONS, rules, {})]


def test_a_withdrawn_decision_restores_the_earlier_state() -> None:
    first, second = decision(2, "a:1", "x", "include"), decision(3, "a:1", "x", "exclude", supersedes="d2")
    taken = decision(4, "a:1", "x", "withdrawn", supersedes="d3")
    assert live([first, second]) == ["d3"]
    assert live([first, second, taken]) == ["d2"]
    assert states(standing([first, second, taken], clusters(R1="a:1"), ONE))["R1", "title_abstract"] == "include"
    gone = decision(5, "a:1", "x", "withdrawn", supersedes="d2")
    assert live([first, second, taken, gone]) == []
    assert states(standing([first, second, taken, gone], clusters(R1="a:1"), ONE)) == {
        ("R1", "title_abstract"): "to_do"
    }
    again = decision(6, "a:1", "x", "unsure")
    assert live([first, second, taken, gone, again]) == ["d6"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            decision(4, "a:1", "x", "withdrawn"),
            "line 4, column supersedes: found an empty cell; expected the decision_id",
        ),
        (decision(4, "a:1", "x", "withdrawn", supersedes="d2"), "found 'd2', which another row supersedes"),
        (decision(4, "a:1", "x", "withdrawn", supersedes="d3", reason="review"), "column reason: found 'review'"),
        (decision(4, "a:1", "y", "withdrawn", supersedes="d3"), "found 'd3', a decision of 'x'"),
    ],
)
def test_what_cannot_be_withdrawn_is_an_error(row: Decision, said: str) -> None:
    rows = [decision(2, "a:1", "x", "include"), decision(3, "a:1", "x", "exclude", supersedes="d2"), row]
    with pytest.raises(InputError) as fault:
        live(rows)
    assert said in str(fault.value)


def test_nothing_supersedes_a_withdrawal_or_what_was_withdrawn() -> None:
    rows = [decision(2, "a:1", "x", "include"), decision(3, "a:1", "x", "withdrawn", supersedes="d2")]
    for named in ("d2", "d3"):
        with pytest.raises(InputError, match=rf"line 4, column supersedes: found '{named}', which was withdrawn"):
            live([*rows, decision(4, "a:1", "x", "exclude", supersedes=named)])


def test_an_adjudicator_can_withdraw_for_another() -> None:
    rows = [decision(2, "a:1", "x", "include"), decision(3, "a:1", "judge", "withdrawn", supersedes="d2")]
    assert live(rows, Stage(adjudicators=["judge"])) == []


Act = tuple[str, str, str]
ACTS = st.lists(
    st.tuples(
        st.sampled_from("xyz"), st.sampled_from("abc"), st.sampled_from(["include", "exclude", "unsure", "undo"])
    ),
    max_size=25,
)


def played(acts: list[Act]) -> tuple[list[Decision], dict[tuple[str, str], list[str]]]:
    """The rows that reviewers write by their acts, and the pile of decisions that each has on each record."""
    rows: list[Decision] = []
    piles: dict[tuple[str, str], list[Decision]] = defaultdict(list)
    for line, (reviewer, record, act) in enumerate(acts, start=2):
        pile = piles[reviewer, record]
        if act == "undo" and not pile:
            continue
        before = pile[-1].decision_id if pile else ""
        made = "withdrawn" if act == "undo" else act
        rows.append(decision(line, record, reviewer, made, supersedes=before))
        if act == "undo":
            pile.pop()
        else:
            pile.append(rows[-1])
    return rows, {key: [row.decision for row in pile] for key, pile in piles.items()}


@settings(max_examples=150)
@given(ACTS)
def test_undoing_goes_back_step_by_step(acts: list[Act]) -> None:
    rows, piles = played(acts)
    found = {(r.reviewer, r.record_id): r.decision for r in check(rows, "title_abstract", REASONS, Stage(), {})}
    assert found == {key: pile[-1] for key, pile in piles.items() if pile}


@settings(max_examples=100)
@given(ACTS, st.randoms(use_true_random=False))
def test_acts_of_different_reviewers_or_records_commute(acts: list[Act], order: Any) -> None:
    queues: dict[tuple[str, str], list[Act]] = defaultdict(list)
    for act in acts:
        queues[act[:2]].append(act)
    turns = [act[:2] for act in acts]
    order.shuffle(turns)
    interleaved = [queues[turn].pop(0) for turn in turns]
    groups, rules = clusters(R1="a b", R2="c"), Screening.model_validate({"title_abstract": {"reviewers": 2}})
    one, other = (states(standing(played(a)[0], groups, rules)) for a in (acts, interleaved))
    assert one == other


def test_the_time_of_a_decision_is_a_day_or_a_moment_with_its_zone(tmp_path: Any) -> None:
    path = "review/decisions/screening.csv"
    (tmp_path / "review/decisions").mkdir(parents=True)
    names = list(PEOPLE[path][0].model_fields)

    def read(value: str) -> datetime.date:
        cells = {"decision_id": "d1", "record_id": "a:1", "stage": "title_abstract", "reviewer": "x"}
        cells |= {"decision": "include", "decided_at": value}
        row = ",".join(cells.get(name, "") for name in names)
        (tmp_path / path).write_text(",".join(names) + "\n" + row + "\n")
        return read_people(path, root=tmp_path)[0].decided_at

    assert read("2025-11-01") == datetime.date(2025, 11, 1)
    noon = datetime.datetime(2025, 11, 1, 12, tzinfo=datetime.UTC)
    assert read("2025-11-01T12:00:00Z") == noon
    assert read("2025-11-01T14:00:00+02:00") == noon
    for bad in ("2025-11-01T12:00:00", "2025-11-01T25:00:00Z", "2025-11-01T12"):
        with pytest.raises(InputError, match=r"line 2, column decided_at"):
            read(bad)
