"""What a scenario adds to a case, and the line that it puts under study; all of it marked as the user's in evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from energy.case.case import Case
from energy.case.network_file import case_of_network
from energy.case.physical_limits import allowed_instead
from energy.case.schema import (
    COMPONENTS,
    EXTRA_COLUMNS,
    NOT_MODELLED,
    attributes,
    bus_columns,
    must_not_be_negative,
)
from energy.errors import Fault, InputError, nearest
from energy.model.objective import STUDIED
from energy.scenario import Scenario
from energy.scenario.value_key import split_place

USER = "user"
"""Source, in evidence, of what a scenario adds."""
CLASSES = {
    "carriers": "Carrier",
    "buses": "Bus",
    "lines": "Line",
    "links": "Link",
    "generators": "Generator",
    "loads": "Load",
    "stores": "Store",
}
"""Table → PyPSA's class; in the order in which they are added, buses first."""
REQUIRED = {
    "lines": ("bus0", "bus1", "s_nom", "x"),
    "links": ("bus0", "bus1", "p_nom"),
    "generators": ("bus", "p_nom"),
    "stores": ("bus", "e_nom"),
    "loads": ("bus", "p_set"),
}
"""What each added component must say: where it hangs, and how large it is."""


def with_additions(case: Case, scenario: Scenario) -> Case:
    """Return the case with the components that a scenario adds, and with the line that it puts under study.

    Parameters
    ----------
    case
        What exists.
    scenario
        With ``add``: table → name → attribute → value in PyPSA's unit; and ``study``: places ``links.NAME``.

    Returns
    -------
    Case
        Its evidence has a row for each number added, with source ``user`` and mark C. The same case where a scenario
        adds nothing, or where it has been added before.

    Raises
    ------
    InputError
        For names that are taken, attributes and buses that are not known, numbers that cannot be, and for places that
        are no links.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> second = {"bus0": "source", "bus1": "sink", "p_nom": 40, "service": "casa"}
    >>> scenario = read_scenario("two_bus", overrides={"add.links.second line": second})
    >>> case = with_additions(read_case("two_bus"), scenario)
    >>> float(case.components["links"].at["second line", "p_nom"])
    40.0
    """
    if not scenario.add and not scenario.study:
        return case
    key = repr((scenario.add, scenario.study))
    if case.extended_by == key:
        return case
    faults = list(_addition_faults(case, scenario))
    if faults:
        raise InputError(faults)
    extended = _with_components(case, scenario.add) if scenario.add else case
    if scenario.study:
        extended = _with_study(extended, scenario)
    return replace(extended, extended_by=key)


def _addition_faults(case: Case, scenario: Scenario) -> Iterator[Fault]:
    of_case = case.components["buses"].index
    added = scenario.add.get("buses", {})
    buses = [str(bus) for bus in (*of_case, *added)]
    for table, components in scenario.add.items():
        if table not in CLASSES:
            yield _fault(
                scenario,
                (table,),
                f"no table {table!r}",
                allowed=", ".join(CLASSES),
                repair=nearest(table, CLASSES),
            )
            continue
        present = case.components.get(table, pd.DataFrame()).index
        for name, given in components.items():
            if name in present:
                repair = "choose another name, or change the number under values"
                yield _fault(
                    scenario,
                    (table, name),
                    f"{table} {name!r} is there already",
                    allowed=None,
                    repair=repair,
                )
            yield from _component_faults(scenario, table, name, given, buses)


def _component_faults(
    scenario: Scenario,
    table: str,
    name: str,
    given: Mapping[str, Any],
    buses: list[str],
) -> Iterator[Fault]:
    """Yield what is wrong with one component that a scenario adds."""
    known = attributes(table)
    inputs = known[known["status"].str.startswith("Input")]
    kinds: dict[str, str] = {str(attribute): str(kind) for attribute, kind in inputs["type"].items()}
    kinds |= EXTRA_COLUMNS.get(table, {})
    for attribute in REQUIRED.get(table, ()):
        if attribute not in given:
            yield _fault(
                scenario,
                (table, name),
                f"{table} {name!r} has no {attribute}",
                allowed=None,
                repair=f"add {attribute}: …",
            )
    for attribute, value in given.items():
        steps = (table, name, attribute)
        what = f"{table}.{name}.{attribute} is {value!r}"
        if attribute not in kinds:
            allowed = ", ".join(kinds)
            yield _fault(
                scenario,
                steps,
                f"{table} have no {attribute!r}",
                allowed=allowed,
                repair=nearest(attribute, kinds),
            )
        elif attribute in bus_columns(kinds) and value not in buses:
            yield _fault(
                scenario,
                steps,
                f"no bus {value!r}",
                allowed=", ".join(buses),
                repair=nearest(str(value), buses),
            )
        elif kinds[attribute] in ("string", "str"):
            if not isinstance(value, str):
                yield _fault(scenario, steps, what, allowed="a word", repair=None)
        else:
            number_allowed = _number_allowed(attribute, value)
            if number_allowed is not None:
                yield _fault(scenario, steps, what, allowed=number_allowed, repair="correct the value")


