"""Policies whose value is known: by dynamic programming on paper, or by the whole scenario tree as one program."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from energy.analysis.policy import (
    MeanCVaR,
    Noise,
    Outcome,
    Policy,
    Settings,
    StageProblem,
    linear_graph,
    markov_graph,
    simulate,
    train,
)
from energy.analysis.policy.deterministic_equivalent import _tree_optimum
from energy.analysis.policy.simulate import follow
from energy.analysis.policy.walk import Step

UNBOUNDED = np.inf
WATER = 0  # row of the water balance in `reservoir_week`


def reservoir_week(price: float, demand: float, size: float, turbine: float = UNBOUNDED) -> StageProblem:
    """One reservoir, its turbine and thermal energy against a demand.

    Columns: water before, water after, turbined, spilled, thermal. Rows: after − before + turbined + spilled = inflow
    (set by the noise), turbined + thermal = demand.
    """
    return StageProblem(
        name="week",
        matrix=sparse.csc_matrix([[-1.0, 1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0, 1.0]]),
        cost=np.array([0.0, 0.0, 0.0, 0.0, price]),
        lower=np.zeros(5),
        upper=np.array([size, size, turbine, UNBOUNDED, UNBOUNDED]),
        row_lower=np.array([0.0, demand]),
        row_upper=np.array([0.0, demand]),
        state_in=np.array([0]),
        state_out=np.array([1]),
        accounts={"thermal": np.array([0.0, 0.0, 0.0, 0.0, 1.0])},
    )


def rain(inflows: list[float], odds: list[float]) -> list[Noise]:
    return [Noise.of_rows(p, [WATER], [inflow]) for inflow, p in zip(inflows, odds, strict=True)]


# ------------------------------------------------------------------------------------------------ three weeks

PRICES = (50.0, 100.0, 150.0)
INFLOWS = (0.0, 50.0, 100.0)
DEMAND, SIZE, START = 150.0, 200.0, 200.0


def three_weeks() -> Policy:
    stages = [reservoir_week(price, DEMAND, SIZE) for price in PRICES]
    graph = linear_graph(stages, [rain(list(INFLOWS), [1 / 3] * 3)] * 3, [START])
    return train(graph, Settings(iterations=40, patience=10, tolerance=1e-9))


def cost_of_three_weeks_by_hand() -> float:
    """Backward dynamic programming over contents 0, 10, … 200, which hold every kink of the value function.

    Prices, demand, size and inflows are multiples of 50, and a value function's kinks are sums and differences of
    those; so the best decision from a multiple of 10 leads to a multiple of 10.
    """
    contents = np.arange(0, SIZE + 1, 10)
    future = np.zeros(len(contents))
    for price in reversed(PRICES):
        value = np.zeros(len(contents))
        for number, content in enumerate(contents):
            for inflow in INFLOWS:
                released = content + inflow - contents  # to reach each content
                possible = released >= 0
                cost = price * np.maximum(DEMAND - released, 0) + future
                value[number] += cost[possible].min() / len(INFLOWS)
        future = value
    return float(future[-1])


def test_three_weeks_cost_what_dynamic_programming_says() -> None:
    policy = three_weeks()
    assert cost_of_three_weeks_by_hand() == pytest.approx(8333.333333, abs=1e-6)
    assert policy.lower_bound == pytest.approx(8333.333333, abs=1e-6)
    assert policy.outcome is Outcome.STALLED


def test_three_weeks_are_not_those_of_perfect_foresight() -> None:
    """With perfect foresight each of the 27 years is a linear program of its own: 6,203.70 on average."""
    costs = []
    for inflows in itertools.product(INFLOWS, repeat=3):
        # columns: thermal 1–3, spill 1–3, content after 1–3; balance: content − before + (demand − thermal) + spill
        balance = np.zeros((3, 9))
        for week in range(3):
            balance[week, [week, 3 + week, 6 + week]] = (-1.0, 1.0, 1.0)
            if week:
                balance[week, 5 + week] = -1.0
        right = np.array(inflows) - DEMAND + np.array([START, 0.0, 0.0])
        bounds = [(0, DEMAND)] * 3 + [(0, None)] * 3 + [(0, SIZE)] * 3
        costs.append(linprog([*PRICES, *[0.0] * 6], A_eq=balance, b_eq=right, bounds=bounds).fun)
    foreseen = np.mean(costs)
    assert foreseen == pytest.approx(6203.703704, abs=1e-6)
    assert three_weeks().lower_bound - foreseen == pytest.approx(2129.629630, abs=1e-6)


def test_policy_of_three_weeks_costs_on_average_what_it_promises() -> None:
    """The mean over all 27 years, each met step by step, is the lower bound itself: the policy is optimal."""
    policy = three_weeks()
    noises = policy.graph.nodes[0].noises
    years = [[Step(week, noise) for week, noise in enumerate(year)] for year in itertools.product(noises, repeat=3)]
    assert follow(policy, years).mean == pytest.approx(policy.lower_bound, abs=1e-6)


# ------------------------------------------------------------------------------------------ the 52-week reservoir

# Weekly figures of the reservoir in the tutorial "deterministic to stochastic" of SDDP.jl (Dowson and Philpott 2023)
WEEKLY_INFLOW = (
    "3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 3 3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 3 2 3 2 3 2 3 2 3 2 3 3 3"
)
WEEKLY_DEMAND = (
    "7 7.1 7.2 7.3 7.4 7.6 7.8 8.1 8.3 8.6 8.9 9.2 9.5 9.8 10.1 10.4 10.7 10.9 11.2 11.4 11.6 11.7 11.8 11.9 12 12 12 "
    "11.9 11.8 11.7 11.6 11.4 11.2 10.9 10.7 10.4 10.1 9.8 9.5 9.2 8.9 8.6 8.3 8.1 7.8 7.6 7.4 7.3 7.2 7.1 7 7"
)
WEEKLY_PRICE = (
    "10.2 10.4 10.6 10.9 11.2 11.5 11.9 12.3 12.7 13.1 13.6 14 14.5 14.9 15.3 15.8 16.2 16.6 17 17.4 17.7 18 "
    "18.3 18.5 18.7 18.9 19 19.1 19.2 19.2 19.2 19.2 19.1 19 18.9 18.8 18.6 18.5 18.4 18.2 18.1 17.9 17.8 17.7 "
    "17.6 17.5 17.5 17.5 17.5 17.6 17.7 17.8"
)
WEEKS = [
    (float(inflow), float(demand), float(price))
    for inflow, demand, price in zip(WEEKLY_INFLOW.split(), WEEKLY_DEMAND.split(), WEEKLY_PRICE.split(), strict=True)
]
LARGE, FULL, TURBINE = 320.0, 300.0, 12.0
CHANGES, ODDS = (-2.0, 0.0, 5.0), (0.3, 0.4, 0.3)


def weeks(changes: tuple[float, ...], odds: tuple[float, ...], settings: Settings) -> Policy:
    stages = [reservoir_week(price, demand, LARGE, TURBINE) for _, demand, price in WEEKS]
    noises = [rain([inflow + change for change in changes], list(odds)) for inflow, _, _ in WEEKS]
    return train(linear_graph(stages, noises, [FULL]), settings)


def cost_of_weeks_by_dynamic_programming(changes: tuple[float, ...], odds: tuple[float, ...]) -> float:
    """Backward dynamic programming in tenths, of which all figures are multiples, so that every kink is on the grid.

    More water never costs more, so what is not turbined is kept up to the size of the reservoir, and the rest spilled.
    """
    tenths = np.arange(round(10 * LARGE) + 1)
    future = np.zeros(len(tenths))
    for inflow, demand, price in reversed(WEEKS):
        most = round(10 * min(TURBINE, demand))
        value = np.zeros(len(tenths))
        for change, probability in zip(changes, odds, strict=True):
            available = tenths + round(10 * (inflow + change))
            cheapest = np.full(len(tenths), np.inf)
            for turbined in range(most + 1):
                kept = np.minimum(available - turbined, len(tenths) - 1)
                cost = price * (demand - turbined / 10) + future[np.maximum(kept, 0)]
                cheapest = np.where(kept >= 0, np.minimum(cheapest, cost), cheapest)
            value += probability * cheapest
        future = value
    return float(future[round(10 * FULL)])


def test_reservoir_of_52_known_weeks_costs_682_91() -> None:
    policy = weeks((0.0,), (1.0,), Settings(iterations=40, paths=1, patience=5, tolerance=1e-6))
    assert cost_of_weeks_by_dynamic_programming((0.0,), (1.0,)) == pytest.approx(682.91, abs=0.005)
    assert policy.lower_bound == pytest.approx(682.91, abs=0.005)
    assert simulate(policy, paths=1, seed=1).mean == pytest.approx(policy.lower_bound, abs=1e-6)


@pytest.mark.slow
def test_reservoir_of_52_weeks_seen_one_by_one_costs_285_16() -> None:
    by_hand = cost_of_weeks_by_dynamic_programming(CHANGES, ODDS)
    policy = weeks(CHANGES, ODDS, Settings(iterations=150, paths=4, patience=20, tolerance=1e-3))
    assert by_hand == pytest.approx(285.16, abs=0.005)
    assert 0.995 * by_hand <= policy.lower_bound <= by_hand + 1e-6
    low, high = simulate(policy, paths=400, seed=7).interval(0.99)
    assert low <= by_hand <= high
    assert policy.lower_bound <= high


# ------------------------------------------------------------------------------------ against the whole scenario tree


def two_reservoirs(price: float, demand: float) -> StageProblem:
    """An upper and a lower reservoir in a row; the upper one's water makes energy twice.

    Columns: upper and lower before, upper and lower after, turbined above and below, spilled above and below, thermal.
    """
    matrix = sparse.csc_matrix(
        [
            [-1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0],  # upper balance = inflow
            [0.0, -1.0, 0.0, 1.0, -1.0, 1.0, -1.0, 1.0, 0.0],  # lower balance = side inflow
            [0.0, 0.0, 0.0, 0.0, 2.0, 1.0, 0.0, 0.0, 1.0],  # demand
        ]
    )
    return StageProblem(
        name="season",
        matrix=matrix,
        cost=np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, price]),
        lower=np.zeros(9),
        upper=np.array([60.0, 30.0, 60.0, 30.0, 25.0, 35.0, UNBOUNDED, UNBOUNDED, UNBOUNDED]),
        row_lower=np.array([0.0, 0.0, demand]),
        row_upper=np.array([0.0, 0.0, demand]),
        state_in=np.array([0, 1]),
        state_out=np.array([2, 3]),
    )


def test_two_chained_reservoirs_cost_what_their_scenario_tree_says() -> None:
    stages = [
        two_reservoirs(price, demand) for price, demand in ((20.0, 60.0), (35.0, 80.0), (30.0, 70.0), (80.0, 95.0))
    ]
    wet_or_dry = [
        Noise.of_rows(p, [0, 1], flows) for p, flows in ((0.4, [5.0, 1.0]), (0.35, [20.0, 3.0]), (0.25, [45.0, 9.0]))
    ]
    graph = linear_graph(stages, [wet_or_dry] * 4, [40.0, 10.0])
    policy = train(graph, Settings(iterations=200, patience=30, tolerance=1e-9))
    assert policy.lower_bound == pytest.approx(_tree_optimum(graph), rel=1e-8)


TRANSITIONS = (
    np.array([[0.5, 0.5]]),
    np.array([[0.8, 0.2], [0.3, 0.7]]),
    np.array([[0.9, 0.1], [0.25, 0.75]]),
    np.array([[0.6, 0.4], [0.4, 0.6]]),
)


def test_markov_chain_of_inflows_costs_what_its_whole_tree_says() -> None:
    """Dry months follow dry ones: the state of the chain is worth knowing, and the policy knows it."""
    stages = [reservoir_week(price, 100.0, 150.0) for price in (30.0, 60.0, 40.0, 90.0)]
    dry, wet = rain([0.0, 20.0], [0.6, 0.4]), rain([50.0, 80.0, 120.0], [0.5, 0.3, 0.2])
    graph = markov_graph(stages, [[dry, wet]] * 4, TRANSITIONS, [100.0])
    policy = train(graph, Settings(iterations=200, patience=30, tolerance=1e-9))
    whole_tree = _tree_optimum(graph)
    assert policy.lower_bound == pytest.approx(whole_tree, rel=1e-8)
    independent = [np.array([[0.5, 0.5]])] + [np.full((2, 2), 0.5)] * 3
    forgetful = markov_graph(stages, [[dry, wet]] * 4, independent, [100.0])
    assert _tree_optimum(forgetful) != pytest.approx(whole_tree, rel=0.01)


# ----------------------------------------------------------------------------------------------------- risk


def test_two_stages_with_cvar_cost_what_one_program_says() -> None:
    """Rockafellar and Uryasev (2000): CVaR(α) = min over η of η + E[(cost − η)⁺]/α, a linear program in two stages."""
    inflows, odds, weight, tail = (0.0, 40.0, 80.0, 120.0), (0.1, 0.3, 0.4, 0.2), 0.6, 0.25
    stages = [reservoir_week(40.0, 100.0, 150.0), reservoir_week(90.0, 160.0, 150.0)]
    graph = linear_graph(stages, [[Noise()], rain(list(inflows), list(odds))], [120.0])
    risk = MeanCVaR(weight=weight, tail=tail)
    policy = train(graph, Settings(iterations=60, patience=10, tolerance=1e-10, risk=risk))

    # columns: thermal 1, content after 1, η, then thermal 2 and excess over η of each outcome; 100 = thermal + turbined
    count = len(inflows)
    cost = np.zeros(3 + 2 * count)
    cost[0], cost[2] = 40.0, weight
    rows, right = [], []
    first = np.zeros(3 + 2 * count)
    first[[0, 1]] = (-1.0, 1.0)  # content ≤ 120 − (100 − thermal)
    rows.append(first)
    right.append(20.0)
    for number, (inflow, probability) in enumerate(zip(inflows, odds, strict=True)):
        thermal, excess = 3 + number, 3 + count + number
        cost[thermal] = (1 - weight) * probability * 90.0
        cost[excess] = weight * probability / tail
        served = np.zeros(3 + 2 * count)
        served[[1, thermal]] = -1.0  # content + inflow + thermal ≥ 160
        beyond = np.zeros(3 + 2 * count)
        beyond[[thermal, 2, excess]] = (90.0, -1.0, -1.0)  # cost − η ≤ excess
        rows += [served, beyond]
        right += [inflow - 160.0, 0.0]
    bounds = [(0, 100), (0, 150), (None, None)] + [(0, None)] * (2 * count)
    in_one = linprog(cost, A_ub=np.array(rows), b_ub=right, bounds=bounds)
    assert policy.lower_bound == pytest.approx(in_one.fun, rel=1e-9)
    neutral = train(graph, Settings(iterations=60, patience=10, tolerance=1e-10))
    assert policy.lower_bound > neutral.lower_bound + 1.0


# --------------------------------------------------------------------------------------------- an endless horizon


def test_year_that_comes_back_costs_what_value_iteration_says() -> None:
    """Two seasons for ever, ended after each second one with a chance of 0.3: value iteration on a grid of tens.

    All figures are multiples of 10, so that kinks are on the grid; V = E[min cost + onward · V'] is a contraction.
    """
    continuation, size = 0.7, 100.0
    seasons = ((20.0, 60.0, (0.0, 100.0), (0.5, 0.5)), (70.0, 80.0, (0.0, 30.0), (0.4, 0.6)))
    stages = [reservoir_week(price, demand, size) for price, demand, _, _ in seasons]
    noises = [rain(list(inflows), list(odds)) for _, _, inflows, odds in seasons]
    graph = linear_graph(stages, noises, [50.0], continuation=continuation)
    policy = train(graph, Settings(iterations=150, patience=20, tolerance=1e-9, longest=60))

    contents = np.arange(0, size + 1, 10)
    value = np.zeros(len(contents))  # of a year that begins
    for _ in range(200):
        future = continuation * value
        for price, demand, inflows, odds in reversed(seasons):
            before = np.zeros(len(contents))
            for inflow, probability in zip(inflows, odds, strict=True):
                released = contents[:, None] + inflow - contents
                cost = price * np.maximum(demand - released, 0) + future
                before += probability * np.where(released >= 0, cost, np.inf).min(axis=1)
            future = before
        value = future
    assert policy.lower_bound == pytest.approx(value[5], rel=1e-7)
