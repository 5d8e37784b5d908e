"""A second engine on the same data: every synthesis recomputed by metafor, and both answers side by side.

metafor makes the effects anew from the figures of the studies and fits every model of them. R is optional: only this
module starts it, and only when it is asked for.
"""

import csv
import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ..config import Outcome, Synthesis
from ..problems import InputError, Problem
from ..tables import write_csv
from .effects import MEASURES

SCRIPT = Path(__file__).resolve().parents[2] / "crosscheck.R"

Row = dict[str, Any]

TOLERANCE = 1e-6
"""Largest relative difference of two figures that agree. Beside figures near 0 it is taken of a hundredth of their unit."""

COLUMNS = ["analysis", "label", "quantity", "ours", "metafor", "difference", "agrees", "note", "made_by"]

FIGURES = {
    "two_by_two": {"events_1": "ai", "n_1": "n1i", "events_2": "ci", "n_2": "n2i"},
    "means": {"mean_1": "m1i", "sd_1": "sd1i", "n_1": "n1i", "mean_2": "m2i", "sd_2": "sd2i", "n_2": "n2i"},
}
"""Our columns and escalc's, by the family of a measure. Effects of other families are taken as they are."""

TESTS = {"z": "z", "t": "t", "HKSJ": "knha", "HKSJ-floor": "adhoc"}
"""Our intervals and metafor's tests."""

METHODS = ("EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")

SHOWN = {"estimate": "yi", "ci_low": "ci_low", "ci_high": "ci_high", "pi_low": "pi_low", "pi_high": "pi_high"}
"""Figures on the scale of the measure, and metafor's on that of analysis from which they come."""
PLAIN = ("se", "stat", "pval", "tau2", "tau2_low", "tau2_high", "I2", "H2", "Q", "Q_pval")
POWERS = dict.fromkeys((*SHOWN, "se", "yi"), 1) | dict.fromkeys(("vi", "tau2", "tau2_low", "tau2_high"), 2)
"""The power of the unit of the effects in which a figure is measured; the others have none."""


@dataclass(frozen=True)
class Answers:
    """What metafor said, by kind (study, fit, test) and number, and who said it."""

    said: dict[tuple[str, int], dict[str, str]]
    made_by: str

    def figure(self, kind: str, number: int, quantity: str) -> float:
        """One figure; NaN where there is none."""
        text = self.said.get((kind, number), {}).get(quantity, "")
        return math.nan if text in ("", "NA", "error") else float(text)

    def error(self, kind: str, number: int) -> str:
        """Why there is no answer; empty where there is one."""
        return self.said.get((kind, number), {}).get("error", "")


def crosscheck(synthesis: Path, outcome: Outcome, settings: Synthesis, out: Path) -> None:
    """Recompute one synthesis and write both answers.

    Parameters
    ----------
    synthesis : Path
        The ``synthesis.json`` of the outcome.
    outcome, settings
        From the configuration.
    out : Path
        A CSV of `COLUMNS`, one row a figure; ``difference`` is relative, ``agrees`` says whether it is at most
        `TOLERANCE`. A figure that only one of both engines gives does not agree.

    Raises
    ------
    InputError
        R or metafor is not on this machine, or R ended in error.
    """
    found = json.loads(synthesis.read_text(encoding="utf-8"))
    studies = found["studies"]
    fits = list(_fits(found))
    tests = [subgroup for subgroup in found["subgroups"] if subgroup["levels"] and _own_tau2(subgroup)]
    answers = _ask(_plan(studies, fits, tests, outcome, settings)) if studies else Answers({}, "")
    rows = [*_studies(studies, answers), *_models(fits, answers, outcome.measure), *_tests(tests, answers)]
    variances = [row["vi"] for row in studies if row["estimable"]]
    unit = math.sqrt(median(variances)) if variances else 1.0
    both = [row for row in rows if not row["ours"] is row["metafor"] is None]
    write_csv(out, COLUMNS, (_compared(row, unit) | {"made_by": answers.made_by} for row in both))


def _fits(found: Row) -> Iterator[tuple[Row, list[int]]]:
    """Every analysis with the numbers, from 1, of the studies in it."""
    studies = found["studies"]
    pooled = [number for number, row in enumerate(studies, 1) if row["estimable"]]
    main = [number for number in pooled if studies[number - 1]["use"] == "main"]
    for key, members in (("main", main), ("wald", main), ("sensitivity", pooled)):
        if found[key]:
            yield found[key], members
    for analysis in found["leave_one_out"]:
        left_out = analysis["key"].removeprefix("without:")
        yield analysis, [number for number in main if studies[number - 1]["result_id"] != left_out]
    for subgroup in found["subgroups"]:
        for level in subgroup["levels"] if _own_tau2(subgroup) else ():
            group = f"group_{subgroup['key']}"
            yield level, [number for number in main if studies[number - 1][group] == level["label"]]


def _own_tau2(subgroup: Row) -> bool:
    """Whether each level is a model of its own."""
    return subgroup.get("tau2", "separate") == "separate"


