"""Dispatch figure of a country by carrier: the mean day of each month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError, nearest
from energy.plots.frame import footer, framed, heading
from energy.plots.style import OTHER, styled
from energy.results.country_balance import LINE, TRADE, countries_of, country_balance
from energy.results.labels import country_name
from energy.results.mean_day import LOCAL, mean_days

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OWN = {LINE: "#332288", TRADE: "#bbbbbb", "losses": "#eeeeee"}
FIRST = ("nuclear", "run of river", "hydro", "coal", "coal local", "coal imported", "gas", "gas local")
"""Carriers at the bottom of the stack; trade and unserved demand are at its top."""
LAST = (TRADE, LINE, "losses", "unserved")


def dispatch_figure(found: xr.Dataset, country: str = "", size: str = "journal") -> Figure:
    """Draw what supplies a country and what it gives away, by carrier, over the mean day of each month.

    Parameters
    ----------
    found
        From ``energy.results.record.record``.
    country
        Code of a country with demand; the first one by default.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: stacked power above zero (supply, imports) and below (exports) [MW], and demand as a line.

    Raises
    ------
    InputError
        When no such country has demand.
    """
    known = countries_of(found)
    country = country or next(iter(known), "")
    if country not in known:
        raise InputError(
            Fault(f"no demand in country {country!r}", None, None, ", ".join(known), nearest(country, known))
        )
    days = mean_days(found, country_balance(found, country))
    flat = days.to_numpy().reshape(-1, days.sizes["carrier"])
    power = pd.DataFrame(flat, columns=[str(name) for name in days["carrier"].to_numpy()])
    demand = -power.pop("demand")
    note = f"Mean day of each month, 0 to 24 h at UTC+{LOCAL}. Below zero: sent away, and losses."
    with styled():
        what = f"Electricity of {country_name(country)}"
        figure = framed(heading(found, what), footer(found, note=note), size)
        axes = figure.subplots()
        look = _look(found)
        _stack(axes, power, look)
        edges = np.arange(len(demand) + 1)
        axes.stairs(demand, edges, color="black", lw=1.3, label="demand", baseline=None)
        _month_axis(axes, [str(month) for month in days["month"].to_numpy()])
        axes.axhline(0, color="black", lw=0.6)
        axes.set_ylabel("power [MW]")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y")
        axes.legend(*_unique(axes), loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0)
    return figure


def _any_colour(carrier: str) -> str:
    return OTHER[sum(map(ord, carrier)) % len(OTHER)]


def _look(found: xr.Dataset) -> dict[str, tuple[str, str]]:
    """Return colour and name of each carrier, as the case gives them."""
    look = {name: (tint, name) for name, tint in OWN.items()}
    if "carriers_color" in found:
        names = found["carriers_nice_name"].to_numpy() if "carriers_nice_name" in found else found["carriers"]
        for carrier, tint, name in zip(
            found["carriers"].to_numpy(), found["carriers_color"].to_numpy(), np.asarray(names), strict=True
        ):
            shown = str(name) or str(carrier)
            look[str(carrier)] = (
                str(tint) or _any_colour(str(carrier)),
                shown[0].lower() + shown[1:] if shown[1:2].islower() else shown,
            )
    return look


def _stack(axes: Axes, power: pd.DataFrame, look: dict[str, tuple[str, str]]) -> None:
    rank = {name: place for place, name in enumerate(FIRST)} | {name: 100 + at for at, name in enumerate(LAST)}
    order = sorted(power.columns, key=lambda name: rank.get(name, 50))
    edges = np.arange(len(power) + 1)
    above, below = np.zeros(len(power)), np.zeros(len(power))
    for name in order:
        tint, label = look.get(name, (_any_colour(name), name))
        values = power[name].to_numpy()
        up, down = values.clip(min=0), values.clip(max=0)
        for part, base in ((up, above), (down, below)):
            if np.abs(part).max() > 1e-3:
                axes.stairs(base + part, edges, baseline=base, fill=True, color=tint, lw=0, label=label)
        above, below = above + up, below + down
    axes.margins(x=0)


def _unique(axes: Axes) -> tuple[list[Artist], list[str]]:
    """Return the legend without repeats, from the top of the stack to its bottom."""
    handles, labels = axes.get_legend_handles_labels()
    found = dict(zip(labels, handles, strict=True))
    demand = [name for name in found if name == "demand"]
    order = demand + [name for name in reversed(list(found)) if name != "demand"]
    return [found[name] for name in order], order


def _month_axis(axes: Axes, months: list[str]) -> None:
    for number in range(1, len(months)):
        axes.axvline(24 * number, color="white", lw=1.2)
    names = []
    for number, month in enumerate(months):
        at = pd.Period(month, "M")
        name = at.strftime("%b") if len(months) < 14 else at.strftime("%b")[:1]
        names.append(f"{name}\n{at.year}" if number == 0 or at.month == 1 else name)
    axes.set_xticks([24 * number + 12 for number in range(len(months))], names)
    axes.tick_params(axis="x", length=0)
