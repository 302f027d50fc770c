"""Models without a solution: what contradicts what, and the smallest change that helps, both derived on paper.

In `two_bus` the river brings 100 m3/s = 0.36 hm3/h from April to September, the reservoir holds 300 hm3 and starts
empty. By 1 June it can be full, June brings 720 · 0.36 = 259.2 hm3: at most 559.2 hm3 can be let down in June. Through
the turbine pass at most 0.28 hm3/h, for its power has no way but 40 MW of demand and 100 MW of line: 201.6 hm3 in June.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pypsa
import pytest

from energy.case import Case, RuleBook, read_case
from energy.errors import SolverError
from energy.model import Inputs, inputs
from energy.scenario import Scenario, read_scenario
from energy.solve import Engine, infeasibility, solve
from energy.solve.elastic_rules import _row_unit
from energy.solve.infeasibility import Conflict, conflict

WINTER = 0.036  # hm3/h from October to March
JUNE = {"from": "06-01", "to": "06-30"}
RELEASE = {"kind": "volume", "links": ["turbine", "spill"], "window": JUNE}
TURBINE = {"kind": "volume", "links": ["turbine"], "window": JUNE, "at_least": 200}


def with_rules(case: Case, **rules: Any) -> Case:
    book = case.rules.model_dump(by_alias=True, exclude_none=True)
    return replace(case, rules=RuleBook.model_validate({**book, "rules": {**book["rules"], **rules}}))


def asked(case: Case, **fields: Any) -> Inputs:
    scenario = Scenario(
        name="asked", year=2028, case="two_bus", **{"time": {"resolution": "typical-days-4h"}, **fields}
    )
    return inputs(case, scenario)


def found(given: Inputs) -> Conflict:
    engine = Engine(given)
    return conflict(engine.structure, given, engine.structure.problem(given))


def changes(conflict: Conflict) -> dict[str, float]:
    """Return by how much each origin yields in all, in the program's unit and over the hours."""
    return {part.soft.name: float((part.by * part.soft.hours).sum()) for part in conflict.relaxations}


def outage(start: str, end: str) -> dict[str, Any]:
    return {
        "name": "outage",
        "kind": "plant_out",
        "cause": "test",
        "where": ["links.turbine"],
        "start": start,
        "end": end,
    }


def test_a_rule_that_asks_for_more_water_than_there_is(two_bus: Case) -> None:
    seen = found(asked(with_rules(two_bus, irrigation=RELEASE | {"at_least": 700})))
    assert seen.between == ("rule irrigation 2028",)
    assert changes(seen) == pytest.approx({"rule irrigation 2028": 700 - 559.2})


def test_two_rules_that_want_the_same_water(two_bus: Case) -> None:
    # 559.2 - 500 leaves 59.2 of the 150 hm3 asked for on 1 July; the release yields 18 % of its own, the level 61 %
    rules = {"irrigation": RELEASE | {"at_least": 500}, "full": {"kind": "level", "store": "reservoir"}}
    rules["full"] |= {"date": "07-01", "at_least": 0.5}
    seen = found(asked(with_rules(two_bus, **rules)))
    assert set(seen.between) == {"rule irrigation 2028", "rule full"}
    assert seen.minimal
    assert changes(seen) == pytest.approx({"rule irrigation 2028": 150 - 59.2})


def test_an_event_that_a_rule_cannot_bear(two_bus: Case) -> None:
    # out for 10 days, the turbine passes 20 · 24 · 0.28 = 134.4 hm3; of the rule's 200 the missing 65.6 are 33 %, of
    # the 10 · 24 · 0.5 = 120 that the event takes 55 %
    seen = found(asked(with_rules(two_bus, irrigation=TURBINE), events=(outage("06-21", "06-30"),)))
    assert set(seen.between) == {"rule irrigation 2028", "event outage"}
    assert changes(seen) == pytest.approx({"rule irrigation 2028": 65.6})


