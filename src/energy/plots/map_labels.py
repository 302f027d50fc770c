"""Map labels placed without overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rectangle = tuple[float, float, float, float]
"""Left, right, low, high, in points from the lower left corner of the axes."""
WIDE, TALL = 0.62, 1.25  # of a letter and a line, in font sizes
CORNERS = ((5, -9), (5, 3), (-5, -9), (-5, 3), (0, 6), (0, -13), (7, -3), (-7, -3))
"""Offsets [points] that are tried, in this order; to the left or right of the place by their sign."""


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
        self._axes = axes
        (self._left, right), (self._low, high) = axes.get_xlim(), axes.get_ylim()
        self._up = 72 * height / (high - self._low)  # points a degree
        self._across = self._up / float(axes.get_aspect())
        self._size = ((right - self._left) * self._across, 72 * height)
        self._taken: list[Rectangle] = []

    def block(self, x: float, y: float, radius: float = 3) -> None:
        """Keep texts off a mark [points around it]."""
        at, up = self._points(x, y)
        self._taken.append((at - radius, at + radius, up - radius, up + radius))

    def over(self, places: Sequence[tuple[float, float]], text: str, size: float) -> None:
        """Write a text over the first of some places where it covers least and is least cut off."""
        taken = [self._centred(x, y, text, size) for x, y in places]
        best = min(range(len(taken)), key=lambda number: self._covered(taken[number]))
        self._taken.append(taken[best])
        self._write(*places[best], text, (0, 0), size, "black")

    def keep_off(self, x: float, y: float, text: str, size: float) -> None:
        """Keep texts off one that stands there already, centred."""
        self._taken.append(self._centred(x, y, text, size))

    def beside(self, x: float, y: float, text: str, size: float, colour: str = "black", needed: bool = True) -> bool:
        """Write a text beside a place; where there is no room, where least is covered if needed, else not at all."""
        at, up = self._points(x, y)
        found = [(offset, self._rectangle(at, up, text, size, offset)) for offset in CORNERS]
        offset, taken = min(found, key=lambda one: self._covered(one[1]))
        if self._covered(taken) > 0 and not needed:
            return False
        self._taken.append(taken)
        self._write(x, y, text, offset, size, colour)
        return True

    def _points(self, x: float, y: float) -> tuple[float, float]:
        return (x - self._left) * self._across, (y - self._low) * self._up

    def _centred(self, x: float, y: float, text: str, size: float) -> Rectangle:
        at, up = self._points(x, y)
        wide, tall = WIDE * size * len(text) / 2 + 1.5, TALL * size / 2
        return at - wide, at + wide, up - tall, up + tall

    def _rectangle(self, at: float, up: float, text: str, size: float, offset: tuple[float, float]) -> Rectangle:
        wide = WIDE * size * len(text)
        left = at + offset[0] - (0 if offset[0] > 0 else wide if offset[0] < 0 else wide / 2)
        return left, left + wide, up + offset[1] - 1, up + offset[1] + TALL * size

    def _covered(self, one: Rectangle) -> float:
        """Return how much of other texts and marks a text would cover, and of itself be cut off [square points]."""
        left, right, low, high = one
        seen = _overlap(one, (0.0, self._size[0], 0.0, self._size[1]))
        return (right - left) * (high - low) - seen + sum(_overlap(one, other) for other in self._taken)

    def _write(self, x: float, y: float, text: str, offset: tuple[float, float], size: float, colour: str) -> None:
        from matplotlib.patheffects import withStroke

        side = "center" if offset[0] == 0 else "left" if offset[0] > 0 else "right"
        found = self._axes.annotate(
            text,
            (x, y),
            offset,
            textcoords="offset points",
            fontsize=size,
            color=colour,
            ha=side,
            va="center" if offset == (0, 0) else "baseline",
            zorder=8,
            annotation_clip=True,
            clip_on=True,
        )
        found.set_path_effects([withStroke(linewidth=2, foreground="white")])


def _overlap(one: Rectangle, other: Rectangle) -> float:
    across = min(one[1], other[1]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[2], other[2])
    return max(across, 0.0) * max(up, 0.0)
