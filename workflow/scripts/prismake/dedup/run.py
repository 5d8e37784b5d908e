"""The entry point: from every entry that was read to reports, with what a person may want to check."""

import contextlib
import gc
import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..aliases import present
from ..config import Dedup
from ..people import Verdict
from . import merge, score
from . import verdicts as people
from .cluster import Clustering, Link, cluster
from .facts import gather
from .links import Relation
from .obstacles import DOUBT
from .pairs import Compared, Findings, compare
from .verdicts import Rulings

MERGES = [
    "record_id_1", "record_id_2", "report_id", "score", "rule", "decided_by", "title_1", "title_2",
]  # fmt: skip
"""Columns of the merges: record_id_2 belongs to the report of record_id_1, and why."""

_SHOWN = ("title", "authors", "year", "journal", "pages", "doi")
REVIEW = [
    "record_id_1", "record_id_2", "score", "why", *(f"{field}_{n}" for field in _SHOWN for n in (1, 2)), "verdict",
]  # fmt: skip
"""Columns of the pairs for a person, who fills in ``verdict``."""

LINKS = ["relation", "record_id_1", "record_id_2", "why", "decided_by"]
"""Columns of the links: what record_id_1 is to record_id_2."""

PROVENANCE = ["report_id", "field", "record_id", "file", "line"]
"""Columns of the provenance: which record each field of a merged report came from, and where that record begins."""

ALIASES = ["old_record_id", "record_id", "title"]
"""Columns of the suggested aliases: a record that a later run of its source gives under another id."""

_KINDS = ("previous", "database", "register", "other")
_ID_DIGITS = 10

Entry = dict[str, Any]


@dataclass(frozen=True)
class Deduplication:
    """What came of deduplication: rows of tables, sorted, whatever the order of the entries.

    Attributes
    ----------
    clusters : rows of `prismake.tables.CLUSTERS`, one a record.
    reports : rows of `prismake.tables.REPORTS`.
    provenance : rows with the columns `PROVENANCE`; only for reports of several records, since a single record gives all.
    merges : rows with the columns `MERGES`, the least certain first.
    review : rows with the columns `REVIEW`, the most likely duplicates first.
    links : rows with the columns `LINKS`: related records that are not duplicates.
    aliases : rows with the columns `ALIASES`, for a person to confirm in ``review/decisions/aliases.csv``.
    """

    clusters: list[Entry]
    reports: list[Entry]
    provenance: list[Entry]
    merges: list[Entry]
    review: list[Entry]
    links: list[Entry]
    aliases: list[Entry]


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Leave Python's cycle collector off: it would search millions of living objects again and again, for nothing.

    Freezing and thawing counts what was made meanwhile as old, so that turning the collector on searches nothing.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        if was_on:
            gc.enable()


@_without_collector()
def find_duplicates(
    entries: Sequence[Entry],
    settings: Dedup,
    source_kinds: Mapping[str, str],
    verdicts: Sequence[Verdict],
    aliases: Mapping[str, str],
    found: Findings | None = None,
) -> Deduplication:
    """Group records into reports.

    Parameters
    ----------
    entries : sequence of dict
        Rows of `prismake.tables.ENTRIES`. Entries of one record id are the same record, found by several search runs:
        that of the latest run is used.
    settings : Dedup
        Thresholds, the sources to prefer, and what versions of one review count as.
    source_kinds : mapping
        Source -> its kind, in the order of the configuration.
    verdicts : sequence of Verdict
        People's verdicts, in the order of their table. They win over every rule.
    aliases : mapping
        Former record id -> record id.
    found : Findings, optional
        What `prismake.dedup.pairs.unite` gives for the `latest` records, where they were compared elsewhere.

    Raises
    ------
    InputError
        When verdicts name unknown records or contradict each other.
    """
    records = {entry["record_id"]: entry for entry in latest(entries)}
    rulings = people.read(verdicts, list(records), aliases)
    order = _Order(records, settings, source_kinds)
    found = found or compare(list(records.values()), source_kinds, settings)
    sure = {(pair.first, pair.second) for pair in found.compared if pair.score > DOUBT}  # no obstacle lies between them
    certain = [*_former_ids(records, aliases), *(Link(r.first, r.second, r.words) for r in rulings.same)]
    named = {record_id for link in certain for record_id in (link.first, link.second)} - found.facts.keys()
    known = found.facts | {
        one.record_id: one for one in gather([records[record_id] for record_id in sorted(named)], source_kinds)
    }
    merge_versions = settings.versions == "merge"
    clustering = cluster(
        list(records),
        certain,
        [
            Link(pair.first, pair.second, pair.rule, pair.score)
            for pair in found.compared
            if pair.score >= settings.duplicate_from
        ],
        [(ruling.first, ruling.second) for ruling in rulings.apart],
        lambda x, y: "" if (min(x, y), max(x, y)) in sure else score.differ(known[x], known[y], merge_versions),
    )
    found.facts.clear()
    known.clear()
    groups = [sorted(members, key=order.represents) if len(members) > 1 else members for members in clustering.groups]
    report_ids = _report_ids([min(members, key=order.names) if len(members) > 1 else members[0] for members in groups])
    report_of = {
        record_id: report_id for members, report_id in zip(groups, report_ids, strict=True) for record_id in members
    }
    clusters, merges = _explain(groups, report_of, clustering, records)
    members_of = dict(zip(report_ids, groups, strict=True))
    merged = [
        merge.merge(report_id, [records[record_id] for record_id in members_of[report_id]])
        for report_id in sorted(report_ids)
    ]
    return Deduplication(
        clusters=clusters,
        reports=[report for report, _ in merged],
        provenance=[row for _, rows in merged for row in rows],
        merges=merges,
        review=_review(found.compared, clustering, rulings, report_of, records),
        links=_links(found.relations, rulings, report_of, order),
        aliases=_suggest_aliases(entries, groups, aliases),
    )


