"""Welfare by country: what the line is worth to each, before and after the contract's payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.plots.frame import framed
from energy.plots.style import styled, tick_text
from energy.results.countries import country_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PARTS = {
    "system": ("plants, trade and rents", "#0072b2"),
    "payments": ("payments of the contract", "#e69f00"),
}
"""Part of a country's gain → its label and colour."""


def welfare_figure(
    welfare: pd.DataFrame,
    title: str,
    footer: str,
    size: str = "journal",
) -> Figure:
    """Draw what the line is worth to each country.

    Parameters
    ----------
    welfare
        From ``energy.metrics.welfare.welfare_change``: index country; ``system``, ``payments``, ``total``
        [million USD].
    title, footer
        Text above and below.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: two bars a country and its total as a mark [million USD].
    """
    with styled():
        figure = framed(title, footer, size)
        axes = figure.subplots()
        _draw_parts(axes, welfare)
        _draw_totals(axes, welfare["total"].to_numpy(float))
        axes.axhline(0, color="black", lw=0.8)
        values = welfare[[*PARTS, "total"]].to_numpy(float)
        highest = values.max(initial=1.0)
        lowest = values.min(initial=0.0)
        margin = 0.06 * float(highest - lowest)
        axes.set_ylim(lowest - margin, highest + margin)
        names = [country_name(str(country)) for country in welfare.index]
        two_lines = [name.replace(" ", "\n") for name in names]
        axes.set_xticks(np.arange(len(welfare)), two_lines)
        axes.set_xlim(-0.6, len(welfare) - 0.3)
        axes.set_ylabel("gain from the line [million USD]")
        axes.yaxis.set_major_formatter(tick_text)
        axes.grid(axis="y")
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=3,
            borderaxespad=0.2,
        )
    return figure


def _draw_parts(axes: Axes, welfare: pd.DataFrame) -> None:
    """Draw a bar for each part of a country's gain, side by side [million USD]."""
    places = np.arange(len(welfare))
    for number, (part, (label, tint)) in enumerate(PARTS.items()):
        beside = places + 0.28 * (number - 0.5)
        axes.bar(
            beside,
            welfare[part],
            0.27,
            color=tint,
            label=label,
        )


def _draw_totals(axes: Axes, totals: np.ndarray) -> None:
    """Mark the total of each country, and write it beside the mark [million USD]."""
    places = np.arange(len(totals))
    axes.plot(
        places,
        totals,
        "D",
        color="black",
        ms=5,
        label="both together",
    )
    for place, total in zip(places, totals, strict=True):
        text = f"{total:+,.0f}".replace("-", "−")
        axes.text(
            place + 0.32,
            total,
            text,
            va="center",
            ha="left",
            fontsize=8,
        )
