"""Time axis: every hour of the horizon, and the snapshots that represent them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from scipy import sparse

HOURS_A_DAY = 24
RESOLUTION = re.compile(r"(?:typical-(days|weeks)-?)?(?:(\d+)h)?")


@dataclass(frozen=True, eq=False)
class Axis:
    """The hours of a horizon and their grouping into snapshots.

    Attributes
    ----------
    hours
        Start of every hour of the horizon, UTC without zone.
    block
        Number of the snapshot that stands for each hour; shape (hours,).
    snapshots
        First hour of each snapshot.
    weightings
        PyPSA's snapshot weightings [h], columns objective, stores, generators.
    day_length
        Snapshots of a typical day, which stands for several days; 0 on a chronological axis.
    steps
        What the snapshots of a user's own network are made of; None where ``hours`` are hours.
    """

    hours: pd.DatetimeIndex
    block: np.ndarray
    snapshots: pd.DatetimeIndex
    weightings: pd.DataFrame
    day_length: int = 0
    steps: Steps | None = None

    @property
    def calendar(self) -> tuple[pd.DatetimeIndex, np.ndarray, pd.Timestamp]:
        """Instants at most an hour apart, the snapshot that each belongs to, and the first instant after the last."""
        if self.steps is None:
            return self.hours, self.block, self.end
        return self.steps.instants, self.steps.block, self.steps.end

    @cached_property
    def weights(self) -> np.ndarray:
        """Hours [h] that each snapshot stands for; shape (snapshots,)."""
        return self.weightings["generators"].to_numpy(float)

    @cached_property
    def _averaging(self) -> sparse.csr_matrix:
        hours_of_block = np.bincount(self.block, minlength=len(self.snapshots))
        share = 1 / hours_of_block[self.block]
        columns = np.arange(len(self.hours))
        shape = (len(self.snapshots), len(self.hours))
        return sparse.csr_matrix((share, (self.block, columns)), shape=shape)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Average hourly values over each snapshot; shape (hours, …) → (snapshots, …)."""
        means: np.ndarray = self._averaging @ values
        return means

    def share(self, inside: np.ndarray) -> np.ndarray:
        """Share of each snapshot's hours that lie inside; boolean (hours,) → (snapshots,)."""
        return self.mean(inside.astype(float))

    @cached_property
    def share_of_month(self) -> np.ndarray:
        """Share of each snapshot's hours that lie in each calendar month; shape (snapshots, 12)."""
        month = self.hours.month.to_numpy()
        is_in_month = month[:, None] == np.arange(1, 13)
        return self.share(is_in_month)

    @cached_property
    def end(self) -> pd.Timestamp:
        """First instant after the horizon."""
        if self.steps is not None:
            return self.steps.end
        return self.hours[-1] + pd.Timedelta(hours=1)

    @cached_property
    def last_of_day(self) -> np.ndarray:
        """Positions of the snapshots that close a typical day; empty on a chronological axis."""
        if not self.day_length:
            return np.array([], dtype=int)
        return np.arange(self.day_length - 1, len(self.snapshots), self.day_length)

    def last_before(self, instant: pd.Timestamp) -> int | None:
        """Return the position of the last snapshot whose hours all lie before an instant, or None."""
        position = int(self.hours.searchsorted(instant)) - 1
        if position < 0:
            return None
        return int(self.block[position])


def month_day(year: int, text: str) -> pd.Timestamp:
    """Return the start of a day given as MM-DD; 29 February becomes 1 March in a common year.

    Examples
    --------
    >>> month_day(2029, "02-29")
    Timestamp('2029-03-01 00:00:00')
    """
    month, day = map(int, text.split("-"))
    first_of_month = pd.Timestamp(year, month, 1)
    return first_of_month + pd.Timedelta(days=day - 1)


