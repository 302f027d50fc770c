"""Recorded figures of a policy: ``results/reference/policy.csv`` and ``policy_levels.csv``, which pages quote."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from energy.analysis.policy.levels_on_record import COLUMNS as LEVEL_COLUMNS
from energy.analysis.policy.season_comparison import COLUMNS as SEASON_COLUMNS
from energy.errors import Fault, InputError
from energy.model.objective import STUDIED
from energy.reading.library_folders import own_folder
from energy.results.atomic_write import atomic_file
from energy.scenario import Scenario, read_scenario

SEASONS = Path("results/reference/policy.csv")
LEVELS = Path("results/reference/policy_levels.csv")
REPAIR = "energy policy simulate baseline --page"


def recorded_seasons(project: Path) -> pd.DataFrame:
    """Return what services get by policy and with foresight, as recorded; see ``season_comparison``.

    Raises
    ------
    InputError
        When the file is no such table.
    """
    return _table(project / SEASONS, SEASON_COLUMNS)


def recorded_levels(project: Path) -> pd.DataFrame:
    """Return contents on record beside those of the policy, as recorded; see ``levels_on_record``.

    Raises
    ------
    InputError
        When the file is no such table.
    """
    return _table(project / LEVELS, LEVEL_COLUMNS)


def _table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return a recorded table; empty where there is none."""
    if not path.is_file():
        return pd.DataFrame(columns=list(columns))
    try:
        table = pd.read_csv(path)
    except (ValueError, pd.errors.ParserError) as err:
        raise InputError(Fault(f"is no table of a policy: {err}", path, repair=REPAIR)) from None
    missing = [column for column in columns if column not in table]
    if missing:
        raise InputError(Fault(f"column {missing[0]!r} is missing", path, line=1, repair=REPAIR))
    return table


def write_recorded(
    seasons: pd.DataFrame,
    levels: pd.DataFrame,
    project: Path,
) -> list[Path]:
    """Write what a policy came to, and return the files."""
    for path, table in ((SEASONS, seasons), (LEVELS, levels)):
        with atomic_file(project / path, table=True) as draft:
            table.to_csv(draft, index=False, float_format="%.6g", lineterminator="\n")
    return [project / SEASONS, project / LEVELS]


def season_sentence(seasons: pd.DataFrame) -> str:
    """Return the season's median and P90 under a policy, and how much foresight flatters them, as a sentence.

    Examples
    --------
    >>> rows = [("a", "casa", "P90", "GWh", 900.0, 1000.0, 100.0, 50.0, 150.0, 10)]
    >>> rows.append(("a", "casa", "P50", "GWh", 1500.0, 2000.0, 500.0, 400.0, 600.0, 10))
    >>> print(season_sentence(pd.DataFrame(rows, columns=SEASON_COLUMNS)))
    An operator who sees the river month by month delivers 1,500 GWh in half of the seasons and 900 in nine of ten.
    With perfect foresight of the same water it would be 2,000 and 1,000: foresight flatters the median by
    500 GWh (25 %), P90 by 100 GWh (10 %).
    """
    of_service = seasons[seasons["service"] == STUDIED].set_index("quantity")
    figures = of_service.T.to_dict()
    median, firm = figures["P50"], figures["P90"]
    by_policy = f"{median['policy']:,.0f} GWh in half of the seasons and {firm['policy']:,.0f} in nine of ten"
    with_foresight = f"{median['foresight']:,.0f} and {firm['foresight']:,.0f}"
    flattery = f"foresight flatters the median by {_flattery(median)}, P90 by {_flattery(firm)}"
    return (
        f"An operator who sees the river month by month delivers {by_policy}. "
        f"With perfect foresight of the same water it would be {with_foresight}: {flattery}."
    )


def _flattery(row: Mapping[Hashable, Any]) -> str:
    """Return what foresight adds to a figure, and its share of the figure with foresight."""
    share = row["gain"] / row["foresight"] if row["foresight"] else 0.0
    return f"{round(row['gain']) + 0:,d} GWh ({100 * share:.0f} %)"


def recorded_sentence(scenario: Scenario) -> str:
    """Return the recorded sentence of a scenario; empty where none is recorded, and for one that was changed."""
    results = own_folder("results")
    if results is None:
        return ""
    try:
        seasons = recorded_seasons(results.parent)
        of_scenario = seasons[seasons["scenario"] == scenario.name]
        if of_scenario.empty or read_scenario(scenario.name).digest() != scenario.digest():
            return ""
    except InputError:
        return ""
    return season_sentence(of_scenario)
