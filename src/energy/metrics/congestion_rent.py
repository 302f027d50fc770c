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
    >>> asked = read_scenario("two_bus", overrides={"objective": "dispatch", "hydrology": "dry"})
    >>> rent = congestion_rent(solve(inputs(read_case("networks/two_bus"), asked)))
    >>> rent.columns.to_list()
    [('links', 'line')]
    """
    parts: dict[tuple[str, str], pd.Series] = {}
    prices, components = result.prices, result.inputs.components
    water = components["buses"].index[components["buses"]["carrier"] == "water"]
    for component in ("lines", "links"):
        sent, received = result.ends(component)
        for name in sent.columns:
            begin, end = components[component].loc[name, ["bus0", "bus1"]]
            if begin not in water and end not in water:
                parts[component, str(name)] = received[name] * prices[end] - sent[name] * prices[begin]
    columns = pd.MultiIndex.from_tuples(parts, names=["component", "name"])
    return pd.DataFrame(dict(enumerate(parts.values())), index=result.inputs.axis.snapshots).set_axis(columns, axis=1)
