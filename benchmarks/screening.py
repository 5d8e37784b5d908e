"""How soon simulated screening finds what is relevant, and at what cost, beside ASReview 3.0.8.

    benchmarks/screening.py [--sets DIR] [--peer PATH/bin/asreview] [--runs N] [--large N] [SET...]

DIR (or PRISMAKE_SCREENING_SETS) holds a folder for each set, with ``records.ris`` or ``records.ris.gz`` (the record's id in
the tag ID) and ``labels.csv`` (``record_id,included``). The peer runs where --peer names its program, of an environment made by
``pip install asreview==3.0.8``; it ranks by its default, elas_u4.

Both begin each run at the same two records, one relevant and one irrelevant, drawn by the seed, and read until the last relevant
record is found. Means over the runs; prior knowledge is left out. CPU s a run: processor time of whole processes, start-up
included: one process for all runs of a set with prismake, one for each run with ASReview, as each is used; 'alone' is a process
of prismake that does a single run. MB is the greatest memory of a process. A set on which prismake is behind says in what.
"""

import argparse
import csv
import gzip
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from memory import peak  # noqa: E402
from prismake.dedup.files import read_files  # noqa: E402
from prismake.screening.labelled import LabelledSet  # noqa: E402
from prismake.screening.labelled_files import read_set  # noqa: E402
from prismake.screening.metrics import metrics  # noqa: E402
from prismake.screening.simulation import draw_prior  # noqa: E402

PEER = "ASReview 3.0.8"
FIGURES = ("wss_95", "n_95", "n_100", "atd")
HIGHER_IS_BETTER = ("wss_95",)
HEADER = f"{'set':26} {'records':>7} {'rel.':>5}  {'':14} {'WSS@95':>6} {'n95':>6} {'n100':>6} {'ATD':>6} {'CPU s':>6} {'MB':>5}"


class Outcome(NamedTuple):
    """What one program made of one set: means over its runs, processor seconds a run, and megabytes."""

    wss_95: float
    n_95: float
    n_100: float
    atd: float
    seconds: float
    megabytes: float


