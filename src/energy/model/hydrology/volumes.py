"""Seasonal volumes of rivers in synthetic water years, for many draws at once, without solving."""

from __future__ import annotations

import math

import numpy as np

from energy.model.hydrology.flow_law import FlowLaw, flow_law
from energy.model.hydrology.statistics import DAYS, SUMMER, WINTER, River, WaterStatistics
from energy.model.random_stream import exponential, normal_stream

_NUMBERS_A_YEAR = 16
_HYDROLOGICAL_YEARS = 5  # of a trace of two calendar years, as ``draw_years`` has it
_HM3_A_DAY = 0.0864  # hm³/d of one m³/s


def draw_volumes(
    statistics: WaterStatistics,
    seed: int,
    draws: np.ndarray,
    dependence: float | None = None,
) -> np.ndarray:
    """Return the volume that each river brings from April to September and from October to March after it [hm³].

    The water of ``energy.model.hydrology.years.draw_years`` for a horizon that starts on 1 April, without a change of
    climate.

    Parameters
    ----------
    statistics
        Rivers of the case.
    seed, draws
        Family of draws and numbers in it.
    dependence
        Correlation of the yearly volumes of two rivers of weight 1; None: the case's.

    Returns
    -------
    numpy.ndarray
        Shape (draws, rivers, 2).

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model.hydrology.statistics import water_statistics
    >>> river = water_statistics(read_case("networks/two_bus").profiles["water_statistics"])
    >>> draw_volumes(river, 1, np.arange(3)).shape
    (3, 1, 2)
    """
    if dependence is None:
        dependence = statistics.dependence
    common = _normal_numbers(["all rivers", seed], draws)
    volumes = []
    for river in statistics.rivers:
        law = flow_law(river, statistics.path)
        own = _normal_numbers(["river", river.name, seed], draws)
        shared = river.weight * math.sqrt(dependence / law.own_share)
        remainder = math.sqrt(1 - shared**2)
        normal = shared * common + remainder * own
        volumes.append(_seasonal_volumes(river, law, normal))
    return np.stack(volumes, axis=1)


def _seasonal_volumes(
    river: River,
    law: FlowLaw,
    normal: np.ndarray,
) -> np.ndarray:
    """Return the volumes of a river [hm³]; shape (draws, 2): the summer, and the winter after it.

    Parameters
    ----------
    river, law
        Statistics of the river, and the law of its flows.
    normal
        Independent standard normal numbers; shape (draws, hydrological years, numbers of a year). The first year gives
        its summer only, the second the summer, the third the winter after it.
    """
    summer_before = normal[:, 0, 0]
    _, summer = _half_years(law, summer_before, normal[:, 1])
    next_winter, _ = _half_years(law, summer, normal[:, 2])
    summer_volume = np.zeros(len(normal))
    for month in SUMMER:
        summer_volume += _month_volume(
            river,
            law,
            month=month,
            half_year=summer,
            normal=normal[:, 1],
        )
    winter_volume = np.zeros(len(normal))
    for month in WINTER:
        winter_volume += _month_volume(
            river,
            law,
            month=month,
            half_year=next_winter,
            normal=normal[:, 2],
        )
    return np.stack([summer_volume, winter_volume], axis=1)


def _half_years(
    law: FlowLaw,
    summer_before: np.ndarray,
    normal: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal variables of a winter and of the summer that follows it; shape (draws,)."""
    new_in_winter = math.sqrt(1 - law.summer_to_winter**2) * normal[:, 1]
    new_in_summer = math.sqrt(1 - law.winter_to_summer**2) * normal[:, 0]
    winter = law.summer_to_winter * summer_before + new_in_winter
    summer = law.winter_to_summer * winter + new_in_summer
    return winter, summer


def _month_volume(
    river: River,
    law: FlowLaw,
    month: int,
    half_year: np.ndarray,
    normal: np.ndarray,
) -> np.ndarray:
    """Return the volume of one month [hm³]; shape (draws,).

    Parameters
    ----------
    month
        Counted from January = 0.
    half_year
        Normal variable of the half-year that the month lies in; shape (draws,).
    normal
        Normal numbers of the hydrological year; shape (draws, numbers of a year).
    """
    share = law.summer if month in SUMMER else law.winter
    own = normal[:, 2 + month]
    remainder = math.sqrt(1 - share**2)
    variable = share * half_year + remainder * own
    spread = law.spread[month]
    flow = river.mean[month] * exponential(spread * variable - spread * spread / 2)
    return np.asarray(flow * DAYS[month] * _HM3_A_DAY)


def _normal_numbers(
    key: list[str | int],
    draws: np.ndarray,
) -> np.ndarray:
    """Return the numbers of the first three hydrological years; shape (draws, 3, numbers of a year)."""
    shape = (_HYDROLOGICAL_YEARS, _NUMBERS_A_YEAR)
    streams = []
    for draw in draws:
        numbers = normal_stream([*key, int(draw)], math.prod(shape))
        streams.append(numbers.reshape(shape)[:3])
    return np.stack(streams)
