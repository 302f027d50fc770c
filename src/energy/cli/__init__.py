"""The command ``energy``: verbs only."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import typer

from energy.cli.base import app
from energy.cli.usage import USAGE_ERROR, usage_fault
from energy.errors import Fault, InputError, SolverError

__all__ = ["app", "main"]

for verbs in iter_modules(__path__):  # each module adds its verbs to the application
    import_module(f"energy.cli.{verbs.name}")


MOST_FAULTS = 50
SELDOM = (100_000, 50, 50)
"""Thresholds of Python's search for reference cycles: at its own, a run spends a sixth of its time on it."""
LONGEST_PLACE = 200  # characters of a path in a message


def main() -> None:
    """Run the command; exit code 2 for a fault of the input, 3 for the solver's or the program's."""
    gc.set_threshold(*SELDOM)
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        _open_streams()
        code = app(prog_name="energy", standalone_mode=False)
        sys.stdout.flush()
    except SystemExit as stopped:
        if not isinstance(stopped.__context__, BrokenPipeError):
            raise
        code = 0  # who read has left, as `head` does
    except Exception as error:
        if debug and not isinstance(error, USAGE_ERROR):
            raise
        code = _refused(error)
    sys.exit(code or 0)


def _open_streams() -> None:
    """Let the two streams take any text; refuse a closed one before anything is done.

    Raises
    ------
    InputError
        When the standard output is closed.
    """
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (it lives as long as the process)
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        raise InputError(Fault("the standard output is closed", repair="send it to a file, or to /dev/null"))
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a file name may hold bytes that are no text
            reconfigure(errors="backslashreplace")


def _refused(error: Exception) -> int:
    """Print one message for what stopped the command, and return the exit code."""
    if isinstance(error, BrokenPipeError):
        # who read has left, as `head` does; what is not written yet goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if type(error).__name__ == "NoArgsIsHelpError":  # a bare `energy` asks what there is
        print(error, file=sys.stderr)
        return 2
    lines, code = _message(error)
    # no `map` here: the verb of that name is a module of this package
    print("\n".join(_printable(line) for line in lines), file=sys.stderr)
    return code


def _message(error: Exception) -> tuple[list[str], int]:
    """Return the lines that tell what is wrong and what to do, and the exit code."""
    if isinstance(error, InputError):
        return _fault_lines(error.faults), 2
    if isinstance(error, USAGE_ERROR):
        return _fault_lines([usage_fault(error)]), 2
    if isinstance(error, OSError) and error.errno is not None:
        return _fault_lines([_system_fault(error)]), 2
    return [f"error: {_failure(error)}"], 3


def _failure(error: Exception) -> str:
    """Return what failed through no fault of the input, and what can be done."""
    if isinstance(error, SolverError):
        return str(error)
    if isinstance(error, BrokenExecutor):
        what = "a worker process died, perhaps for want of memory; what is finished is kept"
        return f"{what}; do: run the same command again, with fewer processes"
    if isinstance(error, MemoryError):
        return "the memory of this machine is full; do: ask for less at once, or use a larger machine"
    if isinstance(error, typer.Abort):
        return "stopped; do: run the same command again"
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return f"this is a fault of the program: {what}; do: run it again with --debug, and report what it prints"


def _fault_lines(faults: list[Fault]) -> list[str]:
    lines = [f"error: {fault}" for fault in faults[:MOST_FAULTS]]
    if len(faults) > MOST_FAULTS:
        lines.append(f"and {len(faults) - MOST_FAULTS:,} more of this input")
    return lines


def _system_fault(error: OSError) -> Fault:
    """Return what the system has against a path, with what mends it."""
    place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else None
    if place is not None and len(place) > LONGEST_PLACE:
        place = f"{place[: LONGEST_PLACE - 1]}…"
    repairs = {
        errno.ENAMETOOLONG: "choose a shorter name",
        errno.ENOSPC: "make room on the disk",
        errno.EACCES: "choose another place, or ask for the right to use this one",
        errno.ELOOP: "correct the links, which lead in a circle",
    }
    repair = repairs.get(error.errno or 0, "correct the path")
    if error.errno == errno.ENOENT and place is None:
        return Fault("the working folder is gone", repair="change to a folder that exists")
    return Fault(f"the system says: {error.strerror}", place, repair=repair)


def _printable(line: str) -> str:
    """Return a line in which control characters of an input stay harmless to a terminal."""
    harmless = []
    for character in line:
        is_shown = character.isprintable() or character == "\n"
        harmless.append(character if is_shown else repr(character)[1:-1])
    return "".join(harmless)


if __name__ == "__main__":
    main()
