"""By lot: the reports that a second reviewer reads too, and those of the calibration round, which every screener reads.

A lot depends on a record, the seed and what it is drawn for, and on nothing else: whoever draws gets the same, and a record added
by a later search changes the lot of no other. The record is the one that the first decision on a report named. Ids of reports
would not do: a record that a later search adds to a report can give it another one.
"""

import bisect
import hashlib
import itertools
import math
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..config import Stage
from ..people import WITHDRAWN, Decision

COLUMNS = [
    "stage", "drawn_for", "readers", "reports", "read_by_none", "read_by_one", "read_by_more", "complete", "begun", "left",
    "before",
]  # fmt: skip
"""What `account` gives for reports that were drawn alike: how many reviewers must read each, how many reports there are, and how
many of these no, one and more reviewers have read; ``complete``, all who must, of the calibration round all who read it, even
if a report needs one more reviewer; ``begun``, some, and the report waits for others. ``left`` is what each who reads it has left
of the calibration round, as ``Ann 3; Bob 12``, and ``before`` how many other reports each decided on before the last of the
round."""
CALIBRATION, SECOND_READ = "calibration", "second read"
_LOTS = 2**64


@dataclass(frozen=True)
class Readers:
    """Who must have decided on a report: so many reviewers, and those named among them."""

    count: int
    named: frozenset[str] = frozenset()

    def have_read(self, reviewers: Collection[str]) -> bool:
        """Whether these reviewers are enough."""
        return len(reviewers) >= self.count and self.named <= set(reviewers)


@dataclass
class Past:
    """What lots ask of the decisions on a report at a stage, whether they still count or were replaced.

    Attributes
    ----------
    record : str
        The record that the first decision named, of those that were not taken back; before there is any, the one that represents
        the report. Lots are drawn by it.
    begun : int or None
        The line of that decision.
    since : dict
        Reviewer -> the line of this reviewer's first decision, taken back or not.
    read_by : frozenset of str
        Those who decided and did not take it back, whoever replaced the decision: an adjudicator may have.
    """

    record: str
    begun: int | None = None
    since: dict[str, int] = field(default_factory=dict)
    read_by: frozenset[str] = frozenset()


def past_of(represents: str, rows: Iterable[Decision]) -> Past:
    """The past of a report from the record that represents it and all rows on its records."""
    in_order = sorted(rows, key=lambda row: row.line)
    taken_back = {row.supersedes for row in in_order if row.decision == WITHDRAWN}
    since: dict[str, int] = {}
    for row in in_order:
        since.setdefault(row.reviewer, row.line)
    kept = [row for row in in_order if row.decision != WITHDRAWN and row.decision_id not in taken_back]
    if not kept:
        return Past(represents, None, since)
    return Past(kept[0].record_id, kept[0].line, since, frozenset(row.reviewer for row in kept))


def lot(record: str, drawn_for: str, stage: str, seed: int) -> int:
    """The lot of a record, evenly spread from 0 to below 2**64."""
    return int.from_bytes(hashlib.sha256(f"{seed} {stage} {drawn_for} {record}".encode()).digest()[:8])


def is_read_twice(record: str, stage: str, settings: Stage) -> bool:
    """Whether a report is in the sample that a second reviewer reads; a larger share keeps those of a smaller one.

    `record` is that of its `Past`.
    """
    share = settings.second_reads
    return share > 0 and lot(record, SECOND_READ, stage, settings.seed) < share * _LOTS


def readers(record: str, stage: str, settings: Stage, calibrates: bool) -> Readers:
    """Who must decide on a report: by the record of its `Past`, and whether it is in the calibration round."""
    if calibrates:
        return Readers(max(settings.reviewers, len(settings.calibrators)), frozenset(settings.calibrators))
    return Readers(2 if is_read_twice(record, stage, settings) else settings.reviewers)


