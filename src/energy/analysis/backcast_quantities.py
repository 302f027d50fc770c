"""Quantities of a backcast: energy of countries and plants, water of reservoirs, as a record has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd

from energy.metrics import injections
from energy.metrics.balance import country_of_bus
from energy.model.axis import Axis, in_window
from energy.model.objective import UNSERVED
from energy.solve import Result

Key = tuple[str, str]
"""(place, quantity), as in the record of a case."""
Values = dict[Key, float]
Entry = tuple[Key, float]

KM3 = 1e-3  # of an hm³
UNUSABLE = "unusable content"
PLANT = "output of the plant"
HYDRO = "generation: hydro"
MONTH_ENDS = {
    "Jan": "01-31",
    "Feb": "02-29",
    "Mar": "03-31",
    "Apr": "04-30",
    "May": "05-31",
    "Jun": "06-30",
    "Jul": "07-31",
    "Aug": "08-31",
    "Sep": "09-30",
    "Oct": "10-31",
    "Nov": "11-30",
}
MONTHS_OF_GENERATION = {
    **{f"Jan-{month}": ("01-01", end) for month, end in MONTH_ENDS.items()},
    "Oct-Dec": ("10-01", "12-31"),
    "Dec": ("12-01", "12-31"),
}
"""Part of a year whose generation a record may have → first and last day."""
ONE_DAY = pd.Timedelta(days=1)
ONE_HOUR_IN_DAYS = 1 / 24


def quantities(result: Result) -> Values:
    """Return what a result says of countries [GWh] and reservoirs [km³, shares].

    Returns
    -------
    dict
        (place, quantity) → value. Countries: ``generation``, ``generation: <carrier>``, ``generation Jan-<month>`` (to
        date), ``generation Oct-Dec``, ``generation Dec``, ``exports``, ``imports``, ``net imports``, ``unserved``.
        Water buses: ``output of the plant`` that takes from them. Stores: ``inflow``, ``release``, their ``… Apr-Sep
        share``. The AC lines of a country are one border, for loop flow is no trade; each link is a border.
    """
    of_countries = dict(_country_energies(result))
    of_reservoirs = dict(_reservoir_volumes(result))
    return of_countries | of_reservoirs


def _country_energies(result: Result) -> Iterator[Entry]:
    """Yield generation, unserved demand and trade of each country, and the output of each plant [GWh]."""
    energies = _generation(result)
    yield from energies.items()
    energy_of_part = _energy_of_parts(result)
    power = _generated_power(result)
    exports, imports = _trade(result)
    countries = set(country_of_bus(result)) - {""}
    for name in sorted(countries):
        generation = _total_generation(energies, name)
        yield (name, "generation"), generation
        no_power = np.zeros(len(result.hours))
        to_date = energy_of_part @ power.get(name, no_power)
        for part, energy in zip(MONTHS_OF_GENERATION, to_date.tolist(), strict=True):
            yield (name, f"generation {part}"), energy
        yield (name, "exports"), exports[name]
        yield (name, "imports"), imports[name]
        yield (name, "net imports"), imports[name] - exports[name]


def _energy_of_parts(result: Result) -> np.ndarray:
    """Return what a megawatt in each snapshot gives in each part of the year [GWh]; shape (parts, snapshots).

    The parts are those of ``MONTHS_OF_GENERATION``: the year to the end of each month, its last quarter and month. That
    to the end of December would be the year's, which has a name of its own.
    """
    axis = result.inputs.axis
    shares = []
    for first, last in MONTHS_OF_GENERATION.values():
        is_inside = in_window(axis.hours, first, last)
        shares.append(axis.share(is_inside))
    return np.asarray(result.hours * np.array(shares) / 1000)


def _generated_power(result: Result) -> dict[str, np.ndarray]:
    """Return the power of each country's plants, purchases and unserved demand aside [MW]; shape (snapshots,) each."""
    generators = _generators(result)
    is_plant = (generators["carrier"] != UNSERVED) & ~_is_purchase(generators)
    plants = generators[is_plant]
    turbines = _turbines(result)
    country = country_of_bus(result)
    of_plants = plants["bus"].map(country)
    of_turbines = turbines["bus1"].map(country)
    countries = pd.concat([of_plants, of_turbines]).to_numpy(str)
    from_plants = result.flow("generators")[plants.index].to_numpy()
    from_water = result.received[turbines.index].to_numpy()
    power = np.hstack([from_plants, from_water])
    power_of_country = {}
    for name in np.unique(countries):
        is_inside = countries == name
        power_of_country[str(name)] = power[:, is_inside].sum(axis=1)
    return power_of_country


