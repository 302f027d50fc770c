"""The verb ``settlement``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console, print_title, read_asked, working
from energy.cli.shared_options import AS_JSON, FORCE, SCENARIO, SCENARIO_FOLDERS, SET


@app.command("settlement")
def _settlement_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    shortfall_owed: Annotated[
        bool,
        typer.Option(
            "--shortfall-owed",
            help="Take-or-pay: the buyer owes what was contracted, not what was offered.",
        ),
    ] = False,
    measured: Annotated[
        bool,
        typer.Option(
            "--measured/--contract-shares",
            help="Sellers are paid by what each sends over the line, or by the contract's shares.",
        ),
    ] = True,
    out: SCENARIO_FOLDERS = Path("results/settlement"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print payments by month, debt service, fuel saved, congestion rent, and welfare by country."""
    case, asked = read_asked(scenario, overrides)
    from energy.analysis.settlement import settlement
    from energy.plots.settlement import welfare_figure
    from energy.plots.style import foot_of, save
    from energy.report.month_tables import settlement_json, settlement_text, tables_of
    from energy.results.files import refuse_strange_folder
    from energy.results.run_folder import provenance, write_tables

    folder, start = out / asked.name, time.perf_counter()
    refuse_strange_folder(folder, force)
    with working(f"{asked.name} …"):
        settled = settlement(case, asked, shortfall_owed=shortfall_owed, measured=measured)
        write_tables(folder, tables_of(settled), provenance(case, asked, time.perf_counter() - start), force)
        drawn = welfare_figure(settled.welfare, f"Welfare by country: {asked.name}", foot_of(asked, case))
        save(drawn, folder / "welfare", force=force)
    if as_json:
        print(json.dumps(settlement_json(settled), indent=1))
        return
    console = new_console()
    print_title(console, case, asked)
    for part in settlement_text(settled):
        console.print(part, markup=False)
    console.print(f"written to {folder}")
