"""Invented records and verdicts for the tests of deduplication."""

import datetime

from prismake.config import Dedup
from prismake.dedup.run import find_duplicates
from prismake.people import Verdict
from prismake.tables import ENTRIES

KINDS = {"pubmed": "database", "embase": "database", "cnki": "database", "ctgov": "register", "hand": "other"}
ABSTRACT = (
    "Blisters keep runners from the finish. We compared warm honey dressings with dry gauze in ninety runners who had "
    "blistered both heels during a mountain race, and counted the days until they could run without pain."
)
ARTICLE = {
    "title": "Warm honey dressings for blistered heels in mountain runners: a randomised trial",
    "authors": ["Okafor, Ngozi", "Lindqvist, Per", "Haddad, Samir"],
    "year": 2019,
    "journal": "Journal of Foot and Ankle Care",
    "volume": "41",
    "issue": "3",
    "pages": "963-967",
    "doi": "10.5555/jfac.2019.963",
    "abstract": ABSTRACT,
}
LISTS = {name for name, kind in ENTRIES.items() if kind == "list"}


def record(record_id, **fields):
    """An entry of that id: the invented article, with other values where given."""
    source, _, accession = record_id.partition(":")
    blank = {name: [] if name in LISTS else "" for name in ENTRIES} | {"year": None, "line": 1, "line_end": 1}
    place = {"source": source, "run": "2025-01-01", "entry": 1, "record_id": record_id, "accession": accession}
    return blank | place | ARTICLE | fields


def run(*entries, verdicts=(), aliases=None, **configured):
    return find_duplicates(list(entries), Dedup(**configured), KINDS, list(verdicts), aliases or {})


def groups(result):
    """The reports, as sets of record ids."""
    return {frozenset(row["record_ids"]) for row in result.reports}


def together(result, *record_ids):
    return len({row["report_id"] for row in result.clusters if row["record_id"] in record_ids}) == 1


def verdict(decision_id, first, second, what, line=2, supersedes="", reviewer="Ana"):
    row = Verdict(
        decision_id=decision_id,
        record_id_1=first,
        record_id_2=second,
        verdict=what,
        reviewer=reviewer,
        decided_at=datetime.date(2025, 2, 1),
        supersedes=supersedes,
    )
    row._line = line
    return row


NOWHERE = dict.fromkeys(("volume", "issue", "pages", "doi", "abstract"), "")
