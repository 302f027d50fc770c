"""Elastic bounds of operating rules: volumes and limits, starts of stores, flows, levels and ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from energy.case.rules import EndRule, FlowRule, LevelRule, StartRule, StorageRule
from energy.model import Inputs
from energy.model.operating_rules import level_bounds
from energy.model.profiles import HM3_AN_HOUR
from energy.solve.elastic_bound import FLOW_OF_WATER, ElasticBound, ReportUnit, column_bound, content_unit, flow_unit
from energy.solve.lp import ENERGY, Problem, Structure

RuleMinima = Mapping[tuple[str, str], np.ndarray]
"""(component list, quantity) → whether a rule sets the lower bound; shape (snapshots, names)."""
_SIDES = (("at_least", 1), ("at_most", -1), ("equals", 1), ("equals", -1))


def row_bounds(
    structure: Structure,
    inputs: Inputs,
    problem: Problem,
) -> Iterator[ElasticBound]:
    """Yield the bounds of the rules that are rows of the program: volumes and limits."""
    for rule in inputs.rules:
        for field, sign in _SIDES:
            rows = structure.rows.get(f"rule-{rule['name']}-{field}")
            if rows is not None:
                rows = rows.ravel()
                yield _row_bound(inputs, problem, rule, rows=rows[rows >= 0], field=field, sign=sign)


def _row_bound(
    inputs: Inputs,
    problem: Problem,
    rule: Mapping[str, Any],
    *,
    rows: np.ndarray,
    field: str,
    sign: int,
) -> ElasticBound:
    """Return the bounds of a rule's rows on one side."""
    count = len(rows)
    snapshots = np.full(count, -1)
    hours = np.ones(count)
    if rule["kind"] == "limit":
        runs = [np.arange(*run) for run in rule["runs"]]
        snapshots = np.concatenate(runs)
        hours = inputs.axis.weights[snapshots]
    bounds = problem.row_lower if sign > 0 else problem.row_upper
    return ElasticBound(
        name=f"rule {rule['name']}",
        said=field.replace("_", " "),
        unit=_row_unit(inputs, rule),
        at=rows,
        of_columns=False,
        sign=sign,
        bound=bounds[rows],
        most=np.full(count, np.inf),
        hours=hours,
        snapshots=snapshots,
    )


def _row_unit(inputs: Inputs, rule: Mapping[str, Any]) -> str:
    """Return the unit of a rule's rows."""
    if rule["kind"] == "volume":
        component = "links" if rule["links"] else "generators"
        is_water = flow_unit(inputs, component, rule[component][0]) == FLOW_OF_WATER
        return "hm3" if is_water else "MWh"
    if rule["kind"] != "limit":
        return "MW"
    term = rule["terms"][0]
    if term["component"] == "lines":
        return "MW"
    unit = flow_unit(inputs, term["component"], term["names"][0])
    return "hm3/h" if unit == FLOW_OF_WATER else unit.name


def start_bounds(
    structure: Structure,
    inputs: Inputs,
    problem: Problem,
) -> Iterator[ElasticBound]:
    """Yield the contents with which stores start, from below and from above."""
    if not len(structure.stores):
        return
    table = inputs.components["stores"].loc[structure.stores]
    rules = _start_rules(inputs)
    first_rows = structure.rows[ENERGY][0]
    for store, row in zip(structure.stores, first_rows, strict=True):
        if table.at[store, "e_cyclic"]:
            continue
        bound = problem.row_lower[[row]]
        size = np.array([_number(table, store, "e_nom")])
        room = {
            1: (size + bound).clip(min=0.0),  # the row holds minus the content: a lower bound limits it from above
            -1: (-bound).clip(min=0.0),
        }
        for sign, most in room.items():
            yield ElasticBound(
                name=rules.get(store, f"stores {store}: e_initial"),
                said="starts with",
                unit=content_unit(inputs, store),
                at=np.array([row]),
                of_columns=False,
                sign=sign,
                bound=bound,
                most=most,
                hours=np.ones(1),
                snapshots=np.zeros(1, dtype=int),
                factor=-1.0,
            )


