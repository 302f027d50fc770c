"""Attribution of the gap between the contract's ceiling and what is delivered: Shapley values.

Each cause is a part of the model that can be switched off: water without limit, no demand at home, no commitments, no
rules on the rivers, no limits in the AC network, no events, a buyer who takes all. The value of a set of causes is what
is delivered with only these in force; a cause's share is its mean effect over all orders in which the causes can be
switched on (Shapley, *A value for n-person games*, 1953). The shares sum to the gap, and no order is preferred.

Two steps stand outside that average, because they are given before anything else or mean something only after all else:
the season, which the contract's ceiling already contains, and surprise. docs/transferable_power.md says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from energy.analysis.counterfactual_inputs import (
    with_free_water,
    without_ac_network,
    without_demand,
    without_river_rules,
)
from energy.analysis.imperfect_foresight import (
    plan_axis,
    solve_imperfect_foresight,
)
from energy.analysis.priority_waterfall import open_season
from energy.analysis.unsupported_inputs import refuse_without_line
from energy.analysis.waterfall_rungs import study_after
from energy.case import Case
from energy.metrics import ceiling, energy_by_month, transferable
from energy.metrics.settlement import BUYERS
from energy.model import Inputs
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
from energy.model.objective import STUDIED, demand_services, purchases
from energy.scenario import Scenario
from energy.solve import Engine, Result

CAUSES = (
    "water",
    "own_demand",
    "commitments",
    "rules",
    "network",
    "events",
    "buyer",
)
Causes = frozenset[str]
Values = Callable[[Causes], np.ndarray]


def _shapley(causes: Iterable[str], value: Values) -> dict[str, np.ndarray]:
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

    >>> delivered = {
    ...     frozenset(): 4.0,
    ...     frozenset("a"): 1.0,
    ...     frozenset("b"): 1.0,
    ...     frozenset("ab"): 0.0,
    ... }
    >>> shares = _shapley("ab", lambda causes: np.array(delivered[causes]))
    >>> {name: float(share) for name, share in shares.items()}
    {'a': 2.0, 'b': 2.0}
    """
    names = sorted(set(causes))
    values = {subset: value(subset) for subset in _subsets(names)}
    none = values[frozenset()]
    shares = {}
    for name in names:
        others = [other for other in names if other != name]
        share = np.zeros_like(none)
        for before in _subsets(others):
            after = before | {name}
            remaining = len(names) - len(after)
            orders = factorial(len(before)) * factorial(remaining)
            weight = orders / factorial(len(names))
            loss = values[before] - values[after]
            share = share + weight * loss
        shares[name] = share
    return shares


def _subsets(names: Sequence[str]) -> Iterator[Causes]:
    """Yield every subset of names, the smallest first."""
    for size in range(len(names) + 1):
        for subset in combinations(names, size):
            yield frozenset(subset)


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
    states = _CauseStates(case, scenario)
    shares = _shapley(states.causes, states.delivered)
    without_causes = states.delivered(frozenset())
    every_cause = frozenset(states.causes)
    with_causes = states.delivered(every_cause)
    delivered = with_causes
    if scenario.foresight == "surprise":
        delivered = states.delivered_unforeseen()
    line, contract = states.ceilings()

    columns = {
        "line": line,
        "season": line - contract,
        "ceiling": contract,
        "plants": contract - without_causes,
    }
    no_share = np.zeros_like(without_causes)
    for cause in CAUSES:
        columns[cause] = shares.get(cause, no_share)
    columns["surprise"] = with_causes - delivered
    columns["delivered"] = delivered
    table = pd.DataFrame(columns, index=states.months)
    table = table.rename_axis("month")
    table.attrs["units"] = "GWh"
    return table


def mean_power(table: pd.DataFrame) -> pd.DataFrame:
    """Return an attribution as mean power [MW]: each month's energy over the hours of the month.

    Parameters
    ----------
    table
        From `attribution` [GWh].
    """
    months = pd.PeriodIndex(table.index)
    hours = months.days_in_month.to_numpy() * 24
    power = table.mul(1000 / hours, axis=0)
    power.attrs["units"] = "MW"
    return power


