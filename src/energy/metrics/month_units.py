"""``summary.csv`` of a run: its table of months with a unit in each head, and the same read back."""

from __future__ import annotations

import re

import pandas as pd

_POWER = "transferable"
"""Begins the heads of powers [MW]; all other numbers of a month are energies [GWh]."""
_UNIT = re.compile(r" \[(GWh|MW)\]$")
_DIGITS = 6
"""Digits behind the point of MW and GWh; what is smaller is the noise of a solver."""


def with_units(table: pd.DataFrame) -> pd.DataFrame:
    """Return a run's table of months with units in its heads, and zero for the noise around it.

    Examples
    --------
    >>> months = pd.DataFrame({"transferable mean": [5.0], "delivered": [-1e-13], "limit": ["season"]})
    >>> print(with_units(months).to_csv(index=False, lineterminator=" ").strip())
    "transferable mean [MW]","delivered [GWh]",limit 5.0,0.0,season
    """
    heads = {str(name): _head(str(name)) for name in table.select_dtypes("number")}
    rounded = table.copy()
    rounded[list(heads)] = table[list(heads)].round(_DIGITS) + 0.0  # 0.0 and not -0.0
    return rounded.rename(columns=heads)


def _head(name: str) -> str:
    unit = "MW" if name.startswith(_POWER) else "GWh"
    return f"{name} [{unit}]"


def without_units(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of months under its own names; one of an earlier version, without units, as it is.

    Examples
    --------
    >>> list(without_units(pd.DataFrame(columns=["delivered [GWh]", "transferable P90 [MW]", "lost"])))
    ['delivered', 'transferable P90', 'lost']
    """
    return table.rename(columns=lambda name: _UNIT.sub("", str(name)))
