"""Records with known duplicates, as many as wanted: generate.py COUNT DIR [--seed N] writes records.ris and gold.csv.

Words, names and journals are invented and follow Zipf's law (rank times frequency is constant), so that keys are shared
as they are in real exports: a few by thousands of records, most by none. Documents stand in one to five databases, each
with the faults that databases have: fields lost, journals abbreviated, page ranges shortened, capitals, typing errors,
initials for names, titles translated. Hard negatives share nearly everything with another document: parts of a series,
yearly reports, errata, meeting abstracts, papers on women beside papers on men.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "workflow" / "scripts"))

from prismake.search.ris_out import to_ris  # noqa: E402
from prismake.tables import ENTRIES, LIST  # noqa: E402

Entry = dict[str, Any]

_SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnprstvz" for vowel in "aeiou"]
_COMMON = ("the", "of", "in", "and", "a", "with", "for", "to", "on", "by", "patients", "study", "effect", "treatment")
_WORDS, _NAMES, _JOURNALS = 80_000, 40_000, 6_000
_STROKE = 200_000
_COPIES = np.cumsum([0.62, 0.22, 0.10, 0.04, 0.02])
"""How many databases hold a document: shares of 1 to 5."""

_NEGATIVES = 0.06
"""The share of documents that are made from the one before."""


class Draw:
    """Random choices, many drawn at once: one at a time would take most of the run."""

    def __init__(self, seed: int):
        self._random = np.random.default_rng(seed)
        self._uniform: Iterator[float] = iter(())

    def uniform(self) -> float:
        """A number from 0 to 1."""
        found = next(self._uniform, None)
        if found is None:
            self._uniform = iter(self._random.random(_STROKE).tolist())
            return next(self._uniform)
        return found

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.uniform() * (high - low + 1))

    def zipf(self, values: list[str]) -> Callable[[], str]:
        """A source of values, the n-th with a probability proportional to 1/n."""
        cumulative = np.cumsum(1 / np.arange(1, len(values) + 1))
        stock: list[int] = []

        def one() -> str:
            if not stock:
                drawn = self._random.random(_STROKE) * cumulative[-1]
                stock.extend(np.searchsorted(cumulative, drawn).tolist())
            return values[stock.pop()]

        return one

    def words(self, count: int, longest: int) -> list[str]:
        """Invented words of two syllables and more, each once."""
        found: dict[str, None] = {}
        while len(found) < count:
            lengths = self._random.integers(2, longest + 1, count)
            for length in lengths.tolist():
                places = [self.whole(0, len(_SYLLABLES) - 1) for _ in range(length)]
                found["".join(_SYLLABLES[place] for place in places)] = None
        return list(found)[:count]


class World:
    """What records are made of: words, names and journals, from one seed."""

    def __init__(self, seed: int):
        self.draw = Draw(seed)
        self.word = self.draw.zipf([*_COMMON, *self.draw.words(_WORDS, 4)])
        self.name = self.draw.zipf([name.title() for name in self.draw.words(_NAMES, 3)])
        self.journal = self.draw.zipf(
            [
                " ".join(["Journal of", *(self.word().title() for _ in range(self.draw.whole(1, 4)))])
                for _ in range(_JOURNALS)
            ]
        )
        self._serial = 0

    def sentence(self, low: int, high: int) -> str:
        """Words, the first with a capital."""
        return " ".join(self.word() for _ in range(self.draw.whole(low, high))).capitalize()

    def document(self) -> Entry:
        """A document as its publisher has it."""
        self._serial += 1
        year, first = self.draw.whole(1975, 2024), self.draw.whole(1, 1800)
        journal = self.journal()
        abstract = ". ".join(self.sentence(10, 24) for _ in range(self.draw.whole(4, 9)))
        return _blank() | {
            "type": "JOUR",
            "title": self.sentence(6, 18),
            "authors": [f"{self.name()}, {self.name()} {self.name()[0]}" for _ in range(self.draw.whole(1, 7))],
            "year": year,
            "journal": journal,
            "volume": str(year - 1950 + len(journal)),
            "issue": str(self.draw.whole(1, 12)),
            "pages": f"{first}-{first + self.draw.whole(3, 15)}",
            "doi": f"10.{1000 + len(journal)}/j{self._serial}.{year}",
            "abstract": abstract if self.draw.uniform() < 0.7 else "",
        }

    def beside(self, document: Entry) -> Entry:
        """Another document that shares nearly everything with one."""
        other = document | self.document_place()
        return self.draw_from(_BESIDE)(other, self)

    def document_place(self) -> Entry:
        """A place of its own."""
        fresh = self.document()
        return {field: fresh[field] for field in ("volume", "issue", "pages", "doi")}

    def draw_from(self, values: tuple[Any, ...]) -> Any:
        """One of the values, each as likely."""
        return values[self.draw.whole(0, len(values) - 1)]

    def copies(self, document: Entry) -> Iterator[Entry]:
        """The records of one document, one in each database that holds it."""
        for place in range(int(np.searchsorted(_COPIES, self.draw.uniform())) + 1):
            yield document if place == 0 else self.garbled(document)

    def garbled(self, document: Entry) -> Entry:
        """A record with the faults that a database brings; its author, title or place always stays."""
        record = dict(document)
        for chance, fault in _FAULTS:
            if self.draw.uniform() < chance:
                fault(record, self)
        return record


def _blank() -> Entry:
    return {column: [] if kind == LIST else None if kind == "int" else "" for column, kind in ENTRIES.items()}


def _part(other: Entry, world: World) -> Entry:
    return other | {"title": f"{other['title']}. Part {world.draw_from(('II', '2', 'two'))}", "abstract": ""}


def _yearly(other: Entry, world: World) -> Entry:
    return other | {"title": f"{other['title']} {other['year'] + 1}", "year": other["year"] + 1}


def _erratum(other: Entry, world: World) -> Entry:
    first = world.draw.whole(1801, 1999)
    return other | {"title": f"Erratum: {other['title']}", "pages": f"{first}", "abstract": ""}


def _meeting(other: Entry, world: World) -> Entry:
    place = {"journal": world.journal(), "volume": f"{other['volume']} (Supplement 1)", "doi": ""}
    return other | place | {"pages": f"S{world.draw.whole(1, 900)}", "year": other["year"] - 1}


def _women(other: Entry, world: World) -> Entry:
    return other | {"title": f"{other['title']} in women", "abstract": ""}


_BESIDE = (_part, _yearly, _erratum, _meeting, _women)


def _lost(field: str) -> Callable[[Entry, World], None]:
    def lose(record: Entry, world: World) -> None:
        record[field] = ""

    return lose


def _short_pages(record: Entry, world: World) -> None:
    first, _, last = record["pages"].partition("-")
    same = next((n for n, (x, y) in enumerate(zip(first, last, strict=False)) if x != y), 0)
    record["pages"] = f"{first}-{last[same:]}" if last and len(first) == len(last) else first


def _short_journal(record: Entry, world: World) -> None:
    record["journal"] = " ".join(word[:4] for word in record["journal"].split() if word != "of")


def _capitals(record: Entry, world: World) -> None:
    record["title"] = record["title"].upper()


def _typing_error(record: Entry, world: World) -> None:
    title = record["title"]
    place = world.draw.whole(0, len(title) - 2)
    record["title"] = title[:place] + title[place + 1] + title[place] + title[place + 2 :]


def _initials(record: Entry, world: World) -> None:
    record["authors"] = [
        f"{family}, {given[:1]}." for family, _, given in (name.partition(", ") for name in record["authors"])
    ]


def _first_author(record: Entry, world: World) -> None:
    record["authors"] = record["authors"][:1]


def _translated(record: Entry, world: World) -> None:
    record["title"] = f"[{world.sentence(6, 18)}]"


def _online_year(record: Entry, world: World) -> None:
    record["year"] -= 1


_FAULTS = (
    (0.35, _lost("doi")), (0.25, _lost("abstract")), (0.05, _lost("volume")), (0.4, _lost("issue")), (0.04, _lost("pages")),
    (0.4, _short_pages), (0.4, _short_journal), (0.1, _capitals), (0.08, _typing_error), (0.5, _initials),
    (0.04, _first_author), (0.01, _translated), (0.05, _online_year),
)  # fmt: skip


def generate(seed: int) -> Iterator[tuple[Entry, int]]:
    """Records without end, each with the number of its document; the records of a document follow each other."""
    world = World(seed)
    document = world.document()
    number = 0
    while True:
        for record in world.copies(document):
            yield record, number
        number += 1
        document = world.beside(document) if world.draw.uniform() < _NEGATIVES else world.document()


def records(count: int, seed: int) -> tuple[list[Entry], list[int]]:
    """Rows of `prismake.tables.ENTRIES` in an order that says nothing, and the number of each one's document."""
    drawn = list(islice(generate(seed), count))
    order = np.random.default_rng(seed).permutation(count).tolist()
    rows = [
        drawn[place][0]
        | {
            "source": "made",
            "run": "2025-01-01",
            "entry": n,
            "record_id": f"made:{n:08}",
            "accession": f"{n:08}",
            "line": n,
        }
        for n, place in enumerate(order, start=1)
    ]
    return rows, [drawn[place][1] for place in order]


def main(arguments: list[str]) -> int:
    """Write a set in the form that benchmarks/dedup.py reads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    rows, documents = records(asked.count, asked.seed)
    asked.folder.mkdir(parents=True, exist_ok=True)
    with (asked.folder / "records.ris").open("w", encoding="utf-8") as handle:
        handle.writelines(to_ris(row["accession"], row) for row in rows)
    with (asked.folder / "gold.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["record_id", "cluster_id"])
        writer.writerows((row["accession"], document) for row, document in zip(rows, documents, strict=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
