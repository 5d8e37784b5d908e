"""What a random sample was drawn from: review/decisions/sample_frame.csv, a row for each report that was unread then.

The program keeps it beside the sample, so that it is known later which reports the sample speaks of: counts would not do, as
duplicates that are found after the draw hide reports that came after it. Draws before there was such a file have no rows.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..people import Sampled, decode
from ..problems import InputError, Problem, cell, show
from . import growing

FRAME = "review/decisions/sample_frame.csv"
COLUMNS = ["draw", "record_id"]
_CUT_OFF = "Take the line out if a crash cut it off: then no sample was drawn from it."


def read_frames(path: Path) -> dict[str, frozenset[str]]:
    """Draw -> a record of each report that was unread then; empty where no sample was drawn yet.

    Raises
    ------
    InputError
        For a file that is no such table; also where it ends within a quoted cell, which would take in the rows behind it.
    """
    frames: dict[str, set[str]] = defaultdict(set)
    if not path.is_file():
        return {}
    text = io.StringIO(decode(FRAME, path.read_bytes()), newline="")
    for number, cells in enumerate(_rows(text), start=1):
        if number == 1 and cells != COLUMNS:
            raise InputError(Problem(cell(FRAME, 1), show(",".join(cells)), ",".join(COLUMNS)))
        if cells and len(cells) != len(COLUMNS):
            raise InputError(Problem(cell(FRAME, number), show(",".join(cells)), "a draw and a record id", _CUT_OFF))
        if cells and number > 1:
            frames[cells[0]].add(cells[1])
    return {draw: frozenset(records) for draw, records in frames.items()}


def _rows(text: io.StringIO) -> Iterator[list[str]]:
    reader, begins = csv.reader(text, strict=True), 1
    try:
        for cells in reader:
            yield cells
            begins = reader.line_num + 1
    except csv.Error as error:
        line = list(io.StringIO(text.getvalue(), newline=""))[begins - 1].rstrip("\r\n")
        raise InputError(
            Problem(cell(FRAME, begins), show(line), "quotes that close and end a cell", _CUT_OFF)
        ) from error


def frame_of_last(sample: Sequence[Sampled], frames: Mapping[str, Collection[str]]) -> Collection[str]:
    """The frame of the last draw; empty before there is a sample, and where no draw of it has a frame.

    Raises
    ------
    InputError
        Where only draws before the last one have a frame: the file was there, so the rows of the last one are lost.
    """
    if not sample:
        return ()
    last = sample[-1].draw
    before = [row.draw for row in sample if row.draw in frames]
    if last not in frames and before:
        found = f"records of draw {show(before[-1])} and none of draw {show(last)}"
        mend = "Restore the file as it was when the sample was drawn."
        raise InputError(Problem(FRAME, found, "what the last draw of the sample was drawn from", mend))
    return frames.get(last, ())


def keep(path: Path, draw: str, records: Iterable[str]) -> None:
    """Put down what a sample is drawn from, before the sample itself."""
    growing.start(path, ",".join(COLUMNS))
    with growing.held(path) as file:
        before, text = path.read_bytes(), io.StringIO()
        if not before:
            text.write(",".join(COLUMNS) + "\n")
        elif not before.endswith(b"\n"):
            text.write("\n")
        csv.writer(text, lineterminator="\n").writerows((draw, record) for record in records)
        growing.append(file, text.getvalue().encode())
