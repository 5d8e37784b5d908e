"""The ledger adds up, the flow is counted from it, and the diagram says what was counted."""

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prismake.config import Config
from prismake.prisma.diagram import boxes, draw
from prismake.prisma.flow import Flow, count
from prismake.prisma.ledger import FATES, LEDGER, Evidence, build, check
from prismake.tables import ENTRIES, INT, LIST

REASONS = {"review": "A review", "design": "Wrong <design> & more"}
STATES = ["include", "exclude", "to_do", "conflict"]
LATER = ["include", "exclude", "not_retrieved", "ongoing", "awaiting", "to_do", "conflict"]


def config(**kinds: str) -> Config:
    sources = {
        key: {
            "name": key.upper(),
            "kind": kind,
            "method": "Websites" if kind == "other" else "",
            "searches": [{"date": day, "file": f"{key}.{day}.ris"} for day in ("2025-01-01", "2026-01-01")],
        }
        for key, kind in kinds.items()
    }
    review = {"title": "T", "date": "2026-01-01"}
    return Config.model_validate({"review": review, "sources": sources, "eligibility": {"reasons": REASONS}})


def counted(ledger: list[dict[str, Any]], setting: Config) -> Flow:
    return count(ledger, setting.sources, setting.eligibility.reasons)


def entry(source: str, number: int, record: str, run: str = "2025-01-01") -> dict[str, Any]:
    row = {column: [] if kind == LIST else None if kind == INT else "" for column, kind in ENTRIES.items()}
    return row | {
        "source": source,
        "run": run,
        "entry": number,
        "record_id": record,
        "file": f"{source}.ris",
        "line": 1,
    }


def account(source: str, parsed: int, rejected: int = 0, run: str = "2025-01-01") -> dict[str, Any]:
    return {
        "source": source, "run": run, "file": f"{source}.ris", "entries": parsed + rejected, "parsed": parsed,
        "rejected": rejected,
    }  # fmt: skip


def stood(report: str, *states: str) -> list[dict[str, Any]]:
    return [
        {
            "report_id": report,
            "stage": stage,
            "state": state,
            "reason": "design" if state == "exclude" else "",
            "decided_by": ["x"],
            "note": "",
        }
        for stage, state in zip(("title_abstract", "full_text"), states, strict=False)
    ]


def cluster(report: str, *records: str, person: bool = False) -> list[dict[str, Any]]:
    return [
        {
            "record_id": record,
            "report_id": report,
            "represents": i == 0,
            "because": "" if i == 0 else "same title",
            "decided_by": "" if i == 0 else "person" if person else "rule",
        }
        for i, record in enumerate(records)
    ]


def evidence(setting: Config, entries: list[dict[str, Any]], **more: Any) -> Evidence:
    parsed: dict[tuple[str, str], int] = {}
    for row in entries:
        parsed[row["source"], row["run"]] = parsed.get((row["source"], row["run"]), 0) + 1
    values: dict[str, Any] = {
        "entries": entries, "rejects": [], "clusters": [], "standing": [], "linked": {},
        "accounts": [account(source, n, run=run) for (source, run), n in parsed.items()], "sources": setting.sources,
    }  # fmt: skip
    return Evidence(**(values | more))


def small() -> tuple[Config, Evidence]:
    setting = config(a="database", b="register", w="other", p="previous")
    entries = [entry("a", i, f"a:{i}") for i in range(1, 7)]
    entries += [entry("b", 1, "b:1"), entry("w", 1, "w:1"), entry("w", 2, "w:2"), entry("p", 1, "p:1")]
    entries += [entry("a", 1, "a:1", "2026-01-01")]
    rejects = [{"source": "b", "run": "2025-01-01", "entry": 2, "file": "b.ris", "line": 9, "why": "no content"}]
    clusters = [
        *cluster("R1", "a:1", "b:1"),
        *cluster("R2", "a:2", "w:1", person=True),
        *cluster("R3", "a:3"),
        *cluster("R4", "a:4"),
        *cluster("R5", "a:5"),
        *cluster("R6", "p:1", "a:6"),
        *cluster("R7", "w:2"),
    ]
    standing = [
        *stood("R1", "include", "include"),
        *stood("R2", "exclude"),
        *stood("R3", "include", "exclude"),
        *stood("R4", "to_do"),
        *stood("R5", "include", "ongoing"),
        *stood("R7", "include", "include"),
    ]
    linked = {"R1": "s1", "R7": "s1", "R6": "s0"}
    accounts = [
        account("a", 6),
        account("a", 1, run="2026-01-01"),
        account("b", 1, 1),
        account("w", 2),
        account("p", 1),
    ]
    return setting, evidence(
        setting, entries, rejects=rejects, clusters=clusters, standing=standing, linked=linked, accounts=accounts
    )


