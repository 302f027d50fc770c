"""One HiGHS model of one process: a program and a start in, an optimum out, nothing kept in between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import highspy
import numpy as np

from energy.errors import SolverError
from energy.model import Inputs
from energy.solve.infeasible import conflict
from energy.solve.lp import Problem, Structure

UNDECIDED = (
    highspy.HighsModelStatus.kSolveError,
    highspy.HighsModelStatus.kUnknown,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
    highspy.HighsModelStatus.kIterationLimit,
    highspy.HighsModelStatus.kNotset,  # the simplex breaks off so when its prices grow too large
)
Options = dict[str, bool | int | float | str]
OPTIONS: Options = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0}
# HiGHS works in hundreds: neither the weights nor the small costs that break ties then leave its tolerances
SCALE = 1e-2
LONG_HORIZON = 200_000  # columns; docs/resolution.md has the measurements behind it
NEAR: Options = {
    # from a start near the optimum the reductions of a presolve are lost, exact edge weights cost more than the steps
    # that they save, and shaken costs are steps to be taken back (docs/performance.md)
    "solver": "simplex",
    "presolve": "off",
    "simplex_dual_edge_weight_strategy": 1,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
    "simplex_scale_strategy": 2,  # HiGHS's own choice
    "simplex_iteration_limit": 30_000,  # without shaken costs a simplex may stall; then it starts from nothing
}
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
    longer than the solve, is left out.

    Examples
    --------
    >>> method(20_000)["solver"], method(1_700_000)["solver"]
    ('simplex', 'hipo')
    """
    if columns <= LONG_HORIZON:
        return {"solver": "simplex", "run_crossover": "on"}
    return {"solver": "hipo", "run_crossover": "off"}


@dataclass(frozen=True)
class Optimum:
    """Column values, row duals, objective [$] and simplex iterations of an optimum."""

    values: np.ndarray
    duals: np.ndarray
    objective: float
    iterations: int


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
        for option, value in OPTIONS.items():
            self._highs.setOptionValue(option, value)
        self._highs.setOptionValue("time_limit", time_limit)  # its clock runs on from solve to solve
        self.time_limit = time_limit
        self.seconds, self.solves = 0.0, 0

    def solve(
        self,
        structure: Structure,
        problem: Problem,
        inputs: Inputs,
        basis: highspy.HighsBasis | None = None,
        ends_in_basis: bool = False,
    ) -> None:
        """Solve a program from a basis, or from nothing; where others start from it, it has to end in a basis.

        Raises
        ------
        SolverError
            When HiGHS finds no optimum, or not within the time limit; where the program has no solution the message
            names what contradicts itself.
        """
        highs = self._highs
        usual: Options = dict(method(structure.pattern.shape[1]))
        if ends_in_basis:
            usual["run_crossover"] = "on"
        for options, start in _attempts(usual, basis):
            for option, value in options.items():
                highs.setOptionValue(option, value)
            highs.clearSolver()
            begun = time.perf_counter()
            pass_program(highs, structure, problem)
            if start is not None:
                highs.setBasis(start)
            highs.run()
            self.seconds += time.perf_counter() - begun
            status = highs.getModelStatus()
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

    def basis(self) -> highspy.HighsBasis:
        """Return the basis of the last optimum."""
        return self._highs.getBasis()

    def optimum(self) -> Optimum:
        """Return the last optimum."""
        solution, info = self._highs.getSolution(), self._highs.getInfo()
        return Optimum(
            np.asarray(solution.col_value),
            np.asarray(solution.row_dual) / SCALE,
            float(info.objective_function_value) / SCALE,
            int(info.simplex_iteration_count),
        )


def _attempts(usual: Options, basis: highspy.HighsBasis | None) -> Iterator[tuple[Options, highspy.HighsBasis | None]]:
    """Yield what to try until the problem is decided, the same for the same inputs."""
    if basis is not None:
        yield usual | NEAR, basis  # a far start can lose its footing
    yield usual | FAR, None
    if usual["solver"] == "simplex":
        # scaled rows can drive prices beyond what the simplex bears
        yield usual | FAR | {"simplex_scale_strategy": 0}, None
    yield FAR | {"solver": "hipo", "run_crossover": "on"}, None  # neither steps nor an unsharp interior point got there


def pass_program(highs: highspy.Highs, structure: Structure, problem: Problem) -> None:
    """Hand a program to HiGHS."""
    pattern = structure.pattern
    height, width = pattern.shape
    highs.passModel(
        width,
        height,
        pattern.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        problem.cost * SCALE,
        problem.lower,
        problem.upper,
        problem.row_lower,
        problem.row_upper,
        pattern.indptr,
        pattern.indices,
        problem.matrix,
        structure.integrality,
    )
