"""What passes between the nodes of a country, and where other power takes the place of what arrives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from energy.metrics.labelled_table import labelled_table
from energy.metrics.monthly import month_of, transferable
from energy.solve import Result


def interface_flows(results: Mapping[str, Result], country: str) -> pd.DataFrame:
    """Return the flows between the nodes of a country, each direction an interface.

    Parameters
    ----------
    results
        Name → a solved scenario; all on the same network.
    country
        Code of the country.

    Returns
    -------
    pandas.DataFrame
        Index interface; ``rating`` [MW], ``most <name>`` [MW] and ``energy <name>`` [GWh] of each result.
    """
    first = next(iter(results.values()))
    rows = {}
    for interface, links in _interfaces(first, country).items():
        row = {"rating": _rating(links)}
        for name, result in results.items():
            flow = _flow_over(links, result)
            energy = flow @ result.hours
            row[f"most {name}"] = float(flow.max())
            row[f"energy {name}"] = float(energy) / 1000
        rows[interface] = row
    return labelled_table(rows, "interface", "MW; energy GWh a year")


def interface_by_month(
    results: Mapping[str, Result],
    country: str,
    interface: str,
) -> pd.DataFrame:
    """Return the loading of an interface by month.

    Parameters
    ----------
    results, country
        As of ``interface_flows``.
    interface
        One of its index.

    Returns
    -------
    pandas.DataFrame
        Index month; ``<name>, mean`` and ``<name>, most`` [MW] of each result, ``room``, what the first of them leaves
        of the rating in its fullest hour [MW].
    """
    columns: dict[str, pd.Series[float]] = {}
    ratings = []
    for name, result in results.items():
        interfaces = _interfaces(result, country)
        links = interfaces[interface]
        ratings.append(_rating(links))
        flow = _flow_over(links, result)
        months = month_of(result)
        columns[f"{name}, mean"] = _monthly_mean(flow, result, months)
        columns[f"{name}, most"] = flow.groupby(months).max()
    table = pd.DataFrame(columns)
    month_names = table.index.astype(str)
    table.index = pd.Index(month_names, name="month")
    first = next(iter(results))
    table["room"] = ratings[0] - table[f"{first}, most"]
    table.attrs["units"] = f"MW; room: what is left of the rating in the fullest hour {first}"
    return table


def _rating(links: pd.DataFrame) -> float:
    """Return what links carry together at most [MW]."""
    return float(links["p_nom"].astype(float).sum())


def _flow_over(links: pd.DataFrame, result: Result) -> pd.Series:
    """Return what flows over links together [MW]; index snapshot."""
    flows = result.flow("links")[links.index]
    return flows.sum(axis=1)


def _monthly_mean(
    flow: pd.Series,
    result: Result,
    months: pd.PeriodIndex,
) -> pd.Series:
    """Return the mean of a flow over the hours of each month [MW]."""
    hours = pd.Series(result.hours, index=flow.index)
    energy = flow * hours
    monthly_energy = energy.groupby(months).sum()
    monthly_hours = hours.groupby(months).sum()
    return monthly_energy / monthly_hours


def _interfaces(result: Result, country: str) -> dict[str, pd.DataFrame]:
    """Return the links between the nodes of a country by interface."""
    components = result.inputs.components
    links = components["links"]
    home = components["buses"]["country"].fillna("")
    starts_inside = links["bus0"].map(home) == country
    ends_inside = links["bus1"].map(home) == country
    is_electric = links["carrier"].isin(["AC", "DC", "HVDC"])
    inside = links[starts_inside & ends_inside & is_electric]
    interfaces = {}
    for (start, end), group in inside.groupby(["bus0", "bus1"]):
        interfaces[f"{start} to {end}"] = group
    return interfaces


def _supply_by_node(result: Result, country: str) -> pd.Series:
    """Return what plants and turbines make and demand lacks at each node of a country [GWh].

    Returns
    -------
    pandas.Series
        Index node.
    """
    components = result.inputs.components
    plants = components["generators"]
    of_plants = _energy_by_bus(
        result.flow("generators"),
        bus=plants["bus"],
        hours=result.hours,
    )
    links = components["links"]
    turbines = links[links["carrier"] == "hydro"]
    of_turbines = _energy_by_bus(
        result.received[turbines.index],
        bus=turbines["bus1"],
        hours=result.hours,
    )
    buses = components["buses"]
    is_in_country = buses["country"] == country
    is_electric = buses["carrier"] == "AC"
    nodes = buses.index[is_in_country & is_electric]
    thermal = of_plants.reindex(nodes, fill_value=0.0)
    hydro = of_turbines.reindex(nodes, fill_value=0.0)
    return thermal + hydro


def _energy_by_bus(
    power: pd.DataFrame,
    bus: pd.Series,
    hours: np.ndarray,
) -> pd.Series:
    """Return the energy of components [GWh] by the bus that they feed."""
    megawatt_hours = hours @ power.to_numpy(float)
    energy = pd.Series(megawatt_hours / 1000, index=power.columns)
    return energy.groupby(bus).sum()


def replaced_by_node(
    built: Result,
    without: Result,
    country: str,
) -> pd.DataFrame:
    """Return where in a country power that arrives takes the place of other power.

    Parameters
    ----------
    built, without
        The system with the line under study and without it.
    country
        The buyer.

    Returns
    -------
    pandas.DataFrame
        Index node; ``with`` and ``without``, as of ``_supply_by_node``, and ``replaced``, the difference [GWh].
        ``attrs["received"]`` is what the line delivers [GWh].
    """
    supply = {
        "with": _supply_by_node(built, country),
        "without": _supply_by_node(without, country),
    }
    table = pd.DataFrame(supply).rename_axis("node")
    table["replaced"] = table["without"] - table["with"]
    table.attrs["units"] = "GWh a year: plants, turbines and unserved demand"
    received = transferable(built) @ built.hours
    table.attrs["received"] = float(received) / 1000
    return table
