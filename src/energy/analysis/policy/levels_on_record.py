"""Contents of reservoirs that a policy leaves, beside those on record."""

from __future__ import annotations

from calendar import monthrange
from datetime import date as date_type
from datetime import datetime

import numpy as np
import pandas as pd
import xarray as xr

from energy.analysis.backcast_quantities import unusable_content
from energy.analysis.policy.season_comparison import EXCEEDED

RECORDED = ("content", "content by level")
"""Quantities of the record that are contents of a reservoir on a day [hm³]."""
COMPARED_YEARS = range(2010, 2025)
"""Years of the record that are compared."""
COLUMNS = ("store", "date", "record", "confidence", "policy_P90", "policy_P50", "policy_P10", "foresight_P50")


def levels_on_record(years: xr.Dataset, record: pd.DataFrame) -> pd.DataFrame:
    """Return what is on record of reservoirs, and what they hold on the same day of the year by policy and foresight.

    Between the ends of two months contents move evenly. What the record calls unusable is added to those of the model.

    Parameters
    ----------
    years
        Simulated years with ``foreseen_content``, as ``energy policy simulate`` writes them.
    record
        Of the case; its rows `RECORDED` with a day from 2010 to 2024.

    Returns
    -------
    pandas.DataFrame
        A row a reservoir and day, in the order of the days; columns `COLUMNS`, contents in hm³: those that 90, 50 and
        10 % of the years exceed.
    """
    lines = []
    contents = recorded_contents(record)
    stores = years["store"].values.tolist()
    is_simulated = contents["place"].isin(stores)
    for row in contents[is_simulated].to_dict("records"):
        store = str(row["place"])
        day = day_of_horizon(years, str(row["date"]))
        by_policy = _contents_on_day(years, "content", store, day)
        with_foresight = _contents_on_day(years, "foreseen_content", store, day)
        levels = exceeded_levels(by_policy)
        usable = np.append(levels, np.median(with_foresight))
        modelled = usable + unusable_content(record, store)
        on_record = (row["date"], row["value"], row["confidence"])
        lines.append((store, *on_record, *modelled))
    return pd.DataFrame(lines, columns=list(COLUMNS))


def recorded_contents(record: pd.DataFrame) -> pd.DataFrame:
    """Return the contents on record on days of 2010 to 2024, in order of place and day."""
    is_content = record["quantity"].isin(RECORDED)
    dates = record["date"].astype(str)
    has_day = dates.str.fullmatch(r"\d{4}-\d{2}-\d{2}")
    compared_years = [str(year) for year in COMPARED_YEARS]
    is_compared = dates.str[:4].isin(compared_years)
    contents = record.loc[is_content & has_day & is_compared]
    contents = contents.assign(date=dates)
    return contents.sort_values(["place", "date"], ignore_index=True)


def day_of_horizon(years: xr.Dataset, date: str) -> float:
    """Return where a day of any year lies in the horizon [months since its begin], such as 1.5 in the middle of May."""
    day = date_type.fromisoformat(date)
    first_name = str(years["month"].to_numpy()[0])
    first_month = datetime.strptime(first_name, "%B %Y").month  # noqa: DTZ007  (a name of a month)
    _, days = monthrange(day.year, day.month)
    elapsed = (day.day - 1) / days
    return (day.month - first_month) % 12 + elapsed


def _contents_on_day(
    years: xr.Dataset,
    name: str,
    store: str,
    day: float,
) -> np.ndarray:
    """Return what a store holds in each year at a time between the ends of two months [hm³]; shape (years,)."""
    contents = with_ends(years, name, store)
    before = int(day)
    elapsed = day - before
    at_begin = contents[:, before]
    at_end = contents[:, before + 1]
    between: np.ndarray = (1 - elapsed) * at_begin + elapsed * at_end
    return between


def with_ends(
    years: xr.Dataset,
    name: str,
    store: str,
) -> np.ndarray:
    """Return what a store holds at first and at the end of each month [hm³]; shape (years, months + 1).

    The horizon ends with what it begins with, as the rule of its end says.
    """
    at_ends = years[name].sel(store=store).to_numpy()
    start = float(years["start"].sel(store=store))
    contents = np.insert(at_ends, 0, start, axis=1)
    contents[:, -1] = start
    return contents


def exceeded_levels(values: np.ndarray) -> np.ndarray:
    """Return the levels that 90, 50 and 10 % of some values exceed."""
    shares = [1 - share / 100 for share in EXCEEDED]
    return np.asarray(np.quantile(values, shares, axis=0))