def test_the_event_yields_where_that_is_the_smaller_change(two_bus: Case) -> None:
    # out for 20 days, 67.2 hm3 pass; of the rule's 150 the missing 82.8 are 55 %, of the event's 240 they are 35 %
    rule = TURBINE | {"at_least": 150}
    seen = found(asked(with_rules(two_bus, irrigation=rule), events=(outage("06-11", "06-30"),)))
    assert changes(seen) == pytest.approx({"event outage": 82.8})


def test_a_start_that_is_too_low(two_bus: Case) -> None:
    # one day brings 8.64 of the 100 hm3 asked for on 2 April; the missing 91.36 are 91 % of the level, 30 % of the
    # store's size
    full = {"kind": "level", "store": "reservoir", "date": "04-02", "at_least": 1 / 3}
    seen = found(asked(with_rules(two_bus, full=full)))
    assert set(seen.between) == {"rule full", "rule reservoir_start"}
    assert changes(seen) == pytest.approx({"rule reservoir_start": 91.36})


def test_a_flow_and_a_volume(two_bus: Case) -> None:
    # at most 50 m3/s in June are 720 · 0.18 = 129.6 hm3; the missing 70.4 are 35 % of the volume asked for, and 31 % of
    # the 720 · 0.32 by which the flow can yield
    rules = {"irrigation": TURBINE, "slow": {"kind": "flow", "link": "turbine", "at_most": {6: 50}}}
    seen = found(asked(with_rules(two_bus, **rules)))
    assert set(seen.between) == {"rule irrigation 2028", "rule slow"}
    assert changes(seen) == pytest.approx({"rule slow": 70.4})
    assert re.search(r"rule slow: at most [\d.]+ m3/s instead of 50 \([\d.]+ more\)", str(seen))  # when is open


DROUGHT = {"name": "drought", "kind": "drought", "cause": "drought", "where": ["loads.river inflow"]}


def test_a_drought_that_a_rule_cannot_bear(two_bus: Case) -> None:
    # June brings half of 259.2 hm3, and 300 are stored: of the 500 asked for 70.4 are missing, 14 % of them, and 54 %
    # of what the drought takes
    event = DROUGHT | {"depth": 0.5, "start": "06-01", "end": "06-30"}
    seen = found(asked(with_rules(two_bus, irrigation=RELEASE | {"at_least": 500}), events=(event,)))
    assert set(seen.between) == {"rule irrigation 2028", "event drought"}
    assert changes(seen) == pytest.approx({"rule irrigation 2028": 500 - 300 - 129.6})


def test_a_drought_yields_where_that_is_the_smaller_change(two_bus: Case) -> None:
    # a tenth of 91 · 8.64 hm3 is left of spring's water; the missing 71.4 are 48 % of the level, 24 % of what the store
    # could have held at its start, 10 % of the drought
    event = DROUGHT | {"depth": 0.9, "start": "04-01", "end": "06-30"}
    full = {"kind": "level", "store": "reservoir", "date": "07-01", "at_least": 0.5}
    seen = found(asked(with_rules(two_bus, full=full), events=(event,)))
    assert set(seen.between) == {"rule full", "rule reservoir_start", "event drought"}
    assert changes(seen) == pytest.approx({"event drought": 150 - 78.624})
    # a tenth of 100 m3/s is left; in which hours more should come is open
    assert re.search(r"river inflow brings [\d.]+ m3/s instead of 10 \([\d.]+ more\)", str(seen))


def test_a_level_that_may_not_be_passed(two_bus: Case) -> None:
    # emptied by June, with no more than 100 of 259.2 hm3 let down, 159.2 are there on 1 July where 30 may be: the level
    # yields 48 % of the 270 above it, the release would 129 % of itself
    low = {"kind": "level", "store": "reservoir", "date": "07-01", "at_most": 0.1}
    kept = {"kind": "volume", "links": ["turbine", "spill"], "window": JUNE, "at_most": 100}
    seen = found(asked(with_rules(two_bus, low=low, kept=kept)))
    assert set(seen.between) == {"rule low", "rule kept 2028"}
    assert "rule low: at most 0.5307 of e_nom instead of 0.1" in str(seen)


