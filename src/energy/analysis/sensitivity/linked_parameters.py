"""Linked parameters: sums, ratings and levels that must follow when sampled parameters move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from energy.case import Case
from energy.case.rules import RuleBook, StartRule
from energy.model.hourly import number
from energy.model.objective import UNSERVED
from energy.model.operating_rules import rule_book
from energy.model.overrides import with_overrides
from energy.scenario import Scenario

Components = Mapping[str, pd.DataFrame]
_LOADS = "values.loads."
_LINKS = "values.links."
_STORES = "values.stores."
_GENERATORS = "values.generators."


def with_linked_parameters(
    case: Case,
    scenario: Scenario,
    moved: Mapping[str, float],
) -> dict[str, float]:
    """Return the parameters that were moved, and those that are linked to them.

    Shares of one demand keep their sum: where people live says nothing about how much they use. A turbine that gets
    more out of its water keeps its rated power, so that its flow falls; one that gets less keeps its flow. No reservoir
    starts with more than it holds. Steps of rationing keep their order when the price of the last of them moves.

    Parameters
    ----------
    case, scenario
        What the parameters are that were not moved.
    moved
        Key of a scenario (``values.links.Nurek turbine.efficiency``) → number in its unit.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> case, scenario = read_case("casa1000"), read_scenario("baseline")
    >>> moved = {"values.loads.KG south demand.share": 0.6}
    >>> shares = with_linked_parameters(case, scenario, moved)
    >>> {key: round(share, 3) for key, share in shares.items()}
    {'values.loads.KG south demand.share': 0.5, 'values.loads.KG north demand.share': 0.5}
    """
    book = rule_book(case, scenario)
    components = with_overrides(case, scenario, book).components
    numbers = dict(moved)
    numbers.update(_shares_of_demand(components, numbers))
    numbers.update(_rated_flows(components, numbers))
    numbers.update(_start_levels(book, components, numbers))
    numbers.update(_prices_of_steps(components, numbers))
    return numbers


def _moved(
    numbers: Mapping[str, float],
    prefix: str,
    attribute: str,
) -> Iterator[tuple[str, float]]:
    """Yield name and number of the components whose attribute was moved."""
    suffix = f".{attribute}"
    for key, value in numbers.items():
        if key.startswith(prefix) and key.endswith(suffix):
            name = key.removeprefix(prefix).removesuffix(suffix)
            yield name, value


def _shares_of_demand(components: Components, numbers: Mapping[str, float]) -> dict[str, float]:
    """Return the shares of every demand of which one was moved, scaled to their sum before."""
    loads = components.get("loads", pd.DataFrame())
    if "demand" not in loads:
        return {}
    scaled: dict[str, float] = {}
    moved_loads = [name for name, _ in _moved(numbers, _LOADS, "share")]
    for demand in loads.loc[moved_loads, "demand"].unique():
        of_demand = loads.index[loads["demand"] == demand]
        before = {}
        after = {}
        for name in map(str, of_demand):
            key = f"{_LOADS}{name}.share"
            share = number(components["loads"], name, "share")
            before[key] = share
            after[key] = numbers.get(key, share)
        scale = sum(before.values()) / sum(after.values())
        for key, share in after.items():
            scaled[key] = share * scale
    return scaled


def _rated_flows(components: Components, numbers: Mapping[str, float]) -> dict[str, float]:
    """Return the rated flow [hm³/h] of turbines that got more efficient: their rated power [MW] stays."""
    flows: dict[str, float] = {}
    if "links" not in components:
        return flows
    turbines = _turbines(components)
    for name, efficiency in _moved(numbers, _LINKS, "efficiency"):
        before = number(components["links"], name, "efficiency")
        if name not in turbines or not efficiency > before > 0:
            continue
        key = f"{_LINKS}{name}.p_nom"
        flow = numbers.get(key, number(components["links"], name, "p_nom"))
        flows[key] = flow * before / efficiency
    return flows


def _turbines(components: Components) -> frozenset[str]:
    """Return the links that turn water [hm³/h] into power [MW]."""
    buses = components["buses"]
    if "unit" not in buses:
        return frozenset()
    links = components["links"]
    from_water = links["bus0"].map(buses["unit"]) == "hm3/h"
    to_power = links["bus1"].map(buses["unit"]) == "MW"
    return frozenset(links.index[from_water & to_power])


def _start_levels(
    book: RuleBook,
    components: Components,
    numbers: Mapping[str, float],
) -> dict[str, float]:
    """Return the levels at the start that would be above the size of their reservoir, cut to it [hm³]."""
    levels = {}
    for name, rule in book.rules.items():
        if not isinstance(rule, StartRule) or isinstance(rule.level, Mapping):
            continue
        level_key = f"rules.{name}.level"
        size_key = f"{_STORES}{rule.store}.e_nom"
        if level_key not in numbers and size_key not in numbers:
            continue
        level = numbers.get(level_key, rule.level)
        size = numbers.get(size_key, number(components["stores"], rule.store, "e_nom"))
        if level > size:
            levels[level_key] = size
    return levels


def _prices_of_steps(components: Components, numbers: Mapping[str, float]) -> dict[str, float]:
    """Return the prices [$/MWh] of the other steps of rationing at a bus, scaled as the one that was moved."""
    generators = components.get("generators", pd.DataFrame())
    prices: dict[str, float] = {}
    if "carrier" not in generators:
        return prices
    rationing = generators[generators["carrier"] == UNSERVED]
    for name, price in _moved(numbers, _GENERATORS, "marginal_cost"):
        if name not in rationing.index:
            continue
        scale = price / number(components["generators"], name, "marginal_cost")
        is_step = rationing["bus"] == rationing.at[name, "bus"]
        for step in map(str, rationing.index[is_step]):
            key = f"{_GENERATORS}{step}.marginal_cost"
            before = number(components["generators"], step, "marginal_cost")
            prices[key] = numbers.get(key, before * scale)
    return prices
