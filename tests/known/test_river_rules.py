"""Rules on water with answers on paper: travel time, a level throughout a window, worth of what is left."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from energy.case import Case, read_case
from energy.errors import InputError
from energy.metrics import audit
from energy.model import extra_functionality, inputs, network
from energy.model.pypsa_logging import quiet_pypsa
from energy.model.travel_time import travel_shares
from energy.scenario import read_scenario
from energy.solve import Result, solve

TWO_BUS = Path(__file__).parents[2] / "networks" / "two_bus"
HOURS, LONG_WAY, DAY = 48.0, 120.0, 24.0


def added(folder: Path, file: str, row: str) -> None:
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + row + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The case of two buses with a reach of two days below its turbine; the river leaves at the end of the reach."""
    folder = tmp_path_factory.mktemp("cases") / "reach"
    shutil.copytree(TWO_BUS, folder)
    (folder / "evidence.csv").unlink()
    added(folder, "buses.csv", "reach end,1,water,hm3/h,AA,69,37.8")
    added(folder, "stores.csv", "on the way,river below,reservoir,1000,0")
    added(folder, "links.csv", "arrival,river below,reach end,,spill,10,1,1,0,")
    generators = (folder / "generators.csv").read_text(encoding="utf-8")
    moved = generators.replace("river mouth,river below,", "river mouth,reach end,")
    assert moved != generators
    (folder / "generators.csv").write_text(moved, encoding="utf-8")
    added(folder, "rules.yaml", f"  travel: {{kind: travel, store: on the way, link: arrival, hours: {HOURS:g}}}")
    return read_case(folder)


def solved(case: Case, **overrides: Any) -> Result:
    found = inputs(case, read_scenario("two_bus", overrides={"time.resolution": "24h", **overrides}))
    result = solve(found)
    assert max(audit(result).values()) < 1e-6
    return result


def test_in_short_snapshots_the_release_of_a_spell_arrives_in_the_next(reach: Case) -> None:
    """Days are taken together to 73 spells of five, p(t) = (in of the spell before) / 5; first p = e(0)/T with
    e(0) = h·(in(0) − p).
    """
    result = solved(reach, **{"rules.travel.hours": LONG_WAY})
    released = result.flow("links")[["turbine", "spill"]].sum(axis=1).to_numpy()
    arrives = result.flow("links")["arrival"].to_numpy()
    days = int(LONG_WAY / DAY)
    by_spell = released.reshape(-1, days).mean(axis=1)
    first = DAY * released[0] / (LONG_WAY + DAY)
    assert arrives[:days] == pytest.approx(first, abs=1e-7)
    on_the_way = DAY * released[:days].sum() - LONG_WAY * first
    assert arrives[days : 2 * days] == pytest.approx(on_the_way / LONG_WAY, abs=1e-7)
    assert arrives[2 * days :] == pytest.approx(np.repeat(by_spell[1:-1], days), abs=1e-7)
    assert np.abs(arrives - released).max() > 0.01  # the reach does something
    last = DAY * days * by_spell[-1]
    assert DAY * released.sum() == pytest.approx(DAY * arrives.sum() + last, abs=1e-6)


def test_what_leaves_is_gone_after_two_spells() -> None:
    """A wave of one hour leaves no trace later, in hours of any length beside each other, and no water is lost."""
    hours = np.concatenate([np.full(40, 3.0), np.full(5, 24.0), np.full(3, 300.0), np.full(60, 6.0)])
    shares = travel_shares(hours, 96.0)
    wave = 50
    content = np.zeros(len(hours))
    arriving = np.zeros(len(hours))
    for at in range(1, len(hours)):
        released = 1.0 if at == wave else 0.0
        known = shares.at_beginning[at] * content[at - 1] + shares.as_before[at] * arriving[at - 1]
        # p = known + at_end · e, and e = before + h · (released − p)
        full = content[at - 1] + hours[at] * released
        arriving[at] = (known + shares.at_end[at] * full) / (1 + shares.at_end[at] * hours[at])
        content[at] = full - hours[at] * arriving[at]
    assert (hours * arriving).sum() == pytest.approx(hours[wave])
    assert (content >= -1e-12).all()
    ends = np.cumsum(hours)
    late = ends > ends[wave] + 2 * 96.0 + 24.0
    assert arriving[late] == pytest.approx(0.0, abs=1e-15)


