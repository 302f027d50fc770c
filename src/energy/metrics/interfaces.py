"""What passes between the nodes of a country, and where other power takes the place of what arrives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from energy.metrics.monthly import month_of, transferable
from energy.solve import Result

_BETWEEN = " to "


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
        row = {"rating": float(links["p_nom"].astype(float).sum())}
        for name, result in results.items():
            flow = result.flow("links")[links.index].sum(axis=1)
            row[f"most {name}"] = float(flow.max())
            row[f"energy {name}"] = float(flow @ result.hours) / 1000
        rows[interface] = row
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("interface")
    table.attrs["units"] = "MW; energy GWh a year"
    return table


def interface_by_month(results: Mapping[str, Result], country: str, interface: str) -> pd.DataFrame:
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
        links = _interfaces(result, country)[interface]
        ratings.append(float(links["p_nom"].astype(float).sum()))
        flow = result.flow("links")[links.index].sum(axis=1)
        hours = pd.Series(result.hours, index=flow.index)
        months = month_of(result)
        energy = pd.Series(flow * hours).groupby(months).sum()
        columns[f"{name}, mean"] = energy / hours.groupby(months).sum()
        columns[f"{name}, most"] = flow.groupby(months).max()
    table = pd.DataFrame(columns)
    table.index = pd.Index(table.index.astype(str), name="month")
    first = next(iter(results))
    table["room"] = ratings[0] - table[f"{first}, most"]
    table.attrs["units"] = f"MW; room: what is left of the rating in the fullest hour {first}"
    return table


def _interfaces(result: Result, country: str) -> dict[str, pd.DataFrame]:
    """Return the links between the nodes of a country by interface."""
    links = result.inputs.components["links"]
    home = result.inputs.components["buses"]["country"].fillna("")
    is_inside = (links["bus0"].map(home) == country) & (links["bus1"].map(home) == country)
    is_electric = links["carrier"].isin(["AC", "DC", "HVDC"])
    inside = links[is_inside & is_electric]
    return {_BETWEEN.join(map(str, ends)): group for ends, group in inside.groupby(["bus0", "bus1"])}


def _supply_by_node(result: Result, country: str) -> pd.Series:
    """Return what plants and turbines make and demand lacks at each node of a country [GWh].

    Returns
    -------
    pandas.Series
        Index node.
    """
    components = result.inputs.components
    buses = components["buses"]
    nodes = buses.index[(buses["country"] == country) & (buses["carrier"] == "AC")]
    plants = components["generators"]
    made = _energy_by_bus(result.flow("generators"), plants["bus"], result.hours)
    turbines = components["links"][components["links"]["carrier"] == "hydro"]
    given = _energy_by_bus(result.received[turbines.index], turbines["bus1"], result.hours)
    return made.reindex(nodes).fillna(0.0) + given.reindex(nodes).fillna(0.0)


def _energy_by_bus(power: pd.DataFrame, bus: pd.Series, hours: np.ndarray) -> pd.Series:
    energy = pd.Series(hours @ power.to_numpy(float), index=power.columns) / 1000
    return energy.groupby(bus).sum()


def replaced_by_node(built: Result, without: Result, country: str) -> pd.DataFrame:
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
    table = pd.DataFrame({"with": _supply_by_node(built, country), "without": _supply_by_node(without, country)})
    table = table.rename_axis("node")
    table["replaced"] = table["without"] - table["with"]
    table.attrs["units"] = "GWh a year: plants, turbines and unserved demand"
    table.attrs["received"] = float(transferable(built) @ built.hours) / 1000
    return table
