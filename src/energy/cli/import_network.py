"""The verb ``import``: networks of power-flow programs as PyPSA networks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console
from energy.cli.shared_options import FORCE


@app.command("import")
def _import_command(
    file: Annotated[Path, typer.Argument(help="MATPOWER case (.m) or PSS/E case (.raw).")],
    out: Annotated[Path, typer.Option("-o", "--out", help="netCDF file to write.")] = Path("network.nc"),
    force: FORCE = False,
) -> None:
    """Turn a MATPOWER or PSS/E case into a PyPSA network, which every command takes as a case."""
    from energy.model.foreign_network import read_foreign_network
    from energy.results.export import write_network
    from energy.results.files import atomic_file

    network = read_foreign_network(file)
    with atomic_file(out, force) as draft:
        write_network(network, draft)
    buses = len(network.buses)
    branches = len(network.lines) + len(network.transformers)
    generators = len(network.generators)
    console = new_console()
    console.print(f"written: {out} ({buses} buses, {branches} branches, {generators} generators)")
    console.print(f"Go on with: energy run baseline --set case={out} --set objective=dispatch")
