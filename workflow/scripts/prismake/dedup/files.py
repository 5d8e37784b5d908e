"""Any exports as records for deduplication outside of a review, each with the id that its own export gives it."""

import datetime
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..config import SearchRun
from ..problems import InputError, Problem
from ..search.formats import rows_of
from ..search.read import Export, read_export

_ID_LINE = re.compile(r"\s{0,4}(?:ID|PMID|UT|AN)\s{0,4}- ?(.*\S)", re.IGNORECASE)
_BIBTEX_KEY = re.compile(r"\s*@\w+\s*[{(]\s*([^\s,={}]+)\s*,")
_ANY_DAY = datetime.date(2000, 1, 1)
_ANY_NUMBER = 10**9


def read_files(paths: Sequence[str]) -> tuple[list[dict[str, Any]], list[Export], dict[str, str]]:
    """Read exports, each as a source of its own.

    Parameters
    ----------
    paths : sequence of str
        The files, the one whose records shall represent reports first.

    Returns
    -------
    entries : list of dict
        Rows of `prismake.tables.ENTRIES`. Records are named by file name and content, so that any file can be read.
    exports : list of Export
        What each file held, its rejects among it.
    ids : dict
        record id -> the id as the export's own tag gives it (``ID``, ``PMID``, ``UT`` or ``AN``, the first that an
        entry has, or the key of BibTeX), or the accession that its reader found; empty where there is none.

    Raises
    ------
    InputError
        When a file is missing, empty, of no known format, or named twice.
    """
    doubles = sorted({path for path in paths if sum(Path(path).resolve() == Path(p).resolve() for p in paths) > 1})
    if doubles:
        raise InputError(*(Problem(path, "a file that is named twice", "each export once") for path in doubles))
    entries: list[dict[str, Any]] = []
    exports: list[Export] = []
    ids: dict[str, str] = {}
    for source, path in zip(_sources(paths), paths, strict=True):
        run = SearchRun(date=_ANY_DAY, file=path, rejects=_ANY_NUMBER)
        export = read_export(source, run, ids="content")
        rows, _ = rows_of(Path(path).read_bytes(), run)
        for entry in export.entries:
            ids[entry["record_id"]] = _own_id(rows[entry["line"] - 1 : entry["line_end"]]) or entry["accession"]
        entries += export.entries
        exports.append(export)
    return entries, exports, ids


def _sources(paths: Sequence[str]) -> list[str]:
    """A key for each file, from its name; files of one name are numbered."""
    keys: list[str] = []
    for path in paths:
        stem = re.sub(r"[^a-z0-9]+", "_", Path(path).name.split(".")[0].lower()).strip("_")
        key = stem if stem[:1].isalpha() else f"file_{stem}".rstrip("_")
        same = sum(known == key or known.startswith(f"{key}__") for known in keys)
        keys.append(f"{key}__{same + 1}" if same else key)
    return keys


def _own_id(rows: Sequence[str]) -> str:
    found = (_ID_LINE.match(row) or _BIBTEX_KEY.match(row) for row in rows)
    return next((match.group(1).strip() for match in found if match), "")
