"""Answers about money over a path of years that differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from energy.analysis.drawn_years import PATHS, drawn_positions, npv_of_drawn_years, water_positions
from energy.analysis.investment import ALL, BenefitCurve, investment_table, lender_table
from energy.analysis.investment_paths import flows_of_years
from energy.answers.answer import Answer, evidence_ends, marks_of, settled, water_labels
from energy.answers.money import NEVER, SECTION, investment_of, npv_distribution
from energy.case import Case
from energy.case.contract_terms import ContractTerms
from energy.case.investment import Investment
from energy.errors import Fault, InputError
from energy.scenario import Scenario

_DELIVERED = "delivered"
_LIMITS = (
    "plants and growth after the last year of the path: what it repeats is assumed, and shown",
    "runs of dry years: years are drawn by themselves",
)
_ONE_WATER = "water of one kind in all years: a path of drawn years is `energy investment --until --samples`"


def _benefit_of_years(case: Case, scenario: Scenario, years: Sequence[int]) -> pd.DataFrame:
    """Return the season and each country's welfare in calendar years, each settled by itself.

    Returns
    -------
    pandas.DataFrame
        Index year; ``delivered`` [GWh] and countries [million USD].
    """
    rows = {}
    for year in years:
        money = settled(case, scenario.replace(year=year))
        delivered = float(money.terms["delivered"].sum())
        rows[year] = {_DELIVERED: delivered, **money.welfare["total"].to_dict()}
    return pd.DataFrame.from_dict(rows, orient="index").fillna(0.0).rename_axis("year")


def years_answer(
    case: Case,
    scenario: Scenario,
    years: Sequence[int],
    starts: Sequence[int | None],
    events: Mapping[int, float] | None = None,
    seasons: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    seed: int = 1,
) -> Answer:
    """Return what the works are worth over a path of years that differ, by start, country, lender and water.

    Parameters
    ----------
    case, scenario
        What exists; the scenario's own year is replaced by each of the path.
    years
        Calendar years that are solved, ascending; earlier and later ones are as the first and the last.
    starts
        First years of service; None: never.
    events
        Year of the path → share of its energy that is left.
    seasons, weights
        Seasons of the scenario's own year in drawn water [GWh] and their likelihood ratios, for the distribution.
    seed
        Family of draws.

    Raises
    ------
    InputError
        When an event lies outside the path.
    """
    investment, contract = investment_of(case)
    _refuse_events_outside(events or {}, years)
    waters = {}
    for label, changed in water_labels(case, scenario).items():
        waters[label] = _benefit_of_years(case, changed, years)
    known_seasons = [float(table[_DELIVERED].iloc[0]) for table in waters.values()]
    waters = _with_events(waters, events or {})
    benefits = {label: table.drop(columns=_DELIVERED) for label, table in waters.items()}
    middle = "median" if "median" in waters else next(iter(waters))
    path = waters[middle].copy()
    path[ALL] = benefits[middle].sum(axis=1)
    path.attrs["units"] = "delivered GWh; benefit by country million USD a year"
    starts_table = _starts_table(case, benefits, middle, starts)
    later = _by_what_follows(investment, contract, benefits[middle], starts)
    first = next((start for start in (investment.start, *starts) if start in starts and start is not None), None)
    by_country = _by_country(investment, contract, benefits[middle], first)
    tables = {
        f"Path of years, {middle} water": path,
        f"By what follows {path.index[-1]}, {middle} water": later,
        "All countries together along the path, by start": starts_table,
        f"By country along the path, start {_name(first)}": by_country,
        f"By lender along the path, start {_name(first)}": lender_table(investment, by_country),
    }
    sentences = [_sentence(path, starts_table), _later_sentence(later, path.index[-1])]
    span = _span(starts_table, list(waters))
    limits = (*_LIMITS, _ONE_WATER) if seasons is None else _LIMITS
    if seasons is not None and first is not None:
        positions = drawn_positions(water_positions(seasons, known_seasons), investment.life, seed, weights)
        drawn, of_first = _drawn(case, benefits, starts, positions, first)
        path_title = next(iter(tables))
        of_water = {
            path_title: tables[path_title],
            "NPV over drawn water years, by start": drawn,
            f"NPV over drawn water years, by country, start {first}": of_first,
        }
        tables = of_water | tables
        sentences.insert(1, _drawn_sentence(drawn, of_first, first))
        row = drawn.loc[str(first)]
        span += f"; with a start in {first} over drawn water {row['P90']:,.0f} (P90) to {row['P10']:,.0f} (P10)"
    return Answer(
        tuple(sentences),
        tables,
        span=span,
        marks=marks_of(case, SECTION, "profiles/demand_year.*", "rules.contract", "profiles/inflow.*"),
        limits=limits,
    )


def _refuse_events_outside(events: Mapping[int, float], years: Sequence[int]) -> None:
    outside = [year for year in events if year not in years]
    if outside:
        allowed = f"{min(years)} to {max(years)}"
        raise InputError(
            [Fault(f"event of {year} lies outside the path", "--event", None, allowed) for year in outside]
        )


def _with_events(waters: Mapping[str, pd.DataFrame], events: Mapping[int, float]) -> dict[str, pd.DataFrame]:
    """Return the benefit of years in which part of the energy is left, by the waters' seasons of that year.

    Between no energy, which is worth nothing, and the seasons of the waters benefit is linear.
    """
    changed = {label: table.copy() for label, table in waters.items()}
    for year, left in events.items():
        known = pd.DataFrame({label: table.loc[year] for label, table in waters.items()}).T
        known.loc[NEVER] = 0.0
        known = known.sort_values(_DELIVERED).drop_duplicates(_DELIVERED)
        energy = known[_DELIVERED].to_numpy(float)
        curve = BenefitCurve(energy, known.drop(columns=_DELIVERED).reset_index(drop=True))
        for table in changed.values():
            delivered = left * float(table[_DELIVERED].astype(float)[year])
            benefit = curve.at(np.array([delivered]))[0]
            table.loc[year, _DELIVERED] = delivered
            table.loc[year, curve.countries] = benefit
    return changed


def _starts_table(
    case: Case,
    benefits: Mapping[str, pd.DataFrame],
    middle: str,
    starts: Sequence[int | None],
) -> pd.DataFrame:
    """Return totals by start, with the NPV in each water and at the ends of the discount rate's range."""
    investment, contract = investment_of(case)
    table = _worth_by_start(investment, contract, benefits[middle], starts)
    for label, benefit in benefits.items():
        table[f"NPV {label}"] = _worth_by_start(investment, contract, benefit, starts)["NPV"]
    for rate in _rates(case):
        discounted = investment.model_copy(update={"discount_rate": rate})
        table[f"NPV at {100 * rate:g} %"] = _worth_by_start(discounted, contract, benefits[middle], starts)["NPV"]
    table.attrs["units"] = "million USD; IRR 1"
    return table


