"""The verb ``risk``: the distribution of transferable power over water years and outages."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from energy.cli.base import (
    AS_JSON,
    FORCE,
    LARGEST_SEED,
    MOST_PROCESSES,
    MOST_SAMPLES,
    SCENARIO,
    SET,
    app,
    new_console,
    read_asked,
    working,
)

if TYPE_CHECKING:
    from energy.analysis.risk.monte_carlo import StoppingRule
    from energy.analysis.risk.season_sample import SamplingDesign
    from energy.errors import Fault
    from energy.scenario import HazardSet


@app.command("risk")
def risk_command(
    scenario: SCENARIO,
    hazards: Annotated[str, typer.Option(help="Set of hazards, or path of a YAML file.")] = "base",
    samples: Annotated[int, typer.Option(min=2, max=MOST_SAMPLES, help="Samples; with --until-ci the most.")] = 1000,
    until_ci: Annotated[
        str | None, typer.Option(help="Stop when half the 95 % interval is this share of the figure: 2%.")
    ] = None,
    figure: Annotated[str, typer.Option(help="Figure that --until-ci looks at: season, P50, P90, P95.")] = "season",
    below: Annotated[list[float], typer.Option(help="Season [GWh] whose shortfall is counted.")] = [],  # noqa: B006
    tilt: Annotated[list[str], typer.Option(help="Draw a rare hazard more often and weight it down: 'hazard=5'.")] = [],  # noqa: B006
    growth: Annotated[str | None, typer.Option(help="Odds of low, central, high growth: 1:2:1.")] = None,
    fixed_water: Annotated[bool, typer.Option("--fixed-water", help="Keep the scenario's water.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Independent samples, no variance reduction.")] = False,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Family of draws.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=MOST_PROCESSES, help="Processes.")] = 2,
    draw: Annotated[int | None, typer.Option(min=0, help="Write this draw as a scenario instead of sampling.")] = None,
    overrides: SET = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a question.")] = Path("results/risk"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Sample water years and outages; print firm power, shortfall, income at risk and what each cause takes."""
    from energy.analysis.risk.season_sample import checked
    from energy.scenario import read_hazards

    case, asked = read_asked(scenario, overrides)
    question, plan = _asked(asked, hazards, seed, fixed_water, growth, tilt, samples, until_ci, figure, plain)
    checked(case, question)
    if draw is not None:
        _print_draw(question, draw)
        return
    folder = out / f"{asked.name}-{read_hazards(hazards).name}"
    from energy.plots.risk import write_figures
    from energy.report.risk_text import risk_json, risk_text
    from energy.results.samples import samples_held, write_summary

    with samples_held(folder):
        found, table = _sampled(case, question, plan, folder, workers, below)
        written = [*write_summary(found, folder, force), *write_figures(found, folder, force)]
    if as_json:
        print(json.dumps(risk_json(found), indent=1))
        return
    for part in risk_text(found):
        if part:
            new_console().print(part)
    new_console().print(f"written to {folder}: {len(table):,} samples, {', '.join(path.name for path in written)}")


def _asked(
    scenario: Any,
    hazards: str,
    seed: int,
    fixed_water: bool,
    growth: str | None,
    tilt: list[str],
    samples: int,
    until_ci: str | None,
    figure: str,
    plain: bool,
) -> tuple[SamplingDesign, StoppingRule]:
    from energy.analysis.risk.monte_carlo import FIGURES, POOL, StoppingRule
    from energy.analysis.risk.season_sample import SamplingDesign
    from energy.errors import Fault, InputError, nearest
    from energy.scenario import read_hazards

    found = read_hazards(hazards)
    faults: list[Fault] = []
    odds, tilts, until = None, [], None
    if growth is not None:
        odds = tuple(_number(part) for part in growth.split(":"))
        if len(odds) != 3 or None in odds or not sum(part or 0 for part in odds) or min(part or 0 for part in odds) < 0:
            faults.append(Fault(f"growth is {growth!r}", "--growth", None, "three odds, as 1:2:1"))
    for text in tilt:
        name, _, factor = text.rpartition("=")
        tilts.append((name, _number(factor) or 0.0))
        faults += _tilt_faults(found, text, *tilts[-1])
    if until_ci is not None:
        number = _number(until_ci.removesuffix("%"))
        until = None if number is None else number / (100 if until_ci.endswith("%") else 1)
        if until is None or not 0 < until < 1:
            faults.append(Fault(f"interval is {until_ci!r}", "--until-ci", None, "a share, as 2% or 0.02"))
    if figure not in FIGURES:
        faults.append(Fault(f"no figure {figure!r}", "--figure", None, ", ".join(FIGURES), nearest(figure, FIGURES)))
    if samples > POOL and not plain:
        faults.append(Fault(f"{samples} samples", "--samples", None, f"up to {POOL}, or any number with --plain"))
    if faults:
        raise InputError(faults)
    question = SamplingDesign(scenario, found, seed, not fixed_water, odds, tuple(tilts))  # type: ignore[arg-type]
    return question, StoppingRule(samples, until, figure, plain)


def _tilt_faults(hazards: HazardSet, text: str, name: str, factor: float) -> list[Fault]:
    from energy.errors import Fault, nearest

    if name not in hazards.hazards or factor <= 0:
        what = f"{text!r} tilts no hazard of {hazards.name}"
        return [Fault(what, "--tilt", None, "hazard=factor above 0", nearest(name, hazards.hazards))]
    if hazards.hazards[name].campaign is not None:
        return [Fault(f"{name!r} comes in campaigns", "--tilt", None, "a hazard without campaign")]
    return []


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _print_draw(question: SamplingDesign, draw: int) -> None:
    from energy.analysis.risk.season_sample import drawn_scenario

    plain = drawn_scenario(question, draw).plain()
    del plain["name"]  # a scenario has the name of its file
    print(json.dumps(plain, indent=1))


def _sampled(
    case: Any, question: SamplingDesign, plan: StoppingRule, folder: Path, workers: int, below: list[float]
) -> tuple[Any, Any]:
    import pandas as pd
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from energy.analysis.parallel import processes
    from energy.analysis.risk.monte_carlo import columns_of, planned_draws, risk_samples, row_of, water_pool
    from energy.analysis.risk.summary import BELOW, summary
    from energy.results.samples import append_samples, open_samples, question_digest

    columns = columns_of(case, question)
    done = open_samples(folder, question_digest(case, question), columns)
    console = new_console(error=True)
    with working("drawing water years …"):
        pool = water_pool(case, question, plan)
    draws = planned_draws(plan, pool)
    kept = done[done["draw"].isin(draws)]
    rows = kept.to_numpy(float).tolist()
    pooled = processes(workers) if workers > 1 else nullcontext(None)
    name = TextColumn("{task.description}", markup=False)  # names are text, never markup
    columns_shown = (name, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with pooled as executor, Progress(*columns_shown, console=console, transient=True) as progress:
        bar = progress.add_task(f"{question.scenario.name}, hazards {question.hazards.name}", total=len(draws))
        progress.update(bar, completed=len(rows))
        for found in risk_samples(case, question, plan, pool, kept, executor):
            new = [row_of(values, columns) for values in found]
            append_samples(folder, new)
            rows += new
            progress.update(bar, completed=len(rows))
    table = pd.DataFrame(rows, columns=columns)
    return summary(case, question, table, pool, below or BELOW), table
