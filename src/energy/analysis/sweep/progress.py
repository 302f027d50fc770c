"""Progress bar of a sweep with the time that is left: in the shell, or a widget in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from energy.analysis.sweep.sweep import Progress


@contextmanager
def shown_progress(name: str, console: Console | None = None) -> Iterator[Callable[[Progress], None]]:
    """Give a function that shows how far a sweep is.

    Parameters
    ----------
    name
        What is shown beside the bar.
    console
        Where it is shown; None: the error stream, or the cell of a notebook.
    """
    from rich import progress as rich_progress
    from rich.console import Console

    if console is None:
        console = Console(stderr=True)
    columns = (
        rich_progress.TextColumn("{task.description}", markup=False),  # a name is text, never markup
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TextColumn("{task.fields[failed]}"),
        rich_progress.TimeElapsedColumn(),
        rich_progress.TextColumn("{task.fields[left]}"),
    )
    bar = rich_progress.Progress(
        *columns,
        console=console,
        disable=not (console.is_terminal or console.is_jupyter),
    )
    with bar:
        task = bar.add_task(name, total=None, failed="", left="")

        def show(now: Progress) -> None:
            failed = f"{now.failed} failed" if now.failed else ""
            bar.update(task, completed=now.done, total=now.total, failed=failed, left=_left_text(now))

        yield show


def _left_text(now: Progress) -> str:
    """Return an estimate of the time left, from the pace of the points that were solved and not resumed.

    Examples
    --------
    >>> from energy.analysis.sweep.sweep import Progress
    >>> _left_text(Progress(done=60, resumed=10, failed=0, total=110, seconds=100.0))
    'about 0:01:40 left'
    """
    solved = now.done - now.resumed
    if solved <= 0 or now.done >= now.total:
        return ""
    seconds = int(now.seconds / solved * (now.total - now.done))
    return f"about {seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d} left"
