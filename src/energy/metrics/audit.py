"""Audit of a result: residuals of physics and limits that must vanish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from energy.metrics.accounts import account_mismatch
from energy.metrics.balance import injections
from energy.model.custom_constraints import positions
from energy.model.line_losses import linearised_loss
from energy.solve import Result

TOLERANCE = 1e-6  # MW, MWh, hm³ or hm³/h, relative to the largest flow of the kind


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
    >>> found = solve(inputs(read_case("two_bus"), scenario))
    >>> all(value <= TOLERANCE for value in audit(found).values())
    True
    """
    parts = injections(result)
    buses = result.inputs.components["buses"]
    at_bus = parts.T.groupby(level="bus").sum().T
    water = at_bus.columns.isin(buses.index[buses["carrier"] == "water"])
    electric = parts.loc[:, ~parts.columns.get_level_values("bus").isin(at_bus.columns[water])]
    return {
        "bus_balance": _relative(at_bus.loc[:, ~water], electric),
        "water_balance": float(np.abs(at_bus.loc[:, water].to_numpy()).max(initial=0.0)),
        "store_balance": _stores(result),
        "bounds": _bounds(result),
        "line_losses": _missing_losses(result),
        "energy_created": _created(result),
        "accounts": account_mismatch(result),
        "rules": max((_rule(result, rule) for rule in result.inputs.rules), default=0.0),
    }


def _rule(result: Result, rule: Mapping[str, Any]) -> float:
    if rule["kind"] == "close":
        level = result.values["stores", "e"][rule["stores"]].iloc[rule["at"]].to_numpy()
        return float(np.abs(np.diff(level, axis=0)).max(initial=0.0))
    if rule["kind"] == "travel":
        on_the_way = result.values["stores", "e"][rule["store"]].to_numpy()
        gap = on_the_way - rule["hours"] * result.flow("links")[rule["link"]].to_numpy()
        return float(np.abs(gap).max(initial=0.0) / max(float(np.abs(on_the_way).max(initial=0.0)), 1.0))
    at = positions(rule["runs"])
    if rule["kind"] == "volume":
        hours = result.inputs.axis.weightings["stores"].to_numpy()[at]
        found = np.zeros(1)
        for component in ("links", "generators"):
            flows = result.flow(component)[rule.get(component, [])].iloc[at]
            found += hours @ flows.sum(axis=1).to_numpy()
    else:
        found = np.zeros(len(at))
        for term in rule["terms"]:
            carried = result.flow(term["component"])[term["names"]].iloc[at].sum(axis=1)
            found += term["coefficient"] * carried.to_numpy()
    lacking = np.zeros(1)
    if "shortfall" in rule:
        lacking[0] = hours @ result.flow("generators")[rule["shortfall"]].iloc[at].to_numpy()
    worst = 0.0
    for field, sign, more in (("at_least", 1.0, lacking), ("at_most", -1.0, 0.0)):
        bound = rule.get(field)
        if bound is not None:
            worst = max(worst, float((sign * (bound - found - more)).max(initial=0.0)) / max(abs(bound), 1.0))
    if rule.get("equals") is not None:
        worst = max(worst, float(np.abs(found - rule["equals"]).max(initial=0.0)))
    return worst


def _relative(residual: pd.DataFrame, scale: pd.DataFrame) -> float:
    largest = np.abs(scale.to_numpy()).max(initial=1.0)
    return float(np.abs(residual.to_numpy()).max(initial=0.0) / largest)


def _stores(result: Result) -> float:
    if ("stores", "e") not in result.values:
        return 0.0
    content, power = result.values["stores", "e"], result.flow("stores")
    table = result.inputs.components["stores"].loc[content.columns]
    cyclic = table["e_cyclic"].astype(bool).to_numpy()
    before = np.vstack([np.where(cyclic, content.iloc[-1], table["e_initial"]), content.to_numpy()[:-1]])
    hours = result.inputs.axis.weightings["stores"].to_numpy()[:, None]
    kept = (1 - result.inputs.values("stores", "standing_loss")[content.columns].to_numpy()) ** hours
    kept[0, ~cyclic] = 1.0  # PyPSA lets nothing of the initial content go
    before = before * kept
    gap = content.to_numpy() - before + hours * power.to_numpy()
    scale = np.maximum(table["e_nom"].to_numpy(float), 1.0)
    return float(np.abs(gap / scale).max(initial=0.0))


def _bounds(result: Result) -> float:
    worst = 0.0
    for component, size, low, high, key in (
        ("generators", "p_nom", "p_min_pu", "p_max_pu", "p"),
        ("links", "p_nom", "p_min_pu", "p_max_pu", "p"),
        ("lines", "s_nom", None, "s_max_pu", "s"),
        ("storage_units", "p_nom", "p_min_pu", "p_max_pu", "p"),
        ("transformers", "s_nom", None, "s_max_pu", "s"),
        ("stores", "e_nom", "e_min_pu", "e_max_pu", "e"),
    ):
        if (component, key) not in result.values:
            continue
        value = result.values[component, key]
        if component == "lines":
            value = value.abs() + result.line_losses
        nominal = result.inputs.components[component].loc[value.columns, size].to_numpy(float)
        top = result.inputs.values(component, high)[value.columns].to_numpy()
        bottom = -top if low is None else result.inputs.values(component, low)[value.columns].to_numpy()
        over = np.maximum(value.to_numpy() - top * nominal, bottom * nominal - value.to_numpy())
        worst = max(worst, float((over / np.maximum(nominal, 1.0)).max(initial=0.0)))
    return worst


def _missing_losses(result: Result) -> float:
    if result.inputs.line_losses == "none":
        return 0.0
    loss = result.line_losses.to_numpy()
    missing = linearised_loss(result.inputs, result.flow("lines").to_numpy()) - loss
    return float(missing.max(initial=0.0) / loss.max(initial=1.0))


def _created(result: Result) -> float:
    links = result.inputs.components.get("links", pd.DataFrame())
    if links.empty:
        return 0.0
    buses = result.inputs.components["buses"]["carrier"]
    same = links.index[links["bus0"].map(buses).to_numpy() == links["bus1"].map(buses).to_numpy()]
    gain = result.received[same] - result.flow("links")[same]
    return float(gain.to_numpy().max(initial=0.0))
