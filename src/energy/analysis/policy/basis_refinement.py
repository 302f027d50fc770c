"""Iterative refinement of a stage's optimum: columns that keep their rows, row prices that keep their columns.

A price of 1e9 beside one of 1 leaves little of the sixteen digits, and the simplex method carries what it has lost from
step to step. The factors of its last basis give it back (Wilkinson, Rounding Errors in Algebraic Processes, 1963,
chapter 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

STEPS = 2
"""Steps of refinement; the first one nearly always suffices."""


@dataclass(frozen=True, eq=False)
class BasicSolution:
    """What a basis says.

    Attributes
    ----------
    values
        Columns; shape (columns,).
    prices
        Of the rows; shape (rows,).
    """

    values: np.ndarray
    prices: np.ndarray


def refined(
    highs: highspy.Highs,
    matrix: sparse.csr_matrix,
    cost: np.ndarray,
) -> BasicSolution:
    """Return the solution of the last basis, refined where its factors allow it.

    Parameters
    ----------
    highs
        After a run.
    matrix, cost
        Of the program that it holds; shapes (rows, columns) and (columns,).
    """
    solution = highs.getSolution()
    values = np.array(solution.col_value)
    prices = np.array(solution.row_dual)
    activity = np.asarray(solution.row_value)
    status, basic_variables = highs.getBasicVariables()  # type: ignore[attr-defined]
    if status == highspy.HighsStatus.kError:
        return BasicSolution(values, prices)
    basic = np.asarray(basic_variables)
    is_column = basic >= 0  # negative numbers are slacks of rows
    columns = basic[is_column]
    rows = -1 - basic[~is_column]
    transposed = sparse.csr_matrix(matrix.T)
    for _ in range(STEPS):
        status, correction = highs.getBasisSolve(activity - matrix @ values)  # type: ignore[attr-defined]
        if status != highspy.HighsStatus.kError:
            values[columns] += np.asarray(correction)[is_column]
        missing = np.empty(len(basic))
        missing[is_column] = (cost - transposed @ prices)[columns]
        missing[~is_column] = -prices[rows]
        status, correction = highs.getBasisTransposeSolve(missing)  # type: ignore[attr-defined]
        if status != highspy.HighsStatus.kError:
            prices += np.asarray(correction)
    return BasicSolution(values, prices)
