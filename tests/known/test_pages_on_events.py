"""The pages on events and on transferable power: their snippets run, and they name all that there is to name."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import energy
from energy.analysis.attribution import CAUSES
from energy.analysis.settlement import settlement
from energy.scenario import Event, EventKind, RepairAccess

DOCS = Path(__file__).parents[2] / "docs"
POWER = (DOCS / "transferable_power.md").read_text(encoding="utf-8")
EVENTS = (DOCS / "events.md").read_text(encoding="utf-8")


def test_the_worked_example_holds() -> None:
    failed, tried = doctest.testfile(
        str(DOCS / "transferable_power.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert tried >= 15
    assert failed == 0


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_kind_of_event_is_described(kind: EventKind) -> None:
    row = next(line for line in EVENTS.splitlines() if line.startswith("|") and f"`{kind}`" in line)
    for attribute in kind.attributes.values():
        assert attribute in row or attribute in ("s_max_pu", "inflow")  # of lines and of storage units


def test_every_field_of_an_event_is_described() -> None:
    fields = {field.alias or name for name, field in Event.model_fields.items()}
    fields |= {field.alias or name for name, field in RepairAccess.model_fields.items()}
    assert {name for name in fields if f"`{name}`" not in EVENTS and f"{name}:" not in EVENTS} == set()


def test_every_reported_number_is_defined() -> None:
    case = energy.read_case("two_bus")
    asked = {"time.resolution": "typical-days-24h", "foresight": "surprise"}
    scenario = energy.read_scenario("two_bus", overrides=asked)
    run = energy.run(case, scenario)
    found = settlement(case, scenario)
    columns = {name for name in run.table if not name.startswith(("lost to ", "surplus "))}
    columns |= {*CAUSES, "line", "season", "plants", "surprise"}
    for table in (found.terms, found.fuel, found.rent, found.income, found.welfare):
        columns |= {name for name in table if name not in ("delivered",)}
    columns |= set(found.paid["item"])
    assert {name for name in columns if f"`{name}`" not in POWER} == set()
