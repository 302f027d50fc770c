"""What HiGHS calls optimal keeps its rows, or is mended by its basis, or is no answer."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from energy.case import Case
from energy.model import inputs
from energy.scenario import read_scenario
from energy.solve import Engine
from energy.solve.lp import Problem
from energy.solve.refinement import RESIDUAL, largest_residual, refined_solution


class Drifted:
    """HiGHS at an optimum, some basic columns of which have drifted by an error."""

    def __init__(self, engine: Engine, error: float) -> None:
        self._highs = engine.solver._highs
        solution, basic = self._highs.getSolution(), np.asarray(self._highs.getBasicVariables()[1])
        values = np.asarray(solution.col_value).copy()
        values[basic[basic >= 0][::7]] += error
        self._solution = SimpleNamespace(col_value=values, row_value=np.asarray(solution.row_value))

    def getSolution(self) -> SimpleNamespace:  # noqa: N802 (the name that HiGHS gives it)
        return self._solution

    def __getattr__(self, name: str) -> Any:
        return getattr(self._highs, name)


@pytest.fixture
def solved(two_bus: Case) -> tuple[Engine, Problem, np.ndarray]:
    engine = Engine(inputs(two_bus, read_scenario("two_bus")))
    engine.solve(engine.base)
    return engine, engine.structure.problem(engine.base), engine.solver.optimum().values


@pytest.mark.parametrize("error", [1e-9, 1e-6, 0.5])
def test_a_drifted_optimum_is_mended_by_its_basis(error: float, solved: tuple[Engine, Problem, np.ndarray]) -> None:
    engine, problem, values = solved
    drifted: Any = Drifted(engine, error)
    assert largest_residual(engine.structure, problem, drifted.getSolution().col_value) > error / 1e4
    found = refined_solution(drifted, engine.structure, problem)
    assert found is not None
    assert found == pytest.approx(values, abs=1e-9)
    assert largest_residual(engine.structure, problem, found) <= RESIDUAL


def test_an_optimum_that_the_basis_puts_beyond_a_bound_is_none(solved: tuple[Engine, Problem, np.ndarray]) -> None:
    engine, problem, values = solved
    drifted: Any = Drifted(engine, 1e-6)
    off = int(np.flatnonzero(drifted.getSolution().col_value != values)[0])
    upper = problem.upper.copy()
    upper[off] = values[off] - 1e-3
    assert refined_solution(drifted, engine.structure, replace(problem, upper=upper)) is None


def test_an_undrifted_optimum_is_left_to_the_last_bit(solved: tuple[Engine, Problem, np.ndarray]) -> None:
    engine, problem, values = solved
    found = refined_solution(engine.solver._highs, engine.structure, problem)
    assert found is not None
    assert (found == values).all()


@pytest.mark.parametrize(("bounds", "expected"), [((7, 9), 3 / 11), ((1, 3), 1 / 11), ((2, 5), 0.0)])
def test_a_row_is_missed_relative_to_one_and_its_terms(bounds: tuple[float, float], expected: float) -> None:
    # 2 · 3.5 - 3 · 1 = 4; its terms are 7 and 3 in size
    matrix = sparse.csc_matrix([[2.0, -3.0]])
    row, column = np.array([bounds], dtype=float).T, np.full((2, 2), np.inf)
    problem = Problem(np.zeros(2), -column[0], column[1], matrix.data, *row)
    structure: Any = SimpleNamespace(pattern=matrix)
    assert largest_residual(structure, problem, np.array([3.5, 1.0])) == pytest.approx(expected)
