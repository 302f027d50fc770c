"""Synthetic water years and traces of all rivers of a case, drawn by seed; docs/water_years.md derives the method."""

from __future__ import annotations

import math

import numpy as np

from energy.errors import Fault, InputError
from energy.model.hydrology.flow_law import FlowLaw, flow_law
from energy.model.hydrology.statistics import DAYS, SUMMER, River, WaterStatistics
from energy.model.random_stream import exponential, normal_stream
from energy.scenario.hydrology import Shift

ICE_MELT = (6, 7, 8)
"""July to September, when rivers live on their glaciers, counted from January = 0."""
_NUMBERS_A_YEAR = 16  # of a river's stream for one hydrological year: summer, winter, twelve months, two spare


def draw_years(
    statistics: WaterStatistics,
    seed: int,
    draw: int,
    years: int = 1,
    dependence: float | None = None,
    shift: Shift | None = None,
) -> np.ndarray:
    """Draw a trace of synthetic years: the monthly flow into every inflow site.

    The same seed and draw give the same numbers on every machine, whatever else is drawn. A longer trace begins with
    the shorter one. A river's water depends on its own statistics, its name and the common stream only.

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
    if dependence is None:
        dependence = statistics.dependence
    if not 0 <= dependence <= 1:
        raise InputError(Fault(f"dependence is {dependence:g}", None, None, "0 to 1"))
    if shift is None:
        shift = Shift()
    hydrological_years = years + 3  # one summer before the first year, and a year after the last for the shift
    common = _normal_numbers(["all rivers", seed, draw], hydrological_years)
    flows_of_sites = []
    for river in statistics.rivers:
        law = flow_law(river, statistics.path)
        shared = _shared(river, law, dependence, statistics)
        own = _normal_numbers(["river", river.name, seed, draw], hydrological_years)
        normal = shared * common + _remainder(shared) * own
        flows = _calendar_years(river, law, normal)
        flows_of_river = shifted(flows, shift, river.melt)[:years]
        for _, share in river.sites:
            flows_of_sites.append(flows_of_river * share)
    trace = np.stack(flows_of_sites, axis=1)
    return np.round(trace, 6)


def _shared(
    river: River,
    law: FlowLaw,
    dependence: float,
    statistics: WaterStatistics,
) -> float:
    """Return the weight of the common numbers in a river's own; above ``dependence``, as part of a volume is older."""
    shared = river.weight * math.sqrt(dependence / law.own_share)
    if abs(shared) > 1:
        highest = law.own_share / river.weight**2
        raise InputError(
            Fault(
                f"dependence {dependence:g} is more than the years of {river.name!r} can show",
                statistics.path,
                allowed=f"0 to {highest:.3f}",
            )
        )
    return shared


def _normal_numbers(
    key: list[str | int],
    hydrological_years: int,
) -> np.ndarray:
    """Return standard normal numbers; shape (hydrological years, numbers of a year)."""
    count = hydrological_years * _NUMBERS_A_YEAR
    numbers = normal_stream(key, count)
    return numbers.reshape(hydrological_years, _NUMBERS_A_YEAR)


def _calendar_years(
    river: River,
    law: FlowLaw,
    normal: np.ndarray,
) -> np.ndarray:
    """Return the flow of a river [m³/s]; shape (hydrological years − 2, 12), calendar years."""
    winters, summers = _half_years(law, normal)
    monthly = np.empty((len(normal), 12))
    for month in range(12):
        is_summer = month in SUMMER
        half_year = summers if is_summer else winters
        share = law.summer if is_summer else law.winter
        own = normal[:, 2 + month]
        monthly[:, month] = share * half_year + _remainder(share) * own
    spread = np.array(law.spread)
    mean = np.array(river.mean)
    flows = mean * exponential(spread * monthly - 0.5 * spread * spread)
    # a calendar year takes its October to December from the next hydrological year
    january_to_september = flows[1:-1, :9]
    october_to_december = flows[2:, 9:]
    return np.concatenate([january_to_september, october_to_december], axis=1)


def _half_years(
    law: FlowLaw,
    normal: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal variables of winters and summers; shape (hydrological years,), the first winter 0.

    With W the winter October–March of hydrological year h and S its summer April–September:
    W(h) = carry·S(h−1) + √(1 − carry²)·ν and S(h) = back·W(h) + √(1 − back²)·ε (docs/water_years.md).
    """
    hydrological_years = len(normal)  # the first for its summer only
    winters = np.zeros(hydrological_years)
    summers = np.empty(hydrological_years)
    summers[0] = normal[0, 0]
    for year in range(1, hydrological_years):
        new_in_winter = _remainder(law.summer_to_winter) * normal[year, 1]
        new_in_summer = _remainder(law.winter_to_summer) * normal[year, 0]
        winters[year] = law.summer_to_winter * summers[year - 1] + new_in_winter
        summers[year] = law.winter_to_summer * winters[year] + new_in_summer
    return winters, summers


def _remainder(share: float) -> float:
    """Return the weight of the independent part of a normal variable whose other part has weight `share`."""
    return math.sqrt(1.0 - share * share)


def shifted(
    flows: np.ndarray,
    shift: Shift,
    melt: float,
) -> np.ndarray:
    """Return the flows of a river in another climate: earlier, with another volume, with less ice to melt.

    Parameters
    ----------
    flows
        Monthly mean flows [m³/s]; shape (years, 12).
    shift
        Change of climate; days of 0 and factors of 1 leave every bit as it is.
    melt
        How much of the change the river takes, from 0 (regulated) to 1.

    Returns
    -------
    numpy.ndarray
        Shape (years, 12) [m³/s].

    Examples
    --------
    >>> shifted(np.ones((1, 12)), Shift(late_summer=0.8), melt=0.5)[0, 5:10].tolist()
    [1.0, 0.9, 0.9, 0.9, 1.0]
    """
    flows_of_shift = shift.volume * _earlier(flows, shift.melt_days * melt)
    less_ice = np.ones(12)
    less_ice[list(ICE_MELT)] = 1.0 - (1.0 - shift.late_summer) * melt
    return flows_of_shift * less_ice


def _earlier(
    flows: np.ndarray,
    days: float,
) -> np.ndarray:
    """Let the water of a trace come some days earlier; only the water of the first days is lost.

    A monotone cubic (Fritsch and Butland 1984, doi 10.1137/0905021) joins the running sum of the volume at the ends of
    the months, so that no flow gets negative, and is read `days` later.

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
    >>> _earlier(np.tile([1.0, 1, 1, 1, 1, 9, 1, 1, 1, 1, 1, 1], (2, 1)), 30)[0].round(1).tolist()
    [1.0, 1.0, 1.0, 1.0, 8.8, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if days == 0:
        return flows
    days_of_month = np.tile(DAYS, len(flows))
    ends = np.concatenate([[0.0], np.cumsum(days_of_month)])
    volume_of_month = flows.ravel() * days_of_month
    volume_at_ends = np.concatenate([[0.0], np.cumsum(volume_of_month)])
    from scipy.interpolate import PchipInterpolator  # a fifth of a second, and most scenarios shift no day

    volume_at = PchipInterpolator(ends, volume_at_ends)
    shifted = volume_at(np.minimum(ends + days, ends[-1]))
    return np.asarray(np.diff(shifted) / days_of_month).reshape(flows.shape)
