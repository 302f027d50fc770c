"""What holds for every test: the same examples each time in continuous integration, one thread a worker, no display."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pandas import DataFrame
    from pandera.pandas import DataFrameSchema

    from energy.case import Case
    from energy.solve.attempts import Attempt
    from energy.solve.lp import Problem

PROJECT = Path(__file__).parents[1]

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS")

SELDOM = (100_000, 50, 50)
"""Thresholds of Python's search for reference cycles: at its own, tests take a twelfth more processor time."""


def pytest_configure(config: pytest.Config) -> None:
    """Set up the process before any test module is imported.

    Workers and subprocesses inherit it; in this process a plugin has imported numpy before, with the machine's threads.
    """
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    os.environ.setdefault("MPLBACKEND", "Agg")
    # without bytecode each worker, and each of some hundred commands, would compile the package anew
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    gc.set_threshold(*SELDOM)
    if not hasattr(config, "workerinput"):
        share_patterns(config)

    settings.register_profile("here", deadline=None)
    settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
    settings.load_profile("ci" if os.environ.get("CI") else "here")

    hands_tests_to_workers = bool(config.getoption("numprocesses", None))
    if not hands_tests_to_workers:
        keep_read_tables()
        keep_read_cases()


READS_TYPES = "_read_in_default_standard_types"
TABLES_KEPT = 200
LARGEST_KEPT = 1_000_000  # bytes

CHECKS_EVERY_ENGINE = os.environ.get("ENERGY_CHECK_PYPSA") == "always"
CHECKED_FOLDERS = ("laws", "known")

