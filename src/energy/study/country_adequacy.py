"""Adequacy of the countries of a case with storage: unserved demand with and without the line under study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from energy.case import Case
from energy.errors import SolverError
from energy.measure.balance import country_of_bus
from energy.model.services import STUDIED, UNSERVED
from energy.solve import Result
from energy.study.adequacy import ALL, NONE
from energy.study.estimate import mean
from energy.study.sample import Question, drawn_scenario, solver_of

WITH, WITHOUT = "with", "without"


def country_samples(case: Case, question: Question, draws: Sequence[int]) -> Iterator[dict[str, float]]:
    """Yield, a draw, the unserved energy and the hours with unserved demand by country, with and without the line.

    Least cost (``objective: dispatch``) on the scenario's snapshots. A snapshot that stands for many hours counts for
    all of them, and an outage of some of them counts by its share: on typical days short outages are blurred, so that
    hours of loss of load are right only on a chronological resolution (3h, 1h).

    Yields
    ------
    dict
        ``draw`` and ``<with or without> <energy or hours> <country or all>`` [MWh, h]; nothing for a draw without an
        optimum.
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
                for country, (energy, hours) in unserved(result).items():
                    found[f"{label} energy {country}"], found[f"{label} hours {country}"] = energy, hours
        except SolverError:
            continue
        yield found


def country_chunk(case: Case, question: Question, draws: Sequence[int]) -> list[dict[str, float]]:
    """Return the samples of some draws; what a worker is given to do."""
    return list(country_samples(case, question, draws))


def _line(case: Case) -> list[str]:
    links = case.components.get("links", pd.DataFrame())
    return [str(name) for name in links.index[links["service"] == STUDIED]] if "service" in links else []


def unserved(result: Result) -> dict[str, tuple[float, float]]:
    """Return unserved energy [MWh] and hours with unserved demand [h] by country, and of all together."""
    plants = result.inputs.components["generators"]
    short = plants.index[plants["carrier"] == UNSERVED]
    power = result.flow("generators")[short].T.groupby(plants.loc[short, "bus"].map(country_of_bus(result))).sum().T
    power[ALL] = power.sum(axis=1)
    found = {}
    for country in power:
        values = power[country].to_numpy()
        hours = float(result.hours[values > max(NONE, 1e-6 * values.max(initial=0.0))].sum())
        found[str(country)] = float((values * result.hours).sum()), hours
    return found


def country_table(samples: pd.DataFrame) -> pd.DataFrame:
    """Return EENS [MWh] and LOLE [h] by country with and without the line, and what the line avoids.

    Returns
    -------
    pandas.DataFrame
        Index country; columns ``EENS with``, ``EENS without``, ``avoided`` [MWh a year], ``LOLE with``,
        ``LOLE without`` [h a year], each followed by its standard error (``… error``). What is avoided is the mean of
        differences in the same draws, so that its error is smaller than those of its parts.

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
        energy = {label: samples[f"{label} energy {country}"].to_numpy(float) for label in (WITH, WITHOUT)}
        hours = {label: samples[f"{label} hours {country}"].to_numpy(float) for label in (WITH, WITHOUT)}
        figures = {f"EENS {label}": energy[label] for label in (WITH, WITHOUT)}
        figures |= {"avoided": energy[WITHOUT] - energy[WITH]}
        figures |= {f"LOLE {label}": hours[label] for label in (WITH, WITHOUT)}
        row: dict[str, float] = {}
        for name, values in figures.items():
            found = mean(np.asarray(values))
            row |= {name: found.value, f"{name} error": found.error}
        rows[country] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("country")
