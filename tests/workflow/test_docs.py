"""Every command that the documents show is run."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, environments
from prismake.config import Config

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("shipped")]
ELSEWHERE = {
    "./prismake test": "it is what runs this test",
    ".ci/run": "it is what runs this test",
}
QUICK = {
    "./prismake": ["./prismake", "-n"],  # test_shipped.py runs it whole
    "./prismake --profile slurm": ["./prismake", "--profile", "slurm", "-n"],  # test_slurm.py runs it whole
    "./prismake simulate": ["./prismake", "simulate", "-n"],  # test_simulate.py runs it whole
    "snakemake --cores all": ["snakemake", "--cores", "all", "-n"],  # test_shipped.py runs it whole
}


SERVED = "./prismake screen"  # tests/browser and test_screening_offline.py do what these commands do


def commands(name: str) -> list[str]:
    """The lines of the sh blocks of a document, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_every_command_of_the_documents_runs(tmp_path: Path, clone: Callable[[Path], Path]) -> None:
    folder = clone(tmp_path / "prismake")
    shown = [line for name in ("README.md", "CONTRIBUTING.md") for line in commands(name)]
    assert len(shown) >= 10
    path = f"{environments()}/.venv/bin:{os.environ['PATH']}"
    for line in shown:
        if line in ELSEWHERE:
            continue
        words = QUICK.get(line, line.split())
        if line.startswith(SERVED):
            words = [*words, "--help"]
        if words[0] == "snakemake":
            words = [f"{environments()}/.venv/bin/python", "-m", *words]
        done = subprocess.run(
            words,
            cwd=folder,
            env=os.environ | {"PRISMAKE_ENVS": environments(), "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (line, done.stdout)
    assert (tmp_path / "my-review/results/report/report.html").is_file()


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "CONTRIBUTING.md",
        "review/README.md",
        "results/README.md",
        "CHANGELOG.md",
        "docs/engine.md",
        "examples/README.md",
    ],
)
def test_links_between_documents_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text(encoding="utf-8")):
        assert ((ROOT / name).parent / target).exists(), target


def test_the_citation_is_valid_and_names_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()
    assert f'version = "{cited["version"]}"' in (ROOT / "pyproject.toml").read_text()
    assert f'__version__ = "{cited["version"]}"' in (ROOT / "workflow/scripts/prismake/__init__.py").read_text()


def test_the_template_of_a_new_review_knows_every_section_of_the_configuration() -> None:
    template = (ROOT / "workflow/init/config.yaml").read_text().replace("@TODAY@", "2026-01-01")
    assert set(yaml.safe_load(template)) == set(Config.model_fields) - {"published"}
