"""What a surplus does to lines, and how long two ways are out together: answers by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.analysis.joint_outage_hours import joint_outage_hours
from energy.analysis.transit_after_loss import (
    _transfer_factors,
    flow_after_outage,
    loading_after_surplus,
    room_for_transfer,
)
from energy.errors import InputError
from energy.scenario import HazardSet

LINES = pd.DataFrame(
    {
        "bus0": ["a", "b", "a", "b"],
        "bus1": ["b", "c", "c", "d"],
        "x": [10.0, 20.0, 30.0, 5.0],
        "s_nom": [100.0, 100.0, 100.0, 100.0],
    },
    index=["ab", "bc", "ac", "bd"],
)


def test_parallel_ways_share_by_their_reactance() -> None:
    """From a to c: 30 ohm over b and 30 ohm straight, half each; the stub to d carries nothing."""
    factors = _transfer_factors(LINES, "a", {"c": 1.0})
    assert factors.to_dict() == pytest.approx({"ab": 0.5, "bc": 0.5, "ac": 0.5, "bd": 0.0}, abs=1e-9)


def test_two_sinks_are_the_sum_of_their_transfers() -> None:
    both = _transfer_factors(LINES, "a", {"c": 0.25, "d": 0.75})
    one, other = _transfer_factors(LINES, "a", {"c": 1.0}), _transfer_factors(LINES, "a", {"d": 1.0})
    pd.testing.assert_series_equal(both, 0.25 * one + 0.75 * other)


@given(st.lists(st.floats(1, 100), min_size=4, max_size=4))
def test_what_goes_in_comes_out(reactances: list[float]) -> None:
    """Kirchhoff's current law at every bus, whatever the reactances."""
    lines = LINES.assign(x=reactances)
    factors = _transfer_factors(lines, "a", {"d": 1.0})
    net = factors.groupby(lines["bus0"]).sum().sub(factors.groupby(lines["bus1"]).sum(), fill_value=0.0)
    assert net.to_dict() == pytest.approx({"a": 1.0, "b": 0.0, "c": 0.0, "d": -1.0}, abs=1e-9)


def test_a_surplus_adds_to_the_heaviest_hour() -> None:
    """80 MW at most from a to b before, 60 MW of a surplus of 120 go there: 140 of 100 MW."""
    flow = pd.DataFrame({"ab": [80.0, -90.0], "bc": [0.0, 0.0], "ac": [0.0, 0.0], "bd": [0.0, 0.0]})
    table = loading_after_surplus(LINES, flow, 120.0, "a", {"c": 1.0})
    assert table.loc["ab"].to_dict() == pytest.approx(
        {"before": 90.0, "added": 60.0, "after": 140.0, "s_nom": 100.0, "overload": 40.0}
    )
    assert table.loc["bc", "overload"] == 0.0


def test_what_a_lost_line_carried_takes_the_way_that_is_left() -> None:
    """30 MW from a to c straight go over b; the stub to d keeps its 5 MW, and what came round is added to."""
    flow = pd.DataFrame({"ab": [10.0], "bc": [10.0], "ac": [30.0], "bd": [5.0]})
    after = flow_after_outage(LINES, flow, "ac")
    assert after.loc[0].to_dict() == pytest.approx({"ab": 40.0, "bc": 40.0, "bd": 5.0})


@given(st.lists(st.floats(-80, 80), min_size=3, max_size=3), st.sampled_from(["ab", "bc", "ac"]))
def test_injections_are_kept_by_an_outage(flows: list[float], line: str) -> None:
    """Kirchhoff's current law before and after: each bus gives and takes what it did."""
    flow = pd.DataFrame([[*flows, 7.0]], columns=LINES.index)
    after = flow_after_outage(LINES, flow, line).reindex(columns=LINES.index, fill_value=0.0)
    for bus in ("a", "b", "c", "d"):
        sign = (LINES["bus0"] == bus).astype(float) - (LINES["bus1"] == bus).astype(float)
        assert float((after @ sign).iloc[0]) == pytest.approx(float((flow @ sign).iloc[0]), abs=1e-6)


