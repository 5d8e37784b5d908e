"""The analyses of one outcome beyond its main one and the sensitivity analyses: run as the protocol asks, as plain values."""

from dataclasses import dataclass, fields

from ..config import Moderator, Outcome, Synthesis
from . import diagnostics
from .adjusted import Adjusted, adjusted
from .analyses import Analysis, Row, plain, pool
from .asymmetry import AsymmetryResult, asymmetry
from .dependence import one_each
from .moderators import ModeratorAnalysis, meta_regressions
from .other_models import other_models
from .tau2 import NotConverged


@dataclass(frozen=True)
class StudyInfluence:
    """What one study does to the main analysis: `diagnostics.Influence`, its residual and its place in Baujat's plot."""

    result_id: str
    study_id: str
    label: str
    z: float | None
    """Internally standardised residual."""
    rstudent: float | None
    dffits: float | None
    cook_d: float | None
    cov_r: float | None
    tau2_del: float | None
    QE_del: float | None
    hat: float | None
    weight: float | None
    dfbs: float | None
    influential: bool
    baujat_heterogeneity: float | None
    baujat_influence: float | None


@dataclass(frozen=True)
class InfluenceAnalysis:
    """The influence of every study of the main analysis, or why it was not computed."""

    studies: tuple[StudyInfluence, ...] = ()
    method: str = ""
    interval: str = ""
    why_not: str = ""


@dataclass(frozen=True)
class Subset:
    """The estimate of one subset of the studies, on the scale of analysis."""

    studies: tuple[str, ...]
    k: int
    yi: float
    tau2: float
    I2: float
    Q: float
    method: str


@dataclass(frozen=True)
class Further:
    """Everything that `further` runs."""

    other_models: list[Analysis]
    cumulative: list[Analysis]
    cumulative_why_not: str
    influence: InfluenceAnalysis
    asymmetry: list[AsymmetryResult]
    adjusted: list[Adjusted]
    regressions: list[ModeratorAnalysis]
    subsets: list[Subset]
    subsets_why_not: str


def further(studies: list[Row], outcome: Outcome, settings: Synthesis, moderators: dict[str, Moderator]) -> Further:
    """Run every further analysis of an outcome on the studies of its main analysis.

    Parameters
    ----------
    studies : list of dict
        As `prismake.synthesis.analyses.effects` gives them.
    outcome, settings, moderators
        From the configuration.
    """
    rows = [row for row in studies if row["use"] == "main" and row["estimable"]]
    cumulative_why_not = _cumulative_why_not(rows, settings)
    subsets_why_not = _subsets_why_not(rows, settings)
    subsets: list[Subset] = []
    if not subsets_why_not:
        try:
            subsets = _subsets(rows, settings)
        except NotConverged as fault:
            subsets_why_not = f"a subset did not converge ({fault})"
    return Further(
        other_models=other_models(rows, outcome, settings),
        cumulative=[] if cumulative_why_not else _cumulative(rows, outcome, settings),
        cumulative_why_not=cumulative_why_not,
        influence=_influence(rows, settings),
        asymmetry=asymmetry(rows, outcome, settings),
        adjusted=adjusted(rows, outcome, settings),
        regressions=meta_regressions(rows, outcome, settings, moderators),
        subsets=subsets,
        subsets_why_not=subsets_why_not,
    )


def _cumulative_why_not(rows: list[Row], settings: Synthesis) -> str:
    if settings.cumulative == "none":
        return "not asked for"
    return "fewer than two studies" if len(rows) < 2 else one_each(rows, settings)


def in_order(rows: list[Row]) -> list[Row]:
    """Studies as they came in, by label where that is the same; those of which it is not known come last."""
    return sorted(
        rows, key=lambda row: (row["order"] is None, row["order"] or 0.0, row["label"].casefold(), row["result_id"])
    )


def _cumulative(rows: list[Row], outcome: Outcome, settings: Synthesis) -> list[Analysis]:
    """The pooled estimate after each study (Lau 1992, doi 10.1056/NEJM199207233270406)."""
    ordered = in_order(rows)
    return [
        pool(f"until:{row['result_id']}", row["label"], ordered[:count], outcome, settings)
        for count, row in enumerate(ordered, 1)
    ]


def _influence(rows: list[Row], settings: Synthesis) -> InfluenceAnalysis:
    if len(rows) < settings.influence_from:
        return InfluenceAnalysis(why_not=f"fewer than {settings.influence_from} studies")
    if why := one_each(rows, settings):
        return InfluenceAnalysis(why_not=why)
    yi, vi = [row["yi"] for row in rows], [row["vi"] for row in rows]
    try:
        found = diagnostics.influence(yi, vi, settings)
        residuals = diagnostics.standardised_residuals(yi, vi, settings)
        places = diagnostics.baujat(yi, vi, settings)
    except NotConverged as fault:
        return InfluenceAnalysis(why_not=f"did not converge ({fault})")
    measured = [field.name for field in fields(found) if field.name != "influential"]
    studies = tuple(
        StudyInfluence(
            row["result_id"],
            row["study_id"],
            row["label"],
            z=plain(residuals.z[i]),
            **{name: plain(getattr(found, name)[i]) for name in measured},
            influential=bool(found.influential[i]),
            baujat_heterogeneity=plain(places.heterogeneity[i]),
            baujat_influence=plain(places.influence[i]),
        )
        for i, row in enumerate(rows)
    )
    return InfluenceAnalysis(studies, settings.method, settings.interval)


def _subsets_why_not(rows: list[Row], settings: Synthesis) -> str:
    most = settings.gosh.up_to_k
    if not most:
        return "not asked for"
    if len(rows) > most:
        return f"more than {most} studies"
    return "fewer than three studies" if len(rows) < 3 else one_each(rows, settings)


def _subsets(rows: list[Row], settings: Synthesis) -> list[Subset]:
    from .gosh import ALL_UP_TO, gosh

    k, asked = len(rows), settings.gosh
    some = None if k <= ALL_UP_TO else min(asked.subsets, 2**k - 1 - k)
    yi, vi = [row["yi"] for row in rows], [row["vi"] for row in rows]
    found = gosh(yi, vi, method=settings.method, subsets=some, seed=asked.seed)
    return [
        Subset(
            tuple(row["label"] for row, taken in zip(rows, included, strict=True) if taken),
            int(found.k[i]),
            float(found.estimate[i]),
            float(found.tau2[i]),
            float(found.I2[i]),
            float(found.Q[i]),
            settings.method,
        )
        for i, included in enumerate(found.included)
    ]
