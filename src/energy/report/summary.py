"""Sentences about runs, numbers filled in: how they differ, and what structure and options do to each."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from energy.metrics.monthly import FIRM
from energy.metrics.options import CLOSED
from energy.plots.style import when
from energy.results.compare import bases
from energy.results.season import ENDS, duration_curve, waterfall_table, words

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

_NOTHING = 0.5
"""GWh below which a season delivers nothing worth a number."""
_IDLE = 0.5
"""MW below which a snapshot has no power worth a number."""
_LEAST_SAID = 0.001
"""MWh: what is less is said to be no more than this."""
_ABBREVIATIONS = frozenset({"casa", "dc", "hvdc", "lng", "tap"})
_PROPER_NAMES = frozenset(
    {
        "afghan",
        "afghanistan",
        "china",
        "datka",
        "kabul",
        "kazakh",
        "kyrgyz",
        "naryn",
        "pakistan",
        "qosh",
        "rogun",
        "salang",
        "sangtuda",
        "sughd",
        "surkhan",
        "syrdarya",
        "tajik",
        "tepa",
        "turkmen",
        "uzbek",
        "vakhsh",
        "wakhan",
    }
)


class Row(NamedTuple):
    """A scenario in one line: energy [GWh], power [MW], shares in per cent, hours in season and without power [h].

    ``title`` is the name in words; ``paid`` is what the buyer pays in the season [million USD], NaN where the contract
    has no prices. ``season_range`` is the recorded range in words and ``bounds`` its ends [GWh],
    empty where none is recorded.
    """

    name: str
    title: str
    question: str
    description: str
    year: int
    water: str
    objective: str
    ceiling: float
    delivered: float
    change: float
    share: float
    mean: float
    firm: float
    hours: float
    idle_hours: float
    cause: str
    taken: float
    events: int
    confidence: str
    paid: float
    season_range: str = ""
    bounds: str = ""


def _row(dataset: xr.Dataset, base: float) -> Row:
    """Return the line of one run.

    Parameters
    ----------
    dataset
        From ``energy.results.record.record``.
    base
        Delivered energy that the change is counted against [GWh].
    """
    season = waterfall_table(dataset).sum()
    delivered = float(season["delivered"])
    ceiling = float(season["ceiling"])
    hours, power = duration_curve(dataset)
    total = float(hours[-1])
    cause, taken = _largest_cause(season)
    attributes = dataset.attrs
    return Row(
        name=str(attributes.get("scenario_title", attributes["scenario"])),
        title=title_words(str(attributes.get("scenario_title", attributes["scenario"]))),
        question=str(attributes["question"]),
        description=str(attributes["description"]).strip(),
        year=int(attributes["year"]),
        water=str(attributes["water"]),
        objective=str(attributes["scenario_objective"]),
        ceiling=ceiling,
        delivered=delivered,
        change=delivered - base,
        share=100 * delivered / ceiling if ceiling else 0.0,
        mean=1000 * delivered / total if total else 0.0,
        firm=_firm_power(hours, power),
        hours=total,
        idle_hours=float(np.diff(hours)[power < _IDLE].sum()),
        cause=words(cause) if taken > _NOTHING else "",
        taken=max(taken, 0.0),
        events=dataset.sizes.get("event", 0),
        confidence=str(attributes["weakest_confidence"]),
        paid=_paid(dataset),
        season_range=str(attributes.get("season_range", "")),
        bounds=_bounds(dataset),
    )


def _largest_cause(season: pd.Series) -> tuple[str, float]:
    """Return the cause that takes most of the season, and what it takes [GWh]; nothing where there is none."""
    causes = {str(name): float(season[name]) for name in season.index if name not in ENDS}
    if not causes:
        return "", 0.0
    largest = max(causes, key=lambda name: causes[name])
    return largest, causes[largest]


def _firm_power(hours: np.ndarray, power: np.ndarray) -> float:
    """Return the power that is reached in nine tenths of the season [MW]."""
    total = hours[-1]
    if not total:
        return 0.0
    step = int(np.searchsorted(hours[1:], FIRM * total))
    return float(power[min(step, len(power) - 1)])


def title_words(name: str) -> str:
    """Return the name of a scenario as a title.

    Examples
    --------
    >>> title_words("hvdc_pole_out_july"), title_words("baseline, hydrology median → dry")
    ('HVDC pole out July', 'Baseline, hydrology median → dry')
    """
    file, separator, changes = name.partition(", ")
    words_of_name = [_spelled(word) for word in file.split("_")]
    title = " ".join(words_of_name)
    return title[:1].upper() + title[1:] + separator + changes


def _spelled(word: str) -> str:
    """Return a word of a scenario's name as it is written in English: abbreviations and names with capitals."""
    if word in _ABBREVIATIONS:
        return word.upper()
    if word in _PROPER_NAMES or word.capitalize() in list(month_name):
        return word.capitalize()
    return word


