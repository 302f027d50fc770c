"""Duality gap of a solution: a certified bound from its dual values (weak duality)."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from energy.solve.lp import Problem, Structure, matrix_of


def duality_gap(structure: Structure, problem: Problem, values: np.ndarray, duals: np.ndarray) -> float:
    """Return by what share of its objective an answer may at most be worse than the optimum.

    By weak duality any row duals y bound the optimum from below: no point that keeps all rows and bounds costs less
    than the least of y·a over the row bounds plus the least of (c - Aᵀy)·x over the column bounds (Bertsimas and
    Tsitsiklis, Introduction to Linear Optimization, 1997, theorem 4.3). The prices need not be optimal for that, nor
    the solver honest; poor ones only prove less. That the answer keeps rows and bounds is `refine.missed`'s to say.

    Parameters
    ----------
    structure, problem
        The program.
    values
        The answer, in the columns' own units; shape (columns,).
    duals
        Prices of the rows [$ per unit of the row]; shape (rows,).

    Returns
    -------
    float
        Relative to the size of the objective; infinite where the prices prove nothing, as for a column without
        bounds that has a reduced cost.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model.inputs import inputs
    >>> from energy.scenario import read_scenario
    >>> from energy.solve import Engine
    >>> engine = Engine(inputs(read_case("two_bus"), read_scenario("two_bus")))
    >>> program, found = engine.structure.problem(engine.base), engine.solve(engine.base)
    >>> optimum = engine.solver.optimum()
    >>> duality_gap(engine.structure, program, optimum.values, optimum.duals) < 1e-9
    True
    """
    matrix = matrix_of(structure, problem)
    prices = duals.copy()
    prices[(prices > 0) & np.isinf(problem.row_lower)] = 0.0  # a price that no bound can pay is none
    prices[(prices < 0) & np.isinf(problem.row_upper)] = 0.0
    reduced = reduced_costs(structure, problem, prices)
    lower, upper = _implied(matrix, problem)
    bound = _least(prices, problem.row_lower, problem.row_upper) + _least(reduced, lower, upper)
    objective = float(problem.cost @ values)
    return (objective - bound) / max(abs(objective), 1.0)


def reduced_costs(structure: Structure, problem: Problem, duals: np.ndarray) -> np.ndarray:
    """Return the reduced costs c - Aᵀy of the columns at row duals y [$ per unit of the column]; shape (columns,)."""
    return np.asarray(problem.cost - duals @ matrix_of(structure, problem))


def _least(prices: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> float:
    at = np.where(prices > 0, lower, upper)[prices != 0]
    return float(prices[prices != 0] @ at)


def _implied(matrix: sparse.csc_matrix, problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return column bounds, finite as well where an equation whose other columns are bounded implies them.

    What a store gives is bounded by its contents alone, the angle of an open line by the other lines of its cycle.
    """
    lower, upper = problem.lower.copy(), problem.upper.copy()
    free = np.isinf(lower) | np.isinf(upper)
    most = np.where(free, 0.0, np.maximum(abs(lower), abs(upper)))
    equation = np.isfinite(problem.row_lower) & (problem.row_lower == problem.row_upper)
    size = abs(matrix)
    reach = np.where(equation, abs(problem.row_lower), np.inf) + size @ most
    reach[size.sign() @ free.astype(float) != 1.0] = np.inf  # it takes an equation with this free column alone
    entries = size[:, free].tocoo()
    implied = np.full(int(free.sum()), np.inf)
    filled = entries.data > 0
    np.minimum.at(implied, entries.col[filled], reach[entries.row[filled]] / entries.data[filled])
    lower[free], upper[free] = np.maximum(lower[free], -implied), np.minimum(upper[free], implied)
    return lower, upper
