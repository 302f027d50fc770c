"""Resource adequacy of a network without storage: LOLE and EENS, with standard errors.

Networks without storage: hours do not hang together, so each state of the components at each load is looked at once, by
a transport flow with the least unserved energy (as in PRAS; Stephen 2021, NREL/TP-5C00-79698). Availability follows
two-state chains by the hour, drawn from a stream keyed by the component's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from energy.analysis.risk.estimate import Estimate, mean
from energy.case import Case
from energy.errors import Fault, InputError, SolverError, nearest
from energy.model.random_stream import logarithm, uniform_stream
from energy.scenario import HazardSet

NONE = 1e-6  # MW; less is nothing
AT_ONCE = 2000  # states in one linear program
ALL = "all"


@dataclass(frozen=True)
class Unit:
    """What fails as one: its components and its mean times [h]."""

    name: str
    members: tuple[tuple[str, str], ...]
    mttf: float
    mttr: float
    depth: float = 1.0


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
        """Return LOLE (h, days, events) and EENS (MWh) by region, each with its standard error."""
        rows = {}
        for region in self.unserved:
            found: dict[str, float] = {}
            for label, samples in (
                ("LOLE h", self.hours),
                ("LOLE days", self.days),
                ("LOLE events", self.events),
                ("EENS MWh", self.unserved),
            ):
                one: Estimate = mean(samples[region].to_numpy(float))
                found |= {label: one.value, f"{label} error": one.error}
            rows[str(region)] = found
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")


def adequacy(case: Case, hazards: HazardSet, samples: int, seed: int = 1) -> Adequacy:
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

    Raises
    ------
    InputError
        When the network has stores, or hazards do not fit.
    """
    if len(case.components.get("stores", ())):
        raise InputError(
            Fault(
                "the network has stores: its hours hang together",
                case.path,
                None,
                None,
                "use country_adequacy on a scenario",
            )
        )
    units = units_of(case, hazards)
    flow = _Flow(case)
    span = flow.step
    states = np.empty((samples, flow.steps, len(units)), dtype=bool)
    for draw in range(samples):
        for at, unit in enumerate(units):
            states[draw, :, at] = hourly_chain(unit.name, unit.mttf, unit.mttr, flow.steps, seed, draw)
    step = np.broadcast_to(np.arange(flow.steps)[None, :, None], (samples, flow.steps, 1))
    keys, inverse = np.unique(
        np.concatenate([step, states], axis=2).reshape(samples * flow.steps, -1), axis=0, return_inverse=True
    )
    short = flow.unserved(units, keys[:, 1:].astype(bool), keys[:, 0])
    power = short[inverse.ravel()].reshape(samples, flow.steps, -1)
    return _counted(power, flow, span)


