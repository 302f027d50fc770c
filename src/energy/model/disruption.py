"""Events → factors on what they hit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.errors import Fault, InputError, nearest
from energy.model.base_inputs import BaseInputs, SnapshotInputs
from energy.model.cache import IdentityKey
from energy.model.horizon import event_faults, on_calendar, steps_of
from energy.model.hourly import number
from energy.scenario import Event, Scenario, combine

Columns = dict[tuple[str, str, str], np.ndarray]
"""(component list, attribute, name) → values in every hour; shape (hours,)."""

_LOWER = {"p_max_pu": "p_min_pu"}  # what must run cannot run while it is out


def event_cuts(scenario: Scenario, start: pd.Timestamp) -> Iterator[pd.Timestamp]:
    """Yield the instants at which an event of the scenario begins, ends, or has wholly recovered."""
    for event in scenario.events:
        yield from event.window(start)
        yield event.recovered(start)


def targets(case: Case, scenario: Scenario) -> dict[tuple[str, str, str], list[Event]]:
    """Return which events act on which (component list, name, attribute).

    Raises
    ------
    InputError
        When an event names a component or corridor that the case does not have, or lies outside the horizon.
    """
    found: defaultdict[tuple[str, str, str], list[Event]] = defaultdict(list)
    faults = list(event_faults(on_calendar(case, scenario)))
    for position, event in enumerate(scenario.events):
        for at, place in enumerate(event.places):
            if place.table is None:
                pairs = case.corridor(place.name)
                known = list(case.corridors["corridor"].unique()) if len(case.corridors) else []
                what = f"event {event.name!r}: no corridor {place.name!r}"
            else:
                pairs = [(place.table, name) for name in case.names(place.table, place.name)]
                known = list(case.components.get(place.table, pd.DataFrame()).index)
                what = f"event {event.name!r}: no {place.table} match {place.name!r}"
            if not pairs:
                allowed = ", ".join(known[:30])
                origin = scenario.written_at("events", position, "where", at)
                faults.append(
                    Fault(what, origin.where, line=origin.line, allowed=allowed, repair=nearest(place.name, known))
                )
            for component, name in pairs:
                if component in event.kind.attributes:
                    key = (component, name, event.kind.attributes[component])
                    if event not in found[key]:
                        found[key].append(event)
    if faults:
        raise InputError(faults)
    return dict(found)


def apply_events(
    case: Case,
    scenario: Scenario,
    stands: SnapshotInputs,
    targeted: Mapping[tuple[str, str, str], list[Event]],
    load: Callable[[str], np.ndarray],
) -> dict[tuple[str, str], np.ndarray]:
    """Return the attributes that the scenario's events change, in every snapshot; shape (snapshots, names).

    Events multiply what they hit, hour by hour, before the hours are averaged to snapshots; components that are not in
    service are left out.

    Parameters
    ----------
    case, scenario, stands
        What exists, what happens, and the values without events.
    targeted
        What ``targets`` found.
    load
        Demand or inflow of a load in every hour.
    """
    base = stands.base
    hit: Columns = {}
    # what the same events leave of several components
    factors: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]] = {}
    for (component, name, attribute), events in targeted.items():
        table = base.components.get(component)
        if table is None or name not in table.index:
            continue
        same = tuple(map(id, events))
        if same not in factors:
            factors[same] = _left(case, scenario, base, events)
        factor, at_most_one = factors[same]
        column = load(name) if component == "loads" else base.column(component, attribute, name)
        hit[component, attribute, name] = column * factor
        lower = _LOWER.get(attribute)
        if lower is not None:  # what must run cannot run while it is out
            hit[component, lower, name] = base.column(component, lower, name) * at_most_one
    poles = _poles(case, base)
    altered = any(address.startswith("profiles/loss_curve") for address in scenario.values)
    if not any(poles.values()) or (all(poles.values()) and not scenario.events and not altered):
        return _averaged(hit, stands)
    every = np.ones(len(base.hours), dtype=bool)
    for pattern, names in poles.items() if altered else ():  # the table of links holds the curve as the case has it
        _use_curve(case.profiles["loss_curve"].loc[[(pattern, "bipole")]].iloc[0], every, base, hit, names)
    _fill(poles, base, hit)
    _monopole(case, scenario, poles, base, hit)
    return _averaged(hit, stands)


def _left(case: Case, scenario: Scenario, base: BaseInputs, events: list[Event]) -> tuple[np.ndarray, np.ndarray]:
    """Return what events leave in every hour, and the same at most 1; snapshots of a user's own are means of hours."""
    if case.weightings is None:
        factor = combine(events, base.hours, base.hours[0])
        return factor, np.minimum(factor, 1.0)
    steps = steps_of(case, scenario)
    factor = combine(events, steps.instants, steps.instants[0])
    return steps.mean(factor), steps.mean(np.minimum(factor, 1.0))


def _averaged(hit: Columns, stands: SnapshotInputs) -> dict[tuple[str, str], np.ndarray]:
    found: dict[tuple[str, str], np.ndarray] = {}
    if not hit:
        return found
    means = stands.axis.mean(np.column_stack(list(hit.values()))).T
    for (component, attribute, name), mean in zip(hit, means, strict=True):
        if (component, attribute) not in found:
            found[component, attribute] = stands.dense[component, attribute].copy()
        found[component, attribute][:, stands.base.components[component].index.get_loc(name)] = mean
    return found


