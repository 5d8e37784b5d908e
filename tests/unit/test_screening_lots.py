"""What lots decide in screening: the sample that a second reviewer reads, and the calibration round that everyone reads first."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prismake.config import Screening, Stage
from prismake.configfile import load
from prismake.people import read_people
from prismake.problems import InputError
from prismake.screening import lots
from prismake.screening.agreement import agreement
from prismake.screening.decisions import stand
from prismake.screening.offline.run import export
from prismake.screening.order import Order, ordered
from prismake.screening.page.progress import Here, calibration_line
from prismake.screening.sampling import draw
from screening_cases import CONFIG, decide, desk, make_folder, put_results, report, withdraw
from test_screening import REASONS, clusters, decision

SECOND = Stage(reviewers=1, second_reads=0.4, adjudicators=["judge"], seed=3)
CALIBRATED = Stage(reviewers=1, calibration=3, screeners=["Ann", "Bob"], adjudicators=["judge"], seed=3)
IDS = st.lists(st.text("abcdef0123456789", min_size=1, max_size=6), unique=True, max_size=40)
STAGE = "title_abstract"


def record(report_id: str) -> str:
    """The record of a report of one record, as `clusters` and `screening_cases` make them."""
    return f"s:{report_id[1:]}"


def twice(reports: Any, declared: Stage = SECOND, stage: str = STAGE) -> list[str]:
    return [one for one in reports if lots.is_read_twice(record(one), stage, declared)]


def by_lot(reports: Any, declared: Stage = CALIBRATED) -> list[str]:
    return lots.by_lot({one: record(one) for one in reports}, STAGE, declared)


def test_the_sample_is_pinned() -> None:
    """Another one would make reviews under way read other reports."""
    assert twice(f"R{n}" for n in range(12)) == ["R0", "R1", "R6", "R7", "R8"]
    assert by_lot(f"R{n}" for n in range(6)) == ["R2", "R3", "R0", "R1", "R4", "R5"]


@given(IDS, IDS, st.floats(0, 0.99), st.integers(0, 9))
def test_who_is_in_the_sample_depends_on_no_other_report(
    before: list[str], added: list[str], share: float, seed: int
) -> None:
    groups = clusters(**{f"R{one}": f"s:{one}" for one in dict.fromkeys([*before, *added])})
    held = {f"R{one}" for one in before}
    declared = Screening(title_abstract=Stage(second_reads=share, seed=seed))

    def waiting(of: list[dict[str, Any]]) -> set[str]:
        rows = [decision(n, row["record_id"], "x", "include") for n, row in enumerate(of, 2)]
        found = stand(of, {STAGE: rows, "full_text": []}, [], declared, REASONS)
        return {row["report_id"] for row in found.rows if (row["stage"], row["state"]) == (STAGE, "to_do")}

    alone = waiting([row for row in groups if row["report_id"] in held])
    assert waiting(groups) & held == alone
    assert waiting(groups[::-1]) & held == alone, "nor on where a report stands"


@given(IDS, st.floats(0, 0.99), st.floats(0, 0.99))
def test_a_larger_share_keeps_the_sample_of_a_smaller_one(reports: list[str], one: float, other: float) -> None:
    small, large = (Stage(second_reads=share) for share in sorted((one, other)))
    assert set(twice(reports, small)) <= set(twice(reports, large))


def test_the_sample_is_of_the_size_declared_and_another_at_another_stage_or_seed() -> None:
    reports = [f"R-{n:08x}" for n in range(20_000)]
    drawn = twice(reports)
    assert abs(len(drawn) / 20_000 - 0.4) < 4 * (0.4 * 0.6 / 20_000) ** 0.5
    for other in (twice(reports, stage="full_text"), twice(reports, SECOND.model_copy(update={"seed": 4}))):
        assert abs(len(set(drawn) & set(other)) / len(drawn) - 0.4) < 0.05, "drawn anew"
    assert twice(reports, Stage()) == []


@settings(max_examples=200)
@given(IDS, IDS, st.integers(1, 6), st.data())
def test_later_records_reopen_no_calibration_round(before: list[str], added: list[str], size: int, data: Any) -> None:
    everyone = [*before, *(one for one in added if one not in before)]
    read = data.draw(st.lists(st.sampled_from(before), unique=True)) if before else []

    def drawn(reports: list[str], complete: list[str]) -> list[str]:
        lines = {one: line for line, one in enumerate(complete)}
        return lots.calibration_round(by_lot(reports), size, lines, lines)[0]

    was, now = drawn(before, read), drawn(everyone, read)
    assert len(now) == min(size, len(everyone))
    assert drawn(before[::-1], read) == was
    assert set(was) & set(read) <= set(now), "what all have read keeps its place"
    if set(was) <= set(read) and len(was) == size:
        assert now == was
        others = [one for one in everyone if one not in read]
        assert drawn(everyone, read + others) == was, "nor when all have read the others too"


def test_the_round_is_by_lot_before_anyone_has_read() -> None:
    in_order = by_lot(["R1", "R2", "R3", "R4"])
    one, two, _, four = in_order
    assert lots.calibration_round(in_order, 2, {}, {}) == ([one, two], False)
    assert lots.calibration_round(in_order, 2, {four: 2}, {four: 9}) == ([one, four], False)
    assert lots.calibration_round(in_order, 1, {four: 2, two: 8}, {four: 7, two: 9}) == ([four], True)
    begun = {one: 2, two: 3, four: 4}
    assert lots.calibration_round(in_order, 2, begun, {one: 5, four: 6}) == ([one, two], False), "begun out of turn"
    assert lots.calibration_round(in_order, 2, begun, {one: 5, four: 6, two: 7}) == ([one, two], True)


def stood(rows: list[Any], declared: Stage, reports: int = 6) -> tuple[dict[str, str], Any]:
    groups = clusters(**{f"R{n}": f"s:{n}" for n in range(1, reports + 1)})
    found = stand(groups, {STAGE: rows, "full_text": []}, [], Screening(title_abstract=declared), REASONS)
    return {row["report_id"]: row["state"] for row in found.rows if row["stage"] == STAGE}, found


def test_a_report_of_the_sample_is_finished_by_two_and_others_by_one() -> None:
    sample = twice(f"R{n}" for n in range(1, 7))
    assert 0 < len(sample) < 6
    rows = [decision(n, f"s:{n}", "Ann", "exclude") for n in range(1, 7)]
    states, found = stood(rows, SECOND)
    assert {one for one, state in states.items() if state == "to_do"} == set(sample)
    first = sample[0]
    rows.append(decision(20, f"s:{first[1:]}", "Bob", "exclude"))
    assert stood(rows, SECOND)[0][first] == "exclude"
    rows[-1] = decision(20, f"s:{first[1:]}", "Bob", "include")
    assert stood(rows, SECOND)[0][first] == "conflict"
    rows.append(decision(21, f"s:{first[1:]}", "judge", "include"))
    assert stood(rows, SECOND)[0][first] == "include"
    counted = {row["drawn_for"]: row for row in account(found, SECOND)}
    assert (counted["second read"]["reports"], counted["second read"]["begun"]) == (len(sample), len(sample))
    assert (counted[""]["reports"], counted[""]["complete"]) == (6 - len(sample), 6 - len(sample))


def account(found: Any, declared: Stage) -> list[dict[str, Any]]:
    to_do = {row["report_id"] for row in found.rows if row["state"] == "to_do"}
    return lots.account(STAGE, declared, found.read_by[STAGE], found.pasts[STAGE], found.calibration[STAGE], to_do)


def test_a_report_of_the_calibration_round_is_finished_when_every_screener_has_read_it() -> None:
    every = by_lot(f"R{n}" for n in range(1, 7))
    first = record(every[0])
    rows = [decision(2, first, "Ann", "include"), decision(3, first, "Cid", "include")]
    assert stood(rows, CALIBRATED)[0][every[0]] == "to_do", "two have read it, but not Bob"
    rows.append(decision(4, first, "Bob", "include"))
    states, found = stood(rows, CALIBRATED)
    assert states[every[0]] == "include"
    assert found.calibration[STAGE] == set(every[:3])
    (row, _) = account(found, CALIBRATED)
    assert (row["readers"], row["reports"], row["complete"], row["left"]) == (2, 3, 1, "Ann 2; Bob 2")
    outside = decision(5, f"s:{every[4][1:]}", "Ann", "exclude")
    assert stood([outside], CALIBRATED)[0][every[4]] == "exclude", "one reviewer decides on the others"


def test_a_report_keeps_its_lots_when_a_later_search_adds_a_record_that_names_it_anew() -> None:
    """What one reviewer had finished waits for no second one then, and what was calibrated stays so."""
    every = [f"R{n}" for n in range(1, 41)]
    rows = [decision(n, record(one), who, "exclude") for n, one in enumerate(every, 2) for who in ["Ann"]]
    later = {f"X{n}": f"p:{n} {record(one)}" for n, one in enumerate(every)}
    for declared in (SECOND, CALIBRATED):
        both = [*rows, *(decision(60 + n, record(one), "Bob", "exclude") for n, one in enumerate(by_lot(every)[:3]))]
        states, before = stood(both, declared, 40)
        found = stand(
            clusters(**later), {STAGE: both, "full_text": []}, [], Screening(title_abstract=declared), REASONS
        )
        now = {row["report_id"]: row["state"] for row in found.rows if row["stage"] == STAGE}
        assert [now[f"X{n}"] for n in range(40)] == [states[one] for one in every]
        assert account(found, declared) == account(before, declared)


def test_a_complete_round_is_not_drawn_anew_when_all_have_read_more() -> None:
    """As reports come from a later search, or to the full text one by one, and two reviewers read every one."""
    declared = CALIBRATED.model_copy(update={"reviewers": 2})
    everyone = by_lot(f"R{n}" for n in range(1, 7))
    late, first = everyone[:3], everyone[3:]

    def read(reports: list[str], line: int) -> list[Any]:
        return [decision(line + 2 * n + m, record(one), who, "exclude")
                for n, one in enumerate(reports) for m, who in enumerate(("Ann", "Bob"))]  # fmt: skip

    rows = read(first, 2)
    groups = clusters(**{one: record(one) for one in first})
    rules = Screening(title_abstract=declared)
    assert stand(groups, {STAGE: rows, "full_text": []}, [], rules, REASONS).calibration[STAGE] == set(first)
    _, found = stood(rows + read(late, 20), declared)
    assert found.calibration[STAGE] == set(first)
    corrected = decision(40, record(first[0]), "Bob", "include", supersedes="d3")
    assert stood([*rows, *read(late, 20), corrected], declared)[1].calibration[STAGE] == set(first)


def test_who_read_others_before_the_round_is_counted() -> None:
    every = by_lot(f"R{n}" for n in range(1, 7))
    order = {"Ann": [*every[:3], *every[4:]], "Bob": [every[5], every[0], every[3], *every[1:3]]}
    rows = [
        decision(10 * place + who, record(one), name, "exclude")
        for who, (name, read) in enumerate(order.items(), 2)
        for place, one in enumerate(read, 1)
    ]
    assert account(stood(rows, CALIBRATED)[1], CALIBRATED)[0]["before"] == "Bob 2"
    rows = [row for row in rows if row.line != 32]
    assert account(stood(rows, CALIBRATED)[1], CALIBRATED)[0]["before"] == "Ann 2; Bob 2", "not complete"


def test_who_was_overruled_has_read_a_report_all_the_same(tmp_path: Path) -> None:
    """An adjudicator may replace a reviewer's decision: the round is complete then, and is offered to nobody again."""
    every = by_lot(f"R{n}" for n in range(1, 7))[:3]
    rows = [decision(10 * who + n, record(one), name, "include" if name == "Ann" else "exclude")
            for who, name in enumerate(("Ann", "Bob"), 1) for n, one in enumerate(every)]  # fmt: skip
    overruled = [*rows, decision(40, record(every[0]), "judge", "include", supersedes="d20")]
    (row, _) = account(stood(overruled, CALIBRATED)[1], CALIBRATED)
    assert (row["complete"], row["read_by_more"], row["left"]) == (3, 3, "")
    taken_back = [*rows, decision(40, record(every[0]), "Bob", "withdrawn", supersedes="d20")]
    (row, _) = account(stood(taken_back, CALIBRATED)[1], CALIBRATED)
    assert (row["complete"], row["read_by_one"], row["left"]) == (2, 1, "Bob 1")

    folder = folder_of(tmp_path, ROUND)
    ann, bob = desk(folder), desk(folder, "Bob")
    one = ann.calibration[0]
    decide(ann, one, "include", 1)
    (replaced,) = decide(bob, one, "exclude", 2)
    with (folder / "review/decisions/screening.csv").open("a", encoding="utf-8") as table:
        table.write(f"j1,{record(one)},{STAGE},Judge,include,,,2025-01-02,{replaced}\n")
    bob.refresh()
    for at in (bob, desk(folder, "Bob")):
        assert not at.waits(one)
        assert at.calibration_left() == (3, 3)


