"""Closures, loss of corridors and threshold levels on the case of two buses, solved on paper.

The line takes 100 MW and gives 95, 3,672 hours a season; the reservoir holds 300 hm3, a turbine makes 500 MWh of a hm3.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from energy.analysis.closure import _season_months, closure_scenario, closures
from energy.analysis.closure_cost import cost_by_party, replacing_supply
from energy.analysis.corridor_loss import corridor_losses
from energy.analysis.frequency_limit import frequency_limit, limited_scenario
from energy.analysis.frequency_ranges import (
    _with_exchange_limit,
    exchange_within_limit,
    frequency_at_end,
    limits_by_constants,
)
from energy.analysis.settlement import settlement
from energy.analysis.threshold_level import crossing, threshold_level
from energy.answers.answer import outage_losses
from energy.answers.questions.dispatchers import _months
from energy.case import Case
from energy.case.stability import Area, Frequency
from energy.errors import InputError
from energy.metrics import sent, transferable
from energy.model import inputs
from energy.scenario import Scenario, read_scenario
from energy.solve import Result, solve

LINE = ["links.line"]


def scenario(**overrides: object) -> Scenario:
    return read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h", **overrides})


def delivered(result: Result) -> float:
    return float(transferable(result) @ result.hours) / 1000


@pytest.fixture(scope="module")
def flows(two_bus: Case) -> Result:
    return solve(inputs(two_bus, scenario()))


def test_a_full_line_loses_each_day_of_a_closure(two_bus: Case) -> None:
    """The line is full all season, so that nothing makes up: 95 MW · 24 h · days; 50 + 30 + 12 $/MWh of income."""
    found = closures(two_bus, scenario(), LINE, (10, 31), [7])
    assert found.undisturbed == pytest.approx(348.84, abs=1e-3)
    for days in (10, 31):
        lost = 95 * 24 * days / 1000
        assert found.table.loc[(7, days), "lost"] == pytest.approx(lost, rel=1e-4)
        assert found.table.loc[(7, days), "income lost"] == pytest.approx(lost * 92 / 1000, rel=1e-4)


def test_a_closure_is_replaced_by_gas_and_borne_by_the_sellers(two_bus: Case) -> None:
    """Ten days out of a full line: 22.8 GWh of gas at 80 $/MWh instead of a bill of 92 $/MWh, and 0.2 t/MWh.

    The buyer gains 12 $/MWh, sellers and transit lose 92: their water runs off. Together 80 $/MWh are lost.
    """
    usual = settlement(two_bus, scenario())
    closed = {"ten days": settlement(two_bus, closure_scenario(scenario(), LINE, 7, 10))}
    supply = replacing_supply(usual, closed, "BB").loc["ten days"]
    assert supply["lost"] == pytest.approx(22.8, rel=1e-4)
    assert supply["gas"] == pytest.approx(22.8, rel=1e-4)
    assert supply["CO2"] == pytest.approx(22.8 * 200, rel=1e-4)
    cost = cost_by_party(usual, closed).loc["ten days"]
    assert cost["fuel of the buyer"] == pytest.approx(22.8 * 80 / 1000, rel=1e-4)
    assert cost["BB"] == pytest.approx(-22.8 * 12 / 1000, rel=1e-3)
    assert cost.drop(["BB", "fuel of the buyer", "together"]).sum() == pytest.approx(22.8 * 92 / 1000, rel=1e-4)
    sent = 22.8 / 0.95  # the line's own cost of 0.1 $/MWh is saved
    assert cost["together"] == pytest.approx((22.8 * 80 - sent * 0.1) / 1000, rel=1e-5)


def test_an_outage_is_held_against_its_own_calm(two_bus: Case) -> None:
    """Ten days out of a full line in each scenario, whatever the water of the base: 95 MW · 240 h = 22.8 GWh."""
    event = {"name": "out", "kind": "line_out", "cause": "x", "where": LINE, "start": "07-01", "duration": "10d"}
    table = outage_losses(two_bus, {"median": scenario(events=[event]), "calm": scenario()})
    assert table.loc["median", "lost"] == pytest.approx(22.8, rel=1e-4)
    assert table.loc["calm", "lost"] == 0
    assert table.loc["median", "undisturbed"] == pytest.approx(table.loc["calm", "delivered"])


def test_months_of_the_season(two_bus: Case) -> None:
    assert _season_months(two_bus, scenario()) == [5, 6, 7, 8, 9]


def test_a_length_of_no_days_is_refused(two_bus: Case) -> None:
    with pytest.raises(InputError, match="days from 1 to 365"):
        closures(two_bus, scenario(), LINE, (0,), [7])


def test_an_unknown_corridor_is_refused_with_its_fault(two_bus: Case) -> None:
    with pytest.raises(InputError, match="no_such"):
        closures(two_bus, scenario(), ["no_such"], (7,), [7])


def test_the_only_crossing_takes_the_whole_exchange(two_bus: Case) -> None:
    table = corridor_losses(two_bus, scenario())
    assert table.loc["none", "forward"] == pytest.approx(100)
    assert table.loc["crossing", "forward lost"] == pytest.approx(100)
    with pytest.raises(InputError, match="no corridor 'crossin'"):
        corridor_losses(two_bus, scenario(), ["crossin"])


def test_threshold_of_a_dry_year(two_bus: Case) -> None:
    """In the dry year every hm3 that the reservoir has at the start is 500 MWh, 475 delivered.

    Undisturbed 42.2 GWh from an empty reservoir that must be empty again: 100 GWh more than that ask 210.5 hm3.
    """
    dry = scenario(hydrology="dry")
    base = delivered(solve(inputs(two_bus, dry)))
    found = threshold_level(two_bus, dry, "reservoir_start", base + 100, count=31)
    assert found.threshold == pytest.approx(100 / 0.475, rel=0.02)
    gains = np.diff(found.table["delivered"].to_numpy())
    assert (gains >= -1e-6).all()


def test_levels_that_never_suffice_are_told(two_bus: Case) -> None:
    found = threshold_level(two_bus, scenario(), "reservoir_start", 10_000, count=3)
    assert np.isnan(found.threshold)
    assert threshold_level(two_bus, scenario(), "reservoir_start", 0, count=3).threshold == 0
    with pytest.raises(InputError, match="no rule of a start 'reservoir_end'"):
        threshold_level(two_bus, scenario(), "reservoir_end", 100)


def test_crossing_ignores_a_peak_before_a_trough() -> None:
    levels = np.array([0.0, 1.0, 2.0, 3.0])
    assert crossing(levels, np.array([5.0, 9.0, 5.0, 9.0]), 7.0) == pytest.approx(2.5)


@pytest.fixture
def frequency() -> Frequency:
    """Gas of H = 5 s at its rating, no governors, load relief of 1 p.u.; the source's hydro of H = 4 s."""
    areas = {"sink": Area(countries=("BB",)), "source": Area(countries=("AA",))}
    return Frequency(inertia={"gas": 5, "hydro": 4}, load_relief=1.0, governed=0.0, under=49.0, over=52.0, areas=areas)


