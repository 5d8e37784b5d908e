"""A reviewer's desk: what waits, what was decided, what others decided and stays hidden."""

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prismake.people import read_people
from prismake.problems import InputError
from prismake.screening.course import SAMPLE
from prismake.screening.desk import Desk, Outdated
from prismake.screening.frame import FRAME, frame_of_last, keep, read_frames
from prismake.screening.highlight import Marker, protocol_terms
from prismake.screening.order import Order, ranked_rows
from prismake.screening.page.progress import Here, sample_line
from prismake.screening.sampling import draw
from prismake.screening.shelf import Shelf
from prismake.screening.showings import COLUMNS, CUT_OFF, LOG, Ranked, Showings, read_log
from prismake.screening.stopping import sample_needed
from screening_cases import CONFIG, act_id, config, decide, desk, make_folder, put_results, report, withdraw

PATH = "review/decisions/screening.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "review folder", [report(n) for n in range(1, 7)])


def waiting(at: Desk) -> list[str]:
    at.refresh()
    return [name for name in at.shelf.ids if at.waits(name)]


def rows(folder: Path) -> list[tuple[str, ...]]:
    return [(r.record_id, r.reviewer, r.decision, r.supersedes) for r in read_people(PATH, root=folder)]


def test_a_report_waits_for_a_reviewer_until_decided_and_for_none_when_enough_have(folder: Path) -> None:
    ann, bob, cid = desk(folder), desk(folder, "Bob"), desk(folder, "Cid")
    decide(ann, "R1", "include", 1)
    assert "R1" not in waiting(ann)
    assert {"R1"} <= set(waiting(bob)) & set(waiting(cid))
    decide(bob, "R1", "include", 2)
    assert "R1" not in waiting(cid)
    assert cid.waiting() == len(waiting(cid)) == 5


def test_a_new_decision_supersedes_and_undo_goes_back_to_the_one_before(folder: Path) -> None:
    ann = desk(folder)
    decide(ann, "R1", "include", 1)
    decide(ann, "R1", "exclude", 2)
    withdraw(ann, "R1", 3)
    assert [row.decision for row in ann.own("R1")] == ["include"]
    withdraw(ann, "R1", 4)
    assert ann.own("R1") == []
    assert "R1" in waiting(ann)
    assert rows(folder) == [
        ("s:1", "Ann", "include", ""),
        ("s:1", "Ann", "exclude", act_id(1)),
        ("s:1", "Ann", "withdrawn", act_id(2)),
        ("s:1", "Ann", "withdrawn", act_id(1)),
    ]


def test_a_decision_sent_twice_is_written_once(folder: Path) -> None:
    ann = desk(folder)
    assert decide(ann, "R1", "include", 1) == [act_id(1)]
    again = ann.decide("R1", "include", "", "", act_id(1), [])
    assert [row.decision_id for row in again] == [act_id(1)]
    later = desk(folder).decide("R1", "include", "", "", act_id(1), [])
    assert [row.decision_id for row in later] == [act_id(1)]
    assert len(rows(folder)) == 1
    with pytest.raises(InputError, match="an id that no other decision has"):
        ann.decide("R2", "include", "", "", act_id(1), [])


def test_a_decision_in_another_window_is_not_overwritten_unseen(folder: Path) -> None:
    one, other = desk(folder), desk(folder)
    decide(one, "R1", "include", 1)
    with pytest.raises(Outdated):
        other.decide("R1", "exclude", "design", "", act_id(2), [])
    with pytest.raises(Outdated):
        other.withdraw("R1", act_id(3), [act_id(9)])
    assert len(rows(folder)) == 1


@pytest.mark.parametrize(
    ("report_id", "decision", "reason"),
    [("R9", "include", ""), ("R1", "awaiting", ""), ("R1", "withdrawn", ""), ("R1", "exclude", ""), ("R1", "exclude", "x"),
     ("R1", "include", "design")],
)  # fmt: skip
def test_what_cannot_be_decided_is_refused(folder: Path, report_id: str, decision: str, reason: str) -> None:
    with pytest.raises(InputError):
        desk(folder).decide(report_id, decision, reason, "", act_id(1), [])
    assert rows(folder) == []


