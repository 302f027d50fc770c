"""Transfer capability of a scenario: contingencies, reliability margin and contract of its case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from energy.analysis.capability import FORWARD, REVERSE, SERVICES, Loss, LossTolerance, by_month, capability
from energy.case import Case, RuleBook
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


@dataclass(frozen=True)
class Capability:
    """Transfer capability of a scenario.

    Attributes
    ----------
    scenario
        What was asked.
    found
        Inputs with both directions open all year.
    table
        As `energy.analysis.capability.capability` returns it: index (direction, snapshot).
    state
        State of the systems that says which loss they can stand.
    """

    scenario: Scenario
    found: Inputs
    table: pd.DataFrame
    state: str

    @cached_property
    def months(self) -> pd.DataFrame:
        """The months in numbers: index (direction, month), see `energy.analysis.capability.by_month`."""
        return by_month(self.table, self.found)


def case_capability(
    case: Case,
    scenario: Scenario,
    *,
    state: str | None = None,
    share_of_load: bool = False,
    allocated: Literal["contract", "run"] | float = "contract",
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
    >>> found = case_capability(read_case("networks/two_bus"), read_scenario("two_bus"))
    >>> found.months.loc["forward"].iloc[0][["intact", "TTC", "limit"]].to_dict()
    {'intact': 100.0, 'TTC': 0.0, 'limit': 'loss of line'}
    """
    book = rule_book(case, scenario)
    found = assemble(case, scenario.replace(**{"contract.outside_season": "open", "contract.direction": "both"}))
    security = book.security or Security()
    state = state or security.state or STRICT
    if state != STRICT and state not in security.states:
        known = [*security.states, STRICT]
        raise InputError(
            Fault(
                f"no state {state!r} in security",
                case.path / "rules.yaml",
                None,
                ", ".join(known),
                nearest(state, known),
            )
        )
    losses = None if book.security is None else [*_losses(case, security, strict=state == STRICT)]
    table = capability(
        found,
        losses=losses,
        stood=_stood(found, security, state, share_of_load),
        margin=security.margin,
        allocated=_allocated(case, scenario, book, found, allocated),
    )
    return Capability(scenario, found, table, state)


def allocation(text: str) -> Literal["contract", "run"] | float:
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
    words: dict[str, Literal["contract", "run"]] = {"contract": "contract", "run": "run"}
    if text in words:
        return words[text]
    try:
        power = float(text)
    except ValueError:
        power = np.nan
    if not 0 <= power < np.inf:
        raise InputError(Fault(f"{text!r} is no allocation", "--allocated", None, "contract, run, or a power in MW"))
    return power


def _losses(case: Case, security: Security, strict: bool) -> Iterator[Loss]:
    faults = []
    for name in (*security.poles, *(() if strict else security.common_mode)):
        parts = [(component, part, np.inf) for component, part in case.corridor(name)]
        if not parts:
            known = list(case.corridors["corridor"].unique()) if len(case.corridors) else []
            faults.append(
                Fault(f"security: no corridor {name!r}", case.path / "rules.yaml", None, None, nearest(name, known))
            )
        yield Loss(f"loss of {name.replace('_', ' ')}", tuple(parts))
    for name, size in security.units.items():
        tables = [component for component in ("links", "generators") if name in case.components[component].index]
        if not tables:
            known = [*case.components["links"].index, *case.components["generators"].index]
            faults.append(
                Fault(f"security: no unit {name!r}", case.path / "rules.yaml", None, None, nearest(name, known))
            )
        yield Loss(f"loss of a unit of {name}", tuple((component, name, size) for component in tables), exchange=False)
    if faults:
        raise InputError(faults)


def _stood(found: Inputs, security: Security, state: str, share_of_load: bool) -> dict[str, LossTolerance]:
    if state == STRICT:
        return {}
    if share_of_load and security.share_of_load is None:
        raise InputError(Fault("the case says no share_of_load", "rules.yaml", repair="add security.share_of_load"))
    limit = security.stood(state)
    share = security.share_of_load if share_of_load else None
    receiving = np.inf if share is None else share * receiving_load(found)
    return {FORWARD: LossTolerance(limit.forward, receiving), REVERSE: LossTolerance(limit.reverse)}


def receiving_load(found: Inputs) -> np.ndarray:
    """Return the demand of the countries that the line under study leads to [MW]; shape (snapshots,)."""
    links, buses = found.components["links"], found.components["buses"]
    ends = links.loc[links["service"] == SERVICES[FORWARD], "bus1"]
    near = buses.index.isin(ends)
    if "country" in buses:
        near |= buses["country"].isin(buses.loc[near, "country"].dropna()).to_numpy()
    loads = found.components["loads"]
    electric = buses.index[near & (buses["carrier"] != "water").to_numpy()]
    names = loads.index[loads["bus"].isin(electric)]
    return np.asarray(found.values("loads", "p_set")[names].sum(axis=1))


def _allocated(
    case: Case, scenario: Scenario, book: RuleBook, found: Inputs, asked: Literal["contract", "run"] | float
) -> dict[str, pd.Series]:
    snapshots = found.axis.snapshots
    if asked == "run":
        result = solve(inputs(case, scenario))
        return {direction: sent(result, service) for direction, service in SERVICES.items()}
    if asked != "contract":
        return {FORWARD: pd.Series(float(asked), index=snapshots)}
    if book.contract is None:
        return {}
    season = found.axis.share(in_window(found.axis.hours, book.contract.season.start, book.contract.season.end))
    direction = REVERSE if scenario.contract.direction == "reverse" else FORWARD
    return {direction: pd.Series(book.contract.ceiling * season, index=snapshots)}