def test_the_agreement_of_the_calibration_round_stands_apart() -> None:
    every = by_lot(f"R{n}" for n in range(1, 7))
    made = {"Ann": "iieiii", "Bob": "ieeeee", "Cid": "eeeeee"}
    rows = [
        decision(10 * who + place, f"s:{one[1:]}", name, {"i": "include", "e": "exclude"}[letter])
        for who, (name, letters) in enumerate(made.items(), 1)
        for place, (one, letter) in enumerate(zip(every, letters, strict=True), 1)
    ]
    _, found = stood(rows, CALIBRATED)
    report_of = {f"s:{n}": f"R{n}" for n in range(1, 7)}
    rules = Screening(title_abstract=CALIBRATED)
    whole = agreement({STAGE: rows}, report_of, {}, rules)
    assert {row["of"] for row in whole} == {"all"}
    both = agreement({STAGE: rows}, report_of, {}, rules, found.calibration)
    assert both[: len(whole)] == whole
    as_decided, goes_on = both[len(whole) :]
    assert (goes_on["of"], goes_on["reviewers"]) == ("calibration", "Ann; Bob"), "the screeners alone"
    assert (goes_on["reports"], goes_on["agreed"], as_decided["agreed"]) == (3, 2, 2)
    assert goes_on["pabak"] == pytest.approx(1 / 3)


