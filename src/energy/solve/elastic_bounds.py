"""Elastic bounds: which bounds rules, events and components set, and by how much each could yield."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from energy.case.rules import EndRule, FlowRule, LevelRule, StartRule, StorageRule
from energy.model import Inputs
from energy.model.operating_rules import level_bounds
from energy.model.profiles import HM3_AN_HOUR
from energy.solve.lp import BALANCE, ENERGY, Problem, Structure

Taken = Mapping[tuple[str, str], np.ndarray]
"""(component list, quantity) → which lower bounds a rule has set already; shape (snapshots, names)."""

LAST_RESORT = 1e3  # demand and inflow yield only where no rule, event or must-run output can
_NOMINAL = {"generators": "p_nom", "links": "p_nom", "lines": "s_nom", "stores": "e_nom"}


@dataclass(frozen=True)
class ElasticBound:
    """One-sided bounds of one origin.

    Attributes
    ----------
    name
        Whose bounds they are, as ``rule nurek_end`` or ``event pole 1 out``.
    said
        What they demand, in words: ``at least``, ``at most``, ``starts with``, ``demand``.
    unit
        Unit in which they are shown.
    at
        Rows of the program, or its columns where ``of_columns``; shape (bounds,).
    of_columns
        Whether the bounds are those of columns.
    sign
        1 for lower bounds, -1 for upper ones.
    bound
        What is demanded, in the program's unit; shape (bounds,).
    most
        By how much each may yield at most, in the program's unit; shape (bounds,).
    hours
        What each weighs within its origin [h]; shape (bounds,).
    snapshots
        Position of the snapshot of each bound, -1 where it is none's; shape (bounds,).
    factor
        The program's unit → the shown one; negative where the program has the opposite sign.
    weight
        What the whole origin weighs against others.
    """

    name: str
    said: str
    unit: str
    at: np.ndarray
    of_columns: bool
    sign: int
    bound: np.ndarray
    most: np.ndarray
    hours: np.ndarray
    snapshots: np.ndarray
    factor: float = 1.0
    weight: float = 1.0

    @property
    def scale(self) -> float:
        """Size against which a violation is measured, in the program's unit: what is demanded, or can yield."""
        yields = self.most[np.isfinite(self.most)]
        return float(max(np.abs(self.bound).max(initial=0.0), yields.max(initial=0.0))) or 1.0

    @property
    def cost(self) -> np.ndarray:
        """Cost of yielding by one unit: the share of the demand that is given up, in the mean over its hours."""
        found: np.ndarray = self.weight * self.hours / (self.hours.sum() * self.scale)
        return found


def elastic_bounds(structure: Structure, inputs: Inputs, problem: Problem) -> list[ElasticBound]:
    """Return every bound that could yield: rules first, then events, must-run output, and demand or inflow last."""
    taken = {key: np.zeros(columns.shape, dtype=bool) for key, columns in structure.columns.items()}
    found = [*_rows(structure, inputs, problem), *_starts(structure, inputs, problem)]
    for part in (_flows, _levels):
        found += part(structure, inputs, problem, taken)
    found += _events(structure, inputs, problem)
    found += _must_run(structure, inputs, problem, taken)
    return [*found, *_balances(structure, inputs, problem)]


def _rows(structure: Structure, inputs: Inputs, problem: Problem) -> Iterator[ElasticBound]:
    for rule in inputs.rules:
        unit = "hm3" if rule["kind"] == "volume" else _limit_unit(inputs, rule)
        for field, sign, bounds in (
            ("at_least", 1, problem.row_lower),
            ("at_most", -1, problem.row_upper),
            ("equals", 1, problem.row_lower),
            ("equals", -1, problem.row_upper),
        ):
            rows = structure.rows.get(f"rule-{rule['name']}-{field}")
            if rows is None:
                continue
            rows = rows.ravel()
            rows = rows[rows >= 0]
            snapshots = np.full(len(rows), -1)
            if rule["kind"] == "limit":
                snapshots = np.concatenate([np.arange(*run) for run in rule["runs"]])
            hours = inputs.axis.weights[snapshots] if rule["kind"] == "limit" else np.ones(len(rows))
            words = field.replace("_", " ")
            name = f"rule {rule['name']}"
            yield ElasticBound(name, words, unit, rows, False, sign, bounds[rows], _endless(rows), hours, snapshots)


def _limit_unit(inputs: Inputs, rule: Mapping[str, Any]) -> str:
    if rule["kind"] != "limit" or rule["terms"][0]["component"] == "lines":
        return "MW"
    unit, _ = _flow_unit(inputs, rule["terms"][0]["component"], rule["terms"][0]["names"][0])
    return "hm3/h" if unit == "m3/s" else unit


def _endless(places: np.ndarray) -> np.ndarray:
    return np.full(len(places), np.inf)


