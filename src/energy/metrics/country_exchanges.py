"""Exchanges of control areas in energy: purchases, swap, help, contracts, and what each sends over the line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pandas as pd

from energy.metrics.accounts import accounts, purchases_by_country, supply_by_country
from energy.metrics.monthly import GWH, transferable
from energy.model.accounts import ELECTRIC, SCHEDULE
from energy.model.axis import in_window
from energy.model.cache import IdentityKey
from energy.model.objective import RETURNED, STUDIED, UNSERVED
from energy.solve import Result

SWAP = "swap"
"""Carrier of the links that give energy into a swap and bring it back."""

PURCHASES = ("purchases in season", "purchases outside")
HELP = ("help given", "help taken")
SWAPPED = ("swap given", "swap returned")
SENT = "sent over the line"
SMALLEST = 1e-3
"""GWh below which an exchange is left out."""


def country_exchanges(result: Result) -> pd.DataFrame:
    """Return what each control area exchanges with others over the horizon [GWh], at its own side.

    Parameters
    ----------
    result
        A solved scenario.

    Returns
    -------
    pandas.DataFrame
        Index ``exchange``; a column a control area with an account, then one a third party that sends power over the
        line under study (open access). Rows: ``purchases in season`` and ``purchases outside`` the contract's season,
        ``unserved``, ``swap given``, ``swap returned``, ``help given``, ``help taken``, one a service that the area's
        own links deliver abroad (``afghan_contract``, …) or bring home (``reverse``), ``sent over the line``, and
        their sums ``imports``, ``exports`` and ``net imports``. Empty where no area has an account.

    Examples
    --------
    >>> import energy
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> country_exchanges(run.result).shape
    (0, 0)
    """
    return _country_exchanges(IdentityKey(result)).copy()


@lru_cache(maxsize=1)  # the text, the Dataset and the manifest of a run ask for it one after the other
def _country_exchanges(solved: IdentityKey[Result]) -> pd.DataFrame:
    result = solved.it
    areas = [account.area for account in accounts(result)]
    if not areas:
        return pd.DataFrame()
    by_exchange = _exchanges_by_area(result, areas)
    services = _services(by_exchange)
    rows = [
        *PURCHASES,
        UNSERVED,
        *SWAPPED,
        *HELP,
        *services,
        SENT,
    ]
    columns = [*areas, *_third_parties(by_exchange, areas)]
    table = by_exchange.reindex(
        index=rows,
        columns=columns,
        fill_value=0.0,
    )
    sold = [service for service in services if service != RETURNED]
    imported = [*PURCHASES, "swap returned", "help taken", RETURNED]
    exported = ["swap given", "help given", *sold, SENT]
    imports = _sum_of(table, imported)
    exports = _sum_of(table, exported)
    table.loc["imports"] = imports
    table.loc["exports"] = exports
    table.loc["net imports"] = imports - exports
    table.attrs["units"] = "GWh"
    named: pd.DataFrame = table.rename_axis(index="exchange", columns="area")
    return named


def _exchanges_by_area(result: Result, areas: list[str]) -> pd.DataFrame:
    """Return the exchanges that carry something, or may [GWh]; index exchange, a column an area."""
    energy = pd.concat(_energies(result, areas))
    total = energy.groupby(level=["exchange", "area"], sort=False).sum()
    by_exchange = total.unstack(fill_value=0.0)
    is_large = by_exchange.abs() > SMALLEST
    carries = is_large.any(axis=1)
    may_carry = by_exchange.index.isin(_possible_services(result))
    exchanges: pd.DataFrame = by_exchange[carries | may_carry]
    return exchanges


def _third_parties(by_exchange: pd.DataFrame, areas: list[str]) -> list[str]:
    """Return who sends power over the line under study and has no account."""
    if SENT not in by_exchange.index:
        return []
    sent = by_exchange.loc[SENT].drop(areas, errors="ignore").to_dict()
    return [str(area) for area, energy in sent.items() if energy > SMALLEST]


def purchases_by_month(result: Result) -> pd.DataFrame:
    """Return what each control area buys by month [GWh]; index month, a column an area."""
    months = result.inputs.axis.snapshots.to_period("M")
    energy = purchases_by_country(result).mul(result.hours, axis=0) * GWH
    by_month: pd.DataFrame = energy.groupby(months).sum()
    return by_month.rename_axis(index="month", columns="area")


def delivered_by_sender(result: Result) -> pd.Series:
    """Return what arrives over the line under study, by the country that sent it [GWh].

    In each snapshot the senders share the line's loss by what they send. Index country; empty without schedules.
    """
    sent = supply_by_country(result).clip(lower=0)
    total = sent.sum(axis=1)
    positive_total = total.where(total > 0)
    share_of_sender = sent.div(positive_total, axis=0).fillna(0.0)
    delivered = transferable(result) * result.hours
    delivered_of_sender = share_of_sender.mul(delivered, axis=0)
    energy: pd.Series[float] = delivered_of_sender.sum() * GWH
    by_sender = energy[energy > SMALLEST]
    return by_sender.rename_axis("sender")


def _sum_of(table: pd.DataFrame, rows: list[str]) -> pd.Series:
    """Return the sum of those rows that a table has, by area."""
    present = table.index.intersection(rows)
    return table.loc[present].sum()


def _possible_services(result: Result) -> set[str]:
    """Return the services whose links may carry something: their rows stand even where they carry nothing."""
    links = result.inputs.components["links"]
    largest_share = result.inputs.array("links", "p_max_pu").max(axis=0)
    largest_flow = largest_share * links["p_nom"].to_numpy(float)
    services = links.loc[largest_flow > 0, "service"]
    return set(services.dropna())


def _services(by_exchange: pd.DataFrame) -> list[str]:
    """Return the rows that are services of an area's own links."""
    named = {*PURCHASES, *SWAPPED, *HELP, UNSERVED, SENT}
    return [str(row) for row in by_exchange.index if row not in named]


