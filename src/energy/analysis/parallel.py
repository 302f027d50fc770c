"""Parallel solves of many scenarios of one case: in this process, in worker processes, or on a cluster.

A *point* is a scenario; a *measure* turns its result into a few named numbers or small arrays. What a point yields
depends on the point alone. The order of the points, the number of workers, the executor and what a worker solved
before leave no trace, to the last bit: each solve starts from its *anchors*, which follow from the point, and never
from another point.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import numpy as np

from energy.analysis.case_digest import case_digest
from energy.analysis.engine_cache import engine_of, first_copy, models_built, seconds_of_solving
from energy.analysis.imperfect_foresight import solve_imperfect_foresight
from energy.analysis.policy.policy_solver import decided_by_file
from energy.analysis.tasks import run_tasks
from energy.case import Case
from energy.errors import InputError, SolverError
from energy.model import Inputs
from energy.model.horizon import refuse_missed
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
from energy.reading.frozen import FrozenMap
from energy.scenario import Scenario
from energy.scenario.hydrology import Drawn, Shifted
from energy.solve import Result, WarmStartScenario, solve_with

Measure = Callable[[Result], Mapping[str, Any]]
"""Result → name → number or array. Sent to other processes, so a function of a module, not one within a function."""

CHUNK = 16  # points that a worker takes at once, at most
_DATES = (".build_year", ".lifetime")
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class TaskResult:
    """What one point gave.

    Attributes
    ----------
    index
        Position of the point among those asked.
    values
        Name → number or array, as the measure gave them; empty where the point failed.
    reason
        Why it failed; empty where it did not.
    seconds
        Wall time of the point in its worker [s].
    solving
        Part of it inside HiGHS [s].
    builds
        Models that PyPSA built from nothing for it.
    memory
        Peak memory of the worker so far [MB].
    """

    index: int
    values: Mapping[str, np.ndarray]
    reason: str = ""
    seconds: float = 0.0
    solving: float = 0.0
    builds: int = 0
    memory: float = 0.0


def solve_points(
    case: Case,
    scenarios: Sequence[Scenario],
    measure: Measure,
    executor: Executor | None = None,
    chunk: int | None = None,
    solver: str | None = None,
    anchor: Scenario | None = None,
    policy: Path | None = None,
) -> Iterator[TaskResult]:
    """Solve points and yield their answers as they come.

    Points are handed out in the order of their anchors, so that one that many share is solved once or twice and not
    for each; the answers do not depend on it.

    Parameters
    ----------
    case
        What exists.
    scenarios
        The points.
    measure
        What is wanted of each result; see ``Measure``.
    executor
        Any ``concurrent.futures`` executor: ``processes(2)``, a Dask client's ``get_executor()``; None: here.
    chunk
        Points a task; chosen by their number unless given.
    solver
        Name of a solver in linopy that PyPSA's ``n.optimize`` is to use, without the engine's speed; None: the engine.
    anchor
        Scenario that every point starts from, for points that differ from it in numbers of components and of rules;
        None: each point starts from its own anchors.
    policy
        File of the trained policy that decides points with ``foresight: policy``.

    Yields
    ------
    TaskResult
        One a point, in any order; a point that the case refuses or that has no optimum is an answer with a reason.

    Raises
    ------
    BrokenExecutor
        When the executor loses a worker and cannot replace it.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> case, scenario = read_case("two_bus"), read_scenario("two_bus")
    >>> points = [
    ...     scenario,
    ...     scenario.replace(hydrology="dry"),
    ...     scenario.replace(hydrology="no such water"),
    ... ]
    >>> found = {answer.index: answer for answer in solve_points(case, points, delivered)}
    >>> [float(found[at].values["delivered"].round(3)) for at in (0, 1)]
    [348.84, 42.226]
    >>> found[2].reason.split(" has ", 1)[1]
    "no hydrology 'no such water'; allowed: median, dry"
    """
    key = case_digest(case)
    if executor is None:
        chunk = 1
    if chunk is None:
        chunk = max(1, min(CHUNK, len(scenarios) // 16))
    families = [_family(scenario) for scenario in scenarios]
    order = sorted(range(len(scenarios)), key=lambda index: (families[index], index))
    points = [(index, scenarios[index]) for index in order]
    chunks = [points[first : first + chunk] for first in range(0, len(points), chunk)]
    tasks = [(case, key, chunk_of_points, measure, solver, anchor, policy) for chunk_of_points in chunks]
    for _, results in run_tasks(_solve_chunk, tasks, executor):
        yield from results


def _solve_chunk(
    case: Case,
    key: str,
    points: Iterable[tuple[int, Scenario]],
    measure: Measure,
    solver: str | None = None,
    anchor: Scenario | None = None,
    policy: Path | None = None,
) -> list[TaskResult]:
    """Solve some points in this process; what a worker is given to do. Parameters as of `solve_points`."""
    results = []
    with _ONE_AT_A_TIME:  # engines are this process's, whichever of its threads is asked
        for index, scenario in points:
            result = _solved(
                case=case,
                key=key,
                index=index,
                scenario=scenario,
                measure=measure,
                solver=solver,
                anchor=anchor,
                policy=policy,
            )
            results.append(result)
    return results


def processes(workers: int) -> ProcessPoolExecutor:
    """Return an executor of worker processes on this machine, each of one thread."""
    for name in ONE_THREAD:  # read by a child's libraries when they are loaded; those of this process are already
        os.environ.setdefault(name, "1")
    # a forked child would inherit the parent's threads half-way through their work
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_with_parent)


def processes_if_many(workers: int) -> AbstractContextManager[ProcessPoolExecutor | None]:
    """Return a context that gives worker processes, or nothing where this process does the work by itself."""
    return processes(workers) if workers > 1 else nullcontext(None)


def _leave_with_parent() -> None:
    """End this worker when the process that started it is gone, however suddenly; it would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        Thread(target=_leave_after, args=(parent.join,), daemon=True).start()


