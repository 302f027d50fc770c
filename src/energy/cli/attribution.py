"""The verb ``attribution``."""

from __future__ import annotations

import json
import time
from pathlib import Path

from energy.cli.base import app, new_console, print_title, read_asked, working
from energy.cli.shared_options import AS_JSON, FORCE, SCENARIO, SCENARIO_FOLDERS, SET


@app.command("attribution")
def _attribution_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    out: SCENARIO_FOLDERS = Path("results/attribution"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print how much of the contract's ceiling is lost to what, by month; up to 128 optimisations."""
    case, asked = read_asked(scenario, overrides)
    from energy.analysis.attribution import attribution, mean_power
    from energy.report.month_tables import attribution_json, attribution_text
    from energy.results.files import refuse_strange_folder
    from energy.results.run_folder import provenance, write_tables

    folder, start = out / asked.name, time.perf_counter()
    refuse_strange_folder(folder, force)
    with working(f"{asked.name} …"):
        table = attribution(case, asked)
        power = mean_power(table)
        tables = {"attribution": table, "attribution_mw": power}
        write_tables(folder, tables, provenance(case, asked, time.perf_counter() - start), force)
    if as_json:
        print(json.dumps(attribution_json(asked.name, table, power), indent=1))
        return
    console = new_console()
    print_title(console, case, asked)
    for part in attribution_text(table, power):
        console.print(part, markup=False)
    console.print(f"written to {folder}")
