"""The shipped review, with fewer outcomes pooled, on a real Slurm of one node: both profiles give the bytes of a local run."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Review, environments

CONF = Path("/etc/slurm/slurm.conf")
MISSING = [name for name in ("sbatch", "slurmctld", "slurmd", "munged") if not shutil.which(name)]
FOREIGN = CONF.exists() and "(127.0.0.1)" not in CONF.read_text()
pytestmark = [
    pytest.mark.workflow,
    pytest.mark.slurm,
    pytest.mark.xdist_group("slurm"),
    pytest.mark.skipif(bool(MISSING), reason=f"needs Slurm (apt install slurm-wlm munge): no {', '.join(MISSING)}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to start a Slurm of one node"),
    pytest.mark.skipif(FOREIGN, reason=f"{CONF} belongs to another Slurm"),
]
QUICK = ("--seconds-between-status-checks", "1", "--latency-wait", "10")
PROFILES = {
    "cluster-generic": QUICK,
    # this Slurm keeps no accounts, so sacct cannot answer
    "slurm": (*QUICK, "--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1"),
}


REPORTED_ONLY = ("abi", "tcpo2", "pain", "ulcer_area")
"""Outcomes that are not pooled here: their jobs are as the others', and each costs seconds of waiting."""


def shorten(folder: Path) -> None:
    """Leave the shipped review with fewer jobs of one kind."""
    path = folder / "config.yaml"
    text = path.read_text(encoding="utf-8")
    for outcome in REPORTED_ONLY:
        assert f"  {outcome}:\n    label" in text
        text = text.replace(f"  {outcome}:\n    label", f"  {outcome}:\n    synthesise: false\n    label")
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, clone: Callable[[Path], Path]) -> Review:
    folder = clone(tmp_path_factory.mktemp("local") / "clone")
    shorten(folder)
    review = Review(folder, folder)
    review.run()
    return review


@pytest.fixture
def alone() -> Iterator[None]:
    """A machine has one slurm.conf: another run of these tests waits."""
    with (Path(tempfile.gettempdir()) / "prismake-slurm.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_cluster_gives_the_same_bytes(
    profile: str, local: Review, tmp_path: Path, clone: Callable[[Path], Path]
) -> None:
    folder = clone(tmp_path / "clone")
    shorten(folder)
    start = [str(Path(__file__).with_name("slurm.sh")), str(folder / "prismake"), "--profile", profile]
    done = subprocess.run(
        [*start, *PROFILES[profile]],
        cwd=folder,
        env=os.environ | {"PRISMAKE_ENVS": environments()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "slurm" in done.stdout.lower() or "external jobid" in done.stdout
    assert Review(folder, folder).results() == local.results()
