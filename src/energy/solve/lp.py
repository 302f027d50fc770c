"""Linear program in HiGHS's form, and the formulas that compute its numbers from inputs.

Where each number stands is a `Structure`; ``energy.solve.pypsa_model`` takes one from PyPSA's own model and holds the
formulas here against it, ``energy.solve.assembly`` lays the same rows and columns for any snapshots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from energy.case.schema import port_efficiencies
from energy.model import Inputs
from energy.model.impedance import effective_impedance
from energy.model.line_losses import loss_segments, rating, resistance

Key = tuple[str, str]
QUANTITY_OF = {
    "lines": "s",
    "stores": "e",
}  # what the bounds of a component list are on; p of the others
RULE_BOUNDS = {"at_least": ("lower",), "at_most": ("upper",), "equals": ("lower", "upper")}
BALANCE = "balance"  # rows of what is fed into a bus
ENERGY = "energy"  # rows of what is fed into a store
VOLTAGE = "voltage"  # rows of the voltage law around a cycle
ROUNDING = 1e-9  # MW, hm³/h, hm³ or MWh, relative to one and the bound
COST_OF = {
    ("generators", "p"): "marginal_cost",
    ("links", "p"): "marginal_cost",
    ("stores", "p"): "marginal_cost",
    ("stores", "e"): "marginal_cost_storage",
}
"""Columns → the attribute that is their cost."""
RATING = {
    -1: "rating backward",
    1: "rating forward",
}  # sign of a flow → rows: with its loss it keeps the line's rating
LOSS = {
    -1: "loss backward",
    1: "loss forward",
}  # sign of a flow → rows: its loss is on or above each segment
FLOWS = ("lines", "s")
LOSSES = ("lines", "loss")
BOUNDED = (
    ("generators", "p_nom", "p_min_pu", "p_max_pu"),
    ("links", "p_nom", "p_min_pu", "p_max_pu"),
    ("lines", "s_nom", None, "s_max_pu"),
    ("stores", "e_nom", "e_min_pu", "e_max_pu"),
)
"""Component list, its size, and the least and greatest share of it; lines carry as much in either direction."""


Ports = list[tuple[str, np.ndarray, np.ndarray]]
"""Attribute of the efficiency of a port of links → positions of the links that have it, and of its buses."""


def ports_of(base: Inputs) -> Ports:
    """Return the ports at which links deliver."""
    links = base.components.get("links", pd.DataFrame())
    buses = base.components["buses"].index
    ports: Ports = []
    if links.empty:
        return ports
    for port, attribute in port_efficiencies(links.columns).items():
        is_attached = (links[port] != "").to_numpy()
        attached = np.flatnonzero(is_attached)
        bus_positions = buses.get_indexer(pd.Index(links.loc[is_attached, port]))
        ports.append((attribute, attached, bus_positions))
    return ports


def line_reactance(inputs: Inputs) -> np.ndarray:
    """Return the reactance of the lines [per unit] where the program renews it; shape (lines,).

    Ones for a user's own network, whose lines are part of its structure.
    """
    lines = inputs.components.get("lines", pd.DataFrame())
    if inputs.own is not None or lines.empty:
        return np.ones(len(lines))
    return effective_impedance(inputs)[: len(lines)]


@dataclass(frozen=True)
class Problem:
    """A linear program: minimise cost·x with row_lower ≤ A·x ≤ row_upper and lower ≤ x ≤ upper.

    Attributes
    ----------
    cost, lower, upper
        Objective [$ per unit of the column] and column bounds; shape (columns,).
    matrix
        Values of A in the order of the structure's column-wise pattern; shape (non-zeros,).
    row_lower, row_upper
        Row bounds; shape (rows,).
    """

    cost: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    matrix: np.ndarray
    row_lower: np.ndarray
    row_upper: np.ndarray


class Structure:
    """Where in the linear program each number of the inputs stands.

    Attributes
    ----------
    columns
        (component list, quantity) → columns; shape (snapshots, names).
    names
        The names of each block of columns.
    rows
        Constraint → rows, in the shape of the constraint; −1 where it is left out.
    buses, stores
        Names along the blocks of nodal and of energy balances.
    angle
        Columns of the free angles of open lines, shape (snapshots, lines), and their lines; or None.
    pattern
        The matrix, column-wise; its values are those of the base until ``problem`` renews them.
    """

    def __init__(
        self,
        pattern: sparse.csc_matrix,
        columns: Mapping[Key, np.ndarray],
        rows: Mapping[str, np.ndarray],
        angle: tuple[np.ndarray, list[str]] | None,
        row_bounds: tuple[np.ndarray, np.ndarray],
        base: Inputs,
        ports: Ports | None = None,
    ) -> None:
        self.pattern = pattern
        self.columns = columns
        self.rows = rows
        self.angle = angle
        self.names = {key: base.components[key[0]].index for key in columns}
        self.buses = base.components["buses"].index
        self.stores: pd.Index = pd.Index([])
        if ENERGY in rows:
            self.stores = self.names.get(("stores", "e"), pd.Index([]))
        self.row_bounds = row_bounds
        self.reactance = line_reactance(base)
        self.integrality = np.zeros(pattern.shape[1], dtype=np.int32)  # all columns are continuous
        self._places(ports_of(base) if ports is None else ports)

    def _places(self, ports: Ports) -> None:
        """Find the places of the matrix values that inputs can change."""
        self._ports: list[tuple[str, np.ndarray, np.ndarray]] = []
        for attribute, links, buses in ports:
            rows = self.rows[BALANCE][:, buses]
            columns = self.columns["links", "p"][:, links]
            self._ports.append((attribute, links, self._find(rows, columns)))
        self._store_power = None
        if len(self.stores):
            self._store_power = self._find(self.rows[ENERGY], self.columns["stores", "p"])
        self._voltage = self._places_of_voltage()
        self._slopes: dict[int, np.ndarray] = {}
        if LOSSES in self.columns:
            flow = self.columns[FLOWS][:, :, None]
            for sign, name in LOSS.items():
                rows = self.rows[name]
                columns = np.broadcast_to(flow, rows.shape)
                self._slopes[sign] = self._find(rows, columns)

    def _places_of_voltage(self) -> np.ndarray | None:
        """Return the places of the lines in the rows of the voltage law; shape (snapshots, cycles, lines)."""
        if VOLTAGE not in self.rows or FLOWS not in self.columns:
            return None
        flow = self.columns[FLOWS][:, None, :]
        law = self.rows[VOLTAGE].reshape(len(flow), -1, 1)
        return self._find(*np.broadcast_arrays(law, flow))

    def _find(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the positions of (row, column) pairs among the stored values; −1 where there is none."""
        height, width = self.pattern.shape
        entries_of_column = np.diff(self.pattern.indptr)
        stored_column = np.repeat(np.arange(width), entries_of_column)
        stored = stored_column * height + self.pattern.indices
        wanted = columns.ravel().astype(np.int64) * height + rows.ravel()
        place = np.searchsorted(stored, wanted)
        place[place == len(stored)] = 0
        is_stored = (stored[place] == wanted) & (rows.ravel() >= 0)
        return np.where(is_stored, place, -1).reshape(rows.shape)

    def problem(self, inputs: Inputs) -> Problem:
        """Compute every number of the linear program from inputs of the same structure."""
        lower, upper = self._bounds(inputs)
        first_lower, first_upper = self.row_bounds
        row_lower = first_lower.copy()
        row_upper = first_upper.copy()
        demand = self._demand(inputs).ravel()
        balance = self.rows[BALANCE].ravel()
        kept = balance >= 0  # a bus that nothing hangs on has no row
        row_lower[balance[kept]] = demand[kept]
        row_upper[balance[kept]] = demand[kept]
        matrix = self.pattern.data.copy()
        for attribute, links, places in self._ports:
            efficiency = inputs.array("links", attribute)[:, links]
            stored = places >= 0
            assert not efficiency[~stored].any(), f"{attribute}: the structure has no place for a value that was zero"
            matrix[places[stored]] = efficiency[stored]
        if len(self.stores):
            self._initial_contents(inputs, matrix, row_lower, row_upper)
        if self._voltage is not None:
            self._renew_voltage(inputs, matrix)
        if self._slopes:
            self._losses(inputs, matrix, row_lower, row_upper)
        self._rule_bounds(inputs, row_lower, row_upper)
        if VOLTAGE in self.rows and not inputs.kirchhoff:
            row_lower[self.rows[VOLTAGE]] = -np.inf
            row_upper[self.rows[VOLTAGE]] = np.inf
        return Problem(
            cost=self._cost(inputs),
            lower=lower,
            upper=upper,
            matrix=matrix,
            row_lower=row_lower,
            row_upper=row_upper,
        )

    def _renew_voltage(self, inputs: Inputs, matrix: np.ndarray) -> None:
        """Write the reactances of the lines into the voltage law."""
        assert self._voltage is not None
        ratio = line_reactance(inputs) / self.reactance
        stored = self._voltage >= 0
        places = self._voltage[stored]
        ratio_of_place = np.broadcast_to(ratio, self._voltage.shape)[stored]
        matrix[places] = self.pattern.data[places] * ratio_of_place

    def _initial_contents(
        self,
        inputs: Inputs,
        matrix: np.ndarray,
        row_lower: np.ndarray,
        row_upper: np.ndarray,
    ) -> None:
        """Write what stores hold at the start, and the hours by which their power changes their content."""
        stores = inputs.components["stores"]
        is_cyclic = stores["e_cyclic"].astype(bool)
        initial = np.where(is_cyclic, 0.0, -stores["e_initial"].to_numpy(float))
        first = self.rows[ENERGY][0]
        row_lower[first] = initial
        row_upper[first] = initial
        assert self._store_power is not None
        assert (self._store_power >= 0).all()
        hours = inputs.axis.weightings["stores"].to_numpy()
        matrix[self._store_power] = -hours[:, None]

    def _losses(
        self,
        inputs: Inputs,
        matrix: np.ndarray,
        row_lower: np.ndarray,
        row_upper: np.ndarray,
    ) -> None:
        """Write the segments of the loss curves, and the ratings that flow and loss keep together."""
        segments = loss_segments(inputs)
        top = rating(inputs)
        for sign, places in self._slopes.items():
            stored = places >= 0
            assert not segments.slope[~stored].any(), "the structure has no place for a slope that was zero"
            matrix[places[stored]] = -sign * segments.slope[stored]
            row_lower[self.rows[LOSS[sign]]] = segments.offset
        row_lower[self.rows[RATING[-1]]] = -top
        row_upper[self.rows[RATING[1]]] = top

    def _bounds(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the columns; each of shape (columns,)."""
        width = self.pattern.shape[1]
        lower = np.full(width, -np.inf)  # what stores give and take is bounded by their content alone
        upper = np.full(width, np.inf)
        for component, nominal, low, high in BOUNDED:
            quantity = QUANTITY_OF.get(component, "p")
            key = (component, quantity)
            if key not in self.columns:
                continue
            capacity = inputs.components[component][nominal].to_numpy(float)
            most = inputs.array(component, high) * capacity
            least = -most if low is None else inputs.array(component, low) * capacity
            lower[self.columns[key]] = least
            upper[self.columns[key]] = most
        if LOSSES in self.columns:
            # the flow's own bounds follow from the rows of its rating; they stay, for bounded columns help a proof
            lower[self.columns[LOSSES]] = 0.0
            upper[self.columns[LOSSES]] = resistance(inputs) * rating(inputs) ** 2
        if self.angle is not None:
            columns, names = self.angle
            limit = inputs.values("lines", "s_max_pu")[names].to_numpy()
            free = np.where(limit == 0, np.inf, 0.0)
            lower[columns] = -free
            upper[columns] = free
        return lower, upper

    def _demand(self, inputs: Inputs) -> np.ndarray:
        """Return the demand at each bus; shape (snapshots, buses)."""
        demand = np.zeros((len(inputs.axis.snapshots), len(self.buses)))
        loads = inputs.components.get("loads", pd.DataFrame())
        if loads.empty:
            return demand
        buses = self.buses.get_indexer(pd.Index(loads["bus"]))
        power = inputs.array("loads", "p_set") * -loads["sign"].to_numpy(float)
        np.add.at(demand.T, buses, power.T)
        return demand

    def _cost(self, inputs: Inputs) -> np.ndarray:
        """Return the objective; shape (columns,)."""
        cost = np.zeros(self.pattern.shape[1])
        hours = inputs.axis.weightings["objective"].to_numpy()[:, None]
        for component, quantity in self.columns:
            attribute = COST_OF.get((component, quantity))
            if attribute is not None:
                cost[self.columns[component, quantity]] = inputs.array(component, attribute) * hours
        return cost

    def _rule_bounds(
        self,
        inputs: Inputs,
        row_lower: np.ndarray,
        row_upper: np.ndarray,
    ) -> None:
        """Write the bounds of the rules."""
        for rule in inputs.rules:
            for field, bounds in RULE_BOUNDS.items():
                rows = self.rows.get(f"rule-{rule['name']}-{field}")
                if rows is None:
                    continue
                if "lower" in bounds:
                    row_lower[rows] = rule[field]
                if "upper" in bounds:
                    row_upper[rows] = rule[field]

    def hold(
        self,
        problem: Problem,
        values: Mapping[tuple[str, str], pd.DataFrame],
        now: int,
    ) -> None:
        """Fix in a problem what was decided before the snapshot at position ``now``.

        Rows of the past alone hold as they were decided: what the solver left as a residual is no contradiction.
        """
        hold_past(problem, self.pattern, self.columns, values=values, now=now)

    def shadow(self, duals: np.ndarray, name: str) -> np.ndarray:
        """Return the duals of a block of rows in its own shape; NaN where a row is left out."""
        rows = self.rows[name]
        return np.where(rows >= 0, duals[rows], np.nan)


def hold_past(
    problem: Problem,
    pattern: sparse.csc_matrix,
    columns: Mapping[Key, np.ndarray],
    values: Mapping[Key, pd.DataFrame],
    now: int,
) -> None:
    """Fix the columns of a problem before snapshot ``now``; see `Structure.hold`. A column of −1 is none."""
    past = np.full(len(problem.cost), np.nan)
    for key, places in columns.items():
        before = places[:now]
        present = before >= 0
        past[before[present]] = values[key].to_numpy()[:now][present]
    is_past = ~np.isnan(past)
    past = _at_bounds(past, problem)
    problem.lower[is_past] = past[is_past]
    problem.upper[is_past] = past[is_past]
    column = np.repeat(np.arange(len(past)), np.diff(pattern.indptr))
    row = pattern.indices
    entry = problem.matrix
    is_open = np.zeros(len(problem.row_lower), dtype=bool)
    has_open_column = ~is_past[column] & (entry != 0)
    is_open[row[has_open_column]] = True
    terms = np.where(entry == 0, 0.0, entry * past[column])
    level = np.bincount(row, weights=terms, minlength=len(is_open))  # of rows that are not open, else NaN
    decided = ~is_open
    problem.row_lower[decided] = np.minimum(problem.row_lower, level)[decided]
    problem.row_upper[decided] = np.maximum(problem.row_upper, level)[decided]


def _at_bounds(values: np.ndarray, problem: Problem) -> np.ndarray:
    """Return values of columns, exactly at a bound where only rounding is between."""
    at_lower = np.isclose(values, problem.lower, rtol=ROUNDING, atol=ROUNDING)
    at_upper = np.isclose(values, problem.upper, rtol=ROUNDING, atol=ROUNDING)
    return np.where(at_lower, problem.lower, np.where(at_upper, problem.upper, values))


def matrix_of(structure: Structure, problem: Problem) -> sparse.csc_matrix:
    """Return the matrix of a problem; shape (rows, columns)."""
    pattern = structure.pattern
    return sparse.csc_matrix((problem.matrix, pattern.indices, pattern.indptr), pattern.shape)


def blocks(
    structure: Structure,
    values: np.ndarray,
    snapshots: pd.Index,
) -> Mapping[tuple[str, str], pd.DataFrame]:
    """Return column values by (component list, quantity); each table (snapshots × names)."""
    tables = {}
    for key, columns in structure.columns.items():
        tables[key] = pd.DataFrame(
            values[columns],
            index=snapshots,
            columns=structure.names[key],
            copy=False,
        )
    return tables
