"""The verbs of a policy from outside: train, show, simulate, and a run that it decides."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from energy.analysis.policy import water_policy

Command = Callable[..., subprocess.CompletedProcess[str]]
COARSE = ("--set", "time.resolution=typical-days-24h")


def trained(command: Command, folder: Path, iterations: int = 12, *more: str) -> subprocess.CompletedProcess[str]:
    small = ("--classes", 2, "--outcomes", 2, "--paths", 2, "--workers", 1)
    return command("policy", "train", "two_bus", *COARSE, "--iterations", iterations, *small, "--out", folder, *more)


@pytest.mark.usefixtures("numbers_alone")
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
    assert "Knowing the year's water from its first day, in 3 of these years:" in done.stdout
    assert "Firm power, reached with 95 % probability" in " ".join(done.stdout.split())
    promised = pd.read_csv(folder / "two_bus" / "firm_power.csv")
    assert (folder / "two_bus" / "rule_curves.png").is_file()
    with xr.open_dataset(folder / "two_bus" / "years.nc") as years:
        assert dict(years["energy"].sizes) == {"service": 2, "year": 12, "month": 12}
        season = years["energy"].sel(service="casa").sum("month").to_numpy()
        whole = promised[(promised["promised_on"] == "1 April") & (promised["month"] == "rest of the season")]
        assert whole["P90"].tolist() == pytest.approx([np.sort(season)[1]], rel=1e-5)  # one of 12 may be below
        content = years["content"].sel(store="reservoir").to_numpy()[:, :-1]
        assert (season >= 0).all()
        assert (season <= 348.84 + 1e-6).all()  # what the line carries in the season, by hand in the case's README
        assert (content >= 0).all()
        assert (content <= 300).all()
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


def test_a_training_that_is_killed_goes_on_to_the_same_policy(command: Command, tmp_path: Path) -> None:
    """Killed as soon as it has kept its first ten iterations, in the middle of a later one."""
    file = tmp_path / "parts" / "two_bus" / "policy.npz"
    small = ("--classes", "2", "--outcomes", "2", "--paths", "2", "--workers", "1", "--out", str(tmp_path / "parts"))
    words = ("policy", "train", "two_bus", *COARSE, "--iterations", "2000", "--tolerance", "0", *small)
    training = subprocess.Popen([sys.executable, "-m", "energy", *words], stdout=subprocess.DEVNULL)
    latest = time.monotonic() + 120
    while not file.exists() and time.monotonic() < latest:
        assert training.poll() is None, "it ended by itself"
        time.sleep(0.02)
    training.kill()
    assert training.wait() == -signal.SIGKILL
    kept = len(np.load(file)["bounds"])
    assert kept % 10 == 0
    assert kept > 0
    assert trained(command, tmp_path / "parts", kept + 3).returncode == 0
    assert trained(command, tmp_path / "once", kept + 3).returncode == 0
    first, second = (np.load(tmp_path / part / "two_bus" / "policy.npz") for part in ("parts", "once"))
    assert set(first.files) == set(second.files)
    for name in first.files:
        assert np.array_equal(first[name], second[name]), name


FAULTS = """
hazards:
  fault:
    kind: line_out
    cause: line
    where: [links.line]
    rate: {per_year: 4}
    duration: {law: exponential, mean: 400}
