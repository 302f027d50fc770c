"""Questions 1 to 5: lenders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.action_file import read_actions
from energy.analysis.closure import closures
from energy.analysis.investment import ALL
from energy.analysis.investment_paths import break_even_days, break_even_energy
from energy.analysis.recorded_seasons import recorded_seasons
from energy.analysis.risk.estimate import mean
from energy.answers.answer import (
    Answer,
    Library,
    evidence_ends,
    marks_of,
    season_energy,
    settled,
    water_labels,
)
from energy.answers.avoided import avoided_answer, tonnes_of
from energy.answers.money import (
    LIMITS,
    benefit_curve,
    investment_answer,
    investment_of,
)
from energy.answers.money_years import years_answer
from energy.answers.open_access import open_access_answer
from energy.answers.spares import spares_answer
from energy.case import Case
from energy.metrics.labelled_table import labelled_table
from energy.metrics.monthly import weighted_quantile
from energy.metrics.settlement import debt_service
from energy.results.recorded_policy import recorded_sentence
from energy.scenario import Scenario, read_hazards

_STARTS = (2027, 2028, 2029, 2031, None)
_PATH_YEARS = tuple(range(2028, 2036))
_EMISSION_YEARS = (("central", 2031), ("central", 2035), ("low", 2031), ("high", 2031))
"""Growth of demand and year that emissions are looked at in beside the base year."""
_BUYER = "PK"
_OUTAGE_DAYS = (15, 46, 92, 122, 153)
_SEASON_DAYS = 153
_AFGHAN_LINE = "afghan_hvdc_line"
_SPARES = ("spare towers and crews", "spare transformer")


def seasons_of_the_record(library: Library) -> Answer:
    """Question 1: the season in each year of the record, and how often it does not repay the capital."""
    case, base = library.case, library.base
    energy = recorded_seasons(case, base)
    needed = _repaying_energy(library)
    values = energy.to_numpy(float)
    weights = np.ones(len(values))
    rows = {f"P{100 - share}": weighted_quantile(values, weights, share / 100) for share in (5, 10, 25, 50, 75, 90)}
    rows["mean"] = float(values.mean())
    summary = pd.Series(rows, name="delivered").to_frame().rename_axis("exceeded with")
    summary.attrs["units"] = "GWh"
    below = mean((values < needed).astype(float))
    years_table = energy.to_frame()
    years_table.attrs["units"] = "GWh"
    driest, wettest = str(energy.idxmin()), str(energy.idxmax())
    sentence = (
        f"{energy.min():,.0f} GWh ({driest}) to {energy.max():,.0f} ({wettest}), half of {len(energy)} water years "
        f"above {rows['P50']:,.0f}. Transmission income repays the loans from {needed:,.0f} GWh a year; "
        f"{100 * below.value:.0f} % of the years fall short of that."
    )
    failed = energy.attrs["failed"]
    limits = ("outages: `energy risk baseline` draws them with the water",) + (
        (f"{failed} water years have no optimum",) if failed else ()
    )
    tables = {
        "Season by the share of years that exceed it": summary,
        "Every water year": years_table,
    }
    low, high = (100 * min(max(end, 0.0), 1.0) for end in below.interval)
    span = f"share of years that fall short: {low:.0f} to {high:.0f} % (95 % interval)"
    by_policy = recorded_sentence(base)
    return Answer(
        (sentence, by_policy) if by_policy else (sentence,),
        tables,
        span=span,
        marks=marks_of(case, "profiles/inflow.*", "rules.contract"),
        limits=limits,
    )


def _repaying_energy(library: Library) -> float:
    """Return the season [GWh] from which the transmission price serves the loans of those who built the way."""
    _, contract = investment_of(library.case)
    price = contract.prices.get("transmission", 0.0)
    if contract.debt is None or not price:
        return float("nan")
    service = debt_service(contract.debt)
    builders = service.index.isin([*contract.shares, str(contract.transit)])
    owed = float(service.to_numpy()[builders].sum())
    return 1000 * owed / price


def value_over_years(library: Library) -> Answer:
    """Question 2: NPV by start over years that differ, and what is stranded where all years are as the first."""
    case, base = library.case, library.base
    record = recorded_seasons(case, base).to_numpy(float)
    along = years_answer(case, base, _PATH_YEARS, _STARTS, seasons=record)
    alike = investment_answer(case, base, _STARTS)
    by_country = next(table for title, table in along.tables.items() if title.startswith("By country along"))
    stranded = by_country["stranded"].astype(float)
    losers = [str(country) for country in stranded.index[stranded > 0] if country != ALL]
    sentences = (
        *along.sentences,
        f"Along the path {stranded[ALL]:,.0f} million USD are stranded, of the capital of "
        f"{', '.join(losers) or 'no country'}.",
        f"Were all years as {base.year}, without growth or new plants: {alike.sentences[0]}",
        alike.sentences[1],
    )
    return replace(
        along,
        sentences=sentences,
        tables={**along.tables, **alike.tables},
        span=f"{along.span}; with all years alike {alike.span}",
        limits=(*along.limits, LIMITS[-1]),
    )


def outage_days_that_can_be_lost(library: Library) -> Answer:
    """Question 3: break-even days of outage of the Afghan section, and the worth of spares."""
    case, base = library.case, library.base
    needed = _needed_energy(library)
    waters = water_labels(case, base)
    by_water = {water: _closures_from_may(case, changed) for water, changed in waters.items()}
    days = _break_even_days(library, needed, by_water)
    spares = _spares(library)
    usual = "median" if "median" in by_water else next(iter(by_water))
    texts = [f"{_days_text(row['case'])} in {water}" for water, row in days.iterrows()]
    sentences = (
        f"The yearly benefit no longer pays for finishing the works when less than {needed['case']:,.0f} GWh are "
        f"delivered: {', '.join(texts)} water, counted from 1 May in each year; reservoirs make up for the first weeks "
        "while the line has room.",
        *spares.sentences,
    )
    counted = np.minimum(days.to_numpy(float), _SEASON_DAYS)
    return Answer(
        sentences,
        {
            "Days of outage that can be lost in each year": days,
            f"Season by the days of outage from 1 May, {usual} water": by_water[usual],
            **spares.tables,
        },
        span=f"{counted.min():,.0f} to {counted.max():,.0f} days by water and discount rate; {spares.span}",
        marks=f"{marks_of(case, 'rules.investment', 'links.HVDC*')}; rates of outages: weakest mark C",
        limits=spares.limits,
    )


def _needed_energy(library: Library) -> dict[str, float]:
    """Return the energy a year from which finishing the works pays, at the case's discount rate and its ends [GWh]."""
    case = library.case
    investment, contract = investment_of(case)
    curve = benefit_curve(case, library.base)
    low, high = evidence_ends(case, "investment", "discount_rate")
    needed = {"case": break_even_energy(investment, contract, curve, investment.start)}
    for rate in (low, high):
        discounted = investment.model_copy(update={"discount_rate": rate})
        needed[f"at {100 * rate:g} %"] = break_even_energy(discounted, contract, curve, investment.start)
    return needed


