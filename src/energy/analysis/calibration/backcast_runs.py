"""Backcast runs: the recorded quantities of many sets of numbers, each through every year of the record.

What is solved is kept in a journal as it comes (``energy.analysis.sweep.journaled_runs``), so that a run which was
ended at any moment resumes. What a set gives depends on the set alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from energy.analysis.backcast import compared, refuse_unfit
from energy.analysis.backcast_quantities import quantities, store_paths
from energy.analysis.calibration.observations import Observations, observations
from energy.analysis.sensitivity.uncertain_parameters import (
    UncertainParameter,
    uncertain_parameters,
    with_uncertain_parameters,
)
from energy.analysis.sweep.journaled_runs import JournaledRuns
from energy.case import Case
from energy.scenario import Scenario
from energy.solve import Result

KEY = ("place", "quantity", "date")


@dataclass(frozen=True, eq=False)
class _RecordedQuantities:
    """A measure, as ``energy.analysis.parallel`` wants it: the values that the model has for a year's record.

    Attributes
    ----------
    record
        Of the case.
    observed
        The rows of the record that are wanted, by place, quantity and date.
    year
        Calendar year.
    """

    record: pd.DataFrame
    observed: tuple[tuple[str, str, str], ...]
    year: int

    def __call__(self, result: Result) -> dict[str, Any]:
        """Return ``quantities``: the modelled values in the order of ``observed``; NaN where the model has none."""
        modelled = quantities(result)
        contents = store_paths(result, self.record)
        values = {}
        for row in compared(self.record, self.year, modelled, contents):
            key = tuple(str(row[name]) for name in KEY)
            values[key] = float(row["model"])
        in_order = [values.get(key, np.nan) for key in self.observed]
        return {"quantities": np.array(in_order)}


@dataclass(frozen=True, eq=False)
class BackcastYears:
    """The years of a backcast, the numbers that are unknown in them, and what is known of the outcome.

    Attributes
    ----------
    case, scenarios
        What exists, and the years, one scenario each.
    parameters_by_year
        Calendar year → the numbers that are unknown in it.
    observations
        What the record says of all years.
    """

    case: Case
    scenarios: tuple[Scenario, ...]
    parameters_by_year: Mapping[int, Sequence[UncertainParameter]]
    observations: Observations

    @cached_property
    def parameters(self) -> list[UncertainParameter]:
        """All numbers, each once, in the order in which they occur."""
        by_key: dict[str, UncertainParameter] = {}
        for parameters in self.parameters_by_year.values():
            for parameter in parameters:
                by_key.setdefault(parameter.key, parameter)
        return list(by_key.values())

    @cached_property
    def common(self) -> list[str]:
        """Keys of the numbers that are unknown in every year; the others belong to a year, as its inflow does."""
        in_years = []
        for parameters in self.parameters_by_year.values():
            keys = {parameter.key for parameter in parameters}
            in_years.append(keys)
        in_all = set.intersection(*in_years)
        return [parameter.key for parameter in self.parameters if parameter.key in in_all]

    def points(self, year: int, shares: np.ndarray) -> list[Scenario]:
        """Return a year with each set of numbers; ``shares`` of the ranges of all numbers, shape (sets, numbers)."""
        of_year = [scenario for scenario in self.scenarios if scenario.year == year]
        scenario = of_year[0]
        parameters = self.parameters_by_year[year]
        all_keys = [parameter.key for parameter in self.parameters]
        columns = [all_keys.index(parameter.key) for parameter in parameters]
        rows = shares[:, columns].tolist()
        return [with_uncertain_parameters(self.case, scenario, parameters, row) for row in rows]


def backcast_years(
    case: Case,
    scenarios: Sequence[Scenario],
    only: Sequence[str] = ("*",),
) -> BackcastYears:
    """Return the years that sets of numbers are run through.

    Parameters
    ----------
    case, scenarios
        What exists, with its record; one scenario a calendar year.
    only
        Shell patterns; a number whose key none of them matches stays at its base.

    Raises
    ------
    InputError
        When the case has no record, or a scenario is no calendar year, or the record has no outcome of these years.
    """
    refuse_unfit(case, scenarios)
    by_year = {}
    for scenario in scenarios:
        by_year[scenario.year] = uncertain_parameters(case, scenario, only)
    known = observations(case.record, list(by_year))
    return BackcastYears(case, tuple(scenarios), by_year, known)


@dataclass
class SetRunner(JournaledRuns):
    """Runs sets of numbers through the years of a record, and keeps what is done."""

    def quantities_of(self, years: BackcastYears, shares: np.ndarray) -> np.ndarray:
        """Return the modelled values of all observations; shape (sets, observations); NaN where a year has no optimum.

        Raises
        ------
        SolverError
            When the executor loses its workers; what was done is kept.
        """
        observed = years.observations.table
        shape = (len(shares), len(observed))
        outcomes = np.full(shape, np.nan)
        for scenario in years.scenarios:
            of_year = (observed["year"] == scenario.year).to_numpy()
            keys = observed.loc[of_year, list(KEY)].astype(str)
            wanted = tuple(keys.itertuples(index=False, name=None))
            measure = _RecordedQuantities(years.case.record, wanted, scenario.year)
            points = years.points(scenario.year, shares)
            outcomes[:, of_year] = self.values(
                points,
                measure,
                "quantities",
                len(wanted),
                scenario,
                str(wanted),
            )
        return outcomes
