"""The tables that cross from rule to rule: their columns, and writing files that are whole or absent.

What only rules read is parquet, by the schemas below. CSV under ``results/`` is made for spreadsheets, so `write_csv`
disarms text cells that a spreadsheet would run. The tables that people edit are in `prismake.people`.
"""

import contextlib
import csv
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

_ARMED = ("=", "+", "-", "@", "\t", "\r", "'")


def disarm(text: str) -> str:
    """Prefix a text cell that a spreadsheet would take for a formula; `rearm` gives the text back."""
    return "'" + text if text.startswith(_ARMED) else text


def rearm(text: str) -> str:
    """Undo `disarm`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_ARMED) else text


@contextlib.contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` and rename it there at the end: the file is whole or absent."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _written(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return disarm(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return disarm("; ".join(map(str, value)))
    return str(value)


def write_csv(path: str | Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Write a table for people: UTF-8, comma, header, LF; numbers in full, text cells disarmed."""
    with whole(path) as part, part.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_written(row.get(column)) for column in columns] for row in rows)


def read_csv(path: str | Path) -> list[dict[str, str]]:
    """Read back what `write_csv` wrote, as text."""
    with Path(path).open(encoding="utf-8", newline="") as handle:
        return [{column: rearm(value) for column, value in row.items()} for row in csv.DictReader(handle)]


_BATCH = 2_000
"""Rows of a table that are read at once, or stand together in a file, so that some can be read without the others."""

TEXT, LIST, INT, REAL, FLAG = "text", "list", "int", "real", "flag"

ENTRIES: dict[str, str] = {
    "source": TEXT,
    "run": TEXT,  # the date of the search run
    "entry": INT,  # 1, 2, ... in the order of the file
    "record_id": TEXT,
    "accession": TEXT,
    "file": TEXT,
    "line": INT,
    "line_end": INT,
    "type": TEXT,
    "title": TEXT,
    "title_other": TEXT,
    "authors": LIST,
    "year": INT,
    "journal": TEXT,
    "volume": TEXT,
    "issue": TEXT,
    "pages": TEXT,
    "doi": TEXT,
    "pmid": TEXT,
    "pmcid": TEXT,
    "registry_ids": LIST,
    "abstract": TEXT,
    "keywords": LIST,
    "language": TEXT,
    "issn": LIST,
    "urls": LIST,
    "notes": TEXT,
    "registration": TEXT,  # what a trial register says: status, enrolment, arms, outcomes
    "warnings": LIST,
}
"""One row an entry that was read: what crosses from search to the stages after it."""

REJECTS: dict[str, str] = {
    "source": TEXT,
    "run": TEXT,
    "entry": INT,
    "file": TEXT,
    "line": INT,
    "line_end": INT,
    "found": TEXT,
    "why": TEXT,
}
"""One row an entry that could not be read."""

ACCOUNTS: dict[str, str] = {
    "source": TEXT,
    "run": TEXT,
    "file": TEXT,
    "sha256": TEXT,
    "format": TEXT,
    "encoding": TEXT,
    "entries": INT,  # parsed + rejected
    "parsed": INT,
    "rejected": INT,
    "results": INT,  # what the database showed, where config.yaml says it
    "outside": LIST,  # lines that belong to no entry
    "warned": INT,
}
"""One row an export: what it held."""

BIBLIOGRAPHY = [
    "type", "title", "title_other", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "pmcid",
    "registry_ids", "abstract", "keywords", "language", "issn", "urls", "notes", "registration",
]  # fmt: skip
"""The columns of `ENTRIES` that describe the document itself."""

MET: dict[str, str] = {
    "record_id_1": TEXT,
    "record_id_2": TEXT,
    "generic_1": FLAG,  # the title fits many documents
    "generic_2": FLAG,
}
"""One row a pair of records to compare: what crosses to one part of a large run."""

COMPARED: dict[str, str] = {"first": TEXT, "second": TEXT, "score": REAL, "rule": TEXT, "doubt": TEXT}
"""One row a compared pair that may be one report: what comes back from one part of a large run."""

RELATED: dict[str, str] = {"relation": TEXT, "first": TEXT, "second": TEXT, "why": TEXT}
"""One row a relation between two records: what comes back beside it."""

