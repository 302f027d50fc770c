"""Run many scenarios in worker processes, each into its own folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from math import inf
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from energy.analysis import run
from energy.analysis.tasks import finished_tasks
from energy.case import Case, read_case
from energy.errors import Fault, InputError, SolverError
from energy.model import inputs
from energy.report.bundle import write_run
from energy.scenario import Scenario

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""What keeps numerical libraries from starting threads of their own in each of the workers."""


class RunOutcome(NamedTuple):
    """What became of one scenario: its folder, or why there is none (``fault``: input, solver, or program)."""

    name: str
    folder: Path
    seconds: float
    fault: str = ""
    reason: str = ""


def _run_to_folder(
    scenario: Scenario,
    folder: Path,
    time_limit: float = inf,
    *,
    force: bool = False,
    structure: bool = True,
) -> RunOutcome:
    """Solve a scenario and write its folder; a failure is an outcome too."""
    start = time.perf_counter()
    fault = reason = ""
    try:
        solved = run(_case(scenario.case), scenario, time_limit, structure)
        write_run(solved, folder, time.perf_counter() - start, force)
    except InputError as err:
        fault = "input"
        reason = "; ".join(map(str, err.faults))
    except SolverError as err:
        fault = "solver"
        reason = str(err)
    return RunOutcome(
        name=scenario.name,
        folder=folder,
        seconds=time.perf_counter() - start,
        fault=fault,
        reason=reason,
    )


@lru_cache(maxsize=4)
def _case(name: str) -> Case:
    return read_case(name)


def check(scenario: Scenario) -> list[Fault]:
    """Return the faults of a scenario on its case, without solving."""
    try:
        inputs(_case(scenario.case), scenario)
    except InputError as err:
        return err.faults
    return []


def run_all(
    asked: Sequence[tuple[Scenario, Path]],
    workers: int,
    time_limit: float = inf,
    *,
    force: bool = False,
    structure: bool = True,
) -> Iterator[RunOutcome]:
    """Solve scenarios in worker processes and yield each outcome when it is there.

    Every scenario is solved by itself, as if it were the only one: what comes out depends neither on the number of
    workers nor on what else is run.

    Parameters
    ----------
    asked
        Scenarios with the folders that they get.
    workers
        Number of processes, each with one thread.
    time_limit
        Wall time that the solver may take for each of them [s].
    force
        Whether folders may be replaced that this package did not write.
    structure
        Whether to solve what structure does to each answer, too.
    """
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    task = partial(_run_to_folder, force=force, structure=structure)
    tasks = [(scenario, folder, time_limit) for scenario, folder in asked]
    # a spawned process shares no state with this one, on any system
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        for number, future in finished_tasks(task, tasks, executor):
            error = future.exception()
            if error is None:
                yield future.result()
                continue
            scenario, folder = asked[number]
            reason = f"{type(error).__name__}: {error}"
            yield RunOutcome(
                name=scenario.name,
                folder=folder,
                seconds=0.0,
                fault="program",
                reason=reason.splitlines()[0],
            )
