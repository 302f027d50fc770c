"""Many points: each answer depends on its own point alone, wherever and in whatever order it is solved."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from energy.analysis.parallel import (
    TaskResult,
    _with_dates_of,
    delivered,
    processes,
    solve_points,
    warm_start_scenarios,
)
from energy.case import Case, read_case
from energy.model import inputs
from energy.scenario import Scenario, read_scenario
from energy.solve import Result, highs, solve
from energy.solve.attempts import Attempt, Options


def flows(result: Result) -> dict[str, np.ndarray]:
    """Measure all that a solve decides, so that one bit that differs shows."""
    found = {f"{component} {name}": table.to_numpy() for (component, name), table in result.values.items()}
    return found | {"prices": result.prices.to_numpy(), "objective": np.array(result.objective)}


def outage(start: str, days: int, depth: float = 1.0) -> Mapping[str, object]:
    return {
        "name": "out",
        "kind": "derating",
        "cause": "storm",
        "where": ["links.line*"],
        "start": start,
        "duration": f"{days}d",
        "depth": depth,
    }


@pytest.fixture(scope="module")
def points() -> list[Scenario]:
    base = read_scenario("two_bus")
    events = ([], [outage("07-03", 5)], [outage("06-20", 40, 0.5)])
    return [
        base.replace(hydrology=water, events=list(happens)) for water in ("median", "dry") for happens in events
    ] + [base.replace(**{"values.links.line.p_nom": 80.0}), base.replace(hydrology="no such water")]


def by_index(answers: Sequence[TaskResult]) -> dict[int, TaskResult]:
    found = {answer.index: answer for answer in answers}
    assert len(found) == len(answers)
    return found


def assert_same(one: TaskResult, other: TaskResult) -> None:
    assert one.reason == other.reason
    assert one.values.keys() == other.values.keys()
    for name, value in one.values.items():
        assert value.tobytes() == other.values[name].tobytes(), name


def test_order_and_place_leave_no_trace(two_bus: Case, points: list[Scenario]) -> None:
    alone = by_index(list(solve_points(two_bus, points, flows)))
    assert sorted(alone) == list(range(len(points)))
    shuffled = list(range(len(points)))
    random.Random(7).shuffle(shuffled)
    for executor, chunk in ((None, 3), (ThreadPoolExecutor(1), 1), (processes(1), 2)):
        answers = solve_points(two_bus, [points[at] for at in shuffled], flows, executor, chunk)
        for answer in answers:
            assert_same(answer, alone[shuffled[answer.index]])
        if executor is not None:
            executor.shutdown()


def test_answers_are_those_of_a_solve_from_nothing(two_bus: Case, points: list[Scenario]) -> None:
    for answer in solve_points(two_bus, points[:-1], delivered):
        reference = solve(inputs(two_bus, points[answer.index]))
        assert answer.values["objective"] == pytest.approx(reference.objective, rel=1e-9)


def test_a_failed_point_says_why_and_spoils_no_other(two_bus: Case, points: list[Scenario]) -> None:
    found = by_index(list(solve_points(two_bus, [points[-1], points[0]], delivered)))
    assert "no hydrology 'no such water'" in found[0].reason
    assert found[0].values == {}
    assert found[1].reason == ""


def test_messages_name_the_folder_of_the_case_that_was_asked_for(tmp_path: Path, points: list[Scenario]) -> None:
    """Copies of one content share engines, and each is refused by its own name and files."""
    copies = [copied_case(tmp_path / place) for place in ("here", "there")]
    unknown_water = points[-1]
    for case in copies:
        found = by_index(list(solve_points(case, [points[0], unknown_water], delivered)))
        assert found[0].reason == ""
        refused = found[1]
        others = [other for other in copies if other is not case]
        assert str(case.path) in refused.reason
        assert not any(str(other.path) in refused.reason for other in others)


def copied_case(place: Path) -> Case:
    """Return the two-bus case read from a folder of its own."""
    shutil.copytree(read_case("two_bus").path, place)
    return read_case(place)


def test_anchors_follow_from_the_point_alone(points: list[Scenario]) -> None:
    near, far = warm_start_scenarios(points[4])
    assert (near.hydrology, near.events) == ("dry", ())
    assert (far.hydrology, far.events) == ("median", ())
    assert warm_start_scenarios(points[1]) == warm_start_scenarios(points[0])


@pytest.mark.slow
def test_an_anchor_takes_the_dates_of_a_point_and_nothing_else() -> None:
    """A basis is of use to the same components alone, and dates of build decide which stand."""
    anchor = read_scenario("two_bus", overrides={"values.links.line.p_nom": 90.0})
    values = {"links.line.p_nom": 50.0, "links.line.build_year": 2020.0, "generators.gas plant.lifetime": 40.0}
    point = anchor.replace(values=values)
    dates = {"links.line.build_year": 2020.0, "generators.gas plant.lifetime": 40.0}
    assert _with_dates_of(anchor, point).values == {"links.line.p_nom": 90.0, **dates}
    assert _with_dates_of(anchor, anchor.replace(hydrology="dry")) is anchor


def test_the_case_itself_leaves_no_trace_either(monkeypatch: pytest.MonkeyPatch) -> None:
    # of these solves the dual simplex decides not all: primal steps and a second scaling end some of them
    case, base = read_case("casa1000"), read_scenario("baseline")
    begun: list[bool] = []
    real = highs.attempts

    def counted(usual: Options, basis: Any, *rest: Any) -> Iterator[Attempt]:
        for at, attempt in enumerate(real(usual, basis, *rest)):
            begun.append(at > 0 and basis is not None)
            yield attempt

    monkeypatch.setattr(highs, "attempts", counted)
    where = {"line_out": "lines.*Datka*", "border_stop": "links.HVDC*", "hvdc_pole_out": "links.HVDC pole 1*"}
    points = [
        base.replace(
            events=[outage(start, days) | {"kind": kind, "where": [where[kind]], "depth": None}],
            hydrology=water,
            growth=growth,
        )
        for kind, start, days, water, growth in (
            ("border_stop", "05-19", 30, "dry", "central"),
            ("hvdc_pole_out", "04-23", 14, "wet", "high"),
            ("line_out", "01-06", 60, "wet", "low"),
            ("border_stop", "07-22", 30, "median", "low"),
            ("hvdc_pole_out", "05-28", 14, "dry", "high"),
            ("line_out", "08-29", 7, "dry", "low"),
        )
    ]
    one = by_index(list(solve_points(case, points, flows)))
    with processes(1) as executor:
        for answer in solve_points(case, points[::-1], flows, executor, chunk=2):
            assert_same(answer, one[len(points) - 1 - answer.index])
    assert not any(answer.reason for answer in one.values())
    if not any(begun):
        pytest.skip("answers are the same, but on this processor the dual simplex decides all of these at once")