def _plan(
    studies: list[Row], fits: list[tuple[Row, list[int]]], tests: list[Row], outcome: Outcome, settings: Synthesis
) -> dict[str, tuple[Sequence[str], list[Row]]]:
    """The tables that R reads: numbers and metafor's words alone."""
    family = MEASURES[outcome.measure].family
    columns = FIGURES.get(family, {"yi": "yi", "vi": "vi"})
    zero = settings.zero_cells
    options = {
        "measure": outcome.measure,
        "family": family,
        "add": zero.add,
        "to": zero.to,
        "drop00": "yes" if zero.drop00 and outcome.measure != "RD" else "no",
        "level": settings.level,
        "prediction_minus": settings.prediction.df.removeprefix("k-"),
        "tau2_interval": getattr(settings, "tau2_interval", "QP"),
    }
    numbers = {analysis["key"]: number for number, (analysis, _) in enumerate(fits, 1)}
    return {
        "figures": (
            list(columns.values()),
            [{theirs: row[ours] for ours, theirs in columns.items()} for row in studies],
        ),
        "options": (("name", "value"), [{"name": name, "value": value} for name, value in options.items()]),
        "fits": (
            ("fit", "studies", "method", "test"),
            [
                {
                    "fit": numbers[analysis["key"]],
                    "studies": _joined(members),
                    "method": analysis["method"],
                    "test": TESTS[analysis["interval"]],
                }
                for analysis, members in fits
            ],
        ),
        "tests": (
            ("test", "fits"),
            [
                {"test": number, "fits": _joined(numbers[level["key"]] for level in subgroup["levels"])}
                for number, subgroup in enumerate(tests, 1)
            ],
        ),
    }


def _joined(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


def _ask(plan: dict[str, tuple[Sequence[str], list[Row]]]) -> Answers:
    """Let R answer the plan."""
    program = find_r()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for table, (columns, rows) in plan.items():
            _write(folder / f"{table}.csv", columns, rows)
        done = subprocess.run(
            [program, "--vanilla", str(SCRIPT), str(folder)], capture_output=True, text=True, check=False
        )
        print(done.stdout, done.stderr)
        if done.returncode:
            raise InputError(_no_answer(done.stderr))
        versions = {row["name"]: row["version"] for row in _read(folder / "versions.csv")}
        said: dict[tuple[str, int], dict[str, str]] = {}
        for row in _read(folder / "answers.csv"):
            said.setdefault((row["kind"], int(row["number"])), {})[row["quantity"]] = row["value"]
    return Answers(said, f"metafor {versions['metafor']}, R {versions['R']}")


INSTALL = (
    "Install R with metafor (Debian, Ubuntu: apt install r-cran-metafor; in R: install.packages('metafor'); conda: "
    "--sdm conda). The crosscheck is optional: without this target, and with synthesis.crosscheck: false, no R is needed."
)


def find_r() -> str:
    """The program that runs R scripts; `InputError` with what to install where there is none."""
    program = shutil.which("Rscript")
    if program is None:
        raise InputError(Problem("PATH", "no Rscript", "R with the package metafor for the crosscheck", INSTALL))
    return program


def _no_answer(stderr: str) -> Problem:
    if "no package called" in stderr:
        return Problem("R", "no package metafor", "metafor for the crosscheck", INSTALL)
    said = " ".join(stderr.partition("Error")[2].split()[:30]) or "no message"
    return Problem("crosscheck.R", f"an error of R: {said}", "answers of metafor", "The log has all that R said.")


def _write(path: Path, columns: Sequence[str], rows: list[Row]) -> None:
    """Numbers in full, what is missing as NA."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(columns)
        writer.writerows(["NA" if row[column] is None else row[column] for column in columns] for row in rows)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _studies(studies: list[Row], answers: Answers) -> Iterator[Row]:
    """Effects of the studies; metafor has none either where there is none here."""
    for number, row in enumerate(studies, 1):
        for quantity in ("yi", "vi"):
            named = {"analysis": f"study:{row['result_id']}", "label": row["label"], "quantity": quantity}
            yield named | {"ours": row[quantity], "metafor": _number(answers.figure("study", number, quantity))}


def _models(fits: list[tuple[Row, list[int]]], answers: Answers, measure: str) -> Iterator[Row]:
    back = MEASURES[measure].back
    for number, (analysis, _) in enumerate(fits, 1):
        theirs = {name: answers.figure("fit", number, source) for name, source in SHOWN.items()}
        shown = {name: float(back(value)) for name, value in theirs.items()}
        shown |= {name: answers.figure("fit", number, name) for name in PLAIN}
        for quantity, value in shown.items():
            if quantity.startswith("pi_") and analysis[quantity] is None:
                continue  # too few studies for one by the settings, which metafor does not know
            yield {
                "analysis": analysis["key"],
                "label": analysis["label"],
                "quantity": quantity,
                "ours": analysis[quantity],
                "metafor": _number(value),
                "note": answers.error("fit", number),
            }


def _tests(tests: list[Row], answers: Answers) -> Iterator[Row]:
    for number, subgroup in enumerate(tests, 1):
        for quantity in ("Q_b", "pval"):
            yield {
                "analysis": subgroup["key"],
                "label": subgroup["label"],
                "quantity": quantity,
                "ours": subgroup[quantity],
                "metafor": _number(answers.figure("test", number, quantity)),
                "note": answers.error("test", number),
            }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _compared(row: Row, unit: float) -> Row:
    """The row with the relative difference of both figures, and whether they agree."""
    ours, theirs = row["ours"], row["metafor"]
    if ours is None or theirs is None:
        return row | {"difference": None, "agrees": False, "note": row.get("note") or "given by one engine only"}
    scale = max(abs(theirs), unit ** POWERS.get(row["quantity"], 0) / 100)
    difference = abs(ours - theirs) / scale
    return row | {"difference": difference, "agrees": difference <= TOLERANCE}
