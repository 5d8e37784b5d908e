"""What tests share: copies of the project and of reviews, and running them as a user does."""

import csv
import datetime
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # workers of the tests share the cores already; read by numpy's import

import pytest
from hypothesis import settings
from prismake.init import make_review

settings.register_profile("untimed", deadline=None)  # a busy machine is no defect
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("prismake", "Snakefile", "config.yaml", "workflow", "profiles", "envs", "review", "requirements.lock")


@dataclass
class Review:
    """A review folder, and the clone of the project that runs it."""

    folder: Path
    clone: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``./prismake --directory FOLDER WORDS``; what it prints is in ``stdout``."""
        command = [str(self.clone / "prismake"), "--directory", str(self.folder), *words]
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=os.environ | {"PRISMAKE_ENVS": environments()} | self.environment,
        )
        if ok:
            assert done.returncode == 0, done.stdout
        else:
            assert done.returncode != 0, done.stdout
        return done

    def path(self, name: str) -> Path:
        """A file of the review."""
        return self.folder / name

    def rows(self, name: str) -> list[dict[str, str]]:
        """A CSV of the review as it stands, disarmed cells included."""
        with self.path(name).open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    def write_rows(self, name: str, rows: list[dict[str, str]]) -> None:
        """Write a CSV as a person would."""
        with self.path(name).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def results(self) -> dict[str, str]:
        """Path -> hash of everything under ``results/``."""
        return hashes(self.folder / "results")


def render_by(folder: Path, renderer: str) -> None:
    """Set ``report.renderer`` of a review that leaves the choice to the machine, or that was set before."""
    config = folder / "config.yaml"
    text, found = re.subn(r"(?m)^  renderer: \w+", f"  renderer: {renderer}", config.read_text(encoding="utf-8"))
    assert found == 1
    config.write_text(text, encoding="utf-8")


def environments() -> str:
    """Where the virtual environments stand: those of the launcher that runs these tests, or of this clone."""
    named = os.environ.get("PRISMAKE_TEST_ENV")
    return str(Path(named).parent) if named else os.environ.get("PRISMAKE_ENVS", str(ROOT))


def hashes(folder: Path) -> dict[str, str]:
    """Path -> SHA-256 of every file of a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def jobs(printed: str) -> dict[str, int]:
    """Rule -> how many of its jobs Snakemake says that it started."""
    counted: dict[str, int] = {}
    for line in printed.splitlines():
        if line.startswith(("localrule ", "rule ", "localcheckpoint ", "checkpoint ")):
            name = line.split()[1].rstrip(":")
            counted[name] = counted.get(name, 0) + 1
    return counted


@pytest.fixture(scope="session")
def clone() -> Callable[[Path], Path]:
    """Copy the project's own files to a folder, as a fresh clone would have them."""

    def make(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, folder / name)
        render_by(folder, "pandoc")  # tested on every machine; test_quarto.py tests the other path
        return folder

    return make


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory, clone: Callable[[Path], Path]) -> Review:
    """A fresh clone of the shipped review, run once on two cores. Its tests run on one worker (xdist_group)."""
    folder = clone(tmp_path_factory.mktemp("one") / "clone")
    review = Review(folder, folder)
    review.run("--cores", "2")
    return review


SMALL_CONFIG = """review:
  title: A small review
  date: 2025-01-01
eligibility:
  reasons: {design: Wrong design}
sources:
  embase:
    name: Embase
    searches:
      - {date: 2025-01-01, file: review/searches/embase.ris}
screening:
  title_abstract: {reviewers: 1}
  full_text: {reviewers: 1}
comparisons:
  cells: {label: Cells or not, intervention: Cells, comparator: Control}
outcomes:
  healing:
    label: Healing
    file: review/extraction/healing.csv
    comparison: cells
    measure: OR
    better: higher
report:
  renderer: pandoc
"""

