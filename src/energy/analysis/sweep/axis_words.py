"""Axes of a sweep in words: what a figure and a table call them."""

from __future__ import annotations

from energy.scenario import Scenario, split_value_key

FIELDS = {
    "hydrology": "water year",
    "hydrology.draw": "drawn water year",
    "growth": "demand growth",
    "time.resolution": "time resolution",
    "return_mode": "return path",
}
"""Key of a scenario → what it is called; keys that are words themselves are not here."""
EVENT_FIELDS = {
    "duration": "length",
    "expected_duration": "expected length",
    "where": "place",
    "ramp": "length of the ramp back",
}


def axis_words(key: str, base: Scenario) -> str:
    """Return the key of an axis in words.

    Parameters
    ----------
    key
        Dotted key of a scenario.
    base
        The scenario that the axis changes; its events have names.

    Examples
    --------
    >>> from energy.scenario import read_scenario
    >>> base = read_scenario("hvdc_pole_out_july")
    >>> axis_words("events.0.duration", base), axis_words("values.links.HVDC pole 2*.p_nom", base)
    ('pole 1 out: length', 'HVDC pole 2*: p_nom')
    >>> axis_words("values.profiles/inflow.Nurek.all", base), axis_words("hydrology", base)
    ('Nurek: inflow, factor', 'water year')
    """
    if key in FIELDS:
        return FIELDS[key]
    first, _, rest = key.partition(".")
    if first == "events":
        return _event_words(rest, base)
    if first == "values":
        return _value_words(rest)
    return key.replace(".", ": ").replace("_", " ")


def _event_words(rest: str, base: Scenario) -> str:
    number, _, field = rest.partition(".")
    event = f"event {number}"
    if number.isdigit() and int(number) < len(base.events):
        event = base.events[int(number)].name
    words = EVENT_FIELDS.get(field, field.replace("_", " "))
    return f"{event}: {words}"


def _value_words(rest: str) -> str:
    address = split_value_key(rest)
    if address.table.startswith("profiles/"):
        profile = address.table.removeprefix("profiles/").replace("_", " ")
        return f"{address.name}: {profile}, factor"
    return f"{address.name}: {address.attribute}"
