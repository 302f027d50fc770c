"""Synthetic water years and traces of all rivers of a case, drawn by seed; docs/water_years.md derives the method."""

from __future__ import annotations

import math

import numpy as np
from scipy.interpolate import PchipInterpolator

from energy.errors import Fault, InputError
from energy.model.hydrology.statistics import DAYS, SUMMER, WINTER, Law, River, WaterStatistics, law
from energy.model.random_stream import exponential, normal_stream
from energy.scenario.hydrology import Shift

_A_YEAR = 16  # numbers of a river's stream for one hydrological year: summer, winter, twelve months, two spare


def draw_years(
    statistics: WaterStatistics,
    seed: int,
    draw: int,
    years: int = 1,
    dependence: float | None = None,
    shift: Shift | None = None,
) -> np.ndarray:
    """Draw a trace of synthetic years: the monthly flow into every inflow site.

    The same seed and draw give the same numbers on every machine, whatever else is drawn; a longer trace begins with
    the shorter one; a river's water depends on its own statistics, its name and the common stream only.

    Parameters
    ----------
    statistics
        Rivers of the case, from `water_statistics`.
    seed, draw
        Number of the family and of the trace in it.
    years
        Length of the trace in calendar years.
    dependence
        Correlation of the yearly volumes of two rivers of weight 1; None: that of the statistics.
    shift
        Change of climate; None: none.

    Returns
    -------
    numpy.ndarray
        Monthly mean flows [m³/s], rounded to 1e-6; shape (years, sites, 12): consecutive calendar years, sites as in
        ``statistics.sites``, months from January. October to December belong to the next hydrological year.

    Raises
    ------
    InputError
        When no such law exists: a volume that varies more than its months allow, a dependence out of reach.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model.hydrology.statistics import water_statistics
    >>> river = water_statistics(read_case("networks/two_bus").profiles["water_statistics"])
    >>> draw_years(river, seed=1, draw=7, years=2).shape
    (2, 1, 12)
    >>> bool((draw_years(river, 1, 7, years=2)[0] == draw_years(river, 1, 7)[0]).all())
    True
    """
    dependence = statistics.dependence if dependence is None else dependence
    if not 0 <= dependence <= 1:
        raise InputError(Fault(f"dependence is {dependence:g}", None, None, "0 to 1"))
    shift = shift or Shift()
    blocks = years + 3  # one summer before the first year, and a year after the last for what the shift brings in
    common = _fresh(["all rivers", seed, draw], blocks)
    columns = []
    for river in statistics.rivers:
        found = law(river, statistics.path)
        shared = _shared(river, found, dependence, statistics)
        fresh = shared * common + _rest(shared) * _fresh(["river", river.name, seed, draw], blocks)
        flows = _river_years(river, found, fresh)
        flows = shift.volume * earlier(flows, shift.melt_days * river.melt)[:years]
        columns += [flows * share for _, share in river.sites]
    return np.round(np.stack(columns, axis=1), 6)


def _shared(river: River, found: Law, dependence: float, statistics: WaterStatistics) -> float:
    """Return how far a river's fresh numbers are the common ones; its volume shows less, as part of it is older."""
    shared = river.weight * math.sqrt(dependence / found.fresh)
    if abs(shared) > 1:
        what = f"dependence {dependence:g} is more than the years of {river.name!r} can show"
        raise InputError(Fault(what, statistics.path, None, f"0 to {found.fresh / river.weight**2:.3f}"))
    return shared


def _fresh(key: list[str | int], blocks: int) -> np.ndarray:
    return normal_stream(key, blocks * _A_YEAR).reshape(blocks, _A_YEAR)


def _river_years(river: River, found: Law, fresh: np.ndarray) -> np.ndarray:
    """Return the flow of a river [m³/s]; shape (hydrological years − 2, 12), calendar years.

    With W the winter October–March of hydrological year h and S its summer April–September:
    W(h) = carry·S(h−1) + √(1 − carry²)·ν and S(h) = back·W(h) + √(1 − back²)·ε (docs/water_years.md).
    """
    blocks = len(fresh)  # the first for its summer only
    summers, winters = np.empty(blocks), np.zeros(blocks)
    summers[0] = fresh[0, 0]
    for h in range(1, blocks):
        winters[h] = found.carry * summers[h - 1] + _rest(found.carry) * fresh[h, 1]
        summers[h] = found.back * winters[h] + _rest(found.back) * fresh[h, 0]
    normal = np.empty((blocks, 12))
    for months, half, share in ((WINTER, winters, found.winter), (SUMMER, summers, found.summer)):
        for month in months:
            normal[:, month] = share * half + _rest(share) * fresh[:, 2 + month]
    spread = np.array(found.spread)
    flows = np.array(river.mean) * exponential(spread * normal - 0.5 * spread * spread)
    # a calendar year takes its October to December from the next hydrological year
    return np.concatenate([flows[1:-1, :9], flows[2:, 9:]], axis=1)


def _rest(share: float) -> float:
    return math.sqrt(1.0 - share * share)


def earlier(flows: np.ndarray, days: float) -> np.ndarray:
    """Let the water of a trace come some days earlier, keeping every drop but those of the first days.

    The running sum of the volume, at the ends of the months, is joined by a monotone cubic (Fritsch and Butland 1984,
    doi 10.1137/0905021), so that no flow gets negative, and is read `days` later.

    Parameters
    ----------
    flows
        Monthly mean flows [m³/s]; shape (years, 12). The last months are not to be used: what follows them is unknown.
    days
        Days, from 0 to 60.

    Returns
    -------
    numpy.ndarray
        Shape (years, 12) [m³/s].

    Examples
    --------
    >>> earlier(np.tile([1.0, 1, 1, 1, 1, 9, 1, 1, 1, 1, 1, 1], (2, 1)), 30)[0].round(1).tolist()
    [1.0, 1.0, 1.0, 1.0, 8.8, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if days == 0:
        return flows
    length = np.tile(DAYS, len(flows))
    ends = np.concatenate([[0.0], np.cumsum(length)])
    volume = PchipInterpolator(ends, np.concatenate([[0.0], np.cumsum(flows.ravel() * length)]))
    moved = volume(np.minimum(ends + days, ends[-1]))
    return np.asarray(np.diff(moved) / length).reshape(flows.shape)
