"""The verbs ``policy train``, ``policy show`` and ``policy simulate``."""

from __future__ import annotations

import time
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.base import app, log, new_console, read_asked, working
from energy.cli.shared_options import LARGEST_SEED, MOST_PROCESSES, SCENARIO, SET

if TYPE_CHECKING:
    import xarray as xr

    from energy.case import Case

policy_app = typer.Typer(
    help="Operation by a policy, which knows neither future water nor outages.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(policy_app, name="policy")

OUT = Annotated[Path, typer.Option(help="Folder that has one folder a scenario.")]
WORKERS = Annotated[int, typer.Option(min=1, max=MOST_PROCESSES, help="Threads.")]
SEED = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Family of years.")]

FILE = "policy.npz"
FIRM_FILE = "firm_power.csv"
DEFAULT_OUT = Path("results/policy")


@policy_app.command("train")
def _train_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    iterations: Annotated[int, typer.Option(min=1, help="Maximum of iterations, with those resumed.")] = 100,
    paths: Annotated[int, typer.Option(min=1, help="Years simulated in each iteration.")] = 4,
    tolerance: Annotated[
        float, typer.Option(min=0, help="Change of the lower bound below which the training has stalled.")
    ] = 1.0,
    classes: Annotated[int, typer.Option(min=1, max=20, help="Classes of the water so far.")] = 3,
    outcomes: Annotated[
        int, typer.Option(min=1, max=100, help="Outcomes of a month in each class, from dry to wet.")
    ] = 5,
    hazards: Annotated[
        str, typer.Option(help="Set of hazards, or path of a YAML file, whose outages may come; empty: none.")
    ] = "",
    seed: SEED = 1,
    workers: WORKERS = 2,
    out: OUT = DEFAULT_OUT,
) -> None:
    """Train the policy of a scenario's year, or go on with its training."""
    from energy.analysis.policy import Settings
    from energy.analysis.policy.water_policy import ChainDesign, policy_model, trained_policy
    from energy.report.policy_text import training_text

    case, asked = read_asked(scenario, overrides)
    start = time.perf_counter()
    with working(f"months of {asked.name} …"):
        design = ChainDesign(classes=classes, outcomes=outcomes, hazards=hazards)
        model = policy_model(case, asked, design)
    file = policy_file(out, asked.name)
    file.parent.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        seed=seed,
        paths=paths,
        iterations=iterations,
        tolerance=tolerance,
    )
    with working(f"training {asked.name} …"), _threads(workers) as executor:
        policy = trained_policy(
            model,
            file,
            settings,
            executor,
            lambda reached: log.info("iteration %d: lower bound %.1f", len(reached.bounds), reached.lower_bound),
        )
    for text in training_text(policy, time.perf_counter() - start):
        new_console().print(text)
    new_console().print(f"written to {file}")


@policy_app.command("show")
def _show_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    out: OUT = DEFAULT_OUT,
) -> None:
    """Print what a trained policy belongs to, and how well it is trained."""
    from energy.analysis.policy.policy_file import load_policy, read_manifest
    from energy.analysis.policy.water_policy import ChainDesign, policy_model
    from energy.report.policy_text import policy_text, training_text

    case, asked = read_asked(scenario, overrides)
    file = policy_file(out, asked.name)
    manifest = read_manifest(file)
    model = policy_model(case, asked, ChainDesign(**manifest["design"]))
    policy = load_policy(file, model.graph, model.belongs_to)
    months = [node.stage.name for node in model.graph.nodes]
    cuts = [len(value.cuts.intercepts) for value in policy.values]
    for text in (*policy_text(manifest, months, cuts), *training_text(policy, 0.0)):
        new_console().print(text)


