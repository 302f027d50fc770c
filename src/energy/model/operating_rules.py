"""Operating rules → bounds on PyPSA's components; the rest goes to ``energy.extra_functionality``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.rules import (
    AccountRule,
    EndRule,
    FlowRule,
    LevelRule,
    LimitRule,
    Rule,
    RuleBook,
    StartRule,
    StorageRule,
    TravelRule,
    VolumeRule,
    Window,
)
from energy.errors import Fault, InputError, nearest
from energy.model.accounts import account_rule
from energy.model.axis import Axis, in_window, month_day
from energy.model.cache import IdentityKey
from energy.model.custom_constraints import runs_of
from energy.model.hourly import Hourly, dense, number, replace_columns
from energy.model.objective import LACKING, LACKING_WATER, STUDIED
from energy.model.profiles import HM3_AN_HOUR
from energy.reading.schema_errors import validated
from energy.reading.tree import Node, Origin, nearest_node, planted, put
from energy.scenario import Scenario

POND = "pond"  # carrier of the stores that close every day


def rule_book(case: Case, scenario: Scenario) -> RuleBook:
    """Return the case's rules with those that the scenario switches off or alters.

    Raises
    ------
    InputError
        When the scenario names an unknown rule, service or field, or gives a value that the rule refuses.
    """
    rules = case.rules
    kept = {name: rule for name, rule in rules.rules.items() if scenario.rules.get(name) != "off"}
    book = planted(rules.model_copy(update={"rules": kept}), Origin(case.path / "rules.yaml"))
    faults = [
        *_strangers("rule", scenario, ("rules",), {name: name for name in scenario.rules}, rules.rules),
        *_strangers(
            "service", scenario, ("protection_order",), dict(enumerate(scenario.protection_order or ())), rules.services
        ),
    ]
    for name in kept.keys() & scenario.rules.keys():
        fields = {str(field): value for field, value in nearest_node(book, ("rules", name))[1].children()}
        changes = scenario.rules[name].items()
        fields |= {field: planted(value, scenario.written_at("rules", name, field)) for field, value in changes}
        book = put(book, ("rules", name), Node(fields, scenario.written_at("rules", name)))
    if rules.contract is not None:
        if scenario.contract.season is not None:
            book = put(
                book,
                ("contract", "season"),
                planted(scenario.contract.season, scenario.written_at("contract", "season")),
            )
        for part, price in scenario.contract.prices.items():
            origin = scenario.written_at("contract", "prices", part)
            book = put(book, ("contract", "prices", part), planted(price, origin))
    try:
        changed = validated(RuleBook, book)
    except InputError as err:
        raise InputError([*faults, *err.faults]) from None
    if faults:
        raise InputError(faults)
    return changed


def _strangers(
    word: str, scenario: Scenario, around: tuple[str, ...], names: Mapping[Any, str], known: Iterable[str]
) -> Iterator[Fault]:
    known = list(known)
    for step, name in names.items():
        if name not in known:
            asked, allowed = scenario.written_at(*around, step), ", ".join(known) or None
            yield Fault(f"the case has no {word} {name!r}", asked.where, asked.line, allowed, nearest(name, known))


def started(case: Case, scenario: Scenario, book: RuleBook, month: int, stores: pd.DataFrame) -> pd.DataFrame:
    """Return the stores with the contents that start rules give them; daily ponds are cyclic.

    Raises
    ------
    InputError
        When a start or end rule asks for a content [hm³] that its store cannot have.
    """
    stores, faults = stores.copy(), []
    stores.loc[stores["carrier"] == POND, "e_cyclic"] = True
    for key, rule in book.rules.items():
        if not isinstance(rule, StartRule | EndRule) or rule.store not in stores.index:
            continue
        level = rule.at(month) if isinstance(rule, StartRule) else rule.level
        size = number(stores, rule.store, "e_nom")
        if isinstance(level, float | int) and not 0 <= level <= size:
            own = key in scenario.rules
            at = scenario.written_at("rules", key, "level") if own else Origin(case.path / "rules.yaml")
            what = f"rules.{key}: {rule.kind} of {rule.store!r} is {level:g} hm3"
            allowed = f"0 to {size:g} hm3, the size of the store"
            faults.append(Fault(what, at.where, at.line, allowed, "correct the rule"))
        elif isinstance(rule, StartRule) and level is not None:
            stores.loc[rule.store, ["e_initial", "e_cyclic"]] = [level, False]
    if faults:
        raise InputError(faults)
    return stores


def apply_flows(book: RuleBook, hours: pd.DatetimeIndex, static: Mapping[str, pd.DataFrame], hourly: Hourly) -> None:
    """Write the flow rules into the hourly bounds of their links."""
    month = hours.month.to_numpy()
    for rule in book.rules.values():
        if not isinstance(rule, FlowRule) or rule.link not in static["links"].index:
            continue
        p_nom = number(static["links"], rule.link, "p_nom")
        share = HM3_AN_HOUR / p_nom if p_nom else 0.0  # what has no capacity passes nothing
        at_least = None if _yields(rule, static) else rule.at_least
        for attribute, bound, keep in (("p_min_pu", at_least, np.maximum), ("p_max_pu", rule.at_most, np.minimum)):
            if bound:
                table = dense(hourly, static, hours, "links", attribute, [rule.link])
                value = table[rule.link].to_numpy(copy=True)
                for month_number, flow in bound.items():
                    chosen = month == month_number
                    value[chosen] = keep(value[chosen], flow * share)
                replace_columns(hourly, "links", attribute, table.assign(**{rule.link: value}))


def _yields(rule: VolumeRule | FlowRule, static: Mapping[str, pd.DataFrame]) -> bool:
    return rule.shortfall is not None and rule.shortfall in static.get("generators", pd.DataFrame()).index


def apply_levels(
    book: RuleBook, axis: Axis, static: Mapping[str, pd.DataFrame], values: Mapping[tuple[str, str], np.ndarray]
) -> None:
    """Write level, storage and end rules into the bounds and costs of their stores; shape (snapshots, stores).

    The worth v of water left at the end [$/hm³] becomes a cost of −v/w on the content of the last snapshot, which
    stands for w hours: PyPSA multiplies ``marginal_cost_storage`` by the hours.
    """
    for rule in book.rules.values():
        if isinstance(rule, LevelRule | StorageRule | EndRule) and rule.store in static["stores"].index:
            at = static["stores"].index.get_loc(rule.store)
            size, start = (number(static["stores"], rule.store, name) for name in ("e_nom", "e_initial"))
            for attribute, bound, keep, positions in level_bounds(rule, axis, size, start):
                column = values["stores", attribute][:, at]
                column[positions] = keep(column[positions], bound)
            if isinstance(rule, EndRule) and rule.value:
                values["stores", "marginal_cost_storage"][-1, at] -= rule.value / axis.weightings["objective"].iloc[-1]


def level_bounds(
    rule: LevelRule | StorageRule | EndRule, axis: Axis, size: float, start: float
) -> Iterator[tuple[str, float, Any, list[int]]]:
    """Yield the bounds that a rule sets on the content of its store.

    Parameters
    ----------
    rule
        A level, storage or end rule.
    axis
        The horizon.
    size, start
        ``e_nom`` and content at the start of the horizon [hm³ or MWh].

    Yields
    ------
    tuple
        Attribute (``e_min_pu``, ``e_max_pu``), bound as a share of ``e_nom``, the function that keeps the tighter of
        two bounds, and the positions of the snapshots at whose ends it holds.
    """
    if isinstance(rule, EndRule):
        if rule.level is not None:
            level = start if isinstance(rule.level, str) else rule.level
            yield "e_min_pu", level / size, np.maximum, [len(axis.snapshots) - 1]
        return
    if isinstance(rule, StorageRule):
        inside = axis.share(_inside(IdentityKey(axis.hours), rule.window)) > 0.5
        positions = [int(position) for position in np.flatnonzero(inside)]
    else:
        years = range(axis.hours[0].year, axis.end.year + 1)
        instants = [at for year in years if axis.hours[0] < (at := month_day(year, rule.date)) <= axis.end]
        positions = [p for instant in instants if (p := axis.last_before(instant)) is not None]
    if rule.at_least is not None:
        yield "e_min_pu", rule.at_least, np.maximum, positions
    if rule.at_most is not None:
        yield "e_max_pu", rule.at_most, np.minimum, positions


def unexpressed(book: RuleBook, axis: Axis, static: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """Yield the rules that PyPSA's components cannot carry, as ``energy.extra_functionality`` reads them."""
    for name, rule in book.rules.items():
        yield from _constraints_of(name, rule, axis, static)
    yield from _contract_ceiling(book, axis, static)
    yield from _lacking_water(axis, static)
    yield from _closing_ponds(axis, static)


