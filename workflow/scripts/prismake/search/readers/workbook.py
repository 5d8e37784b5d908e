"""The lines of an Excel workbook: one a row of its sheet, cells parted by tabs, so that a line number is a row number."""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from ...problems import InputError, Problem, show

MAGIC = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"

_PAGE = re.compile(
    r"\s*(?:<\?[^>]*>\s*|<!--.*?-->\s*)*<(!DOCTYPE html|html|head|meta|table|(?:ss:)?Workbook)\b",
    re.IGNORECASE | re.DOTALL,
)
_FORMULA_WITHOUT_VALUE = re.compile(rb"</f>\s*(?:<v\s*/>|<v></v>)?\s*</c>|<f[^>]*/>\s*(?:<v\s*/>|<v></v>)?\s*</c>")

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


def refuse_pages(text: str, name: str) -> None:
    """Refuse what is called a spreadsheet and is a web page: many sites offer such a file as .xls.

    Raises
    ------
    InputError
    """
    if page := _PAGE.match(text[:5000]):
        kind = "an XML spreadsheet of Excel 2003" if "workbook" in page.group(1).lower() else "a web page (HTML)"
        mend = "Open it in a spreadsheet and save it as .xlsx or CSV (UTF-8), or export again in another format."
        raise InputError(Problem(name, kind, "an export as text, or an Excel workbook (.xlsx)", mend))


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
                found = f"an archive that is no workbook (it holds {show(', '.join(archive.namelist()))})"
            elif sum(member.file_size for member in archive.infolist()) > _MAX_BYTES:
                found = f"a workbook of over {_MAX_BYTES // 1_000_000} MB when unpacked"
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        old = "a workbook of Excel 97 to 2003 (.xls), or one with a password"
        found = old if data.startswith(_OLD_EXCEL) else f"a damaged archive ({error})"
    if found:
        raise InputError(Problem(name, found, "an export as text, or an Excel workbook (.xlsx)", _MEND))


def _sheets(data: bytes, name: str) -> Iterator[tuple[str, list[str]]]:
    """The lines of every sheet: values, and the text of a formula whose value the workbook does not hold."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    formulas = load_workbook(io.BytesIO(data), read_only=True) if _lacks_values(data) else None
    try:
        for sheet in book.worksheets:
            yield sheet.title, _lines(sheet, name, formulas[sheet.title] if formulas else None)
    finally:
        book.close()
        if formulas:
            formulas.close()


def _lacks_values(data: bytes) -> bool:
    """Whether a sheet has formulas without values: a program wrote them, and no spreadsheet has worked them out."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [member for member in archive.namelist() if member.startswith("xl/worksheets/")]
        return any(_FORMULA_WITHOUT_VALUE.search(archive.read(member)) for member in sheets)


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # what a sheet says of its size may be wrong
    yield from sheet.iter_rows(values_only=True)


def _lines(sheet: Any, name: str, formulas: Any) -> list[str]:
    """The rows of a sheet up to the last that holds a value, each as wide as the widest."""
    found: list[list[str]] = []
    filled = cells = 0
    said = _rows(formulas) if formulas else None
    for number, values in enumerate(_rows(sheet), start=1):
        row = values if said is None else [v if v is not None else f for v, f in zip(values, next(said), strict=True)]
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
    """A cell as text on one line: whole numbers without a point, dates as 2025-11-01, quotes around it kept by others."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    text = " ".join(str(value).split())
    return '"' + text.replace('"', '""') + '"' if text.startswith('"') and text.endswith('"') else text
