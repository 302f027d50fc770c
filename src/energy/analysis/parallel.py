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
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from threading import Lock, Thread
from typing import Any

import numpy as np

from energy.analysis.case_digest import case_digest
from energy.analysis.imperfect_foresight import solve_imperfect_foresight
from energy.case import Case
from energy.errors import InputError, SolverError
from energy.model import Inputs
from energy.model.horizon import refuse_missed
from energy.model.inputs import assemble, with_objective
from energy.reading.frozen import FrozenMap
from energy.scenario import Scenario
from energy.scenario.hydrology import Drawn
from energy.solve import Engine, Result, WarmStartScenario, solve_with
from energy.solve.structure_hash import family_key

Measure = Callable[[Result], Mapping[str, Any]]
"""Result → name → number or array. Sent to other processes, so a function of a module, not one within a function."""

CHUNK = 16  # points that a worker takes at once, at most
IN_FLIGHT = 32  # chunks handed to an executor ahead of its answers, so that 10,000 points wait here and not there
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ENGINES_KEPT = 8  # of different structures, in each process


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

    Yields
    ------
    Answer
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
    >>> points = [scenario, scenario.replace(hydrology="dry"), scenario.replace(hydrology="no such water")]
    >>> found = {answer.index: answer for answer in solve_points(case, points, delivered)}
    >>> [float(found[at].values["delivered"].round(3)) for at in (0, 1)]
    [348.84, 42.226]
    >>> found[2].reason.split(" has ", 1)[1]
    "no hydrology 'no such water'; allowed: median, dry"
    """
    key = case_digest(case)
    chunk = chunk or max(1, min(CHUNK, len(scenarios) // 16))
    order = sorted(range(len(scenarios)), key=lambda at: (_family(scenarios[at]), at))
    tasks = deque([(at, scenarios[at]) for at in order[k : k + chunk]] for k in range(0, len(order), chunk))
    if executor is None:
        for task in tasks:
            for point in task:
                yield from solve_chunk(case, key, [point], measure, solver)
        return
    waiting: set[Future[list[TaskResult]]] = set()
    try:
        while tasks or waiting:
            while tasks and len(waiting) < IN_FLIGHT:
                waiting.add(executor.submit(solve_chunk, case, key, tasks.popleft(), measure, solver))
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()
    finally:
        for future in waiting:
            future.cancel()


def solve_chunk(
    case: Case, key: str, points: Iterable[tuple[int, Scenario]], measure: Measure, solver: str | None = None
) -> list[TaskResult]:
    """Solve some points in this process; what a worker is given to do. Parameters as of `solve_points`."""
    with _ONE_AT_A_TIME:  # engines are this process's, whichever of its threads is asked
        return [_solved(case, key, at, scenario, measure, solver) for at, scenario in points]


def processes(workers: int) -> ProcessPoolExecutor:
    """Return an executor of worker processes on this machine, each of one thread."""
    for name in ONE_THREAD:  # read by a child's libraries when they are loaded; those of this process are already
        os.environ.setdefault(name, "1")
    # a forked child would inherit the parent's threads half-way through their work
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=leave_with_parent)


def leave_with_parent() -> None:
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

    energy = float((transferable(result) * result.hours).sum()) / 1000
    return {"delivered": np.array(energy), "objective": np.array(result.objective)}


def warm_start_scenarios(scenario: Scenario) -> tuple[Scenario, ...]:
    """Return where the solve of a point starts, nearest first; the last one starts from nothing.

    The nearest is the point without its events, its own numbers and drawn water: what few points of a study choose in
    words (growth, water year, contract, rules, order) is shared by many, and numbers are not. The farthest has median
    water and central growth besides. A pure function of the point.

    Examples
    --------
    >>> from energy.scenario import read_scenario
    >>> point = read_scenario("two_bus").replace(**{"hydrology": "dry", "values.links.line.p_nom": 80.0})
    >>> [(anchor.hydrology, dict(anchor.values)) for anchor in warm_start_scenarios(point)]
    [('dry', {}), ('median', {})]
    """
    changes: dict[str, object] = {"events": (), "values": FrozenMap(), "foresight": "perfect"}
    if isinstance(scenario.hydrology, Drawn):
        changes["hydrology"] = "median"
    near = scenario.model_copy(update=changes)
    far = near.model_copy(update={"hydrology": "median", "growth": "central"})
    return (near,) if near == far else (near, far)


def _family(scenario: Scenario) -> str:
    """Return what points have in common that start from the same anchor."""
    return warm_start_scenarios(scenario)[0].digest()


_ONE_AT_A_TIME = Lock()
_cases: OrderedDict[str, Case] = OrderedDict()
_engines: OrderedDict[tuple[str, str], Engine] = OrderedDict()


def _solved(case: Case, key: str, index: int, scenario: Scenario, measure: Measure, solver: str | None) -> TaskResult:
    start = time.perf_counter()
    case = _cases.setdefault(key, case)  # the copy that what is remembered in this process hangs on
    builds, inside = _Builds.count, _inside()
    try:
        result = _result(case, key, scenario, solver)
        values = {str(name): np.asarray(value) for name, value in measure(result).items()}
        reason = ""
    except (InputError, SolverError) as err:
        values, reason = {}, str(err)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = time.perf_counter() - start
    return TaskResult(index, values, reason, seconds, _inside() - inside, _Builds.count - builds, memory)


def _inside() -> float:
    return sum(engine.seconds for engine in _engines.values())


class _Builds:
    count = 0


def _result(case: Case, key: str, scenario: Scenario, solver: str | None) -> Result:
    refuse_missed(case, scenario)
    if scenario.foresight == "surprise" and scenario.events:
        return solve_imperfect_foresight(case, scenario)
    found = with_objective(assemble(case, scenario), scenario)
    if solver is not None:
        return solve_with(solver, found)
    return _engine(key, found).solve(found, anchor=_warm_start_scenario(case, scenario))


def _warm_start_scenario(case: Case, scenario: Scenario) -> WarmStartScenario:
    """Return the chain of anchors of a point."""
    found: WarmStartScenario | None = None
    for near in reversed(warm_start_scenarios(scenario)):
        found = WarmStartScenario(near.digest(), _assembled(case, near), found)
    assert found is not None
    return found


def _assembled(case: Case, scenario: Scenario) -> Callable[[], Inputs]:
    return lambda: with_objective(assemble(case, scenario), scenario)


def _engine(key: str, inputs: Inputs) -> Engine:
    at = (key, f"{inputs.kirchhoff} {inputs.line_losses} {family_key(inputs)}")
    if at not in _engines:
        _engines[at] = Engine(inputs)
        _Builds.count += 1
        if len(_engines) > ENGINES_KEPT:
            _engines.popitem(last=False)
    _engines.move_to_end(at)
    return _engines[at]
