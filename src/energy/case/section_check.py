"""Names in the sections ``investment``, ``reactive_power`` and ``frequency`` of ``rules.yaml`` against the case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from energy.case.case import Case
from energy.errors import Fault, nearest
from energy.reading.tree import Node, Steps, nearest_node

Named = tuple[Steps, str, str]
"""Where a name is written, the name, and what it should be a name of."""


def section_faults(case: Case, written: Node | None) -> Iterator[Fault]:
    """Yield a fault for each country, bus or carrier that the sections name and the case does not have.

    Parameters
    ----------
    case
        The case.
    written
        ``rules.yaml`` as it was written, which knows the lines.
    """
    known = {
        "country": _countries(case),
        "bus": list(case.components.get("buses", pd.DataFrame()).index),
        "carrier": list(case.components.get("carriers", pd.DataFrame()).index),
    }
    for steps, name, kind in _names(case):
        names = known[kind]
        if name in names:
            continue
        line = None
        if written is not None:
            _, node = nearest_node(written, steps)
            line = node.origin.line
        yield Fault(
            f"{steps[0]}: no {kind} {name!r}",
            case.path / "rules.yaml",
            line=line,
            allowed=", ".join(names[:30]) or None,
            repair=nearest(name, names),
        )


def _countries(case: Case) -> list[str]:
    buses = case.components.get("buses", pd.DataFrame())
    if "country" not in buses:
        return []
    return [str(name) for name in buses["country"].dropna().unique()]


def _names(case: Case) -> Iterator[Named]:
    yield from _investment_names(case)
    yield from _stability_names(case)


def _investment_names(case: Case) -> Iterator[Named]:
    investment = case.rules.investment
    if investment is None:
        return
    yield from _each(("investment", "to_come"), investment.to_come, "country")
    for lender, amounts in investment.lenders.items():
        yield from _each(("investment", "lenders", lender), amounts, "country")


def _stability_names(case: Case) -> Iterator[Named]:
    reactive = case.rules.reactive_power
    if reactive is not None:
        yield from _each(("reactive_power", "strong_buses"), reactive.strong_buses, "bus")
    frequency = case.rules.frequency
    if frequency is None:
        return
    yield from _each(("frequency", "inertia"), frequency.inertia, "carrier")
    for name, area in frequency.areas.items():
        yield from _each(("frequency", "areas", name, "countries"), area.countries, "country")


def _each(
    steps: Steps,
    names: Iterable[str],
    kind: str,
) -> Iterator[Named]:
    for name in names:
        yield (*steps, name), name, kind
