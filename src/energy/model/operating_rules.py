"""Operating rules → bounds and costs of PyPSA's components; ``rule_constraints`` has those that they cannot express."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.rules import (
    EndRule,
    FlowRule,
    LevelRule,
    Rule,
    RuleBook,
    StartRule,
    StorageRule,
)
from energy.errors import Fault, InputError, nearest
from energy.model.axis import Axis, month_day
from energy.model.hourly import Hourly, dense, number, replace_columns
from energy.model.profiles import HM3_AN_HOUR
from energy.model.rule_constraints import POND, may_fall_short
from energy.model.rule_windows import snapshots_inside
from energy.reading.schema_errors import validated
from energy.reading.tree import Node, Origin, nearest_node, planted, put
from energy.scenario import Scenario

RULES_FILE = "rules.yaml"


class _LevelBound(NamedTuple):
    """A bound on the content of a store.

    Attributes
    ----------
    attribute
        ``e_min_pu`` or ``e_max_pu``.
    bound
        Share of ``e_nom``.
    tighter
        Function that returns the tighter of two bounds.
    positions
        Snapshots at whose ends the bound holds.
    """

    attribute: str
    bound: float
    tighter: Any
    positions: list[int]


def rule_book(
    case: Case,
    scenario: Scenario,
) -> RuleBook:
    """Return the case's rules with those that the scenario switches off or alters.

    Raises
    ------
    InputError
        When the scenario names an unknown rule, service or field, or gives a value that the rule refuses.
    """
    book = case.rules
    in_force = {name: rule for name, rule in book.rules.items() if scenario.rules.get(name) != "off"}
    yield_order = tuple(name for name in book.yield_order if name in in_force)
    tree = planted(
        book.model_copy(update={"rules": in_force, "yield_order": yield_order}),
        Origin(case.path / RULES_FILE),
    )
    tree = _with_changed_rules(tree, scenario, in_force)
    if book.contract is not None:
        tree = _with_changed_contract(tree, scenario)
    faults = [
        *_unknown_rules(scenario, book),
        *_unknown_services(scenario, book),
    ]
    try:
        changed = validated(RuleBook, tree)
    except InputError as err:
        raise InputError([*faults, *err.faults]) from None
    if faults:
        raise InputError(faults)
    return changed


def _with_changed_rules(
    tree: Node,
    scenario: Scenario,
    in_force: Mapping[str, Rule],
) -> Node:
    """Return the tree of a rule book with the fields of rules that a scenario sets."""
    for name in in_force.keys() & scenario.rules.keys():
        path = ("rules", name)
        _, rule = nearest_node(tree, path)
        fields = {str(field): value for field, value in rule.children()}
        for field, value in scenario.rules[name].items():
            origin = scenario.written_at(*path, field)
            fields[field] = planted(value, origin)
        changed = Node(fields, scenario.written_at(*path))
        tree = put(tree, path, changed)
    return tree


def _with_changed_contract(
    tree: Node,
    scenario: Scenario,
) -> Node:
    """Return the tree of a rule book with the season and the prices of the contract that a scenario sets."""
    contract = scenario.contract
    if contract.season is not None:
        path_of_season = ("contract", "season")
        origin = scenario.written_at(*path_of_season)
        tree = put(tree, path_of_season, planted(contract.season, origin))
    for part, price in contract.prices.items():
        path = ("contract", "prices", part)
        origin = scenario.written_at(*path)
        tree = put(tree, path, planted(price, origin))
    return tree


def _unknown_rules(
    scenario: Scenario,
    book: RuleBook,
) -> Iterator[Fault]:
    for name in scenario.rules:
        if name not in book.rules:
            origin = scenario.written_at("rules", name)
            yield _unknown("rule", name, origin, book.rules)


def _unknown_services(
    scenario: Scenario,
    book: RuleBook,
) -> Iterator[Fault]:
    order = scenario.protection_order or ()
    for position, name in enumerate(order):
        if name not in book.services:
            origin = scenario.written_at("protection_order", position)
            yield _unknown("service", name, origin, book.services)


def _unknown(
    word: str,
    name: str,
    origin: Origin,
    names: Iterable[str],
) -> Fault:
    names = list(names)
    return Fault(
        f"the case has no {word} {name!r}",
        origin.where,
        origin.line,
        allowed=", ".join(names) or None,
        repair=nearest(name, names),
    )


def started(
    case: Case,
    scenario: Scenario,
    book: RuleBook,
    month: int,
    stores: pd.DataFrame,
) -> pd.DataFrame:
    """Return the stores with the initial contents of start rules; daily ponds are cyclic.

    Parameters
    ----------
    case, scenario
        What exists and what is asked, for the place of a fault.
    book
        The rules in force.
    month
        Month in which the horizon starts, 1 to 12.
    stores
        Stores in service.

    Raises
    ------
    InputError
        When a start or end rule asks for a content [hm³] that its store cannot have.
    """
    stores = stores.copy()
    is_pond = stores["carrier"] == POND
    stores.loc[is_pond, "e_cyclic"] = True
    faults = []
    for name, rule in book.rules.items():
        if not isinstance(rule, StartRule | EndRule) or rule.store not in stores.index:
            continue
        level = rule.at(month) if isinstance(rule, StartRule) else rule.level
        e_nom = number(stores, rule.store, "e_nom")
        if isinstance(level, float | int) and not 0 <= level <= e_nom:
            origin = _origin_of_level(case, scenario, name)
            fault = Fault(
                f"rules.{name}: {rule.kind} of {rule.store!r} is {level:g} hm3",
                origin.where,
                origin.line,
                allowed=f"0 to {e_nom:g} hm3, the size of the store",
                repair="correct the rule",
            )
            faults.append(fault)
        elif isinstance(rule, StartRule) and level is not None:
            stores.loc[rule.store, ["e_initial", "e_cyclic"]] = [level, False]
    if faults:
        raise InputError(faults)
    return stores


def _origin_of_level(
    case: Case,
    scenario: Scenario,
    name: str,
) -> Origin:
    """Return where the level of a rule was written: in the scenario, or in the case."""
    if name in scenario.rules:
        return scenario.written_at("rules", name, "level")
    return Origin(case.path / RULES_FILE)


def apply_flows(
    book: RuleBook,
    hours: pd.DatetimeIndex,
    static: Mapping[str, pd.DataFrame],
    hourly: Hourly,
) -> None:
    """Write the flow rules into the hourly bounds of their links."""
    links = static.get("links", pd.DataFrame())
    month = hours.month.to_numpy()
    for rule in book.rules.values():
        if not isinstance(rule, FlowRule) or rule.link not in links.index:
            continue
        p_nom = number(links, rule.link, "p_nom")
        pu_of_flow = HM3_AN_HOUR / p_nom if p_nom else 0.0  # what has no capacity passes nothing
        at_least = None if may_fall_short(rule, static) else rule.at_least
        bounds = (
            ("p_min_pu", at_least, np.maximum),
            ("p_max_pu", rule.at_most, np.minimum),
        )
        for attribute, flow_by_month, tighter in bounds:
            if not flow_by_month:
                continue
            table = dense(
                hourly,
                static,
                hours=hours,
                component="links",
                attribute=attribute,
                names=[rule.link],
            )
            values = table[rule.link].to_numpy(copy=True)
            for month_of_flow, flow in flow_by_month.items():
                is_month = month == month_of_flow
                values[is_month] = tighter(values[is_month], flow * pu_of_flow)
            bounded = table.assign(**{rule.link: values})
            replace_columns(hourly, "links", attribute, bounded)


def apply_levels(
    book: RuleBook,
    axis: Axis,
    static: Mapping[str, pd.DataFrame],
    values: Mapping[tuple[str, str], np.ndarray],
) -> None:
    """Write level, storage and end rules into the bounds and costs of their stores; shape (snapshots, stores).

    The worth v of water left at the end [$/hm³] becomes a cost of −v/w on the content of the last snapshot, which
    stands for w hours: PyPSA multiplies ``marginal_cost_storage`` by the hours.
    """
    stores = static.get("stores", pd.DataFrame())
    hours_of_last = axis.weightings["objective"].iloc[-1]
    for rule in book.rules.values():
        if not isinstance(rule, LevelRule | StorageRule | EndRule) or rule.store not in stores.index:
            continue
        column = stores.index.get_loc(rule.store)
        e_nom = number(stores, rule.store, "e_nom")
        e_initial = number(stores, rule.store, "e_initial")
        for attribute, bound, tighter, positions in level_bounds(rule, axis, e_nom, e_initial):
            bounds = values["stores", attribute][:, column]
            bounds[positions] = tighter(bounds[positions], bound)
        if isinstance(rule, EndRule) and rule.value:
            cost = values["stores", "marginal_cost_storage"]
            cost[-1, column] -= rule.value / hours_of_last


def level_bounds(
    rule: LevelRule | StorageRule | EndRule,
    axis: Axis,
    size: float,
    start: float,
) -> Iterator[_LevelBound]:
    """Yield the bounds that a rule sets on the content of its store.

    Parameters
    ----------
    rule
        A level, storage or end rule.
    axis
        The horizon.
    size, start
        ``e_nom`` and content at the start of the horizon [hm³ or MWh].
    """
    if isinstance(rule, EndRule):
        if rule.level is not None:
            level = start if isinstance(rule.level, str) else rule.level
            last = len(axis.snapshots) - 1
            yield _LevelBound("e_min_pu", level / size, np.maximum, [last])
        return
    positions = _positions(rule, axis)
    if rule.at_least is not None:
        yield _LevelBound("e_min_pu", rule.at_least, np.maximum, positions)
    if rule.at_most is not None:
        yield _LevelBound("e_max_pu", rule.at_most, np.minimum, positions)


def _positions(
    rule: LevelRule | StorageRule,
    axis: Axis,
) -> list[int]:
    """Return the snapshots at whose ends a rule holds: those in its window, or the last before its date."""
    if isinstance(rule, StorageRule):
        inside = snapshots_inside(rule.window, axis)
        return list(map(int, np.flatnonzero(inside)))
    first = axis.hours[0]
    positions = []
    for year in range(first.year, axis.end.year + 1):
        instant = month_day(year, rule.date)
        if not first < instant <= axis.end:
            continue
        position = axis.last_before(instant)
        if position is not None:
            positions.append(position)
    return positions
