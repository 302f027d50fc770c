"""Policies: graphs that are none, files that belong to something else, stages without an optimum."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from energy.analysis.policy import (
    MeanCVaR,
    Noise,
    Policy,
    PolicyGraph,
    PolicyNode,
    Settings,
    StageProblem,
    linear_graph,
    load_policy,
    markov_graph,
    save_policy,
    simulate,
    train,
)
from energy.analysis.policy.basis_refinement import BasicSolution
from energy.analysis.policy.deterministic_equivalent import _tree_optimum
from energy.analysis.policy.policy_file import read_manifest
from energy.analysis.policy.stage_solver import StageSolver
from energy.analysis.policy.value_function import Cuts, ValueFunction
from energy.errors import InputError, SolverError

BELONGS_TO = {"case": "two_bus", "year": "2028", "order": "own_demand, casa"}


def week(price: float = 10.0, least_release: float = 0.0) -> StageProblem:
    """Columns: water before, water after, released, thermal. Rows: water balance, demand of 10."""
    return StageProblem(
        name="week",
        matrix=sparse.csc_matrix([[-1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]]),
        cost=np.array([0.0, 0.0, 0.0, price]),
        lower=np.array([0.0, 0.0, least_release, 0.0]),
        upper=np.array([30.0, 30.0, 10.0, 10.0]),
        row_lower=np.array([0.0, 10.0]),
        row_upper=np.array([0.0, 10.0]),
        state_in=np.array([0]),
        state_out=np.array([1]),
        accounts={"thermal": np.array([0.0, 0.0, 0.0, 1.0])},
    )


def two_weeks(price: float = 30.0) -> PolicyGraph:
    rain = [Noise.of_rows(0.5, [0], [0.0]), Noise.of_rows(0.5, [0], [8.0])]
    return linear_graph([week(10.0), week(price)], [[Noise()], rain], [5.0])


@pytest.fixture(scope="module")
def policy() -> Policy:
    return train(two_weeks(), Settings(iterations=6, paths=2))


# ---------------------------------------------------------------------------------------------------- graphs


def test_odds_of_noise_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(InputError, match=r"node 0, stage week: probabilities of its noise sum to 0.9; allowed: 1"):
        linear_graph([week()], [[Noise(0.4), Noise(0.5)]], [0.0])


def test_chain_whose_shapes_differ_is_refused() -> None:
    with pytest.raises(InputError, match=r"transitions to stage 1 have shape \(1, 1\); allowed: \(2, 1\)"):
        markov_graph([week()] * 2, [[[Noise()], [Noise()]], [[Noise()]]], [np.full((1, 2), 0.5), np.eye(1)], [0.0])


def test_chain_whose_rows_do_not_sum_to_one_is_refused() -> None:
    with pytest.raises(InputError, match="rows of the transitions to stage 0 do not sum to 1"):
        markov_graph([week()], [[[Noise()], [Noise()]]], [np.array([[0.5, 0.4]])], [0.0])


def test_arc_to_a_stage_with_other_states_is_refused() -> None:
    with pytest.raises(InputError, match="the start leaves 2 states to node 0, which takes 1"):
        linear_graph([week()], [[Noise()]], [0.0, 0.0])
    with pytest.raises(InputError, match="the start leads to node 3; allowed: 0 to 0"):
        PolicyGraph((PolicyNode(week(), (Noise(),), {}, 0.0),), {3: 1.0}, np.zeros(1))


def test_stage_whose_arrays_do_not_fit_says_all_at_once() -> None:
    with pytest.raises(InputError) as refusal:
        replace(week(), cost=np.zeros(3), row_lower=np.zeros(1), state_out=np.array([9]))
    assert len(refusal.value.faults) == 3


@pytest.mark.parametrize(("weight", "tail"), [(-0.1, 0.5), (1.1, 0.5), (0.5, 0.0), (0.5, 1.1)])
def test_risk_measure_out_of_range_is_refused(weight: float, tail: float) -> None:
    with pytest.raises(InputError, match="of CVaR is"):
        MeanCVaR(weight, tail)


def test_graph_without_an_end_has_no_tree() -> None:
    endless = linear_graph([week()], [[Noise()]], [5.0], continuation=1.0)
    with pytest.raises(InputError, match="more than 1000000 columns"):
        _tree_optimum(endless)


# -------------------------------------------------------------------------------------------- stages, solved


def test_stage_without_an_optimum_says_which_and_where() -> None:
    dry = linear_graph([week(), week(least_release=5.0)], [[Noise()], [Noise()]], [0.0])
    with pytest.raises(SolverError, match=r"stage week: infeasible at the incoming state \(0\)"):
        train(dry, Settings(iterations=1))


def test_noise_is_taken_back() -> None:
    """After an outage and a price the stage is again what it was."""
    node = two_weeks().nodes[0]
    solver = StageSolver(node)
    outage = Noise(columns=np.array([2], dtype=np.int32), lower=np.array([0.0]), upper=np.array([4.0]))
    dear = Noise(priced=np.array([3], dtype=np.int32), cost=np.array([25.0]))
    state = np.array([10.0])
    costs = [solver.solve(state, noise).objective for noise in (Noise(), outage, dear, Noise())]
    assert costs == pytest.approx([0.0, 60.0, 0.0, 0.0])
    assert solver.solve(np.array([4.0]), dear).objective == pytest.approx(150.0)
    assert solver.solve(np.array([4.0]), Noise()).objective == pytest.approx(60.0)


@pytest.mark.parametrize("held", [0.0, 4.0, 9.0, 14.0, 30.0])
def test_few_cuts_give_what_all_give(held: float) -> None:
    """100 tangents of 0.5·(30 − w)²: a hm³ is kept while that saves more than the thermal energy of 10 it replaces."""
    points = np.linspace(0.0, 30.0, 100)
    tangents = Cuts(0.5 * (30 - points) ** 2 + (30 - points) * points, -(30 - points)[:, None])
    solver = StageSolver(two_weeks().nodes[0])
    solver.install(tangents)
    state = np.array([held])
    with_all = solver.solve(state, Noise())
    with_few = solver._solved_with_few_cuts(state)
    assert with_few is not None
    kept = min(held, 20.0) if held <= 20 else held - min(held - 20, 10.0)
    thermal = 10 - (held - kept)
    assert with_all.objective == pytest.approx(10 * thermal + 0.5 * (30 - kept) ** 2, abs=0.02)
    assert with_few.objective == pytest.approx(with_all.objective, rel=1e-9)
    assert with_few.bound <= with_few.objective + 1e-6
    assert with_few.state == pytest.approx(with_all.state, abs=0.31)
    assert solver._cuts.same(tangents)
    assert solver.solve(state, Noise()).objective == pytest.approx(with_all.objective, rel=1e-12)


def test_proved_bound_holds_for_prices_that_are_wrong() -> None:
    """Whatever the row prices are, what they prove is below the optimum at every state."""
    solver = StageSolver(two_weeks().nodes[1])
    draws = np.random.default_rng(1)
    states = np.linspace(0.0, 25.0, 6)
    optima = [solver.solve(np.array([state]), Noise()).objective for state in states]
    for prices in draws.normal(0.0, 20.0, (200, 2)):
        answer = BasicSolution(np.array([4.0, 0.0, 4.0, 6.0, 0.0]), np.zeros(2), prices)
        bound, slope = solver._numbers.proved(answer, Cuts.none(1), np.array([4.0]))
        for state, optimum in zip(states, optima, strict=True):
            assert bound + slope[0] * (state - 4.0) <= optimum + 1e-9


def test_a_run_that_does_not_end_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    solver = StageSolver(two_weeks().nodes[1])
    monkeypatch.setattr("energy.analysis.policy.stage_solver.LONGEST_RUN", 0.0)
    with pytest.raises(SolverError, match="stage week"):
        solver.solve(np.array([5.0]), two_weeks().nodes[1].noises[0])


def test_memory_of_cuts_is_bounded() -> None:
    value = ValueFunction.flat(0.0, 1)
    for number in range(200):
        point = 0.1 * number
        cut = Cuts(np.array([-(point**2)]), np.array([[2 * point]]))  # tangents of the square: each is the highest once
        value = value.extended(cut, np.array([[point]]), kept=50)
    assert len(value.trial_states) == 50
    assert len(value.cuts.intercepts) <= 50
    assert value.at(np.array([[19.9]]))[0] == pytest.approx(19.9**2)


def test_accounts_add_up_to_the_cost(policy: Policy) -> None:
    simulation = simulate(policy, paths=5, seed=2)
    costs = [(passed.accounts["thermal"] * np.array([10.0, 30.0])).sum() for passed in simulation.walks]
    assert simulation.costs == pytest.approx(costs)
    assert simulation.states(0).shape == (5, 1)
    assert simulation.account("thermal").shape == (5,)


def test_simulated_interval_is_that_of_student(policy: Policy) -> None:
    """Known: two values a and b have the mean ± t(0.975, 1) · |a − b| / 2, with t = 12.7062."""
    simulation = simulate(policy, paths=40, seed=2)
    two = replace(
        simulation, walks=tuple(sorted(simulation.walks, key=lambda w: w.costs.sum()))[:: len(simulation.walks) - 1]
    )
    half = 12.7062047 * abs(two.costs[0] - two.costs[1]) / 2
    assert half > 0
    assert two.interval() == pytest.approx((two.mean - half, two.mean + half))
    with pytest.raises(InputError, match="confidence is 1"):
        two.interval(1.0)


def test_more_paths_begin_with_the_same_ones(policy: Policy) -> None:
    few, many = simulate(policy, paths=3, seed=5), simulate(policy, paths=8, seed=5)
    assert many.costs[:3].tobytes() == few.costs.tobytes()


# ---------------------------------------------------------------------------------------------------- files


def test_policy_comes_back_from_its_file_bit_by_bit(policy: Policy, tmp_path: Path) -> None:
    file = tmp_path / "water.policy"
    save_policy(policy, file, BELONGS_TO)
    loaded = load_policy(file, two_weeks(), BELONGS_TO)
    assert loaded.bounds == policy.bounds
    assert loaded.settings == policy.settings
    assert loaded.outcome is policy.outcome
    assert simulate(loaded, 6, seed=1).costs.tobytes() == simulate(policy, 6, seed=1).costs.tobytes()
    more = Settings(iterations=9, paths=2)
    assert train(two_weeks(), more, resumed=loaded).bounds == train(two_weeks(), more).bounds
    assert read_manifest(file)["belongs_to"] == BELONGS_TO
    assert [path.name for path in tmp_path.iterdir()] == ["water.policy"]


def test_policy_of_another_year_is_refused(policy: Policy, tmp_path: Path) -> None:
    file = tmp_path / "water.policy"
    save_policy(policy, file, BELONGS_TO)
    with pytest.raises(InputError, match=r"trained for year '2028'; allowed: '2030'; do: .*energy policy train"):
        load_policy(file, two_weeks(), BELONGS_TO | {"year": "2030"})


def test_policy_of_other_stages_is_refused(policy: Policy, tmp_path: Path) -> None:
    file = tmp_path / "water.policy"
    save_policy(policy, file, BELONGS_TO)
    with pytest.raises(InputError, match="other stage problems or other odds"):
        load_policy(file, two_weeks(price=31.0), BELONGS_TO)


@pytest.mark.parametrize("content", [b"", b"not a policy", b"PK\x03\x04 broken"])
def test_file_that_is_no_policy_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "water.policy"
    file.write_bytes(content)
    with pytest.raises(InputError, match="no policy of this package"):
        load_policy(file, two_weeks(), BELONGS_TO)


def test_archive_without_a_manifest_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "water.policy"
    with file.open("wb") as opened:
        np.savez(opened, bounds=np.zeros(1))
    with pytest.raises(InputError, match="no policy of this package"):
        load_policy(file, two_weeks(), BELONGS_TO)


def test_missing_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such policy"):
        load_policy(tmp_path / "none.policy", two_weeks(), BELONGS_TO)
    with pytest.raises(InputError, match="writing broke off"):
        save_policy(train(two_weeks(), Settings(iterations=1)), tmp_path / "no folder" / "a.policy", BELONGS_TO)
