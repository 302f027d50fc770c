"""Exchanges of countries on record, beside which those of a run stand."""

from __future__ import annotations

from typing import NamedTuple

from energy.case import Case

QUANTITIES = ("imports", "exports", "net imports", "unserved")


class RecordedEnergy(NamedTuple):
    """Energy of a year on record [GWh]."""

    energy: float
    year: str


def recorded_exchanges(case: Case) -> dict[tuple[str, str], RecordedEnergy]:
    """Return the latest imports, exports, net imports and unserved demand of each country on record.

    Net imports that the record does not name are imports less exports where both are known for the same year.

    Parameters
    ----------
    case
        Its record counts.

    Returns
    -------
    dict
        (quantity, country) → energy [GWh] and year; empty where nothing is on record.

    Examples
    --------
    >>> from energy.case import read_case
    >>> recorded_exchanges(read_case("casa1000"))["net imports", "KG"]
    RecordedEnergy(energy=3886.0, year='2025')
    """
    if case.record.empty:
        return {}
    is_exchange = case.record["quantity"].isin(QUANTITIES)
    is_energy = case.record["unit"] == "GWh"
    latest: dict[tuple[str, str], RecordedEnergy] = {}
    for row in case.record[is_exchange & is_energy].to_dict("records"):
        key = (row["quantity"], row["place"])
        recorded = RecordedEnergy(float(row["value"]), str(row["date"]))
        if key not in latest or latest[key].year < recorded.year:
            latest[key] = recorded
    return _derived(latest) | latest


def _derived(
    latest: dict[tuple[str, str], RecordedEnergy],
) -> dict[tuple[str, str], RecordedEnergy]:
    """Return net imports of the countries whose imports and exports of one year are known."""
    net = {}
    for (quantity, country), imports in latest.items():
        exports = latest.get(("exports", country))
        if quantity != "imports" or exports is None:
            continue
        if exports.year == imports.year:
            energy = imports.energy - exports.energy
            net["net imports", country] = RecordedEnergy(energy, imports.year)
    return net
