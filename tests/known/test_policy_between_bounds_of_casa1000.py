"""In every group of years of the case: a policy sells no more than foresight does, and no less than the best late sale.

*Net*: less what services before the studied one lack beside the year with foresight, as ``season_comparison`` has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pytest
from tests.known.test_policy_between_bounds import selling_from

from energy.analysis.policy import Policy, Settings, Simulation, train
from energy.analysis.policy.foreseen_years import GWH, foreseen_years
from energy.analysis.policy.simulate import follow
from energy.analysis.policy.simulated_water import simulated_water
from energy.analysis.policy.simulated_years import simulated_years
from energy.analysis.policy.water_policy import SERVICE, ChainDesign, WaterPolicyModel, policy_model
from energy.case import Case
from energy.model.objective import STUDIED
from energy.scenario import read_scenario

MWH = 1.0
"""Of the studied service: what the tolerances of a year's program leave (test_policy_of_a_year)."""
GROUPS = (1, 2)
YEARS = 30
SETTINGS = Settings(iterations=30, paths=4, tolerance=1.0)
DATES = ("June", "August")

pytestmark = pytest.mark.slow


class Group(NamedTuple):
    """The same years by policy, with foresight, and by the rules that sell late: mean net season [GWh], cost."""

    by_policy: float
    with_foresight: float
    late: dict[str, float]
    least_gain_of_foresight: float
    sold_too_early: float


@pytest.fixture(scope="module")
def model(casa1000: Case) -> WaterPolicyModel:
    scenario = read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})
    return policy_model(casa1000, scenario, ChainDesign(classes=2, outcomes=2, years=1000))


@pytest.fixture(scope="module")
def policy(model: WaterPolicyModel) -> Policy:
    return train(model.graph, SETTINGS)


@pytest.fixture(scope="module")
def late_rules(model: WaterPolicyModel) -> dict[str, Policy]:
    """Return the best of all rules that sell nothing before a month: policies trained under that ban."""
    return {month: train(selling_from(model, month), SETTINGS) for month in DATES}


def seasons(simulation: Simulation) -> dict[str, np.ndarray]:
    """Return the energy of each service in each year [GWh]."""
    names = [name for name in simulation.walks[0].accounts if name.startswith(SERVICE)]
    return {name.removeprefix(SERVICE): simulation.account(name) * GWH for name in names}


def group_of_years(
    model: WaterPolicyModel,
    policy: Policy,
    late_rules: Mapping[str, Policy],
    group: int,
    own_odds: bool,
) -> Group:
    years = simulated_years(model, policy, YEARS, seed=group, own_odds=own_odds)
    foreseen = foreseen_years(model, years, YEARS)
    paths = simulated_water(model, policy, YEARS, group, own_odds).paths
    before = years.attrs["before_studied"].split(", ")
    known = {name: foreseen["foreseen"].sel(service=name).to_numpy() for name in years["service"].values.tolist()}

    def net(energy: Mapping[str, np.ndarray]) -> float:
        lacking = sum(known[service] - energy[service] for service in before if service in energy)
        return float((energy[STUDIED] - lacking).mean())

    late = {month: follow(rule, paths) for month, rule in late_rules.items()}
    too_early = []
    for month, simulation in late.items():
        sold = np.array([walked.accounts[SERVICE + STUDIED] for walked in simulation.walks])
        first = [name.startswith(month) for name in years["month"].values.tolist()].index(True)
        too_early.append(np.abs(sold[:, :first]).max())
    return Group(
        by_policy=net(seasons(follow(policy, paths))),
        with_foresight=float(known[STUDIED].mean()),
        late={month: net(seasons(simulation)) for month, simulation in late.items()},
        least_gain_of_foresight=float((years["cost"].to_numpy() - foreseen["foreseen_cost"].to_numpy()).min()),
        sold_too_early=float(max(too_early)),
    )


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
    seen = group_of_years(model, policy, late_rules, group, own_odds)
    assert seen.least_gain_of_foresight >= -MWH
    assert seen.by_policy <= seen.with_foresight
    assert seen.by_policy >= max(seen.late.values())
    assert seen.sold_too_early == pytest.approx(0.0, abs=1e-6)
