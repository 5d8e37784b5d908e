"""Forest and funnel plots: what they show, that all of it is legible, and that files repeat byte for byte."""

import itertools
import math
import re
import warnings
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from figure_cases import HOSTILE, LONG, assert_legible, extents, named, words
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.text import Text
from prismake import figures
from prismake.figures import RESOLUTION, Scale, Sheet, fit, printable, resolution, style, svg, text_width
from prismake.synthesis.plots.forest import draw_forest, forest
from prismake.synthesis.plots.forest_data import MARKED, ForestArm, ForestPlot, ForestRow, ForestSubgroup, ForestSummary
from prismake.synthesis.plots.funnel import FunnelPlot, draw_funnel

JUDGED = ("Low", "Some concerns", "High", None, "Low", "High")


def study(n, ratio=True, label="Author {} 2019", **more):
    centre, half = 0.4 + 0.9 * math.sin(n), 0.3 + 0.9 * abs(math.cos(2 * n))
    values = [centre - half, centre, centre + half]
    low, estimate, high = map(math.exp, values) if ratio else (10 * value for value in values)
    events = (f"{n}", f"{n + 20}", f"{n + 3}", f"{n + 25}")
    cells = events if ratio else ("27.3", "2.8", f"{n + 20}", "31.95", "12.8", f"{n + 21}")
    given = {"cells": cells, "weight": 1.0 + n % 7, "bias": JUDGED}
    return ForestRow(label.replace("{}", str(n)), estimate=estimate, ci_low=low, ci_high=high, **given | more)


def plot(count=7, ratio=True, **more):
    measure, favours = ("Odds ratio", "Mean difference (mm Hg)")[not ratio], ("Favours control", "Favours treatment")
    middle = (1.1, 1.5, 2.1) if ratio else (1.0, 4.0, 7.0)
    what = ("Events", "Total") if ratio else ("Mean", "SD", "Total")
    given = {
        "columns": (ForestArm("Cell therapy", what), ForestArm("Standard care", what)),
        "rows": tuple(study(n, ratio) for n in range(count)),
        "overall": ForestSummary(
            "Random effects (REML, HKSJ)", middle[0], middle[2], middle[1], ("7", "9", "8", "9"), 100.0
        ),
        "prediction": ForestSummary("95% prediction interval", middle[0] / 2, middle[2] * 2),
        "further": (ForestSummary("Wald interval", middle[0], middle[2], middle[1]),),
        "notes": ("Heterogeneity: τ² = 0.31 (95% CI 0.02 to 1.30), I² = 45%, Q = 31.2", "Test of the effect: t = 3.1"),
        "favours": favours,
    }
    return ForestPlot("Complete healing at the longest follow-up", measure, ratio, **given | more)


ARRANGEMENTS = {
    "ratio": {},
    "difference": {"ratio": False},
    "bare": {"columns": (), "overall": None, "prediction": None, "further": (), "notes": ()},
    "long": {
        "columns": (ForestArm(LONG, ("Events", LONG)), ForestArm("W" * 90, ("", "W" * 90))),
        "favours": (LONG, LONG),
        "notes": (LONG * 6, LONG),
    },
}


@pytest.mark.parametrize("count", [1, 2, 7, 30, 80])
@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_nothing_overlaps_or_leaves_the_sheet(count, arrangement):
    more = ARRANGEMENTS[arrangement]
    ratio = more.get("ratio", True)
    changes = {"bare": {"cells": (), "bias": (), "weight": None}, "long": {"label": LONG + " {}"}}
    rows = tuple(study(n, ratio, **changes.get(arrangement, {})) for n in range(count))
    assert_legible(draw_forest(replace(plot(count, rows=rows, **more), title="Healing" if count > 1 else LONG * 4)))


def test_the_sheet_grows_with_the_rows_and_not_with_their_names():
    heights = [draw_forest(plot(count)).get_size_inches()[1] for count in (1, 11, 31)]
    assert heights[2] - heights[1] == pytest.approx(2 * (heights[1] - heights[0]), rel=0.05)
    wide = draw_forest(plot(3, rows=tuple(study(n, label=LONG * 5) for n in range(3)))).get_size_inches()[0]
    assert wide < 13


