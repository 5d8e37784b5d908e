"""Titles of two studies that differ in one telling word: men and women, with and without, acute and chronic.

Sister papers of one group share all other words, often the abstract's beginning too. Numbers (type 1 and type 2) are
compared apart: see `prismake.dedup.titles.Title.numbers`.
"""

from itertools import product

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
_DENIALS = ("non", "un", "in", "im", "a", "anti", "dis")
_NEGATIONS = frozenset(("non", "not", "no", "without", "never"))
_STEM = 4


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
    if min(len(a), len(b)) < _STEM:
        return False
    if any(a == denial + b or b == denial + a for denial in _DENIALS):
        return True
    return any(a.startswith(p) and b.startswith(q) and a[len(p) :] == b[len(q) :] for p, q in _PREFIXES)
