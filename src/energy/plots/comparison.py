"""Comparison figure: what scenarios deliver, and what each cause takes of the ceiling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from energy.errors import Fault, InputError
from energy.plots.frame import footer, framed
from energy.plots.style import CEILING, SIZES, colour, styled
from energy.plots.waterfall import ENDS, waterfall_table
from energy.results.labels import words

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.24  # inches


def comparison_figure(found: Sequence[xr.Dataset], size: str = "journal") -> Figure:
    """Draw scenarios as bars from what is delivered up to the contract's ceiling; the first one is the base.

    Parameters
    ----------
    found
        One Dataset a scenario, from ``energy.results.record.record``; drawn from top to bottom in this order.
    size
        ``journal`` or ``slide``; the figure grows with its rows.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: GWh in the season, a row a scenario; the base's delivered energy as a line.

    Raises
    ------
    InputError
        When there is no scenario.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = run(read_case("two_bus"), scenario)
    >>> from energy.results.dataset import record
    >>> dry = run(read_case("two_bus"), scenario.replace(hydrology="dry"))
    >>> comparison_figure([record(found), record(dry)]).axes[0].get_xlabel()
    'energy at the receiving end in the season [GWh]'
    """
    if not found:
        raise InputError(Fault("nothing to compare", allowed="one scenario or more"))
    tables = [waterfall_table(one).sum() for one in found]
    causes = list(dict.fromkeys(str(name) for table in tables for name in table.index if name not in ENDS))
    delivered = np.array([float(table["delivered"]) for table in tables])
    base = float(delivered[0])
    height = max(SIZES[size][1], 1.5 + ROW * len(found))
    note = (
        "Bars end at each season's contract ceiling; the number is what is delivered, and the change against the first."
    )
    with styled():
        figure = framed("Delivered energy by scenario", footer(*found, note=note), size, height)
        axes = figure.subplots()
        at, left = np.arange(len(found)), delivered.clip(min=0)
        axes.barh(at, delivered, 0.72, color=colour("delivered"), label="delivered")
        for cause in reversed(causes):
            taken = np.array([max(float(table.get(cause, 0.0)), 0.0) for table in tables])
            if taken.max() > 0.5:
                axes.barh(at, taken, 0.72, left=left, color=colour(cause), label=f"lost to {words(cause)}")
                left = left + taken
        ceilings = [float(table["ceiling"]) for table in tables]
        for number, top in enumerate(ceilings):
            axes.plot([top, top], [number - 0.42, number + 0.42], color=CEILING, lw=1.4)
        axes.axvline(base, color="black", lw=0.8, ls=":", label=f"{found[0].attrs['scenario']} delivered")
        _numbers(axes, delivered, base, max(*ceilings, *left, 1.0))
        axes.set_yticks(at, [str(one.attrs["scenario"]) for one in found], fontsize=8)
        axes.set_ylim(len(found) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("energy at the receiving end in the season [GWh]")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="x")
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.2)
    return figure


def _numbers(axes: Axes, delivered: np.ndarray, base: float, most: float) -> None:
    for number, energy in enumerate(delivered):
        change = round(energy - base)
        against = f"  ({change:+,d})".replace("-", "−") if change else "  (±0)"
        text = f"{energy + 0:,.0f}" + (against if number else "")
        axes.text(1.015 * most, number, text, va="center", ha="left", fontsize=8)
    axes.set_xlim(0, 1.24 * most)
