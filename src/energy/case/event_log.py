"""A log of disruptions on record: one row an event, from which hazards are fitted."""

from __future__ import annotations

from pathlib import Path

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
    start = pd.to_datetime(table["start"], format="%Y-%m-%d", errors="coerce")
    lines = table.attrs["lines"]
    wrong = [
        Fault(f"start of {name!r} is {text!r}", path, int(line), "a date, YYYY-MM-DD")
        for name, text, line, bad in zip(table.index, table["start"], lines, start.isna(), strict=True)
        if bad
    ]
    if wrong:
        raise InputError(wrong)
    return table.assign(start=start)
