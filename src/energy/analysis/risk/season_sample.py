"""One Monte Carlo sample of a season: water, growth and outages drawn, solved with and without the outages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from energy.case import Case
from energy.errors import Fault, InputError, SolverError
from energy.metrics import transferable
from energy.metrics.unmet_irrigation import unmet_irrigation
from energy.model import Inputs, inputs
from energy.model.axis import in_window
from energy.model.horizon import on_calendar
from energy.model.hydrology.nearest_year import nearest_water
from energy.model.inputs import assemble, with_objective
from energy.model.outages.sampling import Outage, SampledOutages, as_events, draw_outages
from energy.model.random_stream import uniform_stream
from energy.model.snapshots import axis_of
from energy.scenario import Event, HazardSet, Scenario
from energy.scenario.hydrology import Drawn as DrawnWater
from energy.scenario.hydrology import Hydrology
from energy.solve import Engine, Result, WarmStartScenario, structure_key

GROWTH = ("low", "central", "high")
LEAST_LOSS = 5.0
"""Loss of a season [GWh], in size, from which on it is split by cause; a thousandth of what the line can carry."""
LOST = "lost to "


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
    """

    scenario: Scenario
    hazards: HazardSet
    seed: int = 1
    water: bool = True
    growth: tuple[float, float, float] | None = None
    tilts: tuple[tuple[str, float], ...] = ()
    causes: bool = True

    def undisturbed(self, draw: int) -> Scenario:
        """Return the scenario with the water and growth of a draw."""
        changes: dict[str, object] = {}
        if self.water:
            # the scenario's own dependence and climate stay, where it draws its water
            own = self.scenario.plain()["hydrology"]
            kept = {k: own[k] for k in ("dependence", "shift") if k in own} if isinstance(own, dict) else {}
            changes["hydrology"] = {**kept, "seed": self.seed, "draw": draw}
        if self.growth is not None:
            chance = float(uniform_stream(["growth", self.seed, draw], 1)[0]) * sum(self.growth)
            changes["growth"] = GROWTH[int(np.searchsorted(np.cumsum(self.growth), chance, side="right").clip(max=2))]
        return self.scenario.replace(**changes) if changes else self.scenario


def drawn_scenario(question: SamplingDesign, draw: int) -> Scenario:
    """Return draw ``draw`` as a scenario, its outages as events, to be looked at or run by itself."""
    calm = question.undisturbed(draw)
    start, end = calm.horizon()
    hours = (end - start) / pd.Timedelta(hours=1)
    drawn = draw_outages(question.hazards, start, hours, question.seed, draw, dict(question.tilts))
    events = as_events(drawn, question.hazards, start, hours)
    return calm.model_copy(update={"events": (*calm.events, *events), "name": f"{calm.name} draw {draw}"})


def trial(question: SamplingDesign) -> Scenario:
    """Return the scenario with one event of each hazard, to see whether a case knows what they name."""
    calm = question.undisturbed(0)
    start, end = calm.horizon()
    hours = (end - start) / pd.Timedelta(hours=1)
    outages = tuple(
        Outage(name, (*hazard.where, *(place for spread in hazard.spreads for place in spread.where)), 0.0, 24.0)
        for name, hazard in question.hazards.hazards.items()
    )
    events = as_events(SampledOutages(outages, 0.0, 1.0), question.hazards, start, hours)
    return calm.model_copy(update={"events": (*calm.events, *events)})


def checked(case: Case, question: SamplingDesign) -> None:
    """Refuse hazards that name what the case does not have, and water that it cannot draw, before any solve.

    Raises
    ------
    InputError
        With what is missing.
    """
    if question.water and "water_statistics" not in case.profiles:
        what = f"case {case.name} has no profiles/water_statistics.csv to draw water from"
        raise InputError(Fault(what, case.path, None, None, "keep the scenario's water with --fixed-water"))
    inputs(case, trial(question))


def sample_columns(case: Case, question: SamplingDesign) -> list[str]:
    """Return the names of what a sample gives, in order."""
    _, months = _season(case, question.scenario)
    causes = sorted({hazard.cause for hazard in question.hazards.hazards.values()})
    return [
        "draw",
        "failed",
        "lacking",
        "weight",
        "state",
        "growth",
        "outage hours",
        "undisturbed",
        "season",
        *(f"month {month}" for month in months),
        *(LOST + cause for cause in causes),
    ]


