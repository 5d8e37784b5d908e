"""The figures of a synthesis beside the forest plot: what stands where, that all of it is legible, what is refused."""

import itertools
import math
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import prismake
import pytest
from figure_cases import HOSTILE, LONG, assert_legible, named, touching, words
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from matplotlib.text import Text
from prismake.chart import Axis, radii
from prismake.figures import line_height, text_width
from prismake.point_labels import SMALL, place
from prismake.synthesis.plots.baujat import BaujatPlot, baujat, draw_baujat
from prismake.synthesis.plots.bubble import BubblePlot, bubble, draw_bubble
from prismake.synthesis.plots.forest import forest
from prismake.synthesis.plots.forest_data import ForestPlot, ForestRow
from prismake.synthesis.plots.funnel import FunnelPlot, draw_funnel, funnel
from prismake.synthesis.plots.gosh_plot import GoshPlot, draw_gosh, gosh_plot
from prismake.synthesis.plots.influence import InfluencePanel, InfluencePlot, draw_influence, influence_plot
from prismake.synthesis.plots.labbe import LabbePlot, draw_labbe, labbe
from prismake.synthesis.plots.radial import RadialPlot, draw_radial, radial


def names(count):
    return [f"Author {n} {1990 + n % 30}" for n in range(count)]


def cases(count):
    """One of each figure with so many studies: name -> (data, drawing function, writing function)."""
    n = np.arange(count)
    sei, wave = 0.1 + 0.8 * abs(np.sin(n)), np.cos(7 * n)
    yi, labels, weights = 0.4 + sei * wave, names(count), 1.0 + n % 7
    line_x = [40.0, 60.0, 75.0]
    panels = [
        InfluencePanel("Externally studentised residual", list(wave), (-1.96, 0.0, 1.96)),
        InfluencePanel(LONG, [None, *sei[1:]], (0.45,)),
        InfluencePanel("τ² without the study", list(1e-5 * sei)),
    ]
    return {
        "funnel": (
            FunnelPlot(LONG, "Odds ratio", True, yi, sei, 0.4, contours=(0.1, 0.05, 0.01), filled_yi=[-0.4, -0.9],
                       filled_sei=[0.5, 0.8], filled_estimate=0.3, line=(0.2, 0.9), labels=labels),
            draw_funnel,
            funnel,
        ),
        "labbe": (
            LabbePlot("Healing", (LONG, "Standard care"), abs(wave), abs(np.sin(n)), weights, [(0.0, 0.0), (0.5, 0.7)],
                      labels=labels),
            draw_labbe,
            labbe,
        ),
        "radial": (
            RadialPlot("Healing", "Odds ratio", True, 1 / sei, yi / sei, 0.4, 0.1, 0.7, labels=labels),
            draw_radial,
            radial,
        ),
        "bubble": (
            BubblePlot("Healing by age", "Odds ratio", LONG, True, 40 + 35 * abs(np.sin(3 * n)), yi, weights, line_x,
                       [0.1, 0.4, 0.7], [-0.3, 0.2, 0.3], [0.5, 0.6, 1.1], [-1.0, -0.6, -0.4], [1.2, 1.4, 9.0],
                       labels=labels),
            draw_bubble,
            bubble,
        ),
        "baujat": (BaujatPlot("Healing", labels, wave**4, sei**3), draw_baujat, baujat),
        "influence": (InfluencePlot("Healing", labels, panels, list(n % 4 == 1)), draw_influence, influence_plot),
        "gosh": (
            GoshPlot("Healing", "Odds ratio", True, yi, 100 * abs(wave), 0.4, n % 2 == 0, LONG), draw_gosh, gosh_plot
        ),
    }  # fmt: skip


KINDS = list(cases(2))


