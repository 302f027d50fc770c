"""Recorded figures of a policy: ``policy.csv``, ``policy_levels.csv`` and ``policy_firm.csv``, which pages quote."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from energy.analysis.policy.firm_energy import COLUMNS as FIRM_COLUMNS
from energy.analysis.policy.levels_on_record import COLUMNS as LEVEL_COLUMNS
from energy.analysis.policy.season_comparison import COLUMNS as SEASON_COLUMNS
from energy.analysis.policy.season_comparison import NET
from energy.errors import Fault, InputError
from energy.model.objective import STUDIED
from energy.reading.library_folders import own_folder
from energy.results.files import atomic_file
from energy.scenario import Scenario, read_scenario

SEASONS = Path("results/reference/policy.csv")
LEVELS = Path("results/reference/policy_levels.csv")
FIRM = Path("results/reference/policy_firm.csv")
REPAIR = "energy policy simulate baseline --page"


COLUMNS = {SEASONS: SEASON_COLUMNS, LEVELS: LEVEL_COLUMNS, FIRM: FIRM_COLUMNS}
"""File → its columns: of ``season_comparison``, ``levels_on_record`` and ``firm_energy_table``."""


def recorded_policy_table(project: Path, file: Path) -> pd.DataFrame:
    """Return a recorded table of a policy; empty where there is none.

    Parameters
    ----------
    project
        Folder of the project.
    file
        ``SEASONS``, ``LEVELS`` or ``FIRM``.

    Raises
    ------
    InputError
        When the file is no such table.
    """
    path = project / file
    columns = list(COLUMNS[file])
    if not path.is_file():
        return pd.DataFrame(columns=columns)
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
    firm: pd.DataFrame,
    project: Path,
) -> list[Path]:
    """Write what a policy came to, and return the files."""
    for path, table in ((SEASONS, seasons), (LEVELS, levels), (FIRM, firm)):
        with atomic_file(project / path, table=True) as draft:
            table.to_csv(draft, index=False, float_format="%.6g", lineterminator="\n")
    return [project / SEASONS, project / LEVELS, project / FIRM]


def season_sentence(seasons: pd.DataFrame) -> str:
    """Return the season's median and P90 under a policy, and how much foresight flatters them, as sentences.

    Examples
    --------
    >>> rows = [("a", "casa", "P90", "GWh", 950.0, 1000.0, 50.0, 40.0, 60.0, 10)]
    >>> rows.append(("a", "casa", "P50", "GWh", 1900.0, 2000.0, 100.0, 90.0, 110.0, 10))
    >>> rows.append(("a", "casa net", "P90", "GWh", 900.0, 1000.0, 100.0, 50.0, 150.0, 10))
    >>> rows.append(("a", "casa net", "P50", "GWh", 1500.0, 2000.0, 500.0, 400.0, 600.0, 10))
    >>> from textwrap import fill
    >>> print(fill(season_sentence(pd.DataFrame(rows, columns=SEASON_COLUMNS)), 110))
    An operator who sees the river month by month delivers 1,900 GWh in half of the seasons and 950 in nine of
    ten. Net of what services before CASA-1000 then lack it is 1,500 and 900, with perfect foresight of the same
    water 2,000 and 1,000. Foresight flatters the median by 500 GWh (25 %), P90 by 100 GWh (10 %).
    """
    of_service = {service: rows.set_index("quantity").T.to_dict() for service, rows in seasons.groupby("service")}
    sold, net = of_service[STUDIED], of_service[NET]
    by_policy = (
        f"{_level(sold, 'P50', 'policy')} GWh in half of the seasons and {_level(sold, 'P90', 'policy')} in nine"
    )
    net_levels = f"{_level(net, 'P50', 'policy')} and {_level(net, 'P90', 'policy')}"
    foreseen_levels = f"{_level(net, 'P50', 'foresight')} and {_level(net, 'P90', 'foresight')}"
    return (
        f"An operator who sees the river month by month delivers {by_policy} of ten. "
        f"Net of what services before CASA-1000 then lack it is {net_levels}, "
        f"with perfect foresight of the same water {foreseen_levels}. "
        f"Foresight flatters the median by {_flattery(net['P50'])}, P90 by {_flattery(net['P90'])}."
    )


def _level(figures: Mapping[Hashable, Mapping[Hashable, Any]], quantity: str, knowing: str) -> str:
    return f"{figures[quantity][knowing]:,.0f}"


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
        seasons = recorded_policy_table(results.parent, SEASONS)
        of_scenario = seasons[seasons["scenario"] == scenario.name]
        if of_scenario.empty or read_scenario(scenario.name).digest() != scenario.digest():
            return ""
    except InputError:
        return ""
    return season_sentence(of_scenario)
