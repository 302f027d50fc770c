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
        Least and most that each state can be, with some room; shape (states, 2).
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
        start = by_row.indptr[row]
        end = by_row.indptr[row + 1]
        columns = by_row.indices[start:end]
        so_far = is_past[columns]
        terms = columns[so_far].astype(np.int64)
        coefficients = by_row.data[start:end][so_far]
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
    """Return least and most of each state, from the bounds of the columns that it sums, with as much room again."""
    bounds = np.empty((len(link.rows), 2))
    for state, row in enumerate(link.rows):
        start = by_row.indptr[row]
        end = by_row.indptr[row + 1]
        so_far = is_past[by_row.indices[start:end]]
        columns = by_row.indices[start:end][so_far]
        shares = by_row.data[start:end][so_far] / link.factor[row]
        ends = np.sort([shares * problem.lower[columns], shares * problem.upper[columns]], axis=0)
        least, most = ends.sum(axis=1)
        room = most - least + 1.0
        bounds[state] = (least - room, most + room)
    return bounds
