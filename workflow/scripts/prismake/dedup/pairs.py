"""From records to compared pairs: those that may be one report, with score and reasons, and those that are related."""

from collections.abc import Iterable, Mapping, Sequence
from sys import intern
from typing import Any, NamedTuple

import numpy as np

from ..config import Dedup
from . import facts, keys, links, score, worth
from .facts import Facts
from .keys import Pairs
from .links import Relation

Entry = dict[str, Any]


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


class Scattered(NamedTuple):
    """Pairs to compare, for each part rows of `prismake.tables.MET`; and relations that no comparison is needed for."""

    parts: list[list[Entry]]
    related: list[Relation]


def compare(records: Sequence[Entry], source_kinds: Mapping[str, str], settings: Dedup) -> Findings:
    """Compare records with each other.

    Parameters
    ----------
    records : sequence of dict
        Rows of `prismake.tables.ENTRIES`, one a record, sorted by record id.
    source_kinds : mapping
        Source -> its kind.
    settings : Dedup
        The score from which a pair is kept, and what versions of one review count as.
    """
    every = facts.gather(records, source_kinds)
    return _judge(every, _meeting(every), settings, links.registered(every))


def scatter(records: Sequence[Entry], source_kinds: Mapping[str, str], parts: int) -> Scattered:
    """Find which records to compare, in so many parts of one size; arguments as in `compare`.

    Pairs go in the order of their first records' titles, so that a part needs few records.
    """
    every = facts.gather(records, source_kinds)
    pairs = _meeting(every)
    title = [one.title.tight if one.title else "" for one in every]
    order = sorted(range(len(pairs)), key=[title[first] for first in pairs[:, 0].tolist()].__getitem__)
    scattered = [
        [_met(every[first], every[second]) for first, second in pairs[places].tolist()]
        for places in np.array_split(np.array(order, dtype=np.int64), parts)
    ]
    return Scattered(scattered, sorted(links.registered(every)))


def _met(a: Facts, b: Facts) -> Entry:
    return {"record_id_1": a.record_id, "record_id_2": b.record_id, "generic_1": a.generic, "generic_2": b.generic}


def compare_part(
    records: Sequence[Entry], source_kinds: Mapping[str, str], met: Sequence[Entry], settings: Dedup
) -> Findings:
    """Compare one part of what `scatter` found; the other arguments as in `compare`."""
    generic = {row[f"record_id_{n}"]: row[f"generic_{n}"] for row in met for n in (1, 2)}
    every = facts.gather([record for record in records if record["record_id"] in generic], source_kinds)
    for one in every:
        one.generic = generic[one.record_id]  # how often a title occurs, only all records can say
    place = {one.record_id: position for position, one in enumerate(every)}
    pairs = np.array([(place[row["record_id_1"]], place[row["record_id_2"]]) for row in met], dtype=np.int64)
    return _judge(every, pairs.reshape(-1, 2), settings, ())


def unite(
    records: Sequence[Entry],
    source_kinds: Mapping[str, str],
    compared: Iterable[Compared],
    related: Iterable[Relation],
) -> Findings:
    """What `compare` would have found, from the findings of all parts; the other arguments as in `compare`."""
    compared = sorted(compared)
    paired = {record_id for pair in compared for record_id in (pair.first, pair.second)}
    known = facts.gather([record for record in records if record["record_id"] in paired], source_kinds)
    return Findings(compared, sorted(set(related)), {one.record_id: one for one in known})


def _meeting(every: Sequence[Facts]) -> Pairs:
    return worth.worth_comparing(every, keys.candidates(every))


def _judge(every: Sequence[Facts], pairs: Pairs, settings: Dedup, registered: Iterable[Relation]) -> Findings:
    compared, known = [], {}
    related = set(registered)
    merge_versions = settings.versions == "merge"
    for i, j in pairs.tolist():
        a, b = every[i], every[j]
        found = score.judge(a, b, merge_versions)
        if found.evidence:
            related.update(links.relations(a, b, found.evidence))
        if found.score >= settings.review_from:
            rule, doubt = map(intern, found.in_words())  # a million pairs have few reasons
            compared.append(Compared(a.record_id, b.record_id, found.score, rule, doubt))
            known[a.record_id], known[b.record_id] = a, b
    return Findings(sorted(compared), sorted(related), known)
