"""Exchanges of control areas in energy: purchases, swap, help, contracts, and what each sends over the line."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from energy.metrics.accounts import accounts, purchases_by_country, supply_by_country
from energy.metrics.monthly import GWH, transferable
from energy.model.accounts import ELECTRIC, SCHEDULE
from energy.model.axis import in_window
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
    areas = [account.area for account in accounts(result)]
    if not areas:
        return pd.DataFrame()
    energy = pd.concat(_energies(result, areas))
    by_exchange = energy.groupby(level=["exchange", "area"], sort=False).sum().unstack(fill_value=0.0)
    possible = _possible_services(result)
    by_exchange = by_exchange[(by_exchange.abs() > SMALLEST).any(axis=1) | by_exchange.index.isin(possible)]
    sent = by_exchange.loc[SENT] if SENT in by_exchange.index else pd.Series(dtype=float)
    third_parties = [area for area in sent.index if area not in areas and sent[area] > SMALLEST]
    rows = [*PURCHASES, UNSERVED, *SWAPPED, *HELP, *_services(by_exchange), SENT]
    table = by_exchange.reindex(index=rows, columns=[*areas, *third_parties], fill_value=0.0)
    sold = [service for service in _services(by_exchange) if service != RETURNED]
    table.loc["imports"] = _sum_of(table, [*PURCHASES, "swap returned", "help taken", RETURNED])
    table.loc["exports"] = _sum_of(table, ["swap given", "help given", *sold, SENT])
    table.loc["net imports"] = table.loc["imports"] - table.loc["exports"]
    table.attrs["units"] = "GWh"
    named: pd.DataFrame = table.rename_axis(index="exchange", columns="area")
    return named


def purchases_by_month(result: Result) -> pd.DataFrame:
    """Return what each control area buys by month [GWh]; index month, a column an area."""
    months = result.inputs.axis.snapshots.to_period("M")
    energy = purchases_by_country(result).mul(result.hours, axis=0) * GWH
    by_month: pd.DataFrame = energy.groupby(months).sum().rename_axis(index="month", columns="area")
    return by_month


def delivered_by_sender(result: Result) -> pd.Series:
    """Return what arrives over the line under study, by the country that sent it [GWh].

    In each snapshot the senders share the line's loss by what they send. Index country; empty without schedules.
    """
    sent = supply_by_country(result).clip(lower=0)
    together = sent.sum(axis=1)
    share = sent.div(together.where(together > 0), axis=0).fillna(0.0)
    energy = share.mul(transferable(result) * result.hours, axis=0).sum() * GWH
    by_sender: pd.Series[float] = energy[energy > SMALLEST].rename_axis("sender")
    return by_sender


def _sum_of(table: pd.DataFrame, rows: list[str]) -> pd.Series:
    return table.loc[table.index.intersection(rows)].sum()


def _possible_services(result: Result) -> set[str]:
    """Return the services whose links may carry something: their rows stand even where they carry nothing."""
    links = result.inputs.components["links"]
    room = result.inputs.array("links", "p_max_pu").max(axis=0) * links["p_nom"].to_numpy(float)
    return set(links.loc[room > 0, "service"].dropna())


def _services(by_exchange: pd.DataFrame) -> list[str]:
    """Return the rows that are services of an area's own links."""
    named = {*PURCHASES, *SWAPPED, *HELP, UNSERVED, SENT}
    return [str(row) for row in by_exchange.index if row not in named]


def _energies(result: Result, areas: list[str]) -> Iterator[pd.Series]:
    in_season = _season_share(result)
    bought = purchases_by_country(result)
    yield _energy(result, bought.mul(in_season, axis=0), PURCHASES[0])
    yield _energy(result, bought.mul(1 - in_season, axis=0), PURCHASES[1])
    yield _energy(result, supply_by_country(result), SENT)
    yield from _of_generators(result, areas)
    yield from _of_links(result, areas)


def _energy(result: Result, power: pd.DataFrame, exchange: str) -> pd.Series:
    """Return the energy of a power by area [GWh]; index exchange and area."""
    energy = result.hours @ power.to_numpy(float).reshape(len(result.hours), -1) * GWH
    index = pd.MultiIndex.from_product([[exchange], power.columns], names=["exchange", "area"])
    return pd.Series(energy, index)


def _season_share(result: Result) -> np.ndarray:
    contract, axis = result.inputs.book.contract, result.inputs.axis
    if contract is None:
        return np.zeros(len(axis.snapshots))
    return axis.share(in_window(axis.hours, contract.season.start, contract.season.end))


def _of_generators(result: Result, areas: list[str]) -> Iterator[pd.Series]:
    """Yield unserved demand, and what areas give and take on schedules that no line under study draws on."""
    generators = result.inputs.components["generators"]
    buses = result.inputs.components["buses"]
    country = generators["bus"].map(buses["country"])
    is_unserved = generators["carrier"] == UNSERVED
    for area in areas:
        yield _output(result, is_unserved & (country == area), area, UNSERVED)
    if "account" not in generators:
        return
    on_schedule = generators["bus"].map(buses["carrier"]) == SCHEDULE
    is_help = on_schedule & ~generators["bus"].isin(_drawn_schedules(result))
    given, taken = HELP
    for area in areas:
        of_area = is_help & (generators["account"] == area)
        yield _output(result, of_area & (generators["sign"] > 0), area, given)
        yield _output(result, of_area & (generators["sign"] < 0), area, taken)


def _output(result: Result, chosen: pd.Series, area: str, exchange: str) -> pd.Series:
    """Return the energy of chosen generators as an exchange of an area [GWh]."""
    names = chosen.index[chosen]
    power = result.flow("generators")[names].sum(axis=1)
    return _energy(result, power.to_frame(area), exchange)


def _drawn_schedules(result: Result) -> set[str]:
    links = result.inputs.components["links"]
    return set(links.loc[links["service"] == STUDIED, "bus2"]) if "bus2" in links else set()


def _of_links(result: Result, areas: list[str]) -> Iterator[pd.Series]:
    """Yield what an area's own links give away and bring home: swaps, and services that are sold abroad."""
    links = result.inputs.components["links"]
    buses = result.inputs.components["buses"]
    is_electric = buses["carrier"].isin(ELECTRIC)
    area_of_bus = buses["country"].where(is_electric, "")
    table = pd.DataFrame(
        {
            "begin": links["bus0"].map(area_of_bus).fillna(""),
            "end": links["bus1"].map(area_of_bus).fillna(""),
            "service": links["service"].fillna(""),
            "is_swap": links["carrier"] == SWAP,
        }
    )
    is_own = (table["begin"] != table["end"]) & (table["service"] != STUDIED)
    traded = table[is_own & ((table["service"] != "") | table["is_swap"])]
    given, returned = SWAPPED
    for name, begin, end, service, is_swap in traded.itertuples():
        if begin in areas:
            sent = result.flow("links")[[name]].set_axis([begin], axis=1)
            yield _energy(result, sent, given if is_swap else service)
        if end in areas:
            received = result.received[[name]].set_axis([end], axis=1)
            yield _energy(result, received, returned if is_swap else service)
