"""Analyses read back from the ``synthesis.json`` of an outcome."""

from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from .analyses import Analysis, SubgroupAnalysis
from .further import Further

_ANALYSES: dict[str, Any] = {
    "main": Analysis | None,
    "wald": Analysis | None,
    "sensitivity": Analysis | None,
    "leave_one_out": list[Analysis],
    "subgroups": list[SubgroupAnalysis],
    "not_run": list[Analysis],
}


@cache
def _adapter(part: str) -> TypeAdapter[Any]:
    return TypeAdapter(_ANALYSES[part] if part in _ANALYSES else get_type_hints(Further)[part])


def read(said: dict[str, Any], part: str) -> Any:
    """One part of what `prismake.synthesis.run.synthesise` wrote: a key of its analyses, or a field of `Further`."""
    return _adapter(part).validate_python(said[part])


def analyses_in(said: dict[str, Any]) -> dict[str, Any]:
    """What `prismake.synthesis.analyses.analyse` gave."""
    return {part: read(said, part) for part in _ANALYSES}


def further_in(said: dict[str, Any]) -> Further:
    """What `prismake.synthesis.further.further` gave."""
    return Further(**{part: read(said, part) for part in get_type_hints(Further)})
