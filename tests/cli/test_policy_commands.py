"""The verbs of a policy from outside: train, show, simulate, and a run that it decides."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

Command = Callable[..., subprocess.CompletedProcess[str]]
COARSE = ("--set", "time.resolution=typical-days-24h")


def trained(command: Command, folder: Path, iterations: int = 12, *more: str) -> subprocess.CompletedProcess[str]:
    small = ("--classes", 2, "--outcomes", 2, "--paths", 2, "--workers", 1)
    return command("policy", "train", "two_bus", *COARSE, "--iterations", iterations, *small, "--out", folder, *more)


def test_a_policy_is_trained_shown_simulated_and_decides_a_run(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    done = trained(command, folder)
    assert done.returncode == 0, done.stderr
    file = folder / "two_bus" / "policy.npz"
    assert f"written to {file}" in done.stdout.replace("\n", "")

    done = command("policy", "show", "two_bus", *COARSE, "--out", folder)
    assert done.returncode == 0, done.stderr
    assert "order: own_demand, casa" in done.stdout
    assert "lower bound" in done.stdout

    done = command(
        "policy", "simulate", "two_bus", *COARSE, "--years", 12, "--foreseen", 3, "--workers", 1, "--out", folder
    )
    assert done.returncode == 0, done.stderr
    assert "CASA-1000 in 12 years: P90" in done.stdout
    with xr.open_dataset(folder / "two_bus" / "years.nc") as years:
        assert dict(years["energy"].sizes) == {"service": 2, "year": 12, "month": 12}
        season = years["energy"].sel(service="casa").sum("month").to_numpy()
        content = years["content"].sel(store="reservoir").to_numpy()[:, :-1]
        assert (season >= 0).all()
        assert (season <= 348.84 + 1e-6).all()  # what the line carries in the season, by hand in the case's README
        assert (content >= 0).all()
        assert (content <= 300).all()
        # a MWh is worth no less to who knows the year: own demand counts as many times as its weight
        served = years["energy"].sel(service="own_demand").sum("month").to_numpy()
        assert np.isfinite(years["foreseen"]).all()
        assert (served <= 1e-9).all()

    out = tmp_path / "runs"
    done = command(
        "run", "two_bus", *COARSE, "--set", "foresight=policy", "--set", "hydrology=dry", "--policy", file, "--out", out
    )
    assert done.returncode == 0, done.stderr
    assert "Price of not knowing the water" in done.stdout.replace("\n", " ")
    manifest = json.loads((out / "two_bus+foresight=policy+hydrology=dry" / "manifest.json").read_text())
    assert manifest["scenario"]["foresight"] == "policy"
    assert max(manifest["audit"].values()) < 1e-6


def test_a_training_goes_on_from_its_file_to_the_same_policy(command: Command, tmp_path: Path) -> None:
    assert trained(command, tmp_path / "parts", 4).returncode == 0
    assert trained(command, tmp_path / "parts", 8).returncode == 0
    assert trained(command, tmp_path / "once", 8).returncode == 0
    first, second = (np.load(tmp_path / part / "two_bus" / "policy.npz") for part in ("parts", "once"))
    assert set(first.files) == set(second.files)
    for name in first.files:
        assert np.array_equal(first[name], second[name]), name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "two_bus", *COARSE, "--set", "foresight=policy", "--out", "runs"), "energy policy train"),
        (("policy", "simulate", "two_bus", *COARSE, "--out", "none"), "energy policy train"),
        (("policy", "show", "two_bus", *COARSE, "--out", "none"), "energy policy train"),
        (("adequacy", "two_bus", *COARSE, "--set", "foresight=policy"), "foresight is 'policy'"),
        (("policy", "train", "two_bus", *COARSE, "--set", "head=varying", "--out", "none"), "head: fixed"),
    ],
)
def test_what_a_policy_cannot_do_is_said(command: Command, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    moved = [str(tmp_path / word) if word in ("none", "runs") else word for word in words]
    done = command(*moved)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr
