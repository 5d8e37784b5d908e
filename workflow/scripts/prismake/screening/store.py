"""The table of decisions of one stage while people decide: read as it grows, and appended to safely.

Each decision is on disk before `Store.add` returns. Several processes can hold a store of one file; what another one
or a person in an editor adds is seen at the next look.
"""

import csv
import io
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..aliases import present
from ..cells import Row
from ..config import Stage
from ..people import Decision, decode, header, parse_people
from ..problems import InputError, Problem, cell, show
from .decisions import PATHS, Chains, check, spellings
from .growing import append, held, set_aside


class Store:
    """The decisions of one stage.

    Parameters
    ----------
    root : Path
        The review folder.
    stage : str
    reasons : sequence of str
        Keys of the reasons for exclusion.
    settings : Stage
    aliases : mapping
        Former record id -> following one.

    Raises
    ------
    InputError
        When the file cannot be used as it stands.
    """

    def __init__(
        self, root: Path, stage: str, reasons: Sequence[str], settings: Stage, aliases: Mapping[str, str]
    ) -> None:
        self.stage, self.name, self.path = stage, PATHS[stage], root / PATHS[stage]
        self._reasons, self._settings, self._aliases = list(reasons), settings, dict(aliases)
        self._guard = threading.RLock()
        self._is_held = False
        self._changed: set[str] = set()
        self._forget()
        self.notice = self._mend()
        self._look()

    def _forget(self) -> None:
        self._data, self._lines = b"", 0
        self.rows: dict[str, Decision] = {}
        self._of_record: dict[str, list[Decision]] = defaultdict(list)
        self._named: dict[str, Decision] = {}

    def all(self, record_id: str) -> list[Decision]:
        """Every row on a record, in the order of the file."""
        return list(self._of_record.get(present(record_id, self._aliases), ()))

    def live(self, record_id: str) -> list[Decision]:
        """The decisions that count on a record, of every reviewer."""
        chains = Chains()
        for row in self.all(record_id):
            chains.add(row)
        return chains.live()

    def refresh(self) -> set[str]:
        """Take in what was added to the file since the last look.

        Returns
        -------
        set of str
            The records whose decisions may have changed since `refresh` was last called.

        Raises
        ------
        InputError
            When the file cannot be used as it stands now; what was known before is kept.
        """
        with self._guard:
            self._look()
            changed, self._changed = self._changed, set()
            return changed

    def _look(self) -> None:
        data = self._read()
        if not data.endswith(b"\n") and not self._is_held:
            with held(self.path):  # another process may be in the middle of a row
                data = self._read()
        if data and data == self._data:
            return
        if self._data and data.startswith(self._data) and self._data.endswith(b"\n"):
            self._take(self._parse_added(data), data)
            return
        rows = parse_people(self.name, decode(self.name, data))
        check(rows, self.stage, self._reasons, self._settings, self._aliases)
        self._changed |= set(self._of_record)
        self._forget()
        self._take(rows, data)

    def add(self, make: Callable[[], Sequence[Decision]]) -> list[Decision]:
        """Append what `make` gives, once no other process can write and everything written so far is known.

        Returns
        -------
        list of Decision
            The rows as they stand on disk; empty when `make` gave none.

        Raises
        ------
        InputError
            When the rows cannot stand in the file; nothing is written.
        OSError
            When the disk does not take them; nothing is written.
        """
        with self._guard, held(self.path) as file:
            self._is_held = True
            try:
                self._look()
                rows = list(make())
                if rows:
                    self._check_with(rows)
                    append(file, behind(self.name, self._data, rows).encode())
                    self._look()
                return [self.rows[row.decision_id] for row in rows]
            finally:
                self._is_held = False

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            mend = f"Make it, with this first line: {','.join(header(self.name))}"
            raise InputError(Problem(self.name, "no such file", "the table of decisions", mend)) from error

    def _parse_added(self, data: bytes) -> list[Decision]:
        """The rows that stand behind those which are known."""
        first = self._data.index(b"\n") + 1
        skipped = self._lines - 1
        try:
            rows = parse_people(self.name, decode(self.name, data[:first] + data[len(self._data) :]), skipped)
            if any(row.decision_id in self.rows for row in rows):
                raise InputError()
            self._check_with(rows)
        except InputError:  # said once more with everything at hand
            rows = parse_people(self.name, decode(self.name, data))
            check(rows, self.stage, self._reasons, self._settings, self._aliases)
            raise
        return rows

    def _check_with(self, rows: Sequence[Decision]) -> None:
        """Check new rows beside those on the same records, and their reviewers' names beside all names."""
        touched = dict.fromkeys(present(row.record_id, self._aliases) for row in rows)
        beside = [row for record in touched for row in self._of_record.get(record, ())]
        check([*beside, *rows], self.stage, self._reasons, self._settings, self._aliases)
        faults = spellings(self.name, [*self._named.values(), *rows], self._settings)
        if faults:
            raise InputError(*faults)

    def _take(self, rows: Sequence[Decision], data: bytes) -> None:
        for row in rows:
            record = present(row.record_id, self._aliases)
            self.rows[row.decision_id] = row
            self._of_record[record].append(row)
            self._named.setdefault(row.reviewer, row)
            self._changed.add(record)
        self._data, self._lines = data, data.count(b"\n")

    def _mend(self) -> str:
        """Set aside a last row that a crash cut off; the sentence that says so, or nothing."""
        data = self._read()
        kept = data[: data.rfind(b"\n") + 1]
        tail = data[len(kept) :]
        if not kept or not tail or self._stands(data) or not self._stands(kept):
            return ""
        aside = set_aside(self.path, tail)
        found = show(tail.decode("utf-8", errors="replace"))
        where = cell(self.name, kept.count(b"\n") + 1)
        return f"{where}: {found} was cut off, as by a crash. It was set aside in {aside.name}, beside the table."

    def _stands(self, data: bytes) -> bool:
        try:
            rows = parse_people(self.name, decode(self.name, data))
            check(rows, self.stage, self._reasons, self._settings, self._aliases)
        except InputError:
            return False
        return True


def behind(name: str, data: bytes, rows: Sequence[Row]) -> str:
    """Rows as they go behind what the file of a table holds, with its columns and ends of lines.

    Raises
    ------
    InputError
        When the file has not all columns.
    """
    columns = [column.strip() for column in next(csv.reader([decode(name, data).splitlines()[0]]))]
    absent = [column for column in header(name) if column not in columns]
    if absent:
        mend = "Add it to the first line, and a comma to every row."
        raise InputError(Problem(cell(name, 1), f"no column {', '.join(absent)}", "all columns", mend))
    end = "\r\n" if data.split(b"\n")[0].endswith(b"\r") else "\n"
    text = io.StringIO("" if data.endswith(b"\n") else end)
    text.seek(0, io.SEEK_END)
    csv.writer(text, lineterminator=end).writerows([_written(row, column) for column in columns] for row in rows)
    return text.getvalue()


def _written(row: Row, column: str) -> str:
    value = getattr(row, column, "")
    return value.isoformat().replace("+00:00", "Z") if column == "decided_at" else str(value)
