"""The case of two buses, solved on paper.

Water: 100 m³/s is 0.36 hm³/h, and the turbine makes 500 MWh of an hm³: 180 MW. Own demand is 40 MW all year. The line
takes 100 MW and delivers 95 % of it. The season, May to September, has 153 days, 3,672 hours; April to September have
4,392 hours, October to March 4,368 (2028/29).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from energy.analysis import Run, run
from energy.case import Case
from energy.metrics import transferable
from energy.model import inputs
from energy.scenario import Scenario, read_scenario
from energy.solve import Engine, Result, solve

SEASON, SUMMER, WINTER = 153 * 24, 183 * 24, 182 * 24  # hours
OWN, LINE, EFFICIENCY = 40.0, 100.0, 0.95
HM3, MWH = 0.0036, 500.0  # hm³/h of 1 m³/s, MWh of 1 hm³
RESERVOIR = 300.0  # hm³


def scenario(**overrides: Any) -> Scenario:
    return read_scenario("two_bus", overrides=overrides)


@pytest.fixture(scope="module")
def median(two_bus: Case) -> Run:
    return run(two_bus, scenario())


@pytest.fixture(scope="module")
def dry(two_bus: Case) -> Run:
    return run(two_bus, scenario(hydrology="dry"))


def test_in_a_median_year_the_line_limits(median: Run) -> None:
    # 180 − 40 MW are left in the season, more than the line takes
    on_paper = LINE * SEASON * EFFICIENCY / 1000
    assert on_paper == pytest.approx(348.84)
    assert median.table["delivered"].sum() == pytest.approx(on_paper, rel=1e-7)
    assert median.table["lost"].sum() == pytest.approx(0, abs=1e-6)
    assert set(median.table["limit"]) == {"contract", "season"}


def test_every_month_of_a_median_year(median: Run) -> None:
    hours = {5: 744, 6: 720, 7: 744, 8: 744, 9: 720}
    for month, row in median.table.iterrows():
        open_hours = hours.get(month.month, 0)
        assert row["delivered"] == pytest.approx(95 * open_hours / 1000, rel=1e-7, abs=1e-6)
        power = 95.0 if open_hours else 0.0
        for column in ("transferable mean", "transferable P90", "transferable max"):
            assert row[column] == pytest.approx(power, abs=1e-6)


def test_nothing_flows_outside_the_season(median: Run, dry: Run) -> None:
    for found in (median, dry):
        outside = ~found.result.inputs.axis.snapshots.month.isin([5, 6, 7, 8, 9])
        assert np.abs(found.result.flow("links")["line"].to_numpy()[outside]).max() == 0


def test_in_a_dry_year_the_years_water_limits(dry: Run) -> None:
    water = (SUMMER * 40 + WINTER * 10) * HM3  # hm³ of the year, all of it turbined
    winter_need = WINTER * (OWN / MWH - 10 * HM3)
    assert winter_need < RESERVOIR  # so that summer water can serve the winter
    on_paper = (water * MWH - 8760 * OWN) * EFFICIENCY / 1000
    assert on_paper == pytest.approx(42.2256)
    assert dry.table["delivered"].sum() == pytest.approx(on_paper, rel=1e-7)


def test_rungs_of_a_dry_year(dry: Run) -> None:
    # served first, the line gets the water of April that fits into the reservoir, and all of the season's
    first = min((720 + SEASON) * 40 * HM3, min(720 * 40 * HM3, RESERVOIR) + SEASON * 40 * HM3) * MWH
    assert first < LINE * SEASON
    energy = dry.rungs.sum()
    assert list(energy.index) == ["contract", "line", "water", "own_demand"]
    expected = [348.84, 348.84, first * EFFICIENCY / 1000, 42.2256]
    assert energy.to_numpy() == pytest.approx(expected, rel=1e-7)
    assert first * EFFICIENCY / 1000 == pytest.approx(300.4128)


def test_losses_sum_to_the_gap(dry: Run) -> None:
    causes = [column for column in dry.table if column.startswith("lost to ")]
    assert dry.table[causes].sum(axis=1).to_numpy() == pytest.approx(dry.table["lost"].to_numpy(), abs=1e-6)


def test_demand_stands_before_the_line(dry: Run) -> None:
    assert dry.result.flow("generators")["unserved source"].abs().max() == pytest.approx(0, abs=1e-6)


def test_served_first_the_line_leaves_demand_unserved(two_bus: Case) -> None:
    found = run(two_bus, scenario(hydrology="dry", protection_order=["casa", "own_demand"]))
    sent = 300.4128 / EFFICIENCY * 1000
    unserved = 8760 * OWN - ((SUMMER * 40 + WINTER * 10) * HM3 * MWH - sent)
    given_up = (found.result.flow("generators")["unserved source"] * found.result.hours).sum()
    assert given_up == pytest.approx(unserved, rel=1e-7)


@pytest.fixture(scope="module")
def hourly(two_bus: Case) -> Result:
    return solve(inputs(two_bus, scenario(**{"time.resolution": "1h", "hydrology": "dry"})))


@pytest.mark.parametrize("resolution", ["typical-days", "typical-weeks-6h", "12h"])
def test_typical_days_equal_the_hourly_year(two_bus: Case, hourly: Result, resolution: str) -> None:
    # nothing varies within a month, so that no averaging can lose anything
    coarse = solve(inputs(two_bus, scenario(**{"time.resolution": resolution, "hydrology": "dry"})))
    assert len(coarse.hours) < len(hourly.hours) == 8760
    assert coarse.objective == pytest.approx(hourly.objective, rel=1e-6)
    assert (transferable(coarse) * coarse.hours).sum() == pytest.approx(
        (transferable(hourly) * hourly.hours).sum(), rel=1e-6
    )


def test_dispatch_sells_below_the_gas_price(two_bus: Case) -> None:
    # the tariff of 92 $/MWh is above the gas plant's 80, so that the buyer takes nothing; at 60 he takes all there is
    kept = run(two_bus, scenario(objective="dispatch"))
    assert kept.table["delivered"].sum() == pytest.approx(0, abs=1e-6)
    prices = {"contract.prices.energy": 30.0, "contract.prices.transmission": 20.0, "contract.prices.transit": 10.0}
    sold = run(two_bus, scenario(objective="dispatch", **prices))
    assert sold.table["delivered"].sum() == pytest.approx(348.84, rel=1e-7)


def test_take_or_pay_does_not_steer_the_dispatch(two_bus: Case) -> None:
    found = run(two_bus, scenario(objective="dispatch", **{"contract.payment": "take_or_pay"}))
    assert found.table["delivered"].sum() == pytest.approx(348.84, rel=1e-7)


def test_the_price_where_the_gas_plant_is_last(two_bus: Case) -> None:
    # 200 MW less 95 delivered are left for the gas plant of 300 MW, which sets the price of the sink: 80 $/MWh
    found = solve(inputs(two_bus, scenario(objective="dispatch", **{"contract.payment": "take_or_pay"})))
    assert found.prices["sink"].to_numpy() == pytest.approx(80.0, rel=1e-7)


def test_a_line_out_loses_its_hours(two_bus: Case) -> None:
    event = {"name": "out", "kind": "hvdc_pole_out", "cause": "test", "where": ["links.line"]}
    found = run(two_bus, scenario(events=[{**event, "start": "07-01T06:00", "duration": "36h"}]))
    assert found.table["delivered"].sum() == pytest.approx(348.84 - 36 * 95 / 1000, rel=1e-7)
    assert found.rungs.sum()["line"] == pytest.approx(348.84 - 36 * 95 / 1000, rel=1e-7)


def test_an_engine_takes_losses_as_they_come(two_bus: Case) -> None:
    """Built for a line that delivers 95 %, asked for one of 90 %, and in a dry year for turbines that make less."""
    engine = Engine(inputs(two_bus, scenario()))
    lossy = engine.solve(inputs(two_bus, scenario(**{"values.links.line.efficiency": 0.9})))
    assert float(transferable(lossy) @ lossy.hours) == pytest.approx(90 * SEASON, rel=1e-9)
    weak = inputs(two_bus, scenario(hydrology="dry", **{"values.links.turbine.efficiency": 400}))
    assert engine.solve(weak).objective == pytest.approx(solve(weak).objective, rel=1e-9)
    assert engine.solve(weak).objective > engine.solve(inputs(two_bus, scenario(hydrology="dry"))).objective


def test_a_drought_takes_of_the_years_own_inflow(two_bus: Case) -> None:
    event = {"name": "dry", "kind": "drought", "cause": "test", "where": ["loads.river inflow"], "depth": 0.6}
    drought = solve(inputs(two_bus, scenario(events=[{**event, "start": "05-01", "end": "05-31"}])))
    flow = -drought.inputs.values("loads", "p_set")["river inflow"]
    assert flow[flow.index.month == 5].to_numpy() == pytest.approx(0.4 * 100 * HM3)
    assert flow[flow.index.month == 6].to_numpy() == pytest.approx(100 * HM3)
    assert flow[flow.index.month == 12].to_numpy() == pytest.approx(10 * HM3)


def test_a_demand_shock_raises_the_years_own_demand(two_bus: Case) -> None:
    event = {"name": "heat", "kind": "demand_shock", "cause": "test", "where": ["loads.source demand"], "factor": 1.5}
    changes = {"values": {"profiles/demand_year.AA.all": 2.0}}
    found = inputs(two_bus, scenario(events=[{**event, "start": "07-01", "end": "07-31"}], **changes))
    demand = found.values("loads", "p_set")["source demand"]
    assert demand[demand.index.month == 7].to_numpy() == pytest.approx(1.5 * 2 * OWN)
    assert demand[demand.index.month == 8].to_numpy() == pytest.approx(2 * OWN)


def test_both_directions_open_make_no_power_go_in_a_circle(two_bus: Case) -> None:
    links = two_bus.components["links"].copy()
    back = links.loc[["line"]].rename(index={"line": "back"}).assign(bus0="sink", bus1="source", service="reverse")
    services = two_bus.rules.model_copy(update={"services": {**two_bus.rules.services, "reverse": "the other way"}})
    links.attrs, back.attrs = {}, {}
    joined = pd.concat([links, back])
    both_ways = {**two_bus.components, "links": joined}
    case = replace(two_bus, components=both_ways, rules=services)
    found = solve(inputs(case, scenario(hydrology="dry", **{"contract.direction": "both"})))
    there, back_again = (found.flow("links")[name].to_numpy() for name in ("line", "back"))
    assert (np.minimum(there, back_again) < 1e-6).all()


def test_the_contracts_ceiling_holds_where_the_line_could_carry_more(two_bus: Case) -> None:
    found = run(two_bus, scenario(values={"links.line.p_nom": 160.0}))
    assert found.result.flow("links")["line"].max() == pytest.approx(LINE)
    assert found.table["delivered"].sum() == pytest.approx(348.84, rel=1e-7)
