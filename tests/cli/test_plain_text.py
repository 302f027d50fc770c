"""Texts of users are text: square brackets, colons and stars reach the terminal as they are."""

from __future__ import annotations

import io

import pytest

from energy.cli import base

HOSTILE = "as in [/2026] [bold]x[/bold] :smile: $a_b$"


def test_a_console_takes_nothing_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.table import Table

    table = Table(title=HOSTILE)
    table.add_column("name", no_wrap=True)
    table.add_row(HOSTILE)
    base.new_console().print(HOSTILE)
    base.new_console().print(table)
    assert capsys.readouterr().out.count(HOSTILE) == 3


def test_a_line_of_progress_takes_nothing_for_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=140, markup=False)
    monkeypatch.setattr(base, "new_console", lambda error=False: console)
    monkeypatch.setattr(base, "is_quiet", lambda: False)
    monkeypatch.setattr(base.sys.stderr, "isatty", lambda: True, raising=False)
    with base.working(HOSTILE):
        pass
    assert HOSTILE in stream.getvalue()


def test_a_bar_takes_nothing_for_markup() -> None:
    from rich.console import Console

    from energy.analysis.sweep.progress import shown_progress
    from energy.analysis.sweep.sweep import Progress

    stream = io.StringIO()
    with shown_progress(HOSTILE, Console(file=stream, force_terminal=True, width=200)) as show:
        show(Progress(done=1, resumed=0, failed=0, total=2, seconds=1.0))
    assert HOSTILE in stream.getvalue()
