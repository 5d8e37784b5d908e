"""What the report says of lots: who read what, the sample of second reads, and how the calibration round went."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from prismake.config import Screening, Stage
from prismake.report.sections import readers as said
from prismake.report.todo import left_to_read
from prismake.screening.run import apply_decisions
from prismake.tables import read_csv
from prismake.wording import many
from screening_cases import report
from test_screening import REASONS, clusters, decision
from test_screening_lots import STAGE, account, by_lot, record, stood, twice

DECLARED = Screening(
    title_abstract=Stage(second_reads=0.4, calibration=4, screeners=["Ann", "Bob"], adjudicators=["judge"], seed=3)
)


def material(folder: Path, rows: list[Any], declared: Screening = DECLARED) -> SimpleNamespace:
    """What the report reads of a review of eight reports."""
    names = ("standing.parquet", "conflicts.csv", "idle.csv", "agreement.csv", "readers.csv", "course.csv", "stop.json")
    out = {name.split(".")[0]: str(folder / name) for name in names}
    groups, reports = clusters(**{f"R{n}": f"s:{n}" for n in range(1, 9)}), [report(n) for n in range(1, 9)]
    decisions = {STAGE: rows, "full_text": []}
    apply_decisions(groups, reports, decisions, [], [], {}, declared, REASONS, {"s": "database"}, [], out)
    return SimpleNamespace(
        config=SimpleNamespace(screening=declared),
        readers=read_csv(out["readers"]),
        agreement=read_csv(out["agreement"]),
    )


def plain(text: str) -> str:
    return text.replace("\\", "")


def test_the_report_says_who_read_what_and_how_the_calibration_round_went(tmp_path: Path) -> None:
    every = by_lot([f"R{n}" for n in range(1, 9)], DECLARED.title_abstract)
    records = [record(one) for one in every]
    ann = [decision(n, one, "Ann", "exclude" if n % 2 else "include") for n, one in enumerate(records, 2)]
    bob = [decision(20 + n, one, "Bob", "include") for n, one in enumerate(records[:4])]
    assert said.decided_by(DECLARED.title_abstract) == (
        "1 reviewer, and by a second one in a random sample of 40% (seed 3; conflicts settled by judge)"
    )

    begun = material(tmp_path, ann[:3])
    text = plain(said.reading(begun))
    assert (
        "Of 8 reports, two or more reviewers have read the title and abstract of 0, one reviewer of 3, and no" in text
    )
    assert "Ann and Bob are to read the same 4 reports, drawn at random (seed 3); all of them have read 0." in text
    assert [plain(item) for item in left_to_read(begun)] == [
        "The calibration round on the title and abstract (4 reports) is not complete; left to read: Ann 1; Bob 4."
    ]

    calibrated = material(tmp_path, [*ann, *bob])
    text = plain(said.reading(calibrated))
    assert "two or more reviewers have read the title and abstract of 4, one reviewer of 4." in text
    assert "In the calibration round on the title and abstract, Ann and Bob each read the same 4 reports, drawn" in text
    assert "they agreed for 2 of 4 reports: 50% (15% to 85%), Cohen's kappa 0.00 (" in text
    assert "PABAK 0.00 (-0.70 to 0.70); 95% intervals." in text
    late = [
        decision(60, records[0], "Bob", "include"),
        *(decision(20 + n, one, "Bob", "include") for n, one in enumerate(records[1:6])),
    ]
    text = plain(said.reading(material(tmp_path, [*ann, *late])))
    assert "Before the last report of the round, Bob decided on 2 other reports." in text
    assert plain(said.agreement(calibrated)).count("title and abstract, calibration round") == 2, "on both scales"
    waiting = len(twice(every[4:], DECLARED.title_abstract))
    assert waiting
    assert [plain(item) for item in left_to_read(calibrated)] == [
        f"{many(waiting, 'report')} to be read on the title and abstract by a second reviewer (a random sample)."
    ]

    stage = DECLARED.title_abstract.model_copy(update={"screeners": ["Ann", "Bob", "Cem"], "joined": ["Cem"]})
    cem = [decision(50 + n, one, "Cem", "include") for n, one in enumerate(records[:2])]
    joined = material(tmp_path, [*ann, *bob, *cem], DECLARED.model_copy(update={"title_abstract": stage}))
    text = plain(said.reading(joined))
    assert (
        "Ann and Bob each read the same 4 reports, drawn at random (seed 3). Cem joined later and is not counted in it."
        in text
    )
    assert "they agreed for 2 of 4 reports" in text

    settled = [decision(40 + n, one, "judge", "include") for n, one in enumerate(records)]
    assert left_to_read(material(tmp_path, [*ann, *bob, *settled])) == []


def test_a_round_is_complete_without_who_joined_later_even_if_reports_wait_for_them(tmp_path: Path) -> None:
    declared = Stage(reviewers=3, calibration=2, screeners=["Ann", "Bob", "Cem", "Dan"], joined=["Cem", "Dan"])
    every = by_lot([f"R{n}" for n in range(1, 9)], declared)[:2]
    rows = [decision(10 * who + n, record(one), name, "include")
            for who, name in enumerate(("Ann", "Bob"), 1) for n, one in enumerate(every)]  # fmt: skip
    states, found = stood(rows, declared, 8)
    assert {states[one] for one in every} == {"to_do"}
    row = account(found, declared)[0]
    assert (row["readers"], row["complete"], row["begun"], row["left"]) == (3, 2, 2, "")
    text = plain(said.reading(material(tmp_path, rows, Screening(title_abstract=declared))))
    assert "Ann and Bob each read the same 2 reports, drawn at random" in text
    assert "Cem and Dan joined later and are not counted in it." in text


def test_the_report_says_nothing_of_lots_where_none_are_drawn(tmp_path: Path) -> None:
    rows = [decision(10 * n + m, f"s:{n}", who, "include") for n in range(1, 9) for m, who in enumerate(("Ann", "Bob"))]
    two = Screening(title_abstract=Stage(reviewers=2))
    found = material(tmp_path, rows, two)
    assert (said.reading(found), left_to_read(found)) == ("", [])
    assert said.decided_by(two.title_abstract) == "2 reviewers"
    alone = Stage(reviewers=1, adjudicators=["judge"])
    assert said.decided_by(alone) == "1 reviewer", "whom nobody contradicts"
    assert {row["of"] for row in found.agreement} == {"all"}