@pytest.mark.parametrize("more", [{}, {"columns": (), "further": ()}])
def test_eighty_studies_go_on_a_page(more):
    rows = tuple(study(n, **({"cells": (), "bias": ()} if more else {})) for n in range(80))
    overall = replace(plot(1).overall, cells=())
    width, height = draw_forest(plot(rows=rows, overall=overall, **more)).get_size_inches()
    assert height / width < 1.45


def test_rows_stand_closer_from_forty_one_studies_on():
    marks = [named(draw_forest(plot(count))) for count in (40, 41)]
    pitches = [np.diff([found[f"study-{n}"].get_ydata()[0] for n in (1, 2)])[0] for found in marks]
    assert pitches[1] < 0.8 * pitches[0]


def test_figures_of_arms_stand_in_columns_by_their_decimal_points():
    cells = (("9.75", "120"), ("27.3", "1,200"), ("−3", "n.r."))
    rows = tuple(study(n, cells=row, bias=()) for n, row in enumerate(cells))
    figure = draw_forest(plot(rows=rows, columns=(ForestArm("Arm", ("Mean", "Total")),), overall=None))
    texts = {text.get_text(): text for text in figure.findobj(Text)}
    left, _, right, _ = extents(figure, [texts[cell] for row in cells for cell in row]).T
    point = [(left + text_width(whole) * figure.dpi)[n] for n, whole in ((0, "9"), (2, "27"), (4, "−3"))]
    assert point == pytest.approx([point[0]] * 3, abs=1.5)
    assert right[[1, 3, 5]] == pytest.approx([right[1]] * 3, abs=1.5)


def test_the_name_of_an_arm_stands_over_its_columns():
    figure = draw_forest(plot(2))
    texts = [text for text in figure.findobj(Text) if text.get_text() in ("Cell therapy", "Events", "Total")]
    (over, first, *_), (total, *_) = (
        extents(figure, [text for text in texts if text.get_text() in shown])
        for shown in (("Cell therapy", "Events"), ("Total",))
    )
    over, first = sorted((over, first), key=lambda box: -box[1])
    assert over[1] > first[3]
    assert (over[0] + over[2]) / 2 == pytest.approx((first[0] + total[2]) / 2, rel=0.1)


def test_rows_may_be_something_else_than_studies():
    shown = words(draw_forest(plot(rows=(study(1),), heading="Study left out")))
    assert "Study left out" in shown
    assert "Study" not in shown


def test_a_statistic_is_not_parted_from_its_value_at_the_end_of_a_line():
    note = "Heterogeneity: τ² = 0.31 (0.02 to 1.30); Q = 31.2, df = 6, p < 0.001; I² = 45% " * 3
    shown = [text for text in words(draw_forest(plot(notes=(note,)))) if "\u00a0" in text]
    assert len(shown) > 1
    assert not any(text.strip().endswith(("=", "<")) or text.startswith(("=", "<")) for text in shown)


def test_the_square_of_a_cut_interval_does_not_hide_its_arrow():
    rows = (*(study(n) for n in range(6)), *(ForestRow("Wide", (), x, 1e-5, 9.0, 7.0) for x in (0.05, 0.07, 0.1)))
    marks = named(draw_forest(plot(rows=rows)))
    cut = [name for name in marks if name.endswith("-cut-low") and name.startswith("study")]
    assert cut
    for name in cut:
        square = marks[name.replace("cut-low", "square")].get_xy()[:, 0].min()
        assert square >= marks[name].get_xy()[:, 0].max() - 1e-9


def test_a_row_shows_its_cells_weight_estimate_and_interval():
    row = ForestRow("Huang 2005", ("14", "18", "7", "18"), 5.5, 1.27, 23.8, 12.34)
    shown = words(draw_forest(plot(rows=(row,), overall=None)))
    assert {"Huang 2005", "14", "18", "7", "12.3%", "5.50 [1.27, 23.80]"} <= set(shown)
    assert {"Study", "Weight", "Odds ratio", "[95% CI]"} <= set(shown)
    assert "Risk of bias" not in shown


def test_a_row_without_an_estimate_is_kept_and_has_no_mark():
    figure = draw_forest(plot(rows=(ForestRow("Zero in both arms", ("0", "20", "0", "21")), study(1))))
    assert {"Zero in both arms", "0", "20", "21", "Not estimable"} <= set(words(figure))
    assert "study-1-square" not in named(figure)
    assert "study-2-square" in named(figure)


