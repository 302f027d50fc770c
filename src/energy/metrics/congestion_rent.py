"""Congestion rent: price difference times flow, by component."""

from __future__ import annotations

import pandas as pd

from energy.solve import Result


def congestion_rent(result: Result) -> pd.DataFrame:
    """Return the congestion rent of each line and electric link in every snapshot.

    A branch buys at bus0 and sells at bus1 at the marginal prices: rent = p_received·λ₁ − p_sent·λ₀. Without losses
    that is flow times price difference (Schweppe et al., *Spot Pricing of Electricity*, 1988); with losses, what the
    branch loses is paid for out of the difference.

    Parameters
    ----------
    result
        A solved scenario; its prices are those of its objective, so only under ``objective: dispatch`` are they money.

    Returns
    -------
    pandas.DataFrame
        $/h; shape (snapshots, branches), columns (component list, name). Times the hours of a snapshot: $.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model import inputs
    >>> from energy.scenario import read_scenario
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"objective": "dispatch", "hydrology": "dry"})
    >>> rent = congestion_rent(solve(inputs(read_case("networks/two_bus"), scenario)))
    >>> rent.columns.to_list()
    [('links', 'line')]
    """
    prices = result.prices
    buses = result.inputs.components["buses"]
    water_buses = buses.index[buses["carrier"] == "water"]
    keys: list[tuple[str, str]] = []
    rents: list[pd.Series] = []
    for component in ("lines", "links"):
        sent, received = result.ends(component)
        table = result.inputs.components.get(component, pd.DataFrame())
        for name in sent.columns:
            bus0 = table.at[name, "bus0"]
            bus1 = table.at[name, "bus1"]
            if bus0 in water_buses or bus1 in water_buses:
                continue
            income = received[name] * prices[bus1]
            outlay = sent[name] * prices[bus0]
            keys.append((component, str(name)))
            rents.append(income - outlay)
    by_position = pd.DataFrame(
        dict(enumerate(rents)),
        index=result.inputs.axis.snapshots,
    )
    columns = pd.MultiIndex.from_tuples(
        keys,
        names=["component", "name"],
    )
    return by_position.set_axis(columns, axis=1)
