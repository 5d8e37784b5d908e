"""How the cost of deduplication grows: scale.py [COUNT...] on generated records (10,000, 100,000 and 1,000,000).

Seconds and MB are those of the deduplication, in a process of its own, as benchmarks/dedup.py measures them.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from dedup import ours
from generate import records

SIZES = (10_000, 100_000, 1_000_000)
TITLE = f"{'records':>9} {'F1':>8} {'FP':>5} {'FN':>6} {'CPU s':>8} {'MB':>7} {'us a record':>12}"


def main(arguments: list[str]) -> int:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", type=int, nargs="*", metavar="COUNT", default=SIZES)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    print(TITLE)
    for count in asked.counts:
        entries, documents = records(count, asked.seed)
        ids = {entry["record_id"]: entry["record_id"] for entry in entries}
        gold = {entry["record_id"]: str(document) for entry, document in zip(entries, documents, strict=True)}
        with tempfile.TemporaryDirectory() as scratch:
            counts, seconds, megabytes, _ = ours(entries, ids, gold, Path(scratch))
        each = 1e6 * seconds / count
        print(
            f"{count:9,} {counts.f1:8.5f} {counts.fp:5} {counts.fn:6} {seconds:8.1f} {megabytes:7.0f} {each:12.0f}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
