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
MANIFEST = ORACLE / "manifest.json"
SETS = (
    json.loads(MANIFEST.read_text(encoding="utf-8"))
    if MANIFEST.exists()
    else {path.name.removesuffix(".json.gz"): {} for path in sorted((ORACLE / "expected").glob("*.json.gz"))}
)

RELATIVE, ABSOLUTE = 1e-6, 1e-8

INTERVALS = {"z": "z", "t": "t", "knha": "HKSJ", "adhoc": "HKSJ-floor"}


@dataclass
class Tally:
    """What was compared in one set, and what did not agree."""

    name: str
    compared: int = 0
    agreed: int = 0
    disagreements: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)
    """The relative size of each disagreement."""
    explained: dict[str, str] = field(default_factory=dict)
    """What does not agree for a reason that was shown to hold: they count as compared, and not as agreed."""
    unanswered: list[str] = field(default_factory=list)
    """What metafor itself could not fit, or is not among its answers."""

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
            apart = np.abs(ours - theirs)[~good] / np.maximum(np.abs(theirs), np.abs(ours))[~good]
            self.sizes[what] = float(np.nan_to_num(apart, nan=np.inf).max())

    def explain(self, what: str, reason: str, within: float = 1e-3) -> None:
        """Give the reason of a disagreement, where there is one that is relatively no larger than `within`."""
        if what in self.disagreements and self.sizes[what] <= within:
            self.explained[what] = f"{self.disagreements.pop(what)}: {reason}"

    def answer(self, what: str, answers, key):
        """An answer of metafor, or None where it gave none or was not asked."""
        found = (answers or {}).get(key)
        if found is None or (isinstance(found, dict) and "error" in found):
            self.unanswered.append(f"{what} {key}: {found['error'] if found else 'not asked'}")
            return None
        return found

    def tell(self) -> None:
        """Print what pytest shows of each set."""
        print(f"{self.name}: compared {self.compared}, agreed {self.agreed}")
        for title, found in (("differs", self.disagreements), ("differs, explained", self.explained)):
            for what, said in found.items():
                print(f"{title}: {self.name}, {what}: {said}")
        for line in self.unanswered:
            print(f"no answer of metafor: {line}")


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
