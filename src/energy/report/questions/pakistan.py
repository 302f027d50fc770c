"""Questions 6 to 10: Pakistan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.case_capability import case_capability
from energy.metrics.settlement import MILLION
from energy.model.axis import HOURS_A_DAY, Axis, in_window
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.avoided import closure_answer, winter_price_answer
from energy.report.answers.grid import frequency_answer
from energy.report.answers.money import contract_answer
from energy.report.answers.reverse_trade import reverse_scenario, reverse_trade
from energy.report.answers.seasons import season_energy, settled, solved
from energy.report.questions.library import Library

PRICES = (20, 30, 40, 50, 60, 70, 80, 90, 110)
YEARS = (2028, 2031, 2035)
MARGINS = (*[("central", year) for year in YEARS], ("low", 2031), ("high", 2031))
"""Growth of demand and year that the buyer's margin is looked at in."""
SALES = (300, 650, 1000)
"""Power that is sold back in winter [MW]."""
SALE_PRICES = (80.0, 100.0, 120.0)
"""Prices of winter power that the seller's gain is shown at [$/MWh delivered]."""
LOCAL = 5
"""Hours by which Pakistan's clock is ahead of UTC."""
BORDER = "pk_af_border"


def price_worth_paying(library: Library) -> Answer:
    """Question 6: the marginal cost of the buyer's system in the season, by hour, against the contract's price."""
    case = library.case
    contract = case.rules.contract
    assert contract is not None
    asked = sum(contract.prices.values())
    columns, by_hour, means, shares = {}, {}, {}, {}
    for growth, year in MARGINS:
        result = solved(case, library.scenario("least_cost_no_casa", year=year, growth=growth))
        axis = result.inputs.axis
        season = axis.share(in_window(axis.hours, contract.season.start, contract.season.end))
        hours = result.hours * season
        price = result.prices[_far_bus(library)].to_numpy(float)
        name = f"{year}" if growth == "central" else f"{year}, {growth} demand"
        columns[name] = [float(hours[price >= level].sum() / hours.sum()) for level in PRICES]
        by_hour[name] = _by_hour(axis, price, hours)
        means[name] = float(price @ hours / hours.sum())
        shares[name] = float(hours[price >= asked].sum() / hours.sum())
    table = pd.DataFrame(columns, index=pd.Index(PRICES, name="price"))
    table.attrs["units"] = "price $/MWh; share of the season's hours in which the margin costs at least that"
    day = pd.DataFrame(by_hour).rename_axis("hour in Pakistan")
    day.attrs["units"] = "$/MWh, mean of the season"
    first = str(YEARS[0])
    dearest, cheapest = day[first].idxmax(), day[first].idxmin()
    sentences = (
        f"In {first} the margin at the receiving bus costs {means[first]:,.0f} $/MWh in the mean of the season; in "
        f"{100 * shares[first]:.0f} % of its hours as much as the contract's {asked:g}, and in "
        f"{100 * max(shares.values()):.0f} % in any year looked at.",
        f"Buying pays below {means[first]:,.0f} $/MWh all day, and below {day[first].max():,.0f} from {dearest}; least "
        f"is worth {cheapest}, {day[first].min():,.0f}. Means: "
        f"{', '.join(f'{year}: {value:,.0f}' for year, value in means.items())} $/MWh.",
    )
    limits = (
        "single hours of real days: they are typical days",
        "rooftop solar beyond the case's demand shapes; low demand stands for more of it",
    )
    span = f"{min(means.values()):,.0f} to {max(means.values()):,.0f} $/MWh over years and growth of demand"
    tables = {"Mean price by hour of the day": day, "Share of hours by price": table}
    return Answer(
        sentences,
        tables,
        span=span,
        marks=marks_of(case, "generators.PK*", "profiles/demand_year.PK"),
        limits=limits,
    )


