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
        stage = node.stage
        self._stage = stage
        future_lower = 0.0
        future_upper = 0.0
        if node.transitions:
            future_lower = node.future_bound
            future_upper = np.inf
        rows = stage.matrix.shape[0]
        future_column = sparse.csc_matrix((rows, 1))
        self.matrix = sparse.hstack([stage.matrix, future_column], format="csc")
        self.matrix.sort_indices()
        self._stage_data = self.matrix.data.copy()
        # the same numbers by row: what a noise changes in one is changed in the other
        self._transposed = sparse.csr_matrix(
            (self.matrix.data, self.matrix.indices, self.matrix.indptr),
            shape=self.matrix.shape[::-1],
            copy=False,
        )
        self.cost = np.append(stage.cost, 1.0)
        self.lower = np.append(stage.lower, future_lower)
        self.upper = np.append(stage.upper, future_upper)
        self.row_lower = stage.row_lower.copy()
        self.row_upper = stage.row_upper.copy()

    def activity(self, cuts: Cuts, values: np.ndarray) -> np.ndarray:
        """Return what columns make of the rows, those of cuts behind the program's own; shape (rows + cuts,)."""
        outgoing_state = values[self._stage.state_out]
        future_cost = values[-1]
        # summed without BLAS, whose last bits depend on its threads
        cut_at_state = np.sum(cuts.slopes * outgoing_state, axis=1)
        of_cuts = future_cost - cut_at_state
        of_rows = self.matrix @ values
        return np.concatenate([of_rows, of_cuts])

    def reduced_cost(self, cuts: Cuts, prices: np.ndarray) -> np.ndarray:
        """Return the reduced costs of the columns at some prices of the rows and cuts; shape (columns,)."""
        rows = len(self.row_lower)
        row_prices = prices[:rows]
        cut_prices = prices[rows:]
        priced_slopes = cut_prices[:, None] * cuts.slopes
        reduced = self.cost - self._transposed @ row_prices
        reduced[self._stage.state_out] += np.sum(priced_slopes, axis=0)
        reduced[-1] -= cut_prices.sum()
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
        self.row_lower[changes.rows] = changes.row_lower
        self.row_upper[changes.rows] = changes.row_upper
        self.lower[changes.columns] = changes.lower
        self.upper[changes.columns] = changes.upper
        self.cost[changes.priced] = changes.cost
        places = self._places(changes)
        self.matrix.data[places] = changes.coefficients

    def _places(self, noise: Noise) -> np.ndarray:
        """Return where in the data of the matrix the coefficients of a noise stand."""
        if not len(noise.coefficients):
            return noise.entry_rows
        return entry_places(self.matrix, noise.entry_rows, noise.entry_columns)

    def is_inexact(self, answer: BasicSolution, gap: float) -> bool:
        """Return whether an answer misses its rows, or its prices the objective, by more than rounding does."""
        own_rows = answer.activity[: len(self.row_lower)]
        residual = np.abs(self.matrix @ answer.values - own_rows)
        row_size = 1.0 + np.abs(own_rows)
        misses_a_row = (residual > RESIDUAL * row_size).any()
        objective = abs(float(self.cost @ answer.values))
        largest_gap = GAP * max(objective, 1.0)
        misses_the_objective = abs(gap) > largest_gap
        return bool(misses_a_row or misses_the_objective)

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
        rows = len(self.row_lower)
        row_prices = _signed(
            answer.prices[:rows],
            self.row_lower,
            self.row_upper,
        )
        cut_prices = np.maximum(answer.prices[rows:], 0.0)
        prices = np.append(row_prices, cut_prices)
        reduced = self.reduced_cost(cuts, prices)

        incoming = self._stage.state_in
        lower = self.lower.copy()
        upper = self.upper.copy()
        lower[incoming] = state
        upper[incoming] = state
        cheapest = np.where(reduced > 0, lower, upper)
        is_bounded = np.isfinite(cheapest)
        cheapest = np.where(is_bounded, cheapest, answer.values)

        # a row without a price earns nothing, be its bound infinite
        is_priced = row_prices != 0
        level = np.where(row_prices > 0, self.row_lower, self.row_upper)
        level = np.where(is_priced, level, 0.0)
        of_rows = np.where(is_priced, row_prices * level, 0.0)
        of_cuts = cut_prices * cuts.intercepts
        of_columns = reduced * cheapest
        bound = of_rows.sum() + of_cuts.sum() + of_columns.sum()
        return float(bound), reduced[incoming]


def _signed(
    prices: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> np.ndarray:
    """Return row prices without those that stand for a bound that is not there."""
    has_no_lower = (prices > 0) & np.isneginf(lower)
    has_no_upper = (prices < 0) & np.isposinf(upper)
    return np.where(has_no_lower | has_no_upper, 0.0, prices)