def folder_of(tmp_path: Path, declared: str, reports: int = 12) -> Path:
    config = CONFIG.replace("title_abstract: {reviewers: 2, adjudicators: [Judge]}", f"title_abstract: {{{declared}}}")
    return make_folder(tmp_path / "review", [report(n) for n in range(1, reports + 1)], config)


ROUND = "reviewers: 1, calibration: 4, screeners: [Ann, Bob], adjudicators: [Judge]"


def test_the_calibration_round_is_offered_first_to_every_screener_and_in_one_order(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ROUND)
    ann, bob = desk(folder), desk(folder, "Bob")
    first = ann.calibration
    assert len(first) == 4
    assert first == bob.calibration == by_lot(ann.reports, ann.settings)[:4]
    assert list(Order(ann).upcoming())[:4] == list(Order(bob).upcoming())[:4] == first
    order = Order(ann)
    order.consider()
    assert order.wait(120)
    ranked = list(order.upcoming())
    assert ranked[:4] == first, "before what is ranked"
    assert len(ranked) == len(set(ranked)) == 12
    assert [name for name, _ in ordered(ann)] == ranked, "offline too"
    assert {ann.drawn_for(one) for one in first} == {"calibration"}
    draw(ann, 3)
    again = desk(folder)
    assert list(Order(again).upcoming())[:4] == first, "before a random sample of the unread"
    assert set(list(Order(again).upcoming())[4:7]) >= again.sample - set(first)


