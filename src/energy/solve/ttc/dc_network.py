"""DC network of inputs as arrays: possible flows, injections and ratings in every snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from energy.case.schema import port_efficiencies
from energy.model import Inputs
from energy.model.accounts import SCHEDULE
from energy.model.custom_constraints import positions
from energy.model.impedance import effective_impedance

WATER = "water"
SHEDDING = ("unserved", "load shedding", "load_shedding", "load")
BRANCHES = ("lines", "transformers")
BRIDGE = 1e-6  # a line that carries all but this share of a transfer between its own ends has no way around it


@dataclass(frozen=True)
class Column:
    """One flow: a component, and for links whether it runs from bus0 to bus1 (+1) or back (−1)."""

    component: str
    name: str
    direction: int = 1


@dataclass(frozen=True)
class BusEntry:
    """What a column gives to a bus, per MW or hm³/h of the column: a number, or one a snapshot."""

    column: int
    bus: str
    value: float | np.ndarray


class DCNetwork:
    """The electric part of inputs: plants, links, lines and demand in every snapshot; water and stores do not limit.

    A link run backwards is a flow of its own that loses on its way as well, so that no direction creates energy.

    Parameters
    ----------
    found
        Inputs of the model.
    network_only
        Leave out plants and demand: the lines and links alone.

    Attributes
    ----------
    buses
        Electric buses: all whose carrier is neither ``water`` nor ``schedule``. Capacity is that of network and plants,
        whoever sells: schedules and accounts do not limit it.
    columns
        Flows: generators, stores, links, lines, in this order.
    lower, upper
        Bounds of the flows [MW; hm³/h for turbines]; shape (snapshots, columns).
    demand
        Demand at the buses [MW]; shape (snapshots, buses).
    """

    def __init__(self, found: Inputs, network_only: bool = False) -> None:
        carrier = found.components["buses"]["carrier"]
        self.found = found
        self.buses = [str(bus) for bus in carrier.index[~carrier.isin([WATER, SCHEDULE])]]
        self._schedules = set(carrier.index[carrier == SCHEDULE])
        self.columns: list[Column] = []
        self.entries: list[BusEntry] = []
        self._bounds: list[tuple[np.ndarray, np.ndarray]] = []
        if not network_only:
            self._generators()
            self._stores()
        self._links(network_only)
        self._lines()
        steps = len(found.axis.snapshots)
        self.lower = np.column_stack([low for low, _ in self._bounds]) if self._bounds else np.zeros((steps, 0))
        self.upper = np.column_stack([high for _, high in self._bounds]) if self._bounds else np.zeros((steps, 0))
        self.demand = np.zeros((steps, len(self.buses))) if network_only else self._demand()

    def _add(self, column: Column, low: np.ndarray, high: np.ndarray, gives: Mapping[str, float | np.ndarray]) -> None:
        at = len(self.columns)
        self.columns.append(column)
        self._bounds.append((np.minimum(low, high), high))
        self.entries += [BusEntry(at, bus, value) for bus, value in gives.items() if bus in self._known]

    @cached_property
    def _known(self) -> set[str]:
        return set(self.buses)

    def _limits(self, component: str, nominal: str = "p_nom") -> tuple[pd.DataFrame, pd.DataFrame]:
        size = self.found.components[component][nominal].to_numpy(float)
        low = self.found.values(component, nominal[0] + "_min_pu") * size
        return low.fillna(0.0), (self.found.values(component, nominal[0] + "_max_pu") * size).fillna(0.0)

    def _generators(self) -> None:
        table = self.found.components.get("generators", pd.DataFrame())
        if table.empty:
            return
        low, high = self._limits("generators", "p_nom")
        for name, row in table.iterrows():
            if row["bus"] in self._known and row["carrier"] not in SHEDDING:
                gives = {str(row["bus"]): float(row["sign"])}
                self._add(Column("generators", str(name)), low[name].to_numpy(), high[name].to_numpy(), gives)

    def _stores(self) -> None:
        table = self.found.components.get("stores", pd.DataFrame())
        for name, row in table.iterrows():
            if row["bus"] in self._known:  # as much as fills or empties it within an hour
                size = np.full(len(self.found.axis.snapshots), float(row["e_nom"]))
                self._add(Column("stores", str(name)), -size, size, {str(row["bus"]): 1.0})
        units = self.found.components.get("storage_units", pd.DataFrame())
        low, high = self._limits("storage_units") if len(units) else (units, units)
        for name, row in units.iterrows():
            if row["bus"] in self._known:
                gives = {str(row["bus"]): float(row["sign"])}
                self._add(Column("storage_units", str(name)), low[name].to_numpy(), high[name].to_numpy(), gives)

    def _links(self, network_only: bool) -> None:
        table = self.found.components.get("links", pd.DataFrame())
        if table.empty:
            return
        low, high = self._limits("links", "p_nom")
        ports = port_efficiencies(table.columns)
        efficiency = {bus_of: self.found.values("links", attribute) for bus_of, attribute in ports.items()}
        for name, row in table.iterrows():
            gives: dict[str, float | np.ndarray] = {str(row["bus0"]): -1.0}
            for bus_of in (port for port in ports if row[port] and row[port] not in self._schedules):
                bus = str(row[bus_of])
                gives[bus] = _constant(gives.get(bus, 0.0) + efficiency[bus_of][name].to_numpy())
            electric = [bus for bus in gives if bus in self._known]
            if not electric or (network_only and len(electric) < len(gives)):
                continue
            bottom, top = low[name].to_numpy(), high[name].to_numpy()
            self._add(Column("links", str(name)), np.maximum(bottom, 0.0), np.maximum(top, 0.0), gives)
            if (bottom < 0).any() and len(gives) == 2:
                back = {str(row["bus1"]): -1.0, str(row["bus0"]): np.minimum(gives[str(row["bus1"])], 1.0)}
                self._add(Column("links", str(name), -1), np.maximum(-top, 0.0), np.maximum(-bottom, 0.0), back)

    def _lines(self) -> None:
        for component in BRANCHES:
            table = self.found.components.get(component, pd.DataFrame())
            if table.empty:
                continue
            rating = self.found.values(component, "s_max_pu") * table["s_nom"].to_numpy(float)
            for name, row in table.iterrows():
                top = rating[name].to_numpy()
                self._add(Column(component, str(name)), -top, top, {str(row["bus0"]): -1.0, str(row["bus1"]): 1.0})

    def _demand(self) -> np.ndarray:
        total = pd.DataFrame(0.0, index=self.found.axis.snapshots, columns=self.buses)
        loads = self.found.components.get("loads", pd.DataFrame())
        if len(loads):
            power = self.found.values("loads", "p_set")
            for name, row in loads.iterrows():
                if row["bus"] in self._known:
                    total[row["bus"]] -= power[name] * float(row["sign"])
        return total.to_numpy()

    @cached_property
    def at(self) -> dict[Column, int]:
        """Position of each flow."""
        return {column: at for at, column in enumerate(self.columns)}

    @cached_property
    def lines(self) -> np.ndarray:
        """Positions of the lines among the flows, the transformers after them."""
        return np.array([at for at, c in enumerate(self.columns) if c.component in BRANCHES], dtype=int)

    @cached_property
    def reactance(self) -> np.ndarray:
        """Series reactance of the lines (of DC lines the resistance), per unit of an arbitrary base; shape (lines,)."""
        value = effective_impedance(self.found)
        return np.asarray(value / value.mean()) if len(value) else value

    @cached_property
    def incidence(self) -> np.ndarray:
        """Buses × lines: +1 where a line begins, −1 where it ends."""
        matrix = np.zeros((len(self.buses), len(self.lines)))
        number = {bus: at for at, bus in enumerate(self.buses)}
        tables = [self.found.components[name] for name in BRANCHES if name in self.found.components]
        ends = (
            pd.concat([table[["bus0", "bus1"]] for table in tables])
            if tables
            else pd.DataFrame(columns=["bus0", "bus1"])
        )
        for at, (begin, end) in enumerate(zip(ends["bus0"], ends["bus1"], strict=True)):
            matrix[number[begin], at] += 1
            matrix[number[end], at] -= 1
        return matrix

    def in_service(self, step: int) -> tuple[bool, ...]:
        """Tell which lines can carry anything in a snapshot."""
        return tuple(bool(value) for value in self.upper[step, self.lines] > 0)

    @cached_property
    def alike(self) -> np.ndarray:
        """For each snapshot the first one with the same efficiencies and limits; shape (snapshots,)."""
        steps = len(self.lower)
        varying = [e.value for e in self.entries if isinstance(e.value, np.ndarray)]
        held = [[float(step in at) for step in range(steps)] for _, at, _, _, _ in self._rules]
        parts = np.column_stack([np.zeros(steps), *varying, *held])
        _, first, inverse = np.unique(parts, axis=0, return_index=True, return_inverse=True)
        return np.asarray(first[inverse.ravel()])

    @cached_property
    def yields(self) -> np.ndarray:
        """Most that a unit of each flow gives to a bus: 1 but for turbines, MWh/hm³; shape (columns,)."""
        most = np.ones(len(self.columns))
        for entry in self.entries:
            most[entry.column] = max(most[entry.column], float(np.mean(entry.value)))
        return most

    def limits(self, step: int) -> list[tuple[str, dict[int, float], float, float]]:
        """Return the case's linear limits that hold in a snapshot: name, flow → coefficient, at least, at most [MW]."""
        rows = []
        for name, at, terms, low, high in self._rules:
            if step in at and terms:
                rows.append((name, terms, low, high))
        return rows

    @cached_property
    def _rules(self) -> list[tuple[str, set[int], dict[int, float], float, float]]:
        found = []
        for rule in self.found.rules:
            if rule["kind"] == "limit" and rule.get("equals") is None:
                terms: dict[int, float] = {}
                for term in rule["terms"]:
                    for name in term["names"]:
                        for direction in (1, -1):
                            at = self.at.get(Column(term["component"], name, direction))
                            if at is not None:
                                terms[at] = direction * float(term["coefficient"])
                low, high = rule.get("at_least", -np.inf), rule.get("at_most", np.inf)
                found.append((str(rule["name"]), set(positions(rule["runs"]).tolist()), terms, low, high))
        return found

    def balance(self, step: int) -> sparse.coo_matrix:
        """Return what each flow gives to each bus in a snapshot; shape (buses, columns)."""
        number = {bus: at for at, bus in enumerate(self.buses)}
        value = [e.value if isinstance(e.value, float) else float(e.value[step]) for e in self.entries]
        rows, cols = [number[e.bus] for e in self.entries], [e.column for e in self.entries]
        return sparse.coo_matrix((value, (rows, cols)), shape=(len(self.buses), len(self.columns)))