@pytest.mark.parametrize("count", [1, 2, 7, 30, 80])
@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_legible(kind, count):
    plot, draw, _ = cases(count)[kind]
    assert_legible(draw(plot))


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_is_shown_as_it_stands_and_does_not_break_the_files(kind, tmp_path):
    plot, _, write = cases(5)[kind]
    write(
        replace(plot, title=HOSTILE, **({"labels": [HOSTILE] * 5} if hasattr(plot, "labels") else {})), tmp_path / "p"
    )
    text = (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert "<script" not in text
    assert ET.fromstring(text).find("{*}title").text == HOSTILE
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_parts_of_a_figure_share_a_name(kind, tmp_path):
    plot, _, write = cases(7)[kind]
    write(plot, tmp_path / "plot")
    ids = [element.get("id") for element in ET.parse(tmp_path / "plot.svg").iter() if element.get("id")]
    assert len(ids) == len(set(ids))


EMPTY = {
    "funnel": FunnelPlot(LONG, "MD", False, [], []),
    "labbe": LabbePlot(LONG, ("a", "b"), [], []),
    "radial": RadialPlot(LONG, "MD", False, [], [], 0.0, 0.0, 0.0),
    "bubble": BubblePlot(LONG, "MD", "Age", False, [], []),
    "baujat": BaujatPlot(LONG, [], [], []),
    "influence": InfluencePlot(LONG, [], [], []),
    "gosh": GoshPlot(LONG, "MD", False, [], []),
}


@pytest.mark.parametrize("kind", KINDS)
def test_without_studies_a_figure_says_so(kind):
    figure = cases(2)[kind][1](EMPTY[kind])
    assert any("there is nothing to plot" in text.replace("\n", " ") for text in words(figure))
    assert_legible(figure)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("gosh", "influence")])
def test_every_study_has_its_mark(kind):
    plot, draw, _ = cases(12)[kind]
    marks = named(draw(plot))
    assert {f"study-{n}" for n in range(1, 13)} <= set(marks)


number = st.floats(-600, 600, allow_subnormal=False)
"""As a logarithm, of a ratio that a number can hold."""


@settings(
    max_examples=8,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(st.tuples(number, st.floats(1e-6, 1e6), st.text(max_size=60)), min_size=1, max_size=6), st.booleans())
def test_any_numbers_and_any_text_make_a_legible_figure(values, ratio):
    yi, sei, labels = (list(column) for column in zip(*values, strict=True))
    assert_legible(draw_funnel(FunnelPlot("t", "m", ratio, yi, sei, yi[0], contours=(0.05,), labels=labels)))
    assert_legible(draw_bubble(BubblePlot("t", "m", "x", ratio, sei, yi, sei, labels=labels)))
    assert_legible(draw_baujat(BaujatPlot("t", labels, sei, [abs(y) for y in yi])))
    assert_legible(draw_radial(RadialPlot("t", "m", ratio, sei, yi, yi[0], yi[0] - 1, yi[0] + 1, labels=labels)))


def test_a_funnel_has_its_points_on_a_reversed_axis():
    marks = named(draw_funnel(FunnelPlot("Healing", "Odds ratio", True, [0.1, 0.9, 0.5], [0.2, 0.4, 0.8], 0.5)))
    heights = [marks[f"study-{n}"].center[1] for n in (1, 2, 3)]
    across = [marks[f"study-{n}"].center[0] for n in (1, 2, 3)]
    top = marks["estimate"].get_ydata()[0]
    assert [height - top for height in heights] == pytest.approx([(heights[0] - top) * factor for factor in (1, 2, 4)])
    assert across[1] - across[0] == pytest.approx(2 * (across[2] - across[0]))
    assert across[2] == pytest.approx(marks["estimate"].get_xdata()[0])


def test_pseudo_limits_widen_by_the_normal_quantile():
    marks = named(draw_funnel(FunnelPlot("Healing", "MD", False, [0.0, 1.96], [1.0, 1.0], 0.0)))
    apex, foot = zip(*(marks["limit+1"].get_xdata(), marks["limit+1"].get_ydata()), strict=True)
    at_one = apex[0] + (foot[0] - apex[0]) / 1.05
    assert at_one == pytest.approx(marks["study-2"].center[0], abs=1e-3)


