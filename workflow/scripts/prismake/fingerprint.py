"""Hashes by which Snakemake knows that a rule's code has changed, and readers which inputs a report was made from."""

import ast
import hashlib
from functools import cache
from pathlib import Path


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def code_hash(script: Path) -> str:
    """The hash of a script and of every module of the package that it uses, directly or through another.

    Parameters
    ----------
    script : Path
        A file that stands beside the package ``prismake``.
    """
    digest = hashlib.sha256()
    for path in sorted(_closure(script.resolve(), script.resolve().parent)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _closure(start: Path, root: Path) -> set[Path]:
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path, root)
    return found


@cache
def _imported(path: Path, root: Path) -> tuple[Path, ...]:
    """The files of the package that a file imports, with the ``__init__`` of each folder on the way."""
    package = [*path.relative_to(root).parent.parts]
    names: set[tuple[str, ...]] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {tuple(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = (*base, *(node.module.split(".") if node.module else []))
            names |= {stem, *((*stem, alias.name) for alias in node.names)}
    files = []
    for name in names:
        for depth in range(1, len(name) + 1):
            folder = root.joinpath(*name[:depth])
            files += [f for f in (folder / "__init__.py", folder.with_suffix(".py")) if f.is_file()]
    return tuple(sorted(set(files)))