def test_in_snapshots_of_half_the_travel_time_water_arrives_in_the_next(reach: Case) -> None:
    result = solved(reach)
    released = result.flow("links")[["turbine", "spill"]].sum(axis=1).to_numpy()
    arrives = result.flow("links")["arrival"].to_numpy()
    assert arrives[2:] == pytest.approx(released[1:-1], abs=1e-7)
    assert np.ptp(released) > 0.01


def test_in_long_snapshots_the_release_of_the_travel_time_is_on_the_way(reach: Case) -> None:
    """A month is longer than the two days of the reach: e(t) = T·in(t), and there is no trace of months before."""
    result = solved(reach, **{"time.resolution": "typical-days-24h"})
    hours = result.inputs.axis.weightings["stores"].to_numpy(float)
    released = result.flow("links")[["turbine", "spill"]].sum(axis=1).to_numpy()
    arrives = result.flow("links")["arrival"].to_numpy()
    on_the_way = result.values["stores", "e"]["on the way"].to_numpy()
    assert on_the_way[1:] == pytest.approx(HOURS * released[1:], abs=1e-6)
    shifted = released[1:] + (on_the_way[:-1] - on_the_way[1:]) / hours[1:]
    assert arrives[1:] == pytest.approx(shifted, abs=1e-7)
    assert np.ptp(released) > 0.01


@pytest.mark.parametrize("resolution", ["typical-days-12h", "24h"])
def test_plain_pypsa_finds_the_same(reach: Case, resolution: str) -> None:
    result = solved(reach, **{"time.resolution": resolution, "rules.travel.hours": LONG_WAY})
    n = network(result.inputs)
    with quiet_pypsa():
        n.optimize(extra_functionality=extra_functionality, include_objective_constant=False, log_to_console=False)
    assert n.objective == pytest.approx(result.objective, rel=1e-6)


def test_travel_can_be_switched_off(reach: Case) -> None:
    assert not [rule for rule in solved(reach, rules={"travel": "off"}).inputs.rules if rule["kind"] == "travel"]


def test_travel_names_what_it_needs(reach: Case, tmp_path: Path) -> None:
    folder = tmp_path / "wrong"
    shutil.copytree(reach.path, folder)
    text = (folder / "rules.yaml").read_text(encoding="utf-8")
    (folder / "rules.yaml").write_text(text.replace("link: arrival", "link: arival"), encoding="utf-8")
    with pytest.raises(InputError, match=r"rules.travel: no links match 'arival'.*did you mean 'arrival'"):
        read_case(folder)


def two_rules(two_bus: Case, extra: str, tmp_path: Path) -> Case:
    folder = tmp_path / "ruled"
    shutil.copytree(two_bus.path, folder)
    (folder / "evidence.csv").unlink()
    added(folder, "rules.yaml", extra)
    return read_case(folder)


def test_a_storage_window_holds_in_every_snapshot_of_it(two_bus: Case, tmp_path: Path) -> None:
    rule = "  window: {kind: storage, store: reservoir, window: {from: 07-01, to: 08-31}, at_least: 0.5, at_most: 0.6}"
    result = solved(two_rules(two_bus, rule, tmp_path))
    level = result.values["stores", "e"]["reservoir"]
    inside = level.index.month.isin([7, 8])
    assert level[inside].between(150 - 1e-6, 180 + 1e-6).all()
    assert not level[~inside].between(150 - 1e-6, 180 + 1e-6).all()


@pytest.mark.parametrize(("value", "left"), [(1000.0, 0.0), (60_000.0, 107.808)])
def test_water_left_is_kept_where_it_is_worth_more_than_its_energy(two_bus: Case, value: float, left: float) -> None:
    """At least cost an hm³ makes 500 MWh, and 475 of them save gas at 80 $ less 0.1 $ on the line: 38,000 $/hm³.

    Worth less than that nothing is left. Worth more the line gets nothing of a reservoir full on 30 September, but
    the source's own 40 MW, 400 $/MWh unserved, do: 300 − 4,368 h · (40 MW / 500 − 0.036) hm³/h = 107.808 hm³ are left.
    """
    overrides = {"objective": "dispatch", "contract": {"outside_season": "open", "payment": "take_or_pay"}}
    result = solved(two_bus, rules={"reservoir_end": {"level": 0, "value": value}}, **overrides)
    assert result.values["stores", "e"]["reservoir"].iloc[-1] == pytest.approx(left, abs=1e-6)


def test_an_end_rule_must_say_something(two_bus: Case, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"neither level nor value is given; allowed: level, value, or both"):
        two_rules(two_bus, "  nothing: {kind: end, store: reservoir}", tmp_path)
