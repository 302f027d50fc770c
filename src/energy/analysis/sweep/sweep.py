"""A sweep: one xarray Dataset over the values of some keys of a scenario, or of numbers of its case."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from energy.analysis.case_digest import case_digest
from energy.analysis.parallel import Measure, TaskResult, processes, solve_points
from energy.analysis.scenario_metrics import DAYS, LOSSES, METRICS, Metrics
from energy.analysis.sensitivity.number_sets import NumberSets
from energy.analysis.sweep.axes import Combine, Grid, grid
from energy.analysis.sweep.empty_dataset import empty_dataset
from energy.analysis.sweep.number_axis import with_number_axis
from energy.analysis.sweep.points import scenarios_of, trials
from energy.analysis.sweep.store import DATASET, REASON, Journal, Store
from energy.analysis.sweep.undisturbed import losses_of, measure_days, undisturbed
from energy.case import Case
from energy.errors import Fault, InputError, SolverError
from energy.model.horizon import on_calendar
from energy.model.inputs import assemble
from energy.reading.tree import Node
from energy.scenario import Scenario
from energy.scenario.named import CaseOrName, ScenarioOrName, case_and_scenario
from energy.solve import solver_named

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FLUSH = 2.0  # seconds between two writings of the Dataset
DEAD_POOLS = 3  # that may break in a row without one more point being done
WORTH_A_WORKER = 12  # points for which another process is started; starting one takes some seconds
WITHOUT_EVENTS = " without events"  # ends the key of what a journal keeps besides its points
DECIDING = (
    "casa1000-energy",
    "highspy",
    "linopy",
    "pypsa",
    "numpy",
    "scipy",
)  # packages that can change an answer


@dataclass(frozen=True)
class Progress:
    """How far a sweep is: points done, those resumed from the folder among them, failed, in all, and seconds so far."""

    done: int
    resumed: int
    failed: int
    total: int
    seconds: float


def sweep(
    case: CaseOrName,
    base: ScenarioOrName,
    axes: Mapping[str, Any],
    combine: Combine = "product",
    count: int | None = None,
    seed: int = 0,
    series: Sequence[str] = (),
    folder: str | Path | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    written: Node | None = None,
    solver: str | None = None,
    sets: int = 0,
    numbers: NumberSets | None = None,
    losses: bool = True,
    policy: Path | None = None,
) -> xr.Dataset:
    """Solve a scenario for many values of some of its keys.

    Parameters
    ----------
    case
        What exists, or its name.
    base
        The scenario that the axes change.
    axes
        Dotted key of a scenario, as in ``Scenario.replace`` → list of values, or range (see ``axes.Range``):
        ``{"hydrology": ["dry", "wet"], "events.0.duration": ["10d", "30d"], "values.links.line.p_nom": [80, 100]}``.
    combine, count, seed
        ``product``, ``zip`` or ``sample`` (a Latin hypercube of ``count`` points from ``seed``).
    series
        Daily means to keep besides the metrics: ``transferable``, ``links.p0:<name>``, … (see ``metrics.SERIES``).
    folder
        Folder that keeps every finished point; a sweep that was stopped goes on there, and a longer one begins with
        what is known. None: nothing is kept.
    executor
        Any ``concurrent.futures`` executor, for example a Dask client's ``get_executor()``.
    workers
        Processes on this machine when no executor is given; None: as many as it has cores, fewer for few points; 1:
        this process.
    progress
        Called after every point.
    written
        The axes as a file has them, so that faults name file and line.
    solver
        Another solver than HiGHS, by PyPSA's ``n.optimize`` and without the engine's speed: a name that linopy knows.
    sets
        Sets of the unknown numbers that every point is solved with, along a dimension ``set``; 0: none.
    numbers
        What a calibration left of the numbers, which the sets are drawn from; None: the ranges of the evidence.
    losses
        Whether points with events are compared with the same scenario without them; points that differ by their events
        alone share it, but on typical days, which events cut.
    policy
        File of the trained policy that decides points with ``foresight: policy``; points of which it is not refused
        differ by their water alone, or by events that cut no typical day.

    Returns
    -------
    xarray.Dataset
        Dimensions: the axes of a product, else ``point``; ``month`` and ``day`` where something is by month or day.
        Variables: ``energy.analysis.scenario_metrics.METRICS`` [GWh, MW, USD, each in its ``units``], with events
        ``lost_to_events`` and ``lost_during_events`` [GWh], the series, ``done``, and ``reason``, why a point that is
        NaN failed.

    Raises
    ------
    InputError
        When a point makes no scenario, the case does not have what a value names (every word, and the lowest and
        highest number of each axis are tried before anything is solved), or the folder holds something else.
    SolverError
        When workers die again and again.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> case, base = read_case("two_bus"), read_scenario("two_bus")
    >>> dataset = sweep(case, base, {"hydrology": ["median", "dry"], "values.links.line.p_nom": [50.0, 100.0]})
    >>> dataset["delivered"].sel(hydrology="dry").round(1).values.tolist()
    [42.2, 42.2]
    """
    case, base = case_and_scenario(case, base)
    laid = grid(axes=axes, combine=combine, count=count, seed=seed, written=written)
    points = scenarios_of(base, laid.changes, written)
    has_losses = losses and any(point.events for point in points)
    measure = Metrics(tuple(series), days=has_losses)
    _refuse(case, [points[number] for number in trials(laid.changes)])
    if sets:
        laid, points = with_number_axis(case, laid, points, count=sets, seed=seed, sets=numbers)
    if solver is not None:
        _refuse_surprise(solver_named(solver), points)
    keys = _keys(case, points, measure, solver, policy)
    _refuse_axes(laid)
    first_days, days = _first_days(case, points)
    in_memory = _Sweep(
        case=case,
        measure=measure,
        points=points,
        keys=keys,
        dataset=empty_dataset(laid, measure, base, days),
        journal=None,
        store=None,
        progress=progress,
        solver=solver,
        policy=policy,
        offsets=[(first - days[0]).days for first in first_days],
    )
    if folder is None:
        return in_memory.run(executor, workers)
    with closing(Journal(Path(folder))) as journal:
        store = Store(Path(folder) / DATASET, in_memory.dataset, tuple(laid.dims))
        kept = replace(in_memory, journal=journal, store=store)
        return kept.run(executor, workers)


@dataclass
class _Sweep:
    case: Case
    measure: Metrics
    points: Sequence[Scenario]
    keys: Sequence[str]
    dataset: xr.Dataset
    journal: Journal | None
    store: Store | None
    progress: Callable[[Progress], None] | None
    solver: str | None
    policy: Path | None
    offsets: Sequence[int]

    def __post_init__(self) -> None:
        self.shape = self.dataset["done"].shape
        self.begun = self.flushed = time.monotonic()
        self.resumed = 0
        self.failed = 0
        self.done = 0

    def run(self, executor: Executor | None, workers: int | None) -> xr.Dataset:
        places: dict[str, list[int]] = {}
        for index, key in enumerate(self.keys):
            places.setdefault(key, []).append(index)
        self._take_over(places)
        days_without = self._days_without_events(places, executor, workers)
        scenarios = {key: self.points[indices[0]] for key, indices in places.items()}
        for key, answer in self._answers(scenarios, self.measure, executor, workers):
            values = dict(answer.values)
            days = values.pop(DAYS, None)
            if days is not None:
                values |= self._losses(scenarios[key], days, days_without)
            self._keep(key, values, answer.reason)
            for index in places[key]:
                self._put(index, values, answer.reason)
            self._show()
        self._show(last=True)
        return self.dataset

    def _take_over(self, places: dict[str, list[int]]) -> None:
        """Put the answers that the journal has, and leave the places of the others."""
        if self.journal is None:
            return
        known = self.journal.known
        for key in places.keys() & known.keys():
            for index in places.pop(key):
                self._put(index, known[key]["values"], known[key]["reason"])
        self.resumed = self.done

    def _days_without_events(
        self,
        places: Mapping[str, Sequence[int]],
        executor: Executor | None,
        workers: int | None,
    ) -> dict[str, np.ndarray]:
        """Return what the missing points would deliver each day without events [GWh], by the digest of that scenario.

        One that cannot be solved is left out.
        """
        if not self.measure.days:
            return {}
        scenarios: dict[str, Scenario] = {}
        for indices in places.values():
            without = undisturbed(self.points[indices[0]])
            scenarios.setdefault(without.digest(), without)
        keys = _keys(self.case, list(scenarios.values()), self.measure, self.solver, self.policy)
        digest_of = dict(zip(keys, scenarios, strict=True))
        days: dict[str, np.ndarray] = {}
        known = self.journal.known if self.journal is not None else {}
        for key, digest in digest_of.items():
            kept = known.get(f"{key}{WITHOUT_EVENTS}")
            if kept is not None:
                days[digest] = np.asarray(kept["values"][DAYS])
        missing = {key: scenarios[digest] for key, digest in digest_of.items() if digest not in days}
        for key, answer in self._answers(missing, measure_days, executor, workers):
            if not answer.reason:
                days[digest_of[key]] = answer.values[DAYS]
                self._keep(f"{key}{WITHOUT_EVENTS}", answer.values, answer.reason)
        return days

    def _losses(
        self,
        point: Scenario,
        days: np.ndarray,
        days_without: Mapping[str, np.ndarray],
    ) -> dict[str, np.ndarray]:
        """Return what the events of a point take; nothing where the scenario without them has no optimum."""
        without = days_without.get(undisturbed(point).digest())
        if without is None:
            return {}
        taken = losses_of(self.case, point, days, without)
        return {name: np.asarray(value) for name, value in taken.items()}

    def _keep(self, key: str, values: Mapping[str, np.ndarray], reason: str) -> None:
        if self.journal is not None:
            self.journal.add(key, values, reason)

    def _put(self, index: int, values: Mapping[str, Any], reason: str) -> None:
        """Put the answer of a point into the Dataset."""
        place = np.unravel_index(index, self.shape)
        for name, value in values.items():
            variable = self.dataset[name]
            if variable.dims[-1:] == ("day",):
                first = self.offsets[index]
                variable.values[place][first : first + len(value)] = value
            else:
                variable.values[place] = value
        self.dataset["reason"].values[place] = reason[:REASON]
        self.dataset["done"].values[place] = True
        self.done += 1
        self.failed += reason != ""
        if self.store is not None:
            self.store.mark(int(place[0]))

    def _show(self, last: bool = False) -> None:
        """Write what is due, and tell how far the sweep is."""
        now = time.monotonic()
        if self.store is not None and (last or now - self.flushed > FLUSH):
            self.store.flush()
            self.flushed = now
        if self.progress is None:
            return
        progress = Progress(
            done=self.done,
            resumed=self.resumed,
            failed=self.failed,
            total=len(self.points),
            seconds=now - self.begun,
        )
        self.progress(progress)

    def _answers(
        self,
        scenarios: Mapping[str, Scenario],
        measure: Measure,
        executor: Executor | None,
        workers: int | None,
    ) -> Iterator[tuple[str, TaskResult]]:
        """Yield key and answer of each scenario; an own pool that loses a worker is made anew."""
        missing = list(scenarios)
        breakdowns = 0
        workers = workers or _workers_for(len(missing))
        while missing:
            asked = [scenarios[key] for key in missing]
            own = None
            if executor is None and workers > 1:
                own = processes(workers)
            done = set()
            try:
                answers = solve_points(
                    self.case, asked, measure, own or executor, solver=self.solver, policy=self.policy
                )
                for answer in answers:
                    key = missing[answer.index]
                    done.add(key)
                    yield key, answer
            except BrokenExecutor as err:
                breakdowns = 0 if done else breakdowns + 1
                if own is None or breakdowns >= DEAD_POOLS:
                    raise SolverError(f"workers die again and again; what is done is kept ({err})") from None
            finally:
                if own is not None:
                    own.shutdown(wait=True, cancel_futures=True)
            missing = [key for key in missing if key not in done]


def _workers_for(points: int) -> int:
    """Return how many processes are worth starting on this machine."""
    worth = -(-points // WORTH_A_WORKER)
    return min(len(os.sched_getaffinity(0)), worth)


def _refuse(case: Case, tried: Sequence[Scenario]) -> None:
    """Refuse values that the case knows nothing of; what fails in solving alone is a point without an answer."""
    faults: list[Fault] = []
    for point in tried:
        try:
            foreseen = "perfect" if point.foresight == "policy" else point.foresight
            assemble(case, point.model_copy(update={"foresight": foreseen}))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(dict.fromkeys(faults))


def _refuse_axes(laid: Grid) -> None:
    """Refuse axes that have the name of what is kept."""
    for key in laid.coords.keys() & (METRICS.keys() | LOSSES.keys()):
        what = f"axis {key!r} has the name of a metric, and a Dataset cannot hold both"
        raise InputError(Fault(what, key, repair="run the values by themselves: energy run with --set"))


def _first_days(case: Case, points: Sequence[Scenario]) -> tuple[list[pd.Timestamp], pd.DatetimeIndex]:
    """Return the first day of each point, and the days of all points together."""
    import pandas as pd

    firsts = []
    ends = []
    for point in points:
        start, end = on_calendar(case, point).horizon()
        firsts.append(start.floor("D"))
        ends.append(end)
    return firsts, pd.date_range(min(firsts), max(ends), freq="D", inclusive="left")


def _refuse_surprise(solver: str, points: Sequence[Scenario]) -> None:
    learning = [point.foresight == "policy" or (point.foresight == "surprise" and point.events) for point in points]
    if any(learning):
        what = f"plans that learn of water or events are solved by HiGHS alone, not by {solver}"
        raise InputError(Fault(what, "--solver", allowed="foresight: perfect", repair="leave the solver out"))


def _keys(
    case: Case,
    points: Sequence[Scenario],
    measure: Metrics,
    solver: str | None,
    policy: Path | None,
) -> list[str]:
    """Return the hash of all that decides each point's answer; the same scenario twice has the same one."""
    versions = [f"{name} {version(name)}" for name in DECIDING]
    kept = [*measure.series, DAYS] if measure.days else measure.series
    common = "\n".join([case_digest(case), *kept, *versions])
    if solver is not None:
        common += f"\nn.optimize {solver}"
    decided_by = ""
    if policy is not None and policy.is_file():
        decided_by = f"\npolicy {sha256(policy.read_bytes()).hexdigest()}"
    keys = []
    for point in points:
        text = f"{common}\n{point.digest()}"
        if point.foresight == "policy":
            text += decided_by
        keys.append(sha256(text.encode()).hexdigest())
    return keys
