"""Sensitivity tables and notes for the terminal, and as JSON."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from energy.reading.units import range_text
from energy.scenario.value_key import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from energy.analysis.sensitivity.sensitivity import Sensitivity

_LABELS = {
    "at low": "at low",
    "at high": "at high",
    "mu_star": "μ*",
    "sigma": "σ",
    "S1": "S1",
    "ST": "ST",
}
"""Column of a table of numbers → its head in print."""
_SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
LONGEST_LINE = 600
"""Letters of a command that is printed; a pattern of many components has more."""
_PLAIN = ("metric", "unit", "base", "points", "failed", "reason")


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
    first_rows = numbers.head(rows)
    columns = [column for column in _LABELS if column in first_rows]
    ranges = [range_text(row) for row in first_rows.to_dict("records")]
    names = {key: short(str(key)) for key in first_rows.index}
    table = first_rows[columns].rename(columns=_LABELS)
    table = table.assign(range=ranges, mark=first_rows["confidence"])
    return table.rename(index=names)


def spread_table(sensitivity: Sensitivity) -> pd.DataFrame:
    """Return quantiles of the metric, in its unit, with all numbers at once anywhere in their ranges; index share."""
    import numpy as np
    import pandas as pd

    has_spread = len(sensitivity.spread) > 0
    shares = list(_SHARES) if has_spread else []
    quantiles = np.quantile(sensitivity.spread, shares) if has_spread else np.empty(0)
    index = pd.Index(shares, name="share of sets at or below", dtype=float)
    return pd.DataFrame({sensitivity.metric: quantiles}, index=index)


def sensitivity_record(
    sensitivity: Sensitivity,
    parts: Mapping[str, float],
) -> dict[str, Any]:
    """Return a sensitivity as plain values for JSON, in the metric's unit; null where there is no number."""
    record = {name: getattr(sensitivity, name) for name in _PLAIN}
    is_explained = not math.isnan(sensitivity.explained)
    record["explained"] = sensitivity.explained if is_explained else None
    record["variance"] = dict(parts)
    record["numbers"] = _records(sensitivity.numbers.rename_axis("key"))
    record["spread"] = _records(spread_table(sensitivity))
    return record


def _records(table: pd.DataFrame) -> Any:
    """Return the rows of a table, its index included, as plain values."""
    text = table.reset_index().to_json(orient="records")
    return json.loads(text)


def sensitivity_notes(
    sensitivity: Sensitivity,
    parts: Mapping[str, float],
) -> str:
    """Return in words the spread [the metric's unit], the parts of the variance, and what had no optimum."""
    lines = []
    if len(sensitivity.spread):
        lines.append(_spread_note(sensitivity))
        if not math.isnan(sensitivity.explained):
            percent = 100 * sensitivity.explained
            lines.append(f"the numbers that were screened make {percent:.0f} % of that variance")
    if parts:
        shares = [f"{name} {100 * share:.0f} %" for name, share in parts.items()]
        lines.append(f"variance of the season: {', '.join(shares)}")
    points = f"{sensitivity.points:,} points, {sensitivity.failed:,} without an optimum"
    if sensitivity.failed:
        first_reason = sensitivity.reason.splitlines()[0]
        points += f", which count nowhere; the first: {first_reason}"
    lines.append(points)
    return "\n".join(lines)


def reproduction_lines(sensitivity: Sensitivity, scenario: str, rows: int = 5) -> Iterator[str]:
    """Yield the commands that reproduce both ends of the first bars, with what they give and what moves along.

    Parameters
    ----------
    sensitivity
        The study; its metric is that of ``energy run`` where it is ``delivered``.
    scenario
        Name of the scenario, with what was set in it already.
    rows
        How many bars.
    """
    yield "each bar by itself:"
    for key, row in sensitivity.numbers.head(rows).iterrows():
        for end in ("low", "high"):
            value = row[f"at {end}"]
            if math.isnan(value):
                continue
            along = str(row[f"moves along at {end}"])
            note = f"; moves along: {along}" if along else ""
            yield f"{short(str(key))} at {end}: {value:,.1f} {sensitivity.unit}{note}"
            options = str(row[f"set at {end}"])
            shown = options if len(options) <= LONGEST_LINE else "(see numbers.csv)"
            yield f"  energy run {scenario} {shown}"


def _spread_note(sensitivity: Sensitivity) -> str:
    """Return in words the median and the 5 % to 95 % range of the metric."""
    quantiles = spread_table(sensitivity)[sensitivity.metric]
    sets = len(sensitivity.spread)
    median = f"{quantiles[0.5]:,.0f} {sensitivity.unit}"
    return (
        f"all numbers at once, anywhere in their ranges ({sets} sets): {median} in the middle,"
        f" {quantiles[0.05]:,.0f} to {quantiles[0.95]:,.0f} in nine of ten;"
        f" {sensitivity.base:,.0f} with all at their base"
    )
