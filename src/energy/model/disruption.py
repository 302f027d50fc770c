"""Events → factors on what they hit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.errors import Fault, InputError, nearest
from energy.model.base_inputs import BaseInputs, SnapshotInputs
from energy.model.cache import NO_COMPONENTS, IdentityKey
from energy.model.horizon import event_faults, on_calendar, steps_of
from energy.model.hourly import number
from energy.scenario import Event, Scenario, combine
from energy.scenario.event import Place

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
    hit_by: defaultdict[tuple[str, str, str], list[Event]] = defaultdict(list)
    faults = list(event_faults(on_calendar(case, scenario)))
    for position, event in enumerate(scenario.events):
        for number_of_place, place in enumerate(event.places):
            hit = _components_at(case, place)
            if not hit:
                origin = scenario.written_at("events", position, "where", number_of_place)
                fault = _nothing_at(case, event, place)
                faults.append(replace(fault, where=origin.where, line=origin.line))
            for component, name in hit:
                attribute = event.kind.attributes.get(component)
                if attribute is None:
                    continue
                events = hit_by[component, name, attribute]
                if event not in events:
                    events.append(event)
    if faults:
        raise InputError(faults)
    return dict(hit_by)


def _components_at(case: Case, place: Place) -> list[tuple[str, str]]:
    """Return the components that a place of an event names: those of a corridor, or of a pattern in a list."""
    if place.table is None:
        return case.corridor(place.name)
    return [(place.table, name) for name in case.names(place.table, place.name)]


def _nothing_at(
    case: Case,
    event: Event,
    place: Place,
) -> Fault:
    """Return the fault of an event at a place that the case does not have."""
    if place.table is None:
        what = f"event {event.name!r}: no corridor {place.name!r}"
        corridors = case.corridors.get("corridor", pd.Series(dtype=object))
        names = list(corridors.unique())
    else:
        what = f"event {event.name!r}: no {place.table} match {place.name!r}"
        names = list(case.components.get(place.table, NO_COMPONENTS).index)
    return Fault(what, allowed=", ".join(names[:30]), repair=nearest(place.name, names))


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
        same_events = tuple(map(id, events))
        if same_events not in factors:
            factors[same_events] = _left(case, scenario, base, events)
        factor, at_most_one = factors[same_events]
        column = load(name) if component == "loads" else base.column(component, attribute, name)
        hit[component, attribute, name] = column * factor
        lower = _LOWER.get(attribute)
        if lower is not None:  # what must run cannot run while it is out
            least = base.column(component, lower, name)
            hit[component, lower, name] = least * at_most_one
    _change_poles(case, scenario, base, hit)
    return _averaged(hit, stands)


def _change_poles(
    case: Case,
    scenario: Scenario,
    base: BaseInputs,
    hit: Columns,
) -> None:
    """Write what events and values leave of DC poles that have a loss curve."""
    poles = _poles(case, base)
    curve_is_altered = any(address.startswith("profiles/loss_curve") for address in scenario.values)
    all_stand = all(poles.values())
    if not any(poles.values()):
        return
    if all_stand and not scenario.events and not curve_is_altered:
        return
    if curve_is_altered:  # the table of links holds the curve as the case has it
        every_hour = np.ones(len(base.hours), dtype=bool)
        for pattern, names in poles.items():
            curve = case.profiles["loss_curve"].loc[[(pattern, "bipole")]].iloc[0]
            _use_curve(curve, every_hour, base, hit=hit, names=names)
    _fill(poles, base, hit)
    _monopole(case, scenario, poles, base=base, hit=hit)


def _left(
    case: Case,
    scenario: Scenario,
    base: BaseInputs,
    events: list[Event],
) -> tuple[np.ndarray, np.ndarray]:
    """Return what events leave in every hour, and the same at most 1; snapshots of a user's own are means of hours."""
    if case.weightings is None:
        factor = combine(events, base.hours, base.hours[0])
        return factor, np.minimum(factor, 1.0)
    steps = steps_of(case, scenario)
    factor = combine(events, steps.instants, steps.instants[0])
    at_most_one = np.minimum(factor, 1.0)
    return steps.mean(factor), steps.mean(at_most_one)


def _averaged(hit: Columns, stands: SnapshotInputs) -> dict[tuple[str, str], np.ndarray]:
    """Return hourly columns as attributes in every snapshot; shape (snapshots, names)."""
    changed: dict[tuple[str, str], np.ndarray] = {}
    if not hit:
        return changed
    hourly = np.column_stack(list(hit.values()))
    means = stands.axis.mean(hourly)
    for (component, attribute, name), mean in zip(hit, means.T, strict=True):
        if (component, attribute) not in changed:
            changed[component, attribute] = stands.dense[component, attribute].copy()
        column = stands.base.components[component].index.get_loc(name)
        changed[component, attribute][:, column] = mean
    return changed


def _poles(case: Case, base: BaseInputs) -> dict[str, list[str]]:
    """Return the links in service of each DC pole that has a loss curve, by the curve's pattern."""
    if "loss_curve" not in case.profiles:
        return {}
    links = base.components.get("links", NO_COMPONENTS).index
    poles = {}
    for pattern in case.profiles["loss_curve"].index.unique("link"):
        names = case.names("links", pattern)
        poles[pattern] = [name for name in names if name in links]
    return poles


