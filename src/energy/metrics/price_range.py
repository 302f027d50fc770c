"""Prices at which both sides of a trade gain: marginal prices at the two ends of the line, by month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.metrics.monthly import month_of
from energy.model.objective import STUDIED, is_of_service
from energy.solve import Result

FORWARD = "forward"
REVERSE = "reverse"


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
    studied = links[is_of_service(links, [STUDIED])]
    if studied.empty:
        raise ValueError("no link is under study")
    near = str(studied["bus0"].iloc[0])
    far = str(studied["bus1"].iloc[0])
    origin, target = (near, far) if direction == FORWARD else (far, near)
    asks = result.prices[origin] / _efficiency(studied)
    bids = result.prices[target]
    hours = pd.Series(result.hours, index=result.prices.index)
    hours_with_gain = hours.where(bids > asks, 0.0)
    months = month_of(result)
    asked = (asks * hours_with_gain).groupby(months).sum()
    bid = (bids * hours_with_gain).groupby(months).sum()
    hours_of_month = hours.groupby(months).sum()
    total = hours_with_gain.groupby(months).sum()
    divisor = total.where(total > 0)
    table = pd.DataFrame(index=total.index.rename("month"))
    table["seller asks"] = asked / divisor
    table["buyer bids"] = bid / divisor
    table["gain"] = table["buyer bids"] - table["seller asks"]
    table["hours with gain"] = total / hours_of_month
    table.attrs["units"] = "$/MWh; hours with gain 1"
    return table


def _efficiency(studied: pd.DataFrame) -> float:
    """Return the mean efficiency of links, weighted by their rating."""
    rating = studied["p_nom"].to_numpy(float)
    if rating.sum() <= 0:
        rating = np.ones(len(rating))
    return float(np.average(studied["efficiency"], weights=rating))