SMALL_EXPORT = "".join(
    f"TY  - JOUR\nAN  - {number}\nTI  - {title}\nAU  - {author}\nPY  - 20{number}\nAB  - {abstract}\nER  - \n\n"
    for number, title, author, abstract in (
        (10, "Cells heal ulcers of the diabetic foot", "Adams, A", "A randomised trial in forty people."),
        (11, "Marrow cells in limb ischaemia", "Brown, B", "A randomised trial in sixty people."),
        (12, "A survey of pupils at school", "Clark, C", "Nobody had an ulcer."),
    )
)


def decision(number: int, record: str, stage: str, made: str, **more: str) -> dict[str, str]:
    """A row of a table of decisions."""
    return {
        "decision_id": f"d{number}", "record_id": record, "stage": stage, "reviewer": "x", "decision": made,
        "reason": "design" if made == "exclude" else "", "note": "", "decided_at": "2025-01-02", "supersedes": "",
    } | more  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> Review:
    """A review of three records and one outcome that runs through every stage."""
    folder = tmp_path / "small review"
    make_review(folder, datetime.date(2025, 1, 1))
    (folder / "config.yaml").write_text(SMALL_CONFIG, encoding="utf-8")
    (folder / "review/searches/embase.ris").write_text(SMALL_EXPORT, encoding="utf-8")
    made = Review(folder)
    names = {number: f"embase:{number}" for number in (10, 11, 12)}
    made.write_rows(
        "review/decisions/screening.csv",
        [
            decision(1, names[10], "title_abstract", "include"),
            decision(2, names[11], "title_abstract", "include"),
            decision(3, names[12], "title_abstract", "exclude"),
        ],
    )
    made.write_rows(
        "review/decisions/fulltext.csv",
        [decision(4, names[10], "full_text", "include"), decision(5, names[11], "full_text", "include")],
    )
    studies, arms, contrasts, figures = [], [], [], []
    for study, record, events in (("adams", names[10], (8, 3)), ("brown", names[11], (9, 6))):
        studies.append({"study_id": study, "label": f"{study.title()} 2010", "design": "randomised", "records": record,
                        "extraction": "done", "extraction_note": ""})  # fmt: skip
        contrasts.append({"comparison": "cells", "study_id": study, "arm_1": "t", "arm_2": "c", "note": ""})
        for arm, count in zip("tc", events, strict=True):
            arms.append({"study_id": study, "arm": arm, "label": arm.upper(), "n": "20", "note": ""})
            figures.append(
                {"study_id": study, "outcome": "healing", "arm": arm, "definition": "healed", "timepoint": "12 weeks",
                 "weeks": "12", "unit_of_analysis": "patient", "events": str(count), "n": "20", "pool": "yes",
                 "status": "stated", "source": "src", "place": "table 2", "note": ""}
            )  # fmt: skip
    made.write_rows("review/studies.csv", studies)
    made.write_rows("review/arms.csv", arms)
    made.write_rows("review/comparisons.csv", contrasts)
    made.write_rows("review/extraction/healing.csv", figures)
    made.write_rows("review/citations.csv", [{"source_id": "src", "what": "x", "where": "y", "read_as": ""}])
    return made


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name files given as bytes by their parameter: a workbook holds the time of its making, and workers must agree on names."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left with it at the end: Slurm, which waits, then whole runs."""
    items.sort(key=lambda item: [item.get_closest_marker(mark) is None for mark in ("slurm", "workflow")])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After tests against metafor's answers: how many numbers were compared in all, and each that differs."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    told = [line for report in reports for line in getattr(report, "capstdout", "").splitlines()]
    counts = [found.groups() for line in told if (found := re.search(r": compared (\d+), agreed (\d+)$", line))]
    if not counts or not sum(int(compared) for compared, _ in counts):
        return
    compared, agreed = (sum(map(int, column)) for column in zip(*counts, strict=True))
    differing = [line for line in told if line.startswith("differs")]
    terminalreporter.section("metafor's answers")
    for line in differing:
        terminalreporter.write_line(line)
    terminalreporter.write_line(
        f"compared {compared}, agreed {agreed} ({agreed / compared:.4%}); what differs stands above, with its reason where "
        "one was shown to hold: where none was, the test fails"
    )
