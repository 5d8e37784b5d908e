"""Markdown that means the same to Quarto and to pandoc. Text from exports and from people is data: every sign of it
that markdown, HTML or Typst could take for a command is escaped.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from ..wording import many as many

_SIGNS = re.compile(r"([!\"#$%&'()*+\-./:;<=>?@\[\\\]^_`{|}~])")
_MEASURE = {"W": 2, "F": 2}
PAGE, WIDE = 140.0, 154.0
"""Width of an upright page, and what smaller gaps still bring to it. A letter of a table takes `LETTER` of it in Word,
a column `GUTTER` beside."""
LETTER, GUTTER, LONGEST = 1.65, 3.0, 16
"""Words of more than `LONGEST` letters may be broken."""
EM = 0.47
"""What one of these units is on a screen."""


def esc(value: object) -> str:
    """Any text as literal text, on one line."""
    text = " ".join("".join(" " if c in "\n\r\t\v\f\u2028\u2029" else c for c in str(value)).split())
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return _SIGNS.sub(r"\\\1", text)


def link(text: str, target: str) -> str:
    """A link whose text is escaped here and whose target is an address that cannot end early."""
    safe = re.sub(r"[^\w:/.?=&%#~+,;@!$'*-]", lambda m: "".join(f"%{b:02X}" for b in m.group(0).encode()), target)
    return f"[{esc(text)}](<{safe}>)" if safe.startswith(("https://", "http://", "#")) else esc(text)


PORTRAIT = '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134"/>'
_LANDSCAPE = PORTRAIT.replace('w:w="11906" w:h="16838"', 'w:w="16838" w:h="11906" w:orient="landscape"')


def _wide(written: str) -> str:
    """A table that an upright page cannot hold: in smaller type in Typst, on a page turned sideways in Word."""

    def raw(typst: str, page: str) -> str:
        word = f"<w:p><w:pPr><w:sectPr>{page}</w:sectPr></w:pPr></w:p>"
        return f"```{{=typst}}\n{typst}\n```\n\n```{{=openxml}}\n{word}\n```\n"

    smaller = "#[\n#show table: set text(size: 7pt)\n#set table(inset: (x: 3pt, y: 3pt))"
    return f"{raw(smaller, PORTRAIT)}\n{written}\n{raw(']', _LANDSCAPE)}"


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    caption: str,
    key: str,
    widths: Sequence[float] | None = None,
    align: str = "",
) -> str:
    """A pipe table with a caption and an id.

    Parameters
    ----------
    headings, rows, caption : markdown
        Already escaped.
    key : str
        The id without ``tbl-``.
    widths : sequence of float, optional
        Relative widths of the columns; in proportion to their mean lengths otherwise. No column is narrower than its
        longest word.
    align : str
        One of ``l``, ``r``, ``c`` for each column; left otherwise.
    """
    body = [list(row) for row in rows]
    columns = list(zip(headings, *body, strict=True))
    least = [_least(column) for column in columns]
    shares = _widths(columns, least, widths)
    # Pandoc reads the relative widths off the dashes when a line is longer than the page is wide.
    marks = []
    for i, share in enumerate(shares):
        dashes = "-" * max(3, round(share))
        kind = (align or "l" * len(shares))[i]
        marks.append({"l": f":{dashes}", "r": f"{dashes}:", "c": f":{dashes}:"}[kind])
    lines = ["| " + " | ".join(row) + " |" for row in [list(headings), *body]]
    lines.insert(1, "|" + "|".join(marks) + "|")
    # On a screen a table scrolls in its box where the window is narrower than its words.
    kinds = ".scroll .wide" if sum(least) > WIDE else ".scroll"
    each = "".join(f"; --c{i}: {EM * one:.1f}em" for i, one in enumerate(least, 1))
    box = f'::: {{{kinds} style="--least: {EM * sum(least):.0f}em{each}"}}'
    written = f"{box}\n" + "\n".join(lines) + f"\n\n: {caption} {{#tbl-{key}}}\n:::\n"
    return _wide(written) if sum(least) > WIDE else written


def _widths(columns: list[tuple[str, ...]], least: list[float], widths: Sequence[float] | None) -> list[float]:
    """Room for the longest word of each column; what is left goes to the columns that want most."""
    room = max(PAGE, 1.05 * sum(least))
    mean = [min(60.0, 1.2 * LETTER * sum(map(_length, column)) / len(column)) for column in columns]
    wanted = mean if widths is None else [room * width / sum(widths) for width in widths]
    more = [max(0.0, want - low) for low, want in zip(least, wanted, strict=True)]
    spare = max(0.0, room - sum(least))
    share = spare / sum(more) if any(more) else 0.0
    return [low + share * one for low, one in zip(least, more, strict=True)]


def _least(column: Sequence[str]) -> float:
    words = (word for cell in column for word in re.split(r"\s+|(?<=[^\W\d]-)", _plain(cell)))
    return LETTER * min(LONGEST, max(map(_length, words))) + GUTTER


def _plain(markdown: str) -> str:
    """What a cell shows: links without their targets, no escapes."""
    return re.sub(r"\]\(<[^>]*>\)|\\(.)", r"\1", markdown)


def _length(text: str) -> int:
    plain = _plain(text)
    return sum(_MEASURE.get(unicodedata.east_asian_width(c), 1) for c in plain)


def figure(path: str, caption: str, key: str, alt: str, width: str = "100%") -> str:
    """A figure whose file is chosen by format: SVG for HTML and PDF, PNG for DOCX. Caption is markdown, alt is text."""
    quoted = " ".join(alt.split()).replace("\\", "").replace('"', "'")
    return f'![{caption}]({path}){{#fig-{key} fig-alt="{quoted}" width={width}}}\n'


def callout(kind: str, title: str, body: str) -> str:
    """A box: note, warning, important or tip. Title is text, body is markdown."""
    return f'::: {{.callout-{kind} title="{_attribute(title)}"}}\n{body.strip()}\n:::\n'


def _attribute(text: str) -> str:
    return " ".join(text.split()).replace("\\", "").replace('"', "'")


def bullets(items: Iterable[str]) -> str:
    """A list; items are markdown."""
    return "\n".join(f"- {item}" for item in items) + "\n"


def sentence(text: str) -> str:
    """A person's words as one escaped paragraph, with a full stop."""
    text = " ".join(text.split())
    return esc(text if text.endswith((".", "!", "?")) else f"{text}.")


def listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; ``a and b; c; and d`` where an item holds a list of its own."""
    if len(items) < 2:
        return "".join(items)
    inner = any(" and " in item or ", " in item for item in items)
    return ("; " if inner else ", ").join(items[:-1]) + ("; and " if inner else " and ") + items[-1]


def was(count: float) -> str:
    """``was`` or ``were``."""
    return "was" if count == 1 else "were"
