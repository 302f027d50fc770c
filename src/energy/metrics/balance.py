"""Energy balance: injections of every bus, net position of every country."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from energy.case.schema import port_efficiencies
from energy.solve import Result


def injections(result: Result) -> pd.DataFrame:
    """Return every component's injection into every bus.

    Returns
    -------
    pandas.DataFrame
        One column an attachment, columns (component list, name, bus); rows snapshots; MW or hm³/h, positive into the
        bus. The columns of one bus sum to zero in every snapshot of a balanced result.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = solve(inputs(read_case("two_bus"), scenario))
    >>> by_bus = injections(found).T.groupby(level="bus").sum()
    >>> bool((by_bus.abs() < 1e-6).all(axis=None))
    True
    """
    keys: list[tuple[str, str, str]] = []
    parts: list[np.ndarray] = []
    for component, column, values in _attachments(result):
        buses = result.inputs.components[component][column].astype(str)
        attached = [str(name) for name in values.columns if buses[name]]
        keys += [(component, name, buses[name]) for name in attached]
        parts.append(values[attached].to_numpy())
    columns = pd.MultiIndex.from_tuples(keys, names=["component", "name", "bus"])
    return pd.DataFrame(np.hstack(parts), index=result.inputs.axis.snapshots, columns=columns)


def _attachments(result: Result) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield component list, the column that names the bus, and what is injected there (snapshots × names)."""
    tables = result.inputs.components
    if "generators" in tables:
        yield "generators", "bus", result.flow("generators") * tables["generators"]["sign"]
    if "stores" in tables:
        yield "stores", "bus", result.flow("stores") * tables["stores"]["sign"]
    if "loads" in tables:
        yield "loads", "bus", result.inputs.values("loads", "p_set") * tables["loads"]["sign"]
    if "storage_units" in tables:
        yield "storage_units", "bus", result.flow("storage_units") * tables["storage_units"]["sign"]
    if "transformers" in tables:
        yield "transformers", "bus0", -result.flow("transformers")
        yield "transformers", "bus1", result.flow("transformers")
    if "lines" in tables:
        taken, delivered = result.ends("lines")
        yield "lines", "bus0", -taken
        yield "lines", "bus1", delivered
    if "links" in tables:
        sent = result.flow("links")
        yield "links", "bus0", -sent
        for bus_of, attribute in port_efficiencies(tables["links"].columns).items():
            yield "links", bus_of, sent * result.inputs.values("links", attribute)


def country_of_bus(result: Result) -> pd.Series:
    """Return the country of each bus; empty text where the case gives none."""
    buses = result.inputs.components["buses"]
    return buses["country"].fillna("") if "country" in buses else pd.Series("", index=buses.index)


def net_position(result: Result, countries: list[str]) -> pd.DataFrame:
    """Return what each country's electric buses give to AC lines and to the line under study.

    Output less served demand, commitments and water bound elsewhere: positive is surplus, negative is need.

    Parameters
    ----------
    result
        A solved scenario.
    countries
        Countries, as in the column ``country`` of buses.

    Returns
    -------
    pandas.DataFrame
        MW; shape (snapshots, countries).

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = solve(inputs(read_case("two_bus"), scenario))
    >>> net_position(found, ["AA"]).round(1).max().to_dict()
    {'AA': 100.0}
    """
    parts = injections(result)
    buses = result.inputs.components["buses"]
    electric = buses.index[buses["carrier"] != "water"]
    country = country_of_bus(result)[electric]
    links = result.inputs.components.get("links", pd.DataFrame())
    studied = set(links.index[links["service"].isin(["casa", "reverse"])]) if "service" in links else set()
    component = parts.columns.get_level_values("component")
    counted = ~(component == "lines") & ~((component == "links") & parts.columns.get_level_values("name").isin(studied))
    found = {
        c: parts.loc[:, counted & parts.columns.get_level_values("bus").isin(country.index[country == c])].sum(axis=1)
        for c in countries
    }
    return pd.DataFrame(found, index=parts.index)
