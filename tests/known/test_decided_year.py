"""A year that a policy decides: it keeps what the policy left, serves as the policy did, and never beats foresight."""

from __future__ import annotations

import numpy as np
import pytest

from energy.analysis.policy import Policy, Settings, simulate, train
from energy.analysis.policy.decided_year import _classes_along, _monthly_flows, _walk_of, _year_as_it_came, decided_year
from energy.analysis.policy.foreseen_years import _year_known
from energy.analysis.policy.simulated_years import simulated_years
from energy.analysis.policy.water_policy import SERVICE, ChainDesign, WaterPolicyModel, policy_model
from energy.case import Case
from energy.metrics.audit import TOLERANCE, audit
from energy.scenario import read_scenario

MWH = 0.5
"""Within which what the engine decides in a month is what the policy decided there."""


@pytest.fixture(scope="module")
def dry_model(two_bus: Case) -> WaterPolicyModel:
    overrides = {"time.resolution": "typical-days-24h", "hydrology": "dry", "foresight": "policy"}
    scenario = read_scenario("two_bus", overrides=overrides)
    return policy_model(two_bus, scenario, ChainDesign(classes=2, outcomes=2, years=400))


@pytest.fixture(scope="module")
def policy(dry_model: WaterPolicyModel) -> Policy:
    return train(dry_model.graph, Settings(iterations=25, paths=2, tolerance=1e-3))


def test_the_year_keeps_what_the_policy_left_and_serves_as_it_did(dry_model: WaterPolicyModel, policy: Policy) -> None:
    inputs = _year_as_it_came(dry_model)
    walked = _walk_of(dry_model, policy, inputs)
    result = decided_year(dry_model, policy)
    assert max(audit(result).values()) < TOLERANCE
    content = result.values["stores", "e"]["reservoir"].groupby(result.inputs.axis.snapshots.to_period("M")).last()
    left = [float(state[0]) for state in walked.states[:-1]]
    assert content.to_list()[:-1] == pytest.approx(left, abs=1e-2)
    for service in ("casa", "own_demand"):
        decided = walked.accounts[SERVICE + service].sum()
        assert result.service_energy(service) == pytest.approx(decided, abs=MWH)


def test_the_river_is_that_of_the_scenario_and_a_dry_year_is_in_the_dry_class(dry_model: WaterPolicyModel) -> None:
    """The dry year of `two_bus` has 40 m³/s from April to September where an ordinary one has 100."""
    inputs = _year_as_it_came(dry_model)
    flows = _monthly_flows(dry_model, inputs)[:, 0]
    assert flows[:6] == pytest.approx(np.full(6, 40.0))
    assert (_classes_along(dry_model, inputs)[:6] == 0).all()


def test_foresight_is_never_worse_in_any_year(dry_model: WaterPolicyModel, policy: Policy) -> None:
    """In the objective, where each MWh counts with its service's weight, and to the model's own tolerance."""
    count = 8
    costs = simulate(policy, count, seed=3).costs
    years = simulated_years(dry_model, policy, count, seed=3, own_odds=True)
    for year in range(count):
        known = _year_known(dry_model, years["inflow"].isel(year=year).to_numpy())
        assert dry_model.engine.solve(known).objective <= costs[year] + MWH
