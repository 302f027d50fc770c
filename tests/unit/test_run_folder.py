"""Run folders read back: tables of earlier versions, and the base that a run is held against."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from energy.results.compare import compare
from energy.results.run_folder import read_run


def written(folder: Path, name: str, column: str = "transferable P90", **scenario: object) -> Path:
    """Write the least that a run folder needs: one month of 10 GWh of a ceiling of 20."""
    folder.mkdir()
    manifest = {"scenario": {"name": name, **scenario}, "inputs": {}, "versions": {}, "case": "two_bus"}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    head = f"month,transferable mean,{column},ceiling,delivered,lost,limit"
    (folder / "summary.csv").write_text(f"{head}\n2028-05,13.4,5,20,10,10,contract\n", encoding="utf-8")
    return folder


def test_the_name_of_p90_before_is_understood_and_told(tmp_path: Path) -> None:
    folder = written(tmp_path / "old", "old", "transferable P10")
    with pytest.warns(DeprecationWarning, match="'transferable P10' is now called 'transferable P90'"):
        _, table = read_run(folder)
    assert table["transferable P90"].tolist() == [5]
    assert "transferable P10" not in table


def test_a_run_is_held_against_the_base_of_its_own_contract(tmp_path: Path) -> None:
    is_open = {"contract": {"outside_season": "open", "direction": "forward"}}
    folders = [
        written(tmp_path / "a", "baseline", question="base"),
        written(tmp_path / "b", "baseline_open", question="base", **is_open),
        written(tmp_path / "c", "border_closed_2025", question="record", **is_open),
        written(tmp_path / "d", "dry_year", question="water"),
    ]
    assert compare(folders)["bases"] == [0, 1, 1, 0]


def test_purchases_and_unserved_demand_are_compared_where_runs_have_them(tmp_path: Path) -> None:
    folders = [written(tmp_path / name, name) for name in ("a", "b")]
    manifest = json.loads((folders[0] / "manifest.json").read_text())
    manifest["exchanges"] = {"KG": {"purchases in season": 2.0, "purchases outside": 3.0, "unserved": 1.0}}
    (folders[0] / "manifest.json").write_text(json.dumps(manifest))
    results = compare(folders)["results"]
    assert results["purchases of KG [GWh]"] == pytest.approx([5.0, float("nan")], nan_ok=True)
    assert results["unserved in KG [GWh]"] == pytest.approx([1.0, float("nan")], nan_ok=True)
