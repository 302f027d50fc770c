"""Questions 20 and 21: dispatchers of the Central Asian ring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.frequency_limit import frequency_limit
from energy.analysis.frequency_ranges import ENDS, frequency_at_end
from energy.analysis.transit_after_loss import loading_after_surplus
from energy.case.stability import Frequency
from energy.model.axis import in_window
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.frequency import WITHIN, frequency_answer, frequency_of
from energy.report.answers.seasons import solved
from energy.report.questions.library import Library, outages
from energy.solve import Result

ISLAND = "Tajik island"
SENDING = "sending"
ISLANDED = "TJ"
TIE = "tj_uz_tie"
RING_COLLAPSE = "ring_collapse_2022"
KAZAKH_TRANSIT = "Tashkent - Shymkent"
SINKS: dict[str, dict[str, float]] = {
    "all in Kazakhstan": {"KZ": 1.0},
    "half in Uzbekistan": {"KZ": 0.5, "UZ centre": 0.5},
    "all in Uzbekistan": {"UZ centre": 1.0},
}
"""Where the machines outside Tajikistan and Kyrgyzstan may be that take up a surplus."""


def ring_collapse(library: Library) -> Answer:
    """Question 20: in which hours a collapse of the ring pulls Tajikistan and the sending end down."""
    case, base = library.case, library.base
    frequency = frequency_of(case)
    result = solved(case, base)
    hours = pd.Series(result.hours, result.inputs.axis.snapshots)
    exchange = _ring_exchange(result)
    shares, tables = {}, {}
    for end in ENDS:
        surplus, deficit = _stands(result, frequency_at_end(case, frequency, end))
        is_pulled = (exchange > surplus) | (-exchange > deficit)
        shares[end] = float(hours[is_pulled].sum() / hours.sum())
        if end == "base":
            tables = _months(exchange, surplus, deficit, is_pulled, hours)
            in_season = _in_season(library, result)
            season_share = float((hours * in_season)[is_pulled].sum() / (hours * in_season).sum())
            least = {"surplus": surplus.min(), "deficit": deficit.min()}
    events = outages(library, RING_COLLAPSE)
    lost = float(events["lost"].iloc[0])
    pulled = f"{100 * shares['base']:.0f} % of the hours ({100 * season_share:.0f} % of the contract's season)"
    sentences = (
        f"In {pulled} Tajikistan's exchange with the ring is more than an island of its own stands: a collapse then "
        "trips plants or sheds load, and may take the sending end with it.",
        f"The island stands {least['surplus']:,.0f} MW of surplus or {least['deficit']:,.0f} MW of deficit in "
        "its weakest "
        f"hours; the exchange reaches {exchange.max():,.0f} MW out and {-exchange.min():,.0f} MW in.",
        f"The energy of the event of January 2022, replayed, is {lost:,.1f} GWh of the season: it lies in winter.",
    )
    limits = (
        "how the collapse unfolds: angles, relays, the order in which lines trip",
        "tripping of plants and load shedding by plan, which would save the island at a price",
    )
    low, high = 100 * min(shares.values()), 100 * max(shares.values())
    span = f"{low:.0f} to {high:.0f} % of the hours, by the ranges of inertia, governors and load relief"
    return Answer(
        sentences,
        {**tables, "Energy of the event": events},
        span=span,
        marks=marks_of(case, "rules.frequency", "lines.*"),
        limits=limits,
    )


def _ring_exchange(result: Result) -> pd.Series:
    """Return what Tajikistan gives to the ring [MW]; negative: takes.

    The rule ``TIE`` says what flows over the ties to Uzbekistan, with what is agreed beside the lines; other AC lines
    that cross the border count besides.
    """
    lines = result.inputs.components["lines"]
    country = result.inputs.components["buses"]["country"].fillna("")
    begins = lines["bus0"].map(country) == ISLANDED
    ends = lines["bus1"].map(country) == ISLANDED
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
    below = frequency.model_copy(update={"over": 2 * frequency.nominal - frequency.under})
    limits = []
    for thresholds in (frequency, below):
        limit = frequency_limit(result, thresholds, areas={SENDING: ISLAND})
        limits.append(limit.table["largest loss"].xs(SENDING, level="end"))
    surplus, deficit = limits
    return surplus, deficit


def _months(
    exchange: pd.Series,
    surplus: pd.Series,
    deficit: pd.Series,
    is_pulled: pd.Series,
    hours: pd.Series,
) -> dict[str, pd.DataFrame]:
    months = pd.DatetimeIndex(exchange.index).to_period("M")
    table = pd.DataFrame(
        {
            "most out": exchange.clip(lower=0).groupby(months).max(),
            "most in": (-exchange).clip(lower=0).groupby(months).max(),
            "surplus stood": surplus.groupby(months).min(),
            "deficit stood": deficit.groupby(months).min(),
            "hours pulled down": hours.where(is_pulled, 0.0).groupby(months).sum() / hours.groupby(months).sum(),
        }
    ).rename_axis("month")
    table.attrs["units"] = "MW; hours pulled down: share of the month"
    return {"Exchange of Tajikistan with the ring, and what an island stands": table}


def _in_season(library: Library, result: Result) -> np.ndarray:
    contract = library.case.rules.contract
    assert contract is not None
    axis = result.inputs.axis
    return axis.share(in_window(axis.hours, contract.season.start, contract.season.end))


def bipole_trip(library: Library) -> Answer:
    """Question 21: whether a bipole trip endangers frequency or the Kazakh transit."""
    case, base = library.case, library.base
    answer, limit = frequency_answer(case, base)
    result = solved(case, base)
    links = result.inputs.components["links"]
    source = str(links.loc[links["service"] == "casa", "bus0"].iloc[0])
    lines = result.inputs.components["lines"]
    flow = result.flow("lines")
    sold = _sent(result)
    busy = flow[sold >= sold.max() - 1.0]
    outside = _share_outside(limit.table, frequency_of(case), limit.areas[SENDING])
    tables, loadings = {}, {}
    for name, sinks in SINKS.items():
        loadings[name] = loading_after_surplus(lines, busy, outside * limit.rating, source, sinks)
        tables[f"Lines after the trip, {name}"] = loadings[name]
    transit = pd.DataFrame({name: table.loc[KAZAKH_TRANSIT] for name, table in loadings.items()}).T
    transit = transit.rename_axis("surplus taken up")
    transit.attrs["units"] = "MW"
    over = {name: table.index[table["overload"] > 1].tolist() for name, table in loadings.items()}
    overloaded = sorted({line for names in over.values() for line in names})
    most = float(transit["after"].max())
    rating = float(transit["s_nom"].iloc[0])
    others = f"{', '.join(overloaded)} would be overloaded" if overloaded else "no line of the ring is overloaded"
    sentences = (
        _frequency_verdict(answer.tables[WITHIN]),
        f"The Kazakh transit ({KAZAKH_TRANSIT}): {'yes' if most > rating else 'no'}. After the loss of all "
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


def _sent(result: Result) -> pd.Series:
    links = result.inputs.components["links"]
    studied = links.index[links["service"] == "casa"]
    return result.flow("links")[studied].sum(axis=1)


def _share_outside(table: pd.DataFrame, frequency: Frequency, area: str) -> float:
    """Return the share of the running machines that stand outside the case's countries."""
    running = table["running"].xs(SENDING, level="end")
    outside = frequency.areas[area].outside / frequency.loading
    return float(outside / running.mean())
