"""Attribution of the gap between the contract's ceiling and what is delivered: Shapley values.

Each cause is a part of the model that can be switched off: water without limit, no demand at home, no commitments, no
rules on the rivers, no limits in the AC network, no events, a buyer who takes all. The value of a set of causes is what
is delivered with only these in force; a cause's share is its mean effect over all orders in which the causes can be
switched on (Shapley, *A value for n-person games*, 1953). The shares sum to the gap, and no order is preferred.

Two steps stand outside that average, because they are given before anything else or mean something only after all else:
the season, which the contract's ceiling already contains, and surprise. docs/transferable_power.md says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from energy.analysis.imperfect_foresight import plan_axis, solve_imperfect_foresight
from energy.analysis.priority_waterfall import open_season
from energy.case import Case
from energy.errors import Fault, InputError
from energy.metrics import ceiling, energy_by_month, transferable
from energy.metrics.settlement import BUYERS
from energy.model import Inputs
from energy.model.inputs import assemble, with_objective
from energy.model.objective import STUDIED, demand_services, purchases
from energy.scenario import Scenario
from energy.solve import Engine, Result

CAUSES = ("water", "own_demand", "commitments", "rules", "network", "events", "buyer")
FREE = "free "  # prefix of the generators that stand for water without limit
Values = Callable[[frozenset[str]], np.ndarray]


def shapley(causes: Iterable[str], value: Values) -> dict[str, np.ndarray]:
    """Return each cause's Shapley share of the loss value(∅) − value(all).

    Parameters
    ----------
    causes
        Names.
    value
        What is delivered with a set of causes in force; any shape, the same for every set.

    Returns
    -------
    dict
        Cause → share, in the shape of the values; the shares sum to the loss.

    Examples
    --------
    Two causes of which either alone takes 3 of 4, and both together take all:

    >>> left = {frozenset(): 4.0, frozenset("a"): 1.0, frozenset("b"): 1.0, frozenset("ab"): 0.0}
    >>> {name: float(share) for name, share in shapley("ab", lambda s: np.array(left[s])).items()}
    {'a': 2.0, 'b': 2.0}
    """
    names = sorted(set(causes))
    known: dict[frozenset[str], np.ndarray] = {}
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            known[frozenset(chosen)] = value(frozenset(chosen))
    shares = {}
    for name in names:
        others = [other for other in names if other != name]
        share = np.zeros_like(known[frozenset()])
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(len(others) - size) / factorial(len(names))
            for chosen in combinations(others, size):
                before = frozenset(chosen)
                share = share + weight * (known[before] - known[before | {name}])
        shares[name] = share
    return shares


def attribution(case: Case, scenario: Scenario) -> pd.DataFrame:
    """Attribute what is not delivered of the line's rating to its causes, by month.

    Parameters
    ----------
    case
        What exists.
    scenario
        What is asked and what happens.

    Returns
    -------
    pandas.DataFrame
        GWh at the receiving end; index month. ``line``: the contract's power in every hour; ``season``: what the
        calendar of the contract takes of it; ``ceiling``: the contract's ceiling, ``line`` less ``season``;
        ``plants``: what ratings and build years alone keep from it; then one column a cause with its Shapley value;
        ``surprise``: what is lost because events are not foreseen (the price of surprise); ``delivered``. In every row
        ``ceiling`` less what stands between it and ``delivered`` is ``delivered``.

    Raises
    ------
    InputError, SolverError
        When the scenario does not fit the case, has no line under study, or a set of causes leaves no optimum.

    Examples
    --------
    In the dry year 42.23 of 348.84 GWh are delivered. With water without limit all would be, and without own demand
    300.41. Water takes (348.84 − 300.41) before own demand and (348.84 − 42.23) after it, on average 177.52; own demand
    takes 0 before water and (300.41 − 42.23) after it, on average 129.09.

    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> dry = read_scenario("two_bus", overrides={"hydrology": "dry"})
    >>> table = attribution(read_case("two_bus"), dry).sum().round(2)
    >>> [float(table[cause]) for cause in ("ceiling", "water", "own_demand", "delivered")]
    [348.84, 177.52, 129.09, 42.23]
    """
    states = _States(case, scenario)
    shares = shapley(states.causes, states.delivered)
    none, every = states.delivered(frozenset()), states.delivered(frozenset(states.causes))
    found = states.surprised() if states.scenario.foresight == "surprise" else every
    line, contract = states.ceilings()
    columns = {"line": line, "season": line - contract, "ceiling": contract, "plants": contract - none}
    columns |= {cause: shares.get(cause, np.zeros_like(none)) for cause in CAUSES}
    columns |= {"surprise": every - found, "delivered": found}
    table = pd.DataFrame(columns, index=states.months).rename_axis("month")
    table.attrs["units"] = "GWh"
    return table


def mean_power(table: pd.DataFrame) -> pd.DataFrame:
    """Return an attribution as mean power [MW]: each month's energy over the hours of the month.

    Parameters
    ----------
    table
        From `attribution` [GWh].
    """
    hours = pd.PeriodIndex(table.index).days_in_month.to_numpy() * 24
    power = table.mul(1000 / hours, axis=0)
    power.attrs["units"] = "MW"
    return power


class _States:
    """The scenario with some of its causes in force; every state solved once."""

    def __init__(self, case: Case, scenario: Scenario) -> None:
        self.scenario = scenario
        self._case, self._axis = case, plan_axis(case, scenario)
        whole = self._inputs(frozenset(CAUSES))
        if STUDIED not in set(whole.components.get("links", pd.DataFrame()).get("service", [])):
            repair = f"give links the service {STUDIED!r}, or build them in the scenario's year"
            raise InputError(Fault("no line under study is in service", scenario.name, repair=repair))
        self.causes = [cause for cause in CAUSES if self._present(cause)]
        self._engine = Engine(whole)
        self._known: dict[frozenset[str], np.ndarray] = {}
        self.months = whole.axis.snapshots.to_period("M").unique()

    def _present(self, cause: str) -> bool:
        of_buyer = [event.kind in BUYERS for event in self.scenario.events]
        if cause == "events":
            return not all(of_buyer)
        if cause == "buyer":
            return any(of_buyer) or self.scenario.objective == "dispatch"
        return True

    def delivered(self, on: frozenset[str]) -> np.ndarray:
        """Return the energy delivered by month [GWh] with a set of causes in force; shape (months,)."""
        if on not in self._known:
            self._known[on] = _delivered(self._engine.solve(self._inputs(on)))
        return self._known[on]

    def surprised(self) -> np.ndarray:
        """Return the energy delivered by month [GWh] when events are learned of as they come; shape (months,)."""
        return _delivered(solve_imperfect_foresight(self._case, self.scenario))

    def ceilings(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the contract's power in every hour, and in the hours of its season, by month [GWh]."""
        result = self._engine.solve(self._engine.base)
        limit = result.inputs.book.contract.ceiling if result.inputs.book.contract else None
        season = open_season(self.scenario, result.inputs)
        line, open_line = (ceiling(result, share, limit) for share in (np.ones_like(season), season))
        return energy_by_month(line, result).to_numpy(), energy_by_month(open_line, result).to_numpy()

    def _inputs(self, on: frozenset[str]) -> Inputs:
        events = tuple(e for e in self.scenario.events if ("buyer" if e.kind in BUYERS else "events") in on)
        changes: dict[str, object] = {"events": events}
        if "buyer" not in on:
            changes["objective"] = "transfer"
        scenario = self.scenario.model_copy(update=changes)
        found = with_free_water(assemble(self._case, scenario, self._axis), "water" not in on)
        order = list(scenario.protection_order or found.book.protection_order)
        before = order[: order.index(STUDIED)] if STUDIED in order else order
        own_demand = demand_services(found.components["generators"]) & set(before)
        if "own_demand" not in on:
            found = _without_demand(found, own_demand)
        if "rules" not in on:
            found = _without_river_rules(found)
        if "network" not in on:
            found = _without_network(found)
        if "commitments" not in on and STUDIED in order:
            bought = purchases(found.components["generators"])
            ahead = [service for service in before if service in bought or service in own_demand]
            order = [*ahead, STUDIED, *(n for n in order if n not in ahead and n != STUDIED)]
        return with_objective(found, scenario, tuple(order))


