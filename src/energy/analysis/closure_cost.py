"""What takes the place of the line while it is closed, and what that costs each country.

A settlement says what the line saves and brings against a year without it. What a closure takes is the difference of
two settlements: of the undisturbed year, and of the year with the closure.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from energy.analysis.settlement import Settlement
from energy.metrics.settlement import MILLION

FUEL = "fuel of the buyer"
TOGETHER = "together"
_SEEN = 0.05
"""Electricity below which a carrier is left out [GWh]."""


def replacing_supply(
    undisturbed: Settlement,
    closed: Mapping[str, Settlement],
    country: str,
) -> pd.DataFrame:
    """Return what a country's plants generate more because of closures, by carrier.

    Parameters
    ----------
    undisturbed
        Settlement without a closure.
    closed
        Name of a closure → settlement with it.
    country
        Whose plants.

    Returns
    -------
    pandas.DataFrame
        Index closure; ``lost`` of the line and a column a carrier that generates more or less [GWh], and ``CO2`` [t].
    """
    usual_delivery = undisturbed.terms["delivered"].sum()
    rows = {}
    for name, settlement in closed.items():
        avoided_less = undisturbed.avoided - settlement.avoided
        more = avoided_less.xs(country, level="country")
        lost = usual_delivery - settlement.terms["delivered"].sum()
        row = {"lost": float(lost)}
        for carrier, energy in more["electricity"].items():
            row[str(carrier)] = float(energy)
        row["CO2"] = float(more["CO2"].sum())
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("closure")
    is_large = table.abs() > _SEEN
    is_seen = is_large.any()
    is_seen["lost"] = True
    kept = table.loc[:, is_seen]
    kept.attrs["units"] = "GWh; CO2 t"
    return kept


def cost_by_party(undisturbed: Settlement, closed: Mapping[str, Settlement]) -> pd.DataFrame:
    """Return what closures cost the parties of the contract, and all countries together.

    Sellers and transit lose what they are paid. The buyer does not pay it, and burns fuel of its own instead, valued by
    its merit order. Together counts plants, purchases and unserved demand of all countries; what the sellers do with
    the power that they keep is in it, and in no column of a party.

    Returns
    -------
    pandas.DataFrame
        Index closure; a column a party, ``fuel of the buyer``, which is part of the buyer's column, and ``together``;
        million USD a year, below zero: a gain.
    """
    usual_positions = undisturbed.positions.sum()
    usual_fuel = undisturbed.fuel["replaced fuel"].sum()
    usual_welfare = undisturbed.welfare["system"].sum()
    buyer = str(undisturbed.contract.buyer)
    rows = {}
    for name, settlement in closed.items():
        cost = (usual_positions - settlement.positions.sum()) / MILLION
        replaced_fuel = settlement.fuel["replaced fuel"].sum()
        fuel = float(usual_fuel - replaced_fuel) / MILLION
        welfare = settlement.welfare["system"].sum()
        row = {str(party): float(value) for party, value in cost.items()}
        row[buyer] += fuel
        row[FUEL] = fuel
        row[TOGETHER] = float(usual_welfare - welfare)
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("closure")
    table = table.round(6) + 0.0
    table.attrs["units"] = "million USD, below zero: a gain"
    return table
