"""What the synthesis engine costs, beside metafor where R has it.

    .venv/bin/python benchmarks/synthesis.py [--fits 1000] [--studies 30] [fits] [first] [jobs]

Three figures, or those asked for, each of processor time in processes of their own, on one thread:

- fits: REML with Hartung-Knapp intervals of the same random sets of studies, by `prismake.synthesis.model.fit` and by
  metafor's ``rma(method="REML", test="knha")``; reading the sets and loading the libraries are not in it. metafor warns
  or gives up where its scoring does not converge; these fits are counted.
- first: a fresh Python that loads the engine and fits three studies, interpreter included.
- jobs: what the two jobs of an outcome cost in the workflow, one that pools it and one that draws it, interpreter, tables
  and figures included: of each outcome of the review in this clone, and of as many made-up trials as ``--studies`` says,
  with names of ordinary length; it needs ``./prismake extraction`` to have been run.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(SCRIPTS),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
FIGURES = ("fits", "first", "jobs")
FIRST_FIT = "from prismake.synthesis.model import fit; fit([0.1, 0.2, 0.5], [0.1, 0.1, 0.1], interval='HKSJ')"
JOB = """
import sys
from pathlib import Path
from prismake.configfile import load
rows, key, out, what = sys.argv[1:]
review = load(Path("config.yaml"))
outcome, settings, out = review.outcomes[key], review.synthesis, Path(out)
if what == "pooled":
    from prismake.synthesis.run import synthesise
    from prismake.tables import read_parquet
    synthesise(read_parquet(rows), outcome, settings, review.subgroups, review.moderators, out)
else:
    from prismake.synthesis.draw import draw
    comparison = review.comparisons[outcome.comparison]
    draw(out / "synthesis.json", outcome, comparison, settings, review.moderators, out)