def _delivered(result: Result) -> np.ndarray:
    return energy_by_month(transferable(result), result).to_numpy()


def with_free_water(found: Inputs, free: bool) -> Inputs:
    """Return inputs in which each turbine has a twin that needs no water; twin and turbine share the plant's rating."""
    links, buses = found.components["links"], found.components["buses"]["carrier"]
    from_water = links["bus0"].map(buses) == "water"
    turbines = links[from_water & (links["bus1"].map(buses) != "water")]
    if turbines.empty:
        return found
    efficiency = found.values("links", "efficiency")[turbines.index].max()
    rating = turbines["p_nom"] * efficiency
    generators = found.components["generators"]
    twins = pd.DataFrame({column: [generators[column].iloc[0]] * len(turbines) for column in generators})
    twins.index = pd.Index([FREE + name for name in turbines.index], name=generators.index.name)
    twins["bus"], twins["p_nom"], twins["sign"] = turbines["bus1"].to_numpy(), rating.to_numpy(), 1.0
    twins["carrier"], twins["service"] = turbines["carrier"].to_numpy(), None
    dense = dict(found.dense)
    available = found.values("links", "p_max_pu")[turbines.index].to_numpy()
    values = {"p_max_pu": available * float(free), "marginal_cost": np.full_like(available, 0.01)}
    for component, attribute in found.dense:
        if component == "generators":
            own = values.get(attribute, np.zeros_like(available))
            dense[component, attribute] = np.hstack([found.dense[component, attribute], own])
    components = dict(found.components) | {"generators": pd.concat([generators, twins])}
    shared = tuple(
        {
            "kind": "limit",
            "name": f"rating of {name}",
            "terms": [
                {"component": "links", "names": [name], "coefficient": float(efficiency[name])},
                {"component": "generators", "names": [FREE + name], "coefficient": 1.0},
            ],
            "runs": [[0, len(found.axis.snapshots)]],
            "at_most": float(rating[name]),
        }
        for name in turbines.index
    )
    return replace(found, components=components, dense=dense, rules=found.rules + shared)


