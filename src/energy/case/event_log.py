"""A log of disruptions on record: one row an event, from which hazards are fitted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from energy.case.schema import finite, not_negative, positive
from energy.errors import Fault, InputError
from energy.reading.table import read_table

CONFIDENCE = pa.Check.isin(["A", "B", "C"], error="A, B or C")
PRECISION = pa.Check.isin(["day", "week", "month", "year"], error="day, week, month or year")


def _number(*checks: pa.Check) -> pa.Column:
    return pa.Column(float, [finite, *checks], nullable=True)


def _text(*checks: pa.Check, optional: bool = False) -> pa.Column:
    return pa.Column(object, list(checks), nullable=optional)


SCHEMA = pa.DataFrameSchema(
    {
        "event": _text(),
        "start": _text(),
        "precision": _text(PRECISION),
        "end": _text(optional=True),
        "hours_low": _number(not_negative),
        "hours": _number(not_negative),
        "hours_high": _number(not_negative),
        "corridor": _text(),
        "cause": _text(),
        "mw_lost": _number(not_negative),
        "mw_before": _number(not_negative),
        "share": _number(pa.Check.in_range(0, 1, error="0 to 1")),
        "failed": _text(optional=True),
        "incidents": _number(positive),
        "counts": _text(),
        "cluster": _text(optional=True),
        "source": _text(),
        "confidence": _text(CONFIDENCE),
    },
    coerce=True,
    strict=True,
)


def read_event_log(path: Path) -> pd.DataFrame:
    """Read a log of events.

    Parameters
    ----------
    path
        CSV file; ``docs/case-format.md`` has its columns.

    Returns
    -------
    pandas.DataFrame
        Index event; ``start`` as an instant, the other columns as in the file.

    Raises
    ------
    InputError
        With every fault of the file.

    Examples
    --------
    >>> log = read_event_log(Path("networks/casa1000/events.csv"))
    >>> int((log["cause"] == "attack").sum())
    47
    """
    table = read_table(path, SCHEMA, ["event"])
    start = table["start"].map(_day_or_none)
    end = table["end"].map(_day_or_none)
    faults = [
        *_unread_days(table, "start", start),
        *_unread_days(table, "end", end),
        *_ends_before_start(table, start, end),
        *_crossed_hours(table),
    ]
    if faults:
        raise InputError(sorted(faults, key=lambda fault: fault.line or 0))
    return table.assign(start=pd.to_datetime(start))


def iso_day(text: str) -> pd.Timestamp:
    """Return a day written as YYYY-MM-DD, and in no other way: 01/02/2010 is two days, and ``now`` another each time.

    Raises
    ------
    ValueError
        When the text is no such day.

    Examples
    --------
    >>> iso_day("2010-02-01")
    Timestamp('2010-02-01 00:00:00')
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII) is None:
        raise ValueError(f"{text!r} is no day")
    return pd.Timestamp(datetime.strptime(text, "%Y-%m-%d"))  # noqa: DTZ007  (a day has no zone)


def _day_or_none(text: object) -> pd.Timestamp | None:
    if not isinstance(text, str):
        return None
    try:
        return iso_day(text)
    except ValueError:
        return None


def _unread_days(
    table: pd.DataFrame,
    column: str,
    days: pd.Series,
) -> Iterator[Fault]:
    unread = table[column].notna() & days.isna()
    for row in np.flatnonzero(unread).tolist():
        event = table.index[row]
        what = f"{column} of {event!r} is {table[column].iloc[row]!r}"
        yield _fault(table, row, what, "a day that exists, YYYY-MM-DD")


def _ends_before_start(
    table: pd.DataFrame,
    start: pd.Series,
    end: pd.Series,
) -> Iterator[Fault]:
    for row, (first, last) in enumerate(zip(start, end, strict=True)):
        if pd.notna(first) and pd.notna(last) and last < first:
            what = f"{table.index[row]!r} ends on {last:%Y-%m-%d}, before it starts on {first:%Y-%m-%d}"
            yield _fault(table, row, what, "an end on or after the start")


def _crossed_hours(table: pd.DataFrame) -> Iterator[Fault]:
    for row, event in enumerate(table.index):
        hours = table[["hours_low", "hours", "hours_high"]].iloc[row].dropna().astype(float)
        for (lower, less), (upper, more) in pairwise(hours.items()):
            if less > more:
                what = f"{event!r} has {lower} {less:g} above {upper} {more:g}"
                yield _fault(table, row, what, "hours_low ≤ hours ≤ hours_high")


def _fault(
    table: pd.DataFrame,
    row: int,
    what: str,
    allowed: str,
) -> Fault:
    line = int(table.attrs["lines"][row])
    return Fault(what, table.attrs["path"], line=line, allowed=allowed, repair="correct the cell")
