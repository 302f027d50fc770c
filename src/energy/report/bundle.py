"""The folder of a run: solved network, Dataset, monthly table, figure and manifest, written atomically."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from energy.analysis import Run
from energy.metrics.month_units import with_units
from energy.plots.monthly import monthly
from energy.plots.style import save
from energy.results.atomic_write import atomic_folder
from energy.results.dataset import record
from energy.results.manifest import manifest_of, write_manifest
from energy.results.network_file import StartNetwork, write_netcdf, write_network_now
from energy.results.table_writer import plain_cells


def write_run(
    run: Run,
    path: Path,
    wall_seconds: float,
    force: bool = False,
    start_network: StartNetwork = write_network_now,
) -> dict[str, Any]:
    """Write a run's folder: solved network, Dataset, monthly table, figure and manifest.

    Parameters
    ----------
    run, path
        What was solved, and its folder.
    wall_seconds
        What it took [s].
    force
        Whether what this package did not write may be replaced.
    start_network
        What writes the solved network: this process, or one beside it.

    Returns
    -------
    dict
        The manifest.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = run(read_case("two_bus"), scenario)
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "two_bus"
    >>> made = write_run(found, folder, wall_seconds=1.0)
    >>> sorted(path.name for path in folder.iterdir())
    ['manifest.json', 'monthly.png', 'monthly.svg', 'network.nc', 'result.nc', 'summary.csv']
    """
    dataset = record(run)
    manifest = manifest_of(run, wall_seconds)
    with atomic_folder(path, force) as draft:
        wait_for_network = start_network(run.result, draft / "network.nc")
        write_netcdf(draft / "result.nc", dataset.to_netcdf)
        plain_cells(with_units(run.table)).to_csv(draft / "summary.csv", float_format="%.6g")
        save(monthly(dataset), draft / "monthly")
        wait_for_network()
        manifest["files"] = write_manifest(draft, manifest)
    return manifest
