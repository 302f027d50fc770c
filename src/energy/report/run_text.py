"""What a run says on a terminal: the months, the ladder of protection, exchanges of countries, and what decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from energy.analysis import Run
from energy.analysis.cost_of_imperfect_foresight import ForesightCost, costs_of_imperfect_foresight
from energy.analysis.recorded_exchanges import RecordedEnergy, recorded_exchanges
from energy.metrics import transferable
from energy.metrics.country_exchanges import PURCHASES, SENT, country_exchanges, delivered_by_sender
from energy.metrics.line_losses import line_losses
from energy.metrics.month_columns import SURPLUS, surplus_by_country
from energy.metrics.monthly import FIRM, firm_power
from energy.metrics.options import reverse_energy
from energy.metrics.unmet_irrigation import unmet_irrigation
from energy.reading.month_day import MONTHS
from energy.report.summary import structure_sentences
from energy.report.text_table import SECTION, TextColumn, fixed, fixed_cells, number_columns, text_table, words_column
from energy.results.countries import country_name
from energy.results.dataset_parts import exchange_dataset
from energy.results.predicted_ranges import season_range
from energy.results.season import in_season, verdict, waterfall, words
from energy.solve import Result

if TYPE_CHECKING:
    from rich.table import Table

_MONTH_FIGURES = {
    "mean\n[MW]": "transferable mean",
    "P90\n[MW]": "transferable P90",
    "max\n[MW]": "transferable max",
    "ceiling\n[GWh]": "ceiling",
    "delivered\n[GWh]": "delivered",
    "lost\n[GWh]": "lost",
}
"""Head → column of a run's table of months."""
_IDLE = 0.5  # MW below which a snapshot has no power
_SEEN = 0.05  # GWh, the smallest energy that a table in tenths shows


def run_text(run: Run) -> Iterator[Table | str]:
    """Yield what a run says on a terminal: the months, the ladder of protection, and what decides."""
    yield from _lines(_headline(run), _range_line(run))
    yield _month_title(run)
    yield _month_rows(run)
    if run.season.any():
        yield _firm_line(run)
    yield from _exchanges(run)
    if not run.rungs.empty:
        yield "From the contract to delivery: the season, in the order of protection"
        yield _waterfall_rows(run)
        yield from _lines(_served_line(run))
        yield _order_line(run)
    yield verdict(run.table)
    yield from _lines(*structure_sentences(exchange_dataset(run)), _reverse_line(run))
    lacking = unmet_irrigation(run.result)
    if lacking.any():
        volumes = [f"{name} {volume:,.0f} hm3" for name, volume in lacking.items() if volume]
        yield f"Not enough water for irrigation: {', '.join(volumes)}"
    if run.result.yielded:
        volumes = [f"{rule} {volume:,.0f} hm3" for rule, volume in run.result.yielded.items()]
        yield f"Rules of the water that the rivers could not keep: {', '.join(volumes)}"
    if run.result.inputs.line_losses != "none":
        yield _losses_line(run)
    if run.foreseen is not None:
        yield _surprise_line(run)


def _headline(run: Run) -> str:
    """Return the answer in a sentence: what is delivered of the ceiling, and what takes most; empty where it is 0."""
    ceiling = float(run.table["ceiling"].sum())
    if not ceiling:
        return ""
    delivered = float(run.table["delivered"].sum())
    sentence = f"{fixed(delivered)} GWh delivered, {_share(delivered, ceiling)} of the ceiling of {fixed(ceiling)} GWh"
    steps = waterfall(run.table)
    if not steps:
        return sentence
    largest = max(steps, key=lambda step: step.takes)
    if largest.takes < _SEEN:
        return sentence
    return f"{sentence}; most is taken by {largest.label} ({fixed(largest.takes)} GWh)"


def _range_line(run: Run) -> str:
    """Return the recorded range of the season with all unknown numbers at once; empty where none is recorded."""
    text = season_range(run.scenario)
    return f"With all unknown numbers at once the season is {text}" if text else ""


def _exchanges(run: Run) -> Iterator[Table | str]:
    exchanges = country_exchanges(run.result)
    if exchanges.empty:
        return
    yield "Exchanges by country [GWh], at its own side, over the whole horizon"
    yield _exchange_rows(exchanges, run)
    yield from _lines(_sender_line(run.result))


def _lines(*lines: str) -> Iterator[str]:
    yield from filter(None, lines)