def _counted(power: np.ndarray, flow: _Flow, span: np.ndarray) -> Adequacy:
    power = np.concatenate([power, power.sum(axis=2, keepdims=True)], axis=2)
    names = [*flow.regions, ALL]
    lost = power > NONE
    begins = lost & ~np.concatenate([np.zeros_like(lost[:, :1]), lost[:, :-1]], axis=1)
    days = np.unique(flow.day, return_inverse=True)[1]
    by_day = np.stack([lost[:, days == day].any(axis=1) for day in range(days.max() + 1)], axis=1)

    def table(values: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(values, columns=names)

    weight = span[None, :, None]
    return Adequacy(
        table((power * weight).sum(axis=1)),
        table((lost * weight).sum(axis=1)),
        table(by_day.sum(axis=1)),
        table(begins.sum(axis=1)),
    )


class _Flow:
    """The transport flow of a network: least unserved energy in a state of its components."""

    def __init__(self, case: Case) -> None:
        self.case = case
        weightings = case.weightings
        self.steps = 1 if weightings is None else len(weightings)
        self.step = np.ones(self.steps) if weightings is None else weightings["generators"].to_numpy(float)
        index = None if weightings is None else weightings.index
        self.day = index.floor("D") if isinstance(index, pd.DatetimeIndex) else np.cumsum(self.step) // 24.0001
        buses = case.components["buses"]
        own = buses["country"].fillna("") if "country" in buses else pd.Series("", index=buses.index)
        self.region = own.where(own != "", buses.index.to_series())
        self.regions = list(dict.fromkeys(self.region))
        self.buses = list(buses.index)
        self.load = self._at_buses("loads", "p_set")
        self.generators = case.components.get("generators", pd.DataFrame())
        self.capacity = self._series("generators", "p_max_pu", 1.0) * self._static("generators", "p_nom")
        self.branches = [
            (name, table) for name in ("links", "lines") for table in [case.components.get(name)] if table is not None
        ]

    def _static(self, component: str, attribute: str) -> np.ndarray:
        table = self.case.components.get(component, pd.DataFrame())
        return table[attribute].to_numpy(float) if attribute in table else np.zeros(len(table))

    def _series(self, component: str, attribute: str, default: float) -> np.ndarray:
        table = self.case.components.get(component, pd.DataFrame())
        static = (
            table[attribute].fillna(default).to_numpy(float) if attribute in table else np.full(len(table), default)
        )
        found = np.tile(static, (self.steps, 1))
        series = self.case.series.get((component, attribute))
        if series is not None:
            for name in series.columns.intersection(table.index):
                found[:, table.index.get_loc(name)] = series[name].to_numpy(float)
        return found

    def _at_buses(self, component: str, attribute: str) -> np.ndarray:
        table = self.case.components.get(component, pd.DataFrame())
        found = np.zeros((self.steps, len(self.buses)))
        if len(table):
            values = self._series(component, attribute, 0.0)
            np.add.at(found.T, [self.buses.index(bus) for bus in table["bus"]], values.T)
        return found

    def unserved(self, units: list[Unit], up: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return unserved power [MW] by region; shape (states, regions)."""
        left = {
            name: np.ones((len(up), len(table))) for name, table in [("generators", self.generators), *self.branches]
        }
        for at, unit in enumerate(units):
            for component, member in unit.members:
                if component in left:
                    column = left[component][:, self.case.components[component].index.get_loc(member)]
                    column *= np.where(up[:, at], 1.0, 1.0 - unit.depth)
        supply = np.zeros((len(up), len(self.buses)))
        if len(self.generators):
            at_bus = [self.buses.index(bus) for bus in self.generators["bus"]]
            np.add.at(supply.T, at_bus, (self.capacity[step] * left["generators"]).T)
        load = self.load[step]
        short = np.clip(load - supply, 0.0, None)
        if self.branches:
            for first in range(0, len(up), AT_ONCE):
                part = slice(first, first + AT_ONCE)
                needs = np.flatnonzero(short[part].sum(axis=1) > NONE) + first  # the others serve all at home
                if len(needs):
                    limits = {name: left[name][needs] for name, _ in self.branches}
                    short[needs] = self._flow(supply[needs], load[needs], limits)
        found = np.zeros((len(up), len(self.regions)))
        np.add.at(found.T, [self.regions.index(region) for region in self.region[self.buses]], short.T)
        return found

    def _flow(self, supply: np.ndarray, load: np.ndarray, left: Mapping[str, np.ndarray]) -> np.ndarray:
        """Solve many states as one block-diagonal linear program."""
        count, buses = len(supply), len(self.buses)
        columns, upper = [], []
        for name, table in self.branches:
            rating = self._static(name, "p_nom" if name == "links" else "s_nom")
            for at, (_, branch) in enumerate(table.iterrows()):
                ends = self.buses.index(branch["bus0"]), self.buses.index(branch["bus1"])
                gain = float(branch.get("efficiency", 1.0)) if name == "links" else 1.0
                for start, end in (ends, ends[::-1]) if name == "lines" else (ends,):
                    column = np.zeros(buses)
                    column[start], column[end] = -1.0, gain
                    columns.append(column)
                    upper.append(rating[at] * left[name][:, at])
        flows = np.array(columns).T
        # per state: generation at each bus, unserved at each bus, flows
        block = sparse.csr_matrix(np.hstack([np.eye(buses), np.eye(buses), flows]))
        whole = sparse.block_diag([block] * count, format="csr")
        bounds = np.concatenate([supply, load, np.array(upper).T], axis=1).ravel()
        # flows cost a trifle, so that a shortfall stays at home where it can
        cost = np.tile(np.concatenate([np.zeros(buses), np.ones(buses), np.full(flows.shape[1], 1e-6)]), count)
        found = linprog(
            cost,
            A_ub=-whole,
            b_ub=-load.ravel(),
            bounds=np.column_stack([np.zeros(len(bounds)), bounds]),
            method="highs",
        )
        if found.status != 0:
            raise SolverError(f"adequacy: {found.message}")
        return np.asarray(found.x.reshape(count, -1)[:, buses : 2 * buses])
