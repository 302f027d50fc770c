"""Solver of one draw, with and without its outages: one linear program for all draws of a design."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Protocol

from energy.analysis.case_digest import case_digest
from energy.analysis.engine_cache import engine_of
from energy.case import Case
from energy.model import Inputs
from energy.model.axis import Axis
from energy.model.hydrology.nearest_year import nearest_water
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
from energy.scenario import Event, Scenario
from energy.scenario.hydrology import Drawn as DrawnWater
from energy.scenario.hydrology import Hydrology
from energy.solve import Result, WarmStartScenario


def with_events(scenario: Scenario, events: Iterable[Event]) -> Scenario:
    """Return a scenario in which events happen beside its own."""
    return scenario.model_copy(update={"events": (*scenario.events, *events)})


class DrawSolver(Protocol):
    """Solves one draw with any of its outages."""

    def solve(self, events: Sequence[Event]) -> Result:
        """Return the year of the draw with events beside those of the scenario."""


class SampleSolver:
    """Solves one draw with and without outages, on the snapshots of the scenario without drawn outages.

    The snapshots are the same for all draws, so that all share one linear program; an outage of part of a snapshot's
    hours counts by its share of them.

    Parameters
    ----------
    case
        What exists.
    calm
        The scenario with the water and growth of the draw, without its outages.
    axis
        Snapshots of the scenario without drawn outages.
    growth_is_drawn
        Whether other draws have other growth.
    """

    def __init__(
        self,
        case: Case,
        calm: Scenario,
        axis: Axis,
        growth_is_drawn: bool,
    ) -> None:
        self.case = case
        self.calm = calm
        self.axis = axis
        self.growth_is_drawn = growth_is_drawn

    def solve(self, events: Sequence[Event]) -> Result:
        """Return the optimum of the draw with events beside those of the scenario.

        Raises
        ------
        SolverError
            When there is none.
        """
        inputs = self._undisturbed
        if events:
            inputs = self._inputs(with_events(self.calm, events))
        engine = engine_of(_digest(self.case), inputs)
        return engine.solve(inputs, anchor=self._anchor)

    def _inputs(self, scenario: Scenario) -> Inputs:
        """Return the inputs of a scenario on the snapshots of the draw."""
        assembled = assemble(self.case, scenario, self.axis)
        return with_objective(assembled, scenario)

    @cached_property
    def _undisturbed(self) -> Inputs:
        """The draw without its outages."""
        return self._inputs(self.calm)

    @cached_property
    def _anchor(self) -> WarmStartScenario:
        """Where solves of the draw start: undisturbed, and before it with water that other draws share."""
        near: WarmStartScenario | None = None
        if isinstance(self.calm.hydrology, DrawnWater):
            # from the nearest year on record the way is two thirds of that from median water (docs/risk.md)
            nearest_year = nearest_water(self.case, self.axis.hours, self.calm.hydrology)
            near = self._shared_start("median", near)
            near = self._shared_start(nearest_year, near)
        elif self.growth_is_drawn:
            near = self._shared_start(self.calm.hydrology, near)
        return WarmStartScenario(self.calm.digest(), lambda: self._undisturbed, near)

    def _shared_start(
        self,
        water: Hydrology,
        parent: WarmStartScenario | None,
    ) -> WarmStartScenario:
        """Return a warm start that draws share: the scenario with some water, with central growth where it varies."""
        growth = self.calm.growth
        if self.growth_is_drawn:
            growth = "central"
        shared = self.calm.model_copy(update={"hydrology": water, "growth": growth})
        return WarmStartScenario(
            shared.digest(),
            lambda: self._inputs(shared),
            parent,
        )


@lru_cache(maxsize=8)
def _digest(case: Case) -> str:
    return case_digest(case)
