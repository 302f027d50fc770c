"""Sentences and tables about many runs, from rows that are made up."""

from __future__ import annotations

import io
from math import nan

from rich.console import Console

from energy.report.side_by_side import comparison_text
from energy.report.summary import Row, summary
from energy.results.compare import DELIVERED, SHARE


def row(name: str, delivered: float, ceiling: float = 1000.0, **fields: object) -> Row:
    usual = Row(
        name, name,
        "base", "", 2028, "median", "transfer", ceiling, delivered, delivered - 400, delivered / 10, 120, 80,
        3672, 0,
        "own demand", 300, 0, "C", 100.0,
    )  # fmt: skip
    return usual._replace(**fields)  # type: ignore[arg-type]


def test_two_runs() -> None:
    assert list(summary([row("a", 400), row("b", 450)]))[-1] == "b delivers 450 GWh, 50 GWh more."
    assert list(summary([row("a", 400), row("b", 350)]))[-1] == "b delivers 350 GWh, 50 GWh less."
    assert list(summary([row("a", 400), row("b", 400.2)]))[-1] == "b delivers as much."


def test_the_first_run() -> None:
    told = list(summary([row("a", 400)]))
    assert told[0] == (
        "a (2028, median water): 400 GWh can be delivered in the season, 40 % of the contract's ceiling of 1,000 "
        "GWh, and 120 MW in the mean."
    )
    assert told[1] == "At least 80 MW are there in 90 % of the hours of the season."
    assert told[2] == "Most of what is missing is taken by own demand: 300 GWh."
    assert "is worth sending at least cost" in next(summary([row("a", 400, objective="dispatch")]))
    assert list(summary([row("a", 0, ceiling=0)])) == [
        "a (2028, median water): no contract is open, and nothing can be delivered under it."
    ]


def test_hours_without_power_are_said() -> None:
    told = list(summary([row("a", 400, idle_hours=812.0)]))
    firm = "At least 80 MW are there in 90 % of the hours of the season"
    assert told[1] == f"{firm}; in 812 of its 3,672 hours there is none."
    none = list(summary([row("a", 400, firm=0.0, idle_hours=812.0)]))
    assert none[1] == "No power is firm in 90 % of the hours of the season: in 812 of its 3,672 hours there is none."


def test_many_runs() -> None:
    told = list(summary([row("a", 400), row("b", 900), row("c", 0), row("d", 400.3), row("e", 100)]))[3:]
    assert told == [
        "Of the other 4 scenarios b delivers most (900 GWh, +500) and c least (0 GWh, −400).",
        "Nothing is delivered in 1: c.",
        "As much as in a is delivered in 1: d.",
        "Less than in a is delivered in 2 of 4.",
    ]
    assert (
        list(summary([row("a", 400), row("b", 0), row("c", 0.1)]))[-1] == "None of the other 2 delivers anything: b, c."
    )


def test_a_table_of_many_runs() -> None:
    names = ["a", "b", "c", "d", "e"]
    found = {
        "runs": names,
        "questions": ["base", "water", "water", "stress", "stress"],
        "differences": ["", "hydrology: dry", "", "events: 1", ""],
        "inputs": {},
        "ladder": {"own_demand": [10.0, 20.0, 0.0, 0.0, 0.0], "line": [0.0, 0.0, 0.0, 0.0, 0.4]},
        "bases": [0, 0, 0, 0, 3],
        "results": {DELIVERED: [400.0, 300.0, 0.0, 400.2, 1400.0], SHARE: [40.0, 30.0, 0.0, nan, 99.6]},
    }
    out = io.StringIO()
    console = Console(file=out, width=120)
    for part in comparison_text(found, {"f": "no optimum"}):
        console.print(part)
    lines = [line.split() for line in out.getvalue().splitlines() if line.strip()]
    assert ["b", "hydrology:", "dry"] in lines
    assert ["c", "none"] in lines
    assert ["a", "400", "40", "%", "10"] in lines
    assert ["b", "300", "-100", "30", "%", "20"] in lines
    assert ["d", "400", "+0", "0"] in lines, "no share of a ceiling of nothing"
    assert ["e", "1,400", "+1,000", "100", "%", "0"] in lines, "held against d: 1,400 less 400.2"
    assert "The base is a; for e, under the same contract, d." in " ".join(" ".join(line) for line in lines)
    assert ["f:", "no", "result;", "no", "optimum"] in lines
    assert "line" not in out.getvalue().split("results")[1].split(" a ")[0], "a cause that takes nothing has no column"


def test_few_runs_stand_side_by_side_with_their_changes() -> None:
    comparison = {
        "runs": ["a", "b", "c"],
        "questions": ["base", "water", "water"],
        "inputs": {"hydrology": ["median", "dry", "wet"]},
        "bases": [0, 0, 0],
        "results": {DELIVERED: [400.0, 300.0, 400.04], SHARE: [40.0, nan, 41.0]},
    }
    out = io.StringIO()
    console = Console(file=out, width=120)
    for part in comparison_text(comparison):
        console.print(part)
    lines = [line.split() for line in out.getvalue().splitlines() if line.strip()]
    assert ["a", "b", "change", "c", "change"] in lines
    assert ["delivered", "[GWh]", "400.0", "300.0", "−100.0", "400.0", "0.0"] in lines
    assert ["share", "of", "the", "ceiling", "[%]", "40.0", "41.0", "+1.0"] in lines
