"""From rows of decisions to where each report stands at each stage.

People name any record of a report. A decision counts for the report that the record belongs to now; when a merge is
undone, it returns to the record that it named.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..aliases import check_aliases, present, unknown_record
from ..config import Screening, Stage
from ..people import WITHDRAWN, Alias, Decision
from ..problems import InputError, Problem, cell, show
from . import lots
from .lots import Past, Readers

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
    decisions without effect, such as a full-text decision on a report that did not go on. ``read_by`` has for each stage the
    reports that reached it and the reviewers who have read each, ``pasts`` what lots ask of these reports, and
    ``calibration`` the reports of its round.
    """

    rows: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]
    idle: list[dict[str, Any]]
    read_by: dict[str, dict[str, frozenset[str]]]
    pasts: dict[str, dict[str, Past]]
    calibration: dict[str, frozenset[str]]


@dataclass
class _Votes:
    """The live decisions on one report at one stage."""

    reviewers: dict[str, list[Decision]] = field(default_factory=lambda: defaultdict(list))
    adjudicators: dict[str, list[Decision]] = field(default_factory=lambda: defaultdict(list))

    def take(self, row: Decision, settings: Stage) -> None:
        """Sort a decision by who made it."""
        side = self.adjudicators if row.reviewer in settings.adjudicators else self.reviewers
        side[row.reviewer].append(row)


def resolve(record_id: str, known: dict[str, str], aliases: dict[str, str]) -> str | None:
    """The report of a record, through aliases; None where there is none."""
    return known.get(present(record_id, aliases))


def previous_reports(clusters: list[dict[str, Any]], source_kinds: dict[str, str]) -> frozenset[str]:
    """Reports that a source of kind ``previous`` holds: they were included before and are not screened again."""
    return frozenset(row["report_id"] for row in clusters if source_kinds[row["record_id"].split(":")[0]] == "previous")


def check(
    decisions: list[Decision], stage: str, reasons: Iterable[str], settings: Stage, aliases: dict[str, str]
) -> list[Decision]:
    """Check the decisions of one stage; return those that are live, in the order of the file.

    A decision is live when no other one supersedes it and it was not withdrawn. A withdrawn decision supersedes nothing:
    what it had replaced is live again.

    Raises
    ------
    InputError
        For a decision that the stage does not know, an exclusion without a reason of the protocol, a row that supersedes
        nothing or another reviewer's decision, one that withdraws what is not live, two live decisions of one reviewer on
        one record, or one reviewer's name spelt in two ways.
    """
    chains = Chains()
    problems, reasons = spellings(PATHS[stage], decisions, settings), list(reasons)
    for row in decisions:
        problems += _faults(row, stage, reasons)
        if row.supersedes or row.decision == WITHDRAWN:
            problems += _faulty_supersedes(row, PATHS[stage], chains, settings, aliases)
        chains.add(row)
    live = chains.live()
    problems += _contradictions(PATHS[stage], live, aliases)
    if problems:
        raise InputError(
            *sorted(problems, key=lambda problem: [int(n) for n in re.findall(r"line (\d+)", problem.where)])
        )
    return live


class Chains:
    """Which decisions are live, row by row in the order of a file."""

    def __init__(self) -> None:
        self.known: dict[str, Decision] = {}
        self._replaced_by: dict[str, set[str]] = defaultdict(set)
        self._withdrawn: set[str] = set()

    def add(self, row: Decision) -> None:
        """Take the next row of the file."""
        self.known[row.decision_id] = row
        replaced = self.known.get(row.supersedes)
        if row.decision == WITHDRAWN:
            self._withdrawn.add(row.supersedes)
            if replaced is not None:
                self._replaced_by[replaced.supersedes].discard(replaced.decision_id)
        elif replaced is not None:
            self._replaced_by[row.supersedes].add(row.decision_id)

    def was_withdrawn(self, row: Decision) -> bool:
        """Whether a row was taken back, or takes one back: neither can be superseded."""
        return row.decision == WITHDRAWN or row.decision_id in self._withdrawn

    def is_live(self, row: Decision) -> bool:
        """Whether a decision counts: neither replaced nor withdrawn."""
        return not self.was_withdrawn(row) and not self._replaced_by[row.decision_id]

    def live(self) -> list[Decision]:
        """The decisions that count, in the order of the file."""
        return [row for row in self.known.values() if self.is_live(row)]


