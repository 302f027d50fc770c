"""The command ``energy calibrate`` and what takes its posterior, on a project with a record of two_bus."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
PROJECT = Path(__file__).parents[2]
YEARS = {
    "year_2028": "extends: two_bus\nyear: 2028\ntime: {start: 01-01, resolution: typical-days-24h}\ntags: [backcast]\n",
    "year_2029": "extends: year_2028\nyear: 2029\nhydrology: dry\ntags: [backcast]\n",
}
# the model itself, with a turbine of 520 MWh/hm3 and 95 % of the river
RECORD = """place,quantity,date,value,low,high,unit,source,note,confidence,role
AA,generation,2028,770,760,780,GWh,invented,,A,outcome
AA,exports,2028,420,410,430,GWh,invented,,A,outcome
AA,generation,2029,400,392,408,GWh,invented,,A,outcome
reservoir,release,2028,1.66,1.63,1.69,km3,invented,,A,outcome
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two_bus and a record, two years of it, and the page."""
    shutil.copytree(PROJECT / "networks" / "two_bus", tmp_path / "networks" / "two_bus")
    (tmp_path / "networks" / "two_bus" / "record.csv").write_text(RECORD)
    (tmp_path / "scenarios" / "record").mkdir(parents=True)
    shutil.copy(PROJECT / "scenarios" / "two_bus.yaml", tmp_path / "scenarios")
    for name, text in YEARS.items():
        (tmp_path / "scenarios" / "record" / f"{name}.yaml").write_text(text)
    (tmp_path / "docs").mkdir()
    shutil.copy(PROJECT / "docs" / "calibration.md", tmp_path / "docs")
    (tmp_path / "results" / "reference").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("numbers_alone")
def test_a_record_is_learnt_from_and_the_posterior_handed_on(command: Command, project: Path) -> None:
    words = ["--sets", 40, "--predict", "two_bus", "--predicted", 20, "--workers", 1, "--page", "--json"]
    done = command("calibrate", "year_2028", "year_2029", *words)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["sets"] == 40
    assert said["observations"] == 4
    assert said["taught"] >= 1

    folder = project / "results" / "calibration" / "two_bus"
    ranges = pd.read_csv(folder / "ranges.csv", index_col=0)
    silent = ranges[~ranges["taught"]]
    assert (silent["posterior low"] == silent["prior low"]).all()
    assert set(pd.read_csv(folder / "left_out.csv")["covered"]) <= {True, False}

    page = (project / "docs" / "calibration.md").read_text(encoding="utf-8")
    assert "Not measured yet" not in page
    assert f"20 sets of {len(ranges)} numbers were drawn" in page.replace("\n", " ")  # 20 more after the record is seen
    posterior = pd.read_csv(project / "results" / "reference" / "posterior-two_bus.csv")
    assert len(posterior) == 400
    recorded = pd.read_csv(project / "results" / "reference" / "ranges.csv")
    assert set(recorded["numbers"]) == {"ranges", "posterior"}
    delivered = recorded[recorded["quantity"] == "delivered"].set_index("numbers")
    assert (delivered["low"] <= delivered["high"]).all()

    # nothing is solved again, and the answer has the same bits
    lines = (folder / "points.jsonl").read_text().splitlines()
    again = command("calibrate", "year_2028", "year_2029", *words)
    assert again.stdout == done.stdout
    assert (folder / "points.jsonl").read_text().splitlines() == lines

    # a run, a sweep and a sensitivity say or take it
    run = command("run", "two_bus", "--out", project / "out")
    assert "in nine of ten by evidence and record" in run.stdout.replace("\n", " ")
    coarse = ["--set", "time.resolution=typical-days-24h"]
    (project / "water.yaml").write_text("base: two_bus\naxes:\n  hydrology: [median, dry]\n")
    sweep = command("sweep", "water.yaml", "--sets", 3, "--numbers", "posterior", *coarse, "--workers", 1, "--json")
    assert sweep.returncode == 0, sweep.stderr
    assert json.loads(sweep.stdout)["dims"] == {"hydrology": 2, "set": 3}
    law = "duration: {law: exponential, mean: 100}"
    fault = f"{{kind: line_out, cause: line, where: [links.line], rate: {{per_year: 6}}, {law}}}"
    (project / "faults.yaml").write_text(f"hazards: {{fault: {fault}}}\n")
    split = ["--split", 2, "--numbers", "posterior", "--samples", 16, "--plain", "--fixed-water"]
    risk = command("risk", "two_bus", "--hazards", "faults.yaml", *split, *coarse, "--workers", 1, "--json")
    assert risk.returncode == 0, risk.stderr
    bands = json.loads(risk.stdout)["bands"]
    assert list(bands) == ["water and outages", "unknown numbers", "both"]
    assert bands["unknown numbers"]["width"] > 0
    few = ["--looked-at", 2, "--trajectories", 2, "--top", 1, "--base", 0, "--spread", 4, "--workers", 1]
    sensitivity = command("sensitivity", "two_bus", "--numbers", "posterior", *few, *coarse, "--json")
    assert sensitivity.returncode == 0, sensitivity.stderr


@pytest.mark.slow
def test_a_calibration_that_is_killed_goes_on_to_the_same_bits(command: Command, project: Path) -> None:
    """Killed in the middle of its sets, and calibrated once without a stop."""
    words = ["calibrate", "year_2028", "year_2029", "--sets", "60", "--workers", "1"]
    journal = project / "parts" / "two_bus" / "points.jsonl"
    started = subprocess.Popen(
        [sys.executable, "-m", "energy", *words, "--out", str(project / "parts")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    latest = time.monotonic() + 120
    while len(_lines(journal)) < 10 and time.monotonic() < latest:
        assert started.poll() is None, "it ended by itself"
        time.sleep(0.01)
    started.kill()
    assert started.wait() == -signal.SIGKILL
    kept = _lines(journal)
    assert 10 <= len(kept) < 120

    again = command(*words, "--out", project / "parts")
    assert again.returncode == 0, again.stderr
    assert _lines(journal)[: len(kept) - 1] == kept[:-1]  # the last may have been half written
    once = command(*words, "--out", project / "once")
    assert once.returncode == 0, once.stderr
    whole_journal = _lines(project / "once" / "two_bus" / "points.jsonl")
    assert len(_lines(journal)) <= len(whole_journal) + 1  # nothing that was kept is solved again
    for name in ("posterior.csv", "ranges.csv", "left_out.csv"):
        parts, whole = (project / folder / "two_bus" / name for folder in ("parts", "once"))
        assert parts.read_bytes() == whole.read_bytes(), name


def _lines(journal: Path) -> list[str]:
    return journal.read_text().splitlines() if journal.exists() else []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("set,values.links.turbine.efficency\n1,500\n", "is no unknown number of two_bus"),
        ("set,values.links.turbine.efficiency\n1,many\n", "'many' is no number"),
        ("values.links.turbine.efficiency\n500\n", "is no table of number sets"),
        ("set,values.links.turbine.efficiency\n1,5000\n", "outside the range of the evidence"),
    ],
)
def test_a_table_of_number_sets_is_checked(command: Command, project: Path, content: str, message: str) -> None:
    table = project / "sets.csv"
    table.write_text(content)
    (project / "water.yaml").write_text("base: two_bus\naxes:\n  hydrology: [median]\n")
    done = command("sweep", "water.yaml", "--sets", 2, "--numbers", table, "--out", project / "out", "--workers", 1)
    assert done.returncode == 2
    assert message in done.stderr
    assert "sets.csv" in done.stderr
    assert not (project / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("risk", "two_bus", "--numbers", "posterior"), "--split"),
        (("sweep", "water.yaml", "--numbers", "posterior"), "--sets"),
        (("ranges", "two_bus", "--numbers", "posterior"), "energy calibrate"),
        (("calibrate", "two_bus"), "calendar year"),
    ],
)
def test_what_would_do_nothing_or_is_missing_is_said(
    command: Command, project: Path, words: tuple[str, ...], message: str
) -> None:
    (project / "water.yaml").write_text("base: two_bus\naxes:\n  hydrology: [median]\n")
    done = command(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert not list((project / "results").rglob("*.jsonl"))


def test_a_record_that_nothing_can_produce_is_said(command: Command, project: Path) -> None:
    record = project / "networks" / "two_bus" / "record.csv"
    record.write_text(RECORD.replace("outcome", "input"))
    done = command("calibrate", "year_2028", "--sets", 40, "--workers", 1)
    assert done.returncode == 2
    assert "no outcome" in done.stderr
