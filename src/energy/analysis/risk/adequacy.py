"""Resource adequacy of a network without storage: LOLE and EENS, with standard errors.

Networks without storage: hours do not hang together, so each state of the components at each load is looked at once, by
a transport flow with the least unserved energy (as in PRAS; Stephen 2021, NREL/TP-5C00-79698). Availability follows
two-state chains by the hour, drawn from a stream keyed by the component's name. Everything else (ratings, availability,
efficiencies, what is in service, events, the scenario's own numbers) comes from the same inputs as every other study.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.analysis.risk.estimate import skewed_mean, tail_mean
from energy.analysis.risk.shortfall import NONE, Shortfall, Unit
from energy.analysis.unsupported_inputs import refuse_unhonoured
from energy.case import Case
from energy.errors import Fault, InputError, nearest
from energy.model import Inputs
from energy.model.inputs import assemble
from energy.model.random_stream import logarithm, uniform_stream
from energy.scenario import HazardSet, Scenario

ALL = "all"
STATES_AT_ONCE = 20_000_000  # truth values of units in memory
CREDIT_WIDTH = 0.5  # MW, to which a capacity credit is found
PLACES = ("generators", "links", "lines", "transformers")


def hourly_chain(name: str, mttf: float, mttr: float, hours: int, seed: int, draw: int) -> np.ndarray:
    """Return whether a unit is up in each hour, in a stationary chain; shape (hours,).

    From hour to hour it fails with probability 1/MTTF and is repaired with 1/MTTR; stays are geometric.

    Parameters
    ----------
    name
        Names the random stream.
    mttf, mttr
        Mean times [h], at least 1.
    hours
        Length.
    seed, draw
        Family of draws and number in it.

    Examples
    --------
    >>> bool(0.89 < hourly_chain("unit", 10, 10 / 9, 100_000, 1, 0).mean() < 0.91)
    True
    """
    if np.isinf(mttf):
        return np.ones(hours, dtype=bool)
    count = int(hours / (mttf + mttr) * 3) + 16
    numbers = uniform_stream(["adequacy", name, seed, draw], count)
    up = bool(numbers[0] < mttf / (mttf + mttr))
    found, at = np.empty(hours, dtype=bool), 0
    # a geometric stay: 1 + floor(ln u / ln(1 − p)); a stay of exactly one hour where p is 1
    rates = {True: 1 / mttf, False: 1 / mttr}
    logs = {state: -float(logarithm(np.array(1 - p))) if p < 1 else np.inf for state, p in rates.items()}
    position = 1
    while at < hours:
        if position == len(numbers):
            numbers = uniform_stream(["adequacy", name, seed, draw], 2 * len(numbers))
        stay = 1 + int(-float(np.log(numbers[position])) / logs[up])
        found[at : at + stay] = up
        at, up, position = at + stay, not up, position + 1
    return found


def units_of(case: Case, hazards: HazardSet) -> list[Unit]:
    """Return what fails, from hazards that have a rate and a repair time only.

    Raises
    ------
    InputError
        When a hazard names what the case does not have, or has months, states, campaigns or spreads, which hours that
        do not hang together cannot follow.
    """
    found, faults = [], []
    for name, hazard in hazards.hazards.items():
        extra = [
            key for key in ("by_month", "when", "campaign", "spreads", "closed", "closed_by") if getattr(hazard, key)
        ]
        if extra:
            what = f"hazard {name!r} has {', '.join(extra)}"
            faults.append(Fault(what, hazards.name, None, "a rate with mttf and mttr, or for and mttr"))
        groups: list[tuple[tuple[str, str], ...]] = []
        for place in hazard.where:
            table, dot, pattern = place.partition(".")
            if dot and table not in PLACES:
                what = f"hazard {name!r} hits {place!r}"
                faults.append(Fault(what, hazards.name, None, ", ".join(PLACES), "leave it out"))
                continue
            members = [(table, m) for m in case.names(table, pattern)] if dot else case.corridor(place)
            if not members:
                known = list(case.components.get(table, pd.DataFrame()).index)
                faults.append(
                    Fault(
                        f"hazard {name!r}: nothing is named {place!r}",
                        hazards.name,
                        None,
                        None,
                        nearest(pattern, known),
                    )
                )
            groups += [(member,) for member in members] if hazard.each and dot else [tuple(members)]
        if not hazard.each:
            groups = [tuple(member for group in groups for member in group)]
        depth = 1.0 if hazard.depth is None else hazard.depth
        found += [Unit(f"{name}: {' + '.join(m for _, m in group)}", group, *hazard.times, depth) for group in groups]
    if faults:
        raise InputError(faults)
    return found


@dataclass(frozen=True, eq=False)
class Adequacy:
    """Unserved energy in samples of a horizon.

    Attributes
    ----------
    unserved
        Energy [MWh] that goes unserved in each sample; table samples × regions and ``all``.
    hours, days, events
        In how many hours and days something goes unserved, and how often it begins; as ``unserved``.
    """

    unserved: pd.DataFrame
    hours: pd.DataFrame
    days: pd.DataFrame
    events: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return LOLE (h, days, events), EENS and CVaR (MWh) by region, each with its error.

        CVaR is the mean unserved energy of the worst twentieth of the samples. An error is a third of the distance to
        the end of an interval that holds for skewed figures, see ``estimate.skewed_mean``; unknown (NaN) where no
        sample had a loss.
        """
        rows = {}
        for region in self.unserved:
            found: dict[str, float] = {}
            for label, samples in (
                ("LOLE h", self.hours),
                ("LOLE days", self.days),
                ("LOLE events", self.events),
                ("EENS MWh", self.unserved),
            ):
                one = skewed_mean(samples[region].to_numpy(float))
                found |= {label: one.value, f"{label} error": one.error}
            worst = tail_mean(self.unserved[region].to_numpy(float))
            rows[str(region)] = found | {"CVaR MWh": worst.value, "CVaR MWh error": worst.error}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")


