"""``prismake dedup FILE... --out DIR``: duplicates among any exports, without a review around them."""

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..config import Dedup
from ..problems import InputError, Problem, show
from ..search.read import Export
from ..search.ris_out import to_ris
from ..tables import write_csv
from ..wording import many
from .files import read_files
from .run import LINKS, REVIEW, Deduplication, find_duplicates

PLACE = ["file", "line", "source_id"]
CLUSTERS = [*PLACE, "record_id", "report_id", "represents", "because"]
"""Columns of ``clusters.csv``: a row for each entry of each file, in their order."""

RESULTS = ("clusters.csv", "unique.ris", "review.csv", "links.csv")

_PAIR = [f"{column}_{n}" for n in (1, 2) for column in PLACE]
_SHOWN = 10

Entry = dict[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Entry of ``python -m prismake.dedup.alone``; 1 when an input is at fault, and then nothing is written."""
    parser = argparse.ArgumentParser(
        prog="./prismake dedup",
        description="Find duplicates among exports; writes clusters.csv, unique.ris, review.csv and links.csv.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="an export; records of the first represent reports")
    parser.add_argument("--out", required=True, metavar="DIR", help="where the results go; made where it is missing")
    parser.add_argument(
        "--versions",
        choices=("link", "merge"),
        default="link",
        help="versions of one Cochrane or BMJ Clinical Evidence review: named in links.csv, or merged",
    )
    asked = parser.parse_args(arguments)
    try:
        _check_folder(Path(asked.out), asked.files)
        entries, exports, own_ids = read_files(asked.files)
        settings = Dedup(versions=asked.versions)
        found = find_duplicates(entries, settings, dict.fromkeys(_sources(exports), "database"), [], {})
        written = write(Path(asked.out), entries, own_ids, found)
    except (InputError, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    print(summary(exports, found))
    print(f"written: {', '.join(map(str, written))}")
    return 0


def _check_folder(folder: Path, files: Sequence[str]) -> None:
    """Say at once that the results have no place, rather than when they are there."""
    mend = "Name another one with --out."
    if folder.exists() and not folder.is_dir():
        raise InputError(Problem(str(folder), "a file", "a folder for the results", mend))
    results = {(folder / name).resolve() for name in RESULTS}
    expected = "a folder where the results replace no export"
    overwritten = [
        Problem(file, "an export that a result would replace", expected, mend)
        for file in files
        if Path(file).resolve() in results
    ]
    if overwritten:
        raise InputError(*overwritten)


def _sources(exports: Sequence[Export]) -> list[str]:
    return [export.account["source"] for export in exports]


def write(folder: Path, entries: Sequence[Entry], own_ids: Mapping[str, str], found: Deduplication) -> list[Path]:
    """Write the results: all of them, or none.

    Parameters
    ----------
    folder : Path
        Files of an earlier run in it are replaced.
    entries : sequence of dict
        Rows of `prismake.tables.ENTRIES`.
    own_ids : mapping
        record id -> the id that the export gives the record.
    found : Deduplication
        What came of them.
    """
    places = {
        entry["record_id"]: {"file": entry["file"], "line": entry["line"], "source_id": own_ids[entry["record_id"]]}
        for entry in entries
    }
    rows = {row["record_id"]: row for row in found.clusters}
    tables = {
        "clusters.csv": (CLUSTERS, [rows[entry["record_id"]] | places[entry["record_id"]] for entry in entries]),
        "review.csv": ([*REVIEW[:4], *_PAIR, *REVIEW[4:]], [row | _pair(row, places) for row in found.review]),
        "links.csv": ([*LINKS, *_PAIR], [row | _pair(row, places) for row in found.links]),
    }
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / ".part"
    try:
        for name, (columns, table) in tables.items():
            write_csv(part / name, columns, table)
        (part / "unique.ris").write_text(_unique(entries, own_ids, found), encoding="utf-8")
        return [path.replace(folder / path.name) for path in sorted(part.iterdir())]
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _pair(row: Entry, places: Mapping[str, Entry]) -> Entry:
    return {f"{column}_{n}": value for n in (1, 2) for column, value in places[row[f"record_id_{n}"]].items()}


def _unique(entries: Sequence[Entry], own_ids: Mapping[str, str], found: Deduplication) -> str:
    """One entry a report, in the order of the records that represent them.

    An entry keeps the id that its export gives it where no other one has it; exports may all count from 1.
    """
    standing = {row["record_id"]: row["report_id"] for row in found.clusters if row["represents"]}
    reports = {report["report_id"]: report for report in found.reports}
    counts = Counter(own_ids[record_id] for record_id in standing)
    named = {record_id: own_ids[record_id] if counts[own_ids[record_id]] == 1 else "" for record_id in standing}
    return "".join(
        to_ris(named[entry["record_id"]] or entry["record_id"], reports[standing[entry["record_id"]]])
        for entry in entries
        if entry["record_id"] in standing
    )


def _first(lines: Iterable[str]) -> list[str]:
    """So many of the lines as a terminal has room for, and how many more there are."""
    said = list(lines)
    more = len(said) - _SHOWN
    return [*said[:_SHOWN], f"  and {more} more"] if more > 0 else said


def summary(exports: Sequence[Export], found: Deduplication) -> str:
    """What was read and found, for the terminal; what could not be read by its lines."""
    lines = []
    for export in exports:
        account = export.account
        lines.append(
            f"{account['file']}: {many(account['entries'], 'entry', 'entries')} ({account['format']}, "
            f"{account['encoding']}), {account['rejected']} unreadable, {account['warned']} with a warning"
        )
        lines += _first(
            f"  lines {row['line']} to {row['line_end']}: {row['why']}: {show(row['found'])}" for row in export.rejects
        )
        lines += _first(f"  outside of entries, {beside}" for beside in account["outside"])
    records, reports = len(found.clusters), len(found.reports)
    related = Counter(row["relation"] for row in found.links)
    named = ", ".join(f"{count} {relation}" for relation, count in sorted(related.items())) or "none"
    lines += [
        f"{many(records, 'record')} - {many(records - reports, 'duplicate')} = {many(reports, 'report')}",
        f"for a person to decide: {many(len(found.review), 'pair')}",
        f"related but no duplicates: {named}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
