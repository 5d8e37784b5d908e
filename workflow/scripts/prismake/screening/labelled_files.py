"""A labelled set from files: an export in any format, and a table of labels."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ..dedup.files import read_files
from ..problems import InputError, Problem, cell, show
from .features import text_of
from .labelled import LabelledSet, labelled

LABELS = ("record_id", "included")
_LISTED = 10


def read_set(records: Path, labels: Path, name: str) -> LabelledSet:
    """Read an export in any format, packed by gzip or not, and its labels.

    Parameters
    ----------
    records : Path
    labels : Path
        A table with the columns `LABELS`: the id that the export gives each record, and 1 or 0. Others are not read.
    name : str

    Raises
    ------
    InputError
        When a file cannot be used; for every label without a record, and every record without a label or with the id of
        another.
    """
    entries, _, own_ids = read_files([str(records)])
    ids = [own_ids[entry["record_id"]] or entry["record_id"] for entry in entries]
    known = _read_labels(labels)
    first = {one: place for place, one in reversed(list(enumerate(ids)))}
    problems = [
        Problem(cell(records, entry["line"]), f"{show(one)} again", "an id of its own for each record")
        for place, (one, entry) in enumerate(zip(ids, entries, strict=True))
        if first[one] < place
    ]
    mend = "The id is that of the tag ID, PMID, UT or AN, or BibTeX's key."
    problems += [
        Problem(cell(labels, line, "record_id"), show(one), f"the id of a record in {records}", mend)
        for one, (_, line) in known.items()
        if one not in first
    ]
    problems += [
        Problem(cell(records, entry["line"]), f"{show(one)}, which has no label", f"a row for it in {labels}", mend)
        for one, entry in zip(ids, entries, strict=True)
        if one not in known
    ]
    if problems:
        raise InputError(*_few(problems, name))
    texts = {one: text_of(entry) for one, entry in zip(ids, entries, strict=True)}
    return labelled(name, texts, {one: label for one, (label, _) in known.items()}, str(labels))


def _few(problems: Sequence[Problem], name: str) -> list[Problem]:
    more = len(problems) - _LISTED
    rest = [Problem(name, f"{more} more faults", "none")] if more > 0 else []
    return [*problems[:_LISTED], *rest]


def _read_labels(path: Path) -> dict[str, tuple[bool, int]]:
    """Record id -> label, and the line where it stands."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem(str(path), "no readable file in UTF-8", "a table of labels")) from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    header = rows.fieldnames or []
    if missing := [column for column in LABELS if column not in header]:
        found = f"the columns {', '.join(header) or 'of no header'}"
        raise InputError(
            Problem(cell(path, 1), found, f"the columns {', '.join(LABELS)}; missing: {', '.join(missing)}")
        )
    labels: dict[str, tuple[bool, int]] = {}
    problems = []
    for row in rows:
        one, label = (row["record_id"] or "").strip(), (row["included"] or "").strip()
        if label not in ("0", "1"):
            problems.append(Problem(cell(path, rows.line_num, "included"), show(label), "1 or 0"))
        elif one in labels:
            problems.append(Problem(cell(path, rows.line_num, "record_id"), f"{show(one)} again", "one label a record"))
        labels[one] = label == "1", rows.line_num
    if problems:
        raise InputError(*_few(problems, str(path)))
    return labels
