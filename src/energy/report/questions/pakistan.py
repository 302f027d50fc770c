"""Questions 6 to 10: Pakistan."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from energy.analysis.case_capability import case_capability
from energy.metrics.settlement import MILLION
from energy.model.axis import in_window
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.avoided import closure_answer, winter_price_answer
from energy.report.answers.grid import frequency_answer
from energy.report.answers.money import contract_answer
from energy.report.answers.seasons import season_energy, settled, solved
from energy.report.questions.library import Library

PRICES = (20, 30, 40, 50, 60, 70, 80, 90, 110)
YEARS = (2028, 2031, 2035)
BORDER = "pk_af_border"


def price_worth_paying(library: Library) -> Answer:
    """Question 6: the marginal cost of the buyer's system in the season against the contract's price."""
    case = library.case
    contract = case.rules.contract
    assert contract is not None
    asked = sum(contract.prices.values())
    columns, means, shares = {}, {}, {}
    for year in YEARS:
        result = solved(case, library.scenario("least_cost_no_casa", year=year))
        axis = result.inputs.axis
        season = axis.share(in_window(axis.hours, contract.season.start, contract.season.end))
        hours = result.hours * season
        price = result.prices[_far_bus(library)].to_numpy(float)
        columns[year] = [float(hours[price >= level].sum() / hours.sum()) for level in PRICES]
        means[year] = float(price @ hours / hours.sum())
        shares[year] = float(hours[price >= asked].sum() / hours.sum())
    table = pd.DataFrame(columns, index=pd.Index(PRICES, name="price")).rename_axis("year", axis=1)
    table.attrs["units"] = "price $/MWh; share of the season's hours in which the margin costs at least that"
    first = YEARS[0]
    share = shares[first]
    sentence = (
        f"In {first} the margin at the receiving bus costs {means[first]:,.0f} $/MWh in the mean of the season; in "
        f"{100 * share:.0f} % of its hours as much as the contract's {asked:g}. Means of "
        f"{', '.join(f'{year}: {value:,.0f}' for year, value in means.items())} $/MWh."
    )
    limits = (
        "single hours of real days: they are typical days",
        "rooftop solar beyond the case's demand shapes",
    )
    span = f"{min(means.values()):,.0f} to {max(means.values()):,.0f} $/MWh over the years"
    tables = {"Share of hours by price": table}
    return Answer(
        (sentence,),
        tables,
        span=span,
        marks=marks_of(case, "generators.PK*", "profiles/demand_year.PK"),
        limits=limits,
    )


def _far_bus(library: Library) -> str:
    links = library.case.components["links"]
    return str(links.loc[links["service"] == "casa", "bus1"].iloc[0])


def take_or_pay(library: Library) -> Answer:
    """Question 7: take-or-pay against pay-per-unit, by growth of demand and as forms of contract."""
    rows = {}
    for growth in ("low", "central", "high"):
        for payment, name in (
            ("pay per unit", "least_cost"),
            ("take or pay", "least_cost_take_or_pay"),
        ):
            scenario = library.scenario(name, growth=growth)
            money = settled(library.case, scenario)
            bill = float(money.fuel["bill"].sum()) / MILLION
            saved = float(money.fuel["replaced fuel"].sum()) / MILLION
            energy = season_energy(library.case, scenario)
            rows[growth, payment] = {
                "delivered": energy,
                "bill": bill,
                "fuel saved": saved,
                "net": saved - bill,
            }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(rows, names=["growth", "payment"])
    table.attrs["units"] = "GWh, million USD a year"
    forms = contract_answer(library.case, library.base)
    net = {payment: rows["central", payment]["net"] for payment in ("take or pay", "pay per unit")}
    difference = net["take or pay"] - net["pay per unit"]
    sentence = (
        f"At central demand take-or-pay leaves the buyer {abs(difference):,.0f} million USD a year "
        f"{'worse' if difference < 0 else 'better'} off than pay-per-unit taken where it pays."
    )
    tables = {"By growth of demand, least cost": table, **forms.tables}
    return replace(forms, sentences=(sentence, *forms.sentences), tables=tables)


def reserve_at_nowshera(library: Library) -> Answer:
    """Question 8: what Nowshera does to reserve."""
    case, base = library.case, library.base
    capability = case_capability(case, base)
    months = capability.months[["intact", "TTC", "NTC", "limit"]]
    months.attrs["units"] = "MW"
    frequency, limit = frequency_answer(case, base)
    security = case.rules.security
    units = dict(security.units) if security else {}
    home = case.components["buses"]["country"]
    plants = case.components["generators"]["bus"].map(home)
    own = {name: size for name, size in units.items() if plants.get(name) == "PK"}
    losses = pd.Series({**own, "pole": limit.rating / 2, "bipole": limit.rating}, name="loss").to_frame()
    losses.index.name = "single loss"
    losses.attrs["units"] = "MW"
    largest = max(own.values(), default=0.0)
    extra = max(limit.rating - largest, 0.0)
    sentence = (
        f"A pole of {limit.rating / 2:,.0f} MW is below the largest unit of {largest:,.0f} MW and asks no more "
        f"reserve; both poles at once, which hang on one tower, ask {extra:,.0f} MW more."
    )
    tables = {
        "Single losses at the receiving end": losses,
        "Exchange by month": months,
        **frequency.tables,
    }
    limits = ("flows on Pakistan's 500 kV lines: three nodes with transport links stand for the country",)
    return Answer(
        (sentence, *frequency.sentences),
        tables,
        span=frequency.span,
        marks=marks_of(case, "rules.security", "rules.frequency"),
        limits=(*limits, *frequency.limits),
    )


def winter_export(library: Library) -> Answer:
    """Question 9: what Pakistan gains by exporting in winter, and at which price both gain."""
    answer = winter_price_answer(library.case, library.base)
    table = library.compared("reverse_winter")
    return replace(answer, tables={**answer.tables, "With the line open both ways": table})


def closure_by_length(library: Library) -> Answer:
    """Question 10: what replaces the link when it is closed, and at what cost."""
    answer = closure_answer(library.case, library.base, [BORDER], (7, 30, 92))
    money = settled(library.case, library.base)
    buyer = str(money.contract.buyer)
    mix = money.avoided[money.avoided.index.get_level_values("country") == buyer].droplevel("country")
    mix = mix[mix["electricity"].abs() > 0.5].sort_values(by="electricity", ascending=False)
    mix.attrs["units"] = {"electricity": "GWh", "fuel": "GWh", "CO2": "t"}
    delivered = float(money.terms["delivered"].sum())
    worth = float(money.fuel["replaced fuel"].sum()) / (1000 * delivered) if delivered else float("nan")
    names = ", ".join(map(str, mix.index[:2])) or "no plant"
    sentence = f"What is not delivered is generated by {buyer}'s idle plants, mostly {names}, at {worth:,.0f} $/MWh."
    cost = _cost_of_closure(answer.tables["All figures"], worth)
    tables = {
        **answer.tables,
        f"Cost to {buyer}": cost,
        f"What {buyer}'s plants would generate for the whole season": mix,
    }
    return replace(answer, sentences=(*answer.sentences, sentence), tables=tables)


def _cost_of_closure(closures: pd.DataFrame, worth: float) -> pd.DataFrame:
    """Return what the buyer spends on its own plants and does not pay, for the dearest month of each length."""
    worst = closures.loc[closures.groupby(level="days")["lost"].idxmax()]
    fuel = worst["lost"] * worth / 1000
    table = pd.DataFrame(
        {
            "lost": worst["lost"],
            "fuel of its plants": fuel,
            "bill saved": worst["income lost"],
        }
    )
    table["net cost"] = table["fuel of its plants"] - table["bill saved"]
    table.attrs["units"] = "GWh and million USD"
    return table
