"""Reference values: headline numbers of scenarios, to see what a change of model or data moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor

import pandas as pd

from energy.analysis.priority_waterfall import Run, run
from energy.analysis.scenario_metrics import Metrics
from energy.analysis.tasks import results_in_order
from energy.case import read_case
from energy.errors import SolverError
from energy.scenario import read_scenario


def _headline(runs: Mapping[str, Run]) -> pd.DataFrame:
    """Return the season's numbers of some runs.

    Parameters
    ----------
    runs
        Name → run, in the order of the table.

    Returns
    -------
    pandas.DataFrame
        Columns scenario, quantity, unit, value. Quantities: ``contract ceiling``, then ``left after <cause>`` for
        every rung of the ladder, then ``delivered``, all GWh in the season; ``mean power``, delivered energy over the
        season's hours, and ``peak``, the most delivered in a snapshot [MW]; ``unserved``, demand of all countries that
        is not met in the horizon [GWh].

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> found = _headline({"two_bus": run(read_case("two_bus"), read_scenario("two_bus"))})
    >>> round(float(found.set_index("quantity").loc["delivered", "value"]), 2)
    348.84
    """
    rows: list[tuple[str, str, str, float]] = []
    for scenario, scenario_run in runs.items():
        for quantity, unit, value in _rows(scenario_run):
            rows.append((scenario, quantity, unit, value))
    return pd.DataFrame(rows, columns=["scenario", "quantity", "unit", "value"])


def _rows(run: Run) -> Iterator[tuple[str, str, float]]:
    """Yield quantity, unit and value of each number of a run."""
    for name, energy in run.rungs.sum().items():
        quantity = f"left after {name}"
        if name == "contract":
            quantity = "contract ceiling"
        yield quantity, "GWh", float(energy)
    has_contract = run.table["ceiling"] > 0
    months = run.table[has_contract]
    delivered = float(months["delivered"].sum())
    hours_of_season = run.result.hours * run.season
    hours = float(hours_of_season.sum())
    yield "delivered", "GWh", delivered
    yield "mean power", "MW", delivered * 1000 / hours
    metrics = Metrics()
    measured = metrics(run.result)
    yield "peak", "MW", float(measured["peak"])
    yield "unserved", "GWh", float(measured["unserved"])


def solved_headline(names: Sequence[str], executor: Executor) -> Iterator[pd.DataFrame | SolverError]:
    """Solve scenarios of the library on an executor.

    Yields
    ------
    pandas.DataFrame | SolverError
        In the order of names: the headline numbers, or why there are none.

    Raises
    ------
    InputError
        When a scenario does not fit its case.
    """
    yield from results_in_order(_headline_of, [(name,) for name in names], executor)


def _headline_of(name: str) -> pd.DataFrame | SolverError:
    scenario = read_scenario(name)
    case = read_case(scenario.case)
    try:
        solved = run(case, scenario, structure=False)
        return _headline({name: solved})
    except SolverError as err:
        return err
