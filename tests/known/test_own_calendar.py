"""Events on a network's own snapshots: by their dates, hour by hour within snapshots of any length, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pypsa
import pytest

from energy.analysis.imperfect_foresight import solve_imperfect_foresight
from energy.analysis.sweep.sweep import sweep
from energy.case import Case, read_case
from energy.errors import InputError
from energy.model import inputs
from energy.scenario import Scenario
from energy.solve import solve

CALM = 1000.0  # $ an hour: 100 MW of cheap power at 10 $/MWh
LOST = 4000.0  # $ more in an hour in which the link is out: 100 MW at 50 $/MWh in place of 10


def case_on(folder: Path, snapshots: pd.Index, hours: float) -> Case:
    """Save a cheap plant, a link of 100 MW, a dear plant and 100 MW of demand, on snapshots of some hours."""
    n = pypsa.Network()
    n.set_snapshots(snapshots)
    n.snapshot_weightings = n.snapshot_weightings.astype(float)
    n.snapshot_weightings.loc[:, :] = hours
    n.add("Carrier", "AC")
    n.add("Bus", ["a", "b"], carrier="AC")
    n.add("Generator", "cheap", bus="a", p_nom=100.0, marginal_cost=10.0)
    n.add("Generator", "dear", bus="b", p_nom=500.0, marginal_cost=50.0)
    n.add("Link", "l", bus0="a", bus1="b", p_nom=100.0)
    n.add("Load", "l", bus="b", p_set=100.0)
    n.export_to_netcdf(str(folder / "own.nc"))
    return read_case(folder / "own.nc")


def asked(case: Case, *spans: Sequence[str], **more: Any) -> Scenario:
    event = {"kind": "line_out", "cause": "x", "where": ["links.l"]}
    spells = [{"name": f"e{at}", "start": start, "duration": length} for at, (start, length) in enumerate(spans)]
    events = [event | spell for spell in spells]
    fields = {"name": "s", "year": 2028, "case": str(case.path), "objective": "dispatch", "events": events}
    return Scenario.model_validate(fields | more)


@pytest.mark.parametrize(("start", "hours"), [("01:00", 2), ("01:00", 3), ("03:00", 4), ("02:00", 20)])
def test_an_event_has_its_hours_in_snapshots_of_three(tmp_path: Path, start: str, hours: int) -> None:
    case = case_on(tmp_path, pd.date_range("2028-04-01", periods=8, freq="3h"), 3.0)
    found = solve(inputs(case, asked(case, (f"2028-04-01T{start}", f"{hours}h"))))
    assert found.objective == pytest.approx(24 * CALM + hours * LOST)


def test_an_event_of_days_within_weeks(tmp_path: Path) -> None:
    case = case_on(tmp_path, pd.date_range("2028-04-01", periods=4, freq="7D"), 168.0)
    found = solve(inputs(case, asked(case, ("2028-04-03", "5d"))))
    assert found.objective == pytest.approx(28 * 24 * CALM + 120 * LOST)


def test_an_event_of_two_hours_in_quarters_of_an_hour(tmp_path: Path) -> None:
    case = case_on(tmp_path, pd.date_range("2028-04-01", periods=96, freq="15min"), 0.25)
    found = solve(inputs(case, asked(case, ("2028-04-01T05:00", "2h"))))
    assert found.objective == pytest.approx(24 * CALM + 2 * LOST)


def test_snapshots_without_dates_begin_at_the_scenario_s_start(tmp_path: Path) -> None:
    case = case_on(tmp_path, pd.RangeIndex(48), 1.0)
    found = solve(inputs(case, asked(case, ("2028-04-02T01:00", "3h"))))
    assert found.objective == pytest.approx(48 * CALM + 3 * LOST)


@pytest.mark.parametrize(("year", "start"), [(2030, "01-01"), (2030, "04-01"), (2028, "04-01")])
@pytest.mark.parametrize("moment", ["2030-01-03", "01-03"])
def test_the_dates_are_those_of_the_network_whatever_the_scenario_s_year(
    tmp_path: Path, year: int, start: str, moment: str
) -> None:
    case = case_on(tmp_path, pd.date_range("2030-01-01", periods=240, freq="h"), 1.0)
    scenario = asked(case, (moment, "5d"), year=year, time={"start": start})
    truth = pytest.approx(240 * CALM + 120 * LOST)
    assert solve(inputs(case, scenario)).objective == truth
    assert solve_imperfect_foresight(case, scenario.replace(foresight="surprise")).objective == truth
    swept = sweep(case, scenario, {"values.links.l.p_nom": [100.0]}, workers=1, series=("links.p0:l",))
    assert float(swept["objective"][0]) == truth
    days = swept["links.p0:l"][0]
    assert str(days["day"].values[0])[:10] == "2030-01-01"
    assert days.values.tolist() == pytest.approx([100.0] * 2 + [0.0] * 5 + [100.0] * 3)


@pytest.mark.parametrize("moment", ["2028-05-01", "05-01", "2030-02-01"])
def test_an_event_outside_the_network_s_dates_is_refused(tmp_path: Path, moment: str) -> None:
    case = case_on(tmp_path, pd.date_range("2030-01-01", periods=240, freq="h"), 1.0)
    with pytest.raises(InputError, match=r"events.0.start: .* outside the horizon.*2030-01-01 to 2030-01-11"):
        inputs(case, asked(case, (moment, "5d")))


def test_an_event_between_days_that_stand_for_many_is_refused(tmp_path: Path) -> None:
    days = [pd.date_range(first, periods=24, freq="h") for first in ("2028-04-01", "2028-07-01")]
    case = case_on(tmp_path, days[0].append(days[1]), 90.0)
    with pytest.raises(InputError, match="'e0' falls between the snapshots"):
        inputs(case, asked(case, ("2028-05-01", "5d")))
    # one on a day that stands for 90 counts 90 times
    found = solve(inputs(case, asked(case, ("2028-07-01", "1d"))))
    assert found.objective == pytest.approx(48 * 90 * CALM + 24 * 90 * LOST)


def test_days_of_a_sweep_stand_under_their_own_dates(two_bus: Case) -> None:
    from energy.scenario import read_scenario

    base = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    found = sweep(two_bus, base, {"time.start": ["04-01", "06-01"]}, workers=1, series=("transferable",))
    for start in ("04-01", "06-01"):
        one = found.sel({"time.start": start})
        months = one["transferable"].groupby("day.month").sum() * 24 / 1000
        assert months.values == pytest.approx(one["delivered_by_month"].values, abs=1e-6)


def test_an_axis_with_the_name_of_a_metric_is_refused(two_bus: Case) -> None:
    from energy.scenario import read_scenario

    with pytest.raises(InputError, match="axis 'objective' has the name of a metric"):
        sweep(two_bus, read_scenario("two_bus"), {"objective": ["transfer", "dispatch"]}, workers=1)
