"""What spreadsheets do to the cells of a table: numbers rounded, pages made dates, formulas in the place of values."""

import re

from ...problems import show

_NUMBERS = frozenset({"accession", "pmid", "year", "volume", "issue", "page_start", "page_end", "enrolment"})
_PLACES = frozenset({"volume", "issue", "pages", "page_start", "page_end"})
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[Ee]\+?\d{1,3}")
_FLOAT = re.compile(r"(\d+)\.0")
_ERROR = re.compile(r"#(?:NAME\?|REF!|VALUE!|N/A|NUM!|DIV/0!|NULL!)|#{4,}")
_FORMULA = re.compile(r"=[-+]?(?:[A-Z][A-Z.]+\(|\").*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{1,2}")
_LONGEST_CELL = 32_767


def mended(field: str, cell: str) -> tuple[str, str]:
    """A cell as it was before a spreadsheet changed it, as far as that can be told.

    Returns
    -------
    cell, warning : str, str
        ``92.0`` is 92. A number that was rounded (``2.12E+07``) and a value that was lost (``#NAME?``) are blank, with a
        warning: as an identifier they would name other documents. A page that became a date, a formula, and a cell as
        long as Excel allows stay, with a warning.
    """
    if not cell:
        return "", ""
    if field in _NUMBERS and (whole := _FLOAT.fullmatch(cell)):
        return whole.group(1), ""
    if field in _NUMBERS and _ROUNDED.fullmatch(cell):
        return "", f"{field}: a number that a spreadsheet rounded ({cell})"
    if _ERROR.fullmatch(cell):
        return "", f"{field}: a value that a spreadsheet lost ({cell})"
    if field in _PLACES and _DATE.fullmatch(cell):
        return cell, f"{field}: perhaps a number that a spreadsheet took for a date ({cell})"
    if _FORMULA.fullmatch(cell):
        return cell, f"{field}: a formula in the place of its value ({show(cell, 40)})"
    if len(cell) == _LONGEST_CELL:
        return cell, f"{field}: {_LONGEST_CELL:,} characters, where Excel cuts a cell off"
    return cell, ""
