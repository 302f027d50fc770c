"""Random small networks as users write them: a feature is one thing that PyPSA knows of a component."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pypsa

HOURS = 4
BUSES = ("a", "b", "c")
SHEDDING = 1000.0  # $/MWh
Feature = Callable[[pypsa.Network, np.random.Generator], None]


def plain_network(chance: np.random.Generator, hours: int = HOURS) -> pypsa.Network:
    """Three buses in a ring, a cheap and a dear plant, shedding at every bus, a store and a link past the ring."""
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=hours, freq="h"))
    n.add("Carrier", ["AC", "DC", "gas"])
    n.add("Bus", BUSES, carrier="AC", v_nom=380.0)
    for name, length in (("ab", 1.0), ("bc", 2.0), ("ca", 1.0)):
        x = length * float(chance.uniform(5, 20))
        n.add("Line", name, bus0=name[0], bus1=name[1], x=x, r=1.0, s_nom=round(float(chance.uniform(20, 60)), 1))
    n.add("Generator", "cheap", bus="a", p_nom=120.0, marginal_cost=10.0, carrier="gas")
    n.add("Generator", "dear", bus="b", p_nom=80.0, marginal_cost=45.0, carrier="gas")
    for bus in BUSES:
        n.add("Generator", f"shed {bus}", bus=bus, p_nom=1000.0, marginal_cost=SHEDDING)
        n.add("Load", f"load {bus}", bus=bus, p_set=chance.uniform(10, 50, hours).round(1))
    n.add("Link", "past", bus0="a", bus1="c", p_nom=15.0, efficiency=0.95, marginal_cost=0.5)
    n.add("Store", "store", bus="c", e_nom=60.0, e_initial=20.0, marginal_cost=0.1)
    return n


def _series(n: pypsa.Network, component: str, attribute: str, name: str, values: np.ndarray) -> None:
    n.c[component].dynamic[attribute] = pd.DataFrame({name: values}, index=n.snapshots)


def _gaps(chance: np.random.Generator, low: float, high: float) -> np.ndarray:
    values = chance.uniform(low, high, HOURS).round(2)
    values[chance.random(HOURS) < 0.6] = np.nan
    values[chance.integers(HOURS)] = round(float(chance.uniform(low, high)), 2)
    return values


def _static(component: str, attribute: str, name: str, low: float, high: float) -> Feature:
    def change(n: pypsa.Network, chance: np.random.Generator) -> None:
        n.c[component].static.loc[name, attribute] = round(float(chance.uniform(low, high)), 2)

    return change


def _varying(component: str, attribute: str, name: str, low: float, high: float) -> Feature:
    def change(n: pypsa.Network, chance: np.random.Generator) -> None:
        _series(n, component, attribute, name, chance.uniform(low, high, len(n.snapshots)).round(2))

    return change


def _with_gaps(component: str, attribute: str, name: str, low: float, high: float) -> Feature:
    def change(n: pypsa.Network, chance: np.random.Generator) -> None:
        _series(n, component, attribute, name, _gaps(chance, low, high))

    return change


def _own_line_type(n: pypsa.Network, chance: np.random.Generator) -> None:
    rows = {"f_nom": 50.0, "r_per_length": 0.03, "x_per_length": 0.3, "c_per_length": 0.0, "i_nom": 1.0}
    n.add("LineType", "mine", **rows, mounting="ol", cross_section=1, references="")
    n.lines.loc["bc", ["type", "length", "num_parallel"]] = ["mine", float(chance.uniform(10, 60)), 0.5]


def _four_ports(n: pypsa.Network, chance: np.random.Generator) -> None:
    more = {"efficiency": 0.3, "efficiency2": 0.3, "efficiency3": 0.2, "efficiency4": 0.1}
    n.add("Bus", ["d", "e"], carrier="gas")
    n.add("Generator", ["shed d", "shed e"], bus=["d", "e"], p_nom=100.0, marginal_cost=SHEDDING)
    n.add("Load", "load e", bus="e", p_set=0.5)
    n.add("Link", "many", bus0="a", bus1="b", bus2="c", bus3="d", bus4="e", p_nom=10.0, **more)
    n.add("Load", "load d", bus="d", p_set=1.0)
    if chance.random() < 0.5:
        _series(n, "links", "efficiency4", "many", chance.uniform(0.05, 0.1, len(n.snapshots)).round(3))


def _weightings(n: pypsa.Network, chance: np.random.Generator) -> None:
    for column in ("objective", "stores", "generators"):
        n.snapshot_weightings[column] = chance.uniform(0.25, 4.0, len(n.snapshots)).round(2)


def _quarter_hours(n: pypsa.Network, _chance: np.random.Generator) -> None:
    _rename(n, pd.date_range("2028-04-01", periods=len(n.snapshots), freq="15min"))
    n.snapshot_weightings.loc[:, :] = 0.25


def _numbers(n: pypsa.Network, _chance: np.random.Generator) -> None:
    _rename(n, pd.RangeIndex(len(n.snapshots)))


def _rename(n: pypsa.Network, snapshots: pd.Index) -> None:
    tables = {(c.list_name, a): t.to_numpy() for c in n.components for a, t in c.dynamic.items() if len(t.columns)}
    names = {(c.list_name, a): t.columns for c in n.components for a, t in c.dynamic.items() if len(t.columns)}
    weightings = n.snapshot_weightings.to_numpy(float)
    n.set_snapshots(snapshots)
    n.snapshot_weightings = pd.DataFrame(weightings, n.snapshots, n.snapshot_weightings.columns)
    for (component, attribute), values in tables.items():
        n.c[component].dynamic[attribute] = pd.DataFrame(values, n.snapshots, names[component, attribute])


def _load_that_gives(n: pypsa.Network, chance: np.random.Generator) -> None:
    n.add("Load", "wind", bus="a", p_set=chance.uniform(0, 9, len(n.snapshots)).round(1), sign=1.0)


def _generator_that_takes(n: pypsa.Network, chance: np.random.Generator) -> None:
    n.add("Generator", "pump", bus="b", p_nom=10.0, sign=-1.0, marginal_cost=-float(chance.uniform(5, 30)))


def _inactive(n: pypsa.Network, chance: np.random.Generator) -> None:
    component, name = [("generators", "cheap"), ("lines", "bc"), ("links", "past"), ("stores", "store")][
        int(chance.integers(4))
    ]
    n.c[component].static.loc[name, "active"] = False


def _built_in_time(n: pypsa.Network, _chance: np.random.Generator) -> None:
    n.generators.loc["cheap", ["build_year", "lifetime"]] = [2010, 40.0]


def _retired(n: pypsa.Network, _chance: np.random.Generator) -> None:
    n.generators.loc["cheap", ["build_year", "lifetime"]] = [1990, 30.0]


def _transformer(n: pypsa.Network, chance: np.random.Generator) -> None:
    n.add(
        "Transformer", "t", bus0="b", bus1="c", x=0.1, s_nom=40.0, tap_ratio=round(float(chance.uniform(0.9, 1.1)), 3)
    )


def _phase_shift(n: pypsa.Network, chance: np.random.Generator) -> None:
    _transformer(n, chance)
    n.transformers.loc["t", "phase_shift"] = round(float(chance.uniform(-5, 5)), 2)


def _storage_unit(n: pypsa.Network, chance: np.random.Generator) -> None:
    inflow = chance.uniform(0, 20, len(n.snapshots)).round(1)
    losses = {"efficiency_store": 0.9, "efficiency_dispatch": 0.9, "standing_loss": 0.01}
    cyclic = bool(chance.random() < 0.5)
    more = {"max_hours": 3.0, "cyclic_state_of_charge": cyclic, "spill_cost": 1.0, "marginal_cost": 1.0}
    n.add("StorageUnit", "battery", bus="b", p_nom=20.0, p_min_pu=-1.0, inflow=inflow, **losses, **more)


def _charge_set(n: pypsa.Network, chance: np.random.Generator) -> None:
    _storage_unit(n, chance)
    _series(n, "storage_units", "state_of_charge_set", "battery", _gaps(chance, 5, 15))


def _co2(n: pypsa.Network, chance: np.random.Generator) -> None:
    n.carriers.loc["gas", "co2_emissions"] = 0.2
    limit = round(float(chance.uniform(10, 60)), 1)
    n.add(
        "GlobalConstraint", "co2", type="primary_energy", carrier_attribute="co2_emissions", sense="<=", constant=limit
    )


def _operational_limit(n: pypsa.Network, chance: np.random.Generator) -> None:
    limit = round(float(chance.uniform(60, 300)), 1)
    n.add("GlobalConstraint", "gas", type="operational_limit", carrier_attribute="gas", sense="<=", constant=limit)


def _heat_and_power(n: pypsa.Network, chance: np.random.Generator) -> None:
    n.add("Carrier", "heat")
    n.add("Bus", "fuel", carrier="gas")
    n.add("Bus", "warm", carrier="heat")
    n.add("Generator", "well", bus="fuel", p_nom=200.0, marginal_cost=15.0)
    n.add("Generator", "shed warm", bus="warm", p_nom=100.0, marginal_cost=SHEDDING)
    n.add("Load", "load warm", bus="warm", p_set=chance.uniform(5, 40, len(n.snapshots)).round(1))
    n.add("Link", "plant", bus0="fuel", bus1="b", bus2="warm", p_nom=60.0, efficiency=0.4, efficiency2=0.45)
    performance = chance.uniform(2.0, 4.0, len(n.snapshots)).round(2)
    n.add("Link", "heat pump", bus0="c", bus1="warm", p_nom=8.0, efficiency=performance)


def _typed_transformer(n: pypsa.Network, chance: np.random.Generator) -> None:
    tap = int(chance.integers(-5, 6))
    n.add("Transformer", "t", bus0="b", bus1="c", type="160 MVA 380/110 kV", tap_position=tap, s_nom=30.0)


def _price_for_surplus(n: pypsa.Network, chance: np.random.Generator) -> None:
    price = round(float(chance.uniform(5, 30)), 1)
    n.add("Generator", "abroad", bus="a", p_nom=20.0, p_min_pu=-1.0, p_max_pu=0.0, marginal_cost=price)


def _dc_ring(n: pypsa.Network, _chance: np.random.Generator) -> None:
    is_ac = n.buses["carrier"] == "AC"  # fuel and heat stay what they are
    n.buses.loc[is_ac, "carrier"] = "DC"
    n.lines["carrier"] = "DC"


def _rated_at_zero(n: pypsa.Network, chance: np.random.Generator) -> None:
    share = np.ones(len(n.snapshots))
    share[int(chance.integers(len(n.snapshots)))] = 0.0
    _series(n, "lines", "s_max_pu", "ab", share)


def _quadratic(n: pypsa.Network, chance: np.random.Generator) -> None:
    n.generators.loc[["cheap", "dear"], "marginal_cost_quadratic"] = chance.uniform(0.01, 0.3, 2).round(3)


def _switch(component: str, name: str, attribute: str, value: object) -> Feature:
    def change(n: pypsa.Network, _chance: np.random.Generator) -> None:
        n.c[component].static.loc[name, attribute] = value

    return change


SOLVED: dict[str, Feature] = {
    "generators.p_min_pu": _static("generators", "p_min_pu", "dear", 0.1, 0.5),
    "generators.p_max_pu series": _varying("generators", "p_max_pu", "cheap", 0.3, 1.0),
    "generators.p_set with gaps": _with_gaps("generators", "p_set", "dear", 5, 40),
    "generators.marginal_cost series": _varying("generators", "marginal_cost", "dear", 1, 60),
    "generators.ramp_limit_up": _static("generators", "ramp_limit_up", "cheap", 0.05, 0.3),
    "generators.ramp_limit_down with gaps": _with_gaps("generators", "ramp_limit_down", "cheap", 0.05, 0.3),
    "generators.ramp_limit_up with gaps": _with_gaps("generators", "ramp_limit_up", "dear", 0.05, 0.3),
    "generators.p_init": _switch("generators", "cheap", "p_init", 10.0),
    "generators.e_sum_max": _static("generators", "e_sum_max", "cheap", 50, 300),
    "generators.e_sum_min": _static("generators", "e_sum_min", "dear", 10, 100),
    "generators.sign": _generator_that_takes,
    "generators.marginal_cost_quadratic": _quadratic,
    "generators.p_max_pu of zero and below": _price_for_surplus,
    "generators.build_year in time": _built_in_time,
    "loads.sign": _load_that_gives,
    "links.efficiency series": _varying("links", "efficiency", "past", 0.5, 1.0),
    "links.p_set with gaps": _with_gaps("links", "p_set", "past", 1, 10),
    "links.p_min_pu": _static("links", "p_min_pu", "past", 0.1, 0.5),
    "links.ramp_limit_up": _static("links", "ramp_limit_up", "past", 0.05, 0.3),
    "links.bus4": _four_ports,
    "links between carriers": _heat_and_power,
    "links.marginal_cost_quadratic": _static("links", "marginal_cost_quadratic", "past", 0.01, 0.3),
    "lines.type": _own_line_type,
    "lines.s_max_pu series": _varying("lines", "s_max_pu", "ab", 0.2, 1.0),
    "lines.s_max_pu of zero": _rated_at_zero,
    "lines.v_ang_max": _static("lines", "v_ang_max", "ab", 0.1, 1.0),
    "lines of a DC ring": _dc_ring,
    "stores.e_set with gaps": _with_gaps("stores", "e_set", "store", 5, 40),
    "stores.e_cyclic": _switch("stores", "store", "e_cyclic", True),
    "stores.e_min_pu": _static("stores", "e_min_pu", "store", 0.1, 0.3),
    "stores.e_max_pu series": _varying("stores", "e_max_pu", "store", 0.6, 1.0),
    "stores.standing_loss": _static("stores", "standing_loss", "store", 0.01, 0.2),
    "stores.standing_loss series": _varying("stores", "standing_loss", "store", 0.0, 0.2),
    "stores.marginal_cost_storage": _static("stores", "marginal_cost_storage", "store", 0.1, 2.0),
    "stores.marginal_cost_quadratic": _static("stores", "marginal_cost_quadratic", "store", 0.01, 0.3),
    "stores.sign": _switch("stores", "store", "sign", -1.0),
    "storage_units": _storage_unit,
    "storage_units.state_of_charge_set": _charge_set,
    "transformers.tap_ratio": _transformer,
    "transformers.phase_shift": _phase_shift,
    "transformers.type": _typed_transformer,
    "global_constraints": _co2,
    "global_constraints of an operational limit": _operational_limit,
    "active": _inactive,
    "snapshot weightings": _weightings,
    "snapshots of a quarter of an hour": _quarter_hours,
    "snapshots that are numbers": _numbers,
}
"""What must give the objective of the user's own ``n.optimize()``."""
REFUSED: dict[str, tuple[Feature, str]] = {
    "committable": (_switch("generators", "dear", "committable", True), "committable"),
    "extendable": (_switch("links", "past", "p_nom_extendable", True), "p_nom_extendable"),
    "delay": (_switch("links", "past", "delay", 1), "delay"),
    "retired": (_retired, "build_year"),
    "lossy both ways": (_switch("links", "past", "p_min_pu", -1.0), "p_min_pu"),
    "makes power": (_switch("links", "past", "efficiency", 1.2), "efficiency"),
}
"""What must be refused, and the word that its refusal holds."""


def written(n: pypsa.Network, folder: Path, as_csv: bool) -> Path:
    """Save a network as a user would, and return its path."""
    path = folder / ("own" if as_csv else "own.nc")
    if as_csv:
        n.export_to_csv_folder(str(path))
    else:
        n.export_to_netcdf(str(path))
    return path
