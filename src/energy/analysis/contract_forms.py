"""Forms of contract compared under water risk: who earns and who bears what in good and bad seasons.

It is a comparison, not a game: no party changes what it offers or takes because of the form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.metrics.labelled_table import labelled_table

TAIL = 0.05
FORMS = (
    "pay per unit, all taken",
    "pay per unit, taken where it pays",
    "take or pay, shortfall relieved",
    "take or pay, shortfall penalised",
    "take or pay, whatever is offered",
)


@dataclass(frozen=True)
class DeliveryTerms:
    """What a comparison of contracts needs.

    Attributes
    ----------
    price
        Of a billed MWh [USD/MWh].
    quantity
        Contracted energy [GWh a season].
    worth
        What a delivered MWh saves the buyer [USD/MWh].
    opportunity
        What a MWh that is not sold is worth to the sellers [USD/MWh]: their next buyer.
    penalty
        What sellers pay for a contracted MWh that they do not offer, in the form that penalises it [USD/MWh].
    """

    price: float
    quantity: float
    worth: float
    opportunity: float
    penalty: float

    def refuse_unsound(self) -> None:
        """Refuse negative terms.

        Raises
        ------
        InputError
            With every term below zero.
        """
        negative = [name for name, value in vars(self).items() if not value >= 0]
        if negative:
            shown = ", ".join(f"{name} {getattr(self, name):g}" for name in negative)
            raise InputError(Fault(f"terms below zero: {shown}", "terms", None, "0 or more"))


def contract_forms(
    terms: DeliveryTerms,
    offered: np.ndarray,
    least_cost: np.ndarray,
    weights: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return what each form of contract means to buyer and sellers over sampled seasons.

    Energy that is offered and not taken goes to the sellers' next buyer. In every form the two net incomes sum to
    worth · taken + opportunity · (offered - taken): a form moves money and risk, and creates value only by the energy
    that is taken.

    Parameters
    ----------
    terms
        Prices and quantity.
    offered
        What could be delivered in each season [GWh]; shape (samples,).
    least_cost
        What the buyer would take of it at the contract's price by its own merit order [GWh]; shape (samples,).
    weights
        Likelihood ratios of the samples; equal by default.

    Returns
    -------
    pandas.DataFrame
        Index form; ``taken`` [GWh], ``bill``, ``buyer``, ``sellers`` [million USD a season]: means of what is billed
        and of each side's net (worth less bill; bill and other sales less penalties); ``buyer worst``,
        ``sellers worst``: means of the worst 5 % of that side's seasons.

    Examples
    --------
    >>> terms = DeliveryTerms(price=90, quantity=1000, worth=40, opportunity=20, penalty=45)
    >>> table = contract_forms(terms, offered=np.array([500.0]), least_cost=np.array([0.0]))
    >>> table["bill"].round(1).tolist()
    [45.0, 0.0, 45.0, 45.0, 90.0]
    """
    terms.refuse_unsound()
    share = np.ones(len(offered)) if weights is None else np.asarray(weights, float)
    share = share / share.sum()
    taken_freely = np.minimum(least_cost, offered)
    contracted = np.full(len(offered), terms.quantity)
    owed = np.minimum(offered, contracted)
    shortfall = contracted - owed
    rows = {}
    for form in FORMS:
        taken = taken_freely if form == FORMS[1] else offered if form == FORMS[0] else owed
        billed = contracted if form == FORMS[4] else taken
        penalty = terms.penalty * shortfall if form == FORMS[3] else np.zeros(len(offered))
        bill = terms.price * billed
        buyer = (terms.worth * taken - bill + penalty) / 1000
        sellers = (bill + terms.opportunity * (offered - taken) - penalty) / 1000
        rows[form] = {
            "taken": taken @ share,
            "bill": bill @ share / 1000,
            "buyer": buyer @ share,
            "buyer worst": _worst(buyer, share),
            "sellers": sellers @ share,
            "sellers worst": _worst(sellers, share),
        }
    return labelled_table(rows, "form", "GWh and million USD a season")


def _worst(income: np.ndarray, share: np.ndarray) -> float:
    """Return the mean of the worst seasons, which have ``TAIL`` of the probability together."""
    order = np.argsort(income, kind="stable")
    before = np.cumsum(share[order]) - share[order]
    part = np.clip(TAIL - before, 0.0, share[order])
    return float(income[order] @ part / part.sum())


def fair_prices(worth: float, opportunity: float) -> tuple[float, float] | None:
    """Return the prices [USD/MWh] between which buyer and sellers both gain; None where there are none.

    Examples
    --------
    >>> fair_prices(worth=40.0, opportunity=20.2)
    (20.2, 40.0)
    """
    return (opportunity, worth) if worth > opportunity else None
