"""Programs taken whole from PyPSA, where the engine has no formula for their numbers: slower, and as right.

PyPSA builds each of them from nothing and HiGHS solves it from nothing, so that nothing of one scenario can stand in
the next. Variables of any kind and convex squares are taken as they are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import highspy
import numpy as np
import pandas as pd
from scipy import sparse

from energy.errors import SolverError
from energy.model import Inputs
from energy.solve.lp import Key, Problem, hold_past
from energy.solve.pypsa_model import lookup
from energy.solve.result import Result

if TYPE_CHECKING:
    import linopy

LISTS = {
    "Generator": "generators",
    "Line": "lines",
    "Link": "links",
    "StorageUnit": "storage_units",
    "Store": "stores",
    "Transformer": "transformers",
}
BALANCE_ROWS = "Bus-nodal_balance"


@dataclass(frozen=True, eq=False)
class Program:
    """A linear or convex quadratic program as PyPSA built it.

    Attributes
    ----------
    problem
        Its numbers; minimise cost·x + ½ x·squares·x.
    pattern
        The matrix; shape (rows, columns).
    squares
        Upper triangle of the second derivatives of the objective [$ per unit²]; None where it is linear.
    columns
        (component list, quantity) → columns; shape (snapshots, names), −1 where there is none.
    names
        The names of each block of columns.
    balance
        Rows of the nodal balances; shape (snapshots, buses), −1 where there is none.
    """

    problem: Problem
    pattern: sparse.csc_matrix
    squares: sparse.csc_matrix | None
    columns: Mapping[Key, np.ndarray]
    names: Mapping[Key, pd.Index]
    balance: np.ndarray


def built_program(model: linopy.Model, inputs: Inputs) -> Program:
    """Take the program of PyPSA's model of inputs.

    Parameters
    ----------
    model
        As ``pypsa_model`` built it.
    inputs
        What it was built from.
    """
    matrices = model.matrices
    assert matrices.A is not None
    pattern = sparse.csc_matrix(matrices.A)
    pattern.sort_indices()
    sense, right = matrices.sense, np.asarray(matrices.b, dtype=float)
    problem = Problem(
        np.asarray(matrices.c, dtype=float),
        np.asarray(matrices.lb, dtype=float),
        np.asarray(matrices.ub, dtype=float),
        pattern.data,
        np.where(sense == "<", -np.inf, right),
        np.where(sense == ">", np.inf, right),
    )
    squares = sparse.csc_matrix(sparse.tril(matrices.Q)) if model.is_quadratic else None
    column_of, row_of = lookup(matrices.vlabels), lookup(matrices.clabels)
    columns, names = {}, {}
    for name in model.variables:
        labels = model.variables[name].labels
        if set(labels.dims) == {"snapshot", "name"}:
            component, _, quantity = name.partition("-")
            key = (LISTS.get(component, component), quantity)
            columns[key] = _places(labels.transpose("snapshot", "name").to_numpy(), column_of)
            names[key] = pd.Index(labels.indexes["name"])
    rows = model.constraints[BALANCE_ROWS]
    buses = inputs.components["buses"].index
    balance = np.full((len(inputs.axis.snapshots), len(buses)), -1)
    at = buses.get_indexer(rows.indexes["name"])
    balance[:, at] = _places(rows.labels.transpose("snapshot", "name").to_numpy(), row_of)
    return Program(problem, pattern, squares, columns, names, balance)


def _places(labels: np.ndarray, place_of: np.ndarray) -> np.ndarray:
    return np.where(labels >= 0, place_of[labels], -1)


class AsBuilt:
    """HiGHS for programs as PyPSA built them.

    Parameters
    ----------
    time_limit
        Wall time that each solve may take [s].

    Attributes
    ----------
    seconds
        Wall time spent inside HiGHS so far [s].
    """

    def __init__(self, time_limit: float = inf) -> None:
        self.time_limit, self.seconds = time_limit, 0.0

    def solve(self, program: Program, inputs: Inputs, past: Result | None = None, now: int = 0) -> Result:
        """Solve a program, what was decided before snapshot ``now`` held.

        Raises
        ------
        SolverError
            When HiGHS finds no optimum.
        """
        if past is not None:
            hold_past(program.problem, program.pattern, program.columns, past.values, now)
        highs = highspy.Highs()  # type: ignore[no-untyped-call]
        options = {"output_flag": False, "threads": 1, "random_seed": 0, "time_limit": self.time_limit}
        for option, value in options.items():
            highs.setOptionValue(option, value)
        begun = time.perf_counter()
        _pass(highs, program)
        highs.run()
        self.seconds += time.perf_counter() - begun
        status = highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            words = highs.modelStatusToString(status).lower()
            raise SolverError(f"{inputs.name}: {words}; PyPSA's own model of this network has no optimum")
        solution = highs.getSolution()
        return _result(program, inputs, np.asarray(solution.col_value), np.asarray(solution.row_dual), highs)


def _pass(highs: highspy.Highs, program: Program) -> None:
    problem, pattern = program.problem, program.pattern
    height, width = pattern.shape
    highs.passModel(
        width,
        height,
        pattern.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        problem.cost,
        problem.lower,
        problem.upper,
        problem.row_lower,
        problem.row_upper,
        pattern.indptr,
        pattern.indices,
        problem.matrix,
        np.zeros(width, dtype=np.int32),
    )
    if program.squares is not None:
        squares = program.squares
        triangular = int(highspy.HessianFormat.kTriangular)
        highs.passHessian(width, squares.nnz, triangular, squares.indptr, squares.indices, squares.data)


def _result(program: Program, inputs: Inputs, values: np.ndarray, duals: np.ndarray, highs: highspy.Highs) -> Result:
    snapshots = inputs.axis.snapshots
    with_none = np.append(values, 0.0)  # a column of −1 is none, and carries nothing
    found = {
        key: pd.DataFrame(with_none[places], snapshots, program.names[key]) for key, places in program.columns.items()
    }
    if ("storage_units", "p_dispatch") in found:
        found["storage_units", "p"] = found["storage_units", "p_dispatch"] - found["storage_units", "p_store"]
    hours = inputs.axis.weightings["objective"].to_numpy()[:, None]
    prices = np.append(duals, np.nan)[program.balance] / hours
    prices_table = pd.DataFrame(prices, snapshots, inputs.components["buses"].index)
    info = highs.getInfo()
    return Result(inputs, found, prices_table, float(info.objective_function_value), int(info.simplex_iteration_count))
