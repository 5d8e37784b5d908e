"""Versions of one review, which its publisher brings up to date under one title: as counts of reports, each is its own."""

from rapidfuzz import fuzz

from .evidence import CLOSE_TITLE, Evidence
from .facts import Facts

MERGED = "versions of one review, merged by dedup.versions"

_CLINICAL_EVIDENCE = frozenset(("bmj clin evid", "bmj clinical evidence", "clinical evidence", "clin evid"))
_ABOUT_ANOTHER = frozenset(("erratum", "comment"))


def series(one: Facts) -> str:
    """Which collection of reviews that are brought up to date a record belongs to, or an empty string."""
    if one.review or "cochrane" in one.journal:
        return "Cochrane"
    return "BMJ Clinical Evidence" if " ".join(one.journal) in _CLINICAL_EVIDENCE else ""


def of_one_review(a: Facts, b: Facts, evidence: Evidence) -> bool:
    """Whether two records are one review, be they one version of it or two; its protocol and its withdrawal count.

    Cochrane's number decides where both have it, else the title within the collection. Authors may change.
    """
    collection = series(a)
    if not collection or collection != series(b) or a.kind in _ABOUT_ANOTHER or b.kind in _ABOUT_ANOTHER:
        return False
    return a.review == b.review if a.review and b.review else _of_one_title(a, b, evidence)


def may_merge(a: Facts, b: Facts, evidence: Evidence) -> bool:
    """Whether two records are one review under one title: an update under another title asks another question."""
    return of_one_review(a, b, evidence) and _of_one_title(a, b, evidence)


def _of_one_title(a: Facts, b: Facts, evidence: Evidence) -> bool:
    alike = fuzz.ratio(_name(a), _name(b)) >= 100 * CLOSE_TITLE
    return bool(_name(a)) and alike and evidence.numbers and not evidence.opposed


def _name(one: Facts) -> str:
    """The title without WITHDRAWN or what else announces a notice."""
    return one.about.replace(" ", "") or (one.title.tight if one.title else "")
