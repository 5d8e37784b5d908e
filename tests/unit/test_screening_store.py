"""The table of decisions while people decide: appended to by several processes, cut off by crashes, edited by hand."""

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.config import Stage
from prismake.people import Decision, header, read_people
from prismake.problems import InputError
from prismake.screening import growing
from prismake.screening.store import Store

PATH = "review/decisions/screening.csv"
HEADER = ",".join(header(PATH)) + "\n"
NOON = datetime.datetime(2025, 1, 2, 12, tzinfo=datetime.UTC)


def made(number: str, record: str = "a:1", reviewer: str = "x", decision: str = "include", **more: str) -> Decision:
    reason = "review" if decision == "exclude" else ""
    values = {"decision_id": number, "record_id": record, "stage": "title_abstract", "reviewer": reviewer}
    return Decision.model_validate(values | {"decision": decision, "reason": reason, "decided_at": NOON} | more)


def table(folder: Path, text: str = HEADER) -> Path:
    path = folder / PATH
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def store(folder: Path) -> Store:
    return Store(folder, "title_abstract", ["review"], Stage(), {})


def test_a_decision_is_in_the_file_when_it_is_added_and_the_earlier_bytes_stay(tmp_path: Path) -> None:
    path = table(tmp_path)
    kept = store(tmp_path)
    kept.add(lambda: [made("d1", note='said "no",\nthen =yes')])
    before = path.read_bytes()
    kept.add(lambda: [made("d2", "a:2", "y", "exclude")])
    assert path.read_bytes().startswith(before)
    rows = read_people(PATH, root=tmp_path)
    assert [(row.decision_id, row.decision, row.note) for row in rows] == [
        ("d1", "include", 'said "no",\nthen =yes'),
        ("d2", "exclude", ""),
    ]
    assert rows[0].decided_at == NOON
    assert [row.line for row in kept.rows.values()] == [row.line for row in rows] == [2, 4]


def test_two_stores_of_one_file_see_each_other(tmp_path: Path) -> None:
    table(tmp_path)
    one, other = store(tmp_path), store(tmp_path)
    one.add(lambda: [made("d1")])
    assert other.refresh() == {"a:1"}
    assert [row.decision_id for row in other.live("a:1")] == ["d1"]
    with pytest.raises(InputError, match="a second live decision of x on a:1"):
        other.add(lambda: [made("d2", decision="unsure")])
    other.add(lambda: [made("d2", decision="unsure", supersedes="d1")])
    one.refresh()
    assert [row.decision_id for row in one.live("a:1")] == ["d2"]


def test_what_cannot_stand_in_the_file_is_not_written(tmp_path: Path) -> None:
    path = table(tmp_path)
    kept = store(tmp_path)
    for row in (
        made("d1", supersedes="d9"),
        made("d1", decision="exclude", reason="boring"),
        made("d1", stage="full_text"),
    ):
        with pytest.raises(InputError):
            kept.add(lambda row=row: [row])
    kept.add(lambda: [made("d1", reviewer="Ann")])
    with pytest.raises(InputError, match="one spelling of a name"):
        kept.add(lambda: [made("d2", reviewer="ann")])
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_form_of_a_file_that_a_person_saved_is_kept(tmp_path: Path, end: str) -> None:
    text = "\ufeff" + HEADER.strip() + end + "d1,a:1,title_abstract,x,include,,,2025-01-02,"
    path = table(tmp_path, text)
    kept = store(tmp_path)
    assert kept.notice == ""
    kept.add(lambda: [made("d2", "a:2")])
    last = "d2,a:2,title_abstract,x,include,,,2025-01-02T12:00:00Z,"
    assert path.read_bytes().decode() == text + end + last + end


def test_an_emptied_table_is_not_one_without_decisions(tmp_path: Path) -> None:
    path = table(tmp_path)
    kept = store(tmp_path)
    path.write_bytes(b"")
    for look in (kept.refresh, lambda: store(tmp_path)):
        with pytest.raises(InputError, match=r"screening\.csv, line 1: found an empty line; expected the header"):
            look()


def test_a_table_without_a_column_is_named(tmp_path: Path) -> None:
    table(tmp_path, HEADER.replace(",note", ""))
    with pytest.raises(InputError, match="line 1: found no column note"):
        store(tmp_path).add(lambda: [made("d1")])