def _energies(result: Result, areas: list[str]) -> Iterator[pd.Series]:
    """Yield what areas buy, send over the line, and exchange by generators and links [GWh], exchange by exchange."""
    in_season = _season_share(result)
    bought = purchases_by_country(result)
    bought_in_season = bought.mul(in_season, axis=0)
    bought_outside = bought.mul(1 - in_season, axis=0)
    sent = supply_by_country(result)
    row_in_season, row_outside = PURCHASES
    yield _energy(result, bought_in_season, row_in_season)
    yield _energy(result, bought_outside, row_outside)
    yield _energy(result, sent, SENT)
    yield from _of_generators(result, areas)
    yield from _of_links(result, areas)


def _energy(
    result: Result,
    power: pd.DataFrame,
    exchange: str,
) -> pd.Series:
    """Return the energy of a power by area [GWh]; index exchange and area."""
    values = power.to_numpy(float).reshape(len(result.hours), -1)
    energy = result.hours @ values * GWH
    index = pd.MultiIndex.from_product(
        [[exchange], power.columns],
        names=["exchange", "area"],
    )
    return pd.Series(energy, index)


def _season_share(result: Result) -> np.ndarray:
    """Return the share of each snapshot that lies in the contract's season; shape (snapshots,)."""
    axis = result.inputs.axis
    contract = result.inputs.book.contract
    if contract is None:
        return np.zeros(len(axis.snapshots))
    season = contract.season
    hours_of_season = in_window(axis.hours, season.start, season.end)
    return axis.share(hours_of_season)


def _of_generators(result: Result, areas: list[str]) -> Iterator[pd.Series]:
    """Yield unserved demand, and what areas give and take on schedules that no line under study draws on."""
    generators = result.inputs.components["generators"]
    buses = result.inputs.components["buses"]
    bus = generators["bus"]
    country = bus.map(buses["country"])
    is_unserved = generators["carrier"] == UNSERVED
    for area in areas:
        sheds_in_area = is_unserved & (country == area)
        yield _output(result, sheds_in_area, area, UNSERVED)
    if "account" not in generators:
        return
    on_schedule = bus.map(buses["carrier"]) == SCHEDULE
    is_drawn = bus.isin(_drawn_schedules(result))
    is_help = on_schedule & ~is_drawn
    gives = generators["sign"] > 0
    takes = generators["sign"] < 0
    given, taken = HELP
    for area in areas:
        has_account = generators["account"] == area
        helps = is_help & has_account
        yield _output(result, helps & gives, area, given)
        yield _output(result, helps & takes, area, taken)


def _output(
    result: Result,
    chosen: pd.Series,
    area: str,
    exchange: str,
) -> pd.Series:
    """Return the energy of chosen generators as an exchange of an area [GWh]."""
    names = chosen.index[chosen]
    power = result.flow("generators")[names].sum(axis=1)
    return _energy(result, power.to_frame(area), exchange)


def _drawn_schedules(result: Result) -> set[str]:
    """Return the schedules that the line under study draws on."""
    links = result.inputs.components["links"]
    if "bus2" not in links:
        return set()
    is_studied = links["service"] == STUDIED
    return set(links.loc[is_studied, "bus2"])


def _of_links(result: Result, areas: list[str]) -> Iterator[pd.Series]:
    """Yield what an area's own links give away and bring home: swaps, and services that are sold abroad."""
    links = result.inputs.components["links"]
    buses = result.inputs.components["buses"]
    is_electric = buses["carrier"].isin(ELECTRIC)
    area_of_bus = buses["country"].where(is_electric, "")
    giver = links["bus0"].map(area_of_bus).fillna("")
    receiver = links["bus1"].map(area_of_bus).fillna("")
    service = links["service"].fillna("")
    is_swap = links["carrier"] == SWAP
    crosses_a_border = giver != receiver
    is_traded = is_swap | (service != "")
    is_studied = service == STUDIED
    given, returned = SWAPPED
    row_of_giver = service.mask(is_swap, given)
    row_of_receiver = service.mask(is_swap, returned)
    taken = result.flow("links")
    for name in links.index[crosses_a_border & is_traded & ~is_studied]:
        if giver[name] in areas:
            sent = taken[name].to_frame(giver[name])
            yield _energy(result, sent, row_of_giver[name])
        if receiver[name] in areas:
            received = result.received[name].to_frame(receiver[name])
            yield _energy(result, received, row_of_receiver[name])
