"""Labels: names of countries, services, causes and parameters as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energy.reading.units import unit_suffix

if TYPE_CHECKING:
    from collections.abc import Mapping

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
COUNTRIES = {
    "AF": "Afghanistan",
    "all": "the network",
    "CN": "China",
    "IN": "India",
    "IR": "Iran",
    "KG": "Kyrgyzstan",
    "KZ": "Kazakhstan",
    "PK": "Pakistan",
    "TJ": "Tajikistan",
    "TM": "Turkmenistan",
    "UZ": "Uzbekistan",
}
TITLES = {
    "line": "line outages",
    "water": "plants and water",
    "dispatch": "least-cost dispatch",
    "casa": "CASA-1000",
}
PROPER = ("afghan", "kabul", "kyrgyz", "pakistani", "rogun", "tajik", "uzbek")


def country_name(code: str) -> str:
    """Return the English short name of a country, or the code where there is none.

    Examples
    --------
    >>> country_name("TJ"), country_name("AA")
    ('Tajikistan', 'AA')
    """
    return COUNTRIES.get(code, code)


def words(name: str) -> str:
    """Return a service or cause as words.

    Examples
    --------
    >>> words("own_demand"), words("afghan_contract"), words("line")
    ('own demand', 'Afghan contract', 'line outages')
    """
    if name in TITLES:
        return TITLES[name]
    return " ".join(part.capitalize() if part in PROPER else part for part in name.split("_"))


LARGE = 1e4  # from where four figures would be written with an exponent


def range_text(row: Mapping[Any, Any]) -> str:
    """Return a number's range with its unit; dates and numbers without a unit have none.

    >>> range_text({"low": 1200.0, "high": 2500.5, "unit": "MW"})
    '1,200 to 2,500 MW'
    >>> range_text({"low": 300000.0, "high": 2.69e6, "unit": "MWh"})
    '300,000 to 2,690,000 MWh'
    >>> range_text({"low": 2027.0, "high": 2030.0, "unit": "year"})
    '2027 to 2030'
    """
    if row["unit"] == "year":
        return f"{row['low']:.0f} to {row['high']:.0f}"
    return f"{_end_text(row['low'])} to {_end_text(row['high'])}{unit_suffix(row['unit'])}"


def _end_text(value: float) -> str:
    """Return an end of a range with four figures, a large one as a whole number."""
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:,.4g}"


def short(key: str) -> str:
    """Return a number's key without what all of them begin with.

    >>> short("values.profiles/monthly.KG small hydro.p_max_pu")
    'monthly.KG small hydro.p_max_pu'
    """
    return key.removeprefix("values.").removeprefix("profiles/")