def offered_first_to(record: str, stage: str, settings: Stage, count: int) -> list[str]:
    """Those screeners by lot, `count` of them, to whom a report is offered before it is to the others.

    Else people who share the reading of a pile, in one order, would read the same reports at the same time.
    """
    return sorted(settings.screeners, key=lambda name: (lot(record, f"reader {name}", stage, settings.seed), name))[
        :count
    ]


def by_lot(records: Mapping[str, str], stage: str, settings: Stage) -> list[str]:
    """Reports in the order in which the lots put them into the calibration round; `records` has the record of each."""
    return sorted(records, key=lambda report: (lot(records[report], CALIBRATION, stage, settings.seed), report))


def read_by_two(past: Past, settings: Stage) -> int | None:
    """The line with which a second one of those who read the round had decided on a report; None before, or if taken back."""
    lines = sorted(past.since[name] for name in settings.calibrators if name in past.read_by)
    return lines[1] if lines[1:] else None


def calibration_round(
    in_order: Iterable[str], size: int, begun: Mapping[str, int], shared: Mapping[str, int]
) -> tuple[list[str], bool]:
    """The reports of the calibration round in the order of their lots, and whether they are settled.

    The first `size` of the order; but records come later too, by a search or from the stage before, and their lots must not
    change what is done. So the round is settled, for good, with the first decision after which two screeners or more had read
    each of the first `size` of those reports that anyone had begun to read: who is slow, or joins later, reads these. Until
    then what two have read keeps its place.

    Parameters
    ----------
    in_order : iterable of str
        The reports of the stage, as `by_lot` gives them.
    size : int
    begun, shared : mappings
        Report -> the line of the first decision on it, and the line with which a second screener had decided on it.
    """
    ordered = list(in_order)
    place = {report: number for number, report in enumerate(ordered)}
    steps = sorted(
        [(line, False, one) for one, line in begun.items()] + [(line, True, one) for one, line in shared.items()]
    )
    first: list[int] = []
    read: set[int] = set()
    for _, is_read, report in steps:
        if report not in place:
            continue
        if not is_read:
            bisect.insort(first, place[report])
            del first[size:]
            continue
        read.add(place[report])
        if len(first) == size and read.issuperset(first):
            return [ordered[number] for number in first], True
    kept = read.intersection(first)
    others = (number for number in range(len(ordered)) if number not in kept)
    drawn = sorted(kept.union(itertools.islice(others, size - len(kept))))
    return [ordered[number] for number in drawn], read.issuperset(drawn)


def calibration_of(
    stage: str, settings: Stage, read_by: Mapping[str, Collection[str]], pasts: Mapping[str, Past]
) -> frozenset[str]:
    """The calibration round of a stage; empty where none is declared. `read_by` and `pasts` are as in `account`."""
    if not settings.calibration:
        return frozenset()
    in_order = by_lot({report: pasts[report].record for report in read_by}, stage, settings)
    begun = {report: past.begun for report, past in pasts.items() if past.begun is not None}
    lines = {report: read_by_two(past, settings) for report, past in pasts.items()}
    shared = {report: line for report, line in lines.items() if line is not None}
    return frozenset(calibration_round(in_order, settings.calibration, begun, shared)[0])


