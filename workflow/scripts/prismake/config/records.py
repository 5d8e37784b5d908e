"""From searches to decisions: sources and their exports, duplicates, screening."""

import codecs
from typing import Literal

from pydantic import Field, field_validator, model_validator

from ..problems import show
from .base import Day, Key, Section, Text

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
    "country", "sponsor", "publications",
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
    versions: Literal["link", "merge"] = Field(
        "link", description="versions of one Cochrane or BMJ Clinical Evidence review: reports apart, or one report"
    )
    parts: int = Field(1, ge=1, le=1000, description="jobs that share the comparison; the result is the same")

    @model_validator(mode="after")
    def _ordered(self) -> "Dedup":
        if self.review_from > self.duplicate_from:
            raise ValueError(
                f"review_from {self.review_from} above duplicate_from {self.duplicate_from}; expected no more than that"
            )
        return self


class Stage(Section):
    """Who decides at one stage of screening."""

    reviewers: int = Field(1, ge=1, description="how many reviewers must decide on each report")
    second_reads: float = Field(
        0, ge=0, lt=1, description="with one reviewer: the share of reports, by lot, that a second reviewer reads too"
    )
    calibration: int = Field(
        0,
        ge=0,
        description="size of the calibration round: reports, by lot, that every one of the screeners reads first",
    )
    screeners: list[str] = Field([], description="who screens, by name, without adjudicators; calibration needs it")
    joined: list[str] = Field(
        [], description="those of the screeners who came after the calibration round, and do not read it"
    )
    seed: int = Field(1, ge=0, description="of the lots of second_reads and calibration")
    adjudicators: list[str] = Field([], description="names whose decision settles a conflict")

    @model_validator(mode="after")
    def _second_reads_need_one_reviewer(self) -> "Stage":
        if self.second_reads and self.reviewers > 1:
            raise ValueError(
                f"second_reads {self.second_reads:g} with reviewers {self.reviewers}; expected reviewers: 1, of whose "
                "reports a share is read a second time"
            )
        return self

    @model_validator(mode="after")
    def _screeners_are_people_enough(self) -> "Stage":
        settling = {name.casefold() for name in self.adjudicators}
        names = [name.casefold() for name in self.screeners]
        least = max(self.reviewers, 2 if self.second_reads or self.calibration else 1)
        for name in self.screeners:
            if names.count(name.casefold()) > 1:
                raise ValueError(f"{show(name)} twice under screeners; expected each name once")
            if name.casefold() in settling:
                raise ValueError(f"{show(name)} under screeners and adjudicators; expected each name under one of them")
        if (self.screeners or self.calibration) and len(names) < least:
            found = ", ".join(map(show, self.screeners)) or "no name"
            raise ValueError(f"{found} under screeners; expected {least} names or more, as so many read a report")
        unknown = [name for name in self.joined if name not in self.screeners]
        if unknown:
            raise ValueError(f"{show(unknown[0])} under joined; expected names that stand under screeners")
        if self.calibration and len(self.calibrators) < 2:
            raise ValueError(
                "all but one of the screeners under joined; expected 2 or more who read the calibration round"
            )
        return self

    @property
    def calibrators(self) -> list[str]:
        """Who reads the calibration round: the screeners but for those who joined later."""
        return [name for name in self.screeners if name not in self.joined]


class Ranking(Section):
    """The order in which unscreened reports are offered."""

    model: Literal["svm", "naive_bayes"] = Field(
        "svm", description="what learns from decisions: a linear support vector machine, or complement naive Bayes"
    )
    seed: int = Field(20250101, ge=0, description="of the draw of reports that are presumed irrelevant")
    presumed_irrelevant: int = Field(
        500,
        ge=0,
        description="so many excluded reports are shown to a model, at most a third of all: while fewer have been read, "
        "unread ones that are least like what is sought are presumed to be irrelevant",
    )
    growth: float = Field(
        0.1, gt=0, le=1, description="share of what has been read, after which the rest is ranked again"
    )


class Simulation(Section):
    """Screening done again by the ranking, with the review's own decisions as labels."""

    runs: int = Field(10, ge=1, le=1000, description="runs, each from one relevant and one irrelevant report of a draw")
    seed: int = Field(1, ge=0, description="of the first run; the others count on from it")
    relevant: Literal["title_abstract", "full_text"] = Field(
        "full_text",
        description="what counts as relevant: reports that went on to the full text, or were included there",
    )


class Stopping(Section):
    """When screening on title and abstract may stop before all is read; declared before it begins."""

    rule: Literal["none", "hypergeometric", "certificate", "consecutive", "knee"] = Field(
        "none", description="none: every report is read"
    )
    recall: float = Field(0.95, gt=0, lt=1, description="the share of relevant reports to be found, at least")
    alpha: float = Field(0.05, gt=0, lt=0.5, description="1 - alpha is the confidence of the claim")
    run: int = Field(50, ge=1, description="for consecutive: irrelevant reports in a row")
    exclude_unread: bool = Field(
        False, description="where the rule is met, what is unread leaves the review, excluded by automation tools"
    )

    @model_validator(mode="after")
    def _automation_needs_a_claim(self) -> "Stopping":
        if self.exclude_unread and self.rule not in ("hypergeometric", "certificate"):
            raise ValueError(
                f"exclude_unread with rule {self.rule}: only hypergeometric and certificate make a claim about recall"
            )
        return self


class Highlight(Section):
    """Terms that the screening page marks in titles and abstracts; ``*`` at the end stands for any ending."""

    wanted: list[str] = Field([], description="marked as sought; empty: the words of the question")
    unwanted: list[str] = Field([], description="marked as speaking against a report")


class Screening(Section):
    """Both stages of screening, the ranking of what is unread, its simulation, and who decides."""

    reviewers: dict[str, str] = Field(
        {}, description="who each reviewer of the decision tables is, in words; the report prints it"
    )
    title_abstract: Stage = Stage()
    full_text: Stage = Stage()
    ranking: Ranking = Ranking()
    stopping: Stopping = Stopping()
    blinded: bool = Field(True, description="reviewers see neither each other's decisions nor their agreement")
    highlight: Highlight = Highlight()
    simulation: Simulation = Simulation()
