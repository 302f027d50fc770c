"""Questions 11 to 13: Tajikistan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.priority_waterfall import open_season
from energy.analysis.recorded_seasons import recorded_seasons
from energy.analysis.transit_after_loss import flow_after_outage, room_for_transfer
from energy.answers.answer import (
    Answer,
    Library,
    comparison,
    comparison_answer,
    evidence_ends,
    marks_of,
    season_energy,
    solved,
    unserved_energy,
    water_labels,
)
from energy.answers.grid import corridor_answer, power_flow_answer
from energy.case import Case
from energy.errors import SolverError
from energy.metrics.labelled_table import labelled_table
from energy.metrics.monthly import energy_by_month, transferable, weighted_quantile
from energy.scenario import Scenario
from energy.solve import Result

_SEPTEMBER = {"from": "09-01", "to": "09-30"}
_NUREK_RULE = "rules.nurek_full.at_least"
_NOTICED = 1.0
"""Energy from which on a difference counts [GWh]."""
_NUREK_FULL = (0.65, 0.8, 0.9, 1.0)
_NORTH_SOUTH = "Sughd - Dushanbe"
_KYRGYZ_LINE = "Datka - Sughd"
_KYRGYZ_BUS, _SENDING_BUS = "KG south", "TJ south"
_ROOM_UNITS = "MW; hours with room: share of the season's hours"
_ALL_HOURS = 1 - 1e-9
_AFGHAN_LINE = "values.profiles/monthly.TJ - AF 220 kV.p_max_pu"
_AFGHAN_SALES = {"1.0 TWh to Afghanistan": 1.0, "1.5 TWh to Afghanistan": 1.5}
_BUYERS = {
    "CASA": 51.5,
    "Afghanistan": 43.9,
    "Kazakhstan and Uzbekistan (Rogun)": 34.0,
    "Uzbek spot": 20.2,
}
"""What buyers pay at the seller [$/MWh]: contract; press of 2025; contract of 2025; spot sales of 2025."""
_AFGHAN_TODAY = 1.78
"""Tajik sale to Afghanistan in the case [TWh a year at the sending end]."""


def nurek_full_in_september(library: Library) -> Answer:
    """Question 11: what can be sold while Nurek is full, and what a GWh sold in September costs in winter."""
    case, base = library.case, library.base
    table = _by_water_and_level(library)
    seasons = table["delivered"].unstack("water")
    full = seasons.iloc[-1]
    less = float((seasons.iloc[0] - full).max())
    months = _sale_by_month(solved(case, base.replace(**{_NUREK_RULE: 1.0})))
    trade = _september_against_winter(library)
    record = _nurek_over_record(library)
    texts = ", ".join(f"{energy:,.0f} GWh ({water})" for water, energy in full.items())
    quite_full = record.loc["quite full"]
    sentences = (
        f"With Nurek quite full on 1 October {texts} can be sold in the season, at most {less:,.0f} GWh less than with "
        f"{100 * _NUREK_FULL[0]:.0f} % of it; {months.iloc[-1]:,.0f} GWh of it in September of median water.",
        f"Over {quite_full['years']:.0f} water years on record it is {quite_full['P90']:,.0f} GWh in nine of ten and "
        f"{quite_full['P50']:,.0f} in half of them; filling it costs sale in {quite_full['years with less']:.0f} of "
        f"them, {quite_full['most less']:,.0f} GWh at most.",
        _september_sentence(case, trade),
    )
    return Answer(
        sentences,
        {
            "By water and the level asked of Nurek": table,
            "Over the water years on record": record,
            "A GWh in September against winter": trade,
            "Sale by month with Nurek quite full": months.to_frame(),
        },
        span=f"{full.min():,.0f} to {full.max():,.0f} GWh, dry to wet, with Nurek full; over the record "
        f"{quite_full['P90']:,.0f} (P90) to {quite_full['P10']:,.0f} (P10)",
        marks=marks_of(case, "rules.nurek*", "stores.Nurek", "profiles/inflow.*"),
        limits=(
            "what an operator would hold back for a winter that he does not know: here each year is foreseen; "
            "`energy policy` decides without that",
        ),
    )


def _by_water_and_level(library: Library) -> pd.DataFrame:
    """Return the season and unserved Tajik demand by water and the level asked of Nurek on 1 October [GWh]."""
    case = library.case
    rows = {}
    for water, scenario in water_labels(case, library.base).items():
        for share in _NUREK_FULL:
            changed = scenario.replace(**{_NUREK_RULE: share})
            rows[water, 100 * share] = {
                "delivered": season_energy(case, changed),
                "unserved TJ": unserved_energy(case, changed, "TJ"),
            }
    return labelled_table(rows, ["water", "Nurek full, %"], "GWh")


def _sale_by_month(result: Result) -> pd.Series:
    """Return what is delivered in each month that delivers [GWh]."""
    energy = energy_by_month(transferable(result), result)
    months = energy[energy > 0].rename("delivered").rename_axis("month")
    months.attrs["units"] = "GWh"
    return months


def _nurek_over_record(library: Library) -> pd.DataFrame:
    """Return the seasons of the water years on record, with Nurek as the case has it and quite full on 1 October.

    Returns
    -------
    pandas.DataFrame
        Index level; ``P90``, ``P50``, ``P10`` [GWh], ``years``, ``years with less`` than as the case has it, and
        ``most less`` [GWh].
    """
    case, base = library.case, library.base
    usual = recorded_seasons(case, base)
    full = recorded_seasons(case, base.replace(**{_NUREK_RULE: 1.0}))
    rows = {}
    for name, seasons in (("as the case has it", usual), ("quite full", full)):
        less = (usual - seasons).dropna()
        energy, weights = seasons.to_numpy(float), np.ones(len(seasons))
        rows[name] = {
            "P90": weighted_quantile(energy, weights, 0.1),
            "P50": weighted_quantile(energy, weights, 0.5),
            "P10": weighted_quantile(energy, weights, 0.9),
            "years": float(len(seasons)),
            "years with less": float((less > _NOTICED).sum()),
            "most less": float(less.max()),
        }
    return labelled_table(rows, "Nurek on 1 October", "GWh; years")


def _september_sentence(case: Case, trade: pd.DataFrame) -> str:
    """Return what September's sale costs in winter, and the price of a dark MWh at which it stops paying."""
    first = trade.iloc[0]
    if not first["sold more"] > _NOTICED:
        return "Sold before Tajik demand, September carries no more."
    ratio = first["unserved more"] / first["sold more"]
    low, high = evidence_ends(case, "unserved TJ south", "marginal_cost", "generators")
    return (
        f"Sold before Tajik demand, September carries {first['sold more']:,.0f} GWh more and winter lacks "
        f"{first['unserved more']:,.0f}: {ratio:.2f} GWh dark in winter for a GWh sold. It pays Tajikistan only if a "
        f"MWh that is not served in winter is worth less than {first['break-even']:,.0f} $: it is taken to be worth "
        f"{low:,.0f} to {high:,.0f}."
    )


