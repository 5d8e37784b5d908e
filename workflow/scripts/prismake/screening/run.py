"""The stage of screening as one step: check, sort, compare."""

import datetime
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ..aliases import check_aliases
from ..config import Screening
from ..people import Alias, Decision, Sampled
from ..tables import STANDING, whole, write_csv, write_parquet
from . import agreement, lots
from .course import COURSE, close, course, judge, points
from .decisions import Standing, previous_reports, stand
from .frame import frame_of_last

CONFLICT_COLUMNS = ["stage", "report_id", "record_id", "reviewer", "decision", "reason", "note", "decision_id", "title"]
IDLE_COLUMNS = ["stage", "report_id", "record_id", "decision_id"]


def apply_decisions(
    clusters: list[dict[str, Any]],
    reports: list[dict[str, Any]],
    decisions: dict[str, list[Decision]],
    aliases: list[Alias],
    sample: list[Sampled],
    frames: Mapping[str, Collection[str]],
    settings: Screening,
    reasons: list[str],
    source_kinds: dict[str, str],
    records: Iterable[Mapping[str, str]],
    out: dict[str, str],
) -> None:
    """Write where each report stands, conflicts, decisions without effect, agreement, who read what, and the course."""
    previous = previous_reports(clusters, source_kinds)
    standing = stand(clusters, decisions, aliases, settings, reasons, previous)
    titles = {report["report_id"]: report["title"] or report["title_other"] for report in reports}
    report_of = {row["record_id"]: row["report_id"] for row in clusters}
    names = check_aliases(aliases, report_of)
    pairs = agreement.agreement(decisions, report_of, names, settings, standing.calibration)
    seen = course(decisions["title_abstract"], standing.rows, report_of, names, _searched(records, report_of))
    frame = frame_of_last(sample, frames)
    stop = judge(seen, sample, settings.stopping, report_of, names, frame)
    rows = close(standing.rows) if settings.stopping.exclude_unread and stop.met else standing.rows
    write_parquet(out["standing"], STANDING, rows)
    write_csv(out["course"], COURSE, points(seen, settings.stopping.alpha))
    with whole(out["stop"]) as part:
        part.write_text(json.dumps(asdict(stop), indent=1) + "\n", encoding="utf-8")
    conflicts = [row | {"title": titles.get(row["report_id"], "")} for row in standing.conflicts]
    write_csv(out["conflicts"], CONFLICT_COLUMNS, conflicts)
    write_csv(out["idle"], IDLE_COLUMNS, standing.idle)
    write_csv(out["agreement"], agreement.COLUMNS, pairs)
    write_csv(out["readers"], lots.COLUMNS, _readers(standing, rows, settings))


def _searched(records: Iterable[Mapping[str, str]], report_of: Mapping[str, str]) -> dict[str, datetime.date]:
    """The day of the first search that found each report."""
    days: dict[str, str] = {}
    for row in records:
        report = report_of[row["record_id"]]
        days[report] = min(days.get(report, row["run"]), row["run"])
    return {report: datetime.date.fromisoformat(day) for report, day in days.items()}


def _readers(standing: Standing, rows: list[dict[str, Any]], settings: Screening) -> list[dict[str, Any]]:
    """Who has read what; `rows` are those of the standing, with what automation excluded."""
    to_do: dict[str, set[str]] = {stage: set() for stage in standing.read_by}
    for row in rows:
        if row["state"] == "to_do":
            to_do[row["stage"]].add(row["report_id"])
    return [
        row
        for stage, read_by in standing.read_by.items()
        for row in lots.account(
            stage, getattr(settings, stage), read_by, standing.pasts[stage], standing.calibration[stage], to_do[stage]
        )
    ]
