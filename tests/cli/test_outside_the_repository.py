"""Names, verbs and shipped files where there is no checkout: an empty folder, a folder of one's own, a wheel."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

import energy
from energy.case import read_case
from energy.cli.completion import matching_keys, matching_scenarios
from energy.cli.verbs import GROUPS
from energy.errors import InputError
from energy.report.file_schemas import FILE_MODELS, _file_schema
from energy.results.predicted_ranges import season_range
from energy.scenario import list_scenarios, read_hazards, read_scenario

PROJECT = Path(__file__).parents[2]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_names_of_the_library_are_found_anywhere(elsewhere: Path, command: Command) -> None:
    assert read_scenario("baseline").case == "casa1000"
    assert read_case("two_bus").name == "two_bus"
    assert read_hazards("calm").name == "calm"
    done = command("list", "--question", "water")
    assert done.returncode == 0
    assert "dry_year" in done.stdout
    assert "border_closed_summer" not in done.stdout
    assert command("run", "two_bus", "--resolution", "typical-days-12h").returncode == 0
    assert (elsewhere / "results" / "two_bus" / "summary.csv").is_file()


def test_a_file_of_ones_own_wins_and_may_extend_a_shipped_one(elsewhere: Path, command: Command) -> None:
    own = elsewhere / "scenarios"
    own.mkdir()
    (own / "two_bus.yaml").write_text("case: two_bus\nyear: 2031\n", encoding="utf-8")
    (own / "thirsty.yaml").write_text("extends: dry_year\nyear: 2030\n", encoding="utf-8")
    assert read_scenario("two_bus").year == 2031
    thirsty = read_scenario("thirsty")
    assert (thirsty.year, thirsty.hydrology) == (2030, read_scenario("dry_year").hydrology)
    shown = command("show", "thirsty").stdout
    assert "scenarios/thirsty.yaml:2" in shown
    assert "dry_year.yaml" in shown
    listed = command("list").stdout
    assert "(scenarios/thirsty.yaml)" in listed
    assert "(scenarios/two_bus.yaml)" in listed
    files = {record["name"]: record["file"] for record in json.loads(command("list", "--json").stdout)}
    assert files["thirsty"] == "scenarios/thirsty.yaml"
    assert Path(files["dry_year"]).is_file()


def test_init_makes_a_folder_that_runs_and_new_a_scenario_that_changes_one(elsewhere: Path, command: Command) -> None:
    assert command("init", "mine").returncode == 0
    os.chdir(elsewhere / "mine")
    for words in (("run", "my_scenario", "--resolution", "typical-days-12h"), ("sweep", "my_sweep", "--workers", "1")):
        assert command(*words).returncode == 0
    assert command("new", "dearer", "--from", "my_scenario").returncode == 0
    assert read_scenario("dearer").case == "my_case"
    for words, said in (
        (("new", "dearer", "--from", "my_scenario"), "there is a scenario 'dearer' already"),
        (("new", "a/b", "--from", "my_scenario"), "'a/b' is no name of a scenario"),
        (("new", "other", "--from", "my_scenari"), "did you mean 'my_scenario'?"),
        (("init", "."), "the folder is not empty"),
    ):
        done = command(*words)
        assert done.returncode == 2
        assert said in done.stderr


def test_new_needs_a_folder_of_ones_own(elsewhere: Path, command: Command) -> None:
    done = command("new", "mine", "--from", "baseline")
    assert done.returncode == 2
    assert "energy init" in done.stderr
    assert not list(elsewhere.iterdir())


def test_an_unknown_name_is_told_the_nearest_first(elsewhere: Path) -> None:
    with pytest.raises(InputError, match=r"allowed: dry_year, dry_.*, afghanistan_leaves, .*did you mean 'dry_year'"):
        read_scenario("dry_yaer")


def test_version_help_and_completion(command: Command) -> None:
    assert command("--version").stdout.strip() == f"energy {energy.__version__}"
    text = command("--help").stdout
    for title, verbs in GROUPS.items():
        assert f"{title}:" in text
        assert all(f"\n  {verb} " in text for verb in verbs)
    assert "More:" not in text, "a verb is in no group"
    assert "dry_year" in matching_scenarios("dry_")
    assert "time.resolution=" in matching_keys("time.")
    assert "values.stores.Nurek.e_nom=" in matching_keys("values.stores.Nurek")


@pytest.mark.usefixtures("numbers_alone", "elsewhere")
def test_quiet_says_nothing_and_verbose_says_what_is_done(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # those of pytest would take what is said
    words = ("run", "two_bus", "--resolution", "typical-days-12h", "--json")
    done = command("-v", *words)
    assert done.returncode == 0, done.stderr
    assert "solving two_bus" in done.stderr
    json.loads(done.stdout)
    assert command("-q", *words).stderr == ""


def library_files() -> list[Path]:
    return sorted([*PROJECT.glob("scenarios/**/*.yaml"), *PROJECT.glob("networks/*/rules.yaml")])


@pytest.mark.parametrize("file", library_files(), ids=lambda file: str(file.relative_to(PROJECT)))
def test_files_of_the_library_keep_to_the_schema_that_their_first_line_names(file: Path) -> None:
    first, _, text = file.read_text(encoding="utf-8").partition("\n")
    mark, _, address = first.partition("$schema=")
    assert mark == "# yaml-language-server: "
    content = YAML(typ="safe", pure=True).load(text)
    validator_of((file.parent / address).resolve()).validate(json.loads(json.dumps(content, default=str)))


@cache
def validator_of(path: Path) -> jsonschema.Draft202012Validator:
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("kind", FILE_MODELS)
def test_schemas_are_those_of_the_models(kind: str) -> None:
    written = json.loads((PROJECT / "schemas" / f"{kind}.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(_file_schema(kind))), "run: energy schema"
    jsonschema.Draft202012Validator.check_schema(written)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"no such key": 1}, written)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of a fresh virtual environment in which pip installed the wheel.

    What the package depends on is lent to it from this environment by a path file; the package itself is not, for
    path files of a lent folder are not read.
    """
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    (wheel,) = place.glob("*.whl")
    venv.create(place / "venv", with_pip=False, symlinks=True)  # a pip of its own would take longer than all the rest
    programs = place / "venv" / "bin"
    pip = [sys.executable, "-m", "pip", "--python", programs / "python"]
    install = [*pip, "install", "--no-deps", "--no-index", "--quiet", wheel]
    subprocess.run(install, check=True, capture_output=True, env=_fresh_environment())
    (packages,) = place.glob("venv/lib/python*/site-packages")
    (packages / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return programs


def _fresh_environment() -> dict[str, str]:
    """Return the environment without what points to other packages."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _outside(folder: Path, *words: object) -> str:
    done = subprocess.run(
        list(map(str, words)), cwd=folder, check=True, env=_fresh_environment(), capture_output=True, text=True
    )
    return done.stdout


def test_the_wheel_alone_runs_the_lines_of_the_readme(elsewhere: Path, programs: Path) -> None:
    """A fresh virtual environment in an empty folder, far from the checkout."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    (lines,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "read_case" in block]
    place = _outside(elsewhere, programs / "python", "-c", "import energy; print(energy.__file__)")
    assert place.startswith(str(programs.parent / "lib"))
    _outside(elsewhere, programs / "python", "-c", lines)
    assert (elsewhere / "baseline.png").stat().st_size > 10_000
    listed = _outside(elsewhere, programs / "energy", "list")
    assert set(list_scenarios()) <= set(listed.split())


def test_the_wheel_says_the_range_of_a_season(elsewhere: Path, programs: Path) -> None:
    script = (
        "from energy.scenario import read_scenario\n"
        "from energy.results.predicted_ranges import season_range\n"
        "print(season_range(read_scenario('baseline')))\n"
    )
    said = _outside(elsewhere, programs / "python", "-c", script)
    assert said.strip() == season_range(read_scenario("baseline"))
    assert "GWh in nine of ten" in said
    own_case = elsewhere / "networks" / "casa1000"
    own_case.mkdir(parents=True)
    assert _outside(elsewhere, programs / "python", "-c", script).strip() == "", "the range of another case"
