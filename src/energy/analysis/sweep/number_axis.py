"""Number axis of a sweep: every point with sets of the unknown numbers, as a dimension of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from energy.analysis.sensitivity.number_sets import SET, NumberSets, drawn_shares
from energy.analysis.sensitivity.uncertain_parameters import (
    UncertainParameter,
    uncertain_parameters,
    with_uncertain_parameters,
)
from energy.analysis.sweep.axes import Grid
from energy.case import Case
from energy.errors import Fault, InputError
from energy.scenario import Scenario


def with_number_axis(
    case: Case,
    laid: Grid,
    points: Sequence[Scenario],
    count: int,
    seed: int,
    sets: NumberSets | None,
) -> tuple[Grid, list[Scenario]]:
    """Return the grid of a sweep with a last dimension ``set``, and the scenario of each of its points.

    The sets are the same at every point, so that points are compared with the same numbers. What an axis or the
    scenario itself says is no unknown number.

    Parameters
    ----------
    case
        What exists.
    laid, points
        The grid without sets, and its scenarios.
    count, seed
        How many sets, and the seed that they are drawn with.
    sets
        Joint values of some numbers, as a calibration left them; None: the ranges of the evidence.

    Raises
    ------
    InputError
        When an axis has the name of the dimension.
    """
    if SET in laid.dims:
        raise InputError(Fault(f"an axis is called {SET!r}", "axes", repair="leave --numbers out, or rename the axis"))
    known: dict[str, list[UncertainParameter]] = {}
    scenarios = []
    for point in points:
        setting = _setting(point)
        if setting not in known:
            known[setting] = uncertain_parameters(case, point)
        parameters = known[setting]
        shares = drawn_shares(parameters, count, seed, sets)
        scenarios += [with_uncertain_parameters(case, point, parameters, row) for row in shares.tolist()]
    numbers = list(range(1, count + 1))
    coordinate = (SET, numbers, {"long_name": "set of unknown numbers", "units": "1"})
    changes = [change for change in laid.changes for _ in numbers]
    wider = replace(
        laid,
        dims={**laid.dims, SET: count},
        coords={**laid.coords, SET: coordinate},
        changes=changes,
    )
    return wider, scenarios


def _setting(point: Scenario) -> str:
    """Return what of a point decides which of its numbers are unknown: all but the numbers that it sets itself."""
    without_numbers = {
        "values": dict.fromkeys(point.values, 1.0),
        "events": (),
    }
    return point.model_copy(update=without_numbers).model_dump_json()
