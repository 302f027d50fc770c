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
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 2
INFLOW, TURBINED, SPILT, RULE = "#56b4e9", "#0072b2", "#e69f00", "#009e73"


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


def reservoirs(found: xr.Dataset) -> list[str]:
    """Return the stores to show: the largest seasonal reservoirs with a regulated release below them, then the rest."""
    if "stores_e" not in found:
        return []
    carrier, size = found["stores_carrier"].to_numpy(), found["stores_e_nom"].to_numpy()
    names = [str(name) for name in found["stores"].to_numpy()]
    water = [at for at in range(len(names)) if carrier[at] == "reservoir"]
    ruled = {at: bool(_release(found, names[at])) for at in water}
    return [names[at] for at in sorted(water, key=lambda at: (not ruled[at], -size[at]))]


def reservoir(found: xr.Dataset, name: str) -> Reservoir:
    """Return the months of one store.

    Flows are means over the month, so that typical days and hours give the same form; the content is what the store
    holds at the month's last snapshot. ``at_least`` and ``at_most`` are the tightest bounds on the content in a month.
    """
    months, weight = months_of(found), found["weight"].to_numpy()
    labels = months.unique()
    flow = found["links_p0"].to_numpy() if "links_p0" in found else np.zeros((len(weight), 0))
    outlets = _outlets(found, name)
    carriers = [str(found["links_carrier"].to_numpy()[at]) for at in outlets]
    spills = [at for at, carrier in zip(outlets, carriers, strict=True) if "spill" in carrier]
    power = found["stores"].to_index().get_loc(name)
    least, most = _bounds(found, name)

    def monthly(values: np.ndarray) -> np.ndarray:
        sums = pd.Series(values * weight, index=months).groupby(level=0).sum()
        return np.asarray(sums / pd.Series(weight, index=months).groupby(level=0).sum())

    def in_flow(values: np.ndarray) -> np.ndarray:
        return monthly(values) / HM3_AN_HOUR

    size = float(found["stores_e_nom"].to_numpy()[power])
    content = found["stores_e"].to_numpy()[:, power]
    low, high = (found[f"stores_{side}"].to_numpy()[:, power] * size for side in ("e_min_pu", "e_max_pu"))
    table = pd.DataFrame({"content": content, "low": low, "high": high}, index=months).groupby(level=0)
    return Reservoir(
        name,
        pd.PeriodIndex(labels),
        in_flow(_inflow(found, name)),
        in_flow(flow[:, [at for at in outlets if at not in spills]].sum(axis=1)),
        in_flow(flow[:, spills].sum(axis=1)),
        monthly(least),
        monthly(most),
        np.asarray(table["content"].last()),
        np.asarray(table["low"].max()),
        np.asarray(table["high"].min()),
        size,
    )


def _bus(found: xr.Dataset, name: str) -> str:
    return str(found["stores_bus"].to_numpy()[found["stores"].to_index().get_loc(name)])


def _outlets(found: xr.Dataset, name: str) -> list[int]:
    return [int(at) for at in np.flatnonzero(found["links_bus0"].to_numpy() == _bus(found, name))]


def _inflow(found: xr.Dataset, name: str) -> np.ndarray:
    """Return what rivers and plants upstream bring [hm³/h]."""
    bus = _bus(found, name)
    total = np.zeros(found.sizes["snapshot"])
    if "loads_p" in found:
        total -= found["loads_p"].to_numpy()[:, found["loads_bus"].to_numpy() == bus].sum(axis=1)
    for end in ("bus1", "bus2"):
        if f"links_{end}" in found:
            total += found["links_p0"].to_numpy()[:, found[f"links_{end}"].to_numpy() == bus].sum(axis=1)
    return total


def _release(found: xr.Dataset, name: str) -> list[int]:
    """Return the links of carrier ``release`` right below a store's outlets."""
    ends = {
        str(found[f"links_{end}"].to_numpy()[at])
        for end in ("bus1", "bus2")
        if f"links_{end}" in found
        for at in _outlets(found, name)
    }
    starts, carrier = found["links_bus0"].to_numpy(), found["links_carrier"].to_numpy()
    return [at for at in range(len(starts)) if starts[at] in ends and carrier[at] == "release"]


