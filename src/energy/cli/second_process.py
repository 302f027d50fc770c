"""Other processes of a command: one that imports PyPSA at once, and one that solves.

The first lets PyPSA build the model that a new pattern is checked against, and writes the solved network and the figure
of a run, while the command does the rest: importing PyPSA alone takes a third of a run. The second solves half of the
rungs of a long horizon. It imports nothing before it is given something to do, and never PyPSA, which takes 200 MB.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from signal import SIG_IGN, SIGINT, signal
from typing import Any


class SecondProcess:
    """A process that does the tasks that it is given one after the other.

    Parameters
    ----------
    imports_pypsa
        Whether it imports PyPSA at once, or nothing before the first task.
    """

    def __init__(self, imports_pypsa: bool = True) -> None:
        fork = get_context("fork")
        self._connection, theirs = fork.Pipe()
        self._process = fork.Process(target=_do_what_comes, args=(theirs, self._connection, imports_pypsa), daemon=True)
        self._process.start()
        theirs.close()
        self._tasks = 0
        self._answers: list[tuple[Any, Exception | None]] = []

    def start(self, task: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        """Begin a task, and return what waits for it (a ``start`` of `energy.report.bundle.run_folder`).

        Parameters
        ----------
        task
            A function that can be imported.
        *arguments
            What it is called with; all of it is copied to the other process.

        Returns
        -------
        callable
            Returns what the task returned, or raises what it raised; OSError where the process has ended.
        """
        number = self._tasks
        try:
            self._connection.send((task, arguments))
        except OSError:
            return _raise_ended
        self._tasks += 1

        def wait() -> Any:
            while len(self._answers) <= number:
                try:
                    self._answers.append(self._connection.recv())
                except (EOFError, OSError):
                    _raise_ended()
            value, fault = self._answers[number]
            if fault is not None:
                raise fault
            return value

        return wait

    def close(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.join()


def _raise_ended() -> None:
    raise OSError("the second process, which writes networks and figures or solves rungs, has ended") from None


@contextmanager
def second_process(imports_pypsa: bool = True) -> Iterator[SecondProcess | None]:
    """Start a second process, to be called before anything large is imported.

    Parameters
    ----------
    imports_pypsa
        Whether it imports PyPSA at once, or nothing before its first task.

    Yields
    ------
    SecondProcess or None
        None where there is one processor only, and where this process is not fresh: a fork would copy locks that
        threads of numpy's libraries may hold.
    """
    if "numpy" in sys.modules or os.cpu_count() == 1:
        yield None
        return
    process = SecondProcess(imports_pypsa)
    try:
        yield process
    finally:
        process.close()


def _do_what_comes(connection: Connection, other_end: Connection, imports_pypsa: bool) -> None:
    """Do each task that comes until nobody is left who sends one.

    Interrupts from the terminal are handled by the process that sends.
    """
    other_end.close()
    signal(SIGINT, SIG_IGN)
    if imports_pypsa:
        import pypsa  # noqa: F401

        import energy.plots.monthly
        import energy.results.run_folder  # noqa: F401

    with suppress(EOFError, OSError):  # nobody is left who sends or waits
        while True:
            task, arguments = connection.recv()
            connection.send(_outcome(task, arguments))


def _outcome(task: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    """Return what a task returns, or what it raises, which is raised again where it is waited for."""
    try:
        return task(*arguments), None
    except Exception as error:  # noqa: BLE001
        return None, error