@pytest.mark.parametrize("count", [1, 2, 40])
@pytest.mark.parametrize("ratio", [True, False])
def test_funnels_are_legible(count, ratio):
    sei = [0.05 + 1.5 * abs(math.sin(n)) for n in range(1, count + 1)]
    yi = [(0.4 + sei[n] * math.cos(7 * n)) * (1 if ratio else 1e4) for n in range(count)]
    measure = "Odds ratio" if ratio else LONG
    figure = draw_funnel(FunnelPlot(LONG * 3, measure, ratio, yi, sei, 0.4))
    assert_legible(figure)
    assert sum(name.startswith("study") for name in named(figure)) == count


@pytest.mark.parametrize(
    ("yi", "sei", "fault"),
    [([1.0], [0.1, 0.2], "1 effects, 2 standard errors"), ([math.nan], [1.0], "finite"), ([1.0], [0.0], "positive")],
)
def test_a_funnel_refuses_what_it_cannot_draw(yi, sei, fault):
    with pytest.raises(ValueError, match=fault):
        FunnelPlot("Healing", "MD", False, yi, sei)


def test_a_contour_stands_where_its_p_value_is_reached():
    plot = FunnelPlot("Healing", "MD", False, [-2.0, 3.2905, 1.6449], [1.0] * 3, 0.0, contours=(0.1, 0.05, 0.001))
    marks = named(draw_funnel(plot))
    bottom = marks["contour-0.1"].get_xy()[1]
    for p, study in ((0.1, 3), (0.001, 2)):
        apex, edge = marks[f"contour-{p:g}"].get_xy()[:2]
        at_one = apex[0] + (edge[0] - apex[0]) / 1.05
        assert at_one == pytest.approx(marks[f"study-{study}"].center[0], abs=1e-3)
        assert edge[1] == pytest.approx(bottom[1])
    assert {"p ≥ 0.10", "0.05 ≤ p < 0.10", "0.001 ≤ p < 0.05", "p < 0.001"} <= set(words(draw_funnel(plot)))


def test_regions_closer_to_no_effect_lie_above_those_further_out():
    marks = named(draw_funnel(cases(7)["funnel"][0]))
    order = [marks[name].get_zorder() for name in ("contour-outside", "contour-0.01", "contour-0.05", "contour-0.1")]
    assert order == sorted(order)
    assert order[-1] < min(marks[f"study-{n}"].get_zorder() for n in range(1, 8))


def test_no_effect_is_on_the_axis_where_regions_around_it_are_shaded():
    plot = FunnelPlot("Healing", "Odds ratio", True, [3.0, 3.5], [0.1, 0.2], 3.2, contours=(0.05,))
    marks = named(draw_funnel(plot))
    shown = marks["contour-outside"].get_xy()[:, 0]
    assert shown.min() < marks["null"].get_xdata()[0] < shown.max()
    assert "null" not in named(draw_funnel(replace(plot, contours=())))


def test_imputed_studies_are_hollow_and_named_in_the_legend():
    figure = draw_funnel(cases(7)["funnel"][0])
    marks = named(figure)
    assert marks["filled-2"].get_facecolor()[:3] == (1, 1, 1)
    assert marks["study-2"].get_facecolor()[:3] != (1, 1, 1)
    assert {"Imputed by trim and fill", "Egger's regression", "With imputed studies, 1.35"} <= set(words(figure))
    assert "Imputed by trim and fill" not in words(
        draw_funnel(replace(cases(7)["funnel"][0], filled_yi=(), filled_sei=()))
    )


