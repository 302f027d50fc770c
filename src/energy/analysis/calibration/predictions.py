"""Predicted range: headline numbers of a scenario with all unknown numbers at once, before and after calibration.

What is solved is kept in the journal of the calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.analysis.scenario_metrics import METRICS, MONTHS, Metrics
from energy.analysis.sensitivity.number_sets import NumberSets, drawn_shares
from energy.analysis.sensitivity.uncertain_parameters import (
    UncertainParameter,
    uncertain_parameters,
    with_uncertain_parameters,
)
from energy.analysis.sweep.journaled_runs import JournaledRuns
from energy.errors import SolverError
from energy.scenario import Scenario
from energy.solve import Result

NINE_IN_TEN = (0.05, 0.5, 0.95)
QUANTITIES = ("delivered", "peak", "unserved")
MONTHLY = "delivered_by_month"


@dataclass(frozen=True)
class _HeadlineMetrics:
    """A measure, as ``energy.analysis.parallel`` wants it: ``headline``, the numbers of `_headline_names`."""

    def __call__(self, result: Result) -> Mapping[str, np.ndarray]:
        """Measure a result."""
        measured = Metrics()(result)
        single = [float(measured[name]) for name in QUANTITIES]
        return {"headline": np.array([*single, *measured[MONTHLY]])}


def _headline_names() -> list[tuple[str, str]]:
    """Return quantity and unit of each headline number."""
    single = [(name, METRICS[name][1]) for name in QUANTITIES]
    monthly = [(f"delivered in month {month}", METRICS[MONTHLY][1]) for month in MONTHS]
    return [*single, *monthly]


@dataclass(frozen=True, eq=False)
class PredictedRange:
    """Headline numbers of a scenario for many sets of numbers.

    Attributes
    ----------
    scenario
        Its name.
    numbers
        What the sets were drawn from: ``ranges`` or ``posterior``.
    parameters
        The unknown numbers.
    shares
        Sets as shares of the ranges; shape (sets, parameters).
    values
        Headline numbers; shape (sets, headline numbers); NaN where a set has no optimum.
    """

    scenario: str
    numbers: str
    parameters: Sequence[UncertainParameter]
    shares: np.ndarray
    values: np.ndarray

    @property
    def table(self) -> pd.DataFrame:
        """One row a headline number: scenario, numbers, quantity, unit, low, middle, high, sets, failed.

        Low, middle and high are the 5 %, 50 % and 95 % quantiles.
        """
        is_solved = np.isfinite(self.values).all(axis=1)
        solved = self.values[is_solved]
        failed = len(self.values) - len(solved)
        if not len(solved):
            raise SolverError(f"{self.scenario}: no set of numbers has an optimum")
        low, middle, high = np.quantile(solved, NINE_IN_TEN, axis=0)
        table = pd.DataFrame(_headline_names(), columns=["quantity", "unit"])
        table.insert(0, "scenario", self.scenario)
        table.insert(1, "numbers", self.numbers)
        return table.assign(low=low, middle=middle, high=high, sets=len(solved), failed=failed)

    def leading(self, count: int = 3, quantity: str = "delivered") -> pd.DataFrame:
        """Return the numbers whose ranges move a headline number most.

        Returns
        -------
        pandas.DataFrame
            Index key; column ``share``: squared correlation of the ranks of number and headline number.
        """
        column = [name for name, _ in _headline_names()].index(quantity)
        values = self.values[:, column]
        solved = np.isfinite(values)
        ranks = _ranks(values[solved])
        share = {}
        for number, parameter in enumerate(self.parameters):
            of_number = _ranks(self.shares[solved, number])
            correlation = 0.0
            if ranks.std() and of_number.std():
                correlation = np.corrcoef(of_number, ranks)[0, 1]
            share[parameter.key] = float(correlation**2)
        table = pd.DataFrame({"share": pd.Series(share)})
        return table.sort_values("share", ascending=False, kind="stable").head(count)


def _ranks(values: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values))


def predicted_range(
    runner: JournaledRuns,
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
    case = runner.case
    parameters = uncertain_parameters(case, scenario)
    shares = drawn_shares(parameters, count, seed, sets)
    points = [with_uncertain_parameters(case, scenario, parameters, row) for row in shares.tolist()]
    names = _headline_names()
    values = runner.values(
        points,
        _HeadlineMetrics(),
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
