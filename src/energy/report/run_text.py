"""Tables of a run for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from energy.analysis import Run
from energy.analysis.cost_of_imperfect_foresight import costs_of_imperfect_foresight
from energy.metrics import transferable
from energy.metrics.country_exchanges import country_exchanges
from energy.metrics.line_losses import line_losses
from energy.metrics.monthly import FIRM, firm_power
from energy.metrics.unmet_irrigation import unmet_irrigation
from energy.report.exchange_sentences import sentences
from energy.report.exchange_text import exchange_rows, reverse_line, sender_line
from energy.results.exchange_dataset import exchange_dataset
from energy.results.labels import words
from energy.results.waterfall import in_season, verdict, waterfall

if TYPE_CHECKING:
    from rich.table import Table

SURPLUS = "surplus "
IDLE = 0.5  # MW below which a snapshot has no power
SEEN = 0.05  # GWh, the smallest energy that a table in tenths shows


def run_text(run: Run) -> Iterator[Table | str]:
    """Yield what a run says on a terminal: the months, the ladder of protection, and what decides."""
    yield _month_title(run)
    yield month_rows(run)
    if run.season.any():
        yield firm_line(run)
    yield from _exchanges(run)
    if not run.rungs.empty:
        yield "From the contract to delivery: the season, in the order of protection"
        yield waterfall_rows(run)
        yield from _lines(served_line(run))
        yield order_line(run)
    yield verdict(run.table)
    yield from _lines(*sentences(exchange_dataset(run)), reverse_line(run))
    lacking = unmet_irrigation(run.result)
    if lacking.any():
        volumes = [f"{name} {volume:,.0f} hm3" for name, volume in lacking.items() if volume]
        yield f"Not enough water for irrigation: {', '.join(volumes)}"
    if run.result.yielded:
        volumes = [f"{rule} {volume:,.0f} hm3" for rule, volume in run.result.yielded.items()]
        yield f"Rules of the water that the rivers could not keep: {', '.join(volumes)}"
    if run.result.inputs.line_losses != "none":
        yield losses_line(run)
    if run.foreseen is not None:
        yield surprise_line(run)


def _exchanges(run: Run) -> Iterator[Table | str]:
    exchanges = country_exchanges(run.result)
    if exchanges.empty:
        return
    yield "Exchanges by country [GWh], at its own side, over the whole horizon"
    yield exchange_rows(exchanges, run)
    yield from _lines(sender_line(run.result))


def _lines(*lines: str) -> Iterator[str]:
    yield from (line for line in lines if line)


def month_rows(run: Run) -> Table:
    """Return the monthly table of a run, with the season's totals, ready to print."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = run.table
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    surplus = [column for column in table.columns if column.startswith(SURPLUS)]
    power = ["transferable mean", "transferable P90", "transferable max"]
    heads = ["month"]
    heads += [f"{column}\n[GWh]" for column in surplus]
    heads += ["mean\n[MW]", "P90\n[MW]", "max\n[MW]", "ceiling\n[GWh]", "delivered\n[GWh]", "lost\n[GWh]", "limited by"]
    for number, head in enumerate(heads):
        shown.add_column(head, justify="left" if number in (0, len(heads) - 1) else "right", no_wrap=True)
    figures = [*surplus, *power, "ceiling", "delivered", "lost"]
    for month, row in table.iterrows():
        shown.add_row(str(month), *[_whole(row[column]) for column in figures], words(row["limit"]))
    months = in_season(table)
    shown.add_section()
    totals = [_whole(months[column].sum()) for column in (*surplus, "ceiling", "delivered", "lost")]
    mean, most = _whole(mean_power(run)), _whole(months["transferable max"].max())
    firm = _whole(season_firm_power(run))
    shown.add_row("season", *totals[: len(surplus)], mean, firm, most, *totals[len(surplus) :], "", style="bold")
    return shown


def _month_title(run: Run) -> str:
    line = "Transferable power [MW] and energy [GWh] at the receiving end, by UTC month"
    countries = " and ".join(run.countries)
    return line + (f"; surplus of {countries} at the sending end" if countries else "")


def _whole(value: float) -> str:
    return f"{round(value) + 0:,d}"


