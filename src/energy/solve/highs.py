"""HiGHS without state: a linear program and a warm start in, a solution out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

import highspy
import numpy as np

from energy.errors import SolverError
from energy.model import Inputs
from energy.solve.attempts import (
    COLUMNS_A_STEP,
    NEARLY,
    OPTIONS,
    PROVED,
    ROOM,
    ROUNDS,
    SCALE,
    SOLVED,
    UNDECIDED,
    Attempt,
    Options,
    attempts,
    easier_program,
    method,
)
from energy.solve.duality_gap import duality_gap
from energy.solve.lp import Problem, Structure
from energy.solve.priority import PriorityChain, ServiceCost
from energy.solve.refinement import largest_residual, refined_solution
from energy.solve.sifting import FixedColumns, fixable_columns


class InfeasibleError(SolverError):
    """The program has no solution."""


@dataclass(frozen=True)
class Optimum:
    """Column values, row duals, objective [$], simplex iterations, and what each service could still gain [MWh]."""

    values: np.ndarray
    duals: np.ndarray
    objective: float
    iterations: int
    gains: Mapping[str, float] = field(default_factory=dict)


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
        self._basis: highspy.HighsBasis | None = None

    def solve(
        self,
        structure: Structure,
        problem: Problem,
        inputs: Inputs,
        basis: highspy.HighsBasis | None = None,
        ends_in_basis: bool = False,
        held: FixedColumns | None = None,
        services: Sequence[ServiceCost] = (),
    ) -> None:
        """Solve a program from a basis, or from nothing; where others start from it, it has to end in a basis.

        Where columns are known that a program near by has at a bound beyond doubt, they are held there at first.
        Services are optimised in their order from the optimum of the program's own cost.

        Raises
        ------
        InfeasibleError
            When the program has no solution.
        SolverError
            When HiGHS finds no optimum, or not within the time limit.
        """
        values = self._solve_own_cost(structure, problem, inputs, basis, ends_in_basis, held)
        self._basis = None
        if services and self._has_basis():
            self._optimum = self._solve_services(structure, problem, services, values, ends_in_basis)
            return
        column_values, duals = self._point()
        values = column_values if values is None else values
        self._optimum = Optimum(values, duals, _objective(problem, values), self._iterations())

    def _solve_own_cost(
        self,
        structure: Structure,
        problem: Problem,
        inputs: Inputs,
        basis: highspy.HighsBasis | None,
        ends_in_basis: bool,
        held: FixedColumns | None,
    ) -> np.ndarray | None:
        """Solve a program for its own cost; return column values where they are sharper than HiGHS's own."""
        columns = structure.pattern.shape[1]
        usual: Options = dict(method(columns))
        self._scale = 1.0 if inputs.weights and usual["solver"] == "simplex" else SCALE
        if ends_in_basis:
            usual["run_crossover"] = "on"
        status, values = highspy.HighsModelStatus.kNotset, None
        easier: Problem | None = None
        for attempt in attempts(usual, basis, columns // COLUMNS_A_STEP, held):
            if not attempt.anew and status != highspy.HighsModelStatus.kUnknown:
                continue
            last, easier = easier, easier_program(attempt, structure, problem, inputs)
            status = self._try(attempt, structure, easier or problem, afresh=attempt.anew or last is not None)
            values = None
            if status == highspy.HighsModelStatus.kOptimal and attempt.options["solver"] == "simplex":
                values = refined_solution(self._highs, structure, problem)
                status = highspy.HighsModelStatus.kUnknown if values is None else status
            if easier is not None:
                proved = not ends_in_basis and self._proved(structure, problem, inputs, attempt)
                status = highspy.HighsModelStatus.kOptimal if proved else highspy.HighsModelStatus.kUnknown
            if status not in UNDECIDED:
                break
        self.solves += 1
        self._refuse_without_optimum(status, inputs)
        return values

    def _refuse_without_optimum(self, status: highspy.HighsModelStatus, inputs: Inputs) -> None:
        if status == highspy.HighsModelStatus.kInfeasible:
            raise InfeasibleError(f"{inputs.name}: infeasible")
        if status == highspy.HighsModelStatus.kTimeLimit:
            what = f"{inputs.name}: no optimum within the solver's time limit of {self.time_limit:g} s, and no result"
            raise SolverError(f"{what}; do: give more with --time-limit, or choose a coarser --resolution")
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"{inputs.name}: HiGHS ends with '{self._highs.modelStatusToString(status)}'")

    def _solve_services(
        self,
        structure: Structure,
        problem: Problem,
        services: Sequence[ServiceCost],
        values: np.ndarray | None,
        ends_in_basis: bool,
    ) -> Optimum:
        """Go from the optimum of the program's own cost to that of the services in their order."""
        begun = time.perf_counter()
        iterations = self._iterations()
        chain = PriorityChain(self._highs, structure, problem, services)
        chain.optimise(OPTIONS)
        if chain.solves:
            values = refined_solution(self._highs, structure, problem)
        values = chain.values() if values is None else values
        if ends_in_basis:
            self._basis = chain.basis()
        prices = chain.prices()
        self.seconds += time.perf_counter() - begun
        return Optimum(values, prices, _objective(problem, values), iterations + chain.iterations, chain.gains)

    def _has_basis(self) -> bool:
        validity = self._highs.getInfo().basis_validity
        return bool(validity == highspy.BasisValidity.kBasisValidityValid)

    def _iterations(self) -> int:
        return int(self._highs.getInfo().simplex_iteration_count)

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
        return self._highs.getBasis() if self._basis is None else self._basis

    def optimum(self) -> Optimum:
        """Return the last optimum."""
        assert self._optimum is not None, "nothing solved yet"
        return self._optimum


def _objective(problem: Problem, values: np.ndarray) -> float:
    return float((problem.cost * values).sum())  # a dot product's last bit is that of the threads of BLAS


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
