"""Irrigation water that is lacking, decided first and on the rivers alone.

Water stands before power. What the rules of the rivers ask for and no operation can give follows from inflow, stores
and rules; power plays no part in it, since a turbine can be passed by. It is decided before the program of power is
solved, so that its price stands in no objective. Only where a rule asks water of a turbine itself can power forbid
what the rivers could give; then the least is that of the whole program.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeVar

import highspy
import numpy as np
import pandas as pd

from energy.model import Inputs
from energy.model.cache import IdentityKey
from energy.model.objective import LACKING, LACKING_WATER
from energy.solve.lp import BALANCE, ENERGY, Problem, Structure, matrix_of
from energy.solve.priority import ServiceCost

T = TypeVar("T")

NEGLIGIBLE = 1e-6  # hm³ lacking over the horizon that count as none
ROOM = 1e-9  # share of the lacking water by which the program of power may exceed it, or what is negligible
AMPLE = 2.0  # times the least, the limit on lacking water where its least is found as that of a service
# HiGHS's usual 1e-7 hm³/h is as much as 1e-4 hm³ in a month: the volume would be too small for the program of power
OPTIONS: dict[str, bool | int | float] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "primal_feasibility_tolerance": 1e-10,
}

_KEPT = 8
_computed: OrderedDict[tuple[str, Structure, bytes], Any] = OrderedDict()
"""Function, structure and digest of the rivers → answer; the last few."""


def lacking_columns(structure: Structure, inputs: Inputs) -> np.ndarray:
    """Return the columns of water that rules ask for in vain; shape (snapshots, generators)."""
    generators = inputs.components.get("generators")
    if generators is None or ("generators", "p") not in structure.columns:
        return np.zeros((len(inputs.axis.snapshots), 0), dtype=int)
    is_lacking = _stands_for_lacking_water(IdentityKey(generators))
    return structure.columns["generators", "p"][:, is_lacking]


@lru_cache(maxsize=32)
def _stands_for_lacking_water(generators: IdentityKey[pd.DataFrame]) -> np.ndarray:
    """Return whether each generator stands for lacking water; shape (generators,)."""
    return np.asarray(generators.it["carrier"] == LACKING)


def with_lacking_water(
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
    volume: float,
) -> Problem:
    """Return the program of power in which so much water is lacking [hm³], at no price."""
    columns = lacking_columns(structure, inputs)
    if not columns.size:
        return problem
    cost = problem.cost.copy()
    cost[columns] = 0.0
    if volume <= NEGLIGIBLE:
        upper = problem.upper.copy()
        upper[columns] = problem.lower[columns]
        return replace(problem, cost=cost, upper=upper)
    room = max(volume * ROOM, NEGLIGIBLE)
    most_lacking = structure.rows[f"rule-{LACKING_WATER}-at_most"]
    row_upper = problem.row_upper.copy()
    row_upper[most_lacking] = volume + room
    return replace(problem, cost=cost, row_upper=row_upper)


def _lacking_water_cost(structure: Structure, inputs: Inputs) -> np.ndarray:
    """Return what each column adds to the water that is lacking [hm³ per unit]; shape (columns,)."""
    hours = inputs.axis.weightings["stores"].to_numpy(float)[:, None]
    cost = np.zeros(structure.pattern.shape[1])
    cost[lacking_columns(structure, inputs)] = hours
    return cost


def with_water_first(
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
    services: Sequence[ServiceCost],
) -> tuple[Problem, list[ServiceCost]]:
    """Return a program of power with an ample limit on lacking water, and the services with water before them.

    Between no more than the least and no less than it an interior point has no room. As the first service in the order
    lacking water is at its least all the same. A program in which none is lacking stays as it is.

    Parameters
    ----------
    structure, problem, inputs
        A program of `with_lacking_water`.
    services
        Costs of the services, first served first.
    """
    columns = lacking_columns(structure, inputs)
    is_lacking = columns.size > 0 and bool((problem.upper[columns] > problem.lower[columns]).any())
    if not is_lacking:
        return problem, list(services)
    most_lacking = structure.rows[f"rule-{LACKING_WATER}-at_most"]
    row_upper = problem.row_upper.copy()
    row_upper[most_lacking] = AMPLE * row_upper[most_lacking] + 1.0
    water = ServiceCost.of(LACKING_WATER, _lacking_water_cost(structure, inputs))
    return replace(problem, row_upper=row_upper), [water, *services]


def least_lacking_water(structure: Structure, problem: Problem, inputs: Inputs, rivers_alone: bool = True) -> float:
    """Return the least water that the rules of the rivers must lack [hm³].

    Parameters
    ----------
    structure, problem, inputs
        The whole program.
    rivers_alone
        Solve its rows and columns of water; else all of them.

    Returns
    -------
    float
        Infinite when the rules of the rivers contradict each other however much water is lacking; NaN when no rule may
        lack water, or nothing could be decided.
    """
    if not lacking_columns(structure, inputs).size:
        return math.nan
    if rivers_alone:
        return computed_once_for_rivers(_least_of_rivers, structure, problem, inputs)
    return _least_of_part(structure, problem, inputs, *_whole(structure))


def _least_of_rivers(structure: Structure, problem: Problem, inputs: Inputs) -> float:
    return _least_of_part(structure, problem, inputs, *river_part(structure, inputs))


def _whole(structure: Structure) -> tuple[np.ndarray, np.ndarray]:
    """Return all rows and all columns of a program."""
    height, width = structure.pattern.shape
    return np.arange(height), np.arange(width)


def _least_of_part(
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
    rows: np.ndarray,
    columns: np.ndarray,
) -> float:
    """Return the least lacking water [hm³] that some rows and columns of a program allow, as `least_lacking_water`."""
    matrix = matrix_of(structure, problem)[rows][:, columns].tocsc()
    cost = _lacking_water_cost(structure, inputs)
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in OPTIONS.items():
        highs.setOptionValue(option, value)
    highs.passModel(
        matrix.shape[1],
        matrix.shape[0],
        matrix.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        cost[columns],
        problem.lower[columns],
        problem.upper[columns],
        problem.row_lower[rows],
        problem.row_upper[rows],
        matrix.indptr,
        matrix.indices,
        matrix.data,
        np.zeros(len(columns), dtype=np.int32),
    )
    highs.run()
    status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return math.inf
    if status != highspy.HighsModelStatus.kOptimal:
        return math.nan
    return float(highs.getInfo().objective_function_value)


def computed_once_for_rivers(
    compute: Callable[[Structure, Problem, Inputs], T],
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
) -> T:
    """Return what a function makes of the rivers of a program, computed once for programs with the same rivers.

    Programs that follow the head, step by step, differ in what turbines make of the water, and not in the water.

    Parameters
    ----------
    compute
        A function of the rows and columns of water alone.
    """
    key = (compute.__name__, structure, _river_digest(structure, problem, inputs))
    if key not in _computed:
        _computed[key] = compute(structure, problem, inputs)
        if len(_computed) > _KEPT:
            _computed.popitem(last=False)
    answer: T = _computed[key]
    return answer


def _river_digest(structure: Structure, problem: Problem, inputs: Inputs) -> bytes:
    """Return a hash of all numbers of the rivers: coefficients, bounds, weights of snapshots, order of the rules."""
    rows, columns = river_part(structure, inputs)
    matrix = matrix_of(structure, problem)[rows][:, columns]
    numbers = (
        matrix.data,
        problem.lower[columns],
        problem.upper[columns],
        problem.row_lower[rows],
        problem.row_upper[rows],
        inputs.axis.weightings["stores"].to_numpy(float),
    )
    digest = sha256(repr(inputs.book.yield_order).encode())
    for values in numbers:
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.digest()


def river_part(structure: Structure, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and the columns of a program that are of water alone; each in their order."""
    columns = _water_columns(structure, inputs)
    return _water_rows(structure, inputs, columns), columns


