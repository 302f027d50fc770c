"""Verbs about what is uncertain: ``adequacy``, ``contract``, ``sensitivity``, ``fit``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from energy.cli.base import AS_JSON, FORCE, SCENARIO, SET, app, new_console, read_asked, working

if TYPE_CHECKING:
    import pandas as pd

HAZARDS = Annotated[str, typer.Option(help="Set of hazards, or path of a YAML file.")]
SEED = Annotated[int, typer.Option(min=0, help="Family of draws.")]
WORKERS = Annotated[int, typer.Option(min=1, help="Processes.")]
OUT = Annotated[Path, typer.Option(help="Folder that gets the table.")]


def _show(
    table: pd.DataFrame, title: str, as_json: bool, out: Path, force: bool, shown: pd.DataFrame | None = None
) -> None:
    """Write a table to ``out``, and print it, or what is ``shown`` in its place."""
    from energy.report.risk_text import frame_text

    _write(table, out, force)
    if as_json:
        print(table.reset_index().to_json(orient="records", indent=1))
    else:
        new_console().print(frame_text(table if shown is None else shown, title))
        new_console().print(f"written to {out}")


def _write(table: pd.DataFrame, out: Path, force: bool) -> None:
    from energy.report.cells import plain_cells
    from energy.report.whole import whole_file, writable_folder

    writable_folder(out.parent)
    with whole_file(out, force, table=True) as draft:
        plain_cells(table).to_csv(draft, float_format="%.6g")


@app.command("adequacy")
def adequacy_command(
    scenario: SCENARIO,
    hazards: HAZARDS = "base",
    samples: Annotated[int, typer.Option(min=2, help="Samples.")] = 100,
    seed: SEED = 1,
    workers: WORKERS = 2,
    overrides: SET = [],  # noqa: B006
    out: OUT = Path("results/adequacy"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print LOLE and EENS with standard errors: of each country with and without the line, or of any PyPSA network."""
    from energy.report.ownership import refuse_unwritable
    from energy.report.risk_text import with_errors
    from energy.scenario import read_hazards

    case, asked = read_asked(scenario, overrides)
    refuse_unwritable(out)
    found = read_hazards(hazards)
    if "stores" not in case.components and case.weightings is not None:
        from energy.study.adequacy import adequacy

        table = adequacy(case, found, samples, seed).table()
    else:
        table = _countries(case, asked, found, samples, seed, workers)
    title = f"{asked.name}, hazards {found.name}: {samples} samples, ± standard error"
    _show(table, title, as_json, out / f"{asked.name}-{found.name}.csv", force, shown=with_errors(table))


def _countries(case: Any, asked: Any, hazards: Any, samples: int, seed: int, workers: int) -> pd.DataFrame:
    import pandas as pd

    from energy.study.country_adequacy import country_chunk, country_table
    from energy.study.points import processes
    from energy.study.sample import Question, checked

    question = Question(asked, hazards, seed, "water_statistics" in case.profiles, causes=False)
    checked(case, question)
    with processes(workers) as executor, working("sampling …"):
        parts = [executor.submit(country_chunk, case, question, range(at, samples, workers)) for at in range(workers)]
        rows: list[dict[str, float]] = [row for part in parts for row in part.result()]
    rows.sort(key=lambda row: row["draw"])
    return country_table(pd.DataFrame(rows))


