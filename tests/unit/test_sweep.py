"""Sweeps: axes and their places, failed points, what is kept, and what a sudden end leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import energy
from energy.analysis.scenario_metrics import Metrics
from energy.analysis.sweep.axes import grid
from energy.analysis.sweep.store import JOURNAL, Journal
from energy.analysis.sweep.sweep import Progress, sweep
from energy.case import Case
from energy.errors import InputError
from energy.metrics import transferable
from energy.model import inputs
from energy.scenario import read_scenario
from energy.solve import solve

AXES = {"hydrology": ["median", "dry"], "values.links.line.p_nom": [50.0, 100.0]}


def assert_equal_bits(one: xr.Dataset, other: xr.Dataset) -> None:
    assert list(one.data_vars) == list(other.data_vars)
    for name in one.data_vars:
        assert one[name].dims == other[name].dims
        assert one[name].values.tobytes() == other[name].values.tobytes(), name


def test_each_cell_is_the_solve_of_its_scenario(two_bus: Case) -> None:
    base = read_scenario("two_bus")
    found = sweep(two_bus, base, AXES, workers=1)
    assert found["delivered"].dims == ("hydrology", "values.links.line.p_nom")
    assert found["values.links.line.p_nom"].attrs["units"] == "MW"
    for water in AXES["hydrology"]:
        for size in AXES["values.links.line.p_nom"]:
            change = {"hydrology": water, "values.links.line.p_nom": size}
            alone = solve(inputs(two_bus, base.replace(**change)))
            cell = found.sel({"hydrology": water, "values.links.line.p_nom": size})
            energy_of = float((transferable(alone) * alone.hours).sum()) / 1000
            assert float(cell["delivered"]) == pytest.approx(energy_of, rel=1e-9)
            assert float(cell["delivered_by_month"].sum()) == pytest.approx(energy_of, rel=1e-9)
            assert float(cell["objective"]) == pytest.approx(alone.objective, rel=1e-9)


OUTAGE = {
    "name": "out",
    "kind": "line_out",
    "cause": "test",
    "where": ["links.line"],
    "start": "05-01",
    "duration": "7d",
}


@pytest.mark.parametrize("resolution", ["typical-days-12h", "12h"])
def test_what_an_outage_takes_in_its_days_and_over_the_season(two_bus: Case, resolution: str) -> None:
    """In median water the river fills the line all summer: each day of outage loses 24 h x 95 MW, for good.

    In the dry year half of it is full in some hours only: the reservoir keeps the water, and all is sent later.
    """
    base = read_scenario("two_bus", overrides={"time.resolution": resolution, "events": [OUTAGE]})
    axes = {"events.0.duration": ["7d", "10d"], "hydrology": ["median", "dry"]}
    swept = sweep(two_bus, base, axes, workers=1)
    lost = [7 * 24 * 95 / 1000, 10 * 24 * 95 / 1000]
    median = swept.sel(hydrology="median")
    assert median["lost_during_events"].to_numpy() == pytest.approx(lost, abs=1e-4)
    assert median["lost_to_events"].to_numpy() == pytest.approx(lost, abs=1e-4)
    assert swept.sel(hydrology="dry")["lost_to_events"].to_numpy() == pytest.approx(0.0, abs=1e-4)
    assert (swept["lost_during_events"] > -1e-6).all()
    assert swept["events.0.duration"].attrs == {"long_name": "out: length", "units": "d"}
    without = sweep(two_bus, base.replace(events=()), {"hydrology": ["median", "dry"]}, workers=1)
    assert "lost_to_events" not in without


def test_losses_are_the_same_after_a_stop(two_bus: Case, tmp_path: Path) -> None:
    base = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h", "events": [OUTAGE]})
    axes = {"events.0.duration": ["7d", "10d"]}
    shorter = sweep(two_bus, base, {"events.0.duration": ["7d"]}, folder=tmp_path / "s", workers=1)
    resumed = sweep(two_bus, base, axes, folder=tmp_path / "s", workers=1)
    assert_equal_bits(resumed, sweep(two_bus, base, axes, workers=1))
    assert float(resumed["lost_to_events"][0]) == float(shorter["lost_to_events"][0])


def test_zipped_and_sampled_axes_stand_in_a_row() -> None:
    zipped = grid({"growth": ["low", "high"], "events.0.duration": ["36h", "2d"]}, "zip")
    assert zipped.dims == {"point": 2}
    assert zipped.coords["events.0.duration"][1:] == ([1.5, 2.0], {"long_name": "events.0.duration", "units": "d"})
    sampled = grid({"year": {"low": 2028, "high": 2031, "whole": True}, "growth": ["low", "high"]}, "sample", 8, seed=3)
    # a Latin hypercube of 8: every eighth of each axis once, so each of four years and two words equally often
    assert sorted(change["year"] for change in sampled.changes) == [2028, 2028, 2029, 2029, 2030, 2030, 2031, 2031]
    assert [change["growth"] for change in sampled.changes].count("low") == 4
    assert (
        sampled.changes
        == grid(
            {"year": {"low": 2028, "high": 2031, "whole": True}, "growth": ["low", "high"]}, "sample", 8, seed=3
        ).changes
    )


@pytest.mark.parametrize(
    ("axes", "combine", "part"),
    [
        ({}, "product", "without axes"),
        ({"year": []}, "product", "'year' has no values"),
        ({"year": [2028], "growth": ["low", "high"]}, "zip", "year 1, growth 2"),
        ({"year": {"low": 2028, "high": 2030}}, "product", "range without count"),
        ({"year": [2028]}, "sample", "sample of None points"),
        ({"year": {"low": "a", "high": 2030}}, "product", "is no range"),
    ],
)
def test_axes_that_do_not_go_together_are_refused(axes: dict[str, object], combine: str, part: str) -> None:
    with pytest.raises(InputError, match=part):
        grid(axes, combine)  # type: ignore[arg-type]


def test_an_unknown_key_is_the_users_fault(two_bus: Case) -> None:
    with pytest.raises(InputError, match="did you mean 'growth'"):
        sweep(two_bus, read_scenario("two_bus"), {"grwth": ["low", "high"]})


def test_a_failed_point_is_a_nan_with_its_reason(two_bus: Case) -> None:
    # the reservoir starts empty, and without water it cannot end full
    full = read_scenario("two_bus").replace(**{"rules.reservoir_end.level": 300})
    found = sweep(two_bus, full, {"values.profiles/inflow.river inflow.all": [1.0, 0.0], "growth": ["central", "low"]})
    assert np.isnan(found["delivered"].values).tolist() == [[False, False], [True, True]]
    assert "infeasible" in str(found["reason"].values[1, 0])
    assert str(found["reason"].values[0, 0]) == ""
    assert found["done"].values.all()


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"hydrology": ["median", "flood"]}, "no hydrology 'flood'"),
        ({"growth": ["central", "lwo"]}, "axes: growth is 'lwo'; allowed: low, central, high; do: did you mean 'low'"),
        ({"time.years": [1, 99]}, "time.years is 99"),
        ({"values.links.line.p_nom": {"low": -1, "high": 5, "count": 3}}, "links.line.p_nom is -1"),
        ({"values.links.lien.p_nom": [1.0, 2.0]}, "did you mean 'line'"),
        ({"growth": ["low", "low"], "year": [2028, 2999]}, "2999"),
    ],
)
def test_a_value_that_means_nothing_is_refused_before_anything_is_solved(
    two_bus: Case, tmp_path: Path, axes: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        sweep(two_bus, read_scenario("two_bus"), axes, folder=tmp_path / "s")
    assert said in str(caught.value)
    assert not (tmp_path / "s").exists()


def test_the_same_point_is_solved_once(two_bus: Case, tmp_path: Path) -> None:
    seen: list[Progress] = []
    base = read_scenario("two_bus")
    sweep(two_bus, base, {"growth": ["central", "central"], "year": [2028, 2028]}, folder=tmp_path / "s")
    lines = (tmp_path / "s" / JOURNAL).read_text().splitlines()
    assert len(lines) == 1
    longer = {"growth": ["central", "low"], "year": [2028]}
    sweep(two_bus, base, longer, folder=tmp_path / "s", progress=seen.append)
    assert (seen[-1].resumed, seen[-1].done) == (1, 2)
    assert len((tmp_path / "s" / JOURNAL).read_text().splitlines()) == 2


def test_the_dataset_on_disk_is_the_answer(two_bus: Case, tmp_path: Path) -> None:
    found = sweep(two_bus, read_scenario("two_bus"), AXES, series=("transferable",), folder=tmp_path / "s")
    stored = xr.open_zarr(tmp_path / "s" / "dataset.zarr").load()
    assert_equal_bits(stored[list(found.data_vars)], found)
    assert stored["delivered"].attrs["units"] == "GWh"
    days = found["transferable"].sum("day") * 24 / 1000
    np.testing.assert_allclose(days, found["delivered"], rtol=1e-9)


def test_the_dataset_can_be_read_while_it_grows(two_bus: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("energy.analysis.sweep.sweep.FLUSH", -1.0)
    seen = []

    def look(now: Progress) -> None:
        stored = xr.open_zarr(tmp_path / "s" / "dataset.zarr")
        seen.append((now.done, int(stored["done"].sum()), int(stored["delivered"].notnull().sum())))

    sweep(two_bus, read_scenario("two_bus"), AXES, folder=tmp_path / "s", progress=look, workers=1)
    assert seen[:3] == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]


def test_a_torn_line_does_not_count(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add("a", {"x": np.array([0.1, np.nan])}, "")
    journal.add("b", {"x": np.array([0.3, 1e-300])}, "")
    journal.close()
    path = tmp_path / JOURNAL
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole)):
        path.write_bytes(whole[:cut])
        again = Journal(tmp_path)
        assert list(again.known) == ["a"]
        again.add("b", {"x": np.array([0.3, 1e-300])}, "")
        again.close()
        assert path.read_bytes() == whole


def test_two_sweeps_do_not_share_a_folder_at_once(two_bus: Case, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "s")
    with pytest.raises(InputError, match="another sweep is writing here"):
        sweep(two_bus, read_scenario("two_bus"), AXES, folder=tmp_path / "s")
    journal.close()


def test_what_is_no_sweep_is_not_written_to(two_bus: Case, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="no sweep"):
        sweep(two_bus, read_scenario("two_bus"), AXES, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_an_unknown_series_is_refused() -> None:
    with pytest.raises(InputError, match=r"did you mean 'stores\.e'"):
        Metrics(("store.e:reservoir",))


SIZES = [float(size) for size in range(40, 70)]
KILLED_AXES = {"hydrology": ["median", "dry"], "values.links.line.p_nom": SIZES}
KILLED = f"""
import sys
from energy.case import read_case
from energy.scenario import read_scenario
from energy.analysis.sweep.sweep import sweep

