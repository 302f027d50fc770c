"""Questions 20 and 21: dispatchers of the Central Asian ring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.frequency_limit import frequency_limit
from energy.analysis.frequency_ranges import ENDS, frequency_at_end
from energy.analysis.transit_after_loss import loading_after_surplus
from energy.answers.answer import Answer, Library, comparison, marks_of, outage_losses, outages, solved
from energy.answers.frequency import WITHIN, frequency_answer, frequency_of
from energy.case.stability import Frequency
from energy.metrics.monthly import sent
from energy.model.axis import in_window
from energy.model.objective import STUDIED, is_of_service
from energy.solve import Result

_ISLAND = "Tajik island"
_SENDING = "sending"
_ISLANDED = "TJ"
TIE = "tj_uz_tie"
_RING_COLLAPSE = "ring_collapse_2022"
_MID_JULY = "07-15T06:00"
_KAZAKH_TRANSIT = "Tashkent - Shymkent"
_SINKS: dict[str, dict[str, float]] = {
    "all in Kazakhstan": {"KZ": 1.0},
    "half in Uzbekistan": {"KZ": 0.5, "UZ centre": 0.5},
    "all in Uzbekistan": {"UZ centre": 1.0},
}
"""Where the machines outside Tajikistan and Kyrgyzstan may be that take up a surplus."""


def ring_collapse(library: Library) -> Answer:
    """Question 20: in which hours a collapse of the ring pulls Tajikistan and the sending end down, and its price."""
    case = library.case
    frequency = frequency_of(case)
    result = solved(case, library.base)
    hours = pd.Series(result.hours, result.inputs.axis.snapshots)
    exchange = _ring_exchange(result)
    shares = {}
    for end in ENDS:
        constants = frequency_at_end(case, frequency, end)
        surplus, deficit = _stands(result, constants)
        is_pulled = _is_beyond(exchange, surplus, deficit)
        shares[end] = float(hours[is_pulled].sum() / hours.sum())
    surplus, deficit = _stands(result, frequency)
    months = _months(exchange, surplus, deficit, hours)
    is_pulled = _is_beyond(exchange, surplus, deficit)
    season_share = _share_of_season(library, result, is_pulled)
    events = _collapses(library)
    held = _held_to_island(library, float(surplus.min()), float(deficit.min()))
    pulled = f"{100 * shares['base']:.0f} % of the hours ({100 * season_share:.0f} % of the contract's season)"
    shed = months["load to shed"]
    tripped = months["plants to trip"]
    lost = events["lost"].round(1)
    sentences = (
        f"In {pulled} yes: Tajikistan's exchange with the ring is more than an island of its own stands, so that a "
        "collapse trips plants or sheds load, and may take the sending end with it.",
        f"The island stands {surplus.min():,.0f} MW of surplus or {deficit.min():,.0f} MW of deficit in its weakest "
        f"hours; the exchange reaches {exchange.max():,.0f} MW out and {-exchange.min():,.0f} MW in. To stand on its "
        f"own it has to shed up to {shed.max():,.0f} MW of load ({shed.idxmax()}) or trip up to "
        f"{tripped.max():,.0f} MW of plants ({tripped.idxmax()}) at once.",
        f"Where the island holds, the event of January 2022 takes {abs(lost.iloc[0]):,.1f} GWh of the season, as "
        f"it lies in winter; in mid-July the same event takes {abs(lost.iloc[1]):,.1f} GWh.",
        _held_sentence(held),
    )
    limits = (
        "how the collapse unfolds: angles, relays, the order in which lines trip, and how long the Tajik system stays "
        "dark where the island does not hold: no settings of protection and no plan of shedding are published",
    )
    low = 100 * min(shares.values())
    high = 100 * max(shares.values())
    return Answer(
        sentences,
        {
            "Exchange of Tajikistan with the ring, and what an island stands": months,
            "Exchange held to what the island stands": held,
            "Energy of the event": events,
        },
        span=f"{low:.0f} to {high:.0f} % of the hours, by the ranges of inertia, governors and load relief",
        marks=marks_of(case, "rules.frequency", "lines.*"),
        limits=(*limits, *events.attrs["coarser"]),
    )


def _is_beyond(
    exchange: pd.Series,
    surplus: pd.Series,
    deficit: pd.Series,
) -> pd.Series:
    """Return in which snapshots the island gives or takes more than it stands."""
    is_over = exchange > surplus
    is_under = -exchange > deficit
    return is_over | is_under


def _collapses(library: Library) -> pd.DataFrame:
    """Return what the collapse takes in January, as in 2022, and in mid-July, as of ``answer.outage_losses`` [GWh]."""
    winter = outages(library, _RING_COLLAPSE)
    moved = {f"events.{position}.start": _MID_JULY for position in (0, 1)}
    in_july = library.scenario(_RING_COLLAPSE, **moved)
    summer = outage_losses(library.case, {f"{_RING_COLLAPSE} in July": in_july})
    events = pd.concat([winter, summer])
    events.attrs = dict(winter.attrs)
    return events


def _held_to_island(library: Library, surplus: float, deficit: float) -> pd.DataFrame:
    """Return the season with the agreed ties held to what the island stands in its weakest hours.

    Parameters
    ----------
    surplus, deficit
        What the island stands [MW].

    Returns
    -------
    pandas.DataFrame
        Index ties; as of ``energy.answers.answer.comparison`` [GWh].
    """
    limit = {
        f"rules.{TIE}.at_most": round(surplus),
        f"rules.{TIE}.at_least": -round(deficit),
    }
    scenarios = {
        "ties as they are": library.base,
        "held to the island": library.base.replace(**limit),
    }
    return comparison(library.case, scenarios).rename_axis("ties")


def _held_sentence(held: pd.DataFrame) -> str:
    before = held.iloc[0]
    after = held.iloc[1]
    darker = after["unserved TJ"] - before["unserved TJ"]
    return (
        "To be safe in every hour the ties to Uzbekistan would have to be held to that: the season is "
        f"{after['delivered']:,.0f} GWh instead of {before['delivered']:,.0f}, as what the summer swap no longer takes "
        f"goes to Pakistan, and {darker:+,.0f} GWh of Tajik demand stay unserved in winter."
    )


def _share_of_season(library: Library, result: Result, is_pulled: pd.Series) -> float:
    """Return the share of the contract's season in which a condition holds."""
    open_hours = result.hours * _in_season(library, result)
    pulled_hours = open_hours[is_pulled.to_numpy()]
    return float(pulled_hours.sum() / open_hours.sum())


