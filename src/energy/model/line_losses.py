"""Losses of AC lines, r·s² by Ohm's law, as PyPSA linearises them for a linear program.

A line's flow s [MW] is that at its middle; half of the loss falls to each end: bus0 gives s + loss/2, bus1 gets
s − loss/2. F. Neumann, V. Hagenmeyer, T. Brown, *Applied Energy* 314 (2022) 118859, compares such approximations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError

if TYPE_CHECKING:
    from energy.model.inputs import Inputs
    from energy.scenario import Scenario

LineLosses = Literal["none", "secants", "tangents"]
ATOL = 0.1  # MW by which secants may overstate the loss of a line that carries little
RTOL = 0.1  # share by which they may overstate that of a line that carries much
SEGMENTS = 3  # tangents a direction
MAX_SEGMENTS = 20  # secants a direction, PyPSA's own limit
TRANSMISSION_LOSSES: Mapping[str, bool | dict[str, Any]] = {
    "none": False,
    "secants": {"mode": "secants", "atol": ATOL, "rtol": RTOL},
    "tangents": {"mode": "tangents", "segments": SEGMENTS},
}
"""Word of a scenario → the argument ``transmission_losses`` of ``n.optimize``."""


@dataclass(frozen=True)
class _LossSegments:
    """Straight lines below which a loss cannot be: loss ≥ offset + slope·|s|.

    Attributes
    ----------
    slope
        MW of loss per MW of flow; shape (snapshots, lines, segments).
    offset
        MW; shape (snapshots, lines, segments).
    """

    slope: np.ndarray
    offset: np.ndarray


def linearisation(components: Mapping[str, pd.DataFrame], scenario: Scenario) -> LineLosses:
    """Return how a scenario linearises losses; ``none`` where there are no lines."""
    lines = components.get("lines", pd.DataFrame())
    if lines.empty:
        return "none"
    return scenario.line_losses


def resistance(inputs: Inputs) -> np.ndarray:
    """Return what a line loses per square of its flow, r [Ω] / v_nom² [kV²] = ``r_pu`` [1/MW]; shape (lines,)."""
    lines = inputs.components["lines"]
    v_nom = lines["bus0"].map(inputs.components["buses"]["v_nom"]).to_numpy(float)
    r_pu: np.ndarray = lines["r"].to_numpy(float) / v_nom**2
    return r_pu


def rating(inputs: Inputs) -> np.ndarray:
    """Return the rating ``s_max_pu · s_nom`` of the lines [MW]; shape (snapshots, lines)."""
    s_nom = inputs.components["lines"]["s_nom"].to_numpy(float)
    top: np.ndarray = inputs.array("lines", "s_max_pu") * s_nom
    return top


def loss_segments(inputs: Inputs) -> _LossSegments:
    """Return the segments of the loss curves, as PyPSA's ``n.optimize(transmission_losses=...)`` has them.

    Secants join points of the curve and overstate the loss between them, by ``ATOL`` [MW] or by ``RTOL``; tangents
    touch it at k/``SEGMENTS`` of the rating and understate it.

    Examples
    --------
    A line of 2.5 Ω at 500 kV loses r·s² = 1e-5·s². A secant may overstate it by 0.1 MW at its middle, so the first ends
    at 2·√(0.1/1e-5) = 200 MW, where the loss is 0.4 MW: 0.002 MW per MW.

    >>> from energy.case import read_case
    >>> from energy.model.inputs import inputs
    >>> from energy.scenario import read_scenario
    >>> asked = {"line_losses": "secants", "time.resolution": "typical-days-24h"}
    >>> segments = loss_segments(inputs(read_case("casa1000"), read_scenario("baseline", overrides=asked)))
    >>> segments.slope.shape  # snapshots, lines, secants
    (12, 14, 5)
    """
    if inputs.line_losses == "secants":
        return _secants(inputs)
    return _tangents(inputs)


def _secants(inputs: Inputs) -> _LossSegments:
    """Return secants between points of the curve."""
    r_pu = resistance(inputs)
    points = np.array(_secant_points(rating(inputs), r_pu))
    begin = points[:-1]
    end = points[1:]
    slope = 2 * np.sqrt(ATOL * r_pu)[:, None] * (begin + end)
    loses = (r_pu > 0)[:, None]
    offset = np.where(loses, -4 * ATOL * begin * end, 0.0)
    shape = (len(inputs.axis.snapshots), *slope.shape)
    return _LossSegments(
        slope=np.broadcast_to(slope, shape),
        offset=np.broadcast_to(offset, shape),
    )


def _secant_points(top: np.ndarray, r_pu: np.ndarray) -> list[float]:
    """Return where secants meet the curve, as multiples of the first such flow 2·√(ATOL/r_pu), the same for all lines.

    There are as many as the line with the largest rating by its own first flow needs; infinitely many are refused.
    """
    loses = r_pu > 0
    first = 2 * np.sqrt(ATOL / r_pu[loses])
    multiples = top.max(axis=0)[loses] / first
    last = float(multiples.max(initial=0.0))
    wider = 1 + 2 * (RTOL + sqrt(RTOL + RTOL**2))
    points = [0.0, 1.0]
    while points[-1] < last:
        count = len(points)
        if count > MAX_SEGMENTS:
            return [*points, inf]
        factor = max(count / (count - 1), wider)
        points.append(points[-1] * factor)
    return points


def _tangents(inputs: Inputs) -> _LossSegments:
    """Return tangents that touch the curve at shares of the rating."""
    shares = np.arange(1, SEGMENTS + 1) / SEGMENTS
    touched = rating(inputs)[:, :, None] * shares
    r_pu = resistance(inputs)[:, None]
    slope = 2 * r_pu * touched
    offset = -r_pu * touched**2
    return _LossSegments(slope, offset)


def linearised_loss(inputs: Inputs, flow: np.ndarray) -> np.ndarray:
    """Return the least loss that the segments allow at flows [MW]; both of shape (snapshots, lines)."""
    segments = loss_segments(inputs)
    on_segments = segments.offset + segments.slope * np.abs(flow)[:, :, None]
    loss: np.ndarray = on_segments.max(axis=2).clip(min=0.0)
    return loss


def refuse_unbounded(inputs: Inputs, scenario: Scenario) -> None:
    """Refuse lines whose loss no segments can follow.

    Raises
    ------
    InputError
        With every line whose resistance PyPSA would take from its type, or whose rating is too large beside it.
    """
    if inputs.line_losses == "none":
        return
    origin = scenario.written_at("line_losses")
    faults = []
    for what, allowed in _unbounded(inputs):
        fault = Fault(
            what,
            origin.where,
            line=origin.line,
            allowed=allowed,
            repair="correct the case, or write line_losses: none",
        )
        faults.append(fault)
    if faults:
        raise InputError(faults)


def _unbounded(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with branches whose loss no segments can follow, and what is allowed."""
    for name in inputs.components.get("transformers", pd.DataFrame()).index:
        yield (
            f"losses of lines beside transformer {name!r}: those of transformers are not modelled",
            "no transformers",
        )
    lines = inputs.components["lines"]
    no_types = pd.Series("", lines.index)
    types = lines.get("type", no_types).fillna("").astype(str)
    top = rating(inputs)
    r_pu = resistance(inputs)
    for position, name in enumerate(lines.index):
        if types[name]:
            yield (
                f"losses of line {name!r}: its resistance is that of type {types[name]!r}",
                "r [Ω], and no type",
            )
            continue
        if inputs.line_losses != "secants":
            continue
        last_point = _secant_points(top[:, [position]], r_pu[[position]])[-1]
        if np.isinf(last_point):
            most = r_pu[position] * top[:, position].max() ** 2
            what = f"losses of line {name!r} at its rating are {most:.3g} MW: more than {MAX_SEGMENTS} secants follow"
            yield what, "r [Ω], v_nom [kV] of bus0 and s_nom [MVA] that fit each other"
