"""Engine cache of this process: cases and engines that later solves of the same case use again.

What is kept leaves no trace in an answer: an engine starts each solve from the warm start of its own scenario.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from energy.case import Case
from energy.model import Inputs
from energy.solve import Engine
from energy.solve.structure_hash import family_key

ENGINES_KEPT = 8  # of different components in service, in each process

_cases: OrderedDict[tuple[str, Path], Case] = OrderedDict()
_engines: OrderedDict[tuple[str, str], Engine] = OrderedDict()


class _Builds:
    count = 0


def first_copy(case: Case, digest: str) -> Case:
    """Return the copy of a case, read from the same folder, that came first to this process.

    A worker is handed a copy with each task; what is remembered of a case hangs on the object. A case of the same
    content in another folder is a case of its own: its messages name its own files.

    Parameters
    ----------
    case
        A copy.
    digest
        Its digest, as of ``case_digest``.
    """
    return _cases.setdefault((digest, case.path), case)


def engine_of(digest: str, inputs: Inputs) -> Engine:
    """Return the engine that solves inputs of a case; it is built where there is none yet.

    Parameters
    ----------
    digest
        Digest of the case, as of ``case_digest``.
    inputs
        What it is to solve.
    """
    family = f"{inputs.kirchhoff} {inputs.line_losses} {family_key(inputs)}"
    key = (digest, family)
    if key not in _engines:
        _engines[key] = Engine(inputs)
        _Builds.count += 1
        if len(_engines) > ENGINES_KEPT:
            _engines.popitem(last=False)
    _engines.move_to_end(key)
    return _engines[key]


def _forget_engines() -> None:
    """Forget all engines, so that the next solve builds one."""
    _engines.clear()


def _engines_kept() -> int:
    """Return how many engines are kept."""
    return len(_engines)


def seconds_of_solving() -> float:
    """Return the wall time that the kept engines spent inside HiGHS so far [s]."""
    return sum(engine.seconds for engine in _engines.values())


def models_built() -> int:
    """Return how many engines were built in this process so far."""
    return _Builds.count
