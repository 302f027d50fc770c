"""Base inputs that scenarios of one case share: computed once, cached, never written to.

Sweeps and samples change water, growth, prices and events; components, seasons, monthly tables and rules stay. The
functions here are pure, and the results are never written to, so that sharing them changes no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.rules import RuleBook
from energy.case.schema import port_efficiencies
from energy.model import profiles
from energy.model.active_assets import active_assets, mask_years
from energy.model.additions import with_additions
from energy.model.axis import Axis, hours_of, in_window
from energy.model.cache import IdentityKey
from energy.model.hourly import Hourly, multiply, number
from energy.model.hydrology.first_filling import apply_first_filling
from energy.model.objective import RETURNED, STUDIED
from energy.model.operating_rules import apply_flows, apply_levels, rule_book, started
from energy.model.overrides import with_overrides
from energy.model.rule_constraints import unexpressed
from energy.scenario import Scenario

Key = tuple[str, str]
Dense = Mapping[Key, np.ndarray]
VARYING: dict[str, tuple[str, ...]] = {
    "generators": ("p_min_pu", "p_max_pu", "marginal_cost"),
    "links": ("p_min_pu", "p_max_pu", "efficiency", "efficiency2", "efficiency3", "marginal_cost"),
    "lines": ("s_max_pu",),
    "stores": ("e_min_pu", "e_max_pu", "marginal_cost", "marginal_cost_storage"),
    "loads": ("p_set",),
    "storage_units": ("p_min_pu", "p_max_pu", "marginal_cost", "inflow"),
    "transformers": ("s_max_pu",),
}


DIRECTIONS_OF = {
    STUDIED: ("forward", "both"),
    RETURNED: ("reverse", "both"),
}
"""Service of the contract's links → directions of the contract in which they may run."""