def main(arguments: Sequence[str]) -> int:
    """Print the table; 2 when there is nothing to run on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=os.environ.get("PRISMAKE_SCREENING_SETS", ""), metavar="DIR")
    parser.add_argument(
        "--peer", type=os.path.abspath, metavar="PROGRAM", help=f"the program asreview of an environment with {PEER}"
    )
    parser.add_argument("--runs", type=int, default=5, help="runs on each set, with the seeds 1, 2, ...")
    parser.add_argument(
        "--large", type=int, default=100_000, help="records of the measure of one ranking; 0 leaves it out"
    )
    parser.add_argument("--rank", nargs=2, metavar=("FOLDER", "N"), help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="SET", help="names of sets; all by default")
    asked = parser.parse_args(arguments)
    if asked.rank:
        return rank_large(Path(asked.rank[0]), int(asked.rank[1]))
    sets = [path.parent for path in sorted(Path(asked.sets).glob("*/labels.csv")) if asked.sets]
    sets = [path for path in sets if not asked.names or path.name in asked.names]
    if not sets:
        print(f"no labelled set: --sets is '{asked.sets}'; it names a folder with SET/labels.csv", file=sys.stderr)
        return 2
    if not asked.peer:
        print(f"{PEER} is left out: name its program with --peer")
    print(HEADER)
    seeds = range(1, asked.runs + 1)
    compared = [compare(path, seeds, asked.peer) for path in sets]
    summarise(compared)
    if asked.large:
        print(large(asked.large))
    return 0


def compare(path: Path, seeds: Sequence[int], peer: str | None) -> dict[str, Outcome]:
    """Run both programs on one set and print a row for each."""
    records = next(path / name for name in ("records.ris.gz", "records.ris") if (path / name).is_file())
    held = read_set(records, path / "labels.csv", path.name)
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = {
            "prismake": ours(path, seeds, Path(scratch)),
            "prismake, alone": alone(path, records, Path(scratch)),
        }
        if peer:
            outcomes[PEER] = peers(peer, records, held, seeds, Path(scratch))
    for name, outcome in outcomes.items():
        if name != "prismake, alone":
            print(row(path.name, held, name, outcome), flush=True)
    if peer:
        behind = [
            figure
            for figure in FIGURES
            if (getattr(outcomes["prismake"], figure) > getattr(outcomes[PEER], figure)) != (figure in HIGHER_IS_BETTER)
            and getattr(outcomes["prismake"], figure) != getattr(outcomes[PEER], figure)
        ]
        if behind:
            print(f"{'':26} prismake is behind in {', '.join(behind)}")
    return outcomes


def row(name: str, held: LabelledSet, program: str, outcome: Outcome) -> str:
    """A line of the table."""
    figures = f"{outcome.wss_95:6.3f} {outcome.n_95:6.0f} {outcome.n_100:6.0f} {outcome.atd:6.4f}"
    sizes = f"{len(held.ids):7} {sum(held.labels):5}"
    return f"{name:26} {sizes}  {program:14} {figures} {outcome.seconds:6.2f} {outcome.megabytes:5.0f}"


def summarise(compared: Sequence[dict[str, Outcome]]) -> None:
    """Means over all sets, and the ratios of the two programs."""
    means = {
        name: Outcome(*(fmean(values) for values in zip(*(outcomes[name] for outcomes in compared), strict=True)))
        for name in compared[0]
    }
    mine, single = means["prismake"], means["prismake, alone"]
    lines = [("prismake", mine), *((name, means[name]) for name in means if name == PEER)]
    for name, mean in lines:
        figures = f"{mean.wss_95:6.3f} {mean.n_95:6.0f} {mean.n_100:6.0f} {mean.atd:6.4f} {mean.seconds:6.2f}"
        print(f"{'mean':26} {'':13}  {name:14} {figures}")
    if PEER in means:
        peer = means[PEER]
        print(
            f"prismake to {PEER}: n95 {mine.n_95 / peer.n_95:.3f}, n100 {mine.n_100 / peer.n_100:.3f}, "
            f"ATD {mine.atd / peer.atd:.3f}, CPU {mine.seconds / peer.seconds:.3f} "
            f"(1/{peer.seconds / mine.seconds:.0f}), CPU of a run alone {single.seconds / peer.seconds:.3f}"
        )


def ours(path: Path, seeds: Sequence[int], scratch: Path) -> Outcome:
    """All runs on a set by one process."""
    out = scratch / "ours"
    words = [str(path), "--runs", str(len(seeds)), "--seed", str(seeds[0]), "--cores", "1", "--out", str(out)]
    seconds, megabytes = spent([sys.executable, "-m", "prismake.screening.simulate", *words])
    with (out / "metrics.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    figures = (fmean(float(one[figure]) for one in rows) for figure in FIGURES)
    return Outcome(*figures, seconds / len(seeds), megabytes)


def alone(path: Path, records: Path, scratch: Path) -> Outcome:
    """One run by a process of its own."""
    held = read_set(records, path / "labels.csv", path.name)
    prior = ",".join(held.ids[row] for row in draw_prior(held.labels, 1))
    files = ["--records", str(records), "--labels", str(path / "labels.csv")]
    words = [*files, "--prior", prior, "--seed", "1", "--out", str(scratch / "alone")]
    seconds, megabytes = spent([sys.executable, "-m", "prismake.screening.simulate", *words])
    return Outcome(0, 0, 0, 0, seconds, megabytes)


def peers(program: str, records: Path, held: LabelledSet, seeds: Sequence[int], scratch: Path) -> Outcome:
    """The same runs by ASReview, each by a process, from the same texts in the order of the export."""
    given = scratch / "records.csv"
    places = write_table(given, records, held)
    found, seconds, megabytes = [], [], []
    for seed in seeds:
        made = scratch / f"{seed}.asreview"
        prior = [str(places[held.ids[row]]) for row in draw_prior(held.labels, seed)]
        command = [program, "simulate", str(given), "--prior-idx", *prior, "--seed", str(seed), "-o", str(made)]
        cost, size = spent(command, scratch)  # it leaves a cache where it runs
        labels = [bool(label) for label in read_project(made)]
        unread = len(held.ids) - 2 - len(labels)
        found.append(metrics([*labels, *[False] * unread]))
        seconds.append(cost)
        megabytes.append(size)
    return Outcome(
        *(fmean(getattr(one, figure) for one in found) for figure in FIGURES), fmean(seconds), max(megabytes)
    )


def write_table(path: Path, records: Path, held: LabelledSet) -> dict[str, int]:
    """Titles, abstracts and labels as ASReview reads them; returns the row of each record id."""
    plain = path.with_name("records.ris")
    packed = records.read_bytes()
    plain.write_bytes(gzip.decompress(packed) if records.suffix == ".gz" else packed)
    entries, _, ids = read_files([str(plain)])
    labels = dict(zip(held.ids, held.labels, strict=True))
    places = {}
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["title", "abstract", "keywords", "included"])
        for place, entry in enumerate(entries):
            own = ids[entry["record_id"]] or entry["record_id"]
            places[own] = place
            keywords = "; ".join(entry["keywords"])
            writer.writerow([entry["title"], entry["abstract"], keywords, int(labels[own])])
    return places


def read_project(path: Path) -> Iterator[int]:
    """The labels of an ASReview project in the order of reading, prior knowledge left out."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as project:
        name = next(one for one in project.namelist() if Path(one).name.startswith("results"))
        database = sqlite3.connect(project.extract(name, folder))
        rows = database.execute("select label from results where training_set is not null order by rowid").fetchall()
        database.close()
    yield from (label for (label,) in rows)


