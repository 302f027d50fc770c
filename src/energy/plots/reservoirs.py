"""Reservoir figure: inflow, release and content of large reservoirs, with the bands that rules set."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.model.profiles import HM3_AN_HOUR
from energy.plots.frame import footer, framed, heading
from energy.plots.style import styled
from energy.results.mean_day import months_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 2  # reservoirs of a figure that names none
SMALLEST_SPILL = 0.5  # m³/s; less is not drawn
INFLOW = "#000000"
TURBINED = "#0072b2"
SPILT = "#e69f00"
RULE = "#009e73"


class Reservoir(NamedTuple):
    """What flows through a store by month [m³/s], its content at each month's end [hm³], and the bands of its rules."""

    name: str
    months: pd.PeriodIndex
    inflow: np.ndarray
    turbined: np.ndarray
    spilt: np.ndarray
    least: np.ndarray
    most: np.ndarray
    content: np.ndarray
    at_least: np.ndarray
    at_most: np.ndarray
    size: float


class VolumeLimit(NamedTuple):
    """A volume rule of a reservoir's release: its first and last place on the axis, its limits as mean flow [m³/s]."""

    first: float
    last: float
    at_least: float
    at_most: float


def reservoirs(dataset: xr.Dataset) -> list[str]:
    """Return the stores to show: the largest seasonal reservoirs with a regulated release below them, then the rest."""
    if "stores_e" not in dataset:
        return []
    stores = dataset["stores"].to_numpy().astype(str)
    is_reservoir = dataset["stores_carrier"].to_numpy() == "reservoir"
    sizes = dict(zip(stores, dataset["stores_e_nom"].to_numpy(), strict=True))

    def rank(store: str) -> tuple[bool, float]:
        is_regulated = len(_release_links(dataset, store)) > 0
        return not is_regulated, -sizes[store]

    return sorted(stores[is_reservoir].tolist(), key=rank)


def reservoir(dataset: xr.Dataset, name: str) -> Reservoir:
    """Return the months of one store.

    Flows are means over the month, so that typical days and hours give the same form; the content is what the store
    holds at the month's last snapshot. ``at_least`` and ``at_most`` are the tightest bounds on the content in a month.
    """
    months = months_of(dataset)
    hours = dataset["weight"].to_numpy()

    def monthly_mean(values: np.ndarray) -> np.ndarray:
        total = pd.Series(values * hours, index=months).groupby(level=0).sum()
        total_hours = pd.Series(hours, index=months).groupby(level=0).sum()
        return (total / total_hours).to_numpy()

    outlets = _outlet_links(dataset, name)
    carriers = dataset["links_carrier"].to_numpy()[outlets]
    is_spillway = np.array(["spill" in str(carrier) for carrier in carriers], dtype=bool)
    turbined = _link_flow(dataset, outlets[~is_spillway])
    spilt = _link_flow(dataset, outlets[is_spillway])
    least, most = _release_limits(dataset, name)
    store = dataset["stores"].to_index().get_loc(name)
    size = float(dataset["stores_e_nom"].to_numpy()[store])
    contents = pd.DataFrame(
        {
            "content": dataset["stores_e"].to_numpy()[:, store],
            "at_least": dataset["stores_e_min_pu"].to_numpy()[:, store] * size,
            "at_most": dataset["stores_e_max_pu"].to_numpy()[:, store] * size,
        },
        index=months,
    )
    by_month = contents.groupby(level=0)
    return Reservoir(
        name=name,
        months=pd.PeriodIndex(months.unique()),
        inflow=monthly_mean(_inflow(dataset, name)) / HM3_AN_HOUR,
        turbined=monthly_mean(turbined) / HM3_AN_HOUR,
        spilt=monthly_mean(spilt) / HM3_AN_HOUR,
        least=monthly_mean(least),
        most=monthly_mean(most),
        content=by_month["content"].last().to_numpy(),
        at_least=by_month["at_least"].max().to_numpy(),
        at_most=by_month["at_most"].min().to_numpy(),
        size=size,
    )


def _link_flow(dataset: xr.Dataset, links: np.ndarray) -> np.ndarray:
    """Return what links take from their first bus together, by snapshot [hm³/h]."""
    if "links_p0" not in dataset:
        return np.zeros(dataset.sizes["snapshot"])
    return np.asarray(dataset["links_p0"].to_numpy()[:, links].sum(axis=1))


def _bus(dataset: xr.Dataset, store: str) -> str:
    return str(dataset["stores_bus"].sel(stores=store).item())


def _outlet_links(dataset: xr.Dataset, store: str) -> np.ndarray:
    """Return the positions of the links that take water from a store's bus."""
    return np.flatnonzero(dataset["links_bus0"].to_numpy() == _bus(dataset, store))


