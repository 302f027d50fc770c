"""Expected loss by a hazard, against what can be said by hand of two_bus."""

from __future__ import annotations

import numpy as np
import pytest

from energy.analysis.expected_outage_loss import _representative_hours, expected_losses
from energy.analysis.investment_paths import present_worth
from energy.answers.spares import _mean_over_record, _money
from energy.case import read_case
from energy.scenario import HazardSet, read_scenario
from energy.scenario.duration_law import Empirical, Exponential, Lognormal

RAID = {
    "kind": "line_out",
    "cause": "attack",
    "where": ["links.line"],
    "rate": {"per_year": 2, "low": 1, "high": 8},
    "duration": {"law": "empirical", "hours": [10]},
}
DAILY = {"time.resolution": "typical-days-24h"}


def laws(**changes: object) -> HazardSet:
    return HazardSet.model_validate({"name": "by hand", "hazards": {"raid": RAID | changes}})


def test_a_full_line_loses_its_power_in_the_season_and_nothing_outside_it() -> None:
    """In median water the line is full from May to September, 95 MW at the sink, and closed in the other months.

    Two raids a year, evenly over the months, each ten hours: 2 x 5/12 x 10 h x 95 MW. Half the length, half the loss.
    """
    scenario = read_scenario("two_bus", overrides=DAILY)
    shorter = laws(duration={"law": "empirical", "hours": [5]})
    table = expected_losses(read_case("two_bus"), scenario, {"now": laws(), "crews": shorter}, ("raid",))
    now = table.loc[("now", "raid")]
    # 2 a year and 10 h of repair: a cycle of 4380 h, so that occurrences are 2 a year of 8,760 h
    assert now["occurrences"] == pytest.approx(2, rel=1e-6)
    assert now["lost"] == pytest.approx(2 * 5 / 12 * 10 * 95 / 1000, rel=1e-6)
    assert now["lost, low"] == pytest.approx(now["lost"] / 2)
    assert now["lost, high"] == pytest.approx(4 * now["lost"])
    assert table.loc[("crews", "raid"), "lost"] == pytest.approx(now["lost"] / 2, rel=1e-6)


def test_what_gas_cannot_replace_stays_unserved() -> None:
    """The sink asks 200 MW, gas gives 105, the line 95: without the line 95 MW lack, in the season's five months.

    Outside the season the line is closed and 95 MW lack anyhow: an outage adds nothing.
    """
    scenario = read_scenario("two_bus", overrides=DAILY | {"values.generators.gas plant.p_nom": 105})
    for country in ("BB", ""):
        table = expected_losses(read_case("two_bus"), scenario, {"now": laws()}, ("raid",), country)
        assert table.loc[("now", "raid"), "unserved"] == pytest.approx(2 * 5 / 12 * 10 * 95 / 1000, rel=1e-6)
    nobody = expected_losses(read_case("two_bus"), scenario, {"now": laws()}, ("raid",), "AA")
    assert nobody.loc[("now", "raid"), "unserved"] == pytest.approx(0, abs=1e-9)


def test_a_reservoir_makes_up_for_an_outage_of_a_line_with_room() -> None:
    """In dry water the line carries 42 of 349 GWh: the water waits, and ten hours take nothing."""
    scenario = read_scenario("two_bus", overrides=DAILY | {"hydrology": "dry"})
    table = expected_losses(read_case("two_bus"), scenario, {"now": laws()}, ("raid",))
    assert table.loc[("now", "raid"), "lost"] == pytest.approx(0, abs=1e-6)


def test_a_long_outage_of_last_winter_reaches_into_the_season() -> None:
    """Only December: 15 December 2027 to 1 April are 108 days; of 148 days 40 are left, April and ten days of May."""
    december = laws(
        by_month=[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        duration={"law": "empirical", "hours": [148 * 24]},
        rate={"per_year": 1},
    )
    scenario = read_scenario("two_bus", overrides=DAILY)
    table = expected_losses(read_case("two_bus"), scenario, {"now": december}, ("raid",))
    assert table.loc[("now", "raid"), "lost a time"] == pytest.approx(10 * 24 * 95 / 1000, rel=1e-6)


def test_the_state_and_the_places_multiply_the_rate() -> None:
    chain = {"states": ["calm", "conflict"], "share": 0.25, "stay": 4}
    told = RAID | {"when": "conflict", "each": True, "where": ["links.line", "generators.gas"]}
    hazards = HazardSet.model_validate({"name": "by hand", "chain": chain, "hazards": {"raid": told}})
    scenario = read_scenario("two_bus", overrides=DAILY)
    table = expected_losses(read_case("two_bus"), scenario, {"now": hazards}, ("raid",))
    assert table.loc[("now", "raid"), "occurrences"] == pytest.approx(2 * 2 * 0.25, rel=1e-6)


def test_lengths_are_the_medians_of_equal_parts() -> None:
    assert _representative_hours(Lognormal(law="lognormal", median=100, sigma=0.5))[1] == pytest.approx(100)
    assert _representative_hours(Empirical(law="empirical", hours=(4.0,))) == [4.0, 4.0, 4.0]
    assert _representative_hours(Exponential(law="exponential", mean=1e6))[-1] == 8700.0


def test_spares_are_worth_their_cost_from_a_rate_on() -> None:
    """10 GWh a year at 93.8 $/MWh are 0.938 million a year; twice what that is worth pays at twice the rates."""
    case, scenario = read_case("casa1000"), read_scenario("baseline")
    investment = case.rules.investment
    assert investment is not None
    gained = present_worth(0.938, investment)
    money = _money(case, scenario, {"spared": 10.0}, cost=2 * gained)
    assert money["income gained"] == pytest.approx(0.938)
    assert money["worth"] == pytest.approx(-gained)
    assert money["rates that pay"] == pytest.approx(2)


def test_mean_over_the_record_lies_between_the_waters() -> None:
    """Years at a quarter and at three quarters between dry and wet spare 2 and 6 of 8; one beyond wet counts as wet."""
    by_water = {"wet": {"season": 2000.0, "spared": 8.0}, "dry": {"season": 1000.0, "spared": 0.0}}
    mean = _mean_over_record(by_water, np.array([1250.0, 1750.0, 9000.0]))
    assert mean["spared"] == pytest.approx((2 + 6 + 8) / 3)
