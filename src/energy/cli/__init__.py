"""The command ``energy``: verbs only."""

from __future__ import annotations

import sys

from energy.cli import backcast, capability, head, library, pages, runs
from energy.cli.base import app

__all__ = ["app", "backcast", "capability", "head", "library", "main", "pages", "runs"]


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
        print("\n".join(f"error: {fault}" for fault in err.faults), file=sys.stderr)
        sys.exit(2)
    except SolverError as err:
        if debug:
            raise
        print(f"error: {err}", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