@pytest.mark.parametrize(("flow", "yields"), [(130, {"rule mill": 77.76}), (110, {"rule reservoir_start": 25.92})])
def test_a_least_flow_or_the_start_yields(two_bus: Case, flow: float, yields: dict[str, float]) -> None:
    # the river brings 100 m3/s; 130 m3/s for April's 720 h are 336.96 hm3, the missing 77.76 are 23 % of them and 26 %
    # of what the store could hold at its start; of 110 m3/s 25.92 are missing, 9.1 % and 8.6 %
    mill = {"kind": "flow", "link": "spill", "at_least": {4: flow}}
    seen = found(asked(with_rules(two_bus, mill=mill)))
    assert set(seen.between) == {"rule mill", "rule reservoir_start"}
    assert changes(seen) == pytest.approx(yields)


def test_a_least_storage_and_a_level_below_it(two_bus: Case) -> None:
    # the store is down to 120 of 150 hm3 for one instant, and gains 8.64 a day: 30, 21.36, 12.72 and 4.08 are missing
    # for a day each, 1.5 % of what July holds; the level would give up 17 % of the 180 hm3 above it
    rules = {
        "kept": {"kind": "storage", "store": "reservoir", "at_least": 0.5, "window": {"from": "07-01", "to": "07-31"}},
        "low": {"kind": "level", "store": "reservoir", "date": "07-15", "at_most": 0.4},
    }
    seen = found(asked(with_rules(two_bus, **rules), time={"resolution": "24h"}))
    assert set(seen.between) == {"rule kept", "rule low"}
    assert changes(seen) == pytest.approx({"rule kept": (30 + 21.36 + 12.72 + 4.08) * 24})
    (relaxation,) = seen.relaxations
    assert relaxation.share == pytest.approx(30 / 150)
    assert "rule kept: at least 0.4 of e_nom instead of 0.5 (0.1 less) at 2028-07-14 00:00, in 4 of 3" in str(seen)


@pytest.mark.parametrize(("most", "yields"), [(0.0, "rule low"), (0.5, "rule reservoir_end")])
def test_an_end_that_cannot_be_reached(two_bus: Case, most: float, yields: str) -> None:
    # March brings 0.036 hm3/h for 744 h; 200 hm3 are asked for at its end. From an empty store 173 are missing, 87 % of
    # the end and 58 % of the 300 above the level; from half of it 23, 12 % of the end and 15 % of the 150 above
    end = {"kind": "end", "store": "reservoir", "level": 200}
    low = {"kind": "level", "store": "reservoir", "date": "03-01", "at_most": most}
    seen = found(asked(with_rules(two_bus, reservoir_end=end, low=low)))
    missing = 200 - 300 * most - WINTER * 744
    assert set(seen.between) == {"rule low", "rule reservoir_end"}
    assert {part.soft.name: part.by.max() for part in seen.relaxations} == pytest.approx({yields: missing})
    if yields == "rule reservoir_end":
        assert "rule reservoir_end: at least 176.7 hm3 instead of 200" in str(seen)  # of 176.784, never more


LIMIT = {"kind": "limit", "window": JUNE}


@pytest.mark.parametrize(
    ("term", "asked_for", "there", "unit"), [("turbine", 0.3, 0.28, "hm3/h"), ("line", 110.0, 100.0, "MW")]
)
def test_a_limit_beyond_what_there_is(two_bus: Case, term: str, asked_for: float, there: float, unit: str) -> None:
    push = LIMIT | {"terms": [{"component": "links", "name": term}], "at_least": asked_for}
    seen = found(asked(with_rules(two_bus, push=push)))
    assert seen.between == ("rule push",)
    assert changes(seen) == pytest.approx({"rule push": (asked_for - there) * 720})
    told = f"rule push: at least {there:g} {unit} instead of {asked_for:g} ({asked_for - there:.4g} less)"
    assert told in str(seen)
    assert " of 6 snapshots" in str(seen)  # one day in blocks of four hours


