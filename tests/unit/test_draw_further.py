"""Figures of the further analyses show the numbers of the analyses, and which of them are drawn is the protocol's choice."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from prismake.config import Comparison, Config, Moderator, Subgroup, Synthesis
from prismake.synthesis.analyses import analyse
from prismake.synthesis.draw import draw
from prismake.synthesis.draw_further import Shown, cumulative_labels, further_plots
from prismake.synthesis.further import further
from prismake.synthesis.plots.bubble import BubblePlot
from prismake.synthesis.plots.labbe import LabbePlot
from prismake.synthesis.plots.radial import RadialPlot
from prismake.synthesis.run import synthesise
from prismake.synthesis.study_effects import effects
from trial_cases import Row, outcome, trials

CELLS = Comparison(label="c", intervention="Cells", comparator="Control")
BY = {
    "dose": Moderator(label="Dose", by="dose", log10=True),
    "place": Moderator(label="Place", by="place", reference="south"),
}
EVERY = ["funnel", "bubble", "cumulative", "labbe", "radial", "baujat", "influence", "gosh"]


def shown(rows: list[Row], figures: list[str], **more: Any) -> Shown:
    of = outcome(**more)
    settings = Synthesis.model_validate({"figures": figures, "cumulative": "year", "gosh": {"up_to_k": 4}})
    made = effects(rows, of, settings)
    main = analyse(made, of, settings, {})["main"]
    return Shown(made, main, further(made, of, settings, BY), of, CELLS, settings, BY)


def plots(of: Shown) -> dict[str, Any]:
    return {name: plot or why_not for name, plot, _, why_not in further_plots(of)}


def test_a_radial_plot_reads_off_the_pooled_effect_with_its_interval() -> None:
    of = shown(trials(6), ["radial"])
    plot = plots(of)["radial"]
    assert isinstance(plot, RadialPlot)
    assert of.main is not None
    ends = [math.exp(value) for value in (plot.estimate, plot.ci_low, plot.ci_high)]
    assert ends == pytest.approx([of.main.estimate, of.main.ci_low, of.main.ci_high])
    first = of.rows[0]
    assert plot.standardised[0] / plot.precision[0] == pytest.approx(first["yi"])
    assert plot.precision[0] == pytest.approx((first["vi"] + of.main.tau2) ** -0.5)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD", "PETO", "AS"])
def test_the_curve_of_a_labbe_plot_has_the_pooled_effect_all_along(measure: str) -> None:
    of = shown(trials(6), ["labbe"], measure=measure)
    plot = plots(of)["labbe"]
    assert isinstance(plot, LabbePlot)
    assert of.main is not None
    for control, treated in plot.pooled[5:40:5]:
        effect = {
            "OR": math.log(treated / (1 - treated) / (control / (1 - control))),
            "RR": math.log(treated / control),
            "RD": treated - control,
            "AS": math.asin(math.sqrt(treated)) - math.asin(math.sqrt(control)),
        }[measure.replace("PETO", "OR")]
        assert effect == pytest.approx(of.main.yi)
    assert (plot.risk_1[0], plot.risk_2[0]) == tuple(of.rows[0][f"events_{n}"] / of.rows[0][f"n_{n}"] for n in (1, 2))


def test_a_bubble_plot_has_the_line_of_its_regression() -> None:
    of = shown(trials(12), ["bubble"])
    found = plots(of)
    line, (intercept, slope) = found["bubble_dose"], of.found.regressions[0].terms
    assert isinstance(line, BubblePlot)
    assert list(line.fitted) == pytest.approx([intercept.estimate + slope.estimate * x for x in line.line_x])
    assert all(low < mid < high for low, mid, high in zip(line.ci_low, line.fitted, line.ci_high, strict=True))
    assert (min(line.x), max(line.x)) == (line.line_x[0], line.line_x[-1])
    assert found["bubble_place"].startswith("Not drawn: fewer than 20 studies")


def test_what_cannot_be_drawn_says_why() -> None:
    one = plots(shown(trials(1), EVERY))
    assert one["labbe"] == one["radial"] == "Not drawn: it takes two studies or more, with one result each."
    assert one["influence"] == one["baujat"] == "Not drawn: fewer than 3 studies."
    assert one["gosh"] == "Not drawn: fewer than three studies."
    single = plots(shown(trials(4), ["labbe", "radial"], measure="PLO", comparison=None))
    assert single["labbe"] == "Not drawn: it shows the risks of two groups."
    assert isinstance(single["radial"], RadialPlot)


def test_studies_of_a_cumulative_plot_carry_their_year() -> None:
    rows = [row | {"order": order} for row, order in zip(trials(2), (None, 2004.0), strict=True)]
    assert cumulative_labels(rows) == {"until:r01": "Study 01 (2004)", "until:r00": "Study 00 (not known)"}


@pytest.mark.parametrize("count", [0, 1, 4, 12])
def test_exactly_the_figures_that_were_asked_for_are_written(tmp_path: Path, count: int) -> None:
    asked = {"figures": ["subgroups", *EVERY], "cumulative": "year", "gosh": {"up_to_k": 4}}
    config = Config.model_validate(
        {
            "review": {"title": "T", "date": "2026-01-01"},
            "characteristics": {"dose": {"label": "D", "type": "number"}, "place": {"label": "P"}},
            "subgroups": {"place": {"label": "Place", "by": "place"}},
            "moderators": {"dose": {"label": "D", "by": "dose"}, "place": {"label": "P", "by": "place"}},
            "synthesis": asked,
        }
    )
    by = {"place": Subgroup(label="Place", by="place")}
    synthesise(trials(count), outcome(), config.synthesis, by, BY, tmp_path)
    draw(tmp_path / "synthesis.json", outcome(), CELLS, config.synthesis, BY, tmp_path)
    written = {path.stem for path in tmp_path.glob("*.svg")}
    assert written == {path.stem for path in tmp_path.glob("*.png")} == set(config.figures_of_outcomes)
    drawn = set(json.loads((tmp_path / "figures.json").read_text()))
    few = {"bubble_dose", "bubble_place", "subgroup_place"}
    assert drawn == {0: set(), 1: {"forest"}, 4: written - few, 12: written - {"gosh", "bubble_place"}}[count]
