"""What holds for every policy: bounds stay bounds, cuts stay below, and workers change no bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from tests.examples import examples

from energy.analysis.policy import (
    MeanCVaR,
    Noise,
    Outcome,
    Policy,
    PolicyGraph,
    Settings,
    StageProblem,
    markov_graph,
    simulate,
    train,
)
from energy.analysis.policy.deterministic_equivalent import _tree_optimum
from energy.analysis.policy.simulate import follow
from energy.analysis.policy.value_function import Cuts, ValueFunction
from energy.analysis.policy.walk import Step

few_examples = settings(max_examples=15)
trained_twice = settings(max_examples=examples(5, 15))
SIZES = np.array([60.0, 40.0])


def cascade(price: float, demand: float) -> StageProblem:
    """Two reservoirs in a row. Columns: contents before, contents after, turbined, spilled, thermal."""
    matrix = sparse.csc_matrix(
        [
            [-1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0],
            [0.0, -1.0, 0.0, 1.0, -1.0, 1.0, -1.0, 1.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 1.5, 1.0, 0.0, 0.0, 1.0],
        ]
    )
    return StageProblem(
        name="month",
        matrix=matrix,
        cost=np.array([0.0] * 8 + [price]),
        lower=np.zeros(9),
        upper=np.array([*SIZES, *SIZES, 30.0, 40.0, np.inf, np.inf, np.inf]),
        row_lower=np.array([0.0, 0.0, demand]),
        row_upper=np.array([0.0, 0.0, demand]),
        state_in=np.array([0, 1]),
        state_out=np.array([2, 3]),
    )


@st.composite
def graphs(draw: st.DrawFn) -> PolicyGraph:
    """Three months of two reservoirs beside a Markov chain of two states."""
    share = st.floats(0.05, 0.95)
    stages = [cascade(draw(st.floats(1.0, 100.0)), draw(st.floats(30.0, 90.0))) for _ in range(3)]
    noises = []
    for _ in stages:
        odds = draw(share)
        flows = st.lists(st.floats(0.0, 60.0), min_size=2, max_size=2)
        noises.append([[Noise.of_rows(p, [0, 1], draw(flows)) for p in (odds, 1 - odds)] for _ in range(2)])
    rows = [[draw(share)], [draw(share), draw(share)], [draw(share), draw(share)]]
    transitions = [np.array([[p, 1 - p] for p in row]) for row in rows]
    return markov_graph(stages, noises, transitions, [draw(st.floats(0.0, 60.0)), draw(st.floats(0.0, 40.0))])


def all_years(graph: PolicyGraph) -> tuple[list[list[Step]], np.ndarray]:
    """Return every path of a graph that ends, and its probability."""
    years: list[list[Step]] = []
    odds: list[float] = []

    def grow(path: list[Step], probability: float, arcs: Mapping[int, float]) -> None:
        if not arcs:
            years.append(path)
            odds.append(probability)
        for node, arc in arcs.items():
            for noise in graph.nodes[node].noises:
                grown = [*path, Step(node, noise)]
                grow(grown, probability * arc * noise.probability, graph.nodes[node].transitions)

    grow([], 1.0, graph.start)
    return years, np.array(odds)


@few_examples
@given(graphs(), st.integers(1, 6))
def test_lower_bound_optimum_and_cost_of_the_policy_stand_in_this_order(graph: PolicyGraph, iterations: int) -> None:
    """However short the training: no bound is above the optimum, and no policy costs less than it."""
    policy = train(graph, Settings(iterations=iterations, paths=2))
    optimum = _tree_optimum(graph)
    years, odds = all_years(graph)
    assert odds.sum() == pytest.approx(1.0)
    cost = float(follow(policy, years).costs @ odds)
    margin = 1e-7 * max(optimum, 1.0)
    assert policy.lower_bound <= optimum + margin
    assert optimum <= cost + margin
    assert list(policy.bounds) == sorted(policy.bounds)


@few_examples
@given(graphs(), st.integers(0, 5), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_no_cut_is_above_the_value_of_any_state(graph: PolicyGraph, node: int, upper: float, lower: float) -> None:
    policy = train(graph, Settings(iterations=5, paths=3))
    state = SIZES * np.array([upper, lower])
    cost_to_go = _tree_optimum(graph, state, after=node)
    assert policy.values[node].at(state[None, :])[0] <= cost_to_go + 1e-7 * max(cost_to_go, 1.0)


@trained_twice
@given(graphs(), st.floats(0.0, 1.0), st.floats(0.1, 1.0))
def test_who_shuns_risk_expects_no_less(graph: PolicyGraph, weight: float, tail: float) -> None:
    neutral = train(graph, Settings(iterations=60, patience=10, tolerance=1e-9))
    averse = train(graph, Settings(iterations=60, patience=10, tolerance=1e-9, risk=MeanCVaR(weight, tail)))
    assert averse.lower_bound >= neutral.lower_bound * (1 - 1e-6)


@few_examples
@given(st.data())
def test_selection_of_cuts_changes_no_value_where_cuts_were_made(data: st.DataObject) -> None:
    """At every trial state the value is at least that of all cuts made since, and nowhere above that of all cuts."""
    value = ValueFunction.flat(-50.0, 2)
    number = st.floats(-20.0, 20.0)
    batches: list[tuple[Cuts, np.ndarray]] = []
    for _ in range(data.draw(st.integers(1, 6))):
        count = data.draw(st.integers(1, 4))
        lines = np.array(data.draw(st.lists(st.tuples(number, number, number), min_size=count, max_size=count)))
        states = np.array(data.draw(st.lists(st.tuples(number, number), min_size=count, max_size=count)))
        batches.append((Cuts(lines[:, 0], lines[:, 1:]), states))
        value = value.extended(*batches[-1])
    for made, (_, states) in enumerate(batches):
        later = np.max([cuts.at(states).max(axis=1) for cuts, _ in batches[made:]], axis=0)
        ever = np.max([cuts.at(states).max(axis=1) for cuts, _ in batches], axis=0)
        assert (value.at(states) >= later - 1e-7).all()
        assert (value.at(states) <= np.maximum(ever, -50.0) + 1e-7).all()
    assert len(value.cuts.intercepts) <= sum(len(states) for _, states in batches)


def numbers(policy: Policy) -> list[bytes]:
    return [part.tobytes() for value in policy.values for part in (value.cuts.intercepts, value.cuts.slopes)]


def one_graph() -> PolicyGraph:
    flows = ([0.0, 3.0], [15.0, 5.0], [40.0, 12.0])
    dry, wet = ([Noise.of_rows(p, [0, 1], f) for p, f in zip(odds, flows, strict=True)] for odds in ODDS)
    stages = [cascade(20.0, 60.0), cascade(50.0, 70.0), cascade(35.0, 65.0), cascade(90.0, 80.0)]
    rows = np.array([[0.7, 0.3], [0.35, 0.65]])
    return markov_graph(stages, [[dry, wet]] * 4, [rows[:1], rows, rows, rows], [45.0, 20.0])


ODDS = ((0.6, 0.3, 0.1), (0.1, 0.4, 0.5))


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    """Two processes, which take their seconds of imports once for both measures of risk."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("risk", [MeanCVaR(), MeanCVaR(0.5, 0.3)], ids=["mean", "cvar"])
def test_workers_change_no_bit(risk: MeanCVaR, processes: ProcessPoolExecutor) -> None:
    asked = Settings(iterations=6, paths=5, risk=risk)
    here = train(one_graph(), asked)
    with ThreadPoolExecutor(3) as threads:
        by_threads = train(one_graph(), asked, threads)
    by_processes = train(one_graph(), asked, processes)
    years = simulate(by_processes, 20, seed=4, executor=processes)
    assert numbers(here) == numbers(by_threads) == numbers(by_processes)
    assert here.bounds == by_threads.bounds == by_processes.bounds
    assert simulate(here, 20, seed=4).costs.tobytes() == years.costs.tobytes()


def test_training_that_goes_on_is_the_training_that_never_stopped() -> None:
    whole = train(one_graph(), Settings(iterations=8, paths=3))
    half = train(one_graph(), Settings(iterations=4, paths=3))
    assert numbers(train(one_graph(), Settings(iterations=8, paths=3), resumed=half)) == numbers(whole)


def test_bound_and_expected_cost_stand_by_the_simulated_mean_and_its_interval() -> None:
    graph = one_graph()
    policy = train(graph, Settings(iterations=250, paths=2, patience=40, tolerance=1e-9))
    low, high = simulate(policy, paths=300, seed=3).interval(0.99)
    years, odds = all_years(graph)
    expected = float(follow(policy, years).costs @ odds)
    assert policy.lower_bound <= high
    assert low <= expected <= high
    assert policy.lower_bound == pytest.approx(expected, rel=1e-5)


def test_training_ends_where_the_interval_has_come_near_the_bound() -> None:
    asked = Settings(iterations=200, paths=4, patience=200, test_every=5, test_paths=100, tolerance=400.0)
    policy = train(one_graph(), asked)
    assert policy.outcome is Outcome.CONVERGED
    assert len(policy.bounds) % 5 == 0
