"""Table of the error of a constant head, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

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
    header = list(_header(specific))
    alignment = ["---"] + ["--:"] * (len(header) - 1)
    rows = [header, alignment]
    scenarios = table.index.get_level_values("scenario").unique()
    for scenario in scenarios:
        fixed = table.loc[(scenario, "fixed")]
        varying = table.loc[(scenario, "varying")]
        cells = _cells(fixed, varying, specific)
        rows.append([str(scenario), *cells])
    lines = [" | ".join(row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _header(specific: list[str]) -> Iterator[str]:
    """Yield the heads of the columns; ``specific`` names those of specific energy."""
    yield "scenario"
    for name in (ENERGY, MADE):
        yield f"{name} [GWh]: fixed"
        yield "varying"
        yield "error"
    for name in specific:
        yield f"{name} [kWh/m³]: fixed, varying"


def _cells(
    fixed: pd.Series,
    varying: pd.Series,
    specific: list[str],
) -> Iterator[str]:
    """Yield the cells of a scenario from its rows with fixed and varying head, in the order of the header."""
    for name in (ENERGY, MADE):
        yield f"{fixed[name]:,.0f}"
        yield f"{varying[name]:,.0f}"
        yield _relative_error(fixed[name], varying[name])
    for name in specific:
        yield f"{fixed[name]:.3f}, {varying[name]:.3f}"


def _relative_error(fixed: float, varying: float) -> str:
    """Return how far the energy at a constant head lies above that at a varying one, in percent."""
    if not varying:
        return "–" if fixed else "0"
    error = fixed / varying - 1
    text = f"{100 * error:+.1f} %"
    return text.replace("-", "−")
