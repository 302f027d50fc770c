"""Units of numbers in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NO_UNIT = "-"
"""What the tables of a case write for a number without a unit."""
LARGE = 1e4  # from where four figures would be written with an exponent


def unit_suffix(unit: object) -> str:
    """Return what follows a number of a unit in words; nothing where the number has no unit.

    >>> unit_suffix("MW"), unit_suffix("-")
    (' MW', '')
    """
    return "" if unit == NO_UNIT else f" {unit}"


def range_text(row: Mapping[Any, Any]) -> str:
    """Return a number's range with its unit; dates and numbers without a unit have none.

    >>> range_text({"low": 1200.0, "high": 2500.5, "unit": "MW"})
    '1,200 to 2,500 MW'
    >>> range_text({"low": 300000.0, "high": 2.69e6, "unit": "MWh"})
    '300,000 to 2,690,000 MWh'
    >>> range_text({"low": 2027.0, "high": 2030.0, "unit": "year"})
    '2027 to 2030'
    """
    if row["unit"] == "year":
        return f"{row['low']:.0f} to {row['high']:.0f}"
    return f"{_end_text(row['low'])} to {_end_text(row['high'])}{unit_suffix(row['unit'])}"


def _end_text(value: float) -> str:
    """Return an end of a range with four figures, a large one as a whole number."""
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:,.4g}"
