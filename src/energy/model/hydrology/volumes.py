"""Seasonal volumes of rivers in synthetic water years, for many draws at once, without solving."""

from __future__ import annotations

import math

import numpy as np

from energy.model.hydrology.statistics import DAYS, SUMMER, WINTER, WaterStatistics, law
from energy.model.random_stream import exponential, normal_stream

_A_YEAR = 16
_BLOCKS = 5  # of a trace of two calendar years, as water_years.draw_years has it


def draw_volumes(
    statistics: WaterStatistics, seed: int, draws: np.ndarray, dependence: float | None = None
) -> np.ndarray:
    """Return the water that each river brings from April to September and from October to March after it [hm³].

    The water of ``water_years.draw_years`` for a horizon that starts on 1 April, without a change of climate.

    Parameters
    ----------
    statistics
        Rivers of the case.
    seed, draws
        Family of draws and numbers in it.
    dependence
        Of the main rivers; None: the case's.

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
    asked = statistics.dependence if dependence is None else dependence
    common = _numbers(["all rivers", seed], draws)
    found = []
    for river in statistics.rivers:
        known = law(river, statistics.path)
        shared = river.weight * math.sqrt(asked / known.fresh)
        fresh = shared * common + math.sqrt(1 - shared**2) * _numbers(["river", river.name, seed], draws)
        summer, winter = fresh[:, 0, 0], np.zeros(len(draws))
        flows = {}
        for h in (1, 2):  # the hydrological years that the first calendar year and its next winter lie in
            winter = known.carry * summer + math.sqrt(1 - known.carry**2) * fresh[:, h, 1]
            summer = known.back * winter + math.sqrt(1 - known.back**2) * fresh[:, h, 0]
            for months, half, share in ((WINTER, winter, known.winter), (SUMMER, summer, known.summer)):
                for month in months:
                    normal = share * half + math.sqrt(1 - share**2) * fresh[:, h, 2 + month]
                    spread = known.spread[month]
                    flows[h, month] = river.mean[month] * exponential(spread * normal - spread * spread / 2)
        volume = {at: flow * DAYS[at[1]] * 0.0864 for at, flow in flows.items()}
        found.append(np.stack([sum(volume[1, m] for m in SUMMER), sum(volume[2, m] for m in WINTER)], axis=1))
    return np.stack(found, axis=1)


def _numbers(key: list[str | int], draws: np.ndarray) -> np.ndarray:
    return np.stack(
        [normal_stream([*key, int(draw)], _BLOCKS * _A_YEAR).reshape(_BLOCKS, _A_YEAR)[:3] for draw in draws]
    )