def _starts(structure: Structure, inputs: Inputs, problem: Problem) -> Iterator[ElasticBound]:
    if not len(structure.stores):
        return
    table = inputs.components["stores"].loc[structure.stores]
    rules = {rule.store: name for name, rule in inputs.book.rules.items() if isinstance(rule, StartRule)}
    for store, row in zip(structure.stores, structure.rows[ENERGY][0], strict=True):
        if table.at[store, "e_cyclic"]:
            continue
        name = f"rule {rules[store]}" if store in rules else f"stores {store}: e_initial"
        at, bound = np.array([row]), problem.row_lower[[row]]
        size = np.array([float(table.at[store, "e_nom"])])  # type: ignore[arg-type]
        unit = _content_unit(inputs, store)
        # the row holds the content with a minus: a row that may be lower stands for a fuller store
        for sign, most in ((1, (size + bound).clip(min=0.0)), (-1, (-bound).clip(min=0.0))):
            yield ElasticBound(
                name, "starts with", unit, at, False, sign, bound, most, np.ones(1), np.zeros(1, int), -1.0
            )


def _content_unit(inputs: Inputs, store: str) -> str:
    bus = inputs.components["stores"].at[store, "bus"]
    return "hm3" if inputs.components["buses"].at[bus, "carrier"] == "water" else "MWh"


def _flow_unit(inputs: Inputs, component: str, name: str) -> tuple[str, float]:
    column = "bus" if component in ("generators", "loads") else "bus0"
    bus = inputs.components[component].at[name, column]
    water = inputs.components["buses"].at[bus, "carrier"] == "water"
    return ("m3/s", 1 / HM3_AN_HOUR) if water else ("MW", 1.0)


def _flows(structure: Structure, inputs: Inputs, problem: Problem, taken: Taken) -> Iterator[ElasticBound]:
    months = inputs.axis.snapshots.month.to_numpy()
    for key, rule in inputs.book.rules.items():
        if not isinstance(rule, FlowRule) or rule.link not in structure.names.get(("links", "p"), ()):
            continue
        at = structure.names["links", "p"].get_loc(rule.link)
        columns = structure.columns["links", "p"][:, at]
        size = float(inputs.components["links"].at[rule.link, "p_nom"])  # type: ignore[arg-type]
        for field, sign, bounds in (("at_least", 1, problem.lower), ("at_most", -1, problem.upper)):
            flow = getattr(rule, field) or {}
            wanted = np.array([flow.get(month, np.nan) for month in months]) * HM3_AN_HOUR
            chosen = np.flatnonzero(np.isclose(bounds[columns], wanted, rtol=1e-6))
            if len(chosen):
                if sign > 0:
                    taken["links", "p"][chosen, at] = True
                bound = bounds[columns[chosen]]
                most = bound.clip(min=0) if sign > 0 else (size - bound).clip(min=0)
                yield _columns(
                    inputs,
                    f"rule {key}",
                    field.replace("_", " "),
                    ("m3/s", 1 / HM3_AN_HOUR),
                    columns,
                    chosen,
                    sign,
                    bound,
                    most,
                )


def _columns(
    inputs: Inputs,
    name: str,
    said: str,
    unit: tuple[str, float],
    columns: np.ndarray,
    chosen: np.ndarray,
    sign: int,
    bound: np.ndarray,
    most: np.ndarray,
) -> ElasticBound:
    hours = inputs.axis.weights[chosen]
    return ElasticBound(name, said, unit[0], columns[chosen], True, sign, bound, most, hours, chosen, unit[1])


def _levels(structure: Structure, inputs: Inputs, problem: Problem, taken: Taken) -> Iterator[ElasticBound]:
    names = structure.names.get(("stores", "e"), pd.Index([]))
    for key, rule in inputs.book.rules.items():
        if not isinstance(rule, LevelRule | StorageRule | EndRule) or rule.store not in names:
            continue
        at = names.get_loc(rule.store)
        table = inputs.components["stores"]
        size, start = (float(table.at[rule.store, name]) for name in ("e_nom", "e_initial"))  # type: ignore[arg-type]
        columns = structure.columns["stores", "e"][:, at]
        for attribute, _, _, positions in level_bounds(rule, inputs.axis, size, start):
            sign = 1 if attribute == "e_min_pu" else -1
            chosen = np.array(sorted(set(positions)), dtype=int)
            bound = (problem.lower if sign > 0 else problem.upper)[columns[chosen]]
            most = bound.clip(min=0) if sign > 0 else (size - bound).clip(min=0)
            if sign > 0:
                taken["stores", "e"][chosen, at] = True
            unit = (_content_unit(inputs, rule.store), 1.0)
            if isinstance(rule, LevelRule | StorageRule):
                unit = ("of e_nom", 1 / size if size else 1.0)
            said = "at least" if sign > 0 else "at most"
            yield _columns(inputs, f"rule {key}", said, unit, columns, chosen, sign, bound, most)