def test_a_limit_from_above_and_a_volume(two_bus: Case) -> None:
    # 40 MW of demand and 50 MW of line let 720 · 0.18 = 129.6 hm3 through the turbine; the missing 20.4 are 14 % of the
    # volume asked for, 20.4 · 500 / 720 = 14.2 MW would be 28 % of the limit
    narrow = LIMIT | {"terms": [{"component": "links", "name": "line"}], "at_most": 50}
    seen = found(asked(with_rules(two_bus, irrigation=TURBINE | {"at_least": 150}, narrow=narrow)))
    assert set(seen.between) == {"rule irrigation 2028", "rule narrow"}
    assert changes(seen) == pytest.approx({"rule irrigation 2028": 20.4})


@pytest.mark.parametrize(
    ("rules", "fields"),
    [
        ({"irrigation": RELEASE | {"at_least": 700}}, {}),
        (
            {
                "irrigation": RELEASE | {"at_least": 500},
                "full": {"kind": "level", "store": "reservoir", "date": "07-01", "at_least": 0.5},
            },
            {},
        ),
        ({"irrigation": TURBINE}, {"events": (outage("06-21", "06-30"),)}),
    ],
)
def test_a_rule_that_yields_as_told_makes_it_solvable(
    two_bus: Case, rules: dict[str, Any], fields: dict[str, Any]
) -> None:
    seen = found(asked(with_rules(two_bus, **rules), **fields))
    rules["irrigation"] = rules["irrigation"] | {
        "at_least": rules["irrigation"]["at_least"] - changes(seen)["rule irrigation 2028"] - 1e-6
    }
    solve(asked(with_rules(two_bus, **rules), **fields))
    # and nothing less does
    rules["irrigation"] = rules["irrigation"] | {"at_least": rules["irrigation"]["at_least"] + 0.1}
    with pytest.raises(SolverError, match="infeasible"):
        solve(asked(with_rules(two_bus, **rules), **fields))


def test_without_any_one_of_the_named_the_rest_can_hold(two_bus: Case) -> None:
    full = {"kind": "level", "store": "reservoir", "date": "07-01", "at_least": 0.5}
    idle = {"kind": "volume", "links": ["spill"], "window": JUNE, "at_least": 1}  # binds nothing that matters
    rules = {"irrigation": RELEASE | {"at_least": 500}, "full": full, "idle": idle}
    seen = found(asked(with_rules(two_bus, **rules)))
    assert set(seen.between) == {"rule irrigation 2028", "rule full"}
    for name in ("irrigation", "full"):
        solve(asked(with_rules(two_bus, **{key: rule for key, rule in rules.items() if key != name})))


def own(tmp_path: Path, change: Callable[[pypsa.Network], None], *events: dict[str, Any]) -> Inputs:
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=4, freq="h"))
    n.add("Carrier", "AC")
    n.add("Bus", "a", carrier="AC")
    n.add("Generator", "plant", bus="a", p_nom=100, marginal_cost=10)
    n.add("Load", "town", bus="a", p_set=[50.0, 60.0, 130.0, 120.0])
    change(n)
    n.export_to_netcdf(str(tmp_path / "own.nc"))
    asked = Scenario(name="own", year=2028, objective="dispatch", events=events)
    return inputs(read_case(tmp_path / "own.nc"), asked)


def test_more_demand_than_plants(tmp_path: Path) -> None:
    seen = found(own(tmp_path, lambda n: None))
    assert seen.between == ()
    assert changes(seen) == pytest.approx({"buses a": 30 + 20})
    assert "buses a short of supply by 30 MW at 2028-04-01 02:00, in 2 of 4 snapshots" in str(seen)


