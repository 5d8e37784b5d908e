"""One reviewer's desk: what waits for this reviewer, what was decided, and the next decision.

Blinding: nothing that a desk gives out tells what another reviewer decided on a report, until this reviewer has decided
on it too and the review is not blinded. An adjudicator sees the decisions that are in conflict: that is the task.
"""

import datetime
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..aliases import check_aliases, present
from ..config import Config
from ..people import Decision, read_people
from ..problems import InputError, Problem, cell, show
from .course import SAMPLE, last_draw
from .decisions import ALLOWED, PATHS, WITHDRAWN, previous_reports, stand, state_of
from .lots import Past, Readers, Round, offered_first_to, past_of, readers
from .shelf import Shelf
from .store import Store


class Outdated(Exception):
    """The reviewer decided on this report elsewhere, in another window, since the page saw it."""


@dataclass(frozen=True)
class Wish:
    """A decision to be made on a report."""

    report: str
    decision: str
    reason: str = ""
    note: str = ""


class Desk:
    """The desk of one reviewer at one stage.

    Parameters
    ----------
    root : Path
        The review folder.
    config : Config
    stage : str
    reviewer : str

    Raises
    ------
    InputError
        When an input cannot be used, the name is not one to sign with, or nothing could be excluded for lack of reasons.
    """

    def __init__(self, root: Path, config: Config, stage: str, reviewer: str) -> None:
        self.root, self.config, self.stage, self.reviewer = root, config, stage, reviewer
        self.settings = getattr(config.screening, stage)
        self.reasons = dict(config.eligibility.reasons)
        if not self.reasons:
            where = cell("config.yaml", key="eligibility.reasons")
            raise InputError(Problem(where, "no reason", "the reasons for which reports are excluded"))
        self.shelf = Shelf(root)
        self.aliases = check_aliases(read_people("review/decisions/aliases.csv", root=root), self.shelf.report_of)
        self.stores = {
            name: Store(root, name, list(self.reasons), getattr(config.screening, name), self.aliases) for name in PATHS
        }
        self._check_name()
        self._previous = previous_reports(
            self._clusters(), {key: source.kind for key, source in config.sources.items()}
        )
        self._guard = threading.RLock()
        self._own: dict[str, list[Decision]] = {}
        self._others: dict[str, list[Decision]] = {}
        self._pasts: dict[str, Past] = {}  # of reports with decisions
        self._shares: dict[tuple[str, int], bool] = {}
        self._records: dict[str, list[str]] = {}
        for record, report in self.shelf.report_of.items():
            self._records.setdefault(report, []).append(record)
        self._open = set() if self.adjudicates else set(self.shelf.ids)
        self._round = Round(stage, self.settings)
        self._sort_out(self.store.refresh())
        self._take_stage()
        self.sample = self._sampled()

    @property
    def store(self) -> Store:
        """The decisions of this stage."""
        return self.stores[self.stage]

    @property
    def adjudicates(self) -> bool:
        """Whether this reviewer settles conflicts."""
        return self.reviewer in self.settings.adjudicators

    @property
    def notices(self) -> list[str]:
        """What was mended in the tables when they were opened."""
        return [store.notice for store in self.stores.values() if store.notice]

    def refresh(self) -> None:
        """Take in what others decided meanwhile."""
        with self._guard:
            self._sort_out(self.store.refresh())
            if self.stage == "full_text" and self.stores["title_abstract"].refresh():
                self._take_stage()

    def waits(self, report: str) -> bool:
        """Whether a report waits for this reviewer."""
        return report in self.reports and report in self._open

    def waiting(self) -> int:
        """How many reports wait for this reviewer."""
        with self._guard:
            return len(self._open & self.reports)

    @property
    def calibration(self) -> list[str]:
        """The reports of the calibration round, in the order of their lots."""
        return self._round.reports

    def calibration_left(self) -> tuple[int, int]:
        """How many reports of the calibration round wait for this reviewer, and how many for any who reads it."""
        with self._guard:
            own = sum(map(self.waits, self.calibration))
            return own, sum(not self._round.is_read_by_all(report) for report in self.calibration)

    def drawn_for(self, report: str) -> str:
        """``calibration``, or ``sample`` for a random sample of the unread, where a report is offered before others."""
        if self.adjudicates:
            return ""
        return "calibration" if report in self._round else "sample" if report in self.sample else ""

    def has_share(self, report: str) -> bool:
        """Whether a report is offered to this reviewer before those that fell to the other screeners."""
        if self.adjudicates or not self.settings.screeners or self.drawn_for(report):
            return True
        must, record = self._readers(report), self._lots_record(report)
        known = self._shares.get((record, must.count))
        if known is None:  # a page may ask for the share of every report at each step
            known = self.reviewer in offered_first_to(record, self.stage, self.settings, must.count)
            self._shares[record, must.count] = known
        return known

    def own(self, report: str) -> list[Decision]:
        """This reviewer's live decisions on the records of a report; mostly one or none."""
        return self._own.get(report, [])

    def seen_of_others(self, report: str) -> list[Decision]:
        """The decisions of others that this reviewer may see now."""
        others = self._others.get(report, [])
        if self.adjudicates:
            return others if self.state(report) == "conflict" or self.own(report) else []
        return others if self.own(report) and not self.config.screening.blinded else []

    def all(self) -> list[Decision]:
        """Every row of this stage, of all reviewers, in the order of the file. Not for the page while blinded."""
        with self._guard:
            return list(self.store.rows.values())

    def decided(self) -> list[Decision]:
        """This reviewer's live decisions, the latest first."""
        with self._guard:
            order = {name: number for number, name in enumerate(self.store.rows)}
            mine = [row for held in self._own.values() for row in held]
        return sorted(mine, key=lambda row: -order[row.decision_id])

    def counts(self) -> dict[str, int]:
        """Decision -> on how many reports this reviewer has made it."""
        with self._guard:
            return dict(Counter(rows[-1].decision for rows in self._own.values()))

    def labels(self) -> list[dict[str, Any]]:
        """What this reviewer's order is ranked by, in the form of `prismake.tables.STANDING` at the first stage.

        Own decisions count, and what is settled without this reviewer; what waits for this reviewer is to do.
        """
        with self._guard:
            return [
                {"report_id": report, "stage": "title_abstract", "state": state}
                for report in self.shelf.ids
                if (state := self._label(report))
            ]

    def decide(
        self, report: str, decision: str, reason: str, note: str, decision_id: str, expected: Sequence[str]
    ) -> list[Decision]:
        """Put a decision on a report down; it supersedes this reviewer's earlier one.

        Parameters
        ----------
        report, decision, reason, note : str
        decision_id : str
            Chosen by the page, so that a decision sent twice is written once.
        expected : sequence of str
            The ids of this reviewer's live decisions on the report, as the page knows them.

        Returns
        -------
        list of Decision
            The rows, which are on disk.

        Raises
        ------
        InputError
            When there is no such report, decision or reason.
        Outdated
            When the reviewer's live decisions are others than expected.
        """
        self._check(report, decision, reason)
        note = " ".join(note.split())

        def rows() -> list[Decision]:
            live = self._expected(report, expected)
            return self._replacing(report, decision_id, live, decision, reason, note)

        return self._add(report, decision_id, rows)

    def decide_all(self, wishes: Sequence[Wish]) -> list[str]:
        """Put decisions on different reports down, all or none; the reports whose decision was new or changed.

        Raises
        ------
        InputError
            When there is no such report, decision or reason.
        """
        for wish in wishes:
            self._check(wish.report, wish.decision, wish.reason)
        changed: list[str] = []

        def rows() -> list[Decision]:
            made = []
            self._sort_out(self.store.refresh())
            for wish in wishes:
                live, note = self.own(wish.report), " ".join(wish.note.split())
                wanted = (wish.decision, wish.reason, note)
                if live and all((row.decision, row.reason, row.note) == wanted for row in live):
                    continue
                changed.append(wish.report)
                made += self._replacing(wish.report, f"S-{secrets.token_hex(8)}", live, *wanted)
            return made

        with self._guard:
            try:
                self.store.add(rows)
            finally:
                self._sort_out(self.store.refresh())
        return changed

    def _replacing(
        self, report: str, decision_id: str, live: Sequence[Decision], decision: str, reason: str, note: str
    ) -> list[Decision]:
        """The rows of a decision that supersedes the live ones."""
        targets = [(row.record_id, row.decision_id) for row in live] or [(self.record(report), "")]
        return [
            self._row(decision_id, number, record, decision, reason, note, replaced)
            for number, (record, replaced) in enumerate(targets)
        ]

    def withdraw(self, report: str, decision_id: str, expected: Sequence[str]) -> list[Decision]:
        """Take this reviewer's live decisions on a report back; what stood before stands again. See `decide`."""

        def rows() -> list[Decision]:
            live = self._expected(report, expected)
            if not live:
                raise Outdated
            return [
                self._row(decision_id, number, row.record_id, WITHDRAWN, "", "", row.decision_id)
                for number, row in enumerate(live)
            ]

        return self._add(report, decision_id, rows)

    def _add(self, report: str, decision_id: str, make: Callable[[], list[Decision]]) -> list[Decision]:
        def once() -> list[Decision]:
            self._sort_out(self.store.refresh())  # all that came in: a part would draw another round
            return [] if self._sent_before(report, decision_id) else make()

        with self._guard:
            try:
                written = self.store.add(once)
            finally:
                self._sort_out(self.store.refresh())
            return written or self._sent_before(report, decision_id)

    def _sent_before(self, report: str, decision_id: str) -> list[Decision]:
        row = self.store.rows.get(decision_id)
        if row is None:
            return []
        if row.reviewer != self.reviewer or self.shelf.report_of.get(self.present(row.record_id)) != report:
            raise InputError(Problem("decision_id", show(decision_id), "an id that no other decision has"))
        return [self.store.rows[name] for name in self._ids(decision_id) if name in self.store.rows]

    @staticmethod
    def _ids(decision_id: str, most: int = 20) -> Iterator[str]:
        """The ids of the rows of one act; a report with several decided records has a row for each."""
        yield decision_id
        yield from (f"{decision_id}.{number}" for number in range(1, most))

    def _row(
        self, decision_id: str, number: int, record: str, decision: str, reason: str, note: str, supersedes: str
    ) -> Decision:
        return Decision(
            decision_id=f"{decision_id}.{number}" if number else decision_id,
            record_id=record,
            stage=self.stage,  # type: ignore[arg-type]
            reviewer=self.reviewer,
            decision=decision,  # type: ignore[arg-type]
            reason=reason,
            note=note,
            decided_at=datetime.datetime.now(datetime.UTC).replace(microsecond=0),
            supersedes=supersedes,
        )

    def _expected(self, report: str, expected: Sequence[str]) -> list[Decision]:
        live = self.own(report)
        if sorted(row.decision_id for row in live) != sorted(expected):
            raise Outdated
        return live

    def _check(self, report: str, decision: str, reason: str) -> None:
        if report not in self.reports:
            raise InputError(Problem("report", show(report), "a report that is screened at this stage"))
        if decision not in ALLOWED[self.stage]:
            raise InputError(Problem("decision", show(decision), "one of " + ", ".join(ALLOWED[self.stage])))
        if (decision == "exclude") != bool(reason) or (reason and reason not in self.reasons):
            expected = "one of " + ", ".join(self.reasons) if decision == "exclude" else "nothing"
            raise InputError(Problem("reason", show(reason), expected))

    def present(self, record: str) -> str:
        """The present id of a record."""
        return present(record, self.aliases)

    def record(self, report: str) -> str:
        """The record that a new decision names: the one that stands first."""
        return self.shelf.represents[report]

    def _clusters(self) -> list[dict[str, Any]]:
        return [
            {"record_id": record, "report_id": report, "represents": record == self.record(report)}
            for record, report in self.shelf.report_of.items()
        ]

    def _sort_out(self, records: Iterable[str]) -> None:
        """Bring what is known of the reports of these records up to date."""
        reports = {self.shelf.report_of.get(self.present(record)) for record in records}
        another_round = False
        for report in reports - {None}:
            assert report is not None
            names = dict.fromkeys(self.present(record) for record in self._records[report])
            rows = [row for name in names for row in self.store.live(name)]
            self._put(self._own, report, [row for row in rows if row.reviewer == self.reviewer])
            self._put(self._others, report, [row for row in rows if row.reviewer != self.reviewer])
            self._pasts[report] = past_of(self.record(report), (row for name in names for row in self.store.all(name)))
            another_round |= self._round.note(report, self._pasts[report])
            self._open_or_close(report)
        if another_round:
            self._draw_round()

    def _take_stage(self) -> None:
        """Take in which reports are screened at this stage."""
        self.reports = self._reports_of_stage()
        self._round.of({report: self._lots_record(report) for report in self.reports})
        self._draw_round()

    def _draw_round(self) -> None:
        for report in self._round.draw():
            self._open_or_close(report)

    def _open_or_close(self, report: str) -> None:
        (self._open.add if self._is_open(report) else self._open.discard)(report)

    @staticmethod
    def _put(where: dict[str, list[Decision]], report: str, rows: list[Decision]) -> None:
        if rows:
            where[report] = rows
        else:
            where.pop(report, None)

    def _is_open(self, report: str) -> bool:
        if self.own(report):
            return False
        if self.adjudicates:
            return self.state(report) == "conflict"
        must = self._readers(report)
        if self.reviewer in must.named:  # of the calibration round
            past = self._pasts.get(report)  # whatever the others did: all of these read it
            return not past or self.reviewer not in past.read_by
        reviewers = {row.reviewer for row in self._others.get(report, [])}
        return not reviewers & set(self.settings.adjudicators) and not must.have_read(reviewers | must.named)

    def _readers(self, report: str) -> Readers:
        return readers(self._lots_record(report), self.stage, self.settings, report in self._round)

    def _lots_record(self, report: str) -> str:
        """The record by which lots are drawn for a report."""
        past = self._pasts.get(report)
        return past.record if past else self.record(report)

    def state(self, report: str) -> str:
        """Where a report stands by the decisions of all reviewers."""
        rows = [*self.own(report), *self._others.get(report, [])]
        found, _ = state_of(report, self.stage, rows, self.settings, self._readers(report), list(self.reasons))
        return str(found["state"])

    def _label(self, report: str) -> str:
        if report not in self.reports:
            return ""
        if self.own(report):
            return "include" if self.own(report)[-1].decision in ("include", "unsure") else "exclude"
        if self.waits(report):
            return "to_do"
        state = self.state(report)
        return state if state in ("include", "exclude") else ""

    def _reports_of_stage(self) -> set[str]:
        if self.stage == "title_abstract":
            return set(self.shelf.ids) - self._previous
        decisions = {name: list(store.rows.values()) for name, store in self.stores.items()}
        aliases = read_people("review/decisions/aliases.csv", root=self.root)
        screening, reasons = self.config.screening, list(self.reasons)
        found = stand(self._clusters(), decisions, aliases, screening, reasons, self._previous)
        return {row["report_id"] for row in found.rows if row["stage"] == "full_text"}

    def _sampled(self) -> frozenset[str]:
        """The reports of the last random sample of the unread."""
        if self.stage != "title_abstract":
            return frozenset()
        records = (self.present(row.record_id) for row in last_draw(read_people(SAMPLE, root=self.root)))
        return frozenset(self.shelf.report_of[record] for record in records if record in self.shelf.report_of)

    def _check_name(self) -> None:
        known = {row.reviewer for store in self.stores.values() for row in store.rows.values()}
        declared = [*self.settings.screeners, *self.settings.adjudicators]
        known |= {*self.config.screening.reviewers, *declared}
        same = next((name for name in sorted(known) if name.casefold() == self.reviewer.casefold()), self.reviewer)
        if same != self.reviewer:
            raise InputError(Problem("--reviewer", show(self.reviewer), f"the spelling in use, {show(same)}"))
        if not self.reviewer.strip() or not self.reviewer.isprintable() or self.reviewer != self.reviewer.strip():
            raise InputError(Problem("--reviewer", show(self.reviewer), "a name"))
        if self.settings.screeners and self.reviewer not in declared:
            mend = f"Whoever else screens is named in config.yaml, under screening.{self.stage}.screeners."
            raise InputError(Problem("--reviewer", show(self.reviewer), "one of " + ", ".join(declared), mend))
