"""Options of the money verbs as a user writes them → values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.scenario import Scenario

_NEVER = "never"
_YEARS = (1900, 2200)
_LONGEST_PATH = 40


def read_starts(texts: Sequence[str]) -> list[int | None]:
    """Return first years of service; ``never`` is None.

    Raises
    ------
    InputError
        For every text that is neither a year nor ``never``.

    Examples
    --------
    >>> read_starts(["2028", "never"])
    [2028, None]
    """
    faults = [Fault(f"start is {text!r}", "--start", None, "a year, or never") for text in texts if not _is_start(text)]
    if faults:
        raise InputError(faults)
    return [None if text == _NEVER else int(text) for text in texts]


def _is_start(text: str) -> bool:
    return text == _NEVER or _is_year(text)


def _is_year(text: str) -> bool:
    return text.isdecimal() and _YEARS[0] <= int(text) <= _YEARS[1]


def read_years(scenario: Scenario, until: int) -> list[int]:
    """Return the years from a scenario's own to the last one of a path.

    Raises
    ------
    InputError
        When the path ends before it begins, or is longer than ``_LONGEST_PATH`` years.

    Examples
    --------
    >>> from energy.scenario import read_scenario
    >>> read_years(read_scenario("two_bus"), 2030)
    [2028, 2029, 2030]
    """
    first = scenario.year
    if not first <= until < first + _LONGEST_PATH:
        what = f"the path from {first} ends in {until}"
        raise InputError(Fault(what, "--until", None, f"{first} to {first + _LONGEST_PATH - 1}"))
    return list(range(first, until + 1))


def read_events(texts: Sequence[str]) -> dict[int, float]:
    """Return year → share of its energy that is left.

    Raises
    ------
    InputError
        For every text that is not as ``2031=0.4``.

    Examples
    --------
    >>> read_events(["2031=0.4"])
    {2031: 0.4}
    """
    events, faults = {}, []
    for text in texts:
        year, _, share = text.partition("=")
        left = _number(share)
        if _is_year(year) and 0 <= left <= 1:
            events[int(year)] = left
        else:
            faults.append(
                Fault(
                    f"event is {text!r}",
                    "--event",
                    None,
                    "year=share left from 0 to 1, as 2031=0.4",
                )
            )
    if faults:
        raise InputError(faults)
    return events


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def read_seasons(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the seasons [GWh] and likelihood ratios of samples that ``energy risk`` wrote.

    Raises
    ------
    InputError
        When the file cannot be read, or has no such columns or no sample that was solved.
    """
    path = file / "samples.csv" if file.is_dir() else file
    allowed = "samples.csv of a folder that `energy risk` wrote"
    try:
        table = pd.read_csv(path, comment="#")
        columns = table[["season", "weight", "failed"]].astype(float)
    except (OSError, ValueError, KeyError) as err:
        raise InputError(Fault(f"no samples can be read: {err}", path, None, allowed)) from None
    solved = columns[columns["failed"] == 0]
    if len(solved) < 2 or not np.isfinite(solved.to_numpy()).all() or not (solved["weight"] > 0).any():
        raise InputError(Fault("fewer than two sound samples", path, None, allowed))
    return solved["season"].to_numpy(), solved["weight"].to_numpy()