def test_every_entry_has_one_fate() -> None:
    _, found = small()
    ledger = build(found)
    fates = {(row["source"], row["run"][:4], row["entry"]): row["fate"] for row in ledger}
    assert fates == {
        ("a", "2025", 1): "included",
        ("a", "2025", 2): "excluded_on_abstract",
        ("a", "2025", 3): "excluded_on_full_text",
        ("a", "2025", 4): "to_screen",
        ("a", "2025", 5): "ongoing",
        ("a", "2025", 6): "duplicate",
        ("a", "2026", 1): "duplicate",
        ("b", "2025", 1): "duplicate",
        ("b", "2025", 2): "rejected",
        ("w", "2025", 1): "duplicate",
        ("w", "2025", 2): "included",
        ("p", "2025", 1): "included_before",
    }
    assert all(row.keys() == LEDGER.keys() for row in ledger)
    again = next(row for row in ledger if row["run"] == "2026-01-01")
    assert again["duplicate_because"] == "in an earlier search of this source"


def test_the_flow_keeps_databases_other_sources_and_the_previous_version_apart() -> None:
    setting, found = small()
    flow = counted(build(found), setting)
    databases, other = flow.databases, flow.other
    assert other is not None
    assert databases.identified == {"Databases": [("A", 7)], "Registers": [("B", 1)]}
    assert (databases.records, databases.duplicates, databases.unreadable) == (8, 3, 1)
    assert (databases.screened, databases.to_screen, databases.excluded) == (4, 1, {"design": 1})
    assert (databases.sought, databases.assessed, databases.reports_excluded) == (3, 3, {"design": 1})
    assert (other.records, other.duplicates_by_person, other.included) == (2, 1, 1)
    assert (flow.studies, flow.reports, flow.previous_studies, flow.previous_reports) == (1, 2, 1, 1)
    assert flow.updated


def lines(flow: Flow, name: str) -> list[str]:
    (box,) = (box for box in boxes(flow, REASONS) if box.name == name)
    return [line.replace("\u00a0", " ") for line in box.lines]


def test_what_automation_excluded_was_removed_before_screening_and_the_steps_add_up() -> None:
    setting, found = small()
    before = counted(build(found), setting).databases
    for row in found.standing:
        if (row["report_id"], row["stage"]) == ("R4", "title_abstract"):
            row["state"] = "automation"
    ledger = build(found)
    assert [row["record_id"] for row in ledger if row["fate"] == "excluded_by_automation"] == ["a:4"]
    flow = counted(ledger, setting)
    assert (flow.databases.automation, flow.databases.to_screen) == (1, 0)
    assert (flow.databases.records, flow.databases.screened) == (before.records, before.screened)
    assert "Records marked as ineligible by automation tools (n = 1)" in " ".join(lines(flow, "removed"))
    assert "automation" not in " ".join(lines(counted(build(small()[1]), setting), "removed"))


def test_new_reports_of_earlier_or_of_no_study_stand_on_lines_of_their_own() -> None:
    setting, found = small()
    linked = {"R1": "s0", "R6": "s0"}
    flow = counted(build(replace(found, linked=linked)), setting)
    assert lines(flow, "included") == [
        "New studies included in review (n = 0)",
        "Reports of new included studies (n = 0)",
        "New reports of studies included before (n = 1)",
        "Included reports not linked to a study yet (n = 1)",
    ]
    assert lines(flow, "total") == [
        "Total studies included in review (n = 1)",
        "Reports of total included studies (n = 2)",
        "Included reports not linked to a study yet (n = 1)",
    ]


def test_reports_of_the_previous_version_without_a_study_are_told_apart() -> None:
    setting, found = small()
    flow = counted(build(replace(found, linked={"R1": "s1", "R7": "s1"})), setting)
    assert flow.updated
    assert lines(flow, "previous") == [
        "Studies included in previous version of review (n = 0)",
        "Reports of studies included in previous version of review (n = 0)",
        "Included reports not linked to a study yet (n = 1)",
    ]


def test_sources_of_one_name_are_counted_each() -> None:
    setting, found = small()
    sources = {key: source.model_copy(update={"name": "Medline", "kind": "database"} if key in "ab" else {})
               for key, source in setting.sources.items()}  # fmt: skip
    flow = count(build(found), sources, REASONS)
    assert flow.databases.identified == {"Databases": [("Medline", 7), ("Medline", 1)]}
    assert flow.databases.records == 8


