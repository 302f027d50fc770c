"""Flows between buses and between countries, plants on rivers, and the figure of who feeds whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from energy.errors import Fault, InputError
from energy.plots.style import CAUSES, footer, framed, heading, styled
from energy.results.countries import STUDIED, WATER, country_name

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VIRTUAL_CARRIERS = ("swap account", "market", "schedule")
"""Carriers of buses that stand for an account, a market or scheduled exchanges, not for a place: they are not drawn.
Their branches start at the country's first bus, or are left out where they have no country."""
RATINGS = {
    "links": ("links_p_nom", "links_p_max_pu"),
    "lines": ("lines_s_nom", "lines_s_max_pu"),
}
"""Component → variables with its rating [MW] and with the share of it that is available in each snapshot."""
GAP = 0.035
"""Room between two countries, as a share of the height."""
SMALLEST = 0.5
"""GWh below which an exchange is not drawn."""
BAR = 0.03
"""Width of a country's bar, as a share of the distance between senders and receivers."""
GREY = "#b8b8b8"


class MapBus(NamedTuple):
    """An electric bus on the map: longitude ``x`` and latitude ``y`` [degrees], and its country."""

    x: float
    y: float
    country: str


class Flow(NamedTuple):
    """All branches between two buses: mean power, positive from ``begin`` to ``end`` [MW], and how much that fills."""

    begin: str
    end: str
    power: float
    loading: float
    studied: bool
    disrupted: bool


class _Branch(NamedTuple):
    """One link or line between two buses of the map; ``begin`` is before ``end`` in the alphabet.

    ``power`` is positive from ``begin`` to ``end``; the limits are the most that may flow in each direction. All three
    are [MW], a value a snapshot.
    """

    begin: str
    end: str
    power: np.ndarray
    forward_limit: np.ndarray
    backward_limit: np.ndarray
    studied: bool
    disrupted: bool


class Plant(NamedTuple):
    """A plant on a river: where, its size and its mean output [MW], and whether an event hits it."""

    name: str
    x: float
    y: float
    size: float
    power: float
    disrupted: bool


def _period_weights(dataset: xr.Dataset) -> np.ndarray:
    """Return the hours [h] of each snapshot in the contract season; of all snapshots where there is no season."""
    hours = dataset["weight"].to_numpy()
    season_hours = (dataset["weight"] * dataset["season"]).to_numpy()
    return season_hours if season_hours.sum() > 0 else hours


def _period_hours(dataset: xr.Dataset) -> float:
    """Return the hours [h] of the contract season, or of the horizon where there is none."""
    return float(_period_weights(dataset).sum())


def places(dataset: xr.Dataset) -> dict[str, MapBus]:
    """Return the electric buses that are drawn, by name."""
    buses = _all_buses(dataset)
    carriers = _bus_carriers(dataset)
    not_drawn = (WATER, *VIRTUAL_CARRIERS)
    return {name: bus for name, bus in buses.items() if carriers[name] not in not_drawn}


def _all_buses(dataset: xr.Dataset) -> dict[str, MapBus]:
    """Return all buses by name, those of water and of accounts too."""
    names = dataset["buses"].to_numpy()
    x = dataset["buses_x"].to_numpy()
    y = dataset["buses_y"].to_numpy()
    countries = dataset["buses_country"].to_numpy()
    buses = {}
    for number, name in enumerate(names):
        buses[str(name)] = MapBus(
            x=float(x[number]),
            y=float(y[number]),
            country=str(countries[number]),
        )
    return buses


def _bus_carriers(dataset: xr.Dataset) -> dict[str, str]:
    names = dataset["buses"].to_numpy()
    carriers = dataset["buses_carrier"].to_numpy()
    return dict(zip(names, carriers, strict=True))


def flows(dataset: xr.Dataset) -> list[Flow]:
    """Return the net flow between each two buses over the season.

    ``loading`` is the mean of what flows over the mean of what may flow in the net direction, 0 to 1. Branches that are
    disrupted by an event are marked whether or not it hits the season.
    """
    drawn_at = _drawn_at(dataset)
    branches_by_ends: dict[tuple[str, str], list[_Branch]] = {}
    for component in RATINGS:
        for branch in _branches(dataset, component, drawn_at):
            ends = (branch.begin, branch.end)
            branches_by_ends.setdefault(ends, []).append(branch)
    weights = _period_weights(dataset)
    return [_net_flow(parallel, weights) for parallel in branches_by_ends.values()]


def _branches(dataset: xr.Dataset, component: str, drawn_at: dict[str, str]) -> Iterator[_Branch]:
    """Yield the links or lines between two different buses of the map."""
    if f"{component}_p0" not in dataset:
        return
    power = dataset[f"{component}_p0"].to_numpy()
    rating, availability = RATINGS[component]
    limit = dataset[rating].to_numpy() * dataset[availability].to_numpy()
    reverse_limit = limit
    if component == "links":
        reverse_limit = np.zeros_like(limit)
    studied = _studied(dataset, component)
    disrupted = _disrupted(dataset, component)
    starts = dataset[f"{component}_bus0"].to_numpy()
    ends = dataset[f"{component}_bus1"].to_numpy()
    for number in range(power.shape[1]):
        start = drawn_at.get(str(starts[number]))
        end = drawn_at.get(str(ends[number]))
        if start is None or end is None or start == end:
            continue
        branch = _Branch(
            begin=start,
            end=end,
            power=power[:, number],
            forward_limit=limit[:, number],
            backward_limit=reverse_limit[:, number],
            studied=bool(studied[number]),
            disrupted=bool(disrupted[number]),
        )
        yield branch if start < end else _reversed(branch)