"""


def test_risk_under_a_policy_never_sells_what_foresight_could_not(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same draws with and without foresight; the policy knows the odds of outages, and sees them as they come."""
    # the odds of 40 years instead of 500, which each of these commands draws anew
    monkeypatch.setattr(water_policy, "ChainDesign", partial(water_policy.ChainDesign, outage_years=40))
    hazards = tmp_path / "faults.yaml"
    hazards.write_text(FAULTS)
    folder, out = tmp_path / "policy", tmp_path / "risk"
    assert trained(command, folder, 12, "--hazards", str(hazards)).returncode == 0
    file = folder / "two_bus" / "policy.npz"
    asked = ("risk", "two_bus", *COARSE, "--hazards", hazards, "--samples", 6, "--plain", "--workers", 1, "--out", out)
    foreseen = command(*asked)
    assert foreseen.returncode == 0, foreseen.stderr
    decided = command(*asked, "--foresight", "policy", "--policy", file)
    assert decided.returncode == 0, decided.stderr
    figures = pd.read_csv(out / "two_bus+foresight=policy-faults" / "risk.csv").set_index("quantity")
    assert list(figures.loc[["irrigation_lacking", "rules_yielded"], "unit"]) == ["hm3", "hm3"]
    by_foresight = pd.read_csv(out / "two_bus-faults" / "samples.csv")
    by_policy = pd.read_csv(out / "two_bus+foresight=policy-faults" / "samples.csv")
    assert list(by_policy["draw"]) == list(by_foresight["draw"]) == [0, 1, 2, 3, 4, 5]
    assert (by_policy["failed"] == 0).all()
    assert list(by_policy["outage hours"]) == list(by_foresight["outage hours"])
    assert (by_policy["season"] <= 348.84 + 1e-6).all()
    assert (by_policy["season"] < by_policy["undisturbed"] - 1).any()
    months = [name for name in by_policy if name.startswith("month ")]
    assert by_policy[months].sum(axis=1).to_numpy() == pytest.approx(by_policy["season"].to_numpy())
    again = command(*asked, "--foresight", "policy", "--policy", file, "--force")
    assert again.returncode == 0, again.stderr

    done = command("policy", "simulate", "two_bus", *COARSE, "--years", 6, "--foreseen", 2, "--out", folder)
    assert done.returncode == 0, done.stderr
    with xr.open_dataset(folder / "two_bus" / "years.nc") as years:
        assert years.attrs["hazards"] == "faults"
        assert set(np.unique(years["outage_class"])) <= {0, 1}
        sold = years["energy"].sel(service="casa").sum("month").to_numpy()
    assert sold == pytest.approx(by_policy["season"].to_numpy(), abs=1.0)


@pytest.mark.usefixtures("numbers_alone")
def test_a_sweep_over_the_water_is_decided_by_the_policy(command: Command, tmp_path: Path) -> None:
    """By foresight the line delivers 348.84 GWh in the median year and 42.23 in the dry one (README of the case)."""
    folder, out = tmp_path / "policy", tmp_path / "sweeps"
    assert trained(command, folder, 12).returncode == 0
    file = tmp_path / "water.yaml"
    file.write_text(
        "base: two_bus\nset:\n  time.resolution: typical-days-24h\n  foresight: policy\n"
        "axes:\n  hydrology: [median, dry]\n"
    )
    asked = ("sweep", file, "--workers", 1, "--out", out)
    done = command(*asked, "--policy", folder / "two_bus" / "policy.npz")
    assert done.returncode == 0, done.stderr
    delivered = pd.read_csv(out / "water" / "values.csv")["delivered [GWh]"]
    assert delivered[0] == pytest.approx(348.84, abs=30.0)
    assert delivered[0] <= 348.84 + 1e-3
    assert delivered[1] <= 348.84 + 1e-3
    run_folder = tmp_path / "runs"
    policy = ("--set", "foresight=policy", "--policy", folder / "two_bus" / "policy.npz")
    done = command("run", "two_bus", *COARSE, "--set", "hydrology=dry", *policy, "--out", run_folder, "--json")
    assert done.returncode == 0, done.stderr
    months = json.loads(done.stdout)[0]["months"]
    assert delivered[1] == pytest.approx(sum(month["delivered"] for month in months), abs=1e-3)

    done = command(*asked[:-1], tmp_path / "none", "--policy", tmp_path / "none.npz")
    assert done.returncode == 3
    assert "no such policy" in done.stdout.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "two_bus", *COARSE, "--set", "foresight=policy", "--out", "runs"), "energy policy train"),
        (("policy", "simulate", "two_bus", *COARSE, "--out", "none"), "energy policy train"),
        (("policy", "show", "two_bus", *COARSE, "--out", "none"), "energy policy train"),
        (
            ("risk", "two_bus", "--hazards", "faults.yaml", "--foresight", "policy", "--policy", "none"),
            "no such policy",
        ),
        (("risk", "two_bus", *COARSE, "--policy", "none"), "add --foresight policy"),
        (("risk", "two_bus", *COARSE, "--foresight", "policy", "--growth", "1:2:1"), "leave it out"),
        (("risk", "two_bus", *COARSE, "--foresight", "police"), "perfect"),
        (("policy", "train", "two_bus", *COARSE, "--hazards", "basis", "--out", "none"), "base"),
        (("adequacy", "two_bus", *COARSE, "--set", "foresight=policy"), "adequacy solves each draw at least cost"),
        (("policy", "train", "two_bus", *COARSE, "--set", "head=varying", "--out", "none"), "head: fixed"),
    ],
)
def test_what_a_policy_cannot_do_is_said(command: Command, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "faults.yaml").write_text(FAULTS)
    moved = [str(tmp_path / word) if word in ("none", "runs", "faults.yaml") else word for word in words]
    done = command(*moved)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr
