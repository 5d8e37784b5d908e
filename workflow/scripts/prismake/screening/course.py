"""The course of screening on title and abstract: what was found after how many reports, and what may be claimed of it."""

import datetime
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..aliases import unknown_record
from ..config import Stopping
from ..people import Decision, Sampled
from ..problems import InputError, Problem, cell, show
from .decisions import WITHDRAWN, resolve
from .frame import FRAME
from .stopping import Certificate, certificate, consecutive, is_below, knee, recall_at_least, recall_test, sample_needed

STEPS = 200
"""At most so many points of the course are kept."""
SAMPLE = "review/decisions/sample.csv"
COURSE = ["read", "found", "estimate", "recall_at_least"]


@dataclass(frozen=True)
class Course:
    """What was read, in its order.

    Attributes
    ----------
    reports : tuple of str
        The reports that are decided, in the order in which each was first decided on.
    labels : tuple of bool
        Whether each went on to the full text; a conflict counts as relevant until it is settled.
    total : int
        All reports that screening is about, read and unread.
    unread : tuple of str
        The reports that are not decided.
    since : int
        How many were read before a report of the last search was, as `read_before` counts.
    """

    reports: tuple[str, ...]
    labels: tuple[bool, ...]
    total: int
    unread: tuple[str, ...] = ()
    since: int = 0

    @property
    def found(self) -> int:
        """Relevant reports."""
        return sum(self.labels)


def course(
    rows: Sequence[Decision],
    standing: Iterable[dict[str, Any]],
    report_of: dict[str, str],
    aliases: dict[str, str],
    searched: Mapping[str, datetime.date] | None = None,
) -> Course:
    """The course of screening, from the rows of its file in their order and where each report stands.

    `searched` is the day of the first search that found each report.
    """
    state = {row["report_id"]: row["state"] for row in standing if row["stage"] == "title_abstract"}
    taken_back = {row.supersedes for row in rows if row.decision == WITHDRAWN}
    kept = (row for row in rows if row.decision != WITHDRAWN and row.decision_id not in taken_back)
    named = (resolve(row.record_id, report_of, aliases) for row in kept)
    read = [one for one in dict.fromkeys(named) if one is not None and state.get(one, "to_do") not in WAITING]
    labels = tuple(state[one] in ("include", "conflict") for one in read)
    days = {report: day for report, day in (searched or {}).items() if report in state}
    since = read_before(read, min(map(day_of, rows), default=None), days)
    return Course(tuple(read), labels, len(state), tuple(sorted(state.keys() - set(read))), since)


def read_before(read: Sequence[str], begun: datetime.date | None, searched: Mapping[str, datetime.date]) -> int:
    """How many reports were read before one of each search that was made once screening had begun.

    No file says when the records of a search joined the others; once one of them is read, they had. All that were read count
    where none is.
    """
    later = {day for day in searched.values() if begun is not None and day >= begun}
    return max(
        (next((n for n, report in enumerate(read) if searched.get(report) == day), len(read)) for day in later),
        default=0,
    )


def day_of(row: Decision) -> datetime.date:
    """The day of a decision."""
    return row.decided_at.date() if isinstance(row.decided_at, datetime.datetime) else row.decided_at


WAITING = ("to_do", "automation")
"""States of a report that nobody has decided on, or not enough reviewers."""


