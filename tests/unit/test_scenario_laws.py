"""Laws of events and scenarios that hold for all of them."""

from datetime import timedelta

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from energy.errors import InputError
from energy.reading.document import _parse_document
from energy.scenario import Event, Scenario, combine

START = pd.Timestamp("2028-04-01")
TIMES = pd.date_range(START, periods=8760, freq="7h")[:600]

depths = st.floats(0, 1)
hours = st.integers(1, 2000)
ramps = st.one_of(st.none(), st.integers(1, 500))
causes = st.sampled_from(["storm", "attack", "arrears"])


@st.composite
def made(draw: st.DrawFn, shocks: bool = False) -> Event:
    begin = START + timedelta(minutes=draw(st.integers(-10_000, 250_000)))
    ramp = draw(ramps)
    fields: dict[str, object] = {
        "name": "a",
        "cause": draw(causes),
        "shared_cause": draw(st.sampled_from([None, "one winter"])),
        "where": ["crossing"],
        "start": f"{begin:%Y-%m-%dT%H:%M}",
        "duration": f"{draw(hours)}h",
        "recovery": "step" if ramp is None else "ramp",
        "ramp": None if ramp is None else f"{ramp}h",
    }
    if shocks and draw(st.booleans()):
        return Event.model_validate(fields | {"kind": "price_shock", "factor": draw(st.floats(0.01, 10))})
    closed = {"closed": [{"from": "06-01", "to": "06-20"}], "factor": draw(st.floats(0, 1))}
    access = draw(st.sampled_from([None, closed]))
    return Event.model_validate(fields | {"kind": "border_stop", "depth": draw(depths), "repair_access": access})


def changed(event: Event, **fields: object) -> Event:
    return Event.model_validate(event.model_dump(mode="json", by_alias=True) | fields)


@given(st.lists(made(shocks=True), max_size=6).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_order_never_matters_to_the_last_bit(both: tuple[list[Event], list[Event]]) -> None:
    assert combine(both[0], TIMES, START).tobytes() == combine(both[1], TIMES, START).tobytes()


def test_no_events_change_nothing() -> None:
    assert combine([], TIMES, START).tolist() == [1.0] * len(TIMES)


@given(made(), st.lists(made(shocks=True), max_size=3))
def test_an_event_of_depth_zero_changes_nothing(event: Event, others: list[Event]) -> None:
    nothing = changed(event, depth=0.0)
    assert (combine([*others, nothing], TIMES, START) == combine(others, TIMES, START)).all()


@given(made(shocks=True), st.lists(made(shocks=True), max_size=3))
def test_the_same_event_twice_is_the_event_once(event: Event, others: list[Event]) -> None:
    once, twice = combine([event, *others], TIMES, START), combine([event, event, *others], TIMES, START)
    assert once.tobytes() == twice.tobytes()


@given(made(), depths)
def test_a_deeper_event_leaves_no_more(event: Event, depth: float) -> None:
    shallow, deep = sorted((depth, event.level and 1 - event.level))
    more = changed(event, depth=shallow).factor(TIMES, START)
    assert (changed(event, depth=deep).factor(TIMES, START) <= more + 1e-12).all()


@given(made(), hours)
def test_a_longer_event_leaves_no_more(event: Event, extra: int) -> None:
    longer = changed(event, duration=f"{int((event.duration or '')[:-1]) + extra}h")
    assert (longer.factor(TIMES, START) <= event.factor(TIMES, START) + 1e-12).all()


@given(made())
def test_closed_access_never_shortens_repair(event: Event) -> None:
    assert event.window(START)[1] >= changed(event, repair_access=None).window(START)[1]


@given(st.lists(made(), max_size=4), made())
def test_one_more_loss_leaves_no_more_and_all_stays_between_nothing_and_whole(some: list[Event], more: Event) -> None:
    before, after = combine(some, TIMES, START), combine([*some, more], TIMES, START)
    assert (after <= before + 1e-12).all()
    assert (after >= 0).all()
    assert (before <= 1).all()


@given(st.lists(made(), min_size=1, max_size=4))
def test_one_cause_is_the_minimum_and_causes_multiply(some: list[Event]) -> None:
    factors = [event.factor(TIMES, START) for event in some]
    same = [event.model_copy(update={"shared_cause": "x"}) for event in some]
    np.testing.assert_array_equal(combine(same, TIMES, START), np.min(factors, axis=0))
    apart = [event.model_copy(update={"shared_cause": str(at)}) for at, event in enumerate(some)]
    np.testing.assert_allclose(combine(apart, TIMES, START), np.prod(factors, axis=0), rtol=1e-12)


@given(made(shocks=True))
def test_outside_window_and_ramp_nothing_happens(event: Event) -> None:
    start, _ = event.window(START)
    outside = (start > TIMES) | (event.recovered(START) <= TIMES)
    assert (event.factor(TIMES, START)[outside] == 1.0).all()


@given(st.lists(made(shocks=True), max_size=3), st.integers(2015, 2049), st.sampled_from(["low", {"KG": "high"}]))
def test_a_scenario_survives_its_own_plain_form(some: list[Event], year: int, growth: object) -> None:
    events = [event.model_copy(update={"name": str(at), "start": "06-01"}) for at, event in enumerate(some)]
    scenario = Scenario.model_validate({"name": "x", "year": year, "growth": growth, "events": events})
    again = Scenario.model_validate(scenario.plain())
    assert again == scenario
    assert again.digest() == scenario.digest() == scenario.replace(events=events[::-1], name="y").digest()


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@,? \n\t0.1~<"), max_size=60))
def test_any_text_is_read_or_refused_with_a_message(text: str) -> None:
    try:
        _parse_document(text, "text")
    except InputError as error:
        assert error.faults  # noqa: PT017
        assert all(fault.what and fault.line for fault in error.faults)  # noqa: PT017
