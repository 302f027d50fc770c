"""Iterative refinement of a simplex solution whose primal residuals are too large."""

from __future__ import annotations

import highspy
import numpy as np

from energy.solve.lp import Problem, Structure, matrix_of

# The simplex carries the activity of rows from step to step; where prices are large or the basis is ill-conditioned
# that drifts from what the columns make of it, and HiGHS, which looks at what it carried, still says optimal
RESIDUAL = 1e-10  # by which a row may be missed, relative to one and the sum of the sizes of its terms; 1e-13 is usual
BEYOND = 1e-7  # by which a bound may be passed, HiGHS's own tolerance


def refined_solution(highs: highspy.Highs, structure: Structure, problem: Problem) -> np.ndarray | None:
    """Return the column values of an optimum that keep the rows; None where the basis does not give them.

    Where a row is missed, one step of iterative refinement: what the rows lack is solved for with the factors of the
    basis and added to the basic columns (Wilkinson, Rounding Errors in Algebraic Processes, 1963, chapter 3). The
    basis, and with it the prices and reduced costs, stays.

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
    if largest_residual(structure, problem, values) <= RESIDUAL:
        return values
    basic_status, basic = highs.getBasicVariables()  # type: ignore[attr-defined]
    lacking = np.asarray(solution.row_value) - matrix_of(structure, problem) @ values
    solve_status, step = highs.getBasisSolve(lacking)  # type: ignore[attr-defined]
    if highspy.HighsStatus.kError in (basic_status, solve_status):
        return None
    columns = np.asarray(basic) >= 0  # the others are slacks of rows
    values = values.copy()
    values[np.asarray(basic)[columns]] += np.asarray(step)[columns]
    beyond = float(np.maximum(problem.lower - values, values - problem.upper).max(initial=0.0))
    return values if beyond <= BEYOND and largest_residual(structure, problem, values) <= RESIDUAL else None


def largest_residual(structure: Structure, problem: Problem, values: np.ndarray) -> float:
    """Return by how much the row that is missed most is missed, relative to one and the sizes of its terms."""
    matrix = matrix_of(structure, problem)
    activity, size = matrix @ values, abs(matrix) @ np.abs(values)
    return float(
        (np.maximum(problem.row_lower - activity, activity - problem.row_upper) / (1.0 + size)).max(initial=0.0)
    )