def test_all_read_the_calibration_round_whatever_the_others_decided_and_see_nothing_of_it(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ROUND.replace("[Ann, Bob]", "[Ann, Bob, Cid]"))
    ann, bob, cid, judge = (desk(folder, name) for name in ("Ann", "Bob", "Cid", "Judge"))
    one, *_, last = ann.calibration
    before = cid.labels()
    decide(ann, one, "include", 1)
    decide(bob, one, "exclude", 2)
    judge.refresh()
    assert judge.waits(one), "a conflict"
    decide(judge, one, "include", 3)
    cid.refresh()
    assert cid.waits(one), "settled, and still to be read by all"
    assert cid.calibration[0] == one
    assert cid.seen_of_others(one) == []
    assert cid.labels() == before, "nor does it move the order"
    assert cid.calibration_left() == (4, 4)
    other = next(name for name in ann.shelf.ids if name not in ann.calibration)
    decide(ann, other, "exclude", 4)
    cid.refresh()
    assert not cid.waits(other), "one reviewer decides on the others"
    decide(cid, one, "include", 5)
    assert cid.calibration_left() == (3, 3)
    assert calibration_line(Here(cid, Order(cid))) == (
        "Calibration round: of 4 reports that every reviewer reads first, you have 3 left."
    )
    for number, name in enumerate(cid.calibration[1:], 10):
        decide(cid, name, "exclude", number)
    assert calibration_line(Here(cid, Order(cid))) == (
        "Calibration round: you have read its 4 reports. Others have 3 left."
    )
    assert calibration_line(Here(judge, Order(judge))) == ""
    assert last in cid.calibration


