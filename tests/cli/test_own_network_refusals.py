"""Commands that ask of a user's own network what it does not have: refused by name, never a table of zeros."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pypsa
import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]

HAZARDS = """
hazards:
  weak fails: {kind: plant_out, cause: failure, where: [generators.weak], each: true, rate: {for: 0.1, mttr: 20}}
"""


def two_regions() -> pypsa.Network:
    """50 MW and a tie that brings 30 MW, against 100 MW of demand; shedding fills the gap."""
    n = pypsa.Network(snapshots=pd.date_range("2029-01-01", periods=24, freq="h"))
    n.add("Carrier", ["AC", "DC", "load"])
    n.add("Bus", ["a", "b"], carrier="AC", country=["TJ", "PK"])
    n.add("Generator", "firm", bus="a", p_nom=500.0, marginal_cost=10.0)
    n.add("Generator", "weak", bus="b", p_nom=50.0, marginal_cost=50.0)
    n.add("Generator", "shed", bus="b", p_nom=100.0, marginal_cost=1000.0, carrier="load")
    n.add("Load", "load", bus="b", p_set=100.0)
    n.add("Link", "tie", bus0="a", bus1="b", p_nom=60.0, efficiency=0.5, carrier="DC")
    return n


def written(n: pypsa.Network, folder: Path) -> Path:
    n.export_to_netcdf(str(folder / "own.nc"))
    (folder / "h.yaml").write_text(HAZARDS, encoding="utf-8")
    scenario = folder / "own.yaml"
    scenario.write_text(f"year: 2029\ncase: {folder / 'own.nc'}\nobjective: dispatch\n", encoding="utf-8")
    return scenario


def test_adequacy_refuses_stores_by_name(command: Command, tmp_path: Path) -> None:
    """A tank would be emptied hour after hour; its network once got a table of zeros."""
    n = two_regions()
    n.add("Store", "tank", bus="b", e_nom=50.0)
    asked = written(n, tmp_path)
    words = ["adequacy", asked, "--hazards", tmp_path / "h.yaml", "--samples", 2, "--out", tmp_path / "out"]
    done = command(*words)
    assert done.returncode == 2
    assert "stores tank: their hours hang together" in done.stderr
    assert not (tmp_path / "out").exists()
    without = command(*words, "--set", "values.stores.tank.active=0")
    assert without.returncode == 0, without.stderr
    (written_table,) = (tmp_path / "out").glob("*.csv")
    table = pd.read_csv(written_table, index_col=0)
    lacking = float(table["EENS MWh"]["all"])
    assert lacking >= 24 * 20.0  # what both plants together lack, and more when one fails


def test_a_credit_is_asked_of_an_own_network_alone(command: Command) -> None:
    done = command("adequacy", "two_bus", "--credit", "links.line", "--samples", 2)
    assert done.returncode == 2
    assert "--credit" in done.stderr
    assert "capacity credit of the line" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("risk", "--fixed-water", "--samples", "6", "--workers", "1"),
        ("threshold",),
        ("ranges", "--workers", "1"),
        ("resolution",),
    ],
    ids=lambda words: words[0],
)
def test_a_study_without_its_subject_is_refused(words: tuple[str, ...], command: Command, tmp_path: Path) -> None:
    asked = written(two_regions(), tmp_path)
    verb, *options = words
    if verb == "risk":
        options += ["--hazards", str(tmp_path / "h.yaml")]
    if verb != "resolution":
        options += ["--out", str(tmp_path / "out")]
    done = command(verb, asked, *options)
    assert done.returncode == 2, done.stdout
    said = {
        "risk": "no line under study is in service",
        "threshold": "no line under study is in service",
        "ranges": "no number of the evidence can be varied",
        "resolution": "brings its own snapshots",
    }
    assert said[verb] in done.stderr
    assert not (tmp_path / "out").exists()


def ring() -> pypsa.Network:
    """Two plain lines in a row."""
    n = pypsa.Network(snapshots=pd.date_range("2029-01-01", periods=1, freq="h"))
    n.add("Carrier", ["AC", "DC"])
    n.add("Bus", ["a", "b", "c"], carrier="AC", v_nom=220.0)
    n.add("Generator", "plant", bus="a", p_nom=100.0, marginal_cost=10.0)
    n.add("Load", "load", bus="c", p_set=50.0)
    n.add("Line", ["ab", "bc"], bus0=["a", "b"], bus1=["b", "c"], x=10.0, r=1.0, s_nom=100.0)
    return n


def with_transformer(n: pypsa.Network) -> None:
    n.add("Transformer", "t", bus0="a", bus1="c", x=0.1, s_nom=50.0)


def with_type(n: pypsa.Network) -> None:
    n.lines.loc["bc", ["type", "length"]] = ["Al/St 240/40 2-bundle 220.0", 50.0]


def with_direct_current(n: pypsa.Network) -> None:
    n.add("Bus", ["d", "e"], carrier="DC", v_nom=220.0)
    n.add("Line", "de", bus0="d", bus1="e", x=1.0, r=1.0, s_nom=10.0, carrier="DC")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_transformer, "transformers t are not modelled"),
        (with_type, "lines bc: type is not read"),
        (with_direct_current, "lines de join buses of carrier DC"),
    ],
)
def test_ac_power_flow_refuses_branches_without_impedance(
    change: Callable[[pypsa.Network], None], said: str, command: Command, tmp_path: Path
) -> None:
    n = ring()
    plain = command("acflow", written(n, tmp_path), "--out", tmp_path / "plain")
    assert plain.returncode == 0, plain.stderr
    change(n)
    done = command("acflow", written(n, tmp_path), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("lowest", "highest"), [(5.0, 1.0), (-float("inf"), 1.0)])
def test_a_phase_shift_without_bounds_is_refused(
    lowest: float, highest: float, command: Command, tmp_path: Path
) -> None:
    n = two_regions()
    n.add("Bus", "c", carrier="AC", country="PK")
    n.add("Transformer", "shifter", bus0="b", bus1="c", x=0.1, s_nom=40.0)
    n.c.transformers.static[["phase_shift_min", "phase_shift_max"]] = [lowest, highest]
    done = command("run", written(n, tmp_path), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert f"transformers shifter: phase_shift_min is {lowest:g}, phase_shift_max {highest:g}" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_run_says_nothing_that_pypsa_notes(
    command: Command, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked = written(two_regions(), tmp_path)
    caplog.clear()
    with caplog.at_level(logging.INFO):
        done = command("run", asked, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert not [record for record in caplog.records if record.name.startswith("pypsa")]


@pytest.mark.parametrize("verb", ["attribution", "closure"])
def test_a_network_without_links_has_nothing_to_lose(verb: str, command: Command, tmp_path: Path) -> None:
    n = two_regions()
    n.links = n.links.drop(index="tie")
    n.add("Line", "tie", bus0="a", bus1="b", x=1.0, s_nom=60.0)
    done = command(verb, written(n, tmp_path), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "own: no line under study is in service" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_branch_that_spares_nobody_has_no_capacity_credit(command: Command, tmp_path: Path) -> None:
    """Both regions serve themselves: what halving found between nothing and its width was printed, 0.2 MW."""
    n = two_regions()
    n.generators.loc["weak", "p_nom"] = 250.0
    n.add("Generator", "strong", bus="b", p_nom=200.0, marginal_cost=60.0)
    asked = written(n, tmp_path)
    words = ["--hazards", tmp_path / "h.yaml", "--samples", 4, "--credit", "links.tie", "--out", tmp_path / "out"]
    done = command("adequacy", asked, *words)
    assert done.returncode == 0, done.stderr
    (written_table,) = (tmp_path / "out").glob("*.csv")
    table = pd.read_csv(written_table, index_col=0)
    assert table.loc["all", "capacity credit MW"] == 0.0