def _poles(case: Case, base: BaseInputs) -> dict[str, list[str]]:
    """Return the links in service of each DC pole that has a loss curve, by the curve's pattern."""
    if "loss_curve" not in case.profiles:
        return {}
    links = base.components.get("links", pd.DataFrame()).index
    patterns = case.profiles["loss_curve"].index.unique("link")
    return {pattern: [n for n in case.names("links", pattern) if n in links] for pattern in patterns}


def _fill(poles: Mapping[str, list[str]], base: BaseInputs, hit: Columns) -> None:
    """Leave a derated pole the first segments of its loss curve: at half power it runs where it loses least."""
    links = base.components["links"]
    for names in poles.values():
        for ordered in _by_direction(links, names):
            if not any(("links", "p_max_pu", name) in hit for name in ordered):
                continue
            widths = np.array([[number(links, name, "p_nom")] for name in ordered])
            share = np.array([_remaining(base, hit, name) for name in ordered])
            before = np.cumsum(widths, axis=0) - widths
            left = np.clip((share * widths).sum(axis=0) - before, 0.0, widths)
            filled = np.divide(left, widths, out=np.zeros_like(left), where=widths > 0)
            for name, column, old in zip(ordered, filled, share, strict=True):
                # whole or wholly out: nothing to fill, and no rounding
                hit["links", "p_max_pu", name] = np.where((share == share[0]).all(axis=0) & (old % 1 == 0), old, column)


def _remaining(base: BaseInputs, hit: Columns, name: str) -> np.ndarray:
    found = hit.get(("links", "p_max_pu", name))
    return base.column("links", "p_max_pu", name) if found is None else found


def _by_direction(links: pd.DataFrame, names: list[str]) -> list[list[str]]:
    """Return the links of a pole by the buses that they join, each list in the order of the segments."""
    return _in_order(IdentityKey(links), tuple(names))


@lru_cache(maxsize=32)
def _in_order(links: IdentityKey[pd.DataFrame], names: tuple[str, ...]) -> list[list[str]]:
    ends = {name: (links.it.at[name, "bus0"], links.it.at[name, "bus1"]) for name in names}
    return [[name for name in names if ends[name] == buses] for buses in dict.fromkeys(ends.values())]


def _monopole(case: Case, scenario: Scenario, poles: Mapping[str, list[str]], base: BaseInputs, hit: Columns) -> None:
    """Give the poles that stay the loss curve of their return path while another pole is out."""
    if not poles:
        return
    curves = case.profiles["loss_curve"]
    nothing = [np.zeros(len(base.hours))]  # a pole that is not built yet is as good as out
    out = {
        pattern: np.max([_remaining(base, hit, name) for name in names] or nothing, axis=0) == 0
        for pattern, names in poles.items()
    }
    modes = _return_modes(scenario, base.hours)
    for pattern, names in poles.items():
        others = [out[other] for other in poles if other != pattern]
        alone = ~out[pattern] & np.any(others, axis=0) if others else np.zeros(len(base.hours), dtype=bool)
        for mode in sorted(set(modes[alone])):
            _use_curve(curves.loc[(pattern, mode)], alone & (modes == mode), base, hit, names)


def _return_modes(scenario: Scenario, hours: pd.DatetimeIndex) -> np.ndarray:
    modes = np.full(len(hours), scenario.return_mode, dtype=object)
    for event in scenario.events:
        if event.kind.return_mode is not None:
            start, end = event.window(hours[0])
            modes[(hours >= start) & (hours < end)] = event.kind.return_mode
    return modes


def _use_curve(curve: pd.Series, chosen: np.ndarray, base: BaseInputs, hit: Columns, names: list[str]) -> None:
    links = base.components["links"]
    losses = {str(part): float(value) for part, value in curve.items()}
    for ordered in _by_direction(links, names):
        efficiency = segment_efficiency(losses, links.loc[ordered, "p_nom"].to_numpy(float))
        for name, value in zip(ordered, efficiency, strict=True):
            key = ("links", "efficiency", name)
            hit[key] = np.where(chosen, value, hit.get(key, base.column(*key)))


def segment_efficiency(curve: Mapping[str, float] | pd.Series, widths: np.ndarray) -> np.ndarray:
    """Return the efficiency of the parallel segments that stand for a DC pole's loss curve; shape (segments,).

    loss(p) = constant + linear·p + quadratic·p². The first segment runs from zero to its width and carries the
    constant part; each further one has the slope of the chord of the curve over its width. As the slopes fall, an
    optimiser fills the segments in order. Below the first width the loss is that of a pole that is switched off for
    part of the time. A segment without width, of a pole that is taken out by its rating, has the slope of the curve.

    Parameters
    ----------
    curve
        ``constant`` [MW], ``linear`` [MW/MW], ``quadratic`` [MW/MW²], at the sending end.
    widths
        ``p_nom`` of the segments in order [MW].

    Examples
    --------
    >>> segment_efficiency({"constant": 1.0, "linear": 0.0, "quadratic": 1e-4}, np.array([100.0, 100.0]))
    array([0.98, 0.97])
    >>> segment_efficiency({"constant": 1.0, "linear": 0.01, "quadratic": 1e-4}, np.zeros(2))
    array([0.99, 0.99])
    """
    ends = np.concatenate([[0.0], np.cumsum(widths)])
    loss = curve["constant"] + curve["linear"] * ends + curve["quadratic"] * ends**2
    loss[0] = 0.0
    slope = curve["linear"] + 2 * curve["quadratic"] * ends[1:]
    return np.asarray(1 - np.divide(np.diff(loss), widths, out=slope, where=widths > 0))
