"""Evidence that does not fit its case: each relation between the two, refused with the line of the row."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from energy.case import Case
from energy.case.evidence import _numbers_of
from energy.case.evidence_units import units_of

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


# the row, its unit, what is written instead, and the units that the message has to name
UNITS: dict[str, tuple[str, str, str, str]] = {
    "content of a store": ("rules,reservoir_start,level,0,0,0", "hm3", "km3", "hm3"),
    "power of a contract": ("rules,contract,ceiling,100,100,100", "MW", "GW", "MW"),
    "price of a contract": ("rules,contract,prices.energy,50,45,55", "$/MWh", "$/kWh", "$/MWh, USD/MWh"),
    "share of a seller": ("rules,contract,shares.AA,1,1,1", "-", "%", "share"),
    "flow of a river, told as a factor": ("profiles/water_statistics,river,mean,1,0.8,1.2", "factor", "m3/s", "factor"),
    "spread of a river": ("profiles/water_statistics,river,year_cv,0.2,0.2,0.2", "-", "%", "share"),
}


@pytest.mark.parametrize("wrong", UNITS)
def test_a_unit_of_a_rule_or_a_statistic_is_held_against_its_kind(refused: Refusal, project: Path, wrong: str) -> None:
    row, unit, written, allowed = UNITS[wrong]
    file = project / "networks" / "two_bus" / "evidence.csv"
    text = file.read_text(encoding="utf-8")
    assert text.count(f"{row},{unit},") == 1
    line = text[: text.index(row)].count("\n") + 1
    file.write_text(text.replace(f"{row},{unit},", f"{row},{written},"), encoding="utf-8")
    message = refused("check", "two_bus", says=(f"evidence.csv:{line}: ", f"unit is '{written}'", allowed))
    assert len(message.splitlines()) <= 2, "one mistake in one cell"


@pytest.mark.parametrize(
    ("component", "name", "attribute", "unit"),
    [
        ("rules", "toktogul_minimum_flow", "at_least.6", "m3/s"),
        ("rules", "nurek_winter_release", "at_least", "hm3"),
        ("rules", "turkmen_supply", "at_most", "MWh"),
        ("rules", "tj_uz_tie", "at_least", "MW"),
        ("rules", "syr_darya_travel", "hours", "h"),
        ("rules", "frequency", "slope", "Hz/s"),
        ("rules", "investment", "lenders.World Bank.TJ", "million $"),
        ("profiles/loss_curve", "HVDC pole 1 forward", "bipole.quadratic", "1/MW"),
        ("profiles/loss_curve", "HVDC pole 1 forward", "earth.constant", "MW"),
    ],
)
def test_units_follow_what_a_number_measures(
    casa1000: Case, component: str, name: str, attribute: str, unit: str
) -> None:
    allowed = units_of(casa1000, component, attribute, [(name, attribute)])
    assert unit in allowed
    assert not allowed & {"kWh", "GW", "m3", "%", "days"}


def test_every_row_of_the_case_has_a_unit_that_is_checked(casa1000: Case) -> None:
    """Nothing of rules, rivers and loss curves is left to anybody's unit."""
    evidence = casa1000.evidence
    numbers = _numbers_of(casa1000)
    checked = evidence[evidence["component"].isin(["rules", "profiles/water_statistics", "profiles/loss_curve"])]
    unchecked = []
    for row in checked.itertuples():
        names = [name for name in numbers[row.component] if fnmatchcase(name, row.name)]
        fields = [(n, field) for n in names for field in numbers[row.component][n] if fnmatchcase(field, row.attribute)]
        if not units_of(casa1000, row.component, row.attribute, fields):
            unchecked.append(f"{row.component} {row.name} {row.attribute}")
    assert len(checked) > 100
    assert unchecked == []
