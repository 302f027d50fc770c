"""The verb ``backcast``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.base import app, new_console, working
from energy.cli.shared_options import AS_JSON, SET

if TYPE_CHECKING:
    from energy.analysis.backcast import Backcast


@app.command("backcast")
def _backcast_command(
    scenarios: Annotated[
        list[str],
        typer.Argument(help="Years to solve; all scenarios tagged backcast if none is named."),
    ] = [],  # noqa: B006
    overrides: SET = [],  # noqa: B006
    project: Annotated[Path, typer.Option(help="Folder of the project, whose page and figure are renewed.")] = Path(),
    as_json: AS_JSON = False,
) -> None:
    """Solve past years as they were and compare them with the record; renew docs/validation.md and its figure.

    Named years, or an override, are printed only: the page holds all years with the parameters of the case.
    """
    from energy.analysis.backcast import backcast
    from energy.analysis.backcast_variants import tagged, variants
    from energy.case import read_case
    from energy.errors import Fault, InputError
    from energy.report.backcast_text import backcast_json, backcast_rows
    from energy.scenario import read_scenario

    asked = [read_scenario(name, overrides=overrides) for name in scenarios or tagged("backcast")]
    if not asked:
        raise InputError(Fault("no scenario is tagged backcast", repair="name the years, as backcast_2024"))
    case, console = read_case(asked[0].case), new_console()
    with working("solving the years …"):
        years = backcast(case, asked)
    if as_json:
        print(json.dumps(backcast_json(years), indent=1))
    else:
        console.print(backcast_rows(years))
    if scenarios or overrides or as_json:
        return
    with working("solving the variants …"):
        others = {name: backcast(case, of_it) for name, of_it in variants(asked).items()}
    for path in _write_page(years, others, project):
        console.print(f"written: {path}")


def _write_page(years: Backcast, others: Mapping[str, Backcast], project: Path) -> list[Path]:
    """Renew the page and the figure of a project, and return what was written.

    Raises
    ------
    InputError
        When the project has no such page, or the page lacks a block.
    """
    from energy.plots.backcast import backcast_figure
    from energy.plots.style import save
    from energy.report.backcast_text import FIGURE, PAGE, backcast_blocks
    from energy.report.docs_pages import write_blocks

    page = project / PAGE
    figure = project / FIGURE
    write_blocks(page, backcast_blocks(years, others))
    figure.parent.mkdir(parents=True, exist_ok=True)
    return [page, *save(backcast_figure(years), figure, force=True)]
