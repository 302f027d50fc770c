"""The program of one node, kept in HiGHS from solve to solve: numbers, cuts and states are set, not built anew."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from energy.analysis.policy.graph import Node
from energy.analysis.policy.stage import Noise
from energy.analysis.policy.value_function import Cuts
from energy.errors import SolverError

OPTIONS: dict[str, bool | int | str] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "solver": "simplex",
    "presolve": "off",
}


@dataclass(frozen=True, eq=False)
class StageSolution:
    """The optimum of one stage.

    Attributes
    ----------
    objective
        Cost of the stage and of what follows.
    cost
        Cost of the stage alone.
    slope
        Derivative of the objective in the incoming state; shape (states,).
    state
        Outgoing state; shape (states,).
    values
        Columns of the stage; shape (columns,).
    """

    objective: float
    cost: float
    slope: np.ndarray
    state: np.ndarray
    values: np.ndarray


class StageSolver:
    """HiGHS with the program of one node; the last column is the cost of what follows.

    Every sequence of solves begins at `restart` from one basis, that of the stage without cuts whose incoming state is
    free. So what a sequence gives follows from the sequence alone, and not from what was solved before.

    Parameters
    ----------
    node
        Stage, noise and bound of what follows.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._stage = node.stage
        self._future = len(node.stage.cost)
        self._cuts = Cuts.none(len(node.stage.state_out))
        self._applied = Noise()
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in OPTIONS.items():
            self._highs.setOptionValue(option, value)
        self._pass_program()
        self._apply(node.noises[0])
        self._highs.run()
        self._basis = self._highs.getBasis()

    def _pass_program(self) -> None:
        stage, node = self._stage, self._node
        rows, columns = stage.matrix.shape
        future_column = sparse.csc_matrix((rows, 1))
        matrix = sparse.hstack([stage.matrix, future_column], format="csc")
        future_lower, future_upper = (node.future_bound, np.inf) if node.transitions else (0.0, 0.0)
        self._highs.passModel(
            columns + 1,
            rows,
            matrix.nnz,
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            np.append(stage.cost, 1.0),
            np.append(stage.lower, future_lower),
            np.append(stage.upper, future_upper),
            stage.row_lower,
            stage.row_upper,
            matrix.indptr,
            matrix.indices,
            matrix.data,
            np.zeros(columns + 1, dtype=np.int32),
        )

    def install(self, cuts: Cuts) -> None:
        """Put cuts in the place of those that were there."""
        if cuts.same(self._cuts):
            return
        rows = self._stage.matrix.shape[0]
        installed = len(self._cuts.intercepts)
        if installed:
            self._highs.deleteRows(installed, np.arange(rows, rows + installed, dtype=np.int32))
        count, states = cuts.slopes.shape
        if count:
            columns = np.append(self._stage.state_out, self._future).astype(np.int32)
            coefficients = np.hstack([-cuts.slopes, np.ones((count, 1))])
            self._highs.addRows(
                count,
                cuts.intercepts,
                np.full(count, np.inf),
                coefficients.size,
                np.arange(0, coefficients.size, states + 1, dtype=np.int32),
                np.tile(columns, count),
                coefficients.ravel(),
            )
        self._cuts = cuts

    def restart(self) -> None:
        """Forget all solves: the next one starts from the first basis."""
        self._highs.clearSolver()
        if not self._basis.valid:
            return
        basis = highspy.HighsBasis()
        basic = [highspy.HighsBasisStatus.kBasic] * len(self._cuts.intercepts)
        basis.col_status = self._basis.col_status
        basis.row_status = [*self._basis.row_status, *basic]
        basis.valid = True
        self._highs.setBasis(basis)

    def solve(self, state: np.ndarray, noise: Noise) -> StageSolution:
        """Solve the stage.

        Parameters
        ----------
        state
            Incoming; shape (states,).
        noise
            What was seen.

        Raises
        ------
        SolverError
            When there is no optimum.
        """
        self._apply(noise)
        self._highs.changeColsBounds(len(state), self._stage.state_in.astype(np.int32), state, state)
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self._solve_from_nothing(state)
        solution = self._highs.getSolution()
        values = np.asarray(solution.col_value)
        reduced_costs = np.asarray(solution.col_dual)
        objective = self._highs.getInfo().objective_function_value
        return StageSolution(
            objective=objective,
            cost=objective - float(values[self._future]),
            slope=reduced_costs[self._stage.state_in],
            state=values[self._stage.state_out],
            values=values[: self._future],
        )

    def _apply(self, noise: Noise) -> None:
        """Take back the noise that was there, and set another."""
        if noise is self._applied:
            return
        stage, before = self._stage, self._applied
        base = Noise(
            rows=before.rows,
            row_lower=stage.row_lower[before.rows],
            row_upper=stage.row_upper[before.rows],
            columns=before.columns,
            lower=stage.lower[before.columns],
            upper=stage.upper[before.columns],
            priced=before.priced,
            cost=stage.cost[before.priced],
        )
        for numbers in (base, noise):
            for row, low, high in zip(numbers.rows, numbers.row_lower, numbers.row_upper, strict=True):
                self._highs.changeRowBounds(int(row), float(low), float(high))
            self._highs.changeColsBounds(len(numbers.columns), numbers.columns, numbers.lower, numbers.upper)
            self._highs.changeColsCost(len(numbers.priced), numbers.priced, numbers.cost)
        self._applied = noise

    def _solve_from_nothing(self, state: np.ndarray) -> None:
        self._highs.clearSolver()
        self._highs.setOptionValue("presolve", "on")
        self._highs.run()
        self._highs.setOptionValue("presolve", "off")
        status = self._highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            word = self._highs.modelStatusToString(status).lower()
            levels = ", ".join(f"{level:.6g}" for level in state)
            raise SolverError(f"stage {self._stage.name}: {word} at the incoming state ({levels})")