def mean_power(run: Run) -> float:
    """Return the season's delivered energy over the season's hours [MW]."""
    hours = float((run.result.hours * run.season).sum())
    return float(in_season(run.table)["delivered"].sum()) * 1000 / hours if hours else 0.0


def season_firm_power(run: Run) -> float:
    """Return P90 of the season: the power that is reached in 90 % of its hours [MW]."""
    return firm_power(transferable(run.result).to_numpy(), run.result.hours * run.season)


def firm_line(run: Run) -> str:
    """Return how much power there is in nine hours of ten, and in how many hours there is none."""
    hours = run.result.hours * run.season
    idle = float(hours[transferable(run.result).to_numpy() < IDLE].sum())
    share = f"{100 * FIRM:.0f} %"
    line = f"P90: at least {_whole(season_firm_power(run))} MW in {share} of the hours of the season"
    return f"{line}; no power in {_whole(idle)} of {_whole(hours.sum())} h"


def waterfall_rows(run: Run) -> Table:
    """Return the ladder: what the season's contract could carry, and what each cause on the way takes of it."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    top = float(run.table["ceiling"].sum())
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    shown.add_column("")
    for head in ("takes\n[GWh]", "leaves\n[GWh]", "of the\nceiling"):
        shown.add_column(head, justify="right")
    shown.add_row("contract ceiling", "", _whole(top), _share(top, top))
    for rung in waterfall(run.table):
        shown.add_row(f"− {rung.label}", _whole(rung.takes), _whole(rung.leaves), _share(rung.leaves, top))
    delivered = float(run.table["delivered"].sum())
    shown.add_section()
    shown.add_row("delivered", "", _whole(delivered), _share(delivered, top), style="bold")
    return shown


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}".replace("%", " %") if whole else ""


def served_line(run: Run) -> str:
    """Return which services take nothing because one before them uses them already; empty where there is none."""
    taken = {step.cause: step.takes for step in waterfall(run.table)}
    already = [
        f"{words(service)} ({_whole(energy)} GWh)"
        for service, energy in run.already_served.items()
        if energy > SEEN and abs(taken.get(service, 0.0)) < 0.5
    ]
    if not already:
        return ""
    return f"Nothing is taken by {', '.join(already)}: steps before need what it brings back, and give it already."


def order_line(run: Run) -> str:
    """Return the order in which services are protected, first served first."""
    order = run.scenario.protection_order or run.case.rules.protection_order
    return "protection order: " + " > ".join(words(name) for name in order)


def losses_line(run: Run) -> str:
    """Return what AC lines lose, how far the linearisation is from r·s², and what was wasted as a loss."""
    energy = line_losses(run.result).sum()
    beside = energy["lost"] - energy["unexplained"] - energy["quadratic"]
    line = (
        f"Losses of AC lines: {_tenths(energy['lost'])} GWh in the year, by {run.result.inputs.line_losses}; "
        f"their linearisation makes it {_tenths(abs(beside))} GWh {'more' if beside >= 0 else 'less'} than r·s²"
    )
    wasted = energy["unexplained"]
    return f"{line}; {_tenths(wasted)} GWh are power without use, wasted as a loss" if wasted > SEEN else line


def _tenths(value: float) -> str:
    return f"{round(value, 1) + 0.0:,.1f}"


def surprise_line(run: Run) -> str:
    """Return the price of surprise in a sentence, with what surprise changes for other services."""
    sold, *others = costs_of_imperfect_foresight(run)
    price, learning = ("surprise", "with surprise")
    if run.scenario.foresight == "policy":
        price, learning = ("not knowing the water", "by the policy")
    line = (
        f"Price of {price}: {_tenths(sold.price)} GWh; with perfect foresight {sold.foreseen:,.1f} GWh would be "
        f"delivered, {learning} {sold.surprised:,.1f} GWh."
    )
    if run.soon_and_late is not None:
        soon, late = (sold.foreseen - delivered for delivered in run.soon_and_late)
        line += (
            f" If plans send as soon as they can it is {_tenths(soon)} GWh, as late as they can {_tenths(late)} GWh."
        )
    changes = [
        f"{words(price.service)} {abs(price.surprised - price.foreseen):,.2f} GWh "
        f"{'more' if price.surprised > price.foreseen else 'less'} {price.kind}"
        for price in others
    ]
    return line if not changes else f"{line} Others: {'; '.join(changes)}."
