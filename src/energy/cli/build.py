"""The verb ``build``: the unsolved PyPSA network of a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console, read_asked
from energy.cli.shared_options import FORCE, SCENARIO, SET


@app.command("build")
def _build_command(
    scenario: SCENARIO,
    out: Annotated[Path, typer.Option("-o", "--out", help="netCDF file to write.")],
    overrides: SET = [],  # noqa: B006
    force: FORCE = False,
) -> None:
    """Write the unsolved PyPSA network of a scenario."""
    case, asked = read_asked(scenario, overrides)
    from energy.model import build
    from energy.results.export import write_network
    from energy.results.files import atomic_file

    n = build(case, asked)
    with atomic_file(out, force) as draft:
        write_network(n, draft)
    arguments = "extra_functionality=energy.extra_functionality"
    losses = n.meta["energy"]["transmission_losses"]
    if losses:
        arguments += f", transmission_losses={losses}"
    new_console().print(f"written to {out}; solve it with n.optimize({arguments})", soft_wrap=True)