def test_the_regression_in_a_funnel_goes_through_the_effects_it_predicts():
    marks = named(draw_funnel(FunnelPlot("t", "MD", False, [0.2, 1.1], [1e-9, 1.0], 0.5, line=(0.2, 0.9))))
    (x0, x1), (y0, y1) = marks["line"].get_data()
    deep = marks["study-2"].center
    assert x0 == pytest.approx(marks["study-1"].center[0], abs=1e-6)
    assert x0 + (x1 - x0) * (deep[1] - y0) / (y1 - y0) == pytest.approx(deep[0])


def test_a_regression_that_leaves_the_funnel_at_once_is_cut_off():
    figure = draw_funnel(FunnelPlot("t", "MD", False, [0.2, 1.1], [0.5, 1.0], 0.5, line=(0.2, 1e9), labels=["A", "B"]))
    assert named(figure)["line"].get_clip_path() is not None
    assert {"A", "B"} <= set(words(figure))


def test_equal_risks_lie_on_the_diagonal_and_areas_follow_weights():
    plot = LabbePlot("t", ("New", "Old"), [0.2, 0.6, 0.5], [0.2, 0.6, 0.1], [1.0, 4.0, 2.0], [(0.2, 0.2), (0.6, 0.6)])
    marks = named(draw_labbe(plot))
    one, two, three = (marks[f"study-{n}"] for n in (1, 2, 3))
    assert two.center[0] - one.center[0] == pytest.approx(one.center[1] - two.center[1])
    assert three.center[1] < one.center[1]
    assert three.center[0] < one.center[0]
    assert (two.radius / one.radius) ** 2 == pytest.approx(4)
    x, y = marks["pooled"].get_data()
    assert (x[0], y[0]) == pytest.approx(one.center)
    assert (x[1], y[1]) == pytest.approx(two.center)


def test_larger_circles_lie_below_smaller_ones():
    marks = named(draw_bubble(BubblePlot("t", "MD", "Age", False, [1.0, 1.0], [0.0, 0.0], [1.0, 9.0])))
    assert marks["study-2"].get_zorder() < marks["study-1"].get_zorder()


def test_a_study_of_the_pooled_effect_lies_on_the_line_of_a_radial_plot():
    plot = RadialPlot("t", "Odds ratio", True, [2.0, 4.0], [1.0, -1.0], 0.5, 0.3, 0.7)
    marks = named(draw_radial(plot))
    (x0, x1), (y0, y1) = marks["estimate"].get_data()
    x, y = marks["study-1"].center
    assert (y - y0) / (x - x0) == pytest.approx((y1 - y0) / (x1 - x0))
    band = marks["band"].get_xy()
    assert (band[0] + band[3])[1] / 2 == pytest.approx(y0)


def test_the_right_axis_of_a_radial_plot_says_which_effect_a_slope_is():
    figure = draw_radial(RadialPlot("t", "Odds ratio", True, [1.0, 2.0], [-0.5, 2.0], 0.0, -0.2, math.log(2)))
    ends = named(figure)["interval"].get_ydata()
    at_right = {
        text.get_text(): text.get_position()[1] for text in figure.findobj(Text) if text.get_position()[0] > 4.5
    }
    assert at_right["2"] == pytest.approx(ends[1], abs=0.05)
    assert at_right["1"] > ends[0] - 0.5 > ends[1]


def test_the_line_of_a_bubble_plot_lies_within_its_band():
    marks = named(draw_bubble(cases(7)["bubble"][0]))
    line, band = np.array(marks["line"].get_data()).T, marks["band"].get_xy()
    upper, lower = band[:3], band[3:6][::-1]
    assert (upper[:, 1] < line[:, 1]).all()
    assert (lower[:, 1] > line[:, 1]).all()


def test_influential_studies_are_marked_in_every_panel_and_gaps_stay_gaps():
    marks = named(draw_influence(cases(8)["influence"][0]))
    plain, marked = (marks[f"panel-1-study-{n}"] for n in (1, 2))
    assert marked.radius > plain.radius
    assert marked.get_facecolor() != plain.get_facecolor()
    assert "panel-2-study-1" not in marks
    assert "panel-2-study-2" in marks


