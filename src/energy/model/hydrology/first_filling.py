"""First filling of a reservoir: content carried from year to year, its level, and the yield of the units below it.

Three things are one here: what a year keeps back raises the level for all years after, the level gives the head, and
the head gives the energy of each hm³. More filling this year never lowers next year's head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.first_filling import FillingRule
from energy.case.rules import RuleBook
from energy.model.axis import in_window
from energy.model.head_curves import HeadCurve, specific_energy
from energy.model.hourly import Hourly, multiply, number, replace_columns

CURVE_POINTS = 9
"""Points of the head curve of a full reservoir, evenly over its active volume."""


def _volume_below(
    rule: FillingRule,
    level: float,
) -> float:
    """Return the volume below a level [m] in hm³, by the volume curve of the rule."""
    depth = (level - rule.bottom) / (rule.top - rule.bottom)
    return float(rule.volume * depth**rule.exponent)


def _level_of(
    rule: FillingRule,
    content: float | np.ndarray,
) -> np.ndarray:
    """Return the level [m] at contents [hm³], by the volume curve of the rule."""
    depth = (np.asarray(content) / rule.volume) ** (1 / rule.exponent)
    return np.asarray(rule.bottom + depth * (rule.top - rule.bottom))


def _yield_of(
    rule: FillingRule,
    content: float | np.ndarray,
) -> np.ndarray:
    """Return the energy that an hm³ makes [MWh/hm³] at contents [hm³]: P = ρ·g·Q·H·η at the head of the level.

    Below the tailwater there is no head and no energy.
    """
    head = _level_of(rule, content) - rule.tailwater
    energy_of_a_metre = specific_energy(1.0, rule.efficiency)
    return np.asarray(energy_of_a_metre * head.clip(min=0.0))


def _discharge_of(
    rule: FillingRule,
    content: float | np.ndarray,
) -> np.ndarray:
    """Return the share of its rated flow that a turbine passes at contents [hm³], at most 1.

    At a given opening the flow goes with the root of the head (unit discharge Q₁₁ of a Francis turbine).
    """
    if rule.design_head is None:
        return np.ones_like(_level_of(rule, content))
    head = _level_of(rule, content) - rule.tailwater
    share = np.sqrt(head.clip(min=0.0) / rule.design_head)
    return np.asarray(share.clip(max=1.0))


def _content_after(
    rule: FillingRule,
    year: int,
) -> float:
    """Return the content [hm³] at the end of the filling window of a year.

    Between the years whose levels are given it rises evenly, after the last of them by ``yearly``, until the reservoir
    is full. Before the first of them it is that of the first.

    Examples
    --------
    >>> from energy.case import read_case
    >>> rule = read_case("casa1000").rules.rules["rogun_filling"]
    >>> round(_content_after(rule, 2026) - _content_after(rule, 2025), 6) == rule.yearly
    True
    """
    levels = {**rule.before, rule.year: rule.level}
    years = sorted(levels)
    contents = [_volume_below(rule, levels[known]) for known in years]
    if year <= rule.year:
        return float(np.interp(year, years, contents))
    filled = contents[-1] + (year - rule.year) * rule.yearly
    return min(filled, rule.volume)


def _kept_back(
    rule: FillingRule,
    year: int,
) -> float:
    """Return the volume [hm³] that a year keeps back."""
    return _content_after(rule, year) - _content_after(rule, year - 1)


def _content_over(
    rule: FillingRule,
    hours: pd.DatetimeIndex,
) -> np.ndarray:
    """Return the content [hm³] at the end of each hour; shape (hours,). It rises evenly within the window of a year."""
    content = np.empty(len(hours))
    for year in hours.year.unique():
        in_year = hours.year == year
        whole_year = _hours_of(int(year))
        is_filling = in_window(whole_year, rule.window.start, rule.window.end)
        share = np.cumsum(is_filling) / is_filling.sum()
        share_of_hour = share[whole_year.get_indexer(hours[in_year])]
        content[in_year] = _content_after(rule, int(year) - 1) + share_of_hour * _kept_back(rule, int(year))
    return content


def _hours_of(year: int) -> pd.DatetimeIndex:
    return pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="h", inclusive="left")


def _draw_over(
    rule: FillingRule,
    hours: pd.DatetimeIndex,
) -> np.ndarray:
    """Return what is kept back in each hour [hm³/h]; shape (hours,)."""
    is_filling = in_window(hours, rule.window.start, rule.window.end)
    draw = np.zeros(len(hours))
    for year in hours.year.unique():
        whole_window = in_window(_hours_of(int(year)), rule.window.start, rule.window.end)
        in_year = hours.year == year
        draw[in_year & is_filling] = _kept_back(rule, int(year)) / whole_window.sum()
    return draw


def _filling_rules(book: RuleBook) -> Iterator[FillingRule]:
    """Yield the rules of first filling in force."""
    for rule in book.rules.values():
        if isinstance(rule, FillingRule):
            yield rule


def _dead_volume(
    rule: FillingRule,
    active: float,
) -> float:
    """Return the volume below the active one of the full reservoir [hm³]."""
    return max(rule.volume - active, 0.0)


def apply_first_filling(
    case: Case,
    book: RuleBook,
    hours: pd.DatetimeIndex,
    components: dict[str, pd.DataFrame],
    hourly: Hourly,
) -> None:
    """Set what follows from a reservoir's first filling: what its sink draws, yield of its turbines, its first content.

    Parameters
    ----------
    case
        The case, for the names that patterns mean.
    book
        The rules in force.
    hours
        Start of every hour, UTC.
    components
        Components in service, changed in place: ``p_nom`` of the sink, ``e_initial`` of the store.
    hourly
        Values over the hours, changed in place: ``efficiency`` and ``p_max_pu`` of turbines, both bounds of the sink.
    """
    for rule in _filling_rules(book):
        content = _content_over(rule, hours)
        _set_sink(rule, hours, components, hourly)
        _set_turbines(case, rule, hours, components, hourly, content=content)
        _set_store(rule, hours[0], components)


def _set_sink(
    rule: FillingRule,
    hours: pd.DatetimeIndex,
    components: dict[str, pd.DataFrame],
    hourly: Hourly,
) -> None:
    generators = components.get("generators", pd.DataFrame())
    if rule.sink not in generators.index:
        return
    draw = _draw_over(rule, hours)
    most = float(draw.max(initial=0.0))
    share = draw / most if most > 0 else draw
    stands = _standing(hourly, hours, rule.sink)
    generators = generators.copy()  # other scenarios share it
    generators.loc[rule.sink, "p_nom"] = most
    components["generators"] = generators
    for attribute in ("p_min_pu", "p_max_pu"):
        table = pd.DataFrame({rule.sink: share * stands}, index=hours)
        replace_columns(hourly, "generators", attribute, table)


def _standing(
    hourly: Hourly,
    hours: pd.DatetimeIndex,
    sink: str,
) -> np.ndarray:
    """Return 1 where the sink stands and 0 where the years of a long horizon hold it at zero; shape (hours,)."""
    table = hourly.get(("generators", "p_max_pu"))
    if table is None or sink not in table:
        return np.ones(len(hours))
    return np.asarray((table[sink] > 0).astype(float))


def _set_turbines(
    case: Case,
    rule: FillingRule,
    hours: pd.DatetimeIndex,
    components: Mapping[str, pd.DataFrame],
    hourly: Hourly,
    content: np.ndarray,
) -> None:
    links = components.get("links", pd.DataFrame())
    energy = _yield_of(rule, content)
    discharge = _discharge_of(rule, content)
    full = np.ones(len(hours))
    patterns = [(rule.turbines, discharge), (rule.temporary, full)]
    for names, share_at_head in patterns:
        for name in links.index.intersection(_names(case, names)):
            table = pd.DataFrame({name: energy}, index=hours)
            replace_columns(hourly, "links", "efficiency", table)
            most = energy * number(links, name, "p_nom")
            rated = _within(rule.unit_power, most)
            available = np.minimum(share_at_head, rated)
            multiply(hourly, components, hours, "links", "p_max_pu", [name], available)


def _within(
    unit_power: float,
    power: np.ndarray,
) -> np.ndarray:
    """Return the share of a power [MW] that a rating allows, at most 1."""
    is_above = power > unit_power
    return np.where(is_above, unit_power / np.where(is_above, power, 1.0), 1.0)


def turbines_of(
    case: Case,
    rule: FillingRule,
) -> list[str]:
    """Return the links that a rule's names and patterns mean, each once."""
    return _names(case, (*rule.turbines, *rule.temporary))


