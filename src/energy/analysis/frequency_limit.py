"""Exchange that the frequency of both ends can lose: inertia, load relief and governors of what runs, hour by hour.

The loss of the line under study is a loss of infeed for the buyer (frequency falls, load is shed below a threshold) and
of load for the seller (frequency rises, plants trip above a threshold). ``energy.metrics.frequency`` has the equations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.case.stability import Frequency
from energy.errors import Fault, InputError, nearest
from energy.metrics.balance import country_of_bus
from energy.metrics.frequency import SynchronousArea
from energy.model.objective import STUDIED, UNSERVED, is_of_service
from energy.scenario import Scenario
from energy.solve import Result

RECEIVING, SENDING = "receiving", "sending"
WATER = "water"
COLUMNS = ("load", "running", "stored", "slope", "deviation", "largest loss")


@dataclass(frozen=True)
class FrequencyLimit:
    """What loss of exchange the frequency of both ends stands.

    Attributes
    ----------
    areas
        End (``receiving``, ``sending``) → name of its synchronous area.
    table
        Index (end, snapshot): ``load`` and ``running`` capacity [MW], ``stored`` energy [MW·s], initial ``slope``
        [Hz/s] and largest ``deviation`` [Hz] after the loss that was asked for, ``largest loss`` [MW].
    limit
        The smaller largest loss of both ends, at most the line's rating [MW]; shape (snapshots,).
    loss
        The loss that was asked for [MW].
    links
        The links under study.
    rating
        Their rating [MW].
    """

    areas: dict[str, str]
    table: pd.DataFrame
    limit: pd.Series
    loss: float
    links: tuple[str, ...]
    rating: float


def _area_of(frequency: Frequency, country: str) -> str:
    """Return the name of the largest synchronous area that holds a country: the one with the most outside it.

    Raises
    ------
    InputError
        When no area does.
    """
    outside = {}
    for name, area in frequency.areas.items():
        if country in area.countries:
            outside[name] = area.outside
    if not outside:
        fault = Fault(
            f"no synchronous area has {country}",
            "rules.yaml",
            allowed=", ".join(frequency.areas),
            repair="add it to areas",
        )
        raise InputError(fault)
    return max(outside, key=outside.__getitem__)


def refuse_unknown_area(frequency: Frequency, name: str) -> None:
    """Refuse a name that is no synchronous area of the case.

    Raises
    ------
    InputError
        With the names that there are.
    """
    known = list(frequency.areas)
    if name not in known:
        raise InputError(
            Fault(
                f"no synchronous area {name!r}",
                "rules.yaml",
                allowed=", ".join(known),
                repair=nearest(name, known),
            )
        )


def _frequency_area(
    result: Result,
    frequency: Frequency,
    name: str,
) -> tuple[SynchronousArea, pd.DataFrame]:
    """Return the response of a synchronous area in every snapshot, and what it follows from.

    Parameters
    ----------
    result
        The solved scenario: its output says what runs.
    frequency
        Constants and areas of the case.
    name
        A synchronous area.

    Returns
    -------
    tuple
        The area, and a table (snapshots) with ``load``, ``running`` [MW] and ``stored`` [MW·s].

    Raises
    ------
    InputError
        When the case has no area of that name.
    """
    refuse_unknown_area(frequency, name)
    area = frequency.areas[name]
    output = _output_by_carrier(result, area.countries)
    inertia = pd.Series(dict(frequency.inertia), dtype=float)
    constants = inertia.reindex(output.columns).fillna(0.0)
    capacity = output.loc[:, constants > 0] / frequency.loading
    rating = capacity / frequency.power_factor
    outside = area.outside / frequency.loading
    stored_inside = rating @ constants[rating.columns]
    stored_outside = outside / frequency.power_factor * area.outside_inertia
    stored = stored_inside + stored_outside
    load = _served_load(result, area.countries) + area.outside
    running = capacity.sum(axis=1) + outside
    relief = frequency.load_relief * load / frequency.nominal
    gain = frequency.governed * running / (frequency.droop * frequency.nominal)
    response = SynchronousArea(
        stored=stored.to_numpy(),
        relief=relief.to_numpy(),
        gain=gain.to_numpy(),
        time=frequency.governor_time,
        nominal=frequency.nominal,
    )
    columns = {
        "load": load,
        "running": running,
        "stored": stored,
    }
    return response, pd.DataFrame(columns)


def _output_by_carrier(result: Result, countries: Iterable[str]) -> pd.DataFrame:
    """Return the output of plants in some countries by carrier [MW]; shape (snapshots, carriers).

    Generators count by their carrier, turbines on a river by that of their link; unserved demand is no plant.
    """
    home = set(countries)
    country = country_of_bus(result)
    buses = result.inputs.components["buses"]
    parts = []
    plants = result.inputs.components.get("generators", pd.DataFrame())
    if len(plants):
        is_home = plants["bus"].map(country).isin(home)
        is_electric = plants["bus"].map(buses["carrier"]) != WATER
        is_source = plants["sign"] > 0
        is_plant = plants["carrier"] != UNSERVED
        own = is_home & is_electric & is_source & is_plant
        parts.append(_by_carrier(result.flow("generators"), plants[own]))
    links = result.inputs.components.get("links", pd.DataFrame())
    if len(links):
        is_home = links["bus1"].map(country).isin(home)
        from_river = links["bus0"].map(buses["carrier"]) == WATER
        to_grid = links["bus1"].map(buses["carrier"]) != WATER
        own = is_home & from_river & to_grid
        parts.append(_by_carrier(result.received, links[own]))
    by_carrier = pd.concat(parts, axis=1)
    return by_carrier.T.groupby(level=0).sum().T


def _by_carrier(power: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    carrier = table["carrier"].to_numpy()
    by_component = power[table.index].T
    return by_component.groupby(carrier).sum().T


def _served_load(result: Result, countries: Iterable[str]) -> pd.Series:
    """Return the demand of some countries that is served [MW]; shape (snapshots,)."""
    home = set(countries)
    country = country_of_bus(result)
    buses = result.inputs.components["buses"]
    loads = result.inputs.components["loads"]
    is_home = loads["bus"].map(country).isin(home)
    is_electric = loads["bus"].map(buses["carrier"]) != WATER
    own = loads.index[is_home & is_electric]
    by_load = result.inputs.values("loads", "p_set")[own]
    demand = by_load.sum(axis=1)
    plants = result.inputs.components.get("generators", pd.DataFrame())
    if plants.empty:
        return demand
    is_home = plants["bus"].map(country).isin(home)
    is_unserved = plants["carrier"] == UNSERVED
    lacking = plants.index[is_home & is_unserved]
    unserved = result.flow("generators")[lacking].sum(axis=1)
    return demand - unserved


def frequency_limit(
    result: Result,
    frequency: Frequency,
    loss: float | None = None,
    areas: dict[str, str] | None = None,
) -> FrequencyLimit:
    """Return what loss of exchange both ends of the line under study stand, in every snapshot.

    Parameters
    ----------
    result
        The solved scenario.
    frequency
        Constants, thresholds and areas of the case.
    loss
        Loss for which slope and deviation are shown [MW]; by default the line's rating.
    areas
        ``receiving`` or ``sending`` → name of an area, where it is not the largest that holds the country.

    Raises
    ------
    InputError
        When no line is under study, or an area is unknown.
    """
    studied = _links_under_study(result)
    country = country_of_bus(result)
    rating = float(studied["p_nom"].sum())
    loss = rating if loss is None else loss
    over = frequency.over
    thresholds = {
        RECEIVING: frequency.nominal - frequency.under,
        SENDING: np.inf if over is None else over - frequency.nominal,
    }
    buyer = country[studied["bus1"].iloc[0]]
    seller = country[studied["bus0"].iloc[0]]
    names = {
        RECEIVING: _area_of(frequency, str(buyer)),
        SENDING: _area_of(frequency, str(seller)),
    }
    names |= areas or {}
    tables = {}
    for end, name in names.items():
        area, table = _frequency_area(result, frequency, name)
        table["slope"] = loss * area.slope_per_mw
        table["deviation"] = loss * area.nadir_per_mw
        table["largest loss"] = area.largest_loss(thresholds[end], frequency.slope)
        tables[end] = table
    both = pd.concat(tables, names=["end", "snapshot"])
    largest_loss = both["largest loss"].unstack("end")
    limit = largest_loss.min(axis=1).clip(upper=rating)
    return FrequencyLimit(
        areas=names,
        table=both,
        limit=limit.rename("limit"),
        loss=loss,
        links=tuple(map(str, studied.index)),
        rating=rating,
    )


def _links_under_study(result: Result) -> pd.DataFrame:
    """Return the links under study; refuse a case without."""
    links = result.inputs.components.get("links", pd.DataFrame())
    studied = links[is_of_service(links, [STUDIED])]
    if studied.empty:
        fault = Fault(
            "no link is under study",
            result.inputs.name,
            repair="give links the service 'casa'",
        )
        raise InputError(fault)
    return studied


def limited_scenario(scenario: Scenario, limit: pd.Series, rating: float, where: tuple[str, ...]) -> Scenario:
    """Return the scenario with the limit of each month as an event, so that it can be written down and run.

    Parameters
    ----------
    scenario
        What is asked.
    limit
        Most power at the sending end [MW], by snapshot; the least of a month holds for the month.
    rating
        Rating of the line [MW].
    where
        What is held down, as in events.
    """
    months = limit.groupby(pd.DatetimeIndex(limit.index).to_period("M")).min()
    events = []
    for month, power in months[months < rating].items():
        assert isinstance(month, pd.Period)
        event = {
            "name": f"frequency limit {month}",
            "kind": "derating",
            "cause": "frequency",
            "where": list(where),
            "start": f"{month.start_time:%Y-%m-%d}",
            "end": f"{month.end_time:%Y-%m-%d}",
            "depth": round(1 - float(power) / rating, 6),
        }
        events.append(event)
    kept = list(scenario.plain()["events"])
    return scenario.replace(events=[*kept, *events])