def in_window(
    hours: pd.DatetimeIndex,
    start: str,
    end: str,
) -> np.ndarray:
    """Tell which hours lie in a yearly window of days MM-DD to MM-DD, both included; shape (hours,).

    A window whose end comes before its start runs over the turn of the year.

    Examples
    --------
    >>> in_window(pd.DatetimeIndex(["2028-09-30 23:00", "2028-10-01"]), "05-01", "09-30").tolist()
    [True, False]
    """
    day_of_hour = hours.month.to_numpy() * 100 + hours.day.to_numpy()
    first = int(start.replace("-", ""))
    last = int(end.replace("-", ""))
    is_after_start = day_of_hour >= first
    is_before_end = day_of_hour <= last
    if first <= last:
        return np.asarray(is_after_start & is_before_end)
    return np.asarray(is_after_start | is_before_end)


def hours_of(weightings: pd.DataFrame | None, horizon: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DatetimeIndex:
    """Return the hours of a horizon, or the snapshots that a user's own network brings."""
    if weightings is not None:
        return _own_hours(weightings, horizon[0])
    return _every_hour(horizon)


@lru_cache(maxsize=8)
def _every_hour(horizon: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DatetimeIndex:
    return pd.date_range(*horizon, freq="h", inclusive="left")


def make_axis(
    hours: pd.DatetimeIndex,
    resolution: str,
    cuts: Iterable[pd.Timestamp] = (),
) -> Axis:
    """Lay the snapshots of a horizon.

    Parameters
    ----------
    hours
        Every hour of the horizon, UTC, whole days.
    resolution
        ``<k>h``: blocks of k hours; ``typical-days``: one day of 24 snapshots a month; ``typical-weeks``: one a week;
        ``typical-days-<k>h``, ``typical-weeks-<k>h``: the same in blocks of k hours.
    cuts
        Instants at which a typical day must not go on (starts and ends of events and rule windows). A cut within a
        day sets that day apart, so that the hours before and after it keep their own values exactly.

    Returns
    -------
    Axis
    """
    period_of, step = RESOLUTION.fullmatch(resolution).groups()  # type: ignore[union-attr]  # the scenario checked it
    hours_a_block = int(step or 1)
    if period_of is None:
        day_length = 0
        block = np.arange(len(hours)) // hours_a_block
    else:
        day_length = HOURS_A_DAY // hours_a_block
        days_a_period = 7 if period_of == "weeks" else None
        period = _periods(hours, days_a_period, cuts)
        block_of_day = np.arange(HOURS_A_DAY) // hours_a_block
        days = len(hours) // HOURS_A_DAY
        block = period * day_length + np.tile(block_of_day, days)
    weights = np.bincount(block).astype(float)
    _, first = np.unique(block, return_index=True)
    snapshots = hours[first].rename("snapshot")
    columns = dict.fromkeys(("objective", "stores", "generators"), weights)
    weightings = pd.DataFrame(columns, index=snapshots)
    return Axis(
        hours,
        block,
        snapshots,
        weightings=weightings,
        day_length=day_length,
    )


def _periods(
    hours: pd.DatetimeIndex,
    days_a_period: int | None,
    cuts: Iterable[pd.Timestamp],
) -> np.ndarray:
    """Return the number of the typical day that stands for each hour: one a month, or one in so many days."""
    day = np.arange(len(hours)) // HOURS_A_DAY
    days = day[-1] + 1
    if days_a_period is None:
        begins = np.asarray(hours[::HOURS_A_DAY].day == 1)
    else:
        begins = np.arange(days) % days_a_period == 0
    begins[0] = True
    for cut in cuts:
        position = (cut - hours[0]) / pd.Timedelta(days=1)
        for day_of_cut in (int(np.floor(position)), int(np.ceil(position))):
            if 0 <= day_of_cut < days:
                begins[day_of_cut] = True
    period = np.cumsum(begins) - 1
    return np.asarray(period[day])


def _own_hours(weightings: pd.DataFrame, start: pd.Timestamp) -> pd.DatetimeIndex:
    """Return the start of the snapshots that a user's own network brings.

    Snapshots that are no times (numbers, ``now``) are laid one after another from the start of the horizon, each as
    long as its weighting ``generators``.
    """
    if isinstance(weightings.index, pd.DatetimeIndex):
        return weightings.index
    ends = weightings["generators"].astype(float).cumsum().to_numpy()
    starts = np.concatenate([[0.0], ends[:-1]])
    return pd.DatetimeIndex(start + pd.to_timedelta(starts, unit="h"))


@dataclass(frozen=True, eq=False)
class Steps:
    """What the snapshots of a user's own network are made of, in steps of an hour or less.

    Attributes
    ----------
    instants
        Start of each step, UTC.
    block
        Position of the snapshot that each step belongs to; shape (steps,).
    end
        First instant after the last snapshot.
    """

    instants: pd.DatetimeIndex
    block: np.ndarray
    end: pd.Timestamp

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Average values of the steps over each snapshot; shape (steps,) → (snapshots,)."""
        total = np.bincount(self.block, weights=values)
        count = np.bincount(self.block)
        return np.asarray(total / count)


def own_steps(weightings: pd.DataFrame, start: pd.Timestamp) -> Steps:
    """Return the steps of the snapshots that a user's own network brings.

    A snapshot lasts until the next one, but where that leaves a gap: of days that stand for many, each snapshot lasts
    as long as most do, and its weighting says how often it counts. The last one lasts as long as most, or as long as
    its weighting where all do.

    Parameters
    ----------
    weightings
        Snapshot weightings [h].
    start
        Where snapshots begin that are no times.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2028-01-01", "2028-01-08"])
    >>> steps = own_steps(pd.DataFrame({"generators": 168.0}, index=days), days[0])
    >>> len(steps.instants), steps.end
    (336, Timestamp('2028-01-15 00:00:00'))
    """
    first = _own_hours(weightings, start)
    lengths = _lengths(first, weightings["generators"].to_numpy(float))
    counts = np.array([_steps_in(length) for length in lengths])
    block = np.repeat(np.arange(len(first)), counts)
    first_step = np.cumsum(counts) - counts
    step_of_snapshot = np.arange(len(block)) - np.repeat(first_step, counts)
    step_length = lengths / counts
    hours = step_of_snapshot * step_length[block]
    instants = first[block] + pd.to_timedelta(hours.round(9), unit="h")
    end = first[-1] + pd.Timedelta(hours=float(lengths[-1]))
    return Steps(pd.DatetimeIndex(instants), block, end)


def _lengths(first: pd.DatetimeIndex, weights: np.ndarray) -> np.ndarray:
    """Return how long each snapshot lasts [h]; shape (snapshots,)."""
    gaps = np.diff(first.to_numpy()) / np.timedelta64(1, "h")
    if not len(gaps):
        return weights
    values, counts = np.unique(gaps.round(9), return_counts=True)
    usual = float(values[np.argmax(counts)])
    fills_gap = np.isclose(weights[:-1], gaps)
    lengths = np.where(fills_gap, gaps, np.minimum(gaps, usual))
    last = weights[-1] if fills_gap.all() else usual
    return np.append(lengths, last)


def _steps_in(length: float) -> int:
    """Return into how many steps a snapshot of some hours is cut: hours where they fill it, else quarters of one."""
    if abs(length - round(length)) < 1e-9:
        return round(length)
    return max(1, int(np.ceil(4 * length - 1e-9)))


def own_axis(weightings: pd.DataFrame, start: pd.Timestamp) -> Axis:
    """Take the snapshots that a user's own network brings; one "hour" of the axis is one snapshot."""
    hours = _own_hours(weightings, start).rename("snapshot")
    return Axis(
        hours=hours,
        block=np.arange(len(hours)),
        snapshots=hours,
        weightings=weightings.set_axis(hours),
        steps=own_steps(weightings, start),
    )
