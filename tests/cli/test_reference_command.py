"""``energy reference`` and ``energy resolution``: what pages quote is renewed from a project of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from energy.cli import app
from energy.errors import InputError, SolverError

PROJECT = Path(__file__).parents[2]
PAGE = "<!--= two_bus: delivered | GWh -->?<!--/--> GWh\n\n<!-- begin resolution -->\nold\n<!-- end resolution -->\n"
ASKED = "case: two_bus\nyear: 2028\ntime: {resolution: typical-days-24h}\n"
# the reservoir must end full, and no water comes
IMPOSSIBLE = (
    "rules: {reservoir_end: {level: 300}}\nevents: [{name: no water, kind: drought, cause: drought, "
    "where: [loads.river inflow], start: 04-01, end: never, depth: 1}]\n"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "scenarios").mkdir(parents=True)
    (folder / "docs").mkdir()
    (folder / "results" / "reference").mkdir(parents=True)
    shutil.copytree(PROJECT / "networks" / "two_bus", folder / "networks" / "two_bus")
    (folder / "scenarios" / "two_bus.yaml").write_text(ASKED)
    (folder / "scenarios" / "dry.yaml").write_text(ASKED + "hydrology: dry\n")
    (folder / "README.md").write_text(PAGE)
    monkeypatch.chdir(folder)
    return folder


def headline(project: Path) -> pd.Series:
    table = pd.read_csv(project / "results" / "reference" / "headline.csv")
    return table.set_index(["scenario", "quantity"])["value"]


@pytest.mark.slow
def test_the_library_is_recorded_and_one_scenario_renewed(project: Path) -> None:
    done = CliRunner().invoke(app, ["reference", "--jobs", "1"])
    assert done.exit_code == 0, done.output
    first = headline(project)
    assert list(dict.fromkeys(first.index.get_level_values(0))) == ["dry", "two_bus"]
    assert first["two_bus", "delivered"] == pytest.approx(348.84)
    assert first["dry", "delivered"] == pytest.approx(42.2256, rel=1e-4)
    assert first["two_bus", "peak"] == pytest.approx(95)
    assert "-->349<!--/--> GWh" in (project / "README.md").read_text()

    asked = project / "scenarios" / "two_bus.yaml"
    asked.write_text(ASKED + "values: {links.line.p_nom: 50}\n")
    (project / "scenarios" / "dry.yaml").write_text(ASKED + IMPOSSIBLE)
    assert CliRunner().invoke(app, ["reference", "two_bus", "--jobs", "1"]).exit_code == 0
    second = headline(project)
    assert second["two_bus", "delivered"] == pytest.approx(348.84 / 2)
    assert second["dry", "delivered"] == first["dry", "delivered"], "not asked for, not solved"
    assert "-->174<!--/--> GWh" in (project / "README.md").read_text()


def test_a_scenario_without_optimum_is_named_and_the_others_recorded(project: Path) -> None:
    (project / "scenarios" / "broken.yaml").write_text(ASKED + IMPOSSIBLE)
    done = CliRunner().invoke(app, ["reference", "--jobs", "1"])
    assert isinstance(done.exception, SolverError)
    assert "broken: infeasible" in str(done.exception)
    assert set(headline(project).index.get_level_values(0)) == {"dry", "two_bus"}


def test_a_misspelt_scenario_is_said_before_anything_is_solved(project: Path) -> None:
    done = CliRunner().invoke(app, ["reference", "two_buss"])
    assert isinstance(done.exception, InputError)
    assert "did you mean 'two_bus'" in str(done.exception)
    assert not (project / "results" / "reference" / "headline.csv").exists()


def test_a_fault_found_by_a_worker_comes_whole(project: Path) -> None:
    (project / "scenarios" / "broken.yaml").write_text(ASKED + "rules: {nothing: {level: 300}}\n")
    done = CliRunner().invoke(app, ["reference", "--jobs", "1"])
    assert isinstance(done.exception, InputError)
    assert len(done.exception.faults) == 1
    assert "broken.yaml:4: the case has no rule 'nothing'" in str(done.exception)


@pytest.mark.slow
def test_resolutions_are_measured_and_the_page_gets_the_table(project: Path) -> None:
    words = ["resolution", "two_bus", "--only", "typical-days-24h", "--only", "typical-days-12h", "--page", "README.md"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0].strip("| *") for row in rows][2:] == [
        "typical-days-24h** (default)",
        "typical-days-12h",
    ]
    assert all("348.8" in row for row in rows[2:])  # every hour of a day of two_bus is the same
    text = (project / "README.md").read_text()
    assert "\nold\n" not in text
    assert rows[-1] in text
