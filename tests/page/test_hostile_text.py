"""Names and texts that would be code elsewhere: in a page, a template, a spreadsheet, a formula of a figure."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pypsa
import pytest

from energy.cli import main
from energy.report.interactive_map import interactive_map
from energy.results.run_folder import read_network

PROJECT = Path(__file__).parents[2]
HOSTILE = """=cmd()|'"</b><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}{% raw %}$x_$&amp;"""
NAME = """=cmd()'"<b onclick=x>{{7*7}}$x_$&amp;"""  # of a file and of a plant, short enough to be drawn
EVENT = {"kind": "border_stop", "where": ["crossing"], "start": "07-01", "duration": "31d"}
SCENARIO = {
    "case": "two_bus",
    "year": 2028,
    "description": HOSTILE,
    "source": HOSTILE,
    "tags": [HOSTILE],
    "time": {"resolution": "typical-days-24h"},
    "events": [{"name": HOSTILE, "cause": HOSTILE, **EVENT}],
}


class Page(HTMLParser):
    """Elements of a page with what stands in them, and what runs on an event."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.texts += [value for _, value in attrs if value]

    def handle_data(self, data: str) -> None:
        (self.scripts if self.tags and self.tags[-1] == "script" and self.cdata_elem else self.texts).append(data)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two runs, one of a scenario and a case full of hostile text, and what is made of them."""
    folder = tmp_path_factory.mktemp("hostile")
    for part in ("scenarios", "networks"):
        (folder / part).mkdir()
    case = shutil.copytree(PROJECT / "networks" / "two_bus", folder / "networks" / "two_bus")
    for table in case.rglob("*.csv"):  # a plant of the case has the name too
        rows = list(csv.reader(table.read_text(encoding="utf-8").splitlines()))
        rows = [[NAME if cell == "gas plant" else cell for cell in row] for row in rows]
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    (folder / "scenarios" / f"{NAME}.yaml").write_text(json.dumps(SCENARIO), encoding="utf-8")
    plain = {key: SCENARIO[key] for key in ("case", "year", "time")}
    (folder / "scenarios" / "plain.yaml").write_text(json.dumps(plain), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        bad = f"results/{NAME}"
        for words in (
            ["run", NAME, "plain"],
            ["compare", bad, "results/plain"],
            ["figures", bad],
            ["report", bad, "results/plain", "-o", "report.html"],
            ["export", bad, "results/plain", "--format", "csv", "-o", "results/long.csv"],
            ["export", bad, "results/plain", "--format", "iamc", "-o", "results/iamc.csv"],
            ["attribution", NAME],
            ["settlement", NAME],
        ):
            patched.setattr(sys, "argv", ["energy", *words])
            with pytest.raises(SystemExit) as ended:
                main()
            assert not ended.value.code, words
    return folder


def test_the_page_shows_the_text_and_nothing_more(results: Path) -> None:
    text = (results / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("script") == 1, "the page's own"
    assert page.handlers == []
    assert any(HOSTILE in shown for shown in page.texts)
    assert any(NAME in shown for shown in page.texts)
    assert "49" not in re.findall(r"alert\(1\)&gt;(.{0,2})", text), "a template was run on data"
    assert not any("alert(1)" in script for script in page.scripts)
    images = re.findall(r"<img\b[^>]*>", text)
    assert images
    assert all('src="data:image/' in image for image in images)


def test_no_cell_is_a_formula(results: Path) -> None:
    tables = list((results / "results").rglob("*.csv"))
    seen = 0
    for table in tables:
        with table.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        seen += sum("=cmd()" in cell for cell in cells)
        wrong = [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]
        wrong += [cell for cell in cells if cell.startswith("-") and not _number(cell)]
        assert wrong == [], table.name
    assert len(tables) >= 8
    assert seen > 100, "the names are in the tables"


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_svg_figures_hold_text_alone(results: Path) -> None:
    figures = list((results / "results" / NAME).rglob("*.svg"))
    assert len(figures) >= 6
    for figure in figures:
        text = figure.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "onerror=alert(1)>" not in text
    assert any("$x_$" in figure.read_text(encoding="utf-8") for figure in figures), "a dollar is a dollar"


def test_the_map_shows_names_as_text(results: Path) -> None:
    network: pypsa.Network = read_network(results / "results" / "plain")
    network.rename_component_names("Bus", source=HOSTILE)
    page = interactive_map(network, HOSTILE)
    plain = interactive_map(read_network(results / "results" / "plain"), "plain")
    for tag in ("<script", "</script"):
        assert page.count(tag) == plain.count(tag)
    assert page.count("onerror=alert(1)>") == 0
    assert page.count("&lt;script&gt;alert(1)") > 1
    assert pd.Index(network.buses.index).isin([HOSTILE]).any(), "the network itself is as it was"