def _inflow(dataset: xr.Dataset, store: str) -> np.ndarray:
    """Return what rivers and plants upstream bring [hm³/h]."""
    bus = _bus(dataset, store)
    inflow = np.zeros(dataset.sizes["snapshot"])
    if "loads_p" in dataset:
        of_bus = dataset["loads_bus"].to_numpy() == bus
        inflow -= dataset["loads_p"].to_numpy()[:, of_bus].sum(axis=1)
    for end in ("bus1", "bus2"):
        if f"links_{end}" in dataset:
            upstream = np.flatnonzero(dataset[f"links_{end}"].to_numpy() == bus)
            inflow += _link_flow(dataset, upstream)
    return inflow


def _release_links(dataset: xr.Dataset, store: str) -> np.ndarray:
    """Return the positions of the links of carrier ``release`` right below a store's outlets."""
    outlets = _outlet_links(dataset, store)
    buses_below: list[str] = []
    for end in ("bus1", "bus2"):
        if f"links_{end}" in dataset:
            buses_below += dataset[f"links_{end}"].to_numpy()[outlets].tolist()
    starts_below = dataset["links_bus0"].isin(buses_below).to_numpy()
    is_release = dataset["links_carrier"].to_numpy() == "release"
    return np.flatnonzero(starts_below & is_release)


def _release_limits(dataset: xr.Dataset, store: str) -> tuple[np.ndarray, np.ndarray]:
    """Return least and most flow [m³/s] that release rules leave in each snapshot; nan where there is no rule."""
    no_limit = np.full(dataset.sizes["snapshot"], np.nan)
    links = _release_links(dataset, store)
    if len(links) != 1:
        return no_limit, no_limit
    link = links[0]
    rating = dataset["links_p_nom"].to_numpy()[link] / HM3_AN_HOUR
    p_min_pu = dataset["links_p_min_pu"].to_numpy()[:, link]
    p_max_pu = dataset["links_p_max_pu"].to_numpy()[:, link]
    least = np.where(p_min_pu > 0, p_min_pu * rating, np.nan)
    most = np.where(p_max_pu < 0.999, p_max_pu * rating, np.nan)
    return least, most


def reservoir_figure(dataset: xr.Dataset, stores: tuple[str, ...] = (), size: str = "journal") -> Figure:
    """Draw hydrograph and content of reservoirs, a column each.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    stores
        Names; the two largest with a regulated release by default.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        Upper axes: inflow and release [m³/s] with the bounds of flow and volume rules; lower axes: content at month end
        [hm³] within the bounds of level rules.

    Raises
    ------
    InputError
        When the case has no such reservoir.
    """
    all_names = reservoirs(dataset)
    names = list(stores) or all_names[:SHOWN]
    if not names or not set(names) <= set(all_names):
        fault = Fault(
            "no such reservoir",
            allowed=", ".join(all_names) or None,
            repair="name others",
        )
        raise InputError(fault)
    title = heading(dataset, " and ".join(names))
    note = "Monthly means, and content at the end of each month. Green: what rules ask for."
    with styled():
        figure = framed(title, footer(dataset, note=note), size)
        grid = figure.subplots(
            nrows=2,
            ncols=len(names),
            squeeze=False,
            sharex="col",
            height_ratios=(1.15, 1),
        )
        for column, name in enumerate(names):
            store = reservoir(dataset, name)
            limits = _volume_limits(dataset, store)
            _draw_flows(grid[0, column], store, limits)
            _draw_content(grid[1, column], store)
        grid[0, 0].set_ylabel("flow [m³/s]")
        grid[1, 0].set_ylabel("content [hm³]")
        for row in grid:
            handles = _legend_handles(row)
            row[-1].legend(
                handles.values(),
                handles.keys(),
                loc="upper left",
                bbox_to_anchor=(1.01, 1),
                borderaxespad=0,
            )
    return figure


def _legend_handles(row: Iterable[Axes]) -> dict[str, Artist]:
    """Return label → handle of all axes of a row, without repeats."""
    by_label: dict[str, Artist] = {}
    for axes in row:
        handles, labels = axes.get_legend_handles_labels()
        by_label |= zip(labels, handles, strict=True)
    return by_label


