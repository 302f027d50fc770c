"""What an answer's prices prove of it, on programs small enough for paper, and on the engine's own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import splu
from tests.known.test_chain_of_optima import Chain, energies_of, program_of_engine

from energy.case import read_case
from energy.model import inputs
from energy.scenario import read_scenario
from energy.solve import Engine
from energy.solve.duality_gap import duality_gap
from energy.solve.lp import Problem, matrix_of
from energy.solve.priority import priority_costs
from energy.solve.rivers import with_lacking_water

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


CASES: list[dict[str, str]] = [{}, {"hydrology": "dry", "growth": "high"}, {"network": "transport"}]


def solved(**overrides: Any) -> Engine:
    """Return the engine of the case, which has solved its base."""
    asked = read_scenario("baseline", overrides={"time.resolution": "typical-days-12h", **overrides})
    engine = Engine(inputs(read_case("casa1000"), asked))
    engine.solve(engine.base)
    return engine


def gap_of(engine: Engine) -> float:
    """Return the duality gap of the last optimum by the program's own cost, weights of the services included."""
    optimum = engine.solver.optimum()
    return duality_gap(engine.structure, engine.structure.problem(engine.base), optimum.values, optimum.duals)


@pytest.mark.parametrize("overrides", CASES)
def test_the_engines_optimum_is_proved_on_the_program_held_against_pypsas(overrides: dict[str, str]) -> None:
    assert abs(gap_of(solved(objective="dispatch", **overrides))) < 1e-9


class OrderOfServices:
    """The engine's last basis with factors of its own: SciPy's, of the columns and of one column a row (its activity).

    A basis is optimal for services in their order where, for every column that can move, the first reduced cost that
    is not zero has the right sign (Isermann, Linear lexicographic optimization, OR Spektrum 4, 1982).
    """

    NONZERO = 1e-12  # of the terms of a reduced cost: what is smaller is rounding
    FARTHEST = 1e6  # MW or hm³ that a row without a bound is taken to move

    def __init__(self, engine: Engine) -> None:
        structure = engine.structure
        problem = with_lacking_water(structure, structure.problem(engine.base), engine.base, 0.0)
        matrix = matrix_of(structure, problem)
        height = matrix.shape[0]
        self.program = sparse.hstack([matrix, -sparse.eye(height)]).tocsc()
        self.lower = np.append(problem.lower, problem.row_lower)
        self.upper = np.append(problem.upper, problem.row_upper)
        values = engine.solver.optimum().values
        self.values = np.append(values, matrix @ values)
        self.services = [np.append(level.cost, np.zeros(height)) for level in priority_costs(structure, engine.base)]
        self.own_cost = np.append(problem.cost, np.zeros(height))
        basis = engine.solver.basis()
        is_basic = [status == highspy.HighsBasisStatus.kBasic for status in (*basis.col_status, *basis.row_status)]
        self.is_basic = np.array(is_basic)
        self.factors = splu(self.program[:, self.is_basic])

    def reduced(self, cost: np.ndarray) -> np.ndarray:
        """Return the reduced costs, zero where they are rounding; shape (columns + rows,)."""
        prices = self.factors.solve(cost[self.is_basic], trans="T")
        lost = (cost - self.program.T @ prices)[self.is_basic]
        prices = prices + self.factors.solve(lost, trans="T")
        reduced = np.asarray(cost - self.program.T @ prices)
        terms = np.abs(cost) + abs(self.program).T @ np.abs(prices)
        reduced[self.is_basic] = 0.0
        reduced[np.abs(reduced) <= self.NONZERO * np.maximum(1.0, terms)] = 0.0
        return reduced

    def possible_gains(self, reduced: np.ndarray) -> np.ndarray:
        """Return what each column gains on its way to the bound that its reduced cost asks for."""
        room = np.where(reduced > 0, self.values - self.lower, self.upper - self.values)
        return np.abs(reduced) * room.clip(0.0, self.FARTHEST)

    def gains(self) -> tuple[list[float], np.ndarray]:
        """Return what each service, and last the costs, could still gain, and the columns that services decide."""
        can_move = ~self.is_basic & (self.lower < self.upper)
        decided = np.zeros(len(can_move), dtype=bool)
        gains = []
        for cost in [*self.services, self.own_cost]:
            of_services = decided.copy()
            reduced = self.reduced(cost)
            matters = (reduced != 0.0) & can_move & ~decided
            gains.append(float(self.possible_gains(reduced)[matters].sum()))
            decided |= matters
        return gains, of_services


@pytest.mark.parametrize("overrides", CASES[:2])
def test_services_in_their_order_are_proved_by_the_signs_of_their_reduced_costs(overrides: dict[str, str]) -> None:
    """No service gains a kWh without loss to one before it, nor the costs a dollar without loss to a service."""
    order = OrderOfServices(solved(**overrides))
    gains, _ = order.gains()
    assert len(gains) == 10
    assert max(gains[:-1]) < 1e-3
    assert gains[-1] < 1e-3


def test_services_in_their_order_are_proved_by_a_chain_where_signs_are_not_enough() -> None:
    """Without Kirchhoff's law the optimum is degenerate: its last basis is no proof of each service on its own.

    The signs are enough for an optimum, not necessary: what an earlier optimum holds at a bound may then have any. The
    chain of optima on the same program has a basis for each service.
    """
    asked = read_scenario("baseline", overrides={"time.resolution": "typical-days-12h", "network": "transport"})
    base = inputs(read_case("casa1000"), asked)
    result = Engine(base).solve(base)
    order = list(result.services)
    reached = energies_of(result, order)
    assert reached == pytest.approx(Chain(program_of_engine(base), base).energies(order), rel=1e-9, abs=1e-3)  # MWh
    assert max(result.gains.values()) < 0.01  # MWh


@pytest.mark.parametrize("overrides", CASES[:2])
def test_what_weights_leave_open_is_decided_by_a_service(overrides: dict[str, str]) -> None:
    """The order's optimum is not that of the weights, in which a later service may buy a loss of an earlier one."""
    engine = solved(**overrides)
    order = OrderOfServices(engine)
    _, of_services = order.gains()
    reduced = order.reduced(order.own_cost)
    can_move = ~order.is_basic & (order.lower < order.upper)
    bought = order.possible_gains(reduced) * can_move
    assert bought[~of_services].sum() < 1e-3  # $
    cost = abs(engine.solver.optimum().objective)
    assert gap_of(engine) == pytest.approx(bought.sum() / cost, abs=1e-9)


def test_an_order_that_is_turned_is_not_proved() -> None:
    """The same basis against the order turned round: what served the first well is open for the last."""
    order = OrderOfServices(solved(hydrology="dry", growth="high"))
    order.services.reverse()
    gains, _ = order.gains()
    assert max(gains[:-1]) > 1000  # MWh


def test_an_open_line_has_an_angle_that_its_cycle_bounds() -> None:
    out = {"name": "out", "kind": "line_out", "cause": "any", "where": ["lines.*Datka*"], "start": "07-10"}
    engine = solved(objective="dispatch", events=[out | {"duration": "5d"}])
    assert engine.structure.angle is not None
    assert abs(gap_of(engine)) < 1e-9
