"""Season of a run in numbers and words: its months, the waterfall from ceiling to delivery, the duration of power."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from energy.metrics.month_columns import LOST, SURPLUS, lost_by_cause

if TYPE_CHECKING:
    import xarray as xr

TITLES = {
    "line": "line outages",
    "water": "plants and water",
    "dispatch": "least-cost dispatch",
    "casa": "CASA-1000",
}
PROPER = ("afghan", "kabul", "kyrgyz", "pakistani", "rogun", "tajik", "uzbek")
BEFORE_SERVICES = ("line", "water")
"""Causes that stand before the first protected service: what is out of service, and the plants themselves."""
NO_SERVICES = (*BEFORE_SERVICES, "dispatch", "surprise")
"""Causes on the ladder that are no services."""
ENDS = ("ceiling", "delivered")


def words(name: str) -> str:
    """Return a service or cause as words.

    Examples
    --------
    >>> words("own_demand"), words("afghan_contract"), words("line")
    ('own demand', 'Afghan contract', 'line outages')
    """
    if name in TITLES:
        return TITLES[name]
    return " ".join(part.capitalize() if part in PROPER else part for part in name.split("_"))


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


def waterfall_table(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the ladder of a run as ``waterfall_figure`` takes it: ceiling, causes, delivered [GWh by month]."""
    months = pd.Index(dataset["month"].to_numpy(), name="month")
    table = pd.DataFrame({"ceiling": dataset["month_ceiling"].to_numpy()}, index=months)
    if "month_lost" in dataset:
        for cause in dataset["cause"].to_numpy():
            table[str(cause)] = dataset["month_lost"].sel(cause=cause).to_numpy()
    table["delivered"] = dataset["month_delivered"].to_numpy()
    return in_season(table)


def month_table(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the monthly table of a run as ``monthly_figure`` takes it; index month [GWh]."""
    names = [str(month) for month in dataset["month"].to_numpy()]
    months = pd.PeriodIndex(names, freq="M", name="month")
    columns: dict[str, np.ndarray] = {
        "ceiling": dataset["month_ceiling"].to_numpy(),
        "delivered": dataset["month_delivered"].to_numpy(),
    }
    if "month_surplus" in dataset:
        for country in dataset["country"].to_numpy():
            columns[f"{SURPLUS}{country}"] = dataset["month_surplus"].sel(country=country).to_numpy()
    if "month_lost" in dataset:
        for cause in dataset["cause"].to_numpy():
            columns[f"{LOST}{cause}"] = dataset["month_lost"].sel(cause=cause).to_numpy()
    return pd.DataFrame(columns, index=months)


def duration_curve(dataset: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return hours, from 0 to those of the season, and the power that is reached or passed for so long [MW].

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.

    Returns
    -------
    tuple
        Edges of the steps [h], shape (steps + 1,), and powers from high to low [MW], shape (steps,).
    """
    hours = (dataset["weight"] * dataset["season"]).to_numpy()
    power = dataset["transferable"].to_numpy()
    is_open = hours > 0
    return by_duration(power[is_open], hours[is_open])


def by_duration(
    values: np.ndarray,
    hours: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return hours from 0 on, and the value that is reached or passed for so long.

    Parameters
    ----------
    values, hours
        What is put in order, and how long each value lasts [h]; shape (steps,).

    Returns
    -------
    tuple
        Edges of the steps [h], shape (steps + 1,), and values from high to low, shape (steps,).

    Examples
    --------
    >>> edges, power = by_duration(np.array([400.0, 900.0]), np.array([10.0, 5.0]))
    >>> edges.tolist(), power.tolist()
    ([0.0, 5.0, 15.0], [900.0, 400.0])
    """
    from_high_to_low = np.argsort(-values, kind="stable")
    passed = np.cumsum(hours[from_high_to_low])
    edges = np.concatenate([[0.0], passed])
    return edges, values[from_high_to_low]
