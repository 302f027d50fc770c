"""In every group of years of the case: a policy costs no less than foresight, and no more than the best late sale."""

from __future__ import annotations

import numpy as np
import pytest
from tests.known.test_policy_between_bounds import selling_from

from energy.analysis.policy import Policy, Settings, train
from energy.analysis.policy.foreseen_years import foreseen_years
from energy.analysis.policy.simulate import follow
from energy.analysis.policy.simulated_water import simulated_water
from energy.analysis.policy.simulated_years import simulated_years
from energy.analysis.policy.water_policy import SERVICE, ChainDesign, WaterPolicyModel, policy_model
from energy.case import Case
from energy.scenario import read_scenario

MWH = 1.0
"""Of the studied service: what the tolerances of a year's program leave (test_policy_of_a_year)."""
GROUPS = (1, 2, 3)
YEARS = 40
SETTINGS = Settings(iterations=40, paths=4, tolerance=1.0)
DATES = ("June", "July", "August")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(casa1000: Case) -> WaterPolicyModel:
    scenario = read_scenario("baseline", overrides={"time.resolution": "typical-days-12h"})
    return policy_model(casa1000, scenario, ChainDesign(classes=2, outcomes=3, years=1000))


@pytest.fixture(scope="module")
def policy(model: WaterPolicyModel) -> Policy:
    return train(model.graph, SETTINGS)


@pytest.fixture(scope="module")
def late_rules(model: WaterPolicyModel) -> dict[str, Policy]:
    """Return the best of all rules that sell nothing before a month: policies trained under that ban."""
    return {month: train(selling_from(model, month), SETTINGS) for month in DATES}


@pytest.mark.parametrize("own_odds", [True, False], ids=["own odds", "the law"])
@pytest.mark.parametrize("group", GROUPS)
def test_a_policy_lies_between_late_sale_and_foresight(
    model: WaterPolicyModel,
    policy: Policy,
    late_rules: dict[str, Policy],
    group: int,
    own_odds: bool,
) -> None:
    """The same years for all; those of the law are drawn as ``energy risk`` does, and no policy was trained on them."""
    years = simulated_years(model, policy, YEARS, seed=group, own_odds=own_odds)
    foreseen = foreseen_years(model, years, YEARS)
    by_policy = years["cost"].to_numpy()
    assert (foreseen["foreseen_cost"].to_numpy() <= by_policy + MWH).all()
    paths = simulated_water(model, policy, YEARS, group, own_odds).paths
    for month, rule in late_rules.items():
        late = follow(rule, paths)
        assert by_policy.mean() <= late.mean + MWH
        sold = np.array([walked.accounts[SERVICE + "casa"] for walked in late.walks])
        first = [name.startswith(month) for name in years["month"].values.tolist()].index(True)
        assert np.abs(sold[:, :first]).max() == pytest.approx(0.0, abs=1e-6)
