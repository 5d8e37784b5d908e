"""Reading metafor's answers, and counting what agrees with them.

A small copy of the answers stands in `tests/data/oracle`; the environment variable PRISMAKE_ORACLE names a folder of
the same form to compare the whole of. With `pytest -rA -m oracle` each set says what was compared and what agreed, and
what was not compared and why. Of the small copy all must be readable; a folder of others may hold what is not known here.
"""

import csv
import gzip
import json
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pytest

SHIPPED = Path(__file__).parents[1] / "data" / "oracle"
ORACLE = Path(os.environ.get("PRISMAKE_ORACLE") or SHIPPED)
EVERYTHING_IS_KNOWN = ORACLE.resolve() == SHIPPED.resolve()
ENDING = ".json.gz"


def described(folder: Path) -> tuple[dict[str, dict], list[str]]:
    """Each set with answers and what the manifest says of it, if anything; and the sets of the manifest without."""
    answered = sorted(path.name.removesuffix(ENDING) for path in (folder / "expected").glob(f"*{ENDING}"))
    if not answered:
        raise pytest.UsageError(
            f"PRISMAKE_ORACLE is {folder}: expected a folder with expected/NAME{ENDING}, found none"
        )
    manifest = folder / "manifest.json"
    said = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    if isinstance(said, list):
        said = {one["name"]: one for one in said}
    return {name: said.get(name, {}) for name in answered}, sorted(set(said) - set(answered))


SETS, UNANSWERED_SETS = described(ORACLE)

RELATIVE, ABSOLUTE = 1e-6, 1e-8

REFUSED = {
    "expected finite numbers and a positive variance": "a study without sampling error would take all the weight, or "
    "divide by 0",
    "nobody in group": "metafor makes an effect out of added halves",
    "expected one of": "an option that belongs to other measures here",
    "design matrix depend on each other": "metafor drops coefficients, and says so in a warning",
    "no degrees of freedom": "as many coefficients as studies",
    "same variance or the same effect": "no ranks to compare",
    "nearly all studies lie on one side": "trim and fill goes astray",
    "no studies": "nothing to pool",
}
"""Where an error stands here by decision, and a number may stand in metafor: its words, and the reason."""

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
    skipped: list[str] = field(default_factory=list)
    """What is not offered here, refused by decision, or not of a form that is known."""

    @contextmanager
    def part(self, what: str) -> Iterator[None]:
        """Compare one part, so that its failure costs no other: an error of the engine is a disagreement.

        Answers of another form than those of the small copy are skipped with a line, but not in the small copy itself.
        """
        try:
            yield
        except (ArithmeticError, ValueError) as error:
            reason = next((reason for words, reason in REFUSED.items() if words in str(error)), None)
            if reason:
                self.skipped.append(f"{what}: refused here: {error} ({reason})")
            else:
                self.disagreements[what] = f"no answer here: {error}"
        except (LookupError, TypeError, AttributeError) as error:
            if EVERYTHING_IS_KNOWN:
                raise
            where = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__} {error}, {Path(where.filename).name} line {where.lineno}"
            if "prismake/synthesis" in Path(where.filename).as_posix():
                self.disagreements[what] = f"broke here: {said}"
            else:
                self.skipped.append(f"{what}: answers of another form ({said})")

    def compare(self, what: str, ours, theirs) -> None:
        ours, theirs = np.asarray(ours, dtype=float).ravel(), plain(theirs)
        if ours.shape != theirs.shape:
            self.compared += theirs.size
            self.disagreements[what] = f"ours has {ours.size} numbers, metafor {theirs.size}"
            self.sizes[what] = np.inf
            return
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
            print(f"no answer of metafor: {self.name}, {line}")
        for line in self.skipped:
            print(f"not compared: {self.name}, {line}")

    def settle(self) -> None:
        """Print what was found, and fail for what differs without a reason; skip where there was nothing to compare."""
        self.tell()
        assert self.disagreements == {}
        if not self.compared:
            assert not EVERYTHING_IS_KNOWN
            pytest.skip(f"{self.name}: nothing of it can be compared: {'; '.join(self.skipped + self.unanswered)}")


class Unreadable(LookupError):
    """Data that are not of the form that is known."""


def plain(values) -> np.ndarray:
    """Numbers as JSON holds them: null and NA are NaN, Inf may be a word."""
    given = np.atleast_1d(np.asarray(values, dtype=object)).ravel()
    return np.array([np.nan if value in (None, "NA", "NaN") else float(value) for value in given], dtype=float)


@cache
def _read(path: Path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def expected_of(name):
    """What metafor answers for a set of this folder."""
    return _read(ORACLE / "expected" / f"{name}{ENDING}")


def extra_of(name, folder=ORACLE):
    """What packages other than metafor answer, for the few sets that have it."""
    return _read(folder / "expected_extra" / f"{name}{ENDING}")


def extra_sets(prefix):
    """The names of such answers in this folder, which may have none."""
    return sorted(path.name.removesuffix(ENDING) for path in (ORACLE / "expected_extra").glob(f"{prefix}_*{ENDING}"))


def shipped(name):
    """The columns and the answers of a set of the small copy."""
    return _columns(SHIPPED / "data" / f"{name}.csv"), _read(SHIPPED / "expected" / f"{name}{ENDING}")


def shipped_sets():
    """The names of the sets of the small copy."""
    return list(described(SHIPPED)[0])


def columns_of(name):
    """Column -> the cells of a set's table; none where there is no table."""
    return _columns(ORACLE / "data" / f"{name}.csv")


@cache
def _columns(path):
    if not path.exists():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    return {column: [row[column] for row in rows] for column in reader.fieldnames or ()}


def numbers(values):
    """Cells as numbers, NA as NaN."""
    try:
        return np.array([np.nan if value in ("", "NA", "NaN", None) else float(value) for value in values])
    except ValueError as error:
        raise Unreadable(str(error)) from error


def rows_of(answers):
    """Rows that an answer is made from, counted from 0: R may write a single one without brackets."""
    return np.atleast_1d(np.asarray(answers, dtype=int)).ravel() - 1


def effects_used(expected, measure, rows):
    """Effects and variances of some rows (counted from 0), as metafor's models were made from them."""
    variants = expected["escalc"][measure]
    effects = variants.get("correct_FALSE", variants["default"])  # what metafor 5's models of ROM were made from
    return tuple(plain(effects[name])[rows] for name in ("yi", "vi"))