def _constraints_of(name: str, rule: Rule, axis: Axis, static: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    if isinstance(rule, VolumeRule):
        yield from _volumes(name, rule, axis, static)
    elif isinstance(rule, FlowRule):
        yield from _indents(name, rule, axis, static)
    elif isinstance(rule, TravelRule):
        if rule.store in static["stores"].index and rule.link in static["links"].index:
            yield {"kind": "travel", "name": name, "store": rule.store, "link": rule.link, "hours": rule.hours}
    elif isinstance(rule, LimitRule):
        yield from _limit(name, rule, axis, static)
    elif isinstance(rule, AccountRule):
        account = account_rule(name, rule.area, len(axis.snapshots), static)
        if account is not None:
            yield account


def _closing_ponds(axis: Axis, static: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """End every typical day with daily ponds as full as they began it."""
    stores = static.get("stores", pd.DataFrame())
    if not axis.day_length or stores.empty:
        return
    ponds = list(stores.index[stores["carrier"] == POND])
    if ponds:
        at = [int(position) for position in axis.last_of_day]
        yield {"kind": "close", "name": "daily_ponds", "stores": ponds, "at": at}


def _contract_ceiling(book: RuleBook, axis: Axis, static: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """Hold the line under study at the contract's ceiling where its parts together could carry more."""
    links = static.get("links", pd.DataFrame())
    if book.contract is None or "service" not in links:
        return
    under_study = _under_study(IdentityKey(links))
    if sum(under_study.values()) > book.contract.ceiling * (1 + 1e-9):
        term = {"component": "links", "names": list(under_study), "coefficient": 1.0}
        runs = [[0, len(axis.snapshots)]]
        yield {
            "kind": "limit",
            "name": "contract_ceiling",
            "terms": [term],
            "runs": runs,
            "at_most": book.contract.ceiling,
        }


def _lacking_water(axis: Axis, static: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """Bound all water that rules ask for in vain [hm³]; the engine lowers the bound to what the rivers alone lack."""
    generators = static.get("generators", pd.DataFrame())
    if generators.empty:
        return
    lacking = generators[generators["carrier"] == LACKING]
    if len(lacking):
        most = float(lacking["p_nom"].sum() * axis.weightings["stores"].sum())
        runs = [[0, len(axis.snapshots)]]
        names = list(lacking.index)
        yield {"kind": "volume", "name": LACKING_WATER, "links": [], "generators": names, "runs": runs, "at_most": most}


@lru_cache(maxsize=8)
def _under_study(links: IdentityKey[pd.DataFrame]) -> Mapping[str, float]:
    """Return the links under study and their p_nom [MW]."""
    found = links.it[links.it["service"] == STUDIED]
    return dict(zip(found.index.tolist(), found["p_nom"].tolist(), strict=True))


def _volumes(name: str, rule: VolumeRule, axis: Axis, static: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    links = [link for link in rule.links if link in static["links"].index]
    generators = [generator for generator in rule.generators if generator in static["generators"].index]
    if not links and not generators:
        return
    for label, inside, share in occurrences(rule.window, axis):
        bounds = {
            field: bound * share for field in ("at_least", "at_most") if (bound := getattr(rule, field)) is not None
        }
        runs = runs_of(axis.share(inside) > 0.5)
        if runs:
            lacking = {"shortfall": rule.shortfall} if _yields(rule, static) else {}
            passing = {"links": links, "generators": generators}
            yield {"kind": "volume", "name": f"{name} {label}", "runs": runs} | passing | lacking | bounds


def _indents(name: str, rule: FlowRule, axis: Axis, static: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """Yield the least flows that may fall short as limits, one a month: what passes and what is lacking are enough."""
    if rule.link not in static["links"].index or not _yields(rule, static):
        return
    terms = [
        {"component": component, "names": [component_name], "coefficient": 1.0}
        for component, component_name in (("links", rule.link), ("generators", rule.shortfall))
    ]
    for month, flow in (rule.at_least or {}).items():
        runs = runs_of(axis.share_of_month[:, month - 1] > 0.5)
        if runs and flow > 0:
            bound = flow * HM3_AN_HOUR
            yield {"kind": "limit", "name": f"{name} {month}", "terms": terms, "runs": runs, "at_least": bound}


def occurrences(window: Window, axis: Axis) -> Iterator[tuple[str, np.ndarray, float]]:
    """Yield each occurrence of a yearly window in the horizon: label, hours inside, share of it that is inside.

    A window that the horizon cuts counts for the share of its hours that lie inside.
    """
    yield from _occurrences(IdentityKey(axis.hours), window)


@lru_cache(maxsize=256)
def _inside(same: IdentityKey[pd.DatetimeIndex], window: Window) -> np.ndarray:
    return in_window(same.it, window.start, window.end)


@lru_cache(maxsize=256)
def _occurrences(same: IdentityKey[pd.DatetimeIndex], window: Window) -> list[tuple[str, np.ndarray, float]]:
    hours, found = same.it, []
    inside = _inside(same, window)
    for year in range(hours[0].year - 1, hours[-1].year + 1):
        start, end = month_day(year, window.start), month_day(year, window.end)
        end = (month_day(year + 1, window.end) if end < start else end) + pd.Timedelta(days=1)
        part = np.asarray(inside & (hours >= start) & (hours < end))
        if part.any():
            found.append((str(year), part, float(part.sum() / ((end - start) / pd.Timedelta(hours=1)))))
    return found


def _limit(name: str, rule: LimitRule, axis: Axis, static: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    indexes = [static[name].index for name in {term.component for term in rule.terms} & set(static)]
    if rule.needs and not any(name in index for name in rule.needs for index in indexes):
        return
    terms = [
        {"component": term.component, "names": [term.name], "coefficient": term.coefficient}
        for term in rule.terms
        if term.name in static.get(term.component, pd.DataFrame()).index
    ]
    window = rule.window
    inside = None if window is None else axis.share(_inside(IdentityKey(axis.hours), window)) > 0.5
    runs = runs_of(np.ones(len(axis.snapshots), bool) if inside is None else inside)
    if terms and runs:
        bounds = {field: getattr(rule, field) for field in ("at_least", "at_most") if getattr(rule, field) is not None}
        yield {"kind": "limit", "name": name, "terms": terms, "runs": runs} | bounds
