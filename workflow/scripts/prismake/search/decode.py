"""From the bytes of an export to its lines of text, losing nothing."""

import re
import unicodedata

from ..problems import InputError, Problem, cell

_BOMS = [
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
]
_LINE_END = re.compile(r"\r\n|\n|\r")


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
        ``auto`` tries byte-order marks, UTF-8, GB18030 (where it gives Chinese) and Windows-1252, in this order.

    Raises
    ------
    InputError
        When the file is binary, or the encoding named in config.yaml does not fit it.
    """
    if encoding != "auto":
        try:
            return data.decode(encoding), encoding
        except (LookupError, UnicodeDecodeError) as error:
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
    _refuse_binary(data, name)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("gb18030")
        if _looks_chinese(text):
            return text, "gb18030"
    except UnicodeDecodeError:
        pass
    return data.decode("cp1252", errors="replace"), "cp1252"


def _refuse_binary(data: bytes, name: str) -> None:
    control = sum(byte < 32 and byte not in b"\t\n\r\f\v\x1a\x1c\x1d\x1e\x1f" for byte in data)
    if b"\0" in data or control > len(data) / 200:
        raise InputError(
            Problem(
                name,
                f"binary data (begins with {data[:8]!r})",
                "a text export: RIS or NBIB",
                "Export again as RIS; do not open or convert the file in between.",
            )
        )


def _looks_chinese(text: str) -> bool:
    """Whether most of the letters outside ASCII are common Chinese characters, as wrong guesses never give."""
    letters = [c for c in text if ord(c) > 127 and unicodedata.category(c).startswith("L")]
    chinese = sum("\u4e00" <= c <= "\u9fa5" for c in letters)
    return bool(letters) and chinese / len(letters) > 0.9


def lines(text: str) -> list[str]:
    """The lines of a text, for any of CRLF, LF and CR; other Unicode breaks stay inside their line."""
    parts = _LINE_END.split(text.lstrip("\ufeff"))
    return parts[:-1] if parts and parts[-1] == "" else parts
