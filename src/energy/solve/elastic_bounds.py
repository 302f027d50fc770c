"""Elastic bounds: which bounds rules, events and components set, and by how much each could yield."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from energy.model import Inputs
from energy.model.hourly import number
from energy.scenario import Event
from energy.solve.elastic_bound import (
    FLOW_OF_WATER,
    LAST_RESORT,
    POWER,
    ElasticBound,
    ReportUnit,
    column_bound,
    content_unit,
    flow_unit,
)
from energy.solve.elastic_rules import RuleMinima, flow_bounds, level_rule_bounds, row_bounds, start_bounds
from energy.solve.lp import BALANCE, Key, Problem, Structure

_NOMINAL = {"generators": "p_nom", "links": "p_nom", "lines": "s_nom", "stores": "e_nom"}


def elastic_bounds(
    structure: Structure,
    inputs: Inputs,
    problem: Problem,
) -> list[ElasticBound]:
    """Return every bound that could yield: rules first, then events, must-run output, and demand or inflow last."""
    minima = {key: np.zeros(columns.shape, dtype=bool) for key, columns in structure.columns.items()}
    bounds = list(row_bounds(structure, inputs, problem))
    bounds += start_bounds(structure, inputs, problem)
    bounds += flow_bounds(structure, inputs, problem, minima)
    bounds += level_rule_bounds(structure, inputs, problem, minima)
    bounds += _event_bounds(structure, inputs, problem)
    bounds += _must_run_bounds(structure, inputs, problem, minima)
    bounds += _balance_bounds(structure, inputs, problem)
    return bounds


def _event_bounds(
    structure: Structure,
    inputs: Inputs,
    problem: Problem,
) -> Iterator[ElasticBound]:
    """Yield the capacity that events took, and the demand and inflow that they changed."""
    for (component, name, attribute), events in inputs.events.items():
        before = inputs.undisturbed.get((component, attribute))
        table = inputs.components.get(component)
        if before is None or table is None or name not in table.index:
            continue
        position = table.index.get_loc(name)
        disturbed = inputs.array(component, attribute)
        change = disturbed[:, position] - before[:, position]
        for event in events:
            chosen = np.flatnonzero(_during(inputs, event) & (change != 0))
            if not len(chosen):
                continue
            if component == "loads":
                yield from _load_bounds(
                    structure,
                    inputs,
                    problem,
                    event=event.name,
                    load=name,
                    chosen=chosen,
                    change=change[chosen],
                )
                continue
            key = _power_key(structure, component)
            lost = chosen[change[chosen] < 0]
            if key is None or not attribute.endswith("max_pu") or not len(lost):
                continue
            columns = structure.columns[key][:, position]
            size = number(table, name, _NOMINAL[component])
            yield column_bound(
                inputs,
                columns,
                lost,
                name=f"event {event.name}",
                said=f"{component} {name} at most",
                unit=flow_unit(inputs, component, name),
                sign=-1,
                bound=problem.upper[columns[lost]],
                most=-change[lost] * size,
            )


def _during(inputs: Inputs, event: Event) -> np.ndarray:
    """Return in which snapshots an event acts, until the end of its recovery; shape (snapshots,)."""
    start, end = event.window(inputs.axis.hours[0])
    recovered = max(end, event.recovered(start))
    snapshots = inputs.axis.snapshots
    return np.asarray((snapshots >= start) & (snapshots < recovered))


def _power_key(structure: Structure, component: str) -> Key | None:
    """Return the block of columns of the power of a component list."""
    for key in structure.columns:
        if key[0] == component and key[1] in ("p", "s"):
            return key
    return None


def _load_bounds(
    structure: Structure,
    inputs: Inputs,
    problem: Problem,
    *,
    event: str,
    load: str,
    chosen: np.ndarray,
    change: np.ndarray,
) -> Iterator[ElasticBound]:
    """Yield the demand or inflow of a load that an event changed at chosen snapshots."""
    table = inputs.components["loads"]
    bus = structure.buses.get_loc(str(table.at[load, "bus"]))
    rows = structure.rows[BALANCE][chosen, bus]
    load_sign = number(table, load, "sign")
    undoing = load_sign * change  # change of the right side of the row if the event is undone
    unit = flow_unit(inputs, "loads", load)
    for sign in (1, -1):
        yields = sign * undoing < 0
        in_program = yields & (rows >= 0)
        if not in_program.any():
            continue
        snapshots = chosen[in_program]
        bounds = problem.row_lower if sign > 0 else problem.row_upper
        bound = bounds[rows[in_program]]
        is_demand = (bound > 0).any()  # inflow is demand below zero
        yield ElasticBound(
            name=f"event {event}",
            said=f"{load} takes" if is_demand else f"{load} brings",
            unit=unit.name,
            at=rows[in_program],
            of_columns=False,
            sign=sign,
            bound=bound,
            most=np.abs(undoing[in_program]),
            hours=inputs.axis.weights[snapshots],
            snapshots=snapshots,
            factor=unit.factor if is_demand else -unit.factor,
        )


def _must_run_bounds(
    structure: Structure,
    inputs: Inputs,
    problem: Problem,
    minima: RuleMinima,
) -> Iterator[ElasticBound]:
    """Yield output that is above zero by a component's own ``p_min_pu`` or ``e_min_pu``."""
    for key, columns in structure.columns.items():
        component = key[0]
        lower = problem.lower[columns]
        has_range = lower != problem.upper[columns]
        forced = (lower > 0) & has_range & ~minima[key]
        for position in np.flatnonzero(forced.any(axis=0)):
            name = structure.names[key][int(position)]
            if component == "stores":
                attribute = "e_min_pu"
                unit = ReportUnit(content_unit(inputs, name))
            else:
                attribute = "p_min_pu"
                unit = flow_unit(inputs, component, name)
            chosen = np.flatnonzero(forced[:, position])
            bound = lower[chosen, position]
            yield column_bound(
                inputs,
                columns[:, position],
                chosen,
                name=f"{component} {name}",
                said=f"{attribute}: at least",
                unit=unit,
                sign=1,
                bound=bound,
                most=bound,
            )


def _balance_bounds(
    structure: Structure,
    inputs: Inputs,
    problem: Problem,
) -> Iterator[ElasticBound]:
    """Yield the demand or inflow of each bus, as the last resort."""
    bus_carrier = inputs.components["buses"]["carrier"]
    carriers = pd.Series(structure.buses).map(bus_carrier)
    balances = structure.rows[BALANCE]
    demand = problem.row_lower[balances.clip(min=0)]
    for position, bus in enumerate(structure.buses):
        rows = balances[:, position]
        chosen = np.flatnonzero(rows >= 0)
        if not len(chosen):
            continue
        carrier = carriers[position]
        same_carrier = (carriers == carrier).to_numpy()
        largest = float(np.abs(demand[:, same_carrier]).max(initial=0.0))
        size = np.full(len(chosen), largest or 1.0)
        unit = FLOW_OF_WATER if carrier == "water" else POWER
        for sign, said in ((1, "short of supply by"), (-1, "cannot get rid of")):
            yield ElasticBound(
                name=f"buses {bus}",
                said=said,
                unit=unit.name,
                at=rows[chosen],
                of_columns=False,
                sign=sign,
                bound=demand[chosen, position],
                most=10 * size,
                hours=inputs.axis.weights[chosen],
                snapshots=chosen,
                factor=unit.factor,
                weight=LAST_RESORT,
            )