def test_room_is_that_of_the_first_full_line() -> None:
    """Half of a transfer from a to c goes either way: 60 MW of room straight, 40 over b: 80 MW, b-c full first.

    The other way these flows make room: 160 MW on b-c, 140 straight, and a-b with 100 MW is full first, at 200.
    """
    flow = pd.DataFrame({"ab": [0.0], "bc": [60.0], "ac": [40.0], "bd": [60.0]})
    there = room_for_transfer(LINES, flow, "a", {"c": 1.0}).loc[0]
    assert there["room"] == pytest.approx(80)
    assert there["limit"] == "bc"
    back = room_for_transfer(LINES, flow, "c", {"a": 1.0}).loc[0]
    assert back["room"] == pytest.approx(200)
    assert back["limit"] == "ab"


@given(st.lists(st.floats(-99, 99), min_size=3, max_size=3))
def test_room_fills_a_line_and_overloads_none(flows: list[float]) -> None:
    flow = pd.DataFrame([[*flows, 0.0]], columns=LINES.index)
    room = float(room_for_transfer(LINES, flow, "a", {"c": 1.0})["room"].iloc[0])
    loading = (flow + room * _transfer_factors(LINES, "a", {"c": 1.0})).abs()
    assert float(loading.max(axis=None)) == pytest.approx(100, rel=1e-6)


def test_no_room_where_a_line_in_the_way_is_overloaded() -> None:
    flow = pd.DataFrame({"ab": [0.0], "bc": [120.0], "ac": [0.0], "bd": [0.0]})
    assert room_for_transfer(LINES, flow, "a", {"c": 1.0})["room"].tolist() == [0.0]


def test_a_bus_without_a_line_and_shares_that_do_not_sum_are_refused() -> None:
    with pytest.raises(InputError, match="no line ends at z"):
        _transfer_factors(LINES, "a", {"z": 1.0})
    with pytest.raises(InputError, match=r"sum to 0\.5"):
        _transfer_factors(LINES, "a", {"c": 0.5})


def law(where: str, per_year: float, hours: float, **more: object) -> dict[str, object]:
    duration = {"law": "empirical", "hours": [hours]}
    rate = {"mttf": 8760 / per_year - hours, "mttr": hours, "low": per_year / 2, "high": 2 * per_year}
    return {"kind": "line_out", "cause": "c", "where": [where], "rate": rate, "duration": duration, **more}


def test_hours_together_by_one_cause_and_by_chance() -> None:
    """Way 1 is out 2 x 50 = 100 h by itself, way 2 4 x 100 = 400, both 1 x 24 by the crossing that they share."""
    hazards = HazardSet.model_validate(
        {
            "name": "by hand",
            "hazards": {
                "one": law("first", 2, 50),
                "two": law("second", 4, 100),
                "crossing": law("shared", 1, 24),
                "half": law("first", 10, 10, kind="derating", depth=0.5),
                "a pole": law("first", 10, 10, each=True),
            },
        }
    )
    table = joint_outage_hours(hazards, ["first", "shared"], ["second", "shared"])
    base = table.loc["base"]
    assert base["first"] == pytest.approx(124)
    assert base["second"] == pytest.approx(424)
    assert base["one cause"] == pytest.approx(24)
    assert base["by chance"] == pytest.approx(100 * 400 / 8760)
    assert base["both"] == pytest.approx(24 + 100 * 400 / 8760)
    assert table.loc["low", "one cause"] == pytest.approx(12)
    assert table.loc["high", "by chance"] == pytest.approx(4 * 100 * 400 / 8760)


def test_a_state_that_both_need_brings_them_together() -> None:
    """Half of the time in conflict, each out 100 h of a year of conflict: together half of 100² / 8,760."""
    chain = {"states": ["calm", "conflict"], "share": 0.5, "stay": 4}
    pair = {"one": law("first", 2, 50, when="conflict"), "two": law("second", 2, 50, when="conflict")}
    hazards = HazardSet.model_validate({"name": "by hand", "chain": chain, "hazards": pair})
    base = joint_outage_hours(hazards, ["first"], ["second"]).loc["base"]
    assert base["first"] == pytest.approx(50)
    assert base["both"] == pytest.approx(0.5 * 100 * 100 / 8760)