def spent(command: Sequence[str], folder: Path | None = None) -> tuple[float, float]:
    """Run a program in one thread, in a folder; processor seconds and megabytes of it."""
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = os.environ | threads | {"PYTHONPATH": str(SCRIPTS)}
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=pipe, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\n{said}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def large(count: int) -> str:
    """What one ranking of so many unread generated records costs after a batch, their features being there."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(Path(__file__).resolve()), "--rank", folder, str(count)]
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        first, again = (
            json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
            for _ in range(2)
        )
    return (
        f"ranking {count:,} unread records after a batch: {again['seconds']:.1f} CPU s, {again['megabytes']:.0f} MB "
        f"(the first time, with features to make: {first['seconds']:.1f} CPU s, {first['megabytes']:.0f} MB)"
    )


def made_reports(count: int) -> list[dict[str, Any]]:
    """Reports of 15 words in the title and 200 in the abstract, invented words by Zipf's law (rank times frequency is
    constant)."""
    draw = np.random.default_rng(1)
    syllables = [consonant + vowel for consonant in "bcdfghjklmnprstvz" for vowel in "aeiou"]
    words = ["".join(syllables[one] for one in draw.integers(0, 85, 2 + n % 4)) for n in range(80_000)]
    shares = np.cumsum(1 / np.arange(1, len(words) + 1))
    reports = []
    for number in range(count):
        chosen = [words[one] for one in np.searchsorted(shares, draw.random(215) * shares[-1])]
        reports.append(
            {
                "report_id": f"R{number:07}",
                "record_ids": [f"made:{number}"],
                "title": " ".join(chosen[:15]),
                "title_other": "",
                "abstract": " ".join(chosen[15:]),
                "keywords": [],
                "authors": [],
                "year": 2020,
                "journal": "",
            }
        )
    return reports


def rank_large(folder: Path, count: int) -> int:
    """The child process of `large`: ranks generated reports of which 500 have been read."""
    from prismake.config import Ranking
    from prismake.screening.ranking import rank

    reports = made_reports(count + 500)
    standing = [
        {
            "report_id": report["report_id"],
            "stage": "title_abstract",
            "state": "to_do" if n >= 500 else "include" if n % 20 == 0 else "exclude",
        }
        for n, report in enumerate(reports)
    ]
    before = resource.getrusage(resource.RUSAGE_SELF)
    rank(reports, standing, "", Ranking(), store=folder)
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"seconds": seconds, "megabytes": peak() / 1024}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
