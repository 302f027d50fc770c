"""Settlement figure: who receives and who pays what under the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.plots.frame import footer, framed, heading
from energy.plots.style import LINES, styled, tick_text
from energy.results.countries import country_name

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MILLION = 1e-6


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
        axes.set_ylabel("received in the year [million USD]")
        axes.yaxis.set_major_formatter(tick_text)
        axes.grid(axis="y")
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
