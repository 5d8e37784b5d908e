"""Figures of networks: all of a network is there, and no name touches another."""

import itertools

import pytest
from matplotlib.text import Text
from prismake.synthesis.plots.network_graph import GraphPlot, Node, draw_graph
from prismake.synthesis.plots.network_heat import HeatPlot, HeatRow, draw_heat

LONG = "Negative pressure wound therapy with instillation, given in hospital and then at home by nurses"


def ring(count, name="Treatment {}"):
    nodes = tuple(Node(name.format(n), 10.0 + n) for n in range(count))
    edges = {(one.name, two.name): 1 + n for n, (one, two) in enumerate(itertools.combinations(nodes, 2)) if n % 3 != 2}
    return GraphPlot("A network", nodes, edges, several=((nodes[0].name, nodes[1].name, nodes[2].name),))


def boxes(figure, wanted=lambda text: True):
    renderer = figure.canvas.get_renderer()
    texts = [text for text in figure.findobj(Text) if text.get_text() and wanted(text.get_text())]
    return [text.get_window_extent(renderer).extents for text in texts]


def overlap(one, other):
    return min(one[2], other[2]) - max(one[0], other[0]) > 0.5 and min(one[3], other[3]) - max(one[1], other[1]) > 0.5


@pytest.mark.parametrize("name", ["Treatment {}", "{} " + LONG, "脐带间充质干细胞 {}"])
@pytest.mark.parametrize("count", [3, 8, 20])
def test_names_around_the_circle_touch_neither_each_other_nor_the_edge(count, name):
    figure = draw_graph(ring(count, name))
    found = boxes(figure)
    right, top = figure.canvas.get_width_height()
    assert all(left >= 0 and low >= 0 and x <= right and y <= top for left, low, x, y in found)
    assert not [pair for pair in itertools.combinations(found, 2) if overlap(*pair)]
    drawn = {artist.get_gid() for artist in figure.get_children()}
    assert {f"node-{n}" for n in range(1, count + 1)} <= drawn


def test_lines_are_as_many_as_comparisons_and_wider_with_more_studies():
    plot = ring(5)
    figure = draw_graph(plot)
    widths = {a.get_gid(): a.get_linewidth() for a in figure.get_children() if str(a.get_gid()).startswith("edge-")}
    assert len(widths) == len(plot.edges)
    assert widths["edge-1-2"] == min(widths.values()) < max(widths.values())
    assert "several-arms" in {artist.get_gid() for artist in figure.get_children()}


def test_a_graph_of_lines_to_nowhere_or_of_one_name_twice_is_refused():
    with pytest.raises(ValueError, match="which are no nodes"):
        GraphPlot("T", (Node("A", 1), Node("B", 1)), {("A", "C"): 1})
    with pytest.raises(ValueError, match="two nodes of one name"):
        GraphPlot("T", (Node("A", 1), Node("A", 1)), {})


def test_the_heat_plot_shows_every_pair_of_rows_and_cuts_long_names_alike():
    rows = (HeatRow("A", "B"), HeatRow(LONG, f"Other {LONG}", 3))
    figure = draw_heat(HeatPlot("Heat", rows, [[0.5, 0.1], [0.2, 1.0]], [[9.0, -1.0], [0.0, 2.0]]))
    drawn = {artist.get_gid(): artist for artist in figure.get_children()}
    assert {f"cell-{i}-{j}" for i in (1, 2) for j in (1, 2)} <= drawn.keys()
    reds = [drawn[f"cell-{i}-{j}"].get_facecolor() for i, j in ((1, 1), (2, 2), (2, 1), (1, 2))]
    assert reds[0][0] > reds[0][2], "warm where Q falls"
    assert reds[2][:3] == (1, 1, 1)
    assert reds[3][0] < reds[3][2], "cold where it rises"
    words = [text.get_text() for text in figure.findobj(Text)]
    (cut,) = [word for word in words if word.endswith("… (3 arms)")]
    assert cut.startswith("2 Negative pressure")
    assert "… : Other Negative" in cut
    with pytest.raises(ValueError, match="2 rows need square matrices"):
        HeatPlot("Heat", rows, [[1.0]], [[1.0]])
