"""What the figures of the further analyses show: cumulative forest, bubbles, L'Abbé, radial, Baujat, influence, GOSH."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..config import Comparison, Moderator, Outcome, Synthesis
from ..wording import lower_first, number
from .analyses import Analysis, Row
from .effects import MEASURES
from .further import Further, in_order
from .inference import quantile
from .moderators import ModeratorAnalysis, known, value_of
from .plots.baujat import BaujatPlot
from .plots.bubble import BubblePlot
from .plots.gosh_plot import GoshPlot
from .plots.influence import InfluencePanel, InfluencePlot
from .plots.labbe import LabbePlot
from .plots.radial import RadialPlot

Plot = BaujatPlot | BubblePlot | GoshPlot | InfluencePlot | LabbePlot | RadialPlot

_SEVERAL = "it takes two studies or more, with one result each"
_CHI2_MEDIAN = 0.454936
"""Half of the chi² distribution with one degree of freedom lies below it: metafor's limit of Cook's distance."""


@dataclass(frozen=True)
class Shown:
    """What the figures of one outcome are drawn from."""

    rows: list[Row]
    """The studies of the main analysis."""
    main: Analysis | None
    found: Further
    outcome: Outcome
    comparison: Comparison | None
    settings: Synthesis
    moderators: dict[str, Moderator]

    @property
    def single(self) -> bool:
        """Whether each of several studies gives one result, so that the main analysis is of them as they stand."""
        return self.main is not None and self.main.results > 1 and not self.main.three_levels


def further_plots(of: Shown) -> Iterator[tuple[str, Plot | None, str, str]]:
    """The figures that the configuration asks for: name, plot or None, title, and why it cannot be drawn."""
    label, asked = of.outcome.label, of.settings.figures
    for name, title, make, why_not in (
        ("labbe", "L'Abbé plot", _labbe, _why_no_labbe(of)),
        ("radial", "radial plot", _radial, "" if of.single else _SEVERAL),
        ("baujat", "Baujat plot", _baujat, of.found.influence.why_not),
        ("influence", "influence of each study", _influence, of.found.influence.why_not),
        ("gosh", "every subset of the studies", _gosh, of.found.subsets_why_not),
    ):
        if name in asked:
            heading = f"{label}: {title}"
            yield name, None if why_not else make(heading, of), heading, f"Not drawn: {why_not}."
    if "bubble" in asked:
        for model in of.found.regressions:
            if len(model.predictors) > 1:
                continue  # no plane has an axis for each
            heading = f"{label} by {lower_first(model.label)}"
            why_not = model.why_not or ("" if model.numeric else "it is a category, of which subgroups can be shown")
            plot = None if why_not else _bubble(heading, model, of)
            yield f"bubble_{model.key}", plot, heading, f"Not drawn: {why_not}."


def _weights(rows: list[Row], tau2: float) -> list[float]:
    return [1 / (row["vi"] + tau2) for row in rows]


def _main(of: Shown) -> Analysis:
    assert of.main is not None
    return of.main


def _why_no_labbe(of: Shown) -> str:
    if MEASURES[of.outcome.measure].family != "two_by_two":
        return "it shows the risks of two groups"
    if any(row["events_1"] is None for row in of.rows):
        return "a study gives no numbers of events"
    return "" if of.single else _SEVERAL


def _labbe(title: str, of: Shown) -> LabbePlot:
    assert of.comparison is not None
    main, measure = _main(of), MEASURES[of.outcome.measure]
    across = [place / 100 for place in range(101)]
    pooled = [(risk, _risk_after(risk, main.yi or 0.0, of.outcome.measure)) for risk in across]
    return LabbePlot(
        title,
        (of.comparison.intervention, of.comparison.comparator),
        [row["events_1"] / row["n_1"] for row in of.rows],
        [row["events_2"] / row["n_2"] for row in of.rows],
        main.weights,
        [(risk, after) for risk, after in pooled if after is not None and 0 <= after <= 1],
        f"Pooled {measure.name.lower()}, {number(main.estimate)}",
        [row["label"] for row in of.rows],
    )


def _risk_after(risk: float, effect: float, measure: str) -> float | None:
    """The risk with the intervention that an effect, on the scale of analysis, makes of one without; None for phi."""
    if measure in ("OR", "PETO"):
        odds = math.exp(effect) * risk
        return odds / (1 - risk + odds)
    if measure == "RR":
        return math.exp(effect) * risk
    if measure == "RD":
        return risk + effect
    angle = math.asin(math.sqrt(risk)) + effect
    return math.sin(angle) ** 2 if measure == "AS" and 0 <= angle <= math.pi / 2 else None


def _radial(title: str, of: Shown) -> RadialPlot:
    main, measure = _main(of), MEASURES[of.outcome.measure]
    precision = [math.sqrt(weight) for weight in _weights(of.rows, main.tau2 or 0.0)]
    centre = main.yi or 0.0
    half = quantile(math.inf if main.df is None else main.df, of.settings.level) * (main.se or 0.0)
    return RadialPlot(
        title,
        measure.name,
        measure.ratio,
        precision,
        [row["yi"] * one for row, one in zip(of.rows, precision, strict=True)],
        centre,
        centre - half,
        centre + half,
        quantile(math.inf, of.settings.level),
        [row["label"] for row in of.rows],
    )


def _baujat(title: str, of: Shown) -> BaujatPlot:
    placed = [
        (one.label, one.baujat_heterogeneity, one.baujat_influence)
        for one in of.found.influence.studies
        if one.baujat_heterogeneity is not None and one.baujat_influence is not None
    ]
    labels, heterogeneity, influence = ([one[part] for one in placed] for part in range(3))
    return BaujatPlot(title, labels, heterogeneity, influence)


def _influence(title: str, of: Shown) -> InfluencePlot:
    """Panels and limits of metafor's ``plot.infl.rma.uni``."""
    main, studies = _main(of), of.found.influence.studies
    k = len(studies)
    limit = 3 / math.sqrt(k - 1)
    panels = [
        InfluencePanel(name, [getattr(one, figure) for one in studies], marks)
        for name, figure, marks in (
            ("Studentised residual", "rstudent", (0.0, -1.96, 1.96)),
            ("DFFITS", "dffits", (0.0, -limit, limit)),
            ("Cook's distance", "cook_d", (_CHI2_MEDIAN,)),
            ("Covariance ratio", "cov_r", (1.0,)),
            ("tau² without the study", "tau2_del", (main.tau2 or 0.0,)),
            ("Q without the study", "QE_del", (main.Q or 0.0,)),
            ("Share in the estimate", "hat", (1 / k, 3 / k)),
            ("DFBETAS", "dfbs", (0.0, -1.0, 1.0)),
        )
    ]
    return InfluencePlot(title, [one.label for one in studies], panels, [one.influential for one in studies])


