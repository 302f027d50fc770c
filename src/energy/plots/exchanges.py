"""Exchanges between countries over a run's horizon: who feeds whom, as bands from senders to receivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from energy.errors import Fault, InputError
from energy.plots.flows import flows, period_hours, places
from energy.plots.style import CAUSES, footer, framed, heading, styled
from energy.results.countries import country_name

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GAP = 0.035
"""Room between two countries, as a share of the height."""
SMALLEST = 0.5
"""GWh below which an exchange is not drawn."""
BAR = 0.03
"""Width of a country's bar, as a share of the distance between senders and receivers."""
GREY = "#b8b8b8"


class _Exchange(NamedTuple):
    """Energy that one country sends another [GWh], and whether the line under study carries it."""

    sender: str
    receiver: str
    energy: float
    studied: bool


def exchanges(dataset: xr.Dataset) -> list[_Exchange]:
    """Return what countries send each other over the season, net of what comes back over the same buses.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    """
    buses = places(dataset)
    hours = period_hours(dataset)
    energies: dict[tuple[str, str, bool], float] = {}
    for flow in flows(dataset):
        sender = buses[flow.begin].country
        receiver = buses[flow.end].country
        if sender != receiver:
            key = (sender, receiver, flow.studied)
            energies[key] = energies.get(key, 0.0) + flow.power * hours / 1000
    sent = [_Exchange(sender, receiver, energy, studied) for (sender, receiver, studied), energy in energies.items()]
    seen = [exchange for exchange in sent if exchange.energy >= SMALLEST]
    return sorted(seen, key=lambda exchange: -exchange.energy)


def exchanges_figure(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw who feeds whom: senders at the left, receivers at the right, bands as wide as their energy.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes without a scale: names with GWh at both sides; the line under study in its colour.

    Raises
    ------
    InputError
        When no country sends another anything.
    """
    bands = exchanges(dataset)
    if not bands:
        raise InputError(Fault("no country sends another anything in this run"))
    line = str(dataset.attrs.get("line", "CASA-1000"))
    note = f"Net energy over the contract season; in blue what {line} carries, at the sending end."
    with styled():
        figure = framed(heading(dataset, "Who feeds whom"), footer(dataset, note=note), size)
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set(xticks=[], yticks=[])
        axes.set_xlim(-0.3, 1.3)
        axes.set_ylim(0, 1)
        total = sum(band.energy for band in bands)
        senders = _places(axes, bands, side="sender", total=total)
        receivers = _places(axes, bands, side="receiver", total=total)
        for band in sorted(bands, key=lambda band: (senders[band.sender], -receivers[band.receiver])):
            height = band.energy * _scale(bands, total)
            start = senders[band.sender]
            end = receivers[band.receiver]
            senders[band.sender] -= height
            receivers[band.receiver] -= height
            _draw_band(axes, start, end, height, studied=band.studied)
    return figure


def _scale(bands: list[_Exchange], total: float) -> float:
    """Return the height of a GWh, so that the side with more countries fills the axes."""
    most = max(len({band.sender for band in bands}), len({band.receiver for band in bands}))
    return (1 - GAP * (most + 1)) / total


def _places(axes: Axes, bands: list[_Exchange], *, side: str, total: float) -> dict[str, float]:
    """Draw the bars and names of one side; return the upper end of each country's bar."""
    energies: dict[str, float] = {}
    for band in bands:
        country = getattr(band, side)
        energies[country] = energies.get(country, 0.0) + band.energy
    scale = _scale(bands, total)
    is_left = side == "sender"
    x = -BAR if is_left else 1.0
    names_at = _spread_names([energy * scale for energy in energies.values()])
    top = 1 - GAP
    tops = {}
    for (country, energy), y in zip(energies.items(), names_at, strict=True):
        height = energy * scale
        axes.bar(x, height, BAR, bottom=top - height, align="edge", color="#333333")
        axes.text(
            x - 0.015 if is_left else x + BAR + 0.015,
            y,
            f"{country_name(country)}  {energy:,.0f} GWh",
            ha="right" if is_left else "left",
            va="center",
            fontsize=8,
        )
        tops[country] = top
        top -= height + GAP
    return tops


def _spread_names(heights: list[float]) -> list[float]:
    """Return where names stand: at the middle of their bars, but never closer than a line of text."""
    least = 0.055
    places = []
    top = 1 - GAP
    before = 2.0
    for height in heights:
        middle = min(top - height / 2, before - least)
        places.append(middle)
        before = middle
        top -= height + GAP
    return places


def _draw_band(axes: Axes, start: float, end: float, height: float, *, studied: bool) -> None:
    """Draw a band from the upper end of a sender's share to that of a receiver's."""
    x = np.linspace(0, 1, 60)
    ease = x * x * (3 - 2 * x)
    upper = start + (end - start) * ease
    axes.fill_between(
        x,
        upper - height,
        upper,
        color=CAUSES["delivered"] if studied else GREY,
        alpha=0.75 if studied else 0.55,
        lw=0.4,
    )
