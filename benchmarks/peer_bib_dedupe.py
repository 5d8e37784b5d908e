"""Run bib-dedupe on a table of records, in an environment of its own: peer_bib_dedupe.py RECORDS.csv CLUSTERS.csv."""

import csv
import resource
import sys
from pathlib import Path

import pandas as pd
from bib_dedupe.bib_dedupe import block, cluster, match, prep
from memory import peak


def cpu() -> float:
    """Seconds of processor time, those of finished worker processes among them."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(records: str, clusters: str) -> None:
    """Read records, find duplicates as its defaults do, write ``record_id,cluster_id`` and print seconds and kilobytes."""
    table = pd.read_csv(records, dtype=str, keep_default_na=False)
    started = cpu()
    groups = cluster(match(block(prep(table))))
    seconds = cpu() - started
    with Path(clusters).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["record_id", "cluster_id"])
        writer.writerows([record, number] for number, group in enumerate(groups) for record in group)
    print(seconds, peak(), file=sys.__stdout__)


if __name__ == "__main__":
    main(*sys.argv[1:])
