"""The command that says what an import costs."""

import gzip
import subprocess
import sys
from pathlib import Path

from search_cases import EXAMPLES

COMMAND = Path(__file__).resolve().parents[2] / "benchmarks/search.py"


def test_the_cost_of_an_import_is_printed_by_stage(tmp_path: Path) -> None:
    (tmp_path / "records.ris.gz").write_bytes(gzip.compress(EXAMPLES["ris"].encode()))
    done = subprocess.run(
        [sys.executable, COMMAND, tmp_path / "records.ris.gz"], capture_output=True, text=True, check=True
    )
    assert "4 parsed, 0 rejected; ris, utf-8" in done.stdout
    assert [line[:34].strip() for line in done.stdout.splitlines()[2:]] == [
        "the whole import",
        "bytes to lines",
        "which formats",
        "lines to entries (rispy for RIS)",
        "fields of each entry",
        "content hash of each entry",
    ]
    missing = subprocess.run([sys.executable, COMMAND, tmp_path / "none.ris"], capture_output=True, text=True)
    assert (missing.returncode, missing.stderr) == (2, f"no file {tmp_path / 'none.ris'}\n")
