"""Review folders with made-up reports, ready to be screened."""

import datetime
from pathlib import Path
from typing import Any

from prismake.config import Config
from prismake.configfile import load
from prismake.init import make_review
from prismake.screening.desk import Desk
from prismake.tables import BIBLIOGRAPHY, CLUSTERS, LIST, REPORTS, write_csv, write_parquet

CONFIG = """review:
  title: A review <b>of</b> ulcers
  date: 2025-01-01
question: {population: people with foot ulcers, intervention: cell therapy}
eligibility:
  criteria: {population: {include: Ulcers, exclude: Mice}}
  reasons: {design: Wrong design, animals: "Animals, in vivo"}
sources:
  s:
    name: S
    searches:
      - {date: 2025-01-01, file: review/searches/s.ris}
screening:
  title_abstract: {reviewers: 2, adjudicators: [Judge]}
  full_text: {reviewers: 1}
"""
HOSTILE = "<img src=x onerror=alert(1)></script><script>document.title='owned'</script>{{7*7}}"


def report(number: int, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {column: [] if REPORTS[column] == LIST else "" for column in BIBLIOGRAPHY}
    row |= {
        "year": 2000 + number % 25,
        "title": f"Title {number} of an ulcer",
        "abstract": f"Abstract {number} on cells",
    }
    row |= {"authors": [f"Author{number}, A"], "journal": "Journal", "type": "article"}
    return {"report_id": f"R{number}", "record_ids": [f"s:{number}"], "sources": ["s"], **row, **more}


def make_folder(folder: Path, reports: list[dict[str, Any]], config: str = CONFIG) -> Path:
    """A review folder as it is after `./prismake dedup`."""
    make_review(folder, datetime.date(2025, 1, 1))
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    (folder / "review/searches/s.ris").write_text("", encoding="utf-8")
    put_results(folder, reports)
    return folder


def put_results(folder: Path, reports: list[dict[str, Any]]) -> None:
    write_parquet(folder / "results/dedup/reports.parquet", REPORTS, reports)
    clusters = [
        {"record_id": record, "report_id": row["report_id"], "represents": i == 0, "because": "", "decided_by": ""}
        for row in reports
        for i, record in enumerate(row["record_ids"])
    ]
    write_parquet(folder / "results/dedup/clusters.parquet", CLUSTERS, clusters)
    columns = ["record_id_1", "record_id_2", "score", "why"]
    first = [row["record_ids"][0] for row in reports[:2]]
    pairs = [{"record_id_1": first[0], "record_id_2": first[1], "score": 0.8, "why": "alike"}] if first[1:] else []
    write_csv(folder / "results/dedup/review.csv", columns, pairs)


def desk(folder: Path, reviewer: str = "Ann", stage: str = "title_abstract") -> Desk:
    return Desk(folder, config(folder), stage, reviewer)


def config(folder: Path) -> Config:
    return load(folder / "config.yaml")


def act_id(number: int) -> str:
    return f"S-{number:016x}"


def decide(at: Desk, report: str, decision: str, number: int, reason: str = "") -> list[str]:
    """Decide as the page does, knowing what stands."""
    expected = [row.decision_id for row in at.own(report)]
    reason = reason or ("design" if decision == "exclude" else "")
    return [row.decision_id for row in at.decide(report, decision, reason, "", act_id(number), expected)]


def withdraw(at: Desk, report: str, number: int) -> list[str]:
    expected = [row.decision_id for row in at.own(report)]
    return [row.decision_id for row in at.withdraw(report, act_id(number), expected)]
