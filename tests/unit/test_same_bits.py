"""The same seed gives the same bits, with one worker or two: of sweeps, of risk's samples, of ``run --all``."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from energy.analysis.parallel import processes
from energy.analysis.risk.monte_carlo import StoppingRule, columns_of, planned_draws, risk_samples, row_of, water_pool
from energy.analysis.risk.season_sample import SamplingDesign
from energy.analysis.risk.summary import summary
from energy.analysis.sweep.sweep import sweep
from energy.case import Case
from energy.report.run_library import _run_to_folder, run_all
from energy.scenario import Scenario, read_hazards, read_scenario

HAZARDS = """
hazards:
  line fault:
    kind: line_out
    cause: line
    where: ["links.line"]
    rate: {per_year: 6, low: 3, high: 9}
    duration: {law: lognormal, median: 150, sigma: 1}
"""


@pytest.fixture(scope="module")
def base() -> Scenario:
    return read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})


def bits(found: xr.Dataset) -> dict[str, bytes]:
    return {str(name): variable.values.tobytes() for name, variable in found.variables.items()}


def test_a_sampled_sweep(two_bus: Case, base: Scenario) -> None:
    axes = {"values.links.line.p_nom": {"low": 20, "high": 120}, "hydrology": ["median", "dry"]}
    one, two = (
        sweep(two_bus, base, axes, "sample", 8, seed=5, series=("transferable",), workers=workers) for workers in (1, 2)
    )
    assert bits(one) == bits(two)
    assert one["delivered"].notnull().all()
    assert len(set(one["delivered"].values.round(6))) > 2, "the points differ: the test would show nothing"
    other = sweep(two_bus, base, axes, "sample", 8, seed=6, series=("transferable",), workers=1)
    assert bits(one) != bits(other), "another seed, other points"


def test_risk(two_bus: Case, base: Scenario, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(HAZARDS)
    question, plan = SamplingDesign(base, read_hazards(path), 3), StoppingRule(16, pool=64)
    pool = water_pool(two_bus, question, plan)
    columns = columns_of(two_bus, question)

    def sampled(workers: int) -> pd.DataFrame:
        with processes(workers) if workers > 1 else nullcontext() as executor:
            found = risk_samples(two_bus, question, plan, pool, executor=executor)
            rows = [row_of(values, columns) for part in found for values in part]
        return pd.DataFrame(rows, columns=columns)  # as they came

    one, two = sampled(1), sampled(2)
    assert sorted(one["draw"]) == sorted(planned_draws(plan, pool))
    ordered = [table.sort_values("draw").to_numpy().tobytes() for table in (one, two)]
    assert ordered[0] == ordered[1]
    assert one["season"].nunique() > 2
    # summed up in whatever order they came
    assert bits(summary(two_bus, question, one, pool)) == bits(summary(two_bus, question, two[::-1], pool))


def test_threads_of_the_process() -> None:
    """A process that BLAS gives two threads adds up its objective as a worker with one does."""
    asked = (
        "from energy.case import read_case; from energy.model import inputs; "
        "from energy.scenario import read_scenario; from energy.solve import solve; "
        "found = inputs(read_case('two_bus'), read_scenario('two_bus', overrides={'time.resolution': '6h'})); "
        "print(solve(found).objective.hex())"
    )
    said = []
    for threads in ("1", "2"):
        env = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        command = [sys.executable, "-c", asked]
        said.append(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)
    assert said[0] == said[1]
    assert float.fromhex(said[0]) != 0.0


@pytest.mark.slow
def test_run_all(base: Scenario, tmp_path: Path) -> None:
    stop = {"name": "stop", "kind": "border_stop", "cause": "c", "where": ["crossing"]}
    surprised = base.replace(events=[stop | {"start": "07-01", "duration": "31d"}]).replace(foresight="surprise")
    asked = [
        base.model_copy(update={"name": "plain"}),
        base.replace(hydrology="dry").model_copy(update={"name": "dry"}),
        surprised.model_copy(update={"name": "surprised"}),
    ]
    alone = [_run_to_folder(one, tmp_path / "1" / one.name) for one in asked]
    together = list(run_all([(one, tmp_path / "2" / one.name) for one in asked], 2))
    assert [outcome.reason for outcome in (*alone, *together)] == [""] * 6
    for one in asked:
        first, second = (tmp_path / workers / one.name for workers in "12")
        with xr.open_dataset(first / "result.nc") as left, xr.open_dataset(second / "result.nc") as right:
            assert bits(left.load()) == bits(right.load()), one.name
        for name in ("summary.csv", "monthly.svg"):
            assert (first / name).read_bytes() == (second / name).read_bytes(), f"{one.name}: {name}"