def _ring_exchange(result: Result) -> pd.Series:
    """Return what Tajikistan gives to the ring [MW]; negative: takes.

    The rule ``TIE`` says what flows over the ties to Uzbekistan, with what is agreed beside the lines; other AC lines
    that cross the border count besides.
    """
    lines = result.inputs.components["lines"]
    country = result.inputs.components["buses"]["country"].fillna("")
    begins = lines["bus0"].map(country) == _ISLANDED
    ends = lines["bus1"].map(country) == _ISLANDED
    sign = pd.Series(0.0, index=lines.index)
    sign[begins & ~ends] = 1.0
    sign[ends & ~begins] = -1.0
    exchange = pd.Series(0.0, index=result.inputs.axis.snapshots)
    for rule in result.inputs.rules:
        if rule["name"] != TIE:
            continue
        for term in rule["terms"]:
            flow = result.flow(term["component"])[term["names"]]
            exchange = exchange + term["coefficient"] * flow.sum(axis=1)
            if term["component"] == "lines":
                sign[term["names"]] = 0.0
    return exchange + result.flow("lines")[lines.index] @ sign


def _stands(result: Result, frequency: Frequency) -> tuple[pd.Series, pd.Series]:
    """Return the largest surplus and the largest deficit that the island stands in each snapshot [MW]."""
    # a deficit is a surplus against the mirrored threshold: as far above nominal as the lowest frequency lies below it
    mirrored = 2 * frequency.nominal - frequency.under
    below = frequency.model_copy(update={"over": mirrored})
    return _largest_loss(result, frequency), _largest_loss(result, below)


def _largest_loss(result: Result, frequency: Frequency) -> pd.Series:
    limit = frequency_limit(result, frequency, areas={_SENDING: _ISLAND})
    largest: pd.Series[float] = limit.table["largest loss"].xs(_SENDING, level="end")
    return largest


def _months(
    exchange: pd.Series,
    surplus: pd.Series,
    deficit: pd.Series,
    hours: pd.Series,
) -> pd.DataFrame:
    """Return by month the exchange, what an island stands, and what has to be shed or tripped beyond it.

    Parameters
    ----------
    exchange
        What Tajikistan gives to the ring [MW]; negative: takes; index snapshot.
    surplus, deficit
        What the island stands [MW].
    hours
        Hours that each snapshot stands for.
    """
    months = pd.DatetimeIndex(exchange.index).to_period("M")
    given = exchange.clip(lower=0.0)
    taken = (-exchange).clip(lower=0.0)
    tripped = (given - surplus).clip(lower=0.0)
    shed = (taken - deficit).clip(lower=0.0)
    is_pulled = (tripped > 0) | (shed > 0)
    pulled_hours = hours.where(is_pulled, 0.0)
    hours_of_month = hours.groupby(months).sum()
    columns = {
        "most out": given.groupby(months).max(),
        "most in": taken.groupby(months).max(),
        "surplus stood": surplus.groupby(months).min(),
        "deficit stood": deficit.groupby(months).min(),
        "plants to trip": tripped.groupby(months).max(),
        "load to shed": shed.groupby(months).max(),
        "hours pulled down": pulled_hours.groupby(months).sum() / hours_of_month,
    }
    table = pd.DataFrame(columns).rename_axis("month")
    table.attrs["units"] = "MW; hours pulled down: share of the month"
    return table