def _total_generation(energies: Values, country: str) -> float:
    """Return the generation of a country [GWh], all carriers together."""
    of_carriers = []
    for (place, quantity), energy in energies.items():
        if place == country and quantity != UNSERVED:
            of_carriers.append(energy)
    return sum(of_carriers)


def _generation(result: Result) -> Values:
    """Return generation by country and carrier, unserved demand by country, and output by plant [GWh]."""
    country = country_of_bus(result)
    energies: defaultdict[Key, float] = defaultdict(float)

    generators = _generators(result)
    is_unserved = generators["carrier"] == UNSERVED
    counted = generators[is_unserved | ~_is_purchase(generators)]
    places = counted["bus"].map(country)
    power = result.flow("generators")[counted.index]
    output = _energy(result, power)
    for place, carrier, energy in zip(places, counted["carrier"], output, strict=True):
        quantity = UNSERVED if carrier == UNSERVED else f"generation: {carrier}"
        energies[str(place), quantity] += energy

    turbines = _turbines(result)
    places = turbines["bus1"].map(country)
    output = _energy(result, result.received[turbines.index])
    for place, river, energy in zip(places, turbines["bus0"], output, strict=True):
        energies[str(place), HYDRO] += energy
        energies[str(river), PLANT] += energy
    return dict(energies)


def _energy(result: Result, power: pd.DataFrame) -> list[float]:
    """Return the energy over the horizon [GWh] of each column of powers in every snapshot [MW]."""
    energy = result.hours @ power.to_numpy() / 1000
    in_order: list[float] = energy.tolist()
    return in_order


def _bus_carrier(result: Result) -> pd.Series:
    return result.inputs.components["buses"]["carrier"]


def _generators(result: Result) -> pd.DataFrame:
    """Return the generators that make electricity, those of unserved demand included; no market, no water."""
    generators = result.inputs.components["generators"]
    bus_carrier = generators["bus"].map(_bus_carrier(result))
    is_source = generators["sign"] > 0
    is_water = bus_carrier == "water"
    is_market = generators["carrier"] == "market"
    return generators[is_source & ~is_water & ~is_market]


def _is_purchase(generators: pd.DataFrame) -> pd.Series:
    if "service" not in generators:
        return pd.Series(False, index=generators.index)
    return generators["service"].notna()


def _turbines(result: Result) -> pd.DataFrame:
    """Return the links that lead from a water bus to an electric bus."""
    links = result.inputs.components["links"]
    carrier = _bus_carrier(result)
    start = links["bus0"].map(carrier)
    end = links["bus1"].map(carrier)
    from_water = start == "water"
    to_water = end == "water"
    return links[from_water & ~to_water]


def _trade(result: Result) -> tuple[dict[str, float], dict[str, float]]:
    """Return exports and imports of each country [GWh]: what leaves and enters it."""
    exports, imports = _trade_over_lines(result)
    country = country_of_bus(result)
    links = result.inputs.components["links"]
    carrier = links["bus0"].map(_bus_carrier(result))
    electric = links[carrier != "water"]
    starts = electric["bus0"].map(country)
    ends = electric["bus1"].map(country)
    sent = _energy(result, result.flow("links")[electric.index])
    received = _energy(result, result.received[electric.index])
    for start, end, leaving, arriving in zip(starts, ends, sent, received, strict=True):
        if start != end:
            exports[start] += leaving
            imports[end] += arriving
    return exports, imports


