"""The verbs that show finished runs: ``figures``, ``report``, ``map``, ``export``."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pypsa
import pytest

from energy.results.export import IAMC, LONG, _iamc_table, _long_table
from energy.results.run_folder import read_record

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(finished: Callable[[str], Path]) -> Path:
    return finished("two_bus")


@pytest.fixture(scope="module")
def casa(finished: Callable[[str], Path]) -> Path:
    return finished("baseline")


def test_figures_are_written_in_every_kind_and_size(command: Command, folder: Path, tmp_path: Path) -> None:
    kinds = [word for kind in ("png", "svg", "pdf") for word in ("--format", kind)]
    done = command(
        "figures", folder, "--only", "duration", *kinds, "--size", "slide", "--size", "journal", "--out", tmp_path
    )
    assert done.returncode == 0, done.stderr
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"duration_{size}.{kind}" for size in ("journal", "slide") for kind in ("png", "svg", "pdf")}


def test_unknown_figure_writes_nothing(command: Command, folder: Path, tmp_path: Path) -> None:
    done = command("figures", folder, "--only", "durations", "--out", tmp_path / "new")
    assert done.returncode == 2
    assert "did you mean" in done.stderr or "duration" in done.stderr
    assert not (tmp_path / "new").exists()


def test_report_is_a_page_and_a_pdf(command: Command, folder: Path, tmp_path: Path) -> None:
    done = command("report", folder, "-o", tmp_path / "r")  # a page gets its ending
    assert done.returncode == 0, done.stderr
    assert "349 GWh can be delivered" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("verb", ["report", "map"])
def test_a_page_is_no_pdf(command: Command, verb: str, folder: Path, tmp_path: Path) -> None:
    done = command(verb, folder, "-o", tmp_path / "r.pdf")
    assert done.returncode == 2
    assert "r.pdf: a page cannot be a '.pdf' file; allowed: .html or no ending" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["report", "figures", "map"])
def test_a_folder_without_a_run_is_refused(command: Command, verb: str, tmp_path: Path) -> None:
    done = command(verb, tmp_path, *(["-o", str(tmp_path / "x.html")] if verb != "figures" else []))
    assert done.returncode == 2
    assert "no finished run" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_long_tables_hold_the_run(command: Command, folder: Path, tmp_path: Path) -> None:
    for kind, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        done = command("export", folder, "--format", kind, "-o", tmp_path / f"x.{kind}")
        assert done.returncode == 0, done.stderr
        table = read(tmp_path / f"x.{kind}")
        assert list(table.columns) == list(LONG)
        assert table["value"].notna().all()
        power = table[(table["name"] == "line") & (table["attribute"] == "p1")]
        weight = table[table["attribute"] == "weight"]
        assert set(power["unit"]) == {"MW"}
        delivered = -(power["value"].to_numpy() * weight["value"].to_numpy()).sum() / 1000
        assert delivered == pytest.approx(348.84, rel=1e-5)
        turbine = table[(table["name"] == "turbine") & (table["attribute"] == "p0")]
        assert set(turbine["unit"]) == {"hm3/h"}  # what it takes is water, what it gives is power
        assert set(table[(table["name"] == "turbine") & (table["attribute"] == "p1")]["unit"]) == {"MW"}


def test_two_runs_stand_in_one_table(command: Command, folder: Path, casa: Path, tmp_path: Path) -> None:
    done = command("export", folder, casa, "--format", "parquet", "-o", tmp_path / "x.parquet")
    assert done.returncode == 0, done.stderr
    assert set(pd.read_parquet(tmp_path / "x.parquet")["scenario"]) == {"two_bus", "baseline"}
    twice = command("export", folder, folder, "--format", "csv", "-o", tmp_path / "x.csv")
    assert twice.returncode == 2
    assert not (tmp_path / "x.csv").exists()


def test_plain_pypsa_opens_the_network(command: Command, folder: Path, tmp_path: Path) -> None:
    done = command("export", folder, "--format", "network", "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    n = pypsa.Network(str(tmp_path / "two_bus.nc"))
    received = -(n.links_t.p1["line"] * n.snapshot_weightings["generators"]).sum() / 1000
    assert received == pytest.approx(348.84, rel=1e-5)


def test_iamc_table_keeps_the_rules_of_the_format(casa: Path) -> None:
    table = _iamc_table(read_record(casa))
    assert list(table.columns) == list(IAMC)
    assert not table.duplicated(["model", "scenario", "region", "variable", "year"]).any()
    assert table["year"].map(lambda year: isinstance(year, int | np.integer)).all()
    values = table.set_index(["region", "variable"])["value"]
    for region in ("Kyrgyzstan", "Tajikistan", "Afghanistan", "Pakistan"):
        of_region = values[region]
        parts = of_region[of_region.index.str.startswith("Secondary Energy|Electricity|")].sum()
        assert of_region["Secondary Energy|Electricity"] == pytest.approx(parts)
        trade = of_region[of_region.index.str.startswith("Trade|Electricity|")]
        imports = trade[trade.index.str.contains("Imports")].sum() - trade[trade.index.str.contains("Exports")].sum()
        supplied = parts + imports + of_region.get("Unserved Energy|Electricity", 0.0)
        used = of_region["Final Energy|Electricity"] + of_region.get("Losses|Electricity", 0.0)
        assert supplied == pytest.approx(used, rel=1e-6), region


@pytest.mark.filterwarnings("default")  # what pyam says against its own future is not ours to mend
def test_pyam_reads_the_iamc_file(command: Command, casa: Path, tmp_path: Path) -> None:
    """pyam brings fifty packages and a web server, so it is no dependency; where it is installed, it is asked."""
    pyam = pytest.importorskip("pyam")
    done = command("export", casa, "--format", "iamc", "-o", tmp_path / "iamc.csv")
    assert done.returncode == 0, done.stderr
    found = pyam.IamDataFrame(str(tmp_path / "iamc.csv"))
    assert found.scenario == ["baseline"]
    assert found.check_aggregate("Secondary Energy|Electricity") is None


def test_long_table_of_casa_names_every_unit(casa: Path) -> None:
    table = _long_table(read_record(casa))
    assert set(table["unit"]) == {"MW", "hm3/h", "MWh", "hm3", "USD/MWh", "USD/hm3", "h", "1"}