def _rates(case: Case) -> tuple[float, ...]:
    """Return the ends of what is known of the discount rate; none where nothing is."""
    try:
        return evidence_ends(case, "investment", "discount_rate")
    except KeyError:
        return ()


def _by_what_follows(
    investment: Investment,
    contract: ContractTerms,
    benefit: pd.DataFrame,
    starts: Sequence[int | None],
) -> pd.DataFrame:
    values = {}
    for name, continued in _continuations(benefit).items():
        values[name] = _worth_by_start(investment, contract, continued, starts)["NPV"]
    table = pd.DataFrame(values)
    table.attrs["units"] = "NPV, million USD"
    return table


def _by_country(
    investment: Investment,
    contract: ContractTerms,
    benefit: pd.DataFrame,
    start: int | None,
) -> pd.DataFrame:
    return investment_table(investment, contract, flows_of_years(investment, contract, benefit, start))


def _name(start: int | None) -> str:
    return NEVER if start is None else str(start)


def _drawn(
    case: Case,
    benefits: Mapping[str, pd.DataFrame],
    starts: Sequence[int | None],
    positions: np.ndarray,
    first: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the distribution of the NPV over drawn water, by start for all together, and by country for one start."""
    investment, contract = investment_of(case)
    settled_waters = list(benefits.values())
    totals, by_country = {}, pd.DataFrame()
    for start in starts:
        if start is None:
            continue
        values = npv_of_drawn_years(investment, contract, settled_waters, start, positions)
        values[ALL] = values.sum(axis=1)
        totals[str(start)] = values[ALL]
        if start == first:
            by_country = values
    by_start = npv_distribution(pd.DataFrame(totals), "start")
    return by_start, npv_distribution(by_country, "country")


def _drawn_sentence(drawn: pd.DataFrame, by_country: pd.DataFrame, first: int) -> str:
    row = drawn.loc[str(first)]
    countries = by_country.drop(index=ALL)["P50"]
    texts = [f"{country} {worth:+,.0f}" for country, worth in countries.items() if abs(worth) >= 1]
    return (
        f"Over {PATHS:,} paths of drawn water years a start in {first} is worth {row['P50']:,.0f} million USD in half "
        f"of them, {row['P90']:,.0f} in nine of ten and {row['P10']:,.0f} in one of ten, and is a loss in "
        f"{100 * row['negative']:.0f} %; by country, in half of them: {', '.join(texts)}."
    )


def _worth_by_start(
    investment: Investment,
    contract: ContractTerms,
    benefit: pd.DataFrame,
    starts: Sequence[int | None],
) -> pd.DataFrame:
    """Return what the works are worth to all countries together by start.

    Parameters
    ----------
    investment, contract
        Money over years, and the contract with its capital.
    benefit
        Index year, a column a country [million USD a year]; years after the last are as the last.
    starts
        First years of service; None: never.

    Returns
    -------
    pandas.DataFrame
        Index start; columns of ``energy.analysis.investment.investment_table`` [million USD; IRR 1].
    """
    by_start = {}
    for start in starts:
        flows = flows_of_years(investment, contract, benefit, start)
        total = investment_table(investment, contract, flows).loc[ALL]
        by_start[NEVER if start is None else str(start)] = total.astype(float)
    return pd.DataFrame(by_start).T.rename_axis("start")


def _continuations(benefit: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return a path of years by what is taken to follow it: its last year, its mean year, or no benefit.

    Examples
    --------
    >>> path = pd.DataFrame({"PK": [4.0, 2.0]}, index=[2028, 2029])
    >>> {name: table["PK"].tolist() for name, table in _continuations(path).items()}
    {'as the last year': [4.0, 2.0], 'as the mean year': [4.0, 2.0, 3.0], 'no benefit': [4.0, 2.0, 0.0]}
    """
    following = int(benefit.index[-1]) + 1
    mean_year = benefit.mean().to_frame(following).T
    return {
        "as the last year": benefit,
        "as the mean year": pd.concat([benefit, mean_year]),
        "no benefit": pd.concat([benefit, 0.0 * mean_year]),
    }


def _later_sentence(later: pd.DataFrame, last: int) -> str:
    start = later.index[0]
    values = later.loc[start].astype(float)
    words = ", ".join(f"{value:,.0f} ({name})" for name, value in values.items())
    decides = "its sign hangs on that" if values.min() < 0 < values.max() else "its sign does not hang on that"
    return f"A start in {start} is worth by what follows {last}: {words} million USD; {decides}."


def _sentence(path: pd.DataFrame, starts: pd.DataFrame) -> str:
    first, last = path.index[0], path.index[-1]
    energy, benefit = path[_DELIVERED], path[ALL]
    values = ", ".join(f"{start}: {worth:,.0f}" for start, worth in starts["NPV"].items())
    seasons = f"{energy.min():,.0f} to {energy.max():,.0f} GWh"
    yearly = f"{benefit.min():,.0f} to {benefit.max():,.0f} million USD"
    return (
        f"Each year of {first} to {last} by itself delivers {seasons} and is worth {yearly} to all countries together; "
        f"from now on the works are worth, by start, {values} million USD."
    )


def _span(starts: pd.DataFrame, waters: Sequence[str]) -> str:
    in_service = starts.drop(index=NEVER, errors="ignore")
    first = in_service.index[0]
    values = ", ".join(f"{float(in_service.loc[first, f'NPV {label}']):,.0f} ({label})" for label in waters)
    return f"NPV along the path with a start in {first}: {values} million USD"
