"""Fuel, carbon dioxide, unserved demand and prices of the margin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from energy.analysis.settlement import Settlement, settlement
from energy.answers.avoided import _tonnes_by_evidence, tonnes_of
from energy.case import Case
from energy.metrics.fuel import fuel_use, unserved_by_country
from energy.metrics.price_range import price_range
from energy.model import inputs
from energy.scenario import Scenario, read_scenario
from energy.solve import Result, solve

COARSE = {"time.resolution": "typical-days-24h"}


def scenario(name: str = "two_bus", **overrides: object) -> Scenario:
    return read_scenario(name, overrides={**COARSE, **overrides})


@pytest.fixture(scope="module")
def casa(casa1000: Case) -> Settlement:
    return settlement(casa1000, scenario("baseline"))


def test_buyers_tonnes_are_those_of_its_plants(casa: Settlement) -> None:
    """Pakistan's part is the sum over its fuels; a tonne a MWh is that over what is delivered."""
    row = tonnes_of({"baseline": casa}, "scenario").loc["baseline"]
    in_pakistan = casa.avoided.xs("PK", level="country")["CO2"].sum()
    delivered = casa.terms["delivered"].sum()
    assert row["CO2 PK"] == pytest.approx(in_pakistan)
    assert row["CO2"] == pytest.approx(casa.avoided["CO2"].sum())
    assert row["per MWh PK"] == pytest.approx(in_pakistan / delivered / 1000)
    assert in_pakistan > 0


def test_range_of_tonnes_is_that_of_factor_and_efficiency(casa: Settlement, casa1000: Case) -> None:
    """Imported coal: 330.8 to 358.1 g a kWh of fuel around 341, efficiencies 10 % up and down."""
    rows = _tonnes_by_evidence(casa1000, casa.avoided, "PK")
    coal = rows.loc["coal imported"]
    assert coal["base"] > 0
    assert coal["low"] == pytest.approx(coal["base"] * 0.3308 / 0.341 / 1.1)
    assert coal["high"] == pytest.approx(coal["base"] * 0.3581 / 0.341 / 0.9)
    assert (rows["low"] <= rows["base"]).all()
    assert (rows["base"] <= rows["high"]).all()


@pytest.fixture(scope="module")
def dispatch(casa1000: Case) -> Result:
    return solve(inputs(casa1000, scenario("least_cost_no_casa")))


def test_gas_that_the_line_replaces(two_bus: Case) -> None:
    """348.84 GWh delivered replace gas of efficiency 1 and 0.2 t/MWh: 69,768 t."""
    avoided = settlement(two_bus, scenario()).avoided
    assert avoided.loc[("BB", "gas"), "electricity"] == pytest.approx(348.84, abs=1e-3)
    assert avoided.loc[("BB", "gas"), "CO2"] == pytest.approx(69_768, abs=0.2)


def test_tonnes_are_the_sum_over_fuels(casa: Settlement, casa1000: Case) -> None:
    """Σ GWh of fuel · 1,000 · t/MWh of the carrier, and fuel is electricity by each plant's efficiency."""
    factor = casa1000.components["carriers"]["co2_emissions"]
    table = casa.avoided
    carriers = table.index.get_level_values("carrier")
    by_fuel = 1000 * table["fuel"].to_numpy() * factor[carriers].to_numpy(float)
    assert float(table["CO2"].sum()) == pytest.approx(float(by_fuel.sum()), abs=1.0)
    assert float(table["CO2"].sum()) > 0


def test_a_plants_fuel_is_its_output_by_its_efficiency(dispatch: Result) -> None:
    """Each carrier of Pakistan by hand: output · hours / efficiency, summed over its plants."""
    plants = dispatch.inputs.components["generators"]
    table = fuel_use(dispatch)
    for carrier in ("RLNG", "coal imported", "gas local"):
        own = plants[(plants["carrier"] == carrier) & plants["bus"].str.startswith("PK")]
        output = dispatch.flow("generators")[own.index].mul(dispatch.hours, axis=0).sum() / 1000
        assert table.loc[("PK", carrier), "fuel"] == pytest.approx(float((output / own["efficiency"]).sum()))


NO_SURPLUS = {"hydrology": {"seed": 1, "draw": 26, "shift": {"volume": 0.5}}}
STOP = {"name": "closed", "kind": "border_stop", "cause": "politics", "where": ["afghan_hvdc_line"]}
CLOSED = {"events": [STOP | {"start": "04-01", "end": "never"}]}


@pytest.mark.parametrize("why", [NO_SURPLUS, CLOSED], ids=["no surplus", "closed"])
def test_a_line_that_carries_nothing_avoids_nothing(why: dict[str, object], casa: Settlement, casa1000: Case) -> None:
    """Sellers without a surplus, or a border that stays closed; the line of the baseline shows what there is to avoid.

    With and without the line the region then burns the same, ties between plants of one price left aside.
    """
    idle = settlement(casa1000, scenario("baseline", **why))
    assert float(idle.terms["delivered"].sum()) == pytest.approx(0, abs=1)
    avoided = float(casa.avoided["CO2"].abs().sum())
    assert avoided > 1_000_000  # t
    assert float(idle.avoided["CO2"].abs().sum()) < 0.001 * avoided


def test_unserved_demand_by_country(two_bus: Case) -> None:
    """Without gas the sink asks 200 MW and gets 95 in the season: 105 MW · 3,672 h + 200 · 5,088 h = 1,403.2 GWh."""
    result = solve(inputs(two_bus, scenario(**{"values.generators.gas plant.p_nom": 0})))
    hours = result.hours.sum()
    expected = (200 * hours - 95 * 3672) / 1000
    assert unserved_by_country(result)["BB"] == pytest.approx(expected, abs=0.01)


def test_prices_of_the_margin(two_bus: Case) -> None:
    """The sink's gas asks 80 $/MWh, 80 / 0.95 = 84.2 after the line; the source's water is worth nothing or its own."""
    closed = {"objective": "dispatch", "values.links.line.p_nom": 0}
    result = solve(inputs(two_bus, scenario(**closed)))
    back = price_range(result, "reverse")
    assert (back["hours with gain"] == 0).all()
    ahead = price_range(result, "forward")
    gaining = ahead[ahead["hours with gain"] > 0]
    assert gaining["buyer bids"].to_numpy() == pytest.approx(np.full(len(gaining), 80.0))
    assert len(gaining) > 0


def test_prices_of_a_transfer_run_are_refused(two_bus: Case) -> None:
    with pytest.raises(ValueError, match="no money"):
        price_range(solve(inputs(two_bus, scenario())))


def test_winter_sales_gain_only_where_the_bid_exceeds_the_ask(casa: Settlement) -> None:
    table = casa.prices
    gaining = table[table["hours with gain"] > 0]
    assert (gaining["gain"] > 0).all()
    assert table.loc[table["hours with gain"] == 0, "gain"].isna().all()
    winter = pd.PeriodIndex(gaining.index).month.isin([11, 12, 1, 2, 3])
    assert winter.any()
