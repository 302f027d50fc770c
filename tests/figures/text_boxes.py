"""Texts of a figure that lie on one another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

TOLERANCE = 1.0
"""Pixels by which boxes may meet: letters do not fill theirs."""


class TextBox(NamedTuple):
    """A text that is seen, and the box that it takes [pixels]."""

    text: str
    box: Bbox


def text_boxes(figure: Figure) -> list[TextBox]:
    """Return the texts that are drawn with their boxes; ticks outside of the view are not."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # places are known once it is drawn
    renderer = canvas.get_renderer()
    seen = []
    for artist in figure.findobj(Text):
        is_drawn = artist.get_visible() and artist.get_text().strip() and artist.figure is not None
        if not is_drawn or is_hidden_tick(figure, artist):
            continue
        for line, box in line_boxes(artist, renderer):
            if box.width > 0 and box.height > 0:
                seen.append(TextBox(line, box))
    return seen


def line_boxes(artist: Text, renderer: RendererAgg) -> list[tuple[str, Bbox]]:
    """Return the lines of an upright text with their boxes; a short line takes no more room than its letters."""
    whole = artist.get_window_extent(renderer)
    lines = artist.get_text().split("\n")
    if len(lines) == 1 or artist.get_rotation() % 180:
        return [(artist.get_text(), whole)]
    height = whole.height / len(lines)
    boxes = []
    for number, line in enumerate(lines):
        width, _, _ = renderer.get_text_width_height_descent(line, artist.get_fontproperties(), ismath=False)
        left = {"left": whole.x0, "right": whole.x1 - width}.get(
            artist.get_horizontalalignment(), (whole.x0 + whole.x1 - width) / 2
        )
        top = whole.y1 - number * height
        boxes.append((line, Bbox([[left, top - height], [left + width, top]])))
    return boxes


def is_hidden_tick(figure: Figure, artist: Text) -> bool:
    """Return whether a text is the label of a tick that is outside of the view or switched off."""
    for axes in figure.axes:
        for axis, low_high in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if artist not in (tick.label1, tick.label2):
                    continue
                low, high = sorted(low_high)
                margin = 1e-9 * (high - low)
                is_outside = not low - margin <= tick.get_loc() <= high + margin
                return is_outside or not axes.get_visible() or not axes.axison
    return False


def overlaps(figure: Figure) -> Iterator[tuple[str, str]]:
    """Yield pairs of texts whose boxes lie on one another."""
    for one, other in combinations(text_boxes(figure), 2):
        width = min(one.box.x1, other.box.x1) - max(one.box.x0, other.box.x0)
        height = min(one.box.y1, other.box.y1) - max(one.box.y0, other.box.y0)
        if width > TOLERANCE and height > TOLERANCE:
            yield one.text, other.text
