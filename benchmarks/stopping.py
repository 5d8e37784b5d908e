"""What stopping rules reach on simulated screening, and whether the hypergeometric test is buscarpy's.

    benchmarks/stopping.py [--runs N] [--cores N] [--peer-python PATH] SET...

A SET is a folder with ``records.ris`` (or ``records.ris.gz``) and ``labels.csv``, as ``./prismake simulate`` takes it. Each
rule is tried on every simulated order: how many runs reach the recall that the rule aims at (95 % where it aims at none), the
mean and the lowest recall, and the share left unread. Where a rule makes a claim, p is that of so few runs or fewer reaching
it, if 95 % did (one-sided binomial test): below 0.01 the claim does not hold.

With --peer-python, an interpreter that has buscarpy 0.0.2, both compute the test on label sequences of many lengths.
"""

import argparse
import csv
import json
import math
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow" / "scripts"))

from prismake.screening.simulate import main as simulate
from prismake.screening.stopping import recall_test

AIMS = {"95 %": 0.95, "90 %": 0.90}
PEER = """
import json, sys
from buscarpy import calculate_h0
print(json.dumps([float(calculate_h0(labels, total, recall)) for labels, total, recall in json.load(sys.stdin)]))
"""


def main(arguments: Sequence[str]) -> int:
    """Entry of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--runs", type=int, default=350)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--peer-python", metavar="PATH")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        fault = simulate([*asked.sets, "--runs", str(asked.runs), "--cores", str(asked.cores), "--out", name])
        if fault:
            return fault
        with (Path(name) / "stops.csv").open(encoding="utf-8", newline="") as handle:
            report(list(csv.DictReader(handle)))
    print(agreement(asked.peer_python) if asked.peer_python else "buscarpy is left out: name it with --peer-python")
    return 0


def report(rows: list[dict[str, str]]) -> None:
    """Print a line for each rule."""
    by_rule = defaultdict(list)
    for row in rows:
        by_rule[row["rule"]].append(row)
    print(f"{'rule':58} {'runs':>5} {'reach':>6} {'share':>6} {'p':>6} {'recall':>6} {'lowest':>6} {'unread':>6}")
    for rule, runs in by_rule.items():
        aim = next((share for words, share in AIMS.items() if f"recall of {words}" in rule), None)
        recalls = [float(row["recall"]) for row in runs]
        reached = sum(recall >= (aim or 0.95) for recall in recalls)
        p = f"{so_few(reached, len(runs), 0.95):.3f}" if aim else "-"
        print(
            f"{rule:58} {len(runs):5} {reached:6} {reached / len(runs):6.3f} {p:>6} {fmean(recalls):6.3f} {min(recalls):6.3f} "
            f"{fmean(float(row['saved']) for row in runs):6.3f}"
        )


def so_few(reached: int, runs: int, share: float) -> float:
    """P(X <= reached) for X of `runs` trials that succeed with probability `share`."""
    logs = [
        math.lgamma(runs + 1) - math.lgamma(i + 1) - math.lgamma(runs - i + 1)
        + i * math.log(share) + (runs - i) * math.log1p(-share)
        for i in range(reached + 1)
    ]  # fmt: skip
    return min(1.0, math.fsum(map(math.exp, logs)))


def agreement(peer: str) -> str:
    """The largest difference between both programs' p values."""
    draw = np.random.default_rng(1)
    cases = []
    for _ in range(300):
        total = int(draw.integers(20, 3000))
        read = int(draw.integers(1, total))
        rarer = draw.uniform(0, 0.8) / (1 + np.arange(read) * draw.uniform(1, 30) / read)
        cases.append(
            ((draw.random(read) < rarer).astype(int).tolist(), total, float(draw.choice([0.8, 0.9, 0.95, 0.99])))
        )
    done = subprocess.run([peer, "-c", PEER], input=json.dumps(cases), capture_output=True, text=True, check=True)
    theirs = np.array(json.loads(done.stdout))
    ours = np.array([recall_test(*case) for case in cases])
    known = np.isfinite(theirs)
    return (
        f"buscarpy 0.0.2: {known.sum()} of {len(cases)} p values compared, largest difference "
        f"{np.abs(ours - theirs)[known].max():.1e}; the others are no number there and {ours[~known].max(initial=0.0):g} here"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
