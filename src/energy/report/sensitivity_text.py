"""Sensitivity tables and notes for the terminal, and as JSON."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from energy.results.labels import range_text, short

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from energy.analysis.sensitivity.sensitivity import Sensitivity

_COLUMNS = {"at low": "at low", "at high": "at high", "mu_star": "μ*", "sigma": "σ", "S1": "S1", "ST": "ST"}


def ranking(numbers: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Return the first rows of a table of numbers as it is printed: short names, ranges in one column.

    Parameters
    ----------
    numbers
        ``numbers`` of ``energy.analysis.sensitivity.sensitivity.Sensitivity``, in the metric's unit.
    rows
        How many.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"mu_star": 3.0, "low": 1.0, "high": 2.5, "unit": "MW", "confidence": "C"}
    >>> ranking(pd.DataFrame([row], index=["values.links.line.p_nom"]), 5)
                       μ*        range mark
    links.line.p_nom  3.0  1 to 2.5 MW    C
    """
    shown = numbers.head(rows)
    table = shown[[column for column in _COLUMNS if column in shown]].rename(columns=_COLUMNS)
    ranges = [range_text(row) for row in shown.to_dict("records")]
    table = table.assign(range=ranges, mark=shown["confidence"])
    return table.rename(index={key: short(str(key)) for key in table.index})


def spread_table(found: Sensitivity) -> pd.DataFrame:
    """Return quantiles of the metric, in its unit, with all numbers at once anywhere in their ranges; index share."""
    import numpy as np
    import pandas as pd

    shares = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0] if len(found.spread) else []
    quantiles = np.quantile(found.spread, shares) if shares else np.empty(0)
    return pd.DataFrame(
        {found.metric: quantiles}, index=pd.Index(shares, name="share of sets at or below", dtype=float)
    )


def sensitivity_record(found: Sensitivity, parts: Mapping[str, float]) -> dict[str, Any]:
    """Return all that was found as plain values for JSON, in the metric's unit; null where there is no number."""
    tables = {"numbers": found.numbers.rename_axis("key"), "spread": spread_table(found)}
    rows = {name: json.loads(table.reset_index().to_json(orient="records")) for name, table in tables.items()}
    plain = {name: getattr(found, name) for name in ("metric", "unit", "base", "points", "failed", "reason")}
    explained = None if math.isnan(found.explained) else found.explained
    return {**plain, "explained": explained, "variance": dict(parts), **rows}


def sensitivity_notes(found: Sensitivity, parts: Mapping[str, float]) -> str:
    """Return in words the spread [the metric's unit], the parts of the variance, and what had no optimum."""
    lines = []
    if len(found.spread):
        at = spread_table(found)[found.metric]
        lines.append(
            f"all numbers at once, anywhere in their ranges ({len(found.spread)} sets): {at[0.5]:,.0f} {found.unit} in"
            f" the middle, {at[0.05]:,.0f} to {at[0.95]:,.0f} in nine of ten; {found.base:,.0f} with all at their base"
        )
        if not math.isnan(found.explained):
            lines.append(f"the numbers that were screened make {100 * found.explained:.0f} % of that variance")
    if parts:
        shares = ", ".join(f"{name} {100 * share:.0f} %" for name, share in parts.items())
        lines.append(f"variance of the season: {shares}")
    nowhere = ", which count nowhere; the first: " + found.reason.splitlines()[0] if found.failed else ""
    lines.append(f"{found.points:,} points, {found.failed:,} without an optimum{nowhere}")
    return "\n".join(lines)