def _in_season(library: Library, result: Result) -> np.ndarray:
    contract = library.case.rules.contract
    assert contract is not None
    axis = result.inputs.axis
    is_open = in_window(axis.hours, contract.season.start, contract.season.end)
    return axis.share(is_open)


def bipole_trip(library: Library) -> Answer:
    """Question 21: whether a bipole trip endangers frequency or the Kazakh transit."""
    case = library.case
    answer, limit = frequency_answer(case, library.base)
    result = solved(case, library.base)
    links = result.inputs.components["links"]
    studied = links[is_of_service(links, [STUDIED])]
    source = str(studied["bus0"].iloc[0])
    lines = result.inputs.components["lines"]
    flow = result.flow("lines")
    sold = sent(result)
    busy = flow[sold >= sold.max() - 1.0]
    outside = _share_outside(limit.table, frequency_of(case), limit.areas[_SENDING])
    surplus = outside * limit.rating
    tables = {}
    transits = {}
    overloaded_lines: set[str] = set()
    for name, sinks in _SINKS.items():
        loading = loading_after_surplus(lines, busy, surplus, source, sinks)
        tables[f"Lines after the trip, {name}"] = loading
        transits[name] = loading.loc[_KAZAKH_TRANSIT]
        is_over = loading["overload"] > 1
        overloaded_lines.update(loading.index[is_over])
    transit = pd.DataFrame(transits).T
    transit = transit.rename_axis("surplus taken up")
    transit.attrs["units"] = "MW"
    overloaded = sorted(overloaded_lines)
    most = float(transit["after"].max())
    rating = float(transit["s_nom"].iloc[0])
    others = f"{', '.join(overloaded)} would be overloaded" if overloaded else "no line of the ring is overloaded"
    sentences = (
        _frequency_verdict(answer.tables[WITHIN]),
        f"The Kazakh transit ({_KAZAKH_TRANSIT}): {'yes' if most > rating else 'no'}. After the loss of all "
        f"{limit.rating:,.0f} MW (the scenario sends up to {sold.max():,.0f}) the surplus is taken up outside "
        f"Tajikistan and Kyrgyzstan to {100 * outside:.0f} %; the transit goes from {transit['before'].max():,.0f} to "
        f"at most {most:,.0f} of its {rating:,.0f} MW; {others}.",
        *answer.sentences,
    )
    of_transit = f"Kazakh transit {transit['after'].min():,.0f} to {most:,.0f} MW, by where the surplus is taken up"
    limits = (
        "angles, protection, dead bands and limits of governors; what loops through the 220 kV network",
        "fast tripping of plants, which would take most of the surplus away in a quarter of a second",
    )
    return replace(
        answer,
        sentences=sentences,
        tables={"Kazakh transit after the trip": transit, **answer.tables, **tables},
        span=f"{of_transit}; {answer.span}",
        marks=marks_of(case, "rules.frequency", "lines.*"),
        limits=limits,
    )


def _frequency_verdict(within: pd.DataFrame) -> str:
    """Return whether the line ever carries more than the frequency of both ends stands to lose."""
    hours = within["hours above"]
    if not hours.max() > 0:
        return "Frequency: no, in no water does the line carry more than both ends stand to lose."
    worst = str(hours.idxmax())
    row = within.loc[worst]
    kept = row["delivered within the limit"]
    return (
        f"Frequency: yes, in {worst} water the line carries more than both ends stand to lose in "
        f"{row['hours above']:,.0f} h a year; held below that hour by hour it delivers {kept:,.0f} GWh instead of "
        f"{row['delivered']:,.0f}."
    )


def _share_outside(table: pd.DataFrame, frequency: Frequency, area: str) -> float:
    """Return the share of the running machines that stand outside the case's countries."""
    running = table["running"].xs(_SENDING, level="end")
    outside = frequency.areas[area].outside / frequency.loading
    return float(outside / running.mean())
