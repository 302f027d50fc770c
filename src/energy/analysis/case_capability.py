"""Transfer capability of a scenario: contingencies, reliability margin and contract of its case."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from energy.analysis.capability import FORWARD, LIMIT_NAMES, REVERSE, SERVICES, capability
from energy.analysis.secure_exchange import (
    Loss,
    LossTolerance,
)
from energy.case import Case
from energy.case.n1_security import Security
from energy.errors import Fault, InputError, nearest
from energy.metrics import sent
from energy.model import Inputs, inputs
from energy.model.axis import in_window
from energy.model.inputs import assemble
from energy.model.operating_rules import rule_book
from energy.scenario import Scenario
from energy.solve import solve

STRICT = "strict"
RULES = "rules.yaml"
Allocation = Literal["contract", "run"] | float


@dataclass(frozen=True)
class Capability:
    """Transfer capability of a scenario.

    Attributes
    ----------
    scenario
        What was asked.
    inputs
        Inputs of the model with both directions open all year.
    table
        As `energy.analysis.capability.capability` returns it: index (direction, snapshot).
    state
        State of the systems that says which loss they can stand.
    """

    scenario: Scenario
    inputs: Inputs
    table: pd.DataFrame
    state: str

    @cached_property
    def months(self) -> pd.DataFrame:
        """The months in numbers: index (direction, month), see `energy.analysis.capability.by_month`."""
        return _by_month(self.table, self.inputs)


def case_capability(
    case: Case,
    scenario: Scenario,
    *,
    state: str | None = None,
    share_of_load: bool = False,
    allocated: Allocation = "contract",
) -> Capability:
    """Return the transfer capability of the case's line under study in a scenario, both ways, all year.

    Season and direction of the contract do not close the line here: they are what is allocated, not what can be done.

    Parameters
    ----------
    case
        What exists.
    scenario
        What happens; its events count, its water does not.
    state
        A state of ``security.states`` in the case's rules, or ``strict``: after any single loss the whole exchange
        must go on. By default the state that the case says, or ``strict``.
    share_of_load
        Whether, on the way to the buyer, at most ``security.share_of_load`` of its load may be lost at once.
    allocated
        ``contract``: its ceiling in its season; ``run``: what the solved scenario sends; or a power [MW], forward.

    Returns
    -------
    Capability

    Raises
    ------
    InputError
        When the state, a corridor or a unit is unknown, or the case has no line under study.
    SolverError
        When a linear program has no optimum.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> two_bus = case_capability(read_case("networks/two_bus"), read_scenario("two_bus"))
    >>> two_bus.months.loc["forward"].iloc[0][["intact", "TTC", "limit"]].to_dict()
    {'intact': 100.0, 'TTC': 0.0, 'limit': 'loss of line'}
    """
    book = rule_book(case, scenario)
    security = book.security or Security()
    state = state or security.state or STRICT
    _refuse_unknown_state(case, security, state)
    both_ways = scenario.replace(**{"contract.outside_season": "open", "contract.direction": "both"})
    open_inputs = assemble(case, both_ways)
    losses = None
    if book.security is not None:
        losses = _losses(case, security, strict=state == STRICT)
    table = capability(
        open_inputs,
        losses=losses,
        stood=_loss_tolerance(open_inputs, security, state, share_of_load),
        margin=security.margin,
        allocated=_allocated(case, scenario, open_inputs, allocated),
    )
    return Capability(scenario, open_inputs, table, state)


def _refuse_unknown_state(
    case: Case,
    security: Security,
    state: str,
) -> None:
    if state == STRICT or state in security.states:
        return
    states = [*security.states, STRICT]
    fault = Fault(
        f"no state {state!r} in security",
        case.path / RULES,
        allowed=", ".join(states),
        repair=nearest(state, states),
    )
    raise InputError(fault)


def allocation(text: str) -> Allocation:
    """Return what a user's word for the allocated power means.

    Raises
    ------
    InputError
        When it is no such word and no power.

    Examples
    --------
    >>> allocation("run"), allocation("1000")
    ('run', 1000.0)
    """
    if text == "contract":
        return "contract"
    if text == "run":
        return "run"
    try:
        power = float(text)
    except ValueError:
        power = np.nan
    if not 0 <= power < np.inf:
        allowed = "contract, run, or a power in MW"
        raise InputError(Fault(f"{text!r} is no allocation", "--allocated", allowed=allowed))
    return power


def _losses(
    case: Case,
    security: Security,
    strict: bool,
) -> list[Loss]:
    """Return the contingencies beside the loss of a line: corridors that fail as one element, and largest units.

    Raises
    ------
    InputError
        With every corridor and unit that the case does not have.
    """
    corridors = list(security.poles)
    if not strict:
        corridors += security.common_mode
    losses = []
    faults = []
    for name in corridors:
        parts = case.corridor(name)
        if not parts:
            faults.append(_unknown_corridor(case, name))
        outage = tuple((component, part, np.inf) for component, part in parts)
        label = name.replace("_", " ")
        losses.append(Loss(f"loss of {label}", outage))
    for name, size in security.units.items():
        components = _components_with(case, name)
        if not components:
            faults.append(_unknown_unit(case, name))
        outage = tuple((component, name, size) for component in components)
        losses.append(Loss(f"loss of a unit of {name}", outage, exchange=False))
    if faults:
        raise InputError(faults)
    return losses


def _components_with(case: Case, name: str) -> list[str]:
    """Return the component lists, links and generators, that have a component of this name."""
    return [component for component in ("links", "generators") if name in case.components[component].index]


def _unknown_corridor(case: Case, name: str) -> Fault:
    corridors: list[str] = []
    if len(case.corridors):
        corridors = list(case.corridors["corridor"].unique())
    what = f"security: no corridor {name!r}"
    return Fault(what, case.path / RULES, repair=nearest(name, corridors))


def _unknown_unit(case: Case, name: str) -> Fault:
    links = case.components["links"].index
    generators = case.components["generators"].index
    what = f"security: no unit {name!r}"
    return Fault(what, case.path / RULES, repair=nearest(name, [*links, *generators]))


def _loss_tolerance(
    open_inputs: Inputs,
    security: Security,
    state: str,
    share_of_load: bool,
) -> dict[str, LossTolerance]:
    """Return direction → loss of exchange that both ends can stand in a state of the systems [MW]."""
    if state == STRICT:
        return {}
    limit = security.stood(state)
    receiving: float | np.ndarray = np.inf
    if share_of_load:
        share = security.share_of_load
        if share is None:
            repair = "add security.share_of_load"
            raise InputError(Fault("the case says no share_of_load", RULES, repair=repair))
        receiving = share * _receiving_load(open_inputs)
    return {
        FORWARD: LossTolerance(limit.forward, receiving),
        REVERSE: LossTolerance(limit.reverse),
    }


def _receiving_load(open_inputs: Inputs) -> np.ndarray:
    """Return the demand of the countries that the line under study leads to [MW]; shape (snapshots,)."""
    links = open_inputs.components["links"]
    buses = open_inputs.components["buses"]
    loads = open_inputs.components["loads"]
    studied = links["service"] == SERVICES[FORWARD]
    receiving = buses.index.isin(links.loc[studied, "bus1"])
    if "country" in buses:
        countries = buses.loc[receiving, "country"].dropna()
        receiving |= buses["country"].isin(countries).to_numpy()
    electric = (buses["carrier"] != "water").to_numpy()
    receiving_buses = buses.index[receiving & electric]
    of_buyer = loads["bus"].isin(receiving_buses)
    demand = open_inputs.values("loads", "p_set")[loads.index[of_buyer]]
    return np.asarray(demand.sum(axis=1))


def _allocated(
    case: Case,
    scenario: Scenario,
    open_inputs: Inputs,
    allocated: Allocation,
) -> dict[str, pd.Series]:
    """Return direction → power already allocated in every snapshot [MW]."""
    if allocated == "run":
        result = solve(inputs(case, scenario))
        return {direction: sent(result, service) for direction, service in SERVICES.items()}
    axis = open_inputs.axis
    if allocated != "contract":
        return {FORWARD: pd.Series(float(allocated), index=axis.snapshots)}
    contract = rule_book(case, scenario).contract
    if contract is None:
        return {}
    in_season = in_window(axis.hours, contract.season.start, contract.season.end)
    power = contract.ceiling * axis.share(in_season)
    reverse = scenario.contract.direction == "reverse"
    direction = REVERSE if reverse else FORWARD
    return {direction: pd.Series(power, index=axis.snapshots)}


def _by_month(table: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """Return the months of a capability table.

    Returns
    -------
    pandas.DataFrame
        Index (direction, month); means over the hours [MW], ``lowest TTC`` [MW], and for ``limit intact`` and
        ``limit`` the element that binds in most hours.
    """
    direction = table.index.get_level_values("direction")
    snapshots = table.index.get_level_values("snapshot")
    month = pd.DatetimeIndex(snapshots).to_period("M").rename("month")
    keys = [direction, month]
    hours_of_snapshot = pd.Series(inputs.axis.weights, index=inputs.axis.snapshots)
    hours_of_row = hours_of_snapshot.reindex(snapshots).to_numpy()
    hours = pd.Series(hours_of_row, index=table.index)
    numbers = table.drop(columns=LIMIT_NAMES).astype(float)
    energy = numbers.mul(hours, axis=0)
    energy_of_month = energy.groupby(keys).sum()
    hours_of_month = hours.groupby(keys).sum()
    months_table = energy_of_month.div(hours_of_month, axis=0)
    lowest = numbers["TTC"].groupby(keys).min()
    months_table.insert(2, "lowest TTC", lowest)
    for column in LIMIT_NAMES:
        hours_of_limit = hours.groupby([*keys, table[column]]).sum()
        by_limit = hours_of_limit.unstack().fillna(0.0)
        months_table[column] = by_limit.idxmax(axis=1)
    return months_table.sort_index(key=_forward_first)


def _forward_first(level: pd.Index) -> pd.Index:
    """Return what sorts a level of the index: directions forward first, months as they are."""
    if level.name != "direction":
        return level
    return level.map({FORWARD: 0, REVERSE: 1})
