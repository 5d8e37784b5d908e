"""From rows of decisions to where each report stands at each stage.

People name any record of a report. A decision counts for the report that the record belongs to now; when a merge is
undone, it returns to the record that it named.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..config import Screening, Stage
from ..people import Alias, Decision
from ..problems import InputError, Problem, cell, nearest, show

PATHS = {"title_abstract": "review/decisions/screening.csv", "full_text": "review/decisions/fulltext.csv"}
ALLOWED = {
    "title_abstract": ("include", "exclude", "unsure"),
    "full_text": ("include", "exclude", "not_retrieved", "ongoing", "awaiting"),
}
GOES_ON = ("include", "unsure")
"""Decisions on title and abstract that take a report to the full text: in doubt it is read."""


@dataclass(frozen=True)
class Standing:
    """Where every report stands.

    ``rows`` has the columns of `prismake.tables.STANDING`; ``conflicts`` are for people to settle; ``idle`` are live
    decisions without effect, such as a full-text decision on a report that did not go on.
    """

    rows: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]
    idle: list[dict[str, Any]]


@dataclass
class _Votes:
    """The live decisions on one report at one stage."""

    reviewers: dict[str, list[Decision]] = field(default_factory=lambda: defaultdict(list))
    adjudicators: dict[str, list[Decision]] = field(default_factory=lambda: defaultdict(list))


def resolve(record_id: str, known: dict[str, str], aliases: dict[str, str]) -> str | None:
    """The report of a record, through aliases; None where there is none."""
    return known.get(aliases.get(record_id, record_id))


def previous_reports(clusters: list[dict[str, Any]], source_kinds: dict[str, str]) -> frozenset[str]:
    """Reports that a source of kind ``previous`` holds: they were included before and are not screened again."""
    return frozenset(row["report_id"] for row in clusters if source_kinds[row["record_id"].split(":")[0]] == "previous")


def unknown_record(where: str, record_id: str, known: Iterable[str]) -> Problem:
    """The problem of a table that names a record which no export holds."""
    hint = nearest(record_id, list(known))
    mend = "Ids are listed in results/search/records.csv. If the database changed the record, name the new id in "
    mend += "review/decisions/aliases.csv."
    return Problem(where, show(record_id), "the id of a record of this review", f"{hint} {mend}".strip())


def check_aliases(aliases: list[Alias], known: dict[str, str]) -> dict[str, str]:
    """Old id -> new id.

    Raises
    ------
    InputError
        When a new id is unknown, or an old one is still the id of a record.
    """
    path, problems = "review/decisions/aliases.csv", []
    for row in aliases:
        if row.record_id not in known:
            problems.append(unknown_record(cell(path, row.line, "record_id"), row.record_id, known))
        if row.old_record_id in known:
            where = cell(path, row.line, "old_record_id")
            problems.append(Problem(where, f"{show(row.old_record_id)}, which is a record", "an id no longer in use"))
    if problems:
        raise InputError(*problems)
    return {row.old_record_id: row.record_id for row in aliases}


def check(decisions: list[Decision], stage: str, reasons: Iterable[str]) -> list[Decision]:
    """Check the decisions of one stage; return those that are live, in the order of the file.

    Raises
    ------
    InputError
        For a decision that the stage does not know, an exclusion without a reason of the protocol, a row that supersedes
        nothing, or two live decisions of one reviewer on one record.
    """
    path, known, problems = PATHS[stage], {row.decision_id: row for row in decisions}, []
    reasons = list(reasons)
    for row in decisions:

        def fault(column: str, found: str, expected: str, mend: str = "", line: int = row.line) -> None:
            problems.append(Problem(cell(path, line, column), found, expected, mend))

        if row.stage != stage:
            fault("stage", show(row.stage), f"{stage} in this file")
        elif row.decision not in ALLOWED[stage]:
            fault("decision", show(row.decision), "one of " + ", ".join(ALLOWED[stage]))
        if row.decision == "exclude" and row.reason not in reasons:
            fault("reason", show(row.reason), "a key of eligibility.reasons: " + ", ".join(reasons))
        if row.decision != "exclude" and row.reason:
            fault("reason", show(row.reason), f"nothing, as the decision is {row.decision}", "Put it into note.")
        if row.supersedes and row.supersedes not in known:
            fault("supersedes", show(row.supersedes), "a decision_id of this file")
        elif row.supersedes and known[row.supersedes].line >= row.line:
            fault("supersedes", show(row.supersedes), "the decision_id of an earlier row")
        elif row.supersedes and known[row.supersedes].record_id != row.record_id:
            fault("supersedes", show(row.supersedes), f"a decision on the same record, {row.record_id}")
    live = [row for row in decisions if row.decision_id not in {other.supersedes for other in decisions}]
    problems += _contradictions(path, live)
    if problems:
        raise InputError(*problems)
    return live


def _contradictions(path: str, live: list[Decision]) -> list[Problem]:
    first: dict[tuple[str, str], Decision] = {}
    problems = []
    for row in live:
        earlier = first.setdefault((row.reviewer, row.record_id), row)
        if earlier is not row:
            problems.append(
                Problem(
                    cell(path, row.line),
                    f"a second live decision of {row.reviewer} on {row.record_id} ({row.decision}; line {earlier.line}: "
                    f"{earlier.decision})",
                    "one live decision of a reviewer on a record",
                    f"If this one replaces the earlier, write {earlier.decision_id} into its supersedes.",
                )
            )
    return problems


def stand(
    clusters: list[dict[str, Any]],
    decisions: dict[str, list[Decision]],
    aliases: list[Alias],
    settings: Screening,
    reasons: Iterable[str],
    previous: frozenset[str] = frozenset(),
) -> Standing:
    """Where each report stands at the stages that it has reached.

    Parameters
    ----------
    clusters : list of dict
        `prismake.tables.CLUSTERS`: which record belongs to which report.
    decisions : dict
        Stage -> rows of its file.
    aliases : list of Alias
    settings : Screening
    reasons : iterable of str
        Keys of the reasons, in order of precedence: when reviewers exclude for different reasons, the first counts.
    previous : frozenset of str
        Reports of the previous version of the review; they are not screened again.

    Raises
    ------
    InputError
        For every decision that cannot be used; none is skipped.
    """
    reasons = list(reasons)
    report_of = {row["record_id"]: row["report_id"] for row in clusters}
    names = check_aliases(aliases, report_of)
    reports = sorted(set(report_of.values()) - previous)
    votes: dict[str, dict[str, _Votes]] = {}
    problems: list[Problem] = []
    for stage in PATHS:
        rows = check(decisions[stage], stage, reasons)
        votes[stage], faults = _sort_votes(stage, rows, report_of, names, getattr(settings, stage))
        problems += faults
    if problems:
        raise InputError(*problems)

    rows: list[dict[str, Any]] = []
    conflicts: list[dict[str, Any]] = []
    for report in reports:
        for stage in PATHS:
            row, dispute = _state(report, stage, votes[stage].get(report, _Votes()), getattr(settings, stage), reasons)
            rows.append(row)
            conflicts += dispute
            if row["state"] != "include":
                break
    reached = {(row["report_id"], row["stage"]) for row in rows}
    idle = [
        {"stage": stage, "report_id": report, "decision_id": row.decision_id, "record_id": row.record_id}
        for stage, by_report in votes.items()
        for report, cast in sorted(by_report.items())
        for named in [*cast.reviewers.values(), *cast.adjudicators.values()]
        for row in named
        if (report, stage) not in reached
    ]
    return Standing(rows, conflicts, idle)


def _sort_votes(
    stage: str, rows: list[Decision], report_of: dict[str, str], aliases: dict[str, str], settings: Stage
) -> tuple[dict[str, _Votes], list[Problem]]:
    votes: dict[str, _Votes] = defaultdict(_Votes)
    problems = []
    for row in rows:
        report = resolve(row.record_id, report_of, aliases)
        if report is None:
            problems.append(unknown_record(cell(PATHS[stage], row.line, "record_id"), row.record_id, report_of))
        elif row.reviewer in settings.adjudicators:
            votes[report].adjudicators[row.reviewer].append(row)
        else:
            votes[report].reviewers[row.reviewer].append(row)
    return votes, problems


def _state(
    report: str, stage: str, votes: _Votes, settings: Stage, reasons: list[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The state of one report at one stage, and the conflict that it stands in, if any."""
    deciding = votes.adjudicators or votes.reviewers
    cast = [row for named in deciding.values() for row in named]
    outcomes = {_outcome(stage, row) for row in cast}
    if len(outcomes) > 1:
        state = "conflict"
    elif not cast or (not votes.adjudicators and len(votes.reviewers) < settings.reviewers):
        state = "to_do"
    else:
        state = outcomes.pop()
    given = {row.reason for row in cast if row.reason}
    row = {
        "report_id": report,
        "stage": stage,
        "state": state,
        "reason": next((r for r in reasons if r in given), "") if state == "exclude" else "",
        "decided_by": sorted(deciding),
        "note": "; ".join(dict.fromkeys(row.note for row in cast if row.note)),
    }
    if state != "conflict":
        return row, []
    return row, [
        {
            "report_id": report,
            "stage": stage,
            "record_id": one.record_id,
            "reviewer": one.reviewer,
            "decision": one.decision,
            "reason": one.reason,
            "note": one.note,
            "decision_id": one.decision_id,
        }
        for one in cast
    ]


def _outcome(stage: str, row: Decision) -> str:
    return "include" if stage == "title_abstract" and row.decision in GOES_ON else row.decision
