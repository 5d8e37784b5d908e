"""From the bytes of an export to its lines of text, losing nothing."""

import gzip
import re
import unicodedata
import zlib

from ..problems import InputError, Problem, cell

_BOMS = [
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
]
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1a\x1c\x1d\x1e\x1f"))
_FEW = 8
"""So many control characters are a damage of a text, not a sign of binary data."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_RUN = re.compile(r"(?<![A-Za-z])[\u4e00-\u9fa5]{2,}(?![a-z])|(?<=[A-Za-z])[\u4e00-\u9fa5]{3,}")


_GZIP = b"\x1f\x8b"


def unpacked(data: bytes, name: str) -> bytes:
    """The bytes of an export, which may be packed by gzip.

    Raises
    ------
    InputError
        When what is packed is damaged or cut off.
    """
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        found = f"data packed by gzip that cannot be unpacked ({error})"
        raise InputError(
            Problem(name, found, "an export, plain or packed whole", "Copy or download it again.")
        ) from error


def decode(data: bytes, name: str, encoding: str = "auto") -> tuple[str, str]:
    """Decode an export.

    Parameters
    ----------
    data : bytes
    name : str
        The file's name, for messages.
    encoding : str
        ``auto``, or a name that Python knows.

    Returns
    -------
    text, encoding : str, str
        ``auto`` tries byte-order marks, UTF-16 without one, UTF-8, GB18030 (where it gives Chinese) and Windows-1252, in
        this order; in a file that mixes them each line is taken for itself. Bytes that fit nowhere become U+FFFD.

    Raises
    ------
    InputError
        When the file is binary, or the encoding named in config.yaml does not fit it.
    """
    if encoding != "auto":
        try:
            return data.decode(encoding), encoding
        except UnicodeError as error:
            line = data[: getattr(error, "start", 0)].count(b"\n") + 1
            raise InputError(
                Problem(
                    cell(name, line),
                    f"bytes that are not {encoding} ({error})",
                    "text in the encoding that config.yaml names",
                    "Set encoding: auto, or the right one.",
                )
            ) from error
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return data.decode(codec, errors="replace"), codec
    for codec, zeros in (("utf-16-le", data[1:4000:2]), ("utf-16-be", data[:4000:2])):
        if zeros.count(0) > 0.8 * len(zeros) > 2:
            return data.decode(codec, errors="replace"), codec
    _refuse_binary(data, name)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _by_lines(data.split(b"\n"))


def _by_lines(rows: list[bytes]) -> tuple[str, str]:
    """Decode what is not all UTF-8: the lines that are stay so, the others share one older encoding."""
    decoded = [_utf8(row) for row in rows]
    others = [number for number, text in enumerate(decoded) if text is None]
    older = b"\n".join(rows[number] for number in others)
    codec = "gb18030" if _is_chinese(older.decode("gb18030", errors="replace")) else "cp1252"
    if codec == "gb18030":
        others = [i for i, text in enumerate(decoded) if text is None or _is_utf8_by_chance(rows[i], text)]
        older = b"\n".join(rows[number] for number in others)
    taken = set(others)
    in_utf8 = any(text and not text.isascii() for number, text in enumerate(decoded) if number not in taken)
    for number, text in zip(others, older.decode(codec, errors="replace").split("\n") if others else [], strict=True):
        decoded[number] = text
    name = "utf-8" if not others else f"utf-8, with {len(others)} lines in {codec}" if in_utf8 else codec
    return "\n".join(text or "" for text in decoded), name


def _utf8(row: bytes) -> str | None:
    """A line of UTF-8, perhaps with a few bytes that are damaged or cut off; None where it is no UTF-8."""
    try:
        return row.decode("utf-8")
    except UnicodeDecodeError:
        text = row.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    return text if sum(c > "\x7f" for c in text) > 3 * damaged else None


def _is_utf8_by_chance(row: bytes, text: str) -> bool:
    """Whether a line among Chinese ones in GB18030 is Chinese too: few words of it can be letters of other scripts in UTF-8."""
    if text.isascii() or any(character > "\u07ff" for character in text):
        return False
    try:
        return _is_chinese(row.decode("gb2312"))
    except UnicodeDecodeError:
        return False


def _refuse_binary(data: bytes, name: str) -> None:
    control = len(data) - len(data.translate(None, _CONTROL))
    if control > max(_FEW, len(data) / 200):
        raise InputError(
            Problem(
                name,
                f"binary data (begins with {data[:8]!r})",
                "an export as text, or an Excel workbook (.xlsx)",
                "Export again, as RIS where that is offered; do not convert the file in between.",
            )
        )


def _is_chinese(text: str) -> bool:
    """Whether nearly all letters outside ASCII stand in runs of Chinese characters.

    Western text that is taken for GB18030 gives Chinese characters too, but single ones between Latin letters.
    """
    others = sum(ord(c) > 127 and c != "\ufffd" and unicodedata.category(c).startswith("L") for c in text)
    in_runs = sum(len(run) for run in _RUN.findall(text))
    return others > 0 and in_runs / others > 0.8


def lines(text: str) -> list[str]:
    """The lines of a text, for any of CRLF, LF and CR; other Unicode breaks stay inside their line.

    Byte-order marks go, wherever they stand: files that were joined carry them in the middle.
    """
    parts = _LINE_END.split(text.replace("\ufeff", ""))
    return parts[:-1] if parts and parts[-1] == "" else parts
