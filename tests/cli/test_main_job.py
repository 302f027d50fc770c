"""The main job from outside: the baseline solved by the command, its folder, and the same network in plain PyPSA."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pypsa
import pytest
import xarray as xr

import energy
from energy.case import read_case
from energy.model import inputs
from energy.scenario import Scenario, read_scenario
from energy.solve import Engine
from energy.solve.rivers import with_lacking_water

PROJECT = Path(__file__).parents[2]
ENERGY = Path(sys.executable).parent / "energy"


class Baseline(NamedTuple):
    """What `energy run baseline --json` left and said."""

    folder: Path
    said: dict[str, object]
    heard: str


def in_a_process(*words: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([ENERGY, *map(str, words)], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def baseline(finished: Callable[[str], Path]) -> Baseline:
    folder = finished("baseline")
    place = folder.parents[1]
    said = json.loads((place / "said.json").read_text(encoding="utf-8"))
    return Baseline(folder, said[0], (place / "heard.txt").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def result(baseline: Baseline) -> xr.Dataset:
    return xr.load_dataset(baseline.folder / "result.nc")


def forward(result: xr.Dataset) -> list[str]:
    names = [name for name in result["links"].to_numpy() if name.startswith("HVDC pole") and "forward" in name]
    assert len(names) == 6  # two poles of three segments
    return names


def test_the_folder_is_whole_and_nothing_lies_beside_it(baseline: Baseline) -> None:
    names = {path.name for path in baseline.folder.iterdir()}
    assert names >= {"network.nc", "result.nc", "summary.csv", "monthly.png", "monthly.svg", "manifest.json"}
    assert [path.name for path in baseline.folder.parent.iterdir()] == ["baseline"]


def test_a_pipe_hears_nothing_but_the_answer(baseline: Baseline) -> None:
    # on a slow machine a run of more than 15 s says that it lives
    still_running = re.compile(r"solving baseline … \d+ s")
    complaints = [line for line in baseline.heard.splitlines() if not still_running.fullmatch(line)]
    assert not complaints


def test_the_sending_end_never_takes_more_than_1300_mw(result: xr.Dataset) -> None:
    sent = result["links_p0"].sel(links=forward(result)).sum("links")
    assert 0 < float(sent.max()) <= 1300 + 1e-6


def test_nothing_flows_outside_the_season(result: xr.Dataset) -> None:
    poles = [name for name in result["links"].to_numpy() if name.startswith("HVDC pole")]
    month = result["snapshot"].dt.month
    outside = result["links_p0"].sel(links=poles).where((month < 5) | (month > 9), 0.0)
    assert float(abs(outside).max()) == 0.0


def test_the_line_delivers_less_than_it_takes(result: xr.Dataset) -> None:
    taken = result["links_p0"].sel(links=forward(result)).sum("links")
    given = -result["links_p1"].sel(links=forward(result)).sum("links")
    running = taken > 1.0
    assert bool(running.any())
    # the loss of a bipole: from the constant part's 2.5 % at part load to 5 % at rating
    share = (given / taken).where(running)
    assert float(share.min()) > 0.94
    assert float(share.max()) < 0.98


def test_the_season_is_the_sum_of_its_months(baseline: Baseline, result: xr.Dataset) -> None:
    table = pd.read_csv(baseline.folder / "summary.csv", index_col="month")
    given = -result["links_p1"].sel(links=forward(result)).sum("links")
    season = float((given * result["weight"]).sum()) / 1000
    assert table["delivered [GWh]"].sum() == pytest.approx(season, rel=1e-5)
    assert (table["ceiling [GWh]"] - table["lost [GWh]"]).sum() == pytest.approx(season, rel=1e-5)
    lost_to = [column for column in table if column.startswith("lost to ")]
    assert table[lost_to].sum(axis=1).to_numpy() == pytest.approx(table["lost [GWh]"].to_numpy(), abs=1e-2)


def test_the_table_of_months_has_units_and_no_negative_zero(baseline: Baseline) -> None:
    text = (baseline.folder / "summary.csv").read_text()
    heads, *lines = text.splitlines()
    without_unit = [head for head in heads.split(",") if not head.endswith(("[GWh]", "[MW]"))]
    assert without_unit == ["month", "limit"]
    assert not any(cell in ("-0", "-0.0") or "e-" in cell for line in lines for cell in line.split(","))


def test_the_audit_leaves_nothing(baseline: Baseline) -> None:
    manifest = json.loads((baseline.folder / "manifest.json").read_text())
    assert max(manifest["audit"].values()) < 1e-6
    assert {"bus_balance", "water_balance", "store_balance", "energy_created", "rules"} <= set(manifest["audit"])
    assert manifest["objective"] == baseline.said["objective"]


def test_plain_pypsa_reaches_the_objective_but_for_what_the_order_costs(
    command: Callable[..., subprocess.CompletedProcess[str]], baseline: Baseline, tmp_path: Path
) -> None:
    assert command("build", "baseline", "-o", tmp_path / "baseline.nc").returncode == 0
    n = pypsa.Network(str(tmp_path / "baseline.nc"))
    status = n.optimize(
        solver_name="highs",
        extra_functionality=energy.extra_functionality,
        include_objective_constant=False,
        log_to_console=False,
        progress=False,
    )
    assert status == ("ok", "optimal")
    # a built network has the weights of the services alone: their optimum costs no more than that of the order, which
    # keeps a few kWh of a first service that the weights would sell for much of a later one
    by_weights = optimum_by_weights(read_scenario("baseline"))
    assert n.objective == pytest.approx(by_weights, rel=1e-9)
    assert by_weights <= baseline.said["objective"]
    assert baseline.said["objective"] == pytest.approx(by_weights, rel=1e-5)


def optimum_by_weights(scenario: Scenario) -> float:
    """Return the least cost of a scenario's program as it is, its services not optimised one after the other."""
    asked = inputs(read_case(scenario.case), scenario)
    engine = Engine(asked)
    problem = with_lacking_water(engine.structure, engine.structure.problem(asked), asked, 0.0)
    engine.solver.solve(engine.structure, problem, asked)
    return engine.solver.optimum().objective


def test_the_table_is_complete_in_a_pipe(tmp_path: Path) -> None:
    done = in_a_process("run", "two_bus", "--out", tmp_path)
    assert "written to" in done.stdout
    assert "season" in done.stdout
    assert "…" not in done.stdout  # nothing is cut
    assert "\x1b" not in done.stdout  # no colours in a file


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--set", "yaer=2030"], ["yaer", "did you mean 'year'"]),
        (["--set", "values.links.HVDC pole 9.p_nom=1"], ["'HVDC pole 9'", "did you mean 'HVDC pole "]),
        (["--set", "values.lines.Datka - Sughd.s_nom=-5"], ["s_nom is -5", "0 or more"]),
        (["--set", "hydrology=wett"], ["wett", "inflow.csv", "did you mean 'wet'"]),
    ],
)
def test_a_mistake_is_explained_and_nothing_is_written(
    command: Callable[..., subprocess.CompletedProcess[str]], words: list[str], parts: list[str], tmp_path: Path
) -> None:
    done = command("run", "baseline", *words, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    for part in parts:
        assert part in done.stderr
    assert not (tmp_path / "out").exists()
