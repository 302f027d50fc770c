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


def nearest_water(case: Case, hours: pd.DatetimeIndex, water: Drawn) -> str:
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
    labels, known = _recorded(case)
    month = hours.month.to_numpy() - 1
    flows = np.column_stack(list(inflow(case, hours, water).values())) / HM3_AN_HOUR
    sums = np.zeros((12, flows.shape[1]))
    np.add.at(sums, month, flows)
    means = sums / np.maximum(np.bincount(month, minlength=12), 1)[:, None]
    seen = np.isin(np.arange(12), month)
    return labels[int(np.abs(known - means)[:, seen].sum(axis=(1, 2)).argmin())]


@lru_cache(maxsize=4)
def _recorded(case: Case) -> tuple[list[str], np.ndarray]:
    """Return the labels that every site has, and their mean flows [m³/s]; shape (labels, 12, sites)."""
    table = case.profiles["inflow"]
    labels = [str(name) for name in table.index.unique("hydrology") if name != OTHER]
    sites = [str(site) for site in table.index.unique("site")]
    found = np.array([[months_of(case, site, name) for site in sites] for name in labels])
    return labels, found.transpose(0, 2, 1)
