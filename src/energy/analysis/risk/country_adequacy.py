"""Resource adequacy of countries with storage: unserved demand with and without the line under study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.risk.adequacy import ALL
from energy.analysis.risk.estimate import Estimate, mean, skewed_mean, tail_mean
from energy.analysis.risk.season_sample import SamplingDesign, checked, drawn_scenario, solver_of
from energy.analysis.risk.shortfall import NONE
from energy.analysis.tasks import run_tasks
from energy.case import Case
from energy.errors import SolverError
from energy.metrics.balance import country_of_bus
from energy.metrics.monthly import of_service
from energy.model.objective import STUDIED, UNSERVED
from energy.scenario import HazardSet, Scenario
from energy.solve import Result

WITH, WITHOUT = "with", "without"
LEFT = "left"
FIRM = (*range(0, 500, 25), *range(500, 2001, 100))  # MW
DRAWN_AGAIN = 200  # sets of samples behind the error of a credit
MEASURES = {"energy": "EENS MWh", "hours": "LOLE h", "days": "LOLE days", "events": "LOLE events"}


def country_adequacy(
    case: Case,
    scenario: Scenario,
    hazards: HazardSet,
    samples: int,
    seed: int = 1,
    executor: Executor | None = None,
    workers: int = 1,
) -> pd.DataFrame:
    """Return the resource adequacy of countries over drawn water years and outages, with and without the line.

    Parameters
    ----------
    case, scenario, hazards
        What exists, what is asked, and the laws of the outages.
    samples
        Number of draws.
    seed
        Family of draws.
    executor
        Any ``concurrent.futures`` executor; None: here.
    workers
        Tasks that the draws are dealt to.

    Returns
    -------
    pandas.DataFrame
        See `_country_table`.

    Raises
    ------
    InputError
        When hazards do not fit the case.
    SolverError
        When no draw has an optimum.
    """
    draws_water = "water_statistics" in case.profiles
    design = SamplingDesign(scenario, hazards, seed, water=draws_water, causes=False)
    checked(case, design)
    tasks = []
    for first in range(workers):
        draws = range(first, samples, workers)
        tasks.append((case, design, draws))
    rows: list[dict[str, float]] = []
    for _, of_task in run_tasks(_country_chunk, tasks, executor):
        rows += of_task
    rows.sort(key=lambda row: row["draw"])
    return _country_table(pd.DataFrame(rows))


def _country_samples(
    case: Case,
    design: SamplingDesign,
    draws: Sequence[int],
) -> Iterator[dict[str, float]]:
    """Yield, a draw, unserved energy and loss of load (hours, days, events) by country, with and without the line.

    Besides: what would be left unserved without the line if a country had firm power of its own, see
    `_left_by_firm_power`.

    Least cost (``objective: dispatch``) on the scenario's snapshots. A snapshot that stands for many hours counts for
    all of them, and an outage of some of them counts by its share: on typical days short outages are blurred, so that
    hours of loss of load are right only on a chronological resolution (3h, 1h).

    Yields
    ------
    dict
        ``draw`` and ``<with or without> <energy, hours, days or events> <country or all>`` [MWh, h, 1, 1]; nothing
        for a draw without an optimum.
    """
    dispatch = design.scenario.replace(objective="dispatch")
    links = case.components.get("links", pd.DataFrame())
    closed = {f"links.{name}.p_nom": 0.0 for name in of_service(links, STUDIED)}
    values = {**dispatch.values, **closed}
    no_line = dispatch.replace(values=values)
    with_line = replace(design, scenario=dispatch)
    without_line = replace(design, scenario=no_line)
    for draw in draws:
        try:
            result_with = _drawn_result(case, with_line, draw)
            result_without = _drawn_result(case, without_line, draw)
        except SolverError:
            continue
        yield {
            "draw": float(draw),
            **_labelled_figures(WITH, result_with),
            **_labelled_figures(WITHOUT, result_without),
            **_left_by_firm_power(result_without),
        }


def _drawn_result(case: Case, design: SamplingDesign, draw: int) -> Result:
    """Return the optimum of a draw with its outages."""
    own_events = len(design.scenario.events)
    drawn_events = drawn_scenario(design, draw).events
    outages = drawn_events[own_events:]
    solver = solver_of(case, design, draw)
    return solver.solve(outages)


def _labelled_figures(label: str, result: Result) -> dict[str, float]:
    """Return unserved energy and loss of load: ``<label> <energy, hours, days or events> <country or all>``."""
    labelled = {}
    for country, figures in unserved(result).items():
        for name, value in figures.items():
            labelled[f"{label} {name} {country}"] = value
    return labelled


def _country_chunk(
    case: Case,
    design: SamplingDesign,
    draws: Sequence[int],
) -> list[dict[str, float]]:
    """Return the samples of some draws; what a worker is given to do."""
    return list(_country_samples(case, design, draws))


def _left_by_firm_power(result: Result) -> dict[str, float]:
    """Return what firm power in a country would leave unserved there [MWh]: ``left <MW> <country>``.

    Firm power serves what lacks in the same hour; water that it would spare is not moved to other hours.
    """
    power = _unserved_power(result)
    left = {}
    for country in power:
        for firm in FIRM:
            lacking = power[country] - firm
            short = lacking.clip(lower=0.0).to_numpy()
            name = f"{LEFT} {firm:g} {country}"
            left[name] = float(short @ result.hours)
    return left


def _capacity_credit(samples: pd.DataFrame, country: str) -> float:
    """Return the firm power in a country that leaves as much unserved there as the line does [MW].

    The equivalent firm capacity (Amelin, *IEEE Transactions on Power Systems* 24, 2009, 685-691); 0 where the line
    avoids nothing, NaN where nothing lacks without it, and at most the highest of ``FIRM``.

    Parameters
    ----------
    samples
        As `_country_samples` yields them.
    country
        Or ``all``.

    Examples
    --------
    >>> left = {f"left {firm:g} AA": [float(max(500 - firm, 0))] for firm in FIRM}
    >>> round(_capacity_credit(pd.DataFrame({"with energy AA": [200.0]} | left), "AA"))
    300
    """
    means = [samples[f"{LEFT} {firm:g} {country}"].mean() for firm in FIRM]
    left = np.array(means, dtype=float)
    without_line = left[0]
    if without_line <= 0.0:
        return float("nan")
    unserved_with = samples[f"{WITH} energy {country}"]
    with_line = float(unserved_with.mean())
    unserved_energy = min(with_line, without_line)
    # interp asks for rising numbers: what is left falls with firm power
    return float(np.interp(-unserved_energy, -left, FIRM))


def _credit_error(samples: pd.DataFrame, country: str) -> float:
    """Return the standard error of a capacity credit [MW], by drawing the samples again with replacement.

    NaN where nearly no such draw has a shortage, and so no credit.
    """
    chance = np.random.default_rng(1)
    count = len(samples)
    credits_drawn = []
    for _ in range(DRAWN_AGAIN):
        rows = chance.integers(count, size=count)
        drawn = samples.iloc[rows]
        credits_drawn.append(_capacity_credit(drawn, country))
    has_credit = ~np.isnan(credits_drawn)
    credits_known = np.array(credits_drawn)[has_credit]
    if len(credits_known) < 2:
        return float("nan")
    return float(credits_known.std())


def unserved(result: Result) -> dict[str, dict[str, float]]:
    """Return unserved energy [MWh] and loss of load [h, days, events] by country, and of all together.

    Snapshots of one date are a day that recurs as often as its hours fill days. A shortage through midnight goes on
    into the next recurrence: days and events are those of the year for which the typical days stand, laid out in order.
    """
    power = _unserved_power(result)
    hours = pd.Series(result.hours, power.index)
    by_country = {}
    for country in power:
        threshold = max(NONE, 1e-6 * power[country].max())
        lacking = power[country] > threshold
        energy = float((power[country] * hours).sum())
        by_country[str(country)] = {"energy": energy, **_loss_of_load(lacking, hours)}
    return by_country


def _unserved_power(result: Result) -> pd.DataFrame:
    """Return unserved demand [MW] by country, and of all together; shape (snapshots, countries)."""
    plants = result.inputs.components["generators"]
    is_lacking = plants["carrier"] == UNSERVED
    short = plants.index[is_lacking]
    country = plants.loc[short, "bus"].map(country_of_bus(result))
    by_plant = result.flow("generators")[short]
    power = by_plant.T.groupby(country).sum().T
    power[ALL] = power.sum(axis=1)
    return power


def _loss_of_load(lacking: pd.Series, hours: pd.Series) -> dict[str, float]:
    """Return loss of load in ``hours``, ``days`` and ``events`` of the period that the snapshots stand for.

    Parameters
    ----------
    lacking, hours
        Whether demand goes unserved, and how many hours it stands for [h], by snapshot (a DatetimeIndex).

    Examples
    --------
    >>> day = pd.date_range("2027-01-01", periods=4, freq="6h")
    >>> loss = _loss_of_load(pd.Series([True, False, False, True], day), pd.Series(60.0, day))  # ten such days
    >>> (
    ...     loss["hours"],
    ...     loss["days"],
    ...     round(loss["events"]),
    ... )  # of each night one, and that of the first day's start
    (120.0, 10.0, 11)
    """
    date = pd.DatetimeIndex(lacking.index).normalize()
    recurs = hours.groupby(date).sum() / 24
    by_day = lacking.groupby(date)
    first = by_day.first()
    last = by_day.last()
    short_at_midnight = last.shift(fill_value=False)
    begins_within_day = lacking & ~by_day.shift(fill_value=True)
    begins = begins_within_day.groupby(date).sum()
    begins_at_midnight = first & ~short_at_midnight
    begins_again = first & ~last
    events = recurs * begins + begins_at_midnight + (recurs - 1) * begins_again
    days = by_day.any() * recurs
    return {
        "hours": float(hours[lacking].sum()),
        "days": float(days.sum()),
        "events": float(events.sum()),
    }


def _country_table(samples: pd.DataFrame) -> pd.DataFrame:
    """Return EENS [MWh] and LOLE [h, days, events] by country with and without the line, and what the line avoids.

    Returns
    -------
    pandas.DataFrame
        Index country; columns ``EENS MWh with``, ``EENS MWh without``, ``avoided MWh``, and ``LOLE h``, ``LOLE days``,
        ``LOLE events``, with and without likewise, all a year, each followed by its standard error (``… error``). What
        is avoided is the mean of differences in the same draws, so that its error is smaller than those of its parts.
        ``CVaR MWh`` with and without is the mean of the worst twentieth, ``capacity credit MW`` the firm power in the
        country that would serve as well as the line, see `_capacity_credit`.

    Raises
    ------
    SolverError
        When no draw has an optimum.
    """
    if samples.empty:
        raise SolverError("no draw has an optimum with and without the line; do: run one, from `energy risk --draw`")
    prefix = f"{WITH} energy "
    rows = {}
    for column in map(str, samples):
        if column.startswith(prefix):
            country = column.removeprefix(prefix)
            rows[country] = _country_row(samples, country)
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis("country")


def _country_row(samples: pd.DataFrame, country: str) -> dict[str, float]:
    """Return the figures of a country, each with its standard error."""
    row: dict[str, float] = {}
    for measure, name in MEASURES.items():
        for line in (WITH, WITHOUT):
            values = samples[f"{line} {measure} {country}"].to_numpy(float)
            row |= _with_error(f"{name} {line}", skewed_mean(values))
    energy_with = samples[f"{WITH} energy {country}"].to_numpy(float)
    energy_without = samples[f"{WITHOUT} energy {country}"].to_numpy(float)
    avoided = energy_without - energy_with
    row |= _with_error("avoided MWh", mean(avoided))
    row |= _with_error(f"CVaR MWh {WITH}", tail_mean(energy_with))
    row |= _with_error(f"CVaR MWh {WITHOUT}", tail_mean(energy_without))
    row["capacity credit MW"] = _capacity_credit(samples, country)
    row["capacity credit MW error"] = _credit_error(samples, country)
    return row


def _with_error(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name} error": estimate.error}
