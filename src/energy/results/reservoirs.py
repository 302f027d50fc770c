"""Inflow, release and content of reservoirs by month from a Dataset, with the limits that rules set."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from energy.model.profiles import HM3_AN_HOUR


class Reservoir(NamedTuple):
    """Inflow, release and content of a store by month, with the limits that rules set.

    Attributes
    ----------
    name
        Name of the store.
    months
        Calendar months (UTC) of the horizon.
    inflow, turbined, spilt
        Mean flow of each month [m³/s].
    least, most
        Mean of the limits that flow rules set on the release [m³/s]; nan in months without a rule.
    content
        At the end of each month [hm³].
    at_least, at_most
        Tightest limits of the content in each month [hm³].
    size
        Content of the full reservoir [hm³].
    """

    name: str
    months: pd.PeriodIndex
    inflow: np.ndarray
    turbined: np.ndarray
    spilt: np.ndarray
    least: np.ndarray
    most: np.ndarray
    content: np.ndarray
    at_least: np.ndarray
    at_most: np.ndarray
    size: float


class VolumeLimit(NamedTuple):
    """Limits of a volume rule on the release of a store.

    Attributes
    ----------
    first, last
        Start and end of the rule's window [months after the first month].
    at_least, at_most
        The rule's volumes as mean flows [m³/s]; not finite where it sets none.
    """

    first: float
    last: float
    at_least: float
    at_most: float


def reservoirs(dataset: xr.Dataset) -> list[str]:
    """Return the stores to show: the largest seasonal reservoirs with a regulated release below them, then the rest."""
    if "stores_e" not in dataset:
        return []
    carriers = dataset["stores_carrier"].to_series()
    sizes = dataset["stores_e_nom"].to_series()
    is_reservoir = carriers == "reservoir"

    def rank(store: str) -> tuple[bool, float]:
        is_regulated = len(_release_links(dataset, store)) > 0
        return not is_regulated, -sizes[store]

    names = sizes[is_reservoir].index
    return sorted(names.astype(str), key=rank)


def reservoir(dataset: xr.Dataset, name: str) -> Reservoir:
    """Return the months of one store.

    Flows are means over the month, so that typical days and hours give the same form; the content is what the store
    holds at the month's last snapshot. ``at_least`` and ``at_most`` are the tightest bounds on the content in a month.
    """
    months = _months_of(dataset)
    outlets = _outlet_links(dataset, name)
    carriers = dataset["links_carrier"].to_numpy()[outlets]
    is_spillway = np.array(["spill" in str(carrier) for carrier in carriers], dtype=bool)
    turbined = _flow(dataset, outlets[~is_spillway])
    spilt = _flow(dataset, outlets[is_spillway])
    inflow = _inflow(dataset, name)
    least, most = _release_limits(dataset, name)
    store = dataset.sel(stores=name)
    size = float(store["stores_e_nom"])
    contents = pd.DataFrame(
        {
            "content": store["stores_e"],
            "at_least": store["stores_e_min_pu"] * size,
            "at_most": store["stores_e_max_pu"] * size,
        }
    )
    content_by_month = contents.groupby(months).agg(
        {
            "content": "last",
            "at_least": "max",
            "at_most": "min",
        }
    )
    return Reservoir(
        name=name,
        months=pd.PeriodIndex(months.unique()),
        inflow=_monthly_mean(dataset, inflow) / HM3_AN_HOUR,
        turbined=_monthly_mean(dataset, turbined) / HM3_AN_HOUR,
        spilt=_monthly_mean(dataset, spilt) / HM3_AN_HOUR,
        least=_monthly_mean(dataset, least),
        most=_monthly_mean(dataset, most),
        content=content_by_month["content"].to_numpy(),
        at_least=content_by_month["at_least"].to_numpy(),
        at_most=content_by_month["at_most"].to_numpy(),
        size=size,
    )


def _monthly_mean(dataset: xr.Dataset, values: np.ndarray) -> np.ndarray:
    """Return the mean of each month of values by snapshot, by the hours that snapshots stand for.

    Snapshots without a value (nan) are left out; a month without any value is nan.
    """
    hours = dataset["weight"].to_numpy()
    table = pd.DataFrame(
        {
            "weighted": values * hours,
            "hours": np.where(np.isnan(values), np.nan, hours),
        }
    )
    months = _months_of(dataset)
    sums = table.groupby(months).sum(min_count=1)
    means = sums["weighted"] / sums["hours"]
    return np.asarray(means)


def _bus(dataset: xr.Dataset, store: str) -> str:
    """Return the water bus of a store."""
    buses = dataset["stores_bus"]
    return str(buses.sel(stores=store).item())


def _links_at(
    dataset: xr.Dataset,
    end: str,
    buses: list[str],
) -> np.ndarray:
    """Return the positions of the links whose ``bus0``, ``bus1`` or ``bus2`` is one of some buses."""
    variable = f"links_{end}"
    if variable not in dataset:
        return np.array([], dtype=int)
    is_there = dataset[variable].isin(buses)
    return np.flatnonzero(is_there)


def _outlet_links(dataset: xr.Dataset, store: str) -> np.ndarray:
    """Return the positions of the links that take water from a store's bus."""
    bus = _bus(dataset, store)
    return _links_at(dataset, "bus0", [bus])