def test_a_figure_of_many_subsets_holds_no_more_than_its_cells(tmp_path):
    lot = np.random.default_rng(1)
    plot = GoshPlot("t", "Odds ratio", True, lot.normal(size=50_000), lot.uniform(0, 100, 50_000), 0.1)
    gosh_plot(plot, tmp_path / "gosh")
    assert (tmp_path / "gosh.svg").stat().st_size < 600_000
    assert "50,000 subsets of the studies." in words(draw_gosh(plot))


def test_cells_are_darker_where_more_subsets_fall():
    estimates = [0.0] * 40 + [1.0]
    marks = named(draw_gosh(GoshPlot("t", "MD", False, estimates, [50.0] * 41)))
    dark, light = (marks[name] for name in ("density-3", "density-1"))
    assert {name for name in marks if name.startswith("density")} == {"density-3", "density-1"}
    assert dark.get_path().vertices[:, 0].max() < light.get_path().vertices[:, 0].min()
    assert sum(dark.get_facecolor()) < sum(light.get_facecolor())


FAULTS = [
    ("funnel", {"labels": ["A"]}, "labels"),
    ("funnel", {"contours": (0.05, 0.1)}, "falling p values"),
    ("funnel", {"contours": (0.2, 0.1, 0.05, 0.01)}, "falling p values"),
    ("funnel", {"filled_sei": [1.0]}, "2 imputed effects, 1 imputed standard errors"),
    ("funnel", {"line": (math.nan, 1.0)}, "finite"),
    ("labbe", {"risk_1": [0.1, 1.2, 0.3]}, "from 0 to 1"),
    ("labbe", {"weights": [0.0, 1.0, 1.0]}, "weights: positive"),
    ("radial", {"precision": [1.0, 0.0, 1.0]}, "precisions: positive"),
    ("radial", {"z": 0.0}, "positive"),
    ("bubble", {"ci_low": [1.0]}, "3 fitted effects"),
    ("bubble", {"prediction_low": [1.0]}, "1 lower predictions"),
    ("baujat", {"influence": [-1.0, 0.0, 1.0]}, "not negative"),
    ("influence", {"influential": [True]}, "1 values for 3 studies"),
    ("influence", {"panels": [InfluencePanel("Hat", [1.0, 2.0, math.inf])]}, "Hat: finite"),
    ("gosh", {"I2": [1.0, 2.0, 101.0]}, "from 0 to 100"),
]


@pytest.mark.parametrize(("kind", "change", "fault"), FAULTS)
def test_data_that_contradict_themselves_are_refused(kind, change, fault):
    with pytest.raises(ValueError, match=fault):
        replace(cases(3)[kind][0], **change)


def boxes(labels):
    starts = {"left": 0.0, "right": 1.0, "center": 0.5}
    wide = [text_width(label.text, SMALL) for label in labels]
    lefts = [label.x - starts[label.align] * w for label, w in zip(labels, wide, strict=True)]
    half = 0.48 * line_height(SMALL)
    return np.array([(le, lb.y - half, le + w, lb.y + half) for le, lb, w in zip(lefts, labels, wide, strict=True)])


@settings(max_examples=40, derandomize=True)
@given(st.lists(st.tuples(st.floats(0.5, 4.5), st.floats(0.5, 3.5), st.floats(0.02, 0.13)), min_size=1, max_size=40))
def test_labels_cover_neither_points_nor_one_another(points):
    labels = place(points, names(len(points)), (0.4, 0.4, 4.6, 3.6)).placed
    at = boxes(labels).reshape(-1, 4)
    core = at + np.array([1e-6, 1e-6, -1e-6, -1e-6])
    circles = np.array([(x - r, y - r, x + r, y + r) for x, y, r in points])
    assert not touching(core, circles).any()
    assert not np.triu(touching(core, at), 1).any()
    assert ((at[:, :2] >= 0.4 - 1e-6).all(axis=1) & (at[:, 2] <= 4.6 + 1e-6) & (at[:, 3] <= 3.6 + 1e-6)).all()