CLUSTERS: dict[str, str] = {
    "record_id": TEXT,
    "report_id": TEXT,
    "represents": FLAG,  # this record stands for its report in the flow
    "because": TEXT,  # why it belongs to its report: rule and score, or whose verdict
    "decided_by": TEXT,  # rule, person, or empty where the record is alone
}
"""One row a record: which report it belongs to."""

REPORTS: dict[str, str] = {
    "report_id": TEXT,
    "record_ids": LIST,
    "sources": LIST,
    **{column: ENTRIES[column] for column in BIBLIOGRAPHY},
}
"""One row a report: the best of its records' fields."""

STANDING: dict[str, str] = {
    "report_id": TEXT,
    "stage": TEXT,  # title_abstract, full_text
    "state": TEXT,  # include, exclude, not_retrieved, ongoing, awaiting; to_do, conflict, automation
    "reason": TEXT,
    "decided_by": LIST,
    "note": TEXT,
}
"""One row a report and stage that it reached: where it stands."""

RESULTS: dict[str, str] = {
    "result_id": TEXT,
    "study_id": TEXT,
    "label": TEXT,
    "design": TEXT,
    "comparison": TEXT,
    "outcome": TEXT,
    "definition": TEXT,
    "timepoint": TEXT,
    "weeks": REAL,
    "unit_of_analysis": TEXT,
    "measure": TEXT,
    **{
        f"{name}_{arm}": kind
        for arm in (1, 2)
        for name, kind in {
            "arm": TEXT, "label": TEXT, "events": REAL, "n": REAL, "time": REAL, "mean": REAL, "sd": REAL,
            "median": REAL, "percent": REAL, "beside": TEXT, "converted": TEXT,
        }.items()
    },
    "estimate": REAL,  # as reported, with its interval or standard error, or a log-rank test's O - E and V
    "ci_low": REAL,
    "ci_high": REAL,
    "se": REAL,
    "o_e": REAL,
    "v": REAL,
    "reversed": FLAG,  # the scale of the study runs the other way: the effect enters with its sign turned
    "pool": TEXT,  # as extracted: yes, sensitivity, generic, no
    "use": TEXT,  # main, sensitivity, reported, not included
    "why": TEXT,  # why a result is only reported
    "status": TEXT,
    "source": TEXT,
    "place": TEXT,
    "note": TEXT,
}  # fmt: skip
"""One row a study, comparison, outcome, time point and unit of analysis."""


def is_estimate(result: dict[str, Any]) -> bool:
    """Whether a result is what a study reports as such, rather than made from the figures of its arms."""
    return result.get("estimate") is not None or result.get("o_e") is not None


def _arrow(schema: dict[str, str]) -> Any:
    import pyarrow as pa

    types = {TEXT: pa.string(), LIST: pa.list_(pa.string()), INT: pa.int64(), REAL: pa.float64(), FLAG: pa.bool_()}
    return pa.schema([(column, types[kind]) for column, kind in schema.items()])


def write_parquet(path: str | Path, schema: dict[str, str], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows whose keys are exactly the columns of `schema`.

    Raises
    ------
    ValueError
        When a row lacks a column or has one too many.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = list(rows)
    for row in rows:
        if row.keys() != schema.keys():
            raise ValueError(f"columns {sorted(row.keys() ^ schema.keys())} do not fit the schema")
    with whole(path) as part:
        table = pa.Table.from_pylist(rows, schema=_arrow(schema))
        pq.write_table(table, part, compression="zstd", row_group_size=_BATCH)


def read_parquet(path: str | Path, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Read rows that `write_parquet` wrote, some at a time and with equal texts shared, so that large tables fit.

    `columns` are those that are read, all by default.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = []
    with pq.ParquetFile(path, pre_buffer=False) as table:
        for batch in table.iter_batches(batch_size=_BATCH, columns=columns):
            held = [
                _shared(column.to_pylist()) if pa.types.is_string(column.type) else column.to_pylist()
                for column in batch.columns
            ]
            rows += [dict(zip(batch.schema.names, values, strict=True)) for values in zip(*held, strict=True)]
    pa.default_memory_pool().release_unused()
    return rows


def _shared(values: list[str | None]) -> list[str | None]:
    """The same values, equal ones as one object."""
    known: dict[str | None, str | None] = {}
    return [known.setdefault(value, value) for value in values]