def _events(structure: Structure, inputs: Inputs, problem: Problem) -> Iterator[ElasticBound]:
    """Yield what events took of capacity, and what they changed of demand and inflow."""
    for (component, name, attribute), events in inputs.events.items():
        before = inputs.undisturbed.get((component, attribute))
        if before is None or component not in inputs.components or name not in inputs.components[component].index:
            continue
        place = inputs.components[component].index.get_loc(name)
        change = inputs.array(component, attribute)[:, place] - before[:, place]
        for event in events:
            start, end = event.window(inputs.axis.hours[0])
            inside = (inputs.axis.snapshots >= start) & (inputs.axis.snapshots < max(end, event.recovered(start)))
            chosen = np.flatnonzero(inside & (change != 0))
            if not len(chosen):
                continue
            if component == "loads":
                yield from _event_on_load(structure, inputs, problem, event.name, name, chosen, -change[chosen])
                continue
            key = next((k for k in structure.columns if k[0] == component and k[1] in ("p", "s")), None)
            lost = change[chosen] < 0
            if key is None or not attribute.endswith("max_pu") or not lost.any():
                continue
            chosen = chosen[lost]
            columns = structure.columns[key][:, place]
            size = float(inputs.components[component].at[name, _NOMINAL[component]])  # type: ignore[arg-type]
            most = -change[chosen] * size
            unit = _flow_unit(inputs, component, name)
            bound = problem.upper[columns[chosen]]
            yield _columns(
                inputs, f"event {event.name}", f"{component} {name} at most", unit, columns, chosen, -1, bound, most
            )


def _event_on_load(
    structure: Structure, inputs: Inputs, problem: Problem, event: str, load: str, chosen: np.ndarray, back: np.ndarray
) -> Iterator[ElasticBound]:
    table = inputs.components["loads"]
    bus = structure.buses.get_loc(str(table.at[load, "bus"]))
    rows = structure.rows[BALANCE][chosen, bus]
    demand = -float(table.at[load, "sign"]) * back  # type: ignore[arg-type]  # what the row's right side would change by
    unit, factor = _flow_unit(inputs, "loads", load)
    for sign, part in ((1, demand < 0), (-1, demand > 0)):
        kept = part & (rows >= 0)
        if kept.any():
            at, snapshots = rows[kept], chosen[kept]
            hours = inputs.axis.weights[snapshots]
            bound = (problem.row_lower if sign > 0 else problem.row_upper)[at]
            most = np.abs(demand[kept])
            said, turned = ("takes", factor) if (bound > 0).any() else ("brings", -factor)  # inflow is demand below 0
            yield ElasticBound(
                f"event {event}", f"{load} {said}", unit, at, False, sign, bound, most, hours, snapshots, turned
            )


def _must_run(structure: Structure, inputs: Inputs, problem: Problem, taken: Taken) -> Iterator[ElasticBound]:
    """Yield output that is above zero by a component's own ``p_min_pu`` or ``e_min_pu``."""
    for key, columns in structure.columns.items():
        lower = problem.lower[columns]
        forced = (lower > 0) & (lower != problem.upper[columns]) & ~taken[key]
        for at in np.flatnonzero(forced.any(axis=0)):
            chosen = np.flatnonzero(forced[:, at])
            name, component = structure.names[key][int(at)], key[0]
            unit = (_content_unit(inputs, name), 1.0) if component == "stores" else _flow_unit(inputs, component, name)
            said = f"{'e' if component == 'stores' else 'p'}_min_pu: at least"
            bound = lower[chosen, at]
            yield _columns(inputs, f"{component} {name}", said, unit, columns[:, at], chosen, 1, bound, bound)


def _balances(structure: Structure, inputs: Inputs, problem: Problem) -> Iterator[ElasticBound]:
    buses = inputs.components["buses"]
    carriers = pd.Series(structure.buses).map(buses["carrier"])
    demand = problem.row_lower[structure.rows[BALANCE].clip(min=0)]
    for at, bus in enumerate(structure.buses):
        rows = structure.rows[BALANCE][:, at]
        chosen = np.flatnonzero(rows >= 0)
        if not len(chosen):
            continue
        alike = demand[:, (carriers == carriers[at]).to_numpy()]
        size = np.full(len(chosen), float(np.abs(alike).max(initial=0.0)) or 1.0)
        unit, factor = ("m3/s", 1 / HM3_AN_HOUR) if carriers[at] == "water" else ("MW", 1.0)
        for sign, said in ((1, "short of supply by"), (-1, "cannot get rid of")):
            bound, hours = demand[chosen, at], inputs.axis.weights[chosen]
            yield ElasticBound(
                f"buses {bus}",
                said,
                unit,
                rows[chosen],
                False,
                sign,
                bound,
                10 * size,
                hours,
                chosen,
                factor,
                LAST_RESORT,
            )
