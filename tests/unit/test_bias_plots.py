"""Figures of risk of bias: what they show, that it is legible, and that a colour never speaks alone."""

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.text import Text
from prismake.bias.plots import COLUMNS, draw_summary, draw_traffic_light, summary, traffic_light
from prismake.figures import JUDGEMENT_SIGNS

JUDGEMENTS = list(JUDGEMENT_SIGNS)
LONG = "A multicentre randomised trial of wound healing after twelve weeks in critical limb ischaemia, " * 3


def rows(count, label="Smith {} 2019"):
    return [
        {"label": label.format(n)} | {column: JUDGEMENTS[(n + c * (n % 3)) % 4] for c, column in enumerate(COLUMNS)}
        for n in range(count)
    ]


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def boxes(figure):
    """Extents of all texts in pixels, one row each: left, bottom, right, top."""
    renderer = figure.canvas.get_renderer()
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    return np.array([text.get_window_extent(renderer).extents for text in texts])


def assert_legible(figure):
    at = boxes(figure)
    width, height = figure.canvas.get_width_height()
    assert at[:, :2].min() >= 0
    assert at[:, 2].max() <= width
    assert at[:, 3].max() <= height
    apart = (at[:, None, 2:] <= at[None, :, :2]).any(axis=2)
    overlapping = ~(apart | apart.T)
    np.fill_diagonal(overlapping, False)
    assert not overlapping.any(), [words(figure)[i] for i in np.argwhere(overlapping)[0]]


def named(figure, start):
    return {artist.get_gid(): artist for artist in figure.get_children() if (artist.get_gid() or "").startswith(start)}


@pytest.mark.parametrize("count", [1, 5, 20, 60])
@pytest.mark.parametrize("label", ["Smith {} 2019", LONG + "{}", "{}" + "W" * 200, ""])
def test_nothing_overlaps_or_leaves_the_sheet(count, label):
    assert_legible(draw_traffic_light(rows(count, label), title=LONG))
    assert_legible(draw_summary(rows(count, label), title=LONG))


def test_a_traffic_light_has_a_circle_for_each_judgement_with_its_colour():
    results = rows(5)
    circles = named(draw_traffic_light(results), "result-")
    assert len(circles) == 5 * 6
    for n, row in enumerate(results, 1):
        for column in COLUMNS:
            colour = JUDGEMENT_SIGNS[row[column]][1]
            red, green, blue, _ = circles[f"result-{n}-{column}"].get_facecolor()
            assert (round(red * 255), round(green * 255), round(blue * 255)) == tuple(bytes.fromhex(colour[1:]))


def test_every_circle_carries_a_sign_of_its_own_shape():
    figure = draw_traffic_light(rows(4))
    children = sorted(figure.get_children(), key=lambda artist: artist.get_zorder())
    shapes = {}
    for circle, glyph in itertools.pairwise(children):
        if (circle.get_gid() or "").startswith("result-"):
            outline, box = glyph.get_path().vertices, glyph.get_path().get_extents()
            middle = (box.min + box.max) / 2
            assert np.allclose(middle, circle.center, atol=1e-6)
            shapes.setdefault(circle.get_facecolor(), set()).add(tuple(np.round(outline - middle, 6).ravel()))
    assert len(shapes) == 4
    assert all(len(outlines) == 1 for outlines in shapes.values())
    assert len(set.union(*shapes.values())) == 4


def test_the_legend_names_every_judgement_and_domain():
    shown = words(draw_traffic_light(rows(2)))
    assert {"Low", "Some concerns", "High", "Not judged"} <= set(shown)
    assert "D3: Missing outcome data" in shown


def test_rows_stand_in_the_order_given():
    shown = words(draw_traffic_light(rows(3)))
    assert [text for text in shown if text.startswith("Smith")] == ["Smith 0 2019", "Smith 1 2019", "Smith 2 2019"]


def test_the_summary_shows_percentages_of_results():
    judged = ["Low", "Low", "Low", "High", None]
    results = [{"label": str(n)} | dict.fromkeys(COLUMNS, judgement) for n, judgement in enumerate(judged)]
    figure = draw_summary(results)
    bars = named(figure, "bar-D1-")
    spans = {name: np.ptp(bar.get_xy()[:, 0]) for name, bar in bars.items()}
    total = sum(spans.values())
    shares = {name.removeprefix("bar-D1-"): round(100 * span / total) for name, span in spans.items()}
    assert shares == {"low": 60, "high": 20, "not-judged": 20}
    assert words(figure).count("60%") == 6
    assert any("5 results" in text for text in words(figure))


@pytest.mark.parametrize("draw", [draw_traffic_light, draw_summary])
def test_without_results_the_figure_says_so(draw):
    figure = draw([])
    assert "No result has been judged yet." in words(figure)
    assert_legible(figure)


@pytest.mark.parametrize("draw", [draw_traffic_light, draw_summary])
def test_an_unknown_judgement_is_refused(draw):
    with pytest.raises(KeyError, match="Unclear"):
        draw([{"label": "Smith 2019"} | dict.fromkeys(COLUMNS, "Unclear")])


@pytest.mark.parametrize("write", [traffic_light, summary])
def test_files_are_the_same_bytes_each_time(tmp_path, write):
    for folder in ("a", "b"):
        write(rows(3, "<b>{}</b> & co $x^2$"), tmp_path / folder / "plot")
    for ending in ("svg", "png"):
        first, second = ((tmp_path / folder / f"plot.{ending}").read_bytes() for folder in ("a", "b"))
        assert first == second
    assert sorted(file.name for file in (tmp_path / "a").iterdir()) == ["plot.png", "plot.svg"]
    assert ET.parse(tmp_path / "a" / "plot.svg").getroot().tag.endswith("svg")
