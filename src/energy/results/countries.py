"""Countries of a Dataset: their names, and their electricity balance by carrier."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    pass

COUNTRIES = {
    "AF": "Afghanistan",
    "all": "the network",
    "CN": "China",
    "IN": "India",
    "IR": "Iran",
    "KG": "Kyrgyzstan",
    "KZ": "Kazakhstan",
    "PK": "Pakistan",
    "TJ": "Tajikistan",
    "TM": "Turkmenistan",
    "UZ": "Uzbekistan",
}
STUDIED = ("casa", "reverse")
"""Services of the line under study."""
LINE, TRADE = "CASA-1000", "other trade"
WATER = "water"
ONE_BUS_COMPONENTS = ("stores", "generators", "loads")
BRANCH_COMPONENTS = ("links", "lines")
SHOWN = 1e-6
"""Power [MW] that a component must exceed in some snapshot to count."""


def country_name(code: str) -> str:
    """Return the English short name of a country, or the code where there is none.

    Examples
    --------
    >>> country_name("TJ"), country_name("AA")
    ('Tajikistan', 'AA')
    """
    return COUNTRIES.get(code, code)


def country_balance(dataset: xr.Dataset, country: str) -> xr.DataArray:
    """Return the power that carriers put into a country's electric buses [MW]; what takes it out is negative.

    Generators count by their carrier, plants on a river by that of their link (bus ``water`` → electric bus), demand as
    ``demand``; links and lines to other countries are ``CASA-1000`` or ``other trade``. Losses of links and lines
    within the country are ``losses``. In every snapshot the carriers sum to zero.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    country
        Code in the ``country`` column of buses.

    Returns
    -------
    xarray.DataArray
        Dimensions ``snapshot`` and ``carrier``.
    """
    buses = _electric_buses(dataset, country)
    carrier_powers: dict[str, np.ndarray] = {}
    powers = chain(
        _component_powers(dataset, buses),
        _branch_powers(dataset, buses),
    )
    for carrier, power in powers:
        if power.size and np.abs(power).max() > SHOWN:
            sum_before = carrier_powers.get(carrier, 0.0)
            carrier_powers[carrier] = sum_before + power

    table = np.zeros((dataset.sizes["snapshot"], 0))
    if carrier_powers:
        table = np.column_stack(list(carrier_powers.values()))
    coordinates = {
        "snapshot": dataset["snapshot"],
        "carrier": list(carrier_powers),
    }
    return xr.DataArray(
        table,
        coords=coordinates,
        dims=("snapshot", "carrier"),
        attrs={"units": "MW"},
    )


def countries_of(dataset: xr.Dataset) -> list[str]:
    """Return the countries with demand, in the order of the buses."""
    bus_countries = dataset["buses_country"].to_numpy()
    country_of_bus = _by_bus(dataset, bus_countries)
    carrier_of_bus = _by_bus(dataset, dataset["buses_carrier"].to_numpy())
    countries_with_demand = {
        country_of_bus[bus] for bus in dataset["loads_bus"].to_numpy() if carrier_of_bus[bus] != WATER
    }
    countries = dict.fromkeys(bus_countries)
    return [str(country) for country in countries if country in countries_with_demand]


def _by_bus(dataset: xr.Dataset, values: np.ndarray) -> dict[str, str]:
    buses = dataset["buses"].to_numpy()
    return dict(zip(buses, values, strict=True))


def _electric_buses(dataset: xr.Dataset, country: str) -> set[str]:
    in_country = dataset["buses_country"] == country
    is_electric = dataset["buses_carrier"] != WATER
    selected = (in_country & is_electric).to_numpy()
    buses = dataset["buses"].to_numpy()
    return set(map(str, buses[selected]))


def _component_powers(
    dataset: xr.Dataset,
    buses: set[str],
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield carrier and power [MW] of each store, generator and load on the buses; demand is negative."""
    for component in ONE_BUS_COMPONENTS:
        if f"{component}_p" not in dataset:
            continue
        power = dataset[f"{component}_p"].to_numpy()
        if component == "generators":
            power = power * dataset["generators_sign"].to_numpy()
        component_buses = dataset[f"{component}_bus"].to_numpy()
        for column, bus in enumerate(component_buses):
            if bus not in buses:
                continue
            if component == "loads":
                yield "demand", -power[:, column]
                continue
            carriers = dataset[f"{component}_carrier"].to_numpy()
            yield str(carriers[column]), power[:, column]


def _branch_powers(
    dataset: xr.Dataset,
    buses: set[str],
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield carrier and power [MW] that each link and line brings to the buses."""
    carrier_of_bus = _by_bus(dataset, dataset["buses_carrier"].to_numpy())
    for component in BRANCH_COMPONENTS:
        if f"{component}_p0" not in dataset:
            continue
        sent, received = _sent_and_received(dataset, component)
        is_studied = _is_studied(dataset, component)
        buses0 = dataset[f"{component}_bus0"].to_numpy()
        buses1 = dataset[f"{component}_bus1"].to_numpy()
        for column, (bus0, bus1) in enumerate(zip(buses0, buses1, strict=True)):
            trade = LINE if is_studied[column] else TRADE
            if carrier_of_bus[bus0] == WATER and bus1 in buses:
                carriers = dataset["links_carrier"].to_numpy()
                yield str(carriers[column]), received[:, column]
            elif bus0 in buses and bus1 in buses:
                yield "losses", received[:, column] - sent[:, column]
            elif bus1 in buses:
                yield trade, received[:, column]
            elif bus0 in buses:
                yield trade, -sent[:, column]


def _sent_and_received(
    dataset: xr.Dataset,
    component: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the power [MW] that enters branches at bus 0 and leaves them at bus 1; shape (snapshots, branches)."""
    sent = dataset[f"{component}_p0"].to_numpy()
    if f"{component}_p1" not in dataset:
        return sent, sent
    received = -dataset[f"{component}_p1"].to_numpy()
    return sent, received


def _is_studied(dataset: xr.Dataset, component: str) -> np.ndarray:
    """Return for each branch whether it carries a service of the line under study; lines have no service."""
    if component == "links" and "links_service" in dataset:
        return np.isin(dataset["links_service"].to_numpy().astype(str), STUDIED)
    branches = dataset[f"{component}_bus0"].to_numpy()
    return np.zeros(len(branches), dtype=bool)
