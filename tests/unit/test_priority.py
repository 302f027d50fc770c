"""The chain of services on programs small enough to be solved in the head."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import highspy
import numpy as np
import pytest
from scipy import sparse

from energy.case import Case
from energy.model import inputs
from energy.scenario import read_scenario
from energy.solve import Engine
from energy.solve.lp import Problem, Structure
from energy.solve.priority import GAIN, PriorityChain, ServiceCost, priority_costs

OPTIONS = {"output_flag": False, "threads": 1}


def program(
    cost: list[float], rows: list[list[float]], most: list[float], upper: list[float]
) -> tuple[Structure, Problem]:
    """Return min cost·x with rows·x ≤ most and 0 ≤ x ≤ upper."""
    matrix = sparse.csc_matrix(np.array(rows, dtype=float))
    problem = Problem(
        cost=np.array(cost),
        lower=np.zeros(len(cost)),
        upper=np.array(upper),
        matrix=matrix.data,
        row_lower=np.full(len(most), -np.inf),
        row_upper=np.array(most),
    )
    return cast("Structure", SimpleNamespace(pattern=matrix)), problem


def solved(structure: Structure, problem: Problem) -> highspy.Highs:
    """Return HiGHS at the optimum of the program's own cost."""
    highs = highspy.Highs()
    for option, value in {**OPTIONS, "solver": "simplex"}.items():
        highs.setOptionValue(option, value)
    matrix = structure.pattern
    highs.passModel(
        matrix.shape[1], matrix.shape[0], matrix.nnz,
        int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize), 0.0,
        problem.cost, problem.lower, problem.upper, problem.row_lower, problem.row_upper,
        matrix.indptr, matrix.indices, matrix.data, np.zeros(matrix.shape[1], dtype=np.int32),
    )  # fmt: skip
    highs.run()
    return highs


def chain_of(structure: Structure, problem: Problem, services: dict[str, list[float]]) -> PriorityChain:
    costs = [ServiceCost.of(name, np.array(cost)) for name, cost in services.items()]
    chain = PriorityChain(solved(structure, problem), structure, problem, costs)
    chain.optimise(OPTIONS)
    return chain


# demand of 10 MWh and exports share water: 10·demand + exports ≤ 120. A MWh of demand costs ten of exports
LEVERAGE = program(cost=[-2.0, -1.0], rows=[[10.0, 1.0]], most=[120.0], upper=[10.0, 200.0])
DEMAND, EXPORTS = [-1.0, 0.0], [0.0, -1.0]


def test_what_weights_would_trade_away_the_order_keeps() -> None:
    highs = solved(*LEVERAGE)
    assert highs.getSolution().col_value == [0.0, 120.0]  # by weights of 2 to 1
    chain = chain_of(*LEVERAGE, {"demand": DEMAND, "exports": EXPORTS})
    assert chain.values() == pytest.approx([10.0, 20.0])
    assert chain.gains == pytest.approx({"demand": 0.0, "exports": 0.0})
    assert chain.solves >= 1


def test_the_other_order_takes_no_step() -> None:
    chain = chain_of(*LEVERAGE, {"exports": EXPORTS, "demand": DEMAND})
    assert chain.values() == pytest.approx([0.0, 120.0])
    assert (chain.solves, chain.iterations) == (0, 0)


def test_the_program_s_own_cost_decides_what_services_leave_open() -> None:
    # x + y ≤ 8 serve the one service alike; y is dearer
    structure, problem = program(cost=[-1.0 + 0.1, -1.0 + 0.2], rows=[[1.0, 1.0]], most=[8.0], upper=[5.0, 9.0])
    chain = chain_of(structure, problem, {"demand": [-1.0, -1.0]})
    assert chain.values() == pytest.approx([5.0, 3.0])


def test_a_later_service_undoes_no_earlier_one() -> None:
    # three services in a row, each MWh costs four of the next: 4·one + two ≤ 40, 4·two + three ≤ 40
    structure, problem = program(
        cost=[-4.0, -2.0, -1.0], rows=[[4.0, 1.0, 0.0], [0.0, 4.0, 1.0]], most=[40.0, 40.0], upper=[9.0, 20.0, 50.0]
    )
    chain = chain_of(structure, problem, {"one": [-1.0, 0, 0], "two": [0, -1.0, 0], "three": [0, 0, -1.0]})
    assert chain.values() == pytest.approx([9.0, 4.0, 24.0])
    turned = chain_of(structure, problem, {"three": [0, 0, -1.0], "two": [0, -1.0, 0], "one": [-1.0, 0, 0]})
    assert turned.values() == pytest.approx([9.0, 0.0, 40.0])


def test_others_start_from_the_basis_without_a_step() -> None:
    chain = chain_of(*LEVERAGE, {"demand": DEMAND, "exports": EXPORTS})
    structure, problem = LEVERAGE
    heavy = Problem(
        np.array([-20.0, -1.0]), problem.lower, problem.upper, problem.matrix, problem.row_lower, problem.row_upper
    )
    highs = solved(structure, heavy)
    highs.clearSolver()
    highs.setBasis(chain.basis())
    highs.run()
    assert highs.getInfo().simplex_iteration_count == 0
    assert highs.getSolution().col_value == pytest.approx([10.0, 20.0])


def test_prices_are_those_of_the_programs_own_cost() -> None:
    chain = chain_of(*LEVERAGE, {"exports": EXPORTS, "demand": DEMAND})
    assert chain.prices() == pytest.approx([-1.0])  # of a unit of water more: one more MWh of exports


def test_costs_of_the_services_of_two_buses(two_bus: Case) -> None:
    found = inputs(two_bus, read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"}))
    engine = Engine(found)
    own, casa = priority_costs(engine.structure, found)
    hours = found.axis.weightings["objective"].to_numpy()
    assert (own.service, casa.service) == ("own_demand", "casa")
    unserved = engine.structure.columns["generators", "p"][
        :, list(found.components["generators"].index).index("unserved source")
    ]
    line = engine.structure.columns["links", "p"][:, list(found.components["links"].index).index("line")]
    assert own.cost[unserved] == pytest.approx(hours)
    assert casa.cost[line] == pytest.approx(-0.95 * hours)
    assert np.count_nonzero(own.cost) == np.count_nonzero(casa.cost) == len(hours)


def test_at_least_cost_there_is_no_order(two_bus: Case) -> None:
    found = inputs(two_bus, read_scenario("two_bus", overrides={"objective": "dispatch"}))
    engine = Engine(found)
    assert priority_costs(engine.structure, found) == []
    result = engine.solve(found)
    assert dict(result.services) == {}
    assert dict(result.gains) == {}


@pytest.mark.parametrize("order", [["own_demand", "casa"], ["casa", "own_demand"]])
def test_each_result_carries_its_certificate(order: list[str], two_bus: Case) -> None:
    fields = {"time.resolution": "typical-days-24h", "hydrology": "dry", "protection_order": order}
    found = inputs(two_bus, read_scenario("two_bus", overrides=fields))
    result = Engine(found).solve(found)
    until = order[: order.index("casa") + 1]
    assert list(result.gains) == list(result.services) == until
    assert max(result.gains.values()) <= GAIN
