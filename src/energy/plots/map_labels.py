"""Map labels placed without overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import copysign, hypot
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
)
"""Offsets that are tried, in this order; a text stands to the right or left of its point by the sign of the first."""
FAR_OFFSETS: tuple[Offset, ...] = (
    (9, -17),
    (-9, -17),
    (9, 11),
    (-9, 11),
)
"""Further ones, at which a text may seem to belong to a neighbour."""
MARK = 3
"""Radius of the mark that offsets leave room for [points]."""
LINE = 1.5
"""Half of the width that texts leave free along a line where they can [points]."""
LINE_HEIGHT = 1.25  # font sizes
DESCENT = 0.25  # below the baseline, font sizes
GAP = 2  # points between two texts in a row
STRAY = 0.1  # share of its area that a text counts as covering where it may seem to belong to another mark
NEARER = 0.6  # it does where that one is nearer than this share of the way to its own
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

    def distance(self, right: float, up: float) -> float:
        """Return how far a point is away [points]; zero inside."""
        beside = max(self.left - right, right - self.right, 0.0)
        above = max(self.low - up, up - self.high, 0.0)
        return hypot(beside, above)


class _Candidate(NamedTuple):
    """A place of a text: what it covers and what it crosses there [square points]."""

    offset: Offset
    box: _Rectangle
    covered: float
    crossed: float


@cache
def _width(text: str, size: float) -> float:
    """Return the width of a text in the font of the figures [points]."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, size=size).get_extents().x1)


def _square(right: float, up: float, radius: float) -> _Rectangle:
    return _Rectangle(
        left=right - radius,
        right=right + radius,
        low=up - radius,
        high=up + radius,
    )


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
        self._avoided: list[_Rectangle] = []
        self._marks: list[tuple[float, float]] = []

    def block(self, x: float, y: float, radius: float = MARK) -> None:
        """Keep texts off a mark [points around it]."""
        right, up = self._to_points(x, y)
        self._occupied.append(_square(right, up, radius))
        self._marks.append((right, up))

    def avoid_line(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        """Keep texts off a straight line between two points of the map where that costs no other text."""
        begin_right, begin_up = self._to_points(*begin)
        end_right, end_up = self._to_points(*end)
        length = hypot(end_right - begin_right, end_up - begin_up)
        pieces = max(round(length / (2 * LINE)), 1)
        for piece in range(pieces):
            share = (piece + 0.5) / pieces
            right = begin_right + share * (end_right - begin_right)
            up = begin_up + share * (end_up - begin_up)
            self._avoided.append(_square(right, up, LINE))

    def avoid_rectangle(self, *, west: float, east: float, south: float, north: float) -> None:
        """Keep texts off a rectangle of the map [degrees] where that costs no other text."""
        left, low = self._to_points(west, south)
        right, high = self._to_points(east, north)
        self._avoided.append(_Rectangle(left=left, right=right, low=low, high=high))

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
        self._occupied.append(self._centred(x, y, text, size))

    def beside(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        colour: str = "black",
        radius: float = MARK,
        needed: bool = True,
    ) -> bool:
        """Write a text beside a mark of some radius [points] on the map, where it covers and then crosses least.

        A text that is not needed is left out if it would cover anything; the answer says whether it was written.
        """
        candidates = []
        for offset in (*OFFSETS, *FAR_OFFSETS):
            wide = _widened(offset, max(radius - MARK, 0.0))
            stray = STRAY if offset in FAR_OFFSETS else 0.0
            candidates.append(self._candidate(x, y, text, size=size, offset=wide, stray=stray))
        best = min(candidates, key=_cost)
        if best.covered > 0 and not needed:
            return False
        self._occupied.append(best.box)
        self._write(x, y, text, size=size, offset=best.offset, colour=colour)
        return True

    def _candidate(self, x: float, y: float, text: str, *, size: float, offset: Offset, stray: float) -> _Candidate:
        """Return a place of a text; ``stray`` is the share of its area that it counts as covering wherever it is."""
        box = self._beside(x, y, text, size=size, offset=offset)
        crossed = sum(box.overlap(other) for other in self._avoided)
        if self._seems_anothers(box, x, y):
            stray = STRAY
        return _Candidate(offset, box, self._covered(box) + stray * box.area, crossed)

    def _seems_anothers(self, box: _Rectangle, x: float, y: float) -> bool:
        """Return whether another mark is clearly nearer to a text than its own."""
        own = box.distance(*self._to_points(x, y))
        return any(box.distance(right, up) < NEARER * own for right, up in self._marks)

    def _to_points(self, x: float, y: float) -> tuple[float, float]:
        """Return a longitude and a latitude as points from the lower left corner: to the right and up."""
        right = (x - self._west) * self._points_a_longitude
        up = (y - self._south) * self._points_a_latitude
        return right, up

    def _centred(self, x: float, y: float, text: str, size: float) -> _Rectangle:
        right, up = self._to_points(x, y)
        half_width = _width(text, size) / 2 + 1.5
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
        width = _width(text, size) + GAP
        anchor = right + offset_right
        left = anchor
        if offset_right < 0:
            left = anchor - width
        elif offset_right == 0:
            left = anchor - width / 2
        return _Rectangle(
            left=left,
            right=left + width,
            low=up + offset_up - DESCENT * size,
            high=up + offset_up + (LINE_HEIGHT - DESCENT) * size,
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


def _cost(candidate: _Candidate) -> tuple[float, float]:
    return candidate.covered, candidate.crossed


def _widened(offset: Offset, by: float) -> Offset:
    """Return an offset that is longer to the right or left, or up or down where it is neither."""
    right, up = offset
    if right:
        return right + copysign(by, right), up
    return right, up + copysign(by, up)


def _alignment(offset: Offset) -> str:
    """Return the side of a text that is at its offset."""
    if offset[0] > 0:
        return "left"
    if offset[0] < 0:
        return "right"
    return "center"
