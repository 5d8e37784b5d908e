"""The lines of an Excel workbook: one a row of its sheet, cells parted by tabs, so that a line number is a row number."""

import datetime
import io
import zipfile
from collections.abc import Iterator
from typing import Any

from ..problems import InputError, Problem

MAGIC = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"

_MAX_BYTES = 500_000_000
_MAX_ROWS = 1_048_576
_MAX_CELLS = 30_000_000


def is_workbook(data: bytes) -> bool:
    """Whether bytes begin as those of a workbook do, of the present or the former Excel."""
    return data.startswith((MAGIC, _OLD_EXCEL))


def rows(data: bytes, name: str) -> list[str]:
    """Read the values of the one sheet that holds any.

    Parameters
    ----------
    data : bytes
    name : str
        The file's name, for messages.

    Raises
    ------
    InputError
        When the file is no workbook, is damaged, is larger than Excel allows, or has several sheets with values.
    """
    _refuse_others(data, name)
    try:
        sheets = {title: found for title, found in _sheets(data, name) if found}
    except InputError:
        raise
    except Exception as error:  # a damaged workbook fails in openpyxl, zipfile or expat in many ways
        raise InputError(
            Problem(name, f"a workbook that cannot be read ({_reason(error)})", "an undamaged .xlsx", _MEND)
        ) from error
    if len(sheets) > 1:
        raise InputError(
            Problem(
                name,
                f"{len(sheets)} sheets with values ({', '.join(sheets)})",
                "one sheet, which holds the records",
                "Delete the others, or save the sheet as CSV.",
            )
        )
    return next(iter(sheets.values()), [])


_MEND = "Export again, or save the sheet as CSV (UTF-8)."


def _reason(error: BaseException) -> str:
    """What the library that failed first said, on one line."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _refuse_others(data: bytes, name: str) -> None:
    """Refuse what openpyxl must not open: other archives, and what would unpack to more than memory holds."""
    found = ""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                found = "an archive that is no workbook"
            elif sum(member.file_size for member in archive.infolist()) > _MAX_BYTES:
                found = f"a workbook of over {_MAX_BYTES // 1_000_000} MB when unpacked"
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        found = "a workbook of Excel 97 to 2003" if data.startswith(_OLD_EXCEL) else f"a damaged archive ({error})"
    if found:
        raise InputError(Problem(name, found, "an export as text, or an Excel workbook (.xlsx)", _MEND))


def _sheets(data: bytes, name: str) -> Iterator[tuple[str, list[str]]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            yield sheet.title, _lines(sheet, name)
    finally:
        book.close()


def _lines(sheet: Any, name: str) -> list[str]:
    """The rows of a sheet up to the last that holds a value, each as wide as the widest."""
    found: list[list[str]] = []
    filled = cells = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells += len(row)
        if number > _MAX_ROWS or cells > _MAX_CELLS:
            raise InputError(
                Problem(
                    f"{name}, sheet {sheet.title}", f"more than {number - 1} rows of cells", "a sheet of records", _MEND
                )
            )
        found.append(list(map(_text, row)))
        while found[-1] and not found[-1][-1]:
            found[-1].pop()
        if found[-1]:
            filled = number
    width = max(map(len, found), default=0)
    return ["\t".join(row + [""] * (width - len(row))) if row else "" for row in found[:filled]]


def _text(value: object) -> str:
    """A cell as text on one line: whole numbers without a point, dates as 2025-11-01."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return " ".join(str(value).split())
