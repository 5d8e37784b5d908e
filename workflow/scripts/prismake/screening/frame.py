"""What a random sample was drawn from: review/decisions/sample_frame.csv, a row for each report that was unread then.

The program keeps it beside the sample, so that it is known later which reports the sample speaks of: counts would not do, as
duplicates that are found after the draw hide reports that came after it. Draws before there was such a file have no rows.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from ..people import decode
from ..problems import InputError, Problem, cell, show
from . import growing

FRAME = "review/decisions/sample_frame.csv"
COLUMNS = ["draw", "record_id"]


def read_frames(path: Path) -> dict[str, frozenset[str]]:
    """Draw -> a record of each report that was unread then; empty where no sample was drawn yet.

    Raises
    ------
    InputError
        For a file that is no such table.
    """
    frames: dict[str, set[str]] = defaultdict(set)
    if not path.is_file():
        return {}
    text = io.StringIO(decode(FRAME, path.read_bytes()), newline="")
    for number, cells in enumerate(csv.reader(text), start=1):
        if number == 1 and cells != COLUMNS:
            raise InputError(Problem(cell(FRAME, 1), show(",".join(cells)), ",".join(COLUMNS)))
        if cells and len(cells) != len(COLUMNS):
            mend = "Take the line out if a crash cut it off: then no sample was drawn from it."
            raise InputError(Problem(cell(FRAME, number), show(",".join(cells)), "a draw and a record id", mend))
        if cells and number > 1:
            frames[cells[0]].add(cells[1])
    return {draw: frozenset(records) for draw, records in frames.items()}


def keep(path: Path, draw: str, records: Iterable[str]) -> None:
    """Put down what a sample is drawn from, before the sample itself."""
    growing.start(path, ",".join(COLUMNS))
    with growing.held(path) as file:
        text = io.StringIO("" if path.read_bytes().endswith(b"\n") else "\n")
        text.seek(0, io.SEEK_END)
        csv.writer(text, lineterminator="\n").writerows((draw, record) for record in records)
        growing.append(file, text.getvalue().encode())
