"""Formats of the trade: a workbook, GeoJSON and KML of finished runs."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(finished: Callable[[str], Path]) -> Path:
    return finished("baseline")


def test_months_of_the_workbook_sum_to_the_season(folder: Path, tmp_path: Path, command: Command) -> None:
    file = tmp_path / "runs.xlsx"
    assert command("export", folder, "--format", "xlsx", "-o", file).returncode == 0
    book = openpyxl.load_workbook(file)
    assert {"season", "months", "exchanges", "about"} <= set(book.sheetnames)
    sheets = pd.read_excel(file, sheet_name=None)
    heads = [head for head in sheets["season"].columns if head.endswith("[GWh]")]
    assert len(heads) > 3
    for head in heads:
        assert sheets["months"][head].sum() == pytest.approx(sheets["season"][head].iloc[0], abs=1e-6)
    assert book["months"].freeze_panes == "B2"
    assert all("[" in head for head in sheets["months"].columns[2:]), "a unit in every head"


def test_a_workbook_of_another_origin_is_not_replaced(folder: Path, tmp_path: Path, command: Command) -> None:
    file = tmp_path / "mine.xlsx"
    pd.DataFrame({"a": [1]}).to_excel(file)
    refused = command("export", folder, "--format", "xlsx", "-o", file)
    assert refused.returncode == 2
    assert command("export", folder, "--format", "xlsx", "-o", file, "--force").returncode == 0
    assert command("export", folder, "--format", "xlsx", "-o", file).returncode == 0, "its own it replaces"


def test_geojson_holds_the_flows_of_the_map(folder: Path, tmp_path: Path, command: Command) -> None:
    file = tmp_path / "flows.geojson"
    assert command("export", folder, "--format", "geojson", "-o", file).returncode == 0
    collection = json.loads(file.read_text(encoding="utf-8"))
    assert collection["type"] == "FeatureCollection"
    flows = [part["properties"] for part in collection["features"] if part["properties"]["kind"] == "flow"]
    (studied,) = [flow for flow in flows if flow["under study"]]
    assert {studied["from"], studied["to"]} == {"TJ south", "PK north"}
    assert abs(studied["power [MW]"]) > 100
    for part in collection["features"]:
        points = part["geometry"]["coordinates"]
        for longitude, latitude in points if part["geometry"]["type"] == "LineString" else [points]:
            assert 50 < longitude < 85
            assert 20 < latitude < 50


def test_kml_says_the_same(folder: Path, tmp_path: Path, command: Command) -> None:
    assert command("export", folder, "--format", "geojson", "-o", tmp_path / "a.geojson").returncode == 0
    assert command("export", folder, "--format", "kml", "-o", tmp_path / "a.kml").returncode == 0
    collection = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    root = ET.parse(tmp_path / "a.kml").getroot()
    places = root.findall(".//{http://www.opengis.net/kml/2.2}Placemark")
    assert len(places) == len(collection["features"])


def test_a_map_is_of_one_run(folder: Path, tmp_path: Path, command: Command) -> None:
    refused = command("export", folder, folder, "--format", "kml", "-o", tmp_path / "a.kml")
    assert refused.returncode == 2
    assert "one folder" in refused.stderr
