"""The order in which one reviewer is offered reports: ranked anew in the background while the reviewer reads.

The ranking is a process of its own, so that the page never waits for it: meanwhile the order before it goes on. It is made
anew when a tenth more has been read. Until there is a first one, the order is that of a seeded draw.
"""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..config import Config
from ..configfile import load
from ..tables import read_parquet
from .desk import Desk
from .learning import batch_size
from .ranking import EXPLAINED, protocol_text, rank
from .shelf import REPORTS
from .showings import Ranked

STORE = Path("logs/screening")
"""Where the features of reports are kept, as by the workflow's own ranking."""


class Order:
    """What is offered to the reviewer of a desk, best first."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seed = desk.config.screening.ranking.seed
        self._growth = desk.config.screening.ranking.growth
        self._guard = threading.Lock()
        self._running: threading.Thread | None = None
        self._at = 0  # how much had been read when the present order was made
        self._ids = sorted(desk.shelf.ids, key=self._draw) if not desk.adjudicates else list(desk.shelf.ids)
        self._ranks: dict[str, tuple[int, float]] = {}
        self._terms: dict[str, list[str]] = {}
        self.batch, self.ranked_by, self._data, self.fault = 0, "", "", ""

    def _draw(self, report: str) -> bytes:
        return hashlib.sha256(f"{self._seed} {report}".encode()).digest()

    def upcoming(self) -> Iterator[str]:
        """The reports that wait for the reviewer, those that `foremost` names first."""
        ids = list(self._ids)
        first = dict.fromkeys(foremost(self._desk, ids))
        later = (report for report in ids if report not in first)
        return (report for report in (*first, *later) if self._desk.waits(report))

    def terms(self, report: str) -> list[str]:
        """The terms that speak most for a report, by the ranking."""
        return self._terms.get(report, [])

    def ranked(self, report: str) -> Ranked:
        """Where a report stands in the present order."""
        if report not in self._ranks:
            return Ranked()
        place, score = self._ranks[report]
        return Ranked(self.batch, place, score, self.ranked_by, self._seed, self._data)

    def until_next(self) -> int:
        """After how many more decisions the rest is ranked anew."""
        read = sum(self._desk.counts().values())
        return max(0, batch_size(self._at, self._growth) - abs(read - self._at))

    def consider(self) -> None:
        """Rank anew in the background, where enough has been read since the last time."""
        with self._guard:
            running = self._running is not None and self._running.is_alive()
            if self._desk.adjudicates or running or (self.batch and self.until_next()):
                return
            self._running = threading.Thread(target=self._rank_until_settled, daemon=True)
            self._running.start()

    def wait(self, seconds: float) -> bool:
        """Wait for a ranking that is being made; whether none is any more."""
        running = self._running
        if running is not None:
            running.join(seconds)
        return running is None or not running.is_alive()

    def _rank_until_settled(self) -> None:
        self._rank()
        while not self.fault and not self.until_next():  # so much was read meanwhile
            self._rank()

    def _rank(self) -> None:
        read, labels = sum(self._desk.counts().values()), self._desk.labels()
        package = str(Path(__file__).resolve().parents[2])
        try:
            done = subprocess.run(
                [sys.executable, "-m", "prismake.screening.order", str(self._desk.root)],
                input=json.dumps(labels).encode(),
                capture_output=True,
                check=True,
                env=os.environ | {"PYTHONPATH": package},
            )
            rows = json.loads(done.stdout)
        except (OSError, subprocess.CalledProcessError, json.JSONDecodeError) as error:
            said = getattr(error, "stderr", b"") or b""
            self.fault = (said.decode(errors="replace").strip().splitlines() or [str(error)])[-1]
            self._at = read
            return
        data = data_hash(self._desk.root, labels)
        ranks = {row["report_id"]: (row["rank"], row["score"]) for row in rows}
        with self._guard:
            self._ids = [row["report_id"] for row in rows] + [one for one in self._ids if one not in ranks]
            self._ranks = ranks
            self._terms = {row["report_id"]: row["terms"] for row in rows[:EXPLAINED]}
            self.ranked_by, self._data = rows[0]["ranked_by"] if rows else self.ranked_by, data
            self.batch, self._at, self.fault = self.batch + 1, read, ""


def foremost(desk: Desk, ids: Iterable[str]) -> list[str]:
    """What is offered before all else: the calibration round by its lots, then a random sample of the unread as in `ids`."""
    if desk.adjudicates:
        return []
    sampled = [report for report in ids if desk.drawn_for(report) == "sample"] if desk.sample else []
    return [*desk.calibration, *sampled]


def ordered(desk: Desk) -> list[tuple[str, Ranked]]:
    """The reports that wait for the reviewer of a desk: what `foremost` names, then best first, ranked now and here."""
    if desk.adjudicates:
        return [(report, Ranked()) for report in desk.shelf.ids if desk.waits(report)]
    labels = desk.labels()
    data, seed = data_hash(desk.root, labels), desk.config.screening.ranking.seed
    ranked = {
        row["report_id"]: Ranked(1, row["rank"], row["score"], row["ranked_by"], seed, data)
        for row in ranked_rows(desk.root, desk.config, labels)
    }
    return [
        (report, ranked[report]) for report in dict.fromkeys((*foremost(desk, ranked), *ranked)) if report in ranked
    ]


def data_hash(root: Path, labels: Sequence[dict[str, Any]]) -> str:
    """What a ranking was made from, in 16 digits: the reports, and the decisions that it learnt from."""
    digest = hashlib.sha256((root / REPORTS).read_bytes())
    digest.update(json.dumps(labels, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def ranked_rows(root: Path, config: Config, labels: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The reports to do, best first: report_id, rank, score, ranked_by and terms of each."""
    protocol = protocol_text(config.question, config.eligibility)
    rows = rank(read_parquet(root / REPORTS), list(labels), protocol, config.screening.ranking, store=root / STORE)
    columns = ("report_id", "rank", "score", "ranked_by", "terms")
    return [{column: row[column] for column in columns} for row in rows]


if __name__ == "__main__":
    os.nice(5)
    folder = Path(sys.argv[1])
    print(json.dumps(ranked_rows(folder, load(folder / "config.yaml"), json.load(sys.stdin))))
