"""What is wrong with an input, said so that its owner can mend it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault of one input: where it is, what was found there, what is expected, and how to mend it."""

    where: str
    found: str
    expected: str
    mend: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: found {self.found}; expected {self.expected}."
        return f"{text} {self.mend}" if self.mend else text


class InputError(Exception):
    """Inputs that cannot be used as they are. Carries every `Problem` found, not only the first."""

    def __init__(self, *problems: Problem):
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def show(value: object, limit: int = 60) -> str:
    """Quote a value from an input for a message: one line, printable, shortened."""
    text = str(value)
    if text == "":
        return "an empty cell"
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return f"'{text if len(text) <= limit else text[: limit - 1] + '…'}'"


def cell(path: object, line: int | None = None, column: str | None = None, *, key: str | None = None) -> str:
    """Name a place in a file: ``path, line 12, column decision``, or ``path, line 12, key sources``."""
    parts = [str(path)]
    if line is not None:
        parts.append(f"line {line}")
    if column is not None:
        parts.append(f"column {column}")
    if key is not None:
        parts.append(f"key {key}")
    return ", ".join(parts)


def nearest(word: str, known: list[str] | tuple[str, ...], count: int = 3) -> str:
    """Suggest the known words closest to a misspelt one: ``Did you mean 'x'?``, or an empty string."""
    from rapidfuzz import fuzz, process

    close = process.extract(word, known, scorer=fuzz.WRatio, limit=count, score_cutoff=75)
    return "Did you mean " + " or ".join(f"'{match[0]}'" for match in close) + "?" if close else ""
