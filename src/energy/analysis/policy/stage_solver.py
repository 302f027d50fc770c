"""The program of one node, kept in HiGHS from solve to solve: numbers, cuts and states are set, not built anew."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import highspy
import numpy as np

from energy.analysis.policy.basis_refinement import basic_solution, refined
from energy.analysis.policy.graph import PolicyNode
from energy.analysis.policy.stage import Noise
from energy.analysis.policy.stage_numbers import StageNumbers
from energy.analysis.policy.value_function import Cuts
from energy.errors import SolverError

Options = dict[str, bool | int | float | str]
OPTIONS: Options = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "solver": "simplex",
    "presolve": "off",
    "simplex_scale_strategy": 4,  # each row and column by its largest value: prices span twelve orders of magnitude
    "primal_feasibility_tolerance": 1e-9,  # a MWh of water made of nothing costs as much as 1e-8 of a row
    "dual_feasibility_tolerance": 1e-10,
    "simplex_iteration_limit": 5_000,  # a stage takes some hundreds; more of them are a simplex that goes in a circle
}
LONGEST_RUN = 10.0
"""Wall time [s] after which a run counts as one that does not end.

A stage takes hundredths of a second. A primal simplex of HiGHS 1.15 has refused one entering variable after another for
a quarter of an hour, none of which counts as an iteration.
"""
WARM_ATTEMPTS: tuple[Options, ...] = (
    {"simplex_scale_strategy": 0, "simplex_strategy": 4},
    {},
)
"""What is tried first, from the last sound basis.

One simplex in four breaks off, since what is optimal in scaled numbers is not in the program's own. Nearly all of them
go on from there by the primal one, in a fifth of the time that it takes from nothing.
"""
LENIENT: Options = {"primal_feasibility_tolerance": 1e-7, "dual_feasibility_tolerance": 1e-9}
"""Where no way leads to the usual tolerances, which are near the rounding of the largest numbers."""
ATTEMPTS: tuple[Options, ...] = (
    {"presolve": "on"},
    {"simplex_scale_strategy": 2},
    {"simplex_scale_strategy": 0},
    {"simplex_strategy": 4},  # the primal simplex: near-parallel cuts have left the dual one without a basis
    LENIENT,
    LENIENT | {"presolve": "on"},
    LENIENT | {"simplex_scale_strategy": 2},
    LENIENT | {"presolve": "on", "simplex_strategy": 4},
    LENIENT | {"presolve": "on", "simplex_scale_strategy": 1},
    LENIENT | {"presolve": "on", "solver": "ipm"},
)
"""What is tried in turn, from nothing, when the simplex breaks off on its way from the last basis.

That a program is infeasible is no answer before the last of them: it has been said of stages that have an optimum.
"""
PROVED = 1e-9
"""Share of the objective up to which an answer's own prices may miss it where HiGHS does not call it optimal."""
ROOM = 1e-6
"""By how much such an answer may pass a bound or a row."""


