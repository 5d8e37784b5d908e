"""The reports of a review while people screen: short facts in memory, long texts read when they are asked for."""

import shlex
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..problems import InputError, Problem
from ..tables import read_csv

REPORTS, CLUSTERS = "results/dedup/reports.parquet", "results/dedup/clusters.parquet"
REVIEW = "results/dedup/review.csv"
SHORT = [
    "report_id",
    "record_ids",
    "title",
    "title_other",
    "authors",
    "year",
    "journal",
    "doi",
    "pmid",
    "type",
    "language",
]
LONG = ["abstract", "keywords", "registration", "notes"]
_AT_ONCE = 2_000
_GROUPS = 8
"""How many row groups of long texts are kept at hand."""


class Shelf:
    """All reports, by their place in the table.

    Parameters
    ----------
    root : Path
        The review folder.

    Raises
    ------
    InputError
        When duplicates have not been looked for yet.
    """

    def __init__(self, root: Path) -> None:
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        for name in (REPORTS, CLUSTERS):
            if not (root / name).is_file():
                mend = f"Make it: ./prismake --directory {shlex.quote(str(root))} dedup"
                raise InputError(Problem(name, "no such file", "the reports of the review without duplicates", mend))
        self._file = pq.ParquetFile(root / REPORTS, memory_map=True)
        self._short = pq.read_table(root / REPORTS, columns=SHORT).combine_chunks()
        self.ids: list[str] = self._short["report_id"].to_pylist()
        self.place = {report: i for i, report in enumerate(self.ids)}
        firsts = pc.list_element(self._short["record_ids"], 0).to_pylist()
        self.represents: dict[str, str] = dict(zip(self.ids, firsts, strict=True))
        clusters = pq.read_table(root / CLUSTERS, columns=["record_id", "report_id"])
        self.report_of: dict[str, str] = dict(
            zip(clusters["record_id"].to_pylist(), clusters["report_id"].to_pylist(), strict=True)
        )
        self._starts = [0]
        for group in range(self._file.num_row_groups):
            self._starts.append(self._starts[-1] + self._file.metadata.row_group(group).num_rows)
        self._groups: OrderedDict[int, Any] = OrderedDict()
        self._guard = threading.Lock()  # a reader of parquet is for one thread at a time
        self.doubles = self._perhaps_duplicates(root / REVIEW)

    def __len__(self) -> int:
        return len(self.ids)

    def short(self, report: str) -> dict[str, Any]:
        """The columns `SHORT` of a report."""
        return self._short.slice(self.place[report], 1).to_pylist()[0]

    def whole(self, report: str) -> dict[str, Any]:
        """The columns `SHORT` and `LONG` of a report."""
        place = self.place[report]
        group = next(i for i, start in enumerate(self._starts[1:]) if place < start)
        row = self._long(group).slice(place - self._starts[group], 1).to_pylist()[0]
        return self.short(report) | row

    def rows(self) -> Iterator[dict[str, Any]]:
        """The columns `SHORT` of every report."""
        for batch in self._short.to_batches(max_chunksize=_AT_ONCE):
            yield from batch.to_pylist()

    def search(self, words: Sequence[str], limit: int) -> tuple[list[str], int]:
        """The first reports that hold every word in a title, author, journal, id, year or abstract, and how many do.

        A word may be part of one; capitals do not count.
        """
        import pyarrow.compute as pc

        places: list[int] = []
        for group, (start, end) in enumerate(pairwise(self._starts)):
            part = self._short.slice(start, end - start)
            texts = [part[name] for name in ("title", "title_other", "journal", "doi", "pmid", "report_id")]
            texts += [pc.binary_join(part[name], "; ") for name in ("authors", "record_ids")]
            with self._guard:
                abstracts = self._file.read_row_group(group, columns=["abstract"])["abstract"]
            texts += [part["year"].cast("string"), abstracts]
            found = None
            for word in words:
                held = [pc.fill_null(pc.match_substring(text, word, ignore_case=True), False) for text in texts]
                either = reduce(pc.or_, held)
                found = either if found is None else pc.and_(found, either)
            if found is not None:
                places += [start + place for place in pc.indices_nonzero(found).to_pylist()]
        return [self.ids[place] for place in places[:limit]], len(places)

    def _long(self, group: int) -> Any:
        with self._guard:
            if group not in self._groups:
                self._groups[group] = self._file.read_row_group(group, columns=LONG)
                while len(self._groups) > _GROUPS:
                    self._groups.popitem(last=False)
            self._groups.move_to_end(group)
            return self._groups[group]

    def _perhaps_duplicates(self, path: Path) -> dict[str, list[dict[str, str]]]:
        """Report -> the reports that may be the same, which wait for a person's verdict."""
        found: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in read_csv(path) if path.is_file() else []:
            one, two = (self.report_of.get(row[f"record_id_{n}"], "") for n in (1, 2))
            if one in self.place and two in self.place and one != two:
                found[one].append({"report_id": two, "score": row["score"], "why": row["why"]})
                found[two].append({"report_id": one, "score": row["score"], "why": row["why"]})
        return dict(found)
