"""Mean day of each month, in local time, from snapshots of any kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

LOCAL = 5
"""Hours from UTC to the clock of Tajikistan and Pakistan; Kyrgyzstan is one ahead, Afghanistan half an hour behind."""


def months_of(found: xr.Dataset) -> pd.PeriodIndex:
    """Return the calendar month (UTC) that each snapshot lies in."""
    return pd.DatetimeIndex(found["snapshot"].to_numpy()).to_period("M")


def mean_days(found: xr.Dataset, values: xr.DataArray, local: int = LOCAL) -> xr.DataArray:
    """Return the mean of values in each hour of the day of each month.

    A snapshot counts in every hour of the day that it covers, by the days that it stands for, so that typical days,
    hours and blocks of hours all give the same form.

    Parameters
    ----------
    found
        From ``energy.results.record.record``.
    values
        Along ``snapshot``; other dimensions stay.
    local
        Hours by which the clock of the result is ahead of UTC.

    Returns
    -------
    xarray.DataArray
        Dimensions ``month`` (text), ``hour`` (0 to 23, local time), and those of the values.

    Examples
    --------
    >>> times = pd.DatetimeIndex(["2028-05-01 00:00", "2028-05-01 12:00"])
    >>> found = xr.Dataset({"length": ("snapshot", [12.0, 12.0]), "weight": ("snapshot", [372.0, 372.0])})
    >>> found = found.assign_coords(snapshot=times)
    >>> mean_days(found, xr.DataArray([1.0, 3.0], {"snapshot": times}, "snapshot"), 0).to_numpy()[0, [0, 11, 12, 23]]
    array([1., 1., 3., 3.])
    """
    times = pd.DatetimeIndex(found["snapshot"].to_numpy())
    length = np.minimum(found["length"].to_numpy(), 24.0)
    days = found["weight"].to_numpy() / found["length"].to_numpy()
    begin = times.hour.to_numpy() + times.minute.to_numpy() / 60
    since = (np.arange(24)[:, None] - begin[None, :]) % 24  # hours since the snapshot began
    share = np.where(since < length, days, 0.0)
    months = times.to_period("M")
    labels = months.unique()
    other = [str(dim) for dim in values.dims if dim != "snapshot"]
    table = values.transpose("snapshot", *other).to_numpy()
    flat = table.reshape(len(times), -1)
    found_days = np.full((len(labels), 24, flat.shape[1]), np.nan)
    for number, month in enumerate(labels):
        at = months == month
        weights = share[:, at]
        total = weights.sum(axis=1, keepdims=True)
        found_days[number] = np.divide(weights @ flat[at], total, out=found_days[number], where=total > 0)
    shifted = np.roll(found_days, local, axis=1).reshape(len(labels), 24, *table.shape[1:])
    coordinates = {name: values[name] for name in other if name in values.coords}
    names = [str(month) for month in labels]
    return xr.DataArray(shifted, {"month": names, "hour": np.arange(24), **coordinates}, ("month", "hour", *other))
