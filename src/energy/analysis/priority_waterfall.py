"""Priority waterfall: what each service before CASA-1000 in the priority order takes from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from pathlib import Path

import numpy as np
import pandas as pd

from energy.analysis.imperfect_foresight import plan_axis, solve_imperfect_foresight
from energy.analysis.structure import StructureSpread, structure_spread
from energy.analysis.tasks import Start
from energy.analysis.waterfall_rungs import Rung, solve_with_rungs
from energy.case import Case
from energy.errors import SolverError
from energy.metrics import ceiling, energy_by_month, monthly_table, transferable
from energy.metrics.audit import TOLERANCE, audit
from energy.metrics.monthly import delivered_energy, of_service
from energy.model import Inputs
from energy.model.axis import Axis, in_window
from energy.model.horizon import refuse_missed
from energy.model.input_checks import validate_inputs
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
from energy.model.objective import LOWEST_WEIGHT, STUDIED
from energy.scenario import Scenario
from energy.solve import Engine, Result

SURPRISE = "surprise"
LEAN = LOWEST_WEIGHT / 5  # above what months differ by in cost, far below the weight of a service


@dataclass(frozen=True)
class Run:
    """A scenario solved, with the rungs of its protection order.

    Attributes
    ----------
    case, scenario, result
        What exists, what was asked, and the optimum.
    season
        Share of each snapshot inside the contract season; shape (snapshots,).
    limit
        Contract ceiling at the sending end [MW], None where the case has no contract.
    countries
        Countries that supply under the contract.
    rungs
        Delivered energy by month [GWh], one column a rung: ``contract``, ``line`` (what is in service), ``water``
        (CASA-1000 served before all else), then one a protected service, in order; the last is the scenario itself.
        Where events come as a surprise the services are those of perfect foresight, and ``surprise`` is the last.
    foreseen
        The optimum with perfect foresight of the same events, where ``result`` was surprised by them; else None.
    soon_and_late
        Energy [GWh] delivered with surprise if plans send as soon, and as late, as they can without loss; None where
        nothing comes as a surprise, and at least cost, where the time of sending is a matter of money.
    structure
        What Kirchhoff's law and help between the sellers do to what is delivered, where it was asked for.
    undisturbed
        The optimum of the same scenario without its events, on the same snapshots, where it has some and ``structure``
        was asked for; None where a policy decides.
    already_served
        Protected service → energy [GWh] that it is given before it has its place in the order, because a service
        before it uses it (winter demand, what a swap returns).

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> solved = run(read_case("two_bus"), scenario)
    >>> {name: round(float(lost.sum()), 1) for name, lost in solved.losses.items()}  # GWh
    {'line': 0.0, 'water': 0.0, 'own_demand': 0.0}
    """

    case: Case
    scenario: Scenario
    result: Result
    season: np.ndarray
    limit: float | None
    countries: list[str]
    rungs: pd.DataFrame
    foreseen: Result | None = None
    soon_and_late: tuple[float, float] | None = None
    structure: StructureSpread | None = None
    undisturbed: Result | None = None
    already_served: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The months in numbers, see ``energy.metrics.monthly_table``; with ``foreseen`` [GWh] after a surprise."""
        table = monthly_table(
            result=self.result,
            season=self.season,
            limit=self.limit,
            countries=self.countries,
            losses=self.losses,
        )
        if self.foreseen is not None:
            table["foreseen"] = energy_by_month(transferable(self.foreseen), self.foreseen)
        return table

    @property
    def price_of_surprise(self) -> pd.Series | None:
        """Energy delivered with perfect foresight less that with surprise, by month [GWh]; None without surprise."""
        if self.foreseen is None:
            return None
        price = self.table["foreseen"] - self.table["delivered"]
        return price.rename("price")

    @property
    def certificate(self) -> Mapping[str, float]:
        """What each service could still gain [MWh]; after a surprise, that of the plan with perfect foresight."""
        return (self.foreseen or self.result).gains

    @property
    def losses(self) -> dict[str, pd.Series]:
        """Energy lost at each rung by month [GWh]; they sum to the gap between contract and delivery."""
        lost = -self.rungs.diff(axis=1).iloc[:, 1:]
        return {str(name): lost[name] for name in lost}


