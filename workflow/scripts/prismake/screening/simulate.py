"""``prismake simulate``: screening done again on sets of records whose labels are known, without a review around them."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..config import Ranking
from ..problems import InputError, Problem, show
from ..tables import write_csv
from .features import featurise
from .labelled import LabelledSet
from .labelled_files import read_set
from .metrics import Metrics, metrics
from .rankers import RANKERS
from .simulation import ORDER, Run, draw_prior, order_rows, simulate

_RECORDS, _LABELS = ("records.ris.gz", "records.ris"), "labels.csv"


@dataclass(frozen=True)
class Task:
    """Some runs on one set; read and ranked by one process."""

    name: str
    records: Path
    labels: Path
    seeds: tuple[int, ...]
    prior: tuple[str, ...]
    settings: Ranking

    def runs(self) -> tuple[LabelledSet, list[Run]]:
        """Read the set and simulate each run; without a prior, each seed draws its own."""
        held = read_set(self.records, self.labels, self.name)
        prior = [held.row(one, "--prior") for one in self.prior]
        kinds = {held.labels[row] for row in prior}
        said = ",".join(self.prior)
        if len(set(prior)) < len(prior):
            raise InputError(Problem("--prior", said, "each record once"))
        if prior and True not in kinds:
            raise InputError(Problem("--prior", said, "one relevant record at least: it is learnt from"))
        if prior and kinds == {True} and not self.settings.presumed_irrelevant:
            expected = "an irrelevant record among them, as none is presumed irrelevant (--presumed 0)"
            raise InputError(Problem("--prior", said, expected))
        features = featurise(held.texts)
        return held, [
            simulate(features, held.labels, prior or draw_prior(held.labels, seed), self.settings, seed)
            for seed in self.seeds
        ]


def main(arguments: Sequence[str]) -> int:
    """Entry of ``python -m prismake.screening.simulate``; 1 when an input is at fault, and then nothing is written."""
    asked = _parser().parse_args(arguments)
    try:
        settings = Ranking(model=asked.model, presumed_irrelevant=asked.presumed, growth=asked.growth)
        out = Path(asked.out)
        if out.exists() and not out.is_dir():
            raise InputError(Problem(asked.out, "a file", "a folder for the results", "Name another one with --out."))
        sets = _sets(asked)
        if asked.prior:
            prior = tuple(one.strip() for one in asked.prior.split(","))
            _write_one(out, Task(*sets[0], (asked.seed,), prior, settings))
        else:
            _write_many(out, sets, range(asked.seed, asked.seed + asked.runs), settings, asked.cores)
    except (InputError, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    defaults = Ranking()
    parser = argparse.ArgumentParser(
        prog="./prismake simulate",
        description="Screen sets of records whose labels are known. Without --records and folders, "
        "./prismake simulate is the target that does so with a review's own decisions.",
    )
    parser.add_argument("sets", nargs="*", metavar="FOLDER", help=f"a set: {' or '.join(_RECORDS)}, and {_LABELS}")
    parser.add_argument("--records", metavar="FILE", help="an export in any format")
    parser.add_argument("--labels", metavar="CSV", help="its labels: record_id,included")
    parser.add_argument("--prior", metavar="ID,ID", help="one run alone, these records known at its start")
    parser.add_argument("--seed", type=_whole(0), default=1, help="of the run, or of the first of several")
    parser.add_argument("--runs", type=_whole(1), default=5, help="how many, without --prior: each draws its own")
    parser.add_argument("--cores", type=_whole(1), default=os.cpu_count(), help="processes; the results are the same")
    parser.add_argument("--model", choices=sorted(RANKERS), default=defaults.model)
    parser.add_argument("--presumed", type=_whole(0), default=defaults.presumed_irrelevant, metavar="N")
    parser.add_argument("--growth", type=_share, default=defaults.growth, metavar="SHARE")
    parser.add_argument("--out", required=True, metavar="DIR", help="where the results go; made where it is missing")
    return parser


def _whole(least: int) -> Callable[[str], int]:
    """A whole number from `least` on, for a parser of arguments."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or int(text) < least:
            raise argparse.ArgumentTypeError(f"found {show(text)}; expected a whole number from {least}")
        return int(text)

    return read


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"found {show(text)}; expected a share above 0, 1 at most")
    return share


def _sets(asked: argparse.Namespace) -> list[tuple[str, Path, Path]]:
    """Name, records and labels of each set."""
    if bool(asked.records) != bool(asked.labels):
        raise InputError(Problem("simulate", "one of --records and --labels", "both"))
    sets = [(Path(asked.records).name.split(".")[0], Path(asked.records), Path(asked.labels))] if asked.records else []
    for folder in map(Path, asked.sets):
        records = [folder / name for name in _RECORDS if (folder / name).is_file()]
        if not records or not (folder / _LABELS).is_file():
            raise InputError(Problem(str(folder), "no labelled set", f"{' or '.join(_RECORDS)}, and {_LABELS}"))
        sets.append((folder.resolve().name, records[0], folder / _LABELS))
    names = [name for name, _, _ in sets]
    if not sets or len(set(names)) < len(names) or (asked.prior and len(sets) > 1):
        expected = "--records and --labels, or folders of different names; with --prior, one set"
        raise InputError(Problem("simulate", ", ".join(names) or "no set", expected))
    return sets


def _write_one(out: Path, task: Task) -> None:
    held, [run] = task.runs()
    write_csv(out / "order.csv", ORDER, order_rows(held.ids, run))
    found = {"set": held.name, "seed": run.seed, **metrics(run.labels)._asdict()}
    write_csv(out / "metrics.csv", ["set", "seed", *Metrics._fields], [found])
    print(f"written: {out / 'order.csv'}, {out / 'metrics.csv'}")


def _write_many(out: Path, sets: Sequence[tuple[str, Path, Path]], seeds: range, settings: Ranking, cores: int) -> None:
    from .summary import STOPPING_RULES, ranked_by, summarise

    share = -(-len(seeds) // max(1, cores // len(sets)))
    tasks = [
        Task(*one, tuple(seeds[start : start + share]), (), settings)
        for one in sets
        for start in range(0, len(seeds), share)
    ]
    orders: dict[str, dict[int, tuple[bool, ...]]] = {}
    for name, runs in _scattered(tasks, cores):
        orders.setdefault(name, {}).update({run.seed: run.labels for run in runs})
        print(f"{name}: {len(runs)} runs", flush=True)
    written = summarise(out, orders, STOPPING_RULES, ranked_by(settings))
    print(f"written: {', '.join(map(str, written))}")


def _scattered(tasks: Sequence[Task], cores: int) -> Iterator[tuple[str, list[Run]]]:
    if cores == 1 or len(tasks) == 1:
        yield from map(_done, tasks)
        return
    with ProcessPoolExecutor(min(cores, len(tasks))) as pool:
        yield from pool.map(_done, tasks)


def _done(task: Task) -> tuple[str, list[Run]]:
    held, runs = task.runs()
    return held.name, runs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
