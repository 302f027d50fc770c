"""Metrics of one scenario that sweeps keep: a few numbers always, series on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError, nearest
from energy.metrics import sent, transferable
from energy.model.objective import UNSERVED
from energy.solve import Result

MONTHS = tuple(range(1, 13))
METRICS: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "delivered": ((), "GWh", "energy that the links under study deliver at their far end"),
    "delivered_by_month": (("month",), "GWh", "the same by calendar month, UTC"),
    "sent": ((), "GWh", "energy that the links under study take at their near end"),
    "peak": ((), "MW", "highest power delivered in a snapshot"),
    "unserved": ((), "GWh", "demand that is not met, all countries"),
    "objective": ((), "USD", "value of the objective"),
}
"""Name → (dimensions, unit, meaning) of what is kept of every point."""

SERIES = ("transferable", "links.p0", "lines.p0", "generators.p", "stores.e", "buses.marginal_price")
"""What can be had besides, as the mean of each day of the horizon."""


@dataclass(frozen=True)
class Metrics:
    """A measure, as ``energy.analysis.parallel`` wants it: the metrics, and the series that are asked for.

    Attributes
    ----------
    series
        Names out of ``SERIES``, the components' ones followed by ``:name`` of a component.

    Examples
    --------
    >>> Metrics(("stores.e:reservoir",)).shapes(365)["stores.e:reservoir"]
    (('day',), 'MWh or hm3', 'stores.e of reservoir, mean of the day')
    """

    series: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.series:
            kind, _, component = name.partition(":")
            if kind not in SERIES or (kind == SERIES[0]) == bool(component):
                allowed = ", ".join(s if s == SERIES[0] else f"{s}:<name>" for s in SERIES)
                raise InputError(Fault(f"no series {name!r}", None, allowed=allowed, repair=nearest(kind, SERIES)))

    def shapes(self, days: int) -> dict[str, tuple[tuple[str, ...], str, str]]:
        """Return name → (dimensions, unit, meaning) of all that is kept."""
        found = dict(METRICS)
        for name in self.series if days else ():
            kind, _, component = name.partition(":")
            unit = {"stores.e": "MWh or hm3", "buses.marginal_price": "USD/MWh or USD/hm3"}.get(kind, "MW or hm3/h")
            what = f"{kind} of {component}" if component else "power delivered at the far end"
            found[name] = (("day",), unit, f"{what}, mean of the day")
        return found

    def __call__(self, result: Result) -> dict[str, Any]:
        """Measure a result."""
        power, weights = transferable(result).to_numpy(float), result.hours
        month = result.inputs.axis.snapshots.month.to_numpy()
        energy = power * weights / 1000
        found: dict[str, Any] = {
            "delivered": energy.sum(),
            "delivered_by_month": np.array([energy[month == each].sum() for each in MONTHS]),
            "sent": float((sent(result).to_numpy(float) * weights).sum()) / 1000,
            "peak": power.max(initial=0.0),
            "unserved": _unserved(result),
            "objective": result.objective,
        }
        return found | {name: self._day_means(result, name) for name in self.series}

    def _day_means(self, result: Result, name: str) -> np.ndarray:
        kind, _, component = name.partition(":")
        axis = result.inputs.axis
        values = _series(result, kind, component)
        instants, block, end = axis.calendar
        midnight = instants[0].floor("D")
        days = (instants - midnight) // pd.Timedelta(days=1)
        length = -int((midnight - end) // pd.Timedelta(days=1))
        hours = np.bincount(days, minlength=length)
        sums = np.bincount(days, weights=values[block], minlength=length)
        return np.asarray(np.divide(sums, hours, out=np.full(length, np.nan), where=hours > 0))


def _series(result: Result, kind: str, component: str) -> np.ndarray:
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
        known = list(map(str, table.columns))
        raise InputError(Fault(f"no {table_name} {component!r} in service", None, repair=nearest(component, known)))
    return table[component].to_numpy(float)


def _unserved(result: Result) -> float:
    generators = result.inputs.components.get("generators", pd.DataFrame())
    if generators.empty:
        return 0.0
    short = (generators["carrier"] == UNSERVED).to_numpy()
    return float((result.flow("generators").to_numpy(float)[:, short].sum(axis=1) * result.hours).sum()) / 1000
