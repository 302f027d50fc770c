"""Answers about money over years that are alike: present value, stranded capital, forms of contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from energy.analysis.contract_forms import DeliveryTerms, contract_forms, fair_prices
from energy.analysis.investment import (
    ALL,
    BenefitCurve,
    Path,
    investment_table,
    lender_table,
    yearly_flows,
)
from energy.analysis.investment_paths import (
    break_even_energy,
    drawn_paths,
    npv_of_paths,
)
from energy.answers.answer import (
    Answer,
    marks_of,
    season_energy,
    settled,
    water_labels,
)
from energy.case import Case
from energy.case.contract_terms import ContractTerms
from energy.case.investment import Investment
from energy.errors import Fault, InputError
from energy.scenario import Scenario

PATHS = 2000
_EXCEEDED = (0.9, 0.5, 0.1)
SECTION = "rules.investment"
NEVER = "never"
LIMITS = (
    "years are alike or drawn independently: no path of growth, Rogun or a lasting conflict in this table",
    "benefits outside the power system, and the cost of an unfinished line to its neighbours",
)


def investment_of(case: Case) -> tuple[Investment, ContractTerms]:
    """Return what the case says of money over years.

    Raises
    ------
    InputError
        When it has no contract or no section ``investment``.
    """
    contract, investment = case.rules.contract, case.rules.investment
    if contract is None or investment is None:
        missing = "contract" if contract is None else "investment"
        repair = f"add a section `{missing}:` (docs/case-format.md)"
        raise InputError(
            Fault(
                f"the case has no {missing}",
                case.path / "rules.yaml",
                repair=repair,
            )
        )
    return investment, contract


def benefit_curve(case: Case, scenario: Scenario) -> BenefitCurve:
    """Return the welfare of each country by the season's energy: settlements in dry, median and wet water."""
    energies, benefits = [], []
    for changed in water_labels(case, scenario).values():
        money = settled(case, changed)
        energies.append(float(money.terms["delivered"].sum()))
        benefits.append(money.welfare["total"])
    table = pd.DataFrame(benefits, index=energies).fillna(0.0).sort_index()
    table = table[~table.index.duplicated()]
    return BenefitCurve(table.index.to_numpy(float), table.reset_index(drop=True))


def investment_answer(
    case: Case,
    scenario: Scenario,
    starts: Sequence[int | None] = (),
    events: Mapping[int, float] | None = None,
    seasons: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    seed: int = 1,
) -> Answer:
    """Return what the works are worth over years, by start, country and lender.

    Parameters
    ----------
    case, scenario
        What exists, and the season that every undisturbed year repeats.
    starts
        First years of service to compare; None: never. By default two years around the case's own, and never.
    events
        Year → share of that year's energy that is left.
    seasons, weights
        Sampled seasons [GWh] and their likelihood ratios, for the distribution over drawn paths.
    seed
        Family of the drawn paths.
    """
    investment, contract = investment_of(case)
    curve = benefit_curve(case, scenario)
    energy = season_energy(case, scenario)
    own = investment.start
    by_start = {}
    for start in starts or (own - 1, own, own + 1, own + 3, None):
        path = Path(start, events or {}, energy)
        flows = yearly_flows(investment, contract, curve, path)
        name = NEVER if start is None else str(start)
        by_start[name] = investment_table(investment, contract, flows)
    name = str(own) if str(own) in by_start else next(iter(by_start))
    tables = _investment_tables(investment, by_start, name)
    needed = break_even_energy(investment, contract, curve, own)
    total = by_start[name].loc[ALL].astype(float)
    sentences = (
        f"With a start in {name} and {energy:,.0f} GWh a year the works are worth {total['NPV']:,.0f} million USD of "
        f"{investment.base_year} from now on ({100 * investment.discount_rate:g} % a year, {investment.life} years), "
        f"{total['NPV with sunk']:,.0f} with what is sunk; {total['stranded']:,.0f} are stranded.",
        _break_even_text(needed, energy),
    )
    span = f"NPV {_npv_text(investment, contract, curve, own)} at the energy of dry to wet water"
    if seasons is not None:
        table = _npv_distribution(
            investment=investment,
            contract=contract,
            curve=curve,
            seasons=seasons,
            weights=weights,
            seed=seed,
        )
        tables[f"NPV over {PATHS:,} drawn paths of years"] = table
        drawn = table.loc[ALL].astype(float)
        span += f"; over drawn paths {drawn['P90']:,.0f} (P90) to {drawn['P10']:,.0f} (P10)"
    marks = marks_of(case, SECTION, "rules.contract")
    return Answer(sentences, tables, span=span, marks=marks, limits=LIMITS)


def _investment_tables(
    investment: Investment,
    by_start: Mapping[str, pd.DataFrame],
    name: str,
) -> dict[str, pd.DataFrame]:
    """Return the totals of every start, and countries and lenders of one."""
    totals = {start: table.loc[ALL].astype(float) for start, table in by_start.items()}
    all_starts = pd.DataFrame(totals).T.rename_axis("start")
    all_starts.attrs["units"] = "million USD; IRR 1"
    countries = by_start[name]
    return {
        "All countries together, by start": all_starts,
        f"By country, start {name}": countries,
        f"By lender, start {name}": lender_table(investment, countries),
    }


