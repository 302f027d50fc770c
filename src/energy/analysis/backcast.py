"""Backcast: years as they were, solved and compared with the record of the case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from energy.analysis.backcast_quantities import MONTHS_OF_GENERATION, Key, quantities, store_paths
from energy.case import Case
from energy.errors import Fault, InputError, SolverError
from energy.metrics import TOLERANCE, audit
from energy.model import Inputs, inputs
from energy.scenario import Scenario
from energy.solve import Result, solve

Row = dict[str, Any]
CONTENTS = ("content", "content at year's end")
TARGETS: dict[Key, tuple[float, bool]] = {
    ("KG", "generation"): (0.05, True),
    ("TJ", "generation"): (0.05, True),
    **{("TJ", f"generation {months}"): (0.05, True) for months in MONTHS_OF_GENERATION},
    ("TJ", "exports"): (0.10, True),
    ("Nurek", "release Apr-Sep share"): (0.03, False),
    ("Toktogul", "content at year's end"): (1000.0, False),
}
"""(place, quantity) → largest deviation that is good enough, and whether it is relative."""


@dataclass(frozen=True)
class Backcast:
    """The years of a backcast against the record.

    Attributes
    ----------
    table
        One row a recorded quantity of a year: place, quantity, date, unit, model, record, low, high, confidence, role,
        deviation (relative where the target is, or where there is none), target, met.
    paths
        Store → content [hm³] that the model finds at the end of each day, by date.
    """

    table: pd.DataFrame
    paths: Mapping[str, pd.Series]

    @property
    def judged(self) -> pd.DataFrame:
        """The rows that have a target, by place, quantity and date."""
        has_target = self.table["target"].notna()
        order = ["place", "quantity", "date"]
        return self.table[has_target].sort_values(order, kind="stable")


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table as dicts, in their order."""
    columns = [str(name) for name in table.columns]
    rows = table.itertuples(index=False, name=None)
    return [dict(zip(columns, cells, strict=True)) for cells in rows]


def backcast(case: Case, scenarios: list[Scenario]) -> Backcast:
    """Solve years and compare them with the record of their case.

    Parameters
    ----------
    case
        What exists, with its record.
    scenarios
        One a calendar year, from 1 January, one year long.

    Raises
    ------
    InputError
        When the case has no record, or a scenario is no calendar year.
    SolverError
        When a year has no optimum, or its optimum fails the audit.
    """
    refuse_unfit(case, scenarios)
    rows: list[Row] = []
    paths: dict[str, pd.Series] = {}
    for scenario in scenarios:
        result = _solved(inputs(case, scenario))
        modelled = quantities(result)
        contents = store_paths(result, case.record)
        of_year = compared(case.record, scenario.year, modelled, contents)
        rows.extend(of_year)
        for store, content in contents.items():
            earlier = [paths[store]] if store in paths else []
            paths[store] = pd.concat([*earlier, content])
    return Backcast(pd.DataFrame(rows), paths)


def refuse_unfit(case: Case, scenarios: Sequence[Scenario]) -> None:
    """Refuse a case without a record, and scenarios that are no calendar year.

    Raises
    ------
    InputError
        When there is one.
    """
    _refuse_without_record(case)
    _refuse_other_horizons(scenarios)


def _refuse_without_record(case: Case) -> None:
    if case.record.empty:
        what = "the case has no record to compare with"
        raise InputError(Fault(what, case.path / "record.csv", repair="add the file"))


def _refuse_other_horizons(scenarios: Sequence[Scenario]) -> None:
    faults = []
    for scenario in scenarios:
        if scenario.time.start != "01-01" or scenario.time.years != 1:
            what = "a backcast is of one calendar year"
            fault = Fault(what, scenario.name, allowed="time: {start: 01-01, years: 1}")
            faults.append(fault)
    if faults:
        raise InputError(faults)


def _solved(year_inputs: Inputs) -> Result:
    """Return the solved inputs of a year; no result breaks physics or its own limits.

    Raises
    ------
    SolverError
        When there is no optimum, or it fails the audit.
    """
    result = solve(year_inputs)
    residuals = audit(result)
    # a residual that is not a number fails too
    failed = [f"{name} {value:.2g}" for name, value in residuals.items() if not value <= TOLERANCE]
    if failed:
        what = f"the result fails the audit, residuals above {TOLERANCE:g}: {', '.join(failed)}"
        raise SolverError(f"{year_inputs.name}: {what}")
    return result


def compared(
    record: pd.DataFrame,
    year: int,
    modelled: Mapping[Key, float],
    paths: Mapping[str, pd.Series],
) -> Iterator[Row]:
    """Yield the rows of the record of a year that the model has a value for, with both values and their deviation."""
    of_year = record["date"].astype(str).str.startswith(str(year))
    for row in records(record[of_year]):
        place = str(row["place"])
        quantity = str(row["quantity"])
        value = modelled.get((place, quantity))
        if quantity in CONTENTS and place in paths:
            date = str(row["date"])
            day = date if "-" in date else f"{year}-12-31"
            value = float(paths[place][pd.Timestamp(day)])
        if value is None:
            continue
        recorded = row["value"]
        target, relative = _target(place, quantity)
        deviation = value - recorded
        if relative:
            deviation = value / recorded - 1
        met = None
        if target is not None:
            met = abs(deviation) <= target
        yield row | {
            "model": value,
            "record": recorded,
            "deviation": deviation,
            "target": target,
            "met": met,
        }


def _target(place: str, quantity: str) -> tuple[float | None, bool]:
    """Return the largest good deviation, None without a target, and whether the deviation is relative.

    Without a target the deviation of energies and volumes is relative, that of shares and contents is not.
    """
    if (place, quantity) in TARGETS:
        return TARGETS[place, quantity]
    is_share = quantity.endswith("share")
    is_content = quantity.startswith("content")
    return None, not is_share and not is_content
