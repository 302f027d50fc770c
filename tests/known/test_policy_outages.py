"""Outages as news: a seller who sees an outage when its month begins, and knows before that only its odds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from energy.analysis.policy import (
    Noise,
    Policy,
    PolicyGraph,
    Settings,
    StageProblem,
    linear_graph,
    markov_graph,
    simulate,
    train,
)
from energy.analysis.policy.decided_year import decided_year
from energy.analysis.policy.deterministic_equivalent import _tree_optimum
from energy.analysis.policy.foreseen_years import foreseen_years
from energy.analysis.policy.outage_chain import FIRST_DRAW, HEAVY, LIGHT, disturbed_inputs, outage_classes
from energy.analysis.policy.simulated_years import simulated_years
from energy.analysis.policy.stages import months_of
from energy.analysis.policy.water_policy import ChainDesign, WaterPolicyModel, ordinary_scenario, policy_model
from energy.case import Case
from energy.metrics.audit import TOLERANCE, audit
from energy.scenario import read_scenario

FULL, LINE = 10.0, 10.0
SOLD = 2  # column of what the line takes
LOSSES = 1  # row of what arrives of it
SETTINGS = Settings(iterations=20, paths=2, patience=10, tolerance=1e-9)


def selling_month(price: float) -> StageProblem:
    """A reservoir and a line to a buyer. Columns: water before and after, sold, spilled, delivered."""
    return StageProblem(
        name="month",
        matrix=sparse.csc_matrix([[-1.0, 1.0, 1.0, 1.0, 0.0], [0.0, 0.0, -1.0, 0.0, 1.0]]),
        cost=np.array([0.0, 0.0, 0.0, 0.0, -price]),
        lower=np.zeros(5),
        upper=np.array([FULL, FULL, LINE, np.inf, LINE]),
        row_lower=np.zeros(2),
        row_upper=np.zeros(2),
        state_in=np.array([0]),
        state_out=np.array([1]),
    )


def outage(probability: float, left: float) -> Noise:
    return Noise(
        probability=probability,
        columns=np.array([SOLD], dtype=np.int32),
        lower=np.zeros(1),
        upper=np.array([left]),
    )


def alone(probability: float, efficiency: float) -> Noise:
    """A pole that runs alone loses more."""
    return Noise(
        probability=probability,
        entry_rows=np.array([LOSSES], dtype=np.int32),
        entry_columns=np.array([SOLD], dtype=np.int32),
        coefficients=np.array([-efficiency]),
    )


@pytest.mark.parametrize(("probability", "value"), [(0.6, 10.0), (0.4, 12.0)])
def test_water_is_kept_for_a_better_month_while_its_line_is_likely_enough(probability: float, value: float) -> None:
    """10 hm³, worth 1 in May and 2 in June, when the line is out with some probability p: kept while 2·(1 − p) > 1.

    So 10 for p = 0.6, and 20·0.6 = 12 for p = 0.4. Who knew of the outage would have p·10 + (1 − p)·20: 14 and 16.
    """
    stages = [selling_month(1.0), selling_month(2.0)]
    graph = linear_graph(
        stages, [[Noise()], [outage(probability, 0.0), Noise(1 - probability)]], [FULL], future_bound=[-20.0, 0.0]
    )
    policy = train(graph, SETTINGS)
    assert -policy.lower_bound == pytest.approx(value)
    assert -_tree_optimum(graph) == pytest.approx(value)
    assert probability * 10 + (1 - probability) * 20 > value


def test_an_outage_that_lasts_is_news_for_the_month_to_come() -> None:
    """May has a heavy outage with 0.25, half the line then; it lasts into June, without any line, with 0.8, else 0.1.

    In a light May a hm³ kept is worth 2·0.9 = 1.8 > 1: all is kept, 18. In a heavy one it is worth 2·0.2 = 0.4 < 1: 5
    are sold and 5 kept, 5 + 2 = 7. Together 0.75·18 + 0.25·7 = 15.25. Who took June's odds of both Mays together,
    0.1·0.75 + 0.8·0.25 = 0.275, would keep in either, since 2·0.725 > 1, and have 2·10·0.725 = 14.5.
    """
    stages = [selling_month(1.0), selling_month(2.0)]
    may = [[Noise()], [outage(1.0, LINE / 2)]]
    june = [[Noise()], [outage(1.0, 0.0)]]
    odds = [np.array([[0.75, 0.25]]), np.array([[0.9, 0.1], [0.2, 0.8]])]
    graph = markov_graph(stages, [may, june], odds, [FULL], future_bound=[-20.0, 0.0])
    policy = train(graph, SETTINGS)
    assert -policy.lower_bound == pytest.approx(15.25)
    assert -_tree_optimum(graph) == pytest.approx(15.25)


@pytest.mark.parametrize(("price", "value"), [(1.2, 10.0), (1.6, 12.0)])
def test_a_pole_that_runs_alone_loses_what_it_loses(price: float, value: float) -> None:
    """June's line halves what it takes in every second year: a hm³ kept is worth 0.75 of June's price, against 1."""
    stages = [selling_month(1.0), selling_month(price)]
    graph = linear_graph(stages, [[Noise()], [alone(0.5, 0.5), Noise(0.5)]], [FULL], future_bound=[-20.0, 0.0])
    policy = train(graph, SETTINGS)
    assert -policy.lower_bound == pytest.approx(value)
    assert -_tree_optimum(graph) == pytest.approx(value)
    assert -simulate(policy, paths=200, seed=1).mean == pytest.approx(value, abs=1.5)


# ------------------------------------------------------------------------------------------------ the model itself

FAULTS = """
hazards:
  fault:
    kind: line_out
    cause: line
    where: [links.line]
    rate: {per_year: 4}
    duration: {law: exponential, mean: 400}
