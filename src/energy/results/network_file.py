"""The file ``network.nc`` of a run: PyPSA's solved network; and how netCDF files are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from energy.model.pypsa_logging import quiet_pypsa
from energy.solve import Result


def write_network(result: Result, file: Path) -> None:
    """Write the solved PyPSA network of a result as netCDF.

    Raises
    ------
    OSError
        When the disk is full or the place cannot be written to.
    """
    with quiet_pypsa():
        write_netcdf(file, lambda place: result.network().export_to_netcdf(str(place)))


def write_netcdf(file: Path, write: Callable[[Path], object]) -> None:
    """Write a netCDF file; its library says a full disk in its own words.

    Raises
    ------
    OSError
        When the disk is full or the place cannot be written to.
    """
    try:
        write(file)
    except RuntimeError as err:
        raise OSError(f"{file.name}: {err}") from None
