"""Electricity balance of a country by carrier, from a Dataset."""

from __future__ import annotations

import numpy as np
import xarray as xr

STUDIED = ("casa", "reverse")
"""Services of the line under study."""
LINE, TRADE = "CASA-1000", "other trade"
WATER = "water"
STORED = ("stores", "generators", "loads")


def country_balance(found: xr.Dataset, country: str) -> xr.DataArray:
    """Return the power that carriers put into a country's electric buses [MW]; what takes it out is negative.

    Generators count by their carrier, plants on a river by that of their link (bus ``water`` → electric bus), demand as
    ``demand``; links and lines to other countries are ``CASA-1000`` or ``other trade``. Losses of links and lines
    within the country are ``losses``. In every snapshot the carriers sum to zero.

    Parameters
    ----------
    found
        From ``energy.results.record.record``.
    country
        Code in the ``country`` column of buses.

    Returns
    -------
    xarray.DataArray
        Dimensions ``snapshot`` and ``carrier``.
    """
    home = _home(found, country)
    parts: dict[str, np.ndarray] = {}

    def add(carrier: str, power: np.ndarray) -> None:
        if power.size and np.abs(power).max() > 1e-6:
            parts[carrier] = parts.get(carrier, 0.0) + power

    for component in (name for name in STORED if f"{name}_p" in found):
        power = found[f"{component}_p"].to_numpy()
        if component == "generators":
            power = power * found["generators_sign"].to_numpy()
        for number, bus in enumerate(found[f"{component}_bus"].to_numpy()):
            if bus in home:
                carrier = "demand" if component == "loads" else str(found[f"{component}_carrier"].to_numpy()[number])
                add(carrier, -power[:, number] if component == "loads" else power[:, number])
    for carrier, power in _branches(found, home):
        add(carrier, power)
    names = list(parts)
    table = np.column_stack([parts[name] for name in names]) if names else np.zeros((found.sizes["snapshot"], 0))
    return xr.DataArray(
        table, {"snapshot": found["snapshot"], "carrier": names}, ("snapshot", "carrier"), attrs={"units": "MW"}
    )


def countries_of(found: xr.Dataset) -> list[str]:
    """Return the countries with demand, in the order of the buses."""
    buses = dict(zip(found["buses"].to_numpy(), found["buses_country"].to_numpy(), strict=True))
    carriers = dict(zip(found["buses"].to_numpy(), found["buses_carrier"].to_numpy(), strict=True))
    loaded = {buses[bus] for bus in found["loads_bus"].to_numpy() if carriers[bus] != WATER}
    return [str(country) for country in dict.fromkeys(found["buses_country"].to_numpy()) if country in loaded]


def _home(found: xr.Dataset, country: str) -> set[str]:
    electric = (found["buses_country"] == country) & (found["buses_carrier"] != WATER)
    return {str(name) for name in found["buses"].to_numpy()[electric.to_numpy()]}


def _branches(found: xr.Dataset, home: set[str]) -> list[tuple[str, np.ndarray]]:
    carriers = dict(zip(found["buses"].to_numpy(), found["buses_carrier"].to_numpy(), strict=True))
    parts: list[tuple[str, np.ndarray]] = []
    for component in (name for name in ("links", "lines") if f"{name}_p0" in found):
        sent = found[f"{component}_p0"].to_numpy()
        received = -found[f"{component}_p1"].to_numpy() if f"{component}_p1" in found else sent
        ends = zip(found[f"{component}_bus0"].to_numpy(), found[f"{component}_bus1"].to_numpy(), strict=True)
        services = found["links_service"].to_numpy() if component == "links" and "links_service" in found else None
        for number, (begin, end) in enumerate(ends):
            if carriers[begin] == WATER and end in home:
                parts.append((str(found["links_carrier"].to_numpy()[number]), received[:, number]))
            elif begin in home and end in home:
                parts.append(("losses", received[:, number] - sent[:, number]))
            elif begin in home or end in home:
                studied = services is not None and services[number] in STUDIED
                power = received[:, number] if end in home else -sent[:, number]
                parts.append((LINE if studied else TRADE, power))
    return parts