def sample(case: Case, question: SamplingDesign, draw: int) -> dict[str, float]:
    """Solve one draw.

    Returns
    -------
    dict
        ``failed`` (1 where no optimum exists), ``lacking`` (water that irrigation is short of without outages [hm³]),
        ``weight`` (likelihood ratio), ``state`` (share of the horizon in the second state), ``undisturbed`` and
        ``season`` (energy
        delivered in the season without and with the outages [GWh]), ``month <m>`` [GWh], and ``lost to <cause>``: what
        the outages of one cause alone take [GWh], 0 where all together change less than ``LEAST_LOSS``.
    """
    calm = on_calendar(case, question.undisturbed(draw))
    start, end = calm.horizon()
    hours = (end - start) / pd.Timedelta(hours=1)
    drawn = draw_outages(question.hazards, start, hours, question.seed, draw, dict(question.tilts))
    events = as_events(drawn, question.hazards, start, hours)
    found = dict.fromkeys(sample_columns(case, question), 0.0)
    growth = float(GROWTH.index(calm.growth)) if isinstance(calm.growth, str) else np.nan
    down = sum(min(o.end, hours) - max(o.start, 0.0) for o in drawn.outages)
    found |= {"draw": draw, "weight": drawn.weight, "state": drawn.states, "growth": growth, "outage hours": down}
    solver = solver_of(case, question, draw)
    try:
        undisturbed = solver.solve(())
        found["lacking"] = float(unmet_irrigation(undisturbed).sum())
        disturbed = solver.solve(events) if events else undisturbed
        found |= _energy(case, question.scenario, undisturbed, disturbed)
        lost = found["undisturbed"] - found["season"]
        causes = sorted({event.cause for event in events}) if question.causes and abs(lost) >= LEAST_LOSS else []
        for cause in causes:
            only = [event for event in events if event.cause == cause]
            alone = disturbed if len(causes) == 1 else solver.solve(only)
            energy = _energy(case, question.scenario, undisturbed, alone)
            found[LOST + cause] = energy["undisturbed"] - energy["season"]
    except SolverError:
        found["failed"] = 1.0
    return found


def solve_samples(case: Case, question: SamplingDesign, draws: Sequence[int], key: str = "") -> list[dict[str, float]]:
    """Solve some draws in this process; what a worker is given to do.

    Parameters
    ----------
    case, question, draws
        What exists, what is sampled, which draws.
    key
        The case's digest: a worker, to whom a case comes as a copy with each task, keeps to the first copy of it, since
        what is remembered of a case hangs on the object. Empty: the case is taken as it is.
    """
    kept = _cases.setdefault(key, case) if key else case
    return [sample(kept, question, draw) for draw in draws]


def _energy(case: Case, scenario: Scenario, undisturbed: Result, disturbed: Result) -> dict[str, float]:
    season, months = _season(case, scenario)
    of = disturbed.inputs.axis.snapshots.month.to_numpy()
    power = transferable(disturbed).to_numpy() * disturbed.hours * season / 1000
    found = {f"month {month}": float(power[of == month].sum()) for month in months}
    calm = transferable(undisturbed).to_numpy() * undisturbed.hours * season / 1000
    return {"undisturbed": float(calm.sum()), "season": float(power.sum()), **found}


def solver_of(case: Case, question: SamplingDesign, draw: int) -> _SampleSolver:
    """Return what solves a draw with any of its outages."""
    return _SampleSolver(case, question, question.undisturbed(draw), draw)


@lru_cache(maxsize=8)
def _season(case: Case, scenario: Scenario) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return each snapshot's share inside the contract season, and the season's months."""
    axis = axis_of(case, scenario)
    contract = case.rules.contract
    if contract is None or scenario.contract.outside_season == "open":
        inside = np.ones(len(axis.snapshots))
    else:
        window = scenario.contract.season
        first, last = (window.first, window.last) if window else (contract.season.start, contract.season.end)
        inside = axis.share(in_window(axis.hours, first, last))
    months = axis.snapshots.month.to_numpy()[inside > 0]
    return inside, tuple(int(month) for month in dict.fromkeys(months))


class _SampleSolver:
    """Solves one draw with and without outages, on the snapshots of the scenario without drawn outages.

    The snapshots are the same for all draws, so that all share one linear program; an outage of part of a snapshot's
    hours counts by its share of them.
    """

    def __init__(self, case: Case, question: SamplingDesign, calm: Scenario, draw: int) -> None:
        self.case, self.calm, self.draw = case, calm, draw
        self.axis = axis_of(case, question.scenario)
        self.growth = question.growth is not None

    def solve(self, events: Iterable[Event]) -> Result:
        disturbed = self.calm.model_copy(update={"events": (*self.calm.events, *events)})
        found = self._inputs(disturbed) if disturbed.events != self.calm.events else self._undisturbed
        return _engine(self.case, found).solve(found, anchor=self._anchor)

    def _inputs(self, scenario: Scenario) -> Inputs:
        return with_objective(assemble(self.case, scenario, self.axis), scenario)

    @cached_property
    def _undisturbed(self) -> Inputs:
        return self._inputs(self.calm)

    @cached_property
    def _anchor(self) -> WarmStartScenario:
        calm, near = self.calm, None
        if isinstance(calm.hydrology, DrawnWater):
            # from the nearest year on record the way is two thirds of that from median water (docs/risk.md)
            for water in ("median", nearest_water(self.case, self.axis.hours, calm.hydrology)):
                near = self._plain(water, near)
        elif self.growth:
            near = self._plain(calm.hydrology, near)
        return WarmStartScenario(calm.digest(), lambda: self._undisturbed, near)

    def _plain(self, water: Hydrology, parent: WarmStartScenario | None) -> WarmStartScenario:
        growth = "central" if self.growth else self.calm.growth
        plain = self.calm.model_copy(update={"hydrology": water, "growth": growth})
        return WarmStartScenario(plain.digest(), lambda: self._inputs(plain), parent)


_cases: dict[str, Case] = {}
_engines: dict[tuple[int, str], tuple[Case, Engine]] = {}


def _engine(case: Case, found: Inputs) -> Engine:
    key = (id(case), structure_key(found))
    if key not in _engines or _engines[key][0] is not case:
        if len(_engines) >= 4:
            _engines.clear()
        _engines[key] = (case, Engine(found))
    return _engines[key][1]
