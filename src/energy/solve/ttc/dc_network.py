"""DC network of inputs as arrays: possible flows, injections and ratings in every snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from energy.case.schema import port_efficiencies
from energy.model import Inputs
from energy.model.accounts import SCHEDULE
from energy.model.impedance import effective_impedance
from energy.model.snapshot_runs import positions

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
class GridLimit:
    """A linear limit of the case's rules on flows.

    Attributes
    ----------
    name
        The rule.
    steps
        Positions of the snapshots in which it holds.
    coefficients
        Flow → coefficient.
    low, high
        At least, at most [MW].
    """

    name: str
    steps: frozenset[int]
    coefficients: Mapping[int, float]
    low: float
    high: float


@dataclass(frozen=True)
class _BusEntry:
    """What a column gives to a bus, per MW or hm³/h of the column: a number, or one a snapshot."""

    column: int
    bus: str
    value: float | np.ndarray


class DCNetwork:
    """The electric part of inputs: plants, links, lines and demand in every snapshot; water and stores do not limit.

    A link run backwards is a flow of its own that loses on its way as well, so that no direction creates energy.

    Parameters
    ----------
    inputs
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

    def __init__(self, inputs: Inputs, network_only: bool = False) -> None:
        carrier = inputs.components["buses"]["carrier"]
        is_schedule = carrier == SCHEDULE
        is_electric = ~is_schedule & (carrier != WATER)
        self.inputs = inputs
        self.buses = [str(bus) for bus in carrier.index[is_electric]]
        self._electric = set(self.buses)
        self._schedules = set(carrier.index[is_schedule])
        self.columns: list[Column] = []
        self.entries: list[_BusEntry] = []
        self._lower: list[np.ndarray] = []
        self._upper: list[np.ndarray] = []
        if not network_only:
            self._generators()
            self._stores()
            self._storage_units()
        self._links(network_only)
        self._branches()
        self.lower = self._bounds(self._lower)
        self.upper = self._bounds(self._upper)
        if network_only:
            self.demand = np.zeros((self._steps, len(self.buses)))
        else:
            self.demand = self._demand()

    @property
    def _steps(self) -> int:
        return len(self.inputs.axis.snapshots)

    def _bounds(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Return bounds of the flows; shape (snapshots, columns)."""
        if not columns:
            return np.zeros((self._steps, 0))
        return np.column_stack(columns)

    def _table(self, component: str) -> pd.DataFrame:
        return self.inputs.components.get(component, pd.DataFrame())

    def _add(
        self,
        column: Column,
        low: np.ndarray,
        high: np.ndarray,
        gives: Mapping[str, float | np.ndarray],
    ) -> None:
        position = len(self.columns)
        self.columns.append(column)
        self._lower.append(np.minimum(low, high))
        self._upper.append(high)
        for bus, value in gives.items():
            if bus in self._electric:
                entry = _BusEntry(position, bus, value)
                self.entries.append(entry)

    def _limits(self, component: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the least and the most that components carry [MW; hm³/h for turbines]."""
        nominal = self.inputs.components[component]["p_nom"].to_numpy(float)
        low = self.inputs.values(component, "p_min_pu") * nominal
        high = self.inputs.values(component, "p_max_pu") * nominal
        return low.fillna(0.0), high.fillna(0.0)

    def _generators(self) -> None:
        table = self._table("generators")
        if table.empty:
            return
        sheds = table["carrier"].isin(SHEDDING)
        self._add_units("generators", table[~sheds])

    def _storage_units(self) -> None:
        table = self._table("storage_units")
        if not table.empty:
            self._add_units("storage_units", table)

    def _add_units(self, component: str, table: pd.DataFrame) -> None:
        """Add units with one bus each and bounds on their output."""
        low, high = self._limits(component)
        for name, unit in table.iterrows():
            bus = str(unit["bus"])
            if bus not in self._electric:
                continue
            column = Column(component, str(name))
            gives = {bus: float(unit["sign"])}
            self._add(
                column,
                low=low[name].to_numpy(),
                high=high[name].to_numpy(),
                gives=gives,
            )

    def _stores(self) -> None:
        """Add the electric stores: at most as much as fills or empties them within an hour."""
        for name, store in self._table("stores").iterrows():
            bus = str(store["bus"])
            if bus not in self._electric:
                continue
            column = Column("stores", str(name))
            size = np.full(self._steps, float(store["e_nom"]))
            self._add(column, low=-size, high=size, gives={bus: 1.0})

    def _links(self, network_only: bool) -> None:
        table = self._table("links")
        if table.empty:
            return
        low, high = self._limits("links")
        for name, link in table.iterrows():
            gives = self._deliveries(link)
            electric = [bus for bus in gives if bus in self._electric]
            is_turbine = len(electric) < len(gives)
            if not electric or (network_only and is_turbine):
                continue
            least = low[name].to_numpy()
            most = high[name].to_numpy()
            self._add(
                Column("links", str(name)),
                low=np.maximum(least, 0.0),
                high=np.maximum(most, 0.0),
                gives=gives,
            )
            runs_back = (least < 0).any() and len(gives) == 2
            if not runs_back:
                continue
            bus0 = str(link["bus0"])
            bus1 = str(link["bus1"])
            efficiency = np.minimum(gives[bus1], 1.0)
            self._add(
                Column("links", str(name), direction=-1),
                low=np.maximum(-most, 0.0),
                high=np.maximum(-least, 0.0),
                gives={bus1: -1.0, bus0: efficiency},
            )

    @cached_property
    def _port_efficiencies(self) -> dict[str, pd.DataFrame]:
        """Efficiencies of the links by the port that they deliver to."""
        ports = port_efficiencies(self._table("links").columns)
        return {port: self.inputs.values("links", attribute) for port, attribute in ports.items()}

    def _deliveries(self, link: pd.Series) -> dict[str, float | np.ndarray]:
        """Return what a link gives to each of its buses, per MW or hm³/h that it takes."""
        gives: dict[str, float | np.ndarray] = {str(link["bus0"]): -1.0}
        for port, efficiencies in self._port_efficiencies.items():
            if not link[port] or link[port] in self._schedules:
                continue
            bus = str(link[port])
            efficiency = efficiencies[link.name].to_numpy()
            gives[bus] = _constant(gives.get(bus, 0.0) + efficiency)
        return gives

    def _branches(self) -> None:
        for component in BRANCHES:
            table = self._table(component)
            if table.empty:
                continue
            nominal = table["s_nom"].to_numpy(float)
            rating = self.inputs.values(component, "s_max_pu") * nominal
            for name, branch in table.iterrows():
                column = Column(component, str(name))
                top = rating[name].to_numpy()
                gives = {str(branch["bus0"]): -1.0, str(branch["bus1"]): 1.0}
                self._add(column, low=-top, high=top, gives=gives)

    def _demand(self) -> np.ndarray:
        demand = pd.DataFrame(0.0, index=self.inputs.axis.snapshots, columns=self.buses)
        loads = self._table("loads")
        if loads.empty:
            return demand.to_numpy()
        power = self.inputs.values("loads", "p_set")
        for name, load in loads.iterrows():
            bus = load["bus"]
            if bus in self._electric:
                demand[bus] -= power[name] * float(load["sign"])
        return demand.to_numpy()

    @cached_property
    def at(self) -> dict[Column, int]:
        """Position of each flow."""
        return {column: position for position, column in enumerate(self.columns)}

    @cached_property
    def lines(self) -> np.ndarray:
        """Positions of the lines among the flows, the transformers after them."""
        is_branch = [column.component in BRANCHES for column in self.columns]
        return np.flatnonzero(is_branch)

    @cached_property
    def reactance(self) -> np.ndarray:
        """Series reactance of the lines (of DC lines the resistance), per unit of an arbitrary base; shape (lines,)."""
        impedance = effective_impedance(self.inputs)
        if not len(impedance):
            return impedance
        return np.asarray(impedance / impedance.mean())

    @cached_property
    def incidence(self) -> np.ndarray:
        """Buses × lines: +1 where a line begins, −1 where it ends."""
        matrix = np.zeros((len(self.buses), len(self.lines)))
        line = 0
        for component in BRANCHES:
            table = self._table(component)
            for _, branch in table.iterrows():
                matrix[self._bus_number[branch["bus0"]], line] += 1
                matrix[self._bus_number[branch["bus1"]], line] -= 1
                line += 1
        return matrix

    @cached_property
    def _bus_number(self) -> dict[str, int]:
        return {bus: number for number, bus in enumerate(self.buses)}

    def in_service(self, step: int) -> tuple[bool, ...]:
        """Tell which lines can carry anything in a snapshot."""
        rating = self.upper[step, self.lines]
        return tuple((rating > 0).tolist())

    @cached_property
    def alike(self) -> np.ndarray:
        """For each snapshot the first one with the same efficiencies and limits; shape (snapshots,)."""
        steps = np.arange(self._steps)
        features = [np.zeros(self._steps)]
        features += [entry.value for entry in self.entries if isinstance(entry.value, np.ndarray)]
        for limit in self._grid_limits:
            holds = np.isin(steps, list(limit.steps))
            features.append(holds.astype(float))
        table = np.column_stack(features)
        _, first, inverse = np.unique(
            table,
            axis=0,
            return_index=True,
            return_inverse=True,
        )
        return np.asarray(first[inverse.ravel()])

    @cached_property
    def yields(self) -> np.ndarray:
        """Most that a unit of each flow gives to a bus: 1 but for turbines, MWh/hm³; shape (columns,)."""
        most = np.ones(len(self.columns))
        for entry in self.entries:
            mean_value = float(np.mean(entry.value))
            most[entry.column] = max(most[entry.column], mean_value)
        return most

    def limits(self, step: int) -> list[GridLimit]:
        """Return the case's linear limits that hold in a snapshot."""
        return [limit for limit in self._grid_limits if step in limit.steps and limit.coefficients]

    @cached_property
    def _grid_limits(self) -> list[GridLimit]:
        limits = []
        for rule in self.inputs.rules:
            if rule["kind"] != "limit" or rule.get("equals") is not None:
                continue
            steps = positions(rule["runs"]).tolist()
            limit = GridLimit(
                name=str(rule["name"]),
                steps=frozenset(steps),
                coefficients=self._coefficients(rule["terms"]),
                low=rule.get("at_least", -np.inf),
                high=rule.get("at_most", np.inf),
            )
            limits.append(limit)
        return limits

    def _coefficients(self, terms: Sequence[Mapping[str, Any]]) -> dict[int, float]:
        """Return the coefficients of a limit's flows; a link run backwards counts with the other sign."""
        coefficients = {}
        for term in terms:
            coefficient = float(term["coefficient"])
            for name in term["names"]:
                for direction in (1, -1):
                    flow = self.at.get(Column(term["component"], name, direction))
                    if flow is not None:
                        coefficients[flow] = direction * coefficient
        return coefficients

    def balance(self, step: int) -> sparse.coo_matrix:
        """Return what each flow gives to each bus in a snapshot; shape (buses, columns)."""
        rows = []
        columns = []
        values = []
        for entry in self.entries:
            value = entry.value
            if not isinstance(value, float):
                value = float(value[step])
            rows.append(self._bus_number[entry.bus])
            columns.append(entry.column)
            values.append(value)
        shape = (len(self.buses), len(self.columns))
        return sparse.coo_matrix((values, (rows, columns)), shape=shape)


def _constant(values: np.ndarray) -> float | np.ndarray:
    """Return a number where all snapshots have the same value."""
    first = values[0]
    if (values == first).all():
        return float(first)
    return values


def outage_factors(
    incidence: np.ndarray,
    reactance: np.ndarray,
    up: Sequence[bool],
) -> np.ndarray:
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
    in_service = np.array(up, dtype=bool)
    susceptance = np.zeros(len(reactance))
    susceptance[in_service] = 1 / reactance[in_service]
    weighted = susceptance[:, None] * incidence.T
    nodal_susceptance = incidence @ weighted
    transfer_factors = weighted @ np.linalg.pinv(nodal_susceptance) @ incidence
    own = np.diag(transfer_factors)
    factors = np.full(transfer_factors.shape, np.nan)
    meshed = in_service & (own < 1 - BRIDGE)
    factors[:, meshed] = transfer_factors[:, meshed] / (1 - own[meshed])
    factors[meshed, meshed] = -1.0
    return factors
