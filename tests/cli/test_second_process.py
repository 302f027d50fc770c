"""The process that checks patterns and writes networks and figures beside the one that solves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypsa
import pytest

import energy
from energy.case import Case
from energy.cli.second_process import SecondProcess, second_process
from energy.model import Inputs, inputs
from energy.results.run_folder import write_network
from energy.scenario import read_scenario
from energy.solve import pattern_cache, solve
from energy.solve.pattern_cache import checked_pattern, patterns_checked_by

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*fork.*:DeprecationWarning"
)  # of Python 3.12: this process has threads

SHORT = {"time.resolution": "typical-days-24h"}


@pytest.fixture(scope="module")
def result(two_bus: Case) -> Any:
    return energy.run(two_bus, read_scenario("two_bus", overrides=SHORT)).result


@pytest.fixture
def process() -> Iterator[SecondProcess]:
    started = SecondProcess()
    yield started
    started.close()


def test_a_network_is_the_one_that_this_process_would_write(
    result: Any, process: SecondProcess, tmp_path: Path
) -> None:
    for name in ("first.nc", "second.nc"):
        wait = process.start(write_network, result, tmp_path / name)
        wait()
    write_network(result, tmp_path / "here.nc")
    here = pypsa.Network(str(tmp_path / "here.nc"))
    for name in ("first.nc", "second.nc"):
        assert pypsa.Network(str(tmp_path / name)).equals(here, log_mode="strict")


def test_what_writing_raises_is_raised_where_it_is_waited_for(
    result: Any, process: SecondProcess, tmp_path: Path
) -> None:
    wait = process.start(write_network, result, tmp_path / "no such folder" / "network.nc")
    with pytest.raises(OSError, match=r"network.nc|No such file"):
        wait()


def test_a_process_that_was_killed_is_said(result: Any, process: SecondProcess, tmp_path: Path) -> None:
    process.close()
    wait = process.start(write_network, result, tmp_path / "network.nc")
    with pytest.raises(OSError, match="has ended"):
        wait()


def test_what_is_waited_for_late_is_not_lost(process: SecondProcess) -> None:
    waits = [process.start(divmod, number, 3) for number in (7, 8, 9)]
    assert [wait() for wait in reversed(waits)] == [(3, 0), (2, 2), (2, 1)]
    assert waits[0]() == (2, 1)


def test_a_pattern_is_checked_there_and_solves_to_the_same_bits(
    two_bus: Case, process: SecondProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = inputs(two_bus, read_scenario("two_bus", overrides=SHORT))
    built: list[Inputs] = []
    real = pattern_cache.pypsa_model
    monkeypatch.setenv("ENERGY_CACHE", "")
    monkeypatch.delenv(pattern_cache.ALWAYS, raising=False)  # which builds the model here as well
    monkeypatch.setattr(pattern_cache, "_patterns", {})
    here = solve(asked)
    monkeypatch.setattr(pattern_cache, "_patterns", {})
    monkeypatch.setattr(pattern_cache, "pypsa_model", lambda base: built.append(base) or real(base))
    with patterns_checked_by(lambda new: process.start(checked_pattern, new)()):
        there = solve(asked)
        assert not built
        pattern_cache._patterns.clear()
        process.close()
        without = solve(asked)
        assert len(built) == 1
    for result in (there, without):
        assert result.objective == here.objective
        for key, table in here.values.items():
            assert (result.values[key].to_numpy() == table.to_numpy()).all(), key


def test_a_process_that_has_numpy_starts_no_other() -> None:
    with second_process() as started:
        assert started is None


def test_the_command_is_light_until_the_process_is_started() -> None:
    heavy = "import sys, energy.cli; print([name for name in ('numpy', 'pandas', 'pypsa') if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


@pytest.mark.parametrize("imports_pypsa", [True, False])
def test_the_process_that_solves_has_no_pypsa(imports_pypsa: bool) -> None:
    begun = f"""
from energy.cli.second_process import second_process
with second_process({imports_pypsa}) as process:
    print(process.start(eval, "'pypsa' in __import__('sys').modules")())
"""
    printed = subprocess.run([sys.executable, "-c", begun], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == str(imports_pypsa)