if __name__ == "__main__":
    case, base = read_case("two_bus"), read_scenario("two_bus")
    sweep(case, base, {KILLED_AXES}, folder=sys.argv[1], workers=2, series=("transferable",))
"""


def killed_after(folder: Path, points: int, pause: float, pid: int) -> bool:
    """Kill a sweep once so many points are in its journal; tell whether it was still at work."""
    while journal_lines(folder) < points:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        time.sleep(0.001)
    time.sleep(pause)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def assert_whole(case: Case, folder: Path) -> None:
    lines = (folder / JOURNAL).read_text().splitlines()
    points = [json.loads(line.partition(" ")[2])["point"] for line in lines]
    assert len(points) == len(set(points)) == 60
    whole = sweep(case, read_scenario("two_bus"), KILLED_AXES, series=("transferable",), workers=1)
    stored = xr.open_zarr(folder / "dataset.zarr").load()
    assert_equal_bits(stored[list(whole.data_vars)], whole)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # fork, from Python 3.12 on
def test_killed_at_any_moment_and_resumed(two_bus: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = read_scenario("two_bus")
    sweep(two_bus, base, {"hydrology": ["median"]}, workers=1)  # each child begins with PyPSA's model at hand
    monkeypatch.setattr("energy.analysis.sweep.sweep.FLUSH", 0.02)  # so that some die while the Dataset is written
    rng, kills = np.random.default_rng(5), 0
    for _ in range(200):
        wanted = journal_lines(tmp_path / "s") + int(rng.integers(1, 4))
        child = os.fork()
        if not child:
            try:
                sweep(two_bus, base, KILLED_AXES, folder=tmp_path / "s", workers=1, series=("transferable",))
            finally:
                os._exit(0)  # whatever happens, the child must not go on as a second test run
        if not killed_after(tmp_path / "s", wanted, float(rng.uniform(0, 0.03)), child):
            break
        kills += 1
    assert kills >= 10
    assert_whole(two_bus, tmp_path / "s")


@pytest.mark.slow
def test_killed_with_its_workers_at_work(two_bus: Case, tmp_path: Path) -> None:
    script, folder = tmp_path / "killed.py", tmp_path / "s"
    script.write_text(KILLED)
    for wanted in (2, 30, 60):
        process = subprocess.Popen([sys.executable, script, folder])
        killed_after(folder, wanted, 0.01, process.pid)
        process.wait()  # its end is known; without this it counts as running
    subprocess.run([sys.executable, script, folder], check=True)
    assert_whole(two_bus, folder)


def journal_lines(folder: Path) -> int:
    path = folder / JOURNAL
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_three_lines_in_a_notebook_end_in_a_plot() -> None:
    case, base = energy.read_case("two_bus"), energy.read_scenario("two_bus")
    axes = {"hydrology": ["median", "dry"], "values.links.line.p_nom": list(range(40, 160, 10))}
    found = energy.sweep(case, base, axes, workers=1)
    lines = found["delivered"].plot.line(x="values.links.line.p_nom")
    assert found["delivered"].size == 24
    np.testing.assert_array_equal(lines[0].get_ydata(), found["delivered"].sel(hydrology="median"))
