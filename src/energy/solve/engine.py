"""Build once, update, re-solve: one HiGHS model that serves every scenario of the same structure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import highspy
import numpy as np
import pandas as pd

from energy.errors import SolverError
from energy.model import Inputs, network, rules
from energy.model.quiet import quiet
from energy.solve.head import follow_head
from energy.solve.lp import BALANCE, Problem, Structure, blocks
from energy.solve.result import Result

UNDECIDED = (
    highspy.HighsModelStatus.kSolveError,
    highspy.HighsModelStatus.kUnknown,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
)
OPTIONS: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0}
SCALE = (
    1e-2  # HiGHS works in hundreds: neither the weights nor the small costs that break ties then leave its tolerances
)
LONG_HORIZON = 200_000  # columns; docs/resolution.md has the measurements behind it


def method(columns: int) -> dict[str, str]:
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


class Engine:
    """Solves scenarios of one structure; the only object of the package that keeps a state.

    Every solve starts from the basis of the *base* inputs, or on long horizons from nothing, never from the scenario
    solved before, so that an answer depends on its own inputs alone.

    Parameters
    ----------
    base
        Inputs that fix the structure: components, snapshots and rules.

    Raises
    ------
    AssertionError
        When the engine's numbers differ from those of PyPSA's own model.
    """

    def __init__(self, base: Inputs) -> None:
        n = network(base)
        with quiet():
            # one block of nodal balances, however many components hang on a bus
            model = n.optimize.create_model(include_objective_constant=False, meshed_thresholds=[])
            rules(n, n.snapshots)
        self.structure = Structure(model, base)
        self.structure.check(base, model)
        self.base = base
        self._basis: highspy.HighsBasis | None = None
        self._method = method(self.structure.pattern.shape[1])

    @cached_property
    def _highs(self) -> highspy.Highs:
        highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in OPTIONS.items():
            highs.setOptionValue(option, value)
        return highs

    def solve(self, inputs: Inputs, past: Result | None = None, now: int = 0) -> Result:
        """Solve inputs of the base's structure.

        Parameters
        ----------
        inputs
            What to solve.
        past
            A result whose decisions before ``now`` are kept.
        now
            Position of the first snapshot that is still open.

        Returns
        -------
        Result

        Raises
        ------
        SolverError
            When HiGHS finds no optimum; the message says whether the model is infeasible or unbounded.
        """
        if inputs.head:
            return follow_head(self._solve, inputs, past, now)
        return self._solve(inputs, past, now)

    def _solve(self, inputs: Inputs, past: Result | None, now: int) -> Result:
        """Solve one linear program."""
        if self._basis is None and self._method["solver"] == "simplex":
            self._run(self.structure.problem(self.base), self.base.name)
            self._basis = self._highs.getBasis()
            if inputs is self.base:  # the basis was found on these very inputs
                return self._result(inputs)
        problem = self.structure.problem(inputs)
        if past is not None:
            self.structure.hold(problem, past.values, now)
        self._run(problem, inputs.name, self._basis)
        return self._result(inputs)

    def _run(self, problem: Problem, name: str, basis: highspy.HighsBasis | None = None) -> None:
        highs = self._highs
        for options, start in self._attempts(basis):
            for option, value in options.items():
                highs.setOptionValue(option, value)
            highs.clearSolver()
            highs.passModel(self._program(problem))
            if start is not None:
                highs.setBasis(start)
            highs.run()
            status = highs.getModelStatus()
            if status not in UNDECIDED:
                break
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"{name}: HiGHS ends with '{highs.modelStatusToString(status)}'")

    def _attempts(self, basis: highspy.HighsBasis | None) -> Iterator[tuple[dict[str, str], highspy.HighsBasis | None]]:
        """Yield what to try until the problem is decided, the same for the same inputs."""
        yield self._method, basis
        if basis is not None:
            yield self._method, None  # a far start can lose its footing
        yield {"solver": "hipo", "run_crossover": "on"}, None  # neither steps nor an unsharp interior point got there

    def _program(self, problem: Problem) -> highspy.HighsLp:
        pattern = self.structure.pattern
        program = highspy.HighsLp()
        program.num_row_, program.num_col_ = pattern.shape
        program.col_cost_ = problem.cost * SCALE
        program.col_lower_, program.col_upper_ = problem.lower, problem.upper
        program.row_lower_, program.row_upper_ = problem.row_lower, problem.row_upper
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.num_row_, program.a_matrix_.num_col_ = pattern.shape
        program.a_matrix_.start_, program.a_matrix_.index_ = pattern.indptr, pattern.indices
        program.a_matrix_.value_ = problem.matrix
        return program

    def _result(self, inputs: Inputs) -> Result:
        solution = self._highs.getSolution()
        hours = inputs.axis.weightings["objective"].to_numpy()[:, None]
        prices = self.structure.shadow(np.asarray(solution.row_dual), BALANCE) / hours / SCALE
        values = blocks(self.structure, np.asarray(solution.col_value))
        return Result(
            inputs,
            {key: table.set_axis(inputs.axis.snapshots) for key, table in values.items()},
            pd.DataFrame(prices, index=inputs.axis.snapshots, columns=self.structure.buses),
            float(self._highs.getInfo().objective_function_value) / SCALE,
            int(self._highs.getInfo().simplex_iteration_count),
        )


def solve(inputs: Inputs) -> Result:
    """Solve inputs once.

    Raises
    ------
    SolverError
        When there is no optimum.
    """
    return Engine(inputs).solve(inputs)