def test_merged_records_are_decided_together_and_the_note_is_one_line(folder: Path) -> None:
    ann = desk(folder)
    decide(ann, "R1", "include", 1)
    decide(ann, "R2", "exclude", 2)
    put_results(folder, [report(1, record_ids=["s:1", "s:2"]), report(3)])
    merged = desk(folder)
    assert len(merged.own("R1")) == 2
    expected = [row.decision_id for row in merged.own("R1")]
    written = merged.decide("R1", "unsure", "", "both\n\tof them ", act_id(3), expected)
    assert [(row.record_id, row.supersedes, row.note) for row in written] == [
        ("s:1", act_id(1), "both of them"),
        ("s:2", act_id(2), "both of them"),
    ]
    again = merged.decide("R1", "unsure", "", "", act_id(3), expected)
    assert again == written
    withdraw(merged, "R1", 4)
    assert sorted(row.decision for row in merged.own("R1")) == ["exclude", "include"]


def test_others_decisions_are_hidden_while_blinded_and_before_ones_own(folder: Path) -> None:
    decide(desk(folder, "Bob"), "R1", "exclude", 1)
    ann = desk(folder)
    assert ann.seen_of_others("R1") == []
    decide(ann, "R1", "include", 2)
    assert ann.seen_of_others("R1") == []
    (folder / "config.yaml").write_text(CONFIG.replace("screening:\n", "screening:\n  blinded: false\n"))
    open_desk = desk(folder)
    assert [row.reviewer for row in open_desk.seen_of_others("R1")] == ["Bob"]
    decide(desk(folder, "Bob"), "R2", "exclude", 3)
    open_desk.refresh()
    assert open_desk.seen_of_others("R2") == []


def test_an_adjudicator_is_offered_conflicts_and_sees_both_sides(folder: Path) -> None:
    ann, bob, judge = desk(folder), desk(folder, "Bob"), desk(folder, "Judge")
    decide(ann, "R1", "include", 1)
    decide(bob, "R2", "exclude", 2)
    assert waiting(judge) == []
    assert judge.seen_of_others("R1") == []
    decide(bob, "R1", "exclude", 3)
    assert waiting(judge) == ["R1"]
    assert [row.reviewer for row in judge.seen_of_others("R1")] == ["Ann", "Bob"]
    decide(judge, "R1", "include", 4)
    assert waiting(judge) == []


def test_full_texts_are_those_that_went_on(folder: Path) -> None:
    for number, name in enumerate(("Ann", "Bob")):
        decide(desk(folder, name), "R1", "include", number)
        decide(desk(folder, name), "R2", "exclude", 10 + number)
    full = desk(folder, stage="full_text")
    assert waiting(full) == ["R1"]
    decide(full, "R1", "not_retrieved", 20)
    assert waiting(full) == []
    for number, name in enumerate(("Ann", "Bob")):
        decide(desk(folder, name), "R3", "unsure", 30 + number)
    assert waiting(full) == ["R3"]


def test_names_and_reasons_are_checked_at_the_start(folder: Path) -> None:
    decide(desk(folder), "R1", "include", 1)
    with pytest.raises(InputError, match="found 'ann'; expected the spelling in use, 'Ann'"):
        desk(folder, "ann")
    with pytest.raises(InputError, match="found 'judge'"):
        desk(folder, "judge")
    for name in ("", " ", "a\nb", " Ann"):
        with pytest.raises(InputError, match="--reviewer"):
            desk(folder, name)
    text = CONFIG.replace('  reasons: {design: Wrong design, animals: "Animals, in vivo"}\n', "")
    (folder / "config.yaml").write_text(text)
    with pytest.raises(InputError, match=r"eligibility.reasons: found no reason"):
        desk(folder)


def test_without_deduplication_the_command_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\./prismake --directory .* dedup"):
        Shelf(tmp_path)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["Ann", "Bob"]), st.integers(1, 3), st.sampled_from(["include", "exclude", "unsure", "undo"])
    ),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.randoms(use_true_random=False))
