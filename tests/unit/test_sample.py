"""Samples: the same as single runs, whatever the order and the process, on the same luck for every scenario."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from energy.analysis import run
from energy.analysis.risk.monte_carlo import StoppingRule, planned_draws, risk_samples, season_mean, water_pool
from energy.analysis.risk.season_sample import SamplingDesign, drawn_scenario, sample, solve_samples
from energy.analysis.risk.summary import summary
from energy.case import Case
from energy.scenario import Scenario, read_scenario
from energy.scenario.hazard import HazardSet

HAZARDS = HazardSet.model_validate(
    {
        "name": "test",
        "hazards": {
            "line": {
                "kind": "line_out",
                "cause": "line",
                "where": ["links.line"],
                "rate": {"per_year": 5},
                "duration": {"law": "exponential", "mean": 200},
            },
            "raid": {
                "kind": "line_out",
                "cause": "attack",
                "where": ["links.line"],
                "rate": {"per_year": 3},
                "duration": {"law": "exponential", "mean": 100},
            },
        },
    }
)


@pytest.fixture
def scenario() -> Scenario:
    return read_scenario("two_bus", overrides={"time.resolution": "typical-days-4h"})


@pytest.fixture
def question(scenario: Scenario) -> SamplingDesign:
    return SamplingDesign(scenario, HAZARDS)


def season_of(case: Case, scenario: Scenario) -> float:
    table = run(case, scenario).table
    return float(table[table["ceiling"] > 0]["delivered"].sum())


def test_the_undisturbed_season_is_that_of_a_run(two_bus: Case, question: SamplingDesign) -> None:
    for draw in (0, 5):
        found = sample(two_bus, question, draw)
        assert found["undisturbed"] == pytest.approx(season_of(two_bus, question.undisturbed(draw)), rel=1e-6)


def test_outages_within_snapshots_count_nearly_as_on_their_own(two_bus: Case, question: SamplingDesign) -> None:
    # the run cuts its typical days where events begin and end, the sample does not
    shared, own = [], []
    for draw in range(6):
        shared.append(sample(two_bus, question, draw)["season"])
        own.append(season_of(two_bus, drawn_scenario(question, draw)))
    assert np.mean(shared) == pytest.approx(np.mean(own), rel=0.03)


def test_order_and_company_leave_no_trace(two_bus: Case, question: SamplingDesign) -> None:
    forth = solve_samples(two_bus, question, [1, 2, 3])
    back = solve_samples(two_bus, question, [3, 2, 1])[::-1]
    assert forth == back


def test_two_scenarios_meet_the_same_luck(two_bus: Case, question: SamplingDesign) -> None:
    wide = SamplingDesign(question.scenario.replace(values={"links.line.p_nom": 120}), HAZARDS)
    for draw in range(3):
        assert drawn_scenario(question, draw).events == drawn_scenario(wide, draw).events
        assert question.undisturbed(draw).hydrology == wide.undisturbed(draw).hydrology


def test_growth_is_drawn_with_its_odds(scenario: Scenario) -> None:
    drawn = [SamplingDesign(scenario, HAZARDS, growth=(1, 2, 1)).undisturbed(draw).growth for draw in range(400)]
    counts = pd.Series(drawn).value_counts(normalize=True)
    assert counts["central"] == pytest.approx(0.5, abs=0.075)  # three standard errors
    assert counts["low"] == pytest.approx(0.25, abs=0.065)


def test_losses_by_cause_make_up_the_loss(two_bus: Case, question: SamplingDesign) -> None:
    found = pd.DataFrame(solve_samples(two_bus, question, range(8)))
    lost = found["undisturbed"] - found["season"]
    parts = found["lost to line"] + found["lost to attack"]
    assert (lost > 5).any()
    # an outage of either cause alone never takes more than all together; both take no more than the sum, but where
    # they overlap, and where water that one leaves behind meets the other
    assert (found[["lost to line", "lost to attack"]].max(axis=1) <= lost + 5.1).all()
    assert parts.sum() == pytest.approx(lost.sum(), rel=0.25)


def test_stops_when_narrow_and_resumes_to_the_same(two_bus: Case, question: SamplingDesign) -> None:
    plan = StoppingRule(400, until=0.08, pool=512)
    pool = water_pool(two_bus, question, plan)
    assert pool is not None
    rows = [row for found in risk_samples(two_bus, question, plan, pool) for row in found]
    table = pd.DataFrame(rows)
    assert len(table) % 64 == 0
    assert len(table) < 400
    again = [row for found in risk_samples(two_bus, question, plan, pool, table.iloc[:50]) for row in found]
    assert len(again) == len(table) - 50
    whole = summary(two_bus, question, table, pool)
    low, high = (float(whole["mean"].sel(bound=bound)) for bound in ("low", "high"))
    assert (high - low) / 2 <= 0.08 * float(whole["mean"].sel(bound="value"))
    joined = pd.concat([table.iloc[:50], pd.DataFrame(again)])
    pd.testing.assert_frame_equal(
        joined.sort_values("draw").reset_index(drop=True), table.sort_values("draw").reset_index(drop=True)
    )


def test_summary_of_made_up_samples(two_bus: Case, question: SamplingDesign) -> None:
    from energy.analysis.risk.season_sample import sample_columns

    count = 1000
    table = pd.DataFrame(0.0, index=range(count), columns=sample_columns(two_bus, question))
    table["draw"], table["weight"] = np.arange(count), 1.0
    table["season"] = np.arange(count) / 10  # 0 to 99.9 GWh, even
    table["undisturbed"] = table["season"] + 2
    table["lost to line"], table["month 7"] = 2.0, 0.744
    found = summary(two_bus, question, table, None, below=(30.0,))
    assert float(found["mean"].sel(bound="value")) == pytest.approx(49.95)
    assert float(found["season"].sel(exceeded=0.9, bound="value")) == pytest.approx(9.9)
    assert float(found["below"].sel(threshold=30.0, bound="value")) == pytest.approx(0.3)
    assert float(found["lost"].sel(cause="line", bound="value")) == pytest.approx(2)
    assert float(found["power"].sel(month=7, exceeded=0.5, bound="value")) == pytest.approx(1.0)  # 744 MWh in 744 h
    price = sum(two_bus.rules.contract.prices.values()) if two_bus.rules.contract else 0
    assert float(found["tail_income"].sel(bound="value")) == pytest.approx(2.45 * price / 1000, rel=0.02)


def test_planned_draws_are_whole_rounds(two_bus: Case, question: SamplingDesign) -> None:
    plan = StoppingRule(20, pool=512)
    pool = water_pool(two_bus, question, plan)
    draws = planned_draws(plan, pool)
    assert len(draws) == 32
    assert len(set(draws)) == 32
    assert pool is not None
    assert np.bincount(pool.stratum[draws]).tolist() == [2] * 16
    rows = pd.DataFrame({"draw": draws, "season": 1.0, "weight": 1.0})
    assert season_mean(rows, pool).value == pytest.approx(1.0)


def test_copies_of_a_case_share_what_is_remembered(two_bus: Case, question: SamplingDesign) -> None:
    # a worker gets a copy of the case with each task; an engine for each would take seconds and never be freed
    from energy.analysis.engine_cache import _engines_kept, _forget_engines

    _forget_engines()
    for draw in range(3):
        solve_samples(pickle.loads(pickle.dumps(two_bus)), question, [draw], key="two_bus of this test")
    assert _engines_kept() == 1
