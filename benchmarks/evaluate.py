"""How well predicted duplicates fit the labels of a set, by the record-level counts that peers publish."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple


class Counts(NamedTuple):
    """Removed records: rightly (tp), wrongly (fp: no record of a document is left), and missed (fn)."""

    tp: int
    fp: int
    fn: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and sensitivity."""
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp else 0.0

    def __add__(self, other: object) -> "Counts":
        """The counts of two sets pooled."""
        return Counts(*map(sum, zip(self, other, strict=True)))  # type: ignore[call-overload]


def read_gold(path: Path) -> dict[str, str]:
    """Record -> document, in the order of the file, from a table ``record_id,cluster_id``."""
    with path.open(encoding="utf-8", newline="") as handle:
        return {row["record_id"]: row["cluster_id"] for row in csv.DictReader(handle)}


def evaluate(gold: Mapping[str, str], predicted: Mapping[str, str]) -> Counts:
    """Keep the first record of each predicted group, remove the others, and count as ASySD and bib-dedupe do.

    Parameters
    ----------
    gold : mapping
        Record -> document, for every record.
    predicted : mapping
        Record -> group; records that stand alone may be left out.
    """
    kept, groups = set(), set()
    documents: defaultdict[str, list[str]] = defaultdict(list)
    for record, document in gold.items():
        documents[document].append(record)
        group = predicted.get(record)
        if group is None or group not in groups:
            kept.add(record)
        groups.add(group)
    tp = fp = fn = 0
    for records in documents.values():
        left = sum(record in kept for record in records)
        tp += len(records) - max(left, 1)
        fp += left == 0
        fn += max(left - 1, 0)
    return Counts(tp, fp, fn)


def shown(gold: Mapping[str, str], predicted: Mapping[str, str], pairs: Iterable[tuple[str, str]]) -> int:
    """How many of the missed records would be found, were the pairs that a person is shown merged where labels say so."""
    groups = dict(predicted)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for record, group in groups.items():
        members[group].append(record)
    for one, two in pairs:
        into, gone = groups[one], groups[two]
        if into != gone and gold[one] == gold[two]:
            for record in members.pop(gone):
                groups[record] = into
                members[into].append(record)
    return evaluate(gold, predicted).fn - evaluate(gold, groups).fn
