"""Outages of the library as questions ask for them."""

from __future__ import annotations

import pandas as pd
import pytest

from energy.answers import answer as answer_module
from energy.answers.answer import COARSER, Library, outages
from energy.case import Case
from energy.errors import SolverError
from energy.scenario import Scenario, read_scenario


def test_a_scenario_without_an_optimum_is_solved_on_coarser_days_and_told(
    two_bus: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The solver is made to fail at the library's own resolution of one of two scenarios."""
    asked: list[tuple[str, str]] = []

    def losses(case: Case, scenarios: dict[str, Scenario]) -> pd.DataFrame:
        ((name, scenario),) = scenarios.items()
        resolution = scenario.time.resolution
        asked.append((name, resolution))
        if name == "salang_2015" and resolution != COARSER:
            raise SolverError("no optimum")
        return pd.DataFrame({"lost": [1.0]}, index=pd.Index([name], name="scenario"))

    monkeypatch.setattr(answer_module, "outage_losses", losses)
    library = Library(two_bus, read_scenario("two_bus"))
    table = outages(library, "ring_collapse_2022", "salang_2015")
    assert table.index.tolist() == ["ring_collapse_2022", "salang_2015"]
    (told,) = table.attrs["coarser"]
    assert "salang_2015" in told
    assert COARSER in told
    assert asked[-1] == ("salang_2015", COARSER)
    assert outages(library, "ring_collapse_2022").attrs["coarser"] == ()
