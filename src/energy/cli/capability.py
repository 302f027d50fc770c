"""The verb ``capability``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console, read_asked, working
from energy.cli.shared_options import AS_JSON, FORCE, SCENARIO, SET


@app.command("capability")
def _capability_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    state: Annotated[str | None, typer.Option(help="State of security in the case's rules, or strict.")] = None,
    share_of_load: Annotated[
        bool,
        typer.Option("--share-of-load", help="Limit the loss to a share of the receiving load."),
    ] = False,
    allocated: Annotated[str, typer.Option(help="contract, run (solve the scenario), or MW.")] = "contract",
    out: Annotated[Path, typer.Option(help="Folder that gets <scenario>/capability.csv.")] = Path("results/capability"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print TTC, NTC and ATC by month in both directions, and the element that binds; water does not limit."""
    case, asked = read_asked(scenario, overrides)
    from energy.analysis.case_capability import allocation, case_capability
    from energy.report.month_tables import capability_json, capability_rows
    from energy.results.files import atomic_file, plain_cells

    with working(f"{asked.name} …"):
        taken = allocation(allocated)
        capability = case_capability(case, asked, state=state, share_of_load=share_of_load, allocated=taken)
        path = out / asked.name / "capability.csv"
        with atomic_file(path, force, table=True) as draft:  # a row a direction and snapshot
            plain_cells(capability.table.round(6)).to_csv(draft)
    if as_json:
        print(json.dumps(capability_json(capability), indent=1))
    else:
        new_console().print(capability_rows(capability))
        new_console().print(f"written to {path}")
