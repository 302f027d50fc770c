"""What tests of the page share: one browser a process, and the page of two runs made once for all of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.page.chromium import Browser

from energy.report.report_page import _browser, report_page

InChromium = Callable[[Path, Callable[[Any], Awaitable[None]]], None]


@pytest.fixture(scope="session")
def in_chromium() -> Iterator[InChromium]:
    """Return a function that opens a local page in a tab of its own and does something with it."""
    program = _browser()
    if program is None:
        message = "Chromium is not installed; on Debian it comes with: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        opened = Browser(program, Path(profile))
        try:
            yield opened.show
        finally:
            opened.end()


@pytest.fixture(scope="session")
def folders(finished: Callable[[str], Path]) -> list[Path]:
    return [finished("baseline"), finished("two_bus")]


@pytest.fixture(scope="session")
def page(folders: list[Path], made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """Return the report of both runs, which no test changes."""

    def write_page(place: Path) -> None:
        text = report_page(folders)
        (place / "report.html").write_text(text, encoding="utf-8")

    return made_once("page", write_page) / "report.html"
