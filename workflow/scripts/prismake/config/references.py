"""Keys of the configuration that name others, checked against what they name."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..problems import nearest, show
from .networks import MEASURES

if TYPE_CHECKING:
    from . import Config


@dataclass(frozen=True)
class Fault:
    """One key whose value does not fit the rest of the configuration."""

    key: tuple[str | int, ...]
    found: str
    expected: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.key))}: found {self.found}; expected {self.expected}"


class Faults(ValueError):
    """Every `Fault` of a configuration."""

    def __init__(self, *faults: Fault):
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


def faults_of(config: "Config") -> list[Fault]:
    """Every key that names what is not there, or what cannot be meant."""
    return [
        *_of_sources(config),
        *_of_outcomes(config),
        *_of_subgroups(config),
        *_of_moderators(config),
        *_of_models(config),
        *_of_cumulative(config),
        *_of_networks(config),
    ]


def _unknown(key: tuple[str | int, ...], value: str, known: Collection[str], kind: str) -> Iterator[Fault]:
    if value not in known:
        listed = f"one of {', '.join(known)}" if known else f"a key of {kind}, which has none"
        yield Fault(key, f"{show(value)}, which is not in {kind}", listed, nearest(value, list(known)))


def _of_sources(config: "Config") -> Iterator[Fault]:
    files = Counter(run.file for source in config.sources.values() for run in source.searches)
    for name, source in config.sources.items():
        dates = Counter(run.date for run in source.searches)
        for i, run in enumerate(source.searches):
            key = ("sources", name, "searches", i)
            if dates[run.date] > 1:
                yield Fault((*key, "date"), f"{run.date} in {dates[run.date]} runs", "a date of its own for each run")
            if files[run.file] > 1:
                found = f"{show(run.file)} as the export of {files[run.file]} searches"
                yield Fault((*key, "file"), found, "a file of its own for each")
        if source.kind == "other" and not source.method:
            yield Fault(("sources", name, "kind"), "other without method", "method: Websites, Citation searching ...")
    for i, name in enumerate(config.dedup.prefer):
        yield from _unknown(("dedup", "prefer", i), name, config.sources, "sources")


def _of_outcomes(config: "Config") -> Iterator[Fault]:
    for name, outcome in config.outcomes.items():
        if outcome.comparison is not None:
            yield from _unknown(("outcomes", name, "comparison"), outcome.comparison, config.comparisons, "comparisons")
        if outcome.timepoint == "all" and config.synthesis.dependent == "error":
            expected = "synthesis.dependent: multilevel or robust beside it, or one time point"
            yield Fault(("outcomes", name, "timepoint"), "all", expected)


def _of_subgroups(config: "Config") -> Iterator[Fault]:
    for name, subgroup in config.subgroups.items():
        yield from _unknown(("subgroups", name, "by"), subgroup.by, config.characteristics, "characteristics")
        found = config.characteristics.get(subgroup.by)
        if found is not None and found.type == "number" and not subgroup.bands:
            yield Fault(("subgroups", name, "by"), f"{subgroup.by}, a number, without bands", "bands that cut it")
        if found is not None and found.type == "text" and subgroup.bands:
            expected = f"none: {subgroup.by} is a text, which is taken as it stands"
            yield Fault(("subgroups", name, "bands"), "bands", expected)


def _of_moderators(config: "Config") -> Iterator[Fault]:
    for name, moderator in config.moderators.items():
        yield from _unknown(("moderators", name, "by"), moderator.by, config.characteristics, "characteristics")
        found = config.characteristics.get(moderator.by)
        if found is not None and found.type == "number" and moderator.reference:
            expected = f"none: {moderator.by} is a number, and only categories have a reference"
            yield Fault(("moderators", name, "reference"), show(moderator.reference), expected)
        if found is not None and found.type == "text" and moderator.log10:
            yield Fault(("moderators", name, "log10"), "true", f"false: {moderator.by} is a text, not a number")


def _of_models(config: "Config") -> Iterator[Fault]:
    place = ("synthesis", "regression", "together")
    seen: list[set[str]] = []
    for number, keys in enumerate(config.synthesis.regression.together):
        for key in keys:
            yield from _unknown((*place, number), key, config.moderators, "moderators")
        if len(set(keys)) < 2 or len(set(keys)) < len(keys):
            yield Fault((*place, number), show(", ".join(keys)), "two or more moderators, each once")
        elif set(keys) in seen:
            yield Fault((*place, number), show(", ".join(keys)), "each model once")
        seen.append(set(keys))


def _of_cumulative(config: "Config") -> Iterator[Fault]:
    numbers = [key for key, found in config.characteristics.items() if found.type == "number"]
    order, known = config.synthesis.cumulative, ("none", "year", *numbers)
    if order not in known:
        expected = f"none, year, or a characteristic that is a number: {', '.join(numbers) or 'there is none'}"
        yield Fault(("synthesis", "cumulative"), show(order), expected, nearest(order, known))


def _of_networks(config: "Config") -> Iterator[Fault]:
    for name, network in config.networks.items():
        key = ("networks", name, "outcome")
        yield from _unknown(key, network.outcome, config.outcomes, "outcomes")
        outcome = config.outcomes.get(network.outcome)
        if outcome is None:
            continue
        if outcome.measure not in MEASURES:
            yield Fault(key, f"{network.outcome}, whose measure is {outcome.measure}", f"one of {', '.join(MEASURES)}")
        elif outcome.variance != "LS":
            yield Fault(key, f"{network.outcome}, whose variance is {outcome.variance}", "variance LS")
