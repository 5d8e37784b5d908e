"""All search runs together: the records of the review, and the account of every file."""

from pathlib import Path
from typing import Any

from ..problems import InputError
from ..tables import ACCOUNTS, ENTRIES, REJECTS, read_parquet, write_csv, write_parquet
from .read import Export, two_documents

RECORDS_FOR_PEOPLE = [
    "record_id", "source", "run", "entry", "line", "title", "title_other", "authors", "year", "journal", "doi",
    "registry_ids", "warnings",
]  # fmt: skip


def save(export: Export, entries: str, rejects: str, account: str) -> None:
    """Write what one export held."""
    write_parquet(entries, ENTRIES, export.entries)
    write_parquet(rejects, REJECTS, export.rejects)
    write_parquet(account, ACCOUNTS, [export.account])


def collect(entries: list[str], rejects: list[str], accounts: list[str], out: dict[str, str | Path]) -> None:
    """Join the entries, rejects and accounts of all runs, ordered by source, run and place in the file.

    Raises
    ------
    InputError
        When two runs of a source give one id to different documents.
    """

    def read(paths: list[str]) -> list[dict[str, Any]]:
        rows = [row for path in paths for row in read_parquet(path)]
        return sorted(rows, key=lambda row: (row["source"], row["run"], row.get("entry", 0)))

    records, refused, files = read(entries), read(rejects), read(accounts)
    first: dict[str, dict[str, Any]] = {}
    problems = [fault for row in records for fault in two_documents(first.setdefault(row["record_id"], row), row)]
    if problems:
        raise InputError(*problems)
    write_parquet(out["records"], ENTRIES, records)
    write_parquet(out["rejects"], REJECTS, refused)
    write_parquet(out["accounts"], ACCOUNTS, files)
    write_csv(out["records_csv"], RECORDS_FOR_PEOPLE, records)
    write_csv(out["accounts_csv"], list(ACCOUNTS), files)
