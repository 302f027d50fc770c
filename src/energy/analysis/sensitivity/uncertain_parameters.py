"""Uncertain parameters: each row of the evidence with a range, as a key of a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pydantic_core import PydanticCustomError

from energy.analysis.sensitivity.dates_of_build import DATE, date_places, with_dates, year_of_share
from energy.analysis.sensitivity.linked_parameters import with_linked_parameters
from energy.case import Case
from energy.case.rules import RuleBook
from energy.errors import Fault, InputError
from energy.model.operating_rules import rule_book
from energy.model.override_targets import PROFILE, targets_of
from energy.model.profile_rows import SINGLE_NUMBERS
from energy.model.profiles import chosen_for
from energy.scenario import Scenario, split_value_key
from energy.scenario.hydrology import Shifted

FIELDS = ("at_least", "at_most", "level", "yearly", "exponent", "tailwater", "efficiency", "unit_power", "design_head")
"""Fields of rules that a scenario can set to a number."""
Row = Mapping[Any, Any]
"""One row of the evidence, by column."""


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
        """Return the value at a share of the range, 0 for low and 1 for high; of a date of build a whole year."""
        if self.key.endswith(DATE):
            return year_of_share(self.low, self.high, share)
        width = self.high - self.low
        return self.low + share * width


def refuse_without_numbers(parameters: Sequence[UncertainParameter], case: Case) -> None:
    """Refuse a case of whose evidence nothing can be varied.

    Raises
    ------
    InputError
        When there are no parameters.
    """
    if parameters:
        return
    what = "no number of the evidence can be varied"
    raise InputError(Fault(what, case.path, allowed="rows with low < high"))


def uncertain_parameters(
    case: Case,
    scenario: Scenario,
    only: Sequence[str] = ("*",),
) -> list[UncertainParameter]:
    """Return the numbers of a case that have a range and that a scenario can set.

    Demand of the scenario's year has the range of its paths of growth. Dates of build are among them where their range
    holds both a year that lets the component stand in the horizon and one that does not, but not that of the line under
    study, which the scenario asks about. Rows that no scenario can set (texts, shapes of demand, numbers that a profile
    sets anyway), and water of other years than the scenario's are left out, and so is what the scenario itself sets:
    that is the question.

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
    >>> case, scenario = read_case("two_bus"), read_scenario("two_bus")
    >>> parameters = uncertain_parameters(case, scenario, ["values.links.*"])
    >>> [parameter.key for parameter in parameters][:2]
    ['values.links.turbine.efficiency', 'values.links.turbine.p_nom']
    """
    parameters = [*_of_evidence(case, scenario), *_demand(case, scenario)]
    return [parameter for parameter in parameters if _matches(parameter.key, only)]


def _matches(key: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)


def _of_evidence(case: Case, scenario: Scenario) -> Iterator[UncertainParameter]:
    """Yield each row of the evidence that has a range and that a scenario can set."""
    table = case.evidence
    rows: list[Row] = list(table.to_dict("records")) if len(table) else []
    addresses = {_address(row) for row in rows}
    uncertain = [row for row in rows if row["low"] < row["high"]]
    book = rule_book(case, scenario)
    for row in uncertain:
        if _is_lower_bound(row, uncertain):
            continue
        settable = _places(case=case, scenario=scenario, book=book, row=row, addresses=addresses)
        places = [place for place in settable if not _is_given(scenario, place)]
        if not places:
            continue
        key = places[0] if len(places) == 1 else f"values.{_address(row)}"
        lower_bounds = [other for other in uncertain if _is_lower_bound(other, [row])]
        places += [f"values.{_address(other)}" for other in lower_bounds]
        yield UncertainParameter(
            key=key,
            base=float(row["base"]),
            low=float(row["low"]),
            high=float(row["high"]),
            unit=str(row["unit"]),
            confidence=str(row["confidence"]),
            places=tuple(places),
        )


def _address(row: Row) -> str:
    return f"{row['component']}.{row['name']}.{row['attribute']}"


def _is_lower_bound(row: Row, rows: Sequence[Row]) -> bool:
    """Whether a least output is also the greatest one, as a row of the same range says: what must run as it can."""
    attribute = str(row["attribute"])
    if not attribute.endswith("_min_pu"):
        return False
    upper = dict(row)
    upper["attribute"] = attribute.replace("_min_pu", "_max_pu")
    return any(_is_same(other, upper) for other in rows)


def _is_same(row: Row, other: Row) -> bool:
    """Whether two rows of the evidence say the same range of the same number."""
    columns = ("component", "name", "attribute", "base", "low", "high")
    return all(row[column] == other[column] for column in columns)


def _is_given(scenario: Scenario, place: str) -> bool:
    """Whether the scenario itself says the number: it is the question then, and not unknown."""
    kind, _, rest = place.partition(".")
    if kind == "values":
        return any(rest == address or fnmatchcase(rest, address) for address in scenario.values)
    name, _, field = rest.rpartition(".")
    return field in scenario.rules.get(name, {})


def _places(
    case: Case,
    scenario: Scenario,
    book: RuleBook,
    row: Row,
    addresses: set[str],
) -> list[str]:
    """Return the keys of a scenario that a row of the evidence speaks of, empty where a scenario cannot set them.

    ``addresses`` are those of all rows: a component with a row of its own is not meant by a pattern.
    """
    component = str(row["component"])
    name = str(row["name"])
    attribute = str(row["attribute"])
    if component == "rules":
        return _rule_places(book, name, attribute)
    if attribute == "lifetime" or component == "profiles/water_statistics":
        return []
    if attribute == "build_year":
        names = _members(case, component, name)
        own_names = [
            member for member in names if member == name or f"{component}.{member}.{attribute}" not in addresses
        ]
        return date_places(case, scenario, component, own_names, row["low"], row["high"])
    if component == "profiles/inflow" and attribute != _water_label(scenario):
        return []
    places = []
    for member in _members(case, component, name):
        address = f"{component}.{member}.{attribute}"
        has_own_row = member != name and address in addresses
        if not has_own_row and _can_be_set(case, book, address):
            places.append(f"values.{address}")
    return places


def _water_label(scenario: Scenario) -> object:
    """Return the label of the water year that a scenario reads for all sites, in whatever climate."""
    water = scenario.hydrology
    return water.label if isinstance(water, Shifted) else water


def _rule_places(
    book: RuleBook,
    name: str,
    attribute: str,
) -> list[str]:
    """Return the key of a rule's field; none where the field is no single number."""
    field, _, month = attribute.partition(".")
    # a mapping by month is one field; only single numbers are drawn
    if name not in book.rules or field not in FIELDS or month:
        return []
    return [f"rules.{name}.{field}"]


