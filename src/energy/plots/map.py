"""Map of a run: flows by way, their loading, and what is disrupted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from energy.errors import Fault, InputError
from energy.plots.frame import footer, framed, heading
from energy.plots.map_flows import Flow, Plant, flows, places, plants
from energy.plots.map_labels import Labels
from energy.plots.style import SIZES, styled
from energy.results.labels import country_name

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

LAND, HOME, SEA = "#f2f2f0", "#fdf6e3", "#dfeaf2"
BORDER, DISRUPTED, STUDIED, PLANT = "#9a9a9a", "#d00000", "#000000", "#004d7a"
LOADING = "plasma_r"
CROSS = 0.25  # of a disrupted way, where its cross stands
NUMBERED = (0.45, 0.35, 0.55, 0.27, 0.63, 0.2)  # where along a way its number may stand, in this order
SMALL = 5  # MW below which a flow is not labelled
MARGIN = 1.3  # degrees around the buses
LARGE = 40  # MW from which a plant is named
HEIGHTS = {"journal": 4.6, "slide": 4.5}  # inches
Box = tuple[tuple[float, float], tuple[float, float]]
"""West and east, south and north [degrees]."""
NEUTRAL = (
    "Mean of the contract season. Ways are drawn straight, without their routes. Borders: Natural Earth, simplified; "
    "dotted where states do not agree on them. They take no position on any claim."
)


@cache
def borders() -> dict[str, Any]:
    """Return the borders that the package ships (GeoJSON, degrees)."""
    text = files("energy.plots").joinpath("borders.geojson").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def map_figure(found: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the map of a run.

    Parameters
    ----------
    found
        From ``energy.results.record.record``; its buses have ``x`` and ``y`` [degrees].
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        Axes ``map`` (plain degrees, stretched to the middle latitude): arrows as wide as the mean flow of the season,
        in the colour of their loading, numbers in MW; red crosses on what events of the scenario hit; plants on rivers
        as circles of the size of their rating.

    Raises
    ------
    InputError
        When buses have no coordinates.
    """
    if "buses_x" not in found or float(np.ptp(found["buses_x"].to_numpy())) == 0:
        raise InputError(Fault("the buses have no places", allowed="x and y [degrees] in buses.csv"))
    where = places(found)
    home = {str(found["buses_country"].sel(buses=bus).item()) for bus in _loaded(found)}
    whole, near = _box(where.values(), MARGIN), _zoom(found, where)
    if near is None:
        whole = _widened(whole, (SIZES[size][0] - 1.6) / (HEIGHTS[size] - 1.3))
    with styled():
        figure = framed(heading(found, "Flows"), footer(found, note=NEUTRAL), size, HEIGHTS[size])
        grid = figure.subplots(1, 1 if near is None else 2, squeeze=False, width_ratios=_widths(whole, near))[0]
        for axes, box in zip(grid, (whole, near), strict=False):
            assert box is not None  # a second axes stands only where there is a box to look into
            _panel(axes, found, box, home, hidden=near if box is whole else None)
        if near is not None:
            (left, right), (low, high) = near
            grid[0].plot([left, right, right, left, left], [low, low, high, high, low], color="black", lw=0.8, zorder=9)
            grid[1].set_title("inside the frame", fontsize=8, loc="left")
        _loading_bar(list(grid))
        grid[-1].legend(handles=_keys(), loc="upper left", frameon=True, framealpha=0.9, edgecolor="none", fontsize=6.5)
    return figure


