"""Elastic bound: one-sided bounds of one origin, by how much they may yield and at what cost; their units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy.model import Inputs
from energy.model.profiles import HM3_AN_HOUR

LAST_RESORT = 1e3  # weight of demand and inflow, which yield only where no rule, event or must-run output can


@dataclass(frozen=True)
class ReportUnit:
    """Unit in reports, and the factor from the program's unit to it."""

    name: str
    factor: float = 1.0


FLOW_OF_WATER = ReportUnit("m3/s", 1 / HM3_AN_HOUR)
POWER = ReportUnit("MW")


@dataclass(frozen=True)
class ElasticBound:
    """One-sided bounds of one origin.

    Attributes
    ----------
    name
        Origin of the bounds, as ``rule nurek_end`` or ``event pole 1 out``.
    said
        Demand in words: ``at least``, ``at most``, ``starts with``, ``demand``.
    unit
        Unit in reports.
    at
        Rows of the program, or its columns where ``of_columns``; shape (bounds,).
    of_columns
        Whether the bounds are those of columns.
    sign
        1 for lower bounds, -1 for upper ones.
    bound
        Value demanded, in the program's unit; shape (bounds,).
    most
        By how much each may yield at most, in the program's unit; shape (bounds,).
    hours
        Weight of each within its origin [h]; shape (bounds,).
    snapshots
        Position of the snapshot of each bound, -1 where it belongs to none; shape (bounds,).
    factor
        From the program's unit to the reported one; negative where the program has the opposite sign.
    weight
        Weight of the origin against others.
    """

    name: str
    said: str
    unit: str
    at: np.ndarray
    of_columns: bool
    sign: int
    bound: np.ndarray
    most: np.ndarray
    hours: np.ndarray
    snapshots: np.ndarray
    factor: float = 1.0
    weight: float = 1.0

    @property
    def scale(self) -> float:
        """Size against which a violation is measured, in the program's unit: the demand, or the room to yield."""
        finite = self.most[np.isfinite(self.most)]
        demand = np.abs(self.bound).max(initial=0.0)
        room = finite.max(initial=0.0)
        return float(max(demand, room)) or 1.0

    @property
    def cost(self) -> np.ndarray:
        """Cost of yielding by one unit: the share of the demand given up, averaged over its hours; shape (bounds,)."""
        share = self.weight * self.hours / (self.hours.sum() * self.scale)
        return np.asarray(share)


def column_bound(
    inputs: Inputs,
    columns: np.ndarray,
    chosen: np.ndarray,
    *,
    name: str,
    said: str,
    unit: ReportUnit,
    sign: int,
    bound: np.ndarray,
    most: np.ndarray,
) -> ElasticBound:
    """Return the elastic bound of the columns of one component at chosen snapshots.

    Parameters
    ----------
    columns
        Columns of the component; shape (snapshots,).
    chosen
        Positions of snapshots; shape (bounds,).
    name, said, unit, sign, bound, most
        As in `ElasticBound`.
    """
    return ElasticBound(
        name=name,
        said=said,
        unit=unit.name,
        at=columns[chosen],
        of_columns=True,
        sign=sign,
        bound=bound,
        most=most,
        hours=inputs.axis.weights[chosen],
        snapshots=chosen,
        factor=unit.factor,
    )


def content_unit(inputs: Inputs, store: str) -> str:
    """Return the unit of the content of a store."""
    bus = inputs.components["stores"].at[store, "bus"]
    return "hm3" if _is_water(inputs, bus) else "MWh"


def flow_unit(
    inputs: Inputs,
    component: str,
    name: str,
) -> ReportUnit:
    """Return the unit of the flow of a component, by its first bus."""
    column = "bus" if component in ("generators", "loads") else "bus0"
    bus = inputs.components[component].at[name, column]
    return FLOW_OF_WATER if _is_water(inputs, bus) else POWER


def _is_water(inputs: Inputs, bus: object) -> bool:
    carrier = inputs.components["buses"].at[bus, "carrier"]
    return bool(carrier == "water")