def test_a_person_can_edit_the_file_meanwhile(tmp_path: Path) -> None:
    path = table(tmp_path)
    kept = store(tmp_path)
    kept.add(lambda: [made("d1"), made("d2", "a:2")])
    part = path.with_suffix(".new")
    part.write_text(path.read_text().replace("d1,a:1", "d1,a:3"))
    part.replace(path)
    assert kept.refresh() == {"a:1", "a:2", "a:3"}
    kept.add(lambda: [made("d3", "a:4")])
    assert [row.record_id for row in read_people(PATH, root=tmp_path)] == ["a:3", "a:2", "a:4"]
    path.write_text(path.read_text() + "d4,a:5,title_abstract,x,maybe,,,2025-01-02,\n")
    with pytest.raises(InputError, match="line 5, column decision: found 'maybe'"):
        kept.refresh()
    assert [row.decision_id for row in kept.live("a:4")] == ["d3"]


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path)
    kept = store(tmp_path)
    write = os.write
    monkeypatch.setattr(growing.os, "write", lambda file, data: write(file, data[:20]))
    with pytest.raises(OSError, match="No space left"):
        kept.add(lambda: [made("d1")])
    monkeypatch.undo()
    assert path.read_text() == HEADER
    assert kept.rows == {}
    kept.add(lambda: [made("d1")])
    assert list(kept.rows) == ["d1"]


WHOLE = 'd1,a:1,title_abstract,x,include,,"a, b",2025-01-02T12:00:00Z,\n'
LAST = "d2,a:1,title_abstract,x,exclude,review,too äldre,2025-01-02T12:00:01Z,d1\n"


@settings(max_examples=60)
@given(st.integers(1, len(LAST.encode()) - 1))
def test_a_row_cut_off_anywhere_is_set_aside_and_costs_no_other(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    path = table(folder, HEADER + WHOLE)
    tail = LAST.encode()[:length]
    path.write_bytes(path.read_bytes() + tail)
    kept = store(folder)
    if tail == LAST.strip().encode():
        assert kept.notice == ""
        assert list(kept.rows) == ["d1", "d2"]
    else:
        assert list(kept.rows) == ["d1"]
        assert "line 3: " in kept.notice
        assert path.with_name("screening.csv.torn").read_bytes() == tail + b"\n"
        assert path.read_text() == HEADER + WHOLE
    kept.add(lambda: [made("d3", "a:3")])
    assert read_people(PATH, root=folder)[-1].decision_id == "d3"


def test_a_fault_elsewhere_is_no_torn_row(tmp_path: Path) -> None:
    path = table(tmp_path, HEADER + "d1,a:1\n" + "d2,a:2,title")
    before = path.read_bytes()
    with pytest.raises(InputError, match="line 2: found 2 cells"):
        store(tmp_path)
    assert path.read_bytes() == before


WRITER = """
import sys, pathlib
sys.path[:0] = sys.argv[3:]
from test_screening_store import made, store
name = sys.argv[2]
kept = store(pathlib.Path(sys.argv[1]))
for i in range(60):
    kept.add(lambda: [made(f"{name}{i}", f"a:{i}", name, note="n" * 40 * i)])
"""


def test_processes_that_write_at_once_lose_nothing_and_tear_nothing(tmp_path: Path) -> None:
    table(tmp_path)
    here = Path(__file__).resolve()
    folders = [str(here.parent), str(here.parents[2] / "workflow/scripts")]
    running = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name, *folders]) for name in "pqr"]
    assert [process.wait() for process in running] == [0, 0, 0]
    rows = read_people(PATH, root=tmp_path)
    assert sorted(row.decision_id for row in rows) == sorted(f"{name}{i}" for name in "pqr" for i in range(60))
    assert all(len(row.note) == 40 * int(row.decision_id[1:]) for row in rows)


def test_a_file_is_started_once(tmp_path: Path) -> None:
    path = tmp_path / "deep/log.csv"
    growing.start(path, "a,b")
    with growing.held(path) as file:
        growing.append(file, b"1,2\n")
    growing.start(path, "a,b")
    assert path.read_text() == "a,b\n1,2\n"
    assert list(path.parent.iterdir()) == [path]
