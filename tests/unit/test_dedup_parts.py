"""A comparison that jobs share comes to the same result, whatever their number."""

import sys

import pytest
from conftest import ROOT
from dedup_cases import KINDS, record
from prismake.config import Dedup
from prismake.dedup.pairs import compare, compare_part, scatter, unite
from prismake.dedup.run import find_duplicates, latest

sys.path.insert(0, str(ROOT / "benchmarks"))

from generate import records

SETTINGS = Dedup()
REPEATED = [
    record(f"pubmed:{n}", title="Gateways to foot care", year=2010 + n, pages=f"{n}00-{n}09", volume=f"{n}", doi="")
    for n in range(1, 6)
]
ENTRIES = [
    *records(600, seed=5)[0],
    *REPEATED,
    record("embase:1", title="Gateways to foot care", year=2011, pages="", volume="1", doi="", abstract=""),
    record("ctgov:NCT02834858", registry_ids=["NCT02834858"], title="Honey against blisters", doi="", pages=""),
    record("hand:1", registry_ids=["NCT02834858"]),
    record("hand:2", title="", abstract=""),
]
EVERY_KIND = KINDS | {"made": "database"}


def scattered(parts):
    """What the jobs of so many parts find together."""
    every = latest(ENTRIES)
    met = scatter(every, EVERY_KIND, parts)
    found = [compare_part(every, EVERY_KIND, rows, SETTINGS) for rows in met.parts]
    compared = [pair for one in found for pair in one.compared]
    related = [*met.related, *(relation for one in found for relation in one.relations)]
    return met, unite(every, EVERY_KIND, compared, related)


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 1000])
def test_any_number_of_parts_gives_the_same(parts):
    whole = compare(latest(ENTRIES), EVERY_KIND, SETTINGS)
    met, united = scattered(parts)
    assert len(met.parts) == parts
    sizes = sorted(map(len, met.parts))
    assert sizes[-1] - sizes[0] <= 1
    assert (united.compared, united.relations) == (whole.compared, whole.relations)
    assert united.facts.keys() == whole.facts.keys()
    alone = find_duplicates(ENTRIES, SETTINGS, EVERY_KIND, [], {})
    assert find_duplicates(ENTRIES, SETTINGS, EVERY_KIND, [], {}, united) == alone
    assert {"erratum", "registry entry"} <= {row["relation"] for row in alone.links}


def test_nothing_to_compare():
    assert scatter([], {}, 2).parts == [[], []]
    assert compare_part([], {}, [], SETTINGS).compared == []
    assert unite([], {}, [], []).facts == {}
