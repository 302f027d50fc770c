"""How many random examples a law gets: some in `make test`, more in `make test-all`."""

from __future__ import annotations

import os

WHOLE = os.environ.get("ENERGY_CHECK_PYPSA") == "always"
"""Whether this is `make test-all`."""


def examples(some: int, more: int) -> int:
    """Return the number of examples of a law whose single example is dear."""
    return more if WHOLE else some
