"""One Monte Carlo sample of a season: water, growth and outages drawn, solved with and without the outages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from energy.analysis.engine_cache import first_copy
from energy.analysis.policy.policy_solver import PolicySolver, policy_in_file
from energy.analysis.risk.sample_solver import DrawSolver, SampleSolver, with_events
from energy.case import Case
from energy.errors import Fault, InputError, SolverError
from energy.metrics import transferable
from energy.metrics.month_columns import LOST
from energy.metrics.unmet_irrigation import unmet_irrigation
from energy.model import inputs
from energy.model.axis import in_window
from energy.model.horizon import on_calendar
from energy.model.outages.sampling import Outage, SampledOutages, as_events, draw_outages
from energy.model.random_stream import uniform_stream
from energy.model.snapshots import axis_of
from energy.scenario import Event, HazardSet, Scenario
from energy.solve import Result

GROWTH = ("low", "central", "high")
LEAST_LOSS = 5.0
"""Loss of a season [GWh], in size, from which on it is split by cause; a thousandth of what the line can carry."""


@dataclass(frozen=True)
class SamplingDesign:
    """What is sampled.

    Attributes
    ----------
    scenario
        What is asked; its own events happen in every sample.
    hazards
        The laws of the outages.
    seed
        Family of draws.
    water
        Whether water years are drawn; else the scenario's holds.
    growth
        Odds of low, central and high growth; None: the scenario's.
    tilts
        Hazard → factor on its rate, for importance sampling.
    causes
        Whether losses are split by cause, by solving with each cause alone.
    policy
        File of the trained policy that decides each year month by month; None: its water and outages are known.
    """

    scenario: Scenario
    hazards: HazardSet
    seed: int = 1
    water: bool = True
    growth: tuple[float, float, float] | None = None
    tilts: tuple[tuple[str, float], ...] = ()
    causes: bool = True
    policy: Path | None = None

    def undisturbed(self, draw: int) -> Scenario:
        """Return the scenario with the water and growth of a draw."""
        changes: dict[str, object] = {}
        if self.water:
            changes["hydrology"] = self._drawn_water(draw)
        if self.growth is not None:
            changes["growth"] = self._drawn_growth(self.growth, draw)
        if not changes:
            return self.scenario
        return self.scenario.replace(**changes)

    def _drawn_water(self, draw: int) -> dict[str, object]:
        """Return the water of a draw; the scenario's own dependence and climate stay, where it draws its water."""
        own = self.scenario.plain()["hydrology"]
        water: dict[str, object] = {}
        if isinstance(own, dict):
            water = {field: own[field] for field in ("dependence", "shift") if field in own}
        return {**water, "seed": self.seed, "draw": draw}

    def _drawn_growth(self, odds: tuple[float, float, float], draw: int) -> str:
        """Return the growth of a draw."""
        chance = float(uniform_stream(["growth", self.seed, draw], 1)[0]) * sum(odds)
        number = np.searchsorted(np.cumsum(odds), chance, side="right")
        return GROWTH[min(int(number), len(GROWTH) - 1)]

    def outages(self, scenario: Scenario, draw: int) -> SampledOutages:
        """Return the outages of a draw over the horizon of a scenario."""
        return draw_outages(
            hazards=self.hazards,
            start=scenario.horizon()[0],
            hours=_hours(scenario),
            seed=self.seed,
            draw=draw,
            tilts=dict(self.tilts),
        )

    def events(self, scenario: Scenario, outages: SampledOutages) -> tuple[Event, ...]:
        """Return outages as events of a scenario."""
        start, _ = scenario.horizon()
        return as_events(outages, self.hazards, start, _hours(scenario))


def _hours(scenario: Scenario) -> float:
    """Return the length of a scenario's horizon [h]."""
    start, end = scenario.horizon()
    return (end - start) / pd.Timedelta(hours=1)


def drawn_scenario(question: SamplingDesign, draw: int) -> Scenario:
    """Return draw ``draw`` as a scenario, its outages as events, to be looked at or run by itself."""
    calm = question.undisturbed(draw)
    outages = question.outages(calm, draw)
    disturbed = with_events(calm, question.events(calm, outages))
    return disturbed.model_copy(update={"name": f"{calm.name} draw {draw}"})


def _trial(question: SamplingDesign) -> Scenario:
    """Return the scenario with one event of each hazard, to see whether a case knows what they name."""
    calm = question.undisturbed(0)
    outages = []
    for name, hazard in question.hazards.hazards.items():
        places = [*hazard.where]
        for spread in hazard.spreads:
            places += spread.where
        outages.append(Outage(name, tuple(places), 0.0, 24.0))
    sampled = SampledOutages(tuple(outages), 0.0, 1.0)
    return with_events(calm, question.events(calm, sampled))


def checked(case: Case, question: SamplingDesign) -> None:
    """Refuse hazards that name what the case does not have, and water that it cannot draw, before any solve.

    Raises
    ------
    InputError
        With what is missing.
    """
    if question.water and "water_statistics" not in case.profiles:
        what = f"case {case.name} has no profiles/water_statistics.csv to draw water from"
        repair = "keep the scenario's water with --fixed-water"
        raise InputError(Fault(what, case.path, repair=repair))
    inputs(case, _trial(question))


def sample_columns(case: Case, question: SamplingDesign) -> list[str]:
    """Return the names of what a sample gives, in order."""
    _, months = _season(case, question.scenario)
    causes = {hazard.cause for hazard in question.hazards.hazards.values()}
    return [
        "draw",
        "failed",
        "lacking",
        "yielded",
        "weight",
        "state",
        "growth",
        "outage hours",
        "undisturbed",
        "season",
        *(f"month {month}" for month in months),
        *(LOST + cause for cause in sorted(causes)),
    ]


