"""Custom constraints beyond PyPSA's components, as PyPSA's ``extra_functionality``.

They travel with the network in ``n.meta["energy"]``, so that a plain PyPSA script on an exported network needs no
more than ``n.optimize(extra_functionality=energy.extra_functionality)``:

- ``volume``: hm³ that some links pass within a window, what a generator gives for what is lacking included;
- ``limit``: a linear limit on what several components carry, in every snapshot of a window;
- ``close``: a daily pond ends each typical day as full as it began it;
- ``service``: the energy of a service of the protection order, as a solved network has it;
- ``travel``: water on the way is as much as arrives in the travel time;
- an open line leaves the voltage angle between its ends free;
- ``kirchhoff: false``: lines carry what is asked within their ratings (a transport model).

Losses of lines are PyPSA's own: a network that was built with them asks for
``transmission_losses=n.meta["energy"]["transmission_losses"]`` beside the rules, and is refused without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from energy.model.objective import RETURNED, STUDIED
from energy.model.pypsa_logging import quiet_pypsa

if TYPE_CHECKING:
    import linopy
    import pypsa

VARIABLE = {"links": "Link-p", "lines": "Line-s", "generators": "Generator-p"}
KIRCHHOFF = "Kirchhoff-Voltage-Law"
OPEN_ANGLE = "Line-open_angle"
OPEN_ANGLES = {"Line": OPEN_ANGLE, "Transformer": "Transformer-open_angle"}
LOSS = "Line-loss"


def extra_functionality(n: pypsa.Network, snapshots: pd.Index) -> None:
    """Add the rules of a network to its optimisation model.

    Parameters
    ----------
    n
        Network built by this package; ``n.model`` is its linopy model.
    snapshots
        Snapshots of the model.

    Raises
    ------
    ValueError
        When the network was built with losses of lines and the model has none, or the other way round.

    Examples
    --------
    >>> import energy
    >>> case, scenario = energy.read_case("networks/two_bus"), energy.read_scenario("two_bus")
    >>> n = energy.build(case, scenario)
    >>> n.optimize(
    ...     extra_functionality=energy.extra_functionality, include_objective_constant=False, log_to_console=False
    ... )
    ('ok', 'optimal')
    """
    meta = n.meta.get("energy", {})
    asked = meta.get("transmission_losses")
    if asked is not None and bool(asked) != (LOSS in n.model.variables):
        raise ValueError(f"this network was built for n.optimize(..., transmission_losses={asked!r})")
    for rule in meta.get("rules", []):
        CONSTRAINTS[rule["kind"]](n, rule)
    if KIRCHHOFF in n.model.constraints:
        if not meta.get("kirchhoff", True):
            n.model.remove_constraints(KIRCHHOFF)
        else:
            for component in OPEN_ANGLES:
                _open_branches(n, snapshots, component, meta.get("closed", {}).get(component, {}))


def _bound(model: linopy.Model, lhs: linopy.LinearExpression, rule: dict[str, Any]) -> None:
    for field, sign in (("at_least", ">="), ("at_most", "<="), ("equals", "=")):
        if rule.get(field) is not None:
            model.add_constraints(lhs, sign, rule[field], name=f"rule-{rule['name']}-{field}")


def runs_of(inside: np.ndarray) -> list[list[int]]:
    """Return the [first, after last] positions of the runs of True.

    Examples
    --------
    >>> runs_of(np.array([True, True, False, True]))
    [[0, 2], [3, 4]]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    return [[int(a), int(b)] for a, b in edges.reshape(-1, 2)]


def positions(runs: list[list[int]]) -> np.ndarray:
    """Return the positions that runs of [first, after last] cover."""
    return np.concatenate([np.arange(a, b) for a, b in runs]) if runs else np.array([], dtype=int)


def _volume(n: pypsa.Network, rule: dict[str, Any]) -> None:
    at = positions(rule["runs"])
    hours = n.snapshot_weightings["stores"].iloc[at]
    weights = xr.DataArray(hours.to_numpy(), coords={"snapshot": n.snapshots[at]}, dims="snapshot")
    passed: Any = 0
    for component in ("links", "generators"):
        names = rule.get(component, [])
        if names:
            flow = n.model.variables[VARIABLE[component]].isel(snapshot=at).sel(name=names)
            passed = passed + (weights * flow).sum()
    if "shortfall" in rule:
        lacking = n.model.variables["Generator-p"].isel(snapshot=at).sel(name=[rule["shortfall"]])
        _bound(n.model, passed + (weights * lacking).sum(), {**rule, "at_most": None})
        rule = {**rule, "at_least": None}
    _bound(n.model, passed, rule)


