"""Titles of two studies that differ in one telling word: men and women, with and without, acute and chronic.

Sister papers of one group share all other words, often the abstract's beginning too. Numbers (type 1 and type 2) are
compared apart: see `prismake.dedup.titles.Title.numbers`.
"""

from itertools import product

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from . import titles

_OPPOSITES = """
men,man,male,males women,woman,female,females | boys,boy girls,girl | fathers,father,paternal mothers,mother,maternal
| husbands wives | sons daughters | younger,young older,old | more less | better worse | best worst | small large
| children,child,childhood,pediatric adults,adult,adulthood adolescents,adolescent,adolescence infants,infant,infancy
  neonates,neonatal elderly,geriatric
| with without | before after | presence absence | gain loss | day night | summer winter | open closed
| increase,increases,increased,increasing decrease,decreases,decreased,decreasing,reduce,reduces,reduced,reducing
| acute chronic | left right | upper lower | high,higher low | positive negative | early,earlier late,later | short long
| primary secondary tertiary | internal external | systolic diastolic | benign malignant | rural urban
| northern,north southern,south eastern,east western,west | inpatient,inpatients outpatient,outpatients | vivo vitro
| proximal distal | anterior posterior | medial lateral | superior inferior | dominant recessive | major minor
| symptomatic asymptomatic | maximal,maximum minimal,minimum | unilateral bilateral | direct indirect
| efferent afferent | cervical lumbar thoracic | mild moderate severe | resistant sensitive
| single double triple | one two three four five six
"""
_SENSE = {
    titles.normalise(word): (number, side)
    for number, group in enumerate(_OPPOSITES.split("|"))
    for side, words in enumerate(group.split())
    for word in words.split(",")
}
_PREFIXES = tuple(
    pair
    for one, other in (("hyper", "hypo"), ("pre", "post"), ("intra", "extra"), ("intra", "inter"), ("over", "under"),
                       ("macro", "micro"), ("uni", "bi"), ("mono", "poly"), ("endo", "exo"), ("homo", "hetero"))
    for pair in ((one, other), (other, one))
)  # fmt: skip
_PREFIXED = tuple(sorted({prefix for pair in _PREFIXES for prefix in pair}))
_DENIALS = frozenset(("non", "un", "in", "im", "a", "anti", "dis"))
_NEGATIONS = frozenset(("non", "not", "no", "without", "never"))
_STEM = 4
_SAYS_LITTLE = frozenset(map(titles.normalise, (
    "a", "an", "the", "and", "or", "of", "in", "on", "at", "to", "by", "for", "from", "with", "within", "into", "upon",
    "among", "amongst", "between", "during", "through", "via", "per", "using", "versus", "vs", "its", "their", "as",
)))  # fmt: skip
_NARROWS = frozenset(map(titles.normalise, (
    "follow", "followup", "longterm", "update", "updated", "pilot", "feasibility", "interim", "extension", "hoc",
    "subgroup", "secondary", "cost", "women", "men", "female", "male", "girls", "boys", "children", "adolescents",
    "infants", "adults", "elderly", "mice", "rats",
)))  # fmt: skip
_ANOTHER_WORD = 70
_WORD_LETTERS = 3


def opposed(x: str, y: str) -> str:
    """The first words in which two titles contradict each other, or an empty string.

    Parameters
    ----------
    x, y : str
        Normalised titles (`prismake.dedup.titles.Title.words`).
    """
    one, other = set(x.split()), set(y.split())
    here, there = sorted(one - other), sorted(other - one)
    if not here or not there:
        more = here or there
        return f"'{more[0]}'" if more and _NEGATIONS.issuperset(more) else ""
    found = next(((a, b) for a, b in product(here, there) if _contradict(a, b)), None)
    return f"'{min(found)}' and '{max(found)}'" if found else ""


def _contradict(a: str, b: str) -> bool:
    sense, other = _SENSE.get(a), _SENSE.get(b)
    if sense and other:
        return sense[0] == other[0] and sense[1] != other[1]
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    if len(short) < _STEM:
        return False
    if long.endswith(short):
        return long[: -len(short)] in _DENIALS
    if not (a.startswith(_PREFIXED) and b.startswith(_PREFIXED)):
        return False
    return any(a.startswith(p) and b.startswith(q) and a[len(p) :] == b[len(q) :] for p, q in _PREFIXES)


def replaced(x: str, y: str) -> str:
    """Words of two titles that stand for each other, such as two drugs or two countries, or an empty string.

    Spellings, abbreviations and initials are no such words, nor are those that the other title merely lacks, unless they
    name another paper of the same study: its follow-up, an update, its women. Parameters as in
    `opposed`. Chinese, Japanese and Korean have no spaces between words, so that characters are compared.
    """
    if not (x.isascii() or y.isascii()):
        lost, added = _other_characters(x.replace(" ", ""), y.replace(" ", ""))
        if titles.is_dense(lost) and titles.is_dense(added):
            return " and ".join(sorted((f"'{lost}'", f"'{added}'")))
    one, other = ([word for word in words.split() if word not in _SAYS_LITTLE] for words in (x, y))
    here, there = [word for word in one if word not in other], [word for word in other if word not in one]
    if not (here and there) and (narrower := sorted(_NARROWS.intersection(here or there))):
        return f"'{narrower[0]}'"
    if _initials(here, there) or _initials(there, here) or _close("".join(here), "".join(there)):
        return ""
    mine = [word for word in here if not any(_close(word, its) for its in there)]
    theirs = [word for word in there if not any(_close(word, its) for its in here)]
    if min(len("".join(mine)), len("".join(theirs))) < _WORD_LETTERS:
        return ""
    return " and ".join(sorted((f"'{' '.join(mine)}'", f"'{' '.join(theirs)}'")))


def _other_characters(x: str, y: str) -> tuple[str, str]:
    """The characters of each that the other does not have in that place."""
    steps = [step for step in Indel.opcodes(x, y) if step.tag != "equal"]
    return "".join(x[s.src_start : s.src_end] for s in steps), "".join(y[s.dest_start : s.dest_end] for s in steps)


def _initials(short: list[str], long: list[str]) -> bool:
    return "".join(short) == "".join(word[0] for word in long)


def _close(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    return (len(short) >= _WORD_LETTERS and long.startswith(short)) or fuzz.ratio(a, b) >= _ANOTHER_WORD
