"""Titles for matching: what databases add is taken off, spellings are evened out, and notices are told apart.

Nothing here is kept in a table: these forms only serve to compare records, so they may change between versions.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .. import text

_LANGUAGE = (
    "arabic|bulgarian|chinese|croatian|czech|danish|dutch|english|estonian|finnish|french|georgian|german|greek|hebrew"
    "|hungarian|icelandic|italian|japanese|korean|latvian|lithuanian|norwegian|persian|polish|portuguese|romanian"
    "|russian|serbian|slovak|slovene|slovenian|spanish|swedish|turkish|ukrainian|vietnamese"
)
_NOTE_WORDS = (
    r"(?:published )?erratum|corrigendum|corrected|republished|retract\w*|see comments?|comments? (?:in|on)"
    r"|updates? (?:of|in)|summary for patients in"
)
_NOTE_INSIDE = re.compile(rf"\[(?:{_NOTE_WORDS})\b[^\]]*\]?|\((?:{_NOTE_WORDS})\b[^)]*\)?", re.IGNORECASE)
_NOTE_BEHIND = re.compile(
    rf"(?:\s*[\[(](?:(?:article )?(?:in )?(?:{_LANGUAGE})(?:[,;/ ]+(?:and )?(?:{_LANGUAGE}))*|review|\d+ refs?\.?"
    r"|(?:conference |meeting |provisional |structured )?abstract(?:\W*(?:no|number)?\W*[a-z]{0,3}-?\d+)?|letter"
    r"|multiple letters|editorial|with videos?|author'?s'? transl(?:ation)?\.?)[\])]\.?)+\s*$",
    re.IGNORECASE,
)
_RETRACTED = re.compile(r"^\W*retracted(?: article)?\W+", re.IGNORECASE)
_TRANSLATED = re.compile(rf"[.?!] (?:{_LANGUAGE.title()}|{_LANGUAGE.upper()})(?:$|\b(?<=.{{20}}).*$)", re.DOTALL)
_REGARDING = re.compile(r"^\W*re\s*:", re.IGNORECASE)
_CORRECTS_VOLUME = re.compile(
    r"\(\s*vol\.?\s*\w+\W.{0,60}$|\([^()]{3,90}\((?:19|20)\d\d\)[:,]? ?\d+\W.{0,60}$", re.IGNORECASE
)
_SUBTITLE = re.compile(r"[:?.!;–—]\s|\s-+\s")

_OTHER_SCRIPT = re.compile(
    r"[\u0400-\u052f\u0590-\u06ff\u0900-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_WITHOUT_OTHER_SCRIPT = re.compile(
    r"[^\u0400-\u052f\u0590-\u06ff\u0900-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{20,}"
)
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u1100-\u11ff]")

_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "μ": "mu", "ω": "omega"}
_GREEK_LETTERS = str.maketrans(_GREEK)
_SPELLINGS = (
    ("ae", "e"), ("oe", "e"), ("our", "or"), ("yse", "yze"), ("ysi", "yzi"), ("isa", "iza"), ("ise", "ize"),
    ("isi", "izi"), ("ph", "f"), ("ogue", "og"), ("ll", "l"), ("mme ", "m "), ("tre ", "ter "),
    ("bre ", "ber "), (" versus ", " vs "),
)  # fmt: skip
_APART = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "\n")}
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_DIGITS = re.compile(r"\d+")
_NUMERALS = frozenset((*_ROMAN, "first", "second", "third", "fourth", "fifth"))
_COUNTS = {
    word: str(number)
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
}
_PART = re.compile(r"\b(?:part|section|chapter|experiment) ([a-h]|one|two|three|four|five)\b")

_PART_NAMES = (*_ROMAN, "one", "two", "three", "four", "five", "six")
_PART_NUMBERS = {name: place % 9 + 1 for place, name in enumerate(_PART_NAMES)} | {
    letter: place for place, letter in enumerate("abcdefgh", start=1)
}
_PART_OF_SERIES = re.compile(
    rf"\b(?:part|pt\.?|section|chapter)\s+(\d{{1,2}}|{'|'.join(_PART_NUMBERS)})\b|[.:;,–—-]\s+({'|'.join(_ROMAN)})(?=[.:]\s|\W*$)",
    re.IGNORECASE,
)

NO_TITLE = frozenset((
    "", "name", "na", "n a", "none", "null", "untitled", "unknown", "not available", "no title", "no title available",
    "no title supplied", "title not available",
))  # fmt: skip
_GENERIC = re.compile(
    r"(?:(?:guest |invited )?(?:editors?|editorials?|introduction|preface|foreword|prolog|book reviews?|letters?|news"
    r"|erratum|corrigendum|corrections?|in this issue|from the editors?|comments?|commentary|reply|responses?|in reply"
    r"|abstracts?|author response|table of contents|contents|issue information|masthead|obituary|in memoriam|vorwort"
    r"|einleitung|editorial(?:e|es)|avant propos)(?![a-z])|社论|编者按|前言|卷首语)"
)
_OF_THE_EDITOR = re.compile(r"\beditors? (?:s )?(?:comments?|notes?|introduction|preface|page|choice)\b")
_GENERIC_LENGTH = 40

_KINDS = (
    ("erratum", r"^(?:(?:authors?|publishers?) )?(?:erratum|errata|corrigend\w+|corrections?|addendum)\b"
                r"|\b(?:erratum|corrigendum)\b|更正|勘误"),
    ("retraction", r"^(?:retraction|withdrawn|withdrawal|notice of retraction|expression of concern)\b"),
    ("comment", r"^(?:comments?|commentary|letter)\b|\b(?:comments? on|comments? to|reply|replies|author s? ?respons\w*"
                r"|authors respons\w*|letter to the editor|commentary|editorial comments?)\b|^responses? to\b|\bresponse$"),
    ("protocol", r"\b(?:(?:study|trial|review|research) protocol|protocol (?:for|of)|rationale and (?:study )?design"
                 r"|design and rationale|study design|statistical analysis plan)\b|^protocol\b|\bprotocol$|研究方案"),
)  # fmt: skip
_KIND_STEMS = (
    "errat", "corrig", "correct", "addend", "retract", "withdraw", "concern", "comment", "letter", "repl", "respon",
    "protocol", "rationale", "design", "analysis plan",
)  # fmt: skip
_KIND_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)
_ERRATUM = re.compile(r"^\W*(?:erratum|corrigendum|correction)\b(?: to)?\W*", re.IGNORECASE)
_LEADING_LINK = re.compile(r"^(?:to|on|of|for|the|a|an|from|re)\b ?")
_TRAILING_LINK = re.compile(r" ?\b(?:a|an|the|and|to|from|for|of|in)$")


@dataclass(slots=True)
class Title:
    """One title as it is compared.

    Attributes
    ----------
    value : the title as it stands, without what a database added.
    words : folded words parted by spaces, of one spelling.
    tight : the same without spaces.
    latin : whether it is written in Latin (or Greek) letters.
    weight : how much it says, in letters of an alphabet: a Chinese character counts as four.
    """

    value: str
    words: str
    tight: str
    latin: bool
    weight: int

    @property
    def numbers(self) -> tuple[str, ...]:
        """Numbers, Roman numerals and ordinals, sorted; parts of a series differ here."""
        found = [number.lstrip("0") for number in _DIGITS.findall(self.words)]
        found += [_ROMAN.get(word, word) for word in self.words.split() if word in _NUMERALS]
        return tuple(sorted(found + _PART.findall(self.words)))

    @property
    def counted(self) -> tuple[str, ...]:
        """The same with numbers in words among them: ``two`` is 2."""
        return tuple(sorted([*self.numbers, *(_COUNTS[word] for word in self.words.split() if word in _COUNTS)]))

    @property
    def part(self) -> tuple[str, int] | None:
        """What stands before the number of a part, folded, and the number; None for what is no part of a series."""
        found = _PART_OF_SERIES.search(self.value)
        if not found:
            return None
        name = (found.group(1) or found.group(2)).lower()
        number = int(name) if name.isdecimal() else _PART_NUMBERS[name]
        return normalise(self.value[: found.start()]).replace(" ", ""), number

    @property
    def lead(self) -> str:
        """The form of `tight` for what stands before a subtitle."""
        return normalise(_SUBTITLE.split(self.value, maxsplit=1)[0]).replace(" ", "")


@dataclass(frozen=True, slots=True)
class Heading:
    """What the titles of one record say: the titles themselves, and the notice that they announce (see `kind`)."""

    titles: tuple[Title, ...]
    kind: str
    about: str


def fold(values: Sequence[str]) -> list[str]:
    """What `prismake.text.words` gives for each value; plain ASCII goes in one stroke, several times faster."""
    plain = [value.isascii() and "<" not in value and "\n" not in value for value in values]
    stroke = "\n".join(value for value, is_plain in zip(values, plain, strict=True) if is_plain)
    folded = iter(stroke.lower().translate(_APART).split("\n"))
    return [
        " ".join(next(folded).split()) if is_plain else text.words(value)
        for value, is_plain in zip(values, plain, strict=True)
    ]


def spell(folded: Sequence[str]) -> list[str]:
    """Give folded values one spelling: British and American forms, Greek letters and their names agree."""
    stroke = "".join(f"{value} \n" for value in folded)
    if not stroke.isascii():
        stroke = stroke.translate(_GREEK_LETTERS)
    for british, american in _SPELLINGS:
        stroke = stroke.replace(british, american)
    return [value.strip() for value in stroke.split("\n")[:-1]]


def words(value: str) -> str:
    """`fold` of one value."""
    return fold([value])[0]


def normalise(value: str) -> str:
    """One value folded to words of one spelling."""
    return spell(fold([value]))[0]


def bare(value: str) -> str:
    """Take off what a database adds to a title: ``[Review] [33 refs]``, errata notes, the title in its own language."""
    if "&" in value:
        value = html.unescape(value)
    if "[" in value or "(" in value:
        value = _NOTE_BEHIND.sub("", _NOTE_INSIDE.sub("", value))
    value = value.replace(" v. ", " vs ")  # else it counts as a Roman five
    value = _RETRACTED.sub("", value) if "etract" in value.lower()[:12] else value
    return _TRANSLATED.sub("", value).strip()


def read(values: Sequence[tuple[str, str]]) -> list[Heading]:
    """What the titles of records say: of each record its title and the title that it has in another language.

    Duplicates often share theirs to the letter, and then the heading too.
    """
    several = list(dict.fromkeys(values))
    own = [bare(title) for title, _ in several]
    folded = fold(own)
    headings = {}
    for pair, value, plain, words_ in zip(several, own, folded, spell(folded), strict=True):
        found: dict[str, Title] = {}
        parts = _halves(value)
        for title in [_title(value, words_)] if len(parts) == 1 else map(_title_of, parts):
            found.setdefault(title.tight, title)
        for part in _halves(bare(pair[1])) if pair[1] else ():
            title = _title_of(part)
            found.setdefault(title.tight, title)
        headings[pair] = Heading(tuple([t for t in found.values() if t.words not in NO_TITLE]), *_kind(value, plain))
    return [headings[pair] for pair in values]


def variants(value: str) -> tuple[Title, ...]:
    """The titles that a value holds: itself, or both halves of one that is written in two scripts."""
    return read([(value, "")])[0].titles


def _halves(value: str) -> list[str]:
    if value.isascii() or not _OTHER_SCRIPT.search(value):
        return [value]
    latin = max(_WITHOUT_OTHER_SCRIPT.findall(value), key=len, default="")
    rest = value.replace(latin, " ", 1)
    if len(latin.split()) >= 4 and len(_OTHER_SCRIPT.findall(rest)) >= 5:
        return [rest, latin]
    return [value]


def _title_of(value: str) -> Title:
    return _title(value, normalise(value))


def _title(value: str, folded: str) -> Title:
    latin = folded.isascii() or 2 * len(_OTHER_SCRIPT.findall(folded)) <= len(folded)
    tight = folded.replace(" ", "")
    return Title(value, folded, tight, latin, len(tight) if latin else len(tight) + 3 * len(_DENSE.findall(tight)))


def kind(value: str) -> tuple[str, str]:
    """Which notice a title announces, and the words of the article that it is about.

    Returns
    -------
    kind : str
        ``erratum``, ``retraction``, ``comment``, ``protocol``, or empty for an article of its own.
    about : str
        The normalised words without those that announce the notice; empty for an article of its own.
    """
    value = bare(value)
    return _kind(value, words(value))


def _kind(value: str, folded: str) -> tuple[str, str]:
    corrected = _CORRECTS_VOLUME.search(value) if "(" in value else None
    if corrected:
        return "erratum", normalise(_ERRATUM.sub("", value[: corrected.start()]))
    if _REGARDING.match(value):
        return "comment", normalise(value.split(":", 1)[1])
    if folded.isascii() and not any(map(folded.__contains__, _KIND_STEMS)):
        return "", ""
    for name, pattern in _KIND_PATTERNS:
        match = pattern.search(folded)
        if match:
            before, behind = folded[: match.start()].strip(), folded[match.end() :].strip()
            about = f"{_TRAILING_LINK.sub('', before)} {_LEADING_LINK.sub('', behind)}".strip()
            return name, normalise(about)
    return "", ""


def is_generic(folded: str) -> bool:
    """Whether a title would fit any issue of any journal, as 'Editorial' does."""
    editors = "editor" in folded and _OF_THE_EDITOR.search(folded)
    return bool(editors or (len(folded) < _GENERIC_LENGTH and _GENERIC.match(folded)))


def is_dense(value: str) -> bool:
    """Whether a text holds characters that say as much as syllables or words do."""
    return bool(_DENSE.search(value))
