"""Duality gap of a solution: a certified bound from its dual values (weak duality)."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from energy.solve.lp import Problem, Structure, matrix_of


def duality_gap(
    structure: Structure,
    problem: Problem,
    values: np.ndarray,
    duals: np.ndarray,
) -> float:
    """Return the relative duality gap: the share of its objective by which a solution may at most exceed the optimum.

    By weak duality any row duals y bound the optimum from below: no point that keeps all rows and bounds costs less
    than the least of y·a over the row bounds plus the least of (c - Aᵀy)·x over the column bounds (Bertsimas and
    Tsitsiklis, Introduction to Linear Optimization, 1997, theorem 4.3). The duals need not be optimal for
    that: poor ones only prove a wider gap. Whether the solution keeps rows and bounds is checked elsewhere
    (`energy.solve.refinement.largest_residual`).

    Parameters
    ----------
    structure, problem
        The program.
    values
        The solution, in the columns' own units; shape (columns,).
    duals
        Dual values of the rows [$ per unit of the row]; shape (rows,).

    Returns
    -------
    float
        Relative to the size of the objective; infinite where the duals prove nothing, as for a column without
        bounds that has a reduced cost.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model.inputs import inputs
    >>> from energy.scenario import read_scenario
    >>> from energy.solve import Engine
    >>> engine = Engine(inputs(read_case("two_bus"), read_scenario("two_bus")))
    >>> program = engine.structure.problem(engine.base)
    >>> result = engine.solve(engine.base)
    >>> optimum = engine.solver.optimum()
    >>> duality_gap(engine.structure, program, optimum.values, optimum.duals) < 1e-9
    True
    """
    prices = _supported_duals(problem, duals)
    reduced = _reduced_costs(structure, problem, prices)
    matrix = matrix_of(structure, problem)
    lower, upper = implied_bounds(matrix, problem)
    row_part = _least_value(prices, problem.row_lower, problem.row_upper)
    column_part = _least_value(reduced, lower, upper)
    bound = row_part + column_part
    objective = float(problem.cost @ values)
    scale = max(abs(objective), 1.0)
    return (objective - bound) / scale


def _reduced_costs(
    structure: Structure,
    problem: Problem,
    duals: np.ndarray,
) -> np.ndarray:
    """Return the reduced costs c - Aᵀy of the columns at row duals y [$ per unit of the column]; shape (columns,)."""
    matrix = matrix_of(structure, problem)
    reduced = problem.cost - duals @ matrix
    return np.asarray(reduced)


def _supported_duals(problem: Problem, duals: np.ndarray) -> np.ndarray:
    """Return the duals, zero where the row has no bound on the side that the sign of the dual points to."""
    prices = duals.copy()
    no_lower = np.isinf(problem.row_lower)
    no_upper = np.isinf(problem.row_upper)
    without_lower = (duals > 0) & no_lower
    without_upper = (duals < 0) & no_upper
    prices[without_lower] = 0.0
    prices[without_upper] = 0.0
    return prices


def _least_value(
    prices: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> float:
    """Return the least of prices times quantities that stay within their bounds."""
    priced = prices != 0
    cheapest = np.where(prices > 0, lower, upper)
    value = prices[priced] @ cheapest[priced]
    return float(value)


def implied_bounds(
    matrix: sparse.csc_matrix,
    problem: Problem,
) -> tuple[np.ndarray, np.ndarray]:
    """Return column bounds, finite as well where an equation whose other columns are bounded implies them.

    The contents of a store bound what it gives; the other lines of a cycle bound the angle of an open line.
    """
    lower = problem.lower.copy()
    upper = problem.upper.copy()
    free = np.isinf(lower) | np.isinf(upper)
    widest = np.maximum(abs(lower), abs(upper))
    largest = np.where(free, 0.0, widest)
    size = abs(matrix)
    reach = _reach(size, problem, largest)
    has_entry = size.sign()
    free_columns_in_row = has_entry @ free.astype(float)
    reach[free_columns_in_row != 1.0] = np.inf  # only an equation whose single free column this is bounds it
    entries = size[:, free].tocoo()
    filled = entries.data > 0
    columns = entries.col[filled]
    rows = entries.row[filled]
    coefficients = entries.data[filled]
    n_free = int(free.sum())
    implied = np.full(n_free, np.inf)
    largest_value = reach[rows] / coefficients
    np.minimum.at(implied, columns, largest_value)
    lowest = np.maximum(lower[free], -implied)
    highest = np.minimum(upper[free], implied)
    lower[free] = lowest
    upper[free] = highest
    return lower, upper


def _reach(
    size: sparse.csc_matrix,
    problem: Problem,
    largest: np.ndarray,
) -> np.ndarray:
    """Return how large the term of a free column may be in each row, infinite but for equations; shape (rows,)."""
    lower = problem.row_lower
    upper = problem.row_upper
    equation = np.isfinite(lower) & (lower == upper)
    constant = np.where(equation, abs(lower), np.inf)
    other_terms = size @ largest
    return np.asarray(constant + other_terms)
