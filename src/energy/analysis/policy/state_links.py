"""What links the stages of a program: sums of rows that are still open at the end of a stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from energy.solve.lp import Problem


@dataclass(frozen=True, eq=False)
class StateLink:
    """How the rows that are open at the end of a stage hang on its states.

    A state is the sum of a row's terms so far, divided by the first of its coefficients. Rows with the same sum, up to
    a factor, share one state: the balance of a reservoir and the rule that closes its day.

    Attributes
    ----------
    state_of
        Row of the program → number of its state.
    factor
        Row → its sum so far, per unit of that state.
    rows
        The row from which each state is made.
    bounds
        Least and most that each state can be; shape (states, 2).
    """

    state_of: Mapping[int, int] = field(default_factory=dict)
    factor: Mapping[int, float] = field(default_factory=dict)
    rows: tuple[int, ...] = ()
    bounds: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))


def linked_rows(
    by_row: sparse.csr_matrix,
    open_rows: np.ndarray,
    is_past: np.ndarray,
) -> StateLink:
    """Return the states at the end of a stage: one for all open rows whose sums so far are multiples of each other."""
    state_of: dict[int, int] = {}
    factor: dict[int, float] = {}
    rows: list[int] = []
    known: dict[bytes, int] = {}
    for row in open_rows.tolist():
        columns, all_coefficients = _terms(by_row, row)
        so_far = is_past[columns]
        terms = columns[so_far].astype(np.int64)
        coefficients = all_coefficients[so_far]
        shape = np.round(coefficients / coefficients[0], 12)
        key = terms.tobytes() + shape.tobytes()
        if key not in known:
            known[key] = len(rows)
            rows.append(row)
        state_of[row] = known[key]
        factor[row] = float(coefficients[0])
    return StateLink(state_of, factor, tuple(rows))


def state_bounds(
    by_row: sparse.csr_matrix,
    link: StateLink,
    is_past: np.ndarray,
    problem: Problem,
) -> np.ndarray:
    """Return least and most of each state: what the columns that it sums can give, and what its rows can still bear.

    A row that no later column could bring back within its bounds is out of reach already: a contract's volume that is
    used up in July leaves nothing for August, and July may not use more. A state so bounded never leaves a later stage
    without a solution. A row with a slack of its own can bear anything.

    Returns
    -------
    array
        Shape (states, 2). Around a sum of several columns there is as much room again, since an outcome may move their
        bounds; a state of one column has that column's bounds.
    """
    bounds = np.empty((len(link.rows), 2))
    for state, row in enumerate(link.rows):
        columns, coefficients = _terms(by_row, row)
        so_far = is_past[columns]
        shares = coefficients[so_far] / link.factor[row]
        least, most = _range(shares, columns[so_far], problem)
        room = 0.0
        if so_far.sum() > 1:
            room = most - least + 1.0
        bounds[state] = (least - room, most + room)
    for row, state in link.state_of.items():
        columns, coefficients = _terms(by_row, row)
        to_come = ~is_past[columns]
        least, most = _range(coefficients[to_come], columns[to_come], problem)
        # what the row can bear of the sum so far, whatever comes; a factor below zero turns the two around
        one_end = (problem.row_lower[row] - most) / link.factor[row]
        other_end = (problem.row_upper[row] - least) / link.factor[row]
        least_borne = min(one_end, other_end)
        most_borne = max(one_end, other_end)
        bounds[state, 0] = max(bounds[state, 0], least_borne)
        bounds[state, 1] = min(bounds[state, 1], most_borne)
    return bounds


def _terms(by_row: sparse.csr_matrix, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of a row and their coefficients."""
    start = by_row.indptr[row]
    end = by_row.indptr[row + 1]
    return by_row.indices[start:end], by_row.data[start:end]


def _range(
    coefficients: np.ndarray,
    columns: np.ndarray,
    problem: Problem,
) -> tuple[float, float]:
    """Return the least and the most that a sum can be within the bounds of its columns."""
    at_lower = coefficients * problem.lower[columns]
    at_upper = coefficients * problem.upper[columns]
    least = np.minimum(at_lower, at_upper).sum()
    most = np.maximum(at_lower, at_upper).sum()
    return float(least), float(most)
