"""Question 8: flows and reserve at Nowshera and behind it."""

from __future__ import annotations

import pandas as pd

from energy.analysis.case_capability import case_capability
from energy.metrics import transferable
from energy.metrics.monthly import month_of
from energy.model.axis import in_window
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.grid import frequency_answer
from energy.report.answers.seasons import solved, water_labels
from energy.report.questions.library import Library
from energy.solve import Result

BUYER = "PK"
INTERFACE = " to "


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
    own = {name: size for name, size in units.items() if plants.get(name) == BUYER}
    losses = pd.Series({**own, "pole": limit.rating / 2, "bipole": limit.rating}, name="loss").to_frame()
    losses.index.name = "single loss"
    losses.attrs["units"] = "MW"
    largest = max(own.values(), default=0.0)
    extra = max(limit.rating - largest, 0.0)
    reserve = _reserve_by_water(library, largest)
    asks = [
        f"{row['hours']:,.0f} h in {water} water, by {row['more reserve at most']:,.0f} MW at most"
        for water, row in reserve.iterrows()
    ]
    sentence = (
        f"A pole of {limit.rating / 2:,.0f} MW is below the largest unit of {largest:,.0f} MW and asks no more "
        f"reserve; both poles at once, which hang on one tower, ask {extra:,.0f} MW more when the line is full. Hours "
        f"of the season that ask for more: {'; '.join(asks)}."
    )
    flows = _flows_inside(library)
    change = flows["most with"] - flows["most without"]
    name = str(change.abs().idxmax())
    moved = flows.loc[name]
    by_month = _interface_by_month(library, name)
    fullest = by_month["with, most"].idxmax()
    inside = (
        f"Inside Pakistan power that lands at Nowshera changes {name} most: at most {moved['most with']:,.0f} "
        f"MW with it, {moved['most without']:,.0f} without, of {moved['rating']:,.0f} MW. It is fullest in {fullest}, "
        f"when the rivers of the north are full too; {moved['rating'] - moved['most with']:,.0f} MW are left then."
    )
    replaced = _replaced_by_node(library)
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
        "what reserve costs: the case has no price of reserve",
    )
    return Answer(
        (sentence, inside, far, *frequency.sentences),
        tables,
        span=frequency.span,
        marks=marks_of(case, "rules.security", "rules.frequency"),
        limits=(*limits, *frequency.limits),
    )


def _flows_inside(library: Library) -> pd.DataFrame:
    """Return the flows between the nodes of the buyer's country at least cost, with and without the line."""
    results = _with_and_without(library)
    rows = {}
    for pair, group in _interfaces(results["with"]).groupby(["bus0", "bus1"]):
        row = {"rating": float(group["p_nom"].astype(float).sum())}
        for label, result in results.items():
            flow = result.flow("links")[group.index].sum(axis=1)
            row[f"most {label}"] = float(flow.max())
            row[f"energy {label}"] = float(flow @ result.hours) / 1000
        rows[INTERFACE.join(map(str, pair))] = row
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("interface")
    table.attrs["units"] = "MW; energy GWh a year"
    return table


def _with_and_without(library: Library) -> dict[str, Result]:
    """Return the system at least cost, with the line's power taken and without the line."""
    return {
        "with": solved(library.case, library.scenario("least_cost_take_or_pay")),
        "without": solved(library.case, library.scenario("least_cost_no_casa")),
    }


def _interfaces(result: Result) -> pd.DataFrame:
    """Return the links between the buyer's nodes."""
    links = result.inputs.components["links"]
    country = result.inputs.components["buses"]["country"].fillna("")
    home = (links["bus0"].map(country) == BUYER) & (links["bus1"].map(country) == BUYER)
    carrier = links["carrier"].isin(["AC", "DC", "HVDC"])
    return links[home & carrier]


def _interface_by_month(library: Library, name: str) -> pd.DataFrame:
    """Return the loading of an interface by month, with the line and without it.

    Returns
    -------
    pandas.DataFrame
        Index month; ``with, mean``, ``with, most``, ``without, mean``, ``without, most`` [MW], ``room``, what is left
        of the rating in the fullest hour with the line [MW].
    """
    columns: dict[str, pd.Series[float]] = {}
    rating = 0.0
    for label, result in _with_and_without(library).items():
        links = _interfaces(result)
        ends = links["bus0"].astype(str) + INTERFACE + links["bus1"].astype(str)
        chosen = links[ends == name]
        rating = float(chosen["p_nom"].astype(float).sum())
        flow = result.flow("links")[chosen.index].sum(axis=1)
        hours = pd.Series(result.hours, index=flow.index)
        months = month_of(result)
        energy = pd.Series(flow * hours).groupby(months).sum()
        columns[f"{label}, mean"] = energy / hours.groupby(months).sum()
        columns[f"{label}, most"] = flow.groupby(months).max()
    table = pd.DataFrame(columns)
    table.index = pd.Index(table.index.astype(str), name="month")
    table["room"] = rating - table["with, most"]
    table.attrs["units"] = "MW; room: what is left of the rating in the fullest hour with the line"
    return table


def _replaced_by_node(library: Library) -> pd.DataFrame:
    """Return where in the buyer's country the line's power takes the place of other power.

    Returns
    -------
    pandas.DataFrame
        Index node; ``with`` and ``without``, what its plants and turbines make and its demand lacks [GWh a year], and
        ``replaced``, the difference. ``attrs["received"]`` is what the line delivers [GWh].
    """
    columns: dict[str, pd.Series] = {}
    received = 0.0
    for label, result in _with_and_without(library).items():
        components = result.inputs.components
        buses = components["buses"]
        nodes = buses.index[(buses["country"] == BUYER) & (buses["carrier"] == "AC")]
        plants = components["generators"]
        made = pd.Series(result.flow("generators").T @ result.hours).groupby(plants["bus"]).sum()
        turbines = components["links"][components["links"]["carrier"] == "hydro"]
        given = pd.Series(result.received[turbines.index].T @ result.hours).groupby(turbines["bus1"]).sum()
        columns[label] = (made.reindex(nodes).fillna(0.0) + given.reindex(nodes).fillna(0.0)) / 1000
        if label == "with":
            received = float(transferable(result) @ result.hours) / 1000
    table = pd.DataFrame(columns).rename_axis("node")
    table["replaced"] = table["without"] - table["with"]
    table.attrs["units"] = "GWh a year: plants, turbines and unserved demand"
    table.attrs["received"] = received
    return table


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
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("water")
    table.attrs["units"] = "MW; hours a season"
    return table