def latest(entries: Sequence[Entry]) -> list[Entry]:
    """One entry a record, that of the latest run; sorted by record id."""
    newest: dict[str, Entry] = {}
    for entry in entries:
        known = newest.get(entry["record_id"])
        if known is None or (known["run"], known["entry"]) < (entry["run"], entry["entry"]):
            newest[entry["record_id"]] = entry
    return [newest[record_id] for record_id in sorted(newest)]


class _Order:
    """The orders of records within a report: which one represents it, and which one names it."""

    def __init__(self, records: Mapping[str, Entry], settings: Dedup, source_kinds: Mapping[str, str]):
        self._source = {record_id: entry["source"] for record_id, entry in records.items()}
        self._kind = {source: _KINDS.index(kind) for source, kind in source_kinds.items()}
        self._preferred = {source: place for place, source in enumerate(settings.prefer)}
        self._place = {source: place for place, source in enumerate(source_kinds)}

    def represents(self, record_id: str) -> tuple[int, int, int, str]:
        """By kind of source, then preference, then place in the configuration."""
        source = self._source[record_id]
        last = len(self._source)
        kind, preferred = self._kind.get(source, len(_KINDS)), self._preferred.get(source, last)
        return kind, preferred, self._place.get(source, last), record_id

    def names(self, record_id: str) -> tuple[int, str]:
        """By place in the configuration, so that a source added behind the others renames no report."""
        return self._place.get(self._source[record_id], len(self._source)), record_id


def _former_ids(records: Mapping[str, Entry], aliases: Mapping[str, str]) -> list[Link]:
    """A record that is present under its former id too is one record."""
    joined = []
    for former in sorted(aliases):
        now = present(former, aliases)
        if former in records and now in records and former != now:
            first, second = sorted((former, now))
            joined.append(Link(first, second, f"{former} is the former id of {now}"))
    return joined


def _suggest_aliases(
    entries: Sequence[Entry], groups: Sequence[Sequence[str]], aliases: Mapping[str, str]
) -> list[Entry]:
    """Records of one report that a source gave under one id until some run and under another from then on."""
    if len({(entry["source"], entry["run"]) for entry in entries}) == len({entry["source"] for entry in entries}):
        return []
    runs: defaultdict[str, set[str]] = defaultdict(set)
    known: dict[str, Entry] = {}
    for entry in entries:
        runs[entry["record_id"]].add(entry["run"])
        known[entry["record_id"]] = entry
    return [
        {"old_record_id": former, "record_id": now, "title": known[now]["title"]}
        for members in sorted(map(sorted, groups))
        for former, now in itertools.permutations(members, 2)
        if known[former]["source"] == known[now]["source"]
        and max(runs[former]) < min(runs[now])
        and present(former, aliases) != present(now, aliases)
    ]


def _report_ids(names: Sequence[str]) -> list[str]:
    """An id for each report, from the record that names it; where two would be alike, both get longer."""
    digests = [hashlib.sha256(name.encode()).hexdigest() for name in names]
    sharing: defaultdict[str, int] = defaultdict(int)
    for digest in digests:
        sharing[digest[:_ID_DIGITS]] += 1
    return [f"R-{digest if sharing[digest[:_ID_DIGITS]] > 1 else digest[:_ID_DIGITS]}" for digest in digests]


