"""Custom constraints beyond PyPSA's components, as PyPSA's ``extra_functionality``.

They travel with the network in ``n.meta["energy"]``, so that a plain PyPSA script on an exported network needs no
more than ``n.optimize(extra_functionality=energy.extra_functionality)``:

- ``volume``: hm³ that some links pass within a window, what a generator gives for what is lacking included;
- ``limit``: a linear limit on what several components carry, in every snapshot of a window;
- ``close``: a daily pond ends each typical day as full as it began it;
- ``service``: the energy of a service of the protection order, as a solved network has it;
- ``travel``: water on the way arrives after the travel time in the mean;
- an open line leaves the voltage angle between its ends free;
- ``kirchhoff: false``: lines carry what is asked within their ratings (a transport model).

Losses of lines are PyPSA's own: a network that was built with them asks for
``transmission_losses=n.meta["energy"]["transmission_losses"]`` beside the rules, and is refused without.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from energy.model.objective import RETURNED, STUDIED
from energy.model.pypsa_logging import quiet_pypsa
from energy.model.snapshot_runs import positions
from energy.model.travel_time import travel_shares

if TYPE_CHECKING:
    import linopy
    import pypsa

VARIABLE = {
    "links": "Link-p",
    "lines": "Line-s",
    "generators": "Generator-p",
}
SIGNS = {"at_least": ">=", "at_most": "<=", "equals": "="}
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
    ...     extra_functionality=energy.extra_functionality,
    ...     include_objective_constant=False,
    ...     log_to_console=False,
    ... )
    ('ok', 'optimal')
    """
    meta = n.meta.get("energy", {})
    asked = meta.get("transmission_losses")
    has_losses = LOSS in n.model.variables
    if asked is not None and bool(asked) != has_losses:
        raise ValueError(f"this network was built for n.optimize(..., transmission_losses={asked!r})")
    for rule in meta.get("rules", []):
        add_constraint = CONSTRAINTS[rule["kind"]]
        add_constraint(n, rule)
    if KIRCHHOFF not in n.model.constraints:
        return
    if not meta.get("kirchhoff", True):
        n.model.remove_constraints(KIRCHHOFF)
        return
    for component in OPEN_ANGLES:
        closed = meta.get("closed", {}).get(component, {})
        _open_branches(n, snapshots, component, closed)


def _bound(
    model: linopy.Model,
    lhs: linopy.LinearExpression,
    rule: dict[str, Any],
) -> None:
    """Add the bounds of a rule on an expression."""
    for field, sign in SIGNS.items():
        bound = rule.get(field)
        if bound is not None:
            name = f"rule-{rule['name']}-{field}"
            model.add_constraints(lhs, sign, bound, name=name)


def _volume(n: pypsa.Network, rule: dict[str, Any]) -> None:
    """Bound the volume that links and generators pass within a window."""
    steps = positions(rule["runs"])
    weightings = n.snapshot_weightings["stores"]
    hours = weightings.iloc[steps].to_numpy()[:, None]
    passing = [
        ("links", rule.get("links", []), hours),
        ("generators", rule.get("generators", []), hours),
    ]
    volume = _expression(n, steps, passing, is_sum=True)
    if "shortfall" not in rule:
        _bound(n.model, volume, rule)
        return
    lacking = ("generators", [rule["shortfall"]], hours)
    with_lacking = _expression(n, steps, [*passing, lacking], is_sum=True)
    # what is lacking counts towards the lower bound only
    lower_bound = {**rule, "at_most": None}
    upper_bound = {**rule, "at_least": None}
    _bound(n.model, with_lacking, lower_bound)
    _bound(n.model, volume, upper_bound)


def _limit(n: pypsa.Network, rule: dict[str, Any]) -> None:
    """Bound a linear limit on what components carry, in every snapshot of a window."""
    steps = positions(rule["runs"])
    parts = []
    for term in sorted(rule["terms"], key=itemgetter("component")):
        coefficient = np.array(term["coefficient"])
        parts.append((term["component"], term["names"], coefficient))
    carried = _expression(n, steps, parts)
    _bound(n.model, carried, rule)