def sample(case: Case, question: SamplingDesign, draw: int) -> dict[str, float]:
    """Solve one draw.

    Returns
    -------
    dict
        ``failed`` (1 where no optimum exists), ``lacking`` (water that irrigation is short of without outages [hm³]),
        ``yielded`` (what other rules of the water yield [hm³], likewise),
        ``weight`` (likelihood ratio), ``state`` (share of the horizon in the second state), ``undisturbed`` and
        ``season`` (energy
        delivered in the season without and with the outages [GWh]), ``month <m>`` [GWh], and ``lost to <cause>``: what
        the outages of one cause alone take [GWh], 0 where all together change less than ``LEAST_LOSS``.
    """
    calm = on_calendar(case, question.undisturbed(draw))
    outages = question.outages(calm, draw)
    events = question.events(calm, outages)
    figures = dict.fromkeys(sample_columns(case, question), 0.0)
    figures["draw"] = draw
    figures["weight"] = outages.weight
    figures["state"] = outages.states
    figures["growth"] = np.nan
    if isinstance(calm.growth, str):
        figures["growth"] = float(GROWTH.index(calm.growth))
    figures["outage hours"] = _outage_hours(outages, _hours(calm))
    solver = solver_of(case, question, draw)
    try:
        undisturbed = solver.solve(())
        figures["lacking"] = float(unmet_irrigation(undisturbed).sum())
        figures["yielded"] = float(sum(undisturbed.yielded.values()))
        disturbed = solver.solve(events) if events else undisturbed
        figures |= _energy(case, question.scenario, undisturbed, disturbed)
        lost = figures["undisturbed"] - figures["season"]
        if question.causes and abs(lost) >= LEAST_LOSS:
            figures |= _lost_by_cause(
                case=case,
                question=question,
                solver=solver,
                events=events,
                undisturbed=undisturbed,
                disturbed=disturbed,
            )
    except SolverError:
        figures["failed"] = 1.0
    return figures


def _outage_hours(outages: SampledOutages, hours: float) -> float:
    """Return the hours of all outages inside the horizon; outages at one time count each."""
    total = 0.0
    for outage in outages.outages:
        begin = max(outage.start, 0.0)
        end = min(outage.end, hours)
        total += end - begin
    return total


def _lost_by_cause(
    case: Case,
    question: SamplingDesign,
    solver: DrawSolver,
    events: Sequence[Event],
    undisturbed: Result,
    disturbed: Result,
) -> dict[str, float]:
    """Return what the outages of each cause alone take from the season [GWh]."""
    causes = sorted({event.cause for event in events})
    lost = {}
    for cause in causes:
        alone = disturbed
        if len(causes) > 1:
            alone = solver.solve([event for event in events if event.cause == cause])
        energy = _energy(case, question.scenario, undisturbed, alone)
        lost[LOST + cause] = energy["undisturbed"] - energy["season"]
    return lost


def solve_samples(
    case: Case,
    question: SamplingDesign,
    draws: Sequence[int],
    key: str = "",
) -> list[dict[str, float]]:
    """Solve some draws in this process; what a worker is given to do.

    Parameters
    ----------
    case, question, draws
        What exists, what is sampled, which draws.
    key
        The case's digest: a worker, to whom a case comes as a copy with each task, keeps to the first copy of it, since
        what is remembered of a case hangs on the object. Empty: the case is taken as it is.
    """
    if key:
        case = first_copy(case, key)
    return [sample(case, question, draw) for draw in draws]


def _energy(case: Case, scenario: Scenario, undisturbed: Result, disturbed: Result) -> dict[str, float]:
    """Return the energy of the season without and with outages, and that of its months with them [GWh]."""
    share_of_season, months = _season(case, scenario)
    without_outages = _energy_by_snapshot(undisturbed, share_of_season)
    with_outages = _energy_by_snapshot(disturbed, share_of_season)
    month_of_snapshot = disturbed.inputs.axis.snapshots.month.to_numpy()
    energy = {
        "undisturbed": float(without_outages.sum()),
        "season": float(with_outages.sum()),
    }
    for month in months:
        in_month = month_of_snapshot == month
        energy[f"month {month}"] = float(with_outages[in_month].sum())
    return energy


def _energy_by_snapshot(result: Result, share_of_season: np.ndarray) -> np.ndarray:
    """Return what can be transferred in each snapshot's part of the season [GWh]."""
    power = transferable(result).to_numpy()
    return np.asarray(power * result.hours * share_of_season / 1000)


def solver_of(case: Case, question: SamplingDesign, draw: int) -> DrawSolver:
    """Return what solves a draw with any of its outages."""
    if question.policy is not None:
        model, policy = policy_in_file(case, question.scenario, question.policy)
        return PolicySolver(model, policy, question.undisturbed(draw))
    return SampleSolver(
        case=case,
        calm=question.undisturbed(draw),
        axis=axis_of(case, question.scenario),
        growth_is_drawn=question.growth is not None,
    )


@lru_cache(maxsize=8)
def _season(case: Case, scenario: Scenario) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return each snapshot's share inside the contract season, and the season's months."""
    axis = axis_of(case, scenario)
    contract = case.rules.contract
    if contract is None or scenario.contract.outside_season == "open":
        inside = np.ones(len(axis.snapshots))
    else:
        first, last = contract.season.start, contract.season.end
        if scenario.contract.season:
            first, last = scenario.contract.season.first, scenario.contract.season.last
        inside = axis.share(in_window(axis.hours, first, last))
    months = axis.snapshots.month.to_numpy()[inside > 0]
    return inside, tuple(int(month) for month in dict.fromkeys(months))