"""
PEER = """
suppressMessages(library(metafor))
sets <- read.csv(commandArgs(TRUE)[1])
sets <- split(sets, sets$set)
failed <- 0
seconds <- system.time(for (one in sets) {
  tryCatch(rma(yi, vi, data = one, method = "REML", test = "knha"), error = function(e) failed <<- failed + 1)
})
cat(seconds[["user.self"]] + seconds[["sys.self"]], failed, as.character(packageVersion("metafor")), "\\n")
"""


def main(arguments: list[str]) -> int:
    """Print the three figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fits", type=int, default=1000)
    parser.add_argument("--studies", type=int, default=30)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help="fits, first, jobs; all by default")
    parser.add_argument("--measure", metavar="SETS", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if unknown := set(asked.figures) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    if asked.measure:
        return measure(Path(asked.measure))
    with tempfile.TemporaryDirectory() as scratch:
        if "fits" in (asked.figures or FIGURES):
            fits(asked.fits, asked.studies, Path(scratch))
        if "first" in (asked.figures or FIGURES):
            first_fit()
        if "jobs" in (asked.figures or FIGURES):
            jobs(Path(scratch), asked.studies)
    return 0


def fits(count: int, studies: int, scratch: Path) -> None:
    """Time both engines on the same sets."""
    sets = scratch / "sets.csv"
    write_sets(sets, count, studies)
    ours = float(told([sys.executable, str(Path(__file__).resolve()), "--measure", str(sets)])[0])
    print(f"{count} fits of {studies} studies: prismake {ours:.2f} CPU s")
    peer = scratch / "peer.R"
    peer.write_text(PEER)
    if not shutil.which("Rscript"):
        print("metafor is left out: there is no Rscript on PATH")
        return
    try:
        theirs, failed, version = told(["Rscript", str(peer), str(sets)])
    except subprocess.CalledProcessError as fault:
        print(f"metafor is left out: R says {fault.stderr.strip().splitlines()[-1]}")
        return
    print(f"{count} fits of {studies} studies: metafor {version} {float(theirs):.2f} CPU s, {failed} did not converge")
    print(f"ratio: prismake needs {ours / float(theirs):.2f} of metafor's processor time")


def write_sets(path: Path, count: int, studies: int) -> None:
    """Random sets, a quarter of them without heterogeneity."""
    import numpy as np

    draw = np.random.default_rng(20261121)
    with path.open("w", encoding="utf-8") as handle:
        handle.write("set,yi,vi\n")
        for number in range(count):
            vi = draw.uniform(0.02, 0.4, studies)
            yi = draw.normal(0.3, np.sqrt(vi + (0.0, 0.02, 0.1, 0.5)[number % 4]))
            handle.writelines(f"{number},{y!r},{v!r}\n" for y, v in zip(yi.tolist(), vi.tolist(), strict=True))


def measure(path: Path) -> int:
    """The child process of `fits`."""
    sys.path.insert(0, str(SCRIPTS))
    import numpy as np
    from prismake.synthesis.model import fit

    table = np.loadtxt(path, delimiter=",", skiprows=1)
    sets = [table[table[:, 0] == number] for number in np.unique(table[:, 0])]
    started = time.process_time()
    for one in sets:
        fit(one[:, 1], one[:, 2], interval="HKSJ")
    print(time.process_time() - started)
    return 0


def first_fit() -> None:
    """Time a fresh process; the least of five, since the first also reads files into memory."""
    seconds = min(spent(lambda: told([sys.executable, "-c", FIRST_FIT])) for _ in range(5))
    print(f"first fit: {seconds:.2f} CPU s in a fresh process, interpreter included")


def jobs(scratch: Path, count: int) -> None:
    """Time the two jobs of each outcome of the review, and of as many trials that are made up."""
    made = sorted((ROOT / "results/extraction/rows").glob("*.parquet"))
    if not made:
        print("job: left out, the review of this clone has no results; run ./prismake extraction")
        return
    for rows in made:
        job(rows.stem, rows, rows.stem, scratch / rows.stem)
    if key := next((rows.stem for rows in made if can_be_made_up(rows)), None):
        trials = scratch / "trials.parquet"
        make_trials(ROOT / f"results/extraction/rows/{key}.parquet", trials, count)
        job(f"{key} of {count} made-up trials", trials, key, scratch / "made")
    else:
        print("job of made-up trials: left out, no outcome of the review pools events")


def job(what: str, rows: Path, key: str, out: Path) -> None:
    """Time the two jobs of one outcome; the least of two runs."""
    out.mkdir()
    seconds = []
    for part in ("pooled", "drawn"):
        command = [sys.executable, "-c", JOB, str(rows), key, str(out), part]
        seconds.append(min(spent(lambda command=command: told(command)) for _ in range(2)))
    studies = len(json.loads((out / "synthesis.json").read_text(encoding="utf-8"))["studies"])
    files = len(list(out.iterdir()))
    print(f"job {what}: pooled {seconds[0]:.2f}, drawn {seconds[1]:.2f} CPU s, {studies} studies, {files} files")


def can_be_made_up(rows: Path) -> bool:
    """Whether an outcome pools events of two arms, of which a trial can be copied."""
    import pyarrow.parquet as parquet

    return any(row["use"] == "main" and row["events_1"] is not None for row in parquet.read_table(rows).to_pylist())


def make_trials(like: Path, path: Path, count: int) -> None:
    """Rows of so many trials with events by chance, in three groups, with random moderators; the rest is a trial's own."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as parquet

    draw = np.random.default_rng(20261121)
    table = parquet.read_table(like)
    pattern = next(row for row in table.to_pylist() if row["use"] == "main" and row["events_1"] is not None)
    trials = []
    for number in range(count):
        n = draw.integers(15, 150, 2)
        events = draw.binomial(n, np.clip(draw.normal((0.45, 0.3), 0.1), 0.02, 0.95))
        trial = dict(
            pattern, study_id=f"s{number}", result_id=f"s{number}", label=f"Investigator {number + 1} {1990 + number}"
        )
        trial |= {f"{name}_{arm + 1}": int(of[arm]) for name, of in (("n", n), ("events", events)) for arm in (0, 1)}
        for field in table.schema:
            if field.name.startswith("group_"):
                trial[field.name] = ("one", "two", "three")[number % 3]
            elif field.name.startswith("moderator_"):
                trial[field.name] = f"kind {number % 2}" if pa.types.is_string(field.type) else float(draw.normal())
        trials.append(trial | {"order": 1990.0 + number})
    parquet.write_table(pa.Table.from_pylist(trials, schema=table.schema), path)


def spent(run: Callable[[], object]) -> float:
    """Processor seconds of the children that `run` starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def told(command: Sequence[str]) -> list[str]:
    """The words that a command prints last."""
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT, cwd=ROOT)
    return done.stdout.split("\n")[-2].split() if done.stdout else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
