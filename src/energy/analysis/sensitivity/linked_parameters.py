"""Linked parameters: sums, ratings and levels that must follow when sampled parameters move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from energy.case import Case
from energy.case.rules import RuleBook, StartRule
from energy.model.operating_rules import rule_book
from energy.model.overrides import with_overrides
from energy.scenario import Scenario

_LOADS, _LINKS, _STORES = "values.loads.", "values.links.", "values.stores."


def with_linked_parameters(case: Case, scenario: Scenario, moved: Mapping[str, float]) -> dict[str, float]:
    """Return the numbers that were moved, and those that must follow them.

    Shares of one demand keep their sum: where people live says nothing about how much they use. A turbine that gets
    more out of its water keeps its rated power, so that its flow falls; one that gets less keeps its flow. No reservoir
    starts with more than it holds.

    Parameters
    ----------
    case, scenario
        What the others are.
    moved
        Key of a scenario (``values.links.Nurek turbine.efficiency``) → number in its unit.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> case, scenario = read_case("casa1000"), read_scenario("baseline")
    >>> shares = with_linked_parameters(case, scenario, {"values.loads.KG south demand.share": 0.6})
    >>> {key: round(share, 3) for key, share in shares.items()}
    {'values.loads.KG south demand.share': 0.5, 'values.loads.KG north demand.share': 0.5}
    """
    book = rule_book(case, scenario)
    components = with_overrides(case, scenario, book).components
    numbers = dict(moved)
    numbers.update(_shares(components, numbers))
    numbers.update(dict(_flows(components, numbers)))
    numbers.update(dict(_levels(book, components, numbers)))
    return numbers


Components = Mapping[str, pd.DataFrame]


def _number(components: Components, component: str, name: str, attribute: str) -> float:
    return float(components[component].loc[[name], attribute].to_numpy(float)[0])


def _moved(numbers: Mapping[str, float], start: str, attribute: str) -> Iterator[tuple[str, float]]:
    """Yield name and number of the components whose attribute was moved."""
    for key, number in numbers.items():
        if key.startswith(start) and key.endswith(f".{attribute}"):
            yield key.removeprefix(start).removesuffix(f".{attribute}"), number


def _shares(components: Components, numbers: Mapping[str, float]) -> dict[str, float]:
    loads = components.get("loads", pd.DataFrame())
    if "demand" not in loads:
        return {}
    found: dict[str, float] = {}
    for demand in {str(loads.at[name, "demand"]) for name, _ in _moved(numbers, _LOADS, "share")}:
        keys = {f"{_LOADS}{name}.share": str(name) for name in loads.index[loads["demand"] == demand]}
        before = {key: _number(components, "loads", name, "share") for key, name in keys.items()}
        after = {key: numbers.get(key, share) for key, share in before.items()}
        scale = sum(before.values()) / sum(after.values())
        found |= {key: share * scale for key, share in after.items()}
    return found


def _flows(components: Components, numbers: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    links, buses = components.get("links", pd.DataFrame()), components["buses"]
    for name, efficiency in _moved(numbers, _LINKS, "efficiency"):
        ends = [str(buses.at[links.at[name, end], "unit"]) for end in ("bus0", "bus1")] if "unit" in buses else []
        before = _number(components, "links", name, "efficiency")
        if ends == ["hm3/h", "MW"] and efficiency > before > 0:
            key = f"{_LINKS}{name}.p_nom"
            flow = numbers.get(key, _number(components, "links", name, "p_nom"))
            yield key, flow * before / efficiency


def _levels(book: RuleBook, components: Components, numbers: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for name, rule in book.rules.items():
        if not isinstance(rule, StartRule) or isinstance(rule.level, Mapping):
            continue
        key, size = f"rules.{name}.level", f"{_STORES}{rule.store}.e_nom"
        if key in numbers or size in numbers:
            level = numbers.get(key, rule.level)
            most = numbers.get(size, _number(components, "stores", rule.store, "e_nom"))
            if level > most:
                yield key, most