def test_decisions_on_other_records_of_many_reports_sort_the_lots_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each such row changes a lot; sorted row by row, a page of a large review stood still for minutes."""
    folder = folder_of(tmp_path, ROUND)
    put_results(folder, [report(n) | {"record_ids": [f"s:{n}", f"s:{n}b"]} for n in range(1, 13)])
    ann = desk(folder)
    sorting = []
    monkeypatch.setattr(lots, "by_lot", lambda *asked, do=lots.by_lot: sorting.append(1) or do(*asked))
    with (folder / "review/decisions/screening.csv").open("a", encoding="utf-8") as table:
        table.writelines(f"b{n},s:{n}b,{STAGE},Bob,include,,,2025-01-02,\n" for n in range(1, 13))
    ann.refresh()
    assert len(sorting) == 1
    assert ann.calibration == desk(folder).calibration


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["Ann", "Bob"]), st.integers(0, 5), st.sampled_from(["include", "exclude", "unsure", "undo"])
    ),
    max_size=16,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(ACTS)
def test_a_page_that_is_open_one_that_starts_and_the_workflow_draw_the_same(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int, str]]
) -> None:
    declared = "reviewers: 1, second_reads: 0.5, calibration: 2, screeners: [Ann, Bob], adjudicators: [Judge]"
    folder = folder_of(tmp_path_factory.mktemp("lots"), declared, 6)
    open_now = {name: desk(folder, name) for name in ("Ann", "Bob")}
    for number, (name, place, act) in enumerate(acts):
        at, one = open_now[name], f"R{place + 1}"
        if act != "undo":
            decide(at, one, act, number)
        elif at.own(one):
            withdraw(at, one, number)
    rows = read_people("review/decisions/screening.csv", root=folder)
    reports = {f"R{n}": f"s:{n}" for n in range(1, 7)}
    found = stand(
        clusters(**reports),
        {STAGE: rows, "full_text": []},
        [],
        load(folder / "config.yaml").screening,
        [*REASONS, "design"],
    )
    states = {row["report_id"]: row["state"] for row in found.rows if row["stage"] == STAGE}
    for name, at in open_now.items():
        at.refresh()
        afresh = desk(folder, name)
        assert at.calibration == afresh.calibration
        assert set(at.calibration) == found.calibration[STAGE]
        for one in reports:
            assert at.waits(one) == afresh.waits(one)
            assert at.state(one) == afresh.state(one) == states[one]
            assert at.waits(one) or states[one] != "to_do" or at.own(one)


def test_a_decision_made_before_the_page_knew_of_the_others_draws_the_same_round(tmp_path: Path) -> None:
    """The report decided on must not count alone: without the others that were begun meanwhile, the round seemed complete."""
    folder = folder_of(tmp_path, ROUND.replace("calibration: 4", "calibration: 2"), 6)
    ann, bob = desk(folder), desk(folder, "Bob")
    one, two, three, *_ = by_lot(ann.reports, ann.settings)
    steps = [(ann, two), (bob, three), (ann, three), (bob, one), (bob, two), (ann, two)]
    for number, (at, name) in enumerate(steps):
        decide(at, name, "include", number)
    assert ann.calibration == desk(folder).calibration == [one, two]
    assert ann.waits(one)


def test_a_round_that_all_have_read_is_not_reopened_by_a_later_search(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ROUND)
    ann, bob = desk(folder), desk(folder, "Bob")
    first = list(ann.calibration)
    for number, name in enumerate(first):
        decide(ann, name, "exclude", number)
        decide(bob, name, "exclude", 20 + number)
    put_results(folder, [report(n) for n in range(1, 60)])
    later = desk(folder)
    assert later.calibration == first
    assert later.calibration_left() == (0, 0)
    assert by_lot(later.reports, later.settings)[:4] != first, "some of the added records drew lower lots"


def test_who_joins_after_the_calibration_round_reopens_it_for_no_other(tmp_path: Path) -> None:
    """A search brought records with lower lots meanwhile, and both have read these too."""
    folder = folder_of(tmp_path, ROUND)
    ann, bob = desk(folder), desk(folder, "Bob")
    first = list(ann.calibration)
    for number, name in enumerate(first):
        decide(ann, name, "exclude", number, "design")
        decide(bob, name, "exclude", 20 + number, "design")
    put_results(folder, [report(n) for n in range(1, 60)])
    ann, bob = desk(folder), desk(folder, "Bob")
    for number, name in enumerate(by_lot(ann.reports, ann.settings)[:10]):
        if name not in first:
            decide(ann, name, "exclude", 40 + number, "design")
            decide(bob, name, "exclude", 60 + number, "design")
    path = folder / "config.yaml"
    declared = path.read_text("utf-8").replace("[Ann, Bob]", "[Ann, Bob, Cem]")
    path.write_text(declared, encoding="utf-8")
    ann, cem = desk(folder), desk(folder, "Cem")
    assert ann.calibration == cem.calibration == first
    assert (ann.calibration_left(), cem.calibration_left()) == ((0, 4), (4, 4))
    assert list(Order(cem).upcoming())[:4] == first

    path.write_text(declared.replace("Cem]", "Cem], joined: [Cem]"), encoding="utf-8")
    ann, cem = desk(folder), desk(folder, "Cem")
    assert ann.calibration == first
    assert {ann.state(name) for name in first} == {"exclude"}, "what was decided stays so"
    assert (ann.calibration_left(), cem.calibration_left()) == ((0, 0), (0, 0))
    assert not any(map(cem.waits, first))
    assert cem.waiting() == ann.waiting() > 0
    assert calibration_line(Here(cem, Order(cem))) == ""


def test_who_joined_later_is_no_reader_of_a_round_that_is_not_finished(tmp_path: Path) -> None:
    joined = ROUND.replace("[Ann, Bob]", "[Ann, Bob, Cem], joined: [Cem]")
    folder = folder_of(tmp_path, joined)
    cem = desk(folder, "Cem")
    assert not any(map(cem.waits, cem.calibration)), "two read these: who decides alone else need not"
    three = folder_of(tmp_path / "three", joined.replace("reviewers: 1", "reviewers: 3"))
    assert all(map(desk(three, "Cem").waits, desk(three, "Cem").calibration)), "three must read every report"


def test_a_report_of_the_sample_waits_for_a_second_reader_and_for_no_third(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "reviewers: 1, second_reads: 0.5, adjudicators: [Judge]")
    ann, bob, cid = (desk(folder, name) for name in ("Ann", "Bob", "Cid"))
    sample = set(twice(ann.shelf.ids, ann.settings))
    assert 0 < len(sample) < 12
    for number, name in enumerate(ann.shelf.ids):
        decide(ann, name, "exclude", number)
    bob.refresh()
    assert set(Order(bob).upcoming()) == sample
    assert all(bob.seen_of_others(name) == [] for name in bob.shelf.ids)
    assert {row["report_id"] for row in bob.labels() if row["state"] == "to_do"} == sample
    one = min(sample)
    decide(bob, one, "exclude", 50)
    cid.refresh()
    assert set(Order(cid).upcoming()) == sample - {one}


def test_a_batch_for_offline_begins_with_the_calibration_round(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ROUND)
    first = desk(folder).calibration
    path = tmp_path / "batch.ris"
    export(desk(folder), path, 4)
    text = path.read_text(encoding="utf-8")
    assert all(f"s:{one[1:]}\n" in text for one in first)


def test_whoever_is_not_among_the_screeners_has_no_page(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ROUND)
    with pytest.raises(InputError, match=r"found 'Dan'; expected one of Ann, Bob, Judge\. .*title_abstract\.screeners"):
        desk(folder, "Dan")
    with pytest.raises(InputError, match="the spelling in use, 'Bob'"):
        desk(folder, "bob")


def test_a_screeners_name_spelt_in_another_way_is_an_error() -> None:
    with pytest.raises(InputError, match=r"line 2, column reviewer: found 'bob'; .*'Bob' stands in config.yaml"):
        stood([decision(2, "s:1", "bob", "include")], CALIBRATED)
