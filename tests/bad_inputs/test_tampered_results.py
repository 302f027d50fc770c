"""Results that somebody changed: names that lead out of their folder, parts that are missing, files cut in half."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import energy
from energy.case import Case
from energy.report.bundle import write_run

Refusal = Callable[..., str]
Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def run_written(two_bus: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run, written once."""
    folder = tmp_path_factory.mktemp("results") / "two_bus"
    scenario = energy.read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    write_run(energy.run(two_bus, scenario), folder, 1.0)
    return folder


def dataset(change: Callable[[xr.Dataset], xr.Dataset]) -> Change:
    def changed(folder: Path) -> None:
        content = xr.load_dataset(folder / "result.nc")
        change(content).to_netcdf(folder / "result.nc")

    return changed


def halved(name: str) -> Change:
    def cut(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return cut


def manifest(**changes: Any) -> Change:
    def changed(folder: Path) -> None:
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        content |= changes
        (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")

    return changed


def words(found: xr.Dataset) -> xr.Dataset:
    return found.assign(transferable=("snapshot", found["transferable"].to_numpy().astype(str)))


EXPORT = ("export", "RUN", "--format", "network", "-o", "OUT")
TABLE = ("export", "RUN", "--format", "csv", "-o", "OUT")
COMPARE = ("compare", "WHOLE", "RUN", "--out", "OUT")

CHANGES: dict[str, tuple[Change, tuple[str, ...], tuple[str, ...]]] = {
    "a name that climbs": (dataset(lambda d: d.assign_attrs(scenario="../../evil")), EXPORT, ("result.nc", "'../../evil'")),
    "a name that is a path": (dataset(lambda d: d.assign_attrs(scenario="/evil")), TABLE, ("result.nc", "'/evil'")),
    "a variable is gone": (dataset(lambda d: d.drop_vars("links_p0")), TABLE, ("result.nc", "links_p0")),
    "every variable is gone": (dataset(lambda d: xr.Dataset(attrs=d.attrs)), TABLE, ("result.nc", "month_delivered")),
    "numbers are words": (dataset(words), TABLE, ("result.nc", "transferable")),
    "a year that is a word": (dataset(lambda d: d.assign_attrs(year="x")), TABLE, ("result.nc", "year")),
    "half a Dataset": (halved("result.nc"), TABLE, ("result.nc",)),
    "half a network": (halved("network.nc"), EXPORT, ("network.nc", "PyPSA cannot read")),
    "a price that is a number": (manifest(surprise=[1]), COMPARE, ("manifest.json", "surprise.0")),
    "a price that is a word": (manifest(surprise=[{"price": "x"}]), COMPARE, ("manifest.json", "surprise.0.price")),
    "a manifest whose name climbs": (
        manifest(scenario={"name": "../x"}), COMPARE, ("manifest.json", "leads out of its folder")
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGES)
def test_a_result_that_was_changed(refused_here: Refusal, run_written: Path, tmp_path: Path, kind: str) -> None:
    change, command, says = CHANGES[kind]
    folder = tmp_path / "two_bus"
    shutil.copytree(run_written, folder)
    change(folder)
    places = {"RUN": str(folder), "OUT": str(tmp_path / "out"), "WHOLE": str(run_written)}
    refused_here(*(places.get(part, part) for part in command), says=says)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and folder not in path.parents]
    assert written == []


@pytest.mark.parametrize("name", ["/nowhere/escaped", "../../escaped", "a[/b]", "a\0b", ".hidden", "x" * 101, "\ud800"])
def test_a_rerun_writes_under_no_such_name(refused_here: Refusal, run_written: Path, tmp_path: Path, name: str) -> None:
    content = json.loads((run_written / "manifest.json").read_text(encoding="utf-8"))
    content["scenario"]["name"] = name
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    assert refused_here("rerun", str(file), "--out", str(tmp_path / "out"), says=("manifest.json",))
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("draw,weight,season\n0,1,5\n1,1,6\n", "column 'failed' is missing"),
        ("draw,weight,season,failed,failed\n0,1,5,0,0\n", "a column stands twice"),
        ("draw,weight,season,failed\n0,1,nan,0\n1,1,6,0\n", ":2: weight or season"),
        ("draw,weight,season,failed\n0,1,5,0\n1,-1,6,0\n", ":3: weight or season"),
    ],
)
def test_samples_that_no_run_wrote(refused_here: Refusal, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "samples.csv").write_text(text, encoding="utf-8")
    assert refused_here("contract", str(tmp_path), says=("samples.csv", told))


@pytest.mark.parametrize("text", ["\\ud800", "a\\0b"])
def test_a_text_that_no_file_can_hold(refused_here: Refusal, tmp_path: Path, text: str) -> None:
    file = tmp_path / "b.yaml"
    file.write_text(f'case: two_bus\nyear: 2028\ndescription: "{text}"\n', encoding="utf-8")
    assert refused_here("run", str(file), "--out", str(tmp_path / "out"), says=(f"{file}:3: ", "cannot be written"))
    assert not (tmp_path / "out").exists()