def _september_against_winter(library: Library) -> pd.DataFrame:
    """Return what a sale of September alone takes from Tajik winter, if it stands before Tajik demand.

    Sold at the contract's energy price, against unserved demand at the price that the case gives it.
    """
    case = library.case
    rows = {}
    for water, scenario in water_labels(case, library.base).items():
        september = scenario.replace(**{"contract.season": _SEPTEMBER})
        order = [service for service in _protection_order(case, september) if service != "casa"]
        first = order.index("tajik_demand")
        hasty = september.replace(protection_order=[*order[:first], "casa", *order[first:]])
        sold = season_energy(case, hasty) - season_energy(case, september)
        dark = unserved_energy(case, hasty, "TJ") - unserved_energy(case, september, "TJ")
        income = sold * _BUYERS["CASA"] / 1000
        rows[water] = {
            "sold more": sold,
            "unserved more": dark,
            "income": income,
            "break-even": 1000 * income / dark if dark > _NOTICED else float("nan"),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("water")
    table = table.reindex([name for name in ("median", "dry", "wet", *table.index) if name in table.index])
    table = table[~table.index.duplicated()]
    table.attrs["units"] = "GWh; income million USD; break-even $ for a MWh that is not served"
    return table


def _protection_order(case: Case, scenario: Scenario) -> list[str]:
    """Return the order in which services are protected, the scenario's own or the case's."""
    return list(scenario.protection_order or case.rules.protection_order)


def which_buyer_first(library: Library) -> Answer:
    """Question 12: which buyer first, and what Rogun changes; 1.0 against 1.5 TWh to Afghanistan."""
    text = (
        "CASA gets {base} GWh after what is promised before it, {casa_before_afghanistan} served before Afghanistan, "
        "{swap_ends} without the Uzbek swap, {rogun_2035} with Rogun and the demand of 2035."
    )
    answer = comparison_answer(library, text, ("casa_before_afghanistan", "swap_ends", "rogun_2035"))
    sales = {library.base.name: library.base}
    for name, energy in _AFGHAN_SALES.items():
        sales[name] = library.base.replace(**{_AFGHAN_LINE: energy / _AFGHAN_TODAY})
    afghan = comparison(library.case, sales)
    table = pd.Series(_BUYERS).rename("price").to_frame().rename_axis("buyer")
    table.attrs["units"] = "$/MWh at the seller"
    tables = {
        **answer.tables,
        "The Afghan contract smaller": afghan,
        "What buyers pay": table,
    }
    more = float(afghan["against the first"].iloc[1])
    sentence = f"With 1.0 TWh a year to Afghanistan instead of 1.8, {more:,.0f} GWh more reach Pakistan."
    return replace(answer, sentences=(*answer.sentences, sentence), tables=tables)


def north_south_line(library: Library) -> Answer:
    """Question 13: whether the one-circuit North-South path can carry Kyrgyz power, and what its loss takes."""
    case, base = library.case, library.base
    names = ("tajik_north_south_out", "datka_sughd_out")
    seasons = {}
    for water in ("median", "wet"):
        seasons[f"all lines, {water}"] = base.replace(hydrology=water)
        for name in names:
            seasons[f"{name}, {water}"] = library.scenario(name, hydrology=water)
    table = comparison(case, seasons)
    wanted = _kyrgyz_part(case)
    room = pd.concat(
        {
            water: _room_for_kyrgyz_power(solved(case, changed), changed, wanted)
            for water, changed in water_labels(case, base).items()
        },
        names=["water"],
    )
    room.attrs["units"] = _ROOM_UNITS
    path = _use_of_path(solved(case, base))
    exchange = corridor_answer(case, base, ("tajik_north_south", "datka_sughd"))
    voltage = power_flow_answer(case, base)
    verdict, outage_tables = _voltages_without_path(library, names[0])
    own, kyrgyz = path.loc[_NORTH_SOUTH], path.loc[_KYRGYZ_LINE]
    least = table["delivered"]
    taken = [float(least.iloc[0] - least.iloc[1]), float(least.iloc[3] - least.iloc[4])]
    losses = [max(round(loss, 1), 0.0) + 0.0 for loss in taken]
    sentences = (
        _room_sentence(room, wanted),
        f"{_NORTH_SOUTH} carries up to {own['most']:,.0f} of its {own['rating']:,.0f} MW, {own['north']:,.0f} GWh a "
        f"year to the north and {own['south']:,.0f} to the south: Kyrgyz power for the south takes load off it; "
        f"{kyrgyz['south']:,.0f} GWh a year come over {_KYRGYZ_LINE} as it is.",
        f"With it out the season loses {losses[0]:,.0f} GWh in median and {losses[1]:,.0f} in wet water: Kyrgyzstan "
        "has little to send, and the ring through Uzbekistan carries instead.",
        f"{voltage.sentences[0]} With it out: {verdict}",
    )
    tables = {
        "Room for Kyrgyz power in the season": room,
        "Use of the path": path,
        "Seasons with a line out": table,
        **exchange.tables,
        **voltage.tables,
        **outage_tables,
    }
    least_room, most_room = room["least room"].min(), room["least room"].max()
    return Answer(
        sentences,
        tables,
        span=f"room in the tightest hour of the season {least_room:,.0f} to {most_room:,.0f} MW over water, all lines "
        f"or one out; season lost {min(losses):,.0f} to {max(losses):,.0f} GWh, median to wet water",
        marks=marks_of(case, "lines.*", "rules.reactive_power", "rules.contract"),
        limits=(
            *voltage.limits,
            "voltages with more Kyrgyz power, and what ties may carry by agreement: room is by ratings",
        ),
    )


def _kyrgyz_part(case: Case) -> float:
    """Return Kyrgyzstan's part of the full line at the sending end [MW]."""
    contract = case.rules.contract
    assert contract is not None
    return contract.ceiling * contract.shares["KG"]


def _room_for_kyrgyz_power(result: Result, scenario: Scenario, wanted: float) -> pd.DataFrame:
    """Return how much more Kyrgyz power can reach the sending end while the contract delivers.

    Parameters
    ----------
    wanted
        Power that is asked for [MW].

    Returns
    -------
    pandas.DataFrame
        Index lines in service; ``least room``, ``mean room`` [MW], ``hours with room``: share of the season's hours in
        which what is wanted fits, ``limit``: the line that is full first in the tightest hour.
    """
    lines = result.inputs.components["lines"]
    flow = result.flow("lines")[lines.index]
    states = {"all lines": (lines, flow)}
    for line in (_NORTH_SOUTH, _KYRGYZ_LINE):
        states[f"{line} out"] = (lines.drop(index=line), flow_after_outage(lines, flow, line))
    hours = result.hours * open_season(scenario, result.inputs)
    is_open = hours > 0
    rows = {}
    for state, (left, flows) in states.items():
        room = room_for_transfer(left, flows, _KYRGYZ_BUS, {_SENDING_BUS: 1.0})[is_open]
        fits = room["room"] >= wanted
        rows[state] = {
            "least room": float(room["room"].min()),
            "mean room": float(room["room"] @ hours[is_open] / hours.sum()),
            "hours with room": float(hours[is_open][fits].sum() / hours.sum()),
            "limit": str(room.loc[room["room"].idxmin(), "limit"]),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("lines")


def _room_sentence(room: pd.DataFrame, wanted: float) -> str:
    """Return whether Kyrgyzstan's part of the full line fits through the ring, with all lines and with one out."""
    whole = room.xs("all lines", level="lines")
    out = room.xs(f"{_NORTH_SOUTH} out", level="lines")
    always = bool((whole["hours with room"] > _ALL_HOURS).all())
    return (
        f"{'Yes' if always else 'Not in all hours'}: Kyrgyzstan's part of the full line is {wanted:,.0f} MW; on top of "
        f"what flows the ring takes at least {whole['least room'].min():,.0f} MW from {_KYRGYZ_BUS} to {_SENDING_BUS}, "
        f"{whole['mean room'].min():,.0f} in the mean, and {100 * whole['hours with room'].min():.0f} % of the "
        f"season's hours have room for all of it; with {_NORTH_SOUTH} out at least {out['least room'].min():,.0f} MW "
        f"and {100 * out['hours with room'].min():.0f} %."
    )


def _voltages_without_path(library: Library, name: str) -> tuple[str, dict[str, pd.DataFrame]]:
    """Return what AC power flow says of the dispatch with the path out; no voltages at all is an answer too."""
    try:
        outage = power_flow_answer(library.case, library.scenario(name))
    except SolverError as err:
        return f"{err}.", {}
    return outage.sentences[0], {"Voltages with Sughd - Dushanbe out": outage.tables["Voltages"]}


def _use_of_path(result: Result) -> pd.DataFrame:
    """Return what the two lines of the path carry: largest flow, rating, room [MW], energy each way [GWh]."""
    lines = result.inputs.components["lines"]
    rows = {}
    for name in (_NORTH_SOUTH, _KYRGYZ_LINE):
        flow = result.flow("lines")[name]
        rating = float(lines["s_nom"].astype(float)[name])
        most = float(flow.abs().max())
        rows[name] = {
            "most": most,
            "rating": rating,
            "room": rating - most,
            "south": float(flow.clip(lower=0.0) @ result.hours) / 1000,
            "north": float((-flow).clip(lower=0.0) @ result.hours) / 1000,
        }
    return labelled_table(rows, "line", "MW; south, north GWh a year")