@dataclass(frozen=True, eq=False)
class BaseInputs:
    """Components in service and their hourly values before water, growth and events.

    Attributes
    ----------
    hours
        Start of every hour, UTC.
    components
        PyPSA list name → table, every attribute filled.
    hourly
        (list name, attribute) → table (hours × names) of what varies.
    book
        The rules as the scenario sets them.
    case
        The case with the scenario's own numbers.
    """

    hours: pd.DatetimeIndex
    components: Mapping[str, pd.DataFrame]
    hourly: Mapping[Key, pd.DataFrame]
    book: RuleBook
    case: Case

    @cached_property
    def wide(self) -> Mapping[Key, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(list name, attribute) → the components' own values, positions of those that vary, hourly values of these."""
        columns: dict[Key, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        for component, table in self.components.items():
            for attribute in self._varying(component):
                own = np.full(len(table), np.nan)
                if attribute in table:
                    own = table[attribute].to_numpy(float)
                hourly = self.hourly.get((component, attribute), pd.DataFrame(index=self.hours))
                positions = table.index.get_indexer(hourly.columns)
                columns[component, attribute] = own, positions, hourly.to_numpy(float)
        return columns

    def _varying(self, component: str) -> list[str]:
        """Return the attributes of a component list that may vary: PyPSA's, those of its ports, and those that do."""
        table = self.components[component]
        may_vary = [*VARYING.get(component, ()), *port_efficiencies(table.columns).values()]
        present = [attribute for attribute in may_vary if attribute in table]
        vary = [attribute for listed, attribute in self.hourly if listed == component]
        return list(dict.fromkeys([*present, *vary]))

    def column(
        self,
        component: str,
        attribute: str,
        name: str,
    ) -> np.ndarray:
        """Return an attribute of one component in every hour; shape (hours,)."""
        table = self.hourly.get((component, attribute))
        if table is not None and name in table.columns:
            return table[name].to_numpy(float)
        return np.full(len(self.hours), number(self.components[component], name, attribute))


class PartialInputsKey:
    """Base inputs as a cache key: by some of their case's profiles, their hours and loads."""

    def __init__(self, base: BaseInputs, *profiles: str) -> None:
        self.base = base
        tables = [base.case.profiles.get(name) for name in profiles]
        loads = base.case.components.get("loads")
        parts = map(IdentityKey, [base.hours, loads, *tables])
        self._on = [base.case.path, *parts]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartialInputsKey) and self._on == other._on

    def __hash__(self) -> int:
        return hash(tuple(self._on))


@dataclass(frozen=True, eq=False)
class SnapshotInputs:
    """Base inputs on the snapshots of an axis.

    Attributes
    ----------
    base, axis
        What stands, and the snapshots.
    dense
        (list name, attribute) → values in every snapshot; shape (snapshots, names).
    rules
        Rules that PyPSA's components cannot express.
    """

    base: BaseInputs
    axis: Axis
    dense: Dense
    rules: tuple[dict[str, Any], ...]


def base_inputs_of(case: Case, scenario: Scenario) -> BaseInputs:
    """Return the base inputs of a scenario; scenarios that differ in water, growth or events share it."""
    return _base_inputs(case, _ScenarioKey(scenario))


class _ScenarioKey:
    """What of a scenario its base inputs depend on; equal keys share them."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        time = scenario.time
        self._parts = (
            scenario.year,
            time.start,
            time.years,
            scenario.contract,
            scenario.rules,
            scenario.values,
            scenario.add,
            scenario.study,
            scenario.protection_order,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ScenarioKey) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)


@lru_cache(maxsize=8)
def _base_inputs(case: Case, key: _ScenarioKey) -> BaseInputs:
    scenario = key.scenario
    case = with_additions(case, scenario)
    book = rule_book(case, scenario)
    case = with_overrides(case, scenario, book)
    hours = hours_of(case.weightings, scenario.asked_horizon())
    components = active_assets(case, scenario)
    hourly = profiles.varying(case, hours, components)
    for (component, attribute), series in case.series.items():
        if component not in components:
            continue
        names = series.columns.intersection(components[component].index)
        of_hours = series[names].set_axis(hours)
        hourly.setdefault((component, attribute), of_hours)
    mask_years(scenario, hours, components, hourly)
    _season(scenario, book, hours, components=components, hourly=hourly)
    if "stores" in components and case.own is None:
        first_month = hours[0].month
        components["stores"] = started(
            case,
            scenario,
            book,
            month=first_month,
            stores=components["stores"],
        )
    apply_flows(book, hours, components, hourly)
    apply_first_filling(case, book, hours, components, hourly)
    return BaseInputs(
        hours,
        components=components,
        hourly=hourly,
        book=book,
        case=case,
    )


def _season(
    scenario: Scenario,
    book: RuleBook,
    hours: pd.DatetimeIndex,
    *,
    components: Mapping[str, pd.DataFrame],
    hourly: Hourly,
) -> None:
    """Close the contract's links outside its season and against its direction."""
    links = components.get("links", pd.DataFrame())
    if book.contract is None or "service" not in links:
        return
    season = book.contract.season
    is_open = in_window(hours, season.start, season.end)
    if scenario.contract.outside_season == "open":
        is_open = np.ones(len(hours), dtype=bool)
    for service, directions in DIRECTIONS_OF.items():
        direction_allows = scenario.contract.direction in directions
        may_run = (is_open & direction_allows).astype(float)
        names = list(links.index[links["service"] == service])
        for attribute in ("p_max_pu", "p_min_pu"):
            multiply(
                hourly,
                components,
                hours,
                component="links",
                attribute=attribute,
                names=names,
                factor=may_run,
            )


@lru_cache(maxsize=32)
def snapshot_inputs(base: BaseInputs, axis: Axis) -> SnapshotInputs:
    """Return the base inputs averaged over the snapshots of an axis, with the rules that bind single snapshots."""
    dense: dict[Key, np.ndarray] = {}
    steps = len(axis.snapshots)
    for key, (own, positions, hourly) in base.wide.items():
        constant = np.broadcast_to(own, (steps, len(own)))
        component, _ = key
        may_vary = len(positions) > 0 or component == "stores"  # rules write levels into the bounds of stores
        dense[key] = constant.copy() if may_vary else constant
        if len(positions):
            dense[key][:, positions] = axis.mean(hourly)
    rules = tuple(unexpressed(base.book, axis, base.components))
    apply_levels(base.book, axis, base.components, dense)
    for values in dense.values():
        values.flags.writeable = False
    return SnapshotInputs(base, axis, dense, rules)
