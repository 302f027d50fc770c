"""Comparison of finished runs: first the inputs that differ, then the results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from energy.errors import Fault, InputError
from energy.metrics.country_exchanges import PURCHASES
from energy.results.labels import words
from energy.results.run_folder import read_run
from energy.results.waterfall import LOST, causes_of, in_season

UNCOMPARED = ("name", "description", "source", "question", "tags")
"""What a scenario says about itself, and no input of the model."""
FILE = "file "
SHARE, DELIVERED = "share of the ceiling [%]", "delivered [GWh]"


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
    runs = [read_run(Path(folder)) for folder in folders]
    asked = [_asked(manifest) for manifest, _ in runs]
    keys = dict.fromkeys(key for values in asked for key in values)
    differing = {k: [v.get(k) for v in asked] for k in keys if len({json.dumps(v.get(k)) for v in asked}) > 1}
    ladder = _ladder([table for _, table in runs])
    return {
        "runs": [manifest["scenario"]["name"] for manifest, _ in runs],
        "folders": [str(folder) for folder in folders],
        "questions": [str(manifest["scenario"].get("question", "")) for manifest, _ in runs],
        "cases": [str(manifest.get("case", "–")) for manifest, _ in runs],
        "weakest": max(str(manifest.get("weakest_confidence", "–")) for manifest, _ in runs),
        "inputs": differing,
        "differences": [_differences(values, asked[0], differing) for values in asked],
        "results": _results([table for _, table in runs], [manifest for manifest, _ in runs], ladder),
        "ladder": ladder,
        "bases": bases([(str(m["scenario"].get("question", "")), trade_of(m["scenario"])) for m, _ in runs]),
    }


def trade_of(scenario: Mapping[str, Any]) -> str:
    """Return when and in which direction the contract lets a scenario's line trade."""
    contract = scenario.get("contract")
    contract = contract if isinstance(contract, dict) else {}
    return f"{contract.get('outside_season', 'closed')} outside the season, {contract.get('direction', 'forward')}"


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
    >>> bases([("base", "closed"), ("base", "open"), ("record", "open"), ("water", "closed"), ("options", "both")])
    [0, 1, 1, 0, 0]
    """
    first_base = {trade: at for at, (question, trade) in reversed(list(enumerate(runs))) if question == "base"}
    trade_of_first = runs[0][1]
    first_base[trade_of_first] = 0
    return [first_base.get(trade, 0) for _, trade in runs]


def _asked(manifest: Mapping[str, Any]) -> dict[str, Any]:
    scenario = {key: value for key, value in manifest["scenario"].items() if key not in UNCOMPARED}
    return _flat(scenario) | {f"{FILE}{name}": str(digest)[:12] for name, digest in manifest["inputs"].items()}


def _flat(plain: Any, key: str = "") -> dict[str, Any]:
    if not isinstance(plain, dict):
        return {key: plain}
    return {k: v for name, part in plain.items() for k, v in _flat(part, f"{key}.{name}" if key else name).items()}


def _ladder(tables: Sequence[pd.DataFrame]) -> dict[str, list[float]]:
    causes = dict.fromkeys(cause for table in tables for cause in causes_of(table))
    season = [in_season(table) for table in tables]
    return {
        cause: [float(part[LOST + cause].sum()) if LOST + cause in part else 0.0 for part in season] for cause in causes
    }


def _results(
    tables: Sequence[pd.DataFrame], manifests: Sequence[Mapping[str, Any]], ladder: Mapping[str, list[float]]
) -> dict[str, list[float]]:
    season = [in_season(table) for table in tables]
    found: dict[str, list[float]] = {
        label: [float(part[column].sum()) for part in season]
        for label, column in ((DELIVERED, "delivered"), ("lost [GWh]", "lost"), ("ceiling [GWh]", "ceiling"))
    }
    found[SHARE] = [100 * float(p["delivered"].sum()) / float(p["ceiling"].sum() or "nan") for p in season]
    outside = [
        float(whole["delivered"].sum() - part["delivered"].sum()) for whole, part in zip(tables, season, strict=True)
    ]
    if any(abs(energy) > 1e-3 for energy in outside):
        found["delivered outside the season [GWh]"] = outside
    for cause, energy in ladder.items():
        found[f"{LOST}{words(cause)} [GWh]"] = energy
    for area in dict.fromkeys(area for manifest in manifests for area in manifest.get("exchanges") or {}):
        exchanges = [(manifest.get("exchanges") or {}).get(area, {}) for manifest in manifests]
        found[f"purchases of {area} [GWh]"] = [_purchases(energy) for energy in exchanges]
        found[f"unserved in {area} [GWh]"] = [float(energy.get("unserved", "nan")) for energy in exchanges]
    surprises = [manifest.get("surprise") or [] for manifest in manifests]
    if any(surprises):
        found["price of surprise [GWh]"] = [float(some[0]["price"]) if some else 0.0 for some in surprises]
    for month in dict.fromkeys(str(m)[5:] for part in season for m in part.index):
        found[f"mean power in month {month} [MW]"] = [
            _mean(part.loc[[str(m)[5:] == month for m in part.index], "transferable mean"]) for part in season
        ]
    return found


def _purchases(exchanges: Mapping[str, float]) -> float:
    return float(sum(exchanges[name] for name in PURCHASES)) if exchanges else float("nan")


def _mean(values: pd.Series) -> float:
    """Return the mean over the years of a horizon; zero where a run has no such month in its season."""
    return float(values.mean()) if len(values) else 0.0


def _differences(asked: Mapping[str, Any], first: Mapping[str, Any], keys: Mapping[str, Any]) -> str:
    changed = [key for key in keys if asked.get(key) != first.get(key)]
    if "case" in changed:  # then all its files are others
        changed = [key for key in changed if not key.startswith(FILE)]
    return "; ".join(f"{key}: {in_words(asked.get(key))}" for key in changed)


def in_words(value: Any) -> str:
    """Return an input of a scenario in a few words; events by name and start.

    Examples
    --------
    >>> in_words([{"name": "tower", "start": "07-01"}]), in_words(["a", "b"]), in_words(None), in_words([])
    ('tower (07-01)', 'a > b', 'as the case', 'none')
    """
    if value is None:
        return "as the case"
    if isinstance(value, list):
        parts = [f"{v.get('name')} ({v.get('start')})" if isinstance(v, dict) else str(v) for v in value]
        return (", " if value and isinstance(value[0], dict) else " > ").join(parts) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def comparison_table(found: Mapping[str, Any], failed: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return a comparison as one table, a row a run.

    Parameters
    ----------
    found
        From `compare`.
    failed
        Runs without a result → why.

    Returns
    -------
    pandas.DataFrame
        Index ``scenario``; ``question``, ``differs`` (what is otherwise than in the first row), the results, and
        ``status``: ``solved``, or why there is no result.
    """
    index = pd.Index(found["runs"], name="scenario")
    table = pd.DataFrame({"question": found["questions"], "differs": found["differences"]}, index)
    table = pd.concat([table, pd.DataFrame(found["results"], index)], axis=1)
    table["status"] = "solved"
    for name, reason in (failed or {}).items():
        table.loc[name, "status"] = reason
    return table