"""
YEARS = 12
MWH = 0.5


@pytest.fixture(scope="module")
def model(two_bus: Case, tmp_path_factory: pytest.TempPathFactory) -> WaterPolicyModel:
    file = tmp_path_factory.mktemp("hazards") / "faults.yaml"
    file.write_text(FAULTS)
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    design = ChainDesign(classes=2, outcomes=2, years=400, hazards=str(file), outage_years=60)
    return policy_model(two_bus, scenario, design)


@pytest.fixture(scope="module")
def policy(model: WaterPolicyModel) -> Policy:
    return train(model.graph, Settings(iterations=25, paths=2, tolerance=1e-3))


def test_mean_outages_are_those_of_the_drawn_years(model: WaterPolicyModel) -> None:
    """What is left of the line in the mean of the classes is what is left of it in the mean of the 60 drawn years."""
    assert model.outages is not None
    reference = model.reference.inputs
    ordinary = ordinary_scenario(model.scenario)
    drawn, heavy = [], []
    for draw in range(FIRST_DRAW, FIRST_DRAW + 60):
        disturbed = disturbed_inputs(model.case, reference, ordinary, model.outages.hazards, seed=1, draw=draw)
        drawn.append(disturbed.array("links", "p_max_pu"))
        heavy.append(outage_classes(reference, disturbed))
    month_of_snapshot, names = months_of(model.axis)
    by_class = []
    for outage_class in (LIGHT, HEAVY):
        typical = model.outages.mean_outages(reference, np.full(len(names), outage_class))
        frequency = model.outages.frequencies[month_of_snapshot, outage_class]
        by_class.append(frequency[:, None] * typical.array("links", "p_max_pu"))
    assert np.sum(by_class, axis=0) == pytest.approx(np.mean(drawn, axis=0), abs=1e-12)
    assert model.outages.frequencies[:, HEAVY] == pytest.approx(np.mean(heavy, axis=0))
    season = [name.split()[0] in ("May", "June", "July", "August", "September") for name in names]
    assert (model.outages.frequencies[season, HEAVY] > 0.05).all()
    assert (model.outages.frequencies[~np.array(season), HEAVY] == 0).all()
    later = model.outages.transitions[2:6]
    assert later[:, HEAVY, HEAVY].mean() > later[:, LIGHT, HEAVY].mean() + 0.1


def test_months_with_water_and_outages_cost_what_their_whole_tree_says(model: WaterPolicyModel) -> None:
    """April and May: 4 nodes of 2 outcomes each, of the whole tree with 8 + 64 months."""
    of_two_months = [*model.graph.nodes[:4], *(replace(node, transitions={}) for node in model.graph.nodes[4:8])]
    graph = PolicyGraph(tuple(of_two_months), model.graph.start, model.graph.initial_state)
    policy = train(graph, Settings(iterations=80, paths=2, patience=20, tolerance=1e-6))
    assert policy.lower_bound == pytest.approx(_tree_optimum(graph), rel=1e-7)


@pytest.mark.parametrize("own_odds", [True, False], ids=["own odds", "the law"])
def test_foresight_of_water_and_outages_is_worth_something(
    model: WaterPolicyModel, policy: Policy, own_odds: bool
) -> None:
    years = simulated_years(model, policy, YEARS, seed=2, own_odds=own_odds)
    foreseen = foreseen_years(model, years, YEARS)
    assert years["outage_class"].to_numpy().any()
    assert (foreseen["foreseen_cost"].to_numpy() <= years["cost"].to_numpy() + MWH).all()
    assert foreseen["foreseen_cost"].mean() < years["cost"].mean() - 10 * MWH
    without = replace(model, outages=None)
    undisturbed = foreseen_years(without, years, YEARS)
    assert undisturbed["foreseen_cost"].mean() < foreseen["foreseen_cost"].mean() - 10 * MWH


def test_bound_of_the_training_is_one_of_the_mean_with_outages(model: WaterPolicyModel, policy: Policy) -> None:
    _, high = simulate(policy, paths=100, seed=5).interval(0.99)
    assert policy.lower_bound <= high


def test_a_year_with_an_outage_is_decided_under_its_class(
    two_bus: Case, model: WaterPolicyModel, policy: Policy
) -> None:
    """The line is out all of June: nothing is sold then, and the optimum keeps its own limits."""
    june = {
        "name": "fault",
        "kind": "line_out",
        "cause": "line",
        "where": ["links.line"],
        "start": "2028-06-01",
        "duration": "30d",
    }
    scenario = model.scenario.replace(events=[june])
    result = decided_year(replace(model, scenario=scenario), policy)
    assert max(audit(result).values()) < TOLERANCE
    sold = result.flow("links")["line"]
    is_june = sold.index.month == 6
    assert sold[is_june].abs().max() == pytest.approx(0.0, abs=1e-6)
    assert sold[~is_june].max() > 50.0
