"""The verb ``sensitivity``: tornado, Morris screening, Sobol indices."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.base import app, command_text, new_console, read_asked, working
from energy.cli.shared_options import AS_JSON, FORCE, HAZARDS, MOST_SAMPLES, NUMBERS, OUT, SCENARIO, SEED, SET, WORKERS
from energy.cli.tables import write_table

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from matplotlib.figure import Figure

    from energy.analysis.sensitivity.number_sets import NumberSets
    from energy.analysis.sensitivity.uncertain_parameters import UncertainParameter
    from energy.case import Case
    from energy.report.sensitivity_text import SensitivityReport
    from energy.scenario import Scenario


@app.command("sensitivity")
def _sensitivity_command(
    context: typer.Context,
    scenario: SCENARIO,
    metric: Annotated[str, typer.Option(help="delivered, sent, peak, unserved, objective.")] = "delivered",
    only: Annotated[list[str], typer.Option(help="Shell pattern of keys, as 'values.links.*'.")] = [],  # noqa: B006
    looked_at: Annotated[
        int, typer.Option(min=1, max=10_000, help="Number of parameters to screen, those with the widest bars.")
    ] = 40,
    trajectories: Annotated[int, typer.Option(min=2, max=1000, help="Paths of Morris' screening.")] = 4,
    top: Annotated[int, typer.Option(min=1, help="Numbers that get Sobol indices.")] = 6,
    base: Annotated[int, typer.Option(min=0, max=2**16, help="Sobol sample, a power of two; 0: no indices.")] = 64,
    spread: Annotated[int, typer.Option(min=0, max=MOST_SAMPLES, help="Sets of all numbers at once.")] = 100,
    split: Annotated[
        int, typer.Option(min=0, max=10_000, help="Sets and draws that separate random from unknown.")
    ] = 0,
    hazards: HAZARDS = "base",
    numbers: NUMBERS = "ranges",
    seed: SEED = 1,
    workers: WORKERS = 2,
    overrides: SET = [],  # noqa: B006
    out: OUT = Path("results/sensitivity"),
    page: Annotated[Path | None, typer.Option(help="Page whose block 'sensitivity' is renewed.")] = None,
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Rank the numbers of the evidence by what their ranges do to a metric: tornado, Morris, Sobol.

    Stopped at any moment, it resumes; the draws of --split begin anew.
    """
    from energy.analysis.parallel import processes
    from energy.analysis.sensitivity.number_sets import read_number_sets
    from energy.analysis.sensitivity.sensitivity import SensitivityBudget, refuse_unanswerable, sensitivity
    from energy.analysis.sensitivity.uncertain_parameters import uncertain_parameters
    from energy.analysis.sweep.store import Journal
    from energy.plots.risk import tornado_figure
    from energy.plots.style import foot_of, save
    from energy.report.docs_pages import refuse_without_block
    from energy.report.sensitivity_text import (
        BLOCK,
        SensitivityReport,
        ranking,
        reproduction_lines,
        sensitivity_notes,
        sensitivity_record,
        spread_table,
    )
    from energy.report.text_table import frame_text
    from energy.results.files import refuse_unwritable

    case, asked = read_asked(scenario, overrides)
    folder = out / f"{asked.name}-{metric}"
    refuse_unwritable(folder)
    if page is not None:
        refuse_without_block(page, BLOCK)
    sets = read_number_sets(numbers, case, asked)
    record = _record(case, asked, sets)
    known = uncertain_parameters(case, asked, only or ["*"])
    sizes = SensitivityBudget(looked_at=looked_at, trajectories=trajectories, top=top, base=base, spread=spread)
    refuse_unanswerable(case, known, metric)
    with (
        closing(Journal(folder / "points")) as journal,
        processes(workers) as executor,
        working(f"{len(known)} numbers …"),
    ):
        study = sensitivity(
            case=case,
            scenario=asked,
            parameters=known,
            metric=metric,
            sizes=sizes,
            seed=seed,
            executor=executor,
            sets=sets,
            journal=journal,
        )
        parts = _split(
            case=case,
            asked=asked,
            known=known,
            top=list(study.numbers.index[:top]),
            count=split,
            hazards=hazards,
            seed=seed,
            executor=executor,
            sets=sets,
        )
    written = {"numbers": study.numbers, "spread": spread_table(study)}
    for name, table in written.items():
        write_table(table, folder / f"{name}.csv", force)
    drawn = tornado_figure(
        numbers=study.numbers,
        base=study.base,
        metric=metric,
        unit=study.unit,
        title=asked.name,
        foot=foot_of(asked, case),
    )
    save(drawn, folder / "tornado", force=force)
    if page is not None:
        report = SensitivityReport(
            study=study,
            parameters=known,
            record=record,
            is_after_calibration=sets is not None,
            parts=parts,
            split=split,
            command=command_text(context),
        )
        _write_page(report, drawn, page)
    if as_json:
        print(json.dumps(sensitivity_record(study, parts), indent=1))
    else:
        title = f"{metric} of {asked.name}: {study.base:,.1f} {study.unit}"
        new_console().print(frame_text(ranking(study.numbers, 20), title))
        new_console().print(sensitivity_notes(study, parts))
        already_set = [f"--set {quote(override)}" for override in overrides]
        for line in reproduction_lines(study, " ".join([scenario, *already_set])):
            new_console().print(line, soft_wrap=True)
        new_console().print(f"written to {folder}")


def _record(
    case: Case,
    asked: Scenario,
    sets: NumberSets | None,
) -> NumberSets | None:
    """Return what the record leaves of the numbers: what the study draws from, else the posterior; None without one."""
    from energy.analysis.sensitivity.number_sets import POSTERIOR, posterior_file, read_number_sets

    if sets is not None or not posterior_file(case).is_file():
        return sets
    return read_number_sets(POSTERIOR, case, asked)


def _write_page(report: SensitivityReport, tornado: Figure, page: Path) -> None:
    """Renew the block of a page, and the tornado where the page shows it."""
    from energy.plots.style import save
    from energy.report.docs_pages import shows, write_block
    from energy.report.sensitivity_text import BLOCK, FIGURE, sensitivity_block

    write_block(page, BLOCK, sensitivity_block(report))
    written = [page]
    if shows(page, f"{FIGURE}.png"):
        written += save(tornado, page.parent / FIGURE, kinds=("png",), force=True)
    for path in written:
        new_console(error=True).print(f"written: {path}")


def _split(
    case: Case,
    asked: Scenario,
    known: list[UncertainParameter],
    top: list[str],
    count: int,
    hazards: str,
    seed: int,
    executor: Executor | None,
    sets: NumberSets | None,
) -> dict[str, float]:
    from energy.analysis.risk.season_sample import SamplingDesign
    from energy.analysis.sensitivity.aleatory_epistemic import random_and_unknown
    from energy.scenario import read_hazards

    if count < 2:
        return {}
    question = SamplingDesign(asked, read_hazards(hazards), seed)
    chosen = [unknown for unknown in known if unknown.key in top]
    parts, _ = random_and_unknown(
        case=case,
        question=question,
        parameters=chosen,
        sets=count,
        draws=count,
        seed=seed,
        executor=executor,
        numbers=sets,
    )
    return parts