def _gosh(title: str, of: Shown) -> GoshPlot:
    measure, subsets = MEASURES[of.outcome.measure], of.found.subsets
    return GoshPlot(
        title, measure.name, measure.ratio, [one.yi for one in subsets], [one.I2 for one in subsets], _main(of).yi
    )


def _bubble(title: str, model: ModeratorAnalysis, of: Shown) -> BubblePlot:
    measure, moderator = MEASURES[of.outcome.measure], of.moderators[model.key]
    rows = known([model.key], of.rows)
    line: dict[str, Any] = {name: [getattr(point, name) for point in model.line] for name in ("x", "fitted", "ci_low")}
    return BubblePlot(
        title,
        measure.name,
        f"{model.label} (log10)" if moderator.log10 else model.label,
        measure.ratio,
        [value_of(row, model.key, moderator) for row in rows],
        [row["yi"] for row in rows],
        _weights(rows, model.tau2 or 0.0),
        line["x"],
        line["fitted"],
        line["ci_low"],
        [point.ci_high for point in model.line],
        level=of.settings.level,
        labels=[row["label"] for row in rows],
    )


def cumulative_labels(rows: list[Row]) -> dict[str, str]:
    """Key of a cumulative analysis -> the study that came in last, with its place in the order."""

    def last(row: Row) -> str:
        return f"{row['label']} (not known)" if row["order"] is None else f"{row['label']} ({row['order']:g})"

    return {f"until:{row['result_id']}": last(row) for row in in_order(rows)}