def _month_rows(run: Run) -> Table:
    """Return the monthly table of a run, with the season's totals, ready to print."""
    months = run.table
    surplus = [f"{SURPLUS}{country}" for country in surplus_by_country(months)]
    figures = {_surplus_head(column): column for column in surplus} | _MONTH_FIGURES
    columns = [words_column("month", wraps=False)]
    columns += number_columns(figures, wraps=False)
    columns += [words_column("limited by", wraps=False)]
    rows = []
    for month, row in months.iterrows():
        energies = row[list(figures.values())]
        rows.append([str(month), *fixed_cells(energies), words(row["limit"])])
    return text_table(columns, rows, total=_season_row(run, surplus), narrow=True)


def _surplus_head(column: str) -> str:
    """Return the head of a country's surplus, narrow enough for a terminal of 80 letters."""
    country = column.removeprefix(SURPLUS)
    return f"surplus\n{country}\n[GWh]"


def _season_row(run: Run, surplus: list[str]) -> list[str]:
    """Return the totals of the season: energy is summed, power as of its hours."""
    months = in_season(run.table)
    return [
        "season",
        *fixed_cells(months[surplus].sum()),
        fixed(_mean_power(run)),
        fixed(_season_firm_power(run)),
        fixed(months["transferable max"].max()),
        *fixed_cells(months[["ceiling", "delivered", "lost"]].sum()),
        "",
    ]


def _month_title(run: Run) -> str:
    title = "Transferable power [MW] and energy [GWh] at the receiving end, by UTC month"
    if run.countries:
        title += f"; surplus of {' and '.join(run.countries)} at the sending end"
    return title


def _mean_power(run: Run) -> float:
    """Return the season's delivered energy over the season's hours [MW]."""
    hours = float((run.result.hours * run.season).sum())
    if not hours:
        return 0.0
    delivered = float(in_season(run.table)["delivered"].sum())
    return delivered * 1000 / hours


def _season_firm_power(run: Run) -> float:
    """Return P90 of the season: the power that is reached in 90 % of its hours [MW]."""
    return firm_power(transferable(run.result).to_numpy(), run.result.hours * run.season)


def _firm_line(run: Run) -> str:
    """Return how much power there is in nine hours of ten, and in how many hours there is none."""
    hours = run.result.hours * run.season
    power = transferable(run.result).to_numpy()
    idle = float(hours[power < _IDLE].sum())
    share = f"{100 * FIRM:.0f} %"
    line = f"P90: at least {fixed(_season_firm_power(run))} MW in {share} of the hours of the season"
    return f"{line}; no power in {fixed(idle)} of {fixed(hours.sum())} h"


def _waterfall_rows(run: Run) -> Table:
    """Return the ladder: what the season's contract could carry, and what each cause on the way takes of it."""
    top = float(run.table["ceiling"].sum())
    delivered = float(run.table["delivered"].sum())
    columns = [
        words_column(),
        TextColumn("takes\n[GWh]"),
        TextColumn("leaves\n[GWh]"),
        TextColumn("of the\nceiling"),
    ]
    rows = [["contract ceiling", "", fixed(top), _share(top, top)]]
    for step in waterfall(run.table):
        cells = [fixed(step.takes), fixed(step.leaves), _share(step.leaves, top)]
        rows.append([f"− {step.label}", *cells])
    total = ["delivered", "", fixed(delivered), _share(delivered, top)]
    return text_table(columns, rows, total=total)


def _share(part: float, whole: float) -> str:
    if not whole:
        return ""
    return f"{part / whole:.0%}".replace("%", " %")


def _served_line(run: Run) -> str:
    """Return which services take nothing because one before them uses them already; empty where there is none."""
    taken = {step.cause: step.takes for step in waterfall(run.table)}
    already = []
    for service, energy in run.already_served.items():
        takes_nothing = abs(taken.get(service, 0.0)) < 0.5
        if energy > _SEEN and takes_nothing:
            already.append(f"{words(service)} ({fixed(energy)} GWh)")
    if not already:
        return ""
    services = " and ".join(already)
    return f"Not a cause of loss: {services}. Demand before it gives this energy already, to get it back in winter."


def _order_line(run: Run) -> str:
    """Return the order in which services are protected, first served first."""
    order = run.scenario.protection_order or run.case.rules.protection_order
    return "protection order: " + " > ".join(map(words, order))


