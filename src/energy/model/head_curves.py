"""Head curves: energy per hm³ (specific energy) by the level of the reservoir."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.model.axis import Axis

WATER_DENSITY = 1000.0  # kg/m³
GRAVITY = 9.81  # m/s²


@dataclass(frozen=True)
class HeadCurve:
    """The efficiency of turbines by the content of the store above them, linear between points.

    Attributes
    ----------
    store
        Store whose content counts.
    links
        Turbines that the curve holds for.
    levels
        Contents of the store [hm³], rising.
    efficiencies
        MWh/hm³ at these contents.
    """

    store: str
    links: tuple[str, ...]
    levels: tuple[float, ...]
    efficiencies: tuple[float, ...]

    def at(self, content: np.ndarray) -> np.ndarray:
        """Return the efficiency [MWh/hm³] at contents [hm³]; beyond the ends that of the end."""
        return np.asarray(np.interp(content, self.levels, self.efficiencies))


def specific_energy(head: float, efficiency: float) -> float:
    """Return the energy that an hm³ makes [MWh/hm³], by the power equation P = ρ·g·Q·H·η.

    Parameters
    ----------
    head
        Net head H [m].
    efficiency
        Of turbine and generator η, 0 to 1.

    Examples
    --------
    >>> round(specific_energy(100, 0.9) * 100 * 0.0036, 2)  # MW of 100 m³/s, which are 0.36 hm³/h
    88.29
    """
    joules_of_a_cubic_metre = WATER_DENSITY * GRAVITY * head * efficiency
    return joules_of_a_cubic_metre * 1e6 / 3.6e9


def head_curves(case: Case, components: Mapping[str, pd.DataFrame]) -> tuple[HeadCurve, ...]:
    """Return the curves in ``profiles/head.csv`` of the turbines in service."""
    table, links = case.profiles.get("head"), components.get("links", pd.DataFrame())
    stores = components.get("stores", pd.DataFrame()).index
    if table is None:
        return ()
    found = []
    for key, rows in table.reset_index().groupby(["link", "store"], sort=False):
        pattern, store = (str(part) for part in key)
        names = tuple(name for name in case.names("links", pattern) if name in links.index)
        if names and store in stores:
            levels, efficiencies = (tuple(rows[column].astype(float)) for column in ("level", "efficiency"))
            found.append(HeadCurve(store, names, levels, efficiencies))
    return tuple(found)


def mean_content(axis: Axis, content: np.ndarray, start: float) -> np.ndarray:
    """Return the content of a store that counts for the head in each snapshot [hm³]; shape (snapshots,).

    The mean of the contents before and after the snapshot; on an axis of typical days that of the contents before and
    after the day, for the snapshots of a day stand for hours of many days and not for one after another.

    Parameters
    ----------
    axis
        Snapshots of the content.
    content
        At the end of each snapshot [hm³]; shape (snapshots,).
    start
        At the start of the horizon [hm³].
    """
    if not axis.day_length:
        return np.asarray((np.concatenate([[start], content[:-1]]) + content) / 2)
    ends = content[axis.last_of_day]
    means = (np.concatenate([[start], ends[:-1]]) + ends) / 2
    return np.asarray(np.repeat(means, axis.day_length))
