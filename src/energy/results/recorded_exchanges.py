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
    rows = case.record[case.record["quantity"].isin(QUANTITIES) & (case.record["unit"] == "GWh")]
    latest: dict[tuple[str, str], RecordedEnergy] = {}
    columns = (rows[column].tolist() for column in ("quantity", "place", "value", "date"))
    for quantity, country, energy, date in zip(*columns, strict=True):
        recorded = RecordedEnergy(float(energy), str(date))
        if (quantity, country) not in latest or latest[quantity, country].year < recorded.year:
            latest[quantity, country] = recorded
    return _derived(latest) | latest


def _derived(
    latest: dict[tuple[str, str], RecordedEnergy],
) -> dict[tuple[str, str], RecordedEnergy]:
    """Return net imports of the countries whose imports and exports of one year are known."""
    net = {}
    for (quantity, country), imports in latest.items():
        exports = latest.get(("exports", country))
        if quantity == "imports" and exports is not None and exports.year == imports.year:
            net["net imports", country] = RecordedEnergy(imports.energy - exports.energy, imports.year)
    return net
