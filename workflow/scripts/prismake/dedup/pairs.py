"""From records to compared pairs: those that may be one report, with score and reasons, and those that are related."""

from collections.abc import Mapping, Sequence
from sys import intern
from typing import Any, NamedTuple

from . import facts, keys, links, score, worth
from .facts import Facts
from .links import Relation


class Compared(NamedTuple):
    """A pair that scored enough for a person to see; the smaller id stands first.

    ``rule`` says why the two are one report, ``doubt`` what a person should weigh.
    """

    first: str
    second: str
    score: float
    rule: str
    doubt: str


class Findings(NamedTuple):
    """What came of comparing records, sorted.

    ``facts`` holds what is known of the records that are in any pair of ``compared``, by id.
    """

    compared: list[Compared]
    relations: list[Relation]
    facts: dict[str, Facts]


def compare(records: Sequence[dict[str, Any]], source_kinds: Mapping[str, str], least: float) -> Findings:
    """Compare records with each other.

    Parameters
    ----------
    records : sequence of dict
        Rows of `prismake.tables.ENTRIES`, one a record, sorted by record id.
    source_kinds : mapping
        Source -> its kind.
    least : float
        The score from which a pair is kept.
    """
    every = facts.gather(records, source_kinds)
    pairs = keys.candidates(every)
    compared, known = [], {}
    related = set(links.registered(every))
    for i, j in worth.worth_comparing(every, pairs).tolist():
        a, b = every[i], every[j]
        found = score.judge(a, b)
        if found.evidence:
            related.update(links.relations(a, b, found.evidence))
        if found.score >= least:
            rule, doubt = intern(found.rule), intern(found.doubt)  # a million pairs have few reasons
            compared.append(Compared(a.record_id, b.record_id, found.score, rule, doubt))
            known[a.record_id], known[b.record_id] = a, b
    return Findings(compared, sorted(related), known)
