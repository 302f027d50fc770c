"""Audit of a result: residuals of physics and limits that must vanish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from energy.metrics.accounts import account_mismatch
from energy.metrics.balance import injections
from energy.model.line_losses import linearised_loss
from energy.model.snapshot_runs import positions
from energy.model.travel_time import travel_shares
from energy.solve import Result

TOLERANCE = 1e-6  # MW, MWh, hm³ or hm³/h, relative to the largest flow of the kind
BOUNDED = {
    "generators": "p",
    "links": "p",
    "lines": "s",
    "storage_units": "p",
    "transformers": "s",
    "stores": "e",
}
"""Component list → the quantity that its rating bounds."""

Rule = Mapping[str, Any]
"""A rule of ``energy.extra_functionality``."""


def audit(result: Result) -> dict[str, float]:
    """Return the residuals of a result, each relative to the largest quantity of its kind.

    Returns
    -------
    dict
        ``bus_balance``: largest |sum of injections| at a bus; ``store_balance``: largest gap between a store's change
        and its flow; ``bounds``: largest violation of a bound, the loss of a line included in what it carries;
        ``line_losses``: largest loss of a line that is missing below the segments of its curve; ``energy_created``:
        largest power that an electric link delivers above what it takes; ``water_balance``: largest |sum of injections|
        at a water bus [hm³/h]; ``accounts``: largest |net position − scheduled exchange| of a
        control area [MW]; ``rules``: largest violation of a rule of ``energy.extra_functionality``, relative to
        its bound.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> result = solve(inputs(read_case("two_bus"), scenario))
    >>> all(value <= TOLERANCE for value in audit(result).values())
    True
    """
    injected = injections(result)
    by_bus = injected.T.groupby(level="bus").sum().T
    buses = result.inputs.components["buses"]
    water_buses = buses.index[buses["carrier"] == "water"]
    is_water = by_bus.columns.isin(water_buses)
    electric_balance = by_bus.loc[:, ~is_water]
    water_balance = by_bus.loc[:, is_water]
    bus_of_injection = injected.columns.get_level_values("bus")
    injects_water = bus_of_injection.isin(water_balance.columns)
    electric = injected.loc[:, ~injects_water]
    violations = [_rule(result, rule) for rule in result.inputs.rules]
    return {
        "bus_balance": _relative(electric_balance, electric),
        "water_balance": _largest(water_balance.to_numpy()),
        "store_balance": _stores(result),
        "bounds": _bounds(result),
        "line_losses": _missing_losses(result),
        "energy_created": _created(result),
        "accounts": account_mismatch(result),
        "rules": max(violations, default=0.0),
    }


def _largest(residual: np.ndarray) -> float:
    """Return the largest size of a residual; 0 where there is none."""
    sizes = np.abs(residual)
    return float(sizes.max(initial=0.0))


def _rule(result: Result, rule: Rule) -> float:
    """Return the largest violation of a rule, relative to its bound."""
    kind = rule["kind"]
    if kind == "close":
        return _open_ponds(result, rule)
    if kind == "travel":
        return _travel_gap(result, rule)
    if kind == "volume":
        return _volume_violation(result, rule)
    return _limit_violation(result, rule)


def _open_ponds(result: Result, rule: Rule) -> float:
    """Return the largest change of a daily pond from one end of a typical day to the next [hm³]."""
    content = result.values["stores", "e"]
    of_ponds = content[list(rule["stores"])]
    day_ends = np.asarray(rule["at"])
    at_day_ends = of_ponds.iloc[day_ends].to_numpy()
    change = np.diff(at_day_ends, axis=0)
    return _largest(change)


def _travel_gap(result: Result, rule: Rule) -> float:
    """Return how far the water on the way is from what the travel time asks for, relative to the largest content."""
    content = result.values["stores", "e"]
    on_the_way = content[rule["store"]].to_numpy()
    on_the_way_before = _a_snapshot_earlier(on_the_way)
    flow = result.flow("links")
    arriving = flow[rule["link"]].to_numpy()
    arriving_before = _a_snapshot_earlier(arriving)
    weightings = result.inputs.axis.weightings
    hours = weightings["stores"].to_numpy(float)
    shares = travel_shares(hours, rule["hours"])
    should_arrive = shares.at_end * on_the_way
    should_arrive = should_arrive + shares.at_beginning * on_the_way_before
    should_arrive = should_arrive + shares.as_before * arriving_before
    water = (should_arrive - arriving) * rule["hours"]
    scale = max(_largest(on_the_way), 1.0)
    return _largest(water) / scale


def _a_snapshot_earlier(values: np.ndarray) -> np.ndarray:
    """Return for each snapshot the value of the one before, nothing before the first; shape (snapshots,)."""
    return np.concatenate([[0.0], values[:-1]])


def _volume_violation(result: Result, rule: Rule) -> float:
    """Return by how much the volume [hm³] within a window misses its bounds."""
    steps = positions(rule["runs"])
    weightings = result.inputs.axis.weightings
    hours = weightings["stores"].to_numpy()[steps]
    passed = np.zeros(1)
    for component in ("links", "generators"):
        names = rule.get(component, [])
        flows = result.flow(component)[names]
        flow = flows.iloc[steps].sum(axis=1)
        passed += hours @ flow.to_numpy()
    lacking = np.zeros(1)
    if "shortfall" in rule:
        generators = result.flow("generators")
        shortfall = generators[rule["shortfall"]]
        in_window = shortfall.iloc[steps]
        lacking[0] = hours @ in_window.to_numpy()
    return _violation(rule, passed, lacking)


def _limit_violation(result: Result, rule: Rule) -> float:
    """Return by how much what components carry misses a linear limit."""
    steps = positions(rule["runs"])
    carried = np.zeros(len(steps))
    for term in rule["terms"]:
        component = result.flow(term["component"])
        flows = component[term["names"]]
        flow = flows.iloc[steps].sum(axis=1)
        carried += term["coefficient"] * flow.to_numpy()
    nothing_lacking = np.zeros(1)
    return _violation(rule, carried, nothing_lacking)


def _violation(
    rule: Rule,
    value: np.ndarray,
    lacking: np.ndarray,
) -> float:
    """Return the largest violation of a rule's bounds, each relative to it; ``lacking`` counts towards the lower."""
    violations = [0.0]
    at_least = rule.get("at_least")
    if at_least is not None:
        below = at_least - value - lacking
        worst = below.max(initial=0.0)
        violations.append(worst / max(abs(at_least), 1.0))
    at_most = rule.get("at_most")
    if at_most is not None:
        above = value - at_most
        worst = above.max(initial=0.0)
        violations.append(worst / max(abs(at_most), 1.0))
    equals = rule.get("equals")
    if equals is not None:
        violations.append(_largest(value - equals))
    return float(max(violations))