def _constant(values: np.ndarray) -> float | np.ndarray:
    return float(values[0]) if (values == values[0]).all() else values


def outage_factors(incidence: np.ndarray, reactance: np.ndarray, up: Sequence[bool]) -> np.ndarray:
    """Return what share of a lost line's flow each other line takes over (LODF).

    With H the flows that unit injections cause (PTDF) and h the flow on line l for a transfer between the ends of
    line k, LODF_lk = h_lk / (1 − h_kk); Wood, Wollenberg and Sheblé, *Power Generation, Operation and Control*, 3rd
    edition, 2013, section 7.

    Parameters
    ----------
    incidence
        +1 where a line begins, −1 where it ends; shape (buses, lines).
    reactance
        Reactance of the lines, per unit; shape (lines,).
    up
        Lines in service.

    Returns
    -------
    numpy.ndarray
        Shape (lines, lines), lost line in the column, −1 on the diagonal; a column of NaN where the loss splits the
        grid, and for lines that are out.

    Examples
    --------
    >>> triangle = np.array([[1.0, 1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, -1.0, -1.0]])
    >>> outage_factors(triangle, np.ones(3), [True] * 3).round(6).tolist()[1]
    [1.0, -1.0, 1.0]
    """
    weight = np.where(up, 1 / reactance, 0.0) if len(reactance) else np.zeros(0)
    weighted = weight[:, None] * incidence.T
    between = weighted @ np.linalg.pinv(incidence @ weighted) @ incidence
    own = np.diag(between)
    factors = np.full(between.shape, np.nan)
    meshed = np.array(up, dtype=bool) & (own < 1 - BRIDGE)
    factors[:, meshed] = between[:, meshed] / (1 - own[meshed])
    factors[meshed, meshed] = -1.0
    return factors