def test_desks_agree_with_the_file_and_acts_on_different_reports_commute(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str]], order: Any
) -> None:
    def play(acts: list[tuple[str, int, str]]) -> dict[tuple[str, str], list[str]]:
        folder = make_folder(tmp_path_factory.mktemp("desks") / "r", [report(n) for n in range(1, 4)])
        desks = {name: desk(folder, name) for name in ("Ann", "Bob")}
        for number, (name, place, act) in enumerate(acts):
            at = desks[name]
            if act != "undo":
                decide(at, f"R{place}", act, number)
            elif at.own(f"R{place}"):
                withdraw(at, f"R{place}", number)
        found = {(n, r): [row.decision for row in at.own(r)] for n, at in desks.items() for r in at.shelf.ids}
        afresh = {(n, r): [row.decision for row in desk(folder, n).own(r)] for n, r in found}
        assert afresh == found
        return found

    queues: dict[tuple[str, int], list[tuple[str, int, str]]] = {}
    for step in steps:
        queues.setdefault(step[:2], []).append(step)
    turns = [step[:2] for step in steps]
    order.shuffle(turns)
    assert play(steps) == play([queues[turn].pop(0) for turn in turns])


def test_search_finds_parts_of_words_anywhere(folder: Path) -> None:
    shelf = Shelf(folder)
    assert shelf.search(["ABSTRACT 3"], 10) == (["R3"], 1)
    assert shelf.search(["author2", "ulcer"], 10) == (["R2"], 1)
    assert shelf.search(["ulcer"], 2) == (["R1", "R2"], 6)
    assert shelf.search(["(", "ulcer"], 2) == ([], 0)
    assert shelf.search(["s:4"], 2) == (["R4"], 1)


def test_what_may_be_a_duplicate_is_named_on_both_sides(folder: Path) -> None:
    doubles = Shelf(folder).doubles
    assert {name: [one["report_id"] for one in held] for name, held in doubles.items()} == {"R1": ["R2"], "R2": ["R1"]}


def test_the_order_is_a_function_of_decisions_and_is_made_anew_in_a_process(folder: Path) -> None:
    ann = desk(folder)
    order = Order(ann)
    drawn = list(order.upcoming())
    assert sorted(drawn) == sorted(ann.shelf.ids)
    assert list(Order(ann).upcoming()) == drawn
    assert order.ranked("R1") == Ranked()
    order.consider()
    assert order.wait(120)
    assert order.fault == ""
    expected = ranked_rows(folder, config(folder), ann.labels())
    assert list(order.upcoming()) == [row["report_id"] for row in expected]
    first = order.ranked(expected[0]["report_id"])
    assert (first.batch, first.rank, first.score) == (1, 1, expected[0]["score"])
    decide(ann, expected[0]["report_id"], "include", 1)
    assert expected[0]["report_id"] not in list(order.upcoming())
    assert order.until_next() == 0
    order.consider()
    assert order.wait(120)
    assert (order.batch, order.until_next()) == (2, 1)
    data = order.ranked(expected[1]["report_id"]).data
    assert data not in ("", first.data)


def test_what_others_decided_does_not_move_a_reviewers_order(folder: Path) -> None:
    before = desk(folder).labels()
    decide(desk(folder, "Bob"), "R1", "exclude", 1)
    assert desk(folder).labels() == before


def test_a_ranking_that_fails_leaves_the_order_and_says_so(folder: Path) -> None:
    order = Order(desk(folder))
    before = list(order.upcoming())
    (folder / "config.yaml").write_text("review: {}\n")
    order.consider()
    assert order.wait(120)
    assert "key review.date: found nothing" in order.fault
    assert list(order.upcoming()) == before


def test_the_log_counts_what_each_reviewer_saw(folder: Path) -> None:
    one, other = (Showings(folder, who, "title_abstract", "r1") for who in ("Ann", "Bob"))
    one.add([("s:1", "ranked", Ranked(1, 1, 0.5, "a model, of sorts", 7, "abc"))])
    other.add([("s:1", "search", Ranked())])
    Showings(folder, "Ann", "title_abstract", "r2").add([("s:2", "export", Ranked()), ("s:3", "export", Ranked())])
    one.add([("s:4", "back", Ranked())])
    with (folder / LOG).open(newline="") as handle:
        logged = list(csv.DictReader(handle))
    assert [(row["reviewer"], row["place"], row["record_id"]) for row in logged] == [
        ("Ann", "1", "s:1"), ("Bob", "1", "s:1"), ("Ann", "2", "s:2"), ("Ann", "3", "s:3"), ("Ann", "4", "s:4"),
    ]  # fmt: skip
    assert (logged[0]["ranked_by"], logged[0]["data"], logged[1]["rank"]) == ("a model, of sorts", "abc", "")
    assert [row["stopping"] for row in logged] == ["r1", "r1", "r2", "r2", "r1"], "the rule as it was declared then"


