"""One export of one search run: every entry of the file becomes a record or a reject with its lines."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import text as normal
from ..config import SearchRun
from ..problems import InputError, Problem, cell, show
from ..tables import BIBLIOGRAPHY
from . import nbib, ris
from .decode import decode, lines
from .entry import Block

FORMATS: dict[str, ModuleType] = {"ris": ris, "nbib": nbib}
"""The readers. Each offers ``split``, ``empty``, ``identity`` and ``fields``; a further format is a module of the same shape."""

_BEGINS = {
    "nbib": re.compile(r"^PMID *- ?\d", re.MULTILINE),
    "ris": re.compile(r"^\s*TY\s{0,4}-", re.MULTILINE | re.IGNORECASE),
}


@dataclass(frozen=True)
class Export:
    """What a file held. ``entries`` and ``rejects`` have the columns of `prismake.tables`."""

    entries: list[dict[str, Any]]
    rejects: list[dict[str, Any]]
    account: dict[str, Any]


def read_export(source: str, run: SearchRun, root: Path | None = None) -> Export:
    """Read the export of one search run.

    Parameters
    ----------
    source : str
        Key of the source; it begins every record id.
    run : SearchRun
        The file, its date, and what config.yaml says of it.
    root : Path, optional
        The review folder; the current folder by default.

    Returns
    -------
    Export
        ``len(entries) + len(rejects)`` is the number of entries in the file.

    Raises
    ------
    InputError
        When the file is missing, empty, binary or of no known format; when its entries are not as many as the database
        showed; when it holds more unreadable entries than config.yaml accepts.
    """
    data = _bytes((root or Path()) / run.file, run)
    text, encoding = decode(data, run.file, run.encoding) if data.strip() else ("", "")
    rows = lines(text)
    kind = run.format if run.format != "auto" else _detect(text, run)
    blocks, outside = FORMATS[kind].split(rows) if kind else ([], [])
    _refuse_nothing(run, blocks, outside)

    entries: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for number, block in enumerate(blocks, start=1):
        place = {
            "source": source,
            "run": run.date.isoformat(),
            "entry": number,
            "file": run.file,
            "line": block.line,
            "line_end": block.line_end,
        }
        if FORMATS[kind].empty(block):
            found = " / ".join(row.strip() for row in rows[block.line - 1 : block.line_end] if row.strip())
            rejects.append({**place, "found": found[:200], "why": "the entry has no content"})
        else:
            found = FORMATS[kind].fields(block) | {"warnings": list(block.warnings)}
            entries.append(place | found | {"content": normal.content_key(*FORMATS[kind].identity(block))})
    for entry in entries:
        entry["warnings"] += _warnings(entry)
    _check_counts(run, entries, rejects)
    _name(source, entries)
    return Export(entries, rejects, _account(source, run, data, kind, encoding, entries, rejects, outside))


def _bytes(path: Path, run: SearchRun) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(Problem(run.file, "no readable file", "the export of a search run")) from error
    if not data.strip() and run.results != 0:
        raise InputError(
            Problem(
                run.file,
                "an empty export",
                "at least one entry",
                "Export again; if the search found nothing, say results: 0 for this run in config.yaml.",
            )
        )
    return data


def _detect(text: str, run: SearchRun) -> str:
    places = {kind: match.start() for kind, begins in _BEGINS.items() if (match := begins.search(text))}
    if places:
        return min(places, key=lambda kind: places[kind])
    if run.results == 0:
        return ""
    first = next((row for row in lines(text) if row.strip()), "")
    raise InputError(
        Problem(
            cell(run.file, 1),
            f"no entry of a known format (begins {show(first)})",
            "RIS (entries begin 'TY  -') or NBIB (entries begin 'PMID-')",
            "Export again as RIS.",
        )
    )


def _refuse_nothing(run: SearchRun, blocks: list[Block], outside: list[tuple[int, str]]) -> None:
    if run.results == 0 and (blocks or outside):
        raise InputError(
            Problem(run.file, f"{len(blocks)} entries", "none, as config.yaml says results: 0", "Correct results.")
        )


def _warnings(entry: dict[str, Any]) -> list[str]:
    warnings = []
    if not entry["title"] and not entry["title_other"]:
        warnings.append("no title")
    if any("\ufffd" in str(entry[column]) for column in BIBLIOGRAPHY):
        warnings.append("characters that could not be read")
    return warnings


def _check_counts(run: SearchRun, entries: list[dict[str, Any]], rejects: list[dict[str, Any]]) -> None:
    total = len(entries) + len(rejects)
    problems = []
    if len(rejects) > run.rejects:
        mend = f"Mend the export, or accept them: rejects: {len(rejects)} for this run in config.yaml."
        problems += [
            Problem(f"{run.file}, lines {row['line']} to {row['line_end']}", show(row["found"]), "an entry", mend)
            for row in rejects
        ]
    if run.results is not None and total != run.results:
        problems.append(
            Problem(
                run.file,
                f"{total} entries ({len(entries)} readable, {len(rejects)} not)",
                f"{run.results}, the number that the database showed (results in config.yaml)",
                "Export again, or correct results.",
            )
        )
    if problems:
        raise InputError(*problems)


def _name(source: str, entries: list[dict[str, Any]]) -> None:
    """Give each entry its record id: source and accession, or source and content hash; ~2, ~3 for repeats.

    Repeats are numbered by content, so that the order of the export changes no id.
    """
    counted: Counter[str] = Counter()
    for entry in sorted(entries, key=lambda entry: entry["content"]):
        accession = re.sub(r"\s+", "_", entry["accession"])
        base = f"{source}:{accession or entry['content']}"
        counted[base] += 1
        entry["record_id"] = base if counted[base] == 1 else f"{base}~{counted[base]}"
    for entry in entries:
        del entry["content"]


def _account(
    source: str,
    run: SearchRun,
    data: bytes,
    kind: str,
    encoding: str,
    entries: list[dict[str, Any]],
    rejects: list[dict[str, Any]],
    outside: list[tuple[int, str]],
) -> dict[str, Any]:
    return {
        "source": source,
        "run": run.date.isoformat(),
        "file": run.file,
        "sha256": hashlib.sha256(data).hexdigest(),
        "format": kind,
        "encoding": encoding,
        "entries": len(entries) + len(rejects),
        "parsed": len(entries),
        "rejected": len(rejects),
        "results": run.results,
        "outside": [f"line {number}: {found[:80]}" for number, found in outside],
        "warned": sum(bool(entry["warnings"]) for entry in entries),
    }
