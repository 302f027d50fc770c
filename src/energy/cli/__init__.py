"""The command ``energy``: verbs only."""

from __future__ import annotations

import sys
from concurrent.futures import BrokenExecutor
from importlib import import_module
from pkgutil import iter_modules

from energy.cli.base import app
from energy.errors import Fault

__all__ = ["app", "main"]

for verbs in iter_modules(__path__):  # each module adds its verbs to the application
    import_module(f"energy.cli.{verbs.name}")


MOST_FAULTS = 50


def _said(faults: list[Fault]) -> list[str]:
    """Return the lines that tell a user what to mend; a terminal's control characters in an input stay harmless."""
    lines = [f"error: {fault}" for fault in faults[:MOST_FAULTS]]
    if len(faults) > MOST_FAULTS:
        lines.append(f"and {len(faults) - MOST_FAULTS:,} more of this input")
    return ["".join(c if c.isprintable() else repr(c)[1:-1] for c in line) for line in lines]


def main() -> None:
    """Run the command; exit code 2 for a fault of the input, 3 for the solver's."""
    from energy.errors import InputError, SolverError

    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app()
    except InputError as err:
        if debug:
            raise
        print("\n".join(_said(err.faults)), file=sys.stderr)
        sys.exit(2)
    except SolverError as err:
        if debug:
            raise
        print(f"error: {err}", file=sys.stderr)
        sys.exit(3)
    except BrokenExecutor:
        if debug:
            raise
        what = "a worker process died, perhaps for want of memory; what is finished is kept"
        print(f"error: {what}; do: run the same command again, with fewer processes", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
