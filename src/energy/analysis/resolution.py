"""Time resolution: run time saved, and error in seasonal transferable energy."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import pandas as pd

from energy.case import Case
from energy.metrics import transferable
from energy.model import inputs
from energy.scenario import Scenario
from energy.solve import Engine

RESOLUTIONS = (
    "typical-days-4h",
    "typical-days-3h",
    "typical-days-2h",
    "typical-days",
    "typical-weeks-3h",
    "6h",
    "3h",
    "1h",
)
"""From coarse to fine; the last one, every hour of the year, is what the others are measured against."""


@dataclass(frozen=True)
class Measured:
    """One solve of a scenario at one resolution.

    Attributes
    ----------
    resolution
        As in the scenario field ``time.resolution``.
    snapshots, columns
        Size of the model.
    energy
        Transferable energy of the horizon [GWh].
    build_seconds, solve_seconds
        Processor time from the case's tables to a checked linear program, and of one solve from nothing [s]. One
        thread solves, so on an idle machine this is the wall time; on a busy one it does not count the waiting.
    memory
        Peak memory of the process [MB].
    """

    resolution: str
    snapshots: int
    columns: int
    energy: float
    build_seconds: float
    solve_seconds: float
    memory: float


def _measure(
    case: Case,
    scenario: Scenario,
    resolution: str,
) -> Measured:
    """Solve a scenario once at a resolution, with a watch.

    Raises
    ------
    InputError, SolverError
        When the scenario does not fit the case, or has no optimum.
    """
    import pypsa  # noqa: F401  (its import is no part of what is measured)

    scenario = scenario.replace(**{"time.resolution": resolution})
    start = time.process_time()
    scenario_inputs = inputs(case, scenario)
    engine = Engine(scenario_inputs)
    built = time.process_time()
    result = engine.solve(scenario_inputs)
    done = time.process_time()
    energy = (transferable(result) * result.hours).sum() / 1000
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(
        resolution=resolution,
        snapshots=len(result.hours),
        columns=engine.n_columns,
        energy=float(energy),
        build_seconds=built - start,
        solve_seconds=done - built,
        memory=memory,
    )


def measure_all(
    case: Case,
    scenario: Scenario,
    resolutions: Iterable[str] = RESOLUTIONS,
) -> Iterator[Measured]:
    """Yield the measurement of each resolution, each in a fresh process, one after the other."""
    # one process a task: peak memory and warm caches are not passed on
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as executor:
        for resolution in resolutions:
            yield executor.submit(_measure, case, scenario, resolution).result()


def resolution_table(measured: Iterable[Measured], default: str) -> pd.DataFrame:
    """Return the measurements side by side.

    Parameters
    ----------
    measured
        The last one is the finest, with which the others' energy is compared.
    default
        The resolution whose run time is 1.

    Returns
    -------
    pandas.DataFrame
        Index resolution; columns snapshots, columns, ``run time`` (ratio to the default), ``solve`` (the solver's share
        of the run time), ``memory`` [MB], ``energy`` [GWh], ``error`` (relative to the finest).

    Examples
    --------
    >>> coarse, fine = (
    ...     Measured("3h", 8, 9, 101.0, 1.0, 1.0, 300.0),
    ...     Measured("1h", 24, 27, 100.0, 2.0, 6.0, 400.0),
    ... )
    >>> resolution_table([coarse, fine], "3h")[["run time", "error"]].round(6).to_numpy().tolist()
    [[1.0, 0.01], [4.0, 0.0]]
    """
    solves = list(measured)
    seconds = {solve.resolution: solve.build_seconds + solve.solve_seconds for solve in solves}
    finest = solves[-1].energy
    rows = {}
    for solve in solves:
        error = float("nan")
        if finest:
            error = solve.energy / finest - 1
        rows[solve.resolution] = {
            "snapshots": solve.snapshots,
            "columns": solve.columns,
            "run time": seconds[solve.resolution] / seconds[default],
            "solve": solve.solve_seconds / seconds[solve.resolution],
            "memory": solve.memory,
            "energy": solve.energy,
            "error": error,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis("resolution")
