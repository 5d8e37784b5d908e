"""Accuracy and cost of deduplication on labelled sets, beside bib-dedupe 0.11.0.

    PRISMAKE_DEDUP_SETS=DIR .venv/bin/python benchmarks/dedup.py [--peer-python PATH] [SET...]

DIR holds a folder for each set, with ``records.ris`` or ``records.ris.gz`` (the record's id in the tag ID) and ``gold.csv``
(``record_id,cluster_id``). The peer runs where --peer-python names an interpreter that has it
(``pip install bib-dedupe==0.11.0``). Seconds are processor time of deduplication alone, in a process of its own; the
reading of exports is not in them. Each set has a row for either value of dedup.versions: link, the default, and merge.
MB is the greatest memory of that process, its records included. Of the FN: how many
prismake names as linked (a version, an erratum, a meeting's abstract), and how many wait for a person in review.csv.
"""

import argparse
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "workflow" / "scripts"))

from evaluate import Counts, evaluate, read_gold, shown  # noqa: E402
from memory import peak  # noqa: E402
from prismake.config import Dedup  # noqa: E402
from prismake.dedup.files import read_files  # noqa: E402
from prismake.dedup.run import find_duplicates  # noqa: E402
from prismake.tables import ENTRIES, read_parquet, write_parquet  # noqa: E402

OURS = {"link": "prismake", "merge": "versions merged"}
PEER = "bib-dedupe 0.11.0"
TITLE = (
    f"{'set':20} {'records':>8}  {'':17} {'F1':>7} {'FP':>4} {'FN':>5} {'CPU s':>8} {'MB':>6} {'ratio':>6}  of the FN"
)


class Outcome(NamedTuple):
    """What one program made of one set."""

    counts: Counts
    seconds: float
    megabytes: float
    told: str = ""


def main(arguments: list[str]) -> int:
    """Print the table; 2 when there is nothing to run on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", help=f"interpreter of an environment with {PEER}")
    parser.add_argument("--measure", nargs=3, metavar=("RECORDS", "CLUSTERS", "VERSIONS"), help=argparse.SUPPRESS)
    parser.add_argument("sets", nargs="*", help="names of sets; all by default")
    asked = parser.parse_args(arguments)
    if asked.measure:
        return measure(*asked.measure)
    folder = os.environ.get("PRISMAKE_DEDUP_SETS", "")
    sets = [path.parent for path in sorted(Path(folder).glob("*/gold.csv")) if folder]
    sets = [path for path in sets if not asked.sets or path.name in asked.sets]
    if not sets:
        print(
            f"no labelled set: PRISMAKE_DEDUP_SETS is '{folder}'; it names a folder with SET/gold.csv", file=sys.stderr
        )
        return 2
    if not asked.peer_python:
        print(f"{PEER} is left out: name an interpreter that has it with --peer-python")
    print(TITLE)
    pooled: dict[str, Counts] = {}
    for path in sets:
        for name, counts in compare(path, asked.peer_python):
            pooled[name] = pooled.get(name, Counts(0, 0, 0)) + counts
    for name, counts in pooled.items():
        print(f"{'all':20} {'':8}  {name:17} {counts.f1:7.5f} {counts.fp:4} {counts.fn:5}")
    return 0


def compare(path: Path, peer_python: str | None) -> list[tuple[str, Counts]]:
    """Run both programs on one set, prismake by either setting, and print a row for each."""
    gold = read_gold(path / "gold.csv")
    with tempfile.TemporaryDirectory() as scratch:
        entries, ids = records(path, Path(scratch))
        outcomes = {name: ours(entries, ids, gold, Path(scratch), versions) for versions, name in OURS.items()}
        if peer_python:
            outcomes[PEER] = peers(peer_python, entries, ids, gold, Path(scratch))
    for name, (counts, seconds, megabytes, told) in outcomes.items():
        ratio = f"{seconds / outcomes[OURS['link']].seconds:6.1f}"
        figures = f"{counts.f1:7.5f} {counts.fp:4} {counts.fn:5} {seconds:8.2f} {megabytes:6.0f} {ratio}  {told}"
        print(f"{path.name:20} {len(gold):8}  {name:17} {figures.rstrip()}", flush=True)
    return [(name, outcome.counts) for name, outcome in outcomes.items()]


def records(path: Path, scratch: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The records of a set, as the search stage reads them, and the id that the labels use for each."""
    plain = path / "records.ris"
    if not plain.exists():
        packed = path / "records.ris.gz"
        plain = scratch / f"{path.name}.ris"
        plain.write_bytes(gzip.decompress(packed.read_bytes()))
    entries, _, ids = read_files([str(plain)])
    return entries, ids


def ours(
    entries: list[dict[str, Any]], ids: dict[str, str], gold: dict[str, str], scratch: Path, versions: str = "link"
) -> Outcome:
    """Deduplicate in a process of its own, from and to files as the workflow does."""
    given, made = scratch / "records.parquet", scratch / "clusters.json"
    write_parquet(given, ENTRIES, entries)
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", str(given), str(made), versions]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    said = json.loads(made.read_text())
    predicted = {ids[record]: report for record, report in said["clusters"].items()}
    pairs = {name: [(ids[one], ids[two]) for one, two in said[name]] for name in ("links", "review")}
    found = outcome(gold, predicted, done.stdout)
    linked = shown(gold, predicted, pairs["links"])
    either = shown(gold, predicted, pairs["links"] + pairs["review"])
    return found._replace(told=f"{linked} linked, {either - linked} for a person" if found.counts.fn else "")


def measure(given: str, made: str, versions: str) -> int:
    """The child process of `ours`."""
    entries = read_parquet(given)
    settings = Dedup(versions=versions)
    started = time.process_time()
    found = find_duplicates(entries, settings, {entries[0]["source"]: "database"}, [], {})
    seconds = time.process_time() - started
    pairs = {
        name: [(row["record_id_1"], row["record_id_2"]) for row in rows]
        for name, rows in (("links", found.links), ("review", found.review))
    }
    clusters = {row["record_id"]: row["report_id"] for row in found.clusters}
    Path(made).write_text(json.dumps({"clusters": clusters, **pairs}))
    print(seconds, peak())
    return 0


def peers(
    python: str, entries: list[dict[str, Any]], ids: dict[str, str], gold: dict[str, str], scratch: Path
) -> Outcome:
    """Let bib-dedupe find the duplicates among the same records."""
    given, made = scratch / "records.csv", scratch / "clusters.csv"
    same = {"title": "title", "year": "year", "journal": "journal", "volume": "volume", "number": "issue"}
    same |= {"pages": "pages", "doi": "doi", "abstract": "abstract"}
    with given.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["ID", "ENTRYTYPE", "author", *same])
        for entry in entries:
            values = ["" if entry[field] is None else entry[field] for field in same.values()]
            writer.writerow([ids[entry["record_id"]], "article", "; ".join(entry["authors"]), *values])
    command = [python, str(HERE / "peer_bib_dedupe.py"), str(given), str(made)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return outcome(gold, read_gold(made), done.stdout)


def outcome(gold: dict[str, str], predicted: dict[str, str], printed: str) -> Outcome:
    """Counts, and the seconds and kilobytes that a child printed last."""
    seconds, kilobytes = map(float, printed.split()[-2:])
    return Outcome(evaluate(gold, predicted), seconds, kilobytes / 1024)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