def _start_rules(inputs: Inputs) -> dict[str, str]:
    """Return for each store the rule that sets its start."""
    rules = {}
    for name, rule in inputs.book.rules.items():
        if isinstance(rule, StartRule):
            rules[rule.store] = f"rule {name}"
    return rules


def flow_bounds(
    structure: Structure,
    inputs: Inputs,
    problem: Problem,
    minima: RuleMinima,
) -> Iterator[ElasticBound]:
    """Yield the bounds of flow rules, and mark in ``minima`` the lower bounds that they set."""
    links = structure.names.get(("links", "p"), pd.Index([]))
    for name, rule in inputs.book.rules.items():
        if not isinstance(rule, FlowRule) or rule.link not in links:
            continue
        link = links.get_loc(rule.link)
        columns = structure.columns["links", "p"][:, link]
        size = _number(inputs.components["links"], rule.link, "p_nom")
        for field, sign in (("at_least", 1), ("at_most", -1)):
            bounds = _column_bounds(problem, columns, sign)
            flow = _monthly(inputs, getattr(rule, field))
            by_rule = np.isclose(bounds, flow, rtol=1e-6)
            chosen = np.flatnonzero(by_rule)
            if not len(chosen):
                continue
            if sign > 0:
                minima["links", "p"][chosen, link] = True
            bound = bounds[chosen]
            yield column_bound(
                inputs,
                columns,
                chosen,
                name=f"rule {name}",
                said=field.replace("_", " "),
                unit=FLOW_OF_WATER,
                sign=sign,
                bound=bound,
                most=_room(bound, size, sign),
            )


def _monthly(
    inputs: Inputs,
    flow: Mapping[int, float] | None,
) -> np.ndarray:
    """Return a flow by month [m³/s] in each snapshot [hm³/h], NaN in other months; shape (snapshots,)."""
    by_month = flow or {}
    months = inputs.axis.snapshots.month.to_numpy()
    values = [by_month.get(month, np.nan) for month in months]
    return np.array(values) * HM3_AN_HOUR


def level_rule_bounds(
    structure: Structure,
    inputs: Inputs,
    problem: Problem,
    minima: RuleMinima,
) -> Iterator[ElasticBound]:
    """Yield the bounds of level, storage and end rules, and mark in ``minima`` the lower bounds that they set."""
    stores = structure.names.get(("stores", "e"), pd.Index([]))
    table = inputs.components.get("stores", pd.DataFrame())
    for name, rule in inputs.book.rules.items():
        if not isinstance(rule, LevelRule | StorageRule | EndRule) or rule.store not in stores:
            continue
        store = stores.get_loc(rule.store)
        columns = structure.columns["stores", "e"][:, store]
        size = _number(table, rule.store, "e_nom")
        start = _number(table, rule.store, "e_initial")
        unit = ReportUnit(content_unit(inputs, rule.store))
        if isinstance(rule, LevelRule | StorageRule):
            unit = ReportUnit("of e_nom", 1 / size if size else 1.0)
        for attribute, _, _, positions in level_bounds(rule, inputs.axis, size, start):
            sign = 1 if attribute == "e_min_pu" else -1
            chosen = np.array(sorted(set(positions)), dtype=int)
            if sign > 0:
                minima["stores", "e"][chosen, store] = True
            bound = _column_bounds(problem, columns, sign)[chosen]
            yield column_bound(
                inputs,
                columns,
                chosen,
                name=f"rule {name}",
                said="at least" if sign > 0 else "at most",
                unit=unit,
                sign=sign,
                bound=bound,
                most=_room(bound, size, sign),
            )


def _column_bounds(
    problem: Problem,
    columns: np.ndarray,
    sign: int,
) -> np.ndarray:
    """Return the lower bounds of columns where ``sign`` is 1, else the upper ones."""
    bounds = problem.lower if sign > 0 else problem.upper
    return np.asarray(bounds[columns])


def _room(
    bound: np.ndarray,
    size: float,
    sign: int,
) -> np.ndarray:
    """Return by how much a bound may yield: a lower one to zero, an upper one to the size."""
    room = bound if sign > 0 else size - bound
    return np.asarray(room.clip(min=0))


def _number(
    table: pd.DataFrame,
    name: str,
    attribute: str,
) -> float:
    return float(table.at[name, attribute])  # type: ignore[arg-type]
