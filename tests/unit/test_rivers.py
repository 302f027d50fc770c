"""Irrigation water that is lacking: decided on the rivers alone, to a volume by hand, at a time that stays free.

The river of `two_bus` in a dry year: 40 m³/s from April to September, 0.144 hm³/h; an empty reservoir of 300 hm³. A
rule asks for 100 m³/s in June and July, 0.36 hm³/h over 61 days. From April to July, 122 days, come 421.6 hm³;
June and July ask for 527.0 hm³, and what April and May bring fits into the reservoir: 105.4 hm³ are lacking.
"""

from __future__ import annotations

import shutil
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from energy.case import Case, read_case
from energy.errors import SolverError
from energy.metrics import TOLERANCE, audit
from energy.metrics.unmet_irrigation import unmet_irrigation
from energy.model import inputs
from energy.reading.library_folders import shipped_folder
from energy.scenario import Scenario, read_scenario
from energy.solve import Engine, Result, attempts, solve
from energy.solve.rivers import NEGLIGIBLE, lacking_columns, least_lacking_water, with_lacking_water

HM3 = 0.0036  # hm³/h of 1 m³/s
INFLOW, INDENT = 40 * HM3, 100 * HM3
APRIL_MAY, JUNE_JULY = 61 * 24, 61 * 24  # hours
LACKING = JUNE_JULY * INDENT - (APRIL_MAY + JUNE_JULY) * INFLOW
JULY = 31 * 24
LINE, EFFICIENCY = 100.0, 0.95


def river(folder: Path, indent: str = "{6: 100, 7: 100}", shortfall: bool = True, link: str = "release") -> Case:
    """Return the case with an indent [m³/s] on what turbine and spillway pass, or on the turbine alone."""
    place = folder / "river"
    shutil.copytree(shipped_folder("networks") / "two_bus", place)
    generators = (place / "generators.csv").read_text()
    (place / "generators.csv").write_text(generators.replace("river mouth,river below", "river mouth,delta"))
    yields = ", shortfall: lacking" if shortfall else ""
    rows = {
        "carriers.csv": "lacking water,Lacking water,#cc79a7,0\nrelease,Release,#56b4e9,0\n",
        "buses.csv": "delta,1,water,hm3/h,AA,69,37.8\n",
        "links.csv": "release,river below,delta,,release,10,1,,0,\n",
        "generators.csv": "lacking,delta,lacking water,10,100000,1,\n",
        "rules.yaml": f"  indent: {{kind: flow, link: {link}, at_least: {indent}{yields}}}\n",
    }
    for name, row in rows.items():
        with (place / name).open("a") as file:
            file.write(row)
    return read_case(place)


def asked(**fields: Any) -> Scenario:
    return read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h", "hydrology": "dry", **fields})


def solved(case: Case, **fields: Any) -> Result:
    result = solve(inputs(case, asked(**fields)))
    assert max(audit(result).values()) < TOLERANCE
    assert set(result.gains) == {"own_demand", "casa"}, "services are proved, and water is none"
    return result


def delivered(result: Result, month: int) -> float:
    """Return what the line delivers in a month [MWh]."""
    power = result.flow("links")["line"] * result.hours * EFFICIENCY
    return float(power[power.index.month == month].sum())


