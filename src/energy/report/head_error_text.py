"""Table of the error of a constant head, in Markdown."""

from __future__ import annotations

import pandas as pd

from energy.analysis.head_error import ENERGY, MADE, SPECIFIC


def head_text(table: pd.DataFrame) -> str:
    """Return the scenarios side by side, fixed and varying head.

    Parameters
    ----------
    table
        From ``energy.analysis.head_error.head_table``.

    Examples
    --------
    >>> scenarios_and_heads = [("a", "fixed"), ("a", "varying")]
    >>> index = pd.MultiIndex.from_tuples(scenarios_and_heads, names=["scenario", "head"])
    >>> print(head_text(pd.DataFrame({ENERGY: [200.0, 190.0], MADE: 9.0}, index=index)))
    | scenario | transferable [GWh]: fixed | varying | error | made [GWh]: fixed | varying | error |
    | --- | --: | --: | --: | --: | --: | --: |
    | a | 200 | 190 | +5.3 % | 9 | 9 | +0.0 % |
    """
    specific = [str(column) for column in table if str(column).startswith(SPECIFIC)]
    header = _header(specific)
    alignment = ["---"] + ["--:"] * (len(header) - 1)
    rows = [header, alignment]
    scenarios = table.index.get_level_values("scenario").unique()
    for scenario in scenarios:
        fixed = table.loc[(scenario, "fixed")]
        varying = table.loc[(scenario, "varying")]
        row = [str(scenario)]
        for name in (ENERGY, MADE):
            row.append(f"{fixed[name]:,.0f}")
            row.append(f"{varying[name]:,.0f}")
            row.append(_relative_error(fixed[name], varying[name]))
        row.extend(f"{fixed[name]:.3f}, {varying[name]:.3f}" for name in specific)
        rows.append(row)
    lines = [" | ".join(row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _header(specific: list[str]) -> list[str]:
    """Return the names of the columns; ``specific`` names those of specific energy."""
    header = ["scenario"]
    for name in (ENERGY, MADE):
        header.append(f"{name} [GWh]: fixed")
        header.append("varying")
        header.append("error")
    header.extend(f"{name} [kWh/m³]: fixed, varying" for name in specific)
    return header


def _relative_error(fixed: float, varying: float) -> str:
    """Return how far the energy at a constant head lies above that at a varying one, in percent."""
    if not varying:
        return "–" if fixed else "0"
    error = fixed / varying - 1
    text = f"{100 * error:+.1f} %"
    return text.replace("-", "−")
