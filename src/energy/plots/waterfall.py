"""Waterfall figure: from the contract's ceiling to what is delivered, by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from energy.plots.frame import footer, framed, heading
from energy.plots.style import CEILING, colour, styled
from energy.results.labels import words

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

ENDS = ("ceiling", "delivered")


def waterfall_table(found: xr.Dataset) -> pd.DataFrame:
    """Return the ladder of a run as ``waterfall_figure`` takes it: ceiling, causes, delivered [GWh by month]."""
    months = pd.Index(found["month"].to_numpy(), name="month")
    table = pd.DataFrame({"ceiling": found["month_ceiling"].to_numpy()}, index=months)
    if "month_lost" in found:
        for cause in found["cause"].to_numpy():
            table[str(cause)] = found["month_lost"].sel(cause=cause).to_numpy()
    table["delivered"] = found["month_delivered"].to_numpy()
    return table[table["ceiling"] > 0] if (table["ceiling"] > 0).any() else table


def waterfall_figure(table: pd.DataFrame, title: str, foot: str = "", size: str = "journal") -> Figure:
    """Draw what causes take of the ceiling, as steps down to what is delivered.

    Parameters
    ----------
    table
        GWh by month: ``ceiling``, one column a cause, ``delivered``; from ``energy.analysis.attribution.attribution``
        (shares that hang on no order) or ``waterfall_table`` (the order of protection).
    title, foot
        Text above and below.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes with a bar a step [GWh].

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = run(read_case("two_bus"), scenario)
    >>> table = found.table[["ceiling", "delivered"]].assign(line=0.0)
    >>> waterfall_figure(table, "two_bus").axes[0].get_ylabel()
    'energy at the receiving end [GWh]'
    """
    sums = table.sum()
    causes = [str(name) for name in table.columns if name not in ENDS]
    with styled():
        figure = framed(title, foot, size)
        axes = figure.subplots()
        level = float(sums["ceiling"])
        bars = [("contract ceiling", 0.0, level, CEILING)]
        for cause in causes:
            taken = float(sums[cause])
            bars.append((words(cause), level - taken, taken, colour(cause)))
            level -= taken
        bars.append(("delivered", 0.0, float(sums["delivered"]), colour("delivered")))
        span = max(float(sums["ceiling"]), *(start + length for _, start, length, _ in bars), 1.0)
        for number, (label, start, length, tint) in enumerate(bars):
            axes.bar(number, length, 0.68, bottom=start, color=tint, label=f"_{label}")
            end = label in ("contract ceiling", "delivered")
            text = f"{length:,.0f}" if end else _step(length)
            axes.text(number, max(start, start + length) + 0.015 * span, text, ha="center", va="bottom", fontsize=8)
            if number < len(bars) - 1:
                joint = start + length if number == 0 else start
                axes.plot([number + 0.34, number + 0.66], [joint, joint], color="#999999", lw=0.7)
        names = [label.replace(" ", "\n") for label, *_ in bars]
        axes.set_xticks(range(len(bars)), names, fontsize=8)
        axes.tick_params(axis="x", length=0)
        lowest = min(0.0, *(min(start, start + length) for _, start, length, _ in bars))
        axes.set_ylim(1.1 * lowest, 1.1 * span)
        axes.set_ylabel("energy at the receiving end [GWh]")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y")
    return figure


def ladder_figure(found: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the season of a run as a waterfall, services in the order of protection."""
    note = "Each bar is what serving that cause before CASA-1000 takes, in the order of protection."
    return waterfall_figure(
        waterfall_table(found), heading(found, "From the contract to delivery"), footer(found, note=note), size
    )


def _step(taken: float) -> str:
    return "0" if round(taken) == 0 else f"{-taken:+,.0f}".replace("-", "−")