@pytest.fixture(params=["simplex", "interior point"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let HiGHS's simplex solve, or the interior point as on a long horizon, which then has to prove its answer."""
    if request.param == "simplex":
        return
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)


@pytest.mark.usefixtures("method")
def test_the_volume_on_paper(tmp_path: Path) -> None:
    assert round(LACKING, 3) == 105.408
    assert APRIL_MAY * INFLOW < 300  # what April and May bring fits into the reservoir
    result = solved(river(tmp_path))
    assert float(unmet_irrigation(result)["lacking"]) == pytest.approx(LACKING, rel=1e-6)


def test_the_rivers_alone_give_the_volume(tmp_path: Path) -> None:
    found = inputs(river(tmp_path), asked())
    structure = Engine(found).structure
    problem = structure.problem(found)
    assert lacking_columns(structure, found).shape == (len(found.axis.snapshots), 1)
    assert least_lacking_water(structure, problem, found) == pytest.approx(LACKING, rel=1e-9)


@pytest.mark.usefixtures("method")
def test_water_stands_before_demand(tmp_path: Path) -> None:
    # no water may be passed in April and May: own demand, first of all services, goes unserved
    result = solved(river(tmp_path))
    unserved = result.flow("generators")["unserved source"]
    assert unserved[unserved.index.month.isin([4, 5])].to_numpy() == pytest.approx(40.0)


@pytest.mark.usefixtures("method")
@pytest.mark.parametrize(("closed", "month", "hours"), [("06", 7, JULY), ("07", 6, 30 * 24)])
def test_when_water_is_lacking_stays_free(closed: str, month: int, hours: int, tmp_path: Path) -> None:
    # the line runs in one of the two months only, and full in that one: the other bears what is lacking. Had July to
    # bear all of it, 267.8 - 105.4 hm³ would make 109 MW of which 40 are demand; had June, 107 MW
    case = river(tmp_path)
    days = {"06": "30d", "07": "31d"}[closed]
    stop = {
        "name": "stop",
        "kind": "buyer_stop",
        "cause": "any",
        "where": ["links.line"],
        "start": f"{closed}-01",
        "duration": days,
    }
    result = solved(case, events=[stop])
    assert float(unmet_irrigation(result)["lacking"]) == pytest.approx(LACKING, rel=1e-6)
    assert delivered(result, month) == pytest.approx(LINE * hours * EFFICIENCY, rel=1e-6)


def test_a_year_with_enough_water_lacks_none(tmp_path: Path) -> None:
    case = river(tmp_path, "{6: 60, 7: 60}")  # 316.2 hm³ of 421.6
    found = inputs(case, asked())
    structure = Engine(found).structure
    problem = structure.problem(found)
    assert least_lacking_water(structure, problem, found) == pytest.approx(0, abs=NEGLIGIBLE)
    power = with_lacking_water(structure, problem, found, 0.0)
    columns = lacking_columns(structure, found)
    assert (power.upper[columns] == 0).all()
    assert (power.cost[columns] == 0).all()
    assert not unmet_irrigation(solve(found)).any()


def test_the_price_of_water_is_in_no_program_of_power(tmp_path: Path) -> None:
    found = inputs(river(tmp_path), asked())
    structure = Engine(found).structure
    problem = structure.problem(found)
    power = with_lacking_water(structure, problem, found, LACKING)
    assert abs(problem.cost).max() > 1e3 * abs(power.cost[power.cost != 0]).min()
    assert (power.cost[lacking_columns(structure, found)] == 0).all()
    row = structure.rows["rule-lacking_water-at_most"]
    assert power.row_upper[row] == pytest.approx(LACKING)


@pytest.mark.usefixtures("method")
def test_where_power_binds_the_water_as_little_is_lacking_as_power_allows(tmp_path: Path) -> None:
    # an indent that the turbine alone may give: demand and line take 140 MW, 0.28 hm³/h, where 0.36 are asked for
    passed = JUNE_JULY * (40.0 + LINE) / 500.0
    assert passed < (APRIL_MAY + JUNE_JULY) * INFLOW
    result = solved(river(tmp_path, link="turbine"))
    assert float(unmet_irrigation(result)["lacking"]) == pytest.approx(JUNE_JULY * INDENT - passed, rel=1e-6)


def test_a_rule_that_may_not_fall_short_has_no_solution(tmp_path: Path) -> None:
    found = inputs(river(tmp_path, shortfall=False), asked())
    with pytest.raises(SolverError, match=r"infeasible; .*indent"):
        solve(found)


def test_a_case_without_such_rules_has_no_program_of_rivers(two_bus: Case) -> None:
    found = inputs(two_bus, asked())
    structure = Engine(found).structure
    problem = structure.problem(found)
    assert isnan(least_lacking_water(structure, problem, found))
    assert with_lacking_water(structure, problem, found, 1.0) is problem