def _faults(row: Decision, stage: str, reasons: list[str]) -> Iterator[Problem]:
    """What is wrong with the cells of one row."""

    def fault(column: str, expected: str, mend: str = "") -> Problem:
        return Problem(cell(PATHS[stage], row.line, column), show(getattr(row, column)), expected, mend)

    if row.stage != stage:
        yield fault("stage", f"{stage} in this file")
    elif row.decision not in (*ALLOWED[stage], WITHDRAWN):
        yield fault("decision", "one of " + ", ".join((*ALLOWED[stage], WITHDRAWN)))
    if row.decision == "exclude" and row.reason not in reasons:
        yield fault("reason", "a key of eligibility.reasons: " + ", ".join(reasons))
    if row.decision != "exclude" and row.reason:
        yield fault("reason", f"nothing, as the decision is {row.decision}", "Put it into note.")


def _faulty_supersedes(
    row: Decision, path: str, chains: Chains, settings: Stage, aliases: dict[str, str]
) -> list[Problem]:
    """What is wrong with the decision that a row replaces or takes back; `chains` hold the rows before it."""
    where, replaced = cell(path, row.line, "supersedes"), chains.known.get(row.supersedes)
    if replaced is None:
        return [Problem(where, show(row.supersedes), "the decision_id of an earlier row of this file")]
    withdrawn = chains.was_withdrawn(replaced)
    if withdrawn or (row.decision == WITHDRAWN and not chains.is_live(replaced)):
        found = f"{show(row.supersedes)}, which " + ("was withdrawn" if withdrawn else "another row supersedes")
        return [Problem(where, found, "a decision that is live", "Name the one that stands now, or none.")]
    if present(replaced.record_id, aliases) != present(row.record_id, aliases):
        return [Problem(where, show(row.supersedes), f"a decision on the same record, {row.record_id}")]
    if replaced.reviewer != row.reviewer and row.reviewer not in settings.adjudicators:
        found = f"{show(row.supersedes)}, a decision of {show(replaced.reviewer)}"
        mend = f"Where {row.reviewer} settles conflicts, name {row.reviewer} under screening.{row.stage}.adjudicators."
        return [Problem(where, found, f"an earlier decision of {show(row.reviewer)}", mend)]
    return []


def spellings(path: str, decisions: list[Decision], settings: Stage) -> list[Problem]:
    """What is wrong with reviewers' names: those that differ in capitals alone would count as two."""
    first = {name.casefold(): (name, "config.yaml") for name in (*settings.screeners, *settings.adjudicators)}
    problems = []
    for row in decisions:
        name, where = first.setdefault(row.reviewer.casefold(), (row.reviewer, f"line {row.line}"))
        if name != row.reviewer:
            expected = f"one spelling of a name: {show(name)} stands in {where}"
            problems.append(Problem(cell(path, row.line, "reviewer"), show(row.reviewer), expected))
    return problems


