"""Variants of the backcast: another head, and scenarios that say what they vary."""

from __future__ import annotations

from energy.scenario import Scenario, list_scenarios, read_scenario

VARIANT = "variant: "


def tagged(tag: str) -> list[str]:
    """Return the names of the library's scenarios with a tag."""
    return [name for name, path in list_scenarios().items() if tag in read_scenario(path).tags]


def variants(years: list[Scenario]) -> dict[str, list[Scenario]]:
    """Return the variants of a backcast.

    Parameters
    ----------
    years
        The years as they are.

    Returns
    -------
    dict
        Name → the years it has: all of them with a varying head, and what scenarios of the library with a tag
        ``variant: <name>`` and one of these calendar years say.
    """
    found = {"head: varying": [year.replace(head="varying") for year in years]}
    wanted = {year.year for year in years}
    for path in list_scenarios().values():
        scenario = read_scenario(path)
        names = [tag.removeprefix(VARIANT) for tag in scenario.tags if tag.startswith(VARIANT)]
        if names and scenario.year in wanted:
            found.setdefault(names[0], []).append(scenario)
    return found
