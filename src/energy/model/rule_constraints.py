"""Operating rules → custom constraints, where PyPSA's components cannot express them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import pandas as pd

from energy.case.rules import (
    AccountRule,
    FlowRule,
    LimitRule,
    Rule,
    RuleBook,
    TravelRule,
    VolumeRule,
)
from energy.model.accounts import account_rule
from energy.model.axis import Axis
from energy.model.cache import NO_COMPONENTS, IdentityKey
from energy.model.objective import LACKING, LACKING_WATER, STUDIED
from energy.model.profiles import HM3_AN_HOUR
from energy.model.rule_windows import occurrences, snapshots_inside
from energy.model.snapshot_runs import runs_of

POND = "pond"  # carrier of the stores that close every day

Tables = Mapping[str, pd.DataFrame]
"""Component list → table of the components in service."""
Constraint = dict[str, Any]
"""A constraint as ``energy.extra_functionality`` reads it."""


def unexpressed(
    book: RuleBook,
    axis: Axis,
    static: Tables,
) -> Iterator[Constraint]:
    """Yield the rules that PyPSA's components cannot express, as ``energy.extra_functionality`` reads them.

    Parameters
    ----------
    book
        The rules in force.
    axis
        The horizon.
    static
        Component list → table of the components in service.
    """
    for name, rule in book.rules.items():
        yield from _constraints_of(name, rule, axis, static)
    yield from _contract_ceiling(book, axis, static)
    yield from _lacking_water(axis, static)
    yield from _daily_ponds(axis, static)


def may_fall_short(
    rule: VolumeRule | FlowRule,
    static: Tables,
) -> bool:
    """Return whether a generator in service stands for the water that a rule asks for in vain."""
    if rule.shortfall is None:
        return False
    generators = static.get("generators", NO_COMPONENTS)
    return rule.shortfall in generators.index


def _in_service(
    names: Iterable[str],
    static: Tables,
    component: str,
) -> list[str]:
    """Return the names of a component list that are in service."""
    table = static.get(component, NO_COMPONENTS)
    return [name for name in names if name in table.index]


def _constraints_of(
    name: str,
    rule: Rule,
    axis: Axis,
    static: Tables,
) -> Iterator[Constraint]:
    if isinstance(rule, VolumeRule):
        yield from _volumes(name, rule, axis, static)
    elif isinstance(rule, FlowRule):
        yield from _least_flows(name, rule, axis, static)
    elif isinstance(rule, TravelRule):
        yield from _travel(name, rule, static)
    elif isinstance(rule, LimitRule):
        yield from _limit(name, rule, axis, static)
    elif isinstance(rule, AccountRule):
        account = account_rule(name, rule.area, len(axis.snapshots), static)
        if account is not None:
            yield account


def _whole_horizon(axis: Axis) -> list[list[int]]:
    """Return the one run of snapshots that covers the horizon."""
    return [[0, len(axis.snapshots)]]


def _bounds(
    rule: VolumeRule | LimitRule,
    share: float = 1.0,
) -> dict[str, float]:
    """Return the bounds that a rule gives, times the share of its window that lies in the horizon."""
    bounds = {}
    if rule.at_least is not None:
        bounds["at_least"] = rule.at_least * share
    if rule.at_most is not None:
        bounds["at_most"] = rule.at_most * share
    return bounds


def _volumes(
    name: str,
    rule: VolumeRule,
    axis: Axis,
    static: Tables,
) -> Iterator[Constraint]:
    """Yield the volume [hm³] that links and generators pass, one constraint a year of the window."""
    links = _in_service(rule.links, static, "links")
    generators = _in_service(rule.generators, static, "generators")
    if not links and not generators:
        return
    shortfall = {"shortfall": rule.shortfall} if may_fall_short(rule, static) else {}
    for occurrence in occurrences(rule.window, axis):
        is_inside = axis.share(occurrence.inside) > 0.5
        runs = runs_of(is_inside)
        if not runs:
            continue
        yield {
            "kind": "volume",
            "name": f"{name} {occurrence.label}",
            "runs": runs,
            "links": links,
            "generators": generators,
            **shortfall,
            **_bounds(rule, occurrence.share),
        }


def _least_flows(
    name: str,
    rule: FlowRule,
    axis: Axis,
    static: Tables,
) -> Iterator[Constraint]:
    """Yield the least flows that may fall short [hm³/h], one limit a month: flow and shortfall together suffice."""
    links = static.get("links", NO_COMPONENTS)
    if rule.link not in links.index or not may_fall_short(rule, static):
        return
    terms = [
        {"component": "links", "names": [rule.link], "coefficient": 1.0},
        {"component": "generators", "names": [rule.shortfall], "coefficient": 1.0},
    ]
    flow_by_month = rule.at_least or {}
    for month, flow in flow_by_month.items():
        is_month = axis.share_of_month[:, month - 1] > 0.5
        runs = runs_of(is_month)
        if not runs or flow <= 0:
            continue
        yield {
            "kind": "limit",
            "name": f"{name} {month}",
            "terms": terms,
            "runs": runs,
            "at_least": flow * HM3_AN_HOUR,
        }


def _travel(
    name: str,
    rule: TravelRule,
    static: Tables,
) -> Iterator[Constraint]:
    """Yield the travel time [h] of the water that a store holds on its way to a link."""
    stores = static.get("stores", NO_COMPONENTS)
    links = static.get("links", NO_COMPONENTS)
    if rule.store in stores.index and rule.link in links.index:
        yield {
            "kind": "travel",
            "name": name,
            "store": rule.store,
            "link": rule.link,
            "hours": rule.hours,
        }


def _limit(
    name: str,
    rule: LimitRule,
    axis: Axis,
    static: Tables,
) -> Iterator[Constraint]:
    """Yield a linear limit on the terms in service [MW or hm³/h], where one that the rule needs is in service."""
    names_in_service: set[str] = set()
    terms = []
    for term in rule.terms:
        table = static.get(term.component, NO_COMPONENTS)
        names_in_service.update(table.index)
        if term.name in table.index:
            terms.append(
                {
                    "component": term.component,
                    "names": [term.name],
                    "coefficient": term.coefficient,
                }
            )
    if rule.needs and names_in_service.isdisjoint(rule.needs):
        return
    runs = _whole_horizon(axis)
    if rule.window is not None:
        is_inside = snapshots_inside(rule.window, axis)
        runs = runs_of(is_inside)
    if terms and runs:
        yield {
            "kind": "limit",
            "name": name,
            "terms": terms,
            "runs": runs,
            **_bounds(rule),
        }


def _contract_ceiling(
    book: RuleBook,
    axis: Axis,
    static: Tables,
) -> Iterator[Constraint]:
    """Limit the line under study to the contract's ceiling [MW] where its parts together could carry more."""
    links = static.get("links", NO_COMPONENTS)
    if book.contract is None or "service" not in links:
        return
    ceiling = book.contract.ceiling
    p_nom = _under_study(IdentityKey(links))
    if sum(p_nom.values()) <= ceiling * (1 + 1e-9):
        return
    term = {
        "component": "links",
        "names": list(p_nom),
        "coefficient": 1.0,
    }
    yield {
        "kind": "limit",
        "name": "contract_ceiling",
        "terms": [term],
        "runs": _whole_horizon(axis),
        "at_most": ceiling,
    }


