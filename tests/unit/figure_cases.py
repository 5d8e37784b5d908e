"""What tests of figures share: names and notes that are hard to draw, and what a legible figure is."""

import re

import numpy as np
from matplotlib.text import Text

HOSTILE = r"$\mathit{x}$ <script>alert('1')</script> _a^b & \frac{1}{2} %d {0} --> ]]>"
MARK = re.compile(r".*-(square|cut-low|cut-high)|(study|filled)-\d+")
"""Names of the marks that no text may cover."""
LONG = (
    "Randomised controlled trial of autologous peripheral blood mononuclear cells against standard care in 120 people"
)


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def named(figure):
    return {artist.get_gid(): artist for artist in figure.get_children() if artist.get_gid()}


def extents(figure, artists):
    renderer = figure.canvas.get_renderer()
    return np.array([artist.get_window_extent(renderer).extents for artist in artists]).reshape(-1, 4)


def touching(one, other):
    """Which boxes (left, bottom, right, top) of one set overlap which of the other."""
    return ((one[:, None, :2] < other[None, :, 2:]) & (other[None, :, :2] < one[:, None, 2:])).all(axis=2)


def assert_legible(figure):
    """No text overlaps another or a study's marks, and all of it is on the sheet."""
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    at = extents(figure, texts)
    width, height = figure.canvas.get_width_height()
    assert at[:, :2].min() >= 0
    assert at[:, 2].max() <= width
    assert at[:, 3].max() <= height
    overlapping = np.triu(touching(at, at), 1)
    assert not overlapping.any(), [texts[i].get_text() for i in np.argwhere(overlapping)[0]]
    marks = named(figure).items()
    squares = [artist for name, artist in marks if MARK.fullmatch(name)]
    hidden = touching(extents(figure, squares), at)
    assert not hidden.any(), texts[np.argwhere(hidden)[0][1]].get_text()
