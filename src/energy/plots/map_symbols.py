"""Views and symbols of the map: its extent, flows, plants, the scale of loading and the legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from energy.plots.flows import Flow, MapBus, Plant
from energy.plots.map_labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

Point = tuple[float, float]
"""Longitude and latitude [degrees]."""
DISRUPTED = "#d00000"
STUDIED = "#000000"
PLANT_EDGE = "#004d7a"
PLANT_FILL = "#56b4e9"
SMALL_FLOW = "#aaaaaa"
LOADING = "plasma_r"
CROSS = 0.25  # share of a disrupted flow's length at which its cross stands
NUMBERED = (
    0.45,
    0.35,
    0.55,
    0.27,
    0.63,
    0.2,
)  # shares of a flow's length at which its number may stand, in this order
SMALL_POWER = 5  # MW below which a flow is not labelled


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


def draw_flows(
    axes: Axes,
    all_flows: Sequence[Flow],
    buses: dict[str, MapBus],
    *,
    view: MapView,
    labels: Labels,
) -> None:
    """Draw flows from the smallest to the largest, with their numbers [MW]."""
    largest_power = 0.0
    for flow in all_flows:
        largest_power = max(largest_power, flow.power)
        if flow.disrupted:
            x, y = _point_along(flow, buses, CROSS)
            labels.block(x, y, radius=6)
    for flow in sorted(all_flows, key=lambda flow: flow.power):
        line_width = 0.8
        if largest_power > 0:
            line_width += 5.2 * flow.power / largest_power
        _draw_flow(axes, flow, buses, line_width)
        candidates = [_point_along(flow, buses, share) for share in NUMBERED]
        if flow.power >= SMALL_POWER and view.labels_at(candidates[0]):
            visible = list(filter(view.labels_at, candidates))
            text = f"{flow.power:,.0f}"
            labels.over(visible, text, size=6.5)
    for flow in all_flows:
        labels.avoid_line(_point_along(flow, buses, 0), _point_along(flow, buses, 1))


def _point_along(flow: Flow, buses: dict[str, MapBus], share: float) -> Point:
    """Return the point at a share of a flow's length."""
    begin = buses[flow.begin]
    end = buses[flow.end]
    x = begin.x + share * (end.x - begin.x)
    y = begin.y + share * (end.y - begin.y)
    return x, y


def _draw_flow(axes: Axes, flow: Flow, buses: dict[str, MapBus], line_width: float) -> None:
    """Draw a flow as a line in the colour of its loading with an arrow, and a cross on it if an event hits it."""
    from matplotlib import colormaps

    begin = _point_along(flow, buses, 0)
    end = _point_along(flow, buses, 1)
    longitudes = (begin[0], end[0])
    latitudes = (begin[1], end[1])
    line_style = (0, (3, 2)) if flow.disrupted else "solid"
    if flow.studied:
        axes.plot(
            longitudes,
            latitudes,
            color=STUDIED,
            lw=line_width + 2,
            zorder=3,
            solid_capstyle="butt",
        )
    if flow.power < SMALL_POWER:
        axes.plot(
            longitudes,
            latitudes,
            color=SMALL_FLOW,
            lw=0.9,
            ls=line_style,
            zorder=3.1,
        )
    else:
        axes.plot(
            longitudes,
            latitudes,
            color=colormaps[LOADING](0.08 + 0.92 * flow.loading),
            lw=line_width,
            ls=line_style,
            zorder=4,
            solid_capstyle="butt",
        )
        _draw_arrow(axes, flow, buses, line_width)
    if flow.disrupted:
        x, y = _point_along(flow, buses, CROSS)
        axes.plot(
            [x],
            [y],
            "X",
            color=DISRUPTED,
            mec="white",
            ms=9,
            zorder=7,
        )


def _draw_arrow(axes: Axes, flow: Flow, buses: dict[str, MapBus], line_width: float) -> None:
    """Draw the head of an arrow in the direction of a flow."""
    arrow = axes.annotate(
        "",
        xy=_point_along(flow, buses, 0.72),
        xytext=_point_along(flow, buses, 0.66),
        zorder=5,
        arrowprops={
            "arrowstyle": "-|>",
            "fc": "black",
            "ec": "white",
            "mutation_scale": 8 + line_width,
            "lw": 0.4,
        },
        annotation_clip=True,
    )
    arrow.arrow_patch.set_clip_on(True)  # type: ignore[union-attr]


def plant_radius(plant: Plant) -> float:
    """Return the radius of a plant's circle [points]; it grows with the root of its rating."""
    return 1 + 0.07 * float(np.sqrt(max(plant.size, 1.0)))


def draw_plant(axes: Axes, plant: Plant) -> None:
    """Draw a plant as a circle."""
    axes.plot(
        [plant.x],
        [plant.y],
        "o",
        ms=2 * plant_radius(plant),
        mfc=PLANT_FILL,
        mec=DISRUPTED if plant.disrupted else PLANT_EDGE,
        mew=1.6 if plant.disrupted else 0.6,
        alpha=0.85,
        zorder=2.5,
    )


def add_loading_bar(all_axes: Sequence[Axes]) -> None:
    """Add the colour scale of loading beside the axes."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure = all_axes[0].get_figure(root=True)
    assert figure is not None
    scale = ScalarMappable(Normalize(0, 100), colormaps[LOADING])
    bar = figure.colorbar(scale, ax=all_axes, pad=0.02, aspect=30)
    bar.set_label("loading: mean flow as share of capacity [%]")
    bar.outline.set_visible(False)


def legend_handles(line: str, all_flows: Sequence[Flow], all_plants: Sequence[Plant]) -> list[Line2D]:
    """Return the handles of the legend: the line under study by its name, and what else the map has."""
    from matplotlib.lines import Line2D

    studied = Line2D(
        [],
        [],
        color=STUDIED,
        lw=4,
        label=f"{line} (black edge)",
    )
    small = Line2D(
        [],
        [],
        color=SMALL_FLOW,
        lw=0.9,
        label=f"less than {SMALL_POWER} MW",
    )
    disrupted = Line2D(
        [],
        [],
        color="none",
        marker="X",
        mfc=DISRUPTED,
        mec="white",
        ms=9,
        label="hit by an event",
    )
    plant = Line2D(
        [],
        [],
        color="none",
        marker="o",
        mfc=PLANT_FILL,
        mec=PLANT_EDGE,
        ms=7,
        label="plant on a river",
    )
    handles = [studied]
    if any(flow.power < SMALL_POWER for flow in all_flows):
        handles.append(small)
    is_disrupted = [flow.disrupted for flow in all_flows] + [one.disrupted for one in all_plants]
    if any(is_disrupted):
        handles.append(disrupted)
    if all_plants:
        handles.append(plant)
    return handles
