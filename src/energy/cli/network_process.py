"""A second process that imports PyPSA while a run is solved, and writes its network while the figure is drawn.

Importing PyPSA and writing its network take a third of a run, and need nothing of it but its result.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from typing import Any


class NetworkProcess:
    """A process that imports PyPSA at once, and writes the networks that it is given."""

    def __init__(self) -> None:
        fork = get_context("fork")
        self._connection, theirs = fork.Pipe()
        self._process = fork.Process(target=_write_what_comes, args=(theirs, self._connection), daemon=True)
        self._process.start()
        theirs.close()

    def start(self, result: Any, file: Path) -> Callable[[], None]:
        """Begin to write the solved network of a result, and return what waits for it (a ``StartNetwork``)."""
        self._connection.send((result, file))
        return self.wait

    def wait(self) -> None:
        """Return when the network is written.

        Raises
        ------
        Exception
            What writing it raised, as OSError where the disk is full; OSError where the process has ended.
        """
        try:
            fault: Exception | None = self._connection.recv()
        except EOFError:
            raise OSError("network.nc: the process that writes it has ended") from None
        if fault is not None:
            raise fault

    def close(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.join()


@contextmanager
def network_process() -> Iterator[NetworkProcess | None]:
    """Start a process that writes networks, to be called before anything large is imported.

    Yields
    ------
    NetworkProcess or None
        None where there is one processor only, and where this process is not fresh: a fork would copy locks that
        threads of numpy's libraries may hold.
    """
    if "numpy" in sys.modules or os.cpu_count() == 1:
        yield None
        return
    process = NetworkProcess()
    try:
        yield process
    finally:
        process.close()


def _write_what_comes(connection: Connection, other_end: Connection) -> None:
    """Import PyPSA, then write each result that comes until nobody is left who sends one.

    Interrupts from the terminal are handled by the process that sends.
    """
    other_end.close()
    signal(SIGINT, SIG_IGN)
    import pypsa  # noqa: F401

    from energy.results.network_file import write_network

    while True:
        try:
            result, file = connection.recv()
        except EOFError:
            return
        fault = None
        try:
            write_network(result, file)
        except Exception as error:  # noqa: BLE001  (raised again where it is waited for)
            fault = error
        connection.send(fault)
