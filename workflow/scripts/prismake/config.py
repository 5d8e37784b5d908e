"""The typed configuration of a review: every key of ``config.yaml`` is a field of a model below, with its meaning.

The JSON schema in ``workflow/schemas`` is made from them; `prismake.configfile` reads the file.
"""

import codecs
import datetime
import re
from collections import Counter
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from .problems import nearest, show

KEY = r"^[a-z][a-z0-9_]*$"
Key = Annotated[str, Field(pattern=KEY)]


def _blank(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_blank)]
"""Words of a person; left empty, the report says 'not reported'."""


def _day(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value
    if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip())):
        raise ValueError("a date as 2025-11-01")
    try:
        return datetime.date.fromisoformat(value.strip())
    except ValueError as error:
        raise ValueError("a date that exists, as 2025-11-01") from error


Day = Annotated[datetime.date, BeforeValidator(_day)]
"""A date, written as 2025-11-01 and in no other way."""


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values keep their type and do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, strict=True)


class Author(Section):
    """One author of the review."""

    name: str
    affiliation: Text = ""
    orcid: Text = ""


class Review(Section):
    """What the report says of the review itself, in its authors' words."""

    title: str = Field(min_length=1)
    subtitle: Text = ""
    authors: list[Author] = []
    date: Day = Field(description="date of the protocol; also the date that documents carry")
    rationale: Text = ""
    objectives: Text = ""
    registration: Text = ""
    protocol: Text = ""
    amendments: Text = ""
    funding: Text = ""
    interests: Text = ""
    availability: Text = ""
    discussion: Text = ""
    limitations: Text = ""
    notice: Text = Field("", description="a note set above everything else, for instance that this is an example")


class Question(Section):
    """The question, as PICO and study designs."""

    population: Text = ""
    intervention: Text = ""
    comparator: Text = ""
    outcomes: Text = ""
    designs: Text = ""


class Criterion(Section):
    """One criterion of eligibility."""

    include: str
    exclude: Text = ""


class Eligibility(Section):
    """Who may enter the review, and the closed list of reasons for exclusion (key: words in the report)."""

    criteria: dict[Key, Criterion] = {}
    reasons: dict[Key, str] = {}


Format = Literal[
    "auto",
    "ris",
    "nbib",
    "bibtex",
    "endnote",
    "wos",
    "refer",
    "noteexpress",
    "refworks",
    "estudy",
    "table",
    "embase",
    "ctgov",
    "ictrp",
]
Column = Literal[
    "accession", "type", "title", "title_other", "authors", "year", "journal", "volume", "issue", "pages", "page_start",
    "page_end", "article", "doi", "pmid", "pmcid", "registry_ids", "abstract", "keywords", "language", "issn", "urls", "notes",
    "status", "phase", "design", "enrolment", "arms", "primary_outcomes", "secondary_outcomes", "start", "completion",
    "country", "sponsor",
]  # fmt: skip


class SearchRun(Section):
    """One run of one search: one file, dated, never replaced."""

    date: Day
    file: str = Field(description="the export exactly as downloaded, a path relative to this file")
    format: Format = "auto"
    columns: dict[Column, str] = Field(
        {}, description="for tables whose headers are not known: our field: their header"
    )
    encoding: str = Field("auto", description="auto, or a name that Python knows (utf-8, gb18030, cp1252)")
    results: int | None = Field(None, ge=0, description="the number of hits that the database showed")
    rejects: int = Field(0, ge=0, description="how many unreadable entries of this file are accepted")
    note: Text = ""

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, value: str) -> str:
        try:
            known = value == "auto" or codecs.lookup(value)._is_text_encoding
        except LookupError:
            known = False
        if not known:
            raise ValueError("auto, or the name of an encoding: utf-8, utf-16, gb18030, cp1252, latin-1 ...")
        return value


class Source(Section):
    """One searched database, register or other place."""

    name: str
    kind: Literal["database", "register", "other", "previous"] = "database"
    method: Text = Field("", description="for kind other: Websites, Organisations, Citation searching ...")
    platform: Text = ""
    coverage: Text = ""
    limits: Text = ""
    filters: Text = Field("", description="published search filters that the strategy uses, with their source")
    prior_work: Text = Field("", description="the earlier strategy that this one was taken from, with its source")
    peer_review: Text = Field("", description="whether and how the strategy was reviewed, for instance PRESS")
    strategy: Text = Field("", description="file with the strategy verbatim")
    strategy_status: Text = Field("", description="said beside the strategy, for instance 'illustrative, not run'")
    ids: Literal["accession", "content"] = Field(
        "accession", description="what names its records: the database's own number, or what they say"
    )
    searches: list[SearchRun] = Field(min_length=1)


class Dedup(Section):
    """How duplicates are found. Scores run from 0 to 1."""

    duplicate_from: float = Field(0.90, gt=0, le=1, description="pairs scoring at least this are merged")
    review_from: float = Field(0.70, gt=0, le=1, description="pairs between this and duplicate_from wait for a verdict")
    prefer: list[Key] = Field([], description="sources whose record represents a report, best first")
    parts: int = Field(1, ge=1, le=1000, description="jobs that share the comparison; the result is the same")

    @model_validator(mode="after")
    def _ordered(self) -> "Dedup":
        if self.review_from > self.duplicate_from:
            raise ValueError(f"review_from ({self.review_from}) is above duplicate_from ({self.duplicate_from})")
        return self


class Stage(Section):
    """Who decides at one stage of screening."""

    reviewers: int = Field(1, ge=1, description="how many reviewers must decide on each report")
    adjudicators: list[str] = Field([], description="names whose decision settles a conflict")


