"""What the tests of search share: writing an export into a folder and reading it."""

import datetime
from pathlib import Path

from prismake.config import SearchRun
from prismake.search.read import Export, read_export

DAY = datetime.date(2025, 11, 1)


def read(folder: Path, data: str | bytes, name: str = "export", source: str = "db", **run: object) -> Export:
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return read_export(source, SearchRun(date=DAY, file=name, **run), folder)


def balanced(export: Export) -> bool:
    """Whether every entry found is a record or a reject, once, with an id of its own."""
    account = export.account
    numbers = sorted(row["entry"] for row in [*export.entries, *export.rejects])
    return (
        account["entries"] == account["parsed"] + account["rejected"] == len(numbers)
        and numbers == list(range(1, len(numbers) + 1))
        and len({row["record_id"] for row in export.entries}) == len(export.entries)
    )
