"""Energy balance: injections of every bus, net position of every country."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from energy.case.schema import port_efficiencies
from energy.model.objective import RETURNED, STUDIED, is_of_service
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
    >>> result = solve(inputs(read_case("two_bus"), scenario))
    >>> by_bus = injections(result).T.groupby(level="bus").sum()
    >>> bool((by_bus.abs() < 1e-6).all(axis=None))
    True
    """
    attachments: list[tuple[str, str, str]] = []
    injected: list[np.ndarray] = []
    for component, port, power in _attachments(result):
        table = result.inputs.components[component]
        bus_of = table[port].astype(str)[power.columns]
        is_attached = (bus_of != "").to_numpy()
        injected.append(power.to_numpy()[:, is_attached])
        for name, bus in bus_of[is_attached].items():
            attachments.append((component, str(name), bus))
    return pd.DataFrame(
        np.hstack(injected),
        index=result.inputs.axis.snapshots,
        columns=pd.MultiIndex.from_tuples(attachments, names=["component", "name", "bus"]),
    )


def _attachments(result: Result) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield component list, the column that names the bus, and what is injected there (snapshots × names)."""
    tables = result.inputs.components
    for component in ("generators", "stores", "storage_units"):
        if component in tables:
            yield component, "bus", result.flow(component) * tables[component]["sign"]
    if "loads" in tables:
        power = result.inputs.values("loads", "p_set")
        yield "loads", "bus", power * tables["loads"]["sign"]
    if "transformers" in tables:
        power = result.flow("transformers")
        yield "transformers", "bus0", -power
        yield "transformers", "bus1", power
    if "lines" in tables:
        taken, delivered = result.ends("lines")
        yield "lines", "bus0", -taken
        yield "lines", "bus1", delivered
    if "links" in tables:
        sent = result.flow("links")
        yield "links", "bus0", -sent
        ports = port_efficiencies(tables["links"].columns)
        for port, attribute in ports.items():
            efficiency = result.inputs.values("links", attribute)
            yield "links", port, sent * efficiency


def country_of_bus(result: Result) -> pd.Series:
    """Return the country of each bus; empty text where the case gives none."""
    buses = result.inputs.components["buses"]
    if "country" not in buses:
        return pd.Series("", index=buses.index)
    return buses["country"].fillna("")


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
    >>> result = solve(inputs(read_case("two_bus"), scenario))
    >>> net_position(result, ["AA"]).round(1).max().to_dict()
    {'AA': 100.0}
    """
    parts = injections(result)
    component = parts.columns.get_level_values("component")
    name = parts.columns.get_level_values("name")
    bus = parts.columns.get_level_values("bus")
    is_line = component == "lines"
    is_studied = (component == "links") & name.isin(_links_under_study(result))
    is_counted = ~is_line & ~is_studied
    buses = result.inputs.components["buses"]
    electric = buses.index[buses["carrier"] != "water"]
    country = country_of_bus(result)[electric]
    positions = {}
    for code in countries:
        buses_of_country = country.index[country == code]
        is_inside = is_counted & bus.isin(buses_of_country)
        positions[code] = parts.loc[:, is_inside].sum(axis=1)
    return pd.DataFrame(positions, index=parts.index)


def _links_under_study(result: Result) -> list[str]:
    links = result.inputs.components.get("links", pd.DataFrame())
    is_studied = is_of_service(links, [STUDIED, RETURNED])
    return list(links.index[is_studied])
