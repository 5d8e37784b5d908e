"""Who saw what, in which order, ranked by which model on which data: review/decisions/screening_log.csv.

The log belongs to the review and not to its results: it cannot be computed again. It only grows, a row each time that a
report is put before a reviewer.
"""

import csv
import datetime
import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..people import LOG
from . import growing

COLUMNS = [
    "shown_at", "reviewer", "stage", "place", "record_id", "how", "batch", "rank", "score", "ranked_by", "seed", "data",
    "stopping", "version",
]  # fmt: skip
"""``place`` counts what a reviewer saw at a stage. ``how``: ranked; drawn, at random before the first ranking; conflict;
calibration, of the calibration round; sample, of a random sample of the unread; search; back, to a decision of one's own; or
export. ``batch`` counts the rankings of a session; ``rank`` and ``score`` are those of the report in it, ``data`` is a hash of
the reports and decisions that it was made from. ``stopping`` is a hash of the rule for stopping as config.yaml declared it
then; ``version`` is that of prismake, which ranks."""


CUT_OFF = "cut off"
"""What `read_log` says under ``how`` of a line that is no row: a crash cut it off, and it says nothing else."""


def read_log(path: str | Path) -> list[dict[str, str]]:
    """The rows of the log. Each stands on a line of its own, so that one which was cut off costs no other."""
    lines = Path(path).read_bytes().decode("utf-8-sig", errors="replace").split("\n")
    columns = next(csv.reader(lines[:1]), [])
    rows = []
    for line in filter(None, lines[1:]):
        cells = next(csv.reader([line]))
        is_whole = len(cells) == len(columns)
        rows.append(
            dict(zip(columns, cells, strict=True)) if is_whole else dict.fromkeys(columns, "") | {"how": CUT_OFF}
        )
    return rows


@dataclass(frozen=True)
class Ranked:
    """Where a report stood in the order that it was offered by; empty where it was not offered but looked for."""

    batch: int = 0
    rank: int = 0
    score: float = 0.0
    ranked_by: str = ""
    seed: int = 0
    data: str = ""


class Showings:
    """The log of one reviewer at one stage."""

    def __init__(self, root: Path, reviewer: str, stage: str, stopping: str) -> None:
        self._path, self._reviewer, self._stage, self._stopping = root / LOG, reviewer, stage, stopping
        self._read, self._shown = 0, 0
        self._guard = threading.Lock()
        growing.start(self._path, ",".join(COLUMNS))
        with self._path.open(encoding="utf-8-sig", newline="") as handle:
            self._columns = next(csv.reader(handle), COLUMNS)  # a log that an earlier version began has fewer

    def add(self, shown: Sequence[tuple[str, str, Ranked]]) -> None:
        """Put down what was shown just now: record, how, and its rank."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        with self._guard, growing.held(self._path) as file:
            gap = self._count()
            rows: list[dict[str, Any]] = []
            for number, (record, how, ranked) in enumerate(shown, start=self._shown + 1):
                row = {"shown_at": now, "reviewer": self._reviewer, "stage": self._stage, "place": number}
                row |= {"record_id": record, "how": how, "stopping": self._stopping, "version": __version__}
                rows.append(row | (vars(ranked) if ranked.batch else {}))
            text = io.StringIO()
            csv.DictWriter(text, self._columns, extrasaction="ignore", lineterminator="\n").writerows(rows)
            growing.append(file, (gap + text.getvalue()).encode())

    def _count(self) -> str:
        """Count what was added since the last look; the end of line that a crash cut off, or nothing."""
        with self._path.open("rb") as handle:
            handle.seek(self._read)
            added = handle.read()
        text = added.decode("utf-8", errors="replace")
        for line in text.split("\n"):  # one that was cut off costs no other: see `read_log`
            self._shown += next(csv.reader([line]), [])[1:3] == [self._reviewer, self._stage]
        self._read += len(added)
        return "" if added.endswith(b"\n") or not added else "\n"
