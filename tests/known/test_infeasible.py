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
from energy.scenario import Scenario
from energy.solve import Engine, solve
from energy.solve.infeasible import Conflict, conflict

JUNE = {"from": "06-01", "to": "06-30"}
RELEASE = {"kind": "volume", "links": ["turbine", "spill"], "window": JUNE}
TURBINE = {"kind": "volume", "links": ["turbine"], "window": JUNE, "at_least": 200}


def with_rules(case: Case, **rules: Any) -> Case:
    book = case.rules.model_dump(by_alias=True, exclude_none=True)
    return replace(case, rules=RuleBook.model_validate({**book, "rules": {**book["rules"], **rules}}))


def asked(case: Case, **fields: Any) -> Inputs:
    scenario = Scenario(name="asked", year=2028, case="two_bus", time={"resolution": "typical-days-4h"}, **fields)
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


def own(tmp_path: Path, change: Callable[[pypsa.Network], None]) -> Inputs:
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=4, freq="h"))
    n.add("Carrier", "AC")
    n.add("Bus", "a", carrier="AC")
    n.add("Generator", "plant", bus="a", p_nom=100, marginal_cost=10)
    n.add("Load", "town", bus="a", p_set=[50.0, 60.0, 130.0, 120.0])
    change(n)
    n.export_to_netcdf(str(tmp_path / "own.nc"))
    return inputs(read_case(tmp_path / "own.nc"), Scenario(name="own", year=2028, objective="dispatch"))


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


def test_the_error_says_it_all(two_bus: Case) -> None:
    with pytest.raises(SolverError) as caught:
        solve(asked(with_rules(two_bus, irrigation=RELEASE | {"at_least": 700})))
    message = str(caught.value)
    assert message.startswith("asked: infeasible; rule irrigation 2028 cannot hold")
    assert "rule irrigation 2028: at least 559.2 hm3 instead of 700 (140.8 less)" in message
