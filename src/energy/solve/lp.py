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
QUANTITY_OF = {"lines": "s", "stores": "e"}  # what the bounds of a component list are on; p of the others
RULE_BOUNDS = {"at_least": ("lower",), "at_most": ("upper",), "equals": ("lower", "upper")}
BALANCE, ENERGY, VOLTAGE = "balance", "energy", "voltage"  # what is fed into a bus; into a store; around a cycle
RATING = {-1: "rating backward", 1: "rating forward"}  # sign of a flow → rows: with its loss it keeps the line's rating
LOSS = {-1: "loss backward", 1: "loss forward"}  # sign of a flow → rows: its loss is on or above each segment
FLOWS, LOSSES = ("lines", "s"), ("lines", "loss")


Ports = list[tuple[str, np.ndarray, np.ndarray]]
"""Attribute of the efficiency of a port of links → positions of the links that have it, and of its buses."""


def ports_of(base: Inputs) -> Ports:
    """Return the ports at which links deliver."""
    links, found = base.components.get("links", pd.DataFrame()), []
    position = {bus: at for at, bus in enumerate(base.components["buses"].index)}
    for bus_of, attribute in port_efficiencies(links.columns if len(links) else []).items():
        ends = [(at, position[bus]) for at, bus in enumerate(links[bus_of].tolist()) if bus]
        at, buses = (np.array([end[side] for end in ends], dtype=int) for side in (0, 1))
        found.append((attribute, at, buses))
    return found


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
        self.pattern, self.columns, self.rows, self.angle = pattern, columns, rows, angle
        self.names = {key: base.components[key[0]].index for key in columns}
        self.buses = base.components["buses"].index
        self.stores = self.names.get(("stores", "e"), pd.Index([])) if ENERGY in rows else pd.Index([])
        self.row_bounds = row_bounds
        self.reactance = line_reactance(base)
        self.integrality = np.zeros(pattern.shape[1], dtype=np.int32)  # all columns are continuous
        self._places(ports_of(base) if ports is None else ports)

    def _places(self, ports: Ports) -> None:
        """Find the places of the matrix values that inputs can change."""
        self._ports: list[tuple[str, np.ndarray, np.ndarray]] = []
        for attribute, at, buses in ports:
            rows, columns = self.rows[BALANCE][:, buses], self.columns["links", "p"][:, at]
            self._ports.append((attribute, at, self._find(rows, columns)))
        self._store_power = None
        if len(self.stores):
            self._store_power = self._find(self.rows[ENERGY], self.columns["stores", "p"])
        self._voltage = self._places_of_voltage()
        self._slopes: dict[int, np.ndarray] = {}
        if LOSSES in self.columns:
            flow = self.columns[FLOWS][:, :, None]
            for sign, name in LOSS.items():
                self._slopes[sign] = self._find(self.rows[name], np.broadcast_to(flow, self.rows[name].shape))

    def _places_of_voltage(self) -> np.ndarray | None:
        """Return the places of the lines in the rows of the voltage law; shape (snapshots, cycles, lines)."""
        if VOLTAGE not in self.rows or FLOWS not in self.columns:
            return None
        flow = self.columns[FLOWS][:, None, :]
        law = self.rows[VOLTAGE].reshape(len(flow), -1, 1)
        return self._find(*np.broadcast_arrays(law, flow))

    def _find(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the positions of (row, column) pairs among the stored values; −1 where there is none."""
        height = self.pattern.shape[0]
        stored = (
            np.repeat(np.arange(self.pattern.shape[1]), np.diff(self.pattern.indptr)) * height + self.pattern.indices
        )
        wanted = columns.ravel().astype(np.int64) * height + rows.ravel()
        at = np.searchsorted(stored, wanted)
        at[at == len(stored)] = 0
        return np.where((stored[at] == wanted) & (rows.ravel() >= 0), at, -1).reshape(rows.shape)

    def problem(self, inputs: Inputs) -> Problem:
        """Compute every number of the linear program from inputs of the same structure."""
        lower, upper = self._bounds(inputs)
        row_lower, row_upper = self.row_bounds[0].copy(), self.row_bounds[1].copy()
        demand = self._demand(inputs).ravel()
        balance = self.rows[BALANCE].ravel()
        kept = balance >= 0  # a bus that nothing hangs on has no row
        row_lower[balance[kept]] = row_upper[balance[kept]] = demand[kept]
        matrix = self.pattern.data.copy()
        for attribute, at, places in self._ports:
            values = inputs.array("links", attribute)[:, at]
            assert not values[places < 0].any(), f"{attribute}: the structure has no place for a value that was zero"
            matrix[places[places >= 0]] = values[places >= 0]
        if len(self.stores):
            first = self.rows[ENERGY][0]
            table = inputs.components["stores"]
            start = np.where(table["e_cyclic"].astype(bool), 0.0, -table["e_initial"].to_numpy(float))
            row_lower[first] = row_upper[first] = start
            assert self._store_power is not None
            assert (self._store_power >= 0).all()
            hours = inputs.axis.weightings["stores"].to_numpy()
            matrix[self._store_power] = -hours[:, None]
        if self._voltage is not None:
            self._renew_voltage(inputs, matrix)
        if self._slopes:
            self._losses(inputs, matrix, row_lower, row_upper)
        self._rule_bounds(inputs, row_lower, row_upper)
        if VOLTAGE in self.rows and not inputs.kirchhoff:
            row_lower[self.rows[VOLTAGE]], row_upper[self.rows[VOLTAGE]] = -np.inf, np.inf
        return Problem(self._cost(inputs), lower, upper, matrix, row_lower, row_upper)

    def _renew_voltage(self, inputs: Inputs, matrix: np.ndarray) -> None:
        """Write the reactances of the lines into the voltage law."""
        assert self._voltage is not None
        ratio = line_reactance(inputs) / self.reactance
        stored = self._voltage >= 0
        places = self._voltage[stored]
        ratio_of_place = np.broadcast_to(ratio, self._voltage.shape)[stored]
        matrix[places] = self.pattern.data[places] * ratio_of_place

    def _losses(self, inputs: Inputs, matrix: np.ndarray, row_lower: np.ndarray, row_upper: np.ndarray) -> None:
        """Write the segments of the loss curves, and the ratings that flow and loss keep together."""
        segments, top = loss_segments(inputs), rating(inputs)
        for sign, places in self._slopes.items():
            kept = places >= 0
            assert not segments.slope[~kept].any(), "the structure has no place for a slope that was zero"
            matrix[places[kept]] = -sign * segments.slope[kept]
            row_lower[self.rows[LOSS[sign]]] = segments.offset
        row_lower[self.rows[RATING[-1]]] = -top
        row_upper[self.rows[RATING[1]]] = top

    def _bounds(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        lower, upper = np.full((2, self.pattern.shape[1]), np.inf)
        lower = -lower  # what stores give and take is bounded by their content alone
        for component, nominal, low, high in (
            ("generators", "p_nom", "p_min_pu", "p_max_pu"),
            ("links", "p_nom", "p_min_pu", "p_max_pu"),
            ("lines", "s_nom", None, "s_max_pu"),
            ("stores", "e_nom", "e_min_pu", "e_max_pu"),
        ):
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
            lower[columns], upper[columns] = -free, free
        return lower, upper

    def _demand(self, inputs: Inputs) -> np.ndarray:
        loads = inputs.components.get("loads", pd.DataFrame())
        total = np.zeros((len(inputs.axis.snapshots), len(self.buses)))
        if len(loads):
            at = self.buses.get_indexer(pd.Index(loads["bus"]))
            values = inputs.array("loads", "p_set") * -loads["sign"].to_numpy(float)
            np.add.at(total.T, at, values.T)
        return total

    def _cost(self, inputs: Inputs) -> np.ndarray:
        cost = np.zeros(self.pattern.shape[1])
        hours = inputs.axis.weightings["objective"].to_numpy()[:, None]
        for component in ("generators", "links"):
            if (component, "p") in self.columns:
                cost[self.columns[component, "p"]] = inputs.array(component, "marginal_cost") * hours
        if ("stores", "p") in self.columns:
            cost[self.columns["stores", "p"]] = inputs.array("stores", "marginal_cost") * hours
            cost[self.columns["stores", "e"]] = inputs.array("stores", "marginal_cost_storage") * hours
        return cost

    def _rule_bounds(self, inputs: Inputs, row_lower: np.ndarray, row_upper: np.ndarray) -> None:
        for rule in inputs.rules:
            for field, bounds in RULE_BOUNDS.items():
                rows = self.rows.get(f"rule-{rule['name']}-{field}")
                if rows is not None:
                    for bound in bounds:
                        (row_lower if bound == "lower" else row_upper)[rows] = rule[field]

    def hold(self, problem: Problem, values: Mapping[tuple[str, str], pd.DataFrame], now: int) -> None:
        """Fix in a problem what was decided before the snapshot at position ``now``.

        Rows of the past alone hold as they were decided: what the solver left as a residual is no contradiction.
        """
        hold_past(problem, self.pattern, self.columns, values, now)

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
        past[before[before >= 0]] = values[key].to_numpy()[:now][before >= 0]
    held = ~np.isnan(past)
    problem.lower[held] = problem.upper[held] = past[held]
    column = np.repeat(np.arange(len(past)), np.diff(pattern.indptr))
    row, entry = pattern.indices, problem.matrix
    is_open = np.zeros(len(problem.row_lower), dtype=bool)
    is_open[row[~held[column] & (entry != 0)]] = True
    terms = np.where(entry == 0, 0.0, entry * past[column])
    level = np.bincount(row, weights=terms, minlength=len(is_open))  # of rows that are not open, else NaN
    problem.row_lower[~is_open] = np.minimum(problem.row_lower, level)[~is_open]
    problem.row_upper[~is_open] = np.maximum(problem.row_upper, level)[~is_open]


def matrix_of(structure: Structure, problem: Problem) -> sparse.csc_matrix:
    """Return the matrix of a problem; shape (rows, columns)."""
    pattern = structure.pattern
    return sparse.csc_matrix((problem.matrix, pattern.indices, pattern.indptr), pattern.shape)


def blocks(structure: Structure, values: np.ndarray, snapshots: pd.Index) -> Mapping[tuple[str, str], pd.DataFrame]:
    """Return column values by (component list, quantity); each table (snapshots × names)."""
    return {
        key: pd.DataFrame(values[columns], snapshots, structure.names[key], copy=False)
        for key, columns in structure.columns.items()
    }
