"""Normalising what exports say: titles, names, journals, pages, DOIs.

`FROZEN` names the version of the normaliser behind content hashes, on which record ids depend: it never changes its
answers.
"""

import hashlib
import html
import re
import unicodedata
from urllib.parse import unquote

FROZEN = "v1"

_TAG = re.compile(r"<[^<>]{1,40}>")
_NOT_WORD = re.compile(r"[\W_]+")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+(?:<\w{1,9}:[^\s\"<>]*>\d[^\s\"<>]*)?", re.IGNORECASE)
"""Older DOIs hold an item in angle brackets (``...17:15<1661::AID-SIM968>3.0.CO;2-2``): up to it they name an issue."""
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?=(?:(?:0[1-9]|1[0-2])[0-3]\d)?(?!\d))")  # 2011, and 20110415
_REGISTRY = re.compile(
    r"(?<![A-Za-z0-9])(?:NCT\d{8}|ISRCTN\d{8}|CHICTR[-A-Z]*\d{8,12}|ACTRN\d{14}|EUCTR\d{4}-\d{6}-\d{2}|CTRI/\d{4}/\d{2,3}/\d{6}"
    r"|IRCT\d{6,}N\d+|DRKS\d{8}|UMIN\d{9}|JPRN-\w+|KCT\d{7}|NTR\d{3,5}|RBR-\w{6}|PACTR\d{15,16}|TCTR\d{11}"
    r"|SLCTR/\d{4}/\d+|CRD\d{11,}|CTIS\d{4}-\d{6}-\d{2}-\d{2}|JRCTS?\d{9,10}|LBCTR\d{10}|RPCEC\d{8}|NL-OMON\d{4,6}"
    r"|PER-\d{3}-\d{2})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_REGISTRIES = {
    prefix: re.compile(re.escape(prefix) + (r"\d" if prefix[-1].isalpha() and prefix not in ("CHICTR", "JRCT") else ""))
    for prefix in (
        "NCT", "ISRCTN", "CHICTR", "ACTRN", "EUCTR", "CTRI/", "IRCT", "DRKS", "UMIN", "JPRN-", "KCT", "NTR", "RBR-", "PACTR",
        "TCTR", "SLCTR/", "CRD", "CTIS", "JRCT", "LBCTR", "RPCEC", "NL-OMON", "PER-",
    )
}  # fmt: skip
"""How a number of each registry begins, in capitals: "function" holds NCT, and no number."""
_ASCII_LOWER = bytes(range(256)).lower()
_OTHER = re.compile(r"[\W_]+")  # all for which str.isalnum says no
_ASCII_OTHER = bytes(code for code in range(128) if not chr(code).isalnum())
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def fold(text: str) -> str:
    """Lower-case, without accents or compatibility forms; letters of any script are kept."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in text if not unicodedata.combining(c))


def words(text: str) -> str:
    """Fold to words parted by single spaces: markup and punctuation are gone."""
    if "<" in text:
        text = _TAG.sub(" ", text)
    return _NOT_WORD.sub(" ", fold(text)).strip()


def squash(text: str) -> str:
    """Fold to letters and digits alone, for comparing without regard to spaces."""
    if text.isascii() and "<" not in text:
        return text.encode().translate(_ASCII_LOWER, _ASCII_OTHER).decode()
    return words(text).replace(" ", "")


def doi(text: str) -> str:
    """The DOI in a text, lower-case and without resolver, quotes or trailing punctuation; empty where there is none."""
    if "%" in text:
        text = unquote(text)
    match = _DOI.search(html.unescape(text) if "&lt;" in text else text)
    if not match:
        return ""
    found = match.group(0).lower().rstrip(".,;:'\"]}>")
    while found.endswith(")") and found.count("(") < found.count(")"):
        found = found[:-1].rstrip(".,;:")
    return found


def _may_cite(capitals: str) -> bool:
    """Whether a text can hold a registration number: plain words are sought faster than the pattern."""
    return any(prefix in capitals and begins.search(capitals) for prefix, begins in _REGISTRIES.items())


def registry_ids(*values: str) -> list[str]:
    """Trial registration numbers named in the values, sorted, each in the spelling of its registry."""
    joined = "\x1f".join(values)
    if not _may_cite(joined.upper()):
        return []
    found = {number.upper() for number in _REGISTRY.findall(joined)}
    return sorted(number.replace("CHICTR", "ChiCTR") for number in found)


def is_registry_id(value: str) -> bool:
    """Whether a value is a trial registration number and nothing else."""
    return _REGISTRY.fullmatch(value) is not None


def year(text: str) -> int | None:
    """The first year from 1500 to 2099 in a text."""
    match = _YEAR.search(text)
    return int(match.group(1)) if match else None


def surname(name: str) -> str:
    """The family name, folded, of ``Family, Given``, ``Family AB`` or ``Given Family``."""
    name = name.strip().strip(".,;")
    if "," in name:
        return squash(name.split(",")[0])
    parts = name.split()
    while len(parts) > 1 and re.fullmatch(r"(?:[^\W\d_]\.?-?){1,4}", parts[-1]) and parts[-1].upper() == parts[-1]:
        parts.pop()
    if not parts:
        return ""
    if len(parts) < len(name.split()):  # initials stood last: what is left is the family name
        return squash(" ".join(parts))
    return squash(parts[-1]) if len(parts) > 1 else squash(parts[0])


def content_key(*values: str) -> str:
    """The frozen key of an entry without an accession: 12 hex digits of SHA-256 over the letters and digits it holds.

    Only entries that say the same in every value share a key, so a key never depends on the order of entries. Nothing else
    in this module may be used here but `_alphanumeric`: record ids in people's tables depend on it.
    """
    content = "\x1f".join(map(_alphanumeric, values))
    return hashlib.sha256(f"{FROZEN}\x1f{content}".encode()).hexdigest()[:12]


def _alphanumeric(value: str) -> str:
    """The letters and digits of a value, folded. Frozen."""
    if not value:
        return ""
    if value.isascii():
        return value.encode().translate(_ASCII_LOWER, _ASCII_OTHER).decode()
    return _OTHER.sub("", unicodedata.normalize("NFKD", value).casefold())
