"""In every group of years: a policy costs no less than foresight, and no more than the best rule that sells late."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from energy.analysis.policy import Policy, PolicyGraph, Settings, simulate, train
from energy.analysis.policy.foreseen_years import foreseen_years
from energy.analysis.policy.simulated_years import simulated_years
from energy.analysis.policy.water_policy import SERVICE, ChainDesign, WaterPolicyModel, policy_model
from energy.case import Case
from energy.model.hydrology.statistics import water_statistics
from energy.model.hydrology.years import draw_years
from energy.scenario import read_scenario

MWH = 0.5
GROUPS = (1, 2, 3, 4)
YEARS = 30
SETTINGS = Settings(iterations=25, paths=2, tolerance=1e-3)


@pytest.fixture(scope="module")
def model(two_bus: Case) -> WaterPolicyModel:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    return policy_model(two_bus, scenario, ChainDesign(classes=2, outcomes=2, years=400))


@pytest.fixture(scope="module")
def policy(model: WaterPolicyModel) -> Policy:
    return train(model.graph, SETTINGS)


def selling_from(model: WaterPolicyModel, month: str) -> PolicyGraph:
    """Return the months of a model in which nothing is sold before one of them."""
    nodes = []
    has_begun = False
    for node in model.graph.nodes:
        stage = node.stage
        has_begun |= stage.name.startswith(month)
        if not has_begun:
            sold = stage.accounts[SERVICE + "casa"] != 0
            stage = replace(stage, upper=np.where(sold, 0.0, stage.upper))
        nodes.append(replace(node, stage=stage))
    return PolicyGraph(tuple(nodes), model.graph.start, model.graph.initial_state)


@pytest.fixture(scope="module")
def late_rules(model: WaterPolicyModel) -> dict[str, Policy]:
    """Return the best of all rules that sell nothing before a month: policies trained under that ban."""
    return {month: train(selling_from(model, month), SETTINGS) for month in ("June", "July", "August")}


@pytest.mark.parametrize("group", GROUPS)
def test_a_policy_lies_between_late_sale_and_foresight(
    model: WaterPolicyModel,
    policy: Policy,
    late_rules: dict[str, Policy],
    group: int,
) -> None:
    years = simulated_years(model, policy, YEARS, seed=group, own_odds=True)
    foreseen = foreseen_years(model, years, YEARS)
    by_policy = years["cost"].to_numpy()
    assert (foreseen["foreseen_cost"].to_numpy() <= by_policy + MWH).all()
    assert foreseen["foreseen_cost"].mean() <= by_policy.mean()
    late = {month: simulate(rule, YEARS, seed=group) for month, rule in late_rules.items()}
    assert by_policy.mean() <= min(simulation.mean for simulation in late.values()) + MWH
    for month, simulation in late.items():
        sold = np.array([walked.accounts[SERVICE + "casa"] for walked in simulation.walks])
        first = [name.startswith(month) for name in years["month"].values.tolist()].index(True)
        assert np.abs(sold[:, :first]).max() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("group", GROUPS)
def test_no_year_of_the_law_itself_beats_foresight(model: WaterPolicyModel, policy: Policy, group: int) -> None:
    """The water is that of `energy risk`, which the policy was not trained on."""
    years = simulated_years(model, policy, YEARS, seed=group)
    statistics = water_statistics(model.case.profiles["water_statistics"])
    trace = draw_years(statistics, seed=group, draw=YEARS - 1, years=2)
    assert years["inflow"][-1, :9, 0].to_numpy() == pytest.approx(trace[0, 0, 3:])
    assert years["inflow"][-1, 9:, 0].to_numpy() == pytest.approx(trace[1, 0, :3])
    foreseen = foreseen_years(model, years, YEARS)
    assert (foreseen["foreseen_cost"].to_numpy() <= years["cost"].to_numpy() + MWH).all()


def test_foresight_is_worth_something_and_so_is_early_sale(
    model: WaterPolicyModel,
    policy: Policy,
    late_rules: dict[str, Policy],
) -> None:
    """Otherwise the bounds of the other test would hold whatever a policy does."""
    years = simulated_years(model, policy, YEARS, seed=1, own_odds=True)
    foreseen = foreseen_years(model, years, YEARS)
    assert foreseen["foreseen_cost"].mean() < years["cost"].mean() - 100 * MWH
    assert simulate(late_rules["August"], YEARS, seed=1).mean > years["cost"].mean() + 100 * MWH
