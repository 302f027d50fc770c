"""Shared by all verbs: the application, a console, a scenario with its case."""

from __future__ import annotations

import logging
import shlex
import sys
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from energy.cli.progress import heartbeat
from energy.cli.verbs import GroupedVerbs

if TYPE_CHECKING:
    from rich.console import Console

    from energy.case import Case
    from energy.scenario import Scenario

app = typer.Typer(
    cls=GroupedVerbs,
    help="How much power can be transferred over CASA-1000: by month, water year and disruption.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
log = logging.getLogger("energy")
NO_PART_OF_THE_ANSWER = ("workers", "out", "force", "as_json")
"""Parameters of verbs that change neither question nor answer."""


def new_console(error: bool = False) -> Console:
    """Return a console for results, or for progress on the error stream."""
    from rich.console import Console

    # a pipe or a file gets the whole table, however narrow the terminal that started it
    wide = None if (sys.stderr if error else sys.stdout).isatty() else 140
    # names and descriptions are text, never markup
    return Console(stderr=error, width=wide, highlight=False, soft_wrap=False, markup=False, emoji=False)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"energy {version('casa1000-energy')}")
        raise typer.Exit


@app.callback()
def _common_options(
    asked_version: Annotated[  # noqa: ARG001  (its callback prints it)
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print what is being done, and how long it takes.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print no progress, only results, warnings and errors.")
    ] = False,
) -> None:
    """Set how much is said on the error stream."""
    if verbose:
        logging.basicConfig(stream=sys.stderr, format="%(relativeCreated)6.0f ms  %(message)s")
    logging.getLogger("pypsa").setLevel(logging.WARNING)  # what it imported is told by the verbs
    level = logging.INFO if verbose else logging.WARNING
    log.setLevel(logging.ERROR if quiet else level)


def is_quiet() -> bool:
    """Return whether progress is unwanted."""
    return log.level > logging.WARNING


def working(what: str) -> AbstractContextManager[object]:
    """Return a line on the error stream that turns while something is done; none where progress is unwanted."""
    from rich.text import Text

    log.info(what)
    if is_quiet():
        return nullcontext()
    if not sys.stderr.isatty():
        return heartbeat(what)
    return new_console(error=True).status(Text(what))  # rich takes a bare string for markup here


def read_asked(name: str, overrides: list[str]) -> tuple[Any, Any]:
    """Return the case and the scenario that a name and its overrides ask for."""
    from energy.case import read_case
    from energy.model.additions import with_additions
    from energy.model.change_warnings import change_warnings
    from energy.model.horizon import on_calendar
    from energy.scenario import read_scenario

    scenario = read_scenario(name, overrides=overrides)
    case = with_additions(read_case(scenario.case), scenario)
    if _is_settable(case, scenario):
        for warning in change_warnings(case, scenario):
            print(f"warning: {warning}", file=sys.stderr)
    return case, on_calendar(case, scenario)


def _is_settable(case: Case, scenario: Scenario) -> bool:
    """Return whether the case takes the values of a scenario; what it refuses is said with all other faults."""
    from energy.errors import InputError
    from energy.model.operating_rules import rule_book
    from energy.model.overrides import with_overrides

    try:
        with_overrides(case, scenario, rule_book(case, scenario))
    except InputError:
        return False
    return True


def print_title(console: Console, case: Case, scenario: Scenario) -> None:
    """Print the name and description of a scenario, and what overrides changed in it."""
    from energy.model.changed_inputs import change_texts
    from energy.scenario.changed_name import file_name

    texts = change_texts(case, scenario)
    name = file_name(scenario.name) if texts else scenario.name
    console.print(f"{name}: {scenario.description}".rstrip(": "), style="bold", markup=False)
    for text in texts:
        console.print(f"changed: {text}", markup=False)


def command_text(context: typer.Context) -> str:
    """Return the command that is being run, as it was typed, without what does not change its answer."""
    words = ["energy", str(context.info_name)]
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        is_typed = source is not None and source.name == "COMMANDLINE"
        if is_typed and name not in NO_PART_OF_THE_ANSWER:
            words += _typed_words(parameter, context.params[name])
    return shlex.join(words)


def _typed_words(parameter: Any, value: Any) -> list[str]:
    """Return the words that give a parameter its value: those of an option its name first."""
    values = value if isinstance(value, list | tuple) else [value]
    texts = [str(each) for each in values]
    if parameter.param_type_name == "argument":
        return texts
    option = parameter.opts[0]
    if parameter.is_flag:
        return [option]
    words = []
    for text in texts:
        words += [option, text]
    return words


def page_file(out: Path) -> Path:
    """Return the file of a page: with .html where no ending is said, so that browsers open it and its PDF is another.

    Raises
    ------
    InputError
        When another ending is said.
    """
    from energy.errors import Fault, InputError

    if out.suffix not in ("", ".html", ".htm"):
        raise InputError(Fault(f"a page cannot be a {out.suffix!r} file", out, allowed=".html or no ending"))
    return out if out.suffix else out.with_suffix(".html")
