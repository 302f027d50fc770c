"""Settlement figure: who receives and who pays what under the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energy.errors import Fault, InputError
from energy.plots.frame import footer, framed, heading
from energy.plots.style import LINES, styled
from energy.results.labels import country_name

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

MILLION = 1e-6


def settlement_figure(found: xr.Dataset, size: str = "journal") -> Figure:
    """Draw what each party receives (above zero) and pays (below) in the year, by item.

    Parameters
    ----------
    found
        From ``energy.results.record.record``; its contract has prices and a quantity.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: stacked bars [million USD of 2025], a party each, with its balance.

    Raises
    ------
    InputError
        When the run has no settlement.
    """
    if "settled" not in found:
        raise InputError(
            Fault("this run has no settlement", allowed="a contract with prices and a quantity", repair="draw another")
        )
    table = found["settled"].to_pandas() * MILLION
    note = "Prices of the contract, USD of 2025; costs of generation and debt service are not in it."
    with styled():
        figure = framed(heading(found, "Who is paid what"), footer(found, note=note), size)
        axes = figure.subplots()
        at = np.arange(len(table))
        above, below = np.zeros(len(table)), np.zeros(len(table))
        for number, item in enumerate(table.columns):
            values = table[item].to_numpy()
            axes.bar(at, values.clip(min=0), 0.62, bottom=above, color=LINES[number], label=f"{item} price")
            axes.bar(at, values.clip(max=0), 0.62, bottom=below, color=LINES[number], label=f"_{item}")
            above, below = above + values.clip(min=0), below + values.clip(max=0)
        reach = max(float(above.max() - below.min()), 1.0)
        for number, total in enumerate(table.to_numpy().sum(axis=1)):
            up = total >= 0
            place = above[number] + 0.02 * reach if up else below[number] - 0.02 * reach
            text = f"{total + 0:+,.1f}".replace("-", "−")
            axes.text(number, place, text, ha="center", va="bottom" if up else "top", fontsize=9, fontweight="bold")
        axes.axhline(0, color="black", lw=0.7)
        axes.set_xticks(at, [country_name(str(party)) for party in table.index])
        axes.tick_params(axis="x", length=0)
        axes.set_ylim(below.min() - 0.12 * reach, above.max() + 0.12 * reach)
        axes.set_ylabel("received in the year [million USD]")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y")
        axes.legend(loc="upper right")
    return figure
