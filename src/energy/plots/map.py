"""Map of a run: flows between buses, their loading, and what is disrupted."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from energy.errors import Fault, InputError
from energy.plots.flows import flows, places, plants
from energy.plots.map_labels import Labels
from energy.plots.map_symbols import (
    PLANT_EDGE,
    MapExtent,
    MapView,
    Point,
    add_loading_bar,
    draw_flows,
    draw_plant,
    extent_around,
    legend_handles,
    plant_radius,
    widened,
)
from energy.plots.style import MARGIN as SHEET_MARGIN
from energy.plots.style import SIZES, footer, framed, heading, styled
from energy.results.countries import country_name

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LAND = "#f2f2f0"
HOME = "#fdf6e3"  # countries with demand in the case
SEA = "#dfeaf2"
NO_BORDERS = (
    "Mean of the contract season at the sending end. Flows are straight lines between buses, not routes. "
    "No borders are shown."
)
BORDER = "#9a9a9a"
MARGIN = 1.3  # degrees around the buses
LARGE = 40  # MW from which a plant is named
HEIGHTS = {"journal": 5.1, "slide": 4.5}  # inches
LEGEND = 0.22  # inches of the height
AROUND = 1.9  # inches of the height that title, ticks, legend and footer take
NEUTRAL = (
    "Mean of the contract season at the sending end. Flows are straight lines between buses, not routes. "
    "Borders: Natural Earth, simplified; dotted where states do not agree on them. They take no position on any claim."
)
FREE_PLACES = {
    "AF": (66.2, 32.2),
    "PK": (69.6, 29.6),
    "TJ": (72.2, 38.6),
    "KG": (74.8, 41.3),
    "UZ": (63.6, 41.6),
    "KZ": (64.5, 43.6),
    "TM": (61.9, 38.9),
    "IR": (60.2, 32.2),
    "IN": (74.5, 27.5),
    "CN": (75.2, 38.7),
}
"""Country → longitude and latitude [degrees] of its name, where no flows are drawn."""


@cache
def borders() -> dict[str, Any]:
    """Return the borders that the package ships (GeoJSON, degrees)."""
    text = files("energy.plots").joinpath("borders.geojson").read_text(encoding="utf-8")
    geojson: dict[str, Any] = json.loads(text)
    return geojson


def map_figure(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the map of a run.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``; its buses have ``x`` and ``y`` [degrees].
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes, or two of which the second shows a part of the first larger; plain degrees, stretched to the middle
        latitude. Arrows are as wide as the mean flow of the season, in the colour of their loading, with numbers in MW;
        red crosses stand on what events of the scenario hit; circles are plants on rivers, by their rating.

    Raises
    ------
    InputError
        When buses have no coordinates.
    """
    if "buses_x" not in dataset or float(np.ptp(dataset["buses_x"].to_numpy())) == 0:
        raise InputError(Fault("the buses have no coordinates", allowed="x and y [degrees] in buses.csv"))
    views = _views(dataset, size)
    with styled():
        figure = framed(
            heading(dataset, "Mean flows in MW"),
            footer(dataset, note=NEUTRAL if _is_on_the_map(dataset) else NO_BORDERS),
            size,
            HEIGHTS[size],
        )
        grid = figure.subplots(
            nrows=1,
            ncols=len(views),
            squeeze=False,
            width_ratios=[view.extent.aspect for view in views],
        )
        all_axes = list(grid[0])
        for axes, view in zip(all_axes, views, strict=True):
            _draw_view(axes, dataset, view)
        overview = views[0]
        if overview.detail is not None:
            _frame_detail(all_axes[0], overview.detail)
            all_axes[1].set_title("inside the frame", fontsize=8, loc="left")
        add_loading_bar(all_axes)
        _add_legend(figure, dataset)
    return figure


def _add_legend(figure: Figure, dataset: xr.Dataset) -> None:
    """Add the legend in a row between the maps and the footer."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    handles = legend_handles(_line(dataset), flows(dataset), plants(dataset))
    left, low, width, height = engine.get()["rect"]
    room = LEGEND / figure.get_figheight()
    engine.set(rect=(left, low + room, width, height - room))
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(SHEET_MARGIN / figure.get_figwidth(), low),
        ncols=len(handles),
        fontsize=7,
        borderaxespad=0,
        borderpad=0,
    )


def _views(dataset: xr.Dataset, size: str) -> list[MapView]:
    """Return the whole map and a detail of the sellers' grid, or one map where the sellers have few buses."""
    buses = places(dataset)
    overview = extent_around(list(buses.values()), MARGIN)
    sellers: set[str] = set()
    if "country" in dataset.coords:
        sellers = set(dataset["country"].to_numpy().astype(str))
    seller_buses = [bus for bus in buses.values() if bus.country in sellers]
    if len(seller_buses) > 3:
        detail = extent_around(seller_buses, margin=1.0)
        return [MapView(overview, detail), MapView(detail)]
    figure_width, _ = SIZES[size]
    aspect = (figure_width - 1.6) / (HEIGHTS[size] - AROUND)
    return [MapView(widened(overview, aspect))]


