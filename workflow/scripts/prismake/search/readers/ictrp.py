"""The XML of the WHO's registry portal (ICTRP): one ``<Trial>`` an entry, its fields in plain elements."""

import html
import re
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import fromstring

from ..entry import Block
from . import headers
from .named import empty, fields, identity

__all__ = ["BEGINS", "empty", "fields", "identity", "split"]

BEGINS = r"\s*(?:(?:<\?xml[^>]*>\s*)?<Trials_downloaded_from_ICTRP\b|<Trial>)"
_TRIAL, _END = "<Trial>", "</Trial>"
_FIELD = re.compile(r"<([A-Za-z]\w*)>((?:(?!<\1>).)*?)</\1>", re.DOTALL)
_ROOT = re.compile(r"<\?xml[^>]*\?>|</?Trials_downloaded_from_ICTRP[^>]*>|<!--.*?-->", re.DOTALL)
_BREAK = re.compile(r"\s*;?\s*<br\s*/?>\s*;?\s*", re.IGNORECASE)


def split(lines: list[str]) -> tuple[list[Block], list[tuple[int, str]]]:
    """Part a file into trials.

    Every trial is read by itself, so that one that is no XML costs no other, and entities that the file declares are never
    expanded: they are undefined in the trial.

    Returns
    -------
    blocks : list of Block
        Tags are our fields.
    outside : list of (line, text)
        What stands outside of trials.
    """
    blocks: list[Block] = []
    outside: list[tuple[int, str]] = []
    line = 1
    for number, part in enumerate("\n".join(lines).split(_TRIAL)):
        body, end, behind = part.partition(_END) if number else ("", "", part)
        if number:
            blocks.append(_block(f"{_TRIAL}{body.rstrip() if not end else body}{end}", line))
        *headless, rest = behind.split(_END)
        at = line + body.count("\n")
        for lost in headless:
            found, before = lost.strip(), lost[: len(lost) - len(lost.lstrip())].count("\n")
            first, at = at + before, at + lost.count("\n")
            blocks.append(Block(first, at, fault="no <Trial> before its </Trial>", found=" ".join(found.split())))
        outside += _beside(rest, at)
        line += part.count("\n")
    return blocks, outside


def _beside(text: str, line: int) -> list[tuple[int, str]]:
    """The lines of a text outside of trials that are more than the file's frame."""
    rest = _ROOT.sub(lambda frame: "\n" * frame.group().count("\n"), text).split("\n")
    return [(line + offset, row.strip()) for offset, row in enumerate(rest) if row.strip()]


def _block(body: str, line: int) -> Block:
    block = Block(line, line + body.count("\n"))
    try:
        said = [(child.tag, "".join(child.itertext())) for child in fromstring(body)]
    except ParseError as error:  # ICTRP passes on what registers hold, "<" and "&" included
        said = [(name, html.unescape(value)) for name, value in _FIELD.findall(body.removeprefix(_TRIAL))]
        why = (
            "no </Trial>: it may be cut off"
            if not body.endswith(_END)
            else f"no well-formed XML ({str(error).split(':')[0]})"
        )
        block.warnings.append(f"{why}; its fields were found by their tags")
    named = [name.replace("_", " ") for name, _ in said]
    for index, field in headers.fields_of(named, {}):
        value = _BREAK.sub("; ", said[index][1]).strip()
        block.tags.setdefault(field, []).append(value)
    return block
