"""Uncertain parameters: each row of the evidence with a range, as a key of a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pydantic_core import PydanticCustomError

from energy.analysis.sensitivity.linked_parameters import with_linked_parameters
from energy.case import Case
from energy.case.rules import RuleBook
from energy.errors import InputError
from energy.model.operating_rules import rule_book
from energy.model.overrides import with_overrides
from energy.model.profiles import chosen_for
from energy.scenario import Scenario, split_value_key

FIELDS = ("at_least", "at_most", "level")
"""Fields of rules that a scenario can set to a number."""
_SWITCHES = ("build_year", "lifetime")  # dates and not sizes: half a year means nothing


@dataclass(frozen=True)
class UncertainParameter:
    """One number with its range.

    Attributes
    ----------
    key
        As a scenario has it: ``values.links.line.p_nom`` or ``rules.nurek_start.level``.
    base, low, high
        In the number's unit; factors for most rows of profiles.
    unit, confidence
        Unit and mark of the evidence.
    places
        Every key of a scenario that takes the number: the components that a pattern means, without those that have a
        row of their own; both bounds of what must run as it can; each year of the horizon.
    """

    key: str
    base: float
    low: float
    high: float
    unit: str
    confidence: str
    places: tuple[str, ...]

    def at(self, share: float) -> float:
        """Return the value at a share of the range, 0 for low and 1 for high."""
        return self.low + share * (self.high - self.low)


def uncertain_parameters(case: Case, scenario: Scenario, only: Sequence[str] = ("*",)) -> list[UncertainParameter]:
    """Return the numbers of a case that have a range and that a scenario can set.

    Demand of the scenario's year has the range of its paths of growth. Rows that no scenario can set (texts, shapes of
    demand, numbers that a profile sets anyway), dates of build, and water of other years than the scenario's are left
    out, and so is what the scenario itself sets: that is the question.

    Parameters
    ----------
    case, scenario
        What exists, and what is asked of it.
    only
        Shell patterns; a key that none of them matches is left out.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> found = uncertain_parameters(read_case("two_bus"), read_scenario("two_bus"), ["values.links.*"])
    >>> [unknown.key for unknown in found][:2]
    ['values.links.turbine.efficiency', 'values.links.turbine.p_nom']
    """
    table = case.evidence
    every = table.to_dict("records") if len(table) else []
    named = {_address(row) for row in every}
    rows = [row for row in every if row["low"] < row["high"]]
    book = rule_book(case, scenario)
    found: list[UncertainParameter] = []
    for row in rows:
        if _other_bound(row, rows):
            continue
        places = [place for place in _places(case, scenario, book, row, named) if not _is_given(scenario, place)]
        if places:
            key = places[0] if len(places) == 1 else f"values.{_address(row)}"
            base, low, high = (float(row[end]) for end in ("base", "low", "high"))
            places += [f"values.{_address(other)}" for other in rows if _other_bound(other, [row])]
            found.append(
                UncertainParameter(key, base, low, high, str(row["unit"]), str(row["confidence"]), tuple(places))
            )
    found += [unknown for unknown in _demand(case, scenario) if not _is_given(scenario, unknown.key)]
    return [unknown for unknown in found if any(fnmatchcase(unknown.key, pattern) for pattern in only)]


Row = Mapping[Any, Any]


def _address(row: Row) -> str:
    return f"{row['component']}.{row['name']}.{row['attribute']}"


def _other_bound(row: Row, rows: Sequence[Row]) -> bool:
    """Whether a least output is the greatest one too, as rows of the same range say: what must run as it can."""
    if not str(row["attribute"]).endswith("_min_pu"):
        return False
    upper = str(row["attribute"]).replace("_min_pu", "_max_pu")
    same = {**row, "attribute": upper}
    columns = ("component", "name", "attribute", "base", "low", "high")
    return any(all(other[column] == same[column] for column in columns) for other in rows)


def _is_given(scenario: Scenario, place: str) -> bool:
    """Whether the scenario itself says the number: it is the question then, and not unknown."""
    kind, _, rest = place.partition(".")
    if kind == "values":
        return any(rest == address or fnmatchcase(rest, address) for address in scenario.values)
    name, _, field = rest.rpartition(".")
    return field in scenario.rules.get(name, {})


def _places(case: Case, scenario: Scenario, book: RuleBook, row: Row, named: set[str]) -> list[str]:
    """Return the keys of a scenario that a row of the evidence speaks of, empty where a scenario cannot set them."""
    component, name, attribute = (str(row[column]) for column in ("component", "name", "attribute"))
    if component == "rules":
        field, _, rest = attribute.partition(".")
        # a mapping by month is one field; only single numbers are drawn
        return [f"rules.{name}.{field}"] if name in book.rules and field in FIELDS and not rest else []
    if attribute in _SWITCHES or component == "profiles/water_statistics":
        return []
    if component == "profiles/inflow" and attribute != scenario.hydrology:
        return []
    names = [name]
    if not component.startswith("profiles/") and name not in (members := case.names(component, name)):
        names = [member for member in members if f"{component}.{member}.{attribute}" not in named]
    addresses = [f"{component}.{member}.{attribute}" for member in names]
    return [f"values.{address}" for address in addresses if _can_be_set(case, scenario, book, address)]


def _can_be_set(case: Case, scenario: Scenario, book: RuleBook, address: str) -> bool:
    try:
        split_value_key(address)
        with_overrides(case, scenario.model_copy(update={"values": {address: 1.0}}), book)
    except (InputError, PydanticCustomError):
        return False
    return True


def _demand(case: Case, scenario: Scenario) -> Iterator[UncertainParameter]:
    """Yield each national demand with the range of its paths of growth, as a factor in the years of the horizon."""
    if "demand_year" not in case.profiles:
        return
    table = case.profiles["demand_year"]
    for demand in table.index.unique(0):
        years = [year for year in (scenario.year, scenario.year + 1) if (demand, year) in table.index]
        if not years:
            continue
        row = table.loc[[(demand, years[0])]].iloc[0]
        paths = {path: float(row[path]) for path in ("low", "central", "high")}
        base = paths[chosen_for(scenario.growth, str(demand), "central")]
        low, high = min(paths.values()) / base, max(paths.values()) / base
        if low < high:
            places = tuple(f"values.profiles/demand_year.{demand}.{year}" for year in years)
            yield UncertainParameter(places[0], 1.0, low, high, "factor", "C", places)


def with_uncertain_parameters(
    case: Case, scenario: Scenario, found: Sequence[UncertainParameter], shares: Sequence[float]
) -> Scenario:
    """Return the scenario with numbers set to shares of their ranges, and what must follow them."""
    numbers = {
        place: unknown.at(share) / (unknown.base if place.startswith("values.profiles/") else 1.0)  # there a factor
        for unknown, share in zip(found, shares, strict=True)
        for place in unknown.places
    }
    values = dict(scenario.values)
    rules = {name: change if change == "off" else dict(change) for name, change in scenario.rules.items()}
    for key, number in with_linked_parameters(case, scenario, numbers).items():
        place, _, rest = key.partition(".")
        if place == "values":
            values[rest] = number
        else:
            name, _, field = rest.rpartition(".")
            rules[name] = {**rules.get(name, {}), field: number}  # no number of a rule that is off is moved
    return scenario.replace(values=values, rules=rules)
