"""The one reader of ``config.yaml``: from its text to `prismake.config.Config`, or to what to mend, with the line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from .config import Config
from .config.references import Faults
from .problems import InputError, Problem, cell, nearest, show


def load(path: Path, overrides: dict[str, Any] | None = None) -> Config:
    """Read and check a configuration.

    Parameters
    ----------
    path : Path
        ``config.yaml``; files that it names are looked for beside it.
    overrides : dict, optional
        Values that replace those of the file, key by key (Snakemake's ``--config`` and ``--configfile``).

    Raises
    ------
    InputError
        With one problem for each unknown or repeated key, wrong type or missing file, naming the key, its line and what is
        allowed.
    """
    tree, values = _parse(path, _read(path))
    try:
        config = Config.model_validate(_merged(values, overrides or {}))
    except ValidationError as error:
        raise InputError(*(problem for fault in error.errors() for problem in _explain(path, tree, fault))) from error
    missing = [
        Problem(
            _where(path, tree, key), f"{show(name)}, which is not there", "a file, its path relative to config.yaml"
        )
        for key, name in _named_files(config)
        if not (path.parent / name).is_file()
    ]
    if missing:
        raise InputError(*missing)
    return config


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        mend = "Run in a review folder, name one with --directory DIR, or make one: ./prismake init DIR."
        raise InputError(Problem(str(path), "no readable file", "the configuration of a review", mend)) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = cell(path, data[: error.start].count(b"\n") + 1)
        raise InputError(
            Problem(where, "bytes that are not UTF-8", "text in UTF-8", "Save the file as UTF-8.")
        ) from error


def _parse(path: Path, text: str) -> tuple[yaml.Node | None, dict[str, Any]]:
    """The tree with its lines, and the values."""
    try:
        tree = yaml.compose(text, Loader=_Loader)
        values = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = cell(path, mark.line + 1 if mark else None)
        raise InputError(Problem(where, str(getattr(error, "problem", None) or error), "valid YAML")) from error
    repeated = list(_repeated(path, tree))
    if repeated:
        raise InputError(*repeated)
    if values is not None and not isinstance(values, dict):
        raise InputError(Problem(cell(path, 1), f"a {type(values).__name__}", "keys and values, as review: ..."))
    return tree, values or {}


class _Loader(yaml.SafeLoader):
    """YAML without dates: pydantic reads them, and says where one does not exist."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _repeated(path: Path, node: yaml.Node | None, above: str = "") -> Iterator[Problem]:
    """Keys that stand twice: YAML keeps the last one and drops the others in silence."""
    if isinstance(node, yaml.SequenceNode):
        for i, part in enumerate(node.value):
            yield from _repeated(path, part, f"{above}{i}.")
    elif isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in first:
                found = f"the key a second time (first in line {first[key.value]})"
                yield Problem(cell(path, line, key=f"{above}{key.value}"), found, "each key once")
            first.setdefault(str(key.value), line)
            yield from _repeated(path, value, f"{above}{key.value}.")


def _merged(values: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for key, value in overrides.items():
        within = merged.get(key)
        merged[key] = _merged(within, value) if isinstance(within, dict) and isinstance(value, dict) else value
    return merged


def _named_files(config: Config) -> list[tuple[tuple[str | int, ...], str]]:
    named: list[tuple[tuple[str | int, ...], str]] = []
    for key, source in config.sources.items():
        named += [(("sources", key, "searches", i, "file"), run.file) for i, run in enumerate(source.searches)]
        if source.strategy:
            named.append((("sources", key, "strategy"), source.strategy))
    named += [(("outcomes", key, "file"), outcome.file) for key, outcome in config.outcomes.items()]
    return named


def _line(node: yaml.Node | None, key: tuple[str | int, ...]) -> int | None:
    """The line at which a key stands, or that of the deepest part of it which exists."""
    line = None
    for part in key:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _where(path: Path, tree: yaml.Node | None, key: tuple[str | int, ...]) -> str:
    return cell(path, _line(tree, key), key=".".join(map(str, key)) or None)


_EXPECTED = {
    "dict_type": "keys and values below this key",
    "model_type": "keys and values below this key",
    "model_attributes_type": "keys and values below this key",
    "list_type": "a list: [a, b], or lines that begin with -",
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_too_short": "text; this key is required",
    "too_short": "at least one entry",
}


def _explain(path: Path, tree: yaml.Node | None, fault: Any) -> Iterator[Problem]:
    raised = fault.get("ctx", {}).get("error")
    if isinstance(raised, Faults):
        for one in raised.faults:
            yield Problem(_where(path, tree, one.key), one.found, one.expected, one.mend)
        return
    key = tuple(part for part in fault["loc"] if part != "[key]")
    where = _where(path, tree, key)
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if fault["type"] == "extra_forbidden":
        allowed = _fields_at(key[:-1])
        expected = "a key that is known here: " + ", ".join(allowed)
        yield Problem(where, "an unknown key", expected, nearest(str(key[-1]), allowed))
    elif fault["type"] == "missing":
        yield Problem(where, "nothing", "a value; this key is required")
    elif raised is not None and isinstance(fault["input"], dict | BaseModel):  # two keys of one section
        found, _, expected = message.partition("; expected ")
        yield Problem(where, found, expected or "values that go together")
    else:
        yield Problem(where, _shown(fault["input"]), _EXPECTED.get(fault["type"], message))


def _shown(given: Any) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, dict | BaseModel):
        return "keys and values"
    return "a list" if isinstance(given, list) else show(given)


def _fields_at(key: tuple[str | int, ...]) -> list[str]:
    """The field names of the model that a key path leads to."""
    model: Any = Config
    for part in key:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[str(part)].annotation
        else:
            model = model.__args__[-1]
        while getattr(model, "__args__", None) and not (isinstance(model, type) and issubclass(model, BaseModel)):
            if getattr(model, "__origin__", None) in (dict, list):
                break
            model = model.__args__[0]
    while getattr(model, "__args__", None):
        model = model.__args__[-1]
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