def test_a_log_that_an_earlier_version_began_goes_on_in_its_own_columns(folder: Path) -> None:
    header = ",".join(name for name in COLUMNS if name != "version")
    (folder / LOG).write_text(f"{header}\n", encoding="utf-8")
    Showings(folder, "Ann", "title_abstract", "r1").add([("s:1", "search", Ranked())])
    with (folder / LOG).open(newline="") as handle:
        (row,) = csv.DictReader(handle)
    assert (row["record_id"], row["stopping"], None in row) == ("s:1", "r1", False)


@given(st.integers(0, 200), st.booleans())
def test_a_line_of_the_log_that_was_cut_off_costs_no_other(
    tmp_path_factory: pytest.TempPathFactory, cut: int, goes_on: bool
) -> None:
    folder = tmp_path_factory.mktemp("log")

    def add() -> None:
        row = ("s:1", "ranked", Ranked(1, 1, 0.5, 'a model, "so called"', 7, "abc"))
        Showings(folder, "Ann", "title_abstract", "r1").add([row])

    add()
    whole = (folder / LOG).read_bytes()
    line = whole.split(b"\n")[1]
    (folder / LOG).write_bytes(whole + line[: cut % len(line)])
    if goes_on:
        add()
    rows = read_log(folder / LOG)
    kept = [row for row in rows if row["how"] != CUT_OFF]
    assert len(rows) - len(kept) <= 1
    assert {row["data"] for row in kept} == {"abc"}
    assert len(kept) >= 1 + goes_on
    if goes_on and len(rows) == 3:
        assert rows[-1]["place"] in ("2", "3")


def test_protocol_terms_are_those_named_or_the_words_of_the_question(folder: Path) -> None:
    marker = Marker(protocol_terms(config(folder)))
    assert marker.pieces("Ulcers in a foot.") == [("Ulcers", "wanted"), (" in a ", ""), ("foot", "wanted"), (".", "")]
    named = Marker({"wanted": ["stem cell*", "a.b"], "unwanted": ["rat"]})
    assert named.pieces("Stem-cells rate a rat, axb", ["rate"]) == [
        ("Stem-cells", "wanted"), (" ", ""), ("rate", "model"), (" a ", ""), ("rat", "unwanted"), (", axb", ""),
    ]  # fmt: skip


@given(st.text(), st.lists(st.text(max_size=6), max_size=4), st.lists(st.text(max_size=6), max_size=3))
def test_the_pieces_are_the_text(text: str, wanted: list[str], model: list[str]) -> None:
    assert "".join(piece for piece, _ in Marker({"wanted": wanted}).pieces(text, model)) == text


def test_a_sample_of_the_unread_is_drawn_once_and_offered_first(folder: Path) -> None:
    one = desk(folder)
    unread = {report for report in one.reports if one.state(report) == "to_do"}
    said = draw(one, 2)
    assert f"2 reports of {len(unread)} unread" in said
    assert "If none of them is relevant, they certify a recall of at least 0.0% with 95% confidence" in said
    rows = read_people(SAMPLE, root=folder)
    assert [(row.draw, row.unread, row.seed) for row in rows] == [
        ("s1", len(unread), config(folder).screening.ranking.seed)
    ] * 2
    again = desk(folder)
    assert len(again.sample) == 2
    assert sample_line(Here(again, Order(again))) == "Random sample of the unread, 2 reports: 2 wait for you."
    assert sample_line(Here(one, Order(one))) == "", "drawn after this page was started"
    assert set(list(Order(again).upcoming())[:2]) == again.sample
    with pytest.raises(InputError, match="one sample at a time"):
        draw(again, 1)


def test_what_a_sample_is_drawn_from_is_kept_with_it(folder: Path) -> None:
    one = desk(folder)
    unread = {one.record(report) for report in one.reports if one.state(report) == "to_do"}
    (folder / FRAME).write_bytes(
        b"draw,record_id\ns1,s:1\ns1,s:"
    )  # a draw that a crash ended before its sample was there
    draw(one, 2)
    assert {row.draw for row in read_people(SAMPLE, root=folder)} == {"s2"}
    assert read_frames(folder / FRAME)["s2"] == unread
    keep(folder / FRAME, "s3", ['s:1,"a"', "s:\u20282"])
    assert read_frames(folder / FRAME)["s3"] == {'s:1,"a"', "s:\u20282"}
    (folder / FRAME).write_bytes(b"draw,record_id\ns1\n")
    with pytest.raises(InputError, match=r"sample_frame.csv, line 2: found 's1'; expected a draw and a record id"):
        read_frames(folder / FRAME)
    (folder / FRAME).write_bytes(b"record_id\n")
    with pytest.raises(InputError, match="expected draw,record_id"):
        read_frames(folder / FRAME)
    (folder / FRAME).write_bytes(b"")
    keep(folder / FRAME, "s1", ["s:1"])
    assert read_frames(folder / FRAME) == {"s1": {"s:1"}}


