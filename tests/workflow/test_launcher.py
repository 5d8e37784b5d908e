"""The launcher on machines that lack something: one clear line, and nothing half-made."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.workflow


def machine(folder: Path, python: str) -> dict[str, str]:
    """An environment with all programs of this machine but Python, whose place a script takes."""
    programs = folder / "bin"
    programs.mkdir()
    for place in ("/usr/bin", "/bin"):
        for program in Path(place).iterdir():
            if not program.name.startswith("python") and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    (programs / "python3").write_text(python)
    (programs / "python3").chmod(0o755)
    return {"PATH": str(programs), "HOME": str(folder), "PRISMAKE_ENVS": str(folder / "environments")}


def launch(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "prismake"), *words], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_python_that_is_too_old_gets_one_line(tmp_path: Path) -> None:
    old = '#!/bin/sh\ncase "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac\n'
    done = launch(machine(tmp_path, old), "-n")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "prismake: Python 3.11 or later is needed; found Python 3.9.2. Install it, or name it: "
        "PRISMAKE_PYTHON=/path/to/python3 ./prismake"
    ]
    assert not (tmp_path / "environments").exists()


def test_a_missing_venv_module_gets_one_line(tmp_path: Path) -> None:
    bare = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *) exit 0;; esac\n'
    done = launch(machine(tmp_path, bare), "-n")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "prismake: the venv module of python3 is missing. On Debian and Ubuntu: apt install python3-venv"
    ]
    assert not (tmp_path / "environments").exists()


def test_no_python_or_a_wrong_one_gets_one_line(tmp_path: Path) -> None:
    environment = machine(tmp_path, "")
    (tmp_path / "bin/python3").unlink()
    done = launch(environment, "-n")
    assert done.stderr.startswith("prismake: Python 3.11 or later is needed; found none. Install it")
    assert len(done.stderr.splitlines()) == 1
    done = launch(environment | {"PRISMAKE_PYTHON": "/no such/python"}, "-n")
    assert done.stderr == "prismake: PRISMAKE_PYTHON is '/no such/python', which is no Python 3.11 or later\n"
    assert not (tmp_path / "environments").exists()


def test_init_takes_a_folder_and_no_flag(tmp_path: Path) -> None:
    done = launch(os.environ | {"PRISMAKE_ENVS": str(tmp_path)}, "init", "--help")
    assert (done.returncode, done.stderr) == (2, "prismake: init takes one folder: ./prismake init DIR\n")


def test_help_needs_nothing(tmp_path: Path) -> None:
    done = launch(machine(tmp_path, "#!/bin/sh\nexit 1\n"), "--help")
    assert done.returncode == 0
    assert "./prismake init DIR" in done.stdout


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="needs shellcheck (apt install shellcheck)")
def test_shell_scripts_pass_shellcheck() -> None:
    scripts = [
        ROOT / "prismake",
        ROOT / ".ci/run",
        ROOT / "profiles/cluster-generic/status.sh",
        ROOT / "tests/workflow/slurm.sh",
    ]
    subprocess.run(["shellcheck", *map(str, scripts)], check=True)


def test_a_folder_that_is_not_there_or_no_review_is_said(tmp_path: Path) -> None:
    environment = os.environ | {"PRISMAKE_ENVS": os.environ.get("PRISMAKE_ENVS", str(ROOT))}
    done = launch(environment, "--directory", str(tmp_path / "none"))
    assert done.returncode == 1
    assert f"prismake: no such folder: {tmp_path}/none" in done.stderr


def test_dedup_with_files_needs_no_review_and_without_them_is_the_target(tmp_path: Path) -> None:
    environment = os.environ | {"PRISMAKE_ENVS": os.environ.get("PRISMAKE_ENVS", str(ROOT))}
    export = next((ROOT / "review/searches").glob("*/wos.ris"))
    done = launch(environment, "dedup", str(export), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "29 records" in done.stdout
    assert (tmp_path / "out/unique.ris").is_file()
    for words in (["dedup", "none.ris", "--out", str(tmp_path / "out")], ["dedup", "none.ris"]):
        done = launch(environment, *words)
        assert done.returncode != 0
        assert "none.ris" in done.stderr or "--out" in done.stderr
    for words in (["dedup", "-n"], ["dedup", "--directory", str(ROOT), "-n"]):
        done = launch(environment, *words)
        assert done.returncode == 0, done.stderr
        assert "find_duplicates" in done.stdout + done.stderr or "Nothing to be done" in done.stdout + done.stderr
