"""Face of the first services of an order, kept for the next order that begins with the same services.

The rungs of the priority waterfall serve CASA-1000 ever later: each begins with the services of the rung before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from energy.model.objective import STUDIED
from energy.solve.interior_point.sequential import OptimalFace, Stage
from energy.solve.interior_point.staged_layout import StagedLayout
from energy.solve.interior_point.standard_form import StandardForm


class KeptFace:
    """The face that the services before the studied one left free in the last program."""

    def __init__(self) -> None:
        self._program = b""
        self._services: list[bytes] = []
        self._face: OptimalFace | None = None
        self._present_program = b""
        self._present_services: list[bytes] = []

    def take(self, form: StandardForm, layout: StagedLayout, stages: Sequence[Stage]) -> OptimalFace | None:
        """Return the kept face where a program is the one it is of, and its order begins with the same services.

        Parameters
        ----------
        form, layout
            The program that is solved next.
        stages
            Its services in their order.
        """
        self._present_program = _digest_of_program(form, layout)
        self._present_services = _digests_before_study(stages)
        is_same_program = self._present_program == self._program
        shared = self._present_services[: len(self._services)]
        if is_same_program and shared == self._services:
            return self._face
        self._face = None  # an hourly year's takes up to 100 MB
        return None

    def keep(self, face: OptimalFace) -> None:
        """Keep the face before the studied service of the program that was solved."""
        self._program = self._present_program
        self._services = self._present_services
        self._face = face


def _digest_of_program(form: StandardForm, layout: StagedLayout) -> bytes:
    """Return a digest of equations and bounds."""
    matrix = layout.matrix
    parts = (matrix.data, matrix.indices, matrix.indptr, form.right, form.lower, form.upper)
    return _digest(*parts)


def _digests_before_study(stages: Sequence[Stage]) -> list[bytes]:
    """Return digests of the services before the studied one, with how near to their optimum they have to be."""
    digests = []
    for stage in stages:
        if stage.service == STUDIED:
            break
        tolerances = np.array([stage.gap, stage.relative_gap])
        digests.append(_digest(stage.level.places, stage.level.coefficients, tolerances))
    return digests


def _digest(*parts: np.ndarray) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(np.ascontiguousarray(part).data)
    return digest.digest()