def test_rows_of_which_none_can_be_estimated_still_make_a_figure():
    figure = draw_forest(
        ForestPlot("Deaths", "Odds ratio", True, (ForestArm("a", ("n",)),), (ForestRow("Zero", ("0",)),))
    )
    assert "Not estimable" in words(figure)
    assert_legible(figure)


def test_squares_have_areas_in_proportion_to_weights():
    rows = tuple(study(n, weight=weight) for n, weight in enumerate((10.0, 40.0, 90.0)))
    marks = named(draw_forest(plot(rows=rows)))
    sides = [np.ptp(marks[f"study-{n}-square"].get_xy()[:, 0]) for n in (1, 2, 3)]
    assert np.square(sides) / sides[0] ** 2 == pytest.approx([1, 4, 9])


def test_a_sensitivity_row_is_hollow():
    marks = named(draw_forest(plot(rows=(study(1), study(2, sensitivity=True)))))
    assert marks["study-1-square"].get_facecolor()[:3] != (1, 1, 1)
    assert marks["study-2-square"].get_facecolor()[:3] == (1, 1, 1)


def test_arrows_stand_only_where_intervals_are_cut():
    rows = (study(1), study(2), study(3), ForestRow("Wide", ("1", "9"), 1.5, 1e-7, 4.0))
    marks = named(draw_forest(plot(rows=rows, prediction=ForestSummary("Prediction", 0.5, math.inf))))
    assert {name for name in marks if "cut" in name} == {"study-4-cut-low", "prediction-cut-high"}


def test_an_estimate_outside_the_axis_leaves_an_arrow():
    rows = (*(study(n) for n in range(6)), ForestRow("Far", ("99/100", "1/100"), 9.8e9, 6e8, 1.6e11))
    marks = named(draw_forest(plot(rows=rows)))
    assert "study-7-cut-high" in marks
    assert "study-7-cut-low" not in marks
    assert "study-7-square" not in marks


def test_marks_stay_between_the_ends_of_the_axis():
    rows = (*(study(n) for n in range(5)), ForestRow("Huge", ("26/26", "16/26"), 33.4, 0.0, math.inf, 0.4))
    figure = draw_forest(plot(rows=rows, overall=ForestSummary("Wide", 1e-30, 1e30, 2.0)))
    marks = named(figure)
    line = marks["study-6"].get_xdata()
    low, high = marks["study-6-cut-low"].get_xy()[:, 0].min(), marks["study-6-cut-high"].get_xy()[:, 0].max()
    assert low <= min(line)
    assert max(line) <= high
    assert {"overall-cut-low", "overall-cut-high"} <= set(marks)
    assert_legible(figure)


def test_no_effect_and_the_pooled_estimate_have_their_lines():
    marks = named(draw_forest(plot()))
    null, overall = (marks[name].get_xdata()[0] for name in ("null", "overall-line"))
    diamond = marks["overall-diamond"].get_xy()[:, 0]
    assert null < diamond.min()
    assert diamond.min() < overall < diamond.max()


def test_the_axis_of_ratios_is_logarithmic():
    rows = tuple(ForestRow(str(v), (), v, v / 2, v * 2, 1.0) for v in (0.1, 1.0, 10.0))
    marks = named(draw_forest(plot(rows=rows)))
    middles = [marks[f"study-{n}-square"].get_xy()[:, 0].mean() for n in (1, 2, 3)]
    assert np.diff(middles)[0] == pytest.approx(np.diff(middles)[1])


def test_each_subgroup_has_its_heading_and_diamond_above_the_overall_one():
    blocks = tuple(
        ForestSubgroup(f"Block {g} {LONG}", tuple(study(3 * g + n) for n in range(3)), pooled, ("I² = 10%", LONG * 3))
        for g, pooled in enumerate(
            (ForestSummary("Subgroup", 1.0, 2.0, 1.4, (), 50.0), None, ForestSummary("S", 1, 3, 2))
        )
    )
    figure = draw_forest(plot(rows=(), subgroups=blocks))
    marks = named(figure)
    assert {name for name in marks if name.endswith("diamond")} == {
        "subgroup-1-diamond", "subgroup-3-diamond", "overall-diamond", "further-1-diamond",
    }  # fmt: skip
    heights = [
        marks[name].get_xy()[:, 1].mean() for name in ("subgroup-1-diamond", "subgroup-3-diamond", "overall-diamond")
    ]
    assert heights == sorted(heights)
    assert sum(text.startswith("Block") for text in words(figure)) == 3
    assert "subgroup-2-study-3-square" in marks
    assert_legible(figure)