def _reversed(branch: _Branch) -> _Branch:
    """Return a branch seen from its other end."""
    return branch._replace(
        begin=branch.end,
        end=branch.begin,
        power=-branch.power,
        forward_limit=branch.backward_limit,
        backward_limit=branch.forward_limit,
    )


def _net_flow(parallel: Sequence[_Branch], weights: np.ndarray) -> Flow:
    """Return parallel branches as one flow in its net direction."""
    power = np.zeros(len(weights))
    forward_limit = np.zeros(len(weights))
    backward_limit = np.zeros(len(weights))
    studied = False
    disrupted = False
    for branch in parallel:
        power = power + branch.power
        forward_limit = forward_limit + branch.forward_limit
        backward_limit = backward_limit + branch.backward_limit
        studied = studied or branch.studied
        disrupted = disrupted or branch.disrupted
    first = parallel[0]
    mean_power = _mean(power, weights)
    if mean_power >= 0:
        begin = first.begin
        end = first.end
        mean_limit = _mean(forward_limit, weights)
    else:
        begin = first.end
        end = first.begin
        mean_limit = _mean(backward_limit, weights)
    loading = 0.0
    if mean_limit > 1e-9:
        loading = min(abs(mean_power) / mean_limit, 1.0)
    return Flow(
        begin=begin,
        end=end,
        power=abs(mean_power),
        loading=loading,
        studied=studied,
        disrupted=disrupted,
    )


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the mean over snapshots, by their hours."""
    return float((values * weights).sum() / weights.sum())


def _drawn_at(dataset: xr.Dataset) -> dict[str, str]:
    """Return electric bus → the bus of the map at which its branches are drawn."""
    drawn = places(dataset)
    first_of_country: dict[str, str] = {}
    for name, bus in drawn.items():
        first_of_country.setdefault(bus.country, name)
    drawn_at = {name: name for name in drawn}
    carriers = _bus_carriers(dataset)
    for name, bus in _all_buses(dataset).items():
        is_virtual = carriers[name] in VIRTUAL_CARRIERS
        if is_virtual and bus.country in first_of_country:
            drawn_at[name] = first_of_country[bus.country]
    return drawn_at


def _studied(dataset: xr.Dataset, component: str) -> np.ndarray:
    """Return whether each branch belongs to the line under study."""
    variable = f"{component}_service"
    if component != "links" or variable not in dataset:
        return np.zeros(dataset.sizes[component], dtype=bool)
    return np.isin(dataset[variable].to_numpy(), STUDIED)


def _disrupted(dataset: xr.Dataset, component: str) -> np.ndarray:
    """Return whether each branch loses capacity by an event."""
    variable = f"{component}_hit"
    if variable not in dataset:
        return np.zeros(dataset.sizes[component], dtype=bool)
    reduces = dataset["event_factor"].to_numpy() < 1
    disrupted = dataset[variable].to_numpy()[reduces].any(axis=0)
    return np.asarray(disrupted, dtype=bool)


def plants(dataset: xr.Dataset) -> list[Plant]:
    """Return the plants on rivers, those at one bus together, from large to small."""
    if "links_p0" not in dataset:
        return []
    buses = _all_buses(dataset)
    carriers = _bus_carriers(dataset)
    weights = _period_weights(dataset)
    turbined = dataset["links_p0"].to_numpy()
    output = -dataset["links_p1"].to_numpy()
    mean_output = (output * weights[:, None]).sum(axis=0) / weights.sum()
    ratings = dataset["links_p_nom"].to_numpy()
    disrupted = _disrupted(dataset, "links")
    starts = dataset["links_bus0"].to_numpy()
    ends = dataset["links_bus1"].to_numpy()
    by_name: dict[str, Plant] = {}
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        is_turbine = carriers[start] == WATER and carriers[end] != WATER
        if not is_turbine:
            continue
        specific_energy = _specific_energy(output[:, number], turbined[:, number])
        size = specific_energy * float(ratings[number])
        name = str(start).removesuffix(" water")
        bus = buses[str(start)]
        new_plant = Plant(
            name,
            bus.x,
            bus.y,
            size=0.0,
            power=0.0,
            disrupted=False,
        )
        plant = by_name.get(name, new_plant)
        by_name[name] = plant._replace(
            size=plant.size + size,
            power=plant.power + float(mean_output[number]),
            disrupted=plant.disrupted or bool(disrupted[number]),
        )
    return sorted(by_name.values(), key=lambda plant: -plant.size)


def _specific_energy(output: np.ndarray, turbined: np.ndarray) -> float:
    """Return the energy that a plant makes of a volume of water [MWh/hm³]; zero where no water flows."""
    water = turbined.sum()
    if water <= 1e-9:
        return 0.0
    return float(output.sum() / water)


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
    hours = _period_hours(dataset)
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
