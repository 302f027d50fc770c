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
    """Efficiency of turbines by the content of the store above them, linear between points.

    Attributes
    ----------
    store
        Store whose content counts.
    links
        Turbines that the curve holds for.
    levels
        Contents of the store [hm³], rising.
    efficiencies
        Specific energy at these contents [MWh/hm³].
    """

    store: str
    links: tuple[str, ...]
    levels: tuple[float, ...]
    efficiencies: tuple[float, ...]

    def at(self, content: np.ndarray) -> np.ndarray:
        """Return the efficiency [MWh/hm³] at contents [hm³]; beyond the ends that of the end."""
        efficiency = np.interp(content, self.levels, self.efficiencies)
        return np.asarray(efficiency)


def specific_energy(
    head: float,
    efficiency: float,
) -> float:
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


def head_curves(
    case: Case,
    components: Mapping[str, pd.DataFrame],
) -> tuple[HeadCurve, ...]:
    """Return the curves in ``profiles/head.csv`` of the turbines in service."""
    table = case.profiles.get("head")
    if table is None:
        return ()
    links = components.get("links", pd.DataFrame())
    stores = components.get("stores", pd.DataFrame())
    curves = []
    for key, points in table.reset_index().groupby(["link", "store"], sort=False):
        pattern, store = map(str, key)
        names = case.names("links", pattern)
        turbines = tuple(name for name in names if name in links.index)
        if not turbines or store not in stores.index:
            continue
        curve = HeadCurve(
            store=store,
            links=turbines,
            levels=tuple(points["level"].astype(float)),
            efficiencies=tuple(points["efficiency"].astype(float)),
        )
        curves.append(curve)
    return tuple(curves)


def mean_content(
    axis: Axis,
    content: np.ndarray,
    start: float,
) -> np.ndarray:
    """Return the content of a store that counts for the head in each snapshot [hm³]; shape (snapshots,).

    It is the mean of the contents before and after the snapshot. On an axis of typical days it is the mean of the
    contents before and after the day, because the snapshots of such a day stand for hours of many days.

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
        return _mean_of_ends(content, start)
    content_of_days = content[axis.last_of_day]
    means_of_days = _mean_of_ends(content_of_days, start)
    return np.asarray(np.repeat(means_of_days, axis.day_length))


def _mean_of_ends(
    content: np.ndarray,
    start: float,
) -> np.ndarray:
    """Return the mean of the contents at both ends of each period [hm³]; `content` is that at the end of each."""
    before = np.concatenate([[start], content[:-1]])
    return np.asarray((before + content) / 2)
