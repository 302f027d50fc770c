"""Event logs whose cells do not go together, and windows that are no days."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Refusal = Callable[..., str]
HEAD = (
    "event,start,precision,end,hours_low,hours,hours_high,corridor,cause,mw_lost,mw_before,share,failed,incidents,"
    "counts,cluster,source,confidence"
)
ROW = "e1,2012-05-01,day,2012-05-03,1,2,9,x,attack,500,,,,1,yes,,s,A"
WINDOW = ("--corridor", "x", "--from", "2010-01-01", "--to", "2020-01-01")

ROWS = {
    "an end before the start": (("2012-05-03", "2011-05-03"), "ends on 2011-05-03, before it starts on 2012-05-01"),
    "low above the best estimate": ((",1,2,9,", ",3,2,9,"), "hours_low 3 above hours 2"),
    "best estimate above high": ((",1,2,9,", ",1,2,1.5,"), "hours 2 above hours_high 1.5"),
    "low above high with no best estimate": ((",1,2,9,", ",9,,1,"), "hours_low 9 above hours_high 1"),
    "a day in another order": (("2012-05-01", "01/05/2012"), "start of 'e1' is '01/05/2012'"),
    "a day without its zeros": (("2012-05-01", "2012-5-1"), "start of 'e1' is '2012-5-1'"),
    "a day that moves": (("2012-05-03", "now"), "end of 'e1' is 'now'"),
    "a day that does not exist": (("2012-05-03", "2012-05-32"), "end of 'e1' is '2012-05-32'"),
}


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_that_contradicts_itself(refused_here: Refusal, tmp_path: Path, kind: str) -> None:
    (old, new), told = ROWS[kind]
    assert old in ROW
    log = tmp_path / "log.csv"
    log.write_text(f"{HEAD}\n{ROW.replace('e1', 'e0')}\n{ROW.replace(old, new)}\n", encoding="utf-8")
    assert refused_here("fit", str(log), *WINDOW, says=(f"{log}:3: ", told))


@pytest.mark.parametrize("day", ["31/12/2010", "now", "2010", "2010-01-01T00:00+05:00", "2010-02-30", ""])
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_window_that_is_no_day(refused_here: Refusal, option: str, day: str) -> None:
    options = dict(zip(WINDOW[::2], WINDOW[1::2], strict=True)) | {option: day}
    arguments = [part for pair in options.items() for part in pair]
    assert refused_here("fit", "networks/casa1000/events.csv", *arguments, says=(option, "YYYY-MM-DD"))