def _limit(n: pypsa.Network, rule: dict[str, Any]) -> None:
    at = positions(rule["runs"])
    lhs: Any = 0
    for component in sorted({term["component"] for term in rule["terms"]}):
        terms = [(name, t["coefficient"]) for t in rule["terms"] if t["component"] == component for name in t["names"]]
        names, coefficients = zip(*terms, strict=True)
        variable = n.model.variables[VARIABLE[component]].isel(snapshot=at).sel(name=list(names))
        weights = xr.DataArray(list(coefficients), coords={"name": list(names)}, dims="name")
        lhs = lhs + (weights * variable).sum("name")
    _bound(n.model, lhs, rule)


def _close(n: pypsa.Network, rule: dict[str, Any]) -> None:
    # the ponds are cyclic, so that the first day closes when all the others do
    level = 1 * n.model.variables["Store-e"].isel(snapshot=rule["at"]).sel(name=rule["stores"])
    change = (level - level.shift(snapshot=1).fillna(0)).isel(snapshot=slice(1, None))
    n.model.add_constraints(change, "=", 0, name=f"rule-{rule['name']}")


def _travel(n: pypsa.Network, rule: dict[str, Any]) -> None:
    on_the_way = n.model.variables["Store-e"].sel(name=[rule["store"]]).sum("name")
    arriving = n.model.variables["Link-p"].sel(name=[rule["link"]]).sum("name")
    n.model.add_constraints(1 / rule["hours"] * on_the_way - arriving, "=", 0, name=f"rule-{rule['name']}")


def service_energy(n: pypsa.Network, service: str) -> linopy.LinearExpression | None:
    """Return the energy of a service [MWh] in a network's model: delivered, less what is bought or unserved.

    None where no component in service stands for it.
    """
    hours = xr.DataArray(n.snapshot_weightings["objective"].to_numpy(), {"snapshot": n.snapshots}, dims="snapshot")
    parts = []
    links, generators = n.links, n.generators
    delivers = list(links.index[links["service"] == service]) if "service" in links else []
    if delivers:
        efficiency = n.get_switchable_as_dense("Link", "efficiency")[delivers].to_numpy()
        share = xr.DataArray(efficiency, {"snapshot": n.snapshots, "name": delivers}, ["snapshot", "name"])
        parts.append((hours * share * n.model.variables["Link-p"].sel(name=delivers)).sum())
    takes_back = list(links.index[links["service"] == RETURNED]) if service == STUDIED and "service" in links else []
    if takes_back:
        parts.append(-(hours * n.model.variables["Link-p"].sel(name=takes_back)).sum())
    counted = list(generators.index[generators["service"] == service]) if "service" in generators else []
    if counted:
        sign = xr.DataArray(generators.loc[counted, "sign"].to_numpy(float), {"name": counted}, dims="name")
        parts.append(-(hours * sign * n.model.variables["Generator-p"].sel(name=counted)).sum())
    return sum(parts[1:], parts[0]) if parts else None


def _service(n: pypsa.Network, rule: dict[str, Any]) -> None:
    """Hold a service at the energy [MWh] that it has."""
    energy = service_energy(n, rule["service"])
    if energy is not None:
        _bound(n.model, energy, rule)


CONSTRAINTS = {"volume": _volume, "limit": _limit, "close": _close, "travel": _travel, "service": _service}


def _open_branches(n: pypsa.Network, snapshots: pd.Index, component: str, closed: dict[str, list[list[int]]]) -> None:
    """Leave the angle of branches that an event has opened free; those that a user rated at zero stay closed."""
    if n.components[component].static.empty:
        return
    limit = n.get_switchable_as_dense(component, "s_max_pu").loc[snapshots]
    is_open = limit == 0
    for name, runs in closed.items():
        rated_at_zero = is_open.index[positions(runs)]
        is_open.loc[rated_at_zero, name] = False
    names = limit.columns[is_open.any()]
    if names.empty:
        return
    with quiet_pypsa():
        cycles = n.cycle_matrix(apply_weights=False).loc[component]
    model = n.model
    coordinates = [pd.Index(snapshots, name="snapshot"), pd.Index(names, name="name")]
    bound = xr.DataArray(np.where(is_open[names].to_numpy(), np.inf, 0.0), coords=coordinates)
    angle = model.add_variables(lower=-bound, upper=bound, name=OPEN_ANGLES[component])
    constraint = model.constraints[KIRCHHOFF]
    sides = xr.DataArray(
        cycles.reindex(index=names).fillna(0.0).to_numpy(float),
        coords=[coordinates[1], pd.Index(constraint.indexes["cycle"], name="cycle")],
    )
    voltage_law = constraint.lhs + (sides * angle).sum("name")
    right = constraint.rhs
    model.remove_constraints(KIRCHHOFF)
    model.add_constraints(voltage_law, "=", right, name=KIRCHHOFF)
