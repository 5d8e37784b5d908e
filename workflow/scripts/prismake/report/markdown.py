"""Markdown that means the same to Quarto and to pandoc. Text from exports and from people is data: every sign of it
that markdown, HTML or Typst could take for a command is escaped.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

_SIGNS = re.compile(r"([!\"#$%&'()*+\-./:;<=>?@\[\\\]^_`{|}~])")
_MEASURE = {"W": 2, "F": 2}
PAGE = 140
"""Characters in a line of a table."""
WIDE = 100
"""Tables whose longest words need so many characters are turned sideways, where there are pages."""


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


def _turn(flipped: bool) -> str:
    """Raw blocks that turn the page: Typst from here on, Word for what came before."""
    size = _LANDSCAPE if not flipped else PORTRAIT
    word = f"<w:p><w:pPr><w:sectPr>{size}</w:sectPr></w:pPr></w:p>"
    typst = f"#set page(flipped: {'true' if flipped else 'false'})"
    return f"```{{=typst}}\n{typst}\n```\n\n```{{=openxml}}\n{word}\n```\n"


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
        Relative widths of the columns; in proportion to their longest words and mean lengths otherwise.
    align : str
        One of ``l``, ``r``, ``c`` for each column; left otherwise.
    """
    body = [list(row) for row in rows]
    shares = widths or _widths([list(headings), *body])
    # Pandoc reads the relative widths off the dashes when a line is longer than the page is wide.
    total = sum(shares)
    marks = []
    for i, share in enumerate(shares):
        dashes = "-" * max(3, round(PAGE * share / total))
        kind = (align or "l" * len(shares))[i]
        marks.append({"l": f":{dashes}", "r": f"{dashes}:", "c": f":{dashes}:"}[kind])
    lines = ["| " + " | ".join(row) + " |" for row in [list(headings), *body]]
    lines.insert(1, "|" + "|".join(marks) + "|")
    written = "\n".join(lines) + f"\n\n: {caption} {{#tbl-{key}}}\n"
    needed = sum(_least(column) for column in zip(headings, *body, strict=True))
    return f"{_turn(True)}\n{written}\n{_turn(False)}" if needed >= WIDE else written


def _widths(rows: list[list[str]]) -> list[float]:
    """Room for the longest word of each column; what is left goes to the columns that say most."""
    columns = list(zip(*rows, strict=True))
    least = [_least(column) for column in columns]
    wanted = [
        max(low, min(60.0, 1.2 * sum(_length(cell) for cell in column) / len(column)))
        for low, column in zip(least, columns, strict=True)
    ]
    spare = max(0.0, PAGE - sum(least))
    more = sum(wanted) - sum(least)
    share = min(1.0, spare / more) if more else 0.0
    return [low + share * (want - low) for low, want in zip(least, wanted, strict=True)]


def _least(column: Sequence[str]) -> float:
    return min(14.0, max(_length(word) for cell in column for word in [*cell.split(), ""])) + 2.5


def _length(text: str) -> int:
    plain = text.replace("\\", "")
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


def many(count: int, one: str, more: str = "") -> str:
    """``1 study``, ``2 studies``."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else ""