def _water_buses(inputs: Inputs) -> set[str]:
    """Return the names of the buses of water."""
    buses = inputs.components["buses"]
    is_water = buses["carrier"] == "water"
    return set(buses.index[is_water])


def _water_columns(structure: Structure, inputs: Inputs) -> np.ndarray:
    """Return the columns of what takes water from a bus or a store; turbines count with the water that they pass."""
    water = _water_buses(inputs)
    chosen = []
    for (component, quantity), columns in structure.columns.items():
        table = inputs.components[component]
        column = "bus0" if "bus0" in table else "bus"
        at_water = table[column].isin(water).to_numpy()
        if quantity in ("p", "e"):
            chosen.append(columns[:, at_water].ravel())
    return np.sort(np.concatenate(chosen))


def _water_rows(
    structure: Structure,
    inputs: Inputs,
    columns: np.ndarray,
) -> np.ndarray:
    """Return the rows of water: balances of its buses and stores, and rules on nothing else."""
    water = _water_buses(inputs)
    is_water_bus = structure.buses.isin(water)
    balances = structure.rows[BALANCE][:, is_water_bus]
    chosen = [balances.ravel()]
    if len(structure.stores):
        bus_of_store = inputs.components["stores"].loc[structure.stores, "bus"]
        holds_water = bus_of_store.isin(water).to_numpy()
        contents = structure.rows[ENERGY][:, holds_water]
        chosen.append(contents.ravel())
    touches_power = _rows_of_power(structure, columns)
    for name, rows in structure.rows.items():
        if name.startswith("rule-"):
            rule_rows = rows.ravel()
            chosen.append(rule_rows[~touches_power[rule_rows]])
    every_row = np.concatenate(chosen)
    is_present = every_row >= 0
    return np.sort(every_row[is_present])


def _rows_of_power(structure: Structure, water_columns: np.ndarray) -> np.ndarray:
    """Return whether each row of the program holds a column that is not of water; shape (rows,)."""
    pattern = structure.pattern
    rows, columns = pattern.shape
    is_water = np.zeros(columns, dtype=bool)
    is_water[water_columns] = True
    entries_of_column = np.diff(pattern.indptr)
    of_water = np.repeat(is_water, entries_of_column)
    touches_power = np.zeros(rows, dtype=bool)
    touches_power[pattern.indices[~of_water]] = True
    return touches_power