@lru_cache(maxsize=8)
def _under_study(links: IdentityKey[pd.DataFrame]) -> Mapping[str, float]:
    """Return the links under study and their p_nom [MW]."""
    is_under_study = links.it["service"] == STUDIED
    p_nom = links.it.loc[is_under_study, "p_nom"]
    return dict(zip(p_nom.index.tolist(), p_nom.tolist(), strict=True))


def _lacking_water(
    axis: Axis,
    static: Tables,
) -> Iterator[Constraint]:
    """Bound all water that rules ask for in vain [hm³]; the engine lowers the bound to what the rivers alone lack."""
    generators = static.get("generators", NO_COMPONENTS)
    p_nom = _of_lacking_water(IdentityKey(generators))
    if p_nom.empty:
        return
    hours = axis.weightings["stores"].sum()
    yield {
        "kind": "volume",
        "name": LACKING_WATER,
        "links": [],
        "generators": list(p_nom.index),
        "runs": _whole_horizon(axis),
        "at_most": float(p_nom.sum() * hours),
    }


@lru_cache(maxsize=8)
def _of_lacking_water(generators: IdentityKey[pd.DataFrame]) -> pd.Series:
    """Return p_nom [hm³/h] of the generators in service that stand for lacking water."""
    table = generators.it
    if table.empty:
        return pd.Series(dtype=float)
    return table.loc[table["carrier"] == LACKING, "p_nom"]


def _daily_ponds(
    axis: Axis,
    static: Tables,
) -> Iterator[Constraint]:
    """End every typical day with daily ponds as full as they began it."""
    stores = static.get("stores", NO_COMPONENTS)
    if not axis.day_length or stores.empty:
        return
    ponds = stores.index[stores["carrier"] == POND]
    if len(ponds):
        yield {
            "kind": "close",
            "name": "daily_ponds",
            "stores": list(ponds),
            "at": list(map(int, axis.last_of_day)),
        }
