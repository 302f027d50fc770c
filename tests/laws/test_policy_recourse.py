"""A stage is never without a solution: whatever state the stages before may leave, whatever water then comes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.analysis.policy import Noise, PolicyGraph, Settings, train
from energy.analysis.policy.months import inflow_graph, year_of_months
from energy.analysis.policy.sampling import draw_path
from energy.analysis.policy.simulate import follow
from energy.analysis.policy.stage_solver import StageSolver
from energy.case import Case
from energy.model.hydrology.inflow_chain import inflow_chain
from energy.model.hydrology.statistics import water_statistics
from energy.model.hydrology.years import draw_years
from energy.model.inputs import inputs
from energy.scenario import read_scenario
from energy.solve import Engine

CLASSES = 2


@pytest.fixture(scope="module")
def graph(casa1000: Case) -> PolicyGraph:
    """Return the months of the baseline with water from very dry to very wet: 25 outcomes of each class."""
    asked = inputs(casa1000, read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"}))
    engine = Engine(asked)
    months = year_of_months(engine.structure, engine.solve(asked))
    statistics = water_statistics(casa1000.profiles["water_statistics"])
    drawn = draw_years(statistics, seed=1, draw=0, years=100)
    return inflow_graph(months, inflow_chain(drawn, classes=CLASSES, outcomes=25), statistics.sites)


@pytest.fixture(scope="module")
def solvers(graph: PolicyGraph) -> list[StageSolver]:
    return [StageSolver(node) for node in graph.nodes]


@settings(max_examples=150)
@given(data=st.data())
def test_every_stage_has_a_solution_from_every_state_within_reach(
    graph: PolicyGraph, solvers: list[StageSolver], data: st.DataObject
) -> None:
    """Corners of the box of states are where rules meet; what is possible at all corners is possible within."""
    number = data.draw(st.integers(CLASSES, len(graph.nodes) - 1), label="node")
    before = graph.nodes[number - CLASSES - number % CLASSES].stage
    least, most = before.lower[before.state_out], before.upper[before.state_out]
    share = st.one_of(st.just(0.0), st.just(1.0), st.floats(0.0, 1.0))
    shares = data.draw(st.lists(share, min_size=len(least), max_size=len(least)), label="shares")
    noise = data.draw(st.sampled_from(graph.nodes[number].noises), label="noise")
    state = least + np.array(shares) * (most - least)
    solver = solvers[number]
    solver.restart()
    solution = solver.solve(state, noise)
    stage = graph.nodes[number].stage
    assert np.isfinite(solution.objective)
    assert (solution.state >= stage.lower[stage.state_out]).all()
    assert (solution.state <= stage.upper[stage.state_out]).all()


def test_no_bit_hangs_on_what_a_worker_solved_before(graph: PolicyGraph) -> None:
    """The same years in another order, by another thread, after others: programs of the case as they are, with cuts."""
    few_outcomes = tuple(replace(node, noises=_every_tenth(node.noises)) for node in graph.nodes)
    small = PolicyGraph(few_outcomes, graph.start, graph.initial_state)
    policy = train(small, Settings(iterations=3, paths=2, tolerance=0.0))
    with ThreadPoolExecutor(2) as threads:
        by_threads = train(small, Settings(iterations=3, paths=2, tolerance=0.0), threads)
    assert by_threads.bounds == policy.bounds
    paths = [draw_path(small, ["test", number], 12) for number in range(6)]
    with ThreadPoolExecutor(1) as afresh:
        in_order = follow(policy, paths, afresh).costs
    backwards = follow(policy, paths[::-1]).costs
    assert in_order.tobytes() == backwards[::-1].tobytes()


def _every_tenth(noises: tuple[Noise, ...]) -> tuple[Noise, ...]:
    few = noises[::10]
    return tuple(replace(noise, probability=1 / len(few)) for noise in few)


def test_volume_of_a_window_is_kept_in_the_months_before_its_last(graph: PolicyGraph) -> None:
    """What sellers may give each other from May to September, 50 GWh: in no month more than that has been given."""
    in_july = graph.nodes[3 * CLASSES].stage
    most = in_july.upper[in_july.state_out]
    in_september = graph.nodes[5 * CLASSES].stage
    limits = in_september.row_upper == 50_000
    (row,) = np.flatnonzero(limits)
    of_row = in_september.matrix.tocsr()[row].toarray().ravel()
    in_august = graph.nodes[4 * CLASSES].stage
    carried = of_row[in_september.state_in]
    (state,) = np.flatnonzero(carried)
    assert in_august.upper[in_august.state_out][state] * carried[state] == pytest.approx(50_000)
    assert np.isfinite(most).all()