def test_a_ledger_that_does_not_add_up_stops_with_the_rows_at_fault() -> None:
    _, found = small()
    ledger = build(found)
    lost = [row for row in ledger if row["record_id"] != "a:3"]
    with pytest.raises(
        ArithmeticError, match=r"a\.ris: 6 entries were read \(6 records, 0 rejected\), the ledger holds 5"
    ):
        check(lost, found.accounts)
    with pytest.raises(ArithmeticError, match="stands 2 times in the ledger"):
        check([*ledger, ledger[0]], found.accounts)
    with pytest.raises(ArithmeticError, match="fate 'vanished'"):
        check([row | ({"fate": "vanished"} if row["record_id"] == "a:3" else {}) for row in ledger], found.accounts)
    twice = [row | ({"fate": "to_screen"} if row["record_id"] == "b:1" else {}) for row in ledger]
    with pytest.raises(ArithmeticError, match=r"report R1 is represented by \['a:1', 'b:1'\]"):
        check(twice, found.accounts)


REVIEWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["a", "b", "w", "p"]), min_size=1, max_size=4),
        st.sampled_from(STATES),
        st.sampled_from(LATER),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=150)
@given(reports=REVIEWS)
def test_records_are_conserved_whatever_people_decide(reports: list[tuple[list[str], str, str, bool]]) -> None:
    setting = config(a="database", b="register", w="other", p="previous")
    order = "pabw"
    entries: list[dict[str, Any]] = []
    clusters: list[dict[str, Any]] = []
    standing: list[dict[str, Any]] = []
    linked = {}
    for number, (sources, first, second, person) in enumerate(reports):
        members = []
        for source in sorted(sources, key=order.index):
            entries.append(entry(source, len(entries) + 1, f"{source}:{len(entries)}"))
            members.append(entries[-1]["record_id"])
        report = f"R{number}"
        clusters += cluster(report, *members, person=person)
        if "p" not in sources:
            standing += stood(report, first, *([second] if first == "include" else []))
        linked[report] = f"s{number // 2}"
    ledger = build(evidence(setting, entries, clusters=clusters, standing=standing, linked=linked))
    assert len(ledger) == len(entries)
    assert {row["fate"] for row in ledger} <= set(FATES)
    flow = counted(ledger, setting)
    previous = sum(source == "p" for sources, *_ in reports for source in sources)
    assert flow.databases.records + flow.other.records + previous == len(entries)
    assert flow.all_reports + flow.all_without_study <= len(reports)
    draw(flow, REASONS)


def numbers(flow: Flow) -> list[int]:
    return [
        int(n.replace(",", ""))
        for box in boxes(flow, REASONS)
        for line in box.lines
        for n in re.findall(r"[\d,]+(?=\))", line)
    ]


def test_the_diagram_is_valid_svg_that_escapes_and_repeats_itself() -> None:
    setting, found = small()
    flow = counted(build(found), setting)
    svg = draw(flow, REASONS)
    assert draw(flow, REASONS) == svg
    root = ElementTree.fromstring(svg)
    text = " ".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}tspan"))
    assert "Wrong <design> & more" in text
    assert [int(n) for n in re.findall(r"(\d+)\)", text)] == numbers(flow)
    assert "(n\u00a0=\u00a01)" in text


def test_boxes_hold_their_text_and_do_not_overlap() -> None:
    setting, found = small()
    reasons = {"review": "A very long reason " * 6, "design": "Wrong"}
    root = ElementTree.fromstring(draw(counted(build(found), setting), reasons))
    namespace = "{http://www.w3.org/2000/svg}"
    drawn = []
    for group in root.iter(f"{namespace}g"):
        rect = group.find(f"{namespace}rect")
        assert rect is not None
        x, y, width, height = (float(rect.get(name, "0")) for name in ("x", "y", "width", "height"))
        drawn.append((x, y, x + width, y + height))
        for line in group.iter(f"{namespace}tspan"):
            assert x < float(line.get("x", "0")) < x + width
            assert y < float(line.get("y", "0")) < y + height - 2
    for i, one in enumerate(drawn):
        for two in drawn[i + 1 :]:
            assert one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] or two[3] <= one[1]


def test_an_empty_review_has_a_diagram_of_zeros() -> None:
    flow = counted([], config())
    assert set(numbers(flow)) == {0}
    assert ElementTree.fromstring(draw(flow, {})).tag.endswith("svg")
