"""What holds for every test: the same examples each time in continuous integration, one thread a worker, no display."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from energy.analysis import Run
    from energy.case import Case
    from energy.solve.highs import Attempt
    from energy.solve.lp import Problem

PROJECT = Path(__file__).parents[1]

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS")


def pytest_configure(config: pytest.Config) -> None:
    """Set up the process before any test module is imported.

    Workers and subprocesses inherit it; in this process a plugin has imported numpy before, with the machine's threads.
    """
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    os.environ.setdefault("MPLBACKEND", "Agg")

    settings.register_profile("here", deadline=None)
    settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
    settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session", autouse=True)
def _project_folder() -> Iterator[None]:
    """Names of cases and scenarios are looked up from the project's folder, wherever the tests are started."""
    before = Path.cwd()
    os.chdir(PROJECT)
    yield
    os.chdir(before)


@pytest.fixture(scope="session")
def two_bus() -> Case:
    """Return the case that can be solved by hand."""
    from energy.case import read_case

    return read_case("two_bus")


@pytest.fixture(scope="session")
def casa1000() -> Case:
    """Return the CASA-1000 case."""
    from energy.case import read_case

    return read_case("casa1000")


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Attempt, Problem]]:
    """Return a list that fills with the ways in which HiGHS is asked to solve, and the programs it is given."""
    from energy.solve.highs import Solver

    found: list[tuple[Attempt, Problem]] = []
    real = Solver._try

    def watched(self: Solver, way: Attempt, structure: Any, problem: Problem, **more: Any) -> Any:
        found.append((way, problem))
        return real(self, way, structure, problem, **more)

    monkeypatch.setattr(Solver, "_try", watched)
    return found


@pytest.fixture(scope="session")
def baseline_run(casa1000: Case) -> Run:
    """Return the baseline, solved once with all its rungs."""
    from energy.analysis import run
    from energy.scenario import read_scenario

    return run(casa1000, read_scenario("baseline", overrides={"time.resolution": "typical-days-3h"}))
