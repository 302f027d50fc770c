"""The commands of risk from outside: what they print, write, refuse, and that they go on where they were stopped."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from energy.analysis.risk import contract_sizing
from energy.cli import main

Energy = Callable[..., tuple[int, str, str]]

HAZARDS = """
hazards:
  line fault:
    kind: line_out
    cause: line
    where: ["links.line"]
    rate: {per_year: 6, low: 3, high: 9}
    duration: {law: lognormal, median: 150, sigma: 1}
  rare stop:
    kind: border_stop
    cause: politics
    where: ["links.line"]
    rate: {per_year: 0.1, low: 0, high: 1}
    duration: {law: exponential, mean: 2000}
"""
QUICK = ("--fixed-water", "--workers", "1", "--set", "time.resolution=typical-days-4h")


@pytest.fixture
def energy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Energy:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["energy", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def hazards(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(HAZARDS, encoding="utf-8")
    return str(path)


def test_risk_prints_writes_and_resumes_to_the_same_bits(energy: Energy, hazards: str, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    asked = ("risk", "two_bus", "--hazards", hazards, *QUICK)
    code, out, err = energy(*asked, "--samples", "24", "--out", str(whole))
    assert code == 0, err
    for words in ("mean of the season", "P90", "season below 3.40 TWh", "income", "line", "politics"):
        assert words in out
    folder = whole / "two_bus-mine"
    names = {"samples.csv", "question.json", "risk.nc", "risk.csv", "months.png", "exceedance.png", "causes.png"}
    assert names <= {path.name for path in folder.iterdir()}
    assert energy(*asked, "--samples", "9", "--out", str(parts))[0] == 0
    table = parts / "two_bus-mine" / "samples.csv"
    with table.open("a", encoding="utf-8") as file:
        file.write("9.0,0.0,1.0,0.")  # as if it had been killed while it wrote
    assert energy(*asked, "--samples", "24", "--out", str(parts))[0] == 0
    assert sorted((folder / "samples.csv").read_text().splitlines()) == sorted(table.read_text().splitlines())
    assert (folder / "risk.csv").read_bytes() == (parts / "two_bus-mine" / "risk.csv").read_bytes()


def test_risk_refuses_a_folder_of_another_question(energy: Energy, hazards: str, tmp_path: Path) -> None:
    asked = ("risk", "two_bus", "--hazards", hazards, *QUICK, "--samples", "4", "--out", str(tmp_path / "out"))
    assert energy(*asked)[0] == 0
    before = (tmp_path / "out" / "two_bus-mine" / "samples.csv").read_bytes()
    code, _, err = energy(*asked, "--seed", "2")
    assert code == 2
    assert "samples of another question: seed differ" in err
    assert (tmp_path / "out" / "two_bus-mine" / "samples.csv").read_bytes() == before


def test_risk_json_and_until_ci(energy: Energy, hazards: str, tmp_path: Path) -> None:
    code, out, err = energy(
        "risk", "two_bus", "--hazards", hazards, *QUICK, "--plain", "--samples", "2000", "--until-ci", "20%", "--json",
        "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert code == 0, err
    found = json.loads(out)
    value, low, high = found["figures"]["mean"]["data"]
    assert (high - low) / 2 <= 0.2 * value
    assert found["attributes"]["samples"] < 2000


def test_a_draw_is_a_scenario_of_its_own(energy: Energy, hazards: str, tmp_path: Path) -> None:
    code, out, _ = energy("risk", "two_bus", "--hazards", hazards, *QUICK, "--draw", "3")
    assert code == 0
    path = tmp_path / "draw3.yaml"
    path.write_text(out, encoding="utf-8")
    code, shown, err = energy("show", str(path), "--json")
    assert code == 0, err
    assert json.loads(shown)["events.0.kind"]["value"] in ("line_out", "border_stop")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--until-ci", "zwei"), "interval is 'zwei'; allowed: a share, as 2% or 0.02"),
        (("--figure", "P9O"), "no figure 'P9O'"),
        (("--tilt", "rare stp=5"), "did you mean 'rare stop'?"),
        (("--growth", "1:2"), "three odds, as 1:2:1"),
        (("--hazards", "bse"), "did you mean 'base'?"),
    ],
)
def test_faults_are_said_and_nothing_is_written(
    energy: Energy, hazards: str, tmp_path: Path, arguments: tuple[str, str], message: str
) -> None:
    given = dict([("--hazards", hazards), arguments])
    flat = [part for pair in given.items() for part in pair]
    code, _, err = energy("risk", "two_bus", *flat, "--out", str(tmp_path / "out"))
    assert code == 2
    assert message in err
    assert not (tmp_path / "out").exists()


def test_hazards_that_the_case_does_not_know(energy: Energy, tmp_path: Path) -> None:
    code, _, err = energy("risk", "two_bus", "--hazards", "base", "--out", str(tmp_path / "out"))
    assert code == 2
    assert "no corridor 'afghan_hvdc_line'" in err
    assert not (tmp_path / "out").exists()


def test_contract_from_samples(energy: Energy, hazards: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # two aversions instead of six: PyPSA builds a program for each
    few_aversions = partial(contract_sizing.frontier, aversions=(0.0, 0.9))
    monkeypatch.setattr(contract_sizing, "frontier", few_aversions)
    out_folder = tmp_path / "out"
    assert energy("risk", "two_bus", "--hazards", hazards, *QUICK, "--samples", "12", "--out", str(out_folder))[0] == 0
    code, out, err = energy("contract", str(out_folder / "two_bus-mine"), "--json")
    assert code == 0, err
    table = pd.DataFrame(json.loads(out))
    samples = pd.read_csv(out_folder / "two_bus-mine" / "samples.csv")
    assert table["quantity"].between(0, samples["season"].max() * (1 + 1e-9)).all()
    code, _, err = energy("contract", str(tmp_path / "nothing"))
    assert code == 2
    assert "no samples here" in err
    code, _, err = energy("contract", str(out_folder / "two_bus-mine"), "--shortfall", "10")
    assert code == 2
    assert "spot < price < shortfall" in err


def test_fit_prints_a_hazard(energy: Energy) -> None:
    code, out, err = energy(
        "fit", "networks/casa1000/events.csv", "--corridor", "salang_220kv", "--cause", "attack",
        "--from", "2018-03-01", "--to", "2021-08-15",
    )  # fmt: skip
    assert code == 0, err
    assert "# 21 events in 3.46 years" in out
    assert '"per_year": 6.07' in out
    code, _, err = energy(
        "fit", "networks/casa1000/events.csv", "--corridor", "x", "--from", "2018", "--to", "yesterday"
    )
    assert code == 2
    assert "--to: 'yesterday' is no day" in err


def test_adequacy_of_the_countries_of_a_case(energy: Energy, hazards: str, tmp_path: Path) -> None:
    code, out, err = energy(
        "adequacy", "two_bus", "--hazards", hazards, "--samples", "4", "--workers", "1", "--json",
        "--set", "time.resolution=typical-days-4h", "--out", str(tmp_path),
    )  # fmt: skip
    assert code == 0, err
    table = pd.DataFrame(json.loads(out[: out.rindex("]") + 1])).set_index("country")
    assert (table["EENS MWh without"] >= table["EENS MWh with"] - 1e-6).all()


@pytest.mark.usefixtures("numbers_alone")
def test_a_bar_is_reproduced_by_the_line_that_is_printed(energy: Energy, tmp_path: Path) -> None:
    """Printed commands run as they stand, and deliver what the bar says to 0.1 GWh; what moves along is said."""
    sizes = ("--trajectories", "2", "--top", "1", "--base", "0", "--spread", "0", "--looked-at", "2", "--workers", "1")
    only = ("--only", "values.links.*", "--only", "values.profiles/*", "--set", "time.resolution=typical-days-24h")
    code, out, err = energy("sensitivity", "two_bus", *only, *sizes, "--out", str(tmp_path))
    assert code == 0, err
    assert "turbine p_nom 0.5 → 0.4545" in out  # 500 of 550 MWh/hm³: the rated power stays
    lines = out.splitlines()
    commands = [number for number, line in enumerate(lines) if line.startswith("  energy run two_bus")]
    assert len(commands) == 10
    for number in commands:
        said = float(lines[number - 1].split(": ")[1].split(" GWh")[0])
        words = shlex.split(lines[number])
        code, out, err = energy(*words[1:], "--json", "--out", str(tmp_path / f"{number}"))
        assert code == 0, err
        summary = pd.read_csv(next((tmp_path / f"{number}").rglob("summary.csv")))
        assert summary["delivered [GWh]"].sum() == pytest.approx(said, abs=0.1)


def test_sensitivity_ranks_and_writes(energy: Energy, tmp_path: Path) -> None:
    sizes = ("--trajectories", "2", "--top", "2", "--base", "4", "--spread", "10", "--workers", "1")
    line = ("--only", "values.links.line.*", "--set", "time.resolution=typical-days-24h")
    asked = ("sensitivity", "two_bus", *line, *sizes, "--out", str(tmp_path))
    code, out, err = energy(*asked)
    assert code == 0, err
    for words in ("links.line.p_nom", "90 to 110 MW", "10 sets", "nine of ten", "0 without an optimum"):
        assert words in out
    folder = tmp_path / "two_bus-delivered"
    written = {"numbers.csv", "spread.csv", "tornado.png", "tornado.svg", "points"}
    assert written == {path.name for path in folder.iterdir()}
    numbers = pd.read_csv(folder / "numbers.csv", index_col=0)
    assert numbers.at["values.links.line.efficiency", "at high"] == pytest.approx(97 * 3.672, abs=0.01)
    code, out, err = energy(*asked, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["base"] == pytest.approx(95 * 3.672, abs=0.01)
    assert {row["key"] for row in found["numbers"]} == set(numbers.index)
    assert found["failed"] == 0
    assert found["explained"] == pytest.approx(1)
