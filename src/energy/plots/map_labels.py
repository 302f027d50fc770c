"""Map labels placed without overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Offset = tuple[float, float]
"""From a point of the map to its label: to the right and up [points]."""
OFFSETS: tuple[Offset, ...] = (
    (5, -9),
    (5, 3),
    (-5, -9),
    (-5, 3),
    (0, 6),
    (0, -13),
    (7, -3),
    (-7, -3),
    (9, -17),
    (-9, -17),
    (9, 11),
    (-9, 11),
)
"""Offsets that are tried, in this order; a text stands to the right or left of its point by the sign of the first."""
LETTER_WIDTH = 0.62  # font sizes
CAPITALS = 1.25  # width of a capital letter to that of others
LINE_HEIGHT = 1.25  # font sizes
POINTS_AN_INCH = 72


class _Rectangle(NamedTuple):
    """A part of the axes [points from their lower left corner]."""

    left: float
    right: float
    low: float
    high: float

    @property
    def area(self) -> float:
        """The area [square points]."""
        width = self.right - self.left
        height = self.high - self.low
        return width * height

    def overlap(self, other: _Rectangle) -> float:
        """Return the area that two rectangles share [square points]."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.high, other.high) - max(self.low, other.low)
        return max(width, 0.0) * max(height, 0.0)


class Labels:
    """Places texts in one axes, each where it covers least of those that came before.

    Parameters
    ----------
    axes
        With its limits set.
    height
        Height that the axes will have, roughly [inches].
    """

    def __init__(self, axes: Axes, height: float) -> None:
        west, east = axes.get_xlim()
        south, north = axes.get_ylim()
        self._axes = axes
        self._west = west
        self._south = south
        self._points_a_latitude = POINTS_AN_INCH * height / (north - south)
        self._points_a_longitude = self._points_a_latitude / float(axes.get_aspect())
        self._sheet = _Rectangle(
            left=0.0,
            right=(east - west) * self._points_a_longitude,
            low=0.0,
            high=POINTS_AN_INCH * height,
        )
        self._occupied: list[_Rectangle] = []

    def block(self, x: float, y: float, radius: float = 3) -> None:
        """Keep texts off a mark [points around it]."""
        right, up = self._to_points(x, y)
        mark = _Rectangle(
            left=right - radius,
            right=right + radius,
            low=up - radius,
            high=up + radius,
        )
        self._occupied.append(mark)

    def over(self, places: Sequence[tuple[float, float]], text: str, size: float) -> None:
        """Write a text over the first of some places where it covers least and is least cut off."""
        candidates = [self._centred(x, y, text, size) for x, y in places]
        covered = [self._covered(candidate) for candidate in candidates]
        best = covered.index(min(covered))
        self._occupied.append(candidates[best])
        x, y = places[best]
        self._write(x, y, text, size=size, offset=(0, 0), colour="black")

    def keep_off(self, x: float, y: float, text: str, size: float) -> None:
        """Keep texts off one that stands there already, centred."""
        self._occupied.append(self._centred(x, y, text, size * CAPITALS))

    def beside(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        colour: str = "black",
        needed: bool = True,
    ) -> bool:
        """Write a text beside a point of the map, where it covers least.

        A text that is not needed is left out if it would cover anything; the answer says whether it was written.
        """
        candidates = [self._beside(x, y, text, size=size, offset=offset) for offset in OFFSETS]
        covered = [self._covered(candidate) for candidate in candidates]
        least = min(covered)
        if least > 0 and not needed:
            return False
        best = covered.index(least)
        self._occupied.append(candidates[best])
        self._write(x, y, text, size=size, offset=OFFSETS[best], colour=colour)
        return True

    def _to_points(self, x: float, y: float) -> tuple[float, float]:
        """Return a longitude and a latitude as points from the lower left corner: to the right and up."""
        right = (x - self._west) * self._points_a_longitude
        up = (y - self._south) * self._points_a_latitude
        return right, up

    def _centred(self, x: float, y: float, text: str, size: float) -> _Rectangle:
        right, up = self._to_points(x, y)
        half_width = LETTER_WIDTH * size * len(text) / 2 + 1.5
        half_height = LINE_HEIGHT * size / 2
        return _Rectangle(
            left=right - half_width,
            right=right + half_width,
            low=up - half_height,
            high=up + half_height,
        )

    def _beside(self, x: float, y: float, text: str, *, size: float, offset: Offset) -> _Rectangle:
        right, up = self._to_points(x, y)
        offset_right, offset_up = offset
        width = LETTER_WIDTH * size * len(text)
        anchor = right + offset_right
        left = anchor
        if offset_right < 0:
            left = anchor - width
        elif offset_right == 0:
            left = anchor - width / 2
        return _Rectangle(
            left=left,
            right=left + width,
            low=up + offset_up - 1,
            high=up + offset_up + LINE_HEIGHT * size,
        )

    def _covered(self, text_box: _Rectangle) -> float:
        """Return how much of other texts and marks a text would cover, and of itself be cut off [square points]."""
        cut_off = text_box.area - text_box.overlap(self._sheet)
        return cut_off + sum(text_box.overlap(other) for other in self._occupied)

    def _write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        offset: Offset,
        colour: str,
    ) -> None:
        from matplotlib.patheffects import withStroke

        label = self._axes.annotate(
            text,
            xy=(x, y),
            xytext=offset,
            textcoords="offset points",
            fontsize=size,
            color=colour,
            ha=_alignment(offset),
            va="center" if offset == (0, 0) else "baseline",
            zorder=8,
            annotation_clip=True,
            clip_on=True,
        )
        label.set_path_effects([withStroke(linewidth=2, foreground="white")])


def _alignment(offset: Offset) -> str:
    """Return the side of a text that is at its offset."""
    if offset[0] > 0:
        return "left"
    if offset[0] < 0:
        return "right"
    return "center"
