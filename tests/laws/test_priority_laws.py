"""What the protection order promises, whatever the numbers: on a network of two countries with drawn sizes and demand.

Countries A and B on a ring of lines with a market C; water behind a dam in A; a swap account that takes power from A
and gives it back later; a sale from B; the studied line from A. Sizes, demand, inflow and the order of services are
drawn. What is drawn as small is often zero, so that demand is short in some examples and there is plenty in others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pypsa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from energy.case import Case, read_case
from energy.model import Inputs, inputs
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
from energy.scenario import Scenario, read_scenario
from energy.solve import Engine, Result, WarmStartScenario
from energy.solve.lp import matrix_of

SERVICES = ("a_demand", "b_demand", "b_purchases", "swap", "contract", "casa")
OF_A, OF_B = ("a_demand", "swap"), ("b_demand", "b_purchases", "contract")
HOURS = np.array([100.0, 50.0, 200.0, 100.0])
GAIN = 0.01  # MWh that a service may still gain: what the solver's tolerance leaves
CLOSE = 0.01  # MWh within which two answers are the same
SIZES = {
    ("generators", "a plant"): 150, ("generators", "b plant"): 150, ("generators", "supply"): 100,
    ("generators", "second supply"): 100, ("links", "turbine"): 1, ("links", "line"): 120, ("links", "sale"): 120,
    ("links", "deposit"): 80, ("links", "return"): 80, ("lines", "AB"): 200, ("lines", "BC"): 200, ("lines", "AC"): 200,
}  # fmt: skip
examples = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])

Sizes = Mapping[tuple[str, str], float]


def two_countries() -> pypsa.Network:
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=len(HOURS), freq="h"))
    for column in n.snapshot_weightings:
        n.snapshot_weightings[column] = HOURS
    n.add("Carrier", ["AC", "water", "account", "hydro", "market", "unserved"])
    n.add("Bus", ["A", "B", "C", "buyer", "far"], carrier="AC")
    n.add("Bus", "swap account", carrier="account")
    n.add("Bus", ["dam", "below"], carrier="water", unit="hm3/h")
    for name in ("AB", "BC", "AC"):
        n.add("Line", name, bus0=name[0], bus1=name[1], x=10.0, r=0.1, s_nom=1)
    n.add("Generator", ["a plant", "b plant"], bus=["A", "B"], carrier="hydro", p_nom=1, marginal_cost=[1.0, 2.0])
    n.add("Generator", ["supply", "second supply"], bus="C", carrier="market", p_nom=1, marginal_cost=[30.0, 40.0],
          service="b_purchases")  # fmt: skip
    for name in "AB":
        n.add("Load", name, bus=name, p_set=[1000.0] * len(HOURS))  # all that may go unserved
        n.add("Generator", f"unserved {name}", bus=name, carrier="unserved", p_nom=1000, marginal_cost=400,
              service=f"{name.lower()}_demand")  # fmt: skip
    n.add("Load", "inflow", bus="dam", p_set=[-1.0] * len(HOURS))
    n.add("Store", "reservoir", bus="dam", e_nom=60, e_cyclic=True)
    n.add("Link", "turbine", bus0="dam", bus1="A", bus2="below", p_nom=1, efficiency=200, efficiency2=1)
    n.add("Link", "spill", bus0="dam", bus1="below", p_nom=100, efficiency=1)
    n.add("Generator", "mouth", bus="below", sign=-1, p_nom=1000)
    n.add("Link", "line", bus0="A", bus1="buyer", p_nom=1, efficiency=0.95, marginal_cost=0.1, service="casa")
    n.add("Link", "sale", bus0="B", bus1="far", p_nom=1, efficiency=0.97, marginal_cost=0.1, service="contract")
    n.add("Link", "deposit", bus0="A", bus1="swap account", p_nom=1, efficiency=1, marginal_cost=0.05, service="swap")
    n.add("Link", "return", bus0="swap account", bus1="A", p_nom=1, efficiency=1, marginal_cost=0.06)
    n.add("Store", "swap volume", bus="swap account", e_nom=6000, e_cyclic=True)
    n.add("Generator", ["sold", "sold far"], bus=["buyer", "far"], sign=-1, p_nom=1000, marginal_cost=0)
    return n


@cache
def base() -> tuple[Inputs, Scenario]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "two.nc"
        two_countries().export_to_netcdf(str(path))
        scenario = Scenario(name="two countries", year=2028, case=str(path), objective="transfer")
        return assemble(read_case(path), scenario), scenario


@cache
def engine() -> Engine:
    return Engine(asked(SIZES, np.full((2, len(HOURS)), 50.0), np.full(len(HOURS), 0.2), SERVICES))


def asked(sizes: Sizes, demand: np.ndarray, inflow: np.ndarray, order: tuple[str, ...]) -> Inputs:
    """Return inputs of these sizes [MW, hm³/h], demand [MW] of A and B, inflow [hm³/h] and order of services."""
    found, scenario = base()
    components = {name: table.copy() for name, table in found.components.items()}
    for (component, name), size in sizes.items():
        components[component].loc[name, "s_nom" if component == "lines" else "p_nom"] = size
    values = found.array("loads", "p_set").copy()
    names = list(found.components["loads"].index)
    for name, series in (("A", demand[0]), ("B", demand[1]), ("inflow", -inflow)):
        values[:, names.index(name)] = series
    drawn = replace(found, components=components, dense={**found.dense, ("loads", "p_set"): values})
    return with_objective(drawn, scenario, order)


@st.composite
def questions(draw: st.DrawFn) -> tuple[dict[tuple[str, str], float], np.ndarray, np.ndarray, tuple[str, ...]]:
    """Sizes, demand, inflow and an order of services."""
    share = st.sampled_from([0.0, 0.1, 0.35, 0.7, 1.0])
    sizes = {key: round(most * draw(share), 3) for key, most in SIZES.items()}
    power = st.sampled_from([0.0, 20.0, 55.0, 90.0, 140.0])
    steps = len(HOURS)
    demand = np.array([[draw(power) for _ in range(steps)] for _ in range(2)])
    inflow = np.array([draw(st.sampled_from([0.0, 0.1, 0.3, 0.6])) for _ in range(steps)])
    return sizes, demand, inflow, tuple(draw(st.permutations(SERVICES)))


def costs_of(found: Inputs, service: str) -> dict[str, np.ndarray]:
    """Return what a service lacks or buys, less what it is delivered, per MW of generators and links."""
    generators, links = found.components["generators"], found.components["links"]
    counts = (generators["service"] == service).to_numpy(float) * generators["sign"].to_numpy(float)
    delivers = (links["service"] == service).to_numpy(float) * links["efficiency"].to_numpy(float)
    return {"generators": counts, "links": -delivers}


def energies(result: Result) -> dict[str, float]:
    """Return the energy of each service that stands no later than the studied one [MWh]."""
    found = {}
    for service in result.inputs.priority:
        costs = costs_of(result.inputs, service)
        found[service] = -sum(float(HOURS @ (result.flow(part).to_numpy() @ costs[part])) for part in costs)
    return found


def brute_force(found: Inputs) -> dict[str, float]:
    """Return the energy of each service [MWh] by a program from nothing for each, those before it held by a row."""
    structure = engine()._structure(found)
    problem = structure.problem(found)
    matrix = matrix_of(structure, problem).toarray()
    equal = problem.row_lower == problem.row_upper
    above, below = np.isfinite(problem.row_lower) & ~equal, np.isfinite(problem.row_upper) & ~equal
    rows = [*matrix[below], *-matrix[above]]
    bounds = [*problem.row_upper[below], *-problem.row_lower[above]]
    best = {}
    for service in found.priority:
        cost = np.zeros(matrix.shape[1])
        for component, per_mw in costs_of(found, service).items():
            cost[structure.columns[component, "p"]] = HOURS[:, None] * per_mw
        answer = linprog(
            cost,
            A_ub=np.array(rows) if rows else None,
            b_ub=bounds or None,
            A_eq=matrix[equal],
            b_eq=problem.row_lower[equal],
            bounds=np.column_stack([problem.lower, problem.upper]),
        )
        assert answer.status == 0, answer.message
        best[service] = -float(answer.fun)
        rows.append(cost)
        bounds.append(float(answer.fun) + 1e-5)
    return best


@examples
@given(question=questions())
def test_the_chain_is_that_of_brute_force(question: tuple) -> None:
    found = asked(*question)
    result = engine().solve(found)
    assert energies(result) == pytest.approx(brute_force(found), abs=CLOSE)
    assert dict(result.services) == pytest.approx(energies(result), abs=1e-6)
    assert set(result.gains) <= set(result.services)
    assert max(result.gains.values()) <= GAIN


@examples
@given(question=questions(), other=questions())
def test_where_a_solve_starts_leaves_no_trace(question: tuple, other: tuple) -> None:
    found, anchor = asked(*question), asked(*other)
    plain = engine().solve(found)
    key = repr([part.tolist() if isinstance(part, np.ndarray) else part for part in other])
    started = engine().solve(found, anchor=WarmStartScenario(key, lambda: anchor))
    assert dict(started.services) == pytest.approx(dict(plain.services), abs=CLOSE)
    assert max(started.gains.values()) <= GAIN


@examples
@given(question=questions(), places=st.integers(1, 5))
def test_the_line_earlier_in_the_order_never_delivers_less(question: tuple, places: int) -> None:
    *numbers, order = question
    at = order.index("casa")
    assume(at > 0)
    others = [service for service in order if service != "casa"]
    earlier = max(0, at - places)
    moved = (*others[:earlier], "casa", *others[earlier:])
    before = engine().solve(asked(*numbers, order)).services["casa"]
    after = engine().solve(asked(*numbers, moved)).services["casa"]
    assert after >= before - CLOSE


@examples
@given(question=questions(), which=st.sampled_from(sorted(SIZES)), more=st.sampled_from([1.0, 20.0, 100.0]))
def test_a_limit_that_is_relaxed_never_takes_from_the_first_service(
    question: tuple, which: tuple[str, str], more: float
) -> None:
    sizes, *rest = question
    first = rest[-1][0]
    before = engine().solve(asked(sizes, *rest)).services[first]
    after = engine().solve(asked({**sizes, which: sizes[which] + more}, *rest)).services[first]
    assert after >= before - CLOSE


@examples
@given(question=questions(), more=st.sampled_from([0.05, 0.5, 2.0]))
def test_more_water_never_takes_from_the_first_service(question: tuple, more: float) -> None:
    # with a spillway, more water is a relaxed limit
    sizes, demand, inflow, order = question
    before = engine().solve(asked(sizes, demand, inflow, order)).services[order[0]]
    after = engine().solve(asked(sizes, demand, inflow + more, order)).services[order[0]]
    assert after >= before - CLOSE


@examples
@given(question=questions(), more=st.sampled_from([5.0, 40.0, 100.0]))
def test_one_more_source_never_raises_purchases_where_no_demand_is_short(question: tuple, more: float) -> None:
    sizes, demand, inflow, _ = question
    order = SERVICES  # demand of both, then purchases
    few = {**sizes, ("generators", "second supply"): 0.0}
    before = engine().solve(asked(few, demand, inflow, order)).services
    assume(before["a_demand"] > -CLOSE and before["b_demand"] > -CLOSE)
    after = engine().solve(asked({**few, ("generators", "second supply"): more}, demand, inflow, order)).services
    assert after["b_purchases"] >= before["b_purchases"] - CLOSE  # purchases count with a minus


@examples
@given(question=questions(), mixed=st.permutations(SERVICES))
def test_the_order_of_countries_that_share_nothing_does_not_matter(question: tuple, mixed: list[str]) -> None:
    """Without lines A and B are two systems: whose service comes first matters within each of them alone."""
    sizes, demand, inflow, order = question
    apart = {**sizes, ("lines", "AB"): 0.0, ("lines", "AC"): 0.0}
    last = (*(s for s in order if s != "casa"), "casa")  # so that all are optimised
    queues = {True: [s for s in last if s in OF_A], False: [s for s in last if s not in OF_A and s != "casa"]}
    merged = [queues[service in OF_A].pop(0) for service in mixed if service != "casa"]
    one = engine().solve(asked(apart, demand, inflow, last))
    other = engine().solve(asked(apart, demand, inflow, (*merged, "casa")))
    assert dict(other.services) == pytest.approx(dict(one.services), abs=CLOSE)


@pytest.mark.parametrize("name", ["baseline", "dry_year"])
def test_the_studied_line_earlier_in_the_case(name: str, casa1000: Case) -> None:
    scenario = read_scenario(name, overrides={"time.resolution": "typical-days-24h"})
    order = casa1000.rules.protection_order
    at, others = order.index("casa"), [service for service in order if service != "casa"]
    engine_of_case = Engine(inputs(casa1000, scenario))
    delivered = []
    for place in (at, at - 2, at - 4, 0):
        moved = [*others[:place], "casa", *others[place:]]
        result = engine_of_case.solve(inputs(casa1000, scenario.replace(protection_order=moved)))
        delivered.append(result.services["casa"])
    assert delivered == pytest.approx(sorted(delivered), abs=CLOSE)
    assert delivered[-1] > delivered[0] + 1000  # MWh: the place in the order means something