def _bounds(found: xr.Dataset, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return least and most flow [m³/s] that the release rules leave in each snapshot; nan where nothing is said."""
    nothing = np.full(found.sizes["snapshot"], np.nan)
    links = _release(found, name)
    if len(links) != 1:
        return nothing, nothing
    size = found["links_p_nom"].to_numpy()[links[0]] / HM3_AN_HOUR
    low, high = (found[f"links_{side}"].to_numpy()[:, links[0]] for side in ("p_min_pu", "p_max_pu"))
    return np.where(low > 0, low * size, np.nan), np.where(high < 0.999, high * size, np.nan)


def reservoir_figure(found: xr.Dataset, stores: tuple[str, ...] = (), size: str = "journal") -> Figure:
    """Draw hydrograph and content of reservoirs, a column each.

    Parameters
    ----------
    found
        From ``energy.results.record.record``.
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
    known = reservoirs(found)
    chosen = list(stores) or known[:SHOWN]
    if not chosen or not set(chosen) <= set(known):
        raise InputError(Fault("no such reservoir", None, None, ", ".join(known) or None, "name others"))
    note = "Monthly means, and content at the end of each month. Green: what rules ask for."
    with styled():
        figure = framed(heading(found, " and ".join(chosen)), footer(found, note=note), size)
        grid = figure.subplots(2, len(chosen), squeeze=False, sharex="col", height_ratios=(1.15, 1))
        for column, name in enumerate(chosen):
            one = reservoir(found, name)
            _flows(grid[0, column], one, _windows(found, name, one.months))
            _contents(grid[1, column], one)
            if column == 0:
                grid[0, 0].set_ylabel("flow [m³/s]")
                grid[1, 0].set_ylabel("content [hm³]")
        for row in grid:
            found_handles: dict[str, Artist] = {}
            for axes in row:
                found_handles |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
            row[-1].legend(
                found_handles.values(), found_handles, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0
            )
    return figure


def _windows(found: xr.Dataset, name: str, months: pd.PeriodIndex) -> list[tuple[float, float, float, float]]:
    """Return first and last place on the axis, and least and most mean flow [m³/s], of each volume rule of a store."""
    links = [str(found["links"].to_numpy()[at]) for at in _release(found, name)]
    if "volume_link" not in found:
        return []
    rows = []
    for at in np.flatnonzero(np.isin(found["volume_link"].to_numpy(), links)):
        ends = (pd.Timestamp(found[f"volume_{side}"].to_numpy()[at]) for side in ("start", "end"))
        places = [(time.to_period("M") - months[0]).n for time in ends]
        low, high = (float(found[f"volume_{side}"].to_numpy()[at]) for side in ("at_least", "at_most"))
        rows.append((float(places[0]), float(places[1]), low, high))
    return rows


def _flows(axes: Axes, one: Reservoir, windows: list[tuple[float, float, float, float]]) -> None:
    edges = np.arange(len(one.months) + 1)
    axes.stairs(one.turbined, edges, fill=True, color=TURBINED, alpha=0.75, label="through turbines")
    if one.spilt.max() > 0.5:
        top = one.turbined + one.spilt
        axes.stairs(top, edges, baseline=one.turbined, fill=True, color=SPILT, label="spilt")
    axes.stairs(one.inflow, edges, color="black", lw=1.3, baseline=None, label="inflow")
    for bound, text in ((one.least, "least flow (rule)"), (one.most, "most flow (rule)")):
        if np.isfinite(bound).any():
            dotted = (0, (1, 1)) if bound is one.most else (0, (4, 1))
            axes.stairs(np.nan_to_num(bound, nan=np.nan), edges, baseline=None, color=RULE, lw=1.4, ls=dotted)
            axes.plot([], [], color=RULE, lw=1.4, ls=dotted, label=text)
    for first, last, low, high in windows:
        for level, mark in ((low, "^"), (high, "v")):
            if np.isfinite(level):
                axes.plot([first, last], [level, level], color=RULE, lw=0.8)
                sense = "least" if mark == "^" else "most"
                middle = (first + last) / 2
                axes.plot([middle], [level], mark, color=RULE, ms=5, ls="none", label=f"{sense} mean over\nthe window")
    axes.set_title(one.name, fontsize=9, loc="left")
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y")


def _contents(axes: Axes, one: Reservoir) -> None:
    at = np.arange(1, len(one.months) + 1)
    axes.fill_between(at, one.at_least, one.at_most, step="mid", color=RULE, alpha=0.12, lw=0, label="allowed content")
    axes.plot(at, one.content, color=TURBINED, lw=1.8, marker="o", ms=3, label="content")
    bound = one.at_least > 1e-6
    if bound.any():
        axes.plot(at[bound], one.at_least[bound], "^", color=RULE, ms=6, ls="none", label="least content (rule)")
    axes.axhline(one.size, color="#666666", lw=0.8, ls=":", label="full")
    axes.set_ylim(0, 1.06 * one.size)
    axes.set_xlim(0, len(one.months))
    names = []
    for number, month in enumerate(one.months):
        name = month.strftime("%b")[:1]
        names.append(f"{name}\n{month.year}" if number == 0 or month.month == 1 else name)
    axes.set_xticks(at - 0.5, names)
    axes.tick_params(axis="x", length=0)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y")
