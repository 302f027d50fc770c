"""Comparison of finished runs: first the inputs that differ, then the results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.metrics.country_exchanges import PURCHASES
from energy.metrics.month_columns import LOST, lost_by_cause
from energy.results.run_folder import read_run, trade_of
from energy.results.season import in_season, words

UNCOMPARED = ("name", "description", "source", "question", "tags")
"""What a scenario says about itself, and no input of the model."""
FILE = "file "
SHARE = "share of the ceiling [%]"
DELIVERED = "delivered [GWh]"
CHANGE = "change of delivered [GWh]"
SEASON_TOTALS = {
    DELIVERED: "delivered",
    "lost [GWh]": "lost",
    "ceiling [GWh]": "ceiling",
}
"""Result → the column of the months of which it is the sum over the season."""
Results = dict[str, list[float]]
"""Quantity → its value in each run."""


def compare(folders: Sequence[Path]) -> dict[str, Any]:
    """Return what differs between finished runs.

    Parameters
    ----------
    folders
        Folders of finished runs, two or more; the first is what the others are held against.

    Returns
    -------
    dict
        ``runs``: names; ``folders``; ``questions``: a word a run; ``cases``: names; ``weakest``: the weakest mark of
        their evidence, a dash where a run of an earlier version does not say; ``inputs``: key → value a run, only
        where they differ; ``differences``: for each run what it has otherwise than the first, in words; ``results``:
        quantity → value a run, of the months in season; ``ladder``: cause → what it takes a run [GWh]; ``bases``: for
        each run the position of the one that its change is counted against.

    Raises
    ------
    InputError
        When a folder holds no finished run, or there are fewer than two.
    """
    if len(folders) < 2:
        raise InputError(Fault("one run cannot be compared", allowed="two or more folders"))
    manifests = []
    tables = []
    for folder in folders:
        manifest, table = read_run(Path(folder))
        manifests.append(manifest)
        tables.append(table)
    scenarios = [manifest["scenario"] for manifest in manifests]
    questions = [str(scenario.get("question", "")) for scenario in scenarios]
    trades = [trade_of(scenario) for scenario in scenarios]
    inputs = [_inputs(manifest) for manifest in manifests]
    differing = _differing(inputs)
    ladder = _ladder(tables)
    return {
        "runs": [scenario["name"] for scenario in scenarios],
        "folders": [str(folder) for folder in folders],
        "questions": questions,
        "cases": [str(manifest.get("case", "–")) for manifest in manifests],
        "weakest": max(str(manifest.get("weakest_confidence", "–")) for manifest in manifests),
        "inputs": differing,
        "differences": [_differences(values, inputs[0], differing) for values in inputs],
        "results": _results(tables, manifests, ladder),
        "ladder": ladder,
        "bases": bases(list(zip(questions, trades, strict=True))),
    }


def change(comparison: Mapping[str, Any], quantity: str) -> list[float]:
    """Return by how much a result differs from that of each run's base; NaN where one of them has none.

    Parameters
    ----------
    comparison
        From `compare`.
    quantity
        A key of its ``results``, whose unit the change has.

    Examples
    --------
    >>> change({"bases": [0, 0], "results": {"delivered [GWh]": [349.0, 42.0]}}, "delivered [GWh]")
    [0.0, -307.0]
    """
    values = comparison["results"][quantity]
    return [value - values[base] for value, base in zip(values, comparison["bases"], strict=True)]


def bases(runs: Sequence[tuple[str, str]]) -> list[int]:
    """Return for each run the position of the run that its change is counted against.

    It is the first run of the question ``base`` under the same contract, or else the first run of all: what an event
    takes from an open line is not to be held against a line that is closed.

    Parameters
    ----------
    runs
        Question, and when and in which direction the line may trade (``trade_of``).

    Examples
    --------
    >>> bases(
    ...     [
    ...         ("base", "closed"),
    ...         ("base", "open"),
    ...         ("record", "open"),
    ...         ("water", "closed"),
    ...         ("options", "both"),
    ...     ]
    ... )
    [0, 1, 1, 0, 0]
    """
    first_base: dict[str, int] = {}
    for position, (question, trade) in enumerate(runs):
        if question == "base":
            first_base.setdefault(trade, position)
    _, trade_of_first = runs[0]
    first_base[trade_of_first] = 0
    return [first_base.get(trade, 0) for _, trade in runs]


def _inputs(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's inputs: the keys of its scenario, and the hashes of its files."""
    inputs: dict[str, Any] = {}
    for key, value in manifest["scenario"].items():
        if key not in UNCOMPARED:
            inputs |= _flat(value, key)
    for name, digest in manifest["inputs"].items():
        inputs[FILE + name] = str(digest)[:12]
    return inputs


