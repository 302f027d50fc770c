"""What an answer's prices prove of it, on programs small enough for paper, and on the engine's own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from energy.case import read_case
from energy.model import inputs
from energy.scenario import read_scenario
from energy.solve import Engine
from energy.solve.duality_gap import duality_gap
from energy.solve.lp import Problem

FREE = (-np.inf, np.inf)


def program(cost: list[float], rows: list[list[float]], row: list[Any], column: list[Any]) -> tuple[Any, Problem]:
    matrix = sparse.csc_matrix(np.array(rows, dtype=float))
    (row_lower, row_upper), (lower, upper) = (np.array(bounds, dtype=float).T for bounds in (row, column))
    found = Problem(np.array(cost, dtype=float), lower, upper, matrix.data, row_lower, row_upper)
    return SimpleNamespace(pattern=matrix), found


def proved(made: tuple[Any, Problem], values: list[float], duals: list[float]) -> float:
    return duality_gap(*made, np.array(values, dtype=float), np.array(duals, dtype=float))


# demand of 10, a plant of 8 at 20 $/MWh and one of 10 at 50 $/MWh: 8 · 20 + 2 · 50 = 260 $ at a price of 50 $/MWh
TWO_PLANTS = program([20, 50], [[1, 1]], [(10, 10)], [(0, 8), (0, 10)])


def test_optimal_prices_prove_the_optimum() -> None:
    assert proved(TWO_PLANTS, [8, 2], [50]) == pytest.approx(0.0, abs=1e-12)


def test_a_dearer_answer_is_as_much_worse_as_its_prices_say() -> None:
    # 5 · 20 + 5 · 50 = 350 $, 90 $ above the bound of 260 $
    assert proved(TWO_PLANTS, [5, 5], [50]) == pytest.approx(90 / 350)


def test_poor_prices_prove_less_of_the_same_answer() -> None:
    # at 40 $/MWh: 40 · 10 for the demand, less 20 · 8 that the cheap plant gains; the dear one stands still: 240 $
    assert proved(TWO_PLANTS, [8, 2], [40]) == pytest.approx(20 / 260)


def test_a_price_that_no_bound_pays_is_none() -> None:
    # at most 10 are taken: no price above zero stands for that row; -50 $ are earned for each, up to 10
    made = program([-50], [[1]], [(-np.inf, 10)], [(0, 30)])
    assert proved(made, [10], [-50]) == pytest.approx(0.0, abs=1e-12)
    for poor in (50, 0.5, 0):
        assert proved(made, [10], [poor]) == pytest.approx(1000 / 500)
    # at least 10 are given, at 50 $ each
    made = program([50], [[1]], [(10, np.inf)], [(0, 30)])
    assert proved(made, [10], [50]) == pytest.approx(0.0, abs=1e-12)
    for poor in (-50, -0.5, 0):
        assert proved(made, [10], [poor]) == pytest.approx(500 / 500)


def test_a_column_without_bounds_has_those_that_an_equation_implies() -> None:
    # x - p = 0 with x in 0..30 bounds p; at no price for the row a gain of 1 $ for p may be 30 · 1 $
    made = program([0, -1], [[1, -1]], [(0, 0)], [(0, 30), FREE])
    assert proved(made, [30, 30], [0]) == pytest.approx(0.0, abs=1e-12)


def test_nothing_is_proved_where_no_bound_is_implied() -> None:
    two_free = program([0, -1, 0], [[1, -1, 1]], [(0, 0)], [(0, 30), FREE, FREE])
    assert proved(two_free, [30, 30, 0], [0]) == np.inf
    inequality = program([0, -1], [[1, -1]], [(0, np.inf)], [(0, 30), FREE])
    assert proved(inequality, [30, 30], [0]) == np.inf


@given(st.floats(-200, 200), st.floats(0, 8))
def test_no_prices_ever_prove_more_than_there_is(price: float, cheap: float) -> None:
    cost = 20 * cheap + 50 * (10 - cheap)
    assert proved(TWO_PLANTS, [cheap, 10 - cheap], [price]) >= (cost - 260) / cost - 1e-12


@pytest.mark.parametrize("overrides", [{}, {"hydrology": "dry", "growth": "high"}, {"network": "transport"}])
def test_the_engines_optimum_is_proved_on_the_program_held_against_pypsas(overrides: dict[str, str]) -> None:
    # at least cost: where services are served in their order, the optimum is not that of the weights
    least_cost = {"time.resolution": "typical-days-12h", "objective": "dispatch"}
    asked = read_scenario("baseline", overrides={**least_cost, **overrides})
    engine = Engine(inputs(read_case("casa1000"), asked))
    engine.solve(engine.base)
    optimum = engine.solver.optimum()
    found = duality_gap(engine.structure, engine.structure.problem(engine.base), optimum.values, optimum.duals)
    assert abs(found) < 1e-9


def test_an_open_line_has_an_angle_that_its_cycle_bounds() -> None:
    out = {"name": "out", "kind": "line_out", "cause": "any", "where": ["lines.*Datka*"], "start": "07-10"}
    least_cost = {"time.resolution": "typical-days-12h", "objective": "dispatch"}
    asked = read_scenario("baseline", overrides=least_cost)
    found = inputs(read_case("casa1000"), asked.replace(events=[out | {"duration": "5d"}]))
    engine = Engine(found)
    assert engine.structure.angle is not None
    engine.solve(found)
    optimum = engine.solver.optimum()
    assert abs(duality_gap(engine.structure, engine.structure.problem(found), optimum.values, optimum.duals)) < 1e-9
