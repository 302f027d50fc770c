"""Progress on the error stream: a bar or a turning line on a terminal, now and then a line in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

FIRST_WORD = 15.0
"""Seconds of silence in a log before a line says that something is still being done; twice as long each time."""
LONGEST_SILENCE = 120.0  # seconds
SHARES = (0.25, 0.5, 0.75)
"""Parts of the work after which a line says how far it is."""


@contextmanager
def heartbeat(what: str) -> Iterator[None]:
    """Write a line to the error stream every now and then, until the block is left."""
    done = Event()
    start = time.monotonic()

    def speak() -> None:
        wait = FIRST_WORD
        while not done.wait(wait):
            seconds = time.monotonic() - start
            print(f"{what} {seconds:.0f} s", file=sys.stderr, flush=True)
            wait = min(2 * wait, LONGEST_SILENCE)

    speaker = Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join()


@contextmanager
def counted(title: str, total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many parts more are done, and shows it.

    Parameters
    ----------
    title
        What is counted.
    total
        How many parts there are.
    quiet
        Whether nothing is shown.
    """
    if quiet:
        yield _say_nothing
    elif sys.stderr.isatty():
        with _bar(title, total) as advance:
            yield advance
    else:
        yield _lines(title, total)


def _say_nothing(more: int) -> None:
    """Take a count, and show nothing."""


@contextmanager
def _bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from energy.cli.base import new_console

    name = TextColumn("{task.description}", markup=False)  # names are text, never markup
    columns = (name, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=new_console(error=True), transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda more: progress.advance(task, more)


def _lines(title: str, total: int) -> Callable[[int], None]:
    """Return a function that writes a line at the beginning, at each quarter, and at the end."""
    start = time.monotonic()
    done = 0
    marks = [round(share * total) for share in SHARES] + [total]

    def advance(more: int) -> None:
        nonlocal done
        done += more
        if marks and done >= marks[0]:
            while marks and done >= marks[0]:
                marks.pop(0)
            seconds = time.monotonic() - start
            print(f"{title}: {done:,} of {total:,}, {seconds:.0f} s", file=sys.stderr, flush=True)

    print(f"{title}: 0 of {total:,}", file=sys.stderr, flush=True)
    return advance