class Ranking(Section):
    """The order in which unscreened reports are offered."""

    seed: int = 20250101
    min_word_reports: int = Field(1, ge=1, description="a term counts when at least so many reports hold it")


class Screening(Section):
    """Both stages of screening, the ranking of what is unread, and who decides."""

    reviewers: dict[str, str] = Field(
        {}, description="who each reviewer of the decision tables is, in words; the report prints it"
    )
    title_abstract: Stage = Stage()
    full_text: Stage = Stage()
    ranking: Ranking = Ranking()


class Characteristic(Section):
    """One column of ``review/studies.csv`` beyond the fixed ones."""

    label: str
    type: Literal["text", "number"] = "text"
    unit: Text = ""
    table: bool = Field(True, description="show it in the table of included studies")


class Comparison(Section):
    """A contrast between two kinds of arm; ``review/comparisons.csv`` says which arms of which study."""

    label: str
    intervention: str
    comparator: str


class Outcome(Section):
    """One outcome: where its figures stand, and how one result a study is chosen and measured."""

    label: str
    file: str = Field(description="extraction table that holds its rows")
    comparison: Key
    measure: Literal["OR", "RR", "RD", "MD", "SMD"]
    better: Literal["higher", "lower"]
    unit: Text = ""
    definition: Text = ""
    timepoint: str = Field("longest", description="longest, shortest, or closest to N weeks")
    units_of_analysis: list[str] = Field([], description="accepted units, best first; empty accepts any one unit")
    synthesise: bool = Field(True, description="false: reported, not pooled")

    @property
    def dichotomous(self) -> bool:
        """Whether the measure is made from events and totals."""
        return self.measure in ("OR", "RR", "RD")

    @property
    def closest_to(self) -> float | None:
        """The N of 'closest to N weeks'."""
        match = re.fullmatch(r"closest to (\d+(?:\.\d+)?) weeks", self.timepoint)
        return float(match.group(1)) if match else None

    @model_validator(mode="after")
    def _rule_is_known(self) -> "Outcome":
        if self.timepoint not in ("longest", "shortest") and self.closest_to is None:
            raise ValueError(f"timepoint is {show(self.timepoint)}; expected longest, shortest or 'closest to N weeks'")
        return self


class Band(Section):
    """One band of a numeric characteristic: from (included) to below (excluded)."""

    label: str
    at_least: float | None = None
    below: float | None = None


class Subgroup(Section):
    """A subgroup analysis: by a text characteristic as it stands, or by a number cut into bands."""

    label: str
    by: Key
    bands: list[Band] = Field([], description="in ascending order; together they hold every number once")

    @model_validator(mode="after")
    def _bands_hold_every_number_once(self) -> "Subgroup":
        if not self.bands:
            return self
        labels = [band.label for band in self.bands]
        if len(set(labels)) < len(labels):
            raise ValueError("two bands of one label; each needs its own")
        if self.bands[0].at_least is not None or self.bands[-1].below is not None:
            raise ValueError("bands that leave numbers out; the first has no at_least and the last no below")
        for one, two in pairwise(self.bands):
            if one.below is None or one.below != two.at_least:
                found = f"{show(one.label)} ends below {one.below}, {show(two.label)} begins at {two.at_least}"
                raise ValueError(f"bands with a gap or an overlap: {found}; expected the same number")
        ends = [band.below for band in self.bands if band.below is not None]
        if any(low >= high for low, high in pairwise(ends)):
            raise ValueError("bands that do not ascend")
        return self


class HartungKnapp(Section):
    """What happens where the Hartung-Knapp interval misleads."""

    k2: Literal["plain", "floor", "wald"] = "floor"
    tau2_zero: Literal["plain", "floor", "wald"] = "floor"
    q_below_df: Literal["plain", "floor", "wald"] = "floor"


class Prediction(Section):
    """The prediction interval: smallest number of studies, and degrees of freedom of its t quantile."""

    from_k: int = Field(3, ge=2)
    df: Literal["k-1", "k-2"] = "k-1"

    @model_validator(mode="after")
    def _df_is_positive(self) -> "Prediction":
        if self.df == "k-2" and self.from_k < 3:
            raise ValueError("df k-2 needs from_k of at least 3")
        return self


class ZeroCells(Section):
    """Zero cells of two-by-two tables, in metafor's words."""

    add: float = Field(0.5, ge=0)
    to: Literal["only0", "all", "if0all", "none"] = "only0"
    drop00: bool = True


class Synthesis(Section):
    """The statistical model of every synthesis."""

    method: Literal["REML", "ML", "PM", "DL", "EE"] = "REML"
    interval: Literal["HKSJ", "Wald"] = "HKSJ"
    pooled: Text = Field("", description="in words: what is pooled, and what only in the sensitivity analysis")
    level: float = Field(0.95, gt=0.5, lt=1)
    hartung_knapp: HartungKnapp = HartungKnapp()
    prediction: Prediction = Prediction()
    zero_cells: ZeroCells = ZeroCells()
    shared_comparator: Literal["error", "split"] = "error"
    subgroup_studies: int = Field(2, ge=1, description="smallest number of studies in each of two or more groups")
    funnel_from: int = Field(3, ge=2, description="smallest number of studies for a funnel plot")


class Published(Section):
    """A published review whose estimates stand beside ours."""

    review: str = Field(description="review_id in review/published.csv")
    label: str
    reference: Text = ""
    note: Text = ""


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