@policy_app.command("simulate")
def _simulate_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    years: Annotated[int, typer.Option(min=1, help="Years that the policy decides.")] = 1000,
    foreseen: Annotated[
        int, typer.Option(min=0, help="The first of these years that are also solved with perfect foresight.")
    ] = 50,
    own_odds: Annotated[
        bool,
        typer.Option(
            "--own-odds", help="Draw years from the odds that the policy knows, not from those of energy risk."
        ),
    ] = False,
    seed: SEED = 1,
    workers: WORKERS = 2,
    out: OUT = DEFAULT_OUT,
    page: Annotated[
        bool, typer.Option("--page", help="Renew results/reference/policy*.csv and what pages say of the policy.")
    ] = False,
    project: Annotated[Path, typer.Option(help="Folder of the project, for --page.")] = Path(),
) -> None:
    """Simulate years with a trained policy; print the season, firm power, contents, worth of water, harm."""
    from energy.analysis.policy.firm_energy import firm_energy_table
    from energy.analysis.policy.foreseen_years import foreseen_years
    from energy.analysis.policy.policy_file import load_policy, read_manifest
    from energy.analysis.policy.simulated_years import simulated_years
    from energy.analysis.policy.water_policy import ChainDesign, policy_model
    from energy.plots.policy import rule_curves_figure
    from energy.plots.style import save
    from energy.report.policy_text import RULE_CURVES, simulation_text
    from energy.results.files import atomic_file

    case, asked = read_asked(scenario, overrides)
    file = policy_file(out, asked.name)
    manifest = read_manifest(file)
    start = time.perf_counter()
    with working(f"simulating {asked.name} …"), _threads(workers) as executor:
        model = policy_model(case, asked, ChainDesign(**manifest["design"]))
        policy = load_policy(file, model.graph, model.belongs_to)
        simulated = simulated_years(
            model,
            policy,
            years=years,
            seed=seed,
            executor=executor,
            own_odds=own_odds,
        )
        simulated = simulated.merge(foreseen_years(model, simulated, min(foreseen, years)))
    for part in simulation_text(simulated, simulated["foreseen"]):
        new_console().print(part)
    kept = file.with_name("years.nc")
    unfinished = kept.with_name(kept.name + ".unfinished")
    simulated.to_netcdf(unfinished)
    unfinished.replace(kept)
    with atomic_file(file.with_name(FIRM_FILE), table=True) as draft:
        firm_energy_table(simulated).to_csv(draft, index=False, float_format="%.6g", lineterminator="\n")
    carried = simulated["store"].values.tolist()
    drawn = [store for store in carried if store in RULE_CURVES] or carried[:1]
    if drawn:
        save(rule_curves_figure(simulated, drawn), file.with_name("rule_curves"))
    new_console().print(f"written to {kept} in {time.perf_counter() - start:,.1f} s")
    if page:
        _write_pages(simulated, case, project)


def _write_pages(years: xr.Dataset, case: Case, project: Path) -> None:
    """Renew what a project's pages say of a policy, and the figure beside it."""
    import pandas as pd

    from energy.analysis.policy.firm_energy import firm_energy_table
    from energy.analysis.policy.levels_on_record import levels_on_record
    from energy.analysis.policy.season_comparison import harm_table, season_comparison
    from energy.plots.policy import levels_on_record_figure
    from energy.plots.style import save
    from energy.report.docs_pages import write_blocks
    from energy.report.policy_text import FIGURE, SEASON_PAGES, policy_blocks
    from energy.results.recorded_policy import FIRM, LEVELS, SEASONS, recorded_policy_table, write_recorded

    figures = pd.concat([season_comparison(years), harm_table(years)], ignore_index=True)
    levels_of_years = levels_on_record(years, case.record)
    files = write_recorded(figures, levels_of_years, firm_energy_table(years), project)
    seasons = recorded_policy_table(project, SEASONS)
    levels = recorded_policy_table(project, LEVELS)
    firm = recorded_policy_table(project, FIRM)
    stores = sorted(set(levels["store"]), reverse=True)
    figure = levels_on_record_figure(years, case.record, stores)
    for page in SEASON_PAGES:
        write_blocks(project / page, policy_blocks(page, seasons, levels, firm))
        files.append(project / page)
    files += save(figure, project / FIGURE, kinds=("png",), force=True)
    for file in files:
        new_console(error=True).print(f"written: {file}")


def policy_file(out: Path, scenario: str) -> Path:
    """Return the file of a scenario's policy: one for all its waters; a policy of anything else is refused in it."""
    from energy.scenario.changed_name import file_name

    return out / file_name(scenario) / FILE


def _threads(workers: int) -> Executor:
    return ThreadPoolExecutor(workers)
