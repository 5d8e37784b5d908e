"""One export of one search run: every entry of the file becomes a record or a reject with its lines."""

import gc
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz

from .. import text as normal
from ..config import SearchRun
from ..problems import InputError, Problem, show
from ..tables import BIBLIOGRAPHY
from .entry import Block, blank
from .formats import FORMATS, detect, rows_of, split

_MOJIBAKE = re.compile("[ÃÐ][\u0080-\u00bf]|â[\u0080€][\u0080-\u00bf\u2122\u0153\u201c\u201d]|Â[\u00a0-\u00bf]")

_ONE_DOCUMENT = 50
"""Titles less alike than this (token set ratio, 0 to 100) are those of different documents."""


@dataclass(frozen=True)
class Export:
    """What a file held. ``entries`` and ``rejects`` have the columns of `prismake.tables`."""

    entries: list[dict[str, Any]]
    rejects: list[dict[str, Any]]
    account: dict[str, Any]


def read_export(source: str, run: SearchRun, root: Path | None = None, ids: str = "accession") -> Export:
    """Read the export of one search run.

    Parameters
    ----------
    source : str
        Key of the source; it begins every record id.
    run : SearchRun
        The file, its date, and what config.yaml says of it.
    root : Path, optional
        The review folder; the current folder by default.
    ids : str
        ``accession`` or ``content``: what names the records, as `prismake.config.Source` says.

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
    with _without_collector():
        return _read_export(source, run, root or Path(), ids)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Leave the collector of cycles aside: a large export makes millions of objects and no cycle, a sixth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read_export(source: str, run: SearchRun, root: Path, ids: str) -> Export:
    data = _bytes(root / run.file, run)
    rows, encoding = rows_of(data, run)
    kinds = detect(rows, run)
    blocks, outside = split(rows, kinds, run.columns)
    _check_content(run, rows, kinds, blocks, outside)

    entries: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for number, (kind, block) in enumerate(blocks, start=1):
        place = {
            "source": source,
            "run": run.date.isoformat(),
            "entry": number,
            "file": run.file,
            "line": block.line,
            "line_end": block.line_end,
        }
        reader = FORMATS[kind]
        why = block.fault or ("the entry has no content" if reader.empty(block) else "")
        if why:
            found = block.found or " / ".join(filter(None, map(str.strip, rows[block.line - 1 : block.line_end])))
            rejects.append({**place, "found": found[:200], "why": why})
        else:
            entry = place | blank() | reader.fields(block) | {"warnings": list(block.warnings)}
            entries.append(entry | {"content": normal.content_key(*reader.identity(block)), "tags": block.tags})
    for entry in entries:
        entry["warnings"] += _warnings(entry)
    _check_counts(run, entries, rejects)
    _name(source, ids, entries)
    return Export(entries, rejects, _account(source, run, data, " + ".join(kinds), encoding, entries, rejects, outside))


def _bytes(path: Path, run: SearchRun) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(Problem(run.file, "no readable file", "the export of a search run")) from error


def _check_content(
    run: SearchRun, rows: list[str], kinds: list[str], blocks: list[tuple[str, Block]], outside: list[tuple[int, str]]
) -> None:
    if run.results != 0 and not any(map(str.strip, rows)):
        raise InputError(
            Problem(
                run.file,
                "an empty export",
                "at least one entry",
                "Export again; if the search found nothing, say results: 0 for this run in config.yaml.",
            )
        )
    if run.results == 0 and (blocks or outside):
        raise InputError(
            Problem(run.file, f"{len(blocks)} entries", "none, as config.yaml says results: 0", "Correct results.")
        )
    if run.results != 0 and not blocks:
        raise InputError(
            Problem(
                run.file,
                f"no entry of the format {kinds[0]}",
                "at least one entry",
                "Is format right in config.yaml? If the search found nothing, say results: 0 and leave the file empty.",
            )
        )


def _warnings(entry: dict[str, Any]) -> list[str]:
    warnings = []
    if not entry["title"] and not entry["title_other"]:
        warnings.append("no title")
    text = " ".join(str(entry[column]) for column in BIBLIOGRAPHY)
    if text.isascii():
        return warnings
    if "\ufffd" in text:
        warnings.append("characters that could not be read")
    if garbled := _MOJIBAKE.search(text):
        warnings.append(f"text that was decoded wrongly before it came here ({garbled.group(0)})")
    return warnings


def _check_counts(run: SearchRun, entries: list[dict[str, Any]], rejects: list[dict[str, Any]]) -> None:
    total = len(entries) + len(rejects)
    problems = []
    if len(rejects) > run.rejects:
        mend = f"Mend the export, or accept them: rejects: {len(rejects)} for this run in config.yaml."
        problems += [Problem(_place(row), f"{show(row['found'])} ({row['why']})", "an entry", mend) for row in rejects]
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


def _place(row: dict[str, Any]) -> str:
    return f"{row['file']}, lines {row['line']} to {row['line_end']}"


def _name(source: str, ids: str, entries: list[dict[str, Any]]) -> None:
    """Give each entry its record id: source and accession, or source and content hash; ~2, ~3 for repeats.

    Repeats are numbered by all that they say, so that the order of the export changes no id.

    Raises
    ------
    InputError
        When one accession stands for two documents: it identifies neither.
    """
    counted: Counter[str] = Counter()
    first: dict[str, dict[str, Any]] = {}
    problems = []
    alike = Counter(entry["content"] for entry in entries)

    def order(entry: dict[str, Any]) -> tuple[str, str]:
        return entry["content"], repr(sorted(entry["tags"].items())) if alike[entry["content"]] > 1 else ""

    for entry in sorted(entries, key=order):
        accession = re.sub(r"\s+", "_", entry["accession"]).replace("~", "%7E") if ids == "accession" else ""
        base = f"{source}:{accession or entry['content']}"
        counted[base] += 1
        entry["record_id"] = base if counted[base] == 1 else f"{base}~{counted[base]}"
        problems += two_documents(first.setdefault(base, entry), entry)
    for entry in entries:
        del entry["content"], entry["tags"]
    if problems:
        raise InputError(*problems)


def two_documents(first: dict[str, Any], second: dict[str, Any]) -> list[Problem]:
    """The fault of two entries with one accession whose titles say that they are different documents, if it is one."""
    if first is second:
        return []
    one, other = normal.words(first["title"]), normal.words(second["title"])
    comparable = one and other and one.isascii() == other.isascii()
    if not comparable or one in other or other in one or fuzz.token_set_ratio(one, other) >= _ONE_DOCUMENT:
        return []
    return [
        Problem(
            _place(second),
            f"the id {show(second['accession'])} for {show(second['title'])}, which {first['file']}, line {first['line']}, "
            f"has for {show(first['title'])}",
            "an id for one document",
            f"Correct the export, or say ids: content under sources.{second['source']} in config.yaml, so that its records "
            "are named by what they say.",
        )
    ]


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
