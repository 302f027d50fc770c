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
from energy.analysis.risk.unit_outages import hourly_chain, units_of
from energy.analysis.unsupported_inputs import refuse_unhonoured
from energy.case import Case
from energy.errors import Fault, InputError, nearest
from energy.model import Inputs
from energy.model.inputs import assemble
from energy.scenario import HazardSet, Scenario

ALL = "all"
STATES_AT_ONCE = 20_000_000  # truth values of units in memory
CREDIT_WIDTH = 0.5  # MW, to which a capacity credit is found
RATING_OF = {"links": "p_nom", "lines": "s_nom"}


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
        measures = {
            "LOLE h": self.hours,
            "LOLE days": self.days,
            "LOLE events": self.events,
            "EENS MWh": self.unserved,
        }
        rows = {}
        for region in self.unserved:
            row: dict[str, float] = {}
            for label, samples in measures.items():
                estimate = skewed_mean(samples[region].to_numpy(float))
                row[label] = estimate.value
                row[f"{label} error"] = estimate.error
            worst = tail_mean(self.unserved[region].to_numpy(float))
            row["CVaR MWh"] = worst.value
            row["CVaR MWh error"] = worst.error
            rows[str(region)] = row
        table = pd.DataFrame.from_dict(rows, orient="index")
        return table.rename_axis("region")


def adequacy(
    case: Case,
    hazards: HazardSet,
    samples: int,
    seed: int = 1,
    scenario: Scenario | None = None,
) -> Adequacy:
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
    inputs = _inputs_of(case, scenario)
    study = _Study(inputs, units_of(case, hazards), samples, seed)
    return study.sampled(Shortfall(inputs))


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
    inputs = _inputs_of(case, scenario)
    units = units_of(case, hazards)
    study = _Study(inputs, units, samples, seed)
    name, bus, rating = _branch(inputs, branch)
    with_branch = study.mean_unserved(Shortfall(inputs))
    without_branch = study.mean_unserved(Shortfall(inputs, closed=(name,)))
    if without_branch <= with_branch:
        return 0.0
    low = 0.0
    high = rating
    while high - low > CREDIT_WIDTH:
        firm = (low + high) / 2
        with_firm = Shortfall(inputs, closed=(name,), firm={bus: firm})
        if study.mean_unserved(with_firm) <= with_branch:
            high = firm
        else:
            low = firm
    return (low + high) / 2


def _branch(inputs: Inputs, branch: str) -> tuple[str, str, float]:
    """Return the name of a link or line in service, the bus at its end, and its rating [MW]."""
    component, _, name = branch.partition(".")
    table = inputs.components.get(component, pd.DataFrame())
    attribute = RATING_OF.get(component)
    if attribute is None or name not in table.index:
        in_service = _branches_in_service(inputs)
        fault = Fault(
            f"no link or line {branch!r} is in service",
            "--credit",
            allowed=", ".join(in_service[:30]),
            repair=nearest(branch, in_service),
        )
        raise InputError(fault)
    far_bus = str(table.at[name, "bus1"])
    ratings = table[attribute].to_numpy(float)
    position = table.index.get_loc(name)
    return name, far_bus, float(ratings[position])


def _branches_in_service(inputs: Inputs) -> list[str]:
    """Return the names of links and lines, each behind its list of components."""
    names = []
    for component in RATING_OF:
        table = inputs.components.get(component, pd.DataFrame())
        names += [f"{component}.{name}" for name in table.index]
    return names


def _inputs_of(case: Case, scenario: Scenario | None = None) -> Inputs:
    """Return the inputs of a study of adequacy, with what it cannot honour refused.

    Raises
    ------
    InputError
        See `adequacy`.
    """
    if scenario is None:
        scenario = _as_it_stands(case)
    inputs = assemble(case, scenario)
    refuse_unhonoured(inputs, case.path, "adequacy")
    return inputs


def _as_it_stands(case: Case) -> Scenario:
    """Return the network as it stands in the year of its snapshots, as a scenario."""
    year = 2028
    if case.weightings is not None and isinstance(case.weightings.index, pd.DatetimeIndex):
        year = case.weightings.index[0].year
    year = min(max(year, 2015), 2050)
    return Scenario(name=case.name, year=year, objective="dispatch")


