"""Questions 7, 8 and 10: Pakistan; question 9 is in `winter_export`."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from energy.analysis.case_capability import case_capability
from energy.analysis.closure import closure_scenario, closures
from energy.analysis.closure_cost import FUEL, TOGETHER, cost_by_party, replacing_supply
from energy.answers.answer import Answer, Library, marks_of, season_energy, settled, solved, water_labels
from energy.answers.avoided import closure_answer
from energy.answers.frequency import frequency_answer
from energy.answers.money import contract_answer
from energy.metrics import transferable
from energy.metrics.interfaces import interface_by_month, interface_flows, replaced_by_node
from energy.metrics.labelled_table import labelled_table
from energy.metrics.settlement import MILLION
from energy.model.axis import in_window
from energy.solve import Result

_BORDER = "pk_af_border"
_LENGTHS = (7, 30, 92)
_NOTICED = 1.0
"""Energy [GWh] and money [million USD] from which on a part is named."""
_BUYER = "PK"


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
    table = labelled_table(rows, ["growth", "payment"], "GWh, million USD a year")
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
    """Question 8: what Nowshera does to the flows inside the buyer's country, and to its reserve."""
    case, base = library.case, library.base
    capability = case_capability(case, base)
    months = capability.months[["intact", "TTC", "NTC", "limit"]]
    months.attrs["units"] = "MW"
    frequency, limit = frequency_answer(case, base)
    security = case.rules.security
    units = dict(security.units) if security else {}
    home = case.components["buses"]["country"]
    plants = case.components["generators"]["bus"].map(home)
    own = {name: size for name, size in units.items() if plants.get(name) == _BUYER}
    losses = pd.Series({**own, "pole": limit.rating / 2, "bipole": limit.rating}, name="loss").to_frame()
    losses.index.name = "single loss"
    losses.attrs["units"] = "MW"
    largest = max(own.values(), default=0.0)
    extra = max(limit.rating - largest, 0.0)
    reserve = _reserve_by_water(library, largest)
    more = reserve["more reserve at most"]
    asks = [
        f"{row['hours']:,.0f} h in {water} water, by {row['more reserve at most']:,.0f} MW at most"
        for water, row in reserve.iterrows()
    ]
    sentence = (
        f"A pole of {limit.rating / 2:,.0f} MW is below the largest unit of {largest:,.0f} MW and asks no more "
        f"reserve; both poles at once, which hang on one tower, ask {extra:,.0f} MW more when the line is full. Hours "
        f"of the season that ask for more: {'; '.join(asks)}."
    )
    results = _with_and_without(library)
    flows = interface_flows(results, _BUYER)
    change = flows["most with"] - flows["most without"]
    name = str(change.abs().idxmax())
    moved = flows.loc[name]
    by_month = interface_by_month(results, _BUYER, name)
    fullest = by_month["with, most"].idxmax()
    inside = (
        f"Inside Pakistan power that lands at Nowshera changes {name} most: at most {moved['most with']:,.0f} "
        f"MW with it, {moved['most without']:,.0f} without, of {moved['rating']:,.0f} MW. It is fullest in {fullest}, "
        f"when the rivers of the north are full too; {moved['rating'] - moved['most with']:,.0f} MW are left then."
    )
    replaced = replaced_by_node(results["with"], results["without"], _BUYER)
    places = [f"{energy:,.0f} GWh in {node}" for node, energy in replaced["replaced"].items()]
    received = replaced.attrs["received"]
    fewer_losses = float(replaced["replaced"].sum()) - received
    far = (
        f"The power is little used where it lands: {received:,.0f} GWh, received at least cost under take-or-pay, "
        f"replace other power of {', '.join(places)}; losses between the nodes "
        f"{'fall' if fewer_losses > 0 else 'rise'} by {abs(fewer_losses):,.0f} GWh."
    )
    tables = {
        "Interfaces inside Pakistan": flows,
        f"{name} by month": by_month,
        "Reserve for the loss of both poles, by water": reserve,
        "Where the power replaces other power": replaced,
        "Single losses at the receiving end": losses,
        "Exchange by month": months,
        **frequency.tables,
    }
    limits = (
        "flows of single 500 kV lines in Pakistan, those at Nowshera among them: three nodes with transport links "
        "stand for the country, since no list of its 500 kV lines with impedances is in the case",
        "what reserve costs: the case has no price of reserve; the part load of plants that hold it would have to be "
        "known",
    )
    return Answer(
        (sentence, inside, far, *frequency.sentences),
        tables,
        span=f"more reserve {more.min():,.0f} to {more.max():,.0f} MW, dry to wet water; {frequency.span}",
        marks=marks_of(case, "rules.security", "rules.frequency", "links.PK*"),
        limits=(*limits, *frequency.limits),
    )


def _with_and_without(library: Library) -> dict[str, Result]:
    """Return the system at least cost, with the line's power taken and without the line."""
    return {
        "with": solved(library.case, library.scenario("least_cost_take_or_pay")),
        "without": solved(library.case, library.scenario("least_cost_no_casa")),
    }


