"""Units of numbers in words."""

from __future__ import annotations

NO_UNIT = "-"
"""What the tables of a case write for a number without a unit."""


def unit_suffix(unit: object) -> str:
    """Return what follows a number of a unit in words; nothing where the number has no unit.

    >>> unit_suffix("MW"), unit_suffix("-")
    (' MW', '')
    """
    return "" if unit == NO_UNIT else f" {unit}"
