"""Tasks on an executor: the one place that hands work to processes and collects the results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")
Start = Callable[..., Callable[[], Any]]
"""Begins a function with its arguments, perhaps in another process, and returns what waits for it."""

IN_FLIGHT = 32  # tasks handed to an executor ahead of their results, so that 10,000 wait here and not there


def run_tasks(
    task: Callable[..., T],
    arguments: Iterable[Sequence[Any]],
    executor: Executor | None = None,
) -> Iterator[tuple[int, T]]:
    """Run one function on many arguments, and yield the number and the result of each task as it comes.

    Parameters
    ----------
    task
        A function of a module, since it is sent to other processes.
    arguments
        Positional arguments of each task; they are drawn as tasks are handed out.
    executor
        Any ``concurrent.futures`` executor; None: here, one task after the other.

    Raises
    ------
    Exception
        What a task raises; tasks that have not begun are then cancelled.

    Examples
    --------
    >>> list(run_tasks(pow, [(2, 3), (3, 2)]))
    [(0, 8), (1, 9)]
    """
    for number, future in finished_tasks(task, arguments, executor):
        yield number, future.result()


def results_in_order(
    task: Callable[..., T],
    arguments: Iterable[Sequence[Any]],
    executor: Executor | None = None,
) -> Iterator[T]:
    """Run one function on many arguments, and yield the results in the order of the arguments; see `run_tasks`.

    Examples
    --------
    >>> list(results_in_order(pow, [(2, 3), (3, 2)]))
    [8, 9]
    """
    early: dict[int, T] = {}
    following = 0
    for number, result in run_tasks(task, arguments, executor):
        early[number] = result
        while following in early:
            yield early.pop(following)
            following += 1


def finished_tasks(
    task: Callable[..., T],
    arguments: Iterable[Sequence[Any]],
    executor: Executor | None = None,
) -> Iterator[tuple[int, Future[T]]]:
    """Yield the number and the finished future of each task as it comes; parameters as of `run_tasks`."""
    in_flight = IN_FLIGHT
    if executor is None:
        executor = _InThisProcess()
        in_flight = 1
    tasks = enumerate(arguments)
    number_of: dict[Future[T], int] = {}
    try:
        while True:
            for number, values in islice(tasks, in_flight - len(number_of)):
                future = _handed_in(executor, task, values)
                number_of[future] = number
            if not number_of:
                return
            finished, _ = wait(number_of, return_when=FIRST_COMPLETED)
            for future in finished:
                yield number_of.pop(future), future
    finally:
        for future in number_of:
            future.cancel()


class _InThisProcess(Executor):
    """An executor that runs each task when it is handed in."""

    def submit(self, task: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Run a task; its future is finished when this returns."""
        future: Future[T] = Future()
        try:
            future.set_result(task(*args, **kwargs))
        except Exception as err:  # noqa: BLE001 - as executors do: it is raised where the result is asked for
            future.set_exception(err)
        return future


def _handed_in(executor: Executor, task: Callable[..., T], values: Sequence[Any]) -> Future[T]:
    """Hand a task to an executor; where its workers are gone the future says so."""
    try:
        return executor.submit(task, *values)
    except BrokenExecutor as err:
        broken: Future[T] = Future()
        broken.set_exception(err)
        return broken
