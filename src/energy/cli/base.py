"""What every verb needs: the application, its usual arguments, a console, and a scenario with its case."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

app = typer.Typer(
    help="How much power can be transferred over CASA-1000: by month, water year and disruption.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
SCENARIOS = Annotated[list[str], typer.Argument(help="Names of scenarios, or paths of YAML files.", show_default=False)]
SCENARIO = Annotated[str, typer.Argument(help="Name of a scenario, or path of a YAML file.")]
SET = Annotated[list[str], typer.Option("--set", help="Override a value of the scenario: key=value.")]
FORCE = Annotated[bool, typer.Option("--force", help="Replace what is in the way, though it was not written here.")]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]


def new_console(error: bool = False) -> Console:
    """Return a console for results, or for progress on the error stream."""
    from rich.console import Console

    # a pipe or a file gets the whole table, however narrow the terminal that started it
    wide = None if (sys.stderr if error else sys.stdout).isatty() else 140
    # names and descriptions are text, never markup
    return Console(stderr=error, width=wide, highlight=False, soft_wrap=False, markup=False, emoji=False)


def working(what: str) -> Status:
    """Return a line on the error stream that turns while something is done."""
    from rich.text import Text

    return new_console(error=True).status(Text(what))  # rich takes a bare string for markup here


def read_asked(name: str, overrides: list[str]) -> tuple[Any, Any]:
    """Return the case and the scenario that a name and its overrides ask for."""
    from energy.case import read_case
    from energy.scenario import read_scenario

    scenario = read_scenario(name, overrides=overrides)
    return read_case(scenario.case), scenario
