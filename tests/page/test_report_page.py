"""The report in a real browser: it stands alone, sorts, prints, and can be read on a phone, by keyboard and aloud."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from energy.case import Case
from energy.errors import InputError
from energy.report import report_page as page_module
from energy.report.report_page import LARGEST, report_page, write_pdf

InChromium = Callable[[Path, Callable[[Any], Awaitable[None]]], None]
A4 = (680, 1009)  # width and height in CSS pixels between margins of 15 mm


def test_page_is_small_and_names_nothing_outside(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST
    assert re.findall(r"(?:src|href)=\"(?!data:|#)[^\"]*\"", text) == []
    assert "url(" not in text.split("</style>")[0]


def test_numbers_are_those_of_the_run(page: Path, folders: list[Path], casa1000: Case) -> None:
    text = page.read_text(encoding="utf-8")
    delivered = pd.read_csv(folders[0] / "summary.csv")["delivered [GWh]"].sum()
    assert f"Baseline (2028, median water): {delivered:,.0f} GWh can be delivered in the season" in text
    assert f"Two bus delivers 349 GWh, {delivered - 348.84:,.0f} GWh less." in text
    for mark, count in casa1000.evidence["confidence"].value_counts().items():
        assert re.search(rf'<th scope="row">{mark}</th><td>[^<]+</td><td class="number">{count}</td>', text)


def test_nothing_leaves_the_page_and_nothing_is_complained_of(page: Path, in_chromium: InChromium) -> None:
    async def act(tab: Any) -> None:
        assert await tab.value("document.images.length") > 10
        assert await tab.value("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        outside = [url for url in tab.requests if not url.startswith(("file:", "data:"))]
        assert outside == []
        assert len([url for url in tab.requests if url.startswith("file:")]) == 1
        assert tab.complaints == []

    in_chromium(page, act)


def test_tables_sort_by_mouse_and_keyboard(page: Path, in_chromium: InChromium) -> None:
    column = "[...document.querySelectorAll('#table-scenarios tbody tr')].map(r => Number(r.cells[1].dataset.value))"
    head = "document.querySelectorAll('#table-scenarios thead th')[1]"

    async def act(tab: Any) -> None:
        first = await tab.value(column)
        assert first[0] > first[1]  # the base is the larger one
        await tab.value(f"{head}.click()")  # anywhere on the head, the largest first
        assert await tab.value(column) == sorted(first, reverse=True)
        assert await tab.value(f"{head}.getAttribute('aria-sort')") == "descending"
        await tab.value(f"{head}.querySelector('button').focus()")
        await tab.press("Enter", 13)
        assert await tab.value(column) == sorted(first)
        assert await tab.value(f"{head}.getAttribute('aria-sort')") == "ascending"
        rows = "[...document.querySelectorAll('#table-evidence tbody tr')].filter(r => !r.hidden).length"
        every = await tab.value(rows)
        await tab.value(
            "(f => { f.value = 'Nurek'; f.dispatchEvent(new Event('input')) })(document.getElementById('filter'))"
        )
        assert 0 < await tab.value(rows) < every

    in_chromium(page, act)


def test_phone_needs_no_sideways_scrolling(page: Path, in_chromium: InChromium) -> None:
    async def act(tab: Any) -> None:
        await tab.send("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
        assert await tab.value("document.documentElement.scrollWidth") <= 390
        sizes = "[...document.querySelectorAll('p, td, th')].map(e => parseFloat(getComputedStyle(e).fontSize))"
        assert min(await tab.value(sizes)) >= 12

    in_chromium(page, act)


CONTRAST = """
(() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  return Math.min(...[...document.querySelectorAll('p, td, th, a, caption, summary, h1, h2, button, pre')].map(e => {
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
})()
"""


def test_page_can_be_read_by_all(page: Path, in_chromium: InChromium) -> None:
    async def act(tab: Any) -> None:
        assert await tab.value("document.documentElement.lang") == "en"
        alts = await tab.value("[...document.images].map(i => i.alt)")
        assert all(len(alt) > 20 for alt in alts)
        assert len(set(alts)) == len(alts)
        assert await tab.value("[...document.querySelectorAll('table')].every(t => t.caption && t.caption.textContent)")
        assert await tab.value("[...document.querySelectorAll('th')].every(h => h.scope)")
        levels = await tab.value("[...document.querySelectorAll('h1, h2, h3')].map(h => h.tagName).join(' ')")
        assert levels.count("H1") == 1
        assert levels.startswith("H1 H2")
        assert await tab.value("[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))")
        assert await tab.value(CONTRAST) >= 4.5  # WCAG 2 AA
        await tab.press("Tab", 9)
        assert await tab.value("document.activeElement.textContent") == "Skip to the summary"
        ids = await tab.value("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(set(ids)) == len(ids)

    in_chromium(page, act)


def test_print_cuts_no_figure(page: Path, in_chromium: InChromium) -> None:
    async def act(tab: Any) -> None:
        await tab.send("Emulation.setEmulatedMedia", media="print")
        await tab.send(
            "Emulation.setDeviceMetricsOverride", width=A4[0], height=A4[1], deviceScaleFactor=1, mobile=False
        )
        sizes = await tab.value(
            "[...document.querySelectorAll('figure')].map(f => f.getBoundingClientRect()).map(b => [b.width, b.height])"
        )
        assert all(width <= A4[0] + 1 and height <= A4[1] for width, height in sizes)
        kept = "[...document.querySelectorAll('figure')].every(f => getComputedStyle(f).breakInside === 'avoid')"
        assert await tab.value(kept)
        assert await tab.value("document.documentElement.scrollWidth") <= A4[0]
        printed = base64.b64decode((await tab.send("Page.printToPDF", preferCSSPageSize=True))["data"])
        assert printed.startswith(b"%PDF-")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= len(sizes) / 3

    in_chromium(page, act)


def test_interactive_map_asks_for_nothing(folders: list[Path], tmp_path: Path, in_chromium: InChromium) -> None:
    from energy.report.interactive_map import interactive_map
    from energy.results.run_folder import read_network

    path = tmp_path / "map.html"
    path.write_text(interactive_map(read_network(folders[0]), "baseline"), encoding="utf-8")

    async def act(tab: Any) -> None:
        await tab.value("new Promise(done => setTimeout(done, 1500))")
        outside = [url for url in tab.requests if not url.startswith(("file:", "data:", "blob:"))]
        assert outside == []
        assert await tab.value("document.querySelectorAll('canvas').length") >= 1
        assert [text for text in tab.complaints if "Refused" in text or "Exception" in text] == []

    in_chromium(path, act)


def test_what_a_scenario_says_is_never_code(folders: list[Path], tmp_path: Path) -> None:
    import xarray as xr

    place = tmp_path / "evil"
    shutil.copytree(folders[1], place)
    with xr.open_dataset(place / "result.nc") as opened:
        found = opened.load()
    found.attrs["description"] = "<script>alert(1)</script>"
    found.to_netcdf(place / "result.nc")
    text = report_page([place])
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.slow
def test_too_large_a_page_shows_fewer_figures(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = report_page(folders)
    monkeypatch.setattr(page_module, "LARGEST", len(whole.encode()) - 100_000)
    smaller = report_page(folders)
    assert len(smaller.encode()) < len(whole.encode()) - 100_000
    assert "Figures are shown for the first 1 of 2 runs" in smaller


def test_pdf_without_a_browser_has_the_figures(
    folders: list[Path], page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "_browser", lambda: None)
    assert write_pdf(page, folders[1:], tmp_path / "report.pdf") == "matplotlib"
    printed = (tmp_path / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 6  # the summary and the figures of two_bus


def test_report_refuses_what_is_no_run(folders: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished run"):
        report_page([tmp_path])
    with pytest.raises(InputError, match="twice"):
        report_page([folders[0], folders[0]])
    with pytest.raises(InputError, match="needs a run"):
        report_page([])


def test_energy_change_cause_and_money_are_seen_on_a_phone(page: Path, in_chromium: InChromium) -> None:
    """Without scrolling sideways: the page is no wider than the phone, nor is the table of scenarios than its place."""
    heads_shown = "[...document.querySelectorAll('#table-scenarios thead th')].filter(h => h.offsetParent)"
    shown = f"{heads_shown}.map(h => h.innerText)"

    async def act(tab: Any) -> None:
        await tab.send("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
        heads = " ".join(await tab.value(shown))
        for word in ("delivered [GWh]", "change [GWh]", "most is lost to", "buyer pays"):
            assert word in heads
        assert "ceiling" not in heads
        assert await tab.value("document.documentElement.scrollWidth") <= 390
        place = "document.getElementById('table-scenarios').parentElement"
        assert await tab.value(f"{place}.scrollWidth <= {place}.clientWidth")

    in_chromium(page, act)