def _bounds(dataset: xr.Dataset) -> str:
    """Return the ends of the recorded range of the season [GWh]; empty where none is recorded."""
    if "season_low" not in dataset.attrs:
        return ""
    low, high = float(dataset.attrs["season_low"]), float(dataset.attrs["season_high"])
    return f"{low:,.0f}–{high:,.0f}"


def _paid(dataset: xr.Dataset) -> float:
    """Return what the buyer pays in the year [million USD]; NaN where the contract has no prices."""
    if "settled" not in dataset:
        return float("nan")
    received = dataset["settled"].to_numpy().astype(float)
    return float(received[received > 0].sum()) / 1e6


def rows(datasets: Sequence[xr.Dataset]) -> list[Row]:
    """Return the lines of runs; changes are counted against the base of each (`energy.results.compare.bases`)."""
    delivered = [float(waterfall_table(dataset)["delivered"].sum()) for dataset in datasets]
    contracts = []
    for dataset in datasets:
        trade = str(dataset.attrs.get("trade", ""))
        contracts.append((str(dataset.attrs["question"]), trade))
    lines = []
    for dataset, base in zip(datasets, bases(contracts), strict=True):
        lines.append(_row(dataset, delivered[base]))
    return lines


def summary(lines: Sequence[Row]) -> Iterator[str]:
    """Yield the summary in sentences: the first run, then how the others differ from it."""
    yield from _first(lines[0])
    others = lines[1:]
    if others:
        yield from _others(lines[0], others)


def _first(one: Row) -> Iterator[str]:
    if one.ceiling < _NOTHING:
        yield f"{one.title} ({when(one.year, one.water)}): no contract is open, and nothing can be delivered under it."
        return
    verb = "can be delivered" if one.objective == "transfer" else "is worth sending at least cost"
    yield (
        f"{one.title} ({when(one.year, one.water)}): {one.delivered:,.0f} GWh {verb} in the season, "
        f"{one.share:.0f} % of the contract's ceiling of {one.ceiling:,.0f} GWh, and {one.mean:,.0f} MW in the mean."
    )
    if one.season_range:
        yield f"With all unknown numbers at once the season is {one.season_range}."
    yield _firm(one)
    if one.cause:
        yield f"Most of what is missing is taken by {one.cause}: {one.taken:,.0f} GWh."


def _firm(one: Row) -> str:
    """Return the sentence on firm power: what is there in nine of ten hours, or that nothing is."""
    share = f"{100 * FIRM:.0f} %"
    idle = f"in {one.idle_hours:,.0f} of its {one.hours:,.0f} hours there is none"
    if one.firm < _IDLE:
        return f"No power is firm in {share} of the hours of the season: {idle}."
    firm = f"At least {one.firm:,.0f} MW are there in {share} of the hours of the season"
    return f"{firm}; {idle}." if one.idle_hours >= _NOTHING else f"{firm}."