def _relative(residual: pd.DataFrame, scale: pd.DataFrame) -> float:
    """Return the largest size of a residual as a share of the largest in a table, of 1 where that is less."""
    sizes = np.abs(scale.to_numpy())
    largest = float(sizes.max(initial=1.0))
    return _largest(residual.to_numpy()) / largest


def _stores(result: Result) -> float:
    """Return the largest gap between the change of a store and its flow, relative to its size."""
    if ("stores", "e") not in result.values:
        return 0.0
    content = result.values["stores", "e"]
    power = result.flow("stores").to_numpy()
    at_end = content.to_numpy()
    stores = result.inputs.components["stores"].loc[content.columns]
    cyclic = stores["e_cyclic"].to_numpy(bool)
    initial = np.where(cyclic, at_end[-1], stores["e_initial"])
    before = np.vstack([initial, at_end[:-1]])
    weightings = result.inputs.axis.weightings
    hours = weightings["stores"].to_numpy()[:, None]
    standing_loss = result.inputs.values("stores", "standing_loss")
    kept_in_an_hour = 1 - standing_loss[content.columns].to_numpy()
    kept = kept_in_an_hour**hours
    kept[0, ~cyclic] = 1.0  # PyPSA lets nothing of the initial content go
    gap = at_end - before * kept + hours * power
    size = np.maximum(stores["e_nom"].to_numpy(float), 1.0)
    return _largest(gap / size)


def _bounds(result: Result) -> float:
    """Return the largest violation of a component's bounds, relative to its rating."""
    worst = 0.0
    for component, quantity in BOUNDED.items():
        if (component, quantity) not in result.values:
            continue
        value = result.values[component, quantity]
        names = value.columns
        if component == "lines":
            value = value.abs() + result.line_losses
        table = result.inputs.components[component].loc[names]
        nominal = table[f"{quantity}_nom"].to_numpy(float)
        largest_share = result.inputs.values(component, f"{quantity}_max_pu")[names]
        least_share = -largest_share
        if quantity != "s":
            least_share = result.inputs.values(component, f"{quantity}_min_pu")[names]
        highest = largest_share.to_numpy() * nominal
        lowest = least_share.to_numpy() * nominal
        above = value.to_numpy() - highest
        below = lowest - value.to_numpy()
        violation = np.maximum(above, below) / np.maximum(nominal, 1.0)
        largest = float(violation.max(initial=0.0))
        worst = max(worst, largest)
    return worst


def _missing_losses(result: Result) -> float:
    """Return the largest loss of a line that is missing below the segments of its curve, relative to the largest."""
    if result.inputs.line_losses == "none":
        return 0.0
    loss = result.line_losses.to_numpy()
    flow = result.flow("lines").to_numpy()
    missing = linearised_loss(result.inputs, flow) - loss
    most_missing = missing.max(initial=0.0)
    largest_loss = loss.max(initial=1.0)
    return float(most_missing / largest_loss)


def _created(result: Result) -> float:
    """Return the largest power that a link between buses of one carrier delivers above what it takes [MW]."""
    links = result.inputs.components.get("links", pd.DataFrame())
    if links.empty:
        return 0.0
    carrier = result.inputs.components["buses"]["carrier"]
    taken_from = links["bus0"].map(carrier).to_numpy()
    given_to = links["bus1"].map(carrier).to_numpy()
    within_a_carrier = links.index[taken_from == given_to]
    delivered = result.received[within_a_carrier]
    taken = result.flow("links")[within_a_carrier]
    gain = delivered - taken
    return float(gain.to_numpy().max(initial=0.0))