def _leave_after(joined: Callable[[], None]) -> None:
    joined()
    os._exit(1)


def delivered(result: Result) -> dict[str, np.ndarray]:
    """Measure the energy delivered at the far end [GWh] and the objective [$]."""
    from energy.metrics import transferable

    energy = transferable(result) * result.hours
    return {
        "delivered": np.array(float(energy.sum()) / 1000),
        "objective": np.array(result.objective),
    }


def warm_start_scenarios(scenario: Scenario) -> tuple[Scenario, ...]:
    """Return where the solve of a point starts, nearest first; the last one starts from nothing.

    The nearest is the point without its events, its own numbers, drawn water and climate: what few points of a study
    choose in words (growth, water year, contract, rules, order) is shared by many, and numbers are not. The
    farthest has median water and central growth besides. A pure function of the point.

    Examples
    --------
    >>> from energy.scenario import read_scenario
    >>> point = read_scenario("two_bus").replace(**{"hydrology": "dry", "values.links.line.p_nom": 80.0})
    >>> [(anchor.hydrology, dict(anchor.values)) for anchor in warm_start_scenarios(point)]
    [('dry', {}), ('median', {})]
    """
    changes: dict[str, object] = {
        "events": (),
        "values": FrozenMap(),
        "foresight": "perfect",
    }
    if isinstance(scenario.hydrology, Drawn):
        changes["hydrology"] = "median"
    elif isinstance(scenario.hydrology, Shifted):
        changes["hydrology"] = scenario.hydrology.label
    near = scenario.model_copy(update=changes)
    far = near.model_copy(update={"hydrology": "median", "growth": "central"})
    if near == far:
        return (near,)
    return near, far


def _family(scenario: Scenario) -> str:
    """Return what points have in common that start from the same anchor."""
    return warm_start_scenarios(scenario)[0].digest()


_ONE_AT_A_TIME = Lock()


def _solved(
    case: Case,
    key: str,
    index: int,
    scenario: Scenario,
    measure: Measure,
    solver: str | None,
    anchor: Scenario | None,
    policy: Path | None,
) -> TaskResult:
    """Solve one point, and measure it; a point that is refused or has no optimum is a result with a reason."""
    start = time.perf_counter()
    case = first_copy(case, key)
    builds_before = models_built()
    seconds_before = seconds_of_solving()
    values: dict[str, np.ndarray] = {}
    reason = ""
    try:
        result = _result(case, key, scenario, solver, anchor=anchor, policy=policy)
        for name, value in measure(result).items():
            values[str(name)] = np.asarray(value)
    except (InputError, SolverError) as err:
        values = {}
        reason = str(err)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return TaskResult(
        index=index,
        values=values,
        reason=reason,
        seconds=time.perf_counter() - start,
        solving=seconds_of_solving() - seconds_before,
        builds=models_built() - builds_before,
        memory=kilobytes / 1024,
    )


def _result(
    case: Case,
    key: str,
    scenario: Scenario,
    solver: str | None,
    *,
    anchor: Scenario | None,
    policy: Path | None,
) -> Result:
    refuse_missed(case, scenario)
    if scenario.foresight == "policy":
        return decided_by_file(case, scenario, policy)
    if scenario.foresight == "surprise" and scenario.events:
        return solve_imperfect_foresight(case, scenario)
    inputs = with_objective(assemble(case, scenario), scenario)
    if solver is not None:
        return solve_with(solver, inputs)
    anchors = warm_start_scenarios(scenario) if anchor is None else (_with_dates_of(anchor, scenario),)
    return engine_of(key, inputs).solve(inputs, anchor=_warm_start_scenario(case, anchors))


def _with_dates_of(anchor: Scenario, scenario: Scenario) -> Scenario:
    """Return an anchor with a point's own dates of build, since a basis is only of use to the same components."""
    dates = {address: value for address, value in scenario.values.items() if address.endswith(_DATES)}
    if not dates:
        return anchor
    return anchor.replace(values={**anchor.values, **dates})


def _warm_start_scenario(case: Case, anchors: Sequence[Scenario]) -> WarmStartScenario:
    """Return the chain of anchors of a point, of which the nearest comes first."""
    start: WarmStartScenario | None = None
    for near in reversed(anchors):
        start = WarmStartScenario(near.digest(), _assembled(case, near), start)
    assert start is not None
    return start


def _assembled(case: Case, scenario: Scenario) -> Callable[[], Inputs]:
    return lambda: with_objective(assemble(case, scenario), scenario)
