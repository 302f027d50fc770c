"""Money of the line: who receives and who pays under the contract, and what the line is worth to each country."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.plots.style import LINES, footer, framed, heading, legend_above, styled, value_axis
from energy.results.countries import country_name

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MILLION = 1e-6
PARTS = {
    "system": ("plants, trade and rents", "#0072b2"),
    "payments": ("payments of the contract", "#e69f00"),
}
"""Part of a country's gain → its label and colour."""


def settlement_figure(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw what each party receives (above zero) and pays (below) in the year, by item.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``; its contract has prices and a quantity.
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
    if "settled" not in dataset:
        fault = Fault(
            "this run has no settlement",
            allowed="a contract with prices and a quantity",
            repair="draw another figure",
        )
        raise InputError(fault)
    payments = pd.DataFrame(dataset["settled"].to_pandas()) * MILLION
    note = "Prices of the contract, USD of 2025; costs of generation and debt service are not in it."
    with styled():
        figure = framed(
            heading(dataset, "Who is paid what"),
            footer(dataset, note=note),
            size,
        )
        axes = figure.subplots()
        received, paid = _draw_payments(axes, payments)
        span = max(float(received.max() - paid.min()), 1.0)
        _label_balances(axes, payments, received + 0.02 * span, paid - 0.02 * span)
        axes.axhline(0, color="black", lw=0.7)
        parties = [country_name(str(party)) for party in payments.index]
        axes.set_xticks(np.arange(len(parties)), parties)
        axes.tick_params(axis="x", length=0)
        axes.set_ylim(paid.min() - 0.12 * span, received.max() + 0.12 * span)
        value_axis(axes, "received in the year [million USD]")
        axes.legend(loc="upper right")
    return figure


def _draw_payments(axes: Axes, payments: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Draw the items of each party as stacked bars; return where its bars end above and below zero [million USD]."""
    parties = np.arange(len(payments))
    received = np.zeros(len(payments))
    paid = np.zeros(len(payments))
    for number, item in enumerate(payments.columns):
        payment = payments[item].to_numpy()
        receipt = payment.clip(min=0)
        expense = payment.clip(max=0)
        axes.bar(
            parties,
            receipt,
            width=0.62,
            bottom=received,
            color=LINES[number],
            label=f"{item} price",
        )
        axes.bar(
            parties,
            expense,
            width=0.62,
            bottom=paid,
            color=LINES[number],
            label=f"_{item}",
        )
        received = received + receipt
        paid = paid + expense
    return received, paid


def _label_balances(axes: Axes, payments: pd.DataFrame, above: np.ndarray, below: np.ndarray) -> None:
    """Write the balance of each party [million USD] above its bars, or below them where it pays more."""
    balances = payments.to_numpy().sum(axis=1)
    for number, balance in enumerate(balances):
        receives = balance >= 0
        text = f"{balance + 0:+,.1f}"  # + 0: no minus before a zero
        axes.text(
            number,
            above[number] if receives else below[number],
            text.replace("-", "−"),
            ha="center",
            va="bottom" if receives else "top",
            fontsize=9,
            fontweight="bold",
        )


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
        value_axis(axes, "gain from the line [million USD]")
        legend_above(axes)
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