def _others(base: Row, others: Sequence[Row]) -> Iterator[str]:
    """Yield how the other runs differ from the first."""
    if len(others) == 1:
        yield _difference(others[0])
        return
    none = [line.title for line in others if line.delivered < _NOTHING]
    if len(none) == len(others):
        yield f"None of the other {len(others)} delivers anything: {', '.join(none)}."
        return
    most = max(others, key=lambda line: line.delivered)
    least = min(others, key=lambda line: line.delivered)
    yield (
        f"Of the other {len(others)} scenarios {most.title} delivers most ({most.delivered:,.0f} GWh, "
        f"{_signed(most.change)}) and {least.title} least ({least.delivered:,.0f} GWh, {_signed(least.change)})."
    )
    if none:
        yield f"Nothing is delivered in {len(none)}: {', '.join(none)}."
    same = [line.title for line in others if abs(line.change) < _NOTHING]
    if same:
        yield f"As much as in {base.title} is delivered in {len(same)}: {', '.join(same)}."
    less = [line for line in others if line.change <= -_NOTHING]
    if less:
        yield f"Less than in {base.title} is delivered in {len(less)} of {len(others)}."


def _difference(one: Row) -> str:
    if abs(one.change) < _NOTHING:
        return f"{one.title} delivers as much."
    more = "more" if one.change > 0 else "less"
    return f"{one.title} delivers {one.delivered:,.0f} GWh, {abs(one.change):,.0f} GWh {more}."


def _signed(value: float) -> str:
    """Return a change with its sign.

    Examples
    --------
    >>> _signed(-12.4), _signed(3000.0)
    ('−12', '+3,000')
    """
    return f"{value:+,.0f}".replace("-", "−")


def structure_sentences(dataset: xr.Dataset) -> Iterator[str]:
    """Yield what structure does to the answer, the certificate of the protection order, and what options carry.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record`` or ``energy.results.dataset_parts.exchange_dataset``.

    Examples
    --------
    >>> import energy
    >>> from energy.results.dataset_parts import exchange_dataset
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> list(structure_sentences(exchange_dataset(run)))
    ['Certificate: no service could gain more than 0.001 MWh without one before it losing.']
    """
    if "structure" in dataset:
        yield _structure(dataset["structure"])
    if "certificate" in dataset:
        yield _certificate(dataset["certificate"])
    for name in dataset["option"].to_numpy() if "option" in dataset.dims else ():
        yield _option(dataset.sel(option=name))


def _certificate(gains: xr.DataArray) -> str:
    if gains.isnull().any():
        return (
            "Certificate: none. The solver's weights alone hold the order of services, and a little of one may be given"
            " up for much of a later one; typical days (--resolution typical-days) have a certificate."
        )
    most = max(_LEAST_SAID, float(gains.max()))
    return f"Certificate: no service could gain more than {most:.3f} MWh without one before it losing."


def _structure(structure: xr.DataArray) -> str:
    delivered = dict(zip(structure["variant"].to_numpy(), structure.to_numpy(), strict=True))
    sentence = (
        f"Structure: {_whole(delivered['kirchhoff'])} GWh delivered with Kirchhoff's law, "
        f"{_whole(delivered['transport'])} GWh without it"
    )
    if "least_help" in structure.attrs:
        sentence += (
            f"; {_whole(delivered['least_help'])} GWh with {_whole(structure.attrs['least_help'])} GWh of help between "
            f"the sellers, {_whole(delivered['most_help'])} GWh with {_whole(structure.attrs['most_help'])}"
        )
    return f"{sentence} (events known from the start)." if structure.attrs["surprised"] else f"{sentence}."


def _option(option: xr.Dataset) -> str:
    name, binds = str(option["option"].item()), str(option["option_binds"].item())
    rating, received = (
        _whole(option["option_rating"].item()),
        _whole(option["option_received"].item()),
    )
    sentence = f"Option {name} ({rating} MW): {received} GWh received"
    if binds == CLOSED:
        return f"{sentence}; closed in all hours."
    open_hours = _whole(option["option_hours_open"].item())
    at_rating = _whole(option["option_hours_at_rating"].item())
    bound = _whole(option["option_hours_bound"].item())
    return f"{sentence}; open in {open_hours} h, at its rating in {at_rating} h; bound by {binds} in {bound} h."


def _whole(value: float) -> str:
    return f"{round(value) + 0:,d}"