def test_a_plant_that_must_run_above_the_demand(tmp_path: Path) -> None:
    def change(n: pypsa.Network) -> None:
        n.generators.loc["plant", ["p_nom", "p_min_pu"]] = [200, 0.5]

    seen = found(own(tmp_path, change))
    assert seen.between == ("generators plant",)
    assert changes(seen) == pytest.approx({"generators plant": 50 + 40})
    assert "generators plant: p_min_pu: at least 50 MW instead of 100 (50 less) at 2028-04-01 00:00, in 2 of 4" in str(
        seen
    )


def even(n: pypsa.Network, load: float = 90.0) -> None:
    n.loads_t.p_set["town"] = load


def test_a_link_that_must_carry_more_than_is_taken(tmp_path: Path) -> None:
    def change(n: pypsa.Network) -> None:
        even(n, 40.0)
        n.add("Bus", "b", carrier="AC")
        n.add("Load", "village", bus="b", p_set=10.0)
        n.add("Link", "way", bus0="a", bus1="b", p_nom=50, p_min_pu=0.5, efficiency=0.8)

    seen = found(own(tmp_path, change))
    # 10 MW arrive of 12.5 MW
    assert seen.between == ("links way",)
    assert changes(seen) == pytest.approx({"links way": 4 * (25 - 12.5)})
    assert "links way: p_min_pu: at least 12.5 MW instead of 25 (12.5 less)" in str(seen)


def shock(kind: str, where: str, **fields: Any) -> dict[str, Any]:
    when = {"start": "2028-04-01T01:00", "end": "2028-04-01T02:00"}
    return {"name": "shock", "kind": kind, "cause": "test", "where": [where]} | when | fields


def test_a_demand_that_an_event_raises(tmp_path: Path) -> None:
    seen = found(own(tmp_path, even, shock("demand_shock", "loads.town", factor=1.5)))
    assert seen.between == ("event shock",)
    assert changes(seen) == pytest.approx({"event shock": 1.5 * 90 - 100})
    assert "event shock: town takes 100 MW instead of 135 (35 less)" in str(seen)


def test_a_plant_that_an_event_derates(tmp_path: Path) -> None:
    seen = found(own(tmp_path, even, shock("derating", "generators.plant", depth=0.3)))
    assert seen.between == ("event shock",)
    assert changes(seen) == pytest.approx({"event shock": 90 - 70})
    assert "event shock: generators plant at most 90 MW instead of 70 (20 more)" in str(seen)


def test_a_plant_that_comes_back_along_a_ramp(tmp_path: Path) -> None:
    # 60 MW for an hour, then from 60 to 100 MW in two; an hour has what it begins with: 60 and 80 MW
    event = shock("derating", "generators.plant", depth=0.4, recovery="ramp", ramp="2h")
    seen = found(own(tmp_path, even, event))
    assert seen.between == ("event shock",)
    assert changes(seen) == pytest.approx({"event shock": 30 + 30 + 10})
    assert "at most 90 MW instead of 60 (30 more) at 2028-04-01 01:00, in 3 of 3 snapshots" in str(seen)


def tank(n: pypsa.Network, **fields: Any) -> None:
    n.add("Store", "tank", bus="a", e_nom=100, **fields)


@pytest.mark.parametrize(
    ("asked_for", "fields", "said"),
    [
        # 30 MW are missing in the first hour
        ([130.0, 60.0, 60.0, 60.0], {"e_initial": 10}, "starts with 30 MWh instead of 10 (20 more)"),
        # 50 MWh may be left after an hour, in which 20 are taken
        ([20.0] * 4, {"e_initial": 90, "e_max_pu": 0.5}, "starts with 70 MWh instead of 90 (20 less)"),
    ],
)
def test_a_store_that_starts_with_too_little_or_too_much(
    asked_for: list[float], fields: dict[str, float], said: str, tmp_path: Path
) -> None:
    def change(n: pypsa.Network) -> None:
        n.loads_t.p_set["town"] = asked_for
        tank(n, **fields)

    seen = found(own(tmp_path, change))
    assert seen.between == ("stores tank: e_initial",)
    assert changes(seen) == pytest.approx({"stores tank: e_initial": 20})
    assert f"stores tank: e_initial: {said}" in str(seen)


