"""HiGHS without state: a linear program and a warm start in, a solution out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import highspy
import numpy as np

from energy.errors import SolverError
from energy.model import Inputs
from energy.solve.duality_gap import duality_gap
from energy.solve.infeasibility import conflict
from energy.solve.lp import Problem, Structure
from energy.solve.refinement import largest_residual, refined_solution
from energy.solve.sifting import FixedColumns, fixable_columns, relaxed_program

UNDECIDED = (
    highspy.HighsModelStatus.kSolveError,
    highspy.HighsModelStatus.kUnknown,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
    highspy.HighsModelStatus.kIterationLimit,
    highspy.HighsModelStatus.kNotset,  # the simplex breaks off so when its prices grow too large
)
SOLVED = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kUnknown)  # or nearly
Options = dict[str, bool | int | float | str]
OPTIONS: Options = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0}
# Of money HiGHS works in hundreds: neither large prices nor the small costs that break ties then leave its tolerances.
# Weights are small as they are; on a long horizon half of the steps would be for the ties between them
SCALE = 1e-2
LONG_HORIZON = 200_000  # columns; docs/resolution.md has the measurements behind it
ROOM = 1e-6  # by how much of itself a bound left out may be passed, or in its own unit where that is more
PROVED = 1e-6  # share of the objective by which the answer's own prices must prove it to be no worse than the optimum
NEARLY = 1e-2  # what they must prove for the answer to say which columns are decided
ROUNDS = 3  # of an interior point of the columns that are left
NEAR: Options = {
    # from a start near the optimum the reductions of a presolve are lost, exact edge weights cost more than the steps
    # that they save, shaken costs are steps to be taken back, and factors that are always made anew at a check end
    # the wandering on stale ones (docs/performance.md)
    "solver": "simplex",
    "presolve": "off",
    "simplex_dual_edge_weight_strategy": 1,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
    "no_unnecessary_rebuild_refactor": False,
    "simplex_scale_strategy": 4,  # each row and column by its largest value
    "simplex_iteration_limit": 30_000,  # without shaken costs a simplex may stall; then it starts from nothing
}
OTHERWISE_SCALED: Options = {"simplex_scale_strategy": 2}
PRIMAL: Options = {"simplex_strategy": 4}
# Of a long horizon the ways from start to optimum are flat: the dual simplex wanders, and shaken bounds must be mended.
# Where primal steps have not ended it after one for every so many columns, an interior point is quicker
FLAT: Options = PRIMAL | {"primal_simplex_bound_perturbation_multiplier": 0.0}
COLUMNS_A_STEP = 300
FAR: Options = {
    "presolve": "choose",
    "simplex_dual_edge_weight_strategy": -1,
    "dual_simplex_cost_perturbation_multiplier": 1.0,
    "simplex_iteration_limit": 2**31 - 1,
    "simplex_scale_strategy": 2,
}


def method(columns: int) -> Options:
    """Return the HiGHS options of a solve by the size of the problem.

    Up to ``LONG_HORIZON`` columns the dual simplex is quick, and ends in a basis from which the next scenario starts.
    Beyond, an interior point is several times faster, and needs no start; the crossover to a basis, which would take
    longer than the solve, is left out. That asks for a sharper point: one of HiGHS's own 1e-8 comes back through the
    presolve's reductions with prices beyond its tolerance.

    Examples
    --------
    >>> method(20_000)["solver"], method(1_700_000)["solver"]
    ('simplex', 'hipo')
    """
    if columns <= LONG_HORIZON:
        return {"solver": "simplex", "run_crossover": "on"}
    return {"solver": "hipo", "run_crossover": "off", "ipm_optimality_tolerance": 1e-9}


@dataclass(frozen=True)
class Optimum:
    """Column values, row duals, objective [$] and simplex iterations of an optimum."""

    values: np.ndarray
    duals: np.ndarray
    objective: float
    iterations: int


@dataclass(frozen=True)
class Attempt:
    """One way to a decision: options, start, whether it begins anew, makes the program easier, and what it holds.

    One that does not begin anew goes on from where an undecided attempt ended.
    """

    options: Options
    start: highspy.HighsBasis | None = None
    anew: bool = True
    eased: bool = False
    held: FixedColumns | None = None


class Solver:
    """HiGHS, cleared before every solve, so that an optimum depends on program and start alone.

    Parameters
    ----------
    time_limit
        Wall time that all solves together may take [s].

    Attributes
    ----------
    seconds
        Wall time spent inside HiGHS so far [s].
    solves
        Programs solved so far.
    """

    def __init__(self, time_limit: float = inf) -> None:
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self._highs.setOptionValue("output_flag", False)
        self.time_limit = time_limit
        self.seconds, self.solves, self._scale = 0.0, 0, SCALE
        self._optimum: Optimum | None = None

    def solve(
        self,
        structure: Structure,
        problem: Problem,
        inputs: Inputs,
        basis: highspy.HighsBasis | None = None,
        ends_in_basis: bool = False,
        held: FixedColumns | None = None,
    ) -> None:
        """Solve a program from a basis, or from nothing; where others start from it, it has to end in a basis.

        Where columns are known that a program near by has at a bound beyond doubt, they are held there at first.

        Raises
        ------
        SolverError
            When HiGHS finds no optimum, or not within the time limit; where the program has no solution the message
            names what contradicts itself.
        """
        highs = self._highs
        columns = structure.pattern.shape[1]
        usual: Options = dict(method(columns))
        self._scale = 1.0 if inputs.weights and usual["solver"] == "simplex" else SCALE
        if ends_in_basis:
            usual["run_crossover"] = "on"
        status, values = highspy.HighsModelStatus.kNotset, None
        easier: Problem | None = None
        for attempt in _attempts(usual, basis, columns // COLUMNS_A_STEP, held):
            if not attempt.anew and status != highspy.HighsModelStatus.kUnknown:
                continue
            last, easier = easier, _easier(attempt, structure, problem, inputs)
            status = self._try(attempt, structure, easier or problem, afresh=attempt.anew or last is not None)
            values = None
            if status == highspy.HighsModelStatus.kOptimal and attempt.options["solver"] == "simplex":
                values = refined_solution(highs, structure, problem)
                status = highspy.HighsModelStatus.kUnknown if values is None else status
            if easier is not None:
                proved = not ends_in_basis and self._proved(structure, problem, inputs, attempt)
                status = highspy.HighsModelStatus.kOptimal if proved else highspy.HighsModelStatus.kUnknown
            if status not in UNDECIDED:
                break
        self.solves += 1
        if status == highspy.HighsModelStatus.kInfeasible:
            raise SolverError(f"{inputs.name}: infeasible; {conflict(structure, inputs, problem)}")
        if status == highspy.HighsModelStatus.kTimeLimit:
            what = f"{inputs.name}: no optimum within the solver's time limit of {self.time_limit:g} s, and no result"
            raise SolverError(f"{what}; do: give more with --time-limit, or choose a coarser --resolution")
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"{inputs.name}: HiGHS ends with '{highs.modelStatusToString(status)}'")
        solution = highs.getSolution()
        values = np.asarray(solution.col_value) if values is None else values
        duals = np.asarray(solution.row_dual) / self._scale
        objective = float((problem.cost * values).sum())  # a dot product's last bit is that of the threads of BLAS
        self._optimum = Optimum(values, duals, objective, int(highs.getInfo().simplex_iteration_count))

    def _try(
        self, attempt: Attempt, structure: Structure, problem: Problem, afresh: bool = True
    ) -> highspy.HighsModelStatus:
        """Let HiGHS solve in one way, every option that it does not name as HiGHS has it; or go on with a program."""
        highs = self._highs
        begun = time.perf_counter()
        start = attempt.start if attempt.anew else highs.getBasis()
        highs.resetOptions()
        for option, value in (OPTIONS | attempt.options).items():
            highs.setOptionValue(option, value)
        highs.setOptionValue("time_limit", self.time_limit)  # its clock runs on from solve to solve
        if afresh:
            highs.clearSolver()
            pass_program(highs, structure, problem, self._scale)
            if start is not None:
                highs.setBasis(start)
        highs.run()
        self.seconds += time.perf_counter() - begun
        return highs.getModelStatus()

    def _stands(self, structure: Structure, problem: Problem) -> bool:
        """Return whether the last answer is an optimum of the true program, whatever HiGHS calls it.

        It is where it keeps rows and bounds, those left out too, and where its prices prove that no point of the true
        program costs less (`energy.solve.duality_gap.duality_gap`).
        """
        values, duals = self._point()
        if len(values) != len(problem.cost) or len(duals) != len(problem.row_lower):
            return False
        beyond = np.maximum(problem.lower - values, values - problem.upper)
        kept = not (beyond > ROOM * np.maximum(np.abs(values), 1.0)).any()
        kept = kept and largest_residual(structure, problem, values) <= ROOM
        return kept and duality_gap(structure, problem, values, duals) <= PROVED

    def _proved(self, structure: Structure, problem: Problem, inputs: Inputs, attempt: Attempt) -> bool:
        """Return whether the last answer stands, or one does of the true program of what it leaves open.

        An interior point that came near without getting there has most columns at a bound beyond doubt. They are held
        there; that they may be is part of the proof, and those held in vain are let go for the next round.
        """
        held = attempt.held
        for _ in range(ROUNDS):
            if self._stands(structure, problem):
                return True
            values, duals = self._point()
            if len(values) != len(problem.cost) or self._highs.getModelStatus() not in SOLVED:
                return False
            if held is not None:
                held = held.but_in_vain(structure, problem, duals)
            elif duality_gap(structure, problem, values, duals) <= NEARLY:
                held = fixable_columns(structure, problem, inputs, values, duals)
            else:
                return False
            self._try(Attempt(attempt.options), structure, held.program(problem))
        return self._stands(structure, problem)

    def _point(self) -> tuple[np.ndarray, np.ndarray]:
        """Return column values and row duals [$ per unit] where HiGHS is, optimal or not."""
        solution = self._highs.getSolution()
        return np.asarray(solution.col_value), np.asarray(solution.row_dual) / self._scale

    def basis(self) -> highspy.HighsBasis:
        """Return the basis of the last optimum."""
        return self._highs.getBasis()

    def optimum(self) -> Optimum:
        """Return the last optimum."""
        assert self._optimum is not None, "nothing solved yet"
        return self._optimum


def _attempts(
    usual: Options, basis: highspy.HighsBasis | None, steps: int, held: FixedColumns | None = None
) -> Iterator[Attempt]:
    """Yield what to try until the problem is decided, the same for the same inputs."""
    long = usual["solver"] == "hipo"
    if held is not None:
        yield Attempt(usual | FAR, held=held)
    if basis is not None and long:
        yield Attempt(usual | NEAR | FLAT | {"simplex_iteration_limit": steps}, basis)
    elif basis is not None:  # a far start can lose its footing
        for scaled in (NEAR, NEAR | OTHERWISE_SCALED):
            yield Attempt(usual | scaled, basis)
            # a dual simplex that goes round in a circle does so next to the optimum: a few primal steps end it
            yield Attempt(usual | scaled | PRIMAL, anew=False)
        yield Attempt(usual | NEAR | PRIMAL, basis)  # where the dual simplex cannot even begin
    if long:
        yield Attempt(usual | FAR, eased=True)
        if usual["run_crossover"] == "on":
            # all that start from here are spared the steps from the easier program's basis to the true one's
            yield Attempt(usual | NEAR | FLAT, anew=False)
    yield Attempt(usual | FAR)
    if not long:
        # scaled rows can drive prices beyond what the simplex bears
        yield Attempt(usual | FAR | {"simplex_scale_strategy": 0})
        # what presolve takes away can come back with prices that are not quite optimal
        yield Attempt(usual | FAR | {"presolve": "off"})
    # neither steps nor an unsharp interior point got there
    yield Attempt(FAR | {"solver": "hipo", "run_crossover": "on"})


def _easier(attempt: Attempt, structure: Structure, problem: Problem, inputs: Inputs) -> Problem | None:
    """Return the easier program of an attempt; None where it is the true one."""
    if attempt.held is not None:
        return attempt.held.program(problem)
    return relaxed_program(structure, problem, inputs) if attempt.eased else None


def pass_program(highs: highspy.Highs, structure: Structure, problem: Problem, scale: float) -> None:
    """Hand a program to HiGHS, its costs multiplied by a scale."""
    pattern = structure.pattern
    height, width = pattern.shape
    highs.passModel(
        width,
        height,
        pattern.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        problem.cost * scale,
        problem.lower,
        problem.upper,
        problem.row_lower,
        problem.row_upper,
        pattern.indptr,
        pattern.indices,
        problem.matrix,
        structure.integrality,
    )