def _losses_line(run: Run) -> str:
    """Return what AC lines lose, how far the linearisation is from r·s², and what was wasted as a loss."""
    energy = line_losses(run.result).sum()
    beside = energy["lost"] - energy["unexplained"] - energy["quadratic"]
    wasted = energy["unexplained"]
    line = (
        f"Losses of AC lines: {fixed(energy['lost'], 1)} GWh in the year, by {run.result.inputs.line_losses}; "
        f"their linearisation makes it {fixed(abs(beside), 1)} GWh {'more' if beside >= 0 else 'less'} than r·s²"
    )
    if wasted > _SEEN:
        line += f"; {fixed(wasted, 1)} GWh are power without use, wasted as a loss"
    return line


def _surprise_line(run: Run) -> str:
    """Return the price of surprise in a sentence, with what surprise changes for other services."""
    sold, *others = costs_of_imperfect_foresight(run)
    price, learning = ("surprise", "with surprise")
    if run.scenario.foresight == "policy":
        price, learning = ("not knowing the water", "by the policy")
    line = (
        f"Price of {price}: {fixed(sold.price, 1)} GWh; with perfect foresight {sold.foreseen:,.1f} GWh would be "
        f"delivered, {learning} {sold.surprised:,.1f} GWh."
    )
    if run.soon_and_late is not None:
        soon, late = run.soon_and_late
        line += f" If plans send as soon as they can it is {fixed(sold.foreseen - soon, 1)} GWh,"
        line += f" as late as they can {fixed(sold.foreseen - late, 1)} GWh."
    changes = list(map(_change, others))
    if changes:
        line += f" Others: {'; '.join(changes)}."
    return line


def _change(cost: ForesightCost) -> str:
    """Return what surprise changes for a service."""
    energy = abs(cost.surprised - cost.foreseen)
    direction = "more" if cost.surprised > cost.foreseen else "less"
    return f"{words(cost.service)} {energy:,.2f} GWh {direction} {cost.kind}"


def _exchange_rows(exchanges: pd.DataFrame, run: Run) -> Table:
    """Return the exchanges of control areas as a table: the areas, their sum, and the record beside them."""
    recorded = recorded_exchanges(run.case)
    countries_on_record = {country for _, country in recorded}
    on_record = [area for area in exchanges if area in countries_on_record]
    columns = [words_column()]
    columns += number_columns(country_name(str(area)) for area in exchanges)
    columns += [TextColumn("in all")]
    columns += number_columns(f"on record\n{area}" for area in on_record)
    rows: list[Sequence[str]] = []
    for exchange, energies in exchanges.iterrows():
        if str(exchange) == "imports":
            rows.append(SECTION)
        beside = [_recorded(recorded.get((str(exchange), str(area)))) for area in on_record]
        label = _exchange_label(str(exchange), run)
        rows.append([label, *fixed_cells(energies), fixed(energies.sum()), *beside])
    return text_table(columns, rows)


def _exchange_label(exchange: str, run: Run) -> str:
    """Return the words of an exchange; seasons by their months."""
    contract = run.result.inputs.book.contract
    if exchange in PURCHASES and contract is not None:
        first = int(contract.season.start[:2])
        last = int(contract.season.end[:2])
        if exchange == PURCHASES[0]:
            return f"purchases {MONTHS[first - 1]}–{MONTHS[last - 1]}"
        return f"purchases {MONTHS[last % 12]}–{MONTHS[first - 2]}"
    if exchange == SENT:
        return "sent over CASA-1000"
    return words(exchange)


def _recorded(recorded: RecordedEnergy | None) -> str:
    if recorded is None:
        return ""
    return f"{fixed(recorded.energy)} ({recorded.year})"


def _sender_line(result: Result) -> str:
    """Return who sent what is delivered; empty where only sellers with accounts send, or nothing is delivered."""
    by_sender = delivered_by_sender(result)
    contract = result.inputs.book.contract
    sellers = contract.shares if contract else {}
    third_parties = [area for area in by_sender.index if area not in sellers]
    if not third_parties:
        return ""
    parts = [f"{country_name(str(area))} {fixed(energy)}" for area, energy in by_sender.items()]
    third = float(by_sender[third_parties].sum())
    own = float(by_sender.sum()) - third
    return (
        f"Delivered by sender [GWh]: {', '.join(parts)}; {fixed(own)} are the sellers', {fixed(third)} are third "
        "parties' (open access)."
    )


def _reverse_line(run: Run) -> str:
    """Return what flows back over the line beside what is delivered; empty where nothing does."""
    returned = reverse_energy(run.result)
    delivered = float(run.table["delivered"].sum())
    if returned < _SEEN:
        return ""
    return f"Reverse flow: {fixed(returned)} GWh come back over the line, beside {fixed(delivered)} GWh delivered."
