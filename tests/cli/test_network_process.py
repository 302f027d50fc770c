"""The process that writes a run's network while the figure is drawn."""

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
from energy.cli.network_process import NetworkProcess, network_process
from energy.results.network_file import write_network
from energy.scenario import read_scenario

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*fork.*:DeprecationWarning"
)  # of Python 3.12: this process has threads

SHORT = {"time.resolution": "typical-days-24h"}


@pytest.fixture(scope="module")
def result(two_bus: Case) -> Any:
    return energy.run(two_bus, read_scenario("two_bus", overrides=SHORT)).result


@pytest.fixture
def process() -> Iterator[NetworkProcess]:
    started = NetworkProcess()
    yield started
    started.close()


def test_a_network_is_the_one_that_this_process_would_write(
    result: Any, process: NetworkProcess, tmp_path: Path
) -> None:
    for name in ("first.nc", "second.nc"):
        wait = process.start(result, tmp_path / name)
        wait()
    write_network(result, tmp_path / "here.nc")
    here = pypsa.Network(str(tmp_path / "here.nc"))
    for name in ("first.nc", "second.nc"):
        assert pypsa.Network(str(tmp_path / name)).equals(here, log_mode="strict")


def test_what_writing_raises_is_raised_where_it_is_waited_for(
    result: Any, process: NetworkProcess, tmp_path: Path
) -> None:
    wait = process.start(result, tmp_path / "no such folder" / "network.nc")
    with pytest.raises(OSError, match=r"network.nc|No such file"):
        wait()


def test_a_process_that_was_killed_is_said(result: Any, process: NetworkProcess, tmp_path: Path) -> None:
    def written() -> None:
        process.start(result, tmp_path / "network.nc")()

    process.close()
    with pytest.raises(OSError, match=r"Broken pipe|has ended"):  # the first where the system sees it in time
        written()


def test_a_process_that_has_numpy_starts_no_other() -> None:
    with network_process() as started:
        assert started is None


def test_the_command_is_light_until_the_process_is_started() -> None:
    heavy = "import sys, energy.cli; print([name for name in ('numpy', 'pandas', 'pypsa') if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
