"""What the import of an export costs, and where its time goes.

    .venv/bin/python benchmarks/search.py FILE...

FILE is an export of any format, gzipped where it ends in .gz. Seconds are processor time; MB is the greatest memory of a
process that imports the file and does nothing else. The stages are timed in a process of their own: they do not add up to
the whole exactly.
"""

import argparse
import datetime
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow" / "scripts"))

from prismake import text
from prismake.config import SearchRun
from prismake.search import formats
from prismake.search.collect import save
from prismake.search.read import read_export

ACCEPTED = 1_000_000
"""Rejects do not stop a measurement."""


def main(arguments: list[str]) -> int:
    """Print a table for each file; 2 when there is no such file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--stages", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    asked = parser.parse_args(arguments)
    for path in asked.files:
        if not path.is_file():
            print(f"no file {path}", file=sys.stderr)
            return 2
        if asked.whole:
            whole(path)
        elif asked.stages:
            stages(path)
        else:
            measure(path)
    return 0


def measure(path: Path) -> None:
    """Measure one file, unpacked, in two processes."""
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / path.name.removesuffix(".gz")
        plain.write_bytes(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
        print(f"{path.name}, {plain.stat().st_size / 1e6:.1f} MB")
        for what in ("--whole", "--stages"):
            subprocess.run([sys.executable, __file__, what, str(plain)], check=True)


def search_run(path: Path) -> SearchRun:
    """The run of a search that gave the file."""
    return SearchRun(date=datetime.date(2025, 1, 1), file=path.name, rejects=ACCEPTED)


def whole(path: Path) -> None:
    """Import a file as the workflow does, and print what it took."""
    begun = time.process_time()
    export = read_export("source", search_run(path), path.parent)
    save(export, *(f"{path}.{table}" for table in ("entries", "rejects", "account")))
    seconds, peak = time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = export.account
    print(f"{said['parsed']:,} parsed, {said['rejected']:,} rejected; {said['format']}, {said['encoding']}")
    print(f"{'the whole import':34} {seconds:7.2f} CPU s {peak:7.0f} MB")


def stages(path: Path) -> None:
    """Run the stages of an import one after the other, and print the time of each."""
    run = search_run(path)
    rows, _ = timed("bytes to lines", lambda: formats.rows_of(path.read_bytes(), run))
    kinds = timed("which formats", lambda: formats.detect(rows, run))
    blocks, _ = timed("lines to entries (rispy for RIS)", lambda: formats.split(rows, kinds, {}))
    known = [(formats.FORMATS[kind], block) for kind, block in blocks if not block.fault]
    timed("fields of each entry", lambda: [reader.fields(block) for reader, block in known])
    timed("content hash of each entry", lambda: [text.content_key(*reader.identity(block)) for reader, block in known])


def timed(name: str, stage: Callable[[], Any]) -> Any:
    """Do a stage and print its time."""
    begun = time.process_time()
    result = stage()
    print(f"  {name:32} {time.process_time() - begun:7.2f}")
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