def test_a_name_without_room_becomes_a_number_that_is_explained():
    points = [(0.5, 0.5, 0.05), (0.5, 2.0, 0.05)]
    labels = place(points, ["Huang 2005", "W" * 40], (0.0, 0.0, 2.0, 2.5))
    assert [label.text for label in labels.placed] == ["Huang 2005", "2"]
    assert labels.notes == ("2\u00a0" + "W" * 40,)


def test_a_point_without_room_for_a_number_is_counted():
    crowd = [(1.0 + 0.01 * x, 1.0 + 0.01 * y, 0.05) for x, y in itertools.product(range(12), repeat=2)]
    labels = place(crowd, names(len(crowd)), (0.0, 0.0, 2.0, 2.0))
    bare = len(crowd) - len(labels.placed)
    assert bare > 0
    assert f"Without room for a label: {bare} studies." in labels.notes


def test_a_name_goes_where_it_crosses_no_line_and_else_becomes_a_number():
    point, wide = [(1.0, 1.0, 0.05)], (0.0, 0.0, 3.0, 3.0)
    right = [[(1.3, 0.0), (1.3, 3.0)]]
    assert place(point, ["Huang 2005"], wide).placed[0].align == "left"
    assert place(point, ["Huang 2005"], wide, right).placed[0].align == "right"
    around = [*right, [(0.7, 0.0), (0.7, 3.0)], [(0.0, 0.85), (3.0, 0.85)], [(0.0, 1.15), (3.0, 1.15)]]
    assert place(point, ["Huang 2005"], wide, around).placed[0].text == "1"
    hatched = [[(0.0, y / 20), (3.0, y / 20)] for y in range(60)]
    assert place(point, ["Huang 2005"], wide, hatched).placed[0].text == "1"


@given(st.lists(number, min_size=1, max_size=9), st.booleans())
@settings(max_examples=100, derandomize=True)
def test_an_axis_around_values_shows_them(values, ratio):
    axis = Axis.around("x", values, ratio)
    shown = [min(max(value, -700.0), 700.0) for value in values] if ratio else values
    assert axis.low < axis.high
    assert all(axis.low <= value <= axis.high for value in shown)


def test_circles_of_equal_size_need_no_weights():
    assert radii(None, 3) == [0.05] * 3


SCRIPT = """
import sys
sys.path[:0] = sys.argv[2:]
from test_plots import write_all
write_all(sys.argv[1])
"""


def write_all(folder):
    rows = tuple(ForestRow(name, (), 1.5, 0.5, 4.0, 9.0, ("Low",) * 6) for name in ("王 2019", "Huang 2005"))
    forest(ForestPlot("王 2019", "Odds ratio", True, rows=rows), Path(folder, "forest"))
    for kind, (plot, _, write) in cases(7).items():
        write(plot, Path(folder, kind))


def test_files_are_the_same_bytes_each_time(tmp_path):
    """Also in another process, with another hash seed and a matplotlibrc that asks for something else."""
    asked = ["font.size: 30", "svg.fonttype: none", "savefig.bbox: tight", "text.antialiased: False"]
    (tmp_path / "matplotlibrc").write_text("\n".join(asked))
    environment = os.environ | {"PYTHONHASHSEED": "7", "MATPLOTLIBRC": str(tmp_path)}
    paths = [str(Path(__file__).parent), str(Path(prismake.__file__).parents[1])]
    subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path / "b"), *paths], env=environment, check=True)
    write_all(tmp_path / "a")
    written = sorted(file.name for file in (tmp_path / "a").iterdir())
    assert written == sorted(f"{kind}.{ending}" for kind in ["forest", *KINDS] for ending in ("png", "svg"))
    for name in written:
        data = (tmp_path / "a" / name).read_bytes()
        assert data == (tmp_path / "b" / name).read_bytes(), name
        assert b"matplotlib" not in data.lower(), name