def test_a_store_that_must_keep_what_is_asked_for(tmp_path: Path) -> None:
    def change(n: pypsa.Network) -> None:
        n.loads_t.p_set["town"] = [130.0, 60.0, 60.0, 60.0]
        tank(n, e_initial=90, e_min_pu=0.9)

    # 30 MWh are missing for one of four hours, a twelfth of what is to be kept; even a full tank could not give them
    seen = found(own(tmp_path, change))
    assert seen.between == ("stores tank",)
    assert changes(seen) == pytest.approx({"stores tank": 30})
    assert "stores tank: e_min_pu: at least 60 MWh instead of 90 (30 less) at 2028-04-01 00:00, in 1 of 4" in str(seen)


def test_a_store_that_follows_itself_has_no_start(tmp_path: Path) -> None:
    def change(n: pypsa.Network) -> None:
        tank(n, e_cyclic=True)
        n.loads_t.p_set["town"] = [130.0, 60.0, 130.0, 120.0]

    # 440 MWh are asked for, 400 there
    seen = found(own(tmp_path, change))
    assert seen.between == ()
    assert changes(seen) == pytest.approx({"buses a": 40})


def test_a_river_that_cannot_flow_on(tmp_path: Path) -> None:
    def change(n: pypsa.Network) -> None:
        even(n)
        n.add("Carrier", "water")
        n.add("Bus", "river", carrier="water")
        n.add("Load", "inflow", bus="river", p_set=-0.36)
        n.add("Link", "gate", bus0="river", bus1="river mouth", p_nom=0.18)
        n.add("Bus", "river mouth", carrier="water")
        n.add("Generator", "sea", bus="river mouth", p_nom=1, sign=-1)

    seen = found(own(tmp_path, change))
    assert seen.between == ()
    assert "buses river cannot get rid of 50 m3/s at 2028-04-01 00:00, in 4 of 4 snapshots" in str(seen)


def test_bounds_that_no_rule_sets_are_said_to_be_so(two_bus: Case) -> None:
    engine = Engine(asked(two_bus))
    problem = engine.structure.problem(engine.base)
    problem.upper[engine.structure.columns["links", "p"]] = -1
    seen = conflict(engine.structure, engine.base, problem)
    assert (seen.between, seen.relaxations) == ((), ())
    assert str(seen) == "no rule, event, demand or inflow explains it: look for lower bounds above upper ones"


def test_too_many_to_take_away_one_by_one(two_bus: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infeasibility, "MOST_TRIED", 1)
    full = {"kind": "level", "store": "reservoir", "date": "07-01", "at_least": 0.5}
    seen = found(asked(with_rules(two_bus, irrigation=RELEASE | {"at_least": 500}, full=full)))
    assert not seen.minimal
    assert {"rule irrigation 2028", "rule full"} <= set(seen.between)
    assert str(seen).startswith("among these is the contradiction:\n  rule ")


def test_the_error_says_it_all(two_bus: Case) -> None:
    with pytest.raises(SolverError) as caught:
        solve(asked(with_rules(two_bus, irrigation=RELEASE | {"at_least": 700})))
    message = str(caught.value)
    assert message.startswith("asked: infeasible; rule irrigation 2028 cannot hold")
    assert "rule irrigation 2028: at least 559.2 hm3 instead of 700 (140.8 less)" in message


def test_energy_of_a_volume_rule_is_in_mwh(casa1000: Case) -> None:
    # what is contracted with a source is energy, what irrigation asks for is water
    asked = inputs(casa1000, read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"}))
    units = {rule["name"].split(" ")[0]: _row_unit(asked, rule) for rule in asked.rules if rule["kind"] == "volume"}
    assert units["kazakh_supply"] == "MWh"
    assert units["seller_help"] == "MWh"
    assert units["toktogul_growing_release"] == "hm3"