def _expression(
    n: pypsa.Network,
    steps: np.ndarray,
    parts: list[tuple[str, list[str], np.ndarray]],
    is_sum: bool = False,
) -> linopy.LinearExpression:
    """Return coefficients times what components carry, in each of some snapshots or summed over them.

    It is laid from the labels of variables at once: linopy's operators, term by term, took half of the time in which
    PyPSA builds the model of a case with forty rules.

    Parameters
    ----------
    n, steps
        Network with its model, and positions of snapshots.
    parts
        Component, names, and coefficients that spread to shape (steps, names).
    is_sum
        Whether the snapshots are summed.
    """
    import linopy

    labels = [np.empty((len(steps), 0), dtype=int)]
    coefficients = [np.empty((len(steps), 0))]
    for component, names, values in parts:
        variable = n.model.variables[VARIABLE[component]]
        label_table = variable.labels.transpose("snapshot", "name")
        position = label_table.indexes["name"]
        columns = np.array([position.get_loc(name) for name in names], dtype=int)
        of_part = label_table.to_numpy()[np.ix_(steps, columns)]
        labels.append(of_part)
        coefficients.append(np.broadcast_to(values, of_part.shape))
    all_labels = np.concatenate(labels, axis=1)
    all_coefficients = np.concatenate(coefficients, axis=1)
    if is_sum:
        terms = xr.Dataset(
            {
                "vars": ("_term", all_labels.ravel()),
                "coeffs": ("_term", all_coefficients.ravel()),
            }
        )
    else:
        dims = ("snapshot", "_term")
        terms = xr.Dataset(
            {
                "vars": (dims, all_labels),
                "coeffs": (dims, all_coefficients),
            },
            coords={"snapshot": n.snapshots[steps]},
        )
    return linopy.LinearExpression(terms, n.model)


def _close(n: pypsa.Network, rule: dict[str, Any]) -> None:
    """Let daily ponds end each typical day as full as they began it."""
    # the ponds are cyclic, so that the first day closes when all the others do
    content = n.model.variables["Store-e"]
    at_day_ends = content.isel(snapshot=rule["at"]).sel(name=rule["stores"])
    level = 1 * at_day_ends
    level_before = level.shift(snapshot=1).fillna(0)
    change = level - level_before
    from_second_day = change.isel(snapshot=slice(1, None))
    n.model.add_constraints(from_second_day, "=", 0, name=f"rule-{rule['name']}")


def _travel(n: pypsa.Network, rule: dict[str, Any]) -> None:
    """Let water arrive after its travel time in the mean; see `travel_shares`."""
    variables = n.model.variables
    content = variables["Store-e"].sel(name=[rule["store"]])
    on_the_way = (1 * content).sum("name")
    on_the_way_before = on_the_way.shift(snapshot=1).fillna(0)
    flow = variables["Link-p"].sel(name=[rule["link"]])
    arriving = flow.sum("name")
    arriving_before = arriving.shift(snapshot=1).fillna(0)

    hours = n.snapshot_weightings["stores"].to_numpy(float)
    shares = travel_shares(hours, rule["hours"])
    at_end = _over_snapshots(n, shares.at_end)
    at_beginning = _over_snapshots(n, shares.at_beginning)
    as_before = _over_snapshots(n, shares.as_before)

    arrives = at_end * on_the_way + at_beginning * on_the_way_before + as_before * arriving_before
    gap = arrives - arriving
    n.model.add_constraints(gap, "=", 0, name=f"rule-{rule['name']}")


def _over_snapshots(n: pypsa.Network, values: np.ndarray) -> xr.DataArray:
    """Return one value a snapshot as an array that linopy aligns with its variables."""
    return xr.DataArray(
        values,
        coords={"snapshot": n.snapshots},
        dims="snapshot",
    )


