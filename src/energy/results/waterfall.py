"""Waterfall from the contract's ceiling to what is delivered, as rows and as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from energy.metrics.month_columns import lost_by_cause
from energy.results.labels import words

BEFORE_SERVICES = ("line", "water")
"""Causes that stand before the first protected service: what is out of service, and the plants themselves."""
NO_SERVICES = (*BEFORE_SERVICES, "dispatch", "surprise")
"""Causes on the ladder that are no services."""


class WaterfallStep(NamedTuple):
    """One step down the ladder: what a cause takes of the season's energy, and what it leaves [GWh]."""

    cause: str
    takes: float
    leaves: float

    @property
    def label(self) -> str:
        """The cause as words."""
        return words(self.cause)


def in_season(table: pd.DataFrame) -> pd.DataFrame:
    """Return the months in which the contract is open; all months where there is no contract."""
    open_months = table["ceiling"] > 0
    return table[open_months] if open_months.any() else table


def _causes_of(table: pd.DataFrame) -> list[str]:
    """Return the causes of a monthly table in the order of the ladder."""
    return list(map(str, lost_by_cause(table)))


def waterfall(table: pd.DataFrame) -> list[WaterfallStep]:
    """Return the season's ladder, from the first cause below the ceiling to the last above what is delivered.

    Parameters
    ----------
    table
        From ``energy.metrics.monthly_table``; GWh.

    Examples
    --------
    >>> months = pd.DataFrame({"ceiling": [10.0, 8.0], "delivered": [4.0, 5.0], "lost to own_demand": [6.0, 3.0]})
    >>> waterfall(months)
    [WaterfallStep(cause='own_demand', takes=9.0, leaves=9.0)]
    """
    left = float(table["ceiling"].sum())
    rungs = []
    for cause, energy in lost_by_cause(table).items():
        takes = float(energy.sum()) + 0.0  # no minus zero
        left -= takes
        rungs.append(WaterfallStep(str(cause), takes, left))
    return rungs


def verdict(table: pd.DataFrame) -> str:
    """Return in one sentence what decides over the season: the protection order, an outage, or the contract.

    An outage on top of the protection order can take no more than the order leaves, so where the order takes more than
    it leaves, it decides more than any outage.
    """
    return " ".join(_verdict(table))


def _verdict(table: pd.DataFrame) -> Iterator[str]:
    rungs, delivered = waterfall(table), float(table["delivered"].sum())
    taken = {rung.cause: rung.takes for rung in rungs}
    outages = taken.get("line", 0.0)
    services = sum(takes for cause, takes in taken.items() if cause not in NO_SERVICES)
    if "dispatch" in taken:
        yield f"At least cost {delivered:,.0f} GWh are worth sending; the protection order is not asked."
        return
    if not rungs and delivered > 0:
        yield f"{delivered:,.0f} GWh are delivered; no protected service stands before the line under study."
        return
    if not rungs:
        yield "No line under study stands in these years: there is nothing to deliver."
        return
    if services > delivered and outages < 0.5:
        yield (
            f"The protection order decides more than any outage: it takes {services:,.0f} GWh, "
            f"an outage at most the {delivered:,.0f} GWh left."
        )
    elif outages >= 0.5:
        yield (
            f"Outages close the line for {outages:,.0f} GWh, part of which protected services would have taken anyway; "
            f"of what stays open the protection order takes {services:,.0f} GWh."
        )
    else:
        yield f"The protection order takes {services:,.0f} GWh and leaves {delivered:,.0f} GWh."
