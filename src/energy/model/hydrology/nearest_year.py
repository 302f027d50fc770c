"""The water year on record nearest to a synthetic one: the warm start of its solve."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.check import OTHER
from energy.model.hydrology.inflow import inflow, months_of
from energy.model.profiles import HM3_AN_HOUR
from energy.scenario.hydrology import Drawn


def nearest_water(
    case: Case,
    hours: pd.DatetimeIndex,
    water: Drawn,
) -> str:
    """Return the label of the case whose mean months differ least from those of a draw, over all sites [m³/s].

    Parameters
    ----------
    case
        What exists.
    hours
        Hours of the horizon, UTC.
    water
        Draw.

    Examples
    --------
    >>> from energy.case import read_case
    >>> year = pd.date_range("2028-04-01", "2029-04-01", freq="h", inclusive="left")
    >>> [nearest_water(read_case("two_bus"), year, Drawn(seed=1, draw=draw)) for draw in (0, 27)]
    ['median', 'dry']
    """
    labels, recorded = _recorded(case)
    month = hours.month.to_numpy() - 1
    flows_by_site = inflow(case, hours, water)
    hm3_an_hour = np.column_stack(list(flows_by_site.values()))
    flows = hm3_an_hour / HM3_AN_HOUR
    drawn = _monthly_means(flows, month)
    is_in_horizon = np.isin(np.arange(12), month)
    differences = np.abs(recorded - drawn)[:, is_in_horizon]
    distances = differences.sum(axis=(1, 2))
    nearest = int(distances.argmin())
    return labels[nearest]


def _monthly_means(
    flows: np.ndarray,
    month: np.ndarray,
) -> np.ndarray:
    """Return the mean flow of each calendar month, 0 for months without an hour; (hours, sites) → (12, sites)."""
    sites = flows.shape[1]
    sums = np.zeros((12, sites))
    np.add.at(sums, month, flows)
    hours_of_month = np.bincount(month, minlength=12)
    divisor = np.maximum(hours_of_month, 1)
    means = sums / divisor[:, None]
    return np.asarray(means)


@lru_cache(maxsize=4)
def _recorded(case: Case) -> tuple[list[str], np.ndarray]:
    """Return the labels that every site has, and their mean flows [m³/s]; shape (labels, 12, sites)."""
    table = case.profiles["inflow"]
    label_index = table.index.unique("hydrology")
    site_index = table.index.unique("site")
    labels = list(map(str, label_index))
    sites = list(map(str, site_index))
    if OTHER in labels:
        labels.remove(OTHER)
    flows = []
    for label in labels:
        flows_of_sites = []
        for site in sites:
            flows_of_site = months_of(case, site, label)
            flows_of_sites.append(flows_of_site)
        flows.append(flows_of_sites)
    by_site = np.array(flows)
    return labels, by_site.transpose(0, 2, 1)
