"""What is wrong with a command line: unknown verbs, options and choices, with what is allowed and the nearest name."""

from __future__ import annotations

import re
from typing import Any

import typer

from energy.errors import Fault, nearest

# typer brings click along under its own name in some versions: the class is the same beside what typer makes public
USAGE_ERROR: type[Any] = typer.BadParameter.__mro__[1]


def usage_fault(error: Any) -> Fault:
    """Return what a command line has wrong.

    Parameters
    ----------
    error
        click's ``UsageError``.

    Returns
    -------
    Fault
        With the command as its place, what is allowed there, and what to do.
    """
    context = error.ctx
    command = "energy" if context is None else context.command_path
    what = _plain(error.format_message())
    option = getattr(error, "option_name", None)
    if option is not None and context is not None and what.startswith("no such"):
        return _unknown(command, what.partition(" (Possible")[0], _options(context.command), str(option))
    verbs: list[str] = []
    if context is not None:
        verbs = list(getattr(context.command, "commands", ()))
    if verbs:
        return _unknown(command, what.partition(". Did you mean")[0], sorted(verbs), _quoted(what))
    told, choice, choices = what.partition(" is not one of ")
    if choice:
        names = re.findall(r"'([^']*)'", choices)
        return _unknown(command, f"{told} is not there to choose", names, _quoted(told))
    told, bound, bounds = what.partition(": Input should be ")
    allowed = bounds.replace("greater than or equal to", "from").replace("less than or equal to", "up to")
    return Fault(
        told,
        command,
        allowed=allowed if bound else None,
        repair=f"see how it is called with: {command} --help",
    )


def _options(verb: Any) -> list[str]:
    names: list[str] = []
    for parameter in verb.params:
        names += parameter.opts
        names += parameter.secondary_opts
    return [name for name in names if name.startswith("--")]


def _unknown(command: str, what: str, allowed: list[str], word: str) -> Fault:
    # the dashes are the same in all options, and would make any two alike
    near = nearest(word.lstrip("-"), [name.lstrip("-") for name in allowed])
    repair = near or f"see what there is with: {command} --help"
    return Fault(what, command, allowed=", ".join(allowed), repair=repair)


def _plain(message: str) -> str:
    words = " ".join(message.replace("Value error, ", "").split()).rstrip(".")
    return words[:1].lower() + words[1:]


def _quoted(text: str) -> str:
    """Return the last word in quotes of a message: what was typed.

    Examples
    --------
    >>> _quoted("invalid value for '--format': 'pgn'")
    'pgn'
    """
    words: list[str] = re.findall(r"'([^']*)'", text)
    return words[-1] if words else ""