def _contradictions(path: str, live: list[Decision], aliases: dict[str, str]) -> list[Problem]:
    first: dict[tuple[str, str], Decision] = {}
    problems = []
    for row in live:
        earlier = first.setdefault((row.reviewer, present(row.record_id, aliases)), row)
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
    represents = {row["report_id"]: row["record_id"] for row in clusters if row["represents"]}
    names = check_aliases(aliases, report_of)
    reports = sorted(set(report_of.values()) - previous)
    votes: dict[str, dict[str, _Votes]] = {}
    problems: list[Problem] = []
    for stage in PATHS:
        rows = check(decisions[stage], stage, reasons, getattr(settings, stage), names)
        votes[stage], faults = _sort_votes(stage, rows, report_of, names, getattr(settings, stage))
        problems += faults
    if problems:
        raise InputError(*problems)

    at: dict[str, _AtStage] = {}
    reaching = reports
    for stage in PATHS:
        pasts = _pasts(reaching, decisions[stage], report_of, names, represents)
        at[stage] = _at_stage(stage, pasts, votes[stage], getattr(settings, stage), reasons)
        reaching = [report for report, (row, _) in at[stage].found.items() if row["state"] == "include"]
    found = [at[stage].found[report] for report in reports for stage in PATHS if report in at[stage].found]
    idle = [
        {"stage": stage, "report_id": report, "decision_id": row.decision_id, "record_id": row.record_id}
        for stage, cast_on in votes.items()
        for report, cast in sorted(cast_on.items())
        for named in [*cast.reviewers.values(), *cast.adjudicators.values()]
        for row in named
        if report not in at[stage].found
    ]
    return Standing(
        rows=[row for row, _ in found],
        conflicts=[one for _, dispute in found for one in dispute],
        idle=idle,
        read_by={stage: one.read_by for stage, one in at.items()},
        pasts={stage: one.pasts for stage, one in at.items()},
        calibration={stage: one.calibration for stage, one in at.items()},
    )


@dataclass(frozen=True)
class _AtStage:
    """Where the reports that reached one stage stand there: report -> its row and its conflict."""

    found: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]
    read_by: dict[str, frozenset[str]]
    pasts: dict[str, Past]
    calibration: frozenset[str]


def _at_stage(
    stage: str, pasts: dict[str, Past], votes: dict[str, _Votes], settings: Stage, reasons: list[str]
) -> _AtStage:
    nobody = _Votes()
    read_by = {report: past.read_by.difference(settings.adjudicators) for report, past in pasts.items()}
    calibration = lots.calibration_of(stage, settings, read_by, pasts)
    found = {}
    for report, past in pasts.items():
        must = lots.readers(past.record, stage, settings, report in calibration)
        found[report] = _state(report, stage, votes.get(report, nobody), must, reasons)
    return _AtStage(found, read_by, pasts, calibration)


def _pasts(
    reports: list[str],
    rows: list[Decision],
    report_of: dict[str, str],
    aliases: dict[str, str],
    represents: dict[str, str],
) -> dict[str, Past]:
    """The past of each report at a stage, from all rows of its file."""
    on: dict[str | None, list[Decision]] = defaultdict(list)
    for row in rows:
        on[resolve(row.record_id, report_of, aliases)].append(row)
    return {report: lots.past_of(represents[report], on.get(report, ())) for report in reports}


def _sort_votes(
    stage: str, rows: list[Decision], report_of: dict[str, str], aliases: dict[str, str], settings: Stage
) -> tuple[dict[str, _Votes], list[Problem]]:
    votes: dict[str, _Votes] = defaultdict(_Votes)
    problems = []
    for row in rows:
        report = resolve(row.record_id, report_of, aliases)
        if report is None:
            where = cell(PATHS[stage], row.line, "record_id")
            problems.append(unknown_record(where, row.record_id, report_of, present(row.record_id, aliases)))
        else:
            votes[report].take(row, settings)
    return votes, problems


def state_of(
    report: str, stage: str, live: Iterable[Decision], settings: Stage, readers: Readers, reasons: list[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Where one report stands at one stage by the live decisions on its records, and its conflict, as in `Standing`."""
    votes = _Votes()
    for row in live:
        votes.take(row, settings)
    return _state(report, stage, votes, readers, reasons)


def _state(
    report: str, stage: str, votes: _Votes, readers: Readers, reasons: list[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The state of one report at one stage, and the conflict that it stands in, if any."""
    deciding = votes.adjudicators or votes.reviewers
    cast = [row for named in deciding.values() for row in named]
    outcomes = {_outcome(stage, row) for row in cast}
    if len(outcomes) > 1:
        state = "conflict"
    elif not cast or (not votes.adjudicators and not readers.have_read(votes.reviewers)):
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
