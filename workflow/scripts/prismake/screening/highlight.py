"""Where the words that matter stand in a title or an abstract. Texts come out in pieces, never as markup."""

import re
from collections.abc import Iterable, Sequence

from ..config import Config

Piece = tuple[str, str]
"""A piece of a text and its kind: empty, ``wanted``, ``unwanted`` or ``model``."""

_WORD = re.compile(r"[^\W\d_][\w-]{2,}")
_SMALL = frozenset(
    _WORD.findall(
        """
        about above after all also and any are because been before being below between both but can did does during
        each few for from further had has have having here how into its just more most nor not now off once only
        other our out over own same should some such than that the their them then there these they this those
        through too under until very was were what when where which while who whom why will with within without you
        your adults people patients patient study studies treatment least three
        """
    )
)
_PRECEDENCE = ("unwanted", "wanted", "model")


def protocol_terms(config: Config) -> dict[str, list[str]]:
    """Kind -> terms to mark: those of ``screening.highlight``, or the words of the question where none are named."""
    named = config.screening.highlight
    asked = config.question
    words = _WORD.findall(" ".join([asked.population, asked.intervention, asked.outcomes]).lower())
    sought = list(dict.fromkeys(word for word in words if word not in _SMALL))
    return {"wanted": named.wanted or [f"{word.removesuffix('s')}*" for word in sought], "unwanted": named.unwanted}


def telling(terms: Iterable[str]) -> list[str]:
    """The terms of a model that say something to a reader: those that are more than small words."""
    return [term for term in terms if set(_WORD.findall(term.lower())) - _SMALL]


class Marker:
    """Marks the terms of a protocol, and those that a model gives for one report."""

    def __init__(self, terms: dict[str, list[str]]) -> None:
        self._terms = terms

    def pieces(self, text: str, model: Sequence[str] = ()) -> list[Piece]:
        """The text in pieces that together are the text again."""
        patterns = [
            f"(?P<{kind}>{pattern})"
            for kind in _PRECEDENCE
            if (pattern := _either(self._terms.get(kind, []) if kind != "model" else model))
        ]
        if not patterns or not text:
            return [(text, "")] if text else []
        found: list[Piece] = []
        end = 0
        for match in re.finditer("|".join(patterns), text, re.IGNORECASE):
            if match.start() > end:
                found.append((text[end : match.start()], ""))
            found.append((match.group(), match.lastgroup or ""))
            end = match.end()
        return [*found, (text[end:], "")] if end < len(text) else found


def _either(terms: Iterable[str]) -> str:
    """A pattern of any of the terms, the longest first; empty without terms."""
    words = sorted({" ".join(term.split()) for term in terms if term.strip(" *")}, key=lambda word: (-len(word), word))
    return "|".join(rf"(?<!\w){_pattern(word)}(?!\w)" for word in words)


def _pattern(term: str) -> str:
    stem = r"[\s-]+".join(re.escape(part) for part in term.removesuffix("*").split())
    return stem + (r"\w*" if term.endswith("*") else "")
