"""A mixed sweep through the engine and the same networks through plain PyPSA, in one run."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, product
from multiprocessing import get_context
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from linopy.solvers import Solver

from energy.analysis.parallel import TaskResult, processes, solve_points
from energy.analysis.scenario_metrics import Metrics
from energy.case import Case, read_case
from energy.model import build, extra_functionality, inputs
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
from energy.model.network import network
from energy.model.pypsa_logging import quiet_pypsa
from energy.scenario import Scenario, read_scenario
from energy.solve import Engine
from energy.solve.duality_gap import duality_gap

PLACES = {"hvdc_pole_out": "links.HVDC pole 1*", "line_out": "lines.*Datka*", "border_stop": "links.HVDC*"}
FEW = (  # kind, start, days: within the season, so that they matter
    ("hvdc_pole_out", "07-10", 30),
    ("line_out", "06-15", 14),
    ("border_stop", "05-20", 7),
    ("border_stop", "08-28", 3),
)


def outage(kind: str, start: str, days: int) -> dict[str, object]:
    """Return an event of a sweep."""
    where = [PLACES[kind]]
    return {"name": "out", "kind": kind, "cause": "any", "where": where, "start": start, "duration": f"{days}d"}


def mixed_points(resolution: str, count: int, seed: int = 1) -> list[Scenario]:
    """Return points of a mixed sweep: outages of a pole, of lines and of the border at any time, water, growth."""
    rng = Random(seed)
    base = read_scenario("baseline", overrides={"time.resolution": resolution})
    found = []
    for _ in range(count):
        kind = rng.choice(sorted(PLACES))
        start = pd.Timestamp("2028-04-01") + pd.Timedelta(days=rng.randint(0, 300))
        event = outage(kind, f"{start:%m-%d}", rng.choice([3, 7, 14, 30, 60]))
        water, growth = rng.choice(["dry", "median", "wet"]), rng.choice(["low", "central", "high"])
        found.append(base.replace(events=[event], hydrology=water, growth=growth))
    return found


def few_points(resolution: str, workers: int) -> tuple[list[Scenario], list[Scenario]]:
    """Return a small mixed sweep whose solves take long: points in two waters and growths, and what warms workers up.

    The points alternate between the two, so that the first ones have all there is; of the hourly year there are but
    four, one for each outage. A worker is warm once it has met both anchors; each is asked as often as there are
    workers, which takes them all equally long.
    """
    base = read_scenario("baseline", overrides={"time.resolution": resolution})
    kinds = [base, base.replace(hydrology="dry", growth="high")]
    pairs = zip(FEW, cycle(kinds), strict=False) if resolution == "1h" else product(FEW, kinds)
    points = [kind.replace(events=[outage(*event)]) for event, kind in pairs]
    return points, [kind for kind in kinds for _ in range(workers)]


@dataclass(frozen=True)
class Plain:
    """One point in plain PyPSA: wall time of ``n.optimize`` and of building the network [s], and the objective.

    NaN is the objective of a solve that was stopped, or ended without an optimum: its time is a lower bound then.
    """

    optimize: float
    network: float
    objective: float


def plain_loop(points: list[Scenario], options: Mapping[str, object]) -> list[Plain]:
    """Solve points one after the other as a PyPSA user would, with HiGHS by the direct interface on one thread.

    Options are HiGHS's own.
    """
    found = []
    for point in points:
        case = read_case(point.case)
        start = time.perf_counter()
        n = build(case, point)
        built = time.perf_counter()
        with quiet_pypsa():
            _, condition = n.optimize(
                solver_name="highs",
                io_api="direct",
                extra_functionality=extra_functionality,
                include_objective_constant=False,
                log_to_console=False,
                solver_options={"output_flag": False, "threads": 1, **options},
            )
        objective = float(n.objective) if condition == "optimal" else np.nan
        found.append(Plain(time.perf_counter() - built, built - start, objective))
    return found


class Peers(NamedTuple):
    """Wall time of one point [s] by ``n.optimize``, by linopy's persistent update, and by the engine; objectives [$].

    ``build`` is the part of linopy's time that goes into making PyPSA's model of the point.
    """

    optimize: float
    persistent: float
    build: float
    engine: float
    objectives: tuple[float, float, float]


def peers_on_shared_snapshots(points: list[Scenario]) -> list[Peers]:
    """Solve points on the snapshots of the first in three ways; events count by the share of a snapshot they take.

    On shared snapshots all points have one structure, so that linopy's persistent solver (``track_updates``) changes
    numbers in place and starts from the optimum before.
    """
    case = read_case(points[0].case)
    base = inputs(case, points[0])
    engine = Engine(base)
    engine.solve(base)
    options = {"output_flag": False, "threads": 1}
    solver: Any = None
    rows = []
    for point in points[1:]:
        asked = with_objective(assemble(case, point, base.axis), point)
        plain, whole = network(asked), network(asked)
        begun = time.perf_counter()
        with quiet_pypsa():
            plain.optimize(
                solver_name="highs",
                io_api="direct",
                extra_functionality=extra_functionality,
                include_objective_constant=False,
                log_to_console=False,
                solver_options=options,
            )
        optimized = time.perf_counter()
        with quiet_pypsa():
            model = whole.optimize.create_model(include_objective_constant=False)
            extra_functionality(whole, whole.snapshots)
        built = time.perf_counter()
        if solver is None:
            solver = Solver.from_name("highs", model, io_api="direct", track_updates=True, options=options)
        solver.solve(model, assign=True)
        updated = time.perf_counter()
        objective = engine.solve(asked).objective
        solved = time.perf_counter()
        rows.append(
            Peers(
                optimize=optimized - begun,
                persistent=updated - optimized,
                build=built - optimized,
                engine=solved - updated,
                objectives=(float(plain.objective), float(model.objective.value), objective),
            )
        )
    return rows


def in_fresh_process(function: Any, *arguments: Any, patience: float | None = None) -> Any:
    """Return what a function gives in a process of its own; None when it has not ended after ``patience`` seconds."""
    with get_context("spawn").Pool(1) as pool:  # leaving it ends the process
        try:
            return pool.apply_async(function, arguments).get(patience)
        except multiprocessing.TimeoutError:
            return None


@dataclass(frozen=True)
class Throughput:
    """What a number of workers did: wall time a point once they are warm, and while they were getting so [s]."""

    workers: int
    points: int
    warm: float
    start: float
    inside: float
    memory: float
    objectives: dict[int, float]
    failed: int


def engine_throughput(case: Case, points: list[Scenario], warmup: list[Scenario], workers: int) -> Throughput:
    """Solve points with workers; those of the warm-up meet each anchor, and their time is told apart."""
    with processes(workers) as executor:
        begun = time.perf_counter()
        first = list(solve_points(case, warmup, Metrics(), executor, chunk=max(1, len(warmup) // (16 * workers))))
        warm = time.perf_counter()
        chunk = max(1, min(16, len(points) // (8 * workers)))
        rest = list(solve_points(case, points, Metrics(), executor, chunk=chunk))
        done = time.perf_counter()
    objectives = {a.index: float(a.values["objective"]) for a in rest if not a.reason}
    inside = sum(a.solving for a in rest) / max(sum(a.seconds for a in rest), 1e-9)
    memory = max(a.memory for a in (*first, *rest))
    failed = sum(bool(a.reason) for a in (*first, *rest))
    taken = (done - warm) / max(len(points), 1)
    return Throughput(workers, len(points), taken, warm - begun, inside, memory, objectives, failed)


def growth_of_memory(case: Case, points: list[Scenario], workers: int) -> Iterator[tuple[int, float, float]]:
    """Yield points done, peak memory of the largest worker [MB] and seconds, as they grow."""
    begun, memory, done = time.perf_counter(), 0.0, 0
    with processes(workers) as executor:
        answer: TaskResult
        for answer in solve_points(case, points, Metrics(), executor):
            memory, done = max(memory, answer.memory), done + 1
            if done in (10, 100, 1000, 3000, 10_000) or done == len(points):
                yield done, memory, time.perf_counter() - begun


def plain_points(points: list[Scenario], options: Mapping[str, object], patience: float | None = None) -> list[Plain]:
    """Return the plain loop over points in a process of its own; with ``patience`` one for each, ended after so long.

    HiGHS looks at its own time limit only now and then, so the process is ended from outside; half a minute is allowed
    for imports and the making of the network, so that ``patience`` [s] is a lower bound of what the solve takes.
    """
    if patience is None:
        first = read_scenario("two_bus")  # it bears the imports
        return list(in_fresh_process(plain_loop, [first, *points], options)[1:])
    ended = (in_fresh_process(plain_loop, [point], options, patience=patience + 30) for point in points)
    return [found[0] if found else Plain(patience, np.nan, np.nan) for found in ended]


def proved_bounds(points: list[Scenario]) -> list[float]:
    """Return lower bounds of PyPSA's optimum [$] for points that PyPSA itself does not solve in time.

    The engine's program of each point is held against PyPSA's own model of that very point, number by number, and the
    bound follows from the engine's prices by weak duality (`energy.solve.duality_gap`).
    """
    return list(in_fresh_process(_bounds, points)) if points else []


def _bounds(points: list[Scenario]) -> list[float]:
    found = []
    for point in points:
        given = inputs(read_case(point.case), point)
        engine = Engine(given)
        objective, optimum = engine.solve(given).objective, engine.solver.optimum()
        share = duality_gap(engine.structure, engine.structure.problem(given), optimum.values, optimum.duals)
        found.append(objective - share * abs(objective))
    return found


def largest_difference(expected: Mapping[int, float], objectives: Mapping[int, float]) -> float:
    """Return the largest relative difference of the objectives of the same points; NaN where one has none."""
    return float(np.max([abs(a - objectives.get(at, np.nan)) / abs(a) for at, a in expected.items()]))


def cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0))
