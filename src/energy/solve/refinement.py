"""Iterative refinement of a simplex solution whose primal residuals are too large."""

from __future__ import annotations

import highspy
import numpy as np

from energy.solve.lp import Problem, Structure, matrix_of

# The simplex method updates the activity of rows from step to step. Where prices are large or the basis is
# ill-conditioned, the updated activity drifts from A·x, and HiGHS, which checks that one, still reports an optimum
RESIDUAL = 1e-10  # largest residual of a row, relative to one and the sum of the sizes of its terms; 1e-13 is usual
BEYOND = 1e-7  # largest violation of a column's bound, the tolerance of HiGHS


def refined_solution(
    highs: highspy.Highs,
    structure: Structure,
    problem: Problem,
) -> np.ndarray | None:
    """Return the column values of an optimum that keep the rows; None where the basis does not give them.

    Where the residual of a row is too large, one step of iterative refinement follows: the factors of the basis solve
    for the correction of the basic columns (Wilkinson, Rounding Errors in Algebraic Processes, 1963, chapter 3). The
    basis, and with it the dual values and reduced costs, stays.

    Returns
    -------
    numpy.ndarray of the columns, in their own units, or None

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model.inputs import inputs
    >>> from energy.scenario import read_scenario
    >>> from energy.solve import Engine
    >>> engine = Engine(inputs(read_case("two_bus"), read_scenario("two_bus")))
    >>> values = engine.solve(engine.base).values["generators", "p"]
    >>> values.shape == (len(engine.base.axis.snapshots), len(engine.base.components["generators"]))
    True
    """
    solution = highs.getSolution()
    values = np.asarray(solution.col_value)
    residual = largest_residual(structure, problem, values)
    if residual <= RESIDUAL:
        return values
    activity = np.asarray(solution.row_value)
    residuals = activity - matrix_of(structure, problem) @ values
    basic_status, basic_variables = highs.getBasicVariables()  # type: ignore[attr-defined]
    solve_status, correction = highs.getBasisSolve(residuals)  # type: ignore[attr-defined]
    if highspy.HighsStatus.kError in (basic_status, solve_status):
        return None
    basic = np.asarray(basic_variables)
    is_column = basic >= 0  # negative numbers are slacks of rows
    refined = values.copy()
    refined[basic[is_column]] += np.asarray(correction)[is_column]
    if not _within_bounds(problem, refined):
        return None
    residual = largest_residual(structure, problem, refined)
    keeps_rows = residual <= RESIDUAL
    return refined if keeps_rows else None


def _within_bounds(problem: Problem, values: np.ndarray) -> bool:
    """Return whether all columns are within their bounds, but for the tolerance of HiGHS."""
    below = problem.lower - values
    above = values - problem.upper
    violation = np.maximum(below, above)
    largest = float(violation.max(initial=0.0))
    return largest <= BEYOND


def largest_residual(
    structure: Structure,
    problem: Problem,
    values: np.ndarray,
) -> float:
    """Return the largest residual of a row, relative to one and the sum of the sizes of its terms."""
    matrix = matrix_of(structure, problem)
    activity = matrix @ values
    size = abs(matrix) @ np.abs(values)
    below = problem.row_lower - activity
    above = activity - problem.row_upper
    residual = np.maximum(below, above)
    relative = residual / (1.0 + size)
    return float(relative.max(initial=0.0))
