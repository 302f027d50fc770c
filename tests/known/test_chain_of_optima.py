"""The protection order as weights against what it stands for: a chain of optimisations, one a service.

Each link of the chain makes one service as good as it can be, with every service before it held at its own optimum; no
cost takes part. That is the definition of transferable energy (docs/decisions.md); the engine's single optimum with
weights must give the same season.
"""

from __future__ import annotations

import pypsa
import pytest
import xarray as xr

import energy
from energy.case import Case
from energy.metrics import energy_by_month, transferable
from energy.model import inputs
from energy.model.objective import LACKING
from energy.scenario import Scenario, read_scenario
from energy.solve import solve

SLACK = 1e-4  # GWh that each link of the chain leaves to the next, so that rounding does not make it infeasible


def worth(n: pypsa.Network, service: str) -> object:
    """Return what a service lacks, less what it is delivered [GWh], as an expression of the model."""
    hours = xr.DataArray(n.snapshot_weightings["objective"].to_numpy() / 1000, {"snapshot": n.snapshots}, "snapshot")
    generators = list(n.generators.index[n.generators["service"] == service])
    links = list(n.links.index[n.links["service"] == service])
    found: object = 0
    if generators:
        found = found + (hours * n.model["Generator-p"].sel(name=generators)).sum()
    if links:
        efficiency = n.get_switchable_as_dense("Link", "efficiency")[links].to_numpy()
        share = xr.DataArray(efficiency, {"snapshot": n.snapshots, "name": links}, ["snapshot", "name"])
        found = found - (hours * share * n.model["Link-p"].sel(name=links)).sum()
    return found


def chain(case: Case, scenario: Scenario, order: tuple[str, ...]) -> float:
    """Return the energy delivered [GWh] at the end of the chain."""
    n = energy.build(case, scenario)
    n.optimize.create_model(include_objective_constant=False)
    energy.extra_functionality(n, n.snapshots)
    # irrigation comes before every service: none of these scenarios is so dry that it lacks water
    lacking = n.model["Generator-p"].sel(name=list(n.generators.index[n.generators["carrier"] == LACKING]))
    n.model.add_constraints(lacking, "=", 0, name="chain-irrigation")
    best = 0.0
    for service in order[: order.index("casa") + 1]:
        n.model.objective = worth(n, service)
        status, _ = n.model.solve(solver_name="highs", io_api="direct", output_flag=False, progress=False)
        assert status == "ok"
        best = float(n.model.objective.value)
        n.model.add_constraints(worth(n, service), "<=", best + SLACK, name=f"chain-{service}")
    return -best


NAMES = ("baseline", "hvdc_pole_out_july", "casa_before_afghanistan")
FINE = [pytest.param(name, "typical-days-3h", marks=pytest.mark.slow) for name in NAMES]


@pytest.mark.parametrize(("name", "resolution"), [("baseline", "typical-days-8h"), *FINE])
def test_weights_give_the_end_of_the_chain(
    name: str, resolution: str, casa1000: Case, capfd: pytest.CaptureFixture[str]
) -> None:
    scenario = read_scenario(name, overrides={"time.resolution": resolution})
    found = inputs(casa1000, scenario)
    result = solve(found)
    delivered = float(energy_by_month(transferable(result), result).sum())
    order = tuple(scenario.protection_order or found.book.protection_order)
    on_the_chain = chain(casa1000, scenario, order)
    assert on_the_chain > 100  # GWh: the chain does not end in nothing
    assert delivered == pytest.approx(on_the_chain, rel=1e-4)