def run(
    case: Case,
    scenario: Scenario,
    time_limit: float = inf,
    structure: bool = True,
    policy: Path | None = None,
    start: Start | None = None,
) -> Run:
    """Solve a scenario, and the same with CASA-1000 ever earlier in the protection order.

    Parameters
    ----------
    case, scenario
        What exists, and what is asked.
    time_limit
        Wall time that the solver may take for the scenario and all its rungs [s].
    structure
        Whether to solve what structure does to the answer too (``StructureSpread``), up to three more solves. Long
        horizons, whose solves start from nothing, are left alone.
    policy
        File of the trained policy that decides, with ``foresight: policy``.
    start
        Begins a task in a second process, which on a long horizon solves half of the rungs; None: all is solved here.

    Raises
    ------
    InputError, SolverError
        When the scenario does not fit the case, or has no optimum, or its optimum fails the audit.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> solved = run(read_case("two_bus"), scenario)
    >>> solved.rungs.sum().round(1).to_dict()  # GWh
    {'contract': 348.8, 'line': 348.8, 'water': 348.8, 'own_demand': 348.8}
    """
    refuse_missed(case, scenario)
    asked = scenario
    is_surprised = asked.foresight == "surprise"
    if asked.foresight == "policy":
        scenario = asked.model_copy(update={"foresight": "perfect"})
    axis = plan_axis(case, scenario) if is_surprised else None
    own = assemble(case, scenario, axis)
    inputs = with_objective(own, scenario)
    validate_inputs(inputs.components, inputs.dense, scenario, case)
    engine = Engine(inputs, time_limit)
    foreseen, rungs_before = solve_with_rungs(
        case,
        scenario,
        own,
        engine,
        time_limit=time_limit,
        start=start,
    )
    _refuse_unsound(foreseen)
    season = open_season(scenario, inputs)
    rungs = _delivered_by_rung(scenario, foreseen, season, rungs_before)
    result = foreseen
    unforeseen = _unforeseen(case, asked, engine, policy)
    if unforeseen is not None:
        _refuse_unsound(unforeseen)
        result = unforeseen
        if not rungs.empty:
            rungs[SURPRISE] = energy_by_month(transferable(result), result)
    soon_and_late = None
    if is_surprised and scenario.objective == "transfer":
        soon_and_late = _soon_and_late(case, scenario, engine)
    spread = None
    undisturbed = None
    if structure and engine.has_warm_start:
        undisturbed = _undisturbed(case, asked, engine, inputs.axis)
        spread = structure_spread(case, scenario, engine, foreseen)
    contract = inputs.book.contract
    return Run(
        case=case,
        scenario=asked,
        result=result,
        season=season,
        limit=contract.ceiling if contract else None,
        countries=list(contract.shares) if contract else [],
        rungs=rungs,
        foreseen=None if unforeseen is None else foreseen,
        soon_and_late=soon_and_late,
        structure=spread,
        undisturbed=undisturbed,
        already_served={rung.service: rung.already_served for rung in rungs_before},
    )


def _unforeseen(case: Case, scenario: Scenario, engine: Engine, policy: Path | None) -> Result | None:
    """Return what is decided where events, or the river, are not known before; None with perfect foresight."""
    match scenario.foresight:
        case "surprise":
            return solve_imperfect_foresight(case, scenario, engine)
        case "policy":
            from energy.analysis.policy.policy_solver import decided_by_file  # statistics of scipy: half a second

            return decided_by_file(case, scenario, policy)
    return None


def _undisturbed(case: Case, scenario: Scenario, engine: Engine, axis: Axis) -> Result | None:
    """Return the optimum without events, on the same snapshots; None where there are none, or a policy decides."""
    if not scenario.events or scenario.foresight == "policy":
        return None
    without = scenario.model_copy(update={"events": (), "foresight": "perfect"})
    inputs = with_objective(assemble(case, without, axis), without)
    return engine.solve(inputs)


def _soon_and_late(case: Case, scenario: Scenario, engine: Engine) -> tuple[float, float]:
    """Return what is delivered where ties are broken early, and where they are broken late [GWh]."""
    soon = solve_imperfect_foresight(case, scenario, engine, LEAN)
    late = solve_imperfect_foresight(case, scenario, engine, -LEAN)
    return delivered_energy(soon), delivered_energy(late)


def open_season(scenario: Scenario, inputs: Inputs) -> np.ndarray:
    """Return the share of each snapshot in which the contract lets the line deliver; shape (snapshots,)."""
    contract = inputs.book.contract
    if contract is None or scenario.contract.outside_season == "open":
        return np.ones(len(inputs.axis.snapshots))
    inside = in_window(inputs.axis.hours, contract.season.start, contract.season.end)
    return inputs.axis.share(inside)


def energy_in_season(scenario: Scenario, result: Result) -> float:
    """Return the energy that is delivered while the contract lets the line deliver [GWh]."""
    is_open = open_season(scenario, result.inputs)
    power = transferable(result).to_numpy() * is_open
    return float(power @ result.hours) / 1000


def _refuse_unsound(result: Result) -> None:
    """Give no result that breaks physics or its own limits."""
    failed = {name: residual for name, residual in audit(result).items() if not residual <= TOLERANCE}
    if failed:
        shown = ", ".join(f"{name} {residual:.2g}" for name, residual in failed.items())
        raise SolverError(f"{result.inputs.name}: the result fails the audit, residuals above {TOLERANCE:g}: {shown}")


def _delivered_by_rung(
    scenario: Scenario,
    result: Result,
    season: np.ndarray,
    rungs: Sequence[Rung],
) -> pd.DataFrame:
    """Return what is delivered at each rung by month [GWh]; no column where nothing is under study."""
    book = result.inputs.book
    order = scenario.protection_order or book.protection_order
    links = result.inputs.components.get("links", pd.DataFrame())
    if STUDIED not in order or not len(of_service(links, STUDIED)):
        return pd.DataFrame()
    limit = book.contract.ceiling if book.contract else None
    delivered = {
        "contract": energy_by_month(ceiling(result, season, limit), result),
        "line": energy_by_month(_in_service(result), result),
    }
    reached = "water" if scenario.objective == "transfer" else "dispatch"
    for rung in rungs:
        delivered[reached] = rung.delivered
        reached = rung.service
    delivered[reached] = energy_by_month(transferable(result), result)
    return pd.DataFrame(delivered)


def _in_service(result: Result) -> pd.Series:
    """Return what the contract's links could deliver in every snapshot with the events of the scenario [MW]."""
    links = result.inputs.components["links"]
    names = links.index[links["service"] == STUDIED]
    available = result.inputs.values("links", "p_max_pu")[names] * links.loc[names, "p_nom"]
    efficiency = result.inputs.values("links", "efficiency")[names]
    delivered: pd.Series[float] = (available * efficiency).sum(axis=1)
    return delivered
