"""The commands with losses of AC lines, on a network of the user's own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pypsa
import pytest
import xarray as xr

import energy

Command = Callable[..., subprocess.CompletedProcess[str]]


def plain_objective(path: Path) -> float:
    """Return the optimum of a network file in plain PyPSA."""
    n = pypsa.Network(str(path))
    n.optimize(
        transmission_losses=n.meta["energy"]["transmission_losses"],
        extra_functionality=energy.extra_functionality,
        include_objective_constant=False,
        log_to_console=False,
        progress=False,
    )
    return float(n.objective)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Write a scenario of a line of 2.5 Ω at 500 kV that carries 300 MW for three hours, and return its path."""
    n = pypsa.Network(snapshots=pd.date_range("2028-04-01", periods=3, freq="h"))
    n.add("Bus", ["a", "b"], v_nom=500, carrier="AC")
    n.add("Carrier", "AC")
    n.add("Line", "ab", bus0="a", bus1="b", x=10, r=2.5, s_nom=400)
    n.add("Generator", "plant", bus="a", p_nom=1000, marginal_cost=10)
    n.add("Load", "load", bus="b", p_set=300)
    n.export_to_netcdf(str(tmp_path / "own.nc"))
    fields = ["year: 2028", f"case: {tmp_path / 'own.nc'}", "objective: dispatch", "line_losses: secants"]
    scenario = tmp_path / "lossy.yaml"
    scenario.write_text("\n".join([*fields, "time: {resolution: 1h}", ""]))
    return scenario


def test_a_run_says_what_is_lost_and_plain_pypsa_solves_its_network(
    command: Command, own: Path, tmp_path: Path
) -> None:
    done = command("run", own, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    # 0.997·s + 0.4 = 300, and the loss is 0.006·s − 0.8 = 1.003 MW (tests/known/test_line_losses.py)
    assert "Losses of AC lines: 0.0 GWh in the year, by secants" in " ".join(done.stdout.split())
    result = xr.load_dataset(tmp_path / "out" / "lossy" / "result.nc")
    assert result["lines_loss"].to_numpy().ravel() == pytest.approx([0.006 * 299.6 / 0.997 - 0.8] * 3)
    built = command("build", own, "--out", tmp_path / "built.nc")
    assert built.returncode == 0, built.stderr
    assert "transmission_losses={'mode': 'secants', 'atol': 0.1, 'rtol': 0.1}" in built.stdout
    assert plain_objective(tmp_path / "built.nc") == pytest.approx(result.attrs["objective"], rel=1e-9)


def test_a_misspelt_kind_of_losses_is_shown_and_nothing_written(command: Command, own: Path, tmp_path: Path) -> None:
    done = command("run", own, "--set", "line_losses=secant", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "line_losses is 'secant'" in done.stderr
    assert "none, secants, tangents" in done.stderr
    assert not (tmp_path / "out").exists()
