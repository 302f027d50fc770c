"""The verb ``risk``: the distribution of transferable power over water years and outages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.base import app, command_text, is_quiet, new_console, read_asked, working
from energy.cli.progress import counted
from energy.cli.risk_options import number_sets_asked, policy_asked, sampling_asked
from energy.cli.shared_options import AS_JSON, FORCE, LARGEST_SEED, MOST_PROCESSES, MOST_SAMPLES, NUMBERS, SCENARIO, SET

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from energy.analysis.risk.monte_carlo import StoppingRule
    from energy.analysis.risk.season_sample import SamplingDesign
    from energy.analysis.risk.stratification import Pool
    from energy.analysis.sensitivity.number_sets import NumberSets
    from energy.case import Case
    from energy.report.risk_text import RiskReport


@app.command("risk")
def _risk_command(
    context: typer.Context,
    scenario: SCENARIO,
    hazards: Annotated[str, typer.Option(help="Set of hazards, or path of a YAML file.")] = "base",
    samples: Annotated[
        int, typer.Option(min=2, max=MOST_SAMPLES, help="Number of samples; with --until-ci the maximum.")
    ] = 1000,
    until_ci: Annotated[
        str | None,
        typer.Option(help="Stop when half the 95 % interval is this share of the figure: 2%."),
    ] = None,
    figure: Annotated[str, typer.Option(help="Figure for --until-ci: season, P50, P90, P95.")] = "season",
    below: Annotated[list[float], typer.Option(help="Energy [GWh]; seasons below it are counted.")] = [],  # noqa: B006
    tilt: Annotated[
        list[str],
        typer.Option(help="Draw a rare hazard more often and weight it down: 'hazard=5'."),
    ] = [],  # noqa: B006
    growth: Annotated[str | None, typer.Option(help="Odds of low, central, high growth: 1:2:1.")] = None,
    fixed_water: Annotated[bool, typer.Option("--fixed-water", help="Keep the scenario's water.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Independent samples, no variance reduction.")] = False,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Family of draws.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=MOST_PROCESSES, help="Processes.")] = 2,
    split: Annotated[
        int,
        typer.Option(min=0, max=10_000, help="Sets of unknown numbers, with as many draws: the parts of the band."),
    ] = 0,
    numbers: NUMBERS = "ranges",
    foresight: Annotated[
        str, typer.Option(help="perfect, or policy: each year is decided month by month by a trained policy.")
    ] = "",
    policy: Annotated[
        Path | None,
        typer.Option(help="File of the policy; by default results/policy/<scenario>/policy.npz."),
    ] = None,
    draw: Annotated[int | None, typer.Option(min=0, help="Write this draw as a scenario instead of sampling.")] = None,
    overrides: SET = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a question.")] = Path("results/risk"),
    page: Annotated[Path | None, typer.Option(help="Page whose block 'risk-answers' is renewed.")] = None,
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Sample water years and outages; print firm power, shortfall, income at risk and what each cause takes."""
    from energy.analysis.risk.season_sample import checked
    from energy.analysis.unsupported_inputs import refuse_without_line
    from energy.model.inputs import assemble
    from energy.scenario import read_hazards

    if foresight:
        overrides = [*overrides, f"foresight={foresight}"]
    case, asked = read_asked(scenario, overrides)
    hazard_set = read_hazards(hazards)
    file_of_policy = policy_asked(asked, policy, growth, split)
    design, plan = sampling_asked(
        scenario=asked.model_copy(update={"foresight": "perfect"}) if file_of_policy else asked,
        hazards=hazard_set,
        seed=seed,
        fixed_water=fixed_water,
        growth=growth,
        tilt=tilt,
        samples=samples,
        until_ci=until_ci,
        figure=figure,
        plain=plain,
    )
    design = replace(design, policy=file_of_policy)
    number_sets = number_sets_asked(numbers, split, case, asked)
    checked(case, design)
    if draw is not None:
        _print_draw(design, draw)
        return
    refuse_without_line(assemble(case, design.scenario), asked.name)
    if file_of_policy:
        from energy.analysis.policy.policy_solver import policy_in_file

        with working("months of the policy …"):
            policy_in_file(case, design.scenario, file_of_policy)
    folder = out / f"{asked.name}-{hazard_set.name}"
    beside = {} if page is None else _beside(case, design, out, page)
    from energy.analysis.risk.summary import BELOW, summary
    from energy.cli.tables import write_table
    from energy.plots.risk import write_figures
    from energy.report.risk_text import RiskReport, risk_json, risk_text
    from energy.report.text_table import frame_text
    from energy.results.samples import samples_held, write_summary

    with samples_held(folder):
        table, pool = _samples_in_folder(case, design, plan, folder, workers=workers)
        distribution = summary(case, design, table, pool, below=below or BELOW)
        written = write_summary(distribution, folder, force)
        written += write_figures(distribution, folder, force)
        parts = _bands(case, design, split, number_sets, workers)
        if split:
            write_table(parts, folder / "bands.csv", force)
            written.append(folder / "bands.csv")
    if page is not None:
        report = RiskReport(
            distribution=distribution,
            hazards=hazard_set.name,
            beside=beside,
            command=command_text(context),
        )
        _write_page(report, page)
    if as_json:
        print(json.dumps(risk_json(distribution) | {"bands": parts.to_dict("index")}, indent=1))
        return
    for part in risk_text(distribution):
        if part:
            new_console().print(part)
    if split:
        new_console().print(frame_text(parts.rename_axis("season [GWh], nine of ten"), _bands_title(split, numbers)))
    new_console().print(f"written to {folder}: {len(table):,} samples, {', '.join(path.name for path in written)}")


