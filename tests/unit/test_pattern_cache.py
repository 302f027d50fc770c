"""A kept pattern serves the networks that PyPSA would build alike, and no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypsa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.case import Case, read_case
from energy.model import Inputs, inputs
from energy.scenario import Scenario, read_scenario
from energy.solve import Engine, pattern_cache, solve
from energy.solve.assembly import Entries, Pattern
from energy.solve.pattern_cache import pattern_key, program_of


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[Inputs]:
    """Return a list that fills with the inputs whose model PyPSA builds; no pattern is kept at the start."""
    seen: list[Inputs] = []
    real = pattern_cache.pypsa_model
    monkeypatch.setattr(pattern_cache, "pypsa_model", lambda base: seen.append(base) or real(base))
    monkeypatch.setattr(pattern_cache, "_patterns", {})
    monkeypatch.setenv("ENERGY_CACHE", "")
    monkeypatch.delenv(pattern_cache.ALWAYS, raising=False)
    return seen


def asked(case: Case, **changes: object) -> Inputs:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    return inputs(case, scenario.replace(**changes))


def test_pypsa_builds_once_for_other_water_numbers_and_snapshots(two_bus: Case, built: list[Inputs]) -> None:
    for changes in ({}, {"hydrology": "dry"}, {"values.links.line.p_nom": 70}, {"time.resolution": "typical-days-12h"}):
        Engine(asked(two_bus, **changes))
    assert len(built) == 1


def test_the_answer_from_a_kept_pattern_is_the_same_to_the_last_bit(two_bus: Case, built: list[Inputs]) -> None:
    dry = asked(two_bus, hydrology="dry")
    alone = solve(dry)
    pattern_cache._patterns.clear()
    Engine(asked(two_bus))
    kept = solve(dry)
    assert len(built) == 2
    assert kept.objective == alone.objective
    for key, table in alone.values.items():
        assert (kept.values[key].to_numpy() == table.to_numpy()).all(), key
    assert (kept.prices.to_numpy() == alone.prices.to_numpy()).all()


def test_always_builds_and_checks_each(two_bus: Case, built: list[Inputs], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pattern_cache.ALWAYS, "always")
    for water in ("median", "dry"):
        Engine(asked(two_bus, hydrology=water))
    assert len(built) == 2


def test_always_finds_a_kept_pattern_that_is_wrong(
    two_bus: Case, built: list[Inputs], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = asked(two_bus)
    pattern, _ = program_of(base)
    assert isinstance(pattern, Pattern)
    plants = pattern.balance["generators", "p"]
    turned = Entries(plants.rows, plants.columns, -plants.values)
    wrong = replace(pattern, balance=dict(pattern.balance) | {("generators", "p"): turned})
    pattern_cache._patterns[pattern_key(base)] = wrong
    monkeypatch.setenv(pattern_cache.ALWAYS, "always")
    with pytest.raises(AssertionError, match="the laid matrix differs"):
        Engine(base)


def test_no_more_patterns_are_kept_than_said(
    two_bus: Case, built: list[Inputs], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pattern_cache, "_PATTERNS_KEPT", 2)
    for sign in (-1.0, -2.0, -3.0):
        program_of(with_column(asked(two_bus), "loads", "sign", sign))
        assert 1 <= len(pattern_cache._patterns) <= 2
    assert len(built) == 3


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("none", "secants"),
        pytest.param("secants", "tangents", marks=pytest.mark.slow),
        pytest.param("tangents", "none", marks=pytest.mark.slow),
    ],
)
def test_each_kind_of_line_losses_has_a_pattern_of_its_own(
    casa1000: Case, built: list[Inputs], first: str, second: str
) -> None:
    baseline = read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})
    kinds = [inputs(casa1000, baseline.replace(line_losses=kind)) for kind in (first, second, first)]
    for lossy in kinds:
        program_of(lossy)
    assert len(built) == 2


def with_column(base: Inputs, component: str, attribute: str, value: Any) -> Inputs:
    """Return inputs with another value for all components of a kind."""
    table = base.components[component].assign(**{attribute: value})
    return replace(base, components=dict(base.components) | {component: table})


def with_ramps(base: Inputs, limit: float) -> Inputs:
    """Return inputs whose plants have a series of ramp limits."""
    shape = len(base.axis.snapshots), len(base.components["generators"])
    return replace(base, dense=dict(base.dense) | {("generators", "ramp_limit_up"): np.full(shape, limit)})


@pytest.mark.parametrize(
    ("component", "attribute", "value"),
    [
        ("loads", "bus", "source"),
        ("loads", "sign", 1.0),
        ("links", "bus1", "source"),
        ("generators", "sign", -1.0),
        ("stores", "e_cyclic", True),
        ("stores", "standing_loss", 0.01),
    ],
)
def test_what_stands_in_rows_makes_another_pattern(two_bus: Case, component: str, attribute: str, value: Any) -> None:
    base = asked(two_bus)
    assert pattern_key(with_column(base, component, attribute, value)) != pattern_key(base)


@pytest.mark.parametrize(
    ("component", "attribute"),
    [("loads", "p_set"), ("generators", "p_nom"), ("links", "efficiency"), ("stores", "e_initial")],
)
def test_a_number_that_is_renewed_makes_no_other_pattern(two_bus: Case, component: str, attribute: str) -> None:
    base = asked(two_bus)
    assert pattern_key(with_column(base, component, attribute, 0.5)) == pattern_key(base)


def test_a_series_that_is_not_renewed_makes_another_pattern(two_bus: Case) -> None:
    base = asked(two_bus)
    shape = len(base.axis.snapshots), len(base.components["generators"])
    ramps = [
        replace(base, dense=dict(base.dense) | {("generators", "ramp_limit_up"): np.full(shape, r)}) for r in (1, 2)
    ]
    assert len({pattern_key(each) for each in (base, *ramps)}) == 3


def test_the_voltage_law_makes_another_pattern(two_bus: Case) -> None:
    assert pattern_key(asked(two_bus, network="transport")) != pattern_key(asked(two_bus, network="kirchhoff"))


def test_a_kind_of_rule_that_was_not_checked_yet_is_checked(two_bus: Case, built: list[Inputs]) -> None:
    base = asked(two_bus)
    more = asked(two_bus, **{"rules.reservoir_end.level": 150})
    for each in (base, more, base, more):
        Engine(each)
    assert len(built) == len({pattern_key(base), pattern_key(more)})


@settings(max_examples=3)
@given(
    water=st.sampled_from(["median", "dry"]),
    power=st.floats(0, 200),
    network=st.sampled_from(["kirchhoff", "transport"]),
    day=st.integers(1, 28),
    depth=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_any_scenario_is_laid_as_pypsa_does(water: str, power: float, network: str, day: int, depth: float) -> None:
    """With every engine checked: whatever was kept before, a difference would raise."""
    event = {"name": "out", "kind": "derating", "cause": "x", "where": ["links.line"], "depth": depth}
    changes: dict[str, Any] = {"hydrology": water, "network": network, "values.links.line.p_nom": power}
    found = asked(read_case("two_bus"), events=[event | {"start": f"07-{day:02d}", "duration": "5d"}], **changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(pattern_cache.ALWAYS, "always")
        Engine(found)


def ramped(p_nom: float, path: Path) -> Inputs:
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=3, freq="h"))
    n.add("Carrier", "AC")
    n.add("Bus", "b", carrier="AC")
    n.add("Generator", "cheap", bus="b", p_nom=p_nom, marginal_cost=10, ramp_limit_up=0.2)
    n.add("Generator", "dear", bus="b", p_nom=100, marginal_cost=50)
    n.add("Load", "l", bus="b", p_set=[20.0, 60.0, 60.0])
    n.export_to_netcdf(str(path))
    return inputs(read_case(str(path)), Scenario(name="own", year=2028, case=str(path), objective="dispatch"))


def test_ramps_are_never_served_from_another_size(tmp_path: Path, built: list[Inputs]) -> None:
    """A plant that climbs a fifth of its size in an hour, for a load of 20, 60, 60 MW.

    100 MW: 20, 40, 60 and 20 MW of the dear one: 1200 + 1000 $. 200 MW: 20, 60, 60: 1400 $. 50 MW: 20, 30, 40 and
    30 + 20 MW of the dear one: 900 + 2500 $.
    """
    costs = [solve(ramped(size, tmp_path / f"{size}.nc")).objective for size in (100, 200, 50, 100)]
    assert costs == pytest.approx([2200, 1400, 3400, 2200])
    assert len(built) == 4
