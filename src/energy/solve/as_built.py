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
from energy.solve.highs_lp import highs_lp
from energy.solve.lp import Key, Problem, hold_past
from energy.solve.pypsa_model import lookup
from energy.solve.result import Result

if TYPE_CHECKING:
    import linopy

Options = dict[str, bool | int | float | str]
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
    sense = matrices.sense
    right = np.asarray(matrices.b, dtype=float)
    problem = Problem(
        cost=np.asarray(matrices.c, dtype=float),
        lower=np.asarray(matrices.lb, dtype=float),
        upper=np.asarray(matrices.ub, dtype=float),
        matrix=pattern.data,
        row_lower=np.where(sense == "<", -np.inf, right),
        row_upper=np.where(sense == ">", np.inf, right),
    )
    squares = None
    if model.is_quadratic:
        squares = sparse.csc_matrix(sparse.tril(matrices.Q))
    column_of = lookup(matrices.vlabels)
    columns = {}
    names = {}
    for name in model.variables:
        labels = model.variables[name].labels
        if set(labels.dims) != {"snapshot", "name"}:
            continue
        pypsa_class, _, quantity = name.partition("-")
        key = (LISTS.get(pypsa_class, pypsa_class), quantity)
        columns[key] = _places(labels.transpose("snapshot", "name").to_numpy(), column_of)
        names[key] = pd.Index(labels.indexes["name"])
    return Program(
        problem=problem,
        pattern=pattern,
        squares=squares,
        columns=columns,
        names=names,
        balance=_balance(model, inputs),
    )


def _balance(model: linopy.Model, inputs: Inputs) -> np.ndarray:
    """Return the rows of the nodal balances; shape (snapshots, buses), −1 for a bus that nothing hangs on."""
    row_of = lookup(model.matrices.clabels)
    rows = model.constraints[BALANCE_ROWS]
    buses = inputs.components["buses"].index
    balance = np.full((len(inputs.axis.snapshots), len(buses)), -1)
    present = buses.get_indexer(rows.indexes["name"])
    labels = rows.labels.transpose("snapshot", "name").to_numpy()
    balance[:, present] = _places(labels, row_of)
    return balance


def _places(labels: np.ndarray, place_of: np.ndarray) -> np.ndarray:
    return np.where(labels >= 0, place_of[labels], -1)


# Squares have no crossover to a basis, so the interior point itself has to be sharp: with HiGHS's own tolerance,
# a relative one of 1e-7, the balance of a bus of a hundred MW was missed by 2e-6 MW
INTERIOR_POINT: Options = {"solver": "ipm", "primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}


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
        self.time_limit = time_limit
        self.seconds = 0.0

    def solve(
        self,
        program: Program,
        inputs: Inputs,
        past: Result | None = None,
        now: int = 0,
    ) -> Result:
        """Solve a program, what was decided before snapshot ``now`` held.

        Raises
        ------
        SolverError
            When HiGHS finds no optimum.
        """
        if past is not None:
            hold_past(
                program.problem,
                program.pattern,
                program.columns,
                values=past.values,
                now=now,
            )
        highs = highspy.Highs()  # type: ignore[no-untyped-call]
        options: Options = {
            "output_flag": False,
            "threads": 1,
            "random_seed": 0,
            "time_limit": self.time_limit,
        }
        for option, value in options.items():
            highs.setOptionValue(option, value)
        begun = time.perf_counter()
        _pass(highs, program)
        highs.setOptionValue("qp_iteration_limit", _most_iterations(program))
        highs.run()
        if highs.getModelStatus() == highspy.HighsModelStatus.kIterationLimit:
            for option, value in INTERIOR_POINT.items():
                highs.setOptionValue(option, value)
            highs.run()
        self.seconds += time.perf_counter() - begun
        status = highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            words = highs.modelStatusToString(status).lower()
            raise SolverError(f"{inputs.name}: {words}; PyPSA's own model of this network has no optimum")
        return _result(program, inputs, highs)


def _most_iterations(program: Program) -> int:
    """Return how many steps the active-set method for squares may take; beyond them it goes round in a circle.

    Some networks of three buses have optima at which it never stops; others take about one step a column.
    """
    rows_and_columns = len(program.problem.row_lower) + len(program.problem.cost)
    return 1000 + 5 * rows_and_columns


def _pass(highs: highspy.Highs, program: Program) -> None:
    """Hand a program to HiGHS."""
    highs.passModel(highs_lp(program.problem, program.pattern))
    squares = program.squares
    if squares is None:
        return
    hessian = highspy.HighsHessian()
    hessian.dim_ = squares.shape[0]
    hessian.format_ = highspy.HessianFormat.kTriangular
    hessian.start_ = squares.indptr
    hessian.index_ = squares.indices
    hessian.value_ = squares.data
    highs.passHessian(hessian)


def _result(
    program: Program,
    inputs: Inputs,
    highs: highspy.Highs,
) -> Result:
    """Return the optimum that HiGHS found."""
    solution = highs.getSolution()
    snapshots = inputs.axis.snapshots
    values_or_none = np.append(np.asarray(solution.col_value), 0.0)  # a column of −1 is none, and carries nothing
    values = {}
    for key, places in program.columns.items():
        values[key] = pd.DataFrame(values_or_none[places], snapshots, program.names[key])
    if ("storage_units", "p_dispatch") in values:
        dispatched = values["storage_units", "p_dispatch"]
        values["storage_units", "p"] = dispatched - values["storage_units", "p_store"]
    hours = inputs.axis.weightings["objective"].to_numpy()[:, None]
    duals_or_none = np.append(np.asarray(solution.row_dual), np.nan)
    prices = duals_or_none[program.balance] / hours
    buses = inputs.components["buses"].index
    info = highs.getInfo()
    return Result(
        inputs=inputs,
        values=values,
        prices=pd.DataFrame(prices, snapshots, buses),
        objective=float(info.objective_function_value),
        iterations=int(info.simplex_iteration_count),
    )
