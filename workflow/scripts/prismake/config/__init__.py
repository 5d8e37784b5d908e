"""The typed configuration of a review: every key of ``config.yaml`` is a field of a model here, with its meaning.

The JSON schema in ``workflow/schemas`` is made from them; `prismake.configfile` reads the file.
"""

from collections import Counter
from typing import Literal

from pydantic import Field, model_validator

from ..problems import nearest, show
from .base import Day, Key, Section, Text
from .protocol import Band, Characteristic, Comparison, Eligibility, Outcome, Published, Question, Review, Subgroup
from .records import Column, Dedup, Format, Ranking, Screening, SearchRun, Simulation, Source, Stage
from .synthesis import HartungKnapp, Synthesis

__all__ = [
    "Band", "Characteristic", "Column", "Comparison", "Config", "Day", "Dedup", "Eligibility", "Format", "HartungKnapp",
    "Outcome", "Question", "Ranking", "Screening", "SearchRun", "Simulation", "Source", "Stage", "Subgroup", "Synthesis",
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
            if outcome.comparison not in self.comparisons:
                faults.append(f"outcomes.{name}.comparison is {show(outcome.comparison)}, which is no comparison")
        for name, subgroup in self.subgroups.items():
            if subgroup.by not in self.characteristics:
                faults.append(f"subgroups.{name}.by is {show(subgroup.by)}, which is no characteristic")
            elif (self.characteristics[subgroup.by].type == "number") != bool(subgroup.bands):
                faults.append(f"subgroups.{name}: a number is cut by bands, a text is taken as it stands")
        if faults:
            raise ValueError("; ".join(faults))
        return self
