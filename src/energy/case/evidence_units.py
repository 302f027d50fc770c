"""Units that the evidence of a number may have, by its table, its attribute and the water or power that it measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import pandas as pd

from energy.case.case import Case
from energy.case.rules import VolumeRule

Units = frozenset[str]

DIMENSIONLESS: Units = frozenset({"-", "1", "per unit", "p.u.", "share", "factor", "MWh/MWh", "hm3/hm3"})
POWER: Units = frozenset({"MW"})
ENERGY: Units = frozenset({"MWh"})
VOLUME: Units = frozenset({"hm3"})
METRES: Units = frozenset({"m"})
PRICE: Units = frozenset({"$/MWh", "USD/MWh"})
MONEY: Units = frozenset({"million $", "million USD"})
SECONDS: Units = frozenset({"s"})
YEAR: Units = frozenset({"year"})
YEARS: Units = frozenset({"years"})
REACTIVE: Units = frozenset({"Mvar/MW", "MVAr/MW"})
FREQUENCY: Units = frozenset({"Hz"})

ATTRIBUTES: Mapping[str, Units] = {
    "s_nom": frozenset({"MW", "MVA"}),
    "x": frozenset({"ohm"}),
    "r": frozenset({"ohm"}),
    "length": frozenset({"km"}),
    "build_year": YEAR,
    "lifetime": YEARS,
    "co2_emissions": frozenset({"t/MWh thermal", "t/MWh"}),
}
"""Attribute of a component → units, where they hang on nothing else."""

ELECTRIC: Mapping[str, Units] = {
    "p_nom": POWER,
    "p_set": POWER,
    "e_nom": ENERGY,
    "e_initial": ENERGY,
    "marginal_cost": PRICE,
    "marginal_cost_storage": frozenset({"$/MWh/h", "USD/MWh/h"}),
}
"""Attribute of a component on an electric bus → units."""

LOSS_CURVE: Mapping[str, Units] = {
    "*.constant": POWER,
    "*.linear": DIMENSIONLESS,
    "*.quadratic": frozenset({"1/MW"}),
}
"""Mode and coefficient of a loss curve (pattern) → units."""

RULES: Mapping[str, Mapping[str, Units]] = {
    "flow": {"at_*": frozenset({"m3/s"})},
    "level": {"at_*": DIMENSIONLESS},
    "storage": {"at_*": DIMENSIONLESS},
    "start": {"level*": VOLUME},
    "end": {"level": VOLUME, "value": frozenset({"$/hm3", "USD/hm3"})},
    "travel": {"hours": frozenset({"h"})},
    "limit": {"at_*": POWER},
    "filling": {
        "volume": VOLUME,
        "yearly": VOLUME,
        "bottom": METRES,
        "top": METRES,
        "tailwater": METRES,
        "design_head": METRES,
        "level": METRES,
        "before.*": METRES,
        "year": YEAR,
        "unit_power": POWER,
        "exponent": DIMENSIONLESS,
        "efficiency": DIMENSIONLESS,
    },
}
"""Kind of a rule → its fields (patterns) → units; ``volume`` hangs on what its components carry."""

SECTIONS: Mapping[str, Mapping[str, Units]] = {
    "contract": {
        "ceiling": POWER,
        "prices.*": PRICE,
        "shares.*": DIMENSIONLESS,
        "quantity": frozenset({"GWh"}),
        "debt.capital.*": MONEY,
        "debt.grants.*": MONEY,
        "debt.interest": DIMENSIONLESS,
        "debt.years": YEARS,
        "trade_target": MONEY,
    },
    "security": {"margin": POWER, "share_of_load": DIMENSIONLESS, "states.*": POWER, "units.*": POWER},
    "investment": {
        "base_year": YEAR,
        "start": YEAR,
        "life": YEARS,
        "construction_years": YEARS,
        "discount_rate": DIMENSIONLESS,
        "operation_share": DIMENSIONLESS,
        "to_come.*": MONEY,
        "lenders.*": MONEY,
        "wheeling": PRICE,
    },
    "reactive_power": {
        "converter_*": REACTIVE,
        "line_compensation": DIMENSIONLESS,
        "*_power_factor": DIMENSIONLESS,
        "voltage": DIMENSIONLESS,
    },
    "frequency": {
        "areas.*.outside": POWER,
        "areas.*.outside_inertia": SECONDS,
        "inertia.*": SECONDS,
        "governor_time": SECONDS,
        "droop": DIMENSIONLESS,
        "governed": DIMENSIONLESS,
        "load_relief": DIMENSIONLESS,
        "loading": DIMENSIONLESS,
        "power_factor": DIMENSIONLESS,
        "nominal": FREQUENCY,
        "over": FREQUENCY,
        "under": FREQUENCY,
        "slope": frozenset({"Hz/s"}),
    },
}
"""Section of ``rules.yaml`` → its fields (patterns) → units."""


def units_of(case: Case, component: str, attribute: str, numbers: Iterable[tuple[str, str]]) -> Units:
    """Return the units that a row of evidence may have; empty where nothing says it.

    Parameters
    ----------
    case
        The case, its tables sound by themselves.
    component, attribute
        Table and attribute as the row names them.
    numbers
        The numbers that the row speaks of: name and attribute of each.

    Examples
    --------
    >>> from energy.case import read_case
    >>> sorted(units_of(read_case("two_bus"), "links", "efficiency", [("turbine", "efficiency")]))
    ['MWh/hm3']
    >>> sorted(units_of(read_case("two_bus"), "rules", "level", [("reservoir_start", "level")]))
    ['hm3']
    """
    if component == "profiles/loss_curve":
        return _joined(_matching(LOSS_CURVE, field) for _, field in numbers)
    if component.startswith("profiles/"):
        return DIMENSIONLESS
    if component == "rules":
        return _joined(_units_of_rule(case, name, field) for name, field in numbers)
    if attribute in ATTRIBUTES:
        return ATTRIBUTES[attribute]
    if attribute.endswith("_pu") or attribute in ("share", "standing_loss"):
        return DIMENSIONLESS
    names = dict.fromkeys(name for name, _ in numbers)
    return _joined(_units_at(attribute, *_water_at_ends(case, component, name)) for name in names)


def _joined(parts: Iterable[Units]) -> Units:
    """Return all units of several numbers; none where one of them may have any."""
    units = list(parts)
    return frozenset().union(*units) if all(units) else frozenset()


def _matching(fields: Mapping[str, Units], field: str) -> Units:
    for pattern, units in fields.items():
        if fnmatchcase(field, pattern):
            return units
    return frozenset()


def _units_of_rule(case: Case, name: str, field: str) -> Units:
    rule = case.rules.rules.get(name)
    if rule is None:
        return _matching(SECTIONS.get(name, {}), field)
    if isinstance(rule, VolumeRule):
        return _units_of_volume(case, rule)
    return _matching(RULES.get(rule.kind, {}), field)


def _units_of_volume(case: Case, rule: VolumeRule) -> Units:
    """Return hm³ for what water passes, MWh for power."""
    components = [("links", name) for name in rule.links]
    components += [("generators", name) for name in rule.generators]
    tables = case.components
    known = [(table, name) for table, name in components if table in tables and name in tables[table].index]
    of_water = [_water_at_ends(case, table, name)[0] for table, name in known]
    return _joined(VOLUME if is_water else ENERGY for is_water in of_water)


def _units_at(attribute: str, from_water: bool, to_water: bool) -> Units:
    if attribute == "efficiency":
        return frozenset({"MWh/hm3"}) if from_water and not to_water else DIMENSIONLESS
    units = ELECTRIC.get(attribute, frozenset())
    return _of_water(units) if from_water else units


def _of_water(units: Units) -> Units:
    return frozenset(unit.replace("MWh", "hm3").replace("MW", "hm3/h") for unit in units)


def _water_at_ends(case: Case, component: str, name: str) -> tuple[bool, bool]:
    """Tell whether a component hangs on water at its first and at its second end."""
    row = case.components[component].loc[name]
    buses = case.components["buses"]
    carrier = buses["carrier"] if "carrier" in buses else pd.Series("", buses.index)
    ends = ("bus0", "bus1") if "bus0" in row else ("bus", "bus")
    first, second = (str(row.get(end, "")) for end in ends)
    return carrier.get(first) == "water", carrier.get(second) == "water"