def test_risk_of_bias_has_a_circle_for_each_domain_and_overall():
    figure = draw_forest(plot(rows=(study(1), study(2, bias=()))))
    circles = {name for name in named(figure) if name.startswith("study-") and name.endswith(MARKED)}
    assert circles == {f"study-1-{mark}" for mark in MARKED}
    assert {"Risk of bias", "D5", "Overall", "Some concerns", "Not judged"} <= set(words(figure))


def test_a_prediction_interval_is_a_bar_and_has_no_point():
    shown, marks = (kind(draw_forest(plot())) for kind in (words, named))
    assert "[0.55, 4.20]" in shown
    assert "prediction" in marks
    assert "prediction-diamond" not in marks


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (ForestRow("A", ("1",) * 5, 1.0, 0.5, 2.0), "5 cells for 4 columns"),
        (ForestRow("A", (), 3.0, 0.5, 2.0), "no interval around its estimate"),
        (ForestRow("A", (), 1.0, math.nan, 2.0), "no interval around its estimate"),
        (ForestRow("A", (), 1.0), "without an interval"),
        (ForestRow("A", (), 0.0, 0.0, 2.0), "a ratio is positive"),
        (ForestRow("A", (), 1.0, -0.5, 2.0), "a ratio is positive"),
        (ForestRow("A", (), math.inf, 1.0, math.inf), "infinite"),
        (ForestRow("A", (), bias=("Low",)), "not 6 judgements"),
        (ForestRow("A", (), bias=("Unclear",) * 6), "not 6 judgements"),
    ],
)
def test_data_that_contradict_themselves_are_refused(row, fault):
    with pytest.raises(ValueError, match=fault):
        plot(rows=(row,))


def test_without_studies_the_figures_say_so():
    for figure in (
        draw_forest(ForestPlot(LONG, "Odds ratio", True)),
        draw_funnel(FunnelPlot(LONG, "MD", False, [], [])),
    ):
        assert any("there is nothing to" in text for text in words(figure))
        assert_legible(figure)


magnitude = st.floats(-28, 28).map(math.exp)


@settings(max_examples=25, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(magnitude, magnitude, magnitude, st.text(max_size=140)), min_size=1, max_size=6),
    st.booleans(),
)
def test_any_numbers_and_any_text_make_a_legible_figure(values, ratio):
    rows = []
    for *numbers, text in values:
        low, estimate, high = sorted(numbers) if ratio else sorted((numbers[0], -numbers[1], numbers[2] - numbers[1]))
        rows.append(ForestRow(text, (text, text), estimate, low, high, 1.0))
    overall = ForestSummary(values[0][-1], rows[0].ci_low, rows[-1].ci_high, None)
    overall = overall if overall.ci_low <= overall.ci_high else None
    assert_legible(draw_forest(plot(rows=tuple(rows), ratio=ratio, overall=None, prediction=overall, further=())))


def test_text_of_studies_is_shown_as_it_stands():
    rows = (
        ForestRow(HOSTILE[:40], ("$1$", "_2^"), 1.0, 0.5, 2.0),
        ForestRow("a\x00b\x1b\u202e\nc\td", (), 1.0, 0.5, 2.0),
    )
    figure = draw_forest(plot(rows=rows, columns=(ForestArm("$n$", ("<b>", "_x^")),), overall=None))
    assert {HOSTILE[:40], "$1$", "_2^", "ab c d", "$n$", "<b>", "_x^"} <= set(words(figure))
    assert not any(text.get_parse_math() or text.get_usetex() for text in figure.findobj(Text))


def test_hostile_text_does_not_break_the_files(tmp_path):
    forest(plot(rows=(study(1, label=HOSTILE),), notes=(HOSTILE,)), tmp_path / "plot")
    forest(replace(plot(1), title=HOSTILE), tmp_path / "titled")
    for name in ("plot", "titled"):
        text = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        assert "<script" not in text
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()}
        assert "text" not in tags
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert ET.parse(tmp_path / "titled.svg").find("{*}title").text == HOSTILE