def adequacy(case: Case, hazards: HazardSet, samples: int, seed: int = 1, scenario: Scenario | None = None) -> Adequacy:
    """Sample the adequacy of a network without storage, over its own snapshots.

    Parameters
    ----------
    case
        A PyPSA network (``read_case("my.nc")``). Regions are the countries of its buses, or each bus.
    hazards
        What fails, see `units_of`.
    samples
        How many horizons.
    seed
        Family of draws.
    scenario
        What is asked: its values and events count. None: the network as it stands in the year of its snapshots.

    Raises
    ------
    InputError
        When the network has stores, or what hours that do not hang together cannot follow, or hazards do not fit.
    """
    found = inputs_of(case, scenario)
    units = units_of(case, hazards)
    return sampled(found, Shortfall(found), units, samples, seed)


def firm_capacity(
    case: Case,
    hazards: HazardSet,
    samples: int,
    branch: str,
    seed: int = 1,
    scenario: Scenario | None = None,
) -> float:
    """Return the capacity credit of a link or line: the firm power at its end that leaves as much unserved [MW].

    The equivalent firm capacity at bus1, found by halving in the same samples (Amelin, *IEEE Transactions on Power
    Systems* 24, 2009, 685-691); at most the rating.

    Parameters
    ----------
    case, hazards, samples, seed, scenario
        As of `adequacy`.
    branch
        ``links.name`` or ``lines.name``.

    Raises
    ------
    InputError
        When there is no such branch in service, or as `adequacy` raises.
    """
    found, units = inputs_of(case, scenario), units_of(case, hazards)
    component, _, name = branch.partition(".")
    table = found.components.get(component, pd.DataFrame())
    if component not in ("links", "lines") or name not in table.index:
        known = [f"{c}.{n}" for c in ("links", "lines") for n in found.components.get(c, pd.DataFrame()).index]
        what = f"no link or line {branch!r} is in service"
        raise InputError(Fault(what, "--credit", None, ", ".join(known[:30]), nearest(branch, known)))
    bus = str(table.at[name, "bus1"])

    def left(flow: Shortfall) -> float:
        return float(sampled(found, flow, units, samples, seed).unserved[ALL].mean())

    with_branch = left(Shortfall(found))
    low, high = 0.0, float(table["p_nom" if component == "links" else "s_nom"].to_numpy()[table.index.get_loc(name)])
    while high - low > CREDIT_WIDTH:
        firm = (low + high) / 2
        enough = left(Shortfall(found, closed=(name,), firm={bus: firm})) <= with_branch
        low, high = (low, firm) if enough else (firm, high)
    return (low + high) / 2


def inputs_of(case: Case, scenario: Scenario | None = None) -> Inputs:
    """Return the inputs of a study of adequacy, with what it cannot honour refused.

    Raises
    ------
    InputError
        See `adequacy`.
    """
    if len(case.components.get("stores", ())):
        what = "the network has stores: its hours hang together"
        raise InputError(Fault(what, case.path, None, None, "use country_adequacy on a scenario"))
    found = assemble(case, scenario or _as_it_stands(case))
    refuse_unhonoured(found, case.path, "adequacy")
    return found


def _as_it_stands(case: Case) -> Scenario:
    index = None if case.weightings is None else case.weightings.index
    year = index[0].year if isinstance(index, pd.DatetimeIndex) else 2028
    return Scenario(name=case.name, year=min(max(year, 2015), 2050), objective="dispatch")