LONGEST_FILES = (
    "laws/test_own_network_laws.py",
    "known/test_own_networks.py",
    "page/test_report_page.py",
    "cli/test_risk.py",
    "cli/test_outside_the_repository.py",
    "cli/test_calibrate_command.py",
    "unit/test_sensitivity.py",
    "unit/test_pattern_cache.py",
    "page/test_hostile_text.py",
    "cli/test_policy_commands.py",
    "figures/test_text_overlaps.py",
    "known/test_infeasible.py",
    "known/test_policy_between_bounds.py",
    "known/test_line_losses.py",
    "bad_inputs/test_under_limits.py",
    "figures/test_run_figures.py",
    "known/test_policy_of_a_year.py",
    "cli/test_overrides_travel.py",
    "cli/test_event_commands.py",
    "known/test_capability.py",
    "faults/test_interrupted.py",
    "notebooks/test_notebooks.py",
)
"""Files whose tests take longest. They begin first, so that in the end no worker is left alone with one of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; all others stay in their order, with the doctests, which are short, at the end."""
    rank = {PROJECT / "tests" / name: number for number, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """In `make test-all` let PyPSA build and compare the model of every engine in laws and known answers.

    Units, commands, pages, figures and doctests solve the same programs again, with the patterns that are checked once.
    """
    if not CHECKS_EVERY_ENGINE:
        return
    if item.path.parent.name in CHECKED_FOLDERS and item.path.is_relative_to(PROJECT / "tests"):
        os.environ["ENERGY_CHECK_PYPSA"] = "always"
    else:
        os.environ.pop("ENERGY_CHECK_PYPSA", None)


def pytest_collection_finish() -> None:
    """Leave modules and tests, which stay to the end, out of the search for reference cycles."""
    gc.collect()
    gc.freeze()


def share_patterns(config: pytest.Config) -> None:
    """Name an empty folder for the patterns of PyPSA's model, and remove it in the end.

    Workers and commands inherit its name. PyPSA builds the model of a list of components once for all of them, and
    nothing is taken over that was checked before these tests began.
    """
    folder = tempfile.mkdtemp(prefix="energy-patterns-")
    os.environ["ENERGY_CACHE"] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def keep_read_tables() -> None:
    """Check the content of a table once a process, wherever it lies.

    Hundreds of tests change one file in a copy of a case, whose other tables are as they were.
    """
    import energy.case.event_log
    import energy.case.read

    read = energy.case.read.read_table
    kept: OrderedDict[object, tuple[DataFrameSchema, DataFrame]] = OrderedDict()

    @wraps(read)
    def read_once(path: Path, schema: DataFrameSchema, key: list[str]) -> DataFrame:
        if not path.is_file() or path.stat().st_size > LARGEST_KEPT:
            return read(path, schema, key)
        place = (path.read_bytes(), id(schema), *key)
        if place not in kept:
            kept[place] = (schema, read(path, schema, key))  # the schema is held, so that its identity stays its own
            if len(kept) > TABLES_KEPT:
                kept.popitem(last=False)
        _, table = kept[place]
        copy = table.copy()
        copy.attrs = {"path": path, "lines": table.attrs["lines"].copy()}
        return copy

    energy.case.read.read_table = read_once
    energy.case.event_log.read_table = read_once


def keep_read_cases() -> None:
    """Read each case of the project once a process, and again when one of its files has changed.

    A case is frozen, and hundreds of tests and doctests begin with one. Cases elsewhere, as those that tests break, are
    read each time.
    """
    import energy.case
    from energy.case.read import case_path

    read = energy.case.read_case
    kept: dict[object, Case] = {}

    @wraps(read)
    def read_once(path: str | Path) -> Case:
        folder = case_path(path)
        if folder.resolve().parent != PROJECT / "networks":
            return read(path)
        files = [(file, file.stat()) for file in sorted(folder.rglob("*")) if file.is_file()]
        stamps = tuple((str(file), stat.st_mtime_ns, stat.st_size) for file, stat in files)
        key = (type(path), str(folder), stamps)
        if key not in kept:
            kept[key] = read(path)
        return kept[key]

    energy.case.read_case = read_once
    energy.case.read.read_case = read_once


def keep_empty_networks() -> None:
    """Let PyPSA make the tables of an empty network once a process, and copy them for all others.

    It makes two hundred of them, and adds its standard types, for each of a thousand small networks: a tenth of the
    tests' time.
    """
    import pypsa
    from pypsa.components.components import Components

    if not hasattr(Components, "_get_data_containers") or not hasattr(pypsa.Network, READS_TYPES):
        return  # a PyPSA that makes them in another way makes them each time
    make_tables = Components._get_data_containers
    read_types = getattr(pypsa.Network, READS_TYPES)
    kept_tables: dict[int, tuple[object, Any]] = {}
    kept_types: dict[object, dict[str, DataFrame]] = {}

    @wraps(make_tables)
    def copied_tables(kind: Any) -> tuple[DataFrame, Any, Any]:
        if id(kind) not in kept_tables:
            kept_tables[id(kind)] = (kind, make_tables(kind))
        _, (static, dynamic, piecewise) = kept_tables[id(kind)]
        return static.copy(), deepcopy(dynamic), deepcopy(piecewise)

    @wraps(read_types)
    def copied_types(n: pypsa.Network) -> None:
        dtype = pypsa.options.api.legacy_string_dtype
        if dtype not in kept_types:
            read_types(n)
            kept_types[dtype] = {name: n.components[name].static.copy() for name in n.standard_type_components}
            return
        for name, table in kept_types[dtype].items():
            n.components[name].static = table.copy()

    Components._get_data_containers = staticmethod(copied_tables)
    setattr(pypsa.Network, READS_TYPES, copied_types)


@pytest.fixture(scope="session", autouse=True)
def _empty_networks() -> None:
    if "pypsa" in sys.modules:  # whoever needs it has imported it with the tests
        keep_empty_networks()


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
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs `energy` with some words as from outside, but in this process.

    What a process of its own adds is three seconds of imports; tests/cli/test_main_job.py has them.
    """
    import typer.main

    from energy.cli import main

    monkeypatch.setattr(typer.main, "get_command", built_command())

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["energy", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        return subprocess.CompletedProcess(sys.argv, code, *capsys.readouterr())

    return run


@pytest.fixture
def numbers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs write their numbers without PyPSA's network and the figure, which take most of the time of small ones.

    For tests of what a run delivers, or whether it may write; tests/cli/test_main_job.py reads all that it writes.
    """
    from energy.report import bundle

    def write_nothing(*_: object) -> None:
        pass

    monkeypatch.setattr(bundle, "write_network", write_nothing)
    monkeypatch.setattr(bundle, "_write_figure", write_nothing)


@cache
def built_command() -> Callable[..., object]:
    """Return typer's function that builds the command, which then does it once a process."""
    import typer.main

    return cache(typer.main.get_command)


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
def made_once(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str, Callable[[Path], None]], Path]:
    """Return a function from a name, and what fills a folder, to that folder: filled once for the workers of all."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "finished"
    shared.mkdir(exist_ok=True)

    def folder_of(name: str, fill: Callable[[Path], None]) -> Path:
        place = shared / name
        whole = shared / f"{name}.whole"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed
            if not whole.exists():
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                fill(place)
                whole.touch()
        return place

    return folder_of


@pytest.fixture(scope="session")
def finished(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Callable[[str], Path]:
    """Return a function from the name of a scenario to the folder of its finished run, which no test changes.

    `energy run NAME --json` makes it once for the workers of all processes. What the command said is beside its
    results, in `said.json` and `heard.txt` of the folder's grandparent.
    """

    def folder_of(name: str) -> Path:
        return made_once(name, partial(make_run, name)) / "results" / name

    return folder_of


def make_run(name: str, place: Path) -> None:
    """Run a scenario by the command."""
    program = Path(sys.executable).with_name("energy")
    words = ["run", name, "--json", "--out", str(place / "results")]
    done = subprocess.run([program, *words], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (place / "heard.txt").write_text(done.stderr, encoding="utf-8")
    (place / "said.json").write_text(done.stdout, encoding="utf-8")
