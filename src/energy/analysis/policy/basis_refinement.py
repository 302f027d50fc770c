"""Iterative refinement of a stage's optimum: columns that keep their rows, row prices that keep their columns.

A price of 1e9 beside one of 1 leaves little of the sixteen digits, and the simplex method carries what it has lost from
step to step. The factors of its last basis give it back (Wilkinson, Rounding Errors in Algebraic Processes, 1963,
chapter 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np

STEPS = 2
"""Steps of refinement; the first one nearly always suffices."""


@dataclass(frozen=True, eq=False)
class BasicSolution:
    """What a basis says.

    Attributes
    ----------
    values
        Columns; shape (columns,).
    activity, prices
        Of the rows; shape (rows,).
    """

    values: np.ndarray
    activity: np.ndarray
    prices: np.ndarray


def basic_solution(highs: highspy.Highs) -> BasicSolution:
    """Return the solution of the last run as HiGHS has it."""
    solution = highs.getSolution()
    return BasicSolution(
        values=np.array(solution.col_value),
        activity=np.array(solution.row_value),
        prices=np.array(solution.row_dual),
    )


def refined(
    highs: highspy.Highs,
    solution: BasicSolution,
    activity: Callable[[np.ndarray], np.ndarray],
    reduced_cost: Callable[[np.ndarray], np.ndarray],
) -> BasicSolution:
    """Return the solution of the last basis, refined where its factors allow it.

    Parameters
    ----------
    highs
        After a run.
    solution
        What the run gave.
    activity
        Columns → rows of the program that it holds; shape (columns,) → (rows,).
    reduced_cost
        Row prices → reduced costs of its columns; shape (rows,) → (columns,).
    """
    status, basic_variables = highs.getBasicVariables()  # type: ignore[attr-defined]
    if status == highspy.HighsStatus.kError:
        return solution
    values = solution.values.copy()
    prices = solution.prices.copy()
    basic = np.asarray(basic_variables)
    is_column = basic >= 0  # negative numbers are slacks of rows
    columns = basic[is_column]
    rows = -1 - basic[~is_column]
    for _ in range(STEPS):
        status, correction = highs.getBasisSolve(solution.activity - activity(values))  # type: ignore[attr-defined]
        if status != highspy.HighsStatus.kError:
            values[columns] += np.asarray(correction)[is_column]
        missing = np.empty(len(basic))
        missing[is_column] = reduced_cost(prices)[columns]
        missing[~is_column] = -prices[rows]
        status, correction = highs.getBasisTransposeSolve(missing)  # type: ignore[attr-defined]
        if status != highspy.HighsStatus.kError:
            prices += np.asarray(correction)
    return BasicSolution(values, solution.activity, prices)
