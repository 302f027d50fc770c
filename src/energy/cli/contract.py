"""The verb ``contract``: contract sizing under take-or-pay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app
from energy.cli.shared_options import AS_JSON, FORCE
from energy.cli.tables import show_table


@app.command("contract")
def _contract_command(
    folder: Annotated[Path, typer.Argument(help="Folder of a finished `energy risk`.")],
    price: Annotated[float, typer.Option(help="Price of contracted energy that is delivered [USD/MWh].")] = 51.5,
    shortfall: Annotated[float, typer.Option(help="Cost of a contracted MWh that is not delivered [USD/MWh].")] = 94.0,
    spot: Annotated[float, typer.Option(help="Price of energy beyond the contract [USD/MWh].")] = 20.0,
    tail: Annotated[float, typer.Option(min=0.01, max=0.5, help="Share of the seasons that count as worst.")] = 0.1,
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print the season's quantity to contract under take-or-pay, and the frontier of expected income against risk."""
    from energy.analysis.risk.contract_sizing import Terms, frontier
    from energy.results.samples import read_samples

    table = read_samples(folder)
    terms = Terms(price, shortfall, spot)
    terms.refuse_unsound()
    quantities = frontier(table["season"].to_numpy(float), table["weight"].to_numpy(float), terms, tail)
    title = f"GWh, million USD; worst {100 * tail:.0f} % of {len(table):,} seasons"
    show_table(table=quantities, title=title, as_json=as_json, out=folder / "contract.csv", force=force)
