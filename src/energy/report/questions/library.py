"""Scenarios of the library as questions ask for them: all of one case, with the same overrides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from energy.case import Case, read_case
from energy.errors import SolverError
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.seasons import comparison, outage_losses, water_span
from energy.scenario import Scenario, read_scenario

COARSER = "typical-days-4h"
"""Resolution of a scenario that has no optimum at its own."""


@dataclass(frozen=True)
class Library:
    """The case, the base scenario, and the overrides that every scenario gets.

    Attributes
    ----------
    case
        The case of the base scenario.
    base
        The scenario that others are compared with.
    overrides
        Overrides ``key=value`` of all of them.
    samples
        Draws where a question is answered by sampling.
    """

    case: Case
    base: Scenario
    overrides: tuple[str, ...] = ()
    samples: int = 16

    def scenario(self, name: str, **changes: object) -> Scenario:
        """Return a scenario of the library with the overrides, and changes of its own."""
        scenario = read_scenario(name, overrides=list(self.overrides))
        return scenario.replace(**changes) if changes else scenario

    def compared(self, *names: str) -> pd.DataFrame:
        """Return the base and other scenarios side by side, as of ``seasons.comparison``."""
        scenarios = {self.base.name: self.base} | {name: self.scenario(name) for name in names}
        return comparison(self.case, scenarios)


def outages(library: Library, *names: str) -> pd.DataFrame:
    """Return what the events of scenarios take, as of ``seasons.outage_losses``.

    A scenario for which the solver proves no optimum is solved on coarser days; ``attrs["coarser"]`` says in words
    which are.
    """
    tables, coarser = [], []
    for name in names:
        try:
            table = outage_losses(library.case, {name: library.scenario(name)})
        except SolverError as err:
            coarse = library.scenario(name, **{"time.resolution": COARSER})
            table = outage_losses(library.case, {name: coarse})
            coarser.append(f"{name} at the resolution of the others ({err}): its row is of {COARSER}")
        tables.append(table)
    losses = pd.concat(tables)
    losses.attrs = {"units": "GWh", "coarser": tuple(coarser)}
    return losses


def read_library(base: str = "baseline", overrides: Sequence[str] = (), samples: int = 16) -> Library:
    """Return the library of a base scenario."""
    scenario = read_scenario(base, overrides=list(overrides))
    return Library(read_case(scenario.case), scenario, tuple(overrides), samples)


def comparison_answer(
    library: Library,
    sentence: str,
    names: Sequence[str],
    limits: Sequence[str] = (),
) -> Answer:
    """Return scenarios side by side as an answer; ``{name}`` in the sentence is the season of that scenario [GWh]."""
    table = library.compared(*names)
    seasons = {str(name): f"{energy:,.0f}" for name, energy in table["delivered"].items()}
    seasons["base"] = seasons[library.base.name]
    text = sentence.format_map(seasons)
    span = water_span(library.case, library.base)
    return Answer(
        (text,),
        {"Seasons side by side": table},
        span=span,
        marks=marks_of(library.case),
        limits=tuple(limits),
    )
