"""Extent of a map, and what each of its axes shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from energy.plots.map_flows import MapBus

Point = tuple[float, float]
"""Longitude and latitude [degrees]."""


class MapExtent(NamedTuple):
    """A rectangle of the map [degrees]."""

    west: float
    east: float
    south: float
    north: float

    @property
    def width(self) -> float:
        """Difference of longitude [degrees]."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """Difference of latitude [degrees]."""
        return self.north - self.south

    @property
    def shrinkage(self) -> float:
        """Length of a degree of longitude over that of a degree of latitude, in the middle of the rectangle."""
        middle = (self.south + self.north) / 2
        return float(np.cos(np.radians(middle)))

    @property
    def aspect(self) -> float:
        """Width over height as they are drawn."""
        return self.width * self.shrinkage / self.height

    def contains(self, point: Point) -> bool:
        """Return whether a point lies in the rectangle."""
        x, y = point
        return self.west <= x <= self.east and self.south <= y <= self.north


class MapView(NamedTuple):
    """What one axes of the map shows: its extent, and the part of it that another axes shows larger."""

    extent: MapExtent
    detail: MapExtent | None = None

    def labels_at(self, point: Point) -> bool:
        """Return whether texts at a point belong into this view."""
        if self.detail is not None and self.detail.contains(point):
            return False
        return self.extent.contains(point)


def extent_around(buses: Sequence[MapBus], margin: float) -> MapExtent:
    """Return the rectangle around buses, with a margin on each side [degrees]."""
    longitudes = [bus.x for bus in buses]
    latitudes = [bus.y for bus in buses]
    return MapExtent(
        west=min(longitudes) - margin,
        east=max(longitudes) + margin,
        south=min(latitudes) - margin,
        north=max(latitudes) + margin,
    )


def widened(extent: MapExtent, aspect: float) -> MapExtent:
    """Return an extent with so much more to the west and east that it fills the figure."""
    needed_width = aspect * extent.height / extent.shrinkage
    missing_width = max(needed_width - extent.width, 0.0)
    return extent._replace(
        west=extent.west - missing_width / 2,
        east=extent.east + missing_width / 2,
    )
