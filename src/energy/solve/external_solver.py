"""External solvers that linopy knows, through PyPSA's own model: the same answer, slower.

The protection order is a chain of solves here, one for each service, those before it held where they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from energy.errors import Fault, InputError, SolverError, nearest
from energy.model import Inputs, extra_functionality, network
from energy.model.custom_constraints import service_energy
from energy.model.line_losses import TRANSMISSION_LOSSES
from energy.model.objective import LACKING
from energy.model.pypsa_logging import quiet_pypsa
from energy.solve.head_iteration import follow_head
from energy.solve.lp import Key
from energy.solve.result import SERVICE_SLACK, Result

if TYPE_CHECKING:
    import linopy
    import pypsa

SILENT: dict[str, dict[str, Any]] = {"highs": {"output_flag": False}, "gurobi": {"OutputFlag": 0}}
FLOWS: dict[Key, str] = {
    ("generators", "p"): "p",
    ("links", "p"): "p0",
    ("lines", "s"): "p0",
    ("stores", "e"): "e",
    ("stores", "p"): "p",
    ("storage_units", "p"): "p",
    ("storage_units", "state_of_charge"): "state_of_charge",
    ("transformers", "s"): "p0",
}
"""(component list, quantity) → PyPSA's name of it in a solved network."""


def solver_named(name: str) -> str:
    """Return the name of a solver that is installed.

    Raises
    ------
    InputError
        When linopy finds no such solver here.

    Examples
    --------
    >>> solver_named("highs")
    'highs'
    """
    import linopy

    installed = list(map(str, linopy.available_solvers))
    if name in installed:
        return name
    raise InputError(
        Fault(
            f"no solver {name!r} is installed",
            "--solver",
            allowed=", ".join(installed),
            repair=nearest(name, installed) or f"install {name}",
        )
    )


def solve_with(solver: str, inputs: Inputs) -> Result:
    """Solve inputs by ``n.optimize`` with a solver of the user's choice; seconds where the engine takes a tenth of one.

    Parameters
    ----------
    solver
        Its name in linopy, as ``gurobi``.
    inputs
        What to solve.

    Raises
    ------
    SolverError
        When the solver finds no optimum.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model import inputs
    >>> from energy.scenario import read_scenario
    >>> from energy.solve import solve
    >>> two_bus = inputs(read_case("two_bus"), read_scenario("two_bus"))
    >>> abs(solve_with("highs", two_bus).objective / solve(two_bus).objective - 1) < 1e-6
    True
    """
    if inputs.head:
        return follow_head(lambda asked, _past, _now: _solved(solver, asked), inputs)
    return _solved(solver, inputs)


def _solved(solver: str, inputs: Inputs) -> Result:
    """Return the optimum of PyPSA's model by a solver."""
    n = network(inputs)
    # PyPSA divides by resistances of zero, and masks the result
    with quiet_pypsa(), np.errstate(divide="ignore", invalid="ignore"):
        n.optimize.create_model(
            transmission_losses=TRANSMISSION_LOSSES[inputs.line_losses],
            include_objective_constant=False,
        )
        extra_functionality(n, n.snapshots)
        _hold_services(n, solver, inputs)
        status, condition = n.optimize.solve_model(
            solver_name=solver,
            progress=False,
            solver_options=SILENT.get(solver, {}),
        )
    if condition != "optimal" or n.objective is None:
        raise SolverError(f"{inputs.name}: {solver} ends with '{condition}' ({status})")
    buses = inputs.components["buses"].index
    return Result(
        inputs=inputs,
        values=_values(n, inputs),
        prices=n.components["buses"].dynamic["marginal_price"][buses],
        objective=float(n.objective),
        iterations=0,
    )


def _values(n: pypsa.Network, inputs: Inputs) -> dict[Key, pd.DataFrame]:
    """Return the flows and contents of a solved network."""
    values: dict[Key, pd.DataFrame] = {}
    for (component, quantity), attribute in FLOWS.items():
        if component in inputs.components:
            names = inputs.components[component].index
            values[component, quantity] = n.components[component].dynamic[attribute][names]
    if inputs.line_losses != "none":
        lines = inputs.components["lines"].index
        series = n.components["lines"].dynamic
        p0 = series["p0"][lines]
        p1 = series["p1"][lines]
        values["lines", "s"] = (p0 - p1) / 2
        values["lines", "loss"] = p0 + p1
    return values


def _hold_services(
    n: pypsa.Network,
    solver: str,
    inputs: Inputs,
) -> None:
    """Hold what irrigation lacks at its least, then each service of the protection order at its most."""
    if not inputs.priority:
        return
    own_cost = n.model.objective.expression
    is_lacking = n.generators["carrier"] == LACKING
    lacking = list(n.generators.index[is_lacking])
    if lacking:
        hours = xr.DataArray(
            n.snapshot_weightings["stores"].to_numpy(),
            coords={"snapshot": n.snapshots},
            dims="snapshot",
        )
        power = n.model.variables["Generator-p"].sel(name=lacking)
        water = (hours * power).sum()
        _hold(n, solver, inputs, name="lacking water", cost=water)
    for service in inputs.priority:
        energy = service_energy(n, service)
        if energy is not None:
            _hold(n, solver, inputs, name=service, cost=-energy)
    n.model.objective = own_cost


def _hold(
    n: pypsa.Network,
    solver: str,
    inputs: Inputs,
    *,
    name: str,
    cost: linopy.LinearExpression,
) -> None:
    """Hold a cost at its least."""
    n.model.objective = cost
    status, condition = n.model.solve(
        solver_name=solver,
        progress=False,
        **SILENT.get(solver, {}),
    )
    least = n.model.objective.value
    if condition != "optimal" or least is None:
        raise SolverError(f"{inputs.name}: {name}: {solver} ends with '{condition}' ({status})")
    n.model.add_constraints(cost, "<=", least + SERVICE_SLACK, name=f"held {name}")
