"""HiGHS without state: a linear program and a warm start in, a solution out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

import highspy
import numpy as np

from energy.errors import SolverError
from energy.model import Inputs
from energy.solve.attempts import (
    OPTIONS,
    SCALE,
    UNDECIDED,
    Attempt,
    attempts,
    method,
)
from energy.solve.lp import Problem, Structure
from energy.solve.priority import PriorityChain, ServiceCost
from energy.solve.refinement import refined_solution


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
        services: Sequence[ServiceCost] = (),
    ) -> None:
        """Solve a program from a basis, or from nothing; where others start from it, its basis is kept.

        Services are optimised in their order from the optimum of the program's own cost.

        Raises
        ------
        InfeasibleError
            When the program has no solution.
        SolverError
            When HiGHS finds no optimum, or not within the time limit.
        """
        self._basis = None
        values = self._solve_own_cost(structure, problem, inputs, basis)
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
    ) -> np.ndarray | None:
        """Solve a program for its own cost; return column values where they are sharper than HiGHS's own."""
        usual = method(structure.pattern.shape[1])
        scale = 1.0 if inputs.weights and usual["solver"] == "simplex" else SCALE
        status, values = self._decided(attempts(usual, basis), scale, structure, problem)
        if status in UNDECIDED and scale != SCALE:
            status, values = self._decided(attempts(usual, None), SCALE, structure, problem)
        self.solves += 1
        self._refuse_without_optimum(status, inputs)
        return values

    def _decided(
        self,
        ways: Iterator[Attempt],
        scale: float,
        structure: Structure,
        problem: Problem,
    ) -> tuple[highspy.HighsModelStatus, np.ndarray | None]:
        """Try one way after the other, costs scaled, until the program is decided."""
        self._scale = scale
        status, values = highspy.HighsModelStatus.kNotset, None
        for attempt in ways:
            goes_on = not attempt.anew
            if goes_on and status != highspy.HighsModelStatus.kUnknown:
                continue
            status, values = self._outcome(attempt, structure, problem)
            if status not in UNDECIDED:
                break
        return status, values

    def _outcome(
        self,
        attempt: Attempt,
        structure: Structure,
        problem: Problem,
    ) -> tuple[highspy.HighsModelStatus, np.ndarray | None]:
        """Try one way; where the simplex ends in an optimum, return its refined values, and unknown without them."""
        status = self._try(attempt, structure, problem)
        is_basic_optimum = status == highspy.HighsModelStatus.kOptimal and attempt.options["solver"] == "simplex"
        if not is_basic_optimum:
            return status, None
        values = refined_solution(self._highs, structure, problem)
        if values is None:
            return highspy.HighsModelStatus.kUnknown, None
        return status, values

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

    def _try(self, attempt: Attempt, structure: Structure, problem: Problem) -> highspy.HighsModelStatus:
        """Let HiGHS solve in one way, every option that it does not name as HiGHS has it; or go on with a program."""
        highs = self._highs
        begun = time.perf_counter()
        start = attempt.start if attempt.anew else highs.getBasis()
        highs.resetOptions()
        for option, value in (OPTIONS | attempt.options).items():
            highs.setOptionValue(option, value)
        highs.setOptionValue("time_limit", self.time_limit)  # its clock runs on from solve to solve
        if attempt.anew:
            highs.clearSolver()
            _pass_program(highs, structure, problem, self._scale)
            if start is not None:
                highs.setBasis(start)
        highs.run()
        self.seconds += time.perf_counter() - begun
        return highs.getModelStatus()

    def _point(self) -> tuple[np.ndarray, np.ndarray]:
        """Return column values and row duals [$ per unit] where HiGHS is, optimal or not."""
        solution = self._highs.getSolution()
        return np.asarray(solution.col_value), np.asarray(solution.row_dual) / self._scale

    def take(self, optimum: Optimum, seconds: float) -> None:
        """Take an optimum that was reached without HiGHS, in so many seconds."""
        self._optimum = optimum
        self.seconds += seconds
        self.solves += 1

    def forget(self) -> None:
        """Give up the last optimum, which of a long horizon takes memory beside the next one."""
        self._optimum = None

    @property
    def seconds_left(self) -> float:
        """Wall time that is left of the time limit [s]."""
        return max(self.time_limit - self.seconds, 0.0)

    def basis(self) -> highspy.HighsBasis:
        """Return the basis of the last optimum."""
        return self._highs.getBasis() if self._basis is None else self._basis

    def optimum(self) -> Optimum:
        """Return the last optimum."""
        assert self._optimum is not None, "nothing solved yet"
        return self._optimum


def _objective(problem: Problem, values: np.ndarray) -> float:
    return float((problem.cost * values).sum())  # a dot product's last bit is that of the threads of BLAS


def _pass_program(highs: highspy.Highs, structure: Structure, problem: Problem, scale: float) -> None:
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