def test_frequency_of_two_areas(flows: Result, frequency: Frequency) -> None:
    """In July the sink burns 105 MW of gas: E = 525 MW·s, D = 200 / 50 = 4 MW/Hz. 4 MW lost lower it by 1 Hz.

    At the source 140 MW of hydro run, 560 MW·s, and 40 MW of demand relieve 0.8 MW/Hz: 2 Hz up is 1.6 MW.
    """
    found = frequency_limit(flows, frequency, loss=50)
    july = next(step for step in flows.inputs.axis.snapshots if step.month == 7)
    sink, source = found.table.loc[("receiving", july)], found.table.loc[("sending", july)]
    assert sink["stored"] == pytest.approx(525, abs=0.5)
    assert sink["slope"] == pytest.approx(50 * 50 / (2 * 525), rel=1e-3)
    assert sink["largest loss"] == pytest.approx(4, rel=1e-6)
    assert source["stored"] == pytest.approx(560, abs=0.5)
    assert source["largest loss"] == pytest.approx(1.6, rel=1e-6)
    assert found.limit[july] == pytest.approx(1.6, rel=1e-6)


def test_hours_above_the_limit_and_what_holding_below_costs(flows: Result, frequency: Frequency) -> None:
    """The full line sends 100 MW in all 3,672 hours of the season, and may lose 1.6 MW: 0.95 · 1.6 MW · 3,672 h."""
    table = exchange_within_limit({"median": flows}, frequency)
    row = table.loc["median"]
    assert row["most sent"] == pytest.approx(100)
    assert row["hours above"] == pytest.approx(3672)
    assert row["delivered within the limit"] == pytest.approx(0.95 * 1.6 * 3672 / 1000, rel=1e-3)
    strong = frequency.model_copy(update={"under": 1.0, "over": 1000.0, "slope": None})
    free = exchange_within_limit({"median": flows}, strong).loc["median"]
    assert free["hours above"] == 0
    assert free["delivered within the limit"] == pytest.approx(free["delivered"])


