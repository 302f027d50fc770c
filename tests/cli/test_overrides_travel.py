"""What ``--set`` changes has a name, and is seen on the terminal, in folder, figure, page and evidence."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import energy
from energy.model.change_warnings import change_warnings
from energy.plots.registry import entries
from energy.results.run_folder import read_record
from energy.scenario import read_scenario

Command = Callable[..., subprocess.CompletedProcess[str]]
COARSE = ("--resolution", "typical-days-24h")
YIELD = "values.stores.Nurek.e_nom"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("overrides")


@pytest.fixture
def folder(place: Path, command: Command) -> Path:
    """Return the folder of a run with a value far outside the range of its evidence, and what it said beside it.

    The first test runs it.
    """
    run = place / "baseline+Nurek.e_nom=9000"
    if not run.exists():
        done = command("run", "baseline", "--set", f"{YIELD}=9000", *COARSE, "--out", place)
        assert done.returncode == 0, done.stderr
        (place / "stdout.txt").write_text(done.stdout)
        (place / "stderr.txt").write_text(done.stderr)
    return run


def test_it_is_on_the_terminal(folder: Path, place: Path) -> None:
    assert "changed: stores.Nurek.e_nom 4" in (place / "stdout.txt").read_text()
    heard = (place / "stderr.txt").read_text()
    assert "values.stores.Nurek.e_nom is 9000, outside the range of its evidence" in heard
    assert "hm3" in heard


def test_it_names_the_folder_and_stands_in_the_manifest(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (change,) = [text for text in manifest["changes"] if "resolution" not in text]
    assert change.startswith("stores.Nurek.e_nom 4")
    assert change.endswith("→ 9000")
    assert manifest["scenario"]["name"] == folder.name


def test_it_is_in_title_and_footer_of_every_figure(folder: Path) -> None:
    dataset = read_record(folder)
    for name, entry in entries(dataset).items():
        words = " ".join(text.get_text() for text in entry.draw(dataset, "journal").texts)
        assert "9000" in words.replace("\n", " "), name


def test_it_is_on_the_page_and_in_its_evidence(folder: Path, place: Path, command: Command) -> None:
    assert command("report", folder, "--out", place / "page.html").returncode == 0
    page = (place / "page.html").read_text(encoding="utf-8")
    assert "baseline, stores.Nurek.e_nom 4" in page
    assert "changed for this run" in page


@pytest.mark.usefixtures("numbers_alone")
def test_a_result_is_not_replaced_by_one_with_other_overrides(tmp_path: Path, command: Command) -> None:
    run = ("run", "two_bus", "--out", tmp_path)
    assert command(*run).returncode == 0
    assert command(*run).returncode == 0, "the same again"
    refused = command(*run, *COARSE)
    assert refused.returncode == 2
    assert "made with other overrides" in refused.stderr
    assert command(*run, *COARSE, "--force").returncode == 0
    assert command(*run, "--set", "hydrology=dry").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["two_bus", "two_bus+hydrology=dry"]


def test_an_override_that_changes_nothing_has_no_name() -> None:
    assert read_scenario("baseline", overrides=["hydrology=median", "time.start=04-01"]).name == "baseline"


def test_names_of_many_overrides_stay_short_and_apart() -> None:
    first = read_scenario("baseline", overrides={f"rules.rule_{k}.level": 1 for k in range(30)})
    second = read_scenario("baseline", overrides={f"rules.rule_{k}.level": 1 + (k == 29) for k in range(30)})
    assert first.name != second.name
    assert max(len(first.name.encode()), len(second.name.encode())) <= 80


def test_a_component_that_is_not_in_service_is_said_with_its_years() -> None:
    case = energy.read_case("casa1000")
    scenario = read_scenario("baseline", overrides=["values.lines.Sughd - Syrdarya.s_nom=400", "year=2027"])
    (warning,) = [fault for fault in change_warnings(case, scenario) if "no effect" in fault.what]
    assert "is in service from" in warning.what


def test_show_refuses_what_run_refuses(command: Command) -> None:
    words = ("two_bus", "--set", "rules.no_such_rule=off")
    shown = command("show", *words)
    assert shown.returncode == 2
    assert shown.stderr == command("run", *words).stderr
