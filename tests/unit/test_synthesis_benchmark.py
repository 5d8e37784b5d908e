"""The command that says what the synthesis engine costs."""

import os
import re
import subprocess
import sys
from pathlib import Path

COMMAND = Path(__file__).resolve().parents[2] / "benchmarks/synthesis.py"


def test_without_r_the_peer_is_left_out_with_a_line(tmp_path: Path) -> None:
    words = [sys.executable, COMMAND, "--fits", "8", "--studies", "5", "fits", "first"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ | {"PATH": str(tmp_path)})
    ours, peer, first = done.stdout.splitlines()
    assert re.fullmatch(r"8 fits of 5 studies: prismake \d+\.\d\d CPU s", ours)
    assert peer == "metafor is left out: there is no Rscript on PATH"
    assert re.match(r"first fit: \d+\.\d\d CPU s", first)


def test_pooling_needs_no_part_of_scipy() -> None:
    """It takes longer to load than everything else that a first fit takes."""
    code = (
        "import sys; from prismake.synthesis.model import fit; fit([0.1, 0.2], [0.1, 0.1], interval='HKSJ'); "
        "import prismake.synthesis.effects; print([name for name in sys.modules if name.split('.')[0] == 'scipy'])"
    )
    environment = os.environ | {"PYTHONPATH": str(COMMAND.parents[1] / "workflow/scripts")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "[]\n"