def service_energy(n: pypsa.Network, service: str) -> linopy.LinearExpression | None:
    """Return the energy of a service [MWh] in a network's model: delivered, less what is bought or unserved.

    None where no component in service stands for it.
    """
    weightings = n.snapshot_weightings["objective"]
    hours = _over_snapshots(n, weightings.to_numpy())
    variables = n.model.variables
    energies: list[linopy.LinearExpression] = []
    delivers = _of_service(n.links, service)
    if delivers:
        efficiencies = n.get_switchable_as_dense("Link", "efficiency")
        efficiency = xr.DataArray(
            efficiencies[delivers].to_numpy(),
            coords={"snapshot": n.snapshots, "name": delivers},
            dims=["snapshot", "name"],
        )
        flow = variables["Link-p"].sel(name=delivers)
        delivered = hours * efficiency * flow
        energies.append(delivered.sum())
    takes_back = _of_service(n.links, RETURNED) if service == STUDIED else []
    if takes_back:
        flow = variables["Link-p"].sel(name=takes_back)
        returned = hours * flow
        energies.append(-returned.sum())
    bought_or_unserved = _of_service(n.generators, service)
    if bought_or_unserved:
        sign = xr.DataArray(
            n.generators.loc[bought_or_unserved, "sign"].to_numpy(float),
            coords={"name": bought_or_unserved},
            dims="name",
        )
        power = variables["Generator-p"].sel(name=bought_or_unserved)
        output = hours * sign * power
        energies.append(-output.sum())
    if not energies:
        return None
    total = energies[0]
    for energy in energies[1:]:
        total = total + energy
    return total


def _of_service(table: pd.DataFrame, service: str) -> list[str]:
    """Return the names of the components of a service."""
    if "service" not in table:
        return []
    is_of_service = table["service"] == service
    return list(table.index[is_of_service])


def _service(n: pypsa.Network, rule: dict[str, Any]) -> None:
    """Hold a service at the energy [MWh] that it has."""
    energy = service_energy(n, rule["service"])
    if energy is not None:
        _bound(n.model, energy, rule)


CONSTRAINTS = {
    "volume": _volume,
    "limit": _limit,
    "close": _close,
    "travel": _travel,
    "service": _service,
}


def _open_branches(
    n: pypsa.Network,
    snapshots: pd.Index,
    component: str,
    closed: dict[str, list[list[int]]],
) -> None:
    """Leave the angle of branches that an event has opened free; those that a user rated at zero stay closed."""
    if n.components[component].static.empty:
        return
    rating = n.get_switchable_as_dense(component, "s_max_pu").loc[snapshots]
    is_open = rating == 0
    for name, runs in closed.items():
        rated_at_zero = is_open.index[positions(runs)]
        is_open.loc[rated_at_zero, name] = False
    names = rating.columns[is_open.any()]
    if names.empty:
        return
    with quiet_pypsa():
        cycles = n.cycle_matrix(apply_weights=False).loc[component]
    model = n.model
    voltage_law = model.constraints[KIRCHHOFF]
    snapshot = pd.Index(snapshots, name="snapshot")
    branch = pd.Index(names, name="name")
    cycle = pd.Index(voltage_law.indexes["cycle"], name="cycle")

    largest_angle = np.where(is_open[names].to_numpy(), np.inf, 0.0)
    bound = xr.DataArray(largest_angle, coords=[snapshot, branch])
    angle = model.add_variables(
        lower=-bound,
        upper=bound,
        name=OPEN_ANGLES[component],
    )
    direction_in_cycle = cycles.reindex(index=names).fillna(0.0)
    direction = xr.DataArray(
        direction_in_cycle.to_numpy(float),
        coords=[branch, cycle],
    )
    with_angles = voltage_law.lhs + (direction * angle).sum("name")
    right = voltage_law.rhs
    model.remove_constraints(KIRCHHOFF)
    model.add_constraints(with_angles, "=", right, name=KIRCHHOFF)
