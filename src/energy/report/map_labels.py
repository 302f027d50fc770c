"""Labels of a map that keep off each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rectangle = tuple[float, float, float, float]
"""Left, right, low, high, in points from the lower left corner of the axes."""
WIDE, TALL = 0.62, 1.25  # of a letter and a line, in font sizes
CORNERS = ((5, -9), (5, 3), (-5, -9), (-5, 3), (0, 6), (0, -13))
"""Offsets [points] that are tried, in this order; to the left or right of the place by their sign."""


class Labels:
    """Places texts in one axes, each where it covers none that came before.

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

    def centred(self, x: float, y: float, text: str, size: float) -> None:
        """Write a text over a place, whatever it covers."""
        at, up = self._points(x, y)
        wide, tall = WIDE * size * len(text) / 2, TALL * size / 2
        self._taken.append((at - wide, at + wide, up - tall, up + tall))
        self._write(x, y, text, (0, 0), size, "black")

    def beside(self, x: float, y: float, text: str, size: float, colour: str = "black", needed: bool = True) -> bool:
        """Write a text beside a place; where there is no room, over others if it is needed, else not at all."""
        at, up = self._points(x, y)
        found = [(offset, self._rectangle(at, up, text, size, offset)) for offset in CORNERS]
        free = [(offset, taken) for offset, taken in found if self._fits(taken)]
        if not free and not needed:
            return False
        offset, taken = (free or found)[0]
        self._taken.append(taken)
        self._write(x, y, text, offset, size, colour)
        return True

    def _points(self, x: float, y: float) -> tuple[float, float]:
        return (x - self._left) * self._across, (y - self._low) * self._up

    def _rectangle(self, at: float, up: float, text: str, size: float, offset: tuple[float, float]) -> Rectangle:
        wide = WIDE * size * len(text)
        left = at + offset[0] - (0 if offset[0] > 0 else wide if offset[0] < 0 else wide / 2)
        return left, left + wide, up + offset[1] - 1, up + offset[1] + TALL * size

    def _fits(self, one: Rectangle) -> bool:
        left, right, low, high = one
        inside = left >= 0 and low >= 0 and right <= self._size[0] and high <= self._size[1]
        return inside and not any(
            left < other[1] and right > other[0] and low < other[3] and high > other[2] for other in self._taken
        )

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
