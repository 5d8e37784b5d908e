"""The crosscheck as a target: optional, and in the report only where the review asks for it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Review, jobs

pytestmark = pytest.mark.workflow
FRAGMENT = "results/report/source/fragments/crosscheck.md"


def without_r(folder: Path) -> str:
    """A PATH with everything but R: links to all programs of the real one."""
    folder.mkdir()
    for place in reversed(os.environ["PATH"].split(":")):
        for program in Path(place).glob("*") if Path(place).is_dir() else ():
            link = folder / program.name
            if program.name not in ("R", "Rscript"):
                link.unlink(missing_ok=True)
                link.symlink_to(program)
    return str(folder)


def test_without_r_the_target_says_what_to_install_and_the_review_runs(small: Review, tmp_path: Path) -> None:
    small.environment["PATH"] = without_r(tmp_path / "programs")
    small.run("report")
    assert small.path(FRAGMENT).read_text().strip() == ""
    assert "Nothing to be done" in small.run("-n", "report").stdout
    said = small.run("crosscheck", ok=False).stdout
    assert "PATH: found no Rscript; expected R with the package metafor for the crosscheck." in said
    assert "apt install r-cran-metafor" in said
    assert "The crosscheck is optional" in said
    assert not small.path("results/crosscheck/healing.csv").exists()


def test_with_metafor_the_report_shows_both_engines_where_the_review_asks(small: Review) -> None:
    if (
        not shutil.which("Rscript")
        or subprocess.run(["Rscript", "-e", "library(metafor)"], capture_output=True, check=False).returncode
    ):
        pytest.skip("R with metafor is not on this machine: the target crosscheck is not run")
    small.run("report")
    assert jobs(small.run("crosscheck").stdout)["recompute"] == 1
    assert {row["agrees"] for row in small.rows("results/crosscheck/healing.csv")} == {"yes"}
    assert "Nothing to be done" in small.run("-n", "report").stdout
    config = small.path("config.yaml")
    config.write_text(config.read_text().replace("  renderer: pandoc\n", "  renderer: pandoc\n  crosscheck: true\n"))
    ran = jobs(small.run("report").stdout)
    assert "recompute" not in ran
    assert "synthesise" not in ran
    assert "figures that were compared agree." in small.path(FRAGMENT).read_text().replace("\\", "")
    assert "Two engines on the same data" in small.path("results/report/report.html").read_text()
    assert "Nothing to be done" in small.run("-n", "report").stdout