def _panel(axes: Axes, found: xr.Dataset, box: Box, home: set[str], hidden: Box | None) -> None:
    """Draw one view; what lies in the hidden box gets no names and numbers, since the other view has them."""
    from matplotlib import colormaps

    where, ways, stations = places(found), flows(found), plants(found)
    _extent(axes, box)
    figure = axes.get_figure(root=True)
    assert figure is not None
    labels = Labels(axes, figure.get_figheight() - 1.5)
    _ground(axes, home, hidden, labels)
    shown = {name: at for name, at in where.items() if _inside(at[0], at[1], box) and not _inside(at[0], at[1], hidden)}
    for x, y, _ in shown.values():
        labels.block(x, y)
    for way in ways:
        if way.disrupted:
            labels.block(*_between(way, where, CROSS), radius=6)
    widest = max([way.power for way in ways], default=1.0) or 1.0
    for way in sorted(ways, key=lambda one: one.power):
        _way(axes, way, where, widest, colormaps[LOADING])
        along = [_between(way, where, share) for share in NUMBERED]
        seen = [place for place in along if _inside(*place, box) and not _inside(*place, hidden)]
        if way.power >= SMALL and along[0] in seen:
            labels.over(seen, f"{way.power:,.0f}", 6.5)
    for x, y, _ in where.values():
        axes.plot([x], [y], "s", color="black", ms=3.5, zorder=6)
    for name, (x, y, _) in shown.items():
        labels.beside(x, y, name, 7)
    for plant in stations:
        _plant(axes, plant)
        if plant.size > LARGE and _inside(plant.x, plant.y, box) and not _inside(plant.x, plant.y, hidden):
            labels.beside(plant.x, plant.y, plant.name, 6.5, PLANT, needed=False)


def _between(way: Flow, where: dict[str, tuple[float, float, str]], share: float) -> tuple[float, float]:
    (x0, y0, _), (x1, y1, _) = where[way.begin], where[way.end]
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)


def _box(points: Iterable[tuple[float, float, str]], margin: float) -> Box:
    xs, ys = zip(*((x, y) for x, y, *_ in points), strict=True)
    return (min(xs) - margin, max(xs) + margin), (min(ys) - margin, max(ys) + margin)


def _inside(x: float, y: float, box: Box | None) -> bool:
    return box is not None and box[0][0] <= x <= box[0][1] and box[1][0] <= y <= box[1][1]


def _zoom(found: xr.Dataset, where: dict[str, tuple[float, float, str]]) -> Box | None:
    """Return the part where the sellers' grid is, if there is enough of it to look into."""
    sellers = {str(country) for country in found["country"].to_numpy()} if "country" in found.coords else set()
    points = [place for place in where.values() if place[2] in sellers]
    return _box(points, 1.0) if len(points) > 3 else None


def _widened(box: Box, aspect: float) -> Box:
    """Return a box with so much more to the west and east that it fills the figure."""
    lack = aspect * (box[1][1] - box[1][0]) / _squeeze(box) - (box[0][1] - box[0][0])
    return (box[0][0] - max(lack, 0.0) / 2, box[0][1] + max(lack, 0.0) / 2), box[1]


def _widths(whole: Box, near: Box | None) -> list[float]:
    """Return the widths of the views at one height."""
    shown = [box for box in (whole, near) if box is not None]
    return [(box[0][1] - box[0][0]) * _squeeze(box) / (box[1][1] - box[1][0]) for box in shown]


def _squeeze(box: Box) -> float:
    """Return how much shorter a degree of longitude is than one of latitude."""
    return float(np.cos(np.radians(sum(box[1]) / 2)))


def _loaded(found: xr.Dataset) -> list[str]:
    electric = set(places(found))
    return [str(bus) for bus in found["loads_bus"].to_numpy() if str(bus) in electric] if "loads_bus" in found else []


def _extent(axes: Axes, box: Box) -> None:
    axes.set_xlim(*box[0])
    axes.set_ylim(*box[1])
    axes.set_aspect(1 / _squeeze(box))
    axes.set_xlabel("longitude [°E]")
    axes.set_ylabel("latitude [°N]")
    axes.set_facecolor(SEA)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("#cccccc")
    axes.tick_params(labelsize=7, color="#cccccc")


