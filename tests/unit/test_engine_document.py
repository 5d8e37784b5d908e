"""The page on the engine as a library is run as it stands, and its numbers are those it prints and metafor's."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_prints_what_it_says_and_metafor_says_the_same() -> None:
    page = (ROOT / "docs/engine.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow/scripts"), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    printed = dict(line.split(": ") for line in done.stdout.splitlines())
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")
    ]
    shown = {name: (ours, theirs) for name, ours, theirs in rows[1:]}
    assert list(shown) == list(printed)
    for name, values in printed.items():
        ours, theirs = ([float(value) for value in cell.split()] for cell in shown[name])
        assert [float(value) for value in values.split()] == pytest.approx(ours, rel=1e-7), name
        assert ours == pytest.approx(theirs, rel=1e-7), name
