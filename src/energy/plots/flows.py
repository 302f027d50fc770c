"""Mean flows between buses over a run's horizon, and plants on rivers: what maps and exchanges are drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from energy.results.countries import STUDIED, WATER

if TYPE_CHECKING:
    import xarray as xr

VIRTUAL_CARRIERS = ("swap account", "market", "schedule")
"""Carriers of buses that stand for an account, a market or scheduled exchanges, not for a place: they are not drawn.
Their branches start at the country's first bus, or are left out where they have no country."""
RATINGS = {
    "links": ("links_p_nom", "links_p_max_pu"),
    "lines": ("lines_s_nom", "lines_s_max_pu"),
}
"""Component → variables with its rating [MW] and with the share of it that is available in each snapshot."""


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


def period_hours(dataset: xr.Dataset) -> float:
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
