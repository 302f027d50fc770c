"""Resource adequacy of countries with storage: unserved demand with and without the line under study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.risk.adequacy import ALL
from energy.analysis.risk.estimate import mean, skewed_mean, tail_mean
from energy.analysis.risk.season_sample import SamplingDesign, drawn_scenario, solver_of
from energy.analysis.risk.shortfall import NONE
from energy.case import Case
from energy.errors import SolverError
from energy.metrics.balance import country_of_bus
from energy.model.objective import STUDIED, UNSERVED
from energy.solve import Result

WITH, WITHOUT = "with", "without"
LEFT = "left"
FIRM = (*range(0, 500, 25), *range(500, 2001, 100))  # MW
DRAWN_AGAIN = 200  # sets of samples behind the error of a credit
MEASURES = {"energy": "EENS MWh", "hours": "LOLE h", "days": "LOLE days", "events": "LOLE events"}


def country_samples(case: Case, question: SamplingDesign, draws: Sequence[int]) -> Iterator[dict[str, float]]:
    """Yield, a draw, unserved energy and loss of load (hours, days, events) by country, with and without the line.

    Besides: what would be left unserved without the line if a country had firm power of its own, see
    `left_by_firm_power`.

    Least cost (``objective: dispatch``) on the scenario's snapshots. A snapshot that stands for many hours counts for
    all of them, and an outage of some of them counts by its share: on typical days short outages are blurred, so that
    hours of loss of load are right only on a chronological resolution (3h, 1h).

    Yields
    ------
    dict
        ``draw`` and ``<with or without> <energy, hours, days or events> <country or all>`` [MWh, h, 1, 1]; nothing
        for a draw without an optimum.
    """
    closed = {f"links.{name}.p_nom": 0.0 for name in _line(case)}
    open_line = replace(question, scenario=question.scenario.replace(objective="dispatch"))
    without = open_line.scenario.replace(values={**open_line.scenario.values, **closed})
    for draw in draws:
        found: dict[str, float] = {"draw": float(draw)}
        try:
            for label, asked in ((WITH, open_line), (WITHOUT, replace(open_line, scenario=without))):
                disturbed = drawn_scenario(asked, draw)
                result = solver_of(case, asked, draw).solve(disturbed.events[len(asked.scenario.events) :])
                for country, figures in unserved(result).items():
                    found |= {f"{label} {name} {country}": value for name, value in figures.items()}
                if label == WITHOUT:
                    found |= left_by_firm_power(result)
        except SolverError:
            continue
        yield found


def country_chunk(case: Case, question: SamplingDesign, draws: Sequence[int]) -> list[dict[str, float]]:
    """Return the samples of some draws; what a worker is given to do."""
    return list(country_samples(case, question, draws))


def _line(case: Case) -> list[str]:
    links = case.components.get("links", pd.DataFrame())
    return [str(name) for name in links.index[links["service"] == STUDIED]] if "service" in links else []


def left_by_firm_power(result: Result) -> dict[str, float]:
    """Return what firm power in a country would leave unserved there [MWh]: ``left <MW> <country>``.

    Firm power serves what lacks in the same hour; water that it would spare is not moved to other hours.
    """
    power, hours = _unserved_power(result), result.hours
    return {
        f"{LEFT} {firm:g} {country}": float((power[country] - firm).clip(lower=0.0).to_numpy() @ hours)
        for country in power
        for firm in FIRM
    }


def capacity_credit(samples: pd.DataFrame, country: str) -> float:
    """Return the firm power in a country that leaves as much unserved there as the line does [MW].

    The equivalent firm capacity (Amelin, *IEEE Transactions on Power Systems* 24, 2009, 685-691); 0 where the line
    avoids nothing, NaN where nothing lacks without it, and at most the highest of ``FIRM``.

    Parameters
    ----------
    samples
        As `country_samples` yields them.
    country
        Or ``all``.

    Examples
    --------
    >>> left = {f"left {firm:g} AA": [float(max(500 - firm, 0))] for firm in FIRM}
    >>> round(capacity_credit(pd.DataFrame({"with energy AA": [200.0]} | left), "AA"))
    300
    """
    left = np.array([float(samples[f"{LEFT} {firm:g} {country}"].mean()) for firm in FIRM])
    if left[0] <= 0.0:
        return float("nan")
    with_line = float(samples[f"{WITH} energy {country}"].mean())
    return float(np.interp(-min(with_line, left[0]), -left, FIRM))


def _credit_error(samples: pd.DataFrame, country: str) -> float:
    """Return the standard error of a capacity credit [MW], by drawing the samples again with replacement.

    NaN where nearly no such draw has a shortage, and so no credit.
    """
    chance = np.random.default_rng(1)
    count = len(samples)
    credits_drawn = []
    for _ in range(DRAWN_AGAIN):
        drawn = samples.iloc[chance.integers(count, size=count)]
        credits_drawn.append(capacity_credit(drawn, country))
    credits_known = np.array(credits_drawn)[~np.isnan(credits_drawn)]
    return float(credits_known.std()) if len(credits_known) > 1 else float("nan")


def unserved(result: Result) -> dict[str, dict[str, float]]:
    """Return unserved energy [MWh] and loss of load [h, days, events] by country, and of all together.

    Snapshots of one date are a day that recurs as often as its hours fill days. A shortage through midnight goes on
    into the next recurrence: days and events are those of the year for which the typical days stand, laid out in order.
    """
    power = _unserved_power(result)
    hours = pd.Series(result.hours, power.index)
    found = {}
    for country in power:
        lacking = power[country] > max(NONE, 1e-6 * power[country].max())
        found[str(country)] = {"energy": float((power[country] * hours).sum())} | loss_of_load(lacking, hours)
    return found


def _unserved_power(result: Result) -> pd.DataFrame:
    """Return unserved demand [MW] by country, and of all together; shape (snapshots, countries)."""
    plants = result.inputs.components["generators"]
    short = plants.index[plants["carrier"] == UNSERVED]
    country = plants.loc[short, "bus"].map(country_of_bus(result))
    power = result.flow("generators")[short].T.groupby(country).sum().T
    power[ALL] = power.sum(axis=1)
    return power


def loss_of_load(lacking: pd.Series, hours: pd.Series) -> dict[str, float]:
    """Return loss of load in ``hours``, ``days`` and ``events`` of the period that the snapshots stand for.

    Parameters
    ----------
    lacking, hours
        Whether demand goes unserved, and how many hours it stands for [h], by snapshot (a DatetimeIndex).

    Examples
    --------
    >>> day = pd.date_range("2027-01-01", periods=4, freq="6h")
    >>> found = loss_of_load(pd.Series([True, False, False, True], day), pd.Series(60.0, day))  # ten such days
    >>> found["hours"], found["days"], round(found["events"])  # of each night one, and that of the first day's start
    (120.0, 10.0, 11)
    """
    date = pd.DatetimeIndex(lacking.index).normalize()
    recurs = hours.groupby(date).sum() / 24
    first, last = (getattr(lacking.groupby(date), end)() for end in ("first", "last"))
    before = last.shift(fill_value=False)
    within = (lacking & ~lacking.groupby(date).shift(fill_value=True)).groupby(date).sum()
    events = recurs * within + (first & ~before) + (recurs - 1) * (first & ~last)
    days = lacking.groupby(date).any() * recurs
    return {"hours": float(hours[lacking].sum()), "days": float(days.sum()), "events": float(events.sum())}


def country_table(samples: pd.DataFrame) -> pd.DataFrame:
    """Return EENS [MWh] and LOLE [h, days, events] by country with and without the line, and what the line avoids.

    Returns
    -------
    pandas.DataFrame
        Index country; columns ``EENS MWh with``, ``EENS MWh without``, ``avoided MWh``, and ``LOLE h``, ``LOLE days``,
        ``LOLE events``, with and without likewise, all a year, each followed by its standard error (``… error``). What
        is avoided is the mean of differences in the same draws, so that its error is smaller than those of its parts.
        ``CVaR MWh`` with and without is the mean of the worst twentieth, ``capacity credit MW`` the firm power in the
        country that would serve as well as the line, see `capacity_credit`.

    Raises
    ------
    SolverError
        When no draw has an optimum.
    """
    if samples.empty:
        raise SolverError("no draw has an optimum with and without the line; do: run one, from `energy risk --draw`")
    countries = [str(c).removeprefix(f"{WITH} energy ") for c in samples if str(c).startswith(f"{WITH} energy ")]
    rows = {}
    for country in countries:
        of = {(at, what): samples[f"{at} {what} {country}"] for at in (WITH, WITHOUT) for what in MEASURES}
        figures = {f"{name} {at}": of[at, what] for what, name in MEASURES.items() for at in (WITH, WITHOUT)}
        figures["avoided MWh"] = of[WITHOUT, "energy"] - of[WITH, "energy"]
        row: dict[str, float] = {}
        for name, values in figures.items():
            found = (mean if name == "avoided MWh" else skewed_mean)(values.to_numpy(float))
            row |= {name: found.value, f"{name} error": found.error}
        for at in (WITH, WITHOUT):
            tail = tail_mean(of[at, "energy"].to_numpy(float))
            row |= {f"CVaR MWh {at}": tail.value, f"CVaR MWh {at} error": tail.error}
        row["capacity credit MW"] = capacity_credit(samples, country)
        row["capacity credit MW error"] = _credit_error(samples, country)
        rows[country] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("country")