@app.command("contract")
def contract_command(
    folder: Annotated[Path, typer.Argument(help="Folder of a finished `energy risk`.")],
    price: Annotated[float, typer.Option(help="For contracted energy delivered [USD/MWh].")] = 51.5,
    shortfall: Annotated[float, typer.Option(help="What a contracted MWh costs that lacks [USD/MWh].")] = 94.0,
    spot: Annotated[float, typer.Option(help="For energy beyond the contract [USD/MWh].")] = 20.0,
    tail: Annotated[float, typer.Option(min=0.01, max=0.5, help="Share of the worst seasons.")] = 0.1,
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print the season's quantity to contract under take-or-pay, and the frontier of expected income against risk."""
    from energy.report.risk_files import read_samples
    from energy.study.sizing import Terms, frontier

    table = read_samples(folder)
    terms = Terms(price, shortfall, spot)
    terms.refuse_unsound()
    found = frontier(table["season"].to_numpy(float), table["weight"].to_numpy(float), terms, tail)
    title = f"GWh, million USD; worst {100 * tail:.0f} % of {len(table):,} seasons"
    _show(found, title, as_json, folder / "contract.csv", force)


@app.command("sensitivity")
def sensitivity_command(
    scenario: SCENARIO,
    metric: Annotated[str, typer.Option(help="delivered, sent, peak, unserved, objective.")] = "delivered",
    only: Annotated[list[str], typer.Option(help="Shell pattern of keys, as 'values.links.*'.")] = [],  # noqa: B006
    looked_at: Annotated[int, typer.Option(min=1, help="Numbers with the widest bars, to be screened.")] = 40,
    trajectories: Annotated[int, typer.Option(min=2, help="Paths of Morris' screening.")] = 4,
    top: Annotated[int, typer.Option(min=1, help="Numbers that get Sobol indices.")] = 6,
    base: Annotated[int, typer.Option(min=0, help="Sobol sample, a power of two; 0: no indices.")] = 64,
    spread: Annotated[int, typer.Option(min=0, help="Sets of all numbers at once.")] = 100,
    split: Annotated[int, typer.Option(min=0, help="Sets of numbers and draws for random against unknown.")] = 0,
    hazards: HAZARDS = "base",
    seed: SEED = 1,
    workers: WORKERS = 2,
    overrides: SET = [],  # noqa: B006
    out: OUT = Path("results/sensitivity"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Rank the numbers of the evidence by what their ranges do to a metric: tornado, Morris, Sobol."""
    from energy.report.frame import foot_of
    from energy.report.ownership import refuse_unwritable
    from energy.report.risk_figures import tornado_figure
    from energy.report.risk_text import frame_text
    from energy.report.sensitivity_text import ranking, sensitivity_notes, sensitivity_record, spread_table
    from energy.report.style import save
    from energy.study.points import processes
    from energy.study.sensitivity import Sizes, sensitivity
    from energy.study.unknowns import unknowns

    case, asked = read_asked(scenario, overrides)
    folder = out / f"{asked.name}-{metric}"
    refuse_unwritable(folder)
    known = unknowns(case, asked, only or ["*"])
    with processes(workers) as executor, working(f"{len(known)} numbers …"):
        found = sensitivity(
            case, asked, known, metric, Sizes(looked_at, trajectories, top, base, spread), seed, executor
        )
        parts = _split(case, asked, known, list(found.numbers.index[:top]), split, hazards, seed, executor)
    written = {"numbers": found.numbers, "spread": spread_table(found)}
    for name, table in written.items():
        _write(table, folder / f"{name}.csv", force)
    drawn = tornado_figure(found.numbers, found.base, metric, found.unit, asked.name, foot_of(asked, case))
    save(drawn, folder / "tornado", force=force)
    if as_json:
        print(json.dumps(sensitivity_record(found, parts), indent=1))
    else:
        title = f"{metric} of {asked.name}: {found.base:,.1f} {found.unit}"
        new_console().print(frame_text(ranking(found.numbers, 20), title))
        new_console().print(sensitivity_notes(found, parts))
        new_console().print(f"written to {folder}")


def _split(
    case: Any, asked: Any, known: list[Any], top: list[str], count: int, hazards: str, seed: int, executor: Any
) -> dict[str, float]:
    from energy.scenario import read_hazards
    from energy.study.sample import Question
    from energy.study.sensitivity import random_and_unknown

    if count < 2:
        return {}
    question = Question(asked, read_hazards(hazards), seed)
    chosen = [unknown for unknown in known if unknown.key in top]
    return random_and_unknown(case, question, chosen, count, count, seed, executor)[0]


@app.command("fit")
def fit_command(
    log: Annotated[Path, typer.Argument(help="Log of events, a CSV file.")],
    corridor: Annotated[list[str], typer.Option(help="Corridor of the log.")],
    start: Annotated[str, typer.Option("--from", help="First day that was watched, YYYY-MM-DD.")],
    end: Annotated[str, typer.Option("--to", help="First day after it.")],
    cause: Annotated[list[str], typer.Option(help="Cause; all if none is named.")] = [],  # noqa: B006
    law: Annotated[str, typer.Option(help="exponential, lognormal or empirical.")] = "lognormal",
    month: Annotated[list[int], typer.Option(min=1, max=12, help="Month that counts; all if none is named.")] = [],  # noqa: B006
) -> None:
    """Fit a hazard to a log of events: rate and duration with 90 % intervals, as YAML."""
    from energy.case.event_log import iso_day, read_event_log
    from energy.errors import Fault, InputError, nearest
    from energy.study.fit import fit_log

    laws = ("exponential", "lognormal", "empirical")
    faults = [Fault(f"no law {law!r}", "--law", None, ", ".join(laws), nearest(law, laws))] if law not in laws else []
    days = {}
    for option, text in (("--from", start), ("--to", end)):
        try:
            days[option] = iso_day(text)
        except ValueError as err:
            faults.append(Fault(str(err), option, None, "a day that exists, YYYY-MM-DD"))
    if faults:
        raise InputError(faults)
    found = fit_log(read_event_log(log), corridor, cause, days["--from"], days["--to"], law, month)  # type: ignore[arg-type]
    print(f"# {found.events} events in {found.years:.2f} years, 90 % interval of the rate: low to high")
    for field, (low, high) in found.intervals.items():
        print(f"# {field}: {low:.4g} to {high:.4g}")
    source = f"{log.name}: {found.events} events from {start} to {end}"
    for key, value in found.hazard(source).items():
        print(f"{key}: {json.dumps(value)}")
