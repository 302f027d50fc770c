"""Metrics of one scenario that sweeps keep: a few numbers always, series on request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError, nearest
from energy.metrics import sent, transferable
from energy.model.objective import UNSERVED
from energy.solve import Result

MONTHS = tuple(range(1, 13))
METRICS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "delivered": ((), "GWh", "energy that the links under study deliver at their far end"),
    "delivered_by_month": (("month",), "GWh", "the same by calendar month, UTC"),
    "sent": ((), "GWh", "energy that the links under study take at their near end"),
    "peak": ((), "MW", "highest power delivered in a snapshot"),
    "unserved": ((), "GWh", "demand that is not met, all countries"),
    "objective": ((), "USD", "value of the objective"),
}
"""Name → (dimensions, unit, meaning) of what is kept of every point."""
LOSSES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "lost_to_events": ((), "GWh", "energy lost to the events over the horizon"),
    "lost_during_events": ((), "GWh", "energy lost in the days of the events"),
}
"""The same for what events take, against the scenario without them (``energy.analysis.sweep.undisturbed``).

The second less the first is what reservoirs save for other days.
"""
DAYS = "days"

SERIES = (
    "transferable",
    "links.p0",
    "lines.p0",
    "generators.p",
    "stores.e",
    "buses.marginal_price",
)
"""What can be had besides, as the mean of each day of the horizon."""
SERIES_UNITS = {"stores.e": "MWh or hm3", "buses.marginal_price": "USD/MWh or USD/hm3"}


@dataclass(frozen=True)
class Metrics:
    """A measure, as ``energy.analysis.parallel`` wants it: the metrics, and the series that are asked for.

    Attributes
    ----------
    series
        Names out of ``SERIES``, the components' ones followed by ``:name`` of a component.
    days
        Whether the energy of each day is measured too, as ``days``, from which ``losses`` are reckoned.

    Examples
    --------
    >>> Metrics(("stores.e:reservoir",)).shapes(365)["stores.e:reservoir"]
    (('day',), 'MWh or hm3', 'stores.e of reservoir, mean of the day')
    """

    series: tuple[str, ...] = ()
    days: bool = False

    def __post_init__(self) -> None:
        for name in self.series:
            kind, _, component = name.partition(":")
            needs_component = kind != SERIES[0]
            if kind in SERIES and needs_component == bool(component):
                continue
            of_components = [f"{series}:<name>" for series in SERIES[1:]]
            allowed = ", ".join([SERIES[0], *of_components])
            raise InputError(Fault(f"no series {name!r}", allowed=allowed, repair=nearest(kind, SERIES)))

    def shapes(self, days: int) -> dict[str, tuple[tuple[str, ...], str, str]]:
        """Return name → (dimensions, unit, meaning) of all that is kept."""
        shapes = dict(METRICS)
        if self.days:
            shapes |= LOSSES
        if not days:
            return shapes
        for name in self.series:
            kind, _, component = name.partition(":")
            unit = SERIES_UNITS.get(kind, "MW or hm3/h")
            what = f"{kind} of {component}" if component else "power delivered at the far end"
            shapes[name] = (("day",), unit, f"{what}, mean of the day")
        return shapes

    def __call__(self, result: Result) -> dict[str, Any]:
        """Measure a result."""
        power = transferable(result).to_numpy(float)
        energy = power * result.hours / 1000
        energy_sent = sent(result).to_numpy(float) * result.hours
        month_of_snapshot = result.inputs.axis.snapshots.month.to_numpy()
        by_month = [energy[month_of_snapshot == month].sum() for month in MONTHS]
        metrics: dict[str, Any] = {
            "delivered": energy.sum(),
            "delivered_by_month": np.array(by_month),
            "sent": float(energy_sent.sum()) / 1000,
            "peak": power.max(initial=0.0),
            "unserved": _unserved(result),
            "objective": result.objective,
        }
        for name in self.series:
            metrics[name] = self._day_means(result, name)
        if self.days:
            metrics[DAYS] = energy_by_day(result)
        return metrics

    def _day_means(self, result: Result, name: str) -> np.ndarray:
        """Return the mean of a series in each day of the horizon; NaN on a day without a step."""
        kind, _, component = name.partition(":")
        values = _series(result, kind, component)
        day, block, length = _days(result)
        hours = np.bincount(day, minlength=length)
        sums = np.bincount(day, weights=values[block], minlength=length)
        unknown = np.full(length, np.nan)
        return np.asarray(np.divide(sums, hours, out=unknown, where=hours > 0))


def energy_by_day(result: Result) -> np.ndarray:
    """Return the energy that the links under study deliver in each day of the horizon [GWh]; shape (days,).

    The energy of a snapshot is laid evenly over the hours that it stands for, so that the days sum to what is
    delivered.
    """
    energy = transferable(result).to_numpy(float) * result.hours / 1000
    day, block, length = _days(result)
    steps_of_snapshot = np.bincount(block, minlength=len(energy))
    energy_of_step = energy / np.maximum(steps_of_snapshot, 1)
    return np.bincount(day, weights=energy_of_step[block], minlength=length)


def _days(result: Result) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the day and the snapshot of each step of the calendar; shape (steps,); and the number of days."""
    instants, block, end = result.inputs.axis.calendar
    midnight = instants[0].floor("D")
    day = (instants - midnight) // pd.Timedelta(days=1)
    length = -int((midnight - end) // pd.Timedelta(days=1))
    return np.asarray(day), block, length


def _series(result: Result, kind: str, component: str) -> np.ndarray:
    """Return a series of the snapshots; shape (snapshots,)."""
    if kind == "transferable":
        return transferable(result).to_numpy(float)
    table_name, _, quantity = kind.partition(".")
    if table_name == "buses":
        table = result.prices
    elif quantity == "e":
        table = result.values.get((table_name, "e"), pd.DataFrame())
    else:
        table = result.flow(table_name)
    if component not in table:
        in_service = list(map(str, table.columns))
        what = f"no {table_name} {component!r} in service"
        raise InputError(Fault(what, repair=nearest(component, in_service)))
    return table[component].to_numpy(float)


def _unserved(result: Result) -> float:
    """Return the demand that is not met [GWh]."""
    generators = result.inputs.components.get("generators", pd.DataFrame())
    if generators.empty:
        return 0.0
    is_unserved = (generators["carrier"] == UNSERVED).to_numpy()
    by_generator = result.flow("generators").to_numpy(float)
    power = by_generator[:, is_unserved].sum(axis=1)
    return float((power * result.hours).sum()) / 1000
