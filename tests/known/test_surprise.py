"""The price of surprise, worked out on paper on the case of two buses.

In the dry year 44.448 GWh at the source are free for the line once own demand is served to the end of winter (README of
the case): 42.2256 GWh delivered. The line is closed from July on, which all know; so a plan sends them in May and June.
From 1 July no water comes any more. Who knew it would have sent nothing: April to June bring 72 MW · 2,184 h =
157.248 GWh, own demand needs 40 MW · 8,760 h = 350.4 GWh. Who did not has sent 42.2256 GWh, and leaves 44.448 GWh more
of own demand unserved.
"""

from __future__ import annotations

import numpy as np
import pytest

from energy.analysis import Run, run
from energy.analysis.attribution import CAUSES, attribution
from energy.analysis.cost_of_imperfect_foresight import costs_of_imperfect_foresight
from energy.case import Case
from energy.scenario import Scenario, read_scenario

CLOSED = {"name": "closed", "kind": "border_stop", "cause": "plan", "where": ["crossing"], "known": "from_start"}
DRY = {"name": "dry", "kind": "drought", "cause": "snow", "where": ["loads.river inflow"], "depth": 1.0}
SENT, DELIVERED = 44.448, 42.2256  # GWh


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    events = [event | {"start": "07-01", "end": "never"} for event in (CLOSED, DRY)]
    changes = {"hydrology": "dry", "foresight": "surprise", "time.resolution": "typical-days-24h", "events": events}
    return read_scenario("two_bus", overrides=changes)


@pytest.fixture(scope="module")
def found(two_bus: Case, scenario: Scenario) -> Run:
    return run(two_bus, scenario)


def test_what_is_sold_is_missing_in_winter(found: Run) -> None:
    prices = {(price.service, price.kind): price for price in costs_of_imperfect_foresight(found)}
    sold, missing = prices["casa", "delivered"], prices["own_demand", "unserved"]
    assert sold.foreseen == pytest.approx(0, abs=1e-6)
    assert sold.surprised == pytest.approx(DELIVERED, rel=1e-6)
    assert sold.price == pytest.approx(-DELIVERED, rel=1e-6)
    assert missing.foreseen == pytest.approx(350.4 - 157.248, rel=1e-6)
    assert missing.price == pytest.approx(SENT, rel=1e-6)
    assert set(prices) == {("casa", "delivered"), ("own_demand", "unserved")}
    # soon or late, all goes before July
    assert found.soon_and_late == pytest.approx((DELIVERED, DELIVERED), rel=1e-6)


def test_surprise_is_the_last_rung(found: Run) -> None:
    rungs = found.rungs.sum()
    assert list(rungs.index) == ["contract", "line", "water", "own_demand", "surprise"]
    assert rungs["own_demand"] == pytest.approx(0, abs=1e-6)
    assert rungs["surprise"] == pytest.approx(DELIVERED, rel=1e-6)
    assert found.table["lost to surprise"].sum() == pytest.approx(-DELIVERED, rel=1e-6)


def test_attribution_ends_at_what_surprise_delivers(two_bus: Case, scenario: Scenario) -> None:
    table = attribution(two_bus, scenario)
    assert table["surprise"].sum() == pytest.approx(-DELIVERED, rel=1e-6)
    assert table["delivered"].sum() == pytest.approx(DELIVERED, rel=1e-6)
    between = table[["plants", *CAUSES, "surprise"]].sum(axis=1)
    np.testing.assert_allclose(table["ceiling"] - between, table["delivered"], atol=1e-6)


def test_news_within_a_snapshot(two_bus: Case, scenario: Scenario) -> None:
    """News at 01:00 of a snapshot of a day: its values are means over the day, so the day is planned anew."""
    closed, dry = (event.model_dump(mode="json", by_alias=True) for event in scenario.events)
    late = run(two_bus, scenario.replace(events=[closed, dry | {"start": "07-01T01:00"}]))
    # an hour more of water, when the line is closed already
    assert late.table["delivered"].sum() == pytest.approx(DELIVERED, rel=1e-6)
