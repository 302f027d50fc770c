"""Every number of a case has evidence that says the same number, with a range around it and a source."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from energy.case import Case, read_case
from energy.case.schema import HOURS, MONTHS
from energy.reading.library_folders import shipped_folder

NETWORKS = Path(__file__).parents[2] / "networks"
CASES = sorted(path.name for path in NETWORKS.iterdir() if (path / "buses.csv").is_file())

TEXTS = {
    "bus",
    "bus0",
    "bus1",
    "bus2",
    "bus3",
    "carrier",
    "service",
    "account",
    "demand",
    "country",
    "unit",
    "nice_name",
    "color",
}
SECTIONS = ("contract", "security", "investment", "reactive_power", "frequency")
DEFINITIONS = {"sign", "v_nom", "e_cyclic"}
UNIT_VALUES: dict[str, tuple[float, ...]] = {
    # what PyPSA has anyway, written out for the reader
    "efficiency2": (1.0, -1.0),  # -1: a link draws on a schedule what it takes from bus0
    "lifetime": (float("inf"),),
    "build_year": (0.0,),
    "p_min_pu": (0.0,),
    "p_max_pu": (1.0,),
    "marginal_cost": (0.0,),
    "efficiency": (1.0,),
    "e_initial": (0.0,),
    "co2_emissions": (0.0,),
    "p_nom": (0.0,),
}


class Number(NamedTuple):
    component: str
    name: str
    attribute: str
    value: float


def component_numbers(case: Case) -> Iterator[Number]:
    for component, table in case.components.items():
        for attribute in table.columns.difference(list(TEXTS | DEFINITIONS)):
            if component == "buses" and attribute in ("x", "y"):
                continue
            for name, value in table[attribute].dropna().items():
                if float(value) not in UNIT_VALUES.get(attribute, ()):
                    yield Number(component, str(name), attribute, float(value))


def rule_numbers(plain: Any, steps: tuple[str, ...] = ()) -> Iterator[Number]:
    if isinstance(plain, dict):
        for key, part in plain.items():
            yield from rule_numbers(part, (*steps, str(key)))
    elif isinstance(plain, list | tuple):
        for key, part in enumerate(plain):
            yield from rule_numbers(part, (*steps, str(key)))
    elif isinstance(plain, int | float) and not isinstance(plain, bool) and steps[-1] != "coefficient":
        yield Number("rules", steps[0], ".".join(steps[1:]), float(plain))


def row_numbers(case: Case) -> Iterator[Number]:  # noqa: C901  (one branch a profile)
    """Rows of the profiles, whose evidence is a factor on the whole row: base 1."""
    for profile, table in case.profiles.items():
        if profile == "water_statistics":
            for (river, statistic), rows in table.groupby(level=["river", "statistic"]):
                # one number stands for itself; a row of months has a factor on the whole row
                value = float(rows["value"].iloc[0]) if len(rows) == 1 else 1.0
                yield Number("profiles/water_statistics", str(river), str(statistic), value)
            continue
        for key, row in table.iterrows():
            parts = [str(part) for part in (key if isinstance(key, tuple) else (key,))]
            if profile == "demand_season":
                yield Number("profiles/demand_season", parts[0], "summer_elasticity", float(row["summer_elasticity"]))
                continue
            if profile == "loss_curve":
                for field, value in row.items():
                    yield Number("profiles/loss_curve", parts[0], f"{parts[1]}.{field}", float(value))
                continue
            if profile in ("monthly", "hourly"):
                name, attribute = parts[1], parts[2]
                columns = MONTHS if profile == "monthly" else HOURS
                if set(row[columns].astype(float)) <= {0.0, 1.0}:
                    continue  # a seasonal switch
            elif profile in ("demand_month", "demand_hour"):
                name, attribute = parts[0], "*"
            elif profile == "demand_year":
                yield from (Number("profiles/demand_year", parts[0], f"{parts[1]} {level}", 1.0) for level in row.index)
                continue
            else:
                name, attribute = parts[0], parts[1]
            yield Number(f"profiles/{profile}", name, attribute, 1.0)


def numbers(case: Case) -> list[Number]:
    book = case.rules.model_dump(by_alias=True, exclude_none=True)
    rules = {**book["rules"], **{part: book.get(part) or {} for part in SECTIONS}}
    return [*component_numbers(case), *rule_numbers(rules), *row_numbers(case)]


def matches(text: str, pattern: str) -> bool:
    return text == pattern or fnmatchcase(text, pattern)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return read_case(shipped_folder("networks") / request.param)


def attributes_of(number: Number) -> list[str]:
    # a year's demand may be known by the year or by the path of growth it lies on
    return number.attribute.split() if number.component == "profiles/demand_year" else [number.attribute]


def evidence_for(case: Case) -> dict[Number, list[Any]]:
    rows: dict[str, list[Any]] = {}
    for row in case.evidence.itertuples():
        rows.setdefault(row.component, []).append(row)
    found = {}
    for number in numbers(case):
        of_it = [
            row
            for row in rows.get(number.component, [])
            if matches(number.name, row.name) and any(matches(a, row.attribute) for a in attributes_of(number))
        ]
        found[number] = [row for row in of_it if row.name == number.name] or of_it  # an exact name wins over a pattern
    return found


def test_every_number_has_evidence(case: Case) -> None:
    missing = [number for number, rows in evidence_for(case).items() if not rows]
    assert not missing, "\n".join(map(str, missing))


def test_evidence_says_the_number_that_the_case_uses(case: Case) -> None:
    wrong = [
        (number, row.base)
        for number, rows in evidence_for(case).items()
        for row in rows
        if row.base != pytest.approx(number.value, rel=1e-9)
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_no_number_has_evidence_twice(case: Case) -> None:
    twice = [number for number, rows in evidence_for(case).items() if len(rows) > 1]
    assert not twice, "\n".join(map(str, twice))


def test_ranges_hold_their_base(case: Case) -> None:
    table = case.evidence
    wrong = table[(table["low"] > table["base"]) | (table["base"] > table["high"])]
    assert wrong.empty, wrong.to_string()


def test_sources_exist(case: Case) -> None:
    known = set(case.sources["key"])
    unknown = {
        (row.component, row.name, row.attribute, key)
        for row in case.evidence.itertuples()
        for key in row.source.split()
        if key not in known
    }
    assert not unknown


def test_evidence_is_of_something(case: Case) -> None:
    """A row that no number of the case answers to is a leftover or a misspelling."""
    used = {(row.component, row.name, row.attribute) for rows in evidence_for(case).values() for row in rows}
    table = pd.DataFrame(case.evidence)
    stray = [
        (row.component, row.name, row.attribute)
        for row in table.itertuples()
        if (row.component, row.name, row.attribute) not in used and not is_definition(case, row)
    ]
    assert not stray


def is_definition(case: Case, row: Any) -> bool:
    """Evidence may also be given for a value that needs none, if the case has it."""
    table = case.components.get(row.component)
    if table is not None:
        names = [name for name in table.index if matches(str(name), row.name)]
        return any(matches(column, row.attribute) for column in table.columns) and bool(names)
    profile = case.profiles.get(row.component.removeprefix("profiles/"))
    return profile is not None and any(
        matches(str(part), row.name) for key in profile.index for part in (key if isinstance(key, tuple) else (key,))
    )


def test_a_missing_row_is_found(case: Case) -> None:
    """The check itself: without one of its rows the first number lacks evidence."""
    first = next(iter(evidence_for(case)))
    table = case.evidence
    keep = [
        first.component != row.component
        or not matches(first.name, row.name)
        or not matches(first.attribute, row.attribute)
        for row in table.itertuples()
    ]
    short = Case(case.name, case.path, case.components, case.profiles, rules=case.rules, evidence=table[keep])
    assert not evidence_for(short)[first]
