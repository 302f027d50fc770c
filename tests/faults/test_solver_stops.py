"""A solver that runs out of time, and workers that a command loses: exit code 3, one message, nothing half written."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import energy.cli
from energy.analysis import run
from energy.case import Case
from energy.errors import SolverError
from energy.scenario import read_scenario

COARSE = ("--resolution", "typical-days-24h")
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["energy", *map(str, arguments)])
        code = 0
        try:
            energy.cli.main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        return code, capsys.readouterr().err

    return call


def test_no_result_within_the_time_limit(command: Command, tmp_path: Path) -> None:
    code, said = command("run", "two_bus", *COARSE, "--time-limit", "1e-9", "--out", tmp_path / "new")
    assert code == 3
    assert said.startswith("error: two_bus: no optimum within the solver's time limit of 1e-09 s, and no result; do: ")
    assert said.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_an_older_result_is_kept(command: Command, tmp_path: Path) -> None:
    assert command("run", "two_bus", *COARSE, "--out", tmp_path)[0] == 0
    before = {path: path.read_bytes() for path in (tmp_path / "two_bus").iterdir()}
    assert command("run", "two_bus", *COARSE, "--time-limit", "1e-9", "--out", tmp_path)[0] == 3
    assert {path: path.read_bytes() for path in (tmp_path / "two_bus").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["two_bus"]


@pytest.mark.usefixtures("numbers_alone")
def test_the_others_go_on(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two scenarios is given no time: it is named, the other is written."""
    real = energy.analysis.run

    def run_without_time(case: Any, scenario: Any, time_limit: float, *more: Any) -> Any:
        return real(case, scenario, 1e-9 if scenario.name == "first" else time_limit, *more)

    monkeypatch.setattr("energy.analysis.run", run_without_time)
    for name in ("first", "second"):
        (tmp_path / f"{name}.yaml").write_text("case: two_bus\nyear: 2028\n")
    names = [tmp_path / "first.yaml", tmp_path / "second.yaml"]
    code, said = command("run", *names, *COARSE, "--time-limit", "60", "--out", tmp_path / "out")
    assert code == 3
    assert "first: no optimum within" in said
    assert "second" not in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["second"]


def test_the_limit_counts_all_solves_of_a_scenario(two_bus: Case) -> None:
    """Each of 50 solves by itself would have had time enough."""
    from energy.model import inputs
    from energy.solve.highs import Solver
    from energy.solve.pypsa_model import pypsa_structure

    asked = inputs(two_bus, read_scenario("two_bus"))
    structure = pypsa_structure(asked)
    problem, once = structure.problem(asked), Solver()
    once.solve(structure, problem, asked)
    limited, solved = Solver(10 * once.seconds), 0
    with pytest.raises(SolverError, match="time limit"):  # noqa: PT012
        for _ in range(50):
            limited.solve(structure, problem, asked)
            solved += 1
    assert solved >= 1


def test_enough_time_changes_nothing(two_bus: Case) -> None:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    free, limited = run(two_bus, scenario), run(two_bus, scenario, 600.0)
    pd.testing.assert_frame_equal(free.table, limited.table, check_exact=True)
    assert free.result.objective == limited.result.objective


def test_a_worker_that_dies_is_said(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise BrokenProcessPool("A process in the process pool was terminated abruptly")

    monkeypatch.setattr(energy.cli, "app", broken)
    code, said = command("risk", "two_bus")
    assert code == 3
    assert said.startswith("error: a worker process died")
    assert "what is finished is kept; do: run the same command again" in said
