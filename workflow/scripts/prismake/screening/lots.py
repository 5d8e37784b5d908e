"""By lot: the reports that a second reviewer reads too, and those of the calibration round, which every screener reads.

A lot depends on the id of a report, the seed and what it is drawn for, and on nothing else: whoever draws gets the same, and a
report added by a later search changes the lot of no other.
"""

import hashlib
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..config import Stage

COLUMNS = [
    "stage", "drawn_for", "readers", "reports", "read_by_none", "read_by_one", "read_by_more", "complete", "begun", "left",
]  # fmt: skip
"""What `account` gives for reports that were drawn alike: how many reviewers must read each, how many reports there are, and how
many of these no, one and more reviewers have read; ``complete``, all who must; ``begun``, some, and the report waits for others.
``left`` is what each screener has to read of the calibration round, as ``Ann 3; Bob 12``."""
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


def lot(report: str, drawn_for: str, stage: str, seed: int) -> int:
    """The lot of a report, evenly spread from 0 to below 2**64."""
    return int.from_bytes(hashlib.sha256(f"{seed} {stage} {drawn_for} {report}".encode()).digest()[:8])


def is_read_twice(report: str, stage: str, settings: Stage) -> bool:
    """Whether a report is in the sample that a second reviewer reads; a larger share keeps those of a smaller one."""
    share = settings.second_reads
    return share > 0 and lot(report, SECOND_READ, stage, settings.seed) < share * _LOTS


def readers(report: str, stage: str, settings: Stage, calibration: Container[str]) -> Readers:
    """Who must decide on a report; `calibration` are the reports of the round."""
    if report in calibration:
        return Readers(len(settings.screeners), frozenset(settings.screeners))
    return Readers(2 if is_read_twice(report, stage, settings) else settings.reviewers)


def by_lot(reports: Iterable[str], stage: str, settings: Stage) -> list[str]:
    """Reports in the order in which the lots put them into the calibration round."""
    return sorted(reports, key=lambda report: (lot(report, CALIBRATION, stage, settings.seed), report))


def calibration_round(in_order: Iterable[str], size: int, read_by_all: Container[str]) -> list[str]:
    """The reports of the calibration round.

    The first `size` of the order, but what every screener has read keeps its place: records of a later search neither reopen a
    round that is complete nor take from one that is under way what all have read.

    Parameters
    ----------
    in_order : iterable of str
        The reports of the stage, as `by_lot` gives them.
    size : int
    read_by_all : container of str
        The reports that every screener has decided on.
    """
    read: list[str] = []
    others: list[str] = []
    for report in in_order:
        (read if report in read_by_all else others).append(report)
        if len(read) == size:
            return read
    return read + others[: size - len(read)]


def calibration_of(stage: str, settings: Stage, read_by: Mapping[str, Collection[str]]) -> frozenset[str]:
    """The calibration round of a stage; empty where none is declared. `read_by` is as in `account`."""
    if not settings.calibration:
        return frozenset()
    everyone = set(settings.screeners)
    read_by_all = {report for report, reviewers in read_by.items() if everyone <= set(reviewers)}
    return frozenset(calibration_round(by_lot(read_by, stage, settings), settings.calibration, read_by_all))


class Round:
    """The calibration round of a stage while people screen.

    Attributes
    ----------
    reports : list of str
        Those of the round, in the order of their lots.
    """

    def __init__(self, stage: str, settings: Stage) -> None:
        self._stage, self._settings = stage, settings
        self._everyone = set(settings.screeners)
        self._in_order: list[str] = []
        self._read_by_all: set[str] = set()
        self.reports: list[str] = []
        self._within: set[str] = set()

    def __contains__(self, report: object) -> bool:
        return report in self._within

    def is_read_by_all(self, report: str) -> bool:
        """Whether every screener has decided on a report."""
        return report in self._read_by_all

    def of(self, reports: Iterable[str]) -> None:
        """Take these as the reports of the stage."""
        if self._settings.calibration:
            self._in_order = by_lot(reports, self._stage, self._settings)

    def note(self, report: str, reviewers: Collection[str]) -> bool:
        """Note who has read a report; whether that lets the round be drawn in another way."""
        read = bool(self._settings.calibration) and self._everyone <= set(reviewers)
        if read == (report in self._read_by_all):
            return False
        (self._read_by_all.add if read else self._read_by_all.discard)(report)
        return True

    def draw(self) -> set[str]:
        """Draw the round anew; the reports that came in or went out."""
        before = self._within
        self.reports = calibration_round(self._in_order, self._settings.calibration, self._read_by_all)
        self._within = set(self.reports)
        return before ^ self._within


def account(
    stage: str,
    settings: Stage,
    read_by: Mapping[str, Collection[str]],
    calibration: Collection[str],
    to_do: Container[str],
) -> list[dict[str, Any]]:
    """How far the reports of a stage are read: a row with the columns `COLUMNS` for those that were drawn alike.

    Parameters
    ----------
    stage : str
    settings : Stage
    read_by : mapping
        Report that reached the stage -> the reviewers with a live decision on it.
    calibration : collection of str
        The reports of the calibration round.
    to_do : container of str
        The reports whose state that is.
    """
    groups: dict[str, list[str]] = {CALIBRATION: [], SECOND_READ: [], "": []}
    within = set(calibration)
    for report in read_by:
        twice = is_read_twice(report, stage, settings)
        groups[CALIBRATION if report in within else SECOND_READ if twice else ""].append(report)
    rows = []
    for drawn_for, reports in groups.items():
        if not reports:
            continue
        must = readers(reports[0], stage, settings, within)
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
                "complete": sum(must.have_read(read_by[report]) for report in reports),
                "begun": sum(bool(read_by[report]) and report in to_do for report in reports),
                "left": _left([read_by[report] for report in reports], must.named),
            }
        )
    return rows


def _left(reviewers: Collection[Collection[str]], named: Iterable[str]) -> str:
    counts = {name: sum(name not in read for read in reviewers) for name in sorted(named)}
    return "; ".join(f"{name} {count}" for name, count in counts.items() if count)
