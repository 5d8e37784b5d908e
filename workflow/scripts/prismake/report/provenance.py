"""What a report was made from: versions of the software and hashes of the inputs; no clock, host or path."""

import platform
from importlib import metadata
from pathlib import Path

from .. import __version__
from ..config import Config
from ..fingerprint import file_hash
from ..people import LOG, PEOPLE
from ..screening.frame import FRAME

PACKAGES = (
    "snakemake",
    "pydantic",
    "rispy",
    "rapidfuzz",
    "pyarrow",
    "numpy",
    "scipy",
    "scikit-learn",
    "matplotlib",
    "typst",
)


def versions(renderer: str) -> dict[str, str]:
    """Name -> version of what made the report, the renderer included."""
    found = {"prismake": __version__, "Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    name, version = renderer.split(" ", 1)
    return found | {f"{name} (renderer)": version}


def inputs(config: Config) -> dict[str, str]:
    """Path -> SHA-256 of every input of the review, sorted."""
    paths = {
        "config.yaml",
        *PEOPLE,
        *(path for path in (LOG, FRAME) if Path(path).is_file()),
        *(outcome.file for outcome in config.outcomes.values()),
    }
    for source in config.sources.values():
        paths |= {run.file for run in source.searches}
        paths |= {source.strategy} if source.strategy else set()
    return {path: file_hash(Path(path)) for path in sorted(paths)}