def test_any_script_is_drawn_without_a_warning(tmp_path, caplog):
    rows = (study(1, label="糖尿病足 干细胞 王 2019"), study(2, label="\U0001f9ec \ue000 मधुमेह العربية 😀"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forest(replace(plot(rows=rows), title="糖尿病足 2019"), tmp_path / "plot")
    assert not caplog.records
    assert_legible(draw_forest(plot(rows=rows)))


def test_chinese_is_kept_where_its_font_is_installed():
    pytest.importorskip("manimgx_fonts_cjk")
    assert printable("王 2019") == "王 2019"


def test_characters_that_no_font_holds_become_the_replacement_character(monkeypatch):
    monkeypatch.setattr(figures, "_cjk_characters", frozenset)
    assert printable("王 2019 \U0001f9ec") == "\ufffd 2019 \ufffd"


def test_a_no_break_space_holds_words_together():
    lines = fit("mean difference (n\u00a0= 3) and more", 1.1, lines=9)
    assert len(lines) > 1
    assert any("n\u00a0=" in line for line in lines)


@given(st.text(max_size=200), st.floats(0.4, 4), st.integers(1, 4))
@settings(max_examples=60, derandomize=True)
def test_fitted_text_keeps_its_width_and_lines(text, width, count):
    lines = fit(text, width, lines=count)
    assert len(lines) <= count
    assert all(text_width(line) <= width for line in lines)
    kept = "".join("".join(lines).split())
    whole = "".join(printable(text).split())
    assert kept == whole or (kept.endswith("…") and whole.startswith(kept[:-1]))


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.005, 200, ["0.01", "0.1", "1", "10", "100"]),
        (0.3, 3, ["0.5", "1", "2"]),
        (0.15, 12, ["0.2", "0.5", "1", "2", "5", "10"]),
        (0.7, 1.5, ["0.8", "1", "1.2", "1.4"]),
        (0.6, 3.7, ["1", "2", "3"]),
    ],
)
def test_ticks_of_ratios_are_round(low, high, labels):
    assert [label for _, label in Scale(low, high, 0, 2.7, ratio=True).ticks()] == labels


def test_ticks_of_differences_are_round():
    assert [label for _, label in Scale(-16, 4, 0, 2.7).ticks()] == ["−15", "−10", "−5", "0"]


@given(st.floats(-60, 60), st.floats(0.01, 80), st.booleans())
@settings(max_examples=200, derandomize=True)
def test_every_axis_has_ticks_that_stand_apart(start, span, ratio):
    low, high = (math.exp(start), math.exp(start + span)) if ratio else (start, start + span)
    scale = Scale(low, high, 1.0, 3.7, ratio)
    ticks = scale.ticks()
    assert len(ticks) >= 2
    assert all(low <= value <= high for value, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)
    edges = [(scale.at(v) - text_width(label) / 2, scale.at(v) + text_width(label) / 2) for v, label in ticks]
    assert all(left[1] < right[0] for left, right in itertools.pairwise(edges))


@pytest.mark.parametrize(("align", "share"), [("left", 0.0), ("center", 0.5), ("right", 1.0)])
def test_text_stands_where_it_is_aligned(align, share):
    """What is drawn, and not what matplotlib would say of it: `Sheet.text` places its own lines."""
    sheet = Sheet(6, 1)
    sheet.text(3, 0.5, "Hedges 2011 Ωé", align=align)
    with style():
        sheet.figure.canvas.draw()
    ink = np.argwhere(np.asarray(sheet.figure.canvas.buffer_rgba())[..., 0] < 128)[:, 1] / RESOLUTION
    wide = text_width("Hedges 2011 Ωé")
    assert ink.min() == pytest.approx(3 - share * wide, abs=0.015)
    assert ink.max() == pytest.approx(3 + (1 - share) * wide, abs=0.015)
    at = re.search(r"Hedges.*?translate\(([\d.]+) ([\d.]+)\)", svg(sheet.figure).decode(), re.DOTALL)
    assert float(at[1]) / 72 == pytest.approx(3 - share * wide, abs=1e-3)
    assert float(at[2]) / 72 == pytest.approx(0.5 + 0.36 * 8 / 72, abs=1e-3)


def test_large_figures_have_the_pixels_that_a_page_shows():
    """From 200 per inch, or 300 of a page of 6.5 by 9 inches, to 110 per inch of the figure."""
    assert resolution(6.5, 4) == 200
    assert resolution(13, 4) == round(300 / 2)
    assert resolution(13, 27) == 110