def _members(
    case: Case,
    component: str,
    name: str,
) -> Sequence[str]:
    """Return the components that a name or pattern means; a row of a profile is meant by its name."""
    if component.startswith("profiles/"):
        return [name]
    members = case.names(component, name)
    return [name] if name in members else members


def _can_be_set(
    case: Case,
    book: RuleBook,
    address: str,
) -> bool:
    """Return whether ``values`` of a scenario may hold an address; only its targets are looked for, nothing is set."""
    try:
        split_value_key(address)
        list(targets_of(case, book, address, 1.0))
    except (InputError, PydanticCustomError):
        return False
    return True


def _demand(case: Case, scenario: Scenario) -> Iterator[UncertainParameter]:
    """Yield each national demand with the range of its paths of growth, as a factor in the years of the horizon."""
    if "demand_year" not in case.profiles:
        return
    table = case.profiles["demand_year"]
    for demand in map(str, table.index.unique(0)):
        horizon = (scenario.year, scenario.year + 1)
        years = [year for year in horizon if (demand, year) in table.index]
        if not years:
            continue
        places = [f"values.profiles/demand_year.{demand}.{year}" for year in years]
        if _is_given(scenario, places[0]):
            continue
        row = table.loc[[(demand, years[0])]].iloc[0]
        growth = chosen_for(scenario.growth, demand, "central")
        base = float(row[growth])
        paths = [float(row[path]) for path in ("low", "central", "high")]
        low = min(paths) / base
        high = max(paths) / base
        if low < high:
            yield UncertainParameter(
                key=places[0],
                base=1.0,
                low=low,
                high=high,
                unit="factor",
                confidence="C",
                places=tuple(places),
            )


def _is_series(place: str) -> bool:
    """Whether a key of ``values`` means a series, which its value multiplies."""
    prefix = f"values.{PROFILE}"
    profile = place.removeprefix(prefix).partition(".")[0]
    return place.startswith(prefix) and profile not in SINGLE_NUMBERS


def with_uncertain_parameters(
    case: Case,
    scenario: Scenario,
    parameters: Sequence[UncertainParameter],
    shares: Sequence[float],
) -> Scenario:
    """Return the scenario with parameters set to shares of their ranges, and what is linked to them."""
    moved = {}
    dates = {}
    for parameter, share in zip(parameters, shares, strict=True):
        number = parameter.at(share)
        if parameter.key.endswith(DATE):
            dates.update(dict.fromkeys(parameter.places, number))
            continue
        for place in parameter.places:
            moved[place] = number / parameter.base if _is_series(place) else number
    values = dict(scenario.values)
    rules = {name: change if change == "off" else dict(change) for name, change in scenario.rules.items()}
    for key, number in with_linked_parameters(case, scenario, moved).items():
        kind, _, rest = key.partition(".")
        if kind == "values":
            values[rest] = number
        else:
            name, _, field = rest.rpartition(".")
            # no number of a rule that is off is moved
            change = rules.setdefault(name, {})
            change[field] = number
    values.update(with_dates(case, scenario, dates))
    return scenario.replace(values=values, rules=rules)