class Round:
    """The calibration round of a stage while people screen.

    Attributes
    ----------
    reports : list of str
        Those of the round, in the order of their lots.
    """

    def __init__(self, stage: str, settings: Stage) -> None:
        self._stage, self._settings = stage, settings
        self._records: dict[str, str] = {}
        self._in_order: list[str] = []
        self._is_in_order = True
        self._begun: dict[str, int] = {}
        self._shared: dict[str, int] = {}
        self._complete: set[str] = set()
        self._is_settled = False
        self.reports: list[str] = []
        self._within: set[str] = set()

    def __contains__(self, report: object) -> bool:
        return report in self._within

    def is_read_by_all(self, report: str) -> bool:
        """Whether all who read the round have decided on a report."""
        return report in self._complete

    def of(self, records: Mapping[str, str]) -> None:
        """Take the reports of the stage: report -> the record of its `Past`."""
        if self._settings.calibration:
            self._records, self._is_in_order = dict(records), False

    def note(self, report: str, past: Past) -> bool:
        """Note who has read a report; whether that lets the round be drawn in another way."""
        if not self._settings.calibration:
            return False
        other_lot = self._records.get(report, past.record) != past.record
        if other_lot:  # sorted once, when the round is drawn: a table may bring many such rows at a time
            self._records[report], self._is_in_order = past.record, False
        is_complete = past.read_by.issuperset(self._settings.calibrators)
        (self._complete.add if is_complete else self._complete.discard)(report)
        lines = past.begun, read_by_two(past, self._settings)
        if lines == (self._begun.get(report), self._shared.get(report)):
            return other_lot
        for known, line in zip((self._begun, self._shared), lines, strict=True):
            known.pop(report, None)
            if line is not None:
                known[report] = line
        return other_lot or not self._is_settled or report in self._within

    def draw(self) -> set[str]:
        """Draw the round anew; the reports that came in or went out."""
        before = self._within
        size = self._settings.calibration
        if not self._is_in_order:
            self._in_order, self._is_in_order = by_lot(self._records, self._stage, self._settings), True
        self.reports, self._is_settled = calibration_round(self._in_order, size, self._begun, self._shared)
        self._within = set(self.reports)
        return before ^ self._within


def account(
    stage: str,
    settings: Stage,
    read_by: Mapping[str, Collection[str]],
    pasts: Mapping[str, Past],
    calibration: Collection[str],
    to_do: Container[str],
) -> list[dict[str, Any]]:
    """How far the reports of a stage are read: a row with the columns `COLUMNS` for those that were drawn alike.

    Parameters
    ----------
    stage : str
    settings : Stage
    read_by : mapping
        Report that reached the stage -> the reviewers who have read it: `Past.read_by` without adjudicators.
    pasts : mapping
        The `Past` of each of these reports.
    calibration : collection of str
        The reports of the calibration round.
    to_do : container of str
        The reports whose state that is.
    """
    groups: dict[str, list[str]] = {CALIBRATION: [], SECOND_READ: [], "": []}
    within = set(calibration)
    for report in read_by:
        twice = is_read_twice(pasts[report].record, stage, settings)
        groups[CALIBRATION if report in within else SECOND_READ if twice else ""].append(report)
    rows = []
    for drawn_for, reports in groups.items():
        if not reports:
            continue
        must = readers(pasts[reports[0]].record, stage, settings, drawn_for == CALIBRATION)
        enough = Readers(0, must.named) if drawn_for == CALIBRATION else must
        counts = [len(read_by[report]) for report in reports]
        rows.append(
            {
                "stage": stage,
                "drawn_for": drawn_for,
                "readers": must.count,
                "reports": len(reports),
                "read_by_none": counts.count(0),
                "read_by_one": counts.count(1),
                "read_by_more": sum(count > 1 for count in counts),
                "complete": sum(enough.have_read(read_by[report]) for report in reports),
                "begun": sum(bool(read_by[report]) and report in to_do for report in reports),
                "left": _left([read_by[report] for report in reports], must.named),
                "before": _before(pasts, read_by, within, must.named),
            }
        )
    return rows


def _left(reviewers: Collection[Collection[str]], named: Iterable[str]) -> str:
    return _each({name: sum(name not in read for read in reviewers) for name in sorted(named)})


def _before(
    pasts: Mapping[str, Past], read_by: Mapping[str, Collection[str]], within: Collection[str], named: Iterable[str]
) -> str:
    """How many reports outside the round each screener decided on before the last report of the round."""
    counts = {}
    for name in sorted(named):
        lines = [pasts[report].since[name] for report in within if name in read_by[report]]
        last = max(lines) if len(lines) == len(within) else math.inf
        others = (past.since.get(name, math.inf) for report, past in pasts.items() if report not in within)
        counts[name] = sum(line < last for line in others)
    return _each(counts)


def _each(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{name} {count}" for name, count in counts.items() if count)
