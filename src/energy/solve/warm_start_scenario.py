"""Warm-start scenario: inputs near those to be solved, whose optimal basis is where the solve starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from energy.model import Inputs


@dataclass(frozen=True, eq=False)
class WarmStartScenario:
    """Inputs near those to be solved: their optimal basis is where the solve starts.

    For answers that do not depend on what was solved before, an anchor must follow from the inputs to be solved alone.

    Attributes
    ----------
    key
        The same for the same inputs and parent, different for different ones; the basis is remembered under it.
    inputs
        Gives the inputs; called when the basis is not remembered. Their snapshots and rules may be others than those
        of the inputs to be solved; with other components they are no start, and the solve starts from nothing.
    parent
        Where the anchor's own solve starts; None: from nothing.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import Engine
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> case, dry = read_case("two_bus"), scenario.replace(hydrology="dry")
    >>> anchor = WarmStartScenario("median water", lambda: inputs(case, scenario))
    >>> found = Engine(inputs(case, scenario)).solve(inputs(case, dry), anchor=anchor)
    >>> round(float(found.flow("links")["line"] @ found.hours) / 1000, 1)  # GWh
    44.4
    """

    key: str
    inputs: Callable[[], Inputs]
    parent: WarmStartScenario | None = None
