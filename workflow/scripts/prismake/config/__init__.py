"""The typed configuration of a review: every key of ``config.yaml`` is a field of a model here, with its meaning.

The JSON schema in ``workflow/schemas`` is made from them; `prismake.configfile` reads the file.
"""

from collections import Counter
from typing import Literal

from pydantic import Field, model_validator

from ..problems import nearest, show
from .base import Day, Key, Moment, Section, Text
from .networks import MEASURES, Network
from .protocol import (
    Band,
    Characteristic,
    Comparison,
    Eligibility,
    Moderator,
    Outcome,
    Published,
    Question,
    Review,
    Subgroup,
)
from .records import (
    Column,
    Dedup,
    Format,
    Highlight,
    Ranking,
    Screening,
    SearchRun,
    Simulation,
    Source,
    Stage,
    Stopping,
)
from .synthesis import HartungKnapp, Synthesis

__all__ = [
    "Band", "Characteristic", "Column", "Comparison", "Config", "Day", "Dedup", "Eligibility", "Format", "HartungKnapp",
    "Highlight", "Moderator", "Moment", "Network", "Outcome", "Question", "Ranking", "Screening", "SearchRun",
    "Simulation", "Source", "Stage", "Stopping", "Subgroup", "Synthesis",
]  # fmt: skip


class Bias(Section):
    """The tool for risk of bias in randomised trials."""

    tool: Literal["rob2"] = "rob2"
    effect: Literal["assignment"] = "assignment"
    basis: Text = Field("", description="what the answers rest on; printed above the judgements")


class Report(Section):
    """How the report is made."""

    renderer: Literal["auto", "quarto", "pandoc"] = "auto"
    formats: list[Literal["html", "docx", "pdf"]] = ["html", "docx", "pdf"]
    crosscheck: bool = Field(False, description="recompute every synthesis with metafor, which needs R, and show both")


class Config(Section):
    """The whole of ``config.yaml``."""

    review: Review
    question: Question = Question()
    eligibility: Eligibility = Eligibility()
    sources: dict[Key, Source] = {}
    dedup: Dedup = Dedup()
    screening: Screening = Screening()
    characteristics: dict[Key, Characteristic] = {}
    comparisons: dict[Key, Comparison] = {}
    outcomes: dict[Key, Outcome] = {}
    subgroups: dict[Key, Subgroup] = {}
    moderators: dict[Key, Moderator] = {}
    networks: dict[Key, Network] = {}
    synthesis: Synthesis = Synthesis()
    bias: Bias = Bias()
    published: Published | None = None
    report: Report = Report()

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> "Config":
        faults = []
        for name, source in self.sources.items():
            dates = [run.date for run in source.searches]
            if len(set(dates)) < len(dates):
                faults.append(f"sources.{name}.searches has two runs of one date; each run needs a date of its own")
            if source.kind == "other" and not source.method:
                faults.append(f"sources.{name} is of kind other and needs method (Websites, Citation searching ...)")
        files = Counter(run.file for source in self.sources.values() for run in source.searches)
        faults += [
            f"{file} is the export of {times} searches; each has a file of its own"
            for file, times in sorted(files.items())
            if times > 1
        ]
        for key in self.dedup.prefer:
            if key not in self.sources:
                faults.append(f"dedup.prefer names {show(key)}, which is no source. {nearest(key, list(self.sources))}")
        for name, outcome in self.outcomes.items():
            if outcome.comparison is not None and outcome.comparison not in self.comparisons:
                faults.append(f"outcomes.{name}.comparison is {show(outcome.comparison)}, which is no comparison")
            if outcome.timepoint == "all" and self.synthesis.dependent == "error":
                faults.append(
                    f"outcomes.{name}.timepoint is all, which needs synthesis.dependent: multilevel or robust"
                )
        for name, subgroup in self.subgroups.items():
            if subgroup.by not in self.characteristics:
                faults.append(f"subgroups.{name}.by is {show(subgroup.by)}, which is no characteristic")
            elif (self.characteristics[subgroup.by].type == "number") != bool(subgroup.bands):
                faults.append(f"subgroups.{name}: a number is cut by bands, a text is taken as it stands")
        faults += self._faults_of_moderators()
        faults += self._faults_of_networks()
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _faults_of_networks(self) -> list[str]:
        faults = []
        for name, network in self.networks.items():
            if network.outcome not in self.outcomes:
                faults.append(f"networks.{name}.outcome is {show(network.outcome)}, which is no outcome")
            elif self.outcomes[network.outcome].measure not in MEASURES:
                measure = self.outcomes[network.outcome].measure
                faults.append(f"networks.{name}: its outcome has the measure {measure}, expected {', '.join(MEASURES)}")
            elif self.outcomes[network.outcome].variance != "LS":
                faults.append(
                    f"networks.{name}: its outcome has variance {self.outcomes[network.outcome].variance}, expected LS"
                )
        return faults

    @property
    def figures_of_outcomes(self) -> list[str]:
        """The figures that every synthesis has, by the names of their files."""
        several = {
            "subgroups": [f"subgroup_{key}" for key in self.subgroups],
            "bubble": [f"bubble_{key}" for key in self.moderators],
        }
        asked = dict.fromkeys(self.synthesis.figures)
        return ["forest", *(name for figure in asked for name in several.get(figure, [figure]))]

    def _faults_of_moderators(self) -> list[str]:
        """Moderators, and the order of cumulative analyses, that no column of the studies can give."""
        faults = []
        for name, moderator in self.moderators.items():
            found = self.characteristics.get(moderator.by)
            if found is None:
                faults.append(f"moderators.{name}.by is {show(moderator.by)}, which is no characteristic")
            elif found.type == "number" and moderator.reference:
                faults.append(
                    f"moderators.{name} has a reference, which belongs to categories; {moderator.by} is a number"
                )
            elif found.type == "text" and moderator.log10:
                faults.append(f"moderators.{name} has log10, which belongs to numbers; {moderator.by} is a text")
        order = self.synthesis.cumulative
        numbers = [key for key, found in self.characteristics.items() if found.type == "number"]
        if order not in ("none", "year", *numbers):
            faults.append(
                f"synthesis.cumulative is {show(order)}; expected none, year, or a characteristic that is a number"
            )
        return faults