def _by_hour(axis: Axis, price: np.ndarray, hours: np.ndarray) -> dict[str, float]:
    """Return the mean price of the season by block of the day, in Pakistan's time."""
    begins = axis.snapshots.hour.to_numpy()
    length = HOURS_A_DAY // max(len(set(begins)), 1)
    local = (begins + LOCAL) % HOURS_A_DAY
    means = {}
    for begin in sorted(set(local)):
        inside = local == begin
        name = f"{begin:02d}-{(begin + length) % HOURS_A_DAY:02d} h"
        means[name] = float(price[inside] @ hours[inside] / hours[inside].sum())
    return means


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
    flows = _flows_inside(library)
    change = flows["most with"] - flows["most without"]
    name = str(change.abs().idxmax())
    moved = flows.loc[name]
    inside = (
        f"Inside Pakistan power that lands at Nowshera changes {name} most: at most {moved['most with']:,.0f} "
        "MW with it, "
        f"{moved['most without']:,.0f} without, of {moved['rating']:,.0f} MW."
    )
    tables = {
        "Single losses at the receiving end": losses,
        "Interfaces inside Pakistan": flows,
        "Exchange by month": months,
        **frequency.tables,
    }
    limits = ("flows of single 500 kV lines in Pakistan: three nodes with transport links stand for the country",)
    return Answer(
        (sentence, inside, *frequency.sentences),
        tables,
        span=frequency.span,
        marks=marks_of(case, "rules.security", "rules.frequency"),
        limits=(*limits, *frequency.limits),
    )


def _flows_inside(library: Library) -> pd.DataFrame:
    """Return the flows between the nodes of the buyer's country at least cost, with and without the line."""
    case = library.case
    results = {
        "with": solved(case, library.scenario("least_cost_take_or_pay")),
        "without": solved(case, library.scenario("least_cost_no_casa")),
    }
    links = results["with"].inputs.components["links"]
    country = results["with"].inputs.components["buses"]["country"].fillna("")
    home = (links["bus0"].map(country) == "PK") & (links["bus1"].map(country) == "PK")
    carrier = links["carrier"].isin(["AC", "DC", "HVDC"])
    rows = {}
    for pair, group in links[home & carrier].groupby(["bus0", "bus1"]):
        row = {"rating": float(group["p_nom"].astype(float).sum())}
        for label, result in results.items():
            flow = result.flow("links")[group.index].sum(axis=1)
            row[f"most {label}"] = float(flow.max())
            row[f"energy {label}"] = float(flow @ result.hours) / 1000
        rows[" to ".join(map(str, pair))] = row
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("interface")
    table.attrs["units"] = "MW; energy GWh a year"
    return table


def winter_export(library: Library) -> Answer:
    """Question 9: what Pakistan gains by exporting in winter, and at which price both gain."""
    case = library.case
    answer = winter_price_answer(case, library.base)
    without = library.scenario("least_cost_no_casa")
    rating = _rating(library)
    scenarios = {power: reverse_scenario(without, rating, power) for power in (0, *SALES)}
    trade = reverse_trade(case, scenarios, seller="PK", prices=SALE_PRICES)
    table = library.compared("reverse_winter")
    low, high = trade["least price"], trade["highest price"]
    middle = trade.index[len(trade) // 2]
    price = SALE_PRICES[0]
    sentences = (
        f"At {middle:,.0f} MW Pakistan sells {trade.loc[middle, 'delivered']:,.0f} GWh a year and gains "
        f"{trade.loc[middle, f'gain at {price:g}']:,.0f} million USD at {price:g} $/MWh delivered; its plants cost "
        f"{trade.loc[middle, 'cost of the seller']:,.0f} million more.",
        f"Pakistan gains from {low.min():,.0f} to {low.max():,.0f} $/MWh on, by the power sold; the others save up to "
        f"{high.max():,.0f} $/MWh, as it serves {trade['served more'].max():,.0f} GWh of demand that goes dark.",
        *answer.sentences,
    )
    tables = {"Sold back, solved at each power": trade, **answer.tables, "With the line open both ways": table}
    return replace(
        answer,
        sentences=sentences,
        tables=tables,
        span=f"least price {low.min():,.0f} to {low.max():,.0f}, highest {high.min():,.0f} to {high.max():,.0f} $/MWh",
        limits=(
            "what Kyrgyz and Tajik buyers can pay: the saving counts demand in the dark at the case's value of it",
        ),
        marks=marks_of(case, "generators.*", "links.HVDC*"),
    )


def _rating(library: Library) -> float:
    links = library.case.components["links"]
    return float(links.loc[links["service"] == "casa", "p_nom"].astype(float).filter(like="HVDC pole").sum())


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
