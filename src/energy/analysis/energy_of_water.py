"""What a hm³ gives in the turbines of the sellers on its way: by which rivers are summed into one index of water."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from energy.case import Case
from energy.model.hydrology.statistics import River


def energy_by_site(case: Case, sites: Sequence[str]) -> np.ndarray:
    """Return what a hm³ at each inflow site gives in the sellers' turbines on its way [MWh/hm³]; shape (sites,).

    A seller is a country with a share of the contract, every country where there are no shares. Where no water gives
    anything, all sites count the same.
    """
    loads = case.components["loads"]
    buses = [str(loads.at[site, "bus"]) for site in sites]
    energy = np.array([_energy_downstream(case, bus, by_share=False) for bus in buses])
    return energy if energy.any() else np.ones(len(sites))


def energy_of_water(case: Case, river: River) -> float:
    """Return what a river's water gives in the sellers' turbines on its way, averaged over its sites [MWh/hm³].

    Each seller's energy counts with its share of the contract: only the order of the water years hangs on it.
    """
    loads = case.components.get("loads", pd.DataFrame())
    energy = 0.0
    for site, share in river.sites:
        if site in loads.index:
            bus = str(loads.at[site, "bus"])
            energy += share * _energy_downstream(case, bus)
    return energy


def _energy_downstream(case: Case, bus: str, by_share: bool = True) -> float:
    """Return the most that a hm³ at a water bus can give sellers on its way [MWh/hm³].

    Each seller's energy counts with its share of the contract, or all of it.
    """
    links = case.components.get("links", pd.DataFrame())
    buses = case.components["buses"]
    if links.empty or "bus2" not in links:
        return 0.0

    # ways part at each turbine and spillway and meet below: each bus is looked at once, not once a way
    @cache
    def ways_on(place: str) -> list[tuple[float, str]]:
        from_bus = links["bus0"] == place
        return [_energy_and_way_on(case, link, by_share) for _, link in links[from_bus].iterrows()]

    @cache
    def most_from(place: str, depth: int) -> float:
        if depth > len(buses):
            return 0.0
        most = 0.0
        for energy, onward in ways_on(place):
            below = most_from(onward, depth + 1) if onward in buses.index else 0.0
            most = max(most, energy + below)
        return most

    return most_from(bus, 0)


def _energy_and_way_on(
    case: Case,
    link: pd.Series,
    by_share: bool,
) -> tuple[float, str]:
    """Return what a hm³ gives in a link [MWh/hm³], and the water bus to which it goes on; no name: to none."""
    buses = case.components["buses"]
    target = str(link["bus1"])
    if buses.at[target, "carrier"] == "water":
        return 0.0, target
    share = _share_of_contract(case, target)
    counted = share if by_share else float(share > 0)
    energy = float(link["efficiency"]) * counted
    tailwater = link["bus2"]
    onward = tailwater if isinstance(tailwater, str) else ""
    return energy, onward


def _share_of_contract(case: Case, bus: str) -> float:
    """Return the share of the contract of the country of an electric bus; 1 where the case has no shares."""
    buses = case.components["buses"]
    contract = case.rules.contract
    shares = contract.shares if contract else {}
    if "country" not in buses or not shares:
        return 1.0
    country = str(buses.at[bus, "country"])
    return shares.get(country, 0.0)