def _fill(
    poles: Mapping[str, list[str]],
    base: BaseInputs,
    hit: Columns,
) -> None:
    """Leave a derated pole the first segments of its loss curve: at half power it runs where it loses least."""
    links = base.components["links"]
    for names in poles.values():
        for segments in _by_direction(links, names):
            if any(("links", "p_max_pu", name) in hit for name in segments):
                _fill_segments(segments, base, hit)


def _fill_segments(
    segments: list[str],
    base: BaseInputs,
    hit: Columns,
) -> None:
    """Fill the segments of a pole in order with the power that is left of it."""
    links = base.components["links"]
    widths = np.array([[number(links, name, "p_nom")] for name in segments])
    share = np.array([_remaining(base, hit, name) for name in segments])
    power = (share * widths).sum(axis=0)
    before = np.cumsum(widths, axis=0) - widths
    filled = np.clip(power - before, 0.0, widths)
    filled_share = np.divide(
        filled,
        widths,
        out=np.zeros_like(filled),
        where=widths > 0,
    )
    is_even = (share == share[0]).all(axis=0)
    for name, after, old in zip(segments, filled_share, share, strict=True):
        # whole or wholly out: nothing to fill, and no rounding
        is_whole = is_even & (old % 1 == 0)
        hit["links", "p_max_pu", name] = np.where(is_whole, old, after)


def _remaining(
    base: BaseInputs,
    hit: Columns,
    name: str,
) -> np.ndarray:
    """Return what is left of a link in every hour, as a share of its rating."""
    key = ("links", "p_max_pu", name)
    if key in hit:
        return hit[key]
    return base.column(*key)


def _by_direction(links: pd.DataFrame, names: list[str]) -> list[list[str]]:
    """Return the links of a pole by the buses that they join, each list in the order of the segments."""
    return _in_order(IdentityKey(links), tuple(names))


@lru_cache(maxsize=32)
def _in_order(key: IdentityKey[pd.DataFrame], names: tuple[str, ...]) -> list[list[str]]:
    links = key.it
    by_ends: dict[tuple[str, str], list[str]] = {}
    for name in names:
        ends = (str(links.at[name, "bus0"]), str(links.at[name, "bus1"]))
        by_ends.setdefault(ends, []).append(name)
    return list(by_ends.values())


def _monopole(
    case: Case,
    scenario: Scenario,
    poles: Mapping[str, list[str]],
    *,
    base: BaseInputs,
    hit: Columns,
) -> None:
    """Give the poles that stay the loss curve of their return path while another pole is out."""
    if not poles:
        return
    curves = case.profiles["loss_curve"]
    nothing = np.zeros(len(base.hours))  # a pole that is not built yet is as good as out
    is_out = {}
    for pattern, names in poles.items():
        left = [_remaining(base, hit, name) for name in names]
        is_out[pattern] = np.max(left or [nothing], axis=0) == 0
    modes = _return_modes(scenario, base.hours)
    for pattern, names in poles.items():
        another_is_out = np.zeros(len(base.hours), dtype=bool)
        for other in poles:
            if other != pattern:
                another_is_out |= is_out[other]
        is_alone = another_is_out & ~is_out[pattern]
        for mode in sorted(set(modes[is_alone])):
            curve = curves.loc[(pattern, mode)]
            in_mode = is_alone & (modes == mode)
            _use_curve(curve, in_mode, base, hit=hit, names=names)


def _return_modes(scenario: Scenario, hours: pd.DatetimeIndex) -> np.ndarray:
    """Return the return path of a monopole in every hour."""
    modes = np.full(len(hours), scenario.return_mode, dtype=object)
    for event in scenario.events:
        if event.kind.return_mode is None:
            continue
        start, end = event.window(hours[0])
        is_during = (hours >= start) & (hours < end)
        modes[is_during] = event.kind.return_mode
    return modes


def _use_curve(
    curve: pd.Series,
    chosen: np.ndarray,
    base: BaseInputs,
    *,
    hit: Columns,
    names: list[str],
) -> None:
    """Give the links of a pole the efficiencies of a loss curve in the chosen hours."""
    links = base.components["links"]
    losses = {str(part): float(value) for part, value in curve.items()}
    for segments in _by_direction(links, names):
        widths = links.loc[segments, "p_nom"].to_numpy(float)
        efficiencies = _segment_efficiency(losses, widths)
        for name, efficiency in zip(segments, efficiencies, strict=True):
            key = ("links", "efficiency", name)
            before = hit.get(key, base.column(*key))
            hit[key] = np.where(chosen, efficiency, before)


def _segment_efficiency(curve: Mapping[str, float] | pd.Series, widths: np.ndarray) -> np.ndarray:
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
    >>> _segment_efficiency({"constant": 1.0, "linear": 0.0, "quadratic": 1e-4}, np.array([100.0, 100.0]))
    array([0.98, 0.97])
    >>> _segment_efficiency({"constant": 1.0, "linear": 0.01, "quadratic": 1e-4}, np.zeros(2))
    array([0.99, 0.99])
    """
    ends = np.concatenate([[0.0], np.cumsum(widths)])
    loss = curve["constant"] + curve["linear"] * ends + curve["quadratic"] * ends**2
    loss[0] = 0.0
    slope = curve["linear"] + 2 * curve["quadratic"] * ends[1:]
    loss_share = np.divide(
        np.diff(loss),
        widths,
        out=slope,
        where=widths > 0,
    )
    return np.asarray(1 - loss_share)