def _closures_from_may(case: Case, scenario: Scenario) -> pd.DataFrame:
    """Return the season by the days of outage from 1 May, as of ``energy.analysis.closure``; index days."""
    lost = closures(case=case, scenario=scenario, where=[_AFGHAN_LINE], lengths=_OUTAGE_DAYS, months=[5])
    return lost.table.droplevel("month")


def _break_even_days(
    library: Library,
    needed: dict[str, float],
    by_water: dict[str, pd.DataFrame],
) -> pd.DataFrame:
    """Return the days of outage after which less than what is needed is delivered.

    Parameters
    ----------
    needed
        Discount rate → energy from which finishing pays [GWh].
    by_water
        Water → season by days of outage.

    Returns
    -------
    pandas.DataFrame
        Index water, a column a discount rate; days, infinite where the longest outage leaves enough.
    """
    waters = water_labels(library.case, library.base)
    rows = {}
    for water, table in by_water.items():
        undisturbed = season_energy(library.case, waters[water])
        lengths, left = table.index.to_numpy(float), table["delivered"].to_numpy(float)
        rows[water] = {rate: break_even_days(energy, undisturbed, lengths, left) for rate, energy in needed.items()}
    return labelled_table(rows, "water", "days from 1 May, of 153")


def _days_text(days: float) -> str:
    return "never" if np.isinf(days) else f"after {days:,.0f} days"


def _spares(library: Library) -> Answer:
    return spares_answer(
        case=library.case,
        scenario=library.base,
        hazards=read_hazards("base"),
        actions=read_actions("base"),
        names=_SPARES,
    )


def open_access(library: Library) -> Answer:
    """Question 4: open access from October to April, in $, by growth of demand."""
    names = ("open_access_kazakh", "open_access_turkmen")
    answers = {}
    for growth in ("central", "low", "high"):
        offers = {name: library.scenario(name, growth=growth) for name in names}
        base = library.base.replace(growth=growth)
        answers[growth] = open_access_answer(library.case, base, offers)
    central = answers["central"]
    tables = {}
    for growth, answer in answers.items():
        table = answer.tables["Open access"]
        tables["Open access" if growth == "central" else f"Open access, {growth} demand"] = table
    gains = {growth: answer.tables["Open access"]["gain"] for growth, answer in answers.items()}
    spans = [f"{gain.min():,.0f} to {gain.max():,.0f} ({growth} demand)" for growth, gain in gains.items()]
    span = f"gain {', '.join(spans)} million USD a year; {central.span}"
    return replace(central, tables=tables, span=span)


def emissions_avoided(library: Library) -> Answer:
    """Question 5: emissions avoided in Pakistan, over the water on record and in later years."""
    case, base = library.case, library.base
    record = recorded_seasons(case, base).to_numpy(float)
    answer = avoided_answer(case, base, record, source="water years on record")
    settlements = {str(base.year): settled(case, base)}
    for growth, year in _EMISSION_YEARS:
        name = f"{year}" if growth == "central" else f"{year}, {growth} demand"
        settlements[name] = settled(case, base.replace(year=year, growth=growth))
    later = tonnes_of(settlements, "year")
    rates = later[f"per MWh {_BUYER}"]
    least = str(rates.idxmin())
    replaced = later["electricity"].astype(float)[least] / max(later["delivered"].astype(float)[least], 1e-9)
    sentence = (
        f"A delivered MWh avoids {rates.min():.2f} to {rates.max():.2f} t in {_BUYER} over years and growth of demand: "
        f"most in {rates.idxmax()}, least in {least}, when {100 * replaced:.0f} % of it takes the place of fuel."
    )
    first = next(iter(answer.tables))
    tables = {first: answer.tables[first], "In other years": later, **answer.tables}
    span = f"{answer.span}; {rates.min():.2f} to {rates.max():.2f} t/MWh over years and growth of demand"
    marks = marks_of(case, "carriers.*", f"generators.{_BUYER}*", "profiles/inflow.*")
    return replace(answer, sentences=(*answer.sentences, sentence), tables=tables, span=span, marks=marks)
