"""Runs that lose nothing: what is solved of many scenarios is kept in a journal, and is not solved again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import numpy as np

from energy.analysis.case_digest import case_digest
from energy.analysis.parallel import Measure, solve_points
from energy.analysis.sweep.store import Journal
from energy.analysis.sweep.sweep import DECIDING, Progress
from energy.case import Case
from energy.errors import SolverError
from energy.scenario import Scenario


@dataclass
class JournaledRuns:
    """Solves scenarios of a case, and keeps what is done.

    Attributes
    ----------
    case
        What exists.
    journal
        Where finished points are kept; None: nowhere.
    executor
        Where points are solved; None: here.
    progress
        Called after every point.
    total
        Points of the whole study, for the progress.
    """

    case: Case
    journal: Journal | None = None
    executor: Executor | None = None
    progress: Callable[[Progress], None] | None = None
    total: int = 0
    done: int = 0
    kept: int = 0
    failed: int = 0
    reasons: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def values(
        self,
        points: Sequence[Scenario],
        measure: Measure,
        name: str,
        size: int,
        anchor: Scenario,
        measured: str,
    ) -> np.ndarray:
        """Return what a measure gives of points; shape (points, size); NaN where a point has no optimum.

        Parameters
        ----------
        points
            Scenarios that differ from ``anchor`` in numbers.
        measure, name, size
            What is measured, the name of the wanted part of it and how many numbers that has.
        anchor
            The scenario that all solves start from.
        measured
            Text that tells this measure from others, for the journal.

        Raises
        ------
        SolverError
            When the executor loses its workers; what was done is kept.
        """
        known = {} if self.journal is None else self.journal.known
        keys = self._keys(points, measured)
        outcomes = np.full((len(points), size), np.nan)
        missing = []
        for index, key in enumerate(keys):
            if key not in known:
                missing.append(index)
                continue
            self._put(outcomes, index, known[key]["values"].get(name), known[key]["reason"])
            self.kept += 1
        missing_points = [points[index] for index in missing]
        try:
            for answer in solve_points(self.case, missing_points, measure, self.executor, anchor=anchor):
                index = missing[answer.index]
                if self.journal is not None:
                    self.journal.add(keys[index], answer.values, answer.reason)
                self._put(outcomes, index, answer.values.get(name), answer.reason)
                self._show()
        except BrokenExecutor as err:
            raise SolverError(f"a worker was lost ({err}); what is done is kept: run the same command again") from None
        return outcomes

    def _keys(self, points: Sequence[Scenario], measured: str) -> list[str]:
        versions = [f"{package} {version(package)}" for package in DECIDING]
        common = "\n".join([case_digest(self.case), *versions, measured])
        return [sha256(f"{common}\n{point.digest()}".encode()).hexdigest() for point in points]

    def _put(self, outcomes: np.ndarray, index: int, values: Any, reason: str) -> None:
        self.done += 1
        if reason:
            self.failed += 1
            self.reasons.append(reason)
        else:
            outcomes[index] = values

    def _show(self) -> None:
        if self.progress is None:
            return
        seconds = time.monotonic() - self.begun
        total = max(self.total, self.done)
        self.progress(Progress(self.done, self.kept, self.failed, total, seconds))
