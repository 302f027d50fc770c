"""What a sweep keeps of a result: numbers and daily series, held against `two_bus` on paper."""

from __future__ import annotations

import numpy as np
import pytest

from energy.analysis.scenario_metrics import Metrics
from energy.case import Case
from energy.errors import InputError
from energy.model import inputs
from energy.scenario import read_scenario
from energy.solve import Result, solve


@pytest.fixture(scope="module")
def result(two_bus: Case) -> Result:
    return solve(inputs(two_bus, read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})))


def test_numbers(result: Result) -> None:
    """153 days of 24 h at 95 MW are 348.84 GWh; the line takes 100 MW; all demand is met."""
    found = Metrics()(result)
    assert found["delivered"] == pytest.approx(348.84)
    assert found["sent"] == pytest.approx(367.2)
    assert found["peak"] == pytest.approx(95)
    assert found["unserved"] == pytest.approx(0, abs=1e-6)
    assert found["delivered_by_month"].round(2).tolist() == [0, 0, 0, 0, 70.68, 68.4, 70.68, 70.68, 68.4, 0, 0, 0]


def test_daily_series(result: Result) -> None:
    """A third of a year of delivery; the reservoir of 300 hm3 is never overfull; power at the sink never costs less."""
    asked = (
        "transferable",
        "links.p0:line",
        "stores.e:reservoir",
        "buses.marginal_price:sink",
        "generators.p:gas plant",
    )
    found = Metrics(asked)(result)
    assert all(found[name].shape == (365,) for name in asked)
    assert found["transferable"].sum() * 24 / 1000 == pytest.approx(348.84)
    np.testing.assert_allclose(found["links.p0:line"] * 0.95, found["transferable"], rtol=1e-9)
    assert found["stores.e:reservoir"].min() >= 0
    assert found["stores.e:reservoir"].max() <= 300 + 1e-6
    hours = result.values["generators", "p"]["gas plant"].to_numpy() @ result.hours
    assert found["generators.p:gas plant"].sum() * 24 == pytest.approx(hours)
    assert np.isfinite(found["buses.marginal_price:sink"]).all()


@pytest.mark.parametrize(
    ("series", "says"),
    [("links.p0:lien", "no links 'lien' in service; do: did you mean 'line'"), ("stores.e:lake", "no stores 'lake'")],
)
def test_a_component_that_is_not_there(result: Result, series: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Metrics((series,))(result)


def test_unserved_demand_counts(two_bus: Case) -> None:
    """Without gas and line the sink has nothing: what is not met is its whole demand."""
    gone = {"time.resolution": "typical-days-24h", "values.links.line.p_nom": 0, "values.generators.gas plant.p_nom": 0}
    found = solve(inputs(two_bus, read_scenario("two_bus", overrides=gone)))
    demand = found.inputs.values("loads", "p_set")
    electric = [name for name in demand if "demand" in name and "sink" in name]
    assert electric, list(demand)
    assert Metrics()(found)["unserved"] == pytest.approx(float(demand[electric].sum(axis=1) @ found.hours) / 1000)