def _ground(axes: Axes, home: set[str], hidden: Box | None, labels: Labels) -> None:
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for feature in borders()["features"]:
        parts = feature["geometry"]["coordinates"]
        properties = feature["properties"]
        if properties["kind"] == "border":
            for part in parts:
                style = (0, (1, 1.5)) if properties["disputed"] else "solid"
                axes.plot(*zip(*part, strict=True), color=BORDER, lw=0.7, ls=style, zorder=1.5)
            continue
        code, outline = properties["code"], [polygon[0] for polygon in parts]
        for ring in outline:
            axes.fill(*zip(*ring, strict=True), color=HOME if code in home else LAND, lw=0, zorder=1)
        inside = [point for ring in outline for point in ring if left < point[0] < right and low < point[1] < high]
        if code == "disputed" or len(inside) < 4:
            continue
        x, y = _label_place(code, np.array(inside))
        if not _inside(x, y, hidden):
            name, tint = country_name(code).upper(), "#8a8a8a"
            labels.keep_off(x, y, name, 6.5)
            axes.text(x, y, name, fontsize=6.5, color=tint, ha="center", va="center", zorder=1.6, clip_on=True)


def _label_place(code: str, inside: np.ndarray) -> tuple[float, float]:
    """Return where a country's name stands: a place free of flows where known, else the middle of what is seen."""
    free = {"AF": (65.2, 32.7), "PK": (69.6, 29.6), "TJ": (72.2, 38.6), "KG": (74.8, 41.3), "UZ": (63.6, 41.6)}
    free |= {"KZ": (64.5, 43.6), "TM": (61.9, 38.9), "IR": (60.2, 32.2), "IN": (74.5, 27.5), "CN": (75.2, 38.7)}
    return free.get(code, (float(inside[:, 0].mean()), float(inside[:, 1].mean())))


def _loading_bar(beside: list[Axes]) -> None:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure = beside[0].get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(ScalarMappable(Normalize(0, 100), colormaps[LOADING]), ax=beside, pad=0.02, aspect=30)
    bar.set_label("loading: mean flow of what may flow [%]")
    bar.outline.set_visible(False)


def _way(axes: Axes, way: Flow, where: dict[str, tuple[float, float, str]], widest: float, colours: Colormap) -> None:
    ends = tuple(zip(*(_between(way, where, share) for share in (0, 1)), strict=True))
    width = 0.8 + 5.2 * way.power / widest
    style = (0, (3, 2)) if way.disrupted else "solid"
    if way.studied:
        axes.plot(*ends, color=STUDIED, lw=width + 2, zorder=3, solid_capstyle="butt")
    if way.power < SMALL:
        axes.plot(*ends, color="#aaaaaa", lw=0.9, ls=style, zorder=3.1)
    else:
        tint = colours(0.08 + 0.92 * way.loading)
        axes.plot(*ends, color=tint, lw=width, ls=style, zorder=4, solid_capstyle="butt")
        pointer = {"arrowstyle": "-|>", "fc": "black", "ec": "white", "mutation_scale": 8 + width, "lw": 0.4}
        tip, tail = (_between(way, where, share) for share in (0.72, 0.66))
        arrow = axes.annotate("", tip, tail, zorder=5, arrowprops=pointer, annotation_clip=True)
        arrow.arrow_patch.set_clip_on(True)  # type: ignore[union-attr]
    if way.disrupted:
        x, y = _between(way, where, CROSS)
        axes.plot([x], [y], "X", color=DISRUPTED, mec="white", ms=9, zorder=7)


def _plant(axes: Axes, plant: Plant) -> None:
    edge, width = (DISRUPTED, 1.6) if plant.disrupted else (PLANT, 0.6)
    radius = 2 + 0.14 * np.sqrt(max(plant.size, 1.0))
    axes.plot([plant.x], [plant.y], "o", ms=radius, mfc="#56b4e9", mec=edge, mew=width, alpha=0.85, zorder=2.5)


def _keys() -> list[Line2D]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=STUDIED, lw=4, label="under study (black edge)"),
        Line2D([], [], color="#aaaaaa", lw=0.9, label=f"less than {SMALL} MW"),
        Line2D([], [], color="none", marker="X", mfc=DISRUPTED, mec="white", ms=9, label="hit by an event"),
        Line2D([], [], color="none", marker="o", mfc="#56b4e9", mec=PLANT, ms=7, label="plant on a river"),
    ]
