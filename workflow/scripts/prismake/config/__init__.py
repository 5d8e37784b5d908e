"""The typed configuration of a review: every key of ``config.yaml`` is a field of a model here, with its meaning.

The JSON schema in ``workflow/schemas`` is made from them; `prismake.configfile` reads the file.
"""

import datetime
from typing import Literal

from pydantic import Field, model_validator

from .base import Day, Key, Moment, Section, Text
from .networks import Network
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
from .references import Faults, faults_of
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
        faults = faults_of(self)
        if faults:
            raise Faults(*faults)
        return self

    @property
    def last_search(self) -> datetime.date | None:
        """The day of the last search that may have found anything, those of previous reviews left out."""
        sources = (source for source in self.sources.values() if source.kind != "previous")
        return max((run.date for source in sources for run in source.searches if run.results != 0), default=None)

    @property
    def figures_of_outcomes(self) -> list[str]:
        """The figures that every synthesis has, by the names of their files."""
        several = {
            "subgroups": [f"subgroup_{key}" for key in self.subgroups],
            "bubble": [f"bubble_{key}" for key in self.moderators],
        }
        asked = dict.fromkeys(self.synthesis.figures)
        return ["forest", *(name for figure in asked for name in several.get(figure, [figure]))]