def _volume_limits(dataset: xr.Dataset, store: Reservoir) -> list[VolumeLimit]:
    """Return the volume rules of the release of a store."""
    if "volume_link" not in dataset:
        return []
    links = dataset["links"].to_numpy()[_release_links(dataset, store.name)]
    is_of_store = np.isin(dataset["volume_link"].to_numpy(), links)
    limits = []
    for rule in np.flatnonzero(is_of_store):
        start = pd.Timestamp(dataset["volume_start"].to_numpy()[rule])
        end = pd.Timestamp(dataset["volume_end"].to_numpy()[rule])
        limit = VolumeLimit(
            first=_months_between(store.months[0], start),
            last=_months_between(store.months[0], end),
            at_least=float(dataset["volume_at_least"].to_numpy()[rule]),
            at_most=float(dataset["volume_at_most"].to_numpy()[rule]),
        )
        limits.append(limit)
    return limits


def _months_between(first_month: pd.Period, time: pd.Timestamp) -> float:
    return float((time.to_period("M") - first_month).n)


def _draw_flows(axes: Axes, store: Reservoir, limits: list[VolumeLimit]) -> None:
    """Draw inflow and release by month [m³/s], with the limits of flow and volume rules."""
    edges = np.arange(len(store.months) + 1)
    axes.stairs(
        store.turbined,
        edges,
        fill=True,
        color=TURBINED,
        alpha=0.75,
        label="through turbines",
    )
    if store.spilt.max() > SMALLEST_SPILL:
        axes.stairs(
            store.turbined + store.spilt,
            edges,
            baseline=store.turbined,
            fill=True,
            color=SPILT,
            label="spilt",
        )
    axes.stairs(
        store.inflow,
        edges,
        color=INFLOW,
        lw=1.3,
        baseline=None,
        label="inflow",
    )
    _draw_flow_limit(axes, store.least, label="least flow (rule)", dashes=(4, 1))
    _draw_flow_limit(axes, store.most, label="most flow (rule)", dashes=(1, 1))
    for limit in limits:
        window = (limit.first, limit.last)
        _draw_volume_limit(axes, window, limit.at_least, marker="^")
        _draw_volume_limit(axes, window, limit.at_most, marker="v")
    axes.set_title(store.name, fontsize=9, loc="left")
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y")


def _draw_flow_limit(axes: Axes, flow: np.ndarray, *, label: str, dashes: tuple[int, int]) -> None:
    """Draw the least or most flow by month, if rules set one."""
    if not np.isfinite(flow).any():
        return
    line_style = (0, dashes)
    edges = np.arange(len(flow) + 1)
    axes.stairs(
        flow,
        edges,
        baseline=None,
        color=RULE,
        lw=1.4,
        ls=line_style,
    )
    axes.plot(
        [],
        [],
        color=RULE,
        lw=1.4,
        ls=line_style,
        label=label,
    )


def _draw_volume_limit(axes: Axes, window: tuple[float, float], flow: float, *, marker: str) -> None:
    """Draw the least (``^``) or most (``v``) mean flow over a window of months, if the rule sets it."""
    if not np.isfinite(flow):
        return
    sense = "least" if marker == "^" else "most"
    first, last = window
    axes.plot([first, last], [flow, flow], color=RULE, lw=0.8)
    axes.plot(
        [(first + last) / 2],
        [flow],
        marker,
        color=RULE,
        ms=5,
        ls="none",
        label=f"{sense} mean over\nthe window",
    )


def _draw_content(axes: Axes, store: Reservoir) -> None:
    """Draw content at the end of each month [hm³], within the limits of level rules."""
    month_ends = np.arange(1, len(store.months) + 1)
    axes.fill_between(
        month_ends,
        store.at_least,
        store.at_most,
        step="mid",
        color=RULE,
        alpha=0.12,
        lw=0,
        label="allowed content",
    )
    axes.plot(
        month_ends,
        store.content,
        color=TURBINED,
        lw=1.8,
        marker="o",
        ms=3,
        label="content",
    )
    has_least = store.at_least > 1e-6
    if has_least.any():
        axes.plot(
            month_ends[has_least],
            store.at_least[has_least],
            "^",
            color=RULE,
            ms=6,
            ls="none",
            label="least content (rule)",
        )
    axes.axhline(store.size, color="#666666", lw=0.8, ls=":", label="full")
    axes.set_ylim(0, 1.06 * store.size)
    axes.set_xlim(0, len(store.months))
    _set_month_axis(axes, store.months)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y")


def _set_month_axis(axes: Axes, months: pd.PeriodIndex) -> None:
    """Name months by their first letter; the year stands below the first one and each January."""
    names = []
    for number, month in enumerate(months):
        name = month.strftime("%b")[:1]
        if number == 0 or month.month == 1:
            name += f"\n{month.year}"
        names.append(name)
    middles = np.arange(len(months)) + 0.5
    axes.set_xticks(middles, names)
    axes.tick_params(axis="x", length=0)