def _beside(case: Case, design: SamplingDesign, out: Path, page: Path) -> dict[str, xr.Dataset]:
    """Return what the samples of other states say; refuse a page, or samples, that cannot stand there.

    Raises
    ------
    InputError
        When the page lacks the block, or folders beside hold samples of another question.
    """
    from energy.report.docs_pages import refuse_without_block
    from energy.report.risk_text import BLOCK, STATES
    from energy.results.samples import question_digest, read_summary

    refuse_without_block(page, BLOCK)
    question = question_digest(case, design)
    beside = {}
    for state in STATES:
        if state == design.hazards.name:
            continue
        distribution = read_summary(out / f"{design.scenario.name}-{state}", question)
        if distribution is not None:
            beside[state] = distribution
    return beside


def _write_page(report: RiskReport, page: Path) -> None:
    """Renew the block of a page, and those of the figures that it shows."""
    from energy.plots.risk import figures
    from energy.plots.style import save
    from energy.report.docs_pages import shows, write_block
    from energy.report.risk_text import BLOCK, FIGURES, risk_block

    write_block(page, BLOCK, risk_block(report))
    written = [page]
    for name, figure in figures(report.distribution).items():
        if shows(page, f"{FIGURES[name]}.png"):
            written += save(figure, page.parent / FIGURES[name], kinds=("png",), force=True)
    for path in written:
        new_console(error=True).print(f"written: {path}")


def _bands(
    case: Case,
    design: SamplingDesign,
    split: int,
    sets: NumberSets | None,
    workers: int,
) -> pd.DataFrame:
    """Return the band of the season by water and outages, unknown numbers, and both; empty without a split."""
    import pandas as pd

    from energy.analysis.parallel import processes_if_many
    from energy.analysis.sensitivity.aleatory_epistemic import bands, random_and_unknown
    from energy.analysis.sensitivity.uncertain_parameters import uncertain_parameters

    if not split:
        return pd.DataFrame()
    with working(f"{split} sets of numbers meet {split} draws …"), processes_if_many(workers) as executor:
        _, seasons = random_and_unknown(
            case=case,
            question=design,
            parameters=uncertain_parameters(case, design.scenario),
            sets=split,
            draws=split,
            seed=design.seed,
            executor=executor,
            numbers=sets,
        )
    return bands(seasons)


def _bands_title(split: int, numbers: str) -> str:
    return f"what the band is made of: {split} sets of numbers ({numbers}) meet {split} draws of water and outages"


def _print_draw(design: SamplingDesign, draw: int) -> None:
    from energy.analysis.risk.season_sample import drawn_scenario
    from energy.scenario.model import NOT_WRITTEN

    whole = drawn_scenario(design, draw).plain()
    plain = {key: value for key, value in whole.items() if key not in NOT_WRITTEN}
    print(json.dumps(plain, indent=1))


def _samples_in_folder(
    case: Case,
    design: SamplingDesign,
    plan: StoppingRule,
    folder: Path,
    workers: int,
) -> tuple[pd.DataFrame, Pool | None]:
    """Return the samples of a folder with those that it lacked, and the water years that they come from."""
    from energy.analysis.parallel import processes_if_many
    from energy.analysis.risk.distribution import sample_table
    from energy.analysis.risk.monte_carlo import columns_of, planned_draws, water_pool
    from energy.results.samples import append_samples, open_samples, question_digest

    done = open_samples(folder, question_digest(case, design), columns_of(case, design))
    with working("drawing water years …"):
        pool = water_pool(case, design, plan)
    draws = planned_draws(plan, pool)
    title = f"{design.scenario.name}, hazards {design.hazards.name}"
    with processes_if_many(workers) as executor, counted(title, len(draws), is_quiet()) as advance:
        advance(int(done["draw"].isin(draws).sum()))

        def record(rows: list[list[float]]) -> None:
            append_samples(folder, rows)
            advance(len(rows))

        table = sample_table(
            case=case,
            design=design,
            plan=plan,
            pool=pool,
            done=done,
            record=record,
            executor=executor,
        )
    return table, pool