class _Study:
    """Samples of the states of units; the same seed gives the same states whatever serves the demand in them."""

    def __init__(
        self,
        inputs: Inputs,
        units: Sequence[Unit],
        samples: int,
        seed: int,
    ) -> None:
        self.units = units
        self.samples = samples
        self.seed = seed
        self.clock = _Clock(inputs)

    def mean_unserved(self, shortfall: Shortfall) -> float:
        """Return the mean unserved energy of all regions [MWh]."""
        return float(self.sampled(shortfall).unserved[ALL].mean())

    def sampled(self, shortfall: Shortfall) -> Adequacy:
        """Sample a network whose shortfalls are known in any state."""
        regions = [*shortfall.regions, ALL]
        parts = []
        for draws in self._parts():
            power = self._unserved_power(shortfall, draws)
            parts.append(self.clock.counted(power, regions))
        return Adequacy(
            unserved=pd.concat([part.unserved for part in parts], ignore_index=True),
            hours=pd.concat([part.hours for part in parts], ignore_index=True),
            days=pd.concat([part.days for part in parts], ignore_index=True),
            events=pd.concat([part.events for part in parts], ignore_index=True),
        )

    def _parts(self) -> Iterator[range]:
        """Yield the draws in parts whose states fit into memory."""
        steps = len(self.clock.block)
        units = max(len(self.units), 1)
        states_a_draw = max(steps * units, 1)
        at_once = max(1, STATES_AT_ONCE // states_a_draw)
        for first in range(0, self.samples, at_once):
            after = min(first + at_once, self.samples)
            yield range(first, after)

    def _unserved_power(self, shortfall: Shortfall, draws: range) -> np.ndarray:
        """Return unserved power [MW]; shape (draws, steps, regions). Each different state is solved once."""
        states = self._states(draws)
        draws_and_steps = states.shape[:2]
        snapshot = np.broadcast_to(self.clock.block, draws_and_steps)
        first, inverse = _distinct(states, snapshot)
        all_states = states.reshape(-1, len(self.units))
        all_snapshots = snapshot.ravel()
        short = shortfall.unserved(
            self.units,
            up=all_states[first],
            step=all_snapshots[first],
        )
        by_state = short[inverse]
        return np.asarray(by_state.reshape(*draws_and_steps, -1))

    def _states(self, draws: range) -> np.ndarray:
        """Return whether each unit is up; shape (draws, steps, units)."""
        steps = len(self.clock.block)
        states = np.empty((len(draws), steps, len(self.units)), dtype=bool)
        for row, draw in enumerate(draws):
            for number, unit in enumerate(self.units):
                is_up = hourly_chain(
                    name=unit.name,
                    mttf=unit.mttf,
                    mttr=unit.mttr,
                    hours=self.clock.length,
                    seed=self.seed,
                    draw=draw,
                )
                states[row, :, number] = is_up[self.clock.hour]
        return states


def _distinct(states: np.ndarray, snapshot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each different pair of snapshot and state comes first, and which of them each pair is.

    A pair is one word of bytes: four of the snapshot, one a group of eight units.
    """
    units_as_bytes = np.packbits(states, axis=2)
    four_bytes = snapshot.astype(">u4")[:, :, None]
    snapshot_as_bytes = np.ascontiguousarray(four_bytes).view(np.uint8)
    words = np.concatenate([snapshot_as_bytes, units_as_bytes], axis=2)
    length = words.shape[2]
    one_a_row = np.ascontiguousarray(words).reshape(-1, length)
    keys = one_a_row.view(f"V{length}").ravel()
    _, first, inverse = np.unique(
        keys,
        return_index=True,
        return_inverse=True,
    )
    return first, inverse.ravel()


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

    def __init__(self, inputs: Inputs) -> None:
        instants, block, end = inputs.axis.calendar
        steps_a_snapshot = np.bincount(block)
        weight_of_step = inputs.axis.weights / steps_a_snapshot
        duration = _durations(instants, end)
        self.block = block
        self.weight = weight_of_step[block]  # [h] that each step stands for
        self.times = self.weight / duration  # how often it recurs
        begun = np.cumsum(duration) - duration
        whole_length = begun[-1] + duration[-1]
        self.hour = np.floor(begun + 1e-9).astype(int)
        self.length = int(np.ceil(whole_length - 1e-9))
        date = instants.floor("D")
        _, self.day = np.unique(date, return_inverse=True)

    def counted(self, power: np.ndarray, regions: list[str]) -> Adequacy:
        """Return unserved energy and loss of load of each draw, by region and all together."""
        of_all = power.sum(axis=2, keepdims=True)
        power = np.concatenate([power, of_all], axis=2)
        lost = power > NONE
        nothing_before = np.zeros_like(lost[:, :1])
        lost_before = np.concatenate([nothing_before, lost[:, :-1]], axis=1)
        begins = lost & ~lost_before
        day_changes = np.diff(self.day, prepend=-1)
        first_of_day = np.flatnonzero(day_changes)
        lost_on_day = np.logical_or.reduceat(lost, first_of_day, axis=1)
        times = self.times[None, :, None]
        times_of_day = times[:, first_of_day]
        weight = self.weight[None, :, None]
        energy = (power * weight).sum(axis=1)
        hours = (lost * weight).sum(axis=1)
        days = (lost_on_day * times_of_day).sum(axis=1)
        events = (begins * times).sum(axis=1)
        return Adequacy(
            unserved=pd.DataFrame(energy, columns=regions),
            hours=pd.DataFrame(hours, columns=regions),
            days=pd.DataFrame(days, columns=regions),
            events=pd.DataFrame(events, columns=regions),
        )


def _durations(instants: pd.DatetimeIndex, end: pd.Timestamp) -> np.ndarray:
    """Return how long each step lasts [h]: until the next one, but no longer than an hour."""
    begins = instants.to_numpy()
    last_end = np.datetime64(end.to_datetime64())
    ends = np.append(begins[1:], last_end)
    hours = (ends - begins) / np.timedelta64(1, "h")
    return np.asarray(np.minimum(hours, 1.0))
