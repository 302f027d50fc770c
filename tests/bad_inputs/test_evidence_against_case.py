"""Evidence that does not fit its case: each relation between the two, refused with the line of the row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Refusal = Callable[..., str]
ROW = "links,turbine,efficiency,500,450,550,MWh/hm3,invented"

# what is written in place of the row, and what the message has to say
WRONG: dict[str, tuple[str, tuple[str, ...]]] = {
    "low above high": (ROW.replace(",450,", ",650,"), ("low 650, high 550", "low ≤ high")),
    "base outside its range": (ROW.replace(",500,", ",700,"), ("base 700", "low ≤ base ≤ high")),
    "base unlike the cell": (ROW.replace(",500,", ",510,"), ("base is 510", "is 500 in the case")),
    "unknown table": (ROW.replace("links", "link"), ("no table 'link'", "did you mean 'links'?")),
    "unknown component": (ROW.replace("turbine", "turbin"), ("no links match 'turbin'", "did you mean 'turbine'?")),
    "unknown attribute": (ROW.replace("efficiency", "eficiency"), ("no number 'eficiency'", "'efficiency'?")),
    "unknown source": (ROW.replace("invented", "inventd"), ("no source 'inventd'", "did you mean 'invented'?")),
    "unit of something else": (ROW.replace("MWh/hm3", "kWh/m3"), ("unit is 'kWh/m3'", "MWh/hm3")),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_evidence_that_does_not_fit_is_refused_with_its_line(refused: Refusal, project: Path, wrong: str) -> None:
    file = project / "networks" / "two_bus" / "evidence.csv"
    text = file.read_text(encoding="utf-8")
    assert text.count(ROW) == 1, "the row that is changed here"
    line = text[: text.index(ROW)].count("\n") + 1
    written, says = WRONG[wrong]
    file.write_text(text.replace(ROW, written), encoding="utf-8")
    message = refused("check", "two_bus", says=(f"evidence.csv:{line}: ", *says))
    assert len(message.splitlines()) <= 2, "one mistake in one cell"
