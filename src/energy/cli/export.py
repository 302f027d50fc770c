"""The verb ``export``: finished runs for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console
from energy.cli.shared_options import FORCE


class _Format(StrEnum):
    """Forms in which runs are exported."""

    CSV = "csv"
    PARQUET = "parquet"
    IAMC = "iamc"
    NETWORK = "network"
    XLSX = "xlsx"
    GEOJSON = "geojson"
    KML = "kml"
    DATAPACKAGE = "datapackage"


@app.command("export")
def _export_command(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs; for a data package a case.")],
    kind: Annotated[
        _Format,
        typer.Option(
            "--format",
            help="xlsx: a workbook of tables; csv, parquet: every value, one a row; iamc: energy by country; "
            "network: PyPSA; geojson, kml: buses, plants and mean flows of one run; "
            "datapackage: a case as a data package.",
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write; for networks and data packages a folder.")],
    force: FORCE = False,
) -> None:
    """Write finished runs for other programs."""
    from energy.report.other_programs import write_geography, write_workbook
    from energy.results.export import export, write_data_package

    if kind is _Format.DATAPACKAGE:
        paths = write_data_package(folders, out, force)
    elif kind is _Format.XLSX:
        paths = [write_workbook(folders, out, force)]
    elif kind in (_Format.GEOJSON, _Format.KML):
        paths = [write_geography(_only(folders), out, kind, force)]
    else:
        paths = export(folders, kind, out, force)
    for path in paths:
        new_console().print(f"written: {path}")


def _only(folders: list[Path]) -> Path:
    """Return the one folder that a map can show."""
    if len(folders) != 1:
        from energy.errors import Fault, InputError

        raise InputError(Fault(f"{len(folders)} runs for one map", "export", allowed="one folder of a finished run"))
    return folders[0]
