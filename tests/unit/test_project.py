"""The house is in order: locks, environments, schemas, rules and rooms are in step with each other."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from prismake import fingerprint
from prismake.fingerprint import _closure, code_hash
from prismake.schemas import schemas

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow/scripts"
PACKAGE = SCRIPTS / "prismake"
LOCKS = ("requirements.lock", "envs/slurm.lock", "envs/test.lock", "envs/uv.lock")
CONDA = {
    "python_full_version": "3.11.9",
    "python_version": "3.11",
    "sys_platform": "linux",
    "platform_machine": "x86_64",
}
DISTRIBUTION = {  # what is imported -> what conda or PyPI call it
    "yaml": "pyyaml", "matplotlib": "matplotlib-base", "sklearn": "scikit-learn", "PIL": "pillow", "pypandoc": "pypandoc-binary",
    "resvg_py": "resvg-py", "manimgx_fonts_cjk": "manimgx-fonts-cjk",
}  # fmt: skip


@cache
def locked(name: str) -> dict[str, set[str]]:
    """Package -> versions pinned for Python 3.11 on Linux."""
    found: dict[str, set[str]] = {}
    for line in re.findall(r"^[a-zA-Z0-9_.-]+==[^\\\n]+", (ROOT / name).read_text(), re.MULTILINE):
        requirement = Requirement(line.strip())
        if requirement.marker is None or requirement.marker.evaluate({**CONDA}):
            found.setdefault(requirement.name, set()).add(str(requirement.specifier)[2:])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_locks_are_hashed_and_name_no_index(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "index-url" not in text
    assert "://" not in text
    for entry in re.split(r"^(?=[a-zA-Z0-9])", text, flags=re.MULTILINE):
        if "==" in entry:
            assert "--hash=sha256:" in entry, entry


def test_the_locks_agree() -> None:
    base = locked("requirements.lock")
    assert len(base) > 30
    for other in ("envs/slurm.lock", "envs/test.lock"):
        assert base.items() <= locked(other).items()


def conda_packages(name: str) -> dict[str, str]:
    listed = yaml.safe_load((ROOT / "envs" / name).read_text())["dependencies"]
    pip = next((item["pip"] for item in listed if isinstance(item, dict)), [])
    return dict(re.split("==?", item) for item in [*(i for i in listed if isinstance(i, str) and "=" in i), *pip])


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "envs").glob("*.yaml")))
def test_conda_environments_pin_what_the_lock_pins(name: str) -> None:
    base = locked("requirements.lock")
    for package, version in conda_packages(name).items():
        if package == "python":
            assert version == "3.11"
        elif package.startswith("r-"):
            continue  # R's packages are not Python's; conda pins them by itself
        else:
            assert base[package.removesuffix("-base")] == {version}


def rules() -> list[tuple[str, str]]:
    """Every rule with a script: its name and its text."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    parts = re.split(r"^(?:rule|checkpoint) (\w+):\n", text, flags=re.MULTILINE)[1:]
    found = list(zip(parts[::2], parts[1::2], strict=True))
    return [(name, body) for name, body in found if "script:" in body]


@pytest.mark.parametrize(("name", "body"), rules())
def test_every_rule_says_all_that_users_of_snakemake_expect(name: str, body: str) -> None:
    assert body.lstrip().startswith('"""')
    for word in ("input:", "output:", "params:", "log:", "benchmark:", "threads:", "resources:", "conda:", "script:"):
        assert f"    {word}" in body, f"{name} has no {word}"
    assert "mem_mb=" in body
    assert "runtime=" in body
    assert "run:" not in body
    script = re.search(r'script:\s+"\.\./scripts/(\w+)\.py"', body)
    assert script
    assert f'code=code("{script.group(1)}")' in body


@pytest.mark.parametrize(("name", "body"), rules())
def test_the_environment_of_a_rule_holds_what_its_code_imports(name: str, body: str) -> None:
    script = re.search(r'"\.\./scripts/(\w+\.py)"', body)
    environment = re.search(r'"\.\./\.\./envs/(\w+\.yaml)"', body)
    assert script
    assert environment
    held = set(conda_packages(environment.group(1)))
    imported: set[str] = set()
    for path in _closure(SCRIPTS / script.group(1), SCRIPTS):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                imported.add(node.module.split(".")[0])
    third = imported - set(sys.stdlib_module_names) - {"prismake"}
    assert {DISTRIBUTION.get(module, module) for module in third} <= held


def test_schemas_are_in_step_with_the_models() -> None:
    stored = {path.name: path.read_text() for path in (ROOT / "workflow/schemas").glob("*.json")}
    assert stored == schemas(), "run: python -m prismake.schemas"
    assert json.loads(stored["config.schema.json"])["properties"]["synthesis"]


ROOMS = ["search", "dedup", "screening", "extraction", "bias", "synthesis", "prisma", "report"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_stands_above_it(room: str) -> None:
    below = set(ROOMS[ROOMS.index(room) + 1 :])
    for path in (PACKAGE / room).rglob("*.py"):
        for imported in _closure(path, SCRIPTS):
            used = imported.relative_to(PACKAGE).parts[0] if imported.is_relative_to(PACKAGE) else ""
            assert used not in below, f"{path.name} imports {imported.relative_to(PACKAGE)}"


def test_no_file_is_too_long_to_see() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in [*PACKAGE.rglob("*.py"), *(ROOT / "workflow").rglob("*.smk"), *(ROOT / "workflow").rglob("*.lua")]
        if (lines := len(path.read_text().splitlines())) > 500
    }
    assert long == {}


def test_scripts_are_short() -> None:
    for path in SCRIPTS.glob("*.py"):
        assert len(path.read_text().splitlines()) <= 35, path.name


def test_a_hash_of_code_changes_with_any_module_that_is_used_and_with_no_other(tmp_path: Path) -> None:
    package = tmp_path / "prismake"
    (package / "room").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "room/__init__.py").write_text("")
    (package / "room/used.py").write_text("from ..deep import x\n")
    (package / "room/other.py").write_text("")
    (package / "deep.py").write_text("x = 1\n")
    script = tmp_path / "job.py"
    script.write_text("from prismake.room.used import x\n")

    def now() -> str:
        fingerprint._imported.cache_clear()
        return code_hash(script)

    before = now()
    (package / "room/other.py").write_text("changed = True\n")
    assert now() == before
    (package / "deep.py").write_text("x = 2\n")
    assert now() != before


def test_nothing_in_the_project_names_a_machine() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    for name in done.stdout.splitlines():
        path = ROOT / name
        if (
            path.suffix in (".py", ".smk", ".md", ".yaml", ".yml", ".toml", ".sh", ".qmd", ".lua", "")
            and path.is_file()
        ):
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not re.search(r"(?<![\w.])/(home|root|work)/\w", text), name


@pytest.mark.xdist_group("any")
def test_tests_of_one_group_go_to_one_worker(request):
    """Some releases of pytest and pytest-xdist ignore groups together: the shipped review would run once a worker."""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("one process runs all tests")
    assert request.node.nodeid.endswith("@any")
