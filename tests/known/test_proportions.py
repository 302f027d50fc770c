"""Doubts about numbers out of proportion in `two_bus`, whose figures are few enough to be seen at once.

At `source` hang the turbine (0.5 hm³/h x 500 MWh/hm³ = 250 MW), the line (100 MW) and 40 MW of demand; at `sink` it
(95 MW arrive), a plant of 300 MW and 200 MW of demand. Fifty times all the rest is 14,500 MW for the line, and 0.3 MW
is less than a fiftieth of 295 MW.
"""

from __future__ import annotations

import pytest

from energy.case import Case
from energy.model import inputs
from energy.model.sanity_checks import sanity_warnings
from energy.scenario import read_scenario


def doubts(case: Case, *changes: str) -> list[str]:
    scenario = read_scenario("two_bus", overrides=["time.resolution=typical-days-24h", *changes])
    return [str(fault) for fault in sanity_warnings(inputs(case, scenario))]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("values.links.line.p_nom=14600", "links 'line': p_nom is 1.46e+04 MW at bus 'source'"),
        ("values.generators.gas plant.p_nom=0.3", "generators 'gas plant': p_nom is 0.3 MW at bus 'sink'"),
        ("values.profiles/demand_year.BB.all=1000", "loads 'sink demand': p_set is 2e+05 MW at bus 'sink'"),
    ],
)
def test_a_slip_of_unit_is_doubted(two_bus: Case, change: str, told: str) -> None:
    assert any(told in doubt for doubt in doubts(two_bus, change))


@pytest.mark.parametrize(
    "change", ["values.links.line.p_nom=14400", "values.generators.gas plant.p_nom=6", "values.links.line.p_nom=200"]
)
def test_what_could_be_is_not_doubted(two_bus: Case, change: str) -> None:
    assert not [doubt for doubt in doubts(two_bus, change) if "unit" in doubt]


def test_a_sale_that_leads_to_its_seller_is_doubted(two_bus: Case) -> None:
    from dataclasses import replace

    links = two_bus.components["links"].copy()
    links.loc["line", ["bus0", "bus1"]] = ["sink", "source"]
    swapped = replace(two_bus, components={**two_bus.components, "links": links})
    assert any("exchange bus0 and bus1" in doubt for doubt in doubts(swapped))
