"""Outage sequences: streams that do not touch each other, laws that come out, tilts that weigh right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from energy.analysis.risk.estimate import mean
from energy.model.outages.sampling import SampledOutages, as_events, draw_outages
from energy.model.random_stream import uniform_stream
from energy.scenario import read_hazards
from energy.scenario.hazard import HazardSet

START = pd.Timestamp("2028-04-01")
PLANT = {
    "kind": "plant_out",
    "cause": "failure",
    "where": ["generators.a", "generators.b"],
    "each": True,
    "rate": {"per_year": 5},
    "duration": {"law": "lognormal", "median": 40, "sigma": 0.8},
}


def hazard_set(chain: Any = None, state: str | None = None, **hazards: Any) -> HazardSet:
    return HazardSet.model_validate({"name": "t", "hazards": hazards, "chain": chain, "state": state})


def drawn(hazards: HazardSet, draw: int, hours: float = 8760, **more: Any) -> SampledOutages:
    return draw_outages(hazards, START, hours, 1, draw, **more)


@given(draw=st.integers(0, 2**40))
def test_another_asset_or_hazard_changes_no_outage(draw: int) -> None:
    one = hazard_set(plant=PLANT)
    more = hazard_set(
        storm=PLANT | {"where": ["lines.x"]}, plant=PLANT | {"where": ["generators.a", "generators.c", "generators.b"]}
    )
    before = [o for o in drawn(one, draw).outages if o.hazard == "plant"]
    after = [o for o in drawn(more, draw).outages if o.hazard == "plant" and o.where != ("generators.c",)]
    assert before == after


def test_the_first_outage_is_made_of_the_stream() -> None:
    # by hand: all in service 720 h before the horizon; up for −ln(u₀)·MTTF, then down for median·exp(σ·Φ⁻¹(u₁))
    up, length = uniform_stream(["outage", "plant", "generators.a", 1, 7], 2)
    mean_down = 40 * np.exp(0.8**2 / 2)
    begin = -720 - np.log(up) * (8760 / 5 - mean_down)
    found = next(o for o in drawn(hazard_set(plant=PLANT), 7).outages if o.start > 0)
    assert begin > 0
    assert (found.start, found.end - found.start) == pytest.approx((begin, 40 * np.exp(0.8 * norm.ppf(length))))


def test_months_and_states_bound_what_happens() -> None:
    winter = PLANT | {"by_month": [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1]}
    starts = [START + pd.Timedelta(hours=o.start) for k in range(200) for o in drawn(hazard_set(p=winter), k).outages]
    assert {start.month for start in starts if start >= START} == {1, 2, 3, 10, 11, 12}
    count = len([start for start in starts if start >= START]) / 200
    assert count == pytest.approx(10, rel=0.1)  # two plants, five a year each, whatever the months
    chain = {"states": ["calm", "conflict"], "share": 0.4, "stay": 3}
    there = hazard_set(chain, "conflict", p=PLANT | {"when": "conflict"})
    assert not drawn(hazard_set(chain, "calm", p=PLANT | {"when": "conflict"}), 3).outages
    assert drawn(there, 3) == drawn(hazard_set(p=PLANT), 3)._replace(states=1.0)


def test_the_chain_has_its_share_and_stay() -> None:
    chain = {"states": ["calm", "conflict"], "share": 0.37, "stay": 4.7}
    found = [drawn(hazard_set(chain), k, 8760).states for k in range(4000)]
    share = mean(np.array(found))
    assert abs(share.value - 0.37) < 3 * share.error
    # a year is whole in conflict when it begins so and the stay outlasts it: 0.37·exp(−1/4.7)
    whole = mean(np.array([value > 1 - 1e-9 for value in found], dtype=float))
    assert abs(whole.value - 0.37 * np.exp(-1 / 4.7)) < 3 * whole.error


def test_campaigns_cluster_and_keep_the_rate() -> None:
    raid = PLANT | {"each": False, "rate": {"per_year": 6}, "campaign": {"size": 4, "span": 1000}}
    counts = np.array([sum(0 < o.start < 8760 for o in drawn(hazard_set(p=raid), k).outages) for k in range(1500)])
    found = mean(counts.astype(float))
    assert abs(found.value - 6) < 3 * found.error
    # clusters of geometric size N: var/mean of the count is E[N²]/E[N] = 2·4 − 1 = 7 for long times; 1 for Poisson
    assert 4.5 < counts.var() / counts.mean() < 8


def test_closures_of_the_set_hold_repair_up() -> None:
    closure = {"torkham": {"rate": {"per_year": 4, "mttr": 500}}}
    raid = PLANT | {"closed_by": ["torkham"], "pace": 0.25}
    free, held = (
        hazard_set(p=PLANT),
        HazardSet.model_validate({"name": "t", "hazards": {"p": raid}, "closures": closure}),
    )
    lengths = [
        np.mean([o.end - o.start for k in range(300) for o in drawn(hazards, k).outages]) for hazards in (free, held)
    ]
    assert lengths[1] > 1.2 * lengths[0]


def test_a_tilted_rate_is_weighed_right() -> None:
    # ten hours and more of outage are rare; drawn 8 times as often, the weighted frequency is that of the plain law
    rare = PLANT | {"where": ["generators.a"], "rate": {"per_year": 0.05}}
    happens, weights = [], []
    for k in range(4000):
        found = drawn(hazard_set(p=rare), k, tilts={"p": 8.0})
        happens.append(any(o.start > 0 for o in found.outages))
        weights.append(found.weight)
    whole = mean(np.array(weights))
    assert abs(whole.value - 1) < 3 * whole.error
    found = mean(np.array(happens, dtype=float), np.array(weights))
    # P(at least one in a year) = 1 − exp(−λ·8760), with 1/λ = 8760/0.05 − mean repair
    truth = 1 - np.exp(-8760 / (8760 / 0.05 - 40 * np.exp(0.32)))
    assert abs(found.value - truth) < 3 * found.error
    plain = (truth * (1 - truth) / 4000) ** 0.5
    assert found.error < 0.6 * plain  # worth it: plain sampling needs three times as many


def test_events_are_whole_hours_right_in_the_mean() -> None:
    hazards = hazard_set(p=PLANT | {"duration": {"law": "exponential", "mean": 3}})
    exact = whole = 0.0
    for k in range(400):
        found = drawn(hazards, k)
        exact += sum(min(o.end, 8760) - max(o.start, 0) for o in found.outages)
        events = as_events(found, hazards, START, 8760)
        whole += sum((b - a) / pd.Timedelta(hours=1) for a, b in (event.window(START) for event in events))
    assert whole == pytest.approx(exact, rel=0.02)


def test_what_spreads_hits_more() -> None:
    hazards = read_hazards("calm")
    both = total = 0
    for k in range(800):
        for outage in drawn(hazards, k).outages:
            if outage.hazard == "line fault":
                total += 1
                both += "hvdc_bipole" in outage.where
    assert both / total == pytest.approx(0.08, abs=3 * (0.08 * 0.92 / total) ** 0.5)