def sampled(found: Inputs, flow: Shortfall, units: Sequence[Unit], samples: int, seed: int) -> Adequacy:
    """Sample a network whose shortfalls ``flow`` knows; the same seed gives the same states whatever the flow."""
    instants, block, _ = found.axis.calendar
    clock = _Clock(found, instants, block)
    at_once = max(1, STATES_AT_ONCE // max(len(block) * max(len(units), 1), 1))
    parts = [
        clock.counted(_power(flow, units, draws, seed, clock), [*flow.regions, ALL])
        for draws in _in_parts(samples, at_once)
    ]
    names = ("energy", "hours", "days", "events")
    tables = (pd.concat([part[name] for part in parts], ignore_index=True) for name in names)
    return Adequacy(*tables)


def _in_parts(samples: int, at_once: int) -> Iterator[range]:
    for first in range(0, samples, at_once):
        yield range(first, min(first + at_once, samples))


def _power(flow: Shortfall, units: Sequence[Unit], draws: range, seed: int, clock: _Clock) -> np.ndarray:
    """Return unserved power [MW]; shape (draws, steps, regions)."""
    states = np.empty((len(draws), len(clock.block), len(units)), dtype=bool)
    for row, draw in enumerate(draws):
        for at, unit in enumerate(units):
            chain = hourly_chain(unit.name, unit.mttf, unit.mttr, clock.length, seed, draw)
            states[row, :, at] = chain[clock.hour]
    packed = np.packbits(states, axis=2)
    snapshot = np.broadcast_to(clock.block.astype(">u4")[:, None].view(np.uint8), (len(draws), len(clock.block), 4))
    keys = np.ascontiguousarray(np.concatenate([snapshot, packed], axis=2))
    words = keys.reshape(-1, keys.shape[2]).view(f"V{keys.shape[2]}").ravel()
    _, first, inverse = np.unique(words, return_index=True, return_inverse=True)
    every = states.reshape(-1, len(units))
    step = np.broadcast_to(clock.block, (len(draws), len(clock.block))).ravel()
    short = flow.unserved(units, every[first], step[first])
    return short[inverse.ravel()].reshape(len(draws), len(clock.block), -1)


class _Clock:
    """The steps of a horizon: what each stands for, its day, and its hour in the chains.

    Attributes
    ----------
    block
        Snapshot of each step; shape (steps,).
    hour
        Hour of the chains in which each step lies; steps follow one another without the gaps between days that stand
        for others.
    length
        Hours of the chains.
    """

    def __init__(self, found: Inputs, instants: pd.DatetimeIndex, block: np.ndarray) -> None:
        steps_a_snapshot = np.bincount(block)
        lasts = _lengths(instants, found)
        self.block = block
        self.weight = (found.axis.weights / steps_a_snapshot)[block]  # [h] that each step stands for
        self.times = self.weight / lasts  # how often it recurs
        begun = np.cumsum(lasts) - lasts
        self.hour = np.floor(begun + 1e-9).astype(int)
        self.length = int(np.ceil(begun[-1] + lasts[-1] - 1e-9))
        day = instants.floor("D")
        self.day = np.unique(day, return_inverse=True)[1]

    def counted(self, power: np.ndarray, names: list[str]) -> dict[str, pd.DataFrame]:
        """Return unserved energy and loss of load (hours, days, events) of each draw, by region and all together."""
        power = np.concatenate([power, power.sum(axis=2, keepdims=True)], axis=2)
        lost = power > NONE
        begins = lost & ~np.concatenate([np.zeros_like(lost[:, :1]), lost[:, :-1]], axis=1)
        first_of_day = np.flatnonzero(np.diff(self.day, prepend=-1))
        by_day = np.logical_or.reduceat(lost, first_of_day, axis=1)
        times, weight = self.times[None, :, None], self.weight[None, :, None]
        counts = {
            "energy": (power * weight).sum(axis=1),
            "hours": (lost * weight).sum(axis=1),
            "days": (by_day * times[:, first_of_day]).sum(axis=1),
            "events": (begins * times).sum(axis=1),
        }
        return {name: pd.DataFrame(values, columns=names) for name, values in counts.items()}


def _lengths(instants: pd.DatetimeIndex, found: Inputs) -> np.ndarray:
    """Return how long each step lasts [h]: until the next one, but no longer than an hour."""
    _, _, end = found.axis.calendar
    ends = np.append(instants[1:].to_numpy(), np.datetime64(end.to_datetime64()))
    return np.asarray(np.minimum((ends - instants.to_numpy()) / np.timedelta64(1, "h"), 1.0))
