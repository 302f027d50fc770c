"""Variants of the backcast: another head, and scenarios that say what they vary."""

from __future__ import annotations

from energy.scenario import Scenario, list_scenarios, read_scenario

VARIANT = "variant: "


def tagged(tag: str) -> list[str]:
    """Return the names of the library's scenarios with a tag."""
    names = []
    for name, path in list_scenarios().items():
        scenario = read_scenario(path)
        if tag in scenario.tags:
            names.append(name)
    return names


def variants(years: list[Scenario]) -> dict[str, list[Scenario]]:
    """Return the variants of a backcast.

    Parameters
    ----------
    years
        The years as they are.

    Returns
    -------
    dict
        Name → the years it has: all of them with a fixed head, and what scenarios of the library with a tag
        ``variant: <name>`` and one of these calendar years say.
    """
    fixed = [year.replace(head="fixed") for year in years]
    scenarios = {"head: fixed": fixed}
    calendar_years = {year.year for year in years}
    for path in list_scenarios().values():
        scenario = read_scenario(path)
        name = _variant(scenario)
        if name is None or scenario.year not in calendar_years:
            continue
        of_variant = scenarios.setdefault(name, [])
        of_variant.append(scenario)
    return scenarios


def _variant(scenario: Scenario) -> str | None:
    """Return the variant that a scenario belongs to, as its first tag of the kind says."""
    for tag in scenario.tags:
        if tag.startswith(VARIANT):
            return tag.removeprefix(VARIANT)
    return None