@dataclass(frozen=True)
class Stop:
    """What the rule that config.yaml declares says of a course.

    Attributes
    ----------
    read, found, total : int
    since : int
        How many were read before a report of the last search was; the test rests on those read since.
    rule, recall, alpha
        As declared.
    p : float
        Of the hypergeometric test that the target was missed.
    estimate, recall_at_least : float
        What may be claimed with even chances, and with confidence 1 - alpha; 1 when all is read.
    met : bool
        Whether the rule allows to stop. All read needs no rule.
    met_at : int or None
        After how many reports a habit's rule was met first.
    draws : int
        How many random samples were drawn so far.
    sample : Certificate or None
        What the random sample says, once every report of it is decided.
    to_sample : int or None
        Reports of the sample that wait for decisions; None without a sample.
    later : int
        Reports that the sample was not drawn from, as they came after the draw or are unread once more: it says nothing of
        them, so they count among those that may be missed. Only such as are unread, where `prismake.screening.frame` knows
        what the sample was drawn from.
    needed : int or None
        How large a random sample of what is unread now would certify the target recall, were none of it relevant; None
        where nothing is found.
    settings : str
        Hash of the declared settings, in 16 digits.
    """

    read: int
    found: int
    total: int
    since: int
    rule: str
    recall: float
    alpha: float
    p: float
    estimate: float
    recall_at_least: float
    met: bool
    met_at: int | None
    draws: int
    sample: Certificate | None
    to_sample: int | None
    later: int
    needed: int | None
    settings: str


