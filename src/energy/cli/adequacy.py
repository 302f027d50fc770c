"""The verb ``adequacy``: resource adequacy, LOLE and EENS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from energy.cli.base import (
    AS_JSON,
    FORCE,
    HAZARDS,
    MOST_SAMPLES,
    OUT,
    SCENARIO,
    SEED,
    SET,
    WORKERS,
    app,
    read_asked,
    working,
)
from energy.cli.tables import show_table

if TYPE_CHECKING:
    import pandas as pd


@app.command("adequacy")
def adequacy_command(
    scenario: SCENARIO,
    hazards: HAZARDS = "base",
    samples: Annotated[int, typer.Option(min=2, max=MOST_SAMPLES, help="Samples.")] = 100,
    seed: SEED = 1,
    workers: WORKERS = 2,
    credit: Annotated[
        str | None, typer.Option(help="Link or line of a PyPSA network, as links.tie: its capacity credit [MW].")
    ] = None,
    overrides: SET = [],  # noqa: B006
    out: OUT = Path("results/adequacy"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print LOLE and EENS with standard errors: of each country with and without the line, or of any PyPSA network.

    Besides: CVaR of unserved energy (the worst twentieth), and what firm capacity would serve as well as the line.
    """
    from energy.report.risk_text import with_errors
    from energy.results.ownership import refuse_unwritable
    from energy.scenario import read_hazards

    case, asked = read_asked(scenario, overrides)
    refuse_unwritable(out)
    found = read_hazards(hazards)
    if "stores" not in case.components and case.weightings is not None:
        from energy.analysis.risk.adequacy import adequacy, firm_capacity

        table = adequacy(case, found, samples, seed, asked).table()
        if credit is not None:
            table.loc["all", "capacity credit MW"] = firm_capacity(case, found, samples, credit, seed, asked)
    else:
        table = _countries(case, asked, found, samples, seed, workers)
    title = f"{asked.name}, hazards {found.name}: {samples} samples, ± error (docs/reliability.md)"
    show_table(table, title, as_json, out / f"{asked.name}-{found.name}.csv", force, shown=with_errors(table))


def _countries(case: Any, asked: Any, hazards: Any, samples: int, seed: int, workers: int) -> pd.DataFrame:
    import pandas as pd

    from energy.analysis.parallel import processes
    from energy.analysis.risk.country_adequacy import country_chunk, country_table
    from energy.analysis.risk.season_sample import SamplingDesign, checked

    question = SamplingDesign(asked, hazards, seed, "water_statistics" in case.profiles, causes=False)
    checked(case, question)
    with processes(workers) as executor, working("sampling …"):
        parts = [executor.submit(country_chunk, case, question, range(at, samples, workers)) for at in range(workers)]
        rows: list[dict[str, float]] = [row for part in parts for row in part.result()]
    rows.sort(key=lambda row: row["draw"])
    return country_table(pd.DataFrame(rows))