def _npv_text(
    investment: Investment,
    contract: ContractTerms,
    curve: BenefitCurve,
    start: int,
) -> str:
    energies = np.repeat(curve.energy[[0, -1]][:, None], investment.life, axis=1)
    low, high = npv_of_paths(investment=investment, contract=contract, curve=curve, start=start, energy=energies).sum(
        axis=1
    )
    return f"{low:,.0f} to {high:,.0f} million USD"


def _break_even_text(needed: float, energy: float) -> str:
    if np.isnan(needed):
        return "No energy of a season makes finishing the works pay for all countries together."
    if needed > energy:
        return (
            f"Finishing pays from {needed:,.0f} GWh a year, more than the season has: no day of outage can be afforded."
        )
    share = 1 - needed / energy if energy else 0.0
    return (
        f"Finishing pays from {needed:,.0f} GWh a year: {100 * share:.0f} % of the season, {153 * share:.0f} of "
        "153 days, can be lost every year before all countries together lose, if energy is lost in proportion to days."
    )


def _npv_distribution(
    investment: Investment,
    contract: ContractTerms,
    curve: BenefitCurve,
    seasons: np.ndarray,
    weights: np.ndarray | None,
    seed: int,
) -> pd.DataFrame:
    """Return the distribution of the present value over drawn paths of years, by country.

    Returns
    -------
    pandas.DataFrame
        Index country and ``all``; ``mean``, ``P90``, ``P50``, ``P10`` (exceeded with that probability) [million USD],
        ``negative``, the probability of a loss.
    """
    share = np.ones(len(seasons)) if weights is None else weights
    energy = drawn_paths(season=seasons, weights=share, years=investment.life, paths=PATHS, seed=seed)
    values = npv_of_paths(investment=investment, contract=contract, curve=curve, start=investment.start, energy=energy)
    table = pd.DataFrame(values, columns=curve.countries)
    table[ALL] = table.sum(axis=1)
    distribution = npv_distribution(table, "country")
    distribution.attrs["units"] = "million USD; negative 1"
    return distribution


def npv_distribution(values: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Return mean, what is exceeded with 90, 50 and 10 %, and the probability of a loss, of each column.

    Parameters
    ----------
    values
        Net present values [million USD], a row a drawn path of years.
    axis
        What the columns are; names the index.
    """
    table = pd.DataFrame({"mean": values.mean()})
    for exceeded in _EXCEEDED:
        table[f"P{100 * exceeded:.0f}"] = values.quantile(1 - exceeded)
    table["negative"] = (values < 0).mean()
    table.attrs["units"] = "NPV, million USD; negative 1"
    return table.rename_axis(axis)


def contract_answer(
    case: Case,
    scenario: Scenario,
    seasons: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    opportunity: float = 20.2,
    penalty: float | None = None,
) -> Answer:
    """Return forms of contract compared: what each side gets in the mean and in the worst seasons.

    Parameters
    ----------
    seasons, weights
        Sampled seasons [GWh] and likelihood ratios; without them dry, median and wet water count equally.
    opportunity
        What unsold energy is worth to the sellers [$/MWh]; by default the price of the Uzbek spot sale.
    penalty
        What sellers pay for a MWh they do not offer [$/MWh]; by default half of the price.
    """
    money = settled(case, scenario)
    contract = money.contract
    price = sum(contract.prices.values())
    if seasons is None:
        offered = np.array([season_energy(case, changed) for changed in water_labels(case, scenario).values()])
        source = "dry, median and wet water with equal weight"
    else:
        offered, source = seasons, f"{len(seasons)} sampled seasons"
    delivered = float(money.terms["delivered"].sum())
    worth = float(money.fuel["replaced fuel"].sum()) / (1000 * delivered) if delivered else 0.0
    least_cost = season_energy(case, scenario.replace(objective="dispatch"))
    taken = np.minimum(np.full(len(offered), least_cost), offered)
    quantity = float(contract.quantity or offered.max())
    terms = DeliveryTerms(
        price=price,
        quantity=quantity,
        worth=worth,
        opportunity=opportunity,
        penalty=price / 2 if penalty is None else penalty,
    )
    table = contract_forms(terms, offered, taken, weights)
    form = table["buyer"].idxmax()
    fair = fair_prices(worth, opportunity)
    both = "at no price do both gain" if fair is None else f"both gain between {fair[0]:.0f} and {fair[1]:.0f} $/MWh"
    sentences = (
        f"A delivered MWh saves the buyer {worth:.0f} $ of fuel and the contract asks {price:.1f} $: {both}. "
        f"Least bad for the buyer: {form}.",
        f"Take-or-pay for whatever is offered or not costs {table['bill'].iloc[-1]:,.0f} million USD a season, "
        f"pay-per-unit {table['bill'].iloc[0]:,.0f} if all is taken and {table['bill'].iloc[1]:,.0f} at least cost.",
    )
    limits = ("what the parties would agree on, and what the contract says of shortfalls: it is not public",)
    span = f"{source}: {offered.min():,.0f} to {offered.max():,.0f} GWh offered"
    return Answer(
        sentences,
        {"Forms of contract": table},
        span=span,
        marks=marks_of(case, "rules.contract"),
        limits=limits,
    )