def settings_hash(settings: Stopping) -> str:
    """What the log of screening keeps, so that a rule changed later is seen."""
    said = json.dumps(settings.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def judge(
    seen: Course,
    sample: Sequence[Sampled],
    settings: Stopping,
    report_of: dict[str, str],
    aliases: dict[str, str],
    frame: Collection[str] = (),
) -> Stop:
    """Apply the declared rule to a course.

    Parameters
    ----------
    seen : Course
    sample : sequence of Sampled
        The random sample of the unread, empty where none was drawn; its last draw counts.
    settings : Stopping
    report_of, aliases : dict
        Record -> report, and former record ids.
    frame : collection of str
        A record of each report that the last draw was from; empty where that is not known.

    Raises
    ------
    InputError
        A sampled record that no export holds, or rows of a draw that contradict each other or the frame.
    """
    p = recall_test(seen.labels, seen.total, settings.recall, seen.since)
    estimate, claimed = _claims(seen, len(seen.labels), settings.alpha)
    drawn, waiting, later = _certificate(seen, sample, settings, report_of, aliases, frame)
    met_at = None
    if settings.rule == "consecutive":
        met_at = consecutive(seen.labels, settings.run)
    elif settings.rule == "knee":
        met_at = knee(seen.labels)
    met = {
        "none": False,
        "hypergeometric": is_below(p, settings.alpha),
        "certificate": drawn is not None and drawn.recall_at_least >= settings.recall,
    }.get(settings.rule, met_at is not None)
    needed = sample_needed(seen.found, seen.total - len(seen.labels), settings.recall, settings.alpha)
    return Stop(
        len(seen.labels), seen.found, seen.total, seen.since,
        settings.rule, settings.recall, settings.alpha, p, estimate, claimed, met, met_at,
        len({row.draw for row in sample}), drawn, waiting, later, needed, settings_hash(settings),
    )  # fmt: skip


def _claims(seen: Course, read: int, alpha: float) -> tuple[float, float]:
    """The recall after so many reports that the test holds to be reached with even chances, and with confidence 1 - alpha."""
    if read == seen.total:
        return 1.0, 1.0
    since = min(read, seen.since)
    even, sure = (recall_at_least(seen.labels[:read], seen.total, level, since) for level in (EVEN, alpha))
    return even, sure


EVEN = 0.5
"""The alpha of the estimate: a lower bound that is as likely passed as not, were the order random; a ranking does better."""


def _certificate(
    seen: Course,
    sample: Sequence[Sampled],
    settings: Stopping,
    report_of: dict[str, str],
    aliases: dict[str, str],
    frame: Collection[str],
) -> tuple[Certificate | None, int | None, int]:
    """The certificate, how many of the sample wait, and how many reports it does not cover."""
    if not sample:
        return None, None, 0
    last = last_draw(sample)
    label = dict(zip(seen.reports, seen.labels, strict=True))
    reports = {resolve(row.record_id, report_of, aliases) for row in last}
    _check_draw(last, report_of, aliases)
    waiting = sum(report not in label for report in reports)
    if frame:
        _check_frame(last, frame)
        later = len(set(seen.unread) - {resolve(record, report_of, aliases) for record in frame})
    else:
        later = _later_by_counts(seen, last[0], len(reports) - waiting)
    if waiting:
        return None, waiting, later
    relevant = sum(label[report] for report in reports if report is not None)
    found = certificate(last[0].found, last[0].unread, len(reports), relevant, settings.alpha)
    held = min(last[0].found + relevant, seen.found)  # a conflict counted as found, and may have been settled since
    missed = found.missed_at_most + later
    return replace(found, missed_at_most=missed, recall_at_least=held / (held + missed) if held else 0.0), 0, later


def _later_by_counts(seen: Course, drawn: Sampled, decided: int) -> int:
    """How many reports came after a draw of which no frame is kept, at least: as many may hide as were merged since."""
    if drawn.reports is None:  # a draw that does not say: what is unread now and cannot have been then
        return max(0, seen.total - len(seen.labels) - (drawn.unread - decided))
    return max(0, seen.total - drawn.reports)


def last_draw(sample: Sequence[Sampled]) -> list[Sampled]:
    """The rows of the last draw: the one that counts."""
    return [row for row in sample if row.draw == sample[-1].draw]


def _check_draw(rows: list[Sampled], report_of: dict[str, str], aliases: dict[str, str]) -> None:
    problems = []
    for row in rows:
        if resolve(row.record_id, report_of, aliases) is None:
            problems.append(unknown_record(cell(SAMPLE, row.line, "record_id"), row.record_id, report_of))
        if (row.unread, row.found, row.reports) != (rows[0].unread, rows[0].found, rows[0].reports):
            found = (
                f"{row.unread} unread, {row.found} found and {show(row.reports)} reports, in line {rows[0].line} "
                f"{rows[0].unread}, {rows[0].found} and {show(rows[0].reports)}"
            )
            problems.append(Problem(cell(SAMPLE, row.line), found, "the same for all rows of a draw"))
    if len(rows) > rows[0].unread:
        found = f"{len(rows)} records of {rows[0].unread} unread"
        problems.append(Problem(cell(SAMPLE, rows[0].line, "unread"), found, "at least as many unread as were drawn"))
    if problems:
        raise InputError(*problems)


def _check_frame(rows: list[Sampled], frame: Collection[str]) -> None:
    """Whether the frame of a draw is the one that the sample was drawn from."""
    mend = f"Both are kept by the program; restore {FRAME} as it was when the sample was drawn."
    if len(frame) != rows[0].unread:
        found = f"{len(frame)} records of draw {show(rows[0].draw)}"
        raise InputError(Problem(FRAME, found, f"{rows[0].unread}, which {SAMPLE} says were unread", mend))
    problems = [
        Problem(cell(SAMPLE, row.line, "record_id"), show(row.record_id), f"a record of the draw in {FRAME}", mend)
        for row in rows
        if row.record_id not in frame
    ]
    if problems:
        raise InputError(*problems)


def points(seen: Course, alpha: float) -> list[dict[str, Any]]:
    """The course at no more than `STEPS` places, the last one among them: columns `COURSE`."""
    n = len(seen.labels)
    places = sorted({round(n * step / STEPS) for step in range(1, STEPS + 1)} - {0}) if n else []
    claims = {place: _claims(seen, place, alpha) for place in places}
    return [
        {"read": place, "found": sum(seen.labels[:place]), "estimate": estimate, "recall_at_least": claimed}
        for place, (estimate, claimed) in claims.items()
    ]


def close(standing: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where reports stand once the unread are excluded: those that nobody has decided on have the state automation."""
    return [
        row | {"state": "automation"}
        if row["stage"] == "title_abstract" and row["state"] == "to_do" and not row["decided_by"]
        else row
        for row in standing
    ]