def _explain(
    groups: Sequence[Sequence[str]],
    report_of: Mapping[str, str],
    clustering: Clustering,
    records: Mapping[str, Entry],
) -> tuple[list[Entry], list[Entry]]:
    """Say of each record why it belongs to its report, going out from the record that represents the report."""
    touching: defaultdict[str, list[Link]] = defaultdict(list)
    for link in clustering.used:
        touching[link.first].append(link)
        touching[link.second].append(link)
    clusters, merges = [], []
    for members in groups:
        reached: dict[str, Link | None] = {members[0]: None}
        waiting = [members[0]]
        for here in waiting:
            for link in sorted(touching[here], key=lambda link: (link.first, link.second)):
                following = link.second if link.first == here else link.first
                if following not in reached:
                    reached[following] = link
                    waiting.append(following)
                    merges.append(_merge_row(here, following, link, report_of, records))
        best = max(touching[members[0]], key=lambda link: (link.score is None, link.score or 0), default=None)
        for record_id in members:
            link = reached[record_id] or best
            clusters.append(
                {
                    "record_id": record_id,
                    "report_id": report_of[record_id],
                    "represents": record_id == members[0],
                    "because": link.words if link else "",
                    "decided_by": link.decided_by if link else "",
                }
            )
    merges.sort(key=lambda row: (row["score"] is None, row["score"] or 0, row["record_id_1"], row["record_id_2"]))
    return sorted(clusters, key=lambda row: row["record_id"]), merges


def _merge_row(
    here: str, following: str, link: Link, report_of: Mapping[str, str], records: Mapping[str, Entry]
) -> Entry:
    return {
        "record_id_1": here,
        "record_id_2": following,
        "report_id": report_of[here],
        "score": link.score,
        "rule": link.words,
        "decided_by": link.decided_by,
        "title_1": records[here]["title"],
        "title_2": records[following]["title"],
    }


def _review(
    compared: Sequence[Compared],
    clustering: Clustering,
    rulings: Rulings,
    report_of: Mapping[str, str],
    records: Mapping[str, Entry],
) -> list[Entry]:
    """The pairs for a person: one for two reports, the likeliest; none where a person already keeps them apart."""
    settled = {frozenset((report_of[ruling.first], report_of[ruling.second])) for ruling in rulings.apart}
    cut = {(link.first, link.second): why for link, why in clustering.cut}
    rows = []
    for found in sorted(compared, key=lambda found: (-found.score, found.first, found.second)):
        pair = found.first, found.second
        reports = frozenset(report_of[record_id] for record_id in pair)
        if len(reports) == 1 or reports in settled:
            continue
        settled.add(reports)
        why = f"{found.doubt}; not merged, since {cut[pair]}" if pair in cut else found.doubt
        row: Entry = {"record_id_1": pair[0], "record_id_2": pair[1], "score": found.score, "why": why, "verdict": ""}
        for n, record_id in enumerate(pair, start=1):
            row |= {f"{field}_{n}": records[record_id][field] for field in _SHOWN}
        rows.append({column: row[column] for column in REVIEW})
    return rows


def _links(found: Sequence[Relation], rulings: Rulings, report_of: Mapping[str, str], order: _Order) -> list[Entry]:
    """Relations between reports, one row each; what a person linked stands as the person said it."""
    rows: dict[tuple[str, ...], Entry] = {}
    for ruling in rulings.links:
        reports = frozenset((report_of[ruling.first], report_of[ruling.second]))
        rows[("linked", *sorted(reports))] = _link_row("linked", ruling.first, ruling.second, ruling.words, "person")
    for relation in sorted(
        found, key=lambda it: (it.relation, order.represents(it.first), order.represents(it.second))
    ):
        first, second = report_of[relation.first], report_of[relation.second]
        if first != second:
            row = _link_row(relation.relation, relation.first, relation.second, relation.why, "rule")
            rows.setdefault((relation.relation, first, second), row)
    return sorted(rows.values(), key=lambda row: (row["relation"], row["record_id_1"], row["record_id_2"]))


def _link_row(relation: str, first: str, second: str, why: str, decided_by: str) -> Entry:
    return {"relation": relation, "record_id_1": first, "record_id_2": second, "why": why, "decided_by": decided_by}