class _CauseStates:
    """States of a scenario, each with some of its causes in force; every state is solved once."""

    def __init__(self, case: Case, scenario: Scenario) -> None:
        self._case = case
        self._scenario = scenario
        self._axis = plan_axis(case, scenario)
        refuse_without_line(assemble(case, scenario, self._axis), scenario.name)
        inputs = self._inputs(frozenset(CAUSES))
        self._engine = Engine(inputs)
        self._delivered: dict[Causes, np.ndarray] = {}
        self.causes = [cause for cause in CAUSES if self._occurs(cause)]
        months = inputs.axis.snapshots.to_period("M")
        self.months = months.unique()

    def _occurs(self, cause: str) -> bool:
        """Whether the scenario has the cause at all."""
        of_buyer = [event.kind in BUYERS for event in self._scenario.events]
        if cause == "events":
            return not all(of_buyer)
        if cause == "buyer":
            return any(of_buyer) or self._scenario.objective == "dispatch"
        return True

    def delivered(self, active: Causes) -> np.ndarray:
        """Return the energy delivered by month [GWh] with a set of causes in force; shape (months,)."""
        if active not in self._delivered:
            inputs = self._inputs(active)
            result = self._engine.solve(inputs)
            self._delivered[active] = _delivered(result)
        return self._delivered[active]

    def delivered_unforeseen(self) -> np.ndarray:
        """Return the energy delivered by month [GWh] when events are learned of as they come; shape (months,)."""
        result = solve_imperfect_foresight(self._case, self._scenario)
        return _delivered(result)

    def ceilings(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the contract's power in every hour, and in the hours of its season, by month [GWh]."""
        result = self._engine.solve(self._engine.base)
        terms = result.inputs.book.contract
        limit = terms.ceiling if terms else None
        season = open_season(self._scenario, result.inputs)
        all_year = np.ones_like(season)
        power = ceiling(result, all_year, limit)
        power_in_season = ceiling(result, season, limit)
        line = energy_by_month(power, result)
        contract = energy_by_month(power_in_season, result)
        return line.to_numpy(), contract.to_numpy()

    def _inputs(self, active: Causes) -> Inputs:
        """Return the inputs of the model with a set of causes in force."""
        scenario = self._with_events(active)
        inputs = assemble(self._case, scenario, self._axis)
        inputs = with_free_water(inputs, free="water" not in active)
        generators = inputs.components["generators"]
        order = list(scenario.protection_order or inputs.book.protection_order)
        before = _services_before_study(order)
        own_demand = demand_services(generators) & before
        if "own_demand" not in active:
            inputs = without_demand(inputs, own_demand)
        if "rules" not in active:
            inputs = without_river_rules(inputs)
        if "network" not in active:
            inputs = without_ac_network(inputs)
        if "commitments" not in active and STUDIED in order:
            bought = purchases(generators) & before
            order = list(study_after(own_demand | bought, order))
        return with_objective(inputs, scenario, tuple(order))

    def _with_events(self, active: Causes) -> Scenario:
        """Return the scenario with the events, and the buyer, of a set of causes in force."""
        events = []
        for event in self._scenario.events:
            cause = "buyer" if event.kind in BUYERS else "events"
            if cause in active:
                events.append(event)
        changes: dict[str, object] = {"events": tuple(events)}
        if "buyer" not in active:
            changes["objective"] = "transfer"
        return self._scenario.model_copy(update=changes)


def _services_before_study(order: list[str]) -> set[str]:
    if STUDIED not in order:
        return set(order)
    position = order.index(STUDIED)
    return set(order[:position])


def _delivered(result: Result) -> np.ndarray:
    power = transferable(result)
    energy = energy_by_month(power, result)
    return energy.to_numpy()
