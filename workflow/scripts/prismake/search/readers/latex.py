"""From the LaTeX in BibTeX to plain text: accents and symbols become characters, what is no LaTeX stays as it is."""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

_MATHEMATICS = re.compile(r"(?<!\\)\$([^$]{0,200})(?<!\\)\$")
_SYMBOLIC = re.compile(r"\s*(?:[^\w\s]|[\^_])")
_MARK = re.compile(
    r"""(?<=[A-Za-z])(?P<apostrophe>\\')(?=s\b)                           # escaped without need: Crohn\'s
    | (?P<accent>
        \\["'`^~=.]\s*(?:\{\\?[^\W\d_]{1,2}\}|\\[ij](?![A-Za-z])|[^\W\d_])   # \"{u} \'\i \~n
      | \\[cvuHkrdbt](?:\s*\{\\?[^\W\d_]{1,2}\}|\s+[^\W\d_](?![^\W\d_])))    # \c{c} {\v s}
    | \\(?P<letter>aa|AA|ae|AE|oe|OE|ss|[oOlLij]|dh|DH|th|TH|dj|DJ)(?:\{\}|\s+|(?![A-Za-z]))
    | \\(?P<macro>[A-Za-z]+)(?:\{(?P<argument>[^{}\\]*)\})?
    | \\(?P<bare>[~^])\{\}
    | \\(?P<escaped>[&%$#_{}])
    | (?P<blank>\\[\\ ,;:])
    | (?P<nothing>[{}]|\\[!/-])
    | (?P<tie>~)""",
    re.VERBOSE,
)
_STYLES = re.compile(
    r"bf(series)?|em(ph)?|ensuremath|it(shape)?|mathrm|mbox|normalfont|rm|sc(shape)?|sl|tt|url"
    r"|text(bf|it|md|normal|rm|sc|sf|sl|subscript|superscript|tt|up)"
)
_ASCII = {"textless": "<", "textgreater": ">", "textbar": "|", "textunderscore": "_"}
"""Symbols that pylatexenc leaves out; Mendeley and Zotero write them in titles and abstracts."""
_LONGEST_SYMBOL = 3
"""What stands for more characters is no symbol: ``\\today`` would be the day of the run."""


def text(value: str, tie: str = " ") -> str:
    r"""Plain text of a BibTeX value: ``M{\"u}ller`` is ``Müller``, ``TGF-$\beta$`` is ``TGF-β``.

    Mathematics beyond symbols, and macros that are not known, stay as they are written.

    Parameters
    ----------
    value : str
    tie : str
        What ``~`` stands for: a blank in text, itself in addresses.
    """
    if not any(mark in value for mark in "\\{}~$"):
        return value
    parts = _MATHEMATICS.split(value)
    parts[::2] = [_prose(part, tie) for part in parts[::2]]
    parts[1::2] = [_mathematics(part, tie) for part in parts[1::2]]
    return unicodedata.normalize("NFC", "".join(parts))


def _prose(value: str, tie: str = " ") -> str:
    return _MARK.sub(lambda found: tie if found.group("tie") else _plain(found), value)


def _mathematics(inner: str, tie: str) -> str:
    """Mathematics that is symbols alone as text, else as it stands: two sums of money are none."""
    plain = _prose(inner, tie)
    if not _SYMBOLIC.match(inner):
        return f"${plain}$"
    return f"${inner}$" if "\\" in plain else re.sub(r"[\^_]", "", plain)


def _plain(found: re.Match[str]) -> str:
    """What one mark stands for; itself where it is not known."""
    said = found.groupdict()
    if said["apostrophe"]:
        return "'"
    if said["accent"]:
        return _accented(said["accent"])
    if said["letter"]:
        return _symbol(said["letter"]) or found.group(0)
    if name := said["macro"]:
        style = _STYLES.fullmatch(name)
        symbol = "" if style else _symbol(name)
        return symbol + _prose(said["argument"] or "") if symbol or style else found.group(0)
    return " " if said["blank"] else said["bare"] or said["escaped"] or ""


@lru_cache(10_000)
def _accented(mark: str) -> str:
    from pylatexenc.latex2text import LatexNodes2Text  # slow to load, and seldom needed

    return LatexNodes2Text().latex_to_text(mark)


@lru_cache(10_000)
def _symbol(name: str) -> str:
    """The symbol that a macro is, by pylatexenc's table alone: no macro is carried out."""
    if name in _ASCII:
        return _ASCII[name]
    for spelling in (name, name.removeprefix("text"), f"text{name}"):
        character = getattr(_macros().get_macro_spec(spelling), "simplify_repl", None)
        if isinstance(character, str) and 0 < len(character) <= _LONGEST_SYMBOL:
            return character
    return ""


@cache
def _macros() -> Any:
    from pylatexenc.latex2text import get_default_latex_context_db

    return get_default_latex_context_db()