def _reserve_by_water(library: Library, largest_unit: float) -> pd.DataFrame:
    """Return what the loss of both poles asks beyond the largest unit, by water.

    Parameters
    ----------
    largest_unit
        What reserve is held for without the line [MW].

    Returns
    -------
    pandas.DataFrame
        Index water; ``most received`` [MW], ``hours`` of the season in which more arrives than the largest unit,
        ``more reserve at most`` and ``more reserve, mean of the season`` [MW].
    """
    rows = {}
    for water, scenario in water_labels(library.case, library.base).items():
        result = solved(library.case, scenario)
        received = transferable(result)
        contract = result.inputs.book.contract
        open_hours = result.hours
        if contract is not None:
            axis = result.inputs.axis
            open_hours = result.hours * axis.share(in_window(axis.hours, contract.season.start, contract.season.end))
        more = (received - largest_unit).clip(lower=0.0)
        rows[water] = {
            "most received": float(received.max()),
            "hours": float(open_hours[more.to_numpy() > 0].sum()),
            "more reserve at most": float(more.max()),
            "more reserve, mean of the season": float(more @ open_hours / open_hours.sum()),
        }
    return labelled_table(rows, "water", "MW; hours a season")


def closure_by_length(library: Library) -> Answer:
    """Question 10: what replaces the link when it is closed, foreseen and not, and what that costs each party."""
    case, base = library.case, library.base
    answer = closure_answer(case, base, [_BORDER], _LENGTHS)
    figures = answer.tables["All figures"]
    worst = figures.loc[figures.groupby(level="days")["lost"].idxmax()]
    money = settled(case, base)
    buyer = str(money.contract.buyer)
    closed = {}
    for month, days in worst.index.tolist():
        closed[f"{days} days from month {month}"] = settled(case, closure_scenario(base, [_BORDER], month, days))
    supply = replacing_supply(money, closed, buyer)
    cost = cost_by_party(money, closed)
    unforeseen = _unforeseen(library, worst)
    wet = _closures_in_wet_water(library)
    tables = {
        f"What {buyer}'s plants generate instead": supply,
        "Cost by party": cost,
        "Foreseen and not": unforeseen,
        **answer.tables,
        "Energy lost in wet water, when the line is full": wet,
    }
    most = max(float(unforeseen["lost, not foreseen"].max()), float(wet.to_numpy(float).max()))
    limits = (
        "what else politics would close with the border: gas, transit of goods, the other trade of power",
        "a closure that comes without its length being known, beside those that are known from the first day",
    )
    return Answer(
        (*answer.sentences, _replacement_sentence(supply, cost, buyer), _unforeseen_sentence(unforeseen, wet)),
        tables,
        span=f"{answer.span}; up to {most:,.0f} GWh not foreseen or in wet water",
        marks=marks_of(case, "rules.contract", f"generators.{buyer}*"),
        limits=limits,
    )


def _unforeseen(library: Library, worst: pd.DataFrame) -> pd.DataFrame:
    """Return what the dearest closure of each length takes when nobody sees it come.

    Parameters
    ----------
    worst
        Index (month, days); ``lost`` where it is foreseen [GWh].
    """
    case = library.case
    surprised = library.base.replace(foresight="surprise")
    undisturbed = season_energy(case, library.base)
    rows = {}
    for month, days in worst.index.tolist():
        closed = closure_scenario(surprised, [_BORDER], month, days)
        rows[month, days] = {
            "lost, foreseen": float(worst.loc[(month, days), "lost"]),
            "lost, not foreseen": undisturbed - season_energy(case, closed),
        }
    return labelled_table(rows, ["month", "days"], "GWh")


def _closures_in_wet_water(library: Library) -> pd.DataFrame:
    """Return what closures take in wet water, by the month of their beginning and length [GWh]."""
    wet = water_labels(library.case, library.base).get("wet", library.base)
    lost = closures(case=library.case, scenario=wet, where=[_BORDER], lengths=_LENGTHS).table["lost"].unstack("days")
    lost.columns = pd.Index([f"{days} days" for days in lost.columns])
    lost.attrs["units"] = "GWh"
    return lost


def _replacement_sentence(supply: pd.DataFrame, cost: pd.DataFrame, buyer: str) -> str:
    """Return what generates instead in the dearest closure, and who bears it."""
    name = str(supply["lost"].idxmax())
    more = supply.drop(columns=["lost", "CO2"], errors="ignore").T[name].astype(float).sort_values(ascending=False)
    instead = [f"{energy:,.0f} GWh of {carrier}" for carrier, energy in more.items() if energy > _NOTICED]
    row = cost.T[name].astype(float)
    parties = row.drop([FUEL, TOGETHER])
    borne = [f"{country} {-value:+,.1f}" for country, value in parties.items()]
    return (
        f"In {name} {supply['lost'].astype(float)[name]:,.0f} GWh less arrive and {buyer}'s plants generate "
        f"{', '.join(instead) or 'nothing'} more, for {row[FUEL]:,.1f} million USD of fuel. Gain or loss by party, "
        f"million USD: {', '.join(borne)}; all countries together {-row[TOGETHER]:+,.1f}."
    )


def _unforeseen_sentence(unforeseen: pd.DataFrame, wet: pd.DataFrame) -> str:
    texts = []
    lengths = unforeseen.index.get_level_values("days")
    for days, (_, row) in zip(lengths, unforeseen.iterrows(), strict=True):
        full = float(wet[f"{days} days"].max())
        texts.append(
            f"{days} days {row['lost, foreseen']:,.1f} GWh foreseen, {row['lost, not foreseen']:,.1f} not, "
            f"{full:,.0f} in wet water"
        )
    return f"Reservoirs make up for short closures while the line has room: {'; '.join(texts)}."
