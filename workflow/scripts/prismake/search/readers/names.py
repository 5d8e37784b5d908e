"""Parting cells that hold several values: authors and key words, however an export strings them together."""

import re

from ..entry import clean, unique

_NUMBER = re.compile(r"\s*\(\d{5,}\)")
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[ -]?){1,4}\.?")
_CHINESE = re.compile(r"[\u3400-\u9fff·\s]+(?:,[\u3400-\u9fff·\s]+)+,?")
_LISTED = re.compile(r"'[^']*'(?=, |\])|\"[^\"]*\"(?=, |\])")
_LIST = re.compile(r"\[(?:'[^']*'|\"[^\"]*\")(?:, (?:'[^']*'|\"[^\"]*\"))*\]")
_WIDE = str.maketrans("；，", ";,")


def authors(text: str) -> list[str]:
    """The names in one cell.

    ``Lu, D.; Chen, B.``, ``Lu D, Chen B``, ``Lu, D., Chen, B.``, ``Lu, D and Chen, B``, PubMed's ``Lu D, Chen B; The Group``,
    and ASReview's ``['Lu, D.', 'Chen, B.']``.
    """
    text = _NUMBER.sub("", clean(text)).rstrip(";, ")
    if _LIST.fullmatch(text):
        return unique([name[1:-1] for name in _LISTED.findall(text)])
    if text.count(".") == 1 and text.endswith("."):  # a full stop behind the list, as PubMed sets it
        text = text[:-1]
    for mark in (";", "|"):
        if mark in text:
            return unique([name for piece in text.split(mark) for name in _before_group(piece)])
    if " and " in text:
        parts = [part for piece in text.split(" and ") for part in _by_comma(piece)]
        return unique(parts)
    return unique(_by_comma(text))


def may_part(text: str) -> bool:
    """Whether a value can hold several names for `parted`: most do not, and are not looked into."""
    return ";" in text or not text.isascii()


def parted(text: str) -> list[str]:
    """The names in a value that holds one as a rule: several are parted by semicolons, Chinese ones by commas too."""
    text = clean(text).translate(_WIDE)
    return unique(text.split("," if _CHINESE.fullmatch(text) else ";"))


def _before_group(text: str) -> list[str]:
    """The names in a piece between semicolons: one, or all that stand before a group (``Lu D, Chen B``)."""
    parts = [part.strip() for part in text.split(",")]
    return parts if not text.isupper() and all(" " in part and _has_initials(part, -1) for part in parts) else [text]


def _by_comma(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) < 2:
        return parts
    if len(parts) % 2 == 0 and all(_is_initials(part) for part in parts[1::2]):
        return [", ".join(pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    named = all(" " in part for part in parts)
    last = all(_has_initials(part, -1) for part in parts)
    first = not text.isupper() and all(_has_initials(part, 0) for part in parts)
    return parts if named and (last or first or len(parts) > 2) else [text]


def _has_initials(name: str, place: int) -> bool:
    return _is_initials(name.split()[place])


def _is_initials(word: str) -> bool:
    return word == word.upper() and bool(_INITIALS.fullmatch(word))


def keywords(text: str) -> list[str]:
    """The key words in one cell, parted by semicolons, bars or commas."""
    text = text.translate(_WIDE)
    for mark in (";", "|"):
        if mark in text:
            return unique(text.split(mark))
    return unique(text.split(","))
