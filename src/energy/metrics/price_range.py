"""Prices at which both sides of a trade gain: marginal prices at the two ends of the line, by month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.metrics.monthly import month_of
from energy.model.objective import STUDIED
from energy.solve import Result

FORWARD, REVERSE = "forward", "reverse"


def price_range(result: Result, direction: str = REVERSE) -> pd.DataFrame:
    """Return the range of delivered prices at which seller and buyer both gain, by month.

    The seller asks at least its marginal price divided by the line's efficiency; the buyer bids at most its own
    marginal price. Only hours in which the buyer bids more than the seller asks count towards the two prices. They are
    prices of the margin: a large trade moves both towards each other.

    Parameters
    ----------
    result
        A least-cost run without the line, so that prices are money and the trade has not moved them.
    direction
        ``reverse``: the contract's buyer sells to the other end; ``forward``: the contract's way.

    Returns
    -------
    pandas.DataFrame
        Index month; ``seller asks``, ``buyer bids``, ``gain`` [$/MWh delivered, means over the hours with gain] and
        ``hours with gain`` [share of the month].

    Raises
    ------
    ValueError
        When the run was not a least-cost run, or no line is under study.
    """
    if result.inputs.weights:
        raise ValueError("prices of a transfer run are no money: run the scenario with objective: dispatch")
    links = result.inputs.components.get("links", pd.DataFrame())
    studied = links[links["service"] == STUDIED] if "service" in links else links.iloc[:0]
    if studied.empty:
        raise ValueError("no link is under study")
    near, far = str(studied["bus0"].iloc[0]), str(studied["bus1"].iloc[0])
    origin, target = (near, far) if direction == FORWARD else (far, near)
    rating = studied["p_nom"].to_numpy(float)
    weights = rating if rating.sum() > 0 else np.ones(len(rating))
    efficiency = float(np.average(studied["efficiency"], weights=weights))
    asks = result.prices[origin] / efficiency
    bids = result.prices[target]
    gaining = (bids > asks).astype(float)
    hours = pd.Series(result.hours, index=result.prices.index)
    gain_hours = hours * gaining
    months = month_of(result)
    total = gain_hours.groupby(months).sum()
    table = pd.DataFrame(
        {
            "seller asks": (asks * gain_hours).groupby(months).sum() / total.where(total > 0),
            "buyer bids": (bids * gain_hours).groupby(months).sum() / total.where(total > 0),
            "hours with gain": total / hours.groupby(months).sum(),
        }
    ).rename_axis("month")
    table.insert(2, "gain", table["buyer bids"] - table["seller asks"])
    table.attrs["units"] = "$/MWh; hours with gain 1"
    return table
