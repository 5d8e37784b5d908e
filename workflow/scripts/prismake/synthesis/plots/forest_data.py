"""What a forest plot shows, checked where it is made."""

import math
from dataclasses import dataclass

from ...bias.rob2 import DOMAINS
from ...figures import JUDGEMENT_SIGNS

MARKED = (*DOMAINS, "overall")
"""What the marks of a row stand for, in order."""


@dataclass(frozen=True)
class ForestArm:
    """Columns of figures under a common heading: those of an arm, or of anything else that is known of each study."""

    heading: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ForestRow:
    """One study.

    Attributes
    ----------
    label : str
        Name of the study.
    cells : tuple of str
        One text for each column of the arms in turn, such as ``14`` and ``18``; figures are set by decimal point.
    estimate, ci_low, ci_high : float or None
        On the scale of the measure (a ratio as a ratio); all None where the study gives no estimate.
    weight : float or None
        In percent; None where the study does not enter the pooled estimate.
    bias : tuple of (str or None), or empty
        Judgements in the order of `MARKED`; None stands for not judged yet. Empty: no marks.
    sensitivity : bool
        Drawn hollow: shown, but outside the main analysis.
    """

    label: str
    cells: tuple[str, ...] = ()
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    weight: float | None = None
    bias: tuple[str | None, ...] = ()
    sensitivity: bool = False


@dataclass(frozen=True)
class ForestSummary:
    """One pooled line: a diamond, or a bar for an interval without a point (``estimate`` None)."""

    label: str
    ci_low: float
    ci_high: float
    estimate: float | None = None
    cells: tuple[str, ...] = ()
    weight: float | None = None


@dataclass(frozen=True)
class ForestSubgroup:
    """A block of studies under a heading, with its own diamond and lines of text where it has them."""

    heading: str
    rows: tuple[ForestRow, ...]
    summary: ForestSummary | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ForestPlot:
    """All that a forest plot shows.

    Attributes
    ----------
    title, measure : str
        Heading, and the name of the measure (``Odds ratio``).
    ratio : bool
        Whether the measure is a ratio, drawn on a logarithmic axis.
    compares : bool
        Whether the measure compares groups: then it has a value of no effect.
    columns : tuple of ForestArm
        What is shown of each study left of the plot: ``Events`` and ``Total``, or ``Mean``, ``SD`` and ``Total``.
    rows : tuple of ForestRow
        Studies outside any subgroup.
    subgroups : tuple of ForestSubgroup
        Blocks below them.
    overall : ForestSummary or None
        The pooled estimate; also the dotted line.
    prediction : ForestSummary or None
        The prediction interval, drawn as a bar.
    further : tuple of ForestSummary
        Other summary lines, such as a Wald interval, drawn hollow.
    notes : tuple of str
        Lines under the pooled estimate (heterogeneity, tests).
    favours : tuple of two str
        What lies left and right of no effect.
    level : float
        Level of the intervals.
    digits : int
        Decimals of estimates.
    heading : str
        What the rows are: ``Study``; in a cumulative or leave-one-out plot ``Study added`` or ``Study left out``.
    """

    title: str
    measure: str
    ratio: bool
    columns: tuple[ForestArm, ...] = ()
    rows: tuple[ForestRow, ...] = ()
    subgroups: tuple[ForestSubgroup, ...] = ()
    overall: ForestSummary | None = None
    prediction: ForestSummary | None = None
    further: tuple[ForestSummary, ...] = ()
    notes: tuple[str, ...] = ()
    favours: tuple[str, str] = ("", "")
    level: float = 0.95
    digits: int = 2
    heading: str = "Study"
    compares: bool = True

    def __post_init__(self) -> None:
        room = sum(len(arm.columns) for arm in self.columns)
        for line in (*self.studies, *self.summaries):
            if len(line.cells) > room:
                raise ValueError(f"{line.label!r} has {len(line.cells)} cells for {room} columns")
            _check_interval(line, self.ratio)
        for row in self.studies:
            if len(row.bias) not in (0, len(MARKED)) or not set(row.bias) <= set(JUDGEMENT_SIGNS):
                raise ValueError(f"{row.label!r}: risk of bias is {row.bias}, not {len(MARKED)} judgements")

    @property
    def null(self) -> float | None:
        """The value of no effect; None for a measure of one group."""
        if not self.compares:
            return None
        return 1.0 if self.ratio else 0.0

    @property
    def studies(self) -> tuple[ForestRow, ...]:
        """All rows, in and outside subgroups."""
        return self.rows + tuple(row for subgroup in self.subgroups for row in subgroup.rows)

    @property
    def summaries(self) -> tuple[ForestSummary, ...]:
        """All pooled lines."""
        pooled = (*(subgroup.summary for subgroup in self.subgroups), self.overall, self.prediction, *self.further)
        return tuple(summary for summary in pooled if summary)


def _check_interval(line: ForestRow | ForestSummary, ratio: bool) -> None:
    values = [v for v in (line.ci_low, line.estimate, line.ci_high) if v is not None]
    if line.estimate is not None and len(values) < 3:
        raise ValueError(f"{line.label!r} has an estimate without an interval")
    if any(map(math.isnan, values)) or values != sorted(values):
        raise ValueError(f"{line.label!r}: {values} is no interval around its estimate")
    if ratio and values and (values[0] < 0 or (line.estimate is not None and line.estimate <= 0)):
        raise ValueError(f"{line.label!r}: a ratio is positive, not {values}")
    if line.estimate is not None and math.isinf(line.estimate):
        raise ValueError(f"{line.label!r}: the estimate is infinite")
