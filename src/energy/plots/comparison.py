"""Comparison figure: delivered energy of scenarios, and what each cause takes of the contract's ceiling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.metrics.month_columns import LOST
from energy.plots.frame import footer, framed
from energy.plots.style import CEILING, SIZES, colour, styled, tick_text
from energy.results.season import ENDS, waterfall_table, words

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_HEIGHT = 0.24  # inches
SMALLEST_LOSS = 0.5  # GWh; a cause that takes less in every scenario is not drawn


def comparison_figure(datasets: Sequence[xr.Dataset], size: str = "journal") -> Figure:
    """Draw a bar a scenario: delivered energy, then the loss by cause up to the contract's ceiling.

    Parameters
    ----------
    datasets
        One Dataset a scenario, from ``energy.results.dataset.record``; the first one is the base. Drawn from top to
        bottom in this order.
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
    >>> from energy.results.dataset import record
    >>> median = run(read_case("two_bus"), scenario)
    >>> dry = run(read_case("two_bus"), scenario.replace(hydrology="dry"))
    >>> comparison_figure([record(median), record(dry)]).axes[0].get_xlabel()
    'energy at the receiving end in the season [GWh]'
    """
    if not datasets:
        raise InputError(Fault("nothing to compare", allowed="one scenario or more"))
    totals = _waterfall_totals(datasets)
    scenarios = [str(dataset.attrs["scenario"]) for dataset in datasets]
    delivered = totals.loc["delivered"].to_numpy()
    ceilings = totals.loc["ceiling"].to_numpy()
    note = (
        "Bars end at each season's contract ceiling; the number is what is delivered, and the change against the first."
    )
    rows_height = 1.5 + ROW_HEIGHT * len(datasets)
    _, standard_height = SIZES[size]
    with styled():
        figure = framed(
            "Delivered energy by scenario",
            footer(*datasets, note=note),
            size,
            max(standard_height, rows_height),
        )
        axes = figure.subplots()
        bar_ends = _draw_bars(axes, totals)
        _draw_ceilings(axes, ceilings)
        base_energy = float(delivered[0])
        axes.axvline(
            base_energy,
            color="black",
            lw=0.8,
            ls=":",
            label=f"{scenarios[0]} delivered",
        )
        longest = max(*ceilings, *bar_ends, 1.0)
        _label_bars(axes, delivered, longest)
        axes.set_yticks(np.arange(len(scenarios)), scenarios, fontsize=8)
        axes.set_ylim(len(scenarios) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("energy at the receiving end in the season [GWh]")
        axes.xaxis.set_major_formatter(tick_text)
        axes.grid(axis="x")
        axes.legend(
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=3,
            borderaxespad=0.2,
        )
    return figure


def _waterfall_totals(datasets: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Return ceiling, loss by cause and delivered energy of the season [GWh]: a row each, a column a scenario."""
    totals = [waterfall_table(dataset).sum() for dataset in datasets]
    return pd.concat(totals, axis="columns", sort=False).fillna(0.0)


def _draw_bars(axes: Axes, totals: pd.DataFrame) -> np.ndarray:
    """Draw delivered energy and the loss by cause, stacked; return where each bar ends [GWh]."""
    delivered = totals.loc["delivered"].to_numpy()
    causes = totals.index.difference(list(ENDS), sort=False)
    rows = np.arange(len(delivered))
    axes.barh(
        rows,
        delivered,
        height=0.72,
        color=colour("delivered"),
        label="delivered",
    )
    bar_ends = delivered.clip(min=0)
    for cause in reversed(causes):
        lost = totals.loc[cause].to_numpy().clip(min=0.0)
        if lost.max() > SMALLEST_LOSS:
            axes.barh(
                rows,
                lost,
                height=0.72,
                left=bar_ends,
                color=colour(cause),
                label=LOST + words(cause),
            )
            bar_ends = bar_ends + lost
    return bar_ends


def _draw_ceilings(axes: Axes, ceilings: np.ndarray) -> None:
    for row, ceiling in enumerate(ceilings):
        axes.plot([ceiling, ceiling], [row - 0.42, row + 0.42], color=CEILING, lw=1.4)


def _label_bars(axes: Axes, delivered: np.ndarray, longest: float) -> None:
    """Write delivered energy beside each bar, and from the second on its change against the base."""
    base_energy = delivered[0]
    for row, energy in enumerate(delivered):
        text = f"{energy + 0:,.0f}"  # + 0: no minus before a zero
        if row > 0:
            text += f"  ({_change(energy - base_energy)})"
        axes.text(
            1.015 * longest,
            row,
            text,
            va="center",
            ha="left",
            fontsize=8,
        )
    axes.set_xlim(0, 1.24 * longest)


def _change(energy: float) -> str:
    rounded = round(energy)
    if rounded == 0:
        return "±0"
    return f"{rounded:+,d}".replace("-", "−")