def _number_allowed(attribute: str, value: object) -> str | None:
    """Return what a number may be where it may not be this."""
    if isinstance(value, str):
        return "a number"
    number = float(value)  # type: ignore[arg-type]
    if must_not_be_negative(attribute) and number < 0:
        return "0 or more"
    if attribute in NOT_MODELLED and number != NOT_MODELLED[attribute]:
        return f"{float(NOT_MODELLED[attribute]):g}: {attribute} is not modelled here"
    return allowed_instead(attribute, number)


def _with_components(case: Case, add: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Case:
    evidence = _with_evidence(case, add)
    if case.own is not None:
        network = case.own.copy()
        for table, class_name in CLASSES.items():
            for name, given in add.get(table, {}).items():
                network.add(class_name, name, **given)
        return replace(case_of_network(network, case.path), evidence=evidence, sources=_with_user(case.sources))
    components = dict(case.components)
    for table in COMPONENTS:
        if table in add:
            before = components.get(table, pd.DataFrame())
            components[table] = _appended(before, add[table])
    return replace(case, components=components, evidence=evidence, sources=_with_user(case.sources))


def _appended(table: pd.DataFrame, rows: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return a table with further rows; what they do not say is as in rows of the case that leave it empty."""
    plain = {name: dict(given) for name, given in rows.items()}
    added = pd.DataFrame.from_dict(plain, orient="index")
    whole = added if table.empty else pd.concat([table, added])
    for column in whole:
        is_number = column in table and pd.api.types.is_numeric_dtype(table[column])
        if is_number and table[column].dtype != bool:
            whole[column] = whole[column].astype(float)
    whole.index.name = "name"
    whole.attrs = {}
    return whole


def _with_evidence(case: Case, add: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> pd.DataFrame:
    rows = []
    for table, components in add.items():
        units = attributes(table)["unit"]
        for name, given in components.items():
            for attribute, value in given.items():
                if isinstance(value, str):
                    continue
                number = float(value)
                rows.append(
                    {
                        "component": table,
                        "name": name,
                        "attribute": attribute,
                        "base": number,
                        "low": number,
                        "high": number,
                        "unit": str(units.get(attribute, "-")),
                        "source": USER,
                        "date": "",
                        "confidence": "C",
                        "note": "added by the scenario",
                    }
                )
    added = pd.DataFrame(rows)
    return added if case.evidence.empty else pd.concat([case.evidence, added], ignore_index=True)


def _with_user(sources: pd.DataFrame) -> pd.DataFrame:
    if sources.empty or USER in sources.index:
        return sources
    key = pd.Index([USER], name=sources.index.name)
    row = pd.DataFrame(index=key, columns=sources.columns).fillna("")
    if "key" in sources.columns:
        row = row.reset_index(drop=True).assign(key=USER)
    return pd.concat([sources, row], ignore_index="key" in sources.columns)


def _with_study(case: Case, scenario: Scenario) -> Case:
    """Return the case in which the named links, and no others, are under study."""
    links = case.components.get("links", pd.DataFrame())
    names: list[str] = []
    faults = []
    for position, place in enumerate(scenario.study):
        table, pattern = split_place(place)
        matching = case.names("links", pattern) if table == "links" else []
        if not matching:
            origin = scenario.written_at("study", position)
            known = [f"links.{name}" for name in links.index]
            what = f"study: {place!r} is no link"
            as_links = "add: two one-way links in its place, and study one" if table == "lines" else None
            faults.append(
                Fault(
                    what,
                    origin.where,
                    line=origin.line,
                    allowed=", ".join(known[:30]) or "links; this network has none",
                    repair=as_links or nearest(place, known),
                )
            )
        names += matching
    if faults:
        raise InputError(faults)
    service = pd.Series("", index=links.index)
    if "service" in links:
        service = links["service"].fillna("").astype(object)
    service = service.where(service != STUDIED, "")
    service[names] = STUDIED
    changed = links.assign(service=service)
    return replace(case, components={**case.components, "links": changed})


def _fault(
    scenario: Scenario,
    steps: tuple[str, ...],
    what: str,
    allowed: str | None,
    repair: str | None,
) -> Fault:
    origin = scenario.written_at("add", *steps)
    return Fault(f"add: {what}", origin.where, line=origin.line, allowed=allowed, repair=repair)