@dataclass(frozen=True, eq=False)
class _StageSolution:
    """The optimum of one stage.

    Attributes
    ----------
    objective
        Cost of the stage and of what follows.
    bound
        What the row prices prove to be no more than that; it holds whatever the solver's tolerances are.
    cost
        Cost of the stage alone.
    slope
        Derivative of the bound in the incoming state; shape (states,).
    state
        Outgoing state; shape (states,).
    values
        Columns of the stage; shape (columns,).
    """

    objective: float
    bound: float
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

    def __init__(self, node: PolicyNode) -> None:
        self._node = node
        self._stage = node.stage
        self._future = len(node.stage.cost)
        self._cuts = Cuts.none(len(node.stage.state_out))
        self._applied = Noise()
        self._numbers = StageNumbers(node)
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in OPTIONS.items():
            self._highs.setOptionValue(option, value)
        self._pass_program()
        self._apply(node.noises[0])
        self._run()
        self._basis = self._highs.getBasis()
        self._sound_basis = self._basis

    def _pass_program(self) -> None:
        numbers = self._numbers
        rows, columns = numbers.matrix.shape
        self._highs.passModel(
            columns,
            rows,
            numbers.matrix.nnz,
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            numbers.cost,
            numbers.lower,
            numbers.upper,
            numbers.row_lower,
            numbers.row_upper,
            numbers.matrix.indptr,
            numbers.matrix.indices,
            numbers.matrix.data,
            np.zeros(columns, dtype=np.int32),
        )

    def install(self, cuts: Cuts) -> None:
        """Put cuts in the place of those that were there."""
        if cuts.same(self._cuts):
            return
        rows = self._stage.matrix.shape[0]
        installed = len(self._cuts.intercepts)
        if installed:
            self._highs.deleteRows(installed, np.arange(rows, rows + installed, dtype=np.int32))
        self._cuts = cuts
        self._add_cuts()

    def _add_cuts(self) -> None:
        cuts = self._cuts
        count, states = cuts.slopes.shape
        if not count:
            return
        columns = np.append(self._stage.state_out, self._future).astype(np.int32)
        coefficients = np.hstack([-cuts.slopes, np.ones((count, 1))])
        self._highs.addRows(
            count,
            cuts.intercepts,
            np.full(count, np.inf),
            coefficients.size,
            np.arange(
                0,
                coefficients.size,
                states + 1,
                dtype=np.int32,
            ),
            np.tile(columns, count),
            coefficients.ravel(),
        )

    def restart(self) -> None:
        """Forget all solves: the next one starts from the first basis.

        The program is passed anew, since HiGHS keeps what it has scaled rows and columns by, whatever else it forgets.
        """
        self._pass_program()
        self._add_cuts()
        self._sound_basis = self._basis
        if not self._basis.valid:
            return
        basis = highspy.HighsBasis()
        basic = [highspy.HighsBasisStatus.kBasic] * len(self._cuts.intercepts)
        basis.col_status = self._basis.col_status
        basis.row_status = [*self._basis.row_status, *basic]
        basis.valid = True
        self._highs.setBasis(basis)
        self._sound_basis = basis

    def solve(
        self,
        state: np.ndarray,
        noise: Noise,
    ) -> _StageSolution:
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
        self._highs.changeColsBounds(
            len(state),
            self._stage.state_in.astype(np.int32),
            state,
            state,
        )
        self._run()
        solution = self._solution(state)
        if solution is None:
            solution = self._solved_from_last_basis(state)
        if solution is None:
            solution = self._solved_from_nothing(state)
        self._sound_basis = self._highs.getBasis()
        return solution

    def _run(self) -> None:
        """Run HiGHS, no longer than any stage takes that ends."""
        seconds_so_far = self._highs.getRunTime()  # HiGHS counts those of all its runs
        self._highs.setOptionValue("time_limit", seconds_so_far + LONGEST_RUN)
        self._highs.run()

    def _solution(self, state: np.ndarray) -> _StageSolution | None:
        """Return the answer of the last run; None where neither HiGHS nor its own prices call it optimal."""
        highs = self._highs
        status = highs.getModelStatus()
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kUnknown):
            return None
        info = highs.getInfo()
        numbers = self._numbers
        answer = basic_solution(highs)
        bound, slope = numbers.proved(answer, self._cuts, state)
        objective = float(numbers.cost @ answer.values)
        if numbers.is_inexact(answer, objective - bound):
            answer = refined(
                highs,
                answer,
                activity=partial(numbers.activity, self._cuts),
                reduced_cost=partial(numbers.reduced_cost, self._cuts),
            )
            bound, slope = numbers.proved(answer, self._cuts, state)
            objective = float(numbers.cost @ answer.values)
        values = answer.values
        if status == highspy.HighsModelStatus.kUnknown:
            missed = objective - bound > PROVED * max(abs(objective), 1.0)
            if missed or info.max_primal_infeasibility > ROOM:
                return None
        leaving = self._stage.state_out
        # a solver may pass a bound by its tolerance, which the next stage could not take back
        state_left = values[leaving].clip(self._stage.lower[leaving], self._stage.upper[leaving])
        return _StageSolution(
            objective=objective,
            bound=bound,
            cost=objective - float(values[self._future]),
            slope=slope,
            state=state_left,
            values=values[: self._future],
        )

    def _apply(self, noise: Noise) -> None:
        """Take back the noise that was there, and set another."""
        if noise is self._applied:
            return
        numbers = self._numbers
        for changes in (numbers.undone(self._applied), noise):
            numbers.change(changes)
            self._highs.changeRowsBounds(  # type: ignore[attr-defined]
                len(changes.rows),
                changes.rows,
                changes.row_lower,
                changes.row_upper,
            )
            self._highs.changeColsBounds(
                len(changes.columns),
                changes.columns,
                changes.lower,
                changes.upper,
            )
            self._highs.changeColsCost(len(changes.priced), changes.priced, changes.cost)
            for row, column, coefficient in zip(
                changes.entry_rows,
                changes.entry_columns,
                changes.coefficients,
                strict=True,
            ):
                self._highs.changeCoeff(int(row), int(column), float(coefficient))
        self._applied = noise

    def _solved_from_last_basis(self, state: np.ndarray) -> _StageSolution | None:
        """Solve from where the simplex broke off, or where that is no basis from that of the last solution."""
        reached = self._highs.getBasis()
        basis = reached if reached.valid else self._sound_basis
        if not basis.valid:
            return None
        answers = (self._attempt(attempt, state, basis) for attempt in WARM_ATTEMPTS)
        return next((answer for answer in answers if answer is not None), None)

    def _solved_from_nothing(self, state: np.ndarray) -> _StageSolution:
        """Solve without a basis, at last with a state that may be a hair off: what a stage left within tolerance."""
        highs = self._highs
        word = highs.modelStatusToString(highs.getModelStatus()).lower()
        states = self._stage.state_in.astype(np.int32)
        for share in (0.0, ROOM):
            room = share * np.maximum(np.abs(state), 1.0)
            highs.changeColsBounds(len(state), states, state - room, state + room)
            for attempt in ATTEMPTS:
                solution = self._attempt(attempt, state)
                if solution is not None:
                    return solution
            solution = self._solved_with_few_cuts(state)
            if solution is not None:
                return solution
        levels = ", ".join(f"{level:.6g}" for level in state)
        raise SolverError(f"stage {self._stage.name}: {word} at the incoming state ({levels})")

    def _solved_with_few_cuts(self, state: np.ndarray) -> _StageSolution | None:
        """Solve with those cuts alone that count: one after another is added, where it is passed most.

        Hundreds of cuts that are nearly the same leave a simplex without a basis; a dozen of them do not.
        """
        cuts = self._cuts
        chosen: list[int] = []
        try:
            while True:
                self.install(cuts.some(chosen))
                solution = self._first_answer(state)
                if solution is None:
                    return None
                future = solution.objective - solution.cost
                passed = cuts.at(solution.state[None])[0] - future
                if not passed.size or passed.max() <= PROVED * max(abs(solution.objective), 1.0):
                    return solution
                highest = int(passed.argmax())
                if highest in chosen:
                    return None
                chosen.append(highest)
        finally:
            self.install(cuts)

    def _first_answer(self, state: np.ndarray) -> _StageSolution | None:
        """Solve from nothing in the first of all ways that gives an answer."""
        answers = (self._attempt(attempt, state) for attempt in ({}, *ATTEMPTS))
        return next((answer for answer in answers if answer is not None), None)

    def _attempt(
        self,
        options: Options,
        state: np.ndarray,
        basis: highspy.HighsBasis | None = None,
    ) -> _StageSolution | None:
        """Solve with some options, from a basis or from nothing; None where that gives no answer."""
        highs = self._highs
        highs.clearSolver()
        if basis is not None:
            highs.setBasis(basis)
        for option, value in options.items():
            highs.setOptionValue(option, value)
        self._run()
        solution = self._solution(state)
        highs.resetOptions()
        for option, value in OPTIONS.items():
            highs.setOptionValue(option, value)
        return solution