@pytest.mark.parametrize("behind", ["", "\ns2,s:2\n", '\ns2,"s:2,b"\n'])
def test_a_frame_that_ends_within_a_quoted_id_is_refused_and_takes_in_no_rows(folder: Path, behind: str) -> None:
    (folder / FRAME).write_text('draw,record_id\ns1,"s:1\n1"\ns1,"s:1,a' + behind)
    with pytest.raises(InputError, match=r"sample_frame.csv, line 4: found 's1,\"s:1,a'; .*Take the line out"):
        read_frames(folder / FRAME)
    if not behind:
        with pytest.raises(InputError, match=r"sample_frame.csv, line 4"):
            draw(desk(folder), 2)


def test_the_frame_of_the_last_draw_is_not_lost_in_silence(folder: Path) -> None:
    draw(desk(folder), 1)
    rows = read_people(SAMPLE, root=folder)
    frames = read_frames(folder / FRAME)
    assert frame_of_last(rows, frames) == frames["s1"]
    later = [*rows, rows[0].model_copy(update={"draw": "s2"})]
    with pytest.raises(InputError, match=r"sample_frame.csv: found records of draw 's1' and none of draw 's2'"):
        frame_of_last(later, frames)
    assert frame_of_last(later, {}) == frame_of_last(rows, {"s9": frozenset()}) == frame_of_last([], frames) == ()


def test_a_draw_takes_no_name_that_a_draw_in_the_sample_has(folder: Path) -> None:
    """As where the rows of the first draw were taken out, and none of the draws left has a frame."""
    for number, name in enumerate(("Ann", "Bob"), 1):
        decide(desk(folder, name), "R1", "exclude", number)
    read = desk(folder).record("R1")
    with (folder / SAMPLE).open("a") as file:
        file.write(f"s2,{read},2,0,1,2025-01-02,8\n")
    draw(desk(folder), 2)
    assert [row.draw for row in read_people(SAMPLE, root=folder)] == ["s2", "s3", "s3"]
    assert set(read_frames(folder / FRAME)) == {"s3"}


def test_a_sample_of_the_size_needed_is_drawn_behind_a_table_that_a_spreadsheet_saved(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "big", [report(n) for n in range(1, 200)])
    one = desk(folder)
    with pytest.raises(InputError, match="--sample auto: found no relevant report so far"):
        draw(one, None)
    for number, name in enumerate(sorted(one.reports)[:40]):
        for who in ("Ann", "Bob"):
            decide(desk(folder, who), name, "include", 1000 * number + len(who) + ord(who[0]))
    (folder / SAMPLE).write_bytes(b"reports,draw,record_id,unread,found,seed,drawn_at\r\n199,s1,s:1,199,0,1,2025-01-01")
    one = desk(folder)
    needed = sample_needed(40, 159, 0.95, 0.05)
    assert f"{needed} reports of 159 unread drawn" in draw(one, None)
    text = (folder / SAMPLE).read_bytes()
    assert text.startswith(b"reports,draw,record_id,unread,found,seed,drawn_at\r\n199,s1,s:1,199,0,1,2025-01-01\r\n")
    assert b"\r\n" in text[-2:]
    rows = read_people(SAMPLE, root=folder)
    assert [(row.draw, row.unread, row.found, row.reports) for row in rows[1:]] == [("s2", 159, 40, 199)] * (
        needed or 0
    )


def test_more_than_is_unread_cannot_be_drawn(folder: Path) -> None:
    with pytest.raises(InputError, match="at most the"):
        draw(desk(folder), 10_000)
    with pytest.raises(InputError, match="title_abstract"):
        draw(desk(folder, stage="full_text"), 1)
    assert read_people(SAMPLE, root=folder) == []
