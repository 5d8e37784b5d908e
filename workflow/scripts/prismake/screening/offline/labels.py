"""What a file says of a document: a label, and the words that people write for decisions and reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...problems import Problem, show
from ..decisions import ALLOWED

_WORDS = {
    "include": ("included", "yes", "1", "relevant"),
    "exclude": ("excluded", "no", "0", "irrelevant"),
    "unsure": ("maybe", "undecided", "?"),
    "not_retrieved": ("not retrieved",),
    "ongoing": ("ongoing study",),
    "awaiting": ("awaiting classification",),
}


@dataclass(frozen=True)
class Label:
    """One labelled entry of a file; ``where`` names its place, ``decision`` is empty where nobody has decided."""

    where: str
    record_id: str = ""
    doi: str = ""
    pmid: str = ""
    title: str = ""
    year: int | None = None
    decision: str = ""
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """What may be decided at a stage, and for which reasons; ``other`` are words of a file for keys of the protocol.

    ``other[""]`` is the reason of exclusions that name none.
    """

    stage: str
    reasons: Mapping[str, str]
    other: Mapping[str, str]

    def decision(self, said: str, where: str) -> str:
        """The decision that a word stands for.

        Raises
        ------
        ValueError
            With the `Problem`.
        """
        word = " ".join(said.split()).casefold()
        allowed = ALLOWED[self.stage]
        found = next((one for one in allowed if word == one or word in _WORDS[one]), "")
        if word and not found:
            raise ValueError(Problem(where, show(said), "nothing, or one of " + ", ".join(allowed)))
        return found

    def reason(self, said: str, where: str) -> str:
        """The key of the reason that words stand for: a key of the protocol, its words, or words that were declared.

        Of several reasons parted by commas or semicolons the first in the protocol's order counts.

        Raises
        ------
        ValueError
            With the `Problem`.
        """
        known = {words.casefold(): key for key, words in self.reasons.items()}
        known |= {key.casefold(): key for key in self.reasons} | {w.casefold(): key for w, key in self.other.items()}
        whole = " ".join(said.split()).casefold()
        parts = [whole] if whole in known else [part.strip() for part in whole.replace(";", ",").split(",")]
        unknown = [part for part in parts if part not in known]
        if unknown:
            expected = "a reason of the protocol: " + "; ".join(
                f"{key} ({words})" for key, words in self.reasons.items()
            )
            mend = f"Or say which one it is: --reason '{unknown[0]}=KEY'."
            raise ValueError(Problem(where, show(said), expected, mend))
        keys = {known[part] for part in parts}
        return next(key for key in self.reasons if key in keys)