def _names(
    case: Case,
    patterns: tuple[str, ...],
) -> list[str]:
    names: dict[str, None] = {}
    for pattern in patterns:
        names.update(dict.fromkeys(case.names("links", pattern)))
    return list(names)


def _set_store(
    rule: FillingRule,
    start: pd.Timestamp,
    components: dict[str, pd.DataFrame],
) -> None:
    stores = components.get("stores", pd.DataFrame())
    if rule.store is None or rule.store not in stores.index:
        return
    active = number(stores, rule.store, "e_nom")
    first_hour = pd.DatetimeIndex([start])
    content = float(_content_over(rule, first_hour)[0])
    above_dead = content - _dead_volume(rule, active)
    stores = stores.copy()  # other scenarios share it
    stores.loc[rule.store, "e_initial"] = min(max(above_dead, 0.0), active)
    components["stores"] = stores


def filled_head_curves(
    case: Case,
    book: RuleBook,
    components: Mapping[str, pd.DataFrame],
) -> tuple[HeadCurve, ...]:
    """Return the head curves over the active volumes of the reservoirs in service that have a rule of first filling."""
    stores = components.get("stores", pd.DataFrame())
    links = components.get("links", pd.DataFrame())
    curves = []
    for rule in _filling_rules(book):
        turbines = tuple(name for name in turbines_of(case, rule) if name in links.index)
        if rule.store is None or rule.store not in stores.index or not turbines:
            continue
        active = number(stores, rule.store, "e_nom")
        contents = np.linspace(0.0, active, CURVE_POINTS)
        energies = _yield_of(rule, _dead_volume(rule, active) + contents)
        curve = HeadCurve(
            store=rule.store,
            links=turbines,
            levels=tuple(contents.tolist()),
            efficiencies=tuple(energies.tolist()),
        )
        curves.append(curve)
    return tuple(curves)
