"""Summary of finished runs: rows and sentences of a report, numbers filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from energy.metrics.monthly import FIRM
from energy.plots.duration import duration_curve
from energy.plots.frame import when
from energy.plots.waterfall import ENDS, waterfall_table
from energy.results.compare import bases
from energy.results.labels import words

if TYPE_CHECKING:
    import xarray as xr

NOTHING = 0.5
"""GWh below which a season delivers nothing worth a number."""


IDLE = 0.5
"""MW below which a snapshot has no power worth a number."""


class Row(NamedTuple):
    """A scenario in one line: energy [GWh], power [MW], shares in per cent, hours in season and without power [h]."""

    name: str
    question: str
    description: str
    year: int
    water: str
    objective: str
    ceiling: float
    delivered: float
    change: float
    share: float
    mean: float
    firm: float
    hours: float
    idle_hours: float
    cause: str
    taken: float
    events: int
    confidence: str


def row(found: xr.Dataset, base: float) -> Row:
    """Return the line of one run.

    Parameters
    ----------
    found
        From ``energy.results.record.record``.
    base
        Delivered energy that the change is counted against [GWh].
    """
    season = waterfall_table(found).sum()
    causes = {str(name): float(season[name]) for name in season.index if name not in ENDS}
    largest = max(causes, key=lambda name: causes[name], default="")
    delivered, ceiling = float(season["delivered"]), float(season["ceiling"])
    hours, power = duration_curve(found)
    total = float(hours[-1])
    firm = float(power[min(int(np.searchsorted(hours[1:], FIRM * total)), len(power) - 1)]) if total else 0.0
    idle_hours = float(np.diff(hours)[power < IDLE].sum())
    attrs = found.attrs
    return Row(
        name=str(attrs.get("title", attrs["scenario"])),
        question=str(attrs["question"]),
        description=str(attrs["description"]).strip(),
        year=int(attrs["year"]),
        water=str(attrs["water"]),
        objective=str(attrs["scenario_objective"]),
        ceiling=ceiling,
        delivered=delivered,
        change=delivered - base,
        share=100 * delivered / ceiling if ceiling else 0.0,
        mean=1000 * delivered / total if total else 0.0,
        firm=firm,
        hours=total,
        idle_hours=idle_hours,
        cause=words(largest) if largest and causes[largest] > NOTHING else "",
        taken=max(causes.get(largest, 0.0), 0.0),
        events=found.sizes.get("event", 0),
        confidence=str(attrs["weakest_confidence"]),
    )


def rows(found: Sequence[xr.Dataset]) -> list[Row]:
    """Return the lines of runs; changes are counted against the base of each (`energy.results.compare.bases`)."""
    delivered = [float(waterfall_table(dataset)["delivered"].sum()) for dataset in found]
    own_bases = bases([(str(run.attrs["question"]), str(run.attrs.get("trade", ""))) for run in found])
    return [row(dataset, delivered[base]) for dataset, base in zip(found, own_bases, strict=True)]


def summary(lines: Sequence[Row]) -> Iterator[str]:
    """Yield the summary in sentences: the first run, then how the others differ from it."""
    yield from _first(lines[0])
    others = lines[1:]
    if others:
        yield from _others(lines[0], others)


def _first(one: Row) -> Iterator[str]:
    if one.ceiling < NOTHING:
        yield f"In {one.name} ({when(one.year, one.water)}) no contract is open: nothing can be delivered under it."
        return
    verb = "can be delivered" if one.objective == "transfer" else "is worth sending at least cost"
    yield (
        f"In {one.name} ({when(one.year, one.water)}) {one.delivered:,.0f} GWh {verb} in the season, "
        f"{one.share:.0f} % of the contract's ceiling of {one.ceiling:,.0f} GWh: {one.mean:,.0f} MW in the mean, "
        f"and at least {one.firm:,.0f} MW in {100 * FIRM:.0f} % of the hours of the season."
    )
    if one.idle_hours >= NOTHING:
        yield f"In {one.idle_hours:,.0f} of its {one.hours:,.0f} hours there is no power at all."
    if one.cause:
        yield f"Most of the gap is {one.cause}: {one.taken:,.0f} GWh."


def _others(base: Row, others: Sequence[Row]) -> Iterator[str]:
    most, least = max(others, key=lambda one: one.delivered), min(others, key=lambda one: one.delivered)
    if len(others) == 1:
        yield _difference(others[0])
        return
    none = [one.name for one in others if one.delivered < NOTHING]
    if len(none) == len(others):
        yield f"None of the other {len(others)} delivers anything: {', '.join(none)}."
        return
    yield (
        f"Of the other {len(others)} scenarios {most.name} delivers most ({most.delivered:,.0f} GWh, "
        f"{_signed(most.change)}) and {least.name} least ({least.delivered:,.0f} GWh, {_signed(least.change)})."
    )
    if none:
        yield f"Nothing is delivered in {len(none)}: {', '.join(none)}."
    same = [one.name for one in others if abs(one.change) < NOTHING]
    if same:
        yield f"As much as in {base.name} is delivered in {len(same)}: {', '.join(same)}."
    less = [one for one in others if one.change <= -NOTHING]
    if less:
        yield f"Less than in {base.name} is delivered in {len(less)} of {len(others)}."


def _difference(one: Row) -> str:
    if abs(one.change) < NOTHING:
        return f"{one.name} delivers as much."
    more = "more" if one.change > 0 else "less"
    return f"{one.name} delivers {one.delivered:,.0f} GWh, {abs(one.change):,.0f} GWh {more}."


def _signed(value: float) -> str:
    """Return a change with its sign.

    Examples
    --------
    >>> _signed(-12.4), _signed(3000.0)
    ('−12', '+3,000')
    """
    return f"{value:+,.0f}".replace("-", "−")
