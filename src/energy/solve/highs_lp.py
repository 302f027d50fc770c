"""A linear program in the form that HiGHS takes, each part by its name."""

from __future__ import annotations

import highspy
from scipy import sparse

from energy.solve.lp import Problem


def highs_lp(problem: Problem, pattern: sparse.csc_matrix | sparse.csr_matrix) -> highspy.HighsLp:
    """Return a program as HiGHS's own type.

    Parameters
    ----------
    problem
        Costs, bounds and the values of the matrix.
    pattern
        Where these values stand, by column or by row; shape (rows, columns).

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones(1)
    >>> problem = Problem(one, lower=0 * one, upper=one, matrix=one, row_lower=one, row_upper=one)
    >>> lp = highs_lp(problem, sparse.csc_matrix(np.eye(1)))
    >>> lp.num_row_, lp.num_col_
    (1, 1)
    """
    height, width = pattern.shape
    lp = highspy.HighsLp()
    lp.num_col_ = width
    lp.num_row_ = height
    lp.col_cost_ = problem.cost
    lp.col_lower_ = problem.lower
    lp.col_upper_ = problem.upper
    lp.row_lower_ = problem.row_lower
    lp.row_upper_ = problem.row_upper
    matrix = lp.a_matrix_
    by_column = pattern.format == "csc"
    matrix.format_ = highspy.MatrixFormat.kColwise if by_column else highspy.MatrixFormat.kRowwise
    matrix.num_col_ = width
    matrix.num_row_ = height
    matrix.start_ = pattern.indptr
    matrix.index_ = pattern.indices
    matrix.value_ = problem.matrix
    return lp
