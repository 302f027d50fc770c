"""Broken PyPSA networks of a user's own, CSV folder and netCDF."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pypsa
import pytest
from _pytest.mark import ParameterSet

from energy.case import read_case

Refusal = Callable[..., str]


def sound() -> pypsa.Network:
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=3, freq="h"))
    n.add("Carrier", "AC")
    n.add("Bus", ["a", "b"], carrier="AC")
    n.add("Generator", "plant", bus="a", p_nom=100, marginal_cost=10)
    n.add("Link", "link", bus0="a", bus1="b", p_nom=100)
    n.add("Line", "line", bus0="a", bus1="b", x=0.1, r=0.01, s_nom=10)
    n.add("Load", "town", bus="b", p_set=[50.0, 60.0, 70.0])
    return n


def changed(component: str, column: str, value: object) -> Callable[[pypsa.Network], None]:
    def change(n: pypsa.Network) -> None:
        n.components[component].static[column] = value

    return change


def with_periods(n: pypsa.Network) -> None:
    n.set_investment_periods([2028, 2030])


def with_shunt(n: pypsa.Network) -> None:
    n.add("ShuntImpedance", "shunt", bus="a", b=0.1)


def with_plant_of_1990(n: pypsa.Network) -> None:
    n.generators.loc["plant", ["build_year", "lifetime"]] = [1990, 30.0]


def with_nan_load(n: pypsa.Network) -> None:
    n.components["loads"].dynamic["p_set"].iloc[1, 0] = np.nan


def with_infinite_availability(n: pypsa.Network) -> None:
    n.components["generators"].dynamic["p_max_pu"] = pd.DataFrame({"plant": [1.0, np.inf, 1.0]}, index=n.snapshots)


def with_weights(value: float) -> Callable[[pypsa.Network], None]:
    def change(n: pypsa.Network) -> None:
        n.snapshot_weightings = n.snapshot_weightings.astype(float) * value

    return change


def built_here(n: pypsa.Network) -> None:
    n.meta = {"energy": {"rules": []}}


MODELS: dict[str, tuple[Callable[[pypsa.Network], None], *tuple[str, ...]]] = {
    "capacities that grow": (
        changed("generators", "p_nom_extendable", True),
        "plant: p_nom_extendable is not modelled",
    ),
    "links that grow": (changed("links", "p_nom_extendable", True), "link: p_nom_extendable is not modelled", "False"),
    "unit commitment": (changed("generators", "committable", True), "plant: committable is not modelled"),
    "links that take their time": (changed("links", "delay", 1), "link: delay is not modelled"),
    "a plant that is gone": (with_plant_of_1990, "generators plant: build_year 1990 with lifetime 30", "active: 0"),
    "shunts": (with_shunt, "components shunt_impedances are not modelled here", "stores"),
    "investment periods": (with_periods, "snapshots have investment periods"),
    "a network that this package built": (built_here, "was built from a case"),
    "a bus that is not there": (changed("links", "bus1", "c"), "bus1 of 'link' is 'c'", "a, b"),
    "a load at no bus": (changed("loads", "bus", "c"), "bus of 'town' is 'c'", "a, b"),
    "a reactance that is infinite": (changed("lines", "x", np.inf), "lines line: x is inf"),
    "a capacity without end": (changed("links", "p_nom", np.inf), "links link: p_nom is inf"),
    "a capacity below zero": (changed("generators", "p_nom", -5.0), "generators plant: p_nom is -5"),
    "no price anywhere": (changed("generators", "marginal_cost", 0.0), "nothing has a cost", "marginal_cost"),
    "a price that is no number": (changed("generators", "marginal_cost", np.nan), "nothing has a cost"),
    "a price without end": (changed("generators", "marginal_cost", np.inf), "generators plant: marginal_cost is inf"),
    "a link that makes power": (changed("links", "efficiency", 1.5), "link 'link' delivers more than it takes"),
    "a demand that is no number": (with_nan_load, "loads town: p_set is nan at 2028-04-01 01:00"),
    "an availability without end": (
        with_infinite_availability,
        "generators plant: p_max_pu is inf at 2028-04-01 01:00",
    ),
    "snapshots of no hours": (with_weights(0.0), "snapshot weightings", "above 0"),
    "snapshots of fewer than no hours": (with_weights(-1.0), "snapshot weightings", "above 0"),
    "snapshots of hours that are none": (with_weights(np.nan), "snapshot weightings", "above 0"),
}


OF_CELLS = (
    "a bus that is not there",
    "a price that is no number",
    "a demand that is no number",
    "snapshots of hours that are none",
)
"""What is another thing in a table of texts than in netCDF."""


def broken_networks() -> Iterator[ParameterSet]:
    """Yield each fault in netCDF, and in CSV; those that CSV writes like any other value are slow."""
    for name in MODELS:
        yield pytest.param(name, "netcdf", id=f"{name}-netcdf")
        marks = () if name in OF_CELLS else pytest.mark.slow
        yield pytest.param(name, "csv", id=f"{name}-csv", marks=marks)


@pytest.mark.filterwarnings("ignore")  # what is written is broken, and PyPSA says so
@pytest.mark.parametrize(("name", "form"), list(broken_networks()))
def test_broken_network(refused: Refusal, project: Path, name: str, form: str) -> None:
    change, *says = MODELS[name]
    n = sound()
    change(n)
    path = "own.nc" if form == "netcdf" else "own"
    (n.export_to_netcdf if form == "netcdf" else n.export_to_csv_folder)(path)
    message = refused("run", "two_bus", "--set", f"case=./{path}", "--set", "objective=dispatch", says=tuple(says))
    assert path in message or "nothing has a cost" in message


FILES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "a word": lambda _: b"network",
    "half of it": lambda whole: whole[: len(whole) // 2],
    "all but the end": lambda whole: whole[:-200],
    "the head alone": lambda whole: whole[:64],
    "with a hole": lambda whole: whole[:300] + b"\0" * 600 + whole[900:],
    "another kind of file": lambda _: b"PK\x03\x04" + bytes(1000),
    "a pickle": lambda _: b"\x80\x04\x95\x1b\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
}


@pytest.mark.parametrize("name", FILES)
def test_broken_netcdf(refused: Refusal, project: Path, name: str) -> None:
    sound().export_to_netcdf("own.nc")
    whole = (project / "own.nc").read_bytes()
    (project / "own.nc").write_bytes(FILES[name](whole))
    assert refused(
        "run", "two_bus", "--set", "case=./own.nc", says=("own.nc: PyPSA cannot read this network", "export it anew")
    )


TABLES: dict[str, tuple[str, bytes, *tuple[str, ...]]] = {
    "snapshots that are words": (
        "snapshots.csv",
        b"snapshot,objective,stores,generators\nearly,1,1,1\nlate,1,1,1\nnoon,1,1,1\n",
        "own/loads-p_set.csv: no row for 3 of 3 snapshots, the first is early",
    ),
    "a series without the last snapshot": (
        "loads-p_set.csv",
        b"snapshot,town\n2028-04-01 00:00,1\n2028-04-01 01:00,2\n",
        "Length mismatch",
    ),
    "snapshots without hours of stores": (
        "snapshots.csv",
        b"snapshot,objective,generators\n2028-04-01 00:00,1,1\n2028-04-01 01:00,1,1\n2028-04-01 02:00,1,1\n",
        "column 'stores' is missing",
    ),
    "no snapshots": ("snapshots.csv", b"snapshot,objective,stores,generators\n", "Snapshots must not be empty"),
    "snapshots twice": (
        "snapshots.csv",
        b"snapshot,objective\n2028-04-01,1\n2028-04-01,1\n2028-04-02,1\n",
        "2028-04-01",
    ),
    "snapshots backwards": (
        "snapshots.csv",
        b"snapshot,objective\n2028-04-03,1\n2028-04-02,1\n2028-04-01,1\n",
        "2028-04-02",
    ),
    "buses of bytes": ("buses.csv", bytes(range(256)), "PyPSA cannot read this network"),
    "buses that are empty": ("buses.csv", b"", "own"),
    "a capacity that is a word": ("generators.csv", b"name,bus,p_nom\nplant,a,big\n", "big"),
    "a capacity that is a formula": ("generators.csv", b"name,bus,p_nom\nplant,a,=1+1\n", "=1+1"),
    "a name twice": (
        "generators.csv",
        b"name,bus,p_nom\nplant,a,1\nplant,a,2\n",
        "generators plant: the name stands twice",
    ),
    "a series of words": (
        "loads-p_set.csv",
        b"snapshot,town\n2028-04-01 00:00,a\n2028-04-01 01:00,b\n2028-04-01 02:00,c\n",
        "own",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TABLES)
def test_broken_folder(refused: Refusal, project: Path, name: str) -> None:
    file, content, *says = TABLES[name]
    sound().export_to_csv_folder("own")
    (project / "own" / file).write_bytes(content)
    assert refused("run", "two_bus", "--set", "case=./own", "--set", "objective=dispatch", says=tuple(says))


STANDARD = "Al/St 240/40 4-bundle 380.0"


@pytest.mark.filterwarnings("ignore")  # of PyPSA, at a file with standard types
@pytest.mark.parametrize("form", ["netcdf", "csv"])
def test_a_standard_type_that_was_changed_is_refused(refused: Refusal, project: Path, form: str) -> None:
    """The file says x of 5 Ω/km, and plain PyPSA takes the 0.246 Ω/km of its own library without a word."""
    n = sound()
    n.lines.loc["line", ["type", "length"]] = [STANDARD, 10.0]
    n.line_types.loc[STANDARD, "x_per_length"] = 5.0
    path = "own.nc" if form == "netcdf" else "own"
    export = n.export_to_netcdf if form == "netcdf" else n.export_to_csv_folder
    export(path, export_standard_types=True)
    assert pypsa.Network(path).line_types.at[STANDARD, "x_per_length"] == 0.246
    refused(
        "run",
        "two_bus",
        *("--set", f"case=./{path}", "--set", "objective=dispatch"),
        says=(path, f"line_types {STANDARD}: x_per_length is 5.0 in the file", "takes 0.246", "another name"),
    )


@pytest.mark.filterwarnings("ignore")
def test_standard_types_as_they_are_may_stand_in_the_file(project: Path) -> None:
    n = sound()
    n.lines.loc["line", ["type", "length"]] = [STANDARD, 10.0]
    n.export_to_netcdf("own.nc", export_standard_types=True)
    assert read_case("./own.nc").components["lines"].at["line", "type"] == STANDARD
