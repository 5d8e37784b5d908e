"""The review itself: what it asks, who is eligible, what is compared and measured."""

import re
from itertools import pairwise
from typing import Literal, get_args

from pydantic import Field, model_validator

from ..problems import show
from .base import Day, Key, Section, Text
from .measures import ESTIMATES, FIGURES, ONE_ARM, VARIANCES, Measure, Reported


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
    file: str = Field(ESTIMATES, description="extraction table that holds its rows; HR and GEN need none of their own")
    comparison: Key | None = Field(None, description="absent for the measures of one group: PR PLN PLO PAS PFT")
    measure: Measure
    better: Literal["higher", "lower"]
    unit: Text = Field("", description="of a mean, a difference or an estimate; for IRD, of the person-time")
    definition: Text = ""
    timepoint: str = Field("longest", description="longest, shortest, closest to N weeks, or all")
    units_of_analysis: list[str] = Field([], description="accepted units, best first; empty accepts any one unit")
    synthesise: bool = Field(True, description="false: reported, not pooled")
    estimates: bool = Field(False, description="pool estimates of the same measure that studies report as such")
    variance: Literal["LS", "LS2", "UB"] = Field("LS", description="sampling variance of SMD, as metafor's vtype")
    correct: bool = Field(False, description="take off the bias of ROM in small samples")

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures of each arm that the measure is made from; none where only estimates are pooled."""
        return FIGURES[self.measure]

    @property
    def one_arm(self) -> bool:
        """Whether the measure describes one group."""
        return self.measure in ONE_ARM

    @property
    def arms(self) -> tuple[int, ...]:
        """The groups of a result: 1 and 2, or 1."""
        return (1,) if self.one_arm else (1, 2)

    @property
    def pools_estimates(self) -> bool:
        """Whether estimates that studies report as such enter the synthesis."""
        return self.estimates or not self.figures

    @property
    def closest_to(self) -> float | None:
        """The N of 'closest to N weeks'."""
        match = re.fullmatch(r"closest to (\d+(?:\.\d+)?) weeks", self.timepoint)
        return float(match.group(1)) if match else None

    @model_validator(mode="after")
    def _rule_is_known(self) -> "Outcome":
        if self.timepoint not in ("longest", "shortest", "all") and self.closest_to is None:
            found = show(self.timepoint)
            raise ValueError(f"timepoint {found}; expected longest, shortest, 'closest to N weeks' or all")
        return self

    @model_validator(mode="after")
    def _measure_has_what_it_needs(self) -> "Outcome":
        if self.figures and self.file == ESTIMATES:
            raise ValueError(
                f"{self.measure} without file; expected file, the table that holds the figures of each arm"
            )
        if self.one_arm == (self.comparison is not None):
            if self.one_arm:
                raise ValueError(f"{self.measure} with comparison; expected none, as it is a measure of one group")
            raise ValueError(f"{self.measure} without comparison; expected one, as it is a measure of two groups")
        if self.variance not in VARIANCES.get(self.measure, ("LS",)):
            raise ValueError(
                f"variance {self.variance} with the measure {self.measure}; expected LS, as the others belong to SMD"
            )
        if self.correct and self.measure != "ROM":
            raise ValueError(f"correct: true with the measure {self.measure}; expected ROM, or no correct")
        if self.estimates and self.measure not in get_args(Reported):
            raise ValueError(
                f"estimates: true with the measure {self.measure}; expected one of {', '.join(get_args(Reported))}"
            )
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
            raise ValueError("two bands of one label; expected a label of its own for each")
        if self.bands[0].at_least is not None or self.bands[-1].below is not None:
            raise ValueError("bands that leave numbers out; expected no at_least in the first and no below in the last")
        for one, two in pairwise(self.bands):
            if one.below is None or one.below != two.at_least:
                found = f"{show(one.label)} ends below {one.below}, {show(two.label)} begins at {two.at_least}"
                raise ValueError(f"bands with a gap or an overlap: {found}; expected the same number")
        ends = [band.below for band in self.bands if band.below is not None]
        if any(low >= high for low, high in pairwise(ends)):
            raise ValueError("bands that do not ascend; expected the lowest first")
        return self


class Moderator(Section):
    """A meta-regression of every outcome on one characteristic of the studies, a number or a category."""

    label: str
    by: Key
    log10: bool = Field(False, description="take the logarithm of the number, to base 10")
    reference: Text = Field("", description="the category that others are compared with; else the first by name")


class Published(Section):
    """A published review whose estimates stand beside ours."""

    review: str = Field(description="review_id in review/published.csv")
    label: str
    reference: Text = ""
    note: Text = ""
