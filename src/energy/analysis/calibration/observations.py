"""Observations: recorded quantities with the error of the record and the discrepancy of the model.

The record says y = model(numbers) + discrepancy + error of the record. Both are normal with mean zero. The range of a
record is read as a range of 90 %. The discrepancy is what even the best numbers leave: the model has typical days, one
price for unserved demand, no operator. It is stated here before any set of numbers is weighed, and it is never fitted.

Half of the variance of a discrepancy is common to all years of a quantity (what the model simplifies, it simplifies
every year), and half is the year's own. Quantities of one kind at several days of a year share that half the more, the
nearer the days are to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.analysis.backcast import CONTENTS, TARGETS, Row, records
from energy.errors import Fault, InputError
from energy.reading.month_day import MONTHS

NINE_IN_TEN = 1.6449
"""Half the width of a range of 90 % of a normal distribution, in standard deviations."""
SHARED_BY_YEARS = 0.5
"""Part of the variance of a discrepancy that all years of a quantity have in common."""
DAYS_OF_MEMORY = 60.0
"""Days after which the discrepancy of a year has lost all but 1/e of its correlation."""
TO_DATE = "generation Jan-"


@dataclass(frozen=True)
class _Discrepancy:
    """How far a quantity of the model may be from the record with the best numbers, in nine of ten years.

    Attributes
    ----------
    relative
        Share of the recorded value.
    least
        In the unit of the quantity; it holds where the relative one is smaller.
    reason
        Why.
    """

    relative: float
    least: float
    reason: str


TARGET_REASON = "the backcast's target, set before: the largest deviation that is good enough"
BY_QUANTITY = {
    "unserved": _Discrepancy(0.0, 500.0, "what is cut off is estimated, not metered, and the model cuts off evenly"),
    "output of the plant": _Discrepancy(0.10, 0.0, "one coefficient a plant for all heads and units"),
    "exports": _Discrepancy(
        0.10, 300.0, "the target of Tajik exports; small exchanges are made by agreement, not by cost"
    ),
    "imports": _Discrepancy(0.10, 300.0, "as exports"),
    "net imports": _Discrepancy(0.10, 300.0, "as exports"),
    "content": _Discrepancy(0.0, 1000.0, "the target of the content at the year's end, for every day"),
    "release": _Discrepancy(0.03, 0.0, "the release follows from the inflow; the level returns within 3 %"),
    "generation": _Discrepancy(0.05, 0.0, "the target of generation"),
    "fuel": _Discrepancy(0.10, 300.0, "a merit order by blocks, with limits of plants by month"),
}
"""Kind of a quantity without a target → its discrepancy."""
SHARE = _Discrepancy(0.0, 0.05, "shape of inflow and of release by month; the target of Nurek is 3 points")
OTHERWISE = _Discrepancy(0.05, 0.0, "no reason is known to state another")


@dataclass(frozen=True, eq=False)
class Observations:
    """What the record says, and how sure that is.

    Attributes
    ----------
    table
        One row an observation: place, quantity, date, unit, value, low, high, role, confidence, year, kind, day,
        ``error`` and ``discrepancy`` (standard deviations in the unit of the quantity), reason.
    """

    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.table)

    @property
    def values(self) -> np.ndarray:
        """Recorded values; shape (observations,)."""
        return self.table["value"].to_numpy(float)

    @property
    def deviation(self) -> np.ndarray:
        """Standard deviation of record and discrepancy together; shape (observations,)."""
        deviation: np.ndarray = np.sqrt(np.diag(self.covariance()))
        return deviation

    def covariance(self) -> np.ndarray:
        """Return the covariance of record errors and discrepancies; shape (observations, observations)."""
        error = self.table["error"].to_numpy(float)
        return np.asarray(np.diag(error**2) + self.discrepancy_covariance())

    def discrepancy_covariance(self) -> np.ndarray:
        """Return the covariance of the discrepancies; shape (observations, observations)."""
        kind = self.table["kind"].to_numpy(str)
        year = self.table["year"].to_numpy(int)
        day = self.table["day"].to_numpy(float)
        deviation = self.table["discrepancy"].to_numpy(float)
        same_kind = kind[:, None] == kind[None, :]
        same_year = year[:, None] == year[None, :]
        days_between = np.abs(day[:, None] - day[None, :])
        of_year = same_year * np.exp(-days_between / DAYS_OF_MEMORY)
        correlation = same_kind * (SHARED_BY_YEARS + (1 - SHARED_BY_YEARS) * of_year)
        return np.asarray(correlation * np.outer(deviation, deviation))

    def of(self, rows: np.ndarray) -> Observations:
        """Return some of the observations, by a mask or by positions."""
        return Observations(self.table[rows].reset_index(drop=True))


def observations(record: pd.DataFrame, years: Sequence[int]) -> Observations:
    """Return the observations of some years.

    What the model is told (role ``input``) is no observation.

    Parameters
    ----------
    record
        Of a case.
    years
        Calendar years that are solved.

    Raises
    ------
    InputError
        When nothing is left.
    """
    rows = []
    for row in records(record):
        year = int(str(row["date"])[:4])
        if row["role"] == "input" or year not in years:
            continue
        rows.append(row | _with_errors(row, year))
    if not rows:
        what = f"the record has no outcome of {', '.join(map(str, years))}"
        raise InputError(Fault(what, "record.csv", allowed="rows with role outcome or follows"))
    return Observations(pd.DataFrame(rows))


def _with_errors(row: Row, year: int) -> Row:
    """Return kind, day of the year, and the standard deviations of record and discrepancy."""
    place = str(row["place"])
    quantity = str(row["quantity"])
    value = float(row["value"])
    # where a range is wider on one side, the wider side counts
    half_range = max(value - row["low"], row["high"] - value)
    half_discrepancy, reason = _stated_discrepancy(place, quantity, value)
    return {
        "year": year,
        "kind": f"{place}, {_kind(quantity)}",
        "day": _day(quantity, str(row["date"])),
        "error": half_range / NINE_IN_TEN,
        "discrepancy": half_discrepancy / NINE_IN_TEN,
        "reason": reason,
    }


def _stated_discrepancy(place: str, quantity: str, value: float) -> tuple[float, str]:
    """Return half the width of the 90 % range of a discrepancy, in the quantity's unit, and its reason.

    Examples
    --------
    >>> _stated_discrepancy("TJ", "exports", 2400.0)[0]
    240.0
    """
    if (place, quantity) in TARGETS:
        target, is_relative = TARGETS[place, quantity]
        half_width = target * abs(value) if is_relative else target
        return half_width, TARGET_REASON
    stated = _stated(quantity)
    return max(stated.relative * abs(value), stated.least), stated.reason


def _stated(quantity: str) -> _Discrepancy:
    if quantity.endswith("share"):
        return SHARE
    if quantity in CONTENTS:
        return BY_QUANTITY["content"]
    if quantity.startswith("generation:"):
        return BY_QUANTITY["fuel"]
    if quantity.startswith("generation"):
        return BY_QUANTITY["generation"]
    return BY_QUANTITY.get(quantity, OTHERWISE)


def _kind(quantity: str) -> str:
    """Return what quantities have in common whose discrepancies are correlated."""
    if quantity in CONTENTS:
        return "content"
    if quantity.startswith(TO_DATE):
        return "generation"
    return quantity


def _day(quantity: str, date: str) -> int:
    """Return the day of the year at which a quantity is known: that of its date, or of the end of its months."""
    day = pd.Timestamp(f"{date}-12-31" if "-" not in date else date)
    if quantity.startswith(TO_DATE):
        month = MONTHS.index(quantity.removeprefix(TO_DATE)) + 1
        day = pd.Timestamp(f"{date}-{month:02d}-01") + pd.offsets.MonthEnd()
    return int(day.day_of_year)