def test_constants_move_to_the_ends_of_their_evidence(casa1000: Case) -> None:
    """Hydro 2.5 to 4 s around 3.4: all carriers move by that factor; governors 0.3 to 0.8, load relief 1 to 2."""
    frequency = casa1000.rules.frequency
    assert frequency is not None
    low, high = (frequency_at_end(casa1000, frequency, end) for end in ("low", "high"))
    assert low.inertia["nuclear"] == pytest.approx(6 * 2.5 / 3.4)
    assert high.inertia["hydro"] == pytest.approx(4)
    assert (low.governed, high.governed) == (0.3, 0.8)
    assert (low.load_relief, high.load_relief) == (1, 2)
    assert frequency_at_end(casa1000, frequency, "base") is frequency


def test_without_evidence_the_constants_stay(two_bus: Case, flows: Result, frequency: Frequency) -> None:
    """Nothing is known of them: all ends are the base; 50 MW lost over 4 MW/Hz are 12.5 Hz."""
    table = limits_by_constants(two_bus, flows, frequency, loss=50)
    assert table.loc["low"].equals(table.loc["high"])
    assert table.loc["base", "deviation receiving"] == pytest.approx(50 / 4, rel=1e-6)
    assert table.loc["base", "largest loss, weakest"] == pytest.approx(1.6, rel=1e-6)


def test_an_exchange_limit_holds_hour_by_hour(two_bus: Case, flows: Result) -> None:
    limit = np.where(flows.inputs.axis.snapshots.month == 7, 30.0, 80.0)
    held = solve(_with_exchange_limit(inputs(two_bus, scenario()), limit))
    assert (sent(held).to_numpy() <= limit + 1e-6).all()
    assert delivered(held) == pytest.approx(0.95 * (30 * 31 + 80 * 122) * 24 / 1000, rel=1e-6)


def test_the_limit_as_events_of_a_scenario(two_bus: Case, flows: Result) -> None:
    """The least of each month holds for the month: the scenario that is written delivers what the limit leaves."""
    limit = pd.Series(100.0, index=flows.inputs.axis.snapshots)
    limit[limit.index.month == 7] = 30.0
    limited = limited_scenario(scenario(), limit, 100.0, ("links.line",))
    assert [event.name for event in limited.events] == ["frequency limit 2028-07"]
    result = solve(inputs(two_bus, limited))
    assert delivered(result) == pytest.approx(0.95 * (30 * 31 + 100 * 122) * 24 / 1000, rel=1e-6)


def test_what_an_island_has_to_shed_or_trip() -> None:
    """July: 300 and 100 MW out of 250 stood: 50 to trip, in 4 of 24 hours. January: 80 in of 60 stood: 20 to shed."""
    snapshots = pd.DatetimeIndex(["2028-07-01 00:00", "2028-07-01 12:00", "2029-01-01 00:00"])
    exchange = pd.Series([300.0, 100.0, -80.0], snapshots)
    stood = pd.Series(250.0, snapshots), pd.Series(60.0, snapshots)
    table = _months(exchange, *stood, pd.Series([4.0, 20.0, 24.0], snapshots))
    july, january = table.iloc[0], table.iloc[1]
    assert (july["plants to trip"], july["load to shed"]) == (50, 0)
    assert july["hours pulled down"] == pytest.approx(4 / 24)
    assert (january["plants to trip"], january["load to shed"]) == (0, 20)
    assert (january["most in"], january["hours pulled down"]) == (80, 1)


def test_an_unknown_area_is_refused(flows: Result, frequency: Frequency) -> None:
    with pytest.raises(InputError, match="no synchronous area 'north'"):
        frequency_limit(flows, frequency, areas={"sending": "north"})
