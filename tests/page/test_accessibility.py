"""The page is held to what axe-core calls serious: contrast, names, headings, tables, language; at two widths."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

InChromium = Callable[[Path, Callable[[Any], Awaitable[None]]], None]
WIDTHS = (390, 1400)  # CSS pixels: a phone, and a desk
RULES = """
(() => {
  const faults = [];
  const seen = e => e.checkVisibility() && e.getClientRects().length > 0;
  const words = e => e.textContent.trim().slice(0, 40);
  const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + [0.2126, 0.7152, 0.0722][i] * c, 0);
  const numbers = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const over = (top, below) => {
    const share = top.length > 3 ? top[3] : 1;
    return [0, 1, 2].map(i => share * top[i] + (1 - share) * below[i]);
  };
  const ground = e => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      layers.unshift(numbers(getComputedStyle(at).backgroundColor));
    }
    return layers.reduce((below, layer) => layer.length ? over(layer, below) : below, [255, 255, 255]);
  };
  // color-contrast (WCAG 2 AA): 4.5, or 3 for large text
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !seen(e)) continue;
    const style = getComputedStyle(e), below = ground(e), ink = over(numbers(style.color), below);
    const [high, low] = [luminance(ink), luminance(below)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) faults.push(`color-contrast ${ratio.toFixed(2)}: ${words(e)}`);
  }
  const named = e => (e.getAttribute('aria-label') || e.textContent || '').trim() ||
    [...(e.labels || [])].map(words).join('') || e.getAttribute('title') ||
    [...e.querySelectorAll('img[alt]')].map(i => i.alt).join('');
  for (const e of document.querySelectorAll('button, a[href], input, select, textarea, summary'))
    if (!named(e)) faults.push(`control without a name: ${e.outerHTML.slice(0, 60)}`);
  for (const e of document.querySelectorAll('img')) if (!e.hasAttribute('alt') || (e.alt.trim() === '' &&
    e.getAttribute('role') !== 'presentation')) faults.push('image-alt: an image without words');
  if (!/^[a-z]{2}/.test(document.documentElement.lang)) faults.push('html-has-lang');
  if (!document.title.trim()) faults.push('document-title');
  if (document.querySelectorAll('main, [role=main]').length !== 1) faults.push('landmark-one-main');
  if (document.querySelectorAll('h1').length !== 1) faults.push('page-has-heading-one');
  let before = 0;
  for (const e of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const level = Number(e.tagName[1]);
    if (level > before + 1) faults.push(`heading-order: ${words(e)}`);
    if (!words(e)) faults.push('empty-heading');
    before = level;
  }
  for (const table of document.querySelectorAll('table')) {
    if (!table.querySelector('thead th')) faults.push(`table without heads: ${words(table)}`);
    for (const head of table.querySelectorAll('thead th'))
      if (head.getAttribute('scope') !== 'col') faults.push(`head without scope: ${words(head)}`);
    for (const head of table.querySelectorAll('tbody th'))
      if (head.getAttribute('scope') !== 'row') faults.push(`row head without scope: ${words(head)}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`duplicate-id: ${id}`);
  for (const e of document.querySelectorAll('[aria-labelledby], [aria-describedby], label[for]'))
    for (const name of ['aria-labelledby', 'aria-describedby', 'for'])
      for (const id of (e.getAttribute(name) || '').split(' ').filter(Boolean))
        if (!document.getElementById(id)) faults.push(`${name} leads nowhere: ${id}`);
  for (const e of document.querySelectorAll('body *')) {
    const style = getComputedStyle(e);
    const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY) &&
      (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);
    const reachable = e.tabIndex >= 0 || e.querySelector('a[href], button, input, summary, [tabindex]');
    if (seen(e) && scrolls && !reachable) faults.push(`scrollable-region-focusable: ${e.className || e.tagName}`);
  }
  const viewport = document.querySelector('meta[name=viewport]');
  if (!viewport || /user-scalable=no|maximum-scale=1\\b/.test(viewport.content)) faults.push('meta-viewport');
  return faults;
})()
"""
"""Rules of axe-core 4 of the impacts serious and critical that a page of text, tables and pictures can break."""
BROKEN = """<!DOCTYPE html><html><head><title></title></head><body><h3>deep</h3>
<p style="color:#aaa">pale words</p><img src="data:,"><input><table><tr><td>1</td></tr></table></body></html>"""


async def _sized(tab: Any, width: int) -> None:
    is_phone = width < 600
    await tab.send("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=is_phone)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_has_no_serious_fault(page: Path, in_chromium: InChromium, width: int) -> None:
    async def act(tab: Any) -> None:
        await _sized(tab, width)
        assert await tab.value(RULES) == []
        await tab.value("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert await tab.value(RULES) == []

    in_chromium(page, act)


@pytest.mark.parametrize("width", WIDTHS)
def test_energy_is_seen_without_scrolling_sideways(page: Path, in_chromium: InChromium, width: int) -> None:
    """The first column of energies [GWh] of every run lies within the window, and the page is no wider than it."""
    edges = (
        "[...document.querySelectorAll('#table-scenarios tbody tr')].map(r => r.cells[1].getBoundingClientRect())"
        ".map(b => [b.left, b.right])"
    )

    async def act(tab: Any) -> None:
        await _sized(tab, width)
        assert await tab.value("document.documentElement.scrollWidth") <= width
        assert "GWh" in await tab.value("document.querySelectorAll('#table-scenarios thead th')[1].innerText")
        shown = await tab.value(edges)
        assert len(shown) == 2
        assert all(0 <= left < right <= width for left, right in shown)

    in_chromium(page, act)


def test_the_rules_find_what_is_broken(tmp_path: Path, in_chromium: InChromium) -> None:
    path = tmp_path / "broken.html"
    path.write_text(BROKEN, encoding="utf-8")

    async def act(tab: Any) -> None:
        faults = " ".join(await tab.value(RULES))
        for rule in ("color-contrast", "without a name", "image-alt", "html-has-lang", "document-title"):
            assert rule in faults
        for rule in ("heading-order", "table without heads", "landmark-one-main", "meta-viewport"):
            assert rule in faults

    in_chromium(path, act)
