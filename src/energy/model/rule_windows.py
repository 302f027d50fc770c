"""Windows of operating rules: the part of every year in which a rule holds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from energy.case.yearly_window import Window
from energy.model.axis import Axis, in_window, month_day
from energy.model.cache import IdentityKey

ONE_DAY = pd.Timedelta(days=1)
ONE_HOUR = pd.Timedelta(hours=1)


class _WindowOccurrence(NamedTuple):
    """A yearly window in one year of the horizon.

    Attributes
    ----------
    label
        The year in which the window begins.
    inside
        Whether each hour of the horizon lies in it; shape (hours,).
    share
        Share of the window's hours that lie in the horizon.
    """

    label: str
    inside: np.ndarray
    share: float


def snapshots_inside(
    window: Window,
    axis: Axis,
) -> np.ndarray:
    """Return whether most hours of each snapshot lie in a yearly window; shape (snapshots,)."""
    inside = _hours_inside(IdentityKey(axis.hours), window)
    return np.asarray(axis.share(inside) > 0.5)


def occurrences(
    window: Window,
    axis: Axis,
) -> Sequence[_WindowOccurrence]:
    """Return the occurrences of a yearly window in the horizon, in order of time.

    A window that the horizon cuts counts for the share of its hours that lie inside.
    """
    return _occurrences(IdentityKey(axis.hours), window)


@lru_cache(maxsize=256)
def _hours_inside(
    hours: IdentityKey[pd.DatetimeIndex],
    window: Window,
) -> np.ndarray:
    return in_window(hours.it, window.start, window.end)


@lru_cache(maxsize=256)
def _occurrences(
    key: IdentityKey[pd.DatetimeIndex],
    window: Window,
) -> tuple[_WindowOccurrence, ...]:
    hours = key.it
    inside = _hours_inside(key, window)
    occurrences_of_window = []
    for year in range(hours[0].year - 1, hours[-1].year + 1):
        start = month_day(year, window.start)
        last_day = month_day(year, window.end)
        if last_day < start:
            last_day = month_day(year + 1, window.end)
        end = last_day + ONE_DAY
        inside_of_year = np.asarray(inside & (hours >= start) & (hours < end))
        if inside_of_year.any():
            hours_of_window = (end - start) / ONE_HOUR
            share = float(inside_of_year.sum() / hours_of_window)
            occurrence = _WindowOccurrence(str(year), inside_of_year, share)
            occurrences_of_window.append(occurrence)
    return tuple(occurrences_of_window)
