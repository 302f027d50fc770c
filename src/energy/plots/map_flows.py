"""Map data from a Dataset: nodes, flows between them, plants, and what is disrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from energy.results.country_balance import STUDIED, WATER

if TYPE_CHECKING:
    import xarray as xr

FLAT = ("swap account", "market")
"""Carriers of buses that are books, not places: they are drawn at their country's own bus."""


class Flow(NamedTuple):
    """All branches between two places: mean power, positive from ``begin`` to ``end`` [MW], and how much that fills."""

    begin: str
    end: str
    power: float
    loading: float
    studied: bool
    disrupted: bool


class Plant(NamedTuple):
    """A plant on a river: where, its size and its mean output [MW], and whether an event hits it."""

    name: str
    x: float
    y: float
    size: float
    power: float
    disrupted: bool


def period_weights(found: xr.Dataset) -> np.ndarray:
    """Return the hours [h] of each snapshot in the contract season; of all snapshots where there is no season."""
    inside = (found["weight"] * found["season"]).to_numpy()
    return inside if inside.sum() > 0 else found["weight"].to_numpy()


def places(found: xr.Dataset) -> dict[str, tuple[float, float, str]]:
    """Return the electric buses that are drawn: name → (longitude, latitude, country)."""
    rows = zip(
        *(found[name].to_numpy() for name in ("buses", "buses_x", "buses_y", "buses_country", "buses_carrier")),
        strict=True,
    )
    return {
        str(name): (float(x), float(y), str(country))
        for name, x, y, country, carrier in rows
        if carrier not in (WATER, *FLAT)
    }


def flows(found: xr.Dataset) -> list[Flow]:
    """Return the net flow between each two places over the season.

    ``loading`` is the mean of what flows over the mean of what may flow in the net direction, 0 to 1. Branches that are
    disrupted by an event are marked whether or not it hits the season.
    """
    at, weights = _drawn_at(found), period_weights(found)
    sums: dict[tuple[str, str], list[np.ndarray]] = {}
    marks: dict[tuple[str, str], list[bool]] = {}
    for component, rating, bound in (("links", "p_nom", "p_max_pu"), ("lines", "s_nom", "s_max_pu")):
        if f"{component}_p0" not in found:
            continue
        power = found[f"{component}_p0"].to_numpy()
        room = found[f"{component}_{rating}"].to_numpy() * found[f"{component}_{bound}"].to_numpy()
        hit = _hit(found, component)
        service = found["links_service"].to_numpy() if component == "links" and "links_service" in found else None
        for number in range(power.shape[1]):
            begin, end = (at.get(str(found[f"{component}_{side}"].to_numpy()[number])) for side in ("bus0", "bus1"))
            if begin is None or end is None or begin == end:
                continue
            key, sign = ((begin, end), 1.0) if begin < end else ((end, begin), -1.0)
            along, back = (room[:, number], 0.0) if component == "links" else (room[:, number],) * 2
            parts = (sign * power[:, number], along if sign > 0 else back, back if sign > 0 else along)
            held = sums.setdefault(key, [np.zeros(len(weights)) for _ in range(3)])
            sums[key] = [old + new for old, new in zip(held, parts, strict=True)]
            mark = marks.setdefault(key, [False, False])
            mark[0] |= service is not None and service[number] in STUDIED
            mark[1] |= bool(hit[number])
    hours = weights.sum()
    return [
        _flow(key, [float((part * weights).sum() / hours) for part in parts], marks[key]) for key, parts in sums.items()
    ]


def _flow(key: tuple[str, str], means: list[float], marks: list[bool]) -> Flow:
    power, along, back = means
    begin, end = key if power >= 0 else key[::-1]
    room = along if power >= 0 else back
    return Flow(begin, end, abs(power), min(abs(power) / room, 1.0) if room > 1e-9 else 0.0, marks[0], marks[1])


def _drawn_at(found: xr.Dataset) -> dict[str, str]:
    """Return the place at which each electric bus is drawn."""
    known = places(found)
    first: dict[str, str] = {}
    for name, (_, _, country) in known.items():
        first.setdefault(country, name)
    at = {name: name for name in known}
    rows = zip(*(found[name].to_numpy() for name in ("buses", "buses_country", "buses_carrier")), strict=True)
    for bus, country, carrier in rows:
        if carrier in FLAT and str(country) in first:
            at[str(bus)] = first[str(country)]
    return at


def _hit(found: xr.Dataset, component: str) -> np.ndarray:
    name = f"{component}_hit"
    size = found.sizes[component]
    if name not in found:
        return np.zeros(size, dtype=bool)
    lossy = found["event_factor"].to_numpy() < 1
    return np.asarray(found[name].to_numpy()[lossy].any(axis=0), dtype=bool)


def plants(found: xr.Dataset) -> list[Plant]:
    """Return the plants on rivers, those at one bus together, from large to small."""
    if "links_p0" not in found:
        return []
    carriers = dict(zip(found["buses"].to_numpy(), found["buses_carrier"].to_numpy(), strict=True))
    where = {
        str(name): (float(x), float(y))
        for name, x, y in zip(*(found[key].to_numpy() for key in ("buses", "buses_x", "buses_y")), strict=True)
    }
    weights, hit = period_weights(found), _hit(found, "links")
    output, taken = -found["links_p1"].to_numpy(), found["links_p0"].to_numpy()
    mean = (output * weights[:, None]).sum(axis=0) / weights.sum()
    rows: dict[str, Plant] = {}
    starts, ends = found["links_bus0"].to_numpy(), found["links_bus1"].to_numpy()
    for number, (begin, end) in enumerate(zip(starts, ends, strict=True)):
        if carriers[begin] != WATER or carriers[end] == WATER:
            continue
        passed = taken[:, number].sum()
        per_unit = float(output[:, number].sum() / passed) if passed > 1e-9 else 0.0
        size = per_unit * float(found["links_p_nom"].to_numpy()[number])
        name = str(begin).removesuffix(" water")
        old = rows.get(name, Plant(name, *where[str(begin)], 0.0, 0.0, disrupted=False))
        rows[name] = old._replace(
            size=old.size + size, power=old.power + float(mean[number]), disrupted=old.disrupted or bool(hit[number])
        )
    return sorted(rows.values(), key=lambda plant: -plant.size)
