"""The CSV of Embase.com in which each line is a field (``"TITLE","..."``), and each record begins with its title."""

import csv
import re

from ..entry import Block
from . import headers
from .named import empty, fields, identity

__all__ = ["BEGINS", "empty", "fields", "identity", "split"]

BEGINS = r'"TITLE","'
_BEGINS = re.compile(BEGINS)
_FIELD = re.compile(r'"([A-Z][A-Za-z/() -]+)",')
_ONE_VALUE = frozenset({"accession", "pmid", "doi"})


def split(lines: list[str]) -> tuple[list[Block], list[tuple[int, str]]]:
    """Part a file into entries.

    Returns
    -------
    blocks : list of Block
        An entry begins at its title; at another field where the file begins or the field comes again, its title is lost.
        A line that begins no field goes on with the one before it.
    outside : list of (line, text)
        What stands before the first entry.
    """
    entries: list[list[tuple[int, str]]] = []
    outside: list[tuple[int, str]] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        name = found.group(1) if (found := _FIELD.match(line)) else ""
        if _BEGINS.match(line) or name in seen or (name and not entries and headers.fields_of([name], {})):
            entries.append([])
            seen = set()
        if name:
            seen.add(name)
        if line.strip():
            (entries[-1] if entries else outside).append((number, line.strip()))
    return list(map(_block, entries)), outside


def _block(lines: list[tuple[int, str]]) -> Block:
    block = Block(lines[0][0], lines[-1][0])
    said: list[tuple[int, str]] = []
    for number, line in lines:
        if _FIELD.match(line):
            said.append((number, line))
        else:
            said[-1] = (said[-1][0], f"{said[-1][1]} {line}")
    named: dict[str, list[str]] = {}
    for number, text in said:
        try:
            name, *values = next(csv.reader([text], strict=True))
        except csv.Error:
            name, *values = next(csv.reader([text]))
            block.warnings.append(f"quotes that do not pair in line {number}")
        named[name] = values
    for index, field in headers.fields_of(list(named), {}):
        values = list(named.values())[index]
        block.tags.setdefault(field, []).append(values[0] if field in _ONE_VALUE and values else "; ".join(values))
    return block
