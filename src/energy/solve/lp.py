"""PyPSA's model → a linear program in HiGHS's form, and the formulas that renew its numbers from inputs.

The only file that knows the names that PyPSA gives to variables and constraints. PyPSA and linopy build the structure
once; every number that may change is then computed from ``Inputs`` by the formulas here. `Structure.check` holds
them against linopy's own matrices, so that a change in PyPSA cannot pass unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from energy.errors import Fault, InputError
from energy.model import Inputs
from energy.model.rules import KIRCHHOFF, OPEN_ANGLE

if TYPE_CHECKING:
    import linopy

VARIABLES = {
    ("generators", "p"): "Generator-p",
    ("links", "p"): "Link-p",
    ("lines", "s"): "Line-s",
    ("stores", "e"): "Store-e",
    ("stores", "p"): "Store-p",
}
BALANCE, ENERGY = "Bus-nodal_balance", "Store-energy_balance"


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
    """Where in the linear program each number of the inputs stands; made once from a linopy model."""

    def __init__(self, model: linopy.Model, base: Inputs) -> None:
        _refuse_foreign(model, base)
        matrices = model.matrices
        column_of = _lookup(matrices.vlabels)
        row_of = _lookup(matrices.clabels)
        self.columns = {
            key: column_of[model.variables[name].labels.transpose("snapshot", "name").to_numpy()]
            for key, name in VARIABLES.items()
            if name in model.variables
        }
        self.names = {key: list(model.variables[VARIABLES[key]].indexes["name"]) for key in self.columns}
        for (component, _), names in self.names.items():
            # tables and columns are matched by position from here on
            assert names == list(base.components[component].index), f"PyPSA orders {component} in another way"
        self.angle = None
        if OPEN_ANGLE in model.variables:
            labels = model.variables[OPEN_ANGLE].labels
            self.angle = (column_of[labels.transpose("snapshot", "name").to_numpy()], list(labels.indexes["name"]))
        bounds = [name for name in model.constraints if "-fix-" in name]
        keep = np.ones(len(matrices.clabels), dtype=bool)
        for name in bounds:
            bound = model.constraints[name].labels.to_numpy().ravel()
            keep[row_of[bound[bound >= 0]]] = False
        new_row = np.cumsum(keep) - 1
        self.rows = {
            name: _places_of(model.constraints[name].labels.to_numpy(), row_of, new_row)
            for name in model.constraints
            if name not in bounds
        }
        self.buses = list(model.constraints[BALANCE].indexes["name"])
        self.stores = list(model.constraints[ENERGY].indexes["name"]) if ENERGY in self.rows else []
        assert matrices.A is not None
        self.pattern = sparse.csc_matrix(matrices.A.tocsr()[keep])
        self.pattern.sort_indices()
        sense, right = matrices.sense[keep], matrices.b[keep]
        self._row_lower = np.where(sense == "<", -np.inf, right)
        self._row_upper = np.where(sense == ">", np.inf, right)
        self._lower, self._upper = np.asarray(matrices.lb, dtype=float), np.asarray(matrices.ub, dtype=float)
        self._places(base)
        self._linopy_cost = np.asarray(matrices.c, dtype=float)

    def _places(self, base: Inputs) -> None:
        """Find the places of the matrix values that inputs can change."""
        links = base.components.get("links", pd.DataFrame())
        self._ports: list[tuple[str, np.ndarray, np.ndarray]] = []
        buses = pd.Index(self.buses)
        for port in (1, 2, 3):
            if len(links) and f"bus{port}" in links:
                at = [i for i, name in enumerate(self.names["links", "p"]) if links.loc[name, f"bus{port}"]]
                where = buses.get_indexer(links.loc[[self.names["links", "p"][i] for i in at], f"bus{port}"])
                rows = self.rows[BALANCE][:, where]
                attribute = "efficiency" if port == 1 else f"efficiency{port}"
                self._ports.append(
                    (attribute, np.array(at, dtype=int), self._find(rows, self.columns["links", "p"][:, at]))
                )
        self._store_power = None
        if self.stores:
            self._store_power = self._find(self.rows[ENERGY], self.columns["stores", "p"])

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
        row_lower, row_upper = self._row_lower.copy(), self._row_upper.copy()
        demand = self._demand(inputs).ravel()
        balance = self.rows[BALANCE].ravel()
        kept = balance >= 0  # a bus that nothing hangs on has no row
        row_lower[balance[kept]] = row_upper[balance[kept]] = demand[kept]
        matrix = self.pattern.data.copy()
        for attribute, at, places in self._ports:
            values = inputs.array("links", attribute)[:, at]
            assert not values[places < 0].any(), f"{attribute}: the structure has no place for a value that was zero"
            matrix[places[places >= 0]] = values[places >= 0]
        if self.stores:
            first = self.rows[ENERGY][0]
            table = inputs.components["stores"].loc[self.stores]
            start = np.where(table["e_cyclic"].astype(bool), 0.0, -table["e_initial"].to_numpy(float))
            row_lower[first] = row_upper[first] = start
            assert self._store_power is not None
            assert (self._store_power >= 0).all()
            hours = inputs.axis.weightings["stores"].to_numpy()
            matrix[self._store_power] = -hours[:, None]
        self._rule_bounds(inputs, row_lower, row_upper)
        if KIRCHHOFF in self.rows and not inputs.kirchhoff:
            row_lower[self.rows[KIRCHHOFF]], row_upper[self.rows[KIRCHHOFF]] = -np.inf, np.inf
        return Problem(self._cost(inputs), lower, upper, matrix, row_lower, row_upper)

    def _bounds(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        lower, upper = self._lower.copy(), self._upper.copy()
        for component, nominal, low, high in (
            ("generators", "p_nom", "p_min_pu", "p_max_pu"),
            ("links", "p_nom", "p_min_pu", "p_max_pu"),
            ("lines", "s_nom", None, "s_max_pu"),
            ("stores", "e_nom", "e_min_pu", "e_max_pu"),
        ):
            key = next(
                (k for k in self.columns if k == (component, {"lines": "s", "stores": "e"}.get(component, "p"))), None
            )
            if key is None:
                continue
            size_of = inputs.components[component][nominal].to_numpy(float)
            top = inputs.array(component, high) * size_of
            bottom = -top if low is None else inputs.array(component, low) * size_of
            lower[self.columns[key]], upper[self.columns[key]] = bottom, top
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
            at = pd.Index(self.buses).get_indexer(loads["bus"])
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
            for field, bound in (("at_least", row_lower), ("at_most", row_upper)):
                rows = self.rows.get(f"rule-{rule['name']}-{field}")
                if rows is not None:
                    bound[rows] = rule[field]

    def hold(self, problem: Problem, values: Mapping[tuple[str, str], pd.DataFrame], now: int) -> None:
        """Fix in a problem what was decided before the snapshot at position ``now``."""
        for key, columns in self.columns.items():
            done = columns[:now]
            problem.lower[done] = problem.upper[done] = values[key].to_numpy()[:now]

    def check(self, inputs: Inputs, model: linopy.Model) -> None:
        """Hold the formulas against linopy's own numbers.

        Raises
        ------
        AssertionError
            When a number of the linear program differs from the model that PyPSA built.
        """
        found = self.problem(inputs)
        _same("objective", found.cost, self._linopy_cost, {str(k): v for k, v in self.columns.items()})
        _same("matrix", found.matrix, self.pattern.data, {})
        _same("lower bounds of rows", found.row_lower, self._row_lower, self.rows)
        _same("upper bounds of rows", found.row_upper, self._row_upper, self.rows)
        for name in ("lower", "upper"):
            bound = getattr(found, name)
            for key, label in VARIABLES.items():
                constraint = f"{label.rsplit('-', 1)[0]}-fix-{key[1]}-{name}"
                if key in self.columns and constraint in model.constraints:
                    right = model.constraints[constraint].rhs.transpose("snapshot", "name").to_numpy()
                    _same(constraint, bound[self.columns[key]], right, {})

    def shadow(self, duals: np.ndarray, name: str) -> np.ndarray:
        """Return the duals of a block of rows in its own shape; NaN where a row is left out."""
        rows = self.rows[name]
        return np.where(rows >= 0, duals[rows], np.nan)


def _same(what: str, ours: np.ndarray, theirs: np.ndarray, places: Mapping[str, np.ndarray]) -> None:
    differing = ~np.isclose(ours, theirs, rtol=1e-9, atol=1e-9)
    if differing.any():
        where = [name for name, at in places.items() if differing[at].any()]
        first = np.flatnonzero(differing.ravel())[0]
        raise AssertionError(
            f"{what} differ from PyPSA's in {differing.sum()} places {where}: "
            f"{ours.ravel()[first]} instead of {theirs.ravel()[first]}"
        )


def _refuse_foreign(model: linopy.Model, base: Inputs) -> None:
    """Refuse what would be left out of the program without a word: variables of other kinds, squares."""
    foreign = [name for name in model.variables if name not in (*VARIABLES.values(), OPEN_ANGLE)]
    if model.is_quadratic:
        foreign.append("quadratic costs")
    if foreign:
        what = f"PyPSA's model of this network has {', '.join(foreign)}, which this engine does not solve"
        raise InputError(Fault(what, base.name, None, "fixed capacities, linear costs", "solve it with plain PyPSA"))


def _places_of(labels: np.ndarray, row_of: np.ndarray, new_row: np.ndarray) -> np.ndarray:
    """Return the rows that constraint labels stand in; −1 where a constraint is masked."""
    return np.where(labels >= 0, new_row[row_of[labels]], -1)


def _lookup(labels: np.ndarray) -> np.ndarray:
    places = np.full(int(labels.max()) + 1 if len(labels) else 0, -1, dtype=np.int64)
    places[labels] = np.arange(len(labels))
    return places


def blocks(structure: Structure, values: np.ndarray) -> Mapping[tuple[str, str], pd.DataFrame]:
    """Return column values by (component list, quantity); each table (snapshots × names), without its time index."""
    return {
        key: pd.DataFrame(values[columns], columns=structure.names[key]) for key, columns in structure.columns.items()
    }
