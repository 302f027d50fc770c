"""Events: windows, repair, ramps and multipliers, with answers derived by hand."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from energy.scenario import NEVER, Event, EventKind, Scenario, Season, combine

APRIL = pd.Timestamp("2028-04-01")
YEAR = pd.date_range("2028-04-01", "2029-04-01", freq="h", inclusive="left")


def event(**fields: object) -> Event:
    usual = {"name": "a", "kind": "border_stop", "cause": "c", "where": ["crossing"], "start": "07-01"}
    if "end" not in fields:
        usual["duration"] = "2d"
    return Event.model_validate(usual | fields)


def window(**fields: object) -> tuple[str, str]:
    start, end = event(**fields).window(APRIL)
    assert start.tzinfo is None
    return f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("2028-07-01 00:00", "2028-07-03 00:00")),
        ({"start": "04-01"}, ("2028-04-01 00:00", "2028-04-03 00:00")),
        ({"start": "03-31"}, ("2029-03-31 00:00", "2029-04-02 00:00")),  # the next one, not yesterday's
        ({"start": "07-01T07:34", "duration": "18h"}, ("2028-07-01 07:34", "2028-07-02 01:34")),
        ({"start": "2028-07-01T05:00+05:00"}, ("2028-07-01 00:00", "2028-07-03 00:00")),
        ({"start": "2028-07-01T00:00-01:30"}, ("2028-07-01 01:30", "2028-07-03 01:30")),
        ({"start": "2028-07-01T00:00Z", "duration": "1w"}, ("2028-07-01 00:00", "2028-07-08 00:00")),
        ({"start": "2025-10-11", "end": "2028-06-30"}, ("2025-10-11 00:00", "2028-07-01 00:00")),
        ({"end": "07-01"}, ("2028-07-01 00:00", "2028-07-02 00:00")),  # a date includes its day
        ({"end": "07-01T06:00"}, ("2028-07-01 00:00", "2028-07-01 06:00")),
        ({"start": "11-15", "end": "02-15"}, ("2028-11-15 00:00", "2029-02-16 00:00")),  # over the turn of the year
        ({"start": "12-01", "end": "12-31"}, ("2028-12-01 00:00", "2029-01-01 00:00")),
        ({"start": "02-29"}, ("2029-03-01 00:00", "2029-03-03 00:00")),  # 2029 has no such day
        ({"start": "02-01", "end": "02-29"}, ("2029-02-01 00:00", "2029-03-01 00:00")),
        ({"end": "never"}, ("2028-07-01 00:00", f"{NEVER:%Y-%m-%d %H:%M}")),
    ],
)
def test_window(fields: dict[str, object], expected: tuple[str, str]) -> None:
    assert window(**fields) == expected


def test_window_of_a_horizon_with_time_zone() -> None:
    start, _ = event(start="04-01").window(pd.Timestamp("2028-04-01", tz="UTC"))
    assert start == APRIL


@pytest.mark.parametrize("minute", [0, 1, 34, 59])
@pytest.mark.parametrize("hours", [1, 5, 744])
def test_hourly_times_see_exactly_the_duration(minute: int, hours: int) -> None:
    outage = event(start=f"07-01T07:{minute:02}", duration=f"{hours}h")
    assert (outage.factor(YEAR, APRIL) == 0).sum() == hours


def test_times_with_a_zone_are_converted() -> None:
    outage = event(duration="1h")
    tashkent = pd.date_range("2028-07-01 04:00", periods=3, freq="h", tz="Asia/Tashkent")  # UTC+5: 23, 0, 1 o'clock
    assert outage.factor(tashkent, APRIL).tolist() == [1, 0, 1]


def test_ramp_climbs_in_a_straight_line() -> None:
    outage = event(duration="2h", depth=0.8, recovery="ramp", ramp="4h")
    seen = outage.factor(pd.date_range("2028-06-30 23:00", periods=9, freq="h"), APRIL)
    # 0.2 for two hours, then from 0.2 to 1 in four hours: 0.2 more each hour
    np.testing.assert_allclose(seen, [1, 0.2, 0.2, 0.2, 0.4, 0.6, 0.8, 1, 1], rtol=1e-12)
    assert outage.recovered(APRIL) == pd.Timestamp("2028-07-01 06:00")


def test_repair_stands_still_while_access_is_closed() -> None:
    # 10 days of work from 1 July; closed from the 6th to the 15th: 5 days before, 5 after → done on 21 July, 00:00
    closed = {"closed": [{"from": "07-06", "to": "07-15"}]}
    assert window(duration="10d", repair_access=closed)[1] == "2028-07-21 00:00"


def test_repair_at_half_pace() -> None:
    # 5 days before, 10 closed days do 5 days of work: done when the closure ends
    closed = {"closed": [{"from": "07-06", "to": "07-15"}], "factor": 0.5}
    assert window(duration="10d", repair_access=closed)[1] == "2028-07-16 00:00"
    assert window(duration="8d", repair_access=closed)[1] == "2028-07-12 00:00"  # 5 + 6 × 0.5
    assert window(duration="8d", repair_access=closed | {"factor": 1.0})[1] == "2028-07-09 00:00"


@pytest.mark.parametrize("pace", [-0.1, 1.1])
def test_repair_is_no_faster_than_its_crew(pace: float) -> None:
    with pytest.raises(ValidationError, match="factor"):
        window(duration="10d", repair_access={"closed": [{"from": "07-06", "to": "07-15"}], "factor": pace})


def test_repair_with_overlapping_and_yearly_closures() -> None:
    closed = {
        "closed": [{"from": "07-08", "to": "07-09"}, {"from": "07-06", "to": "07-15"}, {"from": "05-01", "to": "05-02"}]
    }
    assert window(duration="10d", repair_access=closed)[1] == "2028-07-21 00:00"
    winter = {"closed": [{"from": "11-01", "to": "03-31"}]}  # a snowed-in pass
    # 4 days of work from 30 October: two before the snow, two after 31 March
    assert window(start="10-30", duration="4d", repair_access=winter)[1] == "2029-04-03 00:00"
    # begun in the middle of the closure, which began in the year before
    assert window(start="01-10", duration="4d", repair_access=winter)[1] == "2029-04-05 00:00"
    once = {"closed": [{"from": "2027-07-01", "to": "2028-07-04"}]}
    assert window(duration="1d", repair_access=once)[1] == "2028-07-06 00:00"


def test_repair_that_nobody_can_reach_never_ends() -> None:
    always = {"closed": [{"from": "01-01", "to": "12-31"}]}
    assert event(repair_access=always).window(APRIL)[1] == NEVER


def test_expected_end() -> None:
    assert event(expected_duration="7d").expected_end(APRIL) == pd.Timestamp("2028-07-08")
    assert event().expected_end(APRIL) == pd.Timestamp("2028-07-03")


def test_one_cause_takes_the_lowest_and_different_causes_multiply() -> None:
    half, fifth = event(depth=0.5), event(name="b", depth=0.8)
    july = pd.DatetimeIndex(["2028-07-01"])
    assert combine([half, fifth], july, APRIL) == pytest.approx([0.2])
    other = event(name="b", depth=0.8, cause="d")
    assert combine([half, other], july, APRIL) == pytest.approx([0.1])
    # one storm behind two causes
    named = [half.model_copy(update={"shared_cause": "storm"}), other.model_copy(update={"shared_cause": "storm"})]
    assert combine(named, july, APRIL) == pytest.approx([0.2])


def test_shocks_of_one_cause_take_the_strongest_and_outlive_their_neighbours() -> None:
    heat = {"kind": "demand_shock", "where": ["loads.*"]}
    june, july = event(**heat, factor=1.2, start="06-01", duration="40d"), event(**heat, factor=1.5, name="b")
    times = pd.DatetimeIndex(["2028-06-15", "2028-07-01"])
    assert combine([june, july], times, APRIL).tolist() == [1.2, 1.5]


def test_places_and_attributes() -> None:
    outage = event(kind="line_out", where=["lines.Datka - Sughd", "links.St. 1*", "Hindu Kush"])
    assert [tuple(place) for place in outage.places] == [
        ("lines", "Datka - Sughd"),
        ("links", "St. 1*"),
        (None, "Hindu Kush"),
    ]
    assert EventKind.LINE_OUT.attributes["lines"] == "s_max_pu"
    assert {kind: kind.attribute for kind in EventKind if kind.attribute != "p_max_pu"} == {
        EventKind.LINE_OUT: "s_max_pu",
        EventKind.DROUGHT: "p_set",
        EventKind.DEMAND_SHOCK: "p_set",
        EventKind.PRICE_SHOCK: "marginal_cost",
    }
    assert all(kind.attribute in kind.attributes.values() for kind in EventKind)


def test_return_mode_of_monopoles() -> None:
    assert EventKind.MONOPOLE_EARTH.return_mode == "earth"
    assert EventKind.MONOPOLE_METALLIC.return_mode == "metallic"
    assert EventKind.HVDC_POLE_OUT.return_mode is None


def test_season_over_the_turn_of_the_year_and_leap_days() -> None:
    days = pd.DatetimeIndex(["2028-02-28 23:00", "2028-02-29 12:00", "2028-03-01", "2029-02-28 23:00", "2029-03-01"])
    assert Season.model_validate({"from": "02-29", "to": "02-29"}).covers(days).tolist() == [0, 1, 0, 0, 0]
    assert Season.model_validate({"from": "12-01", "to": "02-29"}).covers(days).tolist() == [1, 1, 0, 1, 0]
    tajik = days.tz_localize("Asia/Dushanbe")  # five hours before UTC's midnight it is still the day before
    assert Season.model_validate({"from": "03-01", "to": "03-01"}).covers(tajik).tolist() == [0, 0, 0, 0, 0]


def test_a_leap_start_of_the_horizon() -> None:
    scenario = Scenario.model_validate({"name": "x", "year": 2028, "time": {"start": "02-29"}})
    assert [str(moment)[:10] for moment in scenario.horizon()] == ["2028-02-29", "2029-03-01"]


def test_events_are_frozen() -> None:
    with pytest.raises(ValidationError):
        event().depth = 0.5  # type: ignore[misc]


@pytest.mark.parametrize("place", ["linkz.line", "links.", "links. ", ".line"])
def test_a_place_that_names_no_component(place: str) -> None:
    with pytest.raises(ValidationError, match="names no component"):
        event(where=[place])


def complaints(**fields: object) -> str:
    usual = {"name": "a", "kind": "border_stop", "cause": "c", "where": ["crossing"], "start": "07-01"}
    with pytest.raises(ValidationError) as caught:
        Event.model_validate(usual | fields)
    return str(caught.value) + str([error.get("ctx") for error in caught.value.errors()])


def test_what_is_said_of_duration_end_and_ramp() -> None:
    assert "neither of duration and end given" in complaints()
    assert "both of duration and end given" in complaints(duration="2d", end="07-05")
    assert "write ramp: 5d" in complaints(duration="2d", recovery="ramp")
    assert "take ramp out" in complaints(duration="2d", ramp="4h")


@pytest.mark.parametrize(
    ("fields", "where", "allowed", "repair"),
    [
        ({"kind": "demand_shock"}, "factor", "a number above 0", "write factor: 1.2"),
        ({"kind": "demand_shock", "factor": 2.0, "depth": 0.5}, "depth", None, "write factor instead"),
        ({"factor": 2.0}, "factor", None, "write depth (1 - factor) instead"),
        ({"kind": "derating"}, "depth", "0 to 1", "write depth: 0.3 for 30 % lost"),
        ({"duration": None}, "duration", "one of them", None),
        ({"recovery": "ramp"}, "ramp", "both or none", "write ramp: 5d"),
        ({"ramp": "4h"}, "ramp", "both or none", "write recovery: ramp, or take ramp out"),
        (
            {"duration": None, "end": "never", "recovery": "ramp", "ramp": "1d"},
            "ramp",
            None,
            "take recovery and ramp out",
        ),
        (
            {"known": "from_start", "expected_duration": "3d"},
            "expected_duration",
            None,
            "take expected_duration out, or write known: at_start",
        ),
        (
            {"duration": None, "end": "07-05", "repair_access": {"closed": [{"from": "07-02", "to": "07-03"}]}},
            "repair_access",
            None,
            "write the repair time as duration",
        ),
        ({"start": "2028-07-05", "duration": None, "end": "2028-07-01"}, "end", None, "swap start and end"),
    ],
)
def test_where_a_complaint_points_what_it_allows_and_what_to_do(
    fields: dict[str, object], where: str, allowed: str | None, repair: str | None
) -> None:
    usual = {"name": "a", "kind": "border_stop", "cause": "c", "where": ["crossing"], "start": "07-01"}
    with pytest.raises(ValidationError) as caught:
        Event.model_validate(usual | {"duration": "2d"} | fields)
    found = [c for error in caught.value.errors() for c in error.get("ctx", {}).get("complaints", [])]
    assert [(c[0], c[2], c[3]) for c in found] == [((where,), allowed, repair)]


def test_without_a_ramp_an_event_has_recovered_at_its_end() -> None:
    assert event(duration="2h").recovered(APRIL) == pd.Timestamp("2028-07-01 02:00")