def _differing(inputs: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the inputs that differ between runs, with their value in each."""
    keys: dict[str, None] = {}
    for values in inputs:
        keys |= dict.fromkeys(values)
    differing = {}
    for key in keys:
        values_of_key = [values.get(key) for values in inputs]
        distinct = set(map(json.dumps, values_of_key))
        if len(distinct) > 1:
            differing[key] = values_of_key
    return differing


def _flat(value: Any, key: str) -> dict[str, Any]:
    """Return nested mappings as one, keys joined by dots."""
    if not isinstance(value, dict):
        return {key: value}
    flat: dict[str, Any] = {}
    for name, part in value.items():
        flat |= _flat(part, f"{key}.{name}")
    return flat


def _ladder(tables: Sequence[pd.DataFrame]) -> Results:
    """Return what each cause takes over the season in each run [GWh]."""
    ladder: Results = {}
    for table in tables:
        for cause in lost_by_cause(table):
            ladder.setdefault(str(cause), [0.0] * len(tables))
    for run, table in enumerate(tables):
        season = in_season(table)
        for cause, energy in lost_by_cause(season).items():
            ladder[str(cause)][run] = float(energy.sum())
    return ladder


def _results(
    tables: Sequence[pd.DataFrame],
    manifests: Sequence[Mapping[str, Any]],
    ladder: Mapping[str, list[float]],
) -> Results:
    """Return the results of each run, in the order of the printed table."""
    results = _season_totals(tables)
    for cause, energy in ladder.items():
        results[f"{LOST}{words(cause)} [GWh]"] = energy
    return results | _exchanges(manifests) | _surprise(manifests) | _mean_powers(tables)


def _season_totals(tables: Sequence[pd.DataFrame]) -> Results:
    """Return the energy of the season, its share of the ceiling, and what is delivered outside the season."""
    seasons = [in_season(table) for table in tables]
    totals: Results = {}
    for label, column in SEASON_TOTALS.items():
        totals[label] = [float(season[column].sum()) for season in seasons]
    shares = []
    outside = []
    for table, season in zip(tables, seasons, strict=True):
        delivered = season["delivered"].sum()
        ceiling = season["ceiling"].sum() or np.nan
        shares.append(100 * float(delivered) / float(ceiling))
        outside.append(float(table["delivered"].sum() - delivered))
    totals[SHARE] = shares
    if max(map(abs, outside)) > 1e-3:
        totals["delivered outside the season [GWh]"] = outside
    return totals


def _exchanges(manifests: Sequence[Mapping[str, Any]]) -> Results:
    """Return what each control area buys and does not serve [GWh]; NaN where a run has no account of it."""
    exchanges_of_runs = [manifest.get("exchanges") or {} for manifest in manifests]
    areas: dict[str, None] = {}
    for exchanges in exchanges_of_runs:
        areas |= dict.fromkeys(exchanges)
    results = {}
    for area in areas:
        of_area = [exchanges.get(area, {}) for exchanges in exchanges_of_runs]
        results[f"purchases of {area} [GWh]"] = [_purchases(energy) for energy in of_area]
        results[f"unserved in {area} [GWh]"] = [float(energy.get("unserved", "nan")) for energy in of_area]
    return results


def _surprise(manifests: Sequence[Mapping[str, Any]]) -> Results:
    """Return what not knowing the first event cost each run [GWh]; nothing where every run knew."""
    surprises = [manifest.get("surprise") or [{"price": 0.0}] for manifest in manifests]
    if not any(manifest.get("surprise") for manifest in manifests):
        return {}
    prices = [float(first["price"]) for first, *_ in surprises]
    return {"price of surprise [GWh]": prices}


def _mean_powers(tables: Sequence[pd.DataFrame]) -> Results:
    """Return the mean transferable power of each calendar month in season [MW]."""
    powers = []
    months: dict[str, None] = {}
    for table in tables:
        power = in_season(table)["transferable mean"]
        month_of_year = [str(month)[5:] for month in power.index]
        powers.append(power.set_axis(month_of_year))
        months |= dict.fromkeys(month_of_year)
    results = {}
    for month in months:
        results[f"mean power in month {month} [MW]"] = [_mean(power[power.index == month]) for power in powers]
    return results


def _purchases(exchanges: Mapping[str, float]) -> float:
    """Return what a control area buys [GWh]; NaN where it has no account."""
    if not exchanges:
        return float("nan")
    return float(sum(exchanges[name] for name in PURCHASES))


def _mean(values: pd.Series) -> float:
    """Return the mean over the years of a horizon; zero where a run has no such month in its season."""
    if values.empty:
        return 0.0
    return float(values.mean())


def _differences(
    inputs: Mapping[str, Any],
    first: Mapping[str, Any],
    differing: Mapping[str, Any],
) -> str:
    """Return what a run has otherwise than the first, in words."""
    changed = [key for key in differing if inputs.get(key) != first.get(key)]
    if "case" in changed:  # then all its files are others
        changed = [key for key in changed if not key.startswith(FILE)]
    changes = [f"{key}: {in_words(inputs.get(key))}" for key in changed]
    return "; ".join(changes)


def in_words(value: Any) -> str:
    """Return an input of a scenario in a few words; events by name and start.

    Examples
    --------
    >>> (
    ...     in_words([{"name": "tower", "start": "07-01"}]),
    ...     in_words(["a", "b"]),
    ...     in_words(None),
    ...     in_words([]),
    ... )
    ('tower (07-01)', 'a > b', 'as the case', 'none')
    """
    if value is None:
        return "as the case"
    if isinstance(value, list):
        return _list_in_words(value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _list_in_words(values: list[Any]) -> str:
    """Return events by name and start, an order with ``>`` between its parts."""
    if not values:
        return "none"
    parts = []
    for value in values:
        if isinstance(value, dict):
            parts.append(f"{value.get('name')} ({value.get('start')})")
        else:
            parts.append(str(value))
    separator = ", " if isinstance(values[0], dict) else " > "
    return separator.join(parts)


def comparison_table(
    comparison: Mapping[str, Any],
    failed: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return a comparison as one table, a row a run.

    Parameters
    ----------
    comparison
        From `compare`.
    failed
        Runs without a result → why.

    Returns
    -------
    pandas.DataFrame
        Index ``scenario``; ``question``, ``differs`` (what is otherwise than in the first row), the results, the change
        of delivered energy against each run's base, and ``status``: ``solved``, or why there is no result.
    """
    index = pd.Index(comparison["runs"], name="scenario")
    scenarios = pd.DataFrame(
        {
            "question": comparison["questions"],
            "differs": comparison["differences"],
        },
        index,
    )
    columns = {}
    for quantity, values in comparison["results"].items():
        columns[quantity] = values
        if quantity == DELIVERED:
            columns[CHANGE] = change(comparison, DELIVERED)
    results = pd.DataFrame(columns, index)
    table = pd.concat([scenarios, results], axis=1)
    table["status"] = "solved"
    for name, reason in (failed or {}).items():
        table.loc[name, "status"] = reason
    return table
