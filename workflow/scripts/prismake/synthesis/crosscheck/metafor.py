"""Asking metafor: the tables that R reads, and the answers that it writes. R is optional: only this module starts it."""

import csv
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...config import Outcome, Synthesis
from ...config.measures import ADDED_TO
from ...problems import InputError, Problem
from ...tables import is_estimate
from ..effects import MEASURES
from .questions import NO_ANSWER, Question, Row

SCRIPT = Path(__file__).resolve().parents[3] / "crosscheck.R"

INSTALL = (
    "Install R with metafor (Debian, Ubuntu: apt install r-cran-metafor; in R: install.packages('metafor'); conda: "
    "--sdm conda). The crosscheck is optional: without this target, and with synthesis.crosscheck: false, no R is needed."
)

_FIGURES = [f"{name}_{arm}" for arm in (1, 2) for name in ("events", "n", "time", "mean", "sd")]

Table = tuple[Sequence[str], list[Row]]


@dataclass(frozen=True)
class Answers:
    """What metafor said, by the number of the question (0: of the effects), and who said it."""

    said: dict[int, dict[str, str]]
    made_by: str

    def figure(self, question: int, name: str) -> float | None:
        """One figure; None where there is none."""
        text = self.said.get(question, {}).get(name, "")
        value = math.nan if text in ("", "NA") else float(text)
        return value if math.isfinite(value) else None

    def lacks(self, question: int, name: str) -> str:
        """Why metafor has no answer, or not this part of it; empty where it has."""
        said = self.said.get(question, {})
        if "error" in said:
            return f"{NO_ANSWER}: {said['error'].removeprefix('Error: ')}"
        return said.get("absent", "") if name not in said else ""


def ask(questions: list[Question], studies: list[Row], outcome: Outcome, settings: Synthesis) -> Answers:
    """Let metafor answer.

    Raises
    ------
    InputError
        R or metafor is not on this machine, or R ended in error.
    """
    program = find_r()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for table, (columns, rows) in _tables(questions, studies, outcome, settings).items():
            _write(folder / f"{table}.csv", columns, rows)
        done = subprocess.run(
            [program, "--vanilla", str(SCRIPT), str(folder)], capture_output=True, text=True, check=False
        )
        print(done.stdout, done.stderr)
        if done.returncode:
            raise InputError(_no_answer(done.stderr))
        versions = {row["name"]: row["version"] for row in _read(folder / "versions.csv")}
        said: dict[int, dict[str, str]] = {}
        for row in _read(folder / "answers.csv"):
            said.setdefault(int(row["question"]), {})[row["quantity"]] = row["value"]
    return Answers(said, f"metafor {versions['metafor']}, R {versions['R']}")


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


def _tables(questions: list[Question], studies: list[Row], outcome: Outcome, settings: Synthesis) -> dict[str, Table]:
    """What R reads: numbers and metafor's words alone."""
    options = _options(outcome, settings)
    places = {study: place for place, study in enumerate(dict.fromkeys(row["study_id"] for row in studies), 1)}
    figures = [
        {name: row.get(name) for name in (*_FIGURES, "yi", "vi")}
        | {
            "study": places[row["study_id"]],
            "reported": "TRUE" if is_estimate(row) else "FALSE",
            "reversed": "TRUE" if row.get("reversed") else "FALSE",
        }
        for row in studies
    ]
    numbers = {question.figures[0].analysis: number for number, question in enumerate(questions, 1)}
    asked = [
        {
            "question": number,
            "kind": question.kind,
            "studies": _joined(question.studies),
            "method": question.method,
            "test": question.test,
            "choice": _joined(numbers[key] for key in question.after) or question.choice,
            "values": _joined(question.values),
        }
        for number, question in enumerate(questions, 1)
    ]
    covariance = [
        {"question": number, "row": i, "column": j, "value": value}
        for number, question in enumerate(questions, 1)
        for i, j, value in question.covariance
    ]
    return {
        "figures": ((*_FIGURES, "yi", "vi", "study", "reported", "reversed"), figures),
        "options": (("name", "value"), [{"name": name, "value": value} for name, value in options.items()]),
        "questions": (("question", "kind", "studies", "method", "test", "choice", "values"), asked),
        "covariance": (("question", "row", "column", "value"), covariance),
    }


def _options(outcome: Outcome, settings: Synthesis) -> dict[str, str | float]:
    measure, zero, added = MEASURES[outcome.measure], settings.zero_cells, outcome.measure in ADDED_TO
    return {
        "measure": outcome.measure,
        "family": measure.family,
        "arms": len(outcome.arms),
        "add": zero.add if added else 0.0,
        "to": zero.to if added else "none",
        "drop00": "yes" if zero.drop00 and measure.ratio else "no",
        "vtype": outcome.variance,
        "correct": "yes" if outcome.correct else "no",
        "level": settings.level,
        "prediction_minus": settings.prediction.df.removeprefix("k-"),
        "tau2_interval": settings.tau2_interval,
    }


def _joined(values: Iterable[float]) -> str:
    return " ".join(map(repr, values))


def _write(path: Path, columns: Sequence[str], rows: list[Row]) -> None:
    """Numbers in full, what is missing as NA."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(columns)
        writer.writerows(["NA" if row[column] is None else row[column] for column in columns] for row in rows)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
