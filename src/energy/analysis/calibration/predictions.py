"""Predictions: headline numbers of a scenario before and after calibration, kept in the journal of the calibration."""

from __future__ import annotations

from energy.analysis.calibration.backcast_runs import SetRunner
from energy.analysis.sensitivity.number_sets import NumberSets
from energy.analysis.sensitivity.predicted_range import (
    HeadlineMetrics,
    PredictedRange,
    headline_names,
    points_of_range,
)
from energy.scenario import Scenario


def predicted_range(
    runner: SetRunner,
    scenario: Scenario,
    count: int,
    seed: int,
    sets: NumberSets | None,
) -> PredictedRange:
    """Return the headline numbers of a scenario with all unknown numbers at once.

    Parameters
    ----------
    runner
        Runs the sets, and keeps what is done.
    scenario
        What is predicted.
    count, seed
        How many sets, and the seed that they are drawn with.
    sets
        What a calibration left; None: the ranges of the evidence.
    """
    parameters, shares, points = points_of_range(runner.case, scenario, count, seed, sets)
    names = headline_names()
    values = runner.values(
        points,
        HeadlineMetrics(),
        name="headline",
        size=len(names),
        anchor=scenario,
        measured=f"headline {names}",
    )
    numbers = "ranges" if sets is None else "posterior"
    return PredictedRange(
        scenario=scenario.name,
        numbers=numbers,
        parameters=parameters,
        shares=shares,
        values=values,
    )
