"""In groups of years of the case: a policy sells no more than foresight does, and no less than a rule that sells late.

What must hold whatever a training has reached: in every year foresight costs least, and the lower bound of the policy
is below the mean cost of every rule, those that sell late among them. A ban only adds to what must hold, so that at
equal training the bound of the late rule is the higher one. That the policy itself costs less than the late rule holds
once it has learnt enough, as after 150 iterations here; after 40 it need not.
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
YEARS = 30
SETTINGS = Settings(iterations=150, paths=4, tolerance=0.0)
BAN = "June"

pytestmark = pytest.mark.slow


class Group(NamedTuple):
    """The same years by policy, by the rule that sells late, and with foresight.

    ``net_…``: mean season [GWh] less what services before it lack beside the year with foresight; ``cost_…`` of each
    year; ``sold_too_early``, the most that the late rule sells before its date [MWh].
    """

    net_policy: float
    net_late: float
    net_foresight: float
    cost_policy: np.ndarray
    cost_foresight: np.ndarray
    late: Simulation
    sold_too_early: float


@pytest.fixture(scope="module")
def model(casa1000: Case) -> WaterPolicyModel:
    scenario = read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})
    return policy_model(casa1000, scenario, ChainDesign(classes=2, outcomes=2, years=1000))


@pytest.fixture(scope="module")
def policy(model: WaterPolicyModel) -> Policy:
    return train(model.graph, SETTINGS)


@pytest.fixture(scope="module")
def late_rule(model: WaterPolicyModel) -> Policy:
    """Return the best of all rules that sell nothing before a month: a policy that is trained under that ban."""
    return train(selling_from(model, BAN), SETTINGS)


def seasons(simulation: Simulation) -> dict[str, np.ndarray]:
    """Return the energy of each service in each year [GWh]."""
    names = [name for name in simulation.walks[0].accounts if name.startswith(SERVICE)]
    return {name.removeprefix(SERVICE): simulation.account(name) * GWH for name in names}


def group_of_years(
    model: WaterPolicyModel,
    policy: Policy,
    late_rule: Policy,
    group: int,
    own_odds: bool,
) -> Group:
    years = simulated_years(model, policy, YEARS, seed=group, own_odds=own_odds)
    foreseen = foreseen_years(model, years, YEARS)
    late = follow(late_rule, simulated_water(model, policy, YEARS, group, own_odds).paths)
    services = years["service"].values.tolist()
    before = years.attrs["before_studied"].split(", ")
    known = {name: foreseen["foreseen"].sel(service=name).to_numpy() for name in services}
    by_policy = {name: years["energy"].sel(service=name).sum("month").to_numpy() for name in services}

    def net(energy: Mapping[str, np.ndarray]) -> float:
        lacking = sum(known[service] - energy[service] for service in before if service in energy)
        return float((energy[STUDIED] - lacking).mean())

    sold = np.array([walked.accounts[SERVICE + STUDIED] for walked in late.walks])
    first = [name.startswith(BAN) for name in years["month"].values.tolist()].index(True)
    return Group(
        net_policy=net(by_policy),
        net_late=net(seasons(late)),
        net_foresight=float(known[STUDIED].mean()),
        cost_policy=years["cost"].to_numpy(),
        cost_foresight=foreseen["foreseen_cost"].to_numpy(),
        late=late,
        sold_too_early=float(np.abs(sold[:, :first]).max()),
    )


GROUPS = {"own 1": (1, True), "own 2": (2, True), "law 1": (1, False)}
"""Name → seed, and whether the years are of the policy's own classes; others are drawn as `energy risk` does."""


@pytest.fixture(scope="module")
def groups(model: WaterPolicyModel, policy: Policy, late_rule: Policy) -> dict[str, Group]:
    return {name: group_of_years(model, policy, late_rule, seed, own_odds) for name, (seed, own_odds) in GROUPS.items()}


@pytest.mark.parametrize("name", GROUPS)
def test_a_policy_lies_between_late_sale_and_foresight(groups: dict[str, Group], policy: Policy, name: str) -> None:
    """The same years for all."""
    seen = groups[name]
    assert (seen.cost_foresight <= seen.cost_policy + MWH).all()
    assert (seen.cost_foresight <= seen.late.costs + MWH).all()
    assert seen.net_policy <= seen.net_foresight
    assert seen.net_policy >= seen.net_late
    assert seen.sold_too_early == pytest.approx(0.0, abs=1e-6)
    _, own_odds = GROUPS[name]
    if own_odds:
        assert policy.lower_bound <= seen.late.interval()[1]


def test_a_policy_costs_less_than_late_sale(groups: dict[str, Group]) -> None:
    """Over all groups: in one of them the two can lie nearer to each other than thirty years tell apart."""
    by_policy = np.concatenate([seen.cost_policy for seen in groups.values()])
    late = np.concatenate([seen.late.costs for seen in groups.values()])
    assert by_policy.mean() < late.mean()


def test_a_ban_on_early_sale_raises_the_lower_bound(policy: Policy, late_rule: Policy) -> None:
    assert policy.lower_bound <= late_rule.lower_bound
