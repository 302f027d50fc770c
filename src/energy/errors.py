"""What a user can mend, said in one message: all faults of an input at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input.

    Parameters
    ----------
    what
        What is wrong, with the value that was met.
    where
        File the value came from, or a word such as ``--set``.
    line
        Line in that file, counted from 1.
    allowed
        What would have been accepted.
    repair
        What to do about it.
    """

    what: str
    where: Path | str | None = None
    line: int | None = None
    allowed: str | None = None
    repair: str | None = None

    def at(self, where: Path | str, line: int | None = None) -> Fault:
        """Return the fault with its place, where it does not have one yet."""
        return self if self.where is not None else replace(self, where=where, line=line)

    def __str__(self) -> str:
        place = ""
        if self.where is not None:
            line = "" if self.line is None else f":{self.line}"
            place = f"{self.where}{line}: "
        parts = [self.what] if self.what else []
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.repair:
            parts.append(f"do: {self.repair}")
        return place + "; ".join(parts)


class InputError(ValueError):
    """The user's input cannot be used (exit code 2); carries every fault found.

    Examples
    --------
    >>> err = InputError([Fault("year is 3000", "a.yaml", 2, "2015 to 2050"), Fault("no growth 'hgh'", "a.yaml", 3)])
    >>> print(err)
    a.yaml:2: year is 3000; allowed: 2015 to 2050
    a.yaml:3: no growth 'hgh'
    """

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = [faults] if isinstance(faults, Fault) else list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type[InputError], tuple[list[Fault]]]:
        return InputError, (self.faults,)  # raised in a worker process, it comes here with its faults


class SolverError(RuntimeError):
    """The optimiser found no optimum (exit code 3).

    Examples
    --------
    >>> str(SolverError("two_bus: infeasible"))
    'two_bus: infeasible'
    """


@contextmanager
def written_to(place: Path) -> Iterator[None]:
    """Say what the system has against writing as a fault of the place.

    Raises
    ------
    InputError
        When the disk is full, or the place goes away or is closed to writing meanwhile.

    Examples
    --------
    >>> with written_to(Path("x")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    energy.errors.InputError: x: writing broke off: No space left on device; do: make room on the disk, or ...
    """
    try:
        yield
    except OSError as err:
        what = f"writing broke off: {err.strerror or err}"
        raise InputError(Fault(what, place, repair="make room on the disk, or choose another place")) from None


def nearest_first(word: str, known: Iterable[str]) -> list[str]:
    """Return known words, the closest to a misspelt one first and others as they were.

    Examples
    --------
    >>> nearest_first("dry_yaer", ["baseline", "wet_year", "dry_year"])
    ['dry_year', 'wet_year', 'baseline']
    """
    names = [str(name) for name in known]
    close = get_close_matches(str(word), names, n=5, cutoff=0.5)
    others = [name for name in names if name not in close]
    return close + others


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the repair that names the known word closest to a misspelt one.

    Examples
    --------
    >>> nearest("yaer", ["year", "growth"])
    "did you mean 'year'?"
    """
    names = [str(name) for name in known]
    close = get_close_matches(str(word), names, n=1, cutoff=0.5)
    if not close:
        close = [name for name in names if name.lower() == str(word).lower()]
    return f"did you mean '{close[0]}'?" if close else None
