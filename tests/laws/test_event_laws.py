"""What events do to an optimum, whatever the events: on the case that can be solved by hand, with drawn events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy.analysis import run
from energy.analysis.attribution import CAUSES, attribution, mean_power
from energy.analysis.cost_of_imperfect_foresight import costs_of_imperfect_foresight
from energy.analysis.imperfect_foresight import plan_axis, solve_imperfect_foresight
from energy.analysis.settlement import settlement
from energy.case import Case
from energy.metrics.settlement import TERMS
from energy.model import Inputs
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
from energy.scenario import Scenario, read_scenario
from energy.solve import Engine, Result

START = pd.Timestamp("2028-04-01")
ONE_AXIS = {"time.resolution": "24h"}  # whatever the events, so that one engine serves all examples
FEW_STEPS = {"time.resolution": "typical-days-24h"}  # two_bus is the same in every hour of a day
WATER = st.sampled_from(["median", "dry"])
PLACES = {
    "derating": ["links.line", "links.turbine", "generators.gas plant"],
    "bipole_out": ["crossing"],
    "buyer_stop": ["links.line"],
    "drought": ["loads.river inflow"],
}
unhurried = {"suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]}
some_examples = settings(max_examples=12, **unhurried)
few_examples = settings(max_examples=3, **unhurried)  # each builds a model of its own


@pytest.fixture(scope="module")
def engine(two_bus: Case) -> Engine:
    return Engine(asked(two_bus, scenario([])))


@st.composite
def losses(draw: st.DrawFn) -> dict[str, Any]:
    """One event that takes something away."""
    kind = draw(st.sampled_from(sorted(PLACES)))
    begin = START + pd.Timedelta(hours=draw(st.integers(0, 7000)))
    return {
        "kind": kind,
        "cause": draw(st.sampled_from(["storm", "attack", "surplus"])),
        "where": [draw(st.sampled_from(PLACES[kind]))],
        "start": f"{begin:%Y-%m-%dT%H:%M}",
        "duration": f"{draw(st.integers(1, 90))}d",
        "depth": draw(st.sampled_from([0.25, 0.5, 1.0])),
    }


def scenario(events: list[dict[str, Any]], time: dict[str, str] = ONE_AXIS, **fields: Any) -> Scenario:
    named = [event | {"name": f"event {at}"} for at, event in enumerate(events)]
    return read_scenario("two_bus", overrides=time | {"events": named} | fields)


def asked(case: Case, some: Scenario) -> Inputs:
    return with_objective(assemble(case, some, plan_axis(case, some)), some)


def objective(case: Case, engine: Engine, events: list[dict[str, Any]], water: str) -> float:
    return engine.solve(asked(case, scenario(events, hydrology=water))).objective


def slack(value: float) -> float:
    return 1e-7 * abs(value) + 1e-3


@some_examples
@given(st.lists(losses(), min_size=1, max_size=3), WATER)
def test_events_of_no_depth_change_nothing(
    two_bus: Case, engine: Engine, events: list[dict[str, Any]], water: str
) -> None:
    nothing = [event | {"depth": 0.0} for event in events]
    empty = objective(two_bus, engine, [], water)
    assert objective(two_bus, engine, nothing, water) == pytest.approx(empty, abs=slack(empty))


@some_examples
@given(st.lists(losses(), min_size=2, max_size=4), WATER)
def test_order_does_not_matter(two_bus: Case, engine: Engine, events: list[dict[str, Any]], water: str) -> None:
    one, other = (asked(two_bus, scenario(some, hydrology=water)) for some in (events, events[::-1]))
    for key, values in one.dense.items():
        assert values.tobytes() == other.dense[key].tobytes()
    assert engine.solve(one).objective == engine.solve(other).objective


@some_examples
@given(losses(), st.lists(losses(), max_size=2), st.integers(1, 60), WATER)
def test_deeper_or_longer_is_never_better(
    two_bus: Case, engine: Engine, event: dict[str, Any], others: list[dict[str, Any]], days: int, water: str
) -> None:
    longer = event | {"duration": f"{int(event['duration'][:-1]) + days}d"}
    variants = ([*others], [*others, event], [*others, event | {"depth": 1.0}], [*others, longer])
    none, some, deep, long = (objective(two_bus, engine, events, water) for events in variants)
    assert none <= some + slack(none)
    assert some <= deep + slack(none)
    assert some <= long + slack(none)


@st.composite
def surprises(draw: st.DrawFn) -> dict[str, Any]:
    """One event with something to learn about it."""
    event = draw(losses())
    known = draw(st.sampled_from(["from_start", "at_start", "expected"]))
    if known == "expected":
        return event | {"expected_duration": f"{draw(st.integers(1, 90))}d"}
    return event | {"known": known}


def surprised(case: Case, engine: Engine, some: Scenario) -> tuple[Result, Result]:
    """Return the optimum with perfect foresight and the one with surprise."""
    return engine.solve(asked(case, some)), solve_imperfect_foresight(case, some, engine)


@some_examples
@given(st.lists(surprises(), min_size=1, max_size=3), WATER)
def test_surprise_never_improves_on_foresight(
    two_bus: Case, engine: Engine, events: list[dict[str, Any]], water: str
) -> None:
    foreseen, learned = surprised(two_bus, engine, scenario(events, hydrology=water, foresight="surprise"))
    assert learned.objective >= foreseen.objective - slack(foreseen.objective)


@some_examples
@given(st.lists(losses(), min_size=1, max_size=3), WATER)
def test_what_is_known_from_the_start_is_no_surprise(
    two_bus: Case, engine: Engine, events: list[dict[str, Any]], water: str
) -> None:
    known = [event | {"known": "from_start"} for event in events]
    foreseen, learned = surprised(two_bus, engine, scenario(known, hydrology=water, foresight="surprise"))
    assert learned.objective == pytest.approx(foreseen.objective, abs=slack(foreseen.objective))


@few_examples
@given(st.lists(surprises(), min_size=1, max_size=2), WATER)
def test_a_run_reports_the_price_of_surprise(two_bus: Case, events: list[dict[str, Any]], water: str) -> None:
    found = run(two_bus, scenario(events, FEW_STEPS, hydrology=water, foresight="surprise"))
    assert found.foreseen is not None
    assert found.price_of_surprise is not None
    energy = (found.foreseen.received["line"] - found.result.received["line"]).to_numpy() @ found.result.hours / 1000
    assert found.price_of_surprise.sum() == pytest.approx(energy, abs=1e-6)
    assert costs_of_imperfect_foresight(found)[0].price == pytest.approx(energy, abs=1e-6)
    assert found.table["lost to surprise"].sum() == pytest.approx(energy, abs=1e-6)
    lost = [column for column in found.table if column.startswith("lost to ")]
    np.testing.assert_allclose(found.table[lost].sum(axis=1), found.table["lost"], atol=1e-6)


@few_examples
@given(st.lists(losses(), max_size=2), WATER, st.sampled_from(["transfer", "dispatch"]), st.booleans())
def test_attribution_sums_to_the_gap(
    two_bus: Case, events: list[dict[str, Any]], water: str, objective: str, late: bool
) -> None:
    foresight = "surprise" if late else "perfect"
    asked_for = scenario(events, FEW_STEPS, hydrology=water, objective=objective, foresight=foresight)
    table = attribution(two_bus, asked_for)
    for one in (table, mean_power(table)):
        between = one[["plants", *CAUSES, "surprise"]].sum(axis=1)
        np.testing.assert_allclose(one["ceiling"] - between, one["delivered"], atol=1e-6)
        np.testing.assert_allclose(one["line"] - one["season"], one["ceiling"], atol=1e-6)
    assert table["ceiling"].sum() == pytest.approx(100 * 0.95 * 153 * 24 / 1000)
    assert table["line"].sum() == pytest.approx(100 * 0.95 * 8760 / 1000)


@few_examples
@given(
    st.lists(losses(), max_size=2), WATER, st.sampled_from(["transfer", "dispatch"]),
    st.sampled_from(["pay_per_unit", "take_or_pay"]), st.booleans(),
)  # fmt: skip
def test_settlements_balance(
    two_bus: Case, events: list[dict[str, Any]], water: str, objective: str, payment: str, owed: bool
) -> None:
    asked_for = scenario(events, FEW_STEPS, hydrology=water, objective=objective, **{"contract.payment": payment})
    found = settlement(two_bus, asked_for, shortfall_owed=owed)
    assert found.positions.sum(axis=1).eq(0).all()
    gap = (found.terms["contracted"] - found.terms["delivered"]).clip(lower=0)
    np.testing.assert_allclose(found.terms[list(TERMS[2:])].sum(axis=1), gap, atol=1e-9)
    assert found.fuel["bill"].sum() == found.paid["amount"].sum()
    assert found.fuel["net"].to_numpy() == pytest.approx((found.fuel["replaced fuel"] - found.fuel["bill"]).to_numpy())
