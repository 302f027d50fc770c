"""The folder of a run: solved network, Dataset, monthly table, figure and manifest, written atomically."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import xarray as xr

from energy.analysis import Run
from energy.analysis.tasks import Start
from energy.metrics.month_units import with_units
from energy.plots.monthly import monthly
from energy.plots.style import save
from energy.results.dataset import record
from energy.results.files import atomic_folder, plain_cells
from energy.results.run_folder import manifest_of, write_manifest, write_netcdf, write_network


def do_when_waited_for(task: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """Leave a task until its end is waited for (a ``start``)."""
    return partial(task, *arguments)


def write_run(run: Run, path: Path, wall_seconds: float, force: bool = False) -> dict[str, Any]:
    """Write a run's folder: solved network, Dataset, monthly table, figure and manifest.

    Parameters
    ----------
    run, path
        What was solved, and its folder.
    wall_seconds
        What it took [s].
    force
        Whether what this package did not write may be replaced.

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
    with run_folder(run, path, force) as write_the_rest:
        return write_the_rest(wall_seconds)


@contextmanager
def run_folder(
    run: Run,
    path: Path,
    force: bool = False,
    start: Start = do_when_waited_for,
) -> Iterator[Callable[[float], dict[str, Any]]]:
    """Open the folder of a run, begin to write its network, and let the caller say when the rest is written.

    Parameters
    ----------
    run, path, force
        As in `write_run`.
    start
        Begins network and figure; a second process writes them while this one prints tables and writes the Dataset.

    Yields
    ------
    callable
        Writes what is left and returns the manifest, once it is called with the seconds that the run took.
    """
    with atomic_folder(path, force) as draft:
        wait_for_network = start(write_network, run.result, draft / "network.nc")
        yield partial(_write_the_rest, run, draft, start, wait_for_network)


def _write_the_rest(
    run: Run,
    draft: Path,
    start: Start,
    wait_for_network: Callable[[], Any],
    wall_seconds: float,
) -> dict[str, Any]:
    dataset = record(run)
    monthly_variables = [name for name in dataset.data_vars if str(name).startswith("month_")]
    wait_for_figure = start(_write_figure, dataset[monthly_variables], draft / "monthly")
    manifest = manifest_of(run, wall_seconds)
    write_netcdf(draft / "result.nc", dataset.to_netcdf)
    plain_cells(with_units(run.table)).to_csv(draft / "summary.csv", float_format="%.6g")
    wait_for_network()
    wait_for_figure()
    manifest["files"] = write_manifest(draft, manifest)
    return manifest


def _write_figure(dataset: xr.Dataset, stem: Path) -> None:
    save(monthly(dataset), stem)
