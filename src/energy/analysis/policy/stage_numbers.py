"""The numbers of a node's program as HiGHS has them now, and what row prices prove of its optimum."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from energy.analysis.policy.basis_refinement import BasicSolution
from energy.analysis.policy.graph import PolicyNode
from energy.analysis.policy.stage import Noise, entry_places
from energy.analysis.policy.value_function import Cuts

RESIDUAL = 1e-12
"""Of a row, beside one and its size, above which an answer is refined."""
GAP = 1e-12
"""Share of the objective by which an answer's own prices may miss it before it is refined."""


class StageNumbers:
    """The program of a node as HiGHS has it now, cuts aside; the last column is the cost of what follows."""

    def __init__(self, node: PolicyNode) -> None:
        stage = self._stage = node.stage
        future_lower, future_upper = (node.future_bound, np.inf) if node.transitions else (0.0, 0.0)
        future_column = sparse.csc_matrix((stage.matrix.shape[0], 1))
        self.matrix = sparse.hstack([stage.matrix, future_column], format="csc")
        self.matrix.sort_indices()
        self._stage_data = self.matrix.data.copy()
        # the same numbers by row: what a noise changes in one is changed in the other
        by_row = (self.matrix.data, self.matrix.indices, self.matrix.indptr)
        self._transposed = sparse.csr_matrix(by_row, shape=self.matrix.shape[::-1], copy=False)
        self.cost = np.append(stage.cost, 1.0)
        self.lower, self.upper = np.append(stage.lower, future_lower), np.append(stage.upper, future_upper)
        self.row_lower, self.row_upper = stage.row_lower.copy(), stage.row_upper.copy()

    def activity(self, cuts: Cuts, values: np.ndarray) -> np.ndarray:
        """Return what columns make of the rows, those of cuts behind the program's own; shape (rows + cuts,)."""
        leaving = values[self._stage.state_out]
        # without BLAS, whose last bits depend on its threads
        of_cuts = values[-1] - np.sum(cuts.slopes * leaving, axis=1)
        return np.concatenate([self.matrix @ values, of_cuts])

    def reduced_cost(self, cuts: Cuts, prices: np.ndarray) -> np.ndarray:
        """Return the reduced costs of the columns at some prices of the rows and cuts; shape (columns,)."""
        rows = len(self.row_lower)
        of_cuts = prices[rows:]
        reduced = self.cost - self._transposed @ prices[:rows]
        reduced[self._stage.state_out] += np.sum(of_cuts[:, None] * cuts.slopes, axis=0)
        reduced[-1] -= of_cuts.sum()
        return np.asarray(reduced)

    def undone(self, noise: Noise) -> Noise:
        """Return the changes that take a noise back."""
        stage = self._stage
        return Noise(
            rows=noise.rows,
            row_lower=stage.row_lower[noise.rows],
            row_upper=stage.row_upper[noise.rows],
            columns=noise.columns,
            lower=stage.lower[noise.columns],
            upper=stage.upper[noise.columns],
            priced=noise.priced,
            cost=stage.cost[noise.priced],
            entry_rows=noise.entry_rows,
            entry_columns=noise.entry_columns,
            coefficients=self._stage_data[self._places(noise)],
        )

    def change(self, changes: Noise) -> None:
        """Set the numbers that a noise has."""
        self.row_lower[changes.rows], self.row_upper[changes.rows] = changes.row_lower, changes.row_upper
        self.lower[changes.columns], self.upper[changes.columns] = changes.lower, changes.upper
        self.cost[changes.priced] = changes.cost
        self.matrix.data[self._places(changes)] = changes.coefficients

    def _places(self, noise: Noise) -> np.ndarray:
        """Return where in the data of the matrix the coefficients of a noise stand."""
        if not len(noise.coefficients):
            return noise.entry_rows
        return entry_places(self.matrix, noise.entry_rows, noise.entry_columns)

    def is_inexact(self, answer: BasicSolution, gap: float) -> bool:
        """Return whether an answer misses its rows, or its prices the objective, by more than rounding does."""
        own_rows = answer.activity[: len(self.row_lower)]
        residual = np.abs(self.matrix @ answer.values - own_rows)
        size = 1.0 + np.abs(own_rows)
        objective = abs(float(self.cost @ answer.values))
        return bool((residual > RESIDUAL * size).any() or abs(gap) > GAP * max(objective, 1.0))

    def proved(
        self,
        answer: BasicSolution,
        cuts: Cuts,
        state: np.ndarray,
    ) -> tuple[float, np.ndarray]:
        """Return a lower bound of the optimum that row prices prove, and its derivative in the incoming state.

        Any prices of the right sign give one (Neumaier and Shcherbina 2004, doi 10.1007/s10107-003-0433-3): the least
        of the Lagrangian over the bounds of the columns. So a cut is valid however inexact the solver's prices are.
        Where a column has no bound on the side that would count, its value at the optimum stands for it.
        """
        values, prices = answer.values, answer.prices
        rows = len(self.row_lower)
        of_rows = _signed(prices[:rows], self.row_lower, self.row_upper)
        of_cuts = np.maximum(prices[rows:], 0.0)
        reduced = self.reduced_cost(cuts, np.append(of_rows, of_cuts))
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[self._stage.state_in] = upper[self._stage.state_in] = state
        best = np.where(reduced > 0, lower, upper)
        best = np.where(np.isfinite(best), best, values)
        level = np.where(of_rows > 0, self.row_lower, self.row_upper)
        earned = np.where(of_rows != 0, of_rows * np.where(of_rows != 0, level, 0.0), 0.0)
        bound = float(earned.sum() + (of_cuts * cuts.intercepts).sum() + (reduced * best).sum())
        return bound, reduced[self._stage.state_in]


def _signed(
    prices: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> np.ndarray:
    """Return row prices without those that stand for a bound that is not there."""
    wrong = ((prices > 0) & np.isneginf(lower)) | ((prices < 0) & np.isposinf(upper))
    return np.where(wrong, 0.0, prices)
