"""Formats of tagged lines: a tag and a value on each, an entry after another. They differ in how tags are written alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..entry import Block
from . import named

Outside = list[tuple[int, str]]


@dataclass(frozen=True)
class Tagged:
    """The reader of one such format; what a reader offers stands at `prismake.search.formats.FORMATS`."""

    BEGINS: str
    line: re.Pattern[str]
    """Tag (first group) and value (last group) of a line; other lines continue the value before them."""
    begin: tuple[str, ...]
    """Tags on which an entry begins: the first always, the others where the entry at hand has them already."""
    opening: frozenset[str]
    """Tags on which an entry begins that lost its first line: where they come again, behind a blank line, or behind all of them
    in an entry that lost its own."""
    fields_of: Mapping[str, tuple[str, ...]]
    """Our field -> its tags, best first. Record ids depend on them: a tag may be added behind the others only."""
    known: frozenset[str] = frozenset()
    """All tags of the format, where text can look like a tag; empty where it cannot."""
    indented: bool = False
    """Whether further lines of a value are indented: what is not, is a tag then, if it be an unknown one."""
    listed: frozenset[str] = frozenset()
    """Tags of which each further line is a value of its own."""
    end: str = ""
    between: frozenset[str] = frozenset()
    """Tags of lines outside of entries, which say nothing about documents."""

    def split(self, lines: list[str]) -> tuple[list[Block], Outside]:
        """Part a file into entries.

        Returns
        -------
        blocks : list of Block
            An entry begins at its first tag, or where it lost that; it ends at the end tag, if the format has one, at the next
            entry, or with the file.
        outside : list of (line, text)
            What stands between entries and is no frame of the format.
        """
        blocks: list[Block] = []
        outside: Outside = []
        current: Block | None = None
        last, apart = "", False
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                apart = True
                continue
            tagged = self._tag_of(line, within=current is not None)
            if tagged and tagged[0] in self.between:
                self._close(current, "before the end of its file")
                current = None
            elif tagged and tagged[0] == self.end:
                if current:
                    current.line_end = number
                current = None
            elif tagged:
                tag, value = tagged
                if current is None or self._begins(tag, current, apart, last):
                    self._close(current, "before the next entry")
                    current = Block(number, number)
                    blocks.append(current)
                    if tag not in self.begin:
                        current.warnings.append(f"no {self.begin[0]} line")
                current.tags.setdefault(tag, []).append(value)
                current.line_end, last = number, tag
            elif current:
                values = current.tags[last]
                if last in self.listed:
                    values.append(line.strip())
                else:
                    values[-1] = f"{values[-1]} {line.strip()}".strip()
                current.line_end = number
            else:
                outside.append((number, line.strip()))
            apart = apart and not (tagged and tagged[0] in (*self.begin, *self.opening))
        self._close(current, "at the end of the file: it may be cut off")
        return [named.translate(block, self.fields_of) for block in blocks], outside

    def _tag_of(self, line: str, within: bool) -> tuple[str, str] | None:
        found = self.line.match(line)
        if not found:
            return None
        tag, value = found.group(1), (found.group(found.lastindex or 1) if found.lastindex != 1 else "") or ""
        known = not self.known or tag in self.known or (within and self.indented)
        return (tag, value.strip()) if known else None

    def _begins(self, tag: str, current: Block, apart: bool, last: str) -> bool:
        """Whether a tag begins the next entry; ``apart`` says that a blank line stands behind the last such tag."""
        if tag == self.begin[0]:
            return apart or set(current.tags) != {tag}
        if tag in self.begin:
            return tag in current.tags or (apart and not current.tags.keys() & set(self.begin))
        if tag not in self.opening or tag not in current.tags:
            return False
        if apart:
            return tag != last or tag == self.fields_of["title"][0]
        return tag != last and self.begin[0] not in current.tags and self.opening <= current.tags.keys()

    def _close(self, entry: Block | None, where: str) -> None:
        if entry and self.end:
            entry.warnings.append(f"no {self.end} line {where}")

    empty = staticmethod(named.empty)
    identity = staticmethod(named.identity)
    fields = staticmethod(named.fields)