def _flow(dataset: xr.Dataset, links: np.ndarray) -> np.ndarray:
    """Return what links together take from their first bus, by snapshot [hm³/h]."""
    if "links_p0" not in dataset:
        snapshots = dataset.sizes["snapshot"]
        return np.zeros(snapshots)
    flow = dataset["links_p0"].to_numpy()
    total = flow[:, links].sum(axis=1)
    return np.asarray(total)


def _inflow(dataset: xr.Dataset, store: str) -> np.ndarray:
    """Return what rivers and plants upstream bring, by snapshot [hm³/h]."""
    bus = _bus(dataset, store)
    snapshots = dataset.sizes["snapshot"]
    inflow = np.zeros(snapshots)
    if "loads_p" in dataset:
        is_river = dataset["loads_bus"].to_numpy() == bus
        loads = dataset["loads_p"].to_numpy()
        inflow -= loads[:, is_river].sum(axis=1)
    for end in ("bus1", "bus2"):
        upstream = _links_at(dataset, end, [bus])
        inflow += _flow(dataset, upstream)
    return inflow


def _release_links(dataset: xr.Dataset, store: str) -> np.ndarray:
    """Return the positions of the links of carrier ``release`` right below a store's outlets."""
    outlets = _outlet_links(dataset, store)
    buses_below: list[str] = []
    for end in ("bus1", "bus2"):
        variable = f"links_{end}"
        if variable in dataset:
            buses = dataset[variable].to_numpy()
            buses_below.extend(buses[outlets])
    below = _links_at(dataset, "bus0", buses_below)
    carriers = dataset["links_carrier"].to_numpy()
    is_release = carriers[below] == "release"
    return np.asarray(below[is_release])


def _release_limits(dataset: xr.Dataset, store: str) -> tuple[np.ndarray, np.ndarray]:
    """Return least and most flow [m³/s] that release rules leave in each snapshot; nan where there is no rule."""
    snapshots = dataset.sizes["snapshot"]
    no_limit = np.full(snapshots, np.nan)
    links = _release_links(dataset, store)
    if len(links) != 1:
        return no_limit, no_limit
    (position,) = links
    link = dataset.isel(links=position)
    rating = link["links_p_nom"].to_numpy() / HM3_AN_HOUR
    p_min_pu = link["links_p_min_pu"].to_numpy()
    p_max_pu = link["links_p_max_pu"].to_numpy()
    has_least = p_min_pu > 0
    has_most = p_max_pu < 0.999
    least = np.where(has_least, p_min_pu * rating, np.nan)
    most = np.where(has_most, p_max_pu * rating, np.nan)
    return least, most


def volume_limits(dataset: xr.Dataset, store: Reservoir) -> list[VolumeLimit]:
    """Return the volume rules of the release of a store."""
    if "volume_link" not in dataset:
        return []
    release = _release_links(dataset, store.name)
    links = dataset["links"].to_numpy()[release]
    is_of_store = dataset["volume_link"].isin(links)
    first_month = store.months[0]
    limits = []
    for number in np.flatnonzero(is_of_store):
        rule = dataset.isel(volume_rule=number)
        limit = VolumeLimit(
            first=_months_after(first_month, rule["volume_start"]),
            last=_months_after(first_month, rule["volume_end"]),
            at_least=float(rule["volume_at_least"]),
            at_most=float(rule["volume_at_most"]),
        )
        limits.append(limit)
    return limits


def _months_after(first_month: pd.Period, time: xr.DataArray) -> float:
    """Return the number of months from the first month to a time."""
    month = pd.Timestamp(time.item()).to_period("M")
    months = month - first_month
    return float(months.n)


def _months_of(dataset: xr.Dataset) -> pd.PeriodIndex:
    """Return the calendar month (UTC) that each snapshot lies in."""
    return pd.DatetimeIndex(dataset["snapshot"].to_numpy()).to_period("M")
