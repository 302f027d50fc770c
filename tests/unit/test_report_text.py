"""What a run says on a terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from energy.analysis import Run, run
from energy.case import read_case
from energy.report.run_text import run_text
from energy.scenario import read_scenario


@pytest.fixture(scope="module")
def dry() -> Run:
    return run(read_case("two_bus"), read_scenario("two_bus", overrides={"hydrology": "dry"}))


def printed(found: Run) -> list[str]:
    console = Console(file=io.StringIO(), width=140, highlight=False)
    for part in run_text(found):
        console.print(part)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_title_names_unit_and_place(dry: Run) -> None:
    assert printed(dry)[1] == (
        "Transferable power [MW] and energy [GWh] at the receiving end, by UTC month; surplus of AA at the sending end"
    )


def test_the_answer_comes_first(dry: Run) -> None:
    # 42.2256 of 348.84 GWh (networks/two_bus/README.md), 12.1 %; the line and its plants could carry 300.4128 GWh of
    # water, of which own demand takes 258.1872; what the water lacks is less, 48.4272
    assert printed(dry)[0] == (
        "42 GWh delivered, 12 % of the ceiling of 349 GWh; most is taken by own demand (258 GWh)"
    )


def test_season_row_sums_the_months(dry: Run) -> None:
    # 42.2256 GWh (networks/two_bus/README.md) over 3,672 h are 11.499 MW; 95 MW x 3,672 h are 348.84 GWh
    (season,) = [line.split() for line in printed(dry) if line.strip().startswith("season ")]
    # when the 42 GWh flow is free, and so is P90 between 0 and the mean
    mean, firm, *others = season[2:]
    assert (mean, others) == ("11", ["95", "349", "42", "307"])
    assert 0 <= int(firm) <= 11


def test_power_is_quoted_by_exceedance() -> None:
    # the line is full in all 3,672 h of the median season: 95 MW in any share of them
    lines = printed(run(read_case("two_bus"), read_scenario("two_bus")))
    assert "P90: at least 95 MW in 90 % of the hours of the season; no power in 0 of 3,672 h" in lines
    (season,) = [line.split() for line in lines if line.strip().startswith("season ")]
    assert season[2:5] == ["95", "95", "95"]


def test_numbers_are_aligned(dry: Run) -> None:
    rows = [line for line in printed(dry) if line.strip().startswith("2028-")]
    ends = {tuple(number.end() for number in re.finditer(r"(?<= )[\d,]+", line)) for line in rows}
    assert len(rows) == 9
    assert len(ends) == 1


def test_ladder_goes_from_ceiling_to_delivered_in_order(dry: Run) -> None:
    lines = printed(dry)
    start = next(at for at, line in enumerate(lines) if line.startswith("From the contract to delivery"))
    rows = [line.split("  ")[0].strip() for line in lines[start:] if line.startswith((" contract", " −", " delivered"))]
    assert rows == ["contract ceiling", "− line outages", "− plants and water", "− own demand", "delivered"]
    assert "protection order: own demand > CASA-1000" in lines
    # served first, 300.4128 GWh could be delivered: the water of April to September
    assert lines[-2].startswith("The protection order decides more than any outage: it takes 258 GWh")
    assert lines[-1] == "Certificate: no service could gain more than 0.001 MWh without one before it losing."


def test_an_answer_that_nothing_proves_says_so(dry: Run) -> None:
    """As where the interior point of a long horizon proves no optimum, and HiGHS solves with the weights alone."""
    unproved = replace(dry, result=replace(dry.result, gains={}))
    assert any(line.startswith("Certificate: none.") for line in printed(unproved))
