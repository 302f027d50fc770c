"""Mean day of each month, in local time, from snapshots of any kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

LOCAL = 5
"""Hours from UTC to the clock of Tajikistan and Pakistan; Kyrgyzstan is one ahead, Afghanistan half an hour behind."""


def months_of(dataset: xr.Dataset) -> pd.PeriodIndex:
    """Return the calendar month (UTC) that each snapshot lies in."""
    return pd.DatetimeIndex(dataset["snapshot"].to_numpy()).to_period("M")


def mean_days(
    dataset: xr.Dataset,
    values: xr.DataArray,
    local: int = LOCAL,
) -> xr.DataArray:
    """Return the mean of values in each hour of the day of each month.

    A snapshot counts in every hour of the day that it covers, by the days that it stands for, so that typical days,
    hours and blocks of hours all give the same form.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
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
    >>> dataset = xr.Dataset({"length": ("snapshot", [12.0, 12.0]), "weight": ("snapshot", [372.0, 372.0])})
    >>> dataset = dataset.assign_coords(snapshot=times)
    >>> power = xr.DataArray([1.0, 3.0], {"snapshot": times}, "snapshot")
    >>> mean_days(dataset, power, local=0).to_numpy()[0, [0, 11, 12, 23]]
    array([1., 1., 3., 3.])
    """
    snapshots = pd.DatetimeIndex(dataset["snapshot"].to_numpy())
    days = _days_in_hours(dataset, snapshots)
    snapshot_months = snapshots.to_period("M")
    months = snapshot_months.unique()
    other_dims = [str(dim) for dim in values.dims if dim != "snapshot"]
    table = values.transpose("snapshot", *other_dims).to_numpy()
    columns = table.reshape(len(snapshots), -1)

    shape = (len(months), 24, columns.shape[1])
    means = np.full(shape, np.nan)
    for position, month in enumerate(months):
        in_month = snapshot_months == month
        weights = days[:, in_month]
        weight_sum = weights.sum(axis=1, keepdims=True)
        weighted_sum = weights @ columns[in_month]
        means[position] = np.divide(
            weighted_sum,
            weight_sum,
            out=means[position],
            where=weight_sum > 0,
        )

    local_means = np.roll(means, local, axis=1)
    coordinates = {
        "month": list(map(str, months)),
        "hour": np.arange(24),
    }
    for dim in other_dims:
        if dim in values.coords:
            coordinates[dim] = values[dim]
    return xr.DataArray(
        local_means.reshape(len(months), 24, *table.shape[1:]),
        coords=coordinates,
        dims=("month", "hour", *other_dims),
    )


def _days_in_hours(dataset: xr.Dataset, snapshots: pd.DatetimeIndex) -> np.ndarray:
    """Return the days that each snapshot stands for in the hours (UTC) that it covers; shape (24, snapshots)."""
    lengths = dataset["length"].to_numpy()
    weights = dataset["weight"].to_numpy()
    days = weights / lengths
    whole_hours = snapshots.hour.to_numpy()
    minutes = snapshots.minute.to_numpy()
    begin_hours = whole_hours + minutes / 60
    hours = np.arange(24)[:, None]
    hours_since_begin = (hours - begin_hours[None, :]) % 24
    is_covered = hours_since_begin < np.minimum(lengths, 24.0)
    return np.where(is_covered, days, 0.0)
