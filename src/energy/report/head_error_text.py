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
    >>> rows = {(n, h): {ENERGY: e, MADE: 9.0} for n, h, e in [("a", "fixed", 200.0), ("a", "varying", 190.0)]}
    >>> found = pd.DataFrame.from_dict(rows, orient="index")
    >>> print(head_text(found.set_axis(pd.MultiIndex.from_tuples(rows, names=["scenario", "head"]))))
    | scenario | transferable [GWh]: fixed | varying | error | made [GWh]: fixed | varying | error |
    | --- | --: | --: | --: | --: | --: | --: |
    | a | 200 | 190 | +5.3 % | 9 | 9 | +0.0 % |
    """
    specific = [column for column in table if str(column).startswith(SPECIFIC)]
    head = ["scenario"]
    for name in (ENERGY, MADE):
        head += [f"{name} [GWh]: fixed", "varying", "error"]
    head += [f"{column} [kWh/m³]: fixed, varying" for column in specific]
    lines = [head, ["---", *["--:"] * (len(head) - 1)]]
    for scenario in dict.fromkeys(table.index.get_level_values("scenario")):
        fixed, varying = table.loc[(scenario, "fixed")], table.loc[(scenario, "varying")]
        cells = [str(scenario)]
        for name in (ENERGY, MADE):
            cells += [f"{fixed[name]:,.0f}", f"{varying[name]:,.0f}", _error(fixed[name], varying[name])]
        lines.append([*cells, *[f"{fixed[column]:.3f}, {varying[column]:.3f}" for column in specific]])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _error(fixed: float, varying: float) -> str:
    if not varying:
        return "0" if not fixed else "–"
    return f"{100 * (fixed / varying - 1):+.1f} %".replace("-", "−")