def _without_demand(found: Inputs, services: set[str]) -> Inputs:
    """Return inputs without the demand of some services."""
    generators, loads = found.components["generators"], found.components["loads"]
    home = set(generators.loc[generators["service"].isin(services), "bus"])
    dense = dict(found.dense)
    dense["loads", "p_set"] = np.where(loads["bus"].isin(home).to_numpy(), 0.0, found.dense["loads", "p_set"])
    return replace(found, dense=dense)


def _without_river_rules(found: Inputs) -> Inputs:
    open_rules = tuple(
        rule | {field: bound for field, bound in (("at_least", -np.inf), ("at_most", np.inf)) if field in rule}
        if rule["kind"] == "volume" and rule["links"]
        else rule
        for rule in found.rules
    )
    links, stores = found.components["links"], found.components["stores"]
    dense = dict(found.dense)
    flows = [rule for rule in found.book.rules.values() if rule.kind == "flow"]
    for attribute, field, free in (("p_min_pu", "at_least", 0.0), ("p_max_pu", "at_most", 1.0)):
        ruled = links.index.isin([rule.link for rule in flows if getattr(rule, field)])
        dense["links", attribute] = np.where(ruled, free, found.dense["links", attribute])
    levels = stores.index.isin([rule.store for rule in found.book.rules.values() if rule.kind == "level"])
    low = found.dense["stores", "e_min_pu"]
    # what a store must hold at the end is no rule on the river, but what the next year inherits
    inner = np.arange(len(low)) < len(low) - 1
    dense["stores", "e_min_pu"] = np.where(levels & inner[:, None], 0.0, low)
    return replace(found, dense=dense, rules=open_rules)


def _without_network(found: Inputs) -> Inputs:
    dense = dict(found.dense)
    if ("lines", "s_max_pu") in dense:
        dense["lines", "s_max_pu"] = np.full_like(found.dense["lines", "s_max_pu"], 100.0)
    ties = tuple(
        rule | {field: bound for field, bound in (("at_least", -np.inf), ("at_most", np.inf)) if field in rule}
        if rule["kind"] == "limit" and any(term["component"] == "lines" for term in rule["terms"])
        else rule
        for rule in found.rules
    )
    return replace(found, dense=dense, rules=ties, kirchhoff=False, line_losses="none")
