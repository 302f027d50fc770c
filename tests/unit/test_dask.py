"""A sweep on a real Dask cluster of worker processes, one of which dies in the middle."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import xarray as xr

from energy.analysis.sweep.sweep import Progress, sweep
from energy.case import Case
from energy.scenario import read_scenario

pytestmark = pytest.mark.slow

distributed = pytest.importorskip("distributed")
AXES = {"hydrology": ["median", "dry"], "values.links.line.p_nom": [float(size) for size in range(40, 64)]}


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # what Dask's own threads and sockets leave behind when a worker is killed
def test_a_worker_dies_in_the_middle(two_bus: Case, tmp_path: Path) -> None:
    base = read_scenario("two_bus")
    alone = sweep(two_bus, base, AXES, workers=1)
    killed: list[int] = []

    with (
        distributed.LocalCluster(
            n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(tmp_path)
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())
        assert len(set(pids)) == 3

        def kill_one(now: Progress) -> None:
            if now.done >= 5 and not killed:
                killed.append(pids[0])
                os.kill(pids[0], signal.SIGKILL)

        executor = client.get_executor(pure=False)
        found = sweep(two_bus, base, AXES, executor=executor, folder=tmp_path / "s", progress=kill_one)
    assert killed
    assert not found["reason"].values.astype(bool).any()
    stored = xr.open_zarr(tmp_path / "s" / "dataset.zarr").load()
    for name in alone.data_vars:
        assert alone[name].values.tobytes() == found[name].values.tobytes() == stored[name].values.tobytes(), name