def _trade_over_lines(result: Result) -> tuple[dict[str, float], dict[str, float]]:
    """Return exports and imports of each country [GWh] over its AC lines, which are one border."""
    country = country_of_bus(result)
    exports = dict.fromkeys(country, 0.0)
    imports = dict.fromkeys(country, 0.0)
    lines = result.inputs.components.get("lines")
    if lines is None or lines.empty:
        return exports, imports
    flow = result.flow("lines")
    in_order = lines.loc[flow.columns]
    starts = in_order["bus0"].map(country).to_numpy(str)
    ends = in_order["bus1"].map(country).to_numpy(str)
    for place in exports:
        leaves = (starts == place).astype(int)
        arrives = (ends == place).astype(int)
        net_export = flow.to_numpy() @ (leaves - arrives)
        power_out = net_export.clip(min=0)
        power_in = (-net_export).clip(min=0)
        exports[place] = float(result.hours @ power_out) / 1000
        imports[place] = float(result.hours @ power_in) / 1000
    return exports, imports


def _reservoir_volumes(result: Result) -> Iterator[Entry]:
    """Yield inflow and release of each reservoir [km³], and what share of them falls into April to September."""
    axis = result.inputs.axis
    in_summer = in_window(axis.hours, "04-01", "09-30")
    summer = axis.share(in_summer)
    flows = injections(result)
    component = flows.columns.get_level_values("component")
    bus_of_flow = flows.columns.get_level_values("bus")
    stores = result.inputs.components["stores"]
    carrier = stores["bus"].map(_bus_carrier(result))
    reservoirs = stores[carrier == "water"]
    for store in map(str, reservoirs.index):
        bus = reservoirs["bus"][store]
        at_bus = bus_of_flow == bus
        of_store = component == "stores"
        flow = flows.loc[:, at_bus & ~of_store].to_numpy()
        rates = {
            "inflow": flow.clip(min=0),
            "release": (-flow).clip(min=0),
        }
        for quantity, rate in rates.items():
            total_rate = rate.sum(axis=1)
            volume = result.hours * total_rate * KM3
            total = volume.sum()
            if total > 0:
                share = summer @ volume / total
                yield (store, quantity), float(total)
                yield (store, f"{quantity} Apr-Sep share"), float(share)


def store_paths(
    result: Result,
    record: pd.DataFrame,
) -> dict[str, pd.Series]:
    """Return the content [hm³] of the stores that the record follows, at the end of every day of the horizon.

    Typical days are laid out over the days that they stand for: the content moves evenly from one to the next. What
    the record calls unusable is added, so that contents are those of the reservoir and not of the model's store.
    """
    axis = result.inputs.axis
    start = axis.hours[0]
    ends = _ends_of_days(axis)
    snapshots = axis.block[ends]
    since_start = axis.hours[ends] - start
    # an hour is named by its start, so a day ends an hour after its last one
    end_days = since_start / ONE_DAY + ONE_HOUR_IN_DAYS
    solved_days = np.concatenate([[0.0], end_days])
    last_day = axis.end - ONE_DAY
    days = pd.date_range(start.normalize(), last_day, freq="D")
    numbers = np.arange(1, len(days) + 1)

    contents = result.values["stores", "e"]
    stores = result.inputs.components["stores"]
    is_content = record["quantity"] == "content"
    paths = {}
    for store in record.loc[is_content, "place"].unique():
        if store not in contents:
            continue
        initial = float(stores["e_initial"][store])
        content = contents[store].to_numpy()
        at_ends = content[snapshots]
        usable = np.concatenate([[initial], at_ends])
        levels = usable + unusable_content(record, store)
        path = np.interp(numbers, solved_days, levels)
        paths[str(store)] = pd.Series(path, index=days)
    return paths


def _ends_of_days(axis: Axis) -> np.ndarray:
    """Return the position of the last hour of each day, or block of hours, that the model solves."""
    snapshots_per_day = max(axis.day_length, 1)
    day = axis.block // snapshots_per_day
    changes = np.flatnonzero(np.diff(day))
    last = len(axis.hours) - 1
    return np.append(changes, last)


def unusable_content(record: pd.DataFrame, store: str) -> float:
    """Return the content [hm³] of a reservoir that the model's store leaves out."""
    of_store = record["place"] == store
    is_unusable = record["quantity"] == UNUSABLE
    volumes = record.loc[of_store & is_unusable, "value"]
    return float(volumes.sum())