def _draw_view(axes: Axes, dataset: xr.Dataset, view: MapView) -> None:
    """Draw one view of the map: countries, flows, buses, plants and their labels."""
    buses = places(dataset)
    _set_extent(axes, view.extent)
    figure = axes.get_figure(root=True)
    assert figure is not None
    labels = Labels(axes, figure.get_figheight() - AROUND)
    axes.set_facecolor(SEA if _is_on_the_map(dataset) else LAND)
    _draw_borders(axes)
    _draw_countries(axes, _countries_with_demand(dataset), view, labels)
    labelled_buses = {name: bus for name, bus in buses.items() if view.labels_at((bus.x, bus.y))}
    if view.detail is not None:
        detail = view.detail
        labels.avoid_rectangle(west=detail.west, east=detail.east, south=detail.south, north=detail.north)
    for bus in buses.values():
        labels.block(bus.x, bus.y)
    for plant in plants(dataset):
        labels.block(plant.x, plant.y, plant_radius(plant))
    draw_flows(axes, flows(dataset), buses, view=view, labels=labels)
    for bus in buses.values():
        axes.plot([bus.x], [bus.y], "s", color="black", ms=3.5, zorder=6)
    for name in sorted(labelled_buses, key=len, reverse=True):  # long names have the fewest places
        bus = labelled_buses[name]
        labels.beside(bus.x, bus.y, name, size=7)
    for plant in plants(dataset):
        draw_plant(axes, plant)
        if plant.size > LARGE and view.labels_at((plant.x, plant.y)):
            labels.beside(
                plant.x,
                plant.y,
                plant.name,
                size=6.5,
                colour=PLANT_EDGE,
                radius=plant_radius(plant),
                needed=False,
            )


def _line(dataset: xr.Dataset) -> str:
    """Return the name of the line under study with its mean flow [MW]."""
    line = str(dataset.attrs.get("line", "under study"))
    power = sum(flow.power for flow in flows(dataset) if flow.studied)
    return f"{line}: {power:,.0f} MW"


def _is_on_the_map(dataset: xr.Dataset) -> bool:
    """Return whether a bus lies in the region whose borders the package ships; elsewhere no land or sea is known."""
    outlines = []
    for feature in borders()["features"]:
        if feature["properties"]["kind"] != "border":
            outlines += [np.array(polygon[0]) for polygon in feature["geometry"]["coordinates"]]
    points = np.concatenate(outlines)
    west, south = points.min(axis=0)
    east, north = points.max(axis=0)
    buses = places(dataset).values()
    return any(west <= bus.x <= east and south <= bus.y <= north for bus in buses)


def _set_extent(axes: Axes, extent: MapExtent) -> None:
    axes.set_xlim(extent.west, extent.east)
    axes.set_ylim(extent.south, extent.north)
    axes.set_aspect(1 / extent.shrinkage)
    axes.set_xlabel("longitude [°E]")
    axes.set_ylabel("latitude [°N]")
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("#cccccc")
    axes.tick_params(labelsize=7, color="#cccccc")
    axes.locator_params(integer=True)


def _countries_with_demand(dataset: xr.Dataset) -> set[str]:
    """Return the countries that have demand at an electric bus."""
    if "loads_bus" not in dataset:
        return set()
    buses = places(dataset)
    loaded = dataset["loads_bus"].to_numpy().astype(str)
    return {buses[name].country for name in loaded if name in buses}


def _draw_borders(axes: Axes) -> None:
    """Draw borders as lines, dotted where states do not agree on them."""
    for feature in borders()["features"]:
        if feature["properties"]["kind"] != "border":
            continue
        style = (0, (1, 1.5)) if feature["properties"]["disputed"] else "solid"
        for part in feature["geometry"]["coordinates"]:
            longitudes, latitudes = np.transpose(part)
            axes.plot(
                longitudes,
                latitudes,
                color=BORDER,
                lw=0.7,
                ls=style,
                zorder=1.5,
            )


def _draw_countries(axes: Axes, home: set[str], view: MapView, labels: Labels) -> None:
    """Fill the areas of countries, and write the names of those of which enough is seen."""
    for feature in borders()["features"]:
        if feature["properties"]["kind"] == "border":
            continue
        country = feature["properties"]["code"]
        outlines = [np.array(polygon[0]) for polygon in feature["geometry"]["coordinates"]]
        for outline in outlines:
            axes.fill(
                outline[:, 0],
                outline[:, 1],
                color=HOME if country in home else LAND,
                lw=0,
                zorder=1,
            )
        visible = _visible_points(np.concatenate(outlines), axes)
        if country == "disputed" or len(visible) < 4:
            continue
        x, y = _country_label_place(country, visible)
        if view.detail is not None and view.detail.contains((x, y)):
            continue
        name = country_name(country).upper()
        labels.keep_off(x, y, name, size=6.5)
        axes.text(
            x,
            y,
            name,
            fontsize=6.5,
            color="#8a8a8a",
            ha="center",
            va="center",
            zorder=1.6,
            clip_on=True,
        )


def _visible_points(outline: np.ndarray, axes: Axes) -> np.ndarray:
    """Return the points of an outline that lie within the limits of the axes: longitude, latitude [degrees]."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    longitudes = outline[:, 0]
    latitudes = outline[:, 1]
    in_width = (west < longitudes) & (longitudes < east)
    in_height = (south < latitudes) & (latitudes < north)
    return outline[in_width & in_height]


def _country_label_place(country: str, visible: np.ndarray) -> Point:
    """Return where a country's name stands: a place free of flows where known, else the middle of what is seen."""
    if country in FREE_PLACES:
        return FREE_PLACES[country]
    return float(visible[:, 0].mean()), float(visible[:, 1].mean())


def _frame_detail(axes: Axes, detail: MapExtent) -> None:
    """Draw a frame around the part that another axes shows larger."""
    axes.plot(
        [detail.west, detail.east, detail.east, detail.west, detail.west],
        [detail.south, detail.south, detail.north, detail.north, detail.south],
        color="black",
        lw=0.8,
        zorder=9,
    )
