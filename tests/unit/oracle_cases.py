"""Reading metafor's answers, and counting what agrees with them.

A small copy of the answers stands in `tests/data/oracle`; the environment variable PRISMAKE_ORACLE names a folder of
the same form to compare the whole of. With `pytest -rA -m oracle` each set says what was compared and what agreed.
"""

import csv
import gzip
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ORACLE = Path(os.environ.get("PRISMAKE_ORACLE") or Path(__file__).parents[1] / "data" / "oracle")
SETS = json.loads((ORACLE / "manifest.json").read_text(encoding="utf-8"))

RELATIVE, ABSOLUTE = 1e-6, 1e-8

INTERVALS = {"z": "z", "t": "t", "knha": "HKSJ", "adhoc": "HKSJ-floor"}


@dataclass
class Tally:
    """What was compared in one set, and what did not agree."""

    name: str
    compared: int = 0
    agreed: int = 0
    disagreements: dict[str, str] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    """What metafor itself could not fit."""

    def compare(self, what: str, ours, theirs) -> None:
        ours = np.atleast_1d(np.asarray(ours, dtype=float))
        theirs = np.atleast_1d(np.array([np.nan if x is None else x for x in np.atleast_1d(theirs)], dtype=float))
        assert ours.shape == theirs.shape, what
        close = np.abs(ours - theirs) <= np.maximum(RELATIVE * np.abs(theirs), ABSOLUTE)
        good = close | (np.isnan(ours) & np.isnan(theirs))
        self.compared += good.size
        self.agreed += int(good.sum())
        if not good.all():
            self.disagreements[what] = f"ours {ours[~good]}, metafor {theirs[~good]}"

    def tell(self) -> None:
        """Print what pytest shows of each set."""
        print(f"{self.name}: compared {self.compared}, agreed {self.agreed}")
        for title, found in (("differs", self.disagreements.items()), ("no answer of metafor", self.unanswered)):
            for line in found:
                print(f"{title}: {line}")


def expected_of(name):
    with gzip.open(ORACLE / "expected" / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        return json.load(file)


def extra_of(name):
    """What packages other than metafor answer, for the few sets that have it."""
    with gzip.open(ORACLE / "expected_extra" / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        return json.load(file)


def extra_sets(prefix):
    return sorted(
        path.name.removesuffix(".json.gz") for path in (ORACLE / "expected_extra").glob(f"{prefix}_*.json.gz")
    )


def columns_of(name):
    with (ORACLE / "data" / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}


def numbers(values):
    return np.array([np.nan if value in ("", "NA") else float(value) for value in values])


def effects_used(expected, measure, rows):
    variants = expected["escalc"][measure]
    effects = variants.get("correct_FALSE", variants["default"])  # what metafor 5's models of ROM were made from
    return tuple(np.array([effects[name][row - 1] for row in rows], dtype=float) for name in ("yi", "vi"))
